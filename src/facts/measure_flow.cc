#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "facts/measure.h"
#include "statistics/hawkes.h"
#include "statistics/replicates.h"
#include "statistics/statistics.h"

namespace delever::facts {
namespace {

constexpr uint32_t kFlowStream = 1000;
constexpr size_t kSignLag = 200, kSignOrders = 20 * kSignLag;
constexpr size_t kSignBlocks = 50;
constexpr size_t kBins = 60;    // bins that a curve or a regression needs
constexpr size_t kGroups = 10;  // of bins by size of their flow
constexpr size_t kGroupsPositive = 6;
constexpr size_t kHawkesMost = 20'000;

// Sums of s[t] s[t + lag] over stretches of orders: long series are resampled by stretch, because
// positions one by one would cost a replicate the whole series.
struct SignSums {
  std::vector<double> products;  // by lag
  double signs = 0, count = 0;
};

std::optional<double> sign_decay(const std::vector<SignSums>& stretches,
                                 const statistics::Positions& at, const std::vector<size_t>& lags) {
  SignSums all{std::vector<double>(lags.size()), 0, 0};
  for (const size_t i : at) {
    for (size_t k = 0; k < lags.size(); ++k) all.products[k] += stretches[i].products[k];
    all.signs += stretches[i].signs;
    all.count += stretches[i].count;
  }
  const double middle = all.signs / all.count;
  std::vector<double> x, y;
  for (size_t k = 0; k < lags.size(); ++k) {
    x.push_back(static_cast<double>(lags[k]));
    y.push_back(all.products[k] / all.count - middle * middle);
  }
  const auto slope = statistics::power_exponent(x, y, (lags.size() * 4 + 4) / 5);
  return slope ? std::optional(-*slope) : std::nullopt;
}

Fact sign_acf_decay(const Track* t) {
  Fact fact{.name = "trade_sign_acf_decay"};
  if (!t || t->orders.empty()) {
    fact.reason = "no trades";
    return fact;
  }
  fact.source = t->name;
  fact.n = t->orders.size();
  if (fact.n < kSignOrders) {
    fact.reason = fmt::format("{} orders, want {}", fact.n, kSignOrders);
    return fact;
  }
  const std::vector<size_t> lags = statistics::spaced_lags(kSignLag, 6);
  const size_t usable = fact.n - kSignLag;
  std::vector<SignSums> stretches(kSignBlocks, {std::vector<double>(lags.size()), 0, 0});
  for (size_t i = 0; i < usable; ++i) {
    SignSums& s = stretches[i * kSignBlocks / usable];
    const int sign = t->orders[i].sign;
    for (size_t k = 0; k < lags.size(); ++k) s.products[k] += sign * t->orders[i + lags[k]].sign;
    s.signs += sign;
    s.count += 1;
  }
  const statistics::Estimate found = statistics::block_bootstrap(
      kSignBlocks, [&](const statistics::Positions& at) { return sign_decay(stretches, at, lags); },
      {.block = 1, .stream = kFlowStream});
  fact.value = found.value;
  fact.low = found.low;
  fact.high = found.high;
  if (!found.value)
    fact.reason = "undefined: the correlation of signs is not positive at four lags of five";
  return fact;
}

// Flow and return of each bin of a regular grid.
struct Bins {
  std::vector<double> trades;  // coins bought less sold by takers
  std::vector<double>
      quotes;  // order-flow imbalance of the best quotes, coins (Cont, Kukanov and Stoikov 2014)
  std::vector<double> returns;  // of the middle
};

double imbalance(const QuoteState& before, const QuoteState& now) {
  double coins = 0;
  if (now.bid >= before.bid) coins += now.bid_coins;
  if (now.bid <= before.bid) coins -= before.bid_coins;
  if (now.ask <= before.ask) coins -= now.ask_coins;
  if (now.ask >= before.ask) coins += before.ask_coins;
  return coins;
}

// Quotes are stamped with the second they end in; a bin holds what came in it, and its return is
// from the last middle before it to the last one in it.
Bins binned(const Track& t, Duration length) {
  Bins out;
  if (t.quotes.size() < 2) return out;
  const auto number = [&](Instant at) { return at.ns() / length.ns(); };
  const Duration inside = Duration::ns(1);  // a second's end belongs to the second
  const int64_t first = number(t.quotes.front().second - inside) + 1;
  const int64_t last = number(t.quotes.back().second - inside);  // the one that may be cut off
  if (last <= first) return out;
  const auto n = static_cast<size_t>(last - first);
  out.trades.resize(n);
  out.quotes.resize(n);
  out.returns.resize(n);
  for (const Order order : t.orders) {
    const int64_t b = number(order.at) - first;
    if (b >= 0 && b < static_cast<int64_t>(n))
      out.trades[static_cast<size_t>(b)] += order.sign * order.coins;
  }
  for (size_t i = 1; i < t.quotes.size(); ++i) {
    const QuoteState before = t.quotes[i - 1], now = t.quotes[i];
    const int64_t b = number(now.second - inside) - first;
    if (b < 0 || b >= static_cast<int64_t>(n)) continue;
    out.quotes[static_cast<size_t>(b)] += imbalance(before, now);
    out.returns[static_cast<size_t>(b)] += std::log(now.mid() / before.mid());
  }
  return out;
}

// Exponent of E[return * sign(flow) | size of flow] over ten groups of equal number. A bootstrap
// asks some hundred times for bins in the order of their flow: ranked once, each time is put in
// order by counting.
class FlowCurve {
 public:
  FlowCurve(const std::vector<double>& flow, const std::vector<double>& returns)
      : flow_(flow), returns_(returns), rank_(flow.size()) {
    std::vector<uint32_t> all(flow.size());
    std::iota(all.begin(), all.end(), 0u);
    std::sort(all.begin(), all.end(),
              [&](uint32_t a, uint32_t b) { return std::abs(flow[a]) < std::abs(flow[b]); });
    for (size_t i = 0; i < all.size(); ++i) {
      if (i > 0 && std::abs(flow[all[i - 1]]) < std::abs(flow[all[i]])) ++ranks_;
      rank_[all[i]] = ranks_;
    }
    ++ranks_;
  }

  std::optional<double> exponent(const statistics::Positions& at) {
    const std::vector<uint32_t>& order = in_order(at);
    if (order.size() < kGroups * 3) return std::nullopt;
    std::vector<double> size(kGroups), moved(kGroups), count(kGroups);
    for (size_t i = 0; i < order.size(); ++i) {
      const size_t g = i * kGroups / order.size();
      size[g] += std::abs(flow_[order[i]]);
      moved[g] += (flow_[order[i]] > 0 ? 1 : -1) * returns_[order[i]];
      count[g] += 1;
    }
    for (size_t g = 0; g < kGroups; ++g) {
      size[g] /= count[g];
      moved[g] /= count[g];
    }
    return statistics::power_exponent(size, moved, kGroupsPositive);
  }

 private:
  // Those with any flow; equals stay as they came.
  const std::vector<uint32_t>& in_order(const statistics::Positions& at) {
    next_.assign(ranks_ + 1, 0);
    for (const size_t i : at) next_[rank_[i] + 1] += flow_[i] != 0;
    for (size_t r = 1; r <= ranks_; ++r) next_[r] += next_[r - 1];
    order_.resize(next_[ranks_]);
    for (const size_t i : at) {
      if (flow_[i] != 0) order_[next_[rank_[i]]++] = static_cast<uint32_t>(i);
    }
    return order_;
  }

  const std::vector<double>& flow_;
  const std::vector<double>& returns_;
  std::vector<uint32_t> rank_;  // of each bin by the size of its flow, from 0
  uint32_t ranks_ = 0;
  std::vector<uint32_t> next_, order_;  // of the replicate at hand
};

void bin_facts(const Track* t, Duration length, const std::string& name, uint32_t stream,
               FactSet& out) {
  const Bins bins = t ? binned(*t, length) : Bins{};
  const auto add = [&](const std::string& fact_name, const std::vector<double>& flow,
                       const statistics::Statistic& statistic) {
    Fact fact{.name = fact_name + "_" + name, .n = bins.returns.size(), .source = t ? t->name : ""};
    const auto moves = [](double v) { return v != 0; };
    if (!t || t->quotes.empty() || t->orders.empty())
      fact.reason = "no trades beside best quotes";
    else if (fact.n < kBins)
      fact.reason = fmt::format("{} bins of {}, want {}", fact.n, name, kBins);
    else if (std::none_of(flow.begin(), flow.end(), moves))
      fact.reason = "no flow in any bin";
    if (fact.reason.empty()) {
      const statistics::Estimate found =
          statistics::block_bootstrap(fact.n, statistic, {.stream = stream});
      fact.value = found.value;
      fact.low = found.low;
      fact.high = found.high;
      if (!found.value)
        fact.reason = "undefined: too few groups of bins in which the price followed the flow";
    }
    ++stream;
    out.push_back(std::move(fact));
  };
  const auto explained = [&](const std::vector<double>& flow) {
    return [&](const statistics::Positions& at) -> std::optional<double> {
      const auto line = statistics::regress_at(flow, bins.returns, at);
      return line ? std::optional(line->r2) : std::nullopt;
    };
  };
  FlowCurve curve(bins.trades, bins.returns);
  add("aggregate_impact_exponent", bins.trades,
      [&](const statistics::Positions& at) { return curve.exponent(at); });
  add("trade_imbalance_return_r2", bins.trades, explained(bins.trades));
  add("quote_imbalance_return_r2", bins.quotes, explained(bins.quotes));
}

}  // namespace

const Track* busiest(const Observer& observed) {
  const Track* best = nullptr;
  const auto rank = [](const Track& t) {
    const size_t weight = t.orders.size() + t.quotes.size() + t.depth.size();
    return std::pair(t.perpetual && weight > 0, weight);
  };
  for (const Track& t : observed.tracks())
    if (rank(t).second > 0 && (!best || rank(t) > rank(*best))) best = &t;
  return best;
}

Fact hawkes_fact(std::string name, std::vector<double> seconds, const std::string& source,
                 const char* what) {
  Fact fact{.name = std::move(name), .source = source};
  std::vector<double> times = statistics::merged(std::move(seconds));
  if (times.size() > kHawkesMost) times.erase(times.begin(), times.end() - kHawkesMost);
  fact.n = times.size();
  if (times.size() < 100) {
    fact.reason = fmt::format("{} {} at different times, want 100", times.size(), what);
    return fact;
  }
  const double start = times.front();
  for (double& t : times) t -= start;
  const double end = times.back();
  times.erase(times.begin());  // the first one begins the clock
  if (const auto fit = statistics::fit_hawkes(times, end)) {
    fact.value = fit->at.n;
    fact.low = fit->n_low;
    fact.high = fit->n_high;
  } else {
    fact.reason = "the likelihood has no maximum between 0 and 1";
  }
  return fact;
}

void measure_flow(const Observer& observed, FactSet& out) {
  const Track* t = busiest(observed);
  out.push_back(sign_acf_decay(t));
  // Of the different times only the last are fitted to: no more than some of them are held.
  std::vector<double> times;
  const Instant first = t && !t->orders.empty() ? t->orders.front().at : Instant();
  const auto forget = [&] {
    times = statistics::merged(std::move(times));
    if (times.size() > kHawkesMost) times.erase(times.begin(), times.end() - kHawkesMost);
  };
  for (size_t i = 0; t && i < t->orders.size(); ++i) {
    times.push_back((t->orders[i].at - first).in_seconds());
    if (times.size() >= 4 * kHawkesMost) forget();
  }
  out.push_back(
      hawkes_fact("hawkes_branching_orders", std::move(times), t ? t->name : "", "orders"));
  bin_facts(t, Duration::seconds(5), "5s", kFlowStream + 10, out);
  bin_facts(t, Duration::minutes(1), "1m", kFlowStream + 20, out);
}

}  // namespace delever::facts
