// Balances and bills as OKX prints them.
#include <algorithm>

#include "gateways/figures_text.h"
#include "gateways/json_text.h"
#include "gateways/okx/account_rows.h"
#include "gateways/okx/market_rows.h"

namespace delever::gateways::okx {
namespace {

void append_coin(std::string& out, const Venue& venue, const CoinFigures& c) {
  const Amount initial = c.initial_positions + c.initial_orders;
  ObjectText row(out);
  row.text("ccy", venue.catalog.coin_name(c.coin))
      .text("eq", c.equity().text())
      .text("cashBal", c.wallet.text())
      .text("uTime", ms_text(venue.wall()))
      .text("isoEq", c.isolated.text())
      .text("availEq", c.available.text())
      .text("disEq", number_text(c.equity().approx() * c.usd, 4))
      .text("fixedBal", "0")
      .text("availBal", std::min(c.available, c.wallet).text())
      .text("frozenBal", (initial + c.held).text())
      .text("ordFrozen", (c.initial_orders + c.held).text())
      .text("liab", "")
      .text("upl", c.profit.text())
      .text("uplLiab", "")
      .text("crossLiab", "")
      .text("isoLiab", "")
      .text("mgnRatio", margin_ratio(c.equity(), c.maintenance))
      .text("imr", initial.text())
      .text("mmr", c.maintenance.text())
      .text("interest", "")
      .text("twap", "0")
      .text("maxLoan", "")
      .text("eqUsd", number_text(c.equity().approx() * c.usd, 4))
      .text("borrowFroz", "")
      .text("notionalLever", "0")
      .text("stgyEq", "0")
      .text("isoUpl", "0")
      .text("spotInUseAmt", "")
      .text("clSpotInUseAmt", "")
      .text("maxSpotInUse", "")
      .text("spotIsoBal", "0")
      .text("smtSyncEq", "0")
      .text("rewardBal", "0")
      .text("openAvgPx", "")
      .text("accAvgPx", "")
      .text("spotUpl", "")
      .text("spotUplRatio", "")
      .text("totalPnl", "")
      .text("totalPnlRatio", "")
      .text("spotCopyTradingEq", "0")
      .text("spotBal", "")
      .flag("collateralEnabled", false);
  row.end();
}

}  // namespace

std::string margin_ratio(Amount equity, Amount maintenance) {
  if (maintenance <= Amount()) return "";
  return number_text(equity.approx() / maintenance.approx(), 4);
}

void append_balance(std::string& out, const Venue& venue, const Statement& s,
                    std::string_view only_coins) {
  std::vector<const CoinFigures*> shown;
  const std::string wanted = "," + std::string(only_coins) + ",";
  double isolated = 0;
  for (const CoinFigures& c : s.coins) {
    isolated += c.isolated.approx() * c.usd;
    const std::string name = "," + std::string(venue.catalog.coin_name(c.coin)) + ",";
    const bool has = c.wallet != Amount() || c.profit != Amount();
    if (only_coins.empty() ? has : wanted.find(name) != wanted.npos) shown.push_back(&c);
  }
  const double of_all = s.maintenance > 0 ? s.equity / s.maintenance : 0;
  ObjectText row(out);
  row.text("uTime", ms_text(venue.wall()))
      .text("totalEq", number_text(s.equity, 4))
      .text("isoEq", number_text(isolated, 4))
      .text("adjEq", number_text(s.equity, 4))
      .text("availEq", number_text(s.available, 4))
      .text("ordFroz", "0")
      .text("imr", number_text(s.initial, 4))
      .text("mmr", number_text(s.maintenance, 4))
      .text("mgnRatio", of_all > 0 ? number_text(of_all, 4) : "")
      .text("notionalUsd", "0")
      .text("notionalUsdForBorrow", "0")
      .text("notionalUsdForSwap", "0")
      .text("notionalUsdForFutures", "0")
      .text("notionalUsdForOption", "0")
      .text("borrowFroz", "")
      .text("delta", "")
      .text("deltaLever", "")
      .text("deltaNeutralStatus", "0")
      .text("upl", number_text(s.profit, 4));
  append_list(row.member("details"), shown,
              [&](const CoinFigures* c) { append_coin(out, venue, *c); });
  row.end();
}

BillType bill_type(const MoneyRecord& m, const FillRecord* fill) {
  using K = MoneyRecord::Kind;
  const bool received = m.amount > Amount();
  switch (m.kind) {
    case K::deposit:
      return {"1", "11"};
    case K::withdrawal:
      return {"1", "12"};
    case K::funding:
      return {"8", received ? "174" : "173"};
    case K::margin:
      return {"6", received ? "161" : "160"};
    case K::liquidation:
      return {"5", received ? "102" : "103"};
    case K::deleveraging:
      return {"9", received ? "125" : "126"};
    case K::settlement:
      return {"3", "112"};
    default:
      return {"2", !fill || fill->side == Side::buy ? "1" : "2"};
  }
}

void append_bill(std::string& out, const Venue& venue, const MoneyRecord& m, const FillRecord* fill,
                 const OrderRecord* order, Amount fee, Amount profit) {
  const Product* p = m.instrument ? &venue.catalog[*m.instrument] : nullptr;
  const BillType type = bill_type(m, fill);
  const bool trade = m.fill != 0;
  ObjectText row(out);
  row.digits("billId", static_cast<int64_t>(m.number))
      .text("ts", ms_text(m.at))
      .text("ccy", venue.catalog.coin_name(m.coin))
      .text("type", type.type)
      .text("subType", type.sub_type)
      .text("bal", m.balance.text())
      .text("balChg", (trade ? profit + fee : m.amount).text())
      .text("pnl", trade                                  ? profit.text()
                   : m.kind == MoneyRecord::Kind::funding ? m.amount.text()
                                                          : "0")
      .text("fee", fee.text())
      .text("posBal", "0")
      .text("posBalChg", "0")
      .text("sz", fill ? fill->qty.text() : "0")
      .text("px", fill ? fill->price.text() : "")
      .text("instType", p ? inst_type_name(p->type) : "")
      .text("instId", p ? p->inst_id : "")
      .text("ordId", order ? std::to_string(order->number) : "")
      .text("clOrdId", order ? order->client_id : "")
      .text("execType", !fill         ? ""
                        : fill->maker ? "M"
                                      : "T")
      .text("tradeId", fill ? std::to_string(fill->number) : "")
      .text("mgnMode", p && !p->is_spot() ? "cross" : "")
      .text("from", "")
      .text("to", "")
      .text("notes", "")
      .text("interest", "0")
      .text("tag", "")
      .text("fillTime", fill ? ms_text(fill->at) : "")
      .text("fillIdxPx", "")
      .text("fillMarkPx", "")
      .text("fillPxVol", "")
      .text("fillPxUsd", "")
      .text("fillMarkVol", "")
      .text("fillFwdPx", "");
  row.end();
}

}  // namespace delever::gateways::okx
