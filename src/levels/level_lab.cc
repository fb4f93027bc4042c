#include "levels/level_lab.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace delever::levels {
namespace {

constexpr std::array<size_t, 4> kMenu{3, 5, 6, 8};  // 10, 25, 50, 100x: what the maps in use assume
constexpr std::array<PositionSide, 2> kLabSides{PositionSide::long_side, PositionSide::short_side};

LevelRules menu_rules(LevelRules rules) {
  rules.half_life_h = std::numeric_limits<double>::infinity();
  rules.turnover = 1;
  rules.before_spread = 0;
  return rules;
}

double menu_lots(const LevelRow& row) {
  double lots = 0;
  for (const auto& [j, exposed] : row.exposure)
    lots += std::find(kMenu.begin(), kMenu.end(), j) != kMenu.end() ? exposed / kMenu.size() : 0;
  return lots;
}

// One side in one period. Lots are of the count.
struct Period {
  double menu = 0, reported = 0;
  double expected = 0;  // by the model at hand
  double first = 0, low = 0, high = 0, last = 0, open_interest = 0;
  bool train = false, seen = false;

  std::vector<double> features(PositionSide side) const {
    return {std::abs(std::log(last / first)), std::log(high / low), std::log(open_interest),
            side == PositionSide::long_side ? 1.0 : 0.0};
  }
};
using Periods = std::map<std::pair<int64_t, PositionSide>, Period>;

uint64_t as_count(double lots) { return static_cast<uint64_t>(std::llround(std::max(0.0, lots))); }

// The regression, on as many of its features as tell something: open interest may never move.
struct FittedRegression {
  statistics::CountRegression fit;
  std::vector<size_t> columns;
  statistics::CountForecast at(const std::vector<double>& all) const {
    std::vector<double> x;
    for (const size_t c : columns) x.push_back(all[c]);
    return fit.at(x);
  }
};

Result<FittedRegression> regress(const std::vector<std::vector<double>>& features,
                                 const std::vector<uint64_t>& y) {
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
  out.fit = TRY(statistics::fit_regression(used, y));
  return out;
}

class Lab {
 public:
  Lab(const LevelLabInput& in, LevelFitter& fitter) : in_(in), fitter_(fitter) {
    for (size_t i = 0; i < in.histories.size(); ++i) periods_.push_back(periods_of(i));
  }

  // Fits on the fold's training hours alone: the levels, what each baseline needs to be a forecast
  // of counts (a mean, a scale, a dispersion) and the tail's threshold. Then the held-out hours are
  // forecast by all four.
  Result<void> run(const LevelFold& fold, LevelTrial& trial) {
    LevelModel model = TRY(fitter_.fit(fold.train));
    std::vector<size_t> touched = fold.train;
    touched.insert(touched.end(), fold.scored.begin(), fold.scored.end());
    for (const size_t i : touched) expect(i, model);

    std::vector<double> expected, menu;
    std::vector<std::vector<double>> features;
    std::vector<uint64_t> train;
    double sum = 0, menu_sum = 0;
    for (const size_t i : fold.train) {
      for (const auto& [key, p] : periods_[i]) {
        if (!p.seen || !p.train) continue;
        expected.push_back(p.expected);
        menu.push_back(p.menu);
        features.push_back(p.features(key.second));
        train.push_back(as_count(p.reported));
        sum += p.reported;
        menu_sum += p.menu;
      }
    }
    if (train.empty()) return Error{Fault::no_evidence, "no hour to train on"};
    const double mean = std::max(sum / static_cast<double>(train.size()), 1e-3);
    const double scale = menu_sum > 0 ? sum / menu_sum : 0;
    const auto menu_mean = [&](double lots) { return std::max(scale * lots, 1e-3); };
    for (double& m : menu) m = menu_mean(m);
    const statistics::DispersionLaw k_levels = statistics::fit_dispersion_law(expected, train),
                                    k_menu = statistics::fit_dispersion_law(menu, train);
    const double k_climate =
        statistics::fit_dispersion(std::vector<double>(train.size(), mean), train);
    const FittedRegression regression = TRY(regress(features, train));
    // A threshold of training selects nothing by what happened later (crps_above stays proper).
    std::vector<uint64_t> sorted = train;
    std::sort(sorted.begin(), sorted.end());
    const uint64_t tail =
        sorted[static_cast<size_t>(0.95 * static_cast<double>(sorted.size() - 1))];

    HeldOut& held = trial.held_out;
    for (const size_t i : fold.scored) {
      for (const auto& [key, p] : periods_[i]) {
        if (!p.seen || (fold.split && p.train)) continue;
        held.outcomes.push_back(as_count(p.reported));
        held.levels.push_back({p.expected, k_levels.at(p.expected)});
        held.climatology.push_back({mean, k_climate});
        held.regression.push_back(regression.at(p.features(key.second)));
        held.fixed_menu.push_back({menu_mean(p.menu), k_menu.at(menu_mean(p.menu))});
        held.tail_thresholds.push_back(tail);
      }
    }
    trial.models.push_back(std::move(model));
    trial.menu_scales.push_back(scale);
    return {};
  }

 private:
  int64_t period_of(const LevelBar& bar) const { return (bar.end.ns() - 1) / in_.period.ns(); }

  // A period belongs to training when its last bar does; the one in which the parts meet is held
  // out.
  Periods periods_of(size_t history) const {
    const LevelHistory& h = in_.histories[history];
    Periods periods;
    double open_interest = h.open_interest_start;
    for (size_t t = 0; t < h.bars.size(); ++t) {
      const LevelBar& bar = h.bars[t];
      open_interest += bar.open_interest_change;
      for (const PositionSide side : kLabSides) {
        Period& p = periods[{period_of(bar), side}];
        const double middle = std::sqrt(bar.low * bar.high);
        if (p.first == 0) p = {.first = middle, .low = bar.low, .high = bar.high};
        p.low = std::min(p.low, bar.low);
        p.high = std::max(p.high, bar.high);
        p.last = middle;
        p.open_interest = std::max(open_interest, 1e-9);
        p.train = t < h.train_bars;
      }
    }
    for (const LevelRow& row :
         level_exposures(h.bars, *h.ratios, menu_rules(in_.search.rules), in_.count_lot)) {
      Period& p = periods[{period_of(h.bars[row.bar]), row.side}];
      p.menu += menu_lots(row);
      p.reported += row.reported;
      p.seen = true;
    }
    return periods;
  }

  // Lots that the model expects to be reported, by period and side.
  void expect(size_t history, const LevelModel& model) {
    for (auto& [key, p] : periods_[history]) p.expected = 0;
    const double lots = in_.search.lot / in_.count_lot;
    const LevelHistory& h = in_.histories[history];
    for (const LevelRowView& row : fitter_.rows(history, model.rules)) {
      const LevelFit& fit = model.at(row.side);
      periods_[history][{period_of(h.bars[row.bar]), row.side}].expected +=
          lots * expected_reports(row, fit.weight, fit.background);
    }
  }

  const LevelLabInput& in_;
  LevelFitter& fitter_;
  std::vector<Periods> periods_;
};

// Against one baseline by one score; blocks of a day, both sides together.
template <class Score>
LevelSkill skill(const HeldOut& h, const char* score_name, const char* baseline, Score score,
                 const std::vector<statistics::CountForecast>& other, size_t block, uint64_t seed) {
  LevelSkill s{.score = score_name, .baseline = baseline};
  std::vector<double> ours, theirs, difference;
  for (size_t i = 0; i < h.outcomes.size(); ++i) {
    ours.push_back(score(h.levels[i], i));
    theirs.push_back(score(other[i], i));
    difference.push_back(ours.back() - theirs.back());
    s.levels += ours.back() / static_cast<double>(h.outcomes.size());
    s.other += theirs.back() / static_cast<double>(h.outcomes.size());
  }
  if (const auto mean = statistics::block_mean(difference, block, Random(seed, {}));
      mean.has_value())
    s.difference = mean.value();
  if (const auto compared = statistics::diebold_mariano(ours, theirs); compared.has_value())
    s.p = compared.value().p;
  return s;
}

}  // namespace

// Each history is scored by what all the others teach.
std::vector<LevelFold> leave_one_out(size_t histories) {
  std::vector<LevelFold> folds;
  for (size_t out = 0; out < histories; ++out) {
    LevelFold& fold = folds.emplace_back();
    fold.scored = {out};
    for (size_t i = 0; i < histories; ++i) {
      if (i != out) fold.train.push_back(i);
    }
  }
  return folds;
}

Result<LevelTrial> try_levels(const LevelLabInput& in, const std::vector<LevelFold>& folds) {
  LevelFitter fitter(in.histories, in.prior, in.search);
  return try_levels(in, folds, fitter);
}

Result<LevelTrial> try_levels(const LevelLabInput& in, const std::vector<LevelFold>& folds,
                              LevelFitter& fitter) {
  CHECK(in.count_lot > 0 && in.period > Duration());
  LevelTrial trial;
  Lab lab(in, fitter);
  for (const LevelFold& fold : folds) TRY(lab.run(fold, trial));
  HeldOut& h = trial.held_out;
  const double per_day = 2 * Duration::days(1).in_seconds() / in.period.in_seconds();
  h.days = static_cast<double>(h.outcomes.size()) / per_day;
  trial.verdict = TRY(judge_levels(h, in.seed));
  const std::array<std::pair<const char*, const std::vector<statistics::CountForecast>*>, 3> others{
      {{"climatology", &h.climatology},
       {"regression", &h.regression},
       {"fixed_menu", &h.fixed_menu}}};
  const size_t block = std::max<size_t>(2, static_cast<size_t>(per_day));
  for (const auto& [name, other] : others) {
    trial.skills.push_back(skill(
        h, "log", name,
        [&](const statistics::CountForecast& f, size_t i) {
          return statistics::log_score(f, h.outcomes[i]);
        },
        *other, block, in.seed));
    trial.skills.push_back(skill(
        h, "crps", name,
        [&](const statistics::CountForecast& f, size_t i) {
          return statistics::crps(f, h.outcomes[i]);
        },
        *other, block, in.seed));
    trial.skills.push_back(skill(
        h, "crps_tail", name,
        [&](const statistics::CountForecast& f, size_t i) {
          return statistics::crps_above(f, h.outcomes[i], h.tail_thresholds[i]);
        },
        *other, block, in.seed));
  }
  return trial;
}

// One history alone: its first half trains, its second is scored.
Result<LevelTrial> try_levels(const LevelLabInput& in) {
  CHECK(in.histories.size() == 1);
  LevelLabInput split = in;
  split.histories[0].train_bars = in.histories[0].bars.size() / 2;
  return try_levels(split, {{.train = {0}, .scored = {0}, .split = true}});
}

MenuMap::MenuMap(const LevelRatios& ratios) {
  for (const PositionSide side : kLabSides) {
    for (const size_t j : kMenu) {
      if (!ratios.at(side, j)) continue;
      tracks_.push_back({side, j, LevelTrack(side, *ratios.at(side, j), LevelRules{}.entry_step)});
    }
  }
}

void MenuMap::step(const LevelBar& bar) {
  const double opened = (std::max(0.0, bar.open_interest_change) + bar.volume()) / kMenu.size();
  std::vector<LevelTrack::Entry> entries;
  for (const LevelBar::Traded& entry : entry_shares(bar))
    entries.emplace_back(LevelTrack::bucket_of(entry.price, LevelRules{}.entry_step), entry.coins);
  for (Track& track : tracks_) {
    track.levels.cross(bar.low, bar.high);
    for (const auto& [bucket, share] : entries) track.levels.add_at(bucket, opened * share);
  }
}

std::vector<LevelInventory::Level> MenuMap::levels(PositionSide side) const {
  std::vector<LevelInventory::Level> levels;
  for (const Track& track : tracks_) {
    if (track.side == side)
      track.levels.each([&](double price, double coins) {
        levels.push_back({price, coins, track.leverage});
      });
  }
  return levels;
}

}  // namespace delever::levels
