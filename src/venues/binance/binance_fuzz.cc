// Any bytes through any of the four decoders. The first byte chooses the market and whether a REST
// request is known.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "codec/book.h"
#include "codec/decoder.h"
#include "venues/registry.h"

namespace {

class Sink final : public delever::codec::MessageSink {
 public:
  explicit Sink(delever::codec::BookBuilder& to) : books(to) {}
  void on_event(const delever::Event& event) override {
    ++events;
    books.on_event(event);
  }
  void on_undecoded(const delever::codec::RawMessage&, const delever::Error& why) override {
    CHECK(!why.what.empty());
    ++undecoded;
  }
  delever::codec::BookBuilder& books;
  uint64_t events = 0, undecoded = 0;
};

class Gaps final : public delever::EventSink {
 public:
  void on_event(const delever::Event& event) override {
    CHECK(std::holds_alternative<delever::Gap>(event.payload));
  }
};

uint64_t sum(const delever::codec::DecodeCounts::ByName& names) {
  uint64_t n = 0;
  for (const auto& entry : names) n += entry.second;
  return n;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  constexpr const char* names[] = {"binance-usdm", "binance-coinm", "binance-spot",
                                   "binance-eoptions"};
  constexpr const char* requests[] = {"",
                                      "/fapi/v1/klines?symbol=BTCUSDT",
                                      "/dapi/v1/depth?symbol=BTCUSD_PERP",
                                      "/fapi/v1/exchangeInfo",
                                      "/futures/data/openInterestHist?symbol=BTCUSDT",
                                      "/eapi/v1/index?underlying=BTCUSDT",
                                      "/api/v3/trades?symbol=BTCUSDT",
                                      "/fapi/v1/fundingInfo"};
  delever::codec::StreamSettings settings;
  if (const char* request = requests[data[0] / 4 % 8]; *request) settings["request"] = request;
  delever::Instruments instruments;
  auto decoder = delever::venues::make_decoder(names[data[0] % 4], settings, instruments, 1);
  CHECK(decoder.has_value());
  Gaps gaps;
  delever::codec::BookBuilder books(instruments, gaps);
  Sink sink(books);
  // One message a line, in an allocation of its own, so that reading too far is seen.
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  uint64_t lines = 0;
  for (size_t from = 0; from <= text.size();) {
    const size_t end = std::min(text.find('\n', from), text.size());
    std::string padded(text.substr(from, end - from));
    const size_t length = padded.size();
    padded.resize(length + delever::codec::kPadding);
    const uint64_t events = sink.events, undecoded = sink.undecoded;
    const delever::codec::DecodeCounts before = decoder.value()->counts();
    decoder.value()->decode({std::string_view(padded).substr(0, length), delever::Instant::ns(7)},
                            sink);
    const delever::codec::DecodeCounts& after = decoder.value()->counts();
    CHECK(after.messages == ++lines);
    CHECK(after.events - before.events == sink.events - events);
    CHECK(sum(after.undecoded) - sum(before.undecoded) == sink.undecoded - undecoded);
    const uint64_t silent = after.control - before.control + sum(after.no_event) -
                            sum(before.no_event) + sum(after.unknown_channels) -
                            sum(before.unknown_channels) + sink.undecoded - undecoded;
    CHECK(silent == (sink.events == events ? 1 : 0));
    from = end + 1;
  }
  return 0;
}
