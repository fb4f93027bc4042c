#include "options/surface.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "options/batch.h"
#include "options/black.h"
#include "options/exposure.h"

namespace delever::options {
namespace {

constexpr size_t kStrikesMin = 5;  // raw SVI has five parameters
constexpr double kHalfWidthMin =
    1e-3;  // vol: a quote tighter than 0.2 points does not outweigh the rest for it

struct VolQuote {
  double strike, k, bid, ask;
};  // bid and ask are vols

bool out_of_the_money(const ChainQuote& q, double forward) {
  return q.type == OptionType::call ? q.strike >= forward : q.strike < forward;
}

// Quotes in prices are inverted in one batch; quotes in vols alone are taken as they are.
std::vector<VolQuote> usable_quotes(const Chain& chain, double forward, QuoteFilter& filter) {
  std::vector<VolQuote> out;
  std::vector<double> forwards, strikes, years, prices, signs;
  std::vector<size_t> priced;  // of out, two prices each
  const double money = chain.settlement == OptionSettlement::coin ? forward : 1;
  for (const ChainQuote& q : chain.quotes) {
    if (!out_of_the_money(q, forward)) {
      ++filter.in_the_money;
      continue;
    }
    const bool in_prices = q.bid || q.ask;
    const auto& bid = in_prices ? q.bid : q.bid_iv;
    const auto& ask = in_prices ? q.ask : q.ask_iv;
    const bool has_bid = bid && *bid > 0, has_ask = ask && *ask > 0;
    if (!has_bid && !has_ask) {
      ++filter.empty;
    } else if (!has_bid || !has_ask) {
      ++filter.one_sided;
    } else if (*bid > *ask) {
      ++filter.crossed;
    } else {
      out.push_back({q.strike, std::log(q.strike / forward), *bid, *ask});
      if (!in_prices) continue;
      priced.push_back(out.size() - 1);
      for (const double price : {*bid, *ask}) {
        forwards.push_back(forward), strikes.push_back(q.strike), years.push_back(chain.years());
        prices.push_back(price * money), signs.push_back(q.type == OptionType::call ? 1 : -1);
      }
    }
  }
  std::vector<double> vols(prices.size());
  std::vector<IvStatus> status(prices.size());
  implied_vol_batch({forwards, strikes, years, prices, signs}, vols, status);
  for (size_t i = 0; i < priced.size(); ++i) {
    VolQuote& q = out[priced[i]];
    const bool good = status[2 * i] == IvStatus::ok && status[2 * i + 1] == IvStatus::ok;
    q.bid = good ? vols[2 * i] : 0, q.ask = vols[2 * i + 1];
  }
  filter.no_vol +=
      static_cast<size_t>(std::erase_if(out, [](const VolQuote& q) { return q.bid == 0; }));
  std::sort(out.begin(), out.end(),
            [](const VolQuote& a, const VolQuote& b) { return a.strike < b.strike; });
  filter.used = out.size();
  return out;
}

// Where a smile is held to its conditions: the quoted strikes, and every one that is read. Reports
// take it at all listed strikes, and flows at those moved as far as the forward is.
struct Ranges {
  SviBounds quoted;
  double low = 0, high = 0;  // of k
};

Ranges ranges_of(const Chain& chain, double forward, const SviBounds& quoted) {
  Ranges out{quoted, quoted.k_low, quoted.k_high};
  for (const ChainQuote& q : chain.quotes) {
    out.low = std::min(out.low, std::log(q.strike / forward));
    out.high = std::max(out.high, std::log(q.strike / forward));
  }
  out.low += kMoves.front(), out.high += kMoves.back();
  return out;
}

// Calendar over the quoted strikes, where both expiries know something; the density over all.
void check(SviFit& fit, const Ranges& ranges) {
  check_svi(fit, ranges.quoted);
  SviFit all{.svi = fit.svi};
  check_svi(all, {ranges.low, ranges.high, nullptr});
  fit.durrleman_min = std::min(fit.durrleman_min, all.durrleman_min);
}

// Raw SVI where it has a density. Where it lacks one, the better of a raw SVI that is held to it
// over all that is read, if there is one, and SSVI, which has one at every k by its bounds.
SviFit fit_points(std::span<const SviPoint> points, const Ranges& ranges, SmileModel& model) {
  model = SmileModel::raw_svi;
  SviFit raw = fit_raw_svi(points, ranges.quoted);
  check(raw, ranges);
  if (raw.durrleman_min >= 0) return raw;
  raw = fit_raw_svi(points, {ranges.low, ranges.high, ranges.quoted.earlier});
  check(raw, ranges);
  SviFit ssvi = fit_ssvi(points, ranges.quoted);
  check(ssvi, ranges);
  if (raw.durrleman_min >= 0 && raw.cost < ssvi.cost) return raw;
  model = SmileModel::ssvi;
  return ssvi;
}

// Adds to the level what falls short of the expiry before. A higher w only helps Durrleman's
// condition.
void lift(SviFit& fit, const Ranges& ranges) {
  if (fit.calendar_min >= 0) return;
  fit.svi.a += -fit.calendar_min + 1e-12;
  check(fit, ranges);
}

// Where the quotes themselves cross the expiry before, no smile through them is free of arbitrage:
// the points are raised to that expiry's, fitted again, and what still falls short is added to the
// level.
SviFit fit_above(std::vector<SviPoint> points, const Ranges& ranges, SmileModel& model) {
  for (SviPoint& p : points) p.w = std::max(p.w, ranges.quoted.earlier->variance(p.k));
  SviFit fit = fit_points(points, ranges, model);
  lift(fit, ranges);
  if (fit.durrleman_min >= 0) return fit;
  model = SmileModel::ssvi;
  fit = fit_ssvi(points, ranges.quoted);
  check(fit, ranges);
  lift(fit, ranges);
  return fit;
}

Result<Smile> fit_smile(const Chain& chain, const Svi* earlier) {
  TRY(check_chain(chain));
  Smile smile{.expiry = chain.expiry, .years = chain.years()};
  smile.forwards = TRY(choose_forward(chain));
  smile.forward = smile.forwards.used.value;
  const std::vector<VolQuote> quotes = usable_quotes(chain, smile.forward, smile.quotes);
  if (quotes.size() < kStrikesMin) {
    return chain_error(chain, ChainFault::too_few_quotes,
                       fmt::format("{} two-sided out-of-the-money quotes, {} are needed",
                                   quotes.size(), kStrikesMin));
  }
  std::vector<SviPoint> points;
  for (const VolQuote& q : quotes) {
    const double vol = (q.bid + q.ask) / 2, half = std::max((q.ask - q.bid) / 2, kHalfWidthMin);
    const double width = 2 * vol * smile.years * half;
    points.push_back({q.k, vol * vol * smile.years, 1 / (width * width)});
  }
  // Weights only matter against each other; kept near 1 so that costs are in units of w^2.
  double total = 0;
  for (const SviPoint& p : points) total += p.weight;
  for (SviPoint& p : points) p.weight *= static_cast<double>(points.size()) / total;
  const Ranges ranges =
      ranges_of(chain, smile.forward, {quotes.front().k, quotes.back().k, earlier});
  smile.fit = fit_points(points, ranges, smile.model);
  if (smile.fit.calendar_min < 0) smile.fit = fit_above(points, ranges, smile.model);
  smile.strike_low = quotes.front().strike, smile.strike_high = quotes.back().strike;
  double squares = 0;
  size_t inside = 0;
  for (const VolQuote& q : quotes) {
    const double vol = std::sqrt(std::max(smile.fit.svi.variance(q.k), 0.0) / smile.years);
    const double gap = 100 * (vol - (q.bid + q.ask) / 2);
    squares += gap * gap;
    smile.residual_max = std::max(smile.residual_max, std::fabs(gap));
    inside += vol >= q.bid && vol <= q.ask;
  }
  const auto n = static_cast<double>(quotes.size());
  smile.residual_rms = std::sqrt(squares / n);
  smile.inside = static_cast<double>(inside) / n;
  return smile;
}

std::vector<const Chain*> by_expiry(std::span<const Chain> chains) {
  std::vector<const Chain*> order;
  for (const Chain& chain : chains) order.push_back(&chain);
  std::stable_sort(order.begin(), order.end(),
                   [](const Chain* a, const Chain* b) { return a->expiry < b->expiry; });
  return order;
}

// Mid of a two-sided quote in money of the forward.
std::optional<double> mid_price(const Chain& chain, const ChainQuote& q, double forward) {
  if (q.bid && q.ask && *q.bid > 0 && *q.bid <= *q.ask) {
    return (*q.bid + *q.ask) / 2 * (chain.settlement == OptionSettlement::coin ? forward : 1);
  }
  if (q.bid || q.ask || !q.bid_iv || !q.ask_iv || *q.bid_iv <= 0 || *q.ask_iv < *q.bid_iv)
    return std::nullopt;
  const auto price = [&](double vol) {
    return black_price({forward, q.strike, chain.years(), vol, q.type});
  };
  return (price(*q.bid_iv) + price(*q.ask_iv)) / 2;
}

}  // namespace

std::optional<double> Smile::vol(double strike) const {
  if (!(strike >= strike_low && strike <= strike_high)) return std::nullopt;
  return vol_held(strike);
}

double Smile::vol_held(double strike) const {
  const double k = std::log(std::clamp(strike, strike_low, strike_high) / forward);
  return std::sqrt(std::max(fit.svi.variance(k), 0.0) / years);
}

const Smile* Surface::at(Instant expiry) const {
  for (const Smile& smile : smiles) {
    if (smile.expiry == expiry) return &smile;
  }
  return nullptr;
}

Surface build_surface(std::span<const Chain> chains) {
  Surface surface;
  surface.smiles.reserve(chains.size());
  for (const Chain* chain : by_expiry(chains)) {
    const Svi* earlier = surface.smiles.empty() ? nullptr : &surface.smiles.back().fit.svi;
    auto smile = fit_smile(*chain, earlier);
    if (smile.has_value()) {
      surface.smiles.push_back(std::move(smile).value());
    } else {
      surface.refused.push_back(smile.error());
    }
  }
  return surface;
}

Result<double> strip_variance(const Chain& chain) {
  TRY(check_chain(chain));
  const double forward = TRY(choose_forward(chain)).used.value, years = chain.years();
  // Out-of-the-money mids by strike; at K0 the mean of put and call, where both are quoted.
  std::optional<double> strike_0;
  for (const ChainQuote& q : chain.quotes) {
    if (q.strike <= forward && mid_price(chain, q, forward))
      strike_0 = std::max(strike_0.value_or(0), q.strike);
  }
  if (!strike_0)
    return chain_error(chain, ChainFault::too_few_quotes,
                       "no quoted strike at or below the forward");
  std::map<double, std::vector<double>> mids;
  for (const ChainQuote& q : chain.quotes) {
    const auto mid = mid_price(chain, q, forward);
    const bool wanted =
        q.strike == *strike_0 || (q.type == OptionType::call) == (q.strike > *strike_0);
    if (mid && wanted) mids[q.strike].push_back(*mid);
  }
  if (mids.size() < kStrikesMin || mids.rbegin()->first <= forward) {
    return chain_error(chain, ChainFault::too_few_quotes,
                       fmt::format("{} strikes with two-sided quotes for the strip", mids.size()));
  }
  std::vector<std::pair<double, double>> strip;
  for (const auto& [strike, both] : mids) {
    // A put alone at K0 is worth the call less F - K0: the missing side follows by parity.
    double mid = 0;
    for (const double value : both) mid += value / static_cast<double>(both.size());
    strip.push_back({strike, mid});
  }
  double sum = 0;
  for (size_t i = 0; i < strip.size(); ++i) {
    const size_t before = i == 0 ? 0 : i - 1, after = std::min(i + 1, strip.size() - 1);
    const double width =
        (strip[after].first - strip[before].first) / static_cast<double>(after - before);
    const double strike = strip[i].first;
    sum += width / (strike * strike) * strip[i].second;
  }
  const double offset = forward / *strike_0 - 1;
  const double variance = (2 * sum - offset * offset) / years;
  if (!(variance > 0))
    return chain_error(chain, ChainFault::bad_price, "the strip's variance is not positive");
  return variance;
}

Result<VolIndex30> vol_index_30d(std::span<const Chain> chains) {
  constexpr double target = 30.0 / 365;
  const Chain* near = nullptr;
  const Chain* next = nullptr;
  double near_variance = 0, next_variance = 0;
  std::string refused;
  for (const Chain* chain : by_expiry(chains)) {
    if (!(chain->years() > 0)) continue;
    const auto variance = strip_variance(*chain);
    if (!variance.has_value()) {
      refused += (refused.empty() ? "" : "; ") + variance.error().text();
      continue;
    }
    if (chain->years() <= target) {
      near = chain, near_variance = variance.value();
    } else if (!next) {
      next = chain, next_variance = variance.value();
    }
  }
  if (near && near->years() == target) next = near, next_variance = near_variance;
  if (!near || !next) {
    return Error{Fault::no_evidence,
                 fmt::format("no usable expiry {} 30 days{}{}", near ? "after" : "before",
                             refused.empty() ? "" : "; refused: ", refused)};
  }
  const double span = next->years() - near->years();
  const double share = span > 0 ? (target - near->years()) / span : 0;
  const double total =
      (1 - share) * near_variance * near->years() + share * next_variance * next->years();
  return VolIndex30{std::sqrt(total / target), near->expiry, next->expiry, std::sqrt(near_variance),
                    std::sqrt(next_variance)};
}

}  // namespace delever::options
