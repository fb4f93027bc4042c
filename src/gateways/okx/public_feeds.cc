#include "gateways/okx/public_feeds.h"

#include <algorithm>
#include <utility>

namespace delever::gateways::okx {
namespace {

constexpr size_t kTradesMost = 500;  // in one message
constexpr uint64_t kFirstSequence = 1'000;

}  // namespace

const Product* PublicFeeds::index_product(std::string_view name) const {
  for (const Product& p : venue_.catalog.all()) {
    if (p.type == InstType::swap && (p.family == name || p.inst_id == name)) return &p;
  }
  return nullptr;
}

std::optional<PublicFeeds::Topic> PublicFeeds::read_candle_topic(const Channel& c) const {
  constexpr std::string_view kWord = "candle";
  const size_t at = c.name.find(kWord);
  if (at == std::string::npos) return std::nullopt;
  const std::string_view head = std::string_view(c.name).substr(0, at);
  const auto length = bar_length(std::string_view(c.name).substr(at + kWord.size()));
  if (!length) return std::nullopt;
  Topic t{.kind = head.empty() ? Kind::candle : Kind::price_candle, .length = *length};
  t.every = Duration::ms(500);
  t.of_index = head == "index-";
  if (!head.empty() && !t.of_index && head != "mark-price-") return std::nullopt;
  t.product = t.of_index ? index_product(c.inst_id) : venue_.catalog.find(c.inst_id);
  return t.product ? std::optional(t) : std::nullopt;
}

// Candles and trades-all have moved to the business path; the rest is public.
std::optional<PublicFeeds::Topic> PublicFeeds::read_topic(Path path, const Channel& c) const {
  if (path == Path::business && c.name != "trades-all") return read_candle_topic(c);
  Topic t;
  t.product = venue_.catalog.find(c.inst_id);
  struct Row {
    std::string_view name;
    Kind kind;
    int64_t every_ms;
    size_t depth;
  };
  constexpr Row kRows[] = {
      {"books", Kind::books, 100, 400},          {"books-l2-tbt", Kind::books, 10, 400},
      {"books50-l2-tbt", Kind::books, 10, 50},   {"books5", Kind::partial, 100, 5},
      {"bbo-tbt", Kind::partial, 10, 1},         {"trades", Kind::trades, 0, 0},
      {"trades-all", Kind::trades, 0, 0},        {"tickers", Kind::ticker, 100, 0},
      {"mark-price", Kind::mark, 200, 0},        {"index-tickers", Kind::index, 100, 0},
      {"funding-rate", Kind::funding, 1'000, 0}, {"open-interest", Kind::open_interest, 3'000, 0},
      {"price-limit", Kind::price_limit, 200, 0}};
  for (const Row& row : kRows) {
    if (row.name != c.name || (row.name == "trades-all") != (path == Path::business)) continue;
    t.kind = row.kind;
    t.every = Duration::ms(row.every_ms);
    t.depth = row.depth;
    t.with_count = row.name == "trades";
    if (t.kind == Kind::index) t.product = index_product(c.inst_id);
    const bool contracts =
        t.kind == Kind::mark || t.kind == Kind::funding || t.kind == Kind::open_interest;
    if (!t.product || (contracts && t.product->is_spot())) return std::nullopt;
    return t;
  }
  t.product = nullptr;
  if (c.name == "liquidation-orders" && read_inst_type(c.inst_type)) {
    t.kind = Kind::liquidations;
    t.every = Duration::seconds(1);
    return t;
  }
  if (c.name == "instruments" && read_inst_type(c.inst_type)) {
    t.kind = Kind::instruments;
    t.every = Duration::hours(1);
    return t;
  }
  if (c.name == "status" || c.name == "adl-warning" || c.name == "opt-summary" ||
      c.name == "estimated-price")
    return t;
  return std::nullopt;
}

bool PublicFeeds::knows(Path path, const Channel& channel) const {
  return read_topic(path, channel).has_value();
}

void PublicFeeds::open(Feed& feed) {
  const Topic& t = feed.topic;
  if (t.kind == Kind::books) {
    refresh_books();
    feed.book = venue_.desk.book(t.product->instrument, t.depth);
    feed.sequence = std::max(feed.sequence + 1, kFirstSequence);
    feed.stale = false;
  } else if (t.kind == Kind::liquidations) {
    for (const Product& p : venue_.catalog.all()) {
      const auto past = venue_.desk.forced_public(p.instrument);
      feed.liquidation[p.instrument] = past.empty() ? 0 : past.back().number;
    }
  } else {
    feed.stale = true;
    feed.trades.clear();
    feed.candle = {};
  }
  feed.due = Instant();
}

void PublicFeeds::follow(SocketId socket, Path path, const Channel& channel) {
  const auto topic = read_topic(path, channel);
  if (!topic) return;
  Feed& feed = feeds_[channel.argument];
  if (!feed.opened) {
    feed.topic = *topic;
    feed.channel = channel;
    feed.opened = true;
  }
  auto& all = feed.followers;
  if (std::find(all.begin(), all.end(), socket) != all.end()) return;
  if (all.empty()) open(feed);
  all.push_back(socket);
  // What stands now, so that nobody waits for a change.
  if (feed.topic.kind == Kind::books)
    out_.send(socket, message(feed, book_rows(feed, feed.book, -1), "snapshot"));
  else if (feed.topic.kind == Kind::instruments)
    out_.send(socket, message(feed, instrument_rows(channel)));
  else if (const std::string row = row_of(feed, venue_.market()); !row.empty())
    out_.send(socket, message(feed, row));
}

void PublicFeeds::leave(SocketId socket, const Channel& channel) {
  if (const auto found = feeds_.find(channel.argument); found != feeds_.end()) {
    std::erase(found->second.followers, socket);
    if (found->second.followers.empty()) feeds_.erase(found);
  }
}

void PublicFeeds::leave_all(SocketId socket) {
  for (auto it = feeds_.begin(); it != feeds_.end();) {
    Feed& feed = it->second;
    std::erase(feed.followers, socket);
    it = feed.followers.empty() ? feeds_.erase(it) : std::next(it);
  }
}

void PublicFeeds::on_update(const DeskUpdate& update) {
  if (update.kind != DeskUpdate::Kind::trade || !update.trade) return;
  for (auto& [argument, feed] : feeds_) {
    if (feed.topic.kind != Kind::trades || feed.followers.empty() ||
        feed.topic.product->instrument != update.trade->instrument)
      continue;
    feed.trades.push_back(*update.trade);
    if (feed.trades.size() >= kTradesMost) push_trades(feed);
  }
}

void PublicFeeds::refresh_books() {
  std::map<InstrumentId, bool> changed;
  for (auto& [argument, feed] : feeds_) {
    const bool book = feed.topic.kind == Kind::books || feed.topic.kind == Kind::partial;
    if (!book || feed.followers.empty()) continue;
    const InstrumentId i = feed.topic.product->instrument;
    auto [at, unread] = changed.try_emplace(i, false);
    if (unread) at->second = venue_.desk.book_change(i).has_value();
    feed.stale |= at->second;
  }
}

void PublicFeeds::tick() {
  refresh_books();
  const Instant wall = venue_.wall();
  for (auto& [argument, feed] : feeds_) {
    if (feed.followers.empty() || feed.due > wall) continue;
    push(feed);
    feed.due = wall + feed.topic.every;
  }
}

}  // namespace delever::gateways::okx
