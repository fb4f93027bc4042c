// RestRequest: the setting "request" of a REST stream taken apart:
// "/v5/market/kline?category=linear&symbol=BTCUSDT", with or without the host.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/text.h"

namespace delever::codec {

struct RestRequest {
  std::string path;      // "/v5/market/kline"; empty: none is known
  std::string endpoint;  // its last part: "kline", "get_book_summary_by_currency"
  std::map<std::string, std::string, std::less<>> query;

  static RestRequest parse(std::string_view text) {
    RestRequest out;
    text = trimmed(text);
    const size_t mark = text.find('?');
    std::string_view path = text.substr(0, mark);
    if (const size_t host = path.find("://"); host != path.npos) {
      const size_t slash = path.find('/', host + 3);
      path = slash == path.npos ? std::string_view() : path.substr(slash);
    }
    while (path.ends_with('/')) path.remove_suffix(1);
    out.path = path;
    out.endpoint = path.substr(path.rfind('/') + 1);  // npos + 1 is the beginning
    if (mark == text.npos) return out;
    for (const std::string_view pair : split(text.substr(mark + 1), '&')) {
      const size_t equals = pair.find('=');
      if (equals != pair.npos)
        out.query.insert_or_assign(std::string(pair.substr(0, equals)), pair.substr(equals + 1));
    }
    return out;
  }
  std::string_view get(std::string_view key) const {
    const auto found = query.find(key);
    return found == query.end() ? std::string_view() : std::string_view(found->second);
  }
};

}  // namespace delever::codec
