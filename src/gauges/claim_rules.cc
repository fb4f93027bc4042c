// The definitions that a metric's words can have, read from rules/claims-*.toml.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "gauges/claim_dates.h"
#include "gauges/claim_scope.h"
#include "gauges/claim_words.h"
#include "gauges/claims.h"

namespace delever::gauges {
namespace {

constexpr std::array<std::string_view, 13> kTransforms{
    "",          "compounded",    "as_hourly",        "as_8h",
    "per_8h",    "latest_annual", "latest_as_hourly", "both_sides",
    "one_venue", "of_252_days",   "of_252_days_root", "hourly_per_8h",
    "complement"};
constexpr std::array<std::string_view, 4> kScopes{"", "venue", "all", "expiry"};

bool contains_all(const std::string& text, const std::vector<std::string>& words) {
  return std::all_of(words.begin(), words.end(),
                     [&](const auto& w) { return text.find(w) != text.npos; });
}
bool contains_any(const std::string& text, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const auto& w) { return text.find(w) != text.npos; });
}

template <class Name, class Names>
bool is_one_of(const Name& name, const Names& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Result<Definition> read_definition(const Config& entry) {
  Definition d;
  // A definition without a transform is the gauge's own figure, one without a mistake is right.
  d.gauge = TRY(entry.text("gauge"));
  d.reads = TRY(entry.text("reads"));
  d.per = TRY(entry.text("per", ""));
  d.transform = TRY(entry.text("transform", ""));
  d.mistake = TRY(entry.text("mistake", ""));
  if (!is_one_of(d.transform, kTransforms))
    return Error{Fault::malformed, "unknown transform", entry.place("transform")};
  if (!is_one_of(d.per, kScopes))
    return Error{Fault::malformed, "want venue, all or expiry", entry.place("per")};
  if (!d.mistake.empty() && !find_mistake(d.mistake))
    return Error{Fault::malformed, "unknown mistake", entry.place("mistake")};
  return d;
}

// How far a window reaches back, where it says so: "3 days to 29 Jan 2026", "last 24h, 6 Jan 2026".
std::string_view reach_of(std::string_view window) {
  const size_t to = window.find(" to ");
  return to != window.npos ? window.substr(0, to) : window;
}

// The spans that a metric is measured over; a day where the rule names none.
Result<std::vector<Duration>> periods_of(const Config& table) {
  std::vector<Duration> periods;
  if (!table.has("periods")) return std::vector<Duration>{Duration::days(1)};
  for (const std::string& text : TRY(table.texts("periods"))) {
    const auto period = Duration::parse(text);
    if (!period.has_value())
      return Error{Fault::malformed, period.error().what, table.place("periods")};
    periods.push_back(period.value());
  }
  return periods;
}

// Of a figure of one expiry, which its window names: another one, or several, in its words.
std::optional<std::string> other_expiry(const Claim& claim, const Metric& metric,
                                        const ClaimDates& said, const ClaimDates& window) {
  const bool of_one = std::all_of(metric.definitions.begin(), metric.definitions.end(),
                                  [](const Definition& d) { return d.per == "expiry"; });
  const std::string words = lower(claim.metric);
  for (const char* several : {"expiries", "expirations", "all expir", "every expir"}) {
    if (of_one && words.find(several) != words.npos)
      return "it is of several expiries, and what is measured is of one";
  }
  if (window.days.empty()) return std::nullopt;
  const std::string date = window.days.back().day.date();  // "2026-01-30"
  for (const NamedDay& named : said.days) {
    if (named.day.date() != date)
      return fmt::format("it names the expiry of {}, and its window {}", named.day.date(), date);
  }
  for (const NamedMonth& named : months_in(claim.metric)) {
    if (named.month != read_int(date.substr(5, 2)) ||
        (named.day && *named.day != read_int(date.substr(8, 2))))
      return fmt::format("it names the expiry of {}, and its window {}", named.text(), date);
  }
  return std::nullopt;
}

// Why a claim's days and years are not of the time that is measured; nothing where they are.
std::optional<std::string> other_dates(const Claim& claim, const Metric& metric) {
  const ClaimDates said = dates_in(claim.metric), window = dates_in(claim.window);
  for (const ClaimDates* dates : {&said, &window}) {
    if (dates->calendar)
      return fmt::format("it is of {}, and what is measured is of {}", *dates->calendar,
                         metric.window == "expiry" ? "an expiry" : "a day");
  }
  // The day that such a claim names is that of the expiry itself.
  if (metric.window == "expiry") return other_expiry(claim, metric, said, window);
  if (const auto span = span_of(window)) {
    // "29 to 30 Jan 2026": whether the 30th is in it, nobody can tell.
    if (!span->length)
      return fmt::format("from {} to {} is one day or two", span->from.date(), span->to.date());
    if (std::find(metric.periods.begin(), metric.periods.end(), *span->length) ==
        metric.periods.end())
      return fmt::format("it is of the time from {} to {}, which no gauge measures",
                         span->from.date(), span->to.date());
  }
  // An hour in the words is that of the window, or nothing says which of the two is meant.
  if (const NamedClocks hours = clocks_in(claim.metric);
      hours.unread || hours.bounds || !hours.clocks.empty()) {
    const auto ends = read_window(claim.window);
    const bool same = !hours.unread && !hours.bounds && hours.clocks.size() == 1 &&
                      ends.has_value() && !ends.value().whole_day &&
                      ends.value().end == ends.value().day + hours.clocks[0];
    if (!same) return "it names an hour that is not its window's";
  }
  // A day in the words and another in the window: one of them is wrong, and which is not said.
  for (const NamedDay& named : said.days) {
    if (!window.days.empty() && named.day != window.days.back().day)
      return fmt::format("it names {}, and its window {}", named.day.date(),
                         window.days.back().day.date());
  }
  return std::nullopt;
}

bool has_any_word(const std::string& text, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [&](const auto& w) { return has_word(text, w); });
}

// The day of the week that the window's date is; another one is another day.
std::vector<std::string> weekday_of(const Claim& claim) {
  constexpr std::array<std::string_view, 7> kFromThursday{
      "thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday"};
  const auto window = read_window(claim.window);
  if (!window.has_value() || window.value().end <= window.value().day) return {};
  // Since Thursday, 1 January 1970.
  const int64_t days = window.value().day.ns() / Duration::days(1).ns();
  const std::string name(kFromThursday[static_cast<size_t>((days % 7 + 7) % 7)]);
  return {name, name.substr(0, 3), name.substr(0, 4), name.substr(0, 5)};  // "Thu", "Tues", "Thurs"
}

std::string words_of(Duration period) {
  return period < Duration::days(2) ? fmt::format("{:.0f} h", period.in_seconds() / 3600)
                                    : fmt::format("{:.0f} days", period.in_days());
}

}  // namespace

const std::vector<Mistake>& known_mistakes() {
  static const std::vector<Mistake> all{
      {"8h_for_shorter", "a shorter funding interval taken for 8 hours"},
      {"1h_for_longer", "a longer funding interval taken for 1 hour"},
      {"coins_for_dollars", "coins printed as dollars, or dollars as coins"},
      {"contracts_for_coins", "contracts counted as coins"},
      {"both_sides", "both sides of open interest counted"},
      {"share_for_oscillator", "the share L/(L+S) and the oscillator (L-S)/(L+S) mixed up"},
      {"day_boundary", "a day with other boundaries than 00:00 UTC"},
      {"one_venue_for_all", "one venue's figure for the sum of all, or the sum for one venue's"},
      {"stale_day", "the figure of the day before"},
      {"stablecoin_part", "the contracts margined in stablecoins, or in the coin, for all"},
      {"252_days", "252 days a year for a market that trades on 365"}};
  return all;
}

const Mistake* find_mistake(std::string_view id) {
  for (const Mistake& mistake : known_mistakes()) {
    if (mistake.id == id) return &mistake;
  }
  return nullptr;
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
    if (table.has("takes")) metric.takes = TRY(table.texts("takes"));
    if (table.has("any")) metric.any = TRY(table.texts("any"));
    metric.change = TRY(table.boolean("change", false));  // what a metric is not, it need not say
    metric.level = TRY(table.boolean("level", false));
    metric.sign = TRY(table.boolean("sign", false));
    metric.asks_hour = TRY(table.boolean("asks_hour", false));
    metric.periods = TRY(periods_of(table));
    metric.absolute = TRY(table.number("absolute"));
    metric.relative = TRY(table.number("relative"));
    for (const Config& entry : TRY(table.tables("definition"))) {
      metric.definitions.push_back(TRY(read_definition(entry)));
    }
    if (metric.definitions.empty())
      return Error{Fault::malformed, "a metric needs a definition", table.place()};
    rules.metrics.push_back(std::move(metric));
  }
  for (const Config& table : TRY(config.tables("beyond"))) {
    Beyond beyond;
    beyond.words = TRY(table.texts("words"));
    beyond.says = TRY(table.text("says"));
    rules.beyond.push_back(std::move(beyond));
  }
  for (const Config& table : TRY(config.tables("part")))
    rules.parts.push_back({TRY(table.texts("words")), TRY(table.text("is"))});
  if (config.has("verbs")) {  // a file without them reads no change and no rise
    const Config verbs = TRY(config.table("verbs"));
    rules.falls = TRY(verbs.texts("falls"));
    rules.rises = TRY(verbs.texts("rises"));
    rules.falls_by = TRY(verbs.texts("falls_by"));
    rules.rises_by = TRY(verbs.texts("rises_by"));
  }
  if (config.has("plain")) {  // a file without it understands the words of its metrics alone
    const Config plain = TRY(config.table("plain"));
    rules.plain = TRY(plain.texts("words"));
  }
  if (auto finished = config.finish(); !finished.has_value()) return std::move(finished.error());
  return rules;
}

// The unit decides as words do: an open interest in USD is another metric than one in coins.
const Metric* ClaimRules::find(const Claim& claim) const {
  std::string text = plain_words(claim.metric, claim.unit);
  switch (unit_kind(claim.unit, claim.asset)) {
    case UnitKind::usd:
      text += " usd";
      break;
    case UnitKind::coins:
      text += " coins";
      break;
    case UnitKind::contracts:
      text += " contracts";
      break;
    case UnitKind::none:  // "open interest in dollars", 16.8 billion
      if (has_word(text, "usd") || has_word(text, "dollars")) text += " usd";
      break;
    case UnitKind::share:
      break;
  }
  // "usd" stands in "usdt" as well, which is the coin of a margin.
  for (const std::string_view coin : {"usdt", "usdc"}) {
    for (size_t at = text.find(coin); at != text.npos; at = text.find(coin, at)) text[at] = '_';
  }
  const Metric* best = nullptr;
  const auto said = [](const Metric& m) { return m.words.size() + !m.any.empty(); };
  for (const Metric& metric : metrics) {
    if (!contains_all(text, metric.words) || contains_any(text, metric.without)) continue;
    if (!metric.any.empty() && !has_any_word(text, metric.any)) continue;
    if (!best || said(metric) > said(*best)) best = &metric;
  }
  return best;
}

auto ClaimRules::direction_of(const Claim& claim, const Metric& metric) const
    -> std::optional<Direction> {
  if (!metric.level) return std::nullopt;
  const std::string text = plain_words(claim.metric, "");
  for (const auto* verbs : {&falls, &rises}) {
    for (const std::string& verb : *verbs) {
      if (has_word(text, verb + " to")) return Direction{verb, verbs == &rises};
    }
  }
  return std::nullopt;
}

namespace {

// What may be said beside the figure of `metric`: which words are spoken for.
std::vector<std::string> excused(const Claim& claim, const Metric& metric, const ClaimRules& rules,
                                 const std::vector<std::string>& whole) {
  std::vector<std::string> out = metric.takes;
  for (const auto* more : {&metric.any, &whole}) out.insert(out.end(), more->begin(), more->end());
  if (const auto direction = rules.direction_of(claim, metric)) out.push_back(direction->verb);
  if (metric.change) {
    for (const auto* verbs : {&rules.falls, &rules.rises, &rules.falls_by, &rules.rises_by})
      out.insert(out.end(), verbs->begin(), verbs->end());
  }
  if (metric.sign) out.insert(out.end(), {"negative", "positive"});
  for (std::string& day : weekday_of(claim)) out.push_back(std::move(day));
  return out;
}

}  // namespace

std::optional<std::string> ClaimRules::asks_for_more(const Claim& claim, const Metric& metric,
                                                     const std::vector<std::string>& whole) const {
  const std::string text = plain_words(claim.metric, "");
  const std::vector<std::string> takes = excused(claim, metric, *this, whole);
  const std::string window = metric.window == "expiry" ? std::string() : lower(claim.window);
  for (const Beyond& one : beyond) {
    for (const std::string& word : one.words) {
      if (is_one_of(word, takes) || !(has_word(text, word) || has_word(window, word))) continue;
      return fmt::format("it says \"{}\": {}, which no gauge measures", word, one.says);
    }
  }
  if (trimmed(text).ends_with(" over"))  // "over 24 h" is no bound
    return "it says \"over\": a bound, which no gauge measures";
  if (const auto coins = other_coins(claim.metric, claim.asset); !coins.empty())
    return fmt::format("it speaks of {} beside {}", fmt::join(coins, ", "), claim.asset);
  if (auto other = other_dates(claim, metric)) return other;
  std::vector<Duration> periods = periods_in(claim.metric);
  for (const Duration period : periods_in(claim.unit)) {
    // A year is in the unit of what is measured by the year.
    if (period < Duration::days(300) || metric.unit.find("per_year") == metric.unit.npos)
      periods.push_back(period);
  }
  for (const Duration period : periods_in(reach_of(claim.window))) periods.push_back(period);
  for (const Duration period : periods) {
    if (is_one_of(period, metric.periods)) continue;
    return fmt::format("it is of {}, and what is measured is of {}", words_of(period),
                       words_of(metric.periods[0]));
  }
  for (const std::string& venue : venues_in(claim.metric)) {
    if (has_word(text, venue + " share") || has_word(text, venue + "'s share"))
      return fmt::format("it is of the share of {}, which no gauge measures", venue);
  }
  if (const auto venues = venues_in(claim.metric); venues.size() > 1)
    return fmt::format("it is of {} venues together ({}), and sums are of one or of all",
                       venues.size(), fmt::join(venues, ", "));
  const auto not_understood = [](const std::string& word) {
    return fmt::format("it says \"{}\", which is not understood", word);
  };
  if (const auto word = unknown_word(claim.metric, claim.asset, {&plain, &metric.words, &takes}))
    return not_understood(*word);
  static const std::vector<std::string> expiry{"expiry", "expires", "expiring", "expiration"};
  // In another zone it has a reason of its own (read_window).
  const std::vector<std::string> weekday = weekday_of(claim);
  if (const auto word = unknown_word(claim.window, claim.asset, {&plain, &expiry, &weekday});
      word && !zone_in(claim.window))
    return not_understood(*word);
  return std::nullopt;
}

}  // namespace delever::gauges
