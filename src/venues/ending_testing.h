// For the coverage tests of decoders: how the messages of a recorded file ended, in one line, so
// that nothing is lost unnoticed.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

#include "venues/wire_testing.h"

namespace delever::venues::fixture {

// "50: book_delta=49 book_snapshot=1 | control 2 | no_event tickers 1 | undecoded kline:interval:
// ... 1". Checks on the way that each message ends in exactly one count and that events carry their
// source and receive time.
inline std::string endings(codec::Decoder& decoder, const WireFile& file, SourceId source) {
  std::map<std::string, uint64_t> events;
  for (const WireMessage& message : file.messages()) {
    const codec::DecodeCounts before = decoder.counts();
    Collected sink;
    decoder.decode(message.raw, sink);
    for (const Event& event : sink.events) {
      ++events[std::string(payload_name(event.payload))];
      EXPECT_EQ(event.source, source);
      EXPECT_EQ(event.received, message.raw.received);
      EXPECT_GT(event.at, Instant()) << message.raw.bytes.substr(0, 200);
    }
    const codec::DecodeCounts& now = decoder.counts();
    EXPECT_EQ(without_events(now) - without_events(before), sink.events.empty() ? 1U : 0U)
        << message.raw.bytes.substr(0, 200);
    EXPECT_EQ(now.events - before.events, sink.events.size());
    EXPECT_EQ(now.messages - before.messages, 1U);
    EXPECT_LE(sink.undecoded.size(), 1U);
    EXPECT_EQ(sink.undecoded.empty() || sink.events.empty(), true);
  }
  std::string line = fmt::format("{}:", file.size());
  for (const auto& [name, n] : events) line += fmt::format(" {}={}", name, n);
  const codec::DecodeCounts& counts = decoder.counts();
  if (counts.control != 0) line += fmt::format(" | control {}", counts.control);
  const auto add = [&](const char* kind, const codec::DecodeCounts::ByName& names) {
    for (const auto& [name, n] : names) line += fmt::format(" | {} {} {}", kind, name, n);
  };
  add("no_event", counts.no_event);
  add("unknown", counts.unknown_channels);
  add("undecoded", counts.undecoded);
  return line;
}

}  // namespace delever::venues::fixture
