// Numbers as venues print them: fixed notation, no exponent, no zeros at the end.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <string>

#include "base/time.h"
#include "market/event.h"
#include "market/units.h"

namespace delever::gateways {

// Rounded to `digits` after the point; what is no number becomes "0".
inline std::string number_text(double value, int digits = 8) {
  if (!std::isfinite(value)) return "0";
  std::string text = fmt::format("{:.{}f}", value, digits);
  if (text.find('.') != text.npos) {
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

template <class T>
std::string text_or(const std::optional<T>& value, const char* missing = "") {
  return value ? value->text() : std::string(missing);
}

inline std::string ms_text(Instant at) { return std::to_string(at.ms()); }

// 0.01 has two digits after the point.
inline size_t digits_after_point(const std::string& text) {
  const size_t point = text.find('.');
  return point == text.npos ? 0 : text.size() - point - 1;
}

}  // namespace delever::gateways
