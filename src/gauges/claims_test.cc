// Goal: a printed number is held against every meaning its words can have, and never against a
// guess.
#include "gauges/claims.h"
#include "base/source_root.h"
#include "gauges/reading_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace delever::gauges {
namespace {

Instant at(const char* text) { return Instant::parse(text).value(); }

ClaimRules shipped_claim_rules() {
  const std::string path = source_root() + "/rules/claims-2026-01-30.toml";
  return ClaimRules::load(Config::load(path).value(), "rules/claims-2026-01-30.toml").value();
}

Claim claim(const char* metric, const char* value, const char* unit, const char* window) {
  const std::string text =
      std::string("claim_id,metric,asset,value,unit,window,stated_by,published,url\nC1,") + metric +
      ",BTC," + value + "," + unit + "," + window + ",somebody,2026-01-30,\n";
  return read_claims(text, "c.csv").value().at(0);
}

Reading reading(const char* name, double value, const char* venue = nullptr) {
  return known_reading(name, "BTC", value, venue, at("2026-01-29T23:00:00Z"));
}

ClaimCheck check(const Claim& c, Knowledge knowledge) {
  knowledge.at = at("2026-01-30T00:00:00Z");
  return check_claims({c}, shipped_claim_rules(), {knowledge}, at("2026-01-31T00:00:00Z")).at(0);
}

TEST(Claims, windows) {
  EXPECT_EQ(read_window("29 Jan 2026 day").value().end, at("2026-01-30T00:00:00Z"));
  EXPECT_EQ(read_window("30 days to 29 Jan 2026").value().end, at("2026-01-30T00:00:00Z"));
  EXPECT_EQ(read_window("24h to 30 Jan 2026").value().end, at("2026-01-30T00:00:00Z"));
  EXPECT_EQ(read_window("30 Jan 2026 08:00 UTC").value().end, at("2026-01-30T08:00:00Z"));
  EXPECT_EQ(read_window("30 Jan 2026 expiry").value().end, at("2026-01-30T08:00:00Z"));
  EXPECT_EQ(read_window("2026-01-29").value().end, at("2026-01-30T00:00:00Z"));
  EXPECT_FALSE(read_window("last week").has_value());
  EXPECT_FALSE(read_window("").has_value());
}

TEST(Claims, bad_rows_are_named) {
  const std::string header = "claim_id,metric,asset,value,unit,window,stated_by,published,url\n";
  EXPECT_EQ(read_claims("a,b\n", "c.csv").error().text(),
            "c.csv:1: column \"claim_id\" is missing");
  EXPECT_EQ(read_claims(header + "C1,m,BTC,much,USD,,,,\n", "c.csv").error().text(),
            "c.csv:2: value \"much\" is not a number");
  EXPECT_EQ(read_claims(header + "C1,m,BTC,1,,,,,\nC1,m,BTC,1,,,,,\n", "c.csv").error().where,
            "c.csv:3");
}

TEST(Claims, funding_that_was_annualised_by_the_wrong_clock) {
  Reading rate = reading("funding_rate", 0.00004023, "binance");
  rate.window = Duration::hours(8);
  const ClaimCheck c =
      check(claim("perp funding annualized", "43.2", "percent per year", "29 Jan 2026"),
            {.readings = {reading("funding_annual", 0.0540875, "binance"), rate}});
  EXPECT_EQ(c.state, State::conflicting);
  EXPECT_DOUBLE_EQ(c.stated, 0.432);
  EXPECT_EQ(c.holds_under, "funding_annual:as_hourly");
  EXPECT_NEAR(*c.measured, 0.054, 0.001);
}

TEST(Claims, a_mean_share_that_never_was) {
  const GaugeRange share{"liq_long_share_ma30", "BTC", 0.37, 0.70, at("2021-01-21"),
                         at("2025-09-08"),      1692};
  const GaugeRange oscillator{"liq_dominance_osc_ma30", "BTC", -0.26, 0.40, at("2021-01-21"),
                              at("2025-09-08"),         1692};
  const Claim c = claim("liquidation dominance 30-day moving average", "31.4", "percent",
                        "30 days to 29 Jan 2026");
  const ClaimCheck found = check(c, {.ranges = {share, oscillator}});
  EXPECT_EQ(found.state, State::conflicting);
  EXPECT_EQ(found.holds_under, "liq_dominance_osc_ma30");
  EXPECT_FALSE(found.measured);
  EXPECT_NE(found.note.find("never seen"), found.note.npos);
  // Without history there is nothing to exclude it with.
  EXPECT_EQ(check(c, {}).state, State::pending);
  EXPECT_FALSE(check(c, {}).holds_under);
}

TEST(Claims, stated_values_in_plain_units) {
  const auto stated = [](const char* value, const char* unit) {
    return check(claim("perp funding annualized", value, unit, "29 Jan 2026"), {}).stated;
  };
  EXPECT_EQ(stated("43.2", "percent per year"), 0.432);
  EXPECT_EQ(stated("1.7e9", "USD"), 1.7e9);
  EXPECT_EQ(stated("1e+3", "percent"), 10);
  EXPECT_EQ(stated("1.7", "billion USD"), 1.7e9);
  EXPECT_EQ(stated("1e308", "billion USD"),
            1e308);  // does not fit: left alone, and nothing will hold it
}

TEST(Claims, neither_meaning_reaches) {
  const ClaimCheck c =
      check(claim("liquidation dominance", "20", "percent", "29 Jan 2026 day"),
            {.readings = {reading("liq_long_share", 0.9), reading("liq_dominance_osc", 0.8)}});
  EXPECT_EQ(c.state, State::conflicting);
  EXPECT_FALSE(c.holds_under);
  EXPECT_NE(c.note.find("no known definition reaches it"), c.note.npos);
}

TEST(Claims, holds_inherits_the_state_of_its_evidence) {
  Reading r = reading("liq_long_share", 0.9696);
  r.state = State::corroborated;
  const ClaimCheck c = check(
      claim("long share of liquidations", "97", "percent", "29 Jan 2026 day"), {.readings = {r}});
  EXPECT_EQ(c.state, State::corroborated);
}

TEST(Claims, unfinished_windows_and_unknown_metrics_stay_pending) {
  const Claim low = claim("low price", "81119", "USD", "31 Jan 2026");
  EXPECT_EQ(check(low, {.readings = {reading("price_low_24h", 81118)}}).state, State::pending);
  EXPECT_EQ(check(claim("number of whales", "7", "", "29 Jan 2026"), {}).note,
            "no definition is known for this metric");
  EXPECT_EQ(check(claim("low price", "81119", "USD", "29 Jan 2026"),
                  {.readings = {reading("price_low_24h", 81118)}})
                .state,
            State::single_source);
}

TEST(Claims, what_expired_is_what_was_open_just_before) {
  const Claim c = claim("options expiring", "91000", "BTC", "30 Jan 2026 expiry");
  const Instant end = at("2026-01-30T08:00:00Z"), asked = at("2026-01-31T00:00:00Z");
  const Instant last = end - Duration::ns(1);
  const std::vector<Instant> times = claim_times({c}, asked);
  EXPECT_EQ(std::count(times.begin(), times.end(), last), 1);
  Reading open = reading("options_oi", 91020);
  open.expiry = end;
  open.as_of = at("2026-01-30T07:59:00Z");
  const std::vector<Knowledge> known{{.at = at("2026-01-30T00:00:00Z")},
                                     {.at = last, .readings = {open}},
                                     {.at = end},
                                     {.at = asked}};
  const ClaimCheck found = check_claims({c}, shipped_claim_rules(), known, asked).at(0);
  EXPECT_EQ(found.state, State::single_source) << found.note;
  EXPECT_EQ(found.measured, 91020);
  // Of one side alone it is no claim of both.
  for (const auto& [metric, gauge] : {std::pair("call options expiring", "options_oi_calls"),
                                      std::pair("put options expiring", "options_oi_puts")}) {
    Reading side = open;
    side.name = gauge;
    side.value = 61000;
    const ClaimCheck of_side =
        check_claims({claim(metric, "61000", "BTC", "30 Jan 2026 expiry")}, shipped_claim_rules(),
                     {{.at = last, .readings = {open, side}}}, asked)
            .at(0);
    EXPECT_EQ(of_side.state, State::single_source) << metric << ": " << of_side.note;
  }
}

TEST(Claims, of_another_expiry_than_the_window_s_is_refused) {
  Reading pain = reading("options_max_pain", 90000);
  pain.expiry = at("2026-01-30T08:00:00Z");
  pain.as_of = at("2026-01-30T07:59:00Z");
  Reading open = pain;
  open.name = "options_oi";
  const auto state = [&](const char* metric) {
    return check_claims(
               {claim(metric, "90000", metric[0] == 'o' ? "BTC" : "USD", "30 Jan 2026 expiry")},
               shipped_claim_rules(),
               {{.at = at("2026-01-30T08:00:00Z") - Duration::ns(1), .readings = {pain, open}}},
               at("2026-01-31T00:00:00Z"))
        .at(0);
  };
  for (const char* same : {"max pain", "max pain of the 30 Jan expiry", "30JAN26 max pain",
                           "max pain January 30", "options expiring on 30 January 2026"})
    EXPECT_EQ(state(same).state, State::single_source) << same << ": " << state(same).note;
  for (const char* other :
       {"max pain of the 27 Mar expiry", "27MAR26 max pain", "March 27 max pain",
        "max pain of the March expiry", "max pain of the 6th of February expiry",
        "max pain of 30 January 2027", "max pain of all expiries", "options expiring on 27 March",
        "options expiring 30 Jan and 27 Mar", "May options max pain"})
    EXPECT_EQ(state(other).state, State::pending) << other << ": " << state(other).note;
  EXPECT_EQ(state("27 March max pain").note,
            "it names the expiry of 27 March, and its window 2026-01-30");
}

TEST(Claims, an_old_chain_neither_confirms_nor_contradicts) {
  Reading r = reading("options_oi", 96680);
  r.expiry = at("2026-01-30T08:00:00Z");
  r.as_of = at("2026-01-24T06:00:00Z");
  const ClaimCheck c =
      check(claim("options expiring", "91000", "BTC", "30 Jan 2026 08:00 UTC"), {.readings = {r}});
  EXPECT_EQ(c.state, State::pending);
  EXPECT_EQ(c.measured, 96680);
  EXPECT_NE(c.note.find("6.1 days before"), c.note.npos) << c.note;
}

}  // namespace
}  // namespace delever::gauges
