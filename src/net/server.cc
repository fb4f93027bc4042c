#include "net/server.h"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <list>
#include <utility>

#include "net/server_connection.h"
#include "net/tcp_wire.h"

namespace delever::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr size_t kReadBytes = size_t{16} << 10;

// A connection that shakes hands; when it is done, it becomes an HTTP connection.
class TlsDoor final : public Wire::Owner {
 public:
  size_t on_bytes(std::span<char>, Instant) override { return 0; }
  void on_end(const Error&) override {}
};

// The socket that listens, and whom it has let in. Pointers are weak: a wire lives by its own.
class TcpServer final : public Server, public std::enable_shared_from_this<TcpServer> {
 public:
  TcpServer(Loop& loop, const ServerOptions& options, TlsContextPtr tls)
      : loop_(loop),
        shared_(std::make_shared<ServerShared>()),
        tls_(std::move(tls)),
        acceptor_(loop.impl().io) {
    shared_->options = options;
    shared_->on_socket = [this](const WebSocketPtr& socket) {
      std::erase_if(sockets_, [](const auto& one) { return one.expired(); });
      sockets_.push_back(socket);
    };
  }

  // Names are not looked up: a server listens on an address of this machine.
  Result<void> open() {
    const HostPort& listen = shared_->options.listen;
    error_code error;
    const std::string host = listen.host == "localhost" ? "127.0.0.1" : listen.host;
    const auto address = asio::ip::make_address(host, error);
    if (error)
      return Error{Fault::malformed, "an address of this machine is wanted", listen.text()};
    const tcp::endpoint endpoint(address, listen.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(1024, error);
    if (error) return Error{Fault::unavailable, "cannot listen: " + error.message(), listen.text()};
    address_ = {listen.host, acceptor_.local_endpoint(error).port()};
    accept();
    return {};
  }

  ~TcpServer() override {
    shared_->on_socket = nullptr;
    *alive_ = false;
    error_code ignored;
    acceptor_.close(ignored);
    drop_all();
  }

  void route(std::string method, std::string path, Handler handler) override {
    shared_->routes.add(
        {.method = std::move(method), .path = std::move(path), .handler = std::move(handler)});
  }

  void socket(std::string path, const SocketOptions& options, Acceptor acceptor) override {
    shared_->routes.add(
        {.path = std::move(path), .acceptor = std::move(acceptor), .options = options});
  }

  const HostPort& address() const override { return address_; }
  Counts counts() const override {
    Counts counts = shared_->counts;
    counts.connections = open_wires();
    return counts;
  }

  void close(Duration grace, std::function<void()> done) override {
    shared_->closing = true;
    error_code ignored;
    acceptor_.close(ignored);
    for (const auto& one : connections_) {
      if (const auto connection = one.lock()) connection->close_when_idle();
    }
    for (const auto& one : sockets_) {
      if (const auto socket = one.lock()) socket->close(1001, "the server is going away");
    }
    closed_ = std::move(done);
    close_by_ = loop_.clock().elapsed() + grace;
    wait_until_empty();
  }

 private:
  // Without those that only wait for their peer's end.
  size_t open_wires() const {
    size_t count = 0;
    for (const auto& wire : wires_) {
      if (const auto it = wire.lock(); it && it->open()) ++count;
    }
    return count;
  }

  // Looks again until everybody has gone, or the grace is over.
  void wait_until_empty() {
    size_t left = 0;
    for (const auto& wire : wires_) left += wire.expired() ? 0 : 1;
    if (left > 0 && loop_.clock().elapsed() < close_by_) {
      waiting_ = loop_.after(Duration::ms(10), [this] { wait_until_empty(); });
      return;
    }
    drop_all();
    if (const auto done = std::exchange(closed_, nullptr)) done();
  }

  void drop_all() {
    for (const auto& one : sockets_) {
      if (const auto socket = one.lock()) socket->drop();
    }
    for (const auto& one : wires_) {
      if (const auto wire = one.lock()) wire->drop();
    }
  }

  void accept() {
    acceptor_.async_accept([this, alive = alive_](const error_code& error, tcp::socket socket) {
      if (!*alive || !acceptor_.is_open()) return;
      if (error) {  // out of file descriptors, most likely: not at once again
        waiting_ = loop_.after(Duration::ms(100), [this] { accept(); });
        return;
      }
      take(std::move(socket));
      accept();
    });
  }

  // Over the limit a connection is closed at once, so that the others are served.
  void take(tcp::socket socket) {
    if (++since_sweep_ >= 64) sweep();
    if (wires_.size() >= shared_->options.most_connections) {
      sweep();
      if (wires_.size() >= shared_->options.most_connections) {
        ++shared_->counts.turned_away;
        return;  // which closes it
      }
    }
    ++shared_->counts.accepted;
    const auto wire = std::make_shared<TcpWire>(loop_.impl(), std::move(socket), kReadBytes,
                                                shared_->options.stall);
    wires_.push_back(wire);
    if (!tls_) return begin(wire);
    wire->deadline(shared_->options.head_timeout,
                   {Fault::unavailable, "no TLS handshake in time", wire->peer()});
    wire->give_to(std::make_shared<TlsDoor>());
    const std::weak_ptr<TcpWire> weak = wire;
    const auto begun = wire->start_tls(tls_, "", [this, weak, alive = alive_] {
      const auto shaken = weak.lock();
      if (*alive && shaken) begin(shaken);
    });
    if (!begun.has_value()) wire->drop();
  }

  void begin(const std::shared_ptr<TcpWire>& wire) {
    const auto connection = std::make_shared<ServerConnection>(shared_, wire);
    connections_.push_back(connection);
    connection->start();
  }

  // Forgets the wires that are gone; now and then, not at every one.
  void sweep() {
    since_sweep_ = 0;
    std::erase_if(wires_, [](const auto& one) { return one.expired(); });
    std::erase_if(connections_, [](const auto& one) { return one.expired(); });
  }

  Loop& loop_;
  std::shared_ptr<ServerShared> shared_;
  TlsContextPtr tls_;
  tcp::acceptor acceptor_;
  HostPort address_;
  std::list<std::weak_ptr<TcpWire>> wires_;
  std::list<std::weak_ptr<ServerConnection>> connections_;
  std::list<std::weak_ptr<WebSocket>> sockets_;
  size_t since_sweep_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::function<void()> closed_;
  Duration close_by_;
  Timer waiting_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::listen(Loop& loop, const ServerOptions& options) {
  TlsContextPtr tls;
  if (options.tls) tls = TRY(server_tls(*options.tls));
  auto server = std::make_unique<TcpServer>(loop, options, std::move(tls));
  TRY(server->open());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace delever::net
