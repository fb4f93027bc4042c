#include "sim/ensemble/ensemble.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/agents/makers.h"
#include "sim/markets_testing.h"

namespace delever::sim {
namespace {

TEST(Ensemble, AKilledOneGoesOnWithoutRepeatingOrLosingARun) {
  const Scenario s = fixture::shipped("gamma-short.toml", 1);
  constexpr uint64_t digest = 0x1234;
  std::string journal;
  const auto keep = [&](std::string_view task, std::string_view result) -> Result<void> {
    journal += kept_line(digest, task, result);
    return {};
  };
  const EnsembleOptions options{.first_seed = 5, .runs = 4};
  const auto whole = run_ensemble(keeping(on_threads(s, 2), {}, keep), options).value();
  ASSERT_EQ(whole.size(), 4U);

  // Cut in the middle of the third line; another scenario's line stands among them.
  size_t cut = 0;
  for (int lines = 0; lines < 2; ++lines) cut = journal.find('\n', cut) + 1;
  const KeptRuns left =
      read_kept(kept_line(digest + 1, "5", "ff x=1") + journal.substr(0, cut + 40), digest);
  EXPECT_EQ(left.results.size(), 2U);
  EXPECT_EQ(left.others, 1U);
  EXPECT_EQ(left.torn, 1U);
  journal.clear();
  const auto resumed = run_ensemble(keeping(on_threads(s, 2), left.results, keep), options).value();
  EXPECT_EQ(std::count(journal.begin(), journal.end(), '\n'), 2);
  ASSERT_EQ(resumed.size(), 4U);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(resumed[i].seed, 5 + i);
    EXPECT_EQ(resumed[i].hash, whole[i].hash);
    EXPECT_EQ(resumed[i].outcomes, whole[i].outcomes);  // text gives back the very doubles
  }
}

TEST(Task, OrdersReadBack) {
  const Scenario s = fixture::shipped("gamma-short.toml", 1);
  Task task{.seeds = {{0, 5}, {1800, UINT64_MAX}},
            .switches = fixture::without(Mechanism::gamma),
            .shock = -0.25};
  task.rare = "btc_low<88000";
  EXPECT_EQ(task_text(task),
            "5,1800:18446744073709551615/without=gamma/shock=-0.25/rare=btc_low<88000");
  for (const char* bad : {"", "x", "5,6", "5,1:x", "0:5", "5/", "5/without=gravity",
                          "5/shock=", "5/rare=btc_low>1", "5/rare=eth_low<1", "5/else=1"})
    EXPECT_FALSE(run_task(s, bad).has_value()) << bad;
}

TEST(Ensemble, QuantilesAndTheirIntervals) {
  std::vector<double> x;
  for (int i = 100; i >= 1; --i) x.push_back(i);
  const Spread s = spread_of(x);
  EXPECT_DOUBLE_EQ(s.mean, 50.5);
  EXPECT_DOUBLE_EQ(s.quantiles[2].value, 50.5);
  // Binomial(100, 1/2): ranks 40 and 61 hold the median with 95 % (Conover, Practical Nonparametric
  // Statistics).
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
