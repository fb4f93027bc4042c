// Goal: brief, claims, gauges and chain on the invented days of fixtures/episode, every figure
// worked out from the rules by which tools/fixture_episode.py writes the tables.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/source_root.h"
#include "cli/run_testing.h"

namespace delever::cli {
namespace {

const std::string kFolder = source_root() + "/fixtures/episode";

nlohmann::json brief_at(const std::string& at) {
  const Ran ran = run({"brief", kFolder, "--format", "json", "--at", at});
  EXPECT_EQ(ran.code, 0) << ran.err;
  return nlohmann::json::parse(ran.out);
}

std::string import_csv(const std::string& table) {
  const std::string tape = scratch(table + ".tape");
  const Ran ran = run({"import", "csv", "--map", kFolder + "/" + table + ".toml",
                       kFolder + "/" + table + ".csv", "--out", tape});
  EXPECT_EQ(ran.code, 0) << ran.err;
  return tape;
}

// Longs and shorts of day i of 40, in millions (liquidations() of the script).
std::pair<double, double> liquidated(int day) {
  return day == 39 ? std::pair(190.0, 10.0) : std::pair(60.0 + 10 * (day % 5), 40.0);
}

TEST(FixtureBrief, readings) {
  const auto readings = brief_at("2026-01-05T00:00:00Z")["readings"];
  double share = 0, longs = 0, total = 0;
  for (int day = 10; day < 40; ++day) {  // the last thirty
    const auto [l, s] = liquidated(day);
    share += l / (l + s) / 30;
    longs += l;
    total += l + s;
  }
  const std::map<std::string, double> want = {
      {"liq_long_usd_24h", 190e6},
      {"liq_short_usd_24h", 10e6},
      {"liq_long_share", 0.95},
      {"liq_dominance_osc", 0.90},
      {"liq_long_share_ma30", share},
      {"liq_dominance_osc_ma30", 2 * share - 1},
      {"liq_long_share_ma30_weighted", longs / total},
      {"oi_coins", 92'000},
      {"oi_usd", 92'000 * 67'000.0},
      {"oi_change_24h_coins", -8'000},
      {"oi_change_24h_usd", 92'000 * 67'000.0 - 100'000 * 73'900.0},
      {"price_low_24h", 66'000},
      {"price_high_24h", 74'200}};
  for (const auto& [name, value] : want) {
    ASSERT_TRUE(readings[name]["value"].is_number()) << name;
    EXPECT_NEAR(readings[name]["value"].get<double>(), value, 1e-12 * std::abs(value)) << name;
    EXPECT_EQ(readings[name]["state"], "single_source") << name;
  }
  const auto first = [&](const char* name) { return readings[name][0]["value"].get<double>(); };
  EXPECT_NEAR(first("funding_annual"), 0.0003 * 3 * 365, 1e-12);
  EXPECT_NEAR(first("funding_rate"), 0.0004, 1e-15);
  for (const char* name : {"basis_annual", "etf_flow_usd_1d", "realized_vol_24h"}) {
    const auto& one = readings[name].is_array() ? readings[name][0] : readings[name];
    EXPECT_EQ(one["state"], "pending") << name;
    EXPECT_FALSE(one["reason"].get<std::string>().empty()) << name;
  }
}

TEST(FixtureBrief, claims_and_verdict) {
  const auto json = brief_at("2026-01-05T00:00:00Z");
  std::map<std::string, nlohmann::json> claims;
  for (const auto& claim : json["claims"]) claims[claim["id"]] = claim;
  ASSERT_EQ(claims.size(), 7u);
  EXPECT_EQ(claims["F01"]["state"], "single_source");
  EXPECT_NEAR(claims["F01"]["measured"].get<double>(), 0.95, 1e-12);
  EXPECT_EQ(claims["F02"]["state"], "conflicting");  // 90 is the oscillator, not the share
  EXPECT_EQ(claims["F02"]["holds_under"], "liq_dominance_osc");
  EXPECT_EQ(claims["F03"]["state"], "conflicting");
  EXPECT_TRUE(claims["F03"]["holds_under"].is_null());
  EXPECT_EQ(claims["F06"]["state"], "single_source");
  EXPECT_EQ(claims["F06"]["measured"], 66'000);
  for (const char* pending : {"F04", "F05", "F07"})
    EXPECT_EQ(claims[pending]["state"], "pending") << pending;
  EXPECT_EQ(json["verdict"]["answer"], "cannot_tell");
}

// At noon of the flush its daily totals are not known: the day before is the latest.
TEST(FixtureBrief, a_day_is_known_when_it_is_over) {
  const auto readings = brief_at("2026-01-04T12:00:00Z")["readings"];
  EXPECT_EQ(readings["liq_long_usd_24h"]["value"], 90e6);  // day 38 of 40: 60 + 10 * 3
  EXPECT_EQ(readings["oi_coins"]["value"], 100'000);
  EXPECT_EQ(readings["price_low_24h"]["value"], 69'900 + 100 * 38);
  EXPECT_NEAR(readings["funding_rate"][0]["value"].get<double>(), 0.0002, 1e-15);
}

TEST(FixtureGauges, of_an_imported_table) {
  const Ran ran = run({"gauges", "--tape", import_csv("liquidations"), "--format", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("\"liq_long_share\""), std::string::npos) << ran.out.substr(0, 500);
  EXPECT_NE(ran.out.find("0.95"), std::string::npos);
}

TEST(FixtureChain, one_board) {
  const Ran ran = run({"chain", "--tape", import_csv("options"), "--format", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto board = nlohmann::json::parse(ran.out)["expiries"][0];
  const double strikes[] = {60e3, 65e3, 70e3, 75e3, 80e3};
  const double calls[] = {5, 10, 40, 60, 85}, puts[] = {30, 50, 25, 10, 5};
  EXPECT_EQ(board["open_interest"], 320);
  EXPECT_EQ(board["put_call"], 0.6);
  const auto paid = [&](double price) {  // to holders, at an expiry at this price
    double sum = 0;
    for (int i = 0; i < 5; ++i)
      sum += calls[i] * std::max(0.0, price - strikes[i]) +
             puts[i] * std::max(0.0, strikes[i] - price);
    return sum;
  };
  double least = strikes[0];
  for (const double strike : strikes) least = paid(strike) < paid(least) ? strike : least;
  EXPECT_EQ(board["max_pain"], least);
  // Deltas are written to six digits, so the forward comes back to about 1e-7 of itself.
  EXPECT_NEAR(board["forward"].get<double>(), 70e3, 0.1);
  EXPECT_EQ(board["forward_source"], "delta");
  const double years = (25 * 24 + 8.5) / 24 / 365, deviation = 0.5 * std::sqrt(years);
  double gamma = 0;  // coins to trade per dollar, all hedgers on one side
  for (int i = 0; i < 5; ++i) {
    const double d1 = std::log(70e3 / strikes[i]) / deviation + deviation / 2;
    gamma +=
        (calls[i] + puts[i]) * std::exp(-d1 * d1 / 2) / std::sqrt(2 * M_PI) / (70e3 * deviation);
  }
  EXPECT_NEAR(board["gamma_gross_1pct"].get<double>(), gamma * 700, 1e-5);
}

}  // namespace
}  // namespace delever::cli
