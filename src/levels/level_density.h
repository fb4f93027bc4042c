// A map against the truth, moment by moment: how far the inferred density of liquidation prices is
// from the true one, beside the fixed menu's; coins by band of leverage; how often the map's
// intervals hold what they claim to hold. Docs: docs/models/levels.md.
#pragma once

#include <array>
#include <map>
#include <vector>

#include "cascade/stress.h"
#include "levels/level_fit.h"
#include "levels/level_score.h"
#include "levels/level_truth.h"

namespace delever::levels {

struct DensityMoment {
  Instant at;
  std::optional<LevelDistance> levels, menu;  // missing: nothing within reach
};

// Coins that stand in the open interest, by leverage at entry (bands of stress.h).
using BandCoins = std::array<double, cascade::kLeverageBands.size() + 1>;

struct DensityScores {
  std::vector<DensityMoment> moments;
  BandCoins predicted{},
      truth{};  // sums over moments, both sides; all that is leveraged, in reach or not
  double hedged_predicted = 0, hedged_truth = 0;
  size_t buckets = 0,
         covered = 0;  // 1 % of price, a side and a moment: does the 90 % interval hold the truth?
  double without_wallet = 0;  // coins, mean over moments, that the truth leaves out

  void add(const DensityScores& other);
};

struct DensityInput {
  LevelHistory history;
  const LevelModel* model = nullptr;
  double menu_scale = 0;  // level_lab.h
  double lot = 0;         // coins: mean square of an order over its mean; so uneven is what stands
  Instant from;           // moments before it are training
  double reach = 0.1;
};
// The map at a moment has seen the bars that ended by then.
DensityScores score_density(const DensityInput& input, const std::map<Instant, TrueMoment>& truth);

// 1 - ours / the menu's over all moments with both, with a 90 % interval by blocks of `block`
// moments.
Result<statistics::BlockMean> shape_gain(const DensityScores& scores, size_t block, uint64_t seed);
Result<statistics::BlockMean> flow_gain(const DensityScores& scores, size_t block, uint64_t seed);

}  // namespace delever::levels
