// What the venues said of themselves while a tape was recorded: maintenance that is planned, runs
// or is over (Bybit's system.status), a platform that is locked (Deribit's platform_state).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "render/json.h"
#include "tape/inspect.h"

namespace delever::cli {

struct StatusWord {
  std::string stream;
  Instant received;
  std::string said;  // what stands under "data", as it came
};

// Oldest first, a thousand at most; `count` counts all of them. Reads the tape only where it has
// such a stream with a message.
struct StatusWords {
  std::vector<StatusWord> words;
  uint64_t count = 0;
};
Result<StatusWords> status_words(const std::string& path, const tape::TapeInfo& info);
std::string status_text(const StatusWords& of);  // lines "maintenance ..."
render::Json status_json(const StatusWords& of);

}  // namespace delever::cli
