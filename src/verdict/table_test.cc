// Goal: tables are read by the names of their columns, and what is wrong in them is named with its
// line and column.
#include "verdict/table.h"

#include <gtest/gtest.h>

#include <cmath>

namespace delever::verdict {
namespace {

CsvTable table(const std::string& text) { return read_csv(text, "t.csv").value(); }

std::string fault_of(const std::string& text) {
  const CsvTable t = table(text);
  if (is_flush_table(t)) {
    const auto read = read_flush_days(t);
    return read.has_value() ? "" : read.error().text();
  }
  const auto read = read_days(t);
  return read.has_value() ? "" : read.error().text();
}

TEST(FlushTable, columns_by_name_in_any_order) {
  const auto days = read_flush_days(table(
      "date,second_wave_half_7d,symbol,unknown,oi_coins_logchange_1d,definition,x4_unclipped\n"
      "2026-02-05,,sol,x,-0.1,liq+oi,\n2026-02-03,1.0,SOL,,,price,2.5\n"));
  ASSERT_TRUE(days.has_value()) << days.error().text();
  ASSERT_EQ(days.value().size(), 2u);
  const FlushDay &first = days.value()[0], &second = days.value()[1];
  EXPECT_EQ(first.day.date(), "2026-02-03");
  EXPECT_EQ(first.wave, true);
  EXPECT_NEAR(*first.funding_change.value, 0.25, 1e-15);
  EXPECT_FALSE(first.interest_change.value);
  EXPECT_NE(first.interest_change.reason.find("oi_coins_logchange_1d"), std::string::npos);
  EXPECT_EQ(second.asset, "SOL");
  EXPECT_TRUE(second.by_liquidations && second.by_open_interest && !second.by_price);
  EXPECT_FALSE(second.wave);
  EXPECT_NE(second.own_interest_change.reason.find("no column s2"), std::string::npos);
}

TEST(FlushTable, own_movement_under_a_longer_name) {
  const auto days = read_flush_days(
      table("symbol,date,second_wave_half_7d,s2_over_sd90,s4\nSOL,2026-02-03,1,-1.5,0.5\n"));
  ASSERT_TRUE(days.has_value()) << days.error().text();
  EXPECT_EQ(days.value()[0].own_interest_change.value, -1.5);
  EXPECT_EQ(days.value()[0].own_funding_change.value, 0.5);
}

TEST(FlushTable, faults_are_named) {
  const std::string head = "symbol,date,oi_coins_logchange_1d,second_wave_half_7d,definition\n";
  EXPECT_NE(fault_of(head + "BTC,2026-02-30,0,1,price\n").find("t.csv:2: date"), std::string::npos);
  EXPECT_NE(fault_of(head + "BTC,2026-02-01T05:00:00Z,0,1,\n").find("date"), std::string::npos);
  EXPECT_NE(fault_of(head + "BTC,2026-02-01,nan,1,\n").find("oi_coins_logchange_1d"),
            std::string::npos);
  EXPECT_NE(fault_of(head + "BTC,2026-02-01,0,2,\n").find("0 or 1"), std::string::npos);
  EXPECT_NE(fault_of(head + "BTC,2026-02-01,0,1,crash\n").find("crash"), std::string::npos);
  EXPECT_NE(fault_of(head + ",2026-02-01,0,1,\n").find("symbol"), std::string::npos);
  EXPECT_NE(fault_of(head + "BTC,2026-02-01,0,1,\nbtc,2026-02-01,0,1,\n").find("twice"),
            std::string::npos);
  EXPECT_EQ(fault_of(head), "");
}

TEST(DayTable, dollars_become_coins_by_the_close) {
  const auto days =
      read_days(table("symbol,date,close,liq_long_usd,liq_short_usd,oi_usd,funding_annual\n"
                      "BTC,2026-02-01,50,10,5,1000,0.1\nBTC,2026-02-02,,,,1000,\n"));
  ASSERT_TRUE(days.has_value()) << days.error().text();
  EXPECT_EQ(days.value()[0].interest.at(0).coins, 20);
  EXPECT_EQ(days.value()[0].liquidations.at(0).long_usd, 10);
  EXPECT_TRUE(days.value()[1].closes.empty());
  EXPECT_TRUE(days.value()[1].interest.empty());  // no close to turn its dollars into coins by
  const std::string head = "symbol,date,close,liq_long_usd,liq_short_usd\n";
  EXPECT_NE(fault_of(head + "BTC,2026-02-01,0,1,1\n").find("close"), std::string::npos);
  EXPECT_NE(fault_of(head + "BTC,2026-02-01,5,1,\n").find("liq_short_usd"), std::string::npos);
  EXPECT_NE(fault_of(head + "BTC,2026-02-01,5,-1,2\n").find("0 or more"), std::string::npos);
}

TEST(DayTable, funding_in_percent_is_refused) {
  const std::string head = "symbol,date,close,funding_annual\n";
  EXPECT_EQ(fault_of(head + "SOL,2026-02-01,120,0.08\nSOL,2026-02-02,118,1.4\n"), "");
  EXPECT_NE(fault_of(head + "SOL,2026-02-01,120,8.2\nSOL,2026-02-02,118,-3.1\n").find("2 of 2"),
            std::string::npos);
}

}  // namespace
}  // namespace delever::verdict
