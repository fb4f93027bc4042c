#include "sim/scenario/scenario.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/source_root.h"
#include "sim/markets_testing.h"

namespace delever::sim {
namespace {

std::string read(const std::string& name) {
  std::FILE* file = std::fopen((source_root() + "/scenarios/" + name).c_str(), "rb");
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
  const auto s = Scenario::parse(text, "x.toml", fixture::shelf());
  return s.has_value() ? "" : s.error().text();
}

TEST(Scenario, EveryShippedOneReads) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_root() + "/scenarios")) {
    const auto s = Scenario::load(entry.path().string(), fixture::shelf());
    EXPECT_TRUE(s.has_value()) << (s.has_value() ? "" : s.error().text());
    ++count;
  }
  EXPECT_GE(count, 6U);
}

TEST(Scenario, TheRehearsalHasThreeVenuesAndTwentyThousandAccounts) {
  const auto s = Scenario::load(source_root() + "/scenarios/2026-01-30.toml", fixture::shelf());
  ASSERT_TRUE(s.has_value()) << s.error().text();
  EXPECT_GE(s.value().accounts(), 20'000U);
  size_t perpetual = 0;
  for (const VenueSetup& v : s.value().venues) perpetual += v.role == VenueRole::perpetual;
  EXPECT_EQ(perpetual, 3U);
  double expiring = 0;
  for (const OptionSetup& o : s.value().options) {
    if (o.asset == 0 && o.expiry == Instant::parse("2026-01-30T08:00:00Z").value())
      expiring += o.open_interest;
  }
  EXPECT_NEAR(expiring, 91'085, 20);
}

TEST(Scenario, BrokenOnesSayFileKeyAndReason) {
  const std::string good = read("stop-run.toml");
  ASSERT_EQ(error(good), "");
  struct Case {
    std::string_view from, to, key, why;
  };
  for (const Case& c :
       {Case{"open_share", "open_shore", "open_share", "missing"},
        Case{"name = \"Stop run\"", "name = \"Stop run\"\ntypo = 1", "typo", "unknown key"},
        Case{"notional_min = 50000", "notional_min = -50000", "notional_min", "greater than 0"},
        Case{"to = 2026-01-05T03:00:00Z", "to = 2026-01-04T03:00:00Z", "to", "after `from`"},
        Case{"at = 2026-01-05T00:40:00Z", "at = 2026-01-05T00:20:00Z", "at", "not after the point"},
        Case{"maker_fee = 0.0002\n", "", "maker_fee", "lacks fees.maker"},
        Case{"rulebook = \"2024-10-24\"", "rulebook = \"1999-01-01\"", "symbol", "no rulebook"},
        Case{"taker_fee = 0.0005", "taker_fee = 0.0005\ntick = \"0.5\"", "tick", "has this figure"},
        Case{"[[venue]]", "[shock]\nspread = 3\nsource = \"x\"\n[[venue]]", "spread",
             "greater than 2"},
        Case{"[[venue]]", "[shock]\nspread = 1\n[[venue]]", "source", "missing"},
        Case{"stop_chance = 1.0", "stop_chance = 1.5", "stop_chance", "0 to 1"},
        Case{"source = \"rulebook; fees: assumption\"", "source = \"\"", "source", "assumption"},
        Case{"start = 90000", "start = nan", "start", "finite"},
        Case{"start = 90000", "start = inf", "start", "finite"},
        Case{"start = 90000", "start = 1e300", "start", "greater than any market"},
        Case{"start = 90000", "start = 9e12", "asset[0].start", "to 100 million"},
        Case{"start = 90000", "start = 9e6", "past", "0.51 to 1.39"},
        Case{"level = 0.982", "level = 0.01", "level", "0.51 to 1.39"},
        Case{"past = [90900,", "past = [-1,", "past", "0.51 to 1.39"},
        Case{"past = [90900,", "past = [\"much\",", "past", "number"},
        Case{"name = \"BTC\"", "name = \"../BTC\"", "name", "letters"},
        Case{"accounts = 3000", "accounts = 0", "accounts", "from 1 to"},
        Case{"accounts = 3000", "accounts = 1000000000000", "accounts", "from 1 to"},
        Case{"accounts = 3000", "accounts = 3.5", "accounts", "whole number"},
        Case{"leverages = [2, 3, 5]", "leverages = []", "weights", "one weight for each"},
        Case{"weights = [0.3, 0.4, 0.3]", "weights = [0, 0, 0]", "weights", "all of them are 0"},
        Case{"levels = 8", "levels = 0", "levels", "from 1 to"},
        Case{"desks = 8", "desks = 0", "desks", "from 1 to"},
        Case{"fund_usd = 1e9", "fund_usd = 1e12", "fund_usd", "2e9 USD at most"},
        Case{"tick = \"0.1\"", "tick = \"0\"", "tick", "greater than 0"},
        Case{"tick = \"0.1\"", "tick = \"0.000001\"", "tick", "ticks"},
        Case{"report_at = 2026-01-05T03:00:00Z", "report_at = 2026-01-09T03:00:00Z", "report_at",
             "within the scenario"},
        Case{"to = 2026-01-05T03:00:00Z", "to = 2027-01-05T03:00:00Z", "to", "30 days at most"},
        Case{"book_every = \"1s\"", "book_every = \"often\"", "book_every", "duration"},
        Case{"asset = \"BTC\"", "asset = \"DOGE\"", "asset", "no [[asset]] of this name"},
        Case{"role = \"spot\"", "role = \"perpetual\"", "name", "two venues"},
        Case{"[[retail]]",
             "[[asset]]\nname = \"BTC\"\nstart = 1\nvolatility = 0\n"
             "volatility_usual = 1\npast = []\nsource = \"x\"\n[[retail]]",
             "name", "two assets of one name"},
        Case{"concave_from", "caution = 0.5\nconcave_from", "caution_half_life", "missing"},
        Case{"permanent", "impact_depth_usd = 0\npermanent", "impact_depth_usd", "greater than 0"},
        Case{"flow_max_usd", "standing_share = 1.5\nflow_max_usd", "standing_share", "0 to 1"},
        Case{"cross_share", "backing = \"GOLD\"\ncross_share", "backing",
             "no [[asset]] of this name"},
        Case{"cross_share", "backing = \"BTC\"\ncross_share", "backing_share", "missing"},
        Case{"volatility_usual", "bursts = -1\nvolatility_usual", "bursts", "0 to 1"},
        Case{"[[venue]]", "[[venues]]", "venue", ""}}) {
    const std::string said = error(broken(good, c.from, c.to));
    EXPECT_NE(said.find("x.toml"), said.npos) << c.to << ": " << said;
    EXPECT_NE(said.find(c.key), said.npos) << c.to << ": " << said;
    EXPECT_NE(said.find(c.why), said.npos) << c.to << ": " << said;
  }
}

TEST(Scenario, OptionsMustOutliveTheStartAndBeListedOnce) {
  const std::string good = read("gamma-short.toml");
  ASSERT_EQ(error(good), "");
  const size_t at = good.find("[[option]]");
  ASSERT_NE(at, good.npos);
  const std::string one = good.substr(at, good.find("\n\n", at) - at);
  EXPECT_NE(error(good + "\n" + one + "\n").find("two options of one expiry"), std::string::npos);
  const size_t expiry = good.find("expiry = ", at) + 9;
  std::string expired = good;
  expired.replace(expiry, 20, "2020-01-05T08:00:00Z");
  EXPECT_NE(error(expired).find("not after the start"), std::string::npos) << error(expired);
}

// Any part of a scenario may be missing, cut or twice: an answer or an error, never a crash.
TEST(Scenario, CutAnywhereItAnswers) {
  const std::string good = read("stop-run.toml");
  size_t refused = 0;
  for (size_t end = 0; end < good.size(); end += 37) {
    const std::string said = error(good.substr(0, end));
    refused += !said.empty();
    EXPECT_TRUE(said.empty() || said.find("x.toml") != said.npos) << said;
  }
  EXPECT_GT(refused, 50U);
}

}  // namespace
}  // namespace delever::sim
