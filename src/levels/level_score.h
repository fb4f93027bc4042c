// Scores that decide whether inferred levels may be shown: forecasts of reported liquidations, per
// side and hour, out of sample and conditional on the realised price path, against baselines that
// know no levels. All scores are proper and negatively oriented (smaller is better); outcomes are
// never selected by what happened, only weighted by thresholds fixed in training. Docs:
// docs/models/levels.md.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "statistics/count_forecast.h"

namespace delever::levels {

// B1: log-linear negative binomial regression by iterated weighted least squares; an intercept is
// added.
struct CountRegression {
  std::vector<double> coefficients;  // the intercept first
  double dispersion = 0;
  statistics::CountForecast at(std::span<const double> features) const;
};
// Refused: fewer rows than twice the coefficients, features that are not finite, or that a constant
// or one another gives.
Result<CountRegression> fit_regression(const std::vector<std::vector<double>>& features,
                                       std::span<const uint64_t> outcomes);

// Equal predictive ability: mean difference of two score series against its long-run deviation
// (Newey-West, Bartlett weights). `p` is one-sided, for the first being smaller, under the normal
// law.
struct DieboldMariano {
  double mean_difference = 0, statistic = 0, p = 1;
};
// lags missing: floor(4 (n / 100)^(2/9)). Refused: under 10 differences, or differences that do not
// vary.
Result<DieboldMariano> diebold_mariano(std::span<const double> first,
                                       std::span<const double> second,
                                       std::optional<size_t> lags = {});

// F(y) at the outcome, spread evenly over its step: uniform when the forecasts are the truth,
// although counts are whole numbers (an interval between quantiles of counts would hold more than
// its name says).
std::vector<double> randomised_pit(std::span<const statistics::CountForecast> forecasts,
                                   std::span<const uint64_t> outcomes, Random random);
double uniform_p_value(
    std::vector<double> u);  // Kolmogorov-Smirnov against the uniform, by its limit law

// Mean of a series with a 90 % interval by moving blocks (Kuensch 1989): neighbours share their
// fate, so whole stretches are drawn. The ratio of two sums (total below / total above) in the same
// way.
struct BlockMean {
  double mean = 0, low = 0, high = 0;
};
// Refused: fewer than three blocks.
Result<BlockMean> block_mean(std::span<const double> values, size_t block, Random random);
Result<BlockMean> block_ratio(std::span<const double> above, std::span<const double> below,
                              size_t block, Random random);

// What a season of held-out hours says about the levels. The bars are acceptance rules of ours.
struct HeldOut {
  std::vector<statistics::CountForecast> levels, climatology, regression,
      fixed_menu;  // B0, B1, B2, by hour and side
  std::vector<uint64_t> outcomes;
  std::vector<uint64_t> tail_thresholds;  // each row's training set's 95th percentile
  double days = 0;
};
struct LevelVerdict {
  bool publish = false;
  std::vector<std::string> failed;                // what stands in the way, in words
  double log_score = 0, crps = 0, crps_tail = 0;  // means of the levels
  std::optional<DieboldMariano> against_climatology, against_regression,
      against_menu;        // of log scores
  double coverage_90 = 0;  // share of randomised transforms between .05 and .95
  double pit_p = 0;
  size_t non_zero = 0;
};
Result<LevelVerdict> judge_levels(const HeldOut& held_out, uint64_t seed);

}  // namespace delever::levels
