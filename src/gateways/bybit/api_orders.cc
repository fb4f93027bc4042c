// Orders: entry by REST or WebSocket, and what became of them.
#include <fmt/format.h>

#include <algorithm>

#include "gateways/bybit/market_rows.h"
#include "gateways/bybit/order_filter.h"
#include "gateways/bybit/order_request.h"
#include "gateways/bybit/pages.h"
#include "gateways/figures_text.h"

namespace delever::gateways::bybit {
namespace {

Outcome identified(const OrderRecord& order) {
  Outcome out;
  out.result.clear();
  ObjectText row(out.result);
  row.text("orderId", order_id(order)).text("orderLinkId", order.client_id);
  row.end();
  return out;
}

}  // namespace

Outcome Api::create(const Ask& ask) {
  AskedOrder asked;
  if (const auto r = read_order(venue_, ask.account, ask.fields, asked)) return *r;
  const Category category = venue_.catalog[asked.request.order.instrument].category;
  if (!asked.request.client_id.empty() &&
      venue_.desk.by_client_id(ask.account, asked.request.client_id))
    return category == Category::spot ? Refusal{170141, "Duplicate clientOrderId"}
                                      : Refusal{110072, "OrderLinkedID is duplicate"};
  const Placed placed = venue_.desk.submit(asked.request);
  if (placed.order) {
    const Outcome out = identified(*placed.order);
    protections.attach(*placed.order, asked.protection);
    return out;
  }
  // Taken, and gone at once: what the client learns of it is its cancellation.
  if (placed.reject == Reject::would_take || placed.reject == Reject::not_filled)
    return identified(venue_.desk.keep_refused(asked.request, placed.reject));
  const bool poor =
      placed.reject == Reject::bad_leverage && !can_carry(venue_.desk, asked.request.order);
  return order_refusal(poor ? Reject::not_enough_margin : placed.reject, category,
                       asked.trigger_words);
}

const OrderRecord* Api::find_order(const Ask& ask) const {
  if (ask.fields.has("orderId")) {
    const auto number = order_number(ask.fields["orderId"]);
    return number ? venue_.desk.order(ask.account, *number) : nullptr;
  }
  return venue_.desk.by_client_id(ask.account, ask.fields["orderLinkId"]);
}

Outcome Api::amend(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  const OrderRecord* order = find_order(ask);
  if (!order || !is_live(order->state) || order->asked.instrument != p->instrument)
    return missing_order(p->category, "replace");
  Desk::Amendment to;
  const auto price = ask.fields.fixed<Price>("price");
  const auto trigger = ask.fields.fixed<Price>("triggerPrice");
  const auto qty = ask.fields.fixed<Qty>("qty");
  if (!price.has_value()) return Refusal{10001, "Price invalid"};
  if (!trigger.has_value()) return bad_parameter("triggerPrice invalid");
  if (!qty.has_value()) return Refusal{10001, "Qty invalid"};
  to.price = price.value();
  to.trigger = trigger.value();
  to.qty = qty.value();
  const SubmitOrder& is = order->asked;
  // As the order shows it: what was ordered by value counts in money.
  const Qty qty_shown = order->money ? Qty::raw(order->money->raw()) : is.qty;
  const bool same = (!to.price || *to.price == is.price) && (!to.qty || *to.qty == qty_shown) &&
                    (!to.trigger || *to.trigger == is.trigger);
  Protection protection;
  if (const auto r = read_protection(ask.fields, protection)) return *r;
  constexpr std::string_view kProtecting[] = {"takeProfit",   "stopLoss",    "tpLimitPrice",
                                              "slLimitPrice", "tpTriggerBy", "slTriggerBy"};
  const bool protects = std::any_of(std::begin(kProtecting), std::end(kProtecting),
                                    [&](std::string_view name) { return ask.fields.has(name); });
  if (protects) {
    protection = protections.of(order->number).amended(ask.fields, protection);
    const auto attached = protection.as_attached();
    to.attached = attached ? attached : std::make_shared<const AttachedStops>();
  }
  if (same && !protects)
    return Refusal{10001,
                   "The order remains unchanged as the parameters entered match the "
                   "existing ones."};
  if (to.qty && *to.qty <= order->filled)
    return Refusal{110064,
                   "The number of contracts modified cannot be less than or equal to the "
                   "filled quantity"};
  const uint64_t number = order->number;
  // Ahead of the amendment, which may fill the order; one that is refused changes nothing.
  const Protection before = protections.of(number);
  if (protects) protections.attach(*order, protection);
  const Placed placed = venue_.desk.amend(ask.account, number, to);
  if (placed.reject != Reject::none && protects) {
    if (const OrderRecord* old = venue_.desk.order(ask.account, number); old && is_live(old->state))
      protections.attach(*old, before);
  }
  if (placed.reject == Reject::no_such_order) return missing_order(p->category, "replace");
  if (placed.reject != Reject::none) return order_refusal(placed.reject, p->category);
  const OrderRecord* now = venue_.desk.order(ask.account, number);
  return now ? identified(*now) : missing_order(p->category, "replace");
}

Outcome Api::cancel(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  if (!ask.fields.has("orderId") && !ask.fields.has("orderLinkId"))
    return Refusal{10001, "params error: OrderId or orderLinkId is required"};
  const OrderRecord* order = find_order(ask);
  if (!order || order->asked.instrument != p->instrument)
    return missing_order(p->category, "cancel");
  const Outcome out = identified(*order);
  if (venue_.desk.cancel(ask.account, order->number) != Reject::none)
    return missing_order(p->category, "cancel");
  return out;
}

Outcome Api::cancel_all(const Ask& ask) {
  const auto category = read_category(ask.fields["category"]);
  if (!category) return Refusal{10001, "Illegal category"};
  if (*category != Category::spot && !ask.fields.has("symbol") && !ask.fields.has("baseCoin") &&
      !ask.fields.has("settleCoin"))
    return Refusal{10001, "params error: symbol, baseCoin or settleCoin is required"};
  if (ask.fields.has("symbol") && !venue_.catalog.find(*category, ask.fields["symbol"]))
    return Refusal{10001, "params error: symbol invalid"};
  std::vector<std::pair<uint64_t, Outcome>> gone;
  for (const OrderRecord* o : venue_.desk.live(ask.account)) {
    if (fits(venue_, *o, ask.fields)) gone.emplace_back(o->number, identified(*o));
  }
  std::erase_if(gone, [&](const auto& o) {
    return venue_.desk.cancel(ask.account, o.first) != Reject::none;
  });
  Outcome out;
  out.result = R"({"list":)";
  append_list(out.result, gone, [&](const auto& o) { out.result += o.second.result; });
  out.result += R"(,"success":"1"})";
  return out;
}

// Each row is carried out by itself; what it came to stands in retExtInfo at its place.
Outcome Api::batch(const Ask& ask, Outcome (Api::*one)(const Ask&)) {
  const auto category = read_category(ask.fields["category"]);
  if (!category) return Refusal{10001, "Illegal category"};
  const size_t most = *category == Category::spot ? 10 : 20;
  if (ask.rows.empty() || ask.rows.size() > most)
    return bad_parameter(fmt::format("request must hold 1 to {} orders", most));
  std::string list, more;
  for (const Parameters& row : ask.rows) {
    Ask single{.fields = row, .account = ask.account, .key = ask.key, .path = ask.path};
    single.fields.set("category", std::string(category_name(*category)));
    const Outcome out = (this->*one)(single);
    list += list.empty() ? '[' : ',';
    more += more.empty() ? '[' : ',';
    ObjectText shown(list);
    shown.text("category", category_name(*category)).text("symbol", row["symbol"]);
    if (out.ok()) {
      list += ',';
      list.append(out.result, 1, out.result.size() - 2);
    } else {
      shown.text("orderId", row["orderId"]).text("orderLinkId", row["orderLinkId"]);
    }
    if (one == &Api::create) shown.text("createAt", out.ok() ? ms_text(venue_.market()) : "");
    shown.end();
    ObjectText told(more);
    told.number("code", out.refusal.code).text("msg", out.refusal.text);
    told.end();
  }
  Outcome out;
  out.result = fmt::format(R"({{"list":{}]}})", list);
  out.more = fmt::format(R"({{"list":{}]}})", more);
  return out;
}

Outcome Api::create_batch(const Ask& ask) { return batch(ask, &Api::create); }
Outcome Api::amend_batch(const Ask& ask) { return batch(ask, &Api::amend); }
Outcome Api::cancel_batch(const Ask& ask) { return batch(ask, &Api::cancel); }

}  // namespace delever::gateways::bybit
