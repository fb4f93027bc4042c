#include "sim/ensemble/climb.h"

#include <fmt/format.h>

#include <cmath>

#include "base/text.h"

namespace delever::sim {
namespace {

constexpr std::pair<std::string_view, Climb::Measure> kOfAssets[] = {
    {"low", Climb::Measure::low},
    {"fall", Climb::Measure::fall},
    {"liquidated_usd_24h", Climb::Measure::liquidated_usd_24h},
    {"accounts_liquidated", Climb::Measure::accounts_liquidated},
    {"adl_usd", Climb::Measure::adl_usd}};

}  // namespace

Result<Climb> read_climb(std::string_view text, const Scenario& scenario) {
  const auto wrong = [&](std::string_view why) {
    return Error{Fault::malformed, fmt::format("{}: {}", text, why)};
  };
  const size_t sign = text.find_first_of("<>");
  if (sign == std::string_view::npos || sign == 0)
    return wrong("want OUTCOME<VALUE or OUTCOME>=VALUE");
  const std::string_view name = trimmed(text.substr(0, sign));
  const bool below = text[sign] == '<', equal = sign + 1 < text.size() && text[sign + 1] == '=';
  const auto value = read_double(trimmed(text.substr(sign + (equal ? 2 : 1))));
  if (!value) return wrong("the value is no number");
  Climb climb{
      .outcome = std::string(name),
      .text = fmt::format("{}{}{}{}", name, text[sign], equal ? "=" : "", write_double(*value))};
  bool found = name == "deficit_usd";
  if (found) climb.measure = Climb::Measure::deficit_usd;
  std::string known = "deficit_usd";
  for (uint32_t a = 0; a < scenario.assets.size(); ++a) {
    for (const auto& [suffix, measure] : kOfAssets) {
      const std::string full = lower(scenario.assets[a].name) + "_" + std::string(suffix);
      known += ", " + full;
      if (full != name) continue;
      climb.measure = measure;
      climb.asset = a;
      found = true;
    }
  }
  if (!found) return wrong("no outcome that only grows along a run; there are " + known);
  if (climb.falls() != below)
    return wrong(climb.falls() ? "a low falls: want < or <=" : "it grows: want > or >=");
  climb.level = climb.falls() ? -*value : *value;
  if (!equal) climb.level = std::nextafter(climb.level, HUGE_VAL);
  return climb;
}

double score_of(const Climb& climb, const Outcome& so_far) {
  const AssetOutcome& a = so_far.assets[climb.asset];
  switch (climb.measure) {
    case Climb::Measure::low:
      return -a.low;
    case Climb::Measure::fall:
      return 1 - a.low / a.start;
    case Climb::Measure::liquidated_usd_24h:
      return a.long_24h + a.short_24h;
    case Climb::Measure::accounts_liquidated:
      return static_cast<double>(a.accounts_liquidated);
    case Climb::Measure::adl_usd:
      return a.adl_usd;
    case Climb::Measure::deficit_usd:
      return so_far.deficit;
  }
  check_failed("a measure has a score", __FILE__, __LINE__);
}

std::function<bool(uint32_t, const Outcome&)> follow(const Climb& climb, Path& path) {
  return [&climb, &path](uint32_t seconds, const Outcome& so_far) {
    const double score = score_of(climb, so_far);
    if (path.empty() || score > path.back().score) path.push_back({seconds, score});
    return path.back().score >= climb.level;
  };
}

}  // namespace delever::sim
