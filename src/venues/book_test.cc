#include "codec/book.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>

#include "base/random.h"
#include "venues/wire_testing.h"

namespace delever::venues {
namespace {

Level level(int64_t price, int64_t qty) {
  return {.price = Price::raw(price * Price::scale), .qty = Qty::raw(qty * Qty::scale)};
}

// Instruments with one contract of each venue; the id is the place in this list.
struct Venues {
  Venues() {
    for (const auto& [venue, kind] : std::vector<std::pair<const char*, InstrumentKind>>{
             {"binance", InstrumentKind::linear},
             {"binance", InstrumentKind::spot},
             {"bybit", InstrumentKind::linear},
             {"okx", InstrumentKind::linear},
             {"deribit", InstrumentKind::inverse},
             {"hyperliquid", InstrumentKind::linear}})
      all.add({.venue = venue, .symbol = "X", .kind = kind});
  }
  Instruments all;
};
constexpr InstrumentId kFutures = 0, kSpot = 1, kBybit = 2, kOkx = 3, kDeribit = 4,
                       kHyperliquid = 5;

class BookFeed {
 public:
  explicit BookFeed(InstrumentId id) : id_(id) {}
  void snapshot(uint64_t last, std::vector<Level> bids, std::vector<Level> asks,
                std::optional<uint32_t> depth = std::nullopt) {
    send(BookSnapshot{std::move(bids), std::move(asks), {.last = last}, depth});
  }
  void delta(BookSequence sequence, std::vector<Level> bids = {}, std::vector<Level> asks = {}) {
    send(BookDelta{std::move(bids), std::move(asks), sequence});
  }
  void send(EventPayload payload) {
    now_ += 1'000'000;
    books.on_event({.instrument = id_,
                    .source = 3,
                    .at = Instant::ns(now_),
                    .received = Instant::ns(now_ + 5),
                    .payload = std::move(payload)});
  }
  void repeat_last_time() { now_ -= 1'000'000; }
  const codec::Book* book() const { return books.book(id_); }
  uint64_t gaps() const { return sink.events.size(); }
  Gap gap(size_t i) const { return std::get<Gap>(sink.events.at(i).payload); }

  Venues venues;
  venues::fixture::Collected sink;
  codec::BookBuilder books{venues.all, sink};

 private:
  InstrumentId id_;
  int64_t now_ = 1'700'000'000'000'000'000;
};

TEST(Ladder, KeepsLevelsInOrder) {
  codec::Ladder bids(Side::buy);
  for (const int64_t price : {10, 12, 8, 11, 9}) bids.set(level(price, price));
  bids.set(level(11, 0));
  bids.set(level(7, 0));  // not there
  bids.set(level(8, 80));
  ASSERT_EQ(bids.size(), 4u);
  EXPECT_EQ(bids.best().price, level(12, 0).price);
  EXPECT_EQ(bids[3].price, level(8, 0).price);
  EXPECT_EQ(bids[3].qty, level(0, 80).qty);
  bids.truncate(2);
  EXPECT_EQ(bids[1].price, level(10, 0).price);
  bids.assign({level(5, 1), level(6, 1), level(6, 2), level(4, 0)});  // no venue would
  ASSERT_EQ(bids.size(), 2u);
  EXPECT_EQ(bids.best().qty, level(0, 2).qty);
}

TEST(BookBuilder, FuturesBuffersBridgesAndFollowsPu) {
  BookFeed feed(kFutures);
  feed.delta({.first = 90, .last = 95, .previous = 80}, {level(98, 1)});
  feed.delta({.first = 97, .last = 105, .previous = 95}, {level(99, 1)});
  EXPECT_EQ(feed.book(), nullptr);
  feed.snapshot(100, {level(97, 7)}, {level(101, 1)});
  ASSERT_NE(feed.book(), nullptr);
  EXPECT_EQ(feed.book()->bids().size(), 2u);  // 98 came before the snapshot and is not in it
  feed.delta({.first = 200, .last = 210, .previous = 105}, {level(97, 0)});  // U..u need not touch
  EXPECT_EQ(feed.gaps(), 0u);
  feed.delta({.first = 300, .last = 310, .previous = 290});
  EXPECT_EQ(feed.book(), nullptr);
  ASSERT_EQ(feed.gaps(), 1u);
  EXPECT_EQ(feed.gap(0).expected, 210u);
  EXPECT_EQ(feed.gap(0).received, 290u);
  EXPECT_EQ(feed.sink.events[0].source, 3u);
  feed.delta({.first = 311, .last = 320, .previous = 310});
  feed.delta({.first = 330,
              .last = 340,
              .previous = 325});  // a second hole inside the first: the same one
  EXPECT_EQ(feed.gaps(), 1u);
  feed.snapshot(335, {level(90, 1)}, {level(91, 1)});
  ASSERT_NE(feed.book(), nullptr);
  EXPECT_EQ(feed.book()->sequence().last, 340u);
  feed.delta({.first = 341, .last = 350, .previous = 340});
  EXPECT_EQ(feed.gaps(), 1u);
  EXPECT_EQ(feed.books.counts(kFutures).gaps, 1u);
}

TEST(BookBuilder, FuturesDirectContinuationOfTheSnapshot) {
  BookFeed feed(kFutures);
  feed.delta({.first = 150, .last = 160, .previous = 100}, {level(100, 2)});
  feed.snapshot(100, {level(99, 1)}, {level(101, 1)});
  ASSERT_NE(feed.book(), nullptr);
  EXPECT_EQ(feed.book()->bids().best().price, level(100, 0).price);
}

TEST(BookBuilder, SpotJoinsWithoutHoles) {
  BookFeed feed(kSpot);
  feed.delta({.first = 95, .last = 100});
  feed.snapshot(100, {level(97, 7)}, {level(101, 1)});
  feed.delta({.first = 99, .last = 103}, {level(98, 1)});
  feed.delta({.first = 104, .last = 104});
  feed.delta({.first = 103, .last = 106});  // overlaps: quantities are absolute
  ASSERT_NE(feed.book(), nullptr);
  EXPECT_EQ(feed.gaps(), 0u);
  feed.delta({.first = 108, .last = 109});
  EXPECT_EQ(feed.book(), nullptr);
  EXPECT_EQ(feed.gap(0).expected, 107u);
  EXPECT_EQ(feed.gap(0).received, 108u);
}

TEST(BookBuilder, BinanceSnapshotOlderThanItsDeltasIsAHole) {
  BookFeed feed(kSpot);
  feed.delta({.first = 200, .last = 210});
  feed.snapshot(100, {}, {});
  EXPECT_EQ(feed.book(), nullptr);
  EXPECT_EQ(feed.gaps(), 1u);
  feed.snapshot(205, {level(1, 1)}, {level(2, 1)});
  EXPECT_NE(feed.book(), nullptr);
  EXPECT_EQ(feed.gaps(), 1u);
}

TEST(BookBuilder, BinanceKeepsASnapshotThatIsAheadForTheNextHole) {
  BookFeed feed(kFutures);
  feed.snapshot(100, {level(1, 1)}, {level(9, 1)});
  feed.delta({.first = 100, .last = 110, .previous = 99});
  feed.snapshot(150, {level(2, 1)}, {level(8, 1)});  // polled again, ahead of the stream
  EXPECT_EQ(feed.book()->bids().best().price, level(1, 0).price);
  feed.delta({.first = 140,
              .last = 160,
              .previous = 139});  // 111..139 are lost, and the snapshot has them
  EXPECT_EQ(feed.gaps(), 1u);
  ASSERT_NE(feed.book(), nullptr);
  EXPECT_EQ(feed.book()->bids().best().price, level(2, 0).price);
}

TEST(BookBuilder, BinanceCopiesAreNotHolesAndResetsAre) {
  BookFeed feed(kFutures);
  feed.snapshot(100, {level(1, 1)}, {level(9, 1)});
  feed.delta({.first = 100, .last = 110, .previous = 99});
  feed.repeat_last_time();
  feed.delta({.first = 100, .last = 110, .previous = 99});
  EXPECT_EQ(feed.gaps(), 0u);
  EXPECT_EQ(feed.books.counts(kFutures).dropped, 1u);
  feed.delta(
      {.first = 1, .last = 5, .previous = 0});  // later by the venue's clock, smaller by number
  EXPECT_EQ(feed.gaps(), 1u);
  EXPECT_EQ(feed.book(), nullptr);
}

TEST(BookBuilder, WaitsForASnapshotOnlySoLong) {
  BookFeed feed(kFutures);
  for (uint64_t i = 1; i <= 5000; ++i)
    feed.delta({.first = i, .last = i, .previous = i - 1}, {level(1, 1)});
  EXPECT_EQ(feed.gaps(), 1u);
  EXPECT_EQ(feed.gap(0).reason, "no snapshot came");
  EXPECT_EQ(feed.books.counts(kFutures).dropped, 5000u - 1024u);
  feed.snapshot(4500, {level(2, 1)}, {level(3, 1)});
  ASSERT_NE(feed.book(), nullptr);
  EXPECT_EQ(feed.books.counts(kFutures).applied,
            501u);  // 4500 itself straddles, as on the real wire
}

TEST(BookBuilder, BinanceStreamsOfLimitedDepthStandAloneAndDisturbNothing) {
  BookFeed feed(kFutures);
  feed.snapshot(5, {level(1, 1)}, {level(9, 1)}, 20);
  feed.snapshot(9, {level(2, 1)}, {level(8, 1)}, 20);
  EXPECT_EQ(feed.book()->bids().size(), 1u);
  feed.delta(
      {.first = 10, .last = 11, .previous = 9});  // a diff stream appears: its base is another one
  EXPECT_EQ(feed.book(), nullptr);
  feed.snapshot(10, {level(3, 1), level(2, 1)}, {level(8, 1)});
  feed.snapshot(12, {level(5, 1)}, {level(8, 1)}, 20);
  EXPECT_EQ(feed.book()->bids().size(), 2u);
  EXPECT_EQ(feed.gaps(), 0u);
}

TEST(BookBuilder, BybitCountsByOneAndRestarts) {
  BookFeed feed(kBybit);
  feed.snapshot(10, {level(1, 1)}, {level(9, 1)}, 50);
  feed.delta({.last = 11}, {level(2, 1)});
  feed.delta({.last = 1}, {level(4, 1)}, {level(6, 1)});  // a snapshot in all but name
  ASSERT_NE(feed.book(), nullptr);
  EXPECT_EQ(feed.book()->bids().size(), 1u);
  EXPECT_EQ(feed.book()->depth(), 50u);
  feed.delta({.last = 3});
  EXPECT_EQ(feed.gaps(), 1u);
  EXPECT_EQ(feed.gap(0).expected, 2u);
  EXPECT_EQ(feed.book(), nullptr);
  feed.delta({.last = 4});
  feed.snapshot(20, {level(1, 1)}, {level(9, 1)});
  EXPECT_NE(feed.book(), nullptr);
  EXPECT_EQ(feed.gaps(), 1u);
}

TEST(BookBuilder, ADeltaWithNothingUnderItIsAHole) {
  for (const InstrumentId id : {kBybit, kOkx, kDeribit, kHyperliquid}) {
    BookFeed feed(id);
    feed.delta({.last = 11, .previous = 10});
    EXPECT_EQ(feed.gaps(), 1u) << id;
    EXPECT_EQ(feed.book(), nullptr);
  }
}

TEST(BookBuilder, OkxHeartbeatsMaintenanceAndHoles) {
  BookFeed feed(kOkx);
  feed.snapshot(100, {level(1, 1)}, {level(9, 1)});
  feed.delta({.last = 100, .previous = 100});  // nothing changed
  feed.delta({.last = 110, .previous = 100}, {level(2, 1)});
  feed.delta({.last = 3, .previous = 110});  // maintenance: smaller, and joined
  feed.delta({.last = 5, .previous = 3});
  EXPECT_EQ(feed.gaps(), 0u);
  ASSERT_NE(feed.book(), nullptr);
  EXPECT_EQ(feed.book()->bids().size(), 2u);
  feed.delta({.last = 9, .previous = 7});
  EXPECT_EQ(feed.gaps(), 1u);
  EXPECT_EQ(feed.book(), nullptr);
}

// The example of OKX's documentation: 3366.1:7:3366.8:9:3366:6:3368:8 is signed by its CRC-32.
TEST(BookBuilder, OkxChecksumIsOverTheVeryText) {
  BookSnapshot snapshot;
  const auto parsed = [](std::string_view price, std::string_view qty) {
    const DecimalText p = std::move(read_decimal(price, Price::digits, Precision::exact)).value();
    const DecimalText q = std::move(read_decimal(qty, Qty::digits, Precision::exact)).value();
    return Level{Price::raw(p.units), Qty::raw(q.units), p.digits, q.digits};
  };
  snapshot.bids = {parsed("3366.1", "7"), parsed("3366", "6")};
  snapshot.asks = {parsed("3366.8", "9"), parsed("3368", "8")};
  codec::Book book;
  book.load(snapshot, {});
  EXPECT_EQ(codec::okx_checksum(book), -1881014294);  // zlib.crc32 of that text
  snapshot.bids[0].price_digits = 2;                  // 3366.10: the same price, other text
  codec::Book other;
  other.load(snapshot, {});
  EXPECT_NE(codec::okx_checksum(other), codec::okx_checksum(book));

  BookFeed feed(kOkx);
  snapshot.bids[0].price_digits = 1;
  snapshot.sequence.checksum = -1881014294;
  feed.send(snapshot);
  EXPECT_NE(feed.book(), nullptr);
  feed.send(BookDelta{
      .bids = {}, .asks = {}, .sequence = {.last = 0, .checksum = 831078361}});  // before seqId
  EXPECT_EQ(feed.book(), nullptr);
  EXPECT_EQ(feed.gaps(), 1u);
  feed.send(BookDelta{});
  EXPECT_EQ(feed.gaps(), 1u);
}

TEST(BookBuilder, DeribitFollowsChangeIds) {
  BookFeed feed(kDeribit);
  feed.snapshot(100, {level(1, 1)}, {level(9, 1)});
  feed.delta({.last = 130, .previous = 100});
  EXPECT_NE(feed.book(), nullptr);
  feed.delta({.last = 150, .previous = 140});
  EXPECT_EQ(feed.book(), nullptr);
  EXPECT_EQ(feed.gaps(), 1u);
}

TEST(BookBuilder, ACrossedBookIsAHole) {
  BookFeed feed(kHyperliquid);
  feed.snapshot(0, {level(5, 1)}, {level(5, 1)});
  EXPECT_EQ(feed.book(), nullptr);
  EXPECT_EQ(feed.gap(0).reason, "bid at or above ask");
  feed.snapshot(0, {level(4, 1)}, {level(5, 1)});
  EXPECT_NE(feed.book(), nullptr);
}

// Two depths of one symbol on one stream, each with numbers of its own that mean nothing to the
// other.
TEST(BookBuilder, ChannelsOfOneSymbolMakeBooksOfTheirOwn) {
  BookFeed feed(kBybit);
  const auto snapshot = [&](uint32_t depth, uint64_t last, std::vector<Level> bids) {
    feed.send(BookSnapshot{std::move(bids), {level(9, 1)}, {.last = last, .chain = depth}, depth});
  };
  const auto delta = [&](uint32_t depth, uint64_t last, std::vector<Level> bids) {
    feed.send(BookDelta{std::move(bids), {}, {.last = last, .chain = depth}});
  };
  snapshot(50, 10, {level(5, 1)});
  snapshot(200, 700, {level(5, 1), level(4, 1)});
  delta(50, 11, {level(6, 1)});
  delta(200, 701, {level(6, 2)});
  delta(50, 12, {level(6, 3)});
  EXPECT_EQ(feed.gaps(), 0u);
  ASSERT_NE(feed.book(), nullptr);
  EXPECT_EQ(feed.book()->depth(), 200u);
  EXPECT_EQ(feed.book()->bids().best().qty, level(0, 2).qty);
  EXPECT_EQ(feed.book()->bids().size(), 3u);
  ASSERT_NE(feed.books.book(kBybit, 50), nullptr);
  EXPECT_EQ(feed.books.book(kBybit, 50)->bids().best().qty, level(0, 3).qty);
  EXPECT_EQ(feed.books.book(kBybit, 50)->bids().size(), 2u);
  delta(200, 705,
        {level(7, 1)});  // the deep one has a hole; the other is in step and says how deep it is
  EXPECT_EQ(feed.gaps(), 1u);
  ASSERT_NE(feed.book(), nullptr);
  EXPECT_EQ(feed.book()->depth(), 50u);
  snapshot(200, 800, {level(3, 1)});
  EXPECT_EQ(feed.book()->depth(), 200u);
  EXPECT_EQ(feed.gaps(), 1u);
  EXPECT_EQ(feed.books.counts(kBybit).applied, 3u);
  EXPECT_EQ(feed.books.counts(kBybit).snapshots, 3u);
}

TEST(BookBuilder, AWholeBookBesideDeltasNeitherBreaksNorReplacesThem) {
  BookFeed feed(kOkx);
  feed.snapshot(7, {level(1, 1)}, {level(9, 1)}, 5);  // books5: served while it is all there is
  ASSERT_NE(feed.book(), nullptr);
  feed.send(BookSnapshot{{level(2, 1)}, {level(9, 1)}, {.last = 100, .chain = 1}, 400});
  feed.snapshot(8, {level(3, 1)}, {level(9, 1)});  // REST, deeper than any
  feed.send(BookDelta{{level(2, 5)}, {}, {.last = 110, .previous = 100, .chain = 1}});
  EXPECT_EQ(feed.gaps(), 0u);
  ASSERT_NE(feed.book(), nullptr);
  EXPECT_EQ(feed.book()->bids().best().qty, level(0, 5).qty);
  feed.send(BookDelta{{}, {}, {.last = 130, .previous = 120, .chain = 1}});
  EXPECT_EQ(feed.book(), nullptr);  // a hole is not papered over
  EXPECT_EQ(feed.gaps(), 1u);
}

TEST(BookBuilder, DeeperLevelsThanPromisedAreDropped) {
  BookFeed feed(kBybit);
  feed.snapshot(10, {level(5, 1), level(4, 1)}, {level(9, 1)}, 2);
  feed.delta({.last = 11}, {level(6, 1)});
  ASSERT_NE(feed.book(), nullptr);
  EXPECT_EQ(feed.book()->bids().size(), 2u);
  EXPECT_EQ(feed.book()->bids()[1].price, level(5, 0).price);
}

// The plain twin: two std::map, and the rules written down once more in the plainest way, without
// bounds or speed.
class PlainBooks {
 public:
  explicit PlainBooks(codec::BookRule rule) : rule_(rule) {}
  void on(const BookSnapshot& s, Instant at) {
    if (rule_ == codec::BookRule::binance_futures || rule_ == codec::BookRule::binance_spot)
      return on_base(s);
    load(s);
    at_ = at;
    joined_ = true;
  }
  void on(const BookDelta& d, Instant at) {
    if (rule_ == codec::BookRule::binance_futures || rule_ == codec::BookRule::binance_spot)
      return on_diff(d, at);
    if (rule_ == codec::BookRule::bybit && d.sequence.last == 1) {
      load(BookSnapshot{d.bids, d.asks, d.sequence});
      joined_ = true;
      return;
    }
    if (!joined_) return hole();
    const bool follows = rule_ == codec::BookRule::bybit ? d.sequence.last == last_ + 1
                                                         : d.sequence.previous == last_;
    if (!follows) {
      if (d.sequence.last > last_ || at > at_) hole();
      return;
    }
    apply(d);
    at_ = at;
    settle();
  }
  bool served = false;
  uint64_t gaps = 0;
  std::map<int64_t, Wide> bids, asks;

 private:
  void on_diff(const BookDelta& d, Instant at) {
    const BookSequence& q = d.sequence;
    if (!diffs_.empty() && q.last <= diffs_.back().sequence.last && at <= at_) return;
    if (!diffs_.empty()) {
      const uint64_t before = diffs_.back().sequence.last;
      const bool follows =
          q.last > before &&
          (rule_ == codec::BookRule::binance_spot ? q.first <= before + 1 : q.previous == before);
      if (!follows) {
        hole();
        diffs_.clear();
      }
    }
    diffs_.push_back(d);
    at_ = at;
    if (joined_) {
      apply(d);
      if (base_ && base_->sequence.last <= last_) base_.reset();
      return settle();
    }
    if (base_) join();
  }
  // Every diff since the last break is at hand: the base and what of them is newer make the book,
  // if they meet.
  void join() {
    const uint64_t base = base_->sequence.last;
    const bool spot = rule_ == codec::BookRule::binance_spot;
    std::vector<BookDelta> newer;
    for (const BookDelta& d : diffs_) {
      if (spot ? d.sequence.last > base : d.sequence.last >= base) newer.push_back(d);
    }
    if (newer.empty()) return;
    const BookSequence& q = newer[0].sequence;
    const bool meets = spot ? q.first <= base + 1 && base + 1 <= q.last
                            : (q.first <= base && base <= q.last) || q.previous == base;
    if (!meets) {
      base_.reset();
      return hole();
    }
    load(*base_);
    base_.reset();
    for (const BookDelta& d : newer) apply(d);
    joined_ = true;
    settle();
  }
  void on_base(const BookSnapshot& s) {
    if (base_ && s.sequence.last < base_->sequence.last) return;
    if (joined_) {
      if (s.sequence.last > last_) base_ = s;
      return;
    }
    base_ = s;
    join();
    if (!joined_ && base_)
      load(s);  // nothing newer is known: it is the book until a diff says otherwise
  }
  void load(const BookSnapshot& s) {
    bids.clear();
    asks.clear();
    for (const Level& l : s.bids) put(bids, l);
    for (const Level& l : s.asks) put(asks, l);
    last_ = s.sequence.last;
    settle();
  }
  void apply(const BookDelta& d) {
    for (const Level& l : d.bids) put(bids, l);
    for (const Level& l : d.asks) put(asks, l);
    last_ = d.sequence.last;
  }
  static void put(std::map<int64_t, Wide>& side, const Level& l) {
    side[l.price.raw()] = l.qty.raw();
    if (l.qty.raw() == 0) side.erase(l.price.raw());
  }
  void settle() {
    if (!bids.empty() && !asks.empty() && bids.rbegin()->first >= asks.begin()->first)
      return hole();
    served = true;
    open_ = false;
  }
  void hole() {
    gaps += open_ ? 0 : 1;
    open_ = true;
    served = joined_ = false;
  }
  codec::BookRule rule_;
  bool joined_ = false, open_ = false;
  uint64_t last_ = 0;
  Instant at_;
  std::optional<BookSnapshot> base_;
  std::vector<BookDelta> diffs_;
};

std::map<int64_t, Wide> as_map(const codec::Ladder& side) {
  std::map<int64_t, Wide> out;
  for (size_t i = 0; i < side.size(); ++i) out[side[i].price.raw()] = side[i].qty.raw();
  return out;
}

// The next change of a venue's book, which it is made to as well; `number` becomes its last.
BookDelta draw_delta(Random& random, codec::BookRule rule, uint64_t& number,
                     std::map<int64_t, Wide>& bids, std::map<int64_t, Wide>& asks) {
  BookDelta delta;
  const uint64_t before = number;
  number += rule == codec::BookRule::bybit ? 1 : 1 + random.below(4);
  delta.sequence = {.first = before + 1, .last = number};
  if (rule != codec::BookRule::bybit && rule != codec::BookRule::binance_spot)
    delta.sequence.previous = before;
  for (uint64_t i = random.below(4); i > 0; --i) {
    const bool bid = random.chance(0.5);
    const int64_t price = static_cast<int64_t>(bid ? 1 + random.below(12) : 13 + random.below(12));
    const int64_t qty = static_cast<int64_t>(random.below(3));
    (bid ? delta.bids : delta.asks).push_back({Price::raw(price), Qty::raw(qty)});
    auto& side = bid ? bids : asks;
    side[price] = qty;
    if (qty == 0) side.erase(price);
  }
  return delta;
}

// A venue that knows the truth at every sequence number, over a line that loses, repeats and
// delays.
TEST(BookBuilder, EqualsThePlainTwinAndTheTruth) {
  const std::vector<std::tuple<InstrumentId, codec::BookRule>> rules{
      {kFutures, codec::BookRule::binance_futures},
      {kSpot, codec::BookRule::binance_spot},
      {kBybit, codec::BookRule::bybit},
      {kOkx, codec::BookRule::okx},
      {kDeribit, codec::BookRule::deribit}};
  uint64_t served = 0, holes = 0;
  for (uint32_t seed = 0; seed < 200; ++seed) {
    for (const auto& [id, rule] : rules) {
      Random random(seed, {.stream = 1, .entity = id});
      Venues venues;
      venues::fixture::Collected sink;
      codec::BookBuilder books(venues.all, sink);
      PlainBooks plain(rule);
      std::map<int64_t, Wide> bids, asks;
      std::map<uint64_t, std::pair<std::map<int64_t, Wide>, std::map<int64_t, Wide>>> truth;
      uint64_t number = 100;
      int64_t clock = 1'000'000;
      std::optional<Event> earlier;
      const auto deliver = [&](const Event& event) {
        books.on_event(event);
        if (const auto* s = std::get_if<BookSnapshot>(&event.payload)) plain.on(*s, event.at);
        if (const auto* d = std::get_if<BookDelta>(&event.payload)) plain.on(*d, event.at);
        const codec::Book* book = books.book(id);
        ASSERT_EQ(book != nullptr, plain.served) << "seed " << seed << " instrument " << id;
        ASSERT_EQ(sink.events.size(), plain.gaps) << "seed " << seed << " instrument " << id;
        if (!book) return;
        ++served;
        ASSERT_EQ(as_map(book->bids()), plain.bids);
        ASSERT_EQ(as_map(book->asks()), plain.asks);
        const auto& known = truth.at(book->sequence().last);
        ASSERT_EQ(plain.bids, known.first) << "seed " << seed << " instrument " << id;
        ASSERT_EQ(plain.asks, known.second);
      };
      const auto event_of = [&](EventPayload payload) {
        return Event{.instrument = id, .at = Instant::ns(clock), .payload = std::move(payload)};
      };
      const auto snapshot_now = [&] {
        BookSnapshot s{.sequence = {.last = number}};
        for (auto at = bids.rbegin(); at != bids.rend(); ++at)
          s.bids.push_back({Price::raw(at->first), WideQty::raw(at->second)});
        for (const auto& [price, qty] : asks)
          s.asks.push_back({Price::raw(price), WideQty::raw(qty)});
        return event_of(s);
      };
      truth[number] = {bids, asks};
      std::optional<Event> late_snapshot;
      for (int step = 0; step < 60 && !HasFatalFailure(); ++step) {
        clock += 1000;
        const BookDelta delta = draw_delta(random, rule, number, bids, asks);
        truth[number] = {bids, asks};
        const Event event = event_of(delta);
        if (random.chance(0.9)) deliver(event);
        if (earlier && random.chance(0.05)) deliver(*earlier);  // a copy
        earlier = event;
        if (late_snapshot && random.chance(0.5)) {
          deliver(*late_snapshot);
          late_snapshot.reset();
        }
        if (random.chance(0.15)) {
          if (rule == codec::BookRule::binance_futures || rule == codec::BookRule::binance_spot) {
            late_snapshot = snapshot_now();
          } else {
            deliver(snapshot_now());
          }
        }
      }
      holes += sink.events.size();
    }
  }
  EXPECT_GT(served, 20'000u);
  EXPECT_GT(holes, 2'000u);
}

TEST(BookBuilder, InstrumentsDoNotDisturbOneAnother) {
  Venues venues;
  venues::fixture::Collected sink;
  codec::BookBuilder books(venues.all, sink);
  const auto send = [&](InstrumentId id, EventPayload payload) {
    books.on_event({.instrument = id, .payload = std::move(payload)});
  };
  send(kDeribit, BookSnapshot{.bids = {level(1, 1)}, .sequence = {.last = 10}});
  send(kBybit, BookSnapshot{.bids = {level(2, 1)}, .sequence = {.last = 10}});
  send(kDeribit, BookDelta{.sequence = {.last = 12, .previous = 11}});
  send(kBybit, BookDelta{.sequence = {.last = 11}});
  EXPECT_EQ(books.book(kDeribit), nullptr);
  ASSERT_NE(books.book(kBybit), nullptr);
  EXPECT_EQ(books.book(kBybit)->sequence().last, 11u);
  EXPECT_EQ(books.book(999), nullptr);
  EXPECT_EQ(sink.events.size(), 1u);
}

}  // namespace
}  // namespace delever::venues
