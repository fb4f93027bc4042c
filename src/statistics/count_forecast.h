// Forecasts of counts (reported liquidations in lots) and their proper scores, negatively oriented:
// smaller is better. Docs: docs/models/levels.md.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

namespace delever::statistics {

// Negative binomial with variance mean + mean^2 / dispersion; infinite dispersion is Poisson. mean
// > 0. Outcomes are whole counts (lots).
struct CountForecast {
  double mean = 0, dispersion = std::numeric_limits<double>::infinity();
};

double log_score(const CountForecast& forecast, uint64_t outcome);  // -ln p(outcome)
double crps(const CountForecast& forecast,
            uint64_t outcome);  // sum over x of (F(x) - 1{x >= outcome})^2
// The same sum over x >= threshold alone: proper, and looks at the tail without conditioning on it.
double crps_above(const CountForecast& forecast, uint64_t outcome, uint64_t threshold);
double cumulative(const CountForecast& forecast, uint64_t x);      // F(x)
uint64_t count_quantile(const CountForecast& forecast, double p);  // the least x with F(x) >= p
double mean_difference(const CountForecast& forecast);  // E|X - Y| of two independent draws

// The dispersion that maximises the likelihood of outcomes under these means.
double fit_dispersion(std::span<const double> means, std::span<const uint64_t> outcomes);

// Dispersion that grows with the mean, scale x mean^power: 0 is the common negative binomial; with
// 1 the variance is a fixed multiple of the mean, as of reports that come in lumps. The best of the
// powers 0, 1/2 and 1 by likelihood.
struct DispersionLaw {
  double scale = 0, power = 0;
  double at(double mean) const;
};
DispersionLaw fit_dispersion_law(std::span<const double> means, std::span<const uint64_t> outcomes);

}  // namespace delever::statistics
