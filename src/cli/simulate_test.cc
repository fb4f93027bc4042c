#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/source_root.h"
#include "cli/run_testing.h"

namespace delever::cli {
namespace {

using nlohmann::json;

// Half an hour of the small scenario about makers.
std::string short_scenario() {
  std::string text = text_of(source_root() + "/scenarios/maker-withdrawal.toml");
  for (const std::string key : {"\nto = ", "\nreport_at = "}) {
    const size_t at = text.find(key) + key.size();
    text.replace(at, 20, "2026-01-05T00:30:00Z");
  }
  for (size_t at; (at = text.find("[[asset.path]]")) != text.npos;)
    text.erase(at, text.find("\n\n", at) - at);
  const std::string path = scratch("short.toml");
  std::ofstream(path) << text;
  return path;
}

TEST(Simulate, EveryVerbReadsTheTapeBack) {
  const std::string scenario = short_scenario(), tape = scratch("simulated.tape"),
                    page = scratch("simulated.html");
  const Ran ran =
      run({"simulate", scenario, "--seed", "1", "--out", tape, "--html", page, "--format", "json"});
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
  EXPECT_NE(text_of(tape + ".positions.csv").find(",isolated,BTCUSDT,long,isolated,"),
            std::string::npos);
  EXPECT_NE(text_of(tape + ".accounts.csv").find("binance,"), std::string::npos);
  EXPECT_NE(text_of(page).find("<svg"), std::string::npos);

  // The same run without the tape, on two threads.
  const Ran again =
      run({"simulate", scenario, "--seed", "1", "--threads", "2", "--format", "json"});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(json::parse(again.out)["hash"], outcome["hash"]);
  // A tape that is there is not appended to.
  EXPECT_EQ(run({"simulate", scenario, "--out", tape}).code, 2);
}

TEST(Simulate, AnEnsembleGoesOnFromItsFile) {
  const std::string scenario = short_scenario(), journal = scratch("runs.txt");
  const Ran whole = run({"simulate", scenario, "--runs", "3", "--threads", "2", "--runs-file",
                         journal, "--format", "json"});
  ASSERT_EQ(whole.code, 0) << whole.err;
  const std::string lines = text_of(journal);
  std::ofstream(journal, std::ios::binary | std::ios::trunc)
      << lines.substr(0, lines.find('\n') + 20);
  const Ran resumed =
      run({"simulate", scenario, "--runs", "3", "--runs-file", journal, "--format", "json"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(resumed.out, whole.out);
}

// Everything that a command line can get wrong: the exit code, what is said, and nothing left
// behind.
TEST(Simulate, NonsenseIsNamed) {
  const std::string good = short_scenario(), folder = scratch("a-folder"),
                    binary = scratch("binary.toml");
  std::filesystem::create_directories(folder);
  std::ofstream(binary, std::ios::binary) << std::string(
      "\x7f"
      "ELF\0\1\2\xff\xfe",
      9);
  const std::string there = scratch("there.tape");
  std::ofstream(there) << "something";
  struct Case {
    std::vector<std::string> line;
    int code;
    std::string says;
  };
  for (const Case& c : std::vector<Case>{
           {{}, 2, "scenario is required"},
           {{"absent.toml"}, 3, "absent.toml: cannot be opened"},
           {{folder}, 3, "a-folder: is a directory"},
           {{binary}, 3, "binary.toml"},
           {{good, "--seed", "-1"}, 2, "--seed"},
           {{good, "--seed", "many"}, 2, "--seed"},
           {{good, "--threads", "0"}, 2, "--threads"},
           {{good, "--runs", "0"}, 2, "--runs"},
           {{good, "--out", folder}, 3, "a-folder: is a directory"},
           {{good, "--out", there}, 2, "there.tape: is there already"},
           {{good, "--out", "/dev/null/x.tape"}, 3, "/dev/null/x.tape: cannot be written"},
           {{good, "--html", folder}, 3, "a-folder: is a directory"},
           {{good, "--html", "/dev/null/x.html"}, 3, "/dev/null/x.html: cannot be written"},
           {{good, "--html", scratch("same"), "--out", scratch("same")},
            2,
            "two outputs of one run would be this file"},
           {{good, "--html", "/dev/full"}, 3, "/dev/full: cannot be written"},
           {{good, "--without", "gravity"}, 2, "--without: no mechanism \"gravity\" (stops, gamma"},
           {{good, "--runs", "2", "--out", scratch("many.tape")},
            2,
            "--runs: many runs write no tape"},
           {{good, "--mechanisms", "--format", "html"},
            2,
            "--mechanisms: many runs write no tape"}}) {
    std::vector<std::string> line{"simulate"};
    line.insert(line.end(), c.line.begin(), c.line.end());
    const Ran ran = run(line);
    EXPECT_EQ(ran.code, c.code) << c.says << ": " << ran.err;
    EXPECT_NE(ran.err.find(c.says), std::string::npos) << ran.err;
    EXPECT_TRUE(ran.out.empty()) << ran.out.substr(0, 200);
  }
  EXPECT_EQ(text_of(there), "something");
  EXPECT_FALSE(std::filesystem::exists(scratch("many.tape")));
}

const char* const kFiles[] = {
    "", "-wal", "-shm", "-lock", ".positions.csv", ".accounts.csv", ".book-btc.csv"};

// Names beside the tape that a run writes to until it is whole.
std::vector<std::string> unfinished(const std::string& tape) {
  std::vector<std::string> found;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(tape).parent_path())) {
    const std::string path = entry.path().string();
    if (path.starts_with(tape) && path.find(".part-") != path.npos) found.push_back(path);
  }
  return found;
}

// A disk that fills up while the truth is written: the tape that was begun goes too.
TEST(Simulate, AFailedRunLeavesNothing) {
  const std::string tape = scratch("full.tape"), said = scratch("full.err");
  const std::string scenario = short_scenario();
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{5'000, 5'000};
    ::setrlimit(RLIMIT_FSIZE, &small);
    ::_exit(run({"simulate", scenario, "--out", tape}).code);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 3);
  for (const char* suffix : kFiles) EXPECT_FALSE(std::filesystem::exists(tape + suffix)) << suffix;
  EXPECT_EQ(unfinished(tape), std::vector<std::string>());
}

// Stopped in the middle and killed: nothing has a name that was asked for, and the next run may.
TEST(Simulate, AKilledRunLeavesNothingThatLooksWhole) {
  const std::string tape = scratch("killed.tape"), scenario = short_scenario();
  const pid_t child = ::fork();
  if (child == 0) {
    (void)run({"simulate", scenario, "--out", tape});
    ::_exit(0);
  }
  while (unfinished(tape).size() < 4) {}
  ASSERT_EQ(::kill(child, SIGSTOP), 0);
  for (const char* suffix :
       {"", "-wal", "-shm", ".positions.csv", ".accounts.csv", ".book-btc.csv"})
    EXPECT_FALSE(std::filesystem::exists(tape + suffix)) << suffix;
  // Another run to the same name meanwhile is refused and takes nothing away.
  const Ran other = run({"simulate", scenario, "--out", tape});
  EXPECT_EQ(other.code, 3);
  EXPECT_NE(other.err.find("another process is writing this tape"), std::string::npos) << other.err;
  EXPECT_GE(unfinished(tape).size(), 4U);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_FALSE(std::filesystem::exists(tape));

  const Ran next = run({"simulate", scenario, "--out", tape});
  ASSERT_EQ(next.code, 0) << next.err;
  for (const char* suffix : {"", ".positions.csv", ".accounts.csv", ".book-btc.csv"})
    EXPECT_TRUE(std::filesystem::exists(tape + suffix)) << suffix;
  EXPECT_EQ(run({"tape", "verify", tape}).code, 0);
}

TEST(Simulate, StressReadsTheBookBesideTheTape) {
  const std::string tape = scratch("book.tape");
  ASSERT_EQ(run({"simulate", short_scenario(), "--out", tape, "--format", "html"}).code, 0);
  const Ran ran = run({"stress", "--book", tape + ".book-btc.csv", "--tape", tape, "--shock",
                       "-1%,-5%,-10%", "--format", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const json report = json::parse(ran.out);
  const auto& kinds = report["moves"][1]["by_kind"];
  for (const char* kind : {"isolated", "cross", "portfolio"}) {
    ASSERT_TRUE(kinds.contains(kind)) << kind;
    EXPECT_GT(kinds[kind]["units"].get<int>(), 0) << kind;
  }
  const auto share = [&](const char* kind) {
    return kinds[kind]["loss_usd"].get<double>() / kinds[kind]["equity_usd"].get<double>();
  };
  EXPECT_GT(share("isolated"), share("cross"));
  EXPECT_GT(share("cross"), share("portfolio"));
}

TEST(Demo, WritesAnIndexOfWhatItMade) {
  const std::string folder = scratch("demo");
  std::filesystem::remove_all(folder);
  const std::string scenario = short_scenario();
  for (int again = 0; again < 2; ++again) {  // over an earlier one too
    const Ran ran = run({"demo", "--out", folder, "--scenario", scenario});
    ASSERT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find("4 of 4"), std::string::npos);
    const std::string index = text_of(folder + "/index.html");
    size_t links = 0;
    for (size_t at = 0; (at = index.find("href=\"", at)) != index.npos; ++links) {
      at += 6;
      const std::string file = index.substr(at, index.find('"', at) - at);
      EXPECT_TRUE(std::filesystem::exists(folder + "/" + file)) << file;
      EXPECT_NE(ran.out.find(file), std::string::npos) << file;
      if (!file.ends_with(".html")) continue;
      EXPECT_EQ(text_of(folder + "/" + file).find("<script"), std::string::npos) << file;
    }
    EXPECT_GE(links, 8U);
    std::ofstream(folder + "/mine.txt") << "kept";
  }
  EXPECT_EQ(text_of(folder + "/mine.txt"), "kept");
}

TEST(Simulate, BrokenScenariosExitThreeWithFileKeyAndReason) {
  const std::string path = scratch("broken.toml");
  std::string text = text_of(source_root() + "/scenarios/stop-run.toml");
  text.insert(text.find("open_rate_day"), "typo = 1\n");
  std::ofstream(path) << text;
  const Ran ran = run({"simulate", path});
  EXPECT_EQ(ran.code, 3);
  EXPECT_NE(ran.err.find("broken.toml"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("typo"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("unknown key"), std::string::npos) << ran.err;
  EXPECT_EQ(run({"simulate", "scenarios/absent.toml"}).code, 3);
  EXPECT_EQ(run({"simulate", "scenarios/stop-run.toml", "--without", "gravity"}).code, 2);
}

// A rulebook, an agent or the exchange that changes by accident changes these markets.
TEST(Simulate, TheMarketsOfTwoScenariosAreTheOnesThatWerePublished) {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("fma")) GTEST_SKIP() << "exp and log round otherwise here";
  for (const auto& [scenario, hash] : {std::pair{"2026-01-30", "daa6c99129a8775a"},
                                       std::pair{"funding-squeeze", "b584bd218dfc21f8"}}) {
    const std::string path = source_root() + "/scenarios/" + scenario + ".toml";
    const Ran ran = run({"simulate", path, "--seed", "1"});
    ASSERT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find(hash), ran.out.npos) << scenario << ran.out.substr(0, 200);
  }
#else
  GTEST_SKIP() << "exp and log round otherwise here";
#endif
}

}  // namespace
}  // namespace delever::cli
