// What stands beside an account: subaccounts, keys, locks, movements of coins. There is one account
// and nothing is moved, and each answer says so in its shape.
#include <algorithm>
#include <iterator>

#include "gateways/deribit/methods.h"

namespace delever::gateways::deribit {

Reply Methods::subaccounts(Caller& caller, const Params&) {
  JsonWriter w;
  w.open('[').open('{').raw("id", uint64_t{*caller.account}).text("type", "main");
  w.text("username", "delever").text("system_name", "delever").text("email", "");
  w.raw("is_password", true).raw("login_enabled", true).close();
  return Reply::ok(w.close().take());
}

// The one account, as its own and only subaccount.
Reply Methods::subaccount_details(Caller& caller, const Params& params) {
  const Wanted wanted(params, desk_);
  if (!contracts_.is_coin(wanted.coin_name)) return Reply::invalid("currency", "invalid currency");
  JsonWriter w;
  w.open('[').open('{').raw("uid", uint64_t{*caller.account}).open("positions", '[');
  for (const exchange::PositionView& p : desk_.positions(*caller.account)) {
    const Contract& c = *contracts_.of(p.instrument);
    if (wanted.is(c) && c.kind != "spot") w.raw_item(shapes_.position(*caller.account, c, &p));
  }
  w.close();
  if (params.flag("with_open_orders")) {
    w.open("open_orders", '[');
    for (const OrderRecord* order : desk_.live(*caller.account))
      if (wanted.is(*contracts_.of(order->asked.instrument))) w.raw_item(shapes_.order(*order));
    w.close();
  }
  return Reply::ok(w.close().close().take());
}

// Its secret is with whoever made it.
Reply Methods::keys(Caller& caller, const Params&) {
  JsonWriter w;
  w.open('[');
  for (const Credentials& who : desk_.admitted()) {
    if (who.account != *caller.account) continue;
    w.open('{').raw("id", 1).text("client_id", who.key).text("client_secret", "");
    w.text("name", "delever").raw("enabled", true).raw("default", true).raw("timestamp", 0);
    w.text("max_scope", "account:read_write trade:read_write wallet:none").close();
  }
  return Reply::ok(w.close().take());
}

Reply Methods::locks(Caller&, const Params&) {
  JsonWriter w;
  w.open('[');
  for (const std::string& coin_name : contracts_.coin_names())
    w.open('{').text("currency", coin_name).raw("enabled", false).text("message", "").close();
  return Reply::ok(w.close().take());
}

Reply Methods::no_rows(Caller&, const Params&) { return Reply::ok(R"({"count":0,"data":[]})"); }

// Methods that the venue has and this market has no place for: a caller learns that they are not
// for it, as an account without the scope does there, and not that they do not exist.
bool Methods::is_for_others(std::string_view method) {
  static constexpr std::string_view names[] = {
      "private/simulate_portfolio",
      "private/pme/simulate",
      "private/change_margin_model",
      "private/get_leg_prices",
      "private/create_combo",
      "private/execute_block_trade",
      "private/verify_block_trade",
      "private/simulate_block_trade",
      "private/approve_block_trade",
      "private/reject_block_trade",
      "private/invalidate_block_trade_signature",
      "private/get_block_trade",
      "private/create_block_rfq",
      "private/cancel_block_rfq",
      "private/add_block_rfq_quote",
      "private/edit_block_rfq_quote",
      "private/cancel_block_rfq_quote",
      "private/accept_block_rfq",
      "private/get_block_rfqs",
      "private/get_block_rfq_quotes",
      "private/send_rfq",
      "private/mass_quote",
      "private/cancel_quotes",
      "private/set_mmp_config",
      "private/reset_mmp",
      "private/move_positions",
      "private/withdraw",
      "private/cancel_withdrawal",
      "private/create_deposit_address",
      "private/add_to_address_book",
      "private/submit_transfer_to_subaccount",
      "private/submit_transfer_to_user",
      "private/submit_transfer_between_subaccounts",
      "private/create_subaccount",
      "private/create_api_key",
      "private/edit_api_key",
      "private/remove_api_key",
      "private/get_affiliate_program_info",
      "private/enable_affiliate_program",
      "private/get_email_language",
      "private/set_email_language",
      "private/set_announcement_as_read",
      "private/set_self_trading_config",
      "public/get_portfolio_margins",
      "public/get_block_rfq_trades",
  };
  return std::find(std::begin(names), std::end(names), method) != std::end(names);
}

// Nothing is deposited: there is no address until somebody makes one.
Reply Methods::no_address(Caller&, const Params&) { return Reply::ok("null"); }

}  // namespace delever::gateways::deribit
