// USD-M's events; spot's are in account_json_spot.cc.
#include "gateways/binance/account_json.h"

#include "gateways/binance/order_json.h"
#include "gateways/binance/positions_json.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

ObjectText account_event(std::string& out, const Face& face, std::string_view event) {
  ObjectText o(out);
  o.text("e", event).number("E", face.ms());
  return o;
}

int64_t id_of(uint64_t n) { return static_cast<int64_t>(n); }

Amount wallet_with_margins(const Face& face, AccountId account, CoinId coin, bool margins) {
  Amount sum = face.exchange().wallet(account, coin);
  if (!margins) return sum;
  for (const exchange::PositionView& p : face.desk.positions(account)) {
    const Market* m = face.markets.of(p.instrument);
    if (m && m->settle == coin) sum += p.margin;
  }
  return sum;
}

void append_position(std::string& out, const Face& face, AccountId account, const Market& m,
                     const exchange::PositionView& p) {
  const bool hedge = face.desk.hedge(account), long_side = p.side == PositionSide::long_side;
  const PositionRow row{&m, account, {.view = p}, hedge ? (long_side ? "LONG" : "SHORT") : "BOTH"};
  const auto realised = face.realised.find({account, p.instrument, p.side});
  const bool isolated = p.mode == MarginMode::isolated;
  ObjectText o(out);
  o.text("s", m.symbol).text("pa", m.qty(row.signed_qty())).text("ep", entry_text(face, row));
  o.text("bep", break_even_text(face, row));
  o.text("cr", amount_text(realised == face.realised.end() ? Amount() : realised->second));
  o.text("up", amount_text(face.desk.profit_of(p))).text("mt", isolated ? "isolated" : "cross");
  o.text("iw", amount_text(isolated ? p.margin : Amount())).text("ps", row.side_name);
  o.text("ma", face.markets.coin(m.settle)).end();
}

// Held ones, and flat ones where nothing is held any more.
std::vector<exchange::PositionView> positions_of(const Face& face, AccountId account,
                                                 InstrumentId instrument) {
  std::vector<exchange::PositionView> out;
  for (const exchange::PositionView& p : face.desk.positions(account)) {
    if (p.instrument == instrument) out.push_back(p);
  }
  const bool hedge = face.desk.hedge(account);
  const auto has = [&](PositionSide side) {
    for (const auto& p : out) {
      if (p.side == side) return true;
    }
    return false;
  };
  for (const PositionSide side : {PositionSide::long_side, PositionSide::short_side}) {
    if (hedge ? has(side) : !out.empty()) continue;
    out.push_back({.instrument = instrument,
                   .side = side,
                   .mode = face.desk.margin_mode(account, instrument)});
  }
  return out;
}

}  // namespace

std::string futures_order_event(const Face& face, const OrderRecord& order,
                                std::string_view execution, const FillRecord* fill) {
  const Market& m = *face.markets.of(order.asked.instrument);
  const bool done = order.filled >= order.asked.qty && order.filled > Qty() && !order.forced;
  std::string out;
  ObjectText o = account_event(out, face, "ORDER_TRADE_UPDATE");
  o.number("T", order.updated.ms());
  ObjectText i(o.member("o"));
  i.text("s", m.symbol).text("c", client_id_of(order)).text("S", side_name(order.asked.side));
  i.text("o", type_now(order, false)).text("f", time_in_force_of(face, order));
  i.text("q", m.qty(order.asked.qty)).text("p", m.price(order.asked.price));
  i.text("ap", average_text(m, order)).text("sp", m.price(order.asked.trigger));
  i.text("x", execution).text("X", done ? "FILLED" : status_of(order));
  i.number("i", id_of(order.number)).text("l", m.qty(fill ? fill->qty : Qty()));
  i.text("z", m.qty(order.filled)).text("L", m.price(fill ? fill->price : Price()));
  if (fill) i.text("N", face.markets.coin(fill->coin)).text("n", amount_text(fill->fee));
  i.number("T", (fill ? fill->at : order.updated).ms()).number("t", fill ? id_of(fill->number) : 0);
  i.text("b", "0").text("a", "0").flag("m", fill && fill->maker);
  i.flag("R", order.asked.reduce_only);
  i.text("wt", order.asked.trigger_by == TriggerBy::mark && is_conditional(order)
                   ? "MARK_PRICE"
                   : "CONTRACT_PRICE");
  i.text("ot", order.forced ? "LIQUIDATION" : type_of(order, false));
  i.text("ps", position_side_of(face, order)).flag("cp", order.closes_position);
  i.text("rp", amount_text(fill ? fill->profit : Amount())).flag("pP", false);
  i.number("si", 0).number("ss", 0).text("V", self_trade_of(order)).text("pm", "NONE");
  const auto gone = face.expiries.orders.find({order.account, order.number});
  i.number("gtd", gone == face.expiries.orders.end() ? 0 : gone->second.ms()).end();
  o.end();
  return out;
}

std::string algo_event(const Face& face, const OrderRecord& order, std::string_view status) {
  const Market& m = *face.markets.of(order.asked.instrument);
  std::string out;
  ObjectText o = account_event(out, face, "ALGO_UPDATE");
  o.number("T", order.updated.ms());
  ObjectText i(o.member("o"));
  i.text("caid", order.client_id).number("aid", id_of(order.number)).text("at", "CONDITIONAL");
  i.text("o", type_of(order, false)).text("s", m.symbol).text("S", side_name(order.asked.side));
  i.text("ps", position_side_of(face, order)).text("f", time_in_force_of(face, order));
  i.text("q", m.qty(order.asked.qty)).text("X", status);
  i.text("ai", order.triggered ? std::to_string(order.number) : "");
  i.text("ap", average_text(m, order)).text("aq", m.qty(order.filled));
  i.text("act", type_now(order, false)).text("tp", m.price(order.asked.trigger));
  i.text("p", m.price(order.asked.price)).text("V", self_trade_of(order));
  i.text("wt", order.asked.trigger_by == TriggerBy::mark ? "MARK_PRICE" : "CONTRACT_PRICE");
  i.text("pm", "NONE").flag("cp", order.closes_position).flag("pP", false);
  i.flag("R", order.asked.reduce_only);
  if (order.trailing) {
    i.text("AP", m.price(order.trailing->from.value_or(Price())));
    i.text("cr", callback_text(order));
  }
  i.number("tt", order.triggered ? order.triggered->ms() : 0).number("gtd", 0).text("rm", "").end();
  o.end();
  return out;
}

std::string account_update(const Face& face, AccountId account, std::string_view reason,
                           const std::set<CoinId>& coins, const std::set<InstrumentId>& positions,
                           const std::map<CoinId, Amount>& moved) {
  std::string out;
  ObjectText o = account_event(out, face, "ACCOUNT_UPDATE");
  o.number("T", face.ms());
  ObjectText a(o.member("a"));
  a.text("m", reason);
  append_list(a.member("B"), coins, [&](CoinId coin) {
    const auto it = moved.find(coin);
    ObjectText(out)
        .text("a", face.markets.coin(coin))
        .text("wb", amount_text(wallet_with_margins(face, account, coin, true)))
        .text("cw", amount_text(wallet_with_margins(face, account, coin, false)))
        .text("bc", amount_text(it == moved.end() ? Amount() : it->second))
        .end();
  });
  std::vector<exchange::PositionView> rows;
  for (const InstrumentId id : positions) {
    const auto of = positions_of(face, account, id);
    rows.insert(rows.end(), of.begin(), face.desk.hedge(account) ? of.end() : of.begin() + 1);
  }
  append_list(a.member("P"), rows, [&](const exchange::PositionView& p) {
    append_position(out, face, account, *face.markets.of(p.instrument), p);
  });
  a.end();
  o.end();
  return out;
}

std::string margin_call_event(const Face& face, AccountId account, InstrumentId instrument) {
  const Statement s = statement_of(face.desk, account);
  const Market* named = face.markets.of(instrument);
  Amount cross;
  if (named) cross = s.coins.at(named->settle).wallet - s.coins.at(named->settle).isolated;
  std::string out;
  ObjectText o = account_event(out, face, "MARGIN_CALL");
  o.text("cw", amount_text(cross));
  append_list(o.member("p"), held_rows(face, account, s, nullptr), [&](const PositionRow& row) {
    const Market& m = *row.market;
    const bool isolated = row.isolated();
    ObjectText(out)
        .text("s", m.symbol)
        .text("ps", row.side_name)
        .text("pa", m.qty(row.signed_qty()))
        .text("mt", isolated ? "ISOLATED" : "CROSSED")
        .text("iw", amount_text(isolated ? row.figures.view.margin : Amount()))
        .text("mp", mark_text(face.exchange().mark(m.id).value_or(Price())))
        .text("up", amount_text(row.figures.profit))
        .text("mm", amount_text(row.figures.maintenance))
        .end();
  });
  o.end();
  return out;
}

std::string leverage_event(const Face& face, const Market& m, Leverage leverage) {
  std::string out, ac;
  ObjectText(ac).text("s", m.symbol).raw("l", leverage.text()).end();
  account_event(out, face, "ACCOUNT_CONFIG_UPDATE").number("T", face.ms()).raw("ac", ac).end();
  return out;
}

std::string key_expired_event(const Face& face, const std::string& key) {
  std::string out;
  account_event(out, face, "listenKeyExpired").text("listenKey", key).end();
  return out;
}

}  // namespace delever::gateways::binance
