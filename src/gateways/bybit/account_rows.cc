#include "gateways/bybit/account_rows.h"

#include <algorithm>

#include "gateways/bybit/market_rows.h"
#include "gateways/figures_text.h"
#include "gateways/json_text.h"

namespace delever::gateways::bybit {
namespace {

// 0 in one-way mode; 1 and 2 are the two sides of hedge mode.
int position_index(bool hedge, PositionSide side) {
  if (!hedge) return 0;
  return side == PositionSide::long_side ? 1 : 2;
}

// Where margin of this position alone would be used up; cross positions share theirs.
std::string bankruptcy_price(const PositionFigures& p, const Product& product) {
  if (p.view.mode != MarginMode::isolated || product.category != Category::linear) return "";
  const double qty = p.view.qty.approx() * product.contract->size.value_or(Qty()).approx();
  if (qty <= 0) return "";
  const double entry = p.view.cost.approx() / qty, away = p.view.margin.approx() / qty;
  return number_text(
      p.view.side == PositionSide::long_side ? std::max(entry - away, 0.0) : entry + away, 2);
}

}  // namespace

std::string_view transaction_type(MoneyRecord::Kind kind) {
  using K = MoneyRecord::Kind;
  switch (kind) {
    case K::deposit:
      return "TRANSFER_IN";
    case K::withdrawal:
      return "TRANSFER_OUT";
    case K::funding:
      return "SETTLEMENT";
    case K::liquidation:
      return "LIQUIDATION";
    case K::deleveraging:
      return "ADL";
    case K::settlement:
      return "DELIVERY";
    default:
      return "TRADE";
  }
}

namespace {

// What protects all of a position, as its row shows it.
struct PositionStops {
  std::string take_profit, stop_loss, trailing = "0";
};

PositionStops stops_of(const Desk& desk, AccountId account, const PositionRow& position) {
  PositionStops out;
  for (const OrderRecord* o : desk.live(account)) {
    // What protects a long sells, and the other way round.
    const bool closes = (o->asked.side == Side::sell) == (position.side == PositionSide::long_side);
    if (o->asked.instrument != position.instrument || o->state != OrderState::waiting || !closes)
      continue;
    if (o->tag == "TakeProfit") out.take_profit = o->asked.trigger.text();
    if (o->tag == "StopLoss") out.stop_loss = o->asked.trigger.text();
    if (o->tag == "TrailingStop" && o->trailing) out.trailing = o->trailing->distance.text();
  }
  return out;
}

// The tier that a position of that value stands in: its number from 1 and its cap. There are none
// in portfolio margin.
std::pair<int64_t, std::string> risk_limit(const Product& product, Amount value,
                                           CollateralMode collateral) {
  if (collateral == CollateralMode::portfolio) return {0, ""};
  const auto& ladder = product.listing->rules.ladder;
  int64_t id = 0;
  for (const MarginTier& tier : ladder ? ladder->tiers : std::vector<MarginTier>()) {
    ++id;
    if (!tier.cap || value.raw() <= tier.cap->raw())
      return {id, tier.cap ? tier.cap->text() : std::string(kNoCap)};
  }
  return {id, std::string(kNoCap)};
}

}  // namespace

void append_position(std::string& out, const Venue& venue, AccountId account,
                     const PositionRow& position, RowOf of) {
  const Product& product = venue.catalog[position.instrument];
  const Desk& desk = venue.desk;
  const PositionFigures* p = position.figures;
  const PositionPast& past = venue.past.of(account, position.instrument, position.side);
  const auto mark = venue.exchange().mark(position.instrument);
  const MarginMode mode = p ? p->view.mode : desk.margin_mode(account, position.instrument);
  // A row without a position is still a row: Bybit tells the leverage and mode that are set.
  const std::string entry = p ? text_or(desk.entry_price(p->view), "0") : "0";
  const std::string_view side =
      p ? (position.side == PositionSide::long_side ? "Buy" : "Sell") : "";
  const auto [risk_id, risk_value] =
      risk_limit(product, p ? p->value : Amount(), desk.collateral(account));
  const PositionStops stops = p ? stops_of(desk, account, position) : PositionStops{};
  ObjectText row(out);
  if (of == RowOf::stream) row.text("category", category_name(product.category));
  row.number("positionIdx", position_index(position.hedge, position.side))
      .number("riskId", risk_id)
      .text("riskLimitValue", risk_value)
      .text("symbol", product.symbol)
      .text("side", side)
      .text("size", p ? p->view.qty.text() : "0")
      .text(of == RowOf::stream ? "entryPrice" : "avgPrice", entry)
      .text("positionValue", p ? p->view.cost.text() : "0")
      .number("tradeMode", mode == MarginMode::isolated ? 1 : 0)
      .number("autoAddMargin", 0)
      .text("positionStatus", "Normal")
      .text("leverage",
            p ? p->view.leverage.text() : desk.leverage(account, position.instrument).text())
      .text("markPrice", text_or(mark, "0"))
      .text("liqPrice", p ? text_or(desk.liquidation_price(account, p->view)) : "")
      .text("bustPrice", p ? bankruptcy_price(*p, product) : "")
      .text("positionIM", p ? p->initial.text() : "0")
      .text("positionIMByMp", p ? p->initial.text() : "0")
      .text("positionMM", p ? p->maintenance.text() : "0")
      .text("positionMMByMp", p ? p->maintenance.text() : "0")
      .text("positionBalance", !p                             ? "0"
                               : mode == MarginMode::isolated ? p->view.margin.text()
                                                              : p->initial.text())
      .text("tpslMode", "Full")
      .text("takeProfit", stops.take_profit)
      .text("stopLoss", stops.stop_loss)
      .text("trailingStop", stops.trailing)
      .text("sessionAvgPrice", "")
      .text("unrealisedPnl", p ? p->profit.text() : "0")
      .text("curRealisedPnl", p ? past.net().text() : "0")
      .text("cumRealisedPnl", past.cumulative.text())
      .number("openTime", p ? past.opened.ms() : 0)
      .text("createdTime", ms_text(past.opened))
      .text("updatedTime", ms_text(past.updated))
      .number("seq", past.updated.ms())
      .flag("isReduceOnly", false)
      .number("adlRankIndicator", p ? desk.adl_rank(account, p->view) + 1 : 0)
      .text("mmrSysUpdatedTime", "")
      .text("leverageSysUpdatedTime", "");
  row.end();
}

namespace {

// What the account's positions of that coin have realised so far, funding and fees included.
Amount realised(const Venue& venue, AccountId account, CoinId coin) {
  Amount out;
  for (const Product& p : venue.catalog.all()) {
    if (p.category == Category::spot || p.settle_coin != coin) continue;
    for (const PositionSide side : {PositionSide::long_side, PositionSide::short_side})
      out += venue.past.of(account, p.instrument, side).cumulative;
  }
  return out;
}

void append_coin(std::string& out, const Venue& venue, AccountId account, const CoinFigures& c) {
  const std::string equity = c.equity().text();
  ObjectText row(out);
  row.text("coin", venue.catalog.coin_name(c.coin))
      .text("equity", equity)
      .text("usdValue", number_text(c.equity().approx() * c.usd, 4))
      .text("walletBalance", c.wallet.text())
      .text("free", c.available.text())
      .text("locked", c.held.text())
      .text("spotHedgingQty", "0")
      .text("spotBorrow", "0")
      .text("borrowAmount", "0")
      .text("availableToBorrow", "")
      .text("availableToWithdraw", std::min(c.available, c.wallet).text())
      .text("accruedInterest", "0")
      .text("totalOrderIM", c.initial_orders.text())
      .text("totalPositionIM", c.initial_positions.text())
      .text("totalPositionMM", c.maintenance.text())
      .text("unrealisedPnl", c.profit.text())
      .text("cumRealisedPnl", realised(venue, account, c.coin).text())
      .text("bonus", "0")
      .flag("marginCollateral", true)
      .flag("collateralSwitch", true);
  row.end();
}

}  // namespace

void append_wallet(std::string& out, const Venue& venue, AccountId account, const Statement& s,
                   std::string_view only_coins) {
  // Rates are shares of equity; without any there is nothing to divide by.
  const auto rate = [&s](double margin) {
    return s.equity > 0 ? number_text(margin / s.equity, 4) : std::string("0");
  };
  ObjectText row(out);
  row.text("accountType", "UNIFIED")
      .text("accountLTV", "0")
      .text("accountIMRate", rate(s.initial))
      .text("accountMMRate", rate(s.maintenance))
      .text("accountIMRateByMp", rate(s.initial))
      .text("accountMMRateByMp", rate(s.maintenance))
      .text("totalEquity", number_text(s.equity))
      .text("totalWalletBalance", number_text(s.wallet))
      .text("totalMarginBalance", number_text(s.equity))
      .text("totalAvailableBalance", number_text(s.available))
      .text("totalPerpUPL", number_text(s.profit))
      .text("totalInitialMargin", number_text(s.initial))
      .text("totalInitialMarginByMp", number_text(s.initial))
      .text("totalMaintenanceMargin", number_text(s.maintenance))
      .text("totalMaintenanceMarginByMp", number_text(s.maintenance));
  std::vector<const CoinFigures*> shown;
  const std::string wanted = "," + std::string(only_coins) + ",";
  for (const CoinFigures& c : s.coins) {
    const std::string name = "," + std::string(venue.catalog.coin_name(c.coin)) + ",";
    const bool asked = wanted.find(name) != wanted.npos;
    // The list of all coins has those that hold something, and the first so that it is never empty.
    const bool first = only_coins.empty() && c.coin == CoinId{0};
    const bool has = c.wallet != Amount() || c.profit != Amount();
    if (asked || first || (only_coins.empty() && has)) shown.push_back(&c);
  }
  append_list(row.member("coin"), shown,
              [&](const CoinFigures* c) { append_coin(out, venue, account, *c); });
  row.end();
}

void append_transaction(std::string& out, const Venue& venue, const MoneyRecord& money,
                        const FillRecord* fill, const OrderRecord* order, Amount fee, Amount cash,
                        Amount balance) {
  const Product* product = money.instrument ? &venue.catalog[*money.instrument] : nullptr;
  // Funding has a member of its own, in which what was paid is positive.
  const bool funding = money.kind == MoneyRecord::Kind::funding;
  ObjectText row(out);
  row.text("id", id_text(IdKind::money, money.number))
      .text("transactionTime", ms_text(money.at))
      .text("type", transaction_type(money.kind))
      .text("transSubType", "")
      .text("category", product ? category_name(product->category) : "")
      .text("symbol", product ? product->symbol : "")
      .text("side", fill ? side_name(fill->side) : "None")
      .text("currency", venue.catalog.coin_name(money.coin))
      .text("funding", funding ? (-money.amount).text() : "")
      .text("fee", fee.text())
      .text("cashFlow", funding ? "0" : cash.text())
      .text("change", (cash - fee).text())
      .text("cashBalance", balance.text())
      .text("feeRate", fill && fill->value > Amount()
                           ? number_text(fee.approx() / fill->value.approx(), 6)
                           : "0")
      .text("qty", fill ? fill->qty.text() : "0")
      .text("size", "0")
      .text("tradePrice", fill ? fill->price.text() : "0")
      .text("tradeId", fill ? trade_id(fill->instrument, fill->number) : "")
      .text("orderId", order ? order_id(*order) : "")
      .text("orderLinkId", order ? order->client_id : "")
      .text("bonusChange", "")
      .text("extraFees", "");
  row.end();
}

}  // namespace delever::gateways::bybit
