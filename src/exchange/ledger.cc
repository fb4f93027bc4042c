// What is owed: values, fills, fees and what a pool stands at.
//
// A trade has one value, in the settlement coin, that both sides book: the buyer adds it to the
// cost of what it holds or realises it against that cost, and so does the seller. Realised profits
// then always equal the change of the signed cost of all open positions, and the books close to the
// last unit however values were rounded.
#include <algorithm>

#include "exchange/state.h"

namespace delever::exchange {
namespace {

// Value of lots at a price, before it is known to fit.
Wide wide_value(const Market& m, Lots lots, int64_t price, Round round) {
  const Wide size = static_cast<Wide>(lots) * m.step * m.size;  // units of 1e-16
  if (m.inverse) return divide(size * (Price::scale / Qty::scale), price, round);
  // size x price passes 128 bits for extreme sizes; a quantity of 1e-8 is exact wherever step x
  // size is.
  const Wide whole = size / Qty::scale, rest = size % Qty::scale;
  return divide(whole * price + divide(rest * price, Qty::scale, round), Price::scale, round);
}

}  // namespace

bool Exchange::State::value_fits(const Market& m, Lots lots, int64_t price) const {
  const Wide size = static_cast<Wide>(lots) * m.step;
  if (size > kValueMax || size * m.size / Qty::scale > kValueMax) return false;
  return wide_value(m, lots, price, Round::up) <= kValueMax;
}

int64_t Exchange::State::value(const Market& m, Lots lots, int64_t price, Round round) const {
  CHECK(lots >= 0);
  if (lots == 0 || price == 0) return 0;
  return narrow(wide_value(m, lots, price, round));
}

int64_t Exchange::State::value_at(const Market& m, Lots lots, Tick tick) const {
  if (m.unit != 0) return narrow(static_cast<Wide>(lots) * tick * m.unit);
  return value(m, lots, static_cast<int64_t>(tick) * m.tick, Round::down);
}

int64_t Exchange::State::share(int64_t units, Market::Share share, Round round) {
  const Wide product = static_cast<Wide>(units) * share.part;
  if (product <= INT64_MAX && product >= 0) {  // the common case needs no wide division
    const auto small = static_cast<int64_t>(product);
    return small / share.whole + (round == Round::up && small % share.whole != 0 ? 1 : 0);
  }
  return narrow(divide(product, share.whole, round));
}

void Exchange::State::move_lots(StakeId id, Lots lots, int64_t value) {
  Stake& h = stakes[id];
  Market& m = markets[h.instrument];
  CHECK(lots != 0);
  const bool same = h.lots == 0 || (h.lots > 0) == (lots > 0);
  const auto sign = [&m](Lots position) {
    return (position > 0) != m.inverse ? 1 : -1;
  };  // gains with value
  m.open_lots -= std::max<Lots>(h.lots, 0);
  Lots opening = lots;
  int64_t opening_value = value;
  if (!same) {
    const Lots held = std::abs(h.lots), closing = std::min(std::abs(lots), held);
    const int gains = sign(h.lots);
    const Round against = gains > 0 ? Round::up : Round::down;
    const int64_t closing_value =
        closing == std::abs(lots)
            ? value
            : narrow(divide(static_cast<Wide>(value) * closing, std::abs(lots), Round::down));
    const int64_t cost = closing == held
                             ? h.cost
                             : narrow(divide(static_cast<Wide>(h.cost) * closing, held, against));
    const int64_t realised = gains > 0 ? closing_value - cost : cost - closing_value;
    signed_cost[m.settle] -= gains * Wide{cost};
    h.cost -= cost;
    if (h.mode == MarginMode::isolated) {
      const int64_t released =
          closing == held
              ? h.margin
              : narrow(divide(static_cast<Wide>(h.margin) * closing, held, Round::down));
      h.margin -= released;
      const int64_t back = released + realised;
      // A loss beyond the margin released eats into what stays; below nothing it is the venue's,
      // not the wallet's.
      (back >= 0 ? wallet(h.account, m.settle) : h.margin) += back;
    } else {
      wallet(h.account, m.settle) += realised;
    }
    opening = lots > 0 ? lots - closing : lots + closing;
    opening_value = value - closing_value;
    h.lots += lots > 0 ? closing : -closing;
  }
  if (opening != 0) {
    h.lots += opening;
    h.cost += opening_value;
    signed_cost[m.settle] += sign(opening) * Wide{opening_value};
    if (h.mode == MarginMode::isolated) {
      // What the leverage asks for, as far as the wallet has it.
      const Wide need = shared_by(opening_value, h.leverage, Round::up);
      const Wide has = wallet(h.account, m.settle) - held(h.account, m.settle);
      const auto moved = static_cast<int64_t>(smaller(need, larger(has, 0)));
      wallet(h.account, m.settle) -= moved;
      h.margin += moved;
    }
  }
  m.open_lots += std::max<Lots>(h.lots, 0);
  touch(h.pool);
  if (h.mode == MarginMode::isolated) { touch_all(h.account); }
}

// A fee, or a rebate where it is negative. Trading fees come from the wallet and, where an isolated
// position's account has nothing left there, from its margin; fees of a liquidation the other way
// round.
void Exchange::State::charge(StakeId id, int64_t fee, bool from_margin_first, int64_t& to) {
  Stake& h = stakes[id];
  const CoinId coin = markets[h.instrument].settle;
  int64_t& purse = wallet(h.account, coin);
  to += fee;
  if (h.mode != MarginMode::isolated || fee <= 0) {
    purse -= fee;
    return;
  }
  const int64_t in_margin = std::max<int64_t>(h.margin, 0), in_purse = std::max<int64_t>(purse, 0);
  int64_t from_margin = 0;
  if (from_margin_first)
    from_margin = std::min(fee, in_margin);
  else if (fee > in_purse)
    from_margin = std::min(fee - in_purse, in_margin);
  h.margin -= from_margin;
  purse -= fee - from_margin;
}

// Hands over `lots` (signed as the giver holds them) at a value, without the book.
void Exchange::State::transfer(StakeId from, StakeId to, Lots lots, int64_t value,
                               const Handover& handover) {
  const InstrumentId i = stakes[from].instrument;
  const AccountId giver = stakes[from].account;
  const Market& m = markets[i];
  move_lots(from, -lots, value);
  move_lots(to, lots, value);
  PositionTransfer n{.instrument = i,
                     .side = lots > 0 ? Side::sell : Side::buy,
                     .counterparty = stakes[to].account,
                     .coin = m.settle,
                     .price = {},
                     .qty = Qty::raw(std::abs(lots) * m.step),
                     .value = Amount::raw(value)};
  const double per_lot = static_cast<double>(value) / static_cast<double>(std::abs(lots));
  const double size = static_cast<double>(m.step) * static_cast<double>(m.size) / 1e16;
  const double price = m.inverse ? size * 1e8 / per_lot : per_lot / 1e8 / size;
  if (handover.at)
    n.price = *handover.at;
  else if (const auto p = Price::nearest(price); p.has_value())
    n.price = p.value();  // for the eye: `value` counts
  if (!handover.takeover) {
    emit(giver, PositionDeleveraged{n});
    return;
  }
  emit(giver, PositionTakenOver{n});
  publish(
      i, Liquidation{.position_side = lots > 0 ? PositionSide::long_side : PositionSide::short_side,
                     .feed = LiquidationFeed::complete,
                     .order_price = n.price,
                     .average_price = n.price,
                     .order_qty = n.qty,
                     .filled_qty = n.qty,
                     .id = {}});
}

void Exchange::State::fill_spot(Market& m, InstrumentId i, const matching::BookEvent& e,
                                const Sending& sending) {
  const int64_t quote = value_at(m, e.lots, e.tick);
  const int64_t base = narrow(static_cast<Wide>(e.lots) * m.step * m.size / Qty::scale);
  const bool taker_buys = e.taker_side == Side::buy;
  for (const bool maker : {true, false}) {
    const AccountId a = maker ? e.maker_account : e.account;
    const bool buys = maker != taker_buys;
    const Market::Share rate = maker ? m.maker : m.taker;
    const int64_t got = buys ? base : quote;  // the fee is taken from what is received
    const int64_t fee = rate.part >= 0 ? share(got, rate, Round::up)
                                       : -share(got, {-rate.part, rate.whole}, Round::down);
    wallet(a, buys ? m.base : m.quote) += got - fee;
    wallet(a, buys ? m.quote : m.base) -= buys ? quote : base;
    fees[buys ? m.base : m.quote] += fee;
    touch_all(a);
    emit(a, Fill{.instrument = i,
                 .side = buys ? Side::buy : Side::sell,
                 .maker = maker,
                 .coin = buys ? m.base : m.quote,
                 .counterparty = maker ? e.account : e.maker_account,
                 .order = maker ? e.maker : 0,
                 .client = maker ? m.orders[static_cast<uint32_t>(e.maker)].client : sending.client,
                 .price = Price::raw(static_cast<int64_t>(e.tick) * m.tick),
                 .qty = Qty::raw(e.lots * m.step),
                 .value = Amount::raw(quote),
                 .fee = Amount::raw(fee)});
  }
}

margin::Position Exchange::State::position(const Stake& h, Lots lots, int64_t cost) const {
  const Market& m = markets[h.instrument];
  margin::Position p;
  p.instrument = h.instrument;
  p.book = m.book_id;
  p.side = lots > 0 ? PositionSide::long_side : PositionSide::short_side;
  p.mode = h.mode;
  p.qty = Qty::raw(std::abs(lots) * m.step);
  p.cost = Amount::raw(cost);
  p.leverage = h.leverage;
  p.margin = Amount::raw(h.margin);
  p.option = m.listing->option;
  return p;
}

Wide Exchange::State::in_pool_units(PoolId pool, CoinId coin, Wide units) const {
  if (pools[pool].coin) return units;
  const auto& usd = prices.coin_usd[coin];
  return usd ? divide(units * usd->raw(), Price::scale, Round::up) : units;
}

PoolSums Exchange::State::sums(PoolId id, const Supposed* supposed) const {
  const PoolState& pool = pools[id];
  PoolSums total;
  total.at_equality = false;
  const AccountState& account = accounts[pool.account];
  bool any = false;
  const auto add = [&](const Stake& h, Lots lots, int64_t cost, Lots buys, Lots sells) {
    const Market& m = markets[h.instrument];
    if (m.spot) return;
    // What the position could become if the orders of one side were filled. A hedge-mode stake only
    // opens one way.
    Lots most = 0;
    if (h.hedge)
      most = std::abs(lots) + (h.side == PositionSide::long_side ? buys : sells);
    else
      most = std::max(std::abs(lots + buys), std::abs(lots - sells));
    if (most == 0) return;
    const bool pool_position = h.mode == MarginMode::cross || pool.isolated != kNoId;
    if (m.mark == 0 && !(m.option && prices.mark[h.instrument])) {
      total.priced = false;
      return;
    }
    const Price mark = *prices.mark[h.instrument];
    const auto& underlying = prices.underlying[h.instrument];
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
          margin::position_margin(position(h, lots, cost), *m.rules, mark, underlying);
      if (!margin.has_value()) {
        total.priced = false;
        return;
      }
      const margin::PositionMargin& p = margin.value();
      total.profit += in_units(p.profit.raw(), Round::down);
      total.maintenance += in_units(p.maintenance.raw(), Round::up);
      total.fee += in_units(p.liquidation_fee.raw(), Round::up);
      total.at_equality |= m.rules->at_equality;
      initial = p.initial.raw();
      // A premium paid is money spent: a long option's value backs losses, never a new order.
      if (m.option && lots > 0) initial = larger(p.value.raw(), 0);
    }
    if (pool.isolated == kNoId && (most != std::abs(lots) || h.mode == MarginMode::isolated)) {
      const Lots count = h.mode == MarginMode::isolated ? most - std::abs(lots) : most;
      if (count > 0) {
        Wide needed = 0;
        if (m.option) {
          const bool shorts = h.hedge ? h.side == PositionSide::short_side
                                      : std::abs(lots - sells) == most && sells > 0;
          Stake imagined = h;
          const auto margin = margin::position_margin(
              position(imagined, shorts ? -count : count, 0), *m.rules, mark, underlying);
          if (!margin.has_value())
            total.priced = false;
          else
            needed =
                shorts ? Wide{margin.value().initial.raw()} : larger(margin.value().value.raw(), 0);
        } else {
          const Wide worth = wide_value(m, count, mark.raw(), Round::up);
          const auto need =
              margin::initial_of(*m.rules, worth, Qty::raw(count * m.step), mark, h.leverage);
          if (!need.has_value())
            total.priced = false;
          else
            needed = need.value();
        }
        initial = h.mode == MarginMode::isolated ? needed : larger(initial, needed);
      }
    } else if (h.mode == MarginMode::isolated && pool.isolated == kNoId) {
      return;
    }
    total.initial += in_units(initial, Round::up);
  };
  if (pool.isolated != kNoId) {
    const Stake& h = stakes[pool.isolated];
    total.wallet = h.margin;
    if (supposed && supposed->stake == pool.isolated)
      add(h, supposed->lots, supposed->cost, 0, 0);
    else
      add(h, h.lots, h.cost, 0, 0);
    return total;
  }
  for (StakeId h = account.first_stake; h != kNoId; h = stakes[h].next) {
    const Stake& stake = stakes[h];
    if (pool.coin && markets[stake.instrument].settle != *pool.coin) continue;
    if (supposed && supposed->stake == h)
      add(stake, supposed->lots, supposed->cost, supposed->open_buy, supposed->open_sell);
    else
      add(stake, stake.lots, stake.cost, stake.open_buy, stake.open_sell);
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
      const auto worth =
          margin::collateral_value(Amount::raw(balance), *usd, haircut.value_or(Rate()));
      if (!worth)
        total.priced = false;
      else
        total.wallet += worth->raw();
    }
  }
  if (account.collateral == CollateralMode::portfolio && any &&
      !portfolio_margin(id, supposed, total))
    total.priced = false;
  return total;
}

// Made anew only where a price that enters has moved, or time has.
const margin::RiskLeg* Exchange::State::leg_of(InstrumentId i) const {
  if (scenarios.size() < markets.size()) scenarios.resize(markets.size());
  const auto &mark = prices.mark[i], &underlying = prices.underlying[i];
  if (!mark) return nullptr;
  SharedScenarios& s = scenarios[i];
  const Price forward = underlying.value_or(Price());
  if (s.has_leg && s.mark == *mark && s.underlying == forward && s.years == prices.years[i])
    return &s.leg;
  s.has_leg = s.has_unit = false;
  Stake one;
  one.instrument = i;
  const auto leg =
      margin::risk_leg(position(one, 1, 0), *markets[i].rules, *mark, underlying, prices.years[i]);
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
  const margin::RiskLeg* leg = leg_of(i);
  const auto& index = prices.coin_usd[markets[i].settle];
  if (!leg || !index) return nullptr;
  SharedScenarios& s = scenarios[i];
  if (s.has_unit && s.index == *index) return &s;
  s.has_unit = margin::unit_profits(rule, *leg, index->approx(), s.unit).has_value();
  s.index = *index;
  return s.has_unit ? &s : nullptr;
}

// The scenario matrix of the pool's coin in place of the sum over positions. Orders count at their
// standard margin.
bool Exchange::State::portfolio_margin(PoolId id, const Supposed* supposed, PoolSums& total) const {
  const PoolState& pool = pools[id];
  const ScenarioRule* rule = pool.coin ? rulebooks.scenarios(*pool.coin) : nullptr;
  if (!rule) return true;  // a coin without a matrix keeps standard margin
  const auto& usd = prices.coin_usd[*pool.coin];
  if (!usd) return false;
  held_legs.clear();
  Wide standard = 0;
  for (StakeId id_h = accounts[pool.account].first_stake; id_h != kNoId; id_h = stakes[id_h].next) {
    const Stake& h = stakes[id_h];
    const Market& m = markets[h.instrument];
    const Lots lots = supposed && supposed->stake == id_h ? supposed->lots : h.lots;
    if (m.spot || m.settle != *pool.coin || lots == 0) continue;
    const SharedScenarios* shared = scenarios_of(h.instrument, *rule);
    if (!shared) return false;
    const Price mark = *prices.mark[h.instrument];
    const margin::Position held_now =
        position(h, lots, supposed && supposed->stake == id_h ? supposed->cost : h.cost);
    const auto margin =
        margin::position_margin(held_now, *m.rules, mark, prices.underlying[h.instrument]);
    if (margin.has_value())
      standard += m.option && lots > 0 ? larger(margin.value().value.raw(), 0)
                                       : Wide{margin.value().initial.raw()};
    held_legs.push_back({margin::leg_size(held_now, *m.rules, mark), m.option,
                         shared->leg.years.value_or(0), &shared->unit});
  }
  if (!margin::scenario_margin(*rule, usd->approx(), 0, held_legs, scenario).has_value())
    return false;
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
  const auto before = margin::collateral_value(Amount::raw(narrow(free)), *usd, *haircut);
  const auto after = margin::collateral_value(Amount::raw(narrow(free - units)), *usd, *haircut);
  return before && after ? Wide{before->raw()} - after->raw() : kValueMax;
}

}  // namespace delever::exchange
