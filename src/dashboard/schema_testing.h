// As much of JSON Schema as web/openapi.json uses: whether a value is what a schema says.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

namespace delever::dashboard {

class Schemas {
 public:
  explicit Schemas(const nlohmann::json& document) : document_(document) {}

  // Empty: it is; else where it is not, and why.
  std::string fault(const nlohmann::json& value, const nlohmann::json& schema,
                    const std::string& at = "$") const {
    if (schema.contains("$ref")) {
      const auto pointer = schema["$ref"].get<std::string>().substr(1);
      return fault(value, document_.at(nlohmann::json::json_pointer(pointer)), at);
    }
    if (schema.contains("oneOf")) {
      std::string all;
      for (const auto& one : schema["oneOf"]) {
        const std::string why = fault(value, one, at);
        if (why.empty()) return "";
        all += "\n  or " + why;
      }
      return at + " fits none:" + all;
    }
    if (schema.contains("type") && !has_type(value, schema["type"]))
      return at + " is " + value.type_name() + ", not " + schema["type"].dump();
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
      return at + " is " + value.dump();
    if (value.is_object()) return fault_of_object(value, schema, at);
    if (!value.is_array() || !schema.contains("items")) return "";
    for (size_t i = 0; i < value.size(); ++i) {
      std::string why = fault(value[i], schema["items"], at + "[" + std::to_string(i) + "]");
      if (!why.empty()) return why;
    }
    return "";
  }

 private:
  std::string fault_of_object(const nlohmann::json& value, const nlohmann::json& schema,
                              const std::string& at) const {
    for (const auto& name : schema.value("required", nlohmann::json::array())) {
      if (!value.contains(name.get<std::string>())) return at + " lacks " + name.dump();
    }
    const auto properties = schema.value("properties", nlohmann::json::object());
    for (const auto& [name, part] : value.items()) {
      std::string why;
      if (properties.contains(name))
        why = fault(part, properties[name], at + "." + name);
      else if (schema.contains("additionalProperties") &&
               schema["additionalProperties"].is_object())
        why = fault(part, schema["additionalProperties"], at + "." + name);
      else if (schema.value("additionalProperties", nlohmann::json(true)) == false)
        why = at + " has " + name + ", which is not described";
      if (!why.empty()) return why;
    }
    return "";
  }

  static bool has_type(const nlohmann::json& value, const nlohmann::json& type) {
    if (type.is_array()) {
      return std::any_of(type.begin(), type.end(),
                         [&](const nlohmann::json& one) { return has_type(value, one); });
    }
    if (type == "number") return value.is_number();
    if (type == "integer") return value.is_number_integer();
    if (type == "null") return value.is_null();
    return type == std::string(value.type_name());
  }

  const nlohmann::json& document_;
};

}  // namespace delever::dashboard
