// Any bytes as requests and frames. The first byte of a line chooses: a signed request, a signed
// body, a frame to each of three connections, or a tenth of a second that passes.
#include <cstddef>
#include <cstdint>

#include "base/text.h"
#include "gateways/okx/okx_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace delever;
  using namespace delever::gateways;
  if (size == 0 || size > 1 << 14) return 0;
  testing::OkxClient client;
  const SocketId open = client.open("/ws/v5/public"), mine = client.open("/ws/v5/private"),
                 trading = client.open("/ws/v5/business");
  client.sign_in(mine);
  client.sign_in(trading);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const std::string_view line : split(input, '\n')) {
    if (line.empty()) continue;
    const std::string_view rest = line.substr(1);
    const size_t mark = rest.find('?');
    const std::string_view path = rest.substr(0, mark);
    const std::string_view given = mark == rest.npos ? "" : rest.substr(mark + 1);
    switch (line[0] % 4) {
      case 0:
        client.get(path, given);
        break;
      case 1:
        client.post(path, given);
        break;
      case 2:
        for (const SocketId socket : {open, mine, trading}) client.gateway->received(socket, rest);
        break;
      default:
        client.pass(Duration::ms(100));
        break;
    }
  }
  client.market.tick();
  client.pass(Duration::ms(100));
  client.gateway->closed(open);
  return 0;
}
