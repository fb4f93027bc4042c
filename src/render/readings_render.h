// Readings as lines: CSV and JSON.
#pragma once

#include <string_view>

#include "gauges/reading.h"
#include "render/text_buffer.h"

namespace delever::render {

inline constexpr std::string_view kReadingsCsvHeader =
    "at,asset,name,venue,expiry,value,low,high,unit,state,as_of,window_s,coverage,sources,"
    "reason,rule\n";
void put_reading_csv(TextBuffer& out, Instant at, const gauges::Reading& reading);
void put_reading_json(TextBuffer& out, Instant at, const gauges::Reading& reading);

}  // namespace delever::render
