// Goal: on the real series the gauges give what is known of the event and of two past floods, and
// refuse the rest. Skips where the data folder is absent. The archives are read here by hand: the
// decoders have tests of their own.
#include <cstdio>
#include <filesystem>
#include <functional>

#include "base/source_root.h"
#include "base/text.h"
#include "gauges/scene_testing.h"

namespace delever::gauges {
namespace {

const std::string kData = source_root() + "/../shared/data/";

// Rows of a CSV, .gz or plain, without the header.
bool each_row(const std::string& file,
              const std::function<void(const std::vector<std::string_view>&)>& use) {
  const std::string path = kData + file;
  if (!std::filesystem::exists(path)) return false;
  std::FILE* pipe =
      popen(((file.ends_with(".gz") ? "gzip -dc '" : "cat '") + path + "'").c_str(), "r");
  if (pipe == nullptr) return false;
  char line[1024];
  for (bool header = true; std::fgets(line, sizeof line, pipe) != nullptr; header = false) {
    if (!header) use(split(trimmed(line), ','));
  }
  return pclose(pipe) == 0;
}

Instant day_of(std::string_view text) { return time_of(text.substr(0, 10)); }

struct RealTape : Scene {
  bool whole = true;
  RealTape() {
    const Duration day = Duration::days(1);
    const auto vendor = [&](std::string_view symbol) {
      return aggregate("coinglass", std::string(symbol), std::string(symbol));
    };
    whole = each_row("liquidations/coinglass_liquidations_daily_BTC_ETH_20201223_20250908.csv.gz",
                     [&](const auto& c) {
                       total(vendor(c[0]), day_of(c[1]), *read_double(c[2]), *read_double(c[3]));
                     }) &&
            whole;
    whole = each_row("oi/coinglass_futures_oi_daily_BTC_ETH.csv.gz",
                     [&](const auto& c) {
                       OpenInterest oi{.coins = read_double(c[3]), .value_usd = read_double(c[2])};
                       put(vendor(c[0]), "coinglass:oi_daily", day_of(c[1]) + day, oi);
                     }) &&
            whole;
    const auto perpetual = instrument("binance", "BTC-USDT-PERP");
    whole =
        each_row(
            "funding/binance_btcusdt_funding_8h_20251221_20260131.csv",
            [&](const auto& c) {
              const Instant at = Instant::from_ms(*read_int(c[1])).value();
              put(perpetual, "binance:funding_8h", at,
                  FundingRate{
                      Rate::parse(c[3]).value(), FundingKind::settled, Duration::hours(8), at, {}});
            }) &&
        whole;
    for (const std::string asset : {"BTC", "ETH"}) {
      const auto spot = instrument("binance", asset + "-USDT");
      for (const char* file : {"_D1_20200831_20260219.csv.gz", "_1h_20251227_20260206.csv.gz"}) {
        whole = each_row("prices/binance_spot_" + asset + "USDT" + file,
                         [&](const auto& c) {
                           const auto price = [&](size_t i) {
                             return Price::nearest(*read_double(c[i])).value();
                           };
                           const Instant from = Instant::from_ms(*read_int(c[0])).value();
                           const Instant to = Instant::from_ms(*read_int(c[6])).value();
                           put(spot, "binance:klines", to,
                               Candle{from,
                                      to,
                                      price(1),
                                      price(2),
                                      price(3),
                                      price(4),
                                      {},
                                      PriceKind::trade,
                                      true});
                         }) &&
                whole;
      }
    }
    whole = each_row("options/deribit_btc_chain_1h_20260123T01_20260124T06.csv.gz",
                     [&](const auto& c) {
                       const auto parts = split(c[1], '-');
                       const Instant expiry = parse_expiry_name(parts[1]).value();
                       const std::string date = expiry.date();
                       const std::string name = "BTC-USD-" + date.substr(2, 2) + date.substr(5, 2) +
                                                date.substr(8, 2) + "-" + std::string(parts[2]) +
                                                "-" + std::string(parts[3]) + "@BTC";
                       OptionQuote q;
                       q.open_interest = Qty::nearest(*read_double(c[7])).value();
                       put(instrument("deribit", name), "r1quant:deribit_chain",
                           time_of(std::string(c[0].substr(0, 19)) + "Z"), q);
                     }) &&
            whole;
  }
};

class Real : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kData))
      GTEST_SKIP() << "no data folder beside the repository: " << kData;
    static const RealTape shared;
    ASSERT_TRUE(shared.whole);
    tape = &shared;
  }
  const RealTape* tape = nullptr;
};

TEST_F(Real, thirtieth_of_january_2026) {
  const Instant at = time_of("2026-01-30T00:00:00Z"), expiry = time_of("2026-01-30T08:00:00Z");
  const auto readings = tape->readings(at);
  const Reading funding = pick(readings, "funding_annual", "binance");
  EXPECT_NEAR(funding.value.value(), 0.0624, 1e-4);  // not 0.432
  EXPECT_EQ(funding.state, State::single_source);
  // docs/models/ M5: 30JAN26 held 61,186 calls and 35,494 puts at 24 January 13:00; this chain is
  // of 06:00.
  EXPECT_NEAR(pick(readings, "options_oi", {}, expiry).value.value(), 96'000, 2'000);
  EXPECT_NEAR(pick(readings, "options_put_call", {}, expiry).value.value(), 0.5798, 5e-4);
  EXPECT_EQ(pick(readings, "options_max_pain", {}, expiry).value.value(), 90'000);
  EXPECT_EQ(pick(readings, "options_max_pain_coin", {}, expiry).value.value(), 92'000);
  EXPECT_EQ(pick(readings, "options_max_pain", {}, expiry).as_of, time_of("2026-01-24T06:00:00Z"));
  for (const char* name :
       {"liq_total_usd_24h", "liq_dominance_osc", "liq_dominance_osc_ma30", "oi_coins", "oi_usd"}) {
    const Reading r = pick(readings, name);
    EXPECT_EQ(r.state, State::pending) << text_of(r);
    EXPECT_FALSE(r.value.has_value());
    EXPECT_NE(r.reason.find("2025-09-0"), std::string::npos) << r.reason;
  }
  EXPECT_EQ(pick(readings, "price_low_24h").state, State::single_source);
  EXPECT_GT(pick(readings, "realized_vol_24h").value.value(), 0.2);
}

TEST_F(Real, past_floods) {
  struct Case {
    const char* at;
    double longs, shorts, usd_change, coins_low, coins_high;
  };
  for (const Case& c : {Case{"2021-05-20T00:00:00Z", 1386008445.366, 202621857.43543,
                             12493364737.0 - 17409454454.0, -90'000, -40'000},
                        Case{"2024-08-06T00:00:00Z", 183511346.15639, 108529211.20394,
                             26646516636.0 - 31221153939.0, -60'000, 10'000}}) {
    const Instant at = time_of(c.at);
    const auto readings = tape->readings(at);
    EXPECT_NEAR(pick(readings, "liq_dominance_osc").value.value(),
                (c.longs - c.shorts) / (c.longs + c.shorts), 1e-9);
    EXPECT_NEAR(pick(readings, "liq_long_share").value.value(), c.longs / (c.longs + c.shorts),
                1e-9);
    EXPECT_NEAR(pick(readings, "oi_change_24h_usd").value.value(), c.usd_change, 1);
    const double coins = pick(readings, "oi_change_24h_coins").value.value();
    EXPECT_GT(coins, c.coins_low);
    EXPECT_LT(coins, c.coins_high);
    const Reading mean = pick(readings, "liq_dominance_osc_ma30");
    ASSERT_TRUE(mean.value.has_value()) << mean.reason;
    const Reading share = pick(readings, "liq_long_share_ma30");
    EXPECT_NEAR(share.value.value(), (1 + *mean.value) / 2, 1e-9);
    const Reading p = pick(readings, "liq_dominance_osc_percentile");
    EXPECT_GT(p.value.value(), 0.5) << p.reason;
    const Instant last = at - Duration::days(2);  // the day of the window is not its own history
    EXPECT_NE(p.reason.find("to " + last.date()), std::string::npos) << p.reason;
    EXPECT_FALSE(pick(readings, "oi_usd").sources.empty());
  }
}

TEST_F(Real, a_thirty_day_mean_share_of_31_percent_was_never_seen) {
  const Instant at = time_of("2025-09-09T00:00:00Z");
  const History history = tape->gauges(at)->history(at);
  double lowest = 1;
  int days = 0;
  for (const LiquidationDay& d : history.liquidations) {
    if (!d.long_share_ma) continue;
    lowest = std::min(lowest, *d.long_share_ma);
    ++days;
  }
  EXPECT_GT(days, 1500);
  EXPECT_GT(lowest, 0.314);
  EXPECT_FALSE(history.open_interest.empty());
  EXPECT_FALSE(history.prices.empty());
}

}  // namespace
}  // namespace delever::gauges
