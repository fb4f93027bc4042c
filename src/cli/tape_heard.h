// What `tape info` says of each stream and symbol: how long it was connected, and how late it was
// heard.
#pragma once

#include <string>

#include "feeds/holes.h"
#include "render/json.h"
#include "tape/inspect.h"

namespace delever::cli {

// Lines "heard ...": at most a thousand, and how many more there are.
std::string heard_text(const tape::TapeInfo& info, const feeds::SequenceHoles& found);
render::Json heard_json(const tape::TapeInfo& info, const feeds::SequenceHoles& found);

}  // namespace delever::cli
