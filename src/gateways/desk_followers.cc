// Orders that wait for another to be filled whole. They are looked at where stops are: between
// commands, and once a second.
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

// Nothing happens while the other order lives. One that is forgotten has ended long ago.
void Desk::State::settle_follower(OrderRecord& order) {
  const OrderRecord* first = find(order.account, order.after);
  if (is_live(order.state) && first && is_live(first->state)) return;
  if (followers.erase({order.account, order.number}) == 0 || !is_live(order.state)) return;
  order.after = 0;
  if (first && first->state == OrderState::filled) return enter_follower(order);
  order.ended_by = OrderRecord::Ended::first_ended;
  const bool cancelled = first && first->state == OrderState::cancelled;
  finish(order, cancelled ? OrderState::cancelled : OrderState::expired,
         cancelled ? DeskUpdate::Reason::cancelled : DeskUpdate::Reason::expired);
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
