// What is due on OKX's public channels, and how it is said.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateways/book_difference.h"
#include "gateways/okx/book_checksum.h"
#include "gateways/okx/public_feeds.h"

namespace delever::gateways::okx {

void PublicFeeds::push(Feed& feed) {
  switch (feed.topic.kind) {
    case Kind::books:
    case Kind::partial:
      return push_book(feed);
    case Kind::trades:
      return push_trades(feed);
    case Kind::candle:
    case Kind::price_candle:
      return push_candle(feed);
    case Kind::liquidations:
      return push_liquidations(feed);
    case Kind::instruments:
    case Kind::quiet:
      return;
    default:
      return push_row(feed);
  }
}

std::string PublicFeeds::message(const Feed& feed, std::string_view rows,
                                 std::string_view action) const {
  if (action.empty())
    return fmt::format(R"({{"arg":{},"data":[{}]}})", feed.channel.argument, rows);
  return fmt::format(R"({{"arg":{},"action":"{}","data":[{}]}})", feed.channel.argument, action,
                     rows);
}

// Numbers join: the first has -1 before it.
std::string PublicFeeds::book_rows(const Feed& feed, const BookSnapshot& levels,
                                   int64_t previous) const {
  std::string out;
  const std::string more =
      feed.topic.kind == Kind::books
          ? fmt::format(R"(,"checksum":{},"seqId":{},"prevSeqId":{})",
                        book_checksum(feed.book.bids, feed.book.asks), feed.sequence, previous)
          : fmt::format(R"(,"instId":"{}","seqId":{})", feed.topic.product->inst_id,
                        feed.book.sequence.last);
  append_book(out, levels, venue_.market(), more);
  return out;
}

void PublicFeeds::push_book(Feed& feed) {
  if (!feed.stale) return;
  feed.stale = false;
  const Topic& t = feed.topic;
  BookSnapshot now = venue_.desk.book(t.product->instrument, t.depth);
  BookSnapshot change;
  change.bids = changed_levels(feed.book.bids, now.bids, Side::buy);
  change.asks = changed_levels(feed.book.asks, now.asks, Side::sell);
  feed.book = std::move(now);
  if (change.bids.empty() && change.asks.empty()) return;
  if (t.kind == Kind::partial)
    return out_.send_all(feed.followers, message(feed, book_rows(feed, feed.book, 0)));
  const auto previous = static_cast<int64_t>(feed.sequence++);
  out_.send_all(feed.followers, message(feed, book_rows(feed, change, previous), "update"));
}

void PublicFeeds::push_trades(Feed& feed) {
  if (feed.trades.empty()) return;
  std::string rows;
  for (const PublicTrade& trade : feed.trades) {
    if (!rows.empty()) rows += ',';
    append_trade(rows, *feed.topic.product, trade, feed.topic.with_count);
  }
  feed.trades.clear();
  out_.send_all(feed.followers, message(feed, rows));
}

std::string PublicFeeds::row_of(const Feed& feed, Instant at) const {
  const Topic& t = feed.topic;
  std::string out;
  switch (t.kind) {
    case Kind::ticker:
      append_ticker(out, venue_, *t.product, at);
      break;
    case Kind::mark:
      append_mark(out, venue_, *t.product, at);
      break;
    case Kind::index:
      append_index(out, venue_, *t.product, at);
      break;
    case Kind::funding:
      out = funding_row(venue_, *t.product, at);
      break;
    case Kind::open_interest:
      append_open_interest(out, venue_, *t.product, at);
      break;
    case Kind::price_limit:
      append_price_limit(out, venue_, *t.product, at);
      break;
    default:
      break;
  }
  return out;
}

void PublicFeeds::push_row(Feed& feed) {
  std::string undated = row_of(feed, Instant());
  if (undated.empty() || undated == feed.row) return;
  feed.row = std::move(undated);
  out_.send_all(feed.followers, message(feed, row_of(feed, venue_.market())));
}

// Candles that have ended since are told as confirmed before the one that runs.
void PublicFeeds::push_candle(Feed& feed) {
  constexpr size_t kLook = 30;
  const Topic& t = feed.topic;
  const InstrumentId i = t.product->instrument;
  std::vector<Candle> candles;
  if (t.kind == Kind::candle) {
    candles = venue_.desk.candles(i, t.length, kLook);
  } else {
    const auto& prices = t.of_index ? venue_.indices : venue_.marks;
    if (const auto found = prices.find(i); found != prices.end())
      candles = found->second.candles(t.length, kLook);
  }
  const bool first = feed.candle.start == Instant();
  for (size_t n = first && !candles.empty() ? candles.size() - 1 : 0; n < candles.size(); ++n) {
    const Candle& c = candles[n];
    const bool over = n + 1 < candles.size();
    const bool same = c.start == feed.candle.start && c.trades == feed.candle.trades &&
                      c.close == feed.candle.close;
    if (c.start < feed.candle.start || (same && !over)) continue;
    std::string row;
    if (t.kind == Kind::candle)
      append_candle(row, venue_, *t.product, c, over);
    else
      append_price_candle(row, c, over);
    out_.send_all(feed.followers, message(feed, row));
    feed.candle = c;
    if (over) feed.candle.start = c.start + Duration::ns(1);  // told whole
  }
}

// At most one a contract and second: the latest. The others are never told here.
void PublicFeeds::push_liquidations(Feed& feed) {
  for (const Product* p :
       venue_.catalog.all({feed.channel.inst_type, feed.channel.inst_id, feed.channel.family})) {
    const ForcedClose* latest = nullptr;
    uint64_t& told = feed.liquidation[p->instrument];
    for (const ForcedClose& f : venue_.desk.forced_public(p->instrument)) {
      if (f.number > told && f.how != ForcedClose::How::deleveraging) latest = &f;
    }
    if (!latest) continue;
    told = latest->number;
    std::string row;
    append_liquidations(row, *p, {latest});
    out_.send_all(feed.followers, message(feed, row));
  }
}

std::string PublicFeeds::instrument_rows(const Channel& channel) const {
  std::string rows;
  for (const Product* p :
       venue_.catalog.all({channel.inst_type, channel.inst_id, channel.family})) {
    if (!rows.empty()) rows += ',';
    append_instrument(rows, venue_, *p);
  }
  return rows;
}

}  // namespace delever::gateways::okx
