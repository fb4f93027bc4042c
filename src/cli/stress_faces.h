// The faces of `delever stress`: text and JSON of one report.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cascade/stress.h"
#include "cli/json.h"

namespace delever::cli {

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
  std::vector<std::string> notes;    // what limits the figures
  std::vector<std::string> missing;  // inputs that were not there, by name
};

std::string stress_text(const StressReport& report);
Json stress_json(const StressReport& report);

}  // namespace delever::cli
