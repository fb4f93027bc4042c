#include "sim/simulation.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include <algorithm>

#include "sim/testing.h"

namespace delever::sim {
namespace {

using testing::Kept;
using testing::must_run;
using testing::shipped;
using testing::without;

TEST(Simulation, IsTheSameForAnyNumberOfThreadsAndOnEveryRun) {
  const Scenario s = shipped("maker-withdrawal.toml", 1);
  Kept one, again, three;
  const Outcome a = must_run(s, {.seed = 7, .threads = 1, .output = &one});
  const Outcome b = must_run(s, {.seed = 7, .threads = 1, .output = &again});
  const Outcome c = must_run(s, {.seed = 7, .threads = 3, .output = &three});
  EXPECT_EQ(a.hash, b.hash);
  EXPECT_EQ(a.hash, c.hash);
  EXPECT_EQ(a.named(), c.named());
  EXPECT_TRUE(one.lines == again.lines);
  EXPECT_TRUE(one.lines == three.lines);
  EXPECT_TRUE(one.positions == three.positions);
  EXPECT_TRUE(one.accounts == three.accounts);
  EXPECT_GT(one.lines.size(), 100'000U);
}

TEST(Simulation, AnotherSeedIsAnotherMarket) {
  const Scenario s = shipped("maker-withdrawal.toml", 1);
  EXPECT_NE(must_run(s, {.seed = 1}).hash, must_run(s, {.seed = 2}).hash);
}

TEST(Simulation, WritingATapeChangesNothing) {
  const Scenario s = shipped("gamma-short.toml", 1);
  Kept kept;
  EXPECT_EQ(must_run(s, {.seed = 3}).hash, must_run(s, {.seed = 3, .output = &kept}).hash);
}

TEST(Simulation, BooksBalanceAndLongsEqualShortsAtTheEnd) {
  for (const char* name :
       {"stop-run.toml", "gamma-short.toml", "gamma-long.toml", "funding-squeeze.toml", "maker-withdrawal.toml"}) {
    const Scenario s = shipped(name, 3);
    auto simulation = Simulation::open(s, {.seed = 1});
    ASSERT_TRUE(simulation.has_value()) << simulation.error().text();
    const auto outcome = simulation.value()->run();
    ASSERT_TRUE(outcome.has_value()) << name << ": " << outcome.error().text();
    EXPECT_TRUE(simulation.value()->check_balance().has_value());
    EXPECT_GT(outcome.value().messages, 10'000U) << name;
  }
}

TEST(Simulation, MinutesAddUpToTheWhole) {
  const Outcome o = must_run(shipped("funding-squeeze.toml", 3), {.seed = 1});
  double sides = 0, kinds = 0, whole = 0;
  for (const Sample& s : o.assets[0].samples) {
    sides += s.long_usd + s.short_usd;
    for (const auto& kind : s.liquidated) kinds += kind[0] + kind[1];
  }
  for (const auto& kind : o.assets[0].liquidated) whole += kind[0] + kind[1];
  EXPECT_GT(whole, 0);
  EXPECT_NEAR(sides, whole, 1e-6 * whole);
  EXPECT_NEAR(kinds, whole, 1e-6 * whole);
  ASSERT_EQ(o.funds.size(), o.assets[0].samples.size());
  EXPECT_NEAR(o.funds.back().funds_usd, o.fund_end, 1e-6 * o.fund_end);
}

TEST(Simulation, TheBookForStressHasEveryLeveragedAccount) {
  const Scenario s = shipped("stop-run.toml", 1);
  Kept kept;
  must_run(s, {.seed = 1, .output = &kept});
  // Against the truth beside the tape: the same positions of the crowd and the desks, at the end.
  std::map<std::string, size_t> truth, book;
  std::istringstream positions(kept.positions), rows(kept.book);
  for (std::string line; std::getline(positions, line);) {
    if (!line.starts_with("2026-01-05T01:00:00Z")) continue;
    for (const char* kind : {",isolated,BTCUSDT", ",cross,BTCUSDT", ",portfolio,BTCUSDT"})
      truth[kind] += line.find(kind) != line.npos;
  }
  for (std::string line; std::getline(rows, line);) {
    for (const std::string kind : {",isolated,", ",cross,", ",portfolio,"})
      book[kind + "BTCUSDT"] += line.find(kind + "binance,BTCUSDT,") != line.npos;
  }
  EXPECT_GT(book[",isolated,BTCUSDT"], 100U);
  EXPECT_EQ(truth, book);
  EXPECT_NE(kept.book.find("binance,BTC,hold,"), kept.book.npos);  // the coins that back the desks' shorts
}

TEST(Simulation, StopsDeepenAFall) {
  const Scenario s = shipped("stop-run.toml", 3);
  const double with = must_run(s, {.seed = 1}).named().at("btc_low");
  const double none = must_run(s, {.seed = 1, .switches = without(Mechanism::stops)}).named().at("btc_low");
  EXPECT_LT(with, none * 0.999);
}

TEST(Simulation, ShortGammaDeepensAFallAndLongGammaSoftensIt) {
  const auto low = [](const char* name, Switches switches) {
    return must_run(shipped(name, 3), {.seed = 1, .switches = switches}).named().at("btc_low");
  };
  EXPECT_LT(low("gamma-short.toml", {}), low("gamma-short.toml", without(Mechanism::gamma)));
  EXPECT_GT(low("gamma-long.toml", {}), low("gamma-long.toml", without(Mechanism::gamma)));
}

TEST(Simulation, WithdrawalDeepensAFall) {
  const Scenario s = shipped("maker-withdrawal.toml", 3);
  const double with = must_run(s, {.seed = 1}).named().at("btc_low");
  const double stay = must_run(s, {.seed = 1, .switches = without(Mechanism::makers)}).named().at("btc_low");
  EXPECT_LT(with, stay);
}

TEST(Simulation, ASqueezeLiquidatesShorts) {
  const auto named = must_run(shipped("funding-squeeze.toml", 3), {.seed = 1}).named();
  EXPECT_GT(named.at("btc_liquidated_usd_24h"), 1e6);
  EXPECT_LT(named.at("btc_long_share_24h"), 0.1);
}


}  // namespace
}  // namespace delever::sim
