// JSON written member by member onto a string: what a gateway answers with.
#pragma once

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>

namespace delever::gateways {

// What stands between the quotes of a JSON string. Bytes beyond ASCII go as they are.
inline void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
}

inline void append_text(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text);
  out += '"';
}

// One object; end() closes it.
class ObjectText {
 public:
  explicit ObjectText(std::string& out) : out_(out) { out_ += '{'; }
  ObjectText& text(std::string_view name, std::string_view value) {
    append_text(member(name), value);
    return *this;
  }
  // A whole number as a string, as venues send times and counts.
  ObjectText& digits(std::string_view name, int64_t value) {
    fmt::format_to(std::back_inserter(member(name)), "\"{}\"", value);
    return *this;
  }
  ObjectText& number(std::string_view name, int64_t value) {
    fmt::format_to(std::back_inserter(member(name)), "{}", value);
    return *this;
  }
  ObjectText& flag(std::string_view name, bool value) {
    return raw(name, value ? "true" : "false");
  }
  ObjectText& raw(std::string_view name, std::string_view json) {
    member(name) += json;
    return *this;
  }
  // What is appended to the string from here on is the member's value.
  std::string& member(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
    return out_;
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

// [f(x), f(x), ...]: `write` appends one element.
template <class Range, class Write>
void append_list(std::string& out, const Range& range, Write write) {
  out += '[';
  bool first = true;
  for (const auto& each : range) {
    if (!first) out += ',';
    first = false;
    write(each);
  }
  out += ']';
}

}  // namespace delever::gateways
