// The words of a claim: its number, unit, time and venue, read from text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gauges/claims.h"

namespace delever::gauges {

// What a unit measures. `none`: "ratio", or nothing at all.
enum class UnitKind : uint8_t { none, share, usd, coins, contracts };
// "million USD" of an asset "BTC" is usd; "BTC", "thousand BTC" and "coins" are coins.
UnitKind unit_kind(std::string_view unit, std::string_view asset);
// "million" alone: the scale of a unit that is left out.
bool names_a_scale(std::string_view unit);
// What the metrics of the rules are measured in: "USD", "coins", "fraction_per_year".
UnitKind metric_unit_kind(std::string_view unit);

// The stated value in plain units: a share of 0.97 for 97 percent, 1.7e9 for 1.7 billion USD.
double plain_value(const Claim& claim);
// Half of the last digit that was printed, in plain units.
double half_digit(const Claim& claim);

inline constexpr Duration kExpiryHour = Duration::hours(8);  // of every venue here, UTC

}  // namespace delever::gauges
