// An outcome that only grows along a run, and a level that it may reach: what a rare event is said
// in.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/outcome.h"
#include "sim/scenario/scenario.h"

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

struct Record {
  uint32_t second = 0;  // seconds that were over when the score passed its best
  double score = 0;
  bool operator==(const Record&) const = default;
};
using Path = std::vector<Record>;  // rising; the first after the first second; may end once the
                                   // level is reached
double score_of(const Climb& climb, const Outcome& so_far);
// For Simulation::Options::stop_when: appends to `path` each time the score passes its best, and
// says whether the level is reached. Both must outlive the run.
std::function<bool(uint32_t, const Outcome&)> follow(const Climb& climb, Path& path);

// "OUTCOME<VALUE" for a low, "OUTCOME>=VALUE" or "OUTCOME>VALUE" for all others, "<=" too.
Result<Climb> read_climb(std::string_view text, const Scenario& scenario);

}  // namespace delever::sim
