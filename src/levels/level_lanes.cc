#include "levels/level_lanes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace delever::levels {
namespace {

constexpr size_t kLeverageCount = kLeverages.size();
// Room on either side of what a track holds, so that a new low seldom moves it.
constexpr int64_t kSlack = 64;

// LevelTrack (levels.h) for K rules: one stretch of buckets, K numbers in each. A lane that has
// nothing in a bucket has 0 there, which adds nothing; what a track of its own would have beyond
// that is when it ran empty, for then its factor begins again.
template <size_t K>
class LaneTrack {
 public:
  using Lanes = std::array<double, K>;

  LaneTrack(PositionSide side, double ratio, double step)
      : side_(side), log_ratio_(std::log(ratio)), step_(step) {
    factor_.fill(1);
    empty_.fill(true);
  }

  // What stood before the first bar, in some of the lanes.
  void put(const std::array<bool, K>& lanes, int64_t bucket, double coins) {
    reach(bucket, bucket);
    for (size_t k = 0; k < K; ++k) {
      if (!lanes[k]) continue;
      hold(k, bucket, bucket);
      at(bucket)[k] = coins;
    }
  }

  // False: the mark has passed nothing.
  bool cross(double low, double high, Lanes& crossed) {
    if (!at_edge(low, high)) return false;
    Lanes sum{};
    do {
      double* const cell = at(side_ == PositionSide::long_side ? --end_ : first_++);
      for (size_t k = 0; k < K; ++k) {
        sum[k] += cell[k];
        cell[k] = 0;
      }
    } while (at_edge(low, high));
    for (size_t k = 0; k < K; ++k) {
      crossed[k] = sum[k] * factor_[k];
      empty_[k] =
          empty_[k] || (side_ == PositionSide::long_side ? far_[k] >= end_ : far_[k] < first_);
    }
    return true;
  }

  void scale(const Lanes& kept) {
    double least = 1;
    for (size_t k = 0; k < K; ++k) {
      factor_[k] *= kept[k];
      least = std::min(least, factor_[k]);
    }
    if (least > 1e-100) return;
    for (size_t k = 0; k < K; ++k) {
      if (factor_[k] > 1e-100) continue;
      for (int64_t bucket = first_; bucket < end_; ++bucket) at(bucket)[k] *= factor_[k];
      factor_[k] = 1;
    }
  }

  // The entries of one bar, and what they add to a track of a given factor: tracks that have not
  // run empty at different times share it.
  struct Deposit {
    std::span<const LevelTrack::Entry> entries;
    int64_t low = 0, high = 0;  // buckets
    Lanes coins{}, factor{};
    std::vector<Lanes> adds;
  };
  void add(Deposit& d) {
    for (size_t k = 0; k < K; ++k) {
      if (d.coins[k] > 0) hold(k, d.low, d.high);
    }
    reach(d.low, d.high);
    if (d.adds.empty() || d.factor != factor_) {
      d.factor = factor_;
      d.adds.clear();
      for (const auto& entry : d.entries) {
        Lanes& add = d.adds.emplace_back();
        for (size_t k = 0; k < K; ++k) add[k] = d.coins[k] * entry.second / factor_[k];
      }
    }
    for (size_t i = 0; i < d.entries.size(); ++i) {
      double* const cell = at(d.entries[i].first);
      const Lanes& add = d.adds[i];
      for (size_t k = 0; k < K; ++k) cell[k] += add[k];
    }
  }

 private:
  double* at(int64_t bucket) { return cells_.data() + static_cast<size_t>(bucket - base_) * K; }

  bool at_edge(double low, double high) {
    if (first_ == end_) return false;
    const int64_t bucket = side_ == PositionSide::long_side ? end_ - 1 : first_;
    if (edge_ != bucket) {
      edge_ = bucket;
      edge_price_ = std::exp((static_cast<double>(bucket) + 0.5) * step_ + log_ratio_);
    }
    return side_ == PositionSide::long_side ? edge_price_ >= low : edge_price_ <= high;
  }

  // The lane has something in these buckets; the far one is what is crossed last.
  void hold(size_t k, int64_t low, int64_t high) {
    const bool longs = side_ == PositionSide::long_side;
    if (empty_[k]) {
      factor_[k] = 1;
      far_[k] = longs ? low : high;
      empty_[k] = false;
    } else {
      far_[k] = longs ? std::min(far_[k], low) : std::max(far_[k], high);
    }
  }

  void reach(int64_t low, int64_t high) {
    const auto size = static_cast<int64_t>(cells_.size() / K);
    if (low < base_ || high >= base_ + size) {
      const int64_t from = (first_ == end_ ? low : std::min(low, first_)) - kSlack;
      const int64_t to = (first_ == end_ ? high + 1 : std::max(high + 1, end_)) + kSlack;
      std::vector<double> wider(static_cast<size_t>(to - from) * K, 0.0);
      if (first_ != end_)
        std::copy(at(first_), at(first_) + static_cast<size_t>(end_ - first_) * K,
                  wider.data() + static_cast<size_t>(first_ - from) * K);
      cells_ = std::move(wider);
      base_ = from;
    }
    const bool none = first_ == end_;
    first_ = none ? low : std::min(first_, low);
    end_ = none ? high + 1 : std::max(end_, high + 1);
  }

  PositionSide side_;
  double log_ratio_, step_;
  Lanes factor_{};
  std::array<int64_t, K> far_{};
  std::array<bool, K> empty_{};
  int64_t base_ = 0, first_ = 0, end_ = 0;  // buckets: of cells_, and of what is held
  std::vector<double> cells_;               // 0 outside of what is held
  std::optional<int64_t> edge_;
  double edge_price_ = 0;
};

template <size_t K>
class LaneWalk {
 public:
  using Track = LaneTrack<K>;
  using Lanes = typename Track::Lanes;

  LaneWalk(const LanesInput& in, std::span<const LevelRules> rules,
           std::span<std::vector<LevelExposure>> out)
      : in_(in), rules_(rules), out_(out) {
    CHECK(rules.size() <= K && out.size() == rules.size());
    for (const LevelRules& r : rules)
      CHECK(r.half_life_h > 0 && r.entry_step == in.entries.entry_step());
  }

  void walk(PositionSide side, uint32_t& row) {
    place(side);
    typename Track::Deposit deposit;
    Lanes kept{}, crossed{};
    kept.fill(1);
    double seconds = 0;
    for (size_t t = 0; t < in_.bars.size(); ++t) {
      const LevelBar& bar = in_.bars[t];
      if (bar.seconds != seconds) {
        seconds = bar.seconds;
        for (size_t k = 0; k < rules_.size(); ++k)
          kept[k] = std::exp2(-seconds / 3600 / rules_[k].half_life_h);
      }
      const bool adds = open(deposit, t);
      const bool reported =
          (side == PositionSide::long_side ? bar.liquidated_long : bar.liquidated_short)
              .has_value();
      for (size_t j = 0; j < kLeverageCount; ++j) {
        if (!tracks_[j]) continue;
        if (tracks_[j]->cross(bar.low, bar.high, crossed) && reported) note(j, row, crossed);
        tracks_[j]->scale(kept);
        if (adds) tracks_[j]->add(deposit);
      }
      row += reported ? 1 : 0;
    }
  }

 private:
  void note(size_t leverage, uint32_t row, const Lanes& crossed) {
    for (size_t k = 0; k < rules_.size(); ++k) {
      const double lots = rules_[k].liquidated_share * crossed[k] / in_.lot;
      if (lots > 0) out_[k].push_back({static_cast<uint32_t>(leverage), row, lots});
    }
  }

  // False: no lane opens anything in this bar.
  bool open(typename Track::Deposit& deposit, size_t t) {
    const LevelBar& bar = in_.bars[t];
    deposit.adds.clear();
    deposit.entries = in_.entries.at(t);
    double most = 0;
    for (size_t k = 0; k < rules_.size(); ++k) {
      deposit.coins[k] =
          std::max(0.0, bar.open_interest_change) + rules_[k].turnover * bar.volume();
      CHECK(deposit.coins[k] >= 0);
      most = std::max(most, deposit.coins[k]);
    }
    if (!(most > 0) || deposit.entries.empty()) return false;
    const auto [low, high] = std::minmax_element(deposit.entries.begin(), deposit.entries.end());
    deposit.low = low->first;
    deposit.high = high->first;
    return true;
  }

  // What was open before the first bar, once for all lanes that spread it alike.
  void place(PositionSide side) {
    for (size_t j = 0; j < kLeverageCount; ++j) {
      tracks_[j].reset();
      if (!in_.ratios.at(side, j)) continue;
      const double step = in_.entries.entry_step();
      tracks_[j].emplace(side, *in_.ratios.at(side, j), step);
      if (!(in_.open_interest_start > 0) || in_.bars.empty()) continue;
      std::array<bool, K> placed{};
      for (size_t k = 0; k < rules_.size(); ++k) {
        if (placed[k] || !(rules_[k].before_spread > 0)) continue;
        std::array<bool, K> alike{};
        for (size_t other = k; other < rules_.size(); ++other)
          alike[other] = rules_[other].before_spread == rules_[k].before_spread;
        LevelTrack plain(side, *in_.ratios.at(side, j), step);
        place_before(plain, rules_[k], std::sqrt(in_.bars[0].low * in_.bars[0].high),
                     in_.open_interest_start);
        plain.each_cell([&](int64_t bucket, double coins) {
          if (coins > 0) tracks_[j]->put(alike, bucket, coins);
        });
        for (size_t other = k; other < rules_.size(); ++other)
          placed[other] = placed[other] || alike[other];
      }
    }
  }

  const LanesInput& in_;
  std::span<const LevelRules> rules_;
  std::span<std::vector<LevelExposure>> out_;
  std::array<std::optional<Track>, kLeverageCount> tracks_;
};

template <size_t K>
void walk(const LanesInput& in, std::span<const LevelRules> rules,
          std::span<std::vector<LevelExposure>> out) {
  LaneWalk<K> lanes(in, rules, out);
  uint32_t row = 0;
  for (const PositionSide side : {PositionSide::long_side, PositionSide::short_side})
    lanes.walk(side, row);
}

}  // namespace

std::vector<std::vector<LevelExposure>> exposures_under(const LanesInput& input,
                                                        std::span<const LevelRules> rules) {
  CHECK(input.lot > 0 && input.entries.bars() == input.bars.size());
  constexpr size_t most = 8;
  std::vector<std::vector<LevelExposure>> out(rules.size());
  for (size_t from = 0; from < rules.size(); from += most) {
    const size_t count = std::min(most, rules.size() - from);
    const auto some = rules.subspan(from, count);
    const auto into = std::span(out).subspan(from, count);
    if (count > 4)
      walk<8>(input, some, into);
    else if (count > 1)
      walk<4>(input, some, into);
    else
      walk<1>(input, some, into);
  }
  return out;
}

}  // namespace delever::levels
