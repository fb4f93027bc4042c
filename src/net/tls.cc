#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "net/tls_context.h"

namespace delever::net {
namespace {

// One read takes many small records at once from the kernel.
constexpr size_t kReadAhead = size_t{128} << 10;

Result<std::unique_ptr<SSL_CTX, FreeSsl>> new_context(const SSL_METHOD* method) {
  std::unique_ptr<SSL_CTX, FreeSsl> context(SSL_CTX_new(method));
  if (!context) return Error{Fault::unavailable, ssl_error_text(), "OpenSSL"};
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_default_read_buffer_len(context.get(), kReadAhead);
  return context;
}

std::unique_ptr<BIO, FreeSsl> memory(const std::string& text) {
  return std::unique_ptr<BIO, FreeSsl>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Result<void> add_authorities(SSL_CTX* context, const std::string& pem) {
  const auto bio = memory(pem);
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  int count = 0;
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    X509_STORE_add_cert(store, one);
    X509_free(one);
    ++count;
  }
  ERR_clear_error();
  if (count == 0) return Error{Fault::malformed, "no certificate in PEM form", "authorities"};
  return {};
}

}  // namespace

std::string ssl_error_text() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  const char* const reason = ERR_reason_error_string(code);
  return reason == nullptr ? "error " + std::to_string(code) : reason;
}

Result<TlsContextPtr> client_tls(const TlsTrust& trust) {
  auto context = TRY(new_context(TLS_client_method()));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (!trust.authorities_file.empty()) {
    if (SSL_CTX_load_verify_file(context.get(), trust.authorities_file.c_str()) != 1)
      return Error{Fault::unavailable, "cannot be read as certificates: " + ssl_error_text(),
                   trust.authorities_file};
  } else if (trust.authorities_pem.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
    ERR_clear_error();
  }
  if (!trust.authorities_pem.empty()) TRY(add_authorities(context.get(), trust.authorities_pem));
  return std::make_shared<TlsContext>(context.release(), false);
}

Result<TlsContextPtr> server_tls(const TlsIdentity& identity) {
  auto context = TRY(new_context(TLS_server_method()));
  const auto chain = memory(identity.certificate_pem);
  X509* const own = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr);
  if (own == nullptr)
    return Error{Fault::malformed, "no certificate in PEM form: " + ssl_error_text(),
                 "certificate"};
  const int used = SSL_CTX_use_certificate(context.get(), own);
  X509_free(own);
  if (used != 1) return Error{Fault::malformed, ssl_error_text(), "certificate"};
  while (X509* next = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context.get(), next) != 1) X509_free(next);
  }
  ERR_clear_error();
  const auto bio = memory(identity.key_pem);
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr);
  if (key == nullptr)
    return Error{Fault::malformed, "no key in PEM form: " + ssl_error_text(), "key"};
  const int taken = SSL_CTX_use_PrivateKey(context.get(), key);
  EVP_PKEY_free(key);
  if (taken != 1 || SSL_CTX_check_private_key(context.get()) != 1)
    return Error{Fault::malformed, "not the certificate's: " + ssl_error_text(), "key"};
  return std::make_shared<TlsContext>(context.release(), true);
}

}  // namespace delever::net
