// A mark-price tick over ten million isolated positions, and moving a threshold, beside looking at
// every position.
//   threshold_bench [POSITIONS]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/random.h"
#include "watch/threshold_index.h"

namespace delever::watch {
namespace {

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int bench_main(uint32_t positions) {
  Random random(1, {});
  const auto usd = [](double x) { return Price::nearest(x).value(); };
  const double spot = 84'000;
  // Leverage 3 to 100 opened within 10 % of the price: most thresholds lie 1 to 35 % below.
  const auto threshold = [&] {
    const double leverage = 3 * std::exp(random.uniform() * 3.5);
    return usd(spot * (0.95 + 0.1 * random.uniform()) * (1 - 1 / leverage + 0.004) * 0.999);
  };
  ThresholdIndex index(PositionSide::long_side, {usd(spot * 0.2), usd(spot * 2)}, 1 << 20);
  std::vector<Price> all(positions);
  const double build_start = seconds();
  for (uint32_t id = 0; id < positions; ++id) {
    all[id] = threshold();
    index.set(id, all[id]);
  }
  const double built = seconds() - build_start;
  std::vector<ThresholdIndex::Due> due;
  index.take_due(usd(spot), due);  // those opened under water
  double mark = spot;

  const auto ticks = [&](const char* name, double step, int count) {
    uint64_t triggers = 0;
    const double start = seconds();
    for (int i = 0; i < count; ++i) {
      mark *= i % 2 ? 1 + step * 0.9 : 1 - step;  // down a little more than up
      due.clear();
      index.take_due(usd(mark), due);
      triggers += due.size();
    }
    const double took = seconds() - start;
    std::printf(
        "tick of %-8s %8.1f ns  with %.3f triggers a tick (%.1f ns a trigger if the tick itself "
        "were free)\n",
        name, took / count * 1e9, static_cast<double>(triggers) / count,
        triggers ? took / static_cast<double>(triggers) * 1e9 : 0.0);
  };
  ticks("0.05 bp", 5e-6, 200'000);
  ticks("1 bp", 1e-4, 2'000);
  {
    const size_t before = index.size();
    const double start = seconds();
    due.clear();
    mark *= 0.97;
    index.take_due(usd(mark), due);
    const double took = seconds() - start;
    std::printf("tick of -3 %%      %8.1f ms  with %zu triggers of %zu: %.1f ns a trigger\n",
                took * 1e3, due.size(), before,
                took / static_cast<double>(std::max<size_t>(1, due.size())) * 1e9);
  }
  std::vector<std::pair<uint32_t, Price>> moves;
  for (int i = 0; i < 2'000'000; ++i) {
    const uint32_t id = static_cast<uint32_t>(random.below(positions));
    moves.emplace_back(id, usd(mark * (1 - 0.3 * random.uniform()) * 0.999));
  }
  double start = seconds();
  for (const auto& [id, at] : moves) index.set(id, at);
  const double update = (seconds() - start) / static_cast<double>(moves.size());
  start = seconds();
  size_t under = 0;
  for (const Price& p : all) under += usd(mark) <= p;
  const double scan = seconds() - start;
  std::printf(
      "threshold update  %8.1f ns\nlooking at all    %8.1f ms (%zu under water)\nbuild             "
      "%8.2f s\n",
      update * 1e9, scan * 1e3, under, built);
  return 0;
}

}  // namespace
}  // namespace delever::watch

int main(int argc, char** argv) {
  return delever::watch::bench_main(argc > 1 ? static_cast<uint32_t>(std::atol(argv[1]))
                                             : 10'000'000);
}
