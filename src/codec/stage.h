// Stage: the events of one message while it is being read. They go out together once the whole
// message is known to be good, or not at all. Events are used again, so that the levels of a book
// keep their memory from message to message.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "market/event.h"

namespace delever::codec {

class Stage {
 public:
  // A fresh payload of kind T, to be filled in by the caller. Valid until clear().
  template <class T>
  T& add(InstrumentId instrument, Instant at) {
    Pool& pool = pools_[index_of<T>()];
    if (pool.used == pool.events.size()) {
      pool.events.push_back(std::make_unique<Event>());
      pool.events.back()->payload.template emplace<T>();
    }
    Event& event = *pool.events[pool.used++];
    event.instrument = instrument;
    event.at = at;
    order_.push_back(&event);
    T& payload = *std::get_if<T>(&event.payload);
    renew(payload);
    return payload;
  }
  // The levels are often read before the field that names their instrument or time.
  Event& last() { return *order_.back(); }
  bool empty() const { return order_.empty(); }
  size_t size() const { return order_.size(); }

  void send(EventSink& sink, SourceId source, Instant received) {
    for (Event* event : order_) {
      event->source = source;
      event->received = received;
      sink.on_event(*event);
    }
  }
  template <class Test>
  bool any(Test test) const {
    for (const Event* event : order_) {
      if (test(*event)) return true;
    }
    return false;
  }
  template <class Use>
  void each(Use use) {
    for (Event* event : order_) use(*event);
  }
  // Takes back the events for which `bad` holds; how many.
  template <class Bad>
  size_t drop_if(Bad bad) {
    const size_t before = order_.size();
    std::erase_if(order_, [&](const Event* event) { return bad(*event); });
    dropped_ |= order_.size() != before;
    return before - order_.size();
  }
  // Takes back the events after the first `n`.
  void truncate(size_t n) {
    for (; order_.size() > n; order_.pop_back()) --pools_[order_.back()->payload.index()].used;
  }
  void clear() {
    for (const Event* event : order_) pools_[event->payload.index()].used = 0;
    if (order_.size() > kKept) {  // a REST page may hold thousands
      for (Pool& pool : pools_) pool.events.resize(std::min(pool.events.size(), kKept));
    }
    order_.clear();
    if (!dropped_) return;
    for (Pool& pool : pools_) pool.used = 0;  // of those that are not in order_ any more
    dropped_ = false;
  }

 private:
  static constexpr size_t kKept = 64;
  struct Pool {
    std::vector<std::unique_ptr<Event>> events;
    size_t used = 0;
  };
  template <class T, size_t i = 0>
  static constexpr size_t index_of() {
    if constexpr (std::is_same_v<std::variant_alternative_t<i, EventPayload>, T>) {
      return i;
    } else {
      return index_of<T, i + 1>();
    }
  }
  template <class T>
  static void renew(T& payload) {
    payload = T{};
  }
  static void renew(BookDelta& book) {
    book.bids.clear();
    book.asks.clear();
    book.sequence = {};
  }
  static void renew(BookSnapshot& book) {
    book.bids.clear();
    book.asks.clear();
    book.sequence = {};
    book.depth.reset();
  }
  static void renew(Trade& trade) {
    trade.id.clear();
    trade.taker_side = Side::buy;
    trade.index_price.reset();
    trade.aggregated = trade.block = false;
    trade.price = {};
    trade.qty = {};
  }

  std::array<Pool, std::variant_size_v<EventPayload>> pools_;
  std::vector<Event*> order_;
  bool dropped_ = false;
};

}  // namespace delever::codec
