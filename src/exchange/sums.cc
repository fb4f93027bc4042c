// What a pool stands at: wallet, profit, initial and maintenance margin, as its rules have it.
#include <algorithm>

#include "exchange/pools.h"

namespace delever::exchange {
namespace {

// What the position could become if the orders of one side were filled. A hedge-mode position only
// opens one way.
Lots most_of(const PositionState& pos, const Hypothetical& as) {
  if (pos.hedge)
    return std::abs(as.lots) + (pos.side == PositionSide::long_side ? as.open_buy : as.open_sell);
  return std::max(std::abs(as.lots + as.open_buy), std::abs(as.lots - as.open_sell));
}

}  // namespace

margin::Position Pools::margin_position(const PositionState& pos, Lots lots, int64_t cost) const {
  const Market& m = markets[pos.instrument];
  margin::Position p;
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

margin::Account Pools::account_of(AccountId a) const {
  margin::Account out;
  out.collateral = accounts[a].collateral;
  for (CoinId c = 0; c < coins(); ++c)
    out.balances.push_back({c, Amount::raw(narrow(wallet(a, c) - held(a, c)))});
  std::vector<PositionId> own;
  for (PositionId id = accounts[a].first_position; id != kNoId; id = positions[id].next) {
    if (positions[id].lots != 0) own.push_back(id);
  }
  std::sort(own.begin(), own.end(), [this](PositionId x, PositionId y) {
    return std::pair(positions[x].instrument, positions[x].side) <
           std::pair(positions[y].instrument, positions[y].side);
  });
  for (const PositionId id : own)
    out.positions.push_back(margin_position(positions[id], positions[id].lots, positions[id].cost));
  return out;
}

// Coins that spot orders hold: quote for buys, base for sells. They may leave at any moment, so
// they are no collateral.
Wide Pools::held(AccountId a, CoinId c) const {
  if (!markets.has_spot) return 0;
  Wide sum = 0;
  for (PositionId id = accounts[a].first_position; id != kNoId; id = positions[id].next) {
    const PositionState& pos = positions[id];
    const Market& m = markets[pos.instrument];
    if (!m.spot) continue;
    if (m.quote == c) sum += pos.open_buy_value;
    if (m.base == c)
      sum += divide<Qty::scale>(static_cast<Wide>(pos.open_sell) * m.step * m.size, Round::up);
  }
  return sum;
}

Wide Pools::in_pool_units(PoolId pool, CoinId coin, Wide units) const {
  if (pools[pool].coin) return units;
  const auto& usd = prices.coin_usd[coin];
  return usd ? divide<Price::scale>(units * usd->raw(), Round::up) : units;
}

bool Pools::by_price(const PositionState& pos) const {
  const Market& m = markets[pos.instrument];
  return accounts[pos.account].orders == OrderMargin::order_price && !m.option && !m.inverse;
}

// The larger of what could be long and what could be short, orders at their own prices, and the
// lots of it. A hedge-mode position only opens one way.
Pools::Reach Pools::reach_by_price(const PositionState& pos, const Hypothetical& as) const {
  const Market& m = markets[pos.instrument];
  const Wide held = wide_value(m, std::abs(as.lots), m.mark, Round::up);
  const Wide buys = ticks_value(m, as.buy_ticks), sells = ticks_value(m, as.sell_ticks);
  if (pos.hedge) {
    const bool buy = pos.side == PositionSide::long_side;
    return {std::abs(as.lots) + (buy ? as.open_buy : as.open_sell), held + (buy ? buys : sells)};
  }
  const auto size_of = [](Wide x) { return x < 0 ? -x : x; };
  const Wide signed_held = as.lots < 0 ? -held : held;
  const Reach bought{std::abs(as.lots + as.open_buy), size_of(signed_held + buys)},
      sold{std::abs(as.lots - as.open_sell), size_of(signed_held - sells)};
  return bought.value >= sold.value ? bought : sold;
}

// Initial margin of a cross position with its orders, or of what orders add to an isolated one.
bool Pools::initial_by_price(const PositionState& pos, const Hypothetical& as, Wide& needed) const {
  const Market& m = markets[pos.instrument];
  Reach reach = reach_by_price(pos, as);
  if (pos.mode == MarginMode::isolated) {
    const Lots held = std::abs(as.lots);
    reach.value = larger(reach.value - wide_value(m, held, m.mark, Round::up), 0);
    reach.lots = std::max(reach.lots - held, Lots());
  }
  const auto need = initial_of(*m.rules, reach.value, Qty::raw(reach.lots * m.step),
                               *prices.mark[pos.instrument], pos.leverage);
  if (need.has_value()) needed = need.value();
  return need.has_value();
}

// Initial margin of `count` lots that orders could open; false: a price or a figure is missing.
bool Pools::order_initial(const PositionState& pos, const Hypothetical& as, Lots count, Lots most,
                          Wide& needed) const {
  const Market& m = markets[pos.instrument];
  const Price mark = *prices.mark[pos.instrument];
  if (by_price(pos)) return initial_by_price(pos, as, needed);
  if (!m.option) {
    const Wide notional = wide_value(m, count, mark.raw(), Round::up);
    const auto need = initial_of(*m.rules, notional, Qty::raw(count * m.step), mark, pos.leverage);
    if (need.has_value()) needed = need.value();
    return need.has_value();
  }
  const bool shorts = pos.hedge ? pos.side == PositionSide::short_side
                                : std::abs(as.lots - as.open_sell) == most && as.open_sell > 0;
  const auto margin = position_margin(margin_position(pos, shorts ? -count : count, 0), *m.rules,
                                      mark, prices.underlying[pos.instrument]);
  if (!margin.has_value()) return false;
  needed = shorts ? Wide{margin.value().initial.raw()} : larger(margin.value().value.raw(), 0);
  return true;
}

// Adds one position, as it is or as it would be, to a pool's sums: its profit and margins, and what
// its orders could come to. Returns whether it is a position of this pool that is held.
bool Pools::add_position(PoolId p, const PositionState& pos, const Hypothetical& as,
                         margin::MarginFigures figures, PoolSums& total) const {
  const PoolState& pool = pools[p];
  const Market& m = markets[pos.instrument];
  if (m.spot) return false;
  const Lots most = most_of(pos, as), size = std::abs(as.lots);
  if (most == 0) return false;
  const bool isolated = pos.mode == MarginMode::isolated, own_pool = pool.isolated != kNoId;
  const auto unpriced = [&total] {
    total.priced = false;
    return false;
  };
  if (m.mark == 0 && !(m.option && prices.mark[pos.instrument])) return unpriced();
  const Price mark = *prices.mark[pos.instrument];
  const auto usd = pool.coin ? std::nullopt : prices.coin_usd[m.settle];
  if (!pool.coin && !usd) return unpriced();
  const int64_t rate = usd ? usd->raw() : 0;
  const auto in_units = [&](Wide units, Round round) {
    return pool.coin ? units : divide<Price::scale>(units * rate, round);
  };
  Wide initial = 0;
  const bool counts = as.lots != 0 && (!isolated || own_pool);
  if (counts) {
    const auto margin = position_margin(margin_position(pos, as.lots, as.cost), *m.rules, mark,
                                        prices.underlying[pos.instrument], figures);
    if (!margin.has_value()) {
      total.priced = false;
      return true;
    }
    const margin::PositionMargin& of = margin.value();
    total.profit += in_units(of.profit.raw(), Round::down);
    total.maintenance += in_units(of.maintenance.raw(), Round::up);
    total.fee += in_units(of.liquidation_fee.raw(), Round::up);
    total.at_equality |= m.rules->at_equality;
    initial = of.initial.raw();
    // A premium paid is money spent: a long option's value backs losses, never a new order.
    if (m.option && as.lots > 0) initial = larger(of.value.raw(), 0);
  }
  // Orders are the cross pool's. Of a cross position the larger of what is held and what could be
  // counts; an isolated one has paid for what it holds.
  const Lots count = isolated ? most - size : most;
  const bool grows =
      by_price(pos) ? as.open_buy > 0 || as.open_sell > 0 : (most != size || isolated) && count > 0;
  if (!own_pool && grows && !initial_left_out(*m.rules, pos.leverage, figures)) {
    Wide needed = 0;
    if (!order_initial(pos, as, count, most, needed)) total.priced = false;
    initial = isolated ? needed : larger(initial, needed);
  }
  total.initial += in_units(initial, Round::up);
  return counts;
}

// The wallets behind a cross pool: its coin's, or all of them in USD after haircuts.
void Pools::add_wallets(PoolId p, PoolSums& total) const {
  const PoolState& pool = pools[p];
  if (pool.coin) {
    total.wallet = wallet(pool.account, *pool.coin) - held(pool.account, *pool.coin);
    return;
  }
  for (CoinId c = 0; c < coins(); ++c) {
    const int64_t balance = narrow(wallet(pool.account, c) - held(pool.account, c));
    if (balance == 0) continue;
    const auto haircut = rulebooks.haircut(c);
    if (!haircut && balance > 0) continue;  // no collateral; a debt counts all the same
    const auto& usd = prices.coin_usd[c];
    const auto counted =
        usd ? margin::collateral_value(Amount::raw(balance), *usd, haircut.value_or(Rate()))
            : std::nullopt;
    if (counted)
      total.wallet += counted->raw();
    else
      total.priced = false;
  }
}

PoolSums Pools::sums(PoolId p, const Hypothetical* hypothetical,
                     margin::MarginFigures figures) const {
  const PoolState& pool = pools[p];
  PoolSums total;
  total.at_equality = false;
  const auto as_asked = [this, hypothetical](PositionId id, bool with_orders) {
    Hypothetical as = as_it_is(id, positions[id]);
    if (hypothetical && hypothetical->position == id) as = *hypothetical;
    if (!with_orders) as.open_buy = as.open_sell = 0;
    return as;
  };
  if (pool.isolated != kNoId) {
    const PositionState& pos = positions[pool.isolated];
    total.wallet = pos.margin;
    add_position(p, pos, as_asked(pool.isolated, false), figures, total);
    return total;
  }
  bool any = false;
  for (PositionId id = accounts[pool.account].first_position; id != kNoId;
       id = positions[id].next) {
    const PositionState& pos = positions[id];
    if (pool.coin && markets[pos.instrument].settle != *pool.coin) continue;
    any |= add_position(p, pos, as_asked(id, true), figures, total);
  }
  add_wallets(p, total);
  if (accounts[pool.account].collateral == CollateralMode::portfolio && any &&
      !portfolio_margin(p, hypothetical, figures, total))
    total.priced = false;
  return total;
}

std::optional<Amount> Pools::orders_initial(PositionId id) const {
  const PositionState& pos = positions[id];
  Hypothetical as = as_it_is(id, pos);
  if (as.open_buy == 0 && as.open_sell == 0) return Amount();
  const CoinId settle = markets[pos.instrument].settle;
  for (const PoolId p : accounts[pos.account].pools) {
    if (pools[p].isolated != kNoId || !active(p) || (pools[p].coin && *pools[p].coin != settle))
      continue;
    PoolSums with, without;
    add_position(p, pos, as, margin::MarginFigures::all, with);
    as.open_buy = as.open_sell = 0;
    as.buy_ticks = as.sell_ticks = 0;
    add_position(p, pos, as, margin::MarginFigures::all, without);
    if (!with.priced || !without.priced) return std::nullopt;
    return Amount::raw(narrow(with.initial - without.initial));
  }
  return std::nullopt;
}

// Made anew only where a price that enters has moved, or time has.
const margin::RiskLeg* Pools::leg_of(InstrumentId i) const {
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

const Pools::SharedScenarios* Pools::scenarios_of(InstrumentId i, const ScenarioRule& rule) const {
  const margin::RiskLeg* leg = leg_of(i);
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
bool Pools::portfolio_margin(PoolId id, const Hypothetical* hypothetical,
                             margin::MarginFigures figures, PoolSums& total) const {
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
    const margin::Position held_now = margin_position(
        pos, lots, hypothetical && hypothetical->position == id_h ? hypothetical->cost : pos.cost);
    if (figures == margin::MarginFigures::all) {
      const auto margin =
          position_margin(held_now, *m.rules, mark, prices.underlying[pos.instrument]);
      if (margin.has_value())
        standard += m.option && lots > 0 ? larger(margin.value().value.raw(), 0)
                                         : Wide{margin.value().initial.raw()};
    }
    held_legs.push_back({leg_size(held_now, *m.rules, mark), m.option,
                         shared->leg.years.value_or(0), &shared->unit});
  }
  if (!scenario_margin(*rule, usd->approx(), 0, held_legs, scenario).has_value()) return false;
  const Wide orders = larger(total.initial - standard, 0);
  total.initial = scenario.initial.raw() + orders;
  total.maintenance = scenario.maintenance.raw();
  return true;
}

Wide Pools::free_margin(PoolId id) const {
  const PoolSums s = sums(id);
  return s.priced ? s.equity() - s.initial : Wide{0};
}

Wide Pools::backing(PoolId id, CoinId coin, Wide units) const {
  const PoolState& pool = pools[id];
  if (pool.coin) return *pool.coin == coin ? units : Wide{0};
  const auto haircut = rulebooks.haircut(coin);
  const auto& usd = prices.coin_usd[coin];
  if (!haircut || !usd) return 0;
  const Wide free = wallet(pool.account, coin) - held(pool.account, coin);
  const auto before = margin::collateral_value(Amount::raw(narrow(free)), *usd, *haircut);
  const auto after = margin::collateral_value(Amount::raw(narrow(free - units)), *usd, *haircut);
  return before && after ? Wide{before->raw()} - after->raw() : kValueMax;
}

// The position that asks for most maintenance; the first by instrument of equal ones.
PositionId Pools::heaviest(PoolId p) const {
  PositionId found = kNoId;
  Wide most = -1;
  for (const PositionId id : in_pool(p)) {
    const PositionState& pos = positions[id];
    const Market& m = markets[pos.instrument];
    if (pos.lots == 0 || m.spot || !prices.mark[pos.instrument]) continue;
    const auto margin =
        position_margin(margin_position(pos, pos.lots, pos.cost), *m.rules,
                        *prices.mark[pos.instrument], prices.underlying[pos.instrument]);
    if (!margin.has_value()) continue;
    const Wide units = in_pool_units(p, m.settle, margin.value().maintenance.raw());
    if (units > most) {
      most = units;
      found = id;
    }
  }
  return found;
}

}  // namespace delever::exchange
