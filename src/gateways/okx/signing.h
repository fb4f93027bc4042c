// Who signed: headers of REST, the login of sockets. A wrong key, passphrase, signature or time is
// refused with the venue's code.
#pragma once

#include "gateways/gateway.h"
#include "gateways/okx/codes.h"
#include "gateways/parameters.h"

namespace delever::gateways::okx {

struct Signer {
  Refusal refusal;
  const Credentials* who = nullptr;
};

Signer signer_of(const Desk& desk, const Request& request);
// The first of login's args: apiKey, passphrase, timestamp (seconds), sign.
Signer signer_of(const Desk& desk, const Parameters& login);

}  // namespace delever::gateways::okx
