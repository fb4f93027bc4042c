// Goal: the shipped rule file loads; a mistyped, missing or absurd figure is named with its line.
#include "gauges/rules.h"

#include "base/source_root.h"
#include "gauges/scene_testing.h"

namespace delever::gauges {
namespace {

std::string shipped_text() {
  std::ifstream in(source_root() + "/rules/2026-01-30.toml");
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string error_after(const std::string& from, const std::string& to) {
  std::string text = shipped_text();
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  const auto loaded = Rules::load(text, "rules.toml");
  return loaded.has_value() ? "loaded" : loaded.error().text();
}

TEST(Rules, shipped_file_loads) {
  const Rules& r = shipped_rules();
  EXPECT_EQ(r.dated, "2026-01-30");
  EXPECT_EQ(r.liquidation.floor_usd_per_day, 1e6);
  EXPECT_EQ(r.liquidation.days, 30);
  EXPECT_EQ(r.liquidation.days_min, 27);
  EXPECT_EQ(r.section("funding"), "rules/2026-01-30.toml#funding");
  EXPECT_EQ(r.funding.by_venue.at("hyperliquid").interval, Duration::hours(1));
  EXPECT_TRUE(r.counts_as_usd("USDT"));
  EXPECT_FALSE(r.counts_as_usd("EUR"));
}

TEST(Rules, errors_name_the_line_and_key) {
  const std::string unknown = error_after("days_min = 27", "days_mim = 27");
  EXPECT_NE(unknown.find("days_min"), std::string::npos) << unknown;
  const std::string extra = error_after("days_min = 27", "days_min = 27\nsurprise = 1");
  EXPECT_NE(extra.find("rules.toml:"), std::string::npos) << extra;
  EXPECT_NE(extra.find("surprise"), std::string::npos) << extra;
  EXPECT_NE(error_after("days_min = 27", "days_min = 31").find("out of range"), std::string::npos);
  EXPECT_NE(error_after("quiet_max = \"1h\"", "quiet_max = \"0s\"").find("quiet_max"),
            std::string::npos);
  EXPECT_NE(error_after("[etf]", "[eft]"), "loaded");
  EXPECT_NE(error_after("venue = \"bybit\"", "venue = \"binance\"").find("twice"),
            std::string::npos);
  EXPECT_FALSE(Rules::load("", "empty.toml").has_value());
}

TEST(Rules, a_vendor_is_not_independent_of_its_venues) {
  const Rules& r = shipped_rules();
  const Origin vendor = r.origin_of("coinglass", true);
  EXPECT_TRUE(vendor.shares_with(r.origin_of("binance", true)));
  EXPECT_TRUE(vendor.shares_with(r.origin_of("okx", true)));
  EXPECT_FALSE(vendor.shares_with(r.origin_of("deribit", true)));
  EXPECT_TRUE(r.origin_of("coinglass")
                  .shares_with(r.origin_of("deribit")));  // its other series: all venues
  EXPECT_FALSE(r.origin_of("binance").shares_with(r.origin_of("bybit")));
}

}  // namespace
}  // namespace delever::gauges
