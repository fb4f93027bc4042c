// How long an order lives and what it says of itself, and how trades are told again.
#include <gtest/gtest.h>

#include "gateways/deribit/deribit_testing.h"

namespace delever::gateways {
namespace {

using namespace testing;

constexpr std::string_view kPerp = "instrument_name=BTC-PERPETUAL&amount=100&";

TEST(DeribitLifetime, WhatIsGoodForTheDayEndsWithTheSession) {
  DeribitClient c;
  c.gateway->tick();
  const std::string day =
      c.mine("private/buy", std::string(kPerp) + "price=80000&time_in_force=good_til_day");
  EXPECT_EQ(value_of(day, "time_in_force"), "good_til_day");
  const std::string stays = c.mine("private/buy", std::string(kPerp) + "price=80000");
  EXPECT_EQ(value_of(stays, "time_in_force"), "good_til_cancelled");
  for (int hour = 12; hour < 31; ++hour) {  // to 07:00 of the next day
    c.market.tick(3'600);
    c.gateway->tick();
  }
  EXPECT_EQ(c.market.desk->live(c.market.client).size(), 2u);
  c.market.tick(3'600);
  c.gateway->tick();
  ASSERT_EQ(c.market.desk->live(c.market.client).size(), 1u);
  EXPECT_FALSE(c.market.desk->live(c.market.client)[0]->until_day_ends);
}

TEST(DeribitLifetime, RejectPostOnlyIsSaidOfWhoAskedForIt) {
  DeribitClient c;
  const std::string moved =
      c.mine("private/buy", std::string(kPerp) + "price=80000&post_only=true");
  EXPECT_EQ(value_of(moved, "post_only"), "true");
  EXPECT_EQ(value_of(moved, "reject_post_only"), "");
  const std::string refuses = c.mine(
      "private/buy", std::string(kPerp) + "price=80000&post_only=true&reject_post_only=true");
  EXPECT_EQ(value_of(refuses, "reject_post_only"), "true");
}

TEST(DeribitLifetime, NothingIsHidden) {
  DeribitClient c;
  const std::string hidden =
      c.mine("private/buy", std::string(kPerp) + "price=80000&display_amount=10");
  EXPECT_EQ(value_of(hidden, "code"), "-32602");
  EXPECT_EQ(value_of(hidden, "param"), "display_amount");
  EXPECT_EQ(value_of(c.mine("private/buy", std::string(kPerp) + "price=80000&display_amount=100"),
                     "code"),
            "");
}

// By the stream at once and by a question later: the same mark, index, state and direction.
TEST(DeribitTrades, AreToldAgainAsTheyWere) {
  DeribitClient c;
  c.open(1);
  c.sign_in(1);
  c.send(1, "private/subscribe", R"({"channels":["user.trades.BTC-PERPETUAL.raw"]})");
  c.mine("private/buy", std::string(kPerp) + "type=market");
  c.gateway->tick();
  std::string told;
  for (const auto& f : c.frames.frames) {
    if (has(f.text, "user.trades") && has(f.text, "\"subscription\"")) told = f.text;
  }
  EXPECT_EQ(value_of(told, "state"), "filled");
  EXPECT_EQ(value_of(told, "mark_price"), "84000");
  c.market.move(84'100);
  c.market.tick();
  for (const std::string& later :
       {c.mine("private/get_user_trades_by_instrument", "instrument_name=BTC-PERPETUAL"),
        c.get("public/get_last_trades_by_instrument", "instrument_name=BTC-PERPETUAL").body}) {
    EXPECT_EQ(value_of(later, "mark_price"), "84000");
    EXPECT_EQ(value_of(later, "index_price"), "84000");
  }
}

TEST(DeribitTrades, SayWhereTheyMovedThePrice) {
  DeribitClient c;
  const auto direction = [&](std::string_view side) {
    return value_of(c.mine("private/" + std::string(side), std::string(kPerp) + "type=market"),
                    "tick_direction");
  };
  direction("sell");
  EXPECT_EQ(direction("buy"), "0");
  EXPECT_EQ(direction("buy"), "1");
  EXPECT_EQ(direction("sell"), "2");
  EXPECT_EQ(direction("sell"), "3");
}

}  // namespace
}  // namespace delever::gateways
