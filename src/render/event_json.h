// Events as JSON, one line each, for `tape cat --events` and `tape export --format json`: written
// straight into a buffer. Exact numbers are text in their shortest exact form, estimates are JSON
// numbers, what is missing is left out.
#pragma once

#include <vector>

#include "market/event.h"
#include "render/text_buffer.h"

namespace delever::render {

// Without the end of the line.
void put_event_json(TextBuffer& out, const Event& event, const Instruments& instruments,
                    const std::vector<Source>& sources);

// The same for many events of one table: who speaks is put together once for each instrument and
// source, and again when its description has changed.
class EventJson {
 public:
  EventJson(const Instruments& instruments, const std::vector<Source>& sources)
      : instruments_(instruments), sources_(sources) {}
  void put(TextBuffer& out, const Event& event);

 private:
  const Instruments& instruments_;
  const std::vector<Source>& sources_;
  struct Names {
    Instrument of;
    TextBuffer text;  // empty: not put together yet
  };
  std::vector<Names> names_;
  std::vector<TextBuffer> source_names_;
};

}  // namespace delever::render
