// Goal: nothing of the user's is lost when the program is killed between any two of the calls by
// which it changes files. The program runs under ptrace and is killed at the n-th such call, for
// every n there is (or an even choice of them); then the old file is there whole, or the new one.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/source_root.h"
#include "cli/run_testing.h"
#include "cli/traced_testing.h"

namespace delever::cli {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

#if defined(__x86_64__)

std::string rows(int from, int count) {
  std::string csv = "symbol,funding_time_ms,funding_time_utc,funding_rate,mark_price\n";
  for (int n = from; n < from + count; ++n)
    csv += fmt::format("BTCUSDT,{},x,0.0001,{}\n", 1769702400000LL + n * 28'800'000LL, 84000 + n);
  return csv;
}

const std::string kMap = source_root() + "/maps/binance-funding-8h.toml";

constexpr size_t kKills = 60;

// `target` has `before` (empty: is not there) or what a run that was left alone makes of it.
void expect_old_or_new(const Words& words, const std::string& target, const std::string& before,
                       const std::string& what) {
  const auto prepare = [&] {
    for (const auto& entry : fs::directory_iterator(fs::path(target).parent_path()))
      fs::remove_all(entry.path());
    if (before.empty()) return;
    // As delever itself would have left it, so that it may be replaced.
    ASSERT_EQ(run(words).code, 0) << what;
  };
  prepare();
  const std::string old = before.empty() ? "" : text_of(target);
  const Traced alone = run_traced(words, 0);
  if (!alone.possible) GTEST_SKIP() << "ptrace is not allowed here";
  ASSERT_EQ(alone.code, 0) << what;
  const std::string whole = text_of(target);
  size_t olds = 0, news = 0;
  for (const size_t n : choice_of(alone.calls, kKills)) {
    prepare();
    run_traced(words, n);
    const bool there = fs::exists(target);
    const std::string now = there ? text_of(target) : "";
    const bool is_old = there == !before.empty() && now == old, is_new = there && now == whole;
    olds += is_old;
    news += is_new && !is_old;
    EXPECT_TRUE(is_old || is_new) << what << ": killed at call " << n << " of " << alone.calls;
  }
  std::fputs(fmt::format("{}: {} calls, {} kills: {} times as it was, {} times new\n", what,
                         alone.calls, olds + news, olds, news)
                 .c_str(),
             stdout);
}

TEST(Kill, text_and_pages) {
  const std::string folder = scratch("kill-text");
  fs::create_directories(folder + "/out");
  const std::string out = folder + "/out/answer", csv = folder + "/f.csv",
                    tape = folder + "/f.tape";
  save(csv, rows(0, 50));
  ASSERT_EQ(run({"import", "csv", "--map", kMap, csv, "--out", tape}).code, 0);
  for (const Words& words : std::vector<Words>{
           {"gauges", "--tape", tape, "--out", out},
           {"brief", "--tape", tape, "--format", "html", "--out", out},
           {"tape", "cat", "--events", tape, "--out", out},
           {"tape", "export", "--table", "derivative_ticker", tape, "--out", out},
           {"verdict", source_root() + "/fixtures/verdict/record.csv", "--record", "--format",
            "csv", "--out", out},
           {"alerts", "test", "rules/alerts.toml", "--tape", tape, "--step", "1d", "--out", out}}) {
    expect_old_or_new(words, out, "", words[0] + " to a new file");
    expect_old_or_new(words, out, "x", words[0] + " over an old file");
  }
}

TEST(Kill, a_new_tape) {
  const std::string folder = scratch("kill-new");
  fs::create_directories(folder + "/out");
  const std::string csv = folder + "/f.csv", tape = folder + "/out/f.tape";
  save(csv, rows(0, 50));
  expect_old_or_new({"import", "csv", "--map", kMap, csv, "--out", tape}, tape, "",
                    "import to a new tape");
}

// What is on a tape is what was there before, or that and all that came.
TEST(Kill, a_tape_that_is_added_to) {
  const std::string folder = scratch("kill-add");
  fs::create_directories(folder);
  const std::string first = folder + "/a.csv", second = folder + "/b.csv",
                    kept = folder + "/kept.tape", tape = folder + "/t.tape";
  save(first, rows(0, 50));
  save(second, rows(50, 50));
  ASSERT_EQ(run({"import", "csv", "--map", kMap, first, "--out", kept}).code, 0);
  const Words words{"import", "csv", "--map", kMap, second, "--out", tape};
  const auto prepare = [&] {
    for (const char* beside : {"", "-wal", "-shm", "-journal", "-lock"}) fs::remove(tape + beside);
    fs::copy_file(kept, tape);
  };
  prepare();
  const std::string before = run({"tape", "cat", tape}).out;
  const Traced alone = run_traced(words, 0);
  if (!alone.possible) GTEST_SKIP() << "ptrace is not allowed here";
  ASSERT_EQ(alone.code, 0);
  const std::string after = run({"tape", "cat", tape}).out;
  ASSERT_NE(before, after);
  size_t olds = 0, news = 0;
  for (const size_t n : choice_of(alone.calls, kKills)) {
    prepare();
    run_traced(words, n);
    const Ran verified = run({"tape", "verify", tape});
    EXPECT_EQ(verified.code, 0) << "killed at call " << n << ": " << verified.out << verified.err;
    const std::string now = run({"tape", "cat", tape}).out;
    olds += now == before;
    news += now == after;
    EXPECT_TRUE(now == before || now == after) << "killed at call " << n << " of " << alone.calls;
    EXPECT_EQ(run(words).code, 0) << "and again after call " << n;
    EXPECT_EQ(run({"tape", "cat", tape}).out, after) << "and again after call " << n;
  }
  std::fputs(fmt::format("import to a tape: {} calls, {} kills: {} times as it was, {} times new\n",
                         alone.calls, olds + news, olds, news)
                 .c_str(),
             stdout);
}

#endif

}  // namespace
}  // namespace delever::cli
