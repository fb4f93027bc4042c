// Accounts, wallets and modes.
#include <algorithm>

#include "exchange/state.h"

namespace delever {
Reject Exchange::State::apply(const Command& command) {
  if (command.at < now) return Reject::time_goes_back;
  if (!timely(command.at)) return Reject::bad_time;
  const Instant before = now;
  const size_t positions_before = positions.size(), pools_before = pools.size();
  now = command.at;  // events carry the command's time
  const Reject refused = std::visit([this](const auto& body) { return apply(body); }, command.body);
  if (refused == Reject::none) return refused;
  // What was made ready for a command that was then refused goes again, the last first.
  now = before;
  for (; positions.size() > positions_before; positions.pop_back()) {
    accounts[positions.back().account].first_position = positions.back().next;
    markets[positions.back().instrument].positions.pop_back();
  }
  for (; pools.size() > pools_before; pools.pop_back())
    accounts[pools.back().account].pools.pop_back();
  return refused;
}

// In order of account and side, so that what happens to all of them does not depend on who came
// first.
const std::vector<PositionId>& Exchange::State::in_order(Market& m) {
  const auto before = [this](PositionId x, PositionId y) {
    return std::pair(positions[x].account, positions[x].side) <
           std::pair(positions[y].account, positions[y].side);
  };
  if (!std::is_sorted(m.positions.begin(), m.positions.end(), before))
    std::sort(m.positions.begin(), m.positions.end(), before);
  return m.positions;
}

Reject Exchange::State::check_account(AccountId a) const {
  if (a >= accounts.size()) return Reject::no_such_account;
  return a < kFirstUser ? Reject::not_allowed : Reject::none;
}

AccountId Exchange::State::add_account(CollateralMode collateral, bool hedge) {
  accounts.push_back({.collateral = collateral, .hedge = hedge});
  ledger.add_account();
  return static_cast<AccountId>(accounts.size() - 1);
}

PoolId Exchange::State::cross_pool(AccountId a, std::optional<CoinId> coin) {
  for (const PoolId p : accounts[a].pools) {
    if (pools[p].isolated == kNoId && pools[p].coin == coin) return p;
  }
  pools.push_back({.account = a, .coin = coin});
  accounts[a].pools.push_back(static_cast<PoolId>(pools.size() - 1));
  return accounts[a].pools.back();
}

bool Exchange::State::active(PoolId id) const {
  const PoolState& pool = pools[id];
  if (pool.isolated != kNoId) return positions[pool.isolated].pool == id;
  return pool.coin.has_value() ==
         (accounts[pool.account].collateral != CollateralMode::multi_asset);
}

void Exchange::State::mark_dirty(PoolId pool) {
  if (pools[pool].dirty || !active(pool)) return;
  pools[pool].dirty = true;
  dirty.push_back(pool);
}

void Exchange::State::mark_all_dirty(AccountId a) {
  for (const PoolId p : accounts[a].pools) mark_dirty(p);
}

void Exchange::State::return_margin(PositionState& pos) {
  ledger.move(margin_of(pos), wallet_of(pos.account), markets[pos.instrument].settle, pos.margin);
  CHECK(pos.margin == 0);
}

bool Exchange::State::indebted(AccountId a) const {
  for (CoinId c = 0; c < coins(); ++c) {
    if (wallet(a, c) < 0) return true;
  }
  return false;
}

PositionId Exchange::State::find_position(AccountId a, InstrumentId i, PositionSide side) const {
  if (!accounts[a].hedge) side = PositionSide::long_side;
  for (PositionId pos = accounts[a].first_position; pos != kNoId; pos = positions[pos].next) {
    if (positions[pos].instrument == i && (!positions[pos].hedge || positions[pos].side == side))
      return pos;
  }
  return kNoId;
}

PositionId Exchange::State::find_or_add_position(AccountId a, InstrumentId i, PositionSide side) {
  if (const PositionId found = find_position(a, i, side); found != kNoId) return found;
  const Market& m = markets[i];
  PositionState pos;
  pos.account = a;
  pos.instrument = i;
  pos.hedge = accounts[a].hedge && !m.spot;
  pos.side = pos.hedge ? side : PositionSide::long_side;
  pos.leverage = m.listing->default_leverage;
  pos.next = accounts[a].first_position;
  pos.pool = cross_pool(a, accounts[a].collateral == CollateralMode::multi_asset
                               ? std::nullopt
                               : std::optional<CoinId>(m.settle));
  positions.push_back(pos);
  const auto id = static_cast<PositionId>(positions.size() - 1);
  accounts[a].first_position = id;
  markets[i].positions.push_back(id);
  return id;
}

bool Exchange::State::idle(AccountId a) const {
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

Reject Exchange::State::apply(const OpenAccount& c) {
  if (c.collateral == CollateralMode::portfolio &&
      std::none_of(setup.coins.begin(), setup.coins.end(),
                   [](const CoinSetup& coin) { return coin.scenarios; }))
    return Reject::no_such_mode;
  if (accounts.size() >= kNoId) return Reject::too_large;
  emit(add_account(c.collateral, c.hedge), AccountOpened{});
  return Reject::none;
}

Reject Exchange::State::apply(const Deposit& c) {
  if (c.account >= accounts.size()) return Reject::no_such_account;
  if (c.coin >= coins()) return Reject::no_such_coin;
  if (c.amount <= Amount() || c.amount.raw() > kValueMax ||
      c.amount.raw() > kValueMax - wallet(c.account, c.coin) ||
      c.amount.raw() > 8 * kValueMax - ledger.deposited(c.coin))
    return Reject::bad_amount;
  ledger.move(MoneyAccount::outside(), wallet_of(c.account), c.coin, c.amount.raw());
  mark_all_dirty(c.account);
  emit(c.account, WalletChanged{.cause = WalletChanged::Cause::deposit,
                                .coin = c.coin,
                                .isolated = {},
                                .amount = c.amount});
  return Reject::none;
}

// Coins that spot orders hold: quote for buys, base for sells. They may leave at any moment, so
// they are no collateral.
Wide Exchange::State::held(AccountId a, CoinId c) const {
  Wide sum = 0;
  for (PositionId id = accounts[a].first_position; id != kNoId; id = positions[id].next) {
    const PositionState& pos = positions[id];
    const Market& m = markets[pos.instrument];
    if (!m.spot) continue;
    if (m.quote == c) sum += pos.open_buy_value;
    if (m.base == c)
      sum += divide(static_cast<Wide>(pos.open_sell) * m.step * m.size, Qty::scale, Round::up);
  }
  return sum;
}

Reject Exchange::State::apply(const Withdraw& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (c.coin >= coins()) return Reject::no_such_coin;
  if (c.amount <= Amount()) return Reject::bad_amount;
  if (wallet(c.account, c.coin) - held(c.account, c.coin) < c.amount.raw())
    return Reject::not_enough_balance;
  ledger.move(wallet_of(c.account), MoneyAccount::outside(), c.coin, c.amount.raw());
  for (const PoolId p : accounts[c.account].pools) {
    const PoolState& pool = pools[p];
    if (pool.isolated != kNoId || !active(p) || (pool.coin && *pool.coin != c.coin)) continue;
    const PoolSums s = sums(p);
    const bool in_use = s.initial > 0 || s.maintenance > 0 || s.profit != 0 || indebted(c.account);
    const Wide unearned = larger(s.profit, 0);  // profit that is not realised does not leave
    if (in_use && (!s.priced || s.equity() - unearned < s.initial)) {
      ledger.move(MoneyAccount::outside(), wallet_of(c.account), c.coin, c.amount.raw());
      return s.priced ? Reject::not_enough_margin : Reject::no_mark;
    }
  }
  mark_all_dirty(c.account);
  emit(c.account, WalletChanged{.cause = WalletChanged::Cause::withdrawal,
                                .coin = c.coin,
                                .isolated = {},
                                .amount = -c.amount});
  return Reject::none;
}

Reject Exchange::State::apply(const SetLeverage& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (c.instrument >= markets.size()) return Reject::no_such_instrument;
  const Market& m = markets[c.instrument];
  if (m.spot || m.option) return Reject::no_such_mode;
  if (m.settled) return Reject::expired;
  if (c.leverage.raw() <= 0) return Reject::bad_leverage;
  const auto& ladder = m.rules->book.ladder;
  if (ladder && c.leverage > ladder->tiers.front().max_leverage) return Reject::bad_leverage;
  PositionId found[2] = {find_position(c.account, c.instrument, PositionSide::long_side),
                         find_position(c.account, c.instrument, PositionSide::short_side)};
  if (found[0] == found[1]) found[1] = kNoId;
  // Every position must stand it before any is changed.
  int64_t more[2] = {0, 0};
  Wide moved = 0;
  for (int k = 0; k < 2; ++k) {
    if (found[k] == kNoId) continue;
    const PositionState& pos = positions[found[k]];
    const Lots most =
        std::max(std::abs(pos.lots + pos.open_buy), std::abs(pos.lots - pos.open_sell));
    if (most == 0) continue;
    if (m.mark == 0) return Reject::no_mark;
    if (!value_fits(m, most, m.mark)) return Reject::too_large;
    const int64_t position_value = value(m, most, m.mark, Round::up);
    if (ladder) {
      const MarginTier* tier = tier_of(*ladder, position_value, Qty::raw(most * m.step));
      if (!tier || c.leverage > tier->max_leverage) return Reject::bad_leverage;
    }
    if (pos.mode == MarginMode::isolated && pos.lots != 0) {
      const Wide need = shared_by(pos.cost, c.leverage, Round::up);
      more[k] = static_cast<int64_t>(larger(need - pos.margin, 0));
      moved += more[k];
    }
  }
  const Leverage before[2] = {found[0] == kNoId ? Leverage() : positions[found[0]].leverage,
                              found[1] == kNoId ? Leverage() : positions[found[1]].leverage};
  for (int k = 0; k < 2; ++k) {
    if (found[k] != kNoId) positions[found[k]].leverage = c.leverage;
  }
  const auto keep = [&](Reject why) {
    for (int k = 0; k < 2; ++k) {
      if (found[k] != kNoId) positions[found[k]].leverage = before[k];
    }
    return why;
  };
  // Isolated margin leaves the wallet itself: profit that is not realised cannot pay it.
  if (moved > 0 && wallet(c.account, m.settle) - held(c.account, m.settle) < moved)
    return keep(Reject::not_enough_margin);
  for (int k = 0; k < 2;
       ++k) {  // with the new leverage the cross pool must still carry positions and orders
    if (found[k] == kNoId) continue;
    const PoolId cross =
        cross_pool(c.account, accounts[c.account].collateral == CollateralMode::multi_asset
                                  ? std::nullopt
                                  : std::optional<CoinId>(m.settle));
    const bool raises = c.leverage < before[k] || moved > 0;
    if (raises && (positions[found[k]].lots != 0 || positions[found[k]].first_order != kNoId) &&
        free_margin(cross) < backing(cross, m.settle, moved))
      return keep(Reject::not_enough_margin);
  }
  positions[find_or_add_position(c.account, c.instrument, PositionSide::long_side)].leverage =
      c.leverage;
  if (accounts[c.account].hedge)
    positions[find_or_add_position(c.account, c.instrument, PositionSide::short_side)].leverage =
        c.leverage;
  for (int k = 0; k < 2; ++k) {
    if (found[k] == kNoId || more[k] == 0) continue;
    PositionState& pos = positions[found[k]];
    ledger.move(wallet_of(c.account), margin_of(pos), m.settle, more[k]);
    mark_dirty(pos.pool);
  }
  mark_all_dirty(c.account);
  return Reject::none;
}

Reject Exchange::State::apply(const SetMarginMode& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (c.instrument >= markets.size()) return Reject::no_such_instrument;
  Market& m = markets[c.instrument];
  if (m.spot || m.option || accounts[c.account].collateral == CollateralMode::portfolio)
    return Reject::no_such_mode;
  if (m.settled) return Reject::expired;
  const int sides = accounts[c.account].hedge ? 2 : 1;
  constexpr PositionSide both[] = {PositionSide::long_side, PositionSide::short_side};
  for (int k = 0; k < sides; ++k) {
    const PositionId pos = find_position(c.account, c.instrument, both[k]);
    if (pos != kNoId && (positions[pos].lots != 0 || positions[pos].first_order != kNoId))
      return Reject::has_position;
  }
  for (int k = 0; k < sides; ++k) {
    const PositionId id = find_or_add_position(c.account, c.instrument, both[k]);
    if (positions[id].mode == c.mode) continue;
    positions[id].mode = c.mode;
    if (c.mode == MarginMode::cross) {
      return_margin(positions[id]);
      positions[id].pool =
          cross_pool(c.account, accounts[c.account].collateral == CollateralMode::multi_asset
                                    ? std::nullopt
                                    : std::optional<CoinId>(m.settle));
      continue;
    }
    PoolId pool = kNoId;
    for (const PoolId p : accounts[c.account].pools) {
      if (pools[p].isolated == id) pool = p;
    }
    if (pool == kNoId) {
      pools.push_back({.account = c.account, .coin = m.settle, .isolated = id});
      pool = static_cast<PoolId>(pools.size() - 1);
      accounts[c.account].pools.push_back(pool);
    }
    positions[id].pool = pool;
  }
  return Reject::none;
}

Reject Exchange::State::apply(const SetPositionMode& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (accounts[c.account].hedge == c.hedge) return Reject::none;
  if (!idle(c.account)) return Reject::has_position;
  accounts[c.account].hedge = c.hedge;
  for (PositionId id = accounts[c.account].first_position; id != kNoId; id = positions[id].next) {
    PositionState& pos = positions[id];
    if (markets[pos.instrument].spot) continue;
    if (c.hedge && !pos.hedge) {
      pos.hedge = true;
      pos.side = PositionSide::long_side;
    } else if (!c.hedge) {
      // The short one becomes unreachable twin of the long one; its isolated margin goes home.
      return_margin(pos);
      pos.hedge = pos.side == PositionSide::short_side;
    }
  }
  return Reject::none;
}

Reject Exchange::State::apply(const SetCollateralMode& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (accounts[c.account].collateral == c.collateral) return Reject::none;
  if (c.collateral == CollateralMode::portfolio &&
      std::none_of(setup.coins.begin(), setup.coins.end(),
                   [](const CoinSetup& coin) { return coin.scenarios; }))
    return Reject::no_such_mode;
  if (!idle(c.account)) return Reject::has_position;
  for (CoinId coin = 0; coin < coins(); ++coin) {
    if (wallet(c.account, coin) < 0)
      return Reject::not_enough_balance;  // a debt that other collateral backs
  }
  accounts[c.account].collateral = c.collateral;
  for (PositionId id = accounts[c.account].first_position; id != kNoId; id = positions[id].next) {
    PositionState& pos = positions[id];
    if (pos.mode == MarginMode::isolated && c.collateral != CollateralMode::portfolio) continue;
    return_margin(pos);
    pos.mode = MarginMode::cross;
    pos.pool = cross_pool(c.account, c.collateral == CollateralMode::multi_asset
                                         ? std::nullopt
                                         : std::optional<CoinId>(markets[pos.instrument].settle));
  }
  return Reject::none;
}

Reject Exchange::State::apply(const MoveMargin& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (c.instrument >= markets.size()) return Reject::no_such_instrument;
  const Market& m = markets[c.instrument];
  const PositionId id = find_position(c.account, c.instrument, c.side);
  if (id == kNoId || positions[id].mode != MarginMode::isolated || positions[id].lots == 0)
    return Reject::not_isolated;
  if (c.amount == Amount() || c.amount.raw() > kValueMax || c.amount.raw() < -kValueMax)
    return Reject::bad_amount;
  PositionState& pos = positions[id];
  if (pools[pos.pool].in_liquidation) return Reject::in_liquidation;
  if (m.mark == 0) return Reject::no_mark;
  if (c.amount > Amount()) {
    const PoolId cross =
        cross_pool(c.account, accounts[c.account].collateral == CollateralMode::multi_asset
                                  ? std::nullopt
                                  : std::optional<CoinId>(m.settle));
    if (wallet(c.account, m.settle) - held(c.account, m.settle) < c.amount.raw())
      return Reject::not_enough_balance;
    if (free_margin(cross) < backing(cross, m.settle, c.amount.raw()))
      return Reject::not_enough_margin;
  } else {
    // What stays must carry the position at its leverage, without profit that is not realised.
    const PoolSums s = sums(pos.pool);
    const Wide need = larger(s.initial, shared_by(pos.cost, pos.leverage, Round::up));
    if (!s.priced || s.wallet + smaller(s.profit, 0) + c.amount.raw() < need)
      return Reject::not_enough_margin;
  }
  ledger.move(wallet_of(c.account), margin_of(pos), m.settle, c.amount.raw());
  mark_all_dirty(c.account);
  emit(c.account, WalletChanged{.cause = WalletChanged::Cause::margin_moved,
                                .coin = m.settle,
                                .isolated = c.instrument,
                                .amount = -c.amount});
  return Reject::none;
}

}  // namespace delever
