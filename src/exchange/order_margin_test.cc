// What resting orders hold where their own prices count, worked by hand; 10x, mark 84,000.
#include "exchange/timed_exchange_testing.h"

namespace delever::exchange {
namespace {

using namespace fixture;

constexpr OpenAccount kByPrice{.orders = OrderMargin::order_price};

int64_t initial(Venue& v, AccountId a) { return v.pool(a, kUsdt)->initial.raw(); }
Amount of_orders(Venue& v, AccountId a, PositionSide side = PositionSide::long_side) {
  return v->orders_initial(a, kPerp, side).value();
}

TEST(OrderMargin, ABuyBelowTheMarkHoldsLess) {
  Venue v(still_venue());
  const AccountId a = v.open(100'000, 0, kByPrice), plain = v.open(100'000);
  v.stands(Venue::limit(a, Side::buy, 79'800, 1));
  EXPECT_EQ(initial(v, a), units(7'980));
  EXPECT_EQ(of_orders(v, a), coins(7'980));
  v.stands(Venue::limit(plain, Side::buy, 79'800, 1));
  EXPECT_EQ(initial(v, plain), units(8'400));
  v.mark(kPerp, 90'000);  // the order's price is what it was
  EXPECT_EQ(initial(v, a), units(7'980));
  EXPECT_EQ(initial(v, plain), units(9'000));
}

TEST(OrderMargin, TheLargerSideCountsAndASellIsAtItsPrice) {
  Venue v(still_venue());
  const AccountId a = v.open(100'000, 0, kByPrice);
  v.stands(Venue::limit(a, Side::buy, 80'000, 1));
  v.stands(Venue::limit(a, Side::sell, 90'000, 1));
  EXPECT_EQ(initial(v, a), units(9'000));
  v.stands(Venue::limit(a, Side::buy, 70'000, 0.5));
  EXPECT_EQ(initial(v, a), units(11'500));  // 80,000 + 35,000 against 90,000
}

// Long 1 at the mark: |84,000 + 40,000| against |84,000 - 270,000|. At the mark the sells would
// come to a short of 2: 168,000.
TEST(OrderMargin, BesideAPosition) {
  Venue v(still_venue());
  const AccountId a = v.open(100'000, 0, kByPrice), b = v.open(1'000'000);
  v.buys(a, b, 84'000, 1);
  v.stands(Venue::limit(a, Side::buy, 80'000, 0.5));
  EXPECT_EQ(initial(v, a), units(12'400));
  EXPECT_EQ(of_orders(v, a), coins(4'000));
  v.stands(Venue::limit(a, Side::sell, 90'000, 3));
  EXPECT_EQ(initial(v, a), units(18'600));
  EXPECT_EQ(of_orders(v, a), coins(10'200));
}

TEST(OrderMargin, AFillAndACancelGiveBackWhatTheyHeld) {
  Venue v(still_venue());
  const AccountId a = v.open(100'000, 0, kByPrice), b = v.open(1'000'000);
  const OrderId low = v.stands(Venue::limit(a, Side::buy, 70'000, 1));
  v.stands(Venue::limit(a, Side::buy, 80'000, 1));
  EXPECT_EQ(initial(v, a), units(15'000));
  EXPECT_EQ(v.send(Venue::market(b, Side::sell, 0.4)), Reject::none);
  // 0.4 held at the mark; 0.6 x 80,000 and 70,000 rest.
  EXPECT_EQ(initial(v, a), units(3'360 + 4'800 + 7'000));
  EXPECT_EQ(v.send(ReduceOrder{a, kPerp, low, qty(0.5)}), Reject::none);
  EXPECT_EQ(initial(v, a), units(3'360 + 4'800 + 3'500));
  EXPECT_EQ(v.send(CancelAll{a, {}}), Reject::none);
  EXPECT_EQ(initial(v, a), units(3'360));
  EXPECT_EQ(of_orders(v, a), Amount());
}

// 1 at 79,800 asks for 7,980 and a fee by the mark of 42: not one cent less.
TEST(OrderMargin, TheCheckAsksForWhatWillBeHeld) {
  Venue v(still_venue());
  const AccountId a = v.open(8'021.99, 0, kByPrice);
  EXPECT_EQ(v.send(Venue::limit(a, Side::buy, 79'800, 1)), Reject::not_enough_margin);
  v.give(a, kUsdt, 0.01);
  EXPECT_EQ(v.send(Venue::limit(a, Side::buy, 79'800, 1)), Reject::none);
  // A sell below the mark counts at the mark: 8,400, the loss of 4,000 that it would make, and 42.
  const AccountId s = v.open(12'441.99, 0, kByPrice), b = v.open(1'000'000);
  EXPECT_EQ(v.send(CancelAll{a, {}}), Reject::none);
  v.stands(Venue::limit(b, Side::buy, 80'000, 1));
  EXPECT_EQ(v.send(Venue::limit(s, Side::sell, 80'000, 1)), Reject::not_enough_margin);
  v.give(s, kUsdt, 0.01);
  EXPECT_EQ(v.send(Venue::limit(s, Side::sell, 80'000, 1)), Reject::none);
}

TEST(OrderMargin, HedgedSidesEachCountTheirOwn) {
  Venue v(still_venue());
  const AccountId a = v.open(100'000, 0, {.hedge = true, .orders = OrderMargin::order_price});
  SubmitOrder o = Venue::limit(a, Side::buy, 80'000, 1);
  v.stands(o);
  o = Venue::limit(a, Side::sell, 90'000, 1);
  o.position = PositionSide::short_side;
  v.stands(o);
  EXPECT_EQ(initial(v, a), units(17'000));
  EXPECT_EQ(of_orders(v, a), coins(8'000));
  EXPECT_EQ(of_orders(v, a, PositionSide::short_side), coins(9'000));
}

TEST(OrderMargin, IsolatedOrdersHoldFromTheCrossPool) {
  Venue v(still_venue());
  const AccountId a = v.open(100'000, 0, kByPrice), b = v.open(1'000'000);
  EXPECT_EQ(v.send(SetMarginMode{a, kPerp, MarginMode::isolated}), Reject::none);
  v.buys(a, b, 84'000, 1);
  v.stands(Venue::limit(a, Side::buy, 80'000, 1));
  EXPECT_EQ(initial(v, a), units(8'000));
  EXPECT_EQ(v.held(a).margin, coins(8'400));
}

TEST(OrderMargin, ASnapshotKeepsIt) {
  Venue v(still_venue());
  const AccountId a = v.open(100'000, 0, kByPrice);
  v.stands(Venue::limit(a, Side::buy, 79'800, 1));
  const auto again = Exchange::restore(v.setup(), v->snapshot());
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again.value()->hash(), v->hash());
  EXPECT_EQ(again.value()->orders_initial(a, kPerp, PositionSide::long_side), coins(7'980));
  Venue other(still_venue());
  other.open(100'000);
  other.stands(Venue::limit(other->accounts() - 1, Side::buy, 79'800, 1));
  EXPECT_NE(other->hash(), v->hash()) << "the rule decides what is refused next";
}

}  // namespace
}  // namespace delever::exchange
