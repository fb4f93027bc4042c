#include "margin/level_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace delever {
namespace {

constexpr size_t kCount = kLeverages.size();
constexpr int kIterations = 5000;
constexpr double kSettled = 1e-9;  // relative change of every weight

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

// The mode of prod w^n e^(-e w) under sum w <= 1: n / (e + multiplier), the multiplier 0 unless the sum presses.
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

double dispersion_of(const std::vector<LevelRow>& rows, const ByLeverage& weight, double background) {
  double excess = 0, squares = 0;  // Var = mu + mu^2 / k, so sum((y - mu)^2 - mu) = sum(mu^2) / k
  for (const LevelRow& row : rows) {
    const double mu = expected_reports(row, weight, background);
    excess += (row.reported - mu) * (row.reported - mu) - mu;
    squares += mu * mu;
  }
  return excess > 0 ? squares / excess : std::numeric_limits<double>::infinity();
}

}  // namespace

LevelPrior default_level_prior() {
  // Up to 3x .363, of which half is taken to be under 2x or hedged; 3 to 7x .485; above .152, falling with the
  // leverage.
  LevelPrior prior;
  prior.mean = {0.0915, 0.09, 0.485, 0.07, 0.035, 0.02, 0.015, 0.004, 0.006, 0.002};
  return prior;
}

double expected_reports(const LevelRow& row, const ByLeverage& weight, double background) {
  double mu = background;
  for (const auto& [j, lots] : row.exposure) mu += weight[j] * lots;
  return mu;
}

std::vector<LevelRow> level_exposures(std::span<const LevelBar> bars, const LevelRatios& ratios,
                                      const LevelRules& rules, double lot) {
  CHECK(lot > 0 && rules.half_life_h > 0);
  std::vector<LevelRow> rows;
  for (const PositionSide side : {PositionSide::long_side, PositionSide::short_side}) {
    std::array<std::optional<LevelTrack>, kCount> tracks;
    for (size_t j = 0; j < kCount; ++j) {
      if (ratios.at(side, j)) tracks[j].emplace(side, *ratios.at(side, j), rules.entry_step);
    }
    for (size_t t = 0; t < bars.size(); ++t) {
      const LevelBar& bar = bars[t];
      const double opened = std::max(0.0, bar.open_interest_change) + rules.turnover * bar.volume();
      const double kept = std::exp2(-bar.seconds / 3600 / rules.half_life_h);
      const std::vector<LevelBar::Traded> entries = entry_shares(bar);
      LevelRow row{.bar = static_cast<uint32_t>(t), .side = side};
      for (size_t j = 0; j < kCount; ++j) {
        if (!tracks[j]) continue;
        const double lots = rules.liquidated_share * tracks[j]->cross(bar.low, bar.high) / lot;
        if (lots > 0) row.exposure.emplace_back(static_cast<uint32_t>(j), lots);
        tracks[j]->scale(kept);
        for (const LevelBar::Traded& entry : entries) tracks[j]->add(entry.price, opened * entry.coins);
      }
      const auto& reported = side == PositionSide::long_side ? bar.liquidated_long : bar.liquidated_short;
      if (!reported) continue;
      row.reported = *reported / lot;
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

Result<LevelFit> fit_levels(const std::vector<LevelRow>& rows, const LevelPrior& prior, double background) {
  if (rows.empty()) return Error{Fault::no_evidence, "no bar has a report of liquidations"};
  if (!(background > 0) || !(prior.strength > 0)) return Error{Fault::refused, "the prior's strength is positive"};
  double sum = 0;
  for (const double p : prior.mean) {
    if (!(p >= 0)) return Error{Fault::refused, "prior weights are not negative"};
    sum += p;
  }
  if (sum > 1 + 1e-12) return Error{Fault::refused, "prior weights sum to more than 1"};

  ByLeverage exposure{};
  for (const LevelRow& row : rows) {
    for (const auto& [j, lots] : row.exposure) exposure[j] += lots;
  }
  LevelFit fit;
  fit.weight = prior.mean;
  ByLeverage denominator{};
  for (size_t j = 0; j < kCount; ++j) denominator[j] = exposure[j] + prior.strength;
  for (fit.iterations = 1; fit.iterations <= kIterations; ++fit.iterations) {
    ByLeverage credit{};  // reports that each leverage is given credit for
    for (const LevelRow& row : rows) {
      if (row.reported == 0 || row.exposure.empty()) continue;
      const double share = row.reported / expected_reports(row, fit.weight, background);
      for (const auto& [j, lots] : row.exposure) credit[j] += fit.weight[j] * lots * share;
    }
    for (size_t j = 0; j < kCount; ++j) credit[j] += prior.strength * prior.mean[j];
    const ByLeverage before = fit.weight;
    fit.sum_is_one = maximise(credit, denominator, fit.weight);
    double moved = 0;
    for (size_t j = 0; j < kCount; ++j) moved = std::max(moved, std::abs(fit.weight[j] / (before[j] + 1e-300) - 1) *
                                                                    (fit.weight[j] > 1e-12 ? 1 : 0));
    if (moved < kSettled) break;
  }
  Matrix information{};
  for (const LevelRow& row : rows) {
    const double mu = expected_reports(row, fit.weight, background);
    fit.log_likelihood += row.reported * std::log(mu) - mu - std::lgamma(row.reported + 1);
    for (const auto& [i, a] : row.exposure) {
      for (const auto& [j, b] : row.exposure) information[i][j] += a * b / mu;
    }
  }
  // The prior's own information, strength p / w^2, at its mode; so an unexposed weight has a contraction of exactly
  // 1.
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
  fit.dispersion = dispersion_of(rows, fit.weight, background);
  return fit;
}

Result<HazardProfile> profile_hazard(std::span<const LevelBar> bars, const LevelRatios& ratios, const LevelPrior& prior,
                                     const HazardSearch& search) {
  if (search.half_lives_h.empty()) return Error{Fault::refused, "no half-life to try"};
  HazardProfile profile;
  for (const double half_life : search.half_lives_h) {
    if (!(half_life > 0)) return Error{Fault::refused, "a half-life is positive"};
    LevelRules rules = search.rules;
    rules.half_life_h = half_life;
    std::vector<LevelRow> rows = level_exposures(bars, ratios, rules, search.lot);
    std::erase_if(rows, [&](const LevelRow& row) { return row.bar >= search.train_bars; });
    LevelFit fit = TRY(fit_levels(rows, prior));
    profile.points.push_back({half_life, fit});
    if (fit.log_likelihood > profile.points[profile.best].fit.log_likelihood)
      profile.best = profile.points.size() - 1;
  }
  return profile;
}

}  // namespace delever
