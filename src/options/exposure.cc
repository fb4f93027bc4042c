#include "options/exposure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "options/batch.h"
#include "options/black.h"
#include "statistics/statistics.h"

namespace delever::options {
namespace {

struct Position {
  double strike, sign, open_interest, vol;
  DealerPosition dealers;
};

// Coins of the option that hedgers are long; `sign` is 1 for a call and -1 for a put.
double assumed_position(DealerAssumption assumption, const Position& p) {
  switch (assumption) {
    case DealerAssumption::long_calls_short_puts:
      return p.sign * p.open_interest;
    case DealerAssumption::short_calls_long_puts:
      return -p.sign * p.open_interest;
    case DealerAssumption::long_all:
      return p.open_interest;
    case DealerAssumption::short_all:
      return -p.open_interest;
  }
  CHECK(false);
}

void set_band(NetFlow& flow, double unpriced) {
  if (!flow.mean) {
    flow.low = -flow.gross, flow.high = flow.gross;
    return;
  }
  // The 95 % normal quantile on each side makes a band of 90 %. Options without a vol may come on
  // top by their whole open interest, and nothing goes beyond all hedgers on one side.
  const double half = statistics::kNormal95 * std::sqrt(flow.variance) + unpriced;
  flow.low = std::max(*flow.mean - half, -flow.gross);
  flow.high = std::min(*flow.mean + half, flow.gross);
}

// -sum D c, where c[i] is what one coin of option i makes its hedger trade, reversed.
NetFlow net_flow(std::span<const Position> positions, std::span<const double> change,
                 bool signed_trades, double unpriced) {
  NetFlow flow{.gross = unpriced};
  double mean = 0;
  for (size_t i = 0; i < positions.size(); ++i) {
    const Position& p = positions[i];
    flow.gross += p.open_interest * std::fabs(change[i]);
    for (size_t a = 0; a < kDealerAssumptions.size(); ++a) {
      flow.assumed[a] -= assumed_position(kDealerAssumptions[a], p) * change[i];
    }
    mean -= p.dealers.mean * change[i];
    flow.variance += p.dealers.variance * change[i] * change[i];
  }
  if (signed_trades) {
    flow.mean = mean;
  } else {
    flow.variance = 0;
  }
  set_band(flow, unpriced);
  return flow;
}

// Bands are not added: they are made anew from the summed variance, since positions of different
// expiries are taken as independent (set_band must follow).
void add(NetFlow& total, const NetFlow& part) {
  total.gross += part.gross;
  for (size_t a = 0; a < total.assumed.size(); ++a) total.assumed[a] += part.assumed[a];
  if (part.mean) total.mean = total.mean.value_or(0) + *part.mean;
  total.variance += part.variance;
}

// One array a field, as the batch kernel reads them; moved in place from one scenario to the next.
struct Columns {
  std::vector<double> forward, strike, years, vol, sign;
  std::vector<double> price, delta, gamma, vega, theta, vanna, volga, charm;

  explicit Columns(std::span<const Position> positions, double at_forward, double at_years)
      : forward(positions.size(), at_forward), years(positions.size(), at_years) {
    for (const Position& p : positions)
      strike.push_back(p.strike), vol.push_back(p.vol), sign.push_back(p.sign);
    for (auto* column : {&price, &delta, &gamma, &vega, &theta, &vanna, &volga, &charm})
      column->resize(strike.size());
  }
  void measure(bool second_order) {
    GreekArrays out{price, delta, gamma, vega, theta, {}, {}, {}};
    if (second_order) out.vanna = vanna, out.volga = volga, out.charm = charm;
    black_batch({forward, strike, years, vol, sign}, out);
  }
};

struct Book {
  std::vector<Position> positions;
  double forward = 0, years = 0, unpriced = 0, left = 1;
};

Result<Book> open_book(const Chain& chain, const Smile* smile, const DealerBook* dealers) {
  TRY(check_chain(chain));
  Book book{.years = chain.years()};
  if (smile) {
    book.forward = smile->forward;
  } else {
    book.forward = TRY(choose_forward(chain)).used.value;
  }
  book.left = 1 - settled_share(chain.as_of, chain.expiry);
  double interest = 0;
  for (const ChainQuote& q : chain.quotes) {
    const double open = q.open_interest.value_or(0);
    if (open <= 0) continue;
    interest += open;
    // The venue's own vol for the present; the smile only where it publishes none.
    std::optional<double> vol = q.mark_iv;
    if ((!vol || *vol <= 0) && smile) vol = smile->vol(q.strike);
    if (!vol || *vol <= 0) {
      book.unpriced += open;
      continue;
    }
    Position p{q.strike, q.type == OptionType::call ? 1.0 : -1.0, open, *vol, {}};
    if (dealers) {
      p.dealers = dealers->position(
          {chain.venue, chain.asset, chain.settle, chain.expiry, q.strike, q.type}, open);
    }
    book.positions.push_back(p);
  }
  // Closed contracts hedge nothing: a flow of 0 would look like a finding.
  const bool told = std::any_of(chain.quotes.begin(), chain.quotes.end(),
                                [](const ChainQuote& q) { return q.open_interest.has_value(); });
  if (!told) return chain_error(chain, ChainFault::no_open_interest, "none is told");
  if (!(interest > 0))
    return chain_error(chain, ChainFault::no_open_interest, "every contract is closed");
  return book;
}

HedgeCurve hedge_curve(const Book& book, const std::vector<double>& delta_now, const Smile* smile,
                       bool signed_trades) {
  HedgeCurve curve{.rule = smile ? StickyRule::delta : StickyRule::strike};
  Columns moved(book.positions, book.forward, book.years);
  std::vector<double> change(book.positions.size());
  for (size_t m = 0; m < kMoves.size(); ++m) {
    const double forward = book.forward * std::exp(kMoves[m]);
    std::fill(moved.forward.begin(), moved.forward.end(), forward);
    for (size_t i = 0; smile && i < book.positions.size(); ++i) {
      const Position& p = book.positions[i];
      // The smile moves with the forward: what was at K e^-x is now at K. Held at its ends outside
      // the quoted range.
      const double shift =
          smile->vol_held(p.strike * std::exp(-kMoves[m])) - smile->vol_held(p.strike);
      moved.vol[i] = std::max(p.vol + shift, 0.1 * p.vol);
    }
    moved.measure(false);
    for (size_t i = 0; i < change.size(); ++i)
      // In the last half hour a part of the settlement average is fixed, and only the rest has a
      // delta.
      change[i] = book.left * (moved.delta[i] - delta_now[i]);
    curve.flow[m] = net_flow(book.positions, change, signed_trades, book.unpriced);
  }
  return curve;
}

void add(HedgeCurve& total, const HedgeCurve& part) {
  for (size_t m = 0; m < kMoves.size(); ++m) add(total.flow[m], part.flow[m]);
}

void set_bands(HedgeCurve& total, double unpriced) {
  for (NetFlow& flow : total.flow) set_band(flow, unpriced);
}

}  // namespace

std::string_view assumption_name(DealerAssumption assumption) {
  switch (assumption) {
    case DealerAssumption::long_calls_short_puts:
      return "dealers_long_calls_short_puts";
    case DealerAssumption::short_calls_long_puts:
      return "dealers_short_calls_long_puts";
    case DealerAssumption::long_all:
      return "dealers_long_all";
    case DealerAssumption::short_all:
      return "dealers_short_all";
  }
  CHECK(false);
}

const NetFlow& HedgeCurve::at(double x) const {
  for (size_t m = 0; m < kMoves.size(); ++m) {
    if (std::fabs(kMoves[m] - x) < 1e-9) return flow[m];
  }
  CHECK(false);
}

Result<Exposure> measure_exposure(const Chain& chain, const Smile* smile,
                                  const DealerBook* dealers) {
  const Book book = TRY(open_book(chain, smile, dealers));
  const bool signed_trades = dealers != nullptr;
  Exposure out{.expiry = chain.expiry, .forward = book.forward, .years = book.years};
  out.strikes = open_interest_by_strike(chain);
  for (const StrikeInterest& row : out.strikes) out.calls += row.calls, out.puts += row.puts;
  if (out.calls > 0) out.put_call = out.puts / out.calls;
  const auto pain = max_pain(out.strikes);
  CHECK(pain.has_value());
  out.pain = *pain;
  out.unpriced = book.unpriced;
  out.settled = 1 - book.left;
  Columns now(book.positions, book.forward, book.years);
  now.measure(true);
  const size_t n = book.positions.size();
  std::vector<double> per_percent(n), per_day(n), at_expiry(n);
  for (size_t i = 0; i < n; ++i) {
    const Position& p = book.positions[i];
    // Squared: with a share fixed the option moves by `left` of the index, and so does its delta.
    per_percent[i] = 0.01 * book.forward * now.gamma[i] * book.left * book.left;
    per_day[i] = now.charm[i] * book.left / 365;
    // At expiry the delta is all or nothing; exactly at the strike it is counted as nothing.
    const double payoff = p.sign * (book.forward - p.strike);
    at_expiry[i] = book.left * ((payoff > 0 ? p.sign : 0) - now.delta[i]);
    (p.sign > 0 ? out.gamma_calls : out.gamma_puts) += p.open_interest * per_percent[i];
    // Books kept in coins hedge delta - v (docs/models/options.md): d/dF of it is gamma - (delta -
    // v) / F.
    const double coin_delta = now.delta[i] - now.price[i] / book.forward;
    out.gamma_coin_gross +=
        p.open_interest * std::fabs(per_percent[i] - 0.01 * book.left * coin_delta);
  }
  out.gamma_net = net_flow(book.positions, per_percent, signed_trades, book.unpriced);
  out.charm_day = net_flow(book.positions, per_day, signed_trades, book.unpriced);
  out.to_expiry = net_flow(book.positions, at_expiry, signed_trades, book.unpriced);
  out.sticky_strike = hedge_curve(book, now.delta, nullptr, signed_trades);
  if (smile) out.sticky_delta = hedge_curve(book, now.delta, smile, signed_trades);
  return out;
}

Exposures measure_exposures(std::span<const Chain> chains, const Surface& surface,
                            const DealerBook* dealers) {
  Exposures out;
  out.sticky_delta.rule = StickyRule::delta;
  double unpriced = 0;
  for (const Chain& chain : chains) {
    auto measured = measure_exposure(chain, surface.at(chain.expiry), dealers);
    if (!measured.has_value()) {
      out.refused.push_back(measured.error());
      continue;
    }
    const Exposure& one = measured.value();
    out.calls += one.calls, out.puts += one.puts, unpriced += one.unpriced;
    add(out.gamma_net, one.gamma_net);
    add(out.sticky_strike, one.sticky_strike);
    if (one.sticky_delta) {
      add(out.sticky_delta, *one.sticky_delta);
    } else {
      out.sticky_delta_complete = false;
    }
    out.expiries.push_back(std::move(measured).value());
  }
  set_band(out.gamma_net, unpriced);
  set_bands(out.sticky_strike, unpriced);
  set_bands(out.sticky_delta, unpriced);
  return out;
}

Result<double> gamma_flip(std::span<const Chain> chains, const Surface& surface,
                          const DealerBook* dealers) {
  NetFlow one_percent;
  double unpriced = 0, level = 0;
  std::vector<Book> books;
  for (const Chain& chain : chains) {
    const Smile* smile = surface.at(chain.expiry);
    auto book = open_book(chain, smile, dealers);
    if (!book.has_value()) continue;
    auto exposure = measure_exposure(chain, smile, dealers);
    if (!exposure.has_value()) continue;
    add(one_percent, exposure.value().sticky_strike.at(0.01));
    unpriced += exposure.value().unpriced;
    books.push_back(std::move(book).value());
    // The level is told on the first expiry's forward; all others move with it in proportion.
    if (level == 0) level = books.back().forward;
  }
  if (books.empty()) return Error{Fault::no_evidence, "no expiry with open interest"};
  set_band(one_percent, unpriced);
  if (!one_percent.sign_known()) {
    return Error{Fault::no_evidence, fmt::format("hedgers' side is not known: the 90 % band of the "
                                                 "flow for +1 % is {:.1f} to {:.1f} coins",
                                                 one_percent.low, one_percent.high)};
  }
  // Only the sign is asked for, so neither the factor F nor 1 % is in it.
  const auto net_gamma = [&](double x) {
    double sum = 0;
    for (const Book& book : books) {
      Columns at(book.positions, book.forward * std::exp(x), book.years);
      at.measure(false);
      for (size_t i = 0; i < book.positions.size(); ++i)
        sum += book.positions[i].dealers.mean * at.gamma[i];
    }
    return sum;
  };
  const double here = net_gamma(0);
  std::optional<double> best;
  for (const double side : {-1.0, 1.0}) {
    double before = here;
    for (int step = 1; step <= 100; ++step) {
      const double x = side * 0.0025 * step, now = net_gamma(x);
      if ((now > 0) != (before > 0)) {
        // Where the straight line between the two steps of 0.25 % crosses 0.
        const double crossing = x - side * 0.0025 * now / (now - before);
        if (!best || std::fabs(crossing) < std::fabs(*best)) best = crossing;
        break;
      }
      before = now;
    }
  }
  if (!best)
    return Error{Fault::not_found, "the net gamma keeps its sign within 25 % of the forward"};
  return level * std::exp(*best);
}

}  // namespace delever::options
