// Questions about the caller's account.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "base/text.h"
#include "gateways/deribit/methods.h"

namespace delever::gateways::deribit {

// Sisters that differ in what they are asked by, not in what they do, share a method.
std::span<const Methods::Row> Methods::private_rows() {
  static constexpr Row rows[] = {
      {"buy", &Methods::buy},
      {"sell", &Methods::sell},
      {"edit", &Methods::edit},
      {"edit_by_label", &Methods::edit_by_label},
      {"cancel", &Methods::cancel},
      {"cancel_all", &Methods::cancel_all},
      {"cancel_all_by_currency", &Methods::cancel_all},
      {"cancel_all_by_currency_pair", &Methods::cancel_all},
      {"cancel_all_by_instrument", &Methods::cancel_all},
      {"cancel_all_by_kind_or_type", &Methods::cancel_all},
      {"cancel_by_label", &Methods::cancel_by_label},
      {"close_position", &Methods::close_position},
      {"get_account_summary", &Methods::account_summary},
      {"get_account_summaries", &Methods::account_summaries},
      {"get_position", &Methods::position},
      {"get_positions", &Methods::positions},
      {"get_open_orders", &Methods::open_orders},
      {"get_open_orders_by_currency", &Methods::open_orders},
      {"get_open_orders_by_instrument", &Methods::open_orders},
      {"get_open_orders_by_label", &Methods::open_orders},
      {"get_order_state", &Methods::order_state},
      {"get_order_state_by_label", &Methods::order_state_by_label},
      {"get_order_history_by_currency", &Methods::order_history},
      {"get_order_history_by_instrument", &Methods::order_history},
      {"get_trigger_order_history", &Methods::order_history},
      {"get_user_trades_by_currency", &Methods::user_trades},
      {"get_user_trades_by_currency_and_time", &Methods::user_trades},
      {"get_user_trades_by_instrument", &Methods::user_trades},
      {"get_user_trades_by_instrument_and_time", &Methods::user_trades},
      {"get_user_trades_by_order", &Methods::trades_of_order},
      {"get_settlement_history_by_currency", &Methods::settlements},
      {"get_settlement_history_by_instrument", &Methods::settlements},
      {"get_transaction_log", &Methods::transaction_log},
      {"get_margins", &Methods::margins},
      {"get_subaccounts", &Methods::subaccounts},
      {"get_new_announcements", &Methods::nothing},
      {"get_order_margin_by_ids", &Methods::order_margins},
      {"get_subaccounts_details", &Methods::subaccount_details},
      {"list_api_keys", &Methods::keys},
      {"get_user_locks", &Methods::locks},
      {"get_mmp_config", &Methods::nothing},
      {"get_mmp_status", &Methods::nothing},
      {"get_address_book", &Methods::nothing},
      {"get_pending_block_trades", &Methods::nothing},
      {"get_block_trades", &Methods::nothing},
      {"get_access_log", &Methods::no_rows},
      {"get_deposits", &Methods::no_rows},
      {"get_withdrawals", &Methods::no_rows},
      {"get_transfers", &Methods::no_rows},
      {"get_current_deposit_address", &Methods::no_address},
      {"logout", &Methods::log_out},
  };
  return rows;
}

Reply Methods::account_summary(Caller& caller, const Params& params) {
  const std::string coin_name = upper(params.text("currency"));
  if (coin_name.empty()) return Reply::invalid("currency", "is required");
  if (coin_name == "ANY" || !contracts_.is_coin(coin_name))
    return Reply::invalid("currency", "invalid currency");
  return Reply::ok(shapes_.summary_of(*caller.account, coin_name, params.flag("extended")));
}

// All coins that something here is settled in.
Reply Methods::account_summaries(Caller& caller, const Params&) {
  JsonWriter w;
  w.open('{').raw("id", uint64_t{*caller.account}).text("type", "main");
  w.text("username", "delever").text("system_name", "delever").text("email", "");
  w.raw("creation_timestamp", 0).open("summaries", '[');
  for (const std::string& coin_name : contracts_.coin_names())
    w.raw_item(shapes_.summary_of(*caller.account, coin_name, false));
  return Reply::ok(w.close().close().take());
}

// A flat position is a position of size 0.
Reply Methods::position(Caller& caller, const Params& params) {
  Reply reply;
  const Contract* const c = contract(params, reply);
  if (!c) return reply;
  for (const exchange::PositionView& p : desk_.positions(*caller.account))
    if (p.instrument == c->instrument) return Reply::ok(shapes_.position(*caller.account, *c, &p));
  return Reply::ok(shapes_.position(*caller.account, *c, nullptr));
}

// Spot balances are no positions.
Reply Methods::positions(Caller& caller, const Params& params) {
  const Wanted wanted(params, desk_);
  if (!wanted.coin_name.empty() && !contracts_.is_coin(wanted.coin_name))
    return Reply::invalid("currency", "invalid currency");
  JsonWriter w;
  w.open('[');
  for (const exchange::PositionView& p : desk_.positions(*caller.account)) {
    const Contract& c = *contracts_.of(p.instrument);
    if (wanted.is(c) && c.kind != "spot") w.raw_item(shapes_.position(*caller.account, c, &p));
  }
  return Reply::ok(w.close().take());
}

// `type`: all, limit, or anything else for triggers. With ccxt's trigger=true all are shown.
Reply Methods::open_orders(Caller& caller, const Params& params) {
  const Wanted wanted(params, desk_);
  if (!wanted.name.empty() && !contracts_.find(wanted.name))
    return Reply::invalid("instrument_name", "wrong format");
  if (!wanted.coin_name.empty() && !contracts_.is_coin(wanted.coin_name))
    return Reply::invalid("currency", "invalid currency");
  const auto label = params.maybe("label");
  const std::string_view type = params.text("type");
  JsonWriter w;
  w.open('[');
  for (const OrderRecord* order : desk_.live(*caller.account)) {
    const bool trigger = is_trigger(*order);
    const bool fits = type.empty() || type == "all" || (type == "limit" && !trigger) ||
                      (trigger && type != "limit");
    if (fits && wanted.is(*contracts_.of(order->asked.instrument)) &&
        (!label || order->tag == *label))
      w.raw_item(shapes_.order(*order));
  }
  return Reply::ok(w.close().take());
}

// Known as long as the desk remembers the order.
Reply Methods::order_state(Caller& caller, const Params& params) {
  const auto number = Contracts::order_number(params.text("order_id"));
  const OrderRecord* const order = number ? desk_.order(*caller.account, *number) : nullptr;
  if (!order || contracts_.order_id(*order) != params.text("order_id"))
    return Reply::refused(10004, "order_not_found");
  return Reply::ok(shapes_.order(*order));
}

Reply Methods::order_state_by_label(Caller& caller, const Params& params) {
  const Wanted wanted(params, desk_);
  JsonWriter w;
  w.open('[');
  for (const OrderRecord* order : desk_.history(*caller.account))
    if (order->tag == params.text("label") && wanted.is(*contracts_.of(order->asked.instrument)))
      w.raw_item(shapes_.order(*order));
  return Reply::ok(w.close().take());
}

// Finished orders, newest first; those that never traded where include_unfilled says so, or where
// they were triggers.
Reply Methods::order_history(Caller& caller, const Params& params) {
  const Wanted wanted(params, desk_);
  if (!wanted.name.empty() && !contracts_.find(wanted.name))
    return Reply::invalid("instrument_name", "wrong format");
  const bool unfilled = params.flag("include_unfilled");
  const auto offset =
      static_cast<size_t>(std::max<int64_t>(params.integer("offset").value_or(0), 0));
  const size_t most = params.maybe("count") ? wanted.count : 20;
  JsonWriter w;
  w.open('[');
  const auto all = desk_.history(*caller.account);
  size_t seen = 0;
  for (auto it = all.rbegin(); it != all.rend(); ++it) {
    const OrderRecord& order = **it;
    if (is_live(order.state) || !wanted.is(*contracts_.of(order.asked.instrument))) continue;
    if (order.filled == Qty() && !unfilled && !is_trigger(order)) continue;
    if (seen++ < offset || seen > offset + most) continue;
    w.raw_item(shapes_.order(order));
  }
  return Reply::ok(w.close().take());
}

// Newest first unless "asc".
Reply Methods::user_trades(Caller& caller, const Params& params) {
  const Wanted wanted(params, desk_);
  if (!wanted.name.empty() && !contracts_.find(wanted.name))
    return Reply::invalid("instrument_name", "wrong format");
  std::vector<const FillRecord*> found;
  for (const FillRecord& fill : desk_.fills(*caller.account))
    if (wanted.is(*contracts_.of(fill.instrument)) && wanted.has(fill.at)) found.push_back(&fill);
  if (params.text("sorting") != "asc") std::reverse(found.begin(), found.end());
  JsonWriter w;
  w.open('{').open("trades", '[');
  for (size_t i = 0; i < std::min(found.size(), wanted.count); ++i)
    w.raw_item(shapes_.fill(*found[i]));
  w.close().raw("has_more", found.size() > wanted.count);
  return Reply::ok(w.close().take());
}

Reply Methods::trades_of_order(Caller& caller, const Params& params) {
  const auto number = Contracts::order_number(params.text("order_id"));
  JsonWriter w;
  w.open('[');
  for (const FillRecord& fill : desk_.fills(*caller.account))
    if (number && fill.order == *number) w.raw_item(shapes_.fill(fill));
  return Reply::ok(w.close().take());
}

// Funding as it was paid, deliveries, and positions that the venue took over: the newest first.
Reply Methods::settlements(Caller& caller, const Params& params) {
  const Wanted wanted(params, desk_);
  const std::string_view type = params.text("type");
  NewestFirst rows;
  for (const MoneyRecord& row : desk_.money(*caller.account)) {
    if (row.kind != MoneyRecord::Kind::settlement && row.kind != MoneyRecord::Kind::funding)
      continue;
    const bool delivery = row.kind == MoneyRecord::Kind::settlement;
    if (!type.empty() && type != (delivery ? "delivery" : "settlement")) continue;
    const Contract* const c = row.instrument ? contracts_.of(*row.instrument) : nullptr;
    if (!c || !wanted.is(*c)) continue;
    JsonWriter w;
    w.open('{').text("type", delivery ? "delivery" : "settlement").raw("timestamp", row.at.ms());
    w.text("instrument_name", c->name).raw("session_profit_loss", number(row.amount));
    w.raw("profit_loss", number(row.amount));
    w.raw("funding", number(delivery ? Amount() : row.amount)).raw("position", 0);
    w.raw("mark_price", number(shapes_.mark(*c)));
    w.raw("index_price", number(shapes_.index_price(*c).value_or(shapes_.mark(*c)))).close();
    rows.emplace(row.at, w.take());
  }
  for (const ForcedClose& row : desk_.forced(*caller.account)) {
    const Contract& c = *contracts_.of(row.instrument);
    const bool taken = row.how == ForcedClose::How::takeover;
    if (taken && wanted.is(c) && (type.empty() || type == "bankruptcy"))
      rows.emplace(row.at, shapes_.settlement(c, row));
  }
  return settlement_list(rows, wanted.count);
}

namespace {

// The venue's word for a line of the statement.
std::string_view kind_of(MoneyRecord::Kind kind) {
  switch (kind) {
    case MoneyRecord::Kind::deposit:
      return "deposit";
    case MoneyRecord::Kind::withdrawal:
      return "withdrawal";
    case MoneyRecord::Kind::fee:
    case MoneyRecord::Kind::profit:
    case MoneyRecord::Kind::spot:
      return "trade";
    case MoneyRecord::Kind::funding:
      return "settlement";
    case MoneyRecord::Kind::margin:
      return "transfer";
    case MoneyRecord::Kind::liquidation:
    case MoneyRecord::Kind::deleveraging:
      return "liquidation";
    case MoneyRecord::Kind::settlement:
      return "delivery";
  }
  return "trade";
}

}  // namespace

// Newest first; the number of the next line is where a client goes on.
Reply Methods::transaction_log(Caller& caller, const Params& params) {
  const Wanted wanted(params, desk_);
  if (!contracts_.is_coin(wanted.coin_name)) return Reply::invalid("currency", "invalid currency");
  const auto log = desk_.money(*caller.account);
  const size_t most = params.maybe("count") ? wanted.count : 100;
  const int64_t before = params.integer("continuation").value_or(INT64_MAX);
  JsonWriter w;
  w.open('{').open("logs", '[');
  size_t rows = 0;
  std::optional<uint64_t> next;
  for (size_t i = log.size(); i-- > 0;) {
    const MoneyRecord& row = log[i];
    const std::string& coin = desk_.door().setup().coins[row.coin].name;
    if (upper(wanted.coin_name) != "ANY" && upper(coin) != upper(wanted.coin_name)) continue;
    if (!wanted.has(row.at) || static_cast<int64_t>(row.number) >= before) continue;
    if (rows++ == most) {
      next = log[i + 1].number;
      break;
    }
    const Contract* const c = row.instrument ? contracts_.of(*row.instrument) : nullptr;
    w.open('{').raw("id", row.number).raw("timestamp", row.at.ms()).text("type", kind_of(row.kind));
    w.text("currency", upper(coin))
        .raw("change", number(row.amount))
        .raw("cashflow", number(row.amount));
    w.raw("balance", number(row.balance)).raw("user_seq", row.number);
    w.raw("commission", number(row.kind == MoneyRecord::Kind::fee ? -row.amount : Amount()));
    if (c) w.text("instrument_name", c->name);
    if (c && row.fill) w.text("trade_id", Contracts::trade_id(c->instrument, row.fill));
    if (row.kind == MoneyRecord::Kind::funding) w.raw("interest_pl", number(row.amount));
    w.null("info").close();
  }
  w.close();
  if (next) {
    w.raw("continuation", *next);
  } else {
    w.null("continuation");
  }
  return Reply::ok(w.close().take());
}

// By the rates of the contract's own rulebook; those of other kinds say nothing of it.
std::optional<Amount> Methods::margin_of(AccountId account, const Contract& c, Qty qty, Price price,
                                         PositionSide side) const {
  const exchange::Exchange& x = desk_.door().exchange();
  margin::Position position{.instrument = c.instrument, .qty = qty};
  position.entry = price;
  position.leverage = desk_.leverage(account, c.instrument);
  position.side = side;
  if (c.option) position.option = c.listing->option;
  for (uint32_t book = 0; book < x.rulebooks().size(); ++book) {
    const auto& compiled = x.rulebooks()[margin::BookId(book)];
    if (compiled.book.contract->kind != c.listing->rules.contract->kind ||
        compiled.book.symbol != c.listing->rules.symbol)
      continue;
    const auto need = margin::position_margin(position, compiled, price, shapes_.index_price(c));
    if (need.has_value()) return need.value().initial;
  }
  return std::nullopt;
}

// Of those that still stand; another's and unknown ones are left out.
Reply Methods::order_margins(Caller& caller, const Params& params) {
  const std::vector<std::string> ids = params.list("ids");
  if (ids.empty()) return Reply::invalid("ids", "is required");
  JsonWriter w;
  w.open('[');
  for (const std::string& id : ids) {
    const auto wanted = Contracts::order_number(id);
    const OrderRecord* const order = wanted ? desk_.order(*caller.account, *wanted) : nullptr;
    if (!order || !is_live(order->state) || contracts_.order_id(*order) != id) continue;
    const Contract& c = *contracts_.of(order->asked.instrument);
    const Price price = order->asked.price > Price() ? order->asked.price : shapes_.mark(c);
    const auto need = margin_of(
        *caller.account, c, order->left(), price,
        order->asked.side == Side::buy ? PositionSide::long_side : PositionSide::short_side);
    w.open('{').text("order_id", id).text("initial_margin_currency", c.coin_name);
    w.raw("initial_margin", need ? number(*need) : "null").close();
  }
  return Reply::ok(w.close().take());
}

// What an order of this size would need, by the rates of the rulebook at this price.
Reply Methods::margins(Caller& caller, const Params& params) {
  Reply reply;
  const Contract* const c = contract(params, reply);
  if (!c) return reply;
  SubmitOrder sized;
  if (auto wrong = read_size(params, *c, sized)) return *wrong;
  const auto price = Price::parse(params.text("price"));
  if (!price.has_value() || price.value() <= Price())
    return Reply::invalid("price", "must be a positive number");
  std::string needs[2];
  for (const PositionSide side : {PositionSide::long_side, PositionSide::short_side}) {
    const auto need = margin_of(*caller.account, *c, sized.qty, price.value(), side);
    if (need) needs[static_cast<int>(side)] = number(*need);
  }
  JsonWriter w;
  w.open('{').raw("buy", needs[0].empty() ? "0" : needs[0]);
  w.raw("sell", needs[1].empty() ? "0" : needs[1]);
  w.raw("min_price", number(price.value())).raw("max_price", number(price.value()));
  return Reply::ok(w.close().take());
}

// The token is worth nothing from here on, nor is the login of the connection.
Reply Methods::log_out(Caller& caller, const Params& params) {
  sessions_.log_out(*caller.account, params.text("access_token"));
  if (caller.socket) sessions_.forget(*caller.socket);
  return Reply::ok("\"ok\"");
}

}  // namespace delever::gateways::deribit
