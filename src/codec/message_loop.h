// MessageLoop: what surrounds the reading of one JSON message, the same for every venue: parse, let
// the venue's reader stage events, send them only if the whole message was read without a fault,
// put the message into exactly one count.
#pragma once

#include <memory>
#include <utility>

#include "codec/reader.h"

namespace delever::codec {

class MessageLoop final : public Decoder {
 public:
  MessageLoop(std::unique_ptr<Reader> reader, SourceId source)
      : reader_(std::move(reader)), source_(source) {}
  void decode(const RawMessage& message, MessageSink& sink) override;
  bool hand_over(Handover& state) override { return reader_->hand_over(state); }
  void ask_only(Asked asked) override { reader_->asked_ = std::move(asked); }

 private:
  Ending read(std::string_view bytes);
  Ending read_json(std::string_view bytes, size_t first);
  void drop_bad_rows();
  void walk(simdjson::ondemand::document& document, bool is_object);
  void undecoded(const RawMessage& message, MessageSink& sink, Error why, bool is_part);

  const std::unique_ptr<Reader> reader_;
  const SourceId source_;
  simdjson::ondemand::parser parser_;
};

template <class VenueReader, class... Arguments>
std::unique_ptr<Decoder> make_message_loop(SourceId source, Arguments&&... arguments) {
  return std::make_unique<MessageLoop>(
      std::make_unique<VenueReader>(std::forward<Arguments>(arguments)...), source);
}

}  // namespace delever::codec
