// Small text that the venues' protocols share: decimals as an instrument writes them, names of
// intervals.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "exchange/exchange.h"

namespace delever::gateways {

// Digits after the point that a step needs: 0.10 -> 1, 0.001 -> 3, 5 -> 0.
int digits_of(int64_t raw, int scale_digits);
template <class Tag, int kDigits>
int digits_of(Fixed<Tag, kDigits> step) {
  return digits_of(step.raw(), kDigits);
}
// Rounded half away from zero to so many digits, all of them written: 84000.1 -> "84000.10".
std::string decimal(int64_t raw, int scale_digits, int digits);
template <class Tag, int kDigits>
std::string decimal(Fixed<Tag, kDigits> value, int digits) {
  return decimal(value.raw(), kDigits, digits);
}
std::string decimal(double value, int digits);  // of estimates: volumes, turnovers

// How an instrument's prices and quantities are written.
struct Digits {
  int price = 0, qty = 0;
};
Digits digits_of(const exchange::Listing& listing);

// "1m" "15m" "1h" "1H" "4H" "1d" "1D" "1w" "1W"; "5", "60", "D", "W" (Bybit). Months are none.
std::optional<Duration> interval_of(std::string_view name);

}  // namespace delever::gateways
