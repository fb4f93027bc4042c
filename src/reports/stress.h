// The next wave: who is liquidated by a move of the price, what the market would absorb of it and
// where it would rest; of accounts from a file, or of levels inferred from tapes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cascade/cascade.h"
#include "cascade/stress.h"
#include "reports/context.h"

namespace delever::reports {

struct StressMove {
  cascade::StressWave wave;
  std::optional<cascade::FlowBand> dealers;  // coins with the move; gross where no sign is known
  std::optional<double> dealers_gross;
  cascade::CascadeReading cascade;  // evidence refused, with its reason, where inputs are missing
  // y* by what is left of the depth; missing: no resting point in the evidence.
  std::vector<std::pair<double, std::optional<double>>> by_depth;
};

struct StressReport {
  std::string asset, source, rulebooks;
  double price = 0;
  std::string as_of;         // empty: not from a tape
  bool from_levels = false;  // no accounts: bands are leverage at entry, and there are no kinds
  size_t accounts = 0, units = 0, due = 0;
  double value_usd = 0, equity_usd = 0;
  std::vector<StressMove> moves;
  std::vector<cascade::OverlapBucket> overlap_falls, overlap_rises;
  std::vector<cascade::StressCoin> coins;  // beside the asset, and how they move with it
  std::vector<std::string> notes;          // what limits the figures
  std::vector<std::string> missing;        // inputs that were not there, by name
};

struct StressOptions {
  std::vector<std::string> tapes, depth, coins,
      moves{"-1%", "-3%", "-5%", "-10%", "1%", "3%", "5%", "10%"};
  std::string book, asset = "BTC", at, rules = "rules/2026-01-30.toml", rulebooks = "rulebooks";
  std::optional<double> price, daily_vol, daily_volume;
  double impact = 1;
  bool unscored = false;
  uint64_t seed = 1;
};
Result<StressReport> stress_of(const StressOptions& options, Context& context);

}  // namespace delever::reports
