// The records of accounts, positions and pools: found, added, and in which order they are visited.
#include <algorithm>

#include "exchange/pools.h"

namespace delever::exchange {

AccountId Pools::add_account(const OpenAccount& c) {
  accounts.push_back({.collateral = c.collateral, .hedge = c.hedge, .orders = c.orders});
  ledger.add_account();
  return static_cast<AccountId>(accounts.size() - 1);
}

PoolId Pools::cross_pool(AccountId a, std::optional<CoinId> coin) {
  for (const PoolId p : accounts[a].pools) {
    if (pools[p].isolated == kNoId && pools[p].coin == coin) return p;
  }
  pools.push_back({.account = a, .coin = coin});
  accounts[a].pools.push_back(static_cast<PoolId>(pools.size() - 1));
  return accounts[a].pools.back();
}

PoolId Pools::cross_pool_of(AccountId a, CoinId settle) {
  return cross_pool(a, accounts[a].collateral == CollateralMode::multi_asset
                           ? std::nullopt
                           : std::optional<CoinId>(settle));
}

PoolId Pools::isolated_pool(PositionId id) {
  const PositionState& pos = positions[id];
  for (const PoolId p : accounts[pos.account].pools) {
    if (pools[p].isolated == id) return p;
  }
  pools.push_back({.account = pos.account, .coin = markets[pos.instrument].settle, .isolated = id});
  accounts[pos.account].pools.push_back(static_cast<PoolId>(pools.size() - 1));
  return accounts[pos.account].pools.back();
}

PositionId Pools::find_position(AccountId a, InstrumentId i, PositionSide side) const {
  if (!accounts[a].hedge) side = PositionSide::long_side;
  for (PositionId pos = accounts[a].first_position; pos != kNoId; pos = positions[pos].next) {
    if (positions[pos].instrument == i && (!positions[pos].hedge || positions[pos].side == side))
      return pos;
  }
  return kNoId;
}

PositionId Pools::find_or_add_position(AccountId a, InstrumentId i, PositionSide side, Market& m) {
  if (const PositionId found = find_position(a, i, side); found != kNoId) return found;
  PositionState pos;
  pos.account = a;
  pos.instrument = i;
  pos.hedge = accounts[a].hedge && !m.spot;
  pos.side = pos.hedge ? side : PositionSide::long_side;
  pos.leverage = m.listing->default_leverage;
  pos.next = accounts[a].first_position;
  pos.pool = cross_pool_of(a, m.settle);
  positions.push_back(pos);
  const auto id = static_cast<PositionId>(positions.size() - 1);
  accounts[a].first_position = id;
  m.positions.push_back(id);
  return id;
}

// What was made ready for a command that was then refused goes again, the last first.
void Pools::forget_newest(size_t positions_left, size_t pools_left, Markets& all) {
  for (; positions.size() > positions_left; positions.pop_back()) {
    const PositionState& pos = positions.back();
    CHECK(pos.lots == 0 && pos.margin == 0);
    accounts[pos.account].first_position = pos.next;
    all[pos.instrument].positions.pop_back();
  }
  for (; pools.size() > pools_left; pools.pop_back())
    accounts[pools.back().account].pools.pop_back();
}

// In order of account and side, so that what happens to all of them does not depend on who came
// first.
const std::vector<PositionId>& Pools::in_order(Market& m) const {
  const auto before = [this](PositionId x, PositionId y) {
    return std::pair(positions[x].account, positions[x].side) <
           std::pair(positions[y].account, positions[y].side);
  };
  if (!std::is_sorted(m.positions.begin(), m.positions.end(), before))
    std::sort(m.positions.begin(), m.positions.end(), before);
  return m.positions;
}

bool Pools::idle(AccountId a) const {
  for (PositionId pos = accounts[a].first_position; pos != kNoId; pos = positions[pos].next) {
    if (positions[pos].lots != 0 || positions[pos].first_order != kNoId) return false;
  }
  for (const Market& m : markets) {
    for (const auto& by : m.stops) {
      for (const StopQueue& queue : by) {
        for (const auto& [key, stop] : queue) {
          if (stop.order.account == a) return false;
        }
      }
    }
  }
  return true;
}

bool Pools::active(PoolId id) const {
  const PoolState& pool = pools[id];
  if (pool.isolated != kNoId) return positions[pool.isolated].pool == id;
  return pool.coin.has_value() ==
         (accounts[pool.account].collateral != CollateralMode::multi_asset);
}

bool Pools::indebted(AccountId a) const {
  for (CoinId c = 0; c < coins(); ++c) {
    if (wallet(a, c) < 0) return true;
  }
  return false;
}

bool Pools::locked(AccountId a, InstrumentId i) const {
  for (PositionId pos = accounts[a].first_position; pos != kNoId; pos = positions[pos].next) {
    if (positions[pos].instrument == i && pools[positions[pos].pool].in_liquidation) return true;
  }
  return false;
}

std::optional<InstrumentId> Pools::isolated_in(PoolId p) const {
  if (pools[p].isolated == kNoId) return std::nullopt;
  return positions[pools[p].isolated].instrument;
}

std::vector<PositionId> Pools::in_pool(PoolId p) const {
  if (pools[p].isolated != kNoId) return {pools[p].isolated};
  std::vector<PositionId> found;
  for (PositionId pos = accounts[pools[p].account].first_position; pos != kNoId;
       pos = positions[pos].next) {
    if (positions[pos].pool == p) found.push_back(pos);
  }
  std::sort(found.begin(), found.end(), [this](PositionId x, PositionId y) {
    return std::pair(positions[x].instrument, positions[x].side) <
           std::pair(positions[y].instrument, positions[y].side);
  });
  return found;
}

void Pools::mark_dirty(PoolId pool) {
  if (pools[pool].dirty || !active(pool)) return;
  pools[pool].dirty = true;
  dirty.push_back(pool);
}

void Pools::mark_all_dirty(AccountId a) {
  for (const PoolId p : accounts[a].pools) mark_dirty(p);
}

void Pools::return_margin(PositionState& pos) {
  ledger.move(margin_of(pos), wallet_of(pos.account), markets[pos.instrument].settle,
              pos.margin.units());
  CHECK(pos.margin == 0);
}

}  // namespace delever::exchange
