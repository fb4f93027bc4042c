// How long the period of a rate was: by the message, the venue's listing of that time, the
// distances between settlements, or our table.
#include <fmt/format.h>

#include <algorithm>

#include "gauges/funding.h"

namespace delever::gauges {

// Our dated table speaks for the contracts it names and for no others.
std::optional<Duration> Fundings::table_interval(InstrumentId id) const {
  const auto known = subject_.rules.funding.by_venue.find(subject_.instruments[id].venue);
  if (known == subject_.rules.funding.by_venue.end()) return std::nullopt;
  const auto& assets = known->second.assets;
  if (!assets.empty() &&
      std::find(assets.begin(), assets.end(), subject_.terms(id).asset) == assets.end())
    return std::nullopt;
  return known->second.interval;
}

std::optional<Duration> Fundings::interval_of(InstrumentId id,
                                              std::optional<Duration> stated) const {
  if (stated && *stated > Duration()) return stated;
  if (const auto listed = subject_.terms(id).funding_interval) return listed;
  return table_interval(id);
}

// Settled and announced times together: a settlement that nobody reported still parts its
// neighbours. The first time of the span has no distance, since what was before it is not looked
// at.
Fundings::Spacings Fundings::spacings_of(const Market& market, Instant from, Instant to) {
  std::set<Instant> times;
  for (const auto* known : {&market.settled, &market.announced}) {
    for (auto it = known->upper_bound(from); it != known->end() && it->first <= to; ++it)
      times.insert(it->first);
  }
  Spacings out;
  std::optional<Instant> before;
  for (const Instant t : times) {
    if (before) out[t] = t - *before;
    before = t;
  }
  return out;
}

// What the venue's listings said of a time: the last word before it, and the word after that, which
// may have held already and was only asked for later.
Fundings::Listed Fundings::listed_at(InstrumentId id, Instant at) const {
  Listed out;
  const auto found = listings_.find(id);
  if (found == listings_.end()) {
    out.in_force = subject_.terms(id).funding_interval;
    out.from_later = true;
    return out;
  }
  const auto after = found->second.upper_bound(at);
  if (after != found->second.end()) out.next = after->second;
  out.from_later = after == found->second.begin();
  out.in_force = out.from_later ? out.next : std::optional(std::prev(after)->second);
  return out;
}

std::optional<Duration> Fundings::Listed::held_over(std::optional<Duration> distance) const {
  if (!distance) return std::nullopt;
  for (const auto& one : {in_force, next}) {
    if (one && *one - *distance <= Duration::minutes(1) && *distance - *one <= Duration::minutes(1))
      return one;
  }
  return std::nullopt;
}

// Whether settlements show that `listed` came into force after `at` only: two equal distances that
// are another interval, this one among them, and distances as listed behind them. One distance
// alone is a missed settlement; without those behind, nothing says that the listing ever held.
bool Fundings::changed_to(Duration listed, const Spacings& spacings, Instant at) {
  const auto here = spacings.lower_bound(at);
  if (here == spacings.end()) return false;
  const bool first = here->first != at;  // nothing is known of before it
  const auto other = here->second;
  if (other == listed) return false;
  const auto next = std::next(here);
  const bool again = (next != spacings.end() && next->second == other) ||
                     (!first && here != spacings.begin() && std::prev(here)->second == other);
  return again &&
         std::any_of(here, spacings.end(), [&](const auto& one) { return one.second == listed; });
}

// Settlements are at most 8 h apart everywhere; a longer distance is a hole, and so is a multiple
// of the distance on both sides of it.
Fundings::Period Fundings::period_of(InstrumentId id, const Rated& rated, Instant settles_at,
                                     const Spacings& spacings) const {
  const Duration most = Duration::hours(8), least = Duration::minutes(30);
  const auto usable = [&](Spacings::const_iterator it) {
    return it != spacings.end() && it->second <= most && it->second >= least;
  };
  const auto here = spacings.find(settles_at);
  const auto next = spacings.upper_bound(settles_at);
  auto last = spacings.lower_bound(settles_at);
  const bool has_last = last != spacings.begin();
  if (has_last) --last;
  std::optional<Duration> apart;
  if (here != spacings.end() && usable(here)) apart = here->second;
  // A neighbour corrects the distance here only where it divides it: 8 h beside 4 h is one missed
  // settlement, 8 h beside 3 h says nothing.
  const auto shorter = [&](Spacings::const_iterator it) {
    if (!usable(it)) return;
    const bool multiple = apart && it->second < *apart && apart->ns() % it->second.ns() == 0;
    if (!apart || multiple) apart = it->second;
  };
  // At a change of interval the two neighbours differ: then the distance itself stands.
  const bool same_sides = usable(next) && has_last && usable(last) && next->second == last->second;
  if (!apart || same_sides || (next == spacings.end() && has_last)) {
    if (has_last) shorter(last);
    if (!has_last || same_sides) shorter(next);
    if (!apart) shorter(next);
  }
  Period out;
  if (apart) {
    for (const auto& [t, d] : spacings) out.spacings += d == *apart;
  }
  // No settlement came sooner than the stated interval allows; a minute is left for late reports.
  const Duration slack = Duration::minutes(1);
  const auto clear = [&](Duration stated) {
    return here == spacings.end() || !usable(here) || here->second + slack >= stated;
  };
  const Listed listed = listed_at(id, settles_at);
  // A listing that came later did not hold yet where settlements came sooner, or changed to it.
  const auto was_other = [&](Duration later) {
    const bool sooner = here == spacings.end() && usable(next) && next->second + slack < later;
    return sooner || changed_to(later, spacings, settles_at);
  };
  // The order of docs/terms.md: the message, the listing, the data, our table.
  if (rated.interval && *rated.interval > Duration()) {
    out.length = rated.interval;
    out.from = TermSource::message;
    out.contradicted = !clear(*rated.interval);
  } else if (const auto held =
                 listed.held_over(usable(here) ? std::optional(here->second) : std::nullopt)) {
    out.length = held;
    out.from = TermSource::listing;
  } else if (listed.in_force && clear(*listed.in_force) &&
             !(listed.from_later && apart && was_other(*listed.in_force))) {
    out.length = listed.in_force;
    out.from = TermSource::listing;
  } else if (apart) {
    out.length = apart;
    out.from = TermSource::inferred;
  } else if (const auto known = table_interval(id)) {
    out.length = known;
    out.from = TermSource::table;
  }
  return out;
}

std::string Fundings::words_of(const Period& period) const {
  if (!period.length) return "the interval is not known: 8 h or 1 h";
  const std::string length = period.length->text();
  if (period.from == TermSource::inferred)
    return fmt::format("an interval of {} by {} distances between settlements", length,
                       period.spacings);
  if (period.from == TermSource::table)
    return fmt::format("an interval of {} by our table of {}", length, subject_.rules.dated);
  if (period.from == TermSource::listing)
    return fmt::format("an interval of {} by the venue's listing", length);
  return "";
}

void Fundings::listed(InstrumentId id, Instant at) {
  const auto interval = subject_.instruments[id].funding_interval;
  if (!interval) return;
  const auto [known, fresh] = listings_[id].try_emplace(at, *interval);
  // Of two words of one instant the shorter: their order must not matter.
  if (!fresh) known->second = std::min(known->second, *interval);
}

}  // namespace delever::gauges
