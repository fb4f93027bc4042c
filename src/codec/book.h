// Book: price levels of one instrument. BookBuilder: books of many instruments out of their events,
// each by the rule of its venue, reporting exactly one Gap for each hole and serving no book until
// the hole is behind it. Where several channels of one symbol are recorded (Bybit's orderbook.50
// and orderbook.200), each chain of messages makes a book of its own, with its own holes.
//
// A hole is what the sequence can show: a delta that does not follow the one before it or the
// snapshot under it, a checksum that does not agree, a delta with nothing under it, bids at or
// above asks. What cannot be seen, and is reported by nobody: a message missing before the first or
// after the last one of a stream, and on Hyperliquid, whose messages are whole books, anywhere.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "market/event.h"

namespace delever::codec {

// One side. Levels are kept best last, because nearly every change is near the best price.
class Ladder {
 public:
  explicit Ladder(Side side) : bid_(side == Side::buy) {}
  size_t size() const { return worst_first_.size(); }
  bool empty() const { return worst_first_.empty(); }
  const Level& operator[](size_t from_best) const {
    return worst_first_[worst_first_.size() - 1 - from_best];
  }
  const Level& best() const { return worst_first_.back(); }

  void set(const Level& level);  // qty 0 takes the level away
  void assign(const std::vector<Level>& levels);
  void truncate(size_t depth);
  void clear() { worst_first_.clear(); }

 private:
  bool worse(Price a, Price b) const { return bid_ ? a < b : a > b; }
  std::vector<Level> worst_first_;
  bool bid_;
};

class Book {
 public:
  const Ladder& bids() const { return bids_; }
  const Ladder& asks() const { return asks_; }
  bool crossed() const {
    return !bids_.empty() && !asks_.empty() && bids_.best().price >= asks_.best().price;
  }
  const BookSequence& sequence() const { return sequence_; }  // of the message applied last
  Instant at() const { return at_; }                          // its venue time
  std::optional<uint32_t> depth() const {
    return depth_;
  }  // levels a side that are promised; missing: all

  void load(const BookSnapshot& snapshot, Instant at);
  void apply(const BookDelta& delta, Instant at);

 private:
  Ladder bids_{Side::buy}, asks_{Side::sell};
  std::optional<uint32_t> depth_;  // what the channel promises: deeper levels are stale and dropped
  BookSequence sequence_;
  Instant at_;
};

// CRC-32 as OKX signs its books: the first 25 levels of each side, bid and ask in turn,
// "price:size" with the digits as sent, joined by colons, as a signed number.
int32_t okx_checksum(const Book& book);

// How messages of a venue join. Sources in docs of each venue as gathered in November 2026.
enum class BookRule : uint8_t {
  // Binance USD-M and COIN-M: drop u < L (the snapshot's lastUpdateId); the first one has U <= L <=
  // u, or pu == L;
  // then pu == u of the one before. U..u is not contiguous with the u before.
  binance_futures,
  // Drop u <= L; the first one has U <= L+1 <= u; then U <= u of the one before + 1.
  binance_spot,
  // A snapshot opens; u is the one before + 1; u == 1 is a restart, to be taken as a snapshot
  // whatever its label.
  // Archives of v2 number messages without a step of one: their decoder sets `previous` to what
  // came before.
  bybit,
  // A snapshot opens; prevSeqId == seqId of the one before (a heartbeat has both equal; after
  // maintenance seqId may be
  // smaller); without prevSeqId (before 2023) the checksum alone. A checksum is verified wherever
  // there is one.
  okx,
  // A snapshot opens; prev_change_id == change_id of the one before.
  deribit,
  // Every message is the whole book as far as it is shown: Hyperliquid, and any depth-limited
  // snapshot stream.
  snapshots,
};
BookRule book_rule(const Instrument& instrument);

// BookSequence::chain of Bybit's orderbook.full: changes over GET /v5/market/full_orderbook.
// Channels of one level make no book, so that 1 is free.
inline constexpr uint32_t kBybitFullBook = 1;

struct BookCounts {
  uint64_t snapshots = 0;  // taken as a book
  uint64_t applied = 0;    // deltas in the book
  uint64_t dropped = 0;    // deltas that the snapshot contains, and copies of what is in the book
  uint64_t set_aside =
      0;  // Binance: snapshots older than the book, or of limited depth beside deltas
  uint64_t gaps = 0;
};

// Feed it events of every kind in the order received; kinds that say nothing of books are ignored.
// A recorded gap of a source (GapKind::recorded, damage) takes back the books that it feeds, unless
// another source feeds them too, until one of its messages follows by number or a snapshot comes.
// Gap events go to `gaps` with the instrument and source of the event that showed the hole.
// Channels of depth 1 should arrive as Quotes, not as books. Memory: deltas that wait for a
// snapshot are kept up to 1,024 an instrument; then the missing snapshot is the gap.
class BookBuilder final : public EventSink {
 public:
  BookBuilder(const Instruments& instruments, EventSink& gaps);
  ~BookBuilder() override;
  BookBuilder(const BookBuilder&) = delete;
  BookBuilder& operator=(const BookBuilder&) = delete;

  void on_event(const Event& event) override;
  // Missing while it is unknown or not in step with its venue. Of several channels the deepest that
  // is in step; one that deltas keep hides those that come as whole books. Valid until the next
  // event.
  const Book* book(InstrumentId instrument) const;
  const Book* book(InstrumentId instrument,
                   uint32_t chain) const;            // that one (BookSequence::chain) and no other
  BookCounts counts(InstrumentId instrument) const;  // of all its channels together

 private:
  struct State;  // of one chain
  State& state(const Event& event, const BookSequence& sequence);
  void on_snapshot(const Event& event, const BookSnapshot& snapshot);
  void on_delta(const Event& event, const BookDelta& delta);
  void on_gap(const Event& event);
  void on_binance_snapshot(State& s, const Event& event, const BookSnapshot& snapshot);
  void on_binance_delta(State& s, const Event& event, const BookDelta& delta);
  void serve_checked(State& s, const Event& event);
  void report(State& s, const Event& event, std::string_view reason,
              std::optional<uint64_t> expected, std::optional<uint64_t> received);

  const Instruments& instruments_;
  EventSink& gaps_;
  std::vector<std::vector<std::unique_ptr<State>>> chains_;  // by instrument
};

}  // namespace delever::codec
