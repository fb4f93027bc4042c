// Bybit by REST: market data, orders of every kind, what an account is shown, refusals by code.
#include <gtest/gtest.h>

#include "base/text.h"
#include "gateways/bybit/bybit_testing.h"

namespace delever::gateways {
namespace {

using namespace testing;

struct BybitRestTest : ::testing::Test, BybitClient {};

TEST_F(BybitRestTest, MarketDataNeedsNoKey) {
  const Signing nobody{.none = true};
  EXPECT_EQ(code(get("/v5/market/time", "", nobody)), 0);
  const JsonTree info = get("/v5/market/instruments-info", "category=linear&limit=1000", nobody);
  ASSERT_EQ(rows(info).items().size(), 2U);  // the perpetual and the future
  const JsonTree& perp = rows(info).items()[0];
  EXPECT_EQ(perp.text("symbol"), "BTCUSDT");
  EXPECT_EQ(perp.text("contractType"), "LinearPerpetual");
  EXPECT_EQ(perp["priceFilter"].text("tickSize"), "1");
  EXPECT_EQ(perp["lotSizeFilter"].text("qtyStep"), "0.001");
  EXPECT_EQ(perp["leverageFilter"].text("maxLeverage"), "100");
  EXPECT_EQ(rows(get("/v5/market/instruments-info", "category=linear&status=PreLaunch", nobody))
                .items()
                .size(),
            0U);
  EXPECT_EQ(rows(get("/v5/market/instruments-info", "category=spot", nobody))
                .items()
                .at(0)
                .text("symbol"),
            "BTCUSDT");
  const JsonTree book =
      get("/v5/market/orderbook", "category=linear&symbol=BTCUSDT&limit=5", nobody);
  ASSERT_EQ(book["result"]["b"].items().size(), 5U);
  EXPECT_EQ(book["result"]["b"].items()[0].items()[0].text(), "83998");
  EXPECT_EQ(book["result"]["a"].items()[0].items()[0].text(), "84002");
  const JsonTree tiers = get("/v5/market/risk-limit", "category=linear&symbol=BTCUSDT", nobody);
  EXPECT_EQ(rows(tiers).items().at(0).text("maintenanceMargin"), "0.005");
  EXPECT_EQ(code(get("/v5/market/tickers", "category=linear&symbol=NONE", nobody)), 10001);
  EXPECT_EQ(code(get("/v5/market/tickers", "category=moon", nobody)), 10001);
}

TEST_F(BybitRestTest, WhatTheIndexIsMadeOf) {
  const JsonTree index = get("/v5/market/index-price-components", "indexName=BTCUSDT");
  ASSERT_EQ(code(index), 0);
  EXPECT_EQ(index["result"].text("lastPrice"), "84000");
  ASSERT_EQ(index["result"]["components"].items().size(), 3U);
  EXPECT_EQ(index["result"]["components"].items()[0].text("spotPair"), "BTCUSDT");
  EXPECT_EQ(index["result"]["components"].items()[0].text("price"), "84000");
  EXPECT_EQ(code(get("/v5/market/index-price-components", "indexName=NONE")), 10001);
}

TEST_F(BybitRestTest, PositionsAreThoseOfTheCoinAskedFor) {
  order("Buy", "Market", "0.5");
  EXPECT_EQ(rows(get("/v5/position/list", "category=linear&baseCoin=BTC")).items().size(), 1U);
  EXPECT_EQ(rows(get("/v5/position/list", "category=linear&baseCoin=ETH")).items().size(), 0U);
  EXPECT_EQ(rows(get("/v5/position/list", "category=linear&settleCoin=USDC")).items().size(), 0U);
}

TEST_F(BybitRestTest, TradesCandlesAndTickerTellOneStory) {
  order("Buy", "Market", "0.5");
  order("Sell", "Market", "0.2");
  const JsonTree trades = get("/v5/market/recent-trade", "category=linear&symbol=BTCUSDT");
  ASSERT_EQ(rows(trades).items().size(), 2U);
  EXPECT_EQ(rows(trades).items()[0].text("side"), "Sell");  // the newest first
  EXPECT_EQ(rows(trades).items()[0].text("price"), "83998");
  EXPECT_EQ(rows(trades).items()[1].text("size"), "0.5");
  const JsonTree candles =
      get("/v5/market/kline", "category=linear&symbol=BTCUSDT&interval=1&limit=3");
  const auto& cells = rows(candles).items().at(0).items();
  EXPECT_EQ(cells[1].text(), "84002");  // open
  EXPECT_EQ(cells[3].text(), "83998");  // low
  EXPECT_EQ(cells[5].text(), "0.7");
  const JsonTree ticker = get("/v5/market/tickers", "category=linear&symbol=BTCUSDT");
  const JsonTree& t = rows(ticker).items().at(0);
  EXPECT_EQ(t.text("lastPrice"), "83998");
  EXPECT_EQ(t.text("volume24h"), "0.7");
  EXPECT_EQ(t.text("markPrice"), "84000");
  EXPECT_EQ(number(t, "openInterest"), 2 * number(t, "singleOpenInterest"));
  EXPECT_EQ(code(get("/v5/market/kline", "category=linear&symbol=BTCUSDT&interval=7")), 10001);
}

TEST_F(BybitRestTest, AnOrderIsCheckedBeforeItIsSent) {
  const auto check = [&](std::string_view qty, std::string_view more) {
    return post(
        "/v5/order/pre-check",
        fmt::format(R"({{"category":"linear","symbol":"BTCUSDT","side":"Buy","qty":"{}"{}}})", qty,
                    more));
  };
  const auto rate = [&](std::string_view name) {
    const JsonTree w = get("/v5/account/wallet-balance", "accountType=UNIFIED");
    return number(rows(w).items().at(0), name) * 1e4;
  };
  const std::string limit = R"(,"orderType":"Limit","price":"83000","orderLinkId":"first")";
  const JsonTree said = check("2", limit);
  ASSERT_EQ(code(said), 0) << said.text("retMsg");
  EXPECT_EQ(said["result"].text("orderLinkId"), "first");
  EXPECT_EQ(number(said["result"], "preImrE4"), 0);
  EXPECT_EQ(number(said["result"], "postMmrE4"), 0);
  EXPECT_EQ(rows(get("/v5/order/realtime", "category=linear&symbol=BTCUSDT")).items().size(), 0U);
  order("Buy", "Limit", "2", "83000");
  EXPECT_NEAR(rate("accountIMRate"), number(said["result"], "postImrE4"), 1);
  const JsonTree market = check("3", R"(,"orderType":"Market")");
  ASSERT_EQ(code(market), 0);
  EXPECT_NEAR(rate("accountIMRate"), number(market["result"], "preImrE4"), 1);
  order("Buy", "Market", "3");
  EXPECT_NEAR(rate("accountIMRate"), number(market["result"], "postImrE4"), 1);
  EXPECT_NEAR(rate("accountMMRate"), number(market["result"], "postMmrE4"), 1);
  const JsonTree poor = check("1000", R"(,"orderType":"Market")");
  EXPECT_EQ(code(poor), 110007);
  EXPECT_GT(number(poor["retExtInfo"], "post_imr_e4"), 10'000);
  EXPECT_FALSE(poor["result"].maybe("orderId"));
  EXPECT_EQ(
      code(check("1", R"(,"orderType":"Market","triggerPrice":"90000","triggerDirection":1)")),
      10001);
  EXPECT_EQ(code(check("0.00001", R"(,"orderType":"Market")")), 10001);
}

TEST_F(BybitRestTest, WhoDidNotSignIsRefusedAndChangesNothing) {
  const std::string body =
      R"({"category":"linear","symbol":"BTCUSDT","side":"Buy","orderType":"Market","qty":"1"})";
  EXPECT_EQ(code(post("/v5/order/create", body, {.secret = "T"})), 10004);
  EXPECT_EQ(code(post("/v5/order/create", body, {.key = "L"})), 10003);
  EXPECT_EQ(code(post("/v5/order/create", body, {.late_ms = 5'001})), 10002);
  EXPECT_EQ(code(post("/v5/order/create", body, {.late_ms = -1'001})), 10002);
  EXPECT_EQ(code(post("/v5/order/create", body, {.none = true})), 10003);
  EXPECT_EQ(position().text("size"), "0");
  EXPECT_EQ(code(post("/v5/order/create", body, {.late_ms = 4'999})), 0);
  EXPECT_EQ(position().text("size"), "1");
}

TEST_F(BybitRestTest, ALimitOrderLivesAndIsAmendedAndCancelled) {
  const JsonTree placed =
      order("Buy", "Limit", "0.5", "80000", R"(,"timeInForce":"PostOnly","orderLinkId":"mine-1")");
  ASSERT_EQ(code(placed), 0);
  EXPECT_EQ(placed["result"].text("orderLinkId"), "mine-1");
  JsonTree o = shown(placed);
  EXPECT_EQ(o.text("orderStatus"), "New");
  EXPECT_EQ(o.text("timeInForce"), "PostOnly");
  EXPECT_EQ(o.text("leavesQty"), "0.5");
  EXPECT_EQ(code(order("Buy", "Limit", "0.5", "80000", R"(,"orderLinkId":"mine-1")")), 110072);
  const JsonTree amended =
      post("/v5/order/amend",
           R"({"category":"linear","symbol":"BTCUSDT","orderLinkId":"mine-1","price":"79000",)"
           R"("qty":"0.4"})");
  ASSERT_EQ(code(amended), 0);
  EXPECT_EQ(amended["result"].text("orderId"), placed["result"].text("orderId"));
  o = shown(placed);
  EXPECT_EQ(o.text("price"), "79000");
  EXPECT_EQ(o.text("qty"), "0.4");
  EXPECT_EQ(
      code(post(
          "/v5/order/amend",
          R"({"category":"linear","symbol":"BTCUSDT","orderLinkId":"mine-1","price":"79000"})")),
      10001);  // unchanged
  EXPECT_EQ(rows(get("/v5/order/realtime", "category=linear&symbol=BTCUSDT")).items().size(), 1U);
  const std::string by_id =
      fmt::format(R"({{"category":"linear","symbol":"BTCUSDT","orderId":"{}"}})",
                  placed["result"].text("orderId"));
  EXPECT_EQ(code(post("/v5/order/cancel", by_id)), 0);
  EXPECT_EQ(code(post("/v5/order/cancel", by_id)), 110001);
  EXPECT_EQ(shown(placed).text("orderStatus"), "Cancelled");
  EXPECT_EQ(rows(get("/v5/order/realtime", "category=linear&symbol=BTCUSDT")).items().size(), 0U);
  EXPECT_EQ(rows(get("/v5/order/history", "category=linear")).items().size(), 1U);
}

TEST_F(BybitRestTest, AMarketOrderFillsAndTheBooksAgree) {
  const double before = wallet();
  const JsonTree placed = order("Buy", "Market", "2");
  ASSERT_EQ(code(placed), 0);
  const JsonTree o = shown(placed);
  EXPECT_EQ(o.text("orderStatus"), "Filled");
  EXPECT_EQ(o.text("cumExecQty"), "2");
  EXPECT_EQ(o.text("avgPrice"), "84002");
  const JsonTree trades = get("/v5/execution/list", "category=linear&symbol=BTCUSDT");
  double qty = 0, fees = 0;
  for (const JsonTree& f : rows(trades).items()) {
    qty += number(f, "execQty");
    fees += number(f, "execFee");
    EXPECT_EQ(f.text("orderId"), placed["result"].text("orderId"));
    EXPECT_EQ(f.text("isMaker"), "false");
  }
  EXPECT_EQ(qty, 2);
  EXPECT_NEAR(fees, 2 * 84'002 * 0.0005, 1e-6);
  EXPECT_NEAR(before - wallet(), fees, 1e-6);
  EXPECT_EQ(number(o["cumFeeDetail"], "USDT"), fees);
  const JsonTree p = position();
  EXPECT_EQ(p.text("side"), "Buy");
  EXPECT_EQ(p.text("size"), "2");
  EXPECT_EQ(p.text("avgPrice"), "84002");
  EXPECT_NEAR(number(p, "unrealisedPnl"), 2 * (84'000 - 84'002), 1e-6);
  const JsonTree statement = get("/v5/account/transaction-log", "currency=USDT&type=TRADE");
  double change = 0;
  for (const JsonTree& line : rows(statement).items()) change += number(line, "change");
  EXPECT_NEAR(change, -fees, 1e-6);
  const JsonTree fee = get("/v5/account/fee-rate", "category=linear&symbol=BTCUSDT");
  EXPECT_EQ(rows(fee).items().at(0).text("takerFeeRate"), "0.0005");
}

TEST_F(BybitRestTest, ClosingRealisesWhatTheStatementSays) {
  const double before = wallet();
  order("Buy", "Market", "1");
  market.move(85'000);
  market.tick();
  market.quote();
  ASSERT_EQ(code(order("Sell", "Market", "1", "", R"(,"reduceOnly":true)")), 0);
  EXPECT_EQ(position().text("size"), "0");
  EXPECT_EQ(position().text("side"), "");
  const double fees = (84'002 + 84'998) * 0.0005;
  EXPECT_NEAR(wallet() - before, 84'998 - 84'002 - fees, 1e-6);
  const JsonTree closed = get("/v5/position/closed-pnl", "category=linear&symbol=BTCUSDT");
  ASSERT_EQ(rows(closed).items().size(), 1U);
  EXPECT_NEAR(number(rows(closed).items()[0], "closedPnl"), 84'998 - 84'002 - fees, 1e-6);
  EXPECT_EQ(rows(closed).items()[0].text("avgEntryPrice"), "84002");
}

// Each order that closes has a row, while the position stands and after.
TEST_F(BybitRestTest, WhatIsClosedInPartsHasARowEach) {
  const double before = wallet();
  ASSERT_EQ(code(order("Buy", "Market", "3")), 0);
  const JsonTree part = order("Sell", "Market", "1", "", R"(,"reduceOnly":true)");
  JsonTree closed = get("/v5/position/closed-pnl", "category=linear");
  ASSERT_EQ(rows(closed).items().size(), 1U);
  EXPECT_EQ(rows(closed).items()[0].text("orderId"), part["result"].text("orderId"));
  EXPECT_EQ(rows(closed).items()[0].text("closedSize"), "1");
  EXPECT_NEAR(number(rows(closed).items()[0], "openFee"), 84'002 * 0.0005, 1e-6);
  ASSERT_EQ(code(order("Sell", "Market", "5")), 0);  // and the other way
  closed = get("/v5/position/closed-pnl", "category=linear");
  ASSERT_EQ(rows(closed).items().size(), 2U);
  EXPECT_EQ(rows(closed).items()[0].text("closedSize"), "2");
  const double open = 3 * 83'998 * 0.0005;  // paid for the short, which nothing has closed
  EXPECT_NEAR(number(rows(closed).items()[0], "closedPnl") +
                  number(rows(closed).items()[1], "closedPnl") - open,
              wallet() - before, 1e-6);
}

TEST_F(BybitRestTest, OrdersThatCannotStandAreTakenAndCancelled) {
  const JsonTree post_only = order("Buy", "Limit", "1", "84010", R"(,"timeInForce":"PostOnly")");
  ASSERT_EQ(code(post_only), 0);
  EXPECT_EQ(shown(post_only).text("orderStatus"), "Cancelled");
  EXPECT_EQ(shown(post_only).text("rejectReason"), "EC_PostOnlyWillTakeLiquidity");
  const JsonTree whole = order("Buy", "Limit", "500", "84002", R"(,"timeInForce":"FOK")");
  EXPECT_EQ(code(whole), 110007);  // beyond what the account can carry
  const JsonTree some = order("Buy", "Limit", "11", "84002", R"(,"timeInForce":"FOK")");
  ASSERT_EQ(code(some), 0) << some["retMsg"].text();
  EXPECT_EQ(shown(some).text("orderStatus"), "Cancelled");
  const JsonTree now = order("Buy", "Limit", "1", "80000", R"(,"timeInForce":"IOC")");
  EXPECT_EQ(shown(now).text("orderStatus"), "Cancelled");
  EXPECT_EQ(position().text("size"), "0");
}

TEST_F(BybitRestTest, RefusalsCarryTheVenuesCodes) {
  EXPECT_EQ(code(order("Buy", "Limit", "900", "84000")), 110007);
  EXPECT_EQ(code(order("Buy", "Market", "1", "", R"(,"reduceOnly":true)")), 110017);
  EXPECT_EQ(code(order("Buy", "Limit", "0.0001", "80000")), 10001);
  EXPECT_EQ(code(order("Buy", "Limit", "1", "80000.5")), 110003);
  EXPECT_EQ(code(order("Buy", "Limit", "1")), 10001);
  EXPECT_EQ(code(order("Hold", "Limit", "1", "80000")), 10001);
  EXPECT_EQ(code(order("Buy", "Limit", "x", "80000")), 10001);
  EXPECT_EQ(code(order("Buy", "Limit", "1", "80000", R"(,"positionIdx":1)")), 10001);
  EXPECT_EQ(code(order("Buy", "Limit", "1", "80000", R"(,"orderLinkId":"no spaces")")), 10001);
  EXPECT_EQ(code(post("/v5/order/create", "[1]")), 10001);
  EXPECT_EQ(code(post("/v5/order/cancel", R"({"category":"linear","symbol":"BTCUSDT",)"
                                          R"("orderId":"00000000-0000-4000-8000-000000000000"})")),
            110001);
  EXPECT_EQ(code(get("/v5/no/such")), 10404);
  const AccountCounts counts = gateway->counts(market.client);
  EXPECT_GE(counts.requests, 10U);
  EXPECT_GE(counts.refused.size(), 4U);
}

TEST_F(BybitRestTest, StopsWaitAndFire) {
  order("Buy", "Market", "1");
  const JsonTree stop = order(
      "Sell", "Market", "1", "",
      R"(,"triggerPrice":"83000","triggerDirection":2,"triggerBy":"MarkPrice","reduceOnly":true)");
  ASSERT_EQ(code(stop), 0);
  EXPECT_EQ(shown(stop).text("orderStatus"), "Untriggered");
  EXPECT_EQ(shown(stop).text("triggerDirection"), "2");
  EXPECT_EQ(rows(get("/v5/order/realtime", "category=linear&symbol=BTCUSDT&orderFilter=StopOrder"))
                .items()
                .size(),
            1U);
  EXPECT_EQ(rows(get("/v5/order/realtime", "category=linear&symbol=BTCUSDT&orderFilter=Order"))
                .items()
                .size(),
            0U);
  EXPECT_EQ(code(order("Sell", "Market", "1", "",
                       R"(,"triggerPrice":"85000","triggerDirection":2,"triggerBy":"MarkPrice")")),
            110093);
  market.move(82'000);
  market.tick();
  EXPECT_EQ(shown(stop).text("orderStatus"), "Filled");
  EXPECT_EQ(position().text("size"), "0");
}

TEST_F(BybitRestTest, TakeProfitAndStopLossEndOneAnother) {
  const JsonTree entry =
      order("Buy", "Market", "1", "",
            R"(,"takeProfit":"85000","stopLoss":"83000","tpTriggerBy":"MarkPrice",)"
            R"("slTriggerBy":"MarkPrice")");
  ASSERT_EQ(code(entry), 0);
  const auto waiting = [this] {
    return rows(get("/v5/order/realtime", "category=linear&symbol=BTCUSDT&orderFilter=tpslOrder"))
        .items()
        .size();
  };
  EXPECT_EQ(waiting(), 2U);
  market.move(85'500);
  market.quote();
  market.tick();
  gateway->tick();
  EXPECT_EQ(position().text("size"), "0");
  EXPECT_EQ(waiting(), 0U);
}

TEST_F(BybitRestTest, PositionStopsAreSetReplacedAndCleared) {
  EXPECT_EQ(code(post("/v5/position/trading-stop",
                      R"({"category":"linear","symbol":"BTCUSDT","stopLoss":"83000"})")),
            10001);  // nothing to protect
  order("Buy", "Market", "1");
  const auto prices = [this] {
    std::string seen;
    const JsonTree found =
        get("/v5/order/realtime", "category=linear&symbol=BTCUSDT&orderFilter=StopOrder");
    for (const JsonTree& o : rows(found).items())
      seen += fmt::format("{} {};", o.text("stopOrderType"), o.text("triggerPrice"));
    return seen;
  };
  const auto set = [this](std::string_view what) {
    return code(post(
        "/v5/position/trading-stop",
        fmt::format(R"({{"category":"linear","symbol":"BTCUSDT","positionIdx":0,{}}})", what)));
  };
  EXPECT_EQ(set(R"("stopLoss":"83000")"), 0);
  EXPECT_EQ(prices(), "StopLoss 83000;");
  EXPECT_EQ(set(R"("stopLoss":"83000")"), 34040);
  EXPECT_EQ(set(R"("takeProfit":"0")"), 34040);
  EXPECT_EQ(set(R"("stopLoss":"83000","slTriggerBy":"MarkPrice")"), 0);
  EXPECT_EQ(set(R"("stopLoss":"82000","takeProfit":"86000")"), 0);
  EXPECT_EQ(prices(), "StopLoss 82000;TakeProfit 86000;");
  EXPECT_EQ(set(R"("stopLoss":"0")"), 0);
  EXPECT_EQ(prices(), "TakeProfit 86000;");
  EXPECT_EQ(set(R"("stopLoss":"90000")"), 10001);
  EXPECT_EQ(set(R"("trailingStop":"500")"), 0);
  EXPECT_EQ(set(R"("trailingStop":"500")"), 34040);
  EXPECT_EQ(set(R"("trailingStop":"600")"), 0);
}

TEST(BybitOrders, AreWorthSomething) {
  auto setup = bybit_setup();
  for (auto& listing : setup.listings) {
    if (listing.rules.contract->kind == InstrumentKind::linear)
      listing.rules.contract->notional_min = exchange::fixture::coins(100);
  }
  BybitClient c({}, std::move(setup));
  EXPECT_EQ(c.code(c.order("Buy", "Limit", "0.001", "80000")), 110094);
  EXPECT_EQ(c.code(c.order("Buy", "Market", "0.001")), 110094);
  EXPECT_EQ(c.code(c.order("Buy", "Market", "0.002")), 0);
  EXPECT_EQ(c.code(c.order("Sell", "Market", "0.001", "", R"(,"reduceOnly":true)")), 0);
}

TEST_F(BybitRestTest, ACandleOfTheMonth) {
  order("Buy", "Market", "1");
  const JsonTree months = get("/v5/market/kline", "category=linear&symbol=BTCUSDT&interval=M");
  ASSERT_EQ(rows(months).items().size(), 1u);
  EXPECT_EQ(Instant::from_ms(*read_int(rows(months).items()[0].items()[0].text())).value().text(),
            "2026-01-01T00:00:00Z");
}

TEST_F(BybitRestTest, BatchesAnswerRowByRow) {
  const JsonTree made =
      post("/v5/order/create-batch",
           R"({"category":"linear","request":[)"
           R"({"symbol":"BTCUSDT","side":"Buy","orderType":"Limit","qty":"1","price":"80000",)"
           R"("orderLinkId":"a"},)"
           R"({"symbol":"BTCUSDT","side":"Buy","orderType":"Limit","qty":"0","price":"80000"},)"
           R"({"symbol":"BTCUSDT","side":"Buy","orderType":"Limit","qty":"1","price":"79000",)"
           R"("orderLinkId":"b"}]})");
  ASSERT_EQ(code(made), 0);
  const auto& told = made["retExtInfo"]["list"].items();
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].text("code"), "0");
  EXPECT_EQ(told[1].text("code"), "10001");
  EXPECT_EQ(told[2].text("msg"), "OK");
  EXPECT_EQ(rows(made).items()[2].text("orderLinkId"), "b");
  EXPECT_FALSE(rows(made).items()[2].text("createAt").empty());
  const JsonTree gone =
      post("/v5/order/cancel-batch",
           R"({"category":"linear","request":[{"symbol":"BTCUSDT","orderLinkId":"a"},)"
           R"({"symbol":"BTCUSDT","orderLinkId":"a"}]})");
  EXPECT_EQ(gone["retExtInfo"]["list"].items()[1].text("code"), "110001");
  order("Buy", "Limit", "1", "78000");
  const JsonTree all = post("/v5/order/cancel-all", R"({"category":"linear","symbol":"BTCUSDT"})");
  EXPECT_EQ(rows(all).items().size(), 2U);
  EXPECT_EQ(code(post("/v5/order/create-batch", R"({"category":"linear","request":[]})")), 10001);
}

TEST_F(BybitRestTest, LeverageAndModes) {
  const auto leverage = [this](std::string_view x) {
    return code(post("/v5/position/set-leverage",
                     fmt::format(R"({{"category":"linear","symbol":"BTCUSDT","buyLeverage":"{}",)"
                                 R"("sellLeverage":"{}"}})",
                                 x, x)));
  };
  EXPECT_EQ(leverage("25"), 0);
  EXPECT_EQ(leverage("25"), 110043);
  EXPECT_EQ(leverage("1000"), 110013);
  EXPECT_EQ(position().text("leverage"), "25");
  EXPECT_EQ(code(post("/v5/position/switch-mode",
                      R"({"category":"linear","symbol":"BTCUSDT","mode":0})")),
            110025);
  ASSERT_EQ(code(post("/v5/position/switch-mode",
                      R"({"category":"linear","symbol":"BTCUSDT","mode":3})")),
            0);
  ASSERT_EQ(code(order("Buy", "Market", "1", "", R"(,"positionIdx":1)")), 0);
  ASSERT_EQ(code(order("Sell", "Market", "0.5", "", R"(,"positionIdx":2)")), 0);
  const JsonTree both = get("/v5/position/list", "category=linear&symbol=BTCUSDT");
  ASSERT_EQ(rows(both).items().size(), 2U);
  EXPECT_EQ(rows(both).items()[0].text("side"), "Buy");
  EXPECT_EQ(rows(both).items()[1].text("size"), "0.5");
  EXPECT_EQ(rows(both).items()[1].text("positionIdx"), "2");
  EXPECT_EQ(code(post("/v5/position/switch-mode",
                      R"({"category":"linear","symbol":"BTCUSDT","mode":0})")),
            110024);
  EXPECT_EQ(code(post("/v5/account/set-margin-mode", R"({"setMarginMode":"PORTFOLIO_MARGIN"})")),
            3400045);
}

TEST_F(BybitRestTest, IsolatedMarginIsMoved) {
  ASSERT_EQ(code(post("/v5/account/set-margin-mode", R"({"setMarginMode":"ISOLATED_MARGIN"})")), 0);
  EXPECT_EQ(get("/v5/account/info")["result"].text("marginMode"), "ISOLATED_MARGIN");
  const double before = wallet();
  order("Buy", "Market", "1");
  EXPECT_NEAR(wallet(), before - 84'002 * 0.0005, 1e-6);  // what the position holds is the wallet's
  const double held = number(position(), "positionBalance");
  EXPECT_LT(number(position(), "liqPrice"), 84'000);
  EXPECT_GT(number(position(), "liqPrice"), number(position(), "bustPrice"));
  const JsonTree moved =
      post("/v5/position/add-margin", R"({"category":"linear","symbol":"BTCUSDT","margin":"100"})");
  ASSERT_EQ(code(moved), 0);
  EXPECT_NEAR(number(position(), "positionBalance"), held + 100, 1e-6);
  EXPECT_EQ(position().text("tradeMode"), "1");
}

TEST_F(BybitRestTest, PagesHoldEveryRowOnce) {
  for (int n = 0; n < 7; ++n) order("Buy", "Limit", "0.01", std::to_string(80'000 - n));
  std::set<std::string> seen;
  std::string cursor;
  for (int page = 0; page < 5; ++page) {
    const JsonTree found =
        get("/v5/order/realtime", "category=linear&symbol=BTCUSDT&limit=3&cursor=" + cursor);
    for (const JsonTree& o : rows(found).items()) seen.insert(std::string(o.text("price")));
    cursor = found["result"].text("nextPageCursor");
    if (cursor.empty()) break;
  }
  EXPECT_EQ(seen.size(), 7U);
}

TEST(BybitLimitTest, AreCountedWhereTheyAreOn) {
  BybitClient client{GatewayOptions{.limits = true}};
  for (int n = 0; n < 10; ++n)
    EXPECT_EQ(client.code(client.order("Buy", "Limit", "0.01", "80000")), 0);
  EXPECT_EQ(client.code(client.order("Buy", "Limit", "0.01", "80000")), 10006);
  client.market.wait(Duration::seconds(1));
  EXPECT_EQ(client.code(client.order("Buy", "Limit", "0.01", "80000")), 0);
  EXPECT_EQ(client.gateway->counts(client.market.client).limit_hits, 1U);
}

}  // namespace
}  // namespace delever::gateways
