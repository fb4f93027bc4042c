#include "net/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace delever::net {
namespace {

Error bad(std::string_view text, std::string what) {
  return Error{Fault::malformed, std::move(what), std::string(text)};
}

std::optional<uint16_t> read_port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (ec != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return port;
}

// Bytes that would end a request line or a header early, or never stand in an address.
bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

// "host", "host:port", "[v6]", "[v6]:port"; the port as text, empty where there is none.
bool split_host(std::string_view text, std::string& host, std::string_view& port, bool& has_port) {
  size_t colon = std::string_view::npos;
  if (!text.empty() && text.front() == '[') {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    host = text.substr(1, close - 1);
    if (close + 1 < text.size()) {
      if (text[close + 1] != ':') return false;
      colon = close + 1;
    }
  } else {
    colon = text.find(':');
    host = text.substr(0, colon);
    if (host.find_first_of("[]") != std::string::npos) return false;
  }
  has_port = colon != std::string_view::npos;
  port = has_port ? text.substr(colon + 1) : std::string_view();
  return !host.empty();
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  if (!printable(text)) return bad(text, "an address has printable ASCII without spaces");
  const size_t colon = text.find("://");
  if (colon == std::string_view::npos)
    return bad(text, "no scheme: an address begins with http://, https://, ws:// or wss://");
  Url url;
  url.scheme = text.substr(0, colon);
  std::transform(url.scheme.begin(), url.scheme.end(), url.scheme.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (!url.tls() && url.scheme != "http" && url.scheme != "ws")
    return bad(text, fmt::format("scheme {}: http, https, ws or wss is wanted", url.scheme));
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const size_t path = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, path);
  if (path != std::string_view::npos)
    url.target = (rest[path] == '?' ? "/" : "") + std::string(rest.substr(path));
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const std::string_view who = authority.substr(0, at);
    const size_t split = who.find(':');
    url.user = percent_decoded(who.substr(0, split));
    if (split != std::string_view::npos) url.password = percent_decoded(who.substr(split + 1));
    authority = authority.substr(at + 1);
  }
  std::string_view port;
  bool has_port = false;
  if (!split_host(authority, url.host, port, has_port)) return bad(text, "no host");
  url.port = url.tls() ? 443 : 80;
  if (has_port && !port.empty()) {
    const auto number = read_port(port);
    if (!number || *number == 0) return bad(text, fmt::format("port {}: 1 to 65535", port));
    url.port = *number;
  }
  return url;
}

std::string Url::address() const { return fmt::format("{}:{}", bracketed(host), port); }

std::string Url::host_header() const {
  return port == (tls() ? 443 : 80) ? bracketed(host) : address();
}

std::string Url::text() const { return fmt::format("{}://{}{}", scheme, host_header(), target); }

Result<HostPort> HostPort::parse(std::string_view text) {
  HostPort out;
  std::string_view port;
  bool has_port = false;
  if (!printable(text) || !split_host(text, out.host, port, has_port) || !has_port)
    return bad(text, "HOST:PORT is wanted, as 127.0.0.1:8080 or [::1]:0");
  const auto number = read_port(port);
  if (!number) return bad(text, fmt::format("port {}: 0 to 65535", port));
  out.port = *number;
  return out;
}

std::string HostPort::text() const { return fmt::format("{}:{}", bracketed(host), port); }

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  return host.substr(0, 4) == "127." &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    if (text[i] == '%' && text.size() - i > 2 &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr ==
            text.data() + i + 3) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const size_t equals = pair.find('=');
    if (percent_decoded(pair.substr(0, equals)) == name)
      return equals == std::string_view::npos ? "" : percent_decoded(pair.substr(equals + 1));
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return {};
}

}  // namespace delever::net
