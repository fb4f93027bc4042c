// USD-M: one order at a time.
#include "gateways/binance/order_json.h"
#include "gateways/binance/order_work.h"
#include "gateways/binance/public_json.h"
#include "gateways/json_text.h"
#include "gateways/statement.h"

namespace delever::gateways::binance {
namespace {

std::string shown(const Face& face, const OrderRecord& order, Telling telling = Telling::result) {
  std::string out;
  append_futures_order(out, face, order, telling);
  return out;
}

// The exchange looks at the tiers first, the venue at the money: who lacks both is told of the
// money.
Refusal refusal_of_new(const Face& face, Reject reject, const SubmitOrder& order) {
  const Market& m = *face.markets.of(order.instrument);
  if (reject != Reject::bad_leverage) return refusal_of(reject, false, About::order);
  const Statement s = statement_of(face.desk, order.account);
  const Price price =
      order.type == OrderType::limit ? order.price : face.exchange().mark(m.id).value_or(Price());
  const double needs =
      value_of(m, price, order.qty).approx() / face.desk.leverage(order.account, m.id).approx();
  if (needs > s.coins.at(m.settle).available.approx()) reject = Reject::not_enough_margin;
  return refusal_of(reject, false, About::order);
}

}  // namespace

Outcome place_futures(Face& face, const Parameters& p, AccountId account) {
  Asked asked(p);
  NewOrder order = futures_order(face, asked, account);
  if (!asked.ok()) return asked.wrong();
  const SubmitOrder submitted = order.request.order;
  const Placed placed = face.desk.submit(std::move(order.request));
  if (placed.reject != Reject::none) return refusal_of_new(face, placed.reject, submitted);
  if (order.good_till && is_live(placed.order->state))
    face.expiries.orders[{account, placed.order->number}] = *order.good_till;
  return shown(face, *placed.order, order.telling);
}

// What is filled stays; a new size at or under it ends the order, and so does a post-only order at
// a price where it would take. Otherwise a refused amendment leaves the order as it was.
Outcome amend_futures(Face& face, const Parameters& p, AccountId account) {
  Asked asked(p);
  const Market* m = asked_market(face, asked);
  asked.need("quantity");
  asked.need("price");
  const auto qty = asked.qty("quantity");
  const auto price = asked.price("price");
  if (!asked.ok()) return asked.wrong();
  const OrderRecord* order = asked_order(face, asked, account, About::query);
  if (!asked.ok()) return asked.wrong();
  if (!is_live(order->state) || order->state == OrderState::waiting)
    return no_such_order(About::query);
  if (order->asked.type != OrderType::limit)
    return Refusal{-5025, "Only limit order is supported."};
  check_qty(face, asked, *m, *qty, false);
  check_price(face, asked, *m, order->asked.side, *price);
  if (!asked.ok()) return asked.wrong();
  if (*qty == order->asked.qty && *price == order->asked.price)
    return Refusal{-5027, "No need to modify the order."};
  const bool ends = *qty <= order->filled;
  Reject why = Reject::none;
  const SubmitOrder was = order->asked;
  if (!ends) why = face.desk.amend(account, order->number, {.price = price, .qty = qty}).reject;
  if (!ends && why == Reject::none) keep_amendment(face, *order, was);
  if (ends || why == Reject::would_take) why = face.desk.cancel(account, order->number);
  if (why != Reject::none) return refusal_of(why, false, About::order);
  return shown(face, *order);
}

Outcome cancel_futures(Face& face, const Parameters& p, AccountId account) {
  Asked asked(p);
  asked_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  const OrderRecord* order = asked_order(face, asked, account, About::cancel);
  if (!asked.ok()) return asked.wrong();
  if (order->state == OrderState::waiting) return no_such_order(About::cancel);
  const Reject why = face.desk.cancel(account, order->number);
  if (why != Reject::none) return refusal_of(why, false, About::cancel);
  return shown(face, *order);
}

namespace {

Outcome place_futures_order(Face& face, const Call& call) {
  return place_futures(face, call.p, call.account());
}
Outcome amend_futures_order(Face& face, const Call& call) {
  return amend_futures(face, call.p, call.account());
}
Outcome cancel_futures_order(Face& face, const Call& call) {
  return cancel_futures(face, call.p, call.account());
}

Outcome test_futures_order(Face& face, const Call& call) {
  Asked asked(call.p);
  futures_order(face, asked, call.account());
  if (!asked.ok()) return asked.wrong();
  return std::string("{}");
}

Outcome query_futures_order(Face& face, const Call& call) {
  Asked asked(call.p);
  asked_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  const OrderRecord* order = asked_order(face, asked, call.account(), About::query);
  if (!asked.ok()) return asked.wrong();
  if (is_conditional(*order) && !order->triggered) return no_such_order(About::query);
  return shown(face, *order);
}

Outcome query_open(Face& face, const Call& call) {
  Asked asked(call.p);
  asked_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  const OrderRecord* order = asked_order(face, asked, call.account(), About::query);
  if (!asked.ok()) return asked.wrong();
  if (order->state != OrderState::open) return no_such_order(About::query);
  return shown(face, *order);
}

}  // namespace

void add_futures_orders(Routes& routes) {
  routes["POST /fapi/v1/order"] = {Needs::signature, place_futures_order, 0, 1};
  routes["POST /fapi/v1/order/test"] = {Needs::signature, test_futures_order, 0};
  routes["PUT /fapi/v1/order"] = {Needs::signature, amend_futures_order, 1, 1};
  routes["GET /fapi/v1/order"] = {Needs::signature, query_futures_order};
  routes["DELETE /fapi/v1/order"] = {Needs::signature, cancel_futures_order};
  routes["GET /fapi/v1/openOrder"] = {Needs::signature, query_open};
}

}  // namespace delever::gateways::binance
