#include "gateways/bybit/protections.h"

#include "gateways/bybit/account_rows.h"

namespace delever::gateways::bybit {
namespace {

PositionSide closes(const OrderRecord& order) {
  return order.asked.side == Side::sell ? PositionSide::long_side : PositionSide::short_side;
}

}  // namespace

void Protections::attach(const OrderRecord& order, Protection protection) {
  if (!protection.any()) {
    attached_.erase(order.number);
    return;
  }
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

Protection Protections::of(uint64_t order) const {
  const auto found = attached_.find(order);
  return found == attached_.end() ? Protection() : found->second;
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

Placed Protections::place(const Due& due, bool take_profit, std::optional<Qty> qty) {
  OrderRequest request = protection_order(venue_, due.account, due.instrument, due.side,
                                          due.protection, take_profit, qty);
  if (request.order.qty == Qty()) return {Reject::nothing_to_reduce, nullptr};
  return venue_.desk.submit(std::move(request));
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

// Both or none: where one is refused, what protected the position until then still does.
Reject Protections::set(AccountId account, InstrumentId instrument, PositionSide side,
                        const Protection& to, bool clear_take_profit, bool clear_stop_loss) {
  std::vector<uint64_t> old;
  if (clear_take_profit || to.take_profit) note(account, instrument, side, "TakeProfit", old);
  if (clear_stop_loss || to.stop_loss) note(account, instrument, side, "StopLoss", old);
  return replace({account, instrument, side, to, Qty()}, {}, old);
}

Reject Protections::add(AccountId account, const exchange::PositionView& held,
                        const Protection& to) {
  return replace({account, held.instrument, held.side, to, Qty()}, held.qty, {});
}

// `whole`: of a position that is protected in parts, where the part is not named.
Reject Protections::replace(const Due& due, std::optional<Qty> whole,
                            const std::vector<uint64_t>& old) {
  const Protection& to = due.protection;
  std::vector<uint64_t> made;
  Reject refused = Reject::none;
  const auto part = [&](const std::optional<Qty>& named) {
    return whole ? std::optional(named.value_or(*whole)) : std::nullopt;
  };
  for (const bool take_profit : {true, false}) {
    const bool wanted = take_profit ? to.take_profit.has_value() : to.stop_loss.has_value();
    if (!wanted || refused != Reject::none) continue;
    const Placed placed =
        place(due, take_profit, part(take_profit ? to.take_profit_qty : to.stop_loss_qty));
    refused = placed.reject;
    if (placed.order) made.push_back(placed.order->number);
  }
  for (const uint64_t number : refused == Reject::none ? old : made)
    venue_.desk.cancel(due.account, number);
  return refused;
}

bool Protections::stands(AccountId account, InstrumentId instrument, PositionSide side,
                         const Parameters& ask, const Protection& to) const {
  const auto standing = [&](std::string_view tag) -> const OrderRecord* {
    std::vector<uint64_t> numbers;
    note(account, instrument, side, tag, numbers);
    return numbers.empty() ? nullptr : venue_.desk.order(account, numbers.front());
  };
  const auto same = [&](std::string_view field, std::string_view tag,
                        const std::optional<Price>& price, const std::optional<Price>& limit,
                        WatchedPrice by) {
    if (!ask.has(field)) return true;
    const OrderRecord* o = standing(tag);
    if (!o || !price) return !o && !price;
    const Price at = o->asked.type == OrderType::stop_limit ? o->asked.price : Price();
    return o->asked.trigger == *price && at == limit.value_or(Price()) && o->watched() == by;
  };
  if (!same("takeProfit", "TakeProfit", to.take_profit, to.take_profit_limit, to.take_profit_by) ||
      !same("stopLoss", "StopLoss", to.stop_loss, to.stop_loss_limit, to.stop_loss_by))
    return false;
  if (!ask.has("trailingStop")) return true;
  const OrderRecord* o = standing("TrailingStop");
  if (!o || !to.trailing) return !o && !to.trailing;
  return o->trailing->distance == *to.trailing && o->trailing->from == to.trailing_from;
}

Reject Protections::trail(AccountId account, InstrumentId instrument, PositionSide side,
                          const Protection& to) {
  std::vector<uint64_t> old;
  note(account, instrument, side, "TrailingStop", old);
  if (to.trailing) {
    const Reject refused = venue_.desk.submit(trailing_order(account, instrument, side, to)).reject;
    if (refused != Reject::none) return refused;
  }
  for (const uint64_t number : old) venue_.desk.cancel(account, number);
  return Reject::none;
}

void Protections::note(AccountId account, InstrumentId instrument, PositionSide side,
                       std::string_view tag, std::vector<uint64_t>& numbers) const {
  for (const OrderRecord* o : venue_.desk.live(account)) {
    if (o->asked.instrument == instrument && o->tag == tag && closes(*o) == side &&
        o->state == OrderState::waiting)
      numbers.push_back(o->number);
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
