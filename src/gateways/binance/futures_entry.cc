// New orders of USD-M: plain ones, and those that wait for a price.
#include <fmt/format.h>

#include "gateways/binance/entry_parts.h"

namespace delever::gateways::binance {
namespace {

// One of two positions in hedge mode; in one-way mode BOTH, or nothing.
void read_position_side(const Face& face, Asked& asked, SubmitOrder& order) {
  const std::string_view side = asked.text("positionSide");
  const bool hedge = face.desk.hedge(order.account);
  const bool named = side == "LONG" || side == "SHORT";
  if (!side.empty() && side != "BOTH" && !named)
    return asked.refuse({-4060, "Invalid position side."});
  if (named != hedge)
    return asked.refuse({-4061, "Order's position side does not match user's setting."});
  if (!hedge) return;
  order.position = side == "SHORT" ? PositionSide::short_side : PositionSide::long_side;
  if (order.reduce_only) asked.refuse({-1106, "Parameter 'reduceonly' sent when not required."});
  const bool closes = (order.side == Side::sell) == (side == "LONG");
  order.reduce_only = closes;
}

std::optional<Instant> read_good_till(const Face& face, Asked& asked) {
  if (asked.text("timeInForce") != "GTD") return std::nullopt;
  asked.need("goodTillDate");
  const auto at = asked.time("goodTillDate");
  // The venue wants ten minutes at least; at another speed of the market that is the market's time.
  if (at && *at <= face.now() + Duration::minutes(10))
    asked.refuse({-5040, "goodTillDate must be greater than the current time plus 600 seconds."});
  return at;
}

// callbackRate in percent: 0.1 to 20 (10 until 23 October 2026), by tenths.
Trailing read_trailing(Asked& asked, const Market& m) {
  Trailing out;
  const std::string_view given = asked.need("callbackRate");
  const auto percent = Rate::parse(given);
  const int64_t tenth = Rate::scale / 10;
  const bool fits = percent.has_value() && percent.value().raw() >= tenth &&
                    percent.value().raw() <= 200 * tenth && percent.value().raw() % tenth == 0;
  if (!given.empty() && !fits) asked.refuse({-2007, "Invalid callBack rate"});
  if (fits) out.share = Rate::raw(percent.value().raw() / 100);
  const std::string_view name = asked.has("activatePrice") ? "activatePrice" : "activationPrice";
  out.from = asked.price(name);
  if (out.from && (out.from->raw() <= 0 || out.from->raw() % m.contract().tick->raw() != 0))
    asked.refuse({-4014, "Price not increased by tick size."});
  return out;
}

}  // namespace

NewOrder futures_order(Face& face, Asked& asked, AccountId account) {
  NewOrder out;
  SubmitOrder& o = out.request.order;
  o.account = account;
  const Market* m = asked_market(face, asked);
  read_side(asked, o);
  const std::string_view type = asked.need("type");
  const bool conditional =
      type.starts_with("STOP") || type.starts_with("TAKE_PROFIT") || type == "TRAILING_STOP_MARKET";
  if (conditional) {
    asked.refuse({-4120,
                  "Order type not supported for this endpoint. Please use the Algo Order API "
                  "endpoints instead."});
  } else if (!type.empty() && type != "LIMIT" && type != "MARKET") {
    asked.refuse({-1116, "Invalid orderType."});
  }
  asked.need("quantity");
  if (!asked.ok()) return out;
  o.instrument = m->id;
  o.type = type == "MARKET" ? OrderType::market : OrderType::limit;
  o.reduce_only = asked.flag("reduceOnly");
  const auto qty = asked.qty("quantity");
  o.qty = qty.value_or(Qty());
  check_qty(face, asked, *m, o.qty, o.type == OrderType::market);
  if (o.type == OrderType::limit) {
    const std::string_view tif = asked.text("timeInForce");
    if (tif.empty()) asked.refuse(missing_parameter("timeinforce"));
    read_time_in_force(asked, o, tif);
    read_price(face, asked, *m, o);
  } else if (asked.has("price")) {
    asked.refuse({-1106, "Parameter 'price' sent when not required."});
  }
  read_position_side(face, asked, o);
  read_self_trade(asked, o);
  if (!o.reduce_only) {
    const Price at =
        o.type == OrderType::limit ? o.price : face.exchange().mark(m->id).value_or(Price());
    check_notional(face, asked, *m, at, o.qty);
  }
  out.good_till = read_good_till(face, asked);
  if (asked.text("newOrderRespType") == "RESULT") out.telling = Telling::result;
  out.request.client_id = asked_name(face, asked, "newClientOrderId", account);
  return out;
}

namespace {

// One stop and one take-profit that close all of a position: a second of the kind is refused.
void check_closes_alone(const Face& face, Asked& asked, const OrderRequest& request) {
  const SubmitOrder& o = request.order;
  for (const OrderRecord* live : face.desk.live(o.account)) {
    if (live->state == OrderState::waiting && live->closes_position &&
        live->asked.instrument == o.instrument && live->asked.side == o.side &&
        live->asked.position == o.position && live->take_profit == request.take_profit)
      return asked.refuse({-4130,
                           "An open stop or take profit order with GTE and closePosition in the "
                           "direction is existing."});
  }
}

}  // namespace

NewOrder futures_algo_order(Face& face, Asked& asked, AccountId account) {
  NewOrder out;
  SubmitOrder& o = out.request.order;
  o.account = account;
  if (asked.need("algoType") != "CONDITIONAL") asked.refuse(bad_parameter("algoType"));
  const Market* m = asked_market(face, asked);
  read_side(asked, o);
  const std::string_view type = asked.need("type");
  const bool stop = type == "STOP" || type == "STOP_MARKET";
  const bool profit = type == "TAKE_PROFIT" || type == "TAKE_PROFIT_MARKET";
  const bool trails = type == "TRAILING_STOP_MARKET";
  if (!type.empty() && !stop && !profit && !trails) asked.refuse({-1116, "Invalid orderType."});
  if (!trails) asked.need("triggerPrice");
  if (!asked.ok()) return out;
  o.instrument = m->id;
  o.type = type.ends_with("MARKET") ? OrderType::stop_market : OrderType::stop_limit;
  if (trails) {
    out.request.trailing = read_trailing(asked, *m);
  } else {
    o.trigger = asked.price("triggerPrice").value_or(Price());
    if (o.trigger.raw() <= 0 || o.trigger.raw() % m->contract().tick->raw() != 0)
      asked.refuse({-4014, "Price not increased by tick size."});
  }
  const std::string_view by = asked.text("workingType");
  if (!by.empty() && by != "MARK_PRICE" && by != "CONTRACT_PRICE")
    asked.refuse(bad_parameter("workingType"));
  o.trigger_by = by == "MARK_PRICE" ? TriggerBy::mark : TriggerBy::last;
  out.request.take_profit = profit;
  out.request.closes_position = asked.flag("closePosition");
  o.reduce_only = asked.flag("reduceOnly");
  if (out.request.closes_position) {
    if (o.type != OrderType::stop_market)
      asked.refuse({-4136, "Target strategy invalid for orderType " + std::string(type) +
                               ", closePosition true"});
    for (const std::string_view extra : {"quantity", "reduceOnly"}) {
      if (asked.has(extra) && (extra == "quantity" || o.reduce_only))
        asked.refuse({-1106, fmt::format("Parameter '{}' sent when not required.", extra)});
    }
  } else {
    asked.need("quantity");
    o.qty = asked.qty("quantity").value_or(Qty());
    if (asked.ok()) check_qty(face, asked, *m, o.qty, o.type == OrderType::stop_market);
  }
  if (o.type == OrderType::stop_limit) {
    const std::string_view tif = asked.text("timeInForce");
    read_time_in_force(asked, o, tif.empty() ? "GTC" : tif);
    asked.need("price");
    o.price = asked.price("price").value_or(Price());
  }
  read_position_side(face, asked, o);
  read_self_trade(asked, o);
  if (out.request.closes_position) check_closes_alone(face, asked, out.request);
  out.request.client_id = asked_name(face, asked, "clientAlgoId", account);
  return out;
}

}  // namespace delever::gateways::binance
