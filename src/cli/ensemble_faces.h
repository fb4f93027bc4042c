// How an ensemble and the table of mechanisms look as text and JSON.
#pragma once

#include <string>
#include <vector>

#include "cli/json.h"
#include "sim/ensemble.h"

namespace delever {

struct MechanismRow {
  std::string name;
  std::vector<sim::RunResult> runs;
};

std::string ensemble_text(const sim::Scenario& scenario, const std::vector<sim::RunResult>& runs);
Json ensemble_json(const sim::Scenario& scenario, const std::vector<sim::RunResult>& runs);
std::string mechanisms_text(const sim::Scenario& scenario, const std::vector<MechanismRow>& rows);
Json mechanisms_json(const sim::Scenario& scenario, const std::vector<MechanismRow>& rows);

}  // namespace delever
