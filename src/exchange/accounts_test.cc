// Accounts: hedge mode, leverage and margin modes with each refusal, isolated margin in and out,
// and what a setup must state.
#include "exchange/timed_exchange_testing.h"

namespace delever::exchange {
namespace {

using namespace fixture;

TEST(HedgeMode, LongAndShortStandBesideEachOther) {
  Venue v(still_venue());
  const AccountId a = v.open(100'000, 0, {.hedge = true}), b = v.open(1'000'000);
  v.stands(Venue::limit(b, Side::sell, 84'000, 2));
  v.stands(Venue::limit(b, Side::buy, 83'000, 2));
  SubmitOrder o = Venue::market(a, Side::buy, 1);
  o.position = PositionSide::long_side;
  EXPECT_EQ(v.send(o), Reject::none);
  o.side = Side::sell;
  o.position = PositionSide::short_side;
  EXPECT_EQ(v.send(o), Reject::none);
  const std::vector<PositionView> both = v->positions(a);
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0].side, PositionSide::long_side);
  EXPECT_EQ(both[0].cost, coins(84'000));
  EXPECT_EQ(both[1].side, PositionSide::short_side);
  EXPECT_EQ(both[1].cost, coins(83'000));
  // Selling the long closes it and no more, whatever was asked.
  o.position = PositionSide::long_side;
  o.qty = qty(5);
  EXPECT_EQ(v.send(o), Reject::none);
  ASSERT_EQ(v->positions(a).size(), 1u);
  EXPECT_EQ(v->positions(a)[0].side, PositionSide::short_side);
  // - 42 - 41.5, then - 1,000 - 41.5
  EXPECT_EQ(v.wallet(a), units(100'000 - 42 - 41.5 - 1'000 - 41.5));
  EXPECT_EQ(v.send(o), Reject::nothing_to_reduce);
  EXPECT_EQ(v.send(SetPositionMode{a, false}), Reject::has_position);
  o = Venue::market(a, Side::buy, 1);
  o.position = PositionSide::short_side;
  EXPECT_EQ(v.send(o), Reject::none);
  EXPECT_EQ(v.send(Venue::stop(a, Side::sell, 80'000, 1)), Reject::none);
  EXPECT_EQ(v.send(SetPositionMode{a, false}), Reject::has_position) << "a stop is an order too";
  EXPECT_EQ(v.send(CancelAll{a, {}}), Reject::none);
  EXPECT_EQ(v.send(SetPositionMode{a, false}), Reject::none);
  v.sells(a, b, 83'000, 1);
  EXPECT_EQ(v.position(a), -qty(1).raw());
}

// Both sides' margins count: 8,400 + 8,400 at 10x.
TEST(HedgeMode, BothSidesAskForMargin) {
  Venue v(still_venue());
  const AccountId a = v.open(16'883.99, 0, {.hedge = true}), b = v.open(1'000'000);
  v.stands(Venue::limit(b, Side::sell, 84'000, 1));
  EXPECT_EQ(v.send(Venue::market(a, Side::buy, 1)), Reject::none);
  v.stands(Venue::limit(b, Side::buy, 84'000, 1));
  SubmitOrder o = Venue::market(a, Side::sell, 1);
  o.position = PositionSide::short_side;
  EXPECT_EQ(v.send(o), Reject::not_enough_margin);  // 16,884 with both fees
  v.give(a, kUsdt, 0.01);
  EXPECT_EQ(v.send(o), Reject::none);
  EXPECT_EQ(v.pool(a, kUsdt)->initial.raw(), units(16'800));
  EXPECT_EQ(v.wallet(a), units(16'800));
}

TEST(Leverage, EachRefusal) {
  Venue v(still_venue());  // tiers: 150x to 300,000, 100x to 800,000
  const AccountId a = v.open(10'000), b = v.open(1'000'000);
  EXPECT_EQ(v.send(SetLeverage{a, kPerp, Leverage::raw(0)}), Reject::bad_leverage);
  EXPECT_EQ(v.send(SetLeverage{a, kPerp, Leverage::raw(15'001)}), Reject::bad_leverage);
  EXPECT_EQ(v.send(SetLeverage{a, kCall, Leverage::raw(200)}), Reject::no_such_mode);
  EXPECT_EQ(v.send(SetLeverage{a, kListed, Leverage::raw(200)}), Reject::no_such_instrument);
  EXPECT_EQ(v.send(SetLeverage{kFund, kPerp, Leverage::raw(200)}), Reject::not_allowed);
  EXPECT_EQ(v.send(SetLeverage{a, kPerp, Leverage::raw(15'000)}), Reject::none);
  v.buys(a, b, 84'000, 1);  // 560 at 150x
  EXPECT_EQ(v.pool(a, kUsdt)->initial.raw(), units(560));
  // 84,000 / 8 = 10,500 is more than 9,958; / 9 = 9,333.34 is not.
  EXPECT_EQ(v.send(SetLeverage{a, kPerp, Leverage::raw(800)}), Reject::not_enough_margin);
  EXPECT_EQ(v.held(a).leverage, Leverage::raw(15'000));
  EXPECT_EQ(v.send(SetLeverage{a, kPerp, Leverage::raw(900)}), Reject::none);
  EXPECT_EQ(v.pool(a, kUsdt)->initial.raw(), 933'333'333'334);
  // 4 BTC are 336,000: above the first tier 150x is too much, 100x is not.
  const AccountId c = v.open(100'000);
  EXPECT_EQ(v.send(SetLeverage{c, kPerp, Leverage::raw(10'100)}), Reject::none);
  EXPECT_EQ(v.send(Venue::limit(c, Side::buy, 84'000, 4)), Reject::bad_leverage);
  EXPECT_EQ(v.send(SetLeverage{c, kPerp, Leverage::raw(10'000)}), Reject::none);
  EXPECT_EQ(v.send(Venue::limit(c, Side::buy, 84'000, 4)), Reject::none);
  EXPECT_EQ(v.send(SetLeverage{c, kPerp, Leverage::raw(10'100)}), Reject::bad_leverage);
}

TEST(MarginModes, EachRefusal) {
  Venue v(still_venue("deribit"));
  const AccountId a = v.open(10'000, 1), b = v.open(1'000'000);
  EXPECT_EQ(v.send(SetMarginMode{a, kCall, MarginMode::isolated}), Reject::no_such_mode);
  EXPECT_EQ(v.send(SetMarginMode{a, kListed, MarginMode::isolated}), Reject::no_such_instrument);
  const OrderId id = v.stands(Venue::limit(a, Side::buy, 80'000, 0.1));
  EXPECT_EQ(v.send(SetMarginMode{a, kPerp, MarginMode::isolated}), Reject::has_position);
  EXPECT_EQ(v.send(CancelOrder{a, kPerp, id}), Reject::none);
  v.buys(a, b, 84'000, 0.1);
  EXPECT_EQ(v.send(SetMarginMode{a, kPerp, MarginMode::isolated}), Reject::has_position);
  EXPECT_EQ(v.send(SetCollateralMode{a, CollateralMode::multi_asset}), Reject::has_position);
  v.sells(a, b, 84'000, 0.1);
  EXPECT_EQ(v.send(SetMarginMode{a, kPerp, MarginMode::isolated}), Reject::none);
  EXPECT_EQ(v.send(SetCollateralMode{a, CollateralMode::portfolio}), Reject::none);
  EXPECT_EQ(v.send(SetMarginMode{a, kInverse, MarginMode::isolated}), Reject::no_such_mode);
  ExchangeSetup plain = still_venue();
  for (CoinSetup& coin : plain.coins) coin.scenarios.reset();
  Venue none(plain);
  EXPECT_EQ(none.send(OpenAccount{.collateral = CollateralMode::portfolio}), Reject::no_such_mode);
  EXPECT_EQ(none.send(SetCollateralMode{none.open(0), CollateralMode::portfolio}),
            Reject::no_such_mode);
}

// An isolated position stays isolated when the account's collateral changes, and its orders are
// held against the cross pool of the new mode, which nothing else may have made.
TEST(MarginModes, IsolatedOrdersAfterAChangeOfCollateral) {
  for (const CollateralMode from : {CollateralMode::single_coin, CollateralMode::multi_asset}) {
    const bool single = from == CollateralMode::single_coin;
    Venue v(still_venue());
    const AccountId a = v.open(20'000), b = v.open(1'000'000);
    if (!single) { EXPECT_EQ(v.send(SetCollateralMode{a, from}), Reject::none); }
    EXPECT_EQ(v.send(SetMarginMode{a, kPerp, MarginMode::isolated}), Reject::none);
    EXPECT_EQ(v.send(SetCollateralMode{
                  a, single ? CollateralMode::multi_asset : CollateralMode::single_coin}),
              Reject::none);
    v.buys(a, b, 84'000, 1);
    EXPECT_EQ(v.held(a).margin, coins(8'400));
  }
}

TEST(Isolated, MarginIsSetAsideMovedAndReleased) {
  Venue v(still_venue());
  const AccountId a = v.open(20'000), b = v.open(1'000'000);
  EXPECT_EQ(v.send(MoveMargin{a, kPerp, PositionSide::long_side, coins(1)}), Reject::not_isolated);
  EXPECT_EQ(v.send(SetMarginMode{a, kPerp, MarginMode::isolated}), Reject::none);
  v.buys(a, b, 84'000, 1);  // 8,400 set aside, fee 42 from the wallet
  EXPECT_EQ(v.held(a).margin, coins(8'400));
  EXPECT_EQ(v.wallet(a), units(11'558));
  const auto move = [&](double amount) {
    return v.send(MoveMargin{a, kPerp, PositionSide::long_side, coins(amount)});
  };
  EXPECT_EQ(move(0), Reject::bad_amount);
  EXPECT_EQ(move(11'558.01), Reject::not_enough_balance);
  EXPECT_EQ(move(1'000), Reject::none);
  EXPECT_EQ(v.wallet(a), units(10'558));
  EXPECT_EQ(v.held(a).margin, coins(9'400));
  // Profit cannot be taken out: only what stands above 8,400 at entry and 8,600 at the mark: 800.
  v.mark(kPerp, 86'000);
  EXPECT_EQ(v.pool(a, kUsdt, true)->equity, coins(11'400));
  EXPECT_EQ(move(-800.01), Reject::not_enough_margin);
  EXPECT_EQ(move(-800), Reject::none);
  EXPECT_EQ(v.held(a).margin, coins(8'600));
  // A fall of 2,000 leaves 6,600 against 8,400: nothing may leave.
  v.mark(kPerp, 82'000);
  EXPECT_EQ(move(-0.01), Reject::not_enough_margin);
  // 0.4 sold at 82,000: 3,440 of margin come back with a loss of 800; fee 16.4.
  v.sells(a, b, 82'000, 0.4);
  EXPECT_EQ(v.held(a).margin, coins(5'160));
  EXPECT_EQ(v.wallet(a), units(11'358 + 3'440 - 800 - 16.4));
  v.sells(a, b, 82'000, 0.6);  // 5,160 - 1,200, fee 24.6
  EXPECT_EQ(v.wallet(a), units(13'981.6 + 3'960 - 24.6));
  EXPECT_TRUE(v->positions(a).empty());
}

TEST(Isolated, LowerLeverageSetsMoreAside) {
  Venue v(still_venue());
  const AccountId a = v.open(20'000), b = v.open(1'000'000);
  EXPECT_EQ(v.send(SetMarginMode{a, kPerp, MarginMode::isolated}), Reject::none);
  v.buys(a, b, 84'000, 1);
  EXPECT_EQ(v.send(SetLeverage{a, kPerp, Leverage::raw(400)}),
            Reject::not_enough_margin);  // 21,000 - 8,400 > 11,558
  EXPECT_EQ(v.send(SetLeverage{a, kPerp, Leverage::raw(500)}), Reject::none);  // 16,800
  EXPECT_EQ(v.held(a).margin, coins(16'800));
  EXPECT_EQ(v.wallet(a), units(3'158));
  EXPECT_EQ(v.send(SetLeverage{a, kPerp, Leverage::raw(2'000)}),
            Reject::none);  // nothing comes back
  EXPECT_EQ(v.held(a).margin, coins(16'800));
}

// The wallet has 1,000 and a cross position a profit of 20,000: neither leverage nor margin may be
// paid from it.
TEST(Isolated, UnrealisedProfitDoesNotPay) {
  Venue v(still_venue());
  const AccountId a = v.open(20'000), b = v.open(1'000'000);
  EXPECT_EQ(v.send(SetMarginMode{a, kPerp, MarginMode::isolated}), Reject::none);
  v.buys(a, b, 84'000, 1);           // 8,400 aside
  v.buys(a, b, 84'000, 1, kFuture);  // cross, 8,400 of initial margin
  EXPECT_EQ(v.send(Withdraw{a, kUsdt, coins(3'116)}), Reject::none);  // 8,400 stay
  v.mark(kFuture, 104'000);
  EXPECT_EQ(v.pool(a, kUsdt)->equity, coins(28'400));
  EXPECT_EQ(v.send(SetLeverage{a, kPerp, Leverage::raw(450)}),
            Reject::not_enough_margin);  // 10,266.67 more
  EXPECT_EQ(v.send(MoveMargin{a, kPerp, PositionSide::long_side, coins(8'400.01)}),
            Reject::not_enough_balance);
  EXPECT_EQ(v.send(MoveMargin{a, kPerp, PositionSide::long_side, coins(8'400)}), Reject::none);
  EXPECT_EQ(v.wallet(a), 0);
}

// Long 1 at 84,000 with 8,400 aside; at 77,000 1,400 of it are left. Selling 2 would open a short
// of 1 that asks for 7,700: 6,300 and the fee of 77 must come from the wallet.
TEST(Isolated, AFlipBringsItsWholeMargin) {
  Venue v(still_venue());
  const AccountId a = v.open(8'442 + 6'376.99), b = v.open(1'000'000);
  EXPECT_EQ(v.send(SetMarginMode{a, kPerp, MarginMode::isolated}), Reject::none);
  v.buys(a, b, 84'000, 1);
  v.mark(kPerp, 77'000);
  v.stands(Venue::limit(b, Side::buy, 77'000, 2));
  EXPECT_EQ(v.send(Venue::market(a, Side::sell, 2)), Reject::not_enough_margin);
  v.give(a, kUsdt, 0.01);
  EXPECT_EQ(v.send(Venue::market(a, Side::sell, 2)), Reject::none);
  EXPECT_EQ(v.held(a).margin, coins(7'700));
  EXPECT_EQ(v.wallet(a), 0);
}

// --- Setups ---

std::string refusal(ExchangeSetup setup) {
  const auto opened = Exchange::open(std::move(setup));
  return opened.has_value() ? "accepted" : opened.error().text();
}

TEST(Setup, WhatIsMissingIsNamed) {
  EXPECT_EQ(refusal(small_venue()), "accepted");
  const auto without = [](InstrumentId i, auto take) {
    ExchangeSetup setup = small_venue();
    take(setup.listings[i].rules);
    return refusal(std::move(setup));
  };
  const auto names = [](const std::string& text, std::string_view figure, std::string_view symbol) {
    EXPECT_NE(text.find(figure), std::string::npos) << text;
    EXPECT_NE(text.find(symbol), std::string::npos) << text;
  };
  names(without(kPerp, [](Rulebook& r) { r.contract.reset(); }), "contract", "BTCUSDT");
  names(without(kPerp, [](Rulebook& r) { r.contract->size.reset(); }), "contract.size", "BTCUSDT");
  names(without(kPerp, [](Rulebook& r) { r.contract->tick.reset(); }), "contract.tick", "BTCUSDT");
  names(without(kPerp, [](Rulebook& r) { r.contract->step = Qty(); }), "contract.step", "BTCUSDT");
  names(without(kSpot, [](Rulebook& r) { r.fees->maker.reset(); }), "fees.maker", "BTC-USDT");
  names(without(kPerp, [](Rulebook& r) { r.fees->taker.reset(); }), "fees.taker", "BTCUSDT");
  names(without(kInverse, [](Rulebook& r) { r.ladder.reset(), r.size_margin.reset(); }), "ladder",
        "BTCUSD");
  names(without(kPerp, [](Rulebook& r) { r.liquidation.reset(); }), "liquidation", "BTCUSDT");
  names(without(kPerp, [](Rulebook& r) { r.mark.reset(); }), "mark", "BTCUSDT");
  names(without(kPerp, [](Rulebook& r) { r.mark->basis_window.reset(); }), "mark.basis_window",
        "BTCUSDT");
  names(without(kPerp, [](Rulebook& r) { r.funding->interest.reset(); }), "funding.interest",
        "BTCUSDT");
  names(without(kPerp, [](Rulebook& r) { r.funding->clamp.reset(); }), "funding.clamp", "BTCUSDT");
  names(without(kPerp,
                [](Rulebook& r) {
                  r.liquidation->steps = {LiquidationStep::takeover_backstop};
                  r.liquidation->backstop_fraction.reset();
                }),
        "liquidation.backstop_fraction", "BTCUSDT");
  names(without(kPerp,
                [](Rulebook& r) {
                  r.liquidation->steps = {LiquidationStep::reduce_partial};
                  r.liquidation->partial_fraction.reset();
                }),
        "liquidation.partial_fraction", "BTCUSDT");
  names(without(kCall, [](Rulebook& r) { r.option_margin.reset(); }), "option_margin",
        "BTC-OPTION");
}

TEST(Setup, WhatContradictsItselfIsNamed) {
  const auto with = [](auto change) {
    ExchangeSetup setup = small_venue();
    change(setup);
    return refusal(std::move(setup));
  };
  EXPECT_EQ(with([](ExchangeSetup& s) { s.coins.push_back({.name = "BTC"}); }),
            "BTC: coin listed twice");
  EXPECT_EQ(with([](ExchangeSetup& s) { s.coins[kBtc].index = 4; }),
            "BTC: the coin's index is not listed");
  EXPECT_EQ(with([](ExchangeSetup& s) { s.indices[0].sources.clear(); }),
            "BTC: an index has no source");
  EXPECT_EQ(with([](ExchangeSetup& s) { s.listings[kPerp].index = 1; }),
            "BTCUSDT: its index is not listed");
  EXPECT_EQ(with([](ExchangeSetup& s) { s.listings[kCall].option.reset(); }),
            "C: an option names its strike, nothing else does");
  EXPECT_EQ(with([](ExchangeSetup& s) { s.listings[kPut].expiry.reset(); }),
            "P: an option expires");
  EXPECT_NE(with([](ExchangeSetup& s) {
              s.listings[kPerp].band = {5, 4};
            }).find("the band of ticks is empty"),
            std::string::npos);
  EXPECT_NE(with([](ExchangeSetup& s) {
              s.coins.pop_back();
            }).find("a coin of the contract is not listed"),
            std::string::npos);
  EXPECT_EQ(with([](ExchangeSetup& s) {
              s.indices[0].rule.formula = IndexFormula::clipped_mean;
              s.indices[0].rule.clip.reset();
            }),
            "BTC: the index formula needs `clip`");
}

}  // namespace
}  // namespace delever::exchange
