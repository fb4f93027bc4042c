// WebSockets, both sides, and each side against Beast's own.
#include "net/socket.h"

#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <thread>

#include "base/random.h"
#include "net/tls_testing.h"
#include "net/world_testing.h"

namespace delever::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

// A server that sends back what it hears.
void echo(World& world, const SocketOptions& options = {}) {
  world.server->socket("/echo", options, [](const ServerRequest&, const WebSocketPtr&) {
    Server::Accepted accepted;
    accepted.handlers.on_message = [](WebSocket& socket, const Message& message) {
      EXPECT_TRUE(message.text ? socket.send(message.bytes) : socket.send_binary(message.bytes));
    };
    return accepted;
  });
}

struct Heard {
  bool open = false;
  std::vector<std::string> messages, pings, pongs;
  std::optional<Closed> closed;
  Instant received;
  SocketHandlers handlers() {
    SocketHandlers out;
    out.on_open = [this](WebSocket&) { open = true; };
    out.on_message = [this](WebSocket&, const Message& message) {
      messages.emplace_back(message.bytes);
      received = message.received;
    };
    out.on_ping = [this](WebSocket&, std::string_view payload, Instant) {
      pings.emplace_back(payload);
    };
    out.on_pong = [this](WebSocket&, std::string_view payload, Instant) {
      pongs.emplace_back(payload);
    };
    out.on_closed = [this](WebSocket&, const Closed& what) {
      EXPECT_FALSE(closed);
      closed = what;
    };
    return out;
  }
};

class SocketOver : public testing::TestWithParam<bool> {};

TEST_P(SocketOver, MessagesOfEverySizeComeBack) {
  const bool tls = GetParam();
  const TestAuthority authority;
  ServerOptions serving;
  ClientOptions asking = World::plain();
  if (tls) {
    serving.tls = authority.issue("IP:127.0.0.1");
    asking.trust.authorities_pem = authority.pem();
  }
  for (const bool deflate : {false, true}) {
    World world(serving, asking);
    SocketOptions options;
    options.deflate = deflate;
    options.queue_limit = size_t{64} << 20;
    echo(world, options);
    Heard heard;
    const auto socket = world.client->connect(
        {.url = world.url(tls ? "wss" : "ws", "/echo"), .options = options}, heard.handlers());
    ASSERT_TRUE(world.until([&] { return heard.open || heard.closed; }));
    ASSERT_TRUE(heard.open) << heard.closed->error.text();
    Random random(7, {});
    std::vector<std::string> sent;
    for (const size_t size : {0u, 1u, 125u, 126u, 65'535u, 65'536u, 3'000'000u}) {
      std::string text(size, ' ');
      for (char& c : text) c = static_cast<char>('a' + random.below(26));
      ASSERT_TRUE(socket->send(text));
      sent.push_back(std::move(text));
    }
    ASSERT_TRUE(world.until([&] { return heard.messages.size() == sent.size() || heard.closed; }));
    EXPECT_EQ(heard.messages, sent);
    socket->close(1000, "done");
    ASSERT_TRUE(world.until([&] { return heard.closed.has_value(); }));
    EXPECT_EQ(heard.closed->code, 1000);
    EXPECT_FALSE(heard.closed->by_peer);
  }
}

INSTANTIATE_TEST_SUITE_P(, SocketOver, testing::Bool());

TEST(Socket, PingsAreHandedOverOrAnswered) {
  World world;
  Heard server_heard;
  WebSocketPtr theirs;
  world.server->socket("/", {}, [&](const ServerRequest&, const WebSocketPtr& socket) {
    theirs = socket;
    return Server::Accepted{0, server_heard.handlers()};
  });
  for (const bool answer : {true, false}) {
    Heard heard;
    SocketOptions options;
    options.answer_pings = answer;
    const auto socket =
        world.client->connect({.url = world.url("ws", "/"), .options = options}, heard.handlers());
    ASSERT_TRUE(world.until([&] { return heard.open && theirs && theirs->is_open(); }));
    theirs->ping("1769760000000");
    ASSERT_TRUE(world.until([&] { return !heard.pings.empty(); }));
    EXPECT_EQ(heard.pings.front(), "1769760000000");
    if (!answer) socket->pong("by hand");
    ASSERT_TRUE(world.until([&] { return !server_heard.pongs.empty(); }));
    EXPECT_EQ(server_heard.pongs.front(), answer ? "1769760000000" : "by hand");
    server_heard.pongs.clear();
    socket->drop();
  }
}

TEST(Socket, TheServersCloseIsTold) {
  World world;
  world.server->socket("/", {}, [](const ServerRequest&, const WebSocketPtr&) {
    Server::Accepted accepted;
    accepted.handlers.on_message = [](WebSocket& socket, const Message&) {
      socket.close(1008, "Too many requests");
    };
    return accepted;
  });
  Heard heard;
  const auto socket = world.client->connect({.url = world.url("ws", "/")}, heard.handlers());
  ASSERT_TRUE(world.until([&] { return heard.open; }));
  socket->send("x");
  ASSERT_TRUE(world.until([&] { return heard.closed.has_value(); }));
  EXPECT_EQ(heard.closed->code, 1008);
  EXPECT_TRUE(heard.closed->by_peer);
  EXPECT_NE(heard.closed->error.text().find("Too many requests"), std::string::npos);
}

TEST(Socket, ARefusalCarriesTheAnswer) {
  World world;
  world.server->route("GET", "/banned", [](const ServerRequest&, const ReplyPtr& reply) {
    reply->send(429, {{"Retry-After", "7"}}, "slowly");
  });
  world.server->socket("/no", {}, [](const ServerRequest&, const WebSocketPtr&) {
    return Server::Accepted{.refuse = 403};
  });
  Heard no;
  const auto socket = world.client->connect({.url = world.url("ws", "/no")}, no.handlers());
  ASSERT_TRUE(world.until([&] { return no.closed.has_value(); }));
  ASSERT_TRUE(no.closed->refusal);
  EXPECT_EQ(no.closed->refusal->status, 403);
  EXPECT_NE(no.closed->error.text().find("403 Forbidden"), std::string::npos);
}

TEST(Socket, FailuresOfTheOpening) {
  World world;
  Heard nobody, nonsense;
  const auto first = world.client->connect({.url = "ws://127.0.0.1:1/x"}, nobody.handlers());
  const auto second = world.client->connect({.url = "http://127.0.0.1/"}, nonsense.handlers());
  ASSERT_TRUE(world.until([&] { return nobody.closed && nonsense.closed; }));
  EXPECT_EQ(nobody.closed->error.text(),
            "ws://127.0.0.1:1/x: cannot connect to 127.0.0.1:1: Connection refused");
  EXPECT_EQ(nonsense.closed->error.fault, Fault::malformed);
  EXPECT_FALSE(first->send("x"));
  EXPECT_FALSE(second->send("x"));
}

TEST(Socket, SilenceEndsIt) {
  World world;
  echo(world);
  Heard heard;
  SocketOptions options;
  options.idle = Duration::ms(150);
  const auto socket = world.client->connect({.url = world.url("ws", "/echo"), .options = options},
                                            heard.handlers());
  ASSERT_TRUE(world.until([&] { return heard.closed.has_value(); }));
  EXPECT_TRUE(heard.open);
  EXPECT_EQ(heard.closed->code, 1006);
  EXPECT_NE(heard.closed->error.text().find("silent for 150ms"), std::string::npos);
}

TEST(Socket, AReaderThatDoesNotReadFillsItsOwnQueueOnly) {
  ServerOptions serving;
  serving.stall = Duration::ms(300);
  World world(serving);
  WebSocketPtr theirs;
  Heard server_heard;
  SocketOptions options;
  options.queue_limit = 1'000'000;
  options.deflate = false;  // or the letters below would take no room
  world.server->socket("/", options, [&](const ServerRequest&, const WebSocketPtr& socket) {
    theirs = socket;
    return Server::Accepted{0, server_heard.handlers()};
  });
  Heard heard;
  const auto socket = world.client->connect({.url = world.url("ws", "/")}, heard.handlers());
  ASSERT_TRUE(world.until([&] { return heard.open && theirs && theirs->is_open(); }));
  socket->pause(true);
  const std::string text(100'000, 'x');
  size_t sent = 0;
  bool full = false;
  ASSERT_TRUE(world.until([&] {
    if (theirs->send(text)) {
      ++sent;
    } else {
      full = true;
    }
    EXPECT_LE(theirs->queued(), 1'000'000u);
    return full && server_heard.closed;
  }));
  EXPECT_NE(server_heard.closed->error.text().find("took nothing of"), std::string::npos)
      << server_heard.closed->error.text();
  EXPECT_LT(sent, 200u);
}

TEST(Socket, PausedMessagesComeLater) {
  World world;
  echo(world);
  Heard heard;
  const auto socket = world.client->connect({.url = world.url("ws", "/echo")}, heard.handlers());
  ASSERT_TRUE(world.until([&] { return heard.open; }));
  socket->pause(true);
  for (int i = 0; i < 100; ++i) socket->send(std::to_string(i));
  world.loop.run_for(Duration::ms(50));
  EXPECT_TRUE(heard.messages.empty());
  socket->pause(false);
  ASSERT_TRUE(world.until([&] { return heard.messages.size() == 100; }));
  EXPECT_EQ(heard.messages.back(), "99");
}

TEST(Socket, OneMessageForMany) {
  World world;
  std::vector<WebSocketPtr> all;
  world.server->socket("/", {}, [&](const ServerRequest&, const WebSocketPtr& socket) {
    all.push_back(socket);
    return Server::Accepted{};
  });
  std::vector<Heard> heard(40);
  for (size_t i = 0; i < heard.size(); ++i) {
    SocketOptions options;
    options.deflate = i % 2 == 0;
    (void)world.client->connect({.url = world.url("ws", "/"), .options = options},
                                heard[i].handlers());
  }
  ASSERT_TRUE(world.until([&] {
    return std::all_of(heard.begin(), heard.end(), [](const Heard& h) { return h.open; });
  }));
  const SharedMessage shortly("short"), large(std::string(5'000, 'l'));
  for (const auto& socket : all) {
    EXPECT_TRUE(socket->send(shortly));
    EXPECT_TRUE(socket->send(large));
  }
  ASSERT_TRUE(world.until([&] {
    return std::all_of(heard.begin(), heard.end(),
                       [](const Heard& h) { return h.messages.size() == 2; });
  }));
  for (const Heard& h : heard) EXPECT_EQ(h.messages, (std::vector{shortly.text(), large.text()}));
}

TEST(Socket, TheReceiveTimeIsThatOfTheReadNotOfTheHandler) {
  World world;
  echo(world);
  Heard heard;
  std::vector<Instant> stamps, handled;
  SocketHandlers handlers = heard.handlers();
  handlers.on_message = [&](WebSocket&, const Message& message) {
    stamps.push_back(message.received);
    handled.push_back(world.clock.now());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // a slow handler
  };
  const auto socket = world.client->connect({.url = world.url("ws", "/echo")}, handlers);
  ASSERT_TRUE(world.until([&] { return heard.open; }));
  for (int i = 0; i < 10; ++i) socket->send("x");
  ASSERT_TRUE(world.until([&] { return stamps.size() == 10; }));
  EXPECT_TRUE(std::is_sorted(stamps.begin(), stamps.end()));
  for (size_t i = 0; i < stamps.size(); ++i) EXPECT_LE(stamps[i], handled[i]);
  // They came in one read or a few, so the last of them was stamped long before it was handled.
  EXPECT_GT(handled.back() - stamps.back(), Duration::ms(1));
}

// ---- Beast's own WebSocket at the other end

TEST(SocketBesideBeast, OurServerWithBeastsClient) {
  World world;
  SocketOptions options;
  options.queue_limit = size_t{64} << 20;
  echo(world, options);
  const uint16_t port = world.server->address().port;
  std::atomic<bool> done = false;
  std::vector<std::string> problems;
  const auto talk = [&](bool packed) {
    asio::io_context io;
    beast::websocket::stream<tcp::socket> ws(io);
    beast::websocket::permessage_deflate deflate;
    deflate.client_enable = packed;
    ws.set_option(deflate);
    ws.next_layer().connect({asio::ip::make_address("127.0.0.1"), port});
    ws.handshake("127.0.0.1", "/echo");
    Random random(packed, {});
    for (int i = 0; i < 60; ++i) {
      std::string text(random.below(random.chance(0.1) ? 300'000 : 1'000), ' ');
      for (char& c : text) c = static_cast<char>('a' + random.below(3));
      ws.text(random.chance(0.5));
      ws.auto_fragment(random.chance(0.5));
      ws.write_buffer_bytes(64 + random.below(5'000));
      ws.write(asio::buffer(text));
      if (random.chance(0.1)) ws.ping("p");
      beast::flat_buffer back;
      ws.read(back);
      if (beast::buffers_to_string(back.data()) != text)
        problems.push_back("message " + std::to_string(i));
    }
    beast::error_code error;
    ws.close({beast::websocket::close_code::normal, "bye"}, error);
    if (error) problems.push_back("close: " + error.message());
  };
  std::thread peer([&] {
    try {
      for (const bool packed : {false, true}) talk(packed);
    } catch (const boost::system::system_error& error) {
      problems.push_back(error.what());
    }
    done = true;
  });
  EXPECT_TRUE(world.until([&] { return done.load(); }));
  world.server.reset();  // should the peer still be waiting for it
  peer.join();
  EXPECT_TRUE(problems.empty()) << problems.front();
}

TEST(SocketBesideBeast, OurClientWithBeastsServer) {
  for (const bool packed : {false, true}) {
    asio::io_context io;
    tcp::acceptor acceptor(io, {asio::ip::make_address("127.0.0.1"), 0});
    const uint16_t port = acceptor.local_endpoint().port();
    std::thread peer([&] {
      beast::websocket::stream<tcp::socket> ws(acceptor.accept());
      beast::websocket::permessage_deflate deflate;
      deflate.server_enable = packed;  // which keeps its context, unlike our own server
      ws.set_option(deflate);
      ws.accept();
      ws.auto_fragment(true);
      ws.write_buffer_bytes(1'000);
      beast::error_code error;
      for (int i = 0; !error; ++i) {
        beast::flat_buffer buffer;
        ws.read(buffer, error);
        if (error) break;
        ws.text(ws.got_text());
        if (i % 7 == 0) ws.ping("p");
        ws.write(buffer.data(), error);
      }
    });
    World world;
    Heard heard;
    const auto socket = world.client->connect(
        {.url = "ws://127.0.0.1:" + std::to_string(port) + "/"}, heard.handlers());
    ASSERT_TRUE(world.until([&] { return heard.open || heard.closed; }));
    ASSERT_TRUE(heard.open) << heard.closed->error.text();
    Random random(3, {});
    std::vector<std::string> sent;
    for (int i = 0; i < 60; ++i) {
      std::string text(random.below(random.chance(0.1) ? 100'000 : 1'000), ' ');
      for (char& c : text) c = static_cast<char>('a' + random.below(3));
      ASSERT_TRUE(world.until([&] { return socket->send(text); }));
      sent.push_back(std::move(text));
    }
    ASSERT_TRUE(world.until([&] { return heard.messages.size() == sent.size() || heard.closed; }));
    EXPECT_EQ(heard.messages, sent);
    EXPECT_FALSE(heard.pings.empty());
    socket->close(1000, "");
    EXPECT_TRUE(world.until([&] { return heard.closed.has_value(); }));
    EXPECT_EQ(heard.closed->code, 1000);
    peer.join();
  }
}

}  // namespace
}  // namespace delever::net
