// An outcome that only grows along a run, and a level that it may reach: what a rare event is said
// in.
#pragma once

#include <string>
#include <string_view>

#include "sim/scenario.h"

namespace delever::sim {

struct Climb {
  enum class Measure : uint8_t {
    low,
    fall,
    liquidated_usd_24h,
    accounts_liquidated,
    adl_usd,
    deficit_usd
  };
  Measure measure = Measure::low;
  uint32_t asset = 0;   // of all but deficit_usd
  double level = 0;     // of the score: the value, or minus the value of a low
  std::string outcome;  // as Outcome::named() calls it
  std::string text;     // "btc_low<88000"
  bool falls() const { return measure == Measure::low; }
};

// "OUTCOME<VALUE" for a low, "OUTCOME>=VALUE" or "OUTCOME>VALUE" for all others, "<=" too.
Result<Climb> read_climb(std::string_view text, const Scenario& scenario);

}  // namespace delever::sim
