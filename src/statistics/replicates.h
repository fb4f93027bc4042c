// What a bootstrap does hundreds of times, into lists that keep their memory from one replicate to
// the next: they are as long as the series.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "statistics/bootstrap.h"
#include "statistics/statistics.h"

namespace delever::statistics {

// As resampled().
void resample(size_t n, size_t block, Random& random, Positions& drawn);
// The values at the positions.
void choose(const std::vector<double>& values, const Positions& at, std::vector<double>& chosen);
// As regress(), of the values at the positions; without a copy of them.
std::optional<Line> regress_at(const std::vector<double>& x, const std::vector<double>& y,
                               const Positions& at);
// As quantile(), of a list that may be left in another order.
std::optional<double> quantile_within(std::span<double> x, double p);

}  // namespace delever::statistics
