#include "gateways/binance/signing.h"

#include <fmt/format.h>

#include <algorithm>

#include "auth/digest.h"
#include "base/text.h"

namespace delever::gateways::binance {
namespace {

constexpr int64_t kUsualWindow = 5'000, kWindowMost = 60'000, kAheadMost = 1'000;
constexpr size_t kDigestDigits = 64;

Refusal bad_key() { return {-2015, "Invalid API-key, IP, or permissions for action.", 401}; }
Refusal bad_signature() { return {-1022, "Signature for this request is not valid."}; }

Signer known_key(const Desk& desk, std::string_view key) {
  Signer out;
  if (key.empty() || key.size() > 128)
    out.refused = Refusal{-2014, "API-key format invalid.", 401};
  else if (out.who = desk.by_key(key); !out.who)
    out.refused = bad_key();
  return out;
}

bool is_signed_by(const Credentials& who, std::string_view text, std::string_view signature) {
  return signature.size() == kDigestDigits &&
         auth::same(auth::hex(auth::hmac_sha256(who.secret, text)), lower(signature));
}

// The key is known; is what it stands under its own?
void check(Signer& signer, const Desk& desk, const Parameters& p, std::string_view text) {
  if (!p.has("signature")) {
    signer.refused = missing_parameter("signature");
  } else if (auto late = stale(p, desk.door().wall_now())) {
    signer.refused = std::move(late);
  } else if (!is_signed_by(*signer.who, text, p["signature"])) {
    signer.refused = bad_signature();
  }
}

}  // namespace

std::string without_signature(std::string_view text) {
  std::string out;
  if (text.empty()) return out;
  for (const std::string_view field : split(text, '&')) {
    if (field.starts_with("signature=")) continue;
    if (!out.empty()) out += '&';
    out += field;
  }
  return out;
}

std::optional<Refusal> stale(const Parameters& p, Instant now) {
  const auto at = p.whole("timestamp");
  if (!at) return missing_parameter("timestamp");
  int64_t window = kUsualWindow;
  if (p.has("recvWindow")) {
    // Fractions of a millisecond are allowed, and do not matter here.
    const auto given = read_double(p["recvWindow"]);
    if (!given || *given < 0) return bad_parameter("recvWindow");
    if (*given > static_cast<double>(kWindowMost))
      return Refusal{-1131, "recvWindow must be less than 60000"};
    window = static_cast<int64_t>(*given);
  }
  // Some clients count in microseconds.
  const int64_t ms = *at > 100'000'000'000'000 ? *at / 1'000 : *at;
  if (ms > now.ms() + kAheadMost)
    return Refusal{-1021, "Timestamp for this request was 1000ms ahead of the server's time."};
  if (ms < now.ms() - window)
    return Refusal{-1021, "Timestamp for this request is outside of the recvWindow."};
  return std::nullopt;
}

Signer signer_of(const Desk& desk, const Request& request, const Parameters& p, Needs needs) {
  if (needs == Needs::nothing) return {};
  Signer signer = known_key(desk, request.header("X-MBX-APIKEY"));
  if (signer.refused || needs == Needs::key) return signer;
  check(signer, desk, p, without_signature(request.query) + without_signature(request.body));
  return signer;
}

Signer signer_of(const Desk& desk, const Parameters& p, Needs needs) {
  if (needs == Needs::nothing) return {};
  Signer signer = known_key(desk, p["apiKey"]);
  if (signer.refused || needs == Needs::key) return signer;
  std::vector<std::pair<std::string, std::string>> fields = p.all();
  std::erase_if(fields, [](const auto& field) { return field.first == "signature"; });
  std::sort(fields.begin(), fields.end());
  std::string text;
  for (const auto& [name, value] : fields) text += (text.empty() ? "" : "&") + name + "=" + value;
  check(signer, desk, p, text);
  return signer;
}

}  // namespace delever::gateways::binance
