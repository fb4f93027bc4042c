// What passes between a program and a venue, as values: names of connections and requests, an HTTP
// request and its answer. Sockets are elsewhere.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"

namespace delever::venues {

// Given by who opens them, counted up from 1, never used again within one run.
enum class ConnectionId : uint32_t {};
enum class RequestId : uint32_t {};

struct HttpRequest {
  std::string method = "GET";
  std::string url;   // whole: "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT"
  std::string body;  // of a POST; it is JSON
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // decompressed

  // The first header of that name in any case; empty without one.
  std::string_view header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (lower(key) == lower(name)) return value;
    }
    return {};
  }
};

// Close codes of RFC 6455 that we send or act on.
inline constexpr uint16_t kCloseNormal = 1000, kCloseGoingAway = 1001, kClosePolicy = 1008,
                          kCloseAbnormal = 1006;  // never on the wire: the connection broke

}  // namespace delever::venues
