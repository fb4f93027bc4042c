// Exact figures written as text, for tests: price("0.1") is the price that a message states.
#pragma once

#include <string_view>

#include "base/time.h"
#include "market/units.h"

namespace delever {

inline Price price(std::string_view text) { return Price::parse(text).value(); }
inline Qty qty(std::string_view text) { return Qty::parse(text).value(); }
inline Rate rate(std::string_view text) { return Rate::parse(text).value(); }
inline Instant ms(int64_t since_1970) { return Instant::from_ms(since_1970).value(); }

}  // namespace delever
