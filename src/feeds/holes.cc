#include "feeds/holes.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "feeds/lag_histogram.h"
#include "feeds/replay.h"

namespace delever::feeds {
namespace {

class HoleSink final : public ReplaySink {
 public:
  explicit HoleSink(const Replay& replay) : replay_(replay) {}
  void on_event(const Event& event) override {
    if (event.instrument != kNoInstrument && !std::holds_alternative<Gap>(event.payload)) {
      Heard& heard = heard_[{event.source, event.instrument}];
      if (!heard.lags) {
        heard.lags = std::make_unique<LagHistogram>();
        heard.first = event.received;
      }
      heard.last = event.received;
      heard.lags->add(event.received - event.at);
      const Duration ahead = event.at - event.received;
      heard.ahead += ahead > HeardSymbol::kClockSlack;
      heard.ahead_most = std::max(heard.ahead_most, ahead);
    }
    const Gap* const gap = std::get_if<Gap>(&event.payload);
    if (gap == nullptr || gap->kind != GapKind::sequence) return;
    if (++found.count > SequenceHoles::kNamed) return;
    const Instrument& instrument = replay_.instruments()[event.instrument];
    found.named.push_back(
        {replay_.sources()[event.source].name, instrument.venue, instrument.symbol, *gap});
  }
  void on_undecoded(const Source&, const codec::RawMessage&, const Error&) override {}

  void tell_heard() {
    for (const auto& [key, heard] : heard_) {
      const Instrument& instrument = replay_.instruments()[key.second];
      found.heard.push_back({.stream = replay_.sources()[key.first].name,
                             .venue = instrument.venue,
                             .symbol = instrument.symbol,
                             .events = heard.lags->total(),
                             .first = heard.first,
                             .last = heard.last,
                             .lag_median = heard.lags->quantile(0.5),
                             .lag_p99 = heard.lags->quantile(0.99),
                             .lag_most = heard.lags->most(),
                             .ahead = heard.ahead,
                             .ahead_most = heard.ahead_most});
    }
  }

  SequenceHoles found;

 private:
  struct Heard {
    std::unique_ptr<LagHistogram> lags;
    Instant first, last;
    uint64_t ahead = 0;
    Duration ahead_most;
  };
  const Replay& replay_;
  std::map<std::pair<SourceId, InstrumentId>, Heard> heard_;
};

}  // namespace

Result<SequenceHoles> sequence_holes(const std::string& tape) {
  const auto replay = TRY(Replay::open({tape}, {.sequences = true}));
  HoleSink sink(*replay);
  TRY(replay->run(sink));
  sink.tell_heard();
  for (SourceId id = 0; id < replay->sources().size(); ++id) {
    if (const uint64_t n = replay->repeated(id))
      sink.found.repeated[replay->sources()[id].name] = n;
  }
  return std::move(sink.found);
}

}  // namespace delever::feeds
