#include "gateways/deribit/index_past.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "options/black.h"

namespace delever::gateways::deribit {
namespace {

// The venue's index comes every second; here every ten, for each asks for some thirty implied
// volatilities and two hundred prices.
constexpr Duration kSampleEvery = Duration::seconds(10);
constexpr Duration kThirtyDays = Duration::days(30);
constexpr size_t kRecentMost = 1'000;
constexpr double kMinutesAYear = 365.0 * 24 * 60;
constexpr size_t kReturnsLeast = 5;  // fewer say nothing of a volatility

// A smile as straight lines between the strikes that are listed, level beyond them.
class Smile {
 public:
  void add(double strike, double vol) { points_[strike].push_back(vol); }
  bool empty() const { return points_.empty(); }
  double at(double strike) const {
    const auto above = points_.lower_bound(strike);
    if (above == points_.end()) return mean(std::prev(above)->second);
    if (above == points_.begin()) return mean(above->second);
    const auto below = std::prev(above);
    const double part = (strike - below->first) / (above->first - below->first);
    return mean(below->second) + part * (mean(above->second) - mean(below->second));
  }

 private:
  static double mean(const std::vector<double>& of) {
    double sum = 0;
    for (const double each : of) sum += each;
    return sum / static_cast<double>(of.size());
  }
  std::map<double, std::vector<double>> points_;  // of a call and a put
};

}  // namespace

IndexPast::IndexPast(const Desk& desk, const Contracts& contracts, const Shapes& shapes)
    : desk_(desk), shapes_(shapes) {
  std::map<std::pair<uint32_t, Instant>, std::vector<const Contract*>> chains;
  for (const Contract& c : contracts.all()) {
    kept_[c.listing->index];
    if (c.option && c.listing->expiry) chains[{c.listing->index, *c.listing->expiry}].push_back(&c);
  }
  for (auto& [of, chain] : chains) kept_[of.first].chains.push_back(std::move(chain));
}

void IndexPast::on_second() {
  const Instant now = desk_.door().market_now();
  const bool due = sampled_ == Instant::min() || now - sampled_ >= kSampleEvery;
  if (due) sampled_ = now;
  for (auto& [index, kept] : kept_) {
    if (const auto price = desk_.door().exchange().index(index)) kept.prices.add(*price, now);
    const auto vol = due ? volatility(index) : std::nullopt;
    if (!vol) continue;
    kept.volatilities.add(Price::nearest(*vol).value(), now);
    kept.recent.emplace_back(now, *vol);
    if (kept.recent.size() > kRecentMost) kept.recent.pop_front();
  }
}

// The variance that a swap on the logarithm of the price would pay, replicated by options out of
// the money (Demeterfi and others 1999, equation 26): twice the integral of their prices over the
// squared strike, over six standard deviations to either side.
std::optional<double> IndexPast::variance(const std::vector<const Contract*>& chain) const {
  constexpr int kSteps = 96;
  constexpr double kDeviations = 6;
  Smile smile;
  for (const Contract* c : chain) {
    if (const auto vol = shapes_.mark_volatility(*c))
      smile.add(c->listing->option->strike.approx(), *vol);
  }
  const double forward = shapes_.forward(*chain.front());
  const double years = (*chain.front()->listing->expiry - desk_.door().market_now()).in_years();
  if (smile.empty() || !(forward > 0) || !(years > 0)) return std::nullopt;
  const double most = kDeviations * smile.at(forward) * std::sqrt(years);
  const double step = 2 * most / kSteps;
  double sum = 0;
  for (int k = 0; k <= kSteps; ++k) {
    const double x = -most + k * step, strike = forward * std::exp(x);
    const double price = options::black({.forward = forward,
                                         .strike = strike,
                                         .years = years,
                                         .vol = smile.at(strike),
                                         .type = x < 0 ? OptionType::put : OptionType::call})
                             .price;
    sum += (k == 0 || k == kSteps ? 0.5 : 1.0) * price / strike * step;
  }
  return 2 * sum / years;
}

// Between the last expiry before thirty days and the first behind them, by time in total variance;
// where one is not listed the other stands for both.
std::optional<double> IndexPast::volatility(uint32_t index) const {
  const auto found = kept_.find(index);
  if (found == kept_.end()) return std::nullopt;
  const Instant now = desk_.door().market_now();
  const double wanted = kThirtyDays.in_years();
  std::optional<std::pair<double, double>> before, behind;  // years and variance
  for (const auto& chain : found->second.chains) {
    const double years = (*chain.front()->listing->expiry - now).in_years();
    const bool nearer = years <= wanted;
    if (!(years > 0) || (!nearer && behind)) continue;
    const auto of = variance(chain);
    if (of) (nearer ? before : behind) = std::pair(years, *of);
  }
  if (!before && !behind) return std::nullopt;
  if (!before || !behind) return 100 * std::sqrt((before ? before : behind)->second);
  const double part = (wanted - before->first) / (behind->first - before->first);
  const double total =
      (1 - part) * before->first * before->second + part * behind->first * behind->second;
  return 100 * std::sqrt(total / wanted);
}

std::string IndexPast::volatility_candles(uint32_t index, Duration length, int64_t from,
                                          int64_t to) const {
  const Kept& kept = kept_.at(index);
  JsonWriter w;
  w.open('{').open("data", '[');
  const auto row = [&](int64_t at, double open, double high, double low, double close) {
    if (at < from || at > to) return;
    w.open('[').raw_item(at);
    for (const double value : {open, high, low, close}) w.raw_item(number(value, 4));
    w.close();
  };
  if (length <= Duration::seconds(1)) {
    for (const auto& [at, vol] : kept.recent) row(at.ms(), vol, vol, vol, vol);
  } else {
    for (const Candle& c : kept.volatilities.candles(length, kRecentMost))
      row(c.start.ms(), c.open.approx(), c.high.approx(), c.low.approx(), c.close.approx());
  }
  return w.close().null("continuation").close().take();
}

// From returns of a minute, of as much as is kept.
std::string IndexPast::realised(uint32_t index) const {
  constexpr int64_t kHour = 3'600'000;
  const auto minutes = kept_.at(index).prices.candles(Duration::minutes(1), SIZE_MAX);
  JsonWriter w;
  w.open('[');
  double squares = 0;
  for (size_t i = 1; i < minutes.size(); ++i) {
    const double r = std::log(minutes[i].close.approx() / minutes[i - 1].close.approx());
    squares += r * r;
    const bool newest = i + 1 == minutes.size();
    // The minute that ends there.
    const int64_t at = minutes[i].start.ms() + (newest ? 0 : 60'000);
    if (i < kReturnsLeast || (!newest && at % kHour != 0)) continue;
    const double year = squares / static_cast<double>(i) * kMinutesAYear;
    w.open('[').raw_item(at).raw_item(number(100 * std::sqrt(year), 6)).close();
  }
  return w.close().take();
}

std::string IndexPast::chart(uint32_t index, Duration span) const {
  const Instant from = desk_.door().market_now() - span;
  JsonWriter w;
  w.open('[');
  for (const Candle& c : kept_.at(index).prices.candles(Duration::minutes(1), SIZE_MAX)) {
    if (c.start >= from) w.open('[').raw_item(c.start.ms()).raw_item(number(c.close)).close();
  }
  return w.close().take();
}

}  // namespace delever::gateways::deribit
