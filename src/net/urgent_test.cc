// Who is read first: sockets that were told to be urgent (by whoever serves them) before those that
// are new, whatever came first.
#include <gtest/gtest.h>

#include <algorithm>

#include "net/world_testing.h"

namespace delever::net {
namespace {

constexpr size_t kSockets = 48;

// In which place the socket that spoke last was heard; `urgent`: it had been served before.
size_t place_of_the_last(bool urgent) {
  World world;
  std::vector<WebSocketPtr> accepted;
  std::vector<std::string> heard;
  world.server->socket("/", {}, [&](const ServerRequest&, const WebSocketPtr& socket) {
    accepted.push_back(socket);
    Server::Accepted out;
    out.handlers.on_message = [&](WebSocket&, const Message& message) {
      heard.emplace_back(message.bytes);
    };
    return out;
  });
  std::vector<WebSocketPtr> clients;
  size_t open = 0;
  for (size_t n = 0; n < kSockets; ++n) {
    SocketHandlers handlers;
    handlers.on_open = [&](WebSocket&) { ++open; };
    clients.push_back(world.client->connect({.url = world.url("ws", "/")}, std::move(handlers)));
    EXPECT_TRUE(world.until([&] { return open == n + 1 && accepted.size() == n + 1; }));
  }
  if (urgent) accepted.back()->urgent(true);
  // All of them in one turn of the loop, the last one last.
  world.loop.post([&] {
    for (size_t n = 0; n < kSockets; ++n) EXPECT_TRUE(clients[n]->send(std::to_string(n)));
  });
  EXPECT_TRUE(world.until([&] { return heard.size() == kSockets; }));
  const auto at = std::find(heard.begin(), heard.end(), std::to_string(kSockets - 1));
  return static_cast<size_t>(at - heard.begin());
}

TEST(Urgent, AServedSocketIsHeardBeforeThoseThatAreNew) {
  EXPECT_LT(place_of_the_last(true), kSockets / 2);
  EXPECT_GE(place_of_the_last(false), kSockets / 2);
}

}  // namespace
}  // namespace delever::net
