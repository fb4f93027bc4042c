// What `delever simulate` was asked for, shared by its two halves: one run (simulate_verb.cc) and
// ensembles (ensemble_verb.cc).
#pragma once

#include <string>
#include <vector>

#include "cli/cli.h"
#include "cli/simulate_facts.h"
#include "sim/scenario/scenario.h"

namespace delever::cli {

struct SimulateArguments {
  std::string scenario, out, html, runs_file;
  std::vector<std::string> without;
  uint64_t seed = 1;
  size_t runs = 1;
  unsigned threads = 1;
  bool mechanisms = false;
  bool facts = false;
  SimulateFacts facts_of;
  // Of ensembles.
  std::string rare;  // "btc_low<88000"
  size_t replicas = 200;
  std::string draws = "independent";
  double fund_cost = 0.05;

  bool is_ensemble() const { return mechanisms || runs > 1 || !rare.empty() || !runs_file.empty(); }
};

struct ScenarioRead {
  sim::Scenario scenario;
  sim::Switches switches;
};
Result<ScenarioRead> read_scenario(const SimulateArguments& arguments);

void add_ensemble_options(CLI::App& verb, SimulateArguments& arguments);
Result<void> run_ensemble_verb(Session& session, const SimulateArguments& arguments);

}  // namespace delever::cli
