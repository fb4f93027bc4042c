// Orders of spot.
#include <fmt/format.h>

#include "gateways/binance/order_json.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

std::string spot_list(const Face& face, const std::vector<const OrderRecord*>& rows) {
  std::string out;
  append_list(out, rows, [&](const OrderRecord* order) { append_spot_order(out, face, *order); });
  return out;
}

Outcome place_one(Face& face, const Parameters& p, AccountId account) {
  Asked asked(p);
  NewOrder order = spot_order(face, asked, account);
  if (!asked.ok()) return asked.wrong();
  OrderRequest again = order.request;
  const Placed placed = face.desk.submit(std::move(order.request));
  // Taken, and gone at once: the venue keeps such an order.
  const bool kept = placed.reject == Reject::not_filled;
  if (!kept && placed.reject != Reject::none) return refusal_of(placed.reject, true, About::order);
  const OrderRecord& record =
      kept ? face.desk.keep_refused(std::move(again), placed.reject) : *placed.order;
  std::string out;
  append_spot_placed(out, face, record, order.telling);
  return out;
}

// Restricted to orders that nothing, or something, has been filled of.
Outcome cancel_one(Face& face, const Parameters& p, AccountId account) {
  Asked asked(p);
  asked_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  const OrderRecord* order = asked_order(face, asked, account, About::cancel);
  if (!asked.ok()) return asked.wrong();
  const std::string_view only = asked.text("cancelRestrictions");
  const std::string_view status = status_of(*order);
  if ((only == "ONLY_NEW" && status != "NEW") ||
      (only == "ONLY_PARTIALLY_FILLED" && status != "PARTIALLY_FILLED"))
    return Refusal{-2011, "Order was not canceled due to cancel restrictions."};
  const Reject why = face.desk.cancel(account, order->number);
  if (why != Reject::none) return refusal_of(why, true, About::cancel);
  std::string out;
  append_spot_cancelled(out, face, *order, asked.text("newClientOrderId"));
  return out;
}

Outcome place_spot(Face& face, const Call& call) { return place_one(face, call.p, call.account()); }
Outcome cancel_spot(Face& face, const Call& call) {
  return cancel_one(face, call.p, call.account());
}

// Everything is looked at but the money.
Outcome test_spot(Face& face, const Call& call) {
  Asked asked(call.p);
  const NewOrder order = spot_order(face, asked, call.account());
  const bool rates = asked.flag("computeCommissionRates");
  if (!asked.ok()) return asked.wrong();
  return rates ? order_commission(*face.markets.of(order.request.order.instrument))
               : std::string("{}");
}

Outcome query_spot(Face& face, const Call& call) {
  Asked asked(call.p);
  asked_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  const OrderRecord* order = asked_order(face, asked, call.account(), About::query);
  if (!asked.ok()) return asked.wrong();
  std::string out;
  append_spot_order(out, face, *order);
  return out;
}

// 409: the old order is gone and the new one was refused, or the other way round.
Outcome replaced(std::string_view cancel_result, std::string_view new_result,
                 std::string_view cancel_json, std::string_view new_json) {
  std::string data;
  ObjectText(data)
      .text("cancelResult", cancel_result)
      .text("newOrderResult", new_result)
      .raw("cancelResponse", cancel_json)
      .raw("newOrderResponse", new_json)
      .end();
  const bool all = new_result == "SUCCESS" && cancel_result == "SUCCESS";
  if (all) return data;
  const bool none = cancel_result == "FAILURE" && new_result != "SUCCESS";
  const int code = none ? -2022 : -2021;
  std::string out;
  ObjectText(out)
      .number("code", code)
      .text("msg", none ? "Order cancel-replace failed." : "Order cancel-replace partially failed.")
      .raw("data", data)
      .end();
  return {none ? 400 : 409, code, out};
}

// Two orders' worth of parameters: cancel* names the one that goes, the rest is the new one.
Outcome cancel_replace(Face& face, const Call& call) {
  Asked asked(call.p);
  asked_market(face, asked);
  const std::string_view mode = asked.need("cancelReplaceMode");
  const bool stop = mode == "STOP_ON_FAILURE";
  if (!stop && mode != "ALLOW_FAILURE" && !mode.empty())
    asked.refuse(bad_parameter("cancelReplaceMode"));
  if (!asked.has("cancelOrderId")) asked.need("cancelOrigClientOrderId");
  if (!asked.ok()) return asked.wrong();
  Parameters old;
  old.set("symbol", std::string(asked.text("symbol")));
  old.set("orderId", std::string(asked.text("cancelOrderId")));
  old.set("origClientOrderId", std::string(asked.text("cancelOrigClientOrderId")));
  old.set("newClientOrderId", std::string(asked.text("cancelNewClientOrderId")));
  old.set("cancelRestrictions", std::string(asked.text("cancelRestrictions")));
  // An order that could not be entered must not cost the one that rests.
  Asked beforehand(call.p);
  spot_order(face, beforehand, call.account());
  if (!beforehand.ok()) return beforehand.wrong();
  const Outcome gone = cancel_one(face, old, call.account());
  if (gone.code != 0 && stop) return replaced("FAILURE", "NOT_ATTEMPTED", gone.body, "null");
  const Outcome made = place_one(face, call.p, call.account());
  return replaced(gone.code == 0 ? "SUCCESS" : "FAILURE", made.code == 0 ? "SUCCESS" : "FAILURE",
                  gone.body, made.body);
}

// Less of it, at its place in the queue.
Outcome amend_spot(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  asked.need("newQty");
  const auto qty = asked.qty("newQty");
  if (!asked.ok()) return asked.wrong();
  const OrderRecord* order = asked_order(face, asked, call.account(), About::query);
  if (!asked.ok()) return asked.wrong();
  if (!is_live(order->state)) return no_such_order(About::query);
  check_qty(face, asked, *m, *qty, false);
  if (*qty >= order->asked.qty)
    asked.refuse({-2038, "The requested action would change no state; rejecting"});
  if (!asked.ok()) return asked.wrong();
  const SubmitOrder was = order->asked;
  const Placed placed = face.desk.amend(call.account(), order->number, {.qty = qty});
  if (placed.reject != Reject::none) return refusal_of(placed.reject, true, About::order);
  keep_amendment(face, *order, was);
  std::string out;
  ObjectText o(out);
  o.number("transactTime", face.ms()).number("executionId", static_cast<int64_t>(order->number));
  append_spot_order(o.member("amendedOrder"), face, *order);
  o.end();
  return out;
}

Outcome open_spot_orders(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* only = maybe_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  std::vector<const OrderRecord*> rows;
  for (const OrderRecord* order : face.desk.live(call.account())) {
    if (is_of(face, *order) && (!only || order->asked.instrument == only->id))
      rows.push_back(order);
  }
  return spot_list(face, rows);
}

Outcome all_spot_orders(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  const Window window = asked_window(asked, 500, 1'000);
  const auto from = asked.whole("orderId");
  if (!asked.ok()) return asked.wrong();
  std::vector<const OrderRecord*> rows;
  for (const OrderRecord* order : face.desk.history(call.account())) {
    if (order->asked.instrument == m->id && window.has(order->created) &&
        (!from || order->number >= static_cast<uint64_t>(*from)))
      rows.push_back(order);
  }
  if (from && rows.size() > window.limit) rows.resize(window.limit);
  window.cut(rows);
  return spot_list(face, rows);
}

// Refused where there is nothing to cancel.
Outcome cancel_all_spot(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  const std::vector<uint64_t> gone = face.desk.cancel_all(call.account(), m->id);
  if (gone.empty()) return no_such_order(About::cancel);
  std::string out;
  append_list(out, gone, [&](uint64_t number) {
    append_spot_cancelled(out, face, *face.desk.order(call.account(), number), {});
  });
  return out;
}

uint32_t weigh_open_spot(const Parameters& p) { return p.has("symbol") ? 6 : 80; }

}  // namespace

void add_spot_orders(Routes& routes) {
  routes["POST /api/v3/order"] = {Needs::signature, place_spot, 1, 1};
  routes["POST /api/v3/order/test"] = {Needs::signature, test_spot, 1};
  routes["GET /api/v3/order"] = {Needs::signature, query_spot, 4};
  routes["DELETE /api/v3/order"] = {Needs::signature, cancel_spot};
  routes["POST /api/v3/order/cancelReplace"] = {Needs::signature, cancel_replace, 1, 1};
  routes["PUT /api/v3/order/amend/keepPriority"] = {Needs::signature, amend_spot, 4};
  routes["GET /api/v3/openOrders"] = {Needs::signature, open_spot_orders, 6, 0, weigh_open_spot};
  routes["DELETE /api/v3/openOrders"] = {Needs::signature, cancel_all_spot};
  routes["GET /api/v3/allOrders"] = {Needs::signature, all_spot_orders, 20};
}

}  // namespace delever::gateways::binance
