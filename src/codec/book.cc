#include "codec/book.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <limits>
#include <string>
#include <tuple>
#include <utility>

namespace delever::codec {
namespace {

constexpr size_t kBufferMessages = 1024;
constexpr size_t kBufferLevels = 1 << 18;  // a message may carry thousands of levels

constexpr std::array<uint32_t, 256> kCrcTable =
    [] {  // CRC-32 (IEEE 802.3), reflected, polynomial 0xEDB88320
      std::array<uint32_t, 256> table{};
      for (uint32_t n = 0; n < table.size(); ++n) {
        uint32_t c = n;
        for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0xEDB88320U ^ (c >> 1) : c >> 1;
        table[n] = c;
      }
      return table;
    }();

class Crc32 {
 public:
  void add(std::string_view text) {
    for (const char c : text)
      value_ = kCrcTable[(value_ ^ static_cast<uint8_t>(c)) & 0xFF] ^ (value_ >> 8);
  }
  int32_t signed_value() const { return static_cast<int32_t>(~value_); }

 private:
  uint32_t value_ = 0xFFFFFFFFU;
};

// The very text that was sent, which write_decimal would allocate.
void add_number(Crc32& crc, uint64_t whole, uint64_t fraction, bool negative, int scale_digits,
                int digits) {
  std::array<char, 48> text{};
  char* at = text.data();
  if (negative) *at++ = '-';
  uint64_t scale = 1;
  for (int i = 0; i < scale_digits; ++i) scale *= 10;
  at = std::to_chars(at, text.data() + text.size(), whole).ptr;
  if (digits > 0) {
    *at++ = '.';
    uint64_t rest = fraction;
    for (int i = 0; i < digits && at != text.data() + text.size(); ++i) {
      scale /= 10;
      *at++ = scale == 0 ? '0' : static_cast<char>('0' + rest / scale);
      if (scale != 0) rest %= scale;
    }
  }
  crc.add({text.data(), static_cast<size_t>(at - text.data())});
}

template <class T>
void add_fixed(Crc32& crc, T value, int digits) {
  const Wide units = value.raw(), magnitude = units < 0 ? -units : units;
  add_number(crc, static_cast<uint64_t>(magnitude / T::scale),
             static_cast<uint64_t>(magnitude % T::scale), units < 0, T::digits, digits);
}

void add_level(Crc32& crc, const Level& level, bool first) {
  if (!first) crc.add(":");
  add_fixed(crc, level.price, level.price_digits);
  crc.add(":");
  add_fixed(crc, level.qty, level.qty_digits);
}

bool is_binance(BookRule rule) {
  return rule == BookRule::binance_futures || rule == BookRule::binance_spot;
}

// A snapshot that came by REST, on a stream of its own.
bool is_base(BookRule rule, const BookSnapshot& snapshot) {
  if (rule == BookRule::bybit) return snapshot.sequence.chain == kBybitFullBook;
  return is_binance(rule) && !snapshot.depth;
}

// Whether `delta` follows a message that ended at `last`.
bool follows(BookRule rule, const BookSequence& delta, uint64_t last) {
  switch (rule) {
    case BookRule::binance_futures:
      return delta.previous ? *delta.previous == last : delta.first == last + 1;
    case BookRule::binance_spot:
      return delta.first <= last + 1;
    case BookRule::bybit:
      return delta.previous ? *delta.previous == last : delta.last == last + 1;
    case BookRule::okx:
    case BookRule::deribit:
      return delta.previous == last;
    case BookRule::snapshots:
      return false;
  }
  return false;
}

// Whether `delta` is the first one to apply over a Binance snapshot that ended at `last`, and
// whether it is older.
bool bridges(BookRule rule, const BookSequence& delta, uint64_t last) {
  if (rule == BookRule::binance_spot) return delta.first <= last + 1 && last + 1 <= delta.last;
  return (delta.first <= last && last <= delta.last) || delta.previous == last;
}
bool is_older(BookRule rule, const BookSequence& delta, uint64_t last) {
  return rule == BookRule::binance_spot ? delta.last <= last : delta.last < last;
}

}  // namespace

void Ladder::set(const Level& level) {
  // Gallop from the best level down: two thirds of all changes are within a few levels of it.
  const size_t size = worst_first_.size();
  size_t step = 1;
  size_t low = 0, high = size;  // the place is in [low, high]
  while (step <= size) {
    if (worse(worst_first_[size - step].price, level.price)) {
      low = size - step + 1;
      break;
    }
    high = size - step;
    step *= 2;
  }
  const auto begin = worst_first_.begin();
  const auto at =
      std::lower_bound(begin + static_cast<long>(low), begin + static_cast<long>(high), level.price,
                       [this](const Level& l, Price price) { return worse(l.price, price); });
  const bool there = at != worst_first_.end() && at->price == level.price;
  if (level.qty.is_zero()) {
    if (there) worst_first_.erase(at);
  } else if (there) {
    *at = level;
  } else {
    worst_first_.insert(at, level);
  }
}

void Ladder::assign(const std::vector<Level>& levels) {
  worst_first_.assign(levels.rbegin(), levels.rend());
  const auto out_of_order = [this](const Level& a, const Level& b) {
    return !worse(a.price, b.price);
  };
  const auto is_empty = [](const Level& l) { return l.qty.is_zero(); };
  if (std::adjacent_find(worst_first_.begin(), worst_first_.end(), out_of_order) ==
          worst_first_.end() &&
      std::none_of(worst_first_.begin(), worst_first_.end(), is_empty))
    return;
  worst_first_.clear();  // no venue sends this; the last word on a price counts
  for (const Level& level : levels) set(level);
}

void Ladder::truncate(size_t depth) {
  if (worst_first_.size() <= depth) return;
  worst_first_.erase(worst_first_.begin(), worst_first_.end() - static_cast<long>(depth));
}

void Book::load(const BookSnapshot& snapshot, Instant at) {
  bids_.assign(snapshot.bids);
  asks_.assign(snapshot.asks);
  depth_ = snapshot.depth;
  sequence_ = snapshot.sequence;
  at_ = at;
}

void Book::apply(const BookDelta& delta, Instant at) {
  for (const Level& level : delta.bids) bids_.set(level);
  for (const Level& level : delta.asks) asks_.set(level);
  if (depth_) {
    bids_.truncate(*depth_);
    asks_.truncate(*depth_);
  }
  sequence_ = delta.sequence;
  at_ = at;
}

int32_t okx_checksum(const Book& book) {
  Crc32 crc;
  bool first = true;
  for (size_t i = 0; i < 25; ++i) {
    if (i < book.bids().size()) {
      add_level(crc, book.bids()[i], first);
      first = false;
    }
    if (i < book.asks().size()) {
      add_level(crc, book.asks()[i], first);
      first = false;
    }
  }
  return crc.signed_value();
}

BookRule book_rule(const Instrument& instrument) {
  if (instrument.venue == "binance") {
    if (instrument.kind == InstrumentKind::spot) return BookRule::binance_spot;
    return instrument.kind == InstrumentKind::option ? BookRule::snapshots
                                                     : BookRule::binance_futures;
  }
  if (instrument.venue == "bybit") return BookRule::bybit;
  if (instrument.venue == "okx") return BookRule::okx;
  if (instrument.venue == "deribit") return BookRule::deribit;
  return BookRule::snapshots;
}

struct BookBuilder::State {
  struct Waiting {
    BookDelta delta;
    Instant at;
  };
  struct Held {
    BookSnapshot snapshot;
    Instant at;
  };

  uint32_t chain = 0;
  BookRule rule = BookRule::snapshots;
  Book book;
  bool served = false;   // book() gives it out
  bool in_hole = false;  // reported, and not behind us yet
  bool in_step = false;  // deltas follow one another over a snapshot
  bool has_deltas = false;
  bool partial = false;  // Binance: the book came from a stream of limited depth
  // Binance, where snapshots and deltas come by different roads: the end of the last delta seen, in
  // the book or not, and its time; a snapshot that no delta has reached yet; deltas that no
  // snapshot has reached yet.
  std::optional<uint64_t> last;
  Instant last_at;
  std::optional<Held> held;
  std::deque<Waiting> waiting;
  size_t waiting_levels = 0;
  BookCounts counts;
  // The streams that feed it, REST snapshots aside, and whether each is in a gap.
  struct Feeder {
    SourceId source = 0;
    bool away = false;
  };
  std::vector<Feeder> feeders;

  void fed_by(SourceId source) {
    for (Feeder& feeder : feeders) {
      if (feeder.source != source) continue;
      feeder.away = false;
      return;
    }
    feeders.push_back({source, false});
  }
  bool is_kept() const {
    return chain != 0 || has_deltas;
  }  // by deltas, now or as soon as they come
  void wait(const BookDelta& delta, Instant at) {
    waiting.push_back({delta, at});
    waiting_levels += delta.bids.size() + delta.asks.size();
  }
  void forget_waiting() {
    waiting.clear();
    waiting_levels = 0;
  }
  bool waits_too_long() const {
    return waiting.size() > kBufferMessages || waiting_levels > kBufferLevels;
  }
  void drop_oldest() {
    waiting_levels -= waiting.front().delta.bids.size() + waiting.front().delta.asks.size();
    waiting.pop_front();
  }
  void serve() {
    served = true;
    in_hole = false;
  }
};

BookBuilder::BookBuilder(const Instruments& instruments, EventSink& gaps)
    : instruments_(instruments), gaps_(gaps) {}
BookBuilder::~BookBuilder() = default;

BookBuilder::State& BookBuilder::state(const Event& event, const BookSequence& sequence) {
  if (event.instrument >= chains_.size()) chains_.resize(event.instrument + 1);
  auto& chains = chains_[event.instrument];
  for (const auto& known : chains) {
    if (known->chain == sequence.chain) return *known;
  }
  chains.push_back(std::make_unique<State>());
  chains.back()->chain = sequence.chain;
  chains.back()->rule = book_rule(instruments_[event.instrument]);
  return *chains.back();
}

const Book* BookBuilder::book(InstrumentId instrument) const {
  if (instrument >= chains_.size()) return nullptr;
  const auto rank = [](const State& s) {
    constexpr uint32_t all = std::numeric_limits<uint32_t>::max();
    return std::tuple(s.is_kept(), s.served, s.book.depth().value_or(all));
  };
  const State* best = nullptr;
  for (const auto& s : chains_[instrument]) {
    if (!best || rank(*s) > rank(*best)) best = s.get();
  }
  return best && best->served ? &best->book : nullptr;
}

const Book* BookBuilder::book(InstrumentId instrument, uint32_t chain) const {
  if (instrument >= chains_.size()) return nullptr;
  for (const auto& s : chains_[instrument]) {
    if (s->chain == chain) return s->served ? &s->book : nullptr;
  }
  return nullptr;
}

BookCounts BookBuilder::counts(InstrumentId instrument) const {
  BookCounts sum;
  if (instrument >= chains_.size()) return sum;
  for (const auto& s : chains_[instrument]) {
    sum.snapshots += s->counts.snapshots;
    sum.applied += s->counts.applied;
    sum.dropped += s->counts.dropped;
    sum.set_aside += s->counts.set_aside;
    sum.gaps += s->counts.gaps;
  }
  return sum;
}

void BookBuilder::on_event(const Event& event) {
  if (const auto* delta = std::get_if<BookDelta>(&event.payload)) {
    on_delta(event, *delta);
  } else if (const auto* snapshot = std::get_if<BookSnapshot>(&event.payload)) {
    on_snapshot(event, *snapshot);
  } else if (std::holds_alternative<Gap>(event.payload)) {
    on_gap(event);
  }
}

// A stream that was not heard for a while: its books are as old as its last message, and nobody can
// say what they are now. They are served again when a message follows by number, for then nothing
// was missed, or when a snapshot comes.
void BookBuilder::on_gap(const Event& event) {
  if (std::get<Gap>(event.payload).kind == GapKind::sequence) return;
  for (auto& chains : chains_) {
    for (auto& chain : chains) {
      State& s = *chain;
      bool feeds = false, others = false;
      for (State::Feeder& feeder : s.feeders) {
        if (feeder.source == event.source) {
          feeds = true;
          feeder.away = true;
        } else {
          others |= !feeder.away;
        }
      }
      if (!feeds || others) continue;
      s.served = false;
    }
  }
}

// One Gap a hole: what comes while the hole is open belongs to it.
void BookBuilder::report(State& s, const Event& event, std::string_view reason,
                         std::optional<uint64_t> expected, std::optional<uint64_t> received) {
  const bool known = s.last || s.book.sequence().last != 0;
  const Instant from = known ? std::max(s.last_at, s.book.at()) : event.at;
  s.served = false;
  s.in_step = false;
  if (s.in_hole) return;
  s.in_hole = true;
  ++s.counts.gaps;
  gaps_.on_event({.instrument = event.instrument,
                  .source = event.source,
                  .at = event.at,
                  .received = event.received,
                  .payload = Gap{.from = std::min(from, event.at),
                                 .to = event.at,
                                 .reason = std::string(reason),
                                 .expected = expected,
                                 .received = received,
                                 .kind = GapKind::sequence}});
}

// The last test of a book before it is given out.
void BookBuilder::serve_checked(State& s, const Event& event) {
  const std::optional<int32_t> checksum = s.book.sequence().checksum;
  if (s.rule == BookRule::okx && checksum && okx_checksum(s.book) != *checksum) {
    report(s, event, "checksum does not agree", {}, {});
  } else if (s.book.crossed()) {
    report(s, event, "bid at or above ask", {}, {});
  } else {
    s.serve();
  }
}

void BookBuilder::on_snapshot(const Event& event, const BookSnapshot& snapshot) {
  State& s = state(event, snapshot.sequence);
  if (!is_base(s.rule, snapshot)) s.fed_by(event.source);
  if (is_binance(s.rule) && !snapshot.depth) return on_binance_snapshot(s, event, snapshot);
  // A stream of limited depth does not disturb the book that deltas keep: Binance's base has no
  // depth.
  if (is_binance(s.rule) && (s.has_deltas || (s.served && !s.partial))) {
    ++s.counts.set_aside;
    return;
  }
  s.book.load(snapshot, event.at);
  s.partial = is_binance(s.rule);  // deltas do not build on such a one
  s.in_step = !s.partial;
  ++s.counts.snapshots;
  serve_checked(s, event);
}

void BookBuilder::on_delta(const Event& event, const BookDelta& delta) {
  State& s = state(event, delta.sequence);
  s.fed_by(event.source);
  if (is_binance(s.rule)) return on_binance_delta(s, event, delta);
  if (s.rule == BookRule::bybit && delta.sequence.last == 1 && s.chain == kBybitFullBook) {
    s.has_deltas = true;
    ++s.counts.dropped;
    return report(s, event, "the venue began the full book anew", {}, 1);
  }
  if (s.rule == BookRule::bybit &&
      delta.sequence.last == 1) {  // the service restarted: a snapshot in all but name
    return on_snapshot(event, BookSnapshot{.bids = delta.bids,
                                           .asks = delta.asks,
                                           .sequence = delta.sequence,
                                           .depth = s.book.depth()});
  }
  s.has_deltas = true;
  if (!s.in_step) {
    ++s.counts.dropped;
    return report(s, event, "no snapshot under it", {}, delta.sequence.last);
  }
  const uint64_t last = s.book.sequence().last;
  const bool unnumbered = s.rule == BookRule::okx && !delta.sequence.previous;
  if (!unnumbered && !follows(s.rule, delta.sequence, last)) {
    ++s.counts.dropped;
    if (delta.sequence.last <= last && event.at <= s.book.at())
      return;  // a copy of what is in the book
    const std::optional<uint64_t> received =
        s.rule == BookRule::bybit ? delta.sequence.last : delta.sequence.previous;
    return report(s, event, "sequence broken", s.rule == BookRule::bybit ? last + 1 : last,
                  received);
  }
  s.book.apply(delta, event.at);
  ++s.counts.applied;
  serve_checked(s, event);
}

void BookBuilder::on_binance_snapshot(State& s, const Event& event, const BookSnapshot& snapshot) {
  const uint64_t base = snapshot.sequence.last;
  if (s.held && base < s.held->snapshot.sequence.last) {
    ++s.counts.set_aside;
    return;
  }
  if (s.in_step) {  // the deltas carry on; should they break, this one may be what mends them
    if (base > s.book.sequence().last) {
      s.held = State::Held{snapshot, event.at};
    } else {
      ++s.counts.set_aside;
    }
    return;
  }
  while (!s.waiting.empty() && is_older(s.rule, s.waiting.front().delta.sequence, base)) {
    s.drop_oldest();
    ++s.counts.dropped;
  }
  if (!s.waiting.empty() && !bridges(s.rule, s.waiting.front().delta.sequence, base)) {
    ++s.counts.set_aside;
    return report(s, event, "snapshot older than the deltas",
                  s.waiting.front().delta.sequence.first, base);
  }
  s.book.load(snapshot, event.at);
  s.partial = false;
  ++s.counts.snapshots;
  s.held.reset();
  s.in_step = !s.waiting.empty();
  for (const State::Waiting& entry : s.waiting) s.book.apply(entry.delta, entry.at);
  s.counts.applied += s.waiting.size();
  s.forget_waiting();
  if (!s.in_step) s.held = State::Held{snapshot, event.at};
  serve_checked(s, event);
}

void BookBuilder::on_binance_delta(State& s, const Event& event, const BookDelta& delta) {
  const BookSequence& sequence = delta.sequence;
  if (!s.has_deltas && s.partial)
    s.served = false;  // from here on the book of limited depth is not the book
  s.has_deltas = true;
  if (s.last && sequence.last <= *s.last && event.at <= s.last_at) {
    ++s.counts.dropped;  // a copy, from a second recording of the same stream
    return;
  }
  const bool follows_last =
      !s.last || (sequence.last > *s.last && follows(s.rule, sequence, *s.last));
  const std::optional<uint64_t> expected = s.last;
  if (!follows_last) {
    const auto received =
        s.rule == BookRule::binance_spot ? std::optional(sequence.first) : sequence.previous;
    report(s, event, "sequence broken",
           s.rule == BookRule::binance_spot ? *expected + 1 : *expected, received);
    s.forget_waiting();
  }
  s.partial = false;
  s.last = sequence.last;
  s.last_at = event.at;
  if (s.in_step) {
    s.book.apply(delta, event.at);
    ++s.counts.applied;
    if (s.held && s.held->snapshot.sequence.last <= sequence.last) s.held.reset();
    return serve_checked(s, event);
  }
  if (s.held) {
    const uint64_t base = s.held->snapshot.sequence.last;
    if (is_older(s.rule, sequence, base)) {
      ++s.counts.dropped;
      return;
    }
    const bool bridge = bridges(s.rule, sequence, base);
    if (bridge) {
      s.book.load(s.held->snapshot, s.held->at);
      s.book.apply(delta, event.at);
      ++s.counts.applied;
      s.in_step = true;
      s.held.reset();
      return serve_checked(s, event);
    }
    s.held.reset();
    report(s, event, "sequence broken", base,
           sequence.previous ? sequence.previous : sequence.first);
  }
  s.wait(delta, event.at);
  if (s.waits_too_long()) {
    s.drop_oldest();
    ++s.counts.dropped;
    report(s, event, "no snapshot came", {}, {});
  }
}

}  // namespace delever::codec
