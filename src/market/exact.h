// Products for the ledger in 128-bit integers, each with a named rounding. Amounts are units of
// 1e-8 of a settlement coin; a Wide holds such units while a sum may pass 64 bits, and fit() brings
// it back, or says that it does not fit: hostile sizes must end in a refusal, never in a wrap or a
// stop.
#pragma once

#include <optional>

#include "market/units.h"

namespace delever {

// units x rate. Split so that no intermediate passes 128 bits for |units| < 2^100 and any Rate.
constexpr Wide times(Wide units, Rate rate, Round round) {
  if (units <= INT64_MAX && units >= INT64_MIN)
    return divide(units * rate.raw(), Rate::scale, round);
  const Wide whole = units / Rate::scale, rest = units % Rate::scale;
  return whole * rate.raw() + divide(rest * rate.raw(), Rate::scale, round);
}

// units / leverage, leverage > 0.
constexpr Wide shared_by(Wide units, Leverage leverage, Round round) {
  return divide(units * Leverage::scale, leverage.raw(), round);
}

template <class T>
constexpr std::optional<T> fit(Wide units) {
  if (units > INT64_MAX || units < INT64_MIN) return std::nullopt;
  return T::raw(static_cast<int64_t>(units));
}

constexpr Wide larger(Wide a, Wide b) { return a < b ? b : a; }
constexpr Wide smaller(Wide a, Wide b) { return a < b ? a : b; }

}  // namespace delever
