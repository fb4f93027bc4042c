// Files that write the changes of a book a level a row: rows of one message become one event, which
// goes out with the first row of the next message (the last message of a stream is not known to be
// whole, and stays out).
#pragma once

#include <map>
#include <optional>

#include "market/event.h"

namespace delever::venues {

class LevelGroups {
 public:
  // `level`: a BookSnapshot or BookDelta of one level. The message before, where it begins another.
  std::optional<Event> add(const Event& level);
  bool empty() const { return numbers_.empty(); }  // there was none

 private:
  std::optional<Event> pending_;
  std::map<InstrumentId, uint64_t> numbers_;  // such files have none: messages are counted here
};

}  // namespace delever::venues
