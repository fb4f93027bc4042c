// Orders as a trader knows them: how long they live, what they may do to a position, what sets them
// off.
#include "exchange/timed_exchange_testing.h"

namespace delever::exchange {
namespace {

using namespace fixture;
using Levels = Venue::Levels;

SubmitOrder with(SubmitOrder o, TimeInForce t) {
  o.time_in_force = t;
  return o;
}
SubmitOrder with(SubmitOrder o, SelfTrade s) {
  o.self_trade = s;
  return o;
}
SubmitOrder reduce(SubmitOrder o) {
  o.reduce_only = true;
  return o;
}

// Asks of 1 at 84,001 and 2 at 84,002.
class Resting : public testing::Test {
 protected:
  Resting() : v(still_venue()), a(v.open(1'000'000)), b(v.open(1'000'000)) {
    v.stands(Venue::limit(b, Side::sell, 84'001, 1));
    v.stands(Venue::limit(b, Side::sell, 84'002, 2));
  }
  Venue v;
  AccountId a, b;
};

TEST_F(Resting, GoodTillCancelledRestsWithWhatIsLeft) {
  const OrderId id = v.stands(Venue::limit(a, Side::buy, 84'001, 1.5));
  EXPECT_EQ(v.position(a), qty(1).raw());
  EXPECT_EQ(v.levels(Side::buy), (Levels{{84'001, 0.5}}));
  EXPECT_EQ(v.send(CancelOrder{b, kPerp, id}), Reject::no_such_order);  // not theirs
  EXPECT_EQ(v.send(CancelOrder{a, kInverse, id}), Reject::no_such_order);
  EXPECT_EQ(v.send(ReduceOrder{a, kPerp, id, qty(0.5)}), Reject::bad_quantity);  // not less
  EXPECT_EQ(v.send(ReduceOrder{a, kPerp, id, qty(0.2)}), Reject::none);
  EXPECT_EQ(v.levels(Side::buy), (Levels{{84'001, 0.2}}));
  EXPECT_EQ(v.send(CancelOrder{a, kPerp, id}), Reject::none);
  EXPECT_EQ(v.levels(Side::buy), Levels{});
  EXPECT_EQ(v.send(CancelOrder{a, kPerp, id}), Reject::no_such_order);
}

TEST_F(Resting, ImmediateOrCancelLeavesNothing) {
  EXPECT_EQ(v.send(with(Venue::limit(a, Side::buy, 84'001, 1.5), TimeInForce::immediate_or_cancel)),
            Reject::none);
  EXPECT_EQ(v.position(a), qty(1).raw());
  EXPECT_EQ(v.levels(Side::buy), Levels{});
  ASSERT_EQ(v.notices<OrderFinished>().size(), 1u);
  EXPECT_EQ(v.notices<OrderFinished>()[0].left, qty(0.5));
}

TEST_F(Resting, FillOrKillIsWholeOrNothing) {
  EXPECT_EQ(v.send(with(Venue::limit(a, Side::buy, 84'001, 1.001), TimeInForce::fill_or_kill)),
            Reject::not_filled);
  EXPECT_EQ(v.send(with(Venue::limit(a, Side::buy, 84'002, 3.001), TimeInForce::fill_or_kill)),
            Reject::not_filled);
  EXPECT_EQ(v.send(with(Venue::limit(a, Side::buy, 84'002, 2.5), TimeInForce::fill_or_kill)),
            Reject::none);
  EXPECT_EQ(v.position(a), qty(2.5).raw());
  EXPECT_EQ(v.levels(Side::sell), (Levels{{84'002, 0.5}}));
}

TEST_F(Resting, PostOnlyNeverTakes) {
  EXPECT_EQ(v.send(with(Venue::limit(a, Side::buy, 84'001, 1), TimeInForce::post_only)),
            Reject::would_take);
  EXPECT_EQ(v.send(with(Venue::limit(a, Side::buy, 84'000, 1), TimeInForce::post_only)),
            Reject::none);
  EXPECT_EQ(v.levels(Side::buy), (Levels{{84'000, 1}}));
  EXPECT_EQ(v.send(with(Venue::market(a, Side::buy, 1), TimeInForce::post_only)),
            Reject::would_take);
}

TEST_F(Resting, MarketTakesWhatThereIs) {
  EXPECT_EQ(v.send(Venue::market(a, Side::buy, 5)), Reject::none);
  EXPECT_EQ(v.position(a), qty(3).raw());
  EXPECT_EQ(v.held(a).cost, coins(84'001 + 2 * 84'002));
  EXPECT_EQ(v.send(Venue::market(a, Side::sell, 5)), Reject::none);  // nobody bids: nothing happens
  EXPECT_EQ(v.position(a), qty(3).raw());
}

TEST_F(Resting, MalformedOrdersAreRefused) {
  SubmitOrder o = Venue::limit(a, Side::buy, 84'000, 1);
  o.qty = Qty();
  EXPECT_EQ(v.send(o), Reject::bad_quantity);
  o.qty = qty(0.0015);  // not on a step
  EXPECT_EQ(v.send(o), Reject::bad_quantity);
  o = Venue::limit(a, Side::buy, 84'000.5, 1);
  EXPECT_EQ(v.send(o), Reject::bad_price);
  EXPECT_EQ(v.send(Venue::limit(a, Side::buy, 999, 1)), Reject::bad_price);  // below the band
  EXPECT_EQ(v.send(Venue::limit(a, Side::buy, 400'001, 1)), Reject::bad_price);
  EXPECT_EQ(v.send(Venue::limit(77, Side::buy, 84'000, 1)), Reject::no_such_account);
  EXPECT_EQ(v.send(Venue::limit(kVault, Side::buy, 84'000, 1)), Reject::not_allowed);
  EXPECT_EQ(v.send(Venue::limit(a, Side::buy, 84'000, 1, kListed)), Reject::no_such_instrument);
  EXPECT_EQ(v.send(Venue::limit(a, Side::buy, 84'000, 90'000'000)), Reject::too_large);
}

TEST(Orders, VenueLimits) {
  ExchangeSetup setup = still_venue();
  ContractRule& contract = *setup.listings[kPerp].rules.contract;
  contract.limit_qty_max = qty(2);
  contract.market_qty_max = qty(1);
  contract.notional_min = coins(100);
  contract.price_band = Rate::raw(50'000'000'000'000);  // 5 %: 79,800 to 88,200
  Venue v(setup);
  const AccountId a = v.open(1'000'000);
  EXPECT_EQ(v.send(Venue::limit(a, Side::buy, 84'000, 2.001)), Reject::bad_quantity);
  EXPECT_EQ(v.send(Venue::limit(a, Side::buy, 84'000, 2)), Reject::none);
  EXPECT_EQ(v.send(Venue::market(a, Side::buy, 1.001)), Reject::bad_quantity);
  EXPECT_EQ(v.send(Venue::limit(a, Side::buy, 84'000, 0.001)), Reject::bad_quantity);  // 84 USDT
  EXPECT_EQ(v.send(Venue::limit(a, Side::buy, 88'201, 1)), Reject::bad_price);
  EXPECT_EQ(v.send(Venue::limit(a, Side::sell, 79'799, 1)), Reject::bad_price);
  // Far from the market on the side that harms nobody: as PERCENT_PRICE lets it.
  EXPECT_EQ(v.send(Venue::limit(a, Side::buy, 79'799, 1)), Reject::none);
  EXPECT_EQ(v.send(Venue::limit(a, Side::sell, 88'201, 1)), Reject::none);
}

TEST(Orders, NothingTradesBeforeTheFirstMark) {
  Venue v(still_venue(), 0);
  const AccountId a = v.open(1'000'000);
  EXPECT_EQ(v.send(Venue::limit(a, Side::buy, 84'000, 1)), Reject::no_mark);
  EXPECT_EQ(v.send(Venue::stop(a, Side::sell, 80'000, 1)), Reject::no_mark);
}

// Initial margin at 10x: 8,400 for 1 BTC, fee 42. What is paid above the mark is lost at once.
TEST(Orders, MarginIsCheckedToTheLastUnit) {
  Venue v(still_venue());
  const AccountId a = v.open(8'442), b = v.open(1'000'000), c = v.open(8'441.99999999);
  EXPECT_EQ(v.send(Venue::limit(c, Side::buy, 84'000, 1)), Reject::not_enough_margin);
  v.buys(a, b, 84'000, 1);
  EXPECT_EQ(v.wallet(a), 8'400 * kCoin);
  // 1 BTC at 84,100: 8,400 by the mark, 100 lost, fee 42.05.
  v.stands(Venue::limit(b, Side::sell, 84'100, 1));
  const AccountId d = v.open(8'542.04);
  EXPECT_EQ(v.send(Venue::market(d, Side::buy, 1)), Reject::not_enough_margin);
  v.give(d, kUsdt, 0.01);
  EXPECT_EQ(v.send(Venue::market(d, Side::buy, 1)), Reject::none);
  // Resting orders need margin as well: 0.5 more would be 12,600 for a.
  EXPECT_EQ(v.send(Venue::limit(a, Side::buy, 80'000, 0.5)), Reject::not_enough_margin);
  EXPECT_EQ(v.send(Venue::limit(a, Side::sell, 90'000, 1)),
            Reject::none);  // what closes needs none
  EXPECT_EQ(v.send(Venue::limit(a, Side::sell, 91'000, 1.1)),
            Reject::not_enough_margin);  // a short of 1.1: 9,240
}

// --- Self-trade ---

class SelfTrading : public testing::Test {
 protected:
  SelfTrading() : v(still_venue()), a(v.open(1'000'000)), b(v.open(1'000'000)) {
    v.stands(Venue::limit(a, Side::sell, 84'001, 1));  // its own stands first
    v.stands(Venue::limit(b, Side::sell, 84'001, 1));
  }
  Venue v;
  AccountId a, b;
};

TEST_F(SelfTrading, Allow) {
  EXPECT_EQ(v.send(with(Venue::limit(a, Side::buy, 84'001, 1.5), SelfTrade::allow)), Reject::none);
  EXPECT_EQ(v.position(a), qty(0.5).raw());  // + 1 - 1 + 0.5
  // 84,001 with itself: taker 42.0005 and maker 16.8002; 42,000.5 from b: 21.00025.
  EXPECT_EQ(v.wallet(a), 1'000'000 * kCoin - 4'200'050'000 - 1'680'020'000 - 2'100'025'000);
}
TEST_F(SelfTrading, ExpireTaker) {
  EXPECT_EQ(v.send(with(Venue::limit(a, Side::buy, 84'001, 1.5), SelfTrade::expire_taker)),
            Reject::none);
  EXPECT_EQ(v.position(a), 0);
  EXPECT_EQ(v.levels(Side::sell), (Levels{{84'001, 2}}));
  EXPECT_EQ(v.levels(Side::buy), Levels{});
  EXPECT_EQ(v.send(with(with(Venue::limit(a, Side::buy, 84'001, 0.5), SelfTrade::expire_taker),
                        TimeInForce::fill_or_kill)),
            Reject::not_filled);
}
TEST_F(SelfTrading, ExpireMaker) {
  EXPECT_EQ(v.send(with(Venue::limit(a, Side::buy, 84'001, 1.5), SelfTrade::expire_maker)),
            Reject::none);
  EXPECT_EQ(v.position(a), qty(1).raw());
  EXPECT_EQ(v.levels(Side::sell), Levels{});
  EXPECT_EQ(v.levels(Side::buy), (Levels{{84'001, 0.5}}));
}
TEST_F(SelfTrading, ExpireBoth) {
  EXPECT_EQ(v.send(with(Venue::limit(a, Side::buy, 84'001, 1.5), SelfTrade::expire_both)),
            Reject::none);
  EXPECT_EQ(v.position(a), 0);
  EXPECT_EQ(v.levels(Side::sell), (Levels{{84'001, 1}}));  // b's
  EXPECT_EQ(v.levels(Side::buy), Levels{});
}

// --- Reduce-only ---

TEST(ReduceOnly, OnlyCloses) {
  Venue v(still_venue());
  const AccountId a = v.open(100'000), b = v.open(1'000'000);
  EXPECT_EQ(v.send(reduce(Venue::limit(a, Side::sell, 90'000, 1))), Reject::nothing_to_reduce);
  v.buys(a, b, 84'000, 1);
  EXPECT_EQ(v.send(reduce(Venue::limit(a, Side::buy, 80'000, 1))), Reject::nothing_to_reduce);
  // 1.5 is cut to the position; then nothing is left to reduce.
  v.stands(reduce(Venue::limit(a, Side::sell, 90'000, 1.5)));
  EXPECT_EQ(v.levels(Side::sell), (Levels{{90'000, 1}}));
  EXPECT_EQ(v.send(reduce(Venue::limit(a, Side::sell, 91'000, 0.001))), Reject::nothing_to_reduce);
}

// Long 1; one sweep meets an ordinary sell of 0.6 and two reduce-only sells of 0.5. After the first
// 0.6 only 0.4 may still be closed: the second sell gives 0.4, the third is gone, and the position
// is 0, not short.
TEST(ReduceOnly, NeverFlipsInOneSweep) {
  Venue v(still_venue());
  const AccountId a = v.open(100'000), b = v.open(1'000'000), c = v.open(1'000'000);
  v.buys(a, b, 84'000, 1);
  v.stands(Venue::limit(a, Side::sell, 84'001, 0.6));
  v.stands(reduce(Venue::limit(a, Side::sell, 84'002, 0.5)));
  v.stands(reduce(Venue::limit(a, Side::sell, 84'003, 0.5)));
  v.stands(Venue::limit(b, Side::sell, 84'010, 3));
  EXPECT_EQ(v.send(Venue::market(c, Side::buy, 2)), Reject::none);
  EXPECT_EQ(v.position(a), 0);
  EXPECT_EQ(v.position(c), qty(2).raw());
  EXPECT_EQ(v.levels(Side::sell), (Levels{{84'010, 2}}));
  // 0.6 at 84,001, 0.4 at 84,002, 1 at 84,010 = 50,400.6 + 33,600.8 + 84,010.
  EXPECT_EQ(v.held(c).cost, coins(168'011.4));
}

TEST(ReduceOnly, TheYoungestGiveWayWhenThePositionShrinks) {
  Venue v(still_venue());
  const AccountId a = v.open(100'000), b = v.open(1'000'000);
  v.buys(a, b, 84'000, 1);
  v.stands(reduce(Venue::limit(a, Side::sell, 90'000, 0.5)));
  v.stands(reduce(Venue::limit(a, Side::sell, 91'000, 0.4)));
  v.sells(a, b, 84'000, 0.3);  // 0.7 left: 0.2 of the younger
  EXPECT_EQ(v.levels(Side::sell), (Levels{{90'000, 0.5}, {91'000, 0.2}}));
  v.sells(a, b, 84'000, 0.3);  // 0.4 left
  EXPECT_EQ(v.levels(Side::sell), (Levels{{90'000, 0.4}}));
  v.sells(a, b, 84'000, 0.4);
  EXPECT_EQ(v.levels(Side::sell), Levels{});
}

// Reduce-only makers may turn out smaller than they stand: a fill-or-kill order cannot count on
// them.
TEST(ReduceOnly, FillOrKillDoesNotCountOnThem) {
  Venue v(still_venue());
  const AccountId a = v.open(100'000), b = v.open(1'000'000), c = v.open(1'000'000);
  v.buys(a, b, 84'000, 1);
  v.stands(reduce(Venue::limit(a, Side::sell, 84'001, 1)));
  EXPECT_EQ(v.send(with(Venue::limit(c, Side::buy, 84'001, 1), TimeInForce::fill_or_kill)),
            Reject::not_filled);
  // With as much behind it at the limit it is filled, the reduce-only order first.
  v.stands(Venue::limit(b, Side::sell, 84'001, 1));
  EXPECT_EQ(v.send(with(Venue::limit(c, Side::buy, 84'001, 1), TimeInForce::fill_or_kill)),
            Reject::none);
  EXPECT_EQ(v.position(a), 0);
  EXPECT_EQ(v.levels(Side::sell), (Levels{{84'001, 1}}));
}

// --- Stops ---

TEST(Stops, OnTheMark) {
  Venue v(still_venue());
  const AccountId a = v.open(100'000), b = v.open(1'000'000);
  v.buys(a, b, 84'000, 1);
  v.stands(Venue::limit(b, Side::buy, 79'000, 1));
  // Due already: a sell at or above the mark, a buy at or below it.
  EXPECT_EQ(v.send(Venue::stop(a, Side::sell, 84'000, 1)), Reject::would_trigger);
  EXPECT_EQ(v.send(Venue::stop(a, Side::buy, 84'000, 1)), Reject::would_trigger);
  EXPECT_EQ(v.send(Venue::stop(a, Side::sell, 0, 1)), Reject::bad_price);
  v.stands(Venue::stop(a, Side::sell, 80'000, 1));
  v.mark(kPerp, 80'001);
  EXPECT_EQ(v.position(a), qty(1).raw());
  v.mark(kPerp, 80'000);
  ASSERT_EQ(v.notices<StopTriggered>().size(), 1u);
  EXPECT_EQ(v.notices<StopTriggered>()[0].price, price(80'000));
  EXPECT_EQ(v.position(a), 0);
  EXPECT_EQ(v->last(kPerp), price(79'000));
  v.mark(kPerp, 79'000);
  EXPECT_TRUE(v.notices<StopTriggered>().empty()) << "once";
}

TEST(Stops, OnTheLastPriceAtOnce) {
  Venue v(still_venue());
  const AccountId a = v.open(100'000), b = v.open(1'000'000);
  v.buys(a, b, 84'000, 1);
  SubmitOrder o = Venue::stop(a, Side::sell, 83'900, 1, TriggerBy::last);
  o.type = OrderType::stop_limit;
  o.price = price(83'800);
  v.stands(o);
  v.sells(b, b == 0 ? AccountId() : v.open(1'000'000), 83'900, 0.001);
  ASSERT_EQ(v.notices<StopTriggered>().size(), 1u);
  EXPECT_EQ(v.levels(Side::sell), (Levels{{83'800, 1}}));  // it stands: nobody bids there
}

// Last price 84,000. Selling 1 at 83,500 sets off the stop at 83,500, which sells at 83,000 and so
// sets off the next, which sells at 82,000; the third, at 81,999, does not go.
TEST(Stops, OneSetsOffTheNext) {
  Venue v(still_venue());
  const AccountId a = v.open(1'000'000), b = v.open(1'000'000), c = v.open(1'000'000);
  v.buys(a, b, 84'000, 3);
  for (const double at_price : {83'500.0, 83'000.0, 82'000.0, 81'000.0})
    v.stands(Venue::limit(b, Side::buy, at_price, 1));
  v.stands(Venue::stop(a, Side::sell, 81'999, 1, TriggerBy::last));
  v.stands(Venue::stop(a, Side::sell, 83'000, 1, TriggerBy::last));
  v.stands(Venue::stop(a, Side::sell, 83'500, 1, TriggerBy::last));
  EXPECT_EQ(v.send(Venue::market(c, Side::sell, 1)), Reject::none);
  std::vector<double> triggered;
  for (const auto& n : v.notices<StopTriggered>()) triggered.push_back(n.price.approx());
  EXPECT_EQ(triggered, (std::vector<double>{83'500, 83'000}));
  EXPECT_EQ(v.position(a), qty(1).raw());
  EXPECT_EQ(v->last(kPerp), price(82'000));
  std::vector<double> traded;
  for (const Trade& t : v.events<Trade>(kPerp)) traded.push_back(t.price.approx());
  EXPECT_EQ(traded, (std::vector<double>{83'500, 83'000, 82'000}));
}

TEST(Stops, CancelledAndForgotten) {
  Venue v(still_venue());
  const AccountId a = v.open(100'000), b = v.open(1'000'000);
  const OrderId id = v.stands(Venue::stop(a, Side::sell, 80'000, 1));
  EXPECT_EQ(v.send(CancelOrder{b, kPerp, id}), Reject::no_such_order);
  EXPECT_EQ(v.send(CancelOrder{a, kInverse, id}), Reject::no_such_order);
  EXPECT_EQ(v.send(CancelOrder{a, kPerp, id}), Reject::none);
  EXPECT_EQ(v.notices<OrderFinished>().size(), 1u);
  EXPECT_EQ(v.send(CancelOrder{a, kPerp, id}), Reject::no_such_order);
  v.stands(Venue::stop(a, Side::sell, 80'000, 1));
  v.stands(Venue::stop(b, Side::sell, 80'000, 1));
  v.stands(Venue::limit(a, Side::buy, 70'000, 1));
  EXPECT_EQ(v.send(CancelAll{a, {}}), Reject::none);
  EXPECT_EQ(v.notices<OrderFinished>().size(), 2u);
  v.mark(kPerp, 80'000);
  ASSERT_EQ(v.notices<StopTriggered>().size(), 1u);
  EXPECT_EQ(v.notices<StopTriggered>()[0].account, b);
}

// What a stop may not do any more when its time comes, it does not do: it is told and gone.
TEST(Stops, RefusedWhenDue) {
  Venue v(still_venue());
  const AccountId a = v.open(100'000), b = v.open(1'000'000);
  v.buys(a, b, 84'000, 1);
  v.stands(reduce(Venue::stop(a, Side::sell, 80'000, 1)));
  v.sells(a, b, 84'000, 1);
  v.mark(kPerp, 80'000);
  EXPECT_EQ(v.notices<StopTriggered>().size(), 1u);
  EXPECT_EQ(v.notices<OrderFinished>().size(), 1u);
  EXPECT_EQ(v.position(a), 0);
}

TEST(Quotes, ToldWhenTheTopMoves) {
  Venue v(still_venue());
  const AccountId a = v.open(100'000);
  v.stands(Venue::limit(a, Side::buy, 80'000, 1));
  ASSERT_EQ(v.events<Quote>(kPerp).size(), 1u);
  EXPECT_EQ(v.events<Quote>(kPerp)[0].bid_price, price(80'000));
  EXPECT_EQ(v.events<Quote>(kPerp)[0].ask_price, std::nullopt);
  v.stands(Venue::limit(a, Side::buy, 79'000, 0.1));
  EXPECT_TRUE(v.events<Quote>(kPerp).empty());
}

}  // namespace
}  // namespace delever::exchange
