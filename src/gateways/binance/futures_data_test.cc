// What USD-M tells of a market's past and of its crowd.
#include <gtest/gtest.h>

#include "gateways/binance/binance_testing.h"

namespace delever::gateways::binance {
namespace {

using testing::Client;

struct FuturesData : ::testing::Test {
  Client c;
  void SetUp() override {
    buy = c.json("POST", "/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5");
    SubmitOrder theirs;
    theirs.account = c.market.other;
    theirs.instrument = fixture::kPerp;
    theirs.side = Side::sell;
    theirs.type = OrderType::market;
    theirs.qty = fixture::qty(0.2);
    c.market.must(theirs);
    for (int k = 0; k < 13; ++k) c.market.tick(300);
  }
  JsonTree data(std::string_view what, std::string_view more) const {
    Answer a = c.gateway->request({.method = "GET",
                                   .path = fmt::format("/futures/data/{}", what),
                                   .query = more,
                                   .peer = "127.0.0.1:4711"});
    EXPECT_EQ(a.status, 200) << a.body;
    return Client::tree(a.body);
  }
  JsonTree buy;
};

// Before: no such path.
TEST_F(FuturesData, WhatTheIndexIsMadeOf) {
  c.market.must(PublishIndex{0, 1, fixture::price(84'030)});
  const JsonTree index = c.json("GET", "/fapi/v1/constituents", "symbol=BTCUSDT");
  ASSERT_EQ(index["constituents"].items().size(), 3u);
  double weights = 0;
  for (const JsonTree& part : index["constituents"].items()) {
    const auto weight = Rate::parse(part.text("weight"));
    ASSERT_TRUE(weight.has_value());
    weights += weight.value().approx();
  }
  EXPECT_NEAR(weights, 1, 1e-7);
  EXPECT_EQ(index["constituents"].items()[0].text("exchange"), "binance");
  EXPECT_EQ(index["constituents"].items()[1].text("price"), "84030.00000000");
  EXPECT_EQ(c.code(c.get("/fapi/v1/constituents", "symbol=NONE")), -1121);
}

TEST_F(FuturesData, OpenInterestAsItWas) {
  const JsonTree rows = data("openInterestHist", "symbol=BTCUSDT&period=5m&limit=3");
  ASSERT_EQ(rows.items().size(), 3u);
  const JsonTree& last = rows.items()[2];
  EXPECT_EQ(last.text("sumOpenInterest"), "0.50000000");
  EXPECT_EQ(last.text("sumOpenInterestValue"), "42000.00000000");
  EXPECT_EQ(*last.integer("timestamp") % 300'000, 0);
  EXPECT_EQ(*last.integer("timestamp") - *rows.items()[1].integer("timestamp"), 300'000);
  EXPECT_EQ(data("openInterestHist", "symbol=BTCUSDT&period=1h").items().size(), 1u);
  EXPECT_EQ(c.code(c.get("/futures/data/openInterestHist", "symbol=BTCUSDT&period=7m")), -1130);
  EXPECT_EQ(c.code(c.get("/futures/data/openInterestHist", "symbol=BTCUSDT")), -1102);
}

// The client is long; the maker and the other account are short.
TEST_F(FuturesData, RatiosOfTheCrowd) {
  const auto last = [&](std::string_view what) {
    const JsonTree rows = data(what, "symbol=BTCUSDT&period=5m&limit=1");
    return rows.items().empty() ? std::string()
                                : std::string(rows.items()[0].text("longShortRatio"));
  };
  EXPECT_EQ(last("globalLongShortAccountRatio"), "0.5000");
  const JsonTree one =
      data("globalLongShortAccountRatio", "symbol=BTCUSDT&period=5m&limit=1").items()[0];
  EXPECT_EQ(one.text("longAccount"), "0.3333");
  EXPECT_EQ(one.text("shortAccount"), "0.6667");
  // The richest fifth of three is the maker alone, and nobody stands against him.
  EXPECT_EQ(last("topLongShortAccountRatio"), "");
  EXPECT_EQ(last("topLongShortPositionRatio"), "");
}

TEST_F(FuturesData, TakersAndBasis) {
  const JsonTree takers = data("takerlongshortRatio", "symbol=BTCUSDT&period=1h");
  ASSERT_EQ(takers.items().size(), 1u);
  EXPECT_EQ(takers.items()[0].text("buySellRatio"), "2.5000");
  EXPECT_EQ(takers.items()[0].text("sellVol"), "0.2000");
  const JsonTree basis = data("basis", "pair=BTCUSDT&contractType=PERPETUAL&period=5m&limit=2");
  ASSERT_EQ(basis.items().size(), 2u);
  EXPECT_EQ(basis.items()[1].text("basis"), "0.00000000");
  EXPECT_EQ(basis.items()[1].text("indexPrice"), "84000.00000000");
}

TEST_F(FuturesData, FundIndicesAndRisks) {
  const JsonTree fund = c.tree(c.get("/fapi/v1/insuranceBalance", "symbol=BTCUSDT").body);
  EXPECT_EQ(fund["assets"].items()[0].text("asset"), "USDT");
  EXPECT_EQ(fund["assets"].items()[0].text("marginBalance"),
            decimal(c.market.exchange().wallet(kFund, fixture::kUsdt), 8));
  const JsonTree index = c.tree(c.get("/fapi/v1/assetIndex", "symbol=BTCUSD").body);
  EXPECT_EQ(index.text("index"), "84000.00000000");
  EXPECT_EQ(index.text("bidBuffer"), "0.05000000");
  EXPECT_EQ(index.text("bidRate"), "79800.00000000");
  EXPECT_EQ(c.tree(c.get("/fapi/v1/assetIndex").body).items().size(), 2u);
  const bool funded = c.market.exchange().wallet(kFund, fixture::kUsdt) > Amount();
  EXPECT_EQ(c.tree(c.get("/fapi/v1/symbolAdlRisk", "symbol=BTCUSDT").body).text("adlRisk"),
            funded ? "low" : "high");
  EXPECT_EQ(c.tree(c.get("/fapi/v1/indexInfo").body).items().size(), 0u);
  EXPECT_EQ(c.json("GET", "/fapi/v1/feeBurn").boolean("feeBurn"), false);
  EXPECT_EQ(c.code(c.call("POST", "/fapi/v1/feeBurn", "feeBurn=true")), -1130);
  EXPECT_TRUE(c.json("GET", "/fapi/v1/apiTradingStatus")["indicators"].items().empty());
}

}  // namespace
}  // namespace delever::gateways::binance
