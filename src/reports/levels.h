// Where leveraged positions stand by what tapes show, beside the fixed menu, scored out of sample,
// and held against the truth where a simulation wrote it down.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "levels/level_density.h"
#include "levels/level_lab.h"
#include "levels/level_map.h"
#include "reports/context.h"

namespace delever::reports {

// One side and one per cent of price, coins. `truth` missing: no truth was given for that moment.
struct LevelsBucket {
  PositionSide side = PositionSide::long_side;
  double from = 0, to = 0;  // prices, nearest to the mark first
  double low = 0, coins = 0, high = 0, menu = 0;
  std::optional<double> truth;
  bool prior_only = false;  // more than half of it stands on leverages of which nothing was learnt
};

struct LevelsMarket {
  std::string name;  // "binance BTCUSDT"
  size_t tapes = 0;
  std::vector<std::string> refused;  // why no map is shown; empty: it is
  // Of the first tape. Missing: nothing could be fitted.
  std::optional<levels::LevelMap> map;
  double price = 0;
  std::string as_of;
  std::vector<LevelsBucket> buckets;
  std::optional<levels::LevelTrial> trial;
  std::string trial_missing;  // why there is none
  std::optional<levels::DensityScores> density;
  std::optional<statistics::BlockMean> shape_gain, flow_gain;
};

struct LevelsReport {
  std::string asset, how;  // how: what was learnt from which tapes
  double period_s = 3600;
  bool unscored = false;
  std::vector<LevelsMarket> markets;
  std::vector<std::string> notes;
};

struct LevelsOptions {
  std::vector<std::string> tapes, train, truth;
  std::string asset = "BTC", at, rulebooks = "rulebooks", rulebook_date, period = "1h", throttle;
  std::optional<double> half_life, turnover, before_spread;
  bool unscored = false;
  uint64_t seed = 1;
};
Result<LevelsReport> levels_report(const LevelsOptions& options, Context& context);

}  // namespace delever::reports
