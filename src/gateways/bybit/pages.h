// Lists in pages: newest first, a cursor that says how many rows came before. Rows that are added
// meanwhile repeat some; none is missed.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "gateways/bybit/api.h"
#include "gateways/json_text.h"

namespace delever::gateways::bybit {

template <class Row>
struct Page {
  std::vector<const Row*> rows;
  std::string cursor;  // empty: there are no more
};

// Of rows, oldest first, those that `wanted` takes, from the newest on.
template <class Range, class TimeOf, class Wanted>
auto page_of(const Range& range, const Ask& ask, size_t usual, size_t most, TimeOf time_of,
             Wanted wanted) {
  Page<typename Range::value_type> page;
  const size_t limit = ask.fields.count("limit", ask.fields.count("size", usual, most), most);
  const int64_t before = std::max<int64_t>(ask.fields.whole("cursor").value_or(0), 0);
  int64_t passed = 0;
  const auto from = ask.fields.whole("startTime"), to = ask.fields.whole("endTime");
  for (auto it = range.rbegin(); it != range.rend(); ++it) {
    const int64_t at = time_of(*it).ms();
    if ((from && at < *from) || (to && at > *to) || !wanted(*it)) continue;
    if (passed++ < before) continue;
    if (page.rows.size() == limit) {
      page.cursor = std::to_string(passed - 1);
      break;
    }
    page.rows.push_back(&*it);
  }
  return page;
}

// {"category":..,"list":[..],"nextPageCursor":..}
template <class Rows, class Write>
std::string listed(std::string_view category, const Rows& rows, std::string_view cursor,
                   Write write) {
  std::string out;
  ObjectText row(out);
  row.text("category", category);
  append_list(row.member("list"), rows, [&](const auto& each) { write(out, each); });
  row.text("nextPageCursor", cursor);
  row.end();
  return out;
}

}  // namespace delever::gateways::bybit
