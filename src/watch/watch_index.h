// WatchIndex: which pools (cross accounts, isolated positions) need a look at this price, with a
// proof that no other pool does.
//
// At each exact look a pool's spare slack is split over its exposures (slack_bound.h): share b_j
// each, and a watch price on each way that can cost, at the point where the straight loss reaches
// b_j. While no price stands beyond its watch price, the losses add up to at most sum b_j <= spare,
// so slack > 0 and no trigger holds: the pool needs no look. A price exactly at its watch price is
// still inside, so a pool just looked at is not due again.
//
// The split minimises the sum of 1 / d_j^2, d_j = b_j / s_j the relative distance and s_j the slack
// lost per relative move: a price that wanders without drift first leaves +-d after a time in
// proportion to d^2. Hence b_j in proportion to s_j^(2/3). What an exposure cannot use (its watch
// price already at its end) goes to the others.
//
// The caller's loop for one new mark:
//   index.take_due(price, mark, due);
//   for (size_t i = 0; i < due.size(); ++i) {
//     index.prefetch(std::span(due).subspan(i + 1));
//     evaluate due[i] exactly; liquidate and forget(), or bound_pool() and watch() again
//   }
// After any change of a pool's balance, positions or rules: watch() again or forget().
#pragma once

#include <memory>
#include <span>

#include "watch/slack_bound.h"
#include "watch/threshold_index.h"

namespace delever::watch {

struct WatchPrice {
  PriceId price;
  PositionSide
      side;  // as of ThresholdIndex: long_side is due at or below `due_at`, short_side at or above
  Price now, due_at;
};
// The watch prices of one pool. A negative spare puts them one unit on either side of `now`.
void watch_prices(std::span<const Exposure> exposures, double spare, std::vector<WatchPrice>& into);

class WatchIndex {
 public:
  // Pools are numbered by the caller, densely. Replaces what was watched of this pool.
  void watch(uint32_t pool, std::span<const Exposure> exposures, double spare);
  void watch(uint32_t pool, const PoolBound& bound) { watch(pool, bound.exposures, bound.spare); }
  void forget(uint32_t pool);
  // Fetches ahead what watch() will read of the next pools. Changes nothing; worth it in a loop
  // over many.
  void prefetch(std::span<const uint32_t> next) const;

  // Appends the pools that this price puts beyond a watch price, by number, each once. They keep
  // their other watch prices until the next watch() or forget(), so one may be named again by
  // another price.
  void take_due(PriceId price, Price mark, std::vector<uint32_t>& pools);

  bool watches(PriceId price) const;           // whether any watch price of it stands
  size_t watched() const { return watched_; }  // watch prices that stand
  // Memory held.
  size_t bytes() const;

 private:
  struct Watch {
    uint32_t line = 0;  // price * 2 + side
    ThresholdBuckets::Place place;
  };
  struct Held {  // watches_[first, first + count)
    uint32_t first = 0;
    uint16_t count = 0, capacity = 0;
  };
  struct Line {
    ThresholdBuckets buckets;  // ids: indices into watches_; owners: pools
    double lowest, highest;    // of the range
  };
  struct Target {
    Line* line;
    uint32_t number;
    int32_t bucket;
  };
  Line& line_of(uint32_t number, Price now);
  void respread(Line& line, double around, int32_t buckets);
  void drop(Watch& watch);
  void hold(Held& held, size_t count);
  auto moved() {
    return [this](uint32_t watch, ThresholdBuckets::Place at) { watches_[watch].place = at; };
  }

  std::vector<std::unique_ptr<Line>> lines_;
  std::vector<Held, HugePages<Held>> held_;  // by pool
  std::vector<Watch, HugePages<Watch>> watches_;
  std::vector<std::vector<uint32_t>> blocks_;  // free blocks by capacity
  std::vector<WatchPrice> fresh_;
  std::vector<Target> targets_;
  std::vector<ThresholdBuckets::Due> due_;
  size_t watched_ = 0;
};

}  // namespace delever::watch
