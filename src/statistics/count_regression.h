// Log-linear negative binomial regression of counts by iterated weighted least squares.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "statistics/count_forecast.h"

namespace delever::statistics {

struct CountRegression {
  std::vector<double> coefficients;  // the intercept first
  double dispersion = 0;
  CountForecast at(std::span<const double> features) const;
};
// Refused: fewer rows than twice the coefficients, features that are not finite, or that a constant
// or one another gives.
Result<CountRegression> fit_regression(const std::vector<std::vector<double>>& features,
                                       std::span<const uint64_t> outcomes);

}  // namespace delever::statistics
