#include "truth/tape_truth.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "base/check.h"
#include "base/file.h"
#include "base/partial_file.h"
#include "feeds/replay.h"
#include "gauges/gauges.h"

namespace delever::truth {
namespace {

// Serves a recorded tape from memory, as a file would.
class MemoryTape final : public tape::TapeReader {
 public:
  explicit MemoryTape(const Recorded& tape) : tape_(tape), gaps_(tape.gaps) {
    order_.reserve(tape.messages.size());
    for (const Message& m : tape.messages) order_.push_back(&m);
    std::stable_sort(order_.begin(), order_.end(), [](const Message* a, const Message* b) {
      return a->received != b->received ? a->received < b->received : a->stream < b->stream;
    });
  }
  const std::vector<tape::StreamInfo>& streams() const override { return tape_.streams; }
  const std::vector<tape::TapeGap>& gaps() const override { return gaps_; }
  Result<std::optional<tape::TapeMessage>> next() override {
    if (next_ == order_.size()) return std::optional<tape::TapeMessage>();
    const Message& m = *order_[next_++];
    bytes_.assign(m.bytes);
    bytes_.resize(m.bytes.size() + codec::kPadding);
    return std::optional(tape::TapeMessage{static_cast<tape::StreamNumber>(m.stream + 1),
                                           m.received,
                                           std::string_view(bytes_).substr(0, m.bytes.size())});
  }

 private:
  const Recorded& tape_;
  std::vector<tape::TapeGap> gaps_;
  std::vector<const Message*> order_;
  size_t next_ = 0;
  std::string bytes_;
};

// Every event on to the gauges, counted in the units of the case.
class UnitsSink final : public feeds::ReplaySink {
 public:
  UnitsSink(const Case& one, const gauges::Rules& rules, const feeds::Replay& replay)
      : case_(one), replay_(replay), gauges_(one.asset, rules, instruments_, replay.sources()) {}

  void on_event(const Event& event) override {
    if (event.instrument == kNoInstrument) {
      const auto& gap = std::get<Gap>(event.payload);
      if (gap.kind == GapKind::damage && gap.to + Duration::days(1) > case_.at) {
        read.lost = true;
        read.damaged_venues.push_back(replay_.sources()[event.source].venue);
      }
      gauges_.on_event(event);
      return;
    }
    while (instruments_.size() <= event.instrument.raw())
      describe(InstrumentId(instruments_.size()));
    if (std::holds_alternative<InstrumentListed>(event.payload)) describe(event.instrument);
    Event changed = event;
    std::visit([&](auto& payload) { scale(event.instrument, payload); }, changed.payload);
    gauges_.on_event(changed);
  }
  void on_undecoded(const Source&, const codec::RawMessage& message, const Error&) override {
    read.undecoded.emplace(message.bytes);
  }

  ReadTape finish() {
    read.readings = gauges_.readings(std::max(case_.at, gauges_.known_until()));
    return std::move(read);
  }
  ReadTape read;

 private:
  // USD alone is the quote of coin-margined contracts, which no venue lists by the thousand.
  bool in_thousands(const Instrument& i) const {
    return !case_.units.thousands.empty() && i.kind == InstrumentKind::linear &&
           i.base == case_.units.thousands && i.quote != "USD";
  }
  bool made_inverse(const Instrument& i) const {
    return i.kind == InstrumentKind::linear && i.is_perpetual() &&
           i.base == case_.units.inverse_coin && i.venue == case_.units.inverse_venue;
  }
  static bool is_contract(const Instrument& i) {
    return i.kind == InstrumentKind::linear || i.kind == InstrumentKind::inverse;
  }
  // Called in the order of the replay's ids, so that both tables count alike.
  void describe(InstrumentId id) {
    Instrument i = replay_.instruments()[id];
    if (is_contract(i) && i.contract_size)
      i.contract_size = Qty::nearest(i.contract_size->approx() * case_.units.contract_size).value();
    if (made_inverse(i)) {
      i.kind = InstrumentKind::inverse;
      i.symbol = i.base + "USD_PERP";
      i.quote = "USD";
      i.settle = i.base;
      i.contract_size = Qty::raw(10 * Qty::scale);
    }
    if (in_thousands(i)) {
      i.symbol = "1000" + i.symbol;
      i.base = "1000" + i.base;
    }
    const InstrumentId added = instruments_.add(std::move(i));
    CHECK(added == id);
  }
  // Asked of the original instrument, whose size may be listed later: `sized` knows that it will.
  // What one unit of quantity is divided by, and a price multiplied by.
  double quantity_by(InstrumentId id) const {
    const Instrument& i = replay_.instruments()[id];
    double by = 1;
    if (is_contract(i) && case_.sized.contains(i.venue + ":" + i.symbol))
      by *= case_.units.contract_size;
    if (in_thousands(i)) by *= 1000;
    return by;
  }
  // Prices are per unit of the base: a thousand coins cost a thousand times as much.
  double price_by(InstrumentId id) const {
    return in_thousands(replay_.instruments()[id]) ? 1000 : 1;
  }
  void scale(InstrumentId id, WideQty& qty) {
    const double by = quantity_by(id);
    if (by == 1) return;
    const WideQty changed = WideQty::raw(std::llround(static_cast<double>(qty.raw()) / by));
    if (!qty.is_zero())
      read.rounded = std::max(read.rounded, std::fabs(changed.approx() * by / qty.approx() - 1));
    qty = changed;
  }
  void scale(InstrumentId id, Price& price) {
    const double by = price_by(id);
    if (by != 1) price = Price::nearest(price.approx() * by).value();
  }
  // Every payload that a gauge reads quantities or prices of; the rest passes as it is.
  template <class T>
  void scale(InstrumentId id, std::optional<T>& value) {
    if (value) scale(id, *value);
  }
  // Coins become contracts at the price of their own message; of a figure without one the coins
  // are stated, as venues do that state both.
  void to_inverse(InstrumentId id, WideQty& qty, Price price) {
    const double size =
        replay_.instruments()[id].contract_size.value_or(Qty::raw(Qty::scale)).approx();
    const double contracts = qty.approx() * size * price.approx() / 10;
    qty = WideQty::raw(std::llround(contracts * static_cast<double>(WideQty::scale)));
    if (!qty.is_zero()) read.rounded = std::max(read.rounded, 5e-9 / contracts);
  }
  void scale(InstrumentId id, Trade& p) {
    if (made_inverse(replay_.instruments()[id])) return to_inverse(id, p.qty, p.price);
    scale(id, p.price), scale(id, p.qty);
  }
  void scale(InstrumentId id, Liquidation& p) {
    if (made_inverse(replay_.instruments()[id])) {
      const auto price = p.price();
      if (p.order_qty && price) to_inverse(id, *p.order_qty, *price);
      if (p.filled_qty && price) to_inverse(id, *p.filled_qty, *price);
      return;
    }
    scale(id, p.order_price), scale(id, p.average_price);
    scale(id, p.order_qty), scale(id, p.filled_qty);
  }
  void scale(InstrumentId id, MarkPrice& p) { scale(id, p.price); }
  void scale(InstrumentId id, IndexPrice& p) { scale(id, p.price); }
  void scale(InstrumentId id, OpenInterest& p) {
    const Instrument& i = replay_.instruments()[id];
    if (made_inverse(i)) {
      const double size = i.contract_size.value_or(Qty::raw(Qty::scale)).approx();
      if (p.contracts && !p.coins) p.coins = p.contracts->approx() * size;
      p.contracts.reset();
      return;
    }
    scale(id, p.contracts);
    if (p.coins && in_thousands(replay_.instruments()[id])) *p.coins /= 1000;
  }
  void scale(InstrumentId id, Candle& p) {
    scale(id, p.open), scale(id, p.high), scale(id, p.low), scale(id, p.close);
  }
  // What has neither price nor quantity that a gauge reads.
  template <class T>
  void scale(InstrumentId, T&) {}

  const Case& case_;
  const feeds::Replay& replay_;
  Instruments instruments_;
  gauges::Gauges gauges_;
};

// Marks what each message of a tape says of itself.
class Marker final : public feeds::ReplaySink {
 public:
  void on_event(const Event& event) override {
    if (std::holds_alternative<Gap>(event.payload)) return;
    ++events;
    listings += std::holds_alternative<InstrumentListed>(event.payload);
    timed += event.at != event.received;
  }
  void on_undecoded(const Source&, const codec::RawMessage&, const Error&) override {}
  size_t events = 0, listings = 0, timed = 0;
};

std::unique_ptr<feeds::Replay> replay_of(const std::vector<Recorded>& tapes, Instant to) {
  std::vector<std::unique_ptr<tape::TapeReader>> readers;
  for (const Recorded& tape : tapes) readers.push_back(std::make_unique<MemoryTape>(tape));
  auto replay = feeds::Replay::over(std::move(readers), {.to = to});
  CHECK(replay.has_value());
  return std::move(replay).value();
}

// In memory where the system has a place for it.
struct Scratch {
  std::string path =
      fmt::format("{}/delever-truth-{}.tape",
                  access("/dev/shm", W_OK) == 0 ? std::string("/dev/shm")
                                                : std::filesystem::temp_directory_path().string(),
                  getpid());
  ~Scratch() { remove(); }
  void remove() const {
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm", "-lock"})
      std::filesystem::remove(path + suffix, ignored);
  }
};

// The tape as a file, with one byte changed in one of its blocks. A block's bytes are a zstd frame,
// which begins with four known bytes.
void write_damaged(const Recorded& tape, uint64_t which, const std::string& path) {
  ManualClock clock(Instant::ns(0));
  auto writer =
      std::move(tape::TapeWriter::open_stepped(path, clock, {.block_bytes = 4000})).value();
  std::vector<tape::StreamNumber> numbers;
  for (const tape::StreamInfo& info : tape.streams) numbers.push_back(writer->stream(info).value());
  std::vector<const Message*> order;
  for (const Message& m : tape.messages) order.push_back(&m);
  std::stable_sort(order.begin(), order.end(),
                   [](const Message* a, const Message* b) { return a->received < b->received; });
  for (const Message* m : order) {
    CHECK(writer->append(numbers[m->stream], m->received, m->bytes).has_value());
    CHECK(writer->step(clock.elapsed()).has_value());
  }
  CHECK(writer->close().has_value());
  writer.reset();
  std::string bytes = read_file(path).value();
  std::vector<size_t> blocks;
  constexpr std::string_view kFrame = "\x28\xb5\x2f\xfd";
  for (size_t at = bytes.find(kFrame); at != bytes.npos; at = bytes.find(kFrame, at + 1))
    blocks.push_back(at);
  CHECK(!blocks.empty());
  const size_t at = blocks[which % blocks.size()] + 9;
  CHECK(at < bytes.size());
  bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
  CHECK(write_file_atomically(path, bytes).has_value());
}

}  // namespace

Result<Recorded> load_tape(const std::string& path, size_t most_messages) {
  auto reader = TRY(tape::TapeReader::open(path));
  Recorded out;
  out.streams = reader->streams();
  while (out.messages.size() < most_messages) {
    const auto next = TRY(reader->next());
    if (!next) break;
    out.messages.push_back({.stream = next->stream - 1,
                            .received = next->received,
                            .bytes = std::string(next->bytes)});
  }
  out.gaps = reader->gaps();
  return out;
}

// A minute after the last message, so that a receive clock that is shifted by seconds changes
// nothing of what is known.
Case make_case(std::string name, std::string asset, Recorded tape) {
  std::stable_sort(
      tape.messages.begin(), tape.messages.end(), [](const Message& a, const Message& b) {
        return a.received != b.received ? a.received < b.received : a.stream < b.stream;
      });
  CHECK(!tape.messages.empty());
  Case out{.name = std::move(name), .asset = std::move(asset)};
  out.at = tape.messages.back().received + Duration::minutes(1);
  out.tapes.push_back(std::move(tape));
  const auto replay = replay_of(out.tapes, Instant::max());
  for (Message& m : out.tapes[0].messages) {
    Marker marker;
    CHECK(replay->step(marker).has_value());
    m.listing = marker.events > 0 && marker.listings == marker.events;
    m.timed = marker.events > 0 && marker.timed == marker.events;
  }
  for (size_t id = 0; id < replay->instruments().size(); ++id) {
    const Instrument& i = replay->instruments()[InstrumentId(id)];
    if (i.contract_size) out.sized.insert(i.venue + ":" + i.symbol);
  }
  return out;
}

// Markets that others run under a venue's roof are asked for by name alone.
std::set<std::string> assets_of(const Recorded& tape, const gauges::Rules& rules) {
  struct Seen final : feeds::ReplaySink {
    void on_event(const Event& event) override {
      if (event.instrument != kNoInstrument) ids.insert(event.instrument);
    }
    void on_undecoded(const Source&, const codec::RawMessage&, const Error&) override {}
    std::set<InstrumentId> ids;
  } seen;
  const std::vector<Recorded> tapes{tape};  // the replay reads from it
  const auto replay = replay_of(tapes, Instant::max());
  CHECK(replay->run(seen).has_value());
  std::set<std::string> out;
  for (const InstrumentId id : seen.ids) {
    const Terms terms = terms_of(replay->instruments()[id], rules.coins, false);
    if (!terms.asset.empty() && !terms.builder_market) out.insert(terms.asset);
  }
  return out;
}

std::set<std::string> venues_of(const Case& one) {
  std::set<std::string> out;
  for (const Recorded& tape : one.tapes) {
    for (const tape::StreamInfo& info : tape.streams) out.insert(info.venue);
  }
  return out;
}

// A damaged tape goes through its file, since the damage is to the file; the others stay in memory.
ReadTape read_case(const Case& one, const gauges::Rules& rules) {
  const Scratch scratch;
  std::unique_ptr<feeds::Replay> replay;
  if (one.damaged) {
    scratch.remove();
    write_damaged(one.tapes[0], one.damage, scratch.path);
    std::vector<std::unique_ptr<tape::TapeReader>> readers;
    auto opened = tape::TapeReader::open(scratch.path);
    CHECK(opened.has_value());
    readers.push_back(std::move(opened).value());
    for (size_t n = 1; n < one.tapes.size(); ++n)
      readers.push_back(std::make_unique<MemoryTape>(one.tapes[n]));
    replay = std::move(feeds::Replay::over(std::move(readers), {.to = one.at})).value();
  } else {
    replay = replay_of(one.tapes, one.at);
  }
  UnitsSink sink(one, rules, *replay);
  CHECK(replay->run(sink).has_value());
  return sink.finish();
}

}  // namespace delever::truth
