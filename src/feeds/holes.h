// What only decoding a whole tape tells of it: holes in the numbering of a venue's own messages,
// which it lacks although no gap was recorded and no block is damaged; and how late each symbol was
// heard. Costs what a replay costs.
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

// One symbol of one stream. The lag is our receive time less the venue's own time, so it has the
// difference of the two clocks in it and may be negative. Quantiles to within 5 %.
struct HeardSymbol {
  std::string stream, venue, symbol;
  uint64_t events = 0;
  Instant first, last;  // received
  Duration lag_median, lag_p99, lag_most;
  // Stamped later than they were received, by more than clocks that are kept in step differ.
  static constexpr Duration kClockSlack = Duration::ms(10);
  uint64_t ahead = 0;
  Duration ahead_most;
};

struct SequenceHoles {
  static constexpr size_t kNamed = 1000;
  std::vector<SequenceHole> named;  // the first kNamed
  uint64_t count = 0;
  std::map<std::string, uint64_t> repeated;  // by stream: messages that are on the tape twice
  std::vector<HeardSymbol> heard;            // by stream, then symbol
};

Result<SequenceHoles> sequence_holes(const std::string& tape);

}  // namespace delever::feeds
