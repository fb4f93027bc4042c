// The maps for the archives of Binance and Tardis, on rows written by hand in their column orders.
#include "feeds/feeds_testing.h"
#include "market/exact_testing.h"

namespace delever::feeds {
namespace {

using namespace fixture;

Replayed read_archive(const Folder& folder, const std::string& map, const std::string& file,
                      std::string_view text) {
  const auto report = import_to(folder / (map + ".tape"), ImportFormat::csv,
                                {folder.write(file, text)}, {.map = map_path(map)});
  EXPECT_TRUE(report.has_value()) << (report.has_value() ? "" : report.error().text());
  if (!report.has_value()) return {};
  Replayed tape = replay_all(folder / (map + ".tape"));
  EXPECT_TRUE(tape.kept.undecoded.empty());
  return tape;
}

TEST(BinanceArchive, AggregatedTradesWithAndWithoutAHeader) {
  const Folder folder;
  const std::string row = "3119871001,84250.10,0.512,6600000001,6600000003,1769760000123,true\n";
  const std::string names =
      "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n";
  for (const std::string& header : {std::string(), names}) {
    const Replayed tape = read_archive(folder, "binance-archive-agg-trades-usdm",
                                       header.empty() ? "a/BTCUSDT-aggTrades-2026-01-30.csv"
                                                      : "b/BTCUSDT-aggTrades-2026-01-31.csv",
                                       header + row);
    ASSERT_FALSE(tape.kept.events.empty());
    const auto& trade = std::get<Trade>(tape.kept.events.back().payload);
    EXPECT_EQ(trade.price, price("84250.1"));
    EXPECT_EQ(trade.qty, qty("0.512"));
    EXPECT_EQ(trade.taker_side, Side::sell);  // the buyer was the maker
    EXPECT_EQ(trade.id, "3119871001");
    EXPECT_TRUE(trade.aggregated);
    EXPECT_EQ(tape.kept.events.back().at, time_of("2026-01-30T08:00:00.123Z"));
    EXPECT_EQ(tape.instrument(tape.kept.events.back()).name(), "BTC-USDT-PERP");
  }
  // Both files are one stream: the columns are the same.
  EXPECT_EQ(replay_all(folder / "binance-archive-agg-trades-usdm.tape").replay->sources().size(),
            1u);
}

TEST(BinanceArchive, SpotTimesAreMicrosecondsSince2025) {
  const Folder folder;
  const Replayed old =
      read_archive(folder, "binance-archive-trades-spot", "ETHUSDT-trades-2024-01-01.csv",
                   "1,2300.5,0.1,230.05,1704067200123,False,True\n");
  ASSERT_EQ(old.kept.events.size(), 1u);
  EXPECT_EQ(old.kept.events[0].at, time_of("2024-01-01T00:00:00.123Z"));
  EXPECT_EQ(std::get<Trade>(old.kept.events[0].payload).taker_side, Side::buy);
  const Folder other;
  const Replayed now = read_archive(
      other, "binance-archive-klines-spot", "ETHUSDT-1h-2026-01-30.csv",
      "1769760000000000,2800.1,2810,2790.25,2805,12.5,1769763599999999,35000,100,6,17000,0\n");
  ASSERT_EQ(now.kept.events.size(), 1u);
  const auto& candle = std::get<Candle>(now.kept.events[0].payload);
  EXPECT_EQ(candle.from, time_of("2026-01-30T08:00:00Z"));
  EXPECT_EQ(candle.to, time_of("2026-01-30T09:00:00Z"));
  EXPECT_EQ(now.kept.events[0].received, time_of("2026-01-30T09:00:00Z"));
  EXPECT_EQ(candle.low, price("2790.25"));
  EXPECT_EQ(candle.volume, 12.5);
  EXPECT_EQ(now.instrument(now.kept.events[0]).name(), "ETH-USDT");
}

TEST(BinanceArchive, CandlesOfCoinMarginedContracts) {
  const Folder folder;
  const Replayed tape = read_archive(
      folder, "binance-archive-klines-coinm", "BTCUSD_PERP-1d-2026-01.csv",
      "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
      "taker_buy_quote_volume,ignore\n"
      "1769731200000,84000,85000,81000,82000,5000,1769817599999,6,7,8,9,0\n");
  ASSERT_EQ(tape.kept.events.size(), 1u);
  EXPECT_EQ(std::get<Candle>(tape.kept.events[0].payload).to, time_of("2026-01-31"));
  EXPECT_EQ(tape.instrument(tape.kept.events[0]).name(), "BTC-USD-PERP@BTC");
}

TEST(BinanceArchive, FundingMetricsAndLiquidations) {
  const Folder folder;
  const Replayed funding =
      read_archive(folder, "binance-archive-funding-usdm", "LPTUSDT-fundingRate-2026-01.csv",
                   "calc_time,funding_interval_hours,last_funding_rate\n"
                   "1769760000004,4,-0.00012\n");
  ASSERT_EQ(funding.kept.events.size(), 1u);
  const auto& rate = std::get<FundingRate>(funding.kept.events[0].payload);
  EXPECT_EQ(rate.interval, Duration::hours(4));
  EXPECT_EQ(rate.rate, Rate::parse("-0.00012").value());
  EXPECT_EQ(rate.kind, FundingKind::settled);

  const Replayed metrics = read_archive(
      folder, "binance-archive-metrics-usdm", "BTCUSDT-metrics-2026-01-30.csv",
      "create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_"
      "ratio,"
      "sum_toptrader_long_short_ratio,count_long_short_ratio,sum_taker_long_short_vol_ratio\n"
      "2026-01-30 00:05:00,BTCUSDT,98765.4320000000000000,8300000000.25,1.9,1.5,2.1,\n");
  ASSERT_EQ(metrics.kept.events.size(), 4u);  // the last ratio is empty
  const auto& interest = std::get<OpenInterest>(metrics.kept.events[0].payload);
  EXPECT_EQ(interest.contracts, qty("98765.432"));
  EXPECT_EQ(interest.value_usd, 8300000000.25);
  EXPECT_EQ(metrics.kept.events[0].received, time_of("2026-01-30T00:05:00Z"));

  const Replayed forced =
      read_archive(folder, "binance-archive-liquidations-coinm",
                   "ETHUSD_PERP-liquidationSnapshot-2024-01-30.csv",
                   "1706572800123,SELL,LIMIT,IOC,120,2290.5,2295.123456789,FILLED,20,120\n");
  ASSERT_EQ(forced.kept.events.size(), 1u);
  const auto& liquidation = std::get<Liquidation>(forced.kept.events[0].payload);
  EXPECT_EQ(liquidation.position_side, PositionSide::long_side);
  EXPECT_EQ(liquidation.order_price, price("2290.5"));
  EXPECT_EQ(liquidation.average_price, price("2295.123456789"));
  EXPECT_EQ(liquidation.filled_qty, qty("120"));
  EXPECT_EQ(liquidation.feed, LiquidationFeed::latest_per_second);
  EXPECT_EQ(forced.instrument(forced.kept.events[0]).contract_size, qty("10"));
}

TEST(BinanceArchive, AFileOfAnotherNameIsRefused) {
  const Folder folder;
  const auto report =
      import_to(folder / "x.tape", ImportFormat::csv, {folder.write("trades.csv", "1,2,3\n")},
                {.map = map_path("binance-archive-trades-usdm")});
  ASSERT_FALSE(report.has_value());
  EXPECT_NE(
      report.error().text().find("trades.csv: the map is for files named {symbol}-trades-*, whose"),
      std::string::npos);
}

TEST(TardisArchive, TradesOfSeveralVenuesAreStreamsOfTheirOwn) {
  const Folder folder;
  const Replayed tape =
      read_archive(folder, "tardis-trades", "t.csv",
                   "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"
                   "deribit,BTC-PERPETUAL,1769760000000000,1769760000003123,77,sell,84250.5,1000\n"
                   "okex-swap,BTC-USDT-SWAP,1769760000000001,1769760000003120,78,buy,84251,1e-05\n"
                   "bybit,BTCUSD,1769760000000002,1769760000003130,,unknown,84251,3\n");
  ASSERT_EQ(tape.kept.events.size(), 2u);  // the side of the third is not told
  EXPECT_EQ(tape.instrument(tape.kept.events[0]).name(), "BTC-USDT-PERP");
  EXPECT_EQ(std::get<Trade>(tape.kept.events[0].payload).qty, qty("0.00001"));
  EXPECT_EQ(tape.kept.events[0].received, time_of("2026-01-30T08:00:00.00312Z"));
  EXPECT_EQ(tape.kept.events[0].at, time_of("2026-01-30T08:00:00.000001Z"));
  EXPECT_EQ(tape.instrument(tape.kept.events[1]).name(), "BTC-USD-PERP@BTC");
  std::vector<std::string> venues;
  for (const Source& source : tape.replay->sources()) venues.push_back(source.venue);
  EXPECT_EQ(venues, (std::vector<std::string>{"deribit", "okx", "bybit"}));
}

TEST(TardisArchive, LiquidationsSayWhichSideWasClosedAndHowTheFeedThins) {
  const Folder folder;
  const Replayed tape =
      read_archive(folder, "tardis-liquidations", "t.csv",
                   "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"
                   "binance-futures,BTCUSDT,1584059031421000,1584059031500000,,buy,4793.91,0.014\n"
                   "bybit,BTCUSD,1632123292903000,1632123293000000,10759329,sell,44662.5,1257079\n"
                   "deribit,BTC-PERPETUAL,1684058044032000,1684058044100000,1,sell,4469.5,1120\n"
                   "bybit,BTCUSDT,1769760000000000,1769760000100000,,sell,84000,2\n");
  const auto all = tape.kept.all<Liquidation>();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].position_side, PositionSide::short_side);
  EXPECT_EQ(all[0].order_price, price("4793.91"));
  EXPECT_FALSE(all[0].average_price);
  EXPECT_EQ(all[0].order_qty, qty("0.014"));
  EXPECT_EQ(all[0].feed, LiquidationFeed::latest_per_second);
  EXPECT_EQ(all[1].position_side, PositionSide::long_side);
  EXPECT_EQ(all[1].id, "10759329");
  EXPECT_EQ(all[1].feed, LiquidationFeed::at_most_one_per_second);  // the old channel
  EXPECT_EQ(tape.instrument(tape.kept.events[1]).kind, InstrumentKind::inverse);
  EXPECT_EQ(all[2].average_price, price("4469.5"));
  EXPECT_EQ(all[2].feed, LiquidationFeed::flagged_trades);
  EXPECT_EQ(all[3].feed, LiquidationFeed::complete);
}

TEST(TardisArchive, DerivativeTickersBecomeSeveralEvents) {
  const Folder folder;
  const Replayed tape =
      read_archive(folder, "tardis-derivative-ticker", "t.csv",
                   "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,"
                   "predicted_funding_rate,open_interest,"
                   "last_price,index_price,mark_price\n"
                   "bybit,BTCUSD,1680673822776000,1680673822800000,1680681600000000,0.0001,,"
                   "449736675,28560,28566.94,28560\n"
                   "binance-futures,BTCUSDT,1680673822777000,1680673822900000,,,0.0002,105.5,,,\n");
  const auto rates = tape.kept.all<FundingRate>();
  ASSERT_EQ(rates.size(), 2u);
  EXPECT_EQ(rates[0].kind, FundingKind::current);
  EXPECT_EQ(rates[0].settles_at, time_of("2023-04-05T08:00:00Z"));
  EXPECT_FALSE(rates[0].interval);
  EXPECT_EQ(rates[1].kind, FundingKind::predicted);
  EXPECT_FALSE(rates[1].settles_at);
  const auto interests = tape.kept.all<OpenInterest>();
  ASSERT_EQ(interests.size(), 2u);
  EXPECT_EQ(interests[0].contracts, qty("224868337.5"));  // both sides, halved
  EXPECT_EQ(interests[1].contracts, qty("105.5"));
  EXPECT_EQ(tape.kept.all<MarkPrice>().size(), 1u);
  EXPECT_EQ(tape.kept.all<IndexPrice>()[0].price, price("28566.94"));
}

TEST(TardisArchive, OptionVolatilitiesArePercentOnDeribitAlone) {
  const Folder folder;
  const std::string header =
      "exchange,symbol,timestamp,local_timestamp,type,strike_price,expiration,open_interest,last_"
      "price,bid_price,"
      "bid_amount,bid_iv,ask_price,ask_amount,ask_iv,mark_price,mark_iv,underlying_index,"
      "underlying_price,delta,gamma,"
      "vega,theta,rho\n";
  const Replayed tape =
      read_archive(folder, "tardis-options-chain", "t.csv",
                   header +
                       "deribit,BTC-5JUN20-9250-C,1590969652595000,1590969652600000,call,9250,"
                       "1591344000000000,533.2,0.038,0.0365,"
                       "15.4,58.39,0.04,4.8,66.9,0.03847784,63.21,SYN.BTC-5JUN20,9440.73,0.62959,0."
                       "00058,3.88497,-28.34113,0.66242\n"
                       "bybit-options,SOL-28APR23-24-C,1680652810254000,1680652810300000,call,24,"
                       "1682668800000000,20,1.6,0.34,10,"
                       "0.6004,3.11,51,2.0007,1.99054639,1.4674,,20.93,0.42723543,0.0505193,0."
                       "02075941,-0.06527514,\n");
  const auto quotes = tape.kept.all<OptionQuote>();
  ASSERT_EQ(quotes.size(), 2u);
  EXPECT_EQ(quotes[0].bid_iv, 0.5839);
  EXPECT_EQ(quotes[0].mark_iv, 0.6321);
  EXPECT_EQ(quotes[0].bid_price, price("0.0365"));
  EXPECT_EQ(quotes[0].underlying, "SYN.BTC-5JUN20");
  EXPECT_EQ(quotes[0].greeks.rho, 0.66242);
  EXPECT_EQ(quotes[1].bid_iv, 0.6004);
  EXPECT_EQ(quotes[1].open_interest, qty("20"));
  EXPECT_FALSE(quotes[1].greeks.rho);
  EXPECT_EQ(tape.instrument(tape.kept.events[1]).strike, price("24"));
  EXPECT_EQ(tape.instrument(tape.kept.events[1]).expiry, time_of("2023-04-28T08:00:00Z"));
}

TEST(TardisArchive, AnExchangeWithoutATranslationIsNamed) {
  const Folder folder;
  const std::string file =
      folder.write("t.csv",
                   "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"
                   "ftx,BTC-PERP,1,1,1,buy,1,1\n");
  const auto report =
      import_to(folder / "x.tape", ImportFormat::csv, {file}, {.map = map_path("tardis-trades")});
  ASSERT_FALSE(report.has_value());
  EXPECT_NE(report.error().text().find("t.csv:2:exchange: \"ftx\" is not among the map's values"),
            std::string::npos);
}

const std::string kBybitNames =
    "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,"
    "foreignNotional";

TEST(BybitArchive, LinearContractsByTheirSymbols) {
  const Folder folder;
  const Replayed linear = read_archive(
      folder, "bybit-archive-trades", "SOLUSDT2026-01-30.csv",
      kBybitNames +
          ",RPI\n1769760000.2296,SOLUSDT,Sell,3.1,120.50,ZeroMinusTick,48a4-1,3.7e+10,3.1,"
          "373.55,0\n1769760000.2296,SOLUSDT,Sell,3.1,120.50,ZeroMinusTick,48a4-2,3.7e+10,3.1,"
          "373.55,0\n");
  ASSERT_EQ(linear.kept.events.size(), 2u);
  const auto& trade = std::get<Trade>(linear.kept.events[0].payload);
  EXPECT_EQ(trade.qty, qty("3.1"));
  EXPECT_EQ(trade.taker_side, Side::sell);
  EXPECT_EQ(trade.id, "48a4-1");
  EXPECT_EQ(linear.kept.events[0].at, time_of("2026-01-30T08:00:00.2296Z"));
  EXPECT_EQ(linear.instrument(linear.kept.events[0]).name(), "SOL-USDT-PERP");
}

TEST(BybitArchive, InverseContractsByTheirSymbolsAndSpotByTheFileName) {
  const Folder folder;
  const Replayed inverse =
      read_archive(folder, "bybit-archive-trades", "BTCUSD2020-01-01.csv",
                   kBybitNames +
                       "\n1577836801.0766,BTCUSD,Buy,79,7196.5,PlusTick,e94f,1097755.85,79,"
                       "0.01097755\n");
  ASSERT_EQ(inverse.kept.events.size(), 1u);
  const Instrument& contract = inverse.instrument(inverse.kept.events[0]);
  EXPECT_EQ(contract.kind, InstrumentKind::inverse);
  EXPECT_EQ(std::get<Trade>(inverse.kept.events[0].payload).qty, qty("79"));
  EXPECT_EQ(contract.contract_size, qty("1"));  // a dollar

  const Replayed spot = read_archive(folder, "bybit-archive-trades-spot", "SOLUSDT_2025-05-19.csv",
                                     "id,timestamp,price,volume,side,rpi\n"
                                     "1,1747612800074,168.2,0.5,sell,0\n");
  ASSERT_EQ(spot.kept.events.size(), 1u);
  EXPECT_EQ(spot.instrument(spot.kept.events[0]).name(), "SOL-USDT");
  EXPECT_EQ(spot.kept.events[0].at, time_of("2025-05-19T00:00:00.074Z"));
}

TEST(OkxArchive, TradesAndFundingOfAnyContract) {
  const Folder folder;
  const Replayed trades =
      read_archive(folder, "okx-archive-trades", "SOL-USDT-SWAP-trades-2025-06-01.csv",
                   "instrument_name,trade_id,side,price,size,created_time,source\n"
                   "SOL-USDT-SWAP,1566502282,sell,155.5,30.14,1748707200008,0\n"
                   "SOL-USDT,77,buy,155.4,2,1748707200009,0\n");
  ASSERT_EQ(trades.kept.events.size(), 2u);
  EXPECT_EQ(std::get<Trade>(trades.kept.events[0].payload).taker_side, Side::sell);
  EXPECT_EQ(std::get<Trade>(trades.kept.events[0].payload).qty, qty("30.14"));
  EXPECT_FALSE(trades.instrument(trades.kept.events[0]).contract_size) << "the listing says it";
  EXPECT_EQ(trades.kept.events[0].at, time_of("2025-05-31T16:00:00.008Z"));
  EXPECT_EQ(trades.instrument(trades.kept.events[1]).kind, InstrumentKind::spot);

  const Replayed funding =
      read_archive(folder, "okx-archive-funding", "SOL-USDT-SWAP-fundingrates-2026-09.csv",
                   "instrument_name,funding_rate,funding_time\n"
                   "SOL-USDT-SWAP,-0.0000135375417752,1788220800000\n");
  const auto rates = funding.kept.all<FundingRate>();
  ASSERT_EQ(rates.size(), 1u);
  EXPECT_EQ(rates[0].kind, FundingKind::settled);
  EXPECT_EQ(rates[0].rate, Rate::parse("-0.000013537541775").value());
  EXPECT_FALSE(rates[0].interval);
}

}  // namespace
}  // namespace delever::feeds
