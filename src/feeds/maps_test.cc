// Every map for ../shared/data on the whole of its file, with the first rows and the counts spelled
// out.
#include "feeds/feeds_testing.h"

namespace delever::feeds {
namespace {

using namespace fixture;

struct Imported {
  ImportReport report;
  Replayed tape;
};
Imported import_csv_file(const Folder& folder, const std::string& map, const std::string& file,
                         Instant to = Instant::max()) {
  Imported out;
  auto report = import_to(folder / "out.tape", ImportFormat::csv, {file}, {.map = map_path(map)});
  EXPECT_TRUE(report.has_value()) << (report.has_value() ? "" : report.error().text());
  if (!report.has_value()) return out;
  out.report = std::move(report).value();
  out.tape = replay_all(folder / "out.tape", to);
  EXPECT_TRUE(out.tape.kept.undecoded.empty());
  EXPECT_EQ(out.tape.kept.events.size(), out.report.events);
  return out;
}

TEST(Maps, LiquidationTotalsAreKnownWhenTheirDayIsOver) {
  SKIP_WITHOUT_DATA(
      file, "data/liquidations/coinglass_liquidations_daily_BTC_ETH_20201223_20250908.csv.gz");
  const Folder folder;
  const auto [report, tape] = import_csv_file(folder, "coinglass-liquidations-daily", file);
  EXPECT_EQ(report.messages, 3440u);
  EXPECT_EQ(report.unfinished, 2u);  // the last day, both assets
  ASSERT_EQ(tape.kept.events.size(), 3440u);
  const Event& first = tape.kept.events.front();
  EXPECT_EQ(first.at, time_of("2020-12-24"));
  EXPECT_EQ(first.received, time_of("2020-12-24"));
  const auto& total = std::get<LiquidationTotal>(first.payload);
  EXPECT_EQ(total.from, time_of("2020-12-23"));
  EXPECT_EQ(total.to, time_of("2020-12-24"));
  EXPECT_EQ(total.long_usd, 53684695.07304);
  EXPECT_EQ(total.short_usd, 42948190.84783);
  EXPECT_EQ(total.feed, LiquidationFeed::aggregated);
  EXPECT_EQ(tape.instrument(first).base, "BTC");
  EXPECT_EQ(tape.instrument(first).kind, InstrumentKind::aggregate);
  EXPECT_EQ(tape.instrument(first).venue, "coinglass");
  EXPECT_EQ(tape.instrument(tape.kept.events[1]).base, "ETH");
  EXPECT_EQ(tape.replay->sources()[0].name, "coinglass:liquidations_daily");

  // One nanosecond before a day is over, it is not there.
  const Replayed before = replay_all(folder / "out.tape", time_of("2020-12-25") - Duration::ns(1));
  EXPECT_EQ(before.kept.events.size(), 2u);
  EXPECT_EQ(replay_all(folder / "out.tape", time_of("2020-12-25")).kept.events.size(), 4u);
}

TEST(Maps, OpenInterestKeepsThePartApartFromTheWhole) {
  SKIP_WITHOUT_DATA(file, "data/oi/coinglass_futures_oi_daily_BTC_ETH.csv.gz");
  const Folder folder;
  const auto [report, tape] = import_csv_file(folder, "coinglass-open-interest-daily", file);
  EXPECT_EQ(report.messages, 4040u);
  ASSERT_EQ(tape.kept.events.size(), 3 * 4040u);
  const auto& whole = std::get<OpenInterest>(tape.kept.events[0].payload);
  EXPECT_EQ(whole.value_usd, 3527345802.0);
  EXPECT_FALSE(whole.coins);
  EXPECT_EQ(tape.instrument(tape.kept.events[0]).symbol, "BTC");
  const auto& part = std::get<OpenInterest>(tape.kept.events[1].payload);
  EXPECT_EQ(part.coins, 18511.56);
  EXPECT_FALSE(part.value_usd);
  EXPECT_EQ(tape.instrument(tape.kept.events[1]).symbol, "BTC stablecoin-margined");
  EXPECT_EQ(tape.instrument(tape.kept.events[1]).base, "BTC");
  EXPECT_EQ(std::get<OpenInterest>(tape.kept.events[2].payload).value_usd, 1020247307.0);
  EXPECT_EQ(tape.kept.events[0].at, time_of("2020-02-28"));
}

TEST(Maps, LongShortRatiosArePublishedFigures) {
  SKIP_WITHOUT_DATA(file, "data/oi/coinglass_long_short_ratios_daily_BTC_ETH.csv.gz");
  const Folder folder;
  const auto [report, tape] = import_csv_file(folder, "coinglass-long-short-daily", file);
  const auto figures = tape.kept.all<PublishedFigure>();
  ASSERT_EQ(figures.size(), 3 * report.messages);
  EXPECT_EQ(figures[0].metric, "long_short_ratio_accounts");
  EXPECT_EQ(figures[0].value, 1.39);
  EXPECT_EQ(figures[1].value, 1.11);
  EXPECT_EQ(figures[2].value, 1.2);
  EXPECT_EQ(figures[2].asset, "BTC");
  EXPECT_EQ(figures[2].stated_by, "Binance via Coinglass");
}

TEST(Maps, VendorFundingIsPercentMadeExactFractions) {
  SKIP_WITHOUT_DATA(oi, "data/funding/coinglass_funding_oiweighted_daily_BTC_ETH.csv.gz");
  const Folder folder;
  const auto [report, tape] = import_csv_file(folder, "coinglass-funding-oi-weighted-daily", oi);
  EXPECT_EQ(report.messages, 3974u);
  const auto rates = tape.kept.all<FundingRate>();
  ASSERT_EQ(rates.size(), 3974u);
  EXPECT_EQ(rates[0].rate, Rate::parse("-0.0002801456").value());
  EXPECT_EQ(rates[0].kind, FundingKind::mean);
  EXPECT_EQ(rates[0].interval, Duration::hours(8));
  EXPECT_EQ(rates[0].mean_over, Duration::days(1));
  EXPECT_EQ(rates[0].settles_at, time_of("2020-04-01"));
}

TEST(Maps, TwoImportsToOneTapeAreTwoStreams) {
  SKIP_WITHOUT_DATA(oi, "data/funding/coinglass_funding_oiweighted_daily_BTC_ETH.csv.gz");
  SKIP_WITHOUT_DATA(vol, "data/funding/coinglass_funding_volweighted_daily_BTC_ETH.csv.gz");
  const Folder folder;
  const std::string path = folder / "out.tape";
  ASSERT_TRUE(import_to(path, ImportFormat::csv, {oi},
                        {.map = map_path("coinglass-funding-oi-weighted-daily")})
                  .has_value());
  const auto [report, tape] = [&] {
    auto second = import_to(path, ImportFormat::csv, {vol},
                            {.map = map_path("coinglass-funding-vol-weighted-daily")});
    return std::pair(std::move(second).value(), replay_all(path));
  }();
  EXPECT_EQ(report.messages, 1738u);
  EXPECT_EQ(tape.kept.all<FundingRate>().size(), 3974u + 1738u);
  EXPECT_EQ(tape.replay->sources().size(), 2u);
}

TEST(Maps, BinanceFundingIsSettledEveryEightHours) {
  SKIP_WITHOUT_DATA(file, "data/funding/binance_btcusdt_funding_8h_20251221_20260131.csv");
  const Folder folder;
  const auto [report, tape] = import_csv_file(folder, "binance-funding-8h", file);
  EXPECT_EQ(report.messages, 125u);
  ASSERT_EQ(tape.kept.events.size(), 250u);
  const Event& first = tape.kept.events[0];
  EXPECT_EQ(first.at, time_of("2025-12-21T08:00:00.009Z"));
  EXPECT_EQ(first.received, first.at);
  const auto& rate = std::get<FundingRate>(first.payload);
  EXPECT_EQ(rate.rate, Rate::parse("0.00008873").value());
  EXPECT_EQ(rate.kind, FundingKind::settled);
  EXPECT_EQ(rate.interval, Duration::hours(8));
  EXPECT_EQ(rate.settles_at, first.at);
  EXPECT_EQ(tape.instrument(first).name(), "BTC-USDT-PERP");
  EXPECT_EQ(tape.instrument(first).venue, "binance");
  EXPECT_EQ(std::get<MarkPrice>(tape.kept.events[1].payload).price,
            Price::parse("88141.4479058").value());
}

TEST(Maps, BinanceDailyMeans) {
  SKIP_WITHOUT_DATA(file, "data/funding/binance_btcusdt_funding_dailymean_20190910_20260131.csv");
  const Folder folder;
  const auto [report, tape] = import_csv_file(folder, "binance-funding-daily-mean", file);
  EXPECT_EQ(report.messages, 2336u);
  const Event& last = tape.kept.events.back();
  EXPECT_EQ(last.at, time_of("2026-02-01"));
  // 6.60866666666667e-05 has more digits than a Rate keeps; the last is rounded.
  EXPECT_EQ(std::get<FundingRate>(last.payload).rate, Rate::parse("0.000066086666667").value());
}

TEST(Maps, OptionChainBecomesQuotesOfInstruments) {
  SKIP_WITHOUT_DATA(file, "data/options/deribit_btc_chain_1h_20260123T01_20260124T06.csv.gz");
  const Folder folder;
  const auto [report, tape] = import_csv_file(folder, "deribit-option-chain", file);
  EXPECT_EQ(report.messages, 19976u);
  ASSERT_EQ(tape.kept.events.size(), 19976u);
  const Event& first = tape.kept.events[0];
  EXPECT_EQ(first.at, time_of("2026-01-23T02:00:00Z")) << "labelled 01:00, taken in that hour";
  EXPECT_EQ(first.received, first.at);
  const Instrument& instrument = tape.instrument(first);
  EXPECT_EQ(instrument.symbol, "BTC-13FEB26-100000-C");
  EXPECT_EQ(instrument.kind, InstrumentKind::option);
  EXPECT_EQ(instrument.expiry, time_of("2026-02-13T08:00:00Z"));
  EXPECT_EQ(instrument.strike, Price::parse("100000").value());
  EXPECT_EQ(instrument.settle, "BTC");
  EXPECT_EQ(instrument.contract_size, Qty::parse("1").value());
  const auto& quote = std::get<OptionQuote>(first.payload);
  EXPECT_EQ(quote.bid_iv, 0.3575);
  EXPECT_EQ(quote.ask_iv, 0.3617);
  EXPECT_EQ(quote.mark_iv, 0.3624);
  EXPECT_EQ(quote.open_interest, Qty::parse("167.7").value());
  EXPECT_EQ(quote.volume_24h, 185.2);
  EXPECT_EQ(quote.greeks.delta, 0.12116);
  EXPECT_EQ(quote.greeks.gamma, 0.00003);
  EXPECT_EQ(quote.greeks.rho, 6.08259);
  EXPECT_FALSE(quote.bid_price);
  // A bid volatility of 0 is no bid.
  const auto quotes = tape.kept.all<OptionQuote>();
  const auto no_bid =
      std::count_if(quotes.begin(), quotes.end(), [](const OptionQuote& q) { return !q.bid_iv; });
  EXPECT_GT(no_bid, 100);
  EXPECT_EQ(
      std::count_if(quotes.begin(), quotes.end(), [](const OptionQuote& q) { return !q.ask_iv; }),
      0);
}

TEST(Maps, OptionFeatures) {
  SKIP_WITHOUT_DATA(file, "data/options/r1quant_30JAN26_features_excerpt.csv");
  const Folder folder;
  const auto [report, tape] = import_csv_file(folder, "r1quant-option-features", file);
  EXPECT_EQ(report.messages, 10u);
  const auto figures = tape.kept.all<PublishedFigure>();
  ASSERT_EQ(figures.size(), 130u);
  EXPECT_EQ(figures[1].metric, "options_put_call");
  EXPECT_EQ(figures[1].value, 0.5797671288226927);
  EXPECT_EQ(figures[1].window, "30JAN26");
  EXPECT_EQ(figures[11].metric, "iv_skew");
  EXPECT_EQ(figures[11].value, 0.06991861042183622);
  EXPECT_EQ(figures[12].value, 636669103.2043045);
}

TEST(Maps, SpotCandlesDropTheBarThatWasStillRunning) {
  const Folder folder;
  for (const char* name : {"BTCUSDT_1h_20251227_20260206", "ETHUSDT_1h_20251227_20260206",
                           "BTCUSDT_H4_20250615_20260220", "ETHUSDT_H4_20250615_20260220",
                           "BTCUSDT_D1_20200831_20260219", "ETHUSDT_D1_20200831_20260219"}) {
    SKIP_WITHOUT_DATA(file, std::string("data/prices/binance_spot_") + name + ".csv.gz");
    const auto report = import_to(folder / "out.tape", ImportFormat::csv, {file},
                                  {.map = map_path("binance-spot-candles")});
    ASSERT_TRUE(report.has_value()) << report.error().text();
    EXPECT_EQ(report.value().unfinished, 1u);
  }
  const Replayed tape = replay_all(folder / "out.tape");
  EXPECT_EQ(tape.replay->sources().size(), 6u);
  ASSERT_EQ(tape.kept.events.size(), 2 * (998u + 1498u + 1998u));
  const auto first =
      std::find_if(tape.kept.events.begin(), tape.kept.events.end(), [&](const Event& e) {
        return std::get<Candle>(e.payload).from == time_of("2025-12-27T04:00:00Z") &&
               std::get<Candle>(e.payload).to == time_of("2025-12-27T05:00:00Z") &&
               tape.instrument(e).base == "BTC";
      });
  ASSERT_NE(first, tape.kept.events.end());
  EXPECT_EQ(first->received, time_of("2025-12-27T05:00:00Z"));
  const auto& candle = std::get<Candle>(first->payload);
  EXPECT_EQ(candle.open, Price::parse("87514.23").value());
  EXPECT_EQ(candle.high, Price::parse("87516.84").value());
  EXPECT_EQ(candle.low, Price::parse("87463.32").value());
  EXPECT_EQ(candle.close, Price::parse("87470.19").value());
  EXPECT_EQ(candle.volume, 106.03892);
  EXPECT_EQ(tape.instrument(*first).name(), "BTC-USDT");
}

TEST(Maps, VolatilityIndexInFractions) {
  SKIP_WITHOUT_DATA(file, "data/vol/deribit_btc_dvol_1h_20210324_20251015.csv.gz");
  const Folder folder;
  const auto [report, tape] = import_csv_file(folder, "deribit-dvol-hourly", file);
  EXPECT_EQ(report.messages, 38788u);
  const auto indexes = tape.kept.all<VolIndex>();
  ASSERT_EQ(indexes.size(), 38788u);
  EXPECT_EQ(indexes[0].value, 0.8488);
  EXPECT_EQ(indexes[0].high, 0.8541);
  EXPECT_EQ(tape.kept.events[0].at, time_of("2021-03-24T01:00:00Z"));
}

TEST(Maps, EtfFlowsAreKnownTheDayAfter) {
  SKIP_WITHOUT_DATA(file, "data/external/coinglass_btc_spot_etf_flows_daily.csv");
  const Folder folder;
  const auto [report, tape] = import_csv_file(folder, "coinglass-etf-flows-daily", file);
  EXPECT_EQ(report.messages, 606u);
  const Event& first = tape.kept.events[0];
  EXPECT_EQ(first.at, time_of("2024-01-12"));
  EXPECT_EQ(first.received, time_of("2024-01-12T12:00:00Z"));
  const auto& holding = std::get<Holding>(first.payload);
  EXPECT_EQ(holding.flow_usd, 655300000.0);
  EXPECT_EQ(holding.value_usd, 58113428801.37);
  EXPECT_FALSE(std::get<Holding>(tape.kept.events[2].payload).value_usd);
}

TEST(Maps, IbitFlowsBelongToTheSessionBefore) {
  SKIP_WITHOUT_DATA(file, "data/external/ibit_daily_flow_20260102_20260403.csv");
  const Folder folder;
  const auto [report, tape] = import_csv_file(folder, "ibit-flows-daily", file);
  EXPECT_EQ(report.messages, 66u);
  EXPECT_EQ(report.without_event, 5u);  // flow_usd empty
  const auto dated = [&](std::string_view received) {
    const auto found =
        std::find_if(tape.kept.events.begin(), tape.kept.events.end(),
                     [&](const Event& e) { return e.received == time_of(received); });
    EXPECT_NE(found, tape.kept.events.end());
    return *found;
  };
  const Event thursday = dated("2026-01-31");  // dated the 30th in the file
  EXPECT_EQ(thursday.at, time_of("2026-01-30"));
  EXPECT_NEAR(*std::get<Holding>(thursday.payload).flow_usd, -317.8e6, 0.1e6);
  EXPECT_EQ(dated("2026-01-06").at,
            time_of("2026-01-03"));  // dated Monday the 5th: of Friday the 2nd
}

TEST(Maps, TreasuriesAsPrinted) {
  SKIP_WITHOUT_DATA(file, "data/external/bitcointreasuries_snapshot_20250711.csv");
  const Folder folder;
  const auto [report, tape] = import_csv_file(folder, "bitcointreasuries-snapshot", file);
  EXPECT_EQ(report.messages, 142u);
  const auto holdings = tape.kept.all<Holding>();
  ASSERT_EQ(holdings.size(), 142u);
  EXPECT_EQ(holdings[0].holder, "Microstrategy, Inc.MSTR");
  EXPECT_EQ(holdings[0].coins, 597325.0);
  EXPECT_EQ(holdings[0].value_usd, 64623e6);
  EXPECT_EQ(holdings[135].coins, 0.2);  // printed as ".2"
  EXPECT_EQ(tape.kept.events[0].received, time_of("2025-07-12"));
  EXPECT_EQ(tape.replay->sources()[0].name, "bitcointreasuries:holdings:20250711");
}

}  // namespace
}  // namespace delever::feeds
