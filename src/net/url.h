// Addresses of servers: http, https, ws and wss. Nothing is decoded; what goes on the wire is the
// text that was given.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace delever::net {

struct Url {
  std::string scheme;  // "http", "https", "ws", "wss"
  std::string host;    // IPv6 bare: "::1", "fstream.binance.com"
  uint16_t port = 0;
  std::string target = "/";  // path and query, beginning with "/"
  std::string user, password;

  static Result<Url> parse(std::string_view text);
  bool tls() const { return scheme == "https" || scheme == "wss"; }
  bool websocket() const { return scheme == "ws" || scheme == "wss"; }
  // "host:port", and what a Host header holds: without the scheme's own port.
  std::string address() const;
  std::string host_header() const;
  std::string text() const;  // without user and password
};

// "127.0.0.1:8080", "[::1]:0", "localhost:80". The port must stand there.
struct HostPort {
  std::string host;
  uint16_t port = 0;
  static Result<HostPort> parse(std::string_view text);
  std::string text() const;
};

// Whether the host is this machine by its very name: localhost, 127.0.0.0/8, ::1.
bool is_loopback(std::string_view host);

// "%41" becomes "A"; what is no escape stays.
std::string percent_decoded(std::string_view text);

// The value of `name` in "a=1&b=2", decoded; empty where it has none.
std::string query_value(std::string_view query, std::string_view name);

}  // namespace delever::net
