#include "gauges/liquidations.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "gauges/liquidation_window.h"

namespace delever::gauges {
namespace {

constexpr Duration kLiquidationsKept =
    Duration::hours(48);  // single liquidations; one that comes later than this is too late

bool throttles(LiquidationFeed feed) {
  return feed == LiquidationFeed::latest_per_second ||
         feed == LiquidationFeed::at_most_one_per_second;
}

// Not negative, and of a value that no market has: 1e18 of the quote. Sums of these are exact.
bool within_reason(WideQty qty, Price price) {
  return qty >= WideQty() && qty.approx() * std::fabs(price.approx()) <= 1e18;
}

struct Extra {  // beyond what was observed
  double expected = 0, most = 0;
  bool bounded = true;
};

int64_t minute_of(Instant t) {
  const int64_t ns = t.ns(), minute = 60'000'000'000;
  return ns / minute - (ns % minute < 0 ? 1 : 0);
}

// It saw liquidations, and not one of them can be valued.
bool unvalued(const LiquidationWindow& w) { return w.counted == 0 && w.left_out() > 0; }

// Nothing shows that a stream of liquidations was heard before the first one that it brought.
std::string how_much_recorded(const LiquidationWindow& w, double needed) {
  if (unvalued(w)) return w.note_of(true, true);
  std::string out = fmt::format("{:.1f} of 24 h recorded", w.coverage * 24);
  if (w.coverage < needed)
    out += fmt::format(" from its first liquidation on, {:.1f} needed", needed * 24);
  return out;
}

std::string money(double usd) {
  return usd < 1e6 ? short_number(usd) + " USD" : fmt::format("{:.4g}M USD", usd / 1e6);
}

Instant start_of(int64_t minute) { return Instant::ns(minute * 60'000'000'000); }

Wide micros(double usd) { return static_cast<Wide>(std::llround(usd * 1e6)); }

}  // namespace

void Liquidations::Feeds::add(LiquidationFeed feed) {
  throttled = throttled || throttles(feed);
  complete = complete || feed == LiquidationFeed::complete;
  late = late || !(throttles(feed) || feed == LiquidationFeed::complete);
}

void Liquidations::Feeds::add(const Feeds& other) {
  throttled = throttled || other.throttled;
  complete = complete || other.complete;
  late = late || other.late;
}

void Liquidations::Tally::count(Instant received) { ++minutes_[minute_of(received)]; }

uint64_t Liquidations::Tally::within(Instant from, Instant to) const {
  uint64_t sum = 0;
  for (auto it = minutes_.upper_bound(minute_of(from));
       it != minutes_.end() && it->first <= minute_of(to); ++it)
    sum += it->second;
  return sum;
}

void Liquidations::Tally::forget_before(Instant received) {
  minutes_.erase(minutes_.begin(), minutes_.lower_bound(minute_of(received)));
}

// Both stay at the scale of a quantity (1e-8): quantity times price has 1e-16, and one scale is
// taken off. The division rounds toward zero, by less than 1e-8 of the quote a liquidation.
void Liquidations::Raw::add(WideQty quantity, int64_t raw_price, int times) {
  qty += quantity.raw() * times;
  money += quantity.raw() * raw_price / Price::scale * times;
}

// In dollars, by the terms as they are known now. A contract that is quoted in another coin is
// valued by its coins at the asset's own price.
std::optional<double> Liquidations::dollars_of(InstrumentId id, const Raw& raw, Instant at) const {
  const Terms& terms = subject_.terms(id);
  if (!terms.size) return std::nullopt;
  const double qty = static_cast<double>(raw.qty) / static_cast<double>(Qty::scale);
  const double money = static_cast<double>(raw.money) / static_cast<double>(Qty::scale);
  if (subject_.in_dollars(terms)) {
    if (terms.kind == InstrumentKind::inverse) return qty * *terms.size;
    // The price is of a base unit (1000PEPE), the size counts plain coins: one of them takes it
    // back.
    return money * *terms.size / terms.units;
  }
  if (terms.kind == InstrumentKind::inverse) return std::nullopt;
  const auto reference = prices_.reference(at);
  if (!reference) return std::nullopt;
  return qty * *terms.size * reference->price;
}

// Into the sums of its day; negative `times` take it out again.
void Liquidations::count(Market& market, const Key& key, int times) {
  Sums& day = market.days[key.at.start_of_day()];
  (key.side == PositionSide::long_side ? day.longs : day.shorts).add(key.qty, key.price, times);
}

// A vendor's row has the order's price where the venue's own message has that of the fill beside
// it: one liquidation all the same, and what was paid is its price.
auto Liquidations::entry_of(Market& market, const Key& key, const Liquidation& told)
    -> Entries::iterator {
  Entries& entries = market.entries;
  auto found = entries.find(key);
  if (found == entries.end() && throttles(told.feed)) {
    Key first = key;
    first.price = std::numeric_limits<int64_t>::min();
    for (auto it = entries.lower_bound(first);
         it != entries.end() && it->first.at == key.at && it->first.side == key.side; ++it) {
      const Entry& other = it->second;
      const bool one_fill = !told.average_price || !other.average;
      const bool one_price = (told.order_price && told.order_price == other.order) ||
                             (told.average_price && told.average_price == other.order) ||
                             (told.order_price && told.order_price == other.average);
      if (it->first.qty == key.qty && it->first.id == key.id && one_fill && one_price) found = it;
    }
  }
  if (found == entries.end()) found = entries.try_emplace(key).first;
  Entry& entry = found->second;
  if (!entry.order) entry.order = told.order_price;
  if (!told.average_price || entry.average) return found;
  entry.average = told.average_price;
  if (found->first.price == key.price) return found;
  const int counted = entry.counted;
  count(market, found->first, -counted);
  count(market, key, counted);
  auto node = entries.extract(found);
  node.key() = key;
  return entries.insert(std::move(node)).position;
}

// Of an order that was filled bit by bit each word tells the sum of its fills: the last one stands
// for all. True: a later word was told already.
bool Liquidations::told_before(Market& market, const Key& key, const Liquidation& told) {
  if (!throttles(told.feed) || !told.filled_qty || !told.order_qty || !told.order_price)
    return false;
  const auto [known, fresh] =
      market.fills.try_emplace({key.side, told.order_price->raw(), *told.order_qty}, key);
  if (fresh) return false;
  Key& last = known->second;
  const auto grew = [&](const Key& from, const Key& to) {
    return from.qty < to.qty && from.at <= to.at && to.at - from.at <= Duration::minutes(1);
  };
  if (grew(key, last)) return true;
  if (grew(last, key)) {
    if (const auto entry = market.entries.find(last); entry != market.entries.end()) {
      count(market, last, -entry->second.counted);
      market.entries.erase(entry);
    }
  }
  last = key;
  return false;
}

void Liquidations::add(const Event& event, const Liquidation& liquidation) {
  const Instrument& instrument = subject_.instruments[event.instrument];
  Venue& venue = venues_[instrument.venue];
  venue.sources.insert(subject_.source_name(event));
  const auto qty = liquidation.qty();
  const auto price = liquidation.price();
  const bool needs_price = instrument.kind != InstrumentKind::inverse;
  if (!qty || !within_reason(*qty, price.value_or(Price())) ||
      (needs_price && (!price || price->raw() <= 0)) ||
      event.at + kLiquidationsKept < event.received || event.at > event.received + kDay) {
    venue.unusable.count(event.received);
    return;
  }
  if (event.at > venue.newest) {
    venue.newest = event.at;
    venue.newest_feeds = {};
  }
  if (event.at == venue.newest) venue.newest_feeds.add(liquidation.feed);
  const Key key{event.at, liquidation.position_side, price ? price->raw() : 0, *qty,
                liquidation.id};
  Market& market = venue.markets[event.instrument];
  if (told_before(market, key, liquidation)) return;
  const auto known = entry_of(market, key, liquidation);
  Entry& entry = known->second;
  entry.feeds.add(liquidation.feed);
  // Two streams or two messages that show the same liquidation count it once. One message that
  // shows it twice means two, unless the venue numbered them or cannot send two in one instant.
  const bool single = !liquidation.id.empty() || throttles(liquidation.feed);
  auto shown = std::find_if(entry.shown.begin(), entry.shown.end(), [&](const auto& s) {
    return s.source == event.source && (single || s.received == event.received);
  });
  if (shown == entry.shown.end())
    shown = entry.shown.insert(shown, {event.source, event.received, 0});
  shown->count = single ? 1 : shown->count + 1;
  if (shown->count <= entry.counted) return;
  count(market, known->first, shown->count - entry.counted);
  entry.counted = shown->count;
}

void Liquidations::add(const Event& event, const LiquidationTotal& total) {
  Publisher& publisher = publishers_[subject_.instruments[event.instrument].venue];
  publisher.sources.insert(subject_.source_name(event));
  const auto longs = Usd::nearest(total.long_usd), shorts = Usd::nearest(total.short_usd);
  if (!longs.has_value() || !shorts.has_value() || total.to <= total.from ||
      total.to - total.from > kDay || total.long_usd < 0 || total.short_usd < 0 ||
      total.to > event.received)
    return;
  const Row row{total.from, event.received, longs.value().raw(), shorts.value().raw()};
  publisher.kept = {};
  const auto [at, fresh] = publisher.rows.try_emplace(total.to, row);
  if (fresh) return;
  Row& known = at->second;
  const bool together = row.received == known.received && row.from == known.from;
  const int64_t least_longs = std::min(row.longs, known.least_longs),
                least_shorts = std::min(row.shorts, known.least_shorts);
  // A revision replaces; of two that came together the larger, so that their order cannot matter.
  const auto rank = [](const Row& r) { return std::tuple(r.received, r.longs, r.shorts, r.from); };
  if (rank(row) > rank(known)) known = row;
  if (!together) return;
  known.least_longs = least_longs;
  known.least_shorts = least_shorts;
}

bool Liquidations::Row::disputed() const {
  const auto differ = [](int64_t a, int64_t b) {
    return !same_figure(static_cast<double>(a), static_cast<double>(b));
  };
  return differ(longs, least_longs) || differ(shorts, least_shorts);
}

void Liquidations::add(const Event& event, const Trade& trade) {
  if (!within_reason(trade.qty, trade.price) || trade.price.raw() <= 0) return;
  Venue& venue = venues_[subject_.instruments[event.instrument].venue];
  Market& market = venue.markets[event.instrument];
  if (!trade.id.empty() && !market.seen.first(mark_of(event, trade), event.received)) {
    venue.doubled.count(event.received);
    return;
  }
  Channel& channel = market.trades[{event.source, trade.aggregated}];
  const int64_t minute = minute_of(event.at);
  channel.first_minute = std::min(channel.first_minute.value_or(minute), minute);
  auto& volumes = channel.volumes;
  auto at = volumes.end();
  if (volumes.empty() || volumes.back().minute < minute) {
    at = volumes.insert(volumes.end(), Volume{minute});
  } else if (volumes.back().minute == minute) {
    at = volumes.end() - 1;
  } else {
    at = std::lower_bound(volumes.begin(), volumes.end(), minute,
                          [](const Volume& v, int64_t m) { return v.minute < m; });
    if (at->minute != minute) at = volumes.insert(at, Volume{minute});
  }
  (trade.taker_side == Side::buy ? at->buys : at->sells).add(trade.qty, trade.price.raw());
}

std::optional<double> Liquidations::volume(InstrumentId id, const Market& market, int64_t minute,
                                           Raw Volume::*side) const {
  std::optional<double> most;
  for (const auto& [source, channel] : market.trades) {
    const auto found = std::lower_bound(channel.volumes.begin(), channel.volumes.end(), minute,
                                        [](const Volume& v, int64_t x) { return v.minute < x; });
    // The first minute with trades may be half recorded and bounds nothing.
    if (found == channel.volumes.end() || found->minute != minute ||
        minute <= *channel.first_minute)
      continue;
    const auto usd = dollars_of(id, (*found).*side, start_of(minute + 1));
    if (usd) most = std::max(most.value_or(0), *usd);
  }
  return most;
}

void Liquidations::forget_before(Instant known) {
  const Instant oldest = known - kLiquidationsKept;
  for (auto& [name, venue] : venues_) {
    venue.unusable.forget_before(oldest);
    venue.doubled.forget_before(oldest);
    for (auto& [id, market] : venue.markets) {
      auto& entries = market.entries;
      while (!entries.empty() && entries.begin()->first.at < oldest) entries.erase(entries.begin());
      std::erase_if(market.fills, [&](const auto& fill) { return fill.second.at < oldest; });
      const int64_t minute = minute_of(known - kDay) - 1;
      for (auto& [source, channel] : market.trades) {
        auto& volumes = channel.volumes;
        auto first = std::lower_bound(volumes.begin(), volumes.end(), minute,
                                      [](const Volume& v, int64_t m) { return v.minute < m; });
        volumes.erase(volumes.begin(), first);
      }
    }
  }
}

bool Liquidations::several() const { return publishers_.size() + !venues_.empty() >= 2; }

// Of the liquidations of the window; of one without any, those of the newest before it.
auto Liquidations::feeds_of(const Venue& venue, Instant from, Instant at) const -> Feeds {
  Feeds out;
  bool any = false;
  for (const auto& [id, market] : venue.markets) {
    Key first{.at = {}, .side = {}, .price = 0, .qty = {}, .id = {}};
    first.at = from + Duration::ns(1);
    for (auto it = market.entries.lower_bound(first);
         it != market.entries.end() && it->first.at <= at; ++it) {
      out.add(it->second.feeds);
      any = true;
    }
  }
  return any ? out : venue.newest_feeds;
}

// What limits the figures of a venue's window, as it stands beside them.
std::string Liquidations::notes_of(const LiquidationWindow& window, const Venue& venue,
                                   const Feeds& feeds, int saturated,
                                   const std::set<std::string>& other_money) const {
  std::string note;
  const Instant from = window.from, to = window.from + kDay;
  if (feeds.throttled)
    note =
        fmt::format("{} shows at most one a symbol and second: observed sum, upper end estimated",
                    window.label);
  if (saturated > 0) note += fmt::format(", {} minutes saturated", saturated);
  if (feeds.late)
    note = fmt::format("{} flags liquidations late or not at all: lower bound", window.label);
  const auto add = [&](const std::string& what) { note += (note.empty() ? "" : "; ") + what; };
  if (!other_money.empty())
    add(fmt::format("contracts quoted in {} valued by their coins at the price of {}",
                    join({other_money.begin(), other_money.end()}, ", "), subject_.asset));
  if (const uint64_t n = venue.unusable.within(from, to); n > 0)
    add(fmt::format("{} liquidations at {} left out (no size or price, or too late)", n,
                    window.label));
  if (const uint64_t n = venue.doubled.within(from, to); n > 0)
    add(fmt::format("{} trades at {} came twice and count once", n, window.label));
  return note;
}

// What a channel that shows one order a second may have hidden, minute by minute.
ThrottleInterval Liquidations::unthrottled(InstrumentId id, const Market& market,
                                           std::map<int64_t, ThrottledMinute> minutes) const {
  std::vector<ThrottledMinute> thinned;
  for (auto& [minute, m] : minutes) {
    m.long_side.volume = volume(id, market, minute, &Volume::sells);  // longs are closed by selling
    m.short_side.volume = volume(id, market, minute, &Volume::buys);
    thinned.push_back(m);
  }
  return unthrottle(thinned);
}

LiquidationWindow Liquidations::venue_window(const std::string& name, const Venue& venue,
                                             Instant at) const {
  const Instant from = at - kDay;
  LiquidationWindow out{.label = name,
                        .sources = venue.sources,
                        .origin = subject_.rules.origin_of(name, true),
                        .from = from,
                        .as_of = from};
  out.coverage = recorded_.liquidation_coverage(name, {from, at});
  const Feeds feeds = feeds_of(venue, from, at);
  Wide longs = 0, shorts = 0;
  int saturated = 0;
  std::set<std::string> other_money;
  Extra long_extra, short_extra;
  for (const auto& [id, market] : venue.markets) {
    std::map<int64_t, ThrottledMinute> minutes;
    Key first{.at = {}, .side = {}, .price = 0, .qty = {}, .id = {}};
    first.at = from + Duration::ns(1);
    for (auto it = market.entries.lower_bound(first);
         it != market.entries.end() && it->first.at <= at; ++it) {
      const auto& [key, entry] = *it;
      const bool is_long = key.side == PositionSide::long_side;
      Raw raw;
      raw.add(key.qty, key.price);
      const auto usd = dollars_of(id, raw, key.at);
      if (!usd) {
        (is_long ? out.left_out_longs : out.left_out_shorts) +=
            static_cast<uint64_t>(entry.counted);
        continue;
      }
      out.counted += static_cast<uint64_t>(entry.counted);
      if (!subject_.in_dollars(subject_.terms(id))) other_money.insert(subject_.terms(id).quote);
      // In whole 1e-6 USD, so that the sum does not depend on the order of the entries.
      const Wide sum = micros(*usd) * entry.counted;
      (is_long ? longs : shorts) += sum;
      const int64_t minute = minute_of(key.at);
      out.minutes[minute] += sum;
      out.as_of = std::max(out.as_of, key.at);
      // A complete feed showed it, so the throttled one beside it hides nothing of it.
      if (entry.feeds.complete) continue;
      ThrottledMinute& m = minutes[minute];
      auto& side = is_long ? m.long_side : m.short_side;
      const double size = *usd;
      m.observed += entry.counted;
      side.sum += size * entry.counted;
      side.sum_of_squares += size * size * entry.counted;
    }
    if (!feeds.throttled) continue;
    const ThrottleInterval interval = unthrottled(id, market, std::move(minutes));
    saturated += interval.saturated_minutes;
    const auto widen = [](Extra& extra, const SideInterval& side) {
      extra.expected += side.expected - side.low;
      extra.bounded = extra.bounded && side.high;
      extra.most += side.high.value_or(side.low) - side.low;
    };
    widen(long_extra, interval.long_side);
    widen(short_extra, interval.short_side);
  }
  const auto side = [&](Wide sum, const Extra& extra, uint64_t left_out) {
    const double low = static_cast<double>(sum) * 1e-6;
    SideInterval s{.low = low, .expected = low + extra.expected};
    // What a late or unknown channel leaves out has no estimate, nor has an hour without recording.
    if (extra.bounded && !feeds.late && left_out == 0 && out.coverage > 0.999)
      s.high = low + extra.most;
    return s;
  };
  out.long_side = side(longs, long_extra, out.left_out_longs);
  out.short_side = side(shorts, short_extra, out.left_out_shorts);
  out.note = notes_of(out, venue, feeds, saturated, other_money);
  const auto left_out = [&](uint64_t count, std::string_view sides) -> std::string {
    if (count == 0) return "";
    return fmt::format(
        "{} liquidations of {} at {} left out: no contract size, or no price of the "
        "coin",
        count, sides, name);
  };
  out.long_note = left_out(out.left_out_longs, "longs");
  out.short_note = left_out(out.left_out_shorts, "shorts");
  return out;
}

// Venues that were measured and that the rule leaves out, and what the sides come to with them.
std::string Liquidations::outside_the_rule(const std::vector<LiquidationWindow>& venues,
                                           const LiquidationWindow& sum) const {
  const auto& expected = subject_.rules.liquidation.venues;
  double longs = sum.long_side.low, shorts = sum.short_side.low;
  std::vector<std::string> others;
  for (const LiquidationWindow& w : venues) {
    if (std::find(expected.begin(), expected.end(), w.label) != expected.end()) continue;
    others.push_back(w.label);
    longs += w.long_side.low;
    shorts += w.short_side.low;
  }
  if (others.empty()) return "";
  const std::string out = "by the rule not in it: " + join(others, ", ");
  if (sum.sources.empty()) return out;
  return fmt::format("{} (seen with {}: longs {}, shorts {}, together {})", out,
                     others.size() == 1 ? "it" : "them", money(longs), money(shorts),
                     money(longs + shorts));
}

LiquidationWindow Liquidations::recorded_window(const std::vector<LiquidationWindow>& venues,
                                                Instant at) const {
  LiquidationWindow sum{.label = "venues", .from = at - kDay, .as_of = at - kDay};
  sum.long_side.high = sum.short_side.high = 0.0;
  sum.coverage = 0;
  const auto& expected = subject_.rules.liquidation.venues;
  std::vector<std::string>& absent = sum.absent;
  std::vector<std::string> notes;
  for (const std::string& name : expected) {
    const auto found =
        std::find_if(venues.begin(), venues.end(), [&](const auto& w) { return w.label == name; });
    if (found == venues.end() || found->coverage < subject_.rules.liquidation.coverage_min ||
        unvalued(*found)) {
      absent.push_back(name);
      continue;
    }
    const auto add = [](SideInterval& to, const SideInterval& side) {
      to.low += side.low;
      to.expected += side.expected;
      if (!side.high)
        to.high.reset();
      else if (to.high)
        *to.high += *side.high;
    };
    add(sum.long_side, found->long_side);
    add(sum.short_side, found->short_side);
    sum.sources.insert(found->sources.begin(), found->sources.end());
    sum.origin.add(found->origin);
    sum.as_of = std::max(sum.as_of, found->as_of);
    for (const auto& [minute, usd] : found->minutes) sum.minutes[minute] += usd;
    sum.coverage += found->coverage / static_cast<double>(expected.size());
    if (!found->note.empty()) notes.push_back(found->note);
    const auto join_to = [](std::string& to, const std::string& one) {
      if (!one.empty()) to += (to.empty() ? "" : "; ") + one;
    };
    join_to(sum.long_note, found->long_note);
    join_to(sum.short_note, found->short_note);
  }
  if (!absent.empty()) {
    notes.push_back("without " + join(absent, ", "));
    sum.long_side.high.reset();
    sum.short_side.high.reset();
  }
  notes.push_back(outside_the_rule(venues, sum));
  std::erase(notes, "");
  sum.note = join(notes, "; ");
  return sum;
}

std::optional<LiquidationWindow> Liquidations::published_window(const std::string& name,
                                                                const Publisher& publisher,
                                                                Instant at,
                                                                std::string& why_not) const {
  const auto& rules = subject_.rules.liquidation;
  auto it = publisher.rows.upper_bound(at);
  if (it == publisher.rows.begin()) {
    why_not = fmt::format("{}: nothing before {}", name, at.text());
    return std::nullopt;
  }
  --it;
  const Instant end = it->first;
  if (at - end > rules.stale_after) {
    why_not = fmt::format("{}: the last total ends {}, {} before (limit {})", name, end.text(),
                          short_age(at - end), rules.stale_after.text());
    return std::nullopt;
  }
  LiquidationWindow out{.label = name,
                        .sources = publisher.sources,
                        .origin = subject_.rules.origin_of(name, true),
                        .from = end - kDay,
                        .as_of = end};
  Instant reached = end;
  Wide longs = 0, shorts = 0;
  // From the end backwards, each row joined to the one after it without a hole. A row that ends
  // inside one already taken is passed over: a vendor's hourly and daily rows may lie beside each
  // other.
  while (reached > end - kDay) {
    if (it->first != reached || it->second.from < end - kDay) break;
    if (const Row& row = it->second; row.disputed()) {
      const auto dollars = [](int64_t a, int64_t b) {
        return short_number(static_cast<double>(a + b) * 1e-6);
      };
      why_not = fmt::format(
          "{}: two totals of the time to {} differ, {} and {} USD, and neither "
          "counts",
          name, it->first.text(), dollars(row.least_longs, row.least_shorts),
          dollars(row.longs, row.shorts));
      return std::nullopt;
    }
    longs += it->second.longs;
    shorts += it->second.shorts;
    reached = it->second.from;
    if (it == publisher.rows.begin()) break;
    --it;
    while (it != publisher.rows.begin() && it->first > reached) --it;
  }
  if (reached > end - kDay) {
    why_not = fmt::format("{}: its totals do not fill the 24 h to {}", name, end.text());
    return std::nullopt;
  }
  // The publisher's sums come from thinned feeds: true or more, by how much nobody says.
  out.long_side.low = out.long_side.expected = static_cast<double>(longs) * 1e-6;
  out.short_side.low = out.short_side.expected = static_cast<double>(shorts) * 1e-6;
  out.note = fmt::format(
      "{} sums thinned feeds: a lower bound; shares hold if both sides are thinned alike", name);
  if (end != at)
    out.note +=
        fmt::format("; the window is the 24 h to {}, {} before", end.text(), short_age(at - end));
  return out;
}

// Of the venues of the rule that were recorded that day; the others are named with it, as what is
// without them may be off either way.
DaySums Liquidations::recorded_day(Instant day) const {
  DaySums sums{.day = day};
  const auto& expected = subject_.rules.liquidation.venues;
  bool whole = true;
  for (const std::string& name : expected) {
    const auto venue = venues_.find(name);
    const double covered =
        venue == venues_.end() ? 0 : recorded_.liquidation_coverage(name, {day, day + kDay});
    if (venue == venues_.end() || covered < subject_.rules.liquidation.coverage_min) {
      sums.absent.push_back(name);
      continue;
    }
    sums.coverage = std::min(sums.coverage, covered);
    for (const auto& [id, market] : venue->second.markets) {
      const auto found = market.days.find(day);
      if (found == market.days.end()) continue;
      const auto longs = dollars_of(id, found->second.longs, day + kDay);
      const auto shorts = dollars_of(id, found->second.shorts, day + kDay);
      whole = whole && longs && shorts;
      if (const Terms& terms = subject_.terms(id); !subject_.in_dollars(terms))
        sums.other_money.insert(terms.quote);
      sums.longs += longs.value_or(0);
      sums.shorts += shorts.value_or(0);
    }
  }
  const size_t there = expected.size() - sums.absent.size();
  sums.share = static_cast<double>(there) / static_cast<double>(expected.size());
  // A day of no venue, or with what cannot be valued, is no day.
  if (!whole || there == 0) sums.coverage = 0;
  return sums;
}

std::vector<DaySums> Liquidations::recorded_days(Instant at) const {
  std::set<Instant> all;
  const auto& expected = subject_.rules.liquidation.venues;
  for (const std::string& name : expected) {
    const auto venue = venues_.find(name);
    if (venue == venues_.end()) continue;
    for (const auto& [id, market] : venue->second.markets) {
      for (const auto& day : market.days) all.insert(day.first);
    }
  }
  std::vector<DaySums> out;
  for (const Instant day : all) {
    if (day + kDay > at) break;
    out.push_back(recorded_day(day));
  }
  return out;
}

// What holds from one row to the next within a day is kept: readings are asked for every hour, a
// publisher speaks once a day.
std::shared_ptr<const std::vector<DaySums>> Liquidations::published_days(const Publisher& publisher,
                                                                         Instant at) const {
  const auto behind = publisher.rows.upper_bound(at);
  const Instant last = behind == publisher.rows.begin() ? Instant::min() : std::prev(behind)->first;
  KeptDays& kept = publisher.kept;
  if (kept.days && kept.day == at.start_of_day() && kept.last == last) return kept.days;
  kept = {at.start_of_day(), last,
          std::make_shared<const std::vector<DaySums>>(sums_of_days(publisher, at))};
  return kept.days;
}

std::vector<DaySums> Liquidations::sums_of_days(const Publisher& publisher, Instant at) {
  struct Sum {
    Wide longs = 0, shorts = 0;
    Duration covered;
    Instant reached = Instant::min();
  };
  std::map<Instant, Sum> sums;
  for (const auto& [to, row] : publisher.rows) {
    if (to > at) break;
    const Instant day = row.from.start_of_day();
    if (to > day + kDay || row.disputed()) continue;       // across midnight: of neither day
    Sum& sum = sums.try_emplace(sums.end(), day)->second;  // rows come by their end
    if (row.from < sum.reached) continue;                  // overlaps the row before it
    sum.reached = to;
    sum.longs += row.longs;
    sum.shorts += row.shorts;
    sum.covered = sum.covered + (to - row.from);
  }
  std::vector<DaySums> out;
  for (const auto& [day, sum] : sums) {
    if (day + kDay > at) break;
    DaySums one{.day = day, .coverage = sum.covered.in_days()};
    one.longs = static_cast<double>(sum.longs) * 1e-6;
    one.shorts = static_cast<double>(sum.shorts) * 1e-6;
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<DayLiquidations> Liquidations::day_totals(Instant day) const {
  const double enough = subject_.rules.liquidation.coverage_min;
  std::vector<DayLiquidations> out;
  for (const auto& [name, publisher] : publishers_) {
    Wide longs = 0, shorts = 0;
    Instant reached = day;
    Duration covered;
    for (auto it = publisher.rows.upper_bound(day);
         it != publisher.rows.end() && it->first <= day + kDay; ++it) {
      if (it->second.from < reached || it->second.disputed())
        continue;  // began the day before, or overlaps the one before
      reached = it->first;
      longs += it->second.longs;
      shorts += it->second.shorts;
      covered = covered + (it->first - it->second.from);
    }
    if (covered.in_days() < enough) continue;
    out.push_back({name, static_cast<double>(longs) * 1e-6, static_cast<double>(shorts) * 1e-6});
  }
  const bool recorded = std::any_of(venues_.begin(), venues_.end(), [](const auto& venue) {
    return !venue.second.sources.empty();
  });
  if (!recorded) return out;
  const DaySums sums = recorded_day(day);
  if (sums.coverage < enough) return out;
  // By the name of what is in it: days of other venues are another series.
  std::vector<std::string> there;
  for (const std::string& name : subject_.rules.liquidation.venues) {
    if (std::find(sums.absent.begin(), sums.absent.end(), name) == sums.absent.end())
      there.push_back(name);
  }
  out.push_back({sums.absent.empty() ? "venues" : join(there, ", "), sums.longs, sums.shorts});
  return out;
}

std::vector<LiquidationSeries> Liquidations::all_series(Instant at) const {
  std::vector<LiquidationSeries> out;
  for (const auto& [name, publisher] : publishers_)
    out.push_back({name, publisher.sources, subject_.rules.origin_of(name, true),
                   published_days(publisher, at)});
  LiquidationSeries recorded;
  recorded.label = "venues";
  recorded.days = std::make_shared<const std::vector<DaySums>>(recorded_days(at));
  for (const std::string& name : subject_.rules.liquidation.venues) {
    const auto venue = venues_.find(name);
    if (venue == venues_.end() || venue->second.sources.empty()) continue;
    recorded.sources.insert(venue->second.sources.begin(), venue->second.sources.end());
    recorded.origin.add(subject_.rules.origin_of(name, true));
  }
  if (!recorded.sources.empty()) out.push_back(std::move(recorded));
  return out;
}

void Liquidations::read(Panel& panel) const {
  std::vector<LiquidationWindow> venues, usable;
  std::vector<std::string> why_not;
  for (const auto& [name, venue] : venues_) {
    if (venue.sources.empty()) continue;  // trades alone
    venues.push_back(venue_window(name, venue, panel.at));
  }
  LiquidationWindow sum = recorded_window(venues, panel.at);
  if (!sum.sources.empty()) {
    usable.push_back(std::move(sum));
  } else {
    for (const auto& w : venues)
      why_not.push_back(fmt::format("{}: {}", w.label,
                                    how_much_recorded(w, subject_.rules.liquidation.coverage_min)));
  }
  for (const auto& [name, publisher] : publishers_) {
    std::string why;
    if (auto window = published_window(name, publisher, panel.at, why))
      usable.push_back(std::move(*window));
    else
      why_not.push_back(why);
  }
  if (why_not.empty()) why_not.push_back("no liquidations and no totals of " + subject_.asset);
  read_windows(panel, subject_.rules, usable, std::nullopt, join(why_not, "; "));
  for (const auto& w : venues) {
    if (panel.reviews()) break;  // each is alone in its reading
    const bool enough = w.coverage >= subject_.rules.liquidation.coverage_min && !unvalued(w);
    read_windows(panel, subject_.rules, enough ? std::vector{w} : std::vector<LiquidationWindow>{},
                 w.label, how_much_recorded(w, subject_.rules.liquidation.coverage_min),
                 enough || unvalued(w) ? nullptr : &w);
  }
  read_days(panel, subject_.rules, all_series(panel.at), usable);
}

std::vector<LiquidationDay> Liquidations::days(Instant at) const {
  const auto& rules = subject_.rules.liquidation;
  std::vector<LiquidationDay> out;
  for (const LiquidationSeries& series : all_series(at)) {
    for (const DaySums& d : *series.days) {
      LiquidationDay day{.series = series.label,
                         .day = d.day,
                         .long_usd = d.longs,
                         .short_usd = d.shorts,
                         .coverage = d.coverage * d.share};
      if (d.coverage >= rules.coverage_min) {
        day.oscillator = oscillator(d.longs, d.shorts, rules.floor_usd_per_day);
        day.long_share = long_share(d.longs, d.shorts, rules.floor_usd_per_day);
      }
      day.valid = day.oscillator.has_value();
      const DayMeans means = mean_of_days(series, d.day + kDay, rules);
      day.oscillator_ma = means.oscillator;
      day.oscillator_ma_weighted = means.oscillator_weighted;
      day.long_share_ma = means.share;
      day.long_share_ma_weighted = means.share_weighted;
      out.push_back(std::move(day));
    }
  }
  return out;
}

}  // namespace delever::gauges
