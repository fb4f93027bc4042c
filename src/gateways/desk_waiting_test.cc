// What a desk waits for itself (trailing stops, groups of orders), and what it keeps of the past.
#include <gtest/gtest.h>

#include "gateways/desk_testing.h"

namespace delever::gateways {
namespace {

using namespace testing;
using fixture::coins;
using fixture::kBtc;
using fixture::kPerp;
using fixture::kSpot;
using fixture::price;
using fixture::qty;

struct DeskWaiting : ::testing::Test, DeskScene {};

TEST_F(DeskWaiting, ATrailingStopFollowsTheBestPrice) {
  ASSERT_EQ(desk.submit(order(Side::buy, 0, 2), "").reject, Reject::none);
  SubmitOrder sell = stop(Side::sell, 0, 2);
  sell.trigger_by = TriggerBy::mark;
  OrderRequest request;
  request.order = sell;
  request.trailing = Trailing{.share = Rate::raw(Rate::scale / 100), .distance = {}, .from = {}};
  const Placed placed = desk.submit(std::move(request));
  ASSERT_EQ(placed.reject, Reject::none);
  EXPECT_EQ(placed.order->asked.trigger, price(83'160));
  market.move(86'000);
  market.tick();
  EXPECT_EQ(placed.order->asked.trigger, price(85'140));
  market.move(85'200);  // lower, and the trigger stays
  market.tick();
  EXPECT_EQ(placed.order->asked.trigger, price(85'140));
  EXPECT_EQ(placed.order->state, OrderState::waiting);
  market.move(85'100);
  market.tick();
  EXPECT_TRUE(placed.order->triggered.has_value());
  EXPECT_EQ(placed.order->state, OrderState::filled);
  EXPECT_TRUE(desk.positions(market.client).empty());
}

TEST_F(DeskWaiting, ATrailingStopMayWaitForAPrice) {
  SubmitOrder buy = stop(Side::buy, 0, 1);
  buy.reduce_only = false;
  buy.trigger_by = TriggerBy::mark;
  OrderRequest request;
  request.order = buy;
  request.trailing = Trailing{.share = {}, .distance = price(500), .from = price(83'000)};
  const Placed placed = desk.submit(std::move(request));
  ASSERT_EQ(placed.reject, Reject::none);
  for (const double at : {85'000.0, 83'500.0, 84'200.0}) {  // not there yet
    market.move(at);
    market.tick();
    EXPECT_EQ(placed.order->state, OrderState::waiting);
  }
  market.move(82'900);
  market.tick();
  EXPECT_EQ(placed.order->asked.trigger, price(83'400));
  market.move(83'400);
  market.tick();
  EXPECT_TRUE(placed.order->triggered.has_value());
  request = {};
  request.order = buy;
  request.trailing = Trailing{};
  EXPECT_EQ(desk.submit(std::move(request)).reject, Reject::bad_price);
}

// A limit above and a stop below share one coin: each ends the other, and the stop finds the money
// that the limit order held.
TEST_F(DeskWaiting, OfAGroupOneAloneIsCarriedOut) {
  const auto group = [&](uint64_t number) {
    OrderRequest above, below;
    above.order = order(Side::sell, 86'000, 1, kSpot);
    below.order = stop(Side::sell, 83'000, 1);
    below.order.instrument = kSpot;
    below.order.trigger_by = TriggerBy::last;
    below.order.reduce_only = false;
    above.one_of = below.one_of = number;
    const Placed first = desk.submit(std::move(above)), second = desk.submit(std::move(below));
    EXPECT_EQ(first.reject, Reject::none);
    EXPECT_EQ(second.reject, Reject::none);
    return std::pair(first.order, second.order);
  };
  SubmitOrder first = order(Side::buy, 0, 0.1, kSpot);
  first.account = market.other;
  market.must(first);
  // All of the coin, so that there is none for both.
  const Amount coin = market.exchange().wallet(market.client, kBtc);
  ASSERT_EQ(coin, coins(1));
  const auto [limit, low] = group(7);
  EXPECT_EQ(low->state, OrderState::waiting);
  ASSERT_EQ(desk.cancel(market.client, low->number), Reject::none);
  EXPECT_EQ(limit->state, OrderState::cancelled);
  const auto [limit2, low2] = group(8);
  ASSERT_EQ(desk.cancel(market.client, limit2->number), Reject::none);
  EXPECT_EQ(low2->state, OrderState::cancelled);
  const auto [limit3, low3] = group(9);
  SubmitOrder down = order(Side::sell, 82'000, 1, kSpot);  // others trade through the trigger
  down.account = market.other;
  market.must(CancelAll{market.maker, {}});
  SubmitOrder bid = order(Side::buy, 82'500, 3, kSpot);
  bid.account = market.maker;
  market.must(bid);
  market.must(down);
  market.tick();
  EXPECT_EQ(low3->state, OrderState::filled);
  EXPECT_FALSE(is_live(limit3->state));
}

TEST_F(DeskWaiting, ThePastIsSampledEveryFiveMinutes) {
  EXPECT_TRUE(desk.past(kPerp).empty() || desk.past(kPerp).back().open_interest == Qty());
  const size_t before = desk.past(kPerp).size();
  SubmitOrder theirs = order(Side::sell, 0, 0.5);
  theirs.account = market.other;
  ASSERT_EQ(desk.submit(order(Side::buy, 0, 2), "").reject, Reject::none);
  market.must(theirs);
  for (int k = 0; k < 2; ++k) market.tick(300);
  const auto past = desk.past(kPerp);
  ASSERT_EQ(past.size(), before + 2);
  const MarketSample& last = past.back();
  EXPECT_EQ(last.at.ns() % Duration::minutes(5).ns(), 0);
  EXPECT_LE(last.at, market.market_now());
  EXPECT_EQ(last.open_interest, market.exchange().open_interest(kPerp));
  EXPECT_EQ(last.mark, market.exchange().mark(kPerp));
  // The client is long of two; the other one and the maker are short.
  EXPECT_EQ(last.all.longs, 1u);
  EXPECT_EQ(last.all.shorts, 2u);
  EXPECT_DOUBLE_EQ(last.all.long_units, 2);
  EXPECT_DOUBLE_EQ(last.all.short_units, 2);
  EXPECT_LE(last.top.longs + last.top.shorts, 1u);
}

}  // namespace
}  // namespace delever::gateways
