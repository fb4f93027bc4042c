// Liquidation: trigger check, the venue's steps, insurance fund, backstop vault, ADL.
#include <algorithm>

#include "exchange/state.h"
#include "margin/adl.h"

namespace delever::exchange {
namespace {

constexpr Duration kFundMemory = Duration::hours(8);

bool has_step(const LiquidationRule& rule, LiquidationStep step) {
  return std::find(rule.steps.begin(), rule.steps.end(), step) != rule.steps.end();
}

bool gains_with_value(const Market& m, Lots lots) { return (lots > 0) != m.inverse; }

}  // namespace

// The pools that a move since the last look may have put under water, in an order that does not
// depend on how their numbers were given out.
void Exchange::State::look_at_due() {
  due.clear();
  due.swap(dirty);
  for (const PoolId p : due) pools[p].dirty = false;
  const std::vector<PoolId> changed = due;
  take_reached(due);
  const auto key = [this](PoolId p) {
    const PoolState& pool = pools[p];
    const bool isolated = pool.isolated != kNoId;
    return std::tuple(
        pool.account, isolated, isolated ? stakes[pool.isolated].instrument : pool.coin.value_or(0),
        isolated ? stakes[pool.isolated].side : PositionSide::long_side, pool.coin.has_value());
  };
  std::sort(due.begin(), due.end(), [&key](PoolId a, PoolId b) { return key(a) < key(b); });
  due.erase(std::unique(due.begin(), due.end()), due.end());
  std::vector<PoolId> by_number = changed;
  std::sort(by_number.begin(), by_number.end());
  const std::vector<PoolId> now_due = due;
  for (const PoolId p : now_due) {
    const bool was_changed = std::binary_search(by_number.begin(), by_number.end(), p);
    // What the liquidations of this tick change is looked at on the next, whether a price reached
    // the pool or not.
    if (pools[p].dirty && !was_changed) continue;
    look(p, was_changed);
  }
}

// Pools that were closed by others in this tick, at a loss beyond their margin, do not wait for the
// next.
void Exchange::State::cover_closed() {
  const std::vector<PoolId> touched = dirty;
  for (const PoolId p : touched) {
    if (heaviest(p) == kNoId && sums(p).triggered()) look(p, true);
  }
}

void Exchange::State::look(PoolId p, bool changed) {
  const AccountId a = pools[p].account;
  if (a < kFirstUser || !active(p)) return;  // unwind() sees to the venue's own
  ++looks;
  PoolSums s = sums(p);
  if (!s.priced) {  // a mark or index is missing: again on the next tick, until it comes
    touch(p);
    return;
  }
  if (s.triggered() && release_held(p)) s = sums(p);
  if (s.triggered()) {
    if (!pools[p].in_liquidation) {
      emit(a, LiquidationStarted{.coin = pools[p].coin,
                                 .instrument = isolated_in(p),
                                 .equity = Amount::raw(narrow(s.equity())),
                                 .maintenance = Amount::raw(narrow(s.maintenance))});
    }
    liquidate(p);
    return;
  }
  pools[p].in_liquidation = false;
  const bool call = s.maintenance > 0 &&
                    s.maintenance >= times(larger(s.equity(), 0), setup.margin_call, Round::down);
  if (call && !pools[p].called) {
    emit(a, MarginCall{.coin = pools[p].coin,
                       .instrument = isolated_in(p),
                       .equity = Amount::raw(narrow(s.equity())),
                       .maintenance = Amount::raw(narrow(s.maintenance))});
  }
  // A call stands until the account itself has changed: what the price does alone neither lifts nor
  // repeats it, so that it does not matter how often a pool is looked at.
  if (call || changed) pools[p].called = call;
  watch(p, s);
}

// Cancels the spot orders that hold coins of this pool: with what comes back it may be safe.
bool Exchange::State::release_held(PoolId p) {
  if (pools[p].isolated != kNoId) return false;
  const auto& coin = pools[p].coin;
  bool released = false;
  for (StakeId id = accounts[pools[p].account].first_stake; id != kNoId; id = stakes[id].next) {
    const Stake& h = stakes[id];
    const Market& m = markets[h.instrument];
    const bool buys = h.open_buy > 0 && (!coin || *coin == m.quote),
               sells = h.open_sell > 0 && (!coin || *coin == m.base);
    if (!m.spot || (!buys && !sells)) continue;
    drop_orders(id);
    released = true;
  }
  return released;
}

std::optional<InstrumentId> Exchange::State::isolated_in(PoolId p) const {
  if (pools[p].isolated == kNoId) return std::nullopt;
  return stakes[pools[p].isolated].instrument;
}

std::vector<StakeId> Exchange::State::in_pool(PoolId p) const {
  if (pools[p].isolated != kNoId) return {pools[p].isolated};
  std::vector<StakeId> found;
  for (StakeId h = accounts[pools[p].account].first_stake; h != kNoId; h = stakes[h].next) {
    if (stakes[h].pool == p) found.push_back(h);
  }
  std::sort(found.begin(), found.end(), [this](StakeId x, StakeId y) {
    return std::pair(stakes[x].instrument, stakes[x].side) <
           std::pair(stakes[y].instrument, stakes[y].side);
  });
  return found;
}

// The position that asks for most maintenance; the first by instrument of equal ones.
StakeId Exchange::State::heaviest(PoolId p) const {
  StakeId found = kNoId;
  Wide most = -1;
  for (const StakeId id : in_pool(p)) {
    const Stake& h = stakes[id];
    const Market& m = markets[h.instrument];
    if (h.lots == 0 || m.spot || !prices.mark[h.instrument]) continue;
    const auto margin =
        margin::position_margin(position(h, h.lots, h.cost), *m.rules, *prices.mark[h.instrument],
                                prices.underlying[h.instrument]);
    if (!margin.has_value()) continue;
    const Wide units = in_pool_units(p, m.settle, margin.value().maintenance.raw());
    if (units > most) {
      most = units;
      found = id;
    }
  }
  return found;
}

// The value at which the whole equity of the pool is gone when this stake is closed and the others
// stand.
int64_t Exchange::State::bankruptcy_value(PoolId p, StakeId id) const {
  const Stake& h = stakes[id];
  const Market& m = markets[h.instrument];
  const bool gains = gains_with_value(m, h.lots);
  Wide equity = sums(p).equity();
  if (!pools[p].coin) {
    const Price usd = *prices.coin_usd[m.settle];
    equity = divide(equity * Price::scale, usd.raw(), Round::down);
  }
  const int64_t worth = value(m, std::abs(h.lots), m.mark, gains ? Round::down : Round::up);
  const Wide gone = gains ? worth - equity : worth + equity;
  return static_cast<int64_t>(smaller(larger(gone, 0), 4 * Wide{kValueMax}));
}

// The worst tick at which closing still leaves nothing owed.
Tick Exchange::State::bankruptcy_tick(const Market& m, const Stake& h, int64_t worth) const {
  const matching::MatchBook::Band band = m.listing->band;
  const Lots lots = std::abs(h.lots);
  const bool sells = h.lots > 0;
  const auto enough = [&](Tick t) {
    return gains_with_value(m, h.lots) ? value_at(m, lots, t) >= worth
                                       : value_at(m, lots, t) <= worth;
  };
  Tick low = band.lowest - 1,
       high = band.highest + 1;  // sells: the lowest that is enough; buys: the highest
  while (low + 1 < high) {
    const Tick t = low + (high - low) / 2;
    (enough(t) == sells ? high : low) = t;
  }
  return sells ? high : low;
}

// The fewest lots whose closing at the mark, fee paid, leaves the pool safe; all of them when none
// does.
Lots Exchange::State::lots_to_safety(PoolId p, StakeId id) const {
  const Stake& h = stakes[id];
  const Market& m = markets[h.instrument];
  const Wide equity = sums(p).equity();
  const LiquidationRule& rule = liquidation(id);
  const Lots held = std::abs(h.lots);
  const auto safe = [&](Lots closed) {
    const Lots left = held - closed;
    const int64_t cost = narrow(divide(static_cast<Wide>(h.cost) * left, held, Round::down));
    const Supposed after{id, h.lots > 0 ? left : -left, cost, h.open_buy, h.open_sell};
    const PoolSums s = sums(p, &after);
    const int64_t fee = m.liquidation_fee.part > 0 ? share(value(m, closed, m.mark, Round::up),
                                                           m.liquidation_fee, Round::up)
                                                   : 0;
    const Wide left_over = equity - in_pool_units(p, m.settle, fee);
    const Wide target = rule.stop_at_ratio
                            ? times(larger(left_over, 0), *rule.stop_at_ratio, Round::down)
                            : left_over;
    return s.priced && !delever::margin::triggered(target, s.maintenance + s.fee, s.at_equality);
  };
  Lots low = 0, high = held;
  while (low + 1 < high) {
    const Lots middle = low + (high - low) / 2;
    (safe(middle) ? high : low) = middle;
  }
  return high;
}

// What takes the position down `tiers` tiers; all of it from the lowest.
Lots Exchange::State::lots_to_tier(StakeId id, int tiers) const {
  const Stake& h = stakes[id];
  const Market& m = markets[h.instrument];
  const Lots held = std::abs(h.lots);
  const auto& ladder = m.rules->book.ladder;
  if (!ladder) return held;
  const int64_t worth = value(m, held, m.mark, Round::up);
  const MarginTier* tier = margin::tier_of(*ladder, worth, Qty::raw(held * m.step));
  if (!tier) return held;
  const auto at = tier - ladder->tiers.data();
  if (at < tiers) return held;
  const int64_t cap = ladder->tiers[static_cast<size_t>(at - tiers)].cap->raw();
  const Lots keep = ladder->unit == TierUnit::contracts
                        ? cap / m.step
                        : static_cast<Lots>(static_cast<Wide>(held) * cap / worth);
  return std::clamp<Lots>(held - keep, 1, held);
}

const LiquidationRule& Exchange::State::liquidation(StakeId h) const {
  return *markets[stakes[h].instrument].listing->rules.liquidation;
}

void Exchange::State::liquidate(PoolId p) {
  pools[p].in_liquidation = true;
  StakeId id = heaviest(p);
  if (id != kNoId) {
    const LiquidationRule& rule = liquidation(id);
    const bool backed = has_step(rule, LiquidationStep::takeover_backstop);
    const bool bankrupt_price = has_step(rule, LiquidationStep::takeover_bankruptcy);
    bool waits = false;
    for (const LiquidationStep step : rule.steps) {
      const PoolSums s = sums(p);
      id = heaviest(p);
      if (id == kNoId || !s.triggered() || waits) break;
      const auto vault_solvent = [&] {
        return sums(cross_pool(kVault, markets[stakes[id].instrument].settle)).equity() > 0;
      };
      // The vault's part; a vault with nothing leaves it to the book as long as the account has
      // something.
      const bool beyond_book =
          backed && rule.backstop_fraction &&
          s.equity() < times(s.maintenance, *rule.backstop_fraction, Round::down) &&
          (s.equity() < 0 || vault_solvent());
      const auto close = [&](StakeId h, Lots lots, bool limited) {
        Forced order{h, lots, std::nullopt};
        const Market& m = markets[stakes[h].instrument];
        if (limited) order.limit = bankruptcy_tick(m, stakes[h], bankruptcy_value(p, h));
        return lots > 0 ? trade_forced(order) : Lots{0};
      };
      const auto unsafe = [&] {
        const PoolSums at = sums(p);
        const Wide counted = rule.stop_at_ratio
                                 ? times(larger(at.equity(), 0), *rule.stop_at_ratio, Round::down)
                                 : at.equity();
        return at.priced &&
               delever::margin::triggered(counted, at.maintenance + at.fee, at.at_equality);
      };
      const auto step_down = [&](int tiers) {  // again and again, as far as the book takes it
        for (StakeId h = heaviest(p); h != kNoId && unsafe(); h = heaviest(p)) {
          const Lots lots = lots_to_tier(h, tiers);
          if (close(h, lots, true) < lots) break;
        }
      };
      switch (step) {
        case LiquidationStep::cancel_orders:
          for (const StakeId h : in_pool(p)) drop_orders(h);
          break;
        case LiquidationStep::reduce_one_tier:
          step_down(1);
          break;
        case LiquidationStep::reduce_two_tiers:
          step_down(2);
          break;
        case LiquidationStep::reduce_partial: {
          Stake& h = stakes[id];
          const Market& m = markets[h.instrument];
          const int64_t worth = value(m, std::abs(h.lots), m.mark, Round::up);
          if (rule.slice_min || rule.slice_max) {  // dYdX: one slice a block
            Wide part = times(worth, rule.slice_fraction_min.value_or(Rate()), Round::up);
            part = larger(part, rule.slice_min.value_or(Amount()).raw());
            if (rule.slice_max) part = smaller(part, rule.slice_max->raw());
            const Lots held = std::abs(h.lots);
            close(
                id,
                std::clamp<Lots>(static_cast<Lots>(divide(held * part, worth, Round::up)), 1, held),
                s.equity() > 0);
            break;
          }
          const bool cooling = h.partial_at != Instant::min() && rule.partial_cooldown &&
                               now - h.partial_at < *rule.partial_cooldown;
          if (beyond_book || cooling || !rule.partial_fraction ||
              worth <= rule.partial_above.value_or(Amount()).raw())
            break;
          h.partial_at = now;
          const auto part =
              static_cast<Lots>(times(std::abs(h.lots), *rule.partial_fraction, Round::up));
          close(id, std::min(std::max<Lots>(part, 1), std::abs(h.lots)), bankrupt_price);
          waits = true;
          break;
        }
        case LiquidationStep::reduce_to_safety:
          // Where nobody takes over at the bankruptcy price, what is lost beyond it is lost in the
          // book.
          close(id, lots_to_safety(p, id), bankrupt_price || s.equity() > 0);
          break;
        case LiquidationStep::close_all:
          if (beyond_book) break;
          for (const StakeId h : in_pool(p)) {
            if (stakes[h].lots != 0) close(h, std::abs(stakes[h].lots), bankrupt_price);
          }
          break;
        case LiquidationStep::takeover_bankruptcy: {
          const CoinId coin = markets[stakes[id].instrument].settle;
          if (fund_bears(id, larger(-s.equity(), 0), coin)) take_over(p, kFund);
          break;
        }
        case LiquidationStep::takeover_backstop:
          if (beyond_book && vault_solvent()) take_over(p, kVault);
          break;
        case LiquidationStep::auto_deleverage: {
          const auto& adl = markets[stakes[id].instrument].listing->rules.adl;
          const AdlPrice at = adl ? adl->price : AdlPrice::bankruptcy;
          if (at != AdlPrice::bankruptcy && s.equity() >= 0) break;
          for (const StakeId h : in_pool(p)) {
            if (stakes[h].lots != 0) deleverage(h, at);
          }
          break;
        }
        case LiquidationStep::socialise_loss:
          break;  // once it is closed: cover()
      }
    }
  }
  if (heaviest(p) == kNoId) {
    cover(p);
    pools[p].in_liquidation = false;
    watch(p, sums(p));
    return;
  }
  const PoolSums after = sums(p);
  pools[p].in_liquidation = after.triggered();
  if (after.triggered())
    touch(p);
  else
    watch(p, after);
}

int64_t Exchange::State::adl_value(PoolId p, StakeId id, AdlPrice at) const {
  const Stake& h = stakes[id];
  const Market& m = markets[h.instrument];
  const Round round = gains_with_value(m, h.lots) ? Round::down : Round::up;
  switch (at) {
    case AdlPrice::bankruptcy:
      return bankruptcy_value(p, id);
    case AdlPrice::mark:
      return value(m, std::abs(h.lots), m.mark, round);
    case AdlPrice::previous_mark:
      return value(m, std::abs(h.lots), m.previous_mark > 0 ? m.previous_mark : m.mark, round);
  }
  CHECK(false);
}

// Whether the fund may still take positions on: it must stay above zero after the loss and, where
// the rule says so, above its best balance of eight hours less the drawdown allowed.
bool Exchange::State::fund_bears(StakeId id, Wide loss, CoinId coin) {
  const PoolId fund = cross_pool(kFund, coin);
  const PoolSums s = sums(fund);
  const PoolId debtor = stakes[id].pool;
  if (!pools[debtor].coin)
    loss = divide(loss * Price::scale, prices.coin_usd[coin]->raw(), Round::up);
  const Wide left = s.equity() - loss;
  if (!s.priced || left < 0 || s.equity() <= 0) return false;
  const auto& adl = markets[stakes[id].instrument].listing->rules.adl;
  if (!adl || adl->trigger != AdlTrigger::drawdown || !adl->drawdown || fund_high[coin].empty())
    return true;
  const int64_t best = fund_high[coin].front().second;
  if (adl->drawdown_min && best < adl->drawdown_min->raw()) return true;
  return left >= best - times(best, *adl->drawdown, Round::down);
}

void Exchange::State::take_over(PoolId p, AccountId by) {
  const Wide equity = sums(p).equity();
  const CoinId coin = pools[p].coin.value_or(0);
  for (const StakeId id : in_pool(p)) {
    drop_orders(id);
    const Stake h = stakes[id];  // a copy: need_stake() may move them
    if (h.lots == 0 || markets[h.instrument].spot) continue;
    const Market& m = markets[h.instrument];
    const Round round = gains_with_value(m, h.lots) ? Round::down : Round::up;
    const int64_t worth =
        by == kFund ? bankruptcy_value(p, id) : value(m, std::abs(h.lots), m.mark, round);
    const StakeId to = need_stake(by, h.instrument, PositionSide::long_side);
    const auto at = by == kFund ? std::nullopt : std::optional(Price::raw(m.mark));
    transfer(id, to, h.lots, worth, {.takeover = true, .at = at});
  }
  if (by != kVault) return;
  // The vault gets what margin there is, and bears what is missing.
  const auto say_moved = [&](CoinId of, int64_t units) {
    emit(pools[p].account, WalletChanged{.cause = WalletChanged::Cause::taken_by_vault,
                                         .coin = of,
                                         .isolated = {},
                                         .amount = Amount::raw(-units)});
  };
  if (!pools[p].coin) {  // every coin that backed the pool, and every debt in it
    const AccountId a = pools[p].account;
    for (CoinId c = 0; c < coins(); ++c) {
      const int64_t free = narrow(wallet(a, c) - held(a, c));
      if (free == 0 || (free > 0 && !rulebooks.haircut(c))) continue;
      wallet(a, c) -= free;
      wallet(kVault, c) += free;
      touch(cross_pool(kVault, c));
      say_moved(c, free);
    }
    return;
  }
  int64_t& purse = pools[p].isolated != kNoId && equity < 0 ? stakes[pools[p].isolated].margin
                                                            : wallet(pools[p].account, coin);
  const int64_t moved = narrow(equity);
  purse -= moved;
  wallet(kVault, coin) += moved;
  touch(cross_pool(kVault, coin));
  say_moved(coin, moved);
}

// Closes the stake against others' opposite positions at one value for all, shared by the setup's
// policy.
void Exchange::State::deleverage(StakeId id, AdlPrice price) {
  const int64_t worth = adl_value(stakes[id].pool, id, price);
  const InstrumentId i = stakes[id].instrument;
  Market& m = markets[i];
  const auto& rule = m.listing->rules.adl;
  std::optional<Price> at;  // at the bankruptcy value there is no round price
  if (price == AdlPrice::mark) at = Price::raw(m.mark);
  if (price == AdlPrice::previous_mark)
    at = Price::raw(m.previous_mark > 0 ? m.previous_mark : m.mark);
  const AdlRanking ranking = rule ? rule->ranking : AdlRanking::leverage_pnl;
  const Lots all = stakes[id].lots;
  struct Candidate {
    StakeId stake;
    AdlCandidate adl;
  };
  std::vector<Candidate> queue;
  for (const StakeId other : in_order(m)) {
    const Stake& h = stakes[other];
    if (h.lots == 0 || (h.lots > 0) == (all > 0)) continue;
    Candidate c{other, {.account = h.account, .capacity = std::abs(h.lots)}};
    const PoolSums s = sums(h.pool);
    const bool gains = gains_with_value(m, h.lots);
    const int64_t at_mark = value(m, std::abs(h.lots), m.mark, gains ? Round::down : Round::up);
    const double profit = static_cast<double>(gains ? at_mark - h.cost : h.cost - at_mark) / 1e8;
    const double purse = static_cast<double>(s.wallet) / 1e8,
                 equity = static_cast<double>(s.equity()) / 1e8;
    const double entry = static_cast<double>(std::max<int64_t>(h.cost, 1));
    switch (ranking) {
      case AdlRanking::leverage_pnl: {
        std::optional<double> ratio;
        if (equity > 0) ratio = static_cast<double>(s.maintenance) / 1e8 / equity;
        c.adl.rank = margin::adl_leverage_pnl(profit, purse, ratio);
        break;
      }
      case AdlRanking::pnl_leverage:
        c.adl.rank = equity > 0
                         ? margin::adl_pnl_leverage(profit, std::max(purse, 1e-8),
                                                    static_cast<double>(at_mark) / 1e8, equity)
                         : 0;
        break;
      case AdlRanking::mark_entry_leverage: {
        const double ratio =
            m.inverse ? entry / static_cast<double>(at_mark) : static_cast<double>(at_mark) / entry;
        c.adl.rank = equity > 0
                         ? margin::adl_mark_entry_leverage(
                               h.lots > 0, ratio, 1, static_cast<double>(at_mark) / 1e8, equity)
                         : 0;
        break;
      }
      case AdlRanking::random_opposite:
        c.adl.rank = 0;
        break;  // in order of account: nothing here is random
    }
    // The venue's own, and the other side of the same account, come only when nobody else is left.
    if (h.account < kFirstUser) c.adl.rank = -1;
    if (h.account == stakes[id].account) c.adl.rank = -2;
    queue.push_back(c);
  }
  std::stable_sort(queue.begin(), queue.end(), [](const Candidate& a, const Candidate& b) {
    return a.adl.rank != b.adl.rank ? a.adl.rank > b.adl.rank : a.adl.account < b.adl.account;
  });
  Lots left = std::abs(all), given = 0;
  // Users by the policy; whatever its caps leave over, and then the venue's own, in turn.
  std::vector<AdlCandidate> users;
  for (const Candidate& c : queue) {
    if (c.adl.rank >= 0) users.push_back(c.adl);
  }
  std::vector<Lots> take(queue.size());
  const AdlShare share = share_deficit(setup.adl_policy, users, left);
  for (size_t k = 0; k < users.size(); ++k) take[k] = share.taken[k];
  left -= share.total;
  for (size_t k = 0; k < queue.size() && left > 0; ++k) {
    const Lots more = std::min(left, queue[k].adl.capacity - take[k]);
    take[k] += more;
    left -= more;
  }
  CHECK(left == 0);  // longs and shorts are equal
  for (size_t k = 0; k < queue.size(); ++k) {
    if (take[k] == 0) continue;
    const Lots total = std::abs(all);
    const auto upto = [&](Lots n) { return narrow(static_cast<Wide>(worth) * n / total); };
    const int64_t part = upto(given + take[k]) - upto(given);
    given += take[k];
    transfer(id, queue[k].stake, all > 0 ? take[k] : -take[k], part, {.takeover = false, .at = at});
    trim_reduce_only(queue[k].stake);
  }
  trim_reduce_only(id);
}

// What a closed pool still owes: the fund pays, then, where the venue does so, the winners, then
// nobody.
void Exchange::State::cover(PoolId p) {
  const PoolState pool = pools[p];  // a copy: cross_pool() may move them
  const AccountId a = pool.account;
  const auto settle_debt = [&](CoinId coin, int64_t& debtor) {
    if (debtor >= 0) return;
    int64_t owed = -debtor;
    int64_t& fund = wallet(kFund, coin);
    const int64_t paid = a == kFund ? 0 : std::min(owed, std::max<int64_t>(fund, 0));
    debtor = 0;
    fund -= paid;
    owed -= paid;
    if (paid > 0) {
      touch(cross_pool(kFund, coin));
      emit(a, DeficitCovered{coin, Amount::raw(paid)});
    }
    if (owed > 0) owed = socialise(coin, owed, a);
    shortfall[coin] += owed;
    if (owed > 0) emit(a, DeficitUncovered{coin, Amount::raw(owed)});
  };
  if (pool.isolated != kNoId) {
    settle_debt(*pool.coin, stakes[pool.isolated].margin);
  } else if (pool.coin) {
    settle_debt(*pool.coin, wallet(a, *pool.coin));
  } else if (sums(p).equity() < 0) {  // all collateral goes to the fund, which pays all debts
    for (CoinId c = 0; c < coins(); ++c) {
      int64_t& purse = wallet(a, c);
      if (purse > 0 && rulebooks.haircut(c) && held(a, c) == 0) {
        wallet(kFund, c) += purse;
        purse = 0;
      }
      settle_debt(c, purse);
    }
  }
}

// Takes from profits that are not realised yet, in proportion, as far as wallets carry it; returns
// what is left.
int64_t Exchange::State::socialise(CoinId coin, int64_t deficit, AccountId debtor) {
  const bool rule = std::any_of(markets.begin(), markets.end(), [coin](const Market& m) {
    return !m.spot && m.settle == coin &&
           has_step(*m.listing->rules.liquidation, LiquidationStep::socialise_loss);
  });
  if (!rule) return deficit;
  std::vector<AdlCandidate> winners;
  for (AccountId a = kFirstUser; a < accounts.size(); ++a) {
    if (a == debtor || accounts[a].collateral == CollateralMode::multi_asset) continue;
    for (const PoolId p : accounts[a].pools) {
      if (pools[p].isolated != kNoId || !active(p) || pools[p].coin != coin) continue;
      const PoolSums s = sums(p);
      const Wide most = smaller(s.profit, s.equity() - s.maintenance);
      const Wide capacity = smaller(most, wallet(a, coin) - held(a, coin));
      if (s.priced && capacity > 0) winners.push_back({.account = a, .capacity = narrow(capacity)});
    }
  }
  const AdlShare share = share_deficit(AdlPolicy::pro_rata, winners, deficit);
  for (size_t k = 0; k < winners.size(); ++k) {
    if (share.taken[k] == 0) continue;
    const AccountId a = winners[k].account;
    wallet(a, coin) -= share.taken[k];
    for (const PoolId p : accounts[a].pools) touch(p);
    emit(a,
         ProfitSocialised{.coin = coin, .debtor = debtor, .amount = Amount::raw(share.taken[k])});
  }
  return deficit - share.total;
}

// The fund and the vault sell what they took, slowly; one that has lost all it had is deleveraged.
void Exchange::State::unwind() {
  for (const AccountId a : {kFund, kVault}) {
    const std::vector<PoolId> own = accounts[a].pools;
    for (const PoolId p : own) {
      for (const StakeId id : in_pool(p)) {
        if (stakes[id].lots == 0) continue;
        const Market& m = markets[stakes[id].instrument];
        if (m.mark == 0 || m.settled) continue;
        const PoolSums s = sums(p);
        if (s.priced && s.equity() < 0) {
          emit(a, LiquidationStarted{.coin = m.settle,
                                     .instrument = stakes[id].instrument,
                                     .equity = Amount::raw(narrow(s.equity())),
                                     .maintenance = Amount::raw(narrow(s.maintenance))});
          const auto& adl = m.listing->rules.adl;
          const AdlPrice at =
              adl && adl->price == AdlPrice::previous_mark ? adl->price : AdlPrice::mark;
          deleverage(id, at);
          continue;
        }
        const Lots lots = std::abs(stakes[id].lots);
        const auto part = static_cast<Lots>(times(lots, setup.unwind, Round::up));
        const auto away = static_cast<int64_t>(times(m.mark, setup.unwind_slippage, Round::down));
        const bool sells = stakes[id].lots > 0;
        const int64_t worst = sells ? m.mark - away : m.mark + away;
        trade_forced({id, std::clamp<Lots>(part, 1, lots), static_cast<Tick>(worst / m.tick)});
      }
      const std::vector<StakeId> left = in_pool(p);
      const bool flat =
          std::all_of(left.begin(), left.end(), [this](StakeId h) { return stakes[h].lots == 0; });
      if (flat && wallet(a, *pools[p].coin) < 0) cover(p);
    }
  }
  for (CoinId c = 0; c < coins(); ++c) {  // the fund's best balance of the last eight hours
    auto& high = fund_high[c];
    const int64_t balance = wallet(kFund, c);
    while (!high.empty() && high.back().second <= balance) high.pop_back();
    high.push_back({now, balance});
    while (now - high.front().first > kFundMemory) high.pop_front();
  }
}

// The pools that moves since the last look may have brought to a margin call or under water
// (watch_index.h).
void Exchange::State::take_reached(std::vector<PoolId>& found) {
  for (InstrumentId i = 0; i < markets.size(); ++i) {
    Market& m = markets[i];
    if (m.moved && m.mark >= 0) watched.take_due(i, Price::raw(m.mark), found);
    m.moved = false;
  }
  for (uint32_t i = 0; i < indices.size(); ++i) {
    if (indices[i].moved)
      watched.take_due(static_cast<watch::PriceId>(markets.size() + i),
                       Price::raw(indices[i].price), found);
    indices[i].moved = false;
  }
  take_reached_options(found);
  found.insert(found.end(), timed.begin(), timed.end());
  for (PoolId p = 0; setup.look_at_all && p < pools.size(); ++p) found.push_back(p);
}

// Most pools: one coin, linear contracts, maintenance by a ladder of marginal rates. While the mark
// stays within half and one and a half times itself a long loses at most its value's fall, and a
// short its value's rise and what maintenance grows, both on a straight line (slack_bound.h has the
// proof for everything else).
bool Exchange::State::expose(PoolId p) {
  exposures.clear();
  if (!pools[p].coin || by_scenarios(p)) return false;
  const auto add = [this](const Stake& h) {
    const Market& m = markets[h.instrument];
    if (h.lots == 0 || m.spot) return true;
    const auto& ladder = m.rules->book.ladder;
    if (m.inverse || m.option || !ladder || ladder->rate != TierRate::incremental ||
        ladder->unit != TierUnit::value)
      return false;
    const Price now_at = Price::raw(m.mark);
    watch::Exposure e{
        .price = h.instrument, .inverse = false, .now = now_at, .fall = {}, .rise = {}};
    const Lots lots = std::abs(h.lots);
    const Qty size = Qty::raw(lots * m.step);
    constexpr double rounding = 8;
    if (h.lots > 0) {
      const Price end = Price::raw(m.mark - m.mark / 2);
      const int64_t lost =
          value(m, lots, m.mark, Round::up) - value(m, lots, end.raw(), Round::down);
      e.fall = watch::Exposure::Way{end, static_cast<double>(lost) + rounding};
    } else {
      const Price end = Price::raw(m.mark + m.mark / 2);
      const int64_t from = value(m, lots, m.mark, Round::down),
                    to = value(m, lots, end.raw(), Round::up);
      const auto before = margin::maintenance_of(*m.rules, from, size, now_at),
                 after = margin::maintenance_of(*m.rules, to, size, end);
      if (!before.has_value() || !after.has_value()) return false;
      const Wide fee = times(to - from, m.rules->liquidation_fee, Round::up);
      e.rise = watch::Exposure::Way{
          end, static_cast<double>(to - from + after.value() - before.value() + fee) + rounding};
    }
    exposures.push_back(e);
    return true;
  };
  if (pools[p].isolated != kNoId) {
    const Stake& h = stakes[pools[p].isolated];
    return markets[h.instrument].rules->isolated_maintenance == MaintenanceAt::mark && add(h);
  }
  for (StakeId h = accounts[pools[p].account].first_stake; h != kNoId; h = stakes[h].next) {
    if (stakes[h].pool == p && !add(stakes[h])) return false;
  }
  return true;
}

bool Exchange::State::by_scenarios(PoolId p) const {
  return accounts[pools[p].account].collateral == CollateralMode::portfolio && pools[p].coin &&
         rulebooks.scenarios(*pools[p].coin);
}

void Exchange::State::watch(PoolId p, const PoolSums& s) {
  const AccountId a = pools[p].account;
  timed.erase(p);
  bool debt = false;  // in one coin, backed by others: their prices matter without any position
  for (CoinId c = 0; !pools[p].coin && c < coins(); ++c) debt |= wallet(a, c) < 0;
  // Nothing that a price could put under water; what a matrix asks of a position may be 0 today
  // alone.
  if (s.maintenance == 0 && s.fee == 0 && s.profit == 0 && !debt &&
      (!by_scenarios(p) || heaviest(p) == kNoId)) {
    watched.forget(p);
    return;
  }
  // To the margin call, or from there on to the trigger.
  const Wide to_call = times(larger(s.equity(), 0), setup.margin_call, Round::down) - s.maintenance;
  const Wide slack = pools[p].called ? s.equity() - s.maintenance - s.fee
                                     : smaller(to_call, s.equity() - s.maintenance - s.fee);
  if (expose(p)) {
    watched.watch(p, exposures,
                  static_cast<double>(slack) - 1 - 8.0 * static_cast<double>(exposures.size()));
    return;
  }
  if (double spare = 0; by_scenarios(p) && expose_scenarios(p, s, spare)) {
    watched.watch(p, exposures, spare);
    return;
  }
  const margin::Account plain = account_of(a);
  if (!by_scenarios(p)) {
    watch::PoolBound bound;
    const auto margin = margin::evaluate(plain, prices, rulebooks);
    if (margin.has_value()) {
      const auto& all = margin.value().pools;
      for (size_t k = 0; k < all.size(); ++k) {
        const bool isolated = pools[p].isolated != kNoId;
        if (all[k].position.has_value() != isolated || all[k].coin != pools[p].coin) continue;
        if (isolated &&
            (plain.positions[*all[k].position].instrument != stakes[pools[p].isolated].instrument ||
             (plain.positions[*all[k].position].side == PositionSide::long_side) !=
                 (stakes[pools[p].isolated].lots > 0)))
          continue;
        if (!watch::bound_pool(plain, prices, rulebooks, margin.value(), k, price_ids, bound)
                 .has_value())
          break;
        const Wide beyond = s.equity() - s.maintenance - s.fee - slack;
        watched.watch(p, bound.exposures, bound.spare - static_cast<double>(beyond) - 1);
        return;
      }
    }
  }
  // No bound: any move of any of its prices is looked at.
  exposures.clear();
  const auto any_move = [this](watch::PriceId id, Price at) {
    const Price up = Price::raw(at.raw() + 1),
                down = Price::raw(std::max<int64_t>(at.raw() - 1, 0));
    exposures.push_back({.price = id,
                         .inverse = false,
                         .now = at,
                         .fall = watch::Exposure::Way{down, 1},
                         .rise = watch::Exposure::Way{up, 1}});
  };
  for (const margin::Position& position : plain.positions) {
    const InstrumentId i = position.instrument;
    if (prices.mark[i]) any_move(price_ids.mark[i], *prices.mark[i]);
    if (!position.option) continue;
    timed.insert(p);  // and as its expiry comes nearer, without any move
    if (prices.underlying[i]) any_move(price_ids.underlying[i], *prices.underlying[i]);
  }
  for (CoinId c = 0; c < coins(); ++c) {
    if (setup.coins[c].index && prices.coin_usd[c])
      any_move(price_ids.coin_usd[c], *prices.coin_usd[c]);
  }
  watched.watch(p, exposures, -1);
}

void Exchange::State::watch_all() {
  for (PoolId p = 0; p < pools.size(); ++p) {
    if (pools[p].account < kFirstUser || !active(p)) continue;
    const PoolSums s = sums(p);
    if (s.priced) watch(p, s);
  }
}

}  // namespace delever::exchange
