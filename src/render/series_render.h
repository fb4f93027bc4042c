// What the page draws, as JSON: prices, forced closing and waves; the series behind the readings;
// streams, gaps; a track of readings over time. Columns, so that a year of minutes stays small.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "gauges/history.h"
#include "gauges/reading.h"
#include "render/json.h"
#include "reports/series.h"
#include "reports/survey.h"

namespace delever::render {

// `span`: of a bar; never shorter than what is there.
Json series_json(const reports::Series& series, Duration span);
Json waves_json(const reports::Series& series);
Json history_json(const gauges::History& history);
Json gaps_json(const reports::Survey& survey);
Json streams_json(const reports::Survey& survey, Instant at);

// Readings at many times as columns: one a name, venue and expiry.
class Track {
 public:
  void add(Instant at, const std::vector<gauges::Reading>& readings);
  Json json() const;

 private:
  struct Column {
    gauges::Reading last;  // its name, venue, expiry and unit
    std::vector<Json> value, low, high, state;
  };
  std::vector<Json> times_;
  std::map<std::string, Column> columns_;
};

}  // namespace delever::render
