// Stop orders: armed, triggered by mark or last price, cancelled.
#include "exchange/trading.h"

namespace delever::exchange {

Reject Trading::arm(const SubmitOrder& c) {
  Market& m = markets[c.instrument];
  if (m.spot && c.trigger_by == TriggerBy::mark) return Reject::no_such_mode;
  if (c.trigger.raw() <= 0 || c.trigger.raw() % m.tick != 0) return Reject::bad_price;
  const int64_t price = c.trigger_by == TriggerBy::mark ? m.mark : m.last;
  if (price == 0) return Reject::no_mark;
  const bool reached = c.side == Side::buy ? price >= c.trigger.raw() : price <= c.trigger.raw();
  if (reached) return Reject::would_trigger;
  const uint64_t sequence = ++m.stops_made;
  const OrderId id = kStopBit | sequence;
  const int queue = static_cast<int>(c.trigger_by) * 2 + static_cast<int>(c.side);
  const std::pair<int64_t, uint64_t> key{c.side == Side::buy ? c.trigger.raw() : -c.trigger.raw(),
                                         sequence};
  m.stops[queue / 2][queue % 2].emplace(key, StopOrder{c, id});
  m.stop_places.emplace(id, std::pair(queue, key));
  out.emit(c.account, StopArmed{.instrument = c.instrument,
                                .side = c.side,
                                .order = id,
                                .client = c.client,
                                .trigger = c.trigger,
                                .qty = c.qty});
  return Reject::none;
}

// Carries out every stop that the price has reached, the furthest behind first; one may set off the
// next.
void Trading::run_stops(InstrumentId i, TriggerBy by) {
  for (;;) {
    Market& m = markets[i];
    const int64_t price = by == TriggerBy::mark ? m.mark : m.last;
    if (price == 0 || m.settled) return;
    StopQueue* reached = nullptr;
    for (const Side side : {Side::sell, Side::buy}) {
      StopQueue& stops = m.stops[static_cast<int>(by)][static_cast<int>(side)];
      if (stops.empty()) continue;
      const int64_t key = stops.begin()->first.first;
      if (side == Side::buy ? price >= key : price <= -key) {
        reached = &stops;
        break;
      }
    }
    if (!reached) return;
    const StopOrder stop = reached->begin()->second;
    m.stop_places.erase(stop.id);
    reached->erase(reached->begin());
    out.emit(stop.order.account, StopTriggered{.instrument = i,
                                               .side = stop.order.side,
                                               .order = stop.id,
                                               .client = stop.order.client,
                                               .price = Price::raw(price),
                                               .qty = stop.order.qty});
    if (trade(stop.order) != Reject::none) finish_stop(stop);
  }
}

Reject Trading::cancel_stop(const CancelOrder& c) {
  Market& m = markets[c.instrument];
  const auto place = m.stop_places.find(c.order);
  if (place == m.stop_places.end()) return Reject::no_such_order;
  const auto [queue, key] = place->second;
  StopQueue& stops = m.stops[queue / 2][queue % 2];
  const auto stop = stops.find(key);
  CHECK(stop != stops.end());
  if (stop->second.order.account != c.account) return Reject::no_such_order;
  const StopOrder gone = stop->second;
  stops.erase(stop);
  m.stop_places.erase(place);
  finish_stop(gone);
  return Reject::none;
}

void Trading::cancel_stops(Market& m, AccountId account) {
  for (auto& by : m.stops) {
    for (StopQueue& stops : by) {
      for (auto at = stops.begin(); at != stops.end();) {
        if (at->second.order.account != account) {
          ++at;
          continue;
        }
        const StopOrder gone = at->second;
        m.stop_places.erase(gone.id);
        at = stops.erase(at);
        finish_stop(gone);
      }
    }
  }
  CHECK(m.stop_places.size() <= m.stops_made);
}

void Trading::end_stops(Market& m) {
  for (auto& by : m.stops) {
    for (StopQueue& stops : by) {
      for (const auto& [key, stop] : stops) finish_stop(stop);
      stops.clear();
    }
  }
  m.stop_places.clear();
}

void Trading::finish_stop(const StopOrder& stop) {
  out.emit(stop.order.account, OrderFinished{.instrument = stop.order.instrument,
                                             .side = stop.order.side,
                                             .order = stop.id,
                                             .client = stop.order.client,
                                             .price = {},
                                             .left = stop.order.qty});
}

}  // namespace delever::exchange
