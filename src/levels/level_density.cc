#include "levels/level_density.h"

#include <algorithm>
#include <cmath>

#include "levels/level_lab.h"
#include "statistics/statistics.h"

namespace delever::levels {
namespace {

constexpr std::array<PositionSide, 2> kDensitySides{PositionSide::long_side,
                                                    PositionSide::short_side};
constexpr double kBucket = 0.01;

struct Spread {
  double mid = 0, sd = 0, truth = 0;
};

void score_moment(const DensityInput& in, const LevelInventory& inventory, const MenuMap& menu,
                  Instant at, const TrueMoment& truth, DensityScores& scores) {
  std::vector<LevelMass> predicted, fixed, true_masses;
  const double pi = in.model->rules.liquidated_share;
  for (const PositionSide side : kDensitySides) {
    const LevelFit& fit = in.model->at(side);
    std::map<int64_t, std::map<size_t, Spread>>
        buckets;  // by leverage: its weight's error is one for all its coins
    const auto bucket_of = [&](double price) {
      return static_cast<int64_t>(std::floor(std::abs(std::log(price / truth.mark)) / kBucket));
    };
    const auto last = static_cast<int64_t>(in.reach / kBucket);
    for (int64_t b = 0; b < last; ++b) buckets[b];
    for (const LevelInventory::Level& level : inventory.levels(side)) {
      predicted.push_back({level.price, pi * level.coins});
      scores.predicted[cascade::leverage_band(kLeverages[level.leverage])] += level.coins;
      const int64_t b = bucket_of(level.price);
      if (b >= last) continue;
      Spread& s = buckets[b][level.leverage];
      s.mid += pi * level.coins;
      const double weight = fit.weight[level.leverage];
      s.sd += weight > 0 ? pi * level.coins * fit.sd[level.leverage] / weight : 0;
    }
    scores.hedged_predicted += inventory.open_interest(side) - inventory.leveraged(side);
    for (const LevelInventory::Level& level : menu.levels(side))
      fixed.push_back({level.price, pi * in.menu_scale * level.coins});
    std::map<int64_t, double> true_buckets;
    for (const TrueLevel& level : truth.levels) {
      if (level.side != side) continue;
      scores.truth[cascade::leverage_band(level.leverage)] += level.coins;
      if (!level.price) continue;
      true_masses.push_back({*level.price, level.coins});
      true_buckets[bucket_of(*level.price)] += level.coins;
    }
    for (const auto& [b, by_leverage] : buckets) {
      double mid = 0, variance = 0;
      for (const auto& [leverage, s] : by_leverage) {
        mid += s.mid;
        variance += s.sd * s.sd;
      }
      const double swing = statistics::kNormal95 * std::sqrt(variance + mid * in.lot);
      ++scores.buckets;
      scores.covered += std::abs(true_buckets[b] - mid) <= swing;
    }
  }
  scores.hedged_truth += truth.hedged_long + truth.hedged_short;
  scores.without_wallet += truth.without_wallet;
  scores.moments.push_back({at, level_distance(predicted, true_masses, truth.mark, in.reach),
                            level_distance(fixed, true_masses, truth.mark, in.reach)});
}

Result<statistics::BlockMean> gain(const DensityScores& scores, double LevelDistance::*what,
                                   size_t block, uint64_t seed) {
  std::vector<double> ours, menu;
  for (const DensityMoment& m : scores.moments) {
    if (!m.levels || !m.menu) continue;
    ours.push_back((*m.levels).*what);
    menu.push_back((*m.menu).*what);
  }
  const statistics::BlockMean ratio =
      TRY(statistics::block_ratio(ours, menu, block, Random(seed, {})));
  return statistics::BlockMean{1 - ratio.mean, 1 - ratio.high, 1 - ratio.low};
}

}  // namespace

void DensityScores::add(const DensityScores& other) {
  moments.insert(moments.end(), other.moments.begin(), other.moments.end());
  for (size_t b = 0; b < predicted.size(); ++b) {
    predicted[b] += other.predicted[b];
    truth[b] += other.truth[b];
  }
  hedged_predicted += other.hedged_predicted;
  hedged_truth += other.hedged_truth;
  buckets += other.buckets;
  covered += other.covered;
  without_wallet += other.without_wallet;
}

DensityScores score_density(const DensityInput& in, const std::map<Instant, TrueMoment>& truth) {
  CHECK(in.model && in.history.ratios && in.reach > 0);
  const LevelHistory& h = in.history;
  const SideWeights weights{{in.model->longs.weight, in.model->longs.weight},
                            {in.model->shorts.weight, in.model->shorts.weight}};
  LevelInventory inventory(*h.ratios, in.model->rules, weights, h.open_interest_start);
  MenuMap menu(*h.ratios);
  DensityScores scores;
  size_t t = 0;
  for (const auto& [at, moment] : truth) {
    for (; t < h.bars.size() && h.bars[t].end <= at; ++t) {
      inventory.step(h.bars[t]);
      menu.step(h.bars[t]);
    }
    if (t == 0 || at < in.from || !(moment.mark > 0)) continue;
    if (t == h.bars.size() && at > h.bars.back().end + Duration::minutes(5))
      break;  // the history ends before it
    score_moment(in, inventory, menu, at, moment, scores);
  }
  return scores;
}

Result<statistics::BlockMean> shape_gain(const DensityScores& scores, size_t block, uint64_t seed) {
  return gain(scores, &LevelDistance::shape, block, seed);
}

Result<statistics::BlockMean> flow_gain(const DensityScores& scores, size_t block, uint64_t seed) {
  return gain(scores, &LevelDistance::flow, block, seed);
}

}  // namespace delever::levels
