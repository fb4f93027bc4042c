// How a simulated run looks as text, JSON and a page.
#pragma once

#include <string>

#include "cli/json.h"
#include "sim/simulation.h"

namespace delever {

std::string simulate_text(const sim::Scenario& scenario, const sim::Outcome& outcome);
Json simulate_json(const sim::Scenario& scenario, const sim::Outcome& outcome);
std::string simulate_html(const sim::Scenario& scenario, const sim::Outcome& outcome);

}  // namespace delever
