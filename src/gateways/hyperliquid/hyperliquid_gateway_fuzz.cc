// Bodies of both paths and frames of the socket, one a line; the first byte of a line chooses.
#include "base/text.h"
#include "gateways/hyperliquid/hyperliquid_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace delever;
  using namespace delever::gateways;
  if (size == 0 || size > 1 << 14) return 0;
  static auto client = std::make_unique<testing::HyperliquidClient>();
  if (client->frames.frames.size() > 10'000)
    client = std::make_unique<testing::HyperliquidClient>();
  client->open(1);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const std::string_view line : split(input, '\n')) {
    if (line.empty()) continue;
    const std::string_view rest = line.substr(1);
    if (line[0] % 4 == 0) client->ask("/info", rest);
    if (line[0] % 4 == 1) client->ask("/exchange", rest);
    if (line[0] % 4 == 2) client->gateway->received(SocketId(1), rest);
    // As if the client had signed it.
    if (line[0] % 4 == 3 && auth::msgpack_of_json(rest).has_value()) client->act(rest);
  }
  client->gateway->tick();
  client->gateway->closed(SocketId(1));
  return 0;
}
