#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/brief.h"
#include "cli/svg.h"

namespace delever {
namespace {

constexpr std::string_view kStyle = R"(
:root{--bg:#fff;--fg:#1b1f24;--soft:#59636e;--line:#d8dee4;--card:#f6f8fa;--long:#cf5b4a;--short:#3f8f6b;--blue:#2f6fb3;
--gold:#b7791f;--grey:#8b949e;--ok:#2a7a4f;--bad:#b3372a;--wait:#8a6d1d}
@media(prefers-color-scheme:dark){:root{--bg:#11151a;--fg:#e3e8ee;--soft:#9aa4af;--line:#2c343d;--card:#181e25;
--long:#e07a69;--short:#5cb88e;--blue:#6aa5e0;--gold:#d9a441;--grey:#7d8690;--ok:#62c08f;--bad:#e8776a;--wait:#d3b04c}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
main{max-width:940px;margin:0 auto;padding:28px 20px 60px}h1{font-size:24px;margin:0 0 4px}
h2{font-size:17px;margin:34px 0 10px;border-bottom:1px solid var(--line);padding-bottom:4px}
p,li{max-width:76ch}.soft{color:var(--soft)}small{color:var(--soft)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(205px,1fr));gap:10px;margin:16px 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 12px}
.card b{display:block;font-size:20px;font-weight:600;font-variant-numeric:tabular-nums}
.card>span{font-size:12.5px;color:var(--soft)}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13px}
th{text-align:left;color:var(--soft);font-weight:600}
th,td{padding:5px 8px;border-bottom:1px solid var(--line);vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.state{display:inline-block;border-radius:10px;padding:0 8px;font-size:12px;border:1px solid;white-space:nowrap}
.corroborated,.pass{color:var(--ok)}.single_source{color:var(--blue)}.conflicting,.fail{color:var(--bad)}
.pending,.unknown{color:var(--wait)}
svg{width:100%;height:auto;margin:8px 0}svg .title{font:600 13px system-ui,sans-serif;fill:var(--fg)}
svg .tick{font:11px system-ui,sans-serif;fill:var(--soft)}svg .grid{stroke:var(--line);stroke-width:1}
svg .label{paint-order:stroke;stroke:var(--bg);stroke-width:3px}
svg .zero{stroke:var(--grey)}svg .line{fill:none;stroke-width:1.8}svg .dashed{stroke-dasharray:5 4}
svg .mark{stroke:var(--gold);stroke-width:1.2;stroke-dasharray:3 3}
)";

std::string state_tag(State state) { return fmt::format(R"(<span class="state {0}">{0}</span>)", state_name(state)); }

std::string number_cell(const std::optional<double>& value, const Reading& r) {
  return fmt::format(R"(<td class="n">{}</td>)", value ? html_escaped(shown_value(*value, r.unit, r.asset)) : "–");
}

std::string card(const Brief& brief, std::string_view name, std::string_view title) {
  for (const Reading& r : brief.readings) {
    if (r.name != name || r.venue || r.expiry) continue;
    return fmt::format(R"(<div class="card"><span>{}</span><b>{}</b>{} <small>{}</small></div>)", title,
                       r.value ? html_escaped(shown_value(*r.value, r.unit, r.asset)) : "–", state_tag(r.state),
                       r.as_of ? r.as_of->text() : "");
  }
  return "";
}

std::string readings_table(const Brief& brief) {
  std::string out =
      R"(<div class="scroll"><table><tr><th>reading</th><th>of</th><th>value</th><th>low</th><th>high</th>)"
      R"(<th>state</th><th>as of</th><th>window</th><th>coverage</th><th>sources, rule, remarks</th></tr>)";
  for (const Reading& r : brief.readings) {
    if (r.state == State::pending && !r.value && !r.low && !r.high) continue;
    std::string sources;
    for (const std::string& s : r.sources) sources += (sources.empty() ? "" : ", ") + html_escaped(s);
    out += fmt::format("<tr><td>{}</td><td>{}{}</td>", html_escaped(r.name), html_escaped(r.venue.value_or("")),
                       r.expiry ? expiry_name(*r.expiry) : "");
    out += number_cell(r.value, r) + number_cell(r.low, r) + number_cell(r.high, r);
    out += fmt::format(
        R"(<td>{}</td><td>{}</td><td>{}</td><td class="n">{}</td><td>{}<br><small>{}{}{}</small></td></tr>)",
        state_tag(r.state), r.as_of ? r.as_of->text() : "", r.window == Duration() ? "" : r.window.text(),
        r.coverage ? fmt::format("{:.0f} %", *r.coverage * 100) : "", sources, html_escaped(r.rule),
        r.reason.empty() ? "" : " · ", html_escaped(r.reason));
  }
  return out + "</table></div>";
}

std::string claims_table(const Brief& brief) {
  std::string out = R"(<div class="scroll"><table><tr><th>claim</th><th>stated</th><th>state</th><th>measured</th>)"
                    R"(<th>finding</th></tr>)";
  for (const ClaimCheck& c : brief.claims) {
    const std::string author = html_escaped(c.claim.stated_by);
    const bool linked = c.claim.url.starts_with("https://") || c.claim.url.starts_with("http://");
    out += fmt::format(R"(<tr><td><b>{}</b> {} {}<br><small>{}, {}</small></td><td class="n">{}</td><td>{}</td>)",
                       html_escaped(c.claim.id), html_escaped(c.claim.asset), html_escaped(c.claim.metric),
                       linked ? fmt::format(R"(<a href="{}">{}</a>)", html_escaped(c.claim.url), author) : author,
                       html_escaped(c.claim.published), html_escaped(shown_value(c.stated, c.unit, c.claim.asset)),
                       state_tag(c.state));
    out += fmt::format(R"(<td class="n">{}</td><td>{}{}</td></tr>)",
                       c.measured ? html_escaped(shown_value(*c.measured, c.unit, c.claim.asset)) : "–",
                       c.holds_under ? fmt::format("<b>holds under {}</b><br>", html_escaped(*c.holds_under)) : "",
                       html_escaped(c.note));
  }
  return out + "</table></div>";
}

std::string verdict_block(const Brief& brief) {
  const Verdict& v = brief.verdict;
  std::string words(answer_name(v.answer));
  std::replace(words.begin(), words.end(), '_', ' ');
  std::string out = fmt::format(
      "<p><b>{}</b>. {} <span class=\"soft\">Base rate of a false peace after a flush: {:.1f} %.</span></p>", words,
      html_escaped(v.reason), v.base_rate * 100);
  out += R"(<div class="scroll"><table><tr><th></th><th>item</th><th>outcome</th><th>found</th></tr>)";
  for (const EvidenceItem& item : v.items) {
    const char* outcome = item.passes ? (*item.passes ? "pass" : "fail") : "unknown";
    out +=
        fmt::format(R"(<tr><td>{}</td><td>{}</td><td><span class="state {}">{}</span></td><td>{}</td></tr>)", item.id,
                    html_escaped(item.asks), outcome, outcome, html_escaped(item.passes ? item.measured : item.reason));
  }
  return out + "</table></div>";
}

constexpr size_t kDaysShown = 120;

// The last days of the longest series: vendors' series are long, recorded days are few.
std::vector<LiquidationDay> shown_days(const History& history) {
  std::map<std::string, std::vector<LiquidationDay>> series;
  for (const LiquidationDay& day : history.liquidations) series[day.series].push_back(day);
  std::vector<LiquidationDay> longest;
  for (auto& [name, days] : series) {
    if (days.size() > longest.size()) longest = std::move(days);
  }
  if (longest.size() > kDaysShown) longest.erase(longest.begin(), longest.end() - kDaysShown);
  return longest;
}

std::string liquidation_charts(const Brief& brief) {
  const std::vector<LiquidationDay> days = shown_days(brief.history);
  if (days.empty()) return "";
  TimeSeries longs{"longs", "var(--long)", {}}, shorts{"shorts", "var(--short)", {}};
  TimeSeries oscillator{"oscillator", "var(--grey)", {}}, mean{"its 30-day mean", "var(--blue)", {}};
  for (const LiquidationDay& d : days) {
    longs.points.push_back({d.day, d.long_usd});
    shorts.points.push_back({d.day, -d.short_usd});
    if (d.oscillator) oscillator.points.push_back({d.day, *d.oscillator});
    if (d.oscillator_ma) mean.points.push_back({d.day, *d.oscillator_ma});
  }
  const std::string of =
      fmt::format("({}, {} to {})", days.front().series, days.front().day.date(), days.back().day.date());
  return svg_time_chart({.title = "Liquidations a day, USD: longs up, shorts down " + of, .bars = {longs, shorts}}) +
         svg_time_chart({.title = "Dominance oscillator (L-S)/(L+S) " + of,
                         .lines = {oscillator, mean},
                         .levels = {{0, ""}},
                         .height = 200});
}

using NamedPoints = std::map<std::string, std::vector<TimePoint>>;

std::vector<TimeSeries> coloured(const NamedPoints& all) {
  constexpr std::string_view colours[] = {"var(--blue)", "var(--gold)", "var(--short)", "var(--long)", "var(--grey)"};
  std::vector<TimeSeries> lines;
  for (const auto& [name, points] : all)
    lines.push_back({name, std::string(colours[lines.size() % std::size(colours)]), points});
  return lines;
}

// Points of the last days before the brief, or, when a series ended earlier, its own last days.
void keep_recent(NamedPoints& all, Duration span) {
  Instant last = Instant::min();
  for (const auto& [name, points] : all) last = points.empty() ? last : std::max(last, points.back().at);
  for (auto entry = all.begin(); entry != all.end();) {
    std::erase_if(entry->second, [&](const TimePoint& p) { return p.at < last - span; });
    entry = entry->second.empty() ? all.erase(entry) : std::next(entry);
  }
}

std::string line_charts(const Brief& brief) {
  NamedPoints price, funding, interest;
  for (const PricePoint& p : brief.history.prices) price[p.venue + " " + p.name].push_back({p.to, p.close});
  for (const FundingPoint& p : brief.history.funding) {
    if (p.main || p.kind == FundingKind::mean)
      funding[p.venue + (p.kind == FundingKind::mean ? " mean" : "")].push_back({p.at, p.annual});
  }
  for (const OpenInterestPoint& p : brief.history.open_interest) {
    if (p.coins) interest[p.venue].push_back({p.at, *p.coins});
  }
  keep_recent(price, Duration::days(30));
  keep_recent(funding, Duration::days(45));
  keep_recent(interest, Duration::days(120));
  return svg_time_chart({.title = fmt::format("{} price, USD", brief.asset), .lines = coloured(price), .height = 220}) +
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
  out += fmt::format("<title>{} {} · delever</title><style>{}</style></head><body><main>", html_escaped(brief.asset),
                     brief.as_of.text(), kStyle);
  out += fmt::format(
      "<h1>{}</h1><p class=\"soft\">{} at {} · rules {} · every number carries its sources, time, interval "
      "and state</p>",
      html_escaped(brief.title), html_escaped(brief.asset), brief.as_of.text(), html_escaped(brief.rules));
  for (const std::string& note : brief.notes) out += fmt::format("<p>{}</p>", html_escaped(note));
  out += "<div class=\"cards\">" + card(brief, "liq_total_usd_24h", "liquidations, 24 h") +
         card(brief, "liq_long_share", "long share of liquidations") +
         card(brief, "liq_dominance_osc", "dominance oscillator") +
         card(brief, "funding_annual_oi_weighted", "funding, weighted") + card(brief, "oi_coins", "open interest") +
         card(brief, "realized_vol_24h", "realised volatility, 24 h") + "</div>";
  out += "<h2>Verdict</h2>" + verdict_block(brief);
  if (!brief.claims.empty()) out += "<h2>Published claims</h2>" + claims_table(brief);
  out += "<h2>Charts</h2>" + liquidation_charts(brief) + line_charts(brief) + option_charts(brief);
  out += "<h2>Readings</h2>" + readings_table(brief);
  out += "<h2>Pending</h2><ul>";
  for (const std::string& line : pending_lines(brief)) out += "<li>" + html_escaped(line) + "</li>";
  out +=
      "</ul><h2>Sources</h2><div "
      "class=\"scroll\"><table><tr><th>stream</th><th>messages</th><th>events</th><th>undecoded</th></tr>";
  for (const SourceUse& s : brief.sources) {
    std::string undecoded = s.undecoded ? std::to_string(s.undecoded) : "0";
    for (const auto& [reason, count] : s.undecoded_reasons)
      undecoded += fmt::format("<br>{}: {}", count, html_escaped(reason));
    out += fmt::format(R"(<tr><td>{}</td><td class="n">{}</td><td class="n">{}</td><td>{}</td></tr>)",
                       html_escaped(s.name), s.messages, s.events, undecoded);
  }
  return out + "</table></div></main></body></html>\n";
}

}  // namespace delever
