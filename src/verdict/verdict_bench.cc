// The refits of a record, beside the same fits with the days' past looked up anew for each: what
// the record costs. Asked for: 3,000 refits in under two seconds on one core.
#include <benchmark/benchmark.h>

#include "base/random.h"
#include "verdict/record.h"

namespace delever::verdict {
namespace {

std::vector<FlushDay> invented(size_t n) {
  Random random(1, {});
  std::vector<FlushDay> days;
  for (size_t i = 0; i < n; ++i) {
    FlushDay day;
    day.asset = i % 2 == 0 ? "BTC" : "ETH";
    day.day = Instant::parse("2020-01-01").value() + Duration::days(static_cast<int64_t>(12 * i));
    day.by_price = true;
    day.interest_change.value = 0.06 * random.normal();
    day.funding_change.value = 0.1 * random.normal();
    day.funding.value = 0.1 * random.normal();
    day.wave = random.chance(probability_of(1 + 15 * *day.interest_change.value));
    day.lower = random.chance(0.4);
    day.volatility = 0.03;
    days.push_back(day);
  }
  return days;
}

// One refit on the 119 finished days of the record of BTC and ETH.
void refit(benchmark::State& state) {
  const std::vector<FlushDay> past = invented(119);
  FlushDay day = past.back();
  day.day = day.day + Duration::days(30);
  std::vector<Outcome> rows;
  for (const FlushDay& one : past)
    rows.push_back({{1, one.asset == "BTC" ? 1.0 : 0.0, one.asset == "ETH" ? 1.0 : 0.0,
                     *one.interest_change.value / 0.1, *one.funding_change.value / 0.1},
                    *one.wave});
  const Terms precision{1e-3, 4, 4, 1, 1};
  for (auto _ : state) benchmark::DoNotOptimize(fit_logistic(rows, precision));
}
BENCHMARK(refit);

// 149 flush days judged one after another, as `verdict --record` does.
void judge_record(benchmark::State& state) {
  const std::vector<FlushDay> days = invented(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(judge(days, {}));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(judge_record)->Arg(149)->Arg(3000)->Unit(benchmark::kMillisecond);

// With scores, bootstrap, reliability and the single items.
void whole_record(benchmark::State& state) {
  const std::vector<FlushDay> days = invented(149);
  for (auto _ : state) benchmark::DoNotOptimize(make_record(days, {}));
}
BENCHMARK(whole_record)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace delever::verdict

BENCHMARK_MAIN();
