// Questions about an account. Addresses that nobody has answer as empty accounts.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "gateways/hyperliquid/info.h"
#include "gateways/market_span.h"

namespace delever::gateways::hyperliquid {
namespace {

constexpr size_t kRowsMost = 2'000;

struct Span {
  int64_t from, to;
  bool has(Instant at) const { return at.ms() >= from && at.ms() <= to; }
};
Span span_of(const Desk& desk, Json body) {
  return {in_market_time(desk, whole_in(body, "startTime").value_or(0)),
          in_market_time(desk, whole_in(body, "endTime").value_or(INT64_MAX))};
}

// What an account held before each of its fills, from what it holds now.
std::vector<int64_t> held_before(const Desk& desk, AccountId account) {
  std::map<InstrumentId, int64_t> now;
  for (const exchange::PositionView& p : desk.positions(account))
    now[p.instrument] += p.side == PositionSide::long_side ? p.qty.raw() : -p.qty.raw();
  const auto fills = desk.fills(account);
  std::vector<int64_t> before(fills.size());
  for (size_t i = fills.size(); i-- > 0;) {
    int64_t& held = now[fills[i].instrument];
    held -= fills[i].side == Side::buy ? fills[i].qty.raw() : -fills[i].qty.raw();
    before[i] = held;
  }
  return before;
}

void write_fill(JsonWriter& w, const Shapes& shapes, const FillRecord& fill, int64_t before) {
  shapes.fill(w, fill, Qty::raw(before < 0 ? -before : before),
              before < 0 ? Side::sell : Side::buy);
}

}  // namespace

// Newest first, as the venue answers userFills; the socket asks for the last few.
std::string Info::fills_of(AccountId account, size_t newest) const {
  const auto fills = desk_.fills(account);
  const auto before = held_before(desk_, account);
  return written([&](JsonWriter& w) {
    w.open('[');
    size_t rows = 0;
    for (size_t i = fills.size(); i-- > 0 && rows < std::min(newest, kRowsMost); ++rows)
      write_fill(w, shapes_, fills[i], before[i]);
    w.close();
  });
}

std::string Info::slices_of(AccountId account, size_t newest, int64_t from, int64_t to) const {
  const auto fills = desk_.fills(account);
  const auto before = held_before(desk_, account);
  JsonWriter w;
  w.open('[');
  size_t looked = 0, rows = 0;
  for (size_t i = fills.size(); i-- > 0 && looked < newest && rows < kRowsMost; ++looked) {
    const OrderRecord* const order = desk_.order(account, fills[i].order);
    const uint64_t twap = order ? OrderTag::parse(order->tag).twap : 0;
    if (twap == 0 || fills[i].at.ms() < from || fills[i].at.ms() > to) continue;
    JsonWriter fill;
    write_fill(fill, shapes_, fills[i], before[i]);
    w.open('{').raw("fill", fill.take()).raw("twapId", twap).close();
    ++rows;
  }
  w.close();
  return rows > 0 ? w.take() : std::string();
}

// Without times: all that is kept.
Info::Body Info::slice_fills(Json body) const {
  if (!text_in(body, "user")) return std::nullopt;
  const auto account = user(body);
  const int64_t from = whole_in(body, "startTime").value_or(0),
                to = whole_in(body, "endTime").value_or(INT64_MAX);
  const std::string rows = account ? slices_of(*account, SIZE_MAX, from, to) : std::string();
  return rows.empty() ? "[]" : rows;
}

Info::Body Info::twap_history(Json body) const {
  const auto address = text_in(body, "user");
  if (!address) return std::nullopt;
  const auto account = user(body);
  return account ? twaps_.history(*account, *address) : "[]";
}

// Newest first.
std::string Info::open_orders(AccountId account, bool in_full) const {
  return written([&](JsonWriter& w) {
    w.open('[');
    auto live = desk_.live(account);
    for (auto it = live.rbegin(); it != live.rend(); ++it) {
      if (in_full) {
        shapes_.order_in_full(w, **it);
      } else {
        shapes_.order(w, **it);
      }
    }
    w.close();
  });
}

// Live and finished, newest first.
std::string Info::history(AccountId account) const {
  return written([&](JsonWriter& w) {
    w.open('[');
    auto all = desk_.history(account);
    size_t rows = 0;
    std::erase_if(all, [](const OrderRecord* o) { return !Shapes::shown(*o); });
    for (auto it = all.rbegin(); it != all.rend() && rows < kRowsMost; ++it, ++rows)
      shapes_.order_with_status(w, **it);
    w.close();
  });
}

// Oldest first, as all that is asked for by time.
std::string Info::fundings(AccountId account, int64_t from, int64_t to) const {
  return written([&](JsonWriter& w) {
    w.open('[');
    for (const MoneyRecord& row : desk_.money(account))
      if (row.kind == MoneyRecord::Kind::funding && Span{from, to}.has(row.at))
        shapes_.funding_paid(w, row);
    w.close();
  });
}

// Money that came and went otherwise than by trading: deposits, withdrawals, liquidations.
std::string Info::ledger(AccountId account, int64_t from, int64_t to) const {
  return written([&](JsonWriter& w) {
    w.open('[');
    for (const MoneyRecord& row : desk_.money(account)) {
      const bool moved =
          row.kind == MoneyRecord::Kind::deposit || row.kind == MoneyRecord::Kind::withdrawal;
      if (moved && Span{from, to}.has(row.at)) shapes_.ledger(w, row);
    }
    for (const ForcedClose& row : desk_.forced(account))
      if (Span{from, to}.has(row.at)) shapes_.liquidated(w, row);
    w.close();
  });
}

std::string Info::clearinghouse(std::optional<AccountId> account) const {
  return written([&](JsonWriter& w) { shapes_.clearinghouse(w, account); });
}

// Dollars that were moved out of the perpetuals, or the coins of spot pairs.
std::string Info::spot_state(std::optional<AccountId> account) const {
  const auto wallet = account ? spot_wallets_.find(*account) : spot_wallets_.end();
  if (wallet == spot_wallets_.end() || wallet->second == Amount())
    return written([&](JsonWriter& w) { shapes_.spot_state(w, account); });
  return written([&](JsonWriter& w) {
    w.open('{').open("balances", '[').open('{').text("coin", "USDC").raw("token", 0);
    w.text("hold", "0.0").text("total", decimal(wallet->second)).text("entryNtl", "0.0");
    w.close().close().close();
  });
}

// Everything that the venue's own page shows of an account, in one answer.
std::string Info::web_data(std::optional<AccountId> account, std::string_view user) const {
  return written([&](JsonWriter& w) {
    w.open('{')
        .raw("clearinghouseState", clearinghouse(account))
        .open("leadingVaults", '[')
        .close();
    w.text("totalVaultEquity", "0.0");
    w.raw("openOrders", account ? open_orders(*account, true) : "[]");
    w.null("agentAddress").null("agentValidUntil").text("cumLedger", "0.0");
    w.raw("meta", written([&](JsonWriter& m) { shapes_.meta(m); }));
    w.raw("assetCtxs", written([&](JsonWriter& c) { shapes_.contexts(c); }));
    w.raw("serverTime", desk_.door().market_now().ms()).raw("isVault", false);
    w.text("user", user).raw("twapStates", account ? twaps_.states(*account, user) : "[]");
    w.raw("spotState", spot_state(account));
    w.raw("spotAssetCtxs", written([&](JsonWriter& c) { shapes_.spot_contexts(c); }));
    w.open("perpsAtOpenInterestCap", '[').close().close();
  });
}

Info::Body Info::clearinghouse_state(Json body) const {
  if (!text_in(body, "user")) return std::nullopt;
  return clearinghouse(user(body));
}
Info::Body Info::spot_clearinghouse(Json body) const {
  if (!text_in(body, "user")) return std::nullopt;
  return spot_state(user(body));
}
Info::Body Info::open(Json body) const {
  if (!text_in(body, "user")) return std::nullopt;
  const auto account = user(body);
  return account ? open_orders(*account, false) : "[]";
}
Info::Body Info::open_in_full(Json body) const {
  if (!text_in(body, "user")) return std::nullopt;
  const auto account = user(body);
  return account ? open_orders(*account, true) : "[]";
}

// By the number of the order, or by the client's own id.
Info::Body Info::order_status(Json body) const {
  const auto number = whole_in(body, "oid");
  const auto client_id = text_in(body, "oid");
  if (!text_in(body, "user") || (!number && !client_id)) return std::nullopt;
  const auto account = user(body);
  const OrderRecord* found = nullptr;
  if (account)
    found = number ? desk_.order(*account, static_cast<uint64_t>(*number))
                   : desk_.by_client_id(*account, lower(*client_id));
  if (found && !Shapes::shown(*found)) found = nullptr;
  return written([&](JsonWriter& w) {
    w.open('{').text("status", found ? "order" : "unknownOid");
    if (found)
      w.raw("order", written([&](JsonWriter& o) { shapes_.order_with_status(o, *found); }));
    w.close();
  });
}

Info::Body Info::historical(Json body) const {
  if (!text_in(body, "user")) return std::nullopt;
  const auto account = user(body);
  return account ? history(*account) : "[]";
}
Info::Body Info::fills(Json body) const {
  if (!text_in(body, "user")) return std::nullopt;
  const auto account = user(body);
  return account ? fills_of(*account) : "[]";
}

// Oldest first, and the oldest rows of the span: a client pages on from the last one.
Info::Body Info::fills_by_time(Json body) const {
  if (!text_in(body, "user") || !whole_in(body, "startTime")) return std::nullopt;
  const auto account = user(body);
  if (!account) return "[]";
  const Span span = span_of(desk_, body);
  const auto rows = desk_.fills(*account);
  const auto before = held_before(desk_, *account);
  return written([&](JsonWriter& w) {
    w.open('[');
    size_t shown = 0;
    for (size_t i = 0; i < rows.size() && shown < kRowsMost; ++i) {
      if (!span.has(rows[i].at)) continue;
      write_fill(w, shapes_, rows[i], before[i]);
      ++shown;
    }
    w.close();
  });
}

Info::Body Info::user_funding(Json body) const {
  if (!text_in(body, "user")) return std::nullopt;
  const auto account = user(body);
  const Span span = span_of(desk_, body);
  return account ? fundings(*account, span.from, span.to) : "[]";
}
Info::Body Info::user_ledger(Json body) const {
  if (!text_in(body, "user")) return std::nullopt;
  const auto account = user(body);
  const Span span = span_of(desk_, body);
  return account ? ledger(*account, span.from, span.to) : "[]";
}

// What the account has asked so far against what its trading allows.
Info::Body Info::rate_limit(Json body) const {
  if (!text_in(body, "user")) return std::nullopt;
  const auto account = user(body);
  const Requests* const known = account ? accounts_.requests(*account) : nullptr;
  const Requests requests = known ? *known : Requests();
  return written([&](JsonWriter& w) {
    w.open('{').text("cumVlm", decimal(requests.traded)).raw("nRequestsUsed", requests.sent);
    w.raw("nRequestsCap", requests.cap());
    w.raw("nRequestsSurplus", requests.cap() > requests.sent ? requests.cap() - requests.sent : 0);
    w.close();
  });
}

// Nobody refers anybody here; what was traded counts all the same.
Info::Body Info::referral(Json body) const {
  if (!text_in(body, "user")) return std::nullopt;
  const auto account = user(body);
  const Requests* const known = account ? accounts_.requests(*account) : nullptr;
  return written([&](JsonWriter& w) {
    w.open('{').null("referredBy").text("cumVlm", decimal(known ? known->traded : Amount()));
    w.text("unclaimedRewards", "0.0").text("claimedRewards", "0.0");
    w.text("builderRewards", decimal(builders_.earned(*text_in(body, "user"))));
    w.open("tokenToState", '[').close().null("referrerState");
    w.open("rewardHistory", '[').close().close();
  });
}

Info::Body Info::user_fees(Json body) const {
  if (!text_in(body, "user")) return std::nullopt;
  return written([&](JsonWriter& w) { shapes_.fees(w, user(body)); });
}

Info::Body Info::active_asset(Json body) const {
  const auto account = user(body);
  const Asset* const asset = coin(body);
  if (!account || !asset) return "null";
  return written(
      [&](JsonWriter& w) { shapes_.active_asset(w, *account, *text_in(body, "user"), *asset); });
}

// "agent" names the account that the wallet acts for.
Info::Body Info::user_role(Json body) const {
  const auto address = text_in(body, "user");
  if (!address) return std::nullopt;
  const auto account = user(body);
  return written([&](JsonWriter& w) {
    const bool agent = accounts_.is_agent(*address);
    w.open('{').text("role", agent ? "agent" : account ? "user" : "missing");
    if (agent) w.open("data", '{').text("user", accounts_.address(*account)).close();
    w.close();
  });
}

// Before money is sent to `user` by `source`.
Info::Body Info::transfer_check(Json body) const {
  if (!text_in(body, "user") || !text_in(body, "source")) return std::nullopt;
  const bool known = user(body).has_value();
  return written([&](JsonWriter& w) {
    w.open('{').text("fee", "0.0").raw("isSanctioned", false);
    w.raw("userExists", known).raw("userHasSentTx", known).close();
  });
}

// Of what the account stands at now: the desk keeps no curve, the scorecard does.
Info::Body Info::portfolio(Json body) const {
  const auto account = user(body);
  if (!text_in(body, "user")) return std::nullopt;
  Amount equity, profit, volume;
  if (account) {
    equity = shapes_.equity(*account);
    for (const FillRecord& fill : desk_.fills(*account)) {
      profit += fill.profit - fill.fee - fill.added_fee;
      volume += fill.value;
    }
    for (const exchange::PositionView& p : desk_.positions(*account)) profit += desk_.profit_of(p);
  }
  const int64_t now = desk_.door().market_now().ms();
  return written([&](JsonWriter& w) {
    w.open('[');
    for (const char* name :
         {"day", "week", "month", "allTime", "perpDay", "perpWeek", "perpMonth", "perpAllTime"}) {
      w.open('[').item(name).open('{');
      w.open("accountValueHistory", '[')
          .open('[')
          .raw_item(now)
          .item(decimal(equity))
          .close()
          .close();
      w.open("pnlHistory", '[').open('[').raw_item(now).item(decimal(profit)).close().close();
      w.text("vlm", decimal(volume)).close().close();
    }
    w.close();
  });
}

// Approvals have no end of their own here: each is good for 180 days from the client's now.
Info::Body Info::agents(Json body) const {
  const auto account = user(body);
  const int64_t until = (desk_.door().wall_now() + Duration::days(180)).ms();
  return written([&](JsonWriter& w) {
    w.open('[');
    for (const Accounts::Agent& agent : accounts_.agents()) {
      if (account != agent.account) continue;
      w.open('{').text("name", agent.name).text("address", agent.address);
      w.raw("validUntil", until).close();
    }
    w.close();
  });
}

// In tenths of a basis point.
Info::Body Info::max_builder_fee(Json body) const {
  const auto builder = text_in(body, "builder");
  if (!text_in(body, "user") || !builder) return std::nullopt;
  const auto account = user(body);
  return std::to_string(account ? builders_.most(*account, *builder) : 0);
}

Info::Body Info::approved_builders(Json body) const {
  if (!text_in(body, "user")) return std::nullopt;
  const auto account = user(body);
  return written([&](JsonWriter& w) {
    w.open('[');
    if (account)
      for (const std::string& builder : builders_.approved(*account)) w.item(builder);
    w.close();
  });
}

Info::Body Info::web_data_2(Json body) const {
  const auto address = text_in(body, "user");
  if (!address) return std::nullopt;
  return web_data(user(body), *address);
}

}  // namespace delever::gateways::hyperliquid
