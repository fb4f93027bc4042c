// For tests: a whole file of recorded messages through a decoder, and how its messages ended, in
// one line that a table can hold. Checks on the way that every message ended in exactly one count.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "venues/registry.h"
#include "venues/wire_testing.h"

namespace delever::venues::fixture {

// "3: trade=5 | control 1 | no_event price-limit 1"; one decoder for each run of equal requests.
template <class RequestOf>
std::string endings(std::string_view decoder_name, const WireFile& file, RequestOf request_of) {
  std::map<std::string, uint64_t> events, rest;
  Instruments instruments;
  std::unique_ptr<codec::Decoder> decoder;
  std::string request = "none yet";
  codec::DecodeCounts before;
  for (const WireMessage& message : file.messages()) {
    if (const std::string wanted = request_of(message.request); wanted != request) {
      request = wanted;
      codec::StreamSettings settings;
      if (!request.empty()) settings["request"] = request;
      decoder = std::move(make_decoder(decoder_name, settings, instruments, 7)).value();
      before = {};
    }
    Collected sink;
    decoder->decode(message.raw, sink);
    for (const Event& event : sink.events) {
      ++events[std::string(payload_name(event.payload))];
      EXPECT_EQ(event.source, 7u);
      EXPECT_EQ(event.received, message.raw.received);
      EXPECT_LT(event.instrument, instruments.size());
    }
    const codec::DecodeCounts& now = decoder->counts();
    EXPECT_EQ(now.messages - before.messages, 1u);
    EXPECT_EQ(now.events - before.events, sink.events.size());
    EXPECT_EQ(without_events(now) - without_events(before), sink.events.empty() ? 1u : 0u)
        << message.raw.bytes.substr(0, 200);
    const auto add = [&](const char* kind, const codec::DecodeCounts::ByName& after,
                         const codec::DecodeCounts::ByName& earlier) {
      for (const auto& [name, n] : after) {
        const auto found = earlier.find(name);
        const uint64_t more = n - (found == earlier.end() ? 0 : found->second);
        if (more > 0) rest[fmt::format("{} {}", kind, name)] += more;
      }
    };
    add("no_event", now.no_event, before.no_event);
    add("unknown", now.unknown_channels, before.unknown_channels);
    add("undecoded", now.undecoded, before.undecoded);
    if (now.control > before.control) rest["control"] += now.control - before.control;
    before = now;
  }
  std::string line = fmt::format("{}:", file.size());
  for (const auto& [name, n] : events) line += fmt::format(" {}={}", name, n);
  for (const auto& [name, n] : rest) line += fmt::format(" | {} {}", name, n);
  return line;
}

// The stems of the recorded files of a folder, in order; empty when the folder is absent.
inline std::vector<std::string> stems_of(std::string_view folder) {
  std::vector<std::string> stems;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(wire_path(folder), failed)) {
    if (entry.path().extension() == ".jsonl" && entry.path().stem() != "expected-tardis")
      stems.push_back(entry.path().stem().string());
  }
  std::sort(stems.begin(), stems.end());
  return stems;
}

}  // namespace delever::venues::fixture
