// Balances and bills as OKX prints them.
#include <algorithm>
#include <cmath>

#include "gateways/figures_text.h"
#include "gateways/json_text.h"
#include "gateways/okx/account_rows.h"
#include "gateways/okx/market_rows.h"

namespace delever::gateways::okx {
namespace {

void append_coin(std::string& out, const Venue& venue, const Statement& s, const CoinFigures& c) {
  Amount isolated_profit;
  for (const PositionFigures& p : s.positions) {
    if (p.coin == c.coin && p.view.mode == MarginMode::isolated) isolated_profit += p.profit;
  }
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
      .text("isoUpl", isolated_profit.text())
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
  double ordered = 0, swaps = 0, dated = 0, options = 0;
  for (const CoinFigures& c : s.coins) ordered += (c.initial_orders + c.held).approx() * c.usd;
  for (const PositionFigures& p : s.positions) {
    const Product& product = venue.catalog[p.view.instrument];
    const CoinFigures* coin = s.coin(p.coin);
    (product.type == InstType::swap      ? swaps
     : product.type == InstType::futures ? dated
                                         : options) +=
        std::abs(p.value.approx()) * (coin ? coin->usd : 1);
  }
  const double of_all = s.maintenance > 0 ? s.equity / s.maintenance : 0;
  ObjectText row(out);
  row.text("uTime", ms_text(venue.wall()))
      .text("totalEq", number_text(s.equity, 4))
      .text("isoEq", number_text(isolated, 4))
      .text("adjEq", number_text(s.equity, 4))
      .text("availEq", number_text(s.available, 4))
      .text("ordFroz", number_text(ordered, 4))
      .text("imr", number_text(s.initial, 4))
      .text("mmr", number_text(s.maintenance, 4))
      .text("mgnRatio", of_all > 0 ? number_text(of_all, 4) : "")
      .text("notionalUsd", number_text(swaps + dated + options, 4))
      .text("notionalUsdForBorrow", "0")
      .text("notionalUsdForSwap", number_text(swaps, 4))
      .text("notionalUsdForFutures", number_text(dated, 4))
      .text("notionalUsdForOption", number_text(options, 4))
      .text("borrowFroz", "")
      .text("delta", "")
      .text("deltaLever", "")
      .text("deltaNeutralStatus", "0")
      .text("upl", number_text(s.profit, 4));
  append_list(row.member("details"), shown,
              [&](const CoinFigures* c) { append_coin(out, venue, s, *c); });
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
  const bool moved =
      m.kind == MoneyRecord::Kind::deposit || m.kind == MoneyRecord::Kind::withdrawal;
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
      .text("mgnMode", !p || p->is_spot() ? ""
                       : order            ? trade_mode(venue, *order)
                       : venue.desk.margin_mode(m.account, p->instrument) == MarginMode::isolated
                           ? "isolated"
                           : "cross")
      // 6 is the funding account, 18 this one.
      .text("from", !moved                                 ? ""
                    : m.kind == MoneyRecord::Kind::deposit ? "6"
                                                           : "18")
      .text("to", !moved                                 ? ""
                  : m.kind == MoneyRecord::Kind::deposit ? "18"
                                                         : "6")
      .text("notes", "")
      .text("interest", "0")
      .text("tag", "")
      .text("fillTime", fill ? ms_text(fill->at) : "")
      .text("fillIdxPx", fill ? text_or(fill->moment.index) : "")
      .text("fillMarkPx", fill ? text_or(fill->moment.mark) : "")
      .text("fillPxVol", "")
      .text("fillPxUsd", "")
      .text("fillMarkVol", "")
      .text("fillFwdPx", "");
  row.end();
}

}  // namespace delever::gateways::okx
