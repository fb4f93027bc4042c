// Stylised facts of recorded and simulated tapes, by the same code, against their targets.
#pragma once

#include <string>
#include <vector>

#include "facts/targets.h"
#include "reports/context.h"

namespace delever::reports {

struct FactsReport {
  std::string asset, rules;
  std::vector<std::string> recorded,
      simulated;  // what was read: tapes, or a scenario with its seeds
  facts::Report report;
  std::vector<std::string> notes;  // gaps under it, trades that were shown twice
};

struct FactsOptions {
  std::vector<std::string> tapes;
  std::string asset = "BTC", from, to, rules = "rules/facts-2026-01-30.toml";
};
Result<FactsReport> facts_report(const FactsOptions& options, Context& context);

}  // namespace delever::reports
