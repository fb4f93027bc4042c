// What a row says beside the order itself: stops that came with it, and figures that are of the
// moment of a trade or of all that an account has done.
#include <gtest/gtest.h>

#include "gateways/bybit/bybit_testing.h"

namespace delever::gateways {
namespace {

using namespace testing;

class BybitFigures : public ::testing::Test, public BybitClient {};

TEST_F(BybitFigures, AnOrderShowsTheStopsThatCameWithIt) {
  const SocketId socket = open("/v5/private");
  sign_in(socket);
  subscribe(socket, R"("order")");
  const JsonTree made = order("Buy", "Limit", "0.1", "80000",
                              R"(,"takeProfit":"90000","stopLoss":"70000","tpTriggerBy":)"
                              R"("MarkPrice","tpslMode":"Full")");
  const JsonTree row = shown(made);
  EXPECT_EQ(row.text("takeProfit"), "90000");
  EXPECT_EQ(row.text("stopLoss"), "70000");
  EXPECT_EQ(row.text("tpTriggerBy"), "MarkPrice");
  EXPECT_EQ(row.text("slTriggerBy"), "LastPrice");
  EXPECT_EQ(row.text("tpslMode"), "Full");
  EXPECT_EQ(last("order")["data"].items().at(0).text("takeProfit"), "90000");
  EXPECT_EQ(shown(order("Buy", "Limit", "0.1", "80000")).text("tpslMode"), "");
}

// What an amendment does not name stays; a price of 0 takes a stop away.
TEST_F(BybitFigures, AnAmendmentChangesOneStopAndLeavesTheOther) {
  const JsonTree made =
      order("Buy", "Limit", "0.1", "80000", R"(,"takeProfit":"90000","stopLoss":"70000")");
  const auto amend = [&](std::string_view what) {
    return code(post("/v5/order/amend",
                     fmt::format(R"({{"category":"linear","symbol":"BTCUSDT","orderId":"{}",{}}})",
                                 made["result"].text("orderId"), what)));
  };
  EXPECT_EQ(amend(R"("takeProfit":"91000")"), 0);
  EXPECT_EQ(shown(made).text("takeProfit"), "91000");
  EXPECT_EQ(shown(made).text("stopLoss"), "70000");
  EXPECT_EQ(amend(R"("stopLoss":"0","price":"84010")"), 0);  // and it fills
  EXPECT_EQ(shown(made).text("orderStatus"), "Filled");
  EXPECT_EQ(shown(made).text("stopLoss"), "");
  EXPECT_EQ(position().text("takeProfit"), "91000");
  EXPECT_EQ(position().text("stopLoss"), "");
}

TEST_F(BybitFigures, AnAmendmentKeepsTheLimitOfAStop) {
  const JsonTree made = order("Buy", "Limit", "0.1", "80000",
                              R"(,"takeProfit":"90000","tpOrderType":"Limit","tpLimitPrice":)"
                              R"("89000","tpslMode":"Partial","tpTriggerBy":"MarkPrice")");
  const auto amend = [&](std::string_view what) {
    post("/v5/order/amend",
         fmt::format(R"({{"category":"linear","symbol":"BTCUSDT","orderId":"{}",{}}})",
                     made["result"].text("orderId"), what));
    return shown(made);
  };
  JsonTree now = amend(R"("takeProfit":"91000")");
  EXPECT_EQ(now.text("takeProfit"), "91000");
  EXPECT_EQ(now.text("tpLimitPrice"), "89000");
  EXPECT_EQ(now.text("tpTriggerBy"), "MarkPrice");
  now = amend(R"("takeProfit":"91000","tpLimitPrice":"89500")");
  EXPECT_EQ(now.text("tpLimitPrice"), "89500");
  EXPECT_EQ(now.text("tpslMode"), "Partial");
}

TEST_F(BybitFigures, AFillKeepsTheMarkAndTheIndexOfItsMoment) {
  const SocketId socket = open("/v5/private");
  sign_in(socket);
  subscribe(socket, R"("execution")");
  order("Buy", "Market", "0.1");
  const JsonTree told = last("execution")["data"].items().at(0);
  EXPECT_EQ(told.text("markPrice"), "84000");
  EXPECT_EQ(told.text("indexPrice"), "84000");
  market.move(84'100);
  market.tick();
  const JsonTree again = get("/v5/execution/list", "category=linear");
  EXPECT_EQ(rows(again).items().at(0).text("markPrice"), "84000");
  EXPECT_EQ(rows(again).items().at(0).text("indexPrice"), "84000");
}

TEST_F(BybitFigures, TheWalletKnowsWhatWasRealised) {
  order("Buy", "Market", "0.1");
  order("Sell", "Market", "0.1", "", R"(,"reduceOnly":true)");
  const JsonTree found = get("/v5/account/wallet-balance", "accountType=UNIFIED&coin=USDT");
  const JsonTree& coin = rows(found).items().at(0)["coin"].items().at(0);
  EXPECT_NEAR(number(coin, "cumRealisedPnl"), wallet() - 1'000'000, 1e-8);
  EXPECT_EQ(coin.text("cumRealisedPnl"), position().text("cumRealisedPnl"));
}

TEST_F(BybitFigures, EveryCoinSaysWhatItCountsAsMargin) {
  const JsonTree coins = get("/v5/account/collateral-info");
  const auto& setups = market.setup().coins;
  ASSERT_EQ(rows(coins).items().size(), setups.size());
  for (size_t c = 0; c < setups.size(); ++c) {
    const JsonTree& row = rows(coins).items()[c];
    EXPECT_EQ(row.text("currency"), setups[c].name);
    EXPECT_EQ(row.boolean("marginCollateral"), setups[c].haircut.has_value());
    if (setups[c].haircut) {
      EXPECT_NEAR(number(row, "collateralRatio"), 1 - setups[c].haircut->approx(), 1e-12);
    }
  }
  EXPECT_EQ(rows(get("/v5/account/collateral-info", "currency=BTC")).items().size(), 1U);
}

TEST_F(BybitFigures, APositionNamesItsTier) {
  const JsonTree tiers = get("/v5/market/risk-limit", "category=linear&symbol=BTCUSDT");
  EXPECT_EQ(position().integer("riskId"), 1);
  EXPECT_EQ(position().text("riskLimitValue"), rows(tiers).items().at(0).text("riskLimitValue"));
}

TEST_F(BybitFigures, AnOrderKnowsTheLastPriceBeforeIt) {
  EXPECT_EQ(shown(order("Buy", "Limit", "0.1", "80000")).text("lastPriceOnCreated"), "");
  order("Buy", "Market", "0.1");
  const JsonTree ticker = get("/v5/market/tickers", "category=linear&symbol=BTCUSDT");
  EXPECT_EQ(shown(order("Buy", "Limit", "0.1", "80000")).text("lastPriceOnCreated"),
            rows(ticker).items().at(0).text("lastPrice"));
}

}  // namespace
}  // namespace delever::gateways
