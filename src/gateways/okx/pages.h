// OKX's way through long lists: newest first, `after` an id shows older rows, `before` one newer
// ones, begin and end bound the time.
#pragma once

#include <vector>

#include "gateways/okx/api.h"

namespace delever::gateways::okx {

template <class Range, class IdOf, class TimeOf, class Wanted>
auto page_of(const Range& range, const Ask& ask, IdOf id_of, TimeOf time_of, Wanted wanted,
             size_t most = 100) {
  std::vector<const typename Range::value_type*> out;
  const size_t limit = ask.fields.count("limit", most, most);
  const auto after = ask.fields.whole("after"), before = ask.fields.whole("before");
  const auto begin = ask.fields.whole("begin"), end = ask.fields.whole("end");
  for (auto it = range.rbegin(); it != range.rend() && out.size() < limit; ++it) {
    const auto id = static_cast<int64_t>(id_of(*it));
    const int64_t at = time_of(*it).ms();
    if ((after && id >= *after) || (before && id <= *before)) continue;
    if ((begin && at < *begin) || (end && at > *end) || !wanted(*it)) continue;
    out.push_back(&*it);
  }
  return out;
}

}  // namespace delever::gateways::okx
