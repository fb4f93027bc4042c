// World: virtual time and what happens in it, in order. One thread, no real clock.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace delever::outside {

class World {
 public:
  using Action = std::function<void()>;

  Duration now() const { return now_; }
  void at(Duration when, Action what) {
    queue_.push({std::max(when, now_), ++order_, std::move(what)});
  }
  void after(Duration wait, Action what) { at(now_ + wait, std::move(what)); }
  // Everything up to `until`, which is then the time; nothing more once it is over.
  void run(Duration until) {
    while (!over_ && !queue_.empty() && queue_.top().when <= until) {
      now_ = queue_.top().when;
      const Action what = std::move(const_cast<Entry&>(queue_.top()).what);
      queue_.pop();
      what();
    }
    now_ = until;
  }
  void end() { over_ = true; }

 private:
  struct Entry {
    Duration when;
    uint64_t order;
    Action what;
    bool operator<(const Entry& other) const {  // the earliest on top
      return std::pair(when, order) > std::pair(other.when, other.order);
    }
  };
  Duration now_;
  uint64_t order_ = 0;
  bool over_ = false;
  std::priority_queue<Entry> queue_;
};

// A machine's wall clock over the world's time: it drifts and steps.
class MachineClock final : public Clock {
 public:
  MachineClock(const World& world, Instant start, double drift)
      : world_(world), start_(start), drift_(drift) {}
  Instant now() override {
    const auto fast = static_cast<int64_t>(static_cast<double>(world_.now().ns()) * drift_);
    return start_ + world_.now() + Duration::ns(fast) + stepped_;
  }
  Duration elapsed() override { return world_.now(); }
  void step(Duration by) { stepped_ = stepped_ + by; }
  Moment moment() { return {now(), elapsed()}; }

 private:
  const World& world_;
  const Instant start_;
  const double drift_;
  Duration stepped_;
};

}  // namespace delever::outside
