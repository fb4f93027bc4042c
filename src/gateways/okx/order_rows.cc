// Orders, fills and algo orders as OKX prints them. What is paid has a minus.
#include <algorithm>

#include "gateways/figures_text.h"
#include "gateways/json_text.h"
#include "gateways/okx/account_rows.h"
#include "gateways/okx/market_rows.h"

namespace delever::gateways::okx {
namespace {

bool is_market(const OrderRecord& o) {
  return o.asked.type == OrderType::market || o.asked.type == OrderType::stop_market;
}

// Of a cancelled order: 1 by its owner, 31 post-only that would take, 3 ahead of a liquidation, 13
// fill-or-kill or immediate-or-cancel that were not filled, 0 by the venue.
std::string_view cancel_source(const OrderRecord& o) {
  if (is_live(o.state) || o.state == OrderState::filled) return "";
  if (o.refused == Reject::would_take) return "31";
  if (o.refused == Reject::not_filled) return "13";
  if (o.liquidated) return "3";
  if (o.ended_by == OrderRecord::Ended::self_trade) return "32";
  if (o.state == OrderState::cancelled) return o.forced ? "0" : "1";
  return o.asked.time_in_force == TimeInForce::immediate_or_cancel ? "14" : "0";
}

std::string_view category(const OrderRecord& o) {
  if (!o.forced) return "normal";
  // What the book takes is closed tier by tier; what is taken over is the whole rest.
  static constexpr std::string_view names[] = {"partial_liquidation", "full_liquidation", "adl"};
  return names[static_cast<size_t>(o.forced_by)];
}

// 1 and 2: bought and sold. Of the venue's: 100 and 101 closed in part, 104 and 105 as a whole, 125
// and 126 deleveraged; the first of each is of a long.
std::string_view fill_type(const FillRecord& f, const OrderRecord* o) {
  const bool sold = f.side == Side::sell;
  if (!o || !o->forced) return sold ? "2" : "1";
  static constexpr std::string_view longs[] = {"100", "104", "125"},
                                    shorts[] = {"101", "105", "126"};
  return (sold ? longs : shorts)[static_cast<size_t>(o->forced_by)];
}

std::string_view self_trade_name(SelfTrade how) {
  switch (how) {
    case SelfTrade::expire_taker:
      return "cancel_taker";
    case SelfTrade::expire_both:
      return "cancel_both";
    default:
      return "cancel_maker";
  }
}

// Realised by the order's fills; the desk keeps the newest fills of an account, older ones are
// gone.
Amount profit_of(const Venue& venue, const OrderRecord& o) {
  Amount sum;
  if (o.filled == Qty()) return sum;
  for (const FillRecord& f : venue.desk.fills(o.account)) {
    if (f.order == o.number) sum += f.profit;
  }
  return sum;
}

// The newest fill of an order; null: none, or it has been forgotten.
const FillRecord* last_fill(const Venue& venue, const OrderRecord& o) {
  if (o.filled == Qty()) return nullptr;
  const auto fills = venue.desk.fills(o.account);
  const auto found = std::find_if(fills.rbegin(), fills.rend(),
                                  [&](const FillRecord& f) { return f.order == o.number; });
  return found == fills.rend() ? nullptr : &*found;
}

// tpTriggerPx, tpTriggerPxType, tpOrdPx: empty where nothing came with the order.
void append_stop(ObjectText& row, std::string_view head, const std::optional<AttachedStop>& s) {
  const std::string name(head);
  row.text(name + "TriggerPx", s ? s->trigger.text() : "")
      .text(name + "TriggerPxType", s ? watched_name(s->by) : "")
      .text(name + "OrdPx", !s         ? ""
                            : s->limit ? s->limit->text()
                                       : "-1");
}

// What came with the order. Its id is that of the order, as one algo at most comes with one.
void append_attached(ObjectText& row, std::string& out, const OrderRecord& o) {
  const AttachedStops none;
  const AttachedStops& stops = o.attached ? *o.attached : none;
  const bool any = stops.take_profit || stops.stop_loss;
  row.text("attachAlgoClOrdId", stops.client_id);
  std::string& list = row.member("attachAlgoOrds");
  list += '[';
  if (any) {
    ObjectText each(out);
    each.digits("attachAlgoId", static_cast<int64_t>(o.number))
        .text("attachAlgoClOrdId", stops.client_id)
        .text("tpOrdKind", "condition");
    append_stop(each, "tp", stops.take_profit);
    append_stop(each, "sl", stops.stop_loss);
    each.text("sz", "")
        .text("amendPxOnTriggerType", "0")
        .text("failCode", "")
        .text("failReason", "");
    each.end();
  }
  list += ']';
  row.raw("linkedAlgoOrd", R"({"algoId":""})").text("isTpLimit", "false");
  append_stop(row, "tp", stops.take_profit);
  append_stop(row, "sl", stops.stop_loss);
}

void append_stream_fields(ObjectText& row, const Venue& venue, const OrderRecord& o,
                          const FillRecord* fill, bool amended) {
  const Product& p = venue.catalog[o.asked.instrument];
  // Contracts to coins first: OKX counts contracts of ctVal coins, or of dollars.
  const auto usd = [&](Qty qty, Price price) {
    return number_text(venue.coins(p, qty.approx(), price.approx()) * price.approx(), 4);
  };
  const auto last = venue.exchange().last(o.asked.instrument);
  row.text("execType", !fill         ? ""
                       : fill->maker ? "M"
                                     : "T")
      .text("fillFee", fill ? (-fill->fee).text() : "0")
      .text("fillFeeCcy", fill ? venue.catalog.coin_name(fill->coin) : "")
      .text("fillNotionalUsd", fill ? usd(fill->qty, fill->price) : "")
      .text("fillPnl", fill ? fill->profit.text() : "0")
      .text("notionalUsd",
            usd(o.asked.qty, o.asked.price == Price() ? last.value_or(Price()) : o.asked.price))
      .text("lastPx", text_or(last))
      .text("reqId", amended ? venue.request_id : "")
      .text("amendResult", amended ? "0" : "")
      .text("amendSource", amended ? "1" : "")  // by the client
      .text("code", "0")
      .text("msg", "");
}

}  // namespace

std::string_view order_state(const OrderRecord& o) {
  if (o.state == OrderState::filled) return "filled";
  if (!is_live(o.state)) return "canceled";
  return o.filled > Qty() ? "partially_filled" : "live";
}

std::string_view order_type(const OrderRecord& o) {
  if (is_market(o)) return "market";
  switch (o.asked.time_in_force) {
    case TimeInForce::post_only:
      return "post_only";
    case TimeInForce::fill_or_kill:
      return "fok";
    case TimeInForce::immediate_or_cancel:
      return "ioc";
    default:
      return "limit";
  }
}

std::string position_side(const Desk& desk, AccountId account, PositionSide side) {
  if (!desk.hedge(account)) return "net";
  return side == PositionSide::long_side ? "long" : "short";
}

// As the client wrote it, else what the setting is now.
std::string trade_mode(const Venue& venue, const OrderRecord& o) {
  const OrderNote note = OrderNote::read(o.tag);
  if (!note.trade_mode.empty()) return note.trade_mode;
  if (venue.catalog[o.asked.instrument].is_spot()) return "cash";
  return venue.desk.margin_mode(o.account, o.asked.instrument) == MarginMode::isolated ? "isolated"
                                                                                       : "cross";
}

void append_order(std::string& out, const Venue& venue, const OrderRecord& o,
                  const FillRecord* fill, RowOf of) {
  const bool streamed = of != RowOf::answer;
  const Product& p = venue.catalog[o.asked.instrument];
  const OrderNote note = OrderNote::read(o.tag);
  const auto coin = o.filled > Qty() ? venue.catalog.coin_name(o.fee_coin) : std::string_view();
  // A push shows the fill that caused it, or none; REST shows the last fill of the order.
  const FillRecord* const shown = fill || streamed ? fill : last_fill(venue, o);
  ObjectText row(out);
  row.text("instType", inst_type_name(p.type))
      .text("instId", p.inst_id)
      .text("ccy", "")
      .digits("ordId", static_cast<int64_t>(o.number))
      .text("clOrdId", o.client_id)
      .text("tag", note.tag)
      // OKX leaves empty what a row does not have, where others write 0.
      .text("px", is_market(o) ? "" : o.asked.price.text())
      .text("pxUsd", "")
      .text("pxVol", "")
      .text("pxType", "")
      .text("sz", o.money ? o.money->text() : o.asked.qty.text())
      .text("pnl", profit_of(venue, o).text())
      .text("ordType", order_type(o))
      .text("side", side_name(o.asked.side))
      .text("posSide", p.is_spot() ? "" : position_side(venue.desk, o.account, o.asked.position))
      .text("tdMode", trade_mode(venue, o))
      // What the size of a market order of spot counts.
      .text("tgtCcy", !p.is_spot() || !is_market(o) ? ""
                      : o.money                     ? "quote_ccy"
                                                    : "base_ccy")
      .text("accFillSz", o.filled.text())
      .text("fillPx", shown ? shown->price.text() : "")
      .text("tradeId", shown ? std::to_string(shown->number) : "")
      .text("fillSz", shown ? shown->qty.text() : "0")
      .text("fillTime", shown ? ms_text(shown->at) : "")
      .text("avgPx", text_or(o.average()))
      .text("state", order_state(o))
      .text("lever", p.is_spot() ? "" : venue.desk.leverage(o.account, p.instrument).text())
      .text("feeCcy", coin)
      .text("fee", (-o.fee).text())
      .text("rebateCcy", coin)
      .text("rebate", "0")
      .text("source", "")
      .text("category", category(o))
      .text("reduceOnly", o.asked.reduce_only ? "true" : "false")
      .text("cancelSource", cancel_source(o))
      .text("cancelSourceReason", "")
      .text("quickMgnType", "")
      .text("stpId", "")
      .text("stpMode", self_trade_name(o.asked.self_trade))
      .text("algoClOrdId", note.client_id)
      .text("algoId", note.is_algo() ? std::to_string(note.algo ? note.algo : o.number) : "");
  append_attached(row, out, o);
  row.text("tradeQuoteCcy", p.is_spot() ? p.quote : "")
      .text("uTime", ms_text(o.updated))
      .text("cTime", ms_text(o.created));
  if (streamed) append_stream_fields(row, venue, o, fill, of == RowOf::amendment);
  row.end();
}

void append_fill(std::string& out, const Venue& venue, const FillRecord& f, const OrderRecord* o) {
  const Product& p = venue.catalog[f.instrument];
  // What was paid is negative, and so is its rate.
  const double rate = f.value > Amount() ? -f.fee.approx() / f.value.approx() : 0;
  ObjectText row(out);
  row.text("instType", inst_type_name(p.type))
      .text("instId", p.inst_id)
      .digits("tradeId", static_cast<int64_t>(f.number))
      .text("ordId", o ? std::to_string(o->number) : "")
      .text("clOrdId", o ? o->client_id : "")
      .digits("billId", static_cast<int64_t>(f.number))
      .text("subType", fill_type(f, o))
      .text("tag", o ? OrderNote::read(o->tag).tag : "")
      .text("fillPx", f.price.text())
      .text("fillSz", f.qty.text())
      .text("fillIdxPx", text_or(f.moment.index))
      .text("fillPnl", f.profit.text())
      .text("fillPxVol", "")
      .text("fillPxUsd", "")
      .text("fillMarkVol", "")
      .text("fillFwdPx", "")
      .text("fillMarkPx", text_or(f.moment.mark))
      .text("side", side_name(f.side))
      .text("posSide",
            o && !p.is_spot() ? position_side(venue.desk, f.account, o->asked.position) : "net")
      .text("execType", f.maker ? "M" : "T")
      .text("feeCcy", venue.catalog.coin_name(f.coin))
      .text("fee", (-f.fee).text())
      .text("feeRate", number_text(rate, 6))
      .text("fillTime", ms_text(f.at))
      .text("tradeQuoteCcy", p.is_spot() ? p.quote : "")
      .text("ts", ms_text(f.at));
  row.end();
}

}  // namespace delever::gateways::okx
