// Any bytes as requests and frames of both gateways. The first byte chooses which; lines are signed
// requests ("METHOD path?query"), frames, or paths to connect to.
#include <cstddef>
#include <cstdint>

#include "gateways/binance/binance_testing.h"

namespace {

using delever::gateways::binance::testing::Client;

void one(Client& c, std::string_view line) {
  if (line.empty()) return;
  const std::string rest(line.substr(1));
  switch (line[0] % 4) {
    case 0: {
      const size_t at = rest.find('?');
      const std::string path = rest.substr(0, at);
      const std::string query = at == rest.npos ? "" : rest.substr(at + 1);
      constexpr const char* methods[] = {"GET", "POST", "PUT", "DELETE"};
      for (const char* method : methods) c.send(method, path, c.sign(query));
      break;
    }
    case 1:
      if (c.gateway->accepts(rest.substr(0, rest.find('?')))) {
        const delever::gateways::SocketId id = ++c.sockets_made;
        c.gateway->opened(id, rest);
      }
      break;
    case 2:
      for (uint64_t s = 1; s <= c.sockets_made; ++s)
        c.gateway->received(delever::gateways::SocketId(s), rest);
      break;
    default:
      c.run();
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  Client c(data[0] % 2 == 0);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (size_t from = 0; from < text.size();) {
    const size_t end = std::min(text.find('\n', from), text.size());
    one(c, text.substr(from, end - from));
    from = end + 1;
  }
  return 0;
}
