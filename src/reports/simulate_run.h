// One run of a scenario with what it leaves behind: the tape, and the truth beside it. `simulate`
// and `demo` share it.
#pragma once

#include <string>
#include <vector>

#include "reports/inputs.h"
#include "sim/simulation.h"

namespace delever::reports {

class FactsOutput;

// The scenario and the rulebooks that it names.
Result<sim::Scenario> load_scenario(const std::string& path);

struct SimulateRun {
  std::string out;                  // tape to write; empty: none
  bool replace = false;             // files of an earlier run of the same name go first
  FactsOutput* observed = nullptr;  // sees the messages on their way to the tape
  sim::Simulation::Options options;
};
// Tape and truth stand at their names only when all was written, the tape last. What a failed run
// had begun is removed; a killed one leaves it with `.unfinished` behind each name, and the next
// run removes it.
Result<sim::Outcome> run_scenario(Context& context, const sim::Scenario& scenario, SimulateRun run);

// OUT.positions.csv, OUT.accounts.csv, OUT.book-btc.csv ...
std::string book_path(const std::string& out, const std::string& asset);
std::vector<std::string> truth_paths(const std::string& out, const sim::Scenario& scenario);

}  // namespace delever::reports
