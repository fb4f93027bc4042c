// USD-M: leverage, modes and margins of positions.
#include <fmt/format.h>

#include "gateways/binance/positions_json.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

constexpr std::string_view kSuccess = R"({"code":200,"msg":"success"})";

Outcome set_leverage(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  asked.need("leverage");
  const auto given = asked.whole("leverage");
  if (!asked.ok()) return asked.wrong();
  if (*given < 1 || *given > 1'000)
    return Refusal{-4028, fmt::format("Leverage {} is not valid", *given)};
  const Leverage leverage = Leverage::raw(*given * Leverage::scale);
  const Reject why = face.desk.set_leverage(call.account(), m->id, leverage);
  if (why == Reject::bad_leverage)
    return Refusal{-4028, fmt::format("Leverage {} is not valid", *given)};
  if (why != Reject::none) return refusal_of(why, false, About::leverage);
  std::string out;
  ObjectText(out)
      .number("leverage", *given)
      .text("maxNotionalValue", most_notional(*m, leverage))
      .text("symbol", m->symbol)
      .end();
  return out;
}

bool has_orders(const Face& face, AccountId account, const Market* m) {
  for (const OrderRecord* order : face.desk.live(account)) {
    if (is_live(order->state) && (!m || order->asked.instrument == m->id)) return true;
  }
  return false;
}

Outcome set_margin_type(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  const std::string_view type = asked.need("marginType");
  const bool isolated = type == "ISOLATED";
  if (!isolated && type != "CROSSED" && !type.empty())
    asked.refuse({-4045, "Invalid margin type."});
  if (!asked.ok()) return asked.wrong();
  const MarginMode mode = isolated ? MarginMode::isolated : MarginMode::cross;
  if (face.desk.margin_mode(call.account(), m->id) == mode)
    return Refusal{-4046, "No need to change margin type."};
  const Reject why = face.desk.set_margin_mode(call.account(), m->id, mode);
  if (why == Reject::has_position)
    return modes_refusal(About::margin_mode, has_orders(face, call.account(), m));
  if (why != Reject::none) return refusal_of(why, false, About::margin_mode);
  return std::string(kSuccess);
}

Outcome set_position_side(Face& face, const Call& call) {
  Asked asked(call.p);
  asked.need("dualSidePosition");
  const bool hedge = asked.flag("dualSidePosition");
  if (!asked.ok()) return asked.wrong();
  if (face.desk.hedge(call.account()) == hedge)
    return Refusal{-4059, "No need to change position side."};
  const Reject why = face.desk.set_position_mode(call.account(), hedge);
  if (why == Reject::has_position)
    return modes_refusal(About::position_mode, has_orders(face, call.account(), nullptr));
  if (why != Reject::none) return refusal_of(why, false, About::position_mode);
  return std::string(kSuccess);
}

Outcome position_side(Face& face, const Call& call) {
  std::string out;
  ObjectText(out).flag("dualSidePosition", face.desk.hedge(call.account())).end();
  return out;
}

Outcome set_multi_assets(Face& face, const Call& call) {
  Asked asked(call.p);
  asked.need("multiAssetsMargin");
  const bool multi = asked.flag("multiAssetsMargin");
  if (!asked.ok()) return asked.wrong();
  const CollateralMode mode = multi ? CollateralMode::multi_asset : CollateralMode::single_coin;
  if (face.desk.collateral(call.account()) == mode)
    return Refusal{-4171, "No need to change multi-assets mode."};
  const Reject why = face.desk.door().enter(SetCollateralMode{call.account(), mode});
  if (why == Reject::has_position)
    return Refusal{-4170, "Unable to change asset mode with open positions or orders."};
  if (why != Reject::none) return refusal_of(why, false, About::margin_mode);
  return std::string(kSuccess);
}

Outcome multi_assets(Face& face, const Call& call) {
  std::string out;
  const bool multi = face.desk.collateral(call.account()) == CollateralMode::multi_asset;
  ObjectText(out).flag("multiAssetsMargin", multi).end();
  return out;
}

// type 1 adds, 2 takes out.
Outcome move_margin(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  asked.need("amount");
  asked.need("type");
  const auto amount = asked.amount("amount");
  const auto type = asked.whole("type");
  if (type && *type != 1 && *type != 2) asked.refuse(bad_parameter("type"));
  const std::string_view side = asked.text("positionSide");
  const bool hedge = face.desk.hedge(call.account());
  if (hedge != (side == "LONG" || side == "SHORT"))
    asked.refuse({-4061, "Order's position side does not match user's setting."});
  if (!asked.ok()) return asked.wrong();
  const MoveMargin move{
      .account = call.account(),
      .instrument = m->id,
      .side = side == "SHORT" ? PositionSide::short_side : PositionSide::long_side,
      .amount = *type == 1 ? *amount : -*amount};
  const Reject why = face.desk.move_margin(move);
  if (why != Reject::none) return refusal_of(why, false, About::margin);
  std::string out;
  ObjectText(out)
      .raw("amount", amount->text())
      .number("code", 200)
      .text("msg", "Successfully modify position margin.")
      .number("type", *type)
      .end();
  return out;
}

}  // namespace

void add_futures_settings(Routes& routes) {
  const auto add = [&](const char* what, Handler handler, uint32_t weight) {
    routes[what] = {Needs::signature, handler, weight};
  };
  add("POST /fapi/v1/leverage", set_leverage, 1);
  add("POST /fapi/v1/marginType", set_margin_type, 1);
  add("POST /fapi/v1/positionSide/dual", set_position_side, 1);
  add("GET /fapi/v1/positionSide/dual", position_side, 30);
  add("POST /fapi/v1/multiAssetsMargin", set_multi_assets, 1);
  add("GET /fapi/v1/multiAssetsMargin", multi_assets, 30);
  add("POST /fapi/v1/positionMargin", move_margin, 1);
}

}  // namespace delever::gateways::binance
