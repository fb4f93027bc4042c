// The `mix` workload of the benchmarks, that of ../shared/bench/json_workload.py: 70 % aggTrade, 25
// % depth, 5 % forceOrder. DELEVER_MIX=FILE.jsonl reads its lines from a file instead.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "codec/decoder.h"

namespace delever::venues {

class MixWorkload {
 public:
  MixWorkload() {
    if (const char* path = std::getenv("DELEVER_MIX")) {
      std::ifstream in(path);
      for (std::string line; std::getline(in, line);) add(line);
    } else {
      for (int i = 0; i < 100'000; ++i) {
        const double draw = random_.uniform();
        add(draw < 0.70 ? trade() : draw < 0.95 ? depth() : force_order());
      }
    }
    text_.resize(text_.size() + codec::kPadding);
  }
  size_t size() const { return places_.size(); }
  size_t bytes() const { return text_.size(); }
  std::string_view operator[](size_t i) const {
    return std::string_view(text_).substr(places_[i].first, places_[i].second);
  }

 private:
  void add(const std::string& line) {
    places_.emplace_back(text_.size(), line.size());
    text_ += line + "\n";
  }
  int64_t step() { return time_ += static_cast<int64_t>(random_.below(6)); }
  double size(double rate) { return random_.exponential() / rate; }

  std::string trade() {
    price_ += (static_cast<double>(random_.below(3)) - 1) * 0.1 * (random_.chance(2.0 / 3) ? 1 : 0);
    step();
    ++trade_;
    return fmt::format(
        R"({{"e":"aggTrade","E":{},"a":{},"s":"BTCUSDT","p":"{:.2f}","q":"{:.3f}","f":{},"l":{},)"
        R"("T":{},"m":{}}})",
        time_ + 2, trade_, price_, size(5) + .001, trade_ * 2, trade_ * 2 + 1, time_,
        random_.chance(.5));
  }
  std::string side(double best, double tick) {
    std::vector<uint64_t> at(300);
    for (size_t i = 0; i < at.size(); ++i) at[i] = i;
    const size_t n = 2 + random_.below(39);
    for (size_t i = 0; i < n; ++i) std::swap(at[i], at[i + random_.below(at.size() - i)]);
    std::sort(at.begin(), at.begin() + static_cast<long>(n));
    std::string out;
    for (size_t i = 0; i < n; ++i)
      out +=
          fmt::format(R"({}["{:.2f}","{:.3f}"])", i ? "," : "",
                      best + tick * static_cast<double>(at[i]), random_.chance(.5) ? 0 : size(.3));
    return out;
  }
  std::string depth() {
    step();
    const uint64_t before = update_;
    update_ += 10 + random_.below(51);
    const std::string bids = side(price_, -.1), asks = side(price_ + .1, .1);
    return fmt::format(
        R"({{"e":"depthUpdate","E":{},"T":{},"s":"BTCUSDT","U":{},"u":{},"pu":{},"b":[{}],"a":[{})"
        R"(]}})",
        time_ + 2, time_, before + 1, update_, before, bids, asks);
  }
  std::string force_order() {
    step();
    const double q = size(5) + .001;
    return fmt::format(
        R"({{"e":"forceOrder","E":{},"o":{{"s":"BTCUSDT","S":"{}","o":"LIMIT","f":"IOC",)"
        R"("q":"{:.3f}",)"
        R"("p":"{:.2f}","ap":"{:.2f}","X":"FILLED","l":"{:.3f}","z":"{:.3f}","T":{}}}}})",
        time_ + 2, random_.chance(.75) ? "SELL" : "BUY", q, price_ * .995, price_, q, q, time_);
  }

  Random random_{5, {}};
  double price_ = 84250;
  int64_t time_ = 1769760000000;
  uint64_t update_ = 9000000000, trade_ = 3000000000;
  std::string text_;
  std::vector<std::pair<size_t, size_t>> places_;
};

}  // namespace delever::venues
