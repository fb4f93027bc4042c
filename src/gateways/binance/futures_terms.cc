// USD-M: the terms that an account trades under: tiers, fees, modes, and its place in the queue of
// deleveraging.
#include <fmt/format.h>

#include "gateways/binance/face.h"
#include "gateways/binance/positions_json.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

void tier_rows(std::string& out, const Market& m) {
  int n = 0;
  const auto& tiers = m.listing->rules.ladder->tiers;
  append_list(out, tiers, [&](const MarginTier& tier) {
    ObjectText o(out);
    o.number("bracket", ++n).raw("initialLeverage", tier.max_leverage.text());
    o.raw("notionalCap", tier.cap ? tier.cap->text() : "9223372036");
    o.raw("notionalFloor", tier.floor.text()).raw("maintMarginRatio", tier.maintenance.text());
    o.raw("cum", tier.deduction.text()).end();
  });
}

Outcome leverage_tiers(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* only = maybe_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  std::vector<const Market*> rows;
  for (const Market& m : face.markets.all()) {
    if (m.listing->rules.ladder && (!only || only == &m)) rows.push_back(&m);
  }
  std::string out;
  append_list(out, rows, [&](const Market* m) {
    ObjectText o(out);
    o.text("symbol", m->symbol).number("notionalCoef", 1);
    tier_rows(o.member("brackets"), *m);
    o.end();
  });
  return out;
}

// {"symbol":..,"adlQuantile":{"BOTH":2}}, of positions that are held.
Outcome adl_quantiles(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* only = maybe_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  const Statement s = statement_of(face.desk, call.account());
  std::map<std::string, std::string> ranks;
  for (const PositionRow& row : held_rows(face, call.account(), s, only)) {
    std::string& of = ranks[row.market->symbol];
    if (!of.empty()) of += ',';
    of += fmt::format("\"{}\":{}", row.side_name,
                      face.desk.adl_rank(call.account(), row.figures.view));
  }
  std::string out;
  append_list(out, ranks, [&](const auto& entry) {
    ObjectText(out).text("symbol", entry.first).raw("adlQuantile", "{" + entry.second + "}").end();
  });
  return out;
}

Outcome commission_rate(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  const FeeRule& fees = *m->listing->rules.fees;
  std::string out;
  ObjectText(out)
      .text("symbol", m->symbol)
      .text("makerCommissionRate", rate_text(fees.maker.value_or(Rate())))
      .text("takerCommissionRate", rate_text(fees.taker.value_or(Rate())))
      .text("rpiCommissionRate", rate_text(Rate()))
      .end();
  return out;
}

Outcome account_config(Face& face, const Call& call) {
  std::string out;
  ObjectText(out)
      .number("feeTier", 0)
      .flag("canTrade", true)
      .flag("canDeposit", true)
      .flag("canWithdraw", true)
      .flag("dualSidePosition", face.desk.hedge(call.account()))
      .number("updateTime", 0)
      .flag("multiAssetsMargin",
            face.desk.collateral(call.account()) == CollateralMode::multi_asset)
      .number("tradeGroupId", -1)
      .end();
  return out;
}

Outcome symbol_config(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* only = maybe_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  std::vector<const Market*> rows;
  for (const Market& m : face.markets.all()) {
    if (!only || only == &m) rows.push_back(&m);
  }
  std::string out;
  append_list(out, rows, [&](const Market* m) {
    const bool isolated = face.desk.margin_mode(call.account(), m->id) == MarginMode::isolated;
    const Leverage leverage = face.desk.leverage(call.account(), m->id);
    ObjectText(out)
        .text("symbol", m->symbol)
        .text("marginType", isolated ? "ISOLATED" : "CROSSED")
        .flag("isAutoAddMargin", false)
        .raw("leverage", leverage.text())
        .text("maxNotionalValue", most_notional(*m, leverage))
        .end();
  });
  return out;
}

// Nobody is held to the quantitative rules here: there are no indicators.
Outcome trading_status(Face& face, const Call&) {
  return fmt::format(R"({{"indicators":{{}},"updateTime":{}}})", face.wall().ms());
}

// Fees cannot be paid in BNB: no such coin.
Outcome fee_burn(Face&, const Call&) { return std::string(R"({"feeBurn":false})"); }
Outcome set_fee_burn(Face&, const Call& call) {
  Asked asked(call.p);
  asked.need("feeBurn");
  if (asked.flag("feeBurn")) asked.refuse(bad_parameter("feeBurn"));
  if (!asked.ok()) return asked.wrong();
  return std::string(R"({"code":200,"msg":"success"})");
}

}  // namespace

void add_futures_terms(Routes& routes) {
  const auto add = [&](const char* path, Handler handler, uint32_t weight) {
    routes[std::string("GET /fapi/v1/") + path] = {Needs::signature, handler, weight};
  };
  add("leverageBracket", leverage_tiers, 1);
  add("adlQuantile", adl_quantiles, 5);
  add("commissionRate", commission_rate, 20);
  add("accountConfig", account_config, 5);
  add("symbolConfig", symbol_config, 5);
  add("apiTradingStatus", trading_status, 1);
  add("feeBurn", fee_burn, 30);
  routes["POST /fapi/v1/feeBurn"] = {Needs::signature, set_fee_burn};
}

}  // namespace delever::gateways::binance
