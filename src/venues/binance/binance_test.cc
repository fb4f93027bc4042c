#include "venues/binance/binance.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "codec/channels.h"
#include "venues/registry.h"
#include "venues/wire_testing.h"

namespace delever::venues::binance {
namespace {

class Binance : public ::testing::Test {
 protected:
  // One message through a fresh decoder of that name; instruments live on.
  venues::fixture::Collected decode(std::string_view name, std::string_view text,
                                    const codec::StreamSettings& settings = {}) {
    decoder = std::move(make_decoder(name, settings, instruments, 1)).value();
    venues::fixture::Collected sink;
    venues::fixture::decode_text(*decoder, text, sink, Instant::ns(1'800'000'000'000'000'000));
    return sink;
  }
  const Instrument& of(const venues::fixture::Collected& sink, size_t i = 0) {
    return instruments[sink.events.at(i).instrument];
  }
  std::string why(const venues::fixture::Collected& sink) {
    return sink.undecoded.empty() ? "decoded" : sink.undecoded[0].why.text();
  }
  Instruments instruments;
  std::unique_ptr<codec::Decoder> decoder;
};

constexpr std::string_view kTrade =
    R"({"e":"aggTrade","E":1769760000002,"a":7,"s":"BTCUSDT","p":"84250.00","q":"0.250","f":1,)"
    R"("l":2,)"
    R"("T":1769760000000,"m":true})";
constexpr std::string_view kDepth =
    R"({"e":"depthUpdate","E":2,"T":1,"s":"BTCUSDT","U":5,"u":9,"pu":4,"b":[["84250.10","1.000"],)"
    R"(["84250.00",)"
    R"("0.000"]],"a":[["84251.00","2"]]})";
constexpr std::string_view kForce =
    R"({"e":"forceOrder","E":2,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.190",)"
    R"("p":"82338.30",)"
    R"("ap":"82651.90","X":"FILLED","l":"0.155","z":"0.190","T":1}})";

TEST_F(Binance, SymbolsOfEveryMarket) {
  const auto name = [](BinanceMarket market, std::string_view symbol) {
    return binance_instrument(market, symbol).name();
  };
  EXPECT_EQ(name(BinanceMarket::usdm, "BTCUSDT"), "BTC-USDT-PERP");
  EXPECT_EQ(name(BinanceMarket::usdm, "BTCUSDT_240329"), "BTC-USDT-240329");
  EXPECT_EQ(name(BinanceMarket::usdm, "BTCBUSD_210129"), "BTC-BUSD-210129");
  EXPECT_EQ(name(BinanceMarket::usdm, "ETHBTC"), "ETH-BTC-PERP");
  EXPECT_EQ(name(BinanceMarket::usdm, "1000SHIBUSDC"), "1000SHIB-USDC-PERP");
  EXPECT_EQ(name(BinanceMarket::coinm, "BTCUSD_PERP"), "BTC-USD-PERP@BTC");
  EXPECT_EQ(name(BinanceMarket::coinm, "ETHUSD_210924"), "ETH-USD-210924@ETH");
  // COIN-M is quoted in dollars, whatever the letters before them.
  EXPECT_EQ(name(BinanceMarket::coinm, "BNBUSD_PERP"), "BNB-USD-PERP@BNB");
  EXPECT_EQ(name(BinanceMarket::coinm, "DOTUSD_210625"), "DOT-USD-210625@DOT");
  EXPECT_EQ(binance_index(BinanceMarket::coinm, "BNBUSD").name(), "BNB-USD-INDEX");
  EXPECT_EQ(binance_index(BinanceMarket::usdm, "BNBBUSD").name(), "BNB-BUSD-INDEX");
  EXPECT_EQ(name(BinanceMarket::spot, "BNBBTC"), "BNB-BTC");
  EXPECT_EQ(name(BinanceMarket::spot, "ETHFDUSD"), "ETH-FDUSD");
  // A quote that is not known makes another coin of it: BTCRON would be no price of BTC, unsaid.
  for (const char* quote : {"USDT", "USDC", "FDUSD", "TUSD", "RLUSD", "EUR", "EURI", "TRY", "BRL",
                            "JPY",  "MXN",  "PLN",   "RON",  "CZK",   "COP", "ARS",  "ZAR", "UAH",
                            "IDR",  "IDRT", "BIDR",  "BTC",  "ETH",   "BNB", "DAI",  "DOGE"})
    EXPECT_EQ(name(BinanceMarket::spot, std::string("SUI") + quote), std::string("SUI-") + quote);
  EXPECT_EQ(name(BinanceMarket::eoptions, "BTC-240927-60000-C"), "BTC-USDT-240927-60000-C");
  EXPECT_EQ(name(BinanceMarket::eoptions, "DOGE-231006-0.06-P"), "DOGE-USDT-231006-0.06-P");
  EXPECT_EQ(binance_instrument(BinanceMarket::coinm, "BTCUSD_PERP").contract_size->text(), "100");
  EXPECT_EQ(binance_instrument(BinanceMarket::coinm, "ETHUSD_PERP").contract_size->text(), "10");
  EXPECT_EQ(binance_instrument(BinanceMarket::usdm, "ETHUSDT").contract_size->text(), "1");
  const auto option = [](const char* symbol) {
    const auto size = binance_instrument(BinanceMarket::eoptions, symbol).contract_size;
    return size ? size->text() : std::string("unknown");
  };
  EXPECT_EQ(option("SOL-260227-200-C"), "1");
  EXPECT_EQ(option("XRP-260227-2.5-P"), "100");
  EXPECT_EQ(option("DOGE-260227-0.2-C"), "1000");
  EXPECT_EQ(option("ADA-260227-1-C"), "unknown");
  const Instrument odd = binance_instrument(BinanceMarket::usdm, "???");
  EXPECT_EQ(odd.base, "???");
  EXPECT_EQ(odd.quote, "");
  EXPECT_FALSE(binance_instrument(BinanceMarket::usdm, "BTCUSDT_249999").expiry);
  EXPECT_FALSE(binance_instrument(BinanceMarket::eoptions, "BTC-1-x-Q").strike);
}

TEST_F(Binance, OneSymbolThreeInstruments) {
  const auto linear = decode("binance-usdm", kTrade), spot = decode("binance-spot", kTrade);
  const auto index =
      decode("binance-eoptions", R"({"e":"index","E":5,"s":"BTCUSDT","p":"26963.13461538"})");
  EXPECT_EQ(of(linear).kind, InstrumentKind::linear);
  EXPECT_EQ(of(spot).kind, InstrumentKind::spot);
  EXPECT_EQ(of(index).kind, InstrumentKind::index);
  EXPECT_EQ(instruments.size(), 3u);
  EXPECT_EQ(instruments.find("binance", "BTCUSDT"), linear.events[0].instrument);
  EXPECT_EQ(instruments.find("binance", "BTCUSDT", InstrumentKind::spot),
            spot.events[0].instrument);
}

// The same message with blanks, other key order, unquoted numbers and unknown fields says the same.
TEST_F(Binance, WrittenInOtherWays) {
  const auto plain = decode("binance-usdm", kDepth);
  ASSERT_EQ(plain.events.size(), 1u);
  const auto& want = std::get<BookDelta>(plain.events[0].payload);
  EXPECT_EQ(want.bids[1].qty, Qty());
  EXPECT_EQ(want.bids[0].price_digits, 2);
  EXPECT_EQ(want.asks[0].qty_digits, 0);
  for (const std::string_view other : {
           R"({ "e": "depthUpdate", "E": 2, "T": 1, "s": "BTCUSDT", "U": 5, "u": 9, "pu": 4, "b": )"
           R"([ ["84250.10",)"
           R"( "1.000"], ["84250.00","0.000"] ], "a": [["84251.00","2"]] })",
           R"({"a":[["84251.00","2","0"]],"b":[["84250.10","1.000"],["84250.00","0.000"]],)"
           R"("new":{"x":[1]},"pu":4,)"
           R"("u":9,"U":5,"s":"BTCUSDT","T":1,"E":2,"e":"depthUpdate"})",
           R"({"e":"depthUpdate","E":"2","T":"1","s":"BTCUSDT","U":5,"u":9,"pu":4,"b":[[84250.10,)"
           R"(1.000],[84250.00,)"
           R"(0.000]],"a":[[84251.00,2]]})",
           R"({"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":2,"T":1,"s":"BTCUSDT",)"
           R"("U":5,"u":9,)"
           R"("pu":4,"b":[["84250.10","1.000"],["84250.00","0.000"]],"a":[["84251.00","2"]]}})",
           R"({"generated":true,"data":{"e":"depthUpdate","E":2,"T":1,"s":"BTCUSDT","U":5,"u":9,)"
           R"("pu":4,)"
           R"("b":[["84250.10","1.000"],["84250.00","0.000"]],"a":[["84251.00","2"]]},)"
           R"("stream":"btcusdt@depth"})",
       }) {
    const auto sink = decode("binance-usdm", other);
    ASSERT_EQ(sink.events.size(), 1u) << other << " " << why(sink);
    EXPECT_EQ(sink.events[0].at, plain.events[0].at);
    const auto& found = std::get<BookDelta>(sink.events[0].payload);
    EXPECT_EQ(found.sequence.previous, 4u);
    ASSERT_EQ(found.bids.size(), 2u);
    for (size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(found.bids[i].price, want.bids[i].price);
      EXPECT_EQ(found.bids[i].qty, want.bids[i].qty);
      EXPECT_EQ(found.bids[i].price_digits, want.bids[i].price_digits);
    }
    EXPECT_EQ(found.asks[0].qty, want.asks[0].qty);
  }
}

// A recorder that writes JSON anew may escape what the venue sends as it is.
TEST_F(Binance, ASymbolBeyondAscii) {
  const auto mark = [&](const std::string& symbol) {
    return decode("binance-usdm", R"({"e":"markPriceUpdate","E":5,"s":")" + symbol +
                                      R"(USDT","p":"0.5","i":"0.5","r":"0.0001","T":28800000})");
  };
  const auto plain = mark("\xE5\xB8\x81\xE5\xAE\x89"), escaped = mark(R"(\u5e01\u5B89)");
  ASSERT_EQ(plain.events.size(), 3u) << why(plain);
  ASSERT_EQ(escaped.events.size(), 3u) << why(escaped);
  EXPECT_EQ(of(plain).base, "\xE5\xB8\x81\xE5\xAE\x89");
  EXPECT_EQ(of(escaped).symbol, of(plain).symbol);
}

// Spot's streams and answers tell microseconds to whoever asked for them.
TEST_F(Binance, TimesInMicroseconds) {
  const auto trade = decode(
      "binance-spot", R"({"e":"trade","E":1769731200000123,"s":"BTCUSDT","t":7,"p":"84000.1",)"
                      R"("q":"0.1","T":1769731200000101,"m":true,"M":true})");
  ASSERT_EQ(trade.events.size(), 1u) << why(trade);
  EXPECT_EQ(trade.events[0].at, Instant::from_us(1'769'731'200'000'101).value());
  const auto bar =
      decode("binance-spot",
             R"({"e":"kline","E":1769731260000123,"s":"BTCUSDT","k":{"t":1769731200000000,)"
             R"("T":1769731259999999,"s":"BTCUSDT","i":"1m","o":"1","c":"1","h":"1",)"
             R"("l":"1","v":"3","x":true}})");
  ASSERT_EQ(bar.events.size(), 1u) << why(bar);
  const auto& candle = std::get<Candle>(bar.events[0].payload);
  EXPECT_EQ(candle.to - candle.from, Duration::minutes(1));
  EXPECT_TRUE(decode("binance-usdm", R"({"e":"trade","E":1769731200000123,"s":"BTCUSDT","t":7,)"
                                     R"("p":"84000.1","q":"0.1","T":1769731200000101,"m":true,)"
                                     R"("X":"MARKET"})")
                  .events.empty());
}

TEST_F(Binance, SaysWhyAMessageWasNotDecoded) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "blank"},
      {"ping", "neither an object nor a list"},
      {R"({"e":"aggTrade","s":"BTCUSDT","q":"1","T":1,"m":true})", "aggTrade:p: missing"},
      {R"({"e":"aggTrade","s":"BTCUSDT","p":"x","q":"1","T":1,"m":true})",
       "aggTrade:p: \"x\" is not a number"},
      {R"({"e":"aggTrade","s":"BTCUSDT","p":null,"q":"1","T":1,"m":true})", "aggTrade:p: null"},
      {R"({"e":"aggTrade","s":"BTCUSDT","p":"1","q":"0.123456789","T":1,"m":true})",
       "aggTrade:q: \"0.123456789\" is finer than 1e-8"},
      {R"({"e":"aggTrade","s":"BTCUSDT","p":"99999999999","q":"1","T":1,"m":true})",
       "aggTrade:p: \"99999999999\" is beyond the range of its unit"},
      {R"({"e":"aggTrade","s":"BTCUSDT","p":"1","q":"1","T":1,"m":"yes"})",
       "aggTrade:m: not true or false"},
      {R"({"e":"aggTrade","s":"BTCUSDT","p":"1","q":"1","T":1.5,"m":true})",
       "aggTrade:T: not a whole number"},
      {R"({"e":"aggTrade","s":"BTCUSDT","p":"1","q":"1","T":99999999999999999,"m":true})",
       "aggTrade:T: beyond the years 1677 to 2262"},
      {R"({"e":"depthUpdate","s":"BTCUSDT","U":1,"u":2,"b":{},"a":[]})",
       "depthUpdate:b: not a list"},
      {R"({"e":"depthUpdate","s":"BTCUSDT","U":1,"u":2,"b":[["1"]],"a":[]})",
       "depthUpdate:b: a level lacks its quantity"},
      {R"({"e":"depthUpdate","s":"BTCUSDT","U":1,"u":2,"b":[["1","-1"]],"a":[]})",
       "depthUpdate:b: a level has a negative quantity"},
      {R"({"e":"depthUpdate","s":"BTCUSDT","U":1,"u":-2,"b":[],"a":[]})",
       "depthUpdate:u: negative"},
      {R"({"e":"depthUpdate","s":"BTCUSDT","U":1,"b":[],"a":[]})", "depthUpdate:u: missing"},
      {R"({"e":"forceOrder","E":1})", "forceOrder:o: missing"},
      {R"({"e":"forceOrder","o":{"s":"B","S":"HOLD","q":"1","p":"1","T":1}})",
       "forceOrder:o.S: missing"},
      {R"({"lastUpdateId":5,"bids":[],"asks":[]})",
       "depth:symbol: names no symbol, and neither do the settings"},
      {R"({"code":-1121,"msg":"Invalid symbol."})", "the venue refuses: -1121 Invalid symbol."},
      {R"([[1,"2","3","1","2","9",5]])", "list:request: rows that only their request explains"},
      {R"({"stream":"x@trade"})", "data: missing"},
  };
  for (const auto& [text, want] : cases) {
    const auto sink = decode("binance-usdm", text);
    EXPECT_TRUE(sink.events.empty()) << text;
    EXPECT_EQ(why(sink), want) << text;
    EXPECT_EQ(decoder->counts().undecoded.size(), 1u);
  }
}

TEST_F(Binance, OneMessageOnly) {
  const std::string twice = std::string(kTrade) + std::string(kTrade);
  EXPECT_TRUE(decode("binance-usdm", twice).events.empty());
  EXPECT_TRUE(decode("binance-usdm", std::string(kTrade) + "]").events.empty());
  EXPECT_TRUE(decode("binance-usdm", std::string(kDepth) + " 7").events.empty());
  EXPECT_EQ(decode("binance-usdm", std::string(kTrade) + " \n").events.size(), 1u);
  EXPECT_TRUE(decode("binance-usdm", R"({"e":"24hrTicker","x":[}})").events.empty());
}

// Events of a message that turns out to be broken half way are not sent.
TEST_F(Binance, AllOrNothing) {
  const auto sink = decode(
      "binance-usdm", R"([{"e":"markPriceUpdate","E":1,"s":"BTCUSDT","p":"1","i":"2","r":"0.1",)"
                      R"("T":3},)"
                      R"({"e":"markPriceUpdate","E":1,"s":"ETHUSDT","p":"oops"}])");
  EXPECT_TRUE(sink.events.empty());
  EXPECT_EQ(why(sink), "markPriceUpdate:p: \"oops\" is not a number");
  const auto good = decode(
      "binance-usdm", R"([{"e":"markPriceUpdate","E":1,"s":"BTCUSDT","p":"1","i":"2","r":"0.1",)"
                      R"("T":3},)"
                      R"({"e":"markPriceUpdate","E":1,"s":"ETHUSDT","p":"4"}])");
  EXPECT_EQ(good.events.size(), 4u);
  EXPECT_EQ(decoder->counts().events, 4u);
}

TEST_F(Binance, EveryPrefixAndManyDamagesEndInOneCount) {
  Random random(11, {});
  for (const std::string_view whole : {kTrade, kDepth, kForce}) {
    for (size_t n = 0; n < whole.size(); ++n) {
      const auto sink = decode("binance-usdm", whole.substr(0, n));
      EXPECT_TRUE(sink.events.empty()) << whole.substr(0, n);
      EXPECT_EQ(sink.undecoded.size(), 1u) << whole.substr(0, n);
    }
    for (int i = 0; i < 3000; ++i) {
      std::string text(whole);
      for (uint64_t k = 1 + random.below(3); k > 0; --k)
        text[random.below(text.size())] = "{}[]\",:.0x-\\e"[random.below(13)];
      const auto sink = decode("binance-usdm", text);
      EXPECT_EQ(venues::fixture::without_events(decoder->counts()), sink.events.empty() ? 1u : 0u)
          << text;
    }
  }
}

TEST_F(Binance, UnknownChannelsAreToleratedAndCounted) {
  EXPECT_TRUE(decode("binance-usdm", R"({"e":"moonPhase","E":1})").undecoded.empty());
  EXPECT_EQ(decoder->counts().unknown_channels.at("moonPhase"), 1u);
  decode("binance-usdm", R"({"what":1})");
  EXPECT_EQ(decoder->counts().unknown_channels.size(), 1u);
  decode("binance-usdm", R"({"result":null,"id":1})");
  EXPECT_EQ(decoder->counts().control, 1u);
  decode(
      "binance-spot",
      R"({"stream":"btcusdt@rpiDepth@500ms","data":{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,)"
      R"("u":2,"b":[],"a":[]}})");
  EXPECT_EQ(decoder->counts().no_event.at("rpiDepth"), 1u);
  venues::fixture::Collected sink;  // names from the wire do not fill the memory
  for (int i = 0; i < 1000; ++i)
    venues::fixture::decode_text(*decoder, R"({"e":"x)" + std::to_string(i) + R"("})", sink);
  EXPECT_LE(decoder->counts().unknown_channels.size(), 257u);
  EXPECT_EQ(decoder->counts().unknown_channels.at("(others)"), 744u);
}

TEST_F(Binance, TradesOutsideTheMarketAreNotTrades) {
  const auto text = [](std::string_view role) {
    return R"({"e":"trade","E":2,"T":1,"s":"ETCUSDT","t":84242137,"p":"852.722","q":"0.05","X":")" +
           std::string(role) + R"(","m":true})";
  };
  EXPECT_EQ(decode("binance-usdm", text("MARKET")).events.size(), 1u);
  EXPECT_TRUE(decode("binance-usdm", text("ADL")).events.empty());
  EXPECT_EQ(decoder->counts().no_event.at("trade outside the market"), 1u);
}

TEST_F(Binance, FundingIntervalsAreTheListingsAndNeverARates) {
  const auto info =
      decode("binance-usdm", R"([{"symbol":"LPTUSDT","adjustedFundingRateCap":"0.02",)"
                             R"("fundingIntervalHours":4}])");
  ASSERT_EQ(info.events.size(), 1u);
  EXPECT_EQ(of(info).funding_interval, Duration::hours(4));
  const auto mark =
      decode("binance-usdm", R"({"e":"markPriceUpdate","E":1,"s":"LPTUSDT","p":"1","r":"0.0001",)"
                             R"("T":14400000})");
  EXPECT_FALSE(mark.all<FundingRate>().at(0).interval) << "else the order of the two would matter";
  EXPECT_EQ(of(mark).funding_interval, Duration::hours(4));
  EXPECT_EQ(why(decode("binance-usdm", R"([{"symbol":"LPTUSDT","fundingIntervalHours":0}])")),
            "fundingInfo:fundingIntervalHours: not an interval");
}

TEST_F(Binance, ExchangeInfoDescribesInstruments) {
  const auto sink = decode(
      "binance-coinm",
      R"({"serverTime":9,"symbols":[{"symbol":"BTCUSD_260327","contractType":"CURRENT_QUARTER",)"
      R"("deliveryDate":1774598400000,)"
      R"("contractStatus":"TRADING","contractSize":100,"marginAsset":"BTC","baseAsset":"BTC",)"
      R"("quoteAsset":"USD",)"
      R"("filters":[{"filterType":"PRICE_FILTER","tickSize":"0.1"},{"filterType":"LOT_SIZE",)"
      R"("stepSize":"1"}]}]})");
  ASSERT_EQ(sink.events.size(), 1u) << why(sink);
  const Instrument& listed = of(sink);
  EXPECT_EQ(listed.name(), "BTC-USD-260327@BTC");
  EXPECT_EQ(listed.expiry->text(), "2026-03-27T08:00:00Z");
  EXPECT_EQ(listed.contract_size->text(), "100");
  EXPECT_EQ(listed.tick->text(), "0.1");
  EXPECT_EQ(listed.step->text(), "1");
  EXPECT_EQ(std::get<InstrumentListed>(sink.events[0].payload).status, "TRADING");
  const auto option = decode(
      "binance-eoptions", R"({"serverTime":9,"optionSymbols":[{"expiryDate":1774598400000,)"
                          R"("symbol":"BTC-260327-90000-P","side":"PUT",)"
                          R"("strikePrice":"90000","unit":1,"quoteAsset":"USDT","filters":[]}]})");
  EXPECT_EQ(of(option).name(), "BTC-USDT-260327-90000-P");
  EXPECT_EQ(of(option).contract_size->text(), "1");
}

TEST_F(Binance, APerpetualIsNotDelivered) {
  const auto listed = [&](const char* type, const char* delivery) {
    const auto sink = decode(
        "binance-usdm",
        fmt::format(R"({{"serverTime":9,"symbols":[{{"symbol":"LTCUSDT","contractType":"{}",)"
                    R"("deliveryDate":{},)"
                    R"("status":"TRADING","baseAsset":"LTC","quoteAsset":"USDT","filters":[]}}]}})",
                    type, delivery));
    return of(sink).expiry.has_value();
  };
  EXPECT_FALSE(listed("", "4133404801000"));  // some day of the year 2100
  EXPECT_FALSE(listed("PERPETUAL", "4102444800000"));
  EXPECT_FALSE(listed("PERPETUAL", "1774598400000"));
  EXPECT_TRUE(listed("CURRENT_QUARTER", "1774598400000"));
}

TEST_F(Binance, ADescriptionKeepsTheIntervalThatCameBeforeIt) {
  decode("binance-usdm", R"([{"symbol":"LTCUSDT","fundingIntervalHours":2}])");
  const auto sink =
      decode("binance-usdm",
             R"({"serverTime":9,"symbols":[{"symbol":"LTCUSDT","contractType":"PERPETUAL",)"
             R"("status":"TRADING",)"
             R"("baseAsset":"LTC","quoteAsset":"USDT","filters":[]}]})");
  EXPECT_EQ(of(sink).funding_interval, Duration::hours(2));
}

TEST_F(Binance, WhoseADepthSnapshotIs) {
  constexpr std::string_view rest = R"({"lastUpdateId":5,"bids":[["1","2"]],"asks":[["3","4"]]})";
  EXPECT_EQ(of(decode("binance-spot", rest, {{"symbol", "ETHBTC"}})).name(), "ETH-BTC");
  EXPECT_EQ(
      of(decode("binance-spot", rest, {{"request", "/api/v3/depth?symbol=BNBBTC&limit=5"}})).name(),
      "BNB-BTC");
  const codec::StreamSettings whole_url{
      {"request", "https://fapi.binance.com/fapi/v1/depth?symbol=XUSDT&limit=1000"}};
  EXPECT_EQ(of(decode("binance-usdm", rest, whole_url)).name(), "X-USDT-PERP");
  const auto partial = decode(
      "binance-spot", R"({"stream":"ethbtc@depth20@100ms","data":)" + std::string(rest) + "}");
  EXPECT_EQ(of(partial).name(), "ETH-BTC");
  EXPECT_EQ(partial.all<BookSnapshot>().at(0).depth, 20u);
  // Among a stream's own messages: the only symbol of its depth channel, and no guess when there
  // are two.
  venues::fixture::Collected sink;
  decode("binance-usdm", kDepth);
  venues::fixture::decode_text(*decoder, rest, sink);
  ASSERT_EQ(sink.events.size(), 1u);
  EXPECT_EQ(of(sink).symbol, "BTCUSDT");
  EXPECT_FALSE(sink.all<BookSnapshot>().at(0).depth);
  std::string second(kDepth);
  second.replace(second.find("BTCUSDT"), 7, "ETHUSDT");
  venues::fixture::decode_text(*decoder, second, sink);
  venues::fixture::decode_text(*decoder, rest, sink);
  EXPECT_EQ(sink.undecoded.size(), 1u);
}

TEST_F(Binance, OptionSidesThatAreEmptyAreMissing) {
  const auto sink = decode(
      "binance-eoptions",
      R"({"stream":"xrpusdt@optionMarkPrice","data":[{"s":"XRP-251219-2.05-P","mp":"19.0314",)"
      R"("E":1765983420260,)"
      R"("e":"markPrice",)"
      R"("i":"1.96239445","bo":"0.0000","ao":"20.5","bq":"0.00","aq":"3.00","b":"-1.0","a":"1.5",)"
      R"("vo":"2.6",)"
      R"("rf":"0.0",)"
      R"("d":"-0.5","t":"-0.04","g":"1.1","v":"0.0005"}]})");
  ASSERT_EQ(sink.events.size(), 1u) << why(sink);
  const auto& q = std::get<OptionQuote>(sink.events[0].payload);
  EXPECT_FALSE(q.bid_price || q.bid_qty || q.bid_iv);
  EXPECT_EQ(q.ask_price->text(), "20.5");
  EXPECT_EQ(q.ask_iv, 1.5);
  EXPECT_EQ(q.underlying, "XRPUSDT");
  EXPECT_EQ(q.greeks.delta, -0.5);
}

TEST_F(Binance, RegistryNamesWhatItKnows) {
  const auto none = make_decoder("binance-moon", {}, instruments, 0);
  ASSERT_FALSE(none.has_value());
  EXPECT_NE(none.error().what.find("binance-usdm"), std::string::npos);
}

TEST(Channels, LiquidationFeedsByDate) {
  const auto day = [](const char* text) { return Instant::parse(text).value(); };
  EXPECT_EQ(codec::liquidation_feed("binance", "forceOrder", day("2026-01-30")),
            LiquidationFeed::latest_per_second);
  EXPECT_EQ(codec::liquidation_feed("bybit", "allLiquidation", day("2026-01-30")),
            LiquidationFeed::complete);
  EXPECT_EQ(codec::liquidation_feed("bybit", "liquidation", day("2024-08-05")),
            LiquidationFeed::at_most_one_per_second);
  EXPECT_EQ(codec::liquidation_feed("bybit", "liquidation", day("2026-01-30")),
            LiquidationFeed::unknown);
  EXPECT_EQ(codec::liquidation_feed("moon", "x", day("2026-01-30")), LiquidationFeed::unknown);
  for (const codec::LiquidationChannel& row : codec::liquidation_channels()) {
    EXPECT_FALSE(row.source.empty());
    EXPECT_FALSE(row.as_of.empty());
  }
}

}  // namespace
}  // namespace delever::venues::binance
