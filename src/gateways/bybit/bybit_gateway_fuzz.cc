// Any bytes as requests and frames.
#include "gateways/bybit/bybit_testing.h"
#include "gateways/fuzz_lines_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace delever::gateways::testing;
  fuzz_lines<BybitClient>({reinterpret_cast<const char*>(data), size}, "/v5/public/linear",
                          "/v5/private", "/v5/trade");
  return 0;
}
