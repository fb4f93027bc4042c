// A level map: what one perpetual's bars say about its levels, whether that has earned showing (trial), and the
// flows and waves that follow from it for cascade.h and stress.h.
#pragma once

#include <span>
#include <string>

#include "margin/level_fit.h"
#include "margin/level_score.h"
#include "margin/stress.h"

namespace delever {

// Trained on the first half of the bars, judged on the second, by hour and side.
struct LevelTrial {
  HazardProfile profile;
  LevelVerdict verdict;

  const HazardPoint& best() const { return profile.points[profile.best]; }
};
struct LevelTrialInput {
  std::span<const LevelBar> bars;
  const LevelRatios* ratios = nullptr;
  LevelPrior prior = default_level_prior();
  HazardSearch search;               // lot is needed; train_bars is set here
  double open_interest_start = 0;    // coins
  uint64_t seed = 1;
};
Result<LevelTrial> try_levels(const LevelTrialInput& input);

struct LevelMap {
  std::string name;  // "binance BTCUSDT"
  std::vector<LevelInventory::Level> longs, shorts;  // coins: the liquidated share of what stands there
  LevelFit fit;
  double seen = 0;  // share of the open interest that was opened in sight (the less seen side)
};
LevelMap map_levels(const LevelTrialInput& input, const HazardPoint& fitted, std::string name);

// Liquidations over displacements from `price`. The interval: each leverage's weight 1.645 posterior deviations
// either way. Buckets of 50 bp of which more than half stands on prior_only leverages are prior_only.
Result<Flow> level_flow(std::span<const LevelMap> maps, double price, bool rising, double reach);

// As of accounts, without kinds: everything under `isolated`, band by band of the leverage at entry.
StressWave level_wave(std::span<const LevelMap> maps, double price, double move);

}  // namespace delever
