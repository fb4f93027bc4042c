#include "statistics/count_regression.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "statistics/counts_testing.h"

namespace delever::statistics {
namespace {

using namespace fixture;

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

}  // namespace
}  // namespace delever::statistics
