// For fuzz targets of decoders: the lines of an input are the messages of one stream. Nothing may
// crash; each message ends in exactly one count; what is reported is well-formed; book builders
// survive the books.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "codec/book.h"
#include "codec/decoder.h"

namespace delever::venues::fixture {

class Kept final : public codec::MessageSink {
 public:
  void on_event(const Event& event) override { events.push_back(event); }
  void on_undecoded(const codec::RawMessage&, const Error& why) override {
    CHECK(!why.what.empty());
    ++undecoded;
  }
  std::vector<Event> events;
  size_t undecoded = 0;
};

inline uint64_t not_events(const codec::DecodeCounts& counts) {
  uint64_t sum = counts.control;
  for (const auto* names : {&counts.no_event, &counts.unknown_channels, &counts.undecoded}) {
    for (const auto& entry : *names) sum += entry.second;
  }
  return sum;
}

inline void check_event(const Event& event, const Instruments& instruments, SourceId source) {
  CHECK(event.instrument < instruments.size());
  CHECK(event.source == source);
  CHECK(!payload_name(event.payload).empty());
  CHECK(!instruments[event.instrument].venue.empty());
  (void)instruments[event.instrument].name();
  (void)event.at.text();
  const auto check_levels = [](const std::vector<Level>& levels) {
    for (const Level& level : levels) CHECK(level.qty >= Qty());
  };
  if (const auto* book = std::get_if<BookSnapshot>(&event.payload)) {
    check_levels(book->bids);
    check_levels(book->asks);
  } else if (const auto* delta = std::get_if<BookDelta>(&event.payload)) {
    check_levels(delta->bids);
    check_levels(delta->asks);
  } else if (const auto* candle = std::get_if<Candle>(&event.payload)) {
    CHECK(candle->from < candle->to);
  } else if (const auto* liquidation = std::get_if<Liquidation>(&event.payload)) {
    CHECK(liquidation->price() && liquidation->qty());
  } else if (const auto* open = std::get_if<OpenInterest>(&event.payload)) {
    CHECK(open->contracts || open->coins || open->value_usd);
  }
}

inline void decode_lines(codec::Decoder& decoder, const Instruments& instruments, SourceId source,
                         std::string_view input) {
  Kept gaps;
  codec::BookBuilder books(instruments, gaps);
  int64_t clock = 0;
  for (const std::string_view line : split(input, '\n')) {
    // An allocation of its own, as long as it must be and no longer, so that reading too far is
    // seen.
    std::vector<char> bytes(line.begin(), line.end());
    bytes.resize(line.size() + codec::kPadding);
    const codec::DecodeCounts before = decoder.counts();
    Kept sink;
    decoder.decode({{bytes.data(), line.size()}, Instant::ns(++clock)}, sink);
    const codec::DecodeCounts& now = decoder.counts();
    CHECK(now.messages == before.messages + 1);
    CHECK(now.events - before.events == sink.events.size());
    CHECK(not_events(now) - not_events(before) == (sink.events.empty() ? 1 : 0));
    CHECK(sink.undecoded == (sink.events.empty() ? sink.undecoded : 0) && sink.undecoded <= 1);
    for (const Event& event : sink.events) {
      check_event(event, instruments, source);
      CHECK(event.received == Instant::ns(clock));
      books.on_event(event);
    }
  }
}

}  // namespace delever::venues::fixture
