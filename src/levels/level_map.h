// A level map: what one perpetual's bars say about its levels, and the flows and waves that follow
// from it for cascade.h and stress.h. Whether it has earned showing: level_lab.h.
#pragma once

#include <span>
#include <string>

#include "cascade/stress.h"
#include "levels/level_fit.h"

namespace delever::levels {

struct LevelMap {
  std::string name;  // "binance BTCUSDT"
  std::vector<LevelInventory::Level> longs,
      shorts;  // coins: the liquidated share of what stands there
  LevelModel model;
  double seen = 0;  // share of the open interest that was opened in sight (the less seen side)
};
LevelMap map_levels(const LevelHistory& history, const LevelModel& model, std::string name);

// Liquidations over displacements from `price`. The interval: each leverage's weight 1.645
// posterior deviations either way. Buckets of 50 bp of which more than half stands on prior_only
// leverages are prior_only.
Result<cascade::Flow> level_flow(std::span<const LevelMap> maps, double price, bool rising,
                                 double reach);

// As of accounts, without kinds: everything under `isolated`, band by band of the leverage at
// entry.
cascade::StressWave level_wave(std::span<const LevelMap> maps, double price, double move);

}  // namespace delever::levels
