// What the clock does: published prices, and on each tick index, mark, funding, settlement, stops
// and liquidations, in this order.
#include <algorithm>

#include "exchange/state.h"

namespace delever::exchange {
namespace {

constexpr int kMissedMost = 90;  // intervals that one tick pays at most: 30 days of 8 hours

}  // namespace

Reject Exchange::State::apply(const PublishIndex& c) {
  if (c.index >= markets.indices.size() || c.source >= markets.indices[c.index].sources.size())
    return Reject::no_such_index;
  const IndexState& index = markets.indices[c.index];
  if (c.price.raw() < index.price_min || c.price.raw() > index.price_max) return Reject::bad_price;
  markets.indices[c.index].sources[c.source] = c.price.raw();
  return Reject::none;
}

Reject Exchange::State::apply(const PublishMark& c) {
  if (c.instrument >= markets.size()) return Reject::no_such_instrument;
  Market& m = markets[c.instrument];
  if (m.spot) return Reject::no_such_mode;
  if (m.settled) return Reject::expired;
  // An option may be worth nothing; anything else has a price.
  if (c.price.raw() < (m.option ? 0 : m.price_min) || c.price.raw() > m.price_max)
    return Reject::bad_price;
  m.outside = c.price.raw();
  m.has_outside = true;
  return Reject::none;
}

// Prices first, then what follows from them: premiums and funding, settlement, stops by mark,
// liquidations; stops by last price and quotes come after what these have traded.
Reject Exchange::State::apply(const TickClock&) {
  for (uint32_t i = 0; i < markets.indices.size(); ++i) markets.move_index(i);
  markets.move_coins();
  for (InstrumentId i = 0; i < markets.size(); ++i) {
    if (!markets[i].spot && !markets[i].settled) markets.move_mark(i);
  }
  markets.move_forwards();
  for (InstrumentId i = 0; i < markets.size(); ++i) {
    const Market& m = markets[i];
    if (m.spot || m.settled) continue;
    if (m.listing->rules.funding && !m.listing->expiry) {
      markets.sample_premium(i);
      pay_funding(i);
    }
    if (m.listing->expiry && out.now >= *m.listing->expiry) settle_expired(i);
  }
  for (InstrumentId i = 0; i < markets.size(); ++i) trading.run_stops(i, TriggerBy::mark);
  liquidator.reevaluate_due();
  liquidator.unwind();
  for (InstrumentId i = 0; i < markets.size(); ++i) {
    trading.run_stops(i, TriggerBy::last);
    markets.publish_quote(i);
    markets.publish_open_interest(i);
  }
  liquidator.cover_closed();
  return Reject::none;
}

void Exchange::State::pay_funding(InstrumentId i) {
  Market& m = markets[i];
  const FundingRule& rule = *m.listing->rules.funding;
  const Duration interval = rule.interval > Duration() ? rule.interval : kContinuousPayment;
  if (m.funding_at == Instant::min()) {  // the next whole interval of UTC
    const int64_t whole = out.now.ns() / interval.ns() + (out.now.ns() >= 0 ? 1 : 0);
    m.funding_at = Instant::ns(whole * interval.ns());
    return;
  }
  if (out.now < m.funding_at) return;
  // Each interval that has ended pays. One in which no tick came had no sample of its own: the
  // estimate that stood is its rate, on what is held and marked out.now. Continuous funding is
  // linear in time, so all of it is booked at once.
  const bool priced = m.premium_samples > 0 && m.mark > 0;
  const int64_t whole = out.now.ns() / interval.ns() + (out.now.ns() >= 0 ? 1 : 0);
  const Instant next = Instant::ns(whole * interval.ns());
  const int64_t ended = (next - m.funding_at).ns() / interval.ns();
  if (priced && rule.interval <= Duration()) {
    const auto missed =
        std::min<int64_t>(ended, Rate::scale / std::max<int64_t>(std::abs(m.rate), 1));
    pay(i, {Rate::raw(m.rate * std::max<int64_t>(missed, 1)), next - interval,
            Duration::ns(ended * interval.ns())});
  } else if (priced) {
    const int64_t paid = std::min<int64_t>(ended, kMissedMost);
    for (int64_t k = paid; k > 0; --k)
      pay(i, {Rate::raw(m.rate), next - Duration::ns(k * interval.ns()), interval});
  }
  m.premium_sum = 0;
  m.premium_samples = 0;
  m.funding_at = next;
}

// Payers round up and receivers down; the units between go to the venue's fees.
void Exchange::State::pay(InstrumentId i, const Payment& payment) {
  const Rate rate = payment.rate;
  Market& m = markets[i];
  const FundingRule& rule = *m.listing->rules.funding;
  out.publish(i, FundingRate{.rate = rate,
                             .kind = FundingKind::settled,
                             .interval = payment.over,
                             .settles_at = payment.settles,
                             .mean_over = {}});
  if (rate == Rate()) return;
  const int64_t reference = rule.pays_on_oracle ? markets.indices[m.listing->index].price : m.mark;
  for (const PositionId id : pools.in_order(m)) {
    PositionState& pos = pools.positions[id];
    if (pos.lots == 0) continue;
    const bool pays = (pos.lots > 0) == (rate > Rate());
    const Round round = pays ? Round::up : Round::down;
    const int64_t position_value = value(m, std::abs(pos.lots), reference, round);
    const int64_t amount = narrow(times(position_value, rate > Rate() ? rate : -rate, round));
    const int64_t received = pays ? -amount : amount;
    ledger.move(
        MoneyAccount::fees(),
        pos.mode == MarginMode::isolated ? pools.margin_of(pos) : pools.wallet_of(pos.account),
        m.settle, received);
    pools.mark_all_dirty(pos.account);
    out.emit(pos.account, FundingPaid{.instrument = i,
                                      .coin = m.settle,
                                      .side = pos.lots > 0 ? Side::buy : Side::sell,
                                      .price = Price::raw(reference),
                                      .qty = Qty::raw(std::abs(pos.lots) * m.step),
                                      .amount = Amount::raw(received)});
  }
}

// The mean of the index over the last part of the life, raw; 0: nothing is known of the index.
int64_t Exchange::State::settlement_index(const Market& m) const {
  const IndexState& index = markets.indices[m.listing->index];
  for (const SettlementWindow& w : index.windows) {
    if (w.ends == *m.listing->expiry && w.samples > 0) return narrow(w.sum / w.samples);
  }
  return index.price;
}

// What a unit is worth at that index: the index itself, or what an option is in the money.
int64_t Exchange::State::settlement_price(const Market& m, int64_t settlement) const {
  if (!m.option) return settlement;
  const margin::OptionTerms& terms = *m.listing->option;
  const int64_t inside = terms.type == OptionType::call ? settlement - terms.strike.raw()
                                                        : terms.strike.raw() - settlement;
  const int64_t price = std::max<int64_t>(inside, 0);
  // In coin: (S - K) / S of a coin.
  return m.settle == m.base ? narrow(static_cast<Wide>(price) * Price::scale / settlement) : price;
}

// Everyone closes at the settlement price: the mean of the index over the last part of its life.
// Longs round down and shorts up; the difference is the venue's.
void Exchange::State::settle_expired(InstrumentId i) {
  Market& m = markets[i];
  const int64_t settlement = settlement_index(m);
  if (settlement == 0) return;  // nothing is known of the index yet: it settles when something is
  const int64_t price = settlement_price(m, settlement);
  const std::vector<PositionId> all = pools.in_order(m);
  for (const PositionId id : all) trading.drop_orders(id);
  trading.end_stops(m);
  Wide owed = 0;
  for (const PositionId id : all) {
    const PositionState& pos = pools.positions[id];
    if (pos.lots == 0) continue;
    const Lots lots = pos.lots;
    const bool gains = (lots > 0) != m.inverse;
    const int64_t position_value = value(m, std::abs(lots), price, gains ? Round::down : Round::up);
    const int64_t profit = gains ? position_value - pos.cost : pos.cost - position_value;
    owed += gains ? -position_value : position_value;
    trading.move_lots(id, -lots, position_value);
    out.emit(pos.account, PositionSettled{.instrument = i,
                                          .side = lots > 0 ? Side::sell : Side::buy,
                                          .coin = m.settle,
                                          .price = Price::raw(price),
                                          .qty = Qty::raw(std::abs(lots) * m.step),
                                          .profit = Amount::raw(profit)});
  }
  // What the roundings of both sides leave between them.
  ledger.move(MoneyAccount::clearing(), MoneyAccount::fees(), m.settle, narrow(owed));
  ledger.check_cleared(m.settle);
  m.settled = true;
  out.publish(i, InstrumentListed{.status = "settled at " + Price::raw(settlement).text()});
  markets.publish_quote(i);
}

}  // namespace delever::exchange
