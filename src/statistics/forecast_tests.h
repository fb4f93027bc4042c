// Whether forecasts are better than others, and whether they are true: tests of score series and
// of probability integral transforms, and means with intervals by blocks.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "statistics/count_forecast.h"

namespace delever::statistics {

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
std::vector<double> randomised_pit(std::span<const CountForecast> forecasts,
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

}  // namespace delever::statistics
