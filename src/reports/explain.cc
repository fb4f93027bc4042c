#include "reports/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <utility>

#include "base/config.h"
#include "base/file.h"
#include "base/text.h"
#include "feeds/map_trials.h"
#include "gauges/claims.h"
#include "gauges/gauges.h"
#include "reports/inputs.h"
#include "venues/csv/csv.h"

namespace delever::reports {
namespace {

constexpr const char* kRules = "rules/2026-01-30.toml";
constexpr const char* kClaimRules = "rules/claims-2026-01-30.toml";

// A unit of the readings, and how a text shows it.
std::string unit_words(std::string_view unit) {
  constexpr std::pair<std::string_view, std::string_view> words[] = {
      {"USD", "dollars"},
      {"USD_per_coin", "dollars a coin"},
      {"coins", "coins of the asset"},
      {"fraction", "a share: 0.05 is shown as 5.00 %"},
      {"fraction_per_year", "a share a year: 0.05 is shown as 5.00 %/y"},
      {"fraction_per_interval", "a share each funding interval: 0.0001 is shown as 0.01000 %"}};
  for (const auto& [name, meaning] : words) {
    if (name == unit) return fmt::format("in {}, {}", unit, meaning);
  }
  return fmt::format("in {}", unit);
}

void add_gauges(std::vector<Explained>& words) {
  for (const gauges::GaugeName& g : gauges::gauge_names())
    words.push_back({"gauges", std::string(g.name), std::string(g.meaning), {unit_words(g.unit)}});
}

void add_states(std::vector<Explained>& words) {
  const auto add = [&](gauges::State state, const char* meaning) {
    words.push_back({"states", std::string(gauges::state_name(state)), meaning});
  };
  add(gauges::State::corroborated, "two or more independent sources agree within the rule's band");
  add(gauges::State::single_source, "one source says so, and nobody independent of it");
  add(gauges::State::conflicting,
      "independent sources are further apart than the rule's band; of a claim: what was measured "
      "does not hold it under its literal definition");
  add(gauges::State::pending,
      "missing, stale, or too few sources: no number; the reason says which");
  words.push_back({"states", "cleared",
                   "verdict: the flush took the leverage out, by enough of the checklist"});
  words.push_back({"states", "not_cleared", "verdict: by the checklist it did not"});
  words.push_back(
      {"states", "cannot_tell", "verdict: too few items of the checklist are known to say either"});
}

void add_exit_codes(std::vector<Explained>& words) {
  const auto add = [&](const char* code, const char* meaning) {
    words.push_back({"exit codes", code, meaning, {"the whole table: docs/exit-codes.md"}});
  };
  add("0", "done: what was asked for was written");
  add("2",
      "the command line is wrong by itself: an option, a number, a time, a contradiction, an "
      "output that is an input");
  add("3", "an input is missing, damaged or not what it should be, or an output cannot be written");
  add("4", "refused for lack of evidence: nothing that was asked for is known");
}

// Keys of the rule file with the words behind them, as they stand there.
Result<void> add_rules(std::vector<Explained>& words) {
  const std::string text = TRY(read_file(find_shipped(kRules)));
  std::string section;
  for (std::string_view line : split(text, '\n')) {
    line = trimmed(line);
    if (line.starts_with("[")) {
      section = std::string(line.substr(0, line.find(']')));
      section.erase(0, section.find_first_not_of('['));
      continue;
    }
    const size_t equals = line.find('='), note = line.find("  # ");
    if (line.starts_with("#") || equals == line.npos || note == line.npos) continue;
    words.push_back({"rules",
                     section + "." + std::string(trimmed(line.substr(0, equals))),
                     std::string(trimmed(line.substr(note + 4))),
                     {fmt::format("is {} in {}",
                                  trimmed(line.substr(equals + 1, note - equals - 1)), kRules)}});
  }
  return {};
}

Result<void> add_metrics(std::vector<Explained>& words) {
  const Config config = TRY(Config::load(find_shipped(kClaimRules)));
  const gauges::ClaimRules rules = TRY(gauges::ClaimRules::load(config, kClaimRules));
  for (const gauges::Metric& metric : rules.metrics) {
    Explained word{
        "metrics", metric.id,
        fmt::format("a claim whose metric has the words {}", fmt::join(metric.words, " and "))};
    for (const gauges::Definition& d : metric.definitions)
      word.more.push_back(fmt::format("{} ({})", d.reads, d.name()));
    if (!words.empty() && words.back().name == word.name) continue;  // other words, same metric
    words.push_back(std::move(word));
  }
  return {};
}

// The first sentence of a map's own words.
std::string first_sentence(std::string_view map) {
  std::string words;
  for (std::string_view line : split(map, '\n')) {
    if (!line.starts_with("#")) break;
    line.remove_prefix(1);
    words += (words.empty() ? "" : " ") + std::string(trimmed(line));
  }
  const size_t end = words.find(". ");
  if (end != words.npos) words.resize(end);
  while (words.ends_with('.')) words.pop_back();
  return words;
}

Result<void> add_maps(std::vector<Explained>& words) {
  for (const std::string& path : feeds::maps_in(find_shipped("maps"))) {
    const venues::CsvMap map = TRY(venues::CsvMap::load(path));
    const std::string name = std::filesystem::path(path).stem().string();
    words.push_back(
        {"maps",
         name,
         first_sentence(map.text),
         {fmt::format("reads the columns {}", fmt::join(TRY(map.wanted_columns()), ", ")),
          fmt::format("delever import csv --map maps/{}.toml FILE --out my.tape", name)}});
  }
  return {};
}

}  // namespace

Result<std::vector<Explained>> explained_words() {
  std::vector<Explained> words;
  add_gauges(words);
  add_states(words);
  TRY(add_metrics(words));
  add_exit_codes(words);
  TRY(add_rules(words));
  TRY(add_maps(words));
  return words;
}

}  // namespace delever::reports
