// A request's JSON as a tree that keeps each number as the text it was written in, so that prices
// and sizes are read exactly. Hostile input is refused: 32 levels, 20,000 values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace delever::gateways {

class JsonTree {
 public:
  enum class Kind : uint8_t { null, boolean, number, text, list, object };
  static Result<JsonTree> parse(std::string_view json);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::null; }
  // A string's content; a number or a boolean as written; empty for all else.
  std::string_view text() const { return text_; }
  // What stands in a tree that goes away is handed over.
  const std::vector<JsonTree>& items() const& { return items_; }
  std::vector<JsonTree> items() && { return std::move(items_); }
  const std::vector<std::pair<std::string, JsonTree>>& members() const { return members_; }
  // Of an object; where it lacks the name, a null.
  const JsonTree& operator[](std::string_view name) const&;
  JsonTree operator[](std::string_view name) && { return std::as_const(*this)[name]; }
  // The text under a name; missing, null and nested: nothing.
  std::optional<std::string_view> maybe(std::string_view name) const;
  std::string_view text(std::string_view name) const { return maybe(name).value_or(""); }
  std::optional<int64_t> integer(std::string_view name) const;
  std::optional<bool> boolean(std::string_view name) const;  // "true" in quotes counts too

 private:
  struct Reader;
  Kind kind_ = Kind::null;
  std::string text_;
  std::vector<JsonTree> items_;
  std::vector<std::pair<std::string, JsonTree>> members_;
};

}  // namespace delever::gateways
