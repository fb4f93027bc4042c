#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/run.h"

namespace delever {
namespace {

using nlohmann::json;

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Half an hour of the small scenario about makers.
std::string short_scenario() {
  std::string text = text_of(DELEVER_ROOT "/scenarios/maker-withdrawal.toml");
  for (const std::string key : {"\nto = ", "\nreport_at = "}) {
    const size_t at = text.find(key) + key.size();
    text.replace(at, 20, "2026-01-05T00:30:00Z");
  }
  for (size_t at; (at = text.find("[[asset.path]]")) != text.npos;) text.erase(at, text.find("\n\n", at) - at);
  const std::string path = scratch("short.toml");
  std::ofstream(path) << text;
  return path;
}

TEST(Simulate, EveryVerbReadsTheTapeBack) {
  const std::string scenario = short_scenario(), tape = scratch("simulated.tape"), page = scratch("simulated.html");
  const Ran ran = run({"simulate", scenario, "--seed", "1", "--out", tape, "--html", page, "--format", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const json outcome = json::parse(ran.out);
  EXPECT_EQ(outcome["seed"], 1);
  EXPECT_EQ(outcome["duration_s"], 1800.0);
  EXPECT_GT(outcome["outcomes"]["btc_low"].get<double>(), 80'000);

  const Ran verify = run({"tape", "verify", tape});
  EXPECT_EQ(verify.code, 0) << verify.out << verify.err;
  const Ran gauges = run({"gauges", "--tape", tape, "--to", "2026-01-05T00:30:00Z"});
  ASSERT_EQ(gauges.code, 0) << gauges.err;
  EXPECT_NE(gauges.out.find("oi_coins"), std::string::npos);
  EXPECT_NE(text_of(tape + ".positions.csv").find(",isolated,BTCUSDT,long,isolated,"), std::string::npos);
  EXPECT_NE(text_of(tape + ".accounts.csv").find("binance,"), std::string::npos);
  EXPECT_NE(text_of(page).find("<svg"), std::string::npos);

  // The same run without the tape, on two threads.
  const Ran again = run({"simulate", scenario, "--seed", "1", "--threads", "2", "--format", "json"});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(json::parse(again.out)["hash"], outcome["hash"]);
  // A tape that is there is not appended to.
  EXPECT_EQ(run({"simulate", scenario, "--out", tape}).code, 3);
}

TEST(Simulate, AnEnsembleGoesOnFromItsFile) {
  const std::string scenario = short_scenario(), journal = scratch("runs.txt");
  const Ran whole =
      run({"simulate", scenario, "--runs", "3", "--threads", "2", "--runs-file", journal, "--format", "json"});
  ASSERT_EQ(whole.code, 0) << whole.err;
  const std::string lines = text_of(journal);
  std::ofstream(journal, std::ios::binary | std::ios::trunc) << lines.substr(0, lines.find('\n') + 20);
  const Ran resumed = run({"simulate", scenario, "--runs", "3", "--runs-file", journal, "--format", "json"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(resumed.out, whole.out);
}

TEST(Simulate, BrokenScenariosExitThreeWithFileKeyAndReason) {
  const std::string path = scratch("broken.toml");
  std::string text = text_of(DELEVER_ROOT "/scenarios/stop-run.toml");
  text.insert(text.find("open_rate_day"), "typo = 1\n");
  std::ofstream(path) << text;
  const Ran ran = run({"simulate", path});
  EXPECT_EQ(ran.code, 3);
  EXPECT_NE(ran.err.find("broken.toml"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("typo"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("unknown key"), std::string::npos) << ran.err;
  EXPECT_EQ(run({"simulate", "scenarios/absent.toml"}).code, 3);
  EXPECT_EQ(run({"simulate", "scenarios/stop-run.toml", "--without", "gravity"}).code, 3);
}

}  // namespace
}  // namespace delever
