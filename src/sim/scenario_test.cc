#include "sim/scenario.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "sim/testing.h"

namespace delever::sim {
namespace {

std::string read(const std::string& name) {
  std::FILE* file = std::fopen((DELEVER_ROOT "/scenarios/" + name).c_str(), "rb");
  CHECK(file);
  std::string text;
  char buffer[4096];
  for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) text.append(buffer, n);
  std::fclose(file);
  return text;
}

std::string broken(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  CHECK(at != text.npos);
  return text.replace(at, from.size(), to);
}

std::string error(const std::string& text) {
  const auto s = Scenario::parse(text, "x.toml", testing::shelf());
  return s.has_value() ? "" : s.error().text();
}

TEST(Scenario, EveryShippedOneReads) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(DELEVER_ROOT "/scenarios")) {
    const auto s = Scenario::load(entry.path().string(), testing::shelf());
    EXPECT_TRUE(s.has_value()) << (s.has_value() ? "" : s.error().text());
    ++count;
  }
  EXPECT_GE(count, 6U);
}

TEST(Scenario, TheRehearsalHasThreeVenuesAndTwentyThousandAccounts) {
  const auto s = Scenario::load(DELEVER_ROOT "/scenarios/2026-01-30.toml", testing::shelf());
  ASSERT_TRUE(s.has_value()) << s.error().text();
  EXPECT_GE(s.value().accounts(), 20'000U);
  size_t perpetual = 0;
  for (const VenueSetup& v : s.value().venues) perpetual += v.role == VenueRole::perpetual;
  EXPECT_EQ(perpetual, 3U);
  double expiring = 0;
  for (const OptionSetup& o : s.value().options) {
    if (o.asset == 0 && o.expiry == Instant::parse("2026-01-30T08:00:00Z").value()) expiring += o.open_interest;
  }
  EXPECT_NEAR(expiring, 91'085, 20);
}

TEST(Scenario, BrokenOnesSayFileKeyAndReason) {
  const std::string good = read("stop-run.toml");
  ASSERT_EQ(error(good), "");
  struct Case { std::string_view from, to, key, why; };
  for (const Case& c : {Case{"open_share", "open_shore", "open_share", "missing"},
                        Case{"name = \"Stop run\"", "name = \"Stop run\"\ntypo = 1", "typo", "unknown key"},
                        Case{"notional_min = 50000", "notional_min = -50000", "notional_min", "greater than 0"},
                        Case{"to = 2026-01-05T03:00:00Z", "to = 2026-01-04T03:00:00Z", "to", "after `from`"},
                        Case{"at = 2026-01-05T00:40:00Z", "at = 2026-01-05T00:20:00Z", "at", "not after the point"},
                        Case{"maker_fee = 0.0002\n", "", "maker_fee", "lacks fees.maker"},
                        Case{"rulebook = \"2024-10-24\"", "rulebook = \"1999-01-01\"", "symbol", "no rulebook"},
                        Case{"taker_fee = 0.0005", "taker_fee = 0.0005\ntick = \"0.5\"", "tick", "has this figure"},
                        Case{"[[venue]]", "[shock]\nspread = 3\nsource = \"x\"\n[[venue]]", "spread", "greater than 2"},
                        Case{"[[venue]]", "[shock]\nspread = 1\n[[venue]]", "source", "missing"},
                        Case{"stop_chance = 1.0", "stop_chance = 1.5", "stop_chance", "0 to 1"},
                        Case{"source = \"rulebook; fees: assumption\"", "source = \"\"", "source", "assumption"}}) {
    const std::string said = error(broken(good, c.from, c.to));
    EXPECT_NE(said.find("x.toml"), said.npos) << c.to << ": " << said;
    EXPECT_NE(said.find(c.key), said.npos) << c.to << ": " << said;
    EXPECT_NE(said.find(c.why), said.npos) << c.to << ": " << said;
  }
}

}  // namespace
}  // namespace delever::sim
