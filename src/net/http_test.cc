// Our client against our server: requests, answers, limits, time-outs, what errors say.
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "net/tls_testing.h"
#include "net/world_testing.h"

namespace delever::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Sends raw bytes to the server, and reads what comes for as long as the loop turns.
class RawClient {
 public:
  explicit RawClient(World& world) : world_(world), socket_(io_) {
    socket_.connect({asio::ip::make_address("127.0.0.1"), world.server->address().port});
    socket_.non_blocking(true);
  }
  void send(std::string_view bytes) {
    boost::system::error_code ignored;
    asio::write(socket_, asio::buffer(bytes), ignored);
  }
  bool read() {  // false: at its end
    char buffer[4096];
    boost::system::error_code error;
    const size_t n = socket_.read_some(asio::buffer(buffer), error);
    heard.append(buffer, n);
    return !error || error == asio::error::would_block;
  }
  std::string until(const std::string& text) {
    world_.until([&] { return !read() || heard.find(text) != std::string::npos; });
    return heard;
  }
  std::string until_end() {
    EXPECT_TRUE(world_.until([&] { return !read(); }));
    return heard;
  }
  std::string heard;

 private:
  World& world_;
  asio::io_context io_;
  tcp::socket socket_;
};

void echo_requests(World& world) {
  world.server->route("GET", "/hello", [](const ServerRequest& request, const ReplyPtr& reply) {
    reply->send(200, {{"X-Query", request.query}}, "hello");
  });
  world.server->route("POST", "/echo", [](const ServerRequest& request, const ReplyPtr& reply) {
    reply->send(200, {}, request.body);
  });
}

TEST(Http, AnswersAndTheirHeaders) {
  World world;
  echo_requests(world);
  const Instant before = world.clock.now();
  const auto answer = world.get("/hello?symbol=BTCUSDT");
  ASSERT_TRUE(answer.has_value()) << answer.error().text();
  EXPECT_EQ(answer.value().status, 200);
  EXPECT_EQ(answer.value().body, "hello");
  EXPECT_EQ(find_header(answer.value().headers, "x-query"), "symbol=BTCUSDT");
  EXPECT_GE(answer.value().received, before);
  EXPECT_LE(answer.value().received, world.clock.now());
}

TEST(Http, ManyRequestsUseOneConnection) {
  World world;
  echo_requests(world);
  for (int i = 0; i < 20; ++i) {
    const std::string body(static_cast<size_t>(i) * 5'000, 'x');
    const auto answer =
        world.ask({.method = "POST", .url = world.url("http", "/echo"), .body = body});
    ASSERT_TRUE(answer.has_value()) << answer.error().text();
    EXPECT_EQ(answer.value().body, body);
  }
  EXPECT_EQ(world.server->counts().accepted, 1u);
  EXPECT_EQ(world.server->counts().requests, 20u);
}

// Requests, timers and stop() come through alike, awake and after it has gone to sleep again.
TEST(Http, ALoopThatStaysAwake) {
  World world;
  echo_requests(world);
  world.loop.stay_awake(Duration::ms(5));
  int answered = 0;
  std::vector<Timer> timers;
  const std::function<void()> ask = [&] {
    world.client->request({.url = world.url("http", "/hello")}, [&](Result<HttpAnswer> got) {
      EXPECT_TRUE(got.has_value());
      if (++answered == 40) return world.loop.stop();
      if (answered % 10 != 0) return ask();
      timers.push_back(world.loop.after(Duration::ms(12), ask));  // longer than it stays awake
    });
  };
  timers.push_back(world.loop.after(Duration::ms(1), ask));
  world.loop.run();
  EXPECT_EQ(answered, 40);
}

TEST(Http, WhatHasNoHandler) {
  World world;
  echo_requests(world);
  world.server->socket(
      "/ws", {}, [](const ServerRequest&, const WebSocketPtr&) { return Server::Accepted{}; });
  EXPECT_EQ(world.get("/none").value().status, 404);
  EXPECT_EQ(world.get("/hello/x").value().status, 404);
  EXPECT_EQ(world.get("/echo").value().status, 405);
  EXPECT_EQ(world.get("/ws").value().status, 426);
  const auto head = world.ask({.method = "HEAD", .url = world.url("http", "/hello")});
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(find_header(head.value().headers, "Content-Length"), "5");
  EXPECT_EQ(head.value().body, "");
}

TEST(Http, TheLongestBeginningIsTaken) {
  World world;
  for (const char* path : {"/*", "/api/*", "/api/chain"}) {
    world.server->route("GET", path, [path](const ServerRequest&, const ReplyPtr& reply) {
      reply->send(200, {}, path);
    });
  }
  EXPECT_EQ(world.get("/x").value().body, "/*");
  EXPECT_EQ(world.get("/api/x").value().body, "/api/*");
  EXPECT_EQ(world.get("/api/chain").value().body, "/api/chain");
}

TEST(Http, PackedBodies) {
  World world;
  std::string packed(1000, '\0');
  z_stream stream{};
  ASSERT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string text(100'000, 'a');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = 100'000;
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = 1000;
  ASSERT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  world.server->route("GET", "/packed", [&](const ServerRequest& request, const ReplyPtr& reply) {
    EXPECT_EQ(find_header(request.headers, "Accept-Encoding"), "gzip");
    reply->send(200, {{"Content-Encoding", "gzip"}}, packed);
  });
  EXPECT_EQ(world.get("/packed").value().body, text);
  const auto bomb = world.ask({.url = world.url("http", "/packed"), .body_limit = 99'999});
  ASSERT_FALSE(bomb.has_value());
  EXPECT_EQ(bomb.error().fault, Fault::out_of_range);
}

TEST(Http, AnAnswerInPiecesWaitsForASlowClient) {
  ServerOptions options;
  options.queue_limit = 100'000;
  World world(options);
  const std::string piece(10'000, 'p');
  size_t sent = 0, refused = 0;
  std::weak_ptr<Reply> held;
  world.server->route("GET", "/stream", [&](const ServerRequest&, const ReplyPtr& reply) {
    held = reply;
    reply->begin(200, {{"Content-Type", "text/event-stream"}});
    const auto more = [&, reply] {
      while (sent < 2'000) {
        if (!reply->write(piece)) {
          ++refused;
          return;  // until the queue is empty again
        }
        ++sent;
      }
      reply->finish();
    };
    reply->on_drained(more);
    more();
  });
  const auto answer = world.get("/stream");
  ASSERT_TRUE(answer.has_value()) << answer.error().text();
  EXPECT_EQ(answer.value().body.size(), 20'000'000u);
  EXPECT_GT(refused, 0u);
  EXPECT_TRUE(held.expired());  // though the handler held what held it
}

TEST(Http, TheServerLearnsThatAClientHasGone) {
  World world;
  ReplyPtr kept;
  bool gone = false;
  world.server->route("GET", "/stream", [&](const ServerRequest&, const ReplyPtr& reply) {
    reply->begin(200, {});
    reply->on_gone([&] { gone = true; });
    kept = reply;
  });
  {
    RawClient raw(world);
    raw.send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    raw.until("chunked");
  }
  // Its end is seen when something is written to it, or read.
  EXPECT_TRUE(world.until([&] {
    kept->write("data: x\n\n");
    return gone;
  }));
  EXPECT_FALSE(kept->write("data"));
}

TEST(Http, AHandlerThatForgetsToAnswer) {
  World world;
  world.server->route("GET", "/", [](const ServerRequest&, const ReplyPtr&) {});
  EXPECT_EQ(world.get("/").value().status, 500);
}

TEST(HttpServer, RequestsInARowAreAnsweredInOrder) {
  World world;
  std::vector<ReplyPtr> kept;
  world.server->route("GET", "/*", [&](const ServerRequest& request, const ReplyPtr& reply) {
    if (request.path == "/late")
      kept.push_back(reply);
    else
      reply->send(200, {}, request.path);
  });
  RawClient raw(world);
  raw.send(
      "GET /late HTTP/1.1\r\nHost: localhost\r\n\r\nGET /b HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "GET /c HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  world.until([&] { return !kept.empty(); });
  kept.front()->send(200, {}, "/late");
  kept.clear();
  const std::string heard = raw.until_end();
  EXPECT_LT(heard.find("/late"), heard.find("/b"));
  EXPECT_LT(heard.find("/b"), heard.find("/c"));
  EXPECT_NE(heard.find("/c"), std::string::npos);
}

TEST(HttpServer, WhoWasServedIsHeardBeforeWhoWasRefused) {
  World world;
  std::vector<std::string> order;
  world.server->route("GET", "/*", [&](const ServerRequest& request, const ReplyPtr& reply) {
    order.push_back(request.path);
    reply->send(request.path == "/good" ? 200 : 400, {}, "answered");
  });
  const auto ask = [](RawClient& client, std::string_view path) {
    client.heard.clear();
    client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  };
  std::vector<std::unique_ptr<RawClient>> refused;
  for (int k = 0; k < 40; ++k) {
    refused.push_back(std::make_unique<RawClient>(world));
    ask(*refused.back(), "/bad");
    ASSERT_NE(refused.back()->until("answered").find(" 400 "), std::string::npos);
  }
  RawClient good(world);
  ask(good, "/good");
  ASSERT_NE(good.until("answered").find(" 200 "), std::string::npos);
  order.clear();
  for (const auto& client : refused) ask(*client, "/bad");
  ask(good, "/good");  // the last to ask
  world.until([&] { return order.size() == 41; });
  ASSERT_EQ(order.size(), 41U);
  EXPECT_LE(std::find(order.begin(), order.end(), "/good") - order.begin(), 8);
}

TEST(HttpServer, BodiesInPieces) {
  World world;
  echo_requests(world);
  RawClient raw(world);
  raw.send(
      "POST /echo HTTP/1.1\r\nHost: 127.0.0.1:80\r\nTransfer-Encoding: chunked\r\n"
      "Connection: close\r\n\r\n3\r\nabc\r\n");
  raw.send("2;x=y\r\nde\r\n0\r\n\r\n");
  EXPECT_NE(raw.until_end().find("\r\n\r\nabcde"), std::string::npos) << raw.heard;
}

TEST(HttpServer, WhoWantsToBeAskedFirst) {
  World world;
  echo_requests(world);
  RawClient raw(world);
  raw.send(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
      "Content-Length: 3\r\nConnection: close\r\n\r\n");
  EXPECT_NE(raw.until("100 Continue\r\n\r\n").find("100 Continue"), std::string::npos);
  raw.send("abc");
  EXPECT_NE(raw.until_end().find("\r\n\r\nabc"), std::string::npos);
}

TEST(HttpServer, OldClients) {
  World world;
  world.server->route("GET", "/pieces", [](const ServerRequest&, const ReplyPtr& reply) {
    reply->begin(200, {});
    reply->write("one ");
    reply->write("two");
    reply->finish();
  });
  RawClient raw(world);
  raw.send("GET /pieces HTTP/1.0\r\n\r\n");
  const std::string heard = raw.until_end();
  EXPECT_EQ(heard.substr(0, 15), "HTTP/1.0 200 OK") << heard;
  EXPECT_EQ(heard.substr(heard.size() - 11), "\r\n\r\none two");
}

TEST(HttpServer, RequestsThatAreNone) {
  ServerOptions options;
  options.head_limit = 2'000;
  options.body_limit = 100;
  World world(options);
  echo_requests(world);
  const struct {
    std::string request;
    const char* status;
  } cases[] = {
      {"nonsense\r\n\r\n", "400"},
      {"GET /hello HTTP/2.0\r\n\r\n", "505"},
      {"GET /hello HTTP/1.1\r\n\r\n", "400"},  // no Host
      {"GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n", "421"},
      {"GET /hello HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", "400"},
      {"GET /hello HTTP/1.1\r\nHost: evil@localhost\r\n\r\n", "400"},
      {"GET /hello HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n", "501"},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"
       "0\r\n\r\n",
       "501"},
      {"GET /hello HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(3'000, 'x') + "\r\n\r\n",
       "431"},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 101\r\n\r\n", "413"},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" +
           std::string(101, 'x'),
       "413"},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
       "400"},
      {"GET /hello HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
       "\r\n",
       "400"},
  };
  for (const auto& c : cases) {
    RawClient raw(world);
    raw.send(c.request);
    const std::string heard = raw.until("\r\n\r\n");
    EXPECT_EQ(heard.substr(9, 3), c.status) << c.request << "\n" << heard;
  }
}

TEST(HttpServer, SlowClientsAreCut) {
  ServerOptions options;
  options.head_timeout = Duration::ms(200);
  World world(options);
  echo_requests(world);
  RawClient nothing(world), half(world), tls_only(world);
  half.send("GET /hello HT");
  EXPECT_EQ(nothing.until_end(), "");
  EXPECT_EQ(half.until_end(), "");
}

TEST(HttpServer, NoMoreConnectionsThanAreAllowed) {
  ServerOptions options;
  options.most_connections = 2;
  World world(options);
  echo_requests(world);
  std::optional<RawClient> one(std::in_place, world);
  RawClient two(world);
  world.until([&] { return world.server->counts().accepted == 2; });
  RawClient three(world);
  EXPECT_EQ(three.until_end(), "");
  EXPECT_EQ(world.server->counts().turned_away, 1u);
  one->send("GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_NE(one->until_end().find("hello"), std::string::npos);
  one.reset();
  EXPECT_TRUE(world.until([&] { return world.server->counts().connections == 1; }));
  RawClient four(world);
  four.send("GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_NE(four.until_end().find("hello"), std::string::npos);
}

TEST(HttpServer, ClosesInGoodOrder) {
  World world;
  ReplyPtr kept;
  world.server->route("GET", "/late",
                      [&](const ServerRequest&, const ReplyPtr& reply) { kept = reply; });
  RawClient raw(world), idle(world);
  raw.send("GET /late HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(world.until([&] { return kept != nullptr; }));
  bool done = false;
  world.server->close(Duration::seconds(10), [&] { done = true; });
  EXPECT_EQ(idle.until_end(), "");
  EXPECT_FALSE(done);
  kept->send(200, {}, "still answered");
  EXPECT_NE(raw.until_end().find("still answered"), std::string::npos);
  EXPECT_TRUE(world.until([&] { return done; }));
}

TEST(HttpServer, AnAddressInUseIsNamed) {
  World world;
  ServerOptions same;
  same.listen = world.server->address();
  const auto second = Server::listen(world.loop, same);
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().text().find(same.listen.text()), std::string::npos);
}

// ---- TLS

class Tls : public testing::Test {
 protected:
  const TestAuthority authority_;
  Result<HttpAnswer> ask(const std::string& names, int days, const TlsTrust& trust) {
    ServerOptions serving;
    serving.tls = authority_.issue(names, days);
    ClientOptions asking = World::plain();
    asking.trust = trust;
    World world(serving, asking);
    echo_requests(world);
    return world.ask({.url = world.url("https", "/hello")});
  }
};

TEST_F(Tls, AServerThatOurAuthorityVouchesFor) {
  const auto answer = ask("IP:127.0.0.1", 2, {.authorities_pem = authority_.pem()});
  ASSERT_TRUE(answer.has_value()) << answer.error().text();
  EXPECT_EQ(answer.value().body, "hello");
}

TEST_F(Tls, CertificatesThatAreNotAccepted) {
  const TestAuthority other;
  const struct {
    const char* names;
    int days;
    TlsTrust trust;
    const char* why;
  } cases[] = {
      {"IP:127.0.0.1", 2, {.authorities_pem = other.pem()}, "signature failure"},
      {"IP:127.0.0.1", 2, {}, "issuer"},  // the system's authorities
      {"IP:127.0.0.2", 2, {.authorities_pem = authority_.pem()}, "IP address mismatch"},
      {"DNS:localhost", 2, {.authorities_pem = authority_.pem()}, "IP address mismatch"},
      {"IP:127.0.0.1", -1, {.authorities_pem = authority_.pem()}, "expired"},
  };
  for (const auto& c : cases) {
    const auto answer = ask(c.names, c.days, c.trust);
    ASSERT_FALSE(answer.has_value()) << c.why;
    EXPECT_EQ(answer.error().fault, Fault::refused);
    EXPECT_NE(answer.error().text().find(c.why), std::string::npos) << answer.error().text();
    EXPECT_NE(answer.error().text().find("https://127.0.0.1:"), std::string::npos);
  }
}

TEST_F(Tls, AServerThatSpeaksPlainly) {
  ClientOptions asking = World::plain();
  World world({}, asking);
  const auto answer = world.ask({.url = world.url("https", "/")});
  ASSERT_FALSE(answer.has_value());
  EXPECT_NE(answer.error().text().find("TLS handshake failed"), std::string::npos)
      << answer.error().text();
}

TEST_F(Tls, FilesOfAuthorities) {
  EXPECT_FALSE(client_tls({.authorities_file = "/no/such/file"}).has_value());
  EXPECT_FALSE(client_tls({.authorities_pem = "nothing"}).has_value());
  EXPECT_FALSE(server_tls({"nothing", "nothing"}).has_value());
  const TlsIdentity one = authority_.issue("DNS:a"), two = authority_.issue("DNS:b");
  const auto mixed = server_tls({one.certificate_pem, two.key_pem});
  ASSERT_FALSE(mixed.has_value());
  EXPECT_NE(mixed.error().text().find("not the certificate's"), std::string::npos);
}

// ---- failures of the client

TEST(HttpClient, NobodyListens) {
  World world;
  const std::string url = world.url("http", "/x");
  const std::string place = world.server->address().text();
  world.server.reset();
  const auto answer = world.ask({.url = url});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().fault, Fault::unavailable);
  EXPECT_EQ(answer.error().text(), url + ": cannot connect to " + place + ": Connection refused");
}

TEST(HttpClient, ANameWithoutAddress) {
  World world;
  const auto answer = world.ask({.url = "http://no-such-name.invalid/"});
  ASSERT_FALSE(answer.has_value());
  EXPECT_NE(answer.error().text().find("the name no-such-name.invalid cannot be resolved"),
            std::string::npos)
      << answer.error().text();
}

TEST(HttpClient, AServerThatDoesNotAnswer) {
  World world;
  ReplyPtr kept;
  world.server->route("GET", "/",
                      [&](const ServerRequest&, const ReplyPtr& reply) { kept = reply; });
  const auto answer = world.ask({.url = world.url("http", "/"), .timeout = Duration::ms(100)});
  ASSERT_FALSE(answer.has_value());
  EXPECT_NE(answer.error().text().find("no whole answer within 100ms"), std::string::npos)
      << answer.error().text();
}

TEST(HttpClient, RequestsThatAreRefusedAtOnce) {
  World world;
  EXPECT_FALSE(world.ask({.url = "nonsense"}).has_value());
  EXPECT_FALSE(world.ask({.url = world.url("ws", "/")}).has_value());
  EXPECT_FALSE(
      world.ask({.url = world.url("http", "/"), .headers = {{"X", "a\r\nY: b"}}}).has_value());
  EXPECT_FALSE(world.ask({.method = "GET /x", .url = world.url("http", "/")}).has_value());
}

// Answers each connection with the given bytes and closes.
class Canned {
 public:
  explicit Canned(std::string bytes) : acceptor_(io_), bytes_(std::move(bytes)) {
    acceptor_.open(tcp::v4());
    acceptor_.bind({asio::ip::make_address("127.0.0.1"), 0});
    acceptor_.listen();
    acceptor_.non_blocking(true);
  }
  void turn() {
    boost::system::error_code error;
    if (!waiting_) {
      tcp::socket socket(io_);
      acceptor_.accept(socket, error);
      if (error) return;
      ++accepted;
      waiting_ = std::move(socket);
    }
    // The client is on this thread: who waits for its request here waits for ever.
    if (waiting_->available(error) == 0) return;
    tcp::socket socket = std::move(*waiting_);
    waiting_.reset();
    char head[4096];
    socket.non_blocking(false);
    socket.read_some(asio::buffer(head), error);
    asio::write(socket, asio::buffer(bytes_), error);
    socket.shutdown(tcp::socket::shutdown_send, error);
  }
  std::string url(const std::string& scheme = "http") {
    return scheme + "://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/";
  }
  int accepted = 0;

 private:
  asio::io_context io_;
  tcp::acceptor acceptor_;
  std::optional<tcp::socket> waiting_;  // accepted, and has not asked yet
  std::string bytes_;
};

Result<HttpAnswer> canned(const std::string& bytes, HttpRequest request = {}) {
  World world;
  Canned server(bytes);
  request.url = server.url();
  std::optional<Result<HttpAnswer>> answer;
  world.client->request(request, [&](Result<HttpAnswer> got) { answer = std::move(got); });
  EXPECT_TRUE(world.until([&] {
    server.turn();
    return answer.has_value();
  }));
  return *answer;
}

TEST(HttpClient, BodiesOfEveryShape) {
  EXPECT_EQ(canned("HTTP/1.1 200 OK\r\n\r\nto the end").value().body, "to the end");
  EXPECT_EQ(canned("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
                .value()
                .body,
            "abc");
  EXPECT_EQ(canned("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n").value().status,
            204);
  const auto banned = canned(
      "HTTP/1.1 418 I'm a teapot\r\nRetry-After: 120\r\n"
      "Content-Length: 2\r\n\r\n{}");
  EXPECT_EQ(banned.value().status, 418);
  EXPECT_EQ(find_header(banned.value().headers, "retry-after"), "120");
}

TEST(HttpClient, AnswersThatAreNone) {
  for (const char* bytes :
       {"", "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnot gzip"})
    EXPECT_FALSE(canned(bytes).has_value()) << bytes;
  const auto large = canned("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n" + std::string(50, 'x'),
                            {.body_limit = 49});
  ASSERT_FALSE(large.has_value());
  EXPECT_EQ(large.error().fault, Fault::out_of_range);
}

TEST(HttpClient, OverSixes) {
  ServerOptions options;
  options.listen = {"::1", 0};
  SystemClock clock;
  Loop loop(clock);
  if (!Server::listen(loop, options).has_value()) GTEST_SKIP() << "no IPv6 on this machine";
  World world(options);
  echo_requests(world);
  EXPECT_EQ(world.get("/hello").value().body, "hello");
}

}  // namespace
}  // namespace delever::net
