#include "facts/targets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include "base/source_root.h"
#include "facts/metaorder.h"

namespace delever::facts {
namespace {

Targets parsed(std::string_view toml) {
  auto targets = Targets::parse(toml, "t.toml");
  EXPECT_TRUE(targets.has_value()) << targets.error().text();
  return targets.value();
}
std::string fault(std::string_view toml) {
  auto targets = Targets::parse(toml, "t.toml");
  return targets.has_value() ? "none" : targets.error().text();
}
FactSet of(const std::string& name, double value, double low, double high) {
  return {{.name = name,
           .value = value,
           .low = low,
           .high = high,
           .n = 9,
           .reason = "",
           .source = "x"}};
}
const Row& row(const Report& report, const std::string& name) {
  return *std::find_if(report.rows.begin(), report.rows.end(),
                       [&](const Row& r) { return r.real.name == name; });
}

TEST(Targets, TheShippedFileIsRead) {
  std::ifstream in(source_root() + "/rules/facts-2026-01-30.toml", std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const Targets targets = parsed(text);
  EXPECT_GT(targets.all.size(), 20U);
}

TEST(Targets, WhatIsWrongIsNamedWithItsLine) {
  EXPECT_NE(fault("[[fact]]\nname = \"weather\"\nvalue = 1\nsource = \"x\"").find("t.toml:2"),
            std::string::npos);
  EXPECT_NE(
      fault("[[fact]]\nname = \"spread_bp\"\nvalue = 1\nsauce = \"x\"").find("wants its source"),
      std::string::npos);
  EXPECT_NE(
      fault("[[fact]]\nname = \"spread_bp\"\nvalue = 1\nsource = \"x\"\ncolour = 2").find("colour"),
      std::string::npos);
  EXPECT_NE(
      fault("[[fact]]\nname = \"spread_bp\"\nlow = 1\nsource = \"x\"").find("want one another"),
      std::string::npos);
  EXPECT_NE(
      fault("[[fact]]\nname = \"spread_bp\"\nlow = 2\nhigh = 1\nsource = \"x\"").find("above"),
      std::string::npos);
  EXPECT_NE(
      fault("[[fact]]\nname = \"spread_bp\"\nvalue = \"wide\"\nsource = \"x\"").find("t.toml:3"),
      std::string::npos);
  EXPECT_NE(fault("[[fact]]\nname = \"spread_bp\"").find("says nothing"), std::string::npos);
  const std::string twice = "[[fact]]\nname = \"spread_bp\"\nvalue = 1\nsource = \"x\"\n";
  EXPECT_NE(fault(twice + twice).find("twice"), std::string::npos);
}

TEST(Judge, RangeBandAndOwnInterval) {
  const Targets targets = parsed(R"(
[[fact]]
name = "excess_kurtosis_1d"
low = 2.0
high = 20
source = "range"
[[fact]]
name = "tail_index_k50_1d"
value = 4.7
source = "point"
[[fact]]
name = "spread_bp"
real_low = 0.1
real_high = 0.3
real_source = "recorded"
held_out = false
)");
  // A recorded fact: inside the range, or its band around the point.
  EXPECT_EQ(
      row(judge(targets, of("excess_kurtosis_1d", 3, 1, 9), {}), "excess_kurtosis_1d").real_judged,
      Judged::pass);
  EXPECT_EQ(
      row(judge(targets, of("excess_kurtosis_1d", 1, 0, 9), {}), "excess_kurtosis_1d").real_judged,
      Judged::fail);
  EXPECT_EQ(
      row(judge(targets, of("tail_index_k50_1d", 4, 3, 5), {}), "tail_index_k50_1d").real_judged,
      Judged::pass);
  EXPECT_EQ(
      row(judge(targets, of("tail_index_k50_1d", 4, 3, 4.5), {}), "tail_index_k50_1d").real_judged,
      Judged::fail);
  // A simulated one: the range, else the recorded band, else its own interval.
  const FactSet recorded = of("tail_index_k50_1d", 4, 3, 5);
  Report report = judge(targets, recorded, of("tail_index_k50_1d", 3.1, 2, 3.2));
  EXPECT_EQ(row(report, "tail_index_k50_1d").simulated_judged, Judged::pass);
  EXPECT_EQ(row(report, "tail_index_k50_1d").simulated_by, "recorded band");
  EXPECT_EQ(report.label(), "all 1 held-out facts that could be measured pass");
  report = judge(targets, recorded, of("tail_index_k50_1d", 6, 4.5, 7));
  EXPECT_EQ(row(report, "tail_index_k50_1d").simulated_judged, Judged::fail);
  EXPECT_EQ(report.label(), "illustrative: 1 of 1 held-out facts fail");
  report = judge(targets, {}, of("tail_index_k50_1d", 6, 4.5, 7));
  EXPECT_EQ(row(report, "tail_index_k50_1d").simulated_by, "target in own interval");
  // What was calibrated does not count.
  report = judge(targets, {}, of("spread_bp", 9, 8, 10));
  EXPECT_EQ(row(report, "spread_bp").simulated_judged, Judged::fail);
  EXPECT_EQ(report.label(), "not judged: no held-out fact could be measured");
  // What is missing is not a failure.
  EXPECT_EQ(row(report, "tail_index_k50_1d").simulated_judged, Judged::not_measurable);
  EXPECT_EQ(report.held_out_not_measurable, 2U);
}

TEST(Combined, MeanOverTheRunsThatHaveIt) {
  const FactSet missing{{.name = "spread_bp", .reason = "no quotes"}};
  const FactSet all = combined({of("spread_bp", 1, 0, 2), missing, of("spread_bp", 3, 2, 4)});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].n, 2U);
  EXPECT_DOUBLE_EQ(*all[0].value, 2);
  EXPECT_NEAR(*all[0].high - 2, 1.959964 * std::sqrt(2.0) / std::sqrt(2.0), 1e-9);
  EXPECT_FALSE(combined({missing, missing})[0].value);
  EXPECT_EQ(combined({missing, missing})[0].reason, "no quotes");
}

TEST(Metaorders, SquareRootThatDecaysByHalf) {
  std::vector<Metaorder> orders;
  for (const double coins : {10.0, 20.0, 40.0, 80.0, 160.0}) {
    for (const double side : {1.0, -1.0}) {
      const double peak = side * 1e-3 * std::sqrt(coins);
      orders.push_back({side * coins, peak, 0.5 * peak});
    }
  }
  const FactSet found = metaorder_facts(orders, "by hand");
  EXPECT_NEAR(*found[0].value, 0.5, 1e-9);
  EXPECT_NEAR(*found[1].value, 0.5, 1e-9);
  EXPECT_FALSE(metaorder_facts({}, "")[0].value);
  for (Metaorder& m : orders) m.peak = m.after = 0;
  EXPECT_FALSE(metaorder_facts(orders, "by hand")[0].value);  // the price did not follow
}

}  // namespace
}  // namespace delever::facts
