// What the words of a claim make of its metric: over which periods, by whom, and whether they ask
// for something beside the figure that the metric measures (a change, a record, a part).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace delever::gauges {

// Whether `word` stands in `text` between other characters than letters and digits.
bool has_word(std::string_view text, std::string_view word);

// "7-day mean", "30d", "in 4 hours", "weekly": what periods a text names, in their order. Dates
// are none.
std::vector<Duration> periods_in(std::string_view text);

// A metric's words in one spelling: lower case, "7d" also as "7-day", "OI" also as "open interest",
// and with what its unit says ("percent per year" is annual).
std::string plain_words(std::string_view metric, std::string_view unit);

// The time that a rate is stated for, "percent per hour" or "hourly funding"; none where neither
// says one, or a year, which is a metric of its own.
std::optional<Duration> rate_period(std::string_view metric, std::string_view unit);

// The coins other than `asset` that a metric's words name, of the well-known ones.
std::vector<std::string> other_coins(std::string_view metric, std::string_view asset);

// The venues that a metric's words name, of the well-known ones.
std::vector<std::string> venues_in(std::string_view metric);

// The first word or number of `text` that is neither in one of the lists nor a date, a period, a
// venue or the asset: what it makes of the figure nobody here knows.
std::optional<std::string> unknown_word(std::string_view text, std::string_view asset,
                                        const std::vector<const std::vector<std::string>*>& known);

// The first zone other than UTC that a window's words name.
std::optional<std::string> zone_in(std::string_view window);

}  // namespace delever::gauges
