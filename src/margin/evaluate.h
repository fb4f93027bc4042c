// The whole account at one set of prices: every position, then every pool of collateral with its
// equity, margins and whether the venue would liquidate it. Exact; a pure function of its
// arguments.
#pragma once

#include "margin/position.h"

namespace delever::margin {

// What backs what: an isolated position is a pool of its own; cross positions share one pool per
// settlement coin, or one pool in USD in multi-asset mode.
struct Pool {
  std::optional<CoinId> coin;      // missing: USD, over all coins
  std::optional<size_t> position;  // set: the isolated position
  Amount wallet;                   // balances (after haircut in USD pools), or the isolated margin
  Amount profit;                   // of the pool's positions
  Amount initial, maintenance, liquidation_fee;
  bool liquidated = false;  // the venue's trigger holds

  Amount equity() const { return wallet + profit; }
  // (maintenance + fee) / equity; missing where equity is not positive (then the pool is
  // liquidated, if it has margin).
  std::optional<double> ratio() const;
};

struct AccountMargin {
  std::vector<PositionMargin> positions;  // as Account::positions
  std::vector<Pool> pools;  // cross pools in order of CoinId, then isolated positions in order

  bool liquidated() const;
};

Result<AccountMargin> evaluate(const Account& account, const MarkPrices& marks,
                               const Rulebooks& books);
// The same without allocation once `into` has grown: for callers that evaluate in a loop.
Result<void> evaluate(const Account& account, const MarkPrices& marks, const Rulebooks& books,
                      AccountMargin& into);

// wallet + profit against maintenance + fee, by the venue's rule at equality. Positions of size 0
// never trigger.
bool triggered(Wide equity, Wide required, bool at_equality);

// Margin that is free for new orders or withdrawal: equity - initial, not below zero.
Amount available(const Pool& pool);

// A balance in USD at 1e-8: min(x * (1 - haircut), x), so a debt counts whole; rounded down.
std::optional<Amount> collateral_value(Amount balance, Price coin_usd, Rate haircut);

}  // namespace delever::margin
