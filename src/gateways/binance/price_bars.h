// Minute bars of prices that are computed and not traded: mark, index, premium. One sample a
// second.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "gateways/records.h"

namespace delever::gateways::binance {

// The start of the interval that `at` lies in. Weeks begin on Mondays.
Instant interval_start(Instant at, Duration interval);
// "1m" to "1w". Missing: no such.
std::optional<Duration> kline_interval(std::string_view name);

struct PriceBar {
  Instant start;
  double open = 0, high = 0, low = 0, close = 0;
  uint64_t samples = 0;
};

class PriceBars {
 public:
  enum class Of : uint8_t { mark, index, premium };
  void sample(InstrumentId id, Of of, double value, Instant at);
  std::vector<PriceBar> bars(InstrumentId id, Of of, Duration interval) const;  // oldest first

 private:
  std::map<std::pair<InstrumentId, Of>, std::vector<PriceBar>> all_;
};

}  // namespace delever::gateways::binance
