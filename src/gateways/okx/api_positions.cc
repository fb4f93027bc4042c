// Positions by REST: what stands, what has been closed, leverage, modes, margin.
#include <algorithm>
#include <cmath>

#include "gateways/figures_text.h"
#include "gateways/okx/market_rows.h"
#include "gateways/okx/pages.h"

namespace delever::gateways::okx {
namespace {

// The position that instId and posSide name; null: there is none.
const PositionFigures* named_position(const Statement& s, const Product& p, std::string_view side) {
  for (const PositionFigures& f : s.positions) {
    if (f.view.instrument != p.instrument) continue;
    const bool bought = f.view.side == PositionSide::long_side;
    if (side.empty() || side == "net" || side == (bought ? "long" : "short")) return &f;
  }
  return nullptr;
}

}  // namespace

Outcome Api::positions(const Ask& ask) {
  const Statement s = statement_of(venue_.desk, ask.account);
  const Wanted wanted{ask.fields["instType"], ask.fields["instId"], ""};
  std::vector<const PositionFigures*> shown;
  for (const PositionFigures& f : s.positions) {
    if (wanted.takes(venue_.catalog[f.view.instrument])) shown.push_back(&f);
  }
  return rows_of(shown, [&](std::string& to, const PositionFigures* f) {
    append_position(to, venue_, ask.account, s, f->view.instrument, f->view.side, f);
  });
}

Outcome Api::position_history(const Ask& ask) {
  const Wanted wanted{ask.fields["instType"], ask.fields["instId"], ""};
  using Closed = PositionHistory::Closed;
  // `after` and `before` are times of the last change here.
  const auto rows = page_of(
      venue_.past.closed(), ask, [](const Closed& c) { return c.past.updated.ms(); },
      [](const Closed& c) { return c.past.updated; },
      [&](const Closed& c) {
        return c.account == ask.account && wanted.takes(venue_.catalog[c.instrument]);
      });
  return rows_of(rows, [&](std::string& to, const Closed* c) {
    const Product& p = venue_.catalog[c->instrument];
    // The ratio is over the margin that the largest size would have needed at its entry.
    const bool sold = c->side == PositionSide::short_side;
    const double margin = venue_.coins(p, c->past.largest.approx(), c->entry.approx()) *
                          c->entry.approx() / std::max(c->leverage.approx(), 0.01);
    ObjectText row(to);
    row.text("instType", inst_type_name(p.type))
        .text("instId", p.inst_id)
        .text("mgnMode", c->mode == MarginMode::isolated ? "isolated" : "cross")
        .text("type", "2")
        .text("cTime", ms_text(c->past.opened))
        .text("uTime", ms_text(c->past.updated))
        .text("openAvgPx", c->entry.text())
        .text("nonSettleAvgPx", "")
        .text("closeAvgPx", c->exit.text())
        .digits("posId", static_cast<int64_t>(c->number))
        .text("openMaxPos", c->past.largest.text())
        .text("closeTotalPos", c->past.closed.text())
        .text("realizedPnl", c->past.net().text())
        .text("settledPnl", "")
        .text("fee", (-c->past.fees).text())
        .text("fundingFee", c->past.funding.text())
        .text("liqPenalty", "0")
        .text("pnl", c->past.profit.text())
        .text("pnlRatio", number_text(margin > 0 ? c->past.net().approx() / margin : 0, 6))
        .text("posSide", position_side(venue_.desk, c->account, c->side))
        .text("lever", c->leverage.text())
        .text("direction", sold ? "short" : "long")
        .text("triggerPx", "")
        .text("uly", p.family)
        .text("ccy", p.settle);
    row.end();
  });
}

Outcome Api::set_position_mode(const Ask& ask) {
  const std::string_view mode = ask.fields["posMode"];
  if (mode != "net_mode" && mode != "long_short_mode") return parameter_error("posMode");
  const bool hedge = mode == "long_short_mode";
  if (venue_.desk.hedge(ask.account) != hedge) {
    // OKX refuses another mode while orders or positions stand.
    if (!venue_.desk.live(ask.account).empty()) return account_refusal(Reject::has_position);
    if (const Reject r = venue_.desk.set_position_mode(ask.account, hedge); r != Reject::none)
      return account_refusal(r);
  }
  Outcome out;
  out.rows = R"([{"posMode":")" + std::string(mode) + "\"}]";
  return out;
}

// By instrument, or by a coin for all that settles in it.
Outcome Api::set_leverage(const Ask& ask) {
  const auto leverage = Leverage::parse(ask.fields["lever"]);
  const std::string_view mode = ask.fields["mgnMode"];
  if (!leverage.has_value() || leverage.value().raw() <= 0) return parameter_error("lever");
  if (mode != "cross" && mode != "isolated") return parameter_error("mgnMode");
  std::vector<const Product*> of;
  if (ask.fields.has("instId") || ask.fields.has("instIdCode")) {
    const Product* p = nullptr;
    if (const auto r = read_product(venue_, ask.fields, p)) return *r;
    of.push_back(p);
  } else {
    for (const Product& p : venue_.catalog.all()) {
      if (!p.is_spot() && p.settle == ask.fields["ccy"]) of.push_back(&p);
    }
    if (of.empty()) return parameter_error("ccy");
  }
  std::vector<std::pair<InstrumentId, Leverage>> before;
  for (const Product* p : of) {
    if (p->is_spot()) return parameter_error("instId");
    const Leverage stands = venue_.desk.leverage(ask.account, p->instrument);
    const Reject r = venue_.desk.set_leverage(ask.account, p->instrument, leverage.value());
    if (r == Reject::none) {
      before.emplace_back(p->instrument, stands);
      continue;
    }
    // For all contracts of the coin or for none.
    for (const auto& [i, was] : before) venue_.desk.set_leverage(ask.account, i, was);
    return account_refusal(r);
  }
  return rows_of(std::vector{of.front()}, [&](std::string& to, const Product* p) {
    ObjectText row(to);
    row.text("instId", ask.fields.has("instId") ? p->inst_id : "")
        .text("lever", leverage.value().text())
        .text("mgnMode", mode)
        .text("posSide", ask.fields.has("posSide") ? ask.fields["posSide"] : "net");
    row.end();
  });
}

Outcome Api::leverage_info(const Ask& ask) {
  const auto products = venue_.catalog.all({"", ask.fields["instId"], ""});
  if (products.empty() || !ask.fields.has("instId")) return no_instrument();
  std::vector<std::pair<const Product*, std::string_view>> rows;
  // Only isolated margin in hedge mode has a leverage for each side.
  const bool hedge = venue_.desk.hedge(ask.account) && ask.fields["mgnMode"] == "isolated";
  for (const Product* p : products) {
    if (hedge) {
      rows.emplace_back(p, "long");
      rows.emplace_back(p, "short");
    } else {
      rows.emplace_back(p, "net");
    }
  }
  return rows_of(rows, [&](std::string& to, const auto& each) {
    ObjectText row(to);
    row.text("instId", each.first->inst_id)
        .text("mgnMode", ask.fields["mgnMode"])
        .text("posSide", each.second)
        .text("lever", venue_.desk.leverage(ask.account, each.first->instrument).text())
        .text("ccy", "");
    row.end();
  });
}

Outcome Api::margin_balance(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  const auto amount = Amount::parse(ask.fields["amt"]);
  const std::string_view type = ask.fields["type"];
  if (!amount.has_value() || amount.value() <= Amount()) return parameter_error("amt");
  if (type != "add" && type != "reduce") return parameter_error("type");
  const Statement s = statement_of(venue_.desk, ask.account);
  const PositionFigures* f = named_position(s, *p, ask.fields["posSide"]);
  if (!f) return account_refusal(Reject::not_isolated);
  // Taking away is a negative amount.
  const Reject r = venue_.desk.move_margin(
      {ask.account, p->instrument, f->view.side, type == "add" ? amount.value() : -amount.value()});
  if (r != Reject::none) return account_refusal(r);
  return rows_of(std::vector{p}, [&](std::string& to, const Product*) {
    ObjectText row(to);
    row.text("amt", amount.value().text())
        .text("ccy", p->settle)
        .text("instId", p->inst_id)
        .text("leverage", f->view.leverage.text())
        .text("posSide", position_side(venue_.desk, ask.account, f->view.side))
        .text("type", type);
    row.end();
  });
}

// What the free margin would carry at the given price, or at the market's.
Outcome Api::max_size(const Ask& ask) {
  const auto products = venue_.catalog.all({"", ask.fields["instId"], ""});
  if (products.empty() || !ask.fields.has("instId")) return no_instrument();
  const Statement s = statement_of(venue_.desk, ask.account);
  return rows_of(products, [&](std::string& to, const Product* p) {
    const auto asked = Price::parse(ask.fields["px"]);
    const auto mark = p->is_spot() ? venue_.exchange().last(p->instrument)
                                   : venue_.exchange().mark(p->instrument);
    const double price = asked.has_value() ? asked.value().approx() : mark ? mark->approx() : 0;
    const double leverage =
        p->is_spot() ? 1 : venue_.desk.leverage(ask.account, p->instrument).approx();
    // Margin of one contract at leverage 1, in the coin of settlement.
    const double one =
        p->inverse ? (price > 0 ? p->size.approx() / price : 0) : p->size.approx() * price;
    const CoinFigures* coin = s.coin(p->settle_coin);
    const double step = p->contract->step->approx();
    const double most = one > 0 && coin ? coin->available.approx() * leverage / one : 0;
    const std::string size = number_text(std::floor(most / step) * step);
    ObjectText row(to);
    row.text("ccy", p->settle)
        .text("instId", p->inst_id)
        .text("maxBuy", size)
        .text("maxSell", size);
    row.end();
  });
}

Outcome Api::max_available(const Ask& ask) {
  const auto products = venue_.catalog.all({"", ask.fields["instId"], ""});
  if (products.empty() || !ask.fields.has("instId")) return no_instrument();
  const Statement s = statement_of(venue_.desk, ask.account);
  return rows_of(products, [&](std::string& to, const Product* p) {
    const auto free_of = [&](std::string_view name) {
      const auto id = venue_.catalog.coin(name);
      const CoinFigures* coin = id ? s.coin(*id) : nullptr;
      return coin ? coin->available.text() : std::string("0");
    };
    ObjectText row(to);
    row.text("instId", p->inst_id)
        // Spot spends the quote coin to buy and the base coin to sell; margin is one coin.
        .text("availBuy", free_of(p->is_spot() ? p->quote : p->settle))
        .text("availSell", free_of(p->is_spot() ? p->base : p->settle));
    row.end();
  });
}

Outcome Api::close_position(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  const Statement s = statement_of(venue_.desk, ask.account);
  const PositionFigures* f = named_position(s, *p, ask.fields["posSide"]);
  if (!f) return Refusal{51023, "Position doesn't exist."};
  const bool bought = f->view.side == PositionSide::long_side;
  // autoCxl: orders of this instrument go first, so that they do not hold the close up.
  if (ask.fields.is_true("autoCxl")) venue_.desk.cancel_all(ask.account, p->instrument);
  OrderRequest request;
  request.order.account = ask.account;
  request.order.instrument = p->instrument;
  request.order.side = bought ? Side::sell : Side::buy;
  request.order.type = OrderType::market;
  request.order.time_in_force = TimeInForce::immediate_or_cancel;
  request.order.qty = f->view.qty;
  request.order.reduce_only = true;
  request.order.position = f->view.side;
  request.client_id = ask.fields["clOrdId"];
  OrderNote note;
  note.tag = ask.fields["tag"];
  request.tag = note.text();
  const Placed placed = venue_.desk.submit(std::move(request));
  if (!placed.order) return order_refusal(placed.reject);
  return rows_of(std::vector{p}, [&](std::string& to, const Product*) {
    ObjectText row(to);
    row.text("instId", p->inst_id)
        .text("posSide", position_side(venue_.desk, ask.account, f->view.side))
        .text("clOrdId", ask.fields["clOrdId"])
        .text("tag", ask.fields["tag"]);
    row.end();
  });
}

}  // namespace delever::gateways::okx
