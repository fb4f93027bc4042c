// Auto-deleveraging: who gives up how much when a fund cannot pay. One interface, every rule: a
// budget (contracts to close, or money to take) is shared among candidates with a capacity each.
// Integers only; what is taken adds up to the budget to the last unit, or to the whole capacity
// when that is less.
//
// Rules (docs/models/adl.md): the venues' queues take the highest rank whole before the next;
// pro-rata takes in proportion to capacity, by largest remainder (rounding down under-collected up
// to 371 k USD in one wave of 10 October 2025); capped pro-rata takes the share min(eta, cap_i) of
// each, with one eta for all (water-filling); risk-weighted takes min(cap_i, tau * weight_i);
// greedy empties the heaviest weights first.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "market/units.h"

namespace delever::exchange {

enum class AdlPolicy : uint8_t { queue, pro_rata, capped_pro_rata, risk_weighted, greedy };

struct AdlCandidate {
  uint32_t account = 0;
  int64_t capacity =
      0;            // contracts held against the deficit, or positive profit in money units; >= 0
  double rank = 0;  // queue: margin/adl.h's score, highest first; ties by account
  Rate cap =
      Rate::raw(Rate::scale);  // at most this share of the capacity (capped and risk-weighted)
  double weight = 1;           // risk-weighted and greedy: the account's share of the risk; >= 0
};

struct AdlShare {
  std::vector<int64_t> taken;         // as the candidates
  int64_t total = 0;                  // min(budget, what the caps let go)
  std::optional<double> water_level;  // eta or tau, where the policy has one
};

AdlShare share_deficit(AdlPolicy policy, std::span<const AdlCandidate> candidates, int64_t budget);

}  // namespace delever::exchange
