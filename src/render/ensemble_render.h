// An ensemble, the table of mechanisms and a rare event as text and JSON.
#pragma once

#include <string>
#include <vector>

#include "render/json.h"
#include "reports/ensemble.h"
#include "sim/ensemble/ensemble.h"
#include "sim/ensemble/splitting.h"

namespace delever::render {

std::string ensemble_text(const sim::Scenario& scenario, const std::vector<sim::RunResult>& runs,
                          const reports::EnsembleExtras& extras);
Json ensemble_json(const sim::Scenario& scenario, const std::vector<sim::RunResult>& runs,
                   const reports::EnsembleExtras& extras);
std::string rare_text(const sim::Scenario& scenario, const sim::Climb& climb,
                      const sim::Probability& p);
Json rare_json(const sim::Scenario& scenario, const sim::Climb& climb, const sim::Probability& p);
std::string mechanisms_text(const sim::Scenario& scenario,
                            const std::vector<reports::MechanismRow>& rows);
Json mechanisms_json(const sim::Scenario& scenario, const std::vector<reports::MechanismRow>& rows);

// The report of any kind of ensemble.
std::string ensemble_report_text(const reports::EnsembleReport& report);
Json ensemble_report_json(const reports::EnsembleReport& report);

}  // namespace delever::render
