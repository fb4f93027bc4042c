#include "feeds/holes.h"

#include "feeds/replay.h"

namespace delever::feeds {
namespace {

class HoleSink final : public ReplaySink {
 public:
  explicit HoleSink(const Replay& replay) : replay_(replay) {}
  void on_event(const Event& event) override {
    const Gap* const gap = std::get_if<Gap>(&event.payload);
    if (gap == nullptr || gap->kind != GapKind::sequence) return;
    if (++found.count > SequenceHoles::kNamed) return;
    const Instrument& instrument = replay_.instruments()[event.instrument];
    found.named.push_back(
        {replay_.sources()[event.source].name, instrument.venue, instrument.symbol, *gap});
  }
  void on_undecoded(const Source&, const codec::RawMessage&, const Error&) override {}

  SequenceHoles found;

 private:
  const Replay& replay_;
};

}  // namespace

Result<SequenceHoles> sequence_holes(const std::string& tape) {
  const auto replay = TRY(Replay::open({tape}, {.sequences = true}));
  HoleSink sink(*replay);
  TRY(replay->run(sink));
  for (SourceId id = 0; id < replay->sources().size(); ++id) {
    if (const uint64_t n = replay->repeated(id))
      sink.found.repeated[replay->sources()[id].name] = n;
  }
  return std::move(sink.found);
}

}  // namespace delever::feeds
