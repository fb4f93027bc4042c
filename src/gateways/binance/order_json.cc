// Words that USD-M and spot share, and USD-M's shapes.
#include "gateways/binance/order_json.h"

#include "gateways/binance/public_json.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {

std::string_view status_of(const OrderRecord& order) {
  switch (order.state) {
    case OrderState::waiting:
      return order.after != 0 ? "PENDING_NEW" : "NEW";
    case OrderState::open:
      return order.filled > Qty() ? "PARTIALLY_FILLED" : "NEW";
    case OrderState::filled:
      return "FILLED";
    case OrderState::cancelled:
      return "CANCELED";
    case OrderState::expired:
      break;
  }
  return order.ended_by == OrderRecord::Ended::self_trade ? "EXPIRED_IN_MATCH" : "EXPIRED";
}

std::string_view algo_status_of(const OrderRecord& order) {
  if (order.state == OrderState::waiting) return "NEW";
  if (!order.triggered) return order.state == OrderState::cancelled ? "CANCELED" : "EXPIRED";
  return is_live(order.state) ? "TRIGGERED" : "FINISHED";
}

std::string_view type_of(const OrderRecord& order, bool spot) {
  const bool profit = order.take_profit;
  if (order.trailing && !spot) return "TRAILING_STOP_MARKET";
  switch (order.asked.type) {
    case OrderType::limit:
      return spot && order.asked.time_in_force == TimeInForce::post_only ? "LIMIT_MAKER" : "LIMIT";
    case OrderType::market:
      return "MARKET";
    case OrderType::stop_market:
      if (spot) return profit ? "TAKE_PROFIT" : "STOP_LOSS";
      return profit ? "TAKE_PROFIT_MARKET" : "STOP_MARKET";
    case OrderType::stop_limit:
      if (spot) return profit ? "TAKE_PROFIT_LIMIT" : "STOP_LOSS_LIMIT";
      return profit ? "TAKE_PROFIT" : "STOP";
  }
  return "LIMIT";
}

std::string_view type_now(const OrderRecord& order, bool spot) {
  if (!order.triggered) return type_of(order, spot);
  return order.asked.type == OrderType::stop_market ? "MARKET" : "LIMIT";
}

std::string_view time_in_force_of(const Face& face, const OrderRecord& order) {
  switch (order.asked.time_in_force) {
    case TimeInForce::good_till_cancelled:
      return face.expiries.orders.contains({order.account, order.number}) ? "GTD" : "GTC";
    case TimeInForce::immediate_or_cancel:
      return "IOC";
    case TimeInForce::fill_or_kill:
      return "FOK";
    case TimeInForce::post_only:
      return face.spot ? "GTC" : "GTX";
  }
  return "GTC";
}

std::string_view self_trade_of(const OrderRecord& order) {
  switch (order.asked.self_trade) {
    case SelfTrade::allow:
      return "NONE";
    case SelfTrade::expire_taker:
      return "EXPIRE_TAKER";
    case SelfTrade::expire_maker:
      return "EXPIRE_MAKER";
    case SelfTrade::expire_both:
      return "EXPIRE_BOTH";
  }
  return "NONE";
}

std::string_view position_side_of(const Face& face, const OrderRecord& order) {
  if (!face.desk.hedge(order.account)) return "BOTH";
  return order.asked.position == PositionSide::long_side ? "LONG" : "SHORT";
}

std::string average_text(const Market& m, const OrderRecord& order) {
  const auto average = order.average();
  return average ? decimal(*average, 5) : m.price(Price());
}

std::string callback_text(const OrderRecord& order) {
  return order.trailing ? figure(100 * order.trailing->share.approx(), 1) : std::string();
}

std::string forced_name(ForcedClose::How how, uint64_t order) {
  const bool adl = how == ForcedClose::How::deleveraging;
  return (adl ? "adl_autoclose-" : "autoclose-") + std::to_string(order);
}

std::string client_id_of(const OrderRecord& order) {
  if (order.forced) return forced_name(order.forced_by, order.number);
  return order.client_id;
}

void append_futures_order(std::string& out, const Face& face, const OrderRecord& order,
                          Telling telling) {
  const Market& m = *face.markets.of(order.asked.instrument);
  OrderRecord shown = order;
  if (telling == Telling::ack) {
    shown.state = OrderState::open;
    shown.filled = Qty();
    shown.value = Amount();
    shown.price_qty = 0;
  }
  const auto gone = face.expiries.orders.find({order.account, order.number});
  ObjectText o(out);
  o.number("orderId", static_cast<int64_t>(order.number)).text("symbol", m.symbol);
  o.text("status", status_of(shown)).text("clientOrderId", client_id_of(order));
  o.text("price", m.price(order.asked.price)).text("avgPrice", average_text(m, shown));
  o.text("origQty", m.qty(order.asked.qty)).text("executedQty", m.qty(shown.filled));
  o.text("cumQty", m.qty(shown.filled)).text("cumQuote", amount_text(shown.value));
  o.text("timeInForce", time_in_force_of(face, order)).text("type", type_now(order, false));
  o.flag("reduceOnly", order.asked.reduce_only).flag("closePosition", order.closes_position);
  o.text("side", side_name(order.asked.side));
  o.text("positionSide", position_side_of(face, order));
  o.text("stopPrice", m.price(order.asked.trigger));
  o.text("workingType", order.asked.trigger_by == TriggerBy::mark && is_conditional(order)
                            ? "MARK_PRICE"
                            : "CONTRACT_PRICE");
  o.flag("priceProtect", false).text("origType", type_of(order, false));
  o.text("priceMatch", "NONE").text("selfTradePreventionMode", self_trade_of(order));
  o.number("goodTillDate", gone == face.expiries.orders.end() ? 0 : gone->second.ms());
  o.number("time", order.created.ms()).number("updateTime", order.updated.ms()).end();
}

void append_algo_order(std::string& out, const Face& face, const OrderRecord& order) {
  const Market& m = *face.markets.of(order.asked.instrument);
  const bool done = order.triggered.has_value();
  ObjectText o(out);
  o.number("algoId", static_cast<int64_t>(order.number)).text("clientAlgoId", order.client_id);
  o.text("algoType", "CONDITIONAL").text("orderType", type_of(order, false));
  o.text("symbol", m.symbol).text("side", side_name(order.asked.side));
  o.text("positionSide", position_side_of(face, order));
  o.text("timeInForce", time_in_force_of(face, order)).text("quantity", m.qty(order.asked.qty));
  o.text("algoStatus", algo_status_of(order));
  o.text("actualOrderId", done ? std::to_string(order.number) : "");
  o.text("actualPrice", done ? average_text(m, order) : m.price(Price()));
  o.text("actualQty", m.qty(order.filled)).text("triggerPrice", m.price(order.asked.trigger));
  o.text("price", m.price(order.asked.price)).raw("icebergQuantity", "null");
  o.raw("tpTriggerPrice", "\"0.000\"").raw("tpPrice", "\"0.000\"");
  o.raw("slTriggerPrice", "\"0.000\"").raw("slPrice", "\"0.000\"").text("tpOrderType", "");
  o.text("selfTradePreventionMode", self_trade_of(order));
  o.text("workingType",
         order.asked.trigger_by == TriggerBy::mark ? "MARK_PRICE" : "CONTRACT_PRICE");
  o.text("priceMatch", "NONE").flag("closePosition", order.closes_position);
  if (order.trailing) {
    o.text("callbackRate", callback_text(order));
    o.text("activatePrice", m.price(order.trailing->from.value_or(Price())));
  }
  o.flag("priceProtect", false).flag("reduceOnly", order.asked.reduce_only);
  o.number("createTime", order.created.ms()).number("updateTime", order.updated.ms());
  o.number("triggerTime", done ? order.triggered->ms() : 0).number("goodTillDate", 0).end();
}

void append_futures_fill(std::string& out, const Face& face, const FillRecord& fill) {
  const Market& m = *face.markets.of(fill.instrument);
  const OrderRecord* order = face.desk.order(fill.account, fill.order);
  ObjectText o(out);
  o.text("symbol", m.symbol).number("id", static_cast<int64_t>(fill.number));
  o.number("orderId", static_cast<int64_t>(fill.order)).text("side", side_name(fill.side));
  o.text("price", m.price(fill.price)).text("qty", m.qty(fill.qty));
  o.text("realizedPnl", amount_text(fill.profit)).text("quoteQty", amount_text(fill.value));
  o.text("commission", amount_text(fill.fee)).text("commissionAsset", face.markets.coin(fill.coin));
  o.number("time", fill.at.ms());
  o.text("positionSide", order ? position_side_of(face, *order) : "BOTH");
  o.flag("buyer", fill.side == Side::buy).flag("maker", fill.maker).end();
}

}  // namespace delever::gateways::binance
