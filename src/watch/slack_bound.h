// How much a pool (a cross account in one coin or in USD, or an isolated position) can lose at most
// while prices stay within given ends. Its slack = equity - maintenance - liquidation fee; with
// slack > 0 no venue's trigger holds.
//
// Let c(P) be one position's part of the slack: profit - maintenance - fee. In x = P (linear; an
// option's own mark) or x = 1/P (inverse) profit is linear, the fee is linear, and maintenance is
// convex: tiers with rising rates, Deribit's base + step * size, dYdX's fraction, an option's rate
// or its rate times the mark. So c is concave in x, and
//   (1) between two prices c lies on or above the straight line through its values at these two
//   (the chord); (2) where profit falls with x (short linear, long inverse, short option) c falls
//   with x everywhere, since
//       maintenance never falls as value grows: the other direction never harms;
//   (3) where profit rises with x and no marginal rate passes 1, c never falls as x rises.
// c at an end is not a formula of ours but position_margin() itself, in integers. Integers round
// against the account: c_exact - e <= c_integer <= c_exact, hence c_integer >= chord of the integer
// ends - e, with e the sum of what position_margin() can round (rounding_of in slack_bound.cc).
// Ladders that jump (one rate on the whole value), or whose rates fall, are convex only within a
// tier: no chord is drawn across one.
//
// USD pools: with coin prices X and A the sum of a coin's c and balance, X A - X0 A0 = X (A - A0) +
// (X - X0) A0. While X <= X0 (1 + h) the first term is at least -X0 (1 + h) times what the
// positions lose in coins; the second is linear in X. So each coin is one more price with a
// straight loss, and every loss of its positions is counted (1 + h) fold. A short option settled in
// quote money owes rate * S besides: S rising is one more straight loss, steepest at mark 0.
#pragma once

#include "margin/evaluate.h"

namespace delever::watch {

// A price that moves: a mark, an option's underlying, a collateral coin's index. The caller numbers
// them.
using PriceId = uint32_t;
struct PriceIds {
  std::vector<PriceId> mark, underlying;  // by InstrumentId; underlying matters for options alone
  std::vector<PriceId> coin_usd;          // by CoinId; matters in multi-asset mode alone
};

// One price that a pool depends on. Going from `now` to `end` costs at most `loss`, and stopping on
// the way at most the share of it by the way gone in x; a loss of 0 or less costs nothing on the
// way. Beyond `end` nothing is known. Missing: moving that way never costs, however far.
struct Exposure {
  struct Way {
    Price end;
    double loss = 0;  // units of 1e-8 of the pool's coin, or of USD
  };
  PriceId price = 0;
  bool inverse = false;  // x = 1 / P
  Price now;
  std::optional<Way> fall, rise;
};

struct PoolBound {
  // Slack less all roundings, less one unit: while the losses add up to no more, slack stays above
  // 0. Negative: too close to the trigger to say, so every move of a price needs a look.
  double spare = 0;
  std::vector<Exposure> exposures;
};

// Of pool `pool` in `margin`, which is evaluate(account, marks, books). Errors as evaluate's.
Result<void> bound_pool(const margin::Account& account, const margin::MarkPrices& marks,
                        const margin::Rulebooks& books, const margin::AccountMargin& margin,
                        size_t pool, const PriceIds& ids, PoolBound& into);

// A chord over a range of marks (and of the underlying, for options): for every price inside
//   c(P) >= line through (x at lowest, at_lowest) and (x at highest, at_highest) - underlying_loss
//   * share - rounding,
// share = the underlying's way from its lowest to its highest. refused: the ladder is not convex
// over the range.
struct PriceRange {
  Price lowest, highest;
};
struct SlackChord {
  double at_lowest = 0, at_highest = 0;
  double underlying_loss = 0;
  double rounding = 0;
};
Result<SlackChord> slack_chord(const margin::Position& position,
                               const margin::Rulebooks::Compiled& book, PriceRange mark,
                               std::optional<PriceRange> underlying);

}  // namespace delever::watch
