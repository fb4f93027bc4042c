// What is owed, worked out by hand: fees, average cost, realised profit, spot balances, collateral
// in several coins and the scenario matrix. All figures are units of 1e-8 of a coin; kCoin is one
// coin.
#include "exchange/ledger.h"
#include "exchange/timed_exchange_testing.h"

namespace delever::exchange {
namespace {

using namespace fixture;

// What must not compile: anything but money as the amount of a movement.
template <class Amount>
concept MovesAs = requires(Ledger ledger, MoneyAccount side, CoinId coin, Amount amount) {
  ledger.move(side, side, coin, amount);
};
static_assert(MovesAs<Units> && MovesAs<int64_t>);
static_assert(!MovesAs<Lots> && !MovesAs<Tick> && !MovesAs<AccountId>);
template <class Given>
concept MovesOfCoin = requires(Given given, MoneyAccount side) {
  Ledger().move(side, side, given, Units(1));
};
static_assert(!MovesOfCoin<Units>, "money as a coin compiles");

// Taker 5 bp, maker 2 bp.
TEST(Ledger, LinearFeesAverageCostProfitAndFlip) {
  Venue v(still_venue());
  const AccountId a = v.open(100'000), b = v.open(1'000'000), c = v.open(1'000'000);
  v.buys(a, b, 84'000, 1);  // 84,000: taker 42, maker 16.8
  EXPECT_EQ(v.wallet(a), units(99'958));
  EXPECT_EQ(v.wallet(b), units(999'983.2));
  EXPECT_EQ(v.fees(), units(58.8));
  EXPECT_EQ(v.held(a).cost.raw(), units(84'000));
  v.buys(a, b, 84'600, 0.5);  // + 42,300: fee 21.15; 1.5 for 126,300, 84,200 each
  EXPECT_EQ(v.held(a).cost.raw(), units(126'300));
  EXPECT_EQ(v.wallet(a), units(99'936.85));
  v.sells(a, c, 85'000, 1);  // cost 84,200: + 800, fee 42.5
  EXPECT_EQ(v.wallet(a), units(100'694.35));
  EXPECT_EQ(v.held(a).cost.raw(), units(42'100));
  EXPECT_EQ(v.position(a), qty(0.5).raw());
  // 1.5 at 83,000 = 124,500: closes 0.5 for 41,500 against 42,100 (- 600), opens a short of 1;
  // fee 62.25.
  v.sells(a, c, 83'000, 1.5);
  EXPECT_EQ(v.wallet(a), units(100'032.1));
  EXPECT_EQ(v.position(a), -qty(1).raw());
  EXPECT_EQ(v.held(a).cost.raw(), units(83'000));
  v.buys(a, b, 82'000, 1);  // + 1,000, fee 41
  EXPECT_EQ(v.wallet(a), units(100'991.1));
  EXPECT_TRUE(v->positions(a).empty());
  // c made 2.5 as maker: 16.6 ... b and c hold what a does not: b short 2.5 - 0 = 1.5 + 1, c
  // long 2.5.
  EXPECT_EQ(v.position(b), -qty(2.5).raw());
  EXPECT_EQ(v.position(c), qty(2.5).raw());
  EXPECT_EQ(v->open_interest(kPerp), qty(2.5));
}

// A third of 252.002 is 84.00066666...: the cost that leaves is rounded up, against the long.
TEST(Ledger, CostThatDoesNotDivideIsRoundedAgainstTheAccount) {
  Venue v(still_venue());
  const AccountId a = v.open(100'000), b = v.open(100'000);
  v.buys(a, b, 84'000, 0.001);
  v.buys(a, b, 84'001, 0.002);
  const int64_t before = v.wallet(a);
  v.sells(a, b, 84'001, 0.001);  // 84.001 - 84.00066667 = 0.00033333, fee 0.0420005
  EXPECT_EQ(v.wallet(a) - before, 33'333 - 4'200'050);
  EXPECT_EQ(v.held(a).cost.raw(), 16'800'133'333);
  // b bought back one of its three shorts: received 252.002, the cost that leaves is rounded down
  // to 84.00066666.
  EXPECT_EQ(v.held(b).cost.raw(), 25'200'200'000 - 8'400'066'666);
}

// Fees are rounded up and rebates down: 84 USDT at 0.000333333333333 is 2,799,999.99..., at
// 0.000111111111111 933,333.33...
TEST(Ledger, RebateAndRoundingOfFees) {
  ExchangeSetup setup = still_venue();
  setup.listings[kPerp].rules.fees->taker = Rate::raw(333'333'333'333);
  setup.listings[kPerp].rules.fees->maker = Rate::raw(-111'111'111'111);
  Venue v(setup);
  const AccountId a = v.open(1'000), b = v.open(1'000);
  v.buys(a, b, 84'000, 0.001);
  EXPECT_EQ(v.wallet(a), 1'000 * kCoin - 2'800'000);
  EXPECT_EQ(v.wallet(b), 1'000 * kCoin + 933'333);
  EXPECT_EQ(v.fees(), 2'800'000 - 933'333);
  const auto fills = v.notices<Fill>();
  ASSERT_EQ(fills.size(), 2u);
  EXPECT_TRUE(fills[0].maker);
  EXPECT_EQ(fills[0].fee.raw(), -933'333);
  EXPECT_EQ(fills[1].fee.raw(), 2'800'000);
}

// Contracts of 100 USD settled in BTC: 84 at 84,000 are worth 0.1 BTC.
TEST(Ledger, InverseProfitAndFlip) {
  Venue v(still_venue());
  const AccountId a = v.open(0, 1), b = v.open(0, 1), c = v.open(0, 1);
  v.buys(a, b, 84'000, 84, kInverse);
  EXPECT_EQ(v.wallet(a, kBtc), kCoin - 5'000);  // 5 bp of 10,000,000
  EXPECT_EQ(v.wallet(b, kBtc), kCoin - 2'000);
  EXPECT_EQ(v.held(a, kInverse).cost.raw(), 10'000'000);
  // At 80,000 the long has lost 8,400 / 80,000 - 8,400 / 84,000 = 0.005 BTC. 126 are worth 0.1575:
  // 84 of them close for 0.105, 42 open a short at 0.0525. Fee 7,875.
  v.sells(a, c, 80'000, 126, kInverse);
  EXPECT_EQ(v.wallet(a, kBtc), kCoin - 5'000 - 500'000 - 7'875);
  EXPECT_EQ(v.position(a, kInverse), -qty(42).raw());
  EXPECT_EQ(v.held(a, kInverse).cost.raw(), 5'250'000);
  // The short gains as the price falls: 4,200 / 75,000 = 0.056 against 0.0525, fee 2,800.
  v.buys(a, b, 75'000, 42, kInverse);
  EXPECT_EQ(v.wallet(a, kBtc), kCoin - 5'000 - 500'000 - 7'875 + 350'000 - 2'800);
  EXPECT_TRUE(v->positions(a).empty());
  // 100 / 83,999 = 0.00119049036...: one value for both sides, rounded down.
  v.buys(a, b, 83'999, 1, kInverse);
  EXPECT_EQ(v.held(a, kInverse).cost.raw(), 119'049);
}

TEST(Ledger, OptionPremiumIsACost) {
  Venue v(still_venue("deribit"));
  const AccountId a = v.open(0, 1), b = v.open(0, 2);
  v.mark(kCall, 0.05);
  // 2 calls at 0.05: value 0.1 BTC, fee 3 bp of the premium: 3,000. Mark 0.05: no profit yet.
  v.buys(a, b, 0.05, 2, kCall);
  EXPECT_EQ(v.held(a, kCall).cost.raw(), 10'000'000);
  EXPECT_EQ(v.wallet(a, kBtc), kCoin - 3'000);
  v.mark(kCall, 0.08);
  EXPECT_EQ(v.pool(a, kBtc)->equity.raw(), kCoin - 3'000 + 6'000'000);
  // Short 2: maintenance (0.075 + 0.08) * 2 = 0.31; initial: strike 85,000 is 1,000 / 84,000 out of
  // the money = 0.011904761904761 (down), (0.15 - 0.011904761904761 + 0.08) * 2 = 0.43619047619...:
  // up.
  const std::optional<PoolView> pool = v.pool(b, kBtc);
  EXPECT_EQ(pool->maintenance.raw(), 31'000'000);
  EXPECT_EQ(pool->initial.raw(), 43'619'048);
  EXPECT_EQ(pool->equity.raw(), 2 * kCoin - 3'000 - 6'000'000);
}

// --- Spot ---

TEST(Spot, BalancesHeldAmountsAndFeesInWhatIsReceived) {
  Venue v(still_venue());
  const AccountId a = v.open(10'000), b = v.open(0, 1);
  // A bid of 0.1 at 80,000 holds 8,000: 2,000 are left.
  const OrderId bid = v.stands(Venue::limit(a, Side::buy, 80'000, 0.1, kSpot));
  EXPECT_EQ(v.send(Withdraw{a, kUsdt, Amount::raw(2'000 * kCoin + 1)}), Reject::not_enough_balance);
  EXPECT_EQ(v.send(Venue::limit(a, Side::buy, 80'000, 0.026, kSpot)), Reject::not_enough_balance);
  // An offer of 0.4 holds 0.4 of b's coin.
  const OrderId offer = v.stands(Venue::limit(b, Side::sell, 90'000, 0.4, kSpot));
  EXPECT_EQ(v.send(Venue::limit(b, Side::sell, 90'000, 0.601, kSpot)), Reject::not_enough_balance);
  EXPECT_EQ(v.send(Withdraw{b, kBtc, Amount::raw(60'000'001)}), Reject::not_enough_balance);
  EXPECT_EQ(v.send(CancelOrder{b, kSpot, offer}), Reject::none);
  // b sells 0.04 into the bid: 3,200 less 5 bp = 3,198.4 for b, 0.04 less 2 bp = 0.039992 for a.
  EXPECT_EQ(v.send(Venue::limit(b, Side::sell, 80'000, 0.04, kSpot)), Reject::none);
  EXPECT_EQ(v.wallet(b, kUsdt), units(3'198.4));
  EXPECT_EQ(v.wallet(b, kBtc), units(0.96));
  EXPECT_EQ(v.wallet(a, kUsdt), units(6'800));
  EXPECT_EQ(v.wallet(a, kBtc), units(0.039992));
  EXPECT_EQ(v.fees(kUsdt), units(1.6));
  EXPECT_EQ(v.fees(kBtc), units(0.000008));
  // 0.06 are left in the bid: 4,800 of 6,800 stay held. Less of the order holds less: 0.02 hold
  // 1,600.
  EXPECT_EQ(v.send(Withdraw{a, kUsdt, Amount::raw(2'000 * kCoin + 1)}), Reject::not_enough_balance);
  EXPECT_EQ(v.send(ReduceOrder{a, kSpot, bid, qty(0.02)}), Reject::none);
  EXPECT_EQ(v.send(Withdraw{a, kUsdt, Amount::raw(5'200 * kCoin + 1)}), Reject::not_enough_balance);
  EXPECT_EQ(v.send(Withdraw{a, kUsdt, Amount::raw(5'200 * kCoin)}), Reject::none);
  EXPECT_TRUE(v->positions(a).empty());
}

TEST(Spot, WhatDoesNotApplyIsRefused) {
  Venue v(still_venue());
  const AccountId a = v.open(10'000, 1);
  SubmitOrder reduce = Venue::limit(a, Side::sell, 90'000, 0.1, kSpot);
  reduce.reduce_only = true;
  EXPECT_EQ(v.send(reduce), Reject::nothing_to_reduce);
  EXPECT_EQ(v.send(SetLeverage{a, kSpot, Leverage::raw(200)}), Reject::no_such_mode);
  EXPECT_EQ(v.send(SetMarginMode{a, kSpot, MarginMode::isolated}), Reject::no_such_mode);
  EXPECT_EQ(v.send(PublishMark{kSpot, price(84'000)}), Reject::no_such_mode);
  EXPECT_EQ(v.send(Venue::stop(a, Side::sell, 80'000, 0.1, TriggerBy::mark, kSpot)),
            Reject::no_such_mode);
}

// A market buy that lets its own orders expire meets dearer ones: it must be able to pay those.
TEST(Spot, MarketBuyPaysWhatItReallyMeets) {
  Venue v(still_venue());
  const AccountId a = v.open(8'400, 0.1), b = v.open(0, 1);
  EXPECT_EQ(v.send(Venue::limit(a, Side::sell, 84'000, 0.1, kSpot)), Reject::none);
  EXPECT_EQ(v.send(Venue::limit(b, Side::sell, 90'000, 0.1, kSpot)), Reject::none);
  SubmitOrder buy = Venue::market(a, Side::buy, 0.1, kSpot);
  buy.self_trade = SelfTrade::expire_maker;
  EXPECT_EQ(v.send(buy), Reject::not_enough_balance);  // 9,000, not 8,400
  v.give(a, kUsdt, 600);
  EXPECT_EQ(v.send(buy), Reject::none);
  EXPECT_EQ(v.wallet(a, kUsdt), 0);
  EXPECT_EQ(v.wallet(a, kBtc), units(0.1 + 0.09995));
}

// 100 contracts at 84,000 are 0.1190476190... BTC; at 10x they ask for 0.0119047620 (up).
TEST(Spot, CollateralThatBacksPositionsCannotBeSoldOrWithdrawn) {
  Venue v(still_venue());
  const AccountId a = v.open(0, 0.1), b = v.open(0, 1), c = v.open(100'000);
  v.buys(a, b, 84'000, 100, kInverse);
  const int64_t wallet = 10'000'000 - 5'953;  // fee: 5 bp of 11,904,761 (down) is 5,952.38, up
  EXPECT_EQ(v.wallet(a, kBtc), wallet);
  EXPECT_EQ(v.pool(a, kBtc)->initial.raw(), 1'190'477);  // 11,904,762 / 10, up
  // Free: 9,994,047 - 1 (the value at entry was rounded down, and now up) - 1,190,477 = 8,803,569.
  EXPECT_EQ(v.send(Venue::limit(a, Side::sell, 84'000, 0.089, kSpot)), Reject::not_enough_margin);
  const OrderId offer = v.stands(Venue::limit(a, Side::sell, 84'000, 0.088, kSpot));
  // What the order holds can neither be withdrawn nor back anything else.
  EXPECT_EQ(v.send(Withdraw{a, kBtc, Amount::raw(100'000)}), Reject::not_enough_margin);
  EXPECT_EQ(v.send(Venue::limit(a, Side::buy, 84'000, 2, kInverse)), Reject::not_enough_margin);
  EXPECT_EQ(v.send(CancelOrder{a, kSpot, offer}), Reject::none);
  EXPECT_EQ(v.send(Withdraw{a, kBtc, Amount::raw(100'000)}), Reject::none);
  EXPECT_GT(c, b);
}

// A coin that an order may sell at any moment is no collateral: the position is liquidated before
// the sale could leave a debt.
TEST(Spot, HeldCoinsDoNotBackPositions) {
  Venue v(still_venue());
  v.give(kFund, kBtc, 1);
  const AccountId a = v.open(0, 0.1), b = v.open(0, 10), c = v.open(100'000);
  v.buys(a, b, 84'000, 100, kInverse);
  v.stands(Venue::limit(a, Side::sell, 90'000, 0.088, kSpot));
  // At 76,000: value 10,000 / 76,000 = 0.13157895, loss 0.01253134; wallet 0.09994047 - 0.088 =
  // 0.01194047 free. Equity without what is held: - 0.00059. With it the account could lose the
  // coin and owe.
  EXPECT_EQ(v.send(Venue::limit(b, Side::buy, 75'900, 100, kInverse)), Reject::none);
  v.index(76'000);
  v.mark(kInverse, 76'000);
  EXPECT_EQ(v.send(Venue::limit(c, Side::buy, 90'000, 0.088, kSpot)), Reject::none);
  EXPECT_GE(v.wallet(a, kBtc), 0);
  v.tick();
  EXPECT_GE(v.wallet(a, kBtc), 0);
  EXPECT_EQ(v->wallet(kFund, kBtc) >= coins(1), true) << "the fund paid for a coin that was sold";
}

// --- Withdrawals ---

TEST(Withdrawal, TakesNoUnrealisedProfit) {
  Venue v(still_venue());
  const AccountId a = v.open(10'000), b = v.open(1'000'000);
  v.buys(a, b, 84'000, 1);  // fee 42
  v.mark(kPerp, 90'000);    // profit 6,000; initial 9,000; wallet 9,958
  EXPECT_EQ(v.pool(a, kUsdt)->equity.raw(), units(15'958));
  // Equity 15,958 - 9,000 would leave 6,958 free; without the profit 958.
  EXPECT_EQ(v.send(Withdraw{a, kUsdt, Amount::raw(958 * kCoin + 1)}), Reject::not_enough_margin);
  EXPECT_EQ(v.send(Withdraw{a, kUsdt, Amount::raw(958 * kCoin)}), Reject::none);
  // A loss counts whole: equity 9,000 - 4,000 = 5,000 against 8,000.
  v.mark(kPerp, 80'000);
  EXPECT_EQ(v.send(Withdraw{a, kUsdt, Amount::raw(1)}), Reject::not_enough_margin);
  EXPECT_EQ(v.send(Withdraw{a, kUsdt, Amount()}), Reject::bad_amount);
  EXPECT_EQ(v.send(Withdraw{a, 2, Amount::raw(1)}), Reject::no_such_coin);
  EXPECT_EQ(v.send(Withdraw{99, kUsdt, Amount::raw(1)}), Reject::no_such_account);
  EXPECT_EQ(v.send(Withdraw{kFund, kUsdt, Amount::raw(1)}), Reject::not_allowed);
}

// --- Several coins as collateral ---

// 1 BTC after 5 % haircut backs a long of 1 BTC: equity 0.95 p - 42 + (p - 84,000), maintenance 0.4
// % of p. They meet at 84,042 / 1.946 = 43,187.05.
TEST(MultiAsset, LiquidatedWhenTheCoinFallsAndTheFundTakesTheCoin) {
  Venue v(still_venue());
  v.give(kFund, kUsdt, 100'000);
  const AccountId a = v.open(0, 1, {.collateral = CollateralMode::multi_asset}),
                  b = v.open(1'000'000);
  v.buys(a, b, 84'000, 1);
  EXPECT_EQ(v.wallet(a, kUsdt), units(-42));  // a debt, counted whole
  EXPECT_EQ(v.pool(a, std::nullopt)->equity.raw(), units(79'758));
  v.index(43'188);
  v.mark(kPerp, 43'188);
  // 41,028.6 - 42 - 40,812 = 174.6 against 172.752
  EXPECT_EQ(v.pool(a, std::nullopt)->equity.raw(), units(174.6));
  EXPECT_EQ(v.pool(a, std::nullopt)->maintenance.raw(), units(172.752));
  EXPECT_EQ(v.position(a), qty(1).raw());
  EXPECT_EQ(v.send(Venue::limit(b, Side::buy, 43'100, 1)), Reject::none);
  v.index(43'187);
  v.mark(kPerp, 43'187);
  // 41,027.65 - 42 - 40,813 = 172.65 against 172.748. The bankruptcy price is 43,187 - 172.65 =
  // 43,014.35: the bid of 43,100 is within it. Liquidation fee 1.25 % of 43,100 = 538.75 to the
  // fund.
  const auto told = v.notices<LiquidationStarted>();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].equity.raw(), units(172.65));
  EXPECT_EQ(told[0].maintenance.raw(), units(172.748));
  EXPECT_EQ(v.position(a), 0);
  // - 42 - 40,900 - 538.75 = - 41,480.75 against a coin of 41,027.65: the fund takes the coin and
  // pays the debt.
  EXPECT_EQ(v.wallet(a, kUsdt), 0);
  EXPECT_EQ(v.wallet(a, kBtc), 0);
  EXPECT_EQ(v.wallet(kFund, kUsdt), units(100'000 + 538.75 - 41'480.75));
  EXPECT_EQ(v.wallet(kFund, kBtc), kCoin);
  const auto covered = v.notices<DeficitCovered>();
  ASSERT_EQ(covered.size(), 1u);
  EXPECT_EQ(covered[0].amount.raw(), units(41'480.75));
  EXPECT_EQ(v->shortfall(kUsdt).raw(), 0);
}

// A debt without positions still needs its collateral.
TEST(MultiAsset, CollateralOfADebtStays) {
  Venue v(still_venue());
  const AccountId a = v.open(0, 1, {.collateral = CollateralMode::multi_asset}),
                  b = v.open(1'000'000);
  v.buys(a, b, 84'000, 1);
  v.sells(a, b, 80'000, 1);
  EXPECT_EQ(v.wallet(a, kUsdt), units(-42 - 4'000 - 40));  // - 4,082
  EXPECT_EQ(v.send(Withdraw{a, kBtc, Amount::raw(kCoin)}), Reject::not_enough_margin);
  // Selling it for a song would leave the debt behind as well.
  EXPECT_EQ(v.send(Venue::limit(a, Side::sell, 1'000, 1, kSpot)), Reject::not_enough_margin);
  // 4,082 / (84,000 * 0.95) = 0.0511528822 BTC must stay, up to the last unit.
  EXPECT_EQ(v.send(Withdraw{a, kBtc, Amount::raw(kCoin - 5'115'288)}), Reject::not_enough_margin);
  EXPECT_EQ(v.send(Withdraw{a, kBtc, Amount::raw(kCoin - 5'115'289)}), Reject::none);
  EXPECT_EQ(v.send(SetCollateralMode{a, CollateralMode::single_coin}), Reject::not_enough_balance);
}

// --- Portfolio margin ---

// Long 84 contracts at 84,000: 0.1 BTC. The worst of the grid is - 16 %: 0.1 * (1 / 0.84 - 1) =
// 0.019047619; roll shock 1 %: 0.001. Initial 0.0200476190..., maintenance 80 % of it.
TEST(Portfolio, FutureAloneByHand) {
  Venue v(still_venue("deribit"));
  const AccountId a = v.open(0, 1, {.collateral = CollateralMode::portfolio}), b = v.open(0, 1);
  v.buys(a, b, 84'000, 84, kInverse);
  const std::optional<PoolView> pool = v.pool(a, kBtc);
  EXPECT_EQ(pool->initial.raw(), 2'004'762);
  EXPECT_EQ(pool->maintenance.raw(), 1'603'810);
}

TEST(Portfolio, CoveredCallNeedsLessThanItsParts) {
  Venue v(still_venue("deribit"));
  v.mark(kCall, 0.01);
  const AccountId whole = v.open(0, 1, {.collateral = CollateralMode::portfolio});
  const AccountId call = v.open(0, 1, {.collateral = CollateralMode::portfolio});
  const AccountId future = v.open(0, 1, {.collateral = CollateralMode::portfolio});
  const AccountId standard = v.open(0, 1), other = v.open(0, 10);
  for (const AccountId a : {whole, call, standard}) v.sells(a, other, 0.01, 0.1, kCall);
  for (const AccountId a : {whole, future, standard}) v.buys(a, other, 84'000, 84, kInverse);
  const int64_t together = v.pool(whole, kBtc)->initial.raw();
  const int64_t alone = v.pool(call, kBtc)->initial.raw() + v.pool(future, kBtc)->initial.raw();
  EXPECT_GT(together, 0);
  EXPECT_LT(together, alone);
  EXPECT_LT(together, v.pool(standard, kBtc)->initial.raw());
  // The same as margin's own evaluation.
  const auto plain = margin::evaluate(v->account(whole), v->prices(), v->rulebooks());
  ASSERT_TRUE(plain.has_value());
  const auto& pools = plain.value().pools;
  const auto twin = std::find_if(pools.begin(), pools.end(),
                                 [](const margin::Pool& p) { return p.coin == kBtc; });
  ASSERT_NE(twin, pools.end());
  EXPECT_EQ(twin->initial.raw(), together);
  EXPECT_EQ(twin->maintenance, v.pool(whole, kBtc)->maintenance);
}

// 840 contracts are 1 BTC at 84,000 and 840 * 100 / p later. Wallet w: equity w + 1 - 84,000 / p
// against 0.8 * (84,000 / p) * (0.16 / 0.84 + 0.01) = 0.16038095 * 84,000 / p. With w = 0.25 (less
// the fee of 0.0005): p = 84,000
// * 1.16038095 / 1.2495 = 78,009.2.
TEST(Portfolio, LiquidatedWhenTheBoundIsCrossed) {
  Venue v(still_venue("deribit"));
  const AccountId a = v.open(0, 0.25, {.collateral = CollateralMode::portfolio}), b = v.open(0, 10);
  v.buys(a, b, 84'000, 840, kInverse);
  for (const double p : {78'020.0, 78'012.0}) {
    v.index(p);
    v.mark(kInverse, p);
    EXPECT_EQ(v.notices<LiquidationStarted>().size(), 0u) << p;
  }
  EXPECT_EQ(v.send(Venue::limit(b, Side::buy, 78'000, 840, kInverse)), Reject::none);
  v.index(78'006);
  v.mark(kInverse, 78'006);
  EXPECT_EQ(v.notices<LiquidationStarted>().size(), 1u);
  EXPECT_LT(v.position(a, kInverse), qty(840).raw());
  EXPECT_GT(v.position(a, kInverse), 0) << "only as much as restores the margin";
  EXPECT_FALSE(v.pool(a, kBtc)->liquidated);
}

}  // namespace
}  // namespace delever::exchange
