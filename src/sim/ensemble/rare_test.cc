// Splitting on the real simulation: copies are exact, and the estimate agrees with plain runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "sim/ensemble/ensemble.h"
#include "sim/ensemble/splitting.h"
#include "sim/markets_testing.h"

namespace delever::sim {
namespace {

// Six minutes of a small market that is left to itself.
Scenario quiet() {
  Scenario s = fixture::shipped("maker-withdrawal.toml", 1);
  s.to = s.report_at = s.from + Duration::minutes(6);
  s.assets[0].path.clear();
  s.retail[0].accounts = 150;
  s.retail[0].notional_max = 2e5;
  s.carry[0].desks = 1;
  s.flow[0].metaorders_hour = 400;
  return s;
}

Path path_of(const Scenario& s, const Task& task) {
  return read_path(run_task(s, task_text(task)).value()).value();
}

TEST(Rare, ACopyIsTheRunUntilItsBranchAndAnotherRunAfterIt) {
  const Scenario s = quiet();
  const Task plain{.seeds = {{0, 7}}, .rare = "btc_low<1000"};
  Task branched = plain, again = plain;
  branched.seeds.push_back({180, 8});
  again.seeds.push_back({180, 7});
  const Path a = path_of(s, plain), b = path_of(s, branched);
  EXPECT_EQ(path_of(s, branched), b);
  EXPECT_EQ(path_of(s, again), a);  // the same seed from then on is the same run
  EXPECT_NE(a, b);
  const auto before = [](const Path& path) {
    Path until;
    std::copy_if(path.begin(), path.end(), std::back_inserter(until),
                 [](const Record& r) { return r.second <= 180; });
    return until;
  };
  EXPECT_GE(before(a).size(), 1u);
  EXPECT_EQ(before(a), before(b));
}

TEST(Rare, WhatItFollowsIsTheOutcomeOfTheRun) {
  Scenario s = fixture::shipped("funding-squeeze.toml", 1);
  const RunResult whole = read_result(run_task(s, "3").value()).value();
  const auto last = [&](const std::string& rare) {
    return path_of(s, {.seeds = {{0, 3}}, .rare = rare}).back().score;
  };
  EXPECT_EQ(-last("btc_low<1"), whole.outcomes.at("btc_low"));
  EXPECT_EQ(last("btc_fall>=0.99"), whole.outcomes.at("btc_fall"));
  EXPECT_EQ(last("btc_liquidated_usd_24h>1e12"), whole.outcomes.at("btc_liquidated_usd_24h"));
  EXPECT_EQ(last("btc_accounts_liquidated>1e9"), whole.outcomes.at("btc_accounts_liquidated"));
  EXPECT_EQ(last("btc_adl_usd>1e12"), whole.outcomes.at("btc_adl_usd"));
  EXPECT_EQ(last("deficit_usd>1e12"), whole.outcomes.at("deficit_usd"));
}

TEST(Rare, NonsenseIsNamed) {
  const Scenario s = quiet();
  for (const auto& [text, why] :
       std::vector<std::pair<std::string, std::string>>{{"btc_low", "want OUTCOME<VALUE"},
                                                        {"<5", "want OUTCOME<VALUE"},
                                                        {"btc_low<x", "no number"},
                                                        {"btc_low<", "no number"},
                                                        {"btc_low>5", "a low falls"},
                                                        {"btc_fall<0.1", "it grows"},
                                                        {"btc_end<5", "btc_low"},
                                                        {"eth_low<5", "no outcome"}}) {
    const auto climb = read_climb(text, s);
    ASSERT_FALSE(climb.has_value()) << text;
    EXPECT_NE(climb.error().what.find(why), std::string::npos) << climb.error().what;
  }
  EXPECT_EQ(read_climb(" btc_low <= 88e3", s).value().text, "btc_low<=88000");
  EXPECT_EQ(read_climb("btc_low<=88000", s).value().level, -88000);
  EXPECT_GT(read_climb("btc_low<88000", s).value().level, -88000);
}

TEST(Rare, SplittingAgreesWithPlainRuns) {
  const Scenario s = quiet();
  const Executor executor = on_threads(s, 2);
  const Climb climb = read_climb("btc_low<89953", s).value();
  const auto runs = run_ensemble(executor, {.first_seed = 1000, .runs = 200}).value();
  const auto hits = std::count_if(runs.begin(), runs.end(), [](const RunResult& r) {
    return r.outcomes.at("btc_low") < 89953;
  });
  const Probability crude = crude_probability(static_cast<size_t>(hits), runs.size());
  EXPECT_GT(crude.value, 0.01);
  EXPECT_LT(crude.value, 0.3);
  const Follow follow = [&](const std::vector<Lineage>& lineages) -> Result<std::vector<Path>> {
    std::vector<std::string> tasks;
    for (const Lineage& l : lineages) tasks.push_back(task_text({.seeds = l, .rare = climb.text}));
    std::vector<Path> paths(lineages.size());
    TRY(executor(tasks, [&](size_t i, std::string_view result) -> Result<void> {
      paths[i] = read_path(result).value();
      return {};
    }));
    return paths;
  };
  const Probability p = split_runs(follow, {.runs = 200, .level = climb.level, .seed = 2}).value();
  EXPECT_LT(p.low, crude.high);
  EXPECT_GT(p.high, crude.low);
  EXPECT_GE(p.lineages, 10u);
  EXPECT_GT(p.carried_out, 200u);
  EXPECT_LT(std::abs(p.value - crude.value), 3 * std::hypot(p.error, crude.error))
      << p.value << " " << crude.value;
}

}  // namespace
}  // namespace delever::sim
