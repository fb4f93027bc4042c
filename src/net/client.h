// HTTP and WebSocket clients: connections are dialled over IPv6 and IPv4, through proxies where the
// environment asks for them, and verified. Everything has a time limit; every failure says which
// address, at which step and why.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/proxy.h"
#include "net/socket.h"
#include "net/tls.h"

namespace delever::net {

struct ClientOptions {
  TlsTrust trust;
  Proxies proxies = Proxies::from_environment();
  Duration connect_timeout = Duration::seconds(10);  // name, connection, proxy and TLS together
  Duration stall = Duration::seconds(15);            // a peer that takes nothing of what we send
  std::string user_agent = "delever";
  Duration keep_alive = Duration::seconds(20);  // of a connection that waits for a next request
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string body;
  Duration timeout = Duration::seconds(15);  // from the connection to the last byte
  size_t body_limit = size_t{64} << 20;      // also of what a gzip body unpacks to
};

// An answer of any status is an answer; an error means that there was none.
using HttpDone = std::function<void(Result<HttpAnswer>)>;

struct SocketRequest {
  std::string url;  // ws:// or wss://
  Headers headers;
  SocketOptions options;
  size_t read_bytes = size_t{64} << 10;  // memory to read into; it grows with the messages
};

class Client {
 public:
  static Result<std::unique_ptr<Client>> make(Loop& loop, const ClientOptions& options);
  virtual ~Client() = default;  // what is still under way is dropped; nobody is called
  // Both call back later, never from within.
  virtual void request(HttpRequest request, HttpDone done) = 0;
  virtual WebSocketPtr connect(SocketRequest request, SocketHandlers handlers) = 0;
};

}  // namespace delever::net
