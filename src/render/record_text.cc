#include <fmt/format.h>

#include <cmath>

#include "base/text.h"
#include "render/verdict_render.h"

namespace delever::render {

using namespace reports;

namespace {

std::string outcome_words(const verdict::FlushDay& day, Instant until) {
  if (day.wave) return *day.wave ? "wave" : "no wave";
  return day.due() > until ? "due " + day.due().date() : "not on file";
}

std::string day_line(const verdict::Judged& j, Instant until) {
  const verdict::FlushDay& d = j.day;
  std::string answer = j.probability ? answer_words(j.answer) : "refused";
  if (!j.provisional.empty()) answer += "*";
  const auto relative = [](const verdict::Item& item) {
    return item.value ? fmt::format("{:+.1f} %", std::expm1(*item.value) * 100) : std::string("-");
  };
  return fmt::format(
      "  {} {:<5} {:<12} {:>8} {:>9} {:>6} {:>12}  {:<14} {:<12} {}\n", d.day.date(), d.asset,
      d.why(), relative(d.interest_change),
      d.funding_change.value ? fmt::format("{:+.1f} %/y", *d.funding_change.value * 100) : "-",
      j.probability ? fmt::format("{:.3f}", *j.probability) : "-",
      j.probability ? fmt::format("{:.2f} to {:.2f}", j.interval.low, j.interval.high) : "-",
      answer, outcome_words(d, until), j.probability ? "" : j.refusal);
}

std::string score_lines(const verdict::Score& s) {
  std::string out = fmt::format(
      "    scored {} days in {} episodes, a wave after {} ({:.0f} %)\n"
      "    Brier {:.4f}, of the base rate {:.4f}; log loss {:.4f}, of the base rate {:.4f}\n"
      "    log gain {:+.3f} nats a day, 90 % interval {:+.3f} to {:+.3f} (episodes resampled)\n",
      s.days, s.episodes, s.happened,
      100.0 * static_cast<double>(s.happened) / static_cast<double>(s.days), s.brier, s.brier_base,
      s.log_loss, s.log_loss_base, s.gain, s.gain_interval.low, s.gain_interval.high);
  if (s.area)
    out += fmt::format(
        "    of a day with a wave and one without, the first had the higher chance "
        "in {:.0f} % of pairs\n",
        *s.area * 100);
  return out;
}

std::string bin_lines(const std::vector<verdict::Bin>& bins) {
  std::string out;
  for (const verdict::Bin& b : bins) {
    if (b.days == 0) continue;
    out += fmt::format(
        "    said {:.2f} to {:.2f} (mean {:.2f}): came {} of {} times ({:.0f} to "
        "{:.0f} %)\n",
        b.from, b.to, b.mean, b.happened, b.days, b.interval.low * 100, b.interval.high * 100);
  }
  return out;
}

std::string pool_lines(const verdict::Record::Pool& pool) {
  std::string out =
      fmt::format("\n{}: {} flush days, {} refused", pool.name, pool.flush_days, pool.refused);
  if (pool.waiting > 0) out += fmt::format(", {} answered and not yet due", pool.waiting);
  if (pool.unknown > 0) out += fmt::format(", {} whose outcome is not on file", pool.unknown);
  out += "\n";
  if (!pool.score) return out;
  out += score_lines(*pool.score) + "  answers, and what came\n";
  for (const verdict::AnswerCount& a : pool.answers) {
    if (a.days == 0) continue;
    out += fmt::format(
        "    {:<12} {:<4} {:>3} days in {:>2} episodes, a wave after {:>3} ({:.0f} to "
        "{:.0f} %)",
        answer_words(a.answer), a.asset, a.days, a.episodes, a.waves, a.interval.low * 100,
        a.interval.high * 100);
    if (a.lower_known > 0)
      out += fmt::format("; price lower by 5 % after {} of {}", a.lower, a.lower_known);
    out += "\n";
  }
  out += "  reliability: what was said, and how often it came\n" + bin_lines(pool.bins);
  out += "  risk against coverage: if only the surest days were answered\n";
  for (const verdict::RiskAt& r : pool.risk)
    out += fmt::format("    the surest {:.0f} %: wrong on {} of {}\n", r.coverage * 100, r.wrong,
                       r.days);
  return out;
}

}  // namespace

std::string record_text(const RecordReport& report) {
  const verdict::Record& record = report.record;
  std::string out = fmt::format(
      "Record of the verdict: every flush day, judged by earlier days alone\nrules {}\nstanding: "
      "{}\n\n",
      report.rules, record.standing);
  out += fmt::format("  {:<10} {:<5} {:<12} {:>8} {:>9} {:>6} {:>12}  {:<14} {:<12} {}\n", "day",
                     "coin", "flush by", "oi coins", "funding", "P", "80 %", "answer", "what came",
                     "why refused");
  bool provisional = false;
  for (const verdict::Judged& j : record.days) {
    out += day_line(j, report.until);
    provisional = provisional || !j.provisional.empty();
  }
  if (provisional)
    out += "  * provisional: such answers had not yet been shown better than the base rate\n";
  for (const verdict::Record::Pool& pool : record.pools) out += pool_lines(pool);
  out += "\nRefusals by reason and year\n";
  for (const verdict::Refusals& r : record.refusals) {
    out += fmt::format("  {}: {}", r.reason, r.days);
    for (const auto& [year, days] : r.by_year) out += fmt::format(", {} in {}", days, year);
    out += "\n";
  }
  out += "\nOne item alone, through the same window on the same days\n";
  for (const verdict::Variant& v : record.variants) {
    if (!v.score) continue;
    out += fmt::format(
        "  {:<34} {:>3} days, Brier {:.4f} against {:.4f}, gain {:+.3f} [{:+.3f}, "
        "{:+.3f}]\n",
        v.name, v.score->days, v.score->brier, v.score->brier_base, v.score->gain,
        v.score->gain_interval.low, v.score->gain_interval.high);
  }
  if (record.price) {
    out += fmt::format(
        "\nPrice beside it: a close lower by 5 % within 7 days, from volatility "
        "alone; never the answer\n"
        "    {} flush days, it came after {}; Brier {:.4f}, of the base rate {:.4f}\n",
        record.price->days, record.price->happened, record.price->brier, record.price->brier_base);
    out += bin_lines(record.price_bins);
  }
  if (!report.unweighted.empty()) out += "\nLooked at and given no weight\n";
  for (const verdict::Unweighted& u : report.unweighted)
    out += fmt::format("  {:<3} {}: {}\n", u.id, u.what, u.found);
  if (!report.tried.empty()) out += "\nTried before this one was fixed\n";
  for (const std::string& line : report.tried) out += fmt::format("  {}\n", line);
  return out;
}

std::string record_csv(const RecordReport& report) {
  std::string out =
      "symbol,date,definition,close,ret_1d,ewma94,p_vol,funding_annual,oi_coins_logchange_1d,"
      "x4_unclipped,s2,s4,x1_ln_longliq_over_median,model,p_wave,p_low,p_high,base_rate,answer,"
      "provisional,refusal,w_constant,w_btc,w_eth,w_interest,w_funding,past_days,"
      "second_wave_half_7d,lower5_7d,lowest_close_7d\n";
  const auto number = [](const std::optional<double>& v) { return v ? write_double(*v) : ""; };
  const auto flag = [](const std::optional<bool>& v) { return !v ? "" : *v ? "1" : "0"; };
  const auto quoted = [](const std::string& text) {
    std::string inner;
    for (const char c : text) inner += c == '"' ? std::string("\"\"") : std::string(1, c);
    return text.empty() ? text : "\"" + inner + "\"";
  };
  for (const verdict::Judged& j : report.record.days) {
    const verdict::FlushDay& d = j.day;
    std::optional<double> x4 = d.funding_change.value, risk;
    if (x4) *x4 *= 10;
    if (d.volatility && *d.volatility > 0) risk = verdict::price_risk(*d.volatility);
    out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},", d.asset, d.day.date(), d.why(),
                       number(d.close), number(d.log_return), number(d.volatility), number(risk),
                       number(d.funding.value), number(d.interest_change.value), number(x4),
                       number(d.own_interest_change.value), number(d.own_funding_change.value),
                       number(d.size_ln), verdict::model_name(j.model));
    if (j.probability)
      out += fmt::format("{},{},{},{},{},{},,", number(j.probability), write_double(j.interval.low),
                         write_double(j.interval.high), write_double(j.base_rate),
                         verdict::answer_name(j.answer), j.provisional.empty() ? 0 : 1);
    else
      out += fmt::format(",,,{},,,{},", write_double(j.base_rate), quoted(j.refusal));
    for (size_t i = 0; i < verdict::kMostTerms; ++i)
      out += (j.fit ? write_double(j.fit->weights[i]) : "") + ",";
    out += fmt::format("{},{},{},{}\n", j.past_days, flag(d.wave), flag(d.lower), number(d.lowest));
  }
  return out;
}

}  // namespace delever::render
