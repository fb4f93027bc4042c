// Fills, transfers and fees: what a trade does to positions and to the ledger.
//
// A trade has one value, in the settlement coin, that both sides book: the buyer adds it to the
// cost of what it holds or realises it against that cost, and so does the seller. Realised profits
// then always equal the change of the signed cost of all open positions, and the ledger closes to
// the last unit however values were rounded.
#include <algorithm>

#include "exchange/state.h"

namespace delever {

void Exchange::State::move_lots(PositionId id, Lots lots, int64_t value) {
  PositionState& pos = positions[id];
  Market& m = markets[pos.instrument];
  CHECK(lots != 0);
  const bool same = pos.lots == 0 || (pos.lots > 0) == (lots > 0);
  const auto sign = [&m](Lots position) {
    return (position > 0) != m.inverse ? 1 : -1;
  };  // gains with value
  m.open_lots -= std::max<Lots>(pos.lots, 0);
  Lots opening = lots;
  int64_t opening_value = value;
  if (!same) {
    const Lots held = std::abs(pos.lots), closing = std::min<Lots>(std::abs(lots), held);
    const int gains = sign(pos.lots);
    const Round against = gains > 0 ? Round::up : Round::down;
    const int64_t closing_value =
        closing == std::abs(lots)
            ? value
            : narrow(divide(static_cast<Wide>(value) * closing, std::abs(lots), Round::down));
    const int64_t cost = closing == held
                             ? pos.cost
                             : narrow(divide(static_cast<Wide>(pos.cost) * closing, held, against));
    const int64_t realised = gains > 0 ? closing_value - cost : cost - closing_value;
    ledger.move(MoneyAccount::clearing(), MoneyAccount::open_cost(), m.settle, gains * cost);
    pos.cost -= cost;
    if (pos.mode == MarginMode::isolated) {
      const int64_t released =
          closing == held
              ? pos.margin
              : narrow(divide(static_cast<Wide>(pos.margin) * closing, held, Round::down));
      // A loss beyond the margin released eats into what stays; below nothing it is the venue's,
      // not the wallet's.
      const bool pays_back = released + realised >= 0;
      if (pays_back) ledger.move(margin_of(pos), wallet_of(pos.account), m.settle, released);
      ledger.move(MoneyAccount::clearing(), pays_back ? wallet_of(pos.account) : margin_of(pos),
                  m.settle, realised);
    } else {
      ledger.move(MoneyAccount::clearing(), wallet_of(pos.account), m.settle, realised);
    }
    opening = lots > 0 ? lots - closing : lots + closing;
    opening_value = value - closing_value;
    pos.lots += lots > 0 ? closing : -closing;
  }
  if (opening != 0) {
    pos.lots += opening;
    pos.cost += opening_value;
    ledger.move(MoneyAccount::open_cost(), MoneyAccount::clearing(), m.settle,
                sign(opening) * opening_value);
    if (pos.mode == MarginMode::isolated) {
      // What the leverage asks for, as far as the wallet has it.
      const Wide need = shared_by(opening_value, pos.leverage, Round::up);
      const Wide has = wallet(pos.account, m.settle) - held(pos.account, m.settle);
      const auto moved = static_cast<int64_t>(smaller(need, larger(has, 0)));
      ledger.move(wallet_of(pos.account), margin_of(pos), m.settle, moved);
    }
  }
  m.open_lots += std::max<Lots>(pos.lots, 0);
  mark_dirty(pos.pool);
  if (pos.mode == MarginMode::isolated) { mark_all_dirty(pos.account); }
}

// A fee, or a rebate where it is negative. Trading fees come from the wallet and, where an isolated
// position's account has nothing left there, from its margin; fees of a liquidation the other way
// round.
void Exchange::State::charge(PositionId id, int64_t fee, bool from_margin_first,
                             const MoneyAccount& to) {
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
void Exchange::State::transfer(PositionId from, PositionId to, Lots lots, int64_t value,
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

void Exchange::State::fill_spot(Market& m, InstrumentId i, const BookEvent& e,
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
    const CoinId received = buys ? m.base : m.quote, given = buys ? m.quote : m.base;
    ledger.move(MoneyAccount::clearing(), wallet_of(a), received, got);
    ledger.move(wallet_of(a), MoneyAccount::fees(), received, fee);
    ledger.move(wallet_of(a), MoneyAccount::clearing(), given, buys ? quote : base);
    mark_all_dirty(a);
    emit(a, Fill{.instrument = i,
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

}  // namespace delever
