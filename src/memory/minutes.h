// Minutes: of the perpetuals of a segment what levels keep of it (levels/bar_builder.h), so that
// segments before a question are told by minutes and not by events. A minute is written whole
// wherever it changed, in doubles to the bit; whoever reads all segments in order has what a
// builder would have that was told every event.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/handover.h"
#include "levels/bar_builder.h"
#include "market/event.h"
#include "market/seen.h"
#include "market/terms.h"

namespace delever::memory {

struct MinutesOf {
  InstrumentId instrument{};
  TradeLeader leader;  // as it was at the end of the segment
  levels::BarChanges changes;
};

// What a segment leaves of the perpetuals of one shelf.
struct MinuteChanges {
  std::vector<MinutesOf> minutes;  // by instrument, in the order asked for
  std::vector<Event> forced;       // their liquidations, in that order as well
};
struct PackedMinutes {
  std::string minutes, forced;  // forced: liquidations as events; empty: none
};
// `first`: of the segment.
PackedMinutes pack_minutes(MinuteChanges& changes, Instant first);

class MinutesSink {
 public:
  virtual ~MinutesSink() = default;
  virtual void on_minutes(MinutesOf& minutes) = 0;  // which it may take
};

// What the names must be by which minutes are in plain coins.
std::string coins_key(const CoinNames& names);

class MinuteKeeper {
 public:
  // `kept`: how long a minute can still change; what comes later breaks its instrument.
  MinuteKeeper(const Instruments& instruments, CoinNames names, Duration kept)
      : instruments_(instruments), names_(std::move(names)), kept_(kept) {}

  // In order. Of a trade, which may have lost its number since: whether it had one, and whether it
  // is the first of its like, from whichever stream.
  struct Told {
    bool numbered = false, fresh = true;
  };
  void add(const Event& event, Told told);
  void described(InstrumentId id);  // anew

  // Of these instruments, of the segment that ends.
  MinuteChanges take(const std::vector<InstrumentId>& instruments, Instant last);
  void end_segment(Instant last);

  // Of which minutes do not say what events do: sizes that came late or never, descriptions that
  // changed, events of minutes that were kept no more.
  std::vector<InstrumentId> broken() const;
  void hand_over(codec::Handover& state);

 private:
  struct Known {
    explicit Known(const Instrument& instrument, double units) : builder(instrument, units) {}
    levels::BarBuilder builder;
    TradeLeader leader;
    std::vector<Event> forced;
  };
  Known* known(InstrumentId id);

  const Instruments& instruments_;
  const CoinNames names_;
  const Duration kept_;
  int64_t kept_from_ = INT64_MIN;  // minutes
  std::map<InstrumentId, Known> known_;
  std::vector<Known*> by_id_;
  std::set<InstrumentId> broken_;
};

// Of one piece, by instrument, and how many liquidations stand beside it. An error: it is no such
// piece.
Result<std::vector<MinutesOf>> unpack_minutes(std::string_view packed, Instant first,
                                              uint64_t& forced);

}  // namespace delever::memory
