// Goal: the scenario matrix reproduces Deribit's own replies to 1e-9, and the other venues'
// portfolio rules their examples.
#include "margin/portfolio.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include "base/config.h"
#include "base/source_root.h"
#include "base/text.h"
#include "margin/rulebooks_testing.h"
#include "options/black.h"

namespace delever::margin {
namespace {

using namespace fixture;

// The vectors are JSON; the numbers of one key are read by its name.
std::vector<double> numbers_of(const std::string& json, const std::string& section,
                               const std::string& key) {
  size_t at = json.find("\"" + key + "\"", json.find("\"" + section + "\""));
  if (at == json.npos) return {};
  at = json.find(':', at) + 1;
  const size_t open = json.find_first_not_of(" \n", at);
  const size_t end = json[open] == '[' ? json.find(']', open) : json.find_first_of(",}\n", open);
  std::vector<double> out;
  for (std::string_view part : split(std::string_view(json).substr(open, end - open), ','))
    out.push_back(*read_double(trimmed(part.substr(part.find_first_of("-0123456789")))));
  return out;
}

TEST(ScenarioMargin, both_published_vectors_to_1e_9) {
  std::ifstream in(source_root() + "/../shared/venues/deribit_pm_vectors.json");
  if (!in) GTEST_SKIP() << "absent: ../shared/venues/deribit_pm_vectors.json";
  std::ostringstream all;
  all << in.rdbuf();
  const std::string json = all.str();
  struct Case {
    const char *section, *symbol;
    std::vector<const char*> legs;
    double index;
  };
  for (const Case& c :
       {Case{"btc_doc_2024_06", "BTC-PORTFOLIO", {"BTC-PERPETUAL", "BTC-28JUN24"}, 65'666.19},
        Case{"eth_live_2026_02_15", "ETH-PORTFOLIO", {"ETH-PERPETUAL"}, 1'949.49}}) {
    const auto figure = [&](const char* key) { return numbers_of(json, c.section, key).at(0); };
    ScenarioInput input{.index = c.index};
    for (const char* leg : c.legs) input.legs.push_back({.size = figure(leg)});
    for (const char* extra : {"mmp_margin", "open_orders_margin"}) {
      const bool btc = std::string_view(c.section).starts_with("btc");
      if (btc) input.extra_initial += figure(extra);
    }
    const ScenarioMargin m = scenario_margin(*book("deribit", c.symbol).scenarios, input).value();
    const std::vector<double> aggregated = numbers_of(json, c.section, "aggregated");
    ASSERT_EQ(m.counted.size(), aggregated.size());
    for (size_t i = 0; i < aggregated.size(); ++i)
      EXPECT_NEAR(m.counted[i], aggregated[i], 1e-9) << c.section << i;
    EXPECT_NEAR(m.roll_shock, figure("roll_shock"), 1e-9);
    EXPECT_NEAR(m.risk_matrix + input.extra_initial, figure("IM"), 1e-9);
    EXPECT_NEAR(m.risk_matrix * 0.8, figure("MM"), 1e-9);
    // The ledger's amounts: the same, up to the next 1e-8 of a coin.
    EXPECT_GE(m.initial.approx(), figure("IM") - 1e-9);
    EXPECT_LE(m.initial.approx(), figure("IM") + 1.1e-8);
    if (c.legs.size() == 1) {  // only the live reply has the profits before the offset
      const auto pre = numbers_of(json, c.section, "pre_aggregated");
      ASSERT_EQ(3 * pre.size(), m.profit.size());
      for (size_t i = 0; i < pre.size(); ++i) EXPECT_NEAR(m.profit[3 * i + 1], pre[i], 1e-9);
    }
  }
}

RiskLeg option(OptionType type, double size, double strike, double forward, double vol,
               double years) {
  return {.size = size,
          .years = years,
          .option = OptionTerms{type, price(strike)},
          .forward = forward,
          .volatility = vol};
}

double call_price(double forward, double strike, double vol, double years) {
  return options::black_price({.forward = forward, .strike = strike, .years = years, .vol = vol});
}

TEST(ScenarioMargin, options_and_their_hedge) {
  const ScenarioRule rule = *book("deribit", "BTC-PORTFOLIO").scenarios;
  const RiskLeg short_call = option(OptionType::call, -10, 100'000, 90'000, 0.5, 30.0 / 365);
  const ScenarioInput naked{.index = 90'000, .legs = {short_call}};
  const ScenarioMargin m = scenario_margin(rule, naked).value();
  EXPECT_EQ(m.moves.size(), 9u);
  EXPECT_EQ(m.profit.size(), 27u);
  EXPECT_EQ(m.extended.size(), 8u);
  // One bucket by hand: +16 %, vol up: 0.5 * (1 + 0.5) at 30 days, coin value at the shocked index.
  const double then = call_price(90'000 * 1.16, 100'000, 0.75, 30.0 / 365) / (90'000 * 1.16);
  const double now = call_price(90'000, 100'000, 0.5, 30.0 / 365) / 90'000;
  EXPECT_NEAR(m.profit[3 * 8], -10 * (then - now), 1e-12);
  EXPECT_EQ(m.roll_shock, 0);  // options do not roll
  // A far out-of-the-money short call is caught by the extended table alone.
  const ScenarioInput far{
      .index = 90'000, .legs = {option(OptionType::call, -100, 300'000, 90'000, 0.5, 30.0 / 365)}};
  const ScenarioMargin wide = scenario_margin(rule, far).value();
  double standard = 0;
  for (double bucket : wide.counted) standard = std::min(standard, bucket);
  EXPECT_GT(wide.worst, -standard * 10);
  // The dampener: the +500 % bucket loses the payoff less 100,000 USD value_in_coins of coin at the
  // shocked index.
  const double payoff = call_price(540'000, 300'000, 0.75, 30.0 / 365) / 540'000 -
                        call_price(90'000, 300'000, 0.5, 30.0 / 365) / 90'000;
  EXPECT_NEAR(wide.extended.back(), -100 * payoff + 100'000 / 540'000.0, 1e-9);
  // A long future against the short call lowers the margin.
  ScenarioInput hedged = naked;
  hedged.legs.push_back({.size = 4});
  EXPECT_LT(scenario_margin(rule, hedged).value().worst, m.worst);
}

// Every leg priced anew in every scenario, as the rule's text says it: the shared profits give the
// same bits.
TEST(ScenarioMargin, shared_profits_are_the_plain_ones) {
  const ScenarioRule rule = *book("deribit", "BTC-PORTFOLIO").scenarios;
  const double index = 89'300, days = 1.3, years = days / 365, vol = 0.41;
  const RiskLeg put = option(OptionType::put, 1, 86'000, 89'250, vol, years);
  const double sizes[] = {-7.3, 2.1, 0.4};
  UnitProfits unit, future;
  ASSERT_TRUE(unit_profits(rule, put, index, unit).has_value());
  ASSERT_TRUE(unit_profits(rule, {.size = 1}, index, future).has_value());
  ScenarioMargin m;
  const std::vector<HeldLeg> legs = {{sizes[0], true, years, &unit},
                                     {sizes[1], false, 0, &future},
                                     {sizes[2], true, years, &unit}};
  for (int again = 0; again < 2; ++again)  // what stood in `m` before leaves no trace
    ASSERT_TRUE(scenario_margin(rule, index, 0, legs, m).has_value());
  const auto value_in_coins = [&](double move, double at_vol) {
    return options::black_price({89'250 * (1 + move), 86'000, years, at_vol, OptionType::put}) /
           (index * (1 + move));
  };
  const double up = std::max(vol, 0.5) * vol_shock_up(0.5, days, 0.3),
               down = vol * vol_shock_down(0.25, days, 0.3);
  const auto plain = [&](double move, double future_move, double at_vol) {
    const double gain = value_in_coins(move, at_vol) - value_in_coins(0, vol);
    return sizes[0] * gain + sizes[1] * (1 - 1 / (1 + future_move)) + sizes[2] * gain;
  };
  for (int i = 0; i < 9; ++i) {
    const double move = 0.16 * (i - 4) / 4, vols[] = {up, vol, down};
    for (int v = 0; v < 3; ++v)
      EXPECT_NEAR(m.profit[static_cast<size_t>(3 * i + v)], plain(move, move, vols[v]), 1e-12)
          << move << " " << v;
  }
  for (size_t k = 0; k < rule.extended_moves.size(); ++k) {
    const double move = rule.extended_moves[k].approx();
    const double damped =
        plain(move, std::clamp(move, -0.16, 0.16), up) + 100'000 / (index * (1 + move));
    EXPECT_NEAR(m.extended[k], std::min(0.0, damped), 1e-12) << move;
  }
}

TEST(ScenarioMargin, gains_count_by_their_share_up_to_their_bound) {
  ScenarioRule rule = *book("deribit", "ETH-PORTFOLIO").scenarios;
  const ScenarioMargin m =
      scenario_margin(rule, {.index = 2'000, .legs = {{.size = -100'000}}}).value();
  const double raw = -100'000 * (1 - 1 / 0.82);
  EXPECT_NEAR(m.profit[1], raw, 1e-6);
  EXPECT_NEAR(m.counted[0], 20'000'000 / 2'000.0,
              1e-9);  // 0.6 * raw would be 13,170 ETH: bounded at 10,000
  // 200 M USD of delta lies above 20 M: the curve is not established, so its maximum is charged and
  // said to be a bound.
  EXPECT_TRUE(m.delta_shock_is_bound);
  EXPECT_NEAR(m.delta_shock, 10'000, 1e-6);
  EXPECT_FALSE(scenario_margin(rule, {.index = 2'000, .legs = {{.size = -9'000}}})
                   .value()
                   .delta_shock_is_bound);
}

TEST(ScenarioMargin, dated_futures_do_not_net_in_the_roll_shock) {
  const ScenarioRule rule = *book("deribit", "BTC-PORTFOLIO").scenarios;
  const ScenarioMargin m =
      scenario_margin(rule, {.index = 90'000, .legs = {{.size = 5}, {.size = -5, .years = 0.5}}})
          .value();
  EXPECT_NEAR(m.worst, 0, 1e-15);
  EXPECT_NEAR(m.roll_shock, 5 * 0.01 + 5 * 0.075 * 0.5, 1e-12);
}

TEST(ScenarioMargin, refuses_what_it_cannot_value) {
  const ScenarioRule rule = *book("deribit", "BTC-PORTFOLIO").scenarios;
  EXPECT_FALSE(scenario_margin(rule, {.index = 0, .legs = {option(OptionType::put, 1, 1, 1, 1, 1)}})
                   .has_value());
  EXPECT_FALSE(
      scenario_margin(rule, {.index = 1, .legs = {option(OptionType::put, 1, 1, -1, 1, 1)}})
          .has_value());
  EXPECT_FALSE(scenario_margin(rule, {.index = 1, .legs = {{.size = std::nan("")}}}).has_value());
  EXPECT_FALSE(scenario_margin(rule, {.index = 1, .legs = {{.size = 1e300}}}).has_value());
}

TEST(Unified, bands_of_binance_portfolio_margin) {
  const UnifiedRule rule = *book("binance", "PORTFOLIO").unified;
  const auto band = [&](double equity) {
    return unified_margin(rule, coins(equity), coins(10'000)).band;
  };
  EXPECT_EQ(band(15'000.01), UnifiedBand::free);
  EXPECT_EQ(band(15'000), UnifiedBand::warning);
  EXPECT_EQ(band(12'000), UnifiedBand::reduce_only);
  EXPECT_EQ(band(10'500.01), UnifiedBand::reduce_only);
  EXPECT_EQ(band(10'500), UnifiedBand::liquidation);
  EXPECT_EQ(band(10'000), UnifiedBand::bankrupt);
  EXPECT_EQ(unified_margin(rule, coins(-1), Amount()).band, UnifiedBand::liquidation);
  EXPECT_FALSE(unified_margin(rule, coins(5), Amount()).ratio);
}

TEST(Stress, okx_components_that_are_known) {
  const StressRule rule = *book("okx", "PORTFOLIO").stress;
  const StressComponents parts =
      stress_components(rule, {{.usd = 1e6}, {.usd = -4e5, .years = 0.5}});
  EXPECT_NEAR(parts.spot, 6e5 * 0.12, 1e-6);
  EXPECT_NEAR(parts.extreme, 6e5 * 0.24, 1e-6);
  EXPECT_NEAR(parts.basis, 4e5 * 0.05 * 0.5, 1e-6);
  EXPECT_EQ(minimum_charge_multiplier(rule, coins(250'000))->text(), "1");
  EXPECT_EQ(minimum_charge_multiplier(rule, coins(600'000))->text(), "4");
  EXPECT_EQ(minimum_charge_multiplier(rule, coins(9e9))->text(), "12");
  const auto at = [](double usd, const char* rate) {
    return RatedSlice{coins(usd), Rate::parse(rate).value()};
  };
  EXPECT_EQ(depeg_charge({at(1e6, "0.0075"), at(4e6, "0.0175"), at(5e6, "0.025")})->text(),
            "202500");
}

TEST(Borrow, threshold) {
  EXPECT_EQ(borrow_liquidation_threshold(Rate::parse("0.65").value()).text(), "0.825");
}

}  // namespace
}  // namespace delever::margin
