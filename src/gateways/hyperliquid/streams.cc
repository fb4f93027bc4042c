#include "gateways/hyperliquid/streams.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace delever::gateways::hyperliquid {
namespace {

constexpr size_t kTopicsMost = 1'000;  // of a connection
constexpr std::array<std::string_view, 6> kOfCoin{"l2Book", "trades",         "bbo",
                                                  "candle", "activeAssetCtx", "activeAssetData"};
constexpr std::array<std::string_view, 18> kOfUser{"notification",
                                                   "webData2",
                                                   "webData3",
                                                   "orderUpdates",
                                                   "userEvents",
                                                   "userFills",
                                                   "userFundings",
                                                   "userNonFundingLedgerUpdates",
                                                   "activeAssetData",
                                                   "userTwapSliceFills",
                                                   "userTwapHistory",
                                                   "clearinghouseState",
                                                   "openOrders",
                                                   "twapStates",
                                                   "spotState",
                                                   "userHistoricalOrders",
                                                   "allDexsClearinghouseState",
                                                   "outcomeMetaUpdates"};
constexpr std::array<std::string_view, 4> kOfMarket{"allMids", "assetCtxs", "spotAssetCtxs",
                                                    "allDexsAssetCtxs"};

template <size_t n>
bool is_one_of(std::string_view name, const std::array<std::string_view, n>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

// What is asked for, and the name under which followers of the same thing meet.
std::optional<std::pair<std::string, Streams::Topic>> Streams::read(Json subscription) const {
  const auto type = text_in(subscription, "type");
  if (!type) return std::nullopt;
  Topic topic;
  topic.type = *type;
  const bool of_coin = is_one_of(*type, kOfCoin), of_user = is_one_of(*type, kOfUser);
  if (!of_coin && !of_user && !is_one_of(*type, kOfMarket)) return std::nullopt;
  if (of_coin) {
    topic.asset = shapes_.universe().by_coin(text_in(subscription, "coin").value_or(""));
    if (!topic.asset) return std::nullopt;
  }
  if (of_user) {
    topic.user = text_in(subscription, "user").value_or("");
    if (topic.user.size() != 42 || !topic.user.starts_with("0x")) return std::nullopt;
    topic.account = accounts_.of(topic.user);
    if (*type == "activeAssetData" && !topic.account) return std::nullopt;
  }
  if (*type == "candle") {
    topic.interval = text_in(subscription, "interval").value_or("");
    if (!interval_of(topic.interval)) return std::nullopt;
  }
  if (*type == "l2Book") {
    const int64_t figures = whole_in(subscription, "nSigFigs").value_or(0);
    const int64_t mantissa = whole_in(subscription, "mantissa").value_or(1);
    if (figures != 0 && (figures < 2 || figures > 5)) return std::nullopt;
    if (mantissa != 1 && mantissa != 2 && mantissa != 5) return std::nullopt;
    topic.book.figures = static_cast<int>(figures);
    // The venue takes a mantissa with five figures only.
    topic.book.mantissa = figures == 5 ? static_cast<int>(mantissa) : 1;
    topic.book.levels = flag_in(subscription, "fast").value_or(false) ? 5 : 20;
  }
  std::string key = fmt::format(
      "{}:{}:{}:{}:{}:{}:{}", topic.type, topic.asset ? topic.asset->coin : "", lower(topic.user),
      topic.interval, topic.book.levels, topic.book.figures, topic.book.mantissa);
  return std::pair(std::move(key), std::move(topic));
}

// The channel is called as the subscription is, with two exceptions.
std::string_view Streams::channel_of(const Topic& topic) {
  if (topic.type == "userEvents") return "user";
  if (topic.type == "activeAssetCtx" && topic.asset->spot) return "activeSpotAssetCtx";
  return topic.type;
}

std::string Streams::frame(std::string_view channel, std::string_view data) {
  return fmt::format(R"({{"channel":"{}","data":{}}})", channel, data);
}

// The text quotes the subscription, which is how clients find whom it concerns.
void Streams::refuse(SocketId socket, std::string_view why, Json subscription) {
  JsonWriter w;
  w.open('{').text("channel", "error");
  w.text("data", fmt::format("{} {}", why, std::string(simdjson::minify(subscription)))).close();
  out_.send(socket, w.take());
}

// The acknowledgement comes before the first data.
void Streams::subscribe(SocketId socket, Json subscription, bool on) {
  auto wanted = read(subscription);
  if (!wanted) return refuse(socket, "Invalid subscription", subscription);
  auto& [key, made] = *wanted;
  std::set<std::string>& mine = sockets_[socket];
  if (on && mine.contains(key)) return refuse(socket, "Already subscribed:", subscription);
  if (!on && !mine.contains(key)) return refuse(socket, "Already unsubscribed:", subscription);
  if (on && mine.size() >= kTopicsMost)
    return refuse(socket, "Cannot track more than 1000 subscriptions:", subscription);
  JsonWriter answer;
  answer.open('{').text("method", on ? "subscribe" : "unsubscribe");
  answer.raw("subscription", std::string(simdjson::minify(subscription))).close();
  if (!on) {
    mine.erase(key);
    const auto topic = topics_.find(key);
    std::erase(topic->second.sockets, socket);
    if (topic->second.sockets.empty()) {
      if (topic->second.account) --followed_[*topic->second.account];
      topics_.erase(topic);
    }
    return out_.send(socket, frame("subscriptionResponse", answer.take()));
  }
  flush();  // what happened before is not news for this one
  mine.insert(key);
  const auto [topic, fresh] = topics_.try_emplace(key, std::move(made));
  if (fresh && topic->second.account) ++followed_[*topic->second.account];
  topic->second.sockets.push_back(socket);
  if (fresh) topic->second.sent = desk_.door().market_now();
  out_.send(socket, frame("subscriptionResponse", answer.take()));
  if (const std::string first = snapshot(topic->second); !first.empty())
    out_.send(socket, frame(channel_of(topic->second), first));
}

// Topics that nobody follows any more are forgotten.
void Streams::closed(SocketId socket) {
  const auto found = sockets_.find(socket);
  if (found == sockets_.end()) return;
  for (const std::string& key : found->second) {
    const auto topic = topics_.find(key);
    std::erase(topic->second.sockets, socket);
    if (!topic->second.sockets.empty()) continue;
    if (topic->second.account) --followed_[*topic->second.account];
    topics_.erase(topic);
  }
  sockets_.erase(found);
}

Streams::Pending& Streams::pending(AccountId account) {
  const auto [it, fresh] = pending_.try_emplace(account);
  if (fresh)
    for (JsonWriter* w :
         {&it->second.orders, &it->second.history, &it->second.funding_rows, &it->second.move_rows})
      w->open('[');
  return it->second;
}

// Rows are written at once, since records may be gone later; the rest is only marked.
void Streams::on_update(const DeskUpdate& update) {
  if (update.kind == DeskUpdate::Kind::trade && update.trade) {
    const Asset* const asset = shapes_.universe().by_instrument(update.instrument);
    if (!asset || topics_.empty()) return;
    const auto [rows, fresh] = trades_.try_emplace(update.instrument);
    if (fresh) rows->second.open('[');
    shapes_.trade(rows->second, *asset, *update.trade);
    return;
  }
  if (update.kind == DeskUpdate::Kind::second || update.kind == DeskUpdate::Kind::funding) {
    for (auto& [key, topic] : topics_)
      if (!topic.asset || topic.type.starts_with("active")) topic.changed = true;
    return;
  }
  const auto followed = followed_.find(update.account);
  if (followed == followed_.end() || followed->second == 0) return;
  Pending& p = pending(update.account);
  p.touched = true;
  if (update.kind == DeskUpdate::Kind::order && update.order) {
    if (!Shapes::shown(*update.order)) return;
    ++p.order_rows;
    p.orders.open('{');
    JsonWriter row;
    shapes_.order(row, *update.order);
    p.orders.raw("order", row.take()).text("status", Shapes::status(*update.order));
    p.orders.raw("statusTimestamp", update.order->updated.ms()).close();
    shapes_.order_with_status(p.history, *update.order);
  } else if (update.kind == DeskUpdate::Kind::fill) {
    ++p.fills;
  } else if (update.kind == DeskUpdate::Kind::balance && update.money) {
    if (update.money->kind == MoneyRecord::Kind::funding) {
      ++p.fundings;
      shapes_.funding_paid(p.funding_rows, *update.money);
    } else if (update.money->kind == MoneyRecord::Kind::deposit ||
               update.money->kind == MoneyRecord::Kind::withdrawal) {
      ++p.moves;
      shapes_.ledger(p.move_rows, *update.money);
    }
  } else if (update.kind == DeskUpdate::Kind::forced && update.forced) {
    ++p.moves;
    shapes_.liquidated(p.move_rows, *update.forced);
  }
}

void Streams::send(Topic& topic, std::string_view data) {
  topic.sent = desk_.door().market_now();
  topic.changed = false;
  out_.send_all(topic.sockets, frame(channel_of(topic), data));
}

// What the account of a topic went through.
void Streams::send_pending(Topic& topic) {
  const auto found = pending_.find(*topic.account);
  if (found == pending_.end()) return;
  Pending& p = found->second;
  const auto with_user = [&](std::string_view key, std::string_view rows, bool snapshot) {
    return fmt::format(R"({{{}"user":"{}","{}":{}}})", snapshot ? R"("isSnapshot":false,)" : "",
                       topic.user, key, rows);
  };
  if (topic.type == "orderUpdates" && p.order_rows > 0) {
    send(topic, p.orders.view());
  } else if (topic.type == "userHistoricalOrders" && p.order_rows > 0) {
    send(topic, with_user("orderHistory", p.history.view(), true));
  } else if (topic.type == "userFills" && p.fills > 0) {
    send(topic, with_user("fills", info_.fills_of(*topic.account, p.fills), false));
  } else if (topic.type == "userTwapSliceFills" && p.fills > 0) {
    const std::string rows = info_.slices_of(*topic.account, p.fills, 0, INT64_MAX);
    if (!rows.empty()) send(topic, with_user("twapSliceFills", rows, true));
  } else if (topic.type == "userEvents" && p.fills > 0) {
    send(topic, fmt::format(R"({{"fills":{}}})", info_.fills_of(*topic.account, p.fills)));
  } else if (topic.type == "userFundings" && p.fundings > 0) {
    send(topic, with_user("fundings", p.funding_rows.view(), true));
  } else if (topic.type == "userNonFundingLedgerUpdates" && p.moves > 0) {
    send(topic, with_user("nonFundingLedgerUpdates", p.move_rows.view(), true));
  } else if (const std::string now = account_data(topic); !now.empty()) {
    send(topic, now);
  }
}

// A row as it comes about: one call changes one TWAP order at most, a tick several.
void Streams::send_twaps() {
  for (auto& [key, topic] : topics_) {
    if (!topic.account || topic.type != "userTwapHistory") continue;
    const std::string rows = info_.twaps().since(*topic.account, topic.user, twap_changes_);
    if (rows != "[]")
      send(topic,
           fmt::format(R"({{"isSnapshot":false,"user":"{}","history":{}}})", topic.user, rows));
  }
  twap_changes_ = info_.twaps().changes();
}

// Accounts first, then the trades of each coin as one message.
void Streams::flush() {
  if (twap_changes_ != info_.twaps().changes()) send_twaps();
  for (auto& [account, p] : pending_)
    for (JsonWriter* w : {&p.orders, &p.history, &p.funding_rows, &p.move_rows}) w->close();
  if (!pending_.empty()) {
    for (auto& [key, topic] : topics_)
      if (topic.account) send_pending(topic);
    pending_.clear();
  }
  for (auto& [instrument, rows] : trades_) {
    rows.close();
    const std::string data = rows.take();
    for (auto& [key, topic] : topics_) {
      if (!topic.asset || topic.asset->instrument != instrument) continue;
      if (topic.type == "trades") send(topic, data);
      if (topic.type == "candle") topic.changed = true;
    }
  }
  trades_.clear();
}

}  // namespace delever::gateways::hyperliquid
