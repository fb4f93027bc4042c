// What an account stands at, as venues print it: coin by coin and in US dollars. From the
// exchange's own pools and margins; nothing is kept here.
#pragma once

#include <string_view>
#include <vector>

#include "gateways/desk.h"

namespace delever::gateways {

struct PositionFigures {
  exchange::PositionView view;
  Amount value, profit, initial, maintenance;  // at the mark, in the settlement coin
  CoinId coin = 0;
};

struct CoinFigures {
  CoinId coin = 0;
  Amount wallet;    // with what isolated positions hold
  Amount isolated;  // of it
  Amount held;      // of it, by spot orders
  Amount profit;    // unrealised
  Amount initial_positions, initial_orders, maintenance;
  Amount available;  // for new orders
  double usd = 1;    // price of one coin
  Amount equity() const { return wallet + profit; }
};

struct Statement {
  std::vector<CoinFigures> coins;  // by CoinId, all coins of the venue
  std::vector<PositionFigures> positions;
  // In US dollars.
  double equity = 0, wallet = 0, profit = 0, initial = 0, maintenance = 0, available = 0;
  const CoinFigures* coin(CoinId id) const { return id < coins.size() ? &coins[id] : nullptr; }
};

Statement statement_of(const Desk& desk, AccountId account);

// Whether the free margin would carry an order of a contract at its leverage: parts who is too poor
// from who asks for more than a tier allows, where the exchange asks for the tier first.
bool can_carry(const Desk& desk, const SubmitOrder& order);

}  // namespace delever::gateways
