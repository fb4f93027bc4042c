#include "live/market_feed.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace delever::live {
namespace {

// No frame of a venue is as long: all of Binance's instruments are 1.2 MB.
constexpr size_t kMessageMost = size_t{16} << 20;
constexpr Duration kRequestTime = Duration::seconds(15);

feeds::HttpResponse response_of(net::HttpAnswer got) {
  feeds::HttpResponse out{got.status, {}, std::move(got.body)};
  for (net::Header& header : got.headers)
    out.headers.emplace_back(std::move(header.name), std::move(header.value));
  return out;
}

}  // namespace

MarketFeed::MarketFeed(net::Loop& loop, net::Client& client, What what, feeds::Recording& recording)
    : loop_(loop),
      client_(client),
      dialect_(std::move(what.dialect)),
      by_rest_(what.plan.topics.empty()),
      url_(what.options.url),
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

std::string MarketFeed::address() const {
  const venues::Terms& terms = dialect_->terms();
  return feeds::address_of(terms.endpoints.empty() ? terms.rest.base : terms.endpoints[0].url,
                           url_);
}

// What the venue says until it has learned of our end is recorded too.
void MarketFeed::stop() {
  if (std::exchange(stopped_, true)) return;
  wake_.cancel();
  std::vector<net::WebSocketPtr> open;
  for (const auto& [id, socket] : sockets_) open.push_back(socket);
  for (const auto& socket : open) socket->close(venues::kCloseNormal, "");
  if (quiet()) finish();
}

void MarketFeed::finish() {
  if (!std::exchange(finished_, true)) session_.stop(moment());
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
    if (find(connection) == nullptr || finished_) return;
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
    if (stopped_) return quiet() ? finish() : void();
    std::optional<feeds::HttpResponse> refusal;
    if (closed.refusal) refusal = response_of(*closed.refusal);
    // Who is told to wait has reached the venue, and waits: begun anew it would be banned.
    if (refusal && (refusal->status == 429 || refusal->status == 418)) ever_connected_ = true;
    if (!ever_connected_ && !first_failure_) first_failure_ = closed.error.text();
    session_.closed(connection, closed.error.text(), moment(), refusal ? &*refusal : nullptr);
    wake_later();
  };
  return out;
}

void MarketFeed::connect(feeds::ConnectionId connection, const std::string& url) {
  if (stopped_) return;
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
  if (stopped_) return;
  net::HttpRequest request;
  request.method = what.method;
  request.url = what.url;
  request.body = what.body;
  request.timeout = kRequestTime;
  if (!what.body.empty()) request.headers.push_back({"Content-Type", "application/json"});
  client_.request(std::move(request), [this, id, alive = alive_](Result<net::HttpAnswer> answer) {
    if (!*alive || stopped_) return;
    // Where streams are listened to, a REST host that fails is no reason to give up before they
    // had their time.
    if (by_rest_ && answer.has_value()) ever_connected_ = true;
    if (!answer.has_value()) {
      if (by_rest_ && !ever_connected_ && !first_failure_) first_failure_ = answer.error().text();
      session_.failed(id, answer.error().text(), moment());
    } else {
      const Moment at = moment(answer.value().received);
      session_.responded(id, response_of(std::move(answer).value()), at);
    }
    wake_later();
  });
}

}  // namespace delever::live
