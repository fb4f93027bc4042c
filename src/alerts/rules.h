// Alert rules: what of the readings is worth waking somebody for. Data, in TOML (docs/alerts.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "base/time.h"

namespace delever::alerts {

enum class Kind {
  value,    // of a reading, above or below a bound
  change,   // of a reading over a time
  state,    // of a reading
  verdict,  // of a coin
  gap,      // in a stream
};

struct Rule {
  std::string name, summary, severity = "warning";
  std::string place;  // "alerts.toml:12"
  Kind kind = Kind::value;
  std::string asset = "BTC", reading, venue, stream;
  std::optional<double> above, below;
  std::optional<double> clear;  // where it is over: between it and the bound nothing changes
  bool relative = false;        // change: as a share of what was
  Duration over;                // change: from then to now; gap: how long one counts
  std::vector<std::string> is;  // state, verdict: any of these
  Duration hold;                // it must be so for this long before it fires
  Duration rest;                // and not be so for this long before it is over
};

Result<std::vector<Rule>> read_rules(std::string_view text, std::string_view file);

}  // namespace delever::alerts
