// Asks a proxy for a connection to a server: HTTP CONNECT, or SOCKS5 (RFC 1928, 1929) where the
// proxy looks the name up.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/proxy.h"
#include "net/url.h"
#include "net/wire.h"

namespace delever::net {

class ProxyTalk final : public Wire::Owner {
 public:
  // `done` is called once. After success the wire carries the server's bytes and has this object as
  // its owner until it is given to another.
  ProxyTalk(std::shared_ptr<Wire> wire, const Proxy& proxy, const Url& url,
            std::function<void(const Result<void>&)> done);
  size_t on_bytes(std::span<char> bytes, Instant received) override;
  void on_end(const Error& error) override { finish(error); }

 private:
  enum class Await { http_head, socks_method, socks_password, socks_answer, nothing };
  size_t http_head(std::string_view bytes);
  size_t socks_method(std::string_view bytes);
  size_t socks_password(std::string_view bytes);
  size_t socks_answer(std::string_view bytes);
  void ask_socks();
  size_t refuse(std::string what);
  void finish(const Result<void>& result);

  std::shared_ptr<Wire> wire_;
  const Proxy proxy_;
  const Url url_;
  std::function<void(const Result<void>&)> done_;
  Await await_ = Await::nothing;
};

}  // namespace delever::net
