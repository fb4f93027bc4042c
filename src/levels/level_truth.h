// The lab's other test: where positions stand in truth (known of simulated markets, and of venues
// whose accounts are public) beside where a map puts them. Liquidation prices are the venue's, by
// price.h and its rulebook. Docs: docs/models/levels.md.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/time.h"
#include "margin/account.h"
#include "margin/price.h"

namespace delever::levels {

struct HeldPosition {
  PositionSide side = PositionSide::long_side;
  MarginMode mode = MarginMode::isolated;
  double coins = 0, entry = 0, leverage = 1;
  std::optional<double>
      wallet;  // cross: what stands behind it, in the settlement coin, beside its own profit
};

struct TrueLevel {
  PositionSide side = PositionSide::long_side;
  double coins = 0, leverage = 0;
  std::optional<double> price;  // missing: no price liquidates it
};
// Isolated positions as they opened: margin = value at entry / leverage. Refused: a cross position
// without a wallet.
Result<TrueLevel> true_level(const HeldPosition& position, const margin::Rulebooks::Compiled& book);

struct TrueMoment {
  std::vector<TrueLevel> levels;  // of the crowd: isolated and cross accounts
  double mark = 0;
  double hedged_long = 0,
         hedged_short = 0;    // coins of all others: portfolio margin, makers, dealers, desks
  double without_wallet = 0;  // coins on cross whose wallet no file tells
};

struct LevelMass {
  double price = 0, coins = 0;
};

// Two densities over y = ln(price / mark) within +-reach of the mark, both sides on one axis.
struct LevelDistance {
  double shape = 0;  // Wasserstein-1 of the two, each as shares of its own mass; in y
  double flow =
      0;  // area between the coins that a move to y would set free, over the truth's own area
  double predicted = 0, truth = 0;  // coins within reach
};
// Missing: one of the two has nothing within reach.
std::optional<LevelDistance> level_distance(std::span<const LevelMass> predicted,
                                            std::span<const LevelMass> truth, double mark,
                                            double reach = 0.1);

}  // namespace delever::levels
