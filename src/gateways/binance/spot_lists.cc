// Order lists of spot, as they are shown, cancelled and told of. How they come in: see
// spot_list_entry.cc.
#include <algorithm>

#include "gateways/binance/order_json.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

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

}  // namespace

ObjectText begin_list(std::string& out, const Face& face, const OrderList& list) {
  ObjectText o(out);
  o.number("orderListId", static_cast<int64_t>(list.number))
      .text("contingencyType", list.contingency);
  o.text("listStatusType", is_executing(face, list) ? "EXEC_STARTED" : "ALL_DONE");
  o.text("listOrderStatus", status_name(face, list)).text("listClientOrderId", list.name);
  o.number("transactionTime", list.at.ms()).text("symbol", list.market->symbol);
  append_orders(o.member("orders"), face, list);
  return o;
}

namespace {

std::string list_json(const Face& face, const OrderList& list) {
  std::string out;
  begin_list(out, face, list).end();
  return out;
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
  o.number("g", static_cast<int64_t>(list.number)).text("c", list.contingency);
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
  routes["GET /api/v3/orderList"] = {Needs::signature, query_list, 4};
  routes["DELETE /api/v3/orderList"] = {Needs::signature, cancel_list};
  routes["GET /api/v3/openOrderList"] = {Needs::signature, open_lists, 6};
  routes["GET /api/v3/allOrderList"] = {Needs::signature, all_lists, 20};
}

}  // namespace delever::gateways::binance
