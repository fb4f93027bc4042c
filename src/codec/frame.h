// FramedDecoder: what surrounds the reading of one JSON message, the same for OKX and Hyperliquid:
// parse, let the venue's reader stage events, send them only if the whole message was read without
// error, put the message into exactly one count.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/decoder.h"
#include "codec/json.h"
#include "codec/stage.h"

namespace delever::codec {

class FramedDecoder : public Decoder {
 public:
  void decode(const RawMessage& message, MessageSink& sink) final;

 protected:
  // How a message ended, apart from errors (fields_) and staged events (stage_).
  enum class Ending : uint8_t { read, control, no_event, unknown };

  FramedDecoder(Instruments& instruments, SourceId source)
      : instruments_(instruments), source_(source) {}

  virtual Ending read_object(JsonObject& object) = 0;
  virtual Ending read_array(JsonArray& array) = 0;
  // A message that is neither an object nor an array. Missing: not one of the venue's.
  virtual std::optional<Ending> read_plain(std::string_view) { return std::nullopt; }
  // The message before this call was read without error: what it taught may be kept.
  virtual void accepted() {}

  Ending skip(std::string_view name) {
    channel_ = name;
    return Ending::no_event;
  }
  // The instrument as the venue describes it replaces what is known when the message is accepted.
  void list(Instrument listing, Instant at, std::string_view status);
  // A part of this message could not be turned into events though the others were: reported, while
  // the message itself is counted by its events.
  void report_part(Fault fault, std::string what, std::string_view where) {
    if (!part_) part_ = Error{fault, std::move(what), std::string(where)};
  }

  // t + d, or a fault where that leaves the range of Instant.
  Instant plus(Instant t, Duration d, std::string_view key) {
    int64_t sum = 0;
    if (__builtin_add_overflow(t.ns(), d.ns(), &sum))
      fields_.fail(Fault::out_of_range, "beyond the year 2262", key);
    return Instant::ns(sum);
  }

  FieldReader fields_;
  Stage stage_;
  Instruments& instruments_;
  Instant received_;
  std::string_view
      channel_;  // what the counts call this message; the text lives until the next one

 private:
  Ending read(std::string_view bytes);
  void walk(simdjson::ondemand::document& document, bool is_object);
  static void count(DecodeCounts::ByName& names, std::string_view name);

  const SourceId source_;
  simdjson::ondemand::parser parser_;
  std::vector<Instrument> listings_;
  std::optional<Error> part_;
};

// Calls visit(JsonKey, JsonValue&) for every field in the order of the wire, until one fails. For
// objects whose keys are too long for key_code alone: is_key compares the others.
template <class Visit>
void each_key(JsonObject& object, FieldReader& fields, Visit visit) {
  if (!fields.ok()) return;
  for (auto entry : object) {
    if (entry.error() != simdjson::SUCCESS) return fields.fail(Fault::malformed, "broken JSON");
    simdjson::ondemand::field&& field = std::move(entry).value_unsafe();
    visit(field.key(), field.value());
    if (!fields.ok()) return;
  }
}
// `name` has no quote and no escape. Reads no further than the key does.
inline bool is_key(JsonKey key, std::string_view name) {
  const char* at = key.raw();
  for (const char c : name) {
    if (*at++ != c) return false;
  }
  return *at == '"';
}

inline std::string_view key_text(JsonKey key) {
  const char* end = key.raw();
  while (*end != '"') end += *end == '\\' ? 2 : 1;
  return {key.raw(), static_cast<size_t>(end - key.raw())};
}

// Calls visit(JsonObject&) for every object of an array of objects.
template <class Visit>
void each_object(JsonArray& array, FieldReader& fields, std::string_view what, Visit visit) {
  if (!fields.ok()) return;
  for (auto entry : array) {
    JsonObject object;
    if (entry.get_object().get(object) != simdjson::SUCCESS)
      return fields.fail(Fault::malformed, "not an object", what);
    visit(object);
    if (!fields.ok()) return;
  }
}

// A request's path and query, "/api/v5/market/books?instId=BTC-USDT", with or without the host.
std::string_view request_path(std::string_view request);
std::string_view request_query(std::string_view request, std::string_view key);

}  // namespace delever::codec
