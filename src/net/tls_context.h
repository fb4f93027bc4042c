// OpenSSL's objects, for the files of this folder that speak TLS.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "net/tls.h"

namespace delever::net {

struct FreeSsl {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using SslPtr = std::unique_ptr<SSL, FreeSsl>;

class TlsContext {
 public:
  TlsContext(SSL_CTX* context, bool is_server) : context_(context), server_(is_server) {}
  SSL_CTX* get() const { return context_.get(); }
  bool server() const { return server_; }

 private:
  std::unique_ptr<SSL_CTX, FreeSsl> context_;
  bool server_;
};

// The oldest error that OpenSSL has in store for this thread, in words; the store is emptied.
std::string ssl_error_text();

}  // namespace delever::net
