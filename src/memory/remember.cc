#include "memory/remember.h"

#include <algorithm>

#include "feeds/replay.h"
#include "memory/condense.h"
#include "memory/event_codec.h"
#include "memory/memory_file.h"
#include "memory/message_columns.h"
#include "tape/inspect.h"

namespace delever::memory {
namespace {

// Every member by name, so that a new one does not compile.
bool same(const Instrument& a, const Instrument& b) {
  const auto& [venue, symbol, kind, base, quote, settle, contract_size, expiry, strike, option_type,
               tick, step, funding_interval] = a;
  return venue == b.venue && symbol == b.symbol && kind == b.kind && base == b.base &&
         quote == b.quote && settle == b.settle && contract_size == b.contract_size &&
         expiry == b.expiry && strike == b.strike && option_type == b.option_type &&
         tick == b.tick && step == b.step && funding_interval == b.funding_interval;
}

// The events and messages of a replay on their way into segments.
class Remembering final : public feeds::ReplaySink {
 public:
  Remembering(feeds::Replay& replay, MemoryWriter writer, const RememberOptions& options)
      : replay_(replay),
        writer_(std::move(writer)),
        options_(options),
        condenser_(replay.instruments(), options.ahead_max, kSegment),
        events_(ColumnWriter()) {
    contents_.key = options.key;
    contents_.sources = replay.sources();
    counted_.resize(contents_.sources.size());
    for (; known_.size() < replay.instruments().size();) learn(known_.size());
    contents_.instruments = known_;
  }

  Result<void> run(std::vector<TapeMark> tapes);

  void on_event(const Event& event) override;
  void on_undecoded(const Source&, const codec::RawMessage&, const Error& why) override {
    begin(replay_.last().received);
    const SourceId source = replay_.last().source;
    const std::string text = why.text();
    messages_.undecoded(source, text);
    ++segment_->undecoded[{source, text}];
  }

 private:
  void fail(std::string why) {
    if (!fault_) fault_ = Error{Fault::refused, std::move(why), "a memory"};
  }
  void learn(size_t id) { known_.push_back(replay_.instruments()[InstrumentId(id)]); }
  void begin(Instant received);
  void describe(Instant received, bool all);
  void message();
  void end_segment();

  feeds::Replay& replay_;
  MemoryWriter writer_;
  const RememberOptions& options_;
  Contents contents_;
  Condenser condenser_;
  EventColumns<ColumnWriter> events_;
  MessageWriter messages_;
  std::optional<Segment> segment_;
  std::vector<Instrument> known_;
  std::vector<Counts> counted_;
  std::map<std::pair<uint32_t, SourceId>, KindSeen> seen_;
  std::optional<Error> fault_;
  Event scratch_;
  uint64_t ordinal_ = 0;     // in the segment
  uint64_t of_message_ = 0;  // events of the message that is being read
  bool listed_ = false;      // it has described instruments
};

// The segment that a time of receipt falls in; the one before it is over.
void Remembering::begin(Instant received) {
  const int64_t number = segment_of(received);
  if (segment_ && segment_->number == number) {
    if (received < segment_->last) fail("its times of receipt fall back");
    segment_->last = received;
    return;
  }
  if (segment_ && number < segment_->number) return fail("its times of receipt fall back");
  if (segment_) end_segment();
  segment_.emplace();
  segment_->number = number;
  segment_->first = segment_->last = received;
  segment_->counts.resize(contents_.sources.size());
  ordinal_ = 0;
  messages_.begin(received);
}

// What the table of instruments has got since: new ones, and others where they were described.
void Remembering::describe(Instant received, bool all) {
  const Instruments& table = replay_.instruments();
  const auto note = [&](const Instrument& instrument) {
    contents_.descriptions.push_back({contents_.segments.size(), ordinal_, received, instrument});
  };
  if (all) {
    for (size_t id = 0; id < known_.size(); ++id) {
      const Instrument& now = table[InstrumentId(id)];
      if (same(now, known_[id])) continue;
      known_[id] = now;
      note(now);
    }
  }
  while (known_.size() < table.size()) {
    learn(known_.size());
    note(known_.back());
  }
}

// Books are copied without their levels, which nobody reads here.
void Remembering::on_event(const Event& event) {
  if (fault_) return;
  const auto* gap = std::get_if<Gap>(&event.payload);
  if (gap == nullptr && event.received != replay_.last().received)
    return fail("an event of it is received apart from its message");
  if (gap != nullptr && gap->kind != GapKind::recorded) return fail("it is damaged");
  begin(event.received);
  if (fault_) return;
  const bool lists = std::holds_alternative<InstrumentListed>(event.payload);
  describe(event.received, lists && !listed_);
  listed_ = listed_ || lists;
  if (gap == nullptr) {
    KindSeen& seen = seen_.try_emplace({static_cast<uint32_t>(event.payload.index()), event.source})
                         .first->second;
    if (seen.events++ == 0) {
      seen.kind = static_cast<uint32_t>(event.payload.index());
      seen.name = payload_name(event.payload);
      seen.source = event.source;
      seen.first = event.received;
    }
    seen.last = event.received;
  }
  const bool book = std::holds_alternative<BookSnapshot>(event.payload) ||
                    std::holds_alternative<BookDelta>(event.payload);
  scratch_ = book ? sign_of(event) : event;
  switch (condenser_.add(scratch_, ordinal_)) {
    case Condenser::Form::sign:
      scratch_ = sign_of(scratch_);
      [[fallthrough]];
    case Condenser::Form::whole:
      events_.event(ordinal_, scratch_);
      ++segment_->event_count;
      break;
    case Condenser::Form::nothing:
      break;
  }
  ++ordinal_;
  if (gap != nullptr)
    messages_.add({event.source, event.received, 1, {}});
  else
    ++of_message_;
}

// Behind each message: what it was, and what came of it.
void Remembering::message() {
  const auto& [source, received] = replay_.last();
  begin(received);
  if (fault_) return;
  describe(received, false);
  const codec::DecodeCounts& counts = replay_.counts(source);
  Counts& before = counted_[source];
  const Counts more{counts.messages - before.messages, counts.events - before.events};
  before = {counts.messages, counts.events};
  messages_.add({source, received, of_message_, more});
  segment_->counts[source].messages += more.messages;
  segment_->counts[source].events += more.events;
  of_message_ = 0;
  listed_ = false;
}

// Its three pieces go to the file, and nothing of it stays.
void Remembering::end_segment() {
  EventColumns<ColumnWriter> condensed{ColumnWriter()};
  std::vector<KeptEvent> kept = condenser_.finish();
  if (condenser_.failed()) fail("its trades are too large to be summed");
  Instant before = segment_->first;
  for (KeptEvent& one : kept) {
    condensed.event(one.ordinal, one.event);
    condensed.received(one.event, before);
    before = one.event.received;
  }
  segment_->condensed_count = kept.size();
  segment_->message_count = messages_.count();
  const auto put = [&](Piece& to, const std::string& packed) {
    auto piece = writer_.add(packed);
    if (piece.has_value())
      to = piece.value();
    else if (!fault_)
      fault_ = std::move(piece.error());
  };
  put(segment_->condensed, condensed.io().pack());
  put(segment_->events, events_.io().pack());
  put(segment_->messages, messages_.pack());
  events_ = EventColumns<ColumnWriter>(ColumnWriter());
  contents_.segments.push_back(std::move(*segment_));
  segment_.reset();
}

// A description that changes without an event would have no place among the events: then the tapes
// are not remembered. No decoder does so today.
Result<void> Remembering::run(std::vector<TapeMark> tapes) {
  constexpr uint64_t kLookEvery = 1 << 16;
  bool more = true;
  while (more && !fault_) {
    more = TRY(replay_.step(*this));
    if (!more) break;
    message();
    if (replay_.messages() % kLookEvery != 0) continue;
    if (options_.told) options_.told(replay_.messages());
    for (size_t id = 0; id < known_.size(); ++id) {
      if (!same(known_[id], replay_.instruments()[InstrumentId(id)]))
        fail("an instrument of it changed without a description");
    }
  }
  for (size_t id = 0; id < known_.size(); ++id) {
    if (!same(known_[id], replay_.instruments()[InstrumentId(id)]))
      fail("an instrument of it changed without a description");
  }
  if (segment_) end_segment();
  if (fault_) return *fault_;
  contents_.tapes = std::move(tapes);
  for (const auto& entry : seen_) contents_.seen.push_back(entry.second);
  return writer_.finish(contents_);
}

}  // namespace

Result<void> remember(const std::vector<std::string>& tapes, const std::string& path,
                      const RememberOptions& options) {
  const auto refused = [](const char* why) { return Error{Fault::refused, why, "a memory"}; };
  std::vector<TapeMark> marks;
  for (const std::string& tape : tapes) {
    const auto mark = mark_of_tape(tape);
    if (!mark) return refused("somebody is writing to the tape");
    marks.push_back(*mark);
    if (!TRY(tape::tape_info(tape)).damage.empty()) return refused("it is damaged");
  }
  MemoryWriter writer = TRY(MemoryWriter::create(path));
  const auto replay = TRY(feeds::Replay::open(tapes, {}));
  for (size_t i = 0; i < tapes.size(); ++i) marks[i].digest = TRY(file_digest(tapes[i]));
  Remembering remembering(*replay, std::move(writer), options);
  const auto unchanged = [&] {
    for (size_t i = 0; i < tapes.size(); ++i) {
      auto now = mark_of_tape(tapes[i]);
      if (now) now->digest = marks[i].digest;
      if (now != marks[i]) return false;
    }
    return true;
  };
  TRY(remembering.run(marks));
  if (!unchanged()) return refused("the tape has changed while it was read");
  return {};
}

}  // namespace delever::memory
