// What is due on Bybit's public topics, and how it is said.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "gateways/book_difference.h"
#include "gateways/bybit/public_feeds.h"
#include "gateways/json_text.h"

namespace delever::gateways::bybit {
namespace {

constexpr Duration kSameBestAgain = Duration::seconds(3);

}  // namespace

void PublicFeeds::push(Feed& feed, Instant wall) {
  switch (feed.topic.kind) {
    case Kind::book:
      return push_book(feed, wall);
    case Kind::trades:
      return push_trades(feed);
    case Kind::ticker:
      return push_ticker(feed);
    case Kind::candle:
      return push_candle(feed);
    case Kind::liquidations:
      return push_liquidations(feed);
    case Kind::insurance:
    case Kind::price_limit:
      return;
  }
}

void PublicFeeds::push_book(Feed& feed, Instant wall) {
  const Topic& t = feed.topic;
  if (feed.stale) {
    feed.stale = false;
    BookSnapshot now = venue_.desk.book(t.product->instrument, t.depth);
    BookSnapshot change;
    change.bids = changed_levels(feed.book.bids, now.bids, Side::buy);
    change.asks = changed_levels(feed.book.asks, now.asks, Side::sell);
    feed.book = std::move(now);
    if (!change.bids.empty() || !change.asks.empty()) {
      ++feed.update;
      feed.pushed = wall;
      out_.send_all(feed.followers, t.depth == 1 ? book_message(feed, feed.book, true)
                                                 : book_message(feed, change, false));
    }
  }
  // The best prices come again, with the same number, where nothing changes.
  if (t.depth == 1 && wall - feed.pushed >= kSameBestAgain) {
    feed.pushed = wall;
    out_.send_all(feed.followers, book_message(feed, feed.book, true));
  }
}

std::string PublicFeeds::head(const Feed& feed, std::string_view type) const {
  return fmt::format(R"({{"topic":"{}","type":"{}","ts":{},"data":)", feed.name, type,
                     venue_.market().ms());
}

std::string PublicFeeds::book_message(const Feed& feed, const BookSnapshot& levels,
                                      bool snapshot) const {
  std::string out = head(feed, snapshot ? "snapshot" : "delta");
  append_book(out, feed.topic.product->symbol, levels, feed.update, feed.book.sequence.last);
  fmt::format_to(std::back_inserter(out), R"(,"cts":{}}})", venue_.market().ms());
  return out;
}

std::string PublicFeeds::ticker_message(const Feed& feed, const Fields& fields,
                                        bool snapshot) const {
  std::string out = head(feed, snapshot ? "snapshot" : "delta");
  append_fields(out, fields);
  fmt::format_to(std::back_inserter(out), R"(,"cs":{}}})", venue_.market().ms());
  return out;
}

// Of contracts what has changed; spot's are always whole.
void PublicFeeds::push_ticker(Feed& feed) {
  const Product& p = *feed.topic.product;
  Fields now = ticker_fields(venue_, p);
  if (now == feed.fields) return;
  Fields changed;
  for (const auto& field : now) {
    const bool named = field.first == "symbol";
    if (named || std::find(feed.fields.begin(), feed.fields.end(), field) == feed.fields.end())
      changed.push_back(field);
  }
  feed.fields = std::move(now);
  const bool spot = p.category == Category::spot;
  out_.send_all(feed.followers, ticker_message(feed, spot ? feed.fields : changed, spot));
}

void PublicFeeds::push_trades(Feed& feed) {
  if (feed.trades.empty()) return;
  std::string out = head(feed, "snapshot");
  append_list(out, feed.trades, [&](const PublicTrade& trade) {
    if (trade.price > feed.last_price)
      feed.direction = "PlusTick";
    else if (trade.price < feed.last_price)
      feed.direction = "MinusTick";
    else
      feed.direction = feed.direction.starts_with("Minus") || feed.direction == "ZeroMinusTick"
                           ? "ZeroMinusTick"
                           : "ZeroPlusTick";
    feed.last_price = trade.price;
    append_stream_trade(out, *feed.topic.product, trade, feed.direction);
  });
  out += '}';
  feed.trades.clear();
  out_.send_all(feed.followers, out);
}

// Candles that have ended since are told as closed before the one that runs.
void PublicFeeds::push_candle(Feed& feed) {
  constexpr size_t kLook = 30;
  const Topic& t = feed.topic;
  const auto candles = venue_.desk.candles(t.product->instrument, t.length, kLook);
  const bool first = feed.candle.trades == 0 && feed.candle.start == Instant();
  for (size_t i = first && !candles.empty() ? candles.size() - 1 : 0; i < candles.size(); ++i) {
    const Candle& c = candles[i];
    const bool same = c.start == feed.candle.start && c.trades == feed.candle.trades;
    const bool over = i + 1 < candles.size();
    if (c.start < feed.candle.start || (same && !over)) continue;
    std::string out = head(feed, "snapshot");
    out += '[';
    append_stream_candle(out, c, t.interval, t.length, over, venue_.market());
    out += "]}";
    out_.send_all(feed.followers, out);
    feed.candle = c;
    if (over) feed.candle.start = c.start + Duration::ns(1);  // told whole
  }
}

void PublicFeeds::push_liquidations(Feed& feed) {
  std::vector<const ForcedClose*> news;
  for (const ForcedClose& f : venue_.desk.forced_public(feed.topic.product->instrument)) {
    if (f.number > feed.liquidation && f.how != ForcedClose::How::deleveraging) news.push_back(&f);
  }
  if (news.empty()) return;
  feed.liquidation = news.back()->number;
  std::string out = head(feed, "snapshot");
  append_list(out, news,
              [&](const ForcedClose* f) { append_liquidation(out, *feed.topic.product, *f); });
  out += '}';
  out_.send_all(feed.followers, out);
}

}  // namespace delever::gateways::bybit
