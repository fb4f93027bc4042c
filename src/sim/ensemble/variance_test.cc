#include "sim/ensemble/variance.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "sim/ensemble/control.h"
#include "sim/ensemble/ensemble.h"
#include "sim/markets_testing.h"

namespace delever::sim {
namespace {

// A toy whose answer is known: exp(s z) + noise has mean exp(s^2 / 2); its control is z^3 + z, of
// mean 0.
struct Toy {
  std::vector<double> values, controls;
  Toy(Draws draws, size_t runs, uint64_t seed) {
    const std::vector<double> z = shock_draws(draws, runs, seed).value();
    for (size_t i = 0; i < runs; ++i) {
      values.push_back(std::exp(0.5 * z[i]) + 0.2 * Random(seed + i, {.stream = 77}).normal());
      controls.push_back(z[i] * z[i] * z[i] + 4 * z[i]);
    }
  }
};

TEST(Variance, EveryEstimateIsUnbiasedAndItsErrorIsTheSpreadOfRepeats) {
  for (const Draws draws : {Draws::independent, Draws::antithetic, Draws::sobol}) {
    double sum[2] = {}, squares[2] = {}, error[2] = {};
    constexpr int kRepeats = 400;
    for (int k = 0; k < kRepeats; ++k) {
      const Toy toy(draws, 48, static_cast<uint64_t>(1 + k * 48));
      const Estimate plain = estimate(toy.values, draws);
      const Estimate with = controlled(toy.values, toy.controls, 0, draws).estimate;
      int which = 0;
      for (const Estimate& e : {plain, with}) {
        sum[which] += e.mean;
        squares[which] += e.mean * e.mean;
        error[which++] += e.error * e.error / kRepeats;
      }
    }
    for (int which = 0; which < 2; ++which) {
      const double mean = sum[which] / kRepeats,
                   spread = std::sqrt(squares[which] / kRepeats - mean * mean);
      EXPECT_NEAR(mean, std::exp(0.125), 3.5 * spread / std::sqrt(kRepeats))
          << draws_name(draws) << which;
      EXPECT_NEAR(std::sqrt(error[which]) / spread, 1, 0.2) << draws_name(draws) << which;
    }
    // A control that explains most of it, and draws that cover the law evenly, are worth more than
    // one run a run.
    const auto variance = [&](int which) {
      return squares[which] / kRepeats - std::pow(sum[which] / kRepeats, 2);
    };
    if (draws == Draws::independent) { EXPECT_LT(variance(1), 0.5 * variance(0)); }
  }
}

TEST(Variance, DrawsFollowTheNormalLaw) {
  for (const Draws draws : {Draws::independent, Draws::antithetic, Draws::sobol}) {
    const std::vector<double> z = shock_draws(draws, 8000, 5).value();
    double sum = 0, squares = 0;
    for (const double x : z) {
      sum += x / 8000;
      squares += x * x / 8000;
    }
    EXPECT_NEAR(sum, 0, 0.035) << draws_name(draws);
    EXPECT_NEAR(squares, 1, 0.06) << draws_name(draws);
  }
  EXPECT_EQ(shock_draws(Draws::antithetic, 3, 1).error().fault, Fault::malformed);
  EXPECT_EQ(shock_draws(Draws::sobol, 12, 1).error().fault, Fault::malformed);
  EXPECT_FALSE(read_draws("dice").has_value());
}

TEST(Variance, NothingVariesNothingIsWorth) {
  const std::vector<double> same(8, 3.0);
  EXPECT_EQ(estimate(same, Draws::independent).error, 0);
  EXPECT_FALSE(variance_ratio(same, estimate(same, Draws::independent)));
}

// The stop run with a shock of random size: half its accounts, an hour.
TEST(Control, TheReducedFormExplainsTheSimulatedFallAndLeavesItsMean) {
  Scenario s = fixture::shipped("stop-run.toml", 1);
  s.to = s.report_at = s.from + Duration::minutes(42);
  s.retail[0].accounts /= 4;
  s.shock = ShockSetup{.spread = 0.3};
  const auto control = CascadeControl::of(s, 0, 1, {}).value();
  ASSERT_TRUE(control);
  EXPECT_NEAR(control->move(), std::log(0.982), 1e-12);
  EXPECT_GT(control->stops(), 10);
  EXPECT_GT(control->at(0), 1 - std::pow(0.982, s.shock->factor(0)));  // beyond the shock itself
  EXPECT_GT(control->at(1), control->at(0));

  constexpr size_t kRuns = 24;
  const auto runs = run_ensemble(on_threads(s, 2), {.first_seed = 1, .runs = kRuns}).value();
  std::vector<double> falls, controls;
  for (const RunResult& r : runs) {
    falls.push_back(r.outcomes.at("btc_fall"));
    controls.push_back(control->at(shock_of_seed(r.seed)));
  }
  const Estimate plain = estimate(falls, Draws::independent);
  const Controlled with = controlled(falls, controls, control->mean(), Draws::independent);
  EXPECT_GT(with.slope, 0);
  EXPECT_GT(variance_ratio(falls, with.estimate).value(), 2);
  EXPECT_LT(std::abs(with.estimate.mean - plain.mean), 3 * plain.error);
  // A run that is handed its own draw is the same run.
  EXPECT_EQ(run_task(s, task_text({.seeds = {{0, 1}}, .shock = shock_of_seed(1)})).value(),
            run_task(s, "1").value());
}

}  // namespace
}  // namespace delever::sim
