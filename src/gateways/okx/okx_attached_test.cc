// Take-profits and stop-losses that come with an order, as its rows show them and amendments change
// them; and figures that rows owe beside it.
#include <gtest/gtest.h>

#include "gateways/okx/okx_testing.h"

namespace delever::gateways {
namespace {

using namespace testing;

class OkxAttached : public ::testing::Test, public OkxClient {
 public:
  std::string amend(const JsonTree& made, std::string_view what) {
    return row_code(post("/api/v5/trade/amend-order",
                         fmt::format(R"({{"instId":"BTC-USDT-SWAP","ordId":"{}",{}}})",
                                     row(made).text("ordId"), what)));
  }
};

TEST_F(OkxAttached, AnOrderShowsWhatCameWithIt) {
  const JsonTree made = order("buy", "limit", "10", "80000",
                              R"(,"attachAlgoOrds":[{"attachAlgoClOrdId":"mine","tpTriggerPx":)"
                              R"("90000","tpOrdPx":"-1","tpTriggerPxType":"mark"},)"
                              R"({"slTriggerPx":"70000","slOrdPx":"69000"}])");
  ASSERT_EQ(row_code(made), "0");
  const JsonTree shown_now = shown(made);
  ASSERT_EQ(shown_now["attachAlgoOrds"].items().size(), 1U);
  const JsonTree& stop = shown_now["attachAlgoOrds"].items()[0];
  EXPECT_EQ(stop.text("attachAlgoClOrdId"), "mine");
  EXPECT_EQ(stop.text("tpTriggerPx"), "90000");
  EXPECT_EQ(stop.text("tpTriggerPxType"), "mark");
  EXPECT_EQ(stop.text("tpOrdPx"), "-1");
  EXPECT_EQ(stop.text("slTriggerPx"), "70000");
  EXPECT_EQ(stop.text("slOrdPx"), "69000");
  EXPECT_EQ(shown_now.text("slTriggerPx"), "70000");
  EXPECT_EQ(shown(order("buy", "limit", "10", "80000"))["attachAlgoOrds"].items().size(), 0U);
  // Two take-profits would be more than is placed here: not one of them is dropped in silence.
  EXPECT_EQ(row_code(order("buy", "limit", "10", "80000",
                           R"(,"attachAlgoOrds":[{"tpTriggerPx":"90000","tpOrdPx":"-1"},)"
                           R"({"tpTriggerPx":"91000","tpOrdPx":"-1"}])")),
            "51000");
}

TEST_F(OkxAttached, IsAmendedBeforeTheOrderIsFilled) {
  const JsonTree made = order("buy", "limit", "10", "80000",
                              R"(,"attachAlgoOrds":[{"tpTriggerPx":"90000","tpOrdPx":"-1",)"
                              R"("slTriggerPx":"70000","slOrdPx":"-1"}])");
  EXPECT_EQ(amend(made, R"("attachAlgoOrds":[{"newTpTriggerPx":"91000"}])"), "0");
  EXPECT_EQ(shown(made).text("tpTriggerPx"), "91000");
  EXPECT_EQ(shown(made).text("slTriggerPx"), "70000");
  EXPECT_EQ(amend(made, R"("newSlTriggerPx":"0","newPx":"84010")"), "0");  // and it fills
  EXPECT_EQ(shown(made).text("state"), "filled");
  const JsonTree waits = get("/api/v5/trade/orders-algo-pending", "ordType=conditional");
  ASSERT_EQ(count(waits), 1U);
  EXPECT_EQ(row(waits).text("tpTriggerPx"), "91000");
  EXPECT_EQ(row(waits).text("slTriggerPx"), "");
}

TEST_F(OkxAttached, OfTwoLegsEachIsAmended) {
  order("buy", "market", "10");
  const JsonTree made =
      post("/api/v5/trade/order-algo",
           R"({"instId":"BTC-USDT-SWAP","tdMode":"cross","side":"sell","ordType":"oco","sz":"10",)"
           R"("tpTriggerPx":"90000","tpOrdPx":"-1","slTriggerPx":"70000","slOrdPx":"-1"})");
  const std::string id(row(made).text("algoId"));
  const auto change = [&](std::string_view what) {
    return row_code(
        post("/api/v5/trade/amend-algos",
             fmt::format(R"({{"instId":"BTC-USDT-SWAP","algoId":"{}",{}}})", id, what)));
  };
  EXPECT_EQ(change(R"("newTpTriggerPx":"91000","newSlTriggerPx":"71000")"), "0");
  JsonTree now = row(get("/api/v5/trade/order-algo", "algoId=" + id));
  EXPECT_EQ(now.text("tpTriggerPx"), "91000");
  EXPECT_EQ(now.text("slTriggerPx"), "71000");
  // One that cannot be leaves both as they were: a stop-loss of a long stands below the market.
  EXPECT_NE(change(R"("newTpTriggerPx":"92000","newSlTriggerPx":"99000")"), "0");
  now = row(get("/api/v5/trade/order-algo", "algoId=" + id));
  EXPECT_EQ(now.text("tpTriggerPx"), "91000");
  EXPECT_EQ(now.text("slTriggerPx"), "71000");
  EXPECT_EQ(change(R"("newTriggerPx":"90000")"), "51506");
}

TEST_F(OkxAttached, RowsHaveTheLastFillAndItsMoment) {
  const JsonTree made = order("buy", "market", "1500");  // of two levels of 1,000
  const JsonTree filled = shown(made);
  const JsonTree fills = get("/api/v5/trade/fills", "instType=SWAP");
  ASSERT_EQ(count(fills), 2U);
  EXPECT_EQ(filled.text("fillSz"), row(fills).text("fillSz"));
  EXPECT_EQ(filled.text("tradeId"), row(fills).text("tradeId"));
  EXPECT_EQ(position().text("tradeId"), row(fills).text("tradeId"));
  market.move(84'100);
  market.tick();
  const JsonTree again = get("/api/v5/trade/fills", "instType=SWAP");
  EXPECT_EQ(row(again).text("fillIdxPx"), "84000");
  EXPECT_EQ(row(again).text("fillMarkPx"), "84000");
}

TEST_F(OkxAttached, BalancesAndPositionsTellOneRatio) {
  order("buy", "market", "100");
  order("buy", "limit", "10", "80000");
  const JsonTree balance = row(get("/api/v5/account/balance"));
  EXPECT_NEAR(number(balance, "notionalUsd"), number(position(), "notionalUsd"), 1e-3);
  EXPECT_EQ(balance.text("notionalUsdForSwap"), balance.text("notionalUsd"));
  EXPECT_GT(number(balance, "ordFroz"), 0);
  EXPECT_EQ(position().text("mgnRatio"), balance["details"].items().at(0).text("mgnRatio"));
}

// What a client calls its request comes back in the answer and in the channel.
TEST_F(OkxAttached, AnAmendmentIsToldByItsName) {
  const SocketId socket = open("/ws/v5/private");
  sign_in(socket);
  subscribe(socket, R"({"channel":"orders","instType":"SWAP"})");
  const JsonTree made = order("buy", "limit", "10", "80000");
  EXPECT_EQ(last("orders")["data"].items().at(0).text("amendResult"), "");
  const JsonTree amended =
      post("/api/v5/trade/amend-order",
           fmt::format(R"({{"instId":"BTC-USDT-SWAP","ordId":"{}","newSz":"20","reqId":"r1"}})",
                       row(made).text("ordId")));
  EXPECT_EQ(row(amended).text("reqId"), "r1");
  const JsonTree told = last("orders")["data"].items().at(0);
  EXPECT_EQ(told.text("reqId"), "r1");
  EXPECT_EQ(told.text("amendResult"), "0");
}

TEST_F(OkxAttached, WhatATradeChangedIsToldWithItsNumber) {
  const SocketId socket = open("/ws/v5/private");
  sign_in(socket);
  subscribe(socket, R"({"channel":"balance_and_position"})");
  for (const char* side : {"buy", "sell"}) {
    order(side, "market", "10");
    gateway->tick();
    const JsonTree told = last("balance_and_position")["data"].items().at(0);
    ASSERT_EQ(told["trades"].items().size(), 1U);
    EXPECT_EQ(told["trades"].items()[0].text("tradeId"),
              row(get("/api/v5/trade/fills", "instType=SWAP")).text("tradeId"));
    // Flat, it is told once more.
    ASSERT_EQ(told["posData"].items().size(), 1U);
    EXPECT_EQ(told["posData"].items()[0].text("pos"), *side == 'b' ? "10" : "0");
  }
}

TEST_F(OkxAttached, AllOfItIsWorthSomething) {
  const JsonTree balance = get("/api/v5/account/balance");
  const JsonTree in_dollars = get("/api/v5/asset/asset-valuation", "ccy=USD");
  EXPECT_NEAR(number(row(in_dollars), "totalBal"), number(row(balance), "totalEq"), 1e-3);
  EXPECT_NEAR(number(row(get("/api/v5/asset/asset-valuation")), "totalBal") * 84'000,
              number(row(balance), "totalEq"), 1);
  EXPECT_EQ(code(get("/api/v5/asset/asset-valuation", "ccy=NONE")), "51000");
  for (const JsonTree& coin :
       get("/api/v5/public/discount-rate-interest-free-quota")["data"].items())
    EXPECT_GT(number(coin, "minDiscountRate"), 0);
}

TEST_F(OkxAttached, AnIndexHasADay) {
  for (int n = 0; n < 5; ++n) {
    market.move(84'000 + 10 * n);
    market.tick(60);
  }
  const JsonTree ticker = row(get("/api/v5/market/index-tickers", "instId=BTC-USDT"));
  EXPECT_EQ(ticker.text("idxPx"), "84040");
  EXPECT_EQ(ticker.text("open24h"), "84000");
  EXPECT_EQ(ticker.text("high24h"), "84040");
}

}  // namespace
}  // namespace delever::gateways
