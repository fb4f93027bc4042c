// The forms that venues send since 2026, and facts that a decoder must not take for granted: which
// market a row belongs to, what is a refusal, what is not an instrument of the coin it is named
// after, what is left out of a message.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "codec/book.h"
#include "market/exact_testing.h"
#include "venues/registry.h"
#include "venues/wire_testing.h"

namespace delever::venues {
namespace {

using venues::fixture::Collected;

struct Stream {
  explicit Stream(std::string_view name, const codec::StreamSettings& settings = {})
      : decoder(std::move(make_decoder(name, settings, instruments, 3)).value()) {}
  Collected read(std::string_view text, Instant received = Instant::ns(1'791'000'500'000'000'000)) {
    Collected sink;
    venues::fixture::decode_text(*decoder, text, sink, received);
    return sink;
  }
  std::string why(std::string_view text) {
    const Collected sink = read(text);
    EXPECT_TRUE(sink.events.empty()) << text;
    return sink.undecoded.empty() ? "" : sink.undecoded[0].why.text();
  }
  const Instrument& of(const Collected& sink, size_t i = 0) {
    return instruments[sink.events.at(i).instrument];
  }
  Instruments instruments;
  std::unique_ptr<codec::Decoder> decoder;
};

// ---- Binance: one stream, two markets

TEST(MergedBinance, ForcedOrdersKeepTheirMarket) {
  constexpr std::string_view coin_margined =
      R"({"stream":"!forceOrder@arr","data":{"e":"forceOrder","E":1795000000500,)"
      R"("o":{"s":"BTCUSD_PERP","ps":"BTCUSD",)"
      R"("S":"BUY","o":"LIMIT","f":"IOC","q":"40","p":"50000.0","ap":"50002.5",)"
      R"("X":"FILLED","l":"40","z":"40",)"
      R"("T":1795000000400,"st":2}}})";
  constexpr std::string_view dollar_margined =
      R"({"stream":"!forceOrder@arr","data":{"e":"forceOrder","E":1795000000600,)"
      R"("o":{"s":"BTCUSDT","ps":"BTCUSDT",)"
      R"("S":"SELL","o":"LIMIT","f":"IOC","q":"0.4","p":"50000.0","ap":"50002.5",)"
      R"("X":"FILLED","l":"0.1","z":"0.4",)"
      R"("T":1795000000550,"st":1}}})";
  for (const char* name : {"binance-usdm", "binance-coinm"}) {
    Stream stream(name);
    const Collected heard = stream.read(coin_margined);
    ASSERT_EQ(heard.events.size(), 1u) << name;
    const Instrument& listed = stream.of(heard);
    EXPECT_EQ(listed.name(), "BTC-USD-PERP@BTC") << name;
    EXPECT_EQ(listed.kind, InstrumentKind::inverse);
    const auto forced = heard.all<Liquidation>().at(0);
    EXPECT_EQ(usd(listed, *forced.qty(), forced.price()), 4000.0);  // 40 contracts of 100 USD
  }
  Stream stream("binance-usdm");
  const Collected linear = stream.read(dollar_margined);
  EXPECT_EQ(stream.of(linear).name(), "BTC-USDT-PERP");
  EXPECT_EQ(linear.all<Liquidation>().at(0).filled_qty, qty("0.4"));
}

TEST(MergedBinance, MarksQuotesAndListingsKeepTheirMarket) {
  Stream stream("binance-usdm");
  const Collected marks =
      stream.read(R"({"stream":"!markPrice@arr@1s","data":[{"e":"markPriceUpdate",)"
                  R"("E":1795000001000,"s":"ETHUSD_PERP","p":"3000.5",)"
                  R"("i":"3000.1","r":"0.00010000","T":1795017600000,"st":2},)"
                  R"({"e":"markPriceUpdate","E":1795000001000,"s":"GONEUSDT",)"
                  R"("p":"0.2","i":"0.0","r":"0.00000000","T":0,"st":1}]})");
  ASSERT_EQ(marks.events.size(), 4u);
  EXPECT_EQ(stream.of(marks).name(), "ETH-USD-PERP@ETH");
  EXPECT_EQ(stream.of(marks).contract_size, qty("10"));
  EXPECT_EQ(marks.all<FundingRate>().size(), 1u) << "a delisted contract has none";
  const Collected quote =
      stream.read(R"({"stream":"!bookTicker","data":{"e":"bookTicker","u":5,"s":"BTCUSD_261225",)"
                  R"("ps":"BTCUSD","st":2,"b":"50000.1",)"
                  R"("B":"7","a":"50000.2","A":"9","T":1795000000474,"E":1795000000480}})");
  EXPECT_EQ(stream.of(quote).name(), "BTC-USD-261225@BTC");
  const Collected listed =
      stream.read(R"({"stream":"!contractInfo","data":{"e":"contractInfo","E":1795000000123,)"
                  R"("s":"SOLUSD_PERP","ps":"SOLUSD",)"
                  R"("ct":"PERPETUAL","dt":4133404800000,"cs":"TRADING","st":2}})");
  EXPECT_EQ(stream.of(listed).kind, InstrumentKind::inverse);
  Stream info("binance-usdm", {{"request", "/fapi/v1/fundingInfo"}});
  const Collected intervals =
      info.read(R"([{"symbol":"BTCUSD_PERP","fundingIntervalHours":8,"updateTime":null},)"
                R"({"symbol":"XRPUSDT","fundingIntervalHours":4,)"
                R"("updateTime":null}])");
  EXPECT_EQ(info.of(intervals, 0).kind, InstrumentKind::inverse);
  EXPECT_EQ(info.of(intervals, 1).funding_interval, Duration::hours(4));
}

TEST(BinanceSymbols, CoinMarginedContractsAreQuotedInDollars) {
  Stream stream("binance-coinm");
  const Collected forced =
      stream.read(R"({"e":"forceOrder","E":1795000000000,"o":{"s":"BNBUSD_PERP","S":"SELL",)"
                  R"("q":"31","p":"400","ap":"400","z":"31",)"
                  R"("T":1795000000000}})");
  EXPECT_EQ(stream.of(forced).name(), "BNB-USD-PERP@BNB");
  EXPECT_EQ(usd(stream.of(forced), qty("31"), price("400")), 310.0);
  const Collected index =
      stream.read(R"({"e":"indexPriceUpdate","E":1795000000000,"i":"BNBUSD","p":"401.5"})");
  EXPECT_EQ(stream.of(index).base, "BNB");
  EXPECT_EQ(stream.of(index).quote, "USD");
  Stream linear(
      "binance-usdm");  // BUSD was a coin: a pair of it on the other market is another one
  const Collected old = linear.read(
      R"({"e":"aggTrade","E":1,"s":"BNBBUSD","a":1,"p":"400","q":"1","T":1795000000000,"m":true})");
  EXPECT_EQ(linear.of(old).name(), "BNB-BUSD-PERP");
  const Collected crossed = linear.read(
      R"({"e":"aggTrade","E":1,"s":"ETHBTC","a":1,"p":"0.03","q":"1","T":1795000000000,"m":true})");
  EXPECT_EQ(linear.of(crossed).quote, "BTC") << "not dollars";
}

TEST(BinanceListings, PerpetualsEndNeverWhateverTheirDeliveryDateSays) {
  Stream stream("binance-usdm");
  for (const char* date : {"4133404800000", "4133404802000", "4110000000000"}) {
    const Collected heard =
        stream.read(std::string(R"({"serverTime":1795000000000,"symbols":[{"symbol":"ETHUSDT",)"
                                R"("contractType":"PERPETUAL","deliveryDate":)") +
                    date +
                    R"(,"status":"TRADING","baseAsset":"ETH","quoteAsset":"USDT",)"
                    R"("marginAsset":"USDT","filters":[]}]})");
    EXPECT_TRUE(stream.of(heard).is_perpetual()) << date;
  }
  const Collected stocks =
      stream.read(R"({"serverTime":1795000000000,"symbols":[{"symbol":"TSLAUSDT",)"
                  R"("contractType":"TRADIFI_PERPETUAL","deliveryDate":4133404802000,)"
                  R"("status":"TRADING","baseAsset":"TSLA","quoteAsset":"USDT",)"
                  R"("marginAsset":"USDT","filters":[]}]})");
  EXPECT_TRUE(stream.of(stocks).is_perpetual());
}

TEST(BinanceForms, BlockTradesShutdownsAndReferencePrices) {
  Stream spot("binance-spot");
  const Collected block =
      spot.read(R"({"stream":"ethusdt@blockTrade","data":{"e":"blockTrade","E":1795000003582,)"
                R"("s":"ETHUSDT","t":9,"p":"3000.05",)"
                R"("q":"120.5","T":1795000003321,"m":false}})");
  const auto trade = block.all<Trade>().at(0);
  EXPECT_TRUE(trade.block);
  EXPECT_EQ(trade.qty, qty("120.5"));
  EXPECT_EQ(trade.taker_side, Side::buy);
  spot.read(R"({"stream":"ethusdt@referencePrice","data":{"e":"referencePrice","s":"ETHUSDT",)"
            R"("r":null,"t":1795000003917}})");
  spot.read(R"({"e":"serverShutdown","E":1795000002000})");
  spot.read(R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1795000002000}})");
  EXPECT_EQ(spot.decoder->counts().no_event.at("referencePrice"), 1u);
  EXPECT_EQ(spot.decoder->counts().control, 2u);
  EXPECT_TRUE(spot.decoder->counts().unknown_channels.empty());
}

TEST(BinanceOptions, ListingsAndOpenInterestComeInMessagesOfTheirOwn) {
  Stream stream("binance-eoptions");
  const Collected listed = stream.read(
      R"({"stream":"!optionSymbol","data":{"e":"optionSymbol","E":1795000000123,)"
      R"("s":"ETH-270326-4000-P","ps":"ETHUSDT",)"
      R"("qa":"USDT","d":"PUT","sp":"4000","dt":1806048000000,"u":1,"ot":1790000000000,)"
      R"("cs":"TRADING"}})");
  EXPECT_EQ(listed.all<InstrumentListed>().at(0).status, "TRADING");
  EXPECT_EQ(stream.of(listed).option_type, OptionType::put);
  EXPECT_EQ(stream.of(listed).strike, price("4000"));
  EXPECT_EQ(stream.of(listed).contract_size, qty("1"));
  EXPECT_EQ(stream.of(listed).expiry, Instant::ns(1'806'048'000'000'000'000));
  const std::string mark =
      R"({"e":"markPrice","E":1795000001000,"s":"ETH-270326-4000-P","mp":"250",)"
      R"("i":"3800","bo":"240","ao":"260","bq":"1",)"
      R"("aq":"1","b":"0.5","a":"0.6","vo":"0.55","rf":"0.0","d":"-0.4","g":"0.0001",)"
      R"("v":"5","t":"-2"})";
  EXPECT_FALSE(stream.read(mark).all<OptionQuote>().at(0).open_interest);
  const Collected open = stream.read(
      R"({"e":"openInterest","E":1795000002000,"s":"ETH-270326-4000-P","o":"12","h":"0.0"})");
  EXPECT_EQ(open.all<OpenInterest>().at(0).contracts, qty("12"));
  EXPECT_FALSE(open.all<OpenInterest>().at(0).value_usd);
  EXPECT_EQ(stream.of(open).name(), stream.of(listed).name());
}

TEST(BinanceFunding, SeveralTypesOfRateInOneAnswerAreNotOneMean) {
  Stream stream("binance-usdm", {{"request", "/fapi/v1/fundingRate?symbol=SOLUSDT"}});
  const auto answer = [](std::string_view a, std::string_view b) {
    return std::string(R"([{"symbol":"SOLUSDT","fundingTime":1790928000000,"fundingRate":"0.0001",)"
                       R"("rateType":")")
        .append(a)
        .append(R"("},{"symbol":"SOLUSDT","fundingTime":1790956800000,"fundingRate":"0.0002",)"
                R"("rateType":")")
        .append(b)
        .append(R"("}])");
  };
  EXPECT_EQ(stream.read(answer("X", "X")).all<FundingRate>().size(), 2u);
  const Collected mixed = stream.read(answer("X", "Y"));
  EXPECT_TRUE(mixed.all<FundingRate>().empty());
  ASSERT_FALSE(mixed.undecoded.empty());
  EXPECT_EQ(mixed.undecoded[0].why.text(),
            "fundingRate:rateType: several types in one answer, and none is documented");
  // The types go out in both cases, so that a second answer of another type is told from the first.
  const auto told = mixed.all<PublishedFigure>();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].metric, "funding_rate_type");
  EXPECT_EQ(told[0].unit + told[1].unit, "XY");
  EXPECT_EQ(stream.read(answer("X", "X")).all<PublishedFigure>().size(), 2u);
  EXPECT_FALSE(stream.read(answer("X", "X")).all<FundingRate>().at(0).interval)
      << "the message does not say it";
}

// ---- Bybit

TEST(BybitForms, AnAcknowledgementThatNamesFailedTopicsIsARefusal) {
  Stream stream("bybit", {{"category", "option"}});
  EXPECT_EQ(
      stream.why(R"({"success":true,"conn_id":"x","data":{"failTopics":["tickers.ETH-1JAN31-1-P"],)"
                 R"("successTopics":[]},)"
                 R"("type":"COMMAND_RESP"})"),
      "acknowledgement: the venue refuses: tickers.ETH-1JAN31-1-P");
  stream.read(R"({"success":true,"data":{"failTopics":[],)"
              R"("successTopics":["tickers.ETH-25DEC26-4000-P"]},"type":"COMMAND_RESP"})");
  EXPECT_EQ(stream.decoder->counts().control, 1u);
}

struct Gaps final : EventSink {
  void on_event(const Event& event) override {
    if (const auto* gap = std::get_if<Gap>(&event.payload)) reasons.push_back(gap->reason);
  }
  std::vector<std::string> reasons;
};

TEST(BybitForms, TheFullBookIsFetchedAgainAfterAReset) {
  Stream stream("bybit", {{"category", "spot"}});
  Gaps gaps;
  codec::BookBuilder books(stream.instruments, gaps);
  InstrumentId id = 0;
  const auto take = [&](Collected heard) {
    for (const Event& event : heard.events) {
      id = event.instrument;
      books.on_event(event);
    }
  };
  const auto full = [](int update, std::string_view levels) {
    return std::string(R"({"topic":"orderbook.full.ETHUSDT","ts":1795000000)") +
           std::to_string(100 + update) + R"(,"type":"delta","data":{"s":"ETHUSDT",)" +
           std::string(levels) + R"(,"u":)" + std::to_string(update) +
           R"(,"seq":7},"cts":1795000000)" + std::to_string(100 + update) + "}";
  };
  take(stream.read(R"({"topic":"orderbook.50.ETHUSDT","type":"snapshot","ts":1795000000000,)"
                   R"("data":{"s":"ETHUSDT","b":[["3000.0","5"]],)"
                   R"("a":[["3000.1","6"]],"u":10,"seq":6},"cts":1795000000000})"));
  take(stream.read(full(1, R"("b":[],"a":[])")));
  take(stream.read(full(2, R"("b":[["2900","0.1"]],"a":[["3100","0.1"]])")));
  const codec::Book* served = books.book(id);
  ASSERT_NE(served, nullptr);
  EXPECT_EQ(served->bids().best().price, price("3000.0")) << "of the 50 levels";
  EXPECT_EQ(books.book(id, codec::kBybitFullBook), nullptr);
  EXPECT_EQ(gaps.reasons, std::vector<std::string>{"the venue began the full book anew"});
  // What was fetched joins by its number.
  codec::StreamSettings rest{{"category", "spot"},
                             {"request", "/v5/market/full_orderbook?category=spot&symbol=ETHUSDT"}};
  const auto fetch = std::move(make_decoder("bybit", rest, stream.instruments, 4)).value();
  Collected answer;
  venues::fixture::decode_text(
      *fetch,
      R"({"retCode":0,"retMsg":"OK","result":{"s":"ETHUSDT","b":[["2999","1"]],)"
      R"("a":[["3001","1"]],"ts":1795000000500,)"
      R"("u":2,"seq":7,"cts":1795000000499},"time":1795000000501})",
      answer);
  ASSERT_EQ(answer.events.size(), 1u);
  take(answer);
  take(stream.read(full(3, R"("b":[["2999.5","2"]],"a":[])")));
  const codec::Book* whole = books.book(id, codec::kBybitFullBook);
  ASSERT_NE(whole, nullptr);
  EXPECT_EQ(whole->bids().best().price, price("2999.5"));
}

// ---- OKX

TEST(OkxForms, ErrorsAreRefusals) {
  Stream stream("okx");
  EXPECT_EQ(
      stream.why(
          R"({"event":"error","msg":"no such channel","code":"60018","connId":"a","id":"q7"})"),
      "the venue refuses: 60018 no such channel");
  EXPECT_EQ(stream.decoder->counts().undecoded.at("refused by the venue"), 1u);
  stream.read(R"({"event":"notice","code":"64008","msg":"closing soon","connId":"a"})");
  EXPECT_EQ(stream.decoder->counts().control, 1u);
}

TEST(OkxForms, EventContractsAreNoInstrumentsOfTheirCoin) {
  Stream stream("okx");
  const Collected bet =
      stream.read(R"({"arg":{"channel":"trades","instId":"ETH-BELOW-DAILY-270101-1600-3000"},)"
                  R"("data":[{"instId":)"
                  R"("ETH-BELOW-DAILY-270101-1600-3000","tradeId":"1","px":"0.30","sz":"50",)"
                  R"("side":"sell","ts":"1795000000000"}]})");
  EXPECT_TRUE(bet.events.empty());
  const Collected mixed =
      stream.read(R"({"arg":{"channel":"open-interest","instType":"ANY"},)"
                  R"("data":[{"instId":"ETH-BELOW-DAILY-270101-1600-3000","oi":"7",)"
                  R"("oiCcy":"","ts":"1795000000000"},{"instId":"ETH-USDT-SWAP","oi":"8",)"
                  R"("oiCcy":"0.8","ts":"1795000000000"}]})");
  ASSERT_EQ(mixed.events.size(), 1u);
  EXPECT_EQ(stream.of(mixed).name(), "ETH-USDT-PERP");
  EXPECT_EQ(stream.decoder->counts().no_event.at("event contract"), 1u);
  stream.read(R"({"arg":{"channel":"books-elp-all","instId":"ETH-USDT"},"action":"snapshot",)"
              R"("data":[{"asks":[],"bids":[],)"
              R"("ts":"1795000000000"}]})");
  EXPECT_TRUE(stream.decoder->counts().unknown_channels.empty());
}

TEST(OkxForms, XPerpsPayFundingThoughListedAsFutures) {
  Stream stream("okx");
  const Collected funding =
      stream.read(R"({"arg":{"channel":"funding-rate","instId":"ETH-USD_UM_XPERP-320402"},)"
                  R"("data":[{"fundingRate":"0.0002",)"
                  R"("fundingTime":"1795017600000","instId":"ETH-USD_UM_XPERP-320402",)"
                  R"("instType":"FUTURES","nextFundingRate":"",)"
                  R"("nextFundingTime":"1795046400000","ts":"1795000000000"}]})");
  EXPECT_TRUE(stream.of(funding).is_perpetual());
  EXPECT_EQ(stream.of(funding).kind, InstrumentKind::linear);
  EXPECT_EQ(funding.all<FundingRate>().at(0).interval, Duration::hours(8));
  Stream listing("okx", {{"request", "/api/v5/public/instruments?instType=FUTURES"}});
  const Collected listed =
      listing.read(R"({"code":"0","msg":"","data":[{"instId":"ETH-USD_UM_XPERP-320402",)"
                   R"("instType":"FUTURES","ruleType":"xperp",)"
                   R"("ctType":"linear","ctVal":"0.1","ctMult":"1","ctValCcy":"ETH",)"
                   R"("settleCcy":"USD","expTime":"1964332800000",)"
                   R"("state":"live","tickSz":"0.1","lotSz":"1"}]})");
  EXPECT_TRUE(listing.of(listed).is_perpetual());
  EXPECT_EQ(listing.of(listed).contract_size, qty("0.1"));
}

TEST(OkxOptions, OpenInterestComesInAMessageOfItsOwn) {
  Stream stream("okx");
  const Collected open = stream.read(
      R"({"arg":{"channel":"open-interest","instId":"ETH-USD-270326-4000-C"},)"
      R"("data":[{"instType":"OPTION",)"
      R"("instId":"ETH-USD-270326-4000-C","oi":"640","oiCcy":"64","ts":"1795000000000"}]})");
  EXPECT_EQ(open.all<OpenInterest>().at(0).contracts, qty("640"));
  EXPECT_EQ(open.all<OpenInterest>().at(0).coins, 64.0);
  EXPECT_EQ(stream.of(open).strike, price("4000"));
  EXPECT_FALSE(stream.of(open).contract_size) << "no listing was seen, and none is made up";
}

// ---- Hyperliquid

TEST(HyperliquidForms, RefusalsAreNamed) {
  Stream stream("hyperliquid");
  EXPECT_TRUE(stream
                  .why(R"({"channel":"error","data":"Invalid subscription {\"type\":\"bbo\",)"
                       R"(\"coin\":\"NIL\"}"})")
                  .starts_with("error: the venue refuses: Invalid subscription"));
  stream.read(
      R"({"channel":"error","data":"Already subscribed: {\"type\":\"bbo\",\"coin\":\"BTC\"}"})");
  EXPECT_EQ(stream.decoder->counts().control, 1u);
  stream.read(R"({"channel":"outcomeMetaUpdates","data":{"updates":[]}})");
  EXPECT_EQ(stream.decoder->counts().no_event.at("outcomeMetaUpdates"), 1u);
}

TEST(HyperliquidForms, ContextsOfOneDexOfSpotAndPacked) {
  Stream stream("hyperliquid");
  constexpr std::string_view of_dex =
      R"({"channel":"assetCtxs","data":{"dex":"abc","ctxs":[{"funding":"0.0001",)"
      R"("openInterest":"3.5","oraclePx":"70.5",)"
      R"("markPx":"70.6"}]}})";
  EXPECT_EQ(stream.why(of_dex),
            "assetCtxs:ctxs: names no coins, and no meta of its dex was seen before");
  stream.read(R"({"universe":[{"name":"abc:OIL","szDecimals":2,"maxLeverage":10}]})");
  const Collected dex = stream.read(of_dex);
  ASSERT_EQ(dex.events.size(), 4u);
  EXPECT_EQ(stream.of(dex).symbol, "abc:OIL");
  const Collected spot =
      stream.read(R"({"channel":"spotAssetCtxs","data":[{"coin":"HYPE/USDC","markPx":"31.5",)"
                  R"("midPx":"31.6","prevDayPx":"30"}]})");
  EXPECT_EQ(spot.all<MarkPrice>().at(0).price, price("31.5"));
  // {"SOL":{"markPx":"150.25"},"abc:OIL":{"markPx":"71"}}
  const Collected packed =
      stream.read(R"({"channel":"fastAssetCtxs",)"
                  R"("data":"q1YK9vdRsqpWyk0syg6oULJSMjQ10DMyVarVUUpMSrby90SVNTdUqq0FAA=="})");
  ASSERT_EQ(packed.events.size(), 2u)
      << (packed.undecoded.empty() ? "" : packed.undecoded[0].why.text());
  EXPECT_EQ(packed.all<MarkPrice>().at(0).price, price("150.25"));
  EXPECT_EQ(stream.of(packed, 1).symbol, "abc:OIL");
  EXPECT_EQ(stream.why(R"({"channel":"fastAssetCtxs","data":"!!!"})"),
            "fastAssetCtxs:data: not base64 of raw DEFLATE");
  EXPECT_EQ(stream.why(R"({"channel":"fastAssetCtxs","data":"AAAA"})"),
            "fastAssetCtxs:data: not base64 of raw DEFLATE");
}

// ---- Deribit

TEST(DeribitForms, StatesOfThePlatformAndOfInstruments) {
  Stream stream("deribit");
  const auto pushed = [](std::string_view channel, std::string_view data) {
    return std::string(R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":")")
        .append(channel)
        .append(R"(","data":)")
        .append(data)
        .append("}}");
  };
  EXPECT_EQ(stream.why(pushed("platform_state", R"({"price_index":"eth_usd","locked":true})")),
            "platform_state: the venue refuses: the platform is locked: eth_usd");
  EXPECT_EQ(stream.why(pushed("platform_state.public_methods_state",
                              R"({"allow_unauthenticated_public_requests":false})")),
            "platform_state: the venue refuses: public methods want a login");
  stream.read(pushed("platform_state", R"({"price_index":"eth_usd","locked":false})"));
  EXPECT_EQ(stream.decoder->counts().no_event.at("platform_state"), 1u);
  const Collected listed = stream.read(pushed(
      "instrument.state.option.ETH",
      R"({"timestamp":1795000000000,"state":"created","instrument_name":"ETH-26MAR27-4000-C"})"));
  EXPECT_EQ(listed.all<InstrumentListed>().at(0).status, "created");
  EXPECT_EQ(stream.of(listed).strike, price("4000"));
  EXPECT_EQ(
      stream.why(
          R"({"jsonrpc":"2.0","id":4,"result":[],"usIn":1,"usOut":2,"usDiff":1,"testnet":false})"),
      "answer: the venue refuses: an empty list: nothing was subscribed");
  EXPECT_EQ(
      stream.why(R"({"jsonrpc":"2.0","id":5,"error":{"message":"raw_subscriptions_not_available",)"
                 R"("code":13778}})"),
      "answer: the venue refuses: raw_subscriptions_not_available");
}

TEST(DeribitForms, IncrementalTickersCarryWhatATickerDoes) {
  Stream stream("deribit");
  const auto ticker = [](std::string_view fields) {
    return std::string(R"({"jsonrpc":"2.0","method":"subscription",)"
                       R"("params":{"channel":"incremental_ticker.ETH-PERPETUAL","data":{)"
                       R"("instrument_name":"ETH-PERPETUAL",)")
        .append(fields)
        .append("}}}");
  };
  const Collected whole =
      stream.read(ticker(R"("type":"snapshot","timestamp":1795000000000,"open_interest":9000,)"
                         R"("mark_price":3000.25,"index_price":3000,)"
                         R"("funding_8h":0.0001,"current_funding":0.0,"best_bid_price":3000,)"
                         R"("best_bid_amount":500,"best_ask_price":3000.5,)"
                         R"("best_ask_amount":700)"));
  EXPECT_EQ(whole.events.size(), 6u);
  EXPECT_EQ(whole.all<OpenInterest>().at(0).contracts, qty("9000"));
  const Collected change = stream.read(ticker(
      R"("type":"change","timestamp":1795000000500,"best_ask_amount":650,"mark_price":3000.5)"));
  ASSERT_EQ(change.events.size(), 2u);
  EXPECT_EQ(change.all<Quote>().at(0).bid_price, price("3000"));
  EXPECT_EQ(change.all<Quote>().at(0).ask_qty, qty("650"));
}

// ---- every venue

TEST(BadRows, PricesAndSizesThatAreNotPositiveAreLeftOutAndReported) {
  Stream binance("binance-usdm");
  EXPECT_EQ(
      binance.why(R"({"e":"aggTrade","E":1,"s":"ETHUSDT","a":1,"p":"0","q":"1","T":1795000000000,)"
                  R"("m":true})"),
      "aggTrade:trade: a price that is not positive");
  EXPECT_EQ(binance.why(R"({"e":"aggTrade","E":1,"s":"ETHUSDT","a":1,"p":"3000","q":"-1",)"
                        R"("T":1795000000000,"m":true})"),
            "aggTrade:trade: a quantity that is not positive");
  const Collected marks = binance.read(
      R"([{"e":"markPriceUpdate","E":1795000001000,"s":"ETHUSDT","p":"3000","i":"3000",)"
      R"("r":"0.0001","T":1795017600000},)"
      R"({"e":"markPriceUpdate","E":1795000001000,"s":"BADUSDT","p":"-3","i":"0","r":"","T":0}])");
  EXPECT_EQ(marks.events.size(), 3u) << "the good rows go";
  ASSERT_EQ(marks.undecoded.size(), 1u);
  EXPECT_EQ(marks.undecoded[0].why.text(),
            "markPriceUpdate:mark_price: a price that is not positive");
  EXPECT_EQ(
      binance.why(R"({"e":"depthUpdate","E":1,"T":1,"s":"ETHUSDT","U":1,"u":2,"pu":0,"b":[["0.00",)"
                  R"("1"]],"a":[]})"),
      "depthUpdate:b: a level has a price that is not positive");
  Stream okx("okx");
  EXPECT_EQ(
      okx.why(R"({"arg":{"channel":"trades","instId":"ETH-USDT"},"data":[{"instId":"ETH-USDT",)"
              R"("tradeId":"1",)"
              R"("px":"3000","sz":"0","side":"buy","ts":"1795000000000"}]})"),
      "trades:trade: a quantity that is not positive");
  // The next message is not touched by what was left out of the one before.
  EXPECT_EQ(
      binance
          .read(R"({"e":"aggTrade","E":1,"s":"ETHUSDT","a":2,"p":"1","q":"1","T":1795000000000,)"
                R"("m":true})")
          .events.size(),
      1u);
}

// A best bid and ask in each venue's own words: bid, bid size, ask, ask size.
struct QuoteForm {
  const char* decoder;
  std::function<std::string(const char*, const char*, const char*, const char*)> message;
  bool sends_zeros = true;  // for an empty side; else a list without levels
};

std::vector<QuoteForm> quote_forms() {
  const auto fill = [](const char* text) {
    return [text](const char* b, const char* bs, const char* a, const char* as) {
      return fmt::format(fmt::runtime(text), b, bs, a, as);
    };
  };
  return {
      {"binance-usdm", fill(R"({{"e":"bookTicker","u":1,"E":1795000000001,"T":1795000000000,)"
                            R"("s":"ETHUSDT","b":"{}","B":"{}","a":"{}","A":"{}"}})")},
      {"bybit", fill(R"({{"topic":"tickers.ETHUSDT","type":"snapshot","cs":1,"ts":1795000000000,)"
                     R"("data":{{"symbol":"ETHUSDT","bid1Price":"{}","bid1Size":"{}",)"
                     R"("ask1Price":"{}","ask1Size":"{}"}}}})")},
      {"okx", fill(R"({{"arg":{{"channel":"tickers","instId":"ETH-USDT"}},"data":[{{)"
                   R"("instType":"SPOT","instId":"ETH-USDT","ts":"1795000000000","bidPx":"{}",)"
                   R"("bidSz":"{}","askPx":"{}","askSz":"{}"}}]}})")},
      {"okx",
       fill(R"({{"arg":{{"channel":"bbo-tbt","instId":"ETH-USDT"}},"data":[{{)"
            R"("bids":[["{}","{}","0","1"]],"asks":[["{}","{}","0","1"]],)"
            R"("ts":"1795000000000","seqId":7}}]}})"),
       false},
      {"deribit", fill(R"({{"jsonrpc":"2.0","method":"subscription","params":{{)"
                       R"("channel":"quote.ETH-PERPETUAL","data":{{"timestamp":1795000000000,)"
                       R"("instrument_name":"ETH-PERPETUAL","best_bid_price":{},)"
                       R"("best_bid_amount":{},"best_ask_price":{},"best_ask_amount":{}}}}}}})")},
      {"deribit",
       fill(R"({{"jsonrpc":"2.0","method":"subscription","params":{{)"
            R"("channel":"incremental_ticker.ETH-PERPETUAL","data":{{"type":"snapshot",)"
            R"("timestamp":1795000000000,"instrument_name":"ETH-PERPETUAL","best_bid_price":{},)"
            R"("best_bid_amount":{},"best_ask_price":{},"best_ask_amount":{}}}}}}})")},
      {"hyperliquid",
       fill(R"({{"channel":"bbo","data":{{"coin":"ETH","time":1795000000000,)"
            R"("bbo":[{{"px":"{}","sz":"{}","n":1}},)"
            R"({{"px":"{}","sz":"{}","n":1}}]}}}})"),
       false},
  };
}

TEST(Quotes, WhatNoMarketCanHaveIsNamedAndAnEmptySideIsMissing) {
  for (const QuoteForm& form : quote_forms()) {
    const auto read = [&](const char* b, const char* bs, const char* a, const char* as) {
      Stream stream(form.decoder);
      return stream.read(form.message(b, bs, a, as));
    };
    const std::string at = form.decoder + (" " + form.message("1", "1", "1", "1"));
    const auto named = [&](const Collected& heard, std::string_view why) {
      EXPECT_TRUE(heard.all<Quote>().empty()) << at;
      ASSERT_EQ(heard.undecoded.size(), 1u) << at;
      EXPECT_NE(heard.undecoded[0].why.text().find(why), std::string::npos)
          << at << ": " << heard.undecoded[0].why.text();
    };
    const Collected good = read("3000", "2", "3000.5", "3");
    ASSERT_EQ(good.all<Quote>().size(), 1u) << at;
    EXPECT_EQ(good.all<Quote>()[0].bid_price, price("3000")) << at;
    EXPECT_EQ(good.all<Quote>()[0].ask_qty, qty("3")) << at;
    std::vector<Collected> one_sided{read("3000", "0", "3000.5", "3")};
    if (form.sends_zeros) one_sided.push_back(read("0", "0", "3000.5", "3"));
    for (const Collected& empty : one_sided) {
      ASSERT_EQ(empty.all<Quote>().size(), 1u) << at;
      EXPECT_FALSE(empty.all<Quote>()[0].bid_price || empty.all<Quote>()[0].bid_qty) << at;
      EXPECT_EQ(empty.all<Quote>()[0].ask_price, price("3000.5")) << at;
    }
    named(read("0", "2", "3000.5", "3"), "not positive");
    named(read("3001", "2", "3000.5", "3"), "a bid above the ask");
    EXPECT_TRUE(read("3000", "-2", "3000.5", "3").all<Quote>().empty()) << at;
  }
}

// A size of 0 in a part says that the side is empty, and the price stays known for the next part.
TEST(Quotes, APartThatEmptiesASideIsTakenBackByAPartThatFillsIt) {
  Stream stream("deribit");
  const auto part = [&](std::string_view type, std::string_view fields) {
    const Collected heard = stream.read(
        fmt::format(R"({{"jsonrpc":"2.0","method":"subscription","params":{{"channel":)"
                    R"("incremental_ticker.ETH-PERPETUAL","data":{{"type":"{}","timestamp":)"
                    R"(1795000000000,"instrument_name":"ETH-PERPETUAL",{}}}}}}})",
                    type, fields));
    return heard.all<Quote>().at(0);
  };
  part("snapshot",
       R"("best_bid_price":3000,"best_bid_amount":5,"best_ask_price":3001,"best_ask_amount":5)");
  EXPECT_FALSE(part("change", R"("best_bid_amount":0)").bid_price);
  EXPECT_EQ(part("change", R"("best_bid_amount":7)").bid_price, price("3000"));
}

TEST(Indices, ZeroIsNoIndexOnlyWhereNothingIsSettledAnyMore) {
  Stream binance("binance-usdm");
  const auto mark = [](std::string_view index, std::string_view settles) {
    return fmt::format(R"({{"e":"markPriceUpdate","E":1795000001000,"s":"ETHUSDT","p":"3000",)"
                       R"("i":"{}","r":"0.0001","T":{}}})",
                       index, settles);
  };
  const Collected delisted = binance.read(mark("0.00000000", "0"));
  EXPECT_EQ(delisted.events.size(), 1u);
  EXPECT_TRUE(delisted.undecoded.empty());
  const Collected running = binance.read(mark("0", "1795017600000"));
  EXPECT_EQ(running.events.size(), 2u) << "the mark and the funding stand";
  ASSERT_EQ(running.undecoded.size(), 1u);
  EXPECT_EQ(running.undecoded[0].why.text(),
            "markPriceUpdate:index_price: a price that is not positive");
  Stream rest("binance-usdm", {{"request", "/fapi/v1/premiumIndex"}});
  const auto row = [](std::string_view next) {
    return fmt::format(R"({{"symbol":"ETHUSDT","markPrice":"3000","indexPrice":"0",)"
                       R"("lastFundingRate":"0.0001","nextFundingTime":{},"time":1795000001000}})",
                       next);
  };
  EXPECT_TRUE(rest.read(row("0")).undecoded.empty());
  EXPECT_EQ(rest.read(row("1795017600000")).undecoded.size(), 1u);
  Stream bybit("bybit", {{"category", "option"}});
  const Collected option = bybit.read(
      R"({"topic":"tickers.ETH-27NOV26-3000-C","type":"snapshot","ts":1795000000000,"data":{)"
      R"("symbol":"ETH-27NOV26-3000-C","bidPrice":"5","bidSize":"1","bidIv":"0.5","askPrice":"6",)"
      R"("askSize":"1","askIv":"0.6","markPrice":"5.5","indexPrice":"0","markPriceIv":"0.55",)"
      R"("underlyingPrice":"3000","openInterest":"4","delta":"0.5"}})");
  EXPECT_EQ(option.all<OptionQuote>().size(), 1u);
  EXPECT_TRUE(option.all<IndexPrice>().empty());
  ASSERT_EQ(option.undecoded.size(), 1u);
  EXPECT_NE(option.undecoded[0].why.text().find("index_price: a price that is not positive"),
            std::string::npos)
      << option.undecoded[0].why.text();
}

}  // namespace
}  // namespace delever::venues
