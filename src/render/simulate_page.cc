// The page of one simulated run.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "render/page_style.h"
#include "render/simulate_render.h"
#include "render/svg.h"

namespace delever::render {

using namespace reports;

namespace {

using sim::AccountKind;

constexpr size_t kBar = 15;  // minutes of liquidations, deleveraging and hedges in one bar
constexpr size_t kPoint =
    5;  // minutes between points of a line: a page of some hundred kilobytes for two days
constexpr std::string_view kColours[] = {"var(--long)", "var(--gold)", "var(--blue)",
                                         "var(--grey)"};

std::string usd(double value) { return (value < 0 ? "-$" : "$") + short_number(std::abs(value)); }

std::string chart(const TimeChart& c) {
  const std::string svg = svg_time_chart(c);
  return svg.empty() ? "" : "<div class=\"chart\">" + svg + "</div>\n";
}

std::string card(std::string_view title, const std::string& value, const std::string& small) {
  return fmt::format(R"(<div class="card"><span>{}</span><b>{}</b><small>{}</small></div>)", title,
                     html_escaped(value), html_escaped(small));
}

std::string cards(const sim::AssetOutcome& a, const sim::Scenario& scenario) {
  const double total = a.long_24h + a.short_24h;
  std::string out =
      "<div class=\"cards\" style=\"grid-template-columns:repeat(auto-fill,minmax(160px,1fr))\">";
  out += card("lowest price", "$" + price_text(a.low),
              fmt::format("{:+.1f} % from {}, at {}", 100 * (a.low / a.start - 1),
                          price_text(a.start), a.low_at.text()));
  if (!has_perpetual(scenario, a)) return out + "</div>";
  out += card("liquidated in 24 h", usd(total),
              fmt::format("to {}; longs {}", scenario.report_at.text(),
                          total > 0 ? fmt::format("{:.1f} %", 100 * a.long_24h / total) : "none"));
  out += card("open interest", fmt::format("{} {}", short_number(a.open_end), a.name),
              fmt::format("from {}, {} before the low, {} after", short_number(a.open_start),
                          short_number(a.open_high), short_number(a.open_low)));
  out += card("funding a year", fmt::format("{:.1f} %", 100 * a.funding_mean),
              a.funding_settled_min ? fmt::format("mean expected; lowest settled {:.1f} %",
                                                  100 * *a.funding_settled_min)
                                    : "mean expected; nothing settled");
  out +=
      card("deleveraged", a.adl_count ? usd(a.adl_usd) : "nobody",
           a.adl_count ? fmt::format("{} winners cut", a.adl_count) : "funds paid what was short");
  return out + "</div>";
}

// Kinds of accounts that were liquidated at all, those with most first three; the rest is one
// series.
std::vector<TimeSeries> liquidations_by_kind(const sim::AssetOutcome& a) {
  std::vector<std::pair<double, size_t>> kinds;
  for (size_t k = 0; k < sim::kAccountKinds; ++k) {
    const double sum = a.liquidated[k][0] + a.liquidated[k][1];
    if (sum > 0) kinds.push_back({-sum, k});
  }
  std::sort(kinds.begin(), kinds.end());
  std::vector<TimeSeries> series;
  for (size_t i = 0; i < std::min<size_t>(kinds.size(), 4); ++i) {
    const bool rest = i == 3;
    TimeSeries s{rest ? "others" : population_name(kinds[i].second), std::string(kColours[i]), {}};
    std::array<double, 2> sums{};
    for (size_t m = 0; m < a.samples.size(); ++m) {
      for (size_t j = i; j < (rest ? kinds.size() : i + 1); ++j) {
        for (const size_t side : {size_t{0}, size_t{1}})
          sums[side] += a.samples[m].liquidated[kinds[j].second][side];
      }
      // Samples are minutes: each bar has a whole quarter of an hour behind it, and stands at its
      // middle.
      if ((m + 1) % kBar != 0) continue;
      const Instant middle = a.samples[m].at - Duration::seconds(static_cast<int64_t>(kBar) * 30);
      s.points.push_back({middle, sums[0]});
      // Shorts are drawn downwards.
      s.points.push_back({middle, -sums[1]});
      sums = {};
    }
    series.push_back(std::move(s));
  }
  return series;
}

std::string charts(const sim::AssetOutcome& a) {
  TimeSeries price{"price", "var(--blue)", {}}, fundamental{"fundamental", "var(--grey)", {}, true};
  TimeSeries open{"open interest", "var(--blue)", {}}, funding{"funding", "var(--blue)", {}};
  TimeSeries depth{"bids within 1 %", "var(--blue)", {}},
      hedged{"sum since the start", "var(--gold)", {}};
  TimeSeries forced{"liquidations", "var(--long)", {}},
      dealers{"dealers' hedges", "var(--gold)", {}};
  TimeSeries adl{"deleveraged", "var(--long)", {}};
  double sold = 0, cut = 0, hedge_before = 0;
  bool any_dealer = false;
  for (size_t i = 0; i < a.samples.size(); ++i) {
    const sim::Sample& s = a.samples[i];
    // Coins that were bought by force, less those sold: shorts are closed by buying.
    if (s.price > 0) sold += (s.short_usd - s.long_usd) / s.price;
    cut += s.adl_usd;
    any_dealer |= s.dealer_flow != 0;
    if ((i + 1) % kPoint == 0) {
      price.points.push_back({s.at, s.price});
      fundamental.points.push_back({s.at, s.fundamental});
      open.points.push_back({s.at, s.open_interest});
      funding.points.push_back({s.at, s.funding_annual});
      depth.points.push_back({s.at, s.depth_usd});
      hedged.points.push_back({s.at, s.dealer_flow});
    }
    if ((i + 1) % kBar != 0) continue;
    const Instant middle = s.at - Duration::seconds(static_cast<int64_t>(kBar) * 30);
    forced.points.push_back({middle, sold});
    // The sample has the sum since the start; a bar is what came to it.
    dealers.points.push_back({middle, s.dealer_flow - hedge_before});
    if (cut > 0) adl.points.push_back({middle, cut});
    hedge_before = s.dealer_flow;
    sold = cut = 0;
  }
  std::vector<TimeMark> marks;
  size_t number = 0;
  for (const LiquidationWave& w : liquidation_waves(a))
    marks.push_back({w.from, fmt::format("wave {}", ++number)});
  std::string out = chart(
      {.title = fmt::format("{}: price, and the fundamental that comes from outside, USD", a.name),
       .lines = {price, fundamental},
       .marks = marks});
  out += chart({.title = "Liquidated in 15 minutes by kind of account, USD: longs up, shorts down",
                .bars = liquidations_by_kind(a),
                .stacked = true,
                .marks = marks});
  if (any_dealer)
    out += chart(
        {.title = fmt::format(
             "Forced trades and dealers' hedges in 15 minutes, {}: bought up, sold down", a.name),
         .lines = {dealers},
         .bars = {forced}});
  out += chart({.title = fmt::format("Open interest of perpetuals, {}", a.name),
                .lines = {open},
                .marks = marks,
                .height = 200});
  out += chart({.title = "Funding, % a year, weighted by open interest",
                .unit = "%",
                .scale = 100,
                .lines = {funding},
                .levels = {{0, ""}},
                .height = 200});
  if (any_dealer)
    out += chart(
        {.title = fmt::format("Dealers' hedges, {}", a.name), .lines = {hedged}, .height = 200});
  out += chart({.title = "Depth: bids within 1 % on all perpetuals, USD",
                .lines = {depth},
                .marks = marks,
                .height = 200});
  if (!adl.points.empty())
    out += chart({.title = "Auto-deleveraged in 15 minutes, USD", .bars = {adl}, .height = 180});
  return out;
}

std::string waves_table(const sim::AssetOutcome& a) {
  const std::vector<LiquidationWave> waves = liquidation_waves(a);
  if (waves.empty()) return "<p class=\"soft\">No quarter of an hour stands out: no wave.</p>";
  std::string out =
      R"(<div class="scroll"><table><tr><th>wave</th><th>from</th><th>to</th><th>liquidated</th>)"
      R"(<th>of all</th><th>price</th></tr>)";
  double total = 0;
  for (const sim::Sample& s : a.samples) total += s.long_usd + s.short_usd;
  size_t number = 0;
  for (const LiquidationWave& w : waves)
    out += fmt::format(
        R"(<tr><td>{}</td><td>{}</td><td>{}</td><td class="n">{}</td><td class="n">{:.0f} %</td>)"
        R"(<td>{} → {} ({:+.1f} %)</td></tr>)",
        ++number, w.from.text(), w.to.text(), usd(w.usd), 100 * w.usd / total,
        price_text(w.price_from), price_text(w.price_to), 100 * (w.price_to / w.price_from - 1));
  return out + "</table></div>";
}

std::string reproduce_table(const sim::Scenario& scenario, const sim::Outcome& o) {
  const auto all = reproduce_checks(scenario, o);
  if (all.empty()) return "";
  const auto held =
      std::count_if(all.begin(), all.end(), [](const ReproduceCheck& c) { return c.holds(); });
  std::string out = fmt::format(
      "<h2>What the real days showed</h2><p>{} of {} hold. The ranges are published facts that the "
      "scenario names; a "
      "range that is missed says where this market is not that one, and a check fails below its "
      "low or "
      "above its high end.</p>",
      held, all.size());
  out += R"(<div class="scroll"><table><tr><th>outcome</th><th>low</th><th>high</th><th>)"
         R"(simulated</th><th></th>)"
         R"(<th>source</th></tr>)";
  for (const ReproduceCheck& c : all)
    out += fmt::format(
        R"(<tr><td>{}</td><td class="n">{}</td><td class="n">{}</td><td class="n">{}</td>)"
        R"(<td><span class="state {}">{}</span></td><td>{}</td></tr>)",
        html_escaped(c.wanted->outcome), short_number(c.wanted->low), short_number(c.wanted->high),
        c.got ? short_number(*c.got) : "–", c.holds() ? "pass" : "fail",
        c.holds() ? "holds" : "missed",
        html_escaped(c.wanted->source + (c.got ? "; " + margin_of(c) : "")));
  return out + "</table></div>";
}

std::string profit_table(const sim::Outcome& o) {
  // The longest bar of the table is 100 % wide.
  double most = o.fees;
  for (const double p : o.profit) most = std::max(most, std::abs(p));
  std::string out =
      R"(<div class="scroll"><table><tr><th>who</th><th>accounts</th><th>profit</th><th>an )"
      R"(account</th>)"
      R"(<th></th></tr>)";
  const auto row = [&](const std::string& who, const std::string& accounts, double profit,
                       const std::string& each) {
    const double width = most > 0 ? 100 * std::abs(profit) / most : 0;
    out += fmt::format(
        R"(<tr><td>{}</td><td class="n">{}</td><td class="n">{}</td><td class="n">{}</td>)"
        R"x(<td style="width:34%"><div style="height:10px;width:{:.1f}%;background:var({})">)x"
        R"x(</div>)x"
        "</td></tr>",
        who, accounts, usd(profit), each, width, profit < 0 ? "--long" : "--short");
  };
  for (size_t k = 0; k < sim::kAccountKinds; ++k) {
    if (o.accounts_of[k])
      row(population_name(k), std::to_string(o.accounts_of[k]), o.profit[k],
          usd(o.profit[k] / static_cast<double>(o.accounts_of[k])));
  }
  row("insurance funds", "–", o.fund_end - o.fund_start, "–");
  row("fees of the venues", "–", o.fees, "–");
  return out +
         "</table></div><p class=\"soft\">Profit beyond what the coins held at the start gained or "
         "lost with "
         "their price. Trades on spot and perpetuals, funding, fees and liquidations are in "
         "it.</p>";
}

std::string fund_chart(const sim::Outcome& o) {
  TimeSeries funds{"funds and vaults", "var(--blue)", {}},
      uncovered{"uncovered so far", "var(--long)", {}};
  for (size_t i = kPoint - 1; i < o.funds.size(); i += kPoint) {
    funds.points.push_back({o.funds[i].at, o.funds[i].funds_usd - o.fund_start});
    if (o.shortfall > 0) uncovered.points.push_back({o.funds[i].at, o.funds[i].shortfall_usd});
  }
  return chart(
      {.title = fmt::format("Insurance funds and vaults since the start, USD (they began with {})",
                            usd(o.fund_start)),
       .lines = o.shortfall > 0 ? std::vector{funds, uncovered} : std::vector{funds},
       .levels = {{0, ""}},
       .height = 200});
}

// Where the figures come from, as the scenario says it: alike sources of one kind of table
// together.
void collect_sources(
    const Config& table, const std::string& kind,
    std::vector<std::pair<std::string, std::string>>& order,
    std::map<std::pair<std::string, std::string>, std::vector<std::string>>& found) {
  if (const auto source = table.text("source", ""); source.has_value() && !source.value().empty()) {
    const std::pair key{kind, source.value()};
    if (!found.contains(key)) order.push_back(key);
    std::string name;
    for (const char* by : {"name", "role", "symbol", "kind", "asset"}) {
      const auto text = table.text(by, "");
      if (text.has_value() && !text.value().empty())
        name += (name.empty() ? "" : " ") + text.value();
    }
    found[key].push_back(name);
  }
  for (const std::string& key : table.keys()) {
    const std::string part = kind.empty() ? key : kind + "." + key;
    if (const auto tables = table.tables(key); tables.has_value()) {
      for (const Config& one : tables.value()) collect_sources(one, part, order, found);
    } else if (const auto one = table.table(key); one.has_value()) {
      collect_sources(one.value(), part, order, found);
    }
  }
}

std::string sources_table(const sim::Scenario& scenario) {
  const auto config = Config::parse(scenario.text, scenario.file);
  if (!config.has_value()) return "";
  std::vector<std::pair<std::string, std::string>> order;
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> found;
  collect_sources(config.value(), "", order, found);
  std::string out =
      R"(<div class="scroll"><table><tr><th>part</th><th>of</th><th>its figures come from</th>)"
      R"(</tr>)";
  for (const auto& key : order) {
    // It has a table of its own above.
    if (key.first == "reproduce") continue;
    std::vector<std::string> names = found[key];
    const size_t count = names.size();
    // Neighbours alone: names come in the scenario's order, and the same one twice in a row says
    // nothing.
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::string of;
    for (size_t i = 0; i < std::min<size_t>(names.size(), 6); ++i) of += (i ? ", " : "") + names[i];
    if (count > names.size())
      of += fmt::format(" ({} of them)", count);
    else if (names.size() > 6)
      of += fmt::format(" and {} more", names.size() - 6);
    out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>", html_escaped(key.first),
                       html_escaped(of), html_escaped(key.second));
  }
  return out + "</table></div>";
}

}  // namespace

std::string simulate_html(const sim::Scenario& scenario, const sim::Outcome& o) {
  std::string out = R"(<!doctype html><html lang="en"><head><meta charset="utf-8">)"
                    R"(<meta name="viewport" content="width=device-width,initial-scale=1">)";
  out += fmt::format("<title>{} (simulated) · delever</title><style>{}</style></head><body><main>",
                     html_escaped(o.scenario), kPageStyle);
  out += fmt::format(
      "<h1>{}</h1><p class=\"soft\">Simulated {} to {}: {:.0f} h, {} accounts, {} messages, {} "
      "events · scenario {} · "
      "seed {} · hash {:016x}</p><p>A rehearsal, neither a recording nor a forecast: a path from "
      "outside and positions "
      "at the start are assumed, what follows is traded out by agents under the venues' own rules. "
      "The same scenario "
      "and seed give this page again, byte for byte.</p>",
      html_escaped(o.scenario), scenario.from.text(), scenario.to.text(), o.seconds / 3600,
      o.accounts, o.messages, o.events, html_escaped(scenario.file), o.seed, o.hash);
  out += reproduce_table(scenario, o);
  for (const sim::AssetOutcome& a : o.assets)
    out += fmt::format("<h2>{}</h2>", html_escaped(a.name)) + cards(a, scenario) +
           (has_perpetual(scenario, a) ? charts(a) + waves_table(a) : "");
  out += "<h2>Who won and who lost</h2>" + profit_table(o);
  out += "<h2>Insurance funds</h2>" + fund_chart(o);
  out += fmt::format("<p>From {} to {}; deficits that nobody covered: {}.</p>", usd(o.fund_start),
                     usd(o.fund_end), usd(o.shortfall));
  if (o.options_settled)
    out += fmt::format("<p>{} options settled, {} coins of open interest.</p>", o.options_settled,
                       short_number(o.options_settled_coins));
  if (!o.refused_by_reason.empty()) {
    out += fmt::format("<p class=\"soft\">The venues refused {} messages:", o.refused);
    for (const auto& [reason, n] : o.refused_by_reason)
      out += fmt::format(" {} {};", html_escaped(reason), n);
    // The semicolon behind the last reason.
    out.back() = '.';
    out += "</p>";
  }
  return out + "<h2>Assumptions and their sources</h2>" + sources_table(scenario) +
         "</main></body></html>\n";
}

}  // namespace delever::render
