// Money is counted, never measured: exact integers, one type per unit, and only the products that
// mean something.
//
// Scales, checked against the extreme instruments of five venues (units_test.cc):
//   Price 1e-10 to 922 million   finest tick seen 1e-10 (OKX SATS-USDT), dearest quote in USD-like
//   coins Qty   1e-8  to 92 billion    finest size seen 1e-8 (spot), largest open interest
//   seen 18.98 billion (Hyperliquid) Usd   1e-6  to 9.2 trillion  notional, collateral; USDT and
//   USDC count as USD at par (a named rule of the gauges) Rate  1e-15 to 9,223         funding per
//   interval; venues print up to 17 digits, of which the last are noise Amount 1e-8 to 92 billion
//   wallet, margin and profit in one settlement coin (1 satoshi; USDT has 6 to 8 digits) Leverage
//   1e-2                5, 12.5, 125
// Summed volumes (24 h, candles) do not fit Qty for the smallest coins and are doubles: they are
// estimates.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/result.h"

namespace delever {

// exact: digits finer than the scale are an error. nearest: they are rounded half away from zero,
// for numbers that the venue itself computed (averages, index prices, rates), never for a price or
// size that somebody ordered.
enum class Precision { exact, nearest };

// Text of a JSON number (sign, digits, point, exponent) as an integer of 10^-scale_digits.
struct DecimalText {
  int64_t units = 0;
  uint8_t digits =
      0;  // digits written after the point, so that the very text can be rebuilt (checksums)
};
Result<DecimalText> read_decimal(std::string_view text, int scale_digits, Precision precision);
std::string write_decimal(int64_t units, int scale_digits);  // shortest exact: "84123.1"
std::string write_decimal(int64_t units, int scale_digits,
                          int digits);  // as many digits after the point as it had

template <class Tag, int kDigits>
class Fixed {
  static constexpr int64_t power(int n) { return n == 0 ? 1 : 10 * power(n - 1); }

 public:
  static constexpr int digits = kDigits;
  static constexpr int64_t scale = power(kDigits);
  constexpr Fixed() = default;
  static constexpr Fixed raw(int64_t units) {
    Fixed f;
    f.units_ = units;
    return f;
  }
  // Nearest representable value; out of range is an error. For estimates on their way into an
  // order, never a ledger.
  static Result<Fixed> nearest(double value);
  static Result<Fixed> parse(std::string_view text, Precision precision = Precision::exact) {
    return raw(TRY(read_decimal(text, kDigits, precision)).units);
  }

  constexpr int64_t raw() const { return units_; }
  constexpr double approx() const {
    return static_cast<double>(units_) / static_cast<double>(scale);
  }
  std::string text() const { return write_decimal(units_, kDigits); }

  friend constexpr Fixed operator+(Fixed a, Fixed b) {
    return raw(checked_add(a.units_, b.units_));
  }
  friend constexpr Fixed operator-(Fixed a, Fixed b) {
    return raw(checked_sub(a.units_, b.units_));
  }
  friend constexpr Fixed operator-(Fixed a) { return raw(checked_sub(0, a.units_)); }
  Fixed& operator+=(Fixed b) { return *this = *this + b; }
  Fixed& operator-=(Fixed b) { return *this = *this - b; }
  friend constexpr auto operator<=>(Fixed, Fixed) = default;

 private:
  static constexpr int64_t checked_add(int64_t a, int64_t b) {
    int64_t sum = 0;
    CHECK(!__builtin_add_overflow(a, b, &sum));
    return sum;
  }
  static constexpr int64_t checked_sub(int64_t a, int64_t b) {
    int64_t difference = 0;
    CHECK(!__builtin_sub_overflow(a, b, &difference));
    return difference;
  }
  int64_t units_ = 0;
};

using Price = Fixed<struct PriceTag, 10>;
using Qty = Fixed<struct QtyTag, 8>;
using Usd = Fixed<struct UsdTag, 6>;
using Rate = Fixed<struct RateTag, 15>;
using Amount = Fixed<struct AmountTag, 8>;
using Leverage = Fixed<struct LeverageTag, 2>;

template <class Tag, int kDigits>
Result<Fixed<Tag, kDigits>> Fixed<Tag, kDigits>::nearest(double value) {
  const double scaled = value * static_cast<double>(scale);
  if (!(scaled > -9.2e18 && scaled < 9.2e18))
    return Error{Fault::out_of_range, "beyond the range of its unit"};
  return raw(static_cast<int64_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5));
}

// Rounding is part of the rulebook (fees up, equity down), so the caller always says which.
enum class Round { down, up };  // down: towards minus infinity; up: towards plus infinity

__extension__ using Wide = __int128;

// quotient rounded as told; divisor > 0.
constexpr Wide divide(Wide dividend, Wide divisor, Round round) {
  CHECK(divisor > 0);
  Wide quotient = dividend / divisor;
  const Wide rest = dividend % divisor;
  if (rest > 0 && round == Round::up) ++quotient;
  if (rest < 0 && round == Round::down) --quotient;
  return quotient;
}

constexpr int64_t narrow(Wide value) {
  CHECK(value <= INT64_MAX && value >= INT64_MIN);
  return static_cast<int64_t>(value);
}

// price x quantity of base coins, in quote money.
constexpr Usd notional(Price price, Qty qty, Round round) {
  constexpr Wide divisor = static_cast<Wide>(Price::scale) * Qty::scale / Usd::scale;
  return Usd::raw(narrow(divide(static_cast<Wide>(price.raw()) * qty.raw(), divisor, round)));
}

// money x rate, as for fees and funding.
constexpr Usd portion(Usd money, Rate rate, Round round) {
  return Usd::raw(narrow(divide(static_cast<Wide>(money.raw()) * rate.raw(), Rate::scale, round)));
}

}  // namespace delever
