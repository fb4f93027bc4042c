// Goal: a claim is held against what it speaks of, and stays pending where it speaks of more.
#include "gauges/claim_scope.h"

#include <gtest/gtest.h>

#include "base/source_root.h"
#include "gauges/claims.h"
#include "gauges/reading_testing.h"

namespace delever::gauges {
namespace {

Instant time_of(const char* text) { return Instant::parse(text).value(); }

Reading measured(const char* name, double value, const char* venue = nullptr) {
  return known_reading(name, "SOL", value, venue, time_of("2026-03-04T00:00:00Z"));
}

ClaimCheck check(const std::string& metric, const std::string& value, const std::string& unit,
                 const std::string& window = "3 Mar 2026 day") {
  const std::string path = source_root() + "/rules/claims-2026-01-30.toml";
  const ClaimRules rules = ClaimRules::load(Config::load(path).value(), path).value();
  const std::string text =
      "claim_id,metric,asset,value,unit,window,stated_by,published,url\nS1,\"" + metric +
      "\",SOL," + value + "," + unit + ",\"" + window + "\",somebody,2026-03-04,\n";
  Knowledge known;
  known.at = time_of("2026-03-04T00:00:00Z");
  known.readings = {measured("liq_total_usd_24h", 6.0e6),
                    measured("liq_total_usd_24h", 4.0e6, "binance"),
                    measured("liq_total_usd_24h", 2.0e6, "okx"),
                    measured("liq_long_usd_24h", 4.5e6),
                    measured("liq_short_usd_24h", 1.5e6),
                    measured("liq_long_share", 0.75),
                    measured("oi_coins", 9.0e6),
                    measured("oi_usd", 1.08e9),
                    measured("funding_rate", 0.00008, "binance"),
                    measured("funding_annual", 0.0876, "binance"),
                    measured("price_low_24h", 118.4),
                    measured("price_high_24h", 127.9),
                    measured("options_oi", 40000),
                    measured("options_oi_calls", 30000),
                    measured("etf_flow_usd_1d", -2.5e7)};
  known.meant = {measured("oi_coins_stablecoin", 8.0e6),
                 measured("funding_annual_7d", 0.05, "binance")};
  return check_claims({read_claims(text, "c.csv").value().at(0)}, rules, {known},
                      time_of("2026-03-05T00:00:00Z"))
      .at(0);
}

TEST(ClaimScope, periods_are_read_and_dates_are_none) {
  using D = Duration;
  EXPECT_EQ(periods_in("7-day mean, 30d, 4 hours"),
            (std::vector<D>{D::days(7), D::days(30), D::hours(4)}));
  EXPECT_EQ(periods_in("weekly, in one hour"), (std::vector<D>{D::days(7), D::hours(1)}));
  EXPECT_EQ(periods_in("52-week low"), std::vector<D>{D::days(364)});
  EXPECT_EQ(periods_in("24 h to 3 Mar 2026"), std::vector<D>{D::days(1)});
  EXPECT_EQ(periods_in("3 Mar 2026 day"), std::vector<D>{D::days(1)});
  EXPECT_EQ(periods_in("2026-03-03 day"), std::vector<D>{D::days(1)});
  EXPECT_TRUE(periods_in("27 Mar 2026 08:00 UTC").empty());
}

TEST(ClaimScope, another_figure_than_the_metric_measures_is_neither_true_nor_false) {
  for (const auto& [metric, value, unit] : std::vector<std::array<const char*, 3>>{
           {"open interest drop", "1.08", "billion USD"},
           {"24h change of open interest", "-300000", "coins"},
           {"liquidations in 4 hours", "6", "million USD"},
           {"weekly liquidations", "6", "million USD"},
           {"largest single liquidation", "6", "million USD"},
           {"liquidations", "6", ""},
           {"predicted funding rate", "0.008", "percent"},
           {"14-day average funding annualised", "8.76", "percent per year"},
           {"7d mean funding, annualized", "5", "%"},
           {"all-time high price", "294", "USD"},
           {"52-week low price", "95", "USD"},
           {"realised price low", "118.4", "USD"},
           {"market dominance", "75", "percent"},
           {"open interest to market cap", "2", "percent"},
           {"liquidations on Binance and OKX", "6", "million USD"},
           {"SOLX GBTC ETF flow", "-25", "million USD"}}) {
    const ClaimCheck c = check(metric, value, unit);
    EXPECT_EQ(c.state, State::pending) << metric << ": " << c.note;
    EXPECT_FALSE(c.holds_under) << metric;
    EXPECT_FALSE(c.note.empty()) << metric;
  }
  for (const char* window : {"week to 3 Mar 2026", "3 days to 3 Mar 2026", "1h to 4 Mar 2026",
                             "7d to 4 Mar 2026", "3 Mar 2026 19:00 EST"})
    EXPECT_EQ(check("liquidations", "6", "million USD", window).state, State::pending) << window;
}

TEST(ClaimScope, the_words_choose_the_side_the_part_and_the_sign) {
  for (const auto& [metric, value, unit] : std::vector<std::array<const char*, 3>>{
           {"liquidations of longs", "4.5", "million USD"},
           {"liquidated shorts", "1500", "thousand USD"},
           {"short-side liquidations", "1.5", "million USD"},
           {"long and short liquidations", "6", "million USD"},
           {"liquidation volume", "6", "million $"},
           {"stablecoin-margined open interest", "8", "million SOL"},
           {"funding per year", "8.76", "percent"},
           {"options open interest (calls)", "30000", "SOL"},
           {"ETF net outflow", "25", "million USD"},
           {"long dominance of liquidations", "75", "percent"}}) {
    const ClaimCheck c = check(metric, value, unit);
    EXPECT_EQ(c.state, State::single_source) << metric << ": " << c.note;
  }
  EXPECT_EQ(check("liquidations", "6", "million USD", "Mar 3, 2026").state, State::single_source);
}

}  // namespace
}  // namespace delever::gauges
