#include "market/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "market/decimal_text.h"

namespace delever {
namespace {

constexpr std::array<int64_t, 19> kPowers = [] {
  std::array<int64_t, 19> p{};
  p[0] = 1;
  for (size_t i = 1; i < p.size(); ++i) p[i] = p[i - 1] * 10;
  return p;
}();

Error bad(std::string_view text, std::string_view why) {
  return {Fault::malformed, fmt::format("\"{}\" is {}", text.substr(0, 40), why)};
}
Error beyond(std::string_view text) {
  return {Fault::out_of_range,
          fmt::format("\"{}\" is beyond the range of its unit", text.substr(0, 40))};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// 0.30000000000000004 is how a program prints the double of 0.3. Sixteen digits and more, of which
// all behind the scale are noughts or nines down to where doubles end, say nothing finer than it.
bool is_noise_of_a_double(std::string_view digits, size_t kept) {
  if (digits.size() < 16 || kept == 0) return false;
  const char fill = digits[kept];
  if (fill != '0' && fill != '9') return false;
  const size_t end = std::min(digits.find_first_not_of(fill, kept), digits.size());
  return end >= 15;
}

// The general path: exponents, more digits than 64 bits hold, digits beyond the scale.
Result<DecimalText> read_slow(std::string_view text, int scale_digits, Precision precision) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);
  std::string digits;
  int after_point = 0;
  bool point = false;
  size_t i = 0;
  for (; i < rest.size(); ++i) {
    if (rest[i] == '.' && !point && i > 0) {
      point = true;
    } else if (is_digit(rest[i])) {
      digits.push_back(rest[i]);
      after_point += point;
    } else {
      break;
    }
  }
  if (digits.empty() || (point && after_point == 0)) return bad(text, "not a number");
  int exponent = 0;
  if (i < rest.size() && (rest[i] == 'e' || rest[i] == 'E')) {
    std::string_view e = rest.substr(i + 1);
    const bool minus = e.starts_with('-');
    if (minus || e.starts_with('+')) e.remove_prefix(1);
    if (e.empty() || e.size() > 3) return bad(text, "not a number");
    for (char c : e) {
      if (!is_digit(c)) return bad(text, "not a number");
      exponent = exponent * 10 + (c - '0');
    }
    if (minus) exponent = -exponent;
    i = rest.size();
  }
  if (i != rest.size()) return bad(text, "not a number");

  // value = digits x 10^shift units
  int shift = scale_digits - after_point + exponent;
  const size_t significant = digits.find_first_not_of('0');
  const int written = std::max(0, after_point - exponent);
  if (significant == digits.npos)
    return DecimalText{0, static_cast<uint8_t>(std::min(written, 255))};
  digits.erase(0, significant);
  bool round_up = false;
  if (shift < 0) {
    const size_t drop = static_cast<size_t>(-shift);
    const bool all = drop > digits.size();
    const std::string tail = all ? digits : digits.substr(digits.size() - drop);
    if (precision == Precision::exact && tail.find_first_not_of('0') != tail.npos &&
        !is_noise_of_a_double(digits, all ? 0 : digits.size() - drop))
      return bad(text, fmt::format("finer than 1e-{}", scale_digits));
    round_up = !all && tail.front() >= '5';
    digits.resize(all ? 0 : digits.size() - drop);
    shift = 0;
  }
  if (digits.size() + static_cast<size_t>(shift) > 19) return beyond(text);
  int64_t units = 0;
  digits.append(static_cast<size_t>(shift), '0');
  for (char c : digits) {
    const int64_t digit = c - '0';
    if (__builtin_mul_overflow(units, 10L, &units) || __builtin_add_overflow(units, digit, &units))
      return beyond(text);
  }
  if (round_up && __builtin_add_overflow(units, int64_t{1}, &units)) return beyond(text);
  return DecimalText{negative ? -units : units, static_cast<uint8_t>(std::min(written, 255))};
}

}  // namespace

// Venues write plain decimals, so this loop takes nearly every number; what it does not know goes
// the slow way.
Result<DecimalText> read_decimal(std::string_view text, int scale_digits, Precision precision) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool negative = p != end && *p == '-';
  p += negative;
  const char* const first = p;
  uint64_t units = 0;
  while (p != end && is_digit(*p)) units = units * 10 + static_cast<uint64_t>(*p++ - '0');
  const auto whole = p - first;
  if (whole == 0)
    return text.empty() ? bad(text, "empty, not a number") : bad(text, "not a number");
  long after = 0;
  if (p != end && *p == '.') {
    const char* const fraction = ++p;
    while (p != end && is_digit(*p)) units = units * 10 + static_cast<uint64_t>(*p++ - '0');
    after = p - fraction;
    if (after == 0) return bad(text, "not a number");
  }
  if (p != end || whole + after > 18 || after > scale_digits)
    return read_slow(text, scale_digits, precision);
  int64_t scaled = 0;
  const int64_t weight = kPowers[static_cast<size_t>(scale_digits - after)];
  if (__builtin_mul_overflow(static_cast<int64_t>(units), weight, &scaled)) return beyond(text);
  return DecimalText{negative ? -scaled : scaled, static_cast<uint8_t>(after)};
}

std::string write_decimal(int64_t units, int scale_digits, int digits) {
  const uint64_t magnitude =
      units < 0 ? 0 - static_cast<uint64_t>(units) : static_cast<uint64_t>(units);
  const uint64_t scale = static_cast<uint64_t>(kPowers[static_cast<size_t>(scale_digits)]);
  std::string out = fmt::format("{}{}", units < 0 ? "-" : "", magnitude / scale);
  if (digits > 0) {
    std::string fraction = fmt::format("{:0{}}", magnitude % scale, scale_digits);
    fraction.resize(static_cast<size_t>(digits), '0');
    out += "." + fraction;
  }
  return out;
}

namespace {

// Inlined for the scales of prices and quantities: a division by a number that the compiler knows
// is a multiplication. The fraction is written from its end, so that the zeros there are never
// written.
[[gnu::always_inline]] inline char* put_scaled(char* to, uint64_t magnitude, uint64_t scale,
                                               int digits) {
  const uint64_t whole = magnitude / scale;
  uint64_t fraction = magnitude % scale;
  to = std::to_chars(to, to + 20, whole).ptr;
  if (fraction == 0) return to;
  while (digits > 4 && fraction % 10'000 == 0) {
    fraction /= 10'000;
    digits -= 4;
  }
  while (fraction % 10 == 0) {
    fraction /= 10;
    --digits;
  }
  *to++ = '.';
  for (char* at = to + digits; at != to; fraction /= 10)
    *--at = static_cast<char>('0' + fraction % 10);
  return to + digits;
}

}  // namespace

char* put_decimal(char* to, int64_t units, int scale_digits) {
  uint64_t magnitude = static_cast<uint64_t>(units);
  if (units < 0) {
    *to++ = '-';
    magnitude = 0 - magnitude;
  }
  switch (scale_digits) {
    case Price::digits:
      return put_scaled(to, magnitude, Price::scale, Price::digits);
    case Qty::digits:
      return put_scaled(to, magnitude, Qty::scale, Qty::digits);
    default:
      return put_scaled(to, magnitude,
                        static_cast<uint64_t>(kPowers[static_cast<size_t>(scale_digits)]),
                        scale_digits);
  }
}

std::string write_decimal(int64_t units, int scale_digits) {
  std::array<char, kDecimalTextMax> text;
  return {text.data(), put_decimal(text.data(), units, scale_digits)};
}

}  // namespace delever
