// What a report must say of the tapes under it: where nothing was recorded, where what was recorded
// is lost, and where a venue's own numbering has holes.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "market/event.h"

namespace delever::reports {

// Passes every event on and keeps the gaps.
class GapNotes final : public EventSink {
 public:
  // The tables must outlive it and may grow; `sources[id]` names Event::source.
  GapNotes(EventSink& next, const Instruments& instruments, const std::vector<Source>& sources)
      : next_(next), instruments_(instruments), sources_(sources) {}
  void on_event(const Event& event) override;
  // One line a stream and kind, of the gaps that reach into [from, to].
  std::vector<std::string> lines(Instant from, Instant to) const;

 private:
  struct Hole {
    Instant from, to;
    std::string reason;
  };
  EventSink& next_;
  const Instruments& instruments_;
  const std::vector<Source>& sources_;
  std::map<std::pair<std::string, bool>, std::vector<Hole>> holes_;  // by name; true: of a sequence
};

}  // namespace delever::reports
