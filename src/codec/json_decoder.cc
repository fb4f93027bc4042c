#include "codec/json_decoder.h"

#include <fmt/format.h>

#include <utility>

namespace delever::codec {
namespace {

// Names come from outside: without a limit a stream of nonsense would fill memory.
constexpr size_t kNamesKept = 256;

void count(DecodeCounts::ByName& counts, std::string_view name) {
  name = name.substr(0, 60);
  if (name.empty()) name = "(nameless)";
  auto found = counts.find(name);
  if (found == counts.end()) {
    if (counts.size() >= kNamesKept) name = "(others)";
    found = counts.try_emplace(std::string(name), 0).first;
  }
  ++found->second;
}

// Faults that quote what they stumbled over count as one.
std::string_view reason(const Error& why) {
  if (why.fault == Fault::refused) return "refused by the venue";
  return why.what.starts_with('"') ? std::string_view("a number that cannot be held")
                                   : std::string_view(why.what);
}

}  // namespace

void JsonDecoder::decode(const RawMessage& message, MessageSink& sink) {
  ++counts_.messages;
  fields_.reset();
  stage_.clear();
  listed_.clear();
  channel_ = {};
  received_ = message.received;

  simdjson::ondemand::document document;
  JsonObject object;
  const simdjson::padded_string_view padded(message.bytes.data(), message.bytes.size(),
                                            message.bytes.size() + kPadding);
  auto fault = parser_.iterate(padded).get(document);
  if (fault == simdjson::SUCCESS) fault = document.get_object().get(object);
  if (fault != simdjson::SUCCESS)
    return undecoded(
        message, sink,
        {Fault::malformed, fmt::format("not a JSON object: {}", error_message(fault))});
  top_.walk(object);
  if (fields_.ok() && document.current_location().error() == simdjson::SUCCESS)
    fields_.fail(Fault::malformed, "something follows the JSON object");
  if (fields_.ok() && object.reset().error() != simdjson::SUCCESS)
    fields_.fail(Fault::malformed, "not JSON");
  const Ending ending = fields_.ok() ? read(object, top_) : Ending::events;
  if (!fields_.ok()) return undecoded(message, sink, fields_.error());

  switch (ending) {
    case Ending::control:
      ++counts_.control;
      return;
    case Ending::unknown:
      return count(counts_.unknown_channels, channel_);
    case Ending::no_event:
      return count(counts_.no_event, channel_);
    case Ending::events:
      break;
  }
  if (stage_.empty()) return count(counts_.no_event, channel_);
  for (Instrument& instrument : listed_) instruments_.add(std::move(instrument));
  counts_.events += stage_.size();
  stage_.send(sink, source_, message.received);
}

void JsonDecoder::undecoded(const RawMessage& message, MessageSink& sink, Error why) {
  const std::string place = channel_.empty() || why.where.empty()
                                ? std::string(channel_) + why.where
                                : fmt::format("{}:{}", channel_.substr(0, 40), why.where);
  why.where.clear();
  count(counts_.undecoded,
        place.empty() ? std::string(reason(why)) : fmt::format("{}: {}", place, reason(why)));
  sink.on_undecoded(message, std::move(why).at(place));
}

void JsonDecoder::list(InstrumentId id, Instrument instrument, std::string_view status,
                       Instant at) {
  if (!fields_.ok()) return;
  listed_.push_back(std::move(instrument));
  stage_.add<InstrumentListed>(id, at).status = status;
}

Instant JsonDecoder::plus(Instant t, Duration d, std::string_view key) {
  int64_t sum = 0;
  if (__builtin_add_overflow(t.ns(), d.ns(), &sum))
    fields_.fail(Fault::out_of_range, "beyond the year 2262", key);
  return Instant::ns(sum);
}

void JsonDecoder::read_level(JsonValue value, std::vector<Level>& out, std::string_view key,
                             bool with_action) {
  JsonArray array;
  if (value.get_array().get(array) != simdjson::SUCCESS)
    return fields_.fail(Fault::malformed, "a level is not an array", key);
  size_t column = 0;
  bool taken_away = false;
  Level level;
  const auto number = [&](std::string_view text, int digits, uint8_t& written) -> int64_t {
    auto read = read_decimal(text, digits, Precision::exact);
    if (read.has_value()) {
      written = read.value().digits;
      return read.value().units;
    }
    fields_.fail(read.error().fault, read.error().what, key);
    return 0;
  };
  each(array, fields_, key, [&](JsonValue cell) {
    if (column > 2) return;
    const auto text = fields_.text_of(cell, key);
    if (!text) return fields_.fail(Fault::malformed, "a level holds null", key);
    if (with_action && column == 0) {
      taken_away = *text == "delete";
      if (!taken_away && *text != "new" && *text != "change")
        fields_.fail(Fault::malformed, "a level is neither new, change nor delete", key);
    } else if (column == (with_action ? 1U : 0U)) {
      level.price = Price::raw(number(*text, Price::digits, level.price_digits));
    } else if (column == (with_action ? 2U : 1U)) {
      level.qty = Qty::raw(number(*text, Qty::digits, level.qty_digits));
    }
    ++column;
  });
  if (!fields_.ok()) return;
  if (column < (with_action ? 3U : 2U))
    return fields_.fail(Fault::malformed, "a level lacks its quantity", key);
  if (level.qty < Qty())
    return fields_.fail(Fault::malformed, "a level has a negative quantity", key);
  if (taken_away) level.qty = Qty();
  out.push_back(level);
}

void JsonDecoder::read_levels(JsonObject& object, std::string_view key, std::vector<Level>& out,
                              bool with_action) {
  each_in(object, key, fields_, [&](JsonValue value) { read_level(value, out, key, with_action); });
}

}  // namespace delever::codec
