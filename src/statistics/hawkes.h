// Self-exciting point process with an exponential kernel (Hawkes 1971):
//   intensity(t) = mu + sum over events before t of n beta exp(-beta (t - t_i))
// n is the branching ratio: of each event, n others follow on average, and the long-run rate is mu
// / (1 - n). Fitted by maximum likelihood (Ozaki 1979) with a constant baseline: where the baseline
// itself moves, n is too high.
#pragma once

#include <optional>
#include <vector>

namespace delever::statistics {

struct Hawkes {
  double mu = 0;    // events per second
  double n = 0;     // branching ratio
  double beta = 0;  // per second
};

struct HawkesFit {
  Hawkes at;
  double log_likelihood = 0;
  std::optional<double> n_low,
      n_high;  // 95 %, by the curvature of the likelihood in log parameters
};

// Of events at `times` (ascending, strictly) in [0, end]; seconds. O(events).
double log_likelihood(const Hawkes& at, const std::vector<double>& times, double end);
// Nothing with fewer than 50 events, or when no maximum is found inside 0 < n < 1.
std::optional<HawkesFit> fit_hawkes(const std::vector<double>& times, double end);

// Each time once: engines report many fills of one cause with one timestamp.
std::vector<double> merged(std::vector<double> times);

}  // namespace delever::statistics
