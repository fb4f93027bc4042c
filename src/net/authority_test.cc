// Goal: whoever believes the authority of a run believes its names, for its time, and nothing else.
#include "net/authority.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/clock.h"

namespace delever::net {
namespace {

X509* read_certificate(const std::string& pem) {
  BIO* const bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* const one = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  return one;
}

// What OpenSSL says of the server's certificate under that name, at that time.
int verified(const RunAuthority& made, const char* name, Instant at) {
  X509* const authority = read_certificate(made.certificate_pem);
  X509* const server = read_certificate(made.identity.certificate_pem);
  X509_STORE* const store = X509_STORE_new();
  X509_STORE_add_cert(store, authority);
  X509_STORE_CTX* const context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, server, nullptr);
  X509_VERIFY_PARAM* const rules = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set1_host(rules, name, 0);
  X509_VERIFY_PARAM_set_time(rules, at.ns() / 1'000'000'000);
  X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_SERVER);
  X509_verify_cert(context);
  const int why = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  X509_free(server);
  X509_free(authority);
  return why;
}

TEST(RunAuthority, VouchesForItsNamesInItsTimeAlone) {
  const Instant now = Instant::parse("2026-02-01T00:00:00Z").value();
  const Duration day = Duration::days(1);
  const auto made = make_run_authority({"fapi.binance.com", "www.okx.com"}, now, now + day);
  ASSERT_TRUE(made.has_value()) << made.error().text();
  const RunAuthority& a = made.value();
  EXPECT_EQ(verified(a, "fapi.binance.com", now + day / 2), X509_V_OK);
  EXPECT_EQ(verified(a, "www.okx.com", now + day / 2), X509_V_OK);
  EXPECT_EQ(verified(a, "api.binance.com", now + day / 2), X509_V_ERR_HOSTNAME_MISMATCH);
  EXPECT_EQ(verified(a, "fapi.binance.com", now + day * 2), X509_V_ERR_CERT_HAS_EXPIRED);
  EXPECT_EQ(verified(a, "fapi.binance.com", now - day), X509_V_ERR_CERT_NOT_YET_VALID);
  EXPECT_EQ(a.certificate_pem.find("PRIVATE"), std::string::npos);
  EXPECT_TRUE(server_tls(a.identity).has_value());
  X509* const authority = read_certificate(a.certificate_pem);
  EXPECT_GE(X509_get_ext_by_NID(authority, NID_name_constraints, -1), 0);
  X509_free(authority);
}

TEST(RunAuthority, EachIsAnother) {
  const Instant now = Instant::parse("2026-02-01T00:00:00Z").value();
  const auto one = make_run_authority({"a.example"}, now, now + Duration::days(1));
  const auto other = make_run_authority({"a.example"}, now, now + Duration::days(1));
  EXPECT_NE(one.value().certificate_pem, other.value().certificate_pem);
  EXPECT_FALSE(make_run_authority({}, now, now + Duration::days(1)).has_value());
}

}  // namespace
}  // namespace delever::net
