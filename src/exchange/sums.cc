// What a pool stands at: wallet, profit, initial and maintenance margin, as its rules have it.
#include <algorithm>

#include "exchange/state.h"

namespace delever {

Position Exchange::State::margin_position(const PositionState& pos, Lots lots, int64_t cost) const {
  const Market& m = markets[pos.instrument];
  Position p;
  p.instrument = pos.instrument;
  p.book = m.book_id;
  p.side = lots > 0 ? PositionSide::long_side : PositionSide::short_side;
  p.mode = pos.mode;
  p.qty = Qty::raw(std::abs(lots) * m.step);
  p.cost = Amount::raw(cost);
  p.leverage = pos.leverage;
  p.margin = Amount::raw(pos.margin);
  p.option = m.listing->option;
  return p;
}

Wide Exchange::State::in_pool_units(PoolId pool, CoinId coin, Wide units) const {
  if (pools[pool].coin) return units;
  const auto& usd = prices.coin_usd[coin];
  return usd ? divide(units * usd->raw(), Price::scale, Round::up) : units;
}

PoolSums Exchange::State::sums(PoolId id, const Hypothetical* hypothetical) const {
  const PoolState& pool = pools[id];
  PoolSums total;
  total.at_equality = false;
  const AccountState& account = accounts[pool.account];
  bool any = false;
  const auto add = [&](const PositionState& pos, Lots lots, int64_t cost, Lots buys, Lots sells) {
    const Market& m = markets[pos.instrument];
    if (m.spot) return;
    // What the position could become if the orders of one side were filled. A hedge-mode position
    // only opens one way.
    Lots most = 0;
    if (pos.hedge)
      most = std::abs(lots) + (pos.side == PositionSide::long_side ? buys : sells);
    else
      most = std::max(std::abs(lots + buys), std::abs(lots - sells));
    if (most == 0) return;
    const bool pool_position = pos.mode == MarginMode::cross || pool.isolated != kNoId;
    if (m.mark == 0 && !(m.option && prices.mark[pos.instrument])) {
      total.priced = false;
      return;
    }
    const Price mark = *prices.mark[pos.instrument];
    const auto& underlying = prices.underlying[pos.instrument];
    std::optional<Price> usd;
    if (!pool.coin) {
      usd = prices.coin_usd[m.settle];
      if (!usd) {
        total.priced = false;
        return;
      }
    }
    const auto in_units = [&usd](Wide units, Round round) {
      return usd ? divide(units * usd->raw(), Price::scale, round) : units;
    };
    Wide initial = 0;
    if (lots != 0 && pool_position) {
      any = true;
      const auto margin =
          position_margin(margin_position(pos, lots, cost), *m.rules, mark, underlying);
      if (!margin.has_value()) {
        total.priced = false;
        return;
      }
      const PositionMargin& p = margin.value();
      total.profit += in_units(p.profit.raw(), Round::down);
      total.maintenance += in_units(p.maintenance.raw(), Round::up);
      total.fee += in_units(p.liquidation_fee.raw(), Round::up);
      total.at_equality |= m.rules->at_equality;
      initial = p.initial.raw();
      // A premium paid is money spent: a long option's value backs losses, never a new order.
      if (m.option && lots > 0) initial = larger(p.value.raw(), 0);
    }
    if (pool.isolated == kNoId && (most != std::abs(lots) || pos.mode == MarginMode::isolated)) {
      const Lots count = pos.mode == MarginMode::isolated ? most - Lots(std::abs(lots)) : most;
      if (count > 0) {
        Wide needed = 0;
        if (m.option) {
          const bool shorts = pos.hedge ? pos.side == PositionSide::short_side
                                        : std::abs(lots - sells) == most && sells > 0;
          PositionState imagined = pos;
          const auto margin = position_margin(margin_position(imagined, shorts ? -count : count, 0),
                                              *m.rules, mark, underlying);
          if (!margin.has_value())
            total.priced = false;
          else
            needed =
                shorts ? Wide{margin.value().initial.raw()} : larger(margin.value().value.raw(), 0);
        } else {
          const Wide position_value = wide_value(m, count, mark.raw(), Round::up);
          const auto need =
              initial_of(*m.rules, position_value, Qty::raw(count * m.step), mark, pos.leverage);
          if (!need.has_value())
            total.priced = false;
          else
            needed = need.value();
        }
        initial = pos.mode == MarginMode::isolated ? needed : larger(initial, needed);
      }
    } else if (pos.mode == MarginMode::isolated && pool.isolated == kNoId) {
      return;
    }
    total.initial += in_units(initial, Round::up);
  };
  if (pool.isolated != kNoId) {
    const PositionState& pos = positions[pool.isolated];
    total.wallet = pos.margin;
    if (hypothetical && hypothetical->position == pool.isolated)
      add(pos, hypothetical->lots, hypothetical->cost, 0, 0);
    else
      add(pos, pos.lots, pos.cost, 0, 0);
    return total;
  }
  for (PositionId pos = account.first_position; pos != kNoId; pos = positions[pos].next) {
    const PositionState& position = positions[pos];
    if (pool.coin && markets[position.instrument].settle != *pool.coin) continue;
    if (hypothetical && hypothetical->position == pos)
      add(position, hypothetical->lots, hypothetical->cost, hypothetical->open_buy,
          hypothetical->open_sell);
    else
      add(position, position.lots, position.cost, position.open_buy, position.open_sell);
  }
  if (pool.coin) {
    total.wallet = wallet(pool.account, *pool.coin) - held(pool.account, *pool.coin);
  } else {
    for (CoinId c = 0; c < coins(); ++c) {
      const int64_t balance = narrow(wallet(pool.account, c) - held(pool.account, c));
      if (balance == 0) continue;
      const auto haircut = rulebooks.haircut(c);
      if (!haircut && balance > 0) continue;
      const auto& usd = prices.coin_usd[c];
      if (!usd) {
        total.priced = false;
        continue;
      }
      const auto position_value =
          collateral_value(Amount::raw(balance), *usd, haircut.value_or(Rate()));
      if (!position_value)
        total.priced = false;
      else
        total.wallet += position_value->raw();
    }
  }
  if (account.collateral == CollateralMode::portfolio && any &&
      !portfolio_margin(id, hypothetical, total))
    total.priced = false;
  return total;
}

// Made anew only where a price that enters has moved, or time has.
const RiskLeg* Exchange::State::leg_of(InstrumentId i) const {
  if (scenarios.size() < markets.size()) scenarios.resize(markets.size());
  const auto &mark = prices.mark[i], &underlying = prices.underlying[i];
  if (!mark) return nullptr;
  SharedScenarios& s = scenarios[i];
  const Price forward = underlying.value_or(Price());
  if (s.has_leg && s.mark == *mark && s.underlying == forward && s.years == prices.years[i])
    return &s.leg;
  s.has_leg = s.has_unit = false;
  PositionState one;
  one.instrument = i;
  const auto leg =
      risk_leg(margin_position(one, 1, 0), *markets[i].rules, *mark, underlying, prices.years[i]);
  if (!leg.has_value()) return nullptr;
  s.leg = leg.value();
  s.mark = *mark;
  s.underlying = forward;
  s.years = prices.years[i];
  s.has_leg = true;
  return &s.leg;
}

const Exchange::State::SharedScenarios* Exchange::State::scenarios_of(
    InstrumentId i, const ScenarioRule& rule) const {
  const RiskLeg* leg = leg_of(i);
  const auto& index = prices.coin_usd[markets[i].settle];
  if (!leg || !index) return nullptr;
  SharedScenarios& s = scenarios[i];
  if (s.has_unit && s.index == *index) return &s;
  s.has_unit = unit_profits(rule, *leg, index->approx(), s.unit).has_value();
  s.index = *index;
  return s.has_unit ? &s : nullptr;
}

// The scenario matrix of the pool's coin in place of the sum over positions. Orders count at their
// standard margin.
bool Exchange::State::portfolio_margin(PoolId id, const Hypothetical* hypothetical,
                                       PoolSums& total) const {
  const PoolState& pool = pools[id];
  const ScenarioRule* rule = pool.coin ? rulebooks.scenarios(*pool.coin) : nullptr;
  if (!rule) return true;  // a coin without a matrix keeps standard margin
  const auto& usd = prices.coin_usd[*pool.coin];
  if (!usd) return false;
  held_legs.clear();
  Wide standard = 0;
  for (PositionId id_h = accounts[pool.account].first_position; id_h != kNoId;
       id_h = positions[id_h].next) {
    const PositionState& pos = positions[id_h];
    const Market& m = markets[pos.instrument];
    const Lots lots =
        hypothetical && hypothetical->position == id_h ? hypothetical->lots : pos.lots;
    if (m.spot || m.settle != *pool.coin || lots == 0) continue;
    const SharedScenarios* shared = scenarios_of(pos.instrument, *rule);
    if (!shared) return false;
    const Price mark = *prices.mark[pos.instrument];
    const Position held_now = margin_position(
        pos, lots, hypothetical && hypothetical->position == id_h ? hypothetical->cost : pos.cost);
    const auto margin =
        position_margin(held_now, *m.rules, mark, prices.underlying[pos.instrument]);
    if (margin.has_value())
      standard += m.option && lots > 0 ? larger(margin.value().value.raw(), 0)
                                       : Wide{margin.value().initial.raw()};
    held_legs.push_back({leg_size(held_now, *m.rules, mark), m.option,
                         shared->leg.years.value_or(0), &shared->unit});
  }
  if (!scenario_margin(*rule, usd->approx(), 0, held_legs, scenario).has_value()) return false;
  const Wide orders = larger(total.initial - standard, 0);
  total.initial = scenario.initial.raw() + orders;
  total.maintenance = scenario.maintenance.raw();
  return true;
}

Wide Exchange::State::free_margin(PoolId id) const {
  const PoolSums s = sums(id);
  return s.priced ? s.equity() - s.initial : Wide{0};
}

Wide Exchange::State::backing(PoolId id, CoinId coin, Wide units) const {
  const PoolState& pool = pools[id];
  if (pool.coin) return *pool.coin == coin ? units : Wide{0};
  const auto haircut = rulebooks.haircut(coin);
  const auto& usd = prices.coin_usd[coin];
  if (!haircut || !usd) return 0;
  const Wide free = wallet(pool.account, coin) - held(pool.account, coin);
  const auto before = collateral_value(Amount::raw(narrow(free)), *usd, *haircut);
  const auto after = collateral_value(Amount::raw(narrow(free - units)), *usd, *haircut);
  return before && after ? Wide{before->raw()} - after->raw() : kValueMax;
}

}  // namespace delever
