// Instant and Duration: UTC nanoseconds since 1970 in 64 bits (1677 to 2262). They live in base,
// not in market, because Clock hands them out. Text is ISO-8601 in UTC: "2026-01-30T08:00:00Z",
// "2026-01-30", fractions to 9 digits. Sums and differences stop at the ends of the range: a
// message may be stamped 1677, and "the 30 days before" is then the beginning of time and not an
// overflow.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/result.h"

namespace delever {

// a + b, or the end of the range that it passes.
constexpr int64_t clamped_sum(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
}
constexpr int64_t clamped_difference(int64_t a, int64_t b) {
  int64_t difference = 0;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return b < 0 ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
}

class Duration {
 public:
  constexpr Duration() = default;
  static constexpr Duration ns(int64_t n) {
    Duration d;
    d.ns_ = n;
    return d;
  }
  static constexpr Duration us(int64_t n) { return scaled(n, 1'000); }
  static constexpr Duration ms(int64_t n) { return scaled(n, 1'000'000); }
  static constexpr Duration seconds(int64_t n) { return scaled(n, 1'000'000'000); }
  static constexpr Duration minutes(int64_t n) { return scaled(n, 60'000'000'000); }
  static constexpr Duration hours(int64_t n) { return scaled(n, 3'600'000'000'000); }
  static constexpr Duration days(int64_t n) { return scaled(n, 86'400'000'000'000); }
  // "90s", "5m", "1h", "8h", "30d", "250ms". Whole numbers only.
  static Result<Duration> parse(std::string_view text);

  constexpr int64_t ns() const { return ns_; }
  constexpr double in_seconds() const { return static_cast<double>(ns_) * 1e-9; }
  constexpr double in_days() const { return static_cast<double>(ns_) / 86'400e9; }
  constexpr double in_years() const {
    return in_days() / 365.0;
  }  // ACT/365, the options convention (docs/models)
  std::string text() const;

  friend constexpr Duration operator+(Duration a, Duration b) {
    return ns(clamped_sum(a.ns_, b.ns_));
  }
  friend constexpr Duration operator-(Duration a, Duration b) {
    return ns(clamped_difference(a.ns_, b.ns_));
  }
  friend constexpr Duration operator*(Duration a, int64_t n) {
    int64_t product = 0;
    if (!__builtin_mul_overflow(a.ns_, n, &product)) return ns(product);
    return ns((a.ns_ > 0) == (n > 0) ? std::numeric_limits<int64_t>::max()
                                     : std::numeric_limits<int64_t>::min());
  }
  friend constexpr Duration operator/(Duration a, int64_t n) { return ns(a.ns_ / n); }
  friend constexpr auto operator<=>(Duration, Duration) = default;

 private:
  static constexpr Duration scaled(int64_t n, int64_t unit) {
    int64_t product = 0;
    CHECK(!__builtin_mul_overflow(n, unit, &product));
    return ns(product);
  }
  int64_t ns_ = 0;
};

class Instant {
 public:
  constexpr Instant() = default;
  static constexpr Instant ns(int64_t n) {
    Instant t;
    t.ns_ = n;
    return t;
  }
  static constexpr Instant min() { return ns(std::numeric_limits<int64_t>::min()); }
  static constexpr Instant max() { return ns(std::numeric_limits<int64_t>::max()); }
  // Epoch numbers from the wire; a value that does not fit is an error, never a wrap.
  static Result<Instant> from_ms(int64_t n);
  static Result<Instant> from_us(int64_t n);
  static Result<Instant> from_seconds(int64_t n);
  static Result<Instant> parse(std::string_view text);
  static Result<Instant> from_date(int year, int month, int day);

  constexpr int64_t ns() const { return ns_; }
  constexpr int64_t ms() const { return ns_ / 1'000'000 - (ns_ % 1'000'000 < 0 ? 1 : 0); }
  Instant start_of_day() const;  // 00:00 UTC of its day
  std::string text() const;      // shortest exact form: "2026-01-30T08:00:00Z", "...00.009Z"
  std::string date() const;      // "2026-01-30"

  friend constexpr Instant operator+(Instant t, Duration d) {
    return ns(clamped_sum(t.ns_, d.ns()));
  }
  friend constexpr Instant operator-(Instant t, Duration d) {
    return ns(clamped_difference(t.ns_, d.ns()));
  }
  friend constexpr Duration operator-(Instant a, Instant b) {
    return Duration::ns(clamped_difference(a.ns_, b.ns_));
  }
  friend constexpr auto operator<=>(Instant, Instant) = default;

 private:
  int64_t ns_ = 0;
};

}  // namespace delever
