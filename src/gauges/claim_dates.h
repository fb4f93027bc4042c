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

// "27 March", "Mar 27", "the March expiry": days and months whose year is not said.
struct NamedMonth {
  int month = 1;
  std::optional<int> day;
  std::string text() const;  // "27 March", "March"
};
std::vector<NamedMonth> months_in(std::string_view text);

// The time from the first to the last of several days, both included, or between two times of day.
// Missing: there are no two days, or nobody can say whether the last one is in it (29 to 30 Jan).
struct NamedSpan {
  Instant from, to;
  std::optional<Duration> length;
};
std::optional<NamedSpan> span_of(const ClaimDates& dates);

// "8:00", "08:00", "24:00", "08:00:00"; nothing else is a time of day.
std::optional<Duration> clock_of(std::string_view word);

// The times of day of a text beside those of its ISO times.
struct NamedClocks {
  std::vector<Duration> clocks;
  std::optional<std::string> unread;  // "0800", "08.30": meant as an hour, nobody can tell which
  bool bounds = false;                // "till 12:00": from or up to it
};
NamedClocks clocks_in(std::string_view text);

}  // namespace delever::gauges
