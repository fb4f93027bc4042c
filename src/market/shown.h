// How a price is shown: with the digits that its size needs. $84250.00 and $0.00000512.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace delever {

// At least `decimals` after the point, and four figures where the price is small; zeros beyond
// `decimals` are left away.
inline std::string shown_price(double value, int decimals) {
  int digits = decimals;
  if (value != 0 && std::isfinite(value)) {
    const double size = std::floor(std::log10(std::fabs(value)));
    digits = std::clamp(3 - static_cast<int>(size), decimals, 15);
  }
  std::string out = fmt::format("{:.{}f}", value, digits);
  while (digits > decimals && out.ends_with('0')) out.pop_back(), --digits;
  if (out.ends_with('.')) out.pop_back();
  return out;
}

}  // namespace delever
