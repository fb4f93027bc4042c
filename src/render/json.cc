#include "render/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/check.h"

namespace delever::render {
namespace {

void write_text(std::string& out, const std::string& text) {
  if (is_plain_json(text))
    out += '"' + text + '"';
  else
    out += escaped_json(text);
}

void write_number(std::string& out, double value) {
  char buffer[kJsonNumberMax];
  out.append(buffer, put_json_number(buffer, value));
}

template <class T>
void write_number(std::string& out, T value) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

void new_line(std::string& out, int indent, size_t depth) {
  if (indent < 0) return;
  out += '\n';
  out.append(static_cast<size_t>(indent) * depth, ' ');
}

}  // namespace

Json& Json::Object::add(std::string name, Json value) {
  names.push_back(std::move(name));
  return values.emplace_back(std::move(value));
}

char* put_json_number(char* to, double value) {
  if (value == 0) value = 0.0;  // -0.0 is one of them
  if (std::isfinite(value)) return nlohmann::detail::to_chars(to, to + kJsonNumberMax, value);
  constexpr std::string_view kNull = "null";
  return std::copy(kNull.begin(), kNull.end(), to);
}

// Eight bytes at a time: below a space, a quote, a backslash, 0x7f and what is above it.
bool is_plain_json(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101, kTops = kOnes * 0x80;
  const auto none = [](uint64_t word) { return (word - kOnes) & ~word & kTops; };  // a byte is 0
  const auto odd = [&](uint64_t word) {
    return ((word - kOnes * ' ') & ~word & kTops) | none(word ^ kOnes * '"') |
           none(word ^ kOnes * '\\') | none(word ^ kOnes * 0x7f) | (word & kTops);
  };
  const char* at = text.data();
  size_t left = text.size();
  for (; left >= 8; left -= 8, at += 8) {
    uint64_t word;
    std::memcpy(&word, at, sizeof word);
    if (odd(word) != 0) return false;
  }
  return std::all_of(at, at + left, [](char c) {
    return c >= ' ' && c < 0x7f && c != '"' && c != '\\';  // bytes above 0x7f are negative
  });
}

std::string escaped_json(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Json::Json(std::initializer_list<Json> parts) {
  const bool named = std::all_of(parts.begin(), parts.end(), [](const Json& part) {
    const auto* pair = std::get_if<Array>(&part.value_);
    return pair && pair->size() == 2 && std::holds_alternative<std::string>((*pair)[0].value_);
  });
  if (!named) {
    value_ = Array(parts);
    return;
  }
  Object members;
  members.names.reserve(parts.size());
  members.values.reserve(parts.size());
  for (const Json& part : parts) {
    const Array& pair = std::get<Array>(part.value_);
    members.add(std::get<std::string>(pair[0].value_), pair[1]);
  }
  value_ = std::move(members);
}

Json Json::object() {
  Json json;
  json.value_ = Object();
  return json;
}

Json Json::array() {
  Json json;
  json.value_ = Array();
  return json;
}

Json& Json::operator[](std::string_view name) {
  if (is_null()) value_ = Object();
  auto* members = std::get_if<Object>(&value_);
  CHECK(members);
  const auto found = std::find(members->names.begin(), members->names.end(), name);
  if (found == members->names.end()) return members->add(std::string(name), Json());
  return members->values[static_cast<size_t>(found - members->names.begin())];
}

void Json::push_back(Json item) {
  if (is_null()) value_ = Array();
  auto* items = std::get_if<Array>(&value_);
  CHECK(items);
  items->push_back(std::move(item));
}

void Json::update(Json members) {
  auto* added = std::get_if<Object>(&members.value_);
  CHECK(added);
  for (size_t i = 0; i < added->names.size(); ++i)
    (*this)[added->names[i]] = std::move(added->values[i]);
}

std::string Json::dump(int indent) const {
  std::string out;
  write(out, indent, 0);
  return out;
}

void Json::write(std::string& out, int indent, size_t depth) const {
  if (is_null()) {
    out += "null";
  } else if (const auto* truth = std::get_if<bool>(&value_)) {
    out += *truth ? "true" : "false";
  } else if (const auto* whole = std::get_if<int64_t>(&value_)) {
    write_number(out, *whole);
  } else if (const auto* count = std::get_if<uint64_t>(&value_)) {
    write_number(out, *count);
  } else if (const auto* number = std::get_if<double>(&value_)) {
    write_number(out, *number);
  } else if (const auto* text = std::get_if<std::string>(&value_)) {
    write_text(out, *text);
  } else if (const auto* items = std::get_if<Array>(&value_)) {
    out += '[';
    for (const Json& item : *items) {
      if (&item != items->data()) out += ',';
      new_line(out, indent, depth + 1);
      item.write(out, indent, depth + 1);
    }
    if (!items->empty()) new_line(out, indent, depth);
    out += ']';
  } else {
    const Object& members = std::get<Object>(value_);
    out += '{';
    for (size_t i = 0; i < members.names.size(); ++i) {
      if (i != 0) out += ',';
      new_line(out, indent, depth + 1);
      write_text(out, members.names[i]);
      out += indent < 0 ? ":" : ": ";
      members.values[i].write(out, indent, depth + 1);
    }
    if (!members.names.empty()) new_line(out, indent, depth);
    out += '}';
  }
}

}  // namespace delever::render
