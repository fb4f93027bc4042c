#include "options/svi.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"

namespace delever::options {
namespace {

using Pair = std::array<double, 2>;

struct Least {
  Pair at;
  double cost;
};

// Nelder and Mead 1965, in two dimensions, with their coefficients; stops at `evaluations` or when
// the corners agree.
template <class Cost>
Least nelder_mead(Cost cost, Pair start, Pair step, int evaluations) {
  std::array<Least, 3> corner;
  const auto at = [&](Pair p) {
    --evaluations;
    return Least{p, cost(p)};
  };
  corner[0] = at(start);
  corner[1] = at({start[0] + step[0], start[1]});
  corner[2] = at({start[0], start[1] + step[1]});
  const auto by_cost = [](const Least& a, const Least& b) { return a.cost < b.cost; };
  const auto between = [](Pair from, Pair to, double share) {
    return Pair{from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])};
  };
  while (true) {
    std::sort(corner.begin(), corner.end(), by_cost);
    if (evaluations <= 0 || corner[2].cost - corner[0].cost <= 1e-9 * corner[0].cost + 1e-300)
      return corner[0];
    const Pair middle = between(corner[0].at, corner[1].at, 0.5);
    const Least reflected = at(between(corner[2].at, middle, 2));
    if (reflected.cost < corner[0].cost) {
      const Least expanded = at(between(corner[2].at, middle, 3));
      corner[2] = expanded.cost < reflected.cost ? expanded : reflected;
    } else if (reflected.cost < corner[1].cost) {
      corner[2] = reflected;
    } else {
      const bool outside = reflected.cost < corner[2].cost;
      const Least pulled = at(between(outside ? reflected.at : corner[2].at, middle, 0.5));
      if (pulled.cost < std::min(reflected.cost, corner[2].cost)) {
        corner[2] = pulled;
      } else {
        for (size_t i = 1; i < 3; ++i) corner[i] = at(between(corner[i].at, corner[0].at, 0.5));
      }
    }
  }
}

// min x'Ax - 2 b'x in the box 0 <= x <= high, exactly: of the 27 choices of which coordinates sit
// on which face, the best feasible one (the problem is convex).
struct Quadratic {
  std::array<std::array<double, 3>, 3> a{};
  std::array<double, 3> b{};
  double value(const std::array<double, 3>& x) const {
    double sum = 0;
    for (size_t i = 0; i < 3; ++i) {
      sum -= 2 * b[i] * x[i];
      for (size_t j = 0; j < 3; ++j) sum += a[i][j] * x[i] * x[j];
    }
    return sum;
  }
};

// Gaussian elimination of the free coordinates; false when the system is singular.
bool solve_free(const Quadratic& q, const std::array<int, 3>& face, std::array<double, 3>& x) {
  std::array<std::array<double, 4>, 3> rows{};
  std::array<size_t, 3> index{};
  size_t n = 0;
  for (size_t i = 0; i < 3; ++i) {
    if (face[i] == 0) index[n++] = i;
  }
  for (size_t r = 0; r < n; ++r) {
    double right = q.b[index[r]];
    for (size_t j = 0; j < 3; ++j) {
      if (face[j] != 0) right -= q.a[index[r]][j] * x[j];
    }
    for (size_t c = 0; c < n; ++c) rows[r][c] = q.a[index[r]][index[c]];
    rows[r][3] = right;
  }
  for (size_t c = 0; c < n; ++c) {
    size_t pivot = c;
    for (size_t r = c + 1; r < n; ++r) {
      if (std::fabs(rows[r][c]) > std::fabs(rows[pivot][c])) pivot = r;
    }
    std::swap(rows[c], rows[pivot]);
    if (!(std::fabs(rows[c][c]) > 1e-13 * (std::fabs(q.a[index[c]][index[c]]) + 1e-300)))
      return false;
    for (size_t r = c + 1; r < n; ++r) {
      const double factor = rows[r][c] / rows[c][c];
      for (size_t k = c; k < 4; ++k) rows[r][k] -= factor * rows[c][k];
    }
  }
  for (size_t c = n; c-- > 0;) {
    double sum = rows[c][3];
    for (size_t k = c + 1; k < n; ++k) sum -= rows[c][k] * x[index[k]];
    x[index[c]] = sum / rows[c][c];
  }
  return true;
}

std::array<double, 3> least_in_box(const Quadratic& q, const std::array<double, 3>& high) {
  std::array<double, 3> best{};
  double best_value = q.value(best);
  for (int code = 0; code < 27;
       ++code) {  // 0 free, 1 low, 2 high; code 0 is the unconstrained answer
    const std::array<int, 3> face{code % 3, code / 3 % 3, code / 9};
    std::array<double, 3> x{};
    for (size_t i = 0; i < 3; ++i) x[i] = face[i] == 2 ? high[i] : 0;
    if (!solve_free(q, face, x)) continue;
    bool inside = true;
    for (size_t i = 0; i < 3; ++i) inside = inside && x[i] >= 0 && x[i] <= high[i];
    if (!inside) continue;
    if (code == 0) return x;
    if (const double value = q.value(x); value < best_value) best = x, best_value = value;
  }
  return best;
}

// How far a smile is from having no arbitrage, on a coarse grid: 0 when it has none there.
double penalty(const Svi& svi, const SviBounds& bounds, double scale) {
  double sum = 0;
  constexpr int grid = 16;
  for (int i = 0; i <= grid; ++i) {
    const double k = bounds.k_low + (bounds.k_high - bounds.k_low) * i / grid;
    sum += std::max(0.0, 1e-3 - svi.durrleman(k));
    if (bounds.earlier) {
      const double before = bounds.earlier->variance(k);
      sum += 10 * std::max(0.0, 1 - svi.variance(k) / (before * (1 + 1e-6)));
    }
  }
  return scale * sum;
}

double cost_of(const Svi& svi, std::span<const SviPoint> points, double total_weight) {
  double sum = 0;
  for (const SviPoint& p : points) {
    const double gap = svi.variance(p.k) - p.w;
    sum += p.weight * gap * gap;
  }
  return sum / total_weight;
}

struct Extent {
  double w_max = 0, weight = 0, squares = 0, k_low = 0, k_high = 0, spread = 0, k_atm = 0,
         w_atm = 0;
};

Extent extent_of(std::span<const SviPoint> points) {
  CHECK(points.size() >= 3);
  Extent e{.k_low = points[0].k, .k_high = points[0].k, .k_atm = points[0].k, .w_atm = points[0].w};
  for (const SviPoint& p : points) {
    CHECK(p.w > 0 && p.weight > 0);
    e.w_max = std::max(e.w_max, p.w);
    e.weight += p.weight;
    e.squares += p.weight * p.w * p.w;
    e.k_low = std::min(e.k_low, p.k);
    e.k_high = std::max(e.k_high, p.k);
    if (std::fabs(p.k) < std::fabs(e.k_atm)) e.k_atm = p.k, e.w_atm = p.w;
  }
  e.spread = std::max(e.k_high - e.k_low, 1e-6);
  return e;
}

// Against the weighted mean square in units of w_atm^2: arbitrage is never worth it.
constexpr double kPenaltyScale = 1e3;

}  // namespace

double Svi::variance(double k) const {
  return a + b * (rho * (k - m) + std::sqrt((k - m) * (k - m) + s * s));
}

Svi::Derivatives Svi::derivatives(double k) const {
  const double x = k - m, root = std::sqrt(x * x + s * s);
  return {a + b * (rho * x + root), b * (rho + x / root), b * s * s / (root * root * root)};
}

double Svi::durrleman(double k) const {
  const auto [w, first, second] = derivatives(k);
  if (!(w > 0)) return -1;
  const double skew = 1 - k * first / (2 * w);
  return skew * skew - first * first / 4 * (1 / w + 0.25) + second / 2;
}

void check_svi(SviFit& fit, const SviBounds& bounds) {
  constexpr int grid = 200;
  fit.durrleman_min = fit.svi.durrleman(bounds.k_low);
  fit.calendar_min = 0;
  for (int i = 0; i <= grid; ++i) {
    const double k = bounds.k_low + (bounds.k_high - bounds.k_low) * i / grid;
    fit.durrleman_min = std::min(fit.durrleman_min, fit.svi.durrleman(k));
    if (!bounds.earlier) continue;
    const double gap = fit.svi.variance(k) - bounds.earlier->variance(k);
    fit.calendar_min = i == 0 ? gap : std::min(fit.calendar_min, gap);
  }
  // A narrow bend falls between the points of the range: its own neighbourhood as well.
  for (int i = -16; i <= 16; ++i) {
    const double k = fit.svi.m + fit.svi.s * i / 4;
    if (k > bounds.k_low && k < bounds.k_high)
      fit.durrleman_min = std::min(fit.durrleman_min, fit.svi.durrleman(k));
  }
}

SviFit fit_raw_svi(std::span<const SviPoint> points, const SviBounds& bounds) {
  const Extent e = extent_of(points);
  // With y = (k - m)/s and z = sqrt(y^2 + 1): w = a + d y + c z, where c = b s and d = rho c. The
  // slope bounds b (1 + |rho|) <= 2 and |rho| <= 1 are a box in (a, u, v) with c = (u + v)/2, d =
  // (u - v)/2: 0 <= u, v <= 2 s. Two is Lee's bound on total variance (Lee 2004); 4, as QuantLib
  // 1.29 has it, lets a call far out be worth more than one nearer.
  struct Inner {
    Svi svi;
    double cost;
  };
  const auto inner = [&](double m, double s) {
    Quadratic q;
    for (const SviPoint& p : points) {
      const double y = (p.k - m) / s, z = std::sqrt(y * y + 1);
      const double row[3] = {1, (z + y) / 2, (z - y) / 2};
      for (size_t i = 0; i < 3; ++i) {
        q.b[i] += p.weight * row[i] * p.w;
        for (size_t j = i; j < 3; ++j) q.a[i][j] += p.weight * row[i] * row[j];
      }
    }
    q.a[1][0] = q.a[0][1], q.a[2][0] = q.a[0][2], q.a[2][1] = q.a[1][2];
    const auto x = least_in_box(q, {e.w_max, 2 * s, 2 * s});
    const double u = x[1], v = x[2], c = (u + v) / 2;
    // The weighted sum of squares is the quadratic form plus that of the points; below 1e-14 of it,
    // it is rounding.
    return Inner{{x[0], c / s, c > 0 ? (u - v) / (u + v) : 0, m, s},
                 std::max(q.value(x) + e.squares, 0.0) / e.weight};
  };
  const double scale = kPenaltyScale * e.w_atm * e.w_atm;
  // m is kept near the quotes and s between a thousandth and ten times their spread: beyond, the
  // smile is a line.
  const double middle = (e.k_low + e.k_high) / 2;
  const auto unpack = [&](Pair p) {
    const double m = middle + e.spread * std::clamp(p[0], -1.5, 1.5);
    return inner(m, e.spread * std::exp(std::clamp(p[1], -6.9, 2.3)));
  };
  const auto cost = [&](Pair p) {
    const Inner found = unpack(p);
    return found.cost + penalty(found.svi, bounds, scale);
  };
  const double centre = std::clamp(-middle / e.spread, -0.5, 0.5);
  Least best{{centre, -1}, cost({centre, -1})};
  for (const double log_s : {-1.2, -2.5, 0.0}) {
    const Least found = nelder_mead(cost, {centre, log_s}, {0.1, 0.5}, 45);
    if (found.cost < best.cost) best = found;
  }
  best = nelder_mead(cost, best.at, {0.02, 0.1}, 45);
  SviFit fit{.svi = unpack(best.at).svi};
  fit.cost = cost_of(fit.svi, points, e.weight);
  check_svi(fit, bounds);
  return fit;
}

SviFit fit_ssvi(std::span<const SviPoint> points, const SviBounds& bounds) {
  const Extent e = extent_of(points);
  const auto shape = [](double rho, double phi) {
    const double side = std::sqrt(1 - rho * rho);
    return Svi{side * side / 2, phi / 2, rho, -rho / phi, side / phi};
  };
  // theta enters linearly: least squares, then the two bounds.
  const auto unpack = [&](Pair p) {
    const double rho = 0.999 * std::tanh(p[0]), phi = std::exp(std::clamp(p[1], -10.0, 10.0));
    Svi svi = shape(rho, phi);
    double up = 0, down = 0;
    for (const SviPoint& point : points) {
      const double f = svi.variance(point.k);
      up += point.weight * f * point.w;
      down += point.weight * f * f;
    }
    const double theta = std::min(up / down, 4 / ((1 + std::fabs(rho)) * std::max(phi, phi * phi)));
    svi.a *= theta, svi.b *= theta;
    return svi;
  };
  const double scale = kPenaltyScale * e.w_atm * e.w_atm;
  const auto cost = [&](Pair p) {
    const Svi svi = unpack(p);
    return cost_of(svi, points, e.weight) + penalty(svi, bounds, scale);
  };
  // phi of a smile that doubles its variance over the quoted range, as a start.
  const double start = std::log(3 / e.spread);
  Least best = nelder_mead(cost, {-0.1, start}, {0.3, 0.5}, 120);
  if (const Least other = nelder_mead(cost, {0.1, start - 1.5}, {0.3, 0.5}, 120);
      other.cost < best.cost)
    best = other;
  SviFit fit{.svi = unpack(best.at)};
  fit.cost = cost_of(fit.svi, points, e.weight);
  check_svi(fit, bounds);
  return fit;
}

}  // namespace delever::options
