#include "gateways/bybit/public_feeds.h"

#include <algorithm>

#include "base/text.h"

namespace delever::gateways::bybit {
namespace {

constexpr uint64_t kFirstUpdate = 1'000;  // u = 1 means a restart of the venue
constexpr size_t kTradesMost = 1'024;     // in one message

std::optional<Duration> book_interval(uint32_t depth) {
  switch (depth) {
    case 1:
      return Duration::ms(10);
    case 50:
      return Duration::ms(20);
    case 200:
      return Duration::ms(100);
    case 1'000:
      return Duration::ms(200);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<PublicFeeds::Topic> PublicFeeds::read_topic(Category category,
                                                          std::string_view name) const {
  const auto parts = split(name, '.');
  const bool contract = category != Category::spot;
  Topic t;
  if (parts.size() == 2 && parts[0] == "insurance" && contract) {
    t = {.kind = Kind::insurance, .every = Duration::seconds(1)};
    return t;
  }
  if (parts.size() < 2) return std::nullopt;
  t.product = venue_.catalog.find(category, parts.back());
  if (!t.product) return std::nullopt;
  if (parts[0] == "orderbook" && parts.size() == 3) {
    t.kind = Kind::book;
    const auto depth = read_int(parts[1]);
    const auto every = depth && *depth > 0 && *depth <= 1'000
                           ? book_interval(static_cast<uint32_t>(*depth))
                           : std::nullopt;
    if (!every) return std::nullopt;
    t.depth = static_cast<uint32_t>(*depth);
    t.every = *every;
  } else if (parts[0] == "publicTrade" && parts.size() == 2) {
    t.kind = Kind::trades;
  } else if (parts[0] == "tickers" && parts.size() == 2) {
    t.kind = Kind::ticker;
    t.every = contract ? Duration::ms(100) : Duration::ms(50);
  } else if (parts[0] == "kline" && parts.size() == 3) {
    const auto length = candle_length(parts[1]);
    if (!length) return std::nullopt;
    t.kind = Kind::candle;
    t.interval = parts[1];
    t.length = *length;
    t.every = Duration::ms(500);
  } else if (parts[0] == "allLiquidation" && parts.size() == 2 && contract) {
    t.kind = Kind::liquidations;
    t.every = Duration::ms(500);
  } else if (parts[0] == "priceLimit" && parts.size() == 2) {
    t.kind = Kind::price_limit;
    t.every = Duration::seconds(1);
  } else {
    return std::nullopt;
  }
  return t;
}

bool PublicFeeds::knows(Category category, std::string_view topic) const {
  return feeds_.contains(Name(category, topic)) || read_topic(category, topic).has_value();
}

bool PublicFeeds::follows(SocketId socket, Category category, std::string_view topic) const {
  const auto found = feeds_.find(Name(category, topic));
  return found != feeds_.end() &&
         std::find(found->second.followers.begin(), found->second.followers.end(), socket) !=
             found->second.followers.end();
}

// The first follower finds the feed as old as the last one left it.
void PublicFeeds::open(Feed& feed) {
  const Topic& t = feed.topic;
  if (t.kind == Kind::book) {
    refresh_books();
    feed.book = venue_.desk.book(t.product->instrument, t.depth);
    feed.update = std::max(feed.update + 1, kFirstUpdate);
    feed.stale = false;
    feed.pushed = venue_.wall();
  } else if (t.kind == Kind::trades) {
    feed.trades.clear();
    trades_of_[t.product->instrument] = &feed;
  } else if (t.kind == Kind::ticker) {
    feed.fields = ticker_fields(venue_, *t.product);
  } else if (t.kind == Kind::candle) {
    feed.candle = {};
  } else if (t.kind == Kind::liquidations) {
    const auto past = venue_.desk.forced_public(t.product->instrument);
    feed.liquidation = past.empty() ? 0 : past.back().number;
  }
  feed.due = Instant();
}

void PublicFeeds::follow(SocketId socket, Category category, std::string_view name) {
  const auto topic = read_topic(category, name);
  if (!topic || follows(socket, category, name)) return;
  const auto [at, fresh] = feeds_.try_emplace(Name(category, name));
  Feed& feed = at->second;
  if (fresh) {
    feed.topic = *topic;
    feed.name = name;
  }
  if (feed.followers.empty()) open(feed);
  feed.followers.push_back(socket);
  if (feed.topic.kind == Kind::book)
    out_.send(socket, book_message(feed, feed.book, true));
  else if (feed.topic.kind == Kind::ticker)
    out_.send(socket, ticker_message(feed, feed.fields, true));
}

void PublicFeeds::leave(SocketId socket, Category category, std::string_view name) {
  if (const auto found = feeds_.find(Name(category, name)); found != feeds_.end())
    std::erase(found->second.followers, socket);
}

void PublicFeeds::leave_all(SocketId socket) {
  for (auto& [name, feed] : feeds_) std::erase(feed.followers, socket);
}

void PublicFeeds::on_update(const DeskUpdate& update) {
  if (update.kind != DeskUpdate::Kind::trade || !update.trade) return;
  const auto found = trades_of_.find(update.trade->instrument);
  if (found == trades_of_.end() || found->second->followers.empty()) return;
  found->second->trades.push_back(*update.trade);
  if (found->second->trades.size() >= kTradesMost) push_trades(*found->second);
}

// One reading of an instrument's changes serves all of its depths.
void PublicFeeds::refresh_books() {
  std::map<InstrumentId, bool> changed;
  for (auto& [name, feed] : feeds_) {
    if (feed.topic.kind != Kind::book || feed.followers.empty()) continue;
    const InstrumentId i = feed.topic.product->instrument;
    auto [at, unread] = changed.try_emplace(i, false);
    if (unread) at->second = venue_.desk.book_change(i).has_value();
    feed.stale |= at->second;
  }
}

void PublicFeeds::tick() {
  refresh_books();
  const Instant wall = venue_.wall();
  for (auto& [name, feed] : feeds_) {
    if (feed.followers.empty() || feed.due > wall) continue;
    push(feed, wall);
    feed.due = wall + feed.topic.every;
  }
}

}  // namespace delever::gateways::bybit
