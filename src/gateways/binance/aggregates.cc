#include "gateways/binance/aggregates.h"

namespace delever::gateways::binance {
namespace {
constexpr size_t kAggregatesKept = 1'000;
}

void Aggregates::keep(One& one) {
  if (one.closed.size() >= 2 * kAggregatesKept)
    one.closed.erase(one.closed.begin(),
                     one.closed.end() - static_cast<std::ptrdiff_t>(kAggregatesKept));
  one.closed.push_back(one.open);
}

std::span<const AggregateTrade> Aggregates::of(InstrumentId id) const {
  const auto it = all_.find(id);
  if (it == all_.end()) return {};
  const std::vector<AggregateTrade>& closed = it->second.closed;
  const size_t n = std::min(closed.size(), kAggregatesKept);
  return std::span(closed).last(n);
}

}  // namespace delever::gateways::binance
