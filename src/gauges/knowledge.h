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
  // `gauges`: one for each asset. `times` in order.
  KnowledgeRecorder(std::vector<std::unique_ptr<Gauges>>& gauges, std::vector<Instant> times)
      : gauges_(gauges), times_(std::move(times)) {}

  void on_event(const Event& event) override {
    while (next_ < times_.size() && event.received > times_[next_]) record();
    for (auto& gauges : gauges_) gauges->on_event(event);
  }
  std::vector<Knowledge> finish() {
    while (next_ < times_.size()) record();
    return std::move(known_);
  }

 private:
  void record();
  std::vector<std::unique_ptr<Gauges>>& gauges_;
  std::vector<Instant> times_;
  size_t next_ = 0;
  std::vector<Knowledge> known_;
};

}  // namespace delever::gauges
