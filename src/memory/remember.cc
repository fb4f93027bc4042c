#include "memory/remember.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/hash.h"
#include "feeds/replay.h"
#include "memory/condense.h"
#include "memory/decode_ahead.h"
#include "memory/event_codec.h"
#include "memory/memory_file.h"
#include "memory/message_columns.h"
#include "memory/minutes.h"
#include "memory/segment_packer.h"
#include "tape/inspect.h"

namespace delever::memory {
namespace {

// Events of one segment in columns, those of one coin's perpetuals apart, and of its other
// instruments: where there are few of either they are with all that are few.
class Shelves {
 public:
  Shelves(const Instruments& instruments, uint64_t many) : instruments_(instruments), many_(many) {}

  void add(uint64_t ordinal, Event& event);
  // What is to be packed; then the next segment begins.
  void finish(SegmentColumns& to);
  // How many there were in the segment before decides.
  void hand_over(codec::Handover& state) { state.map(before_); }

 private:
  struct Open {
    EventColumns<ColumnWriter> events{ColumnWriter()};
    uint64_t count = 0;
    std::vector<InstrumentId> instruments;
  };
  struct Place {  // of an instrument
    size_t shelf = SIZE_MAX;
    uint64_t* count = nullptr;  // in now_
  };
  Place place_of(InstrumentId instrument);

  const Instruments& instruments_;
  const uint64_t many_;
  std::vector<Open> open_;
  std::map<std::string, size_t> by_name_;  // what has a shelf of its own
  std::map<std::string, uint64_t> before_, now_;
  std::vector<Place> places_;
  Place of_streams_;
  ColumnWriter order_;
  uint64_t ordinal_ = 0;
};

auto Shelves::place_of(InstrumentId id) -> Place {
  const bool of_stream = id == kNoInstrument;
  if (!of_stream && places_.size() <= id) places_.resize(id + 1);
  Place& place = of_stream ? of_streams_ : places_[id];
  if (place.count != nullptr) return place;
  std::string name;  // "" of streams
  if (!of_stream) {
    const Instrument& i = instruments_[id];
    name = i.base + (i.is_perpetual() ? " perpetual" : " other");
  }
  const auto before = before_.find(name);
  const bool own = of_stream || (before != before_.end() && before->second >= many_);
  place.shelf = by_name_.try_emplace(own ? name : "few", open_.size()).first->second;
  place.count = &now_[name];
  if (place.shelf == open_.size()) open_.emplace_back();
  if (!of_stream) open_[place.shelf].instruments.push_back(id);
  return place;
}

void Shelves::add(uint64_t ordinal, Event& event) {
  const Place place = place_of(event.instrument);
  Open& shelf = open_[place.shelf];
  ++*place.count;
  ++shelf.count;
  order_.number(kNextShelf, place.shelf);
  order_.number(step_column(place.shelf, event), ordinal - ordinal_);
  ordinal_ = ordinal;
  shelf.events.event(event);
}

void Shelves::finish(SegmentColumns& to) {
  to.order = order_.take();
  for (Open& shelf : open_) {
    to.segment.event_count += shelf.count;
    to.segment.shelves.push_back(
        {.count = shelf.count, .instruments = std::move(shelf.instruments)});
    to.shelves.push_back({.events = shelf.events.io().take(), .minutes = {}});
  }
  before_ = std::exchange(now_, {});
  by_name_.clear();
  open_.clear();
  places_.clear();
  of_streams_ = {};
  ordinal_ = 0;
}

// The events and messages of a replay on their way into segments.
class Remembering {
 public:
  Remembering(feeds::Replay& replay, const RememberOptions& options, Resume resume)
      : replay_(replay),
        options_(options),
        resume_(std::move(resume)),
        instruments_(replay.instruments()),
        condenser_(instruments_, options.ahead_max, kSegment),
        events_(instruments_, options.own_shelf),
        minutes_(instruments_, options.coins, options.minutes_kept) {
    contents_.coins = coins_key(options.coins);
    contents_.key = options.key;
    contents_.sources = replay.sources();
    counted_.resize(contents_.sources.size());
    for (; known_.size() < instruments_.size();) learn(known_.size());
    contents_.instruments = known_;
  }

  // Before run(): the segments of an earlier memory, and what was known behind them.
  Result<void> go_on(const MemoryReader& earlier, MemoryWriter& writer);
  Result<void> run(std::vector<TapeMark> tapes, MemoryWriter writer);

 private:
  void fail(std::string why) {
    if (!fault_) fault_ = Error{Fault::refused, std::move(why), "a memory"};
  }
  void learn(size_t id) { known_.push_back(instruments_[InstrumentId(id)]); }
  void begin(Instant received);
  bool hand_over(codec::Handover& state);
  void note_resume();
  void describe(Instant received, bool all);
  void note_seen(const Event& event);
  void take(DecodedBatch& batch);
  void take(Event& event);
  void take(const DecodedMessage& message);
  void look_for_undescribed();
  void end_segment();
  Result<void> read_all();
  Result<void> finish(MemoryWriter writer);

  feeds::Replay& replay_;  // of a thread of its own while run() reads
  std::optional<SegmentPacker> packer_;
  uint64_t segments_ = 0;  // that are over: the earlier memory's too
  const RememberOptions& options_;
  Resume resume_;  // to be: where it is, and digests
  bool resume_noted_ = false;
  std::string
      resuming_;  // the state, once that place was passed; empty: nothing can be handed over
  std::string handed_;  // of it, what the replay knew; empty: nothing can be handed over
  Contents contents_;
  Instruments instruments_;  // as the message at hand found them: the replay is ahead
  Condenser condenser_;
  Shelves events_;
  MinuteKeeper minutes_;
  MessageWriter messages_;
  std::optional<Segment> segment_;
  std::vector<Instrument> known_;
  std::vector<Counts> counted_;
  std::map<std::pair<uint32_t, SourceId>, KindSeen> seen_;
  KindSeen* last_seen_ = nullptr;  // in seen_
  std::optional<Error> fault_;
  Event scratch_;            // a sign of life
  uint64_t taken_ = 0;       // messages
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
  if (!resume_noted_ && received > resume_.after) note_resume();
  segment_.emplace();
  segment_->number = number;
  segment_->first = segment_->last = received;
  segment_->counts.resize(contents_.sources.size());
  ordinal_ = 0;
  messages_.begin(received);
}

// All that the next message finds, apart from what is written already and what the replay knows.
bool Remembering::hand_over(codec::Handover& state) {
  condenser_.hand_over(state);
  events_.hand_over(state);
  minutes_.hand_over(state);
  state.map(seen_, [&](KindSeen& seen) {
    state.fields(seen.kind, seen.name, seen.source, seen.events, seen.first, seen.last);
  });
  return !state.failed();
}

// A description that changed without an event would be lost: then nothing goes on from here.
void Remembering::note_resume() {
  resume_noted_ = true;
  resume_.segments = segments_;
  for (size_t id = 0; id < known_.size(); ++id) {
    if (!same(known_[id], instruments_[InstrumentId(id)])) return;
  }
  codec::Handover state;
  if (resume_.segments > 0 && !handed_.empty() && hand_over(state))
    resuming_ = handed_ + state.bytes();
}

// What is kept goes to the new file as it is, if it is whole.
Result<void> Remembering::go_on(const MemoryReader& earlier, MemoryWriter& writer) {
  const Contents& then = earlier.contents();
  const Resume& resume = *then.resume;
  const std::string piece = TRY(earlier.read_checked(resume.state));
  ColumnReader packed = TRY(ColumnReader::unpack(piece));
  const std::string_view bytes = packed.bytes(0, packed.number(1));
  codec::Handover state(bytes);
  if (packed.failed() || !replay_.hand_over(state) || !hand_over(state) || !state.at_end())
    return Error{Fault::malformed, "what it ends with does not fit", "a memory"};
  instruments_ = replay_.instruments();
  contents_.instruments = then.instruments;
  known_.clear();
  while (known_.size() < instruments_.size()) learn(known_.size());
  for (size_t n = 0; n < resume.segments; ++n) {
    Segment segment = then.segments[n];
    std::vector<Piece*> pieces{&segment.condensed, &segment.order, &segment.messages};
    for (Shelf& shelf : segment.shelves)
      pieces.insert(pieces.end(), {&shelf.piece, &shelf.minutes, &shelf.forced});
    for (Piece* one : pieces) {
      if (one->size == 0) continue;
      const std::string bytes_of_it = TRY(earlier.read_checked(*one));
      *one = TRY(writer.add(bytes_of_it));
    }
    contents_.segments.push_back(std::move(segment));
  }
  segments_ = contents_.segments.size();
  for (const Description& one : then.descriptions) {
    if (one.segment < resume.segments) contents_.descriptions.push_back(one);
  }
  return {};
}

// What the table of instruments has got since: new ones, and others where they were described.
void Remembering::describe(Instant received, bool all) {
  const auto note = [&](const Instrument& instrument) {
    contents_.descriptions.push_back({segments_, ordinal_, received, instrument});
  };
  if (all) {
    for (size_t id = 0; id < known_.size(); ++id) {
      const Instrument& now = instruments_[InstrumentId(id)];
      if (same(now, known_[id])) continue;
      known_[id] = now;
      note(now);
      minutes_.described(InstrumentId(id));
    }
  }
  while (known_.size() < instruments_.size()) {
    learn(known_.size());
    note(known_.back());
  }
}

void Remembering::note_seen(const Event& event) {
  const auto kind = static_cast<uint32_t>(event.payload.index());
  if (last_seen_ == nullptr || last_seen_->kind != kind || last_seen_->source != event.source)
    last_seen_ = &seen_[{kind, event.source}];
  KindSeen& seen = *last_seen_;
  if (seen.events++ == 0) {
    seen.kind = kind;
    seen.name = payload_name(event.payload);
    seen.source = event.source;
    seen.first = event.received;
  }
  seen.last = event.received;
}

// By what the condenser made of its number, from whichever stream its like came.
MinuteKeeper::Told told_of(const Event& condensed, bool numbered) {
  const auto* trade = std::get_if<Trade>(&condensed.payload);
  const bool first = trade == nullptr || trade->id == kUnseen || trade->id == kDoubledUnseen;
  return {.numbered = numbered, .fresh = !numbered || first};
}

// What came of a message of another thread is as that thread left it, each event with the
// instruments that it found.
void Remembering::take(DecodedBatch& batch) {
  if (batch.handed) handed_ = std::move(*batch.handed);
  size_t event = 0, why = 0, described = 0;
  for (const DecodedMessage& message : batch.messages) {
    const size_t described_end = described + message.described;
    const auto learn_until = [&](size_t place) {
      for (; described < described_end && batch.described[described].before <= place; ++described) {
        DescribedNow& now = batch.described[described];
        CHECK(instruments_.add(std::move(now.instrument)) == now.id);
      }
    };
    for (size_t end = event + message.gaps; event < end; ++event) take(batch.events[event]);
    if (fault_ || !message.is_message) return;
    begin(message.received);
    for (size_t end = event + message.events; event < end; ++event) {
      learn_until(event);
      if (batch.events[event].received != message.received)
        fail("an event of it is received apart from its message");
      take(batch.events[event]);
    }
    if (fault_) return;
    learn_until(event);
    for (size_t end = why + message.undecoded; why < end; ++why) {
      messages_.undecoded(message.source, batch.undecoded[why]);
      ++segment_->undecoded[{message.source, batch.undecoded[why]}];
    }
    take(message);
    if (fault_) return;
  }
}

// The event may be changed.
void Remembering::take(Event& event) {
  if (fault_) return;
  const auto* gap = std::get_if<Gap>(&event.payload);
  if (gap != nullptr && gap->kind != GapKind::recorded) return fail("it is damaged");
  begin(event.received);
  if (fault_) return;
  const bool lists = std::holds_alternative<InstrumentListed>(event.payload);
  describe(event.received, lists && !listed_);
  listed_ = listed_ || lists;
  if (gap == nullptr) { note_seen(event); }
  const auto* trade = std::get_if<Trade>(&event.payload);
  const bool numbered = trade != nullptr && !trade->id.empty();
  const bool book = std::holds_alternative<BookSnapshot>(event.payload) ||
                    std::holds_alternative<BookDelta>(event.payload);
  if (book) scratch_ = sign_of(event);
  Event& told = book ? scratch_ : event;
  const Condenser::Form form = condenser_.add(told, ordinal_);
  minutes_.add(event, told_of(event, numbered));
  if (form == Condenser::Form::sign) {
    scratch_ = sign_of(told);
    events_.add(ordinal_, scratch_);
  } else if (form == Condenser::Form::whole) {
    events_.add(ordinal_, told);
  }
  ++ordinal_;
  if (gap != nullptr)
    messages_.add({event.source, event.received, 1, {}});
  else
    ++of_message_;
}

// Behind each message: what it was, and what came of it.
void Remembering::take(const DecodedMessage& message) {
  const SourceId source = message.source;
  describe(message.received, false);
  Counts& before = counted_[source];
  const Counts more{message.counts.messages - before.messages,
                    message.counts.events - before.events};
  before = message.counts;
  messages_.add({source, message.received, of_message_, more});
  segment_->counts[source].messages += more.messages;
  segment_->counts[source].events += more.events;
  of_message_ = 0;
  listed_ = false;
  if (++taken_ % kLookEvery != 0) return;
  if (options_.told) options_.told(taken_);
  look_for_undescribed();
}

// It goes to the packer, and nothing of it stays.
void Remembering::end_segment() {
  SegmentColumns columns;
  columns.condensed = condenser_.finish();
  if (condenser_.failed()) fail("its trades are too large to be summed");
  segment_->condensed_count = columns.condensed.size();
  segment_->message_count = messages_.count();
  columns.messages = messages_.take();
  columns.segment = std::move(*segment_);
  segment_.reset();
  events_.finish(columns);
  const Instant last = columns.segment.last;
  for (size_t n = 0; n < columns.shelves.size(); ++n)
    columns.shelves[n].minutes = minutes_.take(columns.segment.shelves[n].instruments, last);
  minutes_.end_segment(last);
  ++segments_;
  if (!packer_->add(std::move(columns))) fail("it cannot be written");
}

// A description that changes without an event would have no place among the events: then the tapes
// are not remembered. No decoder does so today.
void Remembering::look_for_undescribed() {
  for (size_t id = 0; id < known_.size(); ++id) {
    if (!same(known_[id], instruments_[InstrumentId(id)]))
      fail("an instrument of it changed without a description");
  }
}

Result<void> Remembering::read_all() {
  DecodeAhead ahead(replay_, resume_.after);
  while (auto batch = ahead.take()) {
    take(*batch);
    if (fault_) return {};
    if (batch->error) return *batch->error;
    ahead.give_back(std::move(*batch));
  }
  look_for_undescribed();
  if (segment_) end_segment();
  return {};
}

Result<void> Remembering::run(std::vector<TapeMark> tapes, MemoryWriter writer) {
  contents_.tapes = std::move(tapes);
  packer_.emplace(std::move(writer));
  TRY(read_all());
  SegmentPacker::Packed packed = TRY(packer_->finish());
  if (fault_) return *fault_;
  std::move(packed.segments.begin(), packed.segments.end(), std::back_inserter(contents_.segments));
  return finish(std::move(packed.writer));
}

Result<void> Remembering::finish(MemoryWriter writer) {
  if (!resuming_.empty()) {
    ColumnWriter state;
    state.number(1, resuming_.size());
    state.bytes(0, resuming_);
    resume_.state = TRY(writer.add(state.pack()));
    contents_.resume = resume_;
  }
  for (const auto& entry : seen_) contents_.seen.push_back(entry.second);
  contents_.broken = minutes_.broken();
  return writer.finish(contents_);
}

// The streams of all tapes, and when the last message of each was received.
struct Tapes {
  std::vector<TapeMark> marks;  // empty ones where somebody is writing
  bool written = false;         // to any of them
  std::vector<uint64_t> streams;
  std::vector<Instant> last;
};

Error refused(const char* why) { return Error{Fault::refused, why, "a memory"}; }

Result<Tapes> look_at(const std::vector<std::string>& paths) {
  Tapes tapes;
  for (size_t tape = 0; tape < paths.size(); ++tape) {
    const auto mark = mark_of_tape(paths[tape]);
    tapes.written = tapes.written || !mark;
    tapes.marks.push_back(mark.value_or(TapeMark{}));
    const tape::TapeInfo info = TRY(tape::tape_info(paths[tape]));
    if (!info.damage.empty()) return refused("it is damaged");
    for (const tape::StreamSummary& stream : info.streams) {
      Hasher hasher;
      hasher.add(tape);
      hasher.add(tape::stream_digest(stream.info));
      tapes.streams.push_back(hasher.digest());
      if (stream.last) tapes.last.push_back(*stream.last);
    }
  }
  return tapes;
}

// Where the next reading shall go on: before the segment in which the first of the streams that
// still speak ended, with some seconds to spare. A writer cuts the blocks of its streams one after
// another, and a slow stream's begins long before it is written.
Instant place_to_resume(const Tapes& tapes) {
  Instant late = Instant::min();
  for (const Instant last : tapes.last) late = std::max(late, last);
  const Instant lately = late - Duration::hours(1);
  for (const Instant last : tapes.last) {
    if (last > lately) late = std::min(late, last);
  }
  return Instant::ns(segment_of(late - Duration::seconds(10)) * kSegment.ns());
}

// The earlier memory of these tapes, where they hold what they held until its place to resume.
std::optional<MemoryReader> earlier_memory(const std::string& path, const RememberOptions& options,
                                           const Tapes& tapes) {
  auto file = MemoryReader::open(path);
  if (!file.has_value()) return std::nullopt;
  const Contents& then = file.value().contents();
  if (!then.resume || then.key != options.key || then.coins != coins_key(options.coins) ||
      then.tapes.size() != tapes.marks.size())
    return std::nullopt;
  const Resume& resume = *then.resume;
  const bool same_streams =
      resume.streams.size() <= tapes.streams.size() &&
      std::equal(resume.streams.begin(), resume.streams.end(), tapes.streams.begin());
  if (!same_streams || resume.segments > then.segments.size() ||
      resume.tapes.size() != tapes.marks.size())
    return std::nullopt;
  return std::move(file).value();
}

bool same_instruments(const Instruments& now, const std::vector<Instrument>& then) {
  if (now.size() != then.size()) return false;
  for (size_t id = 0; id < then.size(); ++id) {
    if (!same(now[InstrumentId(id)], then[id])) return false;
  }
  return true;
}

}  // namespace

Result<Remembered> remember(const std::vector<std::string>& tapes, const std::string& path,
                            const RememberOptions& options) {
  Tapes now = TRY(look_at(tapes));
  std::optional<MemoryReader> earlier = earlier_memory(path, options, now);
  Resume resume{.after = place_to_resume(now),
                .segments = 0,
                .state = {},
                .streams = now.streams,
                .tapes = {}};
  for (size_t i = 0; i < tapes.size(); ++i) {
    if (now.marks[i] != TapeMark{}) now.marks[i].digest = TRY(file_digest(tapes[i]));
    std::vector<Instant> until{resume.after};
    if (earlier) until.push_back(earlier->contents().resume->after);
    const auto digests = TRY(tape::tape_digests(tapes[i], until));
    resume.tapes.push_back(digests[0]);
    if (earlier && digests[1] != earlier->contents().resume->tapes[i]) earlier.reset();
  }
  // A tape that is written to may grow, but not before the place that the next reading begins at.
  const auto unchanged = [&]() -> Result<bool> {
    for (size_t i = 0; i < tapes.size(); ++i) {
      if (now.marks[i] == TapeMark{}) {
        if (TRY(tape::tape_digests(tapes[i], {resume.after}))[0] != resume.tapes[i]) return false;
        continue;
      }
      auto mark = mark_of_tape(tapes[i]);
      if (mark) mark->digest = now.marks[i].digest;
      if (mark != now.marks[i]) return false;
    }
    return true;
  };
  for (;; earlier.reset()) {
    feeds::Replay::Options range;
    if (earlier)
      range = {.from = earlier->contents().resume->after + Duration::ns(1), .resumed = true};
    const auto replay = TRY(feeds::Replay::open(tapes, range));
    // A stream that is new may know of instruments before its first message.
    if (earlier && !same_instruments(replay->instruments(), earlier->contents().instruments))
      continue;
    MemoryWriter writer = TRY(MemoryWriter::create(path));
    Remembering remembering(*replay, options, resume);
    if (earlier && !remembering.go_on(*earlier, writer).has_value()) continue;
    TRY(remembering.run(now.marks, std::move(writer)));
    if (!TRY(unchanged())) return refused("the tape has changed while it was read");
    return Remembered{earlier ? earlier->contents().resume->segments : 0};
  }
}

}  // namespace delever::memory
