// Goal: a claim is held against what it speaks of, and stays pending where it speaks of more.
#include "gauges/claim_scope.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/source_root.h"
#include "gauges/claim_dates.h"
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
  for (Reading& r : known.readings) {
    if (r.name == "funding_rate") r.window = Duration::hours(4);
  }
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

TEST(ClaimScope, days_are_told_from_years_months_and_quarters) {
  const auto days = [](std::string_view text) {
    std::string out;
    for (const NamedDay& one : dates_in(text).days) out += one.day.date() + " ";
    return out;
  };
  for (const char* one : {"29 Jan 2026", "Jan 29, 2026", "the 29th of January 2026", "29JAN26",
                          "2026-01-29", "to 2026-01-29T08:00:00Z", "24h to 29 Jan 2026 08:00 UTC"})
    EXPECT_EQ(days(one), "2026-01-29 ") << one;
  for (const char* two : {"1 Jan 2026 to 29 Jan 2026", "1-29 Jan 2026", "Jan 1-29, 2026",
                          "2026-01-01/2026-01-29", "1 to 29 January 2026"})
    EXPECT_EQ(days(two), "2026-01-01 2026-01-29 ") << two;
  const auto span = [](std::string_view text) { return dates_in(text).calendar.value_or(""); };
  EXPECT_EQ(span("high price of 2025"), "2025");
  EXPECT_EQ(span("low of January 2026"), "January 2026");
  EXPECT_EQ(span("low price in May"), "May");
  EXPECT_EQ(span("the February expiry"), "February");
  EXPECT_EQ(span("Q4 2025 high"), "Q4 2025");
  EXPECT_EQ(span("4Q25 liquidations"), "Q4");
  EXPECT_EQ(span("ytd"), "YTD");
  for (const char* none : {"29 Jan 2026", "30JAN26 options", "may be high", "29 January",
                           "24h to 30 Jan 2026", "30 Jan 2026 07:23 UTC", "2026-01-29 day"})
    EXPECT_EQ(span(none), "") << none;
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
           {"high price of 2025", "293", "USD"},
           {"2025 low price", "95", "USD"},
           {"low price in February", "95", "USD"},
           {"Q4 2025 high price", "250", "USD"},
           {"liquidations of January 2026", "900", "million USD"},
           {"realized volatility in 2025", "80", "percent"},
           {"funding annualised, February 2026", "6", "percent per year"},
           {"options open interest of the 27MAR26 expiry", "9000", "SOL"},
           {"high price of 1 Mar 2026", "131", "USD"},
           {"lowest price ever", "8", "USD"},
           {"multi-year high price", "200", "USD"},
           {"low price of the decade", "0.5", "USD"},
           {"quarterly low price", "100", "USD"},
           {"new high price", "131", "USD"},
           {"summer high price", "210", "USD"},
           {"low price of the US session", "120", "USD"},
           {"low price of Monday", "120", "USD"},
           {"liquidations during the crash", "5", "million USD"},
           {"liquidations compared with the day before", "2", "million USD"},
           {"liquidations over", "5", "million USD"},
           {"liquidations exceeded", "5", "million USD"},
           {"at least in liquidations", "5", "million USD"},
           {"SOL and ETH liquidations", "6", "million USD"},
           {"bitcoin liquidations", "6", "million USD"},
           {"total crypto liquidations", "6", "million USD"},
           {"non-long liquidations", "6", "million USD"},
           {"liquidations", "6", "million USD per hour"},
           {"open interest high", "9", "million SOL"},
           {"mark price high", "127.9", "USD"},
           {"funding rate", "0.168", "percent per week"},
           {"options open interest at the 120 strike", "40000", "SOL"},
           {"Hong Kong ETF outflow", "25", "million USD"},
           {"liquidation price", "118", "USD"},
           {"liquidations if it breaks 118", "6", "million USD"},
           {"liquidations would total", "6", "million USD"},
           {"DeFi liquidations", "6", "million USD"},
           {"funding rate that turned negative", "0.008", "percent"},
           {"open interest not on Binance", "9", "million SOL"},
           {"non-Binance open interest", "9", "million SOL"},
           {"open interest on decentralised exchanges", "9", "million SOL"},
           {"dated futures open interest", "9", "million SOL"},
           {"open interest of whales", "9", "million SOL"},
           {"ETF gross outflows", "25", "million USD"},
           {"SOLX GBTC ETF flow", "-25", "million USD"}}) {
    const ClaimCheck c = check(metric, value, unit);
    EXPECT_EQ(c.state, State::pending) << metric << ": " << c.note;
    EXPECT_FALSE(c.holds_under) << metric;
    EXPECT_FALSE(c.note.empty()) << metric;
  }
  for (const char* window :
       {"2025, to 3 Mar 2026", "1 Jan 2025 to 3 Mar 2026", "2-3 Mar 2026", "1 to 3 Mar 2026",
        "2026-01-01/2026-03-03", "YTD 3 Mar 2026", "since 3 Mar 2026", "March 2026",
        "week to 3 Mar 2026", "3 days to 3 Mar 2026", "1h to 4 Mar 2026", "7d to 4 Mar 2026",
        "3 Mar 2026 19:00 EST", "3 Mar 2026 SGT", "3 Mar 2026 (UTC+8)", "3 Mar 2026 GMT-5"})
    EXPECT_EQ(check("liquidations", "6", "million USD", window).state, State::pending) << window;
}

TEST(ClaimScope, a_word_that_nobody_here_knows_is_named_and_passed_over_by_no_state) {
  for (const auto& [metric, value, unit, word] : std::vector<std::array<const char*, 4>>{
           {"pre-halving liquidations", "6", "million USD", "pre"},
           {"liquidations at Coinw", "6", "million USD", "coinw"},
           {"liquidations of 5x positions", "6", "million USD", "5"},
           {"phantom open interest", "9", "million SOL", "phantom"},
           {"perpetual open interest", "9", "million SOL", "perpetual"},
           {"open interest near 118", "9", "million SOL", "near"},
           {"delta-adjusted open interest", "1.08", "billion USD", "delta"},
           {"toxic funding rate", "0.008", "percent", "toxic"},
           {"funding annualised, trimmed", "8.76", "percent per year", "trimmed"},
           {"hedged options open interest", "40000", "SOL", "hedged"},
           {"closing low price", "118.4", "USD", "closing"},
           {"seasonal high price", "127.9", "USD", "seasonal"},
           {"staking ETF net flow", "-25", "million USD", "staking"}}) {
    const ClaimCheck c = check(metric, value, unit);
    EXPECT_EQ(c.state, State::pending) << metric << ": " << c.note;
    EXPECT_NE(c.note.find(fmt::format("it says \"{}\"", word)), c.note.npos) << c.note;
  }
  for (const char* window : {"3 Mar 2026 noon", "3 Mar 2026 Asian hours", "24h to 4 Mar 2026 8am"})
    EXPECT_EQ(check("liquidations", "6", "million USD", window).state, State::pending) << window;
  for (const char* metric :
       {"SOL liquidations across all exchanges", "total Solana liquidations, last 24 hours",
        "liquidations of 24 h (3 Mar 2026)", "the total of all SOL futures liquidations by volume"})
    EXPECT_EQ(check(metric, "6", "million USD").state, State::single_source) << metric;
}

// The reading is 0.008 percent in 4 hours.
TEST(ClaimScope, a_rate_is_held_against_the_time_that_it_is_stated_for) {
  struct Case {
    const char *metric, *value, *unit;
    State state;
    const char* mistake = "";
  };
  for (const auto& [metric, value, unit, state, mistake] : std::vector<Case>{
           {"funding rate", "0.008", "percent", State::single_source},
           {"funding rate", "0.0160", "percent per 8h", State::single_source},
           {"funding rate", "0.0480", "percent per day", State::single_source},
           {"daily funding rate", "0.0480", "percent", State::single_source},
           {"4h funding rate", "0.0080", "percent", State::single_source},
           {"hourly funding", "0.0020", "percent", State::single_source},
           {"funding rate", "0.0080", "percent per 8 hours", State::conflicting, "8h_for_shorter"},
           {"funding rate", "0.0240", "percent per day", State::conflicting, "8h_for_shorter"},
           {"funding rate", "0.0080", "percent per hour", State::conflicting, "1h_for_longer"},
           {"hourly funding rate", "0.0080", "%", State::conflicting, "1h_for_longer"}}) {
    const ClaimCheck c = check(metric, value, unit);
    EXPECT_EQ(c.state, state) << metric << " " << value << " " << unit << ": " << c.note;
    EXPECT_EQ(c.mistake.value_or(""), mistake) << metric << " " << unit;
  }
}

TEST(ClaimScope, the_words_choose_the_side_the_part_and_the_sign) {
  for (const auto& [metric, value, unit] : std::vector<std::array<const char*, 3>>{
           {"liquidations of longs", "4.5", "million USD"},
           {"liquidated shorts", "1500", "thousand USD"},
           {"short-side liquidations", "1.5", "million USD"},
           {"long and short liquidations", "6", "million USD"},
           {"liquidation volume", "6", "million $"},
           {"liquidations", "6", "USD million"},
           {"liquidations", "6", "$ mn"},
           {"liquidations", "0.006", "US$ billion"},
           {"liquidations", "6", "$m"},
           {"stablecoin-margined open interest", "8", "million SOL"},
           {"funding per year", "8.76", "percent"},
           {"options open interest (calls)", "30000", "SOL"},
           {"options open interest calls, Friday", "30000", "SOL"},
           {"ETF net outflow", "25", "million USD"},
           {"ETF outflows", "25", "million USD"},
           {"open interest in dollars", "1.08", "billion"},
           {"long dominance of liquidations", "75", "percent"}}) {
    const ClaimCheck c = check(metric, value, unit);
    EXPECT_EQ(c.state, State::single_source) << metric << ": " << c.note;
  }
  for (const char* window : {"Mar 3, 2026", "3-MAR-2026", "2026-03-03T00:00Z/2026-03-04T00:00Z"})
    EXPECT_EQ(check("liquidations", "6", "million USD", window).state, State::single_source)
        << window;
  EXPECT_EQ(check("high price of 3 Mar 2026", "127.9", "USD").state, State::single_source);
}

// An hour that is passed over makes the day's figure one of that hour.
TEST(ClaimScope, an_hour_is_read_or_the_claim_stays_pending) {
  const auto end_of = [](const char* window) {
    const auto read = read_window(window);
    EXPECT_TRUE(read.has_value()) << window << ": "
                                  << (read.has_value() ? "" : read.error().text());
    return read.has_value() ? read.value().end : Instant::min();
  };
  for (const char* window : {"3 Mar 2026 8:00 UTC", "3 Mar 2026 08:00:00 UTC",
                             "Mar 3, 2026 8:00 UTC", "2026-03-03 08:00:00", "08:00 UTC, 3 Mar 2026",
                             "3 Mar 2026 08:00 UTC+00:00", "2026-03-03T08:00:00Z"})
    EXPECT_EQ(end_of(window), time_of("2026-03-03T08:00:00Z")) << window;
  EXPECT_EQ(end_of("3 Mar 2026 24:00 UTC"), time_of("2026-03-04T00:00:00Z"));
  for (const char* window :
       {"3 Mar 2026 0800 UTC", "3 Mar 2026 08.00 UTC", "3 Mar 2026 2000 UTC",
        "3 Mar 2026 25:00 UTC", "3 Mar 2026 12:00-16:00 UTC", "3 Mar 2026 12:00 - 16:00 UTC",
        "12:00 to 16:00 UTC, 3 Mar 2026", "3 Mar 2026 till 12:00 UTC", "3 Mar 2026 from 12:00 UTC",
        "2026-03-03T12:00Z to 16:00", "3 Mar 2026 16:00 UTC+08:00", "3 Mar 2026 (UTC+08:00)",
        "16:00 UTC +8, 3 Mar 2026",
        "16:00 UTC\xe2\x88\x92"
        "5, 3 Mar 2026",
        "3 Mar 2026 GMT+0800", "2026-03-03T16:00:00+08:00"}) {
    EXPECT_FALSE(read_window(window).has_value()) << window;
    EXPECT_EQ(check("liquidations", "6", "million USD", window).state, State::pending) << window;
  }
  for (const char* window : {"Tue 3 Mar 2026", "Tues, 3 Mar 2026", "Tuesday 3 Mar 2026"})
    EXPECT_EQ(check("liquidations", "6", "million USD", window).state, State::single_source);
  for (const char* metric : {"open interest at 08:00 UTC", "open interest at 8:00",
                             "open interest on 3 Mar 2026 at 0800"})
    EXPECT_EQ(check(metric, "9", "million SOL").state, State::pending) << metric;
  for (const char* metric : {"liquidations from 12:00 to 16:00 UTC", "liquidations till 12:00",
                             "liquidations in 2.5h", "liquidations in 1.5 days"})
    EXPECT_EQ(check(metric, "6", "million USD").state, State::pending) << metric;
  EXPECT_EQ(check("open interest at 00:00 UTC", "9", "million SOL", "4 Mar 2026 00:00 UTC").state,
            State::single_source);
}

TEST(ClaimScope, a_unit_of_another_figure_is_none_of_this_one) {
  for (const auto& [metric, value, unit] :
       std::vector<std::array<const char*, 3>>{{"open interest", "9", "million BTC"},
                                               {"liquidations", "6", "million ETH"},
                                               {"liquidations", "6", "million USD per contract"},
                                               {"open interest", "1.08", "billion USD per day"},
                                               {"open interest", "1.08", "billion USD delta"},
                                               {"funding interval", "4", "hours"},
                                               {"funding rate", "4", "hours"},
                                               {"funding rate", "5", "x"},
                                               {"funding rate", "5", "times"},
                                               {"funding rate", "2", "points"},
                                               {"funding rate", "0.008", "vol points"}})
    EXPECT_EQ(check(metric, value, unit).state, State::pending) << metric << " " << unit;
  for (const auto& [metric, value, unit] :
       std::vector<std::array<const char*, 3>>{{"funding rate", "0.008", "pct"},
                                               {"funding rate", "0.8", "basis points"},
                                               {"funding rate", "0.8", "bps per 4 hours"},
                                               {"long share of liquidations", "0.75", "share"}})
    EXPECT_EQ(check(metric, value, unit).state, State::single_source) << metric << " " << unit;
}

TEST(ClaimScope, one_of_many_and_a_mean_of_many_are_no_sum) {
  for (const auto& [metric, value, unit] : std::vector<std::array<const char*, 3>>{
           {"liquidations per exchange", "2", "million USD"},
           {"liquidations per contract", "2", "million USD"},
           {"open interest per exchange", "3", "million SOL"},
           {"liquidations of the past days", "6", "million USD"},
           {"long liquidations over short liquidations", "3", "million USD"},
           {"calls over puts in options open interest", "20000", "SOL"},
           {"the last liquidation", "90000", "USD"},
           {"a long liquidation of", "90000", "USD"},
           {"total funding over the past day", "0.048", "percent"},
           {"funding rate of the whole day", "0.048", "percent"}}) {
    const ClaimCheck c = check(metric, value, unit);
    EXPECT_EQ(c.state, State::pending) << metric << ": " << c.note;
  }
}

}  // namespace
}  // namespace delever::gauges
