#include "market/exact.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace delever {
namespace {

// Twin: the machine's own division.
template <int64_t kDivisor>
void expect_as_divided(Wide dividend) {
  for (const Wide x : {dividend, -dividend}) {
    for (const Round round : {Round::down, Round::up})
      ASSERT_TRUE(divide<kDivisor>(x, round) == divide(x, kDivisor, round))
          << static_cast<int64_t>(x >> 64) << " " << static_cast<uint64_t>(x) << " / " << kDivisor;
  }
}

template <int64_t kDivisor>
void expect_random() {
  Random random(31, {});
  for (int i = 0; i < 200'000; ++i) {
    const int bits = static_cast<int>(random.below(127));
    const Wide any = (static_cast<Wide>(random.bits64() >> 1) << 64) | random.bits64();
    expect_as_divided<kDivisor>(any >> (126 - bits));
    // Around multiples, where a quotient that is one off shows.
    const Wide multiple = static_cast<Wide>(random.bits64() >> random.below(64)) * kDivisor;
    for (int away = -2; away <= 2; ++away) expect_as_divided<kDivisor>(multiple + away);
  }
  for (const Wide edge :
       {Wide{0}, Wide{1}, Wide{kDivisor} - 1, Wide{kDivisor}, Wide{INT64_MAX}, Wide{1} << 64,
        (Wide{1} << 64) - 1, Wide{kDivisor} << 63, (Wide{kDivisor} << 63) - 1, ~(Wide{1} << 127)})
    expect_as_divided<kDivisor>(edge);
}

TEST(Exact, divides_by_scales_as_the_machine_does) {
  expect_random<Qty::scale>();
  expect_random<Price::scale>();
  expect_random<Rate::scale>();
  expect_random<1>();
  expect_random<3>();
  expect_random<INT64_MAX>();
}

TEST(Exact, shares_by_leverage_as_the_machine_does) {
  Random random(32, {});
  for (int i = 0; i < 100'000; ++i) {
    const Leverage leverage = Leverage::raw(1 + static_cast<int64_t>(random.below(13'000)));
    const Wide any = (static_cast<Wide>(random.bits64() >> 40) << 64) | random.bits64();
    const Wide units = (random.chance(0.2) ? -1 : 1) * (any >> random.below(80));
    for (const Round round : {Round::down, Round::up})
      ASSERT_TRUE(shared_by(units, leverage, round) ==
                  divide(units * Leverage::scale, leverage.raw(), round));
  }
}

static_assert(divide<Price::scale>(Wide{7} * Price::scale + 1, Round::up) == 8);
static_assert(divide<Price::scale>(-1, Round::down) == -1);

}  // namespace
}  // namespace delever
