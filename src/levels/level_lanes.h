// Exposures of one history under several rules at once: what level_exposures (level_fit.h) says of
// each, to the bit. Which buckets a bar crosses does not depend on the rules, so the search over
// closing rates and turnovers walks the bars once for up to eight of them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "levels/level_fit.h"

namespace delever::levels {

struct LanesInput {
  std::span<const LevelBar> bars;
  const LevelEntries& entries;
  const LevelRatios& ratios;
  double lot = 1;
  double open_interest_start = 0;
};

// By rules. Rules share one entry step, that of the entries. LevelExposure::row counts the bars
// with a report, longs first, then shorts.
std::vector<std::vector<LevelExposure>> exposures_under(const LanesInput& input,
                                                        std::span<const LevelRules> rules);

}  // namespace delever::levels
