// Who signed: headers of REST, the auth message of sockets. A wrong key, signature or time is
// refused with the venue's code.
#pragma once

#include <optional>

#include "gateways/bybit/codes.h"
#include "gateways/gateway.h"

namespace delever::gateways::bybit {

struct Signer {
  Refusal refusal;
  const Credentials* who = nullptr;
};

Signer signer_of(const Desk& desk, const Request& request);
// {"op":"auth","args":[key, expires, signature]}
Signer signer_of(const Desk& desk, std::string_view key, std::string_view expires,
                 std::string_view signature);
// Of order entry by socket: the time of each request in its header.
Refusal check_time(Instant wall, std::string_view timestamp, std::string_view window);

}  // namespace delever::gateways::bybit
