// Spot's shapes of orders and fills.
#include "gateways/binance/order_json.h"
#include "gateways/binance/public_json.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

// The middle of every shape.
void append_state(ObjectText& o, const Face& face, const Market& m, const OrderRecord& order) {
  o.text("price", m.price(order.asked.price)).text("origQty", m.qty(order.asked.qty));
  o.text("executedQty", m.qty(order.filled));
  o.text("origQuoteOrderQty", amount_text(order.money.value_or(Amount())));
  o.text("cummulativeQuoteQty", amount_text(order.value)).text("status", status_of(order));
  o.text("timeInForce", time_in_force_of(face, order)).text("type", type_of(order, true));
  o.text("side", side_name(order.asked.side));
  if (is_conditional(order)) o.text("stopPrice", m.price(order.asked.trigger));
  if (order.trailing) {
    o.number("trailingDelta", order.trailing->share.raw() / (Rate::scale / 10'000));
    o.number("trailingTime", order.best ? order.created.ms() : -1);
  }
  const SpotTag tag = SpotTag::of(order.tag);
  if (tag.strategy) o.number("strategyId", *tag.strategy);
  if (tag.strategy_type) o.number("strategyType", *tag.strategy_type);
}

}  // namespace

void append_spot_order(std::string& out, const Face& face, const OrderRecord& order) {
  const Market& m = *face.markets.of(order.asked.instrument);
  // Not while it waits for its price or another order, nor where it ended before that came.
  const bool working = order.state != OrderState::waiting && order.after == 0 &&
                       (!is_conditional(order) || order.triggered);
  ObjectText o(out);
  o.text("symbol", m.symbol).number("orderId", static_cast<int64_t>(order.number));
  o.number("orderListId", list_of(order)).text("clientOrderId", client_id_of(order));
  append_state(o, face, m, order);
  if (!is_conditional(order)) o.text("stopPrice", m.price(Price()));
  o.text("icebergQty", m.qty(Qty())).number("time", order.created.ms());
  o.number("updateTime", order.updated.ms()).flag("isWorking", working);
  o.number("workingTime", working ? order.triggered.value_or(order.created).ms() : -1);
  o.text("selfTradePreventionMode", self_trade_of(order)).end();
}

void append_spot_placed(std::string& out, const Face& face, const OrderRecord& order,
                        Telling telling) {
  const Market& m = *face.markets.of(order.asked.instrument);
  ObjectText o(out);
  o.text("symbol", m.symbol).number("orderId", static_cast<int64_t>(order.number));
  o.number("orderListId", list_of(order)).text("clientOrderId", client_id_of(order));
  o.number("transactTime", order.created.ms());
  if (telling != Telling::ack) {
    append_state(o, face, m, order);
    o.number("workingTime", order.state == OrderState::waiting ? -1 : order.created.ms());
    o.text("selfTradePreventionMode", self_trade_of(order));
  }
  if (telling == Telling::full) {
    std::vector<const FillRecord*> own;
    for (const FillRecord& fill : face.desk.fills(order.account)) {
      if (fill.order == order.number) own.push_back(&fill);
    }
    append_list(o.member("fills"), own, [&](const FillRecord* fill) {
      ObjectText(out)
          .text("price", m.price(fill->price))
          .text("qty", m.qty(fill->qty))
          .text("commission", amount_text(fill->fee))
          .text("commissionAsset", face.markets.coin(fill->coin))
          .number("tradeId", static_cast<int64_t>(fill->number))
          .end();
    });
  }
  o.end();
}

void append_spot_cancelled(std::string& out, const Face& face, const OrderRecord& order,
                           std::string_view cancel_id) {
  const Market& m = *face.markets.of(order.asked.instrument);
  ObjectText o(out);
  o.text("symbol", m.symbol).text("origClientOrderId", client_id_of(order));
  o.number("orderId", static_cast<int64_t>(order.number)).number("orderListId", list_of(order));
  o.text("clientOrderId", cancel_id.empty() ? client_id_of(order) : std::string(cancel_id));
  o.number("transactTime", order.updated.ms());
  append_state(o, face, m, order);
  o.text("selfTradePreventionMode", self_trade_of(order)).end();
}

void append_spot_fill(std::string& out, const Face& face, const FillRecord& fill) {
  const Market& m = *face.markets.of(fill.instrument);
  ObjectText o(out);
  o.text("symbol", m.symbol).number("id", static_cast<int64_t>(fill.number));
  const OrderRecord* order = face.desk.order(fill.account, fill.order);
  o.number("orderId", static_cast<int64_t>(fill.order));
  o.number("orderListId", order ? list_of(*order) : -1);
  o.text("price", m.price(fill.price)).text("qty", m.qty(fill.qty));
  o.text("quoteQty", amount_text(value_of(m, fill.price, fill.qty)));
  o.text("commission", amount_text(fill.fee)).text("commissionAsset", face.markets.coin(fill.coin));
  o.number("time", fill.at.ms()).flag("isBuyer", fill.side == Side::buy);
  o.flag("isMaker", fill.maker).flag("isBestMatch", true).end();
}

}  // namespace delever::gateways::binance
