// FlatObject: the fields of one JSON object, gathered in one pass, for messages whose fields come
// in any order and are mostly optional. Faults go to a FieldReader with the name of the field;
// absent, null and "" all mean that the venue did not say. Nested values are looked up in the
// JsonObject itself afterwards (child, each_in).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "codec/json.h"

namespace delever::codec {

class FlatObject {
 public:
  explicit FlatObject(FieldReader& faults) : faults_(faults) {}

  // Walks the whole object, so that broken structure anywhere inside is found here, and leaves it
  // at its beginning.
  void read(JsonObject& object) {
    walk(object);
    if (faults_.ok() && object.reset().error() != simdjson::SUCCESS)
      faults_.fail(Fault::malformed, "not JSON");
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
    return faults_.fixed<T>(*found, key, precision);
  }
  template <class T>
  T fixed(std::string_view key, Precision precision = Precision::exact) {
    const std::string_view found = text(key);
    return faults_.ok() ? faults_.fixed<T>(found, key, precision) : T();
  }
  std::optional<double> maybe_double(std::string_view key);
  std::optional<int64_t> maybe_integer(std::string_view key);
  int64_t integer(std::string_view key);
  std::optional<bool> maybe_bool(std::string_view key);
  Instant ms(std::string_view key) {
    const int64_t value = integer(key);
    return faults_.ok() ? faults_.from_ms(value, key) : Instant();
  }
  // 0 and negative epoch numbers mean "none" on every venue.
  std::optional<Instant> maybe_ms(std::string_view key) {
    const auto value = maybe_integer(key);
    if (!value || *value <= 0) return std::nullopt;
    return faults_.from_ms(*value, key);
  }
  FieldReader& faults() { return faults_; }

 private:
  struct Field {
    std::string_view key, token;
  };  // strings keep their quotes
  const Field* find(std::string_view key) const;
  bool starts_with(std::string_view key, char c) const {
    const Field* field = find(key);
    return field && field->token.front() == c;
  }

  FieldReader& faults_;
  std::vector<Field> fields_;
};

// The object under `key`. Absent or of another type: a fault. Neither this nor what follows looks
// into an object once there is a fault: after broken JSON simdjson's iterators point nowhere.
JsonObject child(JsonObject& parent, std::string_view key, FieldReader& faults);

// Calls use(JsonValue) for each element until a fault.
template <class Use>
void each(JsonArray array, FieldReader& faults, std::string_view key, Use use) {
  for (auto element : array) {
    JsonValue value;
    if (element.get(value) != simdjson::SUCCESS)
      return faults.fail(Fault::malformed, "not JSON", key);
    use(value);
    if (!faults.ok()) return;
  }
}
template <class Use>
void each_in(JsonObject& parent, std::string_view key, FieldReader& faults, Use use) {
  if (!faults.ok()) return;
  JsonArray array;
  if (parent.find_field_unordered(key).get_array().get(array) != simdjson::SUCCESS)
    return faults.fail(Fault::malformed, "not an array", key);
  each(array, faults, key, use);
}
// The same where every element must be an object; `row` is filled from it first.
template <class Use>
void each_row(JsonObject& parent, std::string_view key, FlatObject& row, Use use) {
  FieldReader& faults = row.faults();
  each_in(parent, key, faults, [&](JsonValue value) {
    JsonObject object;
    if (value.get_object().get(object) != simdjson::SUCCESS)
      return faults.fail(Fault::malformed, "holds something other than objects", key);
    row.read(object);
    if (faults.ok()) use(object);
  });
}

}  // namespace delever::codec
