// Recorded Bybit messages against what is known of them: the book archive, liquidations, and the
// assertions that another adapter (nautilus_trader) makes about the same messages.
#include <gtest/gtest.h>

#include "codec/book.h"
#include "market/exact_testing.h"
#include "venues/bybit/bybit.h"
#include "venues/wire_testing.h"

namespace delever::venues::bybit {
namespace {

using venues::fixture::Collected;

Collected decode(const venues::fixture::WireFile& file, Instruments& instruments,
                 const codec::StreamSettings& settings = {}) {
  const auto decoder = make_bybit_decoder(settings, instruments, 1);
  Collected sink;
  venues::fixture::decode_all(*decoder.value(), file, sink);
  EXPECT_TRUE(sink.undecoded.empty());
  return sink;
}

TEST(BybitWire, Book500FollowsFromTheFirstLineToTheLast) {
  SKIP_WITHOUT_WIRE(file, "bybit/book500-xrpusdt-20241201");
  Instruments instruments;
  const Collected decoded = decode(*file, instruments);
  Collected gaps;
  codec::BookBuilder books(instruments, gaps);
  ASSERT_EQ(decoded.events.size(), 50U);
  ASSERT_TRUE(std::holds_alternative<BookSnapshot>(decoded.events[0].payload));
  EXPECT_EQ(std::get<BookSnapshot>(decoded.events[0].payload).sequence.last, 20254869U);
  for (const Event& event : decoded.events) {
    books.on_event(event);
    ASSERT_NE(books.book(event.instrument), nullptr);
  }
  const InstrumentId id = decoded.events[0].instrument;
  EXPECT_EQ(instruments[id].name(), "XRP-USDT-PERP");
  EXPECT_TRUE(gaps.events.empty());
  EXPECT_EQ(books.counts(id).snapshots, 1U);
  EXPECT_EQ(books.counts(id).applied, 49U);
  EXPECT_EQ(books.book(id)->sequence().last, 20254918U);
  EXPECT_FALSE(books.book(id)->crossed());
}

TEST(BybitWire, EachMissingLineIsOneGapAndNoBookUntilASnapshot) {
  SKIP_WITHOUT_WIRE(file, "bybit/book500-xrpusdt-20241201");
  Instruments instruments;
  const Collected decoded = decode(*file, instruments);
  const InstrumentId id = decoded.events[0].instrument;
  // Without the last line nothing can be missed yet; a message after it is needed to show the hole.
  for (size_t missing = 0; missing + 1 < decoded.events.size(); ++missing) {
    Collected gaps;
    codec::BookBuilder books(instruments, gaps);
    for (size_t i = 0; i < decoded.events.size(); ++i) {
      if (i == missing) continue;
      books.on_event(decoded.events[i]);
      ASSERT_EQ(books.book(id) != nullptr, i < missing)
          << "line " << i << " without line " << missing;
    }
    ASSERT_EQ(gaps.all<Gap>().size(), 1U) << "without line " << missing;
    books.on_event(decoded.events[0]);  // a snapshot mends it
    EXPECT_NE(books.book(id), nullptr);
    EXPECT_EQ(gaps.all<Gap>().size(), 1U);
  }
}

TEST(BybitWire, V2ArchiveBuildsBooksThatNeverCross) {
  SKIP_WITHOUT_WIRE(file, "bybit/old-v2-inverse-session-20210417");
  Instruments instruments;
  const Collected decoded = decode(*file, instruments);
  Collected gaps;
  codec::BookBuilder books(instruments, gaps);
  for (const Event& event : decoded.events) {
    books.on_event(event);
    if (std::holds_alternative<Trade>(event.payload)) continue;
    ASSERT_NE(books.book(event.instrument), nullptr);
    ASSERT_EQ(books.book(event.instrument)->bids().size(), 25U);
    ASSERT_EQ(books.book(event.instrument)->asks().size(), 25U);
  }
  EXPECT_TRUE(gaps.events.empty());
  EXPECT_EQ(instruments[*instruments.find("bybit", "EOSUSD")].name(), "EOS-USD-PERP@EOS");
}

struct Closed {
  const char* symbol;
  PositionSide side;
  const char* qty;
  const char* price;
};

TEST(BybitWire, LiquidationsNameThePositionThatWasClosed) {
  SKIP_WITHOUT_WIRE(file, "bybit/live2026-allLiquidation");
  Instruments instruments;
  const Collected decoded = decode(*file, instruments);
  constexpr Closed expected[] = {{"BTCUSDT", PositionSide::long_side, "0.006", "82396.9"},
                                 {"BTCUSDT", PositionSide::long_side, "0.038", "82394.3"},
                                 {"STRKUSDT", PositionSide::long_side, "2084.9", "0.05165"},
                                 {"ICPUSDT", PositionSide::long_side, "19.7", "2.585"},
                                 {"MARSCOINUSDT", PositionSide::short_side, "2380", "0.12734"},
                                 {"ADAUSDT", PositionSide::short_side, "13248", "0.1915"}};
  ASSERT_EQ(decoded.events.size(), std::size(expected));
  for (size_t i = 0; i < std::size(expected); ++i) {
    const Event& event = decoded.events[i];
    const auto& liquidation = std::get<Liquidation>(event.payload);
    EXPECT_EQ(instruments[event.instrument].symbol, expected[i].symbol);
    EXPECT_EQ(liquidation.position_side, expected[i].side);
    EXPECT_EQ(liquidation.filled_qty, qty(expected[i].qty));
    EXPECT_EQ(liquidation.order_price,
              price(expected[i].price));  // the bankruptcy price, not a fill
    EXPECT_FALSE(liquidation.average_price);
    EXPECT_EQ(liquidation.feed, LiquidationFeed::complete);
  }
  // 19.7 ICP at 2.585.
  EXPECT_DOUBLE_EQ(*usd(instruments[decoded.events[3].instrument], qty("19.7"), price("2.585")),
                   19.7 * 2.585);
  EXPECT_EQ(decoded.events[0].at.ms(), 1791565600992);
}

TEST(BybitWire, OldLiquidationChannelIsNotCalledComplete) {
  SKIP_WITHOUT_WIRE(file, "bybit/tardis-liquidation");
  Instruments instruments;
  const auto all = decode(*file, instruments).all<Liquidation>();
  ASSERT_EQ(all.size(), 9U);
  for (const Liquidation& one : all) EXPECT_EQ(one.feed, LiquidationFeed::at_most_one_per_second);
  EXPECT_EQ(all[0].position_side, PositionSide::short_side);
  EXPECT_EQ(all[1].position_side, PositionSide::long_side);
  EXPECT_EQ(all[0].id, "3422858");
}

// Assertions of nautilus_trader's own tests. Where ours says something else the line says why.
TEST(BybitNautilus, Streams) {
  SKIP_WITHOUT_WIRE(trades, "bybit/nautilus-ws_public_trade");
  SKIP_WITHOUT_WIRE(snapshot, "bybit/nautilus-ws_orderbook_snapshot");
  SKIP_WITHOUT_WIRE(delta, "bybit/nautilus-ws_orderbook_delta");
  SKIP_WITHOUT_WIRE(linear, "bybit/nautilus-ws_ticker_linear");
  SKIP_WITHOUT_WIRE(option, "bybit/nautilus-ws_ticker_option");
  SKIP_WITHOUT_WIRE(kline, "bybit/nautilus-ws_kline");
  Instruments instruments;

  const Collected traded = decode(*trades, instruments);
  const Trade trade = traded.all<Trade>().at(0);
  EXPECT_EQ(trade.price, price("27451.00"));
  EXPECT_EQ(trade.qty, qty("0.010"));
  EXPECT_EQ(trade.taker_side, Side::buy);
  EXPECT_EQ(traded.events[0].at.ns(), 1'709'891'679'000'000'000);
  EXPECT_EQ(instruments[traded.events[0].instrument].name(), "BTC-USDT-PERP");

  const auto decoder = std::move(make_bybit_decoder({}, instruments, 1)).value();
  Collected books;
  venues::fixture::decode_all(*decoder, *snapshot, books);
  venues::fixture::decode_all(*decoder, *delta, books);
  const auto quotes =
      books.all<Quote>();  // of depth 1: quotes, where nautilus makes deltas and quotes
  ASSERT_EQ(quotes.size(), 2U);
  EXPECT_EQ(quotes[0].bid_price, price("27450.00"));
  EXPECT_EQ(quotes[0].bid_qty, qty("0.500"));
  EXPECT_EQ(quotes[0].ask_price, price("27451.00"));
  EXPECT_EQ(quotes[0].ask_qty, qty("0.750"));
  EXPECT_EQ(quotes[1].bid_price, price("27450.00"));
  EXPECT_EQ(quotes[1].bid_qty, qty("0.400"));
  EXPECT_FALSE(quotes[1].ask_price);  // nautilus: 27451.00 with size 0
  EXPECT_FALSE(quotes[1].ask_qty);

  const Collected contract = decode(*linear, instruments);
  const Quote quote = contract.all<Quote>().at(0);
  EXPECT_EQ(quote.bid_price, price("17215.50"));
  EXPECT_EQ(quote.ask_price, price("17216.00"));
  EXPECT_EQ(quote.bid_qty, qty("84.489"));
  EXPECT_EQ(quote.ask_qty, qty("83.020"));
  EXPECT_EQ(contract.events[0].at.ns(), 1'673'272'861'686'000'000);
  const FundingRate funding = contract.all<FundingRate>().at(0);
  EXPECT_EQ(funding.rate, Rate::parse("-0.000212").value());
  EXPECT_EQ(funding.interval, Duration::minutes(8 * 60));
  EXPECT_EQ(funding.settles_at->ms(), 1'673'280'000'000);
  EXPECT_EQ(contract.all<MarkPrice>().at(0).price, price("17217.33"));
  const OpenInterest open_interest = contract.all<OpenInterest>().at(0);
  EXPECT_EQ(open_interest.contracts, qty("34372.3805"));  // half of 68744.761
  EXPECT_DOUBLE_EQ(*open_interest.value_usd, 1183601235.91 / 2);

  const Collected chain = decode(*option, instruments);
  const OptionQuote option_quote = chain.all<OptionQuote>().at(0);
  EXPECT_FALSE(option_quote.bid_price);  // nautilus: 0 with size 0
  EXPECT_EQ(option_quote.ask_price, price("10.0"));
  EXPECT_EQ(option_quote.ask_qty, qty("5.1"));
  EXPECT_EQ(option_quote.mark_price, price("7.86976724"));
  EXPECT_DOUBLE_EQ(*option_quote.mark_iv, 0.4896);
  EXPECT_EQ(option_quote.open_interest, qty("49.85"));  // options: one side already
  EXPECT_EQ(chain.events[0].at.ns(), 1'672'917'511'074'000'000);
  EXPECT_EQ(instruments[chain.events[0].instrument].name(), "BTC-USD-230106-17500-C@USDC");
  EXPECT_EQ(chain.all<IndexPrice>().at(0).price, price("16823.73"));
  EXPECT_EQ(instruments[chain.events[1].instrument].name(), "BTC-USD-INDEX");

  const Candle candle = decode(*kline, instruments).all<Candle>().at(0);
  EXPECT_EQ(candle.open, price("16649.5"));
  EXPECT_EQ(candle.high, price("16677.0"));
  EXPECT_EQ(candle.low, price("16608.0"));
  EXPECT_EQ(candle.close, price("16677.0"));
  EXPECT_DOUBLE_EQ(*candle.volume, 2.081);
  EXPECT_EQ(candle.from.ms(), 1672324800000);
  EXPECT_EQ(candle.to.ms(), 1672325100000);
  EXPECT_FALSE(candle.closed);
}

TEST(BybitNautilus, Rest) {
  SKIP_WITHOUT_WIRE(spot, "bybit/docs-rest-instrument");
  SKIP_WITHOUT_WIRE(linear, "bybit/nautilus-http_get_instruments_linear");
  SKIP_WITHOUT_WIRE(inverse, "bybit/nautilus-http_get_instruments_inverse");
  SKIP_WITHOUT_WIRE(option, "bybit/nautilus-http_get_instruments_option");
  SKIP_WITHOUT_WIRE(trades, "bybit/nautilus-http_get_trades_recent");
  SKIP_WITHOUT_WIRE(klines, "bybit/nautilus-http_get_klines_linear");
  Instruments instruments;
  const auto listed = [&](const venues::fixture::WireFile& file, size_t n) -> const Instrument& {
    return instruments[decode(file, instruments).events.at(n).instrument];
  };
  const Instrument pair = listed(*spot, 1);
  EXPECT_EQ(pair.name(), "BTC-USDT");
  EXPECT_EQ(pair.tick, price("0.1"));
  EXPECT_EQ(pair.step, qty("0.000001"));
  const Instrument perp = listed(*linear, 0);
  EXPECT_EQ(perp.name(), "BTC-USDT-PERP");
  EXPECT_EQ(perp.tick, price("0.5"));
  EXPECT_EQ(perp.step, qty("0.001"));
  EXPECT_EQ(perp.contract_size, qty("1"));
  const Instrument coin = listed(*inverse, 0);
  EXPECT_EQ(coin.name(), "BTC-USD-PERP@BTC");
  EXPECT_EQ(coin.tick, price("0.5"));
  EXPECT_EQ(coin.step, qty("1"));
  EXPECT_EQ(usd(coin, qty("250"), std::nullopt), 250.0);  // one contract is one dollar
  const Instrument put = listed(*option, 0);
  EXPECT_EQ(put.base, "ETH");
  EXPECT_EQ(put.quote, "USDC");
  EXPECT_EQ(put.settle, "USDC");
  EXPECT_EQ(put.option_type, OptionType::put);
  EXPECT_EQ(put.strike, price("16000"));
  EXPECT_EQ(put.tick, price("0.1"));
  EXPECT_EQ(put.step, qty("1"));

  const Collected traded = decode(*trades, instruments);
  const Trade trade = traded.all<Trade>().at(0);
  EXPECT_EQ(trade.price, price("27450.50"));
  EXPECT_EQ(trade.qty, qty("0.005"));
  EXPECT_EQ(trade.taker_side, Side::buy);
  EXPECT_EQ(traded.events[0].at.ns(), 1'709'891'679'000'000'000);

  const Candle candle =
      decode(*klines, instruments,
             {{"request", "/v5/market/kline?category=linear&symbol=BTCUSDT&interval=5"}})
          .all<Candle>()
          .at(0);
  EXPECT_EQ(candle.open, price("27450.0"));
  EXPECT_EQ(candle.high, price("27460.0"));
  EXPECT_EQ(candle.low, price("27440.0"));
  EXPECT_EQ(candle.close, price("27455.0"));
  EXPECT_DOUBLE_EQ(*candle.volume, 123.45);
  EXPECT_EQ(candle.from.ns(), 1'709'891'679'000'000'000);  // nautilus stamps it so, too
  EXPECT_EQ(candle.to - candle.from, Duration::minutes(5));
  EXPECT_FALSE(candle.closed);  // the answer came 50 ms after its start
}

}  // namespace
}  // namespace delever::venues::bybit
