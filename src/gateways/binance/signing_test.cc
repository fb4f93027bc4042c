// Who is let in: HMAC over the text as it was sent, timestamps, and what a refused request changes.
#include <gtest/gtest.h>

#include "gateways/binance/binance_testing.h"

namespace delever::gateways::binance {
namespace {

using testing::Client;

constexpr const char* kOrder =
    "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=0.01&price=80000&timeInForce=GTC";

TEST(BinanceSigning, TheVenuesOwnExampleIsAccepted) {
  // The worked example of the venue's page: HMAC of a query with this secret.
  const std::string secret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";
  EXPECT_EQ(auth::hex(auth::hmac_sha256(
                secret,
                "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow="
                "5000&timestamp=1499827319559")),
            "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71");
}

TEST(BinanceSigning, QueryBodyAndBothTogetherAreSignedAsSent) {
  Client c;
  EXPECT_EQ(c.call("GET", "/fapi/v3/balance").status, 200);
  EXPECT_EQ(c.call("POST", "/fapi/v1/order", kOrder).status, 200);
  // A POST with everything in its query.
  EXPECT_EQ(c.send("POST", "/fapi/v1/order", c.sign(kOrder)).status, 200);
  // Some in the query, some in the body: signed one behind the other.
  const std::string query = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC";
  const std::string body = fmt::format("quantity=0.01&price=80000&recvWindow=5000&timestamp={}",
                                       c.market.wall_now().ms());
  const std::string digest = auth::hex(auth::hmac_sha256("S", query + body));
  EXPECT_EQ(c.send("POST", "/fapi/v1/order", query, body + "&signature=" + digest).status, 200);
  // Not decoded and encoded again: %2E is not "." to the digest.
  const std::string odd =
      "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0%2E01&price=80000";
  EXPECT_EQ(c.send("POST", "/fapi/v1/order", c.sign(odd)).status, 200);
  EXPECT_EQ(c.market.desk->live(c.market.client).size(), 4u);
}

TEST(BinanceSigning, WhatIsWrongIsRefusedWithTheVenuesCodeAndChangesNothing) {
  Client c;
  const uint64_t before = c.market.exchange().hash();
  const auto refused = [&](int status, int64_t code, const Answer& a) {
    EXPECT_EQ(a.status, status) << a.body;
    EXPECT_EQ(c.code(a), code) << a.body;
  };
  c.secret = "wrong";
  refused(400, -1022, c.call("POST", "/fapi/v1/order", kOrder));
  c.secret = "S";
  const std::string text = c.sign(kOrder);
  refused(400, -1022, c.send("POST", "/fapi/v1/order", {}, "quantity=9&" + text));
  refused(400, -1102, c.send("POST", "/fapi/v1/order", {}, kOrder));
  c.key = "nobody";
  refused(401, -2015, c.call("POST", "/fapi/v1/order", kOrder));
  c.key = "";
  refused(401, -2014, c.call("POST", "/fapi/v1/order", kOrder));
  c.key = "K";
  c.market.wait(Duration::ms(5'001));
  refused(400, -1021, c.send("POST", "/fapi/v1/order", {}, text));
  c.market.wait(Duration::seconds(-10));
  refused(400, -1021, c.send("POST", "/fapi/v1/order", {}, text));
  c.market.wait(Duration::ms(4'999));
  refused(400, -1131, c.call("POST", "/fapi/v1/order", std::string(kOrder) + "&recvWindow=60001"));
  EXPECT_EQ(c.market.exchange().hash(), before);
  EXPECT_EQ(c.gateway->counts(c.market.client).refused.size(), 4u);  // by code, of a known key
}

TEST(BinanceSigning, AWindowOfItsOwn) {
  Client c;
  const std::string text = c.sign("recvWindow=20000");
  c.market.wait(Duration::seconds(19));
  EXPECT_EQ(c.send("GET", "/fapi/v3/balance", text).status, 200);
  c.market.wait(Duration::seconds(2));
  EXPECT_EQ(c.code(c.send("GET", "/fapi/v3/balance", text)), -1021);
}

TEST(BinanceSigning, PublicDataAsksForNothingAndListenKeysForTheKeyAlone) {
  Client c;
  c.key = "";
  EXPECT_EQ(c.get("/fapi/v1/depth", "symbol=BTCUSDT").status, 200);
  EXPECT_EQ(c.send("POST", "/fapi/v1/listenKey", {}).status, 401);
  c.key = "K";
  EXPECT_EQ(c.send("POST", "/fapi/v1/listenKey", {}).status, 200);
  EXPECT_EQ(c.get("/fapi/v1/nothing").status, 404);
}

TEST(BinanceSigning, LimitsAreCountedAndHeldWhereAskedFor) {
  Client c(false, {.limits = true});
  Answer last = c.get("/fapi/v1/depth", "symbol=BTCUSDT&limit=1000");
  ASSERT_FALSE(last.headers.empty());
  EXPECT_EQ(last.headers[0].first, "X-MBX-USED-WEIGHT-1M");
  EXPECT_EQ(last.headers[0].second, "20");
  for (int k = 1; k < 120; ++k) last = c.get("/fapi/v1/depth", "symbol=BTCUSDT&limit=1000");
  EXPECT_EQ(last.status, 200);
  last = c.get("/fapi/v1/time");
  EXPECT_EQ(last.status, 429);
  EXPECT_EQ(c.code(last), -1003);
  EXPECT_EQ(last.headers.back().first, "Retry-After");
  EXPECT_EQ(last.headers.back().second, "59");  // the clock stands one second into its minute
  for (int k = 0; k < 12; ++k) last = c.get("/fapi/v1/time");
  EXPECT_EQ(last.status, 418);
  c.market.wait(Duration::seconds(90));
  EXPECT_EQ(c.get("/fapi/v1/time").status, 418);
  c.market.wait(Duration::seconds(40));
  EXPECT_EQ(c.get("/fapi/v1/time").status, 200);
}

TEST(BinanceSigning, OrdersAreLimitedByAccount) {
  Client c(false, {.limits = true});
  Answer last;
  for (int k = 0; k < 300; ++k) {
    last = c.call("POST", "/fapi/v1/order", kOrder);
    ASSERT_EQ(last.status, 200) << k << last.body;
    c.call("DELETE", "/fapi/v1/allOpenOrders", "symbol=BTCUSDT");
  }
  last = c.call("POST", "/fapi/v1/order", kOrder);
  EXPECT_EQ(last.status, 429);
  EXPECT_EQ(c.code(last), -1015);
  EXPECT_EQ(c.gateway->counts(c.market.client).limit_hits, 1u);
  c.market.wait(Duration::seconds(10));
  EXPECT_EQ(c.call("POST", "/fapi/v1/order", kOrder).status, 200);
}

}  // namespace
}  // namespace delever::gateways::binance
