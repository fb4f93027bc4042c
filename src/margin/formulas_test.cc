// Goal: funding, ADL and dYdX formulas agree with the venues' own figures (rules.md and its worked
// examples).
#include <gtest/gtest.h>

#include "margin/adl.h"
#include "margin/dydx.h"
#include "margin/funding.h"
#include "margin/rulebooks_testing.h"

namespace delever::margin {
namespace {

using namespace fixture;

std::string rate_of(const char* venue, const char* symbol, const char* premium) {
  const Rulebook b = book(venue, symbol);
  return funding_rate(*b.funding, Rate::parse(premium).value(), b).value().text();
}

TEST(Funding, each_venue_its_own_formula) {
  EXPECT_EQ(rate_of("binance", "BTCUSDT", "0.0002"), "0.0001");
  EXPECT_EQ(rate_of("binance", "BTCUSDT", "-0.0008"), "-0.0003");
  EXPECT_EQ(rate_of("okx", "BTC-USDT-SWAP", "0.0005"), "0.0005");
  EXPECT_EQ(rate_of("okx", "BTC-USDT-SWAP", "0.02"), "0.00375");  // capped
  EXPECT_EQ(rate_of("deribit", "BTC_USDC-PERPETUAL", "0.001"), "0.00075");
  EXPECT_EQ(rate_of("deribit", "BTC_USDC-PERPETUAL", "0.0002"), "0");
  EXPECT_EQ(rate_of("deribit", "BTC_USDC-PERPETUAL", "-0.002"), "-0.00175");
  EXPECT_EQ(rate_of("hyperliquid", "BTC", "0.01"), "0.0095");
  EXPECT_EQ(rate_of("hyperliquid", "BTC", "0.9"), "0.32");  // 4 % an hour
  EXPECT_EQ(rate_of("dydx", "Large-Cap", "0.001"), "0.0011");
  EXPECT_EQ(rate_of("dydx", "Large-Cap", "1"), "0.048");
}

TEST(Funding, a_missing_figure_is_said) {
  Rulebook b = book("binance", "BTCUSDT");
  b.funding->interest.reset();
  EXPECT_EQ(funding_rate(*b.funding, Rate(), b).error().fault, Fault::no_evidence);
}

TEST(Funding, payments_are_against_the_holder) {
  const Rate hourly =
      per_interval(Rate::parse("0.0095").value(), Duration::hours(8), Duration::hours(1));
  EXPECT_EQ(hourly.text(), "0.0011875");
  EXPECT_EQ(funding_payment(qty(10), true, price(10'000), hourly)->text(), "118.75");
  EXPECT_EQ(funding_payment(qty(10), false, price(10'000), hourly)->text(), "-118.75");
  const Qty dust = Qty::raw(1);
  EXPECT_EQ(funding_payment(dust, true, price(1), hourly)->raw(), 1);   // pays up
  EXPECT_EQ(funding_payment(dust, false, price(1), hourly)->raw(), 0);  // receives down
  EXPECT_EQ(impact_premium(price(10'100), {}, price(10'000))->text(), "0.01");
  EXPECT_EQ(impact_premium(price(9'900), price(9'950), price(10'000))->text(), "-0.005");
  EXPECT_FALSE(impact_premium({}, {}, Price()));
  EXPECT_EQ(impact_notional(coins(200), times_leverage(20))->text(), "4000");
}

// A pool of 100 coins of wallet: 110 of value bought for 100, so a profit of 10.
AdlInput adl_example() {
  return {.profit = coins(10),
          .value = coins(110),
          .cost = coins(100),
          .wallet = coins(100),
          .equity = coins(110),
          .maintenance = coins(1)};
}

TEST(Adl, scores) {
  const AdlInput in = adl_example();
  EXPECT_NEAR(adl_score(AdlRanking::leverage_pnl, in), 10.0 / 100 * (1.0 / 110), 1e-15);
  EXPECT_NEAR(adl_score(AdlRanking::pnl_leverage, in), 0.1 * 1, 1e-15);
  EXPECT_NEAR(adl_score(AdlRanking::mark_entry_leverage, in), 1.1 * 1, 1e-15);
  EXPECT_EQ(adl_score(AdlRanking::random_opposite, in), 0);
  // Binance's published example: 40.2 on a wallet of 4.27 at a margin ratio of 13.42 %.
  const AdlInput published{.profit = coins(40.2),
                           .value = {},
                           .cost = {},
                           .wallet = coins(4.27),
                           .equity = coins(44.47),
                           .maintenance = coins(44.47 * 0.1342)};
  EXPECT_NEAR(adl_score(AdlRanking::leverage_pnl, published), 1.26343, 1e-5);
}

TEST(Adl, more_leverage_ranks_higher_and_losers_last) {
  const AdlInput low = adl_example();
  AdlInput high = low, loser = low, bankrupt = low;
  high.wallet = coins(20);
  high.equity = coins(30);
  loser.profit = coins(-10);
  bankrupt.equity = coins(-1);
  for (const AdlRanking ranking :
       {AdlRanking::leverage_pnl, AdlRanking::pnl_leverage, AdlRanking::mark_entry_leverage}) {
    EXPECT_GT(adl_score(ranking, high), adl_score(ranking, low));
    EXPECT_EQ(adl_score(ranking, bankrupt), 0);
  }
  EXPECT_EQ(adl_score(AdlRanking::leverage_pnl, loser), 0);
  EXPECT_EQ(adl_score(AdlRanking::pnl_leverage, loser), 0);
}

// Hyperliquid: mark / entry of 1.1 is a long's gain and a short's loss; value and cost of an
// inverse contract stand the other way round.
TEST(Adl, mark_over_entry_by_side) {
  AdlInput in = adl_example();
  const double leverage = 1;
  in.is_long = false;
  EXPECT_NEAR(adl_score(AdlRanking::mark_entry_leverage, in), 1 / 1.1 * leverage, 1e-15);
  in.inverse = true;
  EXPECT_NEAR(adl_score(AdlRanking::mark_entry_leverage, in), 1.1 * leverage, 1e-15);
  in.is_long = true;
  EXPECT_NEAR(adl_score(AdlRanking::mark_entry_leverage, in), 1 / 1.1 * leverage, 1e-15);
}

TEST(Adl, triggers) {
  const DrawdownTrigger fall = adl_drawdown(1e6, 350'000, 0.3, 1);
  EXPECT_TRUE(fall.triggered);
  EXPECT_NEAR(fall.shifted, 50'000, 1e-6);
  EXPECT_FALSE(adl_drawdown(1e6, 299'999, 0.3, 1).triggered);
  EXPECT_NEAR(adl_fund_floor(400'000, 0.3, 50'000), 280'000, 1e-6);
  EXPECT_NEAR(adl_fund_floor(100'000, 0.3, 50'000), 50'000, 1e-6);
}

TEST(Dydx, prices_of_the_protocol) {
  const DydxPosition p{.size = 500,
                       .oracle = 0.801,
                       .total_collateral = 0.5,
                       .total_maintenance = 12.015,
                       .maintenance = 12.015};
  EXPECT_NEAR(*fillable_price(p), 0.766455, 1e-9);
  EXPECT_NEAR(*dydx_bankruptcy_price(p), 0.8, 1e-12);
  EXPECT_NEAR(worst_order_price(0.801, true, 0.03), 0.764955, 1e-12);
  const DydxPosition short_side{.size = -500,
                                .oracle = 1.2,
                                .total_collateral = -10,
                                .total_maintenance = 18,
                                .maintenance = 18};
  EXPECT_NEAR(*fillable_price(short_side), 1.2 + 1.5 * 18 / 500,
              1e-12);  // health below 0: the whole spread
  EXPECT_FALSE(fillable_price({}));
}

TEST(Dydx, open_interest_raises_the_initial_fraction) {
  const LiquidityTierRule tier = *book("dydx", "Small-Cap").liquidity_tier;
  EXPECT_EQ(scaled_initial_fraction(tier, coins(35e6)).text(), "0.55");
  EXPECT_EQ(scaled_initial_fraction(tier, coins(1)).text(), "0.1");
  EXPECT_EQ(scaled_initial_fraction(tier, coins(50e6)).text(), "1");
  EXPECT_EQ(scaled_initial_fraction(*book("dydx", "Large-Cap").liquidity_tier, coins(9e10)).text(),
            "0.02");
  const LiquidationRule rule = *book("dydx", "Large-Cap").liquidation;
  EXPECT_EQ(liquidation_slice(rule, coins(50'000))->text(), "5000");
  EXPECT_EQ(liquidation_slice(rule, coins(2'000))->text(), "1000");
  EXPECT_EQ(liquidation_slice(rule, coins(500))->text(), "500");
  EXPECT_EQ(liquidation_slice(rule, coins(9e6))->text(), "100000");
}

}  // namespace
}  // namespace delever::margin
