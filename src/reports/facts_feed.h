// How events reach the facts: with the books that they make up; from tapes, or from a running
// simulation through the bytes that it would put on its tape.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "codec/book.h"
#include "codec/decoder.h"
#include "facts/measure.h"
#include "sim/simulation.h"

namespace delever::reports {

// Keeps books and offers each to the observer once a second, as far as its last snapshot went: what
// deltas add beyond is only a part of what is there.
class FactsSink final : public EventSink {
 public:
  FactsSink(const std::string& asset, const Instruments& instruments, facts::Window window,
            CoinNames names = {})
      : observer_(asset, instruments, window, std::move(names)), books_(instruments, no_gaps_) {}
  void on_event(const Event& event) override;
  const facts::Observer& observer() const { return observer_; }

 private:
  struct NoGaps final : EventSink {
    void on_event(const Event&) override {}
  };
  struct Extent {
    bool known = false;
    Price lowest_bid, highest_ask;
  };
  facts::Observer observer_;
  NoGaps no_gaps_;
  codec::BookBuilder books_;
  std::vector<Extent> extents_;  // by instrument
  std::vector<Level> bids_, asks_;
};

// Decodes a simulation's messages as they are written, and passes them on to its tape where there
// is one.
class FactsOutput final : public sim::Output {
 public:
  explicit FactsOutput(const std::string& asset)
      : sink_(std::make_unique<FactsSink>(asset, instruments_, facts::Window{})) {}
  void pass_on_to(sim::Output* next) { next_ = next; }  // nullptr: to nobody
  Result<void> add_streams(const std::vector<sim::Simulation::StreamNames>& streams);
  Result<void> on_lines(size_t stream, Instant received, std::string_view lines) override;
  Result<void> on_positions(std::string_view rows) override;
  Result<void> on_accounts(std::string_view rows) override;
  Result<void> on_book(std::string_view asset, std::string_view rows) override;
  const facts::Observer& observer() const { return sink_->observer(); }

 private:
  Instruments instruments_;
  std::unique_ptr<FactsSink> sink_;
  sim::Output* next_ = nullptr;
  std::vector<std::unique_ptr<codec::Decoder>> decoders_;
  std::string line_;
};

}  // namespace delever::reports
