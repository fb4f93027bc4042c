// Goal: files that grow while the program runs (a recorder's tapes, with a rotation between them; a
// market's tape and journal) are sound whenever it is killed between two of the calls by which it
// changes files. DELEVER_KILLS sets how many moments are tried; some runs take seconds.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

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

// Calls between two rotations: a file is made in some thirty, and each half second of trades is
// ten.
constexpr size_t kHangUpEach = 80;
constexpr double kRecorderLast = 400, kMarketLast = 220;  // calls

// The first calls, where files are made, one by one; then further and further apart, up to one at
// which there are tapes that grow, a journal, and files of an earlier rotation.
std::vector<size_t> moments(double last) {
  std::vector<size_t> out;
  const size_t most = std::max<size_t>(kills(), 2);
  for (size_t i = 0; i < most; ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(most - 1);
    const auto n = static_cast<size_t>(std::lround(std::pow(last, part)));
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

// A file that has the name is a tape, from its first moment on.
void expect_verified(const std::string& tape, const std::string& what) {
  const Ran verified = run({"tape", "verify", tape});
  EXPECT_EQ(verified.code, 0) << what << ": " << verified.out << verified.err;
}

// Verified; each trade follows the one before it. How many there are.
size_t expect_sound(const std::string& tape, const std::string& what) {
  expect_verified(tape, what);
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
  for (const size_t n : moments(kRecorderLast)) {
    fs::remove_all(at + "/out");
    const Traced traced =
        run_traced({"record", "--plan", at + "/plan.toml", "--for", "6s"}, n, kHangUpEach);
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
                         moments(kRecorderLast).size(), killed, files, trades, rotated)
                 .c_str(),
             stdout);
  EXPECT_GT(trades, 0U) << "nothing was looked at";
  EXPECT_GT(rotated, 0U) << "no kill came after a rotation";
}

TEST(KillGrowing, a_market_with_its_tape_and_its_journal) {
  const TestFolder folder;
  const std::string& at = folder.path();
  size_t tapes = 0, journals = 0;
  for (const size_t n : moments(kMarketLast)) {
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
    if (fs::exists(tape)) {
      ++tapes;
      expect_verified(tape, what);
    }
    if (fs::exists(journal) && fs::file_size(journal) > 0) {
      ++journals;
      const Ran again = run({"rehearsal", "replay", journal});
      EXPECT_EQ(again.code, 0) << what << ": " << again.out << again.err;
    }
    // Whoever waits for it finds all of it.
    if (fs::exists(ready)) { EXPECT_TRUE(text_of(ready).ends_with("}\n")) << what; }
  }
  std::fputs(fmt::format("rehearsal serve: {} kills, {} tapes, {} journals\n",
                         moments(kMarketLast).size(), tapes, journals)
                 .c_str(),
             stdout);
  EXPECT_GT(tapes, 0U) << "nothing was looked at";
  EXPECT_GT(journals, 0U) << "nothing was looked at";
}

// With leave to replace it: the old recording is there until the market that takes its place lives.
TEST(KillGrowing, a_market_over_an_old_recording) {
  const TestFolder folder;
  const std::string old = played_tape(folder.path(), 50), at = folder.path() + "/out",
                    tape = at + "/m.tape", ready = at + "/ready";
  const std::string before = run({"tape", "cat", old}).out;
  size_t olds = 0, kept = 0, news = 0;
  for (size_t n = 1; n <= std::max<size_t>(kills(), 2) * 3; ++n) {
    fs::remove_all(at);
    fs::create_directory(at);
    fs::copy_file(old, tape);
    const Traced traced = run_traced(
        {"serve", "--scenario", "samples/day.toml", "--start", "scenario", "--lived", "10m",
         "--listen", "127.0.0.1:0", "--tape-out", tape, "--force", "--ready-file", ready},
        n);
    if (!traced.possible) GTEST_SKIP() << "ptrace is not allowed here";
    const std::string what = fmt::format("killed at call {}", n);
    ASSERT_EQ(traced.code, -1) << what;
    expect_verified(tape, what);
    bool is_kept = false;
    for (const auto& entry : fs::directory_iterator(at)) {
      if (entry.path().filename().string().starts_with("m.tape.before-"))
        is_kept = run({"tape", "cat", entry.path().string()}).out == before;
    }
    const bool is_old = run({"tape", "cat", tape}).out == before;
    EXPECT_TRUE(is_old || is_kept || fs::exists(ready)) << what << ": the old recording is gone";
    olds += is_old;
    kept += !is_old && is_kept;
    news += !is_old && !is_kept;
  }
  std::fputs(fmt::format("serve over a recording: {} times as it was, {} times beside, {} times "
                         "replaced\n",
                         olds, kept, news)
                 .c_str(),
             stdout);
  EXPECT_GT(olds, 0U);
  EXPECT_GT(kept + news, 0U) << "no kill came after the tape was made";
}

TEST(KillGrowing, a_market_that_cannot_begin_leaves_the_recording) {
  const TestFolder folder;
  const std::string tape = played_tape(folder.path(), 50);
  const std::string before = text_of(tape);
  const int taken = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(taken, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(taken, 1), 0);
  ASSERT_EQ(::getsockname(taken, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string port = fmt::format("{}", ntohs(address.sin_port));
  const auto serve = [&](const std::string& out) {
    return run({"serve", "--scenario", "samples/day.toml", "--start", "scenario", "--lived", "1m",
                "--listen", "127.0.0.1:0", "--port", "binance=" + port, "--tape-out", out,
                "--force"});
  };
  EXPECT_EQ(serve(tape).code, 3);
  EXPECT_EQ(text_of(tape), before);
  EXPECT_EQ(serve(folder.path() + "/new.tape").code, 3);
  ::close(taken);
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder.path()))
    left.push_back(entry.path().filename().string());
  std::sort(left.begin(), left.end());
  EXPECT_EQ(left, (std::vector<std::string>{"played.raw", "played.tape"}));
}

#endif

}  // namespace
}  // namespace delever::cli
