#include "gateways/json_tree.h"

#include <simdjson.h>

#include "base/text.h"

namespace delever::gateways {
namespace {

constexpr int kDepthMost = 32;
constexpr size_t kValuesMost = 20'000;
const JsonTree kNull;

Error broken(std::string_view what) { return {Fault::malformed, std::string(what)}; }

}  // namespace

struct JsonTree::Reader {
  size_t values = 0;

  Result<void> read(simdjson::ondemand::value value, JsonTree& into, int depth) {
    if (depth > kDepthMost || ++values > kValuesMost) return broken("too deep or too long");
    simdjson::ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return broken("broken JSON");
    switch (type) {
      case simdjson::ondemand::json_type::object:
        return read_object(value, into, depth);
      case simdjson::ondemand::json_type::array:
        return read_list(value, into, depth);
      case simdjson::ondemand::json_type::string: {
        std::string_view text;
        if (value.get_string().get(text) != simdjson::SUCCESS) return broken("broken text");
        into.kind_ = Kind::text;
        into.text_ = text;
        return {};
      }
      case simdjson::ondemand::json_type::number: {
        simdjson::ondemand::number checked;
        const std::string_view token = trimmed(value.raw_json_token());
        if (value.get_number().get(checked) != simdjson::SUCCESS) return broken("broken number");
        into.kind_ = Kind::number;
        into.text_ = token;
        return {};
      }
      case simdjson::ondemand::json_type::boolean: {
        bool yes = false;
        if (value.get_bool().get(yes) != simdjson::SUCCESS) return broken("broken JSON");
        into.kind_ = Kind::boolean;
        into.text_ = yes ? "true" : "false";
        return {};
      }
      case simdjson::ondemand::json_type::null: {
        bool yes = false;
        if (value.is_null().get(yes) != simdjson::SUCCESS || !yes) return broken("broken JSON");
        return {};
      }
    }
    return broken("broken JSON");
  }

  Result<void> read_object(simdjson::ondemand::value value, JsonTree& into, int depth) {
    simdjson::ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return broken("broken object");
    into.kind_ = Kind::object;
    for (auto field : object) {
      simdjson::ondemand::value inner;
      std::string_view key;
      if (field.error() != simdjson::SUCCESS || field.unescaped_key().get(key) != simdjson::SUCCESS)
        return broken("broken object");
      std::string name(key);
      if (field.value().get(inner) != simdjson::SUCCESS) return broken("broken object");
      auto& member = into.members_.emplace_back(std::move(name), JsonTree());
      TRY(read(inner, member.second, depth + 1));
    }
    return {};
  }

  Result<void> read_list(simdjson::ondemand::value value, JsonTree& into, int depth) {
    simdjson::ondemand::array list;
    if (value.get_array().get(list) != simdjson::SUCCESS) return broken("broken list");
    into.kind_ = Kind::list;
    for (auto item : list) {
      simdjson::ondemand::value inner;
      if (item.get(inner) != simdjson::SUCCESS) return broken("broken list");
      TRY(read(inner, into.items_.emplace_back(), depth + 1));
    }
    return {};
  }
};

Result<JsonTree> JsonTree::parse(std::string_view json) {
  const simdjson::padded_string padded(json);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return broken("broken JSON");
  simdjson::ondemand::value value;
  if (document.get_value().get(value) != simdjson::SUCCESS)
    return broken("not an object or a list");
  JsonTree tree;
  TRY(Reader().read(value, tree, 0));
  const char* rest = nullptr;
  if (document.current_location().get(rest) == simdjson::SUCCESS)
    return broken("text behind the JSON");
  return tree;
}

const JsonTree& JsonTree::operator[](std::string_view name) const& {
  for (const auto& [key, value] : members_) {
    if (key == name) return value;
  }
  return kNull;
}
std::optional<std::string_view> JsonTree::maybe(std::string_view name) const {
  const JsonTree& found = (*this)[name];
  if (found.kind_ == Kind::null || found.kind_ == Kind::list || found.kind_ == Kind::object)
    return std::nullopt;
  return found.text_;
}
std::optional<int64_t> JsonTree::integer(std::string_view name) const {
  const auto found = maybe(name);
  return found ? read_int(*found) : std::nullopt;
}
std::optional<bool> JsonTree::boolean(std::string_view name) const {
  const auto found = maybe(name);
  if (found == "true") return true;
  if (found == "false") return false;
  return std::nullopt;
}

}  // namespace delever::gateways
