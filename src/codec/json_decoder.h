// JsonDecoder: what decoders of venues whose messages are JSON objects have in common. It parses,
// asks the venue's reader, sends the events of a message once the whole message was read without a
// fault, and puts the message into exactly one of DecodeCounts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/decoder.h"
#include "codec/flat.h"
#include "codec/stage.h"

namespace delever::codec {

class JsonDecoder : public Decoder {
 public:
  void decode(const RawMessage& message, MessageSink& sink) final;

 protected:
  // How a message ended, unless fields_ holds a fault. events: those in stage_; without any, it is
  // no_event.
  enum class Ending : uint8_t { events, control, no_event, unknown };

  JsonDecoder(Instruments& instruments, SourceId source)
      : instruments_(instruments), source_(source) {}
  // `top` holds the fields of `message`. Sets channel_, a view that lives as long as the message or
  // longer.
  virtual Ending read(JsonObject& message, FlatObject& top) = 0;

  Ending skip(std::string_view channel) {
    channel_ = channel;
    return Ending::no_event;
  }
  // An instrument that the venue described: it enters the table together with the message's events.
  void list(InstrumentId id, Instrument instrument, std::string_view status, Instant at);
  // t + d, or a fault when that leaves the range of Instant.
  Instant plus(Instant t, Duration d, std::string_view key);
  // Levels as [price, quantity, ...], or [action, price, quantity] with a word before them.
  void read_level(JsonValue value, std::vector<Level>& out, std::string_view key, bool with_action);
  void read_levels(JsonObject& object, std::string_view key, std::vector<Level>& out,
                   bool with_action);

  Instruments& instruments_;
  FieldReader fields_;
  Stage stage_;
  std::string_view channel_;
  Instant received_;

 private:
  void undecoded(const RawMessage& message, MessageSink& sink, Error why);

  const SourceId source_;
  simdjson::ondemand::parser parser_;
  FlatObject top_{fields_};
  std::vector<Instrument> listed_;
};

}  // namespace delever::codec
