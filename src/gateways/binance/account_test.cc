// USD-M: what an account is told of its money and positions, against the exchange's own figures.
#include <gtest/gtest.h>

#include "gateways/binance/binance_testing.h"

namespace delever::gateways::binance {
namespace {

using fixture::kPerp;
using fixture::kUsdt;
using testing::Client;

struct Accounts : ::testing::Test {
  Client c;
  void buy(double qty) {
    c.json("POST", "/fapi/v1/order",
           fmt::format("symbol=BTCUSDT&side=BUY&type=MARKET&quantity={}", qty));
  }
  double number(const JsonTree& t, std::string_view name) {
    return Amount::parse(t.text(name)).value().approx();
  }
  JsonTree asset(const JsonTree& account, std::string_view coin) {
    for (const JsonTree& a : account["assets"].items()) {
      if (a.text("asset") == coin) return a;
    }
    return {};
  }
};

// Before: both notionals and the orders' margin were 0, and a symbol with orders alone was missing.
TEST_F(Accounts, OrdersStandBesideThePosition) {
  EXPECT_EQ(c.json("GET", "/fapi/v3/positionRisk").items().size(), 0u);
  c.json("POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=10");
  c.json("POST", "/fapi/v1/order",
         "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=2&price=80000");
  const JsonTree waiting = c.json("GET", "/fapi/v3/positionRisk");
  ASSERT_EQ(waiting.items().size(), 1u);
  EXPECT_EQ(waiting.items()[0].text("bidNotional"), "160000.00000000");
  EXPECT_EQ(waiting.items()[0].text("askNotional"), "0.00000000");
  EXPECT_DOUBLE_EQ(number(waiting.items()[0], "positionAmt"), 0);
  EXPECT_DOUBLE_EQ(number(waiting.items()[0], "openOrderInitialMargin"), 16'000);
  buy(1);
  c.json("POST", "/fapi/v1/order",
         "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.5&price=90000");
  const JsonTree row = c.json("GET", "/fapi/v2/account")["positions"].items()[0];
  EXPECT_EQ(row.text("bidNotional"), "160000.00000000");
  EXPECT_EQ(row.text("askNotional"), "45000.00000000");
  const JsonTree account = c.json("GET", "/fapi/v3/account");
  EXPECT_DOUBLE_EQ(number(row, "openOrderInitialMargin"),
                   number(account, "totalOpenOrderInitialMargin"));
  EXPECT_DOUBLE_EQ(number(row, "initialMargin"), number(account, "totalInitialMargin"));
}

TEST_F(Accounts, TheWalletIsTheExchanges) {
  buy(2);
  c.market.move(85'000);
  c.market.tick();
  const JsonTree v3 = c.json("GET", "/fapi/v3/account"), v2 = c.json("GET", "/fapi/v2/account");
  const JsonTree usdt = asset(v3, "USDT");
  EXPECT_EQ(usdt.text("walletBalance"),
            decimal(c.market.exchange().wallet(c.market.client, kUsdt), 8));
  EXPECT_EQ(usdt.text("unrealizedProfit"), "1996.00000000");  // 2 x (85,000 - 84,002)
  EXPECT_DOUBLE_EQ(number(usdt, "marginBalance"),
                   number(usdt, "walletBalance") + number(usdt, "unrealizedProfit"));
  EXPECT_EQ(asset(v2, "USDT").text("walletBalance"), usdt.text("walletBalance"));
  EXPECT_EQ(v2["positions"].items().size(), 2u);  // the perpetual and the dated future
  EXPECT_EQ(v3["positions"].items().size(), 1u);  // held ones alone
  const JsonTree balances = c.json("GET", "/fapi/v3/balance");
  EXPECT_EQ(balances.items()[0].text("balance"), usdt.text("walletBalance"));
  EXPECT_GT(usdt.integer("updateTime").value_or(0), 0);
}

TEST_F(Accounts, APositionWithItsPrices) {
  c.json("POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=20");
  buy(2);
  const JsonTree rows = c.json("GET", "/fapi/v3/positionRisk");
  ASSERT_EQ(rows.items().size(), 1u);
  const JsonTree& p = rows.items()[0];
  EXPECT_EQ(p.text("symbol"), "BTCUSDT");
  EXPECT_EQ(p.text("positionAmt"), "2.000");
  EXPECT_EQ(p.text("entryPrice"), "84002.00000000");
  EXPECT_EQ(p.text("notional"), "168000.00000000");
  EXPECT_EQ(p.text("initialMargin"), "8400.00000000");
  EXPECT_EQ(p.text("unRealizedProfit"), "-4.00000000");
  const JsonTree v2 = c.json("GET", "/fapi/v2/positionRisk", "symbol=BTCUSDT");
  EXPECT_EQ(v2.items()[0].text("leverage"), "20");
  EXPECT_EQ(v2.items()[0].text("marginType"), "cross");
  const JsonTree rank = c.json("GET", "/fapi/v1/adlQuantile", "symbol=BTCUSDT");
  EXPECT_TRUE(rank.items()[0]["adlQuantile"].integer("BOTH").has_value());
}

TEST_F(Accounts, SettingsAreRefusedWhereNothingChanges) {
  const auto code = [&](std::string path, std::string p) {
    return c.code(c.call("POST", path, p));
  };
  EXPECT_EQ(code("/fapi/v1/positionSide/dual", "dualSidePosition=false"), -4059);
  EXPECT_EQ(code("/fapi/v1/marginType", "symbol=BTCUSDT&marginType=CROSSED"), -4046);
  EXPECT_EQ(code("/fapi/v1/multiAssetsMargin", "multiAssetsMargin=false"), -4171);
  EXPECT_EQ(code("/fapi/v1/leverage", "symbol=BTCUSDT&leverage=500"), -4028);
  EXPECT_EQ(code("/fapi/v1/positionMargin", "symbol=BTCUSDT&amount=10&type=1"), -4049);
  buy(0.1);
  EXPECT_EQ(code("/fapi/v1/marginType", "symbol=BTCUSDT&marginType=ISOLATED"), -4048);
  EXPECT_EQ(code("/fapi/v1/positionSide/dual", "dualSidePosition=true"), -4068);
  EXPECT_EQ(code("/fapi/v1/positionMargin", "symbol=BTCUSDT&amount=10&type=1"), -4049);
}

TEST_F(Accounts, IsolatedMarginIsAddedTakenOutAndRemembered) {
  c.json("POST", "/fapi/v1/marginType", "symbol=BTCUSDT&marginType=ISOLATED");
  buy(0.5);
  const JsonTree added =
      c.json("POST", "/fapi/v1/positionMargin", "symbol=BTCUSDT&amount=100.5&type=1");
  EXPECT_EQ(added.integer("code"), 200);
  c.json("POST", "/fapi/v1/positionMargin", "symbol=BTCUSDT&amount=40&type=2");
  const JsonTree rows = c.json("GET", "/fapi/v1/positionMargin/history", "symbol=BTCUSDT");
  ASSERT_EQ(rows.items().size(), 2u);
  EXPECT_EQ(rows.items()[0].text("amount"), "100.50000000");
  EXPECT_EQ(rows.items()[0].integer("type"), 1);
  EXPECT_EQ(rows.items()[1].integer("type"), 2);
  const JsonTree v2 = c.json("GET", "/fapi/v2/positionRisk", "symbol=BTCUSDT");
  EXPECT_EQ(v2.items()[0].text("marginType"), "isolated");
  const auto held = c.market.desk->positions(c.market.client);
  EXPECT_EQ(v2.items()[0].text("isolatedWallet"), decimal(held[0].margin, 8));
}

TEST_F(Accounts, IncomeAddsUpToTheWallet) {
  buy(1);
  c.json("POST", "/fapi/v1/order", "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=1");
  const JsonTree rows = c.json("GET", "/fapi/v1/income", "limit=1000");
  int64_t sum = 0;
  size_t commissions = 0;
  for (const JsonTree& r : rows.items()) {
    if (r.text("asset") != "USDT") continue;
    sum += Amount::parse(r.text("income")).value().raw();
    commissions += r.text("incomeType") == "COMMISSION";
  }
  EXPECT_EQ(sum, c.market.exchange().wallet(c.market.client, kUsdt).raw());
  EXPECT_EQ(commissions, 2u);
  EXPECT_EQ(c.json("GET", "/fapi/v1/income", "incomeType=REALIZED_PNL").items().size(), 1u);
}

TEST_F(Accounts, TiersAndFeesAreTheRulebooks) {
  const JsonTree all = c.json("GET", "/fapi/v1/leverageBracket");
  const JsonTree& first = all.items()[0]["brackets"].items()[0];
  const auto& ladder = c.market.setup().listings[kPerp].rules.ladder->tiers;
  EXPECT_EQ(all.items()[0]["brackets"].items().size(), ladder.size());
  EXPECT_EQ(first.text("initialLeverage"), ladder[0].max_leverage.text());
  EXPECT_EQ(first.text("maintMarginRatio"), ladder[0].maintenance.text());
  EXPECT_EQ(c.json("GET", "/fapi/v1/commissionRate", "symbol=BTCUSDT").text("takerCommissionRate"),
            "0.00050000");
}

TEST_F(Accounts, ALiquidationIsAmongTheForcedOrders) {
  c.json("POST", "/fapi/v1/marginType", "symbol=BTCUSDT&marginType=ISOLATED");
  c.json("POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=100");
  buy(0.3);
  c.market.move(83'450);  // liquidated at 83,498, bankrupt at 83,162: bids lie between
  c.market.quote();
  c.market.tick();
  EXPECT_TRUE(c.market.desk->positions(c.market.client).empty());
  const JsonTree forced =
      c.json("GET", "/fapi/v1/forceOrders", "symbol=BTCUSDT&autoCloseType=LIQUIDATION");
  ASSERT_EQ(forced.items().size(), 1u);
  EXPECT_EQ(forced.items()[0].text("side"), "SELL");
  EXPECT_EQ(forced.items()[0].text("executedQty"), "0.300");
  EXPECT_TRUE(c.json("GET", "/fapi/v1/forceOrders", "autoCloseType=ADL").items().empty());
}

TEST_F(Accounts, WhatClientsReadBeforeTheyTrade) {
  const JsonTree info = c.tree(c.get("/fapi/v1/exchangeInfo").body);
  ASSERT_EQ(info["symbols"].items().size(), 2u);
  const JsonTree& m = info["symbols"].items()[0];
  EXPECT_EQ(m.text("symbol"), "BTCUSDT");
  EXPECT_EQ(m.text("contractType"), "PERPETUAL");
  EXPECT_EQ(m["filters"].items()[0].text("tickSize"), "1");
  EXPECT_EQ(m["filters"].items()[1].text("stepSize"), "0.001");
  EXPECT_EQ(info["symbols"].items()[1].text("symbol"), "BTCUSDT_260327");
  EXPECT_EQ(c.tree(c.get("/dapi/v1/exchangeInfo").body)["symbols"].items().size(), 0u);
  buy(1);
  const JsonTree book = c.tree(c.get("/fapi/v1/depth", "symbol=BTCUSDT&limit=5").body);
  EXPECT_EQ(book["bids"].items().size(), 5u);
  EXPECT_EQ(book["asks"].items()[0].items()[0].text(), "84002");
  EXPECT_EQ(book["asks"].items()[0].items()[1].text(), "9.000");
  EXPECT_EQ(c.code(c.get("/fapi/v1/depth", "symbol=BTCUSDT&limit=7")), -4021);
  const JsonTree trades = c.tree(c.get("/fapi/v1/trades", "symbol=BTCUSDT").body);
  EXPECT_EQ(trades.items()[0].boolean("isBuyerMaker"), false);
  c.run(2);
  EXPECT_EQ(c.tree(c.get("/fapi/v1/aggTrades", "symbol=BTCUSDT").body).items()[0].text("q"),
            "1.000");
  const JsonTree day = c.tree(c.get("/fapi/v1/ticker/24hr", "symbol=BTCUSDT").body);
  EXPECT_EQ(day.text("lastPrice"), "84002");
  EXPECT_EQ(day.text("volume"), "1.000");
  c.market.tick(61);
  const JsonTree bars = c.tree(c.get("/fapi/v1/klines", "symbol=BTCUSDT&interval=1m").body);
  ASSERT_EQ(bars.items().size(), 2u);
  EXPECT_EQ(bars.items()[0].items()[5].text(), "1.000");
  EXPECT_EQ(c.code(c.get("/fapi/v1/klines", "symbol=BTCUSDT&interval=7m")), -1120);
  const JsonTree marks =
      c.tree(c.get("/fapi/v1/markPriceKlines", "symbol=BTCUSDT&interval=1m").body);
  EXPECT_EQ(marks.items().back().items()[4].text(), "84000.00000000");
  const JsonTree mark = c.tree(c.get("/fapi/v1/premiumIndex", "symbol=BTCUSDT").body);
  EXPECT_EQ(mark.text("markPrice"), "84000.00000000");
  EXPECT_GT(mark.integer("nextFundingTime").value_or(0), mark.integer("time").value_or(0));
  EXPECT_EQ(c.tree(c.get("/fapi/v1/openInterest", "symbol=BTCUSDT").body).text("openInterest"),
            "1.000");
  EXPECT_EQ(c.tree(c.get("/fapi/v1/fundingInfo").body).items()[0].integer("fundingIntervalHours"),
            8);
}

}  // namespace
}  // namespace delever::gateways::binance
