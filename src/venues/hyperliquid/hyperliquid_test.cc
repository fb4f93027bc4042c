#include "venues/hyperliquid/hyperliquid.h"
#include "market/exact_testing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "codec/book.h"
#include "venues/registry.h"
#include "venues/wire_testing.h"

namespace delever::venues::hyperliquid {
namespace {

class Hyperliquid : public ::testing::Test {
 protected:
  venues::fixture::Collected decode(std::string_view text,
                                    Instant received = ms(1'790'000'000'000)) {
    if (!decoder) decoder = std::move(make_hyperliquid_decoder(settings, instruments, 7)).value();
    venues::fixture::Collected sink;
    venues::fixture::decode_text(*decoder, text, sink, received);
    return sink;
  }
  const Instrument& named(std::string_view coin) {
    return instruments[instruments.find("hyperliquid", coin).value()];
  }
  codec::StreamSettings settings;
  Instruments instruments;
  std::unique_ptr<codec::Decoder> decoder;
};

TEST_F(Hyperliquid, NamesOfCoins) {
  EXPECT_EQ(hyperliquid_instrument("BTC").name(), "BTC-USDC-PERP");
  EXPECT_EQ(hyperliquid_instrument("xyz:TSLA").name(), "TSLA-USDC-PERP");
  EXPECT_EQ(hyperliquid_instrument("PURR/USDC").name(), "PURR-USDC");
  EXPECT_EQ(hyperliquid_instrument("@107").kind, InstrumentKind::spot);
  EXPECT_EQ(hyperliquid_instrument("#12").kind, InstrumentKind::spot);
  for (const char* odd : {"", ":", "/", "a:", "@", "#"})
    EXPECT_EQ(hyperliquid_instrument(odd).symbol, odd);
}

TEST_F(Hyperliquid, SessionOf2025) {  // expected.md, section 1
  SKIP_WITHOUT_WIRE(file, "hyperliquid/session-btc-20250126");
  venues::fixture::Collected gaps, heard;
  codec::BookBuilder books(instruments, gaps);
  size_t messages_with_trades = 0;
  Instant last = Instant::min();
  for (const auto& message : file->messages()) {
    const auto one = decode(message.raw.bytes, message.raw.received);
    EXPECT_TRUE(one.undecoded.empty());
    messages_with_trades += !one.all<Trade>().empty();
    for (const Event& event : one.events) {
      books.on_event(event);
      heard.events.push_back(event);
      const auto* book = std::get_if<BookSnapshot>(&event.payload);
      if (!book) continue;
      EXPECT_EQ(book->bids.size(), 20u);
      EXPECT_EQ(book->asks.size(), 20u);
      EXPECT_GE(event.at, last);
      last = event.at;
      ASSERT_NE(books.book(event.instrument), nullptr);
      EXPECT_EQ(books.book(event.instrument)->bids().best().price, book->bids[0].price);
    }
  }
  EXPECT_EQ(heard.all<BookSnapshot>().size(), 46u);
  EXPECT_EQ(heard.all<Trade>().size(), 64u);
  EXPECT_EQ(messages_with_trades, 9u);
  EXPECT_TRUE(gaps.events.empty());
}

std::string trades(std::initializer_list<std::pair<int64_t, int64_t>> time_and_id,
                   const char* more = "") {
  std::string rows;
  for (const auto& [time, id] : time_and_id)
    rows += fmt::format(
        R"({}{{"coin":"BTC","side":"A","px":"100.5","sz":"0.1","time":{},"hash":"0x","tid":{}}})",
        rows.empty() ? "" : ",", time, id);
  return fmt::format(R"({{"channel":"trades","data":[{}{}]}})", rows, more);
}

TEST_F(Hyperliquid, ReplaysAtSubscriptionAreLeftOut) {
  const auto first = decode(trades({{1000, 1}, {1000, 2}, {1001, 3}}));
  ASSERT_EQ(first.events.size(), 3u);
  const auto& trade = std::get<Trade>(first.events[0].payload);
  EXPECT_EQ(trade.taker_side, Side::sell);
  EXPECT_EQ(trade.id, "1");
  EXPECT_EQ(trade.price, price("100.5"));
  EXPECT_TRUE(decode(trades({{1000, 2}, {1001, 3}})).events.empty());
  EXPECT_EQ(decoder->counts().no_event.at("trades seen before"), 1u);
  EXPECT_EQ(decode(trades({{1001, 3}, {1001, 4}, {1000, 5}, {1002, 3}})).events.size(),
            3u);  // an id alone is no copy
  // A broken message leaves no trace: what it held is new when it comes again.
  EXPECT_EQ(decode(trades({{1003, 9}}, ",{}")).undecoded.size(), 1u);
  EXPECT_EQ(decode(trades({{1003, 9}})).events.size(), 1u);
}

TEST_F(Hyperliquid, FastBooksQuotesAndEmptySides) {
  const auto fast = decode(R"({"channel":"l2Book","data":{"coin":"BTC","time":1,"fast":true,)"
                           R"("levels":[[{"px":"1.50",)"
                           R"("sz":"2","n":1}],[]]}})")
                        .all<BookSnapshot>();
  EXPECT_EQ(fast.at(0).depth, 5u);
  EXPECT_EQ(fast.at(0).bids.at(0).price_digits, 2);
  EXPECT_EQ(decode(R"({"channel":"fastBook","data":{"coin":"BTC","time":1,"levels":[[],[]]}})")
                .all<BookSnapshot>()
                .at(0)
                .depth,
            5u);
  const auto quote =
      decode(R"({"channel":"bbo","data":{"coin":"BTC","time":1,"bbo":[null,{"px":"2","sz":"3"}]}})")
          .all<Quote>()
          .at(0);
  EXPECT_FALSE(quote.bid_price);
  EXPECT_EQ(quote.ask_qty, qty("3"));
}

TEST_F(Hyperliquid, ContextsFollowTheUniverseOfTheirDex) {
  constexpr std::string_view contexts =
      R"({"channel":"allDexsAssetCtxs","data":{"ctxs":[["",[{"funding":"0.0000125",)"
      R"("openInterest":"10.5",)"
      R"("oraclePx":"100","markPx":"101"},{"funding":"0.0","openInterest":"0.0","oraclePx":"5",)"
      R"("markPx":"6",)"
      R"("premium":null}]],["xyz",[{"funding":"0.1","openInterest":"1","oraclePx":"7",)"
      R"("markPx":"8"}]]]}})";
  EXPECT_EQ(decode(contexts).undecoded.at(0).why.text(),
            "allDexsAssetCtxs:ctxs: names no coins, and no meta of its dex was seen before");
  decode(
      R"({"universe":[{"name":"BTC","szDecimals":5,"maxLeverage":40},{"name":"ETH","szDecimals":4})"
      R"(]})");
  const auto heard = decode(contexts);
  ASSERT_EQ(heard.events.size(), 8u);
  EXPECT_EQ(heard.undecoded.size(), 1u);  // the part of dex xyz
  EXPECT_EQ(named("BTC").step, qty("0.00001"));
  EXPECT_EQ(heard.all<MarkPrice>().at(1).price, price("6"));
  EXPECT_EQ(heard.all<IndexPrice>().at(0).price, price("100"));
  const FundingRate funding = heard.all<FundingRate>().at(0);
  EXPECT_EQ(funding.interval, Duration::hours(1));
  EXPECT_EQ(funding.kind, FundingKind::current);
  EXPECT_EQ(heard.all<OpenInterest>().at(0).contracts, qty("10.5"));
  EXPECT_EQ(heard.events[0].at, ms(1'790'000'000'000));
}

// The list of coins comes on another stream of the run, after the contexts that follow its order.
TEST_F(Hyperliquid, ContextsBeforeTheirMetaAreToldWhenItComes) {
  const SharedLists shared;
  const auto stream = [&](SourceId source) {
    return std::move(make_decoder("hyperliquid", {}, instruments, source, shared)).value();
  };
  const auto contexts = stream(3), lists = stream(4);
  const auto at = [&](codec::Decoder& of, std::string_view text, Instant received) {
    venues::fixture::Collected sink;
    venues::fixture::decode_text(of, text, sink, received);
    return sink;
  };
  const std::string_view early =
      R"({"channel":"assetCtxs","data":{"dex":"","ctxs":[{"funding":"0.00002",)"
      R"("openInterest":"31","oraclePx":"150","markPx":"151"},{"openInterest":"4",)"
      R"("oraclePx":"-2","markPx":"3"}]}})";
  EXPECT_EQ(at(*contexts, early, ms(1'790'000'000'000)).undecoded.size(), 1u);
  const auto met = at(*lists,
                      R"({"universe":[{"name":"SOL","szDecimals":2},{"name":"XRP",)"
                      R"("szDecimals":0},{"name":"NEW","szDecimals":0}]})",
                      ms(1'790'000'060'000));
  ASSERT_EQ(met.events.size(), 3u + 6u);  // three listings; the price below zero is none
  ASSERT_EQ(met.undecoded.size(), 1u);
  EXPECT_NE(met.undecoded[0].why.text().find("not positive"), std::string::npos)
      << met.undecoded[0].why.text();
  const Event& mark = met.events[3];
  EXPECT_EQ(std::get<MarkPrice>(mark.payload).price, price("151"));
  EXPECT_EQ(instruments[mark.instrument].symbol, "SOL");
  EXPECT_EQ(mark.at, ms(1'790'000'000'000));
  EXPECT_EQ(mark.received, ms(1'790'000'060'000)) << "known since the list came";
  EXPECT_EQ(met.all<OpenInterest>().at(1).contracts, qty("4"));
  EXPECT_EQ(lists->counts().events, 9u);
  EXPECT_EQ(at(*lists, R"({"universe":[{"name":"SOL","szDecimals":2}]})", ms(1'790'000'090'000))
                .events.size(),
            1u)
      << "told once";
  EXPECT_EQ(at(*contexts, early, ms(1'790'000'120'000)).all<MarkPrice>().size(), 1u)
      << "by the newest list";
}

TEST_F(Hyperliquid, ACollateralThatIsNamedLater) {
  decode(R"([{"collateralToken":7,"universe":[{"name":"abc:GOLD","szDecimals":3}]}])");
  EXPECT_EQ(named("abc:GOLD").settle, "TOKEN7");
  decode(R"({"tokens":[{"name":"USDC","index":0,"szDecimals":8},{"name":"usdx","index":7,)"
         R"("szDecimals":2}],"universe":[]})");
  EXPECT_EQ(named("abc:GOLD").settle, "USDX");
  EXPECT_EQ(named("abc:GOLD").quote, "USDX");
}

TEST_F(Hyperliquid, CollateralAndSpotPairsByTheirTokens) {
  decode(R"({"tokens":[{"name":"USDC","index":0,"szDecimals":8},{"name":"USDH","index":360,)"
         R"("szDecimals":2},)"
         R"({"name":"PURR","index":1,"szDecimals":0}],"universe":[{"name":"@7","tokens":[1,360],)"
         R"("index":7}]})");
  EXPECT_EQ(named("@7").name(), "PURR-USDH");
  EXPECT_EQ(named("@7").step, qty("1"));
  decode(R"([{"collateralToken":360,"universe":[{"name":"km:US500","szDecimals":3}],)"
         R"("marginTables":[]},)"
         R"({"collateralToken":99,"universe":[{"name":"q:A","szDecimals":3}]}])");
  EXPECT_EQ(named("km:US500").settle, "USDH");
  EXPECT_EQ(named("q:A").settle, "TOKEN99");
}

TEST_F(Hyperliquid, FundingWasPaidEveryEightHoursUntilJune2023) {
  SKIP_WITHOUT_WIRE(file, "hyperliquid/rest-info-fundingHistory");
  const auto heard = decode((*file)[1].raw.bytes);
  ASSERT_GT(heard.events.size(), 1000u);
  size_t other = 0;
  for (size_t i = 1; i < heard.events.size(); ++i) {
    const Duration since = heard.events[i].at - heard.events[i - 1].at;
    const auto& funding = std::get<FundingRate>(heard.events[i].payload);
    EXPECT_EQ(funding.kind, FundingKind::settled);
    EXPECT_EQ(funding.settles_at, heard.events[i].at);
    const Duration off = since - *funding.interval;
    other += off > Duration::minutes(30) || off < Duration::minutes(-30);
  }
  EXPECT_EQ(other, 1u);  // one hour without a payment, 2023-07-02T20:00Z
}

TEST_F(Hyperliquid, LiquidationsOutOfFills) {
  const auto closed = [&](const char* user, const char* side, const char* dir,
                          const char* crossed) {
    const auto heard = decode(fmt::format(
        R"({{"channel":"userFills","data":{{{}"fills":[{{"coin":"BTC","px":"66653.0","sz":"0.001",)"
        R"("side":"{}",)"
        R"("time":1,"dir":"{}","crossed":{},"tid":7,"liquidation":{{"liquidatedUser":"0xAB",)"
        R"("markPx":"1",)"
        R"("method":"market"}}}}]}}}})",
        user, side, dir, crossed));
    EXPECT_TRUE(heard.undecoded.empty());
    const auto found = heard.all<Liquidation>();
    return found.empty() ? std::optional<PositionSide>() : std::optional(found[0].position_side);
  };
  EXPECT_EQ(closed(R"("user":"0xab",)", "A", "Close Long", "true"),
            PositionSide::long_side);  // its own
  EXPECT_EQ(closed(R"("user":"0xcd",)", "A", "Open Short", "false"),
            PositionSide::short_side);  // from across
  EXPECT_EQ(closed("", "A", "Open Short", "false"), PositionSide::short_side);
  EXPECT_EQ(closed("", "B", "Liquidated Cross Short", "true"), PositionSide::short_side);
  EXPECT_EQ(closed("", "B", "Close Short", "true"), std::nullopt);  // nothing tells whose it is
  EXPECT_EQ(decoder->counts().no_event.at("userFills"), 1u);
}

TEST_F(Hyperliquid, PeersExpectations) {  // expected.md, sections 4 and 5
  SKIP_WITHOUT_WIRE(meta, "hyperliquid/rest-info-meta");
  const auto listed = decode((*meta)[0].raw.bytes);
  EXPECT_EQ(listed.events.size(), 28u);
  EXPECT_EQ(instruments[listed.events[0].instrument].symbol, "BTC");
  EXPECT_EQ(named("BTC").step, qty("0.00001"));
  const auto sample = venues::fixture::wire_file("hyperliquid/nautilus-http_meta_perp_sample");
  ASSERT_TRUE(sample);
  EXPECT_EQ(decode((*sample)[0].raw.bytes).events.size(), 3u);
  EXPECT_EQ(named("ETH").step, qty("0.0001"));
  EXPECT_EQ(named("ATOM").base, "ATOM");
  const auto candles = venues::fixture::wire_file("hyperliquid/rest-info-candleSnapshot");
  ASSERT_TRUE(candles);
  const auto bars = decode((*candles)[0].raw.bytes);
  EXPECT_EQ(bars.events.size(), 24u);
  EXPECT_EQ(instruments[bars.events[0].instrument].symbol, "kPEPE");
  EXPECT_EQ(bars.all<Candle>()[0].to - bars.all<Candle>()[0].from, Duration::hours(1));
  const auto book = venues::fixture::wire_file("hyperliquid/nautilus-http_l2_book_btc");
  ASSERT_TRUE(book);
  const auto snapshot = decode((*book)[0].raw.bytes).all<BookSnapshot>();
  EXPECT_EQ(snapshot.at(0).bids.size(), 5u);
  EXPECT_EQ(snapshot.at(0).asks.size(), 5u);
  const auto dydx = venues::fixture::wire_file("hyperliquid/rest-info-l2Book");
  ASSERT_TRUE(dydx);
  EXPECT_EQ(instruments[decode((*dydx)[0].raw.bytes).events.at(0).instrument].symbol, "DYDX");
  const auto fills = venues::fixture::wire_file("hyperliquid/nautilus-ws_user_fill_liquidation");
  ASSERT_TRUE(fills);
  const auto forced = decode((*fills)[0].raw.bytes).all<Liquidation>();
  EXPECT_EQ(forced.at(0).position_side, PositionSide::short_side);  // a maker sold to it
}

TEST_F(Hyperliquid, EveryMessageHasOneEnding) {
  decode("Websocket connection established.");
  decode(R"({"channel":"pong"})");
  decode(R"({"channel":"subscriptionResponse","data":{"method":"subscribe"}})");
  decode(R"({"channel":"allMids","data":{"mids":{"BTC":"1"}}})");
  decode(R"({"channel":"novelty","data":[]})");
  decode("[]");
  EXPECT_EQ(decoder->counts().control, 3u);
  EXPECT_EQ(decoder->counts().no_event.at("allMids"), 1u);
  EXPECT_EQ(decoder->counts().no_event.at("empty list"), 1u);
  EXPECT_EQ(decoder->counts().unknown_channels.at("novelty"), 1u);
  EXPECT_EQ(venues::fixture::without_events(decoder->counts()), decoder->counts().messages);
  const std::pair<std::string, std::string_view> cases[] = {
      {R"({"channel":"l2Book","data":{"coin":"BTC","time":1,"levels":[[]]}})",
       "l2Book:levels: not two sides"},
      {R"({"channel":"l2Book","data":{"coin":"BTC","time":1,"levels":[[{"px":"1"}],[]]}})",
       "l2Book:sz: missing"},
      {R"({"channel":"l2Book","data":{"time":1,"levels":[[],[]]}})", "l2Book:coin: missing"},
      {R"({"channel":"trades","data":{}})", "trades:data: not a list"},
      {R"({"channel":"trades","data":[{"coin":"BTC","side":"C","px":"1","sz":"1",)"
       R"("time":1,"tid":1}]})",
       "trades:side: neither A nor B"},
      {R"({"channel":"bbo","data":{"coin":"BTC","time":"x","bbo":[]}})",
       "bbo:time: not a whole number"},
      {R"({"channel":"activeAssetCtx","data":{"coin":"BTC","ctx":{}}})",
       "activeAssetCtx:markPx: missing"},
      {R"({"channel":"trades"})", "trades:data: missing"},
      {R"(["meta",)", "not JSON: "},
  };
  for (const auto& [text, why] : cases) {
    const auto heard = decode(text);
    ASSERT_EQ(heard.undecoded.size(), 1u) << text;
    EXPECT_TRUE(heard.undecoded[0].why.text().starts_with(why))
        << text << " " << heard.undecoded[0].why.text();
  }
}

}  // namespace
}  // namespace delever::venues::hyperliquid
