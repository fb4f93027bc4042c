// Any sequence of snapshots and deltas through every rule: books that are served are in order and
// not crossed, and a gap of a chain is never reported while one is open.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "codec/book.h"

namespace {

using namespace delever;
using namespace delever::codec;

class Gaps final : public EventSink {
 public:
  void on_event(const Event& event) override {
    CHECK(event.instrument < 6);
    CHECK(!open[event.instrument][chain]);
    open[event.instrument][chain] = true;
  }
  uint32_t chain = 0;  // of the event being fed
  bool open[6][3] = {};
};

class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}
  bool empty() const { return at_ == end_; }
  uint8_t next() { return empty() ? 0 : *at_++; }
  std::vector<Level> levels() {
    std::vector<Level> out(next() % 8);
    for (Level& level : out)
      level = {Price::raw(next()), Qty::raw(next() % 3), static_cast<uint8_t>(next() % 12), 2};
    return out;
  }

 private:
  const uint8_t *at_, *end_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Instruments instruments;
  for (const auto& [venue, kind] : {std::pair("binance", InstrumentKind::linear),
                                    {"binance", InstrumentKind::spot},
                                    {"bybit", InstrumentKind::linear},
                                    {"okx", InstrumentKind::linear},
                                    {"deribit", InstrumentKind::inverse},
                                    {"hyperliquid", InstrumentKind::linear}})
    instruments.add(
        {.venue = venue, .symbol = kind == InstrumentKind::spot ? "S" : "X", .kind = kind});
  Gaps gaps;
  BookBuilder books(instruments, gaps);
  Bytes bytes(data, size);
  while (!bytes.empty()) {
    const uint8_t head = bytes.next();
    Event event{
        .instrument = head % 6U, .at = Instant::ns(bytes.next()), .received = Instant::ns(1)};
    BookSequence sequence{.first = bytes.next(), .last = bytes.next()};
    if ((head & 64) != 0) sequence.previous = bytes.next();
    if (event.instrument >= 2) sequence.chain = bytes.next() % 3;  // Binance has one
    if (head % 6 == 3 && (bytes.next() & 15) == 1) sequence.checksum = bytes.next();
    if ((head & 128) != 0) {
      BookSnapshot snapshot{.bids = bytes.levels(), .asks = bytes.levels(), .sequence = sequence};
      if (const uint8_t depth = bytes.next(); depth < 5) snapshot.depth = depth;
      event.payload = snapshot;
    } else {
      event.payload =
          BookDelta{.bids = bytes.levels(), .asks = bytes.levels(), .sequence = sequence};
    }
    gaps.chain = sequence.chain;
    books.on_event(event);
    const Book* book = books.book(event.instrument, sequence.chain);
    if (!book) continue;
    gaps.open[event.instrument][sequence.chain] = false;
    CHECK(books.book(event.instrument) ||
          sequence.chain == 0);  // a chain of deltas hides whole books, no more
    CHECK(!book->crossed());
    for (size_t i = 1; i < book->bids().size(); ++i)
      CHECK(book->bids()[i - 1].price > book->bids()[i].price);
    for (size_t i = 1; i < book->asks().size(); ++i)
      CHECK(book->asks()[i - 1].price < book->asks()[i].price);
    if (book->sequence().checksum) CHECK(okx_checksum(*book) == *book->sequence().checksum);
  }
  return 0;
}
