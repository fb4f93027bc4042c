// USD-M: orders through signed requests, each answer against what the exchange did.
#include <gtest/gtest.h>

#include "gateways/binance/binance_testing.h"

namespace delever::gateways::binance {
namespace {

using testing::Client;

struct Orders : ::testing::Test {
  Client c;
  std::string limit(std::string_view side, double price, double qty, std::string more = {}) {
    return fmt::format("symbol=BTCUSDT&side={}&type=LIMIT&quantity={}&price={}{}{}", side, qty,
                       price, more.find("timeInForce") == more.npos ? "&timeInForce=GTC" : "",
                       more);
  }
  std::string market_order(std::string_view side, double qty, std::string more = {}) {
    return fmt::format("symbol=BTCUSDT&side={}&type=MARKET&quantity={}{}", side, qty, more);
  }
  JsonTree place(const std::string& p) { return c.json("POST", "/fapi/v1/order", p); }
  int64_t refused(const std::string& p) { return c.code(c.call("POST", "/fapi/v1/order", p)); }
  size_t open() { return c.json("GET", "/fapi/v1/openOrders", "symbol=BTCUSDT").items().size(); }
};

TEST_F(Orders, ALimitOrderRestsIsReadAmendedAndCancelled) {
  const JsonTree placed =
      place(limit("BUY", 80'000, 0.01, "&newClientOrderId=mine&timeInForce=GTX"));
  EXPECT_EQ(placed.text("status"), "NEW");
  EXPECT_EQ(placed.text("clientOrderId"), "mine");
  EXPECT_EQ(placed.text("timeInForce"), "GTX");
  EXPECT_EQ(placed.text("positionSide"), "BOTH");
  const std::string id(placed.text("orderId"));
  EXPECT_EQ(c.json("GET", "/fapi/v1/order", "symbol=BTCUSDT&orderId=" + id).text("price"), "80000");
  EXPECT_EQ(
      c.json("GET", "/fapi/v1/order", "symbol=BTCUSDT&origClientOrderId=mine").text("orderId"), id);
  EXPECT_EQ(open(), 1u);
  const JsonTree amended = c.json(
      "PUT", "/fapi/v1/order", "symbol=BTCUSDT&side=BUY&quantity=0.02&price=79000&orderId=" + id);
  EXPECT_EQ(amended.text("orderId"), id);
  EXPECT_EQ(amended.text("price"), "79000");
  EXPECT_EQ(amended.text("origQty"), "0.020");
  EXPECT_EQ(c.code(c.call("PUT", "/fapi/v1/order",
                          "symbol=BTCUSDT&side=BUY&quantity=0.02&price=79000&orderId=" + id)),
            -5027);
  EXPECT_EQ(c.json("DELETE", "/fapi/v1/order", "symbol=BTCUSDT&orderId=" + id).text("status"),
            "CANCELED");
  EXPECT_EQ(open(), 0u);
  EXPECT_EQ(c.json("GET", "/fapi/v1/allOrders", "symbol=BTCUSDT").items().size(), 1u);
}

TEST_F(Orders, WhatWasAmendedIsKept) {
  const std::string id(place(limit("BUY", 80'000, 0.01)).text("orderId"));
  for (const char* price : {"79000", "79500"}) {
    c.json("PUT", "/fapi/v1/order",
           fmt::format("symbol=BTCUSDT&side=BUY&quantity=0.02&price={}&orderId={}", price, id));
  }
  const JsonTree rows = c.json("GET", "/fapi/v1/orderAmendment", "symbol=BTCUSDT&orderId=" + id);
  ASSERT_EQ(rows.items().size(), 2u);  // newest first
  EXPECT_EQ(rows.items()[0]["amendment"]["price"].text("before"), "79000");
  EXPECT_EQ(rows.items()[0]["amendment"]["price"].text("after"), "79500");
  EXPECT_EQ(rows.items()[1]["amendment"]["origQty"].text("before"), "0.010");
  EXPECT_EQ(rows.items()[0]["amendment"].integer("count"), 2);
  EXPECT_EQ(c.code(c.call("GET", "/fapi/v1/orderAmendment", "symbol=BTCUSDT&orderId=99")), -2013);
}

TEST_F(Orders, ATrailingStopIsAnAlgoOrder) {
  place(market_order("BUY", 0.5));
  const std::string text =
      "symbol=BTCUSDT&side=SELL&algoType=CONDITIONAL&type=TRAILING_STOP_MARKET&quantity=0.5&"
      "workingType=MARK_PRICE&reduceOnly=true";
  const JsonTree made = c.json("POST", "/fapi/v1/algoOrder", text + "&callbackRate=1");
  EXPECT_EQ(made.text("orderType"), "TRAILING_STOP_MARKET");
  EXPECT_EQ(made.text("callbackRate"), "1.0");
  EXPECT_EQ(made.text("triggerPrice"), "83160");
  EXPECT_EQ(c.code(c.call("POST", "/fapi/v1/algoOrder", text + "&callbackRate=0.05")), -2007);
  EXPECT_EQ(c.code(c.call("POST", "/fapi/v1/algoOrder", text)), -1102);
  for (const double at : {86'000.0, 85'000.0}) {
    c.market.move(at);
    c.market.tick();
  }
  const JsonTree after =
      c.json("GET", "/fapi/v1/algoOrder", "algoId=" + std::string(made.text("algoId")));
  EXPECT_EQ(after.text("algoStatus"), "FINISHED");
  EXPECT_EQ(c.json("GET", "/fapi/v3/positionRisk").items().size(), 0u);
}

TEST_F(Orders, OrderLimitsAreTold) {
  const JsonTree limits = c.json("GET", "/fapi/v1/rateLimit/order");
  ASSERT_EQ(limits.items().size(), 2u);
  EXPECT_EQ(limits.items()[0].text("interval"), "SECOND");
  EXPECT_EQ(limits.items()[0].integer("limit"), 300);
  EXPECT_EQ(limits.items()[1].integer("limit"), 1'200);
}

TEST_F(Orders, AMarketOrderSaysWhatItPaid) {
  const JsonTree bought = place(market_order("BUY", 0.5, "&newOrderRespType=RESULT"));
  EXPECT_EQ(bought.text("status"), "FILLED");
  EXPECT_EQ(bought.text("executedQty"), "0.500");
  EXPECT_EQ(bought.text("avgPrice"), "84002.00000");
  EXPECT_EQ(bought.text("cumQuote"), "42001.00000000");
  const JsonTree fills = c.json("GET", "/fapi/v1/userTrades", "symbol=BTCUSDT");
  ASSERT_EQ(fills.items().size(), 1u);
  EXPECT_EQ(fills.items()[0].text("orderId"), bought.text("orderId"));
  EXPECT_EQ(fills.items()[0].text("commission"), "21.00050000");  // 0.05 % of 42,001
  EXPECT_EQ(fills.items()[0].boolean("maker"), false);
  // Without RESULT the answer is only that it was taken.
  const JsonTree taken = place(market_order("SELL", 0.5));
  EXPECT_EQ(taken.text("status"), "NEW");
  EXPECT_EQ(taken.text("executedQty"), "0.000");
  EXPECT_EQ(c.json("GET", "/fapi/v1/order",
                   "symbol=BTCUSDT&orderId=" + std::string(taken.text("orderId")))
                .text("status"),
            "FILLED");
}

TEST_F(Orders, EachCauseHasItsCode) {
  EXPECT_EQ(refused("symbol=NONE&side=BUY&type=MARKET&quantity=1"), -1121);
  EXPECT_EQ(refused("symbol=BTCUSDT&side=HOLD&type=MARKET&quantity=1"), -1117);
  EXPECT_EQ(refused("symbol=BTCUSDT&side=BUY&type=ICE&quantity=1"), -1116);
  EXPECT_EQ(refused("symbol=BTCUSDT&side=BUY&type=MARKET"), -1102);
  EXPECT_EQ(refused(limit("BUY", 80'000, 0.01, "&timeInForce=NOW")), -1115);
  EXPECT_EQ(refused(limit("BUY", 80'000.5, 0.01)), -4014);
  EXPECT_EQ(refused(limit("BUY", 80'000, 0.0001)), -1111);
  EXPECT_EQ(refused(limit("BUY", 80'000, 0)), -4003);
  EXPECT_EQ(refused("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=many"), -1100);
  EXPECT_EQ(refused(limit("BUY", 84'100, 0.01, "&timeInForce=GTX")), -5022);
  EXPECT_EQ(refused(limit("BUY", 80'000, 0.01, "&timeInForce=FOK")), -5021);
  EXPECT_EQ(refused(limit("BUY", 80'000, 900)), -2019);
  EXPECT_EQ(refused(market_order("SELL", 0.1, "&reduceOnly=true")), -2022);
  EXPECT_EQ(refused(market_order("BUY", 0.1, "&positionSide=LONG")), -4061);
  EXPECT_EQ(refused("symbol=BTCUSDT&side=SELL&type=STOP_MARKET&stopPrice=80000&quantity=1"), -4120);
  EXPECT_EQ(c.code(c.call("DELETE", "/fapi/v1/order", "symbol=BTCUSDT&orderId=77")), -2011);
  EXPECT_EQ(c.code(c.call("GET", "/fapi/v1/order", "symbol=BTCUSDT&orderId=77")), -2013);
  EXPECT_EQ(c.market.desk->history(c.market.client).size(), 0u);
  place(limit("BUY", 80'000, 0.01, "&newClientOrderId=twice"));
  EXPECT_EQ(refused(limit("BUY", 80'000, 0.01, "&newClientOrderId=twice")), -4116);
}

TEST_F(Orders, AnIocThatFillsNothingExpires) {
  const JsonTree o = place(limit("BUY", 80'000, 0.01, "&timeInForce=IOC&newOrderRespType=RESULT"));
  EXPECT_EQ(o.text("status"), "EXPIRED");
  EXPECT_EQ(o.text("executedQty"), "0.000");
}

TEST_F(Orders, BatchesAnswerOneByOne) {
  const std::string orders =
      R"([{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","quantity":"0.01","price":"80000",)"
      R"("timeInForce":"GTC"},{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","quantity":"0.01",)"
      R"("price":"80000.5","timeInForce":"GTC"},{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT",)"
      R"("quantity":0.01,"price":79000,"timeInForce":"GTC"}])";
  const JsonTree all = c.json("POST", "/fapi/v1/batchOrders", "batchOrders=" + orders);
  ASSERT_EQ(all.items().size(), 3u);
  EXPECT_EQ(all.items()[0].text("status"), "NEW");
  EXPECT_EQ(all.items()[1].integer("code"), -4014);
  EXPECT_EQ(all.items()[2].text("price"), "79000");
  EXPECT_EQ(open(), 2u);
  const std::string ids =
      fmt::format("[{},{},999]", all.items()[0].text("orderId"), all.items()[2].text("orderId"));
  const JsonTree gone =
      c.json("DELETE", "/fapi/v1/batchOrders", "symbol=BTCUSDT&orderidlist=" + ids);
  EXPECT_EQ(gone.items()[1].text("status"), "CANCELED");
  EXPECT_EQ(gone.items()[2].integer("code"), -2011);
  EXPECT_EQ(open(), 0u);
}

TEST_F(Orders, ConditionalOrdersHaveEndpointsOfTheirOwn) {
  place(market_order("BUY", 0.5));
  const std::string stop =
      "symbol=BTCUSDT&side=SELL&algoType=CONDITIONAL&type=STOP_MARKET&quantity=0.5&triggerPrice="
      "83000&reduceOnly=true&workingType=MARK_PRICE&clientAlgoId=guard";
  const JsonTree placed = c.json("POST", "/fapi/v1/algoOrder", stop);
  EXPECT_EQ(placed.text("algoStatus"), "NEW");
  EXPECT_EQ(placed.text("triggerPrice"), "83000");
  EXPECT_EQ(open(), 0u);
  EXPECT_EQ(c.json("GET", "/fapi/v1/openAlgoOrders", "symbol=BTCUSDT").items().size(), 1u);
  // Due already, or on the wrong side.
  EXPECT_EQ(c.code(c.call("POST", "/fapi/v1/algoOrder",
                          "symbol=BTCUSDT&side=SELL&algoType=CONDITIONAL&type=STOP_MARKET&quantity="
                          "0.5&triggerPrice=85000&workingType=MARK_PRICE")),
            -2021);
  // The whole position, at a profit.
  const JsonTree profit = c.json(
      "POST", "/fapi/v1/algoOrder",
      "symbol=BTCUSDT&side=SELL&algoType=CONDITIONAL&type=TAKE_PROFIT_MARKET&closePosition=true&"
      "triggerPrice=86000&workingType=MARK_PRICE");
  EXPECT_EQ(profit.boolean("closePosition"), true);
  c.market.move(86'500);
  c.market.quote();
  c.market.tick();
  EXPECT_TRUE(c.market.desk->positions(c.market.client).empty());
  const JsonTree done =
      c.json("GET", "/fapi/v1/algoOrder", "algoId=" + std::string(profit.text("algoId")));
  EXPECT_EQ(done.text("algoStatus"), "FINISHED");
  EXPECT_EQ(done.text("actualOrderId"), profit.text("algoId"));
  EXPECT_EQ(done.text("actualQty"), "0.500");
  EXPECT_EQ(c.json("DELETE", "/fapi/v1/algoOrder", "clientAlgoId=guard").text("code"), "200");
  EXPECT_EQ(c.code(c.call("DELETE", "/fapi/v1/algoOrder", "clientAlgoId=guard")), -2011);
}

TEST_F(Orders, OneOrderOfAKindClosesAWholePosition) {
  place(market_order("BUY", 0.5));
  const auto closing = [&](std::string_view type, std::string_view more) {
    return c.call("POST", "/fapi/v1/algoOrder",
                  fmt::format("symbol=BTCUSDT&side=SELL&algoType=CONDITIONAL&type={}&"
                              "closePosition=true&workingType=MARK_PRICE{}",
                              type, more));
  };
  EXPECT_EQ(closing("STOP_MARKET", "&triggerPrice=83000").status, 200);
  EXPECT_EQ(closing("TAKE_PROFIT_MARKET", "&triggerPrice=86000").status, 200);
  EXPECT_EQ(c.code(closing("STOP_MARKET", "&triggerPrice=82000")), -4130);
  EXPECT_EQ(c.code(closing("TAKE_PROFIT_MARKET", "&triggerPrice=87000")), -4130);
  const Answer both = closing("STOP_MARKET", "&triggerPrice=82000&reduceOnly=true");
  EXPECT_EQ(c.tree(both.body).text("msg"), "Parameter 'reduceOnly' sent when not required.");
  const auto trailing = [&](std::string_view rate) {
    return c.code(c.call("POST", "/fapi/v1/algoOrder",
                         fmt::format("symbol=BTCUSDT&side=SELL&algoType=CONDITIONAL&type="
                                     "TRAILING_STOP_MARKET&quantity=0.1&callbackRate={}",
                                     rate)));
  };
  EXPECT_EQ(trailing("20"), 0);
  EXPECT_EQ(trailing("20.1"), -2007);
}

TEST_F(Orders, IncomeIsReadPageByPage) {
  for (int n = 0; n < 3; ++n) place(market_order("BUY", 0.1));
  const auto ids = [&](const std::string& query) {
    std::vector<std::string> out;
    const JsonTree rows = c.json("GET", "/fapi/v1/income", query);
    for (const JsonTree& row : rows.items()) out.emplace_back(row.text("tranId"));
    return out;
  };
  const std::vector<std::string> all = ids("limit=1000");
  ASSERT_GE(all.size(), 4u);
  EXPECT_EQ(ids("limit=2&page=1"), std::vector<std::string>(all.begin(), all.begin() + 2));
  EXPECT_EQ(ids("limit=2&page=2"), std::vector<std::string>(all.begin() + 2, all.begin() + 4));
  EXPECT_TRUE(ids("limit=2&page=100").empty());
}

TEST_F(Orders, TheVenueTakesOrdersAwayWhenItsClientIsSilent) {
  place(limit("BUY", 80'000, 0.01));
  c.json("POST", "/fapi/v1/countdownCancelAll", "symbol=BTCUSDT&countdownTime=3000");
  c.run(20);
  c.json("POST", "/fapi/v1/countdownCancelAll", "symbol=BTCUSDT&countdownTime=3000");
  c.run(29);
  EXPECT_EQ(open(), 1u);
  c.run(2);
  EXPECT_EQ(open(), 0u);
  const int64_t till = c.market.market_now().ms() + 700'000;
  const JsonTree o =
      place(limit("BUY", 80'000, 0.01, fmt::format("&timeInForce=GTD&goodTillDate={}", till)));
  EXPECT_EQ(o.text("timeInForce"), "GTD");
  EXPECT_EQ(o.integer("goodTillDate"), till);
  c.market.tick(701);
  c.run();
  EXPECT_EQ(open(), 0u);
}

TEST_F(Orders, AnAmendmentUnderWhatIsFilledEndsTheOrder) {
  const JsonTree o = place(limit("BUY", 84'002, 15));  // ten lie at that price
  EXPECT_EQ(
      c.json("GET", "/fapi/v1/order", "symbol=BTCUSDT&orderId=" + std::string(o.text("orderId")))
          .text("status"),
      "PARTIALLY_FILLED");
  const JsonTree ended = c.json(
      "PUT", "/fapi/v1/order",
      "symbol=BTCUSDT&side=BUY&quantity=5&price=84002&orderId=" + std::string(o.text("orderId")));
  EXPECT_EQ(ended.text("status"), "CANCELED");
  EXPECT_EQ(ended.text("executedQty"), "10.000");
}

TEST_F(Orders, HedgeModeKeepsTwoPositions) {
  c.json("POST", "/fapi/v1/positionSide/dual", "dualSidePosition=true");
  EXPECT_EQ(c.json("GET", "/fapi/v1/positionSide/dual").boolean("dualSidePosition"), true);
  place(market_order("BUY", 0.2, "&positionSide=LONG"));
  place(market_order("SELL", 0.1, "&positionSide=SHORT"));
  const JsonTree rows = c.json("GET", "/fapi/v3/positionRisk", "symbol=BTCUSDT");
  ASSERT_EQ(rows.items().size(), 2u);
  EXPECT_EQ(rows.items()[0].text("positionSide"), "LONG");
  EXPECT_EQ(rows.items()[0].text("positionAmt"), "0.200");
  EXPECT_EQ(rows.items()[1].text("positionAmt"), "-0.100");
  EXPECT_EQ(refused(market_order("SELL", 0.5)), -4061);
  place(market_order("BUY", 0.1, "&positionSide=SHORT"));
  EXPECT_EQ(c.json("GET", "/fapi/v3/positionRisk", "symbol=BTCUSDT").items().size(), 1u);
}

}  // namespace
}  // namespace delever::gateways::binance
