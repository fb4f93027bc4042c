// The arithmetic of Black-76 and of its inversion, once, for any number of lanes. Private to the
// module: black.h, implied.h and batch.h are what callers use. docs/models/options.md derives what
// is used here.
//
// Everything is written for the out-of-the-money side. With B = min(F, K), k = |ln(F/K)|, v = sigma
// sqrt(T), h = k/v and t = v/2, the time value of a call or a put is B u(k, v), where
//   u = phi(h-t) [mills(h-t) - mills(h+t)]              always, and
//   u = 1 - phi(h-t) [mills(t-h) + mills(h+t)]          better where t > h (d1 > 0),
// and du/dv = phi(h-t). (N(-x) = phi(x) mills(x), and F phi(d1) = K phi(d2).)
#pragma once

#include "options/normal.h"

namespace delever::options::lanes {

// Below this t the difference of the two mills ratios is taken by its Taylor series about h.
inline constexpr double kSmallT = 0.01;

// mills(h-t) - mills(h+t) for small t: 2 (t G + t^3/6 G'' + t^5/120 G'''' + ...), G = mills_slope,
// from G' = xG - M and G^(n+1) = n G^(n-1) + G^(n-1) + x G^(n). The next term is below 2e-17 of the
// first.
template <class V>
DELEVER_LANES V mills_difference_small(V h, V t) {
  const V g = mills_slope(h);
  const V g1 = h * g - mills(h);
  const V g2 = V(2.0) * g + h * g1;
  const V g3 = V(3.0) * g1 + h * g2;
  const V g4 = V(4.0) * g2 + h * g3;
  const V t2 = t * t;
  return (t + t) * (g + t2 * V(1.0 / 6) * (g2 + t2 * V(1.0 / 20) * g4));
}

template <class V>
struct Priced {
  V price, delta, gamma, vega, theta, vanna, volga, charm;
};

// Where years or vol is not positive, v = 0: the intrinsic value, delta 0, 1 or (at the money) a
// half, the rest 0. `sign` is +1 for calls and -1 for puts. forward and strike are positive.
template <class V, bool kSecondOrder>
DELEVER_LANES Priced<V> price_lanes(V forward, V strike, V years, V vol, V sign) {
  const V zero(0.0), one(1.0), half(0.5);
  const auto alive = (years > zero) & (vol > zero);
  const V root_t = root(pick(alive, years, one));
  const V sigma = pick(alive, vol, one);
  const V v = smaller(larger(sigma * root_t, V(1e-100)), V(1e3));
  const V inv_v = one / v;
  const V x = log_ratio(forward, strike);
  const V k = magnitude(x);
  const V bound = smaller(forward, strike);
  const V h = k * inv_v, t = half * v;
  const V d = h - t;  // -d1 of the out-of-the-money side
  // Far out both the density and the mills ratios have long been constant for our purpose; the fit
  // ends at 64.
  const V near = mills(smaller(magnitude(d), V(1e6))), far = mills(smaller(h + t, V(1e6)));
  const V density = V(kInvRoot2Pi) * exponential(V(-0.5) * d * d);
  V difference = near - far;
  const auto small = t < V(kSmallT);
  if (any_of(small & alive))
    difference = pick(small, mills_difference_small(smaller(h, V(64.0)), t), difference);
  const auto wide = (d < zero) & !small;
  const V time_value = bound * pick(wide, one - density * (near + far), density * difference);
  const auto above = forward > strike;
  const V tail = density * (bound / forward) * pick(above, far, near);  // N(-|d1|)
  const V d1 = pick(above, h + t, zero - d);
  const V upper = pick(d1 > zero, one - tail, tail);  // N(d1)
  const V lower = pick(d1 > zero, tail, one - tail);  // N(-d1)
  const auto call = sign > zero;
  const V payoff = sign * (forward - strike);
  const V intrinsic = larger(payoff, zero);
  const V settled = pick(payoff > zero, sign, pick(payoff < zero, zero, half * sign));
  Priced<V> out;
  out.price = pick(alive, intrinsic + time_value, intrinsic);
  out.delta = pick(alive, pick(call, upper, zero - lower), settled);
  const V weight = pick(alive, bound * density, zero);  // F phi(d1)
  const V inv_forward = one / forward;
  const V per_v = weight * inv_v;
  out.gamma = per_v * inv_forward * inv_forward;
  out.vega = weight * root_t;
  out.theta = V(-0.5) * sigma * sigma * per_v;
  if constexpr (kSecondOrder) {
    const V d2 = x * inv_v - t;
    const V density_1 = weight * inv_forward;
    out.vanna = zero - density_1 * d2 / sigma;
    out.volga = out.vega * (d * (h + t)) / sigma;
    const V tau = root_t * root_t;
    out.charm = density_1 * half * (x * inv_v - half * v) / tau;
  }
  return out;
}

// Why a price has no implied volatility; the values are those of IvStatus in implied.h.
inline constexpr double kIvOk = 0, kIvBadInput = 1, kIvExpired = 2, kIvBelowIntrinsic = 3,
                        kIvAboveBound = 4, kIvNoInformation = 5, kIvNotConverged = 6;

template <class V>
struct Implied {
  V vol, status;
};

// The first guess, within some 20 % over the whole domain. `u` and `rest` = 1 - u are given apart,
// since each is exact where the other is not; `log_u` = ln u. `critical` = sqrt(2k) is the v at
// which d1 = 0.
template <class V>
DELEVER_LANES V guess_total_vol(V k, V u, V rest, V critical, V mills_critical) {
  const V zero(0.0), zero_mills(kMillsZero);
  // Both sides start from the tail N(-|d1|), whose share of u (or of 1 - u) is taken as it is at d1
  // = 0. Its quantile: Abramowitz and Stegun 26.2.23, absolute error 4.5e-4.
  const V share = zero_mills - mills_critical;
  const auto low = u < V(kInvRoot2Pi) * share;
  const V p = log_ratio(pick(low, u, rest) * zero_mills,
                        pick(low, larger(share, V(1e-300)), zero_mills + mills_critical));
  const V q = root(larger(V(-2.0) * p, zero));
  constexpr double top[] = {2.515517, 0.802853, 0.010328},
                   bottom[] = {1, 1.432788, 0.189269, 0.001308};
  const V d = larger(q - polynomial(q, top) / polynomial(q, bottom), zero);
  const V hypotenuse = root(d * d + V(2.0) * k);
  V v = pick(low, V(2.0) * k / (hypotenuse + d), hypotenuse + d);
  // Small k: the normal model, u e^(-k/2) / k = (phi(h) - h N(-h)) / h, inverted by a fit of ours
  // (7e-4, h > 0.1).
  const V safe_k = larger(k, V(1e-300));
  const V s = V(0.5) * k + log_ratio(safe_k, u);
  constexpr double fit_top[] = {0.13920144512254379, 0.36521250057092275, -0.3030173193579298,
                                0.16840115396194749},
                   fit_bottom[] = {1, -0.23275702289742778, 0.16735853957019994};
  const V tail = root(larger(s + s, V(2.56)));
  const V normal = k * polynomial(tail, fit_bottom) / polynomial(tail, fit_top);
  v = pick(low & (s > V(1.28)), smaller(larger(v, normal), critical), v);
  // Near the money: u = phi(0) v - k/2 + phi(0) k^2 / (2v), a quadratic in v.
  const V middle = u + V(0.5) * k;
  const V ratio = k / middle;  // middle * middle would be 0 for u below 1e-154
  const V root_of = V(1.0) - ratio * ratio * V(0.31830988618379067154);
  const auto near = (root_of > V(0.3)) & (u < V(0.3)) & (k < V(0.5));
  v = pick(near, zero_mills * middle * (V(1.0) + root(larger(root_of, zero))), v);
  return larger(v, V(1e-300));
}

// Solves u(k, v) = u for v by Householder's third-order step (fourth-order convergence) on ln u
// below d1 = 0 and for small v, on ln(1 - u) above. With q = (ln u)', r = u''/u' = d1 d2 / v, r' =
// -3 k^2/v^4 - 1/4:
//   f''/f' = r - q,  f'''/f' = r' + r^2 - 3 q r + 2 q^2.
// The step is taken relative to v (q v, r v and so on are of order one), so that the square of 1/v,
// which is beyond every double for an at-the-money price of 1e-155, is never formed.
template <class V>
DELEVER_LANES V solve_total_vol(V k, V u, V rest, V* unsolved) {
  const V zero(0.0), one(1.0), half(0.5);
  const V critical = root(k + k);
  const V mills_critical = mills(critical);
  V v = guess_total_vol(k, u, rest, critical, mills_critical);
  const auto tiny = v < V(2 * kSmallT);
  const auto low = tiny | (u < V(kInvRoot2Pi) * (V(kMillsZero) - mills_critical));
  const V side = pick(low, one, V(-1.0));
  const V target = log_ratio(pick(low, u, rest), one);
  auto moving = v > zero;
  for (int step = 0; step < 16; ++step) {
    const V inv_v = one / v;
    const V h = k * inv_v, t = half * v;
    const V d = h - t;
    const V near = mills(magnitude(d)), far = mills(h + t);
    V gap = pick(low, near - far, near + far);
    if (any_of(tiny)) gap = pick(tiny, mills_difference_small(h, t), gap);
    const V value = log_ratio(gap, one) - (half * d * d + V(kLnRoot2Pi));
    const V q = side * v / gap;
    const V newton = (target - value) * side * (gap * inv_v);
    const V r = d * (h + t);
    const V h2 = r - q;
    const V h3 = r * r - V(3.0) * h * h - t * t + q * (V(2.0) * q - V(3.0) * r);
    const V above = one + half * h2 * newton,
            below = one + newton * (h2 + h3 * newton * V(1.0 / 6));
    V next = v * (one + newton * above / below);
    next = larger(smaller(next, V(3.0) * v), V(0.3) * v);
    next = pick(tiny, next, pick(low, smaller(next, critical), larger(next, critical)));
    const V change = magnitude(next - v);
    v = pick(moving, next, v);
    moving = moving & !(change <= V(2e-5) * next);
    if (!any_of(moving)) break;
  }
  *unsolved = pick(moving, one, zero);
  return v;
}

template <class V>
DELEVER_LANES Implied<V> implied_lanes(V forward, V strike, V years, V price, V sign) {
  const V zero(0.0), one(1.0), most(1e300);
  V status(kIvOk);
  const V payoff = sign * (forward - strike);
  const V time_value = price - larger(payoff, zero);
  const V ceiling = pick(sign > zero, forward, strike);
  const V room = ceiling - price;
  // Fewer than four bits of the price are left to say anything about sigma.
  constexpr double last_bits = 0x1p-50;
  const V bound = smaller(forward, strike);
  const V u = time_value / bound, rest = room / bound;
  status = pick(
      (time_value <= V(last_bits) * price) | (room <= V(last_bits) * ceiling) | (u < V(1e-290)),
      V(kIvNoInformation), status);
  status = pick(time_value < zero, V(kIvBelowIntrinsic), status);
  status = pick(room <= zero, V(kIvAboveBound), status);
  status = pick(years <= zero, V(kIvExpired), status);
  const auto sane = (forward > V(1e-100)) & (forward < V(1e100)) & (strike > V(1e-100)) &
                    (strike < V(1e100)) & (price >= zero) & (price < most) & (years < most) &
                    (years > zero - most);
  status = pick(sane, status, V(kIvBadInput));
  const auto good = status == V(kIvOk);
  // Lanes without an answer compute one for an ordinary option and throw it away.
  const V k =
      pick(good, magnitude(log_ratio(pick(good, forward, one), pick(good, strike, one))), V(0.1));
  V unsolved;
  const V v = solve_total_vol(k, pick(good, u, V(0.1)), pick(good, rest, V(0.9)), &unsolved);
  status = pick(good & (unsolved > zero), V(kIvNotConverged), status);
  return {pick(good, v / root(pick(good, years, one)), zero), status};
}

}  // namespace delever::options::lanes
