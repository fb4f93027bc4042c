#include "options/batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/random.h"
#include "options/black.h"

namespace delever::options {
namespace {

struct Book {
  std::vector<double> forward, strike, years, vol, sign;
  size_t size() const { return forward.size(); }
  OptionArrays arrays() const { return {forward, strike, years, vol, sign}; }
  BlackOption option(size_t i) const {
    return {forward[i], strike[i], years[i], vol[i],
            sign[i] > 0 ? OptionType::call : OptionType::put};
  }
};

Book random_book(uint64_t seed, size_t n) {
  Random random(seed, {});
  Book book;
  for (size_t i = 0; i < n; ++i) {
    const double years = std::exp(std::log(1.0 / 8760) + std::log(8760 * 3.0) * random.uniform());
    const double vol = 0.02 * std::pow(200.0, random.uniform()), v = vol * std::sqrt(years);
    const double deviations = 12 * std::pow(2 * random.uniform() - 1, 3);
    book.forward.push_back(std::exp(20 * random.uniform() - 5));
    book.strike.push_back(i % 50 == 0 ? book.forward.back()
                                      : book.forward.back() * std::exp(deviations * v));
    book.years.push_back(i % 97 == 0 ? 0 : years);
    book.vol.push_back(i % 101 == 0 ? 0 : vol);
    book.sign.push_back(random.chance(0.5) ? 1 : -1);
  }
  return book;
}

struct Greeks8 {
  std::array<std::vector<double>, 8> columns;
  explicit Greeks8(size_t n) { columns.fill(std::vector<double>(n, -7)); }
  GreekArrays arrays() {
    return {columns[0], columns[1], columns[2], columns[3],
            columns[4], columns[5], columns[6], columns[7]};
  }
};

std::vector<Lanes> every_width() {
  std::vector<Lanes> widths;
  for (const Lanes lanes : {Lanes::one, Lanes::sse2, Lanes::avx2, Lanes::avx512}) {
    if (lanes_supported(lanes)) widths.push_back(lanes);
  }
  return widths;
}

TEST(Batch, WidthsAgreeBitForBit) {
  const Book book = random_book(1, 10007);  // not a multiple of any width
  Greeks8 one(book.size());
  black_batch(book.arrays(), one.arrays(), Lanes::one);
  for (const Lanes lanes : every_width()) {
    Greeks8 wide(book.size());
    black_batch(book.arrays(), wide.arrays(), lanes);
    for (size_t c = 0; c < 8; ++c) {
      EXPECT_EQ(
          std::memcmp(one.columns[c].data(), wide.columns[c].data(), book.size() * sizeof(double)),
          0)
          << lanes_name(lanes) << " column " << c;
    }
  }
}

TEST(Batch, ImpliedWidthsAgreeBitForBit) {
  const Book book = random_book(2, 5003);
  Greeks8 greeks(book.size());
  black_batch(book.arrays(), greeks.arrays());
  std::vector<double>& price = greeks.columns[0];
  for (size_t i = 0; i < price.size(); i += 13)
    price[i] = std::round(price[i]);  // some below intrinsic, some 0
  price[5] = std::nan("");
  const PriceArrays prices{book.forward, book.strike, book.years, price, book.sign};
  std::vector<double> vol(book.size());
  std::vector<IvStatus> status(book.size());
  implied_vol_batch(prices, vol, status, Lanes::one);
  EXPECT_EQ(status[5], IvStatus::bad_input);
  for (const Lanes lanes : every_width()) {
    std::vector<double> other(book.size());
    std::vector<IvStatus> why(book.size());
    implied_vol_batch(prices, other, why, lanes);
    EXPECT_EQ(why, status) << lanes_name(lanes);
    EXPECT_EQ(std::memcmp(vol.data(), other.data(), vol.size() * sizeof(double)), 0)
        << lanes_name(lanes);
  }
}

// Norms: price against min(F, K) plus the price, delta against 1, the other greeks against the
// largest value that the greek's own factors could give it at this density (the density carries d^2
// half ulps of its argument).
TEST(Batch, AgreesWithTheScalarReference) {
  const Book book = random_book(3, 20000);
  Greeks8 batch(book.size());
  black_batch(book.arrays(), batch.arrays());
  std::array<double, 8> worst{};
  for (size_t i = 0; i < book.size(); ++i) {
    const BlackOption o = book.option(i);
    const BlackGreeks g = black(o);
    const double v = o.vol * std::sqrt(o.years), x = std::log(o.forward / o.strike);
    const double d = v > 0 ? std::fabs(x / v) + v / 2 : 0;
    const double steep = 1 + d * d;
    const std::array<double, 8> want{g.price, g.delta, g.gamma, g.vega,
                                     g.theta, g.vanna, g.volga, g.charm};
    const std::array<double, 8> scale{
        std::min(o.forward, o.strike) + g.price,
        1,
        steep * g.gamma,
        steep * g.vega,
        steep * std::fabs(g.theta),
        v > 0 ? steep * g.vega / o.forward / v * (1 + d) : 0,
        v > 0 ? steep * g.vega * steep / o.vol : 0,
        v > 0 ? steep * g.vega / o.forward * (1 + d) / std::sqrt(o.years) / o.years : 0};
    for (size_t c = 0; c < 8; ++c) {
      const double gap = std::fabs(batch.columns[c][i] - want[c]);
      if (gap > 0) worst[c] = std::max(worst[c], gap / (scale[c] + 1e-290));
    }
  }
  for (size_t c = 0; c < 8; ++c) EXPECT_LT(worst[c], 1e-14) << c;
}

TEST(Batch, ImpliedAgreesWithScalar) {
  const Book book = random_book(4, 3001);
  Greeks8 greeks(book.size());
  black_batch(book.arrays(), greeks.arrays());
  std::vector<double> vol(book.size());
  std::vector<IvStatus> status(book.size());
  implied_vol_batch({book.forward, book.strike, book.years, greeks.columns[0], book.sign}, vol,
                    status);
  for (size_t i = 0; i < book.size(); ++i) {
    const BlackOption o = book.option(i);
    const ImpliedVol iv = implied_vol({o.forward, o.strike, o.years, greeks.columns[0][i], o.type});
    EXPECT_EQ(iv.status, status[i]);
    EXPECT_EQ(iv.vol, vol[i]);
  }
}

TEST(Batch, EmptyAndSmallArrays) {
  for (size_t n = 0; n < 20; ++n) {
    const Book book = random_book(5, n);
    std::array<std::vector<double>, 5> out;
    out.fill(std::vector<double>(n));
    black_batch(book.arrays(), {out[0], out[1], out[2], out[3], out[4], {}, {}, {}});
    for (size_t i = 0; i < n; ++i)
      EXPECT_NEAR(out[0][i], black_price(book.option(i)), 1e-13 * book.forward[i]);
  }
}

}  // namespace
}  // namespace delever::options
