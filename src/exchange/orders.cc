// Orders: what is accepted, and what it must be able to pay.
#include <algorithm>

#include "exchange/trading.h"

namespace delever::exchange {

Reject Trading::check_order(const SubmitOrder& c, const Market& m) const {
  if (m.settled) return Reject::expired;
  if (c.side > Side::sell || c.type > OrderType::stop_limit ||
      c.time_in_force > TimeInForce::post_only || c.self_trade > SelfTrade::expire_both ||
      c.position > PositionSide::short_side || c.trigger_by > TriggerBy::last)
    return Reject::no_such_mode;
  if (c.qty.raw() <= 0 || c.qty.raw() % m.step != 0) return Reject::bad_quantity;
  const ContractRule& contract = *m.listing->rules.contract;
  const bool limit = c.type == OrderType::limit || c.type == OrderType::stop_limit;
  const auto& most = limit ? contract.limit_qty_max : contract.market_qty_max;
  if (most && c.qty > *most) return Reject::bad_quantity;
  const Lots lots = c.qty.raw() / m.step;
  const matching::MatchBook::Band band = m.listing->band;
  if (limit) {
    const int64_t tick = c.price.raw() / m.tick;
    if (c.price.raw() <= 0 || c.price.raw() % m.tick != 0 || tick < band.lowest ||
        tick > band.highest)
      return Reject::bad_price;
    if (!value_fits(m, lots, c.price.raw())) return Reject::too_large;
    if (contract.price_band && m.mark > 0 && c.type == OrderType::limit) {
      // One-sided, as Binance's PERCENT_PRICE: no buy far above the mark, no sell far below.
      const Wide worse = c.side == Side::buy ? Wide{c.price.raw()} - m.mark
                                             : Wide{m.mark} - c.price.raw();
      if (worse * Rate::scale > static_cast<Wide>(m.mark) * contract.price_band->raw())
        return Reject::bad_price;
    }
    if (contract.notional_min && !c.reduce_only && !m.inverse &&
        value(m, lots, c.price.raw(), Round::down) < contract.notional_min->raw())
      return Reject::bad_quantity;
  } else if (!value_fits(m, lots,
                         static_cast<int64_t>(m.inverse ? band.lowest : band.highest) * m.tick)) {
    return Reject::too_large;
  }
  if (!limit && c.time_in_force == TimeInForce::post_only) return Reject::would_take;
  return Reject::none;
}

Reject Trading::check_account(AccountId a) const {
  if (a >= accounts.size()) return Reject::no_such_account;
  return a < kFirstUser ? Reject::not_allowed : Reject::none;
}

Reject Trading::apply(const SubmitOrder& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (c.instrument >= markets.size()) return Reject::no_such_instrument;
  if (const Reject r = check_order(c, markets[c.instrument]); r != Reject::none) return r;
  if (c.type == OrderType::stop_market || c.type == OrderType::stop_limit) return arm(c);
  const Reject r = trade(c);
  if (r == Reject::none) {
    run_stops(c.instrument, TriggerBy::last);
    markets.publish_quote(c.instrument);
  }
  return r;
}

// May the account carry what it would hold if this order were filled? Orders that make no position
// larger always may.
bool Trading::covers(AccountId a, InstrumentId i, PositionId id, const Hypothetical& after,
                     Wide loss, Wide fee) const {
  const Market& m = markets[i];
  PoolId cross = kNoId;
  for (const PoolId p : accounts[a].pools) {
    if (pools[p].isolated == kNoId && pools.active(p) &&
        (!pools[p].coin || *pools[p].coin == m.settle))
      cross = p;
  }
  CHECK(cross != kNoId);
  const PoolSums s = pools.sums(cross, &after);
  if (!s.priced) return false;
  const Wide lost = fee + (positions[id].mode == MarginMode::cross ? loss : Wide{0});
  if (s.equity() < s.initial + pools.in_pool_units(cross, m.settle, lost)) return false;
  // Isolated margin and fees leave the wallet itself: profit that is not realised cannot pay them.
  return positions[id].mode == MarginMode::cross ||
         wallet(a, m.settle) - pools.held(a, m.settle) >=
             (pools[cross].coin ? s.initial : Wide{0}) + fee + loss;
}

// A spot order pays with coins that must be there, and that no position may need as collateral.
Reject Trading::check_spot(const SubmitOrder& c, const Market& m, Lots lots) const {
  if (c.reduce_only) return Reject::nothing_to_reduce;
  const bool market = c.type == OrderType::market || c.type == OrderType::stop_market;
  const bool buy = c.side == Side::buy;
  const CoinId pays = buy ? m.quote : m.base;
  Wide need = 0;
  if (!buy) {
    need = divide(static_cast<Wide>(lots) * m.step * m.size, Qty::scale, Round::up);
  } else if (market) {
    const matching::MatchBook::NewOrder order{
        .account = c.account, .side = c.side, .lots = lots, .self_trade = c.self_trade};
    need = m.book.sweep(order).lots_ticks * m.unit;
  } else {
    need = static_cast<Wide>(lots) * (c.price.raw() / m.tick) * m.unit;
  }
  if (wallet(c.account, pays) - pools.held(c.account, pays) < need)
    return Reject::not_enough_balance;
  for (const PoolId p : accounts[c.account].pools) {
    const PoolState& pool = pools[p];
    if (pool.isolated != kNoId || !pools.active(p) || (pool.coin && *pool.coin != pays)) continue;
    const bool in_use = pools.sums(p).initial > 0 || pools.indebted(c.account);
    if (in_use && pools.free_margin(p) < pools.backing(p, pays, need))
      return Reject::not_enough_margin;
  }
  return Reject::none;
}

// What an order counts at where its own price does. Who sells below the mark, or at any price, is
// not asked for less than who sells at the mark.
Wide Trading::assumed_ticks(const SubmitOrder& c, const Market& m, Lots lots) const {
  const bool market = c.type == OrderType::market || c.type == OrderType::stop_market;
  const int64_t at_mark = (m.mark + m.tick - 1) / m.tick, own = c.price.raw() / m.tick;
  const int64_t tick = market ? at_mark : c.side == Side::sell ? std::max(own, at_mark) : own;
  return static_cast<Wide>(lots) * tick;
}

// What the position could become if this order and all that rest on its side were filled.
Trading::Opening Trading::opening_of(const SubmitOrder& c, const PositionState& pos, Lots lots,
                                     PositionId id) const {
  const bool buy = c.side == Side::buy;
  Opening o;
  o.after = as_it_is(id, pos);
  (buy ? o.after.open_buy : o.after.open_sell) += lots;
  (buy ? o.after.buy_ticks : o.after.sell_ticks) += assumed_ticks(c, markets[pos.instrument], lots);
  o.closes = closable(pos, c.side);
  o.opening = lots - std::min(lots, o.closes);
  const Lots before_most =
      std::max(std::abs(pos.lots + pos.open_buy), std::abs(pos.lots - pos.open_sell));
  const Lots after_most =
      std::max(std::abs(pos.lots + o.after.open_buy), std::abs(pos.lots - o.after.open_sell));
  const Lots resting = buy ? o.after.open_buy : o.after.open_sell;
  const Lots grown = pos.hedge ? lots : after_most - before_most;
  if (!pos.hedge && o.closes != 0) o.flipped = resting - o.closes;
  o.flips_isolated = pos.mode == MarginMode::isolated && o.flipped > 0;
  o.larger = grown > 0 || o.opening > 0 || o.flips_isolated;
  o.most = pos.hedge ? Lots(std::abs(pos.lots)) + resting : after_most;
  return o;
}

// Size, leverage and margin of an order that can make a position larger; others always may.
Reject Trading::check_opening(const SubmitOrder& c, const Market& m, PositionId id,
                              Lots lots) const {
  const PositionState& pos = positions[id];
  const Opening o = opening_of(c, pos, lots, id);
  if (!o.larger) return Reject::none;
  // At the dearest price that the book knows, and with room for the fund to hold the whole open
  // interest.
  if (!value_fits(m, o.most, dearest_price(m)) || m.open_lots > kLotsMax - lots ||
      static_cast<Wide>(m.dearest_lot.raw()) * (m.open_lots + lots) > 8 * Wide{kValueMax})
    return Reject::too_large;
  if (!m.option && m.rules->book.ladder) {
    const MarginTier* tier = margin::tier_of(
        *m.rules->book.ladder, value(m, o.most, m.mark, Round::up), Qty::raw(o.most * m.step));
    if (!tier || pos.leverage > tier->max_leverage) return Reject::bad_leverage;
  }
  // What it pays above the mark, or sells below it, is lost at once.
  const bool market = c.type == OrderType::market || c.type == OrderType::stop_market;
  Wide at_order = 0;
  Lots counted = lots;
  if (market) {
    const matching::MatchBook::Sweep sweep = m.book.sweep(
        {.account = c.account, .side = c.side, .lots = lots, .self_trade = c.self_trade});
    counted = sweep.lots;
    if (counted > 0) {
      const auto average = static_cast<int64_t>(sweep.lots_ticks * m.tick / counted);
      at_order = value(m, counted, average, Round::up);
    }
  } else {
    at_order = value_at(m, lots, static_cast<Tick>(c.price.raw() / m.tick));
  }
  const bool buy = c.side == Side::buy;
  const Wide at_mark = counted > 0 ? Wide{value(m, counted, m.mark, Round::down)} : Wide{0};
  const Wide loss = larger(buy != m.inverse ? at_order - at_mark : at_mark - at_order, 0);
  const Wide fee =
      m.taker.part > 0
          ? Wide{share(static_cast<int64_t>(larger(at_order, at_mark)), m.taker, Round::up)}
          : 0;
  // Of the loss, the part of the lots that open something.
  Wide opened =
      counted > 0 ? divide(loss * std::min(o.opening, counted), counted, Round::up) : Wide{0};
  if (o.flips_isolated) {  // what the position's own margin will not bring along
    const PoolSums own = pools.sums(pos.pool);
    const int64_t turned = value(m, std::min(o.flipped, o.closes), m.mark, Round::up);
    opened += larger(shared_by(turned, pos.leverage, Round::up) - larger(own.equity(), 0), 0);
  }
  return covers(c.account, c.instrument, id, o.after, opened, fee) ? Reject::none
                                                                   : Reject::not_enough_margin;
}

// Checks an order against the account's pool, then sends it to the book. Refusals after
// find_or_add_position() leave a record behind that apply(Command) takes away again.
Reject Trading::trade(const SubmitOrder& c) {
  const InstrumentId i = c.instrument;
  if (pools.locked(c.account, i)) return Reject::in_liquidation;
  Market& m = markets[i];
  Lots lots = c.qty.raw() / m.step;
  const bool market = c.type == OrderType::market || c.type == OrderType::stop_market;
  const auto tick = market ? Tick{0} : static_cast<Tick>(c.price.raw() / m.tick);
  bool reduce_only = false;
  PositionId id = kNoId;
  if (m.spot) {
    if (const Reject r = check_spot(c, m, lots); r != Reject::none) return r;
    id = pools.find_or_add_position(c.account, i, PositionSide::long_side, m);
  } else {
    if (m.mark == 0) return Reject::no_mark;
    id = pools.find_or_add_position(c.account, i, c.position, m);
    const PositionState& pos = positions[id];
    reduce_only = c.reduce_only || closes_only(pos, c.side);
    if (reduce_only) {  // reduce-only orders of a position all stand on its closing side
      lots = std::min(lots, closable(pos, c.side) - pos.reduce_lots);
      if (lots <= 0) return Reject::nothing_to_reduce;
    } else if (const Reject r = check_opening(c, m, id, lots); r != Reject::none) {
      return r;
    }
  }
  const int64_t balance = wallet(c.account, m.settle);
  if (balance > 2 * kValueMax || balance < -2 * kValueMax) return Reject::too_large;
  matching::MatchBook::NewOrder order{.account = c.account,
                                      .side = c.side,
                                      .tick = tick,
                                      .lots = lots,
                                      .market = market,
                                      .time_in_force = c.time_in_force,
                                      .self_trade = c.self_trade,
                                      .guarded = reduce_only};
  const bool crosses = c.side == Side::buy
                           ? m.book.has_asks() && (market || m.book.best_ask() <= tick)
                           : m.book.has_bids() && (market || m.book.best_bid() >= tick);
  if (c.time_in_force == TimeInForce::post_only && crosses) return Reject::would_take;
  if (c.time_in_force == TimeInForce::fill_or_kill) {
    if (m.book.available(order) < lots) return Reject::not_filled;
    order.time_in_force = TimeInForce::immediate_or_cancel;  // it will be filled whole
  }
  out.emit<OrderAccepted>(c.account, [&](OrderAccepted& n) {
    n.instrument = i;
    n.side = c.side;
    n.price = c.price;
    n.qty = Qty::raw(lots * m.step);
    n.client = c.client;
  });
  send(i, {order, id, c.client, reduce_only, false});
  return Reject::none;
}

Reject Trading::apply(const CancelOrder& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (c.instrument >= markets.size()) return Reject::no_such_instrument;
  Market& m = markets[c.instrument];
  if (is_stop(c.order)) return cancel_stop(c);
  matching::MatchBook::Resting resting{};
  if (!m.book.find(c.order, resting) || resting.account != c.account) return Reject::no_such_order;
  const auto slot = static_cast<uint32_t>(c.order);
  const OrderInfo info = m.orders[slot];
  book_events.clear();
  m.book.cancel(c.order, book_events);
  take_off(m, slot, resting.lots, true);
  finish(c.instrument, c.order, info, resting.side, resting.lots, resting.tick);
  markets.publish_quote(c.instrument);
  return Reject::none;
}

Reject Trading::apply(const ReduceOrder& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (c.instrument >= markets.size()) return Reject::no_such_instrument;
  Market& m = markets[c.instrument];
  matching::MatchBook::Resting resting{};
  if (!m.book.find(c.order, resting) || resting.account != c.account) return Reject::no_such_order;
  if (c.qty.raw() <= 0 || c.qty.raw() % m.step != 0 || c.qty.raw() / m.step >= resting.lots)
    return Reject::bad_quantity;
  const Lots lots = c.qty.raw() / m.step;
  book_events.clear();
  CHECK(m.book.reduce(c.order, lots, book_events));
  const auto slot = static_cast<uint32_t>(c.order);
  take_off(m, slot, resting.lots - lots, false);
  emit_rested(c.instrument, slot, lots);
  markets.publish_quote(c.instrument);
  return Reject::none;
}

Reject Trading::apply(const CancelAll& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (c.instrument && *c.instrument >= markets.size()) return Reject::no_such_instrument;
  for (InstrumentId i = 0; i < markets.size(); ++i) {
    if (c.instrument && *c.instrument != i) continue;
    Market& m = markets[i];
    for (const PositionSide side : {PositionSide::long_side, PositionSide::short_side}) {
      if (const PositionId pos = pools.find_position(c.account, i, side); pos != kNoId)
        drop_orders(pos);
    }
    cancel_stops(m, c.account);
    markets.publish_quote(i);
  }
  return Reject::none;
}

// A liquidation's order: it takes from the book like any other, pays the liquidation fee to the
// fund, and what it does not find is not left behind.
Lots Trading::trade_forced(const Forced& forced) {
  const PositionState& pos = positions[forced.position];
  const InstrumentId i = pos.instrument;
  Market& m = markets[i];
  CHECK(forced.lots > 0 && forced.lots <= std::abs(pos.lots));
  const Side side = pos.lots > 0 ? Side::sell : Side::buy;
  const matching::MatchBook::Band band = m.listing->band;
  matching::MatchBook::NewOrder order{
      .account = pos.account,
      .side = side,
      .tick = forced.limit ? std::clamp(*forced.limit, band.lowest, band.highest) : Tick(),
      .lots = forced.lots,
      .market = !forced.limit,
      .time_in_force = TimeInForce::immediate_or_cancel,
      .self_trade = SelfTrade::expire_maker};
  const bool out_of_reach = forced.limit && (side == Side::sell ? *forced.limit > band.highest
                                                                : *forced.limit < band.lowest);
  const PositionSide closed = pos.lots > 0 ? PositionSide::long_side : PositionSide::short_side;
  const bool user = pos.account >= kFirstUser;
  const Sent sent = out_of_reach ? Sent{} : send(i, {order, forced.position, 0, true, true});
  if (user && sent.lots > 0) {
    Liquidation event{.position_side = closed, .feed = LiquidationFeed::complete};
    if (forced.limit) event.order_price = Price::raw(static_cast<int64_t>(order.tick) * m.tick);
    event.average_price = Price::raw(narrow(sent.lots_ticks * m.tick / sent.lots));
    event.order_qty = Qty::raw(forced.lots * m.step);
    event.filled_qty = Qty::raw(sent.lots * m.step);
    out.publish(i, event);
  }
  return sent.lots;
}

}  // namespace delever::exchange
