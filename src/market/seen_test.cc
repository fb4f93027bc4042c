// Goal: a trade that several streams show counts once, whichever they are; what is alike and
// numbered apart stays two.
#include "market/seen.h"

#include <gtest/gtest.h>

#include <set>

#include "base/random.h"

namespace delever {
namespace {

struct Shown {
  SourceId source = 0;
  int64_t second = 0;
  const char* id = "";
  bool aggregated = false;
  const char* qty = "1";
};

bool counts(TradesOnce& once, const Shown& shown) {
  Event event{.instrument = 0, .source = shown.source};
  event.at = Instant::ns(shown.second * 1'000'000'000);
  event.received = event.at + Duration::ns(5 + shown.source);
  Trade trade{.price = Price::parse("100").value(), .qty = Qty::parse(shown.qty).value()};
  trade.id = shown.id;
  trade.aggregated = shown.aggregated;
  event.payload = trade;
  return once.counts(event, std::get<Trade>(event.payload));
}

TEST(TradesOnce, TwoRecordersOfOneFeedAreTheirUnion) {
  TradesOnce once;
  EXPECT_TRUE(counts(once, {.source = 0, .second = 10, .id = "1"}));
  EXPECT_FALSE(counts(once, {.source = 1, .second = 10, .id = "1"}));
  EXPECT_TRUE(counts(once, {.source = 1, .second = 11, .id = "2"}));  // the first lost this one
  EXPECT_FALSE(counts(once, {.source = 0, .second = 11, .id = "2"}));
  EXPECT_TRUE(counts(once, {.source = 0, .second = 11, .id = "2", .qty = "3"}))
      << "one number on two different trades: two";
  EXPECT_EQ(once.dropped(), 2u);
}

TEST(TradesOnce, OfATradeAndItsAggregateOneSpeaks) {
  TradesOnce once;
  EXPECT_TRUE(counts(once, {.second = 10, .id = "a1", .aggregated = true}));
  EXPECT_FALSE(counts(once, {.source = 1, .second = 10, .id = "1"}));
  EXPECT_TRUE(counts(once, {.second = 70, .id = "a2", .aggregated = true}));
  EXPECT_FALSE(counts(once, {.source = 1, .second = 300, .id = "2"}));
  EXPECT_TRUE(counts(once, {.source = 1, .second = 371, .id = "3"})) << "silent for five minutes";
  EXPECT_FALSE(counts(once, {.second = 372, .id = "a3", .aggregated = true}));
}

TEST(TradesOnce, WithoutNumbersAStreamSpeaksAlone) {
  TradesOnce once;
  EXPECT_TRUE(counts(once, {.source = 2, .second = 10}));
  EXPECT_TRUE(counts(once, {.source = 2, .second = 10})) << "two trades that are alike";
  EXPECT_FALSE(counts(once, {.source = 3, .second = 10}));
}

// One stream tells the order's price and the fill's, a vendor's rows the order's alone.
TEST(LiquidationsOnce, OneForcedOrderUnderTwoPrices) {
  const auto shown = [](SourceId source, int64_t second, const char* order, const char* average) {
    Event event{.instrument = 0, .source = source};
    event.at = Instant::ns(second * 1'000'000'000);
    event.received = event.at + Duration::ns(source);
    Liquidation forced{.feed = LiquidationFeed::latest_per_second};
    forced.order_price = Price::parse(order).value();
    if (average[0] != 0) forced.average_price = Price::parse(average).value();
    forced.filled_qty = Qty::parse("2").value();
    event.payload = forced;
    return event;
  };
  const Event venue = shown(0, 5, "100", "100.5"), vendor = shown(1, 5, "100", "");
  for (const bool vendor_first : {false, true}) {
    LiquidationsOnce once;
    const auto counts = [&](const Event& e) {
      return once.counts(e, std::get<Liquidation>(e.payload));
    };
    EXPECT_TRUE(counts(vendor_first ? vendor : venue));
    EXPECT_FALSE(counts(vendor_first ? venue : vendor));
    EXPECT_TRUE(counts(shown(1, 6, "100", "")));
    EXPECT_TRUE(counts(shown(0, 5, "99", "99.5")));
  }
}

// Beside a set of the library: marks that are spread, alike in their low digits, and zero.
TEST(MarkSet, HoldsWhatASetHolds) {
  Random random(7, {.stream = 0});
  MarkSet marks;
  std::set<uint64_t> plain;
  for (int i = 0; i < 20'000; ++i) {
    uint64_t mark = random.below(3) == 0 ? random.below(50) : random.bits64();
    if (random.below(4) == 0) mark <<= 40;
    EXPECT_EQ(marks.contains(mark), plain.contains(mark));
    EXPECT_EQ(marks.insert(mark), plain.insert(mark).second);
    EXPECT_TRUE(marks.contains(mark));
    if (i == 9'000) {
      marks.clear();
      plain.clear();
    }
  }
}

}  // namespace
}  // namespace delever
