// Liquidation by each venue's steps, with every price and amount worked out: the book, the fund,
// the vault, the queue of the deleveraged, socialised losses, and the next one who falls.
#include "exchange/timed_exchange_testing.h"

namespace delever::exchange {
namespace {

using namespace fixture;
using Levels = Venue::Levels;

ExchangeSetup with_fee(std::string_view venue, double fee) {
  ExchangeSetup setup = still_venue(venue);
  setup.listings[kPerp].rules.fees->liquidation = Rate::nearest(fee).value();
  return setup;
}

// A long at 84,000 whose wallet holds `wallet` after the fee of 5 bp.
struct Longs {
  Venue& v;
  AccountId seller;
  AccountId open(double wallet, double size, double leverage) {
    const AccountId a = v.open(wallet + size * 42);
    EXPECT_EQ(v.send(SetLeverage{a, kPerp, Leverage::nearest(leverage).value()}), Reject::none);
    v.buys(a, seller, 84'000, size);
    EXPECT_EQ(v.wallet(a), units(wallet));
    return a;
  }
};

// --- Binance ---

// Equity 1,000 + p - 84,000 meets 0.4 % of p at 83,333.33.
TEST(Binance, TriggerAtEqualityAndMarginCallBefore) {
  Venue v(with_fee("binance", 0));
  const AccountId b = v.open(1'000'000);
  const AccountId a = Longs{v, b}.open(1'000, 1, 100);
  v.give(kFund, kUsdt, 10'000);
  v.mark(kPerp, 83'418);  // 333.672 is less than 80 % of 418
  EXPECT_TRUE(v.notices<MarginCall>().empty());
  v.mark(kPerp, 83'417);  // 333.668 against 333.6
  ASSERT_EQ(v.notices<MarginCall>().size(), 1u);
  EXPECT_EQ(v.notices<MarginCall>()[0].equity, coins(417));
  EXPECT_EQ(v.notices<MarginCall>()[0].maintenance, coins(333.668));
  v.mark(kPerp, 83'400);
  EXPECT_TRUE(v.notices<MarginCall>().empty()) << "once";
  v.mark(kPerp, 83'334);  // 334 against 333.336
  EXPECT_TRUE(v.notices<LiquidationStarted>().empty());
  v.mark(kPerp, 83'333);  // 333 against 333.332
  ASSERT_EQ(v.notices<LiquidationStarted>().size(), 1u);
  EXPECT_EQ(v.notices<LiquidationStarted>()[0].account, a);
}

// With a fee of 0.1 % closing x at the mark leaves 333 - 83.333 x against 333.332 (1 - x): safe
// from 0.002.
TEST(Binance, ReducesToSafetyAndNoFurther) {
  Venue v(with_fee("binance", 0.001));
  const AccountId b = v.open(1'000'000);
  const AccountId a = Longs{v, b}.open(1'000, 1, 100);
  const int64_t fund = v.wallet(kFund);
  const OrderId own = v.stands(Venue::limit(a, Side::sell, 90'000, 0.5));
  v.stands(Venue::limit(b, Side::buy, 83'300, 5));
  v.mark(kPerp, 83'333);
  ASSERT_EQ(v.notices<OrderFinished>().size(), 1u);
  EXPECT_EQ(v.notices<OrderFinished>()[0].order, own) << "its orders go first";
  EXPECT_EQ(v.position(a), qty(0.998).raw());
  // 0.002 at 83,300 lose 1.4, fee 0.1666.
  EXPECT_EQ(v.wallet(a), units(1'000 - 1.4 - 0.1666));
  EXPECT_EQ(v.wallet(kFund) - fund, units(0.1666));
  EXPECT_FALSE(v.pool(a, kUsdt)->liquidated);
  EXPECT_EQ(v->last(kPerp), price(83'300));
  const std::vector<Liquidation> told = v.events<Liquidation>(kPerp);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].position_side, PositionSide::long_side);
  EXPECT_EQ(told[0].order_price, price(83'000));  // 84,000 - 1,000: nothing would be left
  EXPECT_EQ(told[0].average_price, price(83'300));
  EXPECT_EQ(told[0].order_qty, qty(0.002));
  EXPECT_EQ(told[0].filled_qty, qty(0.002));
  EXPECT_EQ(v.send(Venue::limit(a, Side::sell, 90'000, 0.5)), Reject::none) << "it may trade again";
}

// A fee of 1.25 % is more than the equity: all of it must go, down to the bankruptcy price 83,000.
// The book takes 0.4 at 83,200 (- 320, fee 416): 264 are left of the wallet, the bid of 82,900 is
// beyond. The fund takes 0.6 at the price that leaves exactly nothing: 50,400 - 264 = 50,136,
// 83,560 each.
TEST(Binance, BankruptcyLimitThenTakeoverLeavesExactlyNothing) {
  Venue v(with_fee("binance", 0.0125));
  const AccountId b = v.open(1'000'000);
  const AccountId a = Longs{v, b}.open(1'000, 1, 100);
  v.give(kFund, kUsdt, 10'000);
  v.stands(Venue::limit(b, Side::buy, 83'200, 0.4));
  v.stands(Venue::limit(b, Side::buy, 82'900, 1));
  v.mark(kPerp, 83'333);
  EXPECT_EQ(v.wallet(a), 0);
  EXPECT_TRUE(v->positions(a).empty());
  const std::vector<Liquidation> told = v.events<Liquidation>(kPerp);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].order_price, price(83'000));
  EXPECT_EQ(told[0].average_price, price(83'200));
  EXPECT_EQ(told[0].order_qty, qty(1));
  EXPECT_EQ(told[0].filled_qty, qty(0.4));
  EXPECT_EQ(told[1].order_price, price(83'560));
  EXPECT_EQ(told[1].filled_qty, qty(0.6));
  ASSERT_EQ(v.notices<PositionTakenOver>().size(), 1u);
  EXPECT_EQ(v.notices<PositionTakenOver>()[0].counterparty, kFund);
  EXPECT_EQ(v.notices<PositionTakenOver>()[0].value, coins(50'136));
  // The fund sells 5 % of it at once, 0.03, no worse than 1 % from the mark (82,499): 2,487 against
  // 2,506.8.
  EXPECT_EQ(v.position(kFund), qty(0.57).raw());
  EXPECT_EQ(v.wallet(kFund), units(10'000 + 416 - 19.8));
  v.tick();  // 5 % of 0.57, up: 0.029
  EXPECT_EQ(v.position(kFund), qty(0.541).raw());
  // Beyond 1 % from the mark it does not sell.
  v.mark(kPerp, 84'000);
  EXPECT_EQ(v.position(kFund), qty(0.541).raw());
}

// a, long 1, is at - 500 with nobody in the book and nothing in the fund. At its bankruptcy price
// 83,000 the shorts close: first c, whose rank is highest (the same profit on a smaller wallet),
// whole; then 0.4 of d.
TEST(Binance, EmptyFundDeleveragesInRankAtOnePrice) {
  Venue v(with_fee("binance", 0));
  const AccountId maker = v.open(1'000'000);
  const AccountId c = v.open(10'000), d = v.open(500'000), e = v.open(1'000'000), a = v.open(1'042);
  EXPECT_EQ(v.send(SetLeverage{a, kPerp, Leverage::raw(10'000)}), Reject::none);
  v.stands(Venue::limit(maker, Side::buy, 84'000, 2));
  EXPECT_EQ(v.send(Venue::limit(d, Side::sell, 84'000, 1.4)), Reject::none);
  EXPECT_EQ(v.send(Venue::limit(c, Side::sell, 84'000, 0.6)), Reject::none);
  v.stands(Venue::limit(maker, Side::sell, 84'000, 2));
  EXPECT_EQ(v.send(Venue::limit(a, Side::buy, 84'000, 1)), Reject::none);
  EXPECT_EQ(v.send(Venue::limit(e, Side::buy, 84'000, 1)), Reject::none);
  SubmitOrder closing = Venue::limit(c, Side::buy, 70'000, 0.5);
  closing.reduce_only = true;
  v.stands(closing);
  v.stands(Venue::limit(c, Side::buy, 69'000, 0.1));
  closing = Venue::limit(d, Side::buy, 70'500, 1.2);
  closing.reduce_only = true;
  v.stands(closing);
  const int64_t at_c = v.wallet(c), at_d = v.wallet(d);
  v.mark(kPerp, 82'500);
  EXPECT_EQ(v.wallet(a), 0);
  EXPECT_EQ(v.position(a), 0);
  const auto adl = v.notices<PositionDeleveraged>();
  ASSERT_EQ(adl.size(), 2u);
  EXPECT_EQ(adl[0].counterparty, c);
  EXPECT_EQ(adl[0].qty, qty(0.6));
  EXPECT_EQ(adl[0].value, coins(49'800));
  EXPECT_EQ(adl[0].price, price(83'000));
  EXPECT_EQ(adl[1].counterparty, d);
  EXPECT_EQ(adl[1].qty, qty(0.4));
  EXPECT_EQ(adl[1].price, price(83'000));
  EXPECT_EQ(v.wallet(c) - at_c, units(600));
  EXPECT_EQ(v.wallet(d) - at_d, units(400));
  EXPECT_EQ(v.position(c), 0);
  EXPECT_EQ(v.position(d), -qty(1).raw());
  EXPECT_EQ(v.position(e), qty(1).raw());
  // c's reduce-only order is gone and its other one stands; of d's 1.2 one is left to close.
  EXPECT_EQ(v.levels(Side::buy), (Levels{{70'500, 1}, {69'000, 0.1}}));
  EXPECT_EQ(v->shortfall(kUsdt).raw(), 0);
}

// 600 in the fund bear the 500 of the takeover. At 82,300 the fund has - 100: what it holds is
// closed against the shorts at the mark, and 100 are owed by nobody.
TEST(Binance, InsolventFundIsDeleveragedItself) {
  Venue v(with_fee("binance", 0));
  const AccountId b = v.open(1'000'000);
  const AccountId a = Longs{v, b}.open(1'000, 1, 100);
  v.give(kFund, kUsdt, 600);
  v.mark(kPerp, 82'500);
  EXPECT_EQ(v.wallet(a), 0);
  EXPECT_EQ(v.position(kFund), qty(1).raw());
  EXPECT_EQ(v.held(kFund).cost, coins(83'000));
  v.mark(kPerp, 82'300);
  EXPECT_EQ(v.position(kFund), 0);
  EXPECT_EQ(v.position(b), 0);
  EXPECT_EQ(v.wallet(kFund), 0);
  EXPECT_EQ(v->shortfall(kUsdt), coins(100));
  EXPECT_EQ(v.notices<DeficitUncovered>().size(), 1u);
}

TEST(Binance, IsolatedLosesItsMarginAlone) {
  Venue v(with_fee("binance", 0));
  const AccountId b = v.open(1'000'000), a = v.open(10'000);
  v.give(kFund, kUsdt, 10'000);
  EXPECT_EQ(v.send(SetMarginMode{a, kPerp, MarginMode::isolated}), Reject::none);
  EXPECT_EQ(v.send(SetLeverage{a, kPerp, Leverage::raw(10'000)}), Reject::none);
  v.buys(a, b, 84'000, 1);  // 840 aside, fee 42
  v.mark(kPerp, 83'000);    // - 160: bankrupt at 83,160
  EXPECT_EQ(v.position(a), 0);
  EXPECT_EQ(v.wallet(a), units(9'118));
  EXPECT_EQ(v.held(kFund).cost, coins(83'160));
}

// Inverse: 840 contracts at 84,000 are 1 BTC. Wallet 0.01 after the fee. At p the long has 0.01 + 1
// - 84,000 / p left.
TEST(Binance, InverseShortfallIsPaidInCoin) {
  ExchangeSetup setup = still_venue();
  setup.listings[kInverse].rules.fees->liquidation = Rate();
  Venue v(setup);
  const AccountId b = v.open(0, 10), a = v.open(0, 0.0105);
  v.give(kFund, kBtc, 1);
  EXPECT_EQ(v.send(SetLeverage{a, kInverse, Leverage::raw(10'000)}), Reject::none);
  v.buys(a, b, 84'000, 840, kInverse);
  v.mark(kInverse, 80'000);  // 1.05 BTC: - 0.04. Taken over at a value of 1.01
  EXPECT_EQ(v.wallet(a, kBtc), 0);
  EXPECT_EQ(v.held(kFund, kInverse).cost, coins(1.01));
  EXPECT_EQ(v.pool(kFund, kBtc)->equity, coins(0.96));
}

// --- Bybit: one tier at a time, until maintenance is 90 % of equity ---

// 36 BTC are in the third tier: 0.63 % - 3,020. At 82,800: 15,759.04 against 58,900 - 43,200 =
// 15,700. The second tier ends at 2,600,000: 31.400 BTC may stay.
TEST(Bybit, OneTierAtATime) {
  for (const double bid : {82'700.0, 82'500.0}) {
    Venue v(still_venue("bybit"));
    const AccountId b = v.open(10'000'000);
    const AccountId a = Longs{v, b}.open(58'900, 36, 75);
    v.stands(Venue::limit(b, Side::buy, bid, 100));
    v.mark(kPerp, 82'800);
    const std::vector<Liquidation> told = v.events<Liquidation>(kPerp);
    ASSERT_GE(told.size(), 1u);
    EXPECT_EQ(told[0].filled_qty, qty(4.6));
    EXPECT_EQ(told[0].order_price, price(82'364));  // (2,980,800 - 15,700) / 36 = 82,363.9
    if (bid == 82'700) {
      // 15,700 - 460 = 15,240; 0.56 % of 2,599,920 - 1,200 = 13,359.552: 87.7 %
      EXPECT_EQ(v.position(a), qty(31.4).raw());
      EXPECT_EQ(v.pool(a, kUsdt)->equity, coins(15'240));
      EXPECT_EQ(v.pool(a, kUsdt)->maintenance, coins(13'359.552));
    } else {
      // 15,700 - 1,380 = 14,320: 93.3 %. One more: 31,400 * 2,000,000 / 2,599,920 = 24,154 lots
      // stay; 12,146.2 against 9,999.756.
      ASSERT_EQ(told.size(), 2u);
      EXPECT_EQ(told[1].filled_qty, qty(7.246));
      EXPECT_EQ(v.pool(a, kUsdt)->equity, coins(12'146.2));
      EXPECT_EQ(v.pool(a, kUsdt)->maintenance, coins(9'999.756));
    }
  }
}

// --- OKX: two tiers at a time ---

// 37 BTC are in the fourth tier: 1 % - 12,000. At 82,814: 18,641.18 against 62,500 - 43,882 =
// 18,618. Two tiers down ends at 800,000: 37,000 * 800,000 / 3,064,118 = 9,660 lots stay.
TEST(Okx, TwoTiersAtATime) {
  Venue v(still_venue("okx"));
  const AccountId b = v.open(10'000'000);
  const AccountId a = Longs{v, b}.open(62'500, 37, 50);
  v.stands(Venue::limit(b, Side::buy, 82'700, 100));
  v.mark(kPerp, 82'815);
  EXPECT_EQ(v.position(a), qty(37).raw());
  v.mark(kPerp, 82'814);
  EXPECT_EQ(v.position(a), qty(9.66).raw());
  ASSERT_EQ(v.events<Liquidation>(kPerp).size(), 1u);
  EXPECT_EQ(v.events<Liquidation>(kPerp)[0].order_price, price(82'311));
  EXPECT_EQ(v.pool(a, kUsdt)->equity, coins(18'618 - 114 * 27.34));
  EXPECT_EQ(v.pool(a, kUsdt)->maintenance, coins(3'699.9162));
}

// --- Hyperliquid ---

// 2 BTC: 1.25 % of the value, strictly below: 4,300 + 2 p - 168,000 < 0.025 p below 82,886.08.
class Hyperliquid : public testing::Test {
 protected:
  Hyperliquid()
      : v(still_venue("hyperliquid")), b(v.open(10'000'000)), a(Longs{v, b}.open(4'300, 2, 40)) {}
  Venue v;
  AccountId b, a;
};

TEST_F(Hyperliquid, AFifthThenAfterLessThanThirtySecondsAll) {
  v.stands(Venue::limit(b, Side::buy, 82'800, 0.4));
  v.stands(Venue::limit(b, Side::buy, 82'500, 10));
  v.mark(kPerp, 82'887);
  EXPECT_EQ(v.position(a), qty(2).raw());
  v.mark(kPerp, 82'886);  // 0.4 at 82,800, no limit, no fee: 4,300 - 480
  EXPECT_EQ(v.position(a), qty(1.6).raw());
  EXPECT_EQ(v.wallet(a), units(3'820));
  ASSERT_EQ(v.events<Liquidation>(kPerp).size(), 1u);
  EXPECT_EQ(v.events<Liquidation>(kPerp)[0].order_price, std::nullopt);
  EXPECT_EQ(v.events<Liquidation>(kPerp)[0].average_price, price(82'800));
  v.mark(kPerp, 82'600, 29);  // 1,580 against 1,652: all of it, at 82,500
  EXPECT_EQ(v.position(a), 0);
  EXPECT_EQ(v.wallet(a), units(3'820 - 2'400));
}

TEST_F(Hyperliquid, AFifthAgainAfterThirtySeconds) {
  v.stands(Venue::limit(b, Side::buy, 82'800, 0.4));
  v.stands(Venue::limit(b, Side::buy, 82'500, 10));
  v.mark(kPerp, 82'886);
  v.mark(kPerp, 82'600, 30);
  EXPECT_EQ(v.position(a), qty(1.28).raw());
}

TEST_F(Hyperliquid, SmallPositionsGoAtOnce) {
  v.sells(a, b, 84'000,
          1);  // fee 42: 4,258 for 1 BTC. Below 80,750 its value is no more than 100,000 anyway
  v.stands(Venue::limit(b, Side::buy, 80'700, 10));
  v.mark(kPerp, 80'700);  // 958 against 1,008.75
  EXPECT_EQ(v.position(a), 0);
}

// At 82,500: 1,300 is less than two thirds of 2,062.5. The vault takes position and margin at the
// mark.
TEST_F(Hyperliquid, VaultBelowTwoThirds) {
  v.give(kVault, kUsdt, 100'000);
  v.stands(Venue::limit(b, Side::buy, 80'000, 10));
  v.mark(kPerp, 82'500);
  EXPECT_EQ(v.wallet(a), 0);
  EXPECT_EQ(v.position(a), 0);
  EXPECT_EQ(v.wallet(kVault), units(101'300));
  EXPECT_EQ(v.held(kVault).cost, coins(165'000));
  ASSERT_EQ(v.notices<PositionTakenOver>().size(), 1u);
  EXPECT_EQ(v.notices<PositionTakenOver>()[0].counterparty, kVault);
  EXPECT_EQ(v->last(kPerp), price(84'000)) << "nothing went through the book";
}

// Collateral of several coins: the vault takes all of it with the position, each coin as it stands.
// 84,000 on 5 % off 0.06 coin: 4,788 less the fee; at 82,000 minus 0.06 x 1,900 and 4,000 of loss:
// under two thirds of 2,050.
TEST(HyperliquidVault, TakesTheCollateralOfEveryCoin) {
  Venue v(still_venue("hyperliquid"));
  const AccountId b = v.open(10'000'000),
                  a = v.open(100, 0.06, {.collateral = CollateralMode::multi_asset});
  EXPECT_EQ(v.send(SetLeverage{a, kPerp, Leverage::raw(40 * Leverage::scale)}), Reject::none);
  v.buys(a, b, 84'000, 2);
  v.give(kVault, kUsdt, 100'000);
  v.give(kVault, kBtc, 1);
  const int64_t usdt = v.wallet(a), btc = v.wallet(a, kBtc), vault = v.wallet(kVault),
                coin = v.wallet(kVault, kBtc);
  v.index(82'000);
  v.mark(kPerp, 82'000);
  EXPECT_EQ(v.position(a), 0);
  EXPECT_EQ(v.position(kVault), qty(2).raw());
  EXPECT_EQ(v.wallet(a), 0);
  EXPECT_EQ(v.wallet(a, kBtc), 0);
  EXPECT_EQ(v.wallet(kVault, kBtc), coin + btc);
  EXPECT_EQ(v.wallet(kVault), vault + usdt - units(4'000))
      << "at the mark, so its loss is realised in the account";
}

// Without a vault an account below zero is closed at the mark before: 82,900 (4,300 - 2,200 are
// left of it). Of the shorts c has the smaller account and goes first.
TEST_F(Hyperliquid, InsolventVaultDeleveragesAtThePreviousMark) {
  const AccountId c = v.open(12'000), d = v.open(1'000'000), e = v.open(1'000'000);
  v.sells(c, e, 84'000, 1.2);
  v.sells(d, e, 84'000, 0.8);
  v.buys(b, e, 84'000, 2);  // b is flat; c and d hold the shorts
  EXPECT_EQ(v.position(b), 0);
  v.mark(kPerp, 82'900);
  EXPECT_EQ(v.position(a), qty(2).raw());
  const int64_t at_c = v.wallet(c), at_d = v.wallet(d);
  v.mark(kPerp, 81'500);  // 4,300 - 5,000
  const auto adl = v.notices<PositionDeleveraged>();
  ASSERT_EQ(adl.size(), 2u);
  EXPECT_EQ(adl[0].counterparty, c);
  EXPECT_EQ(adl[1].counterparty, d);
  for (const auto& n : adl) EXPECT_EQ(n.price, price(82'900));
  EXPECT_EQ(v.wallet(a), units(2'100));
  EXPECT_EQ(v.wallet(c) - at_c, units(1.2 * 1'100));
  EXPECT_EQ(v.wallet(d) - at_d, units(0.8 * 1'100));
}

// A vault with nothing does not keep an account from the book: at 82,500 it has 1,300 left, and
// 82,000 are bid.
TEST_F(Hyperliquid, InsolventVaultLeavesItToTheBook) {
  v.stands(Venue::limit(b, Side::buy, 82'000, 10));
  v.mark(kPerp, 82'500);  // a fifth, then all
  EXPECT_EQ(v.position(a), qty(1.6).raw());
  v.tick();
  EXPECT_EQ(v.position(a), 0);
  EXPECT_EQ(v.wallet(a), units(300));
}

TEST_F(Hyperliquid, DeleveragedAccountKeepsNoReduceOnlyOrders) {
  SubmitOrder o = Venue::limit(a, Side::sell, 90'000, 2);
  o.reduce_only = true;
  v.stands(o);
  v.mark(kPerp, 81'500);
  EXPECT_EQ(v.position(a), 0);
  EXPECT_EQ(v.levels(Side::sell), Levels{});
}

// --- Deribit ---

// 2 BTC: 1.01 % of the value. 3,500 + 2 p - 168,000 < 0.0202 p below 83,089.2; 0.001 less is
// enough: 1.999 * 83,089 * 0.01009995 = 1,677.55.
TEST(Deribit, InTheBookToSafety) {
  Venue v(still_venue("deribit"));
  const AccountId b = v.open(10'000'000);
  const AccountId a = Longs{v, b}.open(3'500, 2, 10);
  v.stands(Venue::limit(b, Side::buy, 83'088, 10));
  v.mark(kPerp, 83'090);
  EXPECT_EQ(v.position(a), qty(2).raw());
  v.mark(kPerp, 83'089);
  EXPECT_EQ(v.position(a), qty(1.999).raw());
}

// At 82,000 the account has - 500 and sells all at 81,900: - 700. Nobody insures it: the unrealised
// profits of b (4,000) and c (200) pay in proportion, 666.66666667 and 33.33333333.
TEST(Deribit, SocialisedAmongTheWinners) {
  Venue v(still_venue("deribit"));
  const AccountId b = v.open(1'000'000), c = v.open(1'000'000);
  const AccountId a = Longs{v, b}.open(3'500, 2, 10);
  v.stands(Venue::limit(c, Side::buy, 81'900, 10));
  const int64_t at_b = v.wallet(b), at_c = v.wallet(c);
  v.mark(kPerp, 82'000);
  EXPECT_EQ(v.position(a), 0);
  EXPECT_EQ(v.wallet(a), 0);
  ASSERT_EQ(v.notices<ProfitSocialised>().size(), 2u);
  EXPECT_EQ(v.wallet(b) - at_b, -66'666'666'667);
  EXPECT_EQ(v.wallet(c) - at_c, -3'333'333'333 - units(163'800 * 0.0002));
  EXPECT_EQ(v->shortfall(kUsdt).raw(), 0);
}

// With an empty book the pool stays in liquidation and takes no orders until the mark has come
// back.
TEST(Deribit, LockedWhileInLiquidation) {
  Venue v(still_venue("deribit"));
  const AccountId b = v.open(10'000'000), a = v.open(100'000);
  EXPECT_EQ(v.send(SetMarginMode{a, kPerp, MarginMode::isolated}), Reject::none);
  v.buys(a, b, 84'000, 2);  // 16,800 aside
  const int64_t wallet = v.wallet(a);
  v.mark(kPerp, 76'000);  // 800 against 1,535.2
  EXPECT_EQ(v.notices<LiquidationStarted>().size(), 1u);
  EXPECT_EQ(v.position(a), qty(2).raw());
  EXPECT_EQ(v.send(Venue::limit(a, Side::sell, 76'000, 1)), Reject::in_liquidation);
  EXPECT_EQ(v.send(MoveMargin{a, kPerp, PositionSide::long_side, coins(1'000)}),
            Reject::in_liquidation);
  v.tick();
  EXPECT_TRUE(v.notices<LiquidationStarted>().empty()) << "told once";
  v.mark(kPerp, 84'000);
  EXPECT_EQ(v.send(MoveMargin{a, kPerp, PositionSide::long_side, coins(1'000)}), Reject::none);
  EXPECT_EQ(v.wallet(a), wallet - units(1'000));
  EXPECT_EQ(v.send(Venue::limit(a, Side::sell, 84'000, 1)), Reject::none);
}

// --- Drawdown ---

// Bybit: the fund has had 100,000; a loss that would leave it below 70,000 goes to the shorts at
// the bankruptcy price.
TEST(Bybit, FundDrawdownDeleverages) {
  for (const double mark : {81'500.0, 81'000.0}) {
    Venue v(still_venue("bybit"));
    const AccountId b = v.open(10'000'000);
    const AccountId a = Longs{v, b}.open(17'000, 20, 100);  // bankrupt at 83,150
    v.give(kFund, kUsdt, 100'000);
    v.tick();
    v.mark(kPerp, mark);  // - 33,000, - 43,000
    EXPECT_EQ(v.wallet(a), 0);
    EXPECT_EQ(v.notices<PositionDeleveraged>().size(), 1u) << mark;
    EXPECT_EQ(v.notices<PositionDeleveraged>()[0].price, price(83'150));
    EXPECT_EQ(v.position(kFund), 0);
  }
  Venue v(still_venue("bybit"));
  const AccountId b = v.open(10'000'000);
  Longs{v, b}.open(17'000, 20, 100);
  v.give(kFund, kUsdt, 100'000);
  v.tick();
  v.mark(kPerp, 81'700);  // - 29,000
  EXPECT_TRUE(v.notices<PositionDeleveraged>().empty());
  EXPECT_EQ(v.position(kFund), qty(20).raw());
}

// --- Cascade ---

// OKX and Bybit rank by PnL % times effective leverage. At 82,500 a, long 1 from 84,000 with 1,000,
// is at - 500, and the fund is empty. Against it stand two shorts:
//   c, 0.5 from 90,000 on 20,000: 3,750 / 45,000 = 8.33 %, times 41,250 / 23,750 = 1.737: 0.1447
//   d, 1 from 84,000 on 10,000: 1,500 / 84,000 = 1.79 %, times 82,500 / 11,500 = 7.174: 0.1281
// so c gives up all it has, and d the other half. Profit over the wallet would have counted
// leverage twice, 0.326 against 1.076, and taken d whole and c not at all.
TEST(PnlLeverage, ProfitOnTheValueAtEntryRanks) {
  for (const char* venue : {"okx", "bybit"}) {
    Venue v(with_fee(venue, 0));
    const AccountId maker = v.open(10'000'000);
    const AccountId d = v.open(10'042), c = v.open(20'022.5), a = v.open(1'042);
    EXPECT_EQ(v.send(SetLeverage{a, kPerp, Leverage::raw(10'000)}), Reject::none);
    v.sells(c, maker, 90'000, 0.5);
    v.sells(d, maker, 84'000, 1);
    v.buys(a, maker, 84'000, 1);
    EXPECT_EQ(v.wallet(c), units(20'000));
    EXPECT_EQ(v.wallet(d), units(10'000));
    EXPECT_EQ(v.wallet(a), units(1'000));
    v.mark(kPerp, 82'500);
    EXPECT_EQ(v.position(a), 0) << venue;
    const auto adl = v.notices<PositionDeleveraged>();
    ASSERT_EQ(adl.size(), 2u) << venue;
    EXPECT_EQ(adl[0].counterparty, c) << venue;
    EXPECT_EQ(adl[0].qty, qty(0.5)) << venue;
    EXPECT_EQ(adl[1].counterparty, d) << venue;
    EXPECT_EQ(adl[1].qty, qty(0.5)) << venue;
    EXPECT_EQ(v.position(d), -qty(0.5).raw()) << venue;
  }
}

// The mark is the middle of the book. A sale takes the first bid: 82,800. a (2,200: below 82,835)
// must sell into the next at 81,590, which moves the middle to 82,500; there b (2,500: below
// 82,532) must sell at 80,990.
TEST(Cascade, TheFirstForcedSalePutsTheSecondUnderWater) {
  ExchangeSetup setup = still_venue("hyperliquid");
  setup.listings[kPerp].outside_mark = false;
  setup.listings[kPerp].rules.mark =
      MarkRule{.formula = MarkFormula::index_ema, .basis_window = Duration()};
  Venue v(setup);
  v.give(kFund, kUsdt, 10'000);
  const AccountId m = v.open(100'000'000), s = v.open(1'000'000);
  const AccountId a = Longs{v, m}.open(2'200, 1, 40), b = Longs{v, m}.open(2'500, 1, 40);
  for (const double bid : {83'990.0, 81'590.0, 80'990.0})
    v.stands(Venue::limit(m, Side::buy, bid, 1));
  v.stands(Venue::limit(m, Side::buy, 70'000, 10));
  v.stands(Venue::limit(m, Side::sell, 84'010, 10));
  v.tick();
  EXPECT_EQ(v->mark(kPerp), price(84'000));
  EXPECT_EQ(v.send(Venue::market(s, Side::sell, 1)), Reject::none);
  v.tick();
  EXPECT_EQ(v->mark(kPerp), price(82'800));
  EXPECT_EQ(v.position(a), 0);
  EXPECT_EQ(v.position(b), qty(1).raw());
  ASSERT_EQ(v.events<Liquidation>(kPerp).size(), 1u);
  EXPECT_EQ(v.events<Liquidation>(kPerp)[0].average_price, price(81'590));
  EXPECT_EQ(v.wallet(a), 0);  // 2,200 - 2,410: the fund pays 210
  EXPECT_EQ(v.wallet(kFund), units(9'790));
  v.tick();
  EXPECT_EQ(v->mark(kPerp), price(82'500));
  EXPECT_EQ(v.position(b), 0);
  ASSERT_EQ(v.events<Liquidation>(kPerp).size(), 1u);
  EXPECT_EQ(v.events<Liquidation>(kPerp)[0].average_price, price(80'990));
  EXPECT_EQ(v.wallet(kFund), units(9'790 - 510));
}

}  // namespace
}  // namespace delever::exchange
