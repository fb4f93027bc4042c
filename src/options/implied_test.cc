#include "options/implied.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/random.h"
#include "options/black.h"

namespace delever::options {
namespace {

constexpr double kUlp = 0x1p-53;

// Black-76 in 80-bit arithmetic, from the textbook difference: a second opinion that shares nothing
// with our forms. Its relative error is about 1e-19 x / v, x the distance in deviations: below
// 1e-14 on the domain used here.
long double exact_price(const BlackOption& o) {
  const long double v =
      static_cast<long double>(o.vol) * std::sqrt(static_cast<long double>(o.years));
  const long double f = o.forward, k = o.strike, sign = o.type == OptionType::call ? 1 : -1;
  const long double d1 = std::log(f / k) / v + v / 2, d2 = d1 - v, root2 = std::sqrt(2.0L);
  if (f == k) return f * std::erf(v / (2 * root2));
  return sign * (f * std::erfc(-sign * d1 / root2) - k * std::erfc(-sign * d2 / root2)) / 2;
}

struct Worst {
  double error = 0;
  BlackOption at;
  void see(double e, const BlackOption& o) {
    if (!(e <= error)) error = e, at = o;
  }
  std::string text() const {
    return "F " + std::to_string(at.forward) + " K " + std::to_string(at.strike) + " T " +
           std::to_string(at.years) + " vol " + std::to_string(at.vol) +
           (at.type == OptionType::call ? " call" : " put");
  }
};

// Out of the money, from one minute to three years, vols of 2 % to 500 %, out to 35 deviations.
TEST(ImpliedVol, OutOfTheMoneyTo1em12) {
  Random random(3, {});
  Worst worst;
  int solved = 0;
  for (int i = 0; i < 60000; ++i) {
    BlackOption o{.forward = std::exp(25 * random.uniform() - 8)};
    o.years =
        std::exp(std::log(1.0 / (365 * 1440)) + std::log(3.0 * 365 * 1440) * random.uniform());
    o.vol = 0.02 * std::pow(250.0, random.uniform());
    const double v = o.vol * std::sqrt(o.years), x = v * 35 * std::pow(2 * random.uniform() - 1, 3);
    if (std::fabs(x) > 20) continue;
    o.strike = o.forward * std::exp(x);
    o.type = o.strike >= o.forward ? OptionType::call : OptionType::put;
    const long double exact = exact_price(o);
    const double bound = std::min(o.forward, o.strike);
    if (exact < 1e-290L * bound || exact > 0.99L * bound) continue;
    const PricedOption priced{o.forward, o.strike, o.years, static_cast<double>(exact), o.type};
    const ImpliedVol iv = implied_vol(priced);
    ASSERT_EQ(iv.status, IvStatus::ok)
        << o.forward << " " << o.strike << " " << o.years << " " << o.vol;
    worst.see(std::fabs(iv.vol / o.vol - 1), o);
    ++solved;
  }
  EXPECT_GT(solved, 50000);
  EXPECT_LT(worst.error, 1e-12) << worst.text();
}

// In the money, and up against the bound, the price's own rounding is magnified by the condition:
// the error is held to a few units of that.
TEST(ImpliedVol, ElsewhereToThePricesOwnRounding) {
  Random random(4, {});
  Worst worst;
  int solved = 0, refused = 0;
  for (int i = 0; i < 60000; ++i) {
    BlackOption o{.forward = 84000};
    o.years = std::exp(std::log(1.0 / 8760) + std::log(8760 * 2.0) * random.uniform());
    o.vol = 0.05 * std::pow(200.0, random.uniform());
    const double v = o.vol * std::sqrt(o.years);
    o.strike = o.forward * std::exp(v * 16 * (random.uniform() - 0.5));
    if (o.strike < 1e-3 || o.strike > 1e12) continue;
    o.type = random.chance(0.5) ? OptionType::call : OptionType::put;
    const PricedOption priced{o.forward, o.strike, o.years, static_cast<double>(exact_price(o)),
                              o.type};
    const ImpliedVol iv = implied_vol(priced);
    if (iv.status != IvStatus::ok) {
      ++refused;
      const double scale =
          std::max(priced.price, o.type == OptionType::call ? o.forward : o.strike);
      EXPECT_GT(iv_condition({o.forward, o.strike, o.years, scale, o.type}, o.vol), 1e10);
      continue;
    }
    ++solved;
    // Near the upper bound what counts is the rounding of bound - price, of the size of an ulp of
    // the bound.
    const double condition = std::max(1.0, iv_condition(priced, o.vol));
    worst.see(std::fabs(iv.vol / o.vol - 1) / (condition * 4 * kUlp + 1e-13), o);
  }
  EXPECT_GT(solved, 40000);
  EXPECT_GT(refused, 100);
  EXPECT_LT(worst.error, 1) << worst.text();
}

// The known answer of the model notes: 1e-12 for prices within [1e-10 F, 0.99 F].
TEST(ImpliedVol, RoundTripOverThePriceRange) {
  Worst worst;
  for (const double ratio : {0.2, 0.7, 0.999, 1.0, 1.001, 1.4, 5.0}) {
    for (double price = 1e-10; price <= 0.99; price *= 1.07) {
      const OptionType type = ratio >= 1 ? OptionType::call : OptionType::put;
      if (type == OptionType::put && price > 0.99 * ratio) continue;
      const PricedOption priced{84000, 84000 * ratio, 30.0 / 365, price * 84000, type};
      const ImpliedVol iv = implied_vol(priced);
      ASSERT_EQ(iv.status, IvStatus::ok);
      const BlackOption back{84000, 84000 * ratio, 30.0 / 365, iv.vol, type};
      const double gap = static_cast<double>(exact_price(back) / priced.price - 1);
      worst.see(std::fabs(gap) * iv_condition(priced, iv.vol), back);
    }
  }
  EXPECT_LT(worst.error, 1e-12) << worst.text();
}

TEST(ImpliedVol, OneHourToExpiryOnTicks) {
  // A tick of 0.0001 coins at 84,000: the range of vols that round to the printed price holds the
  // true one.
  const double tick = 8.4, years = 1.0 / 8760;
  int bounded = 0;
  for (double strike = 80000; strike <= 88000; strike += 250) {
    const OptionType type = strike >= 84000 ? OptionType::call : OptionType::put;
    const double price = black_price({84000, strike, years, 0.6, type});
    const PricedOption printed{84000, strike, years, std::round(price / tick) * tick, type};
    const VolRange range = implied_vol_range(printed, tick * (1 + 1e-9));
    EXPECT_LE(range.low.value_or(0), 0.6) << strike;
    EXPECT_GE(range.high.value_or(1e9), 0.6) << strike;
    bounded += range.low && range.high;
    if (printed.price == 0) { EXPECT_EQ(implied_vol(printed).status, IvStatus::no_information); }
  }
  EXPECT_GE(bounded, 5);
}

TEST(ImpliedVol, AtTheMoneyDownToTheSmallestPrice) {  // price = F (2 N(v / 2) - 1) = F v / sqrt(2
                                                      // pi) for small v
  for (int exponent = 289; exponent >= 9; --exponent) {
    const double u = std::pow(10.0, -exponent);
    const ImpliedVol got = implied_vol({.forward = 1, .strike = 1, .years = 1, .price = u});
    ASSERT_EQ(got.status, IvStatus::ok) << u;
    EXPECT_NEAR(got.vol / (u * std::sqrt(2 * std::numbers::pi)), 1, 1e-12) << u;
  }
}

TEST(ImpliedVol, SaysWhichPricesHaveNone) {
  const auto status = [](double forward, double strike, double years, double price,
                         OptionType type) {
    return implied_vol({forward, strike, years, price, type}).status;
  };
  using enum IvStatus;
  constexpr OptionType call = OptionType::call, put = OptionType::put;
  const double nan = std::nan(""), inf = INFINITY;
  EXPECT_EQ(status(100, 110, 0.1, 0, call), no_information);
  EXPECT_EQ(status(100, 90, 0.1, 10, call), no_information);
  EXPECT_EQ(status(100, 90, 0.1, std::nextafter(10, 11), call), no_information);
  EXPECT_EQ(status(100, 90, 0.1, 10.0001, call), ok);
  EXPECT_EQ(status(100, 90, 0.1, 9.99, call), below_intrinsic);
  EXPECT_EQ(status(90, 100, 0.1, 9.99, put), below_intrinsic);
  EXPECT_EQ(status(100, 110, 0.1, 100, call), above_bound);
  EXPECT_EQ(status(100, 110, 0.1, 1e9, call), above_bound);
  EXPECT_EQ(status(100, 110, 0.1, 109, put), ok);
  EXPECT_EQ(status(100, 110, 0.1, 110, put), above_bound);
  EXPECT_EQ(status(100, 110, 0.1, std::nextafter(100, 0), call), no_information);
  EXPECT_EQ(status(100, 110, 0.1, 1e-300, call), no_information);
  EXPECT_EQ(status(100, 110, 0, 1, call), expired);
  EXPECT_EQ(status(100, 110, -1, 1, call), expired);
  EXPECT_EQ(status(100, 110, 0.1, -1, call), bad_input);
  for (const double bad : {nan, inf, -inf}) {
    EXPECT_EQ(status(bad, 110, 0.1, 1, call), bad_input);
    EXPECT_EQ(status(100, bad, 0.1, 1, call), bad_input);
    EXPECT_EQ(status(100, 110, bad, 1, call), bad_input);
    EXPECT_EQ(status(100, 110, 0.1, bad, call), bad_input);
  }
  EXPECT_EQ(status(0, 110, 0.1, 1, call), bad_input);
  EXPECT_EQ(status(100, -5, 0.1, 1, call), bad_input);
  EXPECT_EQ(iv_status_name(below_intrinsic), "below_intrinsic");
}

}  // namespace
}  // namespace delever::options
