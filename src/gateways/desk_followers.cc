// Orders that are linked: those that wait for another's fills, and groups of which one alone is
// carried out. They are looked at where stops are: between commands.
#include <utility>

#include "gateways/desk_state.h"

namespace delever::gateways {
namespace {

constexpr size_t kFollowersMost = 200;  // of one account

}  // namespace

// It has a number and a name from now on; the exchange hears of it when it is its turn.
Placed Desk::State::wait_for_other(OrderRecord order) {
  const auto first = followers.lower_bound({order.account, 0});
  size_t own_count = 0;
  for (auto it = first; it != followers.end() && it->first == order.account; ++it) ++own_count;
  if (own_count >= kFollowersMost) return {Reject::too_large, nullptr};
  if (!find(order.account, order.after)) return {Reject::no_such_order, nullptr};
  order.state = OrderState::waiting;
  order.number = ++orders_made;
  OrderRecord& kept = keep(std::move(order));
  followers.insert({kept.account, kept.number});
  emit_order(kept, DeskUpdate::Reason::placed);
  settle_follower(kept);
  return {Reject::none, &kept};
}

void Desk::State::run_linked() {
  run_groups();
  run_followers();
}

// Asked before every request of a client: nothing is done where nothing happened.
void Desk::settle() {
  State& s = *state_;
  if (!s.hit.empty() || (s.orders_changed && !s.followers.empty())) s.run_linked();
  s.orders_changed = false;
  for (const InstrumentId i : std::exchange(s.touched, {})) s.run_held(i);
  if (!s.added_fees.empty()) s.pay_added_fees();
}

// Of each group that something happened to: the others go, whole or as far as it was filled.
void Desk::State::run_groups() {
  while (!hit.empty()) {
    const auto now_hit = std::exchange(hit, {});
    for (const auto& [account, number] : now_hit) {
      const OrderRecord* order = find(account, number);
      if (!order) continue;
      const bool first = order->group_fills == FillCondition::first && order->filled > Qty();
      if (first || !is_live(order->state))
        cancel_group(*order);
      else if (order->group_fills == FillCondition::share)
        shrink_group(*order);
    }
  }
}

// One that joins late finds the others as they stand.
void Desk::State::remember_group(AccountId account, uint64_t group) {
  for (const uint64_t number : own(account)->orders.live) {
    const OrderRecord* order = find(account, number);
    if (order->one_of == group && order->filled > Qty()) hit.insert({account, number});
  }
}

namespace {

// The part of `whole` that an order's fills are of what it was asked for, in whole steps.
Qty share_of(Qty whole, const OrderRecord& order, Qty step) {
  const Wide part = divide(static_cast<Wide>(whole.raw()) * order.filled.raw(),
                           order.linked_qty.raw(), Round::down);
  return Qty::raw(narrow(part / step.raw() * step.raw()));
}

Qty step_of(const Desk& desk, InstrumentId instrument) {
  return *desk.listing(instrument).rules.contract->step;
}

}  // namespace

void Desk::State::shrink_group(const OrderRecord& order) {
  const std::set<uint64_t> live = own(order.account)->orders.live;
  for (const uint64_t number : live) {
    const OrderRecord* other = find(order.account, number);
    if (!other || number == order.number || other->one_of != order.one_of) continue;
    const Qty gone = share_of(other->linked_qty, order, step_of(desk, other->asked.instrument));
    const Qty left = other->linked_qty - gone;
    if (left <= other->filled)
      desk.cancel(order.account, number, OrderRecord::Ended::other_of_group);
    else if (left < other->asked.qty)
      (void)desk.amend(order.account, number, {.price = {}, .trigger = {}, .qty = left});
  }
}

void Desk::State::run_followers() {
  if (followers.empty()) return;
  const auto all = followers;  // what one starts may end another
  for (const auto& [account, number] : all) {
    OrderRecord* order = find(account, number);
    if (order)
      settle_follower(*order);
    else
      followers.erase({account, number});
  }
}

// Nothing happens before the other order trades or ends. One that is forgotten has ended long ago.
void Desk::State::settle_follower(OrderRecord& order) {
  const OrderRecord* first = find(order.account, order.after);
  const bool lives = first && is_live(first->state);
  const bool in_parts = order.after_fills == FillCondition::share;
  if (is_live(order.state) && first && in_parts && grow_follower(order, *first) && lives) return;
  const bool due =
      first && (order.after_fills == FillCondition::first ? first->filled > Qty()
                                                          : first->state == OrderState::filled);
  if (is_live(order.state) && lives && !due) return;
  if (followers.erase({order.account, order.number}) == 0 || !is_live(order.state)) return;
  order.after = 0;
  if (in_parts && order.shared) {  // as much of it as there will be
    if (order.filled >= order.asked.qty)
      finish(order, OrderState::filled, DeskUpdate::Reason::traded);
    return;
  }
  if (due && !in_parts) return enter_follower(order);
  order.ended_by = OrderRecord::Ended::first_ended;
  const bool cancelled = first && first->state == OrderState::cancelled;
  finish(order, cancelled ? OrderState::cancelled : OrderState::expired,
         cancelled ? DeskUpdate::Reason::cancelled : DeskUpdate::Reason::expired);
}

// As much as the other order's fills are of it. Until the first of them it has no size.
bool Desk::State::grow_follower(OrderRecord& order, const OrderRecord& first) {
  const Qty to = share_of(order.linked_qty, first, step_of(desk, order.asked.instrument));
  if (to <= order.shared.value_or(Qty())) return order.shared.has_value();
  const bool begins = !order.shared, used_up = !begins && order.filled >= order.asked.qty;
  order.shared = to;
  if (begins) {
    order.asked.qty = to;
    enter_follower(order);
  } else if (used_up) {
    order.asked.qty = to;
    enter_rest(order);
  } else {
    (void)desk.amend(order.account, order.number, {.price = {}, .trigger = {}, .qty = to});
  }
  return true;
}

// What it had was filled, and now there is more of it: a stop has been triggered by then.
void Desk::State::enter_rest(OrderRecord& order) {
  SubmitOrder rest = order.asked;
  rest.qty = order.left();
  if (rest.type == OrderType::stop_market) rest.type = OrderType::market;
  if (rest.type == OrderType::stop_limit) rest.type = OrderType::limit;
  order.state = OrderState::open;
  emit_order(order, DeskUpdate::Reason::amended);
  if (door.enter(rest) != Reject::none)
    finish(order, OrderState::expired, DeskUpdate::Reason::expired);
}

bool Desk::State::waits_for_more(const OrderRecord& order) const {
  return order.after != 0 && order.shared && *order.shared < order.linked_qty;
}

// A stop goes on waiting, for its price; what is refused now has ended.
void Desk::State::enter_follower(OrderRecord& order) {
  order.updated = now();
  if (order.asked.type == OrderType::stop_market || order.asked.type == OrderType::stop_limit) {
    if (check_held(order) != Reject::none)
      return finish(order, OrderState::expired, DeskUpdate::Reason::expired);
    if (const auto price = desk.price_of(order.asked.instrument, order.watched()))
      follow(order, *price);
    hold(order);
    return emit_order(order, DeskUpdate::Reason::placed);
  }
  order.state = OrderState::open;
  emit_order(order, DeskUpdate::Reason::placed);
  const SubmitOrder asked = order.asked;
  if (door.enter(asked) != Reject::none)
    finish(order, OrderState::expired, DeskUpdate::Reason::expired);
}

// The owner took back one that still waited: the one it waited for goes with it.
void Desk::State::cancel_chain(const OrderRecord& order) {
  if (order.after == 0) return;
  const OrderRecord* first = find(order.account, order.after);
  if (first && is_live(first->state)) desk.cancel(order.account, first->number);
}

}  // namespace delever::gateways
