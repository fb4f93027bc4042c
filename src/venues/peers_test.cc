// docs/peers.md, row by row: our side of each message that ccxt or tardis-dev reads otherwise.
#include <gtest/gtest.h>

#include "market/exact_testing.h"
#include "venues/registry.h"
#include "venues/wire_testing.h"

namespace delever::venues {
namespace {

using venues::fixture::Collected;

constexpr Instant kNow = Instant::ns(1'772'323'260'000'000'000);

struct Feed {
  explicit Feed(std::string_view name, const codec::StreamSettings& settings = {})
      : decoder(std::move(make_decoder(name, settings, instruments, 3)).value()) {}
  Collected read(std::string_view text) {
    Collected sink;
    venues::fixture::decode_text(*decoder, text, sink, kNow);
    EXPECT_TRUE(sink.undecoded.empty()) << text;
    return sink;
  }
  const Instrument& of(const Collected& sink, size_t i = 0) {
    return instruments[sink.events.at(i).instrument];
  }
  Instruments instruments;
  std::unique_ptr<codec::Decoder> decoder;
};

TEST(BesidePeers, EveryDetailOfAnOkxLiquidation) {
  Feed feed("okx");
  const Collected heard =
      feed.read(R"({"arg":{"channel":"liquidation-orders","instType":"SWAP"},)"
                R"("data":[{"instId":"ETH-USDT-SWAP","details":[{"bkPx":)"
                R"("3000","posSide":"short","side":"buy","sz":"20","ts":"1772323200000"},)"
                R"({"bkPx":"3001","posSide":"short","side":"buy",)"
                R"("sz":"30","ts":"1772323200500"}]}]})");
  ASSERT_EQ(heard.all<Liquidation>().size(), 2u);
  EXPECT_EQ(heard.all<Liquidation>()[1].order_qty, qty("30"));
  EXPECT_EQ(coins(feed.of(heard), qty("30"), std::nullopt), 3.0) << "contracts of 0.1 ETH";
}

TEST(BesidePeers, FourNumbersOfABinanceLiquidation) {
  Feed feed("binance-usdm");
  const auto forced =
      feed.read(R"({"e":"forceOrder","E":1772323200010,"o":{"s":"ETHUSDT","S":"BUY","o":"LIMIT",)"
                R"("f":"IOC","q":"2.0","p":"3010",)"
                R"("ap":"3003.5","X":"PARTIALLY_FILLED","l":"0.3","z":"1.7","T":1772323200000}})")
          .all<Liquidation>()
          .at(0);
  EXPECT_EQ(forced.order_price, price("3010"));
  EXPECT_EQ(forced.average_price, price("3003.5"));
  EXPECT_EQ(forced.order_qty, qty("2.0"));
  EXPECT_EQ(forced.qty(), qty("1.7")) << "cumulative, not the last fill";
  EXPECT_EQ(forced.price(), price("3003.5"));
  EXPECT_EQ(forced.position_side, PositionSide::short_side);
}

TEST(BesidePeers, BybitNamesThePositionBinanceTheOrder) {
  Feed feed("bybit");
  const auto forced =
      feed.read(R"({"topic":"allLiquidation.ETHUSDT","type":"snapshot","ts":1772323200100,)"
                R"("data":[{"T":1772323200000,"s":"ETHUSDT",)"
                R"("S":"Buy","v":"4","p":"2990"}]})")
          .all<Liquidation>()
          .at(0);
  EXPECT_EQ(forced.position_side, PositionSide::long_side);
  EXPECT_EQ(forced.feed, LiquidationFeed::complete);
}

TEST(BesidePeers, BothHalvesOfADeribitLiquidation) {
  Feed feed("deribit");
  const auto of = [&](std::string_view flag) {
    return feed
        .read(std::string(R"({"jsonrpc":"2.0","method":"subscription",)"
                          R"("params":{"channel":"trades.ETH-PERPETUAL.100ms","data":[{)")
                  .append(R"("trade_id":"T1","timestamp":1772323200000,"price":3000,"amount":700,)"
                          R"("direction":"buy",)")
                  .append(R"("instrument_name":"ETH-PERPETUAL","liquidation":")")
                  .append(flag)
                  .append(R"("}]}})"))
        .all<Liquidation>();
  };
  EXPECT_EQ(of("T").at(0).position_side, PositionSide::short_side);
  EXPECT_EQ(of("M").at(0).position_side, PositionSide::long_side);
  ASSERT_EQ(of("MT").size(), 2u);
  EXPECT_EQ(of("MT")[0].filled_qty, qty("700"));
}

TEST(BesidePeers, OpenInterestIsOneSideInTheVenuesUnit) {
  Feed bybit("bybit");
  const Collected both =
      bybit.read(R"({"topic":"tickers.ETHUSDT","type":"snapshot","ts":1772323200000,)"
                 R"("data":{"symbol":"ETHUSDT","openInterest":"900",)"
                 R"("openInterestValue":"2700000","fundingRate":"0.0001",)"
                 R"("fundingIntervalHour":"4","nextFundingTime":"1772337600000"}})");
  EXPECT_EQ(both.all<OpenInterest>().at(0).contracts, qty("450"));
  EXPECT_EQ(both.all<OpenInterest>().at(0).value_usd, 1350000.0);
  EXPECT_EQ(both.all<FundingRate>().at(0).interval, Duration::hours(4))
      << "hours, not milliseconds";
  Feed okx("okx");
  const auto three =
      okx.read(R"({"arg":{"channel":"open-interest","instId":"ETH-USDT-SWAP"},)"
               R"("data":[{"instType":"SWAP","instId":"ETH-USDT-SWAP",)"
               R"("oi":"5000","oiCcy":"500","oiUsd":"1500000","ts":"1772323200000"}]})")
          .all<OpenInterest>()
          .at(0);
  EXPECT_EQ(three.contracts, qty("5000"));
  EXPECT_EQ(three.coins, 500.0);
  EXPECT_EQ(three.value_usd, 1500000.0);
  Feed coinm("binance-coinm",
             {{"request", "/futures/data/openInterestHist?pair=ETHUSD&contractType=PERPETUAL"}});
  const auto history =
      coinm
          .read(R"([{"pair":"ETHUSD","contractType":"PERPETUAL","sumOpenInterest":"600",)"
                R"("sumOpenInterestValue":"2.0",)"
                R"("timestamp":1772323200000}])")
          .all<OpenInterest>()
          .at(0);
  EXPECT_EQ(history.coins, 2.0) << "a value in coins";
  EXPECT_FALSE(history.value_usd);
}

TEST(BesidePeers, AnOptionsOpenInterestFallsToZero) {
  Feed feed("okx");
  const auto open = [&](std::string_view n) {
    return feed
        .read(std::string(R"({"arg":{"channel":"open-interest","instId":"ETH-USD-270326-4000-C"},)"
                          R"("data":[{"instType":"OPTION",)")
                  .append(R"("instId":"ETH-USD-270326-4000-C","oi":")")
                  .append(n)
                  .append(R"(","oiCcy":"0","ts":"1772323200000"}]})"))
        .all<OpenInterest>()
        .at(0)
        .contracts;
  };
  EXPECT_EQ(open("250"), qty("250"));
  EXPECT_EQ(open("0"), Qty());
}

TEST(BesidePeers, ARateWithoutAnIntervalHasNone) {
  Feed feed("binance-usdm");
  const auto funding =
      feed.read(R"({"e":"markPriceUpdate","E":1772323200000,"s":"ETHUSDT","p":"3000","i":"3000",)"
                R"("r":"0.0001","T":1772352000000})")
          .all<FundingRate>()
          .at(0);
  EXPECT_FALSE(funding.interval);
  EXPECT_EQ(funding.settles_at, Instant::ns(1'772'352'000'000'000'000));
  for (const char* none : {R"("r":"0.00000000","T":0)", R"("r":"","T":0)"}) {
    const Collected gone = feed.read(
        std::string(R"({"e":"markPriceUpdate","E":1772323200000,"s":"ETHUSDT_260626","p":"3000",)"
                    R"("i":"3000",)") +
        none + "}");
    EXPECT_TRUE(gone.all<FundingRate>().empty()) << none;
  }
}

TEST(BesidePeers, OkxSaysWhatWasSettled) {
  Feed feed("okx");
  const auto rates =
      feed.read(R"({"arg":{"channel":"funding-rate","instId":"ETH-USDT-SWAP"},)"
                R"("data":[{"fundingRate":"0.0001","fundingTime":)"
                R"("1772337600000","nextFundingRate":"","nextFundingTime":"1772352000000",)"
                R"("prevFundingTime":"1772323200000",)"
                R"("settFundingRate":"0.0003","settState":"settled","instId":"ETH-USDT-SWAP",)"
                R"("ts":"1772323205000"}]})")
          .all<FundingRate>();
  ASSERT_EQ(rates.size(), 2u);
  EXPECT_EQ(rates[0].interval, Duration::hours(4)) << "from its times, not 8 h for all";
  EXPECT_EQ(rates[1].kind, FundingKind::settled);
  EXPECT_EQ(rates[1].rate, rate("0.0003"));
}

TEST(BesidePeers, DeribitsTwoRatesAreTwoThings) {
  Feed feed("deribit");
  const auto rates =
      feed.read(R"({"jsonrpc":"2.0","method":"subscription",)"
                R"("params":{"channel":"ticker.ETH-PERPETUAL.100ms","data":{"timestamp":)"
                R"(1772323200000,"instrument_name":"ETH-PERPETUAL","mark_price":3000,)"
                R"("index_price":3000,"open_interest":9000,)"
                R"("current_funding":0.0,"funding_8h":0.00016}}})")
          .all<FundingRate>();
  ASSERT_EQ(rates.size(), 2u);
  EXPECT_EQ(rates[0].rate, Rate());
  EXPECT_EQ(rates[1].kind, FundingKind::mean);
  EXPECT_EQ(rates[1].rate, rate("0.00016"));
}

TEST(BesidePeers, HyperliquidHasNoClockButTheRecorders) {
  Feed feed("hyperliquid");
  const Collected heard =
      feed.read(R"({"channel":"activeAssetCtx","data":{"coin":"ETH","ctx":{"funding":"0.0000125",)"
                R"("openInterest":"7.5","oraclePx":"3000",)"
                R"("markPx":"3001"}}})");
  const auto funding = heard.all<FundingRate>().at(0);
  EXPECT_EQ(funding.interval, Duration::hours(1));
  EXPECT_FALSE(funding.settles_at);
  EXPECT_EQ(heard.events[0].at, kNow);
  const Collected trades =
      feed.read(R"({"channel":"trades","data":[{"coin":"ETH","side":"B","px":"3000","sz":"1",)"
                R"("time":1772323200000,"tid":5}]})");
  EXPECT_EQ(trades.all<Trade>().size(), 1u) << "the first message of a coin counts as well";
}

TEST(BesidePeers, VolatilitiesAreFractionsAndGreeksInDollars) {
  Feed deribit("deribit");
  const auto percent =
      deribit
          .read(R"({"jsonrpc":"2.0","method":"subscription",)"
                R"("params":{"channel":"ticker.ETH-26MAR27-4000-C.100ms","data":{)"
                R"("timestamp":1772323200000,"instrument_name":"ETH-26MAR27-4000-C",)"
                R"("mark_price":0.05,"mark_iv":55.5,)"
                R"("best_bid_price":0,"best_bid_amount":0,"bid_iv":0,"best_ask_price":0.06,)"
                R"("best_ask_amount":3,"ask_iv":60}}})")
          .all<OptionQuote>()
          .at(0);
  EXPECT_DOUBLE_EQ(*percent.mark_iv, 0.555);
  EXPECT_FALSE(percent.bid_iv);
  Feed okx("okx");
  const auto greeks =
      okx.read(R"({"arg":{"channel":"opt-summary","uly":"ETH-USD"},)"
               R"("data":[{"instId":"ETH-USD-270326-4000-C","uly":"ETH-USD",)"
               R"("delta":"0.38","deltaBS":"0.41","gamma":"4.7","gammaBS":"0.0002",)"
               R"("markVol":"0.6","fwdPx":"3100","ts":)"
               R"("1772323200000"}]})")
          .all<OptionQuote>()
          .at(0);
  EXPECT_EQ(greeks.greeks.delta, 0.41);
  EXPECT_EQ(greeks.greeks.gamma, 0.0002);
  EXPECT_EQ(greeks.mark_iv, 0.6);
}

TEST(BesidePeers, APartOfATickerIsMergedNotDropped) {
  Feed feed("bybit");
  feed.read(R"({"topic":"tickers.ETHUSDT","type":"snapshot","ts":1772323200000,)"
            R"("data":{"symbol":"ETHUSDT","bid1Price":"3000",)"
            R"("bid1Size":"1","ask1Price":"3001","ask1Size":"2"}})");
  const auto quote = feed.read(R"({"topic":"tickers.ETHUSDT","type":"delta","ts":1772323200100,)"
                               R"("data":{"symbol":"ETHUSDT","bid1Price":"3000.5",)"
                               R"("bid1Size":"4"}})")
                         .all<Quote>()
                         .at(0);
  EXPECT_EQ(quote.bid_price, price("3000.5"));
  EXPECT_EQ(quote.ask_price, price("3001"));
}

}  // namespace
}  // namespace delever::venues
