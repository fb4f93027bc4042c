#include "levels/level_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "levels/level_lanes.h"

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

double expected_reports(const LevelRowView& row, const ByLeverage& weight, double background) {
  double mu = background;
  for (const LevelExposure& e : row.exposure) mu += weight[e.leverage] * e.lots;
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
  std::vector<LevelExposure> exposures;
  for (const LevelRow& row : rows) {
    for (const auto& [j, lots] : row.exposure) exposures.push_back({j, 0, lots});
  }
  std::vector<LevelRowView> views;
  size_t from = 0;
  for (const LevelRow& row : rows) {
    views.push_back(
        {row.bar, row.side, row.reported, std::span(exposures).subspan(from, row.exposure.size())});
    from += row.exposure.size();
  }
  return fit_levels(std::span<const LevelRowView>(views), prior, background);
}

namespace {

// Richardson-Lucy, until no weight moves: each report is credited to the leverages by what they
// were expected to have of it.
void settle(std::span<const LevelRowView* const> reports, const LevelPrior& prior,
            const ByLeverage& denominator, double background_rows, LevelFit& fit) {
  const double background = fit.background;
  for (fit.iterations = 1; fit.iterations <= kIterations; ++fit.iterations) {
    ByLeverage credit{};  // reports that each leverage is given credit for
    double unexplained = kBackgroundRows * background;
    for (const LevelRowView* const row : reports) {
      const double share = row->reported / expected_reports(*row, fit.weight, fit.background);
      unexplained += fit.background * share;
      for (const LevelExposure& e : row->exposure)
        credit[e.leverage] += fit.weight[e.leverage] * e.lots * share;
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
}

Result<LevelFit> fit_once(std::span<const LevelRowView> rows, const LevelPrior& prior,
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
  // The others have no say in the iteration but by their exposure.
  std::vector<const LevelRowView*> reports;
  for (const LevelRowView& row : rows) {
    for (const LevelExposure& e : row.exposure) exposure[e.leverage] += e.lots;
    if (row.reported > 0) reports.push_back(&row);
  }
  LevelFit fit;
  fit.weight = prior.mean;
  fit.background = background;
  ByLeverage denominator{};
  for (size_t j = 0; j < kCount; ++j) denominator[j] = exposure[j] + prior.strength;
  settle(reports, prior, denominator, static_cast<double>(rows.size()) + kBackgroundRows, fit);
  Matrix information{};
  double squares = 0, means = 0;
  // Var = mu + mu^2 / k, so sum((y - mu)^2 - mu) = sum(mu^2) / k.
  double excess = 0, mean_squares = 0;
  for (const LevelRowView& row : rows) {
    const double mu = expected_reports(row, fit.weight, fit.background);
    fit.log_likelihood -= mu;
    if (row.reported > 0)
      fit.log_likelihood += row.reported * std::log(mu) - std::lgamma(row.reported + 1);
    squares += (row.reported - mu) * (row.reported - mu);
    means += mu;
    excess += (row.reported - mu) * (row.reported - mu) - mu;
    mean_squares += mu * mu;
    for (const LevelExposure& a : row.exposure) {
      for (const LevelExposure& b : row.exposure)
        information[a.leverage][b.leverage] += a.lots * b.lots / mu;
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
  fit.dispersion = excess > 0 ? mean_squares / excess : std::numeric_limits<double>::infinity();
  return fit;
}

}  // namespace

Result<LevelFit> fit_levels(std::span<const LevelRowView> rows, const LevelPrior& prior,
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

LevelFitter::Kept::Kept(const LevelHistory& history, const LevelSearch& search)
    : entries(history.bars, search.rules.entry_step) {
  for (const PositionSide side : {PositionSide::long_side, PositionSide::short_side}) {
    for (size_t t = 0; t < history.bars.size(); ++t) {
      const LevelBar& bar = history.bars[t];
      const auto& reported =
          side == PositionSide::long_side ? bar.liquidated_long : bar.liquidated_short;
      if (reported) reports.push_back({static_cast<uint32_t>(t), side, *reported / search.lot, {}});
    }
  }
}

// What is not known yet of these rules, in one walk over the bars.
void LevelFitter::prepare(size_t history, std::span<const LevelRules> rules) {
  Kept& kept = kept_[history];
  std::vector<LevelRules> missing;
  for (const LevelRules& r : rules) {
    if (kept.exposures.try_emplace(key_of(r)).second) missing.push_back(r);
  }
  if (missing.empty()) return;
  const LevelHistory& h = histories_[history];
  CHECK(h.ratios);
  auto exposures = exposures_under({.bars = h.bars,
                                    .entries = kept.entries,
                                    .ratios = *h.ratios,
                                    .lot = search_.lot,
                                    .open_interest_start = h.open_interest_start},
                                   missing);
  for (size_t i = 0; i < missing.size(); ++i)
    kept.exposures[key_of(missing[i])] = std::move(exposures[i]);
}

template <class Visit>
void LevelFitter::each_row(size_t history, const LevelRules& rules, Visit visit) {
  prepare(history, {&rules, 1});
  const Kept& kept = kept_[history];
  const std::span<const LevelExposure> exposures = kept.exposures.at(key_of(rules));
  size_t at = 0;
  for (uint32_t row = 0; row < kept.reports.size(); ++row) {
    const size_t from = at;
    while (at < exposures.size() && exposures[at].row == row) ++at;
    LevelRowView view = kept.reports[row];
    view.exposure = exposures.subspan(from, at - from);
    visit(view);
  }
}

std::vector<LevelRowView> LevelFitter::rows(size_t history, const LevelRules& rules) {
  std::vector<LevelRowView> out;
  out.reserve(kept_[history].reports.size());
  each_row(history, rules, [&](const LevelRowView& row) { out.push_back(row); });
  return out;
}

Result<LevelModel> LevelFitter::fit_at(const std::vector<size_t>& use, LevelBars bars,
                                       const LevelRules& rules) {
  for (const LevelModel& model : tried_) {
    if (model.rules.turnover == rules.turnover && model.rules.half_life_h == rules.half_life_h &&
        model.rules.before_spread == rules.before_spread)
      return model;
  }
  std::vector<LevelRowView> longs, shorts;
  size_t most = 0;
  for (const size_t history : use) most += kept_[history].reports.size() / 2 + 1;
  longs.reserve(most);
  shorts.reserve(most);
  for (const size_t history : use) {
    each_row(history, rules, [&](const LevelRowView& row) {
      if (bars == LevelBars::all || row.bar < histories_[history].train_bars)
        (row.side == PositionSide::long_side ? longs : shorts).push_back(row);
    });
  }
  LevelModel model{.rules = rules, .longs = {}, .shorts = {}};
  model.longs = TRY(fit_levels(std::span<const LevelRowView>(longs), prior_));
  model.shorts = TRY(fit_levels(std::span<const LevelRowView>(shorts), prior_));
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
  const auto prepared = [&](const LevelRules& from, double LevelRules::*rule,
                            const std::vector<double>& grid) {
    std::vector<LevelRules> all;
    for (const double value : grid) {
      all.push_back(from);
      all.back().*rule = value;
    }
    for (const size_t history : use) prepare(history, all);
  };
  prepared(rules, grids[0].first, *grids[0].second);
  LevelModel best = TRY(fit_at(use, bars, rules));
  for (int round = 0; round < 2; ++round) {
    for (const auto& [rule, grid] : grids) {
      prepared(best.rules, rule, *grid);
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
