// Which orders a request of Bybit's means.
#pragma once

#include "gateways/bybit/account_rows.h"
#include "gateways/parameters.h"

namespace delever::gateways::bybit {

// A stop that follows has no trigger before the price from which it follows was seen.
inline bool is_stop(const OrderRecord& o) {
  return o.asked.trigger.raw() > 0 || o.trailing.has_value();
}

// Which orders a filter of Bybit's means; none: all.
inline bool fits_filter(const OrderRecord& o, std::string_view filter) {
  if (filter.empty()) return true;
  const bool waits = is_stop(o) && !o.triggered;
  if (filter == "Order") return !waits;
  if (filter == "StopOrder") return waits;
  if (filter == "tpslOrder") return waits && is_position_stop(o.tag);
  return true;
}

inline bool fits(const Venue& venue, const OrderRecord& o, const Parameters& fields) {
  const Product& p = venue.catalog[o.asked.instrument];
  return fields["category"] == category_name(p.category) &&
         (!fields.has("symbol") || fields["symbol"] == p.symbol) &&
         (!fields.has("baseCoin") || fields["baseCoin"] == p.base) &&
         (!fields.has("settleCoin") || fields["settleCoin"] == p.settle) &&
         fits_filter(o, fields["orderFilter"]);
}

}  // namespace delever::gateways::bybit
