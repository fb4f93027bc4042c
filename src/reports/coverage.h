// What tapes hold, by kind of event and venue: from when to when, and how much of it. And the last
// moment at which the kinds that a brief lives on were all fresh.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "market/event.h"
#include "market/instrument.h"

namespace delever::reports {

struct Coverage {
  std::string kind;  // payload_name(): "trade", "funding_rate", ...
  std::string venue;
  uint64_t events = 0;
  Instant first, last;  // receive times
};
// Counts what it hears.
class CoverageCounter final : public EventSink {
 public:
  explicit CoverageCounter(const std::vector<Source>& sources) : sources_(sources) {}
  void on_event(const Event& event) override;
  // By kind in the order of EventPayload, then by venue.
  std::vector<Coverage> coverage() const;

 private:
  const std::vector<Source>& sources_;
  std::map<std::pair<size_t, SourceId>, Coverage> seen_;  // by kind
};
// Of whole tapes.
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
