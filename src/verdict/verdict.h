// Verdict: did the flush clear the leverage, or is the calm a false peace? A visible checklist over
// a base rate, and a refusal when evidence is missing. Readings in, verdict out; no prices are
// predicted.
//
// Target event (docs/models/verdict.md): some close below 0.95 x the flush day's close within 7
// days. Base rate after a flush: 46.7 % of 30 flushes of BTC, January 2020 to January 2026 (80 %
// interval 35 to 59 %, Wilson); any day: 28.5 %. logit P = logit(base) + sum w_i x_i, x_i = -1
// pass, +1 fail, 0 unknown. With 30 events no weight can be estimated, so every w_i stands at its
// prior mean 0 and P is the base rate; the checklist is what a reader can judge by.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "gauges/reading.h"

namespace delever::verdict {

enum class Answer { cleared, not_cleared, cannot_tell };
std::string_view answer_name(Answer answer);

struct EvidenceItem {
  std::string id;    // "E1" .. "E8"
  std::string asks;  // the condition, in words and numbers
  std::optional<bool> passes;
  std::string measured;  // what was found; empty when unknown
  std::string reason;    // why unknown
};

struct Verdict {
  Answer answer = Answer::cannot_tell;
  std::optional<double> probability;  // of a false peace; missing when refused
  double base_rate = 0.467;
  std::vector<EvidenceItem> items;
  std::string reason;
};

// Thresholds of the items; E1 and E3 follow the published brief, the others are assumptions, named
// here.
struct VerdictRules {
  double funding_annual_max = 0.05;
  size_t funding_venues_min = 3;
  double oi_fall_min = 0.10;
  double oscillator_max = 0.20;
  double basis_annual_max = 0.05;
  size_t known_items_min = 6;
  double cleared_below = 0.25;      // the upper 80 % end of P must be below
  double not_cleared_above = 0.40;  // the lower 80 % end must be above
  std::array<double, 8> weights{};  // prior means, until events out of sample have moved them
};

// The items that readings can answer, at `now` and a day before.
std::vector<EvidenceItem> evidence(const std::vector<gauges::Reading>& now,
                                   const std::vector<gauges::Reading>& day_before,
                                   const VerdictRules& rules);
// The decision over a checklist.
Verdict decide(std::vector<EvidenceItem> items, const VerdictRules& rules);

}  // namespace delever::verdict
