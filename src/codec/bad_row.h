// What no market can have said: a trade at a price of 0, an index below it. Such a row is left out
// and reported, whatever wrote it; the levels of books are checked where they are read.
#pragma once

#include <string_view>

#include "market/event.h"

namespace delever::codec {

// Whether there is anything to check, for the kinds of which most messages are.
inline bool may_be_bad_row(const Event& event) {
  if (std::holds_alternative<BookDelta>(event.payload)) return false;
  const auto* trade = std::get_if<Trade>(&event.payload);
  return !trade || trade->price <= Price() || trade->qty <= WideQty();
}
std::string_view bad_row(const Event& event, InstrumentKind kind);  // why; empty: it is good

// A side of a best bid and ask at which nothing lies is missing, however the venue writes it: 0 at
// 0, a price with a size of 0, a size beside no price. To be called before bad_row, to which a size
// at a price of 0 is left.
void clear_empty_sides(Event& event);

}  // namespace delever::codec
