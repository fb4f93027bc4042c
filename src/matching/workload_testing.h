// The workload that the books of the field were measured on, and the textbook book that made it: 60
// % limit orders, 30 % cancels of a live order, 10 % market orders, in three shapes. For the
// benchmarks of this folder alone.
#pragma once

#include <chrono>
#include <cmath>
#include <list>
#include <map>
#include <random>
#include <unordered_map>
#include <vector>

#include "matching/match_book.h"

namespace delever::matching::workload {

enum class Shape { shallow, normal, wide };
struct Message {
  enum { limit, cancel, market } type;
  bool buy;
  uint32_t id;
  Tick tick;
  Lots lots;
};

struct Totals {
  uint64_t fills = 0, lots = 0, notional = 0, resting = 0;
  bool operator==(const Totals&) const = default;
};

// The textbook: a map of lists and an index by id.
class MapBook {
 public:
  void limit(uint32_t id, bool buy, Tick tick, Lots lots) {
    const Lots left = take(buy, tick, lots);
    if (left == 0) return;
    auto& level = side(buy)[tick];
    level.push_back({id, left});
    where_[id] = {buy, tick, std::prev(level.end())};
  }
  void market(bool buy, Lots lots) { take(buy, buy ? INT32_MAX : INT32_MIN, lots); }
  void cancel(uint32_t id) {
    const auto found = where_.find(id);
    if (found == where_.end()) return;
    auto& levels = side(found->second.buy);
    auto level = levels.find(found->second.tick);
    level->second.erase(found->second.at);
    if (level->second.empty()) levels.erase(level);
    where_.erase(found);
  }
  Totals totals() const {
    Totals t = totals_;
    t.resting = where_.size();
    return t;
  }
  bool holds(uint32_t id) const { return where_.contains(id); }

 private:
  struct Order {
    uint32_t id;
    Lots lots;
  };
  using Levels = std::map<Tick, std::list<Order>>;
  struct Place {
    bool buy;
    Tick tick;
    std::list<Order>::iterator at;
  };
  Levels& side(bool buy) { return buy ? bids_ : asks_; }
  Lots take(bool buy, Tick limit, Lots lots) {
    Levels& other = side(!buy);
    while (lots > 0 && !other.empty()) {
      auto level = buy ? other.begin() : std::prev(other.end());
      if (buy ? level->first > limit : level->first < limit) break;
      while (lots > 0 && !level->second.empty()) {
        Order& maker = level->second.front();
        const Lots traded = std::min(lots, maker.lots);
        ++totals_.fills;
        totals_.lots += static_cast<uint64_t>(traded);
        totals_.notional += static_cast<uint64_t>(traded * level->first);
        lots -= traded;
        maker.lots -= traded;
        if (maker.lots == 0) {
          where_.erase(maker.id);
          level->second.pop_front();
        }
      }
      if (level->second.empty()) other.erase(level);
    }
    return lots;
  }
  Levels bids_, asks_;
  std::unordered_map<uint32_t, Place> where_;
  Totals totals_;
};

inline std::vector<Message> messages(size_t count, Shape shape) {
  std::mt19937_64 bits(
      42);  // the generator of the published figures; a benchmark's input, not the program's chance
  std::uniform_real_distribution<double> unit(0, 1);
  std::poisson_distribution<int> near(10);
  std::uniform_int_distribution<int> size(1, 100),
      market_size(1, shape == Shape::shallow ? 300 : 200);
  MapBook book;
  std::vector<uint32_t> live;
  std::unordered_map<uint32_t, size_t> place;
  std::vector<Message> out;
  Tick mid = 100'000;
  uint32_t next_id = 1;
  const auto forget = [&](size_t at) {
    place.erase(live[at]);
    live[at] = live.back();
    if (at + 1 < live.size()) place[live[at]] = at;
    live.pop_back();
  };
  while (out.size() < count) {
    if (unit(bits) < 0.02) mid += unit(bits) < 0.5 ? 1 : -1;
    const double u = unit(bits);
    const bool buy = unit(bits) < 0.5;
    if (u < 0.3) {
      size_t at = 0;
      while (!live.empty() && !book.holds(live[at = bits() % live.size()])) forget(at);
      if (live.empty()) continue;
      out.push_back({Message::cancel, buy, live[at], 0, 0});
      book.cancel(live[at]);
      forget(at);
    } else if (u < 0.4) {
      out.push_back({Message::market, buy, next_id++, 0, market_size(bits)});
      book.market(buy, out.back().lots);
    } else {
      const int away =
          shape == Shape::wide ? static_cast<int>(-300.0 * std::log(1 - unit(bits))) : near(bits);
      out.push_back({Message::limit, buy, next_id++, buy ? mid - away : mid + away, size(bits)});
      book.limit(out.back().id, buy, out.back().tick, out.back().lots);
      if (book.holds(out.back().id)) {
        place[out.back().id] = live.size();
        live.push_back(out.back().id);
      }
    }
  }
  return out;
}

inline double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace delever::matching::workload
