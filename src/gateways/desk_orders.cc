// Orders in: submitted, amended, cancelled; and the stops that wait here and not at the exchange.
#include <algorithm>

#include "gateways/desk_state.h"

namespace delever::gateways {
namespace {

constexpr size_t kFinishedKept = 1'000;  // orders an account
constexpr size_t kHeldMost = 200;        // of one account and instrument

bool is_stop(OrderType type) {
  return type == OrderType::stop_market || type == OrderType::stop_limit;
}

}  // namespace

// Nodes of a map stay where they are, so that pointers to records hold until they are forgotten.
OrderRecord& Desk::State::keep(OrderRecord order) {
  OwnOrders& orders = own(order.account)->orders;
  const uint64_t number = order.number;
  if (!order.client_id.empty()) orders.by_client_id[order.client_id] = number;
  order.last_when_placed = desk.price_of(order.asked.instrument, WatchedPrice::last);
  OrderRecord& kept = orders.all.insert_or_assign(number, std::move(order)).first->second;
  orders.live.insert(number);
  return kept;
}

// In one go for a thousand: forgetting costs nothing an order.
void Desk::State::forget_oldest(OwnOrders& orders) {
  if (orders.finished.size() < 2 * kFinishedKept) return;
  for (size_t k = 0; k < kFinishedKept; ++k) {
    const auto it = orders.all.find(orders.finished[k]);
    if (it == orders.all.end()) continue;
    const auto named = orders.by_client_id.find(it->second.client_id);
    if (named != orders.by_client_id.end() && named->second == it->first)
      orders.by_client_id.erase(named);
    orders.all.erase(it);
  }
  orders.finished.erase(orders.finished.begin(), orders.finished.begin() + kFinishedKept);
}

void Desk::State::finish(OrderRecord& order, OrderState state, DeskUpdate::Reason reason) {
  if (!is_live(order.state)) return;
  order.state = state;
  order.book_order = 0;
  order.updated = now();
  OwnOrders& orders = own(order.account)->orders;
  orders.live.erase(order.number);
  orders.finished.push_back(order.number);
  emit_order(order, reason);
  orders_changed = true;
  // One that gave way to another of its group says nothing to the rest of it.
  if (order.one_of != 0 && order.ended_by != OrderRecord::Ended::other_of_group)
    hit.insert({order.account, order.number});
  end_held_of_group(order, state == OrderState::filled ? OrderState::expired : state);
}

// Those of the group that wait here: may be called while the exchange is at work.
void Desk::State::end_held_of_group(const OrderRecord& order, OrderState state) {
  if (order.one_of == 0) return;
  const std::set<uint64_t> live = own(order.account)->orders.live;
  for (const uint64_t number : live) {
    OrderRecord* other = find(order.account, number);
    if (!other || number == order.number || other->one_of != order.one_of || !is_held(*other))
      continue;
    drop_held(*other);
    other->ended_by = OrderRecord::Ended::other_of_group;
    const bool expired = state == OrderState::expired;
    finish(*other, state, expired ? DeskUpdate::Reason::expired : DeskUpdate::Reason::cancelled);
  }
}

// Those of the group that rest: between commands alone.
void Desk::State::cancel_group(const OrderRecord& order) {
  if (order.one_of == 0) return;
  const std::set<uint64_t> live = own(order.account)->orders.live;
  for (const uint64_t number : live) {
    const OrderRecord* other = find(order.account, number);
    if (other && number != order.number && other->one_of == order.one_of)
      desk.cancel(order.account, number, OrderRecord::Ended::other_of_group);
  }
}

// The number is the exchange's `client`, so that every notice finds its record.
Placed Desk::submit(OrderRequest request) {
  State& s = *state_;
  OwnAccount* own = s.own(request.order.account);
  if (!own) return {Reject::no_such_account, nullptr};
  s.forget_oldest(own->orders);
  OrderRecord order;
  order.number = s.orders_made + 1;
  order.account = request.order.account;
  order.client_id = std::move(request.client_id);
  order.asked = request.order;
  order.asked.client = order.number;
  order.take_profit = request.take_profit;
  order.closes_position = request.closes_position;
  order.trailing = request.trailing;
  order.one_of = request.one_of;
  order.after = request.after;
  order.group_fills = request.group_fills;
  order.after_fills = request.after_fills;
  order.linked_qty = request.order.qty;
  order.money = request.money;
  order.by_index = request.by_index;
  order.attached = std::move(request.attached);
  order.until_day_ends = request.until_day_ends;
  order.rejects_taking = request.rejects_taking;
  order.added_fee = request.added_fee;
  order.created = order.updated = s.now();
  order.tag = std::move(request.tag);
  if (order.after != 0) return s.wait_for_other(std::move(order));
  const bool waits_here = order.take_profit || order.closes_position || order.trailing ||
                          order.one_of != 0 || order.money || order.by_index;
  if (is_stop(order.asked.type) && waits_here) {
    order.state = OrderState::waiting;
    if (const Reject why = s.check_held(order); why != Reject::none) return {why, nullptr};
    ++s.orders_made;
    OrderRecord& kept = s.keep(std::move(order));
    if (const auto price = price_of(kept.asked.instrument, kept.watched())) s.follow(kept, *price);
    s.hold(kept);
    s.emit_order(kept, DeskUpdate::Reason::placed);
    if (kept.one_of != 0) s.remember_group(kept.account, kept.one_of);
    s.run_linked();
    return {Reject::none, &kept};
  }
  const uint64_t number = ++s.orders_made;
  const SubmitOrder asked = order.asked;
  s.entering = &order;
  s.met_itself = false;
  const Reject why = door_.enter(asked);
  s.entering = nullptr;
  if (why != Reject::none) {
    if (s.orders_made == number) --s.orders_made;
    return {why, nullptr};
  }
  if (request.one_of != 0) s.remember_group(request.order.account, request.one_of);
  s.run_held(asked.instrument);
  const auto it = own->orders.all.find(number);
  CHECK(it != own->orders.all.end());
  return {Reject::none, &it->second};
}

const OrderRecord& Desk::keep_refused(OrderRequest request, Reject why) {
  State& s = *state_;
  OwnAccount* own = s.own(request.order.account);
  CHECK(own);
  s.forget_oldest(own->orders);
  OrderRecord order;
  order.number = ++s.orders_made;
  order.account = request.order.account;
  order.client_id = std::move(request.client_id);
  order.asked = request.order;
  order.asked.client = order.number;
  order.money = request.money;
  order.attached = std::move(request.attached);
  order.until_day_ends = request.until_day_ends;
  order.rejects_taking = request.rejects_taking;
  order.created = order.updated = s.now();
  order.tag = std::move(request.tag);
  order.refused = why;
  OrderRecord& kept = s.keep(std::move(order));
  s.emit_order(kept, DeskUpdate::Reason::placed);
  s.finish(kept, OrderState::expired, DeskUpdate::Reason::expired);
  return kept;
}

// What the exchange says meanwhile is known to be the owner's wish.
Reject Desk::cancel(AccountId account, uint64_t number, OrderRecord::Ended by) {
  State& s = *state_;
  OrderRecord* order = s.find(account, number);
  if (!order || !is_live(order->state)) return Reject::no_such_order;
  order->ended_by = by;
  if (s.is_held(*order)) {
    s.drop_held(*order);
    s.finish(*order, OrderState::cancelled, DeskUpdate::Reason::cancelled);
    s.cancel_group(*order);
    s.cancel_chain(*order);
    return Reject::none;
  }
  s.cancelling = true;
  const Reject why = door_.enter(CancelOrder{account, order->asked.instrument, order->book_order});
  s.cancelling = false;
  s.run_linked();
  return why;
}

std::vector<uint64_t> Desk::cancel_all(AccountId account, std::optional<InstrumentId> instrument) {
  State& s = *state_;
  std::vector<uint64_t> gone;
  OwnAccount* own = s.own(account);
  if (!own) return gone;
  for (const uint64_t number : own->orders.live) {
    if (!instrument || own->orders.all.at(number).asked.instrument == *instrument)
      gone.push_back(number);
  }
  if (gone.empty()) return gone;
  for (const uint64_t number : gone) {
    OrderRecord& order = own->orders.all.at(number);
    if (!s.is_held(order)) continue;
    s.drop_held(order);
    s.finish(order, OrderState::cancelled, DeskUpdate::Reason::cancelled);
  }
  s.cancelling = true;
  const Reject why = door_.enter(CancelAll{account, instrument});
  s.cancelling = false;
  s.run_linked();
  return why == Reject::none ? gone : std::vector<uint64_t>();
}

// ---- amendments

Placed Desk::amend(AccountId account, uint64_t number, const Amendment& to) {
  State& s = *state_;
  OrderRecord* order = s.find(account, number);
  if (!order || !is_live(order->state)) return {Reject::no_such_order, nullptr};
  SubmitOrder as = order->asked;
  if (to.price) as.price = *to.price;
  if (to.trigger) as.trigger = *to.trigger;
  // The size of what waits for so much money is that money.
  const bool by_money = order->money && s.is_held(*order);
  if (to.qty && !by_money) as.qty = *to.qty;
  if (!by_money && as.qty <= order->filled) return {Reject::bad_quantity, order};
  const bool in_place = as.price == order->asked.price && as.trigger == order->asked.trigger &&
                        as.qty <= order->asked.qty;
  if (s.is_held(*order)) {
    OrderRecord changed = *order;
    changed.asked = as;
    if (to.qty && by_money) changed.money = Amount::raw(to.qty->raw());
    if (const Reject why = s.check_held(changed); why != Reject::none) return {why, order};
    s.drop_held(*order);
    order->asked = as;
    order->money = changed.money;
    s.hold(*order);
  } else if (const Reject why = s.amend_book(*order, as, in_place); why != Reject::none) {
    return {why, order};
  }
  order->updated = s.now();
  order->amended = true;
  if (to.attached) order->attached = to.attached;
  s.emit_order(*order, DeskUpdate::Reason::amended);
  s.run_held(as.instrument);
  return {Reject::none, order};
}

// Cancelled and entered again, under one number; where the new one is refused, the old one returns.
Reject Desk::State::amend_book(OrderRecord& order, const SubmitOrder& as, bool in_place) {
  const Qty left = as.qty - order.filled;
  amending = &order;
  Reject why = Reject::none;
  if (in_place && left == order.left()) {
    // Nothing changes; the venue says so by an update alone.
  } else if (in_place && order.state == OrderState::open) {
    why = door.enter(ReduceOrder{order.account, as.instrument, order.book_order, left});
    if (why == Reject::none) order.asked.qty = as.qty;
  } else {
    why = door.enter(CancelOrder{order.account, as.instrument, order.book_order});
    if (why == Reject::none) {
      order.book_order = 0;
      why = enter_again(order, as);
      if (why != Reject::none && enter_again(order, order.asked) != Reject::none) {
        amending = nullptr;
        finish(order, OrderState::cancelled, DeskUpdate::Reason::cancelled);
      }
    }
  }
  amending = nullptr;
  return why;
}

Reject Desk::State::enter_again(OrderRecord& order, const SubmitOrder& as) {
  const SubmitOrder before = order.asked;
  SubmitOrder rest = as;
  rest.qty = as.qty - order.filled;
  order.asked = as;
  const Reject why = door.enter(rest);
  if (why != Reject::none) order.asked = before;
  return why;
}

// ---- stops that wait here

// What the exchange checks when it arms a stop, for those that it never sees before they are due.
Reject Desk::State::check_held(const OrderRecord& order) const {
  const SubmitOrder& o = order.asked;
  if (o.instrument >= instruments.size()) return Reject::no_such_instrument;
  const exchange::Listing& listing = door.setup().listings[o.instrument];
  const ContractRule& c = *listing.rules.contract;
  const int64_t tick = c.tick->raw(), step = c.step->raw();
  if (!order.trailing && (o.trigger.raw() <= 0 || o.trigger.raw() % tick != 0))
    return Reject::bad_price;
  if (order.trailing && (order.trailing->share < Rate() || order.trailing->distance < Price() ||
                         (order.trailing->share == Rate() && order.trailing->distance == Price())))
    return Reject::bad_price;
  if (o.type == OrderType::stop_limit && (o.price.raw() <= 0 || o.price.raw() % tick != 0))
    return Reject::bad_price;
  const bool sized =
      order.money ? *order.money > Amount() : o.qty.raw() > 0 && o.qty.raw() % step == 0;
  if (!order.closes_position && !sized) return Reject::bad_quantity;
  const auto price = desk.price_of(o.instrument, order.watched());
  if (!price) return Reject::no_mark;
  const bool rising = (o.side == Side::buy) != order.take_profit;
  if (!order.trailing && (rising ? *price >= o.trigger : *price <= o.trigger))
    return Reject::would_trigger;
  const auto& held = instruments[o.instrument].held;
  const auto own = std::count_if(held.begin(), held.end(),
                                 [&](const Held& h) { return h.account == order.account; });
  return static_cast<size_t>(own) < kHeldMost ? Reject::none : Reject::too_large;
}

void Desk::State::hold(const OrderRecord& order) {
  instruments[order.asked.instrument].held.push_back(
      {order.account, order.number, (order.asked.side == Side::buy) != order.take_profit});
}

void Desk::State::drop_held(const OrderRecord& order) {
  std::erase_if(instruments[order.asked.instrument].held,
                [&](const Held& h) { return h.number == order.number; });
}

// Called where the exchange is between commands.
void Desk::State::run_held(InstrumentId instrument) {
  run_linked();
  InstrumentRecord& record = instruments[instrument];
  if (record.held.empty()) return;
  std::vector<std::pair<Held, Price>> due;
  for (const Held& h : record.held) {
    OrderRecord* order = find(h.account, h.number);
    if (!order) continue;
    const auto price = desk.price_of(instrument, order->watched());
    if (price && order->trailing) {
      if (follow(*order, *price)) due.emplace_back(h, *price);
      continue;
    }
    if (price && (h.rising ? *price >= order->asked.trigger : *price <= order->asked.trigger))
      due.emplace_back(h, *price);
  }
  for (const auto& [h, at] : due) release(h.account, h.number, at);
}

// A sell follows from below, a buy from above; before it has begun it has no trigger.
bool Desk::State::follow(OrderRecord& order, Price price) const {
  if (!order.trailing) return false;
  const Trailing& t = *order.trailing;
  const bool sells = order.asked.side == Side::sell;
  if (!order.best) {
    const bool begun = !t.from || (sells ? price >= *t.from : price <= *t.from);
    if (!begun) return false;
    order.best = price;
  }
  order.best = sells ? std::max(*order.best, price) : std::min(*order.best, price);
  const int64_t best = order.best->raw();
  const Wide apart = t.share > Rate()
                         ? divide(static_cast<Wide>(best) * t.share.raw(), Rate::scale, Round::down)
                         : Wide(t.distance.raw());
  const int64_t tick = door.setup().listings[order.asked.instrument].rules.contract->tick->raw();
  const int64_t at = narrow(sells ? best - apart : best + apart) / tick * tick;
  order.asked.trigger = Price::raw(at);
  return sells ? price <= order.asked.trigger : price >= order.asked.trigger;
}

void Desk::State::release(AccountId account, uint64_t number, Price at) {
  OrderRecord* order = find(account, number);
  if (!order || !is_held(*order)) return;
  drop_held(*order);
  triggered(account, {.instrument = order->asked.instrument,
                      .side = order->asked.side,
                      .client = number,
                      .price = at,
                      .qty = order->asked.qty});
  cancel_group(*order);  // their money is what it may need
  SubmitOrder o = order->asked;
  o.type = o.type == OrderType::stop_limit ? OrderType::limit : OrderType::market;
  if (order->closes_position) {
    o.qty = {};
    o.reduce_only = true;
    for (const exchange::PositionView& p : door.exchange().positions(account)) {
      const bool closes = (p.side == PositionSide::long_side) == (o.side == Side::sell);
      if (p.instrument == o.instrument && closes) o.qty = p.qty;
    }
    order->asked.qty = o.qty;
  }
  if (order->money)
    o.qty = order->asked.qty = desk.quantity_for(o.instrument, o.side, *order->money);
  if (door.enter(o) != Reject::none)
    finish(*order, OrderState::expired, DeskUpdate::Reason::expired);
}

// ---- looking up

const OrderRecord* Desk::order(AccountId account, uint64_t number) const {
  return state_->find(account, number);
}
const OrderRecord* Desk::by_client_id(AccountId account, std::string_view client_id) const {
  const OwnAccount* own = state_->own(account);
  if (!own) return nullptr;
  const auto it = own->orders.by_client_id.find(std::string(client_id));
  return it == own->orders.by_client_id.end() ? nullptr : state_->find(account, it->second);
}
std::vector<const OrderRecord*> Desk::live(AccountId account) const {
  std::vector<const OrderRecord*> out;
  if (const OwnAccount* own = state_->own(account)) {
    for (const uint64_t number : own->orders.live) out.push_back(&own->orders.all.at(number));
  }
  return out;
}
std::vector<const OrderRecord*> Desk::history(AccountId account) const {
  std::vector<const OrderRecord*> out;
  if (const OwnAccount* own = state_->own(account)) {
    for (const auto& [number, order] : own->orders.all) out.push_back(&order);
  }
  return out;
}

}  // namespace delever::gateways
