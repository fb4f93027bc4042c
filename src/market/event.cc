#include "market/event.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace delever {

// A hundred-thousandth: vendors round to five digits and more, and a market that is told otherwise
// is another.
bool same_figure(double a, double b) {
  return std::fabs(a - b) <= 1e-5 * std::max(std::fabs(a), std::fabs(b));
}

std::string_view payload_name(const EventPayload& payload) {
  constexpr std::array<std::string_view, std::variant_size_v<EventPayload>> names{
      "trade",
      "quote",
      "book_snapshot",
      "book_delta",
      "liquidation",
      "liquidation_total",
      "funding_rate",
      "mark_price",
      "index_price",
      "open_interest",
      "option_quote",
      "instrument",
      "candle",
      "vol_index",
      "holding",
      "published_figure",
      "gap"};
  return names[payload.index()];
}

}  // namespace delever
