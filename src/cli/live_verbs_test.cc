// Goal: record, twin and --follow as a user meets them: what they refuse and with what words, and
// that following a tape says what reading it says. Recording itself is in live/recorder_test.cc.
#include <gtest/gtest.h>

#include "base/source_root.h"
#include "cli/run_testing.h"

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
  for (const char* word : {"ws://127.0.0.1:1/", "Connection refused", "https_proxy", "--url"})
    EXPECT_NE(ran.err.find(word), std::string::npos) << word << "\n" << ran.err;
  const Ran pattern = run(
      {"record", "okx:BTC-*", "--url", "okx=http://127.0.0.1:1", "--out", scratch("never.tape")});
  EXPECT_EQ(pattern.code, 3);
  for (const char* word : {"http://127.0.0.1:1/api/v5/", "Connection refused", "--url"})
    EXPECT_NE(pattern.err.find(word), std::string::npos) << word << "\n" << pattern.err;
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
      {{"record", "okx:BTC-USDT-SWAP", "--for", "soon", "--out", out}, "--for"},
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
