// ThresholdIndex: which positions a price has reached, without looking at the others. One index for
// one instrument and one side: longs are due when the mark is at or below their threshold
// (liquidation or stop price), shorts at or above.
//
// Thresholds stand in buckets of nearly equal relative width over a price range; those outside it
// stand in the end buckets and are still compared exactly. A tick costs a bitmap step, a look
// through the bucket that the mark stands in, and the work for what is due. Moving a threshold is
// two array writes.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bitmap.h"
#include "base/huge_pages.h"
#include "market/event.h"
#include "market/units.h"

namespace delever::watch {

// The buckets alone. Who owns the ids keeps the place of each, and hears of every new one:
// moved(id, place).
class ThresholdBuckets {
 public:
  struct Range {
    Price lowest, highest;
  };  // where most thresholds will lie, about 0.2 to 5 times the price
  struct Due {
    Price threshold;
    uint32_t id;
    uint32_t owner = 0;  // whatever the caller gave with it
  };
  struct Place {
    int32_t bucket = -1;  // -1: nowhere
    uint32_t index = 0;
  };

  // `buckets`: a power of two; about one for every ten positions.
  ThresholdBuckets(PositionSide side, Range range, int32_t buckets);

  int32_t bucket_of(Price price) const;
  Place insert(int32_t bucket, const Due& due) {
    std::vector<Due>& in = buckets_[static_cast<size_t>(bucket)];
    if (in.empty()) full_.set(bucket);
    if (in.capacity() == 0) in.reserve(4);
    in.push_back(due);
    ++size_;
    return {bucket, static_cast<uint32_t>(in.size() - 1)};
  }
  void replace(Place place, const Due& due) {
    buckets_[static_cast<size_t>(place.bucket)][place.index] = due;
  }
  template <class Moved>
  void remove(Place place, Moved&& moved) {
    std::vector<Due>& in = buckets_[static_cast<size_t>(place.bucket)];
    if (place.index + 1 != in.size()) {
      in[place.index] = in.back();
      moved(in[place.index].id, place);
    }
    in.pop_back();
    if (in.empty()) full_.clear(place.bucket);
    --size_;
  }
  // Takes out all that `mark` has reached and appends them, in the order of the buckets, which
  // depends on how they came in. Their new place is nowhere.
  template <class Moved>
  void take_due(Price mark, std::vector<Due>& out, Moved&& moved);
  // The same thresholds in other buckets.
  template <class Moved>
  void respread(Range range, int32_t buckets, Moved&& moved);

  size_t size() const { return size_; }
  int32_t buckets() const { return static_cast<int32_t>(buckets_.size()); }
  size_t bytes() const;
  // For callers that move several thresholds at once: first every bucket, then every end of one.
  void prefetch(int32_t bucket) const {
    __builtin_prefetch(&buckets_[static_cast<size_t>(bucket)]);
  }
  void prefetch_end(int32_t bucket) const {
    const std::vector<Due>& in = buckets_[static_cast<size_t>(bucket)];
    __builtin_prefetch(in.data() + in.size());
  }

 private:
  void lay_out(Range range, int32_t buckets);

  PositionSide side_;
  uint64_t lowest_ = 0, per_bucket_ = 0;  // of the bits of a double: see bucket_of()
  std::vector<std::vector<Due>, HugePages<std::vector<Due>>> buckets_;
  LevelBitmap full_;
  size_t size_ = 0;
};

template <class Moved>
void ThresholdBuckets::take_due(Price mark, std::vector<Due>& out, Moved&& moved) {
  const bool longs = side_ == PositionSide::long_side;
  const int32_t here = bucket_of(mark);
  for (;;) {
    const int32_t b = longs ? full_.previous(buckets() - 1) : full_.next(0);
    if (b < 0 || (longs ? b < here : b > here)) return;
    std::vector<Due>& bucket = buckets_[static_cast<size_t>(b)];
    if (b != here) {  // the whole bucket lies beyond the mark
      for (const Due& due : bucket) moved(due.id, Place());
      out.insert(out.end(), bucket.begin(), bucket.end());
      size_ -= bucket.size();
      bucket.clear();
      full_.clear(b);
      continue;
    }
    for (size_t i = 0; i < bucket.size();) {
      if (longs ? mark > bucket[i].threshold : mark < bucket[i].threshold) {
        ++i;
        continue;
      }
      const Due due = bucket[i];
      out.push_back(due);
      remove({b, static_cast<uint32_t>(i)}, moved);
      moved(due.id, Place());
    }
    return;
  }
}

template <class Moved>
void ThresholdBuckets::respread(Range range, int32_t buckets, Moved&& moved) {
  std::vector<Due> all;
  all.reserve(size_);
  for (const std::vector<Due>& bucket : buckets_)
    all.insert(all.end(), bucket.begin(), bucket.end());
  lay_out(range, buckets);
  for (const Due& due : all) moved(due.id, insert(bucket_of(due.threshold), due));
}

class ThresholdIndex {
 public:
  using Range = ThresholdBuckets::Range;
  using Due = ThresholdBuckets::Due;

  ThresholdIndex(PositionSide side, Range range, int32_t buckets)
      : side_(side), buckets_(side, range, buckets) {}

  void set(uint32_t id, Price threshold);  // adds, or moves
  bool erase(uint32_t id);                 // false when it is not there
  bool contains(uint32_t id) const { return id < places_.size() && places_[id].bucket >= 0; }
  size_t size() const { return buckets_.size(); }

  // Takes out all that `mark` has reached and appends them: the ones furthest beyond their
  // threshold first, equal ones by id, so that the order does not depend on how they came in.
  void take_due(Price mark, std::vector<Due>& out);

 private:
  PositionSide side_;
  ThresholdBuckets buckets_;
  std::vector<ThresholdBuckets::Place, HugePages<ThresholdBuckets::Place>> places_;  // by id
};

}  // namespace delever::watch
