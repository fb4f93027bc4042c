// Max pain: the listed strike at which all open options together would pay least if it settled
// there, in dollars sum C (S - K)^+ + P (K - S)^+ and in coins (divided by S), which may differ.
// For display: it predicts nothing.
#pragma once

#include <optional>
#include <span>

namespace delever::options {

struct StrikeInterest {
  double strike = 0, calls = 0, puts = 0;  // open interest, coins
  double pain_usd = 0;                     // what the options pay if it settles here; see fill_pain
};

// `strikes` ascending, distinct and positive. O(n).
void fill_pain(std::span<StrikeInterest> strikes);

struct MaxPain {
  double strike_usd = 0, pain_usd = 0;  // the lowest strike where several are equal
  double strike_coin = 0, pain_coin = 0;
};
// Computes the pain itself. Missing without open interest.
std::optional<MaxPain> max_pain(std::span<const StrikeInterest> strikes);

}  // namespace delever::options
