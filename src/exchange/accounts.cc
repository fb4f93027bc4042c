// Accounts, wallets and modes.
#include <algorithm>

#include "exchange/state.h"

namespace delever::exchange {
Reject Exchange::State::apply(const Command& command) {
  if (command.at < now) return Reject::time_goes_back;
  if (!timely(command.at)) return Reject::bad_time;
  const Instant before = now;
  const size_t stakes_before = stakes.size(), pools_before = pools.size();
  now = command.at;  // events carry the command's time
  const Reject refused = std::visit([this](const auto& body) { return take(body); }, command.body);
  if (refused == Reject::none) return refused;
  // What was made ready for a command that was then refused goes again, the last first.
  now = before;
  for (; stakes.size() > stakes_before; stakes.pop_back()) {
    accounts[stakes.back().account].first_stake = stakes.back().next;
    markets[stakes.back().instrument].stakes.pop_back();
  }
  for (; pools.size() > pools_before; pools.pop_back())
    accounts[pools.back().account].pools.pop_back();
  return refused;
}

// In order of account and side, so that what happens to all of them does not depend on who came
// first.
const std::vector<StakeId>& Exchange::State::in_order(Market& m) {
  const auto before = [this](StakeId x, StakeId y) {
    return std::pair(stakes[x].account, stakes[x].side) <
           std::pair(stakes[y].account, stakes[y].side);
  };
  if (!std::is_sorted(m.stakes.begin(), m.stakes.end(), before))
    std::sort(m.stakes.begin(), m.stakes.end(), before);
  return m.stakes;
}

Reject Exchange::State::check_account(AccountId a) const {
  if (a >= accounts.size()) return Reject::no_such_account;
  return a < kFirstUser ? Reject::not_allowed : Reject::none;
}

AccountId Exchange::State::add_account(CollateralMode collateral, bool hedge) {
  accounts.push_back({.collateral = collateral, .hedge = hedge});
  wallets.resize(wallets.size() + coins());
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
  if (pool.isolated != kNoId) return stakes[pool.isolated].pool == id;
  return pool.coin.has_value() ==
         (accounts[pool.account].collateral != CollateralMode::multi_asset);
}

void Exchange::State::touch(PoolId pool) {
  if (pools[pool].dirty || !active(pool)) return;
  pools[pool].dirty = true;
  dirty.push_back(pool);
}

void Exchange::State::touch_all(AccountId a) {
  for (const PoolId p : accounts[a].pools) touch(p);
}

bool Exchange::State::indebted(AccountId a) const {
  for (CoinId c = 0; c < coins(); ++c) {
    if (wallet(a, c) < 0) return true;
  }
  return false;
}

StakeId Exchange::State::find_stake(AccountId a, InstrumentId i, PositionSide side) const {
  if (!accounts[a].hedge) side = PositionSide::long_side;
  for (StakeId h = accounts[a].first_stake; h != kNoId; h = stakes[h].next) {
    if (stakes[h].instrument == i && (!stakes[h].hedge || stakes[h].side == side)) return h;
  }
  return kNoId;
}

StakeId Exchange::State::need_stake(AccountId a, InstrumentId i, PositionSide side) {
  if (const StakeId found = find_stake(a, i, side); found != kNoId) return found;
  const Market& m = markets[i];
  Stake h;
  h.account = a;
  h.instrument = i;
  h.hedge = accounts[a].hedge && !m.spot;
  h.side = h.hedge ? side : PositionSide::long_side;
  h.leverage = m.listing->default_leverage;
  h.next = accounts[a].first_stake;
  h.pool = cross_pool(a, accounts[a].collateral == CollateralMode::multi_asset
                             ? std::nullopt
                             : std::optional<CoinId>(m.settle));
  stakes.push_back(h);
  const auto id = static_cast<StakeId>(stakes.size() - 1);
  accounts[a].first_stake = id;
  markets[i].stakes.push_back(id);
  return id;
}

bool Exchange::State::idle(AccountId a) const {
  for (StakeId h = accounts[a].first_stake; h != kNoId; h = stakes[h].next) {
    if (stakes[h].lots != 0 || stakes[h].first_order != kNoId) return false;
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

Reject Exchange::State::take(const OpenAccount& c) {
  if (c.collateral == CollateralMode::portfolio &&
      std::none_of(setup.coins.begin(), setup.coins.end(),
                   [](const CoinSetup& coin) { return coin.scenarios; }))
    return Reject::no_such_mode;
  if (accounts.size() >= kNoId) return Reject::too_large;
  emit(add_account(c.collateral, c.hedge), AccountOpened{});
  return Reject::none;
}

Reject Exchange::State::take(const Deposit& c) {
  if (c.account >= accounts.size()) return Reject::no_such_account;
  if (c.coin >= coins()) return Reject::no_such_coin;
  if (c.amount <= Amount() || c.amount.raw() > kValueMax ||
      c.amount.raw() > kValueMax - wallet(c.account, c.coin) ||
      c.amount.raw() > 8 * kValueMax - deposited[c.coin])
    return Reject::bad_amount;
  wallet(c.account, c.coin) += c.amount.raw();
  deposited[c.coin] += c.amount.raw();
  touch_all(c.account);
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
  for (StakeId id = accounts[a].first_stake; id != kNoId; id = stakes[id].next) {
    const Stake& h = stakes[id];
    const Market& m = markets[h.instrument];
    if (!m.spot) continue;
    if (m.quote == c) sum += h.open_buy_value;
    if (m.base == c)
      sum += divide(static_cast<Wide>(h.open_sell) * m.step * m.size, Qty::scale, Round::up);
  }
  return sum;
}

Reject Exchange::State::take(const Withdraw& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (c.coin >= coins()) return Reject::no_such_coin;
  if (c.amount <= Amount()) return Reject::bad_amount;
  int64_t& balance = wallet(c.account, c.coin);
  if (balance - held(c.account, c.coin) < c.amount.raw()) return Reject::not_enough_balance;
  balance -= c.amount.raw();
  for (const PoolId p : accounts[c.account].pools) {
    const PoolState& pool = pools[p];
    if (pool.isolated != kNoId || !active(p) || (pool.coin && *pool.coin != c.coin)) continue;
    const PoolSums s = sums(p);
    const bool in_use = s.initial > 0 || s.maintenance > 0 || s.profit != 0 || indebted(c.account);
    const Wide unearned = larger(s.profit, 0);  // profit that is not realised does not leave
    if (in_use && (!s.priced || s.equity() - unearned < s.initial)) {
      balance += c.amount.raw();
      return s.priced ? Reject::not_enough_margin : Reject::no_mark;
    }
  }
  deposited[c.coin] -= c.amount.raw();
  touch_all(c.account);
  emit(c.account, WalletChanged{.cause = WalletChanged::Cause::withdrawal,
                                .coin = c.coin,
                                .isolated = {},
                                .amount = -c.amount});
  return Reject::none;
}

Reject Exchange::State::take(const SetLeverage& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (c.instrument >= markets.size()) return Reject::no_such_instrument;
  const Market& m = markets[c.instrument];
  if (m.spot || m.option) return Reject::no_such_mode;
  if (m.settled) return Reject::expired;
  if (c.leverage.raw() <= 0) return Reject::bad_leverage;
  const auto& ladder = m.rules->book.ladder;
  if (ladder && c.leverage > ladder->tiers.front().max_leverage) return Reject::bad_leverage;
  StakeId found[2] = {find_stake(c.account, c.instrument, PositionSide::long_side),
                      find_stake(c.account, c.instrument, PositionSide::short_side)};
  if (found[0] == found[1]) found[1] = kNoId;
  // Every stake must stand it before any is changed.
  int64_t more[2] = {0, 0};
  Wide moved = 0;
  for (int k = 0; k < 2; ++k) {
    if (found[k] == kNoId) continue;
    const Stake& h = stakes[found[k]];
    const Lots most = std::max(std::abs(h.lots + h.open_buy), std::abs(h.lots - h.open_sell));
    if (most == 0) continue;
    if (m.mark == 0) return Reject::no_mark;
    if (!value_fits(m, most, m.mark)) return Reject::too_large;
    const int64_t worth = value(m, most, m.mark, Round::up);
    if (ladder) {
      const MarginTier* tier = margin::tier_of(*ladder, worth, Qty::raw(most * m.step));
      if (!tier || c.leverage > tier->max_leverage) return Reject::bad_leverage;
    }
    if (h.mode == MarginMode::isolated && h.lots != 0) {
      const Wide need = shared_by(h.cost, c.leverage, Round::up);
      more[k] = static_cast<int64_t>(larger(need - h.margin, 0));
      moved += more[k];
    }
  }
  const Leverage before[2] = {found[0] == kNoId ? Leverage() : stakes[found[0]].leverage,
                              found[1] == kNoId ? Leverage() : stakes[found[1]].leverage};
  for (int k = 0; k < 2; ++k) {
    if (found[k] != kNoId) stakes[found[k]].leverage = c.leverage;
  }
  const auto keep = [&](Reject why) {
    for (int k = 0; k < 2; ++k) {
      if (found[k] != kNoId) stakes[found[k]].leverage = before[k];
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
    if (raises && (stakes[found[k]].lots != 0 || stakes[found[k]].first_order != kNoId) &&
        free_margin(cross) < backing(cross, m.settle, moved))
      return keep(Reject::not_enough_margin);
  }
  stakes[need_stake(c.account, c.instrument, PositionSide::long_side)].leverage = c.leverage;
  if (accounts[c.account].hedge)
    stakes[need_stake(c.account, c.instrument, PositionSide::short_side)].leverage = c.leverage;
  for (int k = 0; k < 2; ++k) {
    if (found[k] == kNoId || more[k] == 0) continue;
    Stake& h = stakes[found[k]];
    wallet(c.account, m.settle) -= more[k];
    h.margin += more[k];
    touch(h.pool);
  }
  touch_all(c.account);
  return Reject::none;
}

Reject Exchange::State::take(const SetMarginMode& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (c.instrument >= markets.size()) return Reject::no_such_instrument;
  Market& m = markets[c.instrument];
  if (m.spot || m.option || accounts[c.account].collateral == CollateralMode::portfolio)
    return Reject::no_such_mode;
  if (m.settled) return Reject::expired;
  const int sides = accounts[c.account].hedge ? 2 : 1;
  constexpr PositionSide both[] = {PositionSide::long_side, PositionSide::short_side};
  for (int k = 0; k < sides; ++k) {
    const StakeId h = find_stake(c.account, c.instrument, both[k]);
    if (h != kNoId && (stakes[h].lots != 0 || stakes[h].first_order != kNoId))
      return Reject::has_position;
  }
  for (int k = 0; k < sides; ++k) {
    const StakeId id = need_stake(c.account, c.instrument, both[k]);
    if (stakes[id].mode == c.mode) continue;
    stakes[id].mode = c.mode;
    if (c.mode == MarginMode::cross) {
      wallet(c.account, m.settle) += stakes[id].margin;
      stakes[id].margin = 0;
      stakes[id].pool =
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
    stakes[id].pool = pool;
  }
  return Reject::none;
}

Reject Exchange::State::take(const SetPositionMode& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (accounts[c.account].hedge == c.hedge) return Reject::none;
  if (!idle(c.account)) return Reject::has_position;
  accounts[c.account].hedge = c.hedge;
  for (StakeId id = accounts[c.account].first_stake; id != kNoId; id = stakes[id].next) {
    Stake& h = stakes[id];
    if (markets[h.instrument].spot) continue;
    if (c.hedge && !h.hedge) {
      h.hedge = true;
      h.side = PositionSide::long_side;
    } else if (!c.hedge) {
      // The short one becomes unreachable twin of the long one; its isolated margin goes home.
      wallet(c.account, markets[h.instrument].settle) += h.margin;
      h.margin = 0;
      h.hedge = h.side == PositionSide::short_side;
    }
  }
  return Reject::none;
}

Reject Exchange::State::take(const SetCollateralMode& c) {
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
  for (StakeId id = accounts[c.account].first_stake; id != kNoId; id = stakes[id].next) {
    Stake& h = stakes[id];
    if (h.mode == MarginMode::isolated && c.collateral != CollateralMode::portfolio) continue;
    wallet(c.account, markets[h.instrument].settle) += h.margin;
    h.margin = 0;
    h.mode = MarginMode::cross;
    h.pool = cross_pool(c.account, c.collateral == CollateralMode::multi_asset
                                       ? std::nullopt
                                       : std::optional<CoinId>(markets[h.instrument].settle));
  }
  return Reject::none;
}

Reject Exchange::State::take(const MoveMargin& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (c.instrument >= markets.size()) return Reject::no_such_instrument;
  const Market& m = markets[c.instrument];
  const StakeId id = find_stake(c.account, c.instrument, c.side);
  if (id == kNoId || stakes[id].mode != MarginMode::isolated || stakes[id].lots == 0)
    return Reject::not_isolated;
  if (c.amount == Amount() || c.amount.raw() > kValueMax || c.amount.raw() < -kValueMax)
    return Reject::bad_amount;
  Stake& h = stakes[id];
  if (pools[h.pool].in_liquidation) return Reject::in_liquidation;
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
    const PoolSums s = sums(h.pool);
    const Wide need = larger(s.initial, shared_by(h.cost, h.leverage, Round::up));
    if (!s.priced || s.wallet + smaller(s.profit, 0) + c.amount.raw() < need)
      return Reject::not_enough_margin;
  }
  wallet(c.account, m.settle) -= c.amount.raw();
  h.margin += c.amount.raw();
  touch_all(c.account);
  emit(c.account, WalletChanged{.cause = WalletChanged::Cause::margin_moved,
                                .coin = m.settle,
                                .isolated = c.instrument,
                                .amount = -c.amount});
  return Reject::none;
}

}  // namespace delever::exchange
