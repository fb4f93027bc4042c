// Goal: what was not heard is a gap of its stream, from the moment it opens.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "feeds/session_testing.h"

namespace delever::feeds {
namespace {

TEST(Session, LostConnectionIsOneGapAStream) {
  Scene scene("hyperliquid", {"trades:BTC", "trades:ETH"});
  scene.begin();
  scene.wait(Duration::seconds(1));
  for (const char* coin : {"BTC", "ETH"})
    scene.hear(fmt::format(R"({{"channel":"subscriptionResponse","data":{{"method":"subscribe",)"
                           R"("subscription":{{"type":"trades","coin":"{}"}}}}}})",
                           coin));
  scene.hear(R"({"channel":"trades","data":[{"coin":"BTC","tid":1}]})");
  const Instant last = scene.now().at;
  scene.wait(Duration::seconds(3));
  scene.session->closed(scene.outside.connects.back().first, "reset by peer", scene.now());
  scene.wait(Duration::seconds(5));
  ASSERT_EQ(scene.outside.connects.size(), 2U);
  scene.session->connected(scene.outside.connects.back().first, scene.now());
  scene.hear(R"({"channel":"trades","data":[{"coin":"BTC","tid":2}]})");
  scene.hear(R"({"channel":"trades","data":[{"coin":"ETH","tid":3}]})");
  ASSERT_EQ(scene.outside.gaps.size(), 3U);  // and one of what has no topic
  for (const Outside::Hole& gap : scene.outside.gaps) {
    EXPECT_EQ(gap.from, last + Duration::ns(1));
    EXPECT_EQ(gap.to, scene.now().at);
    EXPECT_EQ(gap.reason, "reset by peer");
  }
}

// A frame of no topic may be lost like any other: ":unknown" has its gap, from the last frame that
// a broken connection brought until the next one is open; not where another was open already, and
// not at a change that loses nothing.
TEST(Session, WhatHasNoTopicHasItsGaps) {
  Scene scene("okx", {"trades:A-USDT"});
  const auto unknown_gaps = [&] {
    std::vector<Outside::Hole> out;
    for (const Outside::Hole& gap : scene.outside.gaps) {
      if (scene.outside.streams[gap.stream - 1].name == "okx:unknown") out.push_back(gap);
    }
    return out;
  };
  scene.begin();
  scene.hear(R"({"id":"1","event":"subscribe","arg":{"channel":"trades","instId":"A-USDT"}})");
  scene.wait(Duration::seconds(1));
  scene.hear(R"({"what":1})");
  const Instant last = scene.now().at;
  scene.wait(Duration::seconds(40));  // half open: nothing comes, and it is left
  scene.session->connected(scene.outside.connects.back().first, scene.now());
  ASSERT_EQ(unknown_gaps().size(), 1U);
  EXPECT_EQ(unknown_gaps()[0].from, last + Duration::ns(1));
  EXPECT_EQ(unknown_gaps()[0].to, scene.now().at);
  EXPECT_EQ(unknown_gaps()[0].reason, "nothing heard for 30s");
  // The venue says that it will close: the second connection is open when the first one ends.
  scene.hear(R"({"id":"2","event":"subscribe","arg":{"channel":"trades","instId":"A-USDT"}})");
  scene.wait(Duration::seconds(1));
  scene.hear(R"({"event":"notice","code":"64008","msg":"soon"})");
  scene.wait(Duration::seconds(1));
  ASSERT_EQ(scene.outside.connects.size(), 3U);
  scene.session->connected(scene.outside.connects.back().first, scene.now());
  scene.hear(R"({"id":"3","event":"subscribe","arg":{"channel":"trades","instId":"A-USDT"}})");
  for (int i = 0; i < 4; ++i) {
    scene.wait(Duration::seconds(9));
    for (const size_t c : {1U, 2U})
      scene.session->received(scene.outside.connects[c].first, "pong", scene.now());
  }
  EXPECT_EQ(scene.outside.closes.back(), scene.outside.connects[1].first);
  EXPECT_EQ(unknown_gaps().size(), 1U);
  // It breaks, and the recording ends before another is open.
  scene.session->closed(scene.outside.connects[2].first, "reset by peer", scene.now());
  scene.wait(Duration::seconds(1));
  scene.session->stop(scene.now());
  ASSERT_EQ(unknown_gaps().size(), 2U);
  EXPECT_EQ(unknown_gaps()[1].to, scene.now().at);
}

TEST(Session, NoRoomIsAGap) {
  Scene scene("bybit:linear", {"publicTrade.BTCUSDT"});
  scene.begin();
  scene.hear(R"({"topic":"publicTrade.BTCUSDT","data":[1]})");
  scene.outside.full = true;
  scene.wait(Duration::seconds(1));
  const Instant from = scene.now().at;
  scene.hear(R"({"topic":"publicTrade.BTCUSDT","data":[2]})");
  scene.wait(Duration::seconds(1));
  scene.outside.full = false;
  scene.hear(R"({"topic":"publicTrade.BTCUSDT","data":[3]})");
  ASSERT_EQ(scene.outside.gaps.size(), 1U);
  EXPECT_EQ(scene.outside.gaps[0].from, from);
  EXPECT_EQ(scene.session->counts().no_room, 1U);
}

TEST(Session, EarlierRecordingGoesOnWithAGap) {
  Scene scene("bybit:linear", {"publicTrade.BTCUSDT"},
              {.resume = {{"bybit-linear:publicTrade.BTCUSDT", kStart - Duration::minutes(1)}}});
  scene.begin();
  scene.hear(R"({"topic":"publicTrade.BTCUSDT","data":[1]})");
  ASSERT_EQ(scene.outside.gaps.size(), 2U);  // and one of what has no topic
  for (const Outside::Hole& gap : scene.outside.gaps) {
    EXPECT_EQ(gap.from, kStart - Duration::minutes(1) + Duration::ns(1));
    EXPECT_EQ(gap.reason, "the recorder was not running");
  }
}

TEST(Session, SilentTopicIsAlarmedThoughItsConnectionLives) {
  Scene scene("binance-usdm", {"btcusdt@markPrice@1s"});
  scene.begin();
  scene.hear(R"({"result":null,"id":1})");  // proves nothing
  for (int i = 0; i < 6; ++i) {
    scene.wait(Duration::seconds(10));
    scene.session->ponged(scene.outside.connects.back().first, scene.now());
  }
  EXPECT_EQ(scene.session->counts().alarms, 1U);
  scene.hear(R"({"stream":"btcusdt@markPrice@1s","data":{}})");
  ASSERT_EQ(scene.outside.gaps.size(), 1U);
  EXPECT_EQ(scene.outside.gaps[0].reason, "silent for 30s");
}

// Where nothing at all is heard of a connection, a book that never is silent for so long among it,
// its trades are missing too: they have no numbers to say so. Not so while another topic speaks.
TEST(Session, AConnectionOnWhichAllIsSilentIsAGapOfItsTrades) {
  for (const bool another_speaks : {false, true}) {
    Scene scene("hyperliquid", {"l2Book:BTC", "trades:BTC", "l2Book:ETH"});
    const auto hear = [&](std::string_view frame) {
      scene.session->received(scene.outside.connects[0].first, frame, scene.now());
    };
    const auto book = [&](std::string_view coin, int ms) {
      hear(fmt::format(
          R"({{"channel":"l2Book","data":{{"coin":"{}","time":{},"levels":[[],[]]}}}})", coin, ms));
    };
    const auto trade = [&](int ms) {
      hear(fmt::format(R"({{"channel":"trades","data":[{{"coin":"BTC","side":"A","px":"1",)"
                       R"("sz":"1","time":{}}}]}})",
                       ms));
    };
    scene.begin();
    book("ETH", 1);
    trade(1);
    book("BTC", 1);
    for (int i = 0; i < 7; ++i) {
      scene.wait(Duration::seconds(10));
      hear(R"({"channel":"pong"})");
      if (another_speaks) book("ETH", 2 + i);
    }
    const Instant again = scene.now().at;
    EXPECT_EQ(scene.outside.open_gaps.count(2), another_speaks ? 0U : 1U);
    trade(2);
    EXPECT_EQ(scene.outside.open_gaps.count(2), 0U);
    const auto trades = std::find_if(scene.outside.gaps.begin(), scene.outside.gaps.end(),
                                     [](const Outside::Hole& gap) { return gap.stream == 2; });
    EXPECT_EQ(trades == scene.outside.gaps.end(), another_speaks);
    if (another_speaks || trades == scene.outside.gaps.end()) continue;
    EXPECT_EQ(trades->from, kStart + Duration::ns(1));
    EXPECT_EQ(trades->to, again);
  }
}

// A book that breaks over a pause of its whole connection shows that it stood still: its trades
// have a gap of that pause. Not so where another topic spoke meanwhile.
TEST(Session, ABookThatBreaksOverAPauseIsAGapOfTheTradesToo) {
  for (const bool another_speaks : {false, true}) {
    Scene scene("binance-spot", {"btcusdt@depth@100ms", "btcusdt@aggTrade", "ethusdt@aggTrade"});
    const auto trade = [&](std::string_view symbol, int id) {
      scene.hear(fmt::format(R"({{"stream":"{0}@aggTrade","data":{{"e":"aggTrade","a":{1}}}}})",
                             symbol, id));
    };
    scene.begin();
    trade("btcusdt", 1);
    scene.hear(binance_depth(1, 2, 0));
    scene.wait(Duration::seconds(8));
    if (another_speaks) trade("ethusdt", 1);
    scene.wait(Duration::seconds(8));
    const Instant again = scene.now().at;
    trade("btcusdt", 2);
    scene.hear(binance_depth(9, 10, 8));
    const auto trades = std::find_if(scene.outside.gaps.begin(), scene.outside.gaps.end(),
                                     [](const Outside::Hole& gap) { return gap.stream != 1; });
    EXPECT_EQ(trades == scene.outside.gaps.end(), another_speaks);
    if (another_speaks || trades == scene.outside.gaps.end()) continue;
    EXPECT_EQ(trades->from, kStart + Duration::ns(1));
    EXPECT_EQ(trades->to, again);
  }
}

// A recorder that dies in a gap leaves it: it is told when it opens, and ends as it always did.
TEST(Session, AGapIsToldWhenItOpens) {
  Scene scene("hyperliquid", {"trades:BTC"});
  scene.begin();
  scene.hear(R"({"channel":"trades","data":[{"coin":"BTC","tid":1}]})");
  const Instant last = scene.now().at;
  scene.wait(Duration::seconds(3));
  EXPECT_TRUE(scene.outside.open_gaps.empty());
  scene.session->closed(scene.outside.connects.back().first, "reset by peer", scene.now());
  ASSERT_EQ(scene.outside.open_gaps.size(), 2U);  // and of what has no topic
  for (const auto& [stream, gap] : scene.outside.open_gaps) {
    EXPECT_EQ(gap.from, last + Duration::ns(1));
    EXPECT_EQ(gap.reason, "reset by peer");
  }
  scene.wait(Duration::seconds(5));
  scene.session->closed(scene.outside.connects.back().first, "no route", scene.now());
  EXPECT_EQ(scene.outside.open_gaps.size(), 2U);
  EXPECT_TRUE(scene.outside.gaps.empty());
  scene.wait(Duration::seconds(5));
  scene.session->connected(scene.outside.connects.back().first, scene.now());
  scene.hear(R"({"channel":"trades","data":[{"coin":"BTC","tid":2}]})");
  EXPECT_TRUE(scene.outside.open_gaps.empty());
  EXPECT_EQ(scene.outside.gaps.size(), 2U);
}

TEST(Session, AGapWithoutRoomIsToldWhenItOpens) {
  Scene scene("bybit:linear", {"publicTrade.BTCUSDT"});
  scene.begin();
  scene.hear(R"({"topic":"publicTrade.BTCUSDT","data":[1]})");
  scene.outside.full = true;
  scene.wait(Duration::seconds(1));
  scene.hear(R"({"topic":"publicTrade.BTCUSDT","data":[2]})");
  scene.wait(Duration::ms(1));
  ASSERT_EQ(scene.outside.open_gaps.size(), 1U);
  EXPECT_EQ(scene.outside.open_gaps.at(1).from, kStart + Duration::seconds(1));
  scene.outside.full = false;
  scene.hear(R"({"topic":"publicTrade.BTCUSDT","data":[3]})");
  EXPECT_TRUE(scene.outside.open_gaps.empty());
}

// One that ends with the frame that showed it is told once.
TEST(Session, AHoleThatAFrameShowsIsNotToldTwice) {
  Scene scene("binance-usdm", {"btcusdt@depth@100ms"});
  scene.begin();
  scene.hear(R"({"result":null,"id":1})");
  scene.hear(binance_depth(11, 12, 10));
  scene.wait(Duration::seconds(1));
  scene.hear(binance_depth(20, 21, 18));
  scene.wait(Duration::seconds(1));
  EXPECT_EQ(scene.outside.gaps.size(), 1U);
  EXPECT_EQ(scene.outside.opened, 0);
}

}  // namespace
}  // namespace delever::feeds
