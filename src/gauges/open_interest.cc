#include "gauges/open_interest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace delever::gauges {
namespace {

constexpr Duration kInterestKept = Duration::hours(26);

int64_t floor_to(Instant t, Duration step) {
  const int64_t ns = t.ns();
  return ns / step.ns() - (ns % step.ns() < 0 ? 1 : 0);
}

template <class Sample>
bool is_zero(const Sample& s) {
  // A value beside no contracts is a value of nothing.
  if (s.contracts) return *s.contracts == WideQty();
  return s.coins.value_or(0) == 0 && s.usd.value_or(0) == 0;
}

// Venues that say the figure and that the rule does not name.
template <class Sums, class Member>
std::vector<std::string> beside_the_rule(const Sums& sums, Member value,
                                         const std::vector<std::string>& named) {
  std::vector<std::string> out;
  for (const auto& [venue, one] : sums) {
    if (one.*value && std::find(named.begin(), named.end(), venue) == named.end())
      out.push_back(venue);
  }
  return out;
}

// What two tellings of one time are compared by: contracts where both have them, else coins, else
// dollars; nothing where they have none in common.
template <class Sample>
std::pair<double, double> comparable(const Sample& a, const Sample& b) {
  if (a.contracts && b.contracts) return {a.contracts->approx(), b.contracts->approx()};
  if (a.coins && b.coins) return {*a.coins, *b.coins};
  if (a.usd && b.usd) return {*a.usd, *b.usd};
  return {0, 0};
}

bool usable(std::optional<double> value) { return value && std::isfinite(*value) && *value >= 0; }

}  // namespace

// Whether the time of the sample is told in two ways.
bool OpenInterests::put(std::vector<Sample>& samples, const Sample& sample) {
  if (samples.empty() || samples.back().slot < sample.slot) {
    samples.push_back(sample);
    return false;
  }
  const auto at = std::lower_bound(samples.begin(), samples.end(), sample.slot,
                                   [](const Sample& s, int64_t slot) { return s.slot < slot; });
  if (at->slot != sample.slot) {
    samples.insert(at, sample);
    return false;
  }
  if (at->at != sample.at) {
    if (sample.rank() > at->rank()) *at = sample;
    return false;
  }
  // A recorder that polls and an archive may round; a count of one time has no other one beside it.
  // Dollars beside a count move with the price that they were made with, and say nothing against
  // it.
  const auto [a, b] = comparable(*at, sample);
  const double most = std::max(a, b), least = std::min({a, b, at->least.value_or(b)});
  const bool disputed = at->disputed || most - least > 0.01 * most;
  if (sample.rank() > at->rank()) *at = sample;
  at->least = least;
  at->disputed = disputed;
  return disputed;
}

void OpenInterests::add(const Event& event, const OpenInterest& interest) {
  const Instrument& instrument = subject_.instruments[event.instrument];
  if (instrument.kind == InstrumentKind::option || instrument.kind == InstrumentKind::spot) return;
  Sample sample{.at = event.at, .contracts = interest.contracts};
  if (usable(interest.coins)) sample.coins = interest.coins;
  if (usable(interest.value_usd)) sample.usd = interest.value_usd;
  if (sample.contracts && sample.contracts->raw() < 0) sample.contracts.reset();
  // A measure of 0 beside one that is not is a field that was not filled.
  if (!is_zero(sample)) {
    if (sample.coins == 0.0) sample.coins.reset();
    if (sample.usd == 0.0) sample.usd.reset();
  }
  if (!sample.contracts && !sample.coins && !sample.usd) return;
  Market& market = markets_[event.instrument];
  market.sources.insert(subject_.source_name(event));
  market.published =
      instrument.kind == InstrumentKind::aggregate || subject_.rules.is_publisher(instrument.venue);
  // A row of nothing between two large ones is a row that went wrong. It stands only where nothing
  // else was ever said.
  if (is_zero(sample)) {
    market.zero_at = std::max(market.zero_at.value_or(event.at), event.at);
    return;
  }
  sample.slot = floor_to(event.at, Duration::minutes(1));
  if (put(market.minutes, sample))
    market.disputed_at = std::max(market.disputed_at.value_or(event.at), event.at);
  // A close stamped on midnight belongs to the day before it.
  sample.slot = floor_to(event.at - Duration::ns(1), kDay);
  (void)put(market.days, sample);
}

void OpenInterests::forget_before(Instant known) {
  const int64_t oldest = floor_to(known - kInterestKept, Duration::minutes(1));
  for (auto& [id, market] : markets_) {
    auto& minutes = market.minutes;
    auto first = std::lower_bound(minutes.begin(), minutes.end(), oldest,
                                  [](const Sample& s, int64_t slot) { return s.slot < slot; });
    if (first == minutes.end() && first != minutes.begin()) --first;
    minutes.erase(minutes.begin(), first);
  }
}

const OpenInterests::Sample* OpenInterests::sample_at(const Market& market, Instant t) const {
  const Duration stale = market.published ? subject_.rules.open_interest.published_stale_after
                                          : subject_.rules.open_interest.stale_after;
  auto it = std::upper_bound(market.minutes.begin(), market.minutes.end(),
                             floor_to(t, Duration::minutes(1)),
                             [](int64_t slot, const Sample& s) { return slot < s.slot; });
  while (it != market.minutes.begin()) {
    --it;
    if (it->at <= t && !it->disputed) return t - it->at <= stale ? &*it : nullptr;
  }
  // Daily closes stay for good; a vendor's past lies there once the minutes are gone.
  auto day = std::upper_bound(market.days.begin(), market.days.end(), floor_to(t, kDay),
                              [](int64_t slot, const Sample& s) { return slot < s.slot; });
  while (day != market.days.begin()) {
    --day;
    if (day->at <= t && !day->disputed) return t - day->at <= stale ? &*day : nullptr;
  }
  return nullptr;
}

// For how long the newest figure before `t` has been told again and again without a change: venues
// go on sending the last one of what they have delisted.
std::optional<Duration> OpenInterests::unmoved_for(const Market& market, Instant t) {
  constexpr Duration kLong = Duration::hours(6);
  constexpr int kOften = 60;
  const Sample *last = nullptr, *first = nullptr;
  int told = 0;
  for (auto it = market.minutes.rbegin(); it != market.minutes.rend(); ++it) {
    if (it->at > t) continue;
    if (last == nullptr) last = &*it;
    if (it->contracts != last->contracts || it->coins != last->coins) break;
    if (!it->contracts && !it->coins && it->usd != last->usd) break;
    first = &*it;
    ++told;
  }
  if (told < kOften || last->at - first->at < kLong) return std::nullopt;
  return last->at - first->at;
}

std::string OpenInterests::frozen_words(InstrumentId id, Duration unmoved) const {
  const Instrument& instrument = subject_.instruments[id];
  return fmt::format("{} at {}: its price has not moved for {}: frozen", instrument.name(),
                     instrument.venue, short_age(unmoved));
}

std::optional<std::string> OpenInterests::price_frozen(InstrumentId id, Instant at) const {
  const auto frozen = prices_.frozen(id, at);
  return frozen ? std::optional(frozen_words(id, *frozen)) : std::nullopt;
}

std::optional<std::string> OpenInterests::lifeless(InstrumentId id, Instant at) const {
  if (auto closed = subject_.closed(id, at)) return closed;
  if (const auto untraded = prices_.untraded(id, at)) return frozen_words(id, *untraded);
  const auto market = markets_.find(id);
  if (market == markets_.end() || !unmoved_for(market->second, at)) return std::nullopt;
  return price_frozen(id, at);
}

bool OpenInterests::nothing_open(InstrumentId id, Instant at) const {
  const auto found = markets_.find(id);
  if (found == markets_.end() || !found->second.zero_at) return false;
  const Market& market = found->second;
  return at - *market.zero_at <= subject_.rules.open_interest.stale_after &&
         (market.minutes.empty() || market.minutes.back().at < *market.zero_at);
}

OpenInterests::Amount OpenInterests::amount(InstrumentId id, const Market& market,
                                            const Sample& sample, Instant at) const {
  const Instrument& instrument = subject_.instruments[id];
  Amount out{.coins = sample.coins, .usd = sample.usd, .at = sample.at};
  std::optional<double> dollars_a_coin;
  Instant priced_at = sample.at;
  for (const Instant t : {sample.at, at}) {
    priced_at = t;
    if (!market.published) {
      if (const auto own = prices_.of(id, t, subject_.rules.price.stale_after))
        dollars_a_coin = own->price;
    }
    if (!dollars_a_coin) {
      if (const auto reference = prices_.reference(t)) dollars_a_coin = reference->price;
    }
    if (dollars_a_coin) break;
  }
  const Terms& terms = subject_.terms(id);
  if (!market.published && !subject_.in_dollars(terms)) {
    out.usd.reset();  // money of another coin
    if (terms.kind != InstrumentKind::aggregate)
      out.note = fmt::format("{} is quoted in {}: valued by the price of {}", instrument.name(),
                             terms.quote, subject_.asset);
  }
  if (out.coins && terms.kind != InstrumentKind::aggregate) *out.coins *= terms.units;
  if (sample.contracts && !market.published) {
    const std::optional<double> native =
        dollars_a_coin ? std::optional(*dollars_a_coin * terms.units) : std::nullopt;
    const double contracts = sample.contracts->approx();
    if (!out.coins) out.coins = coins(terms, contracts, native);
    if (subject_.in_dollars(terms)) {
      // Contracts of a number of dollars say the dollars themselves, without any price.
      const bool inverse = terms.kind == InstrumentKind::inverse;
      if (!out.usd || (inverse && terms.size)) out.usd = quote_money(terms, contracts, native);
    }
  }
  if (!dollars_a_coin) return out;
  if (priced_at > sample.at && !(sample.coins && sample.usd) && out.note.empty())
    out.note = instrument.name() + " stands before its first price and is valued by a later one";
  // Two measures of one thing that are apart by more than a price can move: a field is in another
  // unit than it is read in, and nothing says which.
  if (!market.published && out.coins && out.usd && *out.coins > 0 && *out.usd > 0) {
    const double by_price = *out.coins * *dollars_a_coin;
    if (*out.usd > 2 * by_price || by_price > 2 * *out.usd) {
      out.note = fmt::format("{} states {} USD beside {} coins, which are worth {}: no figure",
                             instrument.name(), short_number(*out.usd), short_number(*out.coins),
                             short_number(by_price));
      out.coins.reset();
      out.usd.reset();
      return out;
    }
  }
  if (!out.usd && out.coins) out.usd = *out.coins * *dollars_a_coin;
  if (out.usd) {
    const double derived = *out.usd / *dollars_a_coin;
    if (!out.coins) {
      out.coins = derived;
    } else if (market.published &&
               derived > *out.coins * (1 + subject_.rules.open_interest.scope_gap)) {
      out.stated_coins = out.coins;
      out.coins = derived;
    }
  }
  return out;
}

// The venues of the rule are one source together; a vendor is another.
bool OpenInterests::several() const {
  return markets_.size() >= 2 && std::any_of(markets_.begin(), markets_.end(),
                                             [](const auto& one) { return one.second.published; });
}

std::set<std::string> OpenInterests::venues(bool published) const {
  std::set<std::string> out;
  for (const auto& [id, market] : markets_) {
    if (market.published == published) out.insert(subject_.instruments[id].venue);
  }
  return out;
}

OpenInterests::VenueSum OpenInterests::venue_sum(const std::string& venue, Instant at) const {
  VenueSum sum;
  const auto add = [](std::optional<double>& to, std::optional<double> value) {
    if (value) to = to.value_or(0) + *value;
  };
  bool all_usd_changes = true;
  std::vector<std::string> zeros;
  for (const auto& [id, market] : markets_) {
    if (market.published || subject_.instruments[id].venue != venue) continue;
    const Instrument& instrument = subject_.instruments[id];
    if (instrument.expiry && *instrument.expiry <= at) continue;  // nothing of it is left
    const Sample* now = sample_at(market, at);
    if (const auto dead = lifeless(id, at)) {
      if (now != nullptr || market.zero_at) zeros.push_back(*dead + ", left out");
      if (now != nullptr) ++sum.coins_left_out, ++sum.usd_left_out;
      continue;
    }
    const bool only_zero = market.minutes.empty() && market.days.empty() && market.zero_at;
    Amount level = now != nullptr ? amount(id, market, *now, at) : Amount{};
    if (only_zero && at - *market.zero_at <= subject_.rules.open_interest.stale_after)
      level = {.coins = 0.0, .usd = 0.0, .at = *market.zero_at};
    if (market.zero_at && !only_zero && (now == nullptr || *market.zero_at > now->at))
      zeros.push_back(now == nullptr
                          ? fmt::format("{}: rows of 0 to {}, not believed", instrument.name(),
                                        market.zero_at->text())
                          : fmt::format("{}: a row of 0 of {} not believed, the last figure is {} "
                                        "old",
                                        instrument.name(), market.zero_at->text(),
                                        short_age(at - now->at)));
    // Of what came after it nothing is said here: it is too old.
    const bool newest_is = market.disputed_at && !market.minutes.empty() &&
                           *market.disputed_at >= market.minutes.back().at;
    if (now == nullptr ? newest_is : market.disputed_at && *market.disputed_at > now->at)
      zeros.push_back(fmt::format("{}: two figures of {} differ, and neither counts",
                                  instrument.name(), market.disputed_at->text()));
    if (!level.note.empty()) zeros.push_back(level.note);
    if (const auto unmoved = now ? unmoved_for(market, at) : std::nullopt)
      zeros.push_back(fmt::format("{}: its open interest has not moved for {}", instrument.name(),
                                  short_age(*unmoved)));
    if (!level.coins) ++sum.coins_left_out;
    if (!level.usd) ++sum.usd_left_out;
    if (now != nullptr && !level.coins && !subject_.terms(id).size)
      zeros.push_back(instrument.name() + ": contract size unknown");
    if (!level.coins && !level.usd) continue;
    sum.sources.insert(market.sources.begin(), market.sources.end());
    sum.as_of = std::max(sum.as_of, level.at);
    add(sum.coins, level.coins);
    add(sum.usd, level.usd);
    const Sample* past = sample_at(market, at - kDay);
    const Amount before = past != nullptr ? amount(id, market, *past, at - kDay) : Amount{};
    if (level.coins ? !before.coins : past == nullptr) ++sum.without_past;
    if (level.coins && before.coins) add(sum.coins_change, *level.coins - *before.coins);
    if (level.usd && before.usd)
      add(sum.usd_change, *level.usd - *before.usd);
    else if (past != nullptr)
      all_usd_changes = false;
  }
  if (!all_usd_changes) sum.usd_change.reset();
  sum.note = zeros.empty() ? "" : fmt::format("{}: {}", venue, join(zeros, ", "));
  return sum;
}

// A vendor's widest series: the one with the most coins. Level and change are counted the same way,
// so that one can be set against the other: by its coins, unless they cover fewer contracts than
// its dollars do.
std::optional<OpenInterests::VenueSum> OpenInterests::published(const std::string& venue,
                                                                Instant at) const {
  std::optional<VenueSum> out;
  // A part ("BTC stablecoin-margined") does not stand for a vendor that also states the whole.
  const auto is_part = [&](InstrumentId id) {
    return subject_.instruments[id].symbol.find(' ') != std::string::npos;
  };
  bool whole = false;
  for (const auto& [id, market] : markets_) {
    whole = whole || (market.published && subject_.instruments[id].venue == venue && !is_part(id) &&
                      sample_at(market, at) != nullptr);
  }
  for (const auto& [id, market] : markets_) {
    if (!market.published || subject_.instruments[id].venue != venue) continue;
    const Sample* now = sample_at(market, at);
    if (now == nullptr) continue;
    if (is_part(id) && whole) continue;
    const Amount level = amount(id, market, *now, at);
    if (out && level.coins.value_or(0) <= out->coins.value_or(-1)) continue;
    VenueSum sum{.coins = level.coins,
                 .usd = level.usd,
                 .as_of = level.at,
                 .a_part = is_part(id),
                 .sources = market.sources};
    if (market.disputed_at && *market.disputed_at > now->at)
      sum.disputed = fmt::format("{}: two figures of {} differ, and neither counts", venue,
                                 market.disputed_at->text());
    if (is_part(id))
      sum.note = fmt::format("{}: {} alone, a part", venue, subject_.instruments[id].symbol);
    if (!now->coins && level.coins)
      sum.note = venue + ": coins are dollars over the reference price";
    const Sample* past = sample_at(market, at - kDay);
    if (past != nullptr && past->at < now->at) {
      const Amount before = amount(id, market, *past, at - kDay);
      if (level.usd && before.usd) sum.usd_change = *level.usd - *before.usd;
      const bool alike = level.stated_coins.has_value() == before.stated_coins.has_value();
      if (level.coins && before.coins && alike) sum.coins_change = *level.coins - *before.coins;
      if (level.stated_coins && before.stated_coins)
        sum.note = fmt::format(
            "{}: coins are dollars over the reference price; the {} coins it counts changed by {}",
            venue, short_number(*level.stated_coins),
            short_number(*level.stated_coins - *before.stated_coins));
    }
    out = std::move(sum);
  }
  return out;
}

std::optional<OpenInterests::Level> OpenInterests::of_venue(const std::string& venue,
                                                            Instant t) const {
  const VenueSum sum = venue_sum(venue, t);
  if (!sum.coins) return std::nullopt;
  return Level{*sum.coins, sum.usd};
}

struct OpenInterests::Gauge {
  std::string_view name, unit;
  std::optional<double> VenueSum::*value;
  Duration window;
  int VenueSum::*left_out;
};

bool OpenInterests::lower_bound(const VenueSum& one, const Gauge& gauge) {
  return one.a_part || one.*gauge.left_out > 0;
}

// What of a venue is not in the figure, and why; each measure lacks what it lacks.
std::string OpenInterests::note_of(const std::string& venue, const VenueSum& one,
                                   const Gauge& gauge) {
  std::vector<std::string> notes;
  if (one.*gauge.left_out > 0)
    notes.push_back(fmt::format("{}: {} contracts left out (stale, or no contract size or price)",
                                venue, one.*gauge.left_out));
  if (!one.note.empty()) notes.push_back(one.note);
  // A contract that was not there yesterday is not a change of those that were.
  if (one.without_past > 0 && gauge.window > Duration())
    notes.push_back(
        fmt::format("{}: {} contracts have no figure of 24 h ago", venue, one.without_past));
  return join(notes, "; ");
}

std::vector<std::string> OpenInterests::left_behind(Instant at) const {
  if (markets_.empty()) return {"no open interest of " + subject_.asset};
  std::vector<std::string> why;
  for (const auto& [id, market] : markets_) {
    if (sample_at(market, at) != nullptr) continue;
    if (market.minutes.empty()) continue;
    const Sample& last = market.minutes.back();
    std::string line = fmt::format(
        "{} {}: {}", subject_.instruments[id].venue, subject_.instruments[id].name(),
        last.disputed ? fmt::format("two figures of {} differ, and neither counts", last.at.text())
                      : "the last is of " + last.at.text());
    if (std::find(why.begin(), why.end(), line) == why.end())
      why.push_back(std::move(line));  // parts of one total
    if (why.size() == 4) break;
  }
  return why;
}

// The venues that the rule names, those without a figure by name; none without any.
std::optional<Estimate> OpenInterests::over_venues(const Gauge& gauge,
                                                   const VenueSums& sums) const {
  const auto& rules = subject_.rules.open_interest;
  Estimate sum{.label = "venues", .coverage = 0};
  std::vector<std::string> absent, notes;
  bool short_of = false;
  double value = 0;
  for (const std::string& venue : rules.venues) {
    const auto found = sums.find(venue);
    if (found == sums.end() || !(found->second.*gauge.value)) {
      absent.push_back(venue);
      continue;
    }
    value += *(found->second.*gauge.value);
    sum.as_of = std::max(sum.as_of, found->second.as_of);
    sum.sources.insert(found->second.sources.begin(), found->second.sources.end());
    sum.origin.add(subject_.rules.origin_of(venue));
    sum.coverage += 1.0 / static_cast<double>(rules.venues.size());
    short_of = short_of || lower_bound(found->second, gauge);
    if (auto note = note_of(venue, found->second, gauge); !note.empty())
      notes.push_back(std::move(note));
  }
  if (sum.coverage <= 0) return std::nullopt;
  sum.value = value;
  const bool level = gauge.window == Duration();
  // What is left out can only add to a level; it can move a change either way.
  if (level || (absent.empty() && !short_of)) sum.low = value;
  if (absent.empty() && !short_of) sum.high = value;
  if (!absent.empty()) notes.push_back("without " + join(absent, ", "));
  const auto others = beside_the_rule(sums, gauge.value, rules.venues);
  if (!others.empty()) notes.push_back("by the rule not in it: " + join(others, ", "));
  sum.note = join(notes, "; ");
  sum.coverage = std::min(1.0, sum.coverage);
  return sum;
}

Estimate OpenInterests::of_one(const std::string& venue, const VenueSum& one,
                               const Gauge& gauge) const {
  Estimate e = Estimate::exact(venue, *(one.*gauge.value), one.as_of);
  e.sources = one.sources;
  e.origin = subject_.rules.origin_of(venue);
  e.note = note_of(venue, one, gauge);
  if (lower_bound(one, gauge)) e.high.reset();
  return e;
}

void OpenInterests::read(Panel& panel) const {
  const Gauge gauges[] = {
      {"oi_coins", "coins", &VenueSum::coins, Duration(), &VenueSum::coins_left_out},
      {"oi_usd", "USD", &VenueSum::usd, Duration(), &VenueSum::usd_left_out},
      {"oi_change_24h_coins", "coins", &VenueSum::coins_change, kDay, &VenueSum::coins_left_out},
      {"oi_change_24h_usd", "USD", &VenueSum::usd_change, kDay, &VenueSum::usd_left_out}};
  const Band band = subject_.rules.open_interest.band;
  VenueSums sums, totals;
  for (const std::string& venue : venues(false)) sums[venue] = venue_sum(venue, panel.at);
  for (const std::string& vendor : venues(true)) {
    if (auto sum = published(vendor, panel.at)) totals[vendor] = std::move(*sum);
  }
  const std::vector<std::string> why = left_behind(panel.at);
  for (const Gauge& gauge : gauges) {
    const bool change = gauge.window > Duration();
    const Panel::Name name{
        .name = gauge.name, .unit = gauge.unit, .window = gauge.window, .section = "open_interest"};
    std::string missing = change ? "no figure of 24 h ago" : "no price to convert with";
    if (!why.empty()) missing = join(why, "; ");
    std::vector<Estimate> estimates;
    if (auto sum = over_venues(gauge, sums)) estimates.push_back(std::move(*sum));
    for (const auto& [vendor, total] : totals) {
      if (!(total.*gauge.value)) continue;
      estimates.push_back(of_one(vendor, total, gauge));
      // The note says how the coins were counted.
      if (gauge.unit != "coins") estimates.back().note.clear();
      if (!total.disputed.empty()) {
        std::string& note = estimates.back().note;
        note += (note.empty() ? "" : "; ") + total.disputed;
      }
    }
    panel.settle(name, std::move(estimates), band, missing);
    if (panel.reviews()) continue;  // each venue is alone in its reading
    for (const auto& [venue, one] : sums) {
      Panel::Name of_venue = name;
      of_venue.venue = venue;
      std::vector<Estimate> own;
      if (one.*gauge.value) own.push_back(of_one(venue, one, gauge));
      if (!own.empty() && lower_bound(one, gauge) && change) own.back().low.reset();
      const std::string note = note_of(venue, one, gauge);
      panel.settle(of_venue, std::move(own), band, note.empty() ? missing : note);
    }
  }
}

// At the end of a day: vendors series by series, venues contract by contract.
std::vector<DayInterest> OpenInterests::day_interest(Instant end) const {
  std::vector<DayInterest> out;
  for (const auto& [id, market] : markets_) {
    const Instrument& instrument = subject_.instruments[id];
    const bool over = (instrument.expiry && *instrument.expiry <= end) ||
                      (!market.published && lifeless(id, end));
    const Sample* sample = over ? nullptr : sample_at(market, end);
    if (sample == nullptr || end - sample->at >= kDay) continue;  // a vendor's day before
    DayInterest one{.venue = instrument.venue, .published = market.published};
    one.scope = market.published ? instrument.symbol : instrument.name();
    one.part = market.published && instrument.symbol.find(' ') != std::string::npos;
    one.dated = instrument.expiry.has_value();
    one.coins = amount(id, market, *sample, end).coins;
    if (market.published && sample->contracts) one.contracts = sample->contracts->approx();
    out.push_back(std::move(one));
  }
  std::sort(out.begin(), out.end(), [](const DayInterest& a, const DayInterest& b) {
    return std::tie(a.venue, a.scope) < std::tie(b.venue, b.scope);
  });
  return out;
}

std::vector<OpenInterestPoint> OpenInterests::points(Instant from, Instant at) const {
  // By venue and day, the sum over its contracts that have a close that day; of a vendor its widest
  // series.
  struct Sum {
    std::optional<double> coins, usd;
    Instant at;
  };
  std::map<std::string, std::map<int64_t, Sum>> all;
  for (const auto& [id, market] : markets_) {
    const std::string& venue = subject_.instruments[id].venue;
    for (const Sample& s : market.days) {
      if (s.at < from || s.at > at || s.disputed) continue;
      Amount a = amount(id, market, s, s.at);
      Sum& sum = all[venue][s.slot];
      sum.at = std::max(sum.at, s.at);
      if (market.published) {
        if (a.coins.value_or(0) > sum.coins.value_or(-1))
          sum.coins = a.stated_coins ? a.stated_coins : a.coins;
        if (a.usd.value_or(0) > sum.usd.value_or(-1)) sum.usd = a.usd;
      } else {
        if (a.coins) sum.coins = sum.coins.value_or(0) + *a.coins;
        if (a.usd) sum.usd = sum.usd.value_or(0) + *a.usd;
      }
    }
  }
  std::vector<OpenInterestPoint> out;
  for (const auto& [venue, days] : all) {
    for (const auto& [slot, sum] : days) out.push_back({venue, sum.at, sum.coins, sum.usd});
  }
  return out;
}

// What venue_sum adds up, one by one, but for rows of zero and what has no figure in coins.
std::vector<ContractInterest> OpenInterests::contracts(Instant at) const {
  std::vector<ContractInterest> out;
  const std::vector<std::string>& summed = subject_.rules.open_interest.venues;
  for (const auto& [id, market] : markets_) {
    const Instrument& instrument = subject_.instruments[id];
    if (market.published || (instrument.expiry && *instrument.expiry <= at)) continue;
    if (lifeless(id, at)) continue;
    const Sample* now = sample_at(market, at);
    if (now == nullptr) continue;
    const Amount level = amount(id, market, *now, at);
    if (!level.coins) continue;
    out.push_back(
        {.venue = instrument.venue,
         .symbol = instrument.symbol,
         .name = instrument.name(),
         .kind = instrument.kind,
         .at = level.at,
         .contracts = now->contracts ? now->contracts->approx() : *level.coins,
         .coins = *level.coins,
         .usd = level.usd,
         .summed = std::find(summed.begin(), summed.end(), instrument.venue) != summed.end()});
  }
  return out;
}

}  // namespace delever::gauges
