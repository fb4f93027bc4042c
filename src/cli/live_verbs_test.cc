// Goal: record, twin and --follow as a user meets them: what they refuse and with what words, and
// that following a tape says what reading it says. Recording itself is in live/recorder_test.cc.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "base/source_root.h"
#include "base/text.h"
#include "cli/program_testing.h"
#include "cli/run_testing.h"
#include "tape/tape.h"

namespace delever::cli {
namespace {

std::string episode_tape(const std::string& name) {
  const std::string folder = source_root() + "/fixtures/episode", tape = scratch(name);
  for (const char* table : {"liquidations", "funding", "open_interest", "prices", "options"}) {
    const Ran ran = run({"import", "csv", "--map", folder + "/" + table + ".toml",
                         folder + "/" + table + ".csv", "--out", tape});
    EXPECT_EQ(ran.code, 0) << ran.err;
  }
  return tape;
}

std::string last_time_of(const std::string& tape) {
  const Ran info = run({"tape", "info", "--format", "json", tape});
  const std::string key = "\"last\":\"";
  std::string out = info.out;
  std::erase(out, ' ');
  const size_t at = out.find(key) + key.size();
  return out.substr(at, out.find('"', at) - at);
}

TEST(Record, WithoutANetworkItSaysWhichAddressWhyAndWhatToDo) {
  const Ran ran = run({"record", "okx:BTC-USDT-SWAP", "--url", "okx=http://127.0.0.1:1", "--out",
                       scratch("never.tape")});
  EXPECT_EQ(ran.code, 3);
  for (const char* word :
       {"ws://127.0.0.1:1/", "Connection refused", "https_proxy", "--url", "never.tape is left"})
    EXPECT_NE(ran.err.find(word), std::string::npos) << word << "\n" << ran.err;
  for (const char* end : {"", "-wal", "-shm", "-lock"})
    EXPECT_FALSE(std::filesystem::exists(scratch("never.tape") + end)) << end;
  const Ran pattern = run(
      {"record", "okx:BTC-*", "--url", "okx=http://127.0.0.1:1", "--out", scratch("never.tape")});
  EXPECT_EQ(pattern.code, 3);
  for (const char* word : {"http://127.0.0.1:1/api/v5/", "Connection refused", "--url"})
    EXPECT_NE(pattern.err.find(word), std::string::npos) << word << "\n" << pattern.err;
}

// A listener that takes connections and says nothing; what asks by REST is cut off.
class Mute {
 public:
  Mute() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(listen(fd_, 16), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    url_ = fmt::format("http://127.0.0.1:{}", ntohs(address.sin_port));
    thread_ = std::thread([this] { take(); });
  }
  ~Mute() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    for (const int one : taken_) close(one);
    close(fd_);
  }
  const std::string& url() const { return url_; }

 private:
  void take() {
    for (int one = accept(fd_, nullptr, nullptr); one >= 0; one = accept(fd_, nullptr, nullptr)) {
      char first = 0;
      if (recv(one, &first, 1, 0) == 1 && first == 'P')
        close(one);  // a POST
      else
        taken_.push_back(one);
    }
  }
  const int fd_;
  std::string url_;
  std::vector<int> taken_;
  std::thread thread_;
};

// Neither a REST host that fails nor a silence of a second is the end of it; when it has to end
// before anybody answered, that is no recording.
TEST(Record, NobodyHasAnsweredWhenItEnds) {
  const Mute mute;
  const std::string tape = scratch("unanswered.tape");
  const auto record = [&] {
    return run({"record", "hyperliquid:BTC", "--url", "hyperliquid=" + mute.url(), "--out", tape,
                "--for", "700ms"});
  };
  const Ran ran = record();
  EXPECT_EQ(ran.code, 3);
  for (const char* word :
       {"had not answered when it ended", "ws://127.0.0.1", "--url", "unanswered.tape is left"})
    EXPECT_NE(ran.err.find(word), std::string::npos) << word << "\n" << ran.err;
  EXPECT_FALSE(std::filesystem::exists(tape));
  // A recording that is gone on with stays.
  std::filesystem::copy_file(episode_tape("before.tape"), tape);
  const Ran again = record();
  EXPECT_EQ(again.code, 3);
  EXPECT_NE(again.err.find("nothing was recorded into"), std::string::npos) << again.err;
  EXPECT_EQ(run({"tape", "verify", tape}).code, 0);
}

TEST(Record, WhatItRefuses) {
  const std::string out = scratch("refused.tape");
  const struct {
    std::vector<std::string> arguments;
    const char* word;
  } cases[] = {
      {{"record", "--out", out}, "nothing to record"},
      {{"record", "okx:BTC-USDT-SWAP"}, "--out"},
      {{"record", "kraken:BTC", "--out", out}, "no market of that name"},
      {{"record", "okx:BTC-USDT-SWAP", "--url", "bybit=http://127.0.0.1:1", "--out", out},
       "nothing of that market"},
      {{"record", "okx:BTC-USDT-SWAP", "--url", "http://127.0.0.1:1", "--out", out}, "MARKET=URL"},
      {{"record", "okx:BTC-USDT-SWAP", "--url", "okx=127.0.0.1:1", "--out", out}, "no scheme"},
      {{"record", "okx:BTC-USDT-SWAP", "--for", "soon", "--out", out}, "--for"},
      {{"record", "okx:BTC-USDT-SWAP", "--rotate", "59s", "--out", out}, "--rotate"},
      {{"record", "--plan", "/no/such/plan.toml"}, "/no/such/plan.toml"},
      {{"record", "okx:BTC-USDT-SWAP", "--authorities", "/no/such/ca.pem", "--out", out},
       "/no/such/ca.pem"},
  };
  for (const auto& c : cases) {
    const Ran ran = run(c.arguments);
    EXPECT_TRUE(ran.code == 2 || ran.code == 3) << c.word;
    EXPECT_NE(ran.err.find(c.word), std::string::npos) << c.word << "\n" << ran.err;
  }
}

// The program beside the test, with what it prints going to a file or into a pipe.
int code_of(const std::vector<std::string>& words, const std::string& out, bool close_pipe) {
  int ends[2] = {-1, -1};
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const int file = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    dup2(close_pipe ? ends[1] : file, 1);
    dup2(file, 2);
    ::close(ends[0]);
    ::close(ends[1]);
    exec_program(words);
  }
  ::close(ends[1]);
  ::close(ends[0]);  // nobody reads
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// A twin for as long as this lives.
class TwinBeside {
 public:
  explicit TwinBeside(const std::string& tape) : ready_(scratch("twin.url")) {
    child_ = fork();
    if (child_ == 0) {
      const int null = ::open("/dev/null", O_WRONLY);
      dup2(null, 2);
      exec_program({"twin", "okx", "--tape", tape, "--ready-file", ready_});
    }
    for (int i = 0; i < 600 && url().empty(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ~TwinBeside() {
    kill(child_, SIGTERM);
    waitpid(child_, nullptr, 0);
  }
  TwinBeside(const TwinBeside&) = delete;
  TwinBeside& operator=(const TwinBeside&) = delete;
  std::string url() const { return std::string(trimmed(text_of(ready_))); }

 private:
  const std::string ready_;
  pid_t child_ = -1;
};

// A status line that nobody reads ends the recording in order, and by its signal.
TEST(Record, AClosedPipeAndNothingButRefusals) {
  if (program().empty()) GTEST_SKIP() << "the program is not built";
  const std::string raw = scratch("played.raw"), played = scratch("played.tape"),
                    said = scratch("said");
  std::ofstream(raw) << "1769760000000000000 "
                     << R"({"arg":{"channel":"trades","instId":"BTC-USDT-SWAP"},"data":[]})"
                     << "\n1769760100000000000 "
                     << R"({"arg":{"channel":"trades","instId":"BTC-USDT-SWAP"},"data":[]})"
                     << "\n";
  ASSERT_EQ(run({"import", "raw", "--decoder", "okx", raw, "--out", played}).code, 0);
  const TwinBeside twin(played);
  ASSERT_FALSE(twin.url().empty());
  const std::string tape = scratch("unread.tape"), url = "okx=" + twin.url();
  EXPECT_EQ(code_of({"record", "okx:BTC-USDT-SWAP", "--url", url, "--out", tape, "--status-every",
                     "200ms", "--for", "20s"},
                    said, true),
            128 + SIGPIPE);
  EXPECT_FALSE(std::filesystem::exists(tape + "-wal"));
  EXPECT_EQ(run({"tape", "info", tape}).out.find("not closed"), std::string::npos);
  EXPECT_EQ(code_of({"record", "okx:NOSUCH-USDT-SWAP", "--url", url, "--out", scratch("none.tape"),
                     "--for", "12s"},
                    said, false),
            3);
  EXPECT_NE(text_of(said).find("topics were refused"), std::string::npos) << text_of(said);
}

TEST(Follow, AClosedPipeEndsByItsSignal) {
  if (program().empty()) GTEST_SKIP() << "the program is not built";
  const std::string tape = episode_tape("pipe.tape");
  for (const char* verb : {"gauges", "brief", "chain"})
    EXPECT_EQ(code_of({verb, "--tape", tape, "--follow"}, scratch("said"), true), 128 + SIGPIPE)
        << verb;
}

TEST(Twin, WhatItRefuses) {
  const std::string tape = episode_tape("twin.tape");
  for (const auto& [arguments, word] :
       std::vector<std::pair<std::vector<std::string>, const char*>>{
           {{"twin", "okx", "--tape", "/no/such.tape"}, "/no/such.tape"},
           {{"twin", "kraken", "--tape", tape}, "no market of that name"},
           {{"twin", "okx", "--tape", tape, "--listen", "nowhere"}, "--listen"},
           {{"twin", "okx", "--tape", tape, "--certificate", "x"}, "--certificate"}}) {
    const Ran ran = run(arguments);
    EXPECT_TRUE(ran.code == 2 || ran.code == 3) << word;
    EXPECT_NE(ran.err.find(word), std::string::npos) << word << "\n" << ran.err;
  }
}

TEST(Follow, AClosedTapeIsPrintedOnceAsReadingItPrintsIt) {
  const std::string tape = episode_tape("follow.tape");
  const Ran followed = run({"gauges", "--tape", tape, "--follow"});
  const Ran read = run({"gauges", "--tape", tape});
  ASSERT_EQ(followed.code, 0) << followed.err;
  ASSERT_EQ(read.code, 0) << read.err;
  EXPECT_EQ(followed.out, read.out);

  const Ran chain = run({"chain", "--tape", tape, "--follow"});
  ASSERT_EQ(chain.code, 0) << chain.err;
  EXPECT_NE(chain.out.find(run({"chain", "--tape", tape}).out), std::string::npos);
  EXPECT_NE(chain.out.find("behind the wire"), std::string::npos);

  const Ran brief = run({"brief", "--tape", tape, "--follow"});
  ASSERT_EQ(brief.code, 0) << brief.err;
  EXPECT_NE(brief.out.find("Leverage brief, BTC"), std::string::npos);
}

// A chain of an hour ago, while something else goes on: printed once, however often it is looked
// at.
TEST(Follow, AChainThatSaysTheSameIsNotPrintedAgain) {
  const std::string whole = episode_tape("same.tape"), tape = scratch("growing.tape");
  SystemClock clock;
  const auto reader = tape::TapeReader::open(whole).value();
  auto writer = tape::TapeWriter::open(tape, clock).value();
  tape::StreamNumber other = 0;
  for (const tape::StreamInfo& stream : reader->streams()) {
    const tape::StreamNumber number = writer->stream(stream).value();
    if (stream.name.find("liquidations") != stream.name.npos) other = number;
  }
  ASSERT_NE(other, 0U);
  std::string bytes;
  Instant last;
  while (const auto message = reader->next().value()) {
    EXPECT_TRUE(writer->append(message->stream, message->received, message->bytes).has_value());
    if (message->stream == other) bytes = message->bytes;
    last = message->received;
  }
  std::jthread goes_on([&] {
    for (int i = 1; i <= 4; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1500));
      EXPECT_TRUE(writer->append(other, last + Duration::seconds(i), bytes).has_value());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2500));
    EXPECT_TRUE(writer->close().has_value());
  });
  const Ran ran = run({"chain", "--tape", tape, "--follow", "--every", "0s"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const auto times = [&](std::string_view key) {
    size_t n = 0;
    for (size_t at = ran.out.find(key); at != ran.out.npos; at = ran.out.find(key, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(times(" options at "), 1U) << ran.out;
  EXPECT_EQ(times("behind the wire"), 1U) << ran.out;
}

// Claims and verdict with it: what is followed is what is asked.
TEST(Follow, ABriefOfAClosedTapeSaysWhatAskingForItSays) {
  const std::string tape = episode_tape("follow.tape");
  const std::string claims = source_root() + "/fixtures/episode/claims.csv";
  for (const char* asset : {"btc", "ETH"}) {
    for (const char* format : {"text", "json"}) {
      const std::vector<std::string> common{"brief",   "--tape", tape,       "--claims", claims,
                                            "--asset", asset,    "--format", format};
      std::vector<std::string> following = common, asking = common;
      following.push_back("--follow");
      const Ran followed = run(following);
      ASSERT_EQ(followed.code, 0) << followed.err;
      const std::string at = last_time_of(tape);
      asking.insert(asking.end(), {"--at", at});
      const Ran asked = run(asking);
      ASSERT_EQ(asked.code, 0) << asked.err;
      std::string out = followed.out;
      if (std::string_view(format) == "text") {
        EXPECT_NE(asked.out.find("Published claims"), std::string::npos);
        EXPECT_NE(out.find(" s behind the wire\n"), std::string::npos);
        out = out.substr(out.find('\n') + 1, asked.out.size());
      }
      EXPECT_EQ(out, asked.out) << asset << " " << format << " at " << at;
    }
  }
}

TEST(Follow, OnlyWhatIsAskedForAndAFourWhereNothingIsKnown) {
  const std::string tape = episode_tape("follow.tape");
  const Ran some = run({"gauges", "--tape", tape, "--only", "funding_rate", "--follow"});
  EXPECT_EQ(some.code, 0) << some.err;
  EXPECT_EQ(some.out, run({"gauges", "--tape", tape, "--only", "funding_rate"}).out);
  EXPECT_EQ(run({"gauges", "--tape", tape, "--only", "nonsense", "--follow"}).code, 2);
  for (const char* verb : {"gauges", "brief", "chain"}) {
    const Ran ran = run({verb, "--tape", tape, "--asset", "NOSUCH", "--follow"});
    EXPECT_EQ(ran.code, 4) << verb << ": " << ran.err;
  }
}

TEST(Follow, WhatDoesNotGoWithIt) {
  const std::string tape = episode_tape("follow.tape");
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"brief", "--follow"},
           {"brief", "--tape", tape, "--follow", "--at", "2026-01-30"},
           {"gauges", "--tape", tape, "--follow", "--to", "2026-01-30"},
           {"gauges", "--tape", tape, "--follow", "--step", "1m"},
           {"chain", "--tape", tape, "--follow", "--at", "2026-01-30"},
           {"gauges", "--tape", tape, "--follow", "--every", "often"},
           {"gauges", "--tape", "/no/such.tape", "--follow"}}) {
    const Ran ran = run(arguments);
    EXPECT_TRUE(ran.code == 2 || ran.code == 3) << arguments[0];
    EXPECT_FALSE(ran.err.empty());
  }
}

TEST(TapeInfo, SaysHowLateEachSymbolWasHeard) {
  const Ran ran = run({"tape", "info", episode_tape("info.tape")});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("heard "), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("lag median"), std::string::npos) << ran.out;
}

}  // namespace
}  // namespace delever::cli
