// Block bootstrap: how far an estimate would move had another stretch of the same market been seen.
// Blocks of neighbours are drawn with replacement, because neighbours depend on one another
// (Kuensch 1989; the series is closed to a circle, Politis and Romano 1992). Intervals hold the
// middle 95 % of the replicates.
//
// What is resampled are positions. A statistic of pairs (t, t + lag) takes positions as t, so a
// pair is never made of two neighbours of a joint between blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/random.h"

namespace delever::statistics {

using Positions = std::vector<size_t>;
using Statistic = std::function<std::optional<double>(const Positions&)>;

struct Estimate {
  std::optional<double> value;  // on the positions as they were
  std::optional<double> low,
      high;  // of the replicates; missing when fewer than nine in ten of them have a value
};

struct BootstrapOptions {
  size_t block = 0;  // 0: the square root of n, which is long enough for the memory of volatility
  size_t replicates = 400;
  uint32_t stream = 0;  // draws of two facts of one report should differ
};

Positions as_they_were(size_t n);
Positions resampled(size_t n, size_t block, Random& random);
size_t usual_block(size_t n);
Estimate block_bootstrap(size_t n, const Statistic& statistic, const BootstrapOptions& options);
// The middle 95 % of the replicates that have a value.
Estimate with_interval(std::optional<double> value, std::vector<double> replicates, size_t asked);

inline constexpr uint64_t kBootstrapSeed =
    20260130;  // fixed: a report must come out the same twice

}  // namespace delever::statistics
