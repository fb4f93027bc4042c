// Certificates made in the test: an authority, and servers that it vouches for.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "base/check.h"
#include "net/tls.h"

namespace delever::net {

class TestAuthority {
 public:
  TestAuthority() : key_(EVP_EC_gen("P-256")), own_(X509_new()) {
    describe(own_, "delever test authority", key_);
    X509_set_issuer_name(own_, X509_get_subject_name(own_));
    extend(own_, NID_basic_constraints, "critical,CA:TRUE");
    extend(own_, NID_key_usage, "critical,keyCertSign");
    CHECK(X509_sign(own_, key_, EVP_sha256()) > 0);
  }
  ~TestAuthority() {
    X509_free(own_);
    EVP_PKEY_free(key_);
  }
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  std::string pem() const { return text_of(own_); }

  // names: as OpenSSL writes them, "DNS:localhost,IP:127.0.0.1". `days` from now; may be past.
  TlsIdentity issue(const std::string& names, int days = 2) const {
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const one = X509_new();
    describe(one, "a test server", key);
    X509_set_issuer_name(one, X509_get_subject_name(own_));
    X509_gmtime_adj(X509_getm_notBefore(one), -5 * 86'400);
    X509_gmtime_adj(X509_getm_notAfter(one), days * 86'400);
    extend(one, NID_subject_alt_name, names.c_str());
    CHECK(X509_sign(one, key_, EVP_sha256()) > 0);
    BIO* const out = BIO_new(BIO_s_mem());
    CHECK(PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    TlsIdentity identity{text_of(one), drained(out)};
    X509_free(one);
    EVP_PKEY_free(key);
    return identity;
  }

 private:
  static void describe(X509* one, const char* name, EVP_PKEY* key) {
    static long serial = 1;
    CHECK(key != nullptr);
    X509_set_version(one, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(one), serial++);
    X509_gmtime_adj(X509_getm_notBefore(one), -5 * 86'400);
    X509_gmtime_adj(X509_getm_notAfter(one), 2 * 86'400);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(one), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_pubkey(one, key);
  }
  static void extend(X509* one, int kind, const char* value) {
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
    CHECK(extension != nullptr && X509_add_ext(one, extension, -1) == 1);
    X509_EXTENSION_free(extension);
  }
  static std::string drained(BIO* out) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    std::string text(data, static_cast<size_t>(size));
    BIO_free(out);
    return text;
  }
  static std::string text_of(X509* one) {
    BIO* const out = BIO_new(BIO_s_mem());
    CHECK(PEM_write_bio_X509(out, one) == 1);
    return drained(out);
  }

  EVP_PKEY* key_;
  X509* own_;
};

}  // namespace delever::net
