// One client's HTTP connection: requests one after another, the answers in their order, until it
// ends or becomes a WebSocket. It knows wires, not sockets, so that it is fuzzed on one of memory.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/deflate.h"
#include "net/routes.h"
#include "net/server.h"
#include "net/socket_core.h"
#include "net/wire.h"

namespace delever::net {

// What the connections of one server share.
struct ServerShared {
  ServerOptions options;
  Routes routes;
  std::shared_ptr<Deflater> deflater = std::make_shared<Deflater>();
  Server::Counts counts;
  std::function<void(const WebSocketPtr&)> on_socket;  // a connection became one
  bool closing = false;
};

class ServerReply;

class ServerConnection final : public Wire::Owner,
                               public std::enable_shared_from_this<ServerConnection> {
 public:
  ServerConnection(std::shared_ptr<ServerShared> shared, std::shared_ptr<Wire> wire);
  ~ServerConnection() override;
  void start();
  void close_when_idle();  // at once, or after the answer under way

  size_t on_bytes(std::span<char> bytes, Instant received) override;
  void on_drained() override;
  void on_end(const Error& error) override;

 private:
  friend class ServerReply;
  struct Parsing;
  bool host_is_ours(const Headers& headers) const;
  void dispatch(Instant received);
  void upgrade(ServerRequest request, const Routes::Route& route);
  void refuse(int status, std::string_view what);
  void answered();  // the reply is complete; the next request may come
  void await_head();

  std::shared_ptr<ServerShared> shared_;
  std::shared_ptr<Wire> wire_;
  std::unique_ptr<Parsing> parsing_;
  std::shared_ptr<ServerReply> reply_;  // of the request that is being answered
  bool keep_ = true, upgraded_ = false;
};

}  // namespace delever::net
