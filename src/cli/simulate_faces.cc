#include "cli/simulate_faces.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/svg.h"

namespace delever {
namespace {

using sim::AccountKind;

struct Check {
  const sim::Reproduce* wanted;
  std::optional<double> got;
  bool holds() const { return got && *got >= wanted->low && *got <= wanted->high; }
};

std::vector<Check> checks(const sim::Scenario& scenario, const std::map<std::string, double>& named) {
  std::vector<Check> all;
  for (const sim::Reproduce& r : scenario.reproduce) {
    const auto found = named.find(r.outcome);
    all.push_back({&r, found == named.end() ? std::nullopt : std::optional(found->second)});
  }
  return all;
}

std::string kind_name(size_t k) { return std::string(sim::account_kind_name(static_cast<AccountKind>(k))); }

// Runs of liquidations: minutes that together stand out. A wave is an hour with more than a tenth of the day's total.
struct Wave {
  Instant from, to;
  double usd = 0, price_from = 0, price_to = 0;
};
std::vector<Wave> waves(const sim::AssetOutcome& a) {
  double total = 0;
  for (const sim::Sample& s : a.samples) total += s.long_usd + s.short_usd;
  std::vector<Wave> found;
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

}  // namespace

std::string simulate_text(const sim::Scenario& scenario, const sim::Outcome& o) {
  std::string out =
      fmt::format("{}: seed {}, hash {:016x}\n{:.0f} h simulated, {} accounts, {} messages, {} events, {} refused\n",
                  o.scenario, o.seed, o.hash, o.seconds / 3600, o.accounts, o.messages, o.events, o.refused);
  for (const sim::AssetOutcome& a : o.assets) {
    out += fmt::format("\n{}  {:.0f} -> {:.0f} USD, low {:.0f} at {}, high {:.0f}\n", a.name, a.start, a.end, a.low,
                       a.low_at.text(), a.high);
    out += fmt::format("  liquidated in 24 h to {}: long {} short {} USD\n", scenario.report_at.text(),
                       short_number(a.long_24h), short_number(a.short_24h));
    for (size_t k = 0; k < sim::kAccountKinds; ++k) {
      if (a.liquidated[k][0] + a.liquidated[k][1] > 0)
        out += fmt::format("    {:10} long {:>8} short {:>8} USD, whole time\n", kind_name(k),
                           short_number(a.liquidated[k][0]), short_number(a.liquidated[k][1]));
    }
    for (const Wave& w : waves(a))
      out += fmt::format("    wave {} to {}: {} USD, price {:.0f} -> {:.0f}\n", w.from.text(), w.to.text(),
                         short_number(w.usd), w.price_from, w.price_to);
    out +=
        fmt::format("  open interest {:.0f} -> highest before the low {:.0f} -> lowest after {:.0f} -> {:.0f} coins\n",
                    a.open_start, a.open_high, a.open_low, a.open_end);
    out +=
        fmt::format("  funding a year: mean of the rates expected {:.2f} %, lowest settled {}\n", a.funding_mean * 100,
                    a.funding_settled_min ? fmt::format("{:.2f} %", *a.funding_settled_min * 100) : "none");
    if (!a.samples.empty()) out += fmt::format("  dealers traded net {:.1f} coins\n", a.samples.back().dealer_flow);
    if (a.adl_count) out += fmt::format("  auto-deleveraged: {} times, {} USD\n", a.adl_count, short_number(a.adl_usd));
  }
  out += fmt::format("\ninsurance funds {} -> {} USD, nobody covered {} USD\n", short_number(o.fund_start),
                     short_number(o.fund_end), short_number(o.shortfall));
  if (o.options_settled)
    out +=
        fmt::format("options: {} lines settled, {} coins\n", o.options_settled, short_number(o.options_settled_coins));
  out += "who won and lost (USD):\n";
  for (size_t k = 0; k < sim::kAccountKinds; ++k) {
    if (o.accounts_of[k])
      out += fmt::format("  {:10} {:>7} accounts {:>10}\n", kind_name(k), o.accounts_of[k], short_number(o.profit[k]));
  }
  out += fmt::format("  {:10} {:>16} {:>10}\n", "fees", "", short_number(o.fees));
  const auto named = o.named();
  const auto all = checks(scenario, named);
  if (!all.empty()) out += "\nto reproduce:\n";
  for (const Check& c : all)
    out += fmt::format("  {:4} {} = {} (published {} to {}: {})\n", c.holds() ? "ok" : "NO", c.wanted->outcome,
                       c.got ? short_number(*c.got) : "none", short_number(c.wanted->low), short_number(c.wanted->high),
                       c.wanted->source);
  return out;
}

Json simulate_json(const sim::Scenario& scenario, const sim::Outcome& o) {
  Json json{{"scenario", o.scenario},  {"seed", o.seed},         {"hash", fmt::format("{:016x}", o.hash)},
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
    if (o.accounts_of[k]) profit[kind_name(k)] = {{"accounts", o.accounts_of[k]}, {"profit_usd", o.profit[k]}};
  }
  json["profit"] = profit;
  Json assets = Json::array();
  for (const sim::AssetOutcome& a : o.assets) {
    Json kinds = Json::object();
    for (size_t k = 0; k < sim::kAccountKinds; ++k) {
      if (a.liquidated[k][0] + a.liquidated[k][1] > 0)
        kinds[kind_name(k)] = {{"long_usd", a.liquidated[k][0]}, {"short_usd", a.liquidated[k][1]}};
    }
    Json list = Json::array();
    for (const Wave& w : waves(a))
      list.push_back({{"from", w.from.text()},
                      {"to", w.to.text()},
                      {"usd", w.usd},
                      {"price_from", w.price_from},
                      {"price_to", w.price_to}});
    assets.push_back({{"asset", a.name},
                      {"low_at", a.low_at.text()},
                      {"liquidated", kinds},
                      {"waves", list},
                      {"open_interest", {{"start", a.open_start}, {"low", a.open_low}, {"end", a.open_end}}}});
  }
  json["assets"] = assets;
  Json list = Json::array();
  for (const Check& c : checks(scenario, o.named()))
    list.push_back({{"outcome", c.wanted->outcome},
                    {"low", c.wanted->low},
                    {"high", c.wanted->high},
                    {"value", json_or_null(c.got)},
                    {"holds", c.holds()},
                    {"source", c.wanted->source}});
  json["reproduce"] = list;
  return json;
}

std::string simulate_html(const sim::Scenario& scenario, const sim::Outcome& o) {
  std::string out = fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title><style>\n"
      ":root{{color-scheme:light "
      "dark;--long:#c0392b;--short:#1e8449;--line:#2c6fbb;--soft:#999;--ink:#222;--grid:#ddd}}\n"
      "@media(prefers-color-scheme:dark){{:root{{--ink:#ddd;--grid:#444}}}}\n"
      "body{{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:var(--ink)}}\n"
      "pre{{overflow-x:auto}}svg{{width:100%;height:auto}}</style></head><body><h1>{0}</h1>\n"
      "<p>Simulated: not a forecast. Seed {1}, hash {2:016x}.</p>\n",
      html_escaped(o.scenario), o.seed, o.hash);
  for (const sim::AssetOutcome& a : o.assets) {
    // Five minutes a point: a page of some hundred kilobytes for two days.
    TimeSeries price{"price", "var(--line)", {}}, fundamental{"fundamental", "var(--soft)", {}, true};
    TimeSeries longs{"longs", "var(--long)", {}}, shorts{"shorts", "var(--short)", {}};
    TimeSeries open{"open interest", "var(--line)", {}}, funding{"funding", "var(--line)", {}};
    TimeSeries dealers{"dealers", "var(--line)", {}}, depth{"bids within 1 %", "var(--line)", {}};
    double long_usd = 0, short_usd = 0;
    for (size_t i = 0; i < a.samples.size(); ++i) {
      const sim::Sample& s = a.samples[i];
      long_usd += s.long_usd;
      short_usd += s.short_usd;
      if ((i + 1) % 5 != 0) continue;
      price.points.push_back({s.at, s.price});
      fundamental.points.push_back({s.at, s.fundamental});
      longs.points.push_back({s.at, long_usd});
      shorts.points.push_back({s.at, -short_usd});
      open.points.push_back({s.at, s.open_interest});
      funding.points.push_back({s.at, s.funding_annual});
      dealers.points.push_back({s.at, s.dealer_flow});
      depth.points.push_back({s.at, s.depth_usd});
      long_usd = short_usd = 0;
    }
    std::vector<TimeMark> marks;
    for (const Wave& w : waves(a)) marks.push_back({w.from, "wave " + short_number(w.usd, 2)});
    out += fmt::format("<h2>{}</h2>\n", html_escaped(a.name));
    const auto chart = [&](TimeChart c) { out += svg_time_chart(c) + "\n"; };
    chart({.title = "Price and fundamental, waves of liquidations",
           .unit = "USD",
           .lines = {price, fundamental},
           .marks = marks});
    chart({.title = "Liquidated in five minutes: longs up, shorts down", .unit = "USD", .bars = {longs, shorts}});
    chart({.title = "Open interest of perpetuals", .unit = a.name, .lines = {open}});
    chart({.title = "Funding a year", .unit = "%", .scale = 100, .lines = {funding}});
    chart({.title = "Dealers' hedges, net since the start", .unit = a.name, .lines = {dealers}});
    chart({.title = "Depth of perpetuals", .unit = "USD", .lines = {depth}});
  }
  out += "<h2>Summary</h2>\n<pre>" + html_escaped(simulate_text(scenario, o)) + "</pre>\n</body></html>\n";
  return out;
}

}  // namespace delever
