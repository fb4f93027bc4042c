#include "statistics/hawkes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace delever::statistics {
namespace {

using Vector = std::array<double, 3>;  // log mu, logit n, log beta

Hawkes at_point(const Vector& x) {
  return {std::exp(x[0]), 1 / (1 + std::exp(-x[1])), std::exp(x[2])};
}

// Nelder and Mead 1965, with their coefficients, until the simplex is flat.
template <class Function>
Vector minimise(const Function& f, Vector start) {
  std::array<std::pair<double, Vector>, 4> simplex;
  simplex[0] = {f(start), start};
  for (size_t i = 0; i < 3; ++i) {
    Vector moved = start;
    moved[i] += 0.5;
    simplex[i + 1] = {f(moved), moved};
  }
  const auto by_value = [](const auto& a, const auto& b) { return a.first < b.first; };
  for (int step = 0; step < 400; ++step) {
    std::sort(simplex.begin(), simplex.end(), by_value);
    if (simplex[3].first - simplex[0].first < 1e-7) break;
    Vector middle{};
    for (size_t i = 0; i < 3; ++i)
      for (size_t j = 0; j < 3; ++j) middle[j] += simplex[i].second[j] / 3;
    const auto along = [&](double way) {
      Vector x{};
      for (size_t j = 0; j < 3; ++j) x[j] = middle[j] + way * (simplex[3].second[j] - middle[j]);
      return std::pair(f(x), x);
    };
    const auto reflected = along(-1);
    if (reflected.first < simplex[0].first) {
      const auto expanded = along(-2);
      simplex[3] = expanded.first < reflected.first ? expanded : reflected;
    } else if (reflected.first < simplex[2].first) {
      simplex[3] = reflected;
    } else {
      const auto contracted = along(reflected.first < simplex[3].first ? -0.5 : 0.5);
      if (contracted.first < std::min(simplex[3].first, reflected.first)) {
        simplex[3] = contracted;
      } else {
        for (size_t i = 1; i < 4; ++i) {
          for (size_t j = 0; j < 3; ++j)
            simplex[i].second[j] = (simplex[i].second[j] + simplex[0].second[j]) / 2;
          simplex[i].first = f(simplex[i].second);
        }
      }
    }
  }
  return std::min_element(simplex.begin(), simplex.end(), by_value)->second;
}

// Variance of the second parameter: that entry of the inverse of the Hessian, by central
// differences.
template <class Function>
std::optional<double> variance_of_second(const Function& f, const Vector& x) {
  constexpr double h = 1e-2;
  double hessian[3][3];
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) {
      const auto shifted = [&](double a, double b) {
        Vector y = x;
        y[i] += a * h;
        y[j] += b * h;
        return f(y);
      };
      hessian[i][j] =
          (shifted(1, 1) - shifted(1, -1) - shifted(-1, 1) + shifted(-1, -1)) / (4 * h * h);
    }
  }
  const auto minor = [&](size_t a, size_t b, size_t c, size_t d) {
    return hessian[a][c] * hessian[b][d] - hessian[a][d] * hessian[b][c];
  };
  const double determinant = hessian[0][0] * minor(1, 2, 1, 2) - hessian[0][1] * minor(1, 2, 0, 2) +
                             hessian[0][2] * minor(1, 2, 0, 1);
  const double variance = minor(0, 2, 0, 2) / determinant;
  if (!std::isfinite(variance) || !(variance > 0) || !(determinant > 0)) return std::nullopt;
  return variance;
}

}  // namespace

std::vector<double> merged(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

double log_likelihood(const Hawkes& at, const std::vector<double>& times, double end) {
  double logs = 0, excited = 0, before = 0, compensated = at.mu * end;
  for (const double t : times) {
    excited *=
        std::exp(-at.beta * (t - before));  // sum over earlier events of exp(-beta (t - t_i))
    logs += std::log(at.mu + at.n * at.beta * excited);
    excited += 1;
    before = t;
    compensated += at.n * -std::expm1(-at.beta * (end - t));
  }
  return logs - compensated;
}

std::optional<HawkesFit> fit_hawkes(const std::vector<double>& times, double end) {
  if (times.size() < 50 || !(end > 0)) return std::nullopt;
  const auto cost = [&](const Vector& x) {
    const double value = -log_likelihood(at_point(x), times, end);
    return std::isfinite(value) ? value : std::numeric_limits<double>::max() / 4;
  };
  const double rate = static_cast<double>(times.size()) / end;
  std::optional<std::pair<double, Vector>> best;
  for (const double faster : {0.3, 3.0, 30.0}) {
    const Vector found = minimise(cost, {std::log(rate / 2), 0.0, std::log(rate * faster)});
    if (const double value = cost(found); !best || value < best->first) best = {value, found};
  }
  const Vector& x = best->second;
  HawkesFit fit{at_point(x), -best->first, std::nullopt, std::nullopt};
  // At the edges there is no maximum inside: no excitement at all, or nothing but.
  if (!(std::abs(x[1]) < 12) || !(std::abs(x[0]) < 50) || !(std::abs(x[2]) < 50))
    return std::nullopt;
  if (const auto variance = variance_of_second(cost, x)) {
    const double reach = 1.959964 * std::sqrt(*variance);
    fit.n_low = at_point({x[0], x[1] - reach, x[2]}).n;
    fit.n_high = at_point({x[0], x[1] + reach, x[2]}).n;
  }
  return fit;
}

}  // namespace delever::statistics
