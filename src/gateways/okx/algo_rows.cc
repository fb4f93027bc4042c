// Algo orders as OKX prints them.
#include "gateways/figures_text.h"
#include "gateways/json_text.h"
#include "gateways/okx/account_rows.h"
#include "gateways/okx/market_rows.h"

namespace delever::gateways::okx {
void append_algo(std::string& out, const Venue& venue, const Algo& a) {
  const Product& p = venue.catalog[a.instrument];
  const OrderRecord* sent = a.sent ? venue.desk.order(a.account, a.sent) : nullptr;
  const auto leg = [&a](bool take_profit) -> const AlgoLeg* {
    for (const AlgoLeg& l : a.legs) {
      if (l.take_profit == take_profit) return &l;
    }
    return nullptr;
  };
  const bool trigger = a.type == "trigger", trails = a.type == "move_order_stop";
  const AlgoLeg* tp = trigger || trails ? nullptr : leg(true);
  const AlgoLeg* sl = trigger || trails ? nullptr : leg(false);
  const Trailing trailing = trails ? a.legs.front().trailing.value_or(Trailing{}) : Trailing{};
  // Where it stands now is the desk's to say.
  const OrderRecord* follower =
      trails ? venue.desk.order(a.account, a.legs.front().order) : nullptr;
  const AlgoLeg* one = trigger ? &a.legs.front() : nullptr;
  const auto at = [](const AlgoLeg* l) { return l ? l->trigger.text() : std::string(); };
  const auto price = [](const AlgoLeg* l) {
    return !l ? std::string() : l->limit ? l->limit->text() : std::string("-1");
  };
  const auto by = [](const AlgoLeg* l) -> std::string_view { return l ? watched_name(l->by) : ""; };
  ObjectText row(out);
  row.text("instType", inst_type_name(p.type))
      .text("instId", p.inst_id)
      .text("ccy", "")
      .digits("algoId", static_cast<int64_t>(a.id))
      .text("algoClOrdId", a.client_id)
      .text("clOrdId", a.client_id)
      .text("ordId", a.sent ? std::to_string(a.sent) : "")
      .raw("ordIdList", a.sent ? "[\"" + std::to_string(a.sent) + "\"]" : "[]")
      .text("tag", a.tag)
      .text("sz", a.closes_position ? "" : a.qty.text())
      .text("closeFraction", a.closes_position ? "1" : "")
      .text("ordType", a.type)
      .text("side", side_name(a.side))
      .text("posSide", position_side(venue.desk, a.account, a.position))
      .text("tdMode", a.trade_mode)
      .text("tgtCcy", !p.is_spot() ? ""
                      : a.money    ? "quote_ccy"
                                   : "base_ccy")
      .text("state", algo_state_name(a.state))
      .text("lever", venue.desk.leverage(a.account, a.instrument).text())
      .text("tpTriggerPx", at(tp))
      .text("tpTriggerPxType", by(tp))
      .text("tpOrdPx", price(tp))
      .text("slTriggerPx", at(sl))
      .text("slTriggerPxType", by(sl))
      .text("slOrdPx", price(sl))
      .text("triggerPx", at(one))
      .text("triggerPxType", by(one))
      .text("ordPx", price(one))
      .text("callbackRatio", trailing.share > Rate() ? trailing.share.text() : "")
      .text("callbackSpread", trailing.distance > Price() ? trailing.distance.text() : "")
      .text("activePx", text_or(trailing.from))
      .text("moveTriggerPx", follower && follower->best ? follower->asked.trigger.text() : "")
      .text("actualSz", sent ? sent->filled.text() : "")
      .text("actualPx", sent ? text_or(sent->average()) : "")
      .text("actualSide", sent ? OrderNote::read(sent->tag).leg : "")
      .text("triggerTime", sent && sent->triggered ? ms_text(*sent->triggered) : "")
      .text("last", text_or(venue.exchange().last(a.instrument)))
      .text("pxVar", "")
      .text("pxSpread", "")
      .text("pxLimit", "")
      .text("szLimit", "")
      .text("timeInterval", "")
      .text("quickMgnType", "")
      .text("amendPxOnTriggerType", "0")
      .flag("isTradeBorrowMode", false)
      .text("failCode", "")
      .text("reduceOnly", a.reduce_only ? "true" : "false")
      .text("cxlOnClosePos", "false")
      .raw("attachAlgoOrds", "[]")
      .raw("linkedOrd", R"({"ordId":""})")
      .text("cTime", ms_text(a.created))
      .text("uTime", ms_text(a.updated));
  row.end();
}

}  // namespace delever::gateways::okx
