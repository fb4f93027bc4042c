#include "gateways/json_writer.h"

#include <fmt/format.h>

#include <utility>

#include "base/check.h"

namespace delever::gateways {
namespace {

void append_quoted(std::string& out, std::string_view value) {
  out += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace

void JsonWriter::comma(std::string_view name) {
  if (!first_) out_ += ',';
  first_ = false;
  if (name.empty()) return;
  out_ += '"';
  out_ += name;
  out_ += "\":";
}
void JsonWriter::quoted(std::string_view value) { append_quoted(out_, value); }

JsonWriter& JsonWriter::begin(std::string_view name, char brace) {
  CHECK(brace == '{' || brace == '[');
  comma(name);
  out_ += brace;
  closing_.push_back(brace == '{' ? '}' : ']');
  first_ = true;
  return *this;
}
JsonWriter& JsonWriter::close() {
  CHECK(!closing_.empty());
  out_ += closing_.back();
  closing_.pop_back();
  first_ = false;
  return *this;
}
JsonWriter& JsonWriter::text(std::string_view name, std::string_view value) {
  comma(name);
  quoted(value);
  return *this;
}
JsonWriter& JsonWriter::raw(std::string_view name, std::string_view value) {
  comma(name);
  out_ += value;
  return *this;
}
JsonWriter& JsonWriter::item(std::string_view value) {
  comma({});
  quoted(value);
  return *this;
}
JsonWriter& JsonWriter::raw_item(std::string_view value) {
  comma({});
  out_ += value;
  return *this;
}
std::string JsonWriter::take() {
  CHECK(closing_.empty());
  first_ = true;
  return std::exchange(out_, {});
}

std::string json_quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

}  // namespace delever::gateways
