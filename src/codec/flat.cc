#include "codec/flat.h"

#include <algorithm>
#include <utility>

namespace delever::codec {
namespace {

// What stands between the quotes; the tokenizer has found the closing one. Escapes stay as they
// are.
std::string_view between_quotes(const char* begin) {
  const char* end = begin;
  while (*end != '"') end += *end == '\\' ? 2 : 1;
  return {begin, static_cast<size_t>(end - begin)};
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != '\\';
  });
}

}  // namespace

void FlatObject::walk(JsonObject& object) {
  fields_.clear();
  if (!faults_.ok()) return;
  for (auto entry : object) {
    simdjson::ondemand::field field;
    simdjson::ondemand::raw_json_string key;
    if (std::move(entry).get(field) != simdjson::SUCCESS)
      return faults_.fail(Fault::malformed, "not JSON");
    key = field.key();
    std::string_view token = trimmed(field.value().raw_json_token());
    if (token.empty()) return faults_.fail(Fault::malformed, "not JSON");
    fields_.push_back({between_quotes(key.raw()), token});
  }
}

const FlatObject::Field* FlatObject::find(std::string_view key) const {
  if (!faults_.ok()) return nullptr;  // what is held may be of an earlier message, which is gone
  const auto found =
      std::find_if(fields_.begin(), fields_.end(), [&](const Field& f) { return f.key == key; });
  return found == fields_.end() ? nullptr : &*found;
}

std::optional<std::string_view> FlatObject::maybe_text(std::string_view key) {
  const Field* field = find(key);
  if (!field || field->token == "null") return std::nullopt;
  const char first = field->token.front();
  if (first == '"') {
    const std::string_view text = between_quotes(field->token.data() + 1);
    if (text.empty()) return std::nullopt;
    return text;
  }
  if (first == '-' || (first >= '0' && first <= '9')) return field->token;
  faults_.fail(Fault::malformed, "neither text nor number", key);
  return std::nullopt;
}

std::string_view FlatObject::text(std::string_view key) {
  const auto found = maybe_text(key);
  if (!found) faults_.fail(Fault::malformed, "missing", key);
  return found.value_or(std::string_view());
}

std::string_view FlatObject::symbol(std::string_view key) {
  const std::string_view found = text(key);
  if (faults_.ok() && !is_name(found)) faults_.fail(Fault::malformed, "not a symbol", key);
  return found;
}

std::optional<double> FlatObject::maybe_double(std::string_view key) {
  const auto found = maybe_text(key);
  if (!found) return std::nullopt;
  const auto value = read_double(*found);
  if (!value) faults_.fail(Fault::malformed, "not a finite number", key);
  return value;
}

std::optional<int64_t> FlatObject::maybe_integer(std::string_view key) {
  const auto found = maybe_text(key);
  if (!found) return std::nullopt;
  const auto value = read_int(*found);
  if (!value) faults_.fail(Fault::malformed, "not a whole number", key);
  return value;
}

int64_t FlatObject::integer(std::string_view key) {
  const auto found = maybe_integer(key);
  if (!found) faults_.fail(Fault::malformed, "missing", key);
  return found.value_or(0);
}

std::optional<bool> FlatObject::maybe_bool(std::string_view key) {
  const Field* field = find(key);
  if (!field || field->token == "null") return std::nullopt;
  if (field->token == "true") return true;
  if (field->token == "false") return false;
  faults_.fail(Fault::malformed, "neither true nor false", key);
  return std::nullopt;
}

JsonObject child(JsonObject& parent, std::string_view key, FieldReader& faults) {
  JsonObject object;
  if (!faults.ok()) return object;
  if (parent.find_field_unordered(key).get_object().get(object) != simdjson::SUCCESS)
    faults.fail(Fault::malformed, "not an object", key);
  return object;
}

}  // namespace delever::codec
