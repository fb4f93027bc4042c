// `delever serve --scenario`: a market to rehearse in, shown by the page while it runs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/as_venue.h"
#include "cli/cli.h"
#include "dashboard/dashboard.h"

namespace delever::cli {

inline constexpr const char* kRehearsal = "scenarios/rehearsal.toml";

struct ScenarioServing {
  std::string scenario, listen = "127.0.0.1:8420", accounts, ready_file, journal, start = "now",
                        lived = "10m";
  std::string certificate, key;  // files, of TLS
  std::vector<std::string> ports, members;
  std::string tape_out;  // empty: a temporary one
  bool no_tape = false;  // nor a page
  AsVenue as_venue;
  int64_t seed = 1;
  double speed = 1;
  bool limits = false;
};

void add_scenario_options(Verb& verb, ScenarioServing& serving);

struct ScenarioPage {
  dashboard::Dashboard::Options options;
  // Who else looks on; called once, before the loop runs. What it gives goes before both.
  std::function<Result<std::shared_ptr<void>>(net::Loop&, dashboard::Dashboard&)> beside;
};
Result<void> run_scenario(Session& session, const ScenarioServing& serving, ScenarioPage page);

}  // namespace delever::cli
