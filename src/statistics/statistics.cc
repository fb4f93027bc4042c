#include "statistics/statistics.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/check.h"
#include "statistics/replicates.h"

namespace delever::statistics {
namespace {

double count(Values x) { return static_cast<double>(x.size()); }

double sum(Values x) {
  double total = 0;
  for (const double v : x) total += v;
  return total;
}

// Least squares over the pairs at the positions, in their order.
template <class Row, class Order>
std::optional<Line> line_through(const Row& x, const Row& y, const Order& at) {
  const auto n = static_cast<double>(at.size());
  if (at.size() < 3) return std::nullopt;
  double sum_x = 0, sum_y = 0;
  for (const size_t i : at) {
    sum_x += x[i];
    sum_y += y[i];
  }
  const double mean_x = sum_x / n, mean_y = sum_y / n;
  double xx = 0, xy = 0, yy = 0;
  for (const size_t i : at) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  if (!(xx > 0) || !(yy > 0)) return std::nullopt;
  return Line{xy / xx, mean_y - xy / xx * mean_x, xy * xy / (xx * yy)};
}

}  // namespace

std::optional<double> mean(Values x) {
  if (x.empty()) return std::nullopt;
  return sum(x) / count(x);
}

std::optional<double> deviation(Values x) {
  if (x.size() < 2) return std::nullopt;
  const double middle = *mean(x);
  double squares = 0;
  for (const double v : x) squares += (v - middle) * (v - middle);
  return std::sqrt(squares / (count(x) - 1));
}

std::optional<double> excess_kurtosis(Values x) {
  if (x.size() < 4) return std::nullopt;
  const double middle = *mean(x);
  double second = 0, fourth = 0;
  for (const double v : x) {
    const double square = (v - middle) * (v - middle);
    second += square;
    fourth += square * square;
  }
  if (!(second > 0)) return std::nullopt;
  return count(x) * fourth / (second * second) - 3;
}

std::optional<double> quantile(std::vector<double> x, double p) { return quantile_within(x, p); }

std::optional<double> quantile_within(std::span<double> x, double p) {
  if (x.empty()) return std::nullopt;
  const double place = p * static_cast<double>(x.size() - 1);
  const auto below = std::min(static_cast<size_t>(place), x.size() - 1);
  const auto at = x.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(x.begin(), at, x.end());
  if (at + 1 == x.end()) return *at;
  const double part = place - static_cast<double>(below);
  return *at + part * (*std::min_element(at + 1, x.end()) - *at);
}

std::optional<double> median(std::vector<double> x) { return quantile(std::move(x), 0.5); }

double middle_of(std::vector<double> x) {
  CHECK(!x.empty());
  const auto middle = x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2);
  std::nth_element(x.begin(), middle, x.end());
  if (x.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(x.begin(), middle)) / 2;
}

std::optional<Line> regress(Values x, Values y) {
  if (x.size() != y.size()) return std::nullopt;
  return line_through(x, y, Positions(x.size()));
}

std::optional<Line> regress_at(const std::vector<double>& x, const std::vector<double>& y,
                               const Positions& at) {
  return line_through(x, y, at);
}

std::optional<double> correlation(Values x, Values y) {
  const auto line = regress(x, y);
  if (!line) return std::nullopt;
  return (line->slope < 0 ? -1 : 1) * std::sqrt(line->r2);
}

std::optional<double> autocorrelation(Values x, size_t lag) {
  if (x.size() < lag + 2) return std::nullopt;
  const double middle = *mean(x);
  double all = 0, lagged = 0;
  for (const double v : x) all += (v - middle) * (v - middle);
  for (size_t i = 0; i + lag < x.size(); ++i) lagged += (x[i] - middle) * (x[i + lag] - middle);
  if (!(all > 0)) return std::nullopt;
  return lagged / all;
}

std::optional<double> hill(std::vector<double> x, size_t k) {
  std::erase_if(x, [](double v) { return !(v > 0); });
  if (k == 0 || x.size() <= k) return std::nullopt;
  std::nth_element(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(k), x.end(),
                   std::greater<>());
  const double threshold = x[k];
  double logs = 0;
  for (size_t i = 0; i < k; ++i) logs += std::log(x[i] / threshold);
  if (!(logs > 0)) return std::nullopt;
  return static_cast<double>(k) / logs;
}

std::optional<double> power_exponent(Values x, Values y, size_t points) {
  std::vector<double> log_x, log_y;
  for (size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    if (!(x[i] > 0) || !(y[i] > 0)) continue;
    log_x.push_back(std::log(x[i]));
    log_y.push_back(std::log(y[i]));
  }
  if (log_x.size() < points) return std::nullopt;
  const auto line = regress(log_x, log_y);
  if (!line) return std::nullopt;
  return line->slope;
}

std::vector<size_t> spaced_lags(size_t last, size_t each_decade) {
  std::vector<size_t> lags;
  for (size_t i = 0;; ++i) {
    const double at = std::pow(10.0, static_cast<double>(i) / static_cast<double>(each_decade));
    const auto lag = static_cast<size_t>(std::llround(at));
    if (lag > last) return lags;
    if (lags.empty() || lag != lags.back()) lags.push_back(lag);
  }
}

}  // namespace delever::statistics
