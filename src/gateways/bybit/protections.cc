#include "gateways/bybit/protections.h"

#include "gateways/bybit/account_rows.h"

namespace delever::gateways::bybit {
namespace {

PositionSide closes(const OrderRecord& order) {
  return order.asked.side == Side::sell ? PositionSide::long_side : PositionSide::short_side;
}

}  // namespace

void Protections::attach(const OrderRecord& order, Protection protection) {
  if (!protection.any()) return;
  if (!is_live(order.state)) {  // it has been filled already, or is gone
    if (order.filled > Qty())
      due_.push_back(
          {order.account, order.asked.instrument,
           order.asked.side == Side::buy ? PositionSide::long_side : PositionSide::short_side,
           protection, order.filled});
    return;
  }
  if (attached_.size() < kAttachedMost) attached_[order.number] = std::move(protection);
}

void Protections::on_update(const DeskUpdate& update) {
  if (update.kind == DeskUpdate::Kind::position) {
    changed_.insert({update.account, update.instrument});
    return;
  }
  if (update.kind != DeskUpdate::Kind::order || !update.order || is_live(update.order->state))
    return;
  const auto found = attached_.find(update.order->number);
  if (found == attached_.end()) return;
  const Protection protection = found->second;
  attached_.erase(found);
  attach(*update.order, protection);
}

Reject Protections::place(const Due& due, bool take_profit, std::optional<Qty> qty) {
  OrderRequest request = protection_order(venue_, due.account, due.instrument, due.side,
                                          due.protection, take_profit, qty);
  if (request.order.qty == Qty()) return Reject::nothing_to_reduce;
  return venue_.desk.submit(std::move(request)).reject;
}

void Protections::run() {
  // What is sent here may move positions, and so make more to do: that waits for the next call.
  const std::vector<Due> due = std::move(due_);
  due_.clear();
  for (const Due& d : due) {
    const Protection& p = d.protection;
    if (!p.partial) {
      set(d.account, d.instrument, d.side, p, false, false);
      continue;
    }
    if (p.take_profit) place(d, true, p.take_profit_qty.value_or(d.filled));
    if (p.stop_loss) place(d, false, p.stop_loss_qty.value_or(d.filled));
  }
  const auto changed = std::move(changed_);
  changed_.clear();
  for (const auto& [account, instrument] : changed) drop_orphans(account, instrument);
}

Reject Protections::set(AccountId account, InstrumentId instrument, PositionSide side,
                        const Protection& to, bool clear_take_profit, bool clear_stop_loss) {
  const Due due{account, instrument, side, to, Qty()};
  if (clear_take_profit || to.take_profit) drop(account, instrument, side, "TakeProfit");
  if (clear_stop_loss || to.stop_loss) drop(account, instrument, side, "StopLoss");
  Reject refused = Reject::none;
  if (to.take_profit) refused = place(due, true, std::nullopt);
  if (to.stop_loss && refused == Reject::none) refused = place(due, false, std::nullopt);
  return refused;
}

Reject Protections::trail(AccountId account, InstrumentId instrument, PositionSide side,
                          const Protection& to) {
  drop(account, instrument, side, "TrailingStop");
  if (!to.trailing) return Reject::none;
  return venue_.desk.submit(trailing_order(account, instrument, side, to)).reject;
}

void Protections::drop(AccountId account, InstrumentId instrument, PositionSide side,
                       std::string_view tag) {
  for (const OrderRecord* o : venue_.desk.live(account)) {
    if (o->asked.instrument == instrument && o->tag == tag && closes(*o) == side &&
        o->state == OrderState::waiting)
      venue_.desk.cancel(account, o->number);
  }
}

void Protections::drop_orphans(AccountId account, InstrumentId instrument) {
  bool stands[2] = {false, false};
  for (const auto& p : venue_.desk.positions(account)) {
    if (p.instrument == instrument && p.qty > Qty()) stands[static_cast<size_t>(p.side)] = true;
  }
  for (const OrderRecord* o : venue_.desk.live(account)) {
    if (o->asked.instrument != instrument || o->state != OrderState::waiting) continue;
    if (is_position_stop(o->tag) && !stands[static_cast<size_t>(closes(*o))])
      venue_.desk.cancel(account, o->number);
  }
}

}  // namespace delever::gateways::bybit
