// Ensembles as a user runs them: the program itself, killed and gone on with, under mpirun, on one
// runs file.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/source_root.h"
#include "cli/program_testing.h"
#include "cli/run_testing.h"

namespace delever::cli {
namespace {

using nlohmann::json;

// Ten minutes of a small market; `more` stands before its first table.
std::string small_scenario(const std::string& name, const std::string& more = "") {
  std::string text = text_of(source_root() + "/scenarios/maker-withdrawal.toml");
  for (const std::string key : {"\nto = ", "\nreport_at = "})
    text.replace(text.find(key) + key.size(), 20, "2026-01-05T00:10:00Z");
  if (more.empty()) {
    for (size_t at; (at = text.find("[[asset.path]]")) != text.npos;)
      text.erase(at, text.find("\n\n", at) - at);
  } else {  // a path of ten minutes
    for (int minutes : {30, 40}) {
      const std::string at = "T00:" + std::to_string(minutes) + ":00Z";
      text.replace(text.find(at), at.size(), minutes == 30 ? "T00:01:00Z" : "T00:06:00Z");
    }
    text.erase(text.rfind("[[asset.path]]"),
               text.find("\n\n", text.rfind("[[asset.path]]")) - text.rfind("[[asset.path]]"));
    text.insert(text.find("[[asset]]"), more);
  }
  text.replace(text.find("accounts = 3000"), 15, "accounts = 200");
  const std::string path = scratch(name);
  std::ofstream(path) << text;
  return path;
}

struct Shell {
  int code = 0;
  std::string out, err;
};
Shell shell(const std::string& command) {
  const std::string out = scratch("shell.out"), err = scratch("shell.err");
  const int status = std::system(("( " + command + " ) >" + out + " 2>" + err).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text_of(out),
          text_of(err)};
}

// Whole lines by order.
std::map<std::string, int> orders_in(const std::string& path) {
  std::map<std::string, int> orders;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with(" end")) ++orders[line.substr(17, line.find(' ', 17) - 17)];
  }
  return orders;
}

// Sanitizers are not to judge MPI's own libraries, which are not built with them.
const char* const kMpirun =
    "env ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=ignore_noninstrumented_modules=1 "
    "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 "
    "OMPI_MCA_btl_vader_single_copy_mechanism=none mpirun -n 2 ";

TEST(EnsembleVerb, KilledAtRandomMomentsItGoesOnWithoutRepeatingOrLosingARun) {
  if (program().empty()) GTEST_SKIP() << "the program is not built";
  const std::string scenario = small_scenario("kill.toml"), file = scratch("kill-runs.txt");
  const std::string command =
      program() + " simulate " + scenario + " --runs 60 --threads 2 --runs-file " + file;
  int killed = 0;
  for (const char* after : {"0.02", "0.15", "0.25", "0.4", "0.1"})
    killed += shell("timeout -s KILL " + std::string(after) + " " + command).code == 128 + 9;
  const Shell last = shell(command);
  ASSERT_EQ(last.code, 0) << last.err;
  const auto orders = orders_in(file);
  EXPECT_EQ(orders.size(), 60u) << killed << " kills";
  for (const auto& [order, n] : orders) EXPECT_EQ(n, 1) << order;
  EXPECT_EQ(last.out, run({"simulate", scenario, "--runs", "60"}).out);
}

TEST(EnsembleVerb, ASecondProcessOnTheFileIsRefused) {
  const std::string scenario = small_scenario("lock.toml"), file = scratch("locked-runs.txt");
  const int held = ::open(file.c_str(), O_RDWR | O_CREAT, 0666);
  ASSERT_EQ(flock(held, LOCK_EX), 0);
  const Ran ran = run({"simulate", scenario, "--runs", "2", "--runs-file", file});
  EXPECT_EQ(ran.code, 3);
  EXPECT_NE(ran.err.find("another process"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("locked-runs.txt"), std::string::npos);
  EXPECT_EQ(ran.out, "");
  ::close(held);
  EXPECT_EQ(run({"simulate", scenario, "--runs", "2", "--runs-file", file}).code, 0);
  EXPECT_EQ(run({"simulate", scenario, "--runs", "2", "--runs-file", "/nowhere/at/all"}).code, 3);
}

TEST(EnsembleVerb, LinesOfAnotherScenarioArePassedOverAndCounted) {
  const std::string scenario = small_scenario("one.toml"), other = small_scenario("two.toml"),
                    file = scratch("mixed-runs.txt");
  std::ofstream(other, std::ios::app) << "# another text\n";
  ASSERT_EQ(run({"simulate", other, "--runs", "3", "--runs-file", file}).err, "");
  const Ran mixed = run({"simulate", scenario, "--runs", "2", "--runs-file", file});
  EXPECT_NE(mixed.err.find("3 lines of another scenario"), std::string::npos) << mixed.err;
  EXPECT_EQ(mixed.out, run({"simulate", scenario, "--runs", "2"}).out);
  std::ofstream(file, std::ios::app) << "torn";
  const Ran torn = run({"simulate", scenario, "--runs", "2", "--runs-file", file});
  EXPECT_NE(torn.err.find("1 torn line"), std::string::npos) << torn.err;
  EXPECT_EQ(torn.out, mixed.out);
}

TEST(EnsembleVerb, TwoRanksPrintWhatOneProcessPrints) {
  if (shell("mpirun --version").code != 0) GTEST_SKIP() << "no mpirun here";
  if (program().empty()) GTEST_SKIP() << "the program is not built";
  const std::string scenario = small_scenario("ranks.toml"), file = scratch("ranks-runs.txt");
  for (const std::string what : {"--runs 6", "--runs 6 --format json --threads 2",
                                 "--runs 2 --mechanisms", "--rare 'btc_low<89985' --replicas 40"}) {
    const Shell one = shell(program() + " simulate " + scenario + " " + what);
    const Shell two = shell(kMpirun + program() + " simulate " + scenario + " " + what);
    ASSERT_EQ(one.code, 0) << one.err;
    EXPECT_EQ(two.code, 0) << two.err;
    EXPECT_EQ(two.out, one.out) << what;
  }
  // The runs file of one is the other's, and of a rare event too.
  const std::string rare =
      " simulate " + scenario + " --rare 'btc_low<89985' --replicas 40 --runs-file " + file;
  const Shell two = shell(kMpirun + program() + rare);
  ASSERT_EQ(two.code, 0) << two.err;
  const auto size = std::filesystem::file_size(file);
  EXPECT_EQ(shell(program() + rare).out, two.out);
  EXPECT_EQ(std::filesystem::file_size(file), size);
}

TEST(GaugesVerb, RanksPrintWhatOneProcessPrints) {
  if (shell("mpirun --version").code != 0) GTEST_SKIP() << "no mpirun here";
  if (program().empty()) GTEST_SKIP() << "the program is not built";
  const std::string tape = " gauges --tape " + source_root() + "/samples/day.tape";
  for (const std::string what :
       {"--from 2026-01-05T01:00:00Z --step 47m", "--from 2026-01-05T20:00:00Z --format json",
        "--asset ETH --only oi_coins,price_usd --from 2026-01-05T01:10:00Z --to "
        "2026-01-05T09:00:00Z",
        "", "--asset DOGE --from 2026-01-05T20:00:00Z"}) {
    const std::string command = program() + tape + " " + what;
    const Shell one = shell(command), two = shell(kMpirun + command);
    EXPECT_EQ(two.code, one.code) << what << two.err;
    EXPECT_EQ(two.out, one.out) << what;
  }
  const Shell wrong = shell(kMpirun + program() + tape + " --from 2027-01-01T00:00:00Z");
  EXPECT_EQ(wrong.code, 2) << wrong.err;
  EXPECT_EQ(wrong.out, "");
}

TEST(EnsembleVerb, ARanksErrorEndsAllWithOneMessageAndItsCode) {
  if (shell("mpirun --version").code != 0) GTEST_SKIP() << "no mpirun here";
  if (program().empty()) GTEST_SKIP() << "the program is not built";
  const std::string scenario = small_scenario("fault.toml");
  const auto says = [](const std::string& text) {
    size_t n = 0;
    for (size_t at = 0; (at = text.find("delever: ", at)) != text.npos; ++at) ++n;
    return n;
  };
  for (const auto& [arguments, code] :
       std::vector<std::pair<std::string, int>>{{"absent.toml --runs 2", 3},
                                                {scenario + " --runs 0", 2},
                                                {scenario + " --rare 'btc_low<1000'", 4}}) {
    const Shell ran = shell(kMpirun + program() + " simulate " + arguments + " --replicas 20");
    EXPECT_EQ(ran.code, code) << ran.err;
    EXPECT_EQ(says(ran.err), 1u) << ran.err;
    EXPECT_EQ(ran.out, "");
  }
  // Rank 1 reads a file that rank 0 does not.
  const Shell ran =
      shell(std::string(kMpirun) + "sh -c 'if [ $OMPI_COMM_WORLD_RANK = 1 ]; then exec " +
            program() + " simulate absent.toml --runs 2; else exec " + program() + " simulate " +
            scenario + " --runs 2; fi'");
  EXPECT_EQ(ran.code, 3) << ran.err;
  EXPECT_EQ(says(ran.err), 1u) << ran.err;
  EXPECT_NE(ran.err.find("rank 1"), std::string::npos) << ran.err;
}

TEST(EnsembleVerb, ARareEventHasEstimatorReplicasAndInterval) {
  const std::string scenario = small_scenario("rare.toml");
  const Ran text = run({"simulate", scenario, "--rare", "btc_low<89985", "--replicas", "40"});
  ASSERT_EQ(text.code, 0) << text.err;
  for (const char* part : {"splitting", "95 %", "40 first runs", "independent lineages", "crude"})
    EXPECT_NE(text.out.find(part), std::string::npos) << text.out;
  const json j = json::parse(
      run({"simulate", scenario, "--rare", "btc_low<89985", "--replicas", "40", "--format", "json"})
          .out);
  EXPECT_GE(j["lineages"], 10);
  EXPECT_LT(j["low"], j["probability"]);
  EXPECT_EQ(j["event"], "btc_low<89985");
  EXPECT_EQ(run({"simulate", scenario, "--rare", "btc_low<1000", "--replicas", "20"}).code, 4);
  EXPECT_EQ(run({"simulate", scenario, "--rare", "btc_low<89985", "--replicas", "25"}).code, 2);
  EXPECT_EQ(run({"simulate", scenario, "--rare", "btc_low>89985"}).code, 2);
  EXPECT_EQ(run({"simulate", scenario, "--rare", "btc_low<89985", "--mechanisms"}).code, 2);
  EXPECT_EQ(run({"simulate", scenario, "--rare", ""}).code, 2);
}

TEST(EnsembleVerb, AShockHasItsMeansWithAndWithoutTheControl) {
  const std::string scenario =
      small_scenario("shock.toml", "[shock]\nspread = 0.3\nsource = \"assumption\"\n\n");
  const Ran ran = run({"simulate", scenario, "--runs", "8", "--draws", "antithetic"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("means under the shock, antithetic draws"), std::string::npos) << ran.out;
  // Few runs cannot show a gain (8 give a ratio of 0.7, 16 of 2.2); 32 to 128 give 3.9 to 5.5.
  const json j = json::parse(run({"simulate", scenario, "--runs", "64", "--format", "json"}).out);
  const json& fall = j["shock"]["means"]["btc_fall"];
  const double plain = fall["plain"]["mean"].get<double>(),
               error = fall["plain"]["error"].get<double>();
  EXPECT_NEAR(plain, j["outcomes"]["btc_fall"]["mean"].get<double>(), 1e-12);
  EXPECT_GT(fall["controlled"]["variance_ratio"].get<double>(), 2);
  EXPECT_LT(fall["controlled"]["error"].get<double>(), error);
  EXPECT_NEAR(fall["controlled"]["mean"].get<double>(), plain, 3 * error);
  EXPECT_EQ(run({"simulate", scenario, "--runs", "7", "--draws", "antithetic"}).code, 2);
  EXPECT_EQ(run({"simulate", small_scenario("plain.toml"), "--runs", "8", "--draws", "sobol"}).code,
            2);
}

}  // namespace
}  // namespace delever::cli
