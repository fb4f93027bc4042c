// Goal: files that grow while the program runs (a recorder's tapes, with a rotation between them; a
// market's tape and journal) are sound whenever it is killed between two of the calls by which it
// changes files. DELEVER_KILLS sets how many moments are tried; some runs take seconds.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/source_root.h"
#include "base/text.h"
#include "cli/run_testing.h"
#include "cli/traced_testing.h"

namespace delever::cli {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

#if defined(__x86_64__)

size_t kills() {
  const char* text = std::getenv("DELEVER_KILLS");
  return text ? static_cast<size_t>(read_int(text).value_or(0)) : 12;
}

// The first calls, where files are made, one by one; then further and further apart, up to one at
// which there are tapes that grow, a journal, and files of an earlier rotation.
std::vector<size_t> moments() {
  constexpr double kLast = 220;
  std::vector<size_t> out;
  const size_t most = std::max<size_t>(kills(), 2);
  for (size_t i = 0; i < most; ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(most - 1);
    const auto n = static_cast<size_t>(std::lround(std::pow(kLast, part)));
    out.push_back(out.empty() ? n : std::max(n, out.back() + 1));
  }
  return out;
}

// A program that runs beside the test and ends with it.
class Beside {
 public:
  explicit Beside(const Words& words) : child_(fork()) {
    if (child_ != 0) return;
    const int null = ::open("/dev/null", O_WRONLY);
    dup2(null, 1);
    dup2(null, 2);
    exec_program(words);
  }
  ~Beside() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

 private:
  const pid_t child_;
};

// Trades of OKX with rising numbers, one each 10 ms, as a tape that a twin can play.
std::string played_tape(const std::string& folder, int count) {
  std::ofstream capture(folder + "/played.raw");
  for (int i = 0; i < count; ++i) {
    const int64_t ms = 1'769'760'000'000 + i * 10;
    capture << ms << "000000 "
            << fmt::format(
                   R"({{"arg":{{"channel":"trades","instId":"BTC-USDT-SWAP"}},"data":[{{"instId":)"
                   R"("BTC-USDT-SWAP","tradeId":"{}","px":"84250.1","sz":"1","side":"buy",)"
                   R"("ts":"{}","count":"1"}}]}})",
                   i + 1, ms)
            << "\n";
  }
  capture.close();
  const std::string tape = folder + "/played.tape";
  EXPECT_EQ(run({"import", "raw", "--decoder", "okx", folder + "/played.raw", "--out", tape}).code,
            0);
  return tape;
}

// The numbers of the trades on it, in order.
std::vector<int64_t> numbers_on(const std::string& tape) {
  std::vector<int64_t> out;
  const std::string text = run({"tape", "cat", tape}).out;
  constexpr std::string_view kKey = "tradeId";
  for (size_t at = text.find(kKey); at != text.npos; at = text.find(kKey, at + 1)) {
    const size_t from = text.find_first_of("0123456789", at);
    const size_t to = text.find_first_not_of("0123456789", from);
    out.push_back(read_int(std::string_view(text).substr(from, to - from)).value_or(-1));
  }
  return out;
}

// Whether it verifies; false where it was killed before the file became a tape, with nothing on it.
bool expect_verified(const std::string& tape, const std::string& what) {
  if (fs::file_size(tape) == 0) return false;
  const Ran verified = run({"tape", "verify", tape});
  if (verified.err.find("with nothing in it") != std::string::npos) return false;
  EXPECT_EQ(verified.code, 0) << what << ": " << verified.out << verified.err;
  return true;
}

// Verified; each trade follows the one before it. How many there are.
size_t expect_sound(const std::string& tape, const std::string& what) {
  if (!expect_verified(tape, what)) return 0;
  const std::vector<int64_t> numbers = numbers_on(tape);
  for (size_t i = 1; i < numbers.size(); ++i)
    EXPECT_EQ(numbers[i], numbers[i - 1] + 1) << what << ": " << tape;
  return numbers.size();
}

TEST(KillGrowing, a_recorder_that_rotates_by_a_plan) {
  const TestFolder folder;
  const std::string& at = folder.path();
  const std::string tape = played_tape(at, 12'000), ready = at + "/ready";
  const Beside twin({"twin", "okx", "--tape", tape, "--ready-file", ready});
  for (int i = 0; i < 500 && !fs::exists(ready); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ASSERT_TRUE(fs::exists(ready));
  const std::string url(trimmed(text_of(ready)));
  std::ofstream(at + "/plan.toml")
      << "out = \"" << at << "/out/{date}.tape\"\nrotate = \"1m\"\n[[market]]\nname = \"okx\"\n"
      << "symbols = [\"BTC-USDT-SWAP\"]\nchannels = [\"trades\"]\nurl = \"" << url << "\"\n";
  size_t files = 0, trades = 0, rotated = 0, killed = 0;
  for (const size_t n : moments()) {
    fs::remove_all(at + "/out");
    const Traced traced =
        run_traced({"record", "--plan", at + "/plan.toml", "--rotate", "1s", "--for", "6s"}, n);
    if (!traced.possible) GTEST_SKIP() << "ptrace is not allowed here";
    killed += traced.code == -1;
    if (!fs::exists(at + "/out")) continue;
    size_t tapes = 0;
    for (const auto& entry : fs::directory_iterator(at + "/out")) {
      if (entry.path().extension() != ".tape") continue;
      ++tapes;
      trades += expect_sound(entry.path().string(), fmt::format("killed at call {}", n));
    }
    files += tapes;
    rotated += tapes > 1;
  }
  std::fputs(fmt::format("record --plan: {} runs, {} killed, {} files, {} trades, {} runs had "
                         "rotated\n",
                         moments().size(), killed, files, trades, rotated)
                 .c_str(),
             stdout);
  EXPECT_GT(trades, 0U) << "nothing was looked at";
  EXPECT_GT(rotated, 0U) << "no kill came after a rotation";
}

TEST(KillGrowing, a_market_with_its_tape_and_its_journal) {
  const TestFolder folder;
  const std::string& at = folder.path();
  size_t tapes = 0, journals = 0;
  for (const size_t n : moments()) {
    fs::remove_all(at + "/out");
    fs::create_directory(at + "/out");
    const std::string tape = at + "/out/m.tape", journal = at + "/out/m.journal",
                      ready = at + "/out/ready";
    const Traced traced =
        run_traced({"rehearsal", "serve", "--scenario", "samples/day.toml", "--start", "scenario",
                    "--lived", "10m", "--speed", "3000", "--listen", "127.0.0.1:0", "--tape-out",
                    tape, "--journal", journal, "--ready-file", ready},
                   n);
    if (!traced.possible) GTEST_SKIP() << "ptrace is not allowed here";
    const std::string what = fmt::format("killed at call {}", n);
    ASSERT_EQ(traced.code, -1) << what;
    if (fs::exists(tape)) tapes += expect_verified(tape, what);
    if (fs::exists(journal) && fs::file_size(journal) > 0) {
      ++journals;
      const Ran again = run({"rehearsal", "replay", journal});
      EXPECT_EQ(again.code, 0) << what << ": " << again.out << again.err;
    }
    // Whoever waits for it finds all of it.
    if (fs::exists(ready)) { EXPECT_TRUE(text_of(ready).ends_with("}\n")) << what; }
  }
  std::fputs(fmt::format("rehearsal serve: {} kills, {} tapes, {} journals\n", moments().size(),
                         tapes, journals)
                 .c_str(),
             stdout);
  EXPECT_GT(tapes, 0U) << "nothing was looked at";
  EXPECT_GT(journals, 0U) << "nothing was looked at";
}

#endif

}  // namespace
}  // namespace delever::cli
