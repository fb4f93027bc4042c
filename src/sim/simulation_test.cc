#include "sim/simulation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "base/text.h"
#include "sim/markets_testing.h"

namespace delever::sim {
namespace {

using fixture::Kept;
using fixture::must_run;
using fixture::shipped;
using fixture::without;

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
  for (const char* name : {"stop-run.toml", "gamma-short.toml", "gamma-long.toml",
                           "funding-squeeze.toml", "maker-withdrawal.toml"}) {
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

// Every row of the book against the truth beside the tape, at the end. Coins that back a desk's
// short lie at its venue; where the venue takes none, they lie elsewhere and hedge it from there.
// Nobody else has any.
TEST(Simulation, TheBookForStressHasEveryLeveragedAccount) {
  using Rows = std::map<std::string, double>;  // account, kind and side: coins
  for (const bool backed : {true, false}) {
    Kept kept;
    must_run(shipped("stop-run.toml", 1),
             {.seed = 1,
              .switches = backed ? Switches() : without(Mechanism::portfolio),
              .output = &kept});
    const auto coins_of = [](const auto& field) { return read_double(field).value(); };
    Rows truth, wallets;
    std::map<std::string, size_t> kinds;
    std::istringstream positions(kept.positions), book(kept.book);
    for (std::string line; std::getline(positions, line);) {
      const auto f =
          delever::split(line, ',');  // at, venue, account, kind, symbol, side, mode, coins
      if (f[0] != "2026-01-05T01:00:00Z" ||
          (f[3] != "isolated" && f[3] != "cross" && f[3] != "portfolio"))
        continue;
      const std::string account = fmt::format("{}-{},{}", f[1], f[2], f[3]);
      EXPECT_TRUE(truth.emplace(fmt::format("{},{}", account, f[5]), coins_of(f[7])).second)
          << line;
      ++kinds[std::string(f[3])];
      if (f[3] != "isolated") wallets[account + ",hold,USDT"] = 0;
      if (f[3] == "portfolio")
        wallets[account + (backed ? ",hold,BTC" : ",beside,BTC")] = coins_of(f[7]);
    }
    EXPECT_GT(kinds["isolated"], 100U);
    EXPECT_GT(kinds["cross"], 10U);
    EXPECT_EQ(kinds["portfolio"], 8U);
    size_t stops = 0;
    for (std::string line; std::getline(book, line);) {
      const auto f =
          delever::split(line, ',');  // account, kind, venue, symbol, side, qty, .., stop
      Rows& left = f[3] == "BTCUSDT" ? truth : wallets;
      const auto found = left.find(fmt::format("{},{},{}", f[0], f[1], f[4]) +
                                   (f[3] == "BTCUSDT" ? "" : fmt::format(",{}", f[3])));
      ASSERT_NE(found, left.end()) << line;  // or is there twice
      if (f[3] == "BTCUSDT") {
        EXPECT_NEAR(coins_of(f[5]), found->second, 1e-9) << line;
        stops += !f[9].empty();
        EXPECT_TRUE(f[9].empty() || f[1] == "isolated") << line;
      } else if (f[4] == "beside") {  // the hedge, but for what is on its way to the spot market
        EXPECT_NEAR(coins_of(f[5]), found->second, 0.01 * found->second) << line;
      } else {  // a desk holds its hedge and what it brought to grow
        EXPECT_GE(coins_of(f[5]), found->second) << line;
      }
      left.erase(found);
    }
    // In this scenario everybody places a stop; who has opened a moment ago may not yet have done
    // so.
    EXPECT_GE(static_cast<double>(stops), 0.99 * static_cast<double>(kinds["isolated"]));
    EXPECT_TRUE(truth.empty()) << truth.begin()->first;
    EXPECT_TRUE(wallets.empty()) << wallets.begin()->first;
  }
}

// Bitcoin has fallen and stays; then a coin that some hold as margin falls: who holds it is
// liquidated.
TEST(Simulation, ACollateralThatFallsLiquidatesThoseItBacks) {
  Scenario s = shipped("2025-10-10.toml", 4);
  s.from = s.from + Duration::hours(3);
  s.assets[0].path = {{s.from + Duration::minutes(10), 0.965}};
  s.assets[0].volatility = 0;
  RetailSetup& crowd = s.retail[0];
  crowd.leverages = {40};
  crowd.weights = {1};
  crowd.accounts = 4000;
  crowd.cross_share = 1;
  crowd.stop_chance = crowd.panic_rate_hour = 0;
  const auto cross = [&s] {
    const Outcome o = must_run(s, {.seed = 1});
    return std::pair(o.assets[1].low,
                     o.assets[0].liquidated[static_cast<size_t>(AccountKind::cross)][0]);
  };
  const auto [low, fallen] = cross();
  s.assets[1].path.clear();
  const auto [peg, kept] = cross();
  EXPECT_NEAR(low, 0.66, 0.02);
  EXPECT_NEAR(peg, 1, 0.01);
  EXPECT_GT(fallen, 2 * kept) << kept;
}

TEST(Simulation, StopsDeepenAFall) {
  const Scenario s = shipped("stop-run.toml", 3);
  const double with = must_run(s, {.seed = 1}).named().at("btc_low");
  const double none =
      must_run(s, {.seed = 1, .switches = without(Mechanism::stops)}).named().at("btc_low");
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
  const double stay =
      must_run(s, {.seed = 1, .switches = without(Mechanism::makers)}).named().at("btc_low");
  EXPECT_LT(with, stay);
}

TEST(Simulation, ASqueezeLiquidatesShorts) {
  const auto named = must_run(shipped("funding-squeeze.toml", 3), {.seed = 1}).named();
  EXPECT_GT(named.at("btc_liquidated_usd_24h"), 1e6);
  EXPECT_LT(named.at("btc_long_share_24h"), 0.1);
}

}  // namespace
}  // namespace delever::sim
