// Goal: what the real archives say of three days, from import to brief: the numbers that are there,
// with their times, and nothing where there is none.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "base/source_root.h"
#include "cli/archives_testing.h"
#include "cli/run_testing.h"

namespace delever::cli {
namespace {

#define SKIP_WITHOUT_DATA() \
  if (!std::filesystem::exists(kData)) GTEST_SKIP() << "absent: ../shared/data"

// One tape for all the tests here, made as tools/real_episode.sh makes it.
const std::string& episode_tape() {
  static const std::string path = [] {
    const std::string tape = scratch("episode.tape");
    const Archives archives = {
        {"coinglass-liquidations-daily",
         {"liquidations/coinglass_liquidations_daily_BTC_ETH_20201223_20250908.csv.gz"}},
        {"coinglass-open-interest-daily", {"oi/coinglass_futures_oi_daily_BTC_ETH.csv.gz"}},
        {"coinglass-funding-oi-weighted-daily",
         {"funding/coinglass_funding_oiweighted_daily_BTC_ETH.csv.gz"}},
        {"binance-funding-8h", {"funding/binance_btcusdt_funding_8h_20251221_20260131.csv"}},
        {"deribit-option-chain", {"options/deribit_btc_chain_1h_20260123T01_20260124T06.csv.gz"}},
        {"binance-spot-candles",
         {"prices/binance_spot_BTCUSDT_1h_20251227_20260206.csv.gz",
          "prices/binance_spot_BTCUSDT_D1_20200831_20260219.csv.gz",
          "prices/binance_spot_ETHUSDT_D1_20200831_20260219.csv.gz"}}};
    import_archives(archives, kData, tape);
    return tape;
  }();
  return path;
}

nlohmann::json brief_at(const std::string& at, const std::string& asset = "BTC",
                        const std::string& claims = {}) {
  std::vector<std::string> line{"brief", "--tape", episode_tape(), "--asset", asset,
                                "--at",  at,       "--format",     "json"};
  if (!claims.empty()) line.insert(line.end(), {"--claims", claims});
  const Ran ran = run(line);
  EXPECT_EQ(ran.code, 0) << ran.err;
  return nlohmann::json::parse(ran.out);
}

nlohmann::json of_expiry(const nlohmann::json& readings, const std::string& expiry) {
  for (const auto& r : readings) {
    if (r.value("expiry", "") == expiry) return r;
  }
  return {};
}

TEST(Episode, thirtieth_of_january) {
  SKIP_WITHOUT_DATA();
  const auto json = brief_at("2026-01-30T00:00:00Z", "BTC", kData + "/claims/claims_20260130.csv");
  const auto& readings = json["readings"];
  const auto interest = of_expiry(readings["options_oi"], "30JAN26");
  EXPECT_NEAR(interest["value"].get<double>(), 96632.5, 0.1);
  EXPECT_EQ(interest["as_of"], "2026-01-24T07:00:00Z");
  EXPECT_NEAR(of_expiry(readings["options_put_call"], "30JAN26")["value"].get<double>(), 0.5794,
              1e-4);
  EXPECT_EQ(of_expiry(readings["options_max_pain"], "30JAN26")["value"], 90000);
  EXPECT_EQ(of_expiry(readings["options_max_pain_coin"], "30JAN26")["value"], 92000);
  EXPECT_NEAR(readings["funding_annual"][0]["value"].get<double>(), 0.0624, 0.001);
  for (const char* name :
       {"liq_total_usd_24h", "liq_long_share", "oi_coins", "oi_usd", "basis_annual"}) {
    EXPECT_EQ(readings[name]["state"], "pending") << name;
    EXPECT_TRUE(readings[name]["value"].is_null()) << name;
    EXPECT_FALSE(readings[name]["reason"].get<std::string>().empty()) << name;
  }
  std::map<std::string, nlohmann::json> claims;
  for (const auto& claim : json["claims"]) claims[claim["id"]] = claim;
  EXPECT_EQ(claims["C03"]["state"], "conflicting");
  EXPECT_EQ(claims["C03"]["stated"], 0.432);
  EXPECT_EQ(claims["C03"]["holds_under"], "funding_annual_day:as_hourly");
  EXPECT_EQ(claims["C02"]["holds_under"], "liq_dominance_osc_ma30");
  EXPECT_NE(claims["C02"]["note"].get<std::string>().find("never seen"), std::string::npos);
  for (const char* pending : {"C04", "C05", "C06", "C07", "C11", "C14", "C15", "C16"}) {
    EXPECT_EQ(claims[pending]["state"], "pending") << pending;
    EXPECT_TRUE(claims[pending]["measured"].is_null()) << pending;
  }
}

// A day later the low of the 30th is over, and measured.
TEST(Episode, the_low_of_a_day_is_known_when_the_day_is_over) {
  SKIP_WITHOUT_DATA();
  const auto json = brief_at("2026-01-31T00:00:00Z", "BTC", kData + "/claims/claims_20260130.csv");
  for (const auto& claim : json["claims"]) {
    if (claim["id"] != "C16") continue;
    EXPECT_EQ(claim["state"], "single_source") << claim["note"];
    EXPECT_EQ(claim["measured"], 81118);
  }
}

TEST(Episode, past_days_know_their_own_past_alone) {
  SKIP_WITHOUT_DATA();
  struct Day {
    const char *at, *asset;
    double oscillator, share, coins, usd;
  };
  const Day days[] = {{"2021-05-20T00:00:00Z", "BTC", 0.7449, 0.8725, -65780, -4.916e9},
                      {"2021-05-20T00:00:00Z", "ETH", 0.7601, 0.8800, -130700, -2.976e9},
                      {"2024-08-06T00:00:00Z", "BTC", 0.2568, 0.6284, -43523, -4.575e9},
                      {"2024-08-06T00:00:00Z", "ETH", 0.4560, 0.7280, -473000, -2.369e9}};
  for (const Day& day : days) {
    const auto json = brief_at(day.at, day.asset);
    const auto value = [&](const char* name) {
      return json["readings"][name]["value"].get<double>();
    };
    EXPECT_NEAR(value("liq_dominance_osc"), day.oscillator, 1e-4);
    EXPECT_NEAR(value("liq_long_share"), day.share, 1e-4);
    EXPECT_NEAR(value("oi_change_24h_coins"), day.coins, 1e-3 * std::fabs(day.coins));
    EXPECT_NEAR(value("oi_change_24h_usd"), day.usd, 1e-3 * std::fabs(day.usd));
    const std::string against = json["readings"]["liq_dominance_osc_percentile"]["reason"];
    EXPECT_NE(against.find(std::string("to ") + (day.at[3] == '1' ? "2021-05-18" : "2024-08-04")),
              against.npos);
  }
}

}  // namespace
}  // namespace delever::cli
