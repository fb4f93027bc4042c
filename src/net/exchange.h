// One HTTP request and its answer, and what the requests of one client share.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "net/client.h"
#include "net/dial.h"
#include "net/url.h"
#include "net/wire.h"

namespace delever::net {

class Exchange;

struct ClientShared {
  ClientShared(Loop& loop_given, const ClientOptions& options_given, TlsContextPtr tls_given)
      : loop(loop_given), options(options_given), tls(std::move(tls_given)) {}
  Loop& loop;
  const ClientOptions options;
  const TlsContextPtr tls;
  // Connections that wait for a next request, by scheme and address.
  std::map<std::string, std::deque<std::shared_ptr<Wire>>> idle;
  std::set<std::shared_ptr<Exchange>> exchanges;  // under way
  bool closed = false;

  DialOptions dialling(size_t read_bytes) const {
    return {.timeout = options.connect_timeout,
            .stall = options.stall,
            .read_bytes = read_bytes,
            .proxies = options.proxies,
            .tls = tls};
  }
};

class Exchange final : public Wire::Owner, public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(std::shared_ptr<ClientShared> shared, HttpRequest request, Url url, HttpDone done);
  ~Exchange() override;
  void start();
  void cancel();  // nobody is called
  size_t on_bytes(std::span<char> bytes, Instant received) override;
  void on_end(const Error& error) override;

 private:
  struct Parsing;
  void dial();
  void begin(const std::shared_ptr<Wire>& wire, const std::optional<Proxy>& proxy);
  void begin_parser();
  std::string head(const std::optional<Proxy>& proxy) const;
  void whole();
  void fail(const Error& error);
  void finish(Result<HttpAnswer> result);
  std::string key() const { return url_.scheme + "://" + url_.address(); }

  std::shared_ptr<ClientShared> shared_;
  const HttpRequest request_;
  const Url url_;
  HttpDone done_;
  std::shared_ptr<Dial> dial_;
  std::shared_ptr<Wire> wire_;
  std::unique_ptr<Parsing> parsing_;
  Instant received_;
  bool reused_ = false, any_byte_ = false, for_proxy_ = false;
};

}  // namespace delever::net
