// JSON out, in the order it is written. Numbers are the shortest text that reads back to the same
// double; a missing number is null, never 0 or NaN.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "gauges/reading.h"

namespace delever::render {

using Json = nlohmann::ordered_json;

inline Json json_or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}
Json to_json(const gauges::Reading& reading);
// Two spaces of indent; bytes that are not UTF-8 become U+FFFD, so that a strange symbol cannot
// stop a report.
inline std::string written_json(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

inline std::string json_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace delever::render
