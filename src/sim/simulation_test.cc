#include "sim/simulation.h"

#include <gtest/gtest.h>

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
