// The opening handshake of a WebSocket (RFC 6455, 4): the key that proves that the server speaks
// it.
#pragma once

#include <string>
#include <string_view>

namespace delever::net {

std::string new_socket_key();                     // 16 random bytes in base64
std::string socket_accept(std::string_view key);  // the server's answer to it
bool is_socket_key(std::string_view key);

}  // namespace delever::net
