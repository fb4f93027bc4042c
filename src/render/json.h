// JSON out, in the order it is written. Numbers are the shortest text that reads back to the same
// number, never "-0"; a missing number is null, never 0 or NaN.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gauges/reading.h"

namespace delever::render {

class Json {
 public:
  Json() = default;  // null
  Json(std::nullptr_t) {}
  template <std::same_as<bool> T>
  Json(T value) : value_(value) {}
  template <std::signed_integral T>
  requires(!std::same_as<T, char>) Json(T value) : value_(static_cast<int64_t>(value)) {}
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) Json(T value) : value_(static_cast<uint64_t>(value)) {}
  Json(double value) : value_(value) {}
  Json(const char* text) : value_(std::string(text)) {}
  Json(std::string_view text) : value_(std::string(text)) {}
  Json(std::string text) : value_(std::move(text)) {}
  template <class T>
  Json(const std::vector<T>& list) : value_(Array(list.begin(), list.end())) {}
  template <class T>
  Json(const std::set<T>& list) : value_(Array(list.begin(), list.end())) {}
  template <class T>
  Json(const std::map<std::string, T>& members);  // an object
  // {{"name", 1}, {"list", Json::array()}}: an object where every part is a pair of a name and a
  // value, else an array.
  Json(std::initializer_list<Json> parts);

  static Json object();
  static Json array();

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  Json& operator[](std::string_view name);  // null becomes an object
  void push_back(Json item);                // null becomes an array
  void update(Json members);                // an object's, each replacing one of its name
  // An indent below 0: one line without spaces. Bytes that are not UTF-8 become U+FFFD, so that a
  // strange symbol cannot stop a report.
  std::string dump(int indent) const;

 private:
  using Array = std::vector<Json>;
  struct Object {  // two lists: a member with its value inside would need Json to be whole here
    std::vector<std::string> names;
    std::vector<Json> values;
    Json& add(std::string name, Json value);
  };
  void write(std::string& out, int indent, size_t depth) const;
  std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string, Array, Object> value_;
};

template <class T>
Json::Json(const std::map<std::string, T>& members) {
  Object all;
  for (const auto& [name, value] : members) all.add(name, Json(value));
  value_ = std::move(all);
}

inline Json json_or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

// The parts of it, for text that is written without a tree (render/text_buffer.h).
inline constexpr size_t kJsonNumberMax = 64;
char* put_json_number(char* to, double value);    // the place behind it; null: not finite
bool is_plain_json(std::string_view text);        // stands between quotes as it is
std::string escaped_json(std::string_view text);  // with its quotes

Json to_json(const gauges::Reading& reading);
inline std::string written_json(const Json& json) { return json.dump(2); }
inline std::string json_line(const Json& json) { return json.dump(-1); }

}  // namespace delever::render
