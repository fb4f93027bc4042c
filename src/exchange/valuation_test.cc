// What is known of a market from its setup gives the values and refusals of the plain formula.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "exchange/markets.h"

namespace delever::exchange {
namespace {

// Steps and sizes from 1e-8 to 90,000, prices over thirteen decades; a third are inverse.
Market drawn(std::mt19937_64& random) {
  const auto decade = [&](int most) {
    int64_t power = 1;
    for (auto k = random() % static_cast<uint64_t>(most + 1); k > 0; --k) power *= 10;
    return power;
  };
  Market m;
  m.inverse = random() % 3 == 0;
  m.tick = decade(8) * static_cast<int64_t>(1 + random() % 5);
  m.step = decade(10);
  m.size = decade(12) * static_cast<int64_t>(1 + random() % 9);
  m.price_min = decade(5) * m.tick;
  m.price_max = m.price_min * static_cast<int64_t>(1 + random() % 1'000);
  return m;
}

TEST(Valuation, WhatIsKnownBeforehandChangesNoValue) {
  std::mt19937_64 random(1);
  int whole = 0, beyond = 0, within = 0;
  for (int n = 0; n < 20'000; ++n) {
    std::mt19937_64 again = random;
    const Market plain = drawn(again);
    Market m = drawn(random);
    know_values(m);
    whole += m.lot_size != 0;
    for (int k = 0; k < 5; ++k) {
      const Lots near = m.lots_fit - 2 + static_cast<int64_t>(random() % 5);
      const Lots lots = std::max<Lots>(k < 2 ? near : Lots(m.lots_fit >> random() % 58), 0);
      const int64_t price = std::uniform_int_distribution(m.price_min / 2 + 1, m.price_max)(random);
      const bool fits = value_fits(plain, lots, price);
      ASSERT_EQ(value_fits(m, lots, price), fits) << n;
      ++(fits ? within : beyond);
      if (!fits) continue;
      for (const Round round : {Round::down, Round::up})
        ASSERT_EQ(value(m, lots, price, round), value(plain, lots, price, round)) << n;
    }
  }
  EXPECT_GT(std::min({whole, beyond, within}), 1'000);
}

TEST(Valuation, TheMostLotsThatFit) {
  std::mt19937_64 random(2);
  for (int n = 0; n < 2'000; ++n) {
    std::mt19937_64 again = random;
    const Market plain = drawn(again);
    Market m = drawn(random);
    know_values(m);
    const Lots most = m.lots_fit;
    EXPECT_TRUE(most == 0 || value_fits(plain, most, dearest_price(m)));
    EXPECT_TRUE(most + 1 == kLotsMax || !value_fits(plain, most + 1, dearest_price(m)));
    if (most == 0) continue;
    EXPECT_EQ(m.dearest_lot, value(plain, 1, dearest_price(m), Round::up));
  }
}

}  // namespace
}  // namespace delever::exchange
