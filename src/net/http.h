// HTTP messages as plain data, for the client and the server.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace delever::net {

struct Header {
  std::string name, value;
};
using Headers = std::vector<Header>;

// The first header of that name, whatever its letters' case.
std::optional<std::string_view> find_header(const Headers& headers, std::string_view name);
bool same_name(std::string_view a, std::string_view b);  // ASCII letters of either case
// Whether a list header ("Connection: keep-alive, Upgrade") has the token.
bool has_token(const Headers& headers, std::string_view name, std::string_view token);

struct HttpAnswer {
  int status = 0;
  Headers headers;
  std::string body;  // unpacked, where it came as gzip
  Instant received;  // when its last byte was read
};

std::string_view reason_phrase(int status);
std::string base64(std::string_view bytes);
// gzip or zlib; at most `limit` bytes come out.
Result<std::string> inflated(std::string_view packed, size_t limit);

}  // namespace delever::net
