// Fitting the leverage weights of levels.h to reported liquidations, in a batch: for a given
// closing rate, what each leverage would have had liquidated is a known series (its exposure),
// expected reports are linear in the weights, and the Poisson likelihood with a prior has the
// Richardson-Lucy iteration. What is not linear (closing rate, turnover, where the older positions
// were entered) is searched on grids.
//
// What can be known: only the product of the feed's coverage, the liquidated share and the weight;
// a leverage whose levels were never crossed keeps its prior, and `contraction` says so; a wrong
// closing rate ruins the low leverages, so it is searched, not assumed. Docs:
// docs/models/levels.md.
#pragma once

#include <limits>
#include <map>
#include <span>
#include <vector>

#include "levels/levels.h"

namespace delever::levels {

// Exposures in lots (the median liquidation order) by row. Rows are bars, longs first, then shorts;
// rows without a report are absent.
struct LevelRow {
  uint32_t bar = 0;
  PositionSide side = PositionSide::long_side;
  double reported = 0;  // lots
  std::vector<std::pair<uint32_t, double>>
      exposure;  // (leverage, lots if all positions had it); only those above 0
};

// The same where rows of one history are kept once, and under each set of rules what they are
// exposed to alone. `row`: see level_lanes.h.
struct LevelExposure {
  uint32_t leverage = 0, row = 0;
  double lots = 0;
};
struct LevelRowView {
  uint32_t bar = 0;
  PositionSide side = PositionSide::long_side;
  double reported = 0;  // lots
  std::span<const LevelExposure> exposure;
};

// Where each bar's opens are entered: bucket and share. The same under all rules of one entry step.
class LevelEntries {
 public:
  LevelEntries(std::span<const LevelBar> bars, double entry_step);
  std::span<const LevelTrack::Entry> at(size_t bar) const {
    return std::span(entries_).subspan(from_[bar], from_[bar + 1] - from_[bar]);
  }
  double entry_step() const { return entry_step_; }
  size_t bars() const { return from_.size() - 1; }

 private:
  double entry_step_;
  std::vector<LevelTrack::Entry> entries_;
  std::vector<size_t> from_{0};
};

// What is deposited does not depend on the weights here: rises of the open interest, the turnover,
// and, with a before_spread, what was open at the start.
std::vector<LevelRow> level_exposures(std::span<const LevelBar> bars, const LevelRatios& ratios,
                                      const LevelRules& rules, double lot,
                                      double open_interest_start = 0);
std::vector<LevelRow> level_exposures(std::span<const LevelBar> bars, const LevelEntries& entries,
                                      const LevelRatios& ratios, const LevelRules& rules,
                                      double lot, double open_interest_start = 0);

struct LevelPrior {
  ByLeverage mean{};     // sums to at most 1
  double strength = 20;  // lots of exposure that the prior is worth
  // Only coverage x liquidated share x weight is known: what a side's learnt leverages show of the
  // prior is taken for the others too, so a side that is mostly hedged is not filled up with low
  // leverages that nobody saw.
  bool scaled = false;
};
// Concentrated where recorded open interest was: Hyperliquid, 15 December 2025, 0-3x 36.3 %,
// 3-7x 48.5 %, above 15.2 %. What stands below 2x is left out: it is not liquidated in any range
// that matters.
LevelPrior default_level_prior();

struct LevelFit {
  ByLeverage weight{};
  ByLeverage sd{};           // of the posterior at its mode (Laplace, expected information)
  ByLeverage contraction{};  // sd / sd of the prior
  std::array<bool, kLeverages.size()> prior_only{};  // contraction above .9: nothing was learnt
  double log_likelihood = 0;                         // Poisson, of the reports
  double background = 0;                             // lots a row that no level explains, fitted
  double prior_scale = 1;                            // of LevelPrior::mean, where it is scaled
  double overdispersion =
      1;  // sum (y - mu)^2 / sum mu, 1 at the least: sd and contraction have it in them
  double dispersion =
      0;  // k of a negative binomial about these means, by moments; infinite: Poisson
  int iterations = 0;
  bool sum_is_one = false;  // the weights pressed against their sum of 1
};

constexpr double kPriorOnlyContraction = 0.9;

// Refused: no rows. `background`: lots a row that no level explains, as expected before; worth
// kBackgroundRows rows.
constexpr double kBackgroundRows = 1000;
Result<LevelFit> fit_levels(std::span<const LevelRowView> rows, const LevelPrior& prior,
                            double background = 1e-3);
Result<LevelFit> fit_levels(const std::vector<LevelRow>& rows, const LevelPrior& prior,
                            double background = 1e-3);

double expected_reports(const LevelRow& row, const ByLeverage& weight, double background);
double expected_reports(const LevelRowView& row, const ByLeverage& weight, double background);

// One history of one contract; reports of bars from `train_bars` on are held out.
struct LevelHistory {
  std::span<const LevelBar> bars;
  const LevelRatios* ratios = nullptr;
  double open_interest_start = 0;  // coins
  size_t train_bars = std::numeric_limits<size_t>::max();
};

// The assumptions that fitted best, and the weights of both sides under them: longs and shorts are
// not hedged alike.
struct LevelModel {
  LevelRules rules;
  LevelFit longs, shorts;
  double log_likelihood = 0;

  const LevelFit& at(PositionSide side) const {
    return side == PositionSide::long_side ? longs : shorts;
  }
};

// Values to try; one is searched at a time, twice around, from `rules`.
struct LevelSearch {
  LevelRules rules{.before_spread = 0.02};
  std::vector<double> turnovers{0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4};
  std::vector<double> half_lives_h{1, 3, 6, 12, 24, 48, 96};
  std::vector<double> before_spreads{0, 0.005, 0.01, 0.02, 0.04};
  double lot =
      1;  // coins; best that in which counts are Poisson: mean square of an order over its mean
};

enum class LevelBars {
  training,
  all
};  // whose reports are learnt from: with `all`, also what was held out

// Fits models to any of several histories; what one history says under one set of rules is computed
// once.
class LevelFitter {
 public:
  LevelFitter(std::vector<LevelHistory> histories, const LevelPrior& prior,
              const LevelSearch& search)
      : histories_(std::move(histories)), prior_(prior), search_(search) {
    for (const LevelHistory& h : histories_) kept_.emplace_back(h, search);
  }

  // `use`: indices of histories. Errors: as fit_levels.
  Result<LevelModel> fit(const std::vector<size_t>& use, LevelBars bars = LevelBars::training);
  // Every assumption that this fitter has weighed for `use`, in the order tried.
  const std::vector<LevelModel>& tried() const { return tried_; }
  // They point into the fitter.
  std::vector<LevelRowView> rows(size_t history, const LevelRules& rules);

 private:
  using Key = std::array<double, 3>;
  static Key key_of(const LevelRules& rules) {
    return {rules.turnover, rules.half_life_h, rules.before_spread};
  }
  struct Kept {  // of one history
    Kept(const LevelHistory& history, const LevelSearch& search);
    LevelEntries entries;
    std::vector<LevelRowView> reports;  // exposed to nothing
    std::map<Key, std::vector<LevelExposure>> exposures;
  };
  void prepare(size_t history, std::span<const LevelRules> rules);
  template <class Visit>
  void each_row(size_t history, const LevelRules& rules, Visit visit);
  Result<LevelModel> fit_at(const std::vector<size_t>& use, LevelBars bars,
                            const LevelRules& rules);
  std::vector<LevelHistory> histories_;
  LevelPrior prior_;
  LevelSearch search_;
  std::vector<Kept> kept_;
  std::vector<LevelModel> tried_;
};

}  // namespace delever::levels
