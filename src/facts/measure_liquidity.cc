#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "facts/measure.h"
#include "statistics/replicates.h"
#include "statistics/statistics.h"

namespace delever::facts {
namespace {

constexpr uint32_t kLiquidityStream = 2000;
constexpr size_t kSeconds = 60;  // of quotes that a mean spread needs
constexpr size_t kBooks = 30;    // snapshots that a mean or a median needs
constexpr size_t kShockMinutes = 60;
constexpr Duration kBefore = Duration::hours(6), kSettling = Duration::hours(2),
                   kAfter = Duration::hours(24);

// What an interval is drawn from: anywhere and hundreds of times, so that a week of seconds is
// here.
using Drawn = Spilled<double, size_t{1} << 19>;

struct Shock {
  Instant from, to;
};

// The hour with the largest move of the middle of the market, by one-minute closes.
std::optional<Shock> largest_hour(const Observer& observed) {
  const Closes minutes = closes_of(observed, Duration::minutes(1));
  std::optional<Shock> shock;
  double largest = 0;
  for (size_t i = 0; i + kShockMinutes < minutes.closes.size(); ++i) {
    const Point &a = minutes.closes[i], &b = minutes.closes[i + kShockMinutes];
    const double moved = std::abs(std::log(b.value / a.value));
    if (moved <= largest) continue;
    largest = moved;
    shock = {a.at + Duration::minutes(1), b.at + Duration::minutes(1)};
  }
  return shock;
}

// Relative spread of every second from the first quote to the last, in basis points; a quote stands
// until the next.
Drawn spreads(const Track& t) {
  Drawn out;
  for (size_t i = 0; i + 1 < t.quotes.size(); ++i) {
    const QuoteState now = t.quotes[i], next = t.quotes[i + 1];
    const double bp = 1e4 * (now.ask - now.bid) / now.mid();
    const auto stands = static_cast<size_t>((next.second - now.second).ns() / 1'000'000'000);
    for (size_t n = std::min<size_t>(stands, 3600); n > 0; --n) out.push_back(bp);
  }
  return out;
}

void add_mean(Fact fact, const Drawn& values, uint32_t stream, FactSet& out) {
  const statistics::Estimate found =
      statistics::block_bootstrap(values.size(),
                                  [&](const statistics::Positions& at) -> std::optional<double> {
                                    double total = 0;
                                    for (const size_t i : at) total += values[i];
                                    return total / static_cast<double>(at.size());
                                  },
                                  {.stream = stream});
  fact.value = found.value;
  fact.low = found.low;
  fact.high = found.high;
  out.push_back(std::move(fact));
}

// Of the busiest market whose books go far enough; where none do, the busiest says how far its own
// go.
void depth_fact(const Observer& observed, const char* name,
                std::optional<double> DepthState::*within, double share, uint32_t stream,
                FactSet& out) {
  Fact fact{.name = name, .unit = "usd", .reason = "no books"};
  Drawn values;
  std::pair<bool, size_t> best;
  const Track* first = busiest(observed);
  for (const Track& t : observed.tracks()) {
    Drawn found;
    for (const DepthState state : t.depth) {
      if (state.*within) found.push_back(*(state.*within));
    }
    const bool goes_far = found.size() * 10 >= t.depth.size() * 9;
    if (&t == first && !t.depth.empty() && !goes_far) {
      std::vector<double> reaches;
      for (const DepthState state : t.depth) reaches.push_back(state.reach);
      fact.source = t.name;
      fact.n = found.size();
      fact.reason = fmt::format(
          "the books shown end at {:.1f} bp in the middle of their cases, want {:.0f} bp",
          *statistics::median(reaches) * 1e4, share * 1e4);
    }
    if (!goes_far || found.size() < kBooks) continue;
    const std::pair rank(t.perpetual, t.orders.size() + t.quotes.size());
    if (!values.empty() && rank <= best) continue;
    best = rank;
    values = std::move(found);
    fact.source = t.name;
  }
  if (values.empty()) return out.push_back(std::move(fact));
  fact.n = values.size();
  fact.reason.clear();
  add_mean(std::move(fact), values, stream, out);
}

// The median of values drawn again and again: by how often each rank was drawn. Selecting among the
// values themselves took three times as long.
class Medians {
 public:
  explicit Medians(const std::vector<double>& values) : values_(values), rank_(values.size()) {
    std::sort(values_.begin(), values_.end());
    values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
    for (size_t i = 0; i < values.size(); ++i) {
      const auto found = std::lower_bound(values_.begin(), values_.end(), values[i]);
      rank_[i] = static_cast<uint32_t>(found - values_.begin());
    }
  }
  // As statistics::quantile(0.5); `at` must not be empty.
  double of(const statistics::Positions& at) {
    drawn_.assign(values_.size(), 0);
    for (const size_t i : at) ++drawn_[rank_[i]];
    const double place = 0.5 * static_cast<double>(at.size() - 1);
    const auto below = static_cast<size_t>(place);
    size_t rank = 0, until = drawn_[0];  // drawn of ranks up to this one
    const auto value_at = [&](size_t n) {
      while (until <= n) until += drawn_[++rank];
      return values_[rank];
    };
    const double value = value_at(below);
    if (below + 1 == at.size()) return value;
    return value + (place - static_cast<double>(below)) * (value_at(below + 1) - value);
  }

 private:
  std::vector<double> values_;  // each once, in order
  std::vector<uint32_t> rank_, drawn_;
};

// Median after the shock over the median before it; as a loss, one less that ratio.
void ratio_fact(Fact fact, const std::vector<double>& before, const std::vector<double>& after,
                bool loss, uint32_t stream, FactSet& out) {
  const auto shown = [&](double ratio) { return loss ? 1 - ratio : ratio; };
  const double base = *statistics::median(before);
  if (!(base > 0)) {
    fact.reason = "nothing to compare with: the median before is zero";
    return out.push_back(std::move(fact));
  }
  fact.n = before.size() + after.size();
  std::vector<double> replicates;
  constexpr size_t kReplicates = 400;
  statistics::Positions positions;
  Medians of_before(before), of_after(after);
  const auto drawn = [&](size_t n, Medians& of, Random& random) {
    statistics::resample(n, statistics::usual_block(n), random, positions);
    return of.of(positions);
  };
  for (size_t i = 0; i < kReplicates; ++i) {
    Random random(statistics::kBootstrapSeed, {stream, 0, static_cast<uint32_t>(i)});
    const double below = drawn(before.size(), of_before, random);
    const double above = drawn(after.size(), of_after, random);
    if (below > 0) replicates.push_back(shown(above / below));
  }
  const statistics::Estimate found = statistics::with_interval(
      shown(*statistics::median(after) / base), std::move(replicates), kReplicates);
  fact.value = found.value;
  fact.low = found.low;
  fact.high = found.high;
  out.push_back(std::move(fact));
}

template <class State, class Read>
std::pair<std::vector<double>, std::vector<double>> around(const Spilled<State>& states,
                                                           const Shock& shock, Read read) {
  std::pair<std::vector<double>, std::vector<double>> out;
  for (const State s : states) {
    const std::optional<double> value = read(s);
    if (!value) continue;
    if (s.second >= shock.from - kBefore && s.second < shock.from) out.first.push_back(*value);
    if (s.second >= shock.to + kSettling && s.second < shock.to + kAfter)
      out.second.push_back(*value);
  }
  return out;
}

template <class State, class Read>
void after_shock(const Track* t, const std::optional<Shock>& shock, Fact fact, bool loss,
                 Spilled<State> Track::*states, uint32_t stream, Read read, FactSet& out) {
  if (t) fact.source = t->name;
  if (!t || (t->*states).empty()) {
    fact.reason = loss ? "no books" : "no best quotes";
  } else if (!shock) {
    fact.reason = "no hour of one-minute closes to find a shock in";
  } else {
    const auto [before, after] = around(t->*states, *shock, read);
    if (before.size() >= kBooks && after.size() >= kBooks)
      return ratio_fact(std::move(fact), before, after, loss, stream, out);
    fact.reason =
        fmt::format("{} values in the 6 h before {}, {} in 2 h to 24 h after {}, want {} each",
                    before.size(), shock->from.text(), after.size(), shock->to.text(), kBooks);
  }
  out.push_back(std::move(fact));
}

}  // namespace

void measure_liquidity(const Observer& observed, FactSet& out) {
  const Track* t = busiest(observed);
  Fact spread{.name = "spread_bp", .unit = "bp", .source = t ? t->name : ""};
  const Drawn values = t ? spreads(*t) : Drawn();
  spread.n = values.size();
  if (values.size() < kSeconds) {
    spread.reason = values.empty() ? "no best quotes"
                                   : fmt::format("{} s of quotes, want {}", spread.n, kSeconds);
    out.push_back(std::move(spread));
  } else {
    add_mean(std::move(spread), values, kLiquidityStream, out);
  }
  depth_fact(observed, "depth_5bp_usd", &DepthState::usd_5bp, 0.0005, kLiquidityStream + 6, out);
  depth_fact(observed, "depth_10bp_usd", &DepthState::usd_10bp, 0.001, kLiquidityStream + 1, out);
  depth_fact(observed, "depth_1pct_usd", &DepthState::usd_1pct, 0.01, kLiquidityStream + 2, out);

  const auto shock = largest_hour(observed);
  after_shock(
      t, shock, {.name = "depth_1pct_loss_after_shock"}, true, &Track::depth, kLiquidityStream + 3,
      [](const DepthState& s) { return s.usd_1pct; }, out);
  after_shock(
      t, shock, {.name = "depth_10bp_loss_after_shock"}, true, &Track::depth, kLiquidityStream + 4,
      [](const DepthState& s) { return s.usd_10bp; }, out);
  after_shock(
      t, shock, {.name = "spread_ratio_after_shock"}, false, &Track::quotes, kLiquidityStream + 5,
      [](const QuoteState& q) { return std::optional((q.ask - q.bid) / q.mid()); }, out);
}

}  // namespace delever::facts
