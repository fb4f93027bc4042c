#include "net/server_connection.h"

#include <fmt/format.h>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <utility>

#include "net/handshake.h"

namespace delever::net {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

// What Beast's parser objects to, as a status.
int status_of(const error_code& error) {
  if (error == http::error::header_limit) return 431;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::bad_version) return 505;
  return 400;
}

bool has_line_end(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

struct Ambiguity {
  int status = 0;  // 0: none
  std::string_view what;
};

// What two readers of one request may read in two ways: which host it is for, and where its body
// ends, behind which another request could hide (RFC 9112, 3.2 and 6.1).
Ambiguity ambiguity_of(const Headers& headers) {
  int hosts = 0, codings = 0;
  for (const Header& header : headers) {
    if (same_name(header.name, "Host")) {
      if (++hosts > 1) return {400, "more than one Host header"};
      if (header.value.find_first_of("@/\\?# ,") != std::string::npos)
        return {400, "no host's name"};
    } else if (same_name(header.name, "Transfer-Encoding")) {
      if (++codings > 1 || !same_name(header.value, "chunked"))
        return {501, "a transfer coding that is not known here"};
    }
  }
  return {};
}

}  // namespace

struct ServerConnection::Parsing {
  std::optional<http::request_parser<http::string_body>> parser;
  bool head_seen = false;
};

// The answer to one request, whole or in pieces. It outlives its connection if it is kept.
class ServerReply final : public Reply {
 public:
  struct Shape {
    bool head_only = false;  // of a HEAD request
    bool old = false;        // HTTP/1.0: no pieces, the end is the connection's
    bool keep = true;
  };
  ServerReply(std::weak_ptr<ServerConnection> connection, std::shared_ptr<Wire> wire, Shape shape,
              size_t queue_limit)
      : connection_(std::move(connection)),
        wire_(std::move(wire)),
        shape_(shape),
        queue_limit_(queue_limit) {}

  // Nobody holds the reply any more who could give it.
  void abandon() {
    if (stage_ == Stage::waiting) send(500, {}, "no answer was given\n");
    if (stage_ == Stage::pieces) finish();
  }

  void send(int status, const Headers& headers, std::string_view body) override {
    if (stage_ != Stage::waiting) return;
    stage_ = Stage::done;
    forget();
    if (!wire_) return;
    wire_->urgent(status < 400);  // who is refused, and who is new, waits behind who was served
    const bool bare = status == 204 || status == 304 || status / 100 == 1;
    std::string out = head(status, headers);
    if (!bare) out += fmt::format("Content-Length: {}\r\n", body.size());
    out += "\r\n";
    if (!bare && !shape_.head_only) out += body;
    wire_->write(out);
    tell_answered();
  }

  void begin(int status, const Headers& headers) override {
    if (stage_ != Stage::waiting) return;
    stage_ = Stage::pieces;
    if (!wire_) return;
    if (shape_.old) shape_.keep = false;
    wire_->write(head(status, headers) +
                 (shape_.old ? "\r\n" : "Transfer-Encoding: chunked\r\n\r\n"));
  }

  bool write(std::string_view piece) override {
    if (stage_ != Stage::pieces || !wire_) return false;
    // Refused as a whole, never in part: the caller may offer the same piece again when it is
    // drained.
    if (wire_->queued() + piece.size() > queue_limit_) return false;
    if (piece.empty() || shape_.head_only) return true;
    if (shape_.old) {
      wire_->write(piece);
    } else {
      piece_ = fmt::format("{:x}\r\n", piece.size());
      piece_.append(piece).append("\r\n");
      wire_->write(piece_);
    }
    return true;
  }

  void finish() override {
    if (stage_ != Stage::pieces) return;
    stage_ = Stage::done;
    forget();
    if (!wire_) return;
    if (!shape_.old && !shape_.head_only) wire_->write("0\r\n\r\n");
    tell_answered();
  }

  void on_drained(std::function<void()> handler) override { drained_ = std::move(handler); }
  void on_gone(std::function<void()> handler) override { gone_ = std::move(handler); }
  bool gone() const override { return !wire_; }
  size_t queued() const override { return wire_ ? wire_->queued() : 0; }

  // From the connection: the queue is empty; the client has gone.
  void tell_drained() {
    if (stage_ != Stage::pieces || !drained_) return;
    auto handler = std::exchange(drained_, nullptr);
    handler();
    if (stage_ == Stage::pieces && !drained_) drained_ = std::move(handler);
  }
  // The wire goes first: a handler that still writes then writes to nobody.
  void tell_gone() {
    wire_.reset();
    if (stage_ == Stage::done) return;
    stage_ = Stage::done;
    const auto gone = std::exchange(gone_, nullptr);
    forget();
    if (gone) gone();
  }
  bool keep() const { return shape_.keep; }
  void close_after() { shape_.keep = false; }

 private:
  enum class Stage { waiting, pieces, done };

  // A handler may hold the reply that holds it.
  void forget() {
    drained_ = nullptr;
    gone_ = nullptr;
  }

  std::string head(int status, const Headers& headers) {
    std::string out =
        fmt::format("HTTP/1.{} {} {}\r\n", shape_.old ? 0 : 1, status, reason_phrase(status));
    for (const Header& header : headers) {
      CHECK(!has_line_end(header.name) && !has_line_end(header.value));
      out += fmt::format("{}: {}\r\n", header.name, header.value);
    }
    if (!shape_.keep)
      out += "Connection: close\r\n";
    else if (shape_.old)
      out += "Connection: keep-alive\r\n";
    return out;
  }

  void tell_answered() {
    if (const auto connection = connection_.lock()) connection->answered();
  }

  std::weak_ptr<ServerConnection> connection_;
  std::shared_ptr<Wire> wire_;
  Shape shape_;
  const size_t queue_limit_;
  Stage stage_ = Stage::waiting;
  std::string piece_;
  std::function<void()> drained_, gone_;
};

ServerConnection::ServerConnection(std::shared_ptr<ServerShared> shared, std::shared_ptr<Wire> wire)
    : shared_(std::move(shared)), wire_(std::move(wire)), parsing_(std::make_unique<Parsing>()) {
  ++shared_->counts.connections;
}

ServerConnection::~ServerConnection() { --shared_->counts.connections; }

void ServerConnection::start() {
  await_head();
  wire_->urgent(false);
  wire_->deadline(shared_->options.head_timeout,
                  {Fault::unavailable, "no whole request in time", wire_->peer()});
  wire_->give_to(shared_from_this());
}

// A fresh parser for the next request, which has its time from here on.
void ServerConnection::await_head() {
  parsing_->parser.emplace();
  parsing_->parser->header_limit(static_cast<uint32_t>(shared_->options.head_limit));
  // Not eager: with head and body in one call, Beast 1.74 forgets that the body was too long.
  parsing_->parser->body_limit(shared_->options.body_limit);
  parsing_->head_seen = false;
  wire_->deadline(shared_->options.idle_timeout,
                  {Fault::unavailable, "no further request in time", wire_->peer()});
}

// As many bytes as belong to one request. What follows it waits for the answer, in the wire.
size_t ServerConnection::on_bytes(std::span<char> bytes, Instant received) {
  const auto self = shared_from_this();
  if (reply_) return 0;  // the next request waits for this answer (and the wire is paused)
  auto& parser = *parsing_->parser;
  size_t took = 0;
  while (took < bytes.size() && !parser.is_done()) {
    if (!parser.got_some()) {
      // Empty lines before a request are passed over (RFC 9112, 2.2).
      if (bytes[took] == '\r' || bytes[took] == '\n') {
        ++took;
        continue;
      }
      wire_->deadline(shared_->options.head_timeout,
                      {Fault::unavailable, "no whole request in time", wire_->peer()});
    }
    error_code error;
    const size_t n =
        parser.put(boost::asio::buffer(bytes.data() + took, bytes.size() - took), error);
    took += n;
    if (parser.is_header_done() && !std::exchange(parsing_->head_seen, true) && !parser.is_done()) {
      wire_->deadline(shared_->options.body_timeout,
                      {Fault::unavailable, "no whole body in time", wire_->peer()});
      const auto expect = parser.get().find(http::field::expect);
      if (!error && expect != parser.get().end() &&
          same_name({expect->value().data(), expect->value().size()}, "100-continue"))
        wire_->write("HTTP/1.1 100 Continue\r\n\r\n");
    }
    if (error == http::error::need_more) return took;
    if (error) {
      refuse(status_of(error), error.message());
      return took;
    }
    if (n == 0) break;
  }
  if (parser.is_done()) dispatch(received);
  return took;
}

// A browser sends the name by which a page reached us; a foreign one is not answered.
bool ServerConnection::host_is_ours(const Headers& headers) const {
  const auto host = find_header(headers, "Host");
  const std::vector<std::string>& hosts = shared_->options.hosts;
  if (hosts.empty() && !is_loopback(shared_->options.listen.host)) return true;
  if (!host) return hosts.empty();
  const auto url = Url::parse("http://" + std::string(*host));
  if (!url.has_value()) return false;
  const std::string& name = url.value().host;
  if (hosts.empty()) return is_loopback(name);
  for (const std::string& one : hosts) {
    if (same_name(one, name)) return true;
  }
  return false;
}

// The request is whole: find who handles it, or say why nobody does.
void ServerConnection::dispatch(Instant received) {
  ++shared_->counts.requests;
  auto& message = parsing_->parser->get();
  ServerRequest request;
  request.method = std::string(message.method_string());
  const std::string_view target(message.target().data(), message.target().size());
  request.path = target.substr(0, target.find('?'));
  if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
  for (const auto& field : message)
    request.headers.push_back({std::string(field.name_string()), std::string(field.value())});
  request.body = std::move(message.body());
  request.received = received;
  request.peer = wire_->peer();
  request.tls = wire_->tls();

  keep_ = message.keep_alive() && !shared_->closing;
  const bool old = message.version() < 11;
  const bool socket = has_token(request.headers, "Upgrade", "websocket") &&
                      has_token(request.headers, "Connection", "Upgrade");
  wire_->no_deadline();
  if (!old && !find_header(request.headers, "Host")) return refuse(400, "no Host header");
  if (const Ambiguity doubt = ambiguity_of(request.headers); doubt.status != 0)
    return refuse(doubt.status, doubt.what);
  if (!host_is_ours(request.headers)) return refuse(421, "not a name of this server");
  Routes::Miss miss = Routes::Miss::none;
  const Routes::Route* route = shared_->routes.find(request.method, request.path, socket, miss);
  if (route != nullptr && socket) return upgrade(std::move(request), *route);

  reply_ = std::make_shared<ServerReply>(
      weak_from_this(), wire_,
      ServerReply::Shape{.head_only = request.method == "HEAD", .old = old, .keep = keep_},
      shared_->options.queue_limit);
  wire_->pause(true);
  const auto reply = reply_;
  if (route != nullptr) {
    // The handler's own count of holders: the last one that lets go without an answer gives a 500.
    const ReplyPtr handle(reply.get(), [reply](Reply*) { reply->abandon(); });
    return route->handler(request, handle);
  }
  const Headers text{{"Content-Type", "text/plain"}};
  switch (miss) {
    case Routes::Miss::no_method:
      return reply->send(405, text, "not that method here\n");
    case Routes::Miss::only_socket:
      return reply->send(426, {{"Upgrade", "websocket"}}, "a WebSocket is wanted here\n");
    case Routes::Miss::not_socket:
      return reply->send(400, text, "no WebSocket here\n");
    default:
      return reply->send(404, text, "no such path\n");
  }
}

// The handshake of RFC 6455, 4.2; from its end on the wire belongs to the socket.
void ServerConnection::upgrade(ServerRequest request, const Routes::Route& route) {
  const auto key = find_header(request.headers, "Sec-WebSocket-Key");
  const auto version = find_header(request.headers, "Sec-WebSocket-Version");
  if (request.method != "GET" || !key || !is_socket_key(*key))
    return refuse(400, "not a WebSocket handshake");
  if (!version || *version != "13") return refuse(426, "WebSocket version 13 is wanted");
  const auto core = std::make_shared<SocketCore>(SocketHandlers{}, route.options);
  Server::Accepted accepted = route.acceptor(request, core);
  if (accepted.refuse != 0) return refuse(accepted.refuse, reason_phrase(accepted.refuse));
  core->set_handlers(std::move(accepted.handlers));
  if (core->gone()) return wire_->drop();
  SocketCore::Role role;
  role.client = false;
  std::string agreed;
  for (const Header& header : request.headers) {
    if (!route.options.deflate || role.packed) break;
    if (same_name(header.name, "Sec-WebSocket-Extensions"))
      role.packed = accept_offer(header.value, agreed);
  }
  if (role.packed) role.deflater = shared_->deflater;
  wire_->write(fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: {}\r\n{}\r\n",
      socket_accept(*key),
      agreed.empty() ? "" : fmt::format("Sec-WebSocket-Extensions: {}\r\n", agreed)));
  upgraded_ = true;
  ++shared_->counts.sockets;
  if (shared_->on_socket) shared_->on_socket(core);
  core->open(wire_, std::move(role));
}

// An answer that ends the connection, for what cannot be understood or is not for us.
void ServerConnection::refuse(int status, std::string_view what) {
  const std::string body = fmt::format("{}\n", what);
  std::string out =
      fmt::format("HTTP/1.1 {} {}\r\nContent-Type: text/plain\r\n", status, reason_phrase(status));
  if (status == 426) out += "Sec-WebSocket-Version: 13\r\n";
  wire_->urgent(false);
  wire_->write(
      fmt::format("{}Content-Length: {}\r\nConnection: close\r\n\r\n{}", out, body.size(), body));
  wire_->end();
}

void ServerConnection::answered() {
  const auto self = shared_from_this();
  const auto reply = std::exchange(reply_, nullptr);
  if (!wire_->open()) return;
  if (!reply || !reply->keep() || shared_->closing) return wire_->end();
  await_head();
  wire_->pause(false);
}

void ServerConnection::close_when_idle() {
  if (upgraded_) return;
  if (!reply_) {
    wire_->end();
  } else {
    reply_->close_after();
  }
}

void ServerConnection::on_drained() {
  if (const auto reply = reply_) reply->tell_drained();
}

void ServerConnection::on_end(const Error&) {
  if (const auto reply = std::exchange(reply_, nullptr)) reply->tell_gone();
}

}  // namespace delever::net
