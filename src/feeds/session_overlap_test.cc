// Goal: a change of connections loses nothing, tells nothing twice, and says what it cannot know.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <iterator>

#include "base/random.h"
#include "feeds/session_testing.h"

namespace delever::feeds {
namespace {

TEST(Session, LeavesBeforeTheCutAndRecordsOnce) {
  Scene scene("binance-spot", {"btcusdt@trade"}, {.lifetime = Duration::hours(1)});
  scene.begin();
  scene.hear(R"({"result":null,"id":1})");
  const auto trade = [](int id) {
    return fmt::format(R"({{"stream":"btcusdt@trade","data":{{"e":"trade","t":{}}}}})", id);
  };
  int id = 0;
  while (scene.outside.connects.size() < 2 && scene.passed < Duration::hours(1)) {
    scene.hear(trade(++id));
    scene.wait(Duration::seconds(10));
  }
  ASSERT_EQ(scene.outside.connects.size(), 2U);
  const ConnectionId first = scene.outside.connects[0].first,
                     next = scene.outside.connects[1].first;
  scene.session->connected(next, scene.now());
  scene.session->received(next, R"({"result":null,"id":2})", scene.now());
  const auto hear = [&](ConnectionId on, int n) {
    scene.session->received(on, trade(n), scene.now());
  };
  // The new one is ahead of the old one, then they meet.
  hear(next, id + 1);
  hear(next, id + 2);
  hear(first, id + 1);
  hear(first, id + 2);
  hear(next, id + 3);
  hear(first, id + 3);
  scene.wait(Duration::seconds(1));
  ASSERT_EQ(scene.outside.closes, std::vector<ConnectionId>{first});
  std::vector<std::string> want;
  for (int i = 1; i <= id + 3; ++i) want.push_back(trade(i));
  std::vector<std::string> got;
  for (const Outside::Kept& kept : scene.outside.kept) got.push_back(kept.bytes);
  EXPECT_EQ(got, want);
  EXPECT_TRUE(scene.outside.gaps.empty());
}

// A topic that never speaks (a list of new contracts) is not waited for until the old connection is
// cut: both are in health, and nothing is missing.
TEST(Session, AQuietTopicIsNoGapAtTheCut) {
  Scene scene("binance-spot", {"btcusdt@trade", "newcoin@trade"},
              {.lifetime = Duration::seconds(40)});
  scene.begin();
  scene.hear(R"({"result":null,"id":1})");
  int id = 0;
  size_t open = 1;
  const auto overlaps = [&] {
    return scene.outside.closes.size() + 1 < scene.outside.connects.size();
  };
  while (scene.passed < Duration::seconds(200) ||
         (overlaps() && scene.passed < Duration::seconds(240))) {
    scene.wait(Duration::ms(500));
    ++id;
    for (; open < scene.outside.connects.size(); ++open) {
      const ConnectionId next = scene.outside.connects[open].first;
      scene.session->connected(next, scene.now());
      scene.session->received(next, fmt::format(R"({{"result":null,"id":{}}})", open + 1),
                              scene.now());
    }
    for (const auto& [connection, url] : scene.outside.connects)
      scene.session->received(
          connection,
          fmt::format(R"({{"stream":"btcusdt@trade","data":{{"e":"trade","t":{}}}}})", id),
          scene.now());
  }
  EXPECT_GE(scene.outside.connects.size(), 5U);
  EXPECT_FALSE(overlaps());
  EXPECT_EQ(scene.outside.kept.size(), static_cast<size_t>(id));
  scene.session->stop(scene.now());
  EXPECT_TRUE(scene.outside.gaps.empty());
}

// A topic that the second connection alone is refused is missing from the start, for it never
// spoke, and is asked for again when the overlap is over, then each hour.
TEST(Session, WhatAnOverlapIsRefusedIsAskedForAgain) {
  Scene scene("okx", {"trades:A-USDT", "trades:B-USDT"});
  scene.begin();
  const auto taken = [&](int id, std::string_view symbol) {
    scene.hear(fmt::format(
        R"({{"id":"{}","event":"subscribe","arg":{{"channel":"trades","instId":"{}"}}}})", id,
        symbol));
  };
  const auto refused = [&](int id) {
    scene.hear(fmt::format(R"({{"event":"error","msg":"no","code":"60018","id":"{}"}})", id));
  };
  const auto asked = [&] {
    return std::count_if(scene.outside.sends.begin(), scene.outside.sends.end(), [](const auto& s) {
      return s.second.find("B-USDT") != std::string::npos;
    });
  };
  // Both connections speak, until the topic has been asked for so often.
  const auto pass = [&](Duration how_long, std::optional<long> until_asked = {}) {
    for (const Duration until = scene.passed + how_long; scene.passed < until;) {
      if (until_asked && asked() >= *until_asked) return;
      for (const auto& [connection, url] : scene.outside.connects)
        scene.session->received(connection, "pong", scene.now());
      scene.wait(Duration::seconds(5));
    }
  };
  taken(1, "A-USDT");
  taken(1, "B-USDT");
  pass(Duration::minutes(1));
  scene.hear(R"({"event":"notice","code":"64008","msg":"soon","connId":"a"})");
  scene.wait(Duration::seconds(2));
  ASSERT_EQ(scene.outside.connects.size(), 2U);
  scene.session->connected(scene.outside.connects[1].first, scene.now());
  refused(2);
  scene.wait(Duration::seconds(2));
  taken(3, "A-USDT");
  refused(4);
  EXPECT_EQ(asked(), 3);  // with the other, twice, and alone
  pass(Duration::minutes(2), 4);
  ASSERT_EQ(scene.outside.closes.size(), 1U);
  EXPECT_EQ(asked(), 4);
  refused(5);
  pass(Duration::minutes(59));
  EXPECT_EQ(asked(), 4);
  pass(Duration::minutes(2), 5);
  EXPECT_EQ(asked(), 5);
  taken(6, "B-USDT");
  EXPECT_EQ(scene.session->counts().topics_live, 2U);
  ASSERT_EQ(scene.outside.gaps.size(), 1U);
  EXPECT_EQ(scene.outside.gaps[0].from, kStart);
}

// The new connection has taken over and falls silent before the old one is closed, for a topic that
// is yet to come: what only the old one tells is kept, and what both tell is kept once, whichever
// is ahead.
TEST(Session, TheOldConnectionIsHeardUntilItIsClosed) {
  Scene scene("okx", {"trades:A-USDT", "trades:B-USDT", "trades:C-USDT"});
  const auto hear_on = [&](size_t connection, char symbol, int id) {
    scene.session->received(
        scene.outside.connects[connection].first,
        fmt::format(R"({{"arg":{{"channel":"trades","instId":"{0}-USDT"}},"data":[{{"instId":)"
                    R"("{0}-USDT","tradeId":"{1}","px":"1","sz":"1","side":"buy","ts":"1"}}]}})",
                    symbol, id),
        scene.now());
    scene.wait(Duration::ms(100));
  };
  scene.begin();
  for (const char symbol : {'A', 'B'}) hear_on(0, symbol, 1);
  scene.hear(R"({"event":"notice","code":"64008","msg":"soon","connId":"a"})");
  scene.wait(Duration::seconds(2));
  scene.session->connected(scene.outside.connects[1].first, scene.now());
  hear_on(1, 'A', 2);
  hear_on(1, 'A', 3);
  hear_on(0, 'A', 2);  // joined: the new one is ahead by one
  hear_on(0, 'A', 3);
  hear_on(1, 'A', 4);
  hear_on(0, 'A', 4);
  hear_on(0, 'A', 5);
  hear_on(1, 'A', 5);  // late
  hear_on(0, 'A', 6);  // and silent from here on
  const auto kept = [&](std::string_view symbol) {
    std::string ids;
    for (const auto& one : scene.outside.kept) {
      if (one.bytes.find(symbol) != std::string::npos)
        ids += one.bytes[one.bytes.find("tradeId") + 10];
    }
    return ids;
  };
  EXPECT_EQ(kept("A-USDT"), "123456");
  hear_on(1, 'C', 1);  // heard on the old one only now, as when its acknowledgement was lost
  hear_on(0, 'C', 1);
  EXPECT_EQ(kept("C-USDT"), "1");
  hear_on(1, 'A', 7);
  // The new one is lost: what it told comes again on the old one.
  scene.session->closed(scene.outside.connects[1].first, "reset", scene.now());
  hear_on(0, 'A', 7);
  hear_on(0, 'A', 8);
  EXPECT_EQ(kept("A-USDT"), "12345678");
}

// What the new connection alone has told is written within a second. Whether the old one had fallen
// silent before shows later: until then the tape has a gap, from before the change on.
TEST(Session, WhatOnlyTheNewConnectionHasToldIsAnOpenGap) {
  Scene scene("okx", {"trades:A-USDT", "trades:B-USDT"});
  const auto hear_on = [&](size_t connection, char symbol, int id) {
    scene.session->received(
        scene.outside.connects[connection].first,
        fmt::format(R"({{"arg":{{"channel":"trades","instId":"{0}-USDT"}},"data":[{{"instId":)"
                    R"("{0}-USDT","tradeId":"{1}","px":"1","sz":"1","side":"buy","ts":"1"}}]}})",
                    symbol, id),
        scene.now());
  };
  scene.begin();
  for (const char symbol : {'A', 'B'}) hear_on(0, symbol, 1);
  scene.wait(Duration::seconds(1));
  scene.hear(R"({"event":"notice","code":"64008","msg":"soon","connId":"a"})");
  scene.wait(Duration::seconds(2));
  ASSERT_EQ(scene.outside.connects.size(), 2U);
  const auto& open = scene.outside.open_gaps;
  scene.session->connected(scene.outside.connects[1].first, scene.now());
  hear_on(1, 'A', 2);
  scene.wait(Duration::ms(400));
  EXPECT_TRUE(open.empty());  // the old one may tell it yet
  scene.wait(Duration::ms(200));
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open.at(1).from, kStart + Duration::ns(1));
  EXPECT_EQ(scene.outside.kept.size(), 3U);
  hear_on(0, 'A', 2);  // joined: nothing was missing
  EXPECT_TRUE(open.empty());
  hear_on(1, 'A', 3);
  hear_on(0, 'A', 3);
  EXPECT_EQ(scene.outside.kept.size(), 4U);
  // The new one is lost: what it told is written then, and whether the old one had fallen silent
  // shows when it tells the same.
  hear_on(1, 'B', 2);
  scene.wait(Duration::ms(600));
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open.count(2), 1U);
  const size_t kept = scene.outside.kept.size();
  scene.session->closed(scene.outside.connects[1].first, "reset", scene.now());
  EXPECT_EQ(scene.outside.kept.size(), kept);
  ASSERT_EQ(open.count(2), 1U);
  EXPECT_EQ(open.at(2).from, kStart + Duration::ns(1));
  hear_on(0, 'B', 2);
  EXPECT_EQ(open.count(2), 0U);
  EXPECT_EQ(scene.outside.kept.size(), kept);
  scene.session->stop(scene.now());
  EXPECT_TRUE(open.empty());
  for (const Outside::Hole& gap : scene.outside.gaps) EXPECT_NE(gap.stream, 2U);
}

// The first stands still, the second alone tells and is lost: what came until a third takes over,
// or the first goes on, is on neither.
void stand_still(bool third_comes) {
  Scene scene("okx", {"trades:A-USDT"});
  const auto hear_on = [&](size_t connection, int id) {
    scene.session->received(
        scene.outside.connects[connection].first,
        fmt::format(R"({{"arg":{{"channel":"trades","instId":"A-USDT"}},"data":[{{"instId":)"
                    R"("A-USDT","tradeId":"{}","px":"1","sz":"1","side":"buy","ts":"1"}}]}})",
                    id),
        scene.now());
  };
  const auto alive = [&](Duration how_long) {
    for (const Duration until = scene.passed + how_long; scene.passed < until;) {
      for (const auto& [connection, url] : scene.outside.connects)
        scene.session->received(connection, "pong", scene.now());
      scene.wait(Duration::seconds(1));
    }
  };
  scene.begin();
  hear_on(0, 1);
  alive(Duration::seconds(5));
  scene.hear(R"({"event":"notice","code":"64008","msg":"soon","connId":"a"})");
  alive(Duration::seconds(2));
  ASSERT_EQ(scene.outside.connects.size(), 2U);
  scene.session->connected(scene.outside.connects[1].first, scene.now());
  hear_on(1, 2);
  alive(Duration::seconds(3));
  scene.session->closed(scene.outside.connects[1].first, "reset", scene.now());
  alive(Duration::seconds(5));
  ASSERT_EQ(scene.outside.connects.size(), 3U);
  EXPECT_TRUE(std::none_of(scene.outside.gaps.begin(), scene.outside.gaps.end(),
                           [](const Outside::Hole& gap) { return gap.stream == 1; }));
  if (third_comes) {
    scene.session->connected(scene.outside.connects[2].first, scene.now());
    scene.hear(R"({"id":"3","event":"subscribe","arg":{"channel":"trades","instId":"A-USDT"}})");
  } else {  // none can be opened, and the first goes on
    alive(Duration::seconds(45));
    hear_on(0, 4);
  }
  const Instant again = scene.now().at;
  alive(Duration::seconds(40));
  std::vector<Outside::Hole> gaps;
  std::copy_if(scene.outside.gaps.begin(), scene.outside.gaps.end(), std::back_inserter(gaps),
               [](const Outside::Hole& gap) { return gap.stream == 1; });
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].from, kStart + Duration::ns(1));
  EXPECT_GE(gaps[0].to, again);
  EXPECT_EQ(third_comes, gaps[0].to > again);
}

// A connection is silent, not a topic: what nobody told of another one is not known either, also
// where the first speaks of it again before the change is over.
void stand_still_quietly(bool speaks_again) {
  Scene scene("okx", {"trades:A-USDT", "trades:B-USDT"});
  const auto hear_on = [&](size_t connection, char symbol, int id) {
    scene.session->received(
        scene.outside.connects[connection].first,
        fmt::format(R"({{"arg":{{"channel":"trades","instId":"{0}-USDT"}},"data":[{{"instId":)"
                    R"("{0}-USDT","tradeId":"{1}","px":"1","sz":"1","side":"buy","ts":"1"}}]}})",
                    symbol, id),
        scene.now());
  };
  const auto alive = [&](Duration how_long) {
    for (const Duration until = scene.passed + how_long; scene.passed < until;) {
      for (const auto& [connection, url] : scene.outside.connects)
        scene.session->received(connection, "pong", scene.now());
      scene.wait(Duration::seconds(1));
    }
  };
  scene.begin();
  for (const char symbol : {'A', 'B'}) hear_on(0, symbol, 1);
  alive(Duration::seconds(5));
  scene.hear(R"({"event":"notice","code":"64008","msg":"soon","connId":"a"})");
  alive(Duration::seconds(2));
  ASSERT_EQ(scene.outside.connects.size(), 2U);
  scene.session->connected(scene.outside.connects[1].first, scene.now());
  const std::string& asked = scene.outside.sends.back().second;
  const std::string id = asked.substr(asked.find(R"("id":")") + 6, 1);
  for (const char symbol : {'A', 'B'})
    scene.hear(fmt::format(
        R"({{"id":"{}","event":"subscribe","arg":{{"channel":"trades","instId":"{}-USDT"}}}})", id,
        symbol));
  alive(Duration::seconds(5));
  hear_on(1, 'A', 2);
  alive(Duration::seconds(12));
  const Instant again = scene.now().at;
  if (speaks_again) {
    hear_on(1, 'A', 3);
    hear_on(0, 'A', 3);
    hear_on(0, 'B', 3);
  }
  alive(Duration::seconds(30));
  ASSERT_EQ(scene.outside.closes, std::vector{scene.outside.connects[0].first});
  for (const tape::StreamNumber stream : {1U, 2U}) {
    if (speaks_again && stream == 1) continue;  // whole: the second told what the first left out
    const auto found = std::find_if(
        scene.outside.gaps.begin(), scene.outside.gaps.end(), [&](const Outside::Hole& gap) {
          return gap.stream == stream && gap.from == kStart + Duration::ns(1);
        });
    ASSERT_NE(found, scene.outside.gaps.end()) << stream;
    EXPECT_GE(found->to, again) << stream;
  }
}

TEST(Session, AConnectionThatStandsStillIsAGapOfItsQuietTopicsToo) {
  stand_still_quietly(false);
  stand_still_quietly(true);
}

TEST(Session, AFirstThatStoodStillIsAGapThoughTheSecondIsLost) {
  stand_still(true);
  stand_still(false);
}

// A venue's values, each with its time, over connections that are late by times of their own, leave
// out some, and break; they change each half minute.
class Values {
 public:
  Values(std::string_view market, std::string_view topic, std::function<std::string(int)> frame,
         uint64_t seed)
      : scene_(market, {std::string(topic)}, {.seed = seed, .lifetime = Duration::seconds(40)}),
        frame_(std::move(frame)),
        random_(seed, {}) {}

  std::vector<std::string> play() {
    const double late = random_.chance(0.5) ? 0.3 : 6, told = random_.chance(0.3) ? 1 : 0.6;
    EXPECT_TRUE(scene_.session->start(scene_.now()).has_value());
    for (int n = 1000; n < 1400; ++n) {
      scene_.wait(Duration::ms(500));
      for (; pipes_.size() < scene_.outside.connects.size();) {
        pipes_.emplace_back();
        scene_.session->connected(scene_.outside.connects[pipes_.size() - 1].first, scene_.now());
      }
      for (Pipe& pipe : pipes_) {
        if (random_.chance(0.1)) pipe.late = late * random_.uniform();
        if (random_.chance(told))
          pipe.coming.push_back({scene_.passed.in_seconds() + pipe.late, n});
      }
      deliver();
      if (random_.chance(0.01)) lose(random_.below(pipes_.size()));
    }
    scene_.session->stop(scene_.now());
    std::vector<std::string> out;
    for (const auto& kept : scene_.outside.kept) out.push_back(kept.bytes);
    return out;
  }
  size_t connections() const { return pipes_.size(); }

 private:
  struct Coming {
    double at;
    int n;
  };
  struct Pipe {
    double late = 0;
    std::deque<Coming> coming;
  };
  void deliver() {
    for (size_t i = 0; i < pipes_.size(); ++i) {
      auto& coming = pipes_[i].coming;
      for (; !coming.empty() && coming.front().at <= scene_.passed.in_seconds(); coming.pop_front())
        scene_.session->received(scene_.outside.connects[i].first, frame_(coming.front().n),
                                 scene_.now());
    }
  }
  void lose(size_t i) {
    pipes_[i].coming.clear();
    scene_.session->closed(scene_.outside.connects[i].first, "reset", scene_.now());
  }

  Scene scene_;
  std::function<std::string(int)> frame_;
  Random random_;
  std::vector<Pipe> pipes_;
};

TEST(Session, AnOlderValueNeverComesAfterANewerOne) {
  struct Market {
    const char *name, *topic;
    std::function<std::string(int)> frame;
  };
  const auto filled = [](const char* form) {
    return [form](int n) { return fmt::format(fmt::runtime(form), n); };
  };
  const std::vector<Market> markets{
      {"hyperliquid", "l2Book:BTC",
       filled(R"({{"channel":"l2Book","data":{{"coin":"BTC","time":{},"levels":[[],[]]}}}})")},
      {"okx", "tickers:BTC-USDT",
       filled(R"({{"arg":{{"channel":"tickers","instId":"BTC-USDT"}},"data":[{{"ts":"{}"}}]}})")},
      {"binance-spot", "btcusdt@bookTicker",
       filled(R"({{"stream":"btcusdt@bookTicker","data":{{"u":{},"s":"BTCUSDT","b":"1"}}}})")},
      {"binance-usdm", "btcusdt@markPrice@1s",
       filled(R"({{"stream":"btcusdt@markPrice@1s","data":{{"e":"markPriceUpdate","E":{}}}}})")},
      {"bybit:linear", "orderbook.1.BTCUSDT",
       filled(R"({{"topic":"orderbook.1.BTCUSDT","ts":{},"type":"snapshot","data":{{"u":1}}}})")},
      {"deribit", "ticker.BTC-PERPETUAL.100ms",
       filled(R"({{"method":"subscription","params":{{"channel":"ticker.BTC-PERPETUAL.100ms",)"
              R"("data":{{"timestamp":{}}}}}}})")}};
  for (const Market& market : markets) {
    size_t kept = 0, connections = 0;
    for (uint64_t seed = 1; seed <= 100; ++seed) {
      Values values(market.name, market.topic, market.frame, seed);
      const std::vector<std::string> out = values.play();
      kept += out.size();
      connections += values.connections();
      // All of one form and length: the later the greater.
      EXPECT_TRUE(std::is_sorted(out.begin(), out.end())) << market.name << " " << seed;
    }
    EXPECT_GT(kept, 10'000U) << market.name;
    EXPECT_GT(connections, 400U) << market.name;
  }
}

}  // namespace
}  // namespace delever::feeds
