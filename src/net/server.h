// An HTTP and WebSocket server for this machine's own use: plain or TLS, a handler per route,
// answers whole or in pieces, limits on everything that a client could make grow. All handlers run
// on the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/socket.h"
#include "net/tls.h"
#include "net/url.h"

namespace delever::net {

struct ServerOptions {
  HostPort listen{"127.0.0.1", 0};  // port 0: any that is free
  std::optional<TlsIdentity> tls;
  size_t most_connections = 4096;                 // more are accepted and closed at once
  Duration head_timeout = Duration::seconds(10);  // from a connection or request to its whole head
  Duration body_timeout = Duration::seconds(30);
  Duration idle_timeout = Duration::seconds(60);  // between requests of one connection
  Duration stall = Duration::seconds(10);         // a client that takes nothing of what we send
  size_t head_limit = size_t{16} << 10;
  size_t body_limit = size_t{1} << 20;
  size_t queue_limit = size_t{4} << 20;  // bytes that wait for one client
  // Host headers that are answered, without their port; so that no page of a browser can reach us
  // under a name of its own (DNS rebinding). Empty: localhost and the addresses of this machine
  // itself when we listen on one of those, everything otherwise.
  std::vector<std::string> hosts;
};

struct ServerRequest {
  std::string method, path, query, body;  // path as it came, without the query
  Headers headers;
  Instant received;  // when the read that completed it returned
  std::string peer;
  bool tls = false;
};

// The answer to one request; may be kept and given later, once. After the client has gone it takes
// everything and does nothing.
class Reply {
 public:
  virtual ~Reply() = default;
  virtual void send(int status, const Headers& headers, std::string_view body) = 0;
  // In pieces: begin, write as often as needed, finish. Server-sent events are such an answer.
  virtual void begin(int status, const Headers& headers) = 0;
  // False, and nothing is sent: gone, or the queue would pass its limit.
  virtual bool write(std::string_view piece) = 0;
  virtual void finish() = 0;
  virtual void on_drained(std::function<void()> handler) = 0;  // the queue has become empty
  virtual void on_gone(std::function<void()> handler) = 0;     // before the answer was finished
  virtual bool gone() const = 0;
  virtual size_t queued() const = 0;

  void json(int status, std::string_view body) {
    send(status, {{"Content-Type", "application/json"}}, body);
  }
};
using ReplyPtr = std::shared_ptr<Reply>;

class Server {
 public:
  using Handler = std::function<void(const ServerRequest&, const ReplyPtr&)>;
  // Says who handles the new socket, or refuses it with a status.
  struct Accepted {
    int refuse = 0;  // 0: welcome
    SocketHandlers handlers;
  };
  using Acceptor = std::function<Accepted(const ServerRequest&, const WebSocketPtr&)>;
  struct Counts {
    size_t connections = 0;  // now
    uint64_t accepted = 0, turned_away = 0, requests = 0, sockets = 0;
  };

  static Result<std::unique_ptr<Server>> listen(Loop& loop, const ServerOptions& options);
  virtual ~Server() = default;  // drops all connections
  // A path that ends in "*" is a beginning; the longest that fits is taken. Method "*": any.
  virtual void route(std::string method, std::string path, Handler handler) = 0;
  virtual void socket(std::string path, const SocketOptions& options, Acceptor acceptor) = 0;
  virtual const HostPort& address() const = 0;
  virtual Counts counts() const = 0;
  // Accepts nobody any more, lets answers under way go out, closes sockets with 1001; `done` when
  // all are gone, at the latest after `grace`.
  virtual void close(Duration grace, std::function<void()> done) = 0;
};

}  // namespace delever::net
