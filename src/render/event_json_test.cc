#include "render/event_json.h"
#include "market/exact_testing.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace delever::render {
namespace {

const std::vector<Source> kSources = {{"binance:depth", "binance", "depth"}};
constexpr Instant kAt = Instant::ns(1769760000'123'000'000);

WideQty qty(const char* text) { return WideQty::parse(text).value(); }

std::string line_of(EventPayload payload) {
  Instruments instruments;
  const InstrumentId id = instruments.add({.venue = "binance",
                                           .symbol = "BTCUSDT",
                                           .kind = InstrumentKind::linear,
                                           .base = "BTC",
                                           .quote = "USDT",
                                           .settle = "USDT"});
  Event event;
  event.instrument = id;
  event.at = kAt;
  event.received = kAt + Duration::ns(1);
  event.payload = std::move(payload);
  TextBuffer out;
  put_event_json(out, event, instruments, kSources);
  return std::string(out.view());
}

// Behind what every event says of itself.
std::string said(const std::string& kind, const std::string& rest) {
  return R"({"event":")" + kind +
         R"(","venue":"binance","symbol":"BTCUSDT","instrument":"BTC-USDT-PERP",)"
         R"("at":"2026-01-30T08:00:00.123Z","received":"2026-01-30T08:00:00.123000001Z",)"
         R"("source":"binance:depth")" +
         rest + "}";
}

TEST(EventJson, TradesSayWhatTheyHave) {
  Trade trade;
  trade.price = price("84123.10");
  trade.qty = qty("0.25");
  trade.taker_side = Side::sell;
  EXPECT_EQ(line_of(trade),
            said("trade", R"(,"price":"84123.1","qty":"0.25","taker_side":"sell")"));
  trade.id = "7";
  trade.index_price = price("-0.0000000001");
  trade.aggregated = trade.block = true;
  EXPECT_EQ(line_of(trade),
            said("trade", R"(,"price":"84123.1","qty":"0.25","taker_side":"sell","id":"7",)"
                          R"("index_price":"-0.0000000001","aggregated":true,"block":true)"));
}

TEST(EventJson, BooksKeepTheirOrderAndTheirNumbers) {
  BookDelta delta;
  EXPECT_EQ(line_of(delta), said("book_delta", R"(,"bids":[],"asks":[])"));
  delta.bids = {{price("2"), qty("150000000000.5")}, {price("1.5"), qty("0")}};
  delta.sequence.first = 5;
  delta.sequence.last = 9;
  delta.sequence.previous = 0;
  delta.sequence.checksum = -77;
  EXPECT_EQ(line_of(delta),
            said("book_delta", R"(,"bids":[["2","150000000000.5"],["1.5","0"]],"asks":[],)"
                               R"("first_id":5,"last_id":9,"previous_id":0,"checksum":-77)"));
}

TEST(EventJson, NumbersThatAreNoneAreNull) {
  LiquidationTotal total;
  total.from = Instant();
  total.to = kAt;
  total.long_usd = 1e21;
  total.short_usd = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(
      line_of(total),
      said("liquidation_total", R"(,"from":"1970-01-01T00:00:00Z","to":"2026-01-30T08:00:00.123Z",)"
                                R"("long_usd":1e+21,"short_usd":null,"feed":"aggregated")"));
}

TEST(EventJson, AGapOfAStreamHasNoInstrument) {
  Event event;
  event.instrument = kNoInstrument;
  event.source = 9;
  event.payload = Gap{.from = kAt, .to = kAt, .reason = "a \"bad\"\nday", .kind = GapKind::damage};
  TextBuffer out;
  put_event_json(out, event, Instruments(), kSources);
  EXPECT_EQ(out.view(),
            R"({"event":"gap","at":"1970-01-01T00:00:00Z","received":"1970-01-01T00:00:00Z",)"
            R"("kind":"damage","from":"2026-01-30T08:00:00.123Z","to":"2026-01-30T08:00:00.123Z",)"
            R"("reason":"a \"bad\"\nday"})");
}

// Whatever the texts hold, each kind is one object on one line.
// What is kept of the table is made anew when an instrument gets another description.
TEST(EventJson, KeptNamesFollowTheTable) {
  Instruments instruments;
  std::vector<Source> sources = kSources;
  EventJson kept(instruments, sources);
  const auto same = [&](InstrumentId instrument, SourceId source) {
    Event event;
    event.instrument = instrument;
    event.source = source;
    event.payload = MarkPrice{price("1")};
    TextBuffer fast, plain;
    kept.put(fast, event);
    put_event_json(plain, event, instruments, sources);
    EXPECT_EQ(fast.view(), plain.view());
    return std::string(fast.view());
  };
  Instrument coin{.venue = "okx", .symbol = "X", .kind = InstrumentKind::inverse};
  same(kNoInstrument, 0);
  const InstrumentId id = instruments.add(coin);
  const std::string before = same(id, 0);
  EXPECT_EQ(same(id, 0), before);
  coin.base = "BTC";
  instruments.add(coin);
  EXPECT_NE(same(id, 0), before);
  sources.push_back({"okx:mark", "okx", "mark"});
  EXPECT_NE(same(id, 1), same(id, 0));
  coin.symbol = "a \"quoted\" one";
  same(instruments.add(coin), 1);
}

TEST(EventJson, EveryKindIsOneLineOfJson) {
  const std::string strange = std::string("\xff\x01\"\\\n", 5) + "\xe2\x82\xac";
  OptionQuote option;
  option.underlying = strange;
  option.greeks.delta = -0.5;
  option.coin_greeks = std::make_shared<const Greeks>(Greeks{.vega = 1e-300});
  Liquidation forced;
  forced.id = strange;
  OpenInterest interest;
  interest.contracts = qty("1");
  Candle candle;
  candle.volume = 3;
  VolIndex index{.index = strange, .value = 0.5};
  Holding holding;
  holding.holder = strange;
  PublishedFigure figure;
  figure.metric = figure.url = strange;
  const std::vector<EventPayload> all = {Trade{},
                                         Quote{},
                                         BookSnapshot{},
                                         BookDelta{},
                                         forced,
                                         LiquidationTotal{},
                                         FundingRate{},
                                         MarkPrice{},
                                         IndexPrice{},
                                         interest,
                                         option,
                                         InstrumentListed{strange},
                                         candle,
                                         index,
                                         holding,
                                         figure,
                                         Gap{.reason = strange}};
  ASSERT_EQ(all.size(), std::variant_size_v<EventPayload>);
  for (const EventPayload& payload : all) {
    const std::string line = line_of(payload);
    EXPECT_EQ(line.find('\n'), line.npos);
    const auto read = nlohmann::json::parse(line, nullptr, false);
    ASSERT_TRUE(read.is_object()) << line;
    EXPECT_EQ(read["event"], payload_name(payload));
    EXPECT_EQ(read["instrument"], "BTC-USDT-PERP");
  }
}

TEST(TextBuffer, WritesWhatTextSays) {
  uint64_t state = 88172645463325252;
  for (int i = 0; i < 20'000; ++i) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    const auto units = static_cast<int64_t>(state) >> (state % 64);
    const WideQty wide = WideQty::raw(static_cast<Wide>(units) * (i % 3 == 0 ? 97 : 1));
    const Instant time = Instant::ns(units / 4);  // within the years that parse
    TextBuffer out;
    out.put(Price::raw(units));
    out.put(' ');
    out.put(wide);
    out.put(' ');
    out.put(time);
    ASSERT_EQ(out.view(), Price::raw(units).text() + " " + wide.text() + " " + time.text());
    ASSERT_EQ(Price::parse(Price::raw(units).text()).value().raw(), units);
    ASSERT_TRUE(WideQty::parse(wide.text()).value() == wide) << wide.text();
    ASSERT_EQ(Instant::parse(time.text()).value(), time);
  }
}

}  // namespace
}  // namespace delever::render
