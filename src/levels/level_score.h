// Scores that decide whether inferred levels may be shown: forecasts of reported liquidations, per
// side and hour, out of sample and conditional on the realised price path, against baselines that
// know no levels. All scores are proper and negatively oriented (smaller is better); outcomes are
// never selected by what happened, only weighted by thresholds fixed in training. Docs:
// docs/models/levels.md.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "statistics/count_regression.h"
#include "statistics/forecast_tests.h"

namespace delever::levels {

// What a season of held-out hours says about the levels. The bars are acceptance rules of ours.
struct HeldOut {
  std::vector<statistics::CountForecast> levels, climatology, regression,
      fixed_menu;  // B0, B1, B2, by hour and side
  std::vector<uint64_t> outcomes;
  std::vector<uint64_t> tail_thresholds;  // each row's training set's 95th percentile
  double days = 0;
};
struct LevelVerdict {
  bool publish = false;
  std::vector<std::string> failed;                // what stands in the way, in words
  double log_score = 0, crps = 0, crps_tail = 0;  // means of the levels
  std::optional<statistics::DieboldMariano> against_climatology, against_regression,
      against_menu;        // of log scores
  double coverage_90 = 0;  // share of randomised transforms between .05 and .95
  double pit_p = 0;
  size_t non_zero = 0;
};
Result<LevelVerdict> judge_levels(const HeldOut& held_out, uint64_t seed);

}  // namespace delever::levels
