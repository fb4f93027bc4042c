#include "net/proxy_talk.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "net/http.h"

namespace delever::net {
namespace {

constexpr size_t kAnswerHeadMost = size_t{16} << 10;

// What a SOCKS5 proxy says when it could not (RFC 1928, 6).
std::string_view socks_reason(int code) {
  constexpr std::string_view kReasons[] = {"",
                                           "general failure",
                                           "not allowed by its rules",
                                           "network unreachable",
                                           "host unreachable",
                                           "connection refused",
                                           "time to live expired",
                                           "command not supported",
                                           "kind of address not supported"};
  return code > 0 && code < 9 ? kReasons[code] : "an unknown reason";
}

}  // namespace

ProxyTalk::ProxyTalk(std::shared_ptr<Wire> wire, const Proxy& proxy, const Url& url,
                     std::function<void(const Result<void>&)> done)
    : wire_(std::move(wire)), proxy_(proxy), url_(url), done_(std::move(done)) {
  if (proxy_.kind == Proxy::Kind::socks5) {
    await_ = Await::socks_method;
    wire_->write(proxy_.user.empty() ? std::string_view("\x05\x01\x00", 3)
                                     : std::string_view("\x05\x02\x00\x02", 4));
    return;
  }
  await_ = Await::http_head;
  std::string ask = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", url_.address());
  if (!proxy_.user.empty()) {
    ask += fmt::format("Proxy-Authorization: Basic {}\r\n",
                       base64(proxy_.user + ":" + proxy_.password));
  }
  wire_->write(ask + "\r\n");
}

size_t ProxyTalk::on_bytes(std::span<char> bytes, Instant) {
  const std::string_view text(bytes.data(), bytes.size());
  switch (await_) {
    case Await::http_head:
      return http_head(text);
    case Await::socks_method:
      return socks_method(text);
    case Await::socks_password:
      return socks_password(text);
    case Await::socks_answer:
      return socks_answer(text);
    case Await::nothing:
      return 0;
  }
  return 0;
}

size_t ProxyTalk::http_head(std::string_view bytes) {
  const size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos)
    return bytes.size() > kAnswerHeadMost ? refuse("its answer has no end") : 0;
  const std::string_view line = bytes.substr(0, bytes.find("\r\n"));
  int status = 0;
  if (line.substr(0, 7) != "HTTP/1." || line.size() < 12 ||
      std::from_chars(line.data() + 9, line.data() + 12, status).ec != std::errc())
    return refuse("its answer is not HTTP");
  if (status == 407) return refuse("it wants a user and a password (407)");
  if (status < 200 || status > 299)
    return refuse(fmt::format("refused to connect to {}: {}", url_.address(), line.substr(9)));
  finish({});
  return end + 4;
}

size_t ProxyTalk::socks_method(std::string_view bytes) {
  if (bytes.size() < 2) return 0;
  if (bytes[0] != 5) return refuse("its answer is not SOCKS5");
  if (bytes[1] == 2 && !proxy_.user.empty()) {
    if (proxy_.user.size() > 255 || proxy_.password.size() > 255)
      return refuse("a user or password of more than 255 bytes");
    std::string ask = "\x01";
    ask += static_cast<char>(proxy_.user.size());
    ask += proxy_.user;
    ask += static_cast<char>(proxy_.password.size());
    ask += proxy_.password;
    wire_->write(ask);
    await_ = Await::socks_password;
  } else if (bytes[1] == 0) {
    ask_socks();
  } else {
    return refuse("it wants a user and a password");
  }
  return 2;
}

size_t ProxyTalk::socks_password(std::string_view bytes) {
  if (bytes.size() < 2) return 0;
  if (bytes[1] != 0) return refuse("it did not accept the user and the password");
  ask_socks();
  return 2;
}

void ProxyTalk::ask_socks() {
  std::string ask("\x05\x01\x00\x03", 4);
  ask += static_cast<char>(url_.host.size());
  ask += url_.host;
  ask += static_cast<char>(url_.port >> 8);
  ask += static_cast<char>(url_.port & 0xff);
  wire_->write(ask);
  await_ = Await::socks_answer;
}

size_t ProxyTalk::socks_answer(std::string_view bytes) {
  if (bytes.size() < 5) return 0;
  if (bytes[0] != 5) return refuse("its answer is not SOCKS5");
  if (bytes[1] != 0)
    return refuse(fmt::format("refused to connect to {}: {}", url_.address(),
                              socks_reason(static_cast<unsigned char>(bytes[1]))));
  const size_t address = bytes[3] == 1 ? 4
                         : bytes[3] == 4
                             ? 16
                             : 1 + static_cast<size_t>(static_cast<unsigned char>(bytes[4]));
  const size_t whole = 4 + address + 2;
  if (bytes.size() < whole) return 0;
  finish({});
  return whole;
}

size_t ProxyTalk::refuse(std::string what) {
  finish(Error{Fault::refused, std::move(what)});
  return 0;
}

void ProxyTalk::finish(const Result<void>& result) {
  await_ = Await::nothing;
  if (const auto done = std::exchange(done_, nullptr)) done(result);
}

}  // namespace delever::net
