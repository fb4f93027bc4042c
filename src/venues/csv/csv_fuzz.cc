// Any map, any header, any rows: never a crash, every row in exactly one count. The input is cut at
// NUL bytes into map, header and rows; an input without NUL is rows for a map that uses every kind
// of field.
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "venues/csv/csv.h"

namespace delever::venues {
namespace {

constexpr std::string_view kMap = R"(
format = 1
name = "fuzz:all"
venue = { column = "v", values = { a = "desk", b = "other" } }
channel = "all"
[time]
column = "t"
unit = "ms_or_us"
period_end = { column = "e", unit = "s", inclusive = true }
known_after = "1h"
[[where]]
column = "w"
not = ["out"]
[instrument]
symbol = "s"
[instrument.grammar]
column = "g"
[instrument.grammar.values]
u = "binance-usdm"
c = "binance-coinm"
e = "binance-eoptions"
d = "deribit"
o = "okx"
y = "bybit"
h = "hyperliquid"
[[event]]
kind = "candle"
open = "p"
high = "p"
low = "p"
close = "p"
volume = { column = "q", unit = "percent" }
[[event]]
kind = "funding_rate"
funding_kind = "current"
rate = { column = "q", unit = "basis_points" }
interval_hours = "i"
settles_at = { column = "e", unit = "iso" }
[[event]]
kind = "open_interest"
contracts = { column = "q", half = true, strip = ["$", ","], suffix = { M = 6, k = -3 }, missing )"
                                  R"(= ["-"] }
)";
constexpr std::string_view kHeader = "v,t,e,w,s,g,p,q,i";

class Nobody final : public codec::MessageSink {
 public:
  void on_event(const Event&) override { ++events; }
  void on_undecoded(const codec::RawMessage&, const Error& why) override {
    ++undecoded;
    CHECK(!why.what.empty());
  }
  uint64_t events = 0, undecoded = 0;
};

void run(std::string_view map, std::string_view header, std::string_view rows) {
  Instruments instruments;
  auto decoder = CsvDecoder::make({{"map", std::string(map)}, {"header", std::string(header)}},
                                  instruments, 0);
  (void)CsvMap::parse(map, "fuzz.toml");
  if (!decoder.has_value()) return;
  Nobody sink;
  for (const std::string_view row : split(rows, '\n'))
    decoder.value()->decode({row, Instant::ns(1)}, sink);
  const codec::DecodeCounts& counts = decoder.value()->counts();
  uint64_t other = 0;
  for (const auto& [name, n] : counts.no_event) other += n;
  uint64_t bad = 0;
  for (const auto& [name, n] : counts.undecoded) bad += n;
  CHECK(bad == sink.undecoded && counts.events == sink.events);
  CHECK(other + bad <= counts.messages);
}

}  // namespace
}  // namespace delever::venues

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace delever;
  using namespace delever::venues;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const size_t first = all.find('\0');
  if (first == all.npos) {
    run(kMap, kHeader, all);
    return 0;
  }
  const size_t second = all.find('\0', first + 1);
  const std::string_view header =
      all.substr(first + 1, second == all.npos ? all.npos : second - first - 1);
  run(all.substr(0, first), header,
      second == all.npos ? std::string_view() : all.substr(second + 1));
  return 0;
}
