#include "venues/bybit/bybit.h"
#include "market/exact_testing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "codec/book.h"
#include "venues/registry.h"
#include "venues/wire_testing.h"

namespace delever::venues::bybit {
namespace {

using venues::fixture::Collected;
using venues::fixture::decode_text;

struct Bybit {
  explicit Bybit(const codec::StreamSettings& settings = {})
      : decoder(make_bybit_decoder(settings, instruments, 1).value()) {}
  Collected read(std::string_view text) {
    Collected sink;
    decode_text(*decoder, text, sink, Instant::ns(5));
    return sink;
  }
  // Where and why a message was not decoded; "" when it was.
  std::string why_not(std::string_view text) {
    const Collected sink = read(text);
    EXPECT_TRUE(sink.undecoded.empty() || sink.events.empty());
    return sink.undecoded.empty() ? "" : sink.undecoded[0].why.text();
  }
  Instruments instruments;
  std::unique_ptr<codec::Decoder> decoder;
};

struct Named {
  const char* symbol;
  std::optional<BybitCategory> category;
  const char* name;
};

TEST(BybitSymbols, AllShapes) {
  const Named table[] = {
      {"BTCUSDT", {}, "BTC-USDT-PERP"},
      {"BTCUSDT", BybitCategory::spot, "BTC-USDT"},
      {"1000PEPEUSDT", {}, "1000PEPE-USDT-PERP"},
      {"BTCPERP", {}, "BTC-USDC-PERP"},
      {"BTC-29SEP23", {}, "BTC-USDC-230929"},
      {"BTCUSDT-26DEC25", {}, "BTC-USDT-251226"},
      {"BTCUSD", {}, "BTC-USD-PERP@BTC"},
      {"BTCUSD", BybitCategory::inverse, "BTC-USD-PERP@BTC"},
      {"BTCUSDU23", {}, "BTC-USD-230929@BTC"},
      {"ETHUSDZ22", BybitCategory::inverse, "ETH-USD-221230@ETH"},
      {"BTCUSDH26", {}, "BTC-USD-260327@BTC"},
      {"BTC-6JAN23-17500-C", {}, "BTC-USD-230106-17500-C@USDC"},
      {"BTC-27MAR26-70000-P-USDT", {}, "BTC-USDT-260327-70000-P"},
      {"XRP-30JUN23-0.5-C", BybitCategory::option, "XRP-USD-230630-0.5-C@USDC"},
      {"ETHBTC", {}, "ETH-BTC"},
      {"BTCUSDE", BybitCategory::spot, "BTC-USDE"},
  };
  for (const Named& row : table) {
    const Instrument instrument = bybit_instrument(row.symbol, row.category);
    EXPECT_EQ(instrument.name(), row.name) << row.symbol;
    EXPECT_EQ(instrument.contract_size, qty("1")) << row.symbol;
  }
  EXPECT_EQ(bybit_instrument("BTCUSD", {}).kind, InstrumentKind::inverse);
  EXPECT_EQ(bybit_instrument("WHAT", {}).base, "WHAT");
}

TEST(BybitSettings, RefusesAnUnknownCategory) {
  Instruments instruments;
  const auto refused = make_bybit_decoder({{"category", "futures"}}, instruments, 1);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().fault, Fault::refused);
  EXPECT_TRUE(make_decoder("bybit", {{"category", "option"}}, instruments, 1).has_value());
}

TEST(BybitSettings, CategoryTellsSpotFromLinear) {
  constexpr std::string_view trade =
      R"({"topic":"publicTrade.BTCUSDT","ts":1,"type":"snapshot","data":[{"T":2,"s":"BTCUSDT",)"
      R"("S":"Sell","v":"1",)"
      R"("p":"2","i":"x","BT":true}]})";
  Bybit linear, spot(codec::StreamSettings{{"category", "spot"}});
  const Collected contract = linear.read(trade), pair = spot.read(trade);
  EXPECT_EQ(linear.instruments[contract.events.at(0).instrument].kind, InstrumentKind::linear);
  EXPECT_EQ(spot.instruments[pair.events.at(0).instrument].kind, InstrumentKind::spot);
  EXPECT_TRUE(contract.all<Trade>().at(0).block);
  EXPECT_EQ(contract.all<Trade>().at(0).taker_side, Side::sell);
}

constexpr std::string_view kTicker =
    R"({"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT",)"
    R"("markPrice":"100.5","indexPrice":"100",)"
    R"("openInterest":"20","openInterestValue":"2010","fundingRate":"0.0001",)"
    R"("nextFundingTime":"1600",)"
    R"("bid1Price":"99","bid1Size":"1","ask1Price":"101","ask1Size":"2","fundingIntervalHour":"4"})"
    R"(,"cs":1,"ts":1000})";

TEST(BybitTickers, ADeltaChangesOnlyWhatItNames) {
  Bybit bybit;
  ASSERT_EQ(bybit.read(kTicker).events.size(), 5U);
  const Collected size = bybit.read(
      R"({"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","bid1Size":"3"},)"
      R"("cs":2,"ts":1001})");
  ASSERT_EQ(size.events.size(), 1U);
  const Quote quote = size.all<Quote>().at(0);
  EXPECT_EQ(quote.bid_price, price("99"));
  EXPECT_EQ(quote.bid_qty, qty("3"));
  EXPECT_EQ(quote.ask_price, price("101"));
  EXPECT_EQ(quote.ask_qty, qty("2"));

  const Collected rolled =
      bybit.read(R"({"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT",)"
                 R"("nextFundingTime":"16000"},"cs":3,)"
                 R"("ts":1002})");
  const FundingRate funding = rolled.all<FundingRate>().at(0);
  EXPECT_EQ(funding.rate, Rate::parse("0.0001").value());
  EXPECT_EQ(funding.settles_at->ms(), 16000);
  EXPECT_EQ(funding.interval, Duration::hours(4));

  const Collected emptied = bybit.read(
      R"({"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","ask1Price":"",)"
      R"("ask1Size":""},)"
      R"("ts":1003})");
  EXPECT_FALSE(emptied.all<Quote>().at(0).ask_price);
  EXPECT_EQ(emptied.all<Quote>().at(0).bid_qty, qty("3"));
}

TEST(BybitTickers, NoQuoteWhileASideIsUnknown) {
  Bybit bybit;
  EXPECT_TRUE(bybit
                  .read(R"({"topic":"tickers.X","type":"delta","data":{"symbol":"BTCUSDT",)"
                        R"("bid1Price":"9","bid1Size":"1"},"ts":1})")
                  .events.empty());
  EXPECT_EQ(bybit.decoder->counts().no_event.at("tickers"), 1U);
  EXPECT_EQ(bybit
                .read(R"({"topic":"tickers.X","type":"delta","data":{"symbol":"BTCUSDT",)"
                      R"("ask1Price":"10","ask1Size":"1"},"ts":2})")
                .all<Quote>()
                .size(),
            1U);
}

TEST(BybitTickers, OpenInterestIsOneSide) {
  Bybit bybit;
  const OpenInterest halved = bybit.read(kTicker).all<OpenInterest>().at(0);
  EXPECT_EQ(halved.contracts, qty("10"));
  EXPECT_DOUBLE_EQ(*halved.value_usd, 1005);
  const OpenInterest single =
      bybit
          .read(R"({"topic":"tickers.BTCUSD","type":"snapshot","data":{"symbol":"BTCUSD",)"
                R"("openInterest":"20",)"
                R"("singleOpenInterest":"11","openInterestValue":"0.2",)"
                R"("singleOpenInterestValue":"0.11"},"ts":1})")
          .all<OpenInterest>()
          .at(0);
  EXPECT_EQ(single.contracts, qty("11"));
  EXPECT_DOUBLE_EQ(*single.coins, 0.11);  // the value of an inverse contract is in coins
  EXPECT_FALSE(single.value_usd);
}

TEST(BybitTickers, AFaultLeavesTheStateAsItWas) {
  Bybit bybit;
  bybit.read(kTicker);
  EXPECT_EQ(
      bybit.why_not(
          R"({"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","bid1Size":"7",)"
          R"("markPrice":"oops"},)"
          R"("ts":1001})"),
      "tickers:markPrice: \"oops\" is not a number");
  const Collected after = bybit.read(
      R"({"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","ask1Size":"5"},)"
      R"("ts":1002})");
  EXPECT_EQ(after.all<Quote>().at(0).bid_qty, qty("1"));
}

TEST(BybitBook, SnapshotDeltaAndRestart) {
  Bybit bybit;
  const Collected snapshot = bybit.read(
      R"({"data":{"u":5,"seq":9,"a":[["101","2.50"]],"b":[["99.10","1"]],"s":"BTCUSDT"},"cts":7,)"
      R"("ts":8,)"
      R"("type":"snapshot","topic":"orderbook.50.BTCUSDT"})");
  const auto book = snapshot.all<BookSnapshot>().at(0);
  EXPECT_EQ(book.depth, 50U);
  EXPECT_EQ(book.sequence.last, 5U);
  EXPECT_EQ(book.bids.at(0).price_digits, 2);
  EXPECT_EQ(book.asks.at(0).qty_digits, 2);
  EXPECT_EQ(snapshot.events[0].at.ms(), 7);  // the engine's time
  // u = 1 is a whole book even when it is called a delta.
  EXPECT_EQ(
      bybit
          .read(R"({"topic":"orderbook.50.BTCUSDT","type":"delta","ts":8,"data":{"s":"BTCUSDT",)"
                R"("b":[],"a":[],"u":1}})")
          .all<BookSnapshot>()
          .size(),
      1U);
  EXPECT_EQ(
      bybit
          .read(R"({"topic":"orderbook.50.BTCUSDT","type":"delta","ts":8,"data":{"s":"BTCUSDT",)"
                R"("b":[],"a":[],"u":2}})")
          .all<BookDelta>()
          .size(),
      1U);
}

TEST(BybitBook, EachDepthIsAChainOfItsOwn) {
  Bybit bybit;
  Collected gaps;
  codec::BookBuilder books(bybit.instruments, gaps);
  InstrumentId id = 0;
  const auto send = [&](const char* depth, const char* type, int update, const char* bid) {
    const Collected read =
        bybit.read(fmt::format(R"({{"topic":"orderbook.{}.BTCUSDT","type":"{}","ts":8,)"
                               R"("data":{{"s":"BTCUSDT","b":[["{}","1"]],"a":[],"u":{}}}}})",
                               depth, type, bid, update));
    ASSERT_EQ(read.events.size(), 1U);
    id = read.events[0].instrument;
    books.on_event(read.events[0]);
  };
  send("50", "snapshot", 70, "99");
  send("full", "snapshot", 5, "10");
  send("200", "snapshot", 3, "98");
  send("50", "delta", 71, "97");
  send("200", "delta", 4, "96");
  send("full", "delta", 6, "11");
  EXPECT_TRUE(gaps.events.empty());
  ASSERT_NE(books.book(id), nullptr);
  EXPECT_EQ(books.book(id)->bids().best().price, price("11"));  // the whole book is the deepest
  ASSERT_NE(books.book(id, 50), nullptr);
  EXPECT_EQ(books.book(id, 50)->bids().size(), 2U);
  ASSERT_NE(books.book(id, 200), nullptr);
  EXPECT_EQ(books.book(id, 200)->sequence().last, 4U);
}

TEST(BybitBook, DepthOneBecomesQuotes) {
  Bybit bybit;
  const auto quote = [&](std::string_view type, std::string_view bids, std::string_view asks) {
    return bybit
        .read(fmt::format(
            R"({{"topic":"orderbook.1.BTCUSDT","type":"{}","ts":8,"data":{{"s":"BTCUSDT","b":{},)"
            R"("a":{},"u":9}}}})",
            type, bids, asks))
        .all<Quote>();
  };
  EXPECT_TRUE(quote("delta", R"([["99","1"]])", "[]").empty());  // the other side is unknown
  EXPECT_EQ(quote("snapshot", R"([["99","1"]])", R"([["101","1"]])").at(0).update_id, 9U);
  const Quote moved = quote("delta", R"([["99","0"],["98","4"]])", "[]").at(0);
  EXPECT_EQ(moved.bid_price, price("98"));
  EXPECT_EQ(moved.ask_price, price("101"));
  EXPECT_FALSE(quote("delta", "[]", R"([["101","0"]])").at(0).ask_price);
}

TEST(BybitRest, FundingIntervalComesFromTheListing) {
  Bybit bybit;
  constexpr std::string_view history =
      R"({"retCode":0,"retMsg":"OK","result":{"category":"linear","list":[{"symbol":"ETHUSDT",)"
      R"("fundingRate":"-0.00012345678901234567","fundingRateTimestamp":"1672041600000"}]},)"
      R"("time":1672051897447})";
  EXPECT_FALSE(bybit.read(history).all<FundingRate>().at(0).interval);
  const Collected listed = bybit.read(
      R"({"retCode":0,"result":{"category":"linear","list":[{"symbol":"ETHUSDT",)"
      R"("contractType":"LinearPerpetual",)"
      R"("status":"Trading","baseCoin":"ETH","quoteCoin":"USDT","deliveryTime":"0",)"
      R"("priceFilter":{"tickSize":"0.01"},)"
      R"("lotSizeFilter":{"qtyStep":"0.01"},"fundingInterval":240,"settleCoin":"USDT"}]},)"
      R"("time":1})");
  EXPECT_EQ(bybit.instruments[listed.events.at(0).instrument].funding_interval, Duration::hours(4));
  const FundingRate funding = bybit.read(history).all<FundingRate>().at(0);
  EXPECT_FALSE(funding.interval) << "else the order of the two would matter";
  EXPECT_EQ(funding.kind, FundingKind::settled);
  EXPECT_EQ(funding.settles_at->ms(), 1672041600000);
  EXPECT_EQ(funding.rate.raw(), -123456789012);  // the 17 digits that venues print end in noise
}

TEST(BybitRest, MonthsAndPricesOfCandlesComeFromTheRequest) {
  constexpr std::string_view answer =
      R"({"retCode":0,"result":{"symbol":"BTCUSDT","category":"linear","list":[["1706745600000",)"
      R"("1","3","0.5","2",)"
      R"("10","20"]]},"time":1710000000000})";
  Bybit month(codec::StreamSettings{
      {"request", "https://api.bybit.com/v5/market/kline?symbol=BTCUSDT&interval=M"}});
  const Candle candle = month.read(answer).all<Candle>().at(0);
  EXPECT_EQ(candle.from.date(), "2024-02-01");
  EXPECT_EQ(candle.to.date(), "2024-03-01");
  EXPECT_TRUE(candle.closed);
  Bybit mark(codec::StreamSettings{{"request", "/v5/market/mark-price-kline?interval=60"}});
  EXPECT_EQ(mark.read(answer).all<Candle>().at(0).price_kind, PriceKind::mark);
  Bybit blind;
  EXPECT_EQ(
      blind.why_not(answer),
      "kline:interval: the request, which alone names kind and interval of candles, is not known");
}

TEST(BybitFaults, NameTheFieldAndEmitNothing) {
  Bybit bybit;
  const auto trade = [](std::string_view row) {
    return fmt::format(
        R"({{"topic":"publicTrade.X","type":"snapshot","ts":1,"data":[{{"T":2,"s":"BTCUSDT",)"
        R"("S":"Buy","v":"1","p":"2",)"
        R"("i":"x"}},{}]}})",
        row);
  };
  EXPECT_EQ(bybit.why_not(trade(R"({"T":2,"s":"BTCUSDT","S":"Buy","v":"1","i":"y"})")),
            "publicTrade:p: missing");
  EXPECT_EQ(bybit.why_not(trade(R"({"T":2,"s":"BTCUSDT","S":"Bid","v":"1","p":"2","i":"y"})")),
            "publicTrade:S: neither Buy nor Sell");
  EXPECT_EQ(
      bybit.why_not(trade(R"({"T":"later","s":"BTCUSDT","S":"Buy","v":"1","p":"2","i":"y"})")),
      "publicTrade:T: not a whole number");
  EXPECT_EQ(bybit.why_not(trade(R"({"T":2,"s":"BTC\"USDT","S":"Buy","v":"1","p":"2","i":"y"})")),
            "publicTrade:s: not a symbol");
  EXPECT_EQ(bybit.why_not(trade(R"({"T":2,"s":"BTCUSDT","S":"Buy","v":{},"p":"2","i":"y"})")),
            "publicTrade:v: neither text nor number");
  EXPECT_EQ(bybit.why_not(trade(
                R"({"T":99999999999999999,"s":"BTCUSDT","S":"Buy","v":"1","p":"2","i":"y"})")),
            "publicTrade:T: beyond the years 1677 to 2262");
  EXPECT_EQ(bybit.why_not(trade(R"("a word")")), "publicTrade:data: not an object");
  EXPECT_EQ(bybit.why_not(R"({"topic":"publicTrade.X","data":7})"), "publicTrade:data: not a list");
  EXPECT_EQ(
      bybit.why_not(
          R"({"topic":"orderbook.50.X","type":"delta","ts":1,"data":{"s":"BTCUSDT","b":[["1"]],)"
          R"("a":[],"u":2}})"),
      "orderbook:b: a level lacks its quantity");
  EXPECT_EQ(
      bybit.why_not(
          R"({"topic":"orderbook.50.X","type":"delta","ts":1,"data":{"s":"BTCUSDT","b":[["1",)"
          R"("-1"]],"a":[],"u":2}})"),
      "orderbook:b: a level has a negative quantity");
  EXPECT_EQ(
      bybit.why_not(R"({"topic":"orderbook.50.X","type":"delta","ts":1,"data":{"s":"BTCUSDT",)"
                    R"("b":[["0.12345678901","1"]],"a":[],)"
                    R"("u":2}})"),
      "orderbook:b: \"0.12345678901\" is finer than 1e-10");
  EXPECT_EQ(bybit.why_not(R"({"success":false,"ret_msg":"Invalid topic","op":"subscribe"})"),
            "acknowledgement: the venue refuses: Invalid topic");
  EXPECT_EQ(bybit.why_not(R"({"retCode":10006,"retMsg":"Too many visits!","result":{},"time":1})"),
            "REST: the venue refuses: 10006 Too many visits!");
  EXPECT_EQ(bybit.decoder->counts().events, 0U);
}

TEST(BybitFaults, WhatIsCutOffIsNeverTakenForWhole) {
  Bybit bybit;
  for (size_t length = 0; length < kTicker.size(); ++length) {
    const Collected sink = bybit.read(kTicker.substr(0, length));
    ASSERT_TRUE(sink.events.empty()) << length;
    ASSERT_EQ(sink.undecoded.size(), 1U) << length;
  }
  EXPECT_EQ(bybit.why_not(std::string(kTicker) + "}"), "more than one message");
  EXPECT_EQ(bybit.why_not(std::string(kTicker) + std::string(kTicker)), "more than one message");
  EXPECT_EQ(bybit.why_not(kTicker), "");
}

TEST(BybitCounts, UnknownAndControl) {
  Bybit bybit;
  bybit.read(R"({"topic":"moonPhase.BTCUSDT","data":{}})");
  bybit.read(R"({"success":true,"ret_msg":"pong","conn_id":"x","op":"ping"})");
  bybit.read(R"({"op":"pong"})");
  bybit.read(R"({"topic":"adlAlert.USDT","data":[]})");
  const codec::DecodeCounts& counts = bybit.decoder->counts();
  EXPECT_EQ(counts.unknown_channels.at("moonPhase"), 1U);
  EXPECT_EQ(counts.control, 2U);
  EXPECT_EQ(counts.no_event.at("adlAlert"), 1U);
  EXPECT_EQ(counts.messages, 4U);
  for (int i = 0; i < 2000; ++i)
    bybit.read(fmt::format(R"({{"topic":"t{}"}})", i));  // names do not pile up for ever
  EXPECT_LT(counts.unknown_channels.size(), 300U);
  EXPECT_GT(counts.unknown_channels.at("(others)"), 1000U);
}

// A volatility that could not be computed is sent as 0, and is none.
TEST(BybitOptions, AVolatilityOfZeroIsNone) {
  Bybit bybit(codec::StreamSettings{{"category", "option"}});
  for (const auto& [vol, there] : {std::pair{"0", false}, {"0.45", true}}) {
    const auto sink = bybit.read(fmt::format(
        R"({{"topic":"tickers.BTC-27FEB26-90000-C","type":"snapshot","ts":1,"data":{{"symbol":)"
        R"("BTC-27FEB26-90000-C","markPrice":"1700","markPriceIv":"{}","openInterest":"3"}}}})",
        vol));
    const auto quotes = sink.all<OptionQuote>();
    ASSERT_EQ(quotes.size(), 1u);
    EXPECT_EQ(quotes[0].mark_iv.has_value(), there);
  }
}

}  // namespace
}  // namespace delever::venues::bybit
