// Who asks: the key, and the signature over what was sent, as it was sent.
#pragma once

#include <optional>
#include <string>

#include "gateways/binance/face.h"

namespace delever::gateways::binance {

struct Signer {
  const Credentials* who = nullptr;
  std::optional<Refusal> refused;
};

// Of an HTTP request: X-MBX-APIKEY, and HMAC-SHA256 over query and body less the signature.
Signer signer_of(const Desk& desk, const Request& request, const Parameters& p, Needs needs);
// Of a frame of the WebSocket API: `apiKey` among the parameters, the HMAC over all of them but the
// signature, sorted by name and joined as a query.
Signer signer_of(const Desk& desk, const Parameters& p, Needs needs);

// A timestamp within recvWindow (5 s, at most 60 s) of our clock, and not a second ahead of it.
std::optional<Refusal> stale(const Parameters& p, Instant now);

// What was signed: `text` without its field `signature`.
std::string without_signature(std::string_view text);

}  // namespace delever::gateways::binance
