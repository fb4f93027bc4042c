// Events as JSON: one line each, written straight into a buffer. Members that an event does not
// have are left out.
#pragma once

#include <vector>

#include "market/event.h"
#include "render/text_buffer.h"

namespace delever::render {

// Without the end of the line.
void put_event_json(TextBuffer& out, const Event& event, const Instruments& instruments,
                    const std::vector<Source>& sources);

}  // namespace delever::render
