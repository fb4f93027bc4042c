// Candles of a price that is not traded (mark, index): minute by minute, joined when asked for.
#pragma once

#include <algorithm>
#include <deque>
#include <vector>

#include "gateways/candle_length.h"
#include "gateways/records.h"

namespace delever::gateways {

class PriceCandles {
 public:
  void add(Price price, Instant at) {
    const Instant start = CandleLength(Duration::minutes(1)).start(at);
    if (minutes_.empty() || minutes_.back().start < start) {
      minutes_.push_back(
          {.start = start, .open = price, .high = price, .low = price, .close = price});
      if (minutes_.size() > kMost) minutes_.pop_front();
    }
    Candle& c = minutes_.back();
    c.high = std::max(c.high, price);
    c.low = std::min(c.low, price);
    c.close = price;
  }
  // Oldest first, the newest `most`.
  std::vector<Candle> candles(CandleLength length, size_t most) const {
    std::vector<Candle> out;
    for (const Candle& m : minutes_) {
      const Instant start = length.start(m.start);
      if (out.empty() || out.back().start < start) {
        out.push_back(m);
        out.back().start = start;
        continue;
      }
      out.back().high = std::max(out.back().high, m.high);
      out.back().low = std::min(out.back().low, m.low);
      out.back().close = m.close;
    }
    if (out.size() > most) out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(most));
    return out;
  }

 private:
  static constexpr size_t kMost = 3'000;
  std::deque<Candle> minutes_;
};

}  // namespace delever::gateways
