// Goal: what is refused has changed nothing, also where a request is several settings or orders.
#include <gtest/gtest.h>

#include "gateways/bybit/bybit_testing.h"
#include "gateways/okx/okx_testing.h"

namespace delever::gateways {
namespace {

using namespace testing;
using fixture::kFuture;
using fixture::kPerp;

// The client holds so much of the future from here on.
Reject buy_future(TestMarket& market, double coins) {
  SubmitOrder order;
  order.account = market.client;
  order.instrument = kFuture;
  order.type = OrderType::market;
  order.qty = fixture::qty(coins);
  return market.desk->submit(order, "").reject;
}

struct OkxRefused : ::testing::Test, OkxClient {
  MarginMode mode() const { return market.desk->margin_mode(market.client, kPerp); }
  std::string place(std::string_view path, std::string_view more) {
    return row_code(post(
        path,
        fmt::format(R"({{"instId":"BTC-USDT-SWAP","tdMode":"isolated","side":"buy",{}}})", more)));
  }
};

// Before: a bot in cross margin stood in isolated margin after a refusal, and its next order in
// cross margin was the first to be checked by it.
TEST_F(OkxRefused, AnOrderLeavesTheMarginModeAsItWas) {
  ASSERT_EQ(mode(), MarginMode::cross);
  const std::string_view order = "/api/v5/trade/order", algo = "/api/v5/trade/order-algo";
  EXPECT_NE(place(order, R"("ordType":"limit","sz":"1","px":"80000.55")"), "0");
  EXPECT_EQ(mode(), MarginMode::cross);
  EXPECT_NE(place(order, R"("ordType":"market","sz":"100000000")"), "0");
  EXPECT_EQ(mode(), MarginMode::cross);
  EXPECT_NE(place(order, R"("ordType":"market","sz":"1","reduceOnly":true)"), "0");
  EXPECT_EQ(mode(), MarginMode::cross);
  EXPECT_NE(place(algo, R"("ordType":"conditional","sz":"1","slTriggerPx":"80000","slOrdPx":"-1")"),
            "0");
  EXPECT_EQ(mode(), MarginMode::cross);
  EXPECT_EQ(place(order, R"("ordType":"limit","sz":"1","px":"80000")"), "0");
  EXPECT_EQ(mode(), MarginMode::isolated);
}

TEST_F(OkxRefused, ALeverageOfACoinIsForAllItsContractsOrNone) {
  ASSERT_EQ(buy_future(market, 20), Reject::none);
  const Leverage before = market.desk->leverage(market.client, kPerp);
  std::string refused;
  int64_t lever = 2;
  // From where the future's position no longer carries it.
  for (; refused.empty() && lever <= 125; ++lever) {
    const JsonTree answer =
        post("/api/v5/account/set-leverage",
             fmt::format(R"({{"ccy":"USDT","lever":"{}","mgnMode":"cross"}})", lever));
    if (code(answer) != "0") refused = code(answer);
  }
  ASSERT_FALSE(refused.empty());
  const Leverage last = lever == 3 ? before : Leverage::raw((lever - 2) * Leverage::scale);
  EXPECT_EQ(market.desk->leverage(market.client, kPerp), last) << lever;
  EXPECT_EQ(market.desk->leverage(market.client, kFuture), last) << lever;
}

struct BybitRefused : ::testing::Test, BybitClient {
  std::string prices() {
    std::string seen;
    const JsonTree found =
        get("/v5/order/realtime", "category=linear&symbol=BTCUSDT&orderFilter=StopOrder");
    for (const JsonTree& o : rows(found).items())
      seen += fmt::format("{} {};", o.text("stopOrderType"), o.text("triggerPrice"));
    return seen;
  }
  int64_t protect(std::string_view what) {
    return code(post("/v5/position/trading-stop",
                     fmt::format(R"({{"category":"linear","symbol":"BTCUSDT",{}}})", what)));
  }
};

// Before: the stop that stood was gone with the one that was refused.
TEST_F(BybitRefused, AStopOnTheWrongSideLeavesTheOneThatProtects) {
  order("Buy", "Market", "1");
  ASSERT_EQ(protect(R"("stopLoss":"83000","takeProfit":"86000")"), 0);
  const std::string before = prices();
  EXPECT_EQ(protect(R"("stopLoss":"90000")"), 10001);
  EXPECT_EQ(prices(), before);
  EXPECT_EQ(protect(R"("takeProfit":"87000","stopLoss":"90000")"), 10001);
  EXPECT_EQ(prices(), before);
  EXPECT_EQ(protect(R"("tpslMode":"Partial","tpSize":"0.5","takeProfit":"87000",)"
                    R"("slSize":"0.5","stopLoss":"90000")"),
            10001);
  EXPECT_EQ(prices(), before);
  EXPECT_EQ(protect(R"("takeProfit":"87000","stopLoss":"82000")"), 0);
  EXPECT_NE(prices(), before);
}

TEST_F(BybitRefused, AnAmendmentTakesItsProtectionAlong) {
  const JsonTree placed = order("Buy", "Limit", "1", "80000");
  const auto amend = [&](std::string_view price) {
    return code(post("/v5/order/amend",
                     fmt::format(R"({{"category":"linear","symbol":"BTCUSDT","orderId":"{}",)"
                                 R"("price":"{}","stopLoss":"70000","slTriggerBy":"MarkPrice"}})",
                                 placed["result"].text("orderId"), price)));
  };
  EXPECT_NE(amend("79000.5"), 0);
  SubmitOrder hit;
  hit.account = market.other;
  hit.instrument = kPerp;
  hit.side = Side::sell;
  hit.price = fixture::price(80'000);
  hit.qty = fixture::qty(1);
  market.must(CancelAll{market.maker, {}});
  market.must(hit);
  gateway->tick();
  ASSERT_EQ(shown(placed).text("orderStatus"), "Filled");
  EXPECT_EQ(prices(), "");
}

TEST_F(BybitRefused, AMarginModeIsOfAllContractsOrNone) {
  ASSERT_EQ(buy_future(market, 1), Reject::none);
  const JsonTree answer =
      post("/v5/account/set-margin-mode", R"({"setMarginMode":"ISOLATED_MARGIN"})");
  EXPECT_EQ(code(answer), 3400045);
  EXPECT_EQ(answer["result"]["reasons"].items().size(), 1U);
  EXPECT_EQ(market.desk->margin_mode(market.client, kPerp), MarginMode::cross);
  EXPECT_EQ(market.desk->margin_mode(market.client, kFuture), MarginMode::cross);
}

}  // namespace
}  // namespace delever::gateways
