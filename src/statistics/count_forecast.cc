#include "statistics/count_forecast.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/check.h"

namespace delever::statistics {
namespace {

constexpr double kTail =
    1e-18;  // probability of one count, beyond the mean, at which sums over counts end
constexpr double kUnderflow = 1e-290;

// A sum over more counts than this is dearer than the closed form, some 800 steps of an integral. A
// regression that extrapolates to a mean of e^20 at a dispersion of .01 would sum over 1e12.
constexpr double kCounts = 10'000;

bool poisson(const CountForecast& f) { return std::isinf(f.dispersion); }

double log_probability(const CountForecast& f, double x) {
  if (poisson(f)) return x * std::log(f.mean) - f.mean - std::lgamma(x + 1);
  const double k = f.dispersion;
  return std::lgamma(x + k) - std::lgamma(k) - std::lgamma(x + 1) - k * std::log1p(f.mean / k) +
         x * (std::log(f.mean) - std::log(f.mean + k));
}

// p(x + 1) / p(x)
double step_ratio(const CountForecast& f, double x) {
  if (poisson(f)) return f.mean / (x + 1);
  return (x + f.dispersion) / (x + 1) * (f.mean / (f.mean + f.dispersion));
}

// The first count whose probability does not underflow; 0 but for large means, and then dispersion
// is above 1 and probabilities rise up to the mode, which is below the mean.
double first_count(const CountForecast& f) {
  const double least = std::log(kUnderflow);
  if (log_probability(f, 0) > least) return 0;
  double under = 0, over = std::floor(f.mean * (1 - 1 / f.dispersion));
  while (over - under > 1) {
    const double middle = std::floor((under + over) / 2);
    (log_probability(f, middle) > least ? over : under) = middle;
  }
  return over;
}

// Visits (x, F(x)) from 0 until `visit` returns false; its third argument says that what is left of
// the distribution is too little to count (F is 1 from there).
template <class Visit>
void each_count(const CountForecast& f, Visit visit) {
  CHECK(f.mean > 0 && f.dispersion > 0);
  const double first = first_count(f);
  double p = 0, sum = 0;
  for (uint64_t x = 0;; ++x) {
    const double at = static_cast<double>(x);
    if (at >= first) p = at == first ? std::exp(log_probability(f, at)) : p * step_ratio(f, at - 1);
    sum += p;
    const bool over = at > f.mean && p < kTail;
    if (!visit(x, over ? 1.0 : std::min(1.0, sum), over)) return;
  }
}

// About how many counts have a probability above kTail: the tail falls by 1 + dispersion / mean a
// count at the least, or as a normal one.
double counts_of(const CountForecast& f) {
  const double decades = -std::log(kTail);
  return f.mean + decades * (f.mean / f.dispersion + std::sqrt(f.mean));
}

double crps_from(const CountForecast& f, uint64_t outcome, uint64_t threshold) {
  CHECK(f.mean > 0 && f.dispersion > 0);
  const uint64_t known = std::max(outcome, threshold);  // from here on the sum is (1 - F)^2 alone
  if (counts_of(f) - static_cast<double>(known) > kCounts) {
    // The whole sum is E|X - y| - E|X - Y| / 2, and E|X - y| = mean - y + 2 sum over x < y of F(x).
    double score = f.mean - static_cast<double>(outcome) - mean_difference(f) / 2;
    if (known == 0) return score;
    each_count(f, [&](uint64_t x, double cdf, bool) {
      const double gap = cdf - (x >= outcome ? 1 : 0);
      score += (x < outcome ? 2 * cdf : 0) - (x < threshold ? gap * gap : 0);
      return x + 1 < known;
    });
    return score;
  }
  double score = 0;
  each_count(f, [&](uint64_t x, double cdf, bool over) {
    const double gap = cdf - (x >= outcome ? 1 : 0);
    if (x >= threshold) score += gap * gap;
    return x < outcome || !over;
  });
  return score;
}

}  // namespace

// With psi the characteristic function, |n| = 1/pi int_0^pi (1 - cos nt) / (1 - cos t) dt gives
// E|X - Y| = 1/pi int_0^pi (1 - |psi(t)|^2) / (1 - cos t) dt. Here |psi|^2 is (1 + 4 m/k (1 + m/k)
// s)^-k, of Poisson exp(-4 m s), with s = sin^2(t / 2). Under tan(t / 2) = e^v the integrand is (1
// - |psi|^2) e^-v, s = 1 / (1 + e^-2v): it falls exponentially both ways and is analytic and
// bounded for |Im v| <= pi/4, so that steps of 1/8 err by a share of exp(-2 pi (pi/4) 8) = 7e-18.
double mean_difference(const CountForecast& f) {
  CHECK(f.mean > 0 && f.dispersion > 0);
  constexpr double step = 0.125, reach = 40;  // e^-40 is left out on either side
  const double ratio = f.mean / f.dispersion, spread = 4 * f.mean * (1 + ratio);
  double sum = 0;
  for (double v = -reach - 0.5 * std::log1p(spread); v < reach; v += step) {
    const double s = 1 / (1 + std::exp(-2 * v));
    const double log_psi =
        poisson(f) ? -spread * s : -f.dispersion * std::log1p(spread / f.dispersion * s);
    sum -= std::expm1(log_psi) * std::exp(-v);
  }
  return sum * step / M_PI;
}

double log_score(const CountForecast& f, uint64_t outcome) {
  CHECK(f.mean > 0 && f.dispersion > 0);
  return -log_probability(f, static_cast<double>(outcome));
}

double crps(const CountForecast& f, uint64_t outcome) { return crps_from(f, outcome, 0); }

double crps_above(const CountForecast& f, uint64_t outcome, uint64_t threshold) {
  return crps_from(f, outcome, threshold);
}

double cumulative(const CountForecast& f, uint64_t x) {
  double at = 0;
  each_count(f, [&](uint64_t i, double cdf, bool over) {
    at = cdf;
    return i < x && !over;
  });
  return at;
}

uint64_t count_quantile(const CountForecast& f, double p) {
  uint64_t at = 0;
  each_count(f, [&](uint64_t x, double cdf, bool over) {
    at = x;
    return cdf < p && !over;
  });
  return at;
}

double DispersionLaw::at(double mean) const { return scale * std::pow(mean, power); }

namespace {

// ln of k (k + 1) ... (k + x - 1), which is lgamma(x + k) - lgamma(k) without its cancellation at
// large k. Eight factors stay within a double's range for k in [1e-30, 1e30].
double log_rising(double k, uint64_t x) {
  constexpr uint64_t most = 64;
  if (x > most) return std::lgamma(static_cast<double>(x) + k) - std::lgamma(k);
  double sum = 0, product = 1;
  for (uint64_t i = 0; i < x; ++i) {
    product *= k + static_cast<double>(i);
    if (i % 8 != 7) continue;
    sum += std::log(product);
    product = 1;
  }
  return sum + std::log(product);
}

// -ln p(outcomes), but for what does not depend on the dispersions.
double dispersion_loss(std::span<const double> means, std::span<const double> powers,
                       std::span<const uint64_t> outcomes, double scale) {
  double sum = 0;
  for (size_t i = 0; i < means.size(); ++i) {
    const double k = scale * powers[i];
    sum += k * std::log1p(means[i] / k);
    if (outcomes[i] == 0)
      continue;  // most counts are 0: one logarithm instead of three lgamma and three logarithms
    sum += static_cast<double>(outcomes[i]) * std::log1p(k / means[i]) - log_rising(k, outcomes[i]);
  }
  return sum;
}

// The best scale at this power, and the loss there.
std::pair<DispersionLaw, double> fit_scale(std::span<const double> means,
                                           std::span<const uint64_t> outcomes, double power) {
  CHECK(means.size() == outcomes.size());
  std::vector<double> powers;
  for (const double mean : means) powers.push_back(DispersionLaw{1, power}.at(mean));
  const auto loss = [&](double log_scale) {
    return dispersion_loss(means, powers, outcomes, std::exp(log_scale));
  };
  // Golden section; the loss has one valley in log k. Nearer than 1e-9 to its bottom rounding alone
  // decides.
  double low = std::log(1e-3), high = std::log(1e6);
  const double golden = (std::sqrt(5.0) - 1) / 2;
  double a = high - golden * (high - low), b = low + golden * (high - low), at_a = loss(a),
         at_b = loss(b);
  while (high - low > 1e-9) {
    if (at_a < at_b) {
      high = std::exchange(b, a);
      at_b = at_a;
      a = high - golden * (high - low);
      at_a = loss(a);
    } else {
      low = std::exchange(a, b);
      at_a = at_b;
      b = low + golden * (high - low);
      at_b = loss(b);
    }
  }
  return {{std::exp((low + high) / 2), power}, loss((low + high) / 2)};
}

}  // namespace

double fit_dispersion(std::span<const double> means, std::span<const uint64_t> outcomes) {
  return fit_scale(means, outcomes, 0).first.scale;
}

DispersionLaw fit_dispersion_law(std::span<const double> means,
                                 std::span<const uint64_t> outcomes) {
  auto best = fit_scale(means, outcomes, 0);
  for (const double power : {0.5, 1.0}) {
    if (const auto other = fit_scale(means, outcomes, power); other.second < best.second)
      best = other;
  }
  return best.first;
}

}  // namespace delever::statistics
