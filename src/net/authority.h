// A certificate authority for one run: made in memory, it vouches for a few names once and is
// forgotten. Its key and the server's are never written anywhere.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "net/tls.h"

namespace delever::net {

struct RunAuthority {
  std::string certificate_pem;  // the authority's own: whom a client is to believe
  TlsIdentity identity;         // of a server under all of the names
};
// The certificate says itself that it may vouch for these host names alone (name constraints), and
// for no address: whoever believes it believes nothing else.
Result<RunAuthority> make_run_authority(const std::vector<std::string>& names, Instant from,
                                        Instant to);

}  // namespace delever::net
