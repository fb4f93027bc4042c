#include "gateways/bybit/signing.h"

#include <fmt/format.h>

#include "auth/digest.h"
#include "base/text.h"

namespace delever::gateways::bybit {
namespace {

constexpr int64_t kUsualWindow = 5'000, kAheadMost = 1'000;

Refusal wrong_signature(std::string_view origin) {
  return {10004, fmt::format("error sign! origin_string[{}]", origin)};
}

}  // namespace

// server - window <= timestamp < server + 1 s.
Refusal check_time(Instant wall, std::string_view timestamp, std::string_view window) {
  const auto at = read_int(timestamp);
  const auto width = window.empty() ? kUsualWindow : read_int(window).value_or(-1);
  if (!at || width < 0) return {10001, "Request parameter error."};
  const int64_t now = wall.ms();
  if (*at >= now - width && *at < now + kAheadMost) return {};
  return {10002, fmt::format("invalid request, please check your server timestamp or recv_window "
                             "param. req_timestamp[{}],server_timestamp[{}],recv_window[{}]",
                             *at, now, width)};
}

Signer signer_of(const Desk& desk, const Request& request) {
  const std::string_view key = request.header("X-BAPI-API-KEY");
  const std::string_view timestamp = request.header("X-BAPI-TIMESTAMP");
  const std::string_view window = request.header("X-BAPI-RECV-WINDOW");
  const std::string_view sign = request.header("X-BAPI-SIGN");
  if (key.empty()) return {{10003, "API key is invalid."}};
  const Credentials* who = desk.by_key(key);
  if (!who) return {{10003, "API key is invalid."}};
  if (Refusal r = check_time(desk.door().wall_now(), timestamp, window); r.code != 0) return {r};
  const std::string_view payload = request.method == "GET" ? request.query : request.body;
  std::string origin;
  origin.reserve(timestamp.size() + key.size() + window.size() + payload.size());
  origin.append(timestamp).append(key).append(window).append(payload);
  if (!auth::same(auth::hex(auth::hmac_sha256(who->secret, origin)), sign))
    return {wrong_signature(origin)};
  return {{}, who};
}

Signer signer_of(const Desk& desk, std::string_view key, std::string_view expires,
                 std::string_view signature) {
  const Credentials* who = desk.by_key(key);
  if (!who) return {{10003, "API key is invalid."}};
  const auto until = read_int(expires);
  if (!until || *until <= desk.door().wall_now().ms()) return {{10002, "Params Error: expires"}};
  const std::string origin = "GET/realtime" + std::string(expires);
  if (!auth::same(auth::hex(auth::hmac_sha256(who->secret, origin)), signature))
    return {{10004, "Invalid sign"}};
  return {{}, who};
}

}  // namespace delever::gateways::bybit
