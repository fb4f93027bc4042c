#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "facts/measure.h"
#include "statistics/hawkes.h"
#include "statistics/replicates.h"
#include "statistics/statistics.h"

namespace delever::facts {
namespace {

// Random streams of the bootstrap, one a fact: a fact that is added changes no other's interval.
constexpr uint32_t kLeverageStream = 3000;
constexpr size_t kTail = 100, kTailWanted = 500;
constexpr size_t kForced = 30;
constexpr size_t kSteps = 40;  // of a regression or correlation

int64_t number_of(Instant at, Duration step) {
  const int64_t rest = at.ns() % step.ns();
  return at.ns() / step.ns() - (rest < 0 ? 1 : 0);
}

// The last value of each step, carried over steps without one. A level told at the moment when a
// step ends is its last: archives give the close of a day at the midnight after it.
std::vector<Point> stepped(const Spilled<Point>& series, Duration step) {
  std::vector<Point> out;
  for (const Point p : series) {
    const Instant start = Instant::ns(number_of(p.at - Duration::ns(1), step) * step.ns());
    while (!out.empty() && out.back().at + step < start)
      out.push_back({out.back().at + step, out.back().value});
    if (!out.empty() && out.back().at == start)
      out.back().value = p.value;
    else if (out.empty() || out.back().at < start)
      out.push_back({start, p.value});
  }
  return out;
}

void put(Fact fact, const statistics::Estimate& found, const char* without, FactSet& out) {
  fact.value = found.value;
  fact.low = found.low;
  fact.high = found.high;
  if (!found.value) fact.reason = without;
  out.push_back(std::move(fact));
}

// The largest fall below the highest value of the 24 hours before. One episode: no interval.
void open_interest_fall(const Observer& observed, FactSet& out) {
  Fact fact{.name = "open_interest_fall_24h", .unit = "fraction"};
  InterestSeries series = open_interest_of(observed, Duration::minutes(1));
  if (series.coins.size() < 2) series = open_interest_of(observed, Duration::days(1));
  fact.source = series.source;
  fact.n = series.coins.size();
  if (fact.n < 2) {
    fact.reason = "no open interest in coins";
    return out.push_back(std::move(fact));
  }
  double largest = 0;
  std::vector<size_t>
      highest;  // positions of falling values: the first is the highest of the window
  size_t first = 0;
  for (size_t i = 0; i < series.coins.size(); ++i) {
    while (highest.size() > first && series.coins[highest.back()].value <= series.coins[i].value)
      highest.pop_back();
    highest.push_back(i);
    while (series.coins[highest[first]].at < series.coins[i].at - Duration::days(1)) ++first;
    largest = std::max(largest, 1 - series.coins[i].value / series.coins[highest[first]].value);
  }
  fact.value = largest;
  out.push_back(std::move(fact));
}

struct ForcedAll {
  std::string source;
  std::vector<Forced> events;       // of all instruments, by time
  std::vector<ForcedTotal> totals;  // of the vendor with most of them
};

ForcedAll forced_of(const Observer& observed) {
  ForcedAll all;
  std::string vendor;
  for (const Track& t : observed.tracks()) {
    all.events.insert(all.events.end(), t.forced.begin(), t.forced.end());
    if (!t.forced.empty()) all.source += (all.source.empty() ? "" : ", ") + t.name;
    if (t.totals.size() > all.totals.size()) {
      all.totals = t.totals;
      vendor = t.name;
    }
  }
  std::stable_sort(all.events.begin(), all.events.end(),
                   [](const Forced& a, const Forced& b) { return a.at < b.at; });
  if (all.events.empty()) all.source = vendor;
  return all;
}

// Of the 24 hours (or the published day) in which most was liquidated.
void long_share(const ForcedAll& all, FactSet& out) {
  Fact fact{.name = "liquidation_long_share_24h", .unit = "fraction", .source = all.source};
  double largest = 0;
  if (!all.events.empty()) {
    fact.n = all.events.size();
    double longs = 0, both = 0;
    for (size_t i = 0, first = 0; i < all.events.size(); ++i) {
      both += all.events[i].usd;
      longs += all.events[i].was_long ? all.events[i].usd : 0;
      // Both sums slide: what fell out of the 24 h goes, so a rounding may leave a share a hair
      // outside 0 to 1.
      for (; all.events[first].at <= all.events[i].at - Duration::days(1); ++first) {
        both -= all.events[first].usd;
        longs -= all.events[first].was_long ? all.events[first].usd : 0;
      }
      if (both <= largest) continue;
      largest = both;
      fact.value = std::clamp(longs / both, 0.0, 1.0);
    }
  } else {
    fact.n = all.totals.size();
    for (const ForcedTotal& total : all.totals) {
      if (total.long_usd + total.short_usd <= largest) continue;
      largest = total.long_usd + total.short_usd;
      fact.value = total.long_usd / largest;
    }
  }
  if (!fact.value) fact.reason = "no liquidations";
  out.push_back(std::move(fact));
}

void liquidation_sizes(const ForcedAll& all, FactSet& out) {
  std::vector<double> sizes, times;
  for (const Forced& f : all.events) {
    sizes.push_back(f.usd);
    times.push_back((f.at - all.events.front().at).in_seconds());
  }
  // Liquidations of one instant count once here: the gap of 0 between them is the venue's batch.
  const std::vector<double> single = statistics::merged(times);
  std::vector<double> gaps;
  for (size_t i = 1; i < single.size(); ++i) gaps.push_back(single[i] - single[i - 1]);
  uint32_t stream = kLeverageStream;
  const auto add = [&](const char* name, const char* unit, const std::vector<double>& values,
                       size_t wanted, auto statistic) {
    Fact fact{.name = name,
              .unit = unit,
              .n = values.size(),
              .source = all.events.empty() ? "" : all.source};
    ++stream;
    if (values.size() < wanted) {
      fact.reason = all.events.empty()
                        ? "no single liquidations"
                        : fmt::format("{} liquidations, want {}", values.size(), wanted);
      return out.push_back(std::move(fact));
    }
    const auto of_chosen = [&](const statistics::Positions& at) -> std::optional<double> {
      std::vector<double> chosen;
      statistics::choose(values, at, chosen);
      return statistic(std::move(chosen));
    };
    put(std::move(fact), statistics::block_bootstrap(values.size(), of_chosen, {.stream = stream}),
        "undefined", out);
  };
  add("liquidation_size_tail_k100", "", sizes, kTailWanted,
      [](std::vector<double> x) { return statistics::hill(std::move(x), kTail); });
  add("liquidation_size_median_usd", "usd", sizes, kForced,
      [](std::vector<double> x) { return statistics::median(std::move(x)); });
  add("liquidation_gap_median_s", "s", gaps, kForced,
      [](std::vector<double> x) { return statistics::median(std::move(x)); });
  add("liquidation_gap_variation", "", gaps, kForced,
      [](std::vector<double> x) -> std::optional<double> {
        const auto sd = statistics::deviation(x), middle = statistics::mean(x);
        return sd && *middle > 0 ? std::optional(*sd / *middle) : std::nullopt;
      });
  out.push_back(hawkes_fact("hawkes_branching_liquidations", times,
                            all.events.empty() ? "" : all.source, "liquidations"));
}

void deleveraging(FactSet& out) {
  for (const auto& [name, unit] :
       {std::pair("adl_delay_s", "s"), std::pair("adl_liquidation_correlation_1s", "")})
    out.push_back(
        {.name = name, .unit = unit, .reason = "no message of a tape tells auto-deleveraging"});
}

// Of the longest series without a hole; times are rounded to the step, as venues settle some
// milliseconds late.
void funding(const Observer& observed, std::vector<Point> Track::*kind, Duration step,
             const char* name, std::initializer_list<size_t> lags, uint32_t stream, FactSet& out) {
  std::vector<Point> best;
  std::string source;
  for (const Track& t : observed.tracks()) {
    std::vector<Point> points = t.*kind;
    for (Point& p : points) p.at = Instant::ns(number_of(p.at + step / 2, step) * step.ns());
    points = longest_without_hole(points, step);
    if (points.size() <= best.size()) continue;
    best = std::move(points);
    source = t.name;
  }
  std::vector<double> rates;
  for (const Point& p : best) rates.push_back(p.value);
  for (const size_t lag : lags) {
    Fact fact{.name = fmt::format("funding_acf_lag{}_{}", lag, name),
              .n = rates.size(),
              .source = source};
    // docs/models/facts.md: 40 rates, or ten times the lag.
    const size_t wanted = std::max<size_t>(kSteps, 10 * lag);
    ++stream;
    if (rates.size() < wanted) {
      fact.reason = rates.size() < 2 ? fmt::format("no funding rates every {}", name)
                                     : fmt::format("{} funding rates every {}, want {}",
                                                   rates.size(), name, wanted);
      out.push_back(std::move(fact));
      continue;
    }
    const auto pairs = [&](const statistics::Positions& at) -> std::optional<double> {
      std::vector<double> x, y;
      for (const size_t i : at) {
        x.push_back(rates[i]);
        y.push_back(rates[i + lag]);
      }
      return statistics::correlation(x, y);
    };
    put(std::move(fact), statistics::block_bootstrap(rates.size() - lag, pairs, {.stream = stream}),
        "rates do not vary", out);
  }
}

struct Pairs {
  std::vector<double> x, y;
};

void pair_fact(
    Fact fact, const Pairs& pairs, uint32_t stream, const char* missing,
    const std::function<std::optional<double>(statistics::Values, statistics::Values)>& statistic,
    FactSet& out) {
  fact.n = pairs.x.size();
  if (fact.n < kSteps) {
    fact.reason = fact.n == 0 ? missing : fmt::format("{} common steps, want {}", fact.n, kSteps);
    return out.push_back(std::move(fact));
  }
  Pairs some;  // of the replicate at hand
  const auto chosen = [&](const statistics::Positions& at) {
    statistics::choose(pairs.x, at, some.x);
    statistics::choose(pairs.y, at, some.y);
    return statistic(some.x, some.y);
  };
  put(std::move(fact), statistics::block_bootstrap(fact.n, chosen, {.stream = stream}),
      "undefined: no variance", out);
}

// Change of the log of open interest in coins against the log return of the same step.
void interest_regression(const Observer& observed, Duration step, const std::string& name,
                         uint32_t stream, FactSet& out) {
  const Closes prices = closes_of(observed, step);
  const InterestSeries interest = open_interest_of(observed, step);
  std::map<Instant, double> change;
  for (size_t i = 1; i < interest.coins.size(); ++i) {
    if (interest.coins[i].at == interest.coins[i - 1].at + step)
      change[interest.coins[i].at] =
          std::log(interest.coins[i].value / interest.coins[i - 1].value);
  }
  Pairs pairs;
  for (size_t i = 1; i < prices.closes.size(); ++i) {
    const auto found = change.find(prices.closes[i].at);
    if (found == change.end()) continue;
    pairs.x.push_back(prices.returns[i - 1]);
    pairs.y.push_back(found->second);
  }
  const std::string source = interest.source.empty() || prices.source.empty()
                                 ? ""
                                 : interest.source + " on " + prices.source;
  const auto slope = [](statistics::Values x, statistics::Values y) -> std::optional<double> {
    const auto line = statistics::regress(x, y);
    return line ? std::optional(line->slope) : std::nullopt;
  };
  const auto explained = [](statistics::Values x, statistics::Values y) -> std::optional<double> {
    const auto line = statistics::regress(x, y);
    return line ? std::optional(line->r2) : std::nullopt;
  };
  constexpr const char* kMissing = "no open interest in coins beside prices of this step";
  pair_fact({.name = "open_interest_return_slope_" + name, .source = source}, pairs, stream,
            kMissing, slope, out);
  pair_fact({.name = "open_interest_return_r2_" + name, .source = source}, pairs, stream + 1,
            kMissing, explained, out);
}

// Daily dominance (L - S) / (L + S) against the return of the same day.
void dominance(const Observer& observed, const ForcedAll& all, FactSet& out) {
  const Closes prices = closes_of(observed, Duration::days(1));
  std::map<Instant, ForcedTotal> days;
  for (const ForcedTotal& total : all.totals) days[total.from] = total;
  Pairs pairs;
  for (size_t i = 1; i < prices.closes.size(); ++i) {
    const auto found = days.find(prices.closes[i].at);
    if (found == days.end() || !(found->second.long_usd + found->second.short_usd > 0)) continue;
    pairs.x.push_back(prices.returns[i - 1]);
    pairs.y.push_back((found->second.long_usd - found->second.short_usd) /
                      (found->second.long_usd + found->second.short_usd));
  }
  pair_fact(
      {.name = "dominance_return_correlation_1d", .source = pairs.x.empty() ? "" : prices.source},
      pairs, kLeverageStream + 90, "no daily totals of liquidations beside daily prices",
      statistics::correlation, out);
}

}  // namespace

InterestSeries open_interest_of(const Observer& observed, Duration step) {
  InterestSeries best;
  const Track* vendor = nullptr;
  for (const Track& t : observed.tracks()) {
    if (t.kind == InstrumentKind::aggregate && !t.open_interest.empty() &&
        (!vendor || t.open_interest.size() > vendor->open_interest.size()))
      vendor = &t;
  }
  // A vendor's sum over venues is never added to what the venues say: it holds them.
  if (vendor) {
    const bool coarse = vendor->open_interest.size() > 1 &&
                        vendor->open_interest[1].at - vendor->open_interest[0].at > step;
    if (!coarse) best = {vendor->name, stepped(vendor->open_interest, step)};
    return best;
  }
  std::map<Instant, std::pair<double, size_t>> sums;
  size_t venues = 0;
  for (const Track& t : observed.tracks()) {
    if (!t.perpetual || t.open_interest.size() < 2) continue;
    ++venues;
    best.source += (best.source.empty() ? "" : " + ") + t.name;
    for (const Point& p : stepped(t.open_interest, step)) {
      sums[p.at].first += p.value;
      ++sums[p.at].second;
    }
  }
  for (const auto& [at, sum] : sums)
    // A step that one venue lacks would show as a fall of the sum.
    if (sum.second == venues) best.coins.push_back({at, sum.first});
  return best;
}

void measure_leverage(const Observer& observed, FactSet& out) {
  const ForcedAll all = forced_of(observed);
  open_interest_fall(observed, out);
  long_share(all, out);
  deleveraging(out);
  liquidation_sizes(all, out);
  funding(observed, &Track::funding_settled, Duration::hours(8), "8h", {1, 3}, kLeverageStream + 50,
          out);
  funding(observed, &Track::funding_mean, Duration::days(1), "1d", {1, 7}, kLeverageStream + 60,
          out);
  interest_regression(observed, Duration::days(1), "1d", kLeverageStream + 70, out);
  interest_regression(observed, Duration::hours(1), "1h", kLeverageStream + 80, out);
  dominance(observed, all, out);
}

FactSet measure(const Observer& observed) {
  FactSet out;
  measure_returns(observed, out);
  measure_flow(observed, out);
  measure_liquidity(observed, out);
  measure_leverage(observed, out);
  return out;
}

}  // namespace delever::facts
