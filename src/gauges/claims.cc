#include "gauges/claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <unordered_set>

#include "base/csv.h"
#include "base/text.h"
#include "gauges/claim_scope.h"
#include "gauges/claim_words.h"

namespace delever::gauges {
namespace {

// Below this share of the market a small figure says nothing against a larger claim.
constexpr double kEnoughCoverage = 0.5;

// Missing when no rate of the venue told its interval.
std::optional<double> interval_hours(const std::vector<Reading>& readings, const Reading& of) {
  for (const Reading& r : readings) {
    if (r.name == "funding_rate" && r.venue == of.venue && r.asset == of.asset &&
        r.window > Duration())
      return r.window.in_seconds() / 3600;
  }
  return std::nullopt;
}

// Missing when the interval is needed and not known.
std::optional<double> transformed(double value, std::string_view transform,
                                  std::optional<double> interval) {
  constexpr double kYear = 8760;  // hours
  if (transform.empty() || transform == "one_venue") return value;
  if (transform == "both_sides") return value * 2;
  if (transform == "of_252_days") return value * 252 / 365;
  if (transform == "of_252_days_root") return value * std::sqrt(252.0 / 365);
  if (transform == "latest_as_hourly") return value * kYear;
  if (transform == "hourly_per_8h") return value * 8;
  if (transform == "complement") return 1 - value;
  if (!interval) return std::nullopt;
  const double hours = *interval;
  if (transform == "compounded") return std::pow(1 + value * hours / kYear, kYear / hours) - 1;
  if (transform == "as_hourly") return value * hours;
  if (transform == "as_8h") return value * hours / 8;
  if (transform == "per_8h") return value * 8 / hours;
  CHECK(transform == "latest_annual");  // ClaimRules::load let no other name through
  return value * kYear / hours;
}

bool reading_matches(const Reading& r, const Definition& definition, const Claim& claim,
                     const std::optional<std::string>& venue, Instant end) {
  if (r.name != definition.gauge || r.asset != claim.asset) return false;
  if (definition.per == "all") return venue && !r.venue && !r.expiry;
  if (venue && r.venue != venue) return false;
  if (!venue && (definition.per == "venue") != r.venue.has_value()) return false;
  if (definition.per == "expiry") return r.expiry && r.expiry->start_of_day() == end.start_of_day();
  return !r.expiry;
}

const GaugeRange* range_of(const Knowledge& known, const Claim& claim, std::string_view gauge) {
  for (const GaugeRange& range : known.ranges) {
    if (range.name == gauge && range.asset == claim.asset && range.days >= 365) return &range;
  }
  return nullptr;
}

// A "day" may be another time zone's, or another day. Shifts of its end; of a figure with an hour
// only the day before is tried.
struct Boundary {
  Duration shift;
  const char* name;
  const char* mistake;
};
constexpr std::array<Boundary, 6> kBoundaries{
    {{Duration::days(-1), "day_before", "stale_day"},
     {Duration::hours(-8), "day_of_utc+8", "day_boundary"},
     {Duration::hours(-9), "day_of_utc+9", "day_boundary"},
     {Duration::hours(4), "day_of_utc-4", "day_boundary"},
     {Duration::hours(5), "day_of_utc-5", "day_boundary"},
     {Duration::days(1), "next_day", "day_boundary"}}};

const Knowledge* knowledge_at(const std::vector<Knowledge>& known, Instant t) {
  const auto after = std::upper_bound(known.begin(), known.end(), t,
                                      [](Instant time, const Knowledge& k) { return time < k.at; });
  return after == known.begin() ? nullptr : &*std::prev(after);
}

const Knowledge* knowledge_exactly_at(const std::vector<Knowledge>& known, Instant t) {
  const Knowledge* found = knowledge_at(known, t);
  return found != nullptr && found->at == t ? found : nullptr;
}

struct Measured {
  TriedDefinition tried;
  const Reading* reading = nullptr;
};

// A claim as numbers and times, and what one definition is held against.
struct Question {
  const Claim& claim;
  const Metric& metric;
  std::optional<std::string> venue;
  Instant end;
  double stated, half_digit;
  double slack() const {
    return metric.absolute + metric.relative * std::fabs(stated) + half_digit;
  }
};

// Every reading that one definition can stand for; one entry without a value when there is none.
std::vector<Measured> measure(const Question& question, const Definition& definition,
                              const Knowledge& known, Instant end) {
  const Claim& claim = question.claim;
  const double stated = question.stated, slack = question.slack();
  std::vector<Measured> out;
  const auto try_reading = [&](const Reading& r) {
    if (!reading_matches(r, definition, claim, question.venue, end)) return;
    Measured m{{.name = definition.name(),
                .reads = definition.reads,
                .mistake = definition.mistake,
                .as_of = r.as_of,
                .venue = r.venue,
                .note = r.reason},
               &r};
    if (r.value && r.state != State::pending) {
      m.tried.value =
          transformed(*r.value, definition.transform, interval_hours(known.readings, r));
      if (m.tried.value)
        m.tried.holds = std::fabs(*m.tried.value - stated) <= slack;
      else
        m.tried.note = "the funding interval is not known";
    }
    out.push_back(std::move(m));
  };
  for (const Reading& r : known.readings) try_reading(r);
  for (const Reading& r : known.meant) try_reading(r);
  if (out.empty()) {
    const std::string why =
        claim.asset == kEveryCoin
            ? "it is about every coin together, and readings are made coin by coin"
            : fmt::format("no reading of {}{} for {}", definition.gauge,
                          question.venue ? " of " + *question.venue : "", claim.asset);
    out.push_back({{.name = definition.name(),
                    .reads = definition.reads,
                    .mistake = definition.mistake,
                    .note = why},
                   nullptr});
  }
  if (const GaugeRange* range =
          definition.transform.empty() ? range_of(known, claim, definition.gauge) : nullptr) {
    for (Measured& m : out) {
      m.tried.seen = stated >= range->low - slack && stated <= range->high + slack;
      if (!*m.tried.seen) {
        m.tried.note =
            fmt::format("never seen: {} days from {} to {} lie between {:.4f} and {:.4f}",
                        range->days, range->from.date(), range->to.date(), range->low, range->high);
      }
    }
  }
  return out;
}

std::string join_notes(const std::string& a, const std::string& b) {
  return a.empty() ? b : b.empty() ? a : a + "; " + b;
}

// As somebody would have printed it: to the last digit of the claim.
bool prints_as(const Measured& m, const Question& question) {
  return m.tried.value && std::fabs(*m.tried.value - question.stated) <=
                              question.half_digit * (1 + 1e-6) + 1e-9 * std::fabs(question.stated);
}

const Measured* closest(const std::vector<Measured>& others, double stated) {
  const Measured* best = nullptr;
  for (const Measured& m : others) {
    if (!m.tried.holds) continue;
    if (!best || std::fabs(*m.tried.value - stated) < std::fabs(*best->tried.value - stated))
      best = &m;
  }
  return best;
}

std::string words_of(const Measured& m) {
  const Mistake* mistake = find_mistake(m.tried.mistake);
  return fmt::format("{} ({}{})", m.tried.name, m.tried.venue ? *m.tried.venue + ": " : "",
                     mistake != nullptr ? mistake->words : m.tried.reads);
}

// Chooses among the alternatives: measured ones that hold (closest first), then ones that history
// at least allows.
void find_other(ClaimCheck& check, const Question& question, const std::vector<Measured>& others) {
  if (const Measured* best = closest(others, question.stated)) {
    check.holds_under = best->tried.name;
    if (!best->tried.mistake.empty()) check.mistake = best->tried.mistake;
    check.note = join_notes(
        check.note, fmt::format("holds under {} ({}{}), which measures {:.4g}", best->tried.name,
                                best->tried.venue ? *best->tried.venue + ": " : "",
                                best->tried.reads, *best->tried.value));
    if (const Mistake* mistake = find_mistake(best->tried.mistake))
      check.note += fmt::format(": {}", mistake->words);
    const auto add = [](std::vector<std::string>& to, const std::string& name) {
      if (std::find(to.begin(), to.end(), name) == to.end()) to.push_back(name);
    };
    std::string also;
    for (const Measured& m : others) {
      if (!m.tried.holds || !prints_as(m, question) || m.tried.name == best->tried.name) continue;
      add(check.also_under, m.tried.name);
      if (!m.tried.mistake.empty()) add(check.also_mistakes, m.tried.mistake);
      also += (also.empty() ? "" : ", ") + words_of(m);
    }
    if (!also.empty()) check.note += "; the same figure to its last digit: " + also;
    if (best->reading) check.sources = best->reading->sources;
    return;
  }
  for (const Measured& m : others) {
    if (m.tried.value || !m.tried.seen.value_or(false)) continue;
    check.holds_under = m.tried.name;
    if (!m.tried.mistake.empty()) check.mistake = m.tried.mistake;
    check.note = join_notes(
        check.note,
        fmt::format("only {} ({}) has held such a value; it was not measured at that time",
                    m.tried.name, m.tried.reads));
    return;
  }
  check.note = join_notes(check.note, "no known definition reaches it");
}

// All that was measured for a claim: by its literal definition, and by the others.
struct Tries {
  std::vector<Measured> literal, others;
};

Tries try_all(const Question& question, const std::vector<Knowledge>& known,
              const Knowledge& knowledge, Instant at, bool whole_day) {
  Tries out;
  const std::vector<Definition>& definitions = question.metric.definitions;
  size_t literal = 0;
  std::vector<std::vector<Measured>> measured;
  for (const Definition& d : definitions)
    measured.push_back(measure(question, d, knowledge, question.end));
  // A metric whose gauge is a sum alone: of a venue that is named the next definition speaks.
  if (question.venue && definitions.size() > 1 && definitions[1].per == "venue" &&
      definitions[1].mistake.empty() && measured[0][0].reading == nullptr)
    literal = 1;
  for (size_t i = 0; i < definitions.size(); ++i) {
    // Of a venue that is named its own reading is no mistake.
    if (question.venue && definitions[i].transform == "one_venue") continue;
    for (Measured& m : measured[i])
      (i == literal ? out.literal : out.others).push_back(std::move(m));
  }
  if (question.metric.window != "24h") return out;
  std::vector<Boundary> boundaries(kBoundaries.begin(), kBoundaries.end());
  if (!whole_day) boundaries.resize(1);
  if (whole_day && at > question.end && at - question.end < Duration::days(1))
    boundaries.push_back({at - question.end, "latest", "day_boundary"});  // an author's "today"
  for (const Boundary& boundary : boundaries) {
    const Knowledge* then = knowledge_exactly_at(known, question.end + boundary.shift);
    if (then == nullptr) continue;
    for (Measured& m :
         measure(question, definitions[literal], *then, question.end + boundary.shift)) {
      m.tried.name += fmt::format(":{}", boundary.name);
      m.tried.reads += fmt::format(", the 24 h to {}", (question.end + boundary.shift).text());
      m.tried.mistake = boundary.mistake;
      out.others.push_back(std::move(m));
    }
  }
  return out;
}

// The literal definition may be an aggregate that is missing while single venues are there: then
// they stand for it.
const Measured* literal_of(const Metric& metric, const Tries& tries) {
  const Measured* first = nullptr;
  for (const Measured& m : tries.literal) {
    if (m.tried.value && (!first || (m.tried.holds && !first->tried.holds))) first = &m;
  }
  if (first || metric.definitions.size() < 2 || metric.definitions[1].gauge != "funding_annual")
    return first;
  for (const Measured& m : tries.others) {
    if (m.tried.value && m.tried.name == metric.definitions[1].name() && (!first || m.tried.holds))
      first = &m;
  }
  return first;
}

// Whether the claim lies in the reading's interval. A reading with neither end has none: it is a
// figure alone.
bool interval_allows(const Measured& m, const Question& question) {
  const Reading& r = *m.reading;
  if (m.tried.value != r.value || (!r.low && !r.high) || (r.low && r.high && *r.low == *r.high))
    return false;
  const double slack = question.slack();
  return (!r.low || question.stated >= *r.low - slack) &&
         (!r.high || question.stated <= *r.high + slack);
}

// What the literal reading, which does not hold, says against the claim.
void contradict(ClaimCheck& check, const Question& question, const Measured& first,
                const std::vector<Measured>& others) {
  const Reading& reading = *first.reading;
  if (reading.coverage && *reading.coverage < kEnoughCoverage &&
      std::fabs(*first.tried.value) < std::fabs(check.stated)) {
    check.note = fmt::format("{:.4g} was measured, but the sources cover only part: {}",
                             *first.tried.value, reading.reason);
    const Measured* best = closest(others, question.stated);
    if (best != nullptr && prints_as(*best, question)) find_other(check, question, others);
    return;
  }
  // What the evidence bounds on one side alone, it cannot contradict beyond; only a figure that
  // another meaning gives to its last digit has given itself away.
  const Measured* best = closest(others, question.stated);
  if (interval_allows(first, question) && !(best != nullptr && prints_as(*best, question))) {
    check.note = fmt::format("{} measures {:.4g}, and its interval allows the claim: {}",
                             first.tried.name, *first.tried.value, reading.reason);
    return;
  }
  check.state = State::conflicting;
  check.note = fmt::format("{} measures {:.4g}{}", first.tried.name, *first.tried.value,
                           first.tried.seen == false ? ", and " + first.tried.note : "");
  find_other(check, question, others);
}

// Nothing was measured under the literal definition: history may exclude it still, and another one
// may hold.
void without_literal(ClaimCheck& check, const Question& question, const Tries& tries) {
  const std::vector<Measured>& literal = tries.literal;
  if (!literal.empty() && literal[0].tried.seen == false) {
    check.state = State::conflicting;
    check.note = fmt::format("as {}: {}", literal[0].tried.reads, literal[0].tried.note);
    find_other(check, question, tries.others);
    return;
  }
  check.note = literal.empty() ? "no reading" : literal[0].tried.note;
  if (question.metric.window == "24h")
    check.note = fmt::format("not measured of the 24 h to {}: {}", question.end.text(), check.note);
  for (const Measured& m : tries.others) {
    if (m.tried.holds) {
      find_other(check, question, tries.others);
      check.note +=
          "; that is not what the claim says, so it is neither confirmed nor contradicted";
      break;
    }
    if (m.tried.seen == false)
      check.note =
          join_notes(check.note, fmt::format("as {} it was {}", m.tried.reads, m.tried.note));
  }
}

std::optional<std::string> venue_of(const Claim& claim) {
  const std::vector<std::string> venues = venues_in(claim.metric);
  return venues.empty() ? std::nullopt : std::optional(venues[0]);
}

// A rate of an hour or of a day is brought to the 8 hours that such rates are measured in.
double to_8h(const Claim& claim, const Metric& metric) {
  const auto period = rate_period(claim.metric, claim.unit);
  if (!period || metric.id != "funding_rate_8h") return 1;
  return Duration::hours(8).in_seconds() / period->in_seconds();
}

// The contracts that a claim is about, as far as the words of a part speak of them.
struct WholePart {
  std::vector<std::string> words;
  std::string note;
};
WholePart parts_that_are_whole(const Claim& claim, const Metric& metric, const ClaimRules& rules,
                               const Knowledge& known) {
  WholePart out;
  const bool of_interest = metric.definitions[0].gauge.starts_with("oi_");
  if (!of_interest && !metric.definitions[0].gauge.starts_with("liq_")) return out;
  const std::string text = plain_words(claim.metric, "");
  const auto venue = venue_of(claim);
  for (const Part& part : rules.parts) {
    const auto word = std::find_if(part.words.begin(), part.words.end(),
                                   [&](const auto& w) { return has_word(text, w); });
    if (word == part.words.end()) continue;
    size_t contracts = 0;
    bool all = true;
    for (const ContractSort& c : known.contracts) {
      if (c.asset != claim.asset || (venue && c.venue != *venue)) continue;
      if (of_interest && !c.interest && !c.vendor) continue;
      ++contracts;
      const bool is = part.is == "perpetual" ? c.perpetual
                      : part.is == "dated"   ? !c.perpetual
                      : part.is == "linear"  ? !c.inverse
                      : part.is == "inverse" ? c.inverse
                                             : c.settle == part.is;
      all = all && is && !c.vendor;
    }
    if (!all || contracts == 0) continue;
    for (const std::string& said : part.words) {
      out.words.push_back(said);
      for (const std::string_view one : split(said, '-')) out.words.emplace_back(one);
    }
    out.note +=
        fmt::format("; the part \"{}\" is the whole: each of the {} contracts known is of it",
                    *word, contracts);
  }
  return out;
}

// The claim's number with the sign that its words give it; missing where words and number differ.
std::optional<double> with_sign(const Claim& claim, const Metric* metric, const ClaimRules& rules,
                                double stated) {
  // "an outflow of 817.8 million": the sign is in the word.
  const std::string words = lower(claim.metric);
  const auto has = [&](const std::vector<std::string>& list) {
    return std::any_of(list.begin(), list.end(), [&](const auto& w) { return has_word(words, w); });
  };
  bool down = has({"outflow", "outflows"}), up = false;
  if (metric != nullptr && metric->sign) {
    down = down || has({"negative"});
    up = has({"positive"});
  }
  if (metric != nullptr && metric->change) {
    down = down || has(rules.falls) || has(rules.falls_by);
    up = up || has(rules.rises) || has(rules.rises_by);
  }
  if ((up && down) || (up && stated < 0)) return std::nullopt;
  return down && stated > 0 ? -stated : stated;
}

// "Rose to" says that it was lower: a day before, as far as anybody here can tell.
void check_direction(ClaimCheck& check, const Question& question, const Measured& first,
                     const std::vector<Knowledge>& known, const ClaimRules::Direction& direction) {
  const Knowledge* then = knowledge_exactly_at(known, question.end - Duration::days(1));
  std::optional<double> before;
  for (const Definition& d : question.metric.definitions) {
    if (then == nullptr || d.name() != first.tried.name) continue;
    for (const Measured& m : measure(question, d, *then, question.end - Duration::days(1))) {
      if (m.tried.venue == first.tried.venue) before = m.tried.value;
    }
  }
  const bool went =
      before && (direction.up ? *first.tried.value > *before : *first.tried.value < *before);
  check.note += before ? fmt::format(", after {:.6g} a day before", *before)
                       : std::string("; what it was a day before is not known");
  if (went) return;
  check.state = State::pending;
  check.note += fmt::format(": that it {} is not confirmed", direction.verb);
}

// A word of the unit that the metric has none of: "million ETH" of a claim about BTC, "hours" or
// "x" of a share, "per contract".
std::optional<std::string> unit_of_another_figure(const Claim& claim, const Metric& metric) {
  const std::string unit = lower(claim.unit);
  const auto refuse = [&](std::string_view word) {
    return fmt::format("its unit says \"{}\", and it is measured in {}", word, metric.unit);
  };
  for (const std::string_view coin : {"btc", "eth", "sol"}) {
    if (has_word(unit, coin) && coin != lower(claim.asset)) return refuse(coin);
  }
  const bool rate = metric.unit.starts_with("fraction");
  const bool of_volatility = metric.id.find("vol") != metric.id.npos;
  for (const std::string_view word :
       {"delta", "contract", "contracts", "index", "points", "point", "x", "times", "vol"}) {
    if (!has_word(unit, word)) continue;
    const bool counted = word.starts_with("contract") && unit.find("per") == unit.npos;
    const bool basis_points =
        word.starts_with("point") && (has_word(unit, "basis") || has_word(unit, "percentage"));
    const bool volatility = of_volatility && (word == "vol" || word.starts_with("point"));
    // "1.8 x" is a ratio as well as "1.8".
    const bool ratio = metric.unit == "ratio" && (word == "x" || word == "times");
    if (!counted && !basis_points && !volatility && !ratio) return refuse(word);
  }
  // A rate has a time that it is paid for; hours alone are a time, and a stock has none.
  for (const std::string_view time : {"hour", "hours", "day", "week", "month"}) {
    if (!has_word(unit, time)) continue;
    const bool alone = rate && unit.find('%') == unit.npos && unit.find("percent") == unit.npos &&
                       unit.find("pct") == unit.npos && !unit.starts_with("b") &&
                       !has_word(unit, "fraction") && unit.find("per") == unit.npos;
    const bool of_stock = metric.level && !rate;
    if (alone || of_stock) return refuse(time);
  }
  return std::nullopt;
}

// Why the claim's unit is none that the metric is measured in.
std::optional<std::string> other_unit(const Claim& claim, const Metric& metric) {
  const UnitKind stated_in = unit_kind(claim.unit, claim.asset);
  const UnitKind measured_in = metric_unit_kind(metric.unit);
  const bool other =
      stated_in != UnitKind::none && measured_in != UnitKind::none && stated_in != measured_in;
  const bool unsaid = stated_in == UnitKind::none && measured_in != UnitKind::none &&
                      measured_in != UnitKind::share && !names_a_scale(claim.unit);
  if (const auto none = unit_of_another_figure(claim, metric)) return none;
  if (!other && !unsaid) return std::nullopt;
  return fmt::format("stated in {}, and it is measured in {}",
                     claim.unit.empty() ? "no unit" : claim.unit, metric.unit);
}

// At its expiry an option is no more: what expired is what was open just before.
Instant last_moment_before(Instant expiry) { return expiry - Duration::ns(1); }

// Why nothing is measured for the claim.
std::optional<std::string> refused(const Claim& claim, const Metric& metric,
                                   const ClaimRules& rules, const std::vector<std::string>& whole,
                                   bool signs_agree) {
  if (auto other = other_unit(claim, metric)) return other;
  if (auto more = rules.asks_for_more(claim, metric, whole)) return more;
  if (!signs_agree) return "its words and the sign of its number differ";
  const auto window = read_window(claim.window);
  if (!window.has_value()) return window.error().what;
  if (metric.asks_hour && window.value().whole_day)
    return "which price of that day is not said: its close, its low or its high";
  return std::nullopt;
}

// What the literal definition measured stands beside the claim.
void check_literal(ClaimCheck& check, const Question& question, const Measured& first,
                   const Tries& tries, const std::vector<Knowledge>& known,
                   const ClaimRules& rules) {
  check.measured = first.tried.value;
  check.sources = first.reading->sources;
  const Duration age = question.end - first.reading->as_of.value_or(question.end);
  if (question.metric.window == "expiry" && age > Duration::days(1)) {
    check.note = fmt::format(
        "measured {:.6g} at {}, {:.1f} days before: it {}, and neither confirms nor contradicts",
        *first.tried.value, first.reading->as_of->text(), age.in_days(),
        first.tried.holds ? "agrees" : "differs");
  } else if (first.tried.holds) {
    check.state = first.reading->state;
    check.note = fmt::format("holds: {} measures {:.6g}", first.tried.name, *first.tried.value);
    if (const auto direction = rules.direction_of(question.claim, question.metric))
      check_direction(check, question, first, known, *direction);
  } else {
    contradict(check, question, first, tries.others);
  }
}

ClaimCheck check_one(const Claim& claim, const ClaimRules& rules,
                     const std::vector<Knowledge>& known, Instant at) {
  ClaimCheck check;
  check.claim = claim;
  check.stated = plain_value(claim);
  check.unit = claim.unit;
  const Metric* metric = rules.find(claim);
  const auto stated = with_sign(claim, metric, rules, check.stated);
  check.stated = stated.value_or(check.stated);
  if (!metric) {
    check.note = "no definition is known for this metric";
    return check;
  }
  check.unit = metric->unit;
  const auto window = read_window(claim.window);
  const Knowledge* then =
      window.has_value() ? knowledge_at(known, std::min(window.value().end, at)) : nullptr;
  const WholePart whole =
      then != nullptr ? parts_that_are_whole(claim, *metric, rules, *then) : WholePart();
  if (const auto why = refused(claim, *metric, rules, whole.words, stated.has_value())) {
    check.note = *why;
    return check;
  }
  // "30 Jan 2026" of an expiry is its hour, not the end of its day.
  const bool of_expiry = metric->window == "expiry";
  const Instant end =
      of_expiry && window.value().whole_day ? window.value().day + kExpiryHour : window.value().end;
  const Knowledge* knowledge =
      knowledge_at(known, std::min(of_expiry ? last_moment_before(end) : end, at));
  if (!knowledge) {
    check.note = "nothing was known at that time";
    return check;
  }
  // A flow over a window that has not ended cannot be measured; a level or an expiry can, at an
  // earlier time, dated.
  if (end > at && !of_expiry) {
    check.note = fmt::format("its window ends {}, after {}", end.text(), at.text());
    return check;
  }
  const double periods = to_8h(claim, *metric);
  check.stated *= periods;
  const Question question{.claim = claim,
                          .metric = *metric,
                          .venue = venue_of(claim),
                          .end = end,
                          .stated = check.stated,
                          .half_digit = half_digit(claim) * periods};
  const Tries tries = try_all(question, known, *knowledge, at, window.value().whole_day);
  for (const auto* list : {&tries.literal, &tries.others}) {
    for (const Measured& m : *list) check.tried.push_back(m.tried);
  }
  if (const Measured* first = literal_of(*metric, tries))
    check_literal(check, question, *first, tries, known, rules);
  else
    without_literal(check, question, tries);
  check.note += whole.note;
  return check;
}

// Words of the metrics whose window is an expiry.
bool may_be_of_an_expiry(const Claim& claim) {
  const std::string text = lower(claim.metric + " " + claim.window);
  return text.find("expir") != text.npos || text.find("put") != text.npos ||
         text.find("max pain") != text.npos;
}

// A unit is made of words that somebody could mean; the claim's own coin is one of them.
bool is_unit(const Claim& claim) {
  static const std::unordered_set<std::string> words{
      "percent", "%",        "percentage", "per",        "a",          "an",     "year",
      "$",       "day",      "hour",       "8h",         "24h",        "hours",  "bp",
      "bps",     "basis",    "point",      "points",     "usd",        "usdt",   "usdc",
      "dollar",  "dollars",  "million",    "billion",    "musd",       "busd",   "coin",
      "coins",   "contract", "contracts",  "fraction",   "ratio",      "share",  "x",
      "times",   "of",       "annual",     "annualised", "annualized", "btc",    "eth",
      "sol",     "interval", "thousand",   "trillion",   "k",          "m",      "mn",
      "bn",      "pct",      "daily",      "hourly",     "yearly",     "weekly", "week",
      "month",   "index",    "points",     "delta",      "vol",        "us$",    "$m",
      "$mn",     "$bn",      "$b",         "$k",         "usdm",       "usdbn"};
  const std::string unit = lower(claim.unit);
  size_t at = 0;
  while (at < unit.size()) {
    const size_t end = std::min(unit.find_first_of(" /,", at), unit.size());
    const std::string word = unit.substr(at, end - at);
    at = end + 1;
    // "per 4h", "per 8 hours"
    const size_t digits = std::min(word.find_first_not_of("0123456789"), word.size());
    const bool hours = digits > 0 && (digits == word.size() || word.substr(digits) == "h");
    if (!word.empty() && !hours && !words.contains(word) && word != lower(claim.asset))
      return false;
  }
  return true;
}

}  // namespace

Result<std::vector<Claim>> read_claims(std::string_view text, std::string_view file) {
  const CsvTable table = TRY(read_csv(text, file));
  for (const char* column : {"claim_id", "metric", "asset", "value", "unit", "window", "stated_by",
                             "published", "url"}) {
    if (!table.column(column))
      return Error{Fault::malformed, fmt::format("column \"{}\" is missing", column),
                   fmt::format("{}:1", file)};
  }
  std::vector<Claim> claims;
  std::set<std::string> ids;
  for (const CsvRecord& row : table.rows) {
    const auto field = [&](std::string_view name) {
      return std::string(trimmed(table.field(row, name)));
    };
    Claim claim{field("claim_id"), field("metric"),    upper(field("asset")), field("unit"),
                field("window"),   field("stated_by"), field("url"),          0,
                field("value"),    field("published"), table.place(row)};
    const auto value = read_double(claim.value_text);
    if (!value) {
      return Error{Fault::malformed,
                   fmt::format("value \"{}\" is not a number", claim.value_text.substr(0, 40)),
                   claim.place};
    }
    if (claim.id.empty() || claim.metric.empty() || claim.asset.empty())
      return Error{Fault::malformed, "claim_id, metric and asset may not be empty", claim.place};
    claim.value = *value;
    if (!ids.insert(claim.id).second)
      return Error{Fault::malformed, fmt::format("claim_id {} stands twice", claim.id),
                   claim.place};
    if (!is_unit(claim))
      return Error{Fault::malformed,
                   fmt::format("unit \"{}\" is not known (percent, fraction, basis points, USD, "
                               "million USD, coins, ...)",
                               claim.unit.substr(0, 40)),
                   claim.place};
    claims.push_back(std::move(claim));
  }
  return claims;
}

std::vector<Instant> claim_times(const std::vector<Claim>& claims, Instant at) {
  std::set<Instant> times{at};
  for (const Claim& claim : claims) {
    const auto window = read_window(claim.window);
    if (!window.has_value()) continue;
    const Instant end = window.value().end;
    if (end < at) times.insert(end);
    if (may_be_of_an_expiry(claim)) {
      const Instant last = last_moment_before(
          window.value().whole_day ? window.value().day + kExpiryHour : window.value().end);
      if (last < at) times.insert(last);
    }
    for (const Boundary& boundary : kBoundaries) {
      if (end + boundary.shift < at) times.insert(end + boundary.shift);
      if (!window.value().whole_day) break;
    }
  }
  return {times.begin(), times.end()};
}

std::vector<ClaimCheck> check_claims(const std::vector<Claim>& claims, const ClaimRules& rules,
                                     const std::vector<Knowledge>& known, Instant at) {
  std::vector<ClaimCheck> checks;
  std::map<std::string, std::string> oscillators;  // by author, the first that can only be one
  for (const Claim& claim : claims) {
    checks.push_back(check_one(claim, rules, known, at));
    if (checks.back().holds_under &&
        checks.back().holds_under->starts_with("liq_dominance_osc_ma30"))
      oscillators.emplace(claim.stated_by, claim.id);
  }
  if (oscillators.empty()) return checks;
  // One author's figures of one family share a formula: what excludes a reading of one is said
  // beside the other.
  for (ClaimCheck& check : checks) {
    const Metric* metric = rules.find(check.claim);
    if (!metric || metric->id != "liquidation_dominance") continue;
    const auto sibling = oscillators.find(check.claim.stated_by);
    if (sibling == oscillators.end()) continue;
    check.note = join_notes(
        check.note, fmt::format("{} by the same author can only be the oscillator; read so, {:.3g} "
                                "is a long share of {:.4f}",
                                sibling->second, check.stated, (1 + check.stated) / 2));
  }
  return checks;
}

}  // namespace delever::gauges
