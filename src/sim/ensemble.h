// Many runs of one scenario, one seed each, over threads; what came of each is one line of text, so that a killed
// ensemble goes on where it stopped: a run whose line is whole is never repeated, one whose line is torn is run again.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "sim/crew.h"
#include "sim/simulation.h"

namespace delever::sim {

struct RunResult {
  uint64_t seed = 0, hash = 0;
  std::map<std::string, double> outcomes;
};

// "digest seed hash name=value ...\n"; `digest` is that of the scenario and the switches.
std::string run_line(uint64_t digest, const RunResult& run);
// The runs of this digest among the lines; torn or foreign lines are skipped.
std::vector<RunResult> read_runs(std::string_view text, uint64_t digest);
uint64_t ensemble_digest(const Scenario& scenario, const Switches& switches);

struct EnsembleOptions {
  uint64_t first_seed = 1;
  size_t runs = 1;
  unsigned threads = 1;
  Switches switches;
  std::vector<RunResult> done;                             // of an earlier start
  std::function<Result<void>(const RunResult&)> finished;  // called under a lock, in order of completion
};
// All runs by seed, those done before included; the first error stops the rest.
Result<std::vector<RunResult>> run_ensemble(const Scenario& scenario, const EnsembleOptions& options);

// Of one outcome over runs. Intervals hold 95 %: the mean's by its standard error, a quantile's by the order statistics
// whose ranks a binomial law puts around it (no assumption about the distribution); missing where the sample is too
// small to bound it.
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
