// SizesLater: whether a contract was traded before the tape said how many coins it is. What was
// counted without a size is counted again with it: a second reading of the same tapes, by the first
// one's instruments, which have the same numbers (KnownOnly leaves out what a growing tape has got
// since). And the contracts that no message gives a size.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "market/event.h"
#include "market/terms.h"

namespace delever::reports {

class SizesLater final : public EventSink {
 public:
  // The table must be the one that the events point into.
  SizesLater(EventSink& next, const Instruments& instruments)
      : next_(next), instruments_(instruments) {}

  void on_event(const Event& event) override {
    next_.on_event(event);
    if (event.instrument == kNoInstrument || !counted(event.payload)) return;
    const Instrument& i = instruments_[event.instrument];
    if (!i.contract_size && (i.kind == InstrumentKind::linear || i.kind == InstrumentKind::inverse))
      unsized_.insert(event.instrument);
  }

  // A contract of `asset` has a size by now.
  bool any(const CoinNames& names, std::string_view asset) const {
    for (const InstrumentId id : unsized_) {
      const Instrument& i = instruments_[id];
      if (i.contract_size && names.of(i).asset == names.plain(asset)) return true;
    }
    return false;
  }
  // A line for each contract of `asset` without a size.
  std::vector<std::string> lines(const CoinNames& names, std::string_view asset) const {
    std::vector<std::string> out;
    for (const InstrumentId id : unsized_) {
      const Instrument& i = instruments_[id];
      if (!i.contract_size && names.of(i).asset == names.plain(asset))
        out.push_back(i.venue + " " + i.symbol + " is left out: its contract size is unknown");
    }
    return out;
  }

 private:
  static bool counted(const EventPayload& payload) {
    return std::holds_alternative<Trade>(payload) || std::holds_alternative<Quote>(payload) ||
           std::holds_alternative<Liquidation>(payload) ||
           std::holds_alternative<OpenInterest>(payload) ||
           std::holds_alternative<BookSnapshot>(payload);
  }
  EventSink& next_;
  const Instruments& instruments_;
  std::set<InstrumentId> unsized_;
};

class KnownOnly final : public EventSink {
 public:
  KnownOnly(EventSink& next, const Instruments& known) : next_(next), known_(known) {}
  void on_event(const Event& event) override {
    if (event.instrument == kNoInstrument || event.instrument < known_.size())
      next_.on_event(event);
  }

 private:
  EventSink& next_;
  const Instruments& known_;
};

}  // namespace delever::reports
