// Goal: the served program as a user meets it: what it refuses, and that a number it serves is the
// number that `delever brief` prints.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "base/source_root.h"
#include "base/text.h"
#include "cli/program_testing.h"
#include "cli/run_testing.h"
#include "net/client.h"

namespace delever::cli {
namespace {

// The program, serving on a port of its own; ended with the test.
class Served {
 public:
  explicit Served(std::vector<std::string> options) {
    const std::string ready = scratch("served.url");
    std::vector<std::string> words{"serve", "--listen", "127.0.0.1:0", "--ready-file", ready};
    words.insert(words.end(), options.begin(), options.end());
    child_ = fork();
    if (child_ == 0) {
      if (!std::freopen("/dev/null", "w", stderr)) _exit(99);
      exec_program(words);
    }
    for (int i = 0; i < 600 && url.empty(); ++i) {
      usleep(50'000);
      url = std::string(trimmed(text_of(ready)));
    }
    EXPECT_FALSE(url.empty()) << "it does not answer";
  }
  ~Served() {
    kill(child_, SIGTERM);
    int status = 0;
    waitpid(child_, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  net::HttpAnswer ask(const std::string& path) {
    SystemClock clock;
    net::Loop loop(clock);
    net::ClientOptions options;
    options.proxies = net::Proxies();
    auto client = net::Client::make(loop, options);
    net::HttpRequest request;
    request.url = url + path;
    request.timeout = Duration::seconds(60);
    net::HttpAnswer out;
    client.value()->request(request, [&](Result<net::HttpAnswer> answer) {
      EXPECT_TRUE(answer.has_value());
      if (answer.has_value()) out = std::move(answer).value();
      loop.stop();
    });
    loop.run_for(Duration::seconds(70));
    return out;
  }

  std::string url;

 private:
  pid_t child_ = -1;
};

TEST(Serve, WhatItRefusesBeforeItListens) {
  const std::string tape = source_root() + "/samples/day.tape";
  const std::string short_token = scratch("token");
  std::ofstream(short_token) << "short\n";
  const struct {
    std::vector<std::string> arguments;
    int code;
    const char* word;
  } cases[] = {
      {{"serve", "--scenario", source_root() + "/scenarios/rehearsal.toml", "--tape", tape},
       2,
       "not both"},
      {{"serve", "--tape", "/nowhere.tape"}, 3, "nowhere"},
      {{"serve", "--tape", tape, "--at", "noon"}, 2, "--at"},
      {{"serve", "--tape", tape, "--listen", "everywhere"}, 2, "--listen"},
      {{"serve", "--tape", tape, "--listen", "0.0.0.0:0"}, 2, "--token-file"},
      {{"serve", "--tape", tape, "--listen", "0.0.0.0:0", "--token-file", short_token},
       2,
       "16 characters"},
      {{"serve", "--tape", tape, "--key", tape}, 2, "together"},
  };
  for (const auto& one : cases) {
    const Ran ran = run(one.arguments);
    EXPECT_EQ(ran.code, one.code) << ran.err;
    EXPECT_NE(ran.err.find(one.word), std::string::npos) << one.word << "\n" << ran.err;
  }
}

TEST(Serve, ANumberIsTheNumberOfBriefAtTenTimesForTwoCoins) {
  if (program().empty()) GTEST_SKIP() << "the program is not built";
  const std::string tape = source_root() + "/samples/day.tape";
  Served served({"--tape", tape});
  for (const char* asset : {"BTC", "ETH"}) {
    for (int i = 1; i <= 10; ++i) {
      const std::string at =
          "2026-01-05T" + std::string(i * 2 < 10 ? "0" : "") + std::to_string(i * 2) + ":30:00Z";
      const Ran brief =
          run({"brief", "--tape", tape, "--asset", asset, "--at", at, "--format", "json"});
      const net::HttpAnswer answer =
          served.ask("/api/v1/brief?asset=" + std::string(asset) + "&at=" + at);
      EXPECT_EQ(answer.body, brief.out) << asset << " at " << at;
    }
  }
  const Ran levels = run({"levels", "--tape", tape, "--unscored", "--format", "json"});
  const auto api = nlohmann::json::parse(served.ask("/api/v1/levels?unscored=true").body);
  if (levels.code == 0)
    EXPECT_EQ(api, nlohmann::json::parse(levels.out));
  else
    EXPECT_TRUE(api.contains("unknown"));
}

TEST(Alerts, OverTheMadeDayTheyFireAndAreOver) {
  const std::string tape = source_root() + "/samples/day.tape", rules = scratch("rules.toml");
  std::ofstream(rules) << R"([[alert]]
name = "price"
kind = "value"
reading = "price_usd"
below = 86000
clear = 88000
for = "10m"
)";
  const Ran ran =
      run({"alerts", "test", rules, "--tape", tape, "--step", "10m", "--format", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto alert = nlohmann::json::parse(ran.out);
  EXPECT_EQ(alert["state"], "firing");
  EXPECT_LT(alert["value"].get<double>(), 86000);
  EXPECT_GT(alert["at"].get<std::string>(), "2026-01-05T14:00:00Z");
  std::ofstream(rules) << "[[alert]]\nname = \"x\"\n";
  EXPECT_EQ(run({"alerts", "test", rules, "--tape", tape}).code, 3);
}

}  // namespace
}  // namespace delever::cli
