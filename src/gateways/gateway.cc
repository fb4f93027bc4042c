#include "gateways/gateway.h"

#include <algorithm>

namespace delever::gateways {
namespace {

char low(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view Request::header(std::string_view name) const {
  if (!headers) return {};
  for (const auto& [key, value] : *headers) {
    if (std::equal(key.begin(), key.end(), name.begin(), name.end(),
                   [](char a, char b) { return low(a) == low(b); }))
      return value;
  }
  return {};
}

}  // namespace delever::gateways
