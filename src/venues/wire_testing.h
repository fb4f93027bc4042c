// For the tests and benches of venues: the recorded messages of ../shared/wire with their sidecars,
// and a sink that keeps everything. A file that is absent is nullptr, and the test that wants it
// skips by name: SKIP_WITHOUT_WIRE.
#pragma once

#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/source_root.h"
#include "base/text.h"
#include "codec/decoder.h"

#define SKIP_WITHOUT_WIRE(file, name)                          \
  const auto file = delever::venues::fixture::wire_file(name); \
  if (!file) GTEST_SKIP() << "absent: ../shared/wire/" << (name)

namespace delever::venues::fixture {

// Bytes with kPadding readable bytes behind them, as decoders want.
class PaddedText {
 public:
  explicit PaddedText(std::string_view text) : bytes_(text), size_(text.size()) {
    bytes_.resize(size_ + codec::kPadding);
  }
  std::string_view view() const { return std::string_view(bytes_).substr(0, size_); }

 private:
  std::string bytes_;
  size_t size_;
};

struct WireMessage {
  codec::RawMessage raw;
  std::string request;  // the line of the .query, .urls or .req sidecar; empty without one
};

class WireFile {
 public:
  WireFile(std::string_view text, std::string_view received, std::string_view requests)
      : text_(text) {
    const auto times = split(received, '\n'), queries = split(requests, '\n');
    size_t n = 0;
    for (const std::string_view line : split(text_.view(), '\n')) {
      if (!line.empty()) {
        const Instant at = n < times.size() ? read_time(times[n]) : Instant();
        messages_.push_back(
            {{line, at}, n < queries.size() ? std::string(queries[n]) : std::string()});
      }
      ++n;
    }
  }
  WireFile(const WireFile&) = delete;
  WireFile& operator=(const WireFile&) = delete;
  const std::vector<WireMessage>& messages() const { return messages_; }
  const WireMessage& operator[](size_t i) const { return messages_.at(i); }
  size_t size() const { return messages_.size(); }

 private:
  // Whole nanoseconds (hftbacktest), or seconds with a fraction (cryptofeed).
  static Instant read_time(std::string_view text) {
    if (const auto ns = read_int(text)) return Instant::ns(*ns);
    const auto read = read_decimal(text, 9, Precision::nearest);
    return read.has_value() ? Instant::ns(read.value().units) : Instant();
  }
  PaddedText text_;
  std::vector<WireMessage> messages_;
};

inline std::optional<std::string> read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

inline std::string wire_path(std::string_view name) {
  return source_root() + "/../shared/wire/" + std::string(name);
}

// `name` is "binance-usdm/book-btcusdt-20240808", without the suffix .jsonl.
inline std::unique_ptr<WireFile> wire_file(std::string_view name) {
  const std::string path = wire_path(name);
  const auto text = read_text(path + ".jsonl");
  if (!text) return nullptr;
  std::string requests;
  for (const char* suffix : {".query", ".urls", ".req"}) {
    if (auto found = read_text(path + suffix)) requests = std::move(*found);
  }
  return std::make_unique<WireFile>(*text, read_text(path + ".recv").value_or(""), requests);
}

// Keeps everything that a decoder says.
class Collected final : public codec::MessageSink {
 public:
  struct Undecoded {
    std::string bytes;
    Error why;
  };
  void on_event(const Event& event) override { events.push_back(event); }
  void on_undecoded(const codec::RawMessage& message, const Error& why) override {
    undecoded.push_back({std::string(message.bytes), why});
  }
  // The payloads of one kind, in order.
  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const Event& event : events) {
      if (const T* payload = std::get_if<T>(&event.payload)) found.push_back(*payload);
    }
    return found;
  }
  std::vector<Event> events;
  std::vector<Undecoded> undecoded;
};

// Decodes one message that need not be padded.
inline void decode_text(codec::Decoder& decoder, std::string_view text, codec::MessageSink& sink,
                        Instant received = {}) {
  const PaddedText padded(text);
  decoder.decode({padded.view(), received}, sink);
}

inline void decode_all(codec::Decoder& decoder, const WireFile& file, codec::MessageSink& sink) {
  for (const WireMessage& message : file.messages()) decoder.decode(message.raw, sink);
}

// What the contract of DecodeCounts promises: messages that ended in a count other than events.
// With events it cannot be said from outside, because one message may carry many.
inline uint64_t without_events(const codec::DecodeCounts& counts) {
  uint64_t sum = counts.control;
  for (const auto* names : {&counts.no_event, &counts.unknown_channels, &counts.undecoded}) {
    for (const auto& entry : *names) sum += entry.second;
  }
  return sum;
}

}  // namespace delever::venues::fixture
