// The desk over a small real exchange: orders by number, fills and money that add up, what the
// venue closes by force, the book by numbered changes.
#include "gateways/desk.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "gateways/desk_testing.h"

namespace delever::gateways {
namespace {

using namespace testing;
using fixture::coins;
using fixture::kBtc;
using fixture::kInverse;
using fixture::kPerp;
using fixture::kSpot;
using fixture::kUsdt;
using fixture::price;
using fixture::qty;

struct DeskTest : ::testing::Test, DeskScene {
  std::vector<std::string> told;  // of the client's orders
  std::map<uint64_t, int> trades;

  void SetUp() override {
    desk.on_update([this](const DeskUpdate& u) {
      static constexpr const char* reasons[] = {"none",    "placed",    "amended", "cancelled",
                                                "expired", "triggered", "traded",  "forced"};
      if (u.kind == DeskUpdate::Kind::order)
        told.push_back(std::to_string(u.order->number) + " " +
                       reasons[static_cast<size_t>(u.reason)]);
      if (u.kind == DeskUpdate::Kind::trade) ++trades[u.trade->number];
    });
  }
  // Wallets are what came in and every line of the statement.
  void statement_holds() {
    std::map<CoinId, int64_t> sum;
    for (const MoneyRecord& m : desk.money(market.client)) {
      if (m.kind != MoneyRecord::Kind::margin) sum[m.coin] += m.amount.raw();
    }
    for (const CoinId c : {kUsdt, kBtc}) {
      int64_t has = market.exchange().wallet(market.client, c).raw();
      for (const auto& p : market.exchange().positions(market.client)) {
        const bool btc = p.instrument == kInverse;
        if (btc == (c == kBtc)) has += p.margin.raw();
      }
      EXPECT_EQ(sum[c], has) << "coin " << c;
    }
  }
};

TEST_F(DeskTest, ALimitOrderRestsIsAmendedAndCancelled) {
  const Placed placed = desk.submit(order(Side::buy, 80'000, 0.1), "mine");
  ASSERT_EQ(placed.reject, Reject::none);
  const uint64_t number = placed.order->number;
  EXPECT_EQ(placed.order->state, OrderState::open);
  EXPECT_NE(placed.order->book_order, OrderId(0));
  EXPECT_EQ(desk.by_client_id(market.client, "mine"), placed.order);
  EXPECT_EQ(desk.order(market.other, number), nullptr);
  ASSERT_EQ(desk.live(market.client).size(), 1u);

  EXPECT_EQ(
      desk.amend(market.client, number, {.price = {}, .trigger = {}, .qty = qty(0.05)}).reject,
      Reject::none);
  EXPECT_EQ(placed.order->asked.qty, qty(0.05));
  EXPECT_EQ(
      desk.amend(market.client, number, {.price = price(79'000), .trigger = {}, .qty = {}}).reject,
      Reject::none);
  EXPECT_EQ(placed.order->asked.price, price(79'000));
  EXPECT_EQ(
      desk.amend(market.client, number, {.price = price(-1), .trigger = {}, .qty = {}}).reject,
      Reject::bad_price);
  EXPECT_EQ(placed.order->asked.price, price(79'000));
  EXPECT_EQ(placed.order->state, OrderState::open);
  const BookSnapshot book = desk.book(kPerp, 100);
  EXPECT_EQ(book.bids.back().price, price(79'000));

  EXPECT_EQ(desk.cancel(market.other, number), Reject::no_such_order);
  EXPECT_EQ(desk.cancel(market.client, number), Reject::none);
  EXPECT_EQ(placed.order->state, OrderState::cancelled);
  EXPECT_EQ(desk.cancel(market.client, number), Reject::no_such_order);
  EXPECT_TRUE(desk.live(market.client).empty());
  const std::vector<std::string> expected = {"1 placed", "1 amended", "1 amended", "1 cancelled"};
  EXPECT_EQ(told, expected);
  EXPECT_EQ(desk.submit(order(Side::buy, 80'000, -1), "").reject, Reject::bad_quantity);
  EXPECT_EQ(desk.submit(order(Side::buy, 80'000, 0.1), "").order->number, 2u);
}

// 15 bought: 10 at 84,002 and 5 at 84,003; then sold again for less. Fees at 5 bps, up.
TEST_F(DeskTest, FillsProfitAndFeesAddUp) {
  const Placed bought = desk.submit(order(Side::buy, 0, 15), "");
  ASSERT_EQ(bought.reject, Reject::none);
  EXPECT_EQ(bought.order->state, OrderState::filled);
  EXPECT_EQ(bought.order->filled, qty(15));
  EXPECT_EQ(bought.order->average(), Price::raw(840'023'333'333'333));
  EXPECT_EQ(bought.order->value, coins(10 * 84'002.0 + 5 * 84'003.0));
  EXPECT_EQ(bought.order->fee, coins(bought.order->value.approx() * 0.0005));
  ASSERT_EQ(desk.positions(market.client).size(), 1u);
  const exchange::PositionView held = desk.positions(market.client)[0];
  EXPECT_EQ(held.qty, qty(15));
  EXPECT_NEAR(desk.entry_price(held)->approx(), 84'002.3333, 1e-4);
  EXPECT_EQ(desk.profit_of(held), coins(-(10 * 2.0 + 5 * 3.0)));
  const auto fills = desk.fills(market.client);
  ASSERT_EQ(fills.size(), 2u);
  EXPECT_EQ(fills[0].profit, Amount());
  EXPECT_EQ(fills[1].number, fills[0].number + 1);
  EXPECT_FALSE(fills[0].maker);
  EXPECT_EQ(trades[fills[0].number], 1);

  SubmitOrder close = order(Side::sell, 0, 20);
  close.reduce_only = true;
  const Placed sold = desk.submit(close, "");
  ASSERT_EQ(sold.reject, Reject::none);
  EXPECT_EQ(sold.order->asked.qty, qty(15));  // trimmed
  EXPECT_EQ(sold.order->state, OrderState::filled);
  Amount profit;
  for (const FillRecord& f : desk.fills(market.client)) profit += f.profit;
  EXPECT_EQ(profit, sold.order->value - bought.order->value);
  EXPECT_TRUE(desk.positions(market.client).empty());
  statement_holds();
}

TEST_F(DeskTest, SpotAndInverseBookTheirCoins) {
  ASSERT_EQ(desk.submit(order(Side::buy, 0, 0.5, kSpot), "").reject, Reject::none);
  ASSERT_EQ(desk.submit(order(Side::buy, 0, 100, kInverse), "").reject, Reject::none);
  ASSERT_EQ(desk.submit(order(Side::sell, 0, 40, kInverse), "").reject, Reject::none);
  EXPECT_EQ(desk.fills(market.client)[0].coin, kBtc);
  EXPECT_EQ(desk.fills(market.client)[2].coin, kBtc);
  const auto held = desk.positions(market.client);
  ASSERT_EQ(held.size(), 1u);
  EXPECT_NEAR(desk.entry_price(held[0])->approx(), 84'002, 1);
  statement_holds();
}

TEST_F(DeskTest, StopsAndTakeProfitsAreTriggered) {
  ASSERT_EQ(desk.submit(order(Side::buy, 0, 1), "").reject, Reject::none);
  const Placed sl = desk.submit(stop(Side::sell, 83'000, 0.4), "sl");
  ASSERT_EQ(sl.reject, Reject::none);
  EXPECT_EQ(sl.order->state, OrderState::waiting);
  const Placed tp = desk.submit(OrderRequest{
      .order = stop(Side::sell, 85'000, 0.3), .client_id = "tp", .tag = {}, .take_profit = true});
  ASSERT_EQ(tp.reject, Reject::none);
  const Placed whole = desk.submit(OrderRequest{.order = stop(Side::sell, 86'000, 0),
                                                .client_id = "all",
                                                .tag = {},
                                                .take_profit = true,
                                                .closes_position = true});
  ASSERT_EQ(whole.reject, Reject::none);
  EXPECT_EQ(desk.submit(OrderRequest{.order = stop(Side::sell, 83'500, 0.3),
                                     .client_id = {},
                                     .tag = {},
                                     .take_profit = true})
                .reject,
            Reject::would_trigger);
  market.move(85'100);
  market.tick();
  EXPECT_EQ(tp.order->state, OrderState::filled);
  ASSERT_TRUE(tp.order->triggered);
  EXPECT_EQ(desk.positions(market.client)[0].qty, qty(0.7));
  EXPECT_EQ(sl.order->state, OrderState::waiting);
  market.move(82'900);
  market.quote();
  market.tick();
  EXPECT_EQ(sl.order->state, OrderState::filled);
  EXPECT_EQ(desk.positions(market.client)[0].qty, qty(0.3));
  market.move(86'000);
  market.quote();
  market.tick();
  EXPECT_EQ(whole.order->state, OrderState::filled);
  EXPECT_EQ(whole.order->filled, qty(0.3));
  EXPECT_TRUE(desk.positions(market.client).empty());
  EXPECT_TRUE(desk.live(market.client).empty());
  statement_holds();
}

TEST_F(DeskTest, CancelAllReachesTheBookTheStopsAndThoseThatWaitHere) {
  ASSERT_EQ(desk.submit(order(Side::buy, 80'000, 0.1), "").reject, Reject::none);
  ASSERT_EQ(desk.submit(order(Side::buy, 80'000, 0.1, kSpot), "").reject, Reject::none);
  ASSERT_EQ(desk.submit(stop(Side::sell, 80'000, 0.1), "").reject, Reject::none);
  ASSERT_EQ(desk.submit(OrderRequest{.order = stop(Side::sell, 90'000, 0.1),
                                     .client_id = {},
                                     .tag = {},
                                     .take_profit = true})
                .reject,
            Reject::none);
  EXPECT_EQ(desk.cancel_all(market.client, kPerp).size(), 3u);
  ASSERT_EQ(desk.live(market.client).size(), 1u);
  EXPECT_EQ(desk.live(market.client)[0]->asked.instrument, kSpot);
  EXPECT_EQ(desk.cancel_all(market.client, {}).size(), 1u);
}

TEST_F(DeskTest, SettingsAreRefusedAsTheExchangeRefuses) {
  EXPECT_EQ(desk.set_leverage(market.client, kPerp, Leverage::raw(20'000)), Reject::bad_leverage);
  EXPECT_EQ(desk.set_leverage(market.client, kPerp, Leverage::raw(2'000)), Reject::none);
  EXPECT_EQ(desk.leverage(market.client, kPerp), Leverage::raw(2'000));
  EXPECT_EQ(desk.leverage(market.client, kInverse), Leverage::raw(1'000));
  EXPECT_EQ(desk.set_margin_mode(market.client, kPerp, MarginMode::isolated), Reject::none);
  EXPECT_EQ(desk.margin_mode(market.client, kPerp), MarginMode::isolated);
  ASSERT_EQ(desk.submit(order(Side::buy, 0, 1), "").reject, Reject::none);
  EXPECT_EQ(desk.set_position_mode(market.client, true), Reject::has_position);
  EXPECT_EQ(desk.move_margin({market.client, kPerp, PositionSide::long_side, coins(100)}),
            Reject::none);
  EXPECT_EQ(desk.money(market.client).back().kind, MoneyRecord::Kind::margin);
  EXPECT_EQ(desk.money(market.client).back().amount, coins(-100));
  statement_holds();
}

// An isolated long at 100x falls under its maintenance: the venue sells it.
TEST_F(DeskTest, ALiquidationIsTheVenuesOwnOrder) {
  ASSERT_EQ(desk.set_margin_mode(market.client, kPerp, MarginMode::isolated), Reject::none);
  ASSERT_EQ(desk.set_leverage(market.client, kPerp, Leverage::raw(10'000)), Reject::none);
  ASSERT_EQ(desk.submit(order(Side::buy, 0, 1), "").reject, Reject::none);
  const auto held = desk.positions(market.client)[0];
  const auto at = desk.liquidation_price(market.client, held);
  ASSERT_TRUE(at);
  EXPECT_GT(*at, price(83'000));
  EXPECT_LT(*at, price(84'000));
  EXPECT_GE(desk.adl_rank(market.client, held), 0);
  EXPECT_LE(desk.adl_rank(market.client, held), 4);
  market.move(83'400);
  market.quote();
  market.tick();
  EXPECT_TRUE(desk.positions(market.client).empty());
  ASSERT_FALSE(desk.forced(market.client).empty());
  const ForcedClose& close = desk.forced(market.client).front();
  EXPECT_EQ(close.side, Side::sell);
  EXPECT_EQ(close.account, market.client);
  EXPECT_FALSE(desk.forced_public(kPerp).empty());
  const OrderRecord* forced = desk.history(market.client).back();
  EXPECT_TRUE(forced->forced);
  EXPECT_FALSE(is_live(forced->state));
  EXPECT_TRUE(desk.trades(kPerp).back().forced);
  EXPECT_TRUE(desk.live(market.client).empty());
  statement_holds();
}

// The book lies beyond the bankruptcy price: the fund takes the position, by an order of its own.
TEST_F(DeskTest, ATakeoverIsAnOrderToo) {
  market.must(Deposit{kFund, kUsdt, coins(1e6)});
  ASSERT_EQ(desk.set_margin_mode(market.client, kPerp, MarginMode::isolated), Reject::none);
  ASSERT_EQ(desk.set_leverage(market.client, kPerp, Leverage::raw(10'000)), Reject::none);
  ASSERT_EQ(desk.submit(order(Side::buy, 0, 1), "").reject, Reject::none);
  const Placed resting = desk.submit(order(Side::buy, 80'000, 0.1), "rests");
  ASSERT_EQ(resting.reject, Reject::none);
  market.move(82'500);
  market.quote();
  market.tick();
  EXPECT_TRUE(desk.positions(market.client).empty());
  EXPECT_EQ(resting.order->state, OrderState::expired);
  EXPECT_TRUE(resting.order->liquidated);
  ASSERT_EQ(desk.forced(market.client).size(), 1u);
  const ForcedClose& close = desk.forced(market.client)[0];
  EXPECT_EQ(close.how, ForcedClose::How::takeover);
  const OrderRecord* taken = desk.order(market.client, close.order);
  ASSERT_TRUE(taken);
  EXPECT_TRUE(taken->forced);
  EXPECT_EQ(taken->forced_by, ForcedClose::How::takeover);
  EXPECT_EQ(taken->state, OrderState::filled);
  EXPECT_EQ(taken->average(), close.price);
  EXPECT_EQ(taken->filled, qty(1));
  EXPECT_EQ(desk.fills(market.client).back().order, taken->number);
  EXPECT_TRUE(desk.live(market.client).empty());
  statement_holds();
}

// The mark is the test's, the last price that of the trade: neither moves the stop.
TEST_F(DeskTest, AStopMayWaitForTheIndex) {
  ASSERT_EQ(desk.submit(order(Side::buy, 0, 1), "").reject, Reject::none);
  OrderRequest by_index{.order = stop(Side::sell, 83'000, 1), .client_id = {}, .tag = {}};
  by_index.watch(WatchedPrice::index);
  const Placed placed = desk.submit(by_index);
  ASSERT_EQ(placed.reject, Reject::none);
  EXPECT_EQ(placed.order->watched(), WatchedPrice::index);
  market.must(PublishMark{kPerp, price(82'000)});
  market.tick();
  ASSERT_EQ(market.exchange().mark(kPerp), price(82'000));
  EXPECT_EQ(placed.order->state, OrderState::waiting);
  market.move(82'900);
  market.quote();
  market.tick();
  EXPECT_EQ(placed.order->state, OrderState::filled);
}

// Nothing is held for what waits; it is sent when the first is filled whole.
TEST_F(DeskTest, AnOrderWaitsForAnother) {
  const auto wait = [&](uint64_t after, Side side, double at) {
    return desk.submit(
        OrderRequest{.order = order(side, at, 0.1), .client_id = {}, .tag = {}, .after = after});
  };
  const Placed first = desk.submit(order(Side::buy, 83'999, 0.1), "");  // the best bid
  const Placed second = wait(first.order->number, Side::sell, 85'000);
  ASSERT_EQ(second.reject, Reject::none);
  EXPECT_EQ(second.order->state, OrderState::waiting);
  EXPECT_EQ(wait(99, Side::sell, 85'000).reject, Reject::no_such_order);
  SubmitOrder hit = order(Side::sell, 83'999, 0.1);
  hit.account = market.other;
  market.must(hit);
  EXPECT_EQ(first.order->state, OrderState::filled);
  market.tick();
  EXPECT_EQ(second.order->state, OrderState::open);
  EXPECT_EQ(desk.book(kPerp, 1'000).asks.back().price, price(85'000));
  // What it waits for is taken back, or it is.
  for (const bool first_goes : {true, false}) {
    const Placed one = desk.submit(order(Side::buy, 80'000, 0.1), "");
    const Placed two = wait(one.order->number, Side::sell, 86'000);
    ASSERT_EQ(desk.cancel(market.client, (first_goes ? one : two).order->number), Reject::none);
    EXPECT_EQ(one.order->state, OrderState::cancelled);
    EXPECT_EQ(two.order->state, OrderState::cancelled);
  }
  // Filled at once: so is the other sent at once.
  const Placed now = desk.submit(order(Side::sell, 0, 0.1), "");
  ASSERT_EQ(now.order->state, OrderState::filled);
  EXPECT_EQ(wait(now.order->number, Side::buy, 79'000).order->state, OrderState::open);
}

// Nobody stands between the two: 84,002 is the best of the others.
TEST_F(DeskTest, AnOrderThatMeetsItsOwnerSaysSo) {
  using Ended = OrderRecord::Ended;
  struct Case {
    SelfTrade how;
    TimeInForce life;
    Ended maker, taker;
  };
  const auto good = TimeInForce::good_till_cancelled, now = TimeInForce::immediate_or_cancel;
  for (const Case& c : {Case{SelfTrade::expire_maker, good, Ended::self_trade, Ended::asked},
                        Case{SelfTrade::expire_maker, now, Ended::self_trade, Ended::asked},
                        Case{SelfTrade::expire_taker, good, Ended::asked, Ended::self_trade},
                        Case{SelfTrade::expire_taker, now, Ended::asked, Ended::self_trade},
                        Case{SelfTrade::expire_both, good, Ended::self_trade, Ended::self_trade}}) {
    const uint64_t maker = desk.submit(order(Side::sell, 84'001, 0.1), "").order->number;
    SubmitOrder taker = order(Side::buy, 84'001, 0.1);
    taker.self_trade = c.how;
    taker.time_in_force = c.life;
    const uint64_t number = desk.submit(taker, "").order->number;
    EXPECT_EQ(desk.order(market.client, maker)->ended_by, c.maker) << static_cast<int>(c.how);
    EXPECT_EQ(desk.order(market.client, number)->ended_by, c.taker) << static_cast<int>(c.how);
    desk.cancel_all(market.client, {});
  }
  // Nothing of its own in the way: what is left of it has ended for want of others.
  SubmitOrder alone = order(Side::buy, 84'001, 0.1);
  alone.time_in_force = now;
  EXPECT_EQ(desk.submit(alone, "").order->ended_by, Ended::asked);
}

TEST_F(DeskTest, FundingIsToldBeforeAndPaid) {
  const auto next = desk.next_funding(kPerp);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->interval, Duration::hours(8));
  EXPECT_EQ(next->at.text(), "2026-01-30T16:00:00Z");
  ASSERT_EQ(desk.submit(order(Side::buy, 0, 1), "").reject, Reject::none);
  for (int minute = 0; minute < 241; ++minute) market.tick(60);
  ASSERT_EQ(desk.funding(kPerp).size(), 1u);
  EXPECT_EQ(desk.money(market.client).back().kind, MoneyRecord::Kind::funding);
  EXPECT_LT(desk.money(market.client).back().amount, Amount());
  EXPECT_EQ(desk.candles(kPerp, Duration::hours(1), 100).size(), 5u);
  EXPECT_EQ(desk.candles(kPerp, Duration::minutes(1), 7).size(), 7u);
  EXPECT_NEAR(desk.day(kPerp).volume, 1, 1e-9);
  EXPECT_EQ(desk.day(kPerp).trades, 1u);
  statement_holds();
}

// A follower that takes a snapshot at any moment and every later change has the book.
TEST_F(DeskTest, ChangesFollowASnapshot) {
  std::map<Price, int64_t> bids;
  uint64_t number = 0;
  const auto load = [&] {
    const BookSnapshot whole = desk.book(kPerp, 1'000);
    bids.clear();
    for (const Level& l : whole.bids) bids[l.price] = l.qty.narrowed()->raw();
    number = whole.sequence.last;
  };
  desk.book_change(kPerp);
  load();
  Random random(7, {});
  for (int round = 0; round < 200; ++round) {
    if (random.chance(0.7)) {
      desk.submit(order(Side::buy, 80'000 + static_cast<double>(random.below(20)), 0.001), "");
    } else {
      desk.cancel_all(market.client, kPerp);
    }
    if (random.chance(0.2)) desk.book(kPerp, 5);  // others ask meanwhile
    if (random.chance(0.1)) load();
    if (random.chance(0.5)) continue;
    const auto change = desk.book_change(kPerp);
    if (!change) continue;
    ASSERT_LE(change->first, number + 1);
    for (const Level& l : change->bids) {
      if (l.qty.raw() == 0)
        bids.erase(l.price);
      else
        bids[l.price] = l.qty.narrowed()->raw();
    }
    number = change->last;
    const BookSnapshot whole = market.exchange().depth(kPerp, 1'000);
    ASSERT_EQ(bids.size(), whole.bids.size());
    for (const Level& l : whole.bids) ASSERT_EQ(bids[l.price], l.qty.narrowed()->raw());
  }
  EXPECT_EQ(desk.book_number(kPerp), desk.book(kPerp, 1).sequence.last);
}

TEST_F(DeskTest, KeepsTheNewest) {
  for (int k = 0; k < 2'500; ++k) {
    const Placed placed = desk.submit(order(Side::buy, 80'000, 0.001), "c" + std::to_string(k));
    ASSERT_EQ(placed.reject, Reject::none);
    ASSERT_EQ(desk.cancel(market.client, placed.order->number), Reject::none);
  }
  EXPECT_LE(desk.history(market.client).size(), 2'000u);
  EXPECT_EQ(desk.by_client_id(market.client, "c0"), nullptr);
  EXPECT_NE(desk.by_client_id(market.client, "c2499"), nullptr);
  EXPECT_EQ(desk.keep_refused({.order = order(Side::buy, 1, 1), .client_id = "r", .tag = {}},
                              Reject::would_take)
                .state,
            OrderState::expired);
}

}  // namespace
}  // namespace delever::gateways
