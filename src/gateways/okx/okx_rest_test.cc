// OKX by REST: market data, orders of every kind, algo orders, what an account is shown, refusals.
#include <gtest/gtest.h>

#include "gateways/okx/okx_testing.h"

namespace delever::gateways {
namespace {

using namespace testing;

struct OkxRestTest : ::testing::Test, OkxClient {
  JsonTree algo(std::string_view more) {
    return post("/api/v5/trade/order-algo",
                fmt::format(R"({{"instId":"BTC-USDT-SWAP","tdMode":"cross",{}}})", more));
  }
  std::string waiting(std::string_view type) {
    std::string seen;
    const JsonTree found =
        get("/api/v5/trade/orders-algo-pending", fmt::format("ordType={}", type));
    for (const JsonTree& a : found["data"].items())
      seen +=
          fmt::format("{}{}{} ", a.text("triggerPx"), a.text("tpTriggerPx"), a.text("slTriggerPx"));
    return seen;
  }
};

TEST_F(OkxRestTest, WhatIsNoLongerWantedIsRefused) {
  const std::string_view limit =
      R"({"instId":"BTC-USDT-SWAP","tdMode":"cross","side":"buy","ordType":"limit","sz":"1",)"
      R"("px":"80000","clOrdId":"late"})";
  const auto until = [this](int64_t ms) {
    return Signing{.wanted_until_ms = market.wall_now().ms() + ms};
  };
  EXPECT_EQ(row_code(post("/api/v5/trade/order", limit, until(-1))), "51149");
  EXPECT_EQ(row_code(post("/api/v5/trade/order", limit, until(1'000))), "0");
  const std::string_view amend = R"({"instId":"BTC-USDT-SWAP","clOrdId":"late","newSz":"2"})";
  EXPECT_EQ(row_code(post("/api/v5/trade/amend-order", amend, until(-1))), "51149");
  EXPECT_EQ(row_code(post("/api/v5/trade/amend-order", amend)), "0");
  const SocketId s = open("/ws/v5/private");
  sign_in(s);
  gateway->received(s, fmt::format(R"({{"id":"1","op":"amend-order","expTime":"{}","args":[{}]}})",
                                   market.wall_now().ms() - 1,
                                   R"({"instId":"BTC-USDT-SWAP","clOrdId":"late","newSz":"3"})"));
  EXPECT_NE(out.frames.back().text.find("51149"), std::string::npos) << out.frames.back().text;
}

TEST_F(OkxRestTest, CandlesOfASecondAndOfAMonth) {
  order("buy", "market", "1");
  market.tick(3);
  const JsonTree seconds = get("/api/v5/market/candles", "instId=BTC-USDT-SWAP&bar=1s");
  ASSERT_GE(count(seconds), 4u);
  EXPECT_EQ(
      *read_int(row(seconds, 0).items()[0].text()) - *read_int(row(seconds, 1).items()[0].text()),
      1'000);
  const auto day = [&](std::string_view bar) {
    const JsonTree rows =
        get("/api/v5/market/candles", fmt::format("instId=BTC-USDT-SWAP&bar={}", bar));
    return Instant::from_ms(*read_int(row(rows).items()[0].text())).value().text();
  };
  EXPECT_EQ(day("1D"), "2026-01-29T16:00:00Z");  // midnight in Hong Kong
  EXPECT_EQ(day("1Dutc"), "2026-01-30T00:00:00Z");
  const JsonTree months = get("/api/v5/market/candles", "instId=BTC-USDT-SWAP&bar=1Mutc");
  EXPECT_EQ(Instant::from_ms(*read_int(row(months).items()[0].text())).value().text(),
            "2026-01-01T00:00:00Z");
}

TEST_F(OkxRestTest, WhatTheIndexIsMadeOf) {
  const JsonTree index = get("/api/v5/market/index-components", "index=BTC-USDT");
  ASSERT_EQ(code(index), "0");
  EXPECT_EQ(index["data"].text("last"), "84000");
  ASSERT_EQ(index["data"]["components"].items().size(), 3U);
  EXPECT_EQ(index["data"]["components"].items()[0].text("symPx"), "84000");
  EXPECT_EQ(code(get("/api/v5/market/index-components", "index=NONE-USDT")), "51014");
}

TEST_F(OkxRestTest, MarketDataNeedsNoKey) {
  const Signing nobody{.none = true};
  EXPECT_EQ(code(get("/api/v5/public/time", "", nobody)), "0");
  const JsonTree swaps = get("/api/v5/public/instruments", "instType=SWAP", nobody);
  ASSERT_EQ(count(swaps), 2U);
  EXPECT_EQ(row(swaps).text("instId"), "BTC-USDT-SWAP");
  EXPECT_EQ(row(swaps).text("ctVal"), "0.01");
  EXPECT_EQ(row(swaps).text("ctValCcy"), "BTC");
  EXPECT_EQ(row(swaps).text("lotSz"), "0.1");
  EXPECT_EQ(row(swaps, 1).text("instId"), "BTC-USD-SWAP");
  EXPECT_EQ(row(swaps, 1).text("ctType"), "inverse");
  EXPECT_EQ(row(get("/api/v5/public/instruments", "instType=FUTURES", nobody)).text("instId"),
            "BTC-USDT-260327");
  const JsonTree book = get("/api/v5/market/books", "instId=BTC-USDT-SWAP&sz=5", nobody);
  EXPECT_EQ(row(book)["bids"].items().size(), 5U);
  EXPECT_EQ(row(book)["asks"].items()[0].items()[0].text(), "84002");
  EXPECT_EQ(code(get("/api/v5/market/ticker", "instId=NONE", nobody)), "51001");
  EXPECT_EQ(code(get("/api/v5/account/balance", "", nobody)), "50103");
  const JsonTree tiers =
      get("/api/v5/public/position-tiers", "instType=SWAP&tdMode=cross&uly=BTC-USDT", nobody);
  ASSERT_GT(count(tiers), 1U);
  EXPECT_EQ(row(tiers).text("tier"), "1");
  EXPECT_EQ(row(tiers).text("maxSz"), row(tiers, 1).text("minSz"));
}

TEST_F(OkxRestTest, WhoDidNotSignIsRefusedAndChangesNothing) {
  const std::string body =
      R"({"instId":"BTC-USDT-SWAP","tdMode":"cross","side":"buy","ordType":"market","sz":"10"})";
  const auto refused = [&](const Signing& how) {
    return code(post("/api/v5/trade/order", body, how));
  };
  EXPECT_EQ(refused({.secret = "T"}), "50113");
  EXPECT_EQ(refused({.passphrase = "Q"}), "50105");
  EXPECT_EQ(refused({.key = "L"}), "50111");
  EXPECT_EQ(refused({.late_ms = 30'001}), "50102");
  EXPECT_EQ(refused({.late_ms = -30'001}), "50102");
  EXPECT_EQ(count(get("/api/v5/account/positions")), 0U);
  EXPECT_EQ(refused({.late_ms = 29'000}), "0");
  EXPECT_EQ(position().text("pos"), "10");
}

TEST_F(OkxRestTest, ALimitOrderLivesAndIsAmendedAndCancelled) {
  const JsonTree placed =
      order("buy", "post_only", "50", "80000", R"(,"clOrdId":"mine1","tag":"bot")");
  ASSERT_EQ(code(placed), "0");
  EXPECT_EQ(row(placed).text("sCode"), "0");
  EXPECT_EQ(row(placed).text("clOrdId"), "mine1");
  JsonTree o = shown(placed);
  EXPECT_EQ(o.text("state"), "live");
  EXPECT_EQ(o.text("ordType"), "post_only");
  EXPECT_EQ(o.text("tag"), "bot");
  EXPECT_EQ(row_code(order("buy", "limit", "1", "80000", R"(,"clOrdId":"mine1")")), "51016");
  EXPECT_EQ(
      code(post("/api/v5/trade/amend-order",
                R"({"instId":"BTC-USDT-SWAP","clOrdId":"mine1","newPx":"79000","newSz":"40"})")),
      "0");
  o = shown(placed);
  EXPECT_EQ(o.text("px"), "79000");
  EXPECT_EQ(o.text("sz"), "40");
  EXPECT_EQ(count(get("/api/v5/trade/orders-pending", "instId=BTC-USDT-SWAP")), 1U);
  const std::string by_id =
      fmt::format(R"({{"instId":"BTC-USDT-SWAP","ordId":"{}"}})", row(placed).text("ordId"));
  EXPECT_EQ(code(post("/api/v5/trade/cancel-order", by_id)), "0");
  const JsonTree again = post("/api/v5/trade/cancel-order", by_id);
  EXPECT_EQ(code(again), "1");
  EXPECT_EQ(row_code(again), "51400");
  EXPECT_EQ(shown(placed).text("state"), "canceled");
  EXPECT_EQ(count(get("/api/v5/trade/orders-history", "instType=SWAP")), 1U);
}

TEST_F(OkxRestTest, AMarketOrderFillsAndTheBooksAgree) {
  const double before = cash();
  const JsonTree placed = order("buy", "market", "200");
  ASSERT_EQ(row_code(placed), "0");
  const JsonTree o = shown(placed);
  EXPECT_EQ(o.text("state"), "filled");
  EXPECT_EQ(o.text("accFillSz"), "200");
  EXPECT_EQ(o.text("avgPx"), "84002");
  double size = 0, fees = 0;
  const JsonTree fills = get("/api/v5/trade/fills-history", "instType=SWAP");
  for (const JsonTree& f : fills["data"].items()) {
    size += number(f, "fillSz");
    fees += number(f, "fee");
    EXPECT_EQ(f.text("execType"), "T");
  }
  EXPECT_EQ(size, 200);
  EXPECT_NEAR(fees, -2 * 84'002 * 0.0005, 1e-6);
  EXPECT_NEAR(cash() - before, fees, 1e-6);
  EXPECT_NEAR(number(o, "fee"), fees, 1e-6);
  const JsonTree p = position();
  EXPECT_EQ(p.text("pos"), "200");
  EXPECT_EQ(p.text("posSide"), "net");
  EXPECT_EQ(p.text("avgPx"), "84002");
  EXPECT_NEAR(number(p, "upl"), 2 * (84'000 - 84'002), 1e-6);
  EXPECT_NEAR(number(p, "notionalUsd"), 168'000, 1e-6);
  const JsonTree bills = get("/api/v5/account/bills", "type=2&ccy=USDT");
  double change = 0;
  for (const JsonTree& b : bills["data"].items()) change += number(b, "balChg");
  EXPECT_NEAR(change, fees, 1e-6);
  const JsonTree fee = get("/api/v5/account/trade-fee", "instType=SWAP&instFamily=BTC-USDT");
  EXPECT_EQ(row(fee).text("takerU"), "-0.0005");
  ASSERT_EQ(
      code(post("/api/v5/trade/close-position", R"({"instId":"BTC-USDT-SWAP","mgnMode":"cross"})")),
      "0");
  EXPECT_EQ(count(get("/api/v5/account/positions")), 0U);
  const JsonTree closed = get("/api/v5/account/positions-history");
  ASSERT_EQ(count(closed), 1U);
  EXPECT_NEAR(number(row(closed), "realizedPnl"), cash() - before, 1e-6);
}

TEST_F(OkxRestTest, ATakeoverIsAmongTheOrders) {
  market.must(Deposit{kFund, fixture::kUsdt, fixture::coins(1e6)});
  ASSERT_EQ(code(post("/api/v5/account/set-leverage",
                      R"({"instId":"BTC-USDT-SWAP","lever":"50","mgnMode":"isolated"})")),
            "0");
  ASSERT_EQ(row_code(post("/api/v5/trade/order", R"({"instId":"BTC-USDT-SWAP","tdMode":"isolated",)"
                                                 R"("side":"buy","ordType":"market","sz":"10"})")),
            "0");
  market.move(81'000);
  market.quote();
  market.tick();
  EXPECT_EQ(count(get("/api/v5/account/positions")), 0U);
  const JsonTree orders = get("/api/v5/trade/orders-history", "instType=SWAP");
  ASSERT_EQ(count(orders), 2U);
  const JsonTree& taken = row(orders);
  EXPECT_EQ(taken.text("category"), "full_liquidation");
  EXPECT_EQ(taken.text("state"), "filled");
  EXPECT_EQ(taken.text("accFillSz"), "10");
  EXPECT_EQ(taken.text("side"), "sell");
  const JsonTree fill =
      get("/api/v5/trade/fills", "ordId=" + std::string(taken.text("ordId")) + "&instType=SWAP");
  ASSERT_EQ(count(fill), 1U);
  EXPECT_EQ(row(fill).text("fillPx"), taken.text("avgPx"));
  EXPECT_EQ(row(fill).text("subType"), "104");
}

TEST_F(OkxRestTest, OrdersThatCannotStandAreTakenAndCancelled) {
  const JsonTree post_only = order("buy", "post_only", "10", "84010");
  ASSERT_EQ(row_code(post_only), "0");
  EXPECT_EQ(shown(post_only).text("state"), "canceled");
  EXPECT_EQ(shown(post_only).text("cancelSource"), "31");
  const JsonTree now = order("buy", "ioc", "10", "80000");
  EXPECT_EQ(shown(now).text("state"), "canceled");
  EXPECT_EQ(count(get("/api/v5/account/positions")), 0U);
}

TEST_F(OkxRestTest, RefusalsCarryTheVenuesCodes) {
  const JsonTree poor = order("buy", "limit", "90000", "84000");
  EXPECT_EQ(code(poor), "1");
  EXPECT_EQ(row_code(poor), "51008");
  EXPECT_EQ(row_code(order("sell", "market", "1", "", R"(,"reduceOnly":true)")), "51169");
  EXPECT_EQ(row_code(order("buy", "limit", "1.55", "80000")), "51121");
  EXPECT_EQ(row_code(order("buy", "limit", "0.05", "80000")), "51020");
  EXPECT_EQ(row_code(order("buy", "limit", "1", "80000.5")), "51006");
  EXPECT_EQ(row_code(order("buy", "limit", "1")), "51000");
  EXPECT_EQ(row_code(order("up", "limit", "1", "80000")), "51000");
  EXPECT_EQ(row_code(order("buy", "limit", "1", "80000", R"(,"posSide":"long")")), "51000");
  EXPECT_EQ(row_code(order("buy", "limit", "1", "80000", R"(,"clOrdId":"no-dashes")")), "51000");
  EXPECT_EQ(code(post("/api/v5/trade/order", "{")), "50002");
  EXPECT_EQ(code(post("/api/v5/trade/order", "")), "50000");
  EXPECT_EQ(code(get("/api/v5/trade/order", "instId=BTC-USDT-SWAP&ordId=999999999999")), "51603");
  EXPECT_EQ(code(get("/api/v5/nothing")), "404");
  EXPECT_GE(gateway->counts(market.client).refused.size(), 5U);
}

TEST_F(OkxRestTest, BatchesAnswerRowByRow) {
  const JsonTree made =
      post("/api/v5/trade/batch-orders",
           R"([{"instId":"BTC-USDT-SWAP","tdMode":"cross","side":"buy","ordType":"limit",)"
           R"("sz":"1","px":"80000","clOrdId":"a"},)"
           R"({"instId":"BTC-USDT-SWAP","tdMode":"cross","side":"buy","ordType":"limit","sz":"0",)"
           R"("px":"80000"},)"
           R"({"instIdCode":10000,"tdMode":"cross","side":"buy","ordType":"limit","sz":"1",)"
           R"("px":"79000","clOrdId":"b"}])");
  EXPECT_EQ(code(made), "2");
  EXPECT_EQ(row(made, 0).text("sCode"), "0");
  EXPECT_EQ(row(made, 1).text("sCode"), "51000");
  EXPECT_EQ(row(made, 2).text("sCode"), "0");
  const JsonTree gone = post(
      "/api/v5/trade/cancel-batch-orders",
      R"([{"instId":"BTC-USDT-SWAP","clOrdId":"a"},{"instId":"BTC-USDT-SWAP","clOrdId":"b"}])");
  EXPECT_EQ(code(gone), "0");
  EXPECT_EQ(count(get("/api/v5/trade/orders-pending")), 0U);
}

TEST_F(OkxRestTest, TriggerOrdersWaitFireAndAreCancelled) {
  order("buy", "market", "100");
  const JsonTree stop =
      algo(R"("side":"sell","ordType":"trigger","sz":"50","triggerPx":"83000","orderPx":"-1",)"
           R"("triggerPxType":"mark","reduceOnly":true,"clOrdId":"c1")");
  ASSERT_EQ(row_code(stop), "0");
  EXPECT_EQ(waiting("trigger"), "83000 ");
  EXPECT_EQ(count(get("/api/v5/trade/orders-pending")), 0U);  // not an order yet
  const std::string algo_id(row(stop).text("algoId"));
  market.move(82'000);
  market.tick();
  EXPECT_EQ(waiting("trigger"), "");
  EXPECT_EQ(position().text("pos"), "50");
  const JsonTree past = get("/api/v5/trade/order-algo", "algoId=" + algo_id);
  EXPECT_EQ(row(past).text("state"), "effective");
  EXPECT_EQ(row(past).text("actualSz"), "50");
  const JsonTree rise =
      algo(R"("side":"sell","ordType":"trigger","sz":"50","triggerPx":"86000","orderPx":"86000",)"
           R"("reduceOnly":true)");
  EXPECT_EQ(waiting("trigger"), "86000 ");
  EXPECT_EQ(code(post("/api/v5/trade/cancel-algos",
                      fmt::format(R"([{{"algoId":"{}","instId":"BTC-USDT-SWAP"}}])",
                                  row(rise).text("algoId")))),
            "0");
  EXPECT_EQ(waiting("trigger"), "");
  EXPECT_EQ(
      row_code(post("/api/v5/trade/cancel-algos", R"([{"algoId":"77","instId":"BTC-USDT-SWAP"}])")),
      "51400");
}

TEST_F(OkxRestTest, AFigureThatIsNoneChangesNoAlgoOrder) {
  order("buy", "market", "100");
  const JsonTree made =
      algo(R"("side":"sell","ordType":"trigger","sz":"50","triggerPx":"86000","orderPx":"86000",)"
           R"("reduceOnly":true)");
  const auto amended = [&](std::string_view more) {
    return row_code(post("/api/v5/trade/amend-algos",
                         fmt::format(R"({{"instId":"BTC-USDT-SWAP","algoId":"{}",{}}})",
                                     row(made).text("algoId"), more)));
  };
  EXPECT_EQ(amended(R"("newTriggerPx":"much")"), "51000");
  EXPECT_EQ(amended(R"("newTriggerPx":"87000","newOrdPx":"much")"), "51000");
  EXPECT_EQ(waiting("trigger"), "86000 ");
  EXPECT_EQ(amended(R"("newTriggerPx":"87000","newOrdPx":"86900")"), "0");
  EXPECT_EQ(waiting("trigger"), "87000 ");
}

TEST_F(OkxRestTest, OneOfTwoEndsTheOther) {
  order("buy", "market", "100");
  ASSERT_EQ(row_code(algo(R"("side":"sell","ordType":"oco","sz":"100","reduceOnly":true,)"
                          R"("tpTriggerPx":"85000","tpOrdPx":"-1","tpTriggerPxType":"mark",)"
                          R"("slTriggerPx":"83000","slOrdPx":"-1","slTriggerPxType":"mark")")),
            "0");
  EXPECT_EQ(waiting("oco"), "8500083000 ");
  market.move(85'500);
  market.quote();
  market.tick();
  gateway->tick();
  EXPECT_EQ(count(get("/api/v5/account/positions")), 0U);
  EXPECT_EQ(waiting("oco"), "");
  EXPECT_TRUE(market.desk->live(market.client).empty());
}

TEST_F(OkxRestTest, ProtectionComesWithTheOrder) {
  const JsonTree entry = order("buy", "limit", "10", "84000",
                               R"(,"attachAlgoOrds":[{"slTriggerPx":"83000","slOrdPx":"-1"}])");
  ASSERT_EQ(row_code(entry), "0");
  EXPECT_EQ(waiting("conditional"), "");  // nothing to protect yet
  SubmitOrder hit;
  hit.account = market.other;
  hit.instrument = fixture::kPerp;
  hit.side = Side::sell;
  hit.price = fixture::price(84'000);
  hit.qty = fixture::qty(10);
  market.must(hit);
  gateway->tick();
  EXPECT_EQ(shown(entry).text("state"), "filled");
  EXPECT_EQ(waiting("conditional"), "83000 ");
}

TEST_F(OkxRestTest, LeverageAndModes) {
  const auto leverage = [this](std::string_view x) {
    return code(
        post("/api/v5/account/set-leverage",
             fmt::format(R"({{"instId":"BTC-USDT-SWAP","lever":"{}","mgnMode":"cross"}})", x)));
  };
  EXPECT_EQ(leverage("25"), "0");
  EXPECT_EQ(leverage("25"), "0");  // again, as on the venue
  EXPECT_EQ(leverage("1000"), "59102");
  EXPECT_EQ(
      row(get("/api/v5/account/leverage-info", "instId=BTC-USDT-SWAP&mgnMode=cross")).text("lever"),
      "25");
  EXPECT_EQ(row(get("/api/v5/account/config")).text("posMode"), "net_mode");
  EXPECT_EQ(code(post("/api/v5/account/set-position-mode", R"({"posMode":"long_short_mode"})")),
            "0");
  EXPECT_EQ(row_code(order("buy", "market", "10")), "51000");  // posSide is missing
  EXPECT_EQ(row_code(order("buy", "market", "10", "", R"(,"posSide":"long")")), "0");
  EXPECT_EQ(row_code(order("sell", "market", "5", "", R"(,"posSide":"short")")), "0");
  const JsonTree both = get("/api/v5/account/positions");
  ASSERT_EQ(count(both), 2U);
  EXPECT_EQ(row(both, 1).text("posSide"), "short");
  EXPECT_EQ(row(both, 1).text("pos"), "5");
  EXPECT_EQ(code(post("/api/v5/account/set-position-mode", R"({"posMode":"net_mode"})")), "59000");
}

TEST_F(OkxRestTest, IsolatedMarginIsMoved) {
  ASSERT_EQ(row_code(post(
                "/api/v5/trade/order",
                R"({"instId":"BTC-USDT-SWAP","tdMode":"isolated","side":"buy","ordType":"market",)"
                R"("sz":"100"})")),
            "0");
  EXPECT_EQ(position().text("mgnMode"), "isolated");
  const double held = number(position(), "margin");
  EXPECT_EQ(code(post("/api/v5/account/position/margin-balance",
                      R"({"instId":"BTC-USDT-SWAP","posSide":"net","type":"add","amt":"100"})")),
            "0");
  EXPECT_NEAR(number(position(), "margin"), held + 100, 1e-6);
  EXPECT_EQ(row_code(order("buy", "market", "1")), "51000");  // cross beside it is not to be had
}

TEST_F(OkxRestTest, TheDeadMansSwitchCancels) {
  order("buy", "limit", "1", "80000");
  EXPECT_EQ(code(post("/api/v5/trade/cancel-all-after", R"({"timeOut":"5"})")), "51000");
  EXPECT_EQ(code(post("/api/v5/trade/cancel-all-after", R"({"timeOut":"10"})")), "0");
  pass(Duration::seconds(9));
  EXPECT_EQ(count(get("/api/v5/trade/orders-pending")), 1U);
  pass(Duration::seconds(2));
  EXPECT_EQ(count(get("/api/v5/trade/orders-pending")), 0U);
}

TEST(OkxLimitTest, AreCountedWhereTheyAreOn) {
  OkxClient client{GatewayOptions{.limits = true}};
  for (int n = 0; n < 60; ++n)
    EXPECT_EQ(client.code(client.order("buy", "limit", "1", "80000")), "0");
  EXPECT_EQ(client.code(client.order("buy", "limit", "1", "80000")), "50011");
  client.market.wait(Duration::seconds(2));
  EXPECT_EQ(client.code(client.order("buy", "limit", "1", "80000")), "0");
  EXPECT_EQ(client.gateway->counts(client.market.client).limit_hits, 1U);
}

// Open interest, ratios and takers' volume as they were.
TEST(OkxPast, StatisticsAreOfTheMarket) {
  OkxClient c;
  c.order("buy", "market", "10");
  for (int k = 0; k < 13; ++k) c.market.tick(300);
  const std::string at = "instId=BTC-USDT-SWAP&period=5m";
  const JsonTree open = c.get("/api/v5/rubik/stat/contracts/open-interest-history", at);
  ASSERT_GE(OkxClient::count(open), 12u);
  EXPECT_EQ(OkxClient::row(open).items().at(1).text(), "10");
  EXPECT_EQ(OkxClient::row(open).items().at(2).text(), "0.1");
  EXPECT_EQ(OkxClient::row(open).items().at(3).text(), "8400");
  const JsonTree hours =
      c.get("/api/v5/rubik/stat/contracts/open-interest-history", "instId=BTC-USDT-SWAP&period=1H");
  EXPECT_EQ(OkxClient::count(hours), 1u);
  // One is long, the maker short.
  const JsonTree ratio =
      c.get("/api/v5/rubik/stat/contracts/long-short-account-ratio-contract", at);
  EXPECT_EQ(OkxClient::row(ratio).items().at(1).text(), "1");
  const JsonTree takers =
      c.get("/api/v5/rubik/stat/taker-volume-contract", "instId=BTC-USDT-SWAP&period=1H&unit=2");
  EXPECT_EQ(OkxClient::row(takers).items().at(1).text(), "0");
  const JsonTree coin = c.get("/api/v5/rubik/stat/contracts/open-interest-volume", "ccy=BTC");
  EXPECT_EQ(OkxClient::row(coin).items().at(1).text(), "8400");
  EXPECT_EQ(OkxClient::code(c.get("/api/v5/rubik/stat/contracts/open-interest-history",
                                  "instId=BTC-USDT-SWAP&period=7m")),
            "51000");
}

TEST(OkxPast, PremiumsAndTheVolumeOfAll) {
  OkxClient c;
  c.order("buy", "market", "10");
  for (int k = 0; k < 3; ++k) c.market.tick(300);
  const JsonTree premiums = c.get("/api/v5/public/premium-history", "instId=BTC-USDT-SWAP");
  ASSERT_GE(OkxClient::count(premiums), 2u);
  EXPECT_EQ(OkxClient::row(premiums).text("premium"), "0");  // the mark is the index here
  EXPECT_EQ(OkxClient::row(c.get("/api/v5/market/platform-24-volume")).text("volUsd"), "8400.2");
  EXPECT_EQ(OkxClient::code(c.get("/api/v5/public/instrument-tick-bands", "instType=OPTION")), "0");
}

TEST(OkxPast, ContractsAndCoinsAreConverted) {
  OkxClient c;
  const auto size = [&](std::string_view more) {
    return std::string(OkxClient::row(c.get("/api/v5/public/convert-contract-coin",
                                            fmt::format("instId=BTC-USDT-SWAP&{}", more)))
                           .text("sz"));
  };
  EXPECT_EQ(size("sz=0.015&px=84000"), "1.5");
  EXPECT_EQ(size("type=2&sz=3&px=84000"), "0.03");
}

TEST(OkxAccountLevel, WhatIsOfOtherLevelsIsRefused) {
  OkxClient c;
  EXPECT_EQ(OkxClient::code(c.get("/api/v5/account/risk-state")), "51010");
  EXPECT_EQ(OkxClient::code(c.post("/api/v5/trade/order-precheck", "{}")), "51010");
  EXPECT_EQ(OkxClient::code(c.post("/api/v5/account/set-riskOffset-type", "{}")), "51010");
  EXPECT_EQ(OkxClient::code(c.get("/api/v5/account/quick-margin-borrow-repay-history")), "0");
  EXPECT_EQ(OkxClient::code(c.post("/api/v5/account/set-account-level", R"({"acctLv":"2"})")), "0");
  EXPECT_EQ(OkxClient::code(c.post("/api/v5/account/set-account-level", R"({"acctLv":"4"})")),
            "51070");
}

TEST(OkxTrailing, AnAlgoOrderMayFollowTheMarket) {
  OkxClient c;
  c.order("buy", "market", "10");
  const auto place = [&](std::string_view more) {
    return c.post("/api/v5/trade/order-algo",
                  fmt::format(R"({{"instId":"BTC-USDT-SWAP","tdMode":"cross","side":"sell",)"
                              R"("ordType":"move_order_stop","sz":"10","reduceOnly":true{}}})",
                              more));
  };
  const JsonTree made = place(R"(,"callbackRatio":"0.01")");
  EXPECT_EQ(OkxClient::row_code(made), "0");
  const JsonTree rows = c.get("/api/v5/trade/orders-algo-pending", "ordType=move_order_stop");
  EXPECT_EQ(OkxClient::row(rows).text("callbackRatio"), "0.01");
  EXPECT_FALSE(OkxClient::row(rows).text("moveTriggerPx").empty());
  EXPECT_EQ(OkxClient::row_code(place("")), "51000");
  EXPECT_EQ(OkxClient::row_code(place(R"(,"callbackRatio":"0.00001")")), "51000");
}

}  // namespace
}  // namespace delever::gateways
