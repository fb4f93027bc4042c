#include "sim/splitting.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "sim/fund.h"

namespace delever::sim {
namespace {

// A walk of 40 normal steps; the score is its best so far. P(max of a walk > level) is known by plain runs.
struct Walk {
  struct State {
    double at = 0, best = 0;
    uint32_t steps = 0;
  };
  uint64_t seed;
  State start(size_t) { return {}; }
  bool step(State& s, uint64_t draw) {
    Random random(
        seed, {.stream = static_cast<uint32_t>(draw >> 32), .entity = static_cast<uint32_t>(draw), .step = s.steps});
    s.at += random.normal();
    s.best = std::max(s.best, s.at);
    return ++s.steps < 40;
  }
  double score(const State& s) const { return s.best; }
  size_t pick(uint64_t draw, size_t n) {
    return Random(seed, {.stream = 0x7069636b, .entity = static_cast<uint32_t>(draw)}).below(n);
  }
};

TEST(Splitting, IdealisedErrors) {
  EXPECT_NEAR(splitting_error(1e-3, 1000), 0.083, 0.0005);
  EXPECT_NEAR(splitting_error(1e-6, 1000), 0.118, 0.0005);
}

TEST(Splitting, AgreesWithPlainRunsAtOneInAThousand) {
  constexpr double level = 20.5;
  Walk walk{7};
  size_t hits = 0;
  constexpr size_t kRuns = 200'000;
  for (size_t i = 0; i < kRuns; ++i) {
    Walk::State s;
    while (walk.step(s, 1'000'000'000 + i)) {}
    hits += s.best >= level;
  }
  const Probability crude = crude_probability(hits, kRuns);
  EXPECT_NEAR(crude.value, 1e-3, 5e-4);
  const Probability split_once = split(walk, level, 1000).value();
  EXPECT_LT(split_once.low, crude.high);
  EXPECT_GT(split_once.high, crude.low);
  EXPECT_GE(split_once.lineages, 10u);
  EXPECT_EQ(split_once.estimator, "splitting");
}

TEST(Splitting, IsUnbiasedOverRepeats) {
  constexpr double level = 14;
  size_t hits = 0;
  constexpr size_t kRuns = 100'000;
  Walk plain{11};
  for (size_t i = 0; i < kRuns; ++i) {
    Walk::State s;
    while (plain.step(s, 1'000'000'000 + i)) {}
    hits += s.best >= level;
  }
  const Probability crude = crude_probability(hits, kRuns);
  double sum = 0, squares = 0;
  constexpr int kRepeats = 60;
  for (int k = 0; k < kRepeats; ++k) {
    Walk walk{static_cast<uint64_t>(100 + k)};
    const double p = split(walk, level, 400).value().value;
    sum += p;
    squares += p * p;
  }
  const double mean = sum / kRepeats, spread = std::sqrt((squares / kRepeats - mean * mean) / kRepeats);
  EXPECT_NEAR(mean, crude.value, 3 * std::hypot(spread, crude.error));
}

TEST(Splitting, RefusesWhatNothingReaches) {
  struct Flat : Walk {
    bool step(State& s, uint64_t) { return ++s.steps < 5; }
  };
  Flat flat{{1}};
  EXPECT_EQ(split(flat, 1, 50).error().fault, Fault::no_evidence);
  Walk walk{1};
  EXPECT_EQ(split(walk, 1, 5).error().fault, Fault::refused);
}

TEST(ShiftedTail, FourSigma) {
  // p (1 - p) / (e^16 N(-8) - p^2): in closed form 6,999. (Where 6.44e3 is printed for it, it was drawn, not derived.)
  EXPECT_NEAR(shift_gain(4, 4), 6999.03, 0.01);
  const ShiftedTail tail = shifted_tail(4, 4, 200'000, 3).value();
  EXPECT_NEAR(tail.probability, 3.167124e-5, 3 * tail.error);
  const double p = 3.167124e-5, drawn = p * (1 - p) / (tail.error * tail.error * 200'000);
  EXPECT_NEAR(drawn / shift_gain(4, 4), 1, 0.05);
  EXPECT_FALSE(shifted_tail(4, 0, 10'000, 3).has_value());
}

TEST(MonteCarlo, ErrorFallsWithTheRootOfTheDraws) {
  const auto error = [](size_t n) {  // of the mean of n normals, over repeats
    double squares = 0;
    for (uint32_t k = 0; k < 6000; ++k) {
      Random random(5, {.stream = static_cast<uint32_t>(n), .entity = k});
      double sum = 0;
      for (size_t i = 0; i < n; ++i) sum += random.normal();
      squares += sum * sum / static_cast<double>(n) / static_cast<double>(n);
    }
    return std::sqrt(squares / 6000);
  };
  EXPECT_NEAR(error(400) / error(200), 0.707, 0.05);
}

TEST(Fund, LognormalDeficits) {  // VaR at 95 % of lognormal(ln 1e7, 1.5): 117,903,387
  EXPECT_NEAR(1e7 * std::exp(1.5 * normal_quantile(0.95)), 117'903'387, 1);
  std::vector<double> deficits;
  Random random(9, {});
  for (int i = 0; i < 100'000; ++i) deficits.push_back(1e7 * std::exp(1.5 * random.normal()));
  const FundSize fund = fund_size(deficits, 0.05, 1).value();
  EXPECT_NEAR(fund.fund / 117'903'387, 1, 0.03);
  EXPECT_LT(fund.low, 117'903'387);
  EXPECT_GT(fund.high, 117'903'387);
  EXPECT_GT(fund.shortfall, fund.fund);
  // The cost r * fund + kappa * E[beyond] is least there.
  const auto cost = [&](double f) {
    double beyond = 0;
    for (const double d : deficits) beyond += std::max(d - f, 0.0);
    return 0.05 * f + beyond / static_cast<double>(deficits.size());
  };
  EXPECT_LE(cost(fund.fund), cost(fund.fund * 0.97));
  EXPECT_LE(cost(fund.fund), cost(fund.fund * 1.03));
  EXPECT_NEAR(fund.uncovered, cost(fund.fund) - 0.05 * fund.fund, 1);
}

TEST(Fund, RefusesTooFewRunsAndNonsense) {
  const std::vector<double> few(100, 1.0);
  EXPECT_EQ(fund_size(few, 0.05, 1).error().fault, Fault::no_evidence);
  EXPECT_EQ(fund_size(few, 0, 1).error().fault, Fault::refused);
  const std::vector<double> negative(1000, -1.0);
  EXPECT_EQ(fund_size(negative, 0.05, 1).error().fault, Fault::refused);
}

}  // namespace
}  // namespace delever::sim
