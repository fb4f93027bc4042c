// Orders that are linked to another's fills: sent by them, ended by them, whole or in proportion.
#include <gtest/gtest.h>

#include "gateways/desk_testing.h"

namespace delever::gateways {
namespace {

using namespace testing;
using fixture::price;
using fixture::qty;

struct DeskLinked : ::testing::Test, DeskScene {
  DeskLinked() { market.must(CancelAll{market.maker, {}}); }
  const OrderRecord* place(OrderRequest request) {
    const Placed placed = desk.submit(std::move(request));
    EXPECT_EQ(placed.reject, Reject::none);
    return placed.order;
  }
  const OrderRecord* rests(Side side, double at, double size, OrderRequest request = {}) {
    request.order = order(side, at, size);
    return place(std::move(request));
  }
  // Others trade so much against the best of the book, between two of the desk's own moments.
  void others(Side side, double size) {
    SubmitOrder o = order(side, 0, size);
    o.account = market.other;
    market.must(o);
    desk.settle();
  }
  static OrderRequest after(const OrderRecord* first, FillCondition fills) {
    OrderRequest r;
    r.after = first->number;
    r.after_fills = fills;
    return r;
  }
  static OrderRequest of_group(FillCondition fills) {
    OrderRequest r;
    r.one_of = 7;
    r.group_fills = fills;
    return r;
  }
};

TEST_F(DeskLinked, TheFirstFillSendsWhatWaitsForIt) {
  const OrderRecord* first = rests(Side::buy, 83'000, 1);
  const OrderRecord* hit = rests(Side::sell, 85'000, 1, after(first, FillCondition::first));
  const OrderRecord* whole = rests(Side::sell, 86'000, 1, after(first, FillCondition::whole));
  EXPECT_EQ(hit->state, OrderState::waiting);
  others(Side::sell, 0.001);
  EXPECT_EQ(hit->state, OrderState::open);
  EXPECT_EQ(hit->asked.qty, qty(1));
  EXPECT_EQ(whole->state, OrderState::waiting);
  others(Side::sell, 0.999);
  EXPECT_EQ(whole->state, OrderState::open);
}

TEST_F(DeskLinked, AFirstOrderThatEndsUnfilledEndsWhatWaits) {
  const OrderRecord* first = rests(Side::buy, 83'000, 1);
  const OrderRecord* hit = rests(Side::sell, 85'000, 1, after(first, FillCondition::first));
  const OrderRecord* part = rests(Side::sell, 85'000, 1, after(first, FillCondition::share));
  EXPECT_EQ(desk.cancel(market.client, first->number), Reject::none);
  EXPECT_EQ(hit->state, OrderState::cancelled);
  EXPECT_EQ(part->state, OrderState::cancelled);
  EXPECT_EQ(part->ended_by, OrderRecord::Ended::first_ended);
}

// 0.3 of 1 send 0.15 of 0.5; with 0.0005 more nothing is due, for half a step is rounded down.
TEST_F(DeskLinked, SharesGrowWithTheFills) {
  const OrderRecord* first = rests(Side::buy, 83'000, 1);
  const OrderRecord* limit = rests(Side::sell, 85'000, 0.5, after(first, FillCondition::share));
  OrderRequest request = after(first, FillCondition::share);
  request.order = stop(Side::sell, 80'000, 0.25);
  request.order.reduce_only = false;
  request.one_of = 9;  // stops wait here
  const OrderRecord* low = place(std::move(request));
  EXPECT_EQ(limit->asked.qty, qty(0.5));
  others(Side::sell, 0.3);
  EXPECT_EQ(limit->state, OrderState::open);
  EXPECT_EQ(limit->asked.qty, qty(0.15));
  EXPECT_EQ(low->state, OrderState::waiting);
  EXPECT_EQ(low->asked.qty, qty(0.075));
  others(Side::sell, 0.001);
  EXPECT_EQ(limit->asked.qty, qty(0.15));
  others(Side::buy, 0.1);
  EXPECT_EQ(limit->filled, qty(0.1));
  others(Side::sell, 0.199);
  EXPECT_EQ(limit->asked.qty, qty(0.25));
  EXPECT_EQ(limit->left(), qty(0.15));
  EXPECT_EQ(low->asked.qty, qty(0.125));
  EXPECT_EQ(desk.cancel(market.client, first->number), Reject::none);
  EXPECT_EQ(limit->state, OrderState::open) << "what was sent stands";
  EXPECT_EQ(low->state, OrderState::waiting);
}

TEST_F(DeskLinked, AShareThatIsUsedUpWaitsForMore) {
  const OrderRecord* first = rests(Side::buy, 83'000, 1);
  const OrderRecord* limit = rests(Side::sell, 85'000, 1, after(first, FillCondition::share));
  others(Side::sell, 0.4);
  others(Side::buy, 0.4);
  EXPECT_EQ(limit->filled, qty(0.4));
  EXPECT_TRUE(is_live(limit->state));
  others(Side::sell, 0.6);
  EXPECT_EQ(limit->left(), qty(0.6));
  EXPECT_EQ(limit->state, OrderState::open);
  others(Side::buy, 0.6);
  EXPECT_EQ(limit->state, OrderState::filled);
}

// Both rest: before, the other one stayed until its owner took it back.
TEST_F(DeskLinked, AFillOfOneLimitCancelsTheOther) {
  const OrderRecord* low = rests(Side::buy, 83'000, 1, of_group(FillCondition::first));
  const OrderRecord* high = rests(Side::sell, 85'000, 1, of_group(FillCondition::first));
  others(Side::sell, 0.001);
  EXPECT_EQ(low->state, OrderState::open);
  EXPECT_EQ(high->state, OrderState::cancelled);
  EXPECT_EQ(high->ended_by, OrderRecord::Ended::other_of_group);
  EXPECT_TRUE(desk.live(market.client) == std::vector<const OrderRecord*>{low});
}

TEST_F(DeskLinked, AGroupMayWaitForTheWholeFill) {
  const OrderRecord* low = rests(Side::buy, 83'000, 1, of_group(FillCondition::whole));
  const OrderRecord* high = rests(Side::sell, 85'000, 1, of_group(FillCondition::whole));
  others(Side::sell, 0.9);
  EXPECT_EQ(high->state, OrderState::open);
  others(Side::sell, 0.1);
  EXPECT_EQ(low->state, OrderState::filled);
  EXPECT_EQ(high->state, OrderState::cancelled);
}

TEST_F(DeskLinked, AGroupMayShrinkInProportion) {
  const OrderRecord* low = rests(Side::buy, 83'000, 1, of_group(FillCondition::share));
  const OrderRecord* high = rests(Side::sell, 85'000, 0.5, of_group(FillCondition::share));
  others(Side::sell, 0.25);
  EXPECT_EQ(high->asked.qty, qty(0.375));
  EXPECT_EQ(high->state, OrderState::open);
  EXPECT_EQ(low->left(), qty(0.75));
  others(Side::buy, 0.1);  // a fifth of the other
  EXPECT_EQ(low->asked.qty, qty(0.8));
  others(Side::sell, 0.55);
  EXPECT_EQ(low->state, OrderState::filled);
  EXPECT_EQ(high->state, OrderState::cancelled);
}

TEST_F(DeskLinked, OfAPairACancelTakesBoth) {
  const OrderRecord* low = rests(Side::buy, 83'000, 1, of_group(FillCondition::first));
  const OrderRecord* high = rests(Side::sell, 85'000, 1, of_group(FillCondition::first));
  EXPECT_EQ(desk.cancel(market.client, low->number), Reject::none);
  EXPECT_EQ(high->state, OrderState::cancelled);
}

// A trade of others reaches the trigger: the stop is looked at before the second is over.
TEST_F(DeskLinked, AStopThatWaitsHereHearsOfTrades) {
  others(Side::buy, 0.001);
  rests(Side::buy, 81'000, 1);
  ASSERT_TRUE(market.exchange().last(fixture::kPerp).has_value() ||
              desk.price_of(fixture::kPerp, WatchedPrice::mark).has_value());
  OrderRequest request;
  request.order = stop(Side::buy, 79'000, 0.1);
  request.order.reduce_only = false;
  request.order.trigger_by = TriggerBy::last;
  request.take_profit = true;
  SubmitOrder bid = order(Side::sell, 83'000, 0.001);
  bid.account = market.other;
  market.must(bid);
  ASSERT_EQ(desk.submit(order(Side::buy, 83'000, 0.001), "").reject, Reject::none);
  request.order.trigger = price(82'000);
  const OrderRecord* waits = place(std::move(request));
  EXPECT_EQ(waits->state, OrderState::waiting);
  others(Side::sell, 0.5);  // at 81,000
  EXPECT_TRUE(waits->triggered.has_value());
}

}  // namespace
}  // namespace delever::gateways
