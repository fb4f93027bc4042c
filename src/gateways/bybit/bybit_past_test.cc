// Bybit's statistics of a market, and stops that belong to a position.
#include <gtest/gtest.h>

#include "gateways/bybit/bybit_testing.h"

namespace delever::gateways {
namespace {

using testing::BybitClient;

// Open interest, the accounts' sides and the premium as they were; newest first.
TEST(BybitPast, StatisticsAreOfTheMarket) {
  BybitClient c;
  c.order("Buy", "Market", "0.5");
  for (int k = 0; k < 13; ++k) c.market.tick(300);
  const std::string at = "category=linear&symbol=BTCUSDT&limit=2&";
  const JsonTree open = c.get("/v5/market/open-interest", at + "intervalTime=5min");
  ASSERT_EQ(c.rows(open).items().size(), 2u);
  EXPECT_EQ(c.rows(open).items()[0].text("singleOpenInterest"), "0.5");
  EXPECT_EQ(
      *c.rows(open).items()[0].integer("timestamp") - *c.rows(open).items()[1].integer("timestamp"),
      300'000);
  EXPECT_EQ(c.code(c.get("/v5/market/open-interest", at + "intervalTime=7min")), 10001);
  const JsonTree ratio = c.get("/v5/market/account-ratio", at + "period=5min");
  EXPECT_EQ(c.rows(ratio).items().at(0).text("buyRatio"), "0.5");
  const JsonTree premium = c.get("/v5/market/premium-index-price-kline", at + "interval=5");
  ASSERT_EQ(c.rows(premium).items().size(), 2u);
  EXPECT_EQ(c.rows(premium).items()[0].items().at(4).text(), "0");
  const JsonTree book = c.get("/v5/market/rpi_orderbook", at);
  EXPECT_EQ(book["result"]["b"].items().at(0).items().size(), 3u);
}

// A position's row shows what protects it; the trailing stop follows and closes all.
TEST(BybitTrailing, AStopThatFollowsIsSetOnThePosition) {
  BybitClient c;
  c.order("Buy", "Market", "0.5");
  const auto set = [&](std::string_view more) {
    return c.code(c.post("/v5/position/trading-stop",
                         fmt::format(R"({{"category":"linear","symbol":"BTCUSDT",{}}})", more)));
  };
  EXPECT_EQ(set(R"("stopLoss":"80000","takeProfit":"90000","trailingStop":"500")"), 0);
  EXPECT_EQ(c.position().text("stopLoss"), "80000");
  EXPECT_EQ(c.position().text("takeProfit"), "90000");
  EXPECT_EQ(c.position().text("trailingStop"), "500");
  EXPECT_EQ(set(R"("trailingStop":"0")"), 0);
  EXPECT_EQ(c.position().text("trailingStop"), "0");
  EXPECT_EQ(set(R"("trailingStop":"1000","activePrice":"85000")"), 0);
  const JsonTree waiting =
      c.get("/v5/order/realtime", "category=linear&symbol=BTCUSDT&orderFilter=StopOrder");
  size_t trailing = 0;
  for (const JsonTree& o : c.rows(waiting).items())
    trailing += o.text("stopOrderType") == "TrailingStop";
  EXPECT_EQ(trailing, 1u);
}

}  // namespace
}  // namespace delever::gateways
