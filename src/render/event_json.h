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

}  // namespace delever::render
