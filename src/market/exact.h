// Products for the ledger in 128-bit integers, each with a named rounding. Amounts are units of
// 1e-8 of a settlement coin; a Wide holds such units while a sum may pass 64 bits, and fit() brings
// it back, or says that it does not fit: hostile sizes must end in a refusal, never in a wrap or a
// stop.
#pragma once

#include <bit>
#include <optional>

#include "market/units.h"

namespace delever {

namespace exact {
__extension__ using UnsignedWide = unsigned __int128;

struct Divided {
  UnsignedWide quotient = 0;
  uint64_t rest = 0;
};

// dividend / kDivisor without a division: Moeller and Granlund, "Improved division by invariant
// integers", IEEE Transactions on Computers 60 (2011), algorithm 4. With the divisor d shifted up
// until its highest bit is set and v = floor((2^128 - 1) / d) - 2^64, the upper half of
// v u1 + (u1, u0) is the quotient of (u1, u0) by d or at most two off, which the two steps at the
// end put right. Where the quotient passes 64 bits, the machine divides.
template <uint64_t kDivisor>
constexpr Divided divide_by(UnsignedWide dividend) {
  const auto high = static_cast<uint64_t>(dividend >> 64);
  if (high == 0) {
    const auto low = static_cast<uint64_t>(dividend);
    return {low / kDivisor, low % kDivisor};
  }
  if (high >= kDivisor) return {dividend / kDivisor, static_cast<uint64_t>(dividend % kDivisor)};
  constexpr int kShift = std::countl_zero(kDivisor);
  constexpr uint64_t d = kDivisor << kShift;
  constexpr auto v = static_cast<uint64_t>(~UnsignedWide{0} / d - (UnsignedWide{1} << 64));
  const UnsignedWide u = dividend << kShift;
  const auto u1 = static_cast<uint64_t>(u >> 64), u0 = static_cast<uint64_t>(u);
  const UnsignedWide q = static_cast<UnsignedWide>(v) * u1 + u;
  auto quotient = static_cast<uint64_t>(q >> 64) + 1;
  uint64_t rest = u0 - quotient * d;
  if (rest > static_cast<uint64_t>(q)) {
    --quotient;
    rest += d;
  }
  if (rest >= d) {
    ++quotient;
    rest -= d;
  }
  return {quotient, rest >> kShift};
}
}  // namespace exact

// divide() by a divisor that is known when this is compiled, as the scales of the units are.
template <int64_t kDivisor>
constexpr Wide divide(Wide dividend, Round round) {
  static_assert(kDivisor > 0);
  const bool negative = dividend < 0;
  const exact::Divided found = exact::divide_by<static_cast<uint64_t>(kDivisor)>(
      negative ? -static_cast<exact::UnsignedWide>(dividend)
               : static_cast<exact::UnsignedWide>(dividend));
  exact::UnsignedWide quotient = found.quotient;
  if (found.rest != 0 && round == (negative ? Round::down : Round::up)) ++quotient;
  return static_cast<Wide>(negative ? -quotient : quotient);
}

// units x rate. Split so that no intermediate passes 128 bits for |units| < 2^100 and any Rate.
constexpr Wide times(Wide units, Rate rate, Round round) {
  if (units <= INT64_MAX && units >= INT64_MIN)
    return divide<Rate::scale>(units * rate.raw(), round);
  const Wide whole = units / Rate::scale, rest = units % Rate::scale;
  return whole * rate.raw() + divide<Rate::scale>(rest * rate.raw(), round);
}

// units / leverage, leverage > 0.
constexpr Wide shared_by(Wide units, Leverage leverage, Round round) {
  const Wide scaled = units * Leverage::scale;
  if (scaled < 0 || scaled > INT64_MAX) return divide(scaled, leverage.raw(), round);
  CHECK(leverage.raw() > 0);
  const auto dividend = static_cast<uint64_t>(scaled), by = static_cast<uint64_t>(leverage.raw());
  return Wide{dividend / by} + (round == Round::up && dividend % by != 0 ? 1 : 0);
}

template <class T>
constexpr std::optional<T> fit(Wide units) {
  if (units > INT64_MAX || units < INT64_MIN) return std::nullopt;
  return T::raw(static_cast<int64_t>(units));
}

constexpr Wide larger(Wide a, Wide b) { return a < b ? b : a; }
constexpr Wide smaller(Wide a, Wide b) { return a < b ? a : b; }

}  // namespace delever
