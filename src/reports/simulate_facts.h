// Facts of a simulation while it runs: one run, an ensemble, and metaorders put into pairs of runs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "reports/facts.h"
#include "reports/facts_feed.h"
#include "reports/inputs.h"

namespace delever::reports {

struct SimulateFacts {
  std::string asset = "BTC", rules = "rules/facts-2026-01-30.toml";
  bool metaorders = false;
  uint64_t seed = 1;
  size_t runs = 1;
  unsigned threads = 1;
  sim::Switches switches;
};

// The facts of what one run showed; with metaorders where they are asked for.
Result<facts::FactSet> observed_facts(const facts::Observer& observer,
                                      const sim::Scenario& scenario, const SimulateFacts& wanted,
                                      uint64_t seed, Context& context);
// Seeds from wanted.seed on, one after the other.
Result<facts::FactSet> ensemble_facts(const sim::Scenario& scenario, const SimulateFacts& wanted,
                                      Context& context);
// An error when the rules, the asset or --metaorders cannot be had; with an empty set it only looks
// for those.
Result<FactsReport> simulated_page(const sim::Scenario& scenario, const SimulateFacts& wanted,
                                   const facts::FactSet& set);

}  // namespace delever::reports
