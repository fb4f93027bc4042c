// Decoding to events beside the least that any reader of these messages must do: simdjson on
// demand, the same fields, to doubles. The workload is that of venues/mix_testing.h.
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <string>
#include <vector>

#include "codec/book.h"
#include "codec/decoder.h"
#include "venues/mix_testing.h"
#include "venues/registry.h"

namespace delever::venues {
namespace {

const MixWorkload& workload() {
  static const MixWorkload all;
  return all;
}

struct PlainTrade {
  double price, qty;
  int64_t time, id;
  bool maker;
  std::string_view symbol;
};
struct PlainDepth {
  int64_t time, first, last, previous;
  std::string_view symbol;
  std::vector<std::pair<double, double>> bids, asks;
};
struct PlainForce {
  double price, average, qty, filled;
  int64_t time;
  bool sell;
  std::string_view symbol;
};

// What the decoder reads, in the order of the wire, without a check.
class PlainReader {
 public:
  int64_t read(std::string_view line) {
    namespace od = simdjson::ondemand;
    od::document document =
        parser_.iterate(line.data(), line.size(), line.size() + codec::kPadding);
    od::object object = document.get_object();
    const std::string_view type = object["e"];
    if (type == "aggTrade") {
      trade_.id = object["a"];
      trade_.symbol = object["s"];
      trade_.price = object["p"].get_double_in_string();
      trade_.qty = object["q"].get_double_in_string();
      trade_.time = object["T"];
      trade_.maker = object["m"];
      benchmark::DoNotOptimize(trade_);
      return trade_.time;
    }
    if (type == "depthUpdate") {
      depth_.time = object["T"];
      depth_.symbol = object["s"];
      depth_.first = object["U"];
      depth_.last = object["u"];
      depth_.previous = object["pu"];
      depth_.bids.clear();
      depth_.asks.clear();
      for (od::array level : object["b"]) read_level(level, depth_.bids);
      for (od::array level : object["a"]) read_level(level, depth_.asks);
      benchmark::DoNotOptimize(depth_);
      return depth_.time;
    }
    od::object order = object["o"];
    force_.symbol = order["s"];
    force_.sell = std::string_view(order["S"]) == "SELL";
    force_.qty = order["q"].get_double_in_string();
    force_.price = order["p"].get_double_in_string();
    force_.average = order["ap"].get_double_in_string();
    force_.filled = order["z"].get_double_in_string();
    force_.time = order["T"];
    benchmark::DoNotOptimize(force_);
    return force_.time;
  }

 private:
  static void read_level(simdjson::ondemand::array& level,
                         std::vector<std::pair<double, double>>& out) {
    double numbers[2] = {};
    size_t n = 0;
    for (auto number : level) {
      if (n < 2) numbers[n++] = number.get_double_in_string();
    }
    out.emplace_back(numbers[0], numbers[1]);
  }
  simdjson::ondemand::parser parser_;
  PlainTrade trade_{};
  PlainDepth depth_{};
  PlainForce force_{};
};

class CountingSink : public codec::MessageSink {
 public:
  void on_event(const Event& event) override {
    ++events;
    benchmark::DoNotOptimize(&event);
  }
  void on_undecoded(const codec::RawMessage&, const Error&) override { ++undecoded; }
  uint64_t events = 0, undecoded = 0;
};

class BookSink final : public CountingSink {
 public:
  explicit BookSink(codec::BookBuilder& to) : books(to) {}
  void on_event(const Event& event) override { books.on_event(event); }
  codec::BookBuilder& books;
};

void done(benchmark::State& state) {
  const auto loops = static_cast<int64_t>(state.iterations());
  state.SetItemsProcessed(loops * static_cast<int64_t>(workload().size()));
  state.SetBytesProcessed(loops * static_cast<int64_t>(workload().bytes()));
}

void plain_simdjson(benchmark::State& state) {
  PlainReader reader;
  for (auto _ : state) {
    int64_t sum = 0;
    for (size_t i = 0; i < workload().size(); ++i) sum += reader.read(workload()[i]);
    benchmark::DoNotOptimize(sum);
  }
  done(state);
}

void decode_to_events(benchmark::State& state) {
  Instruments instruments;
  const auto decoder = std::move(make_decoder("binance-usdm", {}, instruments, 0)).value();
  CountingSink sink;
  for (auto _ : state) {
    for (size_t i = 0; i < workload().size(); ++i)
      decoder->decode({workload()[i], Instant::ns(static_cast<int64_t>(i))}, sink);
  }
  CHECK(sink.undecoded == 0);
  CHECK(sink.events == workload().size() * state.iterations());
  done(state);
}

void decode_to_books(benchmark::State& state) {
  Instruments instruments;
  const auto decoder = std::move(make_decoder("binance-usdm", {}, instruments, 0)).value();
  for (auto _ : state) {
    CountingSink gaps;
    codec::BookBuilder books(instruments, gaps);
    BookSink sink(books);
    const std::string opening =
        R"({"lastUpdateId":9000000000,"symbol":"BTCUSDT","bids":[],"asks":[]})" +
        std::string(codec::kPadding, ' ');
    decoder->decode({std::string_view(opening).substr(0, opening.size() - codec::kPadding), {}},
                    sink);
    for (size_t i = 0; i < workload().size(); ++i) decoder->decode({workload()[i], {}}, sink);
    benchmark::DoNotOptimize(books.book(0));
  }
  done(state);
}

BENCHMARK(plain_simdjson)->Unit(benchmark::kMillisecond);
BENCHMARK(decode_to_events)->Unit(benchmark::kMillisecond);
BENCHMARK(decode_to_books)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace delever::venues

BENCHMARK_MAIN();
