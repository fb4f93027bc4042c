#include "alerts/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/nearest.h"
#include "gauges/gauges.h"
#include "reports/inputs.h"

namespace delever::alerts {
namespace {

Error bad(const Config& config, std::string_view key, std::string what) {
  return {Fault::malformed, std::move(what), config.place(key)};
}

Result<Kind> read_kind(const Config& config) {
  constexpr std::array<std::pair<std::string_view, Kind>, 5> kinds{{{"value", Kind::value},
                                                                    {"change", Kind::change},
                                                                    {"state", Kind::state},
                                                                    {"verdict", Kind::verdict},
                                                                    {"gap", Kind::gap}}};
  const std::string text = TRY(config.text("kind"));
  for (const auto& [name, kind] : kinds) {
    if (name == text) return kind;
  }
  return bad(config, "kind", "value, change, state, verdict or gap");
}

Result<std::optional<double>> read_number(const Config& config, std::string_view key) {
  if (!config.has(key)) return std::optional<double>();
  return std::optional<double>(TRY(config.number(key)));
}

Result<Duration> read_duration(const Config& config, std::string_view key, Duration fallback) {
  return config.has(key) ? config.duration(key) : Result<Duration>(fallback);
}

// One bound, and the way back from it on its own side.
Result<void> read_bounds(const Config& config, Rule& rule) {
  rule.above = TRY(read_number(config, "above"));
  rule.below = TRY(read_number(config, "below"));
  rule.clear = TRY(read_number(config, "clear"));
  if (rule.above.has_value() == rule.below.has_value())
    return bad(config, "above", "give one of above and below");
  if (!rule.clear) return {};
  if (rule.above ? *rule.clear > *rule.above : *rule.clear < *rule.below)
    return bad(config, "clear", "lies beyond the bound: it would be over before it began");
  return {};
}

Result<void> read_reading(const Config& config, Rule& rule) {
  rule.reading = TRY(config.text("reading"));
  rule.venue = TRY(config.text("venue", ""));
  std::vector<std::string> known_names;
  for (const gauges::GaugeName& g : gauges::gauge_names()) known_names.emplace_back(g.name);
  if (std::find(known_names.begin(), known_names.end(), rule.reading) == known_names.end())
    return bad(config, "reading",
               "no such gauge" +
                   did_you_mean(rule.reading, {known_names.begin(), known_names.end()}) +
                   ": delever explain gauges lists them");
  return {};
}

Result<void> read_words(const Config& config, Rule& rule, const std::vector<std::string>& known) {
  const std::string choice = fmt::format("a list of these: {}", fmt::join(known, ", "));
  auto words = config.texts("is");
  if (!words.has_value() || words.value().empty()) return bad(config, "is", "want " + choice);
  rule.is = std::move(words).value();
  for (const std::string& word : rule.is) {
    if (std::find(known.begin(), known.end(), word) == known.end())
      return bad(config, "is",
                 fmt::format("no such word: {}; want {}", word.substr(0, 40), choice));
  }
  return {};
}

// The keys that a rule of a kind may have (docs/alerts.md).
std::vector<std::string> keys_of(Kind kind) {
  std::vector<std::string> keys{"name", "kind", "severity", "summary", "for", "rest"};
  const auto add = [&](std::initializer_list<const char*> more) {
    keys.insert(keys.end(), more.begin(), more.end());
  };
  if (kind == Kind::gap) return add({"stream", "over"}), keys;
  add({"asset"});
  if (kind == Kind::verdict) return add({"is"}), keys;
  add({"reading", "venue"});
  if (kind == Kind::state) return add({"is"}), keys;
  add({"above", "below", "clear"});
  if (kind == Kind::change) add({"over", "relative"});
  return keys;
}

Result<void> has_its_keys_alone(const Config& config, Kind kind) {
  const std::vector<std::string> keys = keys_of(kind);
  for (const std::string& key : config.keys()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      return bad(config, key,
                 fmt::format("no such key{}; this kind has {}", did_you_mean(key, keys),
                             fmt::join(keys, ", ")));
  }
  return {};
}

Result<Rule> read_rule(const Config& config) {
  Rule rule;
  rule.name = TRY(config.text("name"));
  rule.place = config.place();
  rule.summary = TRY(config.text("summary", ""));
  rule.severity = TRY(config.text("severity", "warning"));
  rule.kind = TRY(read_kind(config));
  TRY(has_its_keys_alone(config, rule.kind));
  rule.hold = TRY(read_duration(config, "for", Duration()));
  rule.rest = TRY(read_duration(config, "rest", Duration()));
  if (rule.kind != Kind::gap) {
    const std::string asset = TRY(config.text("asset", "BTC"));
    rule.asset = reports::coin_named(asset);
  }
  switch (rule.kind) {
    case Kind::change:
      rule.over = TRY(config.duration("over"));
      rule.relative = TRY(config.boolean("relative", false));
      if (rule.over <= Duration()) return bad(config, "over", "must be longer than nothing");
      [[fallthrough]];
    case Kind::value:
      TRY(read_reading(config, rule));
      TRY(read_bounds(config, rule));
      break;
    case Kind::state:
      TRY(read_reading(config, rule));
      TRY(read_words(config, rule, {"corroborated", "single_source", "conflicting", "pending"}));
      break;
    case Kind::verdict:
      TRY(read_words(config, rule, {"cleared", "not_cleared", "cannot_tell"}));
      break;
    case Kind::gap:
      rule.stream = TRY(config.text("stream", ""));
      rule.over = TRY(read_duration(config, "over", Duration::minutes(10)));
      break;
  }
  TRY(config.finish());
  return rule;
}

}  // namespace

Result<std::vector<Rule>> read_rules(std::string_view text, std::string_view file) {
  const Config config = TRY(Config::parse(text, file));
  std::vector<Rule> rules;
  std::set<std::string> names;
  for (const Config& one : TRY(config.tables("alert"))) {
    rules.push_back(TRY(read_rule(one)));
    if (!names.insert(rules.back().name).second) return bad(one, "name", "stands there twice");
  }
  TRY(config.finish());
  if (rules.empty()) return Error{Fault::malformed, "has no [[alert]]", std::string(file)};
  return rules;
}

}  // namespace delever::alerts
