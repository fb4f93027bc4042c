// Readings at many times, spread over the ranks of an mpirun run: each takes a stretch of the times
// and passes over the tapes up to its end, and what comes out is put together in their order, so
// that the bytes are those of one process.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/readings.h"

namespace delever::reports {

// The times of `options`, whose `to` must be known, in `parts` stretches or fewer, none of them
// empty. The last ends where the whole does, so that what its pass says of the tapes is said of
// all.
Result<std::vector<GaugesOptions>> gauge_stretches(const GaugesOptions& options, size_t parts,
                                                   Context& context);

// Called on another thread; must not touch what the caller touches meanwhile.
using GaugeStretch = std::function<Result<std::string>(const GaugesOptions& stretch)>;

// True on rank 0, where `each` has got what every stretch gave, in the order of their times; false
// on the others, which are done then. Only under mpirun (Cluster::launched_rank()).
Result<bool> gauges_over_ranks(
    const GaugesOptions& options, Context& context, const GaugeStretch& work,
    const std::function<Result<void>(std::string_view, bool last)>& each);

}  // namespace delever::reports
