#include "gauges/throttle.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace delever::gauges {
namespace {

// Below this many observations a minute's own variance of sizes says nothing; the pooled one is
// used.
constexpr int kOwnVariance = 8;

struct Moments {
  double mean = 0, variance = 0;
};

Moments moments(double count, double sum, double squares) {
  if (count < 1) return {};
  const double mean = sum / count;
  const double spread = count > 1 ? (squares / count - mean * mean) * count / (count - 1) : 0;
  return {mean, std::max(0.0, spread)};
}

// Arrivals in the seconds of a minute are Poisson with rate a per second; k of n seconds show one.
// Then, with p = 1 - exp(-a), the maximum-likelihood count is n a^ with a^ = -ln(1 - k/n), and the
// error of that count against the arrivals that there were has variance n (exp(a) - 1 - a) and bias
// (exp(a) - 1 - a) / 2: linear counting (Whang, Vander-Zanden, Taylor, ACM TODS 15(2), 1990).
struct Hidden {
  double count = 0, variance = 0;
};

Hidden hidden_arrivals(int observed, int seconds) {
  const double n = seconds;
  const double rate = -std::log1p(-observed / n);
  const double excess = std::expm1(rate) - rate;
  return {std::max(0.0, n * rate - observed - excess / 2), n * excess};
}

struct Total {
  double low = 0, expected = 0, variance = 0,
         certain = 0;  // certain: hard bounds, added without variance
  bool bounded = true;

  SideInterval interval(double z) const {
    SideInterval out{.low = low, .expected = expected};
    if (bounded)
      out.high = low + certain + std::max(0.0, expected - low - certain) + z * std::sqrt(variance);
    return out;
  }
};

// A minute in which less was traded than was forced did not have all its trades on the tape, and
// bounds nothing. Not all that is missing at once: a forced order may be told at its limit or its
// bankruptcy price, and was filled a few per cent away from it.
constexpr double kWhole = 0.9;

void add(Total& total, const ThrottledMinute& minute, ThrottledMinute::SideSum side,
         const Moments& pooled) {
  total.low += side.sum;
  if (side.volume && *side.volume < kWhole * side.sum) side.volume.reset();
  const double room = std::max(0.0, side.volume.value_or(side.sum) - side.sum);
  if (minute.observed >= minute.seconds) {  // every second was full: the rate has no upper limit
    total.expected += side.sum;
    if (!side.volume) {
      total.bounded = false;
      return;
    }
    total.expected += room;
    total.certain += room;
    return;
  }
  const Hidden hidden = hidden_arrivals(minute.observed, minute.seconds);
  const Moments own = moments(minute.observed, side.sum, side.sum_of_squares);
  const double spread =
      minute.observed >= kOwnVariance ? own.variance : std::max(own.variance, pooled.variance);
  const double mean = own.mean;
  // Hidden sizes: their count is uncertain, each size is uncertain, and so is the mean they are
  // valued at.
  const double variance = mean * mean * hidden.variance +
                          spread * (hidden.count + hidden.count * hidden.count / minute.observed);
  if (side.volume && room < hidden.count * mean) {
    total.expected += side.sum + room;
    total.certain += room;
    return;
  }
  total.expected += side.sum + hidden.count * mean;
  total.variance += variance;
}

}  // namespace

ThrottleInterval unthrottle(const std::vector<ThrottledMinute>& minutes, double z) {
  double count = 0, long_sum = 0, long_squares = 0, short_sum = 0, short_squares = 0;
  for (const ThrottledMinute& m : minutes) {
    CHECK(m.seconds > 0 && m.observed >= 0);
    count += m.observed;
    long_sum += m.long_side.sum;
    long_squares += m.long_side.sum_of_squares;
    short_sum += m.short_side.sum;
    short_squares += m.short_side.sum_of_squares;
  }
  const Moments long_pooled = moments(count, long_sum, long_squares);
  const Moments short_pooled = moments(count, short_sum, short_squares);
  ThrottleInterval out;
  Total long_total, short_total;
  for (const ThrottledMinute& m : minutes) {
    if (m.observed == 0) continue;
    out.saturated_minutes += m.observed >= m.seconds;
    add(long_total, m, m.long_side, long_pooled);
    add(short_total, m, m.short_side, short_pooled);
  }
  out.long_side = long_total.interval(z);
  out.short_side = short_total.interval(z);
  return out;
}

}  // namespace delever::gauges
