#include "statistics/forecast_tests.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "statistics/counts_testing.h"

namespace delever::statistics {
namespace {

using namespace fixture;

TEST(DieboldMariano, IsATTestWithoutLags) {
  std::vector<double> a, b(200, 0.0);
  Random random(43, {});
  double sum = 0, squares = 0;
  for (int i = 0; i < 200; ++i) {
    a.push_back(-0.2 + random.normal());
    sum += a.back();
    squares += a.back() * a.back();
  }
  const double mean = sum / 200, sd = std::sqrt(squares / 200 - mean * mean);
  const DieboldMariano dm = diebold_mariano(a, b, 0).value();
  EXPECT_NEAR(dm.statistic, mean / (sd / std::sqrt(200)), 1e-9);
  EXPECT_NEAR(dm.p, 0.5 * std::erfc(-dm.statistic / std::sqrt(2)), 1e-12);
  EXPECT_EQ(diebold_mariano(a, a).error().fault, Fault::no_evidence);
}

// Scores that hang together: without lags the test sees skill in a third of the runs that have
// none; with them it does so about as often as it says.
TEST(DieboldMariano, AllowsForSerialDependence) {
  int naive = 0, robust = 0;
  const int runs = 400;
  for (int run = 0; run < runs; ++run) {
    Random random(47, {.entity = static_cast<uint32_t>(run)});
    std::vector<double> a, zero(1000, 0.0);
    double level = 0;
    for (int i = 0; i < 1000; ++i) a.push_back(level = 0.8 * level + random.normal());
    naive += diebold_mariano(a, zero, 0).value().p < 0.05;
    robust += diebold_mariano(a, zero, 40).value().p < 0.05;
  }
  EXPECT_GT(naive, runs / 5);
  EXPECT_LT(robust, runs / 10);
}

TEST(Pit, IsUniformForTheTruthAlone) {
  std::vector<CountForecast> truth, wrong;
  std::vector<uint64_t> outcomes;
  Random random(53, {});
  for (int i = 0; i < 2000; ++i) {
    const double mean = 1 + 10 * random.uniform();
    outcomes.push_back(binomial_draw(random, mean, 2));
    truth.push_back({mean, 2});
    wrong.push_back({mean, std::numeric_limits<double>::infinity()});
  }
  EXPECT_GT(uniform_p_value(randomised_pit(truth, outcomes, Random(1, {}))), 0.05);
  EXPECT_LT(uniform_p_value(randomised_pit(wrong, outcomes, Random(1, {}))), 1e-6);
}

// Of independent draws the interval is that of the mean; of a slow series it is wider than
// independence would say.
TEST(BlockMean, CoversTheMeanAndWidensWithMemory) {
  Random random(61, {});
  int covered = 0;
  double width = 0, slow_width = 0;
  for (uint32_t trial = 0; trial < 100; ++trial) {
    std::vector<double> fast, slow;
    double memory = 0;
    for (int i = 0; i < 400; ++i) {
      fast.push_back(1 + random.normal());
      memory = 0.9 * memory + std::sqrt(1 - 0.81) * random.normal();
      slow.push_back(1 + memory);
    }
    const BlockMean a = block_mean(fast, 20, Random(trial, {})).value();
    const BlockMean b = block_mean(slow, 20, Random(trial, {})).value();
    covered += a.low <= 1 && 1 <= a.high;
    width += a.high - a.low;
    slow_width += b.high - b.low;
  }
  EXPECT_GE(covered, 80);  // of 90 expected; ends of blocks cost a little
  EXPECT_NEAR(width / 100, 2 * 1.645 / 20, 0.02);
  EXPECT_GT(slow_width, 2 * width);
  EXPECT_EQ(block_mean(std::vector<double>(5, 1.0), 2, Random(1, {})).error().fault,
            Fault::no_evidence);
  const std::vector<double> twos(30, 2.0), fours(30, 4.0);
  const BlockMean half = block_ratio(twos, fours, 5, Random(1, {})).value();
  EXPECT_EQ(half.mean, 0.5);
  EXPECT_EQ(half.low, 0.5);
}

// Twin: every drawn value added up.
TEST(BlockMean, SumsWhatItDraws) {
  Random random(73, {});
  std::vector<double> above, below;
  for (int i = 0; i < 101; ++i) {
    above.push_back(random.normal());
    below.push_back(random.exponential());
  }
  const BlockMean fast = block_ratio(above, below, 8, Random(5, {})).value();
  Random draw(5, {});
  std::vector<double> ratios;
  for (int d = 0; d < 2000; ++d) {
    double sum_above = 0, sum_below = 0;
    for (size_t taken = 0; taken < above.size();) {
      const size_t from = draw.below(above.size() - 8 + 1);
      for (size_t i = 0; i < 8 && taken < above.size(); ++i, ++taken) {
        sum_above += above[from + i];
        sum_below += below[from + i];
      }
    }
    ratios.push_back(sum_above / sum_below);
  }
  std::sort(ratios.begin(), ratios.end());
  EXPECT_NEAR(fast.low, ratios[99], 1e-12);
  EXPECT_NEAR(fast.high, ratios[1899], 1e-12);
}

}  // namespace
}  // namespace delever::statistics
