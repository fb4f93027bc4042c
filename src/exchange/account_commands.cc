// Commands that concern an account as a whole: opening, money in and out, leverage and modes.
#include <algorithm>

#include "exchange/state.h"

namespace delever::exchange {

// A refused command leaves no trace: neither time nor the records that it made ready stay.
Reject Exchange::State::apply(const Command& command) {
  if (command.at < out.now) return Reject::time_goes_back;
  if (!timely(command.at)) return Reject::bad_time;
  const Instant before = out.now;
  const size_t positions_before = pools.positions.size(), pools_before = pools.size();
  out.now = command.at;  // events carry the command's time
  const Reject refused = std::visit([this](const auto& body) { return apply(body); }, command.body);
  if (refused == Reject::none) return refused;
  out.now = before;
  pools.forget_newest(positions_before, pools_before, markets);
  return refused;
}

Reject Exchange::State::check_account(AccountId a) const {
  if (a >= pools.accounts.size()) return Reject::no_such_account;
  return a < kFirstUser ? Reject::not_allowed : Reject::none;
}

Reject Exchange::State::apply(const OpenAccount& c) {
  if (c.collateral == CollateralMode::portfolio &&
      std::none_of(setup.coins.begin(), setup.coins.end(),
                   [](const CoinSetup& coin) { return coin.scenarios; }))
    return Reject::no_such_mode;
  if (pools.accounts.size() >= kNoId) return Reject::too_large;
  out.emit(pools.add_account(c), AccountOpened{});
  return Reject::none;
}

Reject Exchange::State::apply(const Deposit& c) {
  if (c.account >= pools.accounts.size()) return Reject::no_such_account;
  if (c.coin >= coins()) return Reject::no_such_coin;
  if (c.amount <= Amount() || c.amount.raw() > kValueMax ||
      c.amount.raw() > kValueMax - ledger.wallet(c.account, c.coin) ||
      c.amount.raw() > 8 * kValueMax - ledger.deposited(c.coin))
    return Reject::bad_amount;
  ledger.move(MoneyAccount::outside(), pools.wallet_of(c.account), c.coin, c.amount.raw());
  pools.mark_all_dirty(c.account);
  out.emit(c.account, WalletChanged{.cause = WalletChanged::Cause::deposit,
                                    .coin = c.coin,
                                    .isolated = {},
                                    .amount = c.amount});
  return Reject::none;
}

Reject Exchange::State::apply(const Withdraw& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (c.coin >= coins()) return Reject::no_such_coin;
  if (c.amount <= Amount()) return Reject::bad_amount;
  if (ledger.wallet(c.account, c.coin) - pools.held(c.account, c.coin) < c.amount.raw())
    return Reject::not_enough_balance;
  // Paid out on trial: what stays must carry every pool that this coin backs, or it comes back.
  ledger.move(pools.wallet_of(c.account), MoneyAccount::outside(), c.coin, c.amount.raw());
  for (const PoolId p : pools.accounts[c.account].pools) {
    const PoolState& pool = pools[p];
    if (pool.isolated != kNoId || !pools.active(p) || (pool.coin && *pool.coin != c.coin)) continue;
    const PoolSums s = pools.sums(p);
    const bool in_use =
        s.initial > 0 || s.maintenance > 0 || s.profit != 0 || pools.indebted(c.account);
    const Wide unearned = larger(s.profit, 0);  // profit that is not realised does not leave
    if (in_use && (!s.priced || s.equity() - unearned < s.initial)) {
      ledger.move(MoneyAccount::outside(), pools.wallet_of(c.account), c.coin, c.amount.raw());
      return s.priced ? Reject::not_enough_margin : Reject::no_mark;
    }
  }
  pools.mark_all_dirty(c.account);
  out.emit(c.account, WalletChanged{.cause = WalletChanged::Cause::withdrawal,
                                    .coin = c.coin,
                                    .isolated = {},
                                    .amount = -c.amount});
  return Reject::none;
}

Reject Exchange::State::apply(const SetLeverage& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (c.instrument >= markets.size()) return Reject::no_such_instrument;
  Market& m = markets[c.instrument];
  if (m.spot || m.option) return Reject::no_such_mode;
  if (m.settled) return Reject::expired;
  if (c.leverage.raw() <= 0) return Reject::bad_leverage;
  const auto& ladder = m.rules->book.ladder;
  if (ladder && c.leverage > ladder->tiers.front().max_leverage) return Reject::bad_leverage;
  PositionId found[2] = {pools.find_position(c.account, c.instrument, PositionSide::long_side),
                         pools.find_position(c.account, c.instrument, PositionSide::short_side)};
  if (found[0] == found[1]) found[1] = kNoId;
  // Every position must stand it before any is changed.
  int64_t more[2] = {0, 0};
  Wide moved = 0;
  for (int k = 0; k < 2; ++k) {
    if (found[k] == kNoId) continue;
    const PositionState& pos = pools.positions[found[k]];
    const Lots most =
        std::max(std::abs(pos.lots + pos.open_buy), std::abs(pos.lots - pos.open_sell));
    if (most == 0) continue;
    if (m.mark == 0) return Reject::no_mark;
    if (!value_fits(m, most, m.mark)) return Reject::too_large;
    const int64_t position_value = value(m, most, m.mark, Round::up);
    if (ladder) {
      const MarginTier* tier = margin::tier_of(*ladder, position_value, Qty::raw(most * m.step));
      if (!tier || c.leverage > tier->max_leverage) return Reject::bad_leverage;
    }
    if (pos.mode == MarginMode::isolated && pos.lots != 0) {
      const Wide need = shared_by(pos.cost, c.leverage, Round::up);
      more[k] = static_cast<int64_t>(larger(need - pos.margin, 0));
      moved += more[k];
    }
  }
  const Leverage before[2] = {found[0] == kNoId ? Leverage() : pools.positions[found[0]].leverage,
                              found[1] == kNoId ? Leverage() : pools.positions[found[1]].leverage};
  for (int k = 0; k < 2; ++k) {
    if (found[k] != kNoId) pools.positions[found[k]].leverage = c.leverage;
  }
  const auto keep = [&](Reject why) {
    for (int k = 0; k < 2; ++k) {
      if (found[k] != kNoId) pools.positions[found[k]].leverage = before[k];
    }
    return why;
  };
  // Isolated margin leaves the wallet itself: profit that is not realised cannot pay it.
  if (moved > 0 && ledger.wallet(c.account, m.settle) - pools.held(c.account, m.settle) < moved)
    return keep(Reject::not_enough_margin);
  for (int k = 0; k < 2;
       ++k) {  // with the new leverage the cross pool must still carry positions and orders
    if (found[k] == kNoId) continue;
    const PoolId cross = pools.cross_pool_of(c.account, m.settle);
    const bool raises = c.leverage < before[k] || moved > 0;
    if (raises &&
        (pools.positions[found[k]].lots != 0 || pools.positions[found[k]].first_order != kNoId) &&
        pools.free_margin(cross) < pools.backing(cross, m.settle, moved))
      return keep(Reject::not_enough_margin);
  }
  for (const PositionSide side : {PositionSide::long_side, PositionSide::short_side}) {
    if (side == PositionSide::short_side && !pools.accounts[c.account].hedge) continue;
    pools.positions[pools.find_or_add_position(c.account, c.instrument, side, m)].leverage =
        c.leverage;
  }
  for (int k = 0; k < 2; ++k) {
    if (found[k] == kNoId || more[k] == 0) continue;
    PositionState& pos = pools.positions[found[k]];
    ledger.move(pools.wallet_of(c.account), pools.margin_of(pos), m.settle, more[k]);
    pools.mark_dirty(pos.pool);
  }
  pools.mark_all_dirty(c.account);
  return Reject::none;
}

// Only while nothing is held or resting there, so that no margin has to be found for it.
Reject Exchange::State::apply(const SetMarginMode& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (c.instrument >= markets.size()) return Reject::no_such_instrument;
  Market& m = markets[c.instrument];
  if (m.spot || m.option || pools.accounts[c.account].collateral == CollateralMode::portfolio)
    return Reject::no_such_mode;
  if (m.settled) return Reject::expired;
  const int sides = pools.accounts[c.account].hedge ? 2 : 1;
  constexpr PositionSide both[] = {PositionSide::long_side, PositionSide::short_side};
  for (int k = 0; k < sides; ++k) {
    const PositionId pos = pools.find_position(c.account, c.instrument, both[k]);
    if (pos != kNoId &&
        (pools.positions[pos].lots != 0 || pools.positions[pos].first_order != kNoId))
      return Reject::has_position;
  }
  for (int k = 0; k < sides; ++k) {
    const PositionId id = pools.find_or_add_position(c.account, c.instrument, both[k], m);
    if (pools.positions[id].mode == c.mode) continue;
    pools.positions[id].mode = c.mode;
    if (c.mode == MarginMode::cross) {
      pools.return_margin(pools.positions[id]);
      pools.positions[id].pool = pools.cross_pool_of(c.account, m.settle);
      continue;
    }
    pools.positions[id].pool = pools.isolated_pool(id);
  }
  return Reject::none;
}

Reject Exchange::State::apply(const SetPositionMode& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (pools.accounts[c.account].hedge == c.hedge) return Reject::none;
  if (!pools.idle(c.account)) return Reject::has_position;
  pools.accounts[c.account].hedge = c.hedge;
  for (PositionId id = pools.accounts[c.account].first_position; id != kNoId;
       id = pools.positions[id].next) {
    PositionState& pos = pools.positions[id];
    if (markets[pos.instrument].spot) continue;
    if (c.hedge && !pos.hedge) {
      pos.hedge = true;
      pos.side = PositionSide::long_side;
    } else if (!c.hedge) {
      // The short one becomes unreachable twin of the long one; its isolated margin goes home.
      pools.return_margin(pos);
      pos.hedge = pos.side == PositionSide::short_side;
    }
  }
  return Reject::none;
}

// All positions change their pool; in portfolio mode isolated ones go back to cross, which is all
// that a scenario matrix knows.
Reject Exchange::State::apply(const SetCollateralMode& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (pools.accounts[c.account].collateral == c.collateral) return Reject::none;
  if (c.collateral == CollateralMode::portfolio &&
      std::none_of(setup.coins.begin(), setup.coins.end(),
                   [](const CoinSetup& coin) { return coin.scenarios; }))
    return Reject::no_such_mode;
  if (!pools.idle(c.account)) return Reject::has_position;
  for (CoinId coin = 0; coin < coins(); ++coin) {
    if (ledger.wallet(c.account, coin) < 0)
      return Reject::not_enough_balance;  // a debt that other collateral backs
  }
  pools.accounts[c.account].collateral = c.collateral;
  for (PositionId id = pools.accounts[c.account].first_position; id != kNoId;
       id = pools.positions[id].next) {
    PositionState& pos = pools.positions[id];
    // Of the new mode; orders of isolated positions are held against it too.
    const PoolId cross = pools.cross_pool_of(c.account, markets[pos.instrument].settle);
    if (pos.mode == MarginMode::isolated && c.collateral != CollateralMode::portfolio) continue;
    pools.return_margin(pos);
    pos.mode = MarginMode::cross;
    pos.pool = cross;
  }
  return Reject::none;
}

Reject Exchange::State::apply(const MoveMargin& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (c.instrument >= markets.size()) return Reject::no_such_instrument;
  const Market& m = markets[c.instrument];
  const PositionId id = pools.find_position(c.account, c.instrument, c.side);
  if (id == kNoId || pools.positions[id].mode != MarginMode::isolated ||
      pools.positions[id].lots == 0)
    return Reject::not_isolated;
  if (c.amount == Amount() || c.amount.raw() > kValueMax || c.amount.raw() < -kValueMax)
    return Reject::bad_amount;
  PositionState& pos = pools.positions[id];
  if (pools[pos.pool].in_liquidation) return Reject::in_liquidation;
  if (m.mark == 0) return Reject::no_mark;
  if (c.amount > Amount()) {
    const PoolId cross = pools.cross_pool_of(c.account, m.settle);
    if (ledger.wallet(c.account, m.settle) - pools.held(c.account, m.settle) < c.amount.raw())
      return Reject::not_enough_balance;
    if (pools.free_margin(cross) < pools.backing(cross, m.settle, c.amount.raw()))
      return Reject::not_enough_margin;
  } else {
    // What stays must carry the position at its leverage, without profit that is not realised.
    const PoolSums s = pools.sums(pos.pool);
    const Wide need = larger(s.initial, shared_by(pos.cost, pos.leverage, Round::up));
    if (!s.priced || s.wallet + smaller(s.profit, 0) + c.amount.raw() < need)
      return Reject::not_enough_margin;
  }
  ledger.move(pools.wallet_of(c.account), pools.margin_of(pos), m.settle, c.amount.raw());
  pools.mark_all_dirty(c.account);
  out.emit(c.account, WalletChanged{.cause = WalletChanged::Cause::margin_moved,
                                    .coin = m.settle,
                                    .isolated = c.instrument,
                                    .amount = -c.amount});
  return Reject::none;
}

}  // namespace delever::exchange
