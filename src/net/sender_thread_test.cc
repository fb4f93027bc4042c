// What many hear, sent by the thread beside the loop: the same bytes in the same order as by the
// loop itself, whatever is sent between, however slowly it is read, and whoever goes meanwhile.
#include "net/sender_thread.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "net/tls_testing.h"
#include "net/world_testing.h"

namespace delever::net {
namespace {

std::shared_ptr<const SharedMessage> message(std::string text) {
  return std::make_shared<const SharedMessage>(std::move(text));
}

struct Crowd {
  Crowd(World& the_world, size_t count, const SocketOptions& options = {},
        const std::string& scheme = "ws", const std::string& path = "/")
      : world(the_world), heard(count) {
    world.server->socket(path, options, [this](const ServerRequest&, const WebSocketPtr& socket) {
      Server::Accepted accepted;
      accepted.handlers.on_closed = [this](WebSocket&, const Closed&) { ++gone; };
      theirs.push_back(socket);
      return accepted;
    });
    for (size_t n = 0; n < count; ++n) {
      SocketHandlers handlers;
      handlers.on_message = [this, n](WebSocket&, const Message& m) {
        heard[n].emplace_back(m.bytes);
      };
      SocketOptions asking;
      asking.deflate = options.deflate;
      ours.push_back(world.client->connect({.url = world.url(scheme, path), .options = asking},
                                           std::move(handlers)));
      EXPECT_TRUE(world.until([&] { return theirs.size() == n + 1 && theirs[n]->is_open(); }));
    }
  }
  World& world;
  std::vector<std::vector<std::string>> heard;
  std::vector<WebSocketPtr> theirs, ours;
  size_t gone = 0;
};

// Batches of several messages, texts and pings for one alone between them, up to more than a
// kernel takes at once.
void send_and_compare(World& world, bool deflate, const std::string& scheme) {
  SocketOptions options;
  options.deflate = deflate;
  options.queue_limit = size_t{256} << 20;
  Crowd crowd(world, 12, options, scheme);
  Random random(11, {});
  std::vector<std::vector<std::string>> sent(crowd.theirs.size());
  for (size_t round = 0; round < 60; ++round) {
    SharedBatch::Messages messages;
    for (size_t k = 0; k <= random.below(4); ++k) {
      const size_t most = round % 20 == 19 ? 3'000'000 : 3'000;
      std::string text(1 + random.below(most), ' ');
      for (char& c : text) c = static_cast<char>('a' + random.below(26));
      messages.push_back(message(std::move(text)));
    }
    const SharedBatch batch(messages);
    for (size_t n = 0; n < crowd.theirs.size(); ++n) {
      if (random.below(5) == 0) continue;
      ASSERT_TRUE(crowd.theirs[n]->send_beside(batch));
      for (const auto& one : messages) sent[n].push_back(one->text());
      if (random.below(3) != 0) continue;
      crowd.theirs[n]->ping("between");
      sent[n].push_back(std::to_string(round) + " for one alone");
      ASSERT_TRUE(crowd.theirs[n]->send(sent[n].back()));
    }
    if (round % 3 == 0) world.loop.run_for(Duration::us(200));
  }
  EXPECT_TRUE(world.until([&] {
    for (size_t n = 0; n < sent.size(); ++n) {
      if (crowd.heard[n].size() < sent[n].size()) return false;
    }
    return true;
  }));
  EXPECT_TRUE(crowd.heard == sent);
  EXPECT_TRUE(world.until([&] { return world.loop.queued() == 0; }));
}

TEST(SenderThread, EachHearsWhatWasSentInItsOrder) {
  for (const bool beside : {true, false}) {
    for (const bool deflate : {false, true}) {
      World world;
      if (beside) world.loop.send_beside();
      send_and_compare(world, deflate, "ws");
    }
  }
}

TEST(SenderThread, TlsIsLeftToTheLoop) {
  const TestAuthority authority;
  ServerOptions serving;
  ClientOptions asking = World::plain();
  serving.tls = authority.issue("IP:127.0.0.1");
  asking.trust.authorities_pem = authority.pem();
  World world(serving, asking);
  world.loop.send_beside();
  send_and_compare(world, false, "wss");
}

// Who reads nothing is refused at his limit and given up when he stalls; the others hear all.
TEST(SenderThread, WhoReadsNothingIsBoundedAndCut) {
  ServerOptions serving;
  serving.stall = Duration::ms(300);
  World world(serving);
  world.loop.send_beside();
  SocketOptions options;
  options.deflate = false;
  options.queue_limit = size_t{1} << 20;
  Crowd crowd(world, 4, options);
  crowd.ours[0]->pause(true);
  const SharedBatch batch({message(std::string(100'000, 'x'))});
  size_t rounds = 0, queued_most = 0;
  bool refused = false;
  while (!refused && ++rounds < 2'000) {
    refused = !crowd.theirs[0]->send_beside(batch);
    for (size_t n = 1; n < 4; ++n) EXPECT_TRUE(crowd.theirs[n]->send_beside(batch));
    EXPECT_TRUE(world.until([&] {
      for (size_t n = 1; n < 4; ++n) {
        if (crowd.heard[n].size() < rounds) return false;
      }
      return true;
    }));
    queued_most = std::max(queued_most, crowd.theirs[0]->queued());
  }
  EXPECT_TRUE(refused);
  EXPECT_LE(queued_most, options.queue_limit);
  EXPECT_TRUE(world.until([&] { return crowd.gone == 1; }));
  EXPECT_FALSE(crowd.theirs[0]->is_open());
  EXPECT_TRUE(crowd.theirs[1]->is_open());
  EXPECT_TRUE(world.until([&] { return world.loop.queued() == 0; }));
}

// While a text is lent its wire is dropped, closed, or left by its client, and new connections take
// the place: none hears what was another's.
TEST(SenderThread, WhoeverGoesMeanwhileLeavesNothingToTheNext) {
  World world;
  world.loop.send_beside();
  for (size_t round = 0; round < 30; ++round) {
    SocketOptions options;
    options.deflate = false;
    Crowd crowd(world, 6, options, "ws", "/" + std::to_string(round));
    const std::string mine = "of round " + std::to_string(round) + std::string(2'000, '.');
    const SharedBatch batch({message(mine)});
    for (const auto& one : crowd.theirs) EXPECT_TRUE(one->send_beside(batch));
    if (round % 2 == 0) world.loop.run_for(Duration::us(50));
    crowd.theirs[0]->drop();
    crowd.theirs[1]->close(1000, "");
    crowd.ours[2]->drop();
    EXPECT_TRUE(world.until([&] {
      return !crowd.heard[1].empty() && !crowd.heard[3].empty() && !crowd.heard[4].empty() &&
             !crowd.heard[5].empty();
    }));
    for (const auto& heard : crowd.heard) {
      for (const std::string& text : heard) EXPECT_EQ(text, mine);
      EXPECT_LE(heard.size(), 1u);
    }
    for (const auto& one : crowd.ours) one->drop();
    for (const auto& one : crowd.theirs) one->drop();
    EXPECT_TRUE(world.until([&] { return world.server->counts().connections == 0; }));
  }
}

// The loop goes while texts are lent.
TEST(SenderThread, TheLoopMayGo) {
  for (size_t round = 0; round < 20; ++round) {
    World world;
    world.loop.send_beside();
    Crowd crowd(world, 8);
    const SharedBatch batch({message(std::string(200'000, 'y'))});
    for (const auto& one : crowd.theirs) EXPECT_TRUE(one->send_beside(batch));
    if (round % 2 == 0) world.loop.run_for(Duration::us(100));
    if (round % 4 == 0) crowd.theirs[3]->drop();
  }
}

}  // namespace
}  // namespace delever::net
