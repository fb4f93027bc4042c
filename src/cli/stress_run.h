// The stress as a function of its command line; `stress` and `demo` share it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/cli.h"
#include "cli/stress_faces.h"

namespace delever::cli {

struct StressOptions {
  std::vector<std::string> tapes, depth,
      moves{"-1%", "-3%", "-5%", "-10%", "1%", "3%", "5%", "10%"};
  std::string book, asset = "BTC", at, rules = "rules/2026-01-30.toml", rulebooks = "rulebooks",
                    out;
  std::optional<double> price, daily_vol, daily_volume;
  double impact = 1;
  bool unscored = false;
  uint64_t seed = 1;
};
Result<StressReport> stress_of(Session& session, const StressOptions& options);

}  // namespace delever::cli
