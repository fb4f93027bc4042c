// Order lists of spot: a limit order and a stop of which the first that is carried out ends the
// other (OCO). Lists that wait for a first order (OTO, OTOCO, OPO) are not taken.
#include <fmt/format.h>

#include <algorithm>

#include "auth/digest.h"
#include "gateways/binance/order_json.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

constexpr size_t kListsKept = 1'000;

// A list is done when neither of its orders can still be carried out.
std::string_view status_name(const Face& face, const OrderList& list) {
  return is_executing(face, list) ? "EXECUTING" : "ALL_DONE";
}

void append_orders(std::string& out, const Face& face, const OrderList& list) {
  append_list(out, list.orders, [&](uint64_t number) {
    const OrderRecord* order = face.desk.order(list.account, number);
    ObjectText(out)
        .text("symbol", list.market->symbol)
        .number("orderId", static_cast<int64_t>(number))
        .text("clientOrderId", order ? client_id_of(*order) : "")
        .end();
  });
}

// What all answers begin with.
ObjectText begin_list(std::string& out, const Face& face, const OrderList& list) {
  ObjectText o(out);
  o.number("orderListId", static_cast<int64_t>(list.number)).text("contingencyType", "OCO");
  o.text("listStatusType", is_executing(face, list) ? "EXEC_STARTED" : "ALL_DONE");
  o.text("listOrderStatus", status_name(face, list)).text("listClientOrderId", list.name);
  o.number("transactionTime", list.at.ms()).text("symbol", list.market->symbol);
  append_orders(o.member("orders"), face, list);
  return o;
}

std::string list_json(const Face& face, const OrderList& list) {
  std::string out;
  begin_list(out, face, list).end();
  return out;
}

// One leg: its parameters carry `prefix` (above, below) in the newer call.
void take_leg(const Asked& asked, std::string_view prefix, Parameters& to) {
  const auto move = [&](std::string_view from, std::string_view name) {
    const std::string_view value = asked.text(std::string(prefix) + std::string(from));
    if (!value.empty()) to.set(std::string(name), std::string(value));
  };
  move("Type", "type");
  move("Price", "price");
  move("StopPrice", "stopPrice");
  move("TimeInForce", "timeInForce");
  move("ClientOrderId", "newClientOrderId");
}

// The older call has one form: a limit order that makes, and a stop below (of a buy: above) it.
void take_old_legs(const Asked& asked, Parameters& limit, Parameters& stop) {
  const auto copy = [&](std::string_view from, std::string_view name, Parameters& to) {
    if (asked.has(from)) to.set(std::string(name), std::string(asked.text(from)));
  };
  limit.set("type", "LIMIT_MAKER");
  copy("price", "price", limit);
  copy("limitClientOrderId", "newClientOrderId", limit);
  stop.set("type", asked.has("stopLimitPrice") ? "STOP_LOSS_LIMIT" : "STOP_LOSS");
  copy("stopPrice", "stopPrice", stop);
  copy("stopLimitPrice", "price", stop);
  copy("stopLimitTimeInForce", "timeInForce", stop);
  copy("stopClientOrderId", "newClientOrderId", stop);
}

Price trigger_or_price(const SubmitOrder& order) {
  return order.type == OrderType::limit ? order.price : order.trigger;
}

// A sell's limit is above the market and its stop below; the first leg is the upper one.
bool stand_apart(const Face& face, const SubmitOrder& upper, const SubmitOrder& lower) {
  const auto last = face.exchange().last(upper.instrument);
  return last && trigger_or_price(upper) > *last && trigger_or_price(lower) < *last;
}

Outcome refused_leg(Reject reject) { return refusal_of(reject, true, About::order); }

Outcome place_list(Face& face, const Call& call, Parameters first, Parameters second) {
  Asked asked(call.p);
  for (Parameters* leg : {&first, &second}) {
    for (const char* shared : {"symbol", "side", "quantity", "selfTradePreventionMode"}) {
      if (asked.has(shared)) leg->set(shared, std::string(asked.text(shared)));
    }
  }
  Asked one(first), two(second);
  NewOrder a = spot_order(face, one, call.account());
  if (!one.ok()) return one.wrong();
  NewOrder b = spot_order(face, two, call.account());
  if (!two.ok()) return two.wrong();
  const bool sells = a.request.order.side == Side::sell;
  const bool first_is_upper = trigger_or_price(a.request.order) > trigger_or_price(b.request.order);
  const SubmitOrder &upper = first_is_upper ? a.request.order : b.request.order,
                    &lower = first_is_upper ? b.request.order : a.request.order;
  const bool limit_is_upper = upper.type == OrderType::limit;
  const bool shaped = (upper.type == OrderType::limit) != (lower.type == OrderType::limit) &&
                      limit_is_upper == sells;
  if (!shaped || !stand_apart(face, upper, lower))
    return Refusal{-2010, "The relationship of the prices for the orders is not correct."};
  OrderList list{.number = face.lists_made + 1, .account = call.account()};
  list.market = face.markets.of(upper.instrument);
  list.name = std::string(asked.text("listClientOrderId"));
  if (list.name.empty())
    list.name =
        auth::hex(auth::hmac_sha256("list name", std::to_string(list.number))).substr(0, 22);
  // The exchange knows no lists: the desk cancels the other leg when one of the number is carried
  // out. The maker goes first: the stop behind it has not been sent when it is refused.
  a.request.one_of = b.request.one_of = list.number;
  const bool limit_first = a.request.order.type == OrderType::limit;
  OrderRequest legs[] = {limit_first ? a.request : b.request, limit_first ? b.request : a.request};
  for (OrderRequest& leg : legs) {
    const Placed placed = face.desk.submit(std::move(leg));
    if (placed.reject != Reject::none) {
      for (const uint64_t number : list.orders) face.desk.cancel(call.account(), number);
      return refused_leg(placed.reject);
    }
    list.orders.push_back(placed.order->number);
  }
  list.at = face.now();
  face.lists_made = list.number;
  // Bounded: a client that places lists all day asks for none of the oldest.
  while (face.lists.size() >= kListsKept) face.lists.erase(face.lists.begin());
  const OrderList& kept = face.lists[list.number] = std::move(list);
  std::string out;
  ObjectText o = begin_list(out, face, kept);
  append_list(o.member("orderReports"), kept.orders, [&](uint64_t number) {
    append_spot_placed(out, face, *face.desk.order(kept.account, number), Telling::result);
  });
  o.end();
  return out;
}

Outcome place_oco(Face& face, const Call& call) {
  Asked asked(call.p);
  for (const char* needed : {"aboveType", "belowType"}) asked.need(needed);
  if (!asked.ok()) return asked.wrong();
  Parameters above, below;
  take_leg(asked, "above", above);
  take_leg(asked, "below", below);
  return place_list(face, call, std::move(above), std::move(below));
}

Outcome place_old_oco(Face& face, const Call& call) {
  Asked asked(call.p);
  for (const char* needed : {"price", "stopPrice"}) asked.need(needed);
  if (!asked.ok()) return asked.wrong();
  Parameters limit, stop;
  take_old_legs(asked, limit, stop);
  return place_list(face, call, std::move(limit), std::move(stop));
}

// By number, or by either name that the venue's pages use.
const OrderList* asked_list(const Face& face, Asked& asked, AccountId account, int code) {
  const auto number = asked.whole("orderListId");
  const std::string_view name = asked.has("origClientOrderId") ? asked.text("origClientOrderId")
                                                               : asked.text("listClientOrderId");
  if (!number && name.empty()) asked.need("orderListId");
  // Of a name that was used again the newest list is meant.
  const OrderList* found = nullptr;
  for (const auto& [n, list] : face.lists) {
    const bool named = number ? n == static_cast<uint64_t>(*number) : list.name == name;
    if (list.account == account && named) found = &list;
  }
  if (asked.ok() && !found)
    asked.refuse({code, code == -2011 ? "Unknown order list sent." : "Order list does not exist."});
  return found;
}

Outcome query_list(Face& face, const Call& call) {
  Asked asked(call.p);
  const OrderList* list = asked_list(face, asked, call.account(), -2018);
  if (!asked.ok()) return asked.wrong();
  return list_json(face, *list);
}

Outcome cancel_list(Face& face, const Call& call) {
  Asked asked(call.p);
  asked_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  const OrderList* list = asked_list(face, asked, call.account(), -2011);
  if (!asked.ok()) return asked.wrong();
  if (!is_executing(face, *list)) return Refusal{-2011, "Unknown order list sent."};
  for (const uint64_t number : list->orders) face.desk.cancel(call.account(), number);
  std::string out;
  ObjectText o = begin_list(out, face, *list);
  append_list(o.member("orderReports"), list->orders, [&](uint64_t number) {
    append_spot_cancelled(out, face, *face.desk.order(list->account, number), {});
  });
  o.end();
  return out;
}

std::string lists_json(const Face& face, AccountId account, const Window* window) {
  std::vector<const OrderList*> rows;
  for (const auto& [number, list] : face.lists) {
    const bool wanted = window ? window->has(list.at) : is_executing(face, list);
    if (list.account == account && wanted) rows.push_back(&list);
  }
  if (window) window->cut(rows);
  std::string out;
  append_list(out, rows, [&](const OrderList* list) { out += list_json(face, *list); });
  return out;
}

Outcome open_lists(Face& face, const Call& call) {
  return lists_json(face, call.account(), nullptr);
}

Outcome all_lists(Face& face, const Call& call) {
  Asked asked(call.p);
  const Window window = asked_window(asked, 500, 1'000);
  if (!asked.ok()) return asked.wrong();
  return lists_json(face, call.account(), &window);
}

}  // namespace

bool is_executing(const Face& face, const OrderList& list) {
  return std::any_of(list.orders.begin(), list.orders.end(), [&](uint64_t number) {
    const OrderRecord* order = face.desk.order(list.account, number);
    return order && is_live(order->state);
  });
}

std::string list_event(const Face& face, const OrderList& list) {
  std::string out;
  ObjectText o(out);
  o.text("e", "listStatus").number("E", face.ms()).text("s", list.market->symbol);
  o.number("g", static_cast<int64_t>(list.number)).text("c", "OCO");
  o.text("l", is_executing(face, list) ? "EXEC_STARTED" : "ALL_DONE");
  o.text("L", status_name(face, list)).text("r", "NONE").text("C", list.name);
  o.number("T", face.ms());
  append_list(o.member("O"), list.orders, [&](uint64_t number) {
    const OrderRecord* order = face.desk.order(list.account, number);
    ObjectText(out)
        .text("s", list.market->symbol)
        .number("i", static_cast<int64_t>(number))
        .text("c", order ? client_id_of(*order) : "")
        .end();
  });
  o.end();
  return out;
}

void add_spot_lists(Routes& routes) {
  routes["POST /api/v3/orderList/oco"] = {Needs::signature, place_oco, 1, 2};
  routes["POST /api/v3/order/oco"] = {Needs::signature, place_old_oco, 1, 2};
  routes["GET /api/v3/orderList"] = {Needs::signature, query_list, 4};
  routes["DELETE /api/v3/orderList"] = {Needs::signature, cancel_list};
  routes["GET /api/v3/openOrderList"] = {Needs::signature, open_lists, 6};
  routes["GET /api/v3/allOrderList"] = {Needs::signature, all_lists, 20};
}

}  // namespace delever::gateways::binance
