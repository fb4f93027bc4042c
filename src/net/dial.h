// From an address to a wire: the name is looked up, its addresses are tried (a new one each 250 ms
// until one answers, RFC 8305), a proxy is asked, TLS is spoken. One time limit over all of it.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "net/loop.h"
#include "net/proxy.h"
#include "net/tcp_wire.h"
#include "net/url.h"

namespace delever::net {

struct DialOptions {
  Duration timeout;
  Duration stall;
  size_t read_bytes = size_t{64} << 10;
  Proxies proxies;
  TlsContextPtr tls;
};

struct Dialled {
  std::shared_ptr<TcpWire> wire;
  std::optional<Proxy> plain_proxy;  // the wire ends at a proxy that wants whole addresses
};

class Dial final : public std::enable_shared_from_this<Dial> {
 public:
  using Done = std::function<void(Result<Dialled>)>;
  // `done` is called once, later, unless the dial is cancelled.
  static std::shared_ptr<Dial> start(Loop& loop, Url url, const DialOptions& options, Done done);
  Dial(Loop& loop, Url url, const DialOptions& options, Done done);
  void cancel();

 private:
  using Tcp = boost::asio::ip::tcp;
  struct Attempt {
    explicit Attempt(boost::asio::io_context& io) : socket(io) {}
    Tcp::socket socket;
    Tcp::endpoint endpoint;
  };

  void begin();
  void resolve(const std::string& host, uint16_t port);
  void try_all(std::vector<Tcp::endpoint> endpoints);
  void try_next();
  void connected(Tcp::socket socket);
  void begin_tls();
  void fail(Fault fault, std::string what);
  void finish(Result<Dialled> result);

  Loop& loop_;
  const Url url_;
  const DialOptions options_;
  Done done_;
  std::string stage_;  // what we wait for, should the time run out
  std::optional<Proxy> proxy_;
  Tcp::resolver resolver_;
  std::vector<Tcp::endpoint> endpoints_;
  size_t next_ = 0, failed_ = 0;
  std::string last_failure_;
  std::list<Attempt> attempts_;
  Timer limit_, stagger_;
  std::shared_ptr<TcpWire> wire_;
};

}  // namespace delever::net
