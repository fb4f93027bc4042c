// New orders of spot.
#include <fmt/format.h>

#include "gateways/binance/entry_parts.h"
#include "gateways/binance/public_json.h"

namespace delever::gateways::binance {
namespace {

struct SpotType {
  std::string_view name;
  OrderType type;
  bool post_only, take_profit;
};
constexpr SpotType kSpotTypes[] = {
    {"LIMIT", OrderType::limit, false, false},
    {"MARKET", OrderType::market, false, false},
    {"LIMIT_MAKER", OrderType::limit, true, false},
    {"STOP_LOSS", OrderType::stop_market, false, false},
    {"STOP_LOSS_LIMIT", OrderType::stop_limit, false, false},
    {"TAKE_PROFIT", OrderType::stop_market, false, true},
    {"TAKE_PROFIT_LIMIT", OrderType::stop_limit, false, true},
};

// quoteOrderQty: as many whole steps as that much money buys from the book as it stands.
void read_spot_qty(const Face& face, Asked& asked, const Market& m, OrderRequest& request) {
  SubmitOrder& o = request.order;
  const bool market = o.type == OrderType::market || o.type == OrderType::stop_market;
  if (o.type == OrderType::market && asked.has("quoteOrderQty")) {
    if (asked.has("quantity"))
      return asked.refuse({-1128, "Combination of optional parameters invalid."});
    const auto money = asked.amount("quoteOrderQty");
    if (!money) return;
    request.money = *money;
    o.qty = face.desk.quantity_for(m.id, o.side, *money);
    if (o.qty <= Qty()) asked.refuse({-1013, "Filter failure: NOTIONAL"});
    return;
  }
  asked.need("quantity");
  const auto qty = asked.qty("quantity");
  if (!qty) return;
  o.qty = *qty;
  check_qty(face, asked, m, o.qty, market);
}

// trailingDelta in hundredths of a percent, 10 to 2,000; a stopPrice beside it is where it begins.
void read_trailing_delta(const Face& face, Asked& asked, const Market& m, OrderRequest& request) {
  const auto delta = asked.whole("trailingDelta");
  if (!delta) return;
  if (*delta < 10 || *delta > 2'000) return asked.refuse({-1013, "Filter failure: TRAILING_DELTA"});
  Trailing trailing{
      .share = Rate::raw(*delta * (Rate::scale / 10'000)), .distance = {}, .from = {}};
  if (asked.has("stopPrice")) trailing.from = asked.price("stopPrice");
  if (trailing.from) check_price(face, asked, m, request.order.side, *trailing.from);
  request.trailing = trailing;
}

}  // namespace

std::string SpotTag::text() const {
  if (!list && !strategy && !strategy_type) return {};
  const auto part = [](const std::optional<int64_t>& n) { return n ? std::to_string(*n) : ""; };
  return part(list) + "|" + part(strategy) + "|" + part(strategy_type);
}

SpotTag SpotTag::of(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, '|');
  if (parts.size() != 3) return {};
  return {read_int(parts[0]), read_int(parts[1]), read_int(parts[2])};
}

NewOrder spot_order(Face& face, Asked& asked, AccountId account) {
  NewOrder out;
  SubmitOrder& o = out.request.order;
  o.account = account;
  const Market* m = asked_market(face, asked);
  read_side(asked, o);
  const std::string_view name = asked.need("type");
  const SpotType* type = nullptr;
  for (const SpotType& known : kSpotTypes) {
    if (known.name == name) type = &known;
  }
  if (!name.empty() && !type) asked.refuse({-1116, "Invalid orderType."});
  if (!asked.ok()) return out;
  o.instrument = m->id;
  o.type = type->type;
  out.request.take_profit = type->take_profit;
  read_spot_qty(face, asked, *m, out.request);
  const bool limit = o.type == OrderType::limit || o.type == OrderType::stop_limit;
  const std::string_view tif = asked.text("timeInForce");
  if (limit) read_price(face, asked, *m, o);
  if (type->post_only) {
    o.time_in_force = TimeInForce::post_only;
  } else if (limit) {
    asked.need("timeInForce");
    if (tif == "GTX" || tif == "GTD") asked.refuse({-1115, "Invalid timeInForce."});
    read_time_in_force(asked, o, tif);
  }
  if (type->post_only || !limit) {
    if (!tif.empty()) asked.refuse({-1106, "Parameter 'timeInForce' sent when not required."});
  }
  if (o.type == OrderType::stop_market || o.type == OrderType::stop_limit) {
    o.trigger_by = TriggerBy::last;
    read_trailing_delta(face, asked, *m, out.request);
    if (!out.request.trailing) {
      asked.need("stopPrice");
      o.trigger = asked.price("stopPrice").value_or(Price());
      if (asked.ok()) check_price(face, asked, *m, o.side, o.trigger);
    }
  } else {
    for (const char* extra : {"stopPrice", "trailingDelta"}) {
      if (asked.has(extra))
        asked.refuse({-1106, fmt::format("Parameter '{}' sent when not required.", extra)});
    }
  }
  read_self_trade(asked, o);
  // exchangeInfo says icebergAllowed false: what asks to be hidden is not shown whole in silence.
  if (asked.has("icebergQty") && asked.qty("icebergQty").value_or(Qty()) > Qty())
    asked.refuse({-2010, "Iceberg orders are not supported for this symbol."});
  const Price at = limit ? o.price : face.exchange().last(m->id).value_or(Price());
  if (asked.ok()) check_notional(face, asked, *m, at, o.qty);
  const std::string_view answer = asked.text("newOrderRespType");
  const bool usual = o.type == OrderType::limit || o.type == OrderType::market;
  if (answer == "FULL" || (answer.empty() && usual && !type->post_only))
    out.telling = Telling::full;
  else if (answer == "RESULT")
    out.telling = Telling::result;
  SpotTag tag{.list = {},
              .strategy = asked.whole("strategyId"),
              .strategy_type = asked.whole("strategyType")};
  // Below a million they are the venue's own.
  if (tag.strategy_type && *tag.strategy_type < 1'000'000)
    asked.refuse(bad_parameter("strategyType"));
  out.request.tag = tag.text();
  out.request.client_id = asked_name(face, asked, "newClientOrderId", account);
  return out;
}

}  // namespace delever::gateways::binance
