// Reading venue JSON with simdjson on demand, without exceptions: a FieldReader remembers the first
// thing that went wrong and the decoder asks once, at the end of a message. Numbers are read from
// their text, quoted or not, and never pass through a double on their way to an exact type.
#pragma once

#include <simdjson.h>

#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/time.h"
#include "market/units.h"

namespace delever::codec {

using JsonObject = simdjson::ondemand::object;
using JsonArray = simdjson::ondemand::array;
using JsonValue = simdjson::ondemand::value;
using JsonKey = simdjson::ondemand::raw_json_string;

// A key of one to seven characters as one number, so that a message can be read in one pass with a
// switch. Longer keys are 0. A key holding an escape is never equal to one without.
constexpr uint64_t key_code(std::string_view key) {
  if (key.size() > 7) return 0;
  uint64_t code = 0;
  for (size_t i = 0; i < key.size(); ++i)
    code |= static_cast<uint64_t>(static_cast<uint8_t>(key[i])) << (8 * i);
  return code;
}
inline uint64_t key_code_at(const char* key) {  // up to the quote
  uint64_t bytes = 0;
  std::memcpy(&bytes, key, sizeof(bytes));  // padding follows every message
  constexpr uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
  const uint64_t quote = bytes ^ (ones * '"');
  const uint64_t zero = (quote - ones) & ~quote & tops;  // lowest set bit: the first '"'
  if (zero == 0) return 0;
  return bytes & ((uint64_t{1} << (std::countr_zero(zero) & ~7)) - 1);
}
inline uint64_t key_code(JsonKey key) { return key_code_at(key.raw()); }

// The digits at `p`, eight at a time and without a branch for each. `count` is how many there are,
// 8 meaning 8 or more.
struct ScannedDigits {
  uint64_t value = 0;
  unsigned count = 0;
};
inline ScannedDigits scan_digits(const char* p) {
  uint64_t digits = 0;
  std::memcpy(
      &digits, p,
      sizeof(digits));  // little-endian: the first digit in the lowest byte; padding follows
  digits ^= 0x3030303030303030;
  const uint64_t other = ((digits + 0x7676767676767676) | digits) & 0x8080808080808080;
  const unsigned count = other == 0 ? 8 : static_cast<unsigned>(std::countr_zero(other)) / 8;
  if (count == 0) return {};
  digits <<= 64 - 8 * count;             // as if zeros stood before them
  digits = digits * 10 + (digits >> 8);  // pairs
  digits = ((digits & 0x000000FF000000FF) * (100 + (uint64_t{1000000} << 32)) +
            ((digits >> 16) & 0x000000FF000000FF) * (1 + (uint64_t{10000} << 32))) >>
           32;
  return {digits & 0xFFFFFFFF, count};
}

constexpr std::array<int64_t, 19> kPowersOfTen = [] {
  std::array<int64_t, 19> all{};
  all[0] = 1;
  for (size_t i = 1; i < all.size(); ++i) all[i] = all[i - 1] * 10;
  return all;
}();

// A plain decimal from its text, without a look at its end first: units of 10^-scale_digits, digits
// written after the point, and where it ended. What is not plain (exponent, more than 18 digits,
// finer than the scale) is left to read_decimal: `end` is nullptr. A loop here, unlike above: the
// lengths of prices are guessed well, and the next number need not wait for this one (measured on
// depth messages: 41 ms with the loop, 55 ms with scan_digits).
struct ScannedDecimal {
  int64_t units = 0;
  const char* end = nullptr;
  uint8_t digits = 0;
};
inline ScannedDecimal scan_decimal(const char* p, int scale_digits) {
  const auto digit = [](char c) { return static_cast<unsigned>(c) - '0'; };
  const bool negative = *p == '-';
  p += negative;
  const char* const first = p;
  uint64_t all = 0;
  for (unsigned d = digit(*p); d < 10; d = digit(*++p)) all = all * 10 + d;
  const auto whole = p - first;
  long after = 0;
  if (*p == '.') {
    const char* const fraction = ++p;
    for (unsigned d = digit(*p); d < 10; d = digit(*++p)) all = all * 10 + d;
    after = p - fraction;
    if (after == 0) return {};
  }
  if (whole == 0 || whole + after > 18 || after > scale_digits) return {};
  int64_t units = 0;
  const int64_t weight = kPowersOfTen[static_cast<size_t>(scale_digits - after)];
  if (__builtin_mul_overflow(static_cast<int64_t>(all), weight, &units)) return {};
  return {negative ? -units : units, p, static_cast<uint8_t>(after)};
}

// A whole number that ends where a JSON value may end, up to sixteen digits; nullopt leaves it to
// others.
struct ScannedWhole {
  int64_t value = 0;
  const char* end = nullptr;
};
inline ScannedWhole scan_whole(const char* p) {
  const ScannedDigits high = scan_digits(p);
  if (high.count == 0 || (high.count > 1 && *p == '0')) return {};
  p += high.count;
  auto value = static_cast<int64_t>(high.value);
  if (high.count == 8) {
    const ScannedDigits low = scan_digits(p);
    p += low.count;
    value = value * kPowersOfTen[low.count] + static_cast<int64_t>(low.value);
  }
  if (*p != ',' && *p != '}' && *p != ']') return {};
  return {value, p};
}

// What stands between the quotes, from behind the first: the tokenizer has found the closing one.
// Escapes stay as they are (numbers, ids and symbols have none).
inline std::string_view until_quote(const char* begin) {
  const char* end = begin;
  while (*end != '"') end += *end == '\\' ? 2 : 1;
  return {begin, static_cast<size_t>(end - begin)};
}
inline std::string_view key_text(JsonKey key) { return until_quote(key.raw()); }

// `name` has no quote and no escape. Reads no further than the key does.
inline bool is_key(JsonKey key, std::string_view name) {
  const char* at = key.raw();
  for (const char c : name) {
    if (*at++ != c) return false;
  }
  return *at == '"';
}

class FieldReader {
 public:
  bool ok() const { return !error_; }
  const Error& error() const { return *error_; }
  void reset() { error_.reset(); }
  void fail(Fault fault, std::string what, std::string_view key = {}) {
    if (!error_) error_ = Error{fault, std::move(what), std::string(key)};
  }

  // Text of a number or string as it stands on the wire, without quotes; escapes are not undone
  // (numbers, ids and symbols have none). Empty and failed when the key is absent, null, or neither
  // string nor number.
  std::string_view text(JsonObject& object, std::string_view key) {
    const auto found = maybe_text(object, key);
    if (!found) fail(Fault::malformed, "missing", key);
    return found.value_or(std::string_view{});
  }
  void require(bool present, std::string_view key) {
    if (!present) fail(Fault::malformed, "missing", key);
  }
  std::optional<std::string_view> maybe_text(JsonObject& object, std::string_view key) {
    JsonValue value;
    if (!find(object, key, value)) return std::nullopt;
    return text_of(value, key);
  }
  // Every look into an object goes through here: after broken JSON simdjson must not be asked
  // again.
  bool find(JsonObject& object, std::string_view key, JsonValue& value) {
    if (!ok()) return false;
    const auto error = object.find_field_unordered(key).get(value);
    if (error != simdjson::SUCCESS && error != simdjson::NO_SUCH_FIELD)
      fail(Fault::malformed, "broken JSON", key);
    return error == simdjson::SUCCESS;
  }
  bool find(JsonObject& object, std::string_view key, JsonArray& array) {
    JsonValue value;
    if (!find(object, key, value)) return false;
    if (value.get_array().get(array) != simdjson::SUCCESS)
      fail(Fault::malformed, "not a list", key);
    return ok();
  }
  bool find(JsonObject& object, std::string_view key, JsonObject& inner) {
    JsonValue value;
    if (!find(object, key, value)) return false;
    if (value.get_object().get(inner) != simdjson::SUCCESS)
      fail(Fault::malformed, "not an object", key);
    return ok();
  }
  // Back to the first field.
  bool rewind(JsonObject& object) {
    if (ok() && object.reset().error() != simdjson::SUCCESS) fail(Fault::malformed, "broken JSON");
    return ok();
  }
  // The same for a value at hand (array elements).
  std::optional<std::string_view> text_of(JsonValue value, std::string_view key) {
    if (!ok()) return std::nullopt;
    simdjson::ondemand::json_type type;
    if (value.type().get(type) != simdjson::SUCCESS) {
      fail(Fault::malformed, "not JSON", key);
      return std::nullopt;
    }
    if (type == simdjson::ondemand::json_type::string) {
      simdjson::ondemand::raw_json_string raw;
      if (value.get_raw_json_string().get(raw) == simdjson::SUCCESS) {
        return until_quote(raw.raw());
      }
    } else if (type == simdjson::ondemand::json_type::number) {
      const std::string_view token = trimmed(value.raw_json_token());
      if (value.get_int64().error() == simdjson::SUCCESS ||
          value.get_double().error() == simdjson::SUCCESS)
        return token;
    } else if (type == simdjson::ondemand::json_type::null) {
      return std::nullopt;
    }
    fail(Fault::malformed, "neither text nor number", key);
    return std::nullopt;
  }

  // A value at hand that must be there: text, number, whole number, time.
  std::string_view text(JsonValue& value, std::string_view key) {
    JsonKey raw;
    if (value.get_raw_json_string().get(raw) == simdjson::SUCCESS) return until_quote(raw.raw());
    const char* const token = value.raw_json_token().data();
    if (const char* end = scan_whole(token).end) return {token, static_cast<size_t>(end - token)};
    const auto found = text_of(value, key);
    if (!found) fail(Fault::malformed, "null", key);
    return found.value_or(std::string_view{});
  }
  template <class T>
  T fixed(JsonValue& value, std::string_view key, Precision precision = Precision::exact) {
    JsonKey raw;  // the usual case first: a plain decimal in quotes
    if (value.get_raw_json_string().get(raw) == simdjson::SUCCESS) {
      const ScannedDecimal scanned = scan_decimal(raw.raw(), T::digits);
      if (scanned.end && *scanned.end == '"') return T::raw(scanned.units);
      return fixed<T>(until_quote(raw.raw()), key, precision);
    }
    const auto found = text_of(value, key);
    if (!found) fail(Fault::malformed, "null", key);
    return found ? fixed<T>(*found, key, precision) : T();
  }
  template <class T>
  std::optional<T> maybe(JsonValue& value, std::string_view key,
                         Precision precision = Precision::exact) {
    const auto found = text_of(value, key);
    if (!found || found->empty()) return std::nullopt;
    return fixed<T>(*found, key, precision);
  }
  std::optional<double> maybe_double(JsonValue& value, std::string_view key) {
    return maybe_double(text_of(value, key), key);
  }
  int64_t integer(JsonValue& value, std::string_view key) {
    if (const ScannedWhole whole = scan_whole(value.raw_json_token().data()); whole.end)
      return whole.value;
    int64_t number = 0;
    if (value.get_int64().get(number) == simdjson::SUCCESS) return number;
    const auto quoted = read_int(text(value, key));
    if (!quoted) fail(Fault::malformed, "not a whole number", key);
    return quoted.value_or(0);
  }
  uint64_t count(JsonValue& value, std::string_view key) {  // update ids
    const int64_t number = integer(value, key);
    if (number < 0) fail(Fault::malformed, "negative", key);
    return static_cast<uint64_t>(number);
  }
  bool boolean(JsonValue& value, std::string_view key) {
    bool truth = false;
    if (value.get_bool().get(truth) != simdjson::SUCCESS)
      fail(Fault::malformed, "not true or false", key);
    return truth;
  }
  Instant ms(JsonValue& value, std::string_view key) { return from_ms(integer(value, key), key); }

  template <class T>
  T fixed(std::string_view text, std::string_view key, Precision precision = Precision::exact) {
    auto read = T::parse(text, precision);
    if (read.has_value()) return read.value();
    if (!error_) error_ = std::move(read.error()).at(key);
    return T();
  }
  // Required; and optional, where absent, null and "" mean that the venue did not say.
  template <class T>
  T fixed(JsonObject& object, std::string_view key, Precision precision = Precision::exact) {
    const std::string_view found = text(object, key);
    return ok() ? fixed<T>(found, key, precision) : T();
  }
  template <class T>
  std::optional<T> maybe(JsonObject& object, std::string_view key,
                         Precision precision = Precision::exact) {
    const auto found = maybe_text(object, key);
    if (!found || found->empty()) return std::nullopt;
    return fixed<T>(*found, key, precision);
  }
  std::optional<double> maybe_double(JsonObject& object, std::string_view key) {
    return maybe_double(maybe_text(object, key), key);
  }
  int64_t integer(JsonObject& object, std::string_view key) {
    const auto value = read_int(text(object, key));
    if (!value) fail(Fault::malformed, "not a whole number", key);
    return value.value_or(0);
  }
  std::optional<int64_t> maybe_integer(JsonObject& object, std::string_view key) {
    return maybe_integer(maybe_text(object, key), key);
  }
  // Of a text, which is missing or empty where the venue did not say.
  std::optional<double> maybe_double(std::optional<std::string_view> found, std::string_view key) {
    if (!found || found->empty()) return std::nullopt;
    const auto value = read_double(*found);
    if (!value) fail(Fault::malformed, "not a finite number", key);
    return value;
  }
  std::optional<int64_t> maybe_integer(std::optional<std::string_view> found,
                                       std::string_view key) {
    if (!found || found->empty()) return std::nullopt;
    const auto value = read_int(*found);
    if (!value) fail(Fault::malformed, "not a whole number", key);
    return value;
  }
  std::optional<bool> maybe_bool(JsonObject& object, std::string_view key) {
    JsonValue value;
    bool truth = false;
    if (!find(object, key, value) || value.get_bool().get(truth) != simdjson::SUCCESS)
      return std::nullopt;
    return truth;
  }
  Instant ms(JsonObject& object, std::string_view key) {
    return from_ms(integer(object, key), key);
  }
  std::optional<Instant> maybe_ms(JsonObject& object, std::string_view key) {
    const auto value = maybe_integer(object, key);
    if (!value || *value == 0) return std::nullopt;
    return from_ms(*value, key);
  }
  // Times that are beyond the calendar in milliseconds are taken for microseconds.
  void take_microseconds_too() { microseconds_too_ = true; }
  Instant from_ms(int64_t value, std::string_view key) {
    if (value >= 0 && value < 9'000'000'000'000)
      return Instant::ns(value * 1'000'000);  // to the year 2255
    auto instant = Instant::from_ms(value);
    if (!instant.has_value() && microseconds_too_) instant = Instant::from_us(value);
    if (instant.has_value()) return instant.value();
    fail(Fault::out_of_range, "beyond the years 1677 to 2262", key);
    return {};
  }

 private:
  std::optional<Error> error_;
  bool microseconds_too_ = false;
};

// Calls visit(JsonKey, JsonValue&) for every field in the order of the wire, until one fails.
template <class Visit>
void each_key(JsonObject& object, FieldReader& fields, Visit visit) {
  if (!fields.ok()) return;
  for (auto entry : object) {
    if (entry.error() != simdjson::SUCCESS) return fields.fail(Fault::malformed, "broken JSON");
    // No copies of these structs: each would be stored in parts and loaded whole, which stalls the
    // processor.
    simdjson::ondemand::field&& field = std::move(entry).value_unsafe();
    visit(field.key(), field.value());
    if (!fields.ok()) return;
  }
}
// The same with the key as a number. Keys of more than seven letters have none: is_key compares
// them, or they are looked up by name.
template <class Visit>
void each_field(JsonObject& object, FieldReader& fields, Visit visit) {
  each_key(object, fields, [&](JsonKey key, JsonValue& value) { visit(key_code(key), value); });
}
inline std::vector<std::string_view> keys_of(JsonObject& object, FieldReader& fields) {
  std::vector<std::string_view> keys;
  each_key(object, fields, [&](JsonKey key, JsonValue&) { keys.push_back(key_text(key)); });
  fields.rewind(object);
  return keys;
}

// Calls use(JsonValue&) for each element until a fault.
template <class Use>
void each(JsonArray& array, FieldReader& fields, std::string_view key, Use use) {
  if (!fields.ok()) return;
  for (auto element : array) {
    JsonValue value;
    if (element.get(value) != simdjson::SUCCESS)
      return fields.fail(Fault::malformed, "broken JSON", key);
    use(value);
    if (!fields.ok()) return;
  }
}
template <class Use>
void each_in(JsonObject& parent, std::string_view key, FieldReader& fields, Use use) {
  JsonArray array;
  fields.require(fields.find(parent, key, array), key);
  each(array, fields, key, use);
}
// The same where every element must be an object: use(JsonObject&).
template <class Use>
void each_object(JsonArray& array, FieldReader& fields, std::string_view key, Use use) {
  each(array, fields, key, [&](JsonValue& value) {
    JsonObject object;
    if (value.get_object().get(object) != simdjson::SUCCESS)
      return fields.fail(Fault::malformed, "not an object", key);
    use(object);
  });
}

}  // namespace delever::codec
