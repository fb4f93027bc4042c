#include "render/levels_render.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "market/shown.h"
#include "render/svg.h"

namespace delever::render {

using namespace reports;

namespace {

// The least full width of the drawing, so that a map of nothing does not divide by 0.
constexpr double kDrawn = 1e-12;

std::string list_of(const std::vector<std::string>& reasons) {
  std::string out;
  for (const std::string& reason : reasons) out += (out.empty() ? "" : "; ") + reason;
  return out;
}

double mean_of(const levels::DensityScores& d,
               std::optional<levels::LevelDistance> levels::DensityMoment::*whose,
               double levels::LevelDistance::*what) {
  double sum = 0, count = 0;
  for (const levels::DensityMoment& m : d.moments) {
    // Only moments with both: means over different moments could not be compared.
    if (!m.levels || !m.menu) continue;
    sum += (*(m.*whose)).*what;
    ++count;
  }
  return count > 0 ? sum / count : 0;
}

size_t compared(const levels::DensityScores& d) {
  return static_cast<size_t>(
      std::count_if(d.moments.begin(), d.moments.end(),
                    [](const levels::DensityMoment& m) { return m.levels && m.menu; }));
}

// A mean with its 90 % interval by blocks; none where there were too few moments.
std::string interval(const std::optional<statistics::BlockMean>& m, double scale,
                     const char* unit) {
  if (!m) return "no interval";
  return fmt::format("{:+.1f}{} [{:+.1f}, {:+.1f}]", scale * m->mean, unit, scale * m->low,
                     scale * m->high);
}

// Contraction is the posterior deviation over the prior's: 1 is nothing learnt, near 0 is much.
void fit_lines(std::string& out, const LevelsMarket& m) {
  const levels::LevelModel& model = m.map->model;
  out += fmt::format(
      "  half-life {:g} h, turnover {:g}, entries of what was open before spread by {:g}{}; "
      "{:.0f} % of the open interest was opened in sight\n",
      model.rules.half_life_h, model.rules.turnover, model.rules.before_spread,
      model.rules.before_spread == 0 ? " (nowhere)" : "", 100 * m.map->seen);
  out += fmt::format("  {:10}", "leverage");
  for (const double l : levels::kLeverages) out += fmt::format("{:>9}", fmt::format("{:g}x", l));
  out += "\n";
  for (const PositionSide side : {PositionSide::long_side, PositionSide::short_side}) {
    const levels::LevelFit& fit = model.at(side);
    out += fmt::format("  {:10}", side == PositionSide::long_side ? "longs" : "shorts");
    for (size_t j = 0; j < levels::kLeverages.size(); ++j)
      out += fmt::format("{:>9}",
                         fmt::format("{:.3f}{}", fit.weight[j], fit.prior_only[j] ? "*" : ""));
    out += fmt::format("\n  {:10}", "contract.");
    for (size_t j = 0; j < levels::kLeverages.size(); ++j)
      out += fmt::format("{:>9.2f}", fit.contraction[j]);
    out += "\n";
  }
  out += "  * prior only: nothing was learnt (contraction above .9)\n";
}

void map_lines(std::string& out, const LevelsMarket& m) {
  if (m.buckets.empty()) {
    out += "  no map shown: " + list_of(m.refused) + "\n";
    return;
  }
  if (!m.refused.empty()) out += "  unscored: " + list_of(m.refused) + "\n";
  out += fmt::format("  map at {} about {}: coins that would be liquidated, by 1 %\n", m.as_of,
                     shown_price(m.price, 2));
  out += fmt::format("  {:6} {:>11} {:>10} {:>21} {:>10} {:>10}\n", "side", "to price", "coins",
                     "90 % interval", "menu", "truth");
  for (const LevelsBucket& b : m.buckets) {
    out += fmt::format("  {:6} {:>11} {:>10.1f} {:>21} {:>10.1f} {:>10} {}\n",
                       b.side == PositionSide::long_side ? "long" : "short", shown_price(b.to, 2),
                       b.coins, fmt::format("{:.1f} to {:.1f}", b.low, b.high), b.menu,
                       b.truth ? fmt::format("{:.1f}", *b.truth) : "-",
                       b.prior_only ? "prior_only" : "");
  }
}

// Scores are losses: smaller is better, and a difference below 0 is skill against the baseline.
void score_lines(std::string& out, const LevelsMarket& m, double period_s) {
  if (!m.trial) {
    out += "  not scored: " + m.trial_missing + "\n";
    return;
  }
  const levels::LevelVerdict& v = m.trial->verdict;
  out += fmt::format("  scored on {} counts of {:g} min, {:.1f} days, {} above zero\n",
                     m.trial->held_out.outcomes.size(), period_s / 60, m.trial->held_out.days,
                     v.non_zero);
  out += fmt::format("  {:10} {:12} {:>9} {:>9} {:>27} {:>9}\n", "score", "against", "levels",
                     "baseline", "difference, 90 %", "DM p");
  for (const levels::LevelSkill& s : m.trial->skills) {
    const std::string difference =
        s.difference ? fmt::format("{:+.4f} [{:+.4f}, {:+.4f}]", s.difference->mean,
                                   s.difference->low, s.difference->high)
                     : fmt::format("{:+.4f} too few blocks", s.levels - s.other);
    out += fmt::format("  {:10} {:12} {:>9.4f} {:>9.4f} {:>27} {:>9}\n", s.score, s.baseline,
                       s.levels, s.other, difference, s.p ? fmt::format("{:.2g}", *s.p) : "-");
  }
  out += fmt::format(
      "  90 % intervals of counts hold {:.1f} %, transforms uniform with p {:.2g}; bars {}\n",
      100 * v.coverage_90, v.pit_p, v.publish ? "met" : "not met: " + list_of(v.failed));
}

void density_lines(std::string& out, const LevelsMarket& m) {
  if (!m.density) return;
  const levels::DensityScores& d = *m.density;
  out += fmt::format(
      "  against the truth at {} moments ({} with something to compare), within 10 % of the mark\n",
      d.moments.size(), compared(d));
  // The gain is 1 - ours / the menu's: above 0 the levels are nearer to the truth.
  const auto row = [&](const char* name, double levels::LevelDistance::*what, double scale,
                       const std::optional<statistics::BlockMean>& g) {
    out +=
        fmt::format("  {:34} levels {:>8.3f}  menu {:>8.3f}  gain {}\n", name,
                    scale * mean_of(d, &levels::DensityMoment::levels, what),
                    scale * mean_of(d, &levels::DensityMoment::menu, what), interval(g, 100, " %"));
  };
  row("shape, Wasserstein-1 (% of price)", &levels::LevelDistance::shape, 100, m.shape_gain);
  row("flow, area over the truth's", &levels::LevelDistance::flow, 1, m.flow_gain);
  out += fmt::format("  coins within 10 %, mean: levels {:.1f}, menu {:.1f}, truth {:.1f}\n",
                     mean_of(d, &levels::DensityMoment::levels, &levels::LevelDistance::predicted),
                     mean_of(d, &levels::DensityMoment::menu, &levels::LevelDistance::predicted),
                     mean_of(d, &levels::DensityMoment::levels, &levels::LevelDistance::truth));
  const double n = static_cast<double>(std::max<size_t>(1, d.moments.size()));
  out += fmt::format("  {:10}", "coins");
  // By leverage at entry. What is hedged has no level, and stands beside the bands.
  for (const std::string_view name : cascade::kLeverageBandNames)
    out += fmt::format("{:>10}", name);
  out += fmt::format("{:>12}\n  {:10}", "hedged", "levels");
  for (const double coins : d.predicted) out += fmt::format("{:>10.0f}", coins / n);
  out += fmt::format("{:>12.0f}\n  {:10}", d.hedged_predicted / n, "truth");
  for (const double coins : d.truth) out += fmt::format("{:>10.0f}", coins / n);
  out += fmt::format("{:>12.0f}\n", d.hedged_truth / n);
  out += fmt::format(
      "  90 % intervals of 1 % buckets hold the truth in {:.0f} % of {}\n",
      100.0 * static_cast<double>(d.covered) / static_cast<double>(std::max<size_t>(1, d.buckets)),
      d.buckets);
  if (d.without_wallet > 0)
    out += fmt::format(
        "  {:.0f} coins on cross are left out of the truth: no file tells their wallet\n",
        d.without_wallet / n);
}

// null: too few blocks for an interval.
Json block_json(const std::optional<statistics::BlockMean>& m) {
  if (!m) return Json();
  return {{"mean", m->mean}, {"low", m->low}, {"high", m->high}};
}

Json fit_json(const levels::LevelFit& fit) {
  Json list = Json::array();
  for (size_t j = 0; j < levels::kLeverages.size(); ++j)
    list.push_back({{"leverage", levels::kLeverages[j]},
                    {"weight", fit.weight[j]},
                    {"sd", fit.sd[j]},
                    {"contraction", fit.contraction[j]},
                    {"prior_only", fit.prior_only[j]}});
  return list;
}

// Sums over moments are divided by their number: coins as they stand at one moment on the mean.
Json density_json(const LevelsMarket& m) {
  const levels::DensityScores& d = *m.density;
  Json json{{"moments", d.moments.size()}, {"compared", compared(d)}};
  json["shape"] = {
      {"levels", mean_of(d, &levels::DensityMoment::levels, &levels::LevelDistance::shape)},
      {"fixed_menu", mean_of(d, &levels::DensityMoment::menu, &levels::LevelDistance::shape)},
      {"gain", block_json(m.shape_gain)}};
  json["flow"] = {
      {"levels", mean_of(d, &levels::DensityMoment::levels, &levels::LevelDistance::flow)},
      {"fixed_menu", mean_of(d, &levels::DensityMoment::menu, &levels::LevelDistance::flow)},
      {"gain", block_json(m.flow_gain)}};
  json["coins_within_reach"] = {
      {"levels", mean_of(d, &levels::DensityMoment::levels, &levels::LevelDistance::predicted)},
      {"fixed_menu", mean_of(d, &levels::DensityMoment::menu, &levels::LevelDistance::predicted)},
      {"truth", mean_of(d, &levels::DensityMoment::levels, &levels::LevelDistance::truth)}};
  Json bands = Json::array();
  const double n = static_cast<double>(std::max<size_t>(1, d.moments.size()));
  for (size_t b = 0; b < cascade::kLeverageBandNames.size(); ++b)
    bands.push_back({{"band", cascade::kLeverageBandNames[b]},
                     {"levels", d.predicted[b] / n},
                     {"truth", d.truth[b] / n}});
  json["bands"] = bands;
  json["hedged"] = {{"levels", d.hedged_predicted / n}, {"truth", d.hedged_truth / n}};
  json["coverage_90"] =
      d.buckets ? Json(static_cast<double>(d.covered) / static_cast<double>(d.buckets)) : Json();
  json["cross_without_wallet"] = d.without_wallet / n;
  return json;
}

}  // namespace

std::string levels_text(const LevelsReport& report) {
  std::string out = fmt::format("levels of {}: {}\n", report.asset, report.how);
  for (const LevelsMarket& m : report.markets) {
    out += fmt::format("\n{}, {} tape{}\n", m.name, m.tapes, m.tapes == 1 ? "" : "s");
    if (m.map) fit_lines(out, m);
    map_lines(out, m);
    score_lines(out, m, report.period_s);
    density_lines(out, m);
  }
  out +=
      "\ncoins are what the feed would report: coverage of the feed, share liquidated and weight "
      "are known as a "
      "product alone.\na level is where positions would be liquidated, not where the price goes.\n";
  for (const std::string& note : report.notes) out += "note: " + note + "\n";
  return out;
}

Json levels_json(const LevelsReport& report) {
  Json json{{"asset", report.asset}, {"how", report.how}, {"period_s", report.period_s}};
  Json markets = Json::array();
  for (const LevelsMarket& m : report.markets) {
    // "shown" is false where the levels have not earned it: then "levels" is empty and "refused"
    // says why.
    Json market{{"market", m.name},
                {"tapes", m.tapes},
                {"shown", !m.buckets.empty()},
                {"refused", m.refused}};
    if (m.map) {
      const levels::LevelRules& rules = m.map->model.rules;
      market["model"] = {{"half_life_h", rules.half_life_h},
                         {"turnover", rules.turnover},
                         {"before_spread", rules.before_spread},
                         {"liquidated_share", rules.liquidated_share},
                         {"seen", m.map->seen},
                         {"longs", fit_json(m.map->model.longs)},
                         {"shorts", fit_json(m.map->model.shorts)}};
    }
    market["price"] = m.price;
    market["at"] = m.as_of;
    Json buckets = Json::array();
    for (const LevelsBucket& b : m.buckets)
      buckets.push_back({{"side", b.side == PositionSide::long_side ? "long" : "short"},
                         {"from", b.from},
                         {"to", b.to},
                         {"coins", b.coins},
                         {"low", b.low},
                         {"high", b.high},
                         {"fixed_menu", b.menu},
                         {"truth", json_or_null(b.truth)},
                         {"status", b.prior_only ? "prior_only" : "ok"}});
    market["levels"] = buckets;
    if (m.trial) {
      const levels::LevelVerdict& v = m.trial->verdict;
      Json skills = Json::array();
      for (const levels::LevelSkill& s : m.trial->skills)
        skills.push_back({{"score", s.score},
                          {"against", s.baseline},
                          {"levels", s.levels},
                          {"baseline", s.other},
                          {"difference", block_json(s.difference)},
                          {"p", json_or_null(s.p)}});
      market["scores"] = {{"counts", m.trial->held_out.outcomes.size()},
                          {"days", m.trial->held_out.days},
                          {"non_zero", v.non_zero},
                          {"skill", skills},
                          {"coverage_90", v.coverage_90},
                          {"pit_p", v.pit_p},
                          {"publish", v.publish},
                          {"failed", v.failed}};
    } else {
      market["scores"] = Json();
      market["scores_missing"] = m.trial_missing;
    }
    market["truth"] = m.density ? density_json(m) : Json();
    markets.push_back(std::move(market));
  }
  json["markets"] = markets;
  json["notes"] = report.notes;
  return json;
}

namespace {

// Price upwards, coins to the right: levels as bars (hatched where nothing was learnt), the menu as
// a line, the truth as another.
std::string map_svg(const LevelsMarket& m) {
  constexpr double width = 760, left = 90, row = 18, top = 24;
  std::vector<LevelsBucket> rows = m.buckets;
  std::sort(rows.begin(), rows.end(),
            [](const LevelsBucket& a, const LevelsBucket& b) { return a.to > b.to; });
  double most = kDrawn;
  for (const LevelsBucket& b : rows) most = std::max({most, b.coins, b.menu, b.truth.value_or(0)});
  const double height = top + row * static_cast<double>(rows.size()) + 24;
  // The widest bar ends 70 before the edge, where the price of now is written.
  const auto x = [&](double coins) { return left + (width - left - 70) * coins / most; };
  std::string out = fmt::format(
      "<svg viewBox=\"0 0 {} {:.0f}\" role=\"img\" aria-label=\"levels\"><defs>"
      "<pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
      "patternTransform=\"rotate(45)\">"
      "<rect width=\"6\" height=\"6\" fill=\"none\"/><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\" "
      "stroke=\"var(--soft)\" "
      "stroke-width=\"3\"/></pattern></defs>\n",
      width, height);
  // Drawn after all rows, so that the two lines lie over the bars.
  std::string menu, truth;
  double y = top;
  bool marked = false;
  for (const LevelsBucket& b : rows) {
    // Rows fall in price: the first long one lies just below the price, and the line goes above it.
    if (!marked && b.side == PositionSide::long_side) {
      out += fmt::format(
          "<line x1=\"{}\" y1=\"{:.1f}\" x2=\"{}\" y2=\"{:.1f}\" stroke=\"var(--ink)\" "
          "stroke-dasharray=\"4 3\"/><text x=\"{}\" y=\"{:.1f}\" "
          "text-anchor=\"end\">{}</text>\n",
          left, y, width - 70, y, width, y + 4, shown_price(m.price, 0));
      marked = true;
    }
    out += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", left - 8,
                       y + row - 5, shown_price(b.to, 0));
    out += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
        "fill=\"{}\"><title>{:.1f} "
        "coins, {:.1f} to {:.1f}{}</title></rect>",
        left, y + 2, std::max(0.0, x(b.coins) - left), row - 4,
        b.prior_only                        ? "url(#hatch)"
        : b.side == PositionSide::long_side ? "var(--long)"
                                            : "var(--short)",
        b.coins, b.low, b.high, b.prior_only ? ", prior only" : "");
    out += fmt::format(
        "<line x1=\"{0:.1f}\" x2=\"{1:.1f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" "
        "stroke=\"var(--ink)\"/>\n",
        x(b.low), x(std::min(b.high, most)), y + row / 2);
    // Two points a row: the line is a staircase, as wide as the row's coins.
    menu += fmt::format("{:.1f},{:.1f} {:.1f},{:.1f} ", x(b.menu), y, x(b.menu), y + row);
    if (b.truth)
      truth += fmt::format("{:.1f},{:.1f} {:.1f},{:.1f} ", x(*b.truth), y, x(*b.truth), y + row);
    y += row;
  }
  out += fmt::format(
      "<polyline points=\"{}\" fill=\"none\" stroke=\"var(--line)\" stroke-dasharray=\"3 3\"/>\n",
      menu);
  if (!truth.empty())
    out += fmt::format(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"var(--ink)\" stroke-width=\"2\"/>\n",
        truth);
  out +=
      fmt::format("<text x=\"{}\" y=\"14\">coins, to {}</text></svg>\n", left, short_number(most));
  return out;
}

}  // namespace

std::string levels_html(const LevelsReport& report) {
  std::string out = fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Levels of "
      "{0}</title><style>\n"
      ":root{{color-scheme:light "
      "dark;--long:#c0392b;--short:#1e8449;--line:#2c6fbb;--soft:#999;--ink:#222;--grid:#ddd}}\n"
      "@media(prefers-color-scheme:dark){{:root{{--ink:#ddd;--grid:#444}}}}\n"
      "body{{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 "
      "1rem;color:var(--ink)}}\n"
      "pre{{overflow-x:auto}}svg{{width:100%;height:auto}}svg "
      "text{{font-size:12px;fill:var(--ink)}}</style></head>"
      "<body><h1>Levels of {0}</h1>\n<p>Where positions would be liquidated by what the tape "
      "shows; no claim that a "
      "price goes there. {1}.</p>\n",
      html_escaped(report.asset), html_escaped(report.how));
  for (const LevelsMarket& m : report.markets) {
    out += "<h2>" + html_escaped(m.name) + "</h2>\n";
    if (m.buckets.empty()) {
      out += "<p>No map: " + html_escaped(list_of(m.refused)) + ".</p>\n";
      continue;
    }
    if (!m.refused.empty()) out += "<p>Unscored: " + html_escaped(list_of(m.refused)) + ".</p>\n";
    out +=
        "<p>Bars: inferred, longs below and shorts above the price, each with its 90 % interval; "
        "hatched: prior "
        "only. Dashed: the fixed menu. Solid: the truth, where one is known.</p>\n";
    out += map_svg(m);
  }
  out += "<h2>Figures</h2>\n<pre>" + html_escaped(levels_text(report)) + "</pre>\n</body></html>\n";
  return out;
}

}  // namespace delever::render
