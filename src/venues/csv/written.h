// Numbers and times as people and spreadsheets write them, where a map says so
// (docs/column-maps.md): 1.234.567,89 and 30.01.2026 09:15. Nothing is guessed: a text that does
// not keep the form that the map names is an error.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace delever::venues {

struct NumberMarks {
  char decimal = '.';     // '.' or ','
  std::string thousands;  // between groups of three digits, " " for any space; empty: no groups
  bool plain() const { return decimal == '.' && thousands.empty(); }
};

// The number as our exact types read it: digits and a point. Missing: not a number in these marks.
// A group that has not three digits is one: "1,5" is never fifteen.
std::optional<std::string> plain_number(std::string_view text, const NumberMarks& marks);

enum class DateOrder : uint8_t { day_month_year, month_day_year, year_month_day };

// 30.01.2026, 30/1/26 and 30 Jan 2026; a time of day behind it, with AM or PM as well. Of a year
// with two digits the century is ours. `ahead`: how far the clock that it was written by is ahead
// of UTC; a text that says so itself (Z, +08:00) may not contradict it.
Result<Instant> parse_written(std::string_view text, DateOrder order, Duration ahead);

// ISO-8601, in UTC or with the offset that it names: 2026-01-30T16:00:00+08:00.
Result<Instant> parse_iso(std::string_view text, Duration ahead);

}  // namespace delever::venues
