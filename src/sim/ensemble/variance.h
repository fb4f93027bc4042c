// Means of ensembles with less noise: draws of the scenario's [shock] that cover its law more
// evenly, and a control variate whose mean is known. Every estimate's error is measured between
// groups of runs that are independent of one another: single runs, antithetic pairs, or whole
// shifted sequences.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace delever::sim {

// independent: each run's own draw, by its seed. antithetic: runs 2k and 2k+1 take z and -z. sobol:
// eight sequences, each the first Sobol points of one dimension (van der Corput's), shifted at
// random modulo 1.
enum class Draws : uint8_t { independent, antithetic, sobol };
Result<Draws> read_draws(std::string_view name);
std::string_view draws_name(Draws draws);

// Normal draws, one a run. Refused: an odd number of antithetic ones; Sobol: no multiple of eight.
Result<std::vector<double>> shock_draws(Draws draws, size_t runs, uint64_t first_seed);
double shock_of_seed(uint64_t seed);  // what a run with this seed draws by itself

struct Estimate {
  double mean = 0, error = 0;  // standard error
  size_t groups = 0;
};
// Values in the order of the runs.
Estimate estimate(std::span<const double> values, Draws draws);

// values - slope (controls - control_mean). The slope for one half of the groups is fitted on the
// other half, so that the estimate stays unbiased.
struct Controlled {
  Estimate estimate;
  double slope = 0;  // mean of the halves'
};
Controlled controlled(std::span<const double> values, std::span<const double> controls,
                      double control_mean, Draws draws);
// How many independent runs one run of this estimate is worth: variance of the plain mean of so
// many runs over its own. Missing where nothing varies.
std::optional<double> variance_ratio(std::span<const double> values, const Estimate& estimate);

}  // namespace delever::sim
