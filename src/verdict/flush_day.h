// One flush day: why it is one, what was known at its close, and what came. The rows of the record.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace delever::verdict {

// A figure with where it is from and, when it is missing, why.
struct Item {
  std::optional<double> value;
  std::string source;  // "coinglass", "binance BTC-USDT"; empty when missing
  std::string reason;  // why missing; or what limits it
};

struct FlushDay {
  std::string asset;  // "BTC"
  Instant day;        // 00:00 UTC; everything below is of its close
  bool by_price = false, by_liquidations = false, by_open_interest = false;

  std::optional<double> close, log_return;
  std::string close_source;
  std::optional<double> volatility;  // daily, EWMA .94: sqrt(v_t)
  Item interest_change;              // change of ln(open interest in coins) over the day
  Item funding;                      // a year, at the close
  Item funding_change;               // funding less its mean over the 7 days before, a year
  // The same two in units of the coin's own movement: over its daily deviation of 90 days before.
  Item own_interest_change, own_funding_change;
  Item long_usd;                     // long positions liquidated
  std::optional<double> oscillator;  // (L - S) / (L + S)
  std::optional<double> size_ln;     // ln(L / its median of 365 days before)
  // ln of liquidations triggered per unit of the fall over what is bid per unit of it: (L / |r|)
  // over (dollars bid within 1 % / 0.01).
  std::optional<double> trigger_ln;
  // ln of the long positions that a fall of another 2 % would liquidate, over those of the flush.
  std::optional<double> left_ln;
  bool hole_in_prices = false;  // among the 40 days before
  // Open interest of a part of the market, where the whole is missing.
  Item part_interest_change;

  // What came, missing until 7 days are over: a day with at least half the flush's long
  // liquidations; the lowest close of the 7 days against the flush day's (-0.05); a close below
  // 0.95 of it.
  std::optional<bool> wave, lower;
  std::optional<double> lowest;

  Instant due() const { return day + Duration::days(8); }  // the close of the seventh day after
  bool is_flush() const { return by_price || by_liquidations || by_open_interest; }
  std::string why() const;  // the definitions met, joined by "+"
};

// In order of day, then asset: the order of the record.
bool before(const FlushDay& a, const FlushDay& b);

}  // namespace delever::verdict
