// Goal: what Deribit tells of the past is what the market was.
#include <gtest/gtest.h>

#include <cmath>

#include "base/text.h"
#include "gateways/deribit/deribit_testing.h"

namespace delever::gateways {
namespace {

using testing::DeribitClient;
using testing::json_of;
using testing::value_of;

constexpr std::string_view kCall = "instrument_name=BTC-27MAR26-85000-C";

JsonTree result(const Answer& answer) { return json_of(answer.body)["result"]; }
double figure(const JsonTree& value) { return read_double(value.text()).value_or(-1); }

// Where both options have one volatility the variance of the chain is that volatility's.
TEST(DeribitPast, TheVolatilityIndexIsThatOfTheMarks) {
  DeribitClient c;
  c.open(1);
  c.send(1, "public/subscribe", R"({"channels":["deribit_volatility_index.btc_usd"]})");
  const std::string first = c.frames.frames.back().text;
  const auto iv = [&](std::string_view name) {
    return read_double(value_of(c.get("public/ticker", name).body, "mark_iv")).value();
  };
  const double call = iv(kCall), put = iv("instrument_name=BTC-27MAR26-80000-P");
  const double said = read_double(value_of(first, "volatility")).value();
  EXPECT_GT(said, std::min(call, put));
  EXPECT_LT(said, std::max(call, put));
  c.pass(125);
  const int64_t now = c.market.wall_now().ms();
  const auto rows = [&](std::string_view resolution) {
    return result(c.get("public/get_volatility_index_data",
                        fmt::format("currency=BTC&start_timestamp={}&end_timestamp={}&"
                                    "resolution={}",
                                    now - 3'600'000, now, resolution)))["data"];
  };
  ASSERT_EQ(rows("60").items().size(), 3u);
  EXPECT_EQ(rows("1").items().size(), 13u);  // every ten seconds
  const JsonTree minute = rows("60").items().at(1);
  ASSERT_EQ(minute.items().size(), 5u);
  EXPECT_EQ(figure(minute.items()[0]), static_cast<double>(now / 60'000 * 60'000 - 60'000));
  EXPECT_NEAR(figure(minute.items()[4]), said, 0.05);
  EXPECT_EQ(value_of(c.get("public/get_volatility_index_data", "currency=BTC").body, "code"),
            "-32602");
  EXPECT_EQ(value_of(c.get("public/get_historical_volatility", "currency=XXX").body, "reason"),
            "invalid currency");
}

// A tenth of a percent up or down each minute is sqrt(525,600) times as much a year.
TEST(DeribitPast, HistoricalVolatilityIsThatOfTheIndex) {
  DeribitClient c;
  for (int minute = 0; minute < 20; ++minute) {
    c.market.move(minute % 2 == 0 ? 84'084 : 84'000);
    c.pass(60);
  }
  const JsonTree rows = result(c.get("public/get_historical_volatility", "currency=BTC"));
  ASSERT_EQ(rows.items().size(), 1u);  // of now: no hour is over
  // Of nineteen returns one is nothing: the first minute had begun before the first move.
  EXPECT_NEAR(figure(rows.items()[0].items().at(1)), 72.5 * std::sqrt(18.0 / 19), 0.1);
  const JsonTree chart =
      result(c.get("public/get_index_chart_data", "index_name=btc_usd&range=1h"));
  ASSERT_GE(chart.items().size(), 20u);
  EXPECT_EQ(figure(chart.items()[17].items().at(1)), 84'000);
  EXPECT_EQ(figure(chart.items()[18].items().at(1)), 84'084);
  for (int minute = 0; minute < 60; ++minute) c.pass(60);
  EXPECT_EQ(result(c.get("public/get_historical_volatility", "currency=BTC")).items().size(), 2u);
}

TEST(DeribitPast, MarksOfOptionsEveryFiveMinutes) {
  DeribitClient c;
  c.pass(900);
  const std::string span =
      fmt::format("&start_timestamp=0&end_timestamp={}", c.market.wall_now().ms());
  const JsonTree rows = result(c.get("public/get_mark_price_history", std::string(kCall) + span));
  ASSERT_GE(rows.items().size(), 3u);
  EXPECT_EQ(figure(rows.items().back().items().at(1)), 0.03);
  // As on the venue: of perpetuals there is none.
  EXPECT_TRUE(result(c.get("public/get_mark_price_history", "instrument_name=BTC-PERPETUAL" + span))
                  .items()
                  .empty());
}

TEST(DeribitPast, DeliveriesAreAtTheIndex) {
  DeribitClient c;
  const std::string asked = "index_name=btc_usd";
  EXPECT_TRUE(result(c.get("public/get_delivery_prices", asked))["data"].items().empty());
  const Instant expiry = Instant::ns(1'774'598'400'000'000'000);
  c.market.tick((expiry - c.market.market_now()).ns() / 1'000'000'000 - 3'000);
  for (int n = 0; n < 3'002; n += 2) {
    if (n % 600 == 0 && n < 2'900) c.market.move(87'000);
    c.market.tick(2);
  }
  const JsonTree prices = result(c.get("public/get_delivery_prices", asked));
  ASSERT_EQ(prices["data"].items().size(), 1u);
  EXPECT_EQ(prices["data"].items()[0].text("date"), "2026-03-27");
  EXPECT_EQ(figure(prices["data"].items()[0]["delivery_price"]), 87'000);
  const JsonTree ended =
      result(c.get("public/get_last_settlements_by_instrument", std::string(kCall)));
  ASSERT_EQ(ended["settlements"].items().size(), 1u);
  const JsonTree& row = ended["settlements"].items()[0];
  EXPECT_EQ(row.text("type"), "delivery");
  EXPECT_NEAR(figure(row["mark_price"]), 2'000.0 / 87'000, 1e-8);
  EXPECT_EQ(value_of(c.get("public/get_instrument", kCall).body, "state"), "delivered");
  EXPECT_EQ(result(c.get("public/get_last_settlements_by_currency",
                         "currency=BTC&type=bankruptcy"))["settlements"]
                .items()
                .size(),
            0u);
}

TEST(DeribitPast, WhatIsNeverMovedHasItsShape) {
  DeribitClient c;
  for (const char* method : {"get_deposits", "get_withdrawals", "get_transfers"})
    EXPECT_NE(
        c.mine(fmt::format("private/{}", method), "currency=BTC").find(R"("count":0,"data":[])"),
        std::string::npos)
        << method;
  const std::string placed =
      c.mine("private/buy", "instrument_name=BTC-PERPETUAL&amount=8300&type=limit&price=83000");
  const std::string margins =
      c.mine("private/get_order_margin_by_ids", "ids=" + value_of(placed, "order_id"));
  const std::string same =
      c.mine("private/get_margins", "instrument_name=BTC-PERPETUAL&amount=8300&price=83000");
  EXPECT_EQ(value_of(margins, "initial_margin"), value_of(same, "buy")) << margins;
  EXPECT_EQ(value_of(c.mine("private/list_api_keys"), "client_id"), "K");
  EXPECT_NE(c.mine("private/get_subaccounts_details", "currency=BTC&with_open_orders=true")
                .find(value_of(placed, "order_id")),
            std::string::npos);
}

}  // namespace
}  // namespace delever::gateways
