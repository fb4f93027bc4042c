// USD-M: what is sent to whom, in which order and how often.
#include <gtest/gtest.h>

#include "gateways/binance/binance_testing.h"

namespace delever::gateways::binance {
namespace {

using fixture::kPerp;
using testing::Client;

struct Streaming : ::testing::Test {
  Client c;
  void trade(std::string_view side, double qty) {
    c.json("POST", "/fapi/v1/order",
           fmt::format("symbol=BTCUSDT&side={}&type=MARKET&quantity={}", side, qty));
  }
  void subscribe(SocketId s, std::string_view name) {
    c.gateway->received(s, fmt::format(R"({{"method":"SUBSCRIBE","params":["{}"],"id":1}})", name));
  }
  std::string listen_key() {
    return std::string(c.tree(c.send("POST", "/fapi/v1/listenKey", {}).body).text("listenKey"));
  }
};

TEST_F(Streaming, EverySubscriptionIsAcknowledgedAndOnlyRealOnesSpeak) {
  const SocketId s = c.open("/public/ws/0");
  c.gateway->received(s, R"({"method":"SUBSCRIBE","params":["nope@trade","BTCUSDT@trade",)"
                         R"("btcusdt@markPrice"],"id":"a\"1"})");
  EXPECT_EQ(c.frames.frames.back().text, R"({"result":null,"id":"a\"1"})");
  trade("BUY", 0.1);
  c.market.tick(3);
  c.run();
  EXPECT_EQ(c.frames.frames.size(), 1u);  // upper case, no such symbol, the wrong path: silence
  c.gateway->received(s, R"({"method":"LIST_SUBSCRIPTIONS","id":2})");
  EXPECT_EQ(c.frames.frames.back().text,
            R"({"result":["BTCUSDT@trade","btcusdt@markPrice","nope@trade"],"id":2})");
  subscribe(s, "btcusdt@trade");
  trade("SELL", 0.1);
  ASSERT_EQ(c.sent(s, "\"e\":\"trade\"").size(), 1u);
  EXPECT_EQ(c.sent(s, "\"e\":\"trade\"")[0].boolean("m"), true);
  c.gateway->received(s, R"({"method":"UNSUBSCRIBE","params":["btcusdt@trade"],"id":3})");
  trade("BUY", 0.1);
  EXPECT_EQ(c.sent(s, "\"e\":\"trade\"").size(), 1u);
}

TEST_F(Streaming, WhatIsNoRequestIsSaidSo) {
  const SocketId s = c.open("/ws");
  c.gateway->received(s, "what");
  EXPECT_EQ(c.tree(c.frames.frames.back().text)["error"].integer("code"), 3);
  c.gateway->received(s, R"({"method":"SUBSCRIB","params":[],"id":5})");
  EXPECT_EQ(c.tree(c.frames.frames.back().text)["error"].integer("code"), 2);
  c.gateway->received(s, "[1]");
  EXPECT_EQ(c.tree(c.frames.frames.back().text)["error"].integer("code"), 2);
  EXPECT_EQ(c.gateway->sockets(), 1u);
}

TEST_F(Streaming, OneStreamTooManyCostsTheConnection) {
  const SocketId s = c.open("/market/stream");
  std::string names;
  for (int k = 0; k < 1'025; ++k) names += fmt::format("{}\"x{}@trade\"", k ? "," : "", k);
  c.gateway->received(s, R"({"method":"SUBSCRIBE","params":[)" + names + R"(],"id":1})");
  ASSERT_EQ(c.frames.closed.size(), 1u);
  EXPECT_EQ(c.frames.closed[0].text, "1008 Invalid request");
  EXPECT_EQ(c.gateway->sockets(), 0u);
}

TEST_F(Streaming, CombinedStreamsNameTheirStream) {
  const SocketId s = c.open("/stream?streams=btcusdt@trade/btcusdt@bookTicker");
  trade("BUY", 0.1);
  c.run();
  ASSERT_GE(c.frames.frames.size(), 2u);
  EXPECT_EQ(c.tree(c.frames.frames[0].text).text("stream"), "btcusdt@trade");
  EXPECT_EQ(c.sent(s, "bookTicker")[0]["data"].text("a"), "84002");
}

TEST_F(Streaming, ChangesOfTheBookChain) {
  const SocketId fast = c.open("/public/ws/btcusdt@depth@100ms");
  const SocketId slow = c.open("/public/ws/btcusdt@depth@500ms");
  for (int k = 0; k < 40; ++k) {
    trade(k % 2 ? "SELL" : "BUY", 0.1);
    if (k % 7 == 0) c.market.quote();
    c.run();
  }
  for (const SocketId s : {fast, slow}) {
    const auto events = c.sent(s, "depthUpdate");
    ASSERT_GT(events.size(), s == fast ? 20u : 5u);
    for (size_t k = 1; k < events.size(); ++k) {
      EXPECT_EQ(events[k].integer("pu"), events[k - 1].integer("u"));
      EXPECT_LE(*events[k].integer("U"), *events[k].integer("u"));
    }
    // A snapshot taken now is where the last event ended.
    const JsonTree book = c.tree(c.get("/fapi/v1/depth", "symbol=BTCUSDT").body);
    if (s == fast) { EXPECT_EQ(book.integer("lastUpdateId"), events.back().integer("u")); }
  }
}

TEST_F(Streaming, MarksComeByTheSecondTheyAreAskedFor) {
  const SocketId s = c.open("/market/ws/0");
  subscribe(s, "btcusdt@markPrice@1s");
  subscribe(s, "!markPrice@arr");
  for (int k = 0; k < 6; ++k) c.market.tick();
  EXPECT_EQ(c.sent(s, "{\"e\":\"markPriceUpdate\"").size(), 8u);  // six, and two lists
}

TEST_F(Streaming, AKlineClosesBeforeTheNextBegins) {
  trade("BUY", 0.1);
  const SocketId s = c.open("/market/ws/btcusdt@kline_1m");
  for (int k = 0; k < 130; ++k) {
    if (k % 20 == 0) trade("BUY", 0.1);
    c.market.tick();
    c.run();
  }
  const auto events = c.sent(s, "\"e\":\"kline\"");
  size_t closed = 0;
  for (size_t k = 1; k < events.size(); ++k) {
    const JsonTree &before = events[k - 1]["k"], &now = events[k]["k"];
    closed += before.boolean("x") == true;
    EXPECT_EQ(before.boolean("x") == true, before.integer("t") != now.integer("t"));
  }
  EXPECT_EQ(closed, 2u);
}

TEST_F(Streaming, AKeyThatIsClosedClosesItsStream) {
  const std::string key = listen_key();
  const SocketId alone = c.open("/private/ws/" + key);
  const SocketId both = c.open("/stream?streams=btcusdt@trade/" + key);
  c.send("DELETE", "/fapi/v1/listenKey", "");
  c.run();
  ASSERT_EQ(c.frames.closed.size(), 1u);
  EXPECT_EQ(c.frames.closed[0].socket, alone);
  EXPECT_EQ(c.gateway->sockets(), 1u);
  const size_t before = c.sent(both, "ORDER_TRADE_UPDATE").size();
  trade("BUY", 0.1);
  EXPECT_EQ(c.sent(both, "ORDER_TRADE_UPDATE").size(), before);
}

// One a second and symbol, the latest, as the venue thins its own: the rest is never told.
TEST_F(Streaming, ForcedOrdersAreThinned) {
  const SocketId one = c.open("/market/ws/btcusdt@forceOrder");
  const SocketId all = c.open("/market/stream?streams=!forceOrder@arr");
  Desk& desk = *c.market.desk;
  const auto force = [&](double qty) {
    const ForcedClose forced{.number = 1,
                             .account = c.market.other,
                             .instrument = kPerp,
                             .side = Side::sell,
                             .price = fixture::price(83'000),
                             .qty = fixture::qty(qty),
                             .at = desk.door().market_now()};
    c.gateway->on_update(
        {.kind = DeskUpdate::Kind::forced, .instrument = kPerp, .forced = &forced});
  };
  force(1);
  force(2);
  force(3);
  c.run(9);
  force(4);
  EXPECT_EQ(c.sent(one, "forceOrder").size(), 1u);
  c.run();
  c.run(30);
  const auto events = c.sent(one, "forceOrder");
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0]["o"].text("q"), "1.000");
  EXPECT_EQ(events[1]["o"].text("q"), "4.000");
  EXPECT_EQ(c.sent(all, "forceOrder").size(), 2u);
}

TEST_F(Streaming, AnAccountHearsOfItsOrdersMoneyAndPositions) {
  const std::string key = listen_key();
  const SocketId s = c.open("/private/ws?listenKey=" + key);
  const JsonTree placed = c.json("POST", "/fapi/v1/order",
                                 "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=15&price=84002&"
                                 "timeInForce=GTC&newClientOrderId=me");
  const auto orders = c.sent(s, "ORDER_TRADE_UPDATE");
  ASSERT_EQ(orders.size(), 2u);
  EXPECT_EQ(orders[0]["o"].text("x"), "NEW");
  EXPECT_EQ(orders[1]["o"].text("x"), "TRADE");
  EXPECT_EQ(orders[1]["o"].text("X"), "PARTIALLY_FILLED");
  EXPECT_EQ(orders[1]["o"].text("c"), "me");
  EXPECT_EQ(orders[1]["o"].text("z"), "10.000");
  const auto lite = c.sent(s, "TRADE_LITE");
  ASSERT_EQ(lite.size(), 1u);
  EXPECT_EQ(lite[0].text("c"), "me");
  EXPECT_EQ(lite[0].text("q"), "15.000");
  EXPECT_EQ(lite[0].text("l"), orders[1]["o"].text("l"));
  EXPECT_EQ(lite[0].text("L"), orders[1]["o"].text("L"));
  EXPECT_EQ(lite[0].integer("t"), orders[1]["o"].integer("t"));
  EXPECT_EQ(lite[0].integer("i"), orders[1]["o"].integer("i"));
  const auto updates = c.sent(s, "ACCOUNT_UPDATE");
  ASSERT_EQ(updates.size(), 1u);
  const JsonTree& a = updates[0]["a"];
  EXPECT_EQ(a.text("m"), "ORDER");
  EXPECT_EQ(a["B"].items()[0].text("wb"),
            decimal(c.market.exchange().wallet(c.market.client, fixture::kUsdt), 8));
  ASSERT_EQ(a["P"].items().size(), 1u);
  EXPECT_EQ(a["P"].items()[0].text("pa"), "10.000");
  c.json("DELETE", "/fapi/v1/order",
         "symbol=BTCUSDT&orderId=" + std::string(placed.text("orderId")));
  EXPECT_EQ(c.sent(s, "\"x\":\"CANCELED\"").size(), 1u);
  c.json("POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=7");
  EXPECT_EQ(c.sent(s, "ACCOUNT_CONFIG_UPDATE")[0]["ac"].integer("l"), 7);
  trade("SELL", 10);
  EXPECT_EQ(c.sent(s, "ACCOUNT_UPDATE").back()["a"]["P"].items()[0].text("pa"), "0.000");
  c.json("POST", "/fapi/v1/algoOrder",
         "symbol=BTCUSDT&side=BUY&algoType=CONDITIONAL&type=STOP_MARKET&quantity=0.5&triggerPrice="
         "85000&workingType=MARK_PRICE");
  EXPECT_EQ(c.sent(s, "ALGO_UPDATE").back()["o"].text("X"), "NEW");
  c.market.move(85'500);
  c.market.tick();
  c.run();
  EXPECT_EQ(c.sent(s, "ALGO_UPDATE").back()["o"].text("X"), "FINISHED");
  EXPECT_EQ(c.sent(s, "\"ot\":\"STOP_MARKET\"").back()["o"].text("X"), "FILLED");
}

// As older clients ask for them: in so many milliseconds.
TEST_F(Streaming, TickersOfAllInTheirOwnTime) {
  const SocketId s = c.open("/ws/!miniTicker@arr@3000ms");
  trade("BUY", 0.1);
  const auto come = [&] { return c.sent(s, "24hrMiniTicker").size(); };
  for (int n = 0; n < 4; ++n) {
    trade("BUY", 0.1);
    c.market.tick();
    c.run();
  }
  EXPECT_GE(come(), 1u);
  EXPECT_LE(come(), 2u);
}

TEST_F(Streaming, ContinuousCandlesAndIndicesOfCollateral) {
  const SocketId s = c.open(
      "/market/stream?streams=btcusdt_perpetual@continuousKline_1m/btcusd@assetIndex/"
      "!assetIndex@arr/btcusdt@rpiDepth@500ms");
  trade("BUY", 0.1);
  c.run(20);
  const auto bars = c.sent(s, "continuous_kline");
  ASSERT_FALSE(bars.empty());
  EXPECT_EQ(bars.back()["data"].text("ps"), "BTCUSDT");
  EXPECT_EQ(bars.back()["data"].text("ct"), "PERPETUAL");
  EXPECT_EQ(bars.back()["data"]["k"].text("i"), "1m");
  const auto indices = c.sent(s, "\"btcusd@assetIndex\"");
  ASSERT_FALSE(indices.empty());
  EXPECT_EQ(indices.back()["data"].text("i"), "84000.00000000");
  const auto all = c.sent(s, "!assetIndex@arr");
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.back()["data"].items().size(), 2u);
  EXPECT_TRUE(c.sent(s, "rpiDepth").empty());  // of the other path
}

TEST_F(Streaming, AListenKeyLivesForAnHourFromTheLastCall) {
  const std::string key = listen_key();
  EXPECT_EQ(listen_key(), key);
  const SocketId s = c.open("/private/ws/" + key);
  c.market.wait(Duration::minutes(50));
  EXPECT_EQ(c.send("PUT", "/fapi/v1/listenKey", {}).status, 200);
  c.market.wait(Duration::minutes(50));
  c.run();
  EXPECT_TRUE(c.sent(s, "listenKeyExpired").empty());
  c.market.wait(Duration::minutes(11));
  c.run();
  EXPECT_EQ(c.sent(s, "listenKeyExpired").size(), 1u);
  EXPECT_EQ(c.code(c.send("PUT", "/fapi/v1/listenKey", {})), -1125);
  EXPECT_NE(listen_key(), key);
}

TEST_F(Streaming, ServersPingAndEndADayOldConnection) {
  const SocketId s = c.open("/public/ws/0");
  c.market.wait(Duration::minutes(4));
  c.run();
  ASSERT_EQ(c.frames.pinged.size(), 1u);
  c.market.wait(Duration::hours(24));
  c.run();
  ASSERT_EQ(c.frames.closed.size(), 1u);
  EXPECT_EQ(c.frames.closed[0].socket, s);
  EXPECT_EQ(c.gateway->sockets(), 0u);
}

TEST_F(Streaming, RequestsInFramesAreTheRestOnes) {
  const SocketId s = c.open("/ws-fapi/v1");
  const std::string signed_text = fmt::format(
      "apiKey=K&price=80000&quantity=0.01&side=BUY&symbol=BTCUSDT&timeInForce=GTC&timestamp={}&"
      "type=LIMIT",
      c.market.wall_now().ms());
  const std::string digest = auth::hex(auth::hmac_sha256("S", signed_text));
  const auto request = [&](std::string_view signature) {
    return fmt::format(
        R"({{"id":"7","method":"order.place","params":{{"type":"LIMIT","symbol":"BTCUSDT",)"
        R"("side":"BUY","timeInForce":"GTC","quantity":"0.01","price":"80000","apiKey":"K",)"
        R"("timestamp":{},"signature":"{}"}}}})",
        c.market.wall_now().ms(), signature);
  };
  c.gateway->received(s, request(digest));
  const JsonTree placed = c.tree(c.frames.frames.back().text);
  EXPECT_EQ(placed.integer("status"), 200) << c.frames.frames.back().text;
  EXPECT_EQ(placed.text("id"), "7");
  EXPECT_EQ(placed["result"].text("status"), "NEW");
  c.gateway->received(s, request(std::string(64, '0')));
  EXPECT_EQ(c.tree(c.frames.frames.back().text)["error"].integer("code"), -1022);
  c.gateway->received(s, R"({"id":1,"method":"depth","params":{"symbol":"BTCUSDT","limit":5}})");
  EXPECT_EQ(c.tree(c.frames.frames.back().text)["result"]["bids"].items().size(), 5u);
  c.gateway->received(s, R"({"id":1,"method":"order.dance","params":{}})");
  EXPECT_EQ(c.tree(c.frames.frames.back().text).integer("status"), 400);
  c.gateway->received(s, "[");
  EXPECT_EQ(c.tree(c.frames.frames.back().text)["error"].integer("code"), -1135);
}

}  // namespace
}  // namespace delever::gateways::binance
