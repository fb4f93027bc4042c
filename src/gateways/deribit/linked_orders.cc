// Orders that belong to another: what is sent when it is filled (one_triggers_other), what is taken
// back when it is carried out (one_cancels_other), or a pair of which one alone is carried out once
// it is filled (one_triggers_one_cancels_other).
#include "gateways/deribit/methods.h"

namespace delever::gateways::deribit {

std::optional<Reply> Methods::read_linked(const Params& params, const Contract& c,
                                          const SubmitOrder& first, Linked& out) const {
  const std::string_view kind = params.text("linked_order_type");
  if (kind.empty()) return std::nullopt;
  const bool both = kind == "one_triggers_one_cancels_other";
  out.wait = both || kind == "one_triggers_other";
  out.exclude = both || kind == "one_cancels_other";
  if (!out.wait && !out.exclude) return Reply::invalid("linked_order_type", "wrong value");
  const std::string_view condition = params.text("trigger_fill_condition");
  if (condition.empty() || condition == "first_hit")
    out.fills = FillCondition::first;
  else if (condition == "complete_fill")
    out.fills = FillCondition::whole;
  else if (condition == "incremental")
    out.fills = FillCondition::share;
  else
    return Reply::invalid("trigger_fill_condition", "wrong value");
  const std::vector<JsonTree> legs = params.objects("otoco_config");
  if (legs.size() != (both ? 2U : 1U)) return Reply::invalid("otoco_config", "wrong value");
  for (const JsonTree& leg : legs) {
    const Params p(leg);
    OrderRequest request;
    const std::string_view direction = p.text("direction");
    if (direction != "buy" && direction != "sell")
      return Reply::invalid("direction", "wrong value");
    request.order.side = direction == "buy" ? Side::buy : Side::sell;
    request.order.account = first.account;
    request.order.instrument = c.instrument;
    request.order.qty = first.qty;
    if (p.maybe("amount") || p.maybe("contracts")) {
      if (auto wrong = read_size(p, c, request.order)) return wrong;
    }
    if (auto wrong = read_order(p, c, request)) return wrong;
    out.orders.push_back(std::move(request));
  }
  return std::nullopt;
}

// All or none: where one is refused, the first is taken back as far as it is still there.
std::optional<Reply> Methods::place_linked(AccountId account, uint64_t first, Linked linked,
                                           std::vector<std::string>& ids) {
  if (linked.orders.empty()) return std::nullopt;
  const OrderRecord* const order = desk_.order(account, first);
  // Of a pair the first has been carried out: there is nothing left to exclude.
  if (!linked.wait &&
      (!is_live(order->state) || (linked.fills == FillCondition::first && order->filled > Qty())))
    return std::nullopt;
  const uint64_t group = order->one_of != 0 ? order->one_of : linked.exclude ? ++links_made_ : 0;
  std::vector<uint64_t> made;
  for (OrderRequest& request : linked.orders) {
    request.order.account = account;
    request.one_of = group;
    request.after = linked.wait ? first : 0;
    request.after_fills = linked.fills;
    // The condition is the first order's: of two that it sends the first to trade ends the other.
    if (!linked.wait) request.group_fills = linked.fills;
    const Side side = request.order.side;
    const Placed placed = desk_.submit(std::move(request));
    if (placed.reject != Reject::none || !placed.order) {
      for (const uint64_t number : made) desk_.cancel(account, number);
      desk_.cancel(account, first);
      return refusal(placed.reject, side);
    }
    made.push_back(placed.order->number);
    ids.push_back(contracts_.order_id(*placed.order));
  }
  return std::nullopt;
}

}  // namespace delever::gateways::deribit
