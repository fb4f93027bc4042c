// What tapes hold, by kind of event and venue: from when to when, and how much of it. And the last
// moment at which the kinds that a brief lives on were all fresh.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace delever::reports {

struct Coverage {
  std::string kind;  // payload_name(): "trade", "funding_rate", ...
  std::string venue;
  uint64_t events = 0;
  Instant first, last;  // receive times
};
// By kind in the order of EventPayload, then by venue.
Result<std::vector<Coverage>> coverage_of(const std::vector<std::string>& tapes,
                                          Instant to = Instant::max());
std::string coverage_text(const std::vector<Coverage>& coverage);

// The latest of the times at which something was heard last, such that prices, funding, open
// interest and liquidations, as far as the tapes have them, were not stale. `stale`: the kinds that
// had ended too long before the last message; empty when that is the time.
struct FreshTime {
  Instant at, last;
  std::vector<std::string> stale;
};
FreshTime fresh_time(const std::vector<Coverage>& coverage);

}  // namespace delever::reports
