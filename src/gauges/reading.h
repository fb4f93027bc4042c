// Reading: what a gauge says, with everything a reader needs to sign it or refuse it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace delever::gauges {

// corroborated: two or more independent sources agree within the rule's band. single_source: one,
// alone. conflicting: intervals disjoint. pending: missing, stale or too few sources; `reason` says
// which.
enum class State { corroborated, single_source, conflicting, pending };

std::string_view state_name(State state);

// Units are "USD", "coins", "fraction" (a share of 0.985), "fraction_per_year" (0.0624),
// "fraction_per_interval", "USD_per_coin". Never percent. `value` is missing exactly when the state
// is pending, or conflicting without a number that could stand for both sides.
struct Reading {
  std::string name;                  // canonical gauge name
  std::string asset;                 // "BTC"
  std::optional<std::string> venue;  // for per-venue readings
  std::optional<Instant> expiry;     // for per-expiry readings
  std::optional<double> value;
  std::optional<double> low,
      high;  // the interval; a missing end is unbounded as far as the evidence goes
  std::string unit;
  std::optional<Instant> as_of;  // the latest evidence in it
  Duration window;               // zero for a level
  State state = State::pending;
  std::vector<std::string> sources;  // sorted, without duplicates
  std::optional<double>
      coverage;        // share of the window, or of the market, that the sources saw; 0 to 1
  std::string reason;  // why pending or conflicting; what limits the interval otherwise
  std::string rule;    // "rules/2026-01-30.toml#funding"
};

}  // namespace delever::gauges
