// What the exchange keeps of accounts, positions, pools and orders: plain records, and the numbers
// by which they refer to each other.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "exchange/ledger.h"
#include "market/command.h"
#include "market/instrument.h"
#include "market/strong.h"

namespace delever::exchange {

using PoolId = Strong<struct PoolTag, uint32_t>;
using PositionId = Strong<struct PositionTag, uint32_t>;
inline constexpr uint32_t kNoId = ~0u;
// Values, wallets and sums of orders stay below this many units of 1e-8 coins (2.9 billion coins),
// so that sums of a few of them never pass 64 bits.
inline constexpr int64_t kValueMax = int64_t{1} << 58;
inline constexpr Lots kLotsMax = Lots{1} << 58;
constexpr bool timely(Instant t) {
  return t.ns() > -(int64_t{1} << 62) && t.ns() < int64_t{1} << 62;
}

struct OrderInfo {  // beside the book's own record, by its slot
  OrderId id = 0;   // 0: free
  PositionId position = kNoId;
  uint64_t client = 0;
  uint32_t next = kNoId, previous = kNoId;  // of the position's resting orders
  Tick tick = 0;
  bool buy = false, reduce_only = false;
};

struct StopOrder {
  SubmitOrder order;
  OrderId id = 0;
};
// Due when the price falls to the key (sells) or rises to it (buys); equal keys in order of
// arrival.
using StopQueue = std::map<std::pair<int64_t, uint64_t>, StopOrder>;

// One account's position in one instrument; in hedge mode one for each side. Spot has no lots, only
// orders.
struct PositionState {
  AccountId account = 0;
  InstrumentId instrument = 0;
  PoolId pool = kNoId;
  PositionId next = kNoId;                      // of the account
  PositionSide side = PositionSide::long_side;  // hedge mode: which one
  bool hedge = false;
  MarginMode mode = MarginMode::cross;
  Leverage leverage;
  Lots lots = 0;                     // negative: short
  int64_t cost = 0;                  // value at entry, >= 0
  MarginBalance margin;              // isolated
  Lots open_buy = 0, open_sell = 0;  // resting
  Lots reduce_lots = 0;              // of them reduce-only
  Wide open_buy_value = 0;           // spot: quote coins held for buys
  Wide buy_ticks = 0, sell_ticks = 0;  // resting: lots times the tick of each
  uint32_t first_order = kNoId;
  Instant partial_at = Instant::min();  // of the last partial liquidation
};

struct PoolState {
  AccountId account = 0;
  std::optional<CoinId> coin;  // missing: USD
  PositionId isolated = kNoId;
  bool dirty = false, called = false, in_liquidation = false;
};

struct AccountState {
  CollateralMode collateral = CollateralMode::single_coin;
  bool hedge = false;
  OrderMargin orders = OrderMargin::mark;
  PositionId first_position = kNoId;
  std::vector<PoolId> pools;
};

}  // namespace delever::exchange
