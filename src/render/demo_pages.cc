#include "render/demo_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "market/shown.h"
#include "render/brief_render.h"
#include "render/page_style.h"
#include "render/svg.h"

namespace delever::render {

using namespace reports;

namespace {

// Gauges of the whole market that one of the two has.
constexpr std::string_view kCompared[] = {
    "liq_total_usd_24h",          "liq_long_share", "liq_dominance_osc",
    "funding_annual_oi_weighted", "oi_coins",       "oi_change_24h_coins",
    "realized_vol_24h",           "price_low_24h",  "price_high_24h"};

const gauges::Reading* reading_of(const Brief& brief, std::string_view name) {
  for (const gauges::Reading& r : brief.readings) {
    if (r.name == name && !r.venue && !r.expiry) return &r;
  }
  return nullptr;
}

// A reading without a value shows its state, and its interval where both ends are known.
std::string shown(const gauges::Reading* r) {
  if (!r) return "pending";
  if (r->value) return shown_value(*r->value, r->unit, r->asset);
  const std::string state(gauges::state_name(r->state));
  if (!r->low || !r->high) return state;
  return fmt::format("{}: {} to {}", state, shown_value(*r->low, r->unit, r->asset),
                     shown_value(*r->high, r->unit, r->asset));
}

struct BesideClaim {
  const gauges::ClaimCheck *published, *simulated;
};
std::vector<BesideClaim> claims_of_both(const Brief& published, const Brief& simulated) {
  std::vector<BesideClaim> both;
  for (const gauges::ClaimCheck& p : published.claims) {
    for (const gauges::ClaimCheck& s : simulated.claims) {
      // Claims that neither of the two could measure would be a row of two "pending", unless
      // another meaning of them was measured.
      const bool any = p.measured || s.measured || p.holds_under || s.holds_under;
      if (s.claim.id == p.claim.id && any) both.push_back({&p, &s});
    }
  }
  return both;
}

// "BTC options expiring"; some metrics name the coin themselves.
std::string claim_name(const gauges::Claim& c) {
  return c.id + " " + (c.metric.starts_with(c.asset) ? "" : c.asset + " ") + c.metric;
}

std::string found(const gauges::ClaimCheck& c) {
  return c.measured ? shown_value(*c.measured, c.unit, c.claim.asset) : std::string("pending");
}

std::string money(double usd) { return (usd < 0 ? "-$" : "$") + short_number(std::abs(usd)); }
std::string per_cent(double share) { return fmt::format("{:+.1f} %", 100 * share); }
// "-" where there is no equity to lose a share of.
std::string of_equity(const cascade::StressByKind& k) {
  return k.equity_usd > 0 ? fmt::format("{:.1f} %", 100 * k.loss_usd / k.equity_usd) : "-";
}

// The title is escaped here, the body by whoever made it.
std::string page(const std::string& title, const std::string& body) {
  return fmt::format(
      R"(<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" )"
      R"(content="width=device-width,initial-scale=1"><title>{0} · delever</title><style>{1})"
      R"(</style>)"
      "</head><body><main><h1>{0}</h1>{2}</main></body></html>\n",
      html_escaped(title), kPageStyle, body);
}

// Why a total is what it is, and why a claim that one side measured is pending on the other.
std::vector<std::string> beside_notes(const Brief& published, const Brief& simulated) {
  std::vector<std::string> notes;
  for (const auto& [brief, side] :
       {std::pair(&published, "published facts"), std::pair(&simulated, "simulated")}) {
    // The rule may leave out a venue that the simulated market has: the reason says so.
    const gauges::Reading* total = reading_of(*brief, kCompared[0]);
    if (total && total->value && !total->reason.empty())
      notes.push_back(fmt::format("{}, {}: {}", total->name, side, total->reason));
  }
  for (const BesideClaim& c : claims_of_both(published, simulated)) {
    for (const auto& [check, side] :
         {std::pair(c.published, "published facts"), std::pair(c.simulated, "simulated")}) {
      if (!check->measured)
        notes.push_back(fmt::format("{} pending, {}: {}", check->claim.id, side, check->note));
    }
  }
  return notes;
}

}  // namespace

std::string beside_text(const Brief& published, const Brief& simulated) {
  std::string out = fmt::format("  {:<28} {:>16} {:>16}\n", "", "published facts", "simulated");
  for (const std::string_view name : kCompared) {
    const gauges::Reading *p = reading_of(published, name), *s = reading_of(simulated, name);
    if ((p && p->value) || (s && s->value))
      out += fmt::format("  {:<28} {:>16} {:>16}\n", name, shown(p), shown(s));
  }
  out +=
      fmt::format("\n  {:<56} {:>14} {:>14} {:>14}\n", "claim", "stated", "published", "simulated");
  for (const BesideClaim& c : claims_of_both(published, simulated))
    out +=
        fmt::format("  {:<56} {:>14} {:>14} {:>14}\n", claim_name(c.published->claim).substr(0, 56),
                    shown_value(c.published->stated, c.published->unit, c.published->claim.asset),
                    found(*c.published), found(*c.simulated));
  for (const std::string& note : beside_notes(published, simulated)) out += "  " + note + "\n";
  return out;
}

std::string beside_html(const Brief& published, const Brief& simulated) {
  std::string out =
      R"(<div class="scroll"><table><tr><th>gauge</th><th class="n">published facts</th>)"
      R"(<th class="n">simulated</th></tr>)";
  for (const std::string_view name : kCompared) {
    const gauges::Reading *p = reading_of(published, name), *s = reading_of(simulated, name);
    if ((p && p->value) || (s && s->value))
      out += fmt::format(R"(<tr><td>{}</td><td class="n">{}</td><td class="n">{}</td></tr>)", name,
                         html_escaped(shown(p)), html_escaped(shown(s)));
  }
  out += R"(</table></div><div class="scroll"><table><tr><th>claim</th><th class="n">stated</th>)"
         R"(<th class="n">measured on published facts</th><th class="n">measured on the simulated )"
         R"(market</th></tr>)";
  for (const BesideClaim& c : claims_of_both(published, simulated))
    out += fmt::format(
        R"(<tr><td>{}<br><small>{}</small></td><td class="n">{}</td><td class="n">{}</td>)"
        R"(<td class="n">{}</td></tr>)",
        html_escaped(claim_name(c.published->claim)), html_escaped(c.published->claim.stated_by),
        html_escaped(shown_value(c.published->stated, c.published->unit, c.published->claim.asset)),
        html_escaped(found(*c.published)), html_escaped(found(*c.simulated)));
  out += "</table></div>";
  for (const std::string& note : beside_notes(published, simulated))
    out += fmt::format("<p><small>{}</small></p>", html_escaped(note));
  return out;
}

std::string stress_demo_text(const StressReport& t) {
  std::string out =
      fmt::format("  {} at {:.0f}, {}: {} accounts, {} in positions, equity {}\n\n", t.asset,
                  t.price, t.as_of, t.accounts, money(t.value_usd), money(t.equity_usd));
  out += fmt::format("  {:>8}  {:<10} {:>6} {:>7} {:>8} {:>11} {:>11} {:>10}\n", "move", "kind",
                     "units", "called", "stopped", "liquidated", "loss", "of equity");
  for (const StressMove& m : t.moves) {
    for (const cascade::AccountKind kind : cascade::kAccountKinds) {
      const cascade::StressByKind& k = m.wave.kinds[static_cast<size_t>(kind)];
      if (k.units == 0) continue;
      out += fmt::format("  {:>8}  {:<10} {:>6} {:>7} {:>8} {:>11} {:>11} {:>10}\n",
                         per_cent(m.wave.move), cascade::account_kind_name(kind), k.units, k.called,
                         k.stopped, k.liquidated, money(k.loss_usd), of_equity(k));
    }
  }
  out +=
      "  units: isolated positions, and cross and portfolio accounts. called: equity below the "
      "initial margin.\n"
      "  Losses are at most these; below 0 is a gain. portfolio: carry desks, short a perpetual, "
      "with the coins that\n"
      "  hedge it, at the venue and on spot.\n";
  for (const std::string& what : t.missing) out += "  missing: " + what + "\n";
  return out;
}

std::string stress_demo_html(const std::string& title, const StressReport& t) {
  std::string body = fmt::format(
      "<p class=\"soft\">{} at {}, {} · {} accounts, {} in positions, equity {}</p><p>The "
      "accounts are those of a "
      "simulated market, read from the truth beside its tape; the margin rules are the venues' "
      "own. A liquidated "
      "unit is taken whole and as losing its equity, so losses are upper bounds; below 0 is a "
      "gain.</p>",
      html_escaped(t.asset), shown_price(t.price, 2), html_escaped(t.as_of), t.accounts,
      money(t.value_usd), money(t.equity_usd));
  body += R"(<h2>The same move on three kinds of books</h2><div class="scroll"><table><tr><th>)"
          R"(move</th><th>book</th>)"
          R"(<th class="n">units</th><th class="n">margin calls</th><th class="n">stopped</th>)"
          R"(<th class="n">liquidated</th>)"
          R"(<th class="n">loss up to</th><th class="n">of equity</th></tr>)";
  for (const StressMove& m : t.moves) {
    for (const cascade::AccountKind kind : cascade::kAccountKinds) {
      const cascade::StressByKind& k = m.wave.kinds[static_cast<size_t>(kind)];
      if (k.units == 0) continue;
      const std::string name = kind == cascade::AccountKind::isolated ? "retail, isolated"
                               : kind == cascade::AccountKind::cross  ? "retail, cross"
                                                                      : "carry desks, portfolio";
      body += fmt::format(
          R"(<tr><td>{}</td><td>{}</td><td class="n">{}</td><td class="n">{}</td><td class="n">{})"
          R"(</td>)"
          R"(<td class="n">{}</td><td class="n">{}</td><td class="n">{}</td></tr>)",
          per_cent(m.wave.move), name, k.units, k.called, k.stopped, k.liquidated,
          money(k.loss_usd), of_equity(k));
    }
  }
  body += "</table></div>";
  return page(title, body + "<h2>The whole report</h2><div class=\"scroll\"><pre>" +
                         html_escaped(stress_text(t)) + "</pre></div>");
}

namespace {

// What came out, in a few sentences, before anything else.
std::string answer_of(const Brief& published, const sim::Outcome& outcome) {
  size_t holds = 0, conflicting = 0, pending = 0;
  for (const gauges::ClaimCheck& c : published.claims) {
    const bool against = c.state == gauges::State::conflicting;
    conflicting += against;
    pending += c.state == gauges::State::pending;
    // Corroborated and single-source alike: the figure stands as it was stated.
    holds += !against && c.state != gauges::State::pending;
  }
  // No verdict at all is "cannot tell" as well, with another reason.
  const auto answer =
      published.verdict ? published.verdict->judged.answer : verdict::Answer::cannot_tell;
  std::string why = published.verdict ? published.verdict->judged.refusal : "No day of it is over.";
  if (published.verdict && published.verdict->judged.probability)
    why = fmt::format("The chance of a second forced wave within 7 days is {:.0f} %.",
                      100 * *published.verdict->judged.probability);
  else if (!why.empty() && !why.ends_with('.'))
    why += '.';
  std::string out = fmt::format(
      R"(<p class="answer"><b>Did the flush clear the leverage? {}.</b> {} Of {} published )"
      R"(figures {} hold as stated, {} do not, {} cannot be told from what was published.)",
      answer == verdict::Answer::cannot_tell   ? "Nobody can tell"
      : answer == verdict::Answer::not_cleared ? "No"
                                               : "Yes",
      html_escaped(why), published.claims.size(), holds, conflicting, pending);
  if (!outcome.assets.empty()) {
    const sim::AssetOutcome& a = outcome.assets[0];
    if (!a.samples.empty())
      out += fmt::format(" In the rehearsal {} went from {:.0f} to {:.0f} USD.",
                         html_escaped(a.name), a.samples.front().price, a.samples.back().price);
  }
  return out + "</p>";
}

}  // namespace

std::string demo_index(const Brief& published, const sim::Outcome& outcome,
                       const std::vector<DemoPage>& pages, const std::string& beside) {
  std::string body = answer_of(published, outcome) +
                     fmt::format(
                         "<p>Two things stand side by side here and are never mixed: what was "
                         "published on the day, "
                         "and a market that "
                         "was simulated (seed {}, hash {:016x}) from an assumed path and assumed "
                         "positions.</p><h2>Pages and files</h2>"
                         "<ul>",
                         outcome.seed, outcome.hash);
  for (const DemoPage& p : pages)
    body += fmt::format(R"(<li><a href="{}">{}</a><br><span class="soft">{}</span></li>)",
                        html_escaped(p.file), html_escaped(p.title), html_escaped(p.what));
  return page(published.title, body + "</ul><h2>Published and simulated</h2>" + beside);
}

}  // namespace delever::render
