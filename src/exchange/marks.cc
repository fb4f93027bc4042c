// What the clock does: index and mark by the venue's rule, funding, settlement. Integers
// throughout: prices in raw units, averages as sums and counts, exponential means by (x - mean) *
// dt / (window + dt).
#include <algorithm>

#include "exchange/state.h"
#include "margin/funding.h"

namespace delever::exchange {
namespace {

constexpr int kMissedMost = 90;  // intervals that one tick pays at most: 30 days of 8 hours
constexpr Duration kContinuousPayment =
    Duration::minutes(1);  // how often continuous funding is booked

int64_t median(int64_t a, int64_t b, int64_t c) {
  return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

int64_t ema(int64_t mean, int64_t x, Duration passed, Duration window) {
  const Wide weight = window.ns() + passed.ns();
  return weight <= 0 ? x : mean + narrow((static_cast<Wide>(x) - mean) * passed.ns() / weight);
}

std::optional<int64_t> middle(const Market& m) {
  if (!m.book.has_bids() || !m.book.has_asks()) return std::nullopt;
  return (static_cast<int64_t>(m.book.best_bid()) + m.book.best_ask()) * m.tick / 2;
}

// The constituents' prices by the rule: weighted mean, mean after clipping to the median, or
// weighted median.
int64_t index_of(const IndexSetup& setup, const std::vector<int64_t>& sources) {
  struct Constituent {
    int64_t price;
    Wide weight;
  };
  std::vector<Constituent> known;
  for (size_t s = 0; s < sources.size(); ++s) {
    if (sources[s] == 0) continue;
    Wide weight = Rate::scale;
    for (const IndexWeight& w : setup.rule.weights) {
      if (w.venue == setup.sources[s]) weight = w.weight.raw();
    }
    if (weight > 0) known.push_back({sources[s], weight});
  }
  if (known.empty()) return 0;
  std::sort(known.begin(), known.end(), [](const Constituent& a, const Constituent& b) {
    return a.price != b.price ? a.price < b.price : a.weight < b.weight;
  });
  Wide total = 0;
  for (const Constituent& c : known) total += c.weight;
  Wide below = 0;
  int64_t middle_price = known.back().price;
  for (const Constituent& c : known) {
    below += c.weight;
    if (2 * below >= total) {
      middle_price = c.price;
      break;
    }
  }
  if (setup.rule.formula == IndexFormula::weighted_median) return middle_price;
  Wide sum = 0;
  for (const Constituent& c : known) {
    int64_t price = c.price;
    if (setup.rule.formula == IndexFormula::clipped_mean && setup.rule.clip) {
      const auto reach = static_cast<int64_t>(times(middle_price, *setup.rule.clip, Round::down));
      price = std::clamp(price, middle_price - reach, middle_price + reach);
    }
    sum += price * (c.weight / 1000);  // weights to 1e-12, so that the sum stays within 128 bits
  }
  return narrow(sum / (total / 1000));
}

}  // namespace

Reject Exchange::State::take(const PublishIndex& c) {
  if (c.index >= indices.size() || c.source >= indices[c.index].sources.size())
    return Reject::no_such_index;
  const IndexState& index = indices[c.index];
  if (c.price.raw() < index.price_min || c.price.raw() > index.price_max) return Reject::bad_price;
  indices[c.index].sources[c.source] = c.price.raw();
  return Reject::none;
}

Reject Exchange::State::take(const PublishMark& c) {
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

void Exchange::State::move_index(uint32_t i) {
  IndexState& index = indices[i];
  const int64_t price = index_of(setup.indices[i], index.sources);
  if (price == 0) return;
  if (price != index.price) {
    index.price = price;
    index.moved = true;
    for (InstrumentId k = 0; k < markets.size(); ++k) {
      if (markets[k].listing->index == i && !markets[k].settled)
        publish(k, IndexPrice{Price::raw(price)});
    }
  }
  // Each expiry has a settlement average of its own over the window before it; windows may overlap.
  const Duration length = setup.indices[i].rule.settlement_window.value_or(Duration::minutes(30));
  const auto expires = [&](Instant at) {
    return std::any_of(markets.begin(), markets.end(), [i, at](const Market& m) {
      return m.listing->index == i && m.listing->expiry == at && !m.settled;
    });
  };
  std::erase_if(index.windows, [&](const SettlementWindow& w) { return !expires(w.ends); });
  for (const Market& m : markets) {
    if (m.listing->index != i || !m.listing->expiry || m.settled ||
        now < *m.listing->expiry - length)
      continue;
    const Instant ends = *m.listing->expiry;
    const auto at =
        std::lower_bound(index.windows.begin(), index.windows.end(), ends,
                         [](const SettlementWindow& w, Instant t) { return w.ends < t; });
    if (at == index.windows.end() || at->ends != ends) index.windows.insert(at, {.ends = ends});
  }
  for (SettlementWindow& w : index.windows) {
    if (now > w.ends && w.samples > 0)
      continue;  // a late tick: what came after the expiry does not count
    w.sum += price;
    ++w.samples;
  }
}

void Exchange::State::move_mark(InstrumentId i) {
  Market& m = markets[i];
  const int64_t index = indices[m.listing->index].price;
  int64_t mark = m.mark;
  if (m.option || m.listing->outside_mark) {
    mark = m.outside;
    if (!m.has_outside) return;
  } else {
    if (index == 0) return;
    const MarkRule& rule = *m.listing->rules.mark;
    const Duration window = rule.basis_window.value_or(Duration::seconds(0));
    const auto mid = middle(m);
    const Duration every = rule.sample_every.value_or(Duration::seconds(1));
    const bool sampled = mid && (m.basis_at == Instant::min() || now - m.basis_at >= every);
    if (sampled &&
        (rule.formula == MarkFormula::index_ema || rule.formula == MarkFormula::median_oracle)) {
      const int64_t basis = *mid - index;  // the first sample starts the mean
      m.ema = m.basis_at == Instant::min() ? basis : ema(m.ema, basis, now - m.basis_at, window);
    }
    if (sampled) m.basis_at = now;
    switch (rule.formula) {
      case MarkFormula::oracle:
        mark = index;
        break;
      case MarkFormula::index_ema:
        mark = index + m.ema;
        break;
      case MarkFormula::median_basis_last: {
        if (sampled) {
          m.basis.push_back({now, *mid - index});
          m.basis_sum += *mid - index;
        }
        while (!m.basis.empty() && now - m.basis.front().first > window) {
          m.basis_sum -= m.basis.front().second;
          m.basis.pop_front();
        }
        const int64_t mean =
            m.basis.empty() ? 0 : narrow(m.basis_sum / static_cast<int64_t>(m.basis.size()));
        int64_t carried = index;  // index * (1 + rate * time to funding / interval)
        if (const auto& funding = m.listing->rules.funding;
            funding && funding->interval > Duration()) {
          const int64_t left = std::max<int64_t>((m.funding_at - now).ns(), 0);
          if (m.funding_at != Instant::min())
            carried += narrow(times(index, Rate::raw(m.rate), Round::down) * left /
                              funding->interval.ns());
        }
        mark = median(carried, index + mean, m.last != 0 ? m.last : index + mean);
        break;
      }
      case MarkFormula::median_oracle: {
        int64_t here = m.last != 0 ? m.last : index;  // median(bid, ask, last)
        if (mid) {
          here =
              median(static_cast<int64_t>(m.book.best_bid()) * m.tick,
                     static_cast<int64_t>(m.book.best_ask()) * m.tick, m.last != 0 ? m.last : *mid);
        }
        if (m.mid_ema_at == Instant::min() || now - m.mid_ema_at >= every) {
          m.mid_ema = m.mid_ema == 0
                          ? here
                          : ema(m.mid_ema, here, now - m.mid_ema_at, Duration::seconds(30));
          m.mid_ema_at = now;
        }
        // The third leg is the other venues' perpetuals; without them, a 30 s mean of the second.
        mark = median(index + m.ema, here, m.has_outside ? m.outside : m.mid_ema);
        break;
      }
    }
    mark = std::clamp(mark, m.price_min, m.price_max);
  }
  m.previous_mark = m.mark;
  if (mark == m.mark && prices.mark[i]) return;
  m.mark = mark;
  prices.mark[i] = Price::raw(mark);
  m.moved = true;
  publish(i, MarkPrice{Price::raw(mark)});
}

void Exchange::State::sample_premium(InstrumentId i) {
  Market& m = markets[i];
  const FundingRule& rule = *m.listing->rules.funding;
  const int64_t index = indices[m.listing->index].price;
  if (index == 0 || m.mark == 0) return;
  if (m.premium_at != Instant::min() &&
      now - m.premium_at < rule.sample_every.value_or(Duration::seconds(5)))
    return;
  m.premium_at = now;
  std::optional<Rate> premium;
  if (rule.formula == FundingFormula::premium_clamp ||
      rule.formula == FundingFormula::premium_plus) {
    // Average price of trading the impact notional; the top of the book where the rule names none.
    const auto impact = [&](Side taker) -> std::optional<Price> {
      Lots lots = 1;
      if (rule.impact_notional) {
        const int64_t per_lot =
            m.inverse ? narrow(static_cast<Wide>(m.step) * m.size / Qty::scale)  // quote money
                      : value(m, 1, m.mark, Round::up);
        lots = std::max<Lots>(1, rule.impact_notional->raw() / std::max<int64_t>(per_lot, 1));
      }
      const matching::MatchBook::Sweep sweep = m.book.sweep(taker, lots);
      if (sweep.lots < lots) return std::nullopt;
      return Price::raw(narrow(sweep.lots_ticks * m.tick / sweep.lots));
    };
    premium = margin::impact_premium(impact(Side::sell), impact(Side::buy), Price::raw(index));
  } else {
    const auto mid = rule.formula == FundingFormula::dead_band ? std::optional(m.mark) : middle(m);
    if (mid) premium = fit<Rate>(static_cast<Wide>(*mid - index) * Rate::scale / index);
  }
  if (!premium) return;
  m.premium_sum += premium->raw();
  ++m.premium_samples;
  const auto mean = fit<Rate>(m.premium_sum / m.premium_samples);
  if (!mean) return;
  const auto rate = margin::funding_rate(rule, *mean, m.listing->rules);
  if (!rate.has_value()) return;  // the formula needs a figure that the rules lack: no funding
  const Duration interval = rule.interval > Duration() ? rule.interval : kContinuousPayment;
  // A whole notional an interval at most, whatever the book showed.
  m.rate = std::clamp(margin::per_interval(rate.value(), rule.rate_period, interval).raw(),
                      -Rate::scale, Rate::scale);
}

void Exchange::State::pay_funding(InstrumentId i) {
  Market& m = markets[i];
  const FundingRule& rule = *m.listing->rules.funding;
  const Duration interval = rule.interval > Duration() ? rule.interval : kContinuousPayment;
  if (m.funding_at == Instant::min()) {  // the next whole interval of UTC
    const int64_t whole = now.ns() / interval.ns() + (now.ns() >= 0 ? 1 : 0);
    m.funding_at = Instant::ns(whole * interval.ns());
    return;
  }
  if (now < m.funding_at) return;
  // Each interval that has ended pays. One in which no tick came had no sample of its own: the
  // estimate that stood is its rate, on what is held and marked now. Continuous funding is linear
  // in time, so all of it is booked at once.
  const bool priced = m.premium_samples > 0 && m.mark > 0;
  const int64_t whole = now.ns() / interval.ns() + (now.ns() >= 0 ? 1 : 0);
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
  publish(i, FundingRate{.rate = rate,
                         .kind = FundingKind::settled,
                         .interval = payment.over,
                         .settles_at = payment.settles,
                         .mean_over = {}});
  if (rate == Rate()) return;
  const int64_t reference = rule.pays_on_oracle ? indices[m.listing->index].price : m.mark;
  for (const StakeId id : in_order(m)) {
    Stake& h = stakes[id];
    if (h.lots == 0) continue;
    const bool pays = (h.lots > 0) == (rate > Rate());
    const Round round = pays ? Round::up : Round::down;
    const int64_t worth = value(m, std::abs(h.lots), reference, round);
    const int64_t amount = narrow(times(worth, rate > Rate() ? rate : -rate, round));
    const int64_t received = pays ? -amount : amount;
    (h.mode == MarginMode::isolated ? h.margin : wallet(h.account, m.settle)) += received;
    fees[m.settle] -= received;
    touch_all(h.account);
    emit(h.account, FundingPaid{.instrument = i,
                                .coin = m.settle,
                                .side = h.lots > 0 ? Side::buy : Side::sell,
                                .price = Price::raw(reference),
                                .qty = Qty::raw(std::abs(h.lots) * m.step),
                                .amount = Amount::raw(received)});
  }
}

// Everyone closes at the settlement price: the mean of the index over the last part of its life.
// Longs round down and shorts up; the difference is the venue's.
void Exchange::State::settle_expired(InstrumentId i) {
  Market& m = markets[i];
  const IndexState& index = indices[m.listing->index];
  int64_t settlement = index.price;
  for (const SettlementWindow& w : index.windows) {
    if (w.ends == *m.listing->expiry && w.samples > 0) settlement = narrow(w.sum / w.samples);
  }
  if (settlement == 0) return;  // nothing is known of the index yet: it settles when something is
  int64_t price = settlement;
  if (m.option) {
    const margin::OptionTerms& terms = *m.listing->option;
    const int64_t inside = terms.type == OptionType::call ? settlement - terms.strike.raw()
                                                          : terms.strike.raw() - settlement;
    price = std::max<int64_t>(inside, 0);
    // In coin: (S - K) / S of a coin.
    if (m.settle == m.base) price = narrow(static_cast<Wide>(price) * Price::scale / settlement);
  }
  const std::vector<StakeId> all = in_order(m);
  for (const StakeId id : all) drop_orders(id);
  for (auto& by : m.stops) {
    for (StopQueue& stops : by) {
      for (const auto& [key, stop] : stops) finish_stop(stop);
      stops.clear();
    }
  }
  m.stop_places.clear();
  Wide owed = 0;
  for (const StakeId id : all) {
    const Stake& h = stakes[id];
    if (h.lots == 0) continue;
    const Lots lots = h.lots;
    const bool gains = (lots > 0) != m.inverse;
    const int64_t worth = value(m, std::abs(lots), price, gains ? Round::down : Round::up);
    const int64_t profit = gains ? worth - h.cost : h.cost - worth;
    owed += gains ? -worth : worth;
    move_lots(id, -lots, worth);
    emit(h.account, PositionSettled{.instrument = i,
                                    .side = lots > 0 ? Side::sell : Side::buy,
                                    .coin = m.settle,
                                    .price = Price::raw(price),
                                    .qty = Qty::raw(std::abs(lots) * m.step),
                                    .profit = Amount::raw(profit)});
  }
  fees[m.settle] += narrow(owed);
  m.settled = true;
  publish(i, InstrumentListed{.status = "settled at " + Price::raw(settlement).text()});
  tell_quote(i);
}

Reject Exchange::State::take(const TickClock&) {
  for (uint32_t i = 0; i < indices.size(); ++i) move_index(i);
  for (size_t c = 0; c < coins(); ++c) {
    const auto& index = setup.coins[c].index;
    if (!index || indices[*index].price == 0) continue;
    const Price usd = Price::raw(indices[*index].price);
    if (prices.coin_usd[c] && *prices.coin_usd[c] == usd) continue;
    prices.coin_usd[c] = usd;
  }
  for (InstrumentId i = 0; i < markets.size(); ++i) {
    Market& m = markets[i];
    if (!m.spot && !m.settled) move_mark(i);
  }
  for (InstrumentId i = 0; i < markets.size(); ++i) {
    Market& m = markets[i];
    if (m.listing->expiry) prices.years[i] = std::max((*m.listing->expiry - now).in_years(), 0.0);
    if (!m.option) continue;
    const int64_t forward = m.forward && markets[*m.forward].mark > 0
                                ? markets[*m.forward].mark
                                : indices[m.listing->index].price;
    if (forward > 0) prices.underlying[i] = Price::raw(forward);
  }
  for (InstrumentId i = 0; i < markets.size(); ++i) {
    Market& m = markets[i];
    if (m.spot || m.settled) continue;
    if (m.listing->rules.funding && !m.listing->expiry) {
      sample_premium(i);
      pay_funding(i);
    }
    if (m.listing->expiry && now >= *m.listing->expiry) settle_expired(i);
  }
  for (InstrumentId i = 0; i < markets.size(); ++i) run_stops(i, TriggerBy::mark);
  look_at_due();
  unwind();
  for (InstrumentId i = 0; i < markets.size(); ++i) {
    Market& m = markets[i];
    run_stops(i, TriggerBy::last);
    tell_quote(i);
    if (m.spot || m.open_lots == m.told_open) continue;
    m.told_open = m.open_lots;
    publish(
        i, OpenInterest{.contracts = Qty::raw(m.open_lots * m.step), .coins = {}, .value_usd = {}});
  }
  cover_closed();
  return Reject::none;
}

}  // namespace delever::exchange
