// Goal: the fit is the posterior's top, found again by a slow search that knows nothing of
// derivatives, and its covariance is the curvature there, found again by differences.
#include "verdict/logistic.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace delever::verdict {
namespace {

double posterior(const std::vector<Outcome>& rows, const Terms& precision, const Terms& weights) {
  double sum = 0;
  for (const Outcome& row : rows) {
    double odds = 0;
    for (size_t i = 0; i < kMostTerms; ++i) odds += row.terms[i] * weights[i];
    const double p = 1 / (1 + std::exp(-odds));
    sum += std::log(row.happened ? p : 1 - p);
  }
  for (size_t i = 0; i < kMostTerms; ++i) sum -= precision[i] * weights[i] * weights[i] / 2;
  return sum;
}

// One weight after another, on a grid that shrinks around the best so far.
Terms searched(const std::vector<Outcome>& rows, const Terms& precision) {
  Terms best{};
  double at = posterior(rows, precision, best);
  for (double step = 2; step > 1e-8; step /= 2) {
    for (bool moved = true; moved;) {
      moved = false;
      for (size_t i = 0; i < kMostTerms; ++i) {
        for (const double by : {-step, step}) {
          Terms other = best;
          other[i] += by;
          const double there = posterior(rows, precision, other);
          if (there <= at) continue;
          best = other;
          at = there;
          moved = true;
        }
      }
    }
  }
  return best;
}

std::vector<Outcome> random_rows(Random& random, size_t n) {
  std::vector<Outcome> rows;
  for (size_t i = 0; i < n; ++i) {
    Outcome row;
    const bool first = random.chance(0.5);
    row.terms = {1, first ? 1.0 : 0.0, first ? 0.0 : 1.0, random.normal(), 2 * random.normal()};
    row.happened = random.chance(probability_of(0.5 + row.terms[3] - 0.3 * row.terms[4]));
    rows.push_back(row);
  }
  return rows;
}

const Terms kPrecision{1e-3, 4, 4, 1, 1};

TEST(Logistic, agrees_with_a_slow_search) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    Random random(seed, {});
    const auto rows = random_rows(random, 5 + 10 * seed);
    const Logistic fit = fit_logistic(rows, kPrecision);
    const Terms slow = searched(rows, kPrecision);
    EXPECT_GE(posterior(rows, kPrecision, fit.weights), posterior(rows, kPrecision, slow) - 1e-12);
    for (size_t i = 0; i < kMostTerms; ++i) EXPECT_NEAR(fit.weights[i], slow[i], 2e-3) << seed << i;
  }
}

TEST(Logistic, covariance_is_the_inverse_curvature) {
  Random random(7, {});
  const auto rows = random_rows(random, 80);
  const Logistic fit = fit_logistic(rows, kPrecision);
  const double h = 1e-3;
  for (size_t i = 0; i < kMostTerms; ++i) {
    for (size_t j = 0; j < kMostTerms; ++j) {
      double product = 0;  // of the numeric negative Hessian and the covariance
      for (size_t k = 0; k < kMostTerms; ++k) {
        const auto at = [&](double a, double b) {
          Terms w = fit.weights;
          w[i] += a;
          w[k] += b;
          return posterior(rows, kPrecision, w);
        };
        const double curved = (at(h, h) - at(h, -h) - at(-h, h) + at(-h, -h)) / (4 * h * h);
        product -= curved * fit.covariance[k][j];
      }
      EXPECT_NEAR(product, i == j ? 1 : 0, 2e-4) << i << j;
    }
  }
}

TEST(Logistic, without_rows_it_is_the_prior) {
  const Logistic fit = fit_logistic({}, kPrecision);
  EXPECT_EQ(fit.probability({1, 1, 0, 2, 3}), 0.5);
  EXPECT_NEAR(fit.deviation({0, 0, 0, 1, 0}), 1, 1e-12);
  EXPECT_NEAR(fit.deviation({0, 1, 0, 0, 0}), 0.5, 1e-12);
}

// Separable rows have no likelihood maximum; with the prior they have.
TEST(Logistic, separable_rows_have_finite_weights) {
  std::vector<Outcome> rows;
  for (int i = 0; i < 40; ++i) rows.push_back({{1, 1, 0, i < 20 ? -50.0 : 50.0, 0}, i >= 20});
  const Logistic fit = fit_logistic(rows, kPrecision);
  for (const double w : fit.weights) EXPECT_TRUE(std::isfinite(w));
  EXPECT_GT(fit.weights[3], 0);
  EXPECT_EQ(fit.weights[4], 0);
}

}  // namespace
}  // namespace delever::verdict
