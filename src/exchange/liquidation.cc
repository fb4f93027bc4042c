// Liquidation: trigger check, margin calls, and the steps of the venue from step to function.
#include <algorithm>

#include "exchange/liquidator.h"

namespace delever::exchange {
// The pools that a move since the last look may have put under water, in an order that does not
// depend on how their numbers were given out.
void Liquidator::reevaluate_due() {
  due_.clear();
  for (const PoolId p : pools.dirty) due_.push_back(due_of(p, true));
  for (const Due& changed : due_) pools[changed.pool].dirty = false;
  pools.dirty.clear();
  reached_.clear();
  pools.take_reached(markets, reached_);
  for (const uint32_t p : reached_) due_.push_back(due_of(PoolId{p}, false));
  std::sort(due_.begin(), due_.end());
  // Of a pool that has changed and was reached, the first of its two entries says that it changed.
  const auto last = std::unique(due_.begin(), due_.end(),
                                [](const Due& a, const Due& b) { return a.pool == b.pool; });
  due_.erase(last, due_.end());
  for (size_t i = 0; i < due_.size(); ++i) {  // a liquidation may look at pools, never at due_
    // What the liquidations of this tick change is looked at on the next, whether a price reached
    // the pool or not.
    if (pools[due_[i].pool].dirty && !due_[i].changed) continue;
    reevaluate(due_[i].pool, due_[i].changed);
  }
}

// Pools of one account come one after the other: isolated ones last, by instrument and side.
Liquidator::Due Liquidator::due_of(PoolId p, bool changed) const {
  const PoolState& pool = pools[p];
  Due due{.account = pool.account, .pool = p, .changed = changed};
  due.isolated = pool.isolated != kNoId;
  due.of = due.isolated ? uint32_t{positions[pool.isolated].instrument}
                        : uint32_t{pool.coin.value_or(0)};
  due.side = due.isolated ? positions[pool.isolated].side : PositionSide::long_side;
  due.has_coin = pool.coin.has_value();
  return due;
}

// Pools that were closed by others in this tick, at a loss beyond their margin, do not wait for the
// next.
void Liquidator::cover_closed() {
  const std::vector<PoolId> changed = pools.dirty;
  for (const PoolId p : changed) {
    if (pools.heaviest(p) == kNoId && pools.trigger_sums(p).triggered()) reevaluate(p, true);
  }
}

void Liquidator::reevaluate(PoolId p, bool changed) {
  const AccountId a = pools[p].account;
  if (a < kFirstUser || !pools.active(p)) return;  // unwind() sees to the venue's own
  ++looks_;
  PoolSums s = pools.trigger_sums(p);
  if (!s.priced) {  // a mark or index is missing: again on the next tick, until it comes
    pools.mark_dirty(p);
    return;
  }
  if (s.triggered() && release_held(p)) s = pools.trigger_sums(p);
  if (s.triggered()) {
    if (!pools[p].in_liquidation) {
      out.emit(a, LiquidationStarted{.coin = pools[p].coin,
                                     .instrument = pools.isolated_in(p),
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
    out.emit(a, MarginCall{.coin = pools[p].coin,
                           .instrument = pools.isolated_in(p),
                           .equity = Amount::raw(narrow(s.equity())),
                           .maintenance = Amount::raw(narrow(s.maintenance))});
  }
  // A call stands until the account itself has changed: what the price does alone neither lifts nor
  // repeats it, so that it does not matter how often a pool is looked at.
  if (call || changed) pools[p].called = call;
  pools.watch_later(p, s, changed);
}

// Cancels the spot orders that hold coins of this pool: with what comes back it may be safe.
bool Liquidator::release_held(PoolId p) {
  if (pools[p].isolated != kNoId) return false;
  const auto& coin = pools[p].coin;
  bool released = false;
  for (PositionId id = accounts[pools[p].account].first_position; id != kNoId;
       id = positions[id].next) {
    const PositionState& pos = positions[id];
    const Market& m = markets[pos.instrument];
    const bool buys = pos.open_buy > 0 && (!coin || *coin == m.quote),
               sells = pos.open_sell > 0 && (!coin || *coin == m.base);
    if (!m.spot || (!buys && !sells)) continue;
    trading.drop_orders(id);
    released = true;
  }
  return released;
}

// From step to function, in the order of the enumeration.
Liquidator::Step Liquidator::step_of(LiquidationStep step) {
  static constexpr Step steps[] = {&Liquidator::cancel_orders,       &Liquidator::reduce_one_tier,
                                   &Liquidator::reduce_two_tiers,    &Liquidator::reduce_partial,
                                   &Liquidator::reduce_to_safety,    &Liquidator::close_all,
                                   &Liquidator::takeover_bankruptcy, &Liquidator::takeover_backstop,
                                   &Liquidator::auto_deleverage,     &Liquidator::socialise_loss};
  static_assert(std::size(steps) == static_cast<size_t>(LiquidationStep::socialise_loss) + 1);
  CHECK(static_cast<size_t>(step) < std::size(steps));
  return steps[static_cast<size_t>(step)];
}

// The venue's steps, one after the other, until the pool is safe, empty, or has to wait. The rule
// is that of the position that asks for most; each step looks anew at what the one before has left.
void Liquidator::liquidate(PoolId p) {
  pools[p].in_liquidation = true;
  Case c{.pool = p};
  c.heaviest = pools.heaviest(p);
  if (c.heaviest != kNoId) {
    c.rule = &rule_of(c.heaviest);
    c.at_bankruptcy = has_step(*c.rule, LiquidationStep::takeover_bankruptcy);
    const bool backed =
        has_step(*c.rule, LiquidationStep::takeover_backstop) && c.rule->backstop_fraction;
    for (const LiquidationStep step : c.rule->steps) {
      c.sums = pools.trigger_sums(p);
      c.heaviest = pools.heaviest(p);
      if (c.heaviest == kNoId || !c.sums.triggered() || c.waits) break;
      // The vault's part; a vault with nothing leaves it to the book as long as the account has
      // something.
      const Wide equity = c.sums.equity();
      c.beyond_book = backed &&
                      equity < times(c.sums.maintenance, *c.rule->backstop_fraction, Round::down) &&
                      (equity < 0 || vault_solvent(c));
      (this->*step_of(step))(c);
    }
  }
  finish(p);
}

void Liquidator::finish(PoolId p) {
  if (pools.heaviest(p) == kNoId) {
    cover(p);
    pools[p].in_liquidation = false;
    pools.watch(p, pools.trigger_sums(p));
    return;
  }
  const PoolSums after = pools.trigger_sums(p);
  pools[p].in_liquidation = after.triggered();
  if (after.triggered())
    pools.mark_dirty(p);
  else
    pools.watch(p, after);
}

bool Liquidator::vault_solvent(const Case& c) {
  const CoinId coin = markets[positions[c.heaviest].instrument].settle;
  return pools.trigger_sums(pools.cross_pool(kVault, coin)).equity() > 0;
}

// Still short of the ratio at which this venue stops to liquidate (Bybit: 90 %; else the trigger).
bool Liquidator::unsafe(const Case& c) const {
  const PoolSums at = pools.trigger_sums(c.pool);
  const Wide counted = c.rule->stop_at_ratio
                           ? times(larger(at.equity(), 0), *c.rule->stop_at_ratio, Round::down)
                           : at.equity();
  return at.priced && margin::triggered(counted, at.maintenance + at.fee, at.at_equality);
}

// Sends a closing order; a limited one no worse than the pool's bankruptcy price. Returns the lots
// closed.
Lots Liquidator::close(const Case& c, PositionId id, Lots lots, bool limited) {
  CHECK(lots >= 0 && lots <= std::abs(positions[id].lots));
  Trading::Forced order{id, lots, std::nullopt};
  const Market& m = markets[positions[id].instrument];
  if (limited) order.limit = bankruptcy_tick(m, positions[id], bankruptcy_value(c.pool, id));
  return lots > 0 ? trading.trade_forced(order) : Lots{0};
}

void Liquidator::cancel_orders(Case& c) {
  for (const PositionId id : pools.in_pool(c.pool)) trading.drop_orders(id);
}

// Again and again, as far as the book takes it.
void Liquidator::reduce_tiers(Case& c, int tiers) {
  for (PositionId id = pools.heaviest(c.pool); id != kNoId && unsafe(c);
       id = pools.heaviest(c.pool)) {
    const Lots lots = lots_to_tier(id, tiers);
    if (close(c, id, lots, true) < lots) break;
  }
}

// Hyperliquid: a fraction of a large position first, then nothing until it has cooled down.
void Liquidator::reduce_partial(Case& c) {
  const LiquidationRule& rule = *c.rule;
  if (rule.slice_min || rule.slice_max) return reduce_slice(c);
  PositionState& pos = positions[c.heaviest];
  const Market& m = markets[pos.instrument];
  const Lots size = std::abs(pos.lots);
  const int64_t at_mark = value(m, size, m.mark, Round::up);
  const bool cooling = pos.partial_at != Instant::min() && rule.partial_cooldown &&
                       now - pos.partial_at < *rule.partial_cooldown;
  if (c.beyond_book || cooling || !rule.partial_fraction ||
      at_mark <= rule.partial_above.value_or(Amount()).raw())
    return;
  pos.partial_at = now;
  const auto part = static_cast<Lots>(times(size, *rule.partial_fraction, Round::up));
  close(c, c.heaviest, std::min(std::max<Lots>(part, 1), size), c.at_bankruptcy);
  c.waits = true;
}

// dYdX: one slice a block.
void Liquidator::reduce_slice(Case& c) {
  const LiquidationRule& rule = *c.rule;
  const PositionState& pos = positions[c.heaviest];
  const Market& m = markets[pos.instrument];
  const Lots size = std::abs(pos.lots);
  const int64_t at_mark = value(m, size, m.mark, Round::up);
  Wide part = times(at_mark, rule.slice_fraction_min.value_or(Rate()), Round::up);
  part = larger(part, rule.slice_min.value_or(Amount()).raw());
  if (rule.slice_max) part = smaller(part, rule.slice_max->raw());
  const auto lots = static_cast<Lots>(divide(size * part, at_mark, Round::up));
  close(c, c.heaviest, std::clamp<Lots>(lots, 1, size), c.sums.equity() > 0);
}

// Where nobody takes over at the bankruptcy price, what is lost beyond it is lost in the book.
void Liquidator::reduce_to_safety(Case& c) {
  close(c, c.heaviest, lots_to_safety(c.pool, c.heaviest), c.at_bankruptcy || c.sums.equity() > 0);
}

void Liquidator::close_all(Case& c) {
  if (c.beyond_book) return;
  for (const PositionId id : pools.in_pool(c.pool)) {
    if (positions[id].lots != 0) close(c, id, std::abs(positions[id].lots), c.at_bankruptcy);
  }
}

void Liquidator::takeover_bankruptcy(Case& c) {
  const CoinId coin = markets[positions[c.heaviest].instrument].settle;
  if (fund_bears(c.heaviest, larger(-c.sums.equity(), 0), coin)) take_over(c.pool, kFund);
}

void Liquidator::takeover_backstop(Case& c) {
  if (c.beyond_book && vault_solvent(c)) take_over(c.pool, kVault);
}

void Liquidator::auto_deleverage(Case& c) {
  const auto& adl = markets[positions[c.heaviest].instrument].listing->rules.adl;
  const AdlPrice at = adl ? adl->price : AdlPrice::bankruptcy;
  if (at != AdlPrice::bankruptcy && c.sums.equity() >= 0) return;
  for (const PositionId id : pools.in_pool(c.pool)) {
    if (positions[id].lots != 0) deleverage(id, at);
  }
}

}  // namespace delever::exchange
