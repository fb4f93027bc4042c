// Minute bars of prices that are computed and not traded: mark, index, premium. One sample a
// second.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "gateways/candle_length.h"
#include "gateways/records.h"

namespace delever::gateways::binance {

// "1m" to "1M", of spot "1s" too. Missing: no such.
std::optional<CandleLength> kline_interval(std::string_view name, bool spot);
// "8", "-1:00", "+08:00", "05:45": -12:00 to +14:00; missing: none of these.
std::optional<Duration> time_zone(std::string_view text);

struct PriceBar {
  Instant start;
  double open = 0, high = 0, low = 0, close = 0;
  uint64_t samples = 0;
};

class PriceBars {
 public:
  enum class Of : uint8_t { mark, index, premium };
  void sample(InstrumentId id, Of of, double value, Instant at);
  std::vector<PriceBar> bars(InstrumentId id, Of of, CandleLength length) const;  // oldest first

 private:
  std::map<std::pair<InstrumentId, Of>, std::vector<PriceBar>> all_;
};

}  // namespace delever::gateways::binance
