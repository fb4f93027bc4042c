// Market orders of spot for so much money: what they cost, when a conditional one is counted, and
// how Bybit and OKX show them.
#include <gtest/gtest.h>

#include "gateways/bybit/bybit_testing.h"
#include "gateways/okx/okx_testing.h"

namespace delever::gateways {
namespace {

using namespace testing;
using fixture::coins;
using fixture::kSpot;
using fixture::price;
using fixture::qty;

SubmitOrder spot_order(AccountId account, Side side, double size) {
  SubmitOrder o;
  o.account = account;
  o.instrument = kSpot;
  o.side = side;
  o.type = OrderType::market;
  o.qty = qty(size);
  return o;
}

// Somebody else trades at the new price, which is what spot's stops look at.
void trade_at(TestMarket& market, double at) {
  market.move(at);
  market.quote();
  market.must(spot_order(market.other, Side::buy, 0.01));
  market.tick();
}

// The best ask has ten coins at 84,002; the next is at 84,003, where a best price alone would spend
// more than was said.
TEST(OrdersByValue, MoneyBuysWhatTheBookGivesForIt) {
  DeskScene scene;
  const Desk& desk = scene.desk;
  EXPECT_EQ(desk.quantity_for(kSpot, Side::buy, coins(84'002)), qty(1));
  EXPECT_EQ(desk.quantity_for(kSpot, Side::buy, coins(84.002)), qty(0.001));
  EXPECT_EQ(desk.quantity_for(kSpot, Side::buy, coins(84.001)), Qty());
  const Amount money = coins(10 * 84'002.0 + 84'003.0);
  EXPECT_EQ(desk.quantity_for(kSpot, Side::buy, money), qty(11));
  EXPECT_EQ(desk.quantity_for(kSpot, Side::buy, money - Amount::raw(1)), qty(10.999));
  EXPECT_EQ(desk.quantity_for(kSpot, Side::sell, coins(2 * 83'998.0)), qty(2));
}

TEST(OrdersByValue, AStopForMoneyIsCountedWhenItIsDue) {
  DeskScene scene;
  TestMarket& market = scene.market;
  trade_at(market, 84'000);
  OrderRequest request;
  request.order = spot_order(market.client, Side::buy, 0);
  request.order.type = OrderType::stop_market;
  request.order.trigger = price(85'000);
  request.order.trigger_by = TriggerBy::last;
  request.money = coins(43'001);
  const Placed placed = scene.desk.submit(request);
  ASSERT_EQ(placed.reject, Reject::none);
  EXPECT_EQ(placed.order->state, OrderState::waiting);
  const uint64_t number = placed.order->number;
  ASSERT_EQ(
      scene.desk.amend(market.client, number, {.price = {}, .trigger = {}, .qty = qty(86'002)})
          .reject,
      Reject::none);
  EXPECT_EQ(scene.desk.order(market.client, number)->money, coins(86'002));
  trade_at(market, 86'000);
  const OrderRecord& order = *scene.desk.order(market.client, number);
  EXPECT_EQ(order.state, OrderState::filled);
  EXPECT_EQ(order.filled, qty(1));
  EXPECT_EQ(order.value, coins(86'002));
  request.money = Amount();
  request.order.trigger = price(87'000);
  EXPECT_EQ(scene.desk.submit(request).reject, Reject::bad_quantity);
}

struct BybitByValue : ::testing::Test, BybitClient {
  JsonTree spot(std::string_view side, std::string_view qty, std::string_view more = "") {
    return post("/v5/order/create",
                fmt::format(R"({{"category":"spot","symbol":"BTCUSDT","side":"{}",)"
                            R"("orderType":"Market","qty":"{}"{}}})",
                            side, qty, more));
  }
  JsonTree seen(const JsonTree& answer) {
    const JsonTree found = get("/v5/order/realtime", fmt::format("category=spot&orderId={}",
                                                                 answer["result"].text("orderId")));
    return rows(found).items().empty() ? JsonTree() : rows(found).items()[0];
  }
};

// Before: 1,000 USDT were read as 1,000 coins, and refused for want of 84 million.
TEST_F(BybitByValue, AConditionalMarketBuyIsOfMoney) {
  trade_at(market, 84'000);
  const JsonTree placed = spot("Buy", "1000", R"(,"triggerPrice":"85000")");
  ASSERT_EQ(code(placed), 0) << placed["retMsg"].text();
  EXPECT_EQ(seen(placed).text("orderStatus"), "Untriggered");
  EXPECT_EQ(seen(placed).text("qty"), "1000");
  EXPECT_EQ(seen(placed).text("marketUnit"), "quoteCoin");
  const JsonTree counted =
      spot("Buy", "0.02", R"(,"triggerPrice":"85000","marketUnit":"baseCoin")");
  EXPECT_EQ(seen(counted).text("marketUnit"), "baseCoin");
  EXPECT_EQ(seen(counted).text("qty"), "0.02");
  trade_at(market, 86'000);
  EXPECT_EQ(seen(placed).text("orderStatus"), "Filled");
  EXPECT_EQ(seen(placed).text("cumExecQty"), "0.011");  // 11 steps of 86.002
  EXPECT_EQ(seen(counted).text("cumExecQty"), "0.02");
  const JsonTree sale = spot("Sell", "1000", R"(,"triggerPrice":"85000","marketUnit":"quoteCoin")");
  ASSERT_EQ(code(sale), 0) << sale["retMsg"].text();
  trade_at(market, 84'000);
  EXPECT_EQ(seen(sale).text("cumExecQty"), "0.011");
}

TEST_F(BybitByValue, AMarketBuyNeverCostsMoreThanWasSaid) {
  const JsonTree bought = spot("Buy", "899998");
  ASSERT_EQ(code(bought), 0) << bought["retMsg"].text();
  EXPECT_LE(number(seen(bought), "cumExecValue"), 899'998);
  EXPECT_EQ(seen(bought).text("cumExecQty"), "10.713");
  EXPECT_EQ(seen(bought).text("qty"), "899998");
  EXPECT_EQ(seen(bought).text("marketUnit"), "quoteCoin");
  const JsonTree amended = spot("Buy", "1000", R"(,"triggerPrice":"90000","orderLinkId":"m")");
  ASSERT_EQ(code(amended), 0) << amended["retMsg"].text();
  const auto amend = [&](std::string_view qty) {
    return code(post("/v5/order/amend",
                     fmt::format(R"({{"category":"spot","symbol":"BTCUSDT","orderLinkId":"m",)"
                                 R"("qty":"{}"}})",
                                 qty)));
  };
  EXPECT_EQ(amend("1000"), 10001);  // unchanged
  EXPECT_EQ(amend("2000"), 0);
  EXPECT_EQ(seen(amended).text("qty"), "2000");
}

TEST(OkxByValue, ATriggerOrderOfSpotIsOfMoneyAsItsMarketOrderIs) {
  OkxClient c;
  trade_at(c.market, 84'000);
  const auto spot = [&](std::string_view path, std::string_view more) {
    return c.post(path,
                  fmt::format(R"({{"instId":"BTC-USDT","tdMode":"cash","side":"buy",{}}})", more));
  };
  const JsonTree algo =
      spot("/api/v5/trade/order-algo",
           R"("ordType":"trigger","sz":"1000","triggerPx":"85000","orderPx":"-1")");
  ASSERT_EQ(OkxClient::row_code(algo), "0") << OkxClient::row(algo).text("sMsg");
  const std::string id(OkxClient::row(algo).text("algoId"));
  const auto shown = [&] { return c.get("/api/v5/trade/order-algo", "algoId=" + id); };
  EXPECT_EQ(OkxClient::row(shown()).text("sz"), "1000");
  EXPECT_EQ(OkxClient::row(shown()).text("tgtCcy"), "quote_ccy");
  const JsonTree limit =
      spot("/api/v5/trade/order-algo", R"("ordType":"trigger","sz":"0.5","triggerPx":"85000",)"
                                       R"("orderPx":"85100","tgtCcy":"base_ccy")");
  EXPECT_EQ(OkxClient::row_code(limit), "0");
  trade_at(c.market, 86'000);
  EXPECT_EQ(OkxClient::row(shown()).text("state"), "effective");
  EXPECT_EQ(OkxClient::row(shown()).text("actualSz"), "0.011");
  const JsonTree bought = spot("/api/v5/trade/order", R"("ordType":"market","sz":"899998")");
  ASSERT_EQ(OkxClient::row_code(bought), "0") << OkxClient::row(bought).text("sMsg");
  const JsonTree order =
      c.get("/api/v5/trade/order",
            fmt::format("instId=BTC-USDT&ordId={}", OkxClient::row(bought).text("ordId")));
  EXPECT_EQ(OkxClient::row(order).text("sz"), "899998");
  EXPECT_EQ(OkxClient::row(order).text("tgtCcy"), "quote_ccy");
}

}  // namespace
}  // namespace delever::gateways
