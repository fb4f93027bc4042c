#include "gateways/okx/private_feeds.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateways/figures_text.h"
#include "gateways/okx/market_rows.h"

namespace delever::gateways::okx {

bool PrivateFeeds::knows(Path path, const Channel& c) {
  constexpr std::string_view kOwn[] = {"account",       "positions", "balance_and_position",
                                       "orders",        "fills",     "liquidation-warning",
                                       "account-greeks"};
  constexpr std::string_view kBusiness[] = {"orders-algo", "algo-advance", "deposit-info",
                                            "withdrawal-info"};
  if (path == Path::own)
    return std::find(std::begin(kOwn), std::end(kOwn), c.name) != std::end(kOwn);
  return path == Path::business &&
         std::find(std::begin(kBusiness), std::end(kBusiness), c.name) != std::end(kBusiness);
}

bool PrivateFeeds::takes(const Channel& c, const Product& p) const {
  return Wanted{c.inst_type, c.inst_id, c.family}.takes(p);
}

void PrivateFeeds::send(const std::vector<SocketId>& to, const Channel& channel,
                        std::string_view rows) {
  out_.send_all(to, fmt::format(R"({{"arg":{},"data":[{}]}})", channel.argument, rows));
}

void PrivateFeeds::follow(SocketId socket, AccountId account, const Channel& channel) {
  Following& f = followers_[account][channel.argument];
  f.channel = channel;
  if (std::find(f.sockets.begin(), f.sockets.end(), socket) == f.sockets.end())
    f.sockets.push_back(socket);
  // What stands goes to the one that came; the others have it.
  const Following alone{channel, {socket}};
  if (channel.name == "account") {
    std::string row;
    append_balance(row, venue_, statement_of(venue_.desk, account), channel.coin);
    send(alone.sockets, channel, row);
  } else if (channel.name == "positions") {
    send_positions(account, alone, statement_of(venue_.desk, account), nullptr);
  } else if (channel.name == "balance_and_position") {
    send(
        alone.sockets, channel,
        balance_and_position(account, statement_of(venue_.desk, account), "snapshot", nullptr, {}));
  }
}

void PrivateFeeds::leave(SocketId socket, AccountId account, const Channel& channel) {
  Followings& of = followers_[account];
  const auto found = of.find(channel.argument);
  if (found == of.end()) return;
  std::erase(found->second.sockets, socket);
  if (found->second.sockets.empty()) of.erase(found);
}

void PrivateFeeds::leave_all(SocketId socket, AccountId account) {
  const auto of = followers_.find(account);
  if (of == followers_.end()) return;
  for (auto& [argument, f] : of->second) std::erase(f.sockets, socket);
  std::erase_if(of->second, [](const auto& f) { return f.second.sockets.empty(); });
  if (of->second.empty()) followers_.erase(of);
}

bool PrivateFeeds::listens(AccountId account, std::string_view name) const {
  const auto of = followers_.find(account);
  if (of == followers_.end()) return false;
  return std::any_of(of->second.begin(), of->second.end(),
                     [&](const auto& f) { return f.second.channel.name == name; });
}

// A fill and the change of its order are one row here, as they stand after it: the row that says
// "filled" has the last fill. The fill comes first and waits for its order's update.
void PrivateFeeds::on_update(const DeskUpdate& u) {
  using K = DeskUpdate::Kind;
  if (followers_.empty() || !followers_.contains(u.account)) return;
  if (u.kind == K::order && u.order) {
    const auto fill = std::exchange(fill_, {});
    send_order(u, fill && fill->order == u.order->number ? &*fill : nullptr);
  } else if (u.kind == K::fill && u.fill && u.order) {
    // A copy: what the desk keeps of fills may move meanwhile.
    fill_ = *u.fill;
    traded_[u.account].push_back({u.instrument, u.fill->number});
  } else if (u.kind == K::balance) {
    paid_.insert(u.account);
  } else if (u.kind == K::position || u.kind == K::settings) {
    moved_[u.account].insert(u.instrument);
    paid_.insert(u.account);
  } else if (u.kind == K::margin_call) {
    send_liquidation_warning(u);
  }
}

void PrivateFeeds::send_order(const DeskUpdate& u, const FillRecord* fill) {
  const OrderRecord& o = *u.order;
  if (o.asked.trigger.raw() > 0 && !o.triggered) return;  // an algo order's leg
  const Product& p = venue_.catalog[o.asked.instrument];
  std::string row, filled;
  for (const auto& [argument, f] : followers_[u.account]) {
    if (!takes(f.channel, p)) continue;
    if (f.channel.name == "orders") {
      // Written once, for all that follow it.
      const bool amended = u.reason == DeskUpdate::Reason::amended;
      if (row.empty())
        append_order(row, venue_, o, fill, amended ? RowOf::amendment : RowOf::stream);
      send(f.sockets, f.channel, row);
    } else if (f.channel.name == "fills" && fill) {
      if (filled.empty()) append_fill(filled, venue_, *fill, &o);
      send(f.sockets, f.channel, filled);
    }
  }
}

void PrivateFeeds::on_algo(const Algo& algo) {
  const auto of = followers_.find(algo.account);
  if (of == followers_.end()) return;
  std::string row;
  for (const auto& [argument, f] : of->second) {
    const bool named = f.channel.name == "orders-algo" || f.channel.name == "algo-advance";
    if (!named || !takes(f.channel, venue_.catalog[algo.instrument])) continue;
    if (row.empty()) append_algo(row, venue_, algo);
    send(f.sockets, f.channel, row);
  }
}

// `only`: positions of these instruments, flat ones too. Without: all that stand.
std::string PrivateFeeds::position_rows(AccountId account, const Channel& of,
                                        const Statement& statement,
                                        const std::set<InstrumentId>* only) const {
  std::string rows;
  const bool hedge = venue_.desk.hedge(account);
  for (const Product& p : venue_.catalog.all()) {
    if (p.is_spot() || !takes(of, p) || (only && !only->contains(p.instrument))) continue;
    const PositionFigures* stands[2] = {nullptr, nullptr};
    for (const PositionFigures& f : statement.positions) {
      if (f.view.instrument == p.instrument) stands[static_cast<size_t>(f.view.side)] = &f;
    }
    for (const PositionSide s : {PositionSide::long_side, PositionSide::short_side}) {
      const PositionFigures* f = stands[static_cast<size_t>(s)];
      const bool other = stands[1 - static_cast<size_t>(s)] != nullptr;
      // Of a net position that is flat there is one row, not two.
      const bool flat_row = only && (hedge || (s == PositionSide::long_side && !other));
      if (!f && !flat_row) continue;
      if (!rows.empty()) rows += ',';
      append_position(rows, venue_, account, statement, p.instrument, s, f);
    }
  }
  return rows;
}

void PrivateFeeds::send_positions(AccountId account, const Following& to,
                                  const Statement& statement, const std::set<InstrumentId>* only) {
  const std::string rows = position_rows(account, to.channel, statement, only);
  // Nothing of what moved is of this subscription.
  if (only && rows.empty()) return;
  send(to.sockets, to.channel, rows);
}

// The snapshot has all positions; later ones those that moved, and the trades that moved them.
std::string PrivateFeeds::balance_and_position(AccountId account, const Statement& s,
                                               std::string_view event,
                                               const std::set<InstrumentId>* only,
                                               const std::vector<Traded>& traded) const {
  std::string out;
  ObjectText row(out);
  row.text("pTime", ms_text(venue_.wall())).text("eventType", event);
  std::vector<const CoinFigures*> coins;
  for (const CoinFigures& c : s.coins) {
    if (c.wallet != Amount()) coins.push_back(&c);
  }
  append_list(row.member("balData"), coins, [&](const CoinFigures* c) {
    ObjectText each(out);
    each.text("ccy", venue_.catalog.coin_name(c->coin))
        .text("cashBal", c->wallet.text())
        .text("uTime", ms_text(venue_.wall()));
    each.end();
  });
  row.raw("posData", "[" + position_rows(account, {}, s, only) + "]");
  append_list(row.member("trades"), traded, [&](const Traded& t) {
    ObjectText each(out);
    each.text("instId", venue_.catalog[t.instrument].inst_id)
        .digits("tradeId", static_cast<int64_t>(t.number));
    each.end();
  });
  row.end();
  return out;
}

void PrivateFeeds::send_liquidation_warning(const DeskUpdate& u) {
  if (!listens(u.account, "liquidation-warning")) return;
  const Statement s = statement_of(venue_.desk, u.account);
  for (const auto& [argument, f] : followers_[u.account]) {
    if (f.channel.name == "liquidation-warning" && !s.positions.empty())
      send_positions(u.account, f, s, nullptr);
  }
}

void PrivateFeeds::tick() {
  // After all changes of a step: one message with the figures as they stand.
  if (paid_.empty()) return;
  const auto paid = std::exchange(paid_, {});
  auto moved = std::exchange(moved_, {});
  auto traded = std::exchange(traded_, {});
  for (const AccountId account : paid) {
    const auto of = followers_.find(account);
    if (of == followers_.end()) continue;
    const Statement s = statement_of(venue_.desk, account);
    std::string row;
    for (const auto& [argument, f] : of->second) {
      if (f.channel.name == "positions" && !moved[account].empty())
        send_positions(account, f, s, &moved[account]);
      if (f.channel.name == "balance_and_position")
        send(f.sockets, f.channel,
             balance_and_position(account, s, moved[account].empty() ? "delivered" : "filled",
                                  &moved[account], traded[account]));
      if (f.channel.name != "account") continue;
      row.clear();
      append_balance(row, venue_, s, f.channel.coin);
      send(f.sockets, f.channel, row);
    }
  }
}

}  // namespace delever::gateways::okx
