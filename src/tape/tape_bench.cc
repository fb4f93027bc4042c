// Append and replay of messages like those of a busy day: 70 % trades, 25 % depth updates, 5 %
// liquidations, 367 bytes on average, on six streams. Replay is of the bytes; what decoding costs
// is measured in feeds.
//   build/bench/src/tape_bench --benchmark_counters_tabular=true
// DELEVER_BENCH_MESSAGES sets how many messages the replayed tape holds (2 million).
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "base/text.h"
#include "tape/mix_testing.h"
#include "tape/tape.h"

namespace delever::tape {
namespace {

using mix::kStreams;
using mix::Sample;
using mix::samples;

struct Tape {
  std::string path =
      fmt::format("{}/delever_bench_{}.tape",
                  std::getenv("TMPDIR") != nullptr ? std::getenv("TMPDIR") : "/tmp", getpid());
  Tape() { remove(); }
  ~Tape() { remove(); }
  void remove() const {
    for (const char* suffix : {"", "-wal", "-shm", "-lock"}) std::remove((path + suffix).c_str());
  }
};

void must(const Result<void>& result) { CHECK(result.has_value()); }

// Returns the bytes of the messages.
int64_t record(const std::string& path, const std::vector<Sample>& all, int64_t messages) {
  SystemClock clock;
  auto writer = TapeWriter::open(path, clock);
  CHECK(writer.has_value());
  for (size_t n = 1; n <= kStreams; ++n) {
    CHECK(writer.value()
              ->stream({fmt::format("stream {}", n), "binance", "mix", "binance", {}})
              .has_value());
  }
  int64_t bytes = 0;
  for (int64_t i = 0; i < messages; ++i) {
    const Sample& sample = all[static_cast<size_t>(i) % all.size()];
    must(writer.value()->append(sample.stream, Instant::ns(1'769'760'000'000'000'000 + i * 1711),
                                sample.bytes));
    bytes += static_cast<int64_t>(sample.bytes.size());
  }
  must(writer.value()->close());
  return bytes;
}

double status_mib(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(key, 0) == 0)
      return static_cast<double>(std::atol(line.c_str() + key.size() + 1)) / 1024;
  }
  return 0;
}

int64_t tape_messages() {
  const char* text = std::getenv("DELEVER_BENCH_MESSAGES");
  return text == nullptr ? 2'000'000 : read_int(text).value_or(2'000'000);
}

void append(benchmark::State& state) {
  const std::vector<Sample> all = samples();
  constexpr int64_t kMessages = 1'000'000;
  int64_t bytes = 0;
  for (auto _ : state) {
    const Tape tape;
    bytes += record(tape.path, all, kMessages);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * kMessages);
  state.SetBytesProcessed(bytes);
  state.counters["bytes_mean"] =
      static_cast<double>(bytes) / static_cast<double>(state.iterations() * kMessages);
}

// CPU is that of the thread that calls next(): what replay takes from whoever decodes.
void replay(benchmark::State& state) {
  const Tape tape;
  const int64_t messages = tape_messages();
  record(tape.path, samples(), messages);
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak counts from here
  const double before = status_mib("VmRSS:");
  uint64_t sum = 0;
  for (auto _ : state) {
    auto reader = TapeReader::open(tape.path);
    CHECK(reader.has_value());
    int64_t count = 0;
    while (true) {
      const auto next = reader.value()->next();
      CHECK(next.has_value());
      if (!next.value()) break;
      sum += static_cast<unsigned char>(next.value()->bytes[0]) + next.value()->bytes.size();
      ++count;
    }
    CHECK(count == messages);
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * messages);
  state.counters["peak_rss_mib"] = status_mib("VmHWM:");
  state.counters["rss_before_mib"] = before;
  state.counters["cpu_per_message"] =
      benchmark::Counter(static_cast<double>(state.iterations() * messages),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

BENCHMARK(append)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK(replay)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK(replay)->Name("replay_consumer_cpu")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace delever::tape

BENCHMARK_MAIN();
