#include "feeds/replay.h"

#include <algorithm>

#include "codec/book.h"
#include "feeds/repeats.h"
#include "venues/registry.h"

namespace delever::feeds {

// The books of all streams, kept for the holes in their numbering alone.
struct Replay::Books final : EventSink {
  explicit Books(const Instruments& instruments) : builder(instruments, *this) {}
  void on_event(const Event& gap) override { out->on_event(gap); }

  EventSink* out = nullptr;
  codec::BookBuilder builder;
};

// One stream: its decoder, and the sink that tells which stream a message was of.
struct Replay::Stream final : codec::MessageSink {
  explicit Stream(const Source& named) : source(named) {}
  void on_event(const Event& event) override {
    if (repeated_row) {
      // Without an id, two rows that are alike may be two trades or two liquidations.
      const auto* forced = std::get_if<Liquidation>(&event.payload);
      const auto* trade = std::get_if<Trade>(&event.payload);
      if (!(forced && forced->id.empty()) && !(trade && trade->id.empty())) return;
    }
    if (books != nullptr) {
      books->out = out;
      books->builder.on_event(event);
    }
    out->on_event(event);
  }
  void on_undecoded(const codec::RawMessage& message, const Error& why) override {
    out->on_undecoded(source, message, why);
  }

  const Source& source;
  ReplaySink* out = nullptr;
  Books* books = nullptr;
  Repeats repeats;
  uint64_t repeated = 0;
  bool is_csv = false;
  bool repeated_row = false;  // what is decoded now is a row that came before
  std::unique_ptr<codec::Decoder> decoder;
  std::optional<Error>
      no_decoder;  // a tape may hold what this program cannot decode: the rest of it is still good
  codec::DecodeCounts unread;
};

Replay::Replay(std::vector<std::unique_ptr<tape::TapeReader>> tapes, Options options)
    : options_(options), merge_(std::move(tapes)) {
  if (options.sequences) books_ = std::make_unique<Books>(instruments_);
}
Replay::~Replay() = default;

Result<std::unique_ptr<Replay>> Replay::open(const std::vector<std::string>& paths,
                                             Options options) {
  tape::TapeReader::Options range{.from = options.from, .to = options.to, .follow = options.follow};
  if (range.to < Instant::max())
    range.to = range.to + Duration::ns(1);  // a reader's end is exclusive
  std::vector<std::unique_ptr<tape::TapeReader>> tapes;
  for (const std::string& path : paths) tapes.push_back(TRY(tape::TapeReader::open(path, range)));
  return over(std::move(tapes), options);
}

Result<std::unique_ptr<Replay>> Replay::over(std::vector<std::unique_ptr<tape::TapeReader>> tapes,
                                             Options options) {
  std::unique_ptr<Replay> replay(new Replay(std::move(tapes), options));
  size_t count = 0;
  for (size_t tape = 0; tape < replay->merge_.tapes(); ++tape)
    count += replay->merge_.tape(tape).streams().size();
  replay->sources_.reserve(count);  // streams keep references into it
  const venues::SharedLists shared;
  for (size_t tape = 0; tape < replay->merge_.tapes(); ++tape) {
    replay->first_source_.push_back(static_cast<SourceId>(replay->sources_.size()));
    for (const tape::StreamInfo& info : replay->merge_.tape(tape).streams()) {
      const auto source = static_cast<SourceId>(replay->sources_.size());
      replay->sources_.push_back({info.name, info.venue, info.channel});
      auto stream = std::make_unique<Stream>(replay->sources_.back());
      stream->books = replay->books_.get();
      stream->is_csv = info.decoder == "csv";
      auto decoder =
          venues::make_decoder(info.decoder, info.settings, replay->instruments_, source, shared);
      if (decoder.has_value()) {
        stream->decoder = std::move(decoder).value();
        if (options.asked) stream->decoder->ask_only(options.asked);
      } else {
        stream->no_decoder = std::move(decoder.error()).at(info.name);
      }
      replay->streams_.push_back(std::move(stream));
    }
    replay->gaps_seen_.push_back(0);
    replay->collect_gaps(tape);
  }
  return replay;
}

const codec::DecodeCounts& Replay::counts(SourceId source) const {
  CHECK(source < streams_.size());
  const Stream& stream = *streams_[source];
  return stream.decoder ? stream.decoder->counts() : stream.unread;
}

uint64_t Replay::repeated(SourceId source) const {
  CHECK(source < streams_.size());
  return streams_[source]->repeated;
}

bool Replay::hand_over(codec::Handover& state) {
  uint64_t known = instruments_.size(), streams = streams_.size();
  state.fields(known, streams);
  if (streams > streams_.size()) return false;
  for (uint64_t id = 0; id < known && !state.failed(); ++id) {
    Instrument one = state.reads() ? Instrument() : instruments_[InstrumentId(id)];
    state.field(one);
    if (state.reads() && instruments_.add(std::move(one)) != id) return false;
  }
  for (uint64_t n = 0; n < streams && !state.failed(); ++n) {
    const bool there = streams_[n]->decoder != nullptr;
    bool was_there = there;
    state.field(was_there);
    if (was_there != there || (there && !streams_[n]->decoder->hand_over(state))) return false;
  }
  return !state.failed();
}

// A gap is told where it begins: from then on the stream says nothing. Its end is told only as far
// as `to`.
void Replay::collect_gaps(size_t tape) {
  const std::vector<tape::TapeGap>& found = merge_.tape(tape).gaps();
  if (gaps_seen_[tape] == found.size()) return;
  for (; gaps_seen_[tape] < found.size(); ++gaps_seen_[tape]) {
    const tape::TapeGap& gap = found[gaps_seen_[tape]];
    if (gap.from > options_.to || gap.to < options_.from || gap.stream == 0) continue;
    if (options_.resumed && gap.from < options_.from) continue;
    Event event;
    event.instrument = kNoInstrument;
    event.source = first_source_[tape] + gap.stream - 1;
    if (event.source >= sources_.size()) continue;
    event.at = event.received = std::max({gap.from, options_.from, latest_});
    event.payload = Gap{.from = gap.from,
                        .to = std::min(gap.to, options_.to),
                        .reason = gap.reason,
                        .kind = gap.damage ? GapKind::damage : GapKind::recorded};
    gaps_.push_back(std::move(event));
  }
  std::stable_sort(gaps_.begin(), gaps_.end(),
                   [](const Event& a, const Event& b) { return a.received > b.received; });
}

void Replay::deliver_gaps(Instant until, ReplaySink& sink) {
  while (!gaps_.empty() && gaps_.back().received <= until) {
    sink.on_event(gaps_.back());
    gaps_.pop_back();
  }
}

Result<bool> Replay::step(ReplaySink& sink) {
  const std::optional<tape::TapeMerge::Message> next = TRY(merge_.next());
  // Reading ahead may have met damage in any of the tapes.
  for (size_t tape = 0; tape < gaps_seen_.size(); ++tape) collect_gaps(tape);
  if (!next || next->message.received > options_.to) {
    deliver_gaps(options_.to, sink);
    return false;
  }
  const tape::TapeMessage& message = next->message;
  latest_ = std::max(latest_, message.received);
  if (!gaps_.empty()) deliver_gaps(message.received, sink);
  CHECK(message.stream >= 1);
  sink.on_received(message.received);
  last_ = {first_source_[next->tape] + message.stream - 1, message.received};
  Stream& stream = *streams_[last_.source];
  stream.out = &sink;
  ++messages_;
  const codec::RawMessage raw{message.bytes, message.received};
  // Told once, counted as repeated. A JSON message carries its times and ids, so the same bytes at
  // the same nanosecond are the same message.
  const Repeat again = stream.repeats.seen(message.received, message.bytes, message.run);
  stream.repeated += again != Repeat::none;
  if (again == Repeat::by_runs || (again != Repeat::none && !stream.is_csv)) return true;
  stream.repeated_row = again == Repeat::in_run;
  if (stream.decoder) {
    stream.decoder->decode(raw, stream);
  } else {
    ++stream.unread.messages;
    ++stream.unread.undecoded["no decoder"];
    sink.on_undecoded(stream.source, raw, *stream.no_decoder);
  }
  return true;
}

Result<void> Replay::run(ReplaySink& sink) {
  while (TRY(step(sink))) {}
  return {};
}

}  // namespace delever::feeds
