#include "levels/level_lanes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"

namespace delever::levels {
namespace {

// Ratios as venues have them, some not offered.
LevelRatios some_ratios(Random& random) {
  LevelRatios ratios;
  for (size_t j = 0; j < kLeverages.size(); ++j) {
    if (random.uniform() < 0.15) continue;
    ratios.of_long[j] = 1 - 0.96 / kLeverages[j];
    ratios.of_short[j] = 1 + 0.96 / kLeverages[j];
  }
  return ratios;
}

// Prices that jump now and then, so that tracks run empty and fill again; bars without trades,
// without reports, of other lengths, and a long hole after which factors are as good as nothing.
std::vector<LevelBar> some_bars(Random& random, size_t count) {
  std::vector<LevelBar> bars;
  double price = 1e5;
  for (size_t t = 0; t < count; ++t) {
    price *= std::exp((random.uniform() - 0.5) * (random.uniform() < 0.02 ? 0.4 : 0.01));
    LevelBar bar{.traded = {}, .liquidated_long = {}, .liquidated_short = {}};
    bar.low = price * (1 - 0.004 * random.uniform());
    bar.high = price * (1 + 0.004 * random.uniform());
    if (random.uniform() < 0.05) bar.seconds = 60 + std::floor(600 * random.uniform());
    if (random.uniform() < 0.004) bar.seconds = 3600.0 * 24 * 20;
    if (random.uniform() < 0.8) {
      bar.taker_buy = 10 * random.uniform();
      bar.taker_sell = 10 * random.uniform();
      double left = bar.volume();
      for (int i = 0; i < 3; ++i) {
        const double coins = i == 2 ? left : left * random.uniform();
        left -= coins;
        bar.traded.push_back({bar.low * std::pow(bar.high / bar.low, i / 2.0), coins});
      }
    }
    bar.open_interest_change = 20 * (random.uniform() - 0.5);
    if (random.uniform() < 0.9) bar.liquidated_long = bar.liquidated_short = 3 * random.uniform();
    bars.push_back(std::move(bar));
  }
  return bars;
}

std::vector<LevelRules> some_rules(Random& random, size_t count) {
  std::vector<LevelRules> all;
  for (size_t k = 0; k < count; ++k) {
    LevelRules rules;
    rules.half_life_h =
        k % 5 == 4 ? std::numeric_limits<double>::infinity() : 0.5 + 30 * random.uniform();
    rules.turnover = k % 4 == 3 ? 0 : 0.3 * random.uniform();
    rules.before_spread = k % 3 == 2 ? 0 : 0.01 * static_cast<double>(1 + k % 3);
    all.push_back(rules);
  }
  return all;
}

// Rows without exposure say nothing of the rules, and are no part of what is compared.
std::vector<LevelExposure> plainly(const LanesInput& in, const LevelRules& rules) {
  std::vector<LevelExposure> out;
  uint32_t number = 0;
  for (const LevelRow& row :
       level_exposures(in.bars, in.entries, in.ratios, rules, in.lot, in.open_interest_start)) {
    for (const auto& [leverage, lots] : row.exposure) out.push_back({leverage, number, lots});
    ++number;
  }
  return out;
}

TEST(LevelLanes, SayWhatOneWalkForEachSetOfRulesSays) {
  Random random(5, {});
  size_t compared = 0;
  for (int round = 0; round < 40; ++round) {
    const auto bars = some_bars(random, 600);
    const LevelRatios ratios = some_ratios(random);
    const LevelEntries entries(bars, LevelRules{}.entry_step);
    const LanesInput in{.bars = bars,
                        .entries = entries,
                        .ratios = ratios,
                        .lot = 0.7,
                        .open_interest_start = round % 4 == 0 ? 0.0 : 1000.0};
    const auto rules = some_rules(random, 1 + static_cast<size_t>(round) % 11);
    const auto all = exposures_under(in, rules);
    ASSERT_EQ(all.size(), rules.size());
    for (size_t k = 0; k < rules.size(); ++k) {
      const auto plain = plainly(in, rules[k]);
      ASSERT_EQ(all[k].size(), plain.size()) << round << ' ' << k;
      for (size_t i = 0; i < plain.size(); ++i) {
        ASSERT_EQ(all[k][i].row, plain[i].row) << round << ' ' << k << ' ' << i;
        ASSERT_EQ(all[k][i].leverage, plain[i].leverage) << round << ' ' << k << ' ' << i;
        ASSERT_EQ(all[k][i].lots, plain[i].lots) << round << ' ' << k << ' ' << i;
      }
      compared += plain.size();
    }
  }
  EXPECT_GT(compared, 100'000u);
}

TEST(LevelLanes, TheFittersRowsAreThePlainOnes) {
  Random random(6, {});
  const auto bars = some_bars(random, 500);
  const LevelRatios ratios = some_ratios(random);
  const LevelSearch search{.lot = 0.4};
  LevelFitter fitter({{.bars = bars, .ratios = &ratios, .open_interest_start = 500}},
                     default_level_prior(), search);
  ASSERT_TRUE(fitter.fit({0}).has_value());
  ASSERT_GT(fitter.tried().size(), 15u);
  for (const LevelModel& model : fitter.tried()) {
    const auto rows = fitter.rows(0, model.rules);
    const auto plain = level_exposures(bars, ratios, model.rules, search.lot, 500);
    ASSERT_EQ(rows.size(), plain.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(rows[i].bar, plain[i].bar);
      EXPECT_EQ(rows[i].side, plain[i].side);
      EXPECT_EQ(rows[i].reported, plain[i].reported);
      ASSERT_EQ(rows[i].exposure.size(), plain[i].exposure.size());
      for (size_t e = 0; e < rows[i].exposure.size(); ++e) {
        EXPECT_EQ(rows[i].exposure[e].leverage, plain[i].exposure[e].first);
        EXPECT_EQ(rows[i].exposure[e].lots, plain[i].exposure[e].second);
      }
    }
  }
}

}  // namespace
}  // namespace delever::levels
