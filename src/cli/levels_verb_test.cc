#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/source_root.h"
#include "cli/run_testing.h"
#include "reports/level_bars.h"
#include "reports/level_truth_file.h"

namespace delever::cli {

using namespace reports;

namespace {

using nlohmann::json;

// Three hours of the levels' laboratory with a fall of 5 % and a way back.
const std::string& lab_tape(int seed) {
  static std::map<int, std::string> made;
  if (made.contains(seed)) return made[seed];
  std::string text = text_of(source_root() + "/scenarios/levels-lab.toml");
  for (const std::string key : {"\nto = ", "\nreport_at = "})
    text.replace(text.find(key) + key.size(), 20, "2026-01-05T03:00:00Z");
  text.replace(text.find("truth_every = \"6h\""), 18, "truth_every = \"30m\"");
  const std::string path =
      "[[asset.path]]\nat = 2026-01-05T00:20:00Z\nlevel = 1.0\n[[asset.path]]\nat = "
      "2026-01-05T01:30:00Z\nlevel = 0.95\n[[asset.path]]\nat = 2026-01-05T03:00:00Z\n"
      "level = 1.01\n\n";
  text.insert(text.find("[[venue]]"), path);
  const std::string scenario = scratch("levels-lab.toml"),
                    tape = scratch("levels-" + std::to_string(seed) + ".tape");
  std::ofstream(scenario) << text;
  const Ran ran = run({"simulate", scenario, "--seed", std::to_string(seed), "--out", tape});
  EXPECT_EQ(ran.code, 0) << ran.err;
  return made[seed] = tape;
}

TEST(Levels, ScoresTapesByOneAnotherAndAgainstTheTruth) {
  const std::string &a = lab_tape(1), &b = lab_tape(2);
  const Ran ran = run({"levels", "--tape", a, "--tape", b, "--truth", a + ".positions.csv",
                       "--truth", b + ".positions.csv", "--period", "5m", "--rulebook-date",
                       "2024-10-24", "--unscored", "--format", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const json report = json::parse(ran.out);
  ASSERT_EQ(report["markets"].size(), 1u) << ran.out;
  const json& market = report["markets"][0];
  EXPECT_EQ(market["market"], "binance BTCUSDT");
  EXPECT_EQ(market["tapes"], 2);
  // 36 counts an hour-twelfth, a side and a tape; the last may begin at the very end.
  EXPECT_NEAR(market["scores"]["counts"].get<double>(), 144, 4);
  EXPECT_GT(market["scores"]["non_zero"].get<int>(), 5);
  EXPECT_EQ(market["scores"]["skill"].size(), 9u);
  EXPECT_FALSE(market["scores"]["publish"].get<bool>());  // a quarter of a day
  EXPECT_EQ(market["levels"].size(), 20u);
  for (const json& bucket : market["levels"]) {
    EXPECT_GE(bucket["coins"].get<double>(), 0);
    EXPECT_LE(bucket["low"], bucket["coins"]);
    EXPECT_GE(bucket["high"], bucket["coins"]);
    EXPECT_TRUE(bucket["truth"].is_number());
  }
  EXPECT_GE(market["truth"]["compared"].get<int>(), 10);
  EXPECT_GT(market["truth"]["coins_within_reach"]["truth"].get<double>(), 10);
  EXPECT_EQ(market["truth"]["cross_without_wallet"], 0);
  // Both sides of one open interest: what the map holds, hedged and not, is what the truth holds.
  double levels = market["truth"]["hedged"]["levels"], truth = market["truth"]["hedged"]["truth"];
  for (const json& band : market["truth"]["bands"]) {
    levels += band["levels"].get<double>();
    truth += band["truth"].get<double>();
  }
  EXPECT_NEAR(levels / truth, 1, 0.01);
}

TEST(Levels, ShowsOnlyWhatHasEarnedIt) {
  const std::string& a = lab_tape(1);
  const Ran refused = run({"levels", "--tape", a, "--period", "5m"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_NE(refused.err.find("held-out days of 30"), std::string::npos) << refused.err;
  const Ran shown = run({"levels", "--tape", a, "--period", "5m", "--unscored"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_NE(shown.out.find("prior_only"), std::string::npos) << shown.out;  // 2x is never reached
  EXPECT_EQ(shown.out.find("against the truth"), std::string::npos);
  const Ran page = run({"levels", "--tape", a, "--period", "5m", "--unscored", "--format", "html"});
  EXPECT_EQ(page.code, 0) << page.err;
  EXPECT_NE(page.out.find("url(#hatch)"), std::string::npos);
}

TEST(Levels, RefusesNonsense) {
  const std::string& a = lab_tape(1);
  EXPECT_EQ(run({"levels"}).code, 2);
  EXPECT_EQ(run({"levels", "--tape", a, "--half-life", "-3"}).code, 2);
  EXPECT_EQ(run({"levels", "--tape", a, "--period", "soon"}).code, 2);
  EXPECT_EQ(run({"levels", "--tape", a, "--throttle", "0s"}).code, 2);
  EXPECT_EQ(run({"levels", "--tape", a, "--asset", "XYZ"}).code, 4);
  EXPECT_EQ(run({"levels", "--tape", a, "--truth", a, "--truth", a}).code, 2);
  const std::string bad = scratch("bad.positions.csv");
  std::ofstream(bad)
      << "at,venue,account,kind,symbol,side,mode,coins,entry,leverage,mark\n"
         "2026-01-05T01:00:00Z,binance,2,isolated,BTCUSDT,long,isolated,many,90000,10,90000\n";
  const Ran ran = run({"levels", "--tape", a, "--truth", bad});
  EXPECT_EQ(ran.code, 3);
  EXPECT_NE(ran.err.find(":2"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("coins"), std::string::npos) << ran.err;
}

TEST(LevelBars, ThrottleKeepsOneReportAStretch) {
  const std::string& a = lab_tape(1);
  const Instant end = Instant::parse("2026-01-05T03:00:00Z").value();
  std::vector<std::string> notes;
  Context context;
  const auto whole = read_level_markets(a, "BTC", end, {}, notes, context).value();
  const auto thin = read_level_markets(a, "BTC", end, Duration::minutes(1), notes, context).value();
  ASSERT_EQ(whole.size(), 1u);
  ASSERT_EQ(thin.size(), 1u);
  double all = 0, kept = 0;
  for (size_t t = 0; t < whole[0].bars.size(); ++t) {
    all += *whole[0].bars[t].liquidated_long + *whole[0].bars[t].liquidated_short;
    kept += *thin[0].bars[t].liquidated_long + *thin[0].bars[t].liquidated_short;
    EXPECT_LE(*thin[0].bars[t].liquidated_long, *whole[0].bars[t].liquidated_long + 1e-9);
  }
  EXPECT_LT(kept, all);
  EXPECT_GT(kept, 0);
}

// A cross account that never trades keeps its wallet; one that closed is moved by what it realised.
TEST(LevelTruthFile, FindsTheWalletsOfCrossAccounts) {
  const std::string path = scratch("held.positions.csv");
  std::filesystem::remove(scratch("held.accounts.csv"));
  std::ofstream(path)
      << "at,venue,account,kind,symbol,side,mode,coins,entry,leverage,mark\n"
         "2026-01-05T00:00:01Z,binance,2,cross,BTCUSDT,long,cross,1,90000,10,91000\n"
         "2026-01-05T00:00:01Z,binance,3,portfolio,BTCUSDT,short,cross,3,90000,10,91000\n"
         "2026-01-05T06:00:00Z,binance,2,cross,BTCUSDT,long,cross,1,90000,10,89000\n";
  const rulebooks::RulebookShelf shelf =
      rulebooks::RulebookShelf::load(source_root() + "/rulebooks").value();
  const Instant first = Instant::parse("2026-01-05T00:00:01Z").value();
  LevelTruth truth = read_level_truth(path, shelf, "").value();
  EXPECT_EQ(truth["binance BTCUSDT"][first].without_wallet, 1);
  std::ofstream(scratch("held.accounts.csv"))
      << "venue,account,kind,equity_start_usd,equity_end_usd\n"
         "binance,2,cross,21000,19000\n";
  truth = read_level_truth(path, shelf, "").value();
  const levels::TrueMoment& moment = truth["binance BTCUSDT"][first];
  EXPECT_EQ(moment.without_wallet, 0);
  EXPECT_EQ(moment.hedged_short, 3);
  ASSERT_EQ(moment.levels.size(), 1u);
  EXPECT_NEAR(*moment.levels[0].price, (90'000 - 20'000) / 0.996, 1e-6);  // wallet 21,000 - 1,000
}

}  // namespace
}  // namespace delever::cli
