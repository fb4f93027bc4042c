#include "gateways/okx/signing.h"

#include "auth/digest.h"
#include "base/text.h"

namespace delever::gateways::okx {
namespace {

constexpr Duration kWindow = Duration::seconds(30);  // either side of the venue's time

// ISO, or seconds with a fraction.
std::optional<Instant> read_time(std::string_view text) {
  if (const auto at = Instant::parse(text); at.has_value()) return at.value();
  const auto seconds = read_decimal(text, 9, Precision::nearest);
  return seconds.has_value() ? std::optional(Instant::ns(seconds.value().units)) : std::nullopt;
}

bool timely(Instant at, Instant wall) {
  const Duration away = at > wall ? at - wall : wall - at;
  return away <= kWindow;
}

}  // namespace

Signer signer_of(const Desk& desk, const Request& request) {
  const std::string_view key = request.header("OK-ACCESS-KEY");
  const std::string_view sign = request.header("OK-ACCESS-SIGN");
  const std::string_view stamp = request.header("OK-ACCESS-TIMESTAMP");
  const std::string_view passphrase = request.header("OK-ACCESS-PASSPHRASE");
  if (key.empty()) return {{50103, "Request header OK-ACCESS-KEY can not be empty."}};
  if (passphrase.empty()) return {{50104, "Request header OK-ACCESS-PASSPHRASE can not be empty."}};
  if (sign.empty()) return {{50106, "Request header OK-ACCESS-SIGN can not be empty."}};
  if (stamp.empty()) return {{50107, "Request header OK-ACCESS-TIMESTAMP can not be empty."}};
  const Credentials* who = desk.by_key(key);
  if (!who) return {{50111, "Invalid OK-ACCESS-KEY"}};
  const auto at = read_time(stamp);
  if (!at) return {{50112, "Invalid OK-ACCESS-TIMESTAMP"}};
  if (!timely(*at, desk.door().wall_now())) return {{50102, "Timestamp request expired"}};
  if (!auth::same(who->passphrase, passphrase))
    return {{50105, "Request header OK-ACCESS-PASSPHRASE incorrect."}};
  std::string text;
  text.append(stamp).append(request.method).append(request.path);
  if (!request.query.empty()) text.append("?").append(request.query);
  text.append(request.body);
  if (!auth::same(auth::base64(auth::hmac_sha256(who->secret, text)), sign))
    return {{50113, "Invalid Sign"}};
  return {{}, who};
}

Signer signer_of(const Desk& desk, const Parameters& login) {
  const Credentials* who = desk.by_key(login["apiKey"]);
  if (!who) return {{60005, "Invalid apiKey"}};
  const auto at = read_time(login["timestamp"]);
  if (!at) return {{60004, "Invalid timestamp"}};
  if (!timely(*at, desk.door().wall_now())) return {{60006, "Timestamp request expired"}};
  if (!auth::same(who->passphrase, login["passphrase"])) return {{60024, "Wrong passphrase"}};
  const std::string text = std::string(login["timestamp"]) + "GET/users/self/verify";
  if (!auth::same(auth::base64(auth::hmac_sha256(who->secret, text)), login["sign"]))
    return {{60007, "Invalid sign"}};
  return {{}, who};
}

}  // namespace delever::gateways::okx
