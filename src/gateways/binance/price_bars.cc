#include "gateways/binance/price_bars.h"

#include <algorithm>
#include <array>

namespace delever::gateways::binance {
namespace {

constexpr size_t kBarsKept = 7 * 1'440;

void join(PriceBar& into, const PriceBar& next) {
  into.high = std::max(into.high, next.high);
  into.low = std::min(into.low, next.low);
  into.close = next.close;
  into.samples += next.samples;
}

}  // namespace

Instant interval_start(Instant at, Duration interval) {
  const int64_t n = interval.ns();
  const int64_t shift = interval == Duration::days(7) ? Duration::days(3).ns() : 0;
  return Instant::ns((at.ns() + shift) / n * n - shift);
}

std::optional<Duration> kline_interval(std::string_view name) {
  using std::operator""sv;
  static constexpr std::array known{"1m"sv, "3m"sv, "5m"sv, "15m"sv, "30m"sv, "1h"sv, "2h"sv,
                                    "4h"sv, "6h"sv, "8h"sv, "12h"sv, "1d"sv,  "3d"sv};
  if (name == "1w") return Duration::days(7);
  if (std::find(known.begin(), known.end(), name) == known.end()) return std::nullopt;
  return Duration::parse(name).value();
}

void PriceBars::sample(InstrumentId id, Of of, double value, Instant at) {
  std::vector<PriceBar>& bars = all_[{id, of}];
  const PriceBar one{interval_start(at, Duration::minutes(1)), value, value, value, value, 1};
  if (!bars.empty() && bars.back().start >= one.start) return join(bars.back(), one);
  if (bars.size() >= 2 * kBarsKept)
    bars.erase(bars.begin(), bars.end() - static_cast<std::ptrdiff_t>(kBarsKept));
  bars.push_back(one);
}

std::vector<PriceBar> PriceBars::bars(InstrumentId id, Of of, Duration interval) const {
  std::vector<PriceBar> out;
  const auto it = all_.find({id, of});
  if (it == all_.end()) return out;
  for (const PriceBar& bar : it->second) {
    const Instant start = interval_start(bar.start, interval);
    if (!out.empty() && out.back().start == start) {
      join(out.back(), bar);
      continue;
    }
    out.push_back(bar);
    out.back().start = start;
  }
  return out;
}

}  // namespace delever::gateways::binance
