// FlatObject: the fields of one JSON object, gathered in one pass, for messages whose fields come
// in any order and are mostly optional. Faults go to a FieldReader with the name of the field;
// absent, null and "" all mean that the venue did not say. Nested values are looked up in the
// JsonObject itself afterwards (child, each_row).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "codec/json.h"

namespace delever::codec {

class FlatObject {
 public:
  explicit FlatObject(FieldReader& reader) : reader_(reader) {}

  // Walks the whole object, so that broken structure anywhere inside is found here, and leaves it
  // at its beginning.
  void read(JsonObject& object) {
    walk(object);
    reader_.rewind(object);
  }
  void walk(JsonObject& object);  // the same, leaving it at its end

  bool has(std::string_view key) const { return find(key) != nullptr; }
  bool is_array(std::string_view key) const { return starts_with(key, '['); }
  bool is_object(std::string_view key) const { return starts_with(key, '{'); }

  std::optional<std::string_view> maybe_text(std::string_view key);
  std::string_view text(std::string_view key);
  // A name that goes into our tables: 1 to 64 printable characters without quotes or escapes.
  std::string_view symbol(std::string_view key);

  template <class T>
  std::optional<T> maybe(std::string_view key, Precision precision = Precision::exact) {
    const auto found = maybe_text(key);
    if (!found) return std::nullopt;
    return reader_.fixed<T>(*found, key, precision);
  }
  template <class T>
  T fixed(std::string_view key, Precision precision = Precision::exact) {
    const std::string_view found = text(key);
    return reader_.ok() ? reader_.fixed<T>(found, key, precision) : T();
  }
  std::optional<double> maybe_double(std::string_view key) {
    return reader_.maybe_double(maybe_text(key), key);
  }
  std::optional<int64_t> maybe_integer(std::string_view key) {
    return reader_.maybe_integer(maybe_text(key), key);
  }
  int64_t integer(std::string_view key) {
    const auto found = maybe_integer(key);
    reader_.require(found.has_value(), key);
    return found.value_or(0);
  }
  uint64_t count(std::string_view key) {  // update ids
    const int64_t number = integer(key);
    if (number < 0) reader_.fail(Fault::malformed, "negative", key);
    return static_cast<uint64_t>(number);
  }
  std::optional<bool> maybe_bool(std::string_view key);
  Instant ms(std::string_view key) {
    const int64_t value = integer(key);
    return reader_.ok() ? reader_.from_ms(value, key) : Instant();
  }
  // 0 and negative epoch numbers mean "none" on every venue.
  std::optional<Instant> maybe_ms(std::string_view key) {
    const auto value = maybe_integer(key);
    if (!value || *value <= 0) return std::nullopt;
    return reader_.from_ms(*value, key);
  }
  FieldReader& fields() { return reader_; }

 private:
  struct Field {
    std::string_view key, token;
  };  // strings keep their quotes
  const Field* find(std::string_view key) const;
  bool starts_with(std::string_view key, char c) const {
    const Field* field = find(key);
    return field && field->token.front() == c;
  }

  FieldReader& reader_;
  std::vector<Field> fields_;
};

// The object under `key`. Absent or of another type: a fault. Neither this nor what follows looks
// into an object once there is a fault: after broken JSON simdjson's iterators point nowhere.
inline JsonObject child(JsonObject& parent, std::string_view key, FieldReader& fields) {
  JsonObject object;
  fields.require(fields.find(parent, key, object), key);
  return object;
}

// Every element must be an object; `row` is filled from it first.
template <class Use>
void each_row(JsonObject& parent, std::string_view key, FlatObject& row, Use use) {
  FieldReader& fields = row.fields();
  JsonArray array;
  fields.require(fields.find(parent, key, array), key);
  each_object(array, fields, key, [&](JsonObject& object) {
    row.read(object);
    if (fields.ok()) use(object);
  });
}

}  // namespace delever::codec
