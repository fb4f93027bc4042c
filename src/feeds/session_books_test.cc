// Goal: a book that is recorded is one that readers serve, or it is asked for anew.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "feeds/session_testing.h"

namespace delever::feeds {
namespace {

// A book whose bid has come to its ask is served to nobody: it begins anew, and where it breaks
// again at once, each time a little later.
TEST(Session, ABookThatCrossesBeginsAnew) {
  Scene scene("bybit:linear", {"orderbook.50.BTCUSDT"});
  uint64_t u = 10;
  const auto book = [&](std::string_view type, std::string_view bid) {
    scene.hear(fmt::format(R"({{"topic":"orderbook.50.BTCUSDT","type":"{}","data":{{"s":"BTCUSDT",)"
                           R"("b":[["{}","1"]],"a":[["11","1"]],"u":{},"seq":1}}}})",
                           type, bid, u++));
  };
  scene.begin();
  scene.hear(R"({"success":true,"ret_msg":"","req_id":"1","op":"subscribe"})");
  book("snapshot", "10");
  book("delta", "10.5");
  EXPECT_TRUE(scene.session->whole());
  const Instant last = scene.now().at;
  scene.wait(Duration::seconds(1));
  book("delta", "11");
  EXPECT_FALSE(scene.session->whole());
  scene.wait(Duration::seconds(1));
  ASSERT_EQ(scene.outside.sends.size(), 3U);
  EXPECT_NE(scene.outside.sends[1].second.find("unsubscribe"), std::string::npos);
  book("snapshot", "10");
  EXPECT_TRUE(scene.session->whole());
  ASSERT_EQ(scene.outside.gaps.size(), 1U);
  EXPECT_EQ(scene.outside.gaps[0].reason, "bid at or above ask at 12");
  EXPECT_EQ(scene.outside.gaps[0].from, last + Duration::ns(1));
  // The venue's own book is crossed: ten minutes of it are a dozen requests and not thousands.
  const size_t before = scene.outside.sends.size();
  const Duration until = scene.passed + Duration::minutes(10);
  for (size_t answered = scene.outside.sends.size(); scene.passed < until;) {
    book("delta", "12");
    scene.wait(Duration::ms(100));
    const size_t sent = scene.outside.sends.size();
    if (sent == answered || scene.outside.sends.back().second.find("unsub") != std::string::npos)
      continue;
    answered = sent;
    if (scene.outside.sends.back().second.find("ping") == std::string::npos) book("snapshot", "10");
  }
  size_t cures = 0;
  for (size_t i = before; i < scene.outside.sends.size(); ++i)
    cures += scene.outside.sends[i].second.find("unsub") != std::string::npos ? 1 : 0;
  EXPECT_GE(cures, 8U);
  EXPECT_LE(cures, 30U);
}

// A cure is asked for on the old connection of two, and the new one takes over before the answer
// comes: that answer belongs to a connection that is left, and the cure is asked for on the new
// one.
TEST(Session, ACureUnderWayWhenTheTopicIsHandedOver) {
  Scene scene("okx", {"books:A-B", "trades:A-B"});
  const auto hear = [&](size_t connection, std::string_view frame) {
    scene.session->received(scene.outside.connects[connection].first, frame, scene.now());
  };
  const auto ack = [&](size_t connection, int id, std::string_view channel) {
    hear(connection, fmt::format(R"({{"id":"{}","event":"subscribe","arg":{{"channel":"{}",)"
                                 R"("instId":"A-B"}}}})",
                                 id, channel));
  };
  const auto book = [](std::string_view action, int id, int previous) {
    return fmt::format(R"({{"arg":{{"channel":"books","instId":"A-B"}},"action":"{}","data":[)"
                       R"({{"asks":[["11","1","0","1"]],"bids":[["10","{}","0","1"]],)"
                       R"("seqId":{},"prevSeqId":{}}}]}})",
                       action, id, id, previous);
  };
  scene.begin();
  ack(0, 1, "books");
  ack(0, 1, "trades");
  hear(0, book("snapshot", 10, -1));
  scene.wait(Duration::seconds(1));
  hear(0, R"({"event":"notice","code":"64008","msg":"soon"})");
  scene.wait(Duration::seconds(1));
  scene.session->connected(scene.outside.connects[1].first, scene.now());
  ack(1, 2, "books");
  ack(1, 2, "trades");
  hear(1, book("snapshot", 12, -1));
  hear(0, book("update", 14, 12));  // 12 was left out: a hole
  scene.wait(Duration::ms(1));
  EXPECT_NE(scene.outside.sends.back().second.find("unsubscribe"), std::string::npos);
  EXPECT_EQ(scene.outside.sends.back().first, scene.outside.connects[0].first);
  hear(1, book("update", 14, 12));  // both have said it: the new one takes over
  scene.wait(Duration::ms(400));
  for (int i = 0; i < 2; ++i)  // of both requests, by the topic
    hear(0, R"({"event":"subscribe","arg":{"channel":"books","instId":"A-B"}})");
  hear(0, book("snapshot", 14, -1));
  for (int i = 0; i < 10; ++i) {
    scene.wait(Duration::seconds(8));
    for (const size_t connection : {0U, 1U}) hear(connection, "pong");
  }
  EXPECT_EQ(scene.outside.closes.back(), scene.outside.connects[0].first);
  size_t cures = 0;
  for (const auto& [connection, text] : scene.outside.sends) {
    if (connection == scene.outside.connects[1].first && text.find("unsub") != text.npos) ++cures;
  }
  EXPECT_GE(cures, 1U);
  const size_t before = scene.outside.kept.size();
  hear(1, book("snapshot", 20, -1));
  hear(1, book("update", 21, 20));
  EXPECT_EQ(scene.outside.kept.size(), before + 2);
  EXPECT_TRUE(scene.session->whole());
}

// What there was no room for may be nothing of a book: then it goes on, and no cure is asked for.
TEST(Session, ABookThatNoRoomCostNothingGoesOn) {
  Scene scene("deribit", {"book.BTC-PERPETUAL.100ms"});
  const auto frame = [&](std::string_view type, uint64_t id, std::string_view previous) {
    scene.hear(fmt::format(R"({{"jsonrpc":"2.0","method":"subscription","params":{{"channel":)"
                           R"("book.BTC-PERPETUAL.100ms","data":{{"type":"{}","change_id":{}{},)"
                           R"("bids":[],"asks":[]}}}}}})",
                           type, id, previous));
    scene.wait(Duration::seconds(1));
  };
  scene.begin();
  scene.hear(R"({"jsonrpc":"2.0","id":1,"result":["book.BTC-PERPETUAL.100ms"]})");
  frame("snapshot", 5, "");
  frame("change", 6, R"(,"prev_change_id":5)");
  scene.outside.full = true;
  frame("change", 7, R"(,"prev_change_id":6)");
  scene.outside.full = false;
  const size_t sends = scene.outside.sends.size();
  frame("change", 8, R"(,"prev_change_id":6)");  // as if 7 had not been: it follows what is kept
  EXPECT_TRUE(scene.session->whole());
  EXPECT_EQ(scene.outside.sends.size(), sends);
  EXPECT_EQ(scene.outside.gaps.size(), 1U);
  scene.outside.full = true;
  frame("change", 9, R"(,"prev_change_id":8)");
  scene.outside.full = false;
  frame("change", 10, R"(,"prev_change_id":9)");
  EXPECT_FALSE(scene.session->whole());
  EXPECT_EQ(scene.outside.sends.size(), sends + 2);
}

TEST(Session, ABookByRestThatCrossesIsFetchedAgain) {
  Scene scene("binance-usdm", {"btcusdt@depth@100ms"});
  const auto change = [&](uint64_t id, std::string_view bids) {
    scene.hear(fmt::format(R"({{"stream":"btcusdt@depth@100ms","data":{{"U":{0},"u":{0},"pu":{1},)"
                           R"("b":[{2}],"a":[]}}}})",
                           id, id - 1, bids));
  };
  const auto answer = [&](uint64_t id) {
    scene.session->responded(
        scene.outside.requests.back().first,
        {.status = 200,
         .body =
             fmt::format(R"({{"lastUpdateId":{},"bids":[["10","1"]],"asks":[["11","1"]]}})", id)},
        scene.now());
  };
  scene.begin();
  scene.hear(R"({"result":null,"id":1})");
  change(11, "");
  scene.wait(Duration::ms(1));
  answer(11);
  change(12, R"(["10.5","1"])");
  EXPECT_TRUE(scene.session->whole());
  EXPECT_TRUE(scene.outside.gaps.empty());
  for (int i = 0; i < 4; ++i) {
    scene.wait(Duration::seconds(30));
    scene.session->ponged(scene.outside.connects.back().first, scene.now());
  }
  change(13, R"(["11","1"])");
  ASSERT_EQ(scene.outside.gaps.size(), 1U);
  EXPECT_EQ(scene.outside.gaps[0].reason, "bid at or above ask at 13");
  scene.wait(Duration::ms(1));
  ASSERT_EQ(scene.outside.requests.size(), 2U);
  change(14, "");
  answer(12);  // of before it crossed
  EXPECT_FALSE(scene.session->whole());
  scene.wait(Duration::seconds(2));
  ASSERT_EQ(scene.outside.requests.size(), 3U);
  answer(14);
  EXPECT_TRUE(scene.session->whole());
}

// The first change on a tape crosses, and the snapshot that is asked for ends where it does:
// futures have it applied over the snapshot, so that no reader serves that book; at spot it is left
// out.
TEST(Session, ABookThatBeginsCrossedIsFetchedAgain) {
  for (const std::string_view market : {"binance-usdm", "binance-spot"}) {
    Scene scene(market, {"btcusdt@depth@100ms"});
    const auto change = [&](uint64_t id, std::string_view bids) {
      const std::string previous =
          market == "binance-spot" ? "" : fmt::format(R"("pu":{},)", id - 1);
      scene.hear(fmt::format(R"({{"stream":"btcusdt@depth@100ms","data":{{"U":{0},"u":{0},{1})"
                             R"("b":[{2}],"a":[]}}}})",
                             id, previous, bids));
      scene.wait(Duration::ms(1));
    };
    const auto answer = [&](uint64_t id) {
      scene.session->responded(
          scene.outside.requests.back().first,
          {.status = 200,
           .body =
               fmt::format(R"({{"lastUpdateId":{},"bids":[["10","1"]],"asks":[["11","1"]]}})", id)},
          scene.now());
      scene.wait(Duration::seconds(2));
    };
    scene.begin();
    scene.hear(R"({"result":null,"id":1})");
    change(11, R"(["11","1"])");
    answer(11);
    change(12, "");
    const bool again = market == "binance-usdm";
    EXPECT_EQ(scene.outside.requests.size(), again ? 2U : 1U) << market;
    EXPECT_EQ(scene.session->whole(), !again) << market;
    if (again) answer(12);
    EXPECT_TRUE(scene.session->whole()) << market;
    EXPECT_EQ(scene.outside.requests.size(), again ? 2U : 1U) << market;
    // A snapshot that is here before the change that it ends with.
    const size_t before = scene.outside.requests.size();
    change(14, "");  // after a hole
    scene.wait(Duration::seconds(2));
    answer(15);
    change(15, R"(["11","1"])");
    scene.wait(Duration::seconds(4));
    EXPECT_EQ(scene.outside.requests.size(), before + (again ? 2U : 1U)) << market;
    if (again) answer(15);
    change(16, "");
    EXPECT_TRUE(scene.session->whole()) << market;
  }
}

// What is newer than a snapshot and does not continue it waits for the next one, also for the
// check.
TEST(Session, ABookThatCrossesAfterASnapshotOfNoUse) {
  Scene scene("binance-usdm", {"btcusdt@depth@100ms"});
  const auto change = [&](uint64_t first, uint64_t last, uint64_t previous, std::string_view bids) {
    scene.hear(fmt::format(R"({{"stream":"btcusdt@depth@100ms","data":{{"U":{},"u":{},"pu":{},)"
                           R"("b":[{}],"a":[]}}}})",
                           first, last, previous, bids));
    scene.wait(Duration::seconds(9));
  };
  const auto answer = [&](uint64_t id) {
    scene.session->responded(
        scene.outside.requests.back().first,
        {.status = 200,
         .body =
             fmt::format(R"({{"lastUpdateId":{},"bids":[["10","1"]],"asks":[["11","1"]]}})", id)},
        scene.now());
    scene.wait(Duration::seconds(9));
  };
  constexpr std::string_view kCrosses = R"(["11","1"])";
  scene.begin();
  scene.hear(R"({"result":null,"id":1})");
  change(11, 11, 10, "");
  answer(11);
  EXPECT_TRUE(scene.session->whole());
  change(12, 12, 11, kCrosses);
  answer(10);  // older than what crossed
  change(13, 13, 12, kCrosses);
  const size_t before = scene.outside.requests.size();
  answer(13);  // readers apply 13 over it
  ASSERT_EQ(scene.outside.requests.size(), before + 1);
  answer(20);
  change(15, 15, 14, "");  // a hole, and older than the snapshot
  change(16, 21, 15, "");  // continues it
  EXPECT_TRUE(scene.session->whole());
  change(22, 22, 21, kCrosses);
  EXPECT_FALSE(scene.session->whole());
}

}  // namespace
}  // namespace delever::feeds
