// What passes between a program and a venue, as values: names of connections and requests, an HTTP
// request and its answer. Sockets are elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/time.h"

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
  // How long Retry-After asks to stay away, in seconds or as a date (RFC 9110, 10.2.3); a date is
  // reckoned from the answer's own Date, without one from `now`. Missing where it asks nothing.
  std::optional<Duration> retry_after(Instant now) const;
};

// A date of HTTP in any of its three forms (RFC 9110, 5.6.7); missing where it is none.
std::optional<Instant> http_date(std::string_view text);

// Close codes of RFC 6455 that we send or act on.
inline constexpr uint16_t kCloseNormal = 1000, kCloseGoingAway = 1001, kClosePolicy = 1008,
                          kCloseAbnormal = 1006;  // never on the wire: the connection broke

}  // namespace delever::venues
