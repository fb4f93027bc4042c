#include "venues/okx/okx.h"
#include "market/exact_testing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "venues/wire_testing.h"

namespace delever::venues::okx {
namespace {

class Okx : public ::testing::Test {
 protected:
  venues::fixture::Collected decode(std::string_view text,
                                    Instant received = ms(1'790'000'000'000)) {
    if (!decoder) decoder = std::move(make_okx_decoder(settings, instruments, 7)).value();
    venues::fixture::Collected sink;
    venues::fixture::decode_text(*decoder, text, sink, received);
    return sink;
  }
  const Instrument& instrument(const Event& event) { return instruments[event.instrument]; }
  codec::StreamSettings settings;
  Instruments instruments;
  std::unique_ptr<codec::Decoder> decoder;
};

TEST_F(Okx, NamesOfInstruments) {
  const auto name = [](std::string_view id) { return okx_instrument(id).name(); };
  EXPECT_EQ(name("BTC-USDT"), "BTC-USDT");
  EXPECT_EQ(name("BTC-USDT-SWAP"), "BTC-USDT-PERP");
  EXPECT_EQ(name("BTC-USD-SWAP"), "BTC-USD-PERP@BTC");
  EXPECT_EQ(name("BTC-USDT-240329"), "BTC-USDT-240329");
  EXPECT_EQ(name("BTC-USD-240329-60000-C"), "BTC-USD-240329-60000-C@BTC");
  EXPECT_EQ(name("BTC-USD_UM_XPERP-310404"), "BTC-USD-PERP");
  EXPECT_EQ(okx_instrument("BTC-USD-SWAP").kind, InstrumentKind::inverse);
  EXPECT_EQ(okx_instrument("BTC-USD_UM_XPERP-310404").kind, InstrumentKind::linear);
  EXPECT_EQ(okx_instrument("BTC-USD-240329-60000-P").option_type, OptionType::put);
  EXPECT_EQ(okx_instrument("BTC-USD-240329-60000-P").expiry->text(), "2024-03-29T08:00:00Z");
  for (const char* odd :
       {"", "-", "BTC", "--", "BTC-USDT-", "BTC-USDT-999999", "BTC-USD-1-2-3-4-5", "-SWAP"})
    EXPECT_EQ(okx_instrument(odd).symbol, odd);
}

TEST_F(Okx, ContractSizesAreKnownForFewUntilListed) {
  EXPECT_EQ(okx_instrument("BTC-USDT-SWAP").contract_size, qty("0.01"));
  EXPECT_EQ(okx_instrument("ETH-USDT-240329").contract_size, qty("0.1"));
  EXPECT_EQ(okx_instrument("BTC-USD-SWAP").contract_size, qty("100"));
  EXPECT_EQ(okx_instrument("ETH-USD-SWAP").contract_size, qty("10"));
  EXPECT_EQ(okx_instrument("BTC-USDT").contract_size, qty("1"));
  for (const char* unknown :
       {"SOL-USDT-SWAP", "BTC-USDC-SWAP", "BTC-USD-240329-60000-C", "BTC-USD_UM_XPERP-310404"})
    EXPECT_FALSE(okx_instrument(unknown).contract_size) << unknown;
}

// 1,000 contracts of 10 and 10,000 of 1 are alike, and no row of open interest says which it
// counts.
TEST_F(Okx, AContractListedWithTwoSizesHasNone) {
  const auto list = [&](const char* size) {
    return decode(fmt::format(
        R"({{"arg":{{"channel":"instruments","instType":"SWAP"}},"data":[{{"instType":"SWAP",)"
        R"("instId":"SOL-USDT-SWAP","ctVal":"{}","ctMult":"1","ctValCcy":"SOL","ctType":"linear",)"
        R"("settleCcy":"USDT","state":"live","lotSz":"1","tickSz":"0.01"}}]}})",
        size));
  };
  const auto size = [&] {
    return instruments[*instruments.find("okx", "SOL-USDT-SWAP")].contract_size;
  };
  EXPECT_TRUE(list("10").undecoded.empty());
  EXPECT_TRUE(list("10").undecoded.empty());
  EXPECT_EQ(size(), qty("10"));
  const auto changed = list("1");
  ASSERT_EQ(changed.undecoded.size(), 1u);
  EXPECT_EQ(changed.undecoded[0].why.text(),
            "instruments:ctVal: another size than was listed before: which holds when is not "
            "known");
  EXPECT_FALSE(size());
}

TEST_F(Okx, KnownContractSizesAgreeWithTheVenuesList) {
  SKIP_WITHOUT_WIRE(file, "okx/rest-instruments-20220513");
  std::map<std::string, size_t> checked;
  for (const auto& message : file->messages()) {
    const auto heard = decode(message.raw.bytes);
    EXPECT_TRUE(heard.undecoded.empty());
    for (const Event& event : heard.events) {
      const Instrument& listed = instrument(event);
      const Instrument parsed = okx_instrument(listed.symbol);
      EXPECT_EQ(parsed.name(), listed.name());
      EXPECT_EQ(parsed.expiry, listed.expiry) << listed.symbol;
      EXPECT_EQ(parsed.kind, listed.kind);
      ASSERT_TRUE(listed.contract_size) << listed.symbol;
      if (!parsed.contract_size) continue;
      EXPECT_EQ(parsed.contract_size, listed.contract_size) << listed.symbol;
      ++checked[listed.base + "-" + listed.quote];
    }
  }
  EXPECT_EQ(checked.size(), okx_contract_sizes().size());
  const auto option = instruments.find("okx", "BTC-USD-220930-120000-P");
  ASSERT_TRUE(option);
  EXPECT_EQ(instruments[*option].contract_size, qty("0.1"));  // ctVal 1 x ctMult 0.1
}

TEST_F(Okx, LiquidationsAsExpected) {  // expected.md, section 2
  SKIP_WITHOUT_WIRE(file, "okx/live2026-liquidation-orders");
  const auto first = decode((*file)[0].raw.bytes);
  ASSERT_EQ(first.events.size(), 1u);
  const auto& a = std::get<Liquidation>(first.events[0].payload);
  EXPECT_EQ(a.position_side, PositionSide::long_side);
  EXPECT_EQ(a.order_price, price("82655.7"));
  EXPECT_EQ(a.order_qty, qty("8.55"));
  EXPECT_FALSE(a.average_price || a.filled_qty);
  EXPECT_EQ(a.feed, LiquidationFeed::at_most_one_per_second);
  EXPECT_EQ(first.events[0].at, ms(1'791'565'600'771));
  EXPECT_DOUBLE_EQ(*coins(instrument(first.events[0]), *a.qty(), a.price()), 8.55 * 0.01);

  const auto third = decode((*file)[2].raw.bytes);
  const auto& c = std::get<Liquidation>(third.events.at(0).payload);
  EXPECT_EQ(c.position_side, PositionSide::short_side);
  EXPECT_FALSE(usd(instrument(third.events[0]), *c.qty(),
                   c.price()));  // the size of the contract is not known
  decode(R"({"code":"0","msg":"","data":[{"instId":"CNPY-USDT-SWAP","instType":"SWAP",)"
         R"("ctType":"linear","ctVal":"10",)"
         R"("ctMult":"1","ctValCcy":"CNPY","settleCcy":"USDT","tickSz":"0.0001","lotSz":"1",)"
         R"("state":"live"}]})");
  EXPECT_DOUBLE_EQ(*usd(instrument(third.events[0]), *c.qty(), c.price()), 2137 * 10 * 0.4162);
  // An inverse contract of 100 dollars needs no price.
  EXPECT_DOUBLE_EQ(*usd(okx_instrument("BTC-USD-SWAP"), *c.qty(), {}), 213700);
}

TEST_F(Okx, NetModeAndRepeatedLiquidations) {
  const auto row = [&](const char* side, const char* position) {
    return decode(fmt::format(
        R"({{"arg":{{"channel":"liquidation-orders","instType":"SWAP"}},)"
        R"("data":[{{"instId":"BTC-USD-SWAP","details":[)"
        R"({{"bkPx":"100","posSide":"{}","side":"{}","sz":"5","ts":"1700000000000"}}]}}]}})",
        position, side));
  };
  const auto closed = [](const venues::fixture::Collected& heard) {
    return std::get<Liquidation>(heard.events.at(0).payload).position_side;
  };
  EXPECT_EQ(closed(row("sell", "net")), PositionSide::long_side);
  EXPECT_EQ(closed(row("buy", "")), PositionSide::short_side);
  EXPECT_EQ(closed(row("buy", "short")), PositionSide::short_side);
  EXPECT_EQ(row("sell", "sideways").undecoded.at(0).why.text(),
            "liquidation-orders:posSide: neither long, short nor net");
  // The same report by REST: neither has a number, and what they say is the same.
  const auto streamed = row("sell", "long");
  const auto polled = decode(
      R"({"code":"0","msg":"","data":[{"details":[{"bkPx":"100","posSide":"long","side":"sell",)"
      R"("sz":"5","ts":"1700000000000"}],"instId":"BTC-USD-SWAP","totalLoss":"0","uly":"BTC-USD"})"
      R"(]})");
  EXPECT_EQ(std::get<Liquidation>(streamed.events.at(0).payload).id,
            std::get<Liquidation>(polled.events.at(0).payload).id);
}

TEST_F(Okx, FundingIntervalFollowsFromTheMessage) {
  constexpr std::string_view text =
      R"({"arg":{"channel":"funding-rate","instId":"BIGTIME-USDT-SWAP"},)"
      R"("data":[{"fundingRate":"0.0000500000000000",)"
      R"("fundingTime":"1790769600000","instId":"BIGTIME-USDT-SWAP","nextFundingRate":"",)"
      R"("nextFundingTime":"1790784000000","prevFundingTime":"1790755200000",)"
      R"("settFundingRate":"0.00007",)"
      R"("settState":"settled","ts":"1790757389660"}]})";
  const auto rates = decode(text).all<FundingRate>();
  ASSERT_EQ(rates.size(), 2u);  // nextFundingRate "" is no rate
  EXPECT_EQ(rates[0].kind, FundingKind::current);
  EXPECT_EQ(rates[0].rate, rate("0.00005"));
  EXPECT_EQ(rates[0].interval, Duration::hours(4));
  EXPECT_EQ(rates[0].settles_at, ms(1'790'769'600'000));
  EXPECT_EQ(rates[1].kind, FundingKind::settled);
  EXPECT_EQ(rates[1].rate, rate("0.00007"));
  EXPECT_EQ(rates[1].settles_at, ms(1'790'755'200'000));
  EXPECT_FALSE(rates[1].interval);  // when the period that ended there began is not in the message
  EXPECT_EQ(decode(text).all<FundingRate>().size(), 1u);  // the settled one only once
}

// Settled every 8 h until 20:00, every 4 h from then on: the period that ends at 20:00 is one of 8
// h.
TEST_F(Okx, APeriodIsAsLongAsTheTimeSinceThePreviousSettlement) {
  const auto rates = decode(R"({"arg":{"channel":"funding-rate","instId":"SOL-USDT-SWAP"},)"
                            R"("data":[{"fundingRate":"0.0003","fundingTime":"1773086400000",)"
                            R"("instId":"SOL-USDT-SWAP","nextFundingTime":"1773100800000",)"
                            R"("prevFundingTime":"1773057600000","ts":"1773086395000"}]})")
                         .all<FundingRate>();
  EXPECT_EQ(rates.at(0).interval, Duration::hours(8));
}

TEST_F(Okx, BookDigitsAndSequence) {
  const auto heard = decode(
      R"({"data":[{"asks":[["38632.40","727","0","22"]],"bids":[["38632.3","0.10","0","22"]],)"
      R"("ts":"1651761120004",)"
      R"("checksum":-855196043,"seqId":123,"prevSeqId":-1}],"action":"snapshot",)"
      R"("arg":{"channel":"books","instId":"BTC-USDT-SWAP"}})");  // an order of fields not seen:
                                                                  // read all the same
  const auto& book = std::get<BookSnapshot>(heard.events.at(0).payload);
  EXPECT_EQ(book.asks.at(0).price_digits, 2);
  EXPECT_EQ(book.bids.at(0).qty_digits, 2);
  EXPECT_EQ(book.sequence.last, 123u);
  EXPECT_FALSE(book.sequence.previous);
  EXPECT_EQ(book.sequence.checksum, -855196043);
  const auto dead =
      decode(R"({"arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"action":"update","data":[)"
             R"({"asks":[],)"
             R"("bids":[],"ts":"1651761120004","checksum":0,"seqId":130,"prevSeqId":123}]})");
  const auto& delta = std::get<BookDelta>(dead.events.at(0).payload);
  EXPECT_FALSE(delta.sequence.checksum);
  EXPECT_EQ(delta.sequence.previous, 123u);
}

TEST_F(Okx, OptionSummaryHasBlackScholesGreeks) {
  const auto quotes =
      decode(
          R"({"arg":{"channel":"opt-summary","instFamily":"ETH-USD"},)"
          R"("data":[{"instId":"ETH-USD-211222-4000-C",)"
          R"("uly":"ETH-USD","delta":"0.19","deltaBS":"0.2038","gammaBS":"0.0013",)"
          R"("thetaBS":"-16.4","vegaBS":"0.76",)"
          R"("markVol":"0.7794","bidVol":"","askVol":"0.82","fwdPx":"3814.5","ts":"1640001659301"})"
          R"(]})")
          .all<OptionQuote>();
  ASSERT_EQ(quotes.size(), 1u);
  EXPECT_EQ(quotes[0].greeks.delta, 0.2038);
  EXPECT_EQ(quotes[0].mark_iv, 0.7794);
  EXPECT_FALSE(quotes[0].bid_iv);
  EXPECT_EQ(quotes[0].underlying_price, 3814.5);
  EXPECT_EQ(quotes[0].underlying, "ETH-USD");
}

TEST_F(Okx, CandlesEndWhereTheirBarDoes) {
  const auto candle = [&](const char* bar, const char* from) {
    return decode(fmt::format(R"({{"arg":{{"channel":"candle{}","instId":"BTC-USDT"}},)"
                              R"("data":[["{}","1","3","0.5","2","10","20","20","1"]]}})",
                              bar, from))
        .all<Candle>();
  };
  EXPECT_EQ(candle("1m", "1700000000000").at(0).to, ms(1'700'000'060'000));
  EXPECT_EQ(candle("4H", "1700000000000").at(0).to, ms(1'700'014'400'000));
  EXPECT_EQ(candle("1Mutc", "1706745600000").at(0).to.text(), "2024-03-01T00:00:00Z");
  EXPECT_EQ(candle("1M", "1706716800000").at(0).to.text(),
            "2024-02-29T16:00:00Z");  // from 2024-02-01 in UTC+8
  EXPECT_EQ(candle("3M", "1730390400000").at(0).to.text(), "2025-01-31T16:00:00Z");
  EXPECT_TRUE(candle("1m", "1700000000000").at(0).closed);
  EXPECT_EQ(candle("1m", "1700000000000").at(0).volume, 10);
  EXPECT_TRUE(candle("1x", "1700000000000").empty());
}

TEST_F(Okx, EveryMessageHasOneEnding) {
  for (const char* control :
       {"pong", " ping\r", R"({"event":"error","code":"60012","msg":"bad"})",
        R"({"event":"subscribe","arg":{"channel":"books","instId":"X"},"connId":"a"})"})
    EXPECT_TRUE(decode(control).events.empty()) << control;
  EXPECT_EQ(decoder->counts().control, 3u);
  EXPECT_EQ(decoder->counts().undecoded.at("refused by the venue"), 1u);
  decode(R"({"arg":{"channel":"price-limit","instId":"X-Y"},"data":[{}]})");
  decode(R"({"arg":{"channel":"trades","instId":"X-Y"},"data":[]})");
  EXPECT_EQ(decoder->counts().no_event.at("price-limit"), 1u);
  EXPECT_EQ(decoder->counts().no_event.at("trades"), 1u);
  decode(R"({"arg":{"channel":"novelty","instId":"X-Y"},"data":[1,2]})");
  decode(R"({"table":"swap/trade","data":[]})");
  EXPECT_EQ(decoder->counts().unknown_channels.at("novelty"), 1u);
  EXPECT_EQ(decoder->counts().unknown_channels.at("swap/trade"), 1u);
  EXPECT_EQ(decoder->counts().messages, 8u);
}

TEST_F(Okx, SaysWhyAMessageWasNotDecoded) {
  const std::string trade = R"({"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[)";
  const std::pair<std::string, std::string_view> cases[] = {
      {"", "blank"},
      {"hello", "neither an object nor a list"},
      {trade + R"({"tradeId":"1","sz":"1","side":"buy","ts":"1"}]})", "trades:px: missing"},
      {trade + R"({"tradeId":"1","px":"x","sz":"1","side":"buy","ts":"1"}]})",
       "trades:px: \"x\" is not a number"},
      {trade + R"({"tradeId":"1","px":"1","sz":"1","side":"up","ts":"1"}]})",
       "trades:side: neither buy nor sell"},
      {trade + R"({"tradeId":"1","px":"1","sz":"0.123456789","side":"buy","ts":"1"}]})",
       "trades:sz: \"0.123456789\" is finer than 1e-8"},
      {trade + R"({"tradeId":"1","px":"1","sz":"1","side":"buy","ts":"soon"}]})",
       "trades:ts: not a whole number"},
      {trade + "7]}", "trades:data: not an object"},
      {R"({"arg":{"channel":"trades"},"data":{}})", "trades:data: not a list"},
      {R"({"arg":{"channel":"trades","instId":"BTC-USDT"}})", "trades:data: missing"},
      {R"({"arg":7,"data":[]})", "arg: not an object"},
      {R"({"arg":{"channel":"mark-price"},"data":[{"markPx":"1","ts":"1"}]})",
       "mark-price:instId: names no instrument, and neither do the settings"},
      {R"({"arg":{"channel":"books","instId":"A-B"},"action":"replace",)"
       R"("data":[{"asks":[],"bids":[],"ts":"1"}]})",
       "books:action: neither snapshot nor update"},
      {R"({"arg":{"channel":"books","instId":"A-B"},"action":"update",)"
       R"("data":[{"asks":[["1"]],"bids":[],"ts":"1"}]})",
       "books:asks: a level lacks its quantity"},
      {R"({"code":"50011","msg":"Too Many Requests","data":[]})",
       "answer of unknown shape: the venue refuses: 50011 Too Many Requests"},
  };
  for (const auto& [text, why] : cases) {
    const auto heard = decode(text);
    EXPECT_TRUE(heard.events.empty());
    ASSERT_EQ(heard.undecoded.size(), 1u) << text;
    EXPECT_EQ(heard.undecoded[0].why.text(), why) << text;
  }
}

TEST_F(Okx, NothingOfABrokenMessageGoesOut) {
  const std::string good =
      R"({"instId":"BTC-USDT","tradeId":"1","px":"1","sz":"1","side":"buy","ts":"1"})";
  const std::string head = R"({"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[)";
  EXPECT_EQ(decode(head + good + "," + good + "]}").events.size(), 2u);
  EXPECT_TRUE(decode(head + good + R"(,{"px":"1"}]})").events.empty());
  EXPECT_TRUE(decode(head + good + "]}]}").events.empty());
  const std::string whole = head + good + "]}";
  for (size_t n = 0; n < whole.size(); ++n) {  // cut anywhere
    const auto heard = decode(whole.substr(0, n));
    EXPECT_TRUE(heard.events.empty()) << n;
    EXPECT_EQ(heard.undecoded.size(), 1u) << n;
  }
}

}  // namespace
}  // namespace delever::venues::okx
