#include "gateways/binance/asked.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "gateways/json_writer.h"

namespace delever::gateways::binance {
namespace {

Refusal illegal(std::string_view name, std::string_view range) {
  return {-1100, fmt::format("Illegal characters found in parameter '{}'; legal range is '{}'.",
                             name, range)};
}

}  // namespace

std::string as_json(const JsonTree& id) {
  if (id.kind() == JsonTree::Kind::text) return json_quoted(id.text());
  return id.text().empty() ? "null" : std::string(id.text());
}

std::optional<int64_t> Asked::whole(std::string_view name) {
  if (!p_.has(name)) return std::nullopt;
  const auto value = read_int(p_[name]);
  if (!value || *value < 0) {
    refuse(illegal(name, "^[0-9]{1,20}$"));
    return std::nullopt;
  }
  return value;
}

std::optional<Instant> Asked::time(std::string_view name) {
  const auto ms = whole(name);
  if (!ms) return std::nullopt;
  // A time may be given in microseconds.
  const bool micro = *ms > 100'000'000'000'000;
  const auto at = micro ? Instant::from_us(*ms) : Instant::from_ms(*ms);
  if (!at.has_value()) {
    refuse(bad_parameter(name));
    return std::nullopt;
  }
  return at.value();
}

size_t Asked::limit(size_t usual, size_t most) {
  const auto asked = whole("limit");
  if (!asked) return usual;
  if (*asked < 1 || *asked > static_cast<int64_t>(most)) {
    refuse(bad_parameter("limit"));
    return usual;
  }
  return static_cast<size_t>(*asked);
}

bool Asked::flag(std::string_view name, bool usual) {
  if (!p_.has(name)) return usual;
  const std::string given = lower(p_[name]);
  if (given != "true" && given != "false") refuse(bad_parameter(name));
  return given == "true";
}

void Asked::refuse_number(std::string_view name, std::string_view given) {
  const bool digits = std::all_of(given.begin(), given.end(),
                                  [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  if (digits) return refuse({-1111, "Precision is over the maximum defined for this asset."});
  refuse(illegal(name, "^([0-9]{1,20})(\\.[0-9]{1,20})?$"));
}

}  // namespace delever::gateways::binance
