// The days that a claim's words name, and spans of the calendar: a year, a quarter or a month is
// another time than the day that gauges measure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace delever::gauges {

struct NamedDay {
  Instant day;
  std::optional<Duration> clock;  // of an ISO time
};

struct ClaimDates {
  std::vector<NamedDay> days;  // in their order; "1-29 Jan 2026" names two
  std::optional<std::string>
      calendar;  // "2025", "January 2025", "Q4": the first span that is named
};
ClaimDates dates_in(std::string_view text);

// The time from the first to the last of several days, both included, or between two times of day.
// Missing: there are no two days, or nobody can say whether the last one is in it (29 to 30 Jan).
struct NamedSpan {
  Instant from, to;
  std::optional<Duration> length;
};
std::optional<NamedSpan> span_of(const ClaimDates& dates);

}  // namespace delever::gauges
