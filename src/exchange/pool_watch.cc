// Which pools need a look: those that changed by more than prices, and those of which a price has
// come to a watch price.
#include <algorithm>

#include "exchange/pools.h"

namespace delever::exchange {
namespace {

// Looks that cost about what a bound costs.
constexpr uint8_t kLooksForBound = 1, kLooksForScenarios = 16;

}  // namespace

// The pools that moves since the last look may have brought to a margin call or under water
// (watch_index.h).
void Pools::take_reached(Markets& moved, std::vector<uint32_t>& found) {
  for (InstrumentId i = 0; i < markets.size(); ++i) {
    Market& m = moved[i];
    if (m.moved && m.mark >= 0) watched.take_due(i, Price::raw(m.mark), found);
    m.moved = false;
  }
  for (uint32_t i = 0; i < indices.size(); ++i) {
    if (indices[i].moved)
      watched.take_due(static_cast<watch::PriceId>(markets.size() + i),
                       Price::raw(indices[i].price), found);
    moved.indices[i].moved = false;
  }
  take_reached_options(found);
  found.insert(found.end(), timed.begin(), timed.end());
  found.insert(found.end(), unbound.begin(), unbound.end());
  unbound.clear();
  for (PoolId p = 0; setup.look_at_all && p < pools.size(); ++p) found.push_back(p);
}

// Appends what one position can lose on a straight line; false: not a plain linear contract.
bool Pools::expose_position(const PositionState& pos) {
  const Market& m = markets[pos.instrument];
  if (pos.lots == 0 || m.spot) return true;
  const auto& ladder = m.rules->book.ladder;
  if (m.inverse || m.option || !ladder || ladder->rate != TierRate::incremental ||
      ladder->unit != TierUnit::value)
    return false;
  const Price now_at = Price::raw(m.mark);
  watch::Exposure e{
      .price = pos.instrument, .inverse = false, .now = now_at, .fall = {}, .rise = {}};
  const Lots lots = std::abs(pos.lots);
  const Qty size = Qty::raw(lots * m.step);
  constexpr double rounding = 8;
  if (pos.lots > 0) {
    const Price end = Price::raw(m.mark - m.mark / 2);
    const int64_t lost = value(m, lots, m.mark, Round::up) - value(m, lots, end.raw(), Round::down);
    e.fall = watch::Exposure::Way{end, static_cast<double>(lost) + rounding};
  } else {
    const Price end = Price::raw(m.mark + m.mark / 2);
    const int64_t from = value(m, lots, m.mark, Round::down),
                  to = value(m, lots, end.raw(), Round::up);
    const auto before = maintenance_of(*m.rules, from, size, now_at),
               after = maintenance_of(*m.rules, to, size, end);
    if (!before.has_value() || !after.has_value()) return false;
    const Wide fee = times(to - from, m.rules->liquidation_fee, Round::up);
    e.rise = watch::Exposure::Way{
        end, static_cast<double>(to - from + after.value() - before.value() + fee) + rounding};
  }
  exposures.push_back(e);
  return true;
}

// Most pools: one coin, linear contracts, maintenance by a ladder of marginal rates. While the mark
// stays within half and one and a half times itself a long loses at most its value's fall, and a
// short its value's rise and what maintenance grows, both on a straight line (slack_bound.h has
// the proof for everything else).
bool Pools::expose(PoolId p) {
  exposures.clear();
  if (!pools[p].coin || by_scenarios(p)) return false;
  if (pools[p].isolated != kNoId) {
    const PositionState& pos = positions[pools[p].isolated];
    return markets[pos.instrument].rules->isolated_maintenance == MaintenanceAt::mark &&
           expose_position(pos);
  }
  for (PositionId pos = accounts[pools[p].account].first_position; pos != kNoId;
       pos = positions[pos].next) {
    if (positions[pos].pool == p && !expose_position(positions[pos])) return false;
  }
  return true;
}

bool Pools::by_scenarios(PoolId p) const {
  return accounts[pools[p].account].collateral == CollateralMode::portfolio && pools[p].coin &&
         rulebooks.scenarios(*pools[p].coin);
}

// A pool that has changed is likely to change again soon (a maker's in nearly every second), and
// its watch prices would be thrown away unread. So it is looked at on every tick, which is always
// right, until these looks have cost about what a bound costs, and bounded only then: at most twice
// the cost of the better choice, whatever comes (the ski rental problem: Karlin, Manasse, Rudolph,
// Sleator, "Competitive snoopy caching", Algorithmica 3, 1988).
void Pools::watch_later(PoolId p, const PoolSums& s, bool changed) {
  if (looks_left.size() <= p) looks_left.resize(pools.size());
  if (changed) looks_left[p] = by_scenarios(p) ? kLooksForScenarios : kLooksForBound;
  if (setup.look_at_all || setup.bound_at_once || nothing_to_lose(p, s) || looks_left[p] == 0)
    return watch(p, s);
  --looks_left[p];
  unbound.push_back(p);
}

// No price could put this pool under water; what a matrix asks of a position may be 0 today alone.
bool Pools::nothing_to_lose(PoolId p, const PoolSums& s) const {
  bool debt = false;  // in one coin, backed by others: their prices matter without any position
  for (CoinId c = 0; !pools[p].coin && c < coins(); ++c) debt |= wallet(pools[p].account, c) < 0;
  return s.maintenance == 0 && s.fee == 0 && s.profit == 0 && !debt &&
         (!by_scenarios(p) || heaviest(p) == kNoId);
}

void Pools::watch(PoolId p, const PoolSums& s) {
  timed.erase(p);
  if (nothing_to_lose(p, s)) {
    watched.forget(p);
    return;
  }
  // To the margin call, or from there on to the trigger.
  const Wide to_trigger = s.equity() - s.maintenance - s.fee;
  const Wide to_call = times(larger(s.equity(), 0), setup.margin_call, Round::down) - s.maintenance;
  const Wide slack = pools[p].called ? to_trigger : smaller(to_call, to_trigger);
  if (expose(p)) {
    watched.watch(p, exposures,
                  static_cast<double>(slack) - 1 - 8.0 * static_cast<double>(exposures.size()));
    return;
  }
  if (double spare = 0; by_scenarios(p) && expose_scenarios(p, s, spare)) {
    watched.watch(p, exposures, spare);
    return;
  }
  if (by_scenarios(p) || !watch_bound(p, to_trigger - slack)) watch_any_move(p);
}

// By the proof of slack_bound.h, for pools of any kind but portfolios. `beyond` is what the call
// ratio asks for on top of the trigger. False: there is no bound.
bool Pools::watch_bound(PoolId p, Wide beyond) {
  const margin::Account plain = account_of(pools[p].account);
  const auto margin = evaluate(plain, prices, rulebooks);
  if (!margin.has_value()) return false;
  const bool isolated = pools[p].isolated != kNoId;
  const auto& all = margin.value().pools;
  for (size_t k = 0; k < all.size(); ++k) {
    if (all[k].position.has_value() != isolated || all[k].coin != pools[p].coin) continue;
    if (isolated) {
      const margin::Position& held_now = plain.positions[*all[k].position];
      const PositionState& pos = positions[pools[p].isolated];
      if (held_now.instrument != pos.instrument ||
          (held_now.side == PositionSide::long_side) != (pos.lots > 0))
        continue;
    }
    watch::PoolBound bound;
    if (!bound_pool(plain, prices, rulebooks, margin.value(), k, price_ids, bound).has_value())
      return false;
    watched.watch(p, bound.exposures, bound.spare - static_cast<double>(beyond) - 1);
    return true;
  }
  return false;
}

// No bound: the pool is evaluated again at any move of any of its prices.
void Pools::watch_any_move(PoolId p) {
  const margin::Account plain = account_of(pools[p].account);
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

void Pools::watch_all() {
  for (PoolId p = 0; p < pools.size(); ++p) {
    if (pools[p].account < kFirstUser || !active(p)) continue;
    const PoolSums s = trigger_sums(p);
    if (s.priced) watch(p, s);
  }
}

}  // namespace delever::exchange
