#include "statistics/forecast_tests.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "statistics/statistics.h"

namespace delever::statistics {
namespace {

double normal_upper(double z) { return 0.5 * std::erfc(z / std::sqrt(2.0)); }

}  // namespace

Result<DieboldMariano> diebold_mariano(std::span<const double> first,
                                       std::span<const double> second, std::optional<size_t> lags) {
  CHECK(first.size() == second.size());
  const size_t n = first.size();
  if (n < 10) return Error{Fault::no_evidence, "fewer than 10 scores to compare"};
  std::vector<double> d(n);
  for (size_t i = 0; i < n; ++i) d[i] = first[i] - second[i];
  const double middle = *mean(d), count = static_cast<double>(n);
  for (double& x : d) x -= middle;
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
  const double statistic = middle / std::sqrt(variance / count);
  return DieboldMariano{middle, statistic, normal_upper(-statistic)};
}

std::vector<double> randomised_pit(std::span<const CountForecast> forecasts,
                                   std::span<const uint64_t> outcomes, Random random) {
  CHECK(forecasts.size() == outcomes.size());
  std::vector<double> u;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const double high = cumulative(forecasts[i], outcomes[i]);
    const double low = outcomes[i] == 0 ? 0 : cumulative(forecasts[i], outcomes[i] - 1);
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

}  // namespace delever::statistics
