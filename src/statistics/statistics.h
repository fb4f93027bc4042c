// Plain statistics of series of doubles: what docs/models/facts.md defines. Each gives nothing
// where it has no meaning (too few points, no variance), never 0 or NaN.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace delever::statistics {

using Values = std::span<const double>;

// The standard normal's 95 % quantile: a 90 % interval reaches as many deviations to either side.
inline constexpr double kNormal95 = 1.6448536269514722;

std::optional<double> mean(Values x);
std::optional<double> deviation(Values x);        // standard deviation, divided by n - 1
std::optional<double> excess_kurtosis(Values x);  // m4 / m2^2 - 3, central moments divided by n
std::optional<double> median(std::vector<double> x);
// Of at least one value, by selection: the middle one, or the mean of the middle two.
double middle_of(std::vector<double> x);
std::optional<double> quantile(std::vector<double> x, double p);  // linear between order statistics
std::optional<double> correlation(Values x, Values y);

// Correlation of x[t] and x[t + lag] with the mean and variance of the whole series (Box and
// Jenkins).
std::optional<double> autocorrelation(Values x, size_t lag);

// Hill 1975: 1 / mean(log(x_(i) / x_(k+1))), i = 1..k, of the k largest values above zero.
std::optional<double> hill(std::vector<double> x, size_t k);

struct Line {
  double slope = 0, intercept = 0, r2 = 0;
};
std::optional<Line> regress(Values x, Values y);  // least squares of y on x

// Slope of log y on log x over the points where both are positive; nothing with fewer than `points`
// of them.
std::optional<double> power_exponent(Values x, Values y, size_t points);

// Whole numbers from 1 to `last`, about `each_decade` of them in each factor of ten, without
// repeats.
std::vector<size_t> spaced_lags(size_t last, size_t each_decade);

}  // namespace delever::statistics
