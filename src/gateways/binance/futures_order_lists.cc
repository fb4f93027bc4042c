// USD-M: many orders at a time.
#include <fmt/format.h>

#include "gateways/binance/order_json.h"
#include "gateways/binance/order_work.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

constexpr size_t kBatchPlace = 5, kBatchCancel = 10;

using One = Outcome (*)(Face&, const Parameters&, AccountId);

// [{..}, {..}] of parameter batchOrders, each done by itself; a refused one is its code and text.
Outcome batch(Face& face, const Call& call, One one) {
  Asked asked(call.p);
  const std::string text(asked.need("batchOrders"));
  if (!asked.ok()) return asked.wrong();
  const auto orders = JsonTree::parse(text);
  if (!orders.has_value() || orders.value().kind() != JsonTree::Kind::list)
    return bad_parameter("batchOrders");
  const size_t n = orders.value().items().size();
  if (n == 0 || n > kBatchPlace)
    return Refusal{-4082, fmt::format("Invalid number of batch place orders: {}", n)};
  std::string out;
  append_list(out, orders.value().items(), [&](const JsonTree& each) {
    out += one(face, Parameters::of_object(each), call.account()).body;
  });
  return out;
}

Outcome place_batch(Face& face, const Call& call) { return batch(face, call, place_futures); }
Outcome amend_batch(Face& face, const Call& call) { return batch(face, call, amend_futures); }

// [1,2] or ["a","b"] as texts; missing: it is no such list.
std::optional<std::vector<std::string>> list_of(std::string_view text) {
  const auto items = JsonTree::parse(text);
  if (!items.has_value() || items.value().kind() != JsonTree::Kind::list) return std::nullopt;
  std::vector<std::string> out;
  for (const JsonTree& item : items.value().items()) out.emplace_back(item.text());
  return out;
}

// ccxt writes orderidlist, the venue's page orderIdList: either is taken.
Outcome cancel_batch(Face& face, const Call& call) {
  Asked asked(call.p);
  asked_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  const auto either = [&](std::string_view one, std::string_view other) {
    return asked.has(one) ? asked.text(one) : asked.text(other);
  };
  const std::string_view numbers = either("orderIdList", "orderidlist");
  const std::string_view names = either("origClientOrderIdList", "origclientorderidlist");
  const auto ids = list_of(numbers.empty() ? names : numbers);
  if (!ids || ids->empty() || ids->size() > kBatchCancel)
    return Refusal{-4082, "Invalid number of batch place orders."};
  std::string out;
  append_list(out, *ids, [&](const std::string& id) {
    Parameters p;
    p.set("symbol", std::string(asked.text("symbol")));
    p.set(numbers.empty() ? "origClientOrderId" : "orderId", id);
    out += cancel_futures(face, p, call.account()).body;
  });
  return out;
}

std::string futures_list(const Face& face, const std::vector<const OrderRecord*>& orders) {
  std::string out;
  append_list(out, orders,
              [&](const OrderRecord* order) { append_futures_order(out, face, *order); });
  return out;
}

Outcome open_futures_orders(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* only = maybe_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  std::vector<const OrderRecord*> rows;
  for (const OrderRecord* order : face.desk.live(call.account())) {
    if (order->state == OrderState::open && is_of(face, *order) &&
        (!only || order->asked.instrument == only->id))
      rows.push_back(order);
  }
  return futures_list(face, rows);
}

Outcome all_futures_orders(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  const Window window = asked_window(asked, 500, 1'000);
  const auto from = asked.whole("orderId");
  if (!asked.ok()) return asked.wrong();
  std::vector<const OrderRecord*> rows;
  for (const OrderRecord* order : face.desk.history(call.account())) {
    if (order->asked.instrument != m->id || !window.has(order->created)) continue;
    if (is_conditional(*order) && !order->triggered) continue;
    if (!from || order->number >= static_cast<uint64_t>(*from)) rows.push_back(order);
  }
  if (from && rows.size() > window.limit) rows.resize(window.limit);
  window.cut(rows);
  return futures_list(face, rows);
}

// Conditional orders are ended by DELETE algoOpenOrders.
void cancel_open(Face& face, AccountId account, InstrumentId instrument) {
  for (const OrderRecord* order : face.desk.live(account)) {
    if (order->state == OrderState::open && order->asked.instrument == instrument)
      face.desk.cancel(account, order->number);
  }
}

Outcome cancel_all_futures(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  cancel_open(face, call.account(), m->id);
  return std::string(R"({"code":200,"msg":"The operation of cancel all open order is done."})");
}

Outcome countdown(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  asked.need("countdownTime");
  const auto ms = asked.whole("countdownTime");
  if (!asked.ok()) return asked.wrong();
  const std::pair key(call.account(), m->id);
  if (*ms == 0)
    face.expiries.countdowns.erase(key);
  else
    face.expiries.countdowns[key] = face.wall() + Duration::ms(*ms);
  std::string out;
  ObjectText(out).text("symbol", m->symbol).digits("countdownTime", *ms).end();
  return out;
}

uint32_t weigh_open_futures(const Parameters& p) { return p.has("symbol") ? 1 : 40; }

}  // namespace

// Called at each tick: GTD orders by the market's time, countdowns by the client's.
void run_expiries(Face& face) {
  auto& orders = face.expiries.orders;
  for (auto it = orders.begin(); it != orders.end();) {
    const auto [account, number] = it->first;
    const OrderRecord* order = face.desk.order(account, number);
    const bool due = it->second <= face.now();
    it = due || !order || !is_live(order->state) ? orders.erase(it) : std::next(it);
    if (due && order) face.desk.cancel(account, number);
  }
  auto& countdowns = face.expiries.countdowns;
  for (auto it = countdowns.begin(); it != countdowns.end();) {
    if (it->second > face.wall()) {
      ++it;
      continue;
    }
    const auto [account, instrument] = it->first;
    it = countdowns.erase(it);
    cancel_open(face, account, instrument);
  }
}

void add_futures_order_lists(Routes& routes) {
  routes["POST /fapi/v1/batchOrders"] = {Needs::signature, place_batch, 5, 5};
  routes["PUT /fapi/v1/batchOrders"] = {Needs::signature, amend_batch, 5, 5};
  routes["DELETE /fapi/v1/batchOrders"] = {Needs::signature, cancel_batch};
  routes["GET /fapi/v1/openOrders"] = {Needs::signature, open_futures_orders, 1, 0,
                                       weigh_open_futures};
  routes["GET /fapi/v1/allOrders"] = {Needs::signature, all_futures_orders, 5};
  routes["DELETE /fapi/v1/allOpenOrders"] = {Needs::signature, cancel_all_futures};
  routes["POST /fapi/v1/countdownCancelAll"] = {Needs::signature, countdown, 10};
}

}  // namespace delever::gateways::binance
