// The socket of Hyperliquid, and the round trip: what is sent is read back by our own decoder.
#include <gtest/gtest.h>

#include "base/random.h"
#include "gateways/hyperliquid/hyperliquid_testing.h"
#include "venues/hyperliquid/hyperliquid.h"
#include "venues/wire_testing.h"

namespace delever::gateways {
namespace {

using testing::HyperliquidClient;
using testing::kWallet;

std::string subscription_of(std::string_view type) {
  return fmt::format(R"({{"type":"{}","user":"{}"}})", type, kWallet);
}
std::string of_coin(std::string_view type, std::string_view more = "") {
  return fmt::format(R"({{"type":"{}","coin":"BTC"{}}})", type, more);
}

TEST(HyperliquidSocket, AnswersAsTheVenueDoes) {
  HyperliquidClient c;
  c.open(1);
  c.gateway->received(SocketId(1), R"({"method":"ping"})");
  EXPECT_EQ(c.frames.frames.back().text, R"({"channel":"pong"})");
  c.subscribe(1, of_coin("trades"));
  EXPECT_EQ(c.frames.frames[1].text,
            R"({"channel":"subscriptionResponse","data":{"method":"subscribe","subscription":)"
            R"({"type":"trades","coin":"BTC"}}})");
  EXPECT_TRUE(c.frames.frames[2].text.starts_with(R"({"channel":"trades","data":[)"));
  c.subscribe(1, of_coin("trades"));
  EXPECT_EQ(c.frames.count(R"("channel":"error","data":"Already subscribed: )"), 1u);
  c.subscribe(1, R"({"type":"trades","coin":"NONE"})");
  EXPECT_EQ(c.frames.count(R"("channel":"error","data":"Invalid subscription )"), 1u);
  c.gateway->received(SocketId(1), "{");
  EXPECT_EQ(c.frames.count("Error parsing JSON into valid websocket request"), 1u);
  c.gateway->received(SocketId(1),
                      R"({"method":"unsubscribe","subscription":)" + of_coin("trades") + "}");
  EXPECT_EQ(c.frames.count(R"("method":"unsubscribe")"), 1u);
  const size_t sent = c.frames.frames.size();
  c.order(c.limit(true, "88000", "0.02", "Ioc"));
  c.gateway->tick();
  EXPECT_EQ(c.frames.frames.size(), sent);
  EXPECT_EQ(c.gateway->sockets(), 1u);
  c.gateway->closed(SocketId(1));
  EXPECT_EQ(c.gateway->sockets(), 0u);
}

TEST(HyperliquidSocket, PostCarriesInfoAndActions) {
  HyperliquidClient c;
  c.open(1);
  c.gateway->received(
      SocketId(1),
      R"({"method":"post","id":7,"request":{"type":"info","payload":{"type":"exchangeStatus"}}})");
  EXPECT_EQ(c.frames.count(R"({"channel":"post","data":{"id":7,"response":{"type":"info",)"
                           R"("payload":{"type":"exchangeStatus","data":{)"),
            1u);
  const std::string action = fmt::format(R"({{"type":"order","orders":[{}],"grouping":"na"}})",
                                         c.limit(true, "83000", "0.01", "Gtc"));
  const std::string body = c.sign_l1(action, ++c.nonce, testing::wallet_key());
  c.gateway->received(
      SocketId(1),
      fmt::format(R"({{"method":"post","id":8,"request":{{"type":"action","payload":{}}}}})",
                  body));
  EXPECT_EQ(c.frames.count(R"({"channel":"post","data":{"id":8,"response":{"type":"action",)"
                           R"("payload":{"status":"ok","response":{"type":"order")"),
            1u);
  c.gateway->received(
      SocketId(1),
      R"({"method":"post","id":9,"request":{"type":"info","payload":{"type":"nonsense"}}})");
  EXPECT_EQ(c.frames.count(R"("response":{"type":"error","payload":"422: )"), 1u);
}

TEST(HyperliquidSocket, AccountHearsOfItsOrdersFillsAndMargin) {
  HyperliquidClient c;
  c.open(1);
  for (const char* type : {"orderUpdates", "userFills", "userEvents", "clearinghouseState",
                           "openOrders", "webData2", "userFundings"})
    c.subscribe(1, subscription_of(type));
  c.frames.frames.clear();
  const uint64_t oid = c.number(c.order(c.limit(true, "83000", "0.01", "Gtc")), "oid");
  EXPECT_EQ(c.frames.count(fmt::format(R"("oid":{})", oid)), 3u);  // updates, openOrders, webData2
  EXPECT_EQ(c.frames.count(R"("channel":"orderUpdates","data":[{"order":{"coin":"BTC")"), 1u);
  c.frames.frames.clear();
  c.order(c.limit(true, "88000", "0.02", "Ioc"));
  EXPECT_EQ(c.frames.count(R"("channel":"orderUpdates")"), 1u);
  EXPECT_EQ(c.frames.count(R"("status":"filled")"), 1u);
  EXPECT_EQ(c.frames.count(R"("channel":"userFills","data":{"user":)"), 1u);
  EXPECT_EQ(c.frames.count(R"("channel":"user","data":{"fills":[{)"), 1u);
  EXPECT_EQ(c.frames.count(R"("szi":"0.02")"), 2u);
  // Another account's orders are nobody's business.
  c.frames.frames.clear();
  SubmitOrder other;
  other.account = c.market.other;
  other.price = testing::fixture::price(82'000);
  other.qty = testing::fixture::qty(0.01);
  c.market.must(other);
  c.gateway->tick();
  EXPECT_EQ(c.frames.count("orderUpdates"), 0u);
}

TEST(HyperliquidSocket, BooksComeAtTheVenuesPace) {
  HyperliquidClient c;
  c.open(1);
  c.subscribe(1, of_coin("l2Book"));
  c.open(2);
  c.subscribe(2, of_coin("l2Book", ",\"fast\":true"));
  c.frames.frames.clear();
  c.pass(20);
  EXPECT_EQ(c.frames.count("l2Book"), 4u + 20u);
}

// Everything public, decoded again, is what the desk knows.
TEST(HyperliquidRoundTrip, DecoderReadsBackTheMarket) {
  HyperliquidClient c;
  c.open(1);
  for (const char* type : {"l2Book", "trades", "bbo", "activeAssetCtx"})
    c.subscribe(1, of_coin(type));
  c.subscribe(1, of_coin("candle", R"(,"interval":"1m")"));
  Instruments instruments;
  auto decoder = std::move(venues::make_hyperliquid_decoder({}, instruments, 1)).value();
  for (const testing::Frames::Frame& frame : c.frames.frames) {  // of the market before it moves
    venues::fixture::Collected sink;
    venues::fixture::decode_text(*decoder, frame.text, sink, c.market.market_now());
    EXPECT_TRUE(sink.undecoded.empty()) << frame.text;
  }
  size_t from = c.frames.frames.size(), trades = 0, books = 0, marks = 0, quotes = 0, candles = 0;
  Random random{7, {}};
  uint64_t last_trade = 0;
  for (int step = 0; step < 60; ++step) {
    c.market.move(84'000 + 40 * (random.uniform() - 0.5));
    c.market.quote();
    c.order(c.limit(random.uniform() < 0.5, random.uniform() < 0.5 ? "88000" : "80000",
                    fmt::format("{:.3f}", 0.001 + 0.01 * random.uniform()), "Ioc"));
    c.pass(5);
    for (; from < c.frames.frames.size(); ++from) {
      venues::fixture::Collected sink;
      venues::fixture::decode_text(*decoder, c.frames.frames[from].text, sink,
                                   c.market.market_now());
      EXPECT_TRUE(sink.undecoded.empty()) << c.frames.frames[from].text;
      for (const Trade& t : sink.all<Trade>()) {
        ++trades;
        for (const PublicTrade& known : c.market.desk->trades(0)) {
          if (std::to_string(known.number) != t.id) continue;
          EXPECT_EQ(known.price, t.price);
          EXPECT_EQ(WideQty(known.qty), t.qty);
          EXPECT_EQ(known.taker, t.taker_side);
          EXPECT_GE(known.number, last_trade);
          last_trade = known.number;
        }
      }
      for (const BookSnapshot& b : sink.all<BookSnapshot>()) {
        ++books;
        const BookSnapshot now = c.market.desk->book(0, 20);
        ASSERT_EQ(b.bids.size(), now.bids.size());
        for (size_t i = 0; i < b.bids.size(); ++i) {
          EXPECT_EQ(b.bids[i].price, now.bids[i].price);
          EXPECT_EQ(b.bids[i].qty, now.bids[i].qty);
          EXPECT_EQ(b.asks[i].price, now.asks[i].price);
          EXPECT_EQ(b.asks[i].qty, now.asks[i].qty);
        }
      }
      for (const MarkPrice& m : sink.all<MarkPrice>()) marks += m.price > Price();
      quotes += sink.all<Quote>().size();
      for (const auto& candle : sink.all<delever::Candle>()) {
        ++candles;
        EXPECT_LE(candle.low, candle.close);
        EXPECT_GE(candle.high, candle.close);
      }
    }
  }
  EXPECT_EQ(last_trade, c.market.desk->trades(0).back().number);
  EXPECT_GE(trades, 20u);
  EXPECT_GE(books, 50u);
  EXPECT_GE(marks, 50u);
  EXPECT_GE(quotes, 10u);
  EXPECT_GE(candles, 20u);
}

TEST(HyperliquidLimits, CountedAlwaysAndRefusedWhereAsked) {
  HyperliquidClient c({.limits = true});
  for (int i = 0; i < 60; ++i) EXPECT_EQ(c.ask("/info", R"({"type":"meta"})").status, 200);
  EXPECT_EQ(c.ask("/info", R"({"type":"meta"})").status, 429);
  c.market.wait(Duration::seconds(61));
  EXPECT_EQ(c.ask("/info", R"({"type":"meta"})").status, 200);
  c.act(R"({"type":"noop"})");
  EXPECT_EQ(c.info(fmt::format(R"({{"type":"userRateLimit","user":"{}"}})", kWallet)),
            R"({"cumVlm":"0.0","nRequestsUsed":1,"nRequestsCap":10000,"nRequestsSurplus":9999})");
}

TEST(HyperliquidHostile, BrokenFramesBreakNothing) {
  HyperliquidClient c;
  c.open(1);
  Random random{11, {}};
  const std::string order =
      c.sign_l1(fmt::format(R"({{"type":"order","orders":[{}],"grouping":"na"}})",
                            c.limit(true, "83000", "0.01", "Gtc")),
                c.nonce, testing::wallet_key());
  const std::string frame =
      fmt::format(R"({{"method":"subscribe","subscription":{}}})", of_coin("l2Book"));
  const uint64_t before = c.market.exchange().hash();
  for (int i = 0; i < 3'000; ++i) {
    std::string body = i % 2 ? order : frame;
    for (int k = 0; k < 3; ++k)
      body[static_cast<size_t>(random.uniform() * static_cast<double>(body.size()))] =
          static_cast<char>(random.uniform() * 256);
    if (i % 5 == 0) body.resize(static_cast<size_t>(random.uniform() * 100));
    c.gateway->received(SocketId(1), body);
    if (i % 2 && body != order) c.ask("/exchange", body);
    c.ask("/info", body);
  }
  // A byte may have fallen on a place that is not signed or means the same; nothing else trades.
  EXPECT_TRUE(c.market.exchange().hash() == before ||
              c.market.desk->live(c.market.client).size() <= 1);
}

// What was traded is one number, wherever it is asked for.
TEST(HyperliquidInfo, ReferralsCountWhatWasTraded) {
  HyperliquidClient c;
  const std::string user = fmt::format(R"("user":"{}"}})", kWallet);
  const std::string order =
      R"({"type":"order","orders":[{"a":0,"b":true,"p":"84100","s":"0.1","r":false,)"
      R"("t":{"limit":{"tif":"Ioc"}}}],"grouping":"na"})";
  EXPECT_TRUE(testing::has(c.act(order), "filled"));
  const JsonTree limits = testing::json_of(c.info(R"({"type":"userRateLimit",)" + user));
  const JsonTree referral = testing::json_of(c.info(R"({"type":"referral",)" + user));
  EXPECT_EQ(referral.text("cumVlm"), "8400.2");
  EXPECT_EQ(referral.text("cumVlm"), limits.text("cumVlm"));
  EXPECT_TRUE(referral["referredBy"].is_null());
}

}  // namespace
}  // namespace delever::gateways
