#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "render/page_style.h"
#include "render/svg.h"
#include "render/verdict_render.h"

namespace delever::render {

using namespace reports;

namespace {

// The page's green is named for shorts and its red for longs: cleared is green, not cleared red.
const char* colour_of(const verdict::Judged& j) {
  if (!j.probability) return "var(--grey)";
  switch (j.answer) {
    case verdict::Answer::cleared:
      return "var(--short)";
    case verdict::Answer::not_cleared:
      return "var(--long)";
    case verdict::Answer::cannot_tell:
      return "var(--gold)";
  }
  return "var(--grey)";
}

// Filled: a wave came. Hollow: none. Dotted: not known yet.
std::string mark(double x, double y, const verdict::Judged& j, bool round) {
  const char* colour = colour_of(j);
  const std::string fill = j.day.wave.value_or(false) ? colour : "none";
  const std::string dash = j.day.wave ? "" : R"( stroke-dasharray="2 2")";
  std::string tip = fmt::format("{} {}: {}{}, {}", j.day.day.date(), j.day.asset,
                                j.probability ? answer_words(j.answer) : "refused",
                                j.probability ? fmt::format(", P {:.2f}", *j.probability) : "",
                                !j.day.wave   ? "what came is not known"
                                : *j.day.wave ? "a wave came"
                                              : "no wave came");
  const std::string style =
      fmt::format(R"(fill="{}" stroke="{}" stroke-width="1.6"{})", fill, colour, dash);
  const std::string shape =
      round ? fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="4.2" {}>)", x, y, style)
            : fmt::format(R"(<rect x="{:.1f}" y="{:.1f}" width="7.6" height="7.6" {}>)", x - 3.8,
                          y - 3.8, style);
  return fmt::format("{}<title>{}</title>{}", shape, html_escaped(tip),
                     round ? "</circle>" : "</rect>");
}

// The chance that was said by date, the bands of the answers behind it, refused days below.
std::string timeline(const verdict::Record& record, const std::string& first_coin) {
  const std::vector<verdict::Judged>& days = record.days;
  constexpr double left = 46, right = 920, top = 30, bottom = 290, strip = 325;
  // A record of one day has no length: it is drawn at the left edge.
  const double whole = std::max((days.back().day.day - days.front().day.day).in_days(), 1.0);
  const auto x_of = [&](Instant day) {
    return left + 8 + (right - left - 16) * ((day - days.front().day.day).in_days() / whole);
  };
  // Chances upwards; the days that were refused have none, and lie on a strip of their own below.
  const auto y_of = [&](double p) { return bottom - (bottom - top) * p; };
  std::string out =
      R"(<svg viewBox="0 0 940 372" role="img"><title>Every flush day</title>)"
      R"(<text class="title" x="46" y="16">The chance of a second wave that was said of )"
      R"(each flush day, and what came</text>)";
  const std::tuple<double, double, const char*, const char*> bands[] = {
      {0, record.cleared_below, "var(--short)", "cleared"},
      {record.cleared_below, record.not_cleared_from, "var(--gold)", "cannot tell"},
      {record.not_cleared_from, 1, "var(--long)", "not cleared"}};
  for (const auto& [from, to, colour, name] : bands)
    out += fmt::format(
        R"(<rect x="{}" y="{:.1f}" width="{}" height="{:.1f}" fill="{}" opacity="0.08"/>)"
        R"(<text class="tick" x="{}" y="{:.1f}" text-anchor="end">{}</text>)",
        left, y_of(to), right - left, y_of(from) - y_of(to), colour, right - 4, y_of(to) + 12,
        name);
  for (const double p : {0.0, record.cleared_below, record.not_cleared_from, 1.0})
    out +=
        fmt::format(R"(<line class="grid" x1="{0}" x2="{1}" y1="{2:.1f}" y2="{2:.1f}"/>)"
                    R"(<text class="tick" x="{3}" y="{4:.1f}" text-anchor="end">{5:.0f} %</text>)",
                    left, right, y_of(p), left - 5, y_of(p) + 4, p * 100);
  // A line at the beginning of each year that the record has days on both sides of.
  const int first_year = std::stoi(days.front().day.day.date().substr(0, 4)),
            last_year = std::stoi(days.back().day.day.date().substr(0, 4));
  for (int year = first_year; year <= last_year + 1; ++year) {
    const auto start = Instant::from_date(year, 1, 1);
    if (!start.has_value() || start.value() < days.front().day.day ||
        start.value() > days.back().day.day)
      continue;
    const double x = x_of(start.value());
    out += fmt::format(R"(<line class="grid" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>)"
                       R"(<text class="tick" x="{0:.1f}" y="{3}" text-anchor="middle">{4}</text>)",
                       x, top, strip + 8, bottom + 15, year);
  }
  out += fmt::format(R"(<text class="tick" x="{}" y="{}" text-anchor="end">refused</text>)",
                     left - 4, strip + 4);
  for (const verdict::Judged& j : days)
    out += mark(x_of(j.day.day), j.probability ? y_of(*j.probability) : strip, j,
                j.day.asset == first_coin);
  return out + "</svg>";
}

// The coin of the first day is round, all others square.
std::string timeline_key(const std::vector<verdict::Judged>& days, const std::string& first_coin) {
  std::set<std::string> others;
  for (const verdict::Judged& j : days) {
    if (j.day.asset != first_coin) others.insert(j.day.asset);
  }
  std::string squares;
  for (const std::string& one : others) squares += (squares.empty() ? "" : ", ") + one;
  return fmt::format(
      "<p class=\"soft\">Round: {}.{} Filled: a second wave came. Hollow: none came. Dotted: not "
      "known, or not due yet. Green: \"cleared\" was said, gold: \"cannot tell\", red: \"not "
      "cleared\", grey: refused. A good verdict has its filled marks high and its hollow ones "
      "low.</p>",
      html_escaped(first_coin), squares.empty() ? "" : " Square: " + html_escaped(squares) + ".");
}

// Each bin at the mean of what was said in it, against the share of its days on which it came.
std::string reliability_svg(const std::vector<verdict::Bin>& bins, const std::string& title) {
  constexpr double left = 60, size = 300, top = 30;
  const auto x_of = [&](double p) { return left + size * p; };
  const auto y_of = [&](double p) { return top + size * (1 - p); };
  std::string out = fmt::format(
      R"(<svg viewBox="0 0 520 390" style="max-width:560px" role="img"><title>{0}</title>)"
      R"(<text class="title" x="60" y="16">{0}</text>)",
      html_escaped(title));
  for (const double p : {0.0, 0.25, 0.5, 0.75, 1.0})
    out += fmt::format(
        R"(<line class="grid" x1="{0}" x2="{1}" y1="{2}" y2="{2}"/>)"
        R"(<text class="tick" x="{3}" y="{4}" text-anchor="end">{5:.0f} %</text>)"
        R"(<text class="tick" x="{6}" y="{7}" text-anchor="middle">{5:.0f} %</text>)",
        left, left + size, y_of(p), left - 6, y_of(p) + 4, p * 100, x_of(p), top + size + 16);
  out += fmt::format(
      R"(<line class="zero" x1="{}" y1="{}" x2="{}" y2="{}" stroke-dasharray="5 4"/>)"
      R"(<text class="tick" x="{}" y="{}" text-anchor="middle">what was said</text>)"
      R"(<text class="tick" x="{}" y="{}">how often it came, with its 95 % interval</text>)",
      x_of(0), y_of(0), x_of(1), y_of(1), left + size / 2, top + size + 34, left + 4, top + 12);
  for (const verdict::Bin& b : bins) {
    if (b.days == 0) continue;
    const double came = static_cast<double>(b.happened) / static_cast<double>(b.days);
    out += fmt::format(
        R"(<g stroke="{8}" fill="{8}"><line x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" y2="{2:.1f}"/>)"
        R"(<circle cx="{0:.1f}" cy="{3:.1f}" r="4.5"/></g>)"
        R"(<text class="tick label" x="{4:.1f}" y="{5:.1f}">{6} of {7}</text>)",
        x_of(b.mean), y_of(b.interval.low), y_of(b.interval.high), y_of(came), x_of(b.mean) + 8,
        y_of(came) + 4, b.happened, b.days, "var(--blue)");
  }
  return out + "</svg>";
}

// An asset that is empty stands for all coins together.
std::string answers_table(const verdict::Record::Pool& pool) {
  std::string out =
      R"(<div class="scroll"><table><tr><th>answer</th><th>coin</th><th class="n">days</th>)"
      R"(<th class="n">episodes</th><th class="n">a wave came after</th><th class="n">95 % )"
      R"(interval</th><th class="n">price lower by 5 %</th></tr>)";
  for (const verdict::AnswerCount& a : pool.answers) {
    if (a.days == 0) continue;
    out += fmt::format(
        R"(<tr><td>{}</td><td>{}</td><td class="n">{}</td><td class="n">{}</td><td class="n">{} )"
        R"(({:.0f} %)</td><td class="n">{:.0f} to {:.0f} %</td><td class="n">{} of {}</td></tr>)",
        answer_words(a.answer), a.asset.empty() ? "all" : html_escaped(a.asset), a.days, a.episodes,
        a.waves, 100.0 * static_cast<double>(a.waves) / static_cast<double>(a.days),
        a.interval.low * 100, a.interval.high * 100, a.lower, a.lower_known);
  }
  return out + "</table></div>";
}

// The whole record in two sentences, for a reader who wants no tables.
std::string in_plain_words(const verdict::Record::Pool& pool) {
  // No finished day was answered yet: there is nothing to put into words.
  if (!pool.score) return "";
  std::string said;
  for (const verdict::AnswerCount& a : pool.answers) {
    if (a.days == 0 || !a.asset.empty()) continue;
    said += fmt::format("{}after \"{}\", on {} of {} days", said.empty() ? "" : ", ",
                        answer_words(a.answer), a.waves, a.days);
  }
  return fmt::format(
      "<p><b>In plain words ({}):</b> a second wave came {}. Without the verdict one would have "
      "said "
      "\"a wave in {:.0f} of 100 cases\" every time. {} of {} flush days were refused, because "
      "what decides was missing or too few earlier days were known.</p>",
      pool.name, said,
      100.0 * static_cast<double>(pool.score->happened) / static_cast<double>(pool.score->days),
      pool.refused, pool.flush_days);
}

// Refused, waiting and unknown days are named before any score: the score is of what is left.
std::string pool_part(const verdict::Record::Pool& pool) {
  std::string out = fmt::format("<h2>{}</h2><p>{} flush days, {} of them refused", pool.name,
                                pool.flush_days, pool.refused);
  if (pool.waiting > 0) out += fmt::format(", {} answered and not yet due", pool.waiting);
  if (pool.unknown > 0) out += fmt::format(", {} whose outcome is not on file", pool.unknown);
  out += ".</p>";
  if (!pool.score) return out;
  const verdict::Score& s = *pool.score;
  out += fmt::format(
      "<div class=\"cards\"><div class=\"card\"><span>scored days</span><b>{}</b>in {} "
      "episodes</div><div class=\"card\"><span>a second wave came after</span><b>{} ({:.0f} "
      "%)</b></div><div class=\"card\"><span>mean squared error</span><b>{:.3f}</b>0 is "
      "perfect; always saying the base rate: {:.3f}</div><div class=\"card\"><span>gain over the "
      "base "
      "rate</span><b>{:+.3f}</b>above 0 is worth having; 90 % interval {:+.3f} to "
      "{:+.3f}</div></div>",
      s.days, s.episodes, s.happened,
      100.0 * static_cast<double>(s.happened) / static_cast<double>(s.days), s.brier, s.brier_base,
      s.gain, s.gain_interval.low, s.gain_interval.high);
  out += answers_table(pool);
  out += reliability_svg(pool.bins, "Reliability: on the dashed line, what was said is what came");
  out += R"(<div class="scroll"><table><tr><th>if only the surest days were answered</th>)"
         R"(<th class="n">days</th><th class="n">wrong</th></tr>)";
  for (const verdict::RiskAt& r : pool.risk)
    out += fmt::format(
        R"(<tr><td>the surest {:.0f} %</td><td class="n">{}</td><td class="n">{}</td></tr>)",
        r.coverage * 100, r.days, r.wrong);
  return out + "</table></div>";
}

std::string days_table(const RecordReport& report) {
  std::string out =
      R"(<div class="scroll"><table><tr><th>day</th><th>coin</th><th>flush by</th><th class="n">)"
      R"(open interest</th><th class="n">funding change</th><th class="n">chance</th>)"
      R"(<th class="n">80 %</th>)"
      R"(<th>answer</th><th>what came</th></tr>)";
  for (const verdict::Judged& j : report.record.days) {
    const verdict::FlushDay& d = j.day;
    // Not yet due is not the same as not on file.
    const std::string came =
        d.wave ? (*d.wave ? "a wave" : "none")
               : (d.due() > report.until ? "due " + d.due().date() : "not on file");
    out += fmt::format(
        R"(<tr><td>{}</td><td>{}</td><td>{}</td><td class="n">{}</td><td class="n">{}</td>)"
        R"(<td class="n">{}</td><td class="n">{}</td><td>{}</td><td>{}</td></tr>)",
        d.day.date(), html_escaped(d.asset), d.why(),
        d.interest_change.value
            ? fmt::format("{:+.1f} %", std::expm1(*d.interest_change.value) * 100)
            : "–",
        d.funding_change.value ? fmt::format("{:+.1f} %/y", *d.funding_change.value * 100) : "–",
        j.probability ? fmt::format("{:.2f}", *j.probability) : "–",
        j.probability ? fmt::format("{:.2f}–{:.2f}", j.interval.low, j.interval.high) : "",
        j.probability ? answer_words(j.answer) + (j.provisional.empty() ? "" : " (provisional)")
                      : "refused: " + html_escaped(j.refusal),
        came);
  }
  return out + "</table></div>";
}

std::string variants_part(const verdict::Record& record) {
  std::string out =
      R"(<h2>One item alone</h2><p class="soft">The same window and the same days, with one)"
      R"( item in place of two. A gain whose interval reaches below 0 is none.</p>)"
      R"(<div class="scroll"><table>)"
      R"(<tr><th>item</th><th class="n">days</th><th class="n">mean squared error</th>)"
      R"(<th class="n">base rate's</th><th class="n">gain, 90 % interval</th></tr>)";
  for (const verdict::Variant& v : record.variants) {
    // A variant that no day could be scored with has no row.
    if (!v.score) continue;
    out += fmt::format(
        R"(<tr><td>{}</td><td class="n">{}</td><td class="n">{:.4f}</td><td class="n">{:.4f}</td>)"
        R"(<td class="n">{:+.3f} [{:+.3f}, {:+.3f}]</td></tr>)",
        html_escaped(v.name), v.score->days, v.score->brier, v.score->brier_base, v.score->gain,
        v.score->gain_interval.low, v.score->gain_interval.high);
  }
  return out + "</table></div>";
}

std::string refusals_part(const verdict::Record& record) {
  std::string out = "<h2>Refusals</h2><ul>";
  for (const verdict::Refusals& r : record.refusals) {
    out += fmt::format("<li>{}: {}", html_escaped(r.reason), r.days);
    for (const auto& [year, days] : r.by_year) out += fmt::format(", {} in {}", days, year);
    out += "</li>";
  }
  return out + "</ul>";
}

}  // namespace

std::string record_html(const RecordReport& report) {
  const verdict::Record& record = report.record;
  // The report refuses a record without a day, so that there is a first.
  const std::string first_coin = record.days.front().day.asset;
  std::string out = R"(<!doctype html><html lang="en"><head><meta charset="utf-8">)"
                    R"(<meta name="viewport" content="width=device-width,initial-scale=1">)";
  out += fmt::format(
      "<title>Record of the verdict · delever</title><style>{}</style></head><body><main><h1>The "
      "record of the verdict</h1><p>After each day of forced selling the question is the same: "
      "will "
      "a second wave, with at least half as many long liquidations, follow within 7 days? Each "
      "answer below was made from earlier days alone, and none was changed when it was known what "
      "came.</p><p class=\"soft\">rules {} · standing: {}</p>",
      kPageStyle, html_escaped(report.rules), html_escaped(record.standing));
  for (const verdict::Record::Pool& pool : record.pools) out += in_plain_words(pool);
  out += "<div class=\"chart\">" + timeline(record, first_coin) + "</div>" +
         timeline_key(record.days, first_coin);
  for (const verdict::Record::Pool& pool : record.pools) out += pool_part(pool);
  out += refusals_part(record) + variants_part(record);
  if (record.price) {
    out += fmt::format(
        "<h2>Price, beside it</h2><p>Not the answer: the chance of a close lower by 5 % within 7 "
        "days, from volatility alone. It came after {} of {} flush days; mean squared error "
        "{:.3f}, "
        "the base rate's {:.3f}. Mostly it tells quiet years from wild ones.</p>",
        record.price->happened, record.price->days, record.price->brier, record.price->brier_base);
    out += reliability_svg(record.price_bins, "Price risk from volatility alone");
  }
  if (!report.unweighted.empty()) {
    out += R"(<h2>Looked at and given no weight</h2><div class="scroll"><table>)";
    for (const verdict::Unweighted& u : report.unweighted)
      out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>", html_escaped(u.id),
                         html_escaped(u.what), html_escaped(u.found));
    out += "</table></div>";
  }
  if (!report.tried.empty()) {
    out += "<h2>Tried before this one was fixed</h2><ul>";
    for (const std::string& line : report.tried) out += "<li>" + html_escaped(line) + "</li>";
    out += "</ul>";
  }
  return out + "<h2>Every day</h2>" + days_table(report) + "</main></body></html>\n";
}

}  // namespace delever::render
