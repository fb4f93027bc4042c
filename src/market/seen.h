// Seen twice, counted once: remembers for an hour or two what passed, as one number each. For
// records that the venue numbered; what has no number cannot be told from its like.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_set>

#include "base/time.h"
#include "market/event.h"

namespace delever {

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
    return newer_.insert(mark).second;
  }

 private:
  Instant turned_ = Instant::min() + Duration::days(1);
  std::unordered_set<uint64_t> newer_, older_;
};

// What makes two trades one: the number, and all that the trade says. One number on two different
// trades leaves them two.
inline uint64_t mark_of(const Event& event, const Trade& trade) {
  uint64_t mark = std::hash<std::string_view>()(trade.id);
  const auto mix = [&](uint64_t value) {
    mark = (mark ^ value) * 0x9E3779B97F4A7C15ULL;
    mark ^= mark >> 29;
  };
  mix(event.instrument);
  mix(event.source);
  mix(static_cast<uint64_t>(event.at.ns()));
  mix(static_cast<uint64_t>(trade.price.raw()));
  mix(static_cast<uint64_t>(trade.qty.raw()));
  mix(static_cast<uint64_t>(trade.taker_side) * 2 + trade.aggregated);
  return mark;
}

}  // namespace delever
