// Index, mark and premium by the venue's rules. Integers throughout: prices in raw units, averages
// as sums and counts, exponential means by (x - mean) * dt / (window + dt).
#include "exchange/markets.h"

#include <algorithm>

#include "margin/funding.h"

namespace delever::exchange {
namespace {

int64_t median(int64_t a, int64_t b, int64_t c) {
  return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

int64_t ema(int64_t mean, int64_t x, Duration passed, Duration window) {
  const Wide weight = window.ns() + passed.ns();
  return weight <= 0 ? x : mean + narrow((static_cast<Wide>(x) - mean) * passed.ns() / weight);
}

// One that has said nothing yet has none.
Wide weight_of(const IndexSetup& setup, const std::vector<int64_t>& sources, size_t s) {
  if (sources[s] == 0) return 0;
  for (const IndexWeight& w : setup.rule.weights) {
    if (w.venue == setup.sources[s]) return w.weight.raw();
  }
  return Rate::scale;
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
    const Wide weight = weight_of(setup, sources, s);
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

std::optional<int64_t> middle(const Market& m) {
  if (!m.book.has_bids() || !m.book.has_asks()) return std::nullopt;
  return (static_cast<int64_t>(m.book.best_bid()) + m.book.best_ask()) * m.tick / 2;
}

std::vector<IndexPart> Markets::index_parts(uint32_t i) const {
  const IndexSetup& index = setup.indices[i];
  const std::vector<int64_t>& sources = indices[i].sources;
  Wide total = 0;
  for (size_t s = 0; s < sources.size(); ++s) total += weight_of(index, sources, s);
  std::vector<IndexPart> parts;
  for (size_t s = 0; s < sources.size(); ++s) {
    const Wide weight = weight_of(index, sources, s);
    if (weight == 0) continue;
    parts.push_back({index.sources[s], Price::raw(sources[s]),
                     Rate::raw(narrow(divide(weight * Rate::scale, total, Round::down)))});
  }
  return parts;
}

void Markets::move_index(uint32_t i) {
  IndexState& index = indices[i];
  const int64_t price = index_of(setup.indices[i], index.sources);
  if (price == 0) return;
  if (price != index.price) {
    index.price = price;
    index.moved = true;
    for (InstrumentId k = 0; k < all.size(); ++k) {
      if (all[k].listing->index == i && !all[k].settled)
        out.publish(k, IndexPrice{Price::raw(price)});
    }
  }
  sample_settlements(i);
}

// Each expiry has a settlement average of its own over the window before it; windows may overlap.
void Markets::sample_settlements(uint32_t i) {
  IndexState& index = indices[i];
  const Duration length = setup.indices[i].rule.settlement_window.value_or(Duration::minutes(30));
  const auto expires = [&](Instant at) {
    return std::any_of(all.begin(), all.end(), [i, at](const Market& m) {
      return m.listing->index == i && m.listing->expiry == at && !m.settled;
    });
  };
  std::erase_if(index.windows, [&](const SettlementWindow& w) { return !expires(w.ends); });
  for (const Market& m : all) {
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
    w.sum += index.price;
    ++w.samples;
  }
}

// What a coin is worth in USD, where an index says so.
void Markets::move_coins() {
  for (size_t c = 0; c < setup.coins.size(); ++c) {
    const auto& index = setup.coins[c].index;
    if (index && indices[*index].price != 0) prices.coin_usd[c] = Price::raw(indices[*index].price);
  }
}

// Options stand on the future of their expiry, or on the index while that has no mark; their
// scenarios also on the time that is left.
void Markets::move_forwards() {
  for (InstrumentId i = 0; i < all.size(); ++i) {
    const Market& m = all[i];
    if (m.listing->expiry) prices.years[i] = std::max((*m.listing->expiry - now).in_years(), 0.0);
    if (!m.option) continue;
    const int64_t forward = m.forward && all[*m.forward].mark > 0 ? all[*m.forward].mark
                                                                  : indices[m.listing->index].price;
    if (forward > 0) prices.underlying[i] = Price::raw(forward);
  }
}

void Markets::move_mark(InstrumentId i) {
  Market& m = all[i];
  const int64_t index = indices[m.listing->index].price;
  int64_t mark = m.outside;
  if (m.option || m.listing->outside_mark) {
    if (!m.has_outside) return;
  } else {
    if (index == 0) return;
    mark = std::clamp(computed_mark(m, index), m.price_min, m.price_max);
  }
  m.previous_mark = m.mark;
  if (mark == m.mark && prices.mark[i]) return;
  m.mark = mark;
  prices.mark[i] = Price::raw(mark);
  m.moved = true;
  out.publish(i, MarkPrice{Price::raw(mark)});
}

// The mark by the venue's rule, before it is clamped to what the book can hold.
int64_t Markets::computed_mark(Market& m, int64_t index) const {
  const MarkRule& rule = *m.listing->rules.mark;
  const Duration window = rule.basis_window.value_or(Duration::seconds(0));
  const Duration every = rule.sample_every.value_or(Duration::seconds(1));
  const auto mid = middle(m);
  const bool sampled = mid && (m.basis_at == Instant::min() || now - m.basis_at >= every);
  if (sampled &&
      (rule.formula == MarkFormula::index_ema || rule.formula == MarkFormula::median_oracle)) {
    const int64_t basis = *mid - index;  // the first sample starts the mean
    m.ema = m.basis_at == Instant::min() ? basis : ema(m.ema, basis, now - m.basis_at, window);
  }
  if (sampled) m.basis_at = now;
  switch (rule.formula) {
    case MarkFormula::oracle:
      return index;
    case MarkFormula::index_ema:
      return index + m.ema;
    case MarkFormula::median_basis_last:
      return median_basis_mark(m, index, sampled, window);
    case MarkFormula::median_oracle:
      return median_oracle_mark(m, index, every);
  }
  CHECK(false);
}

// Binance, Bybit: the median of the index carried to the next funding, the index plus its mean
// basis over the window, and the last price.
int64_t Markets::median_basis_mark(Market& m, int64_t index, bool sampled, Duration window) const {
  if (sampled) {
    m.basis.push_back({now, *middle(m) - index});
    m.basis_sum += m.basis.back().second;
  }
  while (!m.basis.empty() && now - m.basis.front().first > window) {
    m.basis_sum -= m.basis.front().second;
    m.basis.pop_front();
  }
  const int64_t mean =
      m.basis.empty() ? 0 : narrow(m.basis_sum / static_cast<int64_t>(m.basis.size()));
  int64_t carried = index;  // index * (1 + rate * time to funding / interval)
  if (const auto& funding = m.listing->rules.funding; funding && funding->interval > Duration()) {
    const int64_t left = std::max<int64_t>((m.funding_at - now).ns(), 0);
    if (m.funding_at != Instant::min())
      carried +=
          narrow(times(index, Rate::raw(m.rate), Round::down) * left / funding->interval.ns());
  }
  return median(carried, index + mean, m.last != 0 ? m.last : index + mean);
}

// Hyperliquid: the median of the oracle plus the mean basis, the book's median of bid, ask and
// last, and the other venues' perpetuals; without these, a 30 s mean of the second.
int64_t Markets::median_oracle_mark(Market& m, int64_t index, Duration every) const {
  int64_t here = m.last != 0 ? m.last : index;
  if (const auto mid = middle(m)) {
    here = median(static_cast<int64_t>(m.book.best_bid()) * m.tick,
                  static_cast<int64_t>(m.book.best_ask()) * m.tick, m.last != 0 ? m.last : *mid);
  }
  if (m.mid_ema_at == Instant::min() || now - m.mid_ema_at >= every) {
    m.mid_ema =
        m.mid_ema == 0 ? here : ema(m.mid_ema, here, now - m.mid_ema_at, Duration::seconds(30));
    m.mid_ema_at = now;
  }
  return median(index + m.ema, here, m.has_outside ? m.outside : m.mid_ema);
}

void Markets::sample_premium(InstrumentId i) {
  Market& m = all[i];
  const FundingRule& rule = *m.listing->rules.funding;
  const int64_t index = indices[m.listing->index].price;
  if (index == 0 || m.mark == 0) return;
  if (m.premium_at != Instant::min() &&
      now - m.premium_at < rule.sample_every.value_or(Duration::seconds(5)))
    return;
  m.premium_at = now;
  const auto premium = premium_of(m, index);
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

// How far the market stands from the index, by the funding rule: the impact prices, the mark or the
// middle of the book.
std::optional<Rate> Markets::premium_of(const Market& m, int64_t index) const {
  const FundingRule& rule = *m.listing->rules.funding;
  if (rule.formula != FundingFormula::premium_clamp &&
      rule.formula != FundingFormula::premium_plus) {
    const auto mid = rule.formula == FundingFormula::dead_band ? std::optional(m.mark) : middle(m);
    if (!mid) return std::nullopt;
    return fit<Rate>(static_cast<Wide>(*mid - index) * Rate::scale / index);
  }
  // Average price of trading the impact notional; the top of the book where the rule names none.
  const auto impact = [&](Side taker) -> std::optional<Price> {
    Lots lots = 1;
    if (rule.impact_notional) {
      const int64_t per_lot =
          m.inverse ? narrow(static_cast<Wide>(m.step) * m.size / Qty::scale)  // quote money
                    : value(m, 1, m.mark, Round::up).raw();
      lots = std::max<Lots>(1, rule.impact_notional->raw() / std::max<int64_t>(per_lot, 1));
    }
    const matching::MatchBook::Sweep sweep = m.book.sweep(taker, lots);
    if (sweep.lots < lots) return std::nullopt;
    return Price::raw(narrow(sweep.lots_ticks * m.tick / sweep.lots));
  };
  return margin::impact_premium(impact(Side::sell), impact(Side::buy), Price::raw(index));
}

void Markets::publish_quote(InstrumentId i) {
  Market& m = all[i];
  const int64_t bid = m.book.has_bids() ? m.book.best_bid() : Tick(),
                ask = m.book.has_asks() ? m.book.best_ask() : Tick();
  if (bid == m.published_bid && ask == m.published_ask) return;
  m.published_bid = bid;
  m.published_ask = ask;
  const auto best = [&](Side side, std::optional<Price>& price, std::optional<WideQty>& qty) {
    m.book.levels(side, [&](Tick tick, Lots lots, uint32_t) {
      price = Price::raw(static_cast<int64_t>(tick) * m.tick);
      qty = Qty::raw(lots * m.step);
      return false;
    });
  };
  out.publish<Quote>(i, [&](Quote& quote) {
    best(Side::buy, quote.bid_price, quote.bid_qty);
    best(Side::sell, quote.ask_price, quote.ask_qty);
  });
}

void Markets::publish_open_interest(InstrumentId i) {
  Market& m = all[i];
  if (m.spot || m.open_lots == m.published_open) return;
  CHECK(m.open_lots >= 0);
  m.published_open = m.open_lots;
  out.publish(
      i, OpenInterest{.contracts = Qty::raw(m.open_lots * m.step), .coins = {}, .value_usd = {}});
}

}  // namespace delever::exchange
