#include "gateways/deribit/channels.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "gateways/deribit/methods.h"

namespace delever::gateways::deribit {
namespace {

constexpr size_t kChannelsMost = 500;  // of a connection

bool is_pace(std::string_view text) { return text == "raw" || text == "100ms" || text == "agg2"; }

// The name of the topic of an account's channel.
std::string key_of(std::string_view channel, std::optional<AccountId> account) {
  return account ? fmt::format("{}:{}", account->raw(), channel) : std::string(channel);
}
std::string_view channel_of(std::string_view key, bool of_account) {
  return of_account ? key.substr(key.find(':') + 1) : key;
}

bool is_raw_public(std::string_view channel) {
  return channel.ends_with(".raw") && !channel.starts_with("user.");
}

}  // namespace

// ".BTC-PERPETUAL.raw" or ".future.BTC.100ms" from part `from` on.
bool Channels::read_scope(Topic& topic, const std::vector<std::string_view>& parts,
                          size_t from) const {
  if (parts.size() <= from || !is_pace(parts.back())) return false;
  topic.pace = parts.back();
  if (parts.size() == from + 2) {
    topic.contract = contracts_.find(parts[from]);
    return topic.contract != nullptr;
  }
  if (parts.size() != from + 3) return false;
  topic.of_kind = parts[from];
  topic.coin_name = parts[from + 1];
  return contracts_.is_coin(topic.coin_name);
}

// Channels of an account: portfolio by coin, the rest by instrument or by kind and coin.
std::optional<Channels::Topic> Channels::read_user(
    const std::vector<std::string_view>& parts) const {
  Topic topic;
  if (parts.size() < 2) return std::nullopt;
  const std::string_view name = parts[1];
  if (name == "portfolio") {
    topic.kind = Kind::user_portfolio;
    topic.coin_name = parts.size() == 3 ? upper(parts[2]) : "";
    // Coins that nothing here is settled in are taken, and are silent.
    if (topic.coin_name.empty()) return std::nullopt;
    if (topic.coin_name != "ANY" && !contracts_.is_coin(topic.coin_name))
      topic.kind = Kind::user_silent;
    return topic;
  }
  if (name == "orders" || name == "trades" || name == "changes") {
    topic.kind = name == "orders"   ? Kind::user_orders
                 : name == "trades" ? Kind::user_trades
                                    : Kind::user_changes;
    if (!read_scope(topic, parts, 2)) return std::nullopt;
    return topic;
  }
  constexpr std::array<std::string_view, 5> silent{"access_log", "lock", "mmp_trigger",
                                                   "combo_trades", "block_trades"};
  if (std::find(silent.begin(), silent.end(), name) == silent.end()) return std::nullopt;
  topic.kind = Kind::user_silent;
  return topic;
}

// The whole grammar of channel names; missing: none of them.
std::optional<Channels::Topic> Channels::read(std::string_view channel) const {
  const auto parts = split(channel, '.');
  const std::string_view name = parts[0];
  Topic topic;
  if (name == "user") return read_user(parts);
  if (name == "platform_state" || name == "announcements" || name == "deribit_price_statistics")
    return topic;
  if (parts.size() < 2) return std::nullopt;
  if (name == "deribit_price_index" || name == "estimated_expiration_price" ||
      name == "deribit_price_ranking" || name == "deribit_volatility_index") {
    topic.kind = name == "deribit_price_index"        ? Kind::index_price
                 : name == "deribit_volatility_index" ? Kind::volatility
                                                      : Kind::silent;
    topic.index = parts[1];
    return contracts_.index_of(topic.index) ? std::optional(topic) : std::nullopt;
  }
  if (name == "markprice" && parts.size() == 3 && parts[1] == "options") {
    topic.kind = Kind::option_marks;
    topic.index = parts[2];
    return contracts_.index_of(topic.index) ? std::optional(topic) : std::nullopt;
  }
  if (name == "instrument") return topic.kind = Kind::instrument_state, topic;
  if (name == "trades") {
    topic.kind = Kind::trades;
    return read_scope(topic, parts, 1) ? std::optional(std::move(topic)) : std::nullopt;
  }
  if (name == "chart") {
    topic.kind = Kind::chart;
    topic.contract = parts.size() == 4 ? contracts_.find(parts[2]) : nullptr;
    const auto length = parts.size() == 4 ? resolution(parts[3]) : std::nullopt;
    if (!topic.contract || !length) return std::nullopt;
    topic.length = *length;
    return topic;
  }
  topic.contract = contracts_.find(parts[1]);
  if (!topic.contract) return std::nullopt;
  if (name == "quote") return topic.kind = Kind::quote, topic;
  if (name == "incremental_ticker") return topic.kind = Kind::incremental_ticker, topic;
  if (!is_pace(parts.back())) return std::nullopt;
  topic.pace = parts.back();
  if (name == "ticker" || name == "perpetual") {
    topic.kind = name == "ticker" ? Kind::ticker : Kind::perpetual;
    return parts.size() == 3 ? std::optional(topic) : std::nullopt;
  }
  if (name != "book") return std::nullopt;
  topic.kind = parts.size() == 3 ? Kind::book : Kind::grouped_book;
  if (parts.size() == 3) return topic;
  const auto depth = parts.size() == 5 ? read_int(parts[3]) : std::nullopt;
  if (!depth || (*depth != 1 && *depth != 10 && *depth != 20)) return std::nullopt;
  topic.depth = static_cast<size_t>(*depth);
  if (parts[2] != "none") {
    const auto group = Price::parse(parts[2]);
    if (!group.has_value() || group.value() <= Price()) return std::nullopt;
    topic.group = group.value().raw();
  }
  return topic;
}

std::string Channels::frame(std::string_view channel, std::string_view data) {
  return fmt::format(
      R"({{"jsonrpc":"2.0","method":"subscription","params":{{"channel":"{}","data":{}}}}})",
      channel, data);
}

void Channels::send(const std::string& name, Topic& topic, std::string_view data) {
  topic.sent = desk_.door().market_now();
  topic.changed = false;
  out_.send_all(topic.sockets, frame(channel_of(name, topic.account.has_value()), data));
}

// One raw channel without a login refuses the whole request; an unknown one is left out of the
// answer. First data wait until the answer is sent.
Reply Channels::subscribe(const Caller& caller, const Params& params, bool of_private) {
  const SocketId socket = *caller.socket;
  const std::vector<std::string> wanted = params.list("channels");
  if (wanted.empty()) return Reply::invalid("channels", "is required");
  for (const std::string& channel : wanted)
    if (is_raw_public(channel) && !caller.account)
      return Reply::refused(13778, "raw_subscriptions_not_available_for_unauthorized");
  flush();  // what happened before is not news for this one
  std::set<std::string>& mine = sockets_[socket];
  JsonWriter answer;
  answer.open('[');
  for (const std::string& channel : wanted) {
    auto topic = read(channel);
    const bool of_user = channel.starts_with("user.");
    if (!topic || (of_user && (!of_private || !caller.account)) || mine.size() >= kChannelsMost)
      continue;  // an unknown one is simply missing in the answer
    if (of_user) topic->account = caller.account;
    const std::string key = key_of(channel, topic->account);
    answer.item(channel);
    if (!mine.insert(key).second) continue;
    const auto [at, fresh] = topics_.try_emplace(key, std::move(*topic));
    if (fresh && at->second.account) ++followed_[*at->second.account];
    at->second.sockets.push_back(socket);
    if (at->second.kind == Kind::book && !at->second.chain.begun())
      at->second.chain.begin(desk_, *at->second.contract);
    if (const std::string data = first_data(at->second); !data.empty())
      first_[socket].push_back(frame(channel, data));
  }
  return Reply::ok(answer.close().take());
}

void Channels::send_first(SocketId socket) {
  const auto found = first_.find(socket);
  if (found == first_.end()) return;
  const std::vector<std::string> frames = std::move(found->second);
  first_.erase(found);
  for (const std::string& text : frames) out_.send(socket, text);
}

// A topic that nobody follows is forgotten, and with it the chain of its book.
void Channels::drop(SocketId socket, const std::string& key) {
  const auto topic = topics_.find(key);
  if (topic == topics_.end()) return;
  std::erase(topic->second.sockets, socket);
  if (!topic->second.sockets.empty()) return;
  if (topic->second.account && --followed_[*topic->second.account] == 0)
    followed_.erase(*topic->second.account);
  topics_.erase(topic);
}

// Answers with those that were subscribed.
Reply Channels::unsubscribe(SocketId socket, const Params& params) {
  std::set<std::string>& mine = sockets_[socket];
  JsonWriter answer;
  answer.open('[');
  for (const std::string& channel : params.list("channels")) {
    const auto found = std::find_if(mine.begin(), mine.end(), [&](const std::string& key) {
      return key == channel || key.ends_with(":" + channel);
    });
    if (found == mine.end()) continue;
    drop(socket, *found);
    mine.erase(found);
    answer.item(channel);
  }
  return Reply::ok(answer.close().take());
}

Reply Channels::unsubscribe_all(SocketId socket) {
  for (const std::string& key : sockets_[socket]) drop(socket, key);
  sockets_[socket].clear();
  return Reply::ok("\"ok\"");
}

void Channels::closed(SocketId socket) {
  for (const std::string& key : sockets_[socket]) drop(socket, key);
  sockets_.erase(socket);
  first_.erase(socket);
}

// Rows are written at once, since records may be gone later; the rest is only marked.
void Channels::on_update(const DeskUpdate& update) {
  if (topics_.empty()) return;
  switch (update.kind) {
    case DeskUpdate::Kind::trade: {
      const Contract* const c = contracts_.of(update.instrument);
      if (!c || !update.trade) return;
      std::string row;
      for (auto& [name, topic] : topics_) {
        if (topic.kind == Kind::chart && topic.contract == c) topic.changed = true;
        if (topic.kind != Kind::trades || !topic.is(*c)) continue;
        if (row.empty()) row = shapes_.trade(*c, *update.trade);
        if (topic.row_count++ == 0) topic.rows.open('[');
        topic.rows.raw_item(row);
      }
      return;
    }
    case DeskUpdate::Kind::order:
      if (!followed_.contains(update.account)) return;
      touched_.insert(update.account);
      if (update.order)
        changes_[{update.account, update.instrument}].order_rows.push_back(
            shapes_.order(*update.order));
      return;
    case DeskUpdate::Kind::fill:
      if (!followed_.contains(update.account)) return;
      touched_.insert(update.account);
      if (update.fill)
        changes_[{update.account, update.instrument}].trade_rows.push_back(
            shapes_.fill(*update.fill));
      return;
    case DeskUpdate::Kind::balance:
    case DeskUpdate::Kind::position:
    case DeskUpdate::Kind::forced:
      if (followed_.contains(update.account)) touched_.insert(update.account);
      return;
    case DeskUpdate::Kind::second:
      for (auto& [name, topic] : topics_) topic.changed = true;
      return;
    default:
      return;
  }
}

}  // namespace delever::gateways::deribit
