#include "net/proxy.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace delever::net {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

struct Bits {
  std::array<unsigned char, 16> bytes{};
  int length = 0;  // 32 or 128
};

std::optional<Bits> read_address(const std::string& text) {
  Bits out;
  if (inet_pton(AF_INET, text.c_str(), out.bytes.data()) == 1) {
    out.length = 32;
    return out;
  }
  if (inet_pton(AF_INET6, text.c_str(), out.bytes.data()) == 1) {
    out.length = 128;
    return out;
  }
  return {};
}

bool in_network(const Bits& address, const Bits& network, int prefix) {
  if (address.length != network.length || prefix < 0 || prefix > network.length) return false;
  for (int bit = 0; bit < prefix; ++bit) {
    const auto at = static_cast<size_t>(bit / 8);
    if (((address.bytes[at] ^ network.bytes[at]) >> (7 - bit % 8)) & 1) return false;
  }
  return true;
}

// One entry of no_proxy against one host.
bool covers(std::string entry, const Url& url) {
  if (entry == "*") return true;
  const std::string host = lower(url.host);
  const auto address = read_address(host);
  if (const size_t slash = entry.find('/'); slash != std::string::npos) {
    const auto network = read_address(entry.substr(0, slash));
    int prefix = -1;
    const char* const end = entry.data() + entry.size();
    if (std::from_chars(entry.data() + slash + 1, end, prefix).ptr != end) return false;
    return address && network && in_network(*address, *network, prefix);
  }
  if (!read_address(entry)) {  // "host:port", "[::1]:port", "[::1]"
    if (const auto with_port = HostPort::parse(entry); with_port.has_value()) {
      if (with_port.value().port != url.port) return false;
      entry = with_port.value().host;
    } else if (entry.size() > 2 && entry.front() == '[' && entry.back() == ']') {
      entry = entry.substr(1, entry.size() - 2);
    }
  }
  if (const auto other = read_address(entry); other && address)
    return in_network(*address, *other, other->length);
  entry.erase(0, std::min(entry.find_first_not_of(".*"), entry.size()));
  if (entry.empty()) return false;
  if (host == entry) return true;
  return host.size() > entry.size() && host.ends_with(entry) &&
         host[host.size() - entry.size() - 1] == '.';
}

Result<Proxy> read_proxy(const std::string& value) {
  Proxy proxy;
  std::string text = value.find("://") == std::string::npos ? "http://" + value : value;
  const std::string scheme = lower(text.substr(0, text.find("://")));
  if (scheme == "socks5" || scheme == "socks5h") {
    proxy.kind = Proxy::Kind::socks5;
  } else if (scheme != "http") {
    return Error{Fault::refused,
                 fmt::format("a proxy of scheme {}: http or socks5 is wanted", scheme)};
  }
  const size_t rest = text.find("://") + 3;
  const Url url = TRY(Url::parse("http://" + text.substr(rest)));
  const std::string_view authority =
      std::string_view(text).substr(rest, text.find('/', rest) - rest);
  const size_t at = authority.rfind('@');
  const std::string_view place =
      at == std::string_view::npos ? authority : authority.substr(at + 1);
  const bool has_port = place.rfind(':') != std::string_view::npos && place.back() != ']';
  proxy.host = url.host;
  proxy.port = has_port ? url.port : 1080;  // curl's, for a proxy that names none
  proxy.user = url.user;
  proxy.password = url.password;
  return proxy;
}

}  // namespace

std::string Proxy::text() const {
  return fmt::format("{}://{}", kind == Kind::http ? "http" : "socks5",
                     HostPort{host, port}.text());
}

Proxies Proxies::from_environment() {
  return from([](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  });
}

Proxies Proxies::from(const Variable& variable) {
  const auto find = [&](std::initializer_list<const char*> names) -> std::optional<Setting> {
    for (const char* name : names) {
      if (const auto value = variable(name); value && !value->empty()) return Setting{name, *value};
    }
    return {};
  };
  Proxies out;
  out.plain_ = find({"http_proxy", "HTTP_PROXY"});
  out.tls_ = find({"https_proxy", "HTTPS_PROXY"});
  out.all_ = find({"all_proxy", "ALL_PROXY"});
  if (const auto direct = find({"no_proxy", "NO_PROXY"})) {
    std::string entry;
    for (const char c : lower(direct->value) + ",") {
      if (c != ',' && c != ' ' && c != '\t') {
        entry += c;
      } else if (!entry.empty()) {
        out.direct_.push_back(std::exchange(entry, {}));
      }
    }
  }
  return out;
}

Result<std::optional<Proxy>> Proxies::for_url(const Url& url) const {
  const auto& own = url.tls() ? tls_ : plain_;
  const auto& setting = own ? own : all_;
  if (!setting || is_loopback(url.host)) return std::optional<Proxy>();
  for (const std::string& entry : direct_) {
    if (covers(entry, url)) return std::optional<Proxy>();
  }
  auto proxy = read_proxy(setting->value);
  if (!proxy.has_value()) {
    Error error = std::move(proxy.error());
    error.where.clear();  // the value may hold a password
    return std::move(error).at("environment variable " + setting->variable);
  }
  return std::optional(std::move(proxy).value());
}

}  // namespace delever::net
