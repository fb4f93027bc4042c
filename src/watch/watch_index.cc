#include "watch/watch_index.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace delever::watch {
namespace {

constexpr double kSafe =
    1 - 1e-12;  // above every rounding of the doubles below, each of a few parts in 1e16

double raw(Price price) { return static_cast<double>(price.raw()); }

// Relative way in x from now to `end`: |x_end / x_now - 1|.
double way_of(const Exposure& exposure, Price end) {
  const double ratio =
      exposure.inverse ? raw(exposure.now) / raw(end) : raw(end) / raw(exposure.now);
  return std::abs(ratio - 1);
}

// Slack lost per relative move, on the way that costs more.
double sensitivity(const Exposure& exposure) {
  double most = 0;
  for (const auto* way : {&exposure.fall, &exposure.rise}) {
    if (!*way || !((*way)->loss > 0)) continue;
    const double far = way_of(exposure, (*way)->end);
    most = std::max(
        most,
        (*way)->loss / (std::isfinite(far) && far > 0 ? far : 1));  // a mark of 0: no relative way
  }
  return most;
}

double loss_most(const Exposure& exposure) {
  return std::max(exposure.fall ? exposure.fall->loss : 0.0,
                  exposure.rise ? exposure.rise->loss : 0.0);
}

// Units of price from `now` to where the loss has reached `share`, rounded down, at most to the
// end.
int64_t distance(const Exposure& exposure, const Exposure::Way& way, double share) {
  const int64_t all = std::abs((way.end - exposure.now).raw());
  if (way.loss <= share) return all;
  const double t = share / way.loss;  // of the way in x
  // x = x0 + t (x1 - x0); for inverse P - P0 = P0 (1 / (1 + t (P0 / P1 - 1)) - 1), written without
  // cancellation
  const double ratio = raw(exposure.now) / raw(way.end) - 1;
  const double d = exposure.inverse ? raw(exposure.now) * t * std::abs(ratio) / (1 + t * ratio)
                                    : t * static_cast<double>(all);
  return std::min(all, static_cast<int64_t>(d * kSafe));
}

constexpr int32_t kBucketsFirst = 64, kBucketsMost = 1 << 20;
constexpr size_t kLoadMost =
    8;                       // watch prices a bucket, before there are four times as many buckets
constexpr double kSpan = 8;  // an index covers its first price / 8 to x 8

ThresholdBuckets::Range range_around(double around) {
  const auto at = [](double units) {
    return Price::raw(static_cast<int64_t>(std::clamp(units, 1.0, 9.2e18)));
  };
  return {at(around / kSpan), at(around * kSpan + 1024)};
}

}  // namespace

void watch_prices(std::span<const Exposure> exposures, double spare,
                  std::vector<WatchPrice>& into) {
  into.clear();
  const auto push = [&into](const Exposure& exposure, bool rising, int64_t away) {
    const Price due_at = Price::raw(exposure.now.raw() + (rising ? away + 1 : -away - 1));
    into.push_back({exposure.price, rising ? PositionSide::short_side : PositionSide::long_side,
                    exposure.now, due_at});
  };
  if (spare < 0) {
    for (const Exposure& exposure : exposures) {
      push(exposure, false, 0);
      push(exposure, true, 0);
    }
    return;
  }
  // Shares in proportion to s^(2/3); those who need less than theirs take what they need, and the
  // rest is shared again.
  if (exposures.size() == 1) {
    const Exposure& exposure = exposures[0];
    if (exposure.fall) push(exposure, false, distance(exposure, *exposure.fall, spare * kSafe));
    if (exposure.rise) push(exposure, true, distance(exposure, *exposure.rise, spare * kSafe));
    return;
  }
  double left = spare * kSafe, weights = 0;
  constexpr size_t kFew = 32;
  double few[kFew];
  std::vector<double> many(exposures.size() > kFew ? exposures.size() : 0);
  double* weight = exposures.size() > kFew ? many.data() : few;
  for (size_t i = 0; i < exposures.size(); ++i) {
    const double s = sensitivity(exposures[i]);
    weight[i] = s > 0 ? std::cbrt(s * s) : 0;
    weights += weight[i];
  }
  double per_weight = weights > 0 ? left / weights : 0;
  for (bool again = true; again && weights > 0;) {
    again = false;
    for (size_t i = 0; i < exposures.size(); ++i) {
      if (weight[i] == 0 || per_weight * weight[i] < loss_most(exposures[i])) continue;
      left -= loss_most(exposures[i]);
      weights -= weight[i];
      weight[i] = 0;  // goes to its end
      again = true;
    }
    left = std::max(left, 0.0);
    per_weight = weights > 0 ? left / weights * kSafe : 0;
  }
  for (size_t i = 0; i < exposures.size(); ++i) {
    const Exposure& exposure = exposures[i];
    const double share =
        weight[i] == 0 ? std::max(0.0, loss_most(exposure)) : per_weight * weight[i];
    if (exposure.fall) push(exposure, false, distance(exposure, *exposure.fall, share));
    if (exposure.rise) push(exposure, true, distance(exposure, *exposure.rise, share));
  }
}

WatchIndex::Line& WatchIndex::line_of(uint32_t number, Price now) {
  if (number >= lines_.size()) lines_.resize(static_cast<size_t>(number) + 1);
  std::unique_ptr<Line>& found = lines_[number];
  if (!found) {
    const auto range = range_around(raw(now));
    const PositionSide side = number % 2 == 0 ? PositionSide::long_side : PositionSide::short_side;
    found = std::make_unique<Line>(
        Line{ThresholdBuckets(side, range, kBucketsFirst), raw(range.lowest), raw(range.highest)});
  } else if (const auto buckets = static_cast<size_t>(found->buckets.buckets());
             buckets < kBucketsMost && found->buckets.size() > buckets * kLoadMost) {
    respread(*found, raw(now), static_cast<int32_t>(std::min<size_t>(buckets * 4, kBucketsMost)));
  }
  return *found;
}

void WatchIndex::respread(Line& line, double around, int32_t buckets) {
  const auto range = range_around(around);
  line.buckets.respread(range, buckets, moved());
  line.lowest = raw(range.lowest);
  line.highest = raw(range.highest);
}

void WatchIndex::drop(Watch& watch) {
  if (watch.place.bucket < 0) return;
  lines_[watch.line]->buckets.remove(watch.place, moved());
  watch.place = {};
  --watched_;
}

void WatchIndex::hold(Held& held, size_t count) {
  if (held.capacity >= count && held.capacity < count + 8) return;
  if (held.capacity > 0) blocks_[held.capacity].push_back(held.first);
  const size_t capacity = count <= 8 ? count : (count + 7) / 8 * 8;
  if (blocks_.size() <= capacity) blocks_.resize(capacity + 1);
  held.capacity = static_cast<uint16_t>(capacity);
  if (!blocks_[capacity].empty()) {
    held.first = blocks_[capacity].back();
    blocks_[capacity].pop_back();
    return;
  }
  CHECK(watches_.size() + capacity <= UINT32_MAX);
  held.first = static_cast<uint32_t>(watches_.size());
  watches_.resize(watches_.size() + capacity);
}

// A move costs some four reads that no cache holds, each waiting for the one before. So all old and
// new buckets of the pool are asked for together, then their ends, and only then is anything
// changed.
void WatchIndex::watch(uint32_t pool, std::span<const Exposure> exposures, double spare) {
  if (pool >= held_.size()) held_.resize(static_cast<size_t>(pool) + 1);
  Held& held = held_[pool];
  for (size_t i = 0; i < held.count; i += 5) __builtin_prefetch(&watches_[held.first + i]);
  watch_prices(exposures, spare, fresh_);
  if (fresh_.empty()) return forget(pool);
  CHECK(fresh_.size() <= UINT16_MAX - 8);
  targets_.clear();
  for (const WatchPrice& at : fresh_) {
    const uint32_t number = at.price * 2 + (at.side == PositionSide::short_side);
    Line& line = line_of(number, at.now);
    const int32_t bucket = line.buckets.bucket_of(at.due_at);
    line.buckets.prefetch(bucket);
    targets_.push_back({&line, number, bucket});
  }
  const auto each_old = [&](auto&& visit) {
    for (size_t i = 0; i < held.count; ++i) {
      const Watch& old = watches_[held.first + i];
      if (old.place.bucket >= 0) visit(lines_[old.line]->buckets, old.place.bucket);
    }
  };
  each_old([](const ThresholdBuckets& buckets, int32_t bucket) { buckets.prefetch(bucket); });
  for (const Target& target : targets_) target.line->buckets.prefetch_end(target.bucket);
  each_old([](const ThresholdBuckets& buckets, int32_t bucket) { buckets.prefetch_end(bucket); });

  // The same prices come in the same order at nearly every look; where not, what stood is dropped
  // first.
  bool same = held.count == fresh_.size();
  for (size_t i = 0; i < fresh_.size() && same; ++i)
    same = watches_[held.first + i].line == targets_[i].number;
  if (!same) {
    for (size_t i = 0; i < held.count; ++i) drop(watches_[held.first + i]);
    hold(held, fresh_.size());
    held.count = static_cast<uint16_t>(fresh_.size());
  }
  for (size_t i = 0; i < fresh_.size(); ++i) {
    const uint32_t id = held.first + static_cast<uint32_t>(i);
    const Target& target = targets_[i];
    Watch& watch = watches_[id];
    const ThresholdBuckets::Due due{fresh_[i].due_at, id, pool};
    if (same && watch.place.bucket == target.bucket) {
      target.line->buckets.replace(watch.place, due);
      continue;
    }
    drop(watch);
    watch = {target.number, target.line->buckets.insert(target.bucket, due)};
    ++watched_;
  }
}

// Each step reads what an earlier call has fetched.
void WatchIndex::prefetch(std::span<const uint32_t> next) const {
  constexpr size_t kNear = 3, kMiddle = 7, kFar = 11;
  if (next.size() > kFar && next[kFar] < held_.size()) __builtin_prefetch(&held_[next[kFar]]);
  if (next.size() > kMiddle && next[kMiddle] < held_.size()) {
    const Held& held = held_[next[kMiddle]];
    for (size_t i = 0; i < held.count; i += 5) __builtin_prefetch(&watches_[held.first + i]);
  }
  if (next.size() > kNear && next[kNear] < held_.size()) {
    const Held& held = held_[next[kNear]];
    for (size_t i = 0; i < held.count; ++i) {
      const Watch& watch = watches_[held.first + i];
      if (watch.place.bucket >= 0) lines_[watch.line]->buckets.prefetch(watch.place.bucket);
    }
  }
}

void WatchIndex::forget(uint32_t pool) {
  if (pool >= held_.size()) return;
  Held& held = held_[pool];
  for (size_t i = 0; i < held.count; ++i) drop(watches_[held.first + i]);
  if (held.capacity > 0) blocks_[held.capacity].push_back(held.first);
  held = {};
}

void WatchIndex::take_due(PriceId price, Price mark, std::vector<uint32_t>& pools) {
  const size_t first = pools.size();
  for (uint32_t number = price * 2; number < price * 2 + 2; ++number) {
    if (number >= lines_.size() || !lines_[number]) continue;
    Line& line = *lines_[number];
    if (mark.raw() > 0 && (raw(mark) < line.lowest || raw(mark) > line.highest))
      respread(line, raw(mark), line.buckets.buckets());
    due_.clear();
    line.buckets.take_due(mark, due_, moved());
    watched_ -= due_.size();
    for (const ThresholdBuckets::Due& due : due_) pools.push_back(due.owner);
  }
  const auto begin = pools.begin() + static_cast<std::ptrdiff_t>(first);
  std::sort(begin, pools.end());
  pools.erase(std::unique(begin, pools.end()), pools.end());
}

bool WatchIndex::watches(PriceId price) const {
  for (size_t number = size_t{price} * 2; number < size_t{price} * 2 + 2 && number < lines_.size();
       ++number) {
    if (lines_[number] && lines_[number]->buckets.size() > 0) return true;
  }
  return false;
}

size_t WatchIndex::bytes() const {
  size_t sum = held_.capacity() * sizeof(Held) + watches_.capacity() * sizeof(Watch);
  for (const auto& free : blocks_) sum += free.capacity() * sizeof(uint32_t);
  for (const auto& line : lines_) {
    if (line) sum += sizeof(Line) + line->buckets.bytes();
  }
  return sum;
}

}  // namespace delever::watch
