// What the public is told: trades, candles, the last day, funding, the book by numbered changes.
#include <algorithm>

#include "gateways/desk_state.h"

namespace delever::gateways {
namespace {

constexpr size_t kTradesKept = 1'000, kBarsKept = 7 * 1'440, kFundingKept = 1'000,
                 kForcedPublicKept = 1'000, kSecondsKept = 1'800;
constexpr size_t kSamplesKept = 7 * 288;  // of five minutes
constexpr size_t kBookLevels = 5'000;
constexpr Duration kMinute = Duration::minutes(1), kSecond = Duration::seconds(1);

template <class Bar>
Bar flat(Instant start, Price price) {
  Bar bar;
  bar.start = start;
  bar.open = bar.high = bar.low = bar.close = price;
  return bar;
}

void join(Candle& into, const Candle& next) {
  into.high = std::max(into.high, next.high);
  into.low = std::min(into.low, next.low);
  into.close = next.close;
  into.volume += next.volume;
  into.turnover += next.turnover;
  into.trades += next.trades;
  into.taker_buy_volume += next.taker_buy_volume;
}

}  // namespace

InstrumentRecord::InstrumentRecord()
    : trades(kTradesKept),
      bars(kBarsKept),
      seconds(kSecondsKept),
      funding(kFundingKept),
      past(kSamplesKept),
      forced(kForcedPublicKept) {}

void Desk::State::add_trade(const PublicTrade& trade) {
  InstrumentRecord& record = instruments[trade.instrument];
  const PublicTrade& kept = record.trades.add(trade);
  const Instant start = CandleLength(kMinute).start(trade.at);
  if (record.bars.empty() || record.bars.back().start < start)
    record.bars.add(flat<MinuteBar>(start, trade.price));
  MinuteBar& bar = record.bars.back();
  if (bar.trades == 0) {
    bar.open = bar.high = bar.low = trade.price;
    bar.first_trade = trade.number;
  }
  const double units = trade.qty.approx(), coins = units * record.size;
  Candle one = flat<Candle>(start, trade.price);
  one.volume = units;
  // Turnover is in the coin of settlement: of an inverse contract, value over price.
  one.turnover = record.inverse ? coins / trade.price.approx() : coins * trade.price.approx();
  one.trades = 1;
  one.taker_buy_volume = trade.taker == Side::buy ? units : 0;
  join(bar, one);
  bar.last_trade = trade.number;
  one.start = CandleLength(kSecond).start(trade.at);
  if (!record.seconds.empty() && record.seconds.back().start >= one.start)
    join(record.seconds.back(), one);
  else
    record.seconds.add(one);
  emit({.kind = DeskUpdate::Kind::trade, .instrument = trade.instrument, .trade = &kept});
}

// Minutes without a trade stand at the close before them.
void Desk::State::roll_bars() {
  const Instant start = CandleLength(kMinute).start(now());
  for (InstrumentId i = 0; i < instruments.size(); ++i) {
    InstrumentRecord& record = instruments[i];
    if (record.bars.empty()) {
      if (const auto price = door.exchange().last(i))
        record.bars.add(flat<MinuteBar>(start, *price));
      continue;
    }
    for (size_t n = 0; n < kBarsKept && record.bars.back().start < start; ++n)
      record.bars.add(
          flat<MinuteBar>(record.bars.back().start + kMinute, record.bars.back().close));
  }
}

std::span<const PublicTrade> Desk::trades(InstrumentId i) const {
  return state_->instruments.at(i).trades.all();
}
std::span<const FundingRecord> Desk::funding(InstrumentId i) const {
  return state_->instruments.at(i).funding.all();
}
std::span<const ForcedClose> Desk::forced_public(InstrumentId i) const {
  return state_->instruments.at(i).forced.all();
}

namespace {

// Seconds without a trade stand at the close before them.
std::vector<Candle> each_second(std::span<const Candle> traded, Instant now, size_t most) {
  std::vector<Candle> out;
  if (traded.empty() || most == 0) return out;
  const Instant last = std::max(CandleLength(kSecond).start(now), traded.back().start);
  const Instant first =
      std::max(traded.front().start, last - Duration::seconds(static_cast<int64_t>(most) - 1));
  size_t next = 0;  // behind those that begin before `first`
  while (next < traded.size() && traded[next].start < first) ++next;
  for (Instant at = first; at <= last; at = at + kSecond) {
    if (next < traded.size() && traded[next].start == at)
      out.push_back(traded[next++]);
    else
      out.push_back(flat<Candle>(at, next == 0 ? traded[0].open : traded[next - 1].close));
  }
  return out;
}

}  // namespace

// From minutes, so that all lengths agree with one another.
std::vector<Candle> Desk::candles(InstrumentId i, CandleLength length, size_t most) const {
  const InstrumentRecord& record = state_->instruments.at(i);
  if (length.is_second()) return each_second(record.seconds.all(), door_.market_now(), most);
  std::vector<Candle> out;
  if (!length.of_minutes() || most == 0) return out;
  Instant end = Instant::min();  // of the candle that is being joined
  for (const MinuteBar& bar : record.bars.all()) {
    if (bar.start < end) {
      join(out.back(), bar);
      continue;
    }
    out.push_back(bar);
    out.back().start = length.start(bar.start);
    end = length.end(out.back().start);
  }
  if (out.size() > most) out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(most));
  return out;
}

// Whole minutes: the first one counts when any of it lies within the window.
DayStats Desk::day(InstrumentId i, Duration window) const {
  DayStats day;
  const Instant now = door_.market_now();
  day.from = now - window;
  std::optional<Candle> whole;
  for (const MinuteBar& bar : state_->instruments.at(i).bars.all()) {
    if (bar.start + kMinute <= day.from) continue;
    if (whole)
      join(*whole, bar);
    else
      whole = bar;
    if (bar.first_trade != 0 && day.first_trade == 0) day.first_trade = bar.first_trade;
    if (bar.last_trade != 0) day.last_trade = bar.last_trade;
  }
  day.last = door_.exchange().last(i);
  if (!whole) return day;
  day.open = whole->open;
  day.high = whole->high;
  day.low = whole->low;
  day.volume = whole->volume;
  day.turnover = whole->turnover;
  day.trades = whole->trades;
  return day;
}

std::optional<Desk::NextFunding> Desk::next_funding(InstrumentId i) const {
  const auto view = door_.exchange().funding(i);
  if (!view) return std::nullopt;
  return NextFunding{view->rate, view->at, view->interval};
}

// ---- books

// Follows the exchange's book; each level that changed is one number.
void Desk::State::number_book(InstrumentId i) {
  NumberedBook& book = instruments[i].book;
  if (!book.stale) return;
  book.stale = false;
  const BookSnapshot depth = door.exchange().depth(i, kBookLevels);
  const auto side = [&](const std::vector<Level>& now, std::map<int64_t, int64_t>& known,
                        std::map<int64_t, int64_t>& changed) {
    std::map<int64_t, int64_t> fresh;
    for (const Level& level : now) {
      const auto qty = level.qty.narrowed();
      if (qty) fresh.emplace(level.price.raw(), qty->raw());
    }
    auto was = known.begin();
    const auto differs = [&](int64_t price, int64_t qty) {
      changed[price] = qty;
      ++book.number;
    };
    for (const auto& [price, qty] : fresh) {
      for (; was != known.end() && was->first < price; ++was) differs(was->first, 0);
      const bool same = was != known.end() && was->first == price;
      if (!same || was->second != qty) differs(price, qty);
      if (same) ++was;
    }
    for (; was != known.end(); ++was) differs(was->first, 0);
    known = std::move(fresh);
  };
  side(depth.bids, book.bids, book.changed_bids);
  side(depth.asks, book.asks, book.changed_asks);
}

namespace {
Level level_of(const std::pair<const int64_t, int64_t>& at) {
  return {.price = Price::raw(at.first), .qty = Qty::raw(at.second)};
}
template <class Map>
std::vector<Level> best_first(const Map& levels, bool descending, size_t most) {
  std::vector<Level> out;
  if (descending) {
    for (auto it = levels.rbegin(); it != levels.rend() && out.size() < most; ++it)
      out.push_back(level_of(*it));
  } else {
    for (auto it = levels.begin(); it != levels.end() && out.size() < most; ++it)
      out.push_back(level_of(*it));
  }
  return out;
}
}  // namespace

// Numbered first, so that the next change goes on from here.
BookSnapshot Desk::book(InstrumentId i, size_t levels) const {
  state_->number_book(i);
  const NumberedBook& book = state_->instruments.at(i).book;
  BookSnapshot out;
  out.bids = best_first(book.bids, true, levels);
  out.asks = best_first(book.asks, false, levels);
  out.sequence.last = book.number;
  out.depth = static_cast<uint32_t>(levels);
  return out;
}

// What is left of the money is rounded against the client at each level.
Qty Desk::quantity_for(InstrumentId i, Side side, Amount money) const {
  constexpr size_t kLevels = 1'000;
  const BookSnapshot book = door_.exchange().depth(i, kLevels);
  const Wide step = listing(i).rules.contract->step->raw();
  Wide left = money.raw(), steps = 0;
  for (const Level& level : side == Side::buy ? book.asks : book.bids) {
    const auto qty = level.qty.narrowed();
    if (!qty || level.price <= Price()) break;
    const Wide one = step * level.price.raw();  // in 1e-10 of the smallest amount
    const Wide affords = left * Price::scale / one, most = qty->raw() / step;
    const Wide takes = std::min(affords, most);
    steps += takes;
    left -= divide(takes * one, Price::scale, Round::up);
    if (takes < most) break;
  }
  return Qty::raw(narrow(steps * step));
}

uint64_t Desk::book_number(InstrumentId i) const {
  state_->number_book(i);
  return state_->instruments.at(i).book.number;
}

std::optional<BookChange> Desk::book_change(InstrumentId i) {
  state_->number_book(i);
  NumberedBook& book = state_->instruments.at(i).book;
  if (book.number == book.told) return std::nullopt;
  BookChange change{.first = book.told + 1,
                    .last = book.number,
                    .bids = best_first(book.changed_bids, true, SIZE_MAX),
                    .asks = best_first(book.changed_asks, false, SIZE_MAX)};
  book.told = book.number;
  book.changed_bids.clear();
  book.changed_asks.clear();
  return change;
}

}  // namespace delever::gateways
