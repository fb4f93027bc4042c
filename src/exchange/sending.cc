// An order on its way through the book, and the records of those that rest there.
#include <algorithm>

#include "exchange/trading.h"

namespace delever::exchange {

// Matches until the book has nothing more for the order. A guarded (reduce-only) resting order
// stops the match: only when everything before it is booked is it known how much of it may trade.
Trading::Sent Trading::send(InstrumentId i, const Sending& sending) {
  Market& m = markets[i];
  matching::MatchBook::NewOrder order = sending.order;
  Sent sent;
  std::vector<PositionId> shrunk;  // whose reduce-only orders may now stand for too much
  OrderId unguarded = 0;           // let through, to be guarded again if it still stands
  for (;;) {
    const OrderId guarded = match(i, sending, order, sent, shrunk);
    if (guarded == 0) break;
    unguarded = admit_guarded(i, guarded) ? guarded : OrderId();
    if (order.lots == 0) break;
  }
  CHECK(order.lots >= 0 && sent.lots + order.lots == sending.order.lots);
  if (unguarded != 0) {
    matching::MatchBook::Resting resting{};
    if (m.book.find(unguarded, resting)) m.book.guard(unguarded, true);
  }
  for (const PositionId pos : shrunk) trim_reduce_only(pos);
  return sent;
}

// One pass of the book. `order` keeps what is left of it; returns the guarded order that stopped
// the pass, or 0.
OrderId Trading::match(InstrumentId i, const Sending& sending, matching::MatchBook::NewOrder& order,
                       Sent& sent, std::vector<PositionId>& shrunk) {
  Market& m = markets[i];
  OrderId guarded = 0;
  book_events.clear();
  m.book.submit(order, book_events);
  for (const matching::BookEvent& e : book_events) {
    switch (e.kind) {
      case matching::BookEvent::Kind::fill:
        sent.lots += e.lots;
        sent.lots_ticks += static_cast<Wide>(e.lots) * e.tick;
        order.lots -= e.lots;
        book_fill(i, e, sending, shrunk);
        break;
      case matching::BookEvent::Kind::expired:
        expire(i, e, sending);
        break;
      case matching::BookEvent::Kind::rested:
        rested(m, e.order, sending, e.lots);
        break;
      case matching::BookEvent::Kind::guarded:
        guarded = e.maker;
        break;
      case matching::BookEvent::Kind::cancelled:
      case matching::BookEvent::Kind::rejected:
        CHECK(false);  // nothing here cancels, and every refusal was ruled out before
    }
  }
  return guarded;
}

// An order that gave way to another of its account, or the rest of the order in hand (which has no
// id: it never rested).
void Trading::expire(InstrumentId i, const matching::BookEvent& e, const Sending& sending) {
  if (e.order == 0) {
    const OrderInfo info{.position = sending.position, .client = sending.client};
    return finish(i, 0, info, e.taker_side, e.lots, e.tick);
  }
  const auto slot = static_cast<uint32_t>(e.order);
  const OrderInfo info = markets[i].orders[slot];
  take_off(markets[i], slot, e.lots, true);
  finish(i, e.order, info, e.taker_side, e.lots, e.tick);
}

// Trims a guarded order to what its position can close and lets it trade; false: nothing of it may.
bool Trading::admit_guarded(InstrumentId i, OrderId guarded) {
  Market& m = markets[i];
  const auto slot = static_cast<uint32_t>(guarded);
  const OrderInfo info = m.orders[slot];
  matching::MatchBook::Resting resting{};
  CHECK(m.book.find(guarded, resting));
  const Lots allowed = closable(positions[info.position], resting.side);
  std::vector<matching::BookEvent> trimmed;
  if (allowed <= 0) {
    m.book.cancel(guarded, trimmed);
    take_off(m, slot, resting.lots, true);
    finish(i, guarded, info, resting.side, resting.lots, resting.tick);
    return false;
  }
  if (allowed < resting.lots) {
    m.book.reduce(guarded, allowed, trimmed);
    take_off(m, slot, resting.lots - allowed, false);
    emit_rested(i, slot, allowed);
  }
  m.book.guard(guarded, false);
  return true;
}

void Trading::rested(Market& m, OrderId id, const Sending& sending, Lots lots) {
  const auto slot = static_cast<uint32_t>(id);
  if (slot >= m.orders.size()) m.orders.resize(slot + 1);
  PositionState& pos = positions[sending.position];
  OrderInfo& info = m.orders[slot];
  info.id = id;
  info.position = sending.position;
  info.client = sending.client;
  info.next = pos.first_order;
  info.previous = kNoId;
  info.tick = sending.order.tick;
  info.buy = sending.order.side == Side::buy;
  info.reduce_only = sending.reduce_only;
  if (pos.first_order != kNoId) m.orders[pos.first_order].previous = slot;
  pos.first_order = slot;
  (info.buy ? pos.open_buy : pos.open_sell) += lots;
  (info.buy ? pos.buy_ticks : pos.sell_ticks) += static_cast<Wide>(lots) * info.tick;
  if (sending.reduce_only) pos.reduce_lots += lots;
  if (m.spot && sending.order.side == Side::buy)
    pos.open_buy_value += static_cast<Wide>(lots) * sending.order.tick * m.unit;
  pools.mark_dirty(pos.pool);
  if (m.spot) pools.mark_all_dirty(pos.account);
  emit_rested(pos.instrument, slot, lots);
}

void Trading::emit_rested(InstrumentId i, uint32_t slot, Lots lots) {
  const Market& m = markets[i];
  const OrderInfo& info = m.orders[slot];
  out.emit<OrderRested>(positions[info.position].account, [&](OrderRested& n) {
    n.instrument = i;
    n.side = info.buy ? Side::buy : Side::sell;
    n.order = info.id;
    n.client = info.client;
    n.price = Price::raw(static_cast<int64_t>(info.tick) * m.tick);
    n.qty = Qty::raw(lots * m.step);
  });
}

// `lots` of a resting order are no longer there: filled, trimmed or cancelled.
void Trading::take_off(Market& m, uint32_t slot, Lots lots, bool gone) {
  OrderInfo& info = m.orders[slot];
  PositionState& pos = positions[info.position];
  (info.buy ? pos.open_buy : pos.open_sell) -= lots;
  (info.buy ? pos.buy_ticks : pos.sell_ticks) -= static_cast<Wide>(lots) * info.tick;
  if (info.reduce_only) pos.reduce_lots -= lots;
  if (m.spot) {
    if (info.buy) pos.open_buy_value -= static_cast<Wide>(lots) * info.tick * m.unit;
    pools.mark_all_dirty(pos.account);
  }
  if (!gone) return;
  (info.previous == kNoId ? pos.first_order : m.orders[info.previous].next) = info.next;
  if (info.next != kNoId) m.orders[info.next].previous = info.previous;
  info = {};
}

void Trading::finish(InstrumentId i, OrderId id, const OrderInfo& info, Side side, Lots left,
                     Tick tick) {
  const Market& m = markets[i];
  out.emit<OrderFinished>(positions[info.position].account, [&](OrderFinished& n) {
    n.instrument = i;
    n.side = side;
    n.order = id;
    n.client = info.client;
    n.price = Price::raw(static_cast<int64_t>(tick) * m.tick);
    n.left = Qty::raw(left * m.step);
  });
}

void Trading::drop_orders(PositionId id) {
  PositionState& pos = positions[id];
  Market& m = markets[pos.instrument];
  std::vector<matching::BookEvent> gone;
  while (pos.first_order != kNoId) {
    const uint32_t slot = pos.first_order;
    const OrderInfo info = m.orders[slot];
    gone.clear();
    CHECK(m.book.cancel(info.id, gone));
    take_off(m, slot, gone.front().lots, true);
    finish(pos.instrument, info.id, info, gone.front().taker_side, gone.front().lots,
           gone.front().tick);
  }
}

// Reduce-only orders never stand for more than the position: the youngest give way.
void Trading::trim_reduce_only(PositionId id) {
  PositionState& pos = positions[id];
  Market& m = markets[pos.instrument];
  std::vector<matching::BookEvent> events;
  uint32_t slot = pos.first_order;
  while (slot != kNoId && pos.reduce_lots > 0) {
    const OrderInfo info = m.orders[slot];
    slot = info.next;
    if (!info.reduce_only) continue;
    const Lots excess = pos.reduce_lots - closable(pos, info.buy ? Side::buy : Side::sell);
    if (excess <= 0) return;
    matching::MatchBook::Resting resting{};
    CHECK(m.book.find(info.id, resting));
    events.clear();
    if (excess >= resting.lots) {
      m.book.cancel(info.id, events);
      take_off(m, static_cast<uint32_t>(info.id), resting.lots, true);
      finish(pos.instrument, info.id, info, resting.side, resting.lots, resting.tick);
    } else {
      m.book.reduce(info.id, resting.lots - excess, events);
      take_off(m, static_cast<uint32_t>(info.id), excess, false);
      emit_rested(pos.instrument, static_cast<uint32_t>(info.id), resting.lots - excess);
    }
  }
}

}  // namespace delever::exchange
