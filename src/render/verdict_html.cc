#include <fmt/format.h>

#include <cmath>

#include "render/page_style.h"
#include "render/svg.h"
#include "render/verdict_render.h"

namespace delever::render {

using namespace reports;

namespace {

std::string item_row(const char* name, const verdict::Item& item, bool relative) {
  if (!item.value)
    return fmt::format(
        R"(<tr><td>{}</td><td class="n"><span class="state pending">missing</span></td>)"
        R"(<td>{}</td></tr>)",
        name, html_escaped(item.reason.empty() ? "not on file" : item.reason));
  const double v = relative ? std::expm1(*item.value) : *item.value;
  return fmt::format(R"(<tr><td>{}</td><td class="n">{:+.2f} %</td><td>{}</td></tr>)", name,
                     v * 100, html_escaped(item.source));
}

std::string conditional_table(const std::vector<verdict::Conditional>& list) {
  std::string head, odds, answers;
  for (const verdict::Conditional& one : list) {
    head += fmt::format(R"(<th class="n">{}</th>)", shown_change(one.assumed));
    odds += fmt::format(R"(<td class="n">{}</td>)", shown_chance(one.probability));
    answers += fmt::format(R"(<td class="n">{}</td>)", answer_words(one.answer));
  }
  return fmt::format(
      R"(<div class="scroll"><table><tr><th>if open interest in coins had changed by</th>{}</tr>)"
      R"(<tr><td>chance of a second wave</td>{}</tr><tr><td>answer</td>{}</tr></table></div>)",
      head, odds, answers);
}

std::string headline(const DayVerdict& v) {
  const verdict::Judged& j = v.judged;
  if (!j.probability)
    return fmt::format("<p><b>Cannot tell: refused.</b> {}.</p>", html_escaped(j.refusal));
  std::string out = fmt::format(
      "<p><b>{}{}.</b> The chance of a second forced wave within 7 days is {} (80 % interval {} to "
      "{}); after the flush days before this one it was {}.</p>",
      answer_words(j.answer), j.provisional.empty() ? "" : ", provisionally",
      shown_chance(*j.probability), shown_chance(j.interval.low), shown_chance(j.interval.high),
      shown_chance(j.base_rate));
  if (!j.provisional.empty())
    out += fmt::format("<p class=\"soft\">Provisional: {}.</p>", html_escaped(j.provisional));
  return out;
}

std::string supposed_part(const DayVerdict& v) {
  if (v.supposed.empty()) return "";
  std::string out = "<h3>If the published figure were true</h3>";
  for (const SupposedVerdict& s : v.supposed) {
    out += fmt::format("<p>{}", html_escaped(s.claim));
    if (!s.note.empty()) out += fmt::format("<br><small>{}</small>", html_escaped(s.note));
    if (s.judged && s.judged->probability)
      out += fmt::format("<br>{}, chance of a second wave {}", answer_words(s.judged->answer),
                         shown_chance(*s.judged->probability));
    out += "</p>";
    if (s.judged && !s.judged->probability && !s.judged->would_be.empty())
      out += conditional_table(s.judged->would_be);
  }
  return out;
}

std::string track_part(const DayVerdict& v) {
  std::string out = "<h3>How far to trust it</h3><ul>";
  if (v.such_answers && v.such_answers->days > 0)
    out += fmt::format(
        "<li>Before, \"{}\" was said of {} days in {} episodes; a wave came after {}.</li>",
        answer_words(v.such_answers->answer), v.such_answers->days, v.such_answers->episodes,
        v.such_answers->waves);
  if (v.score)
    out += fmt::format(
        "<li>All answers before: {} days, mean squared error {:.3f}; always saying the base rate "
        "would have had {:.3f}.</li>",
        v.score->days, v.score->brier, v.score->brier_base);
  out += fmt::format("<li>The verdict itself is {}.</li>", html_escaped(v.standing.words));
  for (const std::string& remark : v.judged.remarks)
    out += fmt::format("<li>{}.</li>", html_escaped(remark));
  return out + "</ul>";
}

}  // namespace

std::string verdict_block(const DayVerdict& v) {
  const verdict::Judged& j = v.judged;
  std::string out = headline(v);
  out += fmt::format("<p class=\"soft\">Judged: {} {}, {}.", html_escaped(v.asset),
                     j.day.day.date(), html_escaped(v.event));
  if (v.asked)
    out += fmt::format(" {} was no flush day; this is the latest one before it.", v.asked->date());
  if (!j.day.is_flush())
    out += " So this is what would be said were it one; only flush days are in the record.";
  out += "</p>";
  out += R"(<div class="scroll"><table><tr><th>what decides</th><th class="n">found</th>)"
         R"(<th>source, or why missing</th></tr>)";
  out += item_row("change of open interest in coins over the day", j.day.interest_change, true);
  out += item_row("funding, a year", j.day.funding, false);
  out += item_row("funding less its mean of 7 days before", j.day.funding_change, false);
  out += "</table></div>";
  if (!j.would_be.empty())
    out +=
        "<p>What would decide: the change of open interest in coins over the day, over all venues; "
        "an aggregator's daily close has it, or each venue's open interest at both midnights.</p>" +
        conditional_table(j.would_be);
  if (j.by_part)
    out += fmt::format(
        "<p class=\"soft\">A weak stand-in, {}: {}; chance of a wave {}, {}. Provisional, not "
        "scored.</p>",
        html_escaped(j.day.part_interest_change.source), shown_change(j.by_part->assumed),
        shown_chance(j.by_part->probability), answer_words(j.by_part->answer));
  if (j.hindsight)
    out += fmt::format(
        "<p class=\"soft\">In hindsight, by weights that know what came later: chance of a wave "
        "{}, "
        "{}. No answer, never scored.</p>",
        shown_chance(j.hindsight->probability), answer_words(j.hindsight->answer));
  out += supposed_part(v) + track_part(v);
  if (v.price_risk) {
    out += fmt::format(
        "<p class=\"soft\">Beside it, of price and not of leverage: {} for a close lower by 5 % "
        "within 7 days, from volatility alone",
        shown_chance(*v.price_risk));
    if (v.price_bin && v.price_bin->days > 0)
      out += fmt::format("; where about as much was said before, it came {} of {} times",
                         v.price_bin->happened, v.price_bin->days);
    out += ".</p>";
  }
  return out;
}

std::string verdict_html(const VerdictReport& report) {
  std::string out = R"(<!doctype html><html lang="en"><head><meta charset="utf-8">)"
                    R"(<meta name="viewport" content="width=device-width,initial-scale=1">)";
  out += fmt::format(
      "<title>Verdict · delever</title><style>{}</style></head><body><main><h1>Did the flush clear "
      "the leverage?</h1><p class=\"soft\">After a day of forced selling: will a second wave, with "
      "at least half as many long liquidations, follow within 7 days? This is not a forecast of "
      "price.</p>",
      kPageStyle);
  for (const DayVerdict& v : report.verdicts)
    out += fmt::format("<h2>{}</h2>", html_escaped(v.asset)) + verdict_block(v);
  if (!report.verdicts.empty() && !report.verdicts[0].unweighted.empty()) {
    out += R"(<h2>Looked at and given no weight</h2><div class="scroll"><table>)";
    for (const verdict::Unweighted& u : report.verdicts[0].unweighted)
      out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>", html_escaped(u.id),
                         html_escaped(u.what), html_escaped(u.found));
    out += "</table></div>";
  }
  return out + "</main></body></html>\n";
}

}  // namespace delever::render
