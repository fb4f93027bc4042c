#include "reports/numbers.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

namespace delever::reports {

std::string short_number(double value, int digits) {
  constexpr std::array<std::pair<double, char>, 4> units{
      {{1e12, 'T'}, {1e9, 'B'}, {1e6, 'M'}, {1e4, 'k'}}};
  for (const auto& [size, name] : units) {
    if (std::fabs(value) < size) continue;
    const double unit = name == 'k' ? 1e3 : size;
    return fmt::format("{:.{}g}{}", value / unit, digits, name);
  }
  return fmt::format("{:.{}g}", value, digits);
}

}  // namespace delever::reports
