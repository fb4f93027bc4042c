// Names of published figures that decoders write and gauges look for (PublishedFigure::metric).
#pragma once

#include <string_view>

namespace delever {

// A venue's own word for the type of a funding rate that was settled at the event's time: `unit` is
// the word, `value` the rate.
inline constexpr std::string_view kFundingRateType = "funding_rate_type";

}  // namespace delever
