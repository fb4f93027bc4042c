// What was counted by source as it stands in a report: by venue.
#pragma once

#include <utility>
#include <vector>

#include "reports/coverage.h"

namespace delever::reports {

// In the order of EventPayload: each kind by its place in it.
using CoverageBySource = std::vector<std::pair<size_t, Coverage>>;
std::vector<Coverage> joined_by_venue(const CoverageBySource& by_source);

}  // namespace delever::reports
