// What each index has been, minute by minute, and the volatility that the options on it are priced
// at: what Deribit calls historical volatility and its volatility index.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gateways/deribit/shapes.h"
#include "gateways/price_candles.h"

namespace delever::gateways::deribit {

class IndexPast {
 public:
  IndexPast(const Desk& desk, const Contracts& contracts, const Shapes& shapes);
  void on_second();
  // Of thirty days, in per cent; missing without options that have marks.
  std::optional<double> volatility(uint32_t index) const;
  // [[time, open, high, low, close], ...], in [from, to] of market time in ms.
  std::string volatility_candles(uint32_t index, Duration length, int64_t from, int64_t to) const;
  // [[time, per cent a year], ...]: at each whole hour, and at the newest minute.
  std::string realised(uint32_t index) const;
  std::string chart(uint32_t index, Duration span) const;  // [[time, price], ...]

 private:
  struct Kept {
    std::vector<std::vector<const Contract*>> chains;  // by expiry, the next first
    PriceCandles prices, volatilities;                 // these as prices of so many per cent
    std::deque<std::pair<Instant, double>> recent;     // volatilities as they were sampled
  };
  std::optional<double> variance(const std::vector<const Contract*>& chain) const;  // a year

  const Desk& desk_;
  const Shapes& shapes_;
  std::map<uint32_t, Kept> kept_;
  Instant sampled_ = Instant::min();
};

}  // namespace delever::gateways::deribit
