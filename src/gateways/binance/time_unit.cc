#include "gateways/binance/time_unit.h"

#include <algorithm>

#include "gateways/parameters.h"

namespace delever::gateways::binance {

bool is_microsecond(std::string_view unit) {
  return unit == "MICROSECOND" || unit == "microsecond";
}

bool asks_microseconds(std::string_view target) {
  const size_t mark = target.find('?');
  return mark != target.npos &&
         is_microsecond(Parameters::of_query(target.substr(mark + 1))["timeUnit"]);
}

std::string in_microseconds(std::string_view json, bool candles) {
  constexpr size_t kDigits = 13;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string out;
  out.reserve(json.size() + 64);
  bool first = true;
  for (size_t i = 0; i < json.size();) {
    if (json[i] == '"') {  // a text, with whatever is escaped in it
      const size_t begin = i++;
      while (i < json.size() && json[i] != '"') i += json[i] == '\\' ? 2 : 1;
      i = std::min(i + 1, json.size());
      out += json.substr(begin, i - begin);
      continue;
    }
    if (!is_digit(json[i])) {
      out += json[i++];
      continue;
    }
    const size_t begin = i;
    while (i < json.size() && (is_digit(json[i]) || json[i] == '.')) ++i;
    const std::string_view number = json.substr(begin, i - begin);
    out += number;
    if (number.size() != kDigits || number.find('.') != number.npos) continue;
    out += candles && !first && number.ends_with("999") ? "999" : "000";
    first = false;
  }
  return out;
}

}  // namespace delever::gateways::binance
