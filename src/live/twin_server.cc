#include "live/twin_server.h"

#include <algorithm>
#include <array>
#include <utility>

namespace delever::live {
namespace {

// A client that falls so far behind is cut, as venues do.
constexpr size_t kQueueMost = size_t{64} << 20;

// Headers of the connection itself are the server's own.
bool of_connection(std::string_view name) {
  constexpr std::array<std::string_view, 5> kOwn{"Content-Length", "Transfer-Encoding",
                                                 "Connection", "Content-Encoding", "Keep-Alive"};
  return std::any_of(kOwn.begin(), kOwn.end(),
                     [&](std::string_view own) { return net::same_name(own, name); });
}

std::string target_of(const net::ServerRequest& request) {
  return request.query.empty() ? request.path : request.path + "?" + request.query;
}

}  // namespace

Result<std::unique_ptr<TwinServer>> TwinServer::open(net::Loop& loop, Options options) {
  std::unique_ptr<TwinServer> out(new TwinServer(loop));
  out->twin_ = TRY(twin::Twin::open(options.market, options.tape, options.playing, *out));
  out->server_ = TRY(net::Server::listen(loop, options.serving));
  out->serve();
  out->wake_later();
  return out;
}

TwinServer::~TwinServer() {
  for (const auto& [id, socket] : sockets_) socket->drop();
}

void TwinServer::serve() {
  net::SocketOptions options;
  options.queue_limit = kQueueMost;
  options.answer_pings = false;  // the twin does
  server_->socket("/*", options,
                  [this](const net::ServerRequest& request, const net::WebSocketPtr& socket) {
                    const auto id = twin::ConnectionId{++last_connection_};
                    sockets_[id] = socket;
                    return net::Server::Accepted{0, handlers(id, target_of(request))};
                  });
  server_->route("*", "/*", [this](const net::ServerRequest& request, const net::ReplyPtr& reply) {
    const auto id = twin::RequestId{++last_request_};
    replies_[id] = reply;
    twin_->requested(id, request.method, target_of(request), request.body,
                     moment(request.received));
    wake_later();
  });
}

net::SocketHandlers TwinServer::handlers(twin::ConnectionId connection, std::string target) {
  net::SocketHandlers out;
  out.on_open = [this, connection, target = std::move(target)](net::WebSocket&) {
    if (find(connection) == nullptr) return;
    twin_->accepted(connection, target, moment());
    wake_later();
  };
  out.on_message = [this, connection](net::WebSocket&, const net::Message& message) {
    if (find(connection) == nullptr) return;
    twin_->received(connection, message.bytes, moment(message.received));
    wake_later();
  };
  out.on_ping = [this, connection](net::WebSocket&, std::string_view payload, Instant received) {
    if (find(connection) == nullptr) return;
    twin_->pinged(connection, payload, moment(received));
    wake_later();
  };
  out.on_pong = [this, connection](net::WebSocket&, std::string_view, Instant received) {
    if (find(connection) == nullptr) return;
    twin_->ponged(connection, moment(received));
    wake_later();
  };
  out.on_closed = [this, connection](net::WebSocket&, const net::Closed&) {
    if (sockets_.erase(connection) == 0) return;
    twin_->closed(connection, moment());
    wake_later();
  };
  return out;
}

void TwinServer::wake_later() {
  const std::optional<Duration> due = twin_->wake_at();
  if (due == armed_) return;
  armed_ = due;
  if (!due) return wake_.cancel();
  wake_ = loop_.after(std::max(*due - loop_.clock().elapsed(), Duration()), [this] {
    armed_.reset();
    twin_->timer(moment());
    wake_later();
  });
}

net::WebSocket* TwinServer::find(twin::ConnectionId connection) {
  const auto found = sockets_.find(connection);
  return found == sockets_.end() ? nullptr : found->second.get();
}

void TwinServer::send(twin::ConnectionId connection, std::string_view text) {
  net::WebSocket* const socket = find(connection);
  if (socket == nullptr || socket->send(text) || !socket->is_open()) return;
  socket->close(1008, "too slow");  // on_closed tells the twin, later
}

void TwinServer::ping(twin::ConnectionId connection, std::string_view payload) {
  if (net::WebSocket* socket = find(connection)) (void)socket->ping(payload);
}

void TwinServer::pong(twin::ConnectionId connection, std::string_view payload) {
  if (net::WebSocket* socket = find(connection)) (void)socket->pong(payload);
}

void TwinServer::close(twin::ConnectionId connection, uint16_t code, std::string_view why) {
  const auto found = sockets_.find(connection);
  if (found == sockets_.end()) return;
  const net::WebSocketPtr socket = std::move(found->second);
  sockets_.erase(found);
  // 1006 stands on no wire: the connection breaks off.
  if (code == venues::kCloseAbnormal) return socket->drop();
  socket->close(code, why);
}

void TwinServer::respond(twin::RequestId request, const twin::HttpResponse& response) {
  const auto found = replies_.find(request);
  if (found == replies_.end()) return;
  const net::ReplyPtr reply = std::move(found->second);
  replies_.erase(found);
  net::Headers headers;
  for (const auto& [name, value] : response.headers) {
    if (!of_connection(name)) headers.push_back({name, value});
  }
  reply->send(response.status, headers, response.body);
}

void TwinServer::close(Duration grace, std::function<void()> done) {
  server_->close(grace, std::move(done));
}

}  // namespace delever::live
