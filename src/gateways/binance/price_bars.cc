#include "gateways/binance/price_bars.h"

#include <algorithm>
#include <array>

#include "base/text.h"

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

std::optional<CandleLength> kline_interval(std::string_view name, bool spot) {
  using std::operator""sv;
  static constexpr std::array known{"1m"sv, "3m"sv, "5m"sv, "15m"sv, "30m"sv, "1h"sv, "2h"sv,
                                    "4h"sv, "6h"sv, "8h"sv, "12h"sv, "1d"sv,  "3d"sv};
  if (name == "1w") return Duration::days(7);
  if (name == "1M") return CandleLength::of_months(1);
  if (name == "1s" && spot) return Duration::seconds(1);
  if (std::find(known.begin(), known.end(), name) == known.end()) return std::nullopt;
  return Duration::parse(name).value();
}

std::optional<Duration> time_zone(std::string_view text) {
  const bool west = text.starts_with('-');
  if (west || text.starts_with('+')) text.remove_prefix(1);
  const size_t colon = text.find(':');
  const auto part = [](std::string_view of) -> std::optional<int64_t> {
    const bool digits = !of.empty() && of.size() <= 2 &&
                        of.find_first_not_of("0123456789") == std::string_view::npos;
    return digits ? read_int(of) : std::nullopt;
  };
  const auto hours = part(text.substr(0, colon));
  const auto minutes =
      colon == text.npos ? std::optional<int64_t>(0) : part(text.substr(colon + 1));
  if (!hours || !minutes || *minutes > 59) return std::nullopt;
  const int64_t east = (*hours * 60 + *minutes) * (west ? -1 : 1);
  if (east < -12 * 60 || east > 14 * 60) return std::nullopt;
  return Duration::minutes(east);
}

void PriceBars::sample(InstrumentId id, Of of, double value, Instant at) {
  std::vector<PriceBar>& bars = all_[{id, of}];
  const PriceBar one{CandleLength(Duration::minutes(1)).start(at), value, value, value, value, 1};
  if (!bars.empty() && bars.back().start >= one.start) return join(bars.back(), one);
  if (bars.size() >= 2 * kBarsKept)
    bars.erase(bars.begin(), bars.end() - static_cast<std::ptrdiff_t>(kBarsKept));
  bars.push_back(one);
}

std::vector<PriceBar> PriceBars::bars(InstrumentId id, Of of, CandleLength length) const {
  std::vector<PriceBar> out;
  const auto it = all_.find({id, of});
  if (it == all_.end()) return out;
  for (const PriceBar& bar : it->second) {
    const Instant start = length.start(bar.start);
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
