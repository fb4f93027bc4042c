// Queries and frames, one a line; the first byte of a line chooses.
#include "base/text.h"
#include "gateways/deribit/deribit_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace delever;
  using namespace delever::gateways;
  if (size == 0 || size > 1 << 14) return 0;
  static auto client = std::make_unique<testing::DeribitClient>();
  if (client->frames.frames.size() > 10'000) client = std::make_unique<testing::DeribitClient>();
  client->open(1);
  client->sign_in(1);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const std::string_view line : split(input, '\n')) {
    if (line.empty()) continue;
    const std::string_view rest = line.substr(1);
    const size_t mark = rest.find('?');
    const std::string_view query = mark == rest.npos ? "" : rest.substr(mark + 1);
    if (line[0] % 3 == 0) client->get(rest.substr(0, mark), query);
    if (line[0] % 3 == 1) client->mine(rest.substr(0, mark), query);
    if (line[0] % 3 == 2) client->gateway->received(SocketId(1), rest);
  }
  client->gateway->tick();
  client->gateway->closed(SocketId(1));
  return 0;
}
