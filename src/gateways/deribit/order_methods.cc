// Orders: buy, sell, edit, cancel, close.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "gateways/deribit/methods.h"

namespace delever::gateways::deribit {
namespace {

constexpr size_t kLabelMost = 64;

std::optional<OrderType> order_type_of(std::string_view name, bool& take_profit) {
  take_profit = name.starts_with("take_");
  if (name.empty() || name == "limit") return OrderType::limit;
  if (name == "market") return OrderType::market;
  if (name == "stop_limit" || name == "take_limit") return OrderType::stop_limit;
  if (name == "stop_market" || name == "take_market" || name == "trailing_stop")
    return OrderType::stop_market;
  return std::nullopt;
}

bool with_limit(OrderType type) {
  return type == OrderType::limit || type == OrderType::stop_limit;
}

Reply count_of(size_t count) { return Reply::ok(std::to_string(count)); }

// A price as sent: on the tick, or why not.
std::optional<Reply> read_price(std::string_view text, std::string_view name, const Contract& c,
                                Price& out) {
  const auto price = Price::parse(text);
  if (!price.has_value() || price.value() <= Price())
    return Reply::invalid(name, "must be a positive number");
  if (price.value().raw() % c.tick.raw() != 0)
    return Reply::invalid(name, "must conform to tick size");
  out = price.value();
  return std::nullopt;
}

}  // namespace

// `amount` in the venue's unit, or `contracts`.
std::optional<Reply> Methods::read_size(const Params& params, const Contract& c,
                                        SubmitOrder& order) const {
  auto amount = params.maybe("amount");
  std::string of_contracts;
  if (const auto contracts = params.maybe("contracts"); !amount && contracts) {
    const auto count = read_double(*contracts);
    if (!count) return Reply::invalid("contracts", "must be a number");
    of_contracts = number(*count * c.contract_size().approx());
    amount = of_contracts;
  }
  if (!amount) return Reply::invalid("amount", "is required");
  const auto qty = c.quantity(*amount);
  if (!qty) {
    const auto read = Qty::parse(*amount);
    const bool positive = read.has_value() && read.value() > Qty();
    return Reply::invalid("amount", positive ? "must be a multiple of the minimum order size"
                                             : "must be a positive number");
  }
  order.qty = *qty;
  return std::nullopt;
}

// Type, limit and trigger. market_limit takes the best of the other side as its limit.
std::optional<Reply> Methods::read_prices(const Params& params, const Contract& c,
                                          OrderRequest& request) const {
  SubmitOrder& order = request.order;
  const auto type = order_type_of(params.text("type"), request.take_profit);
  if (!type && params.text("type") == "market_limit") {
    const BookSnapshot top = desk_.book(c.instrument, 1);
    const std::vector<Level>& other = order.side == Side::buy ? top.asks : top.bids;
    if (other.empty()) return Reply::refused(11030, "other_reject no_liquidity");
    order.type = OrderType::limit;
    order.price = other.front().price;
    return std::nullopt;
  }
  if (!type) return Reply::invalid("type", "wrong value");
  order.type = *type;
  if (with_limit(*type)) {
    if (!params.maybe("price")) return Reply::invalid("price", "is required");
    if (auto wrong = read_price(params.text("price"), "price", c, order.price)) return wrong;
  }
  if (*type != OrderType::stop_limit && *type != OrderType::stop_market) return std::nullopt;
  const std::string_view by = params.text("trigger");
  if (by.empty()) return Reply::invalid("trigger", "is required");
  if (by == "index_price")
    request.watch(WatchedPrice::index);
  else if (by == "mark_price" || by == "last_price")
    request.watch(by == "mark_price" ? WatchedPrice::mark : WatchedPrice::last);
  else
    return Reply::invalid("trigger", "wrong value");
  if (params.text("type") == "trailing_stop") {
    if (!params.maybe("trigger_offset")) return Reply::invalid("trigger_offset", "is required");
    request.trailing.emplace();
    return read_price(params.text("trigger_offset"), "trigger_offset", c,
                      request.trailing->distance);
  }
  const std::string_view at =
      params.maybe("trigger_price") ? params.text("trigger_price") : params.text("stop_price");
  if (at.empty()) return Reply::invalid("trigger_price", "is required");
  return read_price(at, "trigger_price", c, order.trigger);
}

// A post-only order that would take is moved to just behind the other side, unless it is to be
// refused.
std::optional<Reply> Methods::read_lifetime(const Params& params, const Contract& c,
                                            OrderRequest& request) const {
  SubmitOrder& order = request.order;
  const std::string_view name = params.text("time_in_force");
  if (name == "immediate_or_cancel") {
    order.time_in_force = TimeInForce::immediate_or_cancel;
  } else if (name == "fill_or_kill") {
    order.time_in_force = TimeInForce::fill_or_kill;
  } else if (!name.empty() && name != "good_til_cancelled" && name != "good_til_day") {
    return Reply::invalid("time_in_force", "wrong value");
  }
  request.until_day_ends = name == "good_til_day";
  order.reduce_only = params.flag("reduce_only");
  if (!params.flag("post_only")) return std::nullopt;
  if (!with_limit(order.type) || order.time_in_force != TimeInForce::good_till_cancelled)
    return Reply::refused(11055, "post_only_not_allowed");
  order.time_in_force = TimeInForce::post_only;
  request.rejects_taking = params.flag("reject_post_only");
  if (request.rejects_taking || order.type != OrderType::limit) return std::nullopt;
  const BookSnapshot top = desk_.book(c.instrument, 1);
  const std::vector<Level>& other = order.side == Side::buy ? top.asks : top.bids;
  if (other.empty()) return std::nullopt;
  if (order.side == Side::buy) {
    order.price = std::min(order.price, other.front().price - c.tick);
  } else {
    order.price = std::max(order.price, other.front().price + c.tick);
  }
  return std::nullopt;
}

// The order with what it has traded since `fills_before`.
Reply Methods::with_trades(AccountId account, const OrderRecord& order, size_t fills_before,
                           const std::vector<std::string>& linked) const {
  JsonWriter w;
  w.open('{').open("trades", '[');
  const auto fills = desk_.fills(account);
  for (size_t i = std::min(fills_before, fills.size()); i < fills.size(); ++i)
    if (fills[i].order == order.number) w.raw_item(shapes_.fill(fills[i]));
  w.close().raw("order", shapes_.order(order, linked));
  return Reply::ok(w.close().take());
}

Reply Methods::submit(Caller& caller, const Contract& c, OrderRequest request, Linked linked) {
  const AccountId account = *caller.account;
  request.order.account = account;
  request.order.instrument = c.instrument;
  const OrderRequest asked = request;
  const Placed placed = desk_.submit(std::move(request));
  if (placed.reject == Reject::not_filled)  // taken, and cancelled at once
    return with_trades(account, desk_.keep_refused(asked, placed.reject), SIZE_MAX);
  if (placed.reject != Reject::none || !placed.order)
    return refusal(placed.reject, asked.order.side);
  if (caller.socket && on_placed) on_placed(*caller.socket, placed.order->number);
  // The fills of an order that has just come are the newest.
  const auto fills = desk_.fills(account);
  size_t first = fills.size();
  while (first > 0 && fills[first - 1].order == placed.order->number) --first;
  const uint64_t number = placed.order->number;
  std::vector<std::string> ids;
  if (auto wrong = place_linked(account, number, std::move(linked), ids)) return *wrong;
  return with_trades(account, *desk_.order(account, number), first, ids);
}

std::optional<Reply> Methods::read_order(const Params& params, const Contract& c,
                                         OrderRequest& request) const {
  request.tag = params.text("label");
  if (request.tag.size() > kLabelMost) return Reply::invalid("label", "is too long");
  if (auto wrong = read_prices(params, c, request)) return wrong;
  return read_lifetime(params, c, request);
}

// What is wrong by itself is refused with the parameter's name, the rest as the exchange says.
Reply Methods::place(Caller& caller, const Params& params, Side side) {
  Reply reply;
  const Contract* const c = contract(params, reply);
  if (!c) return reply;
  OrderRequest request;
  request.order.side = side;
  if (params.maybe("advanced")) return Reply::refused(10033, "not_implemented");
  if (const auto until = params.integer("valid_until");
      until && *until < desk_.door().wall_now().ms())
    return Reply::refused(13888, "timed_out");
  if (auto wrong = read_size(params, *c, request.order)) return *wrong;
  // Nothing is hidden here, and what asks for it is not shown whole in silence.
  if (const auto shown = params.maybe("display_amount");
      shown && c->quantity(*shown) != request.order.qty)
    return Reply::invalid("display_amount", "iceberg orders are not available");
  if (auto wrong = read_order(params, *c, request)) return *wrong;
  Linked linked;
  if (auto wrong = read_linked(params, *c, request.order, linked)) return *wrong;
  if (linked.exclude && !linked.wait) {
    request.one_of = ++links_made_;
    request.group_fills = linked.fills;
  }
  return submit(caller, *c, std::move(request), std::move(linked));
}

// All of it, reduce-only, at a limit or at the market.
Reply Methods::close_position(Caller& caller, const Params& params) {
  Reply reply;
  const Contract* const c = contract(params, reply);
  if (!c) return reply;
  OrderRequest request;
  request.order.reduce_only = true;
  if (params.text("type") == "limit") {
    if (auto wrong = read_price(params.text("price"), "price", *c, request.order.price))
      return *wrong;
  } else if (params.text("type") == "market") {
    request.order.type = OrderType::market;
  } else {
    return Reply::invalid("type", "wrong value");
  }
  for (const exchange::PositionView& p : desk_.positions(*caller.account)) {
    if (p.instrument != c->instrument) continue;
    request.order.side = p.side == PositionSide::long_side ? Side::sell : Side::buy;
    request.order.qty = p.qty;
    return submit(caller, *c, std::move(request));
  }
  return Reply::refused(10010, "already_closed");
}

// The number stays; a change that takes carries its fills.
Reply Methods::amend(AccountId account, const OrderRecord& order, const Params& params) {
  const Contract& c = *contracts_.of(order.asked.instrument);
  Desk::Amendment to;
  SubmitOrder sized;
  if (params.maybe("amount") || params.maybe("contracts")) {
    if (auto wrong = read_size(params, c, sized)) return *wrong;
    to.qty = sized.qty;
  }
  if (params.maybe("price")) {
    Price price;
    if (auto wrong = read_price(params.text("price"), "price", c, price)) return *wrong;
    to.price = price;
  }
  if (params.maybe("trigger_price")) {
    Price price;
    if (auto wrong = read_price(params.text("trigger_price"), "trigger_price", c, price))
      return *wrong;
    to.trigger = price;
  }
  if (!to.qty && !to.price && !to.trigger) return Reply::invalid("amount", "is required");
  const uint64_t number = order.number;
  const Placed placed = desk_.amend(account, number, to);
  if (placed.reject != Reject::none) return refusal(placed.reject, order.asked.side);
  const auto fills = desk_.fills(account);
  size_t first = fills.size();
  while (first > 0 && fills[first - 1].order == number &&
         fills[first - 1].at == desk_.door().market_now())
    --first;
  const OrderRecord* const now = desk_.order(account, number);
  return now ? with_trades(account, *now, first) : refusal(Reject::no_such_order);
}

namespace {

// The id must be written as it was told: BTC-1 is not SLMS-1.
const OrderRecord* by_id(const Desk& desk, const Contracts& contracts, AccountId account,
                         std::string_view id) {
  const auto number = Contracts::order_number(id);
  const OrderRecord* const order = number ? desk.order(account, *number) : nullptr;
  return order && contracts.order_id(*order) == id ? order : nullptr;
}

}  // namespace

Reply Methods::edit(Caller& caller, const Params& params) {
  const OrderRecord* const order =
      by_id(desk_, contracts_, *caller.account, params.text("order_id"));
  if (!order || !is_live(order->state)) return refusal(Reject::no_such_order);
  return amend(*caller.account, *order, params);
}

std::vector<const OrderRecord*> Methods::labelled(AccountId account, const Params& params) const {
  const std::string_view label = params.text("label");
  const Wanted wanted(params, desk_);
  std::vector<const OrderRecord*> out;
  for (const OrderRecord* order : desk_.live(account))
    if (order->tag == label && wanted.is(*contracts_.of(order->asked.instrument)))
      out.push_back(order);
  return out;
}

// A label that names several orders names none.
Reply Methods::edit_by_label(Caller& caller, const Params& params) {
  if (!contracts_.find(params.text("instrument_name")))
    return Reply::invalid("instrument_name", "wrong format");
  const auto found = labelled(*caller.account, params);
  if (found.size() != 1) return refusal(Reject::no_such_order);
  return amend(*caller.account, *found.front(), params);
}

// Answers with the order as it has ended.
Reply Methods::cancel(Caller& caller, const Params& params) {
  const OrderRecord* const order =
      by_id(desk_, contracts_, *caller.account, params.text("order_id"));
  if (!order || !is_live(order->state)) return refusal(Reject::no_such_order);
  const uint64_t number = order->number;
  const Reject refused = desk_.cancel(*caller.account, number);
  if (refused != Reject::none) return refusal(refused);
  const OrderRecord* const gone = desk_.order(*caller.account, number);
  return gone ? Reply::ok(shapes_.order(*gone)) : refusal(Reject::no_such_order);
}

// cancel_all and its narrower sisters: `type` all, limit, or one of the triggers.
Reply Methods::cancel_all(Caller& caller, const Params& params) {
  const Wanted wanted(params, desk_);
  if (!wanted.name.empty() && !contracts_.find(wanted.name))
    return Reply::invalid("instrument_name", "wrong format");
  if (!wanted.coin_name.empty() && !contracts_.is_coin(wanted.coin_name))
    return Reply::invalid("currency", "invalid currency");
  const std::string_view type = params.text("type");
  std::vector<uint64_t> due;
  for (const OrderRecord* order : desk_.live(*caller.account)) {
    if (!wanted.is(*contracts_.of(order->asked.instrument))) continue;
    const bool trigger = deribit::is_trigger(*order);
    const bool fits = type.empty() || type == "all" || (type == "limit" && !trigger) ||
                      (trigger && (type == "trigger_all" || type == "stop" || type == "take"));
    if (fits) due.push_back(order->number);
  }
  size_t gone = 0;
  for (const uint64_t number : due) gone += desk_.cancel(*caller.account, number) == Reject::none;
  return count_of(gone);
}

// The session ends at 08:00 UTC, and with it what was good for the day.
void Methods::end_session() {
  constexpr int64_t kHour = 3'600'000;
  const int64_t session = (desk_.door().market_now().ms() - 8 * kHour) / (24 * kHour);
  const bool ended = session_ && *session_ != session;
  session_ = session;
  if (!ended) return;
  for (const Credentials& who : desk_.admitted()) {
    for (const OrderRecord* order : desk_.live(who.account))
      if (order->until_day_ends) desk_.cancel(who.account, order->number);
  }
}

Reply Methods::cancel_by_label(Caller& caller, const Params& params) {
  if (!params.maybe("label")) return Reply::invalid("label", "is required");
  std::vector<uint64_t> due;
  for (const OrderRecord* order : labelled(*caller.account, params)) due.push_back(order->number);
  size_t gone = 0;
  for (const uint64_t number : due) gone += desk_.cancel(*caller.account, number) == Reject::none;
  return count_of(gone);
}

}  // namespace delever::gateways::deribit
