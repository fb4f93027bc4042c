#include "margin/level_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace delever {
namespace {

constexpr double kBucket = 0.001, kPriorBucket = 0.005, kNinety = 1.6448536269514722;
constexpr std::array<size_t, 4> kMenu{3, 5, 6, 8};  // 10, 25, 50, 100x: what the maps in use assume

// One side's hour.
struct Hour {
  double expected = 0, menu = 0;  // lots
  double reported = 0;
  double first = 0, low = 0, high = 0, last = 0, open_interest = 0;
  bool train = false, seen = false;
};
using Hours = std::map<std::pair<int64_t, PositionSide>, Hour>;

int64_t hour_of(const LevelBar& bar) { return (bar.end.ns() - 1) / 3'600'000'000'000; }

// An hour belongs to training when its last bar does; the hour in which the halves meet is held out.
Hours hours_of(const LevelTrialInput& in, const HazardPoint& fitted, size_t train_bars) {
  Hours hours;
  double open_interest = in.open_interest_start;
  for (size_t t = 0; t < in.bars.size(); ++t) {
    const LevelBar& bar = in.bars[t];
    open_interest += bar.open_interest_change;
    for (const PositionSide side : {PositionSide::long_side, PositionSide::short_side}) {
      Hour& h = hours[{hour_of(bar), side}];
      const double middle = std::sqrt(bar.low * bar.high);
      if (h.first == 0) h = {.first = middle, .low = bar.low, .high = bar.high};
      h.low = std::min(h.low, bar.low);
      h.high = std::max(h.high, bar.high);
      h.last = middle;
      h.open_interest = std::max(open_interest, 1e-9);
      h.train = t < train_bars;
    }
  }
  LevelRules rules = in.search.rules;
  rules.half_life_h = fitted.half_life_h;
  for (const LevelRow& row : level_exposures(in.bars, *in.ratios, rules, in.search.lot)) {
    Hour& h = hours[{hour_of(in.bars[row.bar]), row.side}];
    h.expected += expected_reports(row, fitted.fit.weight);
    h.reported += row.reported;
    h.seen = true;
  }
  // The fixed menu: all volume opens, at four leverages alike, and nothing closes but by the mark.
  rules.half_life_h = std::numeric_limits<double>::infinity();
  rules.turnover = 1;
  for (const LevelRow& row : level_exposures(in.bars, *in.ratios, rules, in.search.lot)) {
    for (const auto& [j, lots] : row.exposure) {
      if (std::find(kMenu.begin(), kMenu.end(), j) != kMenu.end())
        hours[{hour_of(in.bars[row.bar]), row.side}].menu += lots / kMenu.size();
    }
  }
  return hours;
}

std::vector<double> features_of(const Hour& h, PositionSide side) {
  return {std::abs(std::log(h.last / h.first)), std::log(h.high / h.low), std::log(h.open_interest),
          side == PositionSide::long_side ? 1.0 : 0.0};
}

uint64_t as_count(double lots) { return static_cast<uint64_t>(std::llround(std::max(0.0, lots))); }

// The regression, on as many of its features as tell something: open interest may never move.
struct FittedRegression {
  CountRegression fit;
  std::vector<size_t> columns;
  CountForecast at(const std::vector<double>& all) const {
    std::vector<double> x;
    for (const size_t c : columns) x.push_back(all[c]);
    return fit.at(x);
  }
};

Result<FittedRegression> regress(const std::vector<std::vector<double>>& features, const std::vector<uint64_t>& y) {
  FittedRegression out;
  for (size_t c = 0; c < features[0].size(); ++c) {
    double low = features[0][c], high = low;
    for (const auto& row : features) {
      low = std::min(low, row[c]);
      high = std::max(high, row[c]);
    }
    if (high - low > 1e-6) out.columns.push_back(c);
  }
  std::vector<std::vector<double>> used;
  for (const auto& row : features) {
    std::vector<double>& x = used.emplace_back();
    for (const size_t c : out.columns) x.push_back(row[c]);
  }
  out.fit = TRY(fit_regression(used, y));
  return out;
}

}  // namespace

Result<LevelTrial> try_levels(const LevelTrialInput& in) {
  CHECK(in.ratios);
  LevelTrial trial;
  HazardSearch search = in.search;
  search.train_bars = in.bars.size() / 2;
  trial.profile = TRY(profile_hazard(in.bars, *in.ratios, in.prior, search));
  const Hours hours = hours_of(in, trial.best(), search.train_bars);

  std::vector<double> expected, menu;
  std::vector<std::vector<double>> features;
  std::vector<uint64_t> train;
  double sum = 0, menu_sum = 0;
  for (const auto& [key, h] : hours) {
    if (!h.seen || !h.train) continue;
    expected.push_back(h.expected);
    menu.push_back(h.menu);
    features.push_back(features_of(h, key.second));
    train.push_back(as_count(h.reported));
    sum += h.reported;
    menu_sum += h.menu;
  }
  if (train.empty()) return Error{Fault::no_evidence, "no hour to train on"};
  const double mean = std::max(sum / static_cast<double>(train.size()), 1e-3);
  const double scale = menu_sum > 0 ? sum / menu_sum : 0;
  const auto menu_mean = [&](double lots) { return std::max(scale * lots, 1e-3); };
  for (double& m : menu) m = menu_mean(m);
  const double k_levels = fit_dispersion(expected, train), k_menu = fit_dispersion(menu, train);
  const double k_climate = fit_dispersion(std::vector<double>(train.size(), mean), train);
  const FittedRegression regression = TRY(regress(features, train));

  HeldOut held;
  std::vector<uint64_t> sorted = train;
  std::sort(sorted.begin(), sorted.end());
  held.tail_threshold = sorted[static_cast<size_t>(0.95 * static_cast<double>(sorted.size() - 1))];
  for (const auto& [key, h] : hours) {
    if (!h.seen || h.train) continue;
    held.outcomes.push_back(as_count(h.reported));
    held.levels.push_back({h.expected, k_levels});
    held.climatology.push_back({mean, k_climate});
    held.regression.push_back(regression.at(features_of(h, key.second)));
    held.fixed_menu.push_back({menu_mean(h.menu), k_menu});
  }
  held.days = static_cast<double>(held.outcomes.size()) / 48;
  trial.verdict = TRY(judge_levels(held, in.seed));
  return trial;
}

LevelMap map_levels(const LevelTrialInput& in, const HazardPoint& fitted, std::string name) {
  LevelRules rules = in.search.rules;
  rules.half_life_h = fitted.half_life_h;
  LevelInventory inventory(*in.ratios, rules, {fitted.fit.weight, fitted.fit.weight}, in.open_interest_start);
  for (const LevelBar& bar : in.bars) inventory.step(bar);
  LevelMap map{.name = std::move(name), .longs = inventory.levels(PositionSide::long_side),
               .shorts = inventory.levels(PositionSide::short_side), .fit = fitted.fit};
  for (auto* side : {&map.longs, &map.shorts}) {
    for (LevelInventory::Level& level : *side) level.coins *= rules.liquidated_share;
  }
  map.seen = std::min(inventory.seen(PositionSide::long_side), inventory.seen(PositionSide::short_side));
  return map;
}

Result<Flow> level_flow(std::span<const LevelMap> maps, double price, bool rising, double reach) {
  std::vector<FlowCurve::Mass> low, mid, high;
  std::map<int64_t, std::pair<double, double>> by_bucket;  // all, prior_only
  std::string names;
  for (const LevelMap& map : maps) {
    names += (names.empty() ? "levels of " : ", ") + map.name;
    for (const LevelInventory::Level& level : rising ? map.shorts : map.longs) {
      const double y = rising ? std::log(level.price / price) : std::log(price / level.price);
      const double weight = map.fit.weight[level.leverage], sd = map.fit.sd[level.leverage];
      const double swing = weight > 0 ? kNinety * sd / weight : 0;
      mid.push_back({y, level.coins});
      low.push_back({y, level.coins * std::max(0.0, 1 - swing)});
      high.push_back({y, level.coins * (1 + swing)});
      auto& [all, prior] = by_bucket[static_cast<int64_t>(std::floor(std::max(0.0, y) / kPriorBucket))];
      all += level.coins;
      prior += map.fit.prior_only[level.leverage] ? level.coins : 0;
    }
  }
  const FlowCurve::Grid grid{.width = kBucket, .end = reach};
  const FlowCurve least = TRY(FlowCurve::of_masses(low, grid));
  const FlowCurve most = TRY(FlowCurve::of_masses(high, grid));
  const FlowCurve between = TRY(FlowCurve::of_masses(mid, grid));
  Flow flow{.kind = FlowKind::liquidations, .low = least, .high = most, .mid = between, .prior_only = {},
            .source = names};
  for (const auto& [bucket, both] : by_bucket) {
    const double from = static_cast<double>(bucket) * kPriorBucket, to = from + kPriorBucket;
    if (both.second <= 0.5 * both.first || from >= reach) continue;
    if (!flow.prior_only.empty() && flow.prior_only.back().to >= from - 1e-9) flow.prior_only.back().to = to;
    else flow.prior_only.push_back({from, to});
  }
  return flow;
}

StressWave level_wave(std::span<const LevelMap> maps, double price, double move) {
  const bool rising = move > 0;
  StressWave wave{.move = move, .y = std::abs(std::log1p(move)), .price = price * (1 + move)};
  for (const LevelMap& map : maps) {
    for (const bool shorts : {false, true}) {
      for (const LevelInventory::Level& level : shorts ? map.shorts : map.longs) {
        const size_t band = leverage_band(kLeverages[level.leverage]);
        const bool hit = rising == shorts && (rising ? level.price <= wave.price : level.price >= wave.price);
        if (!hit) {
          wave.left_usd[band] += level.coins * wave.price;
          continue;
        }
        StressCell& cell = wave.kinds[0].by_band[band];
        StressCell& side = shorts ? wave.shorts : wave.longs;
        for (StressCell* into : {&cell, &side}) {
          into->coins += level.coins;
          into->usd += level.coins * level.price;
        }
      }
    }
  }
  return wave;
}

}  // namespace delever
