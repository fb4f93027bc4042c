// Messages like those of a busy day, for benches: 70 % trades, 25 % depth updates, 5 % liquidations
// in the shapes of Binance's aggTrade, depthUpdate and forceOrder; 367 bytes on average, on six
// streams.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "tape/tape.h"

namespace delever::tape::mix {

inline constexpr size_t kStreams = 6;

struct Sample {
  StreamNumber stream;
  std::string bytes;
};

inline std::string levels(Random& random, double price, double step) {
  std::string out;
  for (uint64_t n = 2 + random.below(39); n > 0; --n) {
    price += step * static_cast<double>(1 + random.below(12));
    const double size = random.chance(0.5) ? 0 : random.exponential() / 0.3;
    out += fmt::format("{}[\"{:.2f}\",\"{:.3f}\"]", out.empty() ? "" : ",", price, size);
  }
  return out;
}

inline constexpr char kTrade[] =
    R"({{"e":"aggTrade","E":{},"a":{},"s":"BTCUSDT","p":"{:.2f}","q":"{:.3f}","f":{},)"
    R"("l":{},"T":{},"m":{}}})";
inline constexpr char kDepth[] =
    R"({{"e":"depthUpdate","E":{},"T":{},"s":"BTCUSDT","U":{},"u":{},"pu":{},"b":[{}],)"
    R"("a":[{}]}})";
inline constexpr char kForce[] =
    R"({{"e":"forceOrder","E":{},"o":{{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC",)"
    R"("q":"{:.3f}","p":"{:.2f}","ap":"{:.2f}","X":"FILLED","l":"{:.3f}","z":"{:.3f}",)"
    R"("T":{}}}}})";

inline std::vector<Sample> samples() {
  Random random(5, {});
  std::vector<Sample> out;
  double price = 84'250;
  int64_t t = 1'769'760'000'000, update = 9'000'000'000, trade = 3'000'000'000;
  while (out.size() < 100'000) {
    t += static_cast<int64_t>(random.below(6));
    price += 0.1 * (static_cast<double>(random.below(3)) - 1);
    const double kind = random.uniform(), size = random.exponential() / 5 + 0.001;
    const auto symbol = static_cast<StreamNumber>(random.below(2));
    if (kind < 0.7) {
      ++trade;
      const char* maker = random.chance(0.5) ? "true" : "false";
      out.push_back({1 + symbol, fmt::format(kTrade, t + 2, trade, price, size, trade * 2,
                                             trade * 2 + 1, t, maker)});
    } else if (kind < 0.95) {
      const int64_t before = update;
      update += static_cast<int64_t>(10 + random.below(51));
      const std::string bids = levels(random, price, -0.1), asks = levels(random, price, 0.1);
      out.push_back(
          {3 + symbol, fmt::format(kDepth, t + 2, t, before + 1, update, before, bids, asks)});
    } else {
      out.push_back(
          {5 + symbol, fmt::format(kForce, t + 2, size, price * 0.995, price, size, size, t)});
    }
  }
  return out;
}

}  // namespace delever::tape::mix
