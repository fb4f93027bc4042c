#include "memory/recall.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "memory/condense.h"
#include "memory/event_codec.h"
#include "memory/message_columns.h"

namespace delever::memory {

std::string memory_path(const std::vector<std::string>& tapes) {
  if (tapes.size() == 1) return tapes[0] + ".memory";
  Hasher hasher;
  for (const std::string& tape : tapes) hasher.add(followed(tape));
  return fmt::format("{}.with-{:016x}.memory", tapes.at(0), hasher.digest());
}

Recollection::Recollection(MemoryReader file, Question question)
    : file_(std::move(file)),
      question_(std::move(question)),
      broken_{Fault::malformed, "its memory cannot be read", question_.tapes.at(0)} {
  std::sort(question_.moments.begin(), question_.moments.end());
  for (const Instrument& one : file_.contents().instruments) instruments_.add(one);
  counts_.resize(file_.contents().sources.size());
  by_minutes_ = told_by_minutes();
}

// None where an instrument that is asked has minutes that do not hold, by whichever description.
size_t Recollection::told_by_minutes() const {
  if (!question_.whole || !question_.asked || !question_.minutes_until ||
      contents().coins != coins_key(question_.coins))
    return 0;
  const auto& broken = contents().broken;
  Instruments table;
  const auto breaks = [&](const Instrument& one) {
    return std::binary_search(broken.begin(), broken.end(), table.add(one)) && question_.asked(one);
  };
  for (const Instrument& one : contents().instruments) {
    if (breaks(one)) return 0;
  }
  for (const Description& one : contents().descriptions) {
    if (breaks(one.instrument)) return 0;
  }
  const Instant until = std::min(*question_.minutes_until, question_.to);
  size_t count = 0;
  for (const Segment& segment : contents().segments) {
    if (segment.last > until) break;
    ++count;
  }
  return count;
}

Result<std::unique_ptr<Recollection>> Recollection::open(Question question) {
  MemoryReader file = TRY(MemoryReader::open(memory_path(question.tapes)));
  const Contents& contents = file.contents();
  const auto other = [&](const char* what) {
    return Error{Fault::not_found, what, memory_path(question.tapes)};
  };
  if (contents.key != question.key) return other("is of another build or other rules");
  if (contents.tapes.size() != question.tapes.size()) return other("is of other tapes");
  for (size_t i = 0; i < question.tapes.size() && !question.just_made; ++i) {
    auto now = mark_of_tape(question.tapes[i]);
    if (!now) return other("somebody is writing to the tape");
    const TapeMark& then = contents.tapes[i];
    if (now->size != then.size) return other("is of other bytes");
    now->digest = then.digest;
    if (*now != then && TRY(file_digest(question.tapes[i])) != then.digest)
      return other("is of other bytes");
  }
  std::unique_ptr<Recollection> out(new Recollection(std::move(file), std::move(question)));
  TRY(out->check());
  return out;
}

// Every piece that run() will read: what has told half of the events cannot take them back.
// Which shelves these are hangs on the descriptions by then, so the table grows here as in run().
Result<void> Recollection::check() const {
  Instruments table = question_.asked ? instruments_ : Instruments();
  auto described = contents().descriptions.begin();
  for (size_t n = 0; n < contents().segments.size(); ++n) {
    const Segment& segment = contents().segments[n];
    if (segment.first > question_.to) break;
    if (n < by_minutes_) {
      for (; described != contents().descriptions.end() && described->segment <= n; ++described)
        table.add(described->instrument);
      TRY(check_minutes(segment, table));
      continue;
    }
    const bool inside = asked_inside(segment), shelves = by_shelves(n);
    if (!inside) TRY(file_.read_checked(segment.condensed));
    if (inside && !shelves) {
      TRY(file_.read_checked(segment.messages));
      TRY(file_.read_checked(segment.order));
    }
    for (const Shelf& shelf : segment.shelves) {
      if (inside && (!shelves || is_asked(shelf, table))) TRY(file_.read_checked(shelf.piece));
    }
    for (; described != contents().descriptions.end() && described->segment <= n; ++described) {
      if (question_.asked) table.add(described->instrument);
    }
  }
  return {};
}

// What tell_minutes() will read, no more: the events of these segments stay where they are.
Result<void> Recollection::check_minutes(const Segment& segment, const Instruments& table) const {
  for (const Shelf& shelf : segment.shelves) {
    if (!is_asked(shelf, table)) continue;
    if (shelf.instruments.empty()) TRY(file_.read_checked(shelf.piece));
    if (shelf.minutes.size > 0) TRY(file_.read_checked(shelf.minutes));
    if (shelf.forced.size > 0) TRY(file_.read_checked(shelf.forced));
  }
  return {};
}

// Nothing in it depends on the order of events of different instruments, and all of it is asked.
bool Recollection::by_shelves(size_t segment) const {
  if (!question_.whole || !question_.asked || contents().segments[segment].last > question_.to)
    return false;
  const auto& all = contents().descriptions;
  const auto first =
      std::lower_bound(all.begin(), all.end(), segment,
                       [](const Description& one, size_t number) { return one.segment < number; });
  return first == all.end() || first->segment != segment;
}

// What is not there is found by whoever reads it.
bool Recollection::is_asked(const Shelf& shelf, const Instruments& table) const {
  return shelf.instruments.empty() ||
         std::any_of(shelf.instruments.begin(), shelf.instruments.end(), [&](InstrumentId id) {
           return id >= table.size() || question_.asked(table[id]);
         });
}

bool Recollection::asked_inside(const Segment& segment) const {
  if (question_.whole || segment.last > question_.to) return true;
  const auto& moments = question_.moments;
  const auto at = std::lower_bound(moments.begin(), moments.end(), segment.first);
  return at != moments.end() && *at < segment.last;
}

// A file of our own that says otherwise is wrong, whatever its hashes.
bool Recollection::is_known(const Event& event) const {
  const bool of_stream = std::holds_alternative<Gap>(event.payload);
  return event.source < contents().sources.size() &&
         (of_stream ? event.instrument == kNoInstrument : event.instrument < instruments_.size());
}

// Descriptions of the segment that stand before an event, or were received until a time.
Result<void> Recollection::describe(size_t segment, uint64_t ordinal, Instant until) {
  const auto& all = contents().descriptions;
  for (; described_ < all.size(); ++described_) {
    const Description& one = all[described_];
    if (one.segment > segment || one.ordinal > ordinal || one.received > until) break;
    instruments_.add(one.instrument);
  }
  return {};
}

// A trade that had come before: gauges count it by its number, and take its price as any other's.
void Recollection::deliver(Event& event, EventSink& sink) {
  if (auto* gap = std::get_if<Gap>(&event.payload)) gap->to = std::min(gap->to, question_.to);
  auto* trade = std::get_if<Trade>(&event.payload);
  if (trade == nullptr || trade->id.empty()) {
    auto* sign = std::get_if<Quote>(&event.payload);
    const bool no_size = sign != nullptr && std::exchange(sign->update_id, 0) == kSaidNoSize;
    if (question_.whole && no_size) event.payload = VolIndex{};
    return sink.on_event(event);
  }
  if (question_.whole) {
    if (trade->id != kUnseen && trade->id != kDoubledUnseen) return;
    trade->id = fmt::format("{}", numbered_++);
  } else if (trade->id == kDoubled || trade->id == kDoubledUnseen) {
    trade->id = fmt::format("doubled {}", numbered_++);
    trade->qty = WideQty();
    sink.on_event(event);
  } else {
    trade->id.clear();
  }
  sink.on_event(event);
}

// check() has seen its hash; this file cannot change, a new one takes its place.
Result<ColumnReader> Recollection::columns(const Piece& piece) const {
  const std::string packed = TRY(file_.read(piece));
  return ColumnReader::unpack(packed);
}

Result<void> Recollection::tell_condensed(const Segment& segment, EventSink& sink) {
  const auto index = static_cast<size_t>(&segment - contents().segments.data());
  EventColumns<ColumnReader> events(TRY(columns(segment.condensed)));
  Event event;
  Instant before = segment.first;
  for (uint64_t n = 0; n < segment.condensed_count; ++n) {
    uint64_t ordinal = 0;
    events.event(ordinal, event);
    events.received(event, before);
    if (events.io().failed()) return broken_;
    before = event.received;
    TRY(describe(index, ordinal, Instant::max()));
    if (!is_known(event)) return broken_;
    deliver(event, sink);
  }
  TRY(describe(index, UINT64_MAX, Instant::max()));
  add_counts(segment);
  return {};
}

// Of a segment that is told whole: what came of its messages was summed when it was written.
void Recollection::add_counts(const Segment& segment) {
  for (size_t s = 0; s < segment.counts.size(); ++s) {
    counts_[s].messages += segment.counts[s].messages;
    counts_[s].events += segment.counts[s].events;
  }
  for (const auto& [what, count] : segment.undecoded) undecoded_[what] += count;
}

// Times of receipt stand with the messages, which are not read here: whoever asks for shelves gets
// one within the segment, and the true one where it counts.
Result<void> Recollection::tell_shelves(const Segment& segment, EventSink& sink) {
  for (const Shelf& shelf : segment.shelves) {
    if (is_asked(shelf, instruments_)) TRY(tell_shelf(segment, shelf.piece, shelf.count, sink));
  }
  add_counts(segment);
  return {};
}

// One instrument's in their order; of what is not forced, a time of receipt within the segment.
Result<void> Recollection::tell_shelf(const Segment& segment, const Piece& piece, uint64_t count,
                                      EventSink& sink) {
  EventColumns<ColumnReader> events(TRY(columns(piece)));
  Event event;
  for (uint64_t n = 0; n < count; ++n) {
    event.received = segment.first;
    events.event(event);
    if (events.io().failed() || !is_known(event)) return broken_;
    if (!std::holds_alternative<Liquidation>(event.payload))
      event.received = std::clamp(event.at, segment.first, segment.last);
    deliver(event, sink);
  }
  return {};
}

// Gaps and liquidations as events, of all else what came of it.
Result<void> Recollection::tell_minutes(const Segment& segment, EventSink& sink) {
  CHECK(minutes_ != nullptr);
  const auto index = static_cast<size_t>(&segment - contents().segments.data());
  TRY(describe(index, UINT64_MAX, Instant::max()));
  for (const Shelf& shelf : segment.shelves) {
    if (!is_asked(shelf, instruments_)) continue;
    if (shelf.instruments.empty()) TRY(tell_shelf(segment, shelf.piece, shelf.count, sink));
    if (shelf.minutes.size == 0) continue;
    uint64_t forced = 0;
    const std::string packed = TRY(file_.read(shelf.minutes));
    for (MinutesOf& one : TRY(unpack_minutes(packed, segment.first, forced))) {
      if (one.instrument >= instruments_.size()) return broken_;
      minutes_->on_minutes(one);
    }
    if (forced > 0) TRY(tell_shelf(segment, shelf.forced, forced, sink));
  }
  add_counts(segment);
  return {};
}

Result<void> Recollection::tell_all(const Segment& segment, EventSink& sink) {
  const auto index = static_cast<size_t>(&segment - contents().segments.data());
  MessageReader messages(TRY(columns(segment.messages)), segment.first);
  ColumnReader order = TRY(columns(segment.order));
  std::vector<EventColumns<ColumnReader>> shelves;
  for (const Shelf& shelf : segment.shelves) shelves.emplace_back(TRY(columns(shelf.piece)));
  Event event;
  uint64_t ordinal = 0, end = 0, left = segment.event_count;
  bool broken = false;
  const auto read = [&] {
    if (left == 0) return;
    const uint64_t shelf = order.number(kNextShelf);
    broken = shelf >= shelves.size();
    if (broken) return;
    shelves[shelf].event(event);
    ordinal += order.number(step_column(shelf, event));
    broken = order.failed() || shelves[shelf].io().failed();
  };
  read();
  for (uint64_t n = 0; n < segment.message_count; ++n) {
    const MessageRow row = messages.next();
    if (messages.failed() || row.source >= counts_.size()) return broken_;
    if (row.received > question_.to) break;
    end += row.events;
    counts_[row.source].messages += row.counted.messages;
    counts_[row.source].events += row.counted.events;
    messages.add_undecoded(undecoded_);
    for (; left > 0 && ordinal < end; read()) {
      if (broken) return broken_;
      event.received = row.received;
      TRY(describe(index, ordinal, Instant::max()));
      if (!is_known(event)) return broken_;
      deliver(event, sink);
      --left;
    }
  }
  return describe(index, UINT64_MAX, question_.to);
}

Result<void> Recollection::run(EventSink& sink) {
  for (const Segment& segment : contents().segments) {
    if (segment.first > question_.to) break;
    if (segment.counts.size() > counts_.size()) return broken_;  // streams may come later
    const auto index = static_cast<size_t>(&segment - contents().segments.data());
    if (index < by_minutes_)
      TRY(tell_minutes(segment, sink));
    else if (by_shelves(index))
      TRY(tell_shelves(segment, sink));
    else
      TRY(asked_inside(segment) ? tell_all(segment, sink) : tell_condensed(segment, sink));
  }
  return {};
}

}  // namespace delever::memory
