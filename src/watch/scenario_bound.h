// How much one coin of an option can cost a portfolio pool in each scenario while its forward, its
// volatility and its time stay within a reach. The value of an option is convex in the forward F
// (in coin: in 1 / F), so of a long one it lies on or above its tangent and of a short one on or
// below its chord: straight lines, which net over the legs of a pool. It grows with the total
// volatility v = vol sqrt(years), by F phi(d1) at most. docs/models/watch.md has the proof.
#pragma once

#include "margin/portfolio.h"

namespace delever::watch {

struct HeldOption {
  margin::RiskLeg leg;   // of one coin, long; its volatility 0 where the mark implies none
  double mark = 0;       // coins
  double index = 0;      // USD
  bool on_index = true;  // the forward is the index itself: both move as one
};

// Relative ways: prices to F / (1 + price) and F (1 + price), volatility by +- its share, or in
// proportion to it where it is not anchored; time to years (1 - time).
struct ScenarioReach {
  double price = 0, volatility = 0, time = 0;
};

// By scenario: those of UnitProfits::standard, then of extended. All per coin of option, in coins.
struct OptionReach {
  // Whether what the option is worth now is taken to be its mark, by the volatility that this
  // implies: then it moves with the mark, and volatility moves only what it is worth in the
  // scenarios. Not where a mark and a forward that part by a little would send the implied
  // volatility anywhere: there it may be anything from 0 up, what the option is worth now is what
  // Black says at it, and the mark is a price of its own.
  bool anchored = false;
  double forward_low = 0, forward_high = 0, volatility_low = 0, volatility_high = 0, years_low = 0;
  // What the scenario's profit (then - now) changes by until the end of the way: for a long leg at
  // least, for a short one at most. On the way it is this times the share of the way gone, in 1 / F
  // if on_index, else in F.
  std::vector<double> fall_long, fall_short, rise_long, rise_short;
  // Losses, of 0 or more: of a long leg when volatility falls to its end or time runs to its end,
  // of a short leg when volatility rises; on the way their share, wherever the other two stand
  // within the reach.
  std::vector<double> volatility_long, volatility_short, time_long;
  // The same of what an option that is not anchored is worth now: for a short leg when volatility
  // falls or time runs, for a long one when volatility rises.
  double now_fall_short = 0, now_rise_long = 0, now_time_short = 0;
  double delta_low = 0, delta_high = 0;  // within the reach
};

// no_evidence: the rule lacks the volatility shocks. The option must have years > 0 and a forward.
Result<void> option_reach(const ScenarioRule& rule, const HeldOption& option,
                          const ScenarioReach& reach, OptionReach& into);

}  // namespace delever::watch
