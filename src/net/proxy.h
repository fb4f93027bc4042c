// Which proxy an address is asked through: the usual environment variables https_proxy (wss too),
// http_proxy (ws too), all_proxy and no_proxy, in small letters or capitals, small ones first.
// no_proxy: names with all that end in them (".okx.com", "okx.com"), addresses, networks
// ("10.0.0.0/8", "fd00::/8"), each perhaps with ":port"; "*" is everything. This machine itself is
// never asked through a proxy.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/url.h"

namespace delever::net {

struct Proxy {
  enum class Kind { http, socks5 } kind = Kind::http;
  std::string host;
  uint16_t port = 0;
  std::string user, password;
  std::string text() const;  // "http://host:port"
};

class Proxies {
 public:
  using Variable = std::function<std::optional<std::string>(const std::string& name)>;
  Proxies() = default;  // none at all
  static Proxies from_environment();
  static Proxies from(const Variable& variable);
  // A value that cannot be used is an error when it is first needed, and names its variable.
  Result<std::optional<Proxy>> for_url(const Url& url) const;

 private:
  struct Setting {
    std::string variable, value;
  };
  std::optional<Setting> plain_, tls_, all_;
  std::vector<std::string> direct_;  // no_proxy
};

}  // namespace delever::net
