// Any bytes as requests and frames.
#include "gateways/fuzz_lines_testing.h"
#include "gateways/okx/okx_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace delever::gateways::testing;
  fuzz_lines<OkxClient>({reinterpret_cast<const char*>(data), size}, "/ws/v5/public",
                        "/ws/v5/private", "/ws/v5/business");
  return 0;
}
