#include "options/black.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace delever::options {
namespace {

// The worked example of our model notes: one day to expiry, out of the money.
constexpr BlackOption kExample{.forward = 84000, .strike = 85000, .years = 1.0 / 365, .vol = 0.45};

TEST(Black, WorkedExample) {
  const BlackGreeks g = black(kExample);
  EXPECT_NEAR(g.price, 392.162660, 5e-7);
  EXPECT_NEAR(g.delta, 0.31183321, 5e-9);
  EXPECT_NEAR(g.gamma, 1.787668e-4, 5e-11);
  EXPECT_NEAR(g.charm, -33.1925, 5e-5);
  EXPECT_NEAR(g.charm / (365 * 24), -0.0037891, 5e-8);
  EXPECT_NEAR(kExample.forward * g.gamma * 0.01, 0.150164, 5e-7);
}

TEST(Black, CoinSettledExample) {
  const CoinGreeks c = coin_greeks(black(kExample), kExample.forward);
  EXPECT_NEAR(c.price, 0.0046686031, 5e-11);
  EXPECT_NEAR(c.net_delta, 0.30716461, 5e-9);
  EXPECT_NEAR(c.curvature, 2.04111e-9, 5e-15);
  EXPECT_NEAR(c.hedge_usd, 15.0164, 5e-5);
  EXPECT_DOUBLE_EQ(c.hedge_coin, c.hedge_usd - c.net_delta);
}

TEST(Black, NetDeltaIsTheSlopeOfTheCoinValue) {
  const auto value = [](double forward) {
    BlackOption o = kExample;
    o.forward = forward;
    return black_price(o) / forward;
  };
  const CoinGreeks c = coin_greeks(black(kExample), kExample.forward);
  const double step = 2;
  const double slope = (value(84000 + step) - value(84000 - step)) / (2 * step);
  EXPECT_NEAR(slope * 84000, c.net_delta, 1e-7);
  const double wide = 20;
  const double curvature =
      (value(84000 + wide) - 2 * value(84000) + value(84000 - wide)) / (wide * wide);
  EXPECT_NEAR(curvature, c.curvature, 1e-13);
}

TEST(Black, CoinPayoff) {
  EXPECT_DOUBLE_EQ(coin_payoff(OptionType::call, 80000, 100000), 0.2);
  EXPECT_DOUBLE_EQ(coin_payoff(OptionType::call, 80000, 70000), 0);
  EXPECT_DOUBLE_EQ(coin_payoff(OptionType::put, 80000, 50000), 0.6);
}

// ATM gamma tends to 0.398942 / (F s sqrt(T)), and its integral over the forward is 1 for every T.
TEST(Black, GammaTowardsExpiry) {
  for (const double hours : {720.0, 24.0, 1.0, 1.0 / 60}) {
    const double years = hours / (24 * 365), width = 0.5 * std::sqrt(years);
    const double atm = black({84000, 84000, years, 0.5}).gamma;
    EXPECT_NEAR(atm * 84000 * width, 0.39894228 * std::exp(-width * width / 8), 1e-8);
    double sum = 0;
    const int steps = 4000;
    for (int i = 0; i <= steps; ++i) {  // Simpson in F = K e^x, +-10 standard deviations
      const double x = width * (-10 + 20.0 * i / steps), forward = 84000 * std::exp(x);
      const double weight = i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2;
      sum += weight * black({forward, 84000, years, 0.5}).gamma * forward;
    }
    EXPECT_NEAR(sum * width * 20 / steps / 3, 1, 1e-8) << hours;
  }
}

// d(greek)/d(parameter) by central differences in long steps of the exact formula.
TEST(Black, GreeksAreTheDerivatives) {
  for (const OptionType type : {OptionType::call, OptionType::put}) {
    for (const double strike : {60000.0, 84000.0, 100000.0}) {
      const BlackOption o{84000, strike, 0.1, 0.5, type};
      const BlackGreeks g = black(o);
      const auto with = [&](double BlackOption::*field, double by) {
        BlackOption moved = o;
        moved.*field += by;
        return black(moved);
      };
      const auto slope = [&](double BlackOption::*field, double BlackGreeks::*greek, double step) {
        return (with(field, step).*greek - with(field, -step).*greek) / (2 * step);
      };
      EXPECT_NEAR(slope(&BlackOption::forward, &BlackGreeks::price, 1), g.delta, 1e-8);
      EXPECT_NEAR(slope(&BlackOption::forward, &BlackGreeks::delta, 1), g.gamma, 1e-12);
      EXPECT_NEAR(slope(&BlackOption::vol, &BlackGreeks::price, 1e-4), g.vega, 1e-3);
      EXPECT_NEAR(-slope(&BlackOption::years, &BlackGreeks::price, 1e-5), g.theta,
                  2e-3 * std::fabs(g.theta) * 1e-2);
      EXPECT_NEAR(slope(&BlackOption::vol, &BlackGreeks::delta, 1e-4), g.vanna, 1e-6);
      EXPECT_NEAR(slope(&BlackOption::vol, &BlackGreeks::vega, 1e-4), g.volga, 1e-2);
      EXPECT_NEAR(-slope(&BlackOption::years, &BlackGreeks::delta, 1e-5), g.charm, 1e-6);
    }
  }
}

TEST(Black, WithoutTimeOrVolIsThePayoff) {
  for (const auto& [years, vol] :
       {std::pair{0.0, 0.5}, std::pair{0.5, 0.0}, std::pair{-1.0, 0.5}}) {
    const BlackGreeks in = black({100, 90, years, vol, OptionType::call});
    EXPECT_EQ(in.price, 10);
    EXPECT_EQ(in.delta, 1);
    EXPECT_EQ(in.gamma, 0);
    EXPECT_EQ(black({100, 90, years, vol, OptionType::put}).price, 0);
    EXPECT_EQ(black({100, 110, years, vol, OptionType::put}).delta, -1);
    EXPECT_EQ(black({100, 100, years, vol, OptionType::put}).delta, -0.5);
  }
}

TEST(Black, DiscountScalesAndUnwinds) {
  const BlackOption o{100, 105, 0.5, 0.6};
  const double rate = 0.04;
  const BlackGreeks g = discounted(black(o), std::exp(-rate * o.years), o.years);
  EXPECT_DOUBLE_EQ(g.price, black(o).price * std::exp(-0.02));
  const auto at = [&](double years) {
    return black_price({100, 105, years, 0.6}) * std::exp(-rate * years);
  };
  EXPECT_NEAR(-(at(0.5 + 1e-5) - at(0.5 - 1e-5)) / 2e-5, g.theta, 1e-6);
}

// Against 80-bit arithmetic, in which the textbook difference F N(d1) - K N(d2) has digits to spare
// for v >= 0.001.
TEST(Black, TimeValueKeepsItsDigitsInTheWings) {
  Random random(11, {});
  double worst = 0;
  for (int i = 0; i < 20000; ++i) {
    const double v = std::pow(10.0, -3 + 3.9 * random.uniform());
    const double k = v * std::min(30.0, 36 * random.uniform());
    const long double d1 = -static_cast<long double>(k) / v + 0.5L * v, d2 = d1 - v;
    const long double exact =
        0.5L * std::erfc(-d1 / std::sqrt(2.0L)) -
        std::exp(static_cast<long double>(k)) * 0.5L * std::erfc(-d2 / std::sqrt(2.0L));
    // The density alone turns half an ulp of d1 into d1^2 half ulps: that is the data's doing, not
    // the formula's.
    const double scale = 1 + static_cast<double>(d1 * d1);
    worst =
        std::max(worst, std::fabs(static_cast<double>(time_value_ratio(k, v) / exact - 1)) / scale);
  }
  EXPECT_LT(worst, 3e-14);
}

// The greeks' common factor in 80-bit arithmetic: relative accuracy out to 20 deviations and down
// to a minute.
TEST(Black, GreeksKeepTheirDigitsInTheWings) {
  Random random(12, {});
  double worst = 0;
  for (int i = 0; i < 20000; ++i) {
    const double years = std::pow(10.0, -5.7 + 6 * random.uniform());
    BlackOption o{.forward = 84000, .years = years, .vol = 0.1 + random.uniform()};
    const double v = o.vol * std::sqrt(o.years);
    o.strike = o.forward * std::exp(v * 20 * (2 * random.uniform() - 1));
    const long double wide =
        static_cast<long double>(o.vol) * std::sqrt(static_cast<long double>(o.years));
    const long double d1 =
        std::log(static_cast<long double>(o.forward) / o.strike) / wide + wide / 2;
    const long double density = std::exp(-d1 * d1 / 2) / std::sqrt(2 * M_PIl);
    const BlackGreeks g = black(o);
    const double scale = 1 + static_cast<double>(d1 * d1);
    for (const long double ratio :
         {g.gamma / (density / (o.forward * wide)),
          g.vega / (o.forward * density * std::sqrt(static_cast<long double>(o.years))),
          g.theta / (-o.forward * density * wide / (2.0L * o.years))}) {
      worst = std::max(worst, std::fabs(static_cast<double>(ratio - 1)) / scale);
    }
  }
  EXPECT_LT(worst, 1e-15);
}

}  // namespace
}  // namespace delever::options
