#include "gauges/funding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "market/figure_names.h"

namespace delever::gauges {
namespace {

constexpr Duration kYear = Duration::days(365);
constexpr std::string_view kFundingSection = "funding";

// Settlements carry a jitter of milliseconds; they belong to the nearest full second, so that two
// sources that report one settlement share its key.
Instant nominal(Instant t) {
  const int64_t second = 1'000'000'000;
  const int64_t ns = t.ns() + second / 2;
  return Instant::ns(ns - (ns % second + second) % second);
}

int64_t hour_of(Instant t) {
  const int64_t ns = t.ns(), hour = 3'600'000'000'000;
  return ns / hour - (ns % hour < 0 ? 1 : 0);
}

std::string filled(const std::string& pattern, const std::string& asset) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern.compare(i, 2, "{}") == 0) {
      out += asset;
      ++i;
    } else
      out += pattern[i];
  }
  return out;
}

// Venues with a contract that the rule does not name.
std::vector<std::string> beside_the_rule(const std::map<std::string, InstrumentId>& mains,
                                         const std::vector<std::string>& named) {
  std::vector<std::string> out;
  for (const auto& [venue, id] : mains) {
    if (std::find(named.begin(), named.end(), venue) == named.end()) out.push_back(venue);
  }
  return out;
}

// A vendor's own weighted mean. Its volume-weighted twin is another quantity and stays in the
// history.
bool is_weighted(const Instrument& instrument) {
  return instrument.kind == InstrumentKind::aggregate &&
         instrument.symbol.find("vol") == std::string::npos;
}

// Takes venues whose open interest is known in coins alone out of a sum of dollars.
void leave_out(Estimate& dollars, const std::vector<std::string>& without, size_t venues) {
  if (without.empty()) return;
  dollars.low = dollars.high = std::nullopt;
  dollars.note += "; not in it, for want of dollars: " + join(without, ", ");
  dollars.coverage -= static_cast<double>(without.size()) / static_cast<double>(venues);
}

}  // namespace

bool same_rate(Rate a, Rate b) {
  return std::fabs(a.approx() - b.approx()) <=
         std::max(1e-7, 0.01 * std::max(std::fabs(a.approx()), std::fabs(b.approx())));
}

std::vector<std::string> several_types(const RateTypes& types, Instant from, Instant to) {
  std::set<std::string> found;
  for (auto it = types.upper_bound(from); it != types.end() && it->first <= to; ++it)
    found.insert(it->second.begin(), it->second.end());
  return found.size() < 2 ? std::vector<std::string>()
                          : std::vector<std::string>(found.begin(), found.end());
}

double annual_simple(double rate, Duration interval) {
  CHECK(interval > Duration());
  return rate * (kYear.in_seconds() / interval.in_seconds());
}

double annual_compounded(double rate, Duration interval) {
  CHECK(interval > Duration());
  // A rate of -100 % or worse leaves nothing to compound, and log1p is not defined there.
  if (rate <= -1) return -1;
  return std::expm1(std::log1p(rate) * (kYear.in_seconds() / interval.in_seconds()));
}

// Of two words on one settlement the later stands, of the same instant the higher rate; that it was
// told otherwise goes with it, where the two are of one time, or were to be paid once.
void Fundings::told_twice(Rated& known, const Rated& rated, bool paid) {
  std::optional<Rate> other;
  if (paid || (known.at == rated.at && known.settles_at == rated.settles_at)) {
    other = known.other;
    if (!same_rate(known.rate, rated.rate)) other = std::min(known.rate, rated.rate);
  } else if (known.rank() > rated.rank()) {
    other = known.other;
  }
  if (rated.rank() > known.rank()) known = rated;
  known.other = other;
}

void Fundings::add(const Event& event, const FundingRate& funding) {
  const Instrument& instrument = subject_.instruments[event.instrument];
  if (!instrument.is_perpetual() && instrument.kind != InstrumentKind::aggregate) return;
  Market& market = markets_[event.instrument];
  market.sources.insert(subject_.source_name(event));
  const Rated rated{.at = event.at,
                    .rate = funding.rate,
                    .interval = funding.interval,
                    .settles_at = funding.settles_at,
                    .over = funding.mean_over};
  // Of two words on one settlement the later stands, of the same instant the higher rate: the order
  // in which sources arrive must not matter.
  const auto keep = [&](std::map<Instant, Rated>& to, Instant key) {
    const auto [at, fresh] = to.try_emplace(key, rated);
    if (fresh) return;
    Rated& known = at->second;
    if (known.announced) {  // now it is reported
      known = rated;
      return;
    }
    // What was announced moves until it settles; what was paid was one rate, and at one time one
    // rate is announced and one is the mean.
    told_twice(known, rated, &to == &market.settled);
  };
  const auto latest = [&](std::optional<Rated>& to) {
    if (!to)
      to = rated;
    else
      told_twice(*to, rated, false);
  };
  switch (funding.kind) {
    case FundingKind::settled:
      keep(market.settled, nominal(funding.settles_at.value_or(event.at)));
      return;
    case FundingKind::mean:
      keep(market.means, nominal(funding.settles_at.value_or(event.at)));
      return;
    case FundingKind::predicted:
      latest(market.predicted);
      return;
    case FundingKind::current: {
      latest(market.current);
      // Without a time of settlement the rate accrues all the time (Deribit): what counts is its
      // mean over each hour. With one, each word before the settlement replaces the one before it.
      if (!funding.settles_at) {
        Hour& hour = market.hours[hour_of(event.at)];
        hour.sum += funding.rate.raw();
        ++hour.count;
      } else if (event.at <= *funding.settles_at) {
        keep(market.announced, nominal(*funding.settles_at));
      }
      return;
    }
  }
}

void Fundings::add(const Event& event, const PublishedFigure& figure) {
  if (figure.metric != kFundingRateType || figure.unit.empty()) return;
  if (subject_.instruments[event.instrument].is_perpetual())
    markets_[event.instrument].types[nominal(event.at)].insert(figure.unit);
}

void Fundings::forget_before(Instant known) {
  for (auto& [id, market] : markets_) {
    market.hours.erase(market.hours.begin(),
                       market.hours.lower_bound(hour_of(known - Duration::hours(26))));
    // What was announced just before a settlement that nobody reported stands for it from now on.
    const auto& rules = subject_.rules.funding;
    while (!market.announced.empty() &&
           market.announced.begin()->first < known - Duration::hours(48)) {
      const auto& [at, rated] = *market.announced.begin();
      if (at - rated.at <= rules.announced_within) {
        const auto [kept, fresh] = market.settled.try_emplace(at, rated);
        if (fresh) kept->second.announced = true;
      }
      market.announced.erase(market.announced.begin());
    }
  }
}

// The perpetual that speaks for a venue: the first of the rule's names that is there, else the
// first by name; of a coin that was renamed the one under its name of today, of a closed one any
// other. None where the venue has no perpetual of the asset.
std::optional<InstrumentId> Fundings::main_of(const std::string& venue, Instant at) const {
  const auto known = subject_.rules.funding.by_venue.find(venue);
  std::optional<InstrumentId> first;
  std::tuple<bool, size_t, bool> best{true, SIZE_MAX, true};
  std::string first_name;
  for (const auto& [id, market] : markets_) {
    const Instrument& instrument = subject_.instruments[id];
    if (instrument.venue != venue || !instrument.is_perpetual()) continue;
    const std::string plain = subject_.plain_name(id);
    size_t rank = SIZE_MAX - 1;
    if (known != subject_.rules.funding.by_venue.end()) {
      const auto& main = known->second.main;
      for (size_t i = 0; i < main.size(); ++i) {
        if (filled(main[i], subject_.terms(id).asset) == plain) {
          rank = i;
          break;
        }
      }
    }
    const Terms& terms = subject_.terms(id);
    const std::tuple mine{subject_.closed(id, at).has_value(), rank,
                          terms.coin_from == TermSource::table && terms.units == 1};
    if (!first || mine < best || (mine == best && instrument.name() < first_name)) {
      best = mine;
      first = id;
      first_name = instrument.name();
    }
  }
  return first;
}

// The 24 h to the last settlement: what was paid, over the time it was paid for.
std::optional<Fundings::DayMean> Fundings::mean_of(InstrumentId id,
                                                   const std::vector<Settlement>& recent,
                                                   std::string& why_not) const {
  const auto& rules = subject_.rules.funding;
  const Instrument& instrument = subject_.instruments[id];
  const Instant end = recent.back().at, start = end - kDay;
  DayMean mean{.as_of = end};
  Duration paid;
  int announced = 0, count = 0, unknown = 0;
  double rates = 0, days = 0;
  bool contradicted = false;
  const Period* least_sure = nullptr;
  for (const Settlement& s : recent) {
    if (s.at <= start) continue;
    ++count;
    announced += s.announced;
    rates += s.rate;
    if (!s.period.length) {
      ++unknown;
      continue;
    }
    const Duration length = *s.period.length, inside = std::min(length, s.at - start);
    contradicted = contradicted || s.period.contradicted;
    // The first period may have begun before the 24 h: only its part inside them was paid in them.
    mean.sum += inside == length ? s.rate : s.rate * (inside.in_seconds() / length.in_seconds());
    days += inside.in_days();
    paid = paid + inside;
    if (!least_sure || s.period.from < least_sure->from) least_sure = &s.period;
  }
  const std::string who = fmt::format("{} {}", instrument.venue, instrument.name());
  if (const auto types = several_types(markets_.at(id).types, start, end); !types.empty()) {
    why_not = fmt::format(
        "{}: rates of several types ({}) were settled in the 24 h to {}, and nothing says which of "
        "them belong together",
        who, join(types, ", "), end.text());
    return std::nullopt;
  }
  for (const Settlement& s : recent) {
    if (s.at <= start || !s.other) continue;
    why_not = fmt::format("{}: two rates are told as paid at {}, {} and {}", who, s.at.text(),
                          s.rate, *s.other);
    return std::nullopt;
  }
  // More than a day of periods in a day would count some hours twice.
  if (contradicted || days > 1 + 1e-6) {
    why_not = fmt::format(
        "{}: {} settlements whose stated periods add up to more than the 24 h to {}: the interval "
        "stated and the times of settlement contradict each other",
        who, count, end.text());
    return std::nullopt;
  }
  if (unknown > 0) {
    // What one rate an 8 h or one rate an hour would make of it.
    const double rate = rates / count;
    const double a = annual_simple(rate, Duration::hours(8)),
                 b = annual_simple(rate, Duration::hours(1));
    mean.low = std::min(a, b);
    mean.high = std::max(a, b);
    mean.note = why_not =
        fmt::format("{}: {} settlements to {}, {}", who, count, end.text(), words_of(Period{}));
    mean.coverage = 0;
    return mean;
  }
  mean.coverage = paid.in_days();
  if (mean.coverage < rules.coverage_min) {
    why_not = fmt::format("{}: {} settlements cover {:.1f} of the 24 h to {}", who, count,
                          paid.in_seconds() / 3600, end.text());
    return std::nullopt;
  }
  // Over the time that is covered, not over 24 h: a missing settlement is not a rate of 0.
  mean.annual = annual_simple(mean.sum, paid);
  mean.compounded = annual_compounded(mean.sum / count, paid / count);
  mean.note = fmt::format("{}, {} settlements to {}", instrument.name(), count, end.text());
  if (announced > 0) mean.note += fmt::format(", {} of them as last announced", announced);
  if (const std::string words = words_of(*least_sure); !words.empty()) mean.note += ", " + words;
  return mean;
}

// In (from, to], what was settled, or announced just before and not reported since.
std::vector<Fundings::Settlement> Fundings::settlements(InstrumentId id, const Market& market,
                                                        Instant from, Instant to) const {
  std::map<Instant, Settlement> found;
  // Beyond the span on both sides: what is around a settlement says how long its period was.
  const Duration around = Duration::days(2);
  const Instant first = from == Instant::min() ? from : from - around;
  const Spacings spacings = spacings_of(market, first, to == Instant::max() ? to : to + around);
  const auto add = [&](Instant at, const Rated& rated, bool announced) {
    if (at <= from || at > to || found.contains(at)) return;
    Settlement one{at, rated.rate.approx(), period_of(id, rated, at, spacings), announced};
    // A rate that was settled without its interval has the one that was announced with it.
    if (const auto word = market.announced.find(at);
        !rated.interval && word != market.announced.end() && word->second.interval) {
      Rated with = rated;
      with.interval = word->second.interval;
      if (const Period stated = period_of(id, with, at, spacings); !stated.contradicted)
        one.period = stated;
    }
    if (rated.other) one.other = rated.other->approx();
    found.emplace(at, one);
  };
  for (auto it = market.settled.upper_bound(from); it != market.settled.end() && it->first <= to;
       ++it)
    add(it->first, it->second, false);
  for (auto it = market.announced.upper_bound(from);
       it != market.announced.end() && it->first <= to; ++it) {
    if (it->first - it->second.at <= subject_.rules.funding.announced_within)
      add(it->first, it->second, true);
  }
  std::vector<Settlement> out;
  for (const auto& entry : found) out.push_back(entry.second);
  return out;
}

std::optional<Fundings::DayMean> Fundings::mean_of_means(InstrumentId id, const Market& market,
                                                         Instant at) const {
  constexpr Duration kNewest = Duration::hours(1);
  const auto after = market.means.upper_bound(at);
  if (after == market.means.begin()) return std::nullopt;
  const auto& [end, newest] = *std::prev(after);
  const auto interval = interval_of(id, newest.interval);
  if (!newest.over || *newest.over <= Duration() || *newest.over >= kDay ||
      kDay.ns() % newest.over->ns() != 0 || !interval || at - end > kNewest)
    return std::nullopt;
  // They need not follow to the second; a fiftieth of one is within the noise of the rate.
  const Duration slack = *newest.over / 50;
  const int64_t parts = kDay.ns() / newest.over->ns();
  double sum = 0;
  for (int64_t part = 0; part < parts; ++part) {
    const Instant want = end - *newest.over * part;
    auto found = market.means.lower_bound(want - slack);
    if (const auto exact = market.means.find(want); exact != market.means.end()) found = exact;
    if (found == market.means.end() || found->first > want + slack ||
        found->second.over != newest.over || found->second.other)
      return std::nullopt;
    sum += found->second.rate.approx();
  }
  const double rate = sum / static_cast<double>(parts);
  DayMean mean{.as_of = end, .coverage = 1};
  mean.annual = annual_simple(rate, *interval);
  mean.compounded = annual_compounded(rate, *interval);
  mean.sum = rate * (kDay.in_seconds() / interval->in_seconds());
  mean.note = fmt::format("{}, {} means of {}", subject_.instruments[id].name(), parts,
                          newest.over->text());
  return mean;
}

std::optional<Fundings::DayMean> Fundings::day_mean(InstrumentId id, const Market& market,
                                                    Instant at, std::string& why_not) const {
  const auto& rules = subject_.rules.funding;
  const Instrument& instrument = subject_.instruments[id];
  if (const auto why = lifeless(id, market, at)) {
    why_not = *why;
    return std::nullopt;
  }
  // Settlements are the best evidence, then hours of a rate that accrues, then a published mean.
  const auto recent = settlements(id, market, at - rules.stale_after - kDay, at);
  if (!recent.empty() && at - recent.back().at <= rules.stale_after) {
    return mean_of(id, recent, why_not);
  }
  if (auto mean = mean_of_means(id, market, at)) return mean;
  if (!market.hours.empty()) {  // accrues without settlements: the mean of hourly means
    const int64_t last = hour_of(at);
    double sum = 0;
    int hours = 0;
    for (auto it = market.hours.lower_bound(last - 23);
         it != market.hours.end() && it->first <= last; ++it) {
      const double count = static_cast<double>(it->second.count) * static_cast<double>(Rate::scale);
      sum += static_cast<double>(it->second.sum) / count;
      ++hours;
    }
    const auto interval = interval_of(id, market.current ? market.current->interval : std::nullopt);
    DayMean mean{.as_of = market.current ? market.current->at : at, .coverage = hours / 24.0};
    if (interval && hours > 0 && mean.coverage >= rules.coverage_min) {
      const double rate = sum / hours;
      mean.sum = rate * (kDay.in_seconds() / interval->in_seconds());
      mean.annual = annual_simple(rate, *interval);
      mean.compounded = annual_compounded(rate, *interval);
      mean.note =
          fmt::format("{}, accrues continuously, mean of {} hours", instrument.name(), hours);
      return mean;
    }
    why_not = fmt::format("{} {}: rates in {} of the last 24 hours", instrument.venue,
                          instrument.name(), hours);
    return std::nullopt;
  }
  auto last = market.means.upper_bound(at);
  if (last != market.means.begin() && at - std::prev(last)->first <= rules.mean_stale_after) {
    const auto& [end, rated] = *std::prev(last);
    if (rated.other) {
      why_not = fmt::format("{} {}: two means are told of the time to {}", instrument.venue,
                            instrument.name(), end.text());
      return std::nullopt;
    }
    if (rated.over != kDay) {
      why_not =
          fmt::format("{} {}: a mean {} alone is none of 24 h", instrument.venue, instrument.name(),
                      rated.over ? "of " + rated.over->text() : "of an unstated time");
      return std::nullopt;
    }
    const auto interval = interval_of(id, rated.interval);
    if (!interval) {
      why_not = fmt::format("{}: the interval of its rates is not known", instrument.venue);
      return std::nullopt;
    }
    DayMean mean{.as_of = end, .coverage = 1};
    mean.annual = annual_simple(rated.rate.approx(), *interval);
    mean.compounded = annual_compounded(rated.rate.approx(), *interval);
    mean.sum = rated.rate.approx() * (kDay.in_seconds() / interval->in_seconds());
    mean.note = fmt::format("{}, a published daily mean", instrument.name());
    return mean;
  }
  why_not = fmt::format("{} {}: ", instrument.venue, instrument.name());
  const auto newest = [&](const std::map<Instant, Rated>& map) -> std::optional<Instant> {
    const auto it = map.upper_bound(at);
    return it == map.begin() ? std::nullopt : std::optional(std::prev(it)->first);
  };
  const auto settled = newest(market.settled), mean = newest(market.means);
  const auto known = std::max(settled, mean);
  why_not += known ? fmt::format("the last rate is of {}, {} before", known->text(),
                                 short_age(at - *known))
                   : std::string("no settlement known");
  return std::nullopt;
}

// A rate of 0 on nothing, or beside a price that stands still, is what venues go on sending of what
// they have delisted. Any other rate is one that was set.
std::optional<std::string> Fundings::lifeless(InstrumentId id, const Market& market,
                                              Instant at) const {
  if (auto why = interests_.lifeless(id, at)) return why;
  std::optional<Rate> rate;
  if (market.current) {
    rate = market.current->rate;
  } else if (const auto after = market.settled.upper_bound(at); after != market.settled.begin()) {
    rate = std::prev(after)->second.rate;
  }
  if (rate != Rate()) return std::nullopt;
  if (auto frozen = interests_.price_frozen(id, at)) return frozen;
  if (!market.current || !interests_.nothing_open(id, at)) return std::nullopt;
  return fmt::format("{} at {}: a rate of 0, and nothing is open", subject_.instruments[id].name(),
                     subject_.instruments[id].venue);
}

// What accrues now; where nothing is announced, what was paid last.
Fundings::RateNow Fundings::rate_now(InstrumentId id, const Market& market, Instant at) const {
  RateNow out{.rated = market.current};
  out.hides_predicted = market.predicted && market.predicted->other;
  if (const auto dead = lifeless(id, market, at)) {
    out.unclear = *dead;
    out.hides_predicted = true;
    return out;
  }
  if (out.rated && at - out.rated->at <= subject_.rules.funding.stale_after) {
    if (out.rated->other) out.unclear = "two rates are told as of " + out.rated->at.text();
    return out;
  }
  const auto after = market.settled.upper_bound(at);
  if (after == market.settled.begin()) return out;
  const auto& [settled, rated] = *std::prev(after);
  out.rated = rated;
  out.rated->at = settled;
  if (!several_types(market.types, at - kDay, at).empty())
    out.unclear = "rates of several types were settled, and nothing says which belong together";
  else if (rated.other)
    out.unclear = "two rates are told as paid at " + settled.text();
  return out;
}

// Where the interval is not known, only the annual figure has a band (8 h against 1 h): the others
// are open on both sides.
void Fundings::read_venue(Panel& panel, const std::string& venue, InstrumentId id,
                          const Market& market) const {
  const auto& rules = subject_.rules.funding;
  const Instrument& instrument = subject_.instruments[id];
  const auto estimate = [&](double value, Instant as_of, double coverage, const std::string& note) {
    Estimate e = Estimate::exact(venue, value, as_of);
    e.sources = market.sources;
    e.origin = subject_.rules.origin_of(venue);
    e.coverage = coverage;
    e.note = note;
    return std::vector<Estimate>{std::move(e)};
  };
  const auto put_rate = [&](std::string_view name, const std::optional<Rated>& rated, bool wanted) {
    Panel::Name out{
        .name = name, .unit = "fraction_per_interval", .section = kFundingSection, .venue = venue};
    std::optional<Duration> interval;
    Period period;
    if (rated) {
      const Spacings spacings =
          spacings_of(market, panel.at - Duration::days(3), panel.at + Duration::days(1));
      period = period_of(id, *rated, nominal(rated->settles_at.value_or(rated->at)), spacings);
      if (!period.contradicted) interval = period.length;
    }
    if (rated && interval && panel.at - rated->at <= rules.stale_after) {
      out.window = *interval;
      std::string note = instrument.name();
      if (const std::string words = words_of(period); !words.empty()) note += ", " + words;
      panel.settle(out, estimate(rated->rate.approx(), rated->at, 1, note), rules.band, "");
    } else if (wanted) {
      std::string why = !rated                ? "no rate"
                        : period.contradicted ? "the interval that it states is longer than "
                                                "settlements are apart"
                                              : words_of(Period{});
      if (rated && interval)
        why = fmt::format("the last rate is of {}, {} before", rated->at.text(),
                          short_age(panel.at - rated->at));
      panel.pending(out, why);
    }
  };
  const RateNow now = rate_now(id, market, panel.at);
  if (now.unclear.empty())
    put_rate("funding_rate", now.rated, true);
  else
    panel.pending({.name = "funding_rate",
                   .unit = "fraction_per_interval",
                   .section = kFundingSection,
                   .venue = venue},
                  now.unclear);
  if (!now.hides_predicted) put_rate("funding_rate_predicted", market.predicted, false);

  std::string why_not;
  const auto mean = day_mean(id, market, panel.at, why_not);
  const auto put = [&](std::string_view name, std::string_view unit, std::optional<double> value) {
    if (mean && mean->low) {
      std::vector<Estimate> open = estimate(0, mean->as_of, 0, mean->note);
      open[0].low = open[0].high = std::nullopt;
      if (name == "funding_annual") open[0].low = mean->low, open[0].high = mean->high;
      panel.only_band(
          {.name = name, .unit = unit, .window = kDay, .section = kFundingSection, .venue = venue},
          open[0]);
      return;
    }
    std::vector<Estimate> estimates;
    if (value) estimates = estimate(*value, mean->as_of, mean->coverage, mean->note);
    panel.settle(
        {.name = name, .unit = unit, .window = kDay, .section = kFundingSection, .venue = venue},
        std::move(estimates), rules.band, why_not);
  };
  const double neutral = annual_simple(rules.neutral_per_8h, Duration::hours(8));
  put("funding_annual", "fraction_per_year", mean ? std::optional(mean->annual) : std::nullopt);
  put("funding_annual_compounded", "fraction_per_year",
      mean ? std::optional(mean->compounded) : std::nullopt);
  put("funding_distance_from_neutral", "fraction_per_year",
      mean ? std::optional(mean->annual - neutral) : std::nullopt);
  const auto level = interests_.of_venue(venue, panel.at);
  if (mean && (!level || !level->usd)) why_not = "no open interest of " + venue + " to pay it on";
  put("funding_carry_usd_24h", "USD",
      mean && level && level->usd ? std::optional(mean->sum * *level->usd) : std::nullopt);
}

void Fundings::read_weighted(Panel& panel, const std::map<std::string, InstrumentId>& mains) const {
  const auto& rules = subject_.rules.funding;
  double weighted = 0, weight = 0, carry = 0;
  bool carried = false;
  Estimate sum{.label = "venues", .coverage = 0};
  std::vector<std::string> why, absent, with, without_dollars;
  for (const std::string& venue : rules.venues) {
    const auto main = mains.find(venue);
    std::string why_not = venue + ": no funding";
    const auto mean = main == mains.end()
                          ? std::nullopt
                          : day_mean(main->second, markets_.at(main->second), panel.at, why_not);
    const auto level = interests_.of_venue(venue, panel.at);
    // A band has no number to weigh, and a rate without open interest has no weight. Such a venue
    // is named in the note, and the ends stay open: it could move the mean either way.
    if (!mean || mean->low || !level || level->coins <= 0) {
      absent.push_back(venue);
      if (main != mains.end())
        why.push_back(mean && !mean->low ? venue + ": no open interest to weigh by" : why_not);
      continue;
    }
    weighted += level->coins * mean->annual;
    weight += level->coins;
    carried = carried || level->usd;
    carry += mean->sum * level->usd.value_or(0);
    if (!level->usd) without_dollars.push_back(venue);
    sum.as_of = std::max(sum.as_of, mean->as_of);
    const auto& sources = markets_.at(main->second).sources;
    sum.sources.insert(sources.begin(), sources.end());
    sum.origin.add(subject_.rules.origin_of(venue));
    sum.coverage += 1.0 / static_cast<double>(rules.venues.size());
    with.push_back(venue);
  }
  std::vector<Estimate> rates, carries;
  if (weight > 0) {
    sum.coverage = std::min(1.0, sum.coverage);
    const std::vector<std::string> others = beside_the_rule(mains, rules.venues);
    sum.note = "over " + join(with, ", ");
    if (!absent.empty()) sum.note += "; without " + join(absent, ", ");
    if (!others.empty()) sum.note += "; by the rule not in it: " + join(others, ", ");
    sum.value = weighted / weight;
    if (absent.empty()) sum.low = sum.high = sum.value;
    rates.push_back(sum);
    if (carried) {
      sum.value = carry;
      if (absent.empty()) sum.low = sum.high = sum.value;
      leave_out(sum, without_dollars, rules.venues.size());
      carries.push_back(sum);
    }
  }
  for (const auto& [id, market] : markets_) {
    const Instrument& instrument = subject_.instruments[id];
    if (!is_weighted(instrument) || market.means.empty()) continue;
    std::string why_not;
    const auto mean = day_mean(id, market, panel.at, why_not);
    if (!mean) {
      why.push_back(why_not);
      continue;
    }
    Estimate e = Estimate::exact(instrument.venue, mean->annual, mean->as_of);
    e.sources = market.sources;
    e.origin = subject_.rules.origin_of(instrument.venue);
    e.note = mean->note;
    rates.push_back(std::move(e));
  }
  if (why.empty()) why.push_back("no funding rates of " + subject_.asset);
  const std::string missing = join(why, "; ");
  panel.settle({.name = "funding_annual_oi_weighted",
                .unit = "fraction_per_year",
                .window = kDay,
                .section = kFundingSection},
               std::move(rates), rules.band, missing);
  panel.settle(
      {.name = "funding_carry_usd_24h", .unit = "USD", .window = kDay, .section = kFundingSection},
      std::move(carries), rules.band, missing);
}

// The venues of the rule are one source together; a vendor's mean is another.
bool Fundings::several() const {
  return markets_.size() >= 2 && std::any_of(markets_.begin(), markets_.end(), [&](const auto& m) {
           return is_weighted(subject_.instruments[m.first]) && !m.second.means.empty();
         });
}

void Fundings::read(Panel& panel) const {
  std::map<std::string, InstrumentId> mains;
  for (const auto& [id, market] : markets_) {
    const std::string& venue = subject_.instruments[id].venue;
    if (mains.contains(venue)) continue;
    if (const auto main = main_of(venue, panel.at)) mains.emplace(venue, *main);
  }
  read_weighted(panel, mains);
  if (panel.reviews()) return;  // each venue is alone in its readings
  for (const auto& [venue, id] : mains) read_venue(panel, venue, id, markets_.at(id));
  if (!mains.empty()) return;
  const std::string missing = "no perpetual of " + subject_.asset + " with a funding rate";
  panel.pending(
      {.name = "funding_rate", .unit = "fraction_per_interval", .section = kFundingSection},
      missing);
  for (const std::string_view name :
       {"funding_annual", "funding_annual_compounded", "funding_distance_from_neutral"})
    panel.pending(
        {.name = name, .unit = "fraction_per_year", .window = kDay, .section = kFundingSection},
        missing);
}

// A vendor's mean over venues, then the main contract of each venue: its published daily mean, else
// the mean of what it paid in the 24 h to its last settlement.
std::vector<DayFunding> Fundings::day_rates(Instant end) const {
  std::vector<DayFunding> weighted, venues;
  std::set<std::string> seen;
  const auto published = [&](InstrumentId id, const Market& market) -> std::optional<double> {
    const auto mean = market.means.find(end);
    if (mean == market.means.end() || mean->second.other) return std::nullopt;
    const auto interval = interval_of(id, mean->second.interval);
    if (!interval) return std::nullopt;
    return annual_simple(mean->second.rate.approx(), *interval);
  };
  for (const auto& [id, market] : markets_) {
    const Instrument& instrument = subject_.instruments[id];
    if (instrument.kind == InstrumentKind::aggregate) {
      if (!is_weighted(instrument)) continue;
      if (const auto annual = published(id, market))
        weighted.push_back({instrument.venue, instrument.symbol, true, *annual});
      continue;
    }
    const auto main = main_of(instrument.venue, end);
    if (!main || !seen.insert(instrument.venue).second) continue;
    const Market& of_main = markets_.at(*main);
    auto annual = published(*main, of_main);
    std::string why_not;
    if (!annual) {
      const auto mean = day_mean(*main, of_main, end, why_not);
      if (mean && !mean->low && end - mean->as_of <= subject_.rules.funding.stale_after)
        annual = mean->annual;
    }
    if (annual)
      venues.push_back({instrument.venue, subject_.instruments[*main].name(), false, *annual});
  }
  const auto by_name = [](const DayFunding& a, const DayFunding& b) {
    return std::tie(a.venue, a.name) < std::tie(b.venue, b.name);
  };
  std::sort(weighted.begin(), weighted.end(), by_name);
  std::sort(venues.begin(), venues.end(), by_name);
  weighted.insert(weighted.end(), venues.begin(), venues.end());
  return weighted;
}

std::vector<FundingPoint> Fundings::points(Instant from, Instant at) const {
  std::vector<FundingPoint> out;
  std::map<std::string, std::optional<InstrumentId>> mains;
  for (const auto& [id, market] : markets_) {
    const Instrument& i = subject_.instruments[id];
    if (!mains.contains(i.venue)) mains[i.venue] = main_of(i.venue, at);
    const bool main = mains[i.venue] == id;
    const auto add = [&](Instant t, double rate, Duration interval, FundingKind kind) {
      out.push_back({i.venue, i.symbol, i.name(), t, rate, interval, annual_simple(rate, interval),
                     kind, main});
    };
    const Instant after = from == Instant::min() ? from : from - Duration::ns(1);
    for (const Settlement& s : settlements(id, market, after, at)) {
      if (s.other || !several_types(market.types, s.at - kDay, s.at + kDay).empty()) continue;
      if (s.period.length) add(s.at, s.rate, *s.period.length, FundingKind::settled);
    }
    for (auto it = market.means.lower_bound(from); it != market.means.end() && it->first <= at;
         ++it) {
      if (const auto interval = interval_of(id, it->second.interval); interval && !it->second.other)
        add(it->first, it->second.rate.approx(), *interval, FundingKind::mean);
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const FundingPoint& a, const FundingPoint& b) {
    return std::tie(a.venue, a.symbol, a.at) < std::tie(b.venue, b.symbol, b.at);
  });
  return out;
}

}  // namespace delever::gauges
