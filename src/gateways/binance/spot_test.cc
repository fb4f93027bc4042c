// Spot: orders, balances, the WebSocket API and its account stream.
#include <gtest/gtest.h>

#include "base/text.h"
#include "gateways/binance/binance_testing.h"

namespace delever::gateways::binance {
namespace {

using fixture::kBtc;
using fixture::kUsdt;
using testing::Client;

struct Spot : ::testing::Test {
  Client c{true};
  JsonTree place(const std::string& p) { return c.json("POST", "/api/v3/order", p); }
  int64_t refused(const std::string& p) { return c.code(c.call("POST", "/api/v3/order", p)); }
  std::string balance(std::string_view coin, std::string_view what) {
    const JsonTree account = c.json("GET", "/api/v3/account");
    for (const JsonTree& b : account["balances"].items()) {
      if (b.text("asset") == coin) return std::string(b.text(what));
    }
    return {};
  }
  size_t open() { return c.json("GET", "/api/v3/openOrders", "symbol=BTCUSDT").items().size(); }
  // A connection that listens to the account, as the venue has it since 2026.
  SocketId listen() {
    const SocketId s = c.open("/ws-api/v3");
    const int64_t now = c.market.wall_now().ms();
    const std::string digest = auth::hex(
        auth::hmac_sha256("S", fmt::format("apiKey=K&recvWindow=10000&timestamp={}", now)));
    c.gateway->received(
        s, fmt::format(R"({{"id":1,"method":"userDataStream.subscribe.signature","params":)"
                       R"({{"apiKey":"K","timestamp":{},"recvWindow":10000,"signature":"{}"}}}})",
                       now, digest));
    return s;
  }
};

TEST_F(Spot, AMarketOrderTellsItsFills) {
  const JsonTree bought = place("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5");
  EXPECT_EQ(bought.text("status"), "FILLED");
  EXPECT_EQ(bought.text("executedQty"), "0.50000000");
  EXPECT_EQ(bought.text("cummulativeQuoteQty"), "42001.00000000");
  ASSERT_EQ(bought["fills"].items().size(), 1u);
  EXPECT_EQ(bought["fills"].items()[0].text("commissionAsset"), "BTC");
  EXPECT_EQ(bought["fills"].items()[0].text("commission"), "0.00025000");
  EXPECT_EQ(balance("BTC", "free"), decimal(c.market.exchange().wallet(c.market.client, kBtc), 8));
  EXPECT_EQ(balance("USDT", "free"), "957999.00000000");
  EXPECT_EQ(c.json("GET", "/api/v3/myTrades", "symbol=BTCUSDT").items().size(), 1u);
  EXPECT_EQ(
      c.json("GET", "/sapi/v1/asset/tradeFee", "symbol=BTCUSDT").items()[0].text("takerCommission"),
      "0.00050000");
}

TEST_F(Spot, QuoteOrderQtyBuysForMoney) {
  const JsonTree bought = place("symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=1000");
  EXPECT_EQ(bought.text("status"), "FILLED");
  EXPECT_EQ(bought.text("executedQty"), "0.01100000");  // 11 steps of 84.002
}

TEST_F(Spot, RestingOrdersHoldTheirMoney) {
  const JsonTree o =
      place("symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=80000&newClientOrderId=a");
  EXPECT_FALSE(o.maybe("status").has_value());  // LIMIT_MAKER: taken, no more
  EXPECT_EQ(balance("USDT", "locked"), "80000.00000000");
  EXPECT_EQ(open(), 1u);
  EXPECT_EQ(refused("symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=84100"), -2010);
  const JsonTree swapped = c.json(
      "POST", "/api/v3/order/cancelReplace",
      "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=79000&cancelReplaceMode="
      "STOP_ON_FAILURE&cancelOrderId=" +
          std::string(o.text("orderId")));
  EXPECT_EQ(swapped.text("cancelResult"), "SUCCESS");
  EXPECT_NE(swapped["newOrderResponse"].text("orderId"), o.text("orderId"));
  EXPECT_EQ(balance("USDT", "locked"), "79000.00000000");
  const Answer none = c.call(
      "POST", "/api/v3/order/cancelReplace",
      "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=79000&cancelReplaceMode="
      "STOP_ON_FAILURE&cancelOrderId=999");
  EXPECT_EQ(none.status, 400);
  EXPECT_EQ(c.code(none), -2022);
  EXPECT_EQ(c.json("DELETE", "/api/v3/openOrders", "symbol=BTCUSDT").items().size(), 1u);
  EXPECT_EQ(balance("USDT", "locked"), "0.00000000");
}

TEST_F(Spot, EachCauseHasItsCodeAndText) {
  EXPECT_EQ(refused("symbol=btcusdt&side=BUY&type=MARKET&quantity=1"), -1121);
  EXPECT_EQ(refused("symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=80000"), -1102);
  EXPECT_EQ(refused("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.0001"), -1013);
  EXPECT_EQ(refused("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=80000.5"),
            -1013);
  const Answer poor =
      c.call("POST", "/api/v3/order",
             "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=100&price=80000");
  EXPECT_EQ(c.tree(poor.body).text("msg"),
            "Account has insufficient balance for requested action.");
  EXPECT_EQ(c.code(c.call("DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=5")), -2011);
  EXPECT_EQ(c.code(c.call("GET", "/api/v3/order", "symbol=BTCUSDT&orderId=5")), -2013);
  const JsonTree fok =
      place("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=FOK&quantity=1&price=80000");
  EXPECT_EQ(fok.text("status"), "EXPIRED");
}

TEST_F(Spot, TickersOfOtherWindows) {
  place("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5");
  c.market.tick(7'200);
  place("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.25");
  const JsonTree hour = c.tree(c.get("/api/v3/ticker", "symbol=BTCUSDT&windowSize=1h").body);
  EXPECT_EQ(hour.text("volume"), "0.25000000");
  EXPECT_EQ(hour.integer("count"), 1);
  const JsonTree rows =
      c.tree(c.get("/api/v3/ticker", "symbols=%5B%22BTCUSDT%22%5D&windowSize=1d&type=MINI").body);
  ASSERT_EQ(rows.items().size(), 1u);
  EXPECT_EQ(rows.items()[0].text("volume"), "0.75000000");
  EXPECT_FALSE(rows.items()[0].maybe("priceChange").has_value());
  EXPECT_EQ(c.tree(c.get("/api/v3/ticker/tradingDay", "symbol=BTCUSDT").body).text("volume"),
            "0.75000000");
  EXPECT_FALSE(c.tree(c.get("/api/v3/ticker/24hr", "symbol=BTCUSDT&type=MINI").body)
                   .maybe("priceChange")
                   .has_value());
  EXPECT_EQ(c.code(c.get("/api/v3/ticker", "windowSize=1h")), -1128);
  EXPECT_EQ(c.code(c.get("/api/v3/ticker", "symbol=BTCUSDT&windowSize=99m")), -1130);
}

TEST_F(Spot, StreamsOfWindowsAndMeans) {
  const SocketId s = c.open("/stream?streams=btcusdt@ticker_1h/btcusdt@avgPrice/!ticker_4h@arr");
  place("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5");
  c.run(11);
  EXPECT_EQ(c.sent(s, "1hTicker").back()["data"].text("v"), "0.50000000");
  EXPECT_EQ(c.sent(s, "4hTicker").back()["data"].items().size(), 1u);
  EXPECT_EQ(c.sent(s, "\"avgPrice\"").back()["data"].text("w"), "84002.00000000");
}

TEST_F(Spot, AmendmentsAndLimitsOfOrders) {
  const std::string id(
      place("symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=80000").text("orderId"));
  c.json("PUT", "/api/v3/order/amend/keepPriority", "symbol=BTCUSDT&newQty=0.5&orderId=" + id);
  const JsonTree rows = c.json("GET", "/api/v3/order/amendments", "symbol=BTCUSDT&orderId=" + id);
  ASSERT_EQ(rows.items().size(), 1u);
  EXPECT_EQ(rows.items()[0].text("origQty"), "1.00000000");
  EXPECT_EQ(rows.items()[0].text("newQty"), "0.50000000");
  const JsonTree limits = c.json("GET", "/api/v3/rateLimit/order");
  EXPECT_EQ(limits.items()[1].text("interval"), "DAY");
  EXPECT_EQ(limits.items()[1].integer("count"), 1);
}

TEST_F(Spot, OfAListOneOrderIsCarriedOut) {
  place("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5");
  const SocketId s = listen();
  const std::string text =
      "symbol=BTCUSDT&side=SELL&quantity=0.4&aboveType=LIMIT_MAKER&abovePrice=86000&"
      "belowType=STOP_LOSS&belowStopPrice=83000";
  const JsonTree made = c.json("POST", "/api/v3/orderList/oco", text);
  EXPECT_EQ(made.text("listOrderStatus"), "EXECUTING");
  ASSERT_EQ(made["orders"].items().size(), 2u);
  ASSERT_EQ(made["orderReports"].items().size(), 2u);
  EXPECT_EQ(made["orderReports"].items()[1].text("type"), "STOP_LOSS");
  const std::string id(made.text("orderListId"));
  const JsonTree waiting = c.json("GET", "/api/v3/openOrders");
  for (const JsonTree& o : waiting.items())
    EXPECT_EQ(o.text("orderListId"), id);
  EXPECT_EQ(balance("BTC", "locked"), "0.40000000");  // once for both
  EXPECT_EQ(c.json("GET", "/api/v3/openOrderList").items().size(), 1u);
  const JsonTree gone = c.json("DELETE", "/api/v3/orderList", "symbol=BTCUSDT&orderListId=" + id);
  EXPECT_EQ(gone.text("listOrderStatus"), "ALL_DONE");
  EXPECT_EQ(open(), 0u);
  EXPECT_EQ(c.json("GET", "/api/v3/allOrderList").items().size(), 1u);
  c.run();
  EXPECT_EQ(c.sent(s, "listStatus").size(), 2u);
  // The older call, and prices on the wrong side.
  const JsonTree old = c.json("POST", "/api/v3/order/oco",
                              "symbol=BTCUSDT&side=SELL&quantity=0.4&price=86000&stopPrice=83000&"
                              "stopLimitPrice=82900&stopLimitTimeInForce=GTC");
  EXPECT_EQ(old["orderReports"].items()[1].text("type"), "STOP_LOSS_LIMIT");
  c.json("DELETE", "/api/v3/order",
         "symbol=BTCUSDT&orderId=" + std::string(old["orders"].items()[0].text("orderId")));
  EXPECT_EQ(open(), 0u);
  EXPECT_EQ(c.code(c.call("POST", "/api/v3/orderList/oco",
                          "symbol=BTCUSDT&side=SELL&quantity=0.4&aboveType=LIMIT_MAKER&"
                          "abovePrice=83000&belowType=STOP_LOSS&belowStopPrice=82000")),
            -2010);
  EXPECT_EQ(c.code(c.call("GET", "/api/v3/orderList", "orderListId=99")), -2018);
}

TEST_F(Spot, AListWaitsForItsFirstOrder) {
  const SocketId s = listen();
  const std::string text =
      "symbol=BTCUSDT&workingType=LIMIT&workingSide=BUY&workingPrice=83999&workingQuantity=0.4&"
      "workingTimeInForce=GTC&pendingSide=SELL&pendingQuantity=0.4&pendingAboveType=LIMIT_MAKER&"
      "pendingAbovePrice=86000&pendingBelowType=STOP_LOSS&pendingBelowStopPrice=82000";
  const JsonTree made = c.json("POST", "/api/v3/orderList/otoco", text);
  EXPECT_EQ(made.text("contingencyType"), "OTO");
  ASSERT_EQ(made["orderReports"].items().size(), 3u);
  EXPECT_EQ(made["orderReports"].items()[0].text("status"), "NEW");
  EXPECT_EQ(made["orderReports"].items()[1].text("status"), "PENDING_NEW");
  EXPECT_EQ(made["orderReports"].items()[2].text("status"), "PENDING_NEW");
  EXPECT_EQ(made["orderReports"].items()[2].text("orderListId"), made.text("orderListId"));
  EXPECT_EQ(balance("BTC", "locked"), "0.00000000");
  SubmitOrder hit;
  hit.account = c.market.other;
  hit.instrument = fixture::kSpot;
  hit.side = Side::sell;
  hit.price = fixture::price(83'999);
  hit.qty = fixture::qty(0.4);
  c.market.must(hit);
  c.market.tick();
  const JsonTree pair = c.json("GET", "/api/v3/openOrders");
  ASSERT_EQ(pair.items().size(), 2u);
  for (const JsonTree& o : pair.items()) EXPECT_EQ(o.text("status"), "NEW");
  EXPECT_EQ(balance("BTC", "locked"), "0.40000000");
  c.market.quote();
  c.market.move(81'900);
  c.market.quote();
  place("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1");
  EXPECT_EQ(open(), 0u);
  const JsonTree list =
      c.json("GET", "/api/v3/orderList", "orderListId=" + std::string(made.text("orderListId")));
  EXPECT_EQ(list.text("listOrderStatus"), "ALL_DONE");
  c.run();
  EXPECT_EQ(c.sent(s, "listStatus").size(), 2u);
}

TEST_F(Spot, OneOrderWaitsAndGoesWithTheOther) {
  const std::string text =
      "symbol=BTCUSDT&workingType=LIMIT_MAKER&workingSide=BUY&workingPrice=83000&"
      "workingQuantity=0.4&pendingType=LIMIT&pendingSide=SELL&pendingPrice=86000&"
      "pendingQuantity=0.4&pendingTimeInForce=GTC";
  const JsonTree made = c.json("POST", "/api/v3/orderList/oto", text);
  ASSERT_EQ(made["orderReports"].items().size(), 2u);
  EXPECT_EQ(open(), 2u);
  c.json("DELETE", "/api/v3/order",
         "symbol=BTCUSDT&orderId=" + std::string(made["orders"].items()[1].text("orderId")));
  EXPECT_EQ(open(), 0u);
  EXPECT_EQ(c.code(c.call("POST", "/api/v3/orderList/oto",
                          "symbol=BTCUSDT&workingType=MARKET&workingSide=BUY&workingPrice=1&"
                          "workingQuantity=0.4&pendingType=MARKET&pendingSide=SELL&"
                          "pendingQuantity=0.4")),
            -1116);
  // A maker that would take leaves nothing behind.
  EXPECT_EQ(c.code(c.call("POST", "/api/v3/orderList/oto",
                          "symbol=BTCUSDT&workingType=LIMIT_MAKER&workingSide=BUY&"
                          "workingPrice=84010&workingQuantity=0.4&pendingType=MARKET&"
                          "pendingSide=SELL&pendingQuantity=0.4")),
            -2010);
  EXPECT_EQ(open(), 0u);
}

TEST_F(Spot, StopsWaitAmongTheOpenOrders) {
  place("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5");
  const JsonTree stop = c.json("POST", "/api/v3/order",
                               "symbol=BTCUSDT&side=SELL&type=STOP_LOSS&quantity=0.4&stopPrice="
                               "83000&newOrderRespType=RESULT");
  EXPECT_EQ(stop.text("type"), "STOP_LOSS");
  const JsonTree rows = c.json("GET", "/api/v3/openOrders");
  ASSERT_EQ(rows.items().size(), 1u);
  EXPECT_EQ(rows.items()[0].text("stopPrice"), "83000.00000000");
  EXPECT_EQ(rows.items()[0].boolean("isWorking"), false);
  EXPECT_EQ(c.json("DELETE", "/api/v3/order",
                   "symbol=BTCUSDT&orderId=" + std::string(stop.text("orderId")))
                .text("status"),
            "CANCELED");
}

TEST_F(Spot, WhatNeverWorkedNeverDid) {
  place("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5");
  const JsonTree made =
      place("symbol=BTCUSDT&side=SELL&type=STOP_LOSS&quantity=0.1&stopPrice=80000");
  const std::string query = "symbol=BTCUSDT&orderId=" + std::to_string(*made.integer("orderId"));
  EXPECT_EQ(c.json("GET", "/api/v3/order", query).boolean("isWorking"), false);
  c.json("DELETE", "/api/v3/order", query);
  const JsonTree gone = c.json("GET", "/api/v3/order", query);
  EXPECT_EQ(gone.text("status"), "CANCELED");
  EXPECT_EQ(gone.boolean("isWorking"), false);
  EXPECT_EQ(gone.integer("workingTime"), -1);
}

TEST_F(Spot, NothingIsHidden) {
  const std::string query =
      "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.1&price=80000&icebergQty=";
  EXPECT_EQ(c.code(c.call("POST", "/api/v3/order", query + "0.05")), -2010);
  EXPECT_EQ(place(query + "0").text("status"), "NEW");
}

TEST_F(Spot, TheWalletBesideTradingHasNoMovements) {
  const JsonTree assets = c.json("POST", "/sapi/v3/asset/getUserAsset");
  ASSERT_GE(assets.items().size(), 1u);
  for (const JsonTree& row : assets.items())
    EXPECT_EQ(row.text("free"), balance(row.text("asset"), "free"));
  EXPECT_EQ(c.json("POST", "/sapi/v3/asset/getUserAsset", "asset=BTC").items().size(), 1u);
  EXPECT_EQ(c.json("GET", "/sapi/v1/account/apiRestrictions").boolean("enableWithdrawals"), false);
  EXPECT_EQ(c.json("GET", "/sapi/v1/asset/transfer", "type=MAIN_UMFUTURE").integer("total"), 0);
  EXPECT_TRUE(c.json("GET", "/sapi/v1/capital/deposit/hisrec").items().empty());
}

TEST_F(Spot, TheWalletIsWorthSomething) {
  const JsonTree wallets = c.json("GET", "/sapi/v1/asset/wallet/balance", "quoteAsset=USDT");
  ASSERT_EQ(wallets.items().size(), 1u);
  EXPECT_EQ(wallets.items()[0].text("walletName"), "Spot");
  const JsonTree in_btc = c.json("GET", "/sapi/v1/asset/wallet/balance");
  EXPECT_NEAR(*read_double(wallets.items()[0].text("balance")),
              *read_double(in_btc.items()[0].text("balance")) * 84'000, 1);
  double sum = 0;
  const JsonTree assets = c.json("POST", "/sapi/v3/asset/getUserAsset", "needBtcValuation=true");
  for (const JsonTree& a : assets.items()) sum += *read_double(a.text("btcValuation"));
  EXPECT_NEAR(sum, *read_double(in_btc.items()[0].text("balance")), 1e-6);
  EXPECT_EQ(c.json("GET", "/sapi/v1/asset/assetDetail")["USDT"].boolean("depositStatus"), false);
  EXPECT_EQ(c.json("GET", "/sapi/v1/account/info").integer("vipLevel"), 0);
  EXPECT_EQ(c.json("GET", "/sapi/v1/spot/delist-schedule").items().size(), 0u);
}

// Of what moved last, not of when it is asked for.
TEST_F(Spot, AnAccountWasUpdatedWhenItWasPaid) {
  place("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5");
  const int64_t at = c.market.market_now().ms();
  c.market.tick(10);
  EXPECT_EQ(c.json("GET", "/api/v3/account").integer("updateTime"), at);
}

TEST_F(Spot, AStopMayTrailTheMarket) {
  place("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5");
  const std::string order = "symbol=BTCUSDT&side=SELL&type=STOP_LOSS&quantity=0.4";
  EXPECT_EQ(c.code(c.call("POST", "/api/v3/order", order)), -1102);
  EXPECT_EQ(c.code(c.call("POST", "/api/v3/order", order + "&trailingDelta=5")), -1013);
  const JsonTree stop =
      c.json("POST", "/api/v3/order", order + "&trailingDelta=100&newOrderRespType=RESULT");
  EXPECT_EQ(stop.integer("trailingDelta"), 100);
  EXPECT_EQ(stop.text("stopPrice"), "83161.00000000");  // a hundredth below 84,002, on its tick
  EXPECT_EQ(c.code(c.call("POST", "/api/v3/order",
                          "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.4&trailingDelta=100")),
            -1106);
  const JsonTree asked = c.json("GET", "/api/v3/exchangeInfo");
  EXPECT_EQ(asked["symbols"].items()[0].boolean("allowTrailingStop"), true);
}

TEST_F(Spot, TheAccountStreamIsASubscriptionOfTheSocketApi) {
  const SocketId s = listen();
  EXPECT_EQ(c.tree(c.frames.frames.back().text)["result"].integer("subscriptionId"), 0);
  place("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5&newClientOrderId=me");
  const auto reports = c.sent(s, "executionReport");
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].integer("subscriptionId"), 0);
  EXPECT_EQ(reports[0]["event"].text("x"), "NEW");
  EXPECT_EQ(reports[1]["event"].text("x"), "TRADE");
  EXPECT_EQ(reports[1]["event"].text("X"), "FILLED");
  EXPECT_EQ(reports[1]["event"].text("c"), "me");
  EXPECT_EQ(reports[1]["event"].text("N"), "BTC");
  const auto balances = c.sent(s, "outboundAccountPosition");
  ASSERT_EQ(balances.size(), 1u);
  EXPECT_EQ(balances[0]["event"]["B"].items()[0].text("f"), balance("USDT", "free"));
  c.gateway->closed(s);
  const size_t before = c.frames.frames.size();
  place("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1");
  EXPECT_EQ(c.frames.frames.size(), before);
}

// Gone at the venue since February 2026; clients of before still find them here.
TEST_F(Spot, ListenKeysOfBefore) {
  const Answer made = c.send("POST", "/api/v3/userDataStream", {});
  const std::string key(c.tree(made.body).text("listenKey"));
  const SocketId s = c.open("/ws/" + key);
  place("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5");
  EXPECT_EQ(c.sent(s, "executionReport").size(), 2u);
  EXPECT_EQ(c.send("PUT", "/api/v3/userDataStream", "listenKey=" + key).status, 200);
  EXPECT_EQ(c.code(c.send("PUT", "/api/v3/userDataStream", "listenKey=none")), -1125);
}

// ccxt tells spot from futures by "/stream" in the address.
TEST_F(Spot, AnAddressMayBeginWithStream) {
  const SocketId s = c.open("/stream/ws/0");
  c.gateway->received(s, R"({"method":"SUBSCRIBE","params":["btcusdt@miniTicker"],"id":1})");
  c.run();
  EXPECT_EQ(c.sent(s, "24hrMiniTicker")[0].text("s"), "BTCUSDT");
  EXPECT_TRUE(c.gateway->accepts("/stream/ws-api/v3"));
  EXPECT_FALSE(c.gateway->accepts("/fapi"));
}

TEST_F(Spot, FiltersAreNamedAsSpotNamesThem) {
  const JsonTree info = c.tree(c.get("/api/v3/exchangeInfo").body);
  const JsonTree mine = c.json("GET", "/api/v3/myFilters", "symbol=BTCUSDT");
  const auto& listed = info["symbols"].items()[0]["filters"].items();
  const auto& own = mine["symbolFilters"].items();
  ASSERT_EQ(own.size(), listed.size());
  for (size_t k = 0; k < own.size(); ++k)
    EXPECT_EQ(own[k].text("filterType"), listed[k].text("filterType"));
  EXPECT_EQ(listed[3].text("filterType"), "MAX_NUM_ORDERS");
  EXPECT_EQ(listed[3].integer("maxNumOrders"), 200);
  EXPECT_FALSE(listed[3].maybe("limit"));
  EXPECT_EQ(mine["exchangeFilters"].items().size(), 0u);
  EXPECT_EQ(c.code(c.call("GET", "/api/v3/myFilters", "symbol=NONE")), -1121);
}

// Before: no such path, and an unknown method.
TEST_F(Spot, NoRuleOfExecutionAndNoReferencePrice) {
  const JsonTree rules = c.tree(c.get("/api/v3/executionRules").body);
  ASSERT_EQ(rules["symbolRules"].items().size(), 1u);
  EXPECT_EQ(rules["symbolRules"].items()[0].text("symbol"), "BTCUSDT");
  EXPECT_EQ(rules["symbolRules"].items()[0]["rules"].items().size(), 0u);
  EXPECT_EQ(c.code(c.get("/api/v3/executionRules", "symbol=NONE")), -1121);
  const JsonTree price = c.tree(c.get("/api/v3/referencePrice", "symbol=BTCUSDT").body);
  EXPECT_EQ(price.text("symbol"), "BTCUSDT");
  EXPECT_FALSE(price.maybe("referencePrice"));
}

// Before: dropped in silence, and {}.
TEST_F(Spot, StrategiesAndCommissionsAreTold) {
  const std::string limit =
      "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=80000";
  const JsonTree placed = place(limit + "&strategyId=7&strategyType=1000001");
  EXPECT_EQ(placed.integer("strategyId"), 7);
  const JsonTree found = c.json("GET", "/api/v3/openOrders", "symbol=BTCUSDT").items()[0];
  EXPECT_EQ(found.integer("strategyType"), 1'000'001);
  EXPECT_EQ(found.integer("orderListId"), -1);
  EXPECT_FALSE(place(limit).maybe("strategyId"));
  EXPECT_EQ(refused(limit + "&strategyType=999999"), -1130);
  const JsonTree told =
      c.json("POST", "/api/v3/order/test", limit + "&computeCommissionRates=true");
  EXPECT_EQ(told["standardCommissionForOrder"].text("taker"), "0.00050000");
  EXPECT_EQ(told["discount"].text("enabledForAccount"), "false");
}

TEST_F(Spot, MoreThanEightDecimalsAreTooPrecise) {
  const std::string limit =
      "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=";
  EXPECT_EQ(refused(limit + "80000.123456789"), -1111);
  EXPECT_EQ(refused(limit + "80000.12345678"), -1013);
  EXPECT_EQ(place(limit + "80000.0000000000").text("status"), "NEW");
}

// Before: days began at midnight UTC whatever was asked for.
TEST_F(Spot, CandlesByAClockToTheEast) {
  place("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01");
  c.market.tick(60);
  const auto start = [&](std::string_view zone) {
    const JsonTree rows =
        c.tree(c.get("/api/v3/klines", fmt::format("symbol=BTCUSDT&interval=1d{}", zone)).body);
    if (rows.items().empty()) return std::string("no candle");
    return Instant::from_ms(*read_int(rows.items().back().items()[0].text())).value().text();
  };
  EXPECT_EQ(start(""), "2026-01-30T00:00:00Z");
  EXPECT_EQ(start("&timeZone=8"), "2026-01-29T16:00:00Z");
  EXPECT_EQ(start("&timeZone=-1:30"), "2026-01-30T01:30:00Z");
  EXPECT_EQ(c.code(c.get("/api/v3/klines", "symbol=BTCUSDT&interval=1d&timeZone=15")), -1130);
  const SocketId s = c.open("/stream?streams=btcusdt@kline_1d@+08:00");
  c.run();
  const auto told = c.sent(s, "kline");
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(Instant::from_ms(*told[0]["data"]["k"].integer("t")).value().text(),
            "2026-01-29T16:00:00Z");
}

TEST_F(Spot, ASessionTellsItsSubscriptions) {
  const SocketId s = listen();
  const auto ask = [&](std::string_view method) {
    c.gateway->received(s, fmt::format(R"({{"id":2,"method":"{}"}})", method));
    return c.tree(c.frames.frames.back().text);
  };
  const JsonTree two = ask("session.subscriptions");
  ASSERT_EQ(two["result"].items().size(), 1u);
  EXPECT_EQ(two["result"].items()[0].integer("subscriptionId"), 0);
  EXPECT_EQ(ask("session.status")["result"].text("userDataStream"), "true");
  ask("userDataStream.unsubscribe");
  EXPECT_EQ(ask("session.subscriptions")["result"].items().size(), 0u);
  EXPECT_EQ(ask("session.status")["result"].text("userDataStream"), "false");
  EXPECT_EQ(ask("session.logout")["result"].text("userDataStream"), "false");
}

// Recorders still ask there.
TEST_F(Spot, MarketDataHasItsFirstAddressToo) {
  for (const char* path : {"/api/v1/exchangeInfo", "/api/v1/ping"})
    EXPECT_EQ(c.get(path).status, 200) << path;
  EXPECT_EQ(c.tree(c.get("/api/v1/depth", "symbol=BTCUSDT&limit=5").body)["bids"].items().size(),
            5u);
  EXPECT_EQ(
      c.code(c.call("POST", "/api/v1/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1")),
      -5000);
}

TEST_F(Spot, FuturesEndpointsAnswerThatNothingIsListed) {
  EXPECT_EQ(c.tree(c.get("/fapi/v1/exchangeInfo").body)["symbols"].items().size(), 0u);
  EXPECT_EQ(c.json("GET", "/sapi/v1/capital/config/getall").items().size(), 0u);
  const JsonTree info = c.tree(c.get("/api/v3/exchangeInfo").body);
  ASSERT_EQ(info["symbols"].items().size(), 1u);
  EXPECT_EQ(info["symbols"].items()[0].text("symbol"), "BTCUSDT");
}

}  // namespace
}  // namespace delever::gateways::binance
