#include "gateways/okx/account_rows.h"

#include <algorithm>

#include "gateways/figures_text.h"
#include "gateways/json_text.h"
#include "gateways/okx/market_rows.h"

namespace delever::gateways::okx {
namespace {

// One number for an account, an instrument and a side; it stays while the account does.
std::string position_id(AccountId account, InstrumentId instrument, PositionSide side) {
  return std::to_string(uint64_t{account.raw()} * 1'000'000 + instrument.raw() * 10ULL +
                        static_cast<uint64_t>(side));
}

// 1 to 5: OKX counts lights.
std::string adl_lights(const Desk& desk, AccountId account, const exchange::PositionView& view) {
  return std::to_string(desk.adl_rank(account, view) + 1);
}

// Of one coin where each coin stands by itself, of all of them otherwise.
std::string cross_ratio(const Desk& desk, AccountId account, const Statement& s, CoinId coin) {
  if (desk.collateral(account) != CollateralMode::single_coin)
    return s.maintenance > 0 ? number_text(s.equity / s.maintenance, 4) : "";
  const CoinFigures* c = s.coin(coin);
  return c ? margin_ratio(c->equity(), c->maintenance) : "";
}

// The newest of the account's trades there; empty: none that is still kept.
std::string last_trade(const Desk& desk, AccountId account, InstrumentId instrument) {
  const auto fills = desk.fills(account);
  const auto found = std::find_if(fills.rbegin(), fills.rend(),
                                  [&](const FillRecord& f) { return f.instrument == instrument; });
  return found == fills.rend() ? "" : std::to_string(found->number);
}

// Of options, and of borrowing, which there is none of here.
void append_unused(ObjectText& row) {
  for (const std::string_view name :
       {"baseBal",       "quoteBal",     "baseBorrowed", "baseInterest",   "quoteBorrowed",
        "quoteInterest", "spotInUseAmt", "spotInUseCcy", "clSpotInUseAmt", "maxSpotInUseAmt",
        "bizRefId",      "bizRefType",   "deltaBS",      "deltaPA",        "gammaBS",
        "gammaPA",       "thetaBS",      "thetaPA",      "vegaBS",         "vegaPA"})
    row.text(name, "");
}

}  // namespace

void append_position(std::string& out, const Venue& venue, AccountId account, const Statement& s,
                     InstrumentId instrument, PositionSide side, const PositionFigures* f) {
  const Product& p = venue.catalog[instrument];
  const Desk& desk = venue.desk;
  const PositionPast& past = venue.past.of(account, instrument, side);
  const MarginMode mode = f ? f->view.mode : desk.margin_mode(account, instrument);
  const bool isolated = mode == MarginMode::isolated;
  const bool net = !desk.hedge(account);
  const auto mark = venue.exchange().mark(instrument);
  const auto last = venue.exchange().last(instrument);
  std::optional<Price> entry;
  if (f) entry = desk.entry_price(f->view);
  const std::string size = f ? f->view.qty.text() : "0";
  const bool sold = side == PositionSide::short_side;
  const double notional =
      f && mark ? venue.coins(p, f->view.qty.approx(), mark->approx()) * mark->approx() : 0;
  const double profit_ratio =
      f && f->initial > Amount() ? f->profit.approx() / f->initial.approx() : 0;
  ObjectText row(out);
  row.text("instType", inst_type_name(p.type))
      .text("instId", p.inst_id)
      .text("mgnMode", isolated ? "isolated" : "cross")
      .text("posId", position_id(account, instrument, side))
      .text("posSide", net    ? "net"
                       : sold ? "short"
                              : "long")
      .text("pos", f && net && sold ? "-" + size : size)
      .text("posCcy", "")
      .text("availPos", f && (isolated || !net) ? size : "")
      .text("avgPx", text_or(entry))
      .text("nonSettleAvgPx", "")
      .text("bePx", text_or(entry))
      .text("markPx", text_or(mark))
      .text("last", text_or(last))
      .text("idxPx", text_or(venue.exchange().index(p.listing->index)))
      .text("usdPx", "")
      .text("upl", f ? f->profit.text() : "")
      .text("uplRatio", f ? number_text(profit_ratio, 6) : "")
      .text("uplLastPx", f ? f->profit.text() : "")
      .text("uplRatioLastPx", f ? number_text(profit_ratio, 6) : "")
      .text("lever", f ? f->view.leverage.text() : desk.leverage(account, instrument).text())
      .text("liqPx", f ? text_or(desk.liquidation_price(account, f->view)) : "")
      .text("imr", f && !isolated ? f->initial.text() : "")
      .text("margin", f && isolated ? f->view.margin.text() : "")
      .text("mgnRatio", !f         ? ""
                        : isolated ? margin_ratio(f->view.margin + f->profit, f->maintenance)
                                   : cross_ratio(desk, account, s, f->coin))
      .text("mmr", f ? f->maintenance.text() : "")
      .text("liab", "")
      .text("liabCcy", "")
      .text("interest", "")
      .text("tradeId", last_trade(desk, account, instrument))
      .text("optVal", "")
      .text("pendingCloseOrdLiabVal", "")
      .text("hedgedPos", "")
      .text("notionalUsd", f ? number_text(notional, 4) : "")
      .text("adl", f ? adl_lights(desk, account, f->view) : "")
      .text("ccy", p.settle)
      .text("realizedPnl", past.net().text())
      .text("pnl", past.profit.text())
      .text("fee", (-past.fees).text())
      .text("fundingFee", past.funding.text())
      .text("settledPnl", "")
      .text("liqPenalty", "0")
      .raw("closeOrderAlgo", "[]")
      .text("cTime", ms_text(past.opened))
      .text("uTime", ms_text(past.updated))
      .text("pTime", ms_text(venue.market()));
  append_unused(row);
  row.end();
}

}  // namespace delever::gateways::okx
