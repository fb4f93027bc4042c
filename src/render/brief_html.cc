#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "render/brief_render.h"
#include "render/page_style.h"
#include "render/svg.h"
#include "render/verdict_render.h"

namespace delever::render {

using namespace reports;

namespace {

std::string state_tag(gauges::State state) {
  return fmt::format(R"(<span class="state {0}">{0}</span>)", gauges::state_name(state));
}

std::string number_cell(const std::optional<double>& value, const gauges::Reading& r) {
  return fmt::format(R"(<td class="n">{}</td>)",
                     value ? html_escaped(shown_value(*value, r.unit, r.asset)) : "–");
}

// The reading over all venues; empty where the brief has none, so that no card stands for nothing.
std::string card(const Brief& brief, std::string_view name, std::string_view title) {
  for (const gauges::Reading& r : brief.readings) {
    if (r.name != name || r.venue || r.expiry) continue;
    return fmt::format(R"(<div class="card"><span>{}</span><b>{}</b>{} <small>{}</small></div>)",
                       title, r.value ? html_escaped(shown_value(*r.value, r.unit, r.asset)) : "–",
                       state_tag(r.state), r.as_of ? r.as_of->text() : "");
  }
  return "";
}

std::string readings_table(const Brief& brief) {
  std::string out =
      R"(<div class="scroll"><table><tr><th>reading</th><th>of</th><th>value</th><th>low</th><th>)"
      R"(high</th>)"
      R"(<th>state</th><th>as of</th><th>window</th><th>coverage</th><th>sources, rule, )"
      R"(remarks</th></tr>)";
  for (const gauges::Reading& r : brief.readings) {
    // These stand under "Pending" with their reasons.
    if (r.state == gauges::State::pending && !r.value && !r.low && !r.high) continue;
    std::string sources;
    for (const std::string& s : r.sources)
      sources += (sources.empty() ? "" : ", ") + html_escaped(s);
    out += fmt::format("<tr><td>{}</td><td>{}{}</td>", html_escaped(r.name),
                       html_escaped(r.venue.value_or("")), r.expiry ? expiry_name(*r.expiry) : "");
    out += number_cell(r.value, r) + number_cell(r.low, r) + number_cell(r.high, r);
    out += fmt::format(
        R"(<td>{}</td><td>{}</td><td>{}</td><td class="n">{}</td><td>{}<br><small>{}{}{}</small>)"
        R"(</td></tr>)",
        state_tag(r.state), r.as_of ? r.as_of->text() : "",
        r.window == Duration() ? "" : r.window.text(),
        r.coverage ? fmt::format("{:.0f} %", *r.coverage * 100) : "", sources, html_escaped(r.rule),
        r.reason.empty() ? "" : " · ", html_escaped(r.reason));
  }
  return out + "</table></div>";
}

std::string claims_table(const Brief& brief) {
  std::string out =
      R"(<div class="scroll"><table><tr><th>claim</th><th>stated</th><th>state</th><th>)"
      R"(measured</th>)"
      R"(<th>finding</th></tr>)";
  for (const gauges::ClaimCheck& c : brief.claims) {
    const std::string author = html_escaped(c.claim.stated_by);
    // Claims come from files of others: an address of any other kind (javascript:) is not made a
    // link.
    const bool linked = c.claim.url.starts_with("https://") || c.claim.url.starts_with("http://");
    out += fmt::format(
        R"(<tr><td><b>{}</b> {} {}<br><small>{}, {}</small></td><td class="n">{}</td><td>{}</td>)",
        html_escaped(c.claim.id), html_escaped(c.claim.asset), html_escaped(c.claim.metric),
        linked ? fmt::format(R"(<a href="{}">{}</a>)", html_escaped(c.claim.url), author) : author,
        html_escaped(c.claim.published), html_escaped(shown_value(c.stated, c.unit, c.claim.asset)),
        state_tag(c.state));
    out += fmt::format(
        R"(<td class="n">{}</td><td>{}{}</td></tr>)",
        c.measured ? html_escaped(shown_value(*c.measured, c.unit, c.claim.asset)) : "–",
        c.holds_under ? fmt::format("<b>holds under {}</b><br>", html_escaped(*c.holds_under)) : "",
        html_escaped(c.note));
  }
  return out + "</table></div>";
}

constexpr size_t kDaysShown = 120;

// The last days of the longest series: vendors' series are long, recorded days are few.
std::vector<gauges::LiquidationDay> shown_days(const gauges::History& history) {
  std::map<std::string, std::vector<gauges::LiquidationDay>> series;
  for (const gauges::LiquidationDay& day : history.liquidations) series[day.series].push_back(day);
  std::vector<gauges::LiquidationDay> longest;
  for (auto& [name, days] : series) {
    if (days.size() > longest.size()) longest = std::move(days);
  }
  if (longest.size() > kDaysShown) longest.erase(longest.begin(), longest.end() - kDaysShown);
  return longest;
}

std::string liquidation_charts(const Brief& brief) {
  const std::vector<gauges::LiquidationDay> days = shown_days(brief.history);
  if (days.empty()) return "";
  TimeSeries longs{"longs", "var(--long)", {}}, shorts{"shorts", "var(--short)", {}};
  TimeSeries oscillator{"oscillator", "var(--grey)", {}},
      mean{"its 30-day mean", "var(--blue)", {}};
  for (const gauges::LiquidationDay& d : days) {
    longs.points.push_back({d.day, d.long_usd});
    // Drawn downwards, below the same zero.
    shorts.points.push_back({d.day, -d.short_usd});
    if (d.oscillator) oscillator.points.push_back({d.day, *d.oscillator});
    if (d.oscillator_ma) mean.points.push_back({d.day, *d.oscillator_ma});
  }
  const std::string of = fmt::format("({}, {} to {})", days.front().series, days.front().day.date(),
                                     days.back().day.date());
  return svg_time_chart({.title = "Liquidations a day, USD: longs up, shorts down " + of,
                         .bars = {longs, shorts}}) +
         svg_time_chart({.title = "Dominance oscillator (L-S)/(L+S) " + of,
                         .lines = {oscillator, mean},
                         .levels = {{0, ""}},
                         .height = 200});
}

using NamedPoints = std::map<std::string, std::vector<TimePoint>>;

std::vector<TimeSeries> coloured(const NamedPoints& all) {
  constexpr std::string_view colours[] = {"var(--blue)", "var(--gold)", "var(--short)",
                                          "var(--long)", "var(--grey)"};
  std::vector<TimeSeries> lines;
  for (const auto& [name, points] : all)
    // By name, so that a venue keeps its colour from page to page as long as the venues are the
    // same.
    lines.push_back({name, std::string(colours[lines.size() % std::size(colours)]), points});
  return lines;
}

// The last days of the group: they end with its newest point, which may lie before the brief. A
// series that ended earlier than that is left out.
void keep_recent(NamedPoints& all, Duration span) {
  Instant last = Instant::min();
  for (const auto& [name, points] : all)
    last = points.empty() ? last : std::max(last, points.back().at);
  for (auto entry = all.begin(); entry != all.end();) {
    std::erase_if(entry->second, [&](const TimePoint& p) { return p.at < last - span; });
    entry = entry->second.empty() ? all.erase(entry) : std::next(entry);
  }
}

std::string line_charts(const Brief& brief) {
  NamedPoints price, funding, interest;
  for (const gauges::PricePoint& p : brief.history.prices)
    price[p.venue + " " + p.name].push_back({p.to, p.close});
  for (const gauges::FundingPoint& p : brief.history.funding) {
    // One contract a venue, and the means that are published as such.
    if (p.main || p.kind == FundingKind::mean)
      funding[p.venue + (p.kind == FundingKind::mean ? " mean" : "")].push_back({p.at, p.annual});
  }
  for (const gauges::OpenInterestPoint& p : brief.history.open_interest) {
    if (p.coins) interest[p.venue].push_back({p.at, *p.coins});
  }
  keep_recent(price, Duration::days(30));
  keep_recent(funding, Duration::days(45));
  keep_recent(interest, Duration::days(120));
  return svg_time_chart({.title = fmt::format("{} price, USD", brief.asset),
                         .lines = coloured(price),
                         .height = 220}) +
         svg_time_chart({.title = "Funding, annualised (simple), % a year",
                         .unit = "%",
                         .scale = 100,
                         .lines = coloured(funding),
                         .levels = {{0.1095, "neutral 10.95 %"}}}) +
         svg_time_chart({.title = fmt::format("Open interest, {}, one side", brief.asset),
                         .lines = coloured(interest),
                         .height = 220});
}

}  // namespace

std::string brief_html(const Brief& brief) {
  std::string out = R"(<!doctype html><html lang="en"><head><meta charset="utf-8">)"
                    R"(<meta name="viewport" content="width=device-width,initial-scale=1">)";
  out += fmt::format("<title>{} {} · delever</title><style>{}</style></head><body><main>",
                     html_escaped(brief.asset), brief.as_of.text(), kPageStyle);
  out += fmt::format(
      "<h1>{}</h1><p class=\"soft\">{} at {} · rules {} · every number carries its sources, time, "
      "interval "
      "and state</p>",
      html_escaped(brief.title), html_escaped(brief.asset), brief.as_of.text(),
      html_escaped(brief.rules));
  for (const std::string& note : brief.notes) out += fmt::format("<p>{}</p>", html_escaped(note));
  out += "<div class=\"cards\">" + card(brief, "liq_total_usd_24h", "liquidations, 24 h") +
         card(brief, "liq_long_share", "long share of liquidations") +
         card(brief, "liq_dominance_osc", "dominance oscillator") +
         card(brief, "funding_annual_oi_weighted", "funding, weighted") +
         card(brief, "oi_coins", "open interest") +
         card(brief, "realized_vol_24h", "realised volatility, 24 h") + "</div>";
  out += "<h2>Verdict: did the flush clear the leverage?</h2>";
  out += brief.verdict ? verdict_block(*brief.verdict)
                       : "<p>Cannot tell: no day of " + html_escaped(brief.asset) + " is over.</p>";
  if (!brief.claims.empty()) out += "<h2>Published claims</h2>" + claims_table(brief);
  out += "<h2>Charts</h2><div class=\"chart\">" + liquidation_charts(brief) + line_charts(brief);
  out += option_charts(brief) + "</div>";
  out += "<h2>Readings</h2>" + readings_table(brief);
  out += "<h2>Pending</h2><ul>";
  for (const std::string& line : pending_lines(brief)) out += "<li>" + html_escaped(line) + "</li>";
  out +=
      "</ul><h2>Sources</h2><div "
      "class=\"scroll\"><table><tr><th>stream</th><th>messages</th><th>events</th><th>undecoded</"
      "th></tr>";
  for (const SourceUse& s : brief.sources) {
    std::string undecoded = s.undecoded ? std::to_string(s.undecoded) : "0";
    for (const auto& [reason, count] : s.undecoded_reasons)
      undecoded += fmt::format("<br>{}: {}", count, html_escaped(reason));
    out +=
        fmt::format(R"(<tr><td>{}</td><td class="n">{}</td><td class="n">{}</td><td>{}</td></tr>)",
                    html_escaped(s.name), s.messages, s.events, undecoded);
  }
  return out + "</table></div></main></body></html>\n";
}

}  // namespace delever::render
