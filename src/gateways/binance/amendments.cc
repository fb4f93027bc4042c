// What a client has changed of its resting orders.
#include <algorithm>

#include "gateways/binance/order_json.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

constexpr size_t kAmendmentsKept = 1'000;

std::vector<const Amended*> rows_of(const Face& face, AccountId account, const OrderRecord& order,
                                    const Window& window) {
  std::vector<const Amended*> rows;
  const auto it = face.amendments.find(account);
  if (it == face.amendments.end()) return rows;
  for (const Amended& a : it->second.all()) {
    if (a.order == order.number && window.has(a.at)) rows.push_back(&a);
  }
  window.cut(rows);
  return rows;
}

void change(std::string& out, std::string_view name, std::string_view before,
            std::string_view after) {
  out += '"';
  out += name;
  out += "\":";
  ObjectText(out).text("before", before).text("after", after).end();
}

// Newest first.
Outcome futures_amendments(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  const Window window = asked_window(asked, 50, 100);
  if (!asked.ok()) return asked.wrong();
  const OrderRecord* order = asked_order(face, asked, call.account(), About::query);
  if (!asked.ok()) return asked.wrong();
  auto rows = rows_of(face, call.account(), *order, window);
  std::reverse(rows.begin(), rows.end());
  std::string out;
  append_list(out, rows, [&](const Amended* a) {
    ObjectText o(out);
    o.number("amendmentId", static_cast<int64_t>(a->number)).text("symbol", m->symbol);
    o.text("pair", m->pair).number("orderId", static_cast<int64_t>(a->order));
    o.text("clientOrderId", client_id_of(*order)).number("time", a->at.ms());
    std::string& what = o.member("amendment");
    what += '{';
    change(what, "price", m->price(a->price_before), m->price(a->price_after));
    what += ',';
    change(what, "origQty", m->qty(a->qty_before), m->qty(a->qty_after));
    what += ",\"count\":" + std::to_string(a->count) + '}';
    o.text("priceMatch", "NONE").end();
  });
  return out;
}

Outcome spot_amendments(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  const Window window = asked_window(asked, 500, 1'000);
  if (!asked.ok()) return asked.wrong();
  const OrderRecord* order = asked_order(face, asked, call.account(), About::query);
  if (!asked.ok()) return asked.wrong();
  std::string out;
  append_list(out, rows_of(face, call.account(), *order, window), [&](const Amended* a) {
    ObjectText(out)
        .text("symbol", m->symbol)
        .number("orderId", static_cast<int64_t>(a->order))
        .number("executionId", static_cast<int64_t>(a->number))
        .text("origClientOrderId", client_id_of(*order))
        .text("newClientOrderId", client_id_of(*order))
        .text("origQty", m->qty(a->qty_before))
        .text("newQty", m->qty(a->qty_after))
        .number("time", a->at.ms())
        .end();
  });
  return out;
}

}  // namespace

void keep_amendment(Face& face, const OrderRecord& order, const SubmitOrder& was) {
  Recent<Amended>& all = face.amendments.try_emplace(order.account, kAmendmentsKept).first->second;
  int count = 1;
  for (const Amended& a : all.all()) count += a.order == order.number;
  all.add({++face.amendments_made, order.number, was.price, order.asked.price, was.qty,
           order.asked.qty, face.now(), count});
}

void add_amendments(Routes& routes, bool spot) {
  if (spot)
    routes["GET /api/v3/order/amendments"] = {Needs::signature, spot_amendments, 4};
  else
    routes["GET /fapi/v1/orderAmendment"] = {Needs::signature, futures_amendments};
}

}  // namespace delever::gateways::binance
