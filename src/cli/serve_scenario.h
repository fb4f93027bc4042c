// `delever serve --scenario`: a market to rehearse in.
#pragma once

#include <string>
#include <vector>

#include "cli/cli.h"

namespace delever::cli {

inline constexpr const char* kRehearsal = "scenarios/rehearsal.toml";

struct ScenarioServing {
  std::string scenario, listen = "127.0.0.1:8420", accounts, ready_file, journal, start = "now",
                        lived = "10m";
  std::string certificate, key;  // files, of TLS
  std::vector<std::string> ports, members;
  int64_t seed = 1;
  double speed = 1;
  bool limits = false;
};

void add_scenario_options(Verb& verb, ScenarioServing& serving);
Result<void> run_scenario(Session& session, const ScenarioServing& serving);

}  // namespace delever::cli
