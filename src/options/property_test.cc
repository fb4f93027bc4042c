// Laws that hold for every option, on random ones with shrinking.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <cstdlib>

#include "options/batch.h"
#include "options/black.h"

namespace delever::options {
namespace {

// Same cases on every run; RC_PARAMS in the environment asks for others.
const int configured = setenv("RC_PARAMS", "seed=2026 max_success=4000", 0);

double uniform(double low, double high) {
  return low + (high - low) * *rc::gen::inRange(0, 1'000'001) / 1e6;
}

// A minute to three years, vol 2 % to 500 %, out to 8 deviations either way.
BlackOption any_option() {
  BlackOption o;
  o.forward = std::exp(uniform(-5, 15));
  o.years = std::exp(uniform(std::log(1.0 / (365 * 1440)), std::log(3.0)));
  o.vol = std::exp(uniform(std::log(0.02), std::log(5.0)));
  o.strike = o.forward * std::exp(uniform(-8, 8) * o.vol * std::sqrt(o.years));
  o.type = *rc::gen::arbitrary<bool>() ? OptionType::call : OptionType::put;
  return o;
}

TEST(Property, PriceToVolToPrice) {
  ASSERT_EQ(configured, 0);
  EXPECT_TRUE(rc::check("price -> vol -> price", [] {
    const BlackOption o = any_option();
    const double price = black_price(o);
    const ImpliedVol iv = implied_vol({o.forward, o.strike, o.years, price, o.type});
    if (iv.status != IvStatus::ok) return;
    BlackOption back = o;
    back.vol = iv.vol;
    // An ulp of the price, or of the bound, is all that a vol can promise to give back.
    const double bound = o.type == OptionType::call ? o.forward : o.strike;
    const double condition = iv_condition({o.forward, o.strike, o.years, price, o.type}, o.vol);
    RC_ASSERT(std::fabs(black_price(back) - price) <=
              1e-12 * price / std::min(condition, 1.0) + 0x1p-50 * bound);
    RC_ASSERT(std::fabs(iv.vol / o.vol - 1) <= 1e-12 * std::max(1.0, condition));
  }));
}

TEST(Property, RefusalsAreOfPricesWithoutInformation) {
  EXPECT_TRUE(rc::check("a refused price is intrinsic, or the bound, to the last bits", [] {
    const BlackOption o = any_option();
    const double price = black_price(o);
    const ImpliedVol iv = implied_vol({o.forward, o.strike, o.years, price, o.type});
    if (iv.status == IvStatus::ok) return;
    const double bound = o.type == OptionType::call ? o.forward : o.strike;
    const double payoff = o.type == OptionType::call ? o.forward - o.strike : o.strike - o.forward;
    RC_ASSERT(price - std::max(payoff, 0.0) <= 0x1p-49 * price || bound - price <= 0x1p-49 * bound);
  }));
}

TEST(Property, PutCallParity) {
  EXPECT_TRUE(rc::check("C - P = F - K, delta and all", [] {
    BlackOption o = any_option();
    o.type = OptionType::call;
    const BlackGreeks call = black(o);
    o.type = OptionType::put;
    const BlackGreeks put = black(o);
    const double scale = std::max(o.forward, o.strike);
    RC_ASSERT(std::fabs(call.price - put.price - (o.forward - o.strike)) <= 4e-16 * scale);
    RC_ASSERT(std::fabs(call.delta - put.delta - 1) <= 4e-16);
    RC_ASSERT(call.gamma == put.gamma && call.vega == put.vega && call.theta == put.theta);
    RC_ASSERT(call.vanna == put.vanna && call.volga == put.volga && call.charm == put.charm);
  }));
}

TEST(Property, MoreVolMoreTimeMoreValue) {
  EXPECT_TRUE(rc::check("the price rises with vol and time and stays within its bounds", [] {
    const BlackOption o = any_option();
    BlackOption more = o;
    more.vol *= 1 + uniform(0, 1);
    const double bound = o.type == OptionType::call ? o.forward : o.strike, price = black_price(o);
    RC_ASSERT(black_price(more) >= price * (1 - 1e-13));
    more = o;
    more.years *= 1 + uniform(0, 1);
    RC_ASSERT(black_price(more) >= price * (1 - 1e-13));
    RC_ASSERT(price >= 0 && price <= bound);
  }));
}

}  // namespace
}  // namespace delever::options
