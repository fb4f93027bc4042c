// One expiry's smile as total variance w(k) = sigma^2 T over k = ln(K/F): raw SVI (Gatheral 2004),
//   w = a + b (rho (k - m) + sqrt((k - m)^2 + s^2)),
// or SSVI (Gatheral and Jacquier 2014), w = theta/2 (1 + rho phi k + sqrt((phi k + rho)^2 + 1 -
// rho^2)), which is raw SVI with a = theta (1 - rho^2)/2, b = theta phi/2, m = -rho/phi, s = sqrt(1
// - rho^2)/phi, so one form serves both.
#pragma once

#include <functional>
#include <optional>
#include <span>

namespace delever::options {

struct Svi {
  double a = 0, b = 0, rho = 0, m = 0, s = 0;

  double variance(double k) const;
  struct Derivatives {
    double w, first, second;
  };
  Derivatives derivatives(double k) const;
  // Durrleman's g: the risk-neutral density at k has its sign. No butterfly arbitrage where g >= 0
  // (and w > 0).
  double durrleman(double k) const;
};

struct SviPoint {
  double k, w, weight;
};  // a quote's total variance, weighted by 1 / (half its width in w)^2

// What a fit is held to over a range of k.
struct SviBounds {
  double k_low = 0, k_high = 0;  // where the conditions are checked
  const Svi* earlier = nullptr;  // the expiry before: w may not fall below it
};

struct SviFit {
  Svi svi;
  double cost = 0;           // weighted mean square
  double durrleman_min = 0;  // over the range, on 201 points
  double calendar_min = 0;   // smallest w - w of the earlier expiry; 0 when there is none
  bool free_of_arbitrage() const { return durrleman_min >= 0 && calendar_min >= 0; }
};

// Quasi-explicit (De Marco and Martini, Zeliade 2009): for fixed (m, s) the rest is a linear
// least-squares problem in a box, solved exactly; (m, s) by Nelder-Mead from three starts, with a
// penalty on butterfly and calendar arbitrage.
SviFit fit_raw_svi(std::span<const SviPoint> points, const SviBounds& bounds);

// Holds theta phi (1+|rho|) <= 4 and theta phi^2 (1+|rho|) <= 4, sufficient against butterflies at
// every k.
SviFit fit_ssvi(std::span<const SviPoint> points, const SviBounds& bounds);

// The two conditions on 201 points of the range, Durrleman's also about the smile's bend.
void check_svi(SviFit& fit, const SviBounds& bounds);

}  // namespace delever::options
