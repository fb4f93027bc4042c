#include "gateways/binance/positions_json.h"

#include <algorithm>
#include <cmath>

#include "gateways/binance/public_json.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

// Of a position that stands, when the account last traded there.
int64_t updated_ms(const Face& face, const PositionRow& row) {
  return row.figures.view.qty == Qty() ? 0 : face.traded_ms(row.account, row.market->id);
}

std::string_view name_of(bool hedge, PositionSide side) {
  if (!hedge) return "BOTH";
  return side == PositionSide::long_side ? "LONG" : "SHORT";
}

// At the mark. The statement's own value is rounded up, as a margin is taken of it.
Amount signed_value(const Face& face, const PositionRow& row) {
  const Price mark = face.exchange().mark(row.market->id).value_or(Price());
  const Amount value = value_of(*row.market, mark, row.figures.view.qty);
  return row.figures.view.side == PositionSide::long_side ? value : -value;
}

std::string liquidation_text(const Face& face, const PositionRow& row) {
  const auto price = face.desk.liquidation_price(row.account, row.figures.view);
  return price && row.figures.view.qty > Qty() ? mark_text(*price) : "0";
}

std::string isolated_margin(const PositionRow& row) {
  return amount_text(row.isolated() ? row.figures.view.margin + row.figures.profit : Amount());
}
std::string isolated_wallet(const PositionRow& row) {
  return amount_text(row.isolated() ? row.figures.view.margin : Amount());
}

// What the orders at the book would come to at their own prices; in hedge mode those of the side.
struct Resting {
  double bid = 0, ask = 0;
};

Resting resting(const Face& face, const PositionRow& row) {
  Resting out;
  const bool hedge = face.desk.hedge(row.account);
  for (const OrderRecord* o : face.desk.live(row.account)) {
    if (o->state != OrderState::open || o->asked.instrument != row.market->id) continue;
    if (hedge && o->asked.position != row.figures.view.side) continue;
    const double value = value_of(*row.market, o->asked.price, o->left()).approx();
    (o->asked.side == Side::buy ? out.bid : out.ask) += value;
  }
  return out;
}

// What the orders hold, as the exchange reckons it.
double order_margin(const Face& face, const PositionRow& row) {
  return face.exchange()
      .orders_initial(row.account, row.market->id, row.figures.view.side)
      .value_or(Amount())
      .approx();
}

// Stops wait elsewhere and hold nothing: a symbol with such alone is not listed.
bool has_orders(const Face& face, AccountId account, const Market& m, PositionSide side) {
  const bool hedge = face.desk.hedge(account);
  for (const OrderRecord* o : face.desk.live(account)) {
    if (o->state == OrderState::open && o->asked.instrument == m.id &&
        (!hedge || o->asked.position == side))
      return true;
  }
  return false;
}

// Of the side that buys and of the side that sells.
void append_resting(ObjectText& o, const Face& face, const PositionRow& row) {
  const Resting at = resting(face, row);
  o.text("bidNotional", figure(at.bid)).text("askNotional", figure(at.ask));
}

// Of positions and orders together, as initialMargin is documented; positionInitialMargin is of the
// position alone.
std::string initial_text(const Face& face, const PositionRow& row) {
  return figure(row.figures.initial.approx() + order_margin(face, row));
}

}  // namespace

// What the price must come back to for the round trip to pay its fees; both at the taker's rate.
std::string break_even_text(const Face& face, const PositionRow& row) {
  const auto entry = face.desk.entry_price(row.figures.view);
  if (!entry) return "0.0";
  const double fee = row.market->listing->rules.fees->taker.value_or(Rate()).approx();
  const double away = row.figures.view.side == PositionSide::long_side ? fee : -fee;
  return figure(entry->approx() * (1 + away));
}

std::string entry_text(const Face& face, const PositionRow& row) {
  const auto entry = face.desk.entry_price(row.figures.view);
  return entry ? mark_text(*entry) : "0.0";
}

std::string most_notional(const Market& m, Leverage leverage) {
  Amount most;
  if (!m.listing->rules.ladder) return most.text();
  for (const MarginTier& tier : m.listing->rules.ladder->tiers) {
    if (tier.max_leverage >= leverage) most = tier.cap.value_or(Amount::raw(INT64_MAX));
  }
  return most.text();
}

std::vector<PositionRow> held_rows(const Face& face, AccountId account, const Statement& s,
                                   const Market* only) {
  const bool hedge = face.desk.hedge(account);
  std::vector<PositionRow> rows;
  for (const PositionFigures& p : s.positions) {
    const Market* m = face.markets.of(p.view.instrument);
    if (!m || (only && only != m) || p.view.qty == Qty()) continue;
    rows.push_back({m, account, p, name_of(hedge, p.view.side)});
  }
  return rows;
}

// Those that are flat too, of each side in hedge mode.
std::vector<PositionRow> all_rows(const Face& face, AccountId account, const Statement& s,
                                  const Market* only) {
  const bool hedge = face.desk.hedge(account);
  const std::vector<PositionRow> held = held_rows(face, account, s, only);
  std::vector<PositionRow> rows;
  for (const Market& m : face.markets.all()) {
    if (only && only != &m) continue;
    std::vector<PositionSide> sides{PositionSide::long_side};
    if (hedge) sides.push_back(PositionSide::short_side);
    for (const PositionSide side : sides) {
      const PositionRow* found = nullptr;
      for (const PositionRow& row : held) {
        if (row.market == &m && (!hedge || row.figures.view.side == side)) found = &row;
      }
      if (found) {
        rows.push_back(*found);
        continue;
      }
      PositionRow flat{&m, account, {}, name_of(hedge, side)};
      flat.figures.view.instrument = m.id;
      flat.figures.view.side = side;
      flat.figures.view.mode = face.desk.margin_mode(account, m.id);
      flat.figures.coin = m.settle;
      rows.push_back(flat);
    }
  }
  return rows;
}

std::vector<PositionRow> busy_rows(const Face& face, AccountId account, const Statement& s,
                                   const Market* only) {
  std::vector<PositionRow> rows = all_rows(face, account, s, only);
  // Version 3 lists a symbol as soon as an order of it rests.
  std::erase_if(rows, [&](const PositionRow& row) {
    return row.figures.view.qty == Qty() &&
           !has_orders(face, account, *row.market, row.figures.view.side);
  });
  return rows;
}

void append_risk_v3(std::string& out, const Face& face, const PositionRow& row) {
  const Market& m = *row.market;
  const PositionFigures& f = row.figures;
  ObjectText o(out);
  o.text("symbol", m.symbol).text("positionSide", row.side_name);
  o.text("positionAmt", m.qty(row.signed_qty())).text("entryPrice", entry_text(face, row));
  o.text("breakEvenPrice", break_even_text(face, row));
  o.text("markPrice", mark_text(face.exchange().mark(m.id).value_or(Price())));
  o.text("unRealizedProfit", amount_text(f.profit));
  o.text("liquidationPrice", liquidation_text(face, row));
  o.text("isolatedMargin", isolated_margin(row))
      .text("notional", amount_text(signed_value(face, row)));
  o.text("marginAsset", face.markets.coin(f.coin)).text("isolatedWallet", isolated_wallet(row));
  o.text("initialMargin", initial_text(face, row)).text("maintMargin", amount_text(f.maintenance));
  o.text("positionInitialMargin", amount_text(f.initial));
  o.text("openOrderInitialMargin", figure(order_margin(face, row)));
  o.number("adl", face.desk.adl_rank(row.account, f.view));
  append_resting(o, face, row);
  o.number("updateTime", updated_ms(face, row)).end();
}

void append_risk_v2(std::string& out, const Face& face, const PositionRow& row) {
  const Market& m = *row.market;
  const Leverage leverage = face.desk.leverage(row.account, m.id);
  ObjectText o(out);
  o.text("symbol", m.symbol).text("positionAmt", m.qty(row.signed_qty()));
  o.text("entryPrice", entry_text(face, row)).text("breakEvenPrice", break_even_text(face, row));
  o.text("markPrice", mark_text(face.exchange().mark(m.id).value_or(Price())));
  o.text("unRealizedProfit", amount_text(row.figures.profit));
  o.text("liquidationPrice", liquidation_text(face, row)).text("leverage", leverage.text());
  o.text("maxNotionalValue", most_notional(m, leverage));
  o.text("marginType", row.isolated() ? "isolated" : "cross");
  o.text("isolatedMargin", isolated_margin(row)).text("isAutoAddMargin", "false");
  o.text("positionSide", row.side_name).text("notional", amount_text(signed_value(face, row)));
  o.text("isolatedWallet", isolated_wallet(row));
  o.number("updateTime", updated_ms(face, row));
  o.flag("isolated", row.isolated())
      .number("adlQuantile", face.desk.adl_rank(row.account, row.figures.view))
      .end();
}

void append_account_position_v3(std::string& out, const Face& face, const PositionRow& row) {
  ObjectText o(out);
  o.text("symbol", row.market->symbol)
      .text("positionSide", row.side_name)
      .text("positionAmt", row.market->qty(row.signed_qty()))
      .text("unrealizedProfit", amount_text(row.figures.profit))
      .text("isolatedMargin", isolated_margin(row))
      .text("notional", amount_text(signed_value(face, row)))
      .text("isolatedWallet", isolated_wallet(row))
      .text("initialMargin", initial_text(face, row))
      .text("maintMargin", amount_text(row.figures.maintenance))
      .number("updateTime", updated_ms(face, row))
      .end();
}

void append_account_position_v2(std::string& out, const Face& face, const PositionRow& row) {
  const Leverage leverage = face.desk.leverage(row.account, row.market->id);
  ObjectText o(out);
  o.text("symbol", row.market->symbol).text("initialMargin", initial_text(face, row));
  o.text("maintMargin", amount_text(row.figures.maintenance));
  o.text("unrealizedProfit", amount_text(row.figures.profit));
  o.text("positionInitialMargin", amount_text(row.figures.initial));
  o.text("openOrderInitialMargin", figure(order_margin(face, row)));
  o.text("leverage", leverage.text());
  o.flag("isolated", row.isolated()).text("entryPrice", entry_text(face, row));
  o.text("breakEvenPrice", break_even_text(face, row));
  o.text("maxNotional", most_notional(*row.market, leverage));
  append_resting(o, face, row);
  o.text("positionSide", row.side_name);
  o.text("positionAmt", row.market->qty(row.signed_qty()));
  o.text("notional", amount_text(signed_value(face, row)));
  o.text("isolatedWallet", isolated_wallet(row));
  o.number("updateTime", updated_ms(face, row)).end();
}

}  // namespace delever::gateways::binance
