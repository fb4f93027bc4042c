// RecordedTimes: when each venue was being recorded. A quiet hour and a dead recorder look alike in
// one stream, so a venue counts as recorded while any of its streams speaks; a gap of a stream
// takes away from what that stream covers.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "market/event.h"

namespace delever::gauges {

struct Span {
  Instant from, to;
};

// Disjoint spans in order. Adding merges.
class Spans {
 public:
  void add(Span span);
  Duration covered(Span window) const;
  bool empty() const { return spans_.empty(); }
  const std::vector<Span>& all() const { return spans_; }

 private:
  std::vector<Span> spans_;
};

class RecordedTimes {
 public:
  explicit RecordedTimes(Duration quiet_max) : quiet_max_(quiet_max) {}

  // When a venue spoke, and the newest of its own times.
  struct Voice {
    Spans alive;
    std::optional<Instant> last, stamped;
  };
  Voice& voice(const std::string& venue) { return voices_[venue]; }  // for good
  // `stamped`: the venue's own time. Where it stays behind the receipts (a clock that is hours
  // off), what is known ends with it.
  void heard(Voice& voice, Instant received, Instant stamped) const;
  // `ours`: of the asset that is gauged. A stream of another coin covers nothing of this one; a
  // stream of all coins is known from its first liquidation of any.
  void liquidation(const std::string& venue, SourceId source, Instant received, bool ours);
  void gap(SourceId source, const Gap& gap);

  // The share of the window in which the venue's liquidations were recorded; a lower bound of what
  // is known when the streams end before the window does.
  double liquidation_coverage(const std::string& venue, Span window) const;

 private:
  Duration quiet_max_;
  std::map<std::string, Voice> voices_;
  struct Carrier {
    Instant first;
    bool ours = false;
  };
  std::map<std::string, std::map<SourceId, Carrier>>
      carriers_;  // the liquidation streams of each venue
  std::map<SourceId, Spans> gaps_;
};

}  // namespace delever::gauges
