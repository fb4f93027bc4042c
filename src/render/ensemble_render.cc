#include "render/ensemble_render.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "render/svg.h"

namespace delever::render {

using namespace reports;

namespace {

// "?": too few runs to bound that end at 95 %.
std::string bounds(const std::optional<double>& low, const std::optional<double>& high) {
  return fmt::format("[{}, {}]", low ? short_number(*low) : "?", high ? short_number(*high) : "?");
}

}  // namespace

namespace {

std::string percent(double share) { return fmt::format("{:.3g} %", share * 100); }

std::string fund_text(const std::vector<sim::RunResult>& runs, const EnsembleExtras& extras) {
  // Three answers: no deficit to size by, a refusal with its reason, a size.
  if (!extras.fund) return fmt::format("insurance fund: no deficit in {} runs\n", runs.size());
  if (!extras.fund->has_value())
    return fmt::format("insurance fund: refused: {}\n", extras.fund->error().what);
  const sim::FundSize& f = extras.fund->value();
  return fmt::format(
      "insurance fund: {} USD [{}, {}] covers the deficit of {:.4g} % of runs; {} runs beyond, "
      "then {} USD on the "
      "mean; bootstrap interval, 95 %\n",
      short_number(f.fund), short_number(f.low), short_number(f.high),
      100 * (1 - static_cast<double>(f.beyond) / static_cast<double>(f.runs)), f.beyond,
      short_number(f.shortfall));
}

std::string shock_text(const ShockTable& t) {
  std::string out = fmt::format(
      "\nmeans under the shock, {} draws; control: the cascade's reduced form (M2) of the same "
      "shock and book\n"
      "{:32} {:>10} {:>10} {:>10} | {:>10} {:>10} {:>10}\n",
      sim::draws_name(t.draws), "outcome", "mean", "error", "worth", "controlled", "error",
      "worth");
  const auto times = [](const std::optional<double>& w) {
    return w ? fmt::format("{:.2f}", *w) : std::string("-");
  };
  for (const ShockRow& r : t.rows)
    out += fmt::format("{:32} {:>10} {:>10} {:>10} | {:>10} {:>10} {:>10}\n", r.outcome,
                       short_number(r.plain.mean), short_number(r.plain.error),
                       times(r.worth_draws), short_number(r.controlled.estimate.mean),
                       short_number(r.controlled.estimate.error), times(r.worth_control));
  return out +
         "worth: independent runs that one run is worth, by the ratio of measured variances\n";
}

Json estimate_json(const sim::Estimate& e, const std::optional<double>& variance_ratio) {
  // "groups" is what the error was measured between: runs, pairs or shifted sequences.
  return {{"mean", e.mean},
          {"error", e.error},
          {"groups", e.groups},
          {"variance_ratio", json_or_null(variance_ratio)}};
}

}  // namespace

// Beside it the crude estimate of the first runs alone: what plain runs of that number would have
// said.
std::string rare_text(const sim::Scenario& scenario, const sim::Climb& climb,
                      const sim::Probability& p) {
  const sim::Probability crude = sim::crude_probability(p.first_hits, p.runs);
  return fmt::format(
      "{}: {}\n"
      "  {:<10} {:>10}   95 % [{}, {}]   standard error {}, measured over {} groups (idealised "
      "{})\n"
      "  {:<10} {} first runs, {} carried out in {} rounds, {} independent lineages\n"
      "  {:<10} {:>10}   95 % [{}, {}]   {} of the first runs\n",
      scenario.name, climb.text, p.estimator, percent(p.value), percent(p.low), percent(p.high),
      percent(p.error), p.groups, percent(p.value * p.idealised), "replicas", p.runs, p.carried_out,
      p.rounds, p.lineages, "crude", percent(crude.value), percent(crude.low), percent(crude.high),
      p.first_hits);
}

Json rare_json(const sim::Scenario& scenario, const sim::Climb& climb, const sim::Probability& p) {
  const sim::Probability crude = sim::crude_probability(p.first_hits, p.runs);
  return {{"scenario", scenario.name},
          {"event", climb.text},
          {"estimator", p.estimator},
          {"probability", p.value},
          {"low", p.low},
          {"high", p.high},
          {"error", p.error},
          {"idealised_error", p.value * p.idealised},
          {"replicas", p.runs},
          {"groups", p.groups},
          {"rounds", p.rounds},
          {"carried_out", p.carried_out},
          {"lineages", p.lineages},
          {"crude",
           {{"probability", crude.value},
            {"low", crude.low},
            {"high", crude.high},
            {"hits", p.first_hits}}}};
}

std::string ensemble_text(const sim::Scenario& scenario, const std::vector<sim::RunResult>& runs,
                          const EnsembleExtras& extras) {
  std::string out = fmt::format("{}: {} runs\n{:32} {:>10} {:>22} {:>10} {:>10} {:>10} {:>24}\n",
                                scenario.name, runs.size(), "outcome", "mean", "95 % of the mean",
                                "5 %", "50 %", "95 %", "95 % of the median");
  for (const std::string& name : names_of(runs)) {
    const sim::Spread s = sim::spread_of(values_of(runs, name));
    out +=
        fmt::format("{:32} {:>10} {:>22} {:>10} {:>10} {:>10} {:>24}\n", name, short_number(s.mean),
                    bounds(s.mean_low, s.mean_high), short_number(s.quantiles[0].value),
                    short_number(s.quantiles[2].value), short_number(s.quantiles[4].value),
                    bounds(s.quantiles[2].low, s.quantiles[2].high));
  }
  for (const sim::Reproduce& r : scenario.reproduce) {
    const std::vector<double> values = values_of(runs, r.outcome);
    // Of the runs that have the outcome: one that never came to it is in neither number.
    const auto inside = std::count_if(values.begin(), values.end(),
                                      [&](double x) { return x >= r.low && x <= r.high; });
    out +=
        fmt::format("wanted {} {} to {}: {} of {} runs inside, {:.0f} % at or below the middle\n",
                    r.outcome, short_number(r.low), short_number(r.high), inside, values.size(),
                    100 * sim::rank_of(values, (r.low + r.high) / 2));
  }
  out += fund_text(runs, extras);
  if (extras.shock) out += shock_text(*extras.shock);
  return out;
}

Json ensemble_json(const sim::Scenario& scenario, const std::vector<sim::RunResult>& runs,
                   const EnsembleExtras& extras) {
  Json json{{"scenario", scenario.name}, {"runs", runs.size()}};
  Json outcomes = Json::object();
  for (const std::string& name : names_of(runs)) {
    const sim::Spread s = sim::spread_of(values_of(runs, name));
    Json quantiles = Json::array();
    for (const sim::Quantile& q : s.quantiles)
      quantiles.push_back({{"p", q.p},
                           {"value", q.value},
                           {"low", json_or_null(q.low)},
                           {"high", json_or_null(q.high)}});
    outcomes[name] = {{"mean", s.mean},
                      {"low", json_or_null(s.mean_low)},
                      {"high", json_or_null(s.mean_high)},
                      {"quantiles", quantiles}};
  }
  json["outcomes"] = outcomes;
  // null: no run had a deficit. An object with "refused": there were some, and no size follows.
  if (!extras.fund) {
    json["fund"] = nullptr;
  } else if (!extras.fund->has_value()) {
    json["fund"] = {{"refused", extras.fund->error().what}};
  } else {
    const sim::FundSize& f = extras.fund->value();
    json["fund"] = {{"usd", f.fund},
                    {"low", f.low},
                    {"high", f.high},
                    {"runs_beyond", f.beyond},
                    {"mean_beyond", f.shortfall},
                    {"uncovered_mean", f.uncovered}};
  }
  if (extras.shock) {
    Json rows = Json::object();
    for (const ShockRow& r : extras.shock->rows)
      rows[r.outcome] = {{"plain", estimate_json(r.plain, r.worth_draws)},
                         {"controlled", estimate_json(r.controlled.estimate, r.worth_control)},
                         {"slope", r.controlled.slope}};
    json["shock"] = {{"draws", sim::draws_name(extras.shock->draws)}, {"means", rows}};
  }
  Json list = Json::array();
  for (const sim::RunResult& r : runs)
    list.push_back({{"seed", r.seed}, {"hash", fmt::format("{:016x}", r.hash)}});
  // Seeds and hashes let anyone carry out one of the runs again and see that it is the same.
  json["seeds"] = list;
  return json;
}

std::string mechanisms_text(const sim::Scenario& scenario, const std::vector<MechanismRow>& rows) {
  std::set<std::string> names;
  for (const MechanismRow& r : rows) names.merge(names_of(r.runs));
  std::string out = fmt::format("{}: means over {} seeds, the same for each row\n", scenario.name,
                                rows.empty() ? 0 : rows[0].runs.size());
  for (const sim::AssetSetup& a : scenario.assets) {
    // Outcomes of an asset begin with its name in lower case.
    const std::string p = lower(a.name);
    out += fmt::format("\n{:20} {:>10} {:>9} {:>16} {:>11} {:>12}\n", a.name, "low", "fall %",
                       "liquidated USD", "long share", "OI fall %");
    for (const MechanismRow& r : rows) {
      // "-": no run has it, as an asset without a perpetual has no liquidations.
      const auto mean = [&](const char* name, int digits, double times) {
        const std::vector<double> values = values_of(r.runs, p + "_" + name);
        if (values.empty()) return std::string("-");
        const double value = times * sim::spread_of(values).mean;
        return digits < 0 ? short_number(value) : fmt::format("{:.{}f}", value, digits);
      };
      out += fmt::format("{:20} {:>10} {:>9} {:>16} {:>11} {:>12}\n", r.name, mean("low", 0, 1),
                         mean("fall", 2, 100), mean("liquidated_usd_24h", -1, 1),
                         mean("long_share_24h", 3, 1), mean("open_interest_fall", 2, 100));
    }
  }
  return out;
}

Json mechanisms_json(const sim::Scenario& scenario, const std::vector<MechanismRow>& rows) {
  Json json{{"scenario", scenario.name}};
  Json list = Json::array();
  for (const MechanismRow& r : rows)
    list.push_back({{"name", r.name}, {"ensemble", ensemble_json(scenario, r.runs, r.extras)}});
  json["mechanisms"] = list;
  return json;
}

std::string ensemble_report_text(const EnsembleReport& r) {
  if (r.rare) return rare_text(r.scenario, r.rare->climb, r.rare->probability);
  if (!r.mechanisms.empty()) return mechanisms_text(r.scenario, r.mechanisms);
  return ensemble_text(r.scenario, r.runs, r.extras);
}

Json ensemble_report_json(const EnsembleReport& r) {
  if (r.rare) return rare_json(r.scenario, r.rare->climb, r.rare->probability);
  if (!r.mechanisms.empty()) return mechanisms_json(r.scenario, r.mechanisms);
  return ensemble_json(r.scenario, r.runs, r.extras);
}

}  // namespace delever::render
