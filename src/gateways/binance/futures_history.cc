// USD-M: what has happened to an account: fills, money, margins moved, positions that were closed
// for it.
#include <algorithm>

#include "gateways/binance/order_json.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

Outcome user_trades(Face& face, const Call& call) {
  Asked asked(call.p);
  const std::vector<FillRecord> rows = asked_fills(face, call, asked);
  if (!asked.ok()) return asked.wrong();
  std::string out;
  append_list(out, rows, [&](const FillRecord& fill) { append_futures_fill(out, face, fill); });
  return out;
}

// Empty: not among what the venue calls income.
std::string_view income_type(MoneyRecord::Kind kind) {
  switch (kind) {
    case MoneyRecord::Kind::deposit:
    case MoneyRecord::Kind::withdrawal:
      return "TRANSFER";
    case MoneyRecord::Kind::fee:
      return "COMMISSION";
    case MoneyRecord::Kind::profit:
    case MoneyRecord::Kind::deleveraging:
      return "REALIZED_PNL";
    case MoneyRecord::Kind::funding:
      return "FUNDING_FEE";
    case MoneyRecord::Kind::liquidation:
      return "INSURANCE_CLEAR";
    case MoneyRecord::Kind::settlement:
      return "DELIVERED_SETTELMENT";
    case MoneyRecord::Kind::margin:
    case MoneyRecord::Kind::spot:
      return "";
  }
  return "";
}

Outcome income(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* only = maybe_market(face, asked);
  const Window window = asked_window(asked, 100, 1'000);
  const std::string_view type = asked.text("incomeType");
  const auto page = asked.whole("page");  // of `limit` rows, from 1
  if (!asked.ok()) return asked.wrong();
  std::vector<const MoneyRecord*> rows;
  for (const MoneyRecord& r : face.desk.money(call.account())) {
    const std::string_view name = income_type(r.kind);
    if (name.empty() || (!type.empty() && type != name) || !window.has(r.at)) continue;
    if (only && r.instrument != only->id) continue;
    rows.push_back(&r);
  }
  if (page && *page > 0) {
    const size_t skip = std::min(rows.size(), (static_cast<size_t>(*page) - 1) * window.limit);
    rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(skip));
    rows.resize(std::min(rows.size(), window.limit));
  }
  window.cut(rows);
  std::string out;
  append_list(out, rows, [&](const MoneyRecord* r) {
    const Market* m = r->instrument ? face.markets.of(*r->instrument) : nullptr;
    ObjectText o(out);
    o.text("symbol", m ? m->symbol : "").text("incomeType", income_type(r->kind));
    o.text("income", amount_text(r->amount)).text("asset", face.markets.coin(r->coin));
    o.text("info", r->fill ? std::to_string(r->fill) : "").number("time", r->at.ms());
    o.number("tranId", static_cast<int64_t>(r->number));
    o.text("tradeId", r->fill ? std::to_string(r->fill) : "").end();
  });
  return out;
}

Outcome margin_history(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  const Window window = asked_window(asked, 500, 500);
  const auto type = asked.whole("type");
  if (!asked.ok()) return asked.wrong();
  std::vector<const MoneyRecord*> rows;
  for (const MoneyRecord& r : face.desk.money(call.account())) {
    if (r.kind != MoneyRecord::Kind::margin || r.instrument != m->id || !window.has(r.at)) continue;
    const int64_t way = r.amount < Amount() ? 1 : 2;  // the wallet gave: added to the position
    if (!type || *type == way) rows.push_back(&r);
  }
  window.cut(rows);
  std::string out;
  append_list(out, rows, [&](const MoneyRecord* r) {
    const bool added = r->amount < Amount();
    ObjectText(out)
        .text("symbol", m->symbol)
        .number("type", added ? 1 : 2)
        .text("deltaType", "USER_ADJUST")
        .text("amount", amount_text(added ? -r->amount : r->amount))
        .text("asset", face.markets.coin(r->coin))
        .number("time", r->at.ms())
        .text("positionSide", "BOTH")
        .end();
  });
  return out;
}

// Orders that the venue sent for the account. LIQUIDATION or ADL, both where not asked.
Outcome force_orders(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* only = maybe_market(face, asked);
  const Window window = asked_window(asked, 50, 100);
  const std::string_view type = asked.text("autoCloseType");
  if (!asked.ok()) return asked.wrong();
  std::vector<const ForcedClose*> rows;
  for (const ForcedClose& f : face.desk.forced(call.account())) {
    const bool adl = f.how == ForcedClose::How::deleveraging;
    const Market* m = face.markets.of(f.instrument);
    if (!m || (only && only != m) || !window.has(f.at)) continue;
    if (type.empty() || type == (adl ? "ADL" : "LIQUIDATION")) rows.push_back(&f);
  }
  window.cut(rows);
  std::string out;
  append_list(out, rows, [&](const ForcedClose* f) {
    const Market& m = *face.markets.of(f->instrument);
    ObjectText o(out);
    o.number("orderId", static_cast<int64_t>(f->order)).text("symbol", m.symbol);
    o.text("status", "FILLED").text("clientOrderId", forced_name(f->how, f->order));
    o.text("price", m.price(f->price)).text("avgPrice", m.price(f->price));
    o.text("origQty", m.qty(f->qty)).text("executedQty", m.qty(f->qty));
    o.text("cumQuote", amount_text(f->value)).text("timeInForce", "IOC").text("type", "LIMIT");
    o.flag("reduceOnly", false).flag("closePosition", false).text("side", side_name(f->side));
    o.text("positionSide", "BOTH").text("stopPrice", "0").text("workingType", "CONTRACT_PRICE");
    o.text("origType", "LIMIT").number("time", f->at.ms()).number("updateTime", f->at.ms()).end();
  });
  return out;
}

uint32_t weigh_forced(const Parameters& p) { return p.has("symbol") ? 20 : 50; }

}  // namespace

void add_futures_history(Routes& routes) {
  routes["GET /fapi/v1/userTrades"] = {Needs::signature, user_trades, 5};
  routes["GET /fapi/v1/income"] = {Needs::signature, income, 30};
  routes["GET /fapi/v1/positionMargin/history"] = {Needs::signature, margin_history, 1};
  routes["GET /fapi/v1/forceOrders"] = {Needs::signature, force_orders, 20, 0, weigh_forced};
}

}  // namespace delever::gateways::binance
