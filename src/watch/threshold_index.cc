#include "watch/threshold_index.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace delever::watch {

namespace {

__extension__ using Unsigned128 = unsigned __int128;

// The bits of a positive double, read as an integer, rise with it, and evenly in relative terms
// within a factor of 2 or so: a logarithm for one instruction.
uint64_t bits_of(Price price) {
  return std::bit_cast<uint64_t>(static_cast<double>(std::max<int64_t>(price.raw(), 0)));
}

}  // namespace

ThresholdBuckets::ThresholdBuckets(PositionSide side, Range range, int32_t buckets) : side_(side) {
  lay_out(range, buckets);
}

void ThresholdBuckets::lay_out(Range range, int32_t buckets) {
  CHECK(range.lowest < range.highest && buckets > 0 && buckets <= LevelBitmap::kBitsMax);
  lowest_ = bits_of(range.lowest);
  const uint64_t span = bits_of(range.highest) - lowest_ + 1;
  per_bucket_ = static_cast<uint64_t>(std::min<Unsigned128>(
      (static_cast<Unsigned128>(static_cast<uint32_t>(buckets)) << 64) / span, UINT64_MAX));
  buckets_.clear();
  buckets_.resize(static_cast<size_t>(buckets));
  full_.resize(buckets);
  size_ = 0;
}

int32_t ThresholdBuckets::bucket_of(Price price) const {
  const uint64_t bits = bits_of(price);
  if (bits <= lowest_) return 0;
  const auto i =
      static_cast<uint64_t>((static_cast<Unsigned128>(bits - lowest_) * per_bucket_) >> 64);
  return static_cast<int32_t>(std::min<uint64_t>(i, buckets_.size() - 1));
}

size_t ThresholdBuckets::bytes() const {
  constexpr size_t kHeap = 16;  // what malloc keeps for a block
  size_t sum = sizeof(*this) + buckets_.capacity() * sizeof(buckets_[0]) + buckets_.size() / 7;
  for (const std::vector<Due>& bucket : buckets_)
    sum += bucket.capacity() ? bucket.capacity() * sizeof(Due) + kHeap : 0;
  return sum;
}

void ThresholdIndex::set(uint32_t id, Price threshold) {
  if (id >= places_.size()) places_.resize(static_cast<size_t>(id) + 1);
  const int32_t to = buckets_.bucket_of(threshold);
  ThresholdBuckets::Place& place = places_[id];
  if (place.bucket == to) return buckets_.replace(place, {threshold, id});
  if (place.bucket >= 0)
    buckets_.remove(place,
                    [this](uint32_t other, ThresholdBuckets::Place at) { places_[other] = at; });
  place = buckets_.insert(to, {threshold, id});
}

bool ThresholdIndex::erase(uint32_t id) {
  if (!contains(id)) return false;
  buckets_.remove(places_[id],
                  [this](uint32_t other, ThresholdBuckets::Place at) { places_[other] = at; });
  places_[id] = {};
  return true;
}

void ThresholdIndex::take_due(Price mark, std::vector<Due>& out) {
  const bool longs = side_ == PositionSide::long_side;
  const size_t first = out.size();
  buckets_.take_due(mark, out,
                    [this](uint32_t id, ThresholdBuckets::Place at) { places_[id] = at; });
  std::sort(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
            [longs](const Due& a, const Due& b) {
              if (a.threshold != b.threshold)
                return longs ? a.threshold > b.threshold : a.threshold < b.threshold;
              return a.id < b.id;
            });
}

}  // namespace delever::watch
