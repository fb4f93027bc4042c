// What became of orders, by REST: those that are open, those that are finished, executions.
#include <algorithm>

#include "gateways/bybit/order_filter.h"
#include "gateways/bybit/pages.h"
#include "gateways/figures_text.h"

namespace delever::gateways::bybit {

// What is open; an order that is named is shown when it is finished, too.
Outcome Api::orders_now(const Ask& ask) {
  const auto category = read_category(ask.fields["category"]);
  if (!category) return Refusal{10001, "Illegal category"};
  const bool named = ask.fields.has("orderId") || ask.fields.has("orderLinkId");
  std::vector<const OrderRecord*> rows;
  if (named) {
    const OrderRecord* o = find_order(ask);
    if (o && fits(venue_, *o, ask.fields)) rows.push_back(o);
  } else {
    if (*category == Category::linear && !ask.fields.has("symbol") && !ask.fields.has("baseCoin") &&
        !ask.fields.has("settleCoin"))
      return Refusal{10001,
                     "Missing some parameters that must be filled in, symbol or settleCoin "
                     "or baseCoin"};
    const bool closed = ask.fields["openOnly"] == "1" || ask.fields["openOnly"] == "2";
    rows = closed ? venue_.desk.history(ask.account) : venue_.desk.live(ask.account);
    std::erase_if(rows, [&](const OrderRecord* o) {
      return !fits(venue_, *o, ask.fields) || is_live(o->state) == closed;
    });
  }
  const auto page = page_of(
      rows, ask, 20, 50, [](const OrderRecord* o) { return o->created; },
      [](const OrderRecord*) { return true; });
  Outcome out;
  out.result = listed(category_name(*category), page.rows, page.cursor,
                      [&](std::string& to, const OrderRecord* const* o) {
                        append_order(to, venue_, **o, RowOf::answer);
                      });
  return out;
}

Outcome Api::order_history(const Ask& ask) {
  const auto category = read_category(ask.fields["category"]);
  if (!category) return Refusal{10001, "Illegal category"};
  const auto rows = venue_.desk.history(ask.account);
  const OrderRecord* one =
      ask.fields.has("orderId") || ask.fields.has("orderLinkId") ? find_order(ask) : nullptr;
  const bool named = ask.fields.has("orderId") || ask.fields.has("orderLinkId");
  const auto page = page_of(
      rows, ask, 20, 50, [](const OrderRecord* o) { return o->created; },
      [&](const OrderRecord* o) {
        if (named && o != one) return false;
        if (!fits(venue_, *o, ask.fields)) return false;
        if (ask.fields.has("orderStatus") && ask.fields["orderStatus"] != order_status(*o))
          return false;
        return !is_live(o->state);
      });
  Outcome out;
  out.result = listed(category_name(*category), page.rows, page.cursor,
                      [&](std::string& to, const OrderRecord* const* o) {
                        append_order(to, venue_, **o, RowOf::answer);
                      });
  return out;
}

Outcome Api::executions(const Ask& ask) {
  const auto category = read_category(ask.fields["category"]);
  if (!category) return Refusal{10001, "Illegal category"};
  const std::string_view kind = ask.fields["execType"];
  const auto of_symbol = [&](InstrumentId i) {
    const Product& p = venue_.catalog[i];
    return p.category == *category &&
           (!ask.fields.has("symbol") || ask.fields["symbol"] == p.symbol) &&
           (!ask.fields.has("baseCoin") || ask.fields["baseCoin"] == p.base);
  };
  Outcome out;
  if (kind == "Funding") {
    const auto page = page_of(
        venue_.desk.money(ask.account), ask, 50, 100, [](const MoneyRecord& m) { return m.at; },
        [&](const MoneyRecord& m) {
          return m.kind == MoneyRecord::Kind::funding && m.instrument && of_symbol(*m.instrument);
        });
    out.result = listed(
        category_name(*category), page.rows, page.cursor,
        [&](std::string& to, const MoneyRecord* m) { append_funding_execution(to, venue_, *m); });
    return out;
  }
  const bool named = ask.fields.has("orderId") || ask.fields.has("orderLinkId");
  const OrderRecord* order = named ? find_order(ask) : nullptr;
  const auto page = page_of(
      venue_.desk.fills(ask.account), ask, 50, 100, [](const FillRecord& f) { return f.at; },
      [&](const FillRecord& f) {
        if (!of_symbol(f.instrument)) return false;
        if (named && (!order || f.order != order->number)) return false;
        return kind.empty() || kind == execution_type(f, venue_.desk.order(ask.account, f.order));
      });
  out.result = listed(
      category_name(*category), page.rows, page.cursor, [&](std::string& to, const FillRecord* f) {
        append_execution(to, venue_, *f, venue_.desk.order(ask.account, f->order), RowOf::answer);
      });
  return out;
}

}  // namespace delever::gateways::bybit
