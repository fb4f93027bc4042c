#include "gauges/panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace delever::gauges {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

double low_end(const Estimate& e) { return e.low.value_or(-kInfinite); }
double high_end(const Estimate& e) { return e.high.value_or(kInfinite); }

bool bounded(const Estimate& e) { return e.low && e.high; }

Band scaled(Band band, double by) { return {band.relative * by, band.absolute * by}; }

// An interval with a missing end reaches to infinity there and contradicts nothing on that side.
bool disjoint(const Estimate& a, const Estimate& b, Band band) {
  const double slack = band.width(a.value, b.value);
  return high_end(a) + slack < low_end(b) || high_end(b) + slack < low_end(a);
}

bool agree(const Estimate& a, const Estimate& b, Band band) {
  if (std::fabs(a.value - b.value) <= band.width(a.value, b.value)) return true;
  return bounded(a) && bounded(b) && *a.low <= *b.high && *b.low <= *a.high;
}

double median(std::vector<double> values) {
  CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// How many of them share no origin, taken greedily from the narrowest origin on.
size_t independent(std::vector<const Estimate*> estimates) {
  if (estimates.size() < 2) return estimates.size();
  std::stable_sort(estimates.begin(), estimates.end(), [](const Estimate* a, const Estimate* b) {
    const auto breadth = [](const Estimate* e) {
      return e->origin.everywhere ? SIZE_MAX : e->origin.venues.size();
    };
    return breadth(a) < breadth(b);
  });
  Origin taken;
  size_t count = 0;
  for (const Estimate* e : estimates) {
    if (count > 0 && taken.shares_with(e->origin)) continue;
    taken.add(e->origin);
    ++count;
  }
  return count;
}

std::string key_of(const Panel::Name& name) {
  std::string key(name.name);
  key += '|';
  if (name.venue) key += *name.venue;
  key += '|';
  if (name.expiry) key += name.expiry->text();
  return key;
}

void add_note(std::string& reason, std::string_view note) {
  if (note.empty()) return;
  if (!reason.empty()) reason += "; ";
  reason += note;
}

}  // namespace

std::string short_number(double value) {
  const bool whole = std::fabs(value) >= 1000 && std::fabs(value) < 1e15;
  return whole ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value);
}

std::string short_age(Duration age) {
  const int64_t minutes = age.ns() / 60'000'000'000;
  if (minutes < 60) return fmt::format("{}m", minutes);
  if (minutes < 48 * 60) return fmt::format("{}h {}m", minutes / 60, minutes % 60);
  return fmt::format("{}d {}h", minutes / 1440, minutes / 60 % 24);
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

const std::string& Subject::source_name(const Event& event) const {
  if (event.source < sources.size() && !sources[event.source].name.empty())
    return sources[event.source].name;
  return instruments[event.instrument].venue;
}

const Terms& Subject::terms(InstrumentId id) const {
  if (known_terms.size() <= id) known_terms.resize(instruments.size());
  std::optional<Terms>& known = known_terms.at(id);
  if (!known) known = terms_of(instruments[id], rules.coins, listed.contains(id));
  return *known;
}

void Subject::described(InstrumentId id, Instant at, std::string_view status) {
  listed.insert(id);
  if (!status.empty()) {
    const auto [known, fresh] = statuses[id].try_emplace(at, status);
    // Of two words of one instant the closed one, whichever came first.
    if (!fresh && says_closed(status)) known->second = status;
  }
  if (id < known_terms.size()) known_terms[id].reset();
  if (id < is_mine.size()) is_mine[id].reset();
}

std::optional<std::string> Subject::closed(InstrumentId id, Instant t) const {
  const auto known = statuses.find(id);
  if (known == statuses.end()) return std::nullopt;
  auto word = known->second.upper_bound(t);
  if (word == known->second.begin() || !says_closed(std::prev(word)->second)) return std::nullopt;
  --word;
  while (word != known->second.begin() && says_closed(std::prev(word)->second)) --word;
  return fmt::format("{} at {}: listed as \"{}\" since {}", instruments[id].name(),
                     instruments[id].venue, word->second, word->first.text());
}

bool Subject::mine(InstrumentId id) const {
  if (id < is_mine.size() && is_mine[id]) return *is_mine[id];
  const Terms& t = terms(id);
  // A builder's market is asked for by its own name.
  const bool yes = t.builder_market ? upper(instruments[id].symbol) == upper(asset)
                                    : t.asset == rules.coins.plain(asset);
  if (is_mine.size() <= id) is_mine.resize(instruments.size());
  is_mine[id] = yes;
  return yes;
}

std::string Subject::plain_name(InstrumentId id) const {
  Instrument copy = instruments[id];
  const std::string& coin = terms(id).asset;
  if (copy.settle == copy.base) copy.settle = coin;
  copy.base = coin;
  return copy.name();
}

Reading Panel::blank(const Name& name) const {
  Reading r;
  r.name = name.name;
  r.asset = subject_.asset;
  r.venue = name.venue;
  r.expiry = name.expiry;
  r.unit = name.unit;
  r.window = name.window;
  r.rule = subject_.rules.section(name.section);
  return r;
}

void Panel::pending(const Name& name, std::string_view reason) {
  CHECK(!reason.empty());
  if (reviews_) return;
  Reading r = blank(name);
  r.reason = reason;
  readings.push_back(std::move(r));
}

void Panel::only_band(const Name& name, const Estimate& estimate) {
  if (reviews_) return;
  pending(name, estimate.note);
  Reading& r = readings.back();
  r.low = estimate.low;
  r.high = estimate.high;
  r.as_of = std::min(estimate.as_of, at);
  r.sources.assign(estimate.sources.begin(), estimate.sources.end());
  r.coverage = estimate.coverage;
}

namespace {

// Who is heard, who is not, and what the next review is to know of it.
struct Sides {
  Standing standing;
  double middle = 0;
  std::vector<const Estimate*> aside, active, voices;
  // Neither aside nor in agreement with the lead: in conflict with it, or allowed by an open end.
  struct Apart {
    const Estimate* estimate;
    bool conflict;
  };
  std::vector<Apart> apart;
  const Estimate* lead = nullptr;
};

// Puts aside what lies outside the band of the middle: with two sources there is no middle to
// trust. Nobody is put aside where all are far apart.
void put_aside(const std::vector<Estimate>& estimates, Band band, const Standing& before,
               Sides& out) {
  std::vector<double> values;
  for (const Estimate& e : estimates) {
    CHECK(std::isfinite(e.value));
    values.push_back(e.value);
  }
  out.middle = median(std::move(values));
  for (const Estimate& e : estimates) {
    const Band mine = scaled(band, before.aside.contains(e.label) ? 0.5 : 1);
    const bool open = !bounded(e);  // a lower bound is not wrong for being low
    const bool off = estimates.size() >= 3 && !open &&
                     std::fabs(e.value - out.middle) > mine.width(e.value, out.middle);
    (off ? out.aside : out.active).push_back(&e);
  }
  if (out.active.empty()) out.active.swap(out.aside);  // nobody is the odd one out
  for (const Estimate* e : out.aside) out.standing.aside.insert(e->label);
}

// The best covered source leads.
const Estimate* leading(const std::vector<const Estimate*>& active) {
  const Estimate* lead = active.front();
  for (const Estimate* e : active) {
    const double more = e->coverage - lead->coverage;
    if (more > 1e-9 || (more >= -1e-9 && e->as_of > lead->as_of)) lead = e;
  }
  return lead;
}

void note_sources(const Estimate& e, Reading& out) {
  for (const std::string& s : e.sources) out.sources.push_back(s);
  out.as_of = out.as_of ? std::max(*out.as_of, e.as_of) : e.as_of;
}

Sides sides_of(const std::vector<Estimate>& estimates, Band band, const Standing& before) {
  Sides out;
  put_aside(estimates, band, before, out);
  out.lead = leading(out.active);
  const Band agreeing = scaled(band, before.conflict ? 0.5 : 1);
  for (const Estimate* e : out.active) {
    if (e == out.lead || agree(*out.lead, *e, agreeing)) {
      out.voices.push_back(e);
      continue;
    }
    const bool conflict = disjoint(*out.lead, *e, band) || before.conflict;
    out.standing.conflict = out.standing.conflict || conflict;
    out.apart.push_back({e, conflict});
  }
  return out;
}

// Those that are not heard, by name and number.
void note_silenced(const Sides& sides, Reading& out) {
  for (const Estimate* e : sides.aside)
    add_note(out.reason, fmt::format("{} aside: {} against {}", e->label, short_number(e->value),
                                     short_number(sides.middle)));
  for (const auto& [e, conflict] : sides.apart) {
    add_note(out.reason, conflict ? fmt::format("{} says {}, {} says {}", sides.lead->label,
                                                short_number(sides.lead->value), e->label,
                                                short_number(e->value))
                                  : fmt::format("{} says {}, which its open interval allows",
                                                e->label, short_number(e->value)));
  }
}

// Sources that cannot all be right: no value, and the interval from the least to the most.
void speak_apart(const std::vector<const Estimate*>& active, Reading& out) {
  out.state = State::conflicting;
  out.low = kInfinite;
  out.high = -kInfinite;
  for (const Estimate* e : active) {
    note_sources(*e, out);
    out.low = std::min(*out.low, e->value);
    out.high = std::max(*out.high, e->value);
  }
}

// The lead and those that agree with it.
void speak_together(const std::vector<const Estimate*>& voices, const Estimate& lead,
                    Reading& out) {
  out.state = independent(voices) >= 2 ? State::corroborated : State::single_source;
  std::vector<double> level;
  bool low = true, high = true;
  for (const Estimate* e : voices) {
    note_sources(*e, out);
    // A lower coverage corroborates and does not move the value: a sum over 20 h is not one of 24
    // h.
    if (e->coverage < lead.coverage - 1e-9) continue;  // agrees, but saw less
    level.push_back(e->value);
    low = low && e->low;
    high = high && e->high;
    if (e->low) out.low = std::min(out.low.value_or(*e->low), *e->low);
    if (e->high) out.high = std::max(out.high.value_or(*e->high), *e->high);
  }
  out.value = median(level);
  if (!low) out.low.reset();
  if (!high) out.high.reset();
  for (const Estimate* e : voices) add_note(out.reason, e->note);
}

}  // namespace

void Panel::settle(const Name& name, std::vector<Estimate> estimates, Band band,
                   std::string_view missing) {
  if (reviews_ && estimates.size() < 2) return;
  if (estimates.empty()) return pending(name, missing);
  std::sort(estimates.begin(), estimates.end(), [](const Estimate& a, const Estimate& b) {
    return a.label != b.label ? a.label < b.label : a.value < b.value;
  });
  const auto found = past_.empty() ? past_.end() : past_.find(key_of(name));
  Sides sides = sides_of(estimates, band, found == past_.end() ? Standing{} : found->second);
  const bool conflict = sides.standing.conflict;
  if (sides.standing != Standing{}) standings[key_of(name)] = std::move(sides.standing);
  if (reviews_) return;
  Reading out = blank(name);
  note_silenced(sides, out);
  if (conflict)
    speak_apart(sides.active, out);
  else
    speak_together(sides.voices, *sides.lead, out);
  out.coverage = sides.lead->coverage;
  // Clocks differ by seconds: what has been received is not of later than now.
  if (out.as_of) out.as_of = std::min(*out.as_of, at);
  std::sort(out.sources.begin(), out.sources.end());
  out.sources.erase(std::unique(out.sources.begin(), out.sources.end()), out.sources.end());
  readings.push_back(std::move(out));
}

}  // namespace delever::gauges
