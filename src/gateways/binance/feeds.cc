#include "gateways/binance/feeds.h"

#include <algorithm>

#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

// The venue shows the latest forced order of a second and no other.
constexpr Duration kForcedEvery = Duration::seconds(1);

// Both lists are best first; a level of size 0 stays, since it says that the price is gone.
void merge(std::vector<Level>& into, const std::vector<Level>& more, bool descending) {
  for (const Level& level : more) {
    const auto at = std::lower_bound(
        into.begin(), into.end(), level.price, [&](const Level& known, Price price) {
          return descending ? known.price > price : known.price < price;
        });
    if (at != into.end() && at->price == level.price)
      at->qty = level.qty;
    else
      into.insert(at, level);
  }
}

std::optional<Level> best(const std::vector<Level>& side) {
  return side.empty() ? std::nullopt : std::optional(side[0]);
}

}  // namespace

Feeds::Feeds(Face& face, Streams& streams) : face_(face), streams_(streams) {
  streams_.on_first = [this](Topic& topic) { begin(topic); };
}

// A stream of changes begins with those that come after now.
void Feeds::begin(Topic& topic) {
  if (topic.what.kind != StreamKind::depth) return;
  gather(topic.what.market->id);
  topic.told = face_.desk.book_number(topic.what.market->id);
}

// What has changed since the desk was asked last, to all who follow at whatever speed.
void Feeds::gather(InstrumentId id) {
  const auto change = face_.desk.book_change(id);
  if (!change) return;
  for (Topic* topic : streams_.of(StreamKind::depth, id)) {
    if (!topic->has_news) topic->news = {.first = change->first};
    topic->has_news = true;
    topic->news.last = change->last;
    merge(topic->news.bids, change->bids, true);
    merge(topic->news.asks, change->asks, false);
  }
}

void Feeds::to_all(StreamKind kind, InstrumentId id, const std::string& json) {
  for (const Topic* topic : streams_.of(kind, id)) streams_.publish(*topic, json);
}

void Feeds::on_update(const DeskUpdate& update) {
  switch (update.kind) {
    case DeskUpdate::Kind::trade:
      on_trade(*update.trade);
      break;
    case DeskUpdate::Kind::forced:
      if (update.forced->how == ForcedClose::How::deleveraging ||
          !face_.markets.of(update.instrument))
        break;
      forced_[update.instrument].waiting = *update.forced;
      push_forced(update.instrument);
      break;
    case DeskUpdate::Kind::second:
      on_second();
      break;
    default:
      break;
  }
}

// An aggregate may end with this trade, and its own trade comes first.
void Feeds::on_trade(const PublicTrade& trade) {
  const Market* m = face_.markets.of(trade.instrument);
  if (!m) return;
  face_.aggregates.add(trade, [&](const AggregateTrade& done) { on_aggregate(done); });
  if (streams_.of(StreamKind::trade, m->id).empty()) return;
  to_all(StreamKind::trade, m->id, trade_event(*m, face_.spot, face_.now(), trade));
}

void Feeds::on_aggregate(const AggregateTrade& trade) {
  if (streams_.of(StreamKind::aggregate_trade, trade.instrument).empty()) return;
  const Market& m = *face_.markets.of(trade.instrument);
  to_all(StreamKind::aggregate_trade, m.id, aggregate_event(m, face_.spot, face_.now(), trade));
}

// The latest of each second and symbol; the ones before it in that second are never told.
void Feeds::push_forced(InstrumentId id) {
  Forced& f = forced_[id];
  if (!f.waiting || (f.pushed != Instant::min() && face_.now() - f.pushed < kForcedEvery)) return;
  f.pushed = face_.now();
  const std::string json = force_order_event(*face_.markets.of(id), face_.now(), *f.waiting);
  f.waiting.reset();
  to_all(StreamKind::force_order, id, json);
  to_all(StreamKind::force_order, kNoInstrument, json);
}

// ---- marks: by the venue's clock

std::string Feeds::mark_json(const Market& m) const {
  MarkNews news{.mark = face_.exchange().mark(m.id).value_or(Price())};
  news.index = face_.exchange().index(m.listing->index);
  if (const auto next = face_.desk.next_funding(m.id)) {
    news.funding = next->rate;
    news.next_funding = next->at;
  }
  return mark_event(m, face_.now(), news);
}

void Feeds::on_second() {
  if (face_.spot) return;
  ++seconds_;
  for (const Market& m : face_.markets.all()) {
    const auto mark = face_.exchange().mark(m.id);
    const auto index = face_.exchange().index(m.listing->index);
    if (!mark) continue;
    face_.bars.sample(m.id, PriceBars::Of::mark, mark->approx(), face_.now());
    if (index) {
      face_.bars.sample(m.id, PriceBars::Of::index, index->approx(), face_.now());
      face_.bars.sample(m.id, PriceBars::Of::premium, mark->approx() / index->approx() - 1,
                        face_.now());
    }
    for (const Topic* topic : streams_.of(StreamKind::mark_price, m.id)) {
      if (seconds_ % (topic->what.every.ns() / Duration::seconds(1).ns()) == 0)
        streams_.publish(*topic, mark_json(m));
    }
  }
  for (const Topic* topic : streams_.of(StreamKind::mark_price, kNoInstrument)) {
    if (seconds_ % (topic->what.every.ns() / Duration::seconds(1).ns()) != 0) continue;
    std::string json;
    append_list(json, face_.markets.all(), [&](const Market& m) {
      if (face_.exchange().mark(m.id)) json += mark_json(m);
    });
    streams_.publish(*topic, json);
  }
}

// ---- the streams with a speed

void Feeds::tick() {
  face_.aggregates.close_due(face_.now(), [&](const AggregateTrade& t) { on_aggregate(t); });
  for (const auto& [id, f] : forced_) {
    if (f.waiting) push_forced(id);
  }
  for (auto& [name, topic] : streams_.all()) {
    if (face_.now() >= topic.due) push_due(topic);
  }
}

void Feeds::push_due(Topic& topic) {
  switch (topic.what.kind) {
    case StreamKind::depth:
      push_depth(topic);
      break;
    case StreamKind::partial_depth:
      push_partial(topic);
      break;
    case StreamKind::kline:
      push_kline(topic);
      break;
    case StreamKind::mini_ticker:
    case StreamKind::ticker:
      push_tickers(topic);
      break;
    case StreamKind::book_ticker:
      push_quotes(topic);
      break;
    case StreamKind::window_ticker:
      push_windows(topic);
      break;
    case StreamKind::average_price:
      streams_.publish(topic, average_event(face_, *topic.what.market));
      break;
    case StreamKind::collateral_index:
      push_collateral(topic);
      break;
    case StreamKind::trade:
    case StreamKind::aggregate_trade:
    case StreamKind::mark_price:
    case StreamKind::force_order:
    case StreamKind::account:
      return;  // as it happens
  }
  // On whole multiples, so that what is due at one moment reaches a socket in one piece.
  const int64_t every = std::max<int64_t>(topic.what.every.ns(), 1);
  topic.due = Instant::ns((face_.now().ns() / every + 1) * every);
}

// Nothing is sent where nothing changed; the chain goes on from what was sent last.
void Feeds::push_depth(Topic& topic) {
  const Market& m = *topic.what.market;
  gather(m.id);
  if (!topic.has_news) return;
  topic.news.previous = topic.told;
  streams_.publish(topic, depth_event(m, face_.spot, face_.now(), topic.news));
  topic.told = topic.news.last;
  topic.has_news = false;
}

void Feeds::push_partial(Topic& topic) {
  const Market& m = *topic.what.market;
  const BookSnapshot book = face_.desk.book(m.id, topic.what.depth);
  if (book.sequence.last == topic.told) return;
  const DepthNews news{topic.told + 1, book.sequence.last, topic.told, book.bids, book.asks};
  streams_.publish(topic, partial_depth_event(m, face_.spot, face_.now(), news));
  topic.told = book.sequence.last;
}

// The bar that is over is sent once more, closed, before the next begins.
void Feeds::push_kline(Topic& topic) {
  const Market& m = *topic.what.market;
  const CandleLength interval =
      kline_interval(topic.what.interval, face_.spot)->east(topic.what.east);
  // Of seconds several may have ended since.
  for (const Candle& c : face_.desk.candles(m.id, interval, interval.is_second() ? 30 : 2)) {
    if (c.start < topic.candle) continue;
    const Instant end = interval.end(c.start);
    const bool closed = end <= face_.now();
    if (closed && topic.candle == Instant::min()) continue;  // was over before we began
    Bar bar{.candle = c, .end = end, .closed = closed};
    for (const PublicTrade& t : face_.desk.trades(m.id)) {
      if (t.at < c.start || t.at >= bar.end) continue;
      if (bar.first_trade == 0) bar.first_trade = t.number;
      bar.last_trade = t.number;
    }
    streams_.publish(topic, topic.what.continuous
                                ? continuous_event(m, face_.now(), topic.what.interval, bar)
                                : kline_event(m, face_.now(), topic.what.interval, bar));
    topic.candle = closed ? bar.end : c.start;
  }
}

void Feeds::push_tickers(Topic& topic) {
  const bool mini = topic.what.kind == StreamKind::mini_ticker;
  const auto one = [&](const Market& m) {
    const DayStats day = face_.desk.day(m.id);
    if (mini) return mini_ticker_event(m, face_.now(), day);
    const BookSnapshot book = face_.desk.book(m.id, 1);
    const auto trades = face_.desk.trades(m.id);
    return ticker_event(
        m, face_.spot, face_.now(), day,
        {best(book.bids), best(book.asks), trades.empty() ? Qty() : trades.back().qty});
  };
  if (topic.what.market) return streams_.publish(topic, one(*topic.what.market));
  std::string json;
  append_list(json, face_.markets.all(), [&](const Market& m) { json += one(m); });
  streams_.publish(topic, json);
}

void Feeds::push_windows(Topic& topic) {
  const Duration window = *interval_of(topic.what.interval);
  const auto one = [&](const Market& m) {
    return window_event(m, face_.now(), topic.what.interval, face_.desk.day(m.id, window));
  };
  if (topic.what.market) return streams_.publish(topic, one(*topic.what.market));
  std::string json;
  append_list(json, face_.markets.all(), [&](const Market& m) { json += one(m); });
  streams_.publish(topic, json);
}

void Feeds::push_collateral(Topic& topic) {
  std::string json;
  if (topic.what.coin) {
    if (!collateral_index(face_, *topic.what.coin)) return;
    append_collateral_index(json, face_, *topic.what.coin, true);
    return streams_.publish(topic, json);
  }
  std::vector<CoinId> coins;
  for (CoinId c = 0; c < face_.markets.coins().size(); ++c) {
    if (collateral_index(face_, c)) coins.push_back(c);
  }
  append_list(json, coins, [&](CoinId c) { append_collateral_index(json, face_, c, true); });
  streams_.publish(topic, json);
}

std::string Feeds::quote_json(const Market& m) const {
  const BookSnapshot book = face_.desk.book(m.id, 1);
  return book_ticker_event(m, face_.spot, face_.now(), book.sequence.last, best(book.bids),
                           best(book.asks));
}

// Only what has changed: a book whose number stands where it stood has the same best prices.
void Feeds::push_quotes(Topic& topic) {
  if (const Market* m = topic.what.market) {
    const BookSnapshot book = face_.desk.book(m->id, 1);
    std::string prices;
    append_levels(prices, *m, book.bids);
    append_levels(prices, *m, book.asks);
    if (prices == topic.last) return;
    topic.last = std::move(prices);
    return streams_.publish(topic, quote_json(*m));
  }
  for (const Market& m : face_.markets.all()) streams_.publish(topic, quote_json(m));
}

}  // namespace delever::gateways::binance
