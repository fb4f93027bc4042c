// Goal: one command measures a simulated and a recorded market by the same code, and says what it
// could not measure.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/source_root.h"
#include "cli/run_testing.h"

namespace delever::cli {
namespace {

using nlohmann::json;

// Ninety minutes of the small scenario about makers.
std::string short_facts_scenario() {
  std::string text = text_of(source_root() + "/scenarios/maker-withdrawal.toml");
  for (const std::string key : {"\nto = ", "\nreport_at = "}) {
    const size_t at = text.find(key) + key.size();
    text.replace(at, 20, "2026-01-05T01:30:00Z");
  }
  const std::string late = "[[asset.path]]\nat = 2026-01-05T03:00:00Z\nlevel = 0.985\n";
  text.erase(text.find(late), late.size());
  const std::string path = scratch("facts.toml");
  std::ofstream(path) << text;
  return path;
}

json fact(const json& page, const std::string& name) {
  for (const json& f : page["facts"])
    if (f["name"] == name) return f;
  ADD_FAILURE() << "no fact " << name;
  return {};
}

TEST(Facts, ARunAndItsTapeSayTheSame) {
  const std::string scenario = short_facts_scenario(), tape = scratch("facts.tape");
  const Ran ran = run({"simulate", scenario, "--facts", "--out", tape, "--format", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const json of_run = json::parse(ran.out)["facts"];
  const Ran read = run({"facts", "--tape", tape, "--format", "json"});
  ASSERT_EQ(read.code, 0) << read.err;
  const json of_tape = json::parse(read.out);
  EXPECT_EQ(of_run["facts"], of_tape["facts"]);
  EXPECT_EQ(of_run["label"], of_tape["label"]);

  EXPECT_EQ(fact(of_tape, "volatility_annual_1m")["simulated"]["n"], 89);  // between the 90 minutes
  EXPECT_GT(fact(of_tape, "spread_bp")["simulated"]["value"].get<double>(), 0);
  EXPECT_GT(fact(of_tape, "depth_10bp_usd")["simulated"]["value"].get<double>(), 1e5);
  EXPECT_TRUE(fact(of_tape, "volatility_annual_1d")["simulated"]["value"].is_null());
  EXPECT_NE(fact(of_tape, "volatility_annual_1d")["simulated"]["reason"].get<std::string>().find(
                "no candles of 1d"),
            std::string::npos);
  EXPECT_TRUE(fact(of_tape, "volatility_annual_1d")["recorded"].is_null());

  const Ran text = run({"facts", "--tape", tape, "--tape", tape});
  ASSERT_EQ(text.code, 0) << text.err;
  EXPECT_NE(text.out.find("not measurable, simulated"), std::string::npos);
  EXPECT_NE(text.out.find("held out"), std::string::npos);
}

TEST(Facts, NonsenseIsRefused) {
  EXPECT_EQ(run({"facts"}).code, 2);
  EXPECT_EQ(run({"facts", "--tape", scratch("absent.tape")}).code, 3);
  const std::string scenario = short_facts_scenario();
  EXPECT_EQ(run({"simulate", scenario, "--metaorders"}).code, 2);
  EXPECT_EQ(run({"simulate", scenario, "--facts", "--mechanisms"}).code, 2);
  EXPECT_EQ(run({"simulate", scenario, "--facts", "--asset", "DOGE"}).code, 3);
  const std::string rules = scratch("rules.toml");
  std::ofstream(rules) << "[[fact]]\nname = \"spread_bp\"\ncolour = 1\n";
  const Ran strict = run({"simulate", scenario, "--facts", "--facts-rules", rules});
  EXPECT_EQ(strict.code, 3);
  EXPECT_NE(strict.err.find("rules.toml"), std::string::npos);
}

// The archives of BTC: what M3 says was measured on daily closes of 2024 to 2026, on other closes
// and 7 months fewer before; and the capture of 2024-08-08.
TEST(Facts, RealArchivesComeNearWhatWasMeasuredBefore) {
  if (!std::filesystem::exists(kData)) GTEST_SKIP() << "absent: ../shared/data";
  const std::string tape = scratch("prices.tape");
  const std::string map = source_root() + "/maps/binance-spot-candles.toml";
  ASSERT_EQ(run({"import", "csv", "--map", map,
                 kData + "/prices/binance_spot_BTCUSDT_D1_20200831_20260219.csv.gz", "--out", tape})
                .code,
            0);
  const auto page = [&](std::vector<std::string> more) {
    std::vector<std::string> line{"facts", "--tape", tape, "--format", "json"};
    line.insert(line.end(), more.begin(), more.end());
    const Ran ran = run(line);
    EXPECT_EQ(ran.code, 0) << ran.err;
    return json::parse(ran.out);
  };
  const json years = page({"--from", "2022-01-01", "--to", "2023-12-31T23:59:59Z"});
  EXPECT_NEAR(fact(years, "volatility_annual_1d")["recorded"]["value"].get<double>(), 0.55, 0.02);
  EXPECT_NEAR(fact(years, "excess_kurtosis_1d")["recorded"]["value"].get<double>(), 5.5, 1.5);
  const json later = page({"--from", "2024-01-01", "--to", "2026-02-05"});
  EXPECT_NEAR(fact(later, "volatility_annual_1d")["recorded"]["value"].get<double>(), 0.48, 0.02);
  EXPECT_EQ(run({"facts", "--tape", tape, "--asset", "DOGE"}).code, 4);
  EXPECT_EQ(run({"facts", "--tape", tape, "--from", "2026-01-01", "--to", "2025-01-01"}).code, 2);
  EXPECT_EQ(run({"facts", "--tape", tape, "--from", "2030-01-01"}).code, 4);
}

}  // namespace
}  // namespace delever::cli
