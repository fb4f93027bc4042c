// Readings as lines: CSV and JSON.
#pragma once

#include <string>
#include <string_view>

#include "gauges/reading.h"

namespace delever::render {

inline constexpr std::string_view kReadingsCsvHeader =
    "at,asset,name,venue,expiry,value,low,high,unit,state,as_of,window_s,coverage,sources,"
    "reason,rule\n";
std::string reading_csv(Instant at, const gauges::Reading& reading);
std::string reading_json_line(Instant at, const gauges::Reading& reading);

}  // namespace delever::render
