// The edge of HTTP and WebSocket: any bytes in any pieces, at the server, at the client's side of a
// handshake, at both directions of frames, and at the talk with a proxy. The first byte says which;
// the second, how large the pieces are. Nothing may crash, read outside its bytes, or take more
// memory than the limits allow.
#include <algorithm>

#include "net/frame.h"
#include "net/memory_wire_testing.h"
#include "net/opening.h"
#include "net/proxy_talk.h"
#include "net/server_connection.h"

namespace {

using namespace delever;
using namespace delever::net;

void put_in_pieces(MemoryWire& wire, std::string_view bytes, size_t piece) {
  for (size_t at = 0; at < bytes.size() && wire.open(); at += piece)
    wire.put(bytes.substr(at, piece));
  wire.finish();
}

void serve(std::string_view bytes, size_t piece) {
  const auto shared = std::make_shared<ServerShared>();
  shared->options.head_limit = 1024;
  shared->options.body_limit = 4096;
  SocketOptions options;
  options.message_limit = 8192;
  shared->routes.add({.method = "*",
                      .path = "/*",
                      .handler = [](const ServerRequest& request, const ReplyPtr& reply) {
                        CHECK(request.body.size() <= 4096);
                        reply->send(200, {}, request.body);
                      }});
  shared->routes.add({.method = "GET",
                      .path = "/pieces",
                      .handler = [](const ServerRequest&, const ReplyPtr& reply) {
                        reply->begin(200, {});
                        reply->write("one");
                      }});
  shared->routes.add({.path = "/*",
                      .acceptor =
                          [](const ServerRequest&, const WebSocketPtr&) {
                            Server::Accepted accepted;
                            accepted.handlers.on_message = [](WebSocket& s, const Message& m) {
                              CHECK(m.bytes.size() <= 8192);
                              s.send(m.bytes);
                            };
                            return accepted;
                          },
                      .options = options});
  const auto wire = std::make_shared<MemoryWire>();
  std::make_shared<ServerConnection>(shared, wire)->start();
  // A whole handshake first, for half of the inputs, so that frames are reached.
  if (piece % 2 == 0) {
    wire->put(
        "GET /x HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
  }
  put_in_pieces(*wire, bytes, piece);
}

void open(std::string_view bytes, size_t piece) {
  SocketHandlers handlers;
  size_t closes = 0;
  handlers.on_closed = [&](WebSocket&, const Closed&) { ++closes; };
  const auto core = std::make_shared<SocketCore>(std::move(handlers), SocketOptions{});
  const auto wire = std::make_shared<MemoryWire>();
  std::make_shared<Opening>(core, SocketRequest{}, Url::parse("ws://a/").value())
      ->begin(ClientOptions{.proxies = Proxies()}, wire);
  put_in_pieces(*wire, bytes, piece);
  CHECK(closes == 1);
}

struct Counting : FrameReader::Sink {
  bool on_message(std::string_view bytes, bool text) override {
    CHECK(bytes.size() <= 5000);
    CHECK(!text || is_utf8(bytes));
    return true;
  }
  bool on_control(Opcode opcode, std::string_view payload) override {
    CHECK(payload.size() <= 125);
    if (opcode == Opcode::close) (void)read_close(payload);
    return true;
  }
};

void frames(std::string_view bytes, size_t piece, bool from_client) {
  FrameReader reader({.from_client = from_client,
                      .message_limit = 5000,
                      .packed = Inflater::Options{.keeps_context = piece % 3 != 0}});
  Counting sink;
  std::string waiting;
  std::optional<FrameFault> fault;
  for (size_t at = 0; at < bytes.size() && !fault; at += piece) {
    waiting.append(bytes.substr(at, piece));
    waiting.erase(0, reader.read({waiting.data(), waiting.size()}, sink, fault));
    CHECK(fault || waiting.size() < 5000 + 20 + piece);
  }
}

void proxy(std::string_view bytes, size_t piece, bool socks) {
  Proxy through;
  through.kind = socks ? Proxy::Kind::socks5 : Proxy::Kind::http;
  if (piece % 2 == 0) through.user = "u";
  size_t calls = 0;
  const auto wire = std::make_shared<MemoryWire>();
  wire->give_to(std::make_shared<ProxyTalk>(wire, through, Url::parse("wss://a.b/").value(),
                                            [&](const Result<void>&) { ++calls; }));
  put_in_pieces(*wire, bytes, piece);
  CHECK(calls == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const size_t piece = data[1] == 0 ? size : data[1];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  switch (data[0] % 6) {
    case 0:
      serve(bytes, piece);
      break;
    case 1:
      open(bytes, piece);
      break;
    case 2:
      frames(bytes, piece, true);
      break;
    case 3:
      frames(bytes, piece, false);
      break;
    case 4:
      proxy(bytes, piece, false);
      break;
    default: {
      std::string answer;
      if (const auto url = Url::parse(bytes); url.has_value()) CHECK(!url.value().host.empty());
      (void)accept_offer(bytes, answer);
      (void)read_agreement(bytes);
      proxy(bytes, piece, true);
    }
  }
  return 0;
}
