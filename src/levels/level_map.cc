#include "levels/level_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "statistics/statistics.h"

namespace delever::levels {
namespace {

constexpr double kMapBucket = 0.001, kPriorBucket = 0.005;

}  // namespace

LevelMap map_levels(const LevelHistory& history, const LevelModel& model, std::string name) {
  CHECK(history.ratios);
  const SideWeights weights{{model.longs.weight, model.longs.weight},
                            {model.shorts.weight, model.shorts.weight}};
  LevelInventory inventory(*history.ratios, model.rules, weights, history.open_interest_start);
  for (const LevelBar& bar : history.bars) inventory.step(bar);
  LevelMap map{.name = std::move(name),
               .longs = inventory.levels(PositionSide::long_side),
               .shorts = inventory.levels(PositionSide::short_side),
               .model = model};
  for (auto* side : {&map.longs, &map.shorts}) {
    for (LevelInventory::Level& level : *side) level.coins *= model.rules.liquidated_share;
  }
  map.seen =
      std::min(inventory.seen(PositionSide::long_side), inventory.seen(PositionSide::short_side));
  return map;
}

Result<cascade::Flow> level_flow(std::span<const LevelMap> maps, double price, bool rising,
                                 double reach) {
  std::vector<cascade::FlowCurve::Mass> low, mid, high;
  std::map<int64_t, std::pair<double, double>> by_bucket;  // all, prior_only
  std::string names;
  for (const LevelMap& map : maps) {
    names += (names.empty() ? "levels of " : ", ") + map.name;
    const LevelFit& fit = rising ? map.model.shorts : map.model.longs;
    for (const LevelInventory::Level& level : rising ? map.shorts : map.longs) {
      const double y = rising ? std::log(level.price / price) : std::log(price / level.price);
      const double weight = fit.weight[level.leverage], sd = fit.sd[level.leverage];
      const double swing = weight > 0 ? statistics::kNormal95 * sd / weight : 0;
      mid.push_back({y, level.coins});
      low.push_back({y, level.coins * std::max(0.0, 1 - swing)});
      high.push_back({y, level.coins * (1 + swing)});
      auto& [all, prior] =
          by_bucket[static_cast<int64_t>(std::floor(std::max(0.0, y) / kPriorBucket))];
      all += level.coins;
      prior += fit.prior_only[level.leverage] ? level.coins : 0;
    }
  }
  const cascade::FlowCurve::Grid grid{.width = kMapBucket, .end = reach};
  const cascade::FlowCurve least = TRY(cascade::FlowCurve::of_masses(low, grid));
  const cascade::FlowCurve most = TRY(cascade::FlowCurve::of_masses(high, grid));
  const cascade::FlowCurve between = TRY(cascade::FlowCurve::of_masses(mid, grid));
  cascade::Flow flow{.kind = cascade::FlowKind::liquidations,
                     .low = least,
                     .high = most,
                     .mid = between,
                     .prior_only = {},
                     .source = names};
  for (const auto& [bucket, both] : by_bucket) {
    const double from = static_cast<double>(bucket) * kPriorBucket, to = from + kPriorBucket;
    if (both.second <= 0.5 * both.first || from >= reach) continue;
    if (!flow.prior_only.empty() && flow.prior_only.back().to >= from - 1e-9)
      flow.prior_only.back().to = to;
    else
      flow.prior_only.push_back({from, to});
  }
  return flow;
}

cascade::StressWave level_wave(std::span<const LevelMap> maps, double price, double move) {
  const bool rising = move > 0;
  cascade::StressWave wave{
      .move = move, .y = std::abs(std::log1p(move)), .price = price * (1 + move)};
  for (const LevelMap& map : maps) {
    for (const bool shorts : {false, true}) {
      for (const LevelInventory::Level& level : shorts ? map.shorts : map.longs) {
        const size_t band = cascade::leverage_band(kLeverages[level.leverage]);
        const bool hit =
            rising == shorts && (rising ? level.price <= wave.price : level.price >= wave.price);
        if (!hit) {
          wave.left_usd[band] += level.coins * wave.price;
          continue;
        }
        cascade::StressCell& cell = wave.kinds[0].by_band[band];
        cascade::StressCell& side = shorts ? wave.shorts : wave.longs;
        for (cascade::StressCell* into : {&cell, &side}) {
          into->coins += level.coins;
          into->usd += level.coins * level.price;
        }
      }
    }
  }
  return wave;
}

}  // namespace delever::levels
