// Maps of this repository on rows of our own in the archives' forms: what each column becomes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/source_root.h"
#include "codec/book.h"
#include "market/exact_testing.h"
#include "venues/registry.h"
#include "venues/wire_testing.h"

namespace delever::venues::csv {
namespace {

struct Archive {
  Archive(const std::string& map, std::string_view header, codec::StreamSettings settings = {}) {
    settings["map"] =
        venues::fixture::read_text(source_root() + "/maps/" + map + ".toml").value_or("");
    settings["header"] = header;
    auto made = make_decoder("csv", settings, instruments, 1);
    EXPECT_TRUE(made.has_value()) << (made.has_value() ? "" : made.error().text());
    if (made.has_value()) decoder = std::move(made).value();
  }
  const std::vector<Event>& read(std::string_view row) {
    if (decoder) venues::fixture::decode_text(*decoder, row, heard, Instant::ns(1));
    return heard.events;
  }
  const Instrument& of(size_t i = 0) { return instruments[heard.events.at(i).instrument]; }
  Instruments instruments;
  std::unique_ptr<codec::Decoder> decoder;
  venues::fixture::Collected heard;
};

constexpr std::string_view kKlines =
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
    "taker_buy_quote_volume,ignore";

TEST(MapsOfArchives, CoinMarginedMetricsStateTheirValueInCoins) {
  Archive archive("binance-archive-metrics-coinm",
                  "create_time,symbol,sum_open_interest,sum_open_interest_value,"
                  "count_toptrader_long_short_ratio,sum_toptrader_long_short_ratio,"
                  "count_long_short_ratio,sum_taker_long_short_vol_ratio");
  archive.read("2026-03-01 00:05:00,ETHUSD_PERP,300000.0,1000.0,\"\",\"\",1.5,0.9");
  ASSERT_EQ(archive.heard.events.size(), 3u);
  const auto open = archive.heard.all<OpenInterest>().at(0);
  EXPECT_EQ(open.contracts, qty("300000"));
  EXPECT_EQ(open.coins, 1000.0);
  EXPECT_FALSE(open.value_usd);
  EXPECT_EQ(usd(archive.of(), *open.contracts, std::nullopt), 3'000'000.0) << "without any price";
  for (const PublishedFigure& figure : archive.heard.all<PublishedFigure>())
    EXPECT_EQ(figure.asset, "ETH") << "not the symbol";
}

TEST(MapsOfArchives, MetricsAreLabelledWithTheStartOfTheirFiveMinutesSinceJune2026) {
  constexpr std::string_view kMetrics =
      "create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_"
      "ratio,sum_toptrader_long_short_ratio,count_long_short_ratio,sum_taker_long_short_vol_ratio";
  const auto at = [&](const char* map, const char* row) {
    Archive archive(map, kMetrics);
    archive.read(row);
    return archive.heard.events.empty() ? "none" : archive.heard.events[0].at.text();
  };
  const char* usdm = "binance-archive-metrics-usdm";
  EXPECT_EQ(at(usdm, "2026-06-24 23:55:00,ETHUSDT,3,6000,1,1,1,1"), "2026-06-24T23:55:00Z");
  EXPECT_EQ(at(usdm, "2026-06-25 00:00:00,ETHUSDT,3,6000,1,1,1,1"), "2026-06-25T00:05:00Z");
  const char* coinm = "binance-archive-metrics-coinm";
  EXPECT_EQ(at(coinm, "2023-06-24 23:55:00,ETHUSD_PERP,3,6,1,1,1,1"), "2023-06-24T23:55:00Z");
  EXPECT_EQ(at(coinm, "2026-01-05 23:55:00,ETHUSD_PERP,3,6,1,1,1,1"), "2026-01-06T00:00:00Z");
}

// Spot went over to microseconds in 2025; where the archives of contracts do, they are read as
// well.
TEST(MapsOfArchives, TimesOfContractsInMillisecondsAndInMicroseconds) {
  for (const char* zeros : {"", "000"}) {
    Archive archive("binance-archive-agg-trades-usdm",
                    "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,"
                    "is_buyer_maker",
                    {{"file.symbol", "SOLUSDT"}});
    archive.read(fmt::format("1,150.1,0.2,5,6,1773100800001{},true", zeros));
    ASSERT_EQ(archive.heard.events.size(), 1u);
    EXPECT_EQ(archive.heard.events[0].at.text(), "2026-03-10T00:00:00.001Z");
  }
}

TEST(MapsOfArchives, ContextsOfHyperliquid) {
  Archive archive("hyperliquid-archive-asset-ctxs",
                  "time,coin,funding,open_interest,prev_day_px,day_ntl_vlm,premium,oracle_px,"
                  "mark_px,mid_px,impact_bid_px,impact_ask_px");
  archive.read("2026-03-10T00:01:00Z,kPEPE,-0.0000125,5000000,0.01,1,null,0.0099,0.0101,null,,");
  ASSERT_EQ(archive.heard.events.size(), 4u);
  EXPECT_EQ(archive.of().symbol, "kPEPE");
  EXPECT_EQ(archive.of().name(), "KPEPE-USDC-PERP") << "as on the wire";
  EXPECT_EQ(archive.heard.all<OpenInterest>().at(0).contracts, qty("5000000"));
  EXPECT_EQ(archive.heard.all<IndexPrice>().at(0).price, price("0.0099"));
  const FundingRate funding = archive.heard.all<FundingRate>().at(0);
  EXPECT_EQ(funding.rate, rate("-0.0000125"));
  EXPECT_EQ(funding.interval, Duration::hours(1));
  archive.read("2026-03-10 00:02:00.000,OLD,0.0,0.0,0.01,0,null,0.38,null,null,null,null");
  EXPECT_EQ(archive.heard.all<MarkPrice>().size(), 1u) << "null is no price";
}

TEST(MapsOfArchives, WhatWasPaidGoesBeforeWhatWasExpected) {
  Archive both("okx-archive-funding",
               "contract_type,instrument_name,funding_rate,real_funding_rate,funding_time");
  both.read("swap,SOL-USDT-SWAP,0.0001,0.00012,1773100800000");
  EXPECT_EQ(both.heard.all<FundingRate>().at(0).rate, rate("0.00012"));
  Archive one("okx-archive-funding", "instrument_name,funding_rate,funding_time");
  one.read("SOL-USDT-SWAP,0.0001,1773100800000");
  EXPECT_EQ(one.heard.all<FundingRate>().at(0).rate, rate("0.0001"));
}

TEST(MapsOfArchives, CandlesOfMarksAndIndices) {
  Archive mark("binance-archive-mark-price-klines-usdm", kKlines,
               {{"file.symbol", "SOLUSDT"}, {"file.interval", "1h"}});
  mark.read("1772323200000,150.00000001,151,149.5,150.5,0,1772326799999,0,3600,0,0,0");
  ASSERT_EQ(mark.heard.events.size(), 1u);
  EXPECT_EQ(mark.of().name(), "SOL-USDT-PERP");
  EXPECT_EQ(mark.heard.all<Candle>().at(0).price_kind, PriceKind::mark);
  EXPECT_FALSE(mark.heard.all<Candle>().at(0).volume);
  EXPECT_EQ(mark.heard.events[0].at, Instant::ns(1'772'326'800'000'000'000));
  Archive index("binance-archive-index-price-klines-coinm", kKlines,
                {{"file.symbol", "BNBUSD"}, {"file.interval", "1h"}});
  index.read("1772323200000,600,601,599,600.5,0,1772326799999,0,3600,0,0,0");
  EXPECT_EQ(index.of().kind, InstrumentKind::index);
  EXPECT_EQ(index.of().base, "BNB");
  EXPECT_EQ(index.of().quote, "USD");
  Archive premium("binance-archive-premium-index-klines-usdm", kKlines,
                  {{"file.symbol", "SOLUSDT"}, {"file.interval", "1h"}});
  premium.read("1772323200000,-0.0002,0.0001,-0.0004,-0.00015,0,1772326799999,0,720,0,0,0");
  const auto figure = premium.heard.all<PublishedFigure>().at(0);
  EXPECT_EQ(figure.value, -0.00015);
  EXPECT_EQ(figure.asset, "SOL");
  EXPECT_EQ(figure.window, "1h");
}

TEST(MapsOfArchives, BestPricesAndDepth) {
  Archive best("binance-archive-book-ticker-coinm",
               "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,"
               "event_time",
               {{"file.symbol", "ETHUSD_PERP"}});
  best.read("77,3000.1,12,3000.2,13,1772323200123,1772323200130");
  const auto quote = best.heard.all<Quote>().at(0);
  EXPECT_EQ(quote.bid_price, price("3000.1"));
  EXPECT_EQ(quote.ask_qty, qty("13"));
  EXPECT_EQ(best.heard.events[0].at, Instant::ns(1'772'323'200'123'000'000));
  EXPECT_EQ(best.of().kind, InstrumentKind::inverse);
  Archive depth("binance-archive-book-depth-usdm", "timestamp,percentage,depth,notional",
                {{"file.symbol", "ETHUSDT"}});
  depth.read("2026-03-01 00:00:30,-1.00,5000.5,15000000.25");
  const auto figures = depth.heard.all<PublishedFigure>();
  ASSERT_EQ(figures.size(), 2u);
  EXPECT_EQ(figures[0].window, "-1.00");
  EXPECT_EQ(figures[0].unit, "coins");
  EXPECT_EQ(figures[1].value, 15000000.25);
  EXPECT_EQ(figures[1].unit, "USD");
}

TEST(MapsOfArchives, TardisQuotesAndBooks) {
  Archive quotes(
      "tardis-quotes",
      "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount");
  quotes.read("okex-swap,ETH-USDT-SWAP,1772323200123456,1772323200200000,5,3000.2,3000.1,");
  const auto quote = quotes.heard.all<Quote>().at(0);
  EXPECT_EQ(quote.ask_qty, qty("5"));
  EXPECT_FALSE(quote.bid_qty);
  EXPECT_EQ(quotes.of().name(), "ETH-USDT-PERP");
  std::string header = "exchange,symbol,timestamp,local_timestamp",
              row = "bybit,ETHUSD,1772323200123456,1772323200200000";
  for (int i = 0; i < 5; ++i) {
    const std::string n = std::to_string(i);
    header += ",asks[" + n + "].price,asks[" + n + "].amount,bids[" + n + "].price,bids[" + n +
              "].amount";
    row += i < 3 ? ",300" + n + ".5,10,299" + n + ".5,20" : ",,,,";
  }
  Archive book("tardis-book-snapshot-5", header);
  book.read(row);
  const auto snapshot = book.heard.all<BookSnapshot>().at(0);
  EXPECT_EQ(snapshot.depth, 5u);
  ASSERT_EQ(snapshot.asks.size(), 3u) << "the book was not deeper";
  EXPECT_EQ(snapshot.asks[2].price, price("3002.5"));
  EXPECT_EQ(snapshot.bids[0].qty, qty("20"));
  EXPECT_EQ(book.of().kind, InstrumentKind::inverse);
}

TEST(MapsOfArchives, TardisBooksALevelARow) {
  Archive archive("tardis-incremental-book-l2",
                  "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount");
  const auto row = [&](int time, const char* rest) {
    const std::string us = std::to_string(1'772'323'200'000'000 + time * 1000);
    return archive.read("binance-futures,ETHUSDT," + us + "," + us + "," + rest).size();
  };
  EXPECT_EQ(row(0, "true,bid,2999,4"), 0u);
  EXPECT_EQ(row(0, "true,bid,3000,5"), 0u);
  EXPECT_EQ(row(0, "true,ask,3001,6"), 0u);
  EXPECT_EQ(row(1, "false,ask,3001,0"), 1u) << "the snapshot is whole now";
  EXPECT_EQ(row(1, "false,bid,3001,1"), 1u);
  EXPECT_EQ(row(1, "false,ask,3002,2"), 1u);
  EXPECT_EQ(row(2, "false,bid,3001,7"), 2u);
  EXPECT_EQ(row(3, "true,bid,2990,1"), 3u) << "after a reconnection";
  EXPECT_EQ(row(4, "false,bid,2991,1"), 4u);
  EXPECT_EQ(row(5, "false,bid,2992,1"), 5u);
  const auto& events = archive.heard.events;
  EXPECT_EQ(std::get<BookSnapshot>(events[0].payload).bids.at(0).price, price("3000"));
  venues::fixture::Collected gaps;
  codec::BookBuilder books(archive.instruments, gaps);
  for (size_t i = 0; i < 3; ++i) books.on_event(events[i]);
  ASSERT_NE(books.book(0), nullptr) << "no level of a message is seen without the others";
  EXPECT_EQ(books.book(0)->bids().best().price, price("3001"));
  EXPECT_EQ(books.book(0)->bids().best().qty, qty("7"));
  EXPECT_EQ(books.book(0)->asks().best().price, price("3002"));
  EXPECT_TRUE(gaps.events.empty());
  for (size_t i = 3; i < events.size(); ++i) books.on_event(events[i]);
  EXPECT_EQ(gaps.all<Gap>().size(), 1u) << "what was missed while away";
  ASSERT_NE(books.book(0), nullptr);
  EXPECT_EQ(books.book(0)->bids().best().price, price("2991"));
}

TEST(MapsOfArchives, RowsWithoutAPriceOrASizeAreBad) {
  Archive trades("tardis-trades", "exchange,symbol,timestamp,local_timestamp,id,side,price,amount");
  trades.read("deribit,ETH-PERPETUAL,1772323200123456,1772323200200000,a,buy,0,10");
  trades.read("deribit,ETH-PERPETUAL,1772323200123456,1772323200200000,b,buy,3000,-10");
  EXPECT_TRUE(trades.heard.events.empty());
  ASSERT_EQ(trades.heard.undecoded.size(), 2u);
  EXPECT_EQ(trades.heard.undecoded[0].why.text(), "trade: a price that is not positive");
}

}  // namespace
}  // namespace delever::venues::csv
