// What stands beside an account: subaccounts, keys, locks, movements of coins. There is one account
// and nothing is moved, and each answer says so in its shape.
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
// Nothing is deposited: there is no address until somebody makes one.
Reply Methods::no_address(Caller&, const Params&) { return Reply::ok("null"); }

}  // namespace delever::gateways::deribit
