// Liquidation and bankruptcy price: where one pool meets its maintenance margin, or nothing, as one
// instrument's price moves and everything else stands still. Derived quantities, so doubles:
// relative error below 1e-12 of
// (|equity| + value) / size. Nothing is owed at these prices before trigger_price() or evaluate()
// has confirmed them in integers.
//
// In x = P (linear) or x = 1/P (inverse) every leg's value and profit are linear, and maintenance
// is linear per tier (quadratic under Deribit's size rule for inverse contracts) and convex. Equity
// - maintenance is then concave, the safe prices are one interval, and the tier is the one at the
// price found, which is what Binance and Hyperliquid document.
#pragma once

#include "margin/evaluate.h"

namespace delever::margin {

// The safe prices are those between the two; a side without a threshold is missing. Both missing
// and `never_safe`: no price saves the pool.
struct SafePrices {
  std::optional<double> below, above;
  bool never_safe = false;
};

// One leg of the instrument whose price moves.
struct PriceLeg {
  const Rulebooks::Compiled* book = nullptr;
  PositionSide side = PositionSide::long_side;
  double qty = 0;  // the venue's unit
  double entry = 0;
  bool frozen_maintenance = false;  // at the entry value (Bybit isolated)
};

struct PricePool {
  // In the settlement coin of `legs`: wallet plus the profit of positions in other instruments, and
  // what those require.
  double equity_elsewhere = 0, maintenance_elsewhere = 0;
  double maintenance_share = 1;  // of all maintenance; 2/3 asks for Hyperliquid's backstop price
  std::vector<PriceLeg> legs;    // all of one instrument: two in hedge mode
};

Result<SafePrices> liquidation_prices(const PricePool& pool);
// Equity 0. Missing: no positive price does it (a long with more margin than value).
std::optional<double> bankruptcy_price(const PricePool& pool);
// The threshold on the side that hurts: below for net long legs, above for net short ones.
std::optional<double> adverse(const SafePrices& prices, const PricePool& pool);

// The pool of an account in which `position` stands, at these prices. Multi-asset pools are taken
// in the position's settlement coin at its index price, which is held still.
Result<PricePool> price_pool(const Account& account, size_t position, const MarkPrices& marks,
                             const Rulebooks& books);

// For an isolated position: an exact price, in units of Price, at which integer margin triggers
// while one unit further from harm it does not, so that it agrees with evaluate() on both sides.
// Rounding to 1e-8 coins leaves a band of about 1e-7 / value (relative) around it in which the
// trigger may flicker; outside the band it is final. Missing: never.
Result<std::optional<Price>> trigger_price(const Position& position,
                                           const Rulebooks::Compiled& book);

}  // namespace delever::margin
