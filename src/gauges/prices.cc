#include "gauges/prices.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "market/candle_end.h"

namespace delever::gauges {
namespace {

constexpr int64_t kMinute = 60'000'000'000;
constexpr Duration kPricesKept = Duration::hours(26);
constexpr size_t kBarsKept = 20'000;  // of one series; two years of hours

// The end of the minute that holds `t`; a price stamped exactly on a minute is that minute's close.
int64_t closing_minute(Instant t) {
  const int64_t ns = t.ns();
  return ns / kMinute + (ns % kMinute > 0 ? 1 : 0);
}

// Archives close a candle one millisecond before the next one opens.
Instant rounded(Instant t) {
  const int64_t second = 1'000'000'000, half = second / 2;
  const int64_t ns = t.ns() + (t.ns() < Instant::max().ns() - half ? half : 0);
  return Instant::ns(ns - (ns % second + second) % second);
}

std::string disputed_words(Instant end) {
  return fmt::format("two candles that end at {} differ, and neither counts", end.text());
}

}  // namespace

bool Prices::takes(const Event& event) {
  const Instrument& i = subject_.instruments[event.instrument];
  if (i.kind == InstrumentKind::option || i.kind == InstrumentKind::aggregate) return false;
  if (subject_.rules.counts_as_usd(i.quote)) return true;
  other_quotes_.insert(i.quote);
  return false;
}

std::string Prices::no_prices() const {
  if (other_quotes_.empty()) return "no prices of " + subject_.asset;
  return fmt::format("no prices of {} in dollars, only in {}", subject_.asset,
                     fmt::join(other_quotes_, ", "));
}

double Prices::plain(const Event& event, Price price) const {
  return subject_.terms(event.instrument).plain_price(price.approx());
}

void Prices::put(const Event& event, PriceKind kind, double price, Instant at) {
  Series& series = series_[{event.instrument, kind}];
  const std::string& source = subject_.source_name(event);
  if (series.source.empty() || source < series.source) series.source = source;
  const MinutePrice point{closing_minute(at), at, price};
  auto& points = series.points;
  if (points.empty() || points.back().minute < point.minute) {
    points.push_back(point);
    return;
  }
  auto it = points.end() - 1;
  if (it->minute != point.minute) {
    it = std::lower_bound(points.begin(), points.end(), point.minute,
                          [](const MinutePrice& p, int64_t m) { return p.minute < m; });
    if (it->minute != point.minute) {
      points.insert(it, point);
      return;
    }
  }
  // An instant has many trades; it has one mark and one index, and of two that are further apart
  // than two sources may be neither is one.
  if (kind != PriceKind::trade && point.at == it->at &&
      std::fabs(point.price - it->price) > subject_.rules.price.band.width(point.price, it->price))
    series.disputed.insert(point.at);
  // Of two prices of one instant the higher, so that the order in which they came cannot matter.
  if (std::pair(point.at, point.price) > std::pair(it->at, it->price)) *it = point;
}

void Prices::add(const Event& event, const Trade& trade) {
  // A block is agreed outside the book and may be far from the market.
  if (trade.block || trade.price.raw() <= 0 || !takes(event)) return;
  const double price = plain(event, trade.price);
  put(event, PriceKind::trade, price, event.at);
  const Duration hour = Duration::hours(1);
  const Instant from =
      Instant::ns((closing_minute(event.at + Duration::ns(1)) - 1) / 60 * hour.ns());
  auto& bars = bars_[{event.instrument, PriceKind::trade, hour, true}];
  const auto [at, fresh] =
      bars.try_emplace(from, Bar{from + hour, price, price, price, price, event.at, event.at});
  Bar& bar = at->second;
  if (std::pair(event.at, price) < std::pair(bar.first, bar.open)) {
    bar.first = event.at;
    bar.open = price;
  }
  if (std::pair(event.at, price) > std::pair(bar.last, bar.close)) {
    bar.last = event.at;
    bar.close = price;
  }
  bar.high = std::max(bar.high, price);
  bar.low = std::min(bar.low, price);
  if (bars.size() > kBarsKept) bars.erase(bars.begin());
}

void Prices::add(const Event& event, const MarkPrice& mark) {
  if (mark.price.raw() > 0 && takes(event))
    put(event, PriceKind::mark, plain(event, mark.price), event.at);
}

void Prices::add(const Event& event, const IndexPrice& index) {
  if (index.price.raw() > 0 && takes(event))
    put(event, PriceKind::index, plain(event, index.price), event.at);
}

void Prices::add(const Event& event, const Candle& candle) {
  const Instant to = rounded(candle.to);
  if (!candle.closed || !takes(event) || candle.close.raw() <= 0 || candle.low.raw() <= 0 ||
      to <= candle.from || candle.to > event.received + Duration::seconds(1))
    return;
  // Nobody traded: the close is the one before it written again, and no price of now.
  const bool traded = candle.price_kind != PriceKind::trade || !candle.volume || *candle.volume > 0;
  if (traded) put(event, candle.price_kind, plain(event, candle.close), to);
  if (candle.price_kind == PriceKind::trade && candle.volume) {
    Traded& seen = traded_[event.instrument];
    if (traded) {
      seen.last = std::max(seen.last, to);
    } else {
      seen.empty_from = std::min(seen.empty_from, candle.from);
      seen.empty_to = std::max(seen.empty_to, to);
    }
  }
  auto& bars = bars_[{event.instrument, candle.price_kind, to - candle.from, false}];
  const Bar bar{to,
                plain(event, candle.open),
                plain(event, candle.high),
                plain(event, candle.low),
                plain(event, candle.close),
                to,
                to};
  const auto [at, fresh] = bars.try_emplace(candle.from, bar);
  Bar& known = at->second;
  if (!fresh && known.at_its_end) {
    // Events come in order of receipt: this is the later word, on the minute's close as well.
    Series& series = series_[{event.instrument, candle.price_kind}];
    series.disputed.erase(to);
    MinutePrices& points = series.points;
    for (auto p = points.rbegin(); p != points.rend() && p->at >= to; ++p) {
      if (p->at == to && p->price == known.close) p->price = bar.close;
    }
    known = bar;
    known.at_its_end = told_at_its_end(candle, event.received);
  } else if (!fresh) {
    // Which of two candles of one time is right, nobody can say. Where they differ by rounding
    // alone the higher stands, whichever came first.
    const bool disputed = known.disputed || !same_figure(known.open, bar.open) ||
                          !same_figure(known.high, bar.high) || !same_figure(known.low, bar.low) ||
                          !same_figure(known.close, bar.close);
    if (!same_figure(known.close, bar.close))
      series_[{event.instrument, candle.price_kind}].disputed.insert(to);
    if (std::tie(bar.close, bar.high) > std::tie(known.close, known.high)) known = bar;
    known.disputed = disputed;
  } else {
    known.at_its_end = told_at_its_end(candle, event.received);
  }
  if (bars.size() > kBarsKept) bars.erase(bars.begin());
}

// Before any minute goes that the reference at the end of a day can rest on. There may be several
// such days where nothing was received for long.
void Prices::keep_day_ends(Instant oldest) {
  std::optional<Instant> first;
  for (const auto& [key, series] : series_) {
    if (!series.points.empty())
      first = std::min(first.value_or(series.points[0].at), series.points[0].at);
  }
  const Instant last =
      (oldest + subject_.rules.price.stale_after + Duration::minutes(1)).start_of_day();
  if (!first) return;
  for (Instant end = last; end > day_ends_to_ && end >= *first; end = end - kDay) {
    if (auto price = newest_reference(end)) day_ends_.emplace(end, std::move(*price));
  }
  day_ends_to_ = std::max(day_ends_to_, last);
}

bool Prices::several() const {
  return std::any_of(series_.begin(), series_.end(), [&](const auto& one) {
    return subject_.instruments[one.first.instrument].venue !=
           subject_.instruments[series_.begin()->first.instrument].venue;
  });
}

void Prices::forget_before(Instant known) {
  keep_day_ends(known - kPricesKept);
  const int64_t oldest = closing_minute(known - kPricesKept);
  for (auto& [key, series] : series_) {
    auto first = std::lower_bound(series.points.begin(), series.points.end(), oldest,
                                  [](const MinutePrice& p, int64_t m) { return p.minute < m; });
    series.points.erase(series.points.begin(), first);
    series.disputed.erase(series.disputed.begin(),
                          series.disputed.upper_bound(known - kPricesKept));
  }
}

const MinutePrice* Prices::last_at(const Series& series, Instant t) {
  auto it = std::upper_bound(series.points.begin(), series.points.end(), closing_minute(t),
                             [](int64_t m, const MinutePrice& p) { return m < p.minute; });
  while (it != series.points.begin()) {
    --it;
    if (it->at <= t && !series.disputed.contains(it->at)) return &*it;
  }
  return nullptr;
}

std::optional<PriceAt> Prices::price_at(const SeriesKey& key, const Series& series, Instant t,
                                        Duration stale_after) const {
  const MinutePrice* point = last_at(series, t);
  if (over(key, t)) return std::nullopt;
  if (point == nullptr || t - point->at > stale_after) return std::nullopt;
  return PriceAt{point->price, point->at, series.source,
                 subject_.instruments[key.instrument].venue};
}

std::optional<PriceAt> Prices::reference(Instant t) const {
  if (const auto kept = day_ends_.find(t); kept != day_ends_.end()) return kept->second;
  return newest_reference(t);
}

// Rank before age: an index that is an hour old is taken before a perpetual's trade of now.
std::optional<PriceAt> Prices::newest_reference(Instant t) const {
  std::optional<PriceAt> best;
  int best_rank = 0;
  for (const auto& [key, series] : series_) {
    const Instrument& i = subject_.instruments[key.instrument];
    const bool index = key.kind == PriceKind::index || i.kind == InstrumentKind::index;
    const int kind = index ? 3 : i.kind == InstrumentKind::spot ? 2 : i.is_perpetual() ? 1 : 0;
    const int mine = 2 * kind - renamed(key.instrument);
    if (kind == 0 || mine < best_rank) continue;
    auto price = price_at(key, series, t, subject_.rules.price.stale_after);
    if (!price) continue;
    const auto before = [](const PriceAt& a,
                           const PriceAt& b) {  // newer; then by venue and price, always the same
      return a.at != b.at ? a.at > b.at : std::tie(a.venue, a.price) < std::tie(b.venue, b.price);
    };
    if (best && mine == best_rank && !before(*price, *best)) continue;
    best = std::move(price);
    best_rank = mine;
  }
  return best;
}

// The price that speaks for a venue: what was paid on its spot market, its index, then what
// perpetuals traded at.
int Prices::rank(const Instrument& i, PriceKind kind) {
  if (i.expiry) return 0;
  if (i.kind == InstrumentKind::spot && kind == PriceKind::trade) return 4;
  if (kind == PriceKind::index || i.kind == InstrumentKind::index) return 3;
  return kind == PriceKind::trade ? 2 : 1;
}

// For how long a mark or an index has been told again and again without a change: venues go on
// sending the last one of what they have delisted. What was traded was traded.
std::optional<Duration> Prices::frozen_for(const SeriesKey& key, const Series& series, Instant t) {
  constexpr Duration kLong = Duration::hours(6);
  constexpr int kOften = 60;
  if (key.kind == PriceKind::trade) return std::nullopt;
  const MinutePrice *last = nullptr, *first = nullptr;
  int told = 0;
  for (auto it = series.points.rbegin(); it != series.points.rend(); ++it) {
    if (it->at > t) continue;
    if (last == nullptr) last = &*it;
    if (it->price != last->price) break;
    first = &*it;
    ++told;
  }
  if (told < kOften || last->at - first->at < kLong) return std::nullopt;
  return last->at - first->at;
}

std::optional<std::string> Prices::over(const SeriesKey& key, Instant t) const {
  if (key.kind == PriceKind::trade) return std::nullopt;
  return subject_.closed(key.instrument, t);
}

// A day and more of candles without a trade, to less than a day ago.
std::optional<Duration> Prices::untraded(InstrumentId instrument, Instant t) const {
  const auto seen = traded_.find(instrument);
  if (seen == traded_.end()) return std::nullopt;
  const auto& [last, empty_from, empty_to] = seen->second;
  const Instant since = std::max(last, empty_from);
  if (empty_to <= since || empty_to > t || t - empty_to > kDay || empty_to - since < kDay)
    return std::nullopt;
  return empty_to - since;
}

std::optional<Duration> Prices::frozen(InstrumentId instrument, Instant t) const {
  auto told = series_.find({instrument, PriceKind::mark});
  if (told == series_.end()) told = series_.find({instrument, PriceKind::index});
  const auto frozen =
      told == series_.end() ? std::nullopt : frozen_for(told->first, told->second, t);
  const auto traded = series_.find({instrument, PriceKind::trade});
  // Whoever trades there still moves something.
  const MinutePrice* last =
      !frozen || traded == series_.end() ? nullptr : last_at(traded->second, t);
  return last != nullptr && t - last->at < *frozen ? std::nullopt : frozen;
}

bool Prices::renamed(InstrumentId id) const {
  const Terms& terms = subject_.terms(id);
  return terms.coin_from == TermSource::table && terms.units == 1;
}

std::vector<const std::pair<const Prices::SeriesKey, Prices::Series>*> Prices::speakers() const {
  constexpr std::array<std::string_view, 3> kMoney{"USDT", "USD", "USDC"};
  using Place = std::tuple<int, bool, std::ptrdiff_t, std::string, std::string_view, SeriesKey>;
  std::vector<std::pair<Place, const std::pair<const SeriesKey, Series>*>> all;
  for (const auto& entry : series_) {
    const SeriesKey& key = entry.first;
    const Instrument& i = subject_.instruments[key.instrument];
    const auto money = std::find(kMoney.begin(), kMoney.end(), i.quote) - kMoney.begin();
    all.push_back(
        {{-rank(i, key.kind), renamed(key.instrument), money, i.name(), i.symbol, key}, &entry});
  }
  std::sort(all.begin(), all.end());
  std::vector<const std::pair<const SeriesKey, Series>*> out;
  for (const auto& one : all) out.push_back(one.second);
  return out;
}

// Over the closed candles of the 24 h to the last one's end, of the finest span that fills them.
std::optional<Prices::Range> Prices::day_range(InstrumentId instrument, PriceKind kind,
                                               Instant at) const {
  const Duration day = Duration::days(1);
  for (auto it = bars_.lower_bound({instrument, kind, Duration(), false}); it != bars_.end();
       ++it) {
    const auto& [key, bars] = *it;
    if (key.instrument != instrument || key.kind != kind) break;
    std::optional<Range> out;
    Duration covered;
    std::optional<Instant> disputed;
    for (auto bar = bars.rbegin(); bar != bars.rend(); ++bar) {
      if (bar->second.to > at) continue;
      if (out && bar->first < out->to - day) break;
      if (bar->second.disputed) {
        if (!disputed) disputed = bar->second.to;
        continue;
      }
      if (!out) {
        if (at - bar->second.to >= key.span + subject_.rules.basis.stale_after) break;
        out = Range{bar->second.low, bar->second.high, bar->second.to};
      }
      out->low = std::min(out->low, bar->second.low);
      out->high = std::max(out->high, bar->second.high);
      covered = covered + (bar->second.to - bar->first);
      // An hour of trades that the recording began in; a market may be quiet for some minutes.
      if (const Duration late = bar->second.first - bar->first;
          key.built && std::next(bar) == bars.rend() && late > Duration::minutes(10))
        covered = covered - late;
    }
    if (!out) continue;
    out->disputed = disputed;
    out->coverage = std::min(1.0, covered.in_days());
    if (out->coverage >= subject_.rules.realized_vol.coverage_min) return out;
  }
  return std::nullopt;
}

void Prices::read_level(Panel& panel) const {
  struct Best {
    int price_rank = 0, range_rank = 0;
    Estimate price, low, high;
  };
  std::map<std::string, Best> by_venue;
  std::optional<std::string> why;  // of the best of those that cannot speak
  for (const auto* speaker : speakers()) {
    const auto& [key, series] = *speaker;
    const Instrument& i = subject_.instruments[key.instrument];
    const int mine = rank(i, key.kind);
    Best& best = by_venue[i.venue];
    const std::string& source = series.source;  // clang 14 does not capture structured bindings
    const auto estimate = [&](double value, Instant as_of, double coverage) {
      Estimate e = Estimate::exact(i.venue, value, as_of);
      e.sources = {source};
      e.origin = subject_.rules.origin_of(i.venue);
      e.coverage = coverage;
      e.note = i.name();
      return e;
    };
    if (mine > best.price_rank) {
      if (const auto frozen = frozen_for(key, series, panel.at)) {
        if (!why)
          why = fmt::format("{} at {}: the price has not moved for {}: frozen", i.name(), i.venue,
                            short_age(*frozen));
      } else if (const auto now =
                     price_at(key, series, panel.at, subject_.rules.price.stale_after)) {
        best.price = estimate(now->price, now->at, 1);
        if (const auto later = series.disputed.upper_bound(now->at);
            later != series.disputed.end() && *later <= panel.at)
          best.price.note +=
              fmt::format(", two prices of {} differ, and neither counts", later->text());
        best.price_rank = mine;
      } else if (const auto closed = over(key, panel.at); closed && !why) {
        why = closed;
      } else if (!series.points.empty() && !why) {
        why = fmt::format("{} at {}: the last price is of {}", i.name(), i.venue,
                          series.points.back().at.text());
      }
    }
    if (mine > best.range_rank) {
      if (const auto range = day_range(key.instrument, key.kind, panel.at)) {
        best.low = estimate(range->low, range->to, range->coverage);
        best.high = estimate(range->high, range->to, range->coverage);
        if (range->to != panel.at) best.low.note += ", the 24 h to " + range->to.text();
        // What was paid in a part of the day that is not there may be beyond what was seen.
        if (range->coverage < 1) {
          best.low.low.reset();
          best.high.high.reset();
          best.low.note += fmt::format(", {} of the 24 h seen", short_number(24 * range->coverage));
        }
        if (range->disputed) best.low.note += fmt::format(", {}", disputed_words(*range->disputed));
        best.high.note = best.low.note;
        best.range_rank = mine;
      }
    }
  }
  std::vector<Estimate> prices, lows, highs;
  for (auto& [venue, best] : by_venue) {
    if (best.price_rank > 0) prices.push_back(std::move(best.price));
    if (best.range_rank == 0) continue;
    lows.push_back(std::move(best.low));
    highs.push_back(std::move(best.high));
  }
  const Band band = subject_.rules.price.band;
  const auto name = [](std::string_view n, Duration window) {
    return Panel::Name{.name = n, .unit = "USD_per_coin", .window = window, .section = "price"};
  };
  const std::string missing = why.value_or(no_prices());
  const std::string no_range = by_venue.empty() ? missing : "no candles or trades fill the 24 h";
  panel.settle(name("price_usd", Duration()), std::move(prices), band, missing);
  panel.settle(name("price_low_24h", Duration::days(1)), std::move(lows), band, no_range);
  panel.settle(name("price_high_24h", Duration::days(1)), std::move(highs), band, no_range);
}

std::optional<PriceAt> Prices::of(InstrumentId instrument, Instant t, Duration stale_after) const {
  for (const PriceKind kind : {PriceKind::mark, PriceKind::trade}) {
    const auto found = series_.find({instrument, kind});
    if (found == series_.end()) continue;
    if (auto price = price_at(found->first, found->second, t, stale_after)) return price;
  }
  return std::nullopt;
}

// The venue's own index, else its own spot price, else nothing: the basis compares prices of one
// clock.
std::optional<PriceAt> Prices::spot_for(const std::string& venue, Instant t,
                                        Duration stale_after) const {
  std::optional<PriceAt> best;
  bool best_index = false;
  for (const auto& [key, series] : series_) {
    const Instrument& i = subject_.instruments[key.instrument];
    const bool index = key.kind == PriceKind::index || i.kind == InstrumentKind::index;
    if (i.venue != venue || !(index || i.kind == InstrumentKind::spot) || (best_index && !index))
      continue;
    auto price = price_at(key, series, t, stale_after);
    if (!price) continue;
    if (best && best_index == index &&
        std::pair(price->at, price->price) <= std::pair(best->at, best->price))
      continue;
    best = std::move(price);
    best_index = index;
  }
  return best;
}

void Prices::read_basis(Panel& panel) const {
  const auto& rules = subject_.rules.basis;
  std::map<std::pair<std::optional<Instant>, std::string>, std::vector<Estimate>>
      found;  // expiry, venue
  std::string missing = "no dated future with a price";
  std::string perpetual_missing = "no perpetual with a price";
  std::optional<InstrumentId> previous;
  for (const auto& entry : series_) {
    const InstrumentId id = entry.first.instrument;
    if (previous == id) continue;  // one instrument, several kinds of price
    previous = id;
    const Instrument& i = subject_.instruments[id];
    if (i.kind != InstrumentKind::linear && i.kind != InstrumentKind::inverse) continue;
    std::string& why = i.expiry ? missing : perpetual_missing;
    if (i.expiry && *i.expiry - panel.at < rules.tau_min) continue;
    const auto future = of(id, panel.at, rules.stale_after);
    if (!future) {
      why =
          fmt::format("{} at {}: no price within {}", i.name(), i.venue, rules.stale_after.text());
      continue;
    }
    const auto spot = spot_for(i.venue, panel.at, rules.stale_after);
    if (!spot || spot->at - future->at > rules.apart || future->at - spot->at > rules.apart) {
      why = fmt::format("{} at {}: no index or spot price of that venue within {} of its own",
                        i.name(), i.venue, rules.apart.text());
      continue;
    }
    const double premium = future->price / spot->price - 1;
    // Simple, ACT/365, as all annual figures of the gauges; a perpetual has no time to spread it
    // over.
    const double value = i.expiry ? premium / (*i.expiry - panel.at).in_years() : premium;
    Estimate e = Estimate::exact(i.name(), value, std::max(future->at, spot->at));
    e.sources = {future->source, spot->source};
    e.origin = subject_.rules.origin_of(i.venue);
    e.note = i.name();
    found[{i.expiry, i.venue}].push_back(std::move(e));
  }
  bool dated = false, perpetual = false;
  for (auto& [key, estimates] : found) {
    (key.first ? dated : perpetual) = true;
    panel.settle({.name = key.first ? "basis_annual" : "basis_perpetual",
                  .unit = key.first ? "fraction_per_year" : "fraction",
                  .section = "basis",
                  .venue = key.second,
                  .expiry = key.first},
                 std::move(estimates), rules.band, "");
  }
  if (!dated)
    panel.pending({.name = "basis_annual", .unit = "fraction_per_year", .section = "basis"},
                  missing);
  if (!perpetual)
    panel.pending({.name = "basis_perpetual", .unit = "fraction", .section = "basis"},
                  perpetual_missing);
}

namespace {

constexpr int64_t kDayMinutes = 1440;
// The minutes of one day and its first, each with its price or none.
using DayGrid = std::array<const MinutePrice*, kDayMinutes + 1>;

double squared_return(const MinutePrice& now, double before) {
  if (now.before != before) {
    const double r = std::log(now.price / before);
    now.before = before;
    now.square = r * r;
  }
  return now.square;
}

// Neighbours on one grid, which starts at a minute of the day, that both have a price: as
// returned(earlier, later).
template <class Returned>
void each_return(const DayGrid& grid, int64_t first, int64_t step, Returned returned) {
  const MinutePrice* before = nullptr;
  for (int64_t m = first; m <= kDayMinutes; m += step) {
    const MinutePrice* const now = grid[static_cast<size_t>(m)];
    if (now != nullptr && before != nullptr) returned(*before, *now);
    before = now;
  }
}

}  // namespace

std::optional<RealizedVol> realized_vol(const MinutePrices& prices, int64_t end,
                                        double coverage_min) {
  const int64_t start = end - kDayMinutes;
  DayGrid grid{};
  int64_t known = 0;
  for (auto p = std::lower_bound(prices.begin(), prices.end(), start,
                                 [](const auto&price, int64_t m) { return price.minute < m; });
       p != prices.end() && p->minute <= end; ++p, ++known)
    grid[static_cast<size_t>(p->minute - start)] = &*p;
  for (const int64_t step : {5, 15, 30, 60}) {
    const int64_t expected = kDayMinutes / step;
    // So few prices leave every grid below what is asked for.
    if (static_cast<double>(known - 1) / static_cast<double>(expected - 1) < coverage_min) continue;
    double variances = 0, covered = 0;
    int usable = 0;
    for (int64_t offset = 0; offset < step; ++offset) {
      // Grids are aligned to the clock, so that hourly candles meet one of them whenever they are
      // read.
      const int64_t aligned = -(((start - offset) % step + step) % step);
      const int64_t first = aligned < 0 ? aligned + step : 0;
      int64_t count = 0;
      each_return(grid, first, step, [&](const auto&, const auto&) { ++count; });
      // A grid that does not end where the day ends has one return fewer.
      const double share =
          static_cast<double>(count) / static_cast<double>(expected - (aligned < 0));
      if (share < coverage_min || count == 0) continue;
      double squares = 0;
      each_return(grid, first, step, [&](const auto& before, const auto& now) {
        squares += squared_return(now, before.price);
      });
      variances += squares / static_cast<double>(count);
      covered += std::min(1.0, share);
      ++usable;
    }
    if (usable == 0) continue;
    RealizedVol out;
    out.step_minutes = static_cast<int>(step);
    out.returns = static_cast<int>(expected);
    out.value = std::sqrt(variances / usable * static_cast<double>(expected) * 365);
    const double spread =
        std::exp(1.959963984540054 / std::sqrt(2.0 * static_cast<double>(expected)));
    out.low = out.value / spread;
    out.high = out.value * spread;
    out.coverage = covered / usable;
    return out;
  }
  return std::nullopt;
}

void Prices::read_realized_vol(Panel& panel) const {
  const auto& rules = subject_.rules.realized_vol;
  struct Best {
    int rank = 0;
    Estimate estimate;
  };
  std::map<std::string, Best> by_venue;
  std::optional<std::string> why;  // of the best of those that cannot speak
  const auto lacks = [&](std::string what) {
    if (!why) why = std::move(what);
  };
  for (const auto* speaker : speakers()) {
    const auto& [key, series] = *speaker;
    const Instrument& i = subject_.instruments[key.instrument];
    const int mine = rank(i, key.kind);
    Best& best = by_venue[i.venue];
    if (mine <= best.rank) continue;
    const std::set<Instant>& disputed = series.disputed;
    // Whole minutes only: the one that `at` falls in is not over.
    const int64_t now = panel.at.ns() / kMinute;
    const auto known = std::partition_point(
        series.points.begin(), series.points.end(),
        [&](const auto& price) { return price.minute <= now && price.at <= panel.at; });
    std::optional<Instant> last;
    if (known != series.points.begin()) last = std::prev(known)->at;
    if (!last || panel.at - *last > rules.stale_after) {
      lacks(
          fmt::format("{} at {}: no price within {}", i.name(), i.venue, rules.stale_after.text()));
      continue;
    }
    // The 24 h end with the last whole minute that has a price, not with `at`.
    MinutePrices agreed;
    if (!disputed.empty())
      std::copy_if(series.points.begin(), series.points.end(), std::back_inserter(agreed),
                   [&](const MinutePrice& p) { return !disputed.contains(p.at); });
    const auto vol = realized_vol(disputed.empty() ? series.points : agreed,
                                  std::prev(known)->minute, rules.coverage_min);
    if (!vol) {
      lacks(fmt::format("{} at {}: fewer than {} of the returns of 24 h at 5 min to 1 h", i.name(),
                        i.venue, short_number(rules.coverage_min)));
      continue;
    }
    // A feed that repeats one price would otherwise say that the market is calm.
    if (vol->value == 0) {
      lacks(
          fmt::format("{} at {}: the price did not move once in 24 h: frozen", i.name(), i.venue));
      continue;
    }
    Estimate e{.label = i.venue,
               .value = vol->value,
               .low = vol->low,
               .high = vol->high,
               .as_of = *last,
               .coverage = vol->coverage};
    e.sources = {series.source};
    e.origin = subject_.rules.origin_of(i.venue);
    e.note = fmt::format("{}, {} min returns{}, interval as for normal returns", i.name(),
                         vol->step_minutes, vol->step_minutes == 5 ? " subsampled" : "");
    best = {mine, std::move(e)};
  }
  std::vector<Estimate> estimates;
  for (auto& [venue, best] : by_venue) {
    if (best.rank > 0) estimates.push_back(std::move(best.estimate));
  }
  panel.settle({.name = "realized_vol_24h",
                .unit = "fraction_per_year",
                .window = Duration::days(1),
                .section = "realized_vol"},
               std::move(estimates), rules.band, why.value_or(no_prices()));
}

std::vector<DayClose> Prices::day_closes(Instant end) const {
  std::map<InstrumentId, DayClose> best;
  for (const auto& [key, series] : series_) {
    const Instrument& i = subject_.instruments[key.instrument];
    const int mine = rank(i, key.kind);
    if (mine == 0) continue;
    const auto found = best.find(key.instrument);
    if (found != best.end() && found->second.rank >= mine) continue;
    const auto price = price_at(key, series, end, subject_.rules.price.stale_after);
    if (!price) continue;
    best[key.instrument] = {i.venue, i.name(), series.source, mine, price->price};
  }
  std::vector<DayClose> out;
  for (auto& entry : best) out.push_back(std::move(entry.second));
  std::sort(out.begin(), out.end(), [](const DayClose& a, const DayClose& b) {
    return std::tie(b.rank, a.venue, a.name) < std::tie(a.rank, b.venue, b.name);
  });
  return out;
}

std::vector<PricePoint> Prices::candles(Instant from, Instant at) const {
  std::vector<PricePoint> out;
  std::optional<std::pair<InstrumentId, PriceKind>> done;
  // Keys are in order of instrument, kind, span: the first of an instrument and kind is the finest.
  for (const auto& [key, bars] : bars_) {
    const std::pair series{key.instrument, key.kind};
    if (done == series) continue;
    done = series;
    const Instrument& i = subject_.instruments[key.instrument];
    for (auto it = bars.lower_bound(from); it != bars.end() && it->second.to <= at; ++it) {
      const Bar& b = it->second;
      if (b.disputed) continue;
      out.push_back({i.venue, i.symbol, i.name(), it->first, b.to, b.open, b.high, b.low, b.close});
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const PricePoint& a, const PricePoint& b) {
    return std::tie(a.venue, a.symbol, a.from) < std::tie(b.venue, b.symbol, b.from);
  });
  return out;
}

}  // namespace delever::gauges
