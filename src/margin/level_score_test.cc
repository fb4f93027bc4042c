#include "margin/level_score.h"

#include <gtest/gtest.h>

#include <cmath>

namespace delever {
namespace {

constexpr double kForever = std::numeric_limits<double>::infinity();

uint64_t poisson_draw(Random& random, double mean) {
  uint64_t count = 0;
  for (double sum = random.exponential(); sum < mean; sum += random.exponential()) ++count;
  return count;
}

// Sum of k exponentials over k: a gamma factor of mean 1, so that the draw is negative binomial of whole dispersion
// k.
uint64_t binomial_draw(Random& random, double mean, int k) {
  double factor = 0;
  for (int i = 0; i < k; ++i) factor += random.exponential() / k;
  return poisson_draw(random, mean * factor);
}

TEST(CountForecast, HasTheKnownProbabilities) {
  EXPECT_NEAR(log_score({2, kForever}, 0), 2, 1e-14);
  EXPECT_NEAR(log_score({2, kForever}, 3), 2 - 3 * std::log(2) + std::log(6), 1e-13);
  // k = 1 is geometric: p(x) = (1/3) (2/3)^x at mean 2.
  EXPECT_NEAR(log_score({2, 1}, 3), std::log(3) + 3 * std::log(1.5), 1e-13);
  EXPECT_NEAR(cumulative({2, 1}, 3), 1 - std::pow(2.0 / 3, 4), 1e-13);
  EXPECT_EQ(count_quantile({2, 1}, 0.5), 1u);
  EXPECT_NEAR(cumulative({5000, kForever}, 5000), 0.5 + 0.5 * 2 / 3 / std::sqrt(2 * M_PI * 5000) * 2, 2e-4);
  EXPECT_NEAR(cumulative({1e6, 3}, 100'000'000), 1, 1e-9);
}

// Twin: E|X - y| - E|X - X'| / 2 by plain sums.
TEST(CountForecast, CrpsIsTheEnergyForm) {
  for (const CountForecast f : {CountForecast{0.3, kForever}, CountForecast{4, 2}, CountForecast{12, kForever}}) {
    std::vector<double> p;
    for (uint64_t x = 0; x < 300; ++x) p.push_back(std::exp(-log_score(f, x)));
    for (const uint64_t y : {0u, 1u, 5u, 40u}) {
      double to_outcome = 0, spread = 0;
      for (size_t i = 0; i < p.size(); ++i) {
        to_outcome += p[i] * std::abs(static_cast<double>(i) - static_cast<double>(y));
        for (size_t j = 0; j < p.size(); ++j)
          spread += p[i] * p[j] * std::abs(static_cast<double>(i) - static_cast<double>(j));
      }
      EXPECT_NEAR(crps(f, y), to_outcome - spread / 2, 1e-9);
    }
  }
}

TEST(CountForecast, TheTailScoreIsPartOfTheWhole) {
  const CountForecast f{4, 2};
  for (const uint64_t y : {0u, 6u, 30u}) {
    double below = 0;
    for (uint64_t x = 0; x < 8; ++x) {
      const double gap = cumulative(f, x) - (x >= y ? 1 : 0);
      below += gap * gap;
    }
    EXPECT_NEAR(crps_above(f, y, 8), crps(f, y) - below, 1e-10);
  }
}

// Proper: on average nobody beats who knows the law.
TEST(CountForecast, ScoresAreProper) {
  Random random(31, {});
  const CountForecast truth{6, 3};
  double at_truth[3]{}, at_other[4][3]{};
  const CountForecast others[4]{{5, 3}, {7.5, 3}, {6, 1}, {6, kForever}};
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t y = binomial_draw(random, truth.mean, 3);
    const auto add = [&](const CountForecast& f, double* into) {
      into[0] += log_score(f, y);
      into[1] += crps(f, y);
      into[2] += crps_above(f, y, 14);
    };
    add(truth, at_truth);
    for (int k = 0; k < 4; ++k) add(others[k], at_other[k]);
  }
  for (const auto& other : at_other)
    for (int score = 0; score < 3; ++score) EXPECT_LT(at_truth[score], other[score]);
}

TEST(Dispersion, IsFound) {
  Random random(37, {});
  std::vector<double> means;
  std::vector<uint64_t> outcomes;
  for (int i = 0; i < 5000; ++i) {
    means.push_back(2 + 20 * random.uniform());
    outcomes.push_back(binomial_draw(random, means.back(), 2));
  }
  EXPECT_NEAR(fit_dispersion(means, outcomes), 2, 0.15);
}

TEST(CountRegression, RecoversItsCoefficients) {
  Random random(41, {});
  std::vector<std::vector<double>> features;
  std::vector<uint64_t> outcomes;
  for (int i = 0; i < 4000; ++i) {
    const double a = random.normal(), b = random.uniform();
    features.push_back({a, b});
    outcomes.push_back(binomial_draw(random, std::exp(1 + 0.5 * a - 0.8 * b), 4));
  }
  const CountRegression fit = fit_regression(features, outcomes).value();
  EXPECT_NEAR(fit.coefficients[0], 1, 0.08);
  EXPECT_NEAR(fit.coefficients[1], 0.5, 0.05);
  EXPECT_NEAR(fit.coefficients[2], -0.8, 0.12);
  EXPECT_NEAR(fit.dispersion, 4, 0.8);
  // At the maximum the score equations hold: residuals, weighted, are orthogonal to every feature.
  double residual = 0;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const CountForecast f = fit.at(features[i]);
    residual += (static_cast<double>(outcomes[i]) - f.mean) / (1 + f.mean / f.dispersion);
  }
  EXPECT_NEAR(residual / 4000, 0, 1e-4);
}

TEST(CountRegression, RefusesWhatCannotBeTold) {
  std::vector<std::vector<double>> same(20, {1.0});
  std::vector<uint64_t> outcomes(20, 3);
  EXPECT_EQ(fit_regression(same, outcomes).error().fault, Fault::refused);
  std::vector<std::vector<double>> few(3, {1.0});
  EXPECT_EQ(fit_regression(few, std::vector<uint64_t>(3, 1)).error().fault, Fault::no_evidence);
}

TEST(DieboldMariano, IsATTestWithoutLags) {
  std::vector<double> a, b(200, 0.0);
  Random random(43, {});
  double sum = 0, squares = 0;
  for (int i = 0; i < 200; ++i) {
    a.push_back(-0.2 + random.normal());
    sum += a.back();
    squares += a.back() * a.back();
  }
  const double mean = sum / 200, sd = std::sqrt(squares / 200 - mean * mean);
  const DieboldMariano dm = diebold_mariano(a, b, 0).value();
  EXPECT_NEAR(dm.statistic, mean / (sd / std::sqrt(200)), 1e-9);
  EXPECT_NEAR(dm.p, 0.5 * std::erfc(-dm.statistic / std::sqrt(2)), 1e-12);
  EXPECT_EQ(diebold_mariano(a, a).error().fault, Fault::no_evidence);
}

// Scores that hang together: without lags the test sees skill in a third of the runs that have none; with them it
// does so about as often as it says.
TEST(DieboldMariano, AllowsForSerialDependence) {
  int naive = 0, robust = 0;
  const int runs = 400;
  for (int run = 0; run < runs; ++run) {
    Random random(47, {.entity = static_cast<uint32_t>(run)});
    std::vector<double> a, zero(1000, 0.0);
    double level = 0;
    for (int i = 0; i < 1000; ++i) a.push_back(level = 0.8 * level + random.normal());
    naive += diebold_mariano(a, zero, 0).value().p < 0.05;
    robust += diebold_mariano(a, zero, 40).value().p < 0.05;
  }
  EXPECT_GT(naive, runs / 5);
  EXPECT_LT(robust, runs / 10);
}

TEST(Pit, IsUniformForTheTruthAlone) {
  std::vector<CountForecast> truth, wrong;
  std::vector<uint64_t> outcomes;
  Random random(53, {});
  for (int i = 0; i < 2000; ++i) {
    const double mean = 1 + 10 * random.uniform();
    outcomes.push_back(binomial_draw(random, mean, 2));
    truth.push_back({mean, 2});
    wrong.push_back({mean, kForever});
  }
  EXPECT_GT(uniform_p_value(randomised_pit(truth, outcomes, Random(1, {}))), 0.05);
  EXPECT_LT(uniform_p_value(randomised_pit(wrong, outcomes, Random(1, {}))), 1e-6);
}

// Of independent draws the interval is that of the mean; of a slow series it is wider than independence would say.
TEST(BlockMean, CoversTheMeanAndWidensWithMemory) {
  Random random(61, {});
  int covered = 0;
  double width = 0, slow_width = 0;
  for (uint32_t trial = 0; trial < 100; ++trial) {
    std::vector<double> fast, slow;
    double memory = 0;
    for (int i = 0; i < 400; ++i) {
      fast.push_back(1 + random.normal());
      memory = 0.9 * memory + std::sqrt(1 - 0.81) * random.normal();
      slow.push_back(1 + memory);
    }
    const BlockMean a = block_mean(fast, 20, Random(trial, {})).value();
    const BlockMean b = block_mean(slow, 20, Random(trial, {})).value();
    covered += a.low <= 1 && 1 <= a.high;
    width += a.high - a.low;
    slow_width += b.high - b.low;
  }
  EXPECT_GE(covered, 80);  // of 90 expected; ends of blocks cost a little
  EXPECT_NEAR(width / 100, 2 * 1.645 / 20, 0.02);
  EXPECT_GT(slow_width, 2 * width);
  EXPECT_EQ(block_mean(std::vector<double>(5, 1.0), 2, Random(1, {})).error().fault, Fault::no_evidence);
  const std::vector<double> twos(30, 2.0), fours(30, 4.0);
  const BlockMean half = block_ratio(twos, fours, 5, Random(1, {})).value();
  EXPECT_EQ(half.mean, 0.5);
  EXPECT_EQ(half.low, 0.5);
}

// Reports in lumps: the variance is a multiple of the mean, and the law sees it.
TEST(DispersionLaw, FindsThePower) {
  for (const double power : {0.0, 1.0}) {
    Random random(67, {});
    std::vector<double> means;
    std::vector<uint64_t> outcomes;
    for (int i = 0; i < 3000; ++i) {
      const int mean = 1 + static_cast<int>(random.below(12));
      means.push_back(mean);
      outcomes.push_back(binomial_draw(random, mean, power == 0 ? 2 : 2 * mean));
    }
    const DispersionLaw law = fit_dispersion_law(means, outcomes);
    EXPECT_EQ(law.power, power);
    EXPECT_NEAR(law.scale, 2, 0.4);
  }
}

HeldOut season(double days, double skill) {
  HeldOut h;
  h.days = days;
  Random random(59, {});
  for (int i = 0; i < static_cast<int>(days * 48); ++i) {
    const double mean = std::exp(1 + skill * random.normal());
    h.outcomes.push_back(binomial_draw(random, mean, 3));
    h.tail_thresholds.push_back(20);
    h.levels.push_back({mean, 3});
    h.climatology.push_back({std::exp(1 + skill * skill / 2), 1});
    h.regression.push_back({std::exp(1 + skill * skill / 2), 1.5});
    h.fixed_menu.push_back({2 * mean, 1});
  }
  return h;
}

TEST(LevelVerdict, PublishesOnlyWithSkillAndEnoughDays) {
  const LevelVerdict good = judge_levels(season(31, 1), 1).value();
  EXPECT_TRUE(good.publish) << (good.failed.empty() ? "" : good.failed[0]);
  EXPECT_LT(good.against_regression->p, 0.01);
  EXPECT_GE(good.coverage_90, 0.85);
  const LevelVerdict few_days = judge_levels(season(20, 1), 1).value();
  ASSERT_FALSE(few_days.publish);
  EXPECT_EQ(few_days.failed[0], "20.0 held-out days of 30");
  HeldOut none = season(31, 1);
  none.regression = none.levels;
  const LevelVerdict equal = judge_levels(none, 1).value();
  ASSERT_FALSE(equal.publish);
  EXPECT_NE(equal.failed[0].find("against the regression"), std::string::npos) << equal.failed[0];
  EXPECT_EQ(judge_levels({}, 1).error().fault, Fault::no_evidence);
}

}  // namespace
}  // namespace delever
