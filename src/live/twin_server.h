// A twin behind sockets: what plays a tape as a venue would, for whoever connects on this machine.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "net/loop.h"
#include "net/server.h"
#include "twin/twin.h"

namespace delever::live {

class TwinServer final : private twin::TwinNetwork {
 public:
  struct Options {
    std::string market;
    twin::OpenTape tape;
    twin::Twin::Options playing;
    net::ServerOptions serving;
  };
  static Result<std::unique_ptr<TwinServer>> open(net::Loop& loop, Options options);
  ~TwinServer() override;

  const net::HostPort& address() const { return server_->address(); }
  bool finished() const { return twin_->finished(); }
  size_t clients() const { return sockets_.size(); }
  const twin::Twin& playing() const { return *twin_; }
  void close(Duration grace, std::function<void()> done);

 private:
  explicit TwinServer(net::Loop& loop) : loop_(loop) {}
  void send(twin::ConnectionId connection, std::string_view text) override;
  void ping(twin::ConnectionId connection, std::string_view payload) override;
  void pong(twin::ConnectionId connection, std::string_view payload) override;
  void close(twin::ConnectionId connection, uint16_t code, std::string_view why) override;
  void respond(twin::RequestId request, const twin::HttpResponse& response) override;

  void serve();
  net::SocketHandlers handlers(twin::ConnectionId connection, std::string target);
  net::WebSocket* find(twin::ConnectionId connection);
  Moment moment(Instant at) { return {at, loop_.clock().elapsed()}; }
  Moment moment() { return moment(loop_.clock().now()); }
  void wake_later();

  net::Loop& loop_;
  std::unique_ptr<twin::Twin> twin_;
  std::unique_ptr<net::Server> server_;
  std::map<twin::ConnectionId, net::WebSocketPtr> sockets_;
  std::map<twin::RequestId, net::ReplyPtr> replies_;
  uint32_t last_connection_ = 0, last_request_ = 0;
  net::Timer wake_;
  std::optional<Duration> armed_;
};

}  // namespace delever::live
