// TLS settings. A client always verifies the server's certificate and its name; there is no way
// around it. TLS 1.2 is the oldest that is spoken.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace delever::net {

// Whom a client believes. All empty: the system's authorities, or those that the variables
// SSL_CERT_FILE and SSL_CERT_DIR name.
struct TlsTrust {
  std::string authorities_file;  // PEM; instead of the system's
  std::string authorities_pem;   // the text itself
};

// What a server shows: a chain, its own certificate first, and the key, as PEM.
struct TlsIdentity {
  std::string certificate_pem, key_pem;
};

class TlsContext;  // tls_context.h
using TlsContextPtr = std::shared_ptr<TlsContext>;

Result<TlsContextPtr> client_tls(const TlsTrust& trust);
Result<TlsContextPtr> server_tls(const TlsIdentity& identity);

}  // namespace delever::net
