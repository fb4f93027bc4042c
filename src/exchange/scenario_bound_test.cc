// Goal: no state within a reach costs more than the lines of option_reach() say, whatever the
// option and the scenario.
#include "watch/scenario_bound.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "exchange/small_venue_testing.h"
#include "options/black.h"

namespace delever::exchange {
namespace {

using namespace fixture;

struct Seen {
  int64_t states = 0, anchored = 0, far = 0, tight = 0;
};

// One random option, random ends, random states within them: each scenario's change for a long and
// for a short coin against its lines.
void check_one(Random& random, const ScenarioRule& rule, Seen& seen) {
  const double forward = 90'000, index = random.chance(0.5) ? forward : 89'700;
  const bool on_index = index == forward;
  margin::RiskLeg leg{.size = 1,
                      .years = std::exp(random.uniform() * 14 - 13),
                      .option = {},
                      .forward = forward,
                      .volatility = random.chance(0.1) ? 0 : std::exp(random.normal() * 0.7 - 0.7)};
  const double spread = random.chance(0.5) ? 0.05 : 0.6;
  leg.option = margin::OptionTerms{random.chance(0.5) ? OptionType::call : OptionType::put,
                                   price(std::round(forward * std::exp(spread * random.normal())))};
  const auto mark_at = [&](const margin::RiskLeg& l) {
    return options::black_price(
               {l.forward, leg.option->strike.approx(), *l.years, l.volatility, leg.option->type}) /
           l.forward;
  };
  const watch::HeldOption option{
      .leg = leg, .mark = mark_at(leg), .index = index, .on_index = on_index};
  const double scale = std::exp(-4 * random.uniform());
  watch::OptionReach r;
  ASSERT_TRUE(
      watch::option_reach(rule, option, {0.25 * scale, 0.5 * scale, 0.5 * scale}, r).has_value());
  margin::UnitProfits before, after;
  ASSERT_TRUE(margin::unit_profits(rule, leg, index, before).has_value());
  for (int n = 0; n < 20; ++n) {
    const bool ends = random.chance(0.3);
    const auto between = [&](double low, double high) {
      return ends ? (random.chance(0.5) ? low : high) : low + (high - low) * random.uniform();
    };
    margin::RiskLeg then = leg;
    then.forward = between(r.forward_low, r.forward_high);
    then.volatility = between(r.volatility_low, r.volatility_high);
    then.years = between(r.years_low, *leg.years);
    const double index_then = on_index ? then.forward : index;
    ASSERT_TRUE(margin::unit_profits(rule, then, index_then, after).has_value());
    const bool falls = then.forward < forward;
    const double end = falls ? r.forward_low : r.forward_high;
    const double way = on_index ? (1 / then.forward - 1 / forward) / (1 / end - 1 / forward)
                                : (then.forward - forward) / (end - forward);
    const double vol_end = then.volatility < leg.volatility ? r.volatility_low : r.volatility_high;
    const double to_end = vol_end - leg.volatility;
    const double quiver = to_end == 0 ? 0 : (then.volatility - leg.volatility) / to_end;
    const double passed = (*leg.years - *then.years) / (*leg.years - r.years_low);
    // An anchored option is worth its mark now: the mark's own move is counted elsewhere.
    const double mark =
        r.anchored ? mark_at(then) * then.forward / index_then - option.mark * forward / index : 0;
    const double mark_line =
        r.anchored && !on_index ? option.mark * (then.forward - forward) / index : 0;
    for (size_t k = 0; k < before.standard.size() + before.extended.size(); ++k) {
      const size_t e = k - before.standard.size();
      const bool standard = k < before.standard.size();
      const double gained = standard ? after.standard[k] - before.standard[k]
                                     : after.extended[e] - before.extended[e];
      const double change = gained + mark - mark_line;
      const bool down = then.volatility < leg.volatility;
      const double long_least = way * (falls ? r.fall_long : r.rise_long)[k] -
                                quiver * (down ? r.volatility_long[k] : r.now_rise_long) -
                                passed * r.time_long[k];
      const double short_most = way * (falls ? r.fall_short : r.rise_short)[k] +
                                quiver * (down ? r.now_fall_short : r.volatility_short[k]) +
                                passed * r.now_time_short;
      ASSERT_GE(change, long_least - 1e-9)
          << k << " strike " << leg.option->strike.approx() << " way " << way << " quiver "
          << quiver << " passed " << passed << " years " << *leg.years;
      ASSERT_LE(change, short_most + 1e-9)
          << k << " strike " << leg.option->strike.approx() << " way " << way << " quiver "
          << quiver << " passed " << passed << " years " << *leg.years;
      ++seen.states;
      seen.far += std::abs(change) > 1e-4;
      seen.tight += std::abs(change) > 1e-4 && (change - long_least < 0.2 * std::abs(change) ||
                                                short_most - change < 0.2 * std::abs(change));
    }
    const double delta = after.delta;
    ASSERT_GE(delta, r.delta_low - 1e-12);
    ASSERT_LE(delta, r.delta_high + 1e-12);
  }
  seen.anchored += r.anchored;
}

TEST(ScenarioBound, no_state_within_the_reach_costs_more) {
  for (const char* symbol : {"BTC-PORTFOLIO", "ETH-PORTFOLIO"}) {
    const ScenarioRule rule = *rules("deribit", symbol).scenarios;
    Random random(7, {});
    Seen seen;
    for (int n = 0; n < 2'000 && !testing::Test::HasFatalFailure(); ++n)
      check_one(random, rule, seen);
    EXPECT_GT(seen.anchored, 200);
    EXPECT_GT(seen.far, seen.states / 10);
    EXPECT_GT(seen.tight, seen.far / 5) << "the lines are far from what happens";
  }
}

}  // namespace
}  // namespace delever::exchange
