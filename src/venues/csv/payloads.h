// What one [[event]] of a column map makes of a row: one rule per kind of event.
// docs/column-maps.md lists the keys.
#pragma once

#include <memory>

#include "base/config.h"
#include "market/event.h"
#include "venues/csv/field.h"

namespace delever::venues {

// The row's own time, and the period it stands for: without one, from == to.
struct RowTimes {
  Instant from, to;
};

class PayloadRule {
 public:
  virtual ~PayloadRule() = default;
  // False when the row has nothing for this event, or when the reader now holds an error.
  virtual bool read(RowReader& row, const RowTimes& times, EventPayload& out) const = 0;
  // One level of a book: LevelGroups joins the rows of a message.
  virtual bool is_level() const { return false; }
};

// `has_period`: kinds that stand for a period (candle, liquidation_total) are refused without.
Result<std::unique_ptr<PayloadRule>> read_payload_rule(const Config& event,
                                                       const FieldSources& sources,
                                                       bool has_period);

}  // namespace delever::venues
