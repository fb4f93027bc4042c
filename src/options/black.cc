#include "options/black.h"

#include <algorithm>
#include <cmath>

#include "options/kernel.h"

namespace delever::options {
namespace {

constexpr double kRootHalf = 0.70710678118654752440;

double density(double x) { return lanes::kInvRoot2Pi * std::exp(-0.5 * x * x); }
double distribution(double x) { return 0.5 * std::erfc(-x * kRootHalf); }

}  // namespace

// Near 1 the quotient's rounding would be most of the answer, and a - b is exact there.
double log_moneyness(double a, double b) {
  return a < 2 * b && b < 2 * a ? std::log1p((a - b) / b) : std::log(a / b);
}

double time_value_ratio(double k, double v) {
  CHECK(k >= 0);
  if (!(v > 0)) return 0;
  const double h = k / v, t = 0.5 * v, d = h - t;
  if (d > 40) return 0;  // below 1e-345
  if (t < lanes::kSmallT) return density(d) * lanes::mills_difference_small(h, t);
  if (d >= 0) return density(d) * (lanes::mills(d) - lanes::mills(h + t));
  return 1 - (distribution(d) + density(d) * lanes::mills(h + t));
}

double black_price(const BlackOption& o) {
  CHECK(o.forward > 0 && o.strike > 0);
  const double payoff = o.type == OptionType::call ? o.forward - o.strike : o.strike - o.forward;
  const double intrinsic = std::max(payoff, 0.0);
  if (!(o.years > 0) || !(o.vol > 0)) return intrinsic;
  const double k = std::fabs(log_moneyness(o.forward, o.strike));
  return intrinsic +
         std::min(o.forward, o.strike) * time_value_ratio(k, o.vol * std::sqrt(o.years));
}

BlackGreeks black(const BlackOption& o) {
  BlackGreeks out;
  out.price = black_price(o);
  const double sign = o.type == OptionType::call ? 1 : -1;
  if (!(o.years > 0) || !(o.vol > 0)) {
    const double payoff = sign * (o.forward - o.strike);
    out.delta = payoff > 0 ? sign : payoff < 0 ? 0 : 0.5 * sign;
    return out;
  }
  const double root_t = std::sqrt(o.years), v = o.vol * root_t,
               x = log_moneyness(o.forward, o.strike);
  const double d1 = x / v + 0.5 * v, d2 = x / v - 0.5 * v, n = density(d1);
  out.delta = sign * distribution(sign * d1);
  out.gamma = n / (o.forward * v);
  out.vega = o.forward * n * root_t;
  out.theta = -0.5 * o.forward * n * o.vol / root_t;
  out.vanna = -n * d2 / o.vol;
  out.volga = out.vega * d1 * d2 / o.vol;
  out.charm = n * (x / v - 0.5 * v) / (2 * o.years);
  return out;
}

BlackGreeks discounted(const BlackGreeks& g, double factor, double years) {
  CHECK(factor > 0);
  const double rate = years > 0 ? -std::log(factor) / years : 0;
  BlackGreeks out = g;
  for (double BlackGreeks::*value :
       {&BlackGreeks::price, &BlackGreeks::delta, &BlackGreeks::gamma, &BlackGreeks::vega,
        &BlackGreeks::theta, &BlackGreeks::vanna, &BlackGreeks::volga, &BlackGreeks::charm}) {
    out.*value *= factor;
  }
  out.theta += rate * out.price;
  out.charm += rate * out.delta;
  return out;
}

CoinGreeks coin_greeks(const BlackGreeks& g, double forward) {
  CHECK(forward > 0);
  CoinGreeks out;
  out.price = g.price / forward;
  out.net_delta = g.delta - out.price;
  out.slope = out.net_delta / forward;
  out.curvature = (g.gamma - 2 * out.net_delta / forward) / forward;
  out.vega = g.vega / forward;
  out.theta = g.theta / forward;
  out.hedge_usd = forward * g.gamma;
  out.hedge_coin = out.hedge_usd - out.net_delta;
  return out;
}

double coin_payoff(OptionType type, double strike, double settlement) {
  CHECK(settlement > 0);
  const double payoff = type == OptionType::call ? settlement - strike : strike - settlement;
  return std::max(payoff, 0.0) / settlement;
}

}  // namespace delever::options
