// The whole market on one thread: messages of agents a second through real exchanges, and what an
// account weighs.
//   sim_bench [SCENARIO [HOURS [THREADS]]]
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "sim/agents/retail.h"
#include "sim/markets_testing.h"

namespace delever::sim {
namespace {

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

long resident_kb() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (!file) return 0;
  long pages = 0, resident = 0;
  const int read = std::fscanf(file, "%ld %ld", &pages, &resident);
  std::fclose(file);
  return read == 2 ? resident * 4 : 0;
}

// Dense trading: many makers on short ladders that are renewed each second, and much noise.
Scenario dense() {
  Scenario s = fixture::shipped("maker-withdrawal.toml", 1);
  s.to = s.from + Duration::minutes(10);
  s.report_at = s.to;
  s.makers[0].each_venue = 100;
  s.makers[0].capital_usd = 5e7;
  s.makers[0].levels = 20;
  s.flow[0].splitters = 400;
  s.flow[0].child_every = Duration::seconds(1);
  s.flow[0].children_max = 2000;
  s.flow[0].child_usd = 500;
  return s;
}

int bench_main(int argc, char** argv) {
  const unsigned threads = argc > 3 ? static_cast<unsigned>(std::atoi(argv[3])) : 1;
  const auto run = [&](const char* name, const Scenario& s) {
    const double start = seconds();
    auto simulation = Simulation::open(s, {.seed = 1, .threads = threads});
    CHECK(simulation.has_value());
    const double opened = seconds();
    const auto outcome = simulation.value()->run();
    CHECK(outcome.has_value());
    const double took = seconds() - opened;
    const Outcome& o = outcome.value();
    std::printf(
        "%-24s %8.0f simulated s in %6.2f s (%u threads; opened in %.2f s): %9lu messages, %.3f "
        "M/s; %9lu events\nhash %016lx\n",
        name, o.seconds, took, threads, opened - start, o.messages,
        static_cast<double>(o.messages) * 1e-6 / took, o.events, o.hash);
  };
  if (argc > 1) {
    run(argv[1], fixture::shipped(argv[1], argc > 2 ? std::atoi(argv[2]) : 1'000));
    return 0;
  }
  run("dense", dense());
  run("maker-withdrawal.toml", fixture::shipped("maker-withdrawal.toml", 1));
  run("2026-01-30.toml, 1 h", fixture::shipped("2026-01-30.toml", 1));
  Scenario crowd = fixture::shipped("maker-withdrawal.toml", 1);
  crowd.to = crowd.from + Duration::seconds(60);
  crowd.report_at = crowd.to;
  crowd.retail[0].notional_max = 1e5;
  crowd.retail[0].accounts = 1;
  const auto warm = Simulation::open(crowd, {.seed = 1});  // what is loaded once
  crowd.retail[0].accounts = 100'000;
  const long before = resident_kb();
  const auto some = Simulation::open(crowd, {.seed = 1});
  const long between = resident_kb();
  crowd.retail[0].accounts = 200'000;
  const auto twice = Simulation::open(crowd, {.seed = 1});
  const long after = resident_kb();
  CHECK(warm.has_value() && some.has_value() && twice.has_value());
  std::printf(
      "an account: %zu bytes of the crowd's arrays; 100,000 accounts with their positions on the "
      "exchange: %.0f bytes "
      "each\n",
      Retail::bytes_per_account(),
      static_cast<double>(after - between - (between - before)) * 1024 / 100'000);
  return 0;
}

}  // namespace
}  // namespace delever::sim

int main(int argc, char** argv) { return delever::sim::bench_main(argc, argv); }
