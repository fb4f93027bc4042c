// What the exchange said, as changes of records. A trade is told in three parts (the public trade
// and both sides' fills, in an order that depends on the kind of market); it is booked when all
// three are there.
#include <algorithm>

#include "base/text.h"
#include "gateways/desk_state.h"

namespace delever::gateways {
namespace {

// Numbers of fills that no public trade stands behind: above those of trades, so that an account
// has each number once.
constexpr uint64_t kTransfers = 1'000'000'000'000;

}  // namespace

OrderRecord* Desk::State::find(AccountId account, uint64_t client) const {
  OwnAccount* o = own(account);
  if (!o || client == 0) return nullptr;
  const auto it = o->orders.all.find(client);
  return it == o->orders.all.end() ? nullptr : &it->second;
}

// The record of an order that the exchange speaks of: one that is known, or the one in hand, which
// becomes known by this.
OrderRecord* Desk::State::record_of(AccountId account, uint64_t client) {
  if (OrderRecord* known = find(account, client)) return known;
  if (!entering || entering->account != account || entering->number != client) return nullptr;
  return &keep(*entering);
}

// A new order, an amended one that enters again, or a stop that has become one.
void Desk::State::accepted(AccountId account, const OrderAccepted& n) {
  const bool first = find(account, n.client) == nullptr;
  OrderRecord* order = record_of(account, n.client);
  if (!order) return;
  order->state = OrderState::open;
  order->asked.qty = order->filled + n.qty;
  order->updated = now();
  if (first) emit_order(*order, DeskUpdate::Reason::placed);
}

// Repeated by the exchange whenever less of the order stands than before.
void Desk::State::rested(AccountId account, const OrderRested& n) {
  OrderRecord* order = find(account, n.client);
  if (!order) return;
  order->book_order = n.order;
  order->state = OrderState::open;
  if (n.qty == order->left()) return;
  if (amending == order) {  // the one who amends says it
    order->asked.qty = order->filled + n.qty;
    return;
  }
  order->asked.qty = order->filled + n.qty;  // trimmed: it could only reduce
  order->updated = now();
  emit_order(*order, DeskUpdate::Reason::amended);
}

bool Desk::State::in_liquidation(AccountId account, InstrumentId instrument) const {
  const auto pools = door.exchange().pools(account);
  return std::any_of(pools.begin(), pools.end(), [&](const exchange::PoolView& pool) {
    return pool.liquidated && (!pool.isolated || *pool.isolated == instrument);
  });
}

// Whether it gave way to the own order that is entering, or is that one and was ended by an own
// order: one that gave way as well, or one that it could have traded with and that still stands.
bool Desk::State::by_self_trade(const OrderRecord& order) {
  if (!entering || entering->account != order.account ||
      entering->asked.instrument != order.asked.instrument ||
      entering->asked.self_trade == SelfTrade::allow)
    return false;
  if (order.number != entering->number) {
    const bool met = order.book_order != 0 && order.asked.side != entering->asked.side;
    met_itself |= met;
    return met;
  }
  if (order.asked.self_trade == SelfTrade::expire_both) return met_itself;
  if (order.asked.self_trade != SelfTrade::expire_taker) return false;
  const bool buys = order.asked.side == Side::buy;
  for (const OrderRecord* own : desk.live(order.account)) {
    const SubmitOrder& o = own->asked;
    if (own->book_order == 0 || o.instrument != order.asked.instrument ||
        o.side == order.asked.side)
      continue;
    if (order.asked.type != OrderType::limit ||
        (buys ? o.price <= order.asked.price : o.price >= order.asked.price))
      return true;
  }
  return false;
}

// Why it ended is known from the call that is under way; without one the venue ended it.
void Desk::State::finished(AccountId account, const OrderFinished& n) {
  OrderRecord* order = find(account, n.client);
  if (!order || order == amending) return;
  if (cancelling) return finish(*order, OrderState::cancelled, DeskUpdate::Reason::cancelled);
  order->liquidated = order->book_order != 0 && in_liquidation(account, order->asked.instrument);
  if (!order->liquidated && by_self_trade(*order)) order->ended_by = OrderRecord::Ended::self_trade;
  finish(*order, OrderState::expired, DeskUpdate::Reason::expired);
}

void Desk::State::armed(AccountId account, const StopArmed& n) {
  const bool first = find(account, n.client) == nullptr;
  OrderRecord* order = record_of(account, n.client);
  if (!order) return;
  order->state = OrderState::waiting;
  order->book_order = n.order;
  order->updated = now();
  if (first) emit_order(*order, DeskUpdate::Reason::placed);
}

void Desk::State::triggered(AccountId account, const StopTriggered& n) {
  OrderRecord* order = find(account, n.client);
  if (!order) return;
  order->state = OrderState::open;
  order->book_order = 0;
  order->triggered = order->updated = now();
  emit_order(*order, DeskUpdate::Reason::triggered);
}

// ---- trades

// Coins are compared at once: the state is that of this side's booking, not of both.
void Desk::State::part(AccountId account, const Fill& fill) {
  TradeInParts::Part p{fill, account, {}};
  if (OwnAccount* o = own(account)) p.change = change_of(*o, fill.coin);
  (fill.maker ? parts.maker : parts.taker) = p;
  trade_complete();
}

TradeMoment Desk::State::moment_of(InstrumentId instrument, Price price) {
  using Tick = TradeMoment::Tick;
  TradeMoment out{.mark = desk.price_of(instrument, WatchedPrice::mark),
                  .index = desk.price_of(instrument, WatchedPrice::index)};
  InstrumentRecord& record = instruments[instrument];
  if (record.trades.empty()) return out;
  const PublicTrade& before = record.trades.back();
  const bool fell =
      before.moment.tick == Tick::down || before.moment.tick == Tick::level_after_down;
  out.tick = price > before.price   ? Tick::up
             : price < before.price ? Tick::down
             : fell                 ? Tick::level_after_down
                                    : Tick::level_after_up;
  return out;
}

void Desk::State::trade_complete() {
  if (!parts.trade || !parts.maker || !parts.taker) return;
  const TradeInParts whole = std::move(parts);
  parts = {};
  const Fill& taker = whole.taker->fill;
  const InstrumentId i = taker.instrument;
  instruments[i].book.stale = true;
  if (!instruments[i].held.empty()) touched.insert(i);
  const FeeRule& fees = *door.setup().listings[i].rules.fees;
  // A forced taker pays the liquidation fee, to the fund, in place of the venue's.
  const bool forced = whole.taker->account >= kFirstUser && taker.client == 0 &&
                      taker.fee == Amount() && fees.taker->raw() > 0;
  const auto number = read_int(whole.trade->id);
  PublicTrade trade{.number = static_cast<uint64_t>(number.value_or(0)),
                    .instrument = i,
                    .taker = whole.trade->taker_side,
                    .price = taker.price,
                    .qty = taker.qty,
                    .forced = forced,
                    .at = whole.at,
                    .moment = moment_of(i, taker.price)};
  instruments[i].closing = whole.taker->account;
  add_trade(trade);
  fill_record(*whole.maker, trade, false);
  fill_record(*whole.taker, trade, forced);
}

// A liquidation has no order of the client's: it gets one of the venue's, as venues show it.
OrderRecord& Desk::State::forced_order(OwnAccount& o, const Fill& fill) {
  if (o.forced_order != 0) {
    if (OrderRecord* known = find(o.who.account, o.forced_order)) return *known;
  }
  OrderRecord order;
  order.number = o.forced_order = ++orders_made;
  order.account = o.who.account;
  order.asked.account = o.who.account;
  order.asked.instrument = fill.instrument;
  order.asked.side = fill.side;
  order.asked.type = OrderType::limit;
  order.asked.time_in_force = TimeInForce::immediate_or_cancel;
  order.asked.reduce_only = true;
  order.asked.position =
      fill.side == Side::sell ? PositionSide::long_side : PositionSide::short_side;
  order.asked.price = fill.price;
  order.forced = true;
  order.created = order.updated = now();
  OrderRecord& kept = keep(std::move(order));
  emit_order(kept, DeskUpdate::Reason::placed);
  return kept;
}

// One side of a trade, where it is an admitted account's: the order, the fill, the money.
void Desk::State::fill_record(const TradeInParts::Part& part, const PublicTrade& trade,
                              bool forced) {
  OwnAccount* o = own(part.account);
  if (!o) return;
  const Fill& fill = part.fill;
  const exchange::Listing& listing = door.setup().listings[fill.instrument];
  const bool spot = listing.rules.contract->kind == InstrumentKind::spot;
  OrderRecord* order = find(part.account, fill.client);
  if (!order && forced) order = &forced_order(*o, fill);
  Amount fee = fill.fee;
  if (forced && listing.rules.fees->liquidation) {
    const Wide exact = static_cast<Wide>(fill.value.raw()) * listing.rules.fees->liquidation->raw();
    fee = Amount::raw(narrow(divide(exact, Rate::scale, Round::up)));
  }
  const Amount added = order ? added_fee_of(*order, fill, spot) : Amount();
  const FillRecord& kept = o->fills.add({.number = trade.number,
                                         .order = order ? order->number : 0,
                                         .account = part.account,
                                         .instrument = fill.instrument,
                                         .side = fill.side,
                                         .maker = fill.maker,
                                         .forced = forced,
                                         .price = fill.price,
                                         .qty = fill.qty,
                                         .value = fill.value,
                                         .fee = fee,
                                         .profit = spot ? Amount() : part.change + fee,
                                         .added_fee = added,
                                         .coin = fill.coin,
                                         .at = trade.at,
                                         .moment = trade.moment});
  if (order) {
    if (order->forced) order->asked.qty += fill.qty;
    order->filled += fill.qty;
    order->value += fill.value;
    order->fee += fee;
    order->fee_coin = fill.coin;
    order->last_price = fill.price;
    order->price_qty += static_cast<Wide>(fill.price.raw()) * fill.qty.raw();
    order->updated = std::max(order->updated, trade.at);
  }
  emit({.kind = DeskUpdate::Kind::fill,
        .reason = forced ? DeskUpdate::Reason::forced : DeskUpdate::Reason::traded,
        .account = part.account,
        .instrument = fill.instrument,
        .order = order,
        .fill = &kept});
  const FillRecord booked = kept;
  if (added > Amount()) added_fees.push_back(booked);
  if (order) filled_further(*order);
  money_lines(*o, part, booked, spot);
}

void Desk::State::filled_further(OrderRecord& order) {
  const bool whole = !order.forced && order.filled >= order.asked.qty;
  if (whole && waits_for_more(order)) {
    order.state = OrderState::waiting;
    order.book_order = 0;
    emit_order(order, DeskUpdate::Reason::traded);
  } else if (whole) {
    finish(order, OrderState::filled, DeskUpdate::Reason::traded);
  } else {
    emit_order(order, DeskUpdate::Reason::traded);
  }
  orders_changed = true;
  if (order.one_of == 0) return;
  hit.insert({order.account, order.number});
  if (order.group_fills == FillCondition::first) end_held_of_group(order, OrderState::expired);
}

// The statement of a fill: coins given and received, or profit and fee.
void Desk::State::money_lines(OwnAccount& o, const TradeInParts::Part& part, const FillRecord& fill,
                              bool spot) {
  const auto line = [&](MoneyRecord::Kind kind, CoinId coin, Amount amount) {
    if (amount == Amount()) return;
    post(o, {.kind = kind,
             .coin = coin,
             .instrument = fill.instrument,
             .amount = amount,
             .fill = fill.number});
  };
  if (spot) {
    line(MoneyRecord::Kind::spot, fill.coin, part.change);
    for (CoinId c = 0; c < o.coins.size(); ++c) {
      if (c != fill.coin) line(MoneyRecord::Kind::spot, c, change_of(o, c));
    }
    return;
  }
  line(MoneyRecord::Kind::profit, fill.coin, fill.profit);
  line(fill.forced ? MoneyRecord::Kind::liquidation : MoneyRecord::Kind::fee, fill.coin, -fill.fee);
  emit(
      {.kind = DeskUpdate::Kind::position, .account = fill.account, .instrument = fill.instrument});
}

// ---- what the venue closed

// The public event follows the fills that it sums up, and ends the venue's order.
void Desk::State::liquidated(InstrumentId instrument, const Liquidation& event) {
  InstrumentRecord& record = instruments[instrument];
  const auto price = event.price();
  const auto wide = event.qty();
  const auto qty = wide ? wide->narrowed() : std::nullopt;
  if (!price || !qty) return;
  const AccountId account = record.closing;
  OwnAccount* o = own(account);
  const bool taken =
      event.order_price && event.average_price == event.order_price && o && o->forced_order == 0;
  ForcedClose close{.number = ++forced_made,
                    .account = account,
                    .instrument = instrument,
                    .side = event.position_side == PositionSide::long_side ? Side::sell : Side::buy,
                    .how = taken ? ForcedClose::How::takeover : ForcedClose::How::order,
                    .price = *price,
                    .qty = *qty,
                    .value = {},
                    .at = now()};
  const double coins = qty->approx() * record.size;
  if (const auto v =
          Amount::nearest(record.inverse ? coins / price->approx() : coins * price->approx());
      v.has_value())
    close.value = v.value();
  if (o) close.order = taken ? o->taken_order : o->forced_order;
  record.forced.add(close);
  if (o) {
    o->forced.add(close);
    if (OrderRecord* order = find(account, o->forced_order)) {
      if (event.order_price) order->asked.price = *event.order_price;
      const auto asked = event.order_qty ? event.order_qty->narrowed() : std::nullopt;
      order->asked.qty = asked ? *asked : order->filled;
      finish(*order, order->filled >= order->asked.qty ? OrderState::filled : OrderState::expired,
             DeskUpdate::Reason::forced);
    }
    o->forced_order = 0;
  }
  emit({.kind = DeskUpdate::Kind::forced,
        .account = account,
        .instrument = instrument,
        .forced = &close});
}

// Of deleveraging both sides are told; a takeover's other side is the venue itself.
void Desk::State::transferred(AccountId account, const PositionTransfer& n, ForcedClose::How how) {
  instruments[n.instrument].closing = account;
  transferred_to(account, n, n.side, how);
  if (how != ForcedClose::How::deleveraging) return;
  transferred_to(n.counterparty, n, n.side == Side::buy ? Side::sell : Side::buy, how);
}

// The order by which the venue did it, filled at once: clients find it among the others.
OrderRecord Desk::State::transfer_order(AccountId account, const PositionTransfer& n, Side side,
                                        ForcedClose::How how) {
  OrderRecord order;
  order.number = ++orders_made;
  order.account = order.asked.account = account;
  order.asked.instrument = n.instrument;
  order.asked.side = side;
  order.asked.position = side == Side::sell ? PositionSide::long_side : PositionSide::short_side;
  order.asked.type = OrderType::limit;
  order.asked.time_in_force = TimeInForce::immediate_or_cancel;
  order.asked.reduce_only = true;
  order.asked.price = order.last_price = n.price;
  order.asked.qty = order.filled = n.qty;
  order.value = n.value;
  order.fee_coin = n.coin;
  order.price_qty = static_cast<Wide>(n.price.raw()) * n.qty.raw();
  order.forced = true;
  order.forced_by = how;
  order.created = order.updated = now();
  return order;
}

void Desk::State::transferred_to(AccountId account, const PositionTransfer& n, Side side,
                                 ForcedClose::How how) {
  OwnAccount* o = own(account);
  if (!o) return;
  const Amount change = change_of(*o, n.coin);
  OrderRecord& order = keep(transfer_order(account, n, side, how));
  const FillRecord& fill = o->fills.add({.number = kTransfers + ++fills_made,
                                         .order = order.number,
                                         .account = account,
                                         .instrument = n.instrument,
                                         .side = side,
                                         .forced = true,
                                         .price = n.price,
                                         .qty = n.qty,
                                         .value = n.value,
                                         .fee = {},
                                         .profit = change,
                                         .coin = n.coin,
                                         .at = now(),
                                         .moment = moment_of(n.instrument, n.price)});
  emit({.kind = DeskUpdate::Kind::fill,
        .reason = DeskUpdate::Reason::forced,
        .account = account,
        .instrument = n.instrument,
        .order = &order,
        .fill = &fill});
  finish(order, OrderState::filled, DeskUpdate::Reason::traded);
  const bool deleveraged = how == ForcedClose::How::deleveraging;
  if (change != Amount()) {
    post(*o,
         {.kind = deleveraged ? MoneyRecord::Kind::deleveraging : MoneyRecord::Kind::liquidation,
          .coin = n.coin,
          .instrument = n.instrument,
          .amount = change});
  }
  o->taken_order = order.number;
  if (deleveraged) {  // of a takeover the event that follows says it to everybody
    const ForcedClose close{.number = ++forced_made,
                            .order = order.number,
                            .account = account,
                            .instrument = n.instrument,
                            .side = side,
                            .how = how,
                            .price = n.price,
                            .qty = n.qty,
                            .value = n.value,
                            .at = now()};
    o->forced.add(close);
    emit({.kind = DeskUpdate::Kind::forced,
          .account = account,
          .instrument = n.instrument,
          .forced = &close});
  }
  emit({.kind = DeskUpdate::Kind::position, .account = account, .instrument = n.instrument});
}

// Whatever the notice says, the statement has what the wallet shows.
void Desk::State::coins_changed(AccountId account, CoinId coin, MoneyRecord::Kind kind,
                                std::optional<InstrumentId> instrument) {
  OwnAccount* o = own(account);
  if (!o) return;
  const Amount change = change_of(*o, coin);
  if (change == Amount() && kind != MoneyRecord::Kind::margin) return;
  post(*o, {.kind = kind, .coin = coin, .instrument = instrument, .amount = change});
}

void Desk::State::wallet_changed(AccountId account, const WalletChanged& n) {
  using Kind = MoneyRecord::Kind;
  static constexpr Kind kinds[] = {Kind::deposit, Kind::withdrawal, Kind::margin,
                                   Kind::liquidation};
  if (paying != nullptr) {
    OwnAccount* const o = own(account);
    return post(*o, {.kind = Kind::fee,
                     .coin = n.coin,
                     .instrument = paying->instrument,
                     .amount = change_of(*o, n.coin),
                     .fill = paying->number});
  }
  if (n.cause != WalletChanged::Cause::margin_moved)
    return coins_changed(account, n.coin, kinds[static_cast<size_t>(n.cause)], n.isolated);
  if (OwnAccount* o = own(account))
    post(*o, {.kind = Kind::margin, .coin = n.coin, .instrument = n.isolated, .amount = n.amount});
}

void Desk::on_notice(const Notice& n) {
  State& s = *state_;
  using Kind = MoneyRecord::Kind;
  const AccountId a = n.account;
  switch (n.kind()) {
    case NoticeKind::account_opened:
      break;
    case NoticeKind::accepted:
      s.accepted(a, *n.as<OrderAccepted>());
      break;
    case NoticeKind::rested:
      s.instruments[n.as<OrderRested>()->instrument].book.stale = true;
      s.rested(a, *n.as<OrderRested>());
      break;
    case NoticeKind::finished:
      s.instruments[n.as<OrderFinished>()->instrument].book.stale = true;
      s.finished(a, *n.as<OrderFinished>());
      break;
    case NoticeKind::stop_armed:
      s.armed(a, *n.as<StopArmed>());
      break;
    case NoticeKind::stop_triggered:
      s.triggered(a, *n.as<StopTriggered>());
      break;
    case NoticeKind::fill:
      s.part(a, *n.as<Fill>());
      break;
    case NoticeKind::wallet:
      s.wallet_changed(a, *n.as<WalletChanged>());
      break;
    case NoticeKind::funding:
      s.coins_changed(a, n.as<FundingPaid>()->coin, Kind::funding, n.as<FundingPaid>()->instrument);
      break;
    case NoticeKind::margin_call:
      if (knows(a))
        s.emit({.kind = DeskUpdate::Kind::margin_call,
                .account = a,
                .instrument = n.as<MarginCall>()->instrument.value_or(0)});
      break;
    case NoticeKind::liquidation:
      break;
    case NoticeKind::takeover:
      s.transferred(a, *n.as<PositionTakenOver>(), ForcedClose::How::takeover);
      break;
    case NoticeKind::adl:
      s.transferred(a, *n.as<PositionDeleveraged>(), ForcedClose::How::deleveraging);
      break;
    case NoticeKind::settled: {
      const auto& settled = *n.as<PositionSettled>();
      s.coins_changed(a, settled.coin, Kind::settlement, settled.instrument);
      if (knows(a))
        s.emit(
            {.kind = DeskUpdate::Kind::position, .account = a, .instrument = settled.instrument});
      break;
    }
    case NoticeKind::covered:
      s.coins_changed(a, n.as<DeficitCovered>()->coin, Kind::liquidation, {});
      break;
    case NoticeKind::socialised:
      s.coins_changed(a, n.as<ProfitSocialised>()->coin, Kind::deleveraging, {});
      break;
    case NoticeKind::shortfall:
      s.coins_changed(a, n.as<DeficitUncovered>()->coin, Kind::liquidation, {});
      break;
  }
}

void Desk::on_event(const Event& event) {
  State& s = *state_;
  if (event.instrument >= s.instruments.size()) return;
  if (const auto* trade = std::get_if<Trade>(&event.payload)) {
    s.parts.trade = *trade;
    s.parts.at = event.at;
    s.trade_complete();
  } else if (const auto* forced = std::get_if<Liquidation>(&event.payload)) {
    s.liquidated(event.instrument, *forced);
  } else if (const auto* rate = std::get_if<FundingRate>(&event.payload);
             rate && rate->kind == FundingKind::settled) {
    const FundingRecord& kept = s.instruments[event.instrument].funding.add(
        {.instrument = event.instrument,
         .rate = rate->rate,
         .mark = door_.exchange().mark(event.instrument).value_or(Price()),
         .at = rate->settles_at.value_or(event.at)});
    s.emit({.kind = DeskUpdate::Kind::funding, .instrument = event.instrument, .funding = &kept});
  } else if (const auto* listed = std::get_if<InstrumentListed>(&event.payload)) {
    s.listed(event.instrument, *listed, event.at);
  }
}

void Desk::on_second() {
  State& s = *state_;
  for (InstrumentId i = 0; i < s.instruments.size(); ++i) s.run_held(i);
  s.roll_bars();
  s.sample_markets();
  s.emit({.kind = DeskUpdate::Kind::second});
}

}  // namespace delever::gateways
