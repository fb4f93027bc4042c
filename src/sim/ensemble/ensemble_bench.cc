// What a second thread or rank brings: the same runs by one and by two, in turns, on a clock and in
// processor time.
//   ensemble_bench [RUNS [ROUNDS]]
// tools/ranks_bench.py does the same with one rank and two of Open MPI.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "sim/ensemble/ensemble.h"
#include "sim/markets_testing.h"

namespace delever::sim {
namespace {

double clock_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
double processor_seconds() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}
double waits() {  // times that a thread slept for another: locks, ends of rounds
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_nvcsw);
}
double median(std::vector<double> x) {
  std::sort(x.begin(), x.end());
  return x[x.size() / 2];
}

int bench_main(int argc, char** argv) {
  const size_t runs = argc > 1 ? static_cast<size_t>(std::atoi(argv[1])) : 24;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  Scenario s = fixture::shipped("maker-withdrawal.toml", 1);
  std::vector<double> wall[2], cpu[2], slept[2];
  for (int round = 0; round < rounds; ++round) {
    for (const unsigned threads : {1U, 2U}) {
      const double w = clock_seconds(), c = processor_seconds(), v = waits();
      CHECK(run_ensemble(on_threads(s, threads), {.first_seed = 1, .runs = runs}).has_value());
      wall[threads - 1].push_back(clock_seconds() - w);
      cpu[threads - 1].push_back(processor_seconds() - c);
      slept[threads - 1].push_back(waits() - v);
    }
  }
  double load[3] = {};
  getloadavg(load, 3);
  std::printf(
      "%zu runs of an hour of maker-withdrawal.toml, median of %d rounds in turns, load %.1f\n",
      runs, rounds, load[0]);
  for (const unsigned t : {0U, 1U})
    std::printf(
        "%u thread%s: %.3f s, %.3f s of processor time, %.2f runs per processor second, %.0f "
        "waits\n",
        t + 1, t ? "s" : " ", median(wall[t]), median(cpu[t]),
        static_cast<double>(runs) / median(cpu[t]), median(slept[t]));
  std::printf("efficiency by the clock %.3f, by processor time %.3f\n",
              median(wall[0]) / (2 * median(wall[1])), median(cpu[0]) / median(cpu[1]));
  return 0;
}

}  // namespace
}  // namespace delever::sim

int main(int argc, char** argv) { return delever::sim::bench_main(argc, argv); }
