// Orders and executions as Bybit prints them.
#include <algorithm>

#include "gateways/bybit/account_rows.h"
#include "gateways/bybit/market_rows.h"
#include "gateways/bybit/order_request.h"
#include "gateways/figures_text.h"
#include "gateways/json_text.h"

namespace delever::gateways::bybit {
namespace {

std::string_view time_in_force_name(const OrderRecord& o) {
  if (o.asked.type == OrderType::market || o.asked.type == OrderType::stop_market) return "IOC";
  switch (o.asked.time_in_force) {
    case TimeInForce::immediate_or_cancel:
      return "IOC";
    case TimeInForce::fill_or_kill:
      return "FOK";
    case TimeInForce::post_only:
      return "PostOnly";
    default:
      return "GTC";
  }
}

std::string_view reject_reason(const OrderRecord& o) {
  if (o.refused == Reject::would_take) return "EC_PostOnlyWillTakeLiquidity";
  if (o.refused == Reject::not_filled) return "EC_NoImmediateQtyToFill";
  if (o.state == OrderState::cancelled) return "EC_PerCancelRequest";
  // What was left of an IOC order.
  if (o.state == OrderState::expired) return "EC_NoImmediateQtyToFill";
  return "EC_NoError";
}

std::string_view cancel_type(const OrderRecord& o) {
  if (o.state == OrderState::cancelled) return "CancelByUser";
  if (o.liquidated) return "CancelAllBeforeLiq";
  if (o.ended_by == OrderRecord::Ended::self_trade) return "CancelBySmp";
  return "UNKNOWN";
}

std::string_view self_trade_name(SelfTrade how) {
  switch (how) {
    case SelfTrade::expire_taker:
      return "CancelTaker";
    case SelfTrade::expire_maker:
      return "CancelMaker";
    case SelfTrade::expire_both:
      return "CancelBoth";
    default:
      return "None";
  }
}

// By the tag that protection_order gives; a forced order is the engine's, whatever it carries.
std::string_view creation(const OrderRecord& o) {
  if (o.forced) {
    static constexpr std::string_view by[] = {"CreateByLiq", "CreateByTakeOver_PassThrough",
                                              "CreateByAdl_PassThrough"};
    return by[static_cast<size_t>(o.forced_by)];
  }
  if (o.tag.ends_with("TakeProfit")) return "CreateByTakeProfit";
  if (o.tag.ends_with("StopLoss")) return "CreateByStopLoss";
  if (o.tag == "TrailingStop") return "CreateByTrailingStop";
  return "CreateByUser";
}

bool is_market(const OrderRecord& o) {
  return o.asked.type == OrderType::market || o.asked.type == OrderType::stop_market;
}

// Of spot at market: what `qty` counts. Clients take an empty one of a buy for the quote coin.
std::string_view market_unit(const Product& product, const OrderRecord& o) {
  if (product.category != Category::spot || !is_market(o)) return "";
  return o.money ? "quoteCoin" : "baseCoin";
}

void append_trigger(ObjectText& row, const OrderRecord& o) {
  const bool stop = o.asked.trigger.raw() > 0;
  // read_trigger turned round: a buy waits for a rise unless it takes a profit.
  const bool rises = (o.asked.side == Side::buy) != o.take_profit;
  row.text("stopOrderType", o.tag)
      .text("triggerPrice", stop ? o.asked.trigger.text() : "")
      .text("triggerBy", stop ? trigger_name(o.watched()) : "")
      .number("triggerDirection", !stop   ? 0
                                  : rises ? 1
                                          : 2);
}

// Take-profit and stop-loss that came with the order; of the closing orders themselves, the mode.
void append_attached(ObjectText& row, const OrderRecord& o) {
  const AttachedStops none;
  const AttachedStops& stops = o.attached ? *o.attached : none;
  const bool any = stops.take_profit || stops.stop_loss;
  const bool partial = any ? stops.partial : o.tag.starts_with("Partial");
  const auto trigger = [](const std::optional<AttachedStop>& s) {
    return s ? s->trigger.text() : std::string();
  };
  const auto limit = [](const std::optional<AttachedStop>& s) {
    return s ? text_or(s->limit) : std::string();
  };
  const auto by = [](const std::optional<AttachedStop>& s) {
    return s ? trigger_name(s->by) : std::string_view();
  };
  row.text("takeProfit", trigger(stops.take_profit))
      .text("stopLoss", trigger(stops.stop_loss))
      .text("tpslMode", !any && !is_position_stop(o.tag) ? ""
                        : partial                        ? "Partial"
                                                         : "Full")
      .text("ocoTriggerBy", "")
      .text("tpLimitPrice", limit(stops.take_profit))
      .text("slLimitPrice", limit(stops.stop_loss))
      .text("tpTriggerBy", by(stops.take_profit))
      .text("slTriggerBy", by(stops.stop_loss));
}

// A maker's rebate is a negative fee.
std::string fee_detail(const Venue& venue, const OrderRecord& o) {
  if (o.filled == Qty()) return "{}";
  std::string out;
  ObjectText row(out);
  row.text(venue.catalog.coin_name(o.fee_coin), o.fee.text());
  row.end();
  return out;
}

}  // namespace

bool is_position_stop(std::string_view tag) {
  return tag.ends_with("TakeProfit") || tag.ends_with("StopLoss") || tag == "TrailingStop";
}

std::string order_id(const OrderRecord& order) { return id_text(IdKind::order, order.number); }

std::string_view order_status(const OrderRecord& o) {
  switch (o.state) {
    case OrderState::waiting:
      return "Untriggered";
    case OrderState::open:
      return o.filled > Qty() ? "PartiallyFilled" : "New";
    case OrderState::filled:
      return "Filled";
    default:
      return (o.asked.trigger.raw() > 0 || o.trailing) && !o.triggered ? "Deactivated"
                                                                       : "Cancelled";
  }
}

void append_order(std::string& out, const Venue& venue, const OrderRecord& o, RowOf of) {
  const Product& product = venue.catalog[o.asked.instrument];
  const bool live = is_live(o.state);
  // Of an order that is gone nothing is left to fill, whatever it had.
  const Qty left = live ? o.left() : Qty();
  const auto average = o.average();
  // Inverse and spot rows are left at 0: their value is in another coin.
  const double left_value = product.category == Category::linear
                                ? left.approx() * o.asked.price.approx()
                            : live && o.money ? (*o.money - o.value).approx()
                                              : 0;
  ObjectText row(out);
  if (of == RowOf::stream) {
    row.text("category", category_name(product.category))
        .text("feeCurrency", o.filled > Qty() ? venue.catalog.coin_name(o.fee_coin) : "");
  }
  row.text("orderId", order_id(o))
      .text("orderLinkId", o.client_id)
      .text("blockTradeId", "")
      .text("symbol", product.symbol)
      .text("price", is_market(o) && o.asked.price == Price() ? "0" : o.asked.price.text())
      .text("qty", o.money ? o.money->text() : o.asked.qty.text())
      .text("side", side_name(o.asked.side))
      .text("isLeverage", "")
      .number("positionIdx", !venue.desk.hedge(o.account)                  ? 0
                             : o.asked.position == PositionSide::long_side ? 1
                                                                           : 2)
      .text("orderStatus", order_status(o))
      .text("createType", creation(o))
      .text("cancelType", cancel_type(o))
      .text("rejectReason", reject_reason(o))
      // Without a fill there is no average: the stream says so with an empty text, REST with 0.
      .text("avgPrice", text_or(average, of == RowOf::stream ? "" : "0"))
      .text("leavesQty", left.text())
      .text("leavesValue", number_text(left_value))
      .text("cumExecQty", o.filled.text())
      .text("cumExecValue", o.value.text())
      .text("cumExecFee", o.fee.text())
      .raw("cumFeeDetail", fee_detail(venue, o))
      .text("timeInForce", time_in_force_name(o))
      .text("orderType", is_market(o) ? "Market" : "Limit");
  append_trigger(row, o);
  row.text("orderIv", "").text("marketUnit", market_unit(product, o));
  append_attached(row, o);
  row.text("lastPriceOnCreated", text_or(o.last_when_placed))
      .flag("reduceOnly", o.asked.reduce_only)
      .flag("closeOnTrigger", o.closes_position || is_position_stop(o.tag))
      .text("placeType", "")
      .text("basePrice", "")
      .text("slippageToleranceType", "UNKNOWN")
      .text("slippageTolerance", "")
      .text("ocoTriggerType", "")
      .text("extraFees", "")
      .text("smpType", self_trade_name(o.asked.self_trade))
      .number("smpGroup", 0)
      .text("smpOrderId", "")
      .text("createdTime", ms_text(o.created))
      .text("updatedTime", ms_text(o.updated));
  row.end();
}

std::string_view execution_type(const FillRecord& f, const OrderRecord* o) {
  if (!f.forced) return "Trade";
  return o && o->forced_by == ForcedClose::How::deleveraging ? "AdlTrade" : "BustTrade";
}

void append_execution(std::string& out, const Venue& venue, const FillRecord& f,
                      const OrderRecord* o, RowOf of) {
  const Product& product = venue.catalog[f.instrument];
  // The rate that was paid, rebates negative; a fill too small to have a value has none.
  const double rate = f.value > Amount() ? f.fee.approx() / f.value.approx() : 0;
  const Amount profit = f.profit;
  ObjectText row(out);
  if (of == RowOf::stream) row.text("category", category_name(product.category));
  row.text("symbol", product.symbol)
      .text("orderId", o ? order_id(*o) : "")
      .text("orderLinkId", o ? o->client_id : "")
      .text("side", side_name(f.side))
      .text("orderPrice", o ? o->asked.price.text() : "0")
      .text("orderQty", o ? o->asked.qty.text() : f.qty.text())
      .text("leavesQty", o && is_live(o->state) ? o->left().text() : "0")
      .text("createType", o ? creation(*o) : "CreateByLiq")
      .text("orderType", !o || is_market(*o) ? "Market" : "Limit")
      .text("stopOrderType", !o || o->tag.empty() ? "UNKNOWN" : std::string_view(o->tag))
      .text("execFee", f.fee.text())
      .text("execFeeV2", "")
      .text("feeCurrency", venue.catalog.coin_name(f.coin))
      .text("execId", trade_id(f.instrument, f.number))
      .text("execPrice", f.price.text())
      .text("execQty", f.qty.text())
      .text("execType", execution_type(f, o))
      .text("execValue", f.value.text())
      .text("execTime", ms_text(f.at))
      .text("execPnl", profit.text())
      .flag("isMaker", f.maker)
      .text("feeRate", number_text(rate, 6))
      .text("tradeIv", "")
      .text("markIv", "")
      .text("markPrice", text_or(f.moment.mark))
      .text("indexPrice", text_or(f.moment.index))
      .text("underlyingPrice", "")
      .text("blockTradeId", "")
      // Only what closes has a realised profit.
      .text("closedSize", profit != Amount() ? f.qty.text() : "0")
      .text("extraFees", "")
      .number("seq", static_cast<int64_t>(f.number));
  row.end();
}

// Funding is an execution without an order. execFee is what was paid, so the record's sign turns;
// what was held is not in the record, and execQty stays 0.
void append_funding_execution(std::string& out, const Venue& venue, const MoneyRecord& m) {
  const Product& product = venue.catalog[m.instrument.value_or(InstrumentId{0})];
  const auto mark = venue.exchange().mark(product.instrument);
  ObjectText row(out);
  row.text("symbol", product.symbol)
      .text("orderId", "")
      .text("orderLinkId", "")
      .text("side", m.amount > Amount() ? "Sell" : "Buy")
      .text("orderPrice", "0")
      .text("orderQty", "0")
      .text("leavesQty", "0")
      .text("orderType", "UNKNOWN")
      .text("stopOrderType", "UNKNOWN")
      .text("execFee", (-m.amount).text())
      .text("feeCurrency", venue.catalog.coin_name(m.coin))
      .text("execId", id_text(IdKind::money, m.number))
      .text("execPrice", text_or(mark, "0"))
      .text("execQty", "0")
      .text("execType", "Funding")
      .text("execValue", "0")
      .text("execTime", ms_text(m.at))
      .flag("isMaker", false)
      .text("feeRate", "0")
      .text("markPrice", text_or(mark, "0"))
      .text("closedSize", "0")
      .number("seq", static_cast<int64_t>(m.number));
  row.end();
}

}  // namespace delever::gateways::bybit
