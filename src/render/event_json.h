// An event as one JSON object, for `tape cat --events` and `tape export --format json`. Exact
// numbers are text in their shortest exact form, estimates are JSON numbers, what is missing is
// left out.
#pragma once

#include "market/event.h"
#include "render/json.h"

namespace delever::render {

Json event_json(const Event& event, const Instruments& instruments,
                const std::vector<Source>& sources);

}  // namespace delever::render
