// Replay of a tape, decoding included: messages a second, and time and memory of the whole process
// (the tape's reader has a thread of its own).
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>

#include "feeds/replay.h"
#include "tape/tape.h"
#include "venues/mix_testing.h"

namespace delever::feeds {
namespace {

// The mix over and over: as long a tape as asked for, its times ever later.
class MixTape {
 public:
  explicit MixTape(size_t messages)
      : path_((std::filesystem::temp_directory_path() /
               fmt::format("delever_bench_{}_{}.tape", getpid(), messages))
                  .string()) {
    ManualClock clock{Instant()};
    auto writer = std::move(tape::TapeWriter::open(path_, clock)).value();
    const tape::StreamNumber stream =
        writer
            ->stream(
                {.name = "mix", .venue = "binance", .channel = "mix", .decoder = "binance-usdm"})
            .value();
    const venues::MixWorkload mix;
    Instant at = Instant::ns(1'769'760'000'000'000'000);
    for (size_t i = 0; i < messages; ++i) {
      at = at + Duration::us(100);
      CHECK(writer->append(stream, at, mix[i % mix.size()]).has_value());
    }
    CHECK(writer->close().has_value());
  }
  ~MixTape() { std::filesystem::remove(path_); }
  MixTape(const MixTape&) = delete;
  MixTape& operator=(const MixTape&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class Counting final : public ReplaySink {
 public:
  void on_event(const Event& event) override {
    ++events;
    benchmark::DoNotOptimize(event.at);
  }
  void on_undecoded(const Source&, const codec::RawMessage&, const Error&) override {
    CHECK(false);
  }
  uint64_t events = 0;
};

double peak_mib() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_maxrss) / 1024;
}

void replay_mix(benchmark::State& state) {
  const MixTape tape(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    Counting sink;
    auto replay = std::move(Replay::open({tape.path()}, {})).value();
    CHECK(replay->run(sink).has_value());
    CHECK(replay->messages() == static_cast<uint64_t>(state.range(0)));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["peak_MiB"] = peak_mib();
}
// The tape alone, to tell its share from the decoder's.
void read_mix(benchmark::State& state) {
  const MixTape tape(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    auto reader = std::move(tape::TapeReader::open(tape.path())).value();
    uint64_t bytes = 0;
    while (const auto message = reader->next().value()) bytes += message->bytes.size();
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["peak_MiB"] = peak_mib();
}

// The memory must not grow with the length, so the short tape comes first: the peak is the
// process's.
BENCHMARK(read_mix)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK(replay_mix)
    ->Arg(1'000'000)
    ->Arg(4'000'000)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace delever::feeds

BENCHMARK_MAIN();
