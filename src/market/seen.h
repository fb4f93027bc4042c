// Seen twice, counted once: remembers for an hour or two what passed, as one number each. For
// records that the venue numbered; what has no number cannot be told from its like.
//
// TradesOnce is for whoever wants the trades themselves, not their sums: of each instrument one
// series, whichever streams of a tape show it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/time.h"
#include "market/event.h"

namespace delever {

// A set of marks that are spread evenly already: in one array, the next free place from where the
// mark points. Marks are looked up for each trade; in a set of nodes that was a third of what
// gauges took of two million trades.
class MarkSet {
 public:
  bool contains(uint64_t mark) const {
    if (mark == 0) return zero_;
    return count_ > 0 && places_[place_of(mark)] == mark;
  }
  // False: it was there.
  bool insert(uint64_t mark) {
    if (mark == 0) return !std::exchange(zero_, true);
    if (2 * count_ >= places_.size()) grow();
    uint64_t& place = places_[place_of(mark)];
    if (place == mark) return false;
    place = mark;
    ++count_;
    return true;
  }
  void clear() { *this = {}; }
  // Written down or taken up again (codec/handover.h).
  template <class State>
  friend void hand_over(State& state, MarkSet& set) {
    std::vector<uint64_t> marks;
    for (const uint64_t mark : set.places_) {
      if (mark != 0) marks.push_back(mark);
    }
    state.list(marks);
    state.field(set.zero_);
    if (!state.reads()) return;
    const bool zero = set.zero_;
    set.clear();
    set.zero_ = zero;
    for (const uint64_t mark : marks) set.insert(mark);
  }

 private:
  // Where it stands, or may stand.
  size_t place_of(uint64_t mark) const {
    const size_t last = places_.size() - 1;
    size_t at = mark & last;
    while (places_[at] != 0 && places_[at] != mark) at = (at + 1) & last;
    return at;
  }
  void grow() {
    const auto old = std::exchange(places_, {});
    places_.resize(old.empty() ? 64 : 2 * old.size());
    for (const uint64_t mark : old) {
      if (mark != 0) places_[place_of(mark)] = mark;
    }
  }

  std::vector<uint64_t> places_;  // a power of two of them, half of them free at least; 0: free
  size_t count_ = 0;
  bool zero_ = false;
};

class SeenLately {
 public:
  // False: the same passed before. `now` is the time of receipt, which only grows.
  bool first(uint64_t mark, Instant now) {
    if (now - turned_ > Duration::hours(1)) {
      older_ = std::move(newer_);
      newer_.clear();
      turned_ = now;
    }
    if (older_.contains(mark)) return false;
    return newer_.insert(mark);
  }
  template <class State>
  friend void hand_over(State& state, SeenLately& seen) {
    state.fields(seen.turned_, seen.newer_, seen.older_);
  }

 private:
  Instant turned_ = Instant::min() + Duration::days(1);
  MarkSet newer_, older_;
};

// What makes two trades one: the number, and all that the trade says. One number on two different
// trades leaves them two.
inline uint64_t mark_of(const Event& event, const Trade& trade, bool any_source = false) {
  uint64_t mark = std::hash<std::string_view>()(trade.id);
  const auto mix = [&](uint64_t value) {
    mark = (mark ^ value) * 0x9E3779B97F4A7C15ULL;
    mark ^= mark >> 29;
  };
  mix(event.instrument);
  mix(any_source ? 0 : event.source);
  mix(static_cast<uint64_t>(event.at.ns()));
  mix(static_cast<uint64_t>(trade.price.raw()));
  mix(static_cast<uint64_t>(trade.qty.raw()));
  mix(static_cast<uint64_t>(trade.taker_side) * 2 + trade.aggregated);
  return mark;
}

// Which kind of an instrument's trades counts: by the venue's numbers, or of which stream; and
// whether aggregates. One kind speaks for an instrument, and another only once that has been silent
// for five minutes.
class TradeLeader {
 public:
  bool counts(const Event& event, bool numbered, bool aggregated) {
    const Kind kind{numbered ? 0 : event.source + 1, aggregated};
    if (!kind_) {
      kind_ = kind;
      last_ = event.at;
    }
    if (*kind_ != kind) {
      if (event.at <= last_ + Duration::minutes(5)) return false;
      kind_ = kind;
    }
    last_ = std::max(last_, event.at);
    return true;
  }
  template <class State>
  friend void hand_over(State& state, TradeLeader& leader) {
    state.fields(leader.kind_, leader.last_);
  }
  friend bool operator==(const TradeLeader&, const TradeLeader&) = default;

 private:
  using Kind = std::pair<SourceId, bool>;
  std::optional<Kind> kind_;
  Instant last_;
};

// Two recorders of one feed, or an archive beside a recording, join by the venue's numbers. A trade
// and its aggregate have numbers of two kinds, and what has no number is of its stream.
class TradesOnce {
 public:
  bool counts(const Event& event, const Trade& trade) {
    const bool numbered = !trade.id.empty();
    Known& known = known_[event.instrument];
    if (numbered && !known.seen.first(mark_of(event, trade, true), event.received)) return drop();
    return known.leader.counts(event, numbered, trade.aggregated) || drop();
  }
  // Goes on from there: whoever told what was before tells nothing twice.
  void lead(InstrumentId instrument, const TradeLeader& leader) {
    known_[instrument].leader = leader;
  }
  uint64_t dropped() const { return dropped_; }

 private:
  struct Known {
    SeenLately seen;  // of each instrument its own: a memory tells what it decides (memory/)
    TradeLeader leader;
  };
  bool drop() {
    ++dropped_;
    return false;
  }

  std::map<InstrumentId, Known> known_;
  uint64_t dropped_ = 0;
};

// A liquidation that two streams or two messages show counts once. One message that shows it twice
// means two, unless the venue numbered them or cannot send two in one instant.
class LiquidationsOnce {
 public:
  bool counts(const Event& event, const Liquidation& forced) {
    const bool throttled = forced.feed == LiquidationFeed::latest_per_second ||
                           forced.feed == LiquidationFeed::at_most_one_per_second;
    Entry& entry = entries_[place_of(event, forced, throttled)];
    if (entry.counted > 0 && (throttled || !forced.id.empty())) return false;
    int& shown = entry.shown[{event.source, event.received}];
    if (++shown <= entry.counted) return false;
    entry.counted = shown;
    return true;
  }

 private:
  using Key = std::tuple<InstrumentId, Instant, PositionSide, int64_t, WideQty, std::string>;
  struct Entry {
    int counted = 0;
    std::map<std::pair<SourceId, Instant>, int> shown;
  };
  // Vendors have the order's price where the venue's own message has that of the fill beside it: of
  // a channel that cannot show two in one instant, each price that is told names the liquidation.
  size_t place_of(const Event& event, const Liquidation& forced, bool throttled) {
    const auto key = [&](const std::optional<Price>& price) {
      return Key{event.instrument,
                 event.at,
                 forced.position_side,
                 price ? price->raw() : 0,
                 forced.qty().value_or(WideQty()),
                 forced.id};
    };
    auto found = places_.find(key(forced.price()));
    if (found == places_.end() && throttled) found = places_.find(key(forced.order_price));
    const size_t place = found == places_.end() ? entries_.size() : found->second;
    if (place == entries_.size()) entries_.emplace_back();
    places_.emplace(key(forced.price()), place);
    if (throttled && forced.order_price) places_.emplace(key(forced.order_price), place);
    return place;
  }
  std::map<Key, size_t> places_;
  std::vector<Entry> entries_;
};

}  // namespace delever
