#include "statistics/count_forecast.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "statistics/counts_testing.h"

namespace delever::statistics {
namespace {

using namespace fixture;

constexpr double kForever = std::numeric_limits<double>::infinity();

TEST(CountForecast, HasTheKnownProbabilities) {
  EXPECT_NEAR(log_score({2, kForever}, 0), 2, 1e-14);
  EXPECT_NEAR(log_score({2, kForever}, 3), 2 - 3 * std::log(2) + std::log(6), 1e-13);
  // k = 1 is geometric: p(x) = (1/3) (2/3)^x at mean 2.
  EXPECT_NEAR(log_score({2, 1}, 3), std::log(3) + 3 * std::log(1.5), 1e-13);
  EXPECT_NEAR(cumulative({2, 1}, 3), 1 - std::pow(2.0 / 3, 4), 1e-13);
  EXPECT_EQ(count_quantile({2, 1}, 0.5), 1u);
  EXPECT_NEAR(cumulative({5000, kForever}, 5000),
              0.5 + 0.5 * 2 / 3 / std::sqrt(2 * M_PI * 5000) * 2, 2e-4);
  EXPECT_NEAR(cumulative({1e6, 3}, 100'000'000), 1, 1e-9);
}

// Twin: E|X - y| - E|X - X'| / 2 by plain sums.
TEST(CountForecast, CrpsIsTheEnergyForm) {
  for (const CountForecast f :
       {CountForecast{0.3, kForever}, CountForecast{4, 2}, CountForecast{12, kForever}}) {
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

// Twin: sums over every count, each probability by itself.
double plain_crps(const CountForecast& f, uint64_t outcome, uint64_t threshold) {
  double cdf = 0, score = 0;
  for (uint64_t x = 0;; ++x) {
    const double p = std::exp(-log_score(f, x));
    cdf += p;
    const double gap = std::min(1.0, cdf) - (x >= outcome ? 1 : 0);
    if (x >= threshold) score += gap * gap;
    if (x >= std::max(outcome, threshold) && static_cast<double>(x) > f.mean && p < 1e-14)
      return score;
  }
}

TEST(CountForecast, ClosedFormsAreThePlainSums) {
  // All but the first two are too long to be summed.
  for (const CountForecast f :
       {CountForecast{0.4, 0.1}, CountForecast{90, kForever}, CountForecast{30, 0.02},
        CountForecast{3000, 1.5}, CountForecast{40'000, 30}, CountForecast{20'000, kForever}}) {
    for (const uint64_t outcome : {0u, 1u, 50u, 21'000u}) {
      for (const uint64_t threshold : {0u, 3u, 20'100u}) {
        const double plain = plain_crps(f, outcome, threshold);
        // A closed form less a sum: what errs is a share of the whole.
        EXPECT_NEAR(crps_above(f, outcome, threshold), plain,
                    1e-9 * (plain_crps(f, outcome, 0) + 1))
            << f.mean << " " << f.dispersion << " " << outcome << " " << threshold;
      }
    }
  }
}

// A regression beyond its data may say anything; its score is had at once. Over so many counts the
// law is that of its gamma factor, whose mean difference is 2 m Gamma(k + 1/2) / (sqrt(pi) Gamma(k
// + 1)).
TEST(CountForecast, CrpsOfAnAbsurdForecastIsQuick) {
  const CountForecast f{std::exp(20.0), 0.003};
  const double k = f.dispersion;
  const double difference =
      2 * f.mean * std::tgamma(k + 0.5) / (std::sqrt(M_PI) * std::tgamma(k + 1));
  EXPECT_NEAR(mean_difference(f) / difference, 1, 1e-9);
  EXPECT_NEAR(crps(f, 0) / (f.mean - difference / 2), 1, 1e-6);  // the two are equal to two digits
  EXPECT_NEAR(crps(f, 2) - crps(f, 0), 2 * (cumulative(f, 0) + cumulative(f, 1)) - 2, 1e-6);
  EXPECT_NEAR(crps(f, 2) - crps_above(f, 2, 2),
              std::pow(cumulative(f, 0), 2) + std::pow(cumulative(f, 1), 2), 1e-6);
}

TEST(CountForecast, MeanDifferenceIsThePlainSum) {
  // Poisson of mean 1: 2 / e^2 (I0(2) + I1(2)).
  EXPECT_NEAR(mean_difference({1, kForever}),
              2 * std::exp(-2) * (std::cyl_bessel_i(0, 2) + std::cyl_bessel_i(1, 2)), 1e-14);
  // k = 1 is geometric of ratio r = m / (1 + m): 2 r / (1 - r^2).
  for (const double m : {1e-3, 0.5, 7.0, 1e6}) {
    const double r = m / (1 + m);
    EXPECT_NEAR(mean_difference({m, 1}) * (1 - r * r) / (2 * r), 1, 1e-9)
        << m;  // 1 - r^2 loses digits at 1e6
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

// Twin: the same valley by log scores, at every step of a fine grid.
TEST(Dispersion, IsThatOfThePlainLikelihood) {
  Random random(71, {});
  std::vector<double> means;
  std::vector<uint64_t> outcomes;
  for (int i = 0; i < 400; ++i) {
    means.push_back(0.05 *
                    std::exp(8 * random.uniform()));  // up to 150: more than are multiplied up
    outcomes.push_back(binomial_draw(random, means.back(), 1 + static_cast<int>(random.below(3))));
  }
  const double best = std::log(fit_dispersion(means, outcomes));
  const auto loss = [&](double log_k) {
    double sum = 0;
    for (size_t i = 0; i < means.size(); ++i)
      sum += log_score({means[i], std::exp(log_k)}, outcomes[i]);
    return sum;
  };
  for (double log_k = std::log(1e-3); log_k < std::log(1e6); log_k += 0.1)
    EXPECT_LT(loss(best), loss(log_k));
  for (const double step : {1e-4, 1e-3, 1e-2}) {
    EXPECT_LT(loss(best), loss(best - step));
    EXPECT_LT(loss(best), loss(best + step));
  }
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

}  // namespace
}  // namespace delever::statistics
