#include "levels/level_score.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace delever::levels {
namespace {

double normal_upper(double z) { return 0.5 * std::erfc(z / std::sqrt(2.0)); }

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

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

}  // namespace

statistics::CountForecast CountRegression::at(std::span<const double> features) const {
  CHECK(features.size() + 1 == coefficients.size());
  double eta = coefficients[0];
  for (size_t i = 0; i < features.size(); ++i) eta += coefficients[i + 1] * features[i];
  return {std::exp(std::clamp(eta, -20.0, 20.0)), dispersion};
}

namespace {

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
    fit.dispersion = statistics::fit_dispersion(means, outcomes);
  }
  for (size_t i = 0; i + 1 < n; ++i) {
    fit.coefficients[i + 1] /= spread[i];
    fit.coefficients[0] -= fit.coefficients[i + 1] * middle[i];
  }
  return fit;
}

Result<DieboldMariano> diebold_mariano(std::span<const double> first,
                                       std::span<const double> second, std::optional<size_t> lags) {
  CHECK(first.size() == second.size());
  const size_t n = first.size();
  if (n < 10) return Error{Fault::no_evidence, "fewer than 10 scores to compare"};
  std::vector<double> d(n);
  for (size_t i = 0; i < n; ++i) d[i] = first[i] - second[i];
  const double mean = mean_of(d), count = static_cast<double>(n);
  for (double& x : d) x -= mean;
  const size_t most = lags.value_or(static_cast<size_t>(4 * std::pow(count / 100, 2.0 / 9)));
  double variance = 0;
  for (size_t lag = 0; lag <= most && lag < n; ++lag) {
    double sum = 0;
    for (size_t i = lag; i < n; ++i) sum += d[i] * d[i - lag];
    const double weight =
        lag == 0 ? 1 : 2 * (1 - static_cast<double>(lag) / static_cast<double>(most + 1));
    variance += weight * sum / count;
  }
  if (!(variance > 0))
    return Error{Fault::no_evidence, "the scores differ by a constant or not at all"};
  const double statistic = mean / std::sqrt(variance / count);
  return DieboldMariano{mean, statistic, normal_upper(-statistic)};
}

std::vector<double> randomised_pit(std::span<const statistics::CountForecast> forecasts,
                                   std::span<const uint64_t> outcomes, Random random) {
  CHECK(forecasts.size() == outcomes.size());
  std::vector<double> u;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const double high = statistics::cumulative(forecasts[i], outcomes[i]);
    const double low = outcomes[i] == 0 ? 0 : statistics::cumulative(forecasts[i], outcomes[i] - 1);
    u.push_back(low + random.uniform() * (high - low));
  }
  return u;
}

double uniform_p_value(std::vector<double> u) {
  CHECK(!u.empty());
  std::sort(u.begin(), u.end());
  const double n = static_cast<double>(u.size());
  double distance = 0;
  for (size_t i = 0; i < u.size(); ++i)
    distance = std::max(
        {distance, static_cast<double>(i + 1) / n - u[i], u[i] - static_cast<double>(i) / n});
  // Stephens' correction of the limit law, good from n = 5.
  const double x = distance * (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n));
  if (x < 0.2) return 1;  // the alternating series has not begun to converge; p is 1 to ten digits
  double p = 0;
  for (int k = 1; k <= 100; ++k) p += (k % 2 == 1 ? 2 : -2) * std::exp(-2.0 * k * k * x * x);
  return std::clamp(p, 0.0, 1.0);
}

Result<BlockMean> block_ratio(std::span<const double> above, std::span<const double> below,
                              size_t block, Random random) {
  constexpr size_t draws = 2000;
  const size_t n = above.size();
  CHECK(block > 0 && below.size() == n);
  if (n < 3 * block) return Error{Fault::no_evidence, "fewer than three blocks to draw from"};
  std::vector<double> above_to{0}, below_to{0};  // sums up to each value: a block is one difference
  for (size_t i = 0; i < n; ++i) {
    above_to.push_back(above_to.back() + above[i]);
    below_to.push_back(below_to.back() + below[i]);
  }
  const double all_above = above_to.back(), all_below = below_to.back();
  if (!(all_below > 0)) return Error{Fault::no_evidence, "nothing to compare with"};
  std::vector<double> drawn;
  for (size_t d = 0; d < draws; ++d) {
    double sum_above = 0, sum_below = 0;
    for (size_t taken = 0; taken < n;) {
      const size_t from = random.below(n - block + 1), to = from + std::min(block, n - taken);
      sum_above += above_to[to] - above_to[from];
      sum_below += below_to[to] - below_to[from];
      taken += to - from;
    }
    if (sum_below > 0) drawn.push_back(sum_above / sum_below);
  }
  std::sort(drawn.begin(), drawn.end());
  const auto at = [&](double p) {
    return drawn[static_cast<size_t>(p * static_cast<double>(drawn.size() - 1))];
  };
  return BlockMean{all_above / all_below, at(0.05), at(0.95)};
}

Result<BlockMean> block_mean(std::span<const double> values, size_t block, Random random) {
  return block_ratio(values, std::vector<double>(values.size(), 1.0), block, random);
}

Result<LevelVerdict> judge_levels(const HeldOut& h, uint64_t seed) {
  const size_t n = h.outcomes.size();
  if (n == 0) return Error{Fault::no_evidence, "nothing was held out"};
  CHECK(h.levels.size() == n && h.climatology.size() == n && h.regression.size() == n &&
        h.fixed_menu.size() == n);
  CHECK(h.tail_thresholds.size() == n);
  LevelVerdict v;
  const auto scores = [&](const std::vector<statistics::CountForecast>& forecasts) {
    std::vector<double> out;
    for (size_t i = 0; i < n; ++i)
      out.push_back(statistics::log_score(forecasts[i], h.outcomes[i]));
    return out;
  };
  const std::vector<double> ours = scores(h.levels);
  for (size_t i = 0; i < n; ++i) {
    v.crps += statistics::crps(h.levels[i], h.outcomes[i]) / static_cast<double>(n);
    v.crps_tail += statistics::crps_above(h.levels[i], h.outcomes[i], h.tail_thresholds[i]) /
                   static_cast<double>(n);
    v.non_zero += h.outcomes[i] > 0;
  }
  v.log_score = mean_of(ours);
  const std::vector<double> u = randomised_pit(h.levels, h.outcomes, Random(seed, {}));
  const auto inside =
      std::count_if(u.begin(), u.end(), [](double x) { return x >= 0.05 && x <= 0.95; });
  v.coverage_90 = static_cast<double>(inside) / static_cast<double>(n);
  v.pit_p = uniform_p_value(u);
  const auto against = [&](const std::vector<statistics::CountForecast>& other, const char* name,
                           bool must) {
    const auto compared = diebold_mariano(ours, scores(other));
    if (!compared.has_value()) {
      if (must) v.failed.push_back(fmt::format("against {}: {}", name, compared.error().what));
      return std::optional<DieboldMariano>();
    }
    if (must && !(compared.value().mean_difference < 0 && compared.value().p < 0.01))
      v.failed.push_back(fmt::format("no skill against {}: mean log score {:+.4f}, p {:.3g}", name,
                                     compared.value().mean_difference, compared.value().p));
    return std::optional(compared.value());
  };
  if (h.days < 30) v.failed.push_back(fmt::format("{:.1f} held-out days of 30", h.days));
  if (v.non_zero < 50) v.failed.push_back(fmt::format("{} non-zero hours of 50", v.non_zero));
  v.against_climatology = against(h.climatology, "climatology", false);
  v.against_regression = against(h.regression, "the regression", true);
  v.against_menu = against(h.fixed_menu, "the fixed menu", true);
  if (!(v.coverage_90 >= 0.85 && v.coverage_90 <= 0.95))
    v.failed.push_back(fmt::format("90 % intervals hold {:.1f} %", 100 * v.coverage_90));
  if (!(v.pit_p > 0.05))
    v.failed.push_back(fmt::format("transformed outcomes are not uniform: p {:.3g}", v.pit_p));
  v.publish = v.failed.empty();
  return v;
}

}  // namespace delever::levels
