// Positions by REST: what stands, leverage, modes, margin, protection.
#include <fmt/format.h>

#include <algorithm>

#include "gateways/bybit/market_rows.h"
#include "gateways/bybit/pages.h"
#include "gateways/figures_text.h"

namespace delever::gateways::bybit {
namespace {

// nullptr: the account has nothing on that side.
const PositionFigures* figures_of(const Statement& s, InstrumentId instrument, PositionSide side) {
  for (const PositionFigures& p : s.positions) {
    if (p.view.instrument == instrument && p.view.side == side) return &p;
  }
  return nullptr;
}

// The rows of one symbol: one in one-way mode, both sides in hedge mode, flat or not.
void add_rows(std::vector<PositionRow>& rows, const Statement& s, InstrumentId instrument,
              bool hedge, bool flat_too) {
  const auto* bought = figures_of(s, instrument, PositionSide::long_side);
  const auto* sold = figures_of(s, instrument, PositionSide::short_side);
  if (!hedge) {
    // One-way mode has one row, whichever side it is on; a flat one is printed as the long side's.
    const PositionFigures* p = bought ? bought : sold;
    if (p || flat_too)
      rows.push_back({instrument, p ? p->view.side : PositionSide::long_side, false, p});
    return;
  }
  if (bought || flat_too) rows.push_back({instrument, PositionSide::long_side, true, bought});
  if (sold || flat_too) rows.push_back({instrument, PositionSide::short_side, true, sold});
}

}  // namespace

Outcome Api::positions(const Ask& ask) {
  const auto category = read_category(ask.fields["category"]);
  if (!category || *category == Category::spot) return Refusal{10001, "Illegal category"};
  const bool named = ask.fields.has("symbol");
  if (*category == Category::linear && !named && !ask.fields.has("settleCoin") &&
      !ask.fields.has("baseCoin"))
    return Refusal{10001, "Missing some parameters that must be filled in, symbol or settleCoin"};
  const Statement s = statement_of(venue_.desk, ask.account);
  const bool hedge = venue_.desk.hedge(ask.account);
  std::vector<PositionRow> rows;
  if (named) {
    const Product* p = venue_.catalog.find(*category, ask.fields["symbol"]);
    if (!p) return Refusal{10001, "params error: symbol invalid"};
    // A symbol that is named gets its rows even when it is flat, as on the venue; a list holds what
    // stands.
    add_rows(rows, s, p->instrument, hedge, true);
  } else {
    for (const Product& p : venue_.catalog.all()) {
      if (p.category != *category) continue;
      if (ask.fields.has("settleCoin") && ask.fields["settleCoin"] != p.settle) continue;
      if (ask.fields.has("baseCoin") && ask.fields["baseCoin"] != p.base) continue;
      add_rows(rows, s, p.instrument, hedge, false);
    }
  }
  Outcome out;
  out.result =
      listed(category_name(*category), rows, "", [&](std::string& to, const PositionRow& row) {
        append_position(to, venue_, ask.account, row, RowOf::answer);
      });
  return out;
}

// One row an order that closed something, with its part of the fees of opening.
Outcome Api::closed_positions(const Ask& ask) {
  const auto page = page_of(
      venue_.past.closings(), ask, 50, 100, [](const auto& c) { return c.updated; },
      [&](const auto& c) {
        if (c.account != ask.account) return false;
        const Product& p = venue_.catalog[c.instrument];
        if (ask.fields.has("category") && ask.fields["category"] != category_name(p.category))
          return false;
        return !ask.fields.has("symbol") || ask.fields["symbol"] == p.symbol;
      });
  Outcome out;
  out.result =
      listed(ask.fields["category"], page.rows, page.cursor, [&](std::string& to, const auto* c) {
        const OrderRecord* order = venue_.desk.order(ask.account, c->order);
        const double closed = c->closed.approx(), exit = closed > 0 ? c->value / closed : 0;
        const bool market = !order || order->asked.price == Price();
        ObjectText row(to);
        row.text("symbol", venue_.catalog[c->instrument].symbol)
            .text("orderId", order ? order_id(*order) : "")
            // The side of the order that closed it, not of the position.
            .text("side", c->side == PositionSide::long_side ? "Sell" : "Buy")
            .text("qty", order ? order->asked.qty.text() : c->closed.text())
            .text("orderPrice", market ? number_text(exit) : order->asked.price.text())
            .text("orderType", market ? "Market" : "Limit")
            .text("execType", order && order->forced ? "BustTrade" : "Trade")
            .text("closedSize", c->closed.text())
            .text("cumEntryValue", number_text(closed * c->entry.approx()))
            .text("avgEntryPrice", c->entry.text())
            .text("cumExitValue", number_text(c->value))
            .text("avgExitPrice", number_text(exit))
            .text("closedPnl", c->net().text())
            .text("fillCount", std::to_string(c->fills))
            .text("leverage", c->leverage.text())
            .text("openFee", c->open_fee.text())
            .text("closeFee", c->close_fee.text())
            .text("createdTime", ms_text(c->created))
            .text("updatedTime", ms_text(c->updated));
        row.end();
      });
  return out;
}

Outcome Api::set_leverage(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  const auto buy = Leverage::parse(ask.fields["buyLeverage"]);
  const auto sell = Leverage::parse(ask.fields["sellLeverage"]);
  if (!buy.has_value() || !sell.has_value() || buy.value().raw() <= 0)
    return bad_parameter("leverage invalid");
  // Two leverages are for hedge mode in isolated margin alone; the exchange keeps one a symbol.
  if (buy.value() != sell.value())
    return Refusal{10001, "buy leverage and sell leverage must be the same"};
  if (venue_.desk.leverage(ask.account, p->instrument) == buy.value())
    return Refusal{110043, "leverage not modified"};
  return account_refusal(venue_.desk.set_leverage(ask.account, p->instrument, buy.value()));
}

// The mode is of the whole account.
Outcome Api::switch_mode(const Ask& ask) {
  const auto mode = ask.fields.whole("mode");
  // 0 is one-way (merged single), 3 is hedge (both sides).
  if (mode != 0 && mode != 3) return bad_parameter("mode invalid");
  const bool hedge = mode == 3;
  if (venue_.desk.hedge(ask.account) == hedge)
    return Refusal{110025, "Position mode is not modified"};
  if (!venue_.desk.live(ask.account).empty())
    return Refusal{110028, "You have existing open orders, so position mode cannot be switched"};
  return account_refusal(venue_.desk.set_position_mode(ask.account, hedge));
}

Outcome Api::set_margin_mode(const Ask& ask) {
  const std::string_view text = ask.fields["setMarginMode"];
  if (text != "ISOLATED_MARGIN" && text != "REGULAR_MARGIN")
    return text == "PORTFOLIO_MARGIN" ? Refusal{3400045, "Set margin mode failed"}
                                      : bad_parameter("setMarginMode invalid");
  const MarginMode mode = text == "ISOLATED_MARGIN" ? MarginMode::isolated : MarginMode::cross;
  std::string reasons;
  std::vector<InstrumentId> switched;
  for (const Product& p : venue_.catalog.all()) {
    if (p.category == Category::spot || p.category == Category::option) continue;
    if (venue_.desk.margin_mode(ask.account, p.instrument) == mode) continue;
    const Reject r = venue_.desk.set_margin_mode(ask.account, p.instrument, mode);
    if (r == Reject::none) switched.push_back(p.instrument);
    // One setting for the account, kept contract by contract: one that has settled needs none, and
    // those that refuse are named one by one.
    if (r == Reject::none || r == Reject::expired) continue;
    reasons += fmt::format(R"({}{{"reasonCode":"3400000","reasonMsg":"{}: {}"}})",
                           reasons.empty() ? "" : ",", p.symbol, account_refusal(r).text);
  }
  // For all or for none.
  const MarginMode before = mode == MarginMode::isolated ? MarginMode::cross : MarginMode::isolated;
  for (const InstrumentId i : switched) {
    if (!reasons.empty()) venue_.desk.set_margin_mode(ask.account, i, before);
  }
  Outcome out;
  if (!reasons.empty()) out.refusal = {3400045, "Set margin mode failed"};
  out.result = fmt::format(R"({{"reasons":[{}]}})", reasons);
  return out;
}

// As on the venue: unified accounts have one margin mode, which set-margin-mode sets.
Outcome Api::switch_isolated(const Ask&) { return Refusal{100028, "unified account is forbidden"}; }

Outcome Api::accepted(const Ask&) { return {}; }

Outcome Api::add_margin(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  const auto amount = Amount::parse(ask.fields["margin"]);
  // Negative: margin is taken out of the position.
  if (!amount.has_value() || amount.value() == Amount()) return bad_parameter("margin invalid");
  const Statement before = statement_of(venue_.desk, ask.account);
  const auto index = ask.fields.whole("positionIdx").value_or(0);
  const PositionFigures* held = nullptr;
  for (const PositionSide s : {PositionSide::long_side, PositionSide::short_side}) {
    // positionIdx: 0 in one-way mode, 1 the long and 2 the short side of a hedge.
    const bool meant = index == 0 || (index == 1) == (s == PositionSide::long_side);
    if (const auto* f = figures_of(before, p->instrument, s); f && meant) held = f;
  }
  if (!held) return Refusal{110033, "Margin cannot be set without open position"};
  const Reject refused =
      venue_.desk.move_margin({ask.account, p->instrument, held->view.side, amount.value()});
  if (refused != Reject::none) return account_refusal(refused);
  const Statement s = statement_of(venue_.desk, ask.account);
  Outcome out;
  out.result.clear();
  append_position(out.result, venue_, ask.account,
                  {p->instrument, held->view.side, venue_.desk.hedge(ask.account),
                   figures_of(s, p->instrument, held->view.side)},
                  RowOf::answer);
  return out;
}

Outcome Api::trading_stop(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  Protection to;
  if (const auto r = read_protection(ask.fields, to)) return *r;
  const auto index = ask.fields.whole("positionIdx").value_or(0);
  const exchange::PositionView* held = nullptr;
  const auto all = venue_.desk.positions(ask.account);
  for (const auto& v : all) {
    const bool meant = index == 0 || (index == 1) == (v.side == PositionSide::long_side);
    if (v.instrument == p->instrument && meant && v.qty > Qty()) held = &v;
  }
  if (!held) return Refusal{10001, "can not set tp/sl/ts for zero position"};
  if (!to.partial && protections.stands(ask.account, p->instrument, held->side, ask.fields, to))
    return Refusal{34040, "not modified"};
  // A price of 0 takes a protection away; one that is not named stays as it is.
  const auto cleared = [&](std::string_view name) {
    const auto price = Price::parse(ask.fields[name]);
    return price.has_value() && price.value() == Price();
  };
  Reject refused = Reject::none;
  // Partial: orders of their own size beside others. Full: one of each a position, replaced by the
  // next.
  refused = to.partial ? protections.add(ask.account, *held, to)
                       : protections.set(ask.account, p->instrument, held->side, to,
                                         cleared("takeProfit"), cleared("stopLoss"));
  if (refused == Reject::none && ask.fields.has("trailingStop"))
    refused = protections.trail(ask.account, p->instrument, held->side, to);
  if (refused == Reject::would_trigger)
    return Refusal{10001,
                   "TakeProfit or StopLoss set for the position is on the wrong side of "
                   "the base price"};
  return order_refusal(refused, p->category);
}

}  // namespace delever::gateways::bybit
