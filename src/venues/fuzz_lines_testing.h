// For fuzz targets of decoders: every line of the input is one message, each in an allocation of
// its own so that reading too far is seen; after each, the counts must have moved by exactly one
// ending.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "codec/book.h"
#include "codec/decoder.h"
#include "venues/registry.h"

namespace delever::venues::fuzzing {

class BookSink final : public codec::MessageSink {
 public:
  explicit BookSink(codec::BookBuilder& books) : books_(books) {}
  void on_event(const Event& event) override {
    ++events;
    books_.on_event(event);
  }
  void on_undecoded(const codec::RawMessage&, const Error& why) override {
    CHECK(!why.what.empty());
    ++undecoded;
  }
  uint64_t events = 0, undecoded = 0;

 private:
  codec::BookBuilder& books_;
};

class OnlyGaps final : public EventSink {
 public:
  void on_event(const Event& event) override { CHECK(std::holds_alternative<Gap>(event.payload)); }
};

inline uint64_t sum(const codec::DecodeCounts::ByName& names) {
  uint64_t n = 0;
  for (const auto& entry : names) n += entry.second;
  return n;
}

template <size_t n>
void run_lines(std::string_view decoder_name, const std::array<std::string_view, n>& requests,
               const uint8_t* data, size_t size) {
  if (size == 0) return;
  codec::StreamSettings settings;
  if (const auto request = requests[data[0] % n]; !request.empty()) settings["request"] = request;
  Instruments instruments;
  auto decoder = make_decoder(decoder_name, settings, instruments, 1);
  CHECK(decoder.has_value());
  OnlyGaps gaps;
  codec::BookBuilder books(instruments, gaps);
  BookSink sink(books);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  uint64_t lines = 0;
  for (size_t from = 0; from <= text.size();) {
    const size_t end = std::min(text.find('\n', from), text.size());
    std::string padded(text.substr(from, end - from));
    const size_t length = padded.size();
    padded.resize(length + codec::kPadding);
    const uint64_t events = sink.events, undecoded = sink.undecoded;
    const codec::DecodeCounts before = decoder.value()->counts();
    decoder.value()->decode(
        {std::string_view(padded).substr(0, length), Instant::ns(1'700'000'000'000'000'000)}, sink);
    const codec::DecodeCounts& after = decoder.value()->counts();
    CHECK(after.messages == ++lines);
    CHECK(after.events - before.events == sink.events - events);
    const uint64_t failed = sum(after.undecoded) - sum(before.undecoded);
    // A message with events may report one part that could not be read; it counts by its events.
    CHECK(failed <= sink.undecoded - undecoded && sink.undecoded - undecoded <= 1);
    CHECK(failed == sink.undecoded - undecoded || sink.events > events);
    const uint64_t silent = after.control - before.control + sum(after.no_event) -
                            sum(before.no_event) + sum(after.unknown_channels) -
                            sum(before.unknown_channels) + failed;
    CHECK(silent == (sink.events == events ? 1 : 0));
    from = end + 1;
  }
}

}  // namespace delever::venues::fuzzing
