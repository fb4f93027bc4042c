#include "base/time.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/time_text.h"

namespace delever {
namespace {

constexpr int64_t kDay = 86'400'000'000'000;

// Days since 1970-01-01 of a proleptic Gregorian date (H. Hinnant, "chrono-compatible low-level
// date algorithms").
constexpr int64_t days_from_civil(int64_t y, int m, int d) {
  y -= m <= 2;
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const int64_t yoe = y - era * 400;
  const int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

struct Civil {
  int64_t year;
  int month;
  int day;
};

// The inverse of days_from_civil, of the same source. Years begin in March, so that the leap day is
// the last of its year.
constexpr Civil civil_from_days(int64_t z) {
  z += 719468;
  const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const int64_t doe = z - era * 146097;
  const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const int64_t mp = (5 * doy + 2) / 153;
  const int day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
  const int month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  return {yoe + era * 400 + (month <= 2), month, day};
}

int days_in_month(int64_t year, int month) {
  constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days[static_cast<size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

Error bad_time(std::string_view text) {
  return {Fault::malformed,
          fmt::format("not a UTC time: \"{}\" (want 2026-01-30T08:00:00Z)", text.substr(0, 60))};
}

// Reads exactly `count` digits from the front of `text`.
bool take_digits(std::string_view& text, size_t count, int& out) {
  if (text.size() < count) return false;
  out = 0;
  for (char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return false;
    out = out * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return true;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

Result<Instant> scaled(int64_t n, int64_t unit) {
  int64_t product = 0;
  if (__builtin_mul_overflow(n, unit, &product))
    return Error{Fault::out_of_range, fmt::format("time {} is beyond the years 1677 to 2262", n)};
  return Instant::ns(product);
}

// Nanoseconds since 00:00 UTC.
int64_t in_day(int64_t ns) {
  const int64_t rest = ns % kDay;
  return rest < 0 ? rest + kDay : rest;
}

}  // namespace

Result<Duration> Duration::parse(std::string_view text) {
  int64_t n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  const std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  int64_t scale = 0;
  if (unit == "ns") scale = 1;
  if (unit == "us") scale = 1'000;
  if (unit == "ms") scale = 1'000'000;
  if (unit == "s") scale = 1'000'000'000;
  if (unit == "m" || unit == "min") scale = 60'000'000'000;
  if (unit == "h") scale = 3'600'000'000'000;
  if (unit == "d") scale = kDay;
  int64_t product = 0;
  if (ec != std::errc{} || scale == 0 || __builtin_mul_overflow(n, scale, &product))
    return Error{Fault::malformed,
                 fmt::format("not a duration: \"{}\" (want 90s, 5m, 1h, 30d)", text.substr(0, 60))};
  return ns(product);
}

std::string Duration::text() const {
  struct Unit {
    int64_t ns;
    const char* name;
  };
  constexpr std::array<Unit, 7> units{{{kDay, "d"},
                                       {3'600'000'000'000, "h"},
                                       {60'000'000'000, "m"},
                                       {1'000'000'000, "s"},
                                       {1'000'000, "ms"},
                                       {1'000, "us"},
                                       {1, "ns"}}};
  if (ns_ == 0) return "0s";
  for (const Unit& unit : units) {
    // The largest unit of which it is a whole number: parse() reads it back to the same.
    if (ns_ % unit.ns == 0) return fmt::format("{}{}", ns_ / unit.ns, unit.name);
  }
  return fmt::format("{}ns", ns_);
}

Result<Instant> Instant::from_ms(int64_t n) { return scaled(n, 1'000'000); }
Result<Instant> Instant::from_us(int64_t n) { return scaled(n, 1'000); }
Result<Instant> Instant::from_seconds(int64_t n) { return scaled(n, 1'000'000'000); }

Result<Instant> Instant::from_date(int year, int month, int day) {
  if (year < 1678 || year > 2261 || month < 1 || month > 12 || day < 1 ||
      day > days_in_month(year, month))
    return Error{Fault::malformed, fmt::format("no such date: {}-{}-{}", year, month, day)};
  return ns(days_from_civil(year, month, day) * kDay);
}

Result<Instant> Instant::parse(std::string_view text) {
  std::string_view rest = text;
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!take_digits(rest, 4, year) || !take(rest, '-') || !take_digits(rest, 2, month) ||
      !take(rest, '-') || !take_digits(rest, 2, day))
    return bad_time(text);
  int64_t fraction = 0;
  if (!rest.empty() && (rest.front() == 'T' || rest.front() == ' ')) {
    rest.remove_prefix(1);
    if (!take_digits(rest, 2, hour) || !take(rest, ':') || !take_digits(rest, 2, minute))
      return bad_time(text);
    if (take(rest, ':')) {
      if (!take_digits(rest, 2, second)) return bad_time(text);
      if (take(rest, '.')) {
        int64_t weight = 100'000'000;
        if (rest.empty() || rest.front() < '0' || rest.front() > '9') return bad_time(text);
        while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
          fraction += (rest.front() - '0') * weight;
          // Digits beyond the ninth weigh nothing: they are read and dropped.
          weight /= 10;
          rest.remove_prefix(1);
        }
      }
    }
    // UTC only: an offset other than zero is refused, so that nobody's local time slips in.
    if (rest != "" && rest != "Z" && rest != "+00" && rest != "+00:00" && rest != " UTC")
      return bad_time(text);
  } else if (!rest.empty() && rest != "Z") {
    return bad_time(text);
  }
  if (hour > 23 || minute > 59 || second > 60) return bad_time(text);
  const auto midnight = from_date(year, month, day);
  if (!midnight.has_value()) return bad_time(text);
  return ns(midnight.value().ns() + ((hour * 60 + minute) * 60 + second) * 1'000'000'000LL +
            fraction);
}

Instant Instant::start_of_day() const { return ns(clamped_difference(ns_, in_day(ns_))); }

namespace {

char* put_two(char* to, int64_t value) {
  to[0] = static_cast<char>('0' + value / 10);
  to[1] = static_cast<char>('0' + value % 10);
  return to + 2;
}

// Years have four digits: 1677 to 2262.
char* put_date(char* to, Instant time) {
  const Civil c = civil_from_days(time.ns() / kDay - (time.ns() % kDay < 0 ? 1 : 0));
  to = put_two(put_two(to, c.year / 100), c.year % 100);
  *to++ = '-';
  to = put_two(to, c.month);
  *to++ = '-';
  return put_two(to, c.day);
}

}  // namespace

char* put_time(char* to, Instant time) {
  const int64_t rest = in_day(time.ns());
  const int64_t s = rest / 1'000'000'000;
  to = put_date(to, time);
  *to++ = 'T';
  to = put_two(to, s / 3600);
  *to++ = ':';
  to = put_two(to, s / 60 % 60);
  *to++ = ':';
  to = put_two(to, s % 60);
  if (int64_t fraction = rest % 1'000'000'000; fraction != 0) {
    int digits = 9;
    for (; fraction % 10 == 0; fraction /= 10) --digits;
    *to++ = '.';
    for (char* at = to + digits; at != to; fraction /= 10)
      *--at = static_cast<char>('0' + fraction % 10);
    to += digits;
  }
  *to++ = 'Z';
  return to;
}

std::string Instant::date() const {
  std::array<char, kTimeTextMax> text;
  return {text.data(), put_date(text.data(), *this)};
}

std::string Instant::text() const {
  std::array<char, kTimeTextMax> text;
  return {text.data(), put_time(text.data(), *this)};
}

}  // namespace delever
