// What `delever simulate` was asked for, shared by its two halves: one run (simulate_verb.cc) and ensembles
// (ensemble_verb.cc).
#pragma once

#include <string>
#include <vector>

#include "cli/cli.h"
#include "sim/scenario.h"

namespace delever {

struct SimulateArguments {
  std::string scenario, out, html, runs_file;
  std::vector<std::string> without;
  uint64_t seed = 1;
  size_t runs = 1;
  unsigned threads = 1;
  bool mechanisms = false;

  bool is_ensemble() const { return mechanisms || runs > 1; }
};

Result<void> run_ensemble_verb(Session& session, const SimulateArguments& arguments, const sim::Scenario& scenario,
                               const sim::Switches& switches);

}  // namespace delever
