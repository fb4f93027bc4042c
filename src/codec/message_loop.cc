#include "codec/message_loop.h"

#include <fmt/format.h>

#include "codec/bad_row.h"

namespace delever::codec {
namespace {

// Names come from outside: without a limit a stream of nonsense would fill memory.
constexpr size_t kNamesKept = 256;

void count(DecodeCounts::ByName& names, std::string_view name) {
  name = name.substr(0, 80);
  if (name.empty()) name = "(nameless)";
  auto found = names.find(name);
  if (found == names.end())
    found = names.emplace(names.size() < kNamesKept ? name : "(others)", 0).first;
  ++found->second;
}

// Faults that quote what they stumbled over count as one.
std::string_view reason(const Error& why) {
  if (why.fault == Fault::refused) return "refused by the venue";
  return why.what.starts_with('"') ? std::string_view("a number that cannot be held")
                                   : std::string_view(why.what);
}

}  // namespace

void MessageLoop::decode(const RawMessage& message, MessageSink& sink) {
  ++counts_.messages;
  Reader& reader = *reader_;
  reader.begin(message.received);
  const Ending ending = read(message.bytes);
  if (ending == Ending::passed) {
    ++counts_.passed;
    return;
  }
  if (reader.fields_.ok() && reader.stage_.any(may_be_bad_row)) drop_bad_rows();
  const bool only_parts = reader.part_ && reader.stage_.empty();
  const bool accepted = reader.fields_.ok() && !only_parts;
  if (accepted) {
    for (Instrument& listing : reader.listings_) reader.instruments_.add(std::move(listing));
  }
  reader.finish(accepted);
  if (!reader.fields_.ok()) return undecoded(message, sink, reader.fields_.error(), false);
  if (only_parts) return undecoded(message, sink, *reader.part_, false);
  if (!reader.stage_.empty()) {
    counts_.events += reader.stage_.size();
    if (reader.part_) undecoded(message, sink, *reader.part_, true);
    return reader.stage_.send(sink, source_, message.received);
  }
  switch (ending) {
    case Ending::control:
      ++counts_.control;
      break;
    case Ending::passed:
      break;
    case Ending::unknown:
      count(counts_.unknown_channels, reader.channel_);
      break;
    case Ending::read:
    case Ending::no_event:
      count(counts_.no_event, reader.channel_);
      break;
  }
}

void MessageLoop::drop_bad_rows() {
  Reader& reader = *reader_;
  reader.stage_.each(clear_empty_sides);
  reader.stage_.drop_if([&](const Event& event) {
    const std::string_view why = bad_row(event, reader.instruments_[event.instrument].kind);
    if (!why.empty())
      reader.report_part(Fault::malformed, std::string(why), payload_name(event.payload));
    return !why.empty();
  });
}

// "ticker:mark_iv: not a finite number": the channel, the field, the reason.
void MessageLoop::undecoded(const RawMessage& message, MessageSink& sink, Error why, bool is_part) {
  const std::string_view channel = reader_->channel_.substr(0, 40);
  const std::string place = channel.empty() || why.where.empty()
                                ? std::string(channel) + why.where
                                : fmt::format("{}:{}", channel, why.where);
  why.where.clear();
  if (!is_part)
    count(counts_.undecoded,
          place.empty() ? std::string(reason(why)) : fmt::format("{}: {}", place, reason(why)));
  if (!place.empty()) why = std::move(why).at(place);
  sink.on_undecoded(message, why);
}

Ending MessageLoop::read(std::string_view bytes) {
  if (reader_->passes_over(bytes)) return Ending::passed;
  if (reader_->read_fast(bytes)) return Ending::read;
  size_t first = 0;
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (first < bytes.size() && is_blank(bytes[first])) ++first;
  const char opening = first == bytes.size() ? '\0' : bytes[first];
  if (opening == '{' || opening == '[') return read_json(bytes, first);
  if (const auto ending = reader_->read_text(trimmed(bytes))) return *ending;
  reader_->fields_.fail(Fault::malformed,
                        opening == '\0' ? "blank" : "neither an object nor a list");
  return Ending::read;
}

Ending MessageLoop::read_json(std::string_view bytes, size_t first) {
  FieldReader& fields = reader_->fields_;
  const auto broken = [&](simdjson::error_code code) {
    fields.fail(Fault::malformed, std::string("not JSON: ") + simdjson::error_message(code));
    return Ending::read;
  };
  simdjson::ondemand::document document;
  const simdjson::padded_string_view padded(bytes.data(), bytes.size(), bytes.size() + kPadding);
  if (const auto code = parser_.iterate(padded).get(document); code != simdjson::SUCCESS)
    return broken(code);
  reader_->document_ = &document;
  reader_->text_ = bytes.data() + first;
  const bool is_object = bytes[first] == '{';
  Ending ending = Ending::read;
  JsonObject object;
  JsonArray array;
  if (is_object) {
    if (const auto code = document.get_object().get(object); code != simdjson::SUCCESS)
      return broken(code);
    ending = reader_->read(object);
  } else {
    if (const auto code = document.get_array().get(array); code != simdjson::SUCCESS)
      return broken(code);
    ending = reader_->read(array);
  }
  if (fields.ok() && !reader_->walked_ && !reader_->at_end()) walk(document, is_object);
  reader_->document_ = nullptr;
  return ending;
}

// What was not looked at must be JSON as well, and one message only.
void MessageLoop::walk(simdjson::ondemand::document& document, bool is_object) {
  FieldReader& fields = reader_->fields_;
  document.rewind();
  JsonObject object;
  JsonArray array;
  if (is_object && document.get_object().get(object) == simdjson::SUCCESS) {
    each_key(object, fields, [](JsonKey, JsonValue&) {});
  } else if (!is_object && document.get_array().get(array) == simdjson::SUCCESS) {
    each(array, fields, {}, [](JsonValue&) {});
  }
  if (fields.ok() && !reader_->at_end()) fields.fail(Fault::malformed, "more than one message");
}

}  // namespace delever::codec
