#include "statistics/count_regression.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace delever::statistics {
namespace {

// Solves a x = b in place by Gauss with pivots; false where a column gives nothing new.
bool solve(std::vector<std::vector<double>>& a, std::vector<double>& b) {
  const size_t n = b.size();
  for (size_t c = 0; c < n; ++c) {
    size_t pivot = c;
    for (size_t r = c + 1; r < n; ++r)
      pivot = std::abs(a[r][c]) > std::abs(a[pivot][c]) ? r : pivot;
    if (!(std::abs(a[pivot][c]) > 1e-10)) return false;
    std::swap(a[c], a[pivot]);
    std::swap(b[c], b[pivot]);
    for (size_t r = c + 1; r < n; ++r) {
      const double by = a[r][c] / a[c][c];
      for (size_t k = c; k < n; ++k) a[r][k] -= by * a[c][k];
      b[r] -= by * b[c];
    }
  }
  for (size_t c = n; c-- > 0;) {
    for (size_t k = c + 1; k < n; ++k) b[c] -= a[c][k] * b[k];
    b[c] /= a[c][c];
  }
  return true;
}

// Iterated weighted least squares on standardised features, so that one bound on a step suits them
// all.
Result<void> climb(CountRegression& fit, const std::vector<std::vector<double>>& features,
                   std::span<const uint64_t> outcomes) {
  const size_t n = fit.coefficients.size();
  for (int iteration = 0; iteration < 100; ++iteration) {
    std::vector<std::vector<double>> a(n, std::vector<double>(n, 0.0));
    std::vector<double> b(n, 0.0);
    for (size_t t = 0; t < features.size(); ++t) {
      const double mu = fit.at(features[t]).mean;
      const double weight = mu / (1 + mu / fit.dispersion) / static_cast<double>(features.size());
      const double residual = (static_cast<double>(outcomes[t]) - mu) / mu;
      const auto x = [&](size_t i) { return i == 0 ? 1.0 : features[t][i - 1]; };
      for (size_t i = 0; i < n; ++i) {
        b[i] += weight * x(i) * residual;
        for (size_t j = 0; j < n; ++j) a[i][j] += weight * x(i) * x(j);
      }
    }
    if (!solve(a, b)) return Error{Fault::refused, "features that a constant or one another gives"};
    double moved = 0;
    for (const double step : b) moved = std::max(moved, std::abs(step));
    for (size_t i = 0; i < n; ++i)
      fit.coefficients[i] += b[i] * std::min(1.0, 1 / moved);  // at most 1 at a time
    if (moved < 1e-9) break;
  }
  return {};
}

}  // namespace

CountForecast CountRegression::at(std::span<const double> features) const {
  CHECK(features.size() + 1 == coefficients.size());
  double eta = coefficients[0];
  for (size_t i = 0; i < features.size(); ++i) eta += coefficients[i + 1] * features[i];
  return {std::exp(std::clamp(eta, -20.0, 20.0)), dispersion};
}

Result<CountRegression> fit_regression(const std::vector<std::vector<double>>& features,
                                       std::span<const uint64_t> outcomes) {
  CHECK(features.size() == outcomes.size());
  if (features.empty()) return Error{Fault::no_evidence, "no hours to learn from"};
  const size_t n = features[0].size() + 1;
  const double count = static_cast<double>(features.size());
  if (features.size() < 2 * n)
    return Error{Fault::no_evidence, "fewer hours than twice the coefficients"};
  std::vector<double> middle(n - 1, 0.0), spread(n - 1, 0.0);
  for (const auto& row : features) {
    CHECK(row.size() + 1 == n);
    if (!std::all_of(row.begin(), row.end(), [](double x) { return std::isfinite(x); }))
      return Error{Fault::malformed, "a feature that is not finite"};
    for (size_t i = 0; i + 1 < n; ++i) middle[i] += row[i] / count;
  }
  for (const auto& row : features) {
    for (size_t i = 0; i + 1 < n; ++i)
      spread[i] += (row[i] - middle[i]) * (row[i] - middle[i]) / count;
  }
  std::vector<std::vector<double>> scaled = features;
  for (size_t i = 0; i + 1 < n; ++i) {
    spread[i] = std::sqrt(spread[i]);
    if (!(spread[i] > 1e-12 * (1 + std::abs(middle[i]))))
      return Error{Fault::refused, "features that a constant or one another gives"};
    for (auto& row : scaled) row[i] = (row[i] - middle[i]) / spread[i];
  }
  double mean = 0;
  for (const uint64_t y : outcomes) mean += static_cast<double>(y) / count;
  CountRegression fit{.coefficients = std::vector<double>(n, 0.0),
                      .dispersion = std::numeric_limits<double>::infinity()};
  fit.coefficients[0] = std::log(std::max(mean, 1e-3));
  for (int round = 0; round < 5;
       ++round) {  // Poisson first, then with the dispersion found: they settle together
    if (auto climbed = climb(fit, scaled, outcomes); !climbed.has_value())
      return std::move(climbed.error());
    std::vector<double> means;
    for (const auto& row : scaled) means.push_back(fit.at(row).mean);
    fit.dispersion = fit_dispersion(means, outcomes);
  }
  for (size_t i = 0; i + 1 < n; ++i) {
    fit.coefficients[i + 1] /= spread[i];
    fit.coefficients[0] -= fit.coefficients[i + 1] * middle[i];
  }
  return fit;
}

}  // namespace delever::statistics
