// Holes in the numbering of a venue's own messages: what a tape lacks although no gap was recorded
// and no block is damaged. Decodes the whole tape, so it costs what a replay costs.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "market/event.h"

namespace delever::feeds {

struct SequenceHole {
  std::string stream, venue, symbol;
  Gap gap;
};

struct SequenceHoles {
  static constexpr size_t kNamed = 1000;
  std::vector<SequenceHole> named;  // the first kNamed
  uint64_t count = 0;
  std::map<std::string, uint64_t> repeated;  // by stream: messages that are on the tape twice
};

Result<SequenceHoles> sequence_holes(const std::string& tape);

}  // namespace delever::feeds
