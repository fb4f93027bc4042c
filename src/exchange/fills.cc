// Fills, transfers and fees: what a trade does to positions and to the ledger.
//
// A trade has one value, in the settlement coin, that both sides book: the buyer adds it to the
// cost of what it holds or realises it against that cost, and so does the seller. Realised profits
// then always equal the change of the signed cost of all open positions, and the ledger closes to
// the last unit however values were rounded.
#include <algorithm>

#include "exchange/trading.h"

namespace delever::exchange {
namespace {

int64_t fee_of(int64_t value, Market::Share rate) {
  return rate.part >= 0 ? share(value, rate, Round::up)
                        : -share(value, {-rate.part, rate.whole}, Round::down);
}

}  // namespace

void Trading::move_lots(PositionId id, Lots lots, int64_t value) {
  PositionState& pos = positions[id];
  Market& m = markets[pos.instrument];
  CHECK(lots != 0 && value >= 0);
  const bool closes = pos.lots != 0 && (pos.lots > 0) != (lots > 0);
  m.open_lots -= std::max<Lots>(pos.lots, 0);
  Lots opening = lots;
  int64_t opening_value = value;
  if (closes) {
    const Lots all = std::abs(lots), closing = std::min<Lots>(all, std::abs(pos.lots));
    // A trade that turns the position is split in proportion; the parts add up to its value.
    const int64_t closing_value =
        closing == all ? value
                       : narrow(divide(static_cast<Wide>(value) * closing, all, Round::down));
    close_lots(pos, m, closing, closing_value);
    opening = lots > 0 ? lots - closing : lots + closing;
    opening_value = value - closing_value;
  }
  if (opening != 0) open_lots(pos, m, opening, opening_value);
  CHECK(pos.cost >= 0);
  m.open_lots += std::max<Lots>(pos.lots, 0);
  pools.mark_dirty(pos.pool);
  if (pos.mode == MarginMode::isolated) pools.mark_all_dirty(pos.account);
}

// Realises value against the part of the cost that these lots were bought for. The cost is rounded
// against the holder, so that what stays is never worth less than it was.
void Trading::close_lots(PositionState& pos, const Market& m, Lots closing, int64_t value) {
  const Lots all = std::abs(pos.lots);
  const bool gains = gains_with_value(m, pos.lots);
  const int64_t cost = closing == all ? pos.cost
                                      : narrow(divide(static_cast<Wide>(pos.cost) * closing, all,
                                                      gains ? Round::up : Round::down));
  const int64_t realised = gains ? value - cost : cost - value;
  ledger.move(MoneyAccount::clearing(), MoneyAccount::open_cost(), m.settle, gains ? cost : -cost);
  pos.cost -= cost;
  if (pos.mode == MarginMode::isolated) {
    const int64_t released =
        closing == all ? int64_t{pos.margin}
                       : narrow(divide(static_cast<Wide>(pos.margin) * closing, all, Round::down));
    // A loss beyond the margin released eats into what stays; below nothing it is the venue's, not
    // the wallet's.
    const bool pays_back = released + realised >= 0;
    if (pays_back) ledger.move(margin_of(pos), wallet_of(pos.account), m.settle, released);
    ledger.move(MoneyAccount::clearing(), pays_back ? wallet_of(pos.account) : margin_of(pos),
                m.settle, realised);
  } else {
    ledger.move(MoneyAccount::clearing(), wallet_of(pos.account), m.settle, realised);
  }
  pos.lots += pos.lots > 0 ? -closing : closing;
}

void Trading::open_lots(PositionState& pos, const Market& m, Lots opening, int64_t value) {
  pos.lots += opening;
  pos.cost += value;
  ledger.move(MoneyAccount::open_cost(), MoneyAccount::clearing(), m.settle,
              gains_with_value(m, opening) ? value : -value);
  if (pos.mode != MarginMode::isolated) return;
  // What the leverage asks for, as far as the wallet has it.
  const Wide need = shared_by(value, pos.leverage, Round::up);
  const Wide has = wallet(pos.account, m.settle) - pools.held(pos.account, m.settle);
  const auto moved = static_cast<int64_t>(smaller(need, larger(has, 0)));
  ledger.move(wallet_of(pos.account), margin_of(pos), m.settle, moved);
}

// Books one fill of the book: the maker's resting order, the last price, both positions, both fees.
void Trading::book_fill(InstrumentId i, const matching::BookEvent& e, const Sending& sending,
                        std::vector<PositionId>& shrunk) {
  Market& m = markets[i];
  const auto slot = static_cast<uint32_t>(e.maker);
  const PositionId maker = m.orders[slot].position;
  const uint64_t maker_client = m.orders[slot].client;
  if (m.spot) fill_spot(m, i, e, sending);
  take_off(m, slot, e.lots, e.maker_left == 0);
  m.last = static_cast<int64_t>(e.tick) * m.tick;
  out.publish<Trade>(i, [&](Trade& trade) {
    trade.price = Price::raw(m.last);
    trade.qty = Qty::raw(e.lots * m.step);
    trade.taker_side = e.taker_side;
    trade.id = std::to_string(++m.trades);
  });
  if (m.spot) return;
  const int64_t value = value_at(m, e.lots, e.tick);
  const bool buys = e.taker_side == Side::buy;
  for (const bool is_maker : {true, false}) {
    const PositionId id = is_maker ? maker : sending.position;
    move_lots(id, buys != is_maker ? e.lots : -e.lots, value);
    const int64_t fee = charge_fill(m, id, is_maker, sending.forced, value);
    out.emit(positions[id].account, Fill{.instrument = i,
                                         .side = buys != is_maker ? Side::buy : Side::sell,
                                         .maker = is_maker,
                                         .coin = m.settle,
                                         .counterparty = is_maker ? e.account : e.maker_account,
                                         .order = is_maker ? e.maker : OrderId(),
                                         .client = is_maker ? maker_client : sending.client,
                                         .price = Price::raw(m.last),
                                         .qty = Qty::raw(e.lots * m.step),
                                         .value = Amount::raw(value),
                                         .fee = Amount::raw(fee)});
    if (positions[id].reduce_lots > 0) shrunk.push_back(id);
  }
  ledger.check_cleared(m.settle);
}

// Fees round up and rebates down. The venue's own accounts pay none; a forced taker pays the
// liquidation fee to the fund in place of the trading fee. Returns the trading fee.
int64_t Trading::charge_fill(const Market& m, PositionId id, bool is_maker, bool forced,
                             int64_t value) {
  if (positions[id].account < kFirstUser) return 0;
  if (!is_maker && forced) {
    if (m.liquidation_fee.part > 0)
      charge(id, share(value, m.liquidation_fee, Round::up), true, wallet_of(kFund));
    return 0;
  }
  const int64_t fee = fee_of(value, is_maker ? m.maker : m.taker);
  if (fee != 0) charge(id, fee, false, MoneyAccount::fees());
  return fee;
}

// A fee, or a rebate where it is negative. Trading fees come from the wallet and, where an isolated
// position's account has nothing left there, from its margin; fees of a liquidation the other way
// round.
void Trading::charge(PositionId id, int64_t fee, bool from_margin_first, const MoneyAccount& to) {
  PositionState& pos = positions[id];
  const CoinId coin = markets[pos.instrument].settle;
  if (pos.mode != MarginMode::isolated || fee <= 0)
    return ledger.move(wallet_of(pos.account), to, coin, fee);
  const int64_t in_margin = std::max<int64_t>(pos.margin, 0),
                in_wallet = std::max<int64_t>(wallet(pos.account, coin), 0);
  int64_t from_margin = 0;
  if (from_margin_first)
    from_margin = std::min(fee, in_margin);
  else if (fee > in_wallet)
    from_margin = std::min(fee - in_wallet, in_margin);
  CHECK(from_margin >= 0 && from_margin <= fee);
  ledger.move(margin_of(pos), to, coin, from_margin);
  ledger.move(wallet_of(pos.account), to, coin, fee - from_margin);
}

// Hands over `lots` (signed as the giver holds them) at a value, without the book.
void Trading::transfer(PositionId from, PositionId to, Lots lots, int64_t value,
                       const Handover& handover) {
  const InstrumentId i = positions[from].instrument;
  const AccountId giver = positions[from].account;
  const Market& m = markets[i];
  move_lots(from, -lots, value);
  move_lots(to, lots, value);
  ledger.check_cleared(m.settle);
  PositionTransfer n{.instrument = i,
                     .side = lots > 0 ? Side::sell : Side::buy,
                     .counterparty = positions[to].account,
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
    out.emit(giver, PositionDeleveraged{n});
    return;
  }
  out.emit(giver, PositionTakenOver{n});
  out.publish(
      i, Liquidation{.position_side = lots > 0 ? PositionSide::long_side : PositionSide::short_side,
                     .feed = LiquidationFeed::complete,
                     .order_price = n.price,
                     .average_price = n.price,
                     .order_qty = n.qty,
                     .filled_qty = n.qty,
                     .id = {}});
}

void Trading::fill_spot(Market& m, InstrumentId i, const matching::BookEvent& e,
                        const Sending& sending) {
  const int64_t quote = value_at(m, e.lots, e.tick);
  const int64_t base = narrow(static_cast<Wide>(e.lots) * m.step * m.size / Qty::scale);
  const bool taker_buys = e.taker_side == Side::buy;
  for (const bool maker : {true, false}) {
    const AccountId a = maker ? e.maker_account : e.account;
    const bool buys = maker != taker_buys;
    const Market::Share rate = maker ? m.maker : m.taker;
    const int64_t got = buys ? base : quote;  // the fee is taken from what is received
    const int64_t fee = fee_of(got, rate);
    const CoinId received = buys ? m.base : m.quote, given = buys ? m.quote : m.base;
    ledger.move(MoneyAccount::clearing(), wallet_of(a), received, got);
    ledger.move(wallet_of(a), MoneyAccount::fees(), received, fee);
    ledger.move(wallet_of(a), MoneyAccount::clearing(), given, buys ? quote : base);
    pools.mark_all_dirty(a);
    out.emit(
        a, Fill{.instrument = i,
                .side = buys ? Side::buy : Side::sell,
                .maker = maker,
                .coin = buys ? m.base : m.quote,
                .counterparty = maker ? e.account : e.maker_account,
                .order = maker ? e.maker : OrderId(),
                .client = maker ? m.orders[static_cast<uint32_t>(e.maker)].client : sending.client,
                .price = Price::raw(static_cast<int64_t>(e.tick) * m.tick),
                .qty = Qty::raw(e.lots * m.step),
                .value = Amount::raw(quote),
                .fee = Amount::raw(fee)});
  }
  ledger.check_cleared(m.base);
  ledger.check_cleared(m.quote);
}

}  // namespace delever::exchange
