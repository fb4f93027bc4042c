// Fitting the leverage weights of levels.h to reported liquidations, in a batch: for a given closing rate, what each
// leverage would have had liquidated is a known series (its exposure), expected reports are linear in the weights,
// and the Poisson likelihood with a prior has the Richardson-Lucy iteration. The closing rate is profiled on a
// grid.
//
// What can be known: only the product of the feed's coverage, the liquidated share and the weight; a leverage whose
// levels were never crossed keeps its prior, and `contraction` says so; a wrong closing rate ruins the low
// leverages, so it is searched, not assumed. Docs: docs/models/levels.md.
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "margin/levels.h"

namespace delever {

// Exposures in lots (the median liquidation order) by row. Rows are bars, longs first, then shorts; rows without a
// report are absent.
struct LevelRow {
  uint32_t bar = 0;
  PositionSide side = PositionSide::long_side;
  double reported = 0;  // lots
  std::vector<std::pair<uint32_t, double>> exposure;  // (leverage, lots if all positions had it); only those above 0
};

// What is deposited does not depend on the weights here: rises of the open interest, and the turnover.
std::vector<LevelRow> level_exposures(std::span<const LevelBar> bars, const LevelRatios& ratios,
                                      const LevelRules& rules, double lot);

struct LevelPrior {
  ByLeverage mean{};      // sums to at most 1
  double strength = 20;   // lots of exposure that the prior is worth
};
// Concentrated where recorded open interest was: Hyperliquid, 15 December 2025, 0-3x 36.3 %, 3-7x 48.5 %, above
// 15.2 %. What stands below 2x is left out: it is not liquidated in any range that matters.
LevelPrior default_level_prior();

struct LevelFit {
  ByLeverage weight{};
  ByLeverage sd{};              // of the posterior at its mode (Laplace, expected information)
  ByLeverage contraction{};     // sd / sd of the prior
  std::array<bool, kLeverages.size()> prior_only{};  // contraction above .9: nothing was learnt
  double log_likelihood = 0;    // Poisson, of the reports
  double dispersion = 0;        // k of a negative binomial about these means, by moments; infinite: Poisson
  int iterations = 0;
  bool sum_is_one = false;      // the weights pressed against their sum of 1
};

constexpr double kPriorOnlyContraction = 0.9;

// Refused: no rows. `background`: lots a row that no level explains.
Result<LevelFit> fit_levels(const std::vector<LevelRow>& rows, const LevelPrior& prior, double background = 1e-3);

double expected_reports(const LevelRow& row, const ByLeverage& weight, double background = 1e-3);

struct HazardPoint { double half_life_h = 0; LevelFit fit; };
// Every half-life of the grid with its fit, in the grid's order; the one with the greatest likelihood is `best`.
struct HazardProfile { std::vector<HazardPoint> points; size_t best = 0; };
struct HazardSearch {
  LevelRules rules;  // half_life_h is replaced by each of the grid
  std::vector<double> half_lives_h{1, 3, 6, 12, 24, 48, 96};
  double lot = 1;
  size_t train_bars = std::numeric_limits<size_t>::max();  // reports of later bars are held out
};
Result<HazardProfile> profile_hazard(std::span<const LevelBar> bars, const LevelRatios& ratios, const LevelPrior& prior,
                                     const HazardSearch& search);

}  // namespace delever
