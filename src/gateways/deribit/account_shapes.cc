// Orders, fills, positions and what an account stands at.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "gateways/deribit/shapes.h"

namespace delever::gateways::deribit {
namespace {

std::string_view direction(Side side) { return side == Side::buy ? "buy" : "sell"; }

// Forced orders go as limits at the exchange, and are market orders to everybody else.
std::string_view type_of(const OrderRecord& order) {
  switch (order.asked.type) {
    case OrderType::limit:
      return order.forced ? "market" : "limit";
    case OrderType::market:
      return "market";
    case OrderType::stop_market:
      if (order.trailing) return "trailing_stop";
      return order.take_profit ? "take_market" : "stop_market";
    case OrderType::stop_limit:
      return order.take_profit ? "take_limit" : "stop_limit";
  }
  return "limit";
}

// What ended without being filled is cancelled here, whoever ended it.
std::string_view state_of(const OrderRecord& order) {
  switch (order.state) {
    case OrderState::waiting:
      return "untriggered";
    case OrderState::open:
      return "open";
    case OrderState::filled:
      return "filled";
    case OrderState::cancelled:
    case OrderState::expired:
      break;
  }
  return "cancelled";
}

// Post-only orders are good till cancelled, with a mark of their own.
std::string_view lifetime_of(const OrderRecord& order) {
  switch (order.asked.time_in_force) {
    case TimeInForce::immediate_or_cancel:
      return "immediate_or_cancel";
    case TimeInForce::fill_or_kill:
      return "fill_or_kill";
    case TimeInForce::good_till_cancelled:
    case TimeInForce::post_only:
      break;
  }
  return order.until_day_ends ? "good_til_day" : "good_til_cancelled";
}

// Amounts in contracts.
double contracts_of(const Contract& c, Qty qty) {
  return static_cast<double>(qty.raw()) * c.unit.approx() /
         static_cast<double>(c.contract_size().raw());
}

Price on_tick(Price price, Price tick) {
  return tick > Price() ? Price::raw((price.raw() + tick.raw() / 2) / tick.raw() * tick.raw())
                        : price;
}

}  // namespace

// The price of a market order is what it was last filled at; triggers have none before they fire.
std::string Shapes::order(const OrderRecord& order, const std::vector<std::string>& linked) const {
  const Contract& c = *contracts_.of(order.asked.instrument);
  const bool trigger = is_trigger(order);
  const bool market =
      order.asked.type == OrderType::market || order.asked.type == OrderType::stop_market;
  JsonWriter w;
  w.open('{').text("order_id", contracts_.order_id(order)).text("instrument_name", c.name);
  w.text("direction", direction(order.asked.side)).text("order_type", type_of(order));
  w.text("order_state", state_of(order)).text("time_in_force", lifetime_of(order));
  if (market && trigger) {
    w.text("price", "market_price");
  } else if (market) {
    const Price at = order.last_price > Price() ? order.last_price : mark(c);
    w.raw("price", number(on_tick(at, c.tick)));
  } else {
    w.raw("price", number(order.asked.price));
  }
  w.raw("amount", c.amount(order.asked.qty))
      .raw("contracts", number(contracts_of(c, order.asked.qty)));
  w.raw("filled_amount", c.amount(order.filled));
  const auto average = order.average();
  w.raw("average_price", average ? number(average->approx(), 10) : "0");
  w.raw("commission", number(order.fee)).raw("max_show", c.amount(order.asked.qty));
  w.raw("post_only", order.asked.time_in_force == TimeInForce::post_only);
  if (order.rejects_taking) w.raw("reject_post_only", true);
  w.raw("reduce_only", order.asked.reduce_only).raw("is_liquidation", order.forced);
  w.raw("replaced", order.amended).raw("risk_reducing", false).raw("is_rebalance", false);
  w.raw("web", false).raw("api", true).raw("mmp", false).text("label", order.tag);
  w.raw("creation_timestamp", order.created.ms());
  w.raw("last_update_timestamp", order.updated.ms());
  if (trigger) {
    static constexpr std::string_view names[] = {"mark_price", "last_price", "index_price"};
    w.text("trigger", names[static_cast<size_t>(order.watched())]);
    w.raw("trigger_price", number(order.asked.trigger));
    w.raw("triggered", order.triggered.has_value());
    if (order.trailing) {
      w.raw("trigger_offset", number(order.trailing->distance));
      w.raw("trigger_reference_price", number(order.best.value_or(Price())));
    } else {
      w.null("trigger_reference_price");
    }
  }
  // What it belongs to, where it was placed with others.
  if (order.after != 0) w.raw("is_secondary_oto", true);
  if (order.one_of != 0) w.text("oco_ref", std::to_string(order.one_of));
  if (!linked.empty()) {
    w.open("oto_order_ids", '[');
    for (const std::string& id : linked) w.item(id);
    w.close();
  }
  static constexpr std::string_view ends[] = {"user_request", "cancel_on_disconnect",
                                              "oco_other_closed", "oto_primary_closed",
                                              "user_request"};
  const bool ended = order.state == OrderState::cancelled || order.state == OrderState::expired;
  const bool by_another = ended && order.ended_by != OrderRecord::Ended::asked &&
                          order.ended_by != OrderRecord::Ended::self_trade;
  if (order.liquidated)
    w.text("cancel_reason", "autoliquidation");
  else if (order.state == OrderState::cancelled || by_another)
    w.text("cancel_reason", ends[static_cast<size_t>(order.ended_by)]);
  return w.close().take();
}

// A trade of the caller: the public trade with its own side, order and fee.
std::string Shapes::fill(const FillRecord& fill) const {
  const Contract& c = *contracts_.of(fill.instrument);
  const OrderRecord* const order = desk_.order(fill.account, fill.order);
  JsonWriter w;
  w.open('{').raw("trade_seq", fill.number);
  w.text("trade_id", Contracts::trade_id(c.instrument, fill.number));
  w.raw("timestamp", fill.at.ms()).raw("tick_direction", tick_direction(fill.moment));
  w.raw("price", number(fill.price));
  // The last fill is told of before the order's end is.
  const bool all = !order || (order->state == OrderState::open && order->left() <= Qty());
  w.text("state", all ? "filled" : state_of(*order)).raw("self_trade", false);
  w.text("order_id", order ? contracts_.order_id(*order) : "");
  w.text("order_type", order ? type_of(*order) : "market");
  w.text("label", order ? std::string_view(order->tag) : std::string_view());
  w.raw("reduce_only", order && order->asked.reduce_only);
  w.raw("post_only", order && order->asked.time_in_force == TimeInForce::post_only);
  w.null("matching_id").raw("mark_price", number(fill.moment.mark.value_or(mark(c))));
  if (fill.moment.index) w.raw("index_price", number(*fill.moment.index));
  if (c.option) {
    const auto v = volatility(c, fill.price.approx());
    w.raw("iv", number(v ? v->iv : 0.0, 2)).raw("underlying_price", number(forward(c), 4));
  }
  w.text("liquidity", fill.maker ? "M" : "T").text("instrument_name", c.name);
  w.text("fee_currency", desk_.door().setup().coins[fill.coin].name);
  w.raw("fee", number(fill.fee)).text("direction", direction(fill.side));
  w.raw("amount", c.amount(fill.qty)).raw("contracts", number(contracts_of(c, fill.qty)));
  w.raw("profit_loss", number(fill.profit)).raw("mmp", false).raw("api", true);
  if (fill.forced) w.text("liquidation", fill.maker ? "M" : "T");
  return w.close().take();
}

// Sizes are signed. Profit and margins are of the exchange's own computation, in coins.
std::string Shapes::position(AccountId account, const Contract& c,
                             const exchange::PositionView* held) const {
  const Price at = mark(c);
  const double sign = held && held->side == PositionSide::short_side ? -1 : 1;
  const double coins = !held       ? 0
                       : c.inverse ? held->qty.approx() * c.unit.approx() / at.approx()
                                   : held->qty.approx() * c.unit.approx();
  Amount profit, initial, maintenance;
  if (held) {
    profit = desk_.profit_of(*held);
    const exchange::Exchange& x = desk_.door().exchange();
    const margin::Account whole = x.account(account);
    const auto margins = margin::evaluate(whole, x.prices(), x.rulebooks());
    for (size_t i = 0; margins.has_value() && i < whole.positions.size(); ++i) {
      if (whole.positions[i].instrument != c.instrument) continue;
      initial += margins.value().positions[i].initial;
      maintenance += margins.value().positions[i].maintenance;
    }
  }
  Amount funding, realised;
  for (const MoneyRecord& row : desk_.money(account)) {
    if (row.instrument != c.instrument) continue;
    if (row.kind == MoneyRecord::Kind::funding) funding += row.amount;
    if (row.kind == MoneyRecord::Kind::profit) realised += row.amount;
  }
  JsonWriter w;
  w.open('{').text("instrument_name", c.name).text("kind", c.kind);
  w.text("direction", !held ? "zero" : sign < 0 ? "sell" : "buy");
  w.raw("size", !held ? "0" : c.amount(sign < 0 ? -held->qty : held->qty));
  if (!c.option) w.raw("size_currency", number(sign * coins, 8));
  const Price entry = held ? desk_.entry_price(*held).value_or(Price()) : Price();
  w.raw("average_price", number(entry));
  w.raw("mark_price", number(at)).raw("index_price", number(index_price(c).value_or(at)));
  w.raw("settlement_price", number(at));
  w.raw("floating_profit_loss", number(profit))
      .raw("realized_profit_loss", number(realised + funding));
  w.raw("total_profit_loss", number(profit)).raw("realized_funding", number(funding));
  w.raw("initial_margin", number(initial)).raw("maintenance_margin", number(maintenance));
  w.raw("open_orders_margin", number(0.0));
  if (c.option) {
    const auto v = volatility(c, at.approx());
    const double n = held ? sign * held->qty.approx() : 0;
    w.raw("delta", number(v ? v->delta * n : 0.0, 5))
        .raw("gamma", number(v ? v->gamma * n : 0.0, 8));
    w.raw("vega", number(v ? v->vega * n : 0.0, 5)).raw("theta", number(v ? v->theta * n : 0.0, 5));
    w.raw("average_price_usd", number(entry.approx() * forward(c), 4));
    w.raw("floating_profit_loss_usd", number(profit.approx() * forward(c), 4));
  } else {
    w.raw("delta", number(sign * coins, 8));
    w.raw("leverage", desk_.leverage(account, c.instrument).raw() / Leverage::scale);
    const auto liquidation = held ? desk_.liquidation_price(account, *held) : std::nullopt;
    w.raw("estimated_liquidation_price", liquidation ? number(liquidation->approx(), 2) : "null");
  }
  return w.close().take();
}

// equity = balance + unrealised profit + value of the options, each in the coin: options stand at
// their mark, futures by their unrealised profit.
void Shapes::account_members(JsonWriter& w, AccountId account, std::string_view coin_name) const {
  const CoinId coin = contracts_.coin(coin_name);
  Amount equity, initial, maintenance, profit, value, funding, realised;
  // Isolated pools count in equity too: their margin is the account's coin.
  bool pooled = false;  // an account without positions and orders has no pool
  for (const exchange::PoolView& pool : desk_.door().exchange().pools(account)) {
    if (pool.coin != coin) continue;
    pooled = pooled || !pool.isolated;
    equity += pool.equity;
    initial += pool.initial;
    maintenance += pool.maintenance;
  }
  if (!pooled) equity += desk_.door().exchange().wallet(account, coin);
  double delta = 0, option_delta = 0, gamma = 0, vega = 0, theta = 0;
  for (const exchange::PositionView& p : desk_.positions(account)) {
    const Contract& c = *contracts_.of(p.instrument);
    if (c.settle != coin) continue;
    const double sign = p.side == PositionSide::short_side ? -1 : 1;
    const double size = sign * p.qty.approx() * c.unit.approx();
    if (c.option) {
      const auto option_value = Amount::nearest(size * mark(c).approx());
      value += option_value.has_value() ? option_value.value() : Amount();
      if (const auto v = volatility(c, mark(c).approx())) {
        option_delta += v->delta * size;
        gamma += v->gamma * size;
        vega += v->vega * size;
        theta += v->theta * size;
      }
    } else {
      profit += desk_.profit_of(p);
      delta += c.inverse ? size / std::max(mark(c).approx(), 1e-9) : size;
    }
  }
  for (const MoneyRecord& row : desk_.money(account)) {
    if (row.coin != coin) continue;
    if (row.kind == MoneyRecord::Kind::funding) funding += row.amount;
    if (row.kind == MoneyRecord::Kind::profit) realised += row.amount;
  }
  const Amount free = std::max(equity - initial, Amount());
  w.text("currency", coin_name).raw("balance", number(equity - profit - value));
  w.raw("equity", number(equity)).raw("margin_balance", number(equity));
  w.raw("available_funds", number(free)).raw("available_withdrawal_funds", number(free));
  w.raw("initial_margin", number(initial)).raw("maintenance_margin", number(maintenance));
  w.raw("projected_initial_margin", number(initial));
  w.raw("projected_maintenance_margin", number(maintenance));
  w.raw("session_upl", number(profit)).raw("session_rpl", number(realised));
  w.raw("session_funding", number(funding)).raw("total_pl", number(profit + realised));
  w.raw("futures_pl", number(profit + realised)).raw("futures_session_upl", number(profit));
  w.raw("futures_session_rpl", number(realised)).raw("options_pl", number(0.0));
  w.raw("options_session_upl", number(0.0)).raw("options_session_rpl", number(0.0));
  w.raw("options_value", number(value)).raw("options_delta", number(option_delta, 5));
  w.raw("options_gamma", number(gamma, 8)).raw("options_vega", number(vega, 5));
  w.raw("options_theta", number(theta, 5)).raw("delta_total", number(delta + option_delta, 5));
  w.raw("projected_delta_total", number(delta + option_delta, 5)).raw("spot_reserve", number(0.0));
  w.raw("additional_reserve", number(0.0)).raw("fee_balance", number(0.0));
  const auto mode = desk_.collateral(account);
  w.raw("portfolio_margining_enabled", mode == CollateralMode::portfolio);
  w.raw("cross_collateral_enabled", mode == CollateralMode::multi_asset);
  w.text("margin_model", mode == CollateralMode::portfolio     ? "segregated_pm"
                         : mode == CollateralMode::multi_asset ? "cross_sm"
                                                               : "segregated_sm");
}

std::string Shapes::summary_of(AccountId account, std::string_view coin_name, bool extended) const {
  JsonWriter w;
  w.open('{');
  account_members(w, account, coin_name);
  if (extended) {
    w.raw("id", uint64_t{account}).text("type", "main").text("username", "delever");
    w.text("system_name", "delever").raw("interuser_transfers_enabled", false);
    w.raw("creation_timestamp", opened_.ms());
  }
  return w.close().take();
}

// What the channel repeats after each change.
std::string Shapes::portfolio(AccountId account, std::string_view coin_name) const {
  JsonWriter w;
  w.open('{');
  account_members(w, account, coin_name);
  return w.close().take();
}

}  // namespace delever::gateways::deribit
