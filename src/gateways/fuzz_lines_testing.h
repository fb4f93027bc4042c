// Any bytes as requests and frames, for the fuzz targets of gateways that have public, private and
// trading sockets. The first byte of a line chooses: a signed request, a signed body, a frame to
// each of three connections, or a tenth of a second that passes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/text.h"
#include "gateways/gateway.h"

namespace delever::gateways::testing {

template <class Client>
void fuzz_lines(std::string_view input, const char* open_path, const char* mine_path,
                const char* trading_path) {
  if (input.empty() || input.size() > 1 << 14) return;
  Client client;
  const SocketId open = client.open(open_path), mine = client.open(mine_path),
                 trading = client.open(trading_path);
  client.sign_in(mine);
  client.sign_in(trading);
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
}

}  // namespace delever::gateways::testing
