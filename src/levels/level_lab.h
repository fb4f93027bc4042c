// The lab: levels fitted on some histories, scored on others (or on the rest of the same) by what
// was then liquidated, beside three baselines: B0 the mean of training, B1 a regression on move,
// range and open interest, B2 the fixed menu that the maps in use draw, with one fitted scale.
// Docs: docs/models/levels.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "levels/level_fit.h"
#include "levels/level_score.h"

namespace delever::levels {

struct LevelLabInput {
  std::vector<LevelHistory> histories;
  LevelPrior prior = default_level_prior();
  LevelSearch search;
  double count_lot = 0;                  // coins that count as one report
  Duration period = Duration::hours(1);  // of one count
  uint64_t seed = 1;
};

// What was fitted where: with `split`, on the bars before train_bars of the histories that are
// scored from there on.
struct LevelFold {
  std::vector<size_t> train, scored;
  bool split = false;
};
std::vector<LevelFold> leave_one_out(size_t histories);

// One proper score, ours and a baseline's, with the 90 % interval of its mean difference by moving
// blocks of a day.
struct LevelSkill {
  std::string score,
      baseline;  // "log", "crps", "crps_tail"; "climatology", "regression", "fixed_menu"
  double levels = 0, other = 0;
  std::optional<statistics::BlockMean>
      difference;           // ours less the baseline's: negative is skill; missing: too few blocks
  std::optional<double> p;  // Diebold-Mariano, one-sided
};

struct LevelTrial {
  std::vector<LevelModel> models;  // by fold
  std::vector<double>
      menu_scales;  // by fold: coins liquidated for a coin that the fixed menu has crossed
  HeldOut held_out;
  std::vector<LevelSkill> skills;
  LevelVerdict verdict;
};
Result<LevelTrial> try_levels(const LevelLabInput& input, const std::vector<LevelFold>& folds);
// With a fitter of the input's histories, prior and search: who fits again need not compute their
// exposures again.
Result<LevelTrial> try_levels(const LevelLabInput& input, const std::vector<LevelFold>& folds,
                              LevelFitter& fitter);
// One history, learnt on the first half of the bars and scored on the second.
Result<LevelTrial> try_levels(const LevelLabInput& input);

// The fixed menu as a map: all volume opens at 10, 25, 50 and 100x alike and stays until the mark
// crosses it.
class MenuMap {
 public:
  explicit MenuMap(const LevelRatios& ratios);
  void step(const LevelBar& bar);
  std::vector<LevelInventory::Level> levels(PositionSide side) const;

 private:
  struct Track {
    PositionSide side;
    size_t leverage;
    LevelTrack levels;
  };
  std::vector<Track> tracks_;
};

}  // namespace delever::levels
