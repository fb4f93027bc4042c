// How large an insurance fund should be, from deficits that were simulated: it minimises r * fund +
// kappa * E[deficit beyond the fund], whose solution is the quantile VaR at 1 - r / kappa
// (docs/models/rare-events.md). In money of one coin; estimates, so doubles.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"

namespace delever::sim {

struct FundSize {
  double fund = 0;           // VaR at 1 - cost_ratio
  double low = 0, high = 0;  // 95 % bootstrap interval
  double shortfall = 0;      // mean deficit given that it passes the fund (expected shortfall)
  double uncovered = 0;      // E[(deficit - fund)^+], over all runs
  size_t runs = 0, beyond = 0;
};

// cost_ratio = r / kappa in (0, 1). Refused with fewer than 10 runs beyond the quantile: it would
// be a guess.
Result<FundSize> fund_size(std::span<const double> deficits, double cost_ratio, uint64_t seed);

}  // namespace delever::sim
