// What the gauges of several assets knew at given times: what claims are checked against.
#pragma once

#include <memory>
#include <vector>

#include "gauges/claims.h"
#include "gauges/gauges.h"

namespace delever::gauges {

// What no gauge gives but somebody may have meant, at `at`: means over a span's own settlements,
// open interest in contracts and its parts, liquidations in coins. Only for the search over a
// claim's definitions.
std::vector<Reading> meant_readings(const std::vector<Reading>& readings, const History& history,
                                    const std::string& asset, Instant at);

// Passes events on to the gauges and records, between them, what was known at each of the times.
class KnowledgeRecorder final : public EventSink {
 public:
  // `gauges`: one for each asset. `times` in order. `ranges`: what is known of a gauge's past
  // beyond the events, from the end of each on.
  KnowledgeRecorder(const std::vector<std::unique_ptr<Gauges>>& gauges, std::vector<Instant> times,
                    std::vector<GaugeRange> ranges = {})
      : gauges_(gauges), times_(std::move(times)), ranges_(std::move(ranges)) {}

  void on_event(const Event& event) override {
    while (next_ < times_.size() && event.received > times_[next_]) record();
    for (auto& gauges : gauges_) gauges->on_event(event);
  }
  // At the times before `at`, and at `at`, which is not before the last event. Good until the next
  // event or question.
  const std::vector<Knowledge>& known(Instant at);

 private:
  void record();
  Knowledge knowledge_at(Instant at) const;
  const std::vector<std::unique_ptr<Gauges>>& gauges_;
  const std::vector<Instant> times_;
  const std::vector<GaugeRange> ranges_;
  size_t next_ = 0;               // of the times
  std::vector<Knowledge> known_;  // at the times passed; after a question, at its `at` too
};

}  // namespace delever::gauges
