// Goal: one session by hand, frame by frame: what it asks for, when, and what it says of what it
// did not hear. Thousands of hours of it are in src/outside.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "codec/book.h"
#include "feeds/session_testing.h"

namespace delever::feeds {
namespace {

TEST(Session, TwinsHostInPlaceOfTheVenues) {
  Scene scene("binance-usdm", {"btcusdt@depth@100ms", "btcusdt@aggTrade"},
              {.url = "http://127.0.0.1:8080"});
  EXPECT_TRUE(scene.session->start(scene.now()).has_value());
  ASSERT_EQ(scene.outside.connects.size(), 2U);
  EXPECT_EQ(scene.outside.connects[0].second, "ws://127.0.0.1:8080/public/stream");
  EXPECT_EQ(scene.outside.connects[1].second, "ws://127.0.0.1:8080/market/stream");
  EXPECT_EQ(scene.outside.streams[0].name, "binance-usdm:btcusdt@depth@100ms");
  EXPECT_EQ(scene.outside.streams[1].settings.at("request"), "/fapi/v1/depth?symbol=BTCUSDT");
}

TEST(Session, SubscribesInBatchesAtTheVenuesPace) {
  std::vector<std::string> names;
  for (int i = 0; i < 45; ++i) names.push_back(fmt::format("tickers.A{}USDT", i));
  Scene scene("bybit:linear", names);
  scene.begin();
  EXPECT_EQ(scene.outside.sends.size(), 1U);
  scene.wait(Duration::ms(450));
  ASSERT_EQ(scene.outside.sends.size(), 5U);  // ten topics each
  EXPECT_NE(scene.outside.sends[4].second.find("A44USDT"), std::string::npos);
}

TEST(Session, OneBadTopicDoesNotCostItsRequest) {
  Scene scene("okx", {"trades:A-USDT", "trades:NOPE", "trades:B-USDT"});
  scene.begin();
  scene.hear(R"({"id":"1","event":"subscribe","arg":{"channel":"trades","instId":"A-USDT"},"con)"
             R"(nId":"a"})");
  scene.hear(R"({"event":"error","msg":"does not exist","code":"60018","connId":"a","id":"1"})");
  scene.wait(Duration::seconds(2));
  ASSERT_EQ(scene.outside.sends.size(), 3U);  // the two that are open, one by one
  scene.hear(R"({"event":"error","msg":"does not exist","code":"60018","connId":"a","id":"2"})");
  scene.hear(R"({"id":"3","event":"subscribe","arg":{"channel":"trades","instId":"B-USDT"},"con)"
             R"(nId":"a"})");
  EXPECT_EQ(scene.session->counts().topics_live, 2U);
  EXPECT_EQ(scene.session->counts().refusals, 1U);
  scene.session->stop(scene.now());
  ASSERT_EQ(scene.outside.gaps.size(), 1U);
  EXPECT_NE(scene.outside.gaps[0].reason.find("60018"), std::string::npos);
}

// Each hour, with one note in all: what is refused today may open tomorrow.
TEST(Session, WhatIsRefusedIsAskedForAgainLater) {
  Scene scene("okx", {"trades:A-USDT", "trades:SOON-USDT"});
  scene.begin();
  const auto refused = [&](int id) {
    scene.hear(fmt::format(R"({{"event":"error","msg":"no","code":"60018","id":"{}"}})", id));
  };
  const auto taken = [&](int id, std::string_view symbol) {
    scene.hear(fmt::format(
        R"({{"id":"{}","event":"subscribe","arg":{{"channel":"trades","instId":"{}"}}}})", id,
        symbol));
  };
  const auto asked = [&] {
    return std::count_if(scene.outside.sends.begin(), scene.outside.sends.end(),
                         [](const auto& s) { return s.second.find("SOON") != std::string::npos; });
  };
  // So long, or until it is asked for.
  const auto pass = [&](Duration how_long) {
    const auto before = asked();
    const Duration until = scene.passed + how_long;
    while (scene.passed < until && asked() == before) {
      scene.wait(Duration::seconds(5));
      scene.hear("pong");
    }
  };
  refused(1);
  scene.wait(Duration::seconds(2));
  taken(2, "A-USDT");
  refused(3);
  EXPECT_EQ(asked(), 2);
  pass(Duration::minutes(59));
  EXPECT_EQ(asked(), 2);
  pass(Duration::minutes(2));
  EXPECT_EQ(asked(), 3);
  refused(4);
  pass(Duration::minutes(61));
  EXPECT_EQ(asked(), 4);
  taken(5, "SOON-USDT");
  EXPECT_EQ(scene.session->counts().topics_live, 2U);
  EXPECT_EQ(scene.session->take_notes().size(), 1U);
  ASSERT_EQ(scene.outside.gaps.size(), 1U);
  EXPECT_EQ(scene.outside.gaps[0].to, scene.now().at);
  pass(Duration::hours(2));
  EXPECT_EQ(asked(), 4);
}

TEST(Session, BookBySubscriptionIsSubscribedAgain) {
  Scene scene("deribit", {"book.BTC-PERPETUAL.100ms"});
  scene.begin();
  const auto frame = [](std::string_view type, uint64_t id, std::string_view previous) {
    return fmt::format(
        R"({{"jsonrpc":"2.0","method":"subscription","params":{{"channel":"book.BTC-PERP)"
        R"(ETUAL.100ms",)"
        R"("data":{{"type":"{}","change_id":{}{},"bids":[],"asks":[]}}}}}})",
        type, id, previous);
  };
  ASSERT_EQ(scene.outside.sends.size(), 2U);  // the heartbeat, then the subscription
  scene.hear(R"({"jsonrpc":"2.0","id":1,"result":["book.BTC-PERPETUAL.100ms"]})");
  scene.hear(frame("snapshot", 5, ""));
  scene.hear(frame("change", 6, R"(,"prev_change_id":5)"));
  EXPECT_TRUE(scene.session->whole());
  const Instant last = scene.now().at;
  scene.wait(Duration::seconds(1));
  scene.hear(frame("change", 9, R"(,"prev_change_id":8)"));
  scene.wait(Duration::seconds(1));
  ASSERT_EQ(scene.outside.sends.size(), 4U);
  EXPECT_NE(scene.outside.sends[2].second.find("public/unsubscribe"), std::string::npos);
  EXPECT_NE(scene.outside.sends[3].second.find("public/subscribe"), std::string::npos);
  EXPECT_FALSE(scene.session->whole());
  scene.hear(frame("snapshot", 12, ""));
  EXPECT_TRUE(scene.session->whole());
  ASSERT_EQ(scene.outside.gaps.size(), 1U);
  EXPECT_EQ(scene.outside.gaps[0].from, last + Duration::ns(1));
  EXPECT_EQ(scene.outside.gaps[0].to, scene.now().at);
}

TEST(Session, NotesNameAnAddressOnce) {
  Scene scene("okx", {"trades:A-USDT"}, {.url = "http://127.0.0.1:9"});
  EXPECT_TRUE(scene.session->start(scene.now()).has_value());
  const std::string address = "ws://127.0.0.1:9/ws/v5/public";
  scene.session->closed(scene.outside.connects[0].first, address + ": cannot connect", scene.now());
  scene.wait(Duration::seconds(3));
  scene.session->closed(scene.outside.connects[1].first, "reset by peer", scene.now());
  const std::vector<SessionNote> notes = scene.session->take_notes();
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(notes[0].text, address + ": cannot connect");
  EXPECT_EQ(notes[1].text, address + ": reset by peer");
}

// 1, 2, 4 ... s and at most a minute, half of it by chance, never faster than the venue wants its
// connections; what was up begins again.
TEST(Session, WaitsLongerAfterEachTryThatFailed) {
  Scene scene("hyperliquid", {"trades:BTC"});
  scene.begin();
  const venues::Terms& terms = scene.dialect->terms();
  const auto next_try = [&] {
    const Duration lost = scene.passed;
    scene.session->closed(scene.outside.connects.back().first, "refused", scene.now());
    for (const size_t tries = scene.outside.connects.size();
         scene.outside.connects.size() == tries && scene.passed - lost < Duration::minutes(5);)
      scene.wait(Duration::ms(1));
    return scene.passed - lost;
  };
  for (int failed = 0; failed < 10; ++failed) {
    const int64_t whole = std::min(terms.backoff_most.ns(), terms.backoff_first.ns() << failed);
    const Duration waited = next_try();
    EXPECT_GE(waited, Duration::ns(whole / 2)) << failed;
    EXPECT_LE(waited, std::max(Duration::ns(whole), terms.connect_every) + Duration::ms(1))
        << failed;
  }
  scene.session->connected(scene.outside.connects.back().first, scene.now());
  scene.wait(Duration::seconds(1));
  scene.hear(R"({"channel":"subscriptionResponse","data":{"method":"subscribe",)"
             R"("subscription":{"type":"trades","coin":"BTC"}}})");
  scene.hear(R"({"channel":"trades","data":[{"coin":"BTC","tid":1}]})");
  EXPECT_LE(next_try(), std::max(terms.backoff_first, terms.connect_every) + Duration::ms(1));
}

TEST(Session, ReceiveTimesNeverGoBack) {
  Scene scene("bybit:linear", {"publicTrade.BTCUSDT"});
  scene.begin();
  scene.hear(R"({"topic":"publicTrade.BTCUSDT","data":[1]})");
  Moment stepped = scene.now();
  for (int i = 1; i <= 40; ++i) {
    stepped.elapsed = stepped.elapsed + Duration::seconds(1);
    stepped.at = kStart - Duration::seconds(10) + Duration::seconds(i);
    scene.session->received(scene.outside.connects.back().first,
                            fmt::format(R"({{"topic":"publicTrade.BTCUSDT","data":[{}]}})", i),
                            stepped);
  }
  for (size_t i = 1; i < scene.outside.kept.size(); ++i)
    EXPECT_GE(scene.outside.kept[i].at, scene.outside.kept[i - 1].at);
  EXPECT_EQ(scene.outside.kept.back().at, stepped.at);  // met again after twenty seconds
}

TEST(Session, AnswersPingsAndTests) {
  Scene scene("deribit", {"quote.BTC-PERPETUAL"});
  scene.begin();
  const size_t before = scene.outside.sends.size();
  scene.hear(R"({"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}})");
  ASSERT_EQ(scene.outside.sends.size(), before + 1);
  EXPECT_NE(scene.outside.sends.back().second.find("public/test"), std::string::npos);
  scene.session->pinged(scene.outside.connects.back().first, "1791000000123", scene.now());
  EXPECT_EQ(scene.outside.pongs, std::vector<std::string>{"1791000000123"});
}

std::string hyperliquid_ack(std::string_view coin) {
  return fmt::format(R"({{"channel":"subscriptionResponse","data":{{"method":"subscribe",)"
                     R"("subscription":{{"type":"trades","coin":"{}"}}}}}})",
                     coin);
}

std::string hyperliquid_trade(std::string_view coin, int id) {
  return fmt::format(R"({{"channel":"trades","data":[{{"coin":"{}","tid":{}}}]}})", coin, id);
}

TEST(Session, WhatSpeaksNeedsNoAcknowledgement) {
  Scene scene("hyperliquid", {"trades:BTC"});
  scene.begin();
  for (int i = 0; i < 30; ++i) {
    scene.wait(Duration::seconds(1));
    scene.hear(hyperliquid_trade("BTC", i));
  }
  EXPECT_EQ(scene.outside.connects.size(), 1U);
  EXPECT_EQ(scene.outside.kept.size(), 30U);
  EXPECT_TRUE(scene.outside.closes.empty());
  EXPECT_TRUE(scene.outside.gaps.empty());
}

// One topic that is never answered costs the others nothing: it is asked for again, then on another
// connection, and then it is a gap.
TEST(Session, OneTopicWithoutAnAnswerCostsTheOthersNothing) {
  Scene scene("hyperliquid", {"trades:BTC", "trades:ETH"});
  scene.begin();
  scene.hear(hyperliquid_ack("BTC"));
  int id = 0;
  const auto listen = [&](int seconds) {
    for (int i = 0; i < seconds; ++i) {
      scene.wait(Duration::seconds(1));
      const std::string trade = hyperliquid_trade("BTC", ++id);
      for (const auto& [connection, url] : scene.outside.connects)
        scene.session->received(connection, trade, scene.now());
    }
  };
  listen(12);
  ASSERT_EQ(scene.outside.sends.size(), 3U);  // ETH once more
  EXPECT_NE(scene.outside.sends[2].second.find("ETH"), std::string::npos);
  listen(12);
  ASSERT_EQ(scene.outside.connects.size(), 2U);
  scene.session->connected(scene.outside.connects.back().first, scene.now());
  scene.hear(hyperliquid_ack("BTC"));
  listen(100);
  EXPECT_EQ(scene.outside.connects.size(), 2U);
  EXPECT_EQ(scene.outside.kept.size(), static_cast<size_t>(id));
  EXPECT_EQ(scene.session->counts().topics_live, 1U);
  scene.session->stop(scene.now());
  ASSERT_EQ(scene.outside.gaps.size(), 1U);
  EXPECT_EQ(scene.outside.gaps[0].stream, 2);
  EXPECT_NE(scene.outside.gaps[0].reason.find("no acknowledgement within 10s"), std::string::npos)
      << scene.outside.gaps[0].reason;
}

// Two levels, 83725.8 with 7.69 and 83725.9 with `size`, as OKX signed its books until June 2026.
std::string okx_book(std::string_view action, int64_t last, int64_t previous, int size,
                     int32_t more = 0) {
  const auto level = [](int64_t price, int64_t qty) {
    return Level{.price = Price::raw(price * (Price::scale / 10)),
                 .qty = Qty::raw(qty * (Qty::scale / 100)),
                 .price_digits = 1,
                 .qty_digits = 2};
  };
  codec::Book book;
  book.load({.bids = {level(837'258, 769)}, .asks = {level(837'259, size)}}, {});
  return fmt::format(
      R"({{"arg":{{"channel":"books","instId":"A-B"}},"action":"{}","data":[{{"bids":[{}],"asks":)"
      R"([["83725.9","{}.{:02}","0","2"]],"checksum":{},"seqId":{},"prevSeqId":{}}}]}})",
      action, action == "snapshot" ? R"(["83725.8","7.69","0","5"])" : "", size / 100, size % 100,
      codec::okx_checksum(book) + more, last, previous);
}

// What 429 is to a request: a connection that is closed for "too many" is not opened again at once,
// and no other beside it.
TEST(Session, AVenueThatClosesForTooManyIsLeftInPeace) {
  for (const char* why : {"closed by the peer, code 1008: Too many requests",
                          "closed by the peer, code 1013: try again later"}) {
    Scene scene("binance-usdm", {"btcusdt@depth@100ms", "btcusdt@aggTrade"});
    scene.begin();
    scene.session->closed(scene.outside.connects[0].first, why, scene.now());
    scene.session->closed(scene.outside.connects[1].first, "reset by peer", scene.now());
    scene.wait(Duration::seconds(29));
    EXPECT_EQ(scene.outside.connects.size(), 2U) << why;
    scene.wait(Duration::seconds(2));
    EXPECT_EQ(scene.outside.connects.size(), 4U) << why;
  }
}

TEST(Session, ABookWhoseChecksumDoesNotAgreeIsSubscribedAgain) {
  Scene scene("okx", {"books:A-B"});
  scene.begin();
  scene.hear(R"({"id":"1","event":"subscribe","arg":{"channel":"books","instId":"A-B"}})");
  scene.hear(okx_book("snapshot", 10, -1, 171'241));
  scene.hear(okx_book("update", 12, 10, 5));
  scene.wait(Duration::seconds(1));
  EXPECT_TRUE(scene.session->whole());
  scene.hear(okx_book("update", 15, 12, 300, 1));
  EXPECT_FALSE(scene.session->whole());
  scene.wait(Duration::seconds(1));
  ASSERT_EQ(scene.outside.sends.size(), 3U);
  EXPECT_NE(scene.outside.sends[1].second.find("unsubscribe"), std::string::npos);
  scene.hear(okx_book("snapshot", 17, -1, 301));
  EXPECT_TRUE(scene.session->whole());
  EXPECT_EQ(scene.outside.kept.size(), 4U);
  ASSERT_EQ(scene.outside.gaps.size(), 1U);
  EXPECT_EQ(scene.outside.gaps[0].reason, "the checksum of 15 does not agree");
  // A snapshot without one, and changes with it.
  std::string bare = okx_book("snapshot", 20, -1, 301);
  bare.replace(bare.find("checksum"), 8, "none");
  scene.hear(bare);
  scene.hear(okx_book("update", 22, 20, 302));
  EXPECT_TRUE(scene.session->whole());
  scene.hear(okx_book("update", 23, 22, 303, 1));
  EXPECT_FALSE(scene.session->whole());
}

TEST(Session, WhatIsRefusedForNowIsAskedForAgain) {
  Scene scene("okx", {"trades:A-USDT"});
  scene.begin();
  scene.hear(R"({"event":"error","msg":"Requests too frequent","code":"60014","id":"1"})");
  scene.wait(Duration::seconds(2));
  ASSERT_EQ(scene.outside.sends.size(), 2U);
  scene.hear(R"({"id":"2","event":"subscribe","arg":{"channel":"trades","instId":"A-USDT"}})");
  EXPECT_EQ(scene.session->counts().topics_live, 1U);
  EXPECT_EQ(scene.session->counts().refusals, 0U);
  scene.session->stop(scene.now());
  EXPECT_TRUE(scene.outside.gaps.empty());
}

TEST(Session, ABlankBehindAFrameHidesNoHole) {
  Scene scene("binance-usdm", {"btcusdt@depth@100ms"});
  scene.begin();
  scene.hear(binance_depth(11, 12, 10) + "\n");
  scene.wait(Duration::ms(1));
  EXPECT_EQ(scene.outside.requests.size(), 1U);
  scene.wait(Duration::seconds(1));
  scene.hear(binance_depth(20, 21, 18) + " \r\n");
  EXPECT_EQ(scene.outside.gaps.size(), 1U);
}

TEST(Session, AHandshakeThatIsRefusedIsNotRepeatedBeforeItsTime) {
  Scene scene("binance-usdm", {"btcusdt@depth@100ms", "btcusdt@aggTrade"});
  EXPECT_TRUE(scene.session->start(scene.now()).has_value());
  ASSERT_EQ(scene.outside.connects.size(), 2U);
  const HttpResponse refusal{.status = 429, .headers = {{"retry-after", "90"}}};
  scene.session->closed(scene.outside.connects[0].first, "429", scene.now(), &refusal);
  scene.session->closed(scene.outside.connects[1].first, "429", scene.now(), &refusal);
  scene.wait(Duration::seconds(89));
  EXPECT_EQ(scene.outside.connects.size(), 2U);
  scene.wait(Duration::seconds(2));
  EXPECT_EQ(scene.outside.connects.size(), 4U);
}

}  // namespace
}  // namespace delever::feeds
