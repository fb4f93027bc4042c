#include "gauges/liquidation_window.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace delever::gauges {
namespace {

constexpr std::string_view kLiquidationSection = "liquidation";

Estimate estimate_of(const LiquidationWindow& w, double value) {
  Estimate e{.label = w.label,
             .value = value,
             .as_of = w.as_of,
             .sources = w.sources,
             .origin = w.origin,
             .coverage = w.coverage,
             .note = w.note_of(true, true)};
  return e;
}

// L / (L + S), or (L - S) / (L + S), over the box of what L and S may be. Both rise with L and fall
// with S, so the highest is at most longs and least shorts. An end whose numbers have no upper
// limit is missing.
void bound_share(Estimate& e, const LiquidationWindow& w, bool as_oscillator) {
  const auto share = [&](double l, double s) {
    return as_oscillator ? (l - s) / (l + s) : l / (l + s);
  };
  if (w.long_side.high && *w.long_side.high + w.short_side.low > 0)
    e.high = share(*w.long_side.high, w.short_side.low);
  if (w.short_side.high && w.long_side.low + *w.short_side.high > 0)
    e.low = share(w.long_side.low, *w.short_side.high);
}

double total(const LiquidationWindow& w) { return w.long_side.low + w.short_side.low; }

}  // namespace

std::string LiquidationWindow::note_of(bool longs, bool shorts) const {
  std::string out = note;
  for (const std::string* side : {longs ? &long_note : nullptr, shorts ? &short_note : nullptr}) {
    if (side != nullptr && !side->empty()) out += (out.empty() ? "" : "; ") + *side;
  }
  return out;
}

bool LiquidationWindow::lacks(bool longs, bool shorts) const {
  return (longs && !long_note.empty()) || (shorts && !short_note.empty());
}

// Minutes come in order, so that a bucket is complete when the next one begins. Wide sums of 1e-6
// USD are exact: the answer does not depend on how the minutes came.
std::optional<double> concentration(const LiquidationWindow& window, int64_t bucket_minutes) {
  Wide total = 0, most = 0, sum = 0;
  std::optional<int64_t> bucket;
  for (const auto& [minute, usd] : window.minutes) {
    // Buckets of the clock, not of the window: two readings an hour apart agree on an hour.
    const int64_t mine = minute / bucket_minutes - (minute % bucket_minutes < 0 ? 1 : 0);
    if (bucket != mine) sum = 0;
    bucket = mine;
    sum += usd;
    total += usd;
    most = std::max(most, sum);
  }
  if (total <= 0) return std::nullopt;
  return static_cast<double>(most) / static_cast<double>(total);
}

// From -1 (only shorts were liquidated) to 1 (only longs). Written with !(>=), so that a NaN is
// below the floor as well.
std::optional<double> oscillator(double longs, double shorts, double floor) {
  if (!(longs + shorts >= floor) || longs + shorts <= 0) return std::nullopt;
  return (longs - shorts) / (longs + shorts);
}

std::optional<double> long_share(double longs, double shorts, double floor) {
  if (!(longs + shorts >= floor) || longs + shorts <= 0) return std::nullopt;
  return longs / (longs + shorts);
}

DayMeans mean_of_days(const LiquidationSeries& series, Instant end, const LiquidationRules& rules) {
  DayMeans out;
  const Instant from = end - kDay * rules.days;
  auto it = std::lower_bound(series.days->begin(), series.days->end(), from,
                             [](const DaySums& d, Instant t) { return d.day < t; });
  double sum = 0, shares = 0, longs = 0, shorts = 0, venues = 0;
  for (; it != series.days->end() && it->day < end; ++it) {
    if (it->coverage < rules.coverage_min) continue;
    const auto o = oscillator(it->longs, it->shorts, rules.floor_usd_per_day);
    if (!o) continue;
    ++out.valid;
    sum += *o;
    shares += it->longs / (it->longs + it->shorts);
    longs += it->longs;
    shorts += it->shorts;
    venues += it->share;
    for (const std::string& venue : it->absent) ++out.absent[venue];
    out.other_money.insert(it->other_money.begin(), it->other_money.end());
  }
  out.coverage = venues / rules.days;
  if (out.valid < rules.days_min) return out;
  const double n = out.valid;
  // Two means that differ: each day counts alike, or by its dollars. Published figures use both.
  out.oscillator = sum / n;
  out.share = shares / n;
  out.oscillator_weighted = (longs - shorts) / (longs + shorts);
  out.share_weighted = longs / (longs + shorts);
  return out;
}

Percentile percentile_of(double value, const LiquidationSeries& series, Instant end,
                         const std::vector<std::string>& absent, const LiquidationRules& rules) {
  Percentile out;
  double below = 0, weight_below = 0, weight = 0;
  for (const DaySums& d : *series.days) {
    if (d.day + kDay > end) break;
    if (d.coverage < rules.coverage_min || d.absent != absent) continue;
    const auto o = oscillator(d.longs, d.shorts, rules.floor_usd_per_day);
    if (!o) continue;
    out.share = d.share;
    if (out.days++ == 0) out.first = d.day;
    out.last = d.day;
    // The mid-rank: the percentile of a value that equals all others is 50 %, not 0 or 100 %.
    const double part = *o < value ? 1 : *o == value ? 0.5 : 0;
    below += part;
    weight_below += part * (d.longs + d.shorts);
    weight += d.longs + d.shorts;
  }
  if (out.days < rules.history_days_min) return out;
  out.by_day = below / out.days;
  out.by_volume = weight_below / weight;
  return out;
}

void read_windows(Panel& panel, const Rules& rules, const std::vector<LiquidationWindow>& windows,
                  const std::optional<std::string>& venue, const std::string& missing,
                  const LiquidationWindow* seen) {
  const auto& r = rules.liquidation;
  const auto name = [&](std::string_view n, std::string_view unit) {
    return Panel::Name{
        .name = n, .unit = unit, .window = kDay, .section = kLiquidationSection, .venue = venue};
  };
  struct Sum {
    std::string_view name;
    bool longs, shorts;
  };
  for (const Sum level :
       {Sum{"liq_long_usd_24h", true, false}, Sum{"liq_short_usd_24h", false, true},
        Sum{"liq_total_usd_24h", true, true}}) {
    std::vector<Estimate> estimates;
    std::string why = missing;
    for (const auto& w : windows) {
      // Both sides together have an upper end only where each has one.
      SideInterval sum{.high = 0.0};
      for (const SideInterval* side :
           {level.longs ? &w.long_side : nullptr, level.shorts ? &w.short_side : nullptr}) {
        if (side == nullptr) continue;
        sum.low += side->low;
        if (!side->high)
          sum.high.reset();
        else if (sum.high)
          *sum.high += *side->high;
      }
      // All that it saw of these sides cannot be valued: that is not nothing.
      if (sum.low == 0 && w.lacks(level.longs, level.shorts)) {
        why = w.note_of(level.longs, level.shorts);
        continue;
      }
      Estimate e = estimate_of(w, sum.low);
      e.low = sum.low;
      e.high = sum.high;
      e.note = w.note_of(level.longs, level.shorts);
      estimates.push_back(std::move(e));
    }
    if (seen != nullptr)
      why += fmt::format(", {} USD of {} seen in them",
                         short_number((level.longs ? seen->long_side.low : 0) +
                                      (level.shorts ? seen->short_side.low : 0)),
                         level.longs && level.shorts ? "both sides"
                         : level.longs               ? "longs"
                                                     : "shorts");
    panel.settle(name(level.name, "USD"), std::move(estimates), r.level, why);
  }
  std::string too_small = missing;
  if (seen != nullptr)
    too_small += fmt::format(", {} USD seen in them", short_number(total(*seen)));
  std::vector<Estimate> shares, oscillators, minutes, hours;
  for (const auto& w : windows) {
    const auto o = oscillator(w.long_side.low, w.short_side.low, r.floor_usd_per_day);
    if (!o) {
      too_small = fmt::format("{}: {} USD in 24 h is below the floor of {}", w.label,
                              short_number(total(w)), short_number(r.floor_usd_per_day));
      continue;
    }
    oscillators.push_back(estimate_of(w, *o));
    bound_share(oscillators.back(), w, true);
    shares.push_back(
        estimate_of(w, *long_share(w.long_side.low, w.short_side.low, r.floor_usd_per_day)));
    bound_share(shares.back(), w, false);
    if (const auto share = concentration(w, 1)) minutes.push_back(estimate_of(w, *share));
    if (const auto share = concentration(w, 60)) hours.push_back(estimate_of(w, *share));
  }
  const std::string needs_singles =
      shares.empty()
          ? too_small
          : "published totals do not say when in the day; single liquidations are needed";
  panel.settle(name("liq_long_share", "fraction"), std::move(shares), r.share, too_small);
  panel.settle(name("liq_dominance_osc", "fraction"), std::move(oscillators),
               {0, 2 * r.share.absolute}, too_small);
  panel.settle(name("liq_concentration_1m", "fraction"), std::move(minutes), r.share,
               needs_singles);
  panel.settle(name("liq_concentration_1h", "fraction"), std::move(hours), r.share, needs_singles);
}

// What the mean of days rests on, beside the days themselves.
static std::string note_of(const DayMeans& means, const std::string& span) {
  std::vector<std::string> notes{span}, whole, part;
  for (const auto& [venue, days] : means.absent) {
    if (days == means.valid)
      whole.push_back(venue);
    else
      part.push_back(fmt::format("{} on {} of {} days", venue, days, means.valid));
  }
  if (!whole.empty()) notes.push_back("without " + join(whole, ", "));
  if (!part.empty()) notes.push_back("without " + join(part, ", "));
  if (!means.other_money.empty())
    notes.push_back(
        fmt::format("contracts quoted in {} valued by their coins at each day's last price",
                    join({means.other_money.begin(), means.other_money.end()}, ", ")));
  return join(notes, "; ");
}

void read_days(Panel& panel, const Rules& rules, const std::vector<LiquidationSeries>& all,
               const std::vector<LiquidationWindow>& windows) {
  const auto& r = rules.liquidation;
  const Instant end = panel.at.start_of_day(), from = end - kDay * r.days;
  const std::string span =
      fmt::format("the {} UTC days {} to {}", r.days, from.date(), (end - kDay).date());
  std::vector<Estimate> oscillators, weighted, shares, shares_weighted;
  std::string missing = fmt::format("no daily liquidations for {}", span);
  for (const LiquidationSeries& series : all) {
    const DayMeans means = mean_of_days(series, end, r);
    if (!means.oscillator) {
      missing = fmt::format("{}: {} of {} are valid, {} needed", series.label, means.valid, span,
                            r.days_min);
      if (!series.days->empty())
        missing += "; its last complete day is " + series.days->back().day.date();
      continue;
    }
    Estimate e{.label = series.label,
               .sources = series.sources,
               .origin = series.origin,
               .coverage = means.coverage,
               .note = note_of(means, span)};
    const auto behind = std::lower_bound(series.days->begin(), series.days->end(), end,
                                         [](const DaySums& d, Instant t) { return d.day < t; });
    if (behind != series.days->begin()) e.as_of = std::prev(behind)->day + kDay;
    const auto put = [&](std::vector<Estimate>& to, double value) {
      e.value = value;
      e.low = e.high = std::nullopt;
      to.push_back(e);
    };
    put(oscillators, *means.oscillator);
    put(weighted, *means.oscillator_weighted);
    put(shares, *means.share);
    put(shares_weighted, *means.share_weighted);
  }
  const auto name = [&](std::string_view n, Duration window) {
    return Panel::Name{
        .name = n, .unit = "fraction", .window = window, .section = kLiquidationSection};
  };
  const Duration days = kDay * r.days;
  // An oscillator is twice the share less 1, so its band is twice as wide.
  const Band double_band{0, 2 * r.share.absolute};
  panel.settle(name("liq_long_share_ma30", days), std::move(shares), r.share, missing);
  panel.settle(name("liq_long_share_ma30_weighted", days), std::move(shares_weighted), r.share,
               missing);
  panel.settle(name("liq_dominance_osc_ma30", days), std::move(oscillators), double_band, missing);
  panel.settle(name("liq_dominance_osc_ma30_weighted", days), std::move(weighted), double_band,
               missing);

  // Against the days that ended before the window began: the window is not its own history.
  std::vector<Estimate> by_day, by_volume;
  missing =
      windows.empty() ? "no oscillator to place" : "the oscillator is undefined below the floor";
  for (const LiquidationWindow& w : windows) {
    const auto series =
        std::find_if(all.begin(), all.end(), [&](const auto& s) { return s.label == w.label; });
    const auto o = oscillator(w.long_side.low, w.short_side.low, r.floor_usd_per_day);
    if (!o || series == all.end()) continue;
    const Percentile p = percentile_of(*o, *series, w.from, w.absent, r);
    const std::string without = w.absent.empty() ? "" : " without " + join(w.absent, ", ");
    if (!p.by_day) {
      missing = fmt::format("{}: {} valid days{} before {}, {} needed", w.label, p.days, without,
                            w.from.text(), r.history_days_min);
      continue;
    }
    Estimate e = estimate_of(w, *p.by_day);
    e.coverage = p.share;
    e.note = fmt::format("against {} days{} from {} to {}", p.days, without, p.first.date(),
                         p.last.date());
    by_day.push_back(e);
    e.value = *p.by_volume;
    by_volume.push_back(std::move(e));
  }
  panel.settle(name("liq_dominance_osc_percentile", kDay), std::move(by_day), r.share, missing);
  panel.settle(name("liq_dominance_osc_percentile_weighted", kDay), std::move(by_volume), r.share,
               missing);
}

}  // namespace delever::gauges
