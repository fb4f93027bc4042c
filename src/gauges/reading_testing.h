// A reading as tests of claims need one: known, from one source.
#pragma once

#include "gauges/reading.h"

namespace delever::gauges {

inline Reading known_reading(const char* name, const char* asset, double value, const char* venue,
                             Instant as_of) {
  Reading r;
  r.name = name;
  r.asset = asset;
  if (venue) r.venue = venue;
  r.value = value;
  r.state = State::single_source;
  r.sources = {"test"};
  r.as_of = as_of;
  return r;
}

}  // namespace delever::gauges
