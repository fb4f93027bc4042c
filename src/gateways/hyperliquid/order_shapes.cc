// Orders, fills and payments as rows.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "gateways/hyperliquid/shapes.h"

namespace delever::gateways::hyperliquid {
namespace {

bool is_trigger(const SubmitOrder& o) {
  return o.type == OrderType::stop_market || o.type == OrderType::stop_limit;
}

std::string_view kind_of(const OrderRecord& order) {
  switch (order.asked.type) {
    case OrderType::limit:
      return "Limit";
    case OrderType::market:
      return "Market";
    case OrderType::stop_market:
      return order.take_profit ? "Take Profit Market" : "Stop Market";
    case OrderType::stop_limit:
      return order.take_profit ? "Take Profit Limit" : "Stop Limit";
  }
  return "Limit";
}

std::string_view lifetime_of(const OrderRecord& order) {
  switch (order.asked.time_in_force) {
    case TimeInForce::post_only:
      return "Alo";
    case TimeInForce::immediate_or_cancel:
    case TimeInForce::fill_or_kill:
      return order.forced ? "LiquidationMarket" : "Ioc";
    case TimeInForce::good_till_cancelled:
      break;
  }
  return "Gtc";
}

// Market triggers have no limit at the exchange: the one that was sent is kept beside them.
std::string limit_price(const OrderRecord& order) {
  const OrderTag tag = OrderTag::parse(order.tag);
  return tag.price.empty() ? decimal(order.asked.price) : decimal(tag.price);
}

std::string size_left(const OrderRecord& order) {
  return decimal(order.state == OrderState::filled ? Qty() : order.left());
}

bool with_client_id(const OrderRecord& order) { return !order.client_id.empty(); }

// What a fill did to the position that stood before it.
std::string_view direction(double before, double after, const FillRecord& fill,
                           std::optional<ForcedClose::How> by) {
  if (by == ForcedClose::How::deleveraging) return "Auto-Deleveraging";
  if (before > 0 && after < 0) return "Long > Short";
  if (before < 0 && after > 0) return "Short > Long";
  if (fill.side == Side::buy) return before < 0 ? "Close Short" : "Open Long";
  return before > 0 ? "Close Long" : "Open Short";
}

}  // namespace

std::string OrderTag::text() const {
  const std::string kind = twap != 0 ? fmt::format("t{}", twap) : position_tpsl ? "p" : "";
  return fmt::format("{}|{}|{}", price, kind, builder);
}

OrderTag OrderTag::parse(std::string_view tag) {
  OrderTag out;
  const auto parts = split(tag, '|');
  if (parts.size() != 3) return out;
  out.price = parts[0];
  out.position_tpsl = parts[1] == "p";
  if (parts[1].starts_with('t'))
    out.twap = static_cast<uint64_t>(read_int(parts[1].substr(1)).value_or(0));
  out.builder = parts[2];
  return out;
}

// An order that ended by itself says why by its kind: the desk knows only that it expired.
std::string_view Shapes::status(const OrderRecord& order) {
  switch (order.state) {
    case OrderState::waiting:
      return "open";
    case OrderState::open:
      return is_trigger(order.asked) && order.triggered ? "triggered" : "open";
    case OrderState::filled:
      return "filled";
    case OrderState::cancelled:
      return "canceled";
    case OrderState::expired:
      break;
  }
  const TimeInForce life = order.asked.time_in_force;
  if (order.liquidated) return "liquidatedCanceled";
  if (order.ended_by == OrderRecord::Ended::self_trade) return "selfTradeCanceled";
  if (order.filled > Qty()) return "canceled";
  if (life == TimeInForce::post_only) return "badAloPxRejected";
  if (life == TimeInForce::immediate_or_cancel) return "iocCancelRejected";
  return order.asked.reduce_only ? "reduceOnlyCanceled" : "selfTradeCanceled";
}

void Shapes::order(JsonWriter& w, const OrderRecord& order) const {
  const Asset* asset = universe_.by_instrument(order.asked.instrument);
  w.open('{').text("coin", asset ? asset->coin : "").text("side", side_of(order.asked.side));
  w.text("limitPx", limit_price(order)).text("sz", size_left(order)).raw("oid", order.number);
  w.raw("timestamp", order.created.ms()).text("origSz", decimal(order.asked.qty));
  if (with_client_id(order)) w.text("cloid", order.client_id);
  if (order.asked.reduce_only) w.raw("reduceOnly", true);
  w.close();
}

// A take-profit waits on the other side of the price than a stop.
void Shapes::order_in_full(JsonWriter& w, const OrderRecord& order) const {
  const Asset* asset = universe_.by_instrument(order.asked.instrument);
  const bool trigger = is_trigger(order.asked);
  const bool above = (order.asked.side == Side::buy) != order.take_profit;
  w.open('{').text("coin", asset ? asset->coin : "").text("side", side_of(order.asked.side));
  w.text("limitPx", limit_price(order)).text("sz", size_left(order)).raw("oid", order.number);
  w.raw("timestamp", order.created.ms());
  w.text("triggerCondition",
         trigger ? fmt::format("Price {} {}", above ? "above" : "below", order.asked.trigger.text())
                 : "N/A");
  w.raw("isTrigger", trigger).text("triggerPx", decimal(order.asked.trigger));
  w.open("children", '[').close();
  w.raw("isPositionTpsl", OrderTag::parse(order.tag).position_tpsl);
  w.raw("reduceOnly", order.asked.reduce_only).text("orderType", kind_of(order));
  w.text("origSz", decimal(order.asked.qty));
  if (trigger) {
    w.null("tif");
  } else {
    w.text("tif", lifetime_of(order));
  }
  if (with_client_id(order)) {
    w.text("cloid", order.client_id);
  } else {
    w.null("cloid");
  }
  w.close();
}

void Shapes::order_with_status(JsonWriter& w, const OrderRecord& order) const {
  JsonWriter row;
  order_in_full(row, order);
  w.open('{').raw("order", row.take()).text("status", status(order));
  w.raw("statusTimestamp", order.updated.ms()).close();
}

// `before`: what the account held, of that side.
void Shapes::fill(JsonWriter& w, const FillRecord& fill, Qty before, Side before_side) const {
  const Asset* asset = universe_.by_instrument(fill.instrument);
  const double had = before_side == Side::buy ? before.approx() : -before.approx();
  const double traded = fill.side == Side::buy ? fill.qty.approx() : -fill.qty.approx();
  const OrderRecord* const order = desk_.order(fill.account, fill.order);
  std::optional<ForcedClose::How> by;
  if (order && order->forced) by = order->forced_by;
  w.open('{').text("coin", asset ? asset->coin : "").text("px", decimal(fill.price));
  w.text("sz", decimal(fill.qty)).text("side", side_of(fill.side)).raw("time", fill.at.ms());
  w.text("startPosition", decimal(before_side == Side::buy ? before : -before));
  w.text("dir", direction(had, had + traded, fill, by)).text("closedPnl", decimal(fill.profit));
  w.text("hash", hash_of(fill.number)).raw("oid", fill.order).raw("crossed", !fill.maker);
  w.text("fee", decimal(fill.fee + fill.added_fee)).raw("tid", fill.number);
  if (order && with_client_id(*order)) w.text("cloid", order->client_id);
  if (fill.forced && by != ForcedClose::How::deleveraging) {
    const auto mark = desk_.door().exchange().mark(fill.instrument);
    w.open("liquidation", '{');
    for (const Credentials& who : desk_.admitted())
      if (who.account == fill.account) w.text("liquidatedUser", who.address);
    w.text("markPx", decimal(mark.value_or(fill.price)));
    w.text("method", by == ForcedClose::How::order ? "market" : "backstop").close();
  }
  const exchange::ExchangeSetup& setup = desk_.door().setup();
  w.text("feeToken", setup.coins[fill.coin].name);
  if (fill.added_fee > Amount()) w.text("builderFee", decimal(fill.added_fee));
  // A slice names the TWAP order that it is of.
  const uint64_t twap = order ? OrderTag::parse(order->tag).twap : 0;
  (twap != 0 ? w.raw("twapId", twap) : w.null("twapId")).close();
}

// The size is what the payment and the rate of that hour give: the desk keeps money alone.
void Shapes::funding_paid(JsonWriter& w, const MoneyRecord& row) const {
  const Asset* asset = row.instrument ? universe_.by_instrument(*row.instrument) : nullptr;
  if (!asset) return;
  double rate = 0, size = 0;
  for (const FundingRecord& f : desk_.funding(asset->instrument)) {
    if (f.at != row.at) continue;
    rate = f.rate.approx();
    const double each = rate * f.mark.approx();
    if (each != 0) size = -row.amount.approx() / each;
  }
  w.open('{').raw("time", row.at.ms()).text("hash", hash_of(0)).open("delta", '{');
  w.text("type", "funding").text("coin", asset->coin).text("usdc", decimal(row.amount));
  w.text("szi", decimal(size, asset->size_digits)).text("fundingRate", decimal(rate, 10));
  w.null("nSamples").close().close();
}

// Deposits and withdrawals, both positive.
void Shapes::ledger(JsonWriter& w, const MoneyRecord& row) const {
  const bool in = row.kind == MoneyRecord::Kind::deposit;
  w.open('{').raw("time", row.at.ms()).text("hash", hash_of(row.number)).open("delta", '{');
  w.text("type", in ? "deposit" : "withdraw");
  w.text("usdc", decimal(in ? row.amount : -row.amount));
  if (!in) w.raw("nonce", row.at.ms()).text("fee", "0.0");
  w.close().close();
}

// A position that the venue closed, with its signed size before.
void Shapes::liquidated(JsonWriter& w, const ForcedClose& row) const {
  const Asset* asset = universe_.by_instrument(row.instrument);
  const bool isolated = desk_.margin_mode(row.account, row.instrument) == MarginMode::isolated;
  w.open('{').raw("time", row.at.ms()).text("hash", hash_of(row.number)).open("delta", '{');
  w.text("type", "liquidation").text("liquidatedNtlPos", decimal(row.value));
  w.text("accountValue", decimal(equity(row.account)))
      .text("leverageType", isolated ? "Isolated" : "Cross");
  w.open("liquidatedPositions", '[').open('{').text("coin", asset ? asset->coin : "");
  w.text("szi", decimal(row.side == Side::sell ? row.qty : -row.qty)).close().close();
  w.close().close();
}

}  // namespace delever::gateways::hyperliquid
