// Questions that only gauges answer, from the memory beside the tapes (memory/): what is fed leaves
// the gauges of any asset as the tapes would, at the times named and at no other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "codec/decoder.h"
#include "gauges/rules.h"
#include "reports/brief.h"
#include "reports/context.h"
#include "reports/coverage.h"

namespace delever::reports {

struct GaugeQuestion {
  const std::vector<std::string>& tapes;
  Instant to;                         // events received until then, it included
  const gauges::Rules& rules;         // of all gauges that are fed
  std::vector<Instant> moments = {};  // before `to`, at which they are asked as well
  uint64_t remembered_from = 250'000;  // messages; fewer are read as fast as they are remembered
  bool whole = false;                  // not for gauges: open_for_levels
  codec::Asked asked = {};             // of `whole` (memory/recall.h)
  std::optional<Instant> minutes_until = {};  // the same
};

// From the memory; made first where there is none that holds; from the tapes where there cannot be
// one, or DELEVER_NO_MEMORY is set. No more than gauges and what gauges count may hang on it.
Result<std::unique_ptr<EventFeed>> open_for_gauges(const GaugeQuestion& question, Context& context);
// The same for LevelBars: every trade, mark, open interest, liquidation and gap in order, and of
// books and quotes that they were. Of what is older than six hours minutes may stand for events
// (EventFeed::minutes_to). Trades that TradesOnce would not count may be left out, and
// instruments that are no contracts of `asset`; what different ones say within ten minutes may come
// in any order.
Result<std::unique_ptr<EventFeed>> open_for_levels(GaugeQuestion question, const std::string& asset,
                                                   Context& context);
// What a memory that these gauges may be told from belongs to, beside its tapes.
std::string memory_key(const gauges::Rules& rules);
// What the whole tapes hold.
Result<std::vector<Coverage>> coverage_asked(const std::vector<std::string>& tapes,
                                             const gauges::Rules& rules, Context& context);

}  // namespace delever::reports
