// USD-M: what an account has. Figures are those of the statement, which are the exchange's own.
#include <fmt/format.h>

#include <algorithm>

#include "gateways/binance/face.h"
#include "gateways/binance/positions_json.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

Amount cross_profit(const Statement& s, const CoinFigures& c) {
  Amount profit = c.profit;
  for (const PositionFigures& p : s.positions) {
    if (p.coin == c.coin && p.view.mode == MarginMode::isolated) profit -= p.profit;
  }
  return profit;
}

void asset_row(std::string& out, const Face& face, AccountId account, const Statement& s,
               const CoinFigures& c, bool with_margin_flag) {
  ObjectText o(out);
  o.text("asset", face.markets.coin(c.coin)).text("walletBalance", amount_text(c.wallet));
  o.text("unrealizedProfit", amount_text(c.profit)).text("marginBalance", amount_text(c.equity()));
  o.text("maintMargin", amount_text(c.maintenance));
  o.text("initialMargin", amount_text(c.initial_positions + c.initial_orders));
  o.text("positionInitialMargin", amount_text(c.initial_positions));
  o.text("openOrderInitialMargin", amount_text(c.initial_orders));
  o.text("crossWalletBalance", amount_text(c.wallet - c.isolated));
  o.text("crossUnPnl", amount_text(cross_profit(s, c)))
      .text("availableBalance", amount_text(c.available));
  o.text("maxWithdrawAmount", amount_text(std::min(c.available, c.wallet - c.isolated)));
  if (with_margin_flag) o.flag("marginAvailable", true);
  o.number("updateTime", face.paid_ms(account, c.coin)).end();
}

// In multi-assets mode all coins in USD; else the coin of the contracts alone, as it is.
void totals(ObjectText& o, const Face& face, AccountId account, const Statement& s) {
  const bool multi = face.desk.collateral(account) == CollateralMode::multi_asset;
  const CoinId only = face.markets.all().empty() ? CoinId(0) : face.markets.all()[0].settle;
  struct {
    double wallet = 0, isolated = 0, profit = 0, cross_profit = 0, maintenance = 0, positions = 0,
           orders = 0, available = 0;
  } t;
  for (const CoinFigures& c : s.coins) {
    if (!multi && c.coin != only) continue;
    const double price = multi ? c.usd : 1;
    t.wallet += c.wallet.approx() * price;
    t.isolated += c.isolated.approx() * price;
    t.profit += c.profit.approx() * price;
    t.cross_profit += cross_profit(s, c).approx() * price;
    t.maintenance += c.maintenance.approx() * price;
    t.positions += c.initial_positions.approx() * price;
    t.orders += c.initial_orders.approx() * price;
    t.available += c.available.approx() * price;
  }
  if (multi) t.available = s.available;
  o.text("totalInitialMargin", figure(t.positions + t.orders));
  o.text("totalMaintMargin", figure(t.maintenance)).text("totalWalletBalance", figure(t.wallet));
  o.text("totalUnrealizedProfit", figure(t.profit));
  o.text("totalMarginBalance", figure(t.wallet + t.profit));
  o.text("totalPositionInitialMargin", figure(t.positions));
  o.text("totalOpenOrderInitialMargin", figure(t.orders));
  o.text("totalCrossWalletBalance", figure(t.wallet - t.isolated));
  o.text("totalCrossUnPnl", figure(t.cross_profit)).text("availableBalance", figure(t.available));
  o.text("maxWithdrawAmount", figure(std::min(t.available, t.wallet - t.isolated)));
}

Outcome account_v3(Face& face, const Call& call) {
  const Statement s = statement_of(face.desk, call.account());
  std::string out;
  ObjectText o(out);
  totals(o, face, call.account(), s);
  append_list(o.member("assets"), s.coins,
              [&](const CoinFigures& c) { asset_row(out, face, call.account(), s, c, false); });
  append_list(o.member("positions"), busy_rows(face, call.account(), s, nullptr),
              [&](const PositionRow& row) { append_account_position_v3(out, face, row); });
  o.end();
  return out;
}

Outcome account_v2(Face& face, const Call& call) {
  const Statement s = statement_of(face.desk, call.account());
  std::string out;
  ObjectText o(out);
  o.number("feeTier", 0).flag("feeBurn", false).flag("canTrade", true).flag("canDeposit", true);
  o.flag("canWithdraw", true).number("updateTime", face.paid_ms(call.account(), {}));
  o.flag("multiAssetsMargin", face.desk.collateral(call.account()) == CollateralMode::multi_asset);
  o.number("tradeGroupId", -1);
  totals(o, face, call.account(), s);
  append_list(o.member("assets"), s.coins,
              [&](const CoinFigures& c) { asset_row(out, face, call.account(), s, c, true); });
  append_list(o.member("positions"), all_rows(face, call.account(), s, nullptr),
              [&](const PositionRow& row) { append_account_position_v2(out, face, row); });
  o.end();
  return out;
}

Outcome balances(Face& face, const Call& call) {
  const Statement s = statement_of(face.desk, call.account());
  std::string out;
  append_list(out, s.coins, [&](const CoinFigures& c) {
    ObjectText o(out);
    o.text("accountAlias", fmt::format("A{}", static_cast<uint32_t>(call.account())));
    o.text("asset", face.markets.coin(c.coin)).text("balance", amount_text(c.wallet));
    o.text("crossWalletBalance", amount_text(c.wallet - c.isolated));
    o.text("crossUnPnl", amount_text(cross_profit(s, c)));
    o.text("availableBalance", amount_text(c.available));
    o.text("maxWithdrawAmount", amount_text(std::min(c.available, c.wallet - c.isolated)));
    o.flag("marginAvailable", true);
    o.number("updateTime", face.paid_ms(call.account(), c.coin)).end();
  });
  return out;
}

Outcome risk_v3(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* only = maybe_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  const Statement s = statement_of(face.desk, call.account());
  std::string out;
  append_list(out, busy_rows(face, call.account(), s, only),
              [&](const PositionRow& row) { append_risk_v3(out, face, row); });
  return out;
}

Outcome risk_v2(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* only = maybe_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  const Statement s = statement_of(face.desk, call.account());
  std::string out;
  append_list(out, all_rows(face, call.account(), s, only),
              [&](const PositionRow& row) { append_risk_v2(out, face, row); });
  return out;
}

}  // namespace

void add_futures_account(Routes& routes) {
  const auto add = [&](const char* path, Handler handler, uint32_t weight) {
    routes[std::string("GET /fapi/") + path] = {Needs::signature, handler, weight};
  };
  add("v3/account", account_v3, 5);
  add("v2/account", account_v2, 5);
  add("v1/account", account_v2, 5);
  add("v3/balance", balances, 5);
  add("v2/balance", balances, 5);
  add("v3/positionRisk", risk_v3, 5);
  add("v2/positionRisk", risk_v2, 5);
  add("v1/positionRisk", risk_v2, 5);
}

}  // namespace delever::gateways::binance
