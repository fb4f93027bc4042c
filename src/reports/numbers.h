// Numbers in messages and pages for people.
#pragma once

#include <string>

namespace delever::reports {

// 1234567 -> "1.23M", 0.0624 -> "0.0624"; at most `digits` significant digits.
std::string short_number(double value, int digits = 4);

}  // namespace delever::reports
