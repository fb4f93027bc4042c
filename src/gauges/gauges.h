// Gauges: events of one asset in, Readings out. Feed events in order of receive time (as a tape
// serves them) and ask for readings at any time that is not before the last event fed; asking
// changes nothing, so the readings at T are the same whatever was asked before. What "known at T"
// means is thus the order of feeding: never an event received later.
//
//   Gauges gauges("BTC", rules, instruments, sources);
//   while (auto event = replay.next_until(at)) gauges.on_event(*event);
//   for (const Reading& r : gauges.readings(at)) ...
//
// Memory: 48 h of single liquidations, 26 h of minute prices, and day sums, settlements and candles
// for good.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gauges/day_figures.h"
#include "gauges/history.h"
#include "gauges/reading.h"
#include "gauges/rules.h"
#include "market/event.h"

namespace delever::gauges {

class Gauges : public EventSink {
 public:
  // The three references must outlive the gauges. `sources[id]` names Event::source; both tables
  // may grow while events are fed. An id beyond the table is named by its instrument's venue.
  Gauges(std::string asset, const Rules& rules, const Instruments& instruments,
         const std::vector<Source>& sources);
  ~Gauges() override;

  void on_event(const Event& event) override;

  // Every canonical gauge, each at least once, in the order of gauge_names(): the aggregate, then
  // by venue, then by expiry. CHECKs at >= known_until().
  std::vector<Reading> readings(Instant at) const;
  // Series from `from` (inclusive) to `at`. CHECKs like readings().
  History history(Instant at, Instant from = Instant::min()) const;
  // The figures of the UTC day that begins at `day`, from what has been fed. To be asked within a
  // day of its end: older prices are forgotten.
  DayFigures day_figures(Instant day) const;

  // What stands beside everything of now: clocks that are wrong, markets that are left out, gaps of
  // the last day. Empty when there is nothing to say.
  std::string remarks(Instant at) const;

  Instant known_until()
      const;  // receive time of the last event fed; Instant::min() before the first
  const std::string& asset() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Readings at many times in one pass: put it before the gauges. Before it passes on an event
// received after the next time, it takes the readings of that time.
class Sampler : public EventSink {
 public:
  using Take = std::function<void(Instant at, const std::vector<Reading>& readings)>;
  struct Times {
    Instant from, to;
    Duration step;
  };  // from, from + step, ... up to and including `to`

  Sampler(Gauges& gauges, Times times, Take take);
  void on_event(const Event& event) override;
  void finish();  // the times that are left, when the events have ended

 private:
  void take_before(Instant received);
  Gauges& gauges_;
  Times times_;
  Take take_;
  Instant next_;
  bool done_ = false;
};

// All names that readings() may give, in its order; what a canonical gauge means, in one line, for
// help and reports.
struct GaugeName {
  std::string_view name, unit, meaning;
};
const std::vector<GaugeName>& gauge_names();

}  // namespace delever::gauges
