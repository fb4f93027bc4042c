#include "sim/ensemble.h"

#include <gtest/gtest.h>

#include "sim/makers.h"
#include "sim/testing.h"

namespace delever::sim {
namespace {

TEST(Ensemble, AKilledOneGoesOnWithoutRepeatingOrLosingARun) {
  const Scenario s = testing::shipped("gamma-short.toml", 1);
  const uint64_t digest = ensemble_digest(s, {});
  std::string journal;
  EnsembleOptions options{.first_seed = 5, .runs = 4, .threads = 2};
  options.finished = [&](const RunResult& r) -> Result<void> {
    journal += run_line(digest, r);
    return {};
  };
  const auto whole = run_ensemble(s, options);
  ASSERT_TRUE(whole.has_value());
  ASSERT_EQ(whole.value().size(), 4U);

  // Cut in the middle of the third line; another scenario's line stands among them.
  size_t cut = 0;
  for (int lines = 0; lines < 2; ++lines) cut = journal.find('\n', cut) + 1;
  const std::string left = run_line(digest + 1, whole.value()[0]) + journal.substr(0, cut + 40) + "\n";
  options.done = read_runs(left, digest);
  ASSERT_EQ(options.done.size(), 2U);
  size_t ran = 0;
  options.finished = [&](const RunResult&) -> Result<void> {
    ++ran;
    return {};
  };
  const auto resumed = run_ensemble(s, options);
  ASSERT_TRUE(resumed.has_value());
  EXPECT_EQ(ran, 2U);
  ASSERT_EQ(resumed.value().size(), 4U);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(resumed.value()[i].seed, whole.value()[i].seed);
    EXPECT_EQ(resumed.value()[i].hash, whole.value()[i].hash);
    EXPECT_EQ(resumed.value()[i].outcomes, whole.value()[i].outcomes);  // text gives back the very doubles
  }
}

TEST(Ensemble, QuantilesAndTheirIntervals) {
  std::vector<double> x;
  for (int i = 100; i >= 1; --i) x.push_back(i);
  const Spread s = spread_of(x);
  EXPECT_DOUBLE_EQ(s.mean, 50.5);
  EXPECT_DOUBLE_EQ(s.quantiles[2].value, 50.5);
  // Binomial(100, 1/2): ranks 40 and 61 hold the median with 95 % (Conover, Practical Nonparametric Statistics).
  EXPECT_EQ(s.quantiles[2].low, 40.0);
  EXPECT_EQ(s.quantiles[2].high, 61.0);
  // Five runs cannot bound a 5 % quantile from below.
  EXPECT_FALSE(spread_of({1, 2, 3, 4, 5}).quantiles[0].low.has_value());
  EXPECT_EQ(spread_of({3}).mean_low, std::nullopt);
  EXPECT_DOUBLE_EQ(rank_of(x, 30), 0.3);
}

TEST(Impact, IsLinearNearZeroAndSquareRootFarOut) {
  const double d = 100'000, from = 0.01;
  EXPECT_NEAR(impact(1, d, from) * d, 1, 1e-3);
  EXPECT_NEAR(impact(-10, d, from), -impact(10, d, from), 1e-15);
  EXPECT_NEAR(impact(4e8, d, from) / impact(1e8, d, from), 2, 0.01);
  EXPECT_DOUBLE_EQ(impact(500, d, 0), 500 / d);
}

}  // namespace
}  // namespace delever::sim
