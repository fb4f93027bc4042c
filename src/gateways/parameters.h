// What a client asks with, flat: the fields of a query string or the members of a JSON object, each
// a name and a text. Numbers and booleans of JSON are their text as written; objects and lists
// inside are left out. A field that is null or empty counts as not given.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateways/json_tree.h"
#include "market/units.h"

namespace delever::gateways {

class Parameters {
 public:
  static Parameters of_query(std::string_view query);  // percent signs decoded, '+' a space
  static Parameters of_object(const JsonTree& object);

  std::string_view operator[](std::string_view name) const;  // empty: not given
  bool has(std::string_view name) const { return !(*this)[name].empty(); }
  bool is_true(std::string_view name) const;  // true, "true", "True" or 1
  // As many as a client asks for: `usual` where it does not say, never more than `most` or fewer
  // than one.
  size_t count(std::string_view name, size_t usual, size_t most) const;
  // Missing: not given, or no whole number.
  std::optional<int64_t> whole(std::string_view name) const;
  // Missing: not given. An error: given, and no number of this kind.
  template <class T>
  Result<std::optional<T>> fixed(std::string_view name) const {
    const std::string_view text = (*this)[name];
    if (text.empty()) return std::optional<T>();
    return std::optional<T>(TRY(T::parse(text)));
  }
  void set(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace delever::gateways
