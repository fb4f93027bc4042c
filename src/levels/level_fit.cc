#include "levels/level_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace delever::levels {
namespace {

constexpr size_t kCount = kLeverages.size();
constexpr int kIterations = 5000;
constexpr double kSettled = 1e-7;  // relative change of every weight

using Matrix = std::array<std::array<double, kCount>, kCount>;

// Diagonal of the inverse of a symmetric positive matrix, by Cholesky: column by column of L^-1.
ByLeverage inverse_diagonal(const Matrix& a) {
  Matrix l{}, inv{};
  for (size_t i = 0; i < kCount; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = a[i][j];
      for (size_t k = 0; k < j; ++k) sum -= l[i][k] * l[j][k];
      l[i][j] = i == j ? std::sqrt(std::max(sum, 1e-300)) : sum / l[j][j];
    }
  }
  ByLeverage out{};
  for (size_t c = 0; c < kCount; ++c) {
    for (size_t i = c; i < kCount; ++i) {
      double sum = i == c ? 1 : 0;
      for (size_t k = c; k < i; ++k) sum -= l[i][k] * inv[k][c];
      inv[i][c] = sum / l[i][i];
      out[c] += inv[i][c] * inv[i][c];
    }
  }
  return out;
}

// The mode of prod w^n e^(-e w) under sum w <= 1: n / (e + multiplier), the multiplier 0 unless the
// sum presses.
bool maximise(const ByLeverage& n, const ByLeverage& e, ByLeverage& weight) {
  const auto sum_at = [&](double multiplier) {
    double sum = 0;
    for (size_t j = 0; j < kCount; ++j) {
      weight[j] = n[j] > 0 ? n[j] / (e[j] + multiplier) : 0;
      sum += weight[j];
    }
    return sum;
  };
  if (sum_at(0) <= 1) return false;
  double low = 0, high = 0;
  for (size_t j = 0; j < kCount; ++j) high += n[j];  // then the sum is at most 1
  for (int i = 0; i < 200 && high - low > 1e-12 * high; ++i) {
    const double middle = (low + high) / 2;
    (sum_at(middle) > 1 ? low : high) = middle;
  }
  sum_at(high);
  return true;
}

double dispersion_of(std::span<const LevelRow* const> rows, const ByLeverage& weight,
                     double background) {
  double excess = 0, squares = 0;  // Var = mu + mu^2 / k, so sum((y - mu)^2 - mu) = sum(mu^2) / k
  for (const LevelRow* const at : rows) {
    const LevelRow& row = *at;
    const double mu = expected_reports(row, weight, background);
    excess += (row.reported - mu) * (row.reported - mu) - mu;
    squares += mu * mu;
  }
  return excess > 0 ? squares / excess : std::numeric_limits<double>::infinity();
}

}  // namespace

LevelPrior default_level_prior() {
  // Up to 3x .363, of which half is taken to be under 2x or hedged; 3 to 7x .485; above .152,
  // falling with the leverage.
  LevelPrior prior;
  prior.scaled = true;
  prior.mean = {0.0915, 0.09, 0.485, 0.07, 0.035, 0.02, 0.015, 0.004, 0.006, 0.002};
  return prior;
}

double expected_reports(const LevelRow& row, const ByLeverage& weight, double background) {
  double mu = background;
  for (const auto& [j, lots] : row.exposure) mu += weight[j] * lots;
  return mu;
}

LevelEntries::LevelEntries(std::span<const LevelBar> bars, double entry_step)
    : entry_step_(entry_step) {
  for (const LevelBar& bar : bars) {
    for (const LevelBar::Traded& entry : entry_shares(bar))
      entries_.emplace_back(LevelTrack::bucket_of(entry.price, entry_step), entry.coins);
    from_.push_back(entries_.size());
  }
}

std::vector<LevelRow> level_exposures(std::span<const LevelBar> bars, const LevelRatios& ratios,
                                      const LevelRules& rules, double lot,
                                      double open_interest_start) {
  return level_exposures(bars, LevelEntries(bars, rules.entry_step), ratios, rules, lot,
                         open_interest_start);
}

std::vector<LevelRow> level_exposures(std::span<const LevelBar> bars, const LevelEntries& entries,
                                      const LevelRatios& ratios, const LevelRules& rules,
                                      double lot, double open_interest_start) {
  CHECK(lot > 0 && rules.half_life_h > 0 && entries.bars() == bars.size());
  CHECK(entries.entry_step() == rules.entry_step);
  std::vector<LevelRow> rows;
  rows.reserve(2 * bars.size());
  for (const PositionSide side : {PositionSide::long_side, PositionSide::short_side}) {
    std::array<std::optional<LevelTrack>, kCount> tracks;
    for (size_t j = 0; j < kCount; ++j) {
      if (ratios.at(side, j)) tracks[j].emplace(side, *ratios.at(side, j), rules.entry_step);
    }
    if (rules.before_spread > 0 && open_interest_start > 0 && !bars.empty()) {
      for (auto& track : tracks) {
        if (track)
          place_before(*track, rules, std::sqrt(bars[0].low * bars[0].high), open_interest_start);
      }
    }
    for (size_t t = 0; t < bars.size(); ++t) {
      const LevelBar& bar = bars[t];
      const double opened = std::max(0.0, bar.open_interest_change) + rules.turnover * bar.volume();
      const double kept = std::exp2(-bar.seconds / 3600 / rules.half_life_h);
      const auto here = entries.at(t);
      LevelRow row{.bar = static_cast<uint32_t>(t), .side = side};
      for (size_t j = 0; j < kCount; ++j) {
        if (!tracks[j]) continue;
        const double lots = rules.liquidated_share * tracks[j]->cross(bar.low, bar.high) / lot;
        if (lots > 0) row.exposure.emplace_back(static_cast<uint32_t>(j), lots);
        tracks[j]->scale(kept);
        tracks[j]->add_all(here, opened);
      }
      const auto& reported =
          side == PositionSide::long_side ? bar.liquidated_long : bar.liquidated_short;
      if (!reported) continue;
      row.reported = *reported / lot;
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

Result<LevelFit> fit_levels(const std::vector<LevelRow>& rows, const LevelPrior& prior,
                            double background) {
  std::vector<const LevelRow*> all;
  for (const LevelRow& row : rows) all.push_back(&row);
  return fit_levels(all, prior, background);
}

namespace {

Result<LevelFit> fit_once(std::span<const LevelRow* const> rows, const LevelPrior& prior,
                          double background) {
  if (rows.empty()) return Error{Fault::no_evidence, "no bar has a report of liquidations"};
  if (!(background > 0) || !(prior.strength > 0))
    return Error{Fault::refused, "the prior's strength is positive"};
  double sum = 0;
  for (const double p : prior.mean) {
    if (!(p >= 0)) return Error{Fault::refused, "prior weights are not negative"};
    sum += p;
  }
  if (sum > 1 + 1e-12) return Error{Fault::refused, "prior weights sum to more than 1"};

  ByLeverage exposure{};
  std::vector<const LevelRow*>
      reports;  // the others have no say in the iteration but by their exposure
  for (const LevelRow* const row : rows) {
    for (const auto& [j, lots] : row->exposure) exposure[j] += lots;
    if (row->reported > 0) reports.push_back(row);
  }
  LevelFit fit;
  fit.weight = prior.mean;
  fit.background = background;
  const double background_rows = static_cast<double>(rows.size()) + kBackgroundRows;
  ByLeverage denominator{};
  for (size_t j = 0; j < kCount; ++j) denominator[j] = exposure[j] + prior.strength;
  for (fit.iterations = 1; fit.iterations <= kIterations; ++fit.iterations) {
    ByLeverage credit{};  // reports that each leverage is given credit for
    double unexplained = kBackgroundRows * background;
    for (const LevelRow* const row : reports) {
      const double share = row->reported / expected_reports(*row, fit.weight, fit.background);
      unexplained += fit.background * share;
      for (const auto& [j, lots] : row->exposure) credit[j] += fit.weight[j] * lots * share;
    }
    for (size_t j = 0; j < kCount; ++j) credit[j] += prior.strength * prior.mean[j];
    const ByLeverage before = fit.weight;
    const double background_before = fit.background;
    fit.sum_is_one = maximise(credit, denominator, fit.weight);
    fit.background = unexplained / background_rows;
    double moved = std::abs(fit.background / background_before - 1);
    for (size_t j = 0; j < kCount; ++j)
      moved = std::max(moved, std::abs(fit.weight[j] / (before[j] + 1e-300) - 1) *
                                  (fit.weight[j] > 1e-12 ? 1 : 0));
    if (moved < kSettled) break;
  }
  Matrix information{};
  double squares = 0, means = 0;
  for (const LevelRow* const at : rows) {
    const LevelRow& row = *at;
    const double mu = expected_reports(row, fit.weight, fit.background);
    fit.log_likelihood -= mu;
    if (row.reported > 0)
      fit.log_likelihood += row.reported * std::log(mu) - std::lgamma(row.reported + 1);
    squares += (row.reported - mu) * (row.reported - mu);
    means += mu;
    for (const auto& [i, a] : row.exposure) {
      for (const auto& [j, b] : row.exposure) information[i][j] += a * b / mu;
    }
  }
  fit.overdispersion = std::max(1.0, squares / means);
  for (auto& line : information) {
    for (double& entry : line) entry /= fit.overdispersion;
  }
  // The prior's own information, strength p / w^2, at its mode; so an unexposed weight has a
  // contraction of exactly 1.
  ByLeverage prior_information{};
  for (size_t j = 0; j < kCount; ++j) {
    prior_information[j] = prior.mean[j] > 0 ? prior.strength / prior.mean[j] : 1e30;
    information[j][j] += prior_information[j];
  }
  const ByLeverage variance = inverse_diagonal(information);
  for (size_t j = 0; j < kCount; ++j) {
    fit.sd[j] = std::sqrt(variance[j]);
    fit.contraction[j] = fit.sd[j] * std::sqrt(prior_information[j]);
    fit.prior_only[j] = fit.contraction[j] > kPriorOnlyContraction;
  }
  fit.dispersion = dispersion_of(rows, fit.weight, fit.background);
  return fit;
}

}  // namespace

Result<LevelFit> fit_levels(std::span<const LevelRow* const> rows, const LevelPrior& prior,
                            double background) {
  LevelFit fit = TRY(fit_once(rows, prior, background));
  if (!prior.scaled) return fit;
  double learnt = 0, expected = 0;  // over what was learnt of each leverage
  for (size_t j = 0; j < kCount; ++j) {
    const double share = 1 - std::min(1.0, fit.contraction[j] * fit.contraction[j]);
    learnt += share * fit.weight[j];
    expected += share * prior.mean[j];
  }
  if (!(learnt > 0) || !(expected > 0)) return fit;
  double sum = 0;
  for (const double p : prior.mean) sum += p;
  LevelPrior scaled = prior;
  const double scale = std::min(learnt / expected, 1 / sum);
  for (double& p : scaled.mean) p *= scale;
  fit = TRY(fit_once(rows, scaled, background));
  fit.prior_scale = scale;
  return fit;
}

const std::vector<LevelRow>& LevelFitter::rows(size_t history, const LevelRules& rules) {
  const Key key{rules.turnover, rules.half_life_h, rules.before_spread};
  const auto found = rows_[history].find(key);
  if (found != rows_[history].end()) return found->second;
  const LevelHistory& h = histories_[history];
  CHECK(h.ratios);
  return rows_[history][key] = level_exposures(h.bars, entries_[history], *h.ratios, rules,
                                               search_.lot, h.open_interest_start);
}

Result<LevelModel> LevelFitter::fit_at(const std::vector<size_t>& use, LevelBars bars,
                                       const LevelRules& rules) {
  for (const LevelModel& model : tried_) {
    if (model.rules.turnover == rules.turnover && model.rules.half_life_h == rules.half_life_h &&
        model.rules.before_spread == rules.before_spread)
      return model;
  }
  std::vector<const LevelRow*> longs, shorts;
  for (const size_t history : use) {
    for (const LevelRow& row : rows(history, rules)) {
      if (bars == LevelBars::all || row.bar < histories_[history].train_bars)
        (row.side == PositionSide::long_side ? longs : shorts).push_back(&row);
    }
  }
  LevelModel model{.rules = rules, .longs = {}, .shorts = {}};
  model.longs = TRY(fit_levels(longs, prior_));
  model.shorts = TRY(fit_levels(shorts, prior_));
  model.log_likelihood = model.longs.log_likelihood + model.shorts.log_likelihood;
  tried_.push_back(model);
  return model;
}

Result<LevelModel> LevelFitter::fit(const std::vector<size_t>& use, LevelBars bars) {
  if (search_.half_lives_h.empty()) return Error{Fault::refused, "no half-life to try"};
  for (const double h : search_.half_lives_h) {
    if (!(h > 0)) return Error{Fault::refused, "a half-life is positive"};
  }
  tried_.clear();
  LevelRules rules = search_.rules;
  // An empty grid leaves its rule alone.
  const std::array<std::pair<double LevelRules::*, const std::vector<double>*>, 3> grids{
      {{&LevelRules::half_life_h, &search_.half_lives_h},
       {&LevelRules::turnover, &search_.turnovers},
       {&LevelRules::before_spread, &search_.before_spreads}}};
  if (std::find(search_.half_lives_h.begin(), search_.half_lives_h.end(), rules.half_life_h) ==
      search_.half_lives_h.end())
    rules.half_life_h = search_.half_lives_h[search_.half_lives_h.size() / 2];
  LevelModel best = TRY(fit_at(use, bars, rules));
  for (int round = 0; round < 2; ++round) {
    for (const auto& [rule, grid] : grids) {
      for (const double value : *grid) {
        rules = best.rules;
        rules.*rule = value;
        LevelModel model = TRY(fit_at(use, bars, rules));
        if (model.log_likelihood > best.log_likelihood) best = std::move(model);
      }
    }
  }
  return best;
}

}  // namespace delever::levels
