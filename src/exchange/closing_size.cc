// How much of a position a liquidation closes, and at what price.
#include <algorithm>

#include "exchange/liquidator.h"

namespace delever::exchange {

const LiquidationRule& Liquidator::rule_of(PositionId pos) const {
  return *markets[positions[pos].instrument].listing->rules.liquidation;
}

// The value at which the whole equity of the pool is gone when this position is closed and the
// others stand. Closing at value V instead of the value at the mark V0 changes the equity E by V -
// V0 where the position gains with value, and by V0 - V where it loses; E + that = 0 gives V0 - E
// and V0 + E. In a USD pool E is first turned into the position's coin. (Binance's and Bybit's
// bankruptcy price of one isolated position is this value over its size.)
Units Liquidator::bankruptcy_value(PoolId p, PositionId id) const {
  const PositionState& pos = positions[id];
  const Market& m = markets[pos.instrument];
  const bool gains = gains_with_value(m, pos.lots);
  Wide equity = pools.trigger_sums(p).equity();
  if (!pools[p].coin) {
    const Price usd = *prices.coin_usd[m.settle];
    equity = divide(equity * Price::scale, usd.raw(), Round::down);
  }
  const int64_t position_value =
      value(m, std::abs(pos.lots), m.mark, gains ? Round::down : Round::up);
  const Wide gone = gains ? position_value - equity : position_value + equity;
  return static_cast<int64_t>(smaller(larger(gone, 0), 4 * Wide{kValueMax}));
}

// The worst tick at which closing still leaves nothing owed: values rise or fall with the tick
// throughout, so the tick is found by halving the band, in the rounding that a fill would have.
Tick Liquidator::bankruptcy_tick(const Market& m, const PositionState& pos,
                                 Units position_value) const {
  const matching::MatchBook::Band band = m.listing->band;
  const Lots lots = std::abs(pos.lots);
  const bool sells = pos.lots > 0;
  const auto enough = [&](Tick t) {
    return gains_with_value(m, pos.lots) ? value_at(m, lots, t) >= position_value
                                         : value_at(m, lots, t) <= position_value;
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
// does. Closing at the mark moves profit into the wallet and leaves the equity as it is, less the
// fee: what falls is maintenance. More closed never asks for more maintenance where rates rise with
// size, so the number is found by halving.
Lots Liquidator::lots_to_safety(PoolId p, PositionId id) const {
  const PositionState& pos = positions[id];
  const Market& m = markets[pos.instrument];
  const Wide equity = pools.trigger_sums(p).equity();
  const LiquidationRule& rule = rule_of(id);
  const Lots held = std::abs(pos.lots);
  const auto safe = [&](Lots closed) {
    const Lots left = held - closed;
    const int64_t cost = narrow(divide(static_cast<Wide>(pos.cost) * left, held, Round::down));
    Hypothetical after = as_it_is(id, pos);
    after.lots = pos.lots > 0 ? left : -left;
    after.cost = cost;
    const PoolSums s = pools.trigger_sums(p, &after);
    Units fee = 0;
    if (m.liquidation_fee.part > 0)
      fee = share(value(m, closed, m.mark, Round::up), m.liquidation_fee, Round::up);
    const Wide left_over = equity - pools.in_pool_units(p, m.settle, fee);
    const Wide target = rule.stop_at_ratio
                            ? times(larger(left_over, 0), *rule.stop_at_ratio, Round::down)
                            : left_over;
    return s.priced && !margin::triggered(target, s.maintenance + s.fee, s.at_equality);
  };
  Lots low = 0, high = held;
  while (low + 1 < high) {
    const Lots middle = low + (high - low) / 2;
    (safe(middle) ? high : low) = middle;
  }
  return high;
}

// What takes the position down `tiers` tiers; all of it from the lowest.
Lots Liquidator::lots_to_tier(PositionId id, int tiers) const {
  const PositionState& pos = positions[id];
  const Market& m = markets[pos.instrument];
  const Lots held = std::abs(pos.lots);
  const auto& ladder = m.rules->book.ladder;
  if (!ladder) return held;
  const int64_t position_value = value(m, held, m.mark, Round::up);
  const MarginTier* tier = margin::tier_of(*ladder, position_value, Qty::raw(held * m.step));
  if (!tier) return held;
  const auto at = tier - ladder->tiers.data();
  if (at < tiers) return held;
  const int64_t cap = ladder->tiers[static_cast<size_t>(at - tiers)].cap->raw();
  const Lots keep = ladder->unit == TierUnit::contracts
                        ? Lots(cap / m.step)
                        : static_cast<Lots>(static_cast<Wide>(held) * cap / position_value);
  return std::clamp<Lots>(held - keep, 1, held);
}

Units Liquidator::adl_value(PoolId p, PositionId id, AdlPrice at) const {
  const PositionState& pos = positions[id];
  const Market& m = markets[pos.instrument];
  const Round round = gains_with_value(m, pos.lots) ? Round::down : Round::up;
  switch (at) {
    case AdlPrice::bankruptcy:
      return bankruptcy_value(p, id);
    case AdlPrice::mark:
      return value(m, std::abs(pos.lots), m.mark, round);
    case AdlPrice::previous_mark:
      return value(m, std::abs(pos.lots), m.previous_mark > 0 ? m.previous_mark : m.mark, round);
  }
  CHECK(false);
}

}  // namespace delever::exchange
