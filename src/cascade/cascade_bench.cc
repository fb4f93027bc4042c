// Cost of one static cascade: the answer to a shock over a curve of accounts (budget of the model:
// under 1 ms), and one hour of the path by the second.
#include <benchmark/benchmark.h>

#include "base/random.h"
#include "cascade/cascade_path.h"

namespace delever::cascade {
namespace {

FlowCurve curve_of(size_t pieces) {
  Random random(1, {});
  std::vector<FlowCurve::Piece> all;
  for (size_t i = 0; i < pieces; ++i)
    all.push_back({0.3 * static_cast<double>(i + 1) / static_cast<double>(pieces),
                   4e5 * random.exponential()});
  return FlowCurve::of_pieces(std::move(all)).value();
}

void resting_point(benchmark::State& state) {
  const FlowCurve curve = curve_of(static_cast<size_t>(state.range(0)));
  const Impact impact = Impact::of({.sigma_day = 0.03, .volume_day = 4e5, .depth = 4e5}).value();
  for (auto _ : state) benchmark::DoNotOptimize(equilibrium(impact, curve, 0.02));
}
BENCHMARK(resting_point)->Arg(300)->Arg(3000);

void path_of_an_hour(benchmark::State& state) {
  const FlowCurve none = FlowCurve::none(0.3);
  const PathInput input{.market = {.sigma_day = 0.03, .volume_day = 4e5, .depth = 4e5},
                        .liquidations = curve_of(300),
                        .stops = none,
                        .dealers = none,
                        .dip_buyers = none,
                        .shock = 0.02};
  for (auto _ : state) benchmark::DoNotOptimize(cascade_path(input, {}));
}
BENCHMARK(path_of_an_hour);

}  // namespace
}  // namespace delever::cascade

BENCHMARK_MAIN();
