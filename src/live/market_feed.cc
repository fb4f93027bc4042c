#include "live/market_feed.h"

#include <algorithm>
#include <utility>

namespace delever::live {
namespace {

// No frame of a venue is as long: all of Binance's instruments are 1.2 MB.
constexpr size_t kMessageMost = size_t{32} << 20;
constexpr Duration kRequestTime = Duration::seconds(15);

}  // namespace

MarketFeed::MarketFeed(net::Loop& loop, net::Client& client, What what, feeds::Recording& recording)
    : loop_(loop),
      client_(client),
      dialect_(std::move(what.dialect)),
      session_(*dialect_, std::move(what.plan), std::move(what.options), *this, recording) {}

MarketFeed::~MarketFeed() {
  *alive_ = false;
  for (const auto& [id, socket] : sockets_) socket->drop();
  for (const auto& [id, socket] : closing_) socket->drop();
}

Result<void> MarketFeed::start() {
  auto started = session_.start(moment());
  wake_later();
  return started;
}

void MarketFeed::stop() {
  if (std::exchange(stopped_, true)) return;
  session_.stop(moment());
  wake_.cancel();
}

Moment MarketFeed::moment(Instant at) { return {at, loop_.clock().elapsed()}; }

// After every call into the session: its timer may have become another.
void MarketFeed::wake_later() {
  const std::optional<Duration> due = stopped_ ? std::nullopt : session_.wake_at();
  if (due == armed_) return;
  armed_ = due;
  if (!due) return wake_.cancel();
  const Duration wait = std::max(*due - loop_.clock().elapsed(), Duration());
  wake_ = loop_.after(wait, [this] {
    armed_.reset();
    session_.timer(moment());
    wake_later();
  });
}

net::WebSocket* MarketFeed::find(feeds::ConnectionId connection) {
  const auto found = sockets_.find(connection);
  return found == sockets_.end() ? nullptr : found->second.get();
}

// A connection that the session has closed is no longer in the map, and nothing of it is handed in.
net::SocketHandlers MarketFeed::handlers(feeds::ConnectionId connection) {
  net::SocketHandlers out;
  out.on_open = [this, connection](net::WebSocket&) {
    if (find(connection) == nullptr) return;
    ever_connected_ = true;
    first_failure_.reset();
    session_.connected(connection, moment());
    wake_later();
  };
  out.on_message = [this, connection](net::WebSocket&, const net::Message& message) {
    if (find(connection) == nullptr) return;
    session_.received(connection, message.bytes, moment(message.received));
    wake_later();
  };
  out.on_ping = [this, connection](net::WebSocket&, std::string_view payload, Instant received) {
    if (find(connection) == nullptr) return;
    session_.pinged(connection, payload, moment(received));
    wake_later();
  };
  out.on_pong = [this, connection](net::WebSocket&, std::string_view, Instant received) {
    if (find(connection) == nullptr) return;
    session_.ponged(connection, moment(received));
    wake_later();
  };
  out.on_closed = [this, connection, alive = alive_](net::WebSocket&, const net::Closed& closed) {
    if (!*alive) return;
    closing_.erase(connection);
    if (sockets_.erase(connection) == 0) return;
    if (!ever_connected_ && !first_failure_) first_failure_ = closed.error.text();
    session_.closed(connection, closed.error.text(), moment());
    wake_later();
  };
  return out;
}

void MarketFeed::connect(feeds::ConnectionId connection, const std::string& url) {
  net::SocketRequest request;
  request.url = url;
  request.options.message_limit = kMessageMost;
  request.options.answer_pings = false;  // the session does
  request.options.check_utf8 = false;    // what came is recorded, whatever it is
  request.read_bytes = size_t{256} << 10;
  sockets_[connection] = client_.connect(std::move(request), handlers(connection));
}

void MarketFeed::send(feeds::ConnectionId connection, std::string_view text) {
  if (net::WebSocket* socket = find(connection)) (void)socket->send(text);
}

void MarketFeed::ping(feeds::ConnectionId connection, std::string_view payload) {
  if (net::WebSocket* socket = find(connection)) (void)socket->ping(payload);
}

void MarketFeed::pong(feeds::ConnectionId connection, std::string_view payload) {
  if (net::WebSocket* socket = find(connection)) (void)socket->pong(payload);
}

void MarketFeed::close(feeds::ConnectionId connection, uint16_t code) {
  const auto found = sockets_.find(connection);
  if (found == sockets_.end()) return;
  const net::WebSocketPtr socket = std::move(found->second);
  sockets_.erase(found);
  closing_[connection] = socket;
  socket->close(code, "");
}

void MarketFeed::request(feeds::RequestId id, const feeds::HttpRequest& what) {
  net::HttpRequest request;
  request.method = what.method;
  request.url = what.url;
  request.body = what.body;
  request.timeout = kRequestTime;
  if (!what.body.empty()) request.headers.push_back({"Content-Type", "application/json"});
  client_.request(std::move(request), [this, id, alive = alive_](Result<net::HttpAnswer> answer) {
    if (!*alive || stopped_) return;
    if (!answer.has_value()) {
      if (!ever_connected_ && !first_failure_) first_failure_ = answer.error().text();
      session_.failed(id, answer.error().text(), moment());
    } else {
      net::HttpAnswer& got = answer.value();
      feeds::HttpResponse response{got.status, {}, std::move(got.body)};
      for (net::Header& header : got.headers)
        response.headers.emplace_back(std::move(header.name), std::move(header.value));
      session_.responded(id, response, moment(got.received));
    }
    wake_later();
  });
}

}  // namespace delever::live
