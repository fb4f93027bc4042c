#include "net/authority.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <memory>

#include "net/tls_context.h"

namespace delever::net {
namespace {

struct FreeMade {
  void operator()(X509* one) const { X509_free(one); }
  void operator()(EVP_PKEY* one) const { EVP_PKEY_free(one); }
  void operator()(X509_EXTENSION* one) const { X509_EXTENSION_free(one); }
  void operator()(BIO* one) const { BIO_free_all(one); }
};
using CertificatePtr = std::unique_ptr<X509, FreeMade>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeMade>;

Error made_none(std::string_view what) {
  return {Fault::unavailable, "cannot be made: " + ssl_error_text(), std::string(what)};
}

// Serial numbers are random, so that no client has met one before.
bool set_serial(X509* certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  bytes[0] &= 0x7f;  // positive
  bytes[0] |= 0x40;  // of full length
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(BN_bin2bn(bytes, sizeof bytes, nullptr),
                                                           &BN_free);
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_name(X509_NAME* name, const std::string& common) {
  const auto* text = reinterpret_cast<const unsigned char*>(common.c_str());
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1;
}

Result<CertificatePtr> blank(EVP_PKEY* key, const std::string& common, Instant from, Instant to) {
  CertificatePtr made(X509_new());
  constexpr int64_t second = 1'000'000'000;
  if (!made || X509_set_version(made.get(), 2) != 1 || !set_serial(made.get()) ||
      !ASN1_TIME_set(X509_getm_notBefore(made.get()), from.ns() / second) ||
      !ASN1_TIME_set(X509_getm_notAfter(made.get()), to.ns() / second) ||
      !set_name(X509_get_subject_name(made.get()), common) || X509_set_pubkey(made.get(), key) != 1)
    return made_none("a certificate");
  return made;
}

Result<void> extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, FreeMade> made(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  if (!made || X509_add_ext(certificate, made.get(), -1) != 1) return made_none(value);
  return {};
}

Result<void> sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
  if (X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) != 1 ||
      X509_sign(certificate, issuer_key, EVP_sha256()) == 0)
    return made_none("a signature");
  return {};
}

template <class Write>
Result<std::string> pem_of(const Write& write) {
  const std::unique_ptr<BIO, FreeMade> bio(BIO_new(BIO_s_mem()));
  if (!bio || write(bio.get()) != 1) return made_none("PEM");
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return std::string(bytes, static_cast<size_t>(size));
}

Result<std::string> certificate_pem(X509* certificate) {
  return pem_of([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

std::string joined(const std::vector<std::string>& names, const std::string& before) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ",") + before + name;
  return out;
}

// RFC 5280, 4.2.1.10: what the names below it may be. No address is named, so all are excluded.
Result<CertificatePtr> authority_of(const std::vector<std::string>& names, EVP_PKEY* key,
                                    Instant from, Instant to) {
  CertificatePtr own = TRY(blank(key, "delever rehearsal: for one run", from, to));
  TRY(extend(own.get(), own.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  TRY(extend(own.get(), own.get(), NID_key_usage, "critical,keyCertSign,cRLSign"));
  TRY(extend(own.get(), own.get(), NID_subject_key_identifier, "hash"));
  TRY(extend(own.get(), own.get(), NID_name_constraints,
             "critical," + joined(names, "permitted;DNS:") +
                 ",excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:::/::"));
  TRY(sign(own.get(), own.get(), key));
  return own;
}

Result<CertificatePtr> server_of(const std::vector<std::string>& names, EVP_PKEY* key,
                                 X509* authority, EVP_PKEY* authority_key, Instant from,
                                 Instant to) {
  CertificatePtr own = TRY(blank(key, "delever rehearsal", from, to));
  TRY(extend(own.get(), authority, NID_basic_constraints, "critical,CA:FALSE"));
  TRY(extend(own.get(), authority, NID_key_usage, "critical,digitalSignature"));
  TRY(extend(own.get(), authority, NID_ext_key_usage, "serverAuth"));
  TRY(extend(own.get(), authority, NID_subject_alt_name, joined(names, "DNS:")));
  TRY(extend(own.get(), authority, NID_authority_key_identifier, "keyid:always"));
  TRY(sign(own.get(), authority, authority_key));
  return own;
}

}  // namespace

Result<RunAuthority> make_run_authority(const std::vector<std::string>& names, Instant from,
                                        Instant to) {
  if (names.empty()) return Error{Fault::usage, "no name to vouch for", "certificate authority"};
  const KeyPtr authority_key(EVP_EC_gen("P-256")), key(EVP_EC_gen("P-256"));
  if (!authority_key || !key) return made_none("a key");
  const CertificatePtr authority = TRY(authority_of(names, authority_key.get(), from, to));
  const CertificatePtr server =
      TRY(server_of(names, key.get(), authority.get(), authority_key.get(), from, to));
  RunAuthority made;
  made.certificate_pem = TRY(certificate_pem(authority.get()));
  made.identity.certificate_pem = TRY(certificate_pem(server.get()));
  made.identity.key_pem = TRY(pem_of([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  }));
  return made;
}

}  // namespace delever::net
