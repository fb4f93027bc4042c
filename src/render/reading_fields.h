// The members of a reading in JSON, in their order: one list for the tree and for the text that is
// written straight.
#pragma once

#include <string_view>

#include "gauges/reading.h"
#include "market/instrument.h"

namespace delever::render {

// put(name, value): texts, numbers, times, lists of texts, and each of them missing.
template <class Put>
void put_reading_fields(const gauges::Reading& r, Put put) {
  put("name", std::string_view(r.name));
  put("asset", std::string_view(r.asset));
  if (r.venue) put("venue", std::string_view(*r.venue));
  if (r.expiry) put("expiry", std::string_view(expiry_name(*r.expiry)));
  put("value", r.value);
  put("low", r.low);
  put("high", r.high);
  put("unit", std::string_view(r.unit));
  put("as_of", r.as_of);
  put("window_s", r.window.in_seconds());
  put("state", gauges::state_name(r.state));
  put("sources", r.sources);
  put("coverage", r.coverage);
  put("reason", std::string_view(r.reason));
  put("rule", std::string_view(r.rule));
}

}  // namespace delever::render
