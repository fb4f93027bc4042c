// What the streams of a scenario are called on a tape, in the order in which an Output counts them.
#pragma once

#include <vector>

#include "sim/simulation.h"

namespace delever::sim {

std::vector<Simulation::StreamNames> stream_names(const Scenario& scenario);

}  // namespace delever::sim
