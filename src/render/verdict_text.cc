#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "render/verdict_render.h"

namespace delever::render {

using namespace reports;

namespace {

struct Line {
  const char* name;
  const verdict::Item* item;
  bool relative;  // a log change shown as a relative one, else a rate a year
};

std::string item_line(const Line& line) {
  if (!line.item->value) {
    const std::string why = line.item->reason.empty() ? "not on file" : line.item->reason;
    return fmt::format("  {:<34} {:>10}  {}\n", line.name, "missing", why);
  }
  const double v = line.relative ? std::expm1(*line.item->value) : *line.item->value;
  return fmt::format("  {:<34} {:>10}  {}\n", line.name, fmt::format("{:+.2f} %", v * 100),
                     line.item->source);
}

std::string conditionals(const std::vector<verdict::Conditional>& list, std::string_view indent) {
  std::string head, odds, answers;
  for (const verdict::Conditional& one : list) {
    head += fmt::format(" {:>11}", shown_change(one.assumed));
    odds += fmt::format(" {:>11}", shown_chance(one.probability));
    answers += fmt::format(" {:>11}", answer_words(one.answer));
  }
  return fmt::format("{0}{1:<22}{2}\n{0}{3:<22}{4}\n{0}{5:<22}{6}\n", indent, "open interest", head,
                     "chance of a wave", odds, "answer", answers);
}

std::string answer_line(const DayVerdict& v) {
  const verdict::Judged& j = v.judged;
  if (!j.probability) return fmt::format("cannot tell: refused, {}", j.refusal);
  std::string out = fmt::format(
      "{}{}: chance of a second forced wave within 7 days {}, 80 % interval {} to {}",
      answer_words(j.answer), j.provisional.empty() ? "" : " (provisional)",
      shown_chance(*j.probability), shown_chance(j.interval.low), shown_chance(j.interval.high));
  if (v.standing.switched_off) out += "; the verdict is SWITCHED OFF, see below";
  return out;
}

std::string track_lines(const DayVerdict& v) {
  std::string out;
  if (v.such_answers && v.such_answers->days > 0)
    out += fmt::format(
        "  such answers before: {} days in {} episodes, a wave came after {} "
        "({:.0f} to {:.0f} %)\n",
        v.such_answers->days, v.such_answers->episodes, v.such_answers->waves,
        v.such_answers->interval.low * 100, v.such_answers->interval.high * 100);
  if (v.score)
    out += fmt::format(
        "  all answers before: {} scored days, Brier {:.4f} against {:.4f} of the "
        "base rate\n",
        v.score->days, v.score->brier, v.score->brier_base);
  return out + fmt::format("  the verdict itself: {}\n", v.standing.words);
}

std::string supposed_lines(const DayVerdict& v) {
  if (v.supposed.empty()) return "";
  std::string out = "  if the published figure were true\n";
  for (const SupposedVerdict& s : v.supposed) {
    out += fmt::format("    {}\n", s.claim);
    if (!s.note.empty()) out += fmt::format("      {}\n", s.note);
    if (!s.judged) continue;
    if (s.judged->probability)
      out += fmt::format("      {}, chance of a wave {}\n", answer_words(s.judged->answer),
                         shown_chance(*s.judged->probability));
    else if (!s.judged->would_be.empty())
      out += conditionals(s.judged->would_be, "      ");
  }
  return out;
}

}  // namespace

std::string answer_words(verdict::Answer answer) {
  std::string words(verdict::answer_name(answer));
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}
std::string shown_chance(double p) { return fmt::format("{:.0f} %", p * 100); }
std::string shown_change(double relative) {
  return relative == 0 ? "unchanged" : fmt::format("{:+.1f} %", relative * 100);
}

std::string verdict_text(const DayVerdict& v) {
  const verdict::Judged& j = v.judged;
  std::string out = fmt::format("{} {}: {}\n", v.asset, j.day.day.date(), answer_line(v));
  if (v.asked)
    out +=
        fmt::format("  {} was no flush day; this is the latest one before it, its 7 days end {}\n",
                    v.asked->date(), (j.day.day + Duration::days(7)).date());
  out += fmt::format("  {}\n", v.event);
  if (!j.day.is_flush())
    out += "  so this is what would be said were it one; only flush days are in the record\n";
  for (const Line& line : {Line{"open interest in coins, 1 day", &j.day.interest_change, true},
                           Line{"funding a year", &j.day.funding, false},
                           Line{"funding less its 7-day mean", &j.day.funding_change, false}})
    out += item_line(line);
  if (j.carried_over) {
    const auto own = [&](const char* name, const verdict::Item& item) {
      out += fmt::format("  {:<34} {:>10}  {}\n", name,
                         item.value ? fmt::format("{:+.2f} sd", *item.value) : "missing",
                         item.value ? item.source : item.reason);
    };
    own("open interest in its own movement", j.day.own_interest_change);
    own("funding in its own movement", j.day.own_funding_change);
  }
  for (const std::string& remark : j.remarks) out += fmt::format("  {}\n", remark);
  if (!j.provisional.empty()) out += fmt::format("  provisional: {}\n", j.provisional);
  if (j.fit)
    out += fmt::format("  base rate so far {} ({} of {} past flush days)\n",
                       shown_chance(j.base_rate), j.past_waves, j.past_days);
  if (!j.would_be.empty()) {
    out +=
        "  what would decide: the change of open interest in coins over the day, all venues;\n"
        "  from an aggregator's daily close, or each venue's open interest of both midnights\n";
    out += conditionals(j.would_be, "    ");
  }
  if (j.by_part)
    out += fmt::format(
        "  a weak stand-in, {}: {}, chance of a wave {}, {} (provisional, not scored)\n",
        j.day.part_interest_change.source, shown_change(j.by_part->assumed),
        shown_chance(j.by_part->probability), answer_words(j.by_part->answer));
  if (j.hindsight)
    out += fmt::format(
        "  in hindsight, by weights that know what came later: chance of a wave {}, {} "
        "(no answer, never scored)\n",
        shown_chance(j.hindsight->probability), answer_words(j.hindsight->answer));
  out += supposed_lines(v);
  out += track_lines(v);
  if (v.price_risk) {
    out += fmt::format(
        "  beside it, of price: {} for a close lower by 5 % within 7 days, from "
        "volatility alone\n",
        shown_chance(*v.price_risk));
    if (v.price_bin && v.price_bin->days > 0)
      out += fmt::format("    where it said so before, it came {} of {} times\n",
                         v.price_bin->happened, v.price_bin->days);
  }
  return out;
}

std::string verdict_text(const VerdictReport& report) {
  std::string out =
      "Verdict: after forced selling, did the flush clear the leverage, or will a second wave "
      "follow?\n";
  for (const DayVerdict& v : report.verdicts) out += "\n" + verdict_text(v);
  if (report.verdicts.empty() || report.verdicts[0].unweighted.empty()) return out;
  out += "\nLooked at and given no weight\n";
  for (const verdict::Unweighted& u : report.verdicts[0].unweighted)
    out += fmt::format("  {:<3} {}: {}\n", u.id, u.what, u.found);
  return out;
}

}  // namespace delever::render
