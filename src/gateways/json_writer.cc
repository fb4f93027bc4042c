#include "gateways/json_writer.h"

#include <utility>

#include "base/check.h"
#include "gateways/json_text.h"

namespace delever::gateways {

void JsonWriter::comma(std::string_view name) {
  if (!first_) out_ += ',';
  first_ = false;
  if (name.empty()) return;
  out_ += '"';
  out_ += name;
  out_ += "\":";
}
void JsonWriter::quoted(std::string_view value) { append_text(out_, value); }

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
  append_text(out, text);
  return out;
}

}  // namespace delever::gateways
