// Orders: what is accepted, how it trades, stops, and the orders that a liquidation forces.
#include <algorithm>

#include "exchange/state.h"

namespace delever::exchange {
namespace {

constexpr OrderId kStopBit = OrderId{1} << 63;

Lots closable(const Stake& h, Side side) {  // lots that an order of this side can close
  if (h.hedge) {
    const bool closes = (h.side == PositionSide::long_side) == (side == Side::sell);
    return closes ? std::abs(h.lots) : 0;
  }
  return side == Side::sell ? std::max<Lots>(h.lots, 0) : std::max<Lots>(-h.lots, 0);
}

bool closes_only(const Stake& h, Side side) {  // the closing side of a hedge-mode stake
  return h.hedge && (h.side == PositionSide::long_side) == (side == Side::sell);
}

}  // namespace

Reject Exchange::State::check_order(const SubmitOrder& c, const Market& m) const {
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
      const Wide away = static_cast<Wide>(c.price.raw() > m.mark ? c.price.raw() - m.mark
                                                                 : m.mark - c.price.raw());
      if (away * Rate::scale > static_cast<Wide>(m.mark) * contract.price_band->raw())
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

Reject Exchange::State::take(const SubmitOrder& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (c.instrument >= markets.size()) return Reject::no_such_instrument;
  if (const Reject r = check_order(c, markets[c.instrument]); r != Reject::none) return r;
  if (c.type == OrderType::stop_market || c.type == OrderType::stop_limit) return arm(c);
  const Reject r = trade(c);
  if (r == Reject::none) {
    run_stops(c.instrument, TriggerBy::last);
    tell_quote(c.instrument);
  }
  return r;
}

// May the account carry what it would hold if this order were filled? Orders that make no position
// larger always may.
bool Exchange::State::covers(AccountId a, InstrumentId i, StakeId id, const Supposed& after,
                             Wide loss, Wide fee) const {
  const Market& m = markets[i];
  PoolId cross = kNoId;
  for (const PoolId p : accounts[a].pools) {
    if (pools[p].isolated == kNoId && active(p) && (!pools[p].coin || *pools[p].coin == m.settle))
      cross = p;
  }
  CHECK(cross != kNoId);
  const PoolSums s = sums(cross, &after);
  if (!s.priced) return false;
  const Wide lost = fee + (stakes[id].mode == MarginMode::cross ? loss : Wide{0});
  if (s.equity() < s.initial + in_pool_units(cross, m.settle, lost)) return false;
  // Isolated margin and fees leave the wallet itself: profit that is not realised cannot pay them.
  return stakes[id].mode == MarginMode::cross ||
         wallet(a, m.settle) - held(a, m.settle) >=
             (pools[cross].coin ? s.initial : Wide{0}) + fee + loss;
}

Reject Exchange::State::trade(const SubmitOrder& c) {
  const InstrumentId i = c.instrument;
  if (locked(c.account, i)) return Reject::in_liquidation;
  Market& m = markets[i];
  Lots lots = c.qty.raw() / m.step;
  const bool market = c.type == OrderType::market || c.type == OrderType::stop_market;
  const bool buy = c.side == Side::buy;
  const auto tick = market ? Tick{0} : static_cast<Tick>(c.price.raw() / m.tick);
  bool reduce_only = false;
  StakeId id = kNoId;
  if (m.spot) {
    if (c.reduce_only) return Reject::nothing_to_reduce;
    const CoinId pays = buy ? m.quote : m.base;
    Wide need = 0;
    if (!buy) {
      need = divide(static_cast<Wide>(lots) * m.step * m.size, Qty::scale, Round::up);
    } else if (market) {
      need =
          m.book
              .sweep(
                  {.account = c.account, .side = c.side, .lots = lots, .self_trade = c.self_trade})
              .lots_ticks *
          m.unit;
    } else {
      need = static_cast<Wide>(lots) * tick * m.unit;
    }
    if (wallet(c.account, pays) - held(c.account, pays) < need) return Reject::not_enough_balance;
    for (const PoolId p :
         accounts[c.account].pools) {  // a coin that backs positions is not free to leave
      const PoolState& pool = pools[p];
      if (pool.isolated != kNoId || !active(p) || (pool.coin && *pool.coin != pays)) continue;
      const bool in_use = sums(p).initial > 0 || indebted(c.account);
      if (in_use && free_margin(p) < backing(p, pays, need)) return Reject::not_enough_margin;
    }
    id = need_stake(c.account, i, PositionSide::long_side);
  } else {
    if (m.mark == 0) return Reject::no_mark;
    id = need_stake(c.account, i, c.position);
    const Stake& h = stakes[id];
    reduce_only = c.reduce_only || closes_only(h, c.side);
    const Lots reducible = closable(h, c.side);
    if (reduce_only) {
      Lots resting = 0;  // reduce-only orders of a stake all stand on its closing side
      resting = h.reduce_lots;
      lots = std::min(lots, reducible - resting);
      if (lots <= 0) return Reject::nothing_to_reduce;
    } else {
      const Lots opening = lots - std::min(lots, reducible);
      Supposed after{id, h.lots, h.cost, h.open_buy + (buy ? lots : 0),
                     h.open_sell + (buy ? 0 : lots)};
      const Lots before_most =
          std::max(std::abs(h.lots + h.open_buy), std::abs(h.lots - h.open_sell));
      const Lots after_most =
          std::max(std::abs(h.lots + after.open_buy), std::abs(h.lots - after.open_sell));
      const Lots grown = h.hedge ? lots : after_most - before_most;
      // What would stand on the other side once this side's orders have closed the position.
      const Lots flipped =
          h.hedge || reducible == 0 ? 0 : (buy ? after.open_buy : after.open_sell) - reducible;
      const bool flips_isolated = h.mode == MarginMode::isolated && flipped > 0;
      if (grown > 0 || opening > 0 || flips_isolated) {
        const Lots most =
            h.hedge ? std::abs(h.lots) + (buy ? after.open_buy : after.open_sell) : after_most;
        // At the dearest price that the book knows, and with room for the fund to hold the whole
        // open interest.
        const int64_t dearest = m.inverse ? m.price_min : m.price_max;
        if (!value_fits(m, most, dearest) || m.open_lots > kLotsMax - lots ||
            static_cast<Wide>(value(m, 1, dearest, Round::up)) * (m.open_lots + lots) >
                8 * Wide{kValueMax})
          return Reject::too_large;
        if (!m.option && m.rules->book.ladder) {
          const MarginTier* tier = margin::tier_of(
              *m.rules->book.ladder, value(m, most, m.mark, Round::up), Qty::raw(most * m.step));
          if (!tier || h.leverage > tier->max_leverage) return Reject::bad_leverage;
        }
        // What it pays above the mark, or sells below it, is lost at once.
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
          at_order = value_at(m, lots, tick);
        }
        const Wide at_mark = counted > 0 ? Wide{value(m, counted, m.mark, Round::down)} : Wide{0};
        const Wide loss = larger(buy != m.inverse ? at_order - at_mark : at_mark - at_order, 0);
        const Wide fee =
            m.taker.part > 0
                ? Wide{share(static_cast<int64_t>(larger(at_order, at_mark)), m.taker, Round::up)}
                : 0;
        Wide opened =
            counted > 0 ? divide(loss * std::min(opening, counted), counted, Round::up) : Wide{0};
        if (flips_isolated) {  // what the position's own margin will not bring along
          const PoolSums own = sums(h.pool);
          const int64_t turned = value(m, std::min(flipped, reducible), m.mark, Round::up);
          opened += larger(shared_by(turned, h.leverage, Round::up) - larger(own.equity(), 0), 0);
        }
        if (!covers(c.account, i, id, after, opened, fee)) return Reject::not_enough_margin;
      }
    }
  }
  const int64_t purse = wallet(c.account, m.settle);
  if (purse > 2 * kValueMax || purse < -2 * kValueMax) return Reject::too_large;
  matching::MatchBook::NewOrder order{.account = c.account,
                                      .side = c.side,
                                      .tick = tick,
                                      .lots = lots,
                                      .market = market,
                                      .time_in_force = c.time_in_force,
                                      .self_trade = c.self_trade,
                                      .guarded = reduce_only};
  const bool crosses = buy ? m.book.has_asks() && (market || m.book.best_ask() <= tick)
                           : m.book.has_bids() && (market || m.book.best_bid() >= tick);
  if (c.time_in_force == TimeInForce::post_only && crosses) return Reject::would_take;
  if (c.time_in_force == TimeInForce::fill_or_kill) {
    if (m.book.available(order) < lots) return Reject::not_filled;
    order.time_in_force = TimeInForce::immediate_or_cancel;  // it will be filled whole
  }
  emit(c.account, OrderAccepted{.instrument = i,
                                .side = c.side,
                                .price = c.price,
                                .qty = Qty::raw(lots * m.step),
                                .client = c.client});
  send(i, {order, id, c.client, reduce_only, false});
  return Reject::none;
}

bool Exchange::State::locked(AccountId a, InstrumentId i) const {
  for (StakeId h = accounts[a].first_stake; h != kNoId; h = stakes[h].next) {
    if (stakes[h].instrument == i && pools[stakes[h].pool].in_liquidation) return true;
  }
  return false;
}

Exchange::State::Sent Exchange::State::send(InstrumentId i, const Sending& sending) {
  Market& m = markets[i];
  matching::MatchBook::NewOrder order = sending.order;
  Sent sent;
  OrderId passed = 0;  // a guarded order that was let through
  std::vector<StakeId> shrunk;
  const auto note = [&](StakeId h) {
    if (stakes[h].reduce_lots > 0) shrunk.push_back(h);
  };
  for (bool again = true; again;) {
    again = false;
    book_events.clear();
    m.book.submit(order, book_events);
    for (const matching::BookEvent& e : book_events) {
      switch (e.kind) {
        case matching::BookEvent::Kind::fill: {
          const auto slot = static_cast<uint32_t>(e.maker);
          const StakeId maker = m.orders[slot].stake;
          const uint64_t maker_client = m.orders[slot].client;
          if (m.spot) fill_spot(m, i, e, sending);
          unrest(m, slot, e.lots, e.maker_left == 0);
          sent.lots += e.lots;
          sent.lots_ticks += static_cast<Wide>(e.lots) * e.tick;
          order.lots -= e.lots;
          m.last = static_cast<int64_t>(e.tick) * m.tick;
          publish(i, Trade{.price = Price::raw(m.last),
                           .qty = Qty::raw(e.lots * m.step),
                           .taker_side = e.taker_side,
                           .id = std::to_string(++m.trades)});
          if (m.spot) break;
          const int64_t worth = value_at(m, e.lots, e.tick);
          const bool buys = e.taker_side == Side::buy;
          for (const bool is_maker : {true, false}) {
            const StakeId h = is_maker ? maker : sending.stake;
            move_lots(h, buys != is_maker ? e.lots : -e.lots, worth);
            const Market::Share rate = is_maker ? m.maker : m.taker;
            int64_t fee = rate.part >= 0 ? share(worth, rate, Round::up)
                                         : -share(worth, {-rate.part, rate.whole}, Round::down);
            const AccountId owner = stakes[h].account;
            if (owner < kFirstUser) fee = 0;
            if (!is_maker && sending.forced && owner >= kFirstUser) {
              fee = 0;
              if (m.liquidation_fee.part > 0)
                charge(h, share(worth, m.liquidation_fee, Round::up), true,
                       wallet(kFund, m.settle));
            }
            if (fee != 0) charge(h, fee, false, fees[m.settle]);
            emit(owner, Fill{.instrument = i,
                             .side = buys != is_maker ? Side::buy : Side::sell,
                             .maker = is_maker,
                             .coin = m.settle,
                             .counterparty = is_maker ? e.account : e.maker_account,
                             .order = is_maker ? e.maker : 0,
                             .client = is_maker ? maker_client : sending.client,
                             .price = Price::raw(m.last),
                             .qty = Qty::raw(e.lots * m.step),
                             .value = Amount::raw(worth),
                             .fee = Amount::raw(fee)});
            note(h);
          }
          break;
        }
        case matching::BookEvent::Kind::expired:
          if (e.order != 0) {
            const auto slot = static_cast<uint32_t>(e.order);
            const OrderInfo info = m.orders[slot];
            unrest(m, slot, e.lots, true);
            finish(i, e.order, info, e.taker_side, e.lots, e.tick);
          } else {
            finish(i, 0, {.stake = sending.stake, .client = sending.client}, e.taker_side, e.lots,
                   e.tick);
          }
          break;
        case matching::BookEvent::Kind::rested:
          rested(m, e.order, sending, e.lots);
          break;
        case matching::BookEvent::Kind::guarded: {
          again = true;
          passed = e.maker;
          break;
        }
        case matching::BookEvent::Kind::cancelled:
        case matching::BookEvent::Kind::rejected:
          CHECK(false);  // nothing here cancels, and every refusal was ruled out before
      }
    }
    if (!again) break;
    // Everything before the guarded order is booked: now it is known how much of it may trade.
    const auto slot = static_cast<uint32_t>(passed);
    const OrderInfo info = m.orders[slot];
    matching::MatchBook::Resting resting{};
    CHECK(m.book.find(passed, resting));
    const Lots allowed = closable(stakes[info.stake], resting.side);
    std::vector<matching::BookEvent> trimmed;
    if (allowed <= 0) {
      m.book.cancel(passed, trimmed);
      unrest(m, slot, resting.lots, true);
      finish(i, passed, info, resting.side, resting.lots, resting.tick);
      passed = 0;
    } else {
      if (allowed < resting.lots) {
        m.book.reduce(passed, allowed, trimmed);
        unrest(m, slot, resting.lots - allowed, false);
        say_rested(i, slot, allowed);
      }
      m.book.guard(passed, false);
    }
    if (order.lots == 0) break;
  }
  if (passed != 0) {
    matching::MatchBook::Resting resting{};
    if (m.book.find(passed, resting)) m.book.guard(passed, true);
  }
  for (const StakeId h : shrunk) trim_reduce_only(h);
  return sent;
}

void Exchange::State::rested(Market& m, OrderId id, const Sending& sending, Lots lots) {
  const auto slot = static_cast<uint32_t>(id);
  if (slot >= m.orders.size()) m.orders.resize(slot + 1);
  Stake& h = stakes[sending.stake];
  OrderInfo& info = m.orders[slot];
  info = {.id = id,
          .stake = sending.stake,
          .client = sending.client,
          .next = h.first_order,
          .tick = sending.order.tick,
          .buy = sending.order.side == Side::buy,
          .reduce_only = sending.reduce_only};
  if (h.first_order != kNoId) m.orders[h.first_order].previous = slot;
  h.first_order = slot;
  (sending.order.side == Side::buy ? h.open_buy : h.open_sell) += lots;
  if (sending.reduce_only) h.reduce_lots += lots;
  if (m.spot && sending.order.side == Side::buy)
    h.open_buy_value += static_cast<Wide>(lots) * sending.order.tick * m.unit;
  touch(h.pool);
  if (m.spot) touch_all(h.account);
  say_rested(h.instrument, slot, lots);
}

void Exchange::State::say_rested(InstrumentId i, uint32_t slot, Lots lots) {
  const Market& m = markets[i];
  const OrderInfo& info = m.orders[slot];
  emit(stakes[info.stake].account,
       OrderRested{.instrument = i,
                   .side = info.buy ? Side::buy : Side::sell,
                   .order = info.id,
                   .client = info.client,
                   .price = Price::raw(static_cast<int64_t>(info.tick) * m.tick),
                   .qty = Qty::raw(lots * m.step)});
}

// `lots` of a resting order are no longer there: filled, trimmed or cancelled.
void Exchange::State::unrest(Market& m, uint32_t slot, Lots lots, bool gone) {
  OrderInfo& info = m.orders[slot];
  Stake& h = stakes[info.stake];
  (info.buy ? h.open_buy : h.open_sell) -= lots;
  if (info.reduce_only) h.reduce_lots -= lots;
  if (m.spot) {
    if (info.buy) h.open_buy_value -= static_cast<Wide>(lots) * info.tick * m.unit;
    touch_all(h.account);
  }
  if (!gone) return;
  (info.previous == kNoId ? h.first_order : m.orders[info.previous].next) = info.next;
  if (info.next != kNoId) m.orders[info.next].previous = info.previous;
  info = {};
}

void Exchange::State::finish(InstrumentId i, OrderId id, const OrderInfo& info, Side side,
                             Lots left, Tick tick) {
  const Market& m = markets[i];
  emit(stakes[info.stake].account,
       OrderFinished{.instrument = i,
                     .side = side,
                     .order = id,
                     .client = info.client,
                     .price = Price::raw(static_cast<int64_t>(tick) * m.tick),
                     .left = Qty::raw(left * m.step)});
}

void Exchange::State::finish_stop(const StopOrder& stop) {
  emit(stop.order.account, OrderFinished{.instrument = stop.order.instrument,
                                         .side = stop.order.side,
                                         .order = stop.id,
                                         .client = stop.order.client,
                                         .price = {},
                                         .left = stop.order.qty});
}

void Exchange::State::drop_orders(StakeId id) {
  Stake& h = stakes[id];
  Market& m = markets[h.instrument];
  std::vector<matching::BookEvent> gone;
  while (h.first_order != kNoId) {
    const uint32_t slot = h.first_order;
    const OrderInfo info = m.orders[slot];
    gone.clear();
    CHECK(m.book.cancel(info.id, gone));
    unrest(m, slot, gone.front().lots, true);
    finish(h.instrument, info.id, info, gone.front().taker_side, gone.front().lots,
           gone.front().tick);
  }
}

// Reduce-only orders never stand for more than the position: the youngest give way.
void Exchange::State::trim_reduce_only(StakeId id) {
  Stake& h = stakes[id];
  Market& m = markets[h.instrument];
  std::vector<matching::BookEvent> events;
  uint32_t slot = h.first_order;
  while (slot != kNoId && h.reduce_lots > 0) {
    const OrderInfo info = m.orders[slot];
    slot = info.next;
    if (!info.reduce_only) continue;
    const Lots excess = h.reduce_lots - closable(h, info.buy ? Side::buy : Side::sell);
    if (excess <= 0) return;
    matching::MatchBook::Resting resting{};
    CHECK(m.book.find(info.id, resting));
    events.clear();
    if (excess >= resting.lots) {
      m.book.cancel(info.id, events);
      unrest(m, static_cast<uint32_t>(info.id), resting.lots, true);
      finish(h.instrument, info.id, info, resting.side, resting.lots, resting.tick);
    } else {
      m.book.reduce(info.id, resting.lots - excess, events);
      unrest(m, static_cast<uint32_t>(info.id), excess, false);
      say_rested(h.instrument, static_cast<uint32_t>(info.id), resting.lots - excess);
    }
  }
}

Reject Exchange::State::take(const CancelOrder& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (c.instrument >= markets.size()) return Reject::no_such_instrument;
  Market& m = markets[c.instrument];
  if (c.order & kStopBit) {
    const auto place = m.stop_places.find(c.order);
    if (place == m.stop_places.end()) return Reject::no_such_order;
    const auto [queue, key] = place->second;
    StopQueue& stops = m.stops[queue / 2][queue % 2];
    const auto stop = stops.find(key);
    CHECK(stop != stops.end());
    if (stop->second.order.account != c.account) return Reject::no_such_order;
    const StopOrder gone = stop->second;
    stops.erase(stop);
    m.stop_places.erase(place);
    finish_stop(gone);
    return Reject::none;
  }
  matching::MatchBook::Resting resting{};
  if (!m.book.find(c.order, resting) || resting.account != c.account) return Reject::no_such_order;
  const auto slot = static_cast<uint32_t>(c.order);
  const OrderInfo info = m.orders[slot];
  book_events.clear();
  m.book.cancel(c.order, book_events);
  unrest(m, slot, resting.lots, true);
  finish(c.instrument, c.order, info, resting.side, resting.lots, resting.tick);
  tell_quote(c.instrument);
  return Reject::none;
}

Reject Exchange::State::take(const ReduceOrder& c) {
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
  unrest(m, slot, resting.lots - lots, false);
  say_rested(c.instrument, slot, lots);
  tell_quote(c.instrument);
  return Reject::none;
}

Reject Exchange::State::take(const CancelAll& c) {
  if (const Reject r = check_account(c.account); r != Reject::none) return r;
  if (c.instrument && *c.instrument >= markets.size()) return Reject::no_such_instrument;
  for (InstrumentId i = 0; i < markets.size(); ++i) {
    if (c.instrument && *c.instrument != i) continue;
    Market& m = markets[i];
    for (const PositionSide side : {PositionSide::long_side, PositionSide::short_side}) {
      if (const StakeId h = find_stake(c.account, i, side); h != kNoId) drop_orders(h);
    }
    for (auto& by : m.stops) {
      for (StopQueue& stops : by) {
        for (auto at = stops.begin(); at != stops.end();) {
          if (at->second.order.account != c.account) {
            ++at;
            continue;
          }
          const StopOrder gone = at->second;
          m.stop_places.erase(gone.id);
          at = stops.erase(at);
          finish_stop(gone);
        }
      }
    }
    tell_quote(i);
  }
  return Reject::none;
}

Reject Exchange::State::arm(const SubmitOrder& c) {
  Market& m = markets[c.instrument];
  if (m.spot && c.trigger_by == TriggerBy::mark) return Reject::no_such_mode;
  if (c.trigger.raw() <= 0 || c.trigger.raw() % m.tick != 0) return Reject::bad_price;
  const int64_t price = c.trigger_by == TriggerBy::mark ? m.mark : m.last;
  if (price == 0) return Reject::no_mark;
  const bool reached = c.side == Side::buy ? price >= c.trigger.raw() : price <= c.trigger.raw();
  if (reached) return Reject::would_trigger;
  const uint64_t sequence = ++m.stops_made;
  const OrderId id = kStopBit | sequence;
  const int queue = static_cast<int>(c.trigger_by) * 2 + static_cast<int>(c.side);
  const std::pair<int64_t, uint64_t> key{c.side == Side::buy ? c.trigger.raw() : -c.trigger.raw(),
                                         sequence};
  m.stops[queue / 2][queue % 2].emplace(key, StopOrder{c, id});
  m.stop_places.emplace(id, std::pair(queue, key));
  emit(c.account, StopArmed{.instrument = c.instrument,
                            .side = c.side,
                            .order = id,
                            .client = c.client,
                            .trigger = c.trigger,
                            .qty = c.qty});
  return Reject::none;
}

// Carries out every stop that the price has reached, the furthest behind first; one may set off the
// next.
void Exchange::State::run_stops(InstrumentId i, TriggerBy by) {
  for (;;) {
    Market& m = markets[i];
    const int64_t price = by == TriggerBy::mark ? m.mark : m.last;
    if (price == 0 || m.settled) return;
    StopQueue* reached = nullptr;
    for (const Side side : {Side::sell, Side::buy}) {
      StopQueue& stops = m.stops[static_cast<int>(by)][static_cast<int>(side)];
      if (stops.empty()) continue;
      const int64_t key = stops.begin()->first.first;
      if (side == Side::buy ? price >= key : price <= -key) {
        reached = &stops;
        break;
      }
    }
    if (!reached) return;
    const StopOrder stop = reached->begin()->second;
    m.stop_places.erase(stop.id);
    reached->erase(reached->begin());
    emit(stop.order.account, StopTriggered{.instrument = i,
                                           .side = stop.order.side,
                                           .order = stop.id,
                                           .client = stop.order.client,
                                           .price = Price::raw(price),
                                           .qty = stop.order.qty});
    if (trade(stop.order) != Reject::none) finish_stop(stop);
  }
}

// A liquidation's order: it takes from the book like any other, pays the liquidation fee to the
// fund, and what it does not find is not left behind.
Lots Exchange::State::trade_forced(const Forced& forced) {
  const Stake& h = stakes[forced.stake];
  const InstrumentId i = h.instrument;
  Market& m = markets[i];
  CHECK(forced.lots > 0 && forced.lots <= std::abs(h.lots));
  const Side side = h.lots > 0 ? Side::sell : Side::buy;
  const matching::MatchBook::Band band = m.listing->band;
  matching::MatchBook::NewOrder order{
      .account = h.account,
      .side = side,
      .tick = forced.limit ? std::clamp(*forced.limit, band.lowest, band.highest) : 0,
      .lots = forced.lots,
      .market = !forced.limit,
      .time_in_force = TimeInForce::immediate_or_cancel,
      .self_trade = SelfTrade::expire_maker};
  const bool out_of_reach = forced.limit && (side == Side::sell ? *forced.limit > band.highest
                                                                : *forced.limit < band.lowest);
  const PositionSide closed = h.lots > 0 ? PositionSide::long_side : PositionSide::short_side;
  const bool user = h.account >= kFirstUser;
  const Sent sent = out_of_reach ? Sent{} : send(i, {order, forced.stake, 0, true, true});
  if (user && sent.lots > 0) {
    Liquidation event{.position_side = closed, .feed = LiquidationFeed::complete};
    if (forced.limit) event.order_price = Price::raw(static_cast<int64_t>(order.tick) * m.tick);
    event.average_price = Price::raw(narrow(sent.lots_ticks * m.tick / sent.lots));
    event.order_qty = Qty::raw(forced.lots * m.step);
    event.filled_qty = Qty::raw(sent.lots * m.step);
    publish(i, event);
  }
  return sent.lots;
}

void Exchange::State::tell_quote(InstrumentId i) {
  Market& m = markets[i];
  const int64_t bid = m.book.has_bids() ? m.book.best_bid() : 0,
                ask = m.book.has_asks() ? m.book.best_ask() : 0;
  if (bid == m.told_bid && ask == m.told_ask) return;
  m.told_bid = bid;
  m.told_ask = ask;
  Quote quote;
  const auto best = [&](Side side, std::optional<Price>& price, std::optional<Qty>& qty) {
    m.book.levels(side, [&](Tick tick, Lots lots, uint32_t) {
      price = Price::raw(static_cast<int64_t>(tick) * m.tick);
      qty = Qty::raw(lots * m.step);
      return false;
    });
  };
  best(Side::buy, quote.bid_price, quote.bid_qty);
  best(Side::sell, quote.ask_price, quote.ask_qty);
  publish(i, quote);
}

}  // namespace delever::exchange
