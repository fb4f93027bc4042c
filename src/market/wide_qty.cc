#include "market/wide_qty.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "market/decimal_text.h"

namespace delever {
namespace {

constexpr Wide kMost = (Wide{1} << 95) - 1;

Error beyond_quantity(std::string_view text) {
  return {Fault::out_of_range,
          fmt::format("\"{}\" is beyond the range of a quantity", text.substr(0, 40))};
}

}  // namespace

// What 64 bits hold goes the way of every other number. Of what they do not, the whole part is read
// at no digits after the point, and the fraction by itself.
Result<WideQty> WideQty::parse(std::string_view text, Precision precision) {
  const auto near = read_decimal(text, digits, precision);
  if (near.has_value()) return raw(near.value().units);
  if (near.error().fault != Fault::out_of_range) return near.error();
  const bool negative = text.starts_with('-');
  const std::string_view magnitude = negative ? text.substr(1) : text;
  const size_t point = magnitude.find('.');
  const bool plain = magnitude.find_first_of("eE") == magnitude.npos;
  // "1.5e11" has no fraction of its own worth keeping apart: what is beyond 64 bits is whole.
  const std::string_view whole_text = plain ? magnitude.substr(0, point) : magnitude;
  const auto whole = read_decimal(whole_text, 0, precision);
  if (!whole.has_value()) {
    if (whole.error().fault == Fault::out_of_range) return beyond_quantity(text);
    return whole.error();
  }
  Wide units = static_cast<Wide>(whole.value().units) * scale;
  if (plain && point != magnitude.npos) {
    const std::string fraction = fmt::format("0{}", magnitude.substr(point));
    units += TRY(read_decimal(fraction, digits, precision)).units;
  }
  if (units > kMost) return beyond_quantity(text);
  return raw(negative ? -units : units);
}

char* put_decimal(char* to, WideQty qty) {
  if (const auto narrow = qty.narrowed()) return put_decimal(to, *narrow);
  const Wide units = qty.raw(), magnitude = units < 0 ? -units : units;
  if (units < 0) *to++ = '-';
  to = std::to_chars(to, to + 24, static_cast<uint64_t>(magnitude / WideQty::scale)).ptr;
  std::array<char, kDecimalTextMax> fraction;
  char* const end =
      put_decimal(fraction.data(), Qty::raw(static_cast<int64_t>(magnitude % WideQty::scale)));
  return std::copy(fraction.data() + 1, end, to);  // without its "0"
}

std::string WideQty::text() const {
  std::array<char, kDecimalTextMax> text;
  return {text.data(), put_decimal(text.data(), *this)};
}

}  // namespace delever
