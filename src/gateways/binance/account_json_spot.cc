// Spot's events, and the words of both products.
#include "gateways/binance/account_json.h"
#include "gateways/binance/order_json.h"
#include "gateways/json_text.h"
#include "gateways/statement.h"

namespace delever::gateways::binance {
namespace {

ObjectText spot_event(std::string& out, const Face& face, std::string_view event) {
  ObjectText o(out);
  o.text("e", event).number("E", face.ms());
  return o;
}

}  // namespace

std::string_view execution_of(DeskUpdate::Reason reason) {
  switch (reason) {
    case DeskUpdate::Reason::placed:
    case DeskUpdate::Reason::triggered:
      return "NEW";
    case DeskUpdate::Reason::amended:
      return "AMENDMENT";
    case DeskUpdate::Reason::cancelled:
      return "CANCELED";
    case DeskUpdate::Reason::expired:
      return "EXPIRED";
    case DeskUpdate::Reason::forced:
      return "CALCULATED";
    case DeskUpdate::Reason::traded:
    case DeskUpdate::Reason::none:
      return "TRADE";
  }
  return "NEW";
}

std::string_view reason_of(MoneyRecord::Kind kind) {
  switch (kind) {
    case MoneyRecord::Kind::deposit:
      return "DEPOSIT";
    case MoneyRecord::Kind::withdrawal:
      return "WITHDRAW";
    case MoneyRecord::Kind::funding:
      return "FUNDING_FEE";
    case MoneyRecord::Kind::margin:
      return "MARGIN_TRANSFER";
    case MoneyRecord::Kind::settlement:
      return "ADJUSTMENT";
    case MoneyRecord::Kind::liquidation:
    case MoneyRecord::Kind::deleveraging:
      return "INSURANCE_CLEAR";
    case MoneyRecord::Kind::fee:
    case MoneyRecord::Kind::profit:
    case MoneyRecord::Kind::spot:
      return "ORDER";
  }
  return "ORDER";
}

std::string spot_order_event(const Face& face, const OrderRecord& order, std::string_view execution,
                             const FillRecord* fill) {
  const Market& m = *face.markets.of(order.asked.instrument);
  const bool done = order.filled >= order.asked.qty;
  const bool cancelled = execution == "CANCELED";
  std::string out;
  ObjectText o = spot_event(out, face, "executionReport");
  o.text("s", m.symbol)
      .text("c", client_id_of(order))
      .text("S", side_name(order.asked.side));
  o.text("o", type_of(order, true)).text("f", time_in_force_of(face, order));
  o.text("q", m.qty(order.asked.qty)).text("p", m.price(order.asked.price));
  o.text("P", m.price(order.asked.trigger)).text("F", m.qty(Qty())).number("g", list_of(order));
  o.text("C", cancelled ? client_id_of(order) : "").text("x", execution);
  o.text("X", done ? "FILLED" : status_of(order)).text("r", "NONE");
  o.number("i", static_cast<int64_t>(order.number)).text("l", m.qty(fill ? fill->qty : Qty()));
  o.text("z", m.qty(order.filled)).text("L", m.price(fill ? fill->price : Price()));
  o.text("n", amount_text(fill ? fill->fee : Amount()));
  if (fill)
    o.text("N", face.markets.coin(fill->coin));
  else
    o.raw("N", "null");
  o.number("T", (fill ? fill->at : order.updated).ms())
      .number("t", fill ? static_cast<int64_t>(fill->number) : -1);
  o.number("I", static_cast<int64_t>(order.number)).flag("w", is_live(order.state) && !done);
  o.flag("m", fill && fill->maker).flag("M", false).number("O", order.created.ms());
  o.text("Z", amount_text(order.value)).text("Y", amount_text(fill ? fill->value : Amount()));
  o.text("Q", amount_text(order.money.value_or(Amount())));
  if (order.state != OrderState::waiting) o.number("W", order.created.ms());
  const SpotTag tag = SpotTag::of(order.tag);
  if (tag.strategy) o.number("j", *tag.strategy);
  if (tag.strategy_type) o.number("J", *tag.strategy_type);
  o.text("V", self_trade_of(order)).end();
  return out;
}

std::string account_position(const Face& face, AccountId account, const std::set<CoinId>& coins) {
  const Statement s = statement_of(face.desk, account);
  std::string out;
  ObjectText o = spot_event(out, face, "outboundAccountPosition");
  o.number("u", face.ms());
  append_list(o.member("B"), coins, [&](CoinId coin) {
    const CoinFigures& c = s.coins.at(coin);
    ObjectText(out)
        .text("a", face.markets.coin(coin))
        .text("f", amount_text(c.wallet - c.held))
        .text("l", amount_text(c.held))
        .end();
  });
  o.end();
  return out;
}

std::string balance_update(const Face& face, const MoneyRecord& money) {
  std::string out;
  ObjectText o = spot_event(out, face, "balanceUpdate");
  o.text("a", face.markets.coin(money.coin)).text("d", amount_text(money.amount));
  o.number("T", money.at.ms()).end();
  return out;
}

}  // namespace delever::gateways::binance
