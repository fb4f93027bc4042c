#include "gauges/claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/csv.h"
#include "base/text.h"

namespace delever::gauges {
namespace {

constexpr Duration kExpiryHour = Duration::hours(8);  // of every venue here, UTC

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};

std::optional<int> month_of(std::string_view word) {
  const std::string name = lower(word).substr(0, 3);
  for (size_t m = 0; m < kMonths.size(); ++m) {
    if (kMonths[m] == name) return static_cast<int>(m) + 1;
  }
  return std::nullopt;
}

// How far a unit moves the decimal point on the way to plain units: a percentage becomes a
// fraction, coins stay.
int point_shift(std::string_view unit) {
  const std::string u = lower(unit);
  if (u.starts_with("percent") || u.starts_with("%")) return -2;
  if (u.starts_with("bp") || u.starts_with("basis point")) return -4;
  if (u == "million usd" || u == "musd") return 6;
  if (u == "billion usd" || u == "busd") return 9;
  return 0;
}

// The power of ten at the end of a number's text: "1.7e9" -> 9, "1e+3" -> 3, "43.2" -> 0.
int64_t exponent_of(std::string_view text) {
  const size_t e = text.find_first_of("eE");
  if (e == text.npos) return 0;
  std::string_view digits = text.substr(e + 1);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  return read_int(digits).value_or(0);
}

// Moves the point in the text, so that 43.2 percent becomes the double that 0.432 is written as.
// Beyond the range of a double it leaves the value where it was.
double plain_value(const Claim& claim) {
  const std::string_view text = claim.value_text;
  const int64_t exponent = exponent_of(text) + point_shift(claim.unit);
  return read_double(fmt::format("{}e{}", text.substr(0, text.find_first_of("eE")), exponent))
      .value_or(claim.value);
}

// Half of the last digit that was printed: "43.2" -> 0.05, "91000" -> 0.5, "1.7e9" -> 0.05e9.
double half_digit(std::string_view text) {
  const size_t e = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, e);
  const size_t point = mantissa.find('.');
  const double decimals = point == text.npos ? 0 : static_cast<double>(mantissa.size() - point - 1);
  const double exponent = static_cast<double>(exponent_of(text));
  return 0.5 * std::pow(10.0, exponent - decimals);
}

bool contains_all(const std::string& text, const std::vector<std::string>& words) {
  return std::all_of(words.begin(), words.end(),
                     [&](const auto& w) { return text.find(w) != text.npos; });
}
bool contains_any(const std::string& text, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const auto& w) { return text.find(w) != text.npos; });
}

std::optional<std::string> venue_in(const std::string& text) {
  for (const char* venue : {"binance", "bybit", "okx", "deribit", "hyperliquid"}) {
    if (text.find(venue) != text.npos) return venue;
  }
  return std::nullopt;
}

double interval_hours(const std::vector<Reading>& readings, const std::string& venue) {
  for (const Reading& r : readings) {
    if (r.name == "funding_rate" && r.venue == venue && r.window > Duration())
      return r.window.in_seconds() / 3600;
  }
  return 8;
}

double transformed(double value, std::string_view transform, double hours) {
  if (transform.empty()) return value;
  if (transform == "compounded") return std::pow(1 + value * hours / 8760, 8760 / hours) - 1;
  if (transform == "as_hourly") return value * hours;
  if (transform == "as_8h") return value * hours / 8;
  if (transform == "latest_annual") return value * 8760 / hours;
  CHECK(transform == "latest_as_hourly");  // ClaimRules::load let no other name through
  return value * 8760;
}

bool reading_matches(const Reading& r, const Definition& definition, const Claim& claim,
                     const std::optional<std::string>& venue, Instant end) {
  if (r.name != definition.gauge || r.asset != claim.asset) return false;
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

// A "day" may be another time zone's. Shifts of its end, tried when the words name a whole day.
struct Boundary {
  Duration shift;
  const char* name;
};
constexpr std::array<Boundary, 3> kBoundaries{{{Duration::hours(-8), "day_of_utc+8"},
                                               {Duration::hours(5), "day_of_utc-5"},
                                               {Duration::days(1), "next_day"}}};

const Knowledge* knowledge_exactly_at(const std::vector<Knowledge>& known, Instant t) {
  for (const Knowledge& k : known) {
    if (k.at == t) return &k;
  }
  return nullptr;
}

const Knowledge* knowledge_at(const std::vector<Knowledge>& known, Instant t) {
  const Knowledge* best = nullptr;
  for (const Knowledge& k : known) {
    if (k.at <= t && (!best || k.at > best->at)) best = &k;
  }
  return best;
}

struct Measured {
  TriedDefinition tried;
  const Reading* reading = nullptr;
};

// Every reading that one definition can stand for; one entry without a value when there is none.
std::vector<Measured> measure(const Definition& definition, const Claim& claim,
                              const Knowledge& known, Instant end, double stated, double slack) {
  std::vector<Measured> out;
  const std::optional<std::string> venue = venue_in(lower(claim.metric));
  const auto try_reading = [&](const Reading& r) {
    if (!reading_matches(r, definition, claim, venue, end)) return;
    Measured m{{definition.name(), definition.reads, {}, r.as_of, r.venue, false, {}, r.reason},
               &r};
    if (r.value && r.state != State::pending) {
      const double hours = r.venue ? interval_hours(known.readings, *r.venue) : 8;
      m.tried.value = transformed(*r.value, definition.transform, hours) * definition.factor;
      m.tried.holds = std::fabs(*m.tried.value - stated) <= slack;
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
                          venue ? " of " + *venue : "", claim.asset);
    out.push_back({{definition.name(), definition.reads, {}, {}, {}, false, {}, why}, nullptr});
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

// Chooses among the alternatives: measured ones that hold (closest first), then ones that history
// at least allows.
void find_other(ClaimCheck& check, const std::vector<Measured>& others) {
  const Measured* best = nullptr;
  for (const Measured& m : others) {
    if (!m.tried.holds) continue;
    if (!best ||
        std::fabs(*m.tried.value - check.stated) < std::fabs(*best->tried.value - check.stated))
      best = &m;
  }
  if (best) {
    check.holds_under = best->tried.name;
    check.note = join_notes(
        check.note, fmt::format("holds under {} ({}{}), which measures {:.4g}", best->tried.name,
                                best->tried.venue ? *best->tried.venue + ": " : "",
                                best->tried.reads, *best->tried.value));
    if (best->reading) check.sources = best->reading->sources;
    return;
  }
  for (const Measured& m : others) {
    if (m.tried.value || !m.tried.seen.value_or(false)) continue;
    check.holds_under = m.tried.name;
    check.note = join_notes(
        check.note,
        fmt::format("only {} ({}) has held such a value; it was not measured at that time",
                    m.tried.name, m.tried.reads));
    return;
  }
  check.note = join_notes(check.note, "no known definition reaches it");
}

ClaimCheck check_one(const Claim& claim, const ClaimRules& rules,
                     const std::vector<Knowledge>& known, Instant at) {
  ClaimCheck check;
  check.claim = claim;
  check.stated = plain_value(claim);
  check.unit = claim.unit;
  const Metric* metric = rules.find(claim.metric);
  if (!metric) {
    check.note = "no definition is known for this metric";
    return check;
  }
  check.unit = metric->unit;
  const auto window = read_window(claim.window);
  if (!window.has_value()) {
    check.note = window.error().what;
    return check;
  }
  // "30 Jan 2026" of an expiry is its hour, not the end of its day.
  const bool of_expiry = metric->window == "expiry";
  const Instant end =
      of_expiry && window.value().whole_day ? window.value().day + kExpiryHour : window.value().end;
  const Knowledge* knowledge = knowledge_at(known, std::min(end, at));
  if (!knowledge) {
    check.note = "nothing was known at that time";
    return check;
  }
  const double slack = metric->absolute + metric->relative * std::fabs(check.stated) +
                       half_digit(claim.value_text) * std::pow(10.0, point_shift(claim.unit));
  // A flow over a window that has not ended cannot be measured; a level or an expiry can, at an
  // earlier time, dated.
  const bool unfinished = end > at && !of_expiry;
  if (unfinished) {
    check.note = fmt::format("its window ends {}, after {}", end.text(), at.text());
    return check;
  }
  std::vector<Measured> literal, others;
  for (size_t i = 0; i < metric->definitions.size(); ++i) {
    for (Measured& m :
         measure(metric->definitions[i], claim, *knowledge, end, check.stated, slack)) {
      check.tried.push_back(m.tried);
      (i == 0 ? literal : others).push_back(std::move(m));
    }
  }
  std::vector<Boundary> boundaries(kBoundaries.begin(), kBoundaries.end());
  if (at > end && at - end < Duration::days(1))
    boundaries.push_back({at - end, "latest"});  // an author's "today"
  for (const Boundary& boundary : boundaries) {
    const Knowledge* then = knowledge_exactly_at(known, end + boundary.shift);
    if (!window.value().whole_day || metric->window != "24h" || !then) continue;
    for (Measured& m :
         measure(metric->definitions[0], claim, *then, end + boundary.shift, check.stated, slack)) {
      m.tried.name += fmt::format(":{}", boundary.name);
      check.tried.push_back(m.tried);
      others.push_back(std::move(m));
    }
  }
  // The literal definition may be an aggregate that is missing while single venues are there: then
  // they stand for it.
  const Measured* first = nullptr;
  for (const Measured& m : literal) {
    if (m.tried.value && (!first || (m.tried.holds && !first->tried.holds))) first = &m;
  }
  if (!first && metric->definitions.size() > 1 &&
      metric->definitions[1].gauge == "funding_annual") {
    for (const Measured& m : others) {
      if (m.tried.value && m.tried.name == metric->definitions[1].name() &&
          (!first || m.tried.holds))
        first = &m;
    }
  }
  if (first) {
    check.measured = first->tried.value;
    check.sources = first->reading->sources;
    const Duration age = end - first->reading->as_of.value_or(end);
    if (of_expiry && age > Duration::days(1)) {
      check.note = fmt::format(
          "measured {:.6g} at {}, {:.1f} days before: it {}, and neither confirms nor contradicts",
          *first->tried.value, first->reading->as_of->text(), age.in_days(),
          first->tried.holds ? "agrees" : "differs");
      return check;
    }
    if (first->tried.holds) {
      check.state = first->reading->state;
      check.note = fmt::format("holds: {} measures {:.6g}", first->tried.name, *first->tried.value);
      return check;
    }
    if (first->reading->coverage && *first->reading->coverage < 0.5 &&
        std::fabs(*first->tried.value) < std::fabs(check.stated)) {
      check.note = fmt::format("{:.4g} was measured, but the sources cover only part: {}",
                               *first->tried.value, first->reading->reason);
      return check;
    }
    check.state = State::conflicting;
    check.note = fmt::format("{} measures {:.4g}{}", first->tried.name, *first->tried.value,
                             first->tried.seen == false ? ", and " + first->tried.note : "");
    find_other(check, others);
    return check;
  }
  if (!literal.empty() && literal[0].tried.seen == false) {
    check.state = State::conflicting;
    check.note = fmt::format("as {}: {}", literal[0].tried.reads, literal[0].tried.note);
    find_other(check, others);
    return check;
  }
  check.note = literal.empty() ? "no reading" : literal[0].tried.note;
  for (const Measured& m : others) {
    if (m.tried.holds) {
      find_other(check, others);
      break;
    }
    if (m.tried.seen == false)
      check.note =
          join_notes(check.note, fmt::format("as {} it was {}", m.tried.reads, m.tried.note));
  }
  return check;
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
    for (const Claim& other : claims) {
      if (other.id == claim.id)
        return Error{Fault::malformed, fmt::format("claim_id {} stands twice", claim.id),
                     claim.place};
    }
    claims.push_back(std::move(claim));
  }
  return claims;
}

Result<ClaimWindow> read_window(std::string_view text) {
  std::vector<std::string> words;
  for (std::string_view word : split(text, ' ')) {
    if (!trimmed(word).empty()) words.push_back(lower(trimmed(word)));
  }
  std::optional<Instant> day;
  std::optional<Duration> clock;
  bool to = false, expiry = false;
  for (size_t i = 0; i < words.size(); ++i) {
    to = to || words[i] == "to";
    expiry = expiry || words[i].starts_with("expir");
    if (const auto iso = Instant::parse(upper(words[i])); iso.has_value()) {
      day = iso.value().start_of_day();
      if (words[i].size() > 10) clock = iso.value() - *day;
    }
    if (i + 2 < words.size() && month_of(words[i + 1])) {
      const auto d = read_int(words[i]), y = read_int(words[i + 2]);
      if (d && y && *d > 0 && *d < 32 && *y > 1900 && *y < 2200) {
        const auto date =
            Instant::from_date(static_cast<int>(*y), *month_of(words[i + 1]), static_cast<int>(*d));
        if (date.has_value()) day = date.value();
      }
    }
    if (words[i].size() == 5 && words[i][2] == ':') {
      const auto h = read_int(words[i].substr(0, 2)), m = read_int(words[i].substr(3));
      if (h && m && *h >= 0 && *h < 24 && *m >= 0 && *m < 60)
        clock = Duration::minutes(*h * 60 + *m);
    }
  }
  if (!day)
    return Error{Fault::malformed,
                 fmt::format("its window \"{}\" names no date", text.substr(0, 60))};
  if (expiry && !clock) clock = kExpiryHour;
  if (clock) return ClaimWindow{*day, *day + *clock, false};
  const bool until_midnight_before =
      to && words[0].ends_with("h");  // "24h to 30 Jan": up to its first midnight
  return ClaimWindow{*day, until_midnight_before ? *day : *day + Duration::days(1), true};
}

Result<ClaimRules> ClaimRules::load(const Config& config, std::string file) {
  ClaimRules rules;
  rules.file = std::move(file);
  (void)TRY(config.instant("as_of"));
  for (const Config& table : TRY(config.tables("metric"))) {
    Metric metric;
    metric.id = TRY(table.text("id"));
    metric.unit = TRY(table.text("unit"));
    metric.window = TRY(table.text("window"));
    metric.words = TRY(table.texts("words"));
    if (table.has("without")) metric.without = TRY(table.texts("without"));
    metric.absolute = TRY(table.number("absolute"));
    metric.relative = TRY(table.number("relative"));
    for (const Config& entry : TRY(table.tables("definition"))) {
      Definition d;
      d.gauge = TRY(entry.text("gauge"));
      d.reads = TRY(entry.text("reads"));
      d.per = TRY(entry.text("per", ""));
      d.transform = TRY(entry.text("transform", ""));
      d.factor = TRY(entry.number("factor", 1.0));
      constexpr std::array<std::string_view, 6> transforms{
          "", "compounded", "as_hourly", "as_8h", "latest_annual", "latest_as_hourly"};
      if (std::find(transforms.begin(), transforms.end(), d.transform) == transforms.end())
        return Error{Fault::malformed, "unknown transform", entry.place("transform")};
      if (!d.per.empty() && d.per != "venue" && d.per != "expiry")
        return Error{Fault::malformed, "want venue or expiry", entry.place("per")};
      metric.definitions.push_back(std::move(d));
    }
    if (metric.definitions.empty())
      return Error{Fault::malformed, "a metric needs a definition", table.place()};
    rules.metrics.push_back(std::move(metric));
  }
  if (auto finished = config.finish(); !finished.has_value()) return std::move(finished.error());
  return rules;
}

const Metric* ClaimRules::find(std::string_view metric_text) const {
  const std::string text = lower(metric_text);
  const Metric* best = nullptr;
  for (const Metric& metric : metrics) {
    if (!contains_all(text, metric.words) || contains_any(text, metric.without)) continue;
    if (!best || metric.words.size() > best->words.size()) best = &metric;
  }
  return best;
}

std::vector<Instant> claim_times(const std::vector<Claim>& claims, Instant at) {
  std::vector<Instant> times{at};
  for (const Claim& claim : claims) {
    const auto window = read_window(claim.window);
    if (!window.has_value()) continue;
    if (window.value().end < at) times.push_back(window.value().end);
    for (const Boundary& boundary : kBoundaries) {
      if (window.value().whole_day && window.value().end + boundary.shift < at)
        times.push_back(window.value().end + boundary.shift);
    }
  }
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

std::vector<ClaimCheck> check_claims(const std::vector<Claim>& claims, const ClaimRules& rules,
                                     const std::vector<Knowledge>& known, Instant at) {
  std::vector<ClaimCheck> checks;
  for (const Claim& claim : claims) checks.push_back(check_one(claim, rules, known, at));
  // One author's figures of one family share a formula: what excludes a reading of one is said
  // beside the other.
  for (ClaimCheck& check : checks) {
    const Metric* metric = rules.find(check.claim.metric);
    if (!metric || metric->id != "liquidation_dominance") continue;
    for (const ClaimCheck& sibling : checks) {
      if (sibling.claim.stated_by != check.claim.stated_by || !sibling.holds_under ||
          !sibling.holds_under->starts_with("liq_dominance_osc_ma30"))
        continue;
      check.note = join_notes(
          check.note,
          fmt::format("{} by the same author can only be the oscillator; read so, {:.3g} "
                      "is a long share of {:.4f}",
                      sibling.claim.id, check.stated, (1 + check.stated) / 2));
    }
  }
  return checks;
}

}  // namespace delever::gauges
