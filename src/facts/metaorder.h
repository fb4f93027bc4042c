// Impact of metaorders that were put into a simulated market on purpose. Each run is paired with a
// run of the same seed without the order, so that what the market would have done anyway is taken
// out; what is left is the impact.
#pragma once

#include "facts/fact.h"

namespace delever::facts {

struct Metaorder {
  double coins = 0;  // bought; below 0 sold
  double peak = 0;   // log price with the order less without it, at its end
  double after = 0;  // the same when as long again as it lasted has passed
};

// impact_exponent_metaorder: slope of log mean (peak * side) on log |coins| over the sizes,
// resampling pairs. impact_decay_metaorder: 1 - mean(after * side) / mean(peak * side), the share
// of the impact that is gone. Without orders: why not.
FactSet metaorder_facts(const std::vector<Metaorder>& orders, const std::string& source);

}  // namespace delever::facts
