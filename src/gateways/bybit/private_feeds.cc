#include "gateways/bybit/private_feeds.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateways/bybit/market_rows.h"
#include "gateways/figures_text.h"
#include "gateways/json_text.h"

namespace delever::gateways::bybit {
namespace {

std::string_view kind_of(std::string_view topic) { return topic.substr(0, topic.find('.')); }

std::string_view category_of(std::string_view topic) {
  const size_t dot = topic.rfind('.');
  return dot == topic.npos ? std::string_view() : topic.substr(dot + 1);
}

// execution.fast: what matters of a fill, and no more.
void append_fast_execution(std::string& out, const Venue& venue, const FillRecord& f,
                           const OrderRecord* o) {
  const Product& p = venue.catalog[f.instrument];
  ObjectText row(out);
  row.text("category", category_name(p.category))
      .text("symbol", p.symbol)
      .text("execId", trade_id(f.instrument, f.number))
      .text("execPrice", f.price.text())
      .text("execQty", f.qty.text())
      .text("orderId", o ? order_id(*o) : "")
      .flag("isMaker", f.maker)
      .text("orderLinkId", o ? o->client_id : "")
      .text("side", side_name(f.side))
      .text("execTime", ms_text(f.at))
      .number("seq", static_cast<int64_t>(f.number));
  row.end();
}

}  // namespace

bool PrivateFeeds::knows(std::string_view topic) {
  constexpr std::string_view kKinds[] = {
      "order", "execution", "execution.fast", "position", "wallet", "greeks", "dcp"};
  const std::string_view last = category_of(topic);
  const bool narrowed = read_category(last).has_value() || last == "future";
  const std::string_view name = narrowed ? topic.substr(0, topic.size() - last.size() - 1) : topic;
  return std::find(std::begin(kKinds), std::end(kKinds), name) != std::end(kKinds);
}

void PrivateFeeds::follow(SocketId socket, AccountId account, std::string_view topic) {
  auto& all = followers_[account][std::string(topic)];
  if (std::find(all.begin(), all.end(), socket) == all.end()) all.push_back(socket);
}

void PrivateFeeds::leave(SocketId socket, AccountId account, std::string_view topic) {
  Followers& of = followers_[account];
  if (const auto found = of.find(topic); found != of.end()) {
    std::erase(found->second, socket);
    if (found->second.empty()) of.erase(found);
  }
}

void PrivateFeeds::leave_all(SocketId socket, AccountId account) {
  for (auto& [topic, sockets] : followers_[account]) std::erase(sockets, socket);
}

bool PrivateFeeds::listens(AccountId account, std::string_view kind) const {
  const auto of = followers_.find(account);
  if (of == followers_.end()) return false;
  return std::any_of(of->second.begin(), of->second.end(), [&](const auto& each) {
    return !each.second.empty() && kind_of(each.first) == kind;
  });
}

void PrivateFeeds::send(AccountId account, std::string_view kind, std::string_view category,
                        std::string_view row) {
  const auto of = followers_.find(account);
  if (of == followers_.end()) return;
  for (const auto& [topic, sockets] : of->second) {
    const std::string_view narrowed = category_of(topic);
    const bool fast = topic.starts_with("execution.fast");
    const std::string_view topic_kind = fast ? "execution.fast" : kind_of(topic);
    const bool fits = narrowed.empty() || narrowed == "fast" || narrowed == category;
    if (sockets.empty() || topic_kind != kind || !fits) continue;
    out_.send_all(sockets,
                  fmt::format(R"({{"id":"{}","topic":"{}","creationTime":{},"data":[{}]}})",
                              id_text(IdKind::other, ++messages_, account.raw()), topic,
                              venue_.wall().ms(), row));
  }
}

void PrivateFeeds::on_update(const DeskUpdate& u) {
  using K = DeskUpdate::Kind;
  if (followers_.empty() || !followers_.contains(u.account)) return;
  if (u.kind == K::order && u.order && listens(u.account, "order")) {
    std::string row;
    append_order(row, venue_, *u.order, RowOf::stream);
    send(u.account, "order", category_name(venue_.catalog[u.order->asked.instrument].category),
         row);
  } else if (u.kind == K::fill && u.fill && listens(u.account, "execution")) {
    const auto category = category_name(venue_.catalog[u.fill->instrument].category);
    std::string row, fast;
    append_execution(row, venue_, *u.fill, u.order, RowOf::stream);
    send(u.account, "execution", category, row);
    append_fast_execution(fast, venue_, *u.fill, u.order);
    send(u.account, "execution.fast", category, fast);
  } else if (u.kind == K::balance) {
    paid_.insert(u.account);
    const bool funding = u.money && u.money->kind == MoneyRecord::Kind::funding;
    if (funding && u.money->instrument && listens(u.account, "execution")) {
      std::string row;
      append_funding_execution(row, venue_, *u.money);
      send(u.account, "execution", category_name(venue_.catalog[*u.money->instrument].category),
           row);
    }
  } else if (u.kind == K::position || u.kind == K::settings) {
    moved_.insert({u.account, u.instrument});
    paid_.insert(u.account);
  }
}

void PrivateFeeds::send_positions(AccountId account, InstrumentId instrument,
                                  const Statement& statement) {
  const bool hedge = venue_.desk.hedge(account);
  const Product& product = venue_.catalog[instrument];
  if (product.category == Category::spot) return;
  std::string rows;
  const auto add = [&](PositionSide side, const PositionFigures* figures) {
    if (!rows.empty()) rows += ',';
    append_position(rows, venue_, account, {instrument, side, hedge, figures}, RowOf::stream);
  };
  const PositionFigures* stands[2] = {nullptr, nullptr};
  for (const PositionFigures& p : statement.positions) {
    if (p.view.instrument == instrument) stands[static_cast<size_t>(p.view.side)] = &p;
  }
  if (hedge) {
    add(PositionSide::long_side, stands[0]);
    add(PositionSide::short_side, stands[1]);
  } else {
    add(stands[1] ? PositionSide::short_side : PositionSide::long_side,
        stands[1] ? stands[1] : stands[0]);
  }
  send(account, "position", category_name(product.category), rows);
}

void PrivateFeeds::tick() {
  if (moved_.empty() && paid_.empty()) return;
  const auto moved = std::move(moved_);
  const auto paid = std::move(paid_);
  moved_.clear();
  paid_.clear();
  for (const AccountId account : paid) {
    const bool positions = listens(account, "position"), wallet = listens(account, "wallet");
    if (!positions && !wallet) continue;
    const Statement statement = statement_of(venue_.desk, account);
    for (const auto& [of, instrument] : moved) {
      if (of == account && positions) send_positions(account, instrument, statement);
    }
    if (!wallet) continue;
    std::string row;
    append_wallet(row, venue_, account, statement);
    send(account, "wallet", "", row);
  }
}

}  // namespace delever::gateways::bybit
