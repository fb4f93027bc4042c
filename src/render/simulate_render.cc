#include "render/simulate_render.h"

#include <fmt/format.h>

#include <algorithm>

#include "render/svg.h"

namespace delever::render {

using namespace reports;

using sim::AccountKind;

std::string price_text(double usd) {
  return usd < 100 ? fmt::format("{:.4f}", usd) : fmt::format("{:.0f}", usd);
}

bool has_perpetual(const sim::Scenario& scenario, const sim::AssetOutcome& a) {
  for (const sim::VenueSetup& v : scenario.venues) {
    if (v.role != sim::VenueRole::perpetual) continue;
    for (const sim::ListingSetup& l : v.listings) {
      if (scenario.assets[l.asset].name == a.name) return true;
    }
  }
  return false;
}

std::string population_name(size_t k) {
  return std::string(sim::account_kind_name(static_cast<AccountKind>(k)));
}

std::vector<LiquidationWave> liquidation_waves(const sim::AssetOutcome& a) {
  double total = 0;
  for (const sim::Sample& s : a.samples) total += s.long_usd + s.short_usd;
  std::vector<LiquidationWave> found;
  if (total <= 0) return found;
  constexpr size_t kWindow = 15;  // minutes
  for (size_t i = 0; i + kWindow <= a.samples.size(); i += kWindow) {
    double usd = 0;
    for (size_t k = i; k < i + kWindow; ++k) usd += a.samples[k].long_usd + a.samples[k].short_usd;
    if (usd < 0.04 * total) continue;
    const sim::Sample &first = a.samples[i], &last = a.samples[i + kWindow - 1];
    if (!found.empty() && found.back().to + Duration::minutes(kWindow) >= first.at) {
      found.back().to = last.at;
      found.back().usd += usd;
      found.back().price_to = last.price;
    } else {
      found.push_back({first.at - Duration::minutes(1), last.at, usd, first.price, last.price});
    }
  }
  return found;
}

std::string simulate_text(const sim::Scenario& scenario, const sim::Outcome& o) {
  std::string out = fmt::format(
      "{}: seed {}, hash {:016x}\n{:.0f} h simulated, {} accounts, {} messages, {} events, {} "
      "refused\n",
      o.scenario, o.seed, o.hash, o.seconds / 3600, o.accounts, o.messages, o.events, o.refused);
  for (const sim::AssetOutcome& a : o.assets) {
    out += fmt::format("\n{}  {} -> {} USD, low {} at {}, high {}\n", a.name, price_text(a.start),
                       price_text(a.end), price_text(a.low), a.low_at.text(), price_text(a.high));
    if (!has_perpetual(scenario, a)) continue;
    out +=
        fmt::format("  liquidated in 24 h to {}: long {} short {} USD\n", scenario.report_at.text(),
                    short_number(a.long_24h), short_number(a.short_24h));
    for (size_t k = 0; k < sim::kAccountKinds; ++k) {
      if (a.liquidated[k][0] + a.liquidated[k][1] > 0)
        out += fmt::format("    {:10} long {:>8} short {:>8} USD, whole time\n", population_name(k),
                           short_number(a.liquidated[k][0]), short_number(a.liquidated[k][1]));
    }
    for (const LiquidationWave& w : liquidation_waves(a))
      out += fmt::format("    wave {} to {}: {} USD, price {} -> {}\n", w.from.text(), w.to.text(),
                         short_number(w.usd), price_text(w.price_from), price_text(w.price_to));
    out += fmt::format(
        "  open interest {:.0f} -> highest before the low {:.0f} -> lowest after {:.0f} -> {:.0f} "
        "coins\n",
        a.open_start, a.open_high, a.open_low, a.open_end);
    out += fmt::format(
        "  funding a year: mean of the rates expected {:.2f} %, lowest settled {}\n",
        a.funding_mean * 100,
        a.funding_settled_min ? fmt::format("{:.2f} %", *a.funding_settled_min * 100) : "none");
    if (!a.samples.empty())
      out += fmt::format("  dealers traded net {:.1f} coins\n", a.samples.back().dealer_flow);
    if (a.adl_count)
      out += fmt::format("  auto-deleveraged: {} times, {} USD\n", a.adl_count,
                         short_number(a.adl_usd));
  }
  out +=
      fmt::format("\ninsurance funds {} -> {} USD, nobody covered {} USD\n",
                  short_number(o.fund_start), short_number(o.fund_end), short_number(o.shortfall));
  if (o.options_settled)
    out += fmt::format("options: {} lines settled, {} coins\n", o.options_settled,
                       short_number(o.options_settled_coins));
  out += "who won and lost (USD):\n";
  for (size_t k = 0; k < sim::kAccountKinds; ++k) {
    if (o.accounts_of[k])
      out += fmt::format("  {:10} {:>7} accounts {:>10}\n", population_name(k), o.accounts_of[k],
                         short_number(o.profit[k]));
  }
  out += fmt::format("  {:10} {:>16} {:>10}\n", "fees", "", short_number(o.fees));
  const auto all = reproduce_checks(scenario, o);
  if (!all.empty()) out += "\nto reproduce:\n";
  for (const ReproduceCheck& c : all)
    out += fmt::format("  {:4} {} = {}, wanted {} to {}{}{}\n       {}\n", c.holds() ? "ok" : "NO",
                       c.wanted->outcome, c.got ? short_number(*c.got) : "none",
                       short_number(c.wanted->low), short_number(c.wanted->high), c.got ? ": " : "",
                       margin_of(c), c.wanted->source);
  return out;
}

Json simulate_json(const sim::Scenario& scenario, const sim::Outcome& o) {
  Json json{
      {"scenario", o.scenario},  {"seed", o.seed},         {"hash", fmt::format("{:016x}", o.hash)},
      {"duration_s", o.seconds}, {"accounts", o.accounts}, {"messages", o.messages},
      {"events", o.events}};
  Json outcomes = Json::object();
  for (const auto& [name, value] : o.named()) outcomes[name] = value;
  json["outcomes"] = outcomes;
  Json refused = Json::object();
  for (const auto& [reason, n] : o.refused_by_reason) refused[reason] = n;
  json["refused"] = refused;
  Json profit = Json::object();
  for (size_t k = 0; k < sim::kAccountKinds; ++k) {
    if (o.accounts_of[k])
      profit[population_name(k)] = {{"accounts", o.accounts_of[k]}, {"profit_usd", o.profit[k]}};
  }
  json["profit"] = profit;
  Json assets = Json::array();
  for (const sim::AssetOutcome& a : o.assets) {
    Json kinds = Json::object();
    for (size_t k = 0; k < sim::kAccountKinds; ++k) {
      if (a.liquidated[k][0] + a.liquidated[k][1] > 0)
        kinds[population_name(k)] = {{"long_usd", a.liquidated[k][0]},
                                     {"short_usd", a.liquidated[k][1]}};
    }
    Json list = Json::array();
    for (const LiquidationWave& w : liquidation_waves(a))
      list.push_back({{"from", w.from.text()},
                      {"to", w.to.text()},
                      {"usd", w.usd},
                      {"price_from", w.price_from},
                      {"price_to", w.price_to}});
    assets.push_back(
        {{"asset", a.name},
         {"low_at", a.low_at.text()},
         {"liquidated", kinds},
         {"waves", list},
         {"open_interest", {{"start", a.open_start}, {"low", a.open_low}, {"end", a.open_end}}}});
  }
  json["assets"] = assets;
  Json list = Json::array();
  for (const ReproduceCheck& c : reproduce_checks(scenario, o))
    list.push_back({{"outcome", c.wanted->outcome},
                    {"low", c.wanted->low},
                    {"high", c.wanted->high},
                    {"value", json_or_null(c.got)},
                    {"holds", c.holds()},
                    {"source", c.wanted->source}});
  json["reproduce"] = list;
  return json;
}

}  // namespace delever::render
