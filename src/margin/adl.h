// Who is deleveraged first, and when: the venues' rankings and triggers as formulas on one
// position's figures. Rankings only order accounts, so they are doubles; the amounts that ADL moves
// are the exchange's and exact.
#pragma once

#include "market/rulebook.h"
#include "market/units.h"

namespace delever::margin {

// A candidate's position and the pool of collateral behind it, all in the pool's own unit: the
// settlement coin, or USD where all coins back the account.
struct AdlInput {
  Amount profit;       // of the position, not realised
  Amount value, cost;  // of the position: at the mark, at entry; >= 0
  Amount wallet;       // of the pool, without profit; of an isolated position its margin
  Amount equity;       // of the pool: wallet + profit of all its positions
  Amount maintenance;  // of the pool
  bool is_long = true;
  bool inverse = false;  // value = size / price: value and cost fall as the price rises
};

// The place in the venue's queue, highest first; 0: last. A pool without equity ranks last.
//   leverage_pnl (Binance, FAQ 360033525471):
//     max(0, profit) / max(1, wallet) * maintenance / equity
//   pnl_leverage (OKX ADL help; Bybit "leveraged return"): PnL % * effective leverage, that is
//     profit / cost * value / equity; 0 for losers
//   mark_entry_leverage (Hyperliquid): mark / entry * value / equity for longs; for shorts entry /
//     mark, our reading of a text that is unclear there
//   random_opposite (dYdX): 0 for all, since nothing here is random
double adl_score(AdlRanking ranking, const AdlInput& in);

// Bybit (v5 adl-alert): (pnl - 8 h max pnl) / 8 h max balance < -share, while the pool holds more
// than `threshold`. The loss beyond the share is what ADL passes to counterparties.
struct DrawdownTrigger {
  bool triggered = false;
  double shifted = 0;
};
DrawdownTrigger adl_drawdown(double balance_max_8h, double drawdown_8h, double share,
                             double threshold);

// OKX 2025-03: ADL below (8 h mean - max(share * mean, least)).
double adl_fund_floor(double balance_mean_8h, double share, double least);

}  // namespace delever::margin
