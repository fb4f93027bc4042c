// Facts of a simulation while it runs: one run, an ensemble, and metaorders put into pairs of runs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/cli.h"
#include "cli/facts_faces.h"
#include "cli/facts_feed.h"

namespace delever::cli {

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
                                      uint64_t seed, Session& session);
// Seeds from wanted.seed on, one after the other.
Result<facts::FactSet> ensemble_facts(const sim::Scenario& scenario, const SimulateFacts& wanted,
                                      Session& session);
// An error when the rules, the asset or --metaorders cannot be had; with an empty set it only looks
// for those.
Result<FactsPage> simulated_page(const sim::Scenario& scenario, const SimulateFacts& wanted,
                                 const facts::FactSet& set);

}  // namespace delever::cli
