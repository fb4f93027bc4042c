#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "facts/measure.h"
#include "statistics/replicates.h"
#include "statistics/statistics.h"

namespace delever::facts {
namespace {

struct Horizon {
  const char* name;
  Duration step;
  size_t decay_last;  // lags of the decay's fit: 1 to this
};
const Horizon kHorizons[] = {{"1d", Duration::days(1), 20},
                             {"4h", Duration::hours(4), 42},
                             {"1h", Duration::hours(1), 48},
                             {"1m", Duration::minutes(1), 100}};
constexpr size_t kAbsoluteLags[] = {1, 2, 5, 10, 20};
constexpr size_t kTails[] = {50, 100, 150};
constexpr size_t kSignedTail = 50;
constexpr size_t kMoments = 60;  // returns that a moment needs
constexpr size_t kPairs = 100;   // and a correlation
constexpr size_t kEachLag = 20;  // and times its lag
constexpr size_t kEachTail = 5;  // and a tail of k, times k

std::vector<double> chosen(const std::vector<double>& x, const statistics::Positions& at) {
  std::vector<double> out;
  statistics::choose(x, at, out);
  return out;
}

// Correlation of pairs (t, t + lag) at the positions, with the mean and variance of the first of
// each.
std::optional<double> pair_correlation(const std::vector<double>& x,
                                       const statistics::Positions& at, size_t lag) {
  double total = 0;
  for (const size_t i : at) total += x[i];
  const double middle = total / static_cast<double>(at.size());
  double all = 0, lagged = 0;
  for (const size_t i : at) {
    all += (x[i] - middle) * (x[i] - middle);
    lagged += (x[i] - middle) * (x[i + lag] - middle);
  }
  if (!(all > 0)) return std::nullopt;
  return lagged / all;
}

// The last price of each step. One without a trade keeps the price before it, as candles of venues
// do; after ten of them the market was not being recorded.
std::vector<Point> last_prices(const Spilled<Order>& orders, Duration step) {
  constexpr int kKept = 10;
  std::vector<Point> points;
  for (const Order order : orders) {
    const Instant start = Instant::ns(order.at.ns() - order.at.ns() % step.ns());
    if (!points.empty() && start <= points.back().at + step * (kKept + 1)) {
      while (points.back().at + step < start)
        points.push_back({points.back().at + step, points.back().value});
    }
    if (!points.empty() && points.back().at == start)
      points.back().value = order.price;
    else if (points.empty() || points.back().at < start)
      points.push_back({start, order.price});
  }
  return points;
}

// Returns of one horizon, and where its facts go.
class Returns {
 public:
  Returns(const Horizon& horizon, Closes closes, uint32_t stream, FactSet& out)
      : horizon_(horizon),
        x_(std::move(closes.returns)),
        source_(std::move(closes.source)),
        stream_(stream),
        out_(out) {
    for (const double r : x_) absolute_.push_back(std::abs(r));
  }

  void measure() {
    const double year = std::sqrt(Duration::days(365).in_seconds() / horizon_.step.in_seconds());
    add("volatility_annual", "per_sqrt_year", kMoments, x_.size(),
        [&](const statistics::Positions& at) -> std::optional<double> {
          const auto sd = statistics::deviation(chosen(x_, at));
          return sd ? std::optional(*sd * year) : std::nullopt;
        });
    add("excess_kurtosis", "", kMoments, x_.size(), [&](const statistics::Positions& at) {
      return statistics::excess_kurtosis(chosen(x_, at));
    });
    for (const size_t k : kTails) tail(fmt::format("tail_index_k{}", k), k, 0);
    tail("tail_index_negative", kSignedTail, -1);
    tail("tail_index_positive", kSignedTail, +1);
    lagged("acf_return_lag1", x_, 1);
    for (const size_t lag : kAbsoluteLags)
      lagged(fmt::format("acf_abs_return_lag{}", lag), absolute_, lag);
    decay();
  }

 private:
  // `n` positions, of returns or of pairs.
  void add(const std::string& name, const char* unit, size_t wanted, size_t n,
           const statistics::Statistic& statistic) {
    Fact fact{.name = name + "_" + horizon_.name, .unit = unit, .n = x_.size(), .source = source_};
    if (x_.empty()) {
      fact.reason = fmt::format("no candles of {} and no trades over one", horizon_.name);
    } else if (x_.size() < wanted) {
      fact.reason = fmt::format("{} returns of {}, want {}", x_.size(), horizon_.name, wanted);
    } else {
      const statistics::Estimate found =
          statistics::block_bootstrap(n, statistic, {.stream = stream_++});
      fact.value = found.value;
      fact.low = found.low;
      fact.high = found.high;
      if (!found.value)
        fact.reason = "undefined: no variance, or correlations that are not positive";
    }
    out_.push_back(std::move(fact));
  }
  // sign 0: of absolute returns.
  void tail(const std::string& name, size_t k, int sign) {
    add(name, "", k * kEachTail * (sign ? 2 : 1), x_.size(),
        [&, k, sign](const statistics::Positions& at) {
          std::vector<double> values = chosen(sign ? x_ : absolute_, at);
          if (sign < 0)
            for (double& v : values) v = -v;
          return statistics::hill(std::move(values), k);
        });
  }
  void lagged(const std::string& name, const std::vector<double>& x, size_t lag) {
    add(name, "", std::max(kPairs, kEachLag * lag), x.size() - std::min(lag, x.size()),
        [&x, lag](const statistics::Positions& at) { return pair_correlation(x, at, lag); });
  }
  // ACF(lag) ~ lag^-d, fitted where the correlation is positive, which it must be at four lags of
  // five.
  void decay() {
    const std::vector<size_t> lags = statistics::spaced_lags(horizon_.decay_last, 6);
    const size_t last = horizon_.decay_last;
    add("acf_abs_return_decay", "", kEachLag * last, x_.size() - std::min(last, x_.size()),
        [this, lags](const statistics::Positions& at) -> std::optional<double> {
          std::vector<double> at_lag, found;
          for (const size_t lag : lags) {
            at_lag.push_back(static_cast<double>(lag));
            found.push_back(pair_correlation(absolute_, at, lag).value_or(0));
          }
          const auto slope = statistics::power_exponent(at_lag, found, (lags.size() * 4 + 4) / 5);
          return slope ? std::optional(-*slope) : std::nullopt;
        });
  }

  const Horizon& horizon_;
  std::vector<double> x_, absolute_;
  std::string source_;
  uint32_t stream_;
  FactSet& out_;
};

}  // namespace

std::vector<Point> longest_without_hole(const std::vector<Point>& points, Duration step) {
  size_t best = 0, best_length = 0, start = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    if (i > start && points[i].at != points[i - 1].at + step) start = i;
    if (i - start + 1 > best_length) {
      best = start;
      best_length = i - start + 1;
    }
  }
  const auto from = points.begin() + static_cast<std::ptrdiff_t>(best);
  return {from, from + static_cast<std::ptrdiff_t>(best_length)};
}

// Each close once; a candle that is told in two ways is missing, for nobody can say which it was.
std::vector<Point> told_in_one_way(std::vector<Point> points) {
  std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) {
    return std::pair(a.at, -a.value) < std::pair(b.at, -b.value);
  });
  std::vector<Point> out;
  for (size_t first = 0, next = 0; first < points.size(); first = next) {
    while (next < points.size() && points[next].at == points[first].at) ++next;
    if (same_figure(points[first].value, points[next - 1].value)) out.push_back(points[first]);
  }
  return out;
}

Closes closes_of(const Observer& observed, Duration step) {
  Closes best;
  size_t best_orders = 0;
  for (const Track& t : observed.tracks()) {
    std::vector<Point> points;
    if (const auto candles = t.closes.find(step); candles != t.closes.end()) {
      points = told_in_one_way(candles->second);
    } else {
      points = last_prices(t.orders, step);
    }
    points = longest_without_hole(points, step);
    if (points.size() < 2) continue;
    if (points.size() < best.closes.size()) continue;
    if (points.size() == best.closes.size() && t.orders.size() <= best_orders) continue;
    best_orders = t.orders.size();
    best = {t.name, std::move(points), {}};
  }
  for (size_t i = 1; i < best.closes.size(); ++i)
    best.returns.push_back(std::log(best.closes[i].value / best.closes[i - 1].value));
  return best;
}

void measure_returns(const Observer& observed, FactSet& out) {
  uint32_t stream = 0;
  for (const Horizon& horizon : kHorizons) {
    Returns(horizon, closes_of(observed, horizon.step), stream, out).measure();
    stream += 100;
  }
}

}  // namespace delever::facts
