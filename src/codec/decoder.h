// Decoder: bytes of one stream to events. No sockets, no files. One decoder per stream, because
// some streams carry state (partial tickers) and some need settings that the bytes lack (a REST
// depth snapshot does not name its symbol).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "market/event.h"

namespace delever::codec {

// simdjson reads past the end of what it parses: at least kPadding readable bytes must follow
// `bytes`.
inline constexpr size_t kPadding = 64;

struct RawMessage {
  std::string_view bytes;  // one message, without line end
  Instant received;
};

// What the bytes do not say. Known keys: "symbol" (native symbol of a stream that does not name
// it), "request" (path and query of a REST call, "/fapi/v1/depth?symbol=BTCUSDT&limit=1000", or a
// POST body), "category" (Bybit: linear, inverse, spot, option), "map" (TOML text of a CSV column
// map), "header" (first line of a CSV file).
using StreamSettings = std::map<std::string, std::string, std::less<>>;
inline std::string setting(const StreamSettings& settings, std::string_view key) {
  const auto found = settings.find(key);
  return found == settings.end() ? std::string() : found->second;
}

struct DecodeCounts {
  uint64_t messages = 0;
  uint64_t events = 0;
  using ByName = std::map<std::string, uint64_t, std::less<>>;
  uint64_t control = 0;     // acknowledgements, pings, heartbeats
  uint64_t passed = 0;      // passed over: of instruments that nobody asked for
  ByName no_event;          // known channels that carry no event of ours, by channel
  ByName unknown_channels;  // tolerated, counted
  ByName undecoded;         // reported to the sink one by one, here by reason
};

class MessageSink : public EventSink {
 public:
  // A message, or an entry inside one, that could not be turned into events. Its bytes are still on
  // the tape.
  virtual void on_undecoded(const RawMessage& message, const Error& why) = 0;
};

class Handover;  // codec/handover.h

// Which instruments a question is about, by their description.
using Asked = std::function<bool(const Instrument&)>;

class Decoder {
 public:
  virtual ~Decoder() = default;
  // Never throws, never stops the process, whatever the bytes. Every message ends in exactly one
  // count: events, control, passed, no_event, unknown_channels or undecoded.
  virtual void decode(const RawMessage& message, MessageSink& sink) = 0;
  const DecodeCounts& counts() const { return counts_; }
  // What it knows between two messages, apart from the counts and the table of instruments: given,
  // or taken by a new decoder of the same settings. False: it cannot, and nothing may go on from
  // here.
  virtual bool hand_over(Handover&) { return false; }
  // Events of other instruments need not be told, apart from descriptions: a message that has no
  // others may be passed over, whatever else it says. What was asked for once stays so.
  virtual void ask_only(Asked) {}

 protected:
  DecodeCounts counts_;
};

}  // namespace delever::codec
