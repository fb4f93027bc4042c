// What was measured on the recordings by an independent script (../shared/wire/expected.md sections
// 1, 2 and 4).
#include <gtest/gtest.h>

#include <algorithm>

#include "codec/book.h"
#include "venues/binance/binance.h"
#include "venues/registry.h"
#include "venues/wire_testing.h"

namespace delever::venues::binance {
namespace {

std::unique_ptr<codec::Decoder> decoder_of(std::string_view name, Instruments& instruments,
                                           codec::StreamSettings settings = {}) {
  return std::move(make_decoder(name, settings, instruments, 0)).value();
}

struct RecordedBook {
  const char *decoder, *file;
  uint64_t dropped, applied;
  size_t bids, asks;
  const char *best_bid, *best_ask;
  uint64_t last;
};
constexpr RecordedBook kBooks[] = {
    {"binance-usdm", "binance-usdm/book-btcusdt-20240808", 4, 2853, 3318, 3180, "61715.7",
     "61715.8", 5123119506731},
    {"binance-coinm", "binance-coinm/book-btcusd_perp-20240808", 23, 4445, 1148, 1162, "61808.7",
     "61808.8", 1007199340881},
    {"binance-spot", "binance-spot/book-btcusdt-20240808", 2, 3449, 1209, 2196, "61685.99", "61686",
     50093421584},
};

class BinanceBooks : public ::testing::TestWithParam<RecordedBook> {};
INSTANTIATE_TEST_SUITE_P(All, BinanceBooks, ::testing::ValuesIn(kBooks));

TEST_P(BinanceBooks, EndAsMeasured) {
  const RecordedBook& want = GetParam();
  SKIP_WITHOUT_WIRE(file, want.file);
  Instruments instruments;
  const auto decoder = decoder_of(want.decoder, instruments);
  venues::fixture::Collected events, gaps;
  decode_all(*decoder, *file, events);
  codec::BookBuilder books(instruments, gaps);
  uint64_t crossed = 0;
  for (const Event& event : events.events) {
    books.on_event(event);
    if (const codec::Book* book = books.book(event.instrument)) crossed += book->crossed();
  }
  EXPECT_EQ(gaps.events.size(), 0u);
  EXPECT_EQ(crossed, 0u);
  const codec::BookCounts counts = books.counts(0);
  EXPECT_EQ(counts.dropped, want.dropped);
  EXPECT_EQ(counts.applied, want.applied);
  EXPECT_EQ(counts.snapshots, 1u);
  const codec::Book* book = books.book(0);
  ASSERT_NE(book, nullptr);
  EXPECT_EQ(book->bids().size(), want.bids);
  EXPECT_EQ(book->asks().size(), want.asks);
  EXPECT_EQ(book->bids().best().price.text(), want.best_bid);
  EXPECT_EQ(book->asks().best().price.text(), want.best_ask);
  EXPECT_EQ(book->sequence().last, want.last);
}

// Each line taken away in turn (a sample of the long files). Two cannot be missed by anybody: the
// first line, with nothing before it, and the last one. Every other is one gap. A delta that the
// snapshot contains is a gap of the stream too, but the book recovers from it by itself: the
// snapshot bridges it. From all others it does not recover, because no second snapshot follows in
// these recordings.
TEST_P(BinanceBooks, OneLineLessIsOneGap) {
  SKIP_WITHOUT_WIRE(file, GetParam().file);
  Instruments instruments;
  const auto decoder = decoder_of(GetParam().decoder, instruments);
  venues::fixture::Collected all;
  decode_all(*decoder, *file, all);
  const size_t n = all.events.size();
  ASSERT_EQ(n, file->size());  // one event a line, so that a line less is an event less
  size_t snapshot = 0, first_applied = 0;
  while (!std::holds_alternative<BookSnapshot>(all.events[snapshot].payload)) ++snapshot;
  const uint64_t base = std::get<BookSnapshot>(all.events[snapshot].payload).sequence.last;
  const bool spot = std::string_view(GetParam().decoder) == "binance-spot";
  for (;; ++first_applied) {
    const auto* delta = std::get_if<BookDelta>(&all.events[first_applied].payload);
    if (delta && (spot ? delta->sequence.last > base : delta->sequence.last >= base)) break;
  }
  for (size_t gone = 0; gone < n; gone += gone < 60 || gone + 30 > n ? 1 : 61) {
    venues::fixture::Collected gaps;
    codec::BookBuilder books(instruments, gaps);
    const codec::Book* after_gap = nullptr;
    for (size_t i = 0; i < n; ++i) {
      if (i == gone) continue;
      const size_t before = gaps.events.size();
      books.on_event(all.events[i]);
      if (gaps.events.size() > before) after_gap = books.book(0);
    }
    const bool undetectable = gone == 0 || gone == n - 1;
    ASSERT_EQ(gaps.events.size(), undetectable ? 0u : 1u) << "without line " << gone + 1;
    EXPECT_EQ(after_gap, nullptr) << "without line " << gone + 1;
    const bool recovers = undetectable || (gone < first_applied && gone != snapshot);
    EXPECT_EQ(books.book(0) != nullptr, recovers) << "without line " << gone + 1;
    if (recovers && gone != n - 1) { EXPECT_EQ(books.book(0)->bids().size(), GetParam().bids); }
  }
}

// A blank behind the first brace sends a depth update the general way: both ways say the same.
TEST_P(BinanceBooks, BothReadersAgree) {
  SKIP_WITHOUT_WIRE(file, GetParam().file);
  Instruments instruments;
  const auto plain = decoder_of(GetParam().decoder, instruments),
             general = decoder_of(GetParam().decoder, instruments);
  for (const auto& message : file->messages()) {
    venues::fixture::Collected one, other;
    plain->decode(message.raw, one);
    std::string spaced(message.raw.bytes);
    spaced.insert(1, " ");
    venues::fixture::decode_text(*general, spaced, other, message.raw.received);
    ASSERT_EQ(one.events.size(), 1u);
    ASSERT_EQ(other.events.size(), 1u) << spaced.substr(0, 200);
    EXPECT_EQ(one.events[0].at, other.events[0].at);
    EXPECT_EQ(one.events[0].instrument, other.events[0].instrument);
    const auto* a = std::get_if<BookDelta>(&one.events[0].payload);
    const auto* b = std::get_if<BookDelta>(&other.events[0].payload);
    ASSERT_EQ(a != nullptr, b != nullptr);
    if (!a) continue;
    EXPECT_EQ(a->sequence.first, b->sequence.first);
    EXPECT_EQ(a->sequence.last, b->sequence.last);
    EXPECT_EQ(a->sequence.previous, b->sequence.previous);
    const auto same = [](const std::vector<Level>& x, const std::vector<Level>& y) {
      return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const Level& l, const Level& r) {
        return l.price == r.price && l.qty == r.qty && l.price_digits == r.price_digits &&
               l.qty_digits == r.qty_digits;
      });
    };
    EXPECT_TRUE(same(a->bids, b->bids) && same(a->asks, b->asks))
        << message.raw.bytes.substr(0, 200);
  }
}

TEST(BinanceRecorded, FundingPeriodFlipsOnlyAfterTheBoundary) {
  SKIP_WITHOUT_WIRE(file, "binance-usdm/live2026-markPrice-rollover");
  Instruments instruments;
  const auto decoder = decoder_of("binance-usdm", instruments);
  venues::fixture::Collected sink;
  decode_all(*decoder, *file, sink);
  const Instant boundary = Instant::ns(1790755200000 * int64_t{1'000'000});
  const std::map<std::string, Duration> next{{"BTCUSDT", Duration::hours(8)},
                                             {"ETHUSDT", Duration::hours(8)},
                                             {"LPTUSDT", Duration::hours(4)}};
  size_t before = 0, at = 0, after = 0;
  for (const Event& event : sink.events) {
    const auto* funding = std::get_if<FundingRate>(&event.payload);
    if (!funding) continue;
    const Duration step = next.at(instruments[event.instrument].symbol);
    EXPECT_EQ(funding->settles_at, event.at > boundary ? boundary + step : boundary);
    EXPECT_EQ(funding->kind, FundingKind::current);
    EXPECT_FALSE(funding->interval);
    before += event.at < boundary;
    at += event.at == boundary;
    after += event.at > boundary;
  }
  EXPECT_EQ(before, 3u);
  EXPECT_EQ(at, 3u);  // stamped exactly at the boundary, and still the old period
  EXPECT_EQ(after, 6u);
}

TEST(BinanceRecorded, LiquidationsSidesSizesPrices) {
  SKIP_WITHOUT_WIRE(file, "binance-usdm/live2026-forceOrder");
  Instruments instruments;
  const auto decoder = decoder_of("binance-usdm", instruments);
  venues::fixture::Collected sink;
  decode_all(*decoder, *file, sink);
  struct Want {
    const char* symbol;
    PositionSide closed;
    const char *price, *order_price, *qty;
    double notional;
  };
  const Want wants[] = {
      {"BTCUSDT", PositionSide::long_side, "82651.9", "82338.3", "0.19", 15703.861},
      {"XRPUSDT", PositionSide::short_side, "1.4912", "1.4984", "127.2",
       127.2 * 1.4912},  // not l = 108.1
      {"MANTAUSDT", PositionSide::long_side, "0.0722187", "0.07115", "2049.1", 2049.1 * 0.0722187},
      {"KAIAUSDT", PositionSide::long_side, "0.05956", "0.05905", "3391", 3391 * 0.05956},
      {"COTIUSDT", PositionSide::short_side, "0.021912", "0.0220482", "288183", 288183 * 0.021912},
  };
  ASSERT_EQ(sink.events.size(), std::size(wants));
  for (size_t i = 0; i < std::size(wants); ++i) {
    const auto& found = std::get<Liquidation>(sink.events[i].payload);
    const Instrument& instrument = instruments[sink.events[i].instrument];
    EXPECT_EQ(instrument.symbol, wants[i].symbol);
    EXPECT_EQ(found.position_side, wants[i].closed);
    EXPECT_EQ(found.price()->text(), wants[i].price);
    EXPECT_EQ(found.order_price->text(), wants[i].order_price);
    EXPECT_EQ(found.qty()->text(), wants[i].qty);
    EXPECT_EQ(found.order_qty, found.filled_qty);
    EXPECT_EQ(found.feed, LiquidationFeed::latest_per_second);
    EXPECT_NEAR(*usd(instrument, *found.qty(), found.price()), wants[i].notional, 1e-6);
  }
}

TEST(BinanceRecorded, CoinMarginedLiquidationIsInContracts) {
  SKIP_WITHOUT_WIRE(file, "binance-coinm/tardis-forceOrder");
  Instruments instruments;
  const auto decoder = decoder_of("binance-coinm", instruments);
  venues::fixture::Collected sink;
  decode_all(*decoder, *file, sink);
  const auto& found = std::get<Liquidation>(sink.events.at(0).payload);
  const Instrument& instrument = instruments[sink.events[0].instrument];
  EXPECT_EQ(instrument.name(), "BTC-USD-200925@BTC");
  EXPECT_EQ(*usd(instrument, *found.qty(), found.price()), 300);  // 3 contracts of 100 USD
  EXPECT_NEAR(*coins(instrument, *found.qty(), found.price()), 300 / 9352.7, 1e-12);
}

// Assertions of nautilus_trader's tests on the same payloads.
class NautilusFixtures : public ::testing::Test {
 protected:
  bool decode(const char* name) {
    const auto file = venues::fixture::wire_file(std::string("binance-usdm/nautilus-") + name);
    if (!file) return false;
    decode_all(*decoder_of("binance-usdm", instruments), *file, sink);
    return true;
  }
  template <class T>
  const T& only(size_t i = 0) {
    return std::get<T>(sink.events.at(i).payload);
  }
  std::string symbol() { return instruments[sink.events.at(0).instrument].symbol; }
  static Instant ms(int64_t n) { return Instant::ns(n * 1'000'000); }
  Instruments instruments;
  venues::fixture::Collected sink;
};

TEST_F(NautilusFixtures, Trades) {
  if (!decode("agg_trade_stream") || !decode("trade_stream"))
    GTEST_SKIP() << "absent: ../shared/wire/binance-usdm";
  for (size_t i = 0; i < 2; ++i) {
    const Trade& trade = only<Trade>(i);
    EXPECT_EQ(trade.price.text(), "0.001");
    EXPECT_EQ(trade.qty.text(), "100");
    EXPECT_EQ(trade.taker_side, Side::sell);
    EXPECT_EQ(trade.id, "5933014");
    EXPECT_EQ(trade.aggregated, i == 0);
    EXPECT_EQ(sink.events[i].at, ms(123456785));
  }
}

TEST_F(NautilusFixtures, BookTicker) {
  if (!decode("book_ticker_stream")) GTEST_SKIP() << "absent: ../shared/wire/binance-usdm";
  const Quote& quote = only<Quote>();
  EXPECT_EQ(quote.bid_price->text(), "25.3519");
  EXPECT_EQ(quote.ask_price->text(), "25.3652");
  EXPECT_EQ(quote.bid_qty->text(), "31.21");
  EXPECT_EQ(quote.ask_qty->text(), "40.66");
  EXPECT_EQ(symbol(), "BNBUSDT");
}

TEST_F(NautilusFixtures, DepthUpdate) {
  if (!decode("depth_update_stream")) GTEST_SKIP() << "absent: ../shared/wire/binance-usdm";
  const BookDelta& delta = only<BookDelta>();
  ASSERT_EQ(delta.bids.size(), 1u);
  ASSERT_EQ(delta.asks.size(), 1u);
  EXPECT_EQ(delta.sequence.first, 157u);
  EXPECT_EQ(delta.sequence.last, 160u);
  EXPECT_EQ(delta.sequence.previous, 149u);
  EXPECT_EQ(delta.bids[0].price_digits, 4);
  EXPECT_EQ(delta.bids[0].qty_digits, 0);
  EXPECT_EQ(sink.events[0].at, ms(123456788));
}

TEST_F(NautilusFixtures, MarkPrice) {
  if (!decode("mark_price_stream")) GTEST_SKIP() << "absent: ../shared/wire/binance-usdm";
  EXPECT_EQ(only<MarkPrice>(0).price.text(), "11794.15");
  EXPECT_EQ(only<IndexPrice>(1).price.text(), "11784.62659091");
  EXPECT_EQ(only<FundingRate>(2).rate.text(), "0.00038167");
  EXPECT_EQ(only<FundingRate>(2).settles_at, ms(1562306400000));
  EXPECT_EQ(sink.events[0].at, ms(1562305380000));
}

TEST_F(NautilusFixtures, Klines) {
  if (!decode("kline_stream_closed") || !decode("kline_stream_open"))
    GTEST_SKIP() << "absent: ../shared/wire/binance-usdm";
  const Candle& candle = only<Candle>(0);
  EXPECT_EQ(candle.open.text(), "0.001");
  EXPECT_EQ(candle.high.text(), "0.0025");
  EXPECT_EQ(candle.low.text(), "0.001");
  EXPECT_EQ(candle.close.text(), "0.002");
  EXPECT_EQ(candle.volume, 1000.0);
  EXPECT_EQ(candle.to - Duration::ms(1), ms(1638747719999));
  EXPECT_TRUE(candle.closed);
  EXPECT_FALSE(only<Candle>(1).closed);
}

TEST_F(NautilusFixtures, Liquidation) {
  if (!decode("liquidation_stream")) GTEST_SKIP() << "absent: ../shared/wire/binance-usdm";
  const delever::Liquidation& found = only<delever::Liquidation>();
  EXPECT_EQ(symbol(), "BTCUSDT");
  EXPECT_EQ(found.position_side, PositionSide::long_side);
  EXPECT_EQ(found.order_qty->text(), "0.014");
  EXPECT_EQ(found.average_price->text(), "9910.12345678");
  EXPECT_EQ(found.filled_qty->text(), "0.014");
  EXPECT_EQ(sink.events[0].at, ms(1568014460893));
}

}  // namespace
}  // namespace delever::venues::binance
