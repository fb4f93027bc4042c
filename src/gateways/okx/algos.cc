#include "gateways/okx/algos.h"

#include <algorithm>

namespace delever::gateways::okx {
namespace {

// One leg as an order of the desk; the note in its tag leads back to the algo order.
OrderRequest request_of(const Algo& a, const AlgoLeg& leg) {
  OrderRequest r;
  SubmitOrder& o = r.order;
  o.account = a.account;
  o.instrument = a.instrument;
  o.side = a.side;
  o.qty = a.qty;
  o.reduce_only = a.reduce_only;
  o.position = a.position;
  o.type = leg.limit ? OrderType::stop_limit : OrderType::stop_market;
  o.price = leg.limit.value_or(Price());
  o.trigger = leg.trigger;
  r.watch(leg.by);
  o.time_in_force = leg.limit ? TimeInForce::good_till_cancelled : TimeInForce::immediate_or_cancel;
  r.take_profit = leg.take_profit;
  r.trailing = leg.trailing;
  r.closes_position = a.closes_position;
  if (a.money && !leg.limit) {
    r.money = a.money;
    o.qty = Qty();
  }
  OrderNote note{.tag = a.tag, .kind = a.type, .leg = leg.take_profit ? "tp" : "sl"};
  note.trade_mode = a.trade_mode;
  note.client_id = a.client_id;
  r.tag = note.text();
  return r;
}

}  // namespace

std::string_view algo_state_name(Algo::State state) {
  constexpr std::string_view kNames[] = {"live", "effective", "canceled", "order_failed"};
  return kNames[static_cast<size_t>(state)];
}

// The first leg's number is the algo order's id, so that ids come from one sequence.
Refusal Algos::place(Algo algo, uint64_t& id) {
  placing_ = true;
  Refusal refusal;
  for (AlgoLeg& leg : algo.legs) {
    const Placed placed = venue_.desk.submit(request_of(algo, leg));
    if (!placed.order) {
      refusal = order_refusal(placed.reject, algo.side, leg.take_profit);
      break;
    }
    leg.order = placed.order->number;
  }
  placing_ = false;
  if (refusal.code != 0) {
    for (const AlgoLeg& leg : algo.legs) {
      if (leg.order != 0) venue_.desk.cancel(algo.account, leg.order);
    }
    return refusal;
  }
  auto& of = algos_[algo.account];
  while (of.size() >= kKept) of.erase(of.begin());
  id = algo.id = algo.legs.front().order;
  algo.created = algo.updated = venue_.market();
  for (const AlgoLeg& leg : algo.legs) by_order_[leg.order] = {algo.account, id};
  const Algo& kept = of[id] = std::move(algo);
  emit(kept);
  return {};
}

// Legs that were not sent are cancelled by run(): an update is no place to send from.
void Algos::end(Algo& algo, Algo::State state, uint64_t sent) {
  if (algo.state != Algo::State::live) return;
  algo.state = state;
  algo.sent = sent;
  algo.updated = venue_.market();
  for (const AlgoLeg& leg : algo.legs) {
    by_order_.erase(leg.order);
    if (leg.order != sent) to_cancel_.emplace_back(algo.account, leg.order);
  }
  emit(algo);
}

Refusal Algos::cancel(AccountId account, uint64_t id) {
  auto& of = algos_[account];
  const auto found = of.find(id);
  if (found == of.end() || found->second.state != Algo::State::live)
    return {51400, "Cancellation failed as the order has been filled, canceled or does not exist."};
  end(found->second, Algo::State::canceled, 0);
  run();
  return {};
}

// A change of a leg that the algo order does not have is refused, and changes nothing of the rest.
Refusal Algos::amend(AccountId account, uint64_t id, const Change& to) {
  auto& of = algos_[account];
  const auto found = of.find(id);
  if (found == of.end() || found->second.state != Algo::State::live)
    return {51503, "Order modification failed as the order does not exist."};
  Algo& a = found->second;
  const bool trigger = a.type == "trigger";
  const auto change_of = [&](const AlgoLeg& leg) -> const LegChange& {
    return trigger ? to.only : leg.take_profit ? to.take_profit : to.stop_loss;
  };
  const auto has = [&](bool take_profit) {
    return !trigger && std::any_of(a.legs.begin(), a.legs.end(),
                                   [&](const AlgoLeg& l) { return l.take_profit == take_profit; });
  };
  if ((to.only.any() && !trigger) || (to.take_profit.any() && !has(true)) ||
      (to.stop_loss.any() && !has(false)))
    return {51506, "Order modification unavailable for the order type"};
  for (size_t n = 0; n < a.legs.size(); ++n) {
    const LegChange& c = change_of(a.legs[n]);
    const Placed placed = venue_.desk.amend(
        account, a.legs[n].order,
        {.price = c.limit, .trigger = c.trigger, .qty = to.qty, .attached = nullptr});
    if (placed.reject == Reject::none) continue;
    // All legs or none: those that have changed go back.
    for (size_t k = 0; k < n; ++k)
      venue_.desk.amend(account, a.legs[k].order,
                        {.price = a.legs[k].limit,
                         .trigger = a.legs[k].trigger,
                         .qty = a.qty,
                         .attached = nullptr});
    return order_refusal(placed.reject, a.side, a.legs[n].take_profit);
  }
  for (AlgoLeg& leg : a.legs) {
    const LegChange& c = change_of(leg);
    if (c.trigger) leg.trigger = *c.trigger;
    if (c.limit) leg.limit = c.limit;
  }
  if (to.qty) a.qty = *to.qty;
  if (to.qty && a.money) a.money = Amount::raw(to.qty->raw());
  a.updated = venue_.market();
  emit(a);
  return {};
}

const Algo* Algos::find(AccountId account, uint64_t id, std::string_view client_id) const {
  const auto of = algos_.find(account);
  if (of == algos_.end()) return nullptr;
  if (const auto found = of->second.find(id); found != of->second.end()) return &found->second;
  if (client_id.empty()) return nullptr;
  for (auto a = of->second.rbegin(); a != of->second.rend(); ++a) {
    if (a->second.client_id == client_id) return &a->second;
  }
  return nullptr;
}

std::vector<const Algo*> Algos::all(AccountId account) const {
  std::vector<const Algo*> out;
  const auto of = algos_.find(account);
  if (of == algos_.end()) return out;
  for (const auto& [id, algo] : of->second) out.push_back(&algo);
  return out;
}

// In place of what waited for that order before; what has no legs takes it away. An order that has
// ended protects as much as it filled.
void Algos::attach(const OrderRecord& order, Algo algo) {
  if (algo.legs.empty()) {
    attached_.erase(order.number);
    return;
  }
  if (is_live(order.state)) {
    if (attached_.size() < 100'000) attached_[order.number] = std::move(algo);
    return;
  }
  if (order.filled == Qty()) return;
  algo.qty = order.filled;
  due_.push_back(std::move(algo));
}

const Algo* Algos::attached(uint64_t order) const {
  const auto found = attached_.find(order);
  return found == attached_.end() ? nullptr : &found->second;
}

// An order with an algo attached has ended, or a leg of an algo order has been triggered or has
// gone.
void Algos::on_update(const DeskUpdate& update) {
  if (update.kind != DeskUpdate::Kind::order || !update.order) return;
  const OrderRecord& o = *update.order;
  if (const auto found = attached_.find(o.number); found != attached_.end() && !is_live(o.state)) {
    Algo algo = std::move(found->second);
    attached_.erase(found);
    attach(o, std::move(algo));
  }
  const auto named = by_order_.find(o.number);
  if (named == by_order_.end() || placing_) return;
  Algo& algo = algos_[named->second.first][named->second.second];
  if (o.triggered)
    end(algo,
        is_live(o.state) || o.filled > Qty() ? Algo::State::effective : Algo::State::order_failed,
        o.number);
  else if (!is_live(o.state))
    end(algo, Algo::State::canceled, 0);
}

void Algos::run() {
  const auto due = std::move(due_);
  due_.clear();
  uint64_t id = 0;
  for (const Algo& algo : due) place(algo, id);
  const auto gone = std::move(to_cancel_);
  to_cancel_.clear();
  for (const auto& [account, order] : gone) {
    const OrderRecord* o = venue_.desk.order(account, order);
    if (o && is_live(o->state)) venue_.desk.cancel(account, order);
  }
}

}  // namespace delever::gateways::okx
