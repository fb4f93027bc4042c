// USD-M: orders that wait for a price (stops, take-profits), which have an endpoint family of their
// own since December 2025. What they become when they are due is an order under the same number.
#include <fmt/format.h>

#include "gateways/binance/order_json.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

const OrderRecord* asked_algo(const Face& face, Asked& asked, AccountId account, About about) {
  const auto number = asked.whole("algoId");
  const std::string_view name =
      asked.has("clientAlgoId") ? asked.text("clientAlgoId") : asked.text("clientalgoid");
  const OrderRecord* order = nullptr;
  if (number)
    order = face.desk.order(account, static_cast<uint64_t>(*number));
  else if (!name.empty())
    order = face.desk.by_client_id(account, name);
  else
    asked.refuse(
        {-1102, "Param 'algoid' or 'clientalgoid' must be sent, but both were empty/null!"});
  if (asked.ok() && (!order || !is_conditional(*order) || !is_of(face, *order)))
    asked.refuse(no_such_order(about));
  return order;
}

Outcome place_algo(Face& face, const Call& call) {
  Asked asked(call.p);
  NewOrder order = futures_algo_order(face, asked, call.account());
  if (!asked.ok()) return asked.wrong();
  const Placed placed = face.desk.submit(std::move(order.request));
  if (placed.reject != Reject::none) return refusal_of(placed.reject, false, About::order);
  std::string out;
  append_algo_order(out, face, *placed.order);
  return out;
}

Outcome query_algo(Face& face, const Call& call) {
  Asked asked(call.p);
  const OrderRecord* order = asked_algo(face, asked, call.account(), About::query);
  if (!asked.ok()) return asked.wrong();
  std::string out;
  append_algo_order(out, face, *order);
  return out;
}

Outcome cancel_algo(Face& face, const Call& call) {
  Asked asked(call.p);
  const OrderRecord* order = asked_algo(face, asked, call.account(), About::cancel);
  if (!asked.ok()) return asked.wrong();
  if (order->state != OrderState::waiting) return no_such_order(About::cancel);
  const Reject why = face.desk.cancel(call.account(), order->number);
  if (why != Reject::none) return refusal_of(why, false, About::cancel);
  std::string out;
  ObjectText(out)
      .number("algoId", static_cast<int64_t>(order->number))
      .text("clientAlgoId", order->client_id)
      .text("code", "200")
      .text("msg", "success")
      .end();
  return out;
}

Outcome cancel_all_algo(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  for (const OrderRecord* order : face.desk.live(call.account())) {
    if (order->state == OrderState::waiting && order->asked.instrument == m->id)
      face.desk.cancel(call.account(), order->number);
  }
  return std::string(R"({"code":200,"msg":"The operation of cancel all open order is done."})");
}

std::string list_json_algo(const Face& face, const std::vector<const OrderRecord*>& rows) {
  std::string out;
  append_list(out, rows, [&](const OrderRecord* order) { append_algo_order(out, face, *order); });
  return out;
}

Outcome open_orders_algo(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* only = maybe_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  std::vector<const OrderRecord*> rows;
  for (const OrderRecord* order : face.desk.live(call.account())) {
    if (order->state == OrderState::waiting && is_of(face, *order) &&
        (!only || order->asked.instrument == only->id))
      rows.push_back(order);
  }
  return list_json_algo(face, rows);
}

Outcome all_orders_algo(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  const Window window = asked_window(asked, 500, 1'000);
  const auto from = asked.whole("algoId");
  if (!asked.ok()) return asked.wrong();
  std::vector<const OrderRecord*> rows;
  for (const OrderRecord* order : face.desk.history(call.account())) {
    if (is_conditional(*order) && order->asked.instrument == m->id && window.has(order->created) &&
        (!from || order->number >= static_cast<uint64_t>(*from)))
      rows.push_back(order);
  }
  window.cut(rows);
  return list_json_algo(face, rows);
}

uint32_t weigh_open_algo(const Parameters& p) { return p.has("symbol") ? 1 : 40; }

}  // namespace

void add_algo_orders(Routes& routes) {
  routes["POST /fapi/v1/algoOrder"] = {Needs::signature, place_algo, 0, 1};
  routes["GET /fapi/v1/algoOrder"] = {Needs::signature, query_algo};
  routes["DELETE /fapi/v1/algoOrder"] = {Needs::signature, cancel_algo};
  routes["DELETE /fapi/v1/algoOpenOrders"] = {Needs::signature, cancel_all_algo};
  routes["GET /fapi/v1/openAlgoOrders"] = {Needs::signature, open_orders_algo, 1, 0,
                                           weigh_open_algo};
  routes["GET /fapi/v1/allAlgoOrders"] = {Needs::signature, all_orders_algo, 5};
}

}  // namespace delever::gateways::binance
