#include <gtest/gtest.h>

#include "base/file.h"
#include "base/source_root.h"
#include "gateways/hyperliquid/hyperliquid_testing.h"
#include "gateways/hyperliquid/signing.h"

namespace delever::gateways {
namespace {

using testing::has;
using testing::HyperliquidClient;
using testing::kWallet;

std::string of_user(std::string_view type, std::string_view more = "") {
  return fmt::format(R"({{"type":"{}","user":"{}"{}}})", type, kWallet, more);
}

// The body that a client sends for a row of the vectors.
std::string body_of(hyperliquid::Json row) {
  std::string extra, action;
  std::string_view text;
  int64_t number = 0, nonce = 0;
  if (row["vault"].get(text) == simdjson::SUCCESS)
    extra += fmt::format(R"(,"vaultAddress":"{}")", text);
  if (row["expires"].get(number) == simdjson::SUCCESS)
    extra += fmt::format(R"(,"expiresAfter":{})", number);
  hyperliquid::Json part, signature;
  if (row["action"].get(part) == simdjson::SUCCESS) {
    action = simdjson::minify(part);
    nonce = row["nonce"].get_int64().value();
  } else {  // signed by its fields
    const hyperliquid::Json message = row["message"].value();
    action =
        fmt::format(R"({{"type":"{}","signatureChainId":"{}",{})", row["name"].get_string().value(),
                    row["signatureChainId"].get_string().value(),
                    std::string(simdjson::minify(message)).substr(1));
    if (message["nonce"].get(nonce) != simdjson::SUCCESS)
      nonce = message["time"].get_int64().value();
  }
  CHECK(row["signature"].get(signature) == simdjson::SUCCESS);
  return fmt::format(R"({{"action":{},"nonce":{},"signature":{}{}}})", action, nonce,
                     std::string(simdjson::minify(signature)), extra);
}

TEST(HyperliquidSigning, VectorsOfAnotherImplementation) {
  const std::string path =
      std::string(source_root()) + "/../shared/protocols/hyperliquid_signing_vectors.json";
  const auto text = read_file(path);
  if (!text.has_value()) GTEST_SKIP() << "absent: " << path;
  simdjson::dom::parser parser, inner;
  hyperliquid::Json root, parsed;
  ASSERT_EQ(parser.parse(text.value()).get(root), simdjson::SUCCESS);
  size_t checked = 0;
  for (const char* list : {"l1", "user_signed", "negatives"}) {
    simdjson::dom::array rows;
    ASSERT_EQ(root[list].get(rows), simdjson::SUCCESS);
    for (const hyperliquid::Json row : rows) {
      const std::string body = body_of(row);
      ASSERT_EQ(inner.parse(body).get(parsed), simdjson::SUCCESS);
      const auto request = hyperliquid::read_signed(parsed);
      ASSERT_TRUE(request.has_value());
      const auto signers = hyperliquid::signers_of(request.value());
      ASSERT_TRUE(signers.has_value());
      bool testnet = false;
      if (row["testnet"].get(testnet) != simdjson::SUCCESS) testnet = false;
      EXPECT_EQ(testnet ? signers.value().test : signers.value().main,
                row["recovered"].get_string().value())
          << body;
      ++checked;
    }
  }
  EXPECT_GE(checked, 12u);
}

TEST(HyperliquidOrders, RestsIsSeenAndLeaves) {
  HyperliquidClient c;
  const std::string id = "0x0123456789abcdef0123456789abcdef";
  const std::string placed = c.order(c.limit(true, "83000", "0.01", "Alo", false, id));
  const uint64_t oid = c.number(placed, "oid");
  EXPECT_EQ(placed,
            fmt::format(R"({{"status":"ok","response":{{"type":"order","data":{{"statuses":)"
                        R"([{{"resting":{{"oid":{},"cloid":"{}"}}}}]}}}}}})",
                        oid, id));
  EXPECT_TRUE(has(c.info(of_user("openOrders")),
                  R"("limitPx":"83000.0","sz":"0.01","oid":)" + std::to_string(oid)));
  const std::string full = c.info(of_user("frontendOpenOrders"));
  EXPECT_TRUE(has(full, R"("orderType":"Limit")"));
  EXPECT_TRUE(has(full, R"("tif":"Alo")"));
  for (const std::string& by : {std::to_string(oid), '"' + id + '"'}) {
    const std::string status = c.info(of_user("orderStatus", ",\"oid\":" + by));
    EXPECT_TRUE(has(status, R"({"status":"order","order":{"order":{"coin":"BTC","side":"B")"));
    EXPECT_TRUE(has(status, R"("status":"open")"));
  }
  EXPECT_TRUE(has(c.info(of_user("orderStatus", ",\"oid\":999")), "unknownOid"));
  const std::string cancel =
      fmt::format(R"({{"type":"cancel","cancels":[{{"a":0,"o":{}}}]}})", oid);
  EXPECT_EQ(c.act(cancel), R"({"status":"ok","response":{"type":"cancel","data":{"statuses":)"
                           R"(["success"]}}})");
  EXPECT_TRUE(has(c.act(cancel), "Order was never placed, already canceled, or filled. asset=0"));
  EXPECT_EQ(c.info(of_user("openOrders")), "[]");
  EXPECT_TRUE(has(c.info(of_user("historicalOrders")), R"("status":"canceled")"));
}

TEST(HyperliquidOrders, FillsMovePositionAndMoney) {
  HyperliquidClient c;
  const std::string bought = c.order(c.limit(true, "88000", "0.02", "Ioc"));
  EXPECT_TRUE(has(bought, R"({"filled":{"totalSz":"0.02","avgPx":"84002.0","oid":)")) << bought;
  const std::string state = c.info(of_user("clearinghouseState"));
  EXPECT_TRUE(has(state, R"("coin":"BTC","szi":"0.02","leverage":{"type":"cross","value":)"));
  EXPECT_TRUE(has(state, R"("entryPx":"84002.0")")) << state;
  const std::string fills = c.info(of_user("userFills"));
  EXPECT_TRUE(has(fills, R"("dir":"Open Long")"));
  EXPECT_TRUE(has(fills, R"("startPosition":"0.0")"));
  EXPECT_TRUE(has(fills, R"("crossed":true)"));
  EXPECT_TRUE(has(fills, R"("feeToken":"USDC")"));
  EXPECT_TRUE(has(c.order(c.limit(false, "80000", "0.03", "Ioc")), R"("totalSz":"0.03")"));
  EXPECT_TRUE(has(c.info(of_user("userFills")), R"("dir":"Long > Short")"));
  EXPECT_TRUE(has(c.info(of_user("clearinghouseState")), R"("szi":"-0.01")"));
  EXPECT_TRUE(has(c.info(of_user("userFillsByTime", ",\"startTime\":0")), R"("oid":)"));
  const std::string fees = c.info(of_user("userFees"));
  EXPECT_TRUE(has(fees, R"("userCrossRate":"0.0005")")) << fees;
}

TEST(HyperliquidOrders, EveryRefusalInTheVenuesWords) {
  HyperliquidClient c;
  const auto refused = [&](const std::string& order, std::string_view text) {
    const uint64_t before = c.market.exchange().hash();
    const std::string answer = c.order(order);
    EXPECT_TRUE(has(answer, fmt::format(R"("statuses":[{{"error":"{}"}}])", text))) << answer;
    EXPECT_EQ(c.market.exchange().hash(), before) << text;
  };
  refused(c.limit(true, "84500", "0.01", "Alo"),
          "Post only order would have immediately matched, bbo was 83998@84002. asset=0");
  refused(c.limit(true, "83000", "0.01", "Ioc"),
          "Order could not immediately match against any resting orders. asset=0");
  refused(c.limit(true, "83000", "1000", "Gtc"), "Insufficient margin to place order. asset=0");
  refused(c.limit(true, "83000", "0.01", "Gtc", true),
          "Reduce only order would increase position. asset=0");
  refused(c.limit(true, "83000.5", "0.01", "Gtc"), "Price must be divisible by tick size. asset=0");
  refused(c.limit(true, "83000", "0.00001", "Gtc"), "Order has invalid size. asset=0");
  refused(c.limit(true, "83000", "0", "Gtc"), "Order has zero size. asset=0");
  refused(c.limit(true, "2000", "0.001", "Gtc"), "Order must have minimum value of $10. asset=0");
  refused(c.limit(true, "2000", "0.01", "Gtc"),
          "Order price cannot be more than 80% away from the reference price. asset=0");
  c.order(c.limit(true, "88000", "0.02", "Ioc"));
  refused(c.trigger(false, "85000", "0.01", "sl"), "Invalid TP/SL price. asset=0");
  refused(c.trigger(false, "80000", "0.01", "tp"), "Invalid TP/SL price. asset=0");
  EXPECT_EQ(c.ask("/exchange", R"({"action":{"type":"order"},"nonce":1})").status, 422);
  EXPECT_EQ(c.ask("/info", R"({"type":"nonsense"})").status, 422);
  EXPECT_EQ(c.ask("/info", "{").status, 400);
  EXPECT_EQ(c.ask("/nowhere", "{}").status, 404);
  EXPECT_EQ(c.gateway->counts(c.market.client).refused.size(), 10u);
}

TEST(HyperliquidSigning, WrongKeysAndUsedNoncesChangeNothing) {
  HyperliquidClient c;
  const std::string action = fmt::format(R"({{"type":"order","orders":[{}],"grouping":"na"}})",
                                         c.limit(true, "83000", "0.01", "Gtc"));
  const uint64_t before = c.market.exchange().hash();
  const auto post = [&](const std::string& body) { return c.ask("/exchange", body).body; };
  const std::string stranger = std::string(32, '\x11');
  const std::string now = post(c.sign_l1(action, c.nonce, stranger));
  EXPECT_EQ(now, fmt::format(R"({{"status":"err","response":"User or API Wallet {} does not )"
                             R"(exist."}})",
                             auth::address_of(stranger)));
  EXPECT_TRUE(has(post(c.sign_l1(action, 1'700'000'000'000, testing::wallet_key())),
                  R"("status":"err","response":"Invalid nonce)"));
  EXPECT_TRUE(
      has(post(c.sign_l1(action, c.nonce + 90'000'000, testing::wallet_key())), "Invalid nonce"));
  EXPECT_EQ(c.market.exchange().hash(), before);
  const std::string good = c.sign_l1(action, c.nonce, testing::wallet_key());
  EXPECT_TRUE(has(post(good), "resting"));
  const uint64_t placed = c.market.exchange().hash();
  EXPECT_TRUE(has(post(good), "duplicate nonce"));
  EXPECT_EQ(c.market.exchange().hash(), placed);
  EXPECT_TRUE(has(post(c.sign_l1(action, c.nonce + 1, testing::wallet_key(), true)), "resting"))
      << "clients that take the host for the test network sign with its source";
}

TEST(HyperliquidSigning, SignaturesWithoutLeadingZeros) {
  HyperliquidClient c;
  const std::string key = testing::wallet_key();
  size_t shortened = 0;
  for (int i = 0; i < 400 && shortened < 2; ++i) {
    const std::string action = R"({"type":"noop"})";
    const std::string digest =
        auth::l1_digest({.action = auth::msgpack_of_json(action).value(), .nonce = ++c.nonce});
    auth::Signature signature = auth::sign(digest, key).value();
    if (signature.r[2] != '0' && signature.s[2] != '0') continue;
    for (std::string* part : {&signature.r, &signature.s})
      *part = "0x" + part->substr(part->find_first_not_of('0', 2));
    ++shortened;
    EXPECT_TRUE(has(c.ask("/exchange", c.body_of(action, c.nonce, signature)).body, "\"ok\""));
  }
  EXPECT_EQ(shortened, 2u);
}

TEST(HyperliquidOrders, ModifyGivesANewNumber) {
  HyperliquidClient c;
  const uint64_t first = c.number(c.order(c.limit(true, "83000", "0.01", "Gtc")), "oid");
  const std::string batch =
      c.act(fmt::format(R"({{"type":"batchModify","modifies":[{{"oid":{},"order":{}}}]}})", first,
                        c.limit(true, "82000", "0.02", "Alo")));
  const uint64_t second = c.number(batch, "oid");
  EXPECT_GT(second, first);
  EXPECT_TRUE(has(c.info(of_user("openOrders")), R"("limitPx":"82000.0","sz":"0.02")"));
  const std::string gone = fmt::format(R"({{"type":"modify","oid":{},"order":{}}})", first,
                                       c.limit(true, "82000", "0.02", "Alo"));
  EXPECT_TRUE(has(c.act(gone), "Cannot modify canceled or filled order"));
  const std::string crossing = fmt::format(R"({{"type":"modify","oid":{},"order":{}}})", second,
                                           c.limit(true, "85000", "0.02", "Alo"));
  EXPECT_TRUE(has(c.act(crossing), "Post only order would have immediately matched"));
  EXPECT_TRUE(has(c.info(of_user("openOrders")), "82000")) << "the refused change took nothing";
}

TEST(HyperliquidOrders, ScheduledCancelComesWithTheWallClock) {
  HyperliquidClient c;
  c.order(c.limit(true, "83000", "0.01", "Gtc"));
  EXPECT_TRUE(has(c.act(R"({"type":"scheduleCancel","time":1})"), "at least 5 seconds"));
  const int64_t due = c.market.wall_now().ms() + 6'000;
  EXPECT_TRUE(has(c.act(fmt::format(R"({{"type":"scheduleCancel","time":{}}})", due)), "ok"));
  c.pass(5);
  EXPECT_NE(c.info(of_user("openOrders")), "[]");
  c.pass(2);
  EXPECT_EQ(c.info(of_user("openOrders")), "[]");
}

TEST(HyperliquidOrders, ChildrenWaitForTheirParentAndEndTogether) {
  HyperliquidClient c;
  const std::string placed = c.order(c.limit(true, "88000", "0.02", "Ioc") + "," +
                                         c.trigger(false, "90000", "0.02", "tp") + "," +
                                         c.trigger(false, "80000", "0.02", "sl"),
                                     "normalTpsl");
  EXPECT_TRUE(has(placed, "filled")) << placed;
  const std::string open = c.info(of_user("frontendOpenOrders"));
  EXPECT_TRUE(has(open, R"("orderType":"Take Profit Market")")) << open;
  EXPECT_TRUE(has(open, R"("orderType":"Stop Market")"));
  EXPECT_TRUE(has(open, R"("triggerCondition":"Price below 80000")"));
  c.market.move(91'000);
  c.market.quote();
  c.pass(2);
  EXPECT_EQ(c.info(of_user("frontendOpenOrders")), "[]");
  EXPECT_TRUE(has(c.info(of_user("clearinghouseState")), R"("assetPositions":[])"));
}

// Whoever takes back a parent that was filled in part takes its children with it: what he holds has
// no stops then. The rest of an IOC is not his to take back.
TEST(HyperliquidOrders, ChildrenGoWithAParentThatIsTakenBack) {
  for (const bool taken_back : {true, false}) {
    HyperliquidClient c;
    c.market.must(CancelAll{c.market.maker, {}});
    SubmitOrder sell;
    sell.account = c.market.other;
    sell.instrument = exchange::fixture::kPerp;
    sell.side = Side::sell;
    sell.qty = exchange::fixture::qty(0.01);
    if (taken_back)
      sell.type = OrderType::market;
    else
      sell.price = exchange::fixture::price(83'000);
    if (!taken_back) c.market.must(sell);
    const std::string placed = c.order(c.limit(true, "83000", "0.02", taken_back ? "Gtc" : "Ioc") +
                                           "," + c.trigger(false, "90000", "0.02", "tp") + "," +
                                           c.trigger(false, "80000", "0.02", "sl"),
                                       "normalTpsl");
    if (taken_back) {
      c.market.must(sell);
      c.act(fmt::format(R"({{"type":"cancel","cancels":[{{"a":0,"o":{}}}]}})",
                        c.number(placed, "oid")));
    }
    c.pass(1);
    EXPECT_FALSE(c.market.desk->positions(c.market.client).empty());
    const std::string open = c.info(of_user("frontendOpenOrders"));
    EXPECT_EQ(has(open, "Stop Market"), !taken_back) << open;
  }
}

TEST(HyperliquidOrders, WhatIsSetOnAPositionGoesWithIt) {
  HyperliquidClient c;
  c.order(c.limit(true, "88000", "0.02", "Ioc"));
  c.order(c.trigger(false, "80000", "0.02", "sl"), "positionTpsl");
  c.order(c.trigger(false, "90000", "0.02", "tp") + "," + c.trigger(false, "79000", "0.02", "sl"),
          "positionTpsl");
  c.order(c.limit(false, "80000", "0.01", "Ioc", true));
  c.pass(1);
  const std::string all = c.info(of_user("frontendOpenOrders"));
  EXPECT_TRUE(has(all, "Price below 80000") && has(all, "Price above 90000")) << all;
  c.order(c.limit(false, "80000", "0.01", "Ioc", true));
  c.pass(1);
  EXPECT_EQ(c.info(of_user("frontendOpenOrders")), "[]");
}

// A size of 0 is all that there is when the price comes, however the position has grown.
TEST(HyperliquidOrders, AStopOfTheWholePositionHasNoSize) {
  HyperliquidClient c;
  c.order(c.limit(true, "88000", "0.02", "Ioc"));
  const std::string placed = c.order(c.trigger(false, "80000", "0", "sl"), "positionTpsl");
  EXPECT_TRUE(has(placed, "resting")) << placed;
  const std::string open = c.info(of_user("frontendOpenOrders"));
  EXPECT_TRUE(has(open, R"("sz":"0.0")") && has(open, R"("isPositionTpsl":true)")) << open;
  EXPECT_TRUE(has(c.order(c.trigger(false, "80000", "0", "sl")), "Order has zero size"));
  c.order(c.limit(true, "88000", "0.03", "Ioc"));
  c.market.move(79'000);
  c.market.quote();
  c.pass(2);
  EXPECT_TRUE(has(c.info(of_user("clearinghouseState")), R"("assetPositions":[])"));
}

TEST(HyperliquidOrders, ATwapIsSentInSlices) {
  HyperliquidClient c;
  c.open(1);
  for (const char* type : {"userTwapHistory", "userTwapSliceFills", "twapStates"})
    c.subscribe(1, fmt::format(R"({{"type":"{}","user":"{}"}})", type, kWallet));
  const auto twap = [&](std::string_view size, int minutes) {
    return c.act(fmt::format(R"({{"type":"twapOrder","twap":{{"a":0,"b":true,"s":"{}","r":false,)"
                             R"("m":{},"t":false}}}})",
                             size, minutes));
  };
  EXPECT_TRUE(has(twap("0.11", 4), "Invalid TWAP duration: 4 min"));
  EXPECT_TRUE(has(twap("0.001", 5), "minimum value of $10"));
  const std::string started = twap("0.11", 5);  // eleven slices
  ASSERT_TRUE(has(started, R"("status":{"running":{"twapId":1}})")) << started;
  const auto held = [&] {
    const auto positions = c.market.desk->positions(c.market.client);
    return positions.empty() ? std::string("0") : positions[0].qty.text();
  };
  EXPECT_EQ(held(), "0.01");
  c.pass(29);
  EXPECT_EQ(held(), "0.01");
  c.pass(1);
  EXPECT_EQ(held(), "0.02");
  EXPECT_TRUE(has(c.info(of_user("twapHistory")), R"("status":{"status":"activated"},"twapId":1)"));
  EXPECT_TRUE(has(c.info(of_user("webData2")), R"("twapStates":[[1,{"coin":"BTC")"));
  EXPECT_EQ(c.info(of_user("frontendOpenOrders")), "[]");
  c.pass(270);
  EXPECT_EQ(held(), "0.11");
  const std::string history = c.info(of_user("twapHistory"));
  EXPECT_TRUE(has(history, R"("executedSz":"0.11")") &&
              has(history, R"("status":{"status":"finished"},"twapId":1)"))
      << history;
  const std::string fills = c.info(of_user("userTwapSliceFills"));
  EXPECT_TRUE(has(fills, R"("twapId":1},"twapId":1})")) << fills;
  const std::string cancel = R"({"type":"twapCancel","a":0,"t":1})";
  EXPECT_TRUE(has(c.act(cancel), "TWAP was never placed, already canceled, or filled."));
  twap("0.11", 5);
  EXPECT_TRUE(has(c.act(R"({"type":"twapCancel","a":0,"t":2})"), R"("status":"success")"));
  c.pass(60);
  EXPECT_EQ(held(), "0.12");
  EXPECT_TRUE(has(c.info(of_user("twapHistory")), R"("status":{"status":"terminated"})"));
  for (const char* channel : {R"("channel":"userTwapHistory","data":{"isSnapshot":false)",
                              R"("channel":"userTwapSliceFills","data":{"isSnapshot":false)",
                              R"("channel":"twapStates")"})
    EXPECT_GT(c.frames.count(channel), 0u) << channel;
}

TEST(HyperliquidMarket, CandlesByTheClientsOwnClock) {
  HyperliquidClient c;
  c.order(c.limit(true, "88000", "0.02", "Ioc"));
  c.pass(60);
  c.market.wait(Duration::days(300));
  const int64_t now = c.market.wall_now().ms();
  const std::string rows = c.info(fmt::format(
      R"({{"type":"candleSnapshot","req":{{"coin":"BTC","interval":"1m",)"
      R"("startTime":{},"endTime":{}}}}})",
      now - 600'000, now));
  EXPECT_TRUE(has(rows, R"("s":"BTC","i":"1m")")) << rows;
}

TEST(HyperliquidAccount, LeverageModesAndMoney) {
  HyperliquidClient c;
  const auto leverage = [&](bool cross, int to) {
    return c.act(fmt::format(R"({{"type":"updateLeverage","asset":0,"isCross":{},"leverage":{}}})",
                             cross, to));
  };
  EXPECT_TRUE(has(leverage(true, 10), "ok"));
  EXPECT_TRUE(has(leverage(true, 1'000), "Invalid leverage value"));
  EXPECT_TRUE(has(c.info(of_user("activeAssetData", R"(,"coin":"BTC")")),
                  R"("leverage":{"type":"cross","value":10})"));
  EXPECT_TRUE(has(leverage(false, 5), "ok"));
  c.order(c.limit(true, "88000", "0.02", "Ioc"));
  EXPECT_TRUE(has(leverage(true, 5), "Cannot switch leverage type with open position."));
  EXPECT_TRUE(has(c.info(of_user("clearinghouseState")), R"("type":"isolated","value":5)"));
  EXPECT_TRUE(has(
      c.act(R"({"type":"updateIsolatedMargin","asset":0,"isBuy":true,"ntli":50000000})"), "ok"));
  EXPECT_EQ(c.market.desk->positions(c.market.client)[0].margin.raw() / Amount::scale, 386);
  EXPECT_TRUE(has(c.act(R"({"type":"approveBuilderFee"})"), "err")) << "not signed as it must be";
}

}  // namespace
}  // namespace delever::gateways
