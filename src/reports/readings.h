// Every gauge of one asset at one time or at many.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gauges/reading.h"
#include "reports/brief.h"
#include "reports/context.h"

namespace delever::reports {

struct GaugesOptions {
  std::vector<std::string> tapes;
  std::vector<std::string> only;  // names of gauges; empty: all
  std::string asset = "BTC", from, to, step = "1h", rules = "rules/2026-01-30.toml";
};
// Those names, as views; an error for one that no gauge has.
Result<std::set<std::string_view>> gauges_named(const std::vector<std::string>& names);
// Gets the readings of one time after another.
using ReadingsSink = std::function<void(Instant, const std::vector<gauges::Reading>&)>;
// `use`: what each stream gave and what of it could not be read, where somebody asks.
Result<void> sample_gauges(const GaugesOptions& options, Context& context, const ReadingsSink& each,
                           std::vector<SourceUse>* use = nullptr);

}  // namespace delever::reports
