// Many runs of one scenario, one seed each, and what is said of them together. Who carries them out
// is given (task.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/ensemble/task.h"

namespace delever::sim {

struct EnsembleOptions {
  uint64_t first_seed = 1;
  size_t runs = 1;
  Switches switches;
  std::vector<double> shocks;                 // one a run; empty: each draws its own
  std::function<void(size_t done)> progress;  // after each
};
// All runs by seed.
Result<std::vector<RunResult>> run_ensemble(const Executor& executor,
                                            const EnsembleOptions& options);

// Of one outcome over runs. Intervals hold 95 %: the mean's by its standard error, a quantile's by
// the order statistics whose ranks a binomial law puts around it (no assumption about the
// distribution); missing where the sample is too small to bound it.
struct Quantile {
  double p = 0, value = 0;
  std::optional<double> low, high;
};
struct Spread {
  size_t runs = 0;
  double mean = 0;
  std::optional<double> mean_low, mean_high;
  std::vector<Quantile> quantiles;  // 5, 25, 50, 75, 95 %
};
Spread spread_of(std::vector<double> values);
// Share of the runs at or below `value`: where a published figure falls.
double rank_of(const std::vector<double>& values, double value);

}  // namespace delever::sim
