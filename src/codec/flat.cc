#include "codec/flat.h"

#include <algorithm>

namespace delever::codec {
namespace {

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != '\\';
  });
}

}  // namespace

void FlatObject::walk(JsonObject& object) {
  fields_.clear();
  each_key(object, reader_, [&](JsonKey key, JsonValue& value) {
    const std::string_view token = trimmed(value.raw_json_token());
    if (token.empty()) return reader_.fail(Fault::malformed, "broken JSON");
    fields_.push_back({key_text(key), token});
  });
}

const FlatObject::Field* FlatObject::find(std::string_view key) const {
  if (!reader_.ok()) return nullptr;  // what is held may be of an earlier message, which is gone
  const auto found =
      std::find_if(fields_.begin(), fields_.end(), [&](const Field& f) { return f.key == key; });
  return found == fields_.end() ? nullptr : &*found;
}

std::optional<std::string_view> FlatObject::maybe_text(std::string_view key) {
  const Field* field = find(key);
  if (!field || field->token == "null") return std::nullopt;
  const char first = field->token.front();
  if (first == '"') {
    const std::string_view text = until_quote(field->token.data() + 1);
    if (text.empty()) return std::nullopt;
    return text;
  }
  if (first == '-' || (first >= '0' && first <= '9')) return field->token;
  reader_.fail(Fault::malformed, "neither text nor number", key);
  return std::nullopt;
}

std::string_view FlatObject::text(std::string_view key) {
  const auto found = maybe_text(key);
  if (!found) reader_.fail(Fault::malformed, "missing", key);
  return found.value_or(std::string_view());
}

std::string_view FlatObject::symbol(std::string_view key) {
  const std::string_view found = text(key);
  if (reader_.ok() && !is_name(found)) reader_.fail(Fault::malformed, "not a symbol", key);
  return found;
}

std::optional<bool> FlatObject::maybe_bool(std::string_view key) {
  const Field* field = find(key);
  if (!field || field->token == "null") return std::nullopt;
  if (field->token == "true") return true;
  if (field->token == "false") return false;
  reader_.fail(Fault::malformed, "neither true nor false", key);
  return std::nullopt;
}

}  // namespace delever::codec
