// What became of orders, by REST. Stops that wait are algo orders, and not among the others.
#include <algorithm>

#include "gateways/figures_text.h"
#include "gateways/okx/pages.h"

namespace delever::gateways::okx {
namespace {

bool waits(const OrderRecord& o) { return o.asked.trigger.raw() > 0 && !o.triggered; }

bool fits(const Venue& venue, const OrderRecord& o, const Parameters& f) {
  const Product& p = venue.catalog[o.asked.instrument];
  const std::string_view family = f.has("instFamily") ? f["instFamily"] : f["uly"];
  if (waits(o) || !Wanted{f["instType"], f["instId"], family}.takes(p)) return false;
  if (f.has("ordType") &&
      ("," + std::string(f["ordType"]) + ",").find("," + std::string(order_type(o)) + ",") ==
          std::string::npos)
    return false;
  return !f.has("state") || f["state"] == order_state(o);
}

}  // namespace

Outcome Api::order(const Ask& ask) {
  if (!ask.fields.has("ordId") && !ask.fields.has("clOrdId"))
    return Refusal{51003, "Either client order ID or order ID is required"};
  const OrderRecord* o = find_order(ask.account, ask.fields);
  const Product* p = venue_.catalog.find(ask.fields["instId"]);
  if (!o || waits(*o) || (p && o->asked.instrument != p->instrument))
    return Refusal{51603, "Order does not exist"};
  if (!p) return no_instrument();
  return rows_of(std::vector{o}, [&](std::string& to, const OrderRecord* each) {
    append_order(to, venue_, *each, nullptr, RowOf::answer);
  });
}

Outcome Api::orders_pending(const Ask& ask) {
  const auto all = venue_.desk.live(ask.account);
  const auto rows = page_of(
      all, ask, [](const OrderRecord* o) { return o->number; },
      [](const OrderRecord* o) { return o->created; },
      [&](const OrderRecord* o) { return fits(venue_, *o, ask.fields); });
  return rows_of(rows, [&](std::string& to, const OrderRecord* const* o) {
    append_order(to, venue_, **o, nullptr, RowOf::answer);
  });
}

Outcome Api::order_history(const Ask& ask) {
  if (!read_inst_type(ask.fields["instType"]))
    return Refusal{50014, "Parameter instType can not be empty"};
  const auto all = venue_.desk.history(ask.account);
  const auto rows = page_of(
      all, ask, [](const OrderRecord* o) { return o->number; },
      [](const OrderRecord* o) { return o->created; },
      [&](const OrderRecord* o) { return !is_live(o->state) && fits(venue_, *o, ask.fields); });
  return rows_of(rows, [&](std::string& to, const OrderRecord* const* o) {
    append_order(to, venue_, **o, nullptr, RowOf::answer);
  });
}

Outcome Api::fills(const Ask& ask) {
  const Parameters& f = ask.fields;
  const std::string_view family = f.has("instFamily") ? f["instFamily"] : f["uly"];
  const Wanted wanted{f["instType"], f["instId"], family};
  const auto order = f.whole("ordId");
  const auto rows = page_of(
      venue_.desk.fills(ask.account), ask, [](const FillRecord& x) { return x.number; },
      [](const FillRecord& x) { return x.at; },
      [&](const FillRecord& x) {
        if (f.has("ordId") && (!order || x.order != static_cast<uint64_t>(*order))) return false;
        return wanted.takes(venue_.catalog[x.instrument]);
      });
  return rows_of(rows, [&](std::string& to, const FillRecord* x) {
    append_fill(to, venue_, *x, venue_.desk.order(ask.account, x->order));
  });
}

Outcome Api::algo(const Ask& ask) {
  const Algo* a =
      algos.find(ask.account, static_cast<uint64_t>(ask.fields.whole("algoId").value_or(0)),
                 ask.fields["algoClOrdId"]);
  if (!a) return Refusal{51603, "Order does not exist"};
  return rows_of(std::vector{a},
                 [&](std::string& to, const Algo* each) { append_algo(to, venue_, *each); });
}

Outcome Api::algos_pending(const Ask& ask) {
  const Parameters& f = ask.fields;
  if (!f.has("ordType")) return Refusal{50014, "Parameter ordType can not be empty"};
  const auto all = algos.all(ask.account);
  const auto rows = page_of(
      all, ask, [](const Algo* a) { return a->id; }, [](const Algo* a) { return a->created; },
      [&](const Algo* a) {
        const bool of_type =
            ("," + std::string(f["ordType"]) + ",").find("," + a->type + ",") != std::string::npos;
        if (!of_type || a->state != Algo::State::live) return false;
        if (f.has("algoId") && f.whole("algoId") != static_cast<int64_t>(a->id)) return false;
        return Wanted{f["instType"], f["instId"], ""}.takes(venue_.catalog[a->instrument]);
      });
  return rows_of(rows,
                 [&](std::string& to, const Algo* const* a) { append_algo(to, venue_, **a); });
}

Outcome Api::algo_history(const Ask& ask) {
  const Parameters& f = ask.fields;
  if (!f.has("state") && !f.has("algoId"))
    return Refusal{51602, "Either order status or order ID is required"};
  const auto all = algos.all(ask.account);
  const auto rows = page_of(
      all, ask, [](const Algo* a) { return a->id; }, [](const Algo* a) { return a->created; },
      [&](const Algo* a) {
        if (a->state == Algo::State::live) return false;
        if (f.has("ordType") && f["ordType"] != a->type) return false;
        if (f.has("state") && f["state"] != algo_state_name(a->state)) return false;
        if (f.has("algoId") && f.whole("algoId") != static_cast<int64_t>(a->id)) return false;
        return Wanted{f["instType"], f["instId"], ""}.takes(venue_.catalog[a->instrument]);
      });
  return rows_of(rows,
                 [&](std::string& to, const Algo* const* a) { append_algo(to, venue_, **a); });
}

}  // namespace delever::gateways::okx
