#include "gateways/parameters.h"

#include <algorithm>

#include "base/text.h"

namespace delever::gateways {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? digit(text[i + 1]) : -1;
    const int low = high >= 0 ? digit(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

Parameters Parameters::of_query(std::string_view query) {
  Parameters out;
  if (query.starts_with('?')) query.remove_prefix(1);
  if (query.empty()) return out;
  for (const std::string_view field : split(query, '&')) {
    const size_t at = field.find('=');
    if (at == field.npos || at == 0) continue;
    out.set(decoded(field.substr(0, at)), decoded(field.substr(at + 1)));
  }
  return out;
}

Parameters Parameters::of_object(const JsonTree& object) {
  Parameters out;
  out.fields_.reserve(object.members().size());
  for (const auto& [name, value] : object.members()) out.set(name, std::string(value.text()));
  return out;
}

std::string_view Parameters::operator[](std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (key == name) return value;
  }
  return {};
}

bool Parameters::is_true(std::string_view name) const {
  const std::string_view text = (*this)[name];
  return text == "true" || text == "True" || text == "1";
}

std::optional<int64_t> Parameters::whole(std::string_view name) const {
  return read_int((*this)[name]);
}

size_t Parameters::count(std::string_view name, size_t usual, size_t most) const {
  const auto asked = whole(name);
  if (!asked) return usual;
  return static_cast<size_t>(std::clamp<int64_t>(*asked, 1, static_cast<int64_t>(most)));
}

}  // namespace delever::gateways
