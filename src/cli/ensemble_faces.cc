#include "cli/ensemble_faces.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cli/svg.h"

namespace delever {
namespace {

std::vector<double> values_of(const std::vector<sim::RunResult>& runs, const std::string& name) {
  std::vector<double> values;
  for (const sim::RunResult& r : runs) {
    if (const auto found = r.outcomes.find(name); found != r.outcomes.end()) values.push_back(found->second);
  }
  return values;
}

std::set<std::string> names_of(const std::vector<sim::RunResult>& runs) {
  std::set<std::string> names;
  for (const sim::RunResult& r : runs) {
    for (const auto& [name, value] : r.outcomes) names.insert(name);
  }
  return names;
}

std::string bounds(const std::optional<double>& low, const std::optional<double>& high) {
  return fmt::format("[{}, {}]", low ? short_number(*low) : "?", high ? short_number(*high) : "?");
}

}  // namespace

std::string ensemble_text(const sim::Scenario& scenario, const std::vector<sim::RunResult>& runs) {
  std::string out =
      fmt::format("{}: {} runs\n{:32} {:>10} {:>22} {:>10} {:>10} {:>10} {:>24}\n", scenario.name, runs.size(),
                  "outcome", "mean", "95 % of the mean", "5 %", "50 %", "95 %", "95 % of the median");
  for (const std::string& name : names_of(runs)) {
    const sim::Spread s = sim::spread_of(values_of(runs, name));
    out += fmt::format("{:32} {:>10} {:>22} {:>10} {:>10} {:>10} {:>24}\n", name, short_number(s.mean),
                       bounds(s.mean_low, s.mean_high), short_number(s.quantiles[0].value),
                       short_number(s.quantiles[2].value), short_number(s.quantiles[4].value),
                       bounds(s.quantiles[2].low, s.quantiles[2].high));
  }
  for (const sim::Reproduce& r : scenario.reproduce) {
    const std::vector<double> values = values_of(runs, r.outcome);
    const auto inside =
        std::count_if(values.begin(), values.end(), [&](double x) { return x >= r.low && x <= r.high; });
    out += fmt::format("published {} {} to {}: {} of {} runs inside, {:.0f} % at or below the middle\n", r.outcome,
                       short_number(r.low), short_number(r.high), inside, values.size(),
                       100 * sim::rank_of(values, (r.low + r.high) / 2));
  }
  return out;
}

Json ensemble_json(const sim::Scenario& scenario, const std::vector<sim::RunResult>& runs) {
  Json json{{"scenario", scenario.name}, {"runs", runs.size()}};
  Json outcomes = Json::object();
  for (const std::string& name : names_of(runs)) {
    const sim::Spread s = sim::spread_of(values_of(runs, name));
    Json quantiles = Json::array();
    for (const sim::Quantile& q : s.quantiles)
      quantiles.push_back(
          {{"p", q.p}, {"value", q.value}, {"low", json_or_null(q.low)}, {"high", json_or_null(q.high)}});
    outcomes[name] = {{"mean", s.mean},
                      {"low", json_or_null(s.mean_low)},
                      {"high", json_or_null(s.mean_high)},
                      {"quantiles", quantiles}};
  }
  json["outcomes"] = outcomes;
  Json list = Json::array();
  for (const sim::RunResult& r : runs) list.push_back({{"seed", r.seed}, {"hash", fmt::format("{:016x}", r.hash)}});
  json["seeds"] = list;
  return json;
}

std::string mechanisms_text(const sim::Scenario& scenario, const std::vector<MechanismRow>& rows) {
  std::set<std::string> names;
  for (const MechanismRow& r : rows) names.merge(names_of(r.runs));
  std::string out = fmt::format("{}: means over {} seeds, the same for each row\n", scenario.name,
                                rows.empty() ? 0 : rows[0].runs.size());
  for (const sim::AssetSetup& a : scenario.assets) {
    std::string p = a.name;
    std::transform(p.begin(), p.end(), p.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    out += fmt::format("\n{:20} {:>10} {:>9} {:>16} {:>11} {:>12}\n", a.name, "low", "fall %", "liquidated USD",
                       "long share", "OI fall %");
    for (const MechanismRow& r : rows) {
      const auto mean = [&](const char* name) { return sim::spread_of(values_of(r.runs, p + "_" + name)).mean; };
      out += fmt::format("{:20} {:>10.0f} {:>9.2f} {:>16} {:>11.3f} {:>12.2f}\n", r.name, mean("low"),
                         mean("fall") * 100, short_number(mean("liquidated_usd_24h")), mean("long_share_24h"),
                         mean("open_interest_fall") * 100);
    }
  }
  return out;
}

Json mechanisms_json(const sim::Scenario& scenario, const std::vector<MechanismRow>& rows) {
  Json json{{"scenario", scenario.name}};
  Json list = Json::array();
  for (const MechanismRow& r : rows) list.push_back({{"name", r.name}, {"ensemble", ensemble_json(scenario, r.runs)}});
  json["mechanisms"] = list;
  return json;
}

}  // namespace delever
