// The socket of Deribit, and the round trip: what is sent is read back by our own decoder.
#include <gtest/gtest.h>

#include "base/random.h"
#include "codec/book.h"
#include "gateways/deribit/deribit_testing.h"
#include "venues/deribit/deribit.h"
#include "venues/wire_testing.h"

namespace delever::gateways {
namespace {

using testing::DeribitClient;
using testing::has;
using testing::value_of;

TEST(DeribitSocket, SignsInAndTrades) {
  DeribitClient c;
  c.open(1);
  c.send(1, "private/get_positions", "{}");
  EXPECT_EQ(value_of(c.frames.frames.back().text, "code"), "13009");
  const int64_t now = c.market.wall_now().ms();
  const std::string signature =
      auth::hex(auth::hmac_sha256("S", fmt::format("{}\n{}\n", now, now)));
  const std::string params = fmt::format(
      R"({{"grant_type":"client_signature","client_id":"K","timestamp":{0},"signature":"{1}",)"
      R"("nonce":"{0}","data":""}})",
      now, signature);
  c.send(1, "public/auth", params);
  EXPECT_TRUE(has(c.frames.frames.back().text, R"("access_token":")"));
  c.open(2);
  c.send(2, "public/auth", params);
  EXPECT_EQ(value_of(c.frames.frames.back().text, "code"), "13004") << "a replay";
  c.send(1, "private/buy",
         R"({"instrument_name":"BTC-PERPETUAL","amount":100,"type":"limit","price":83000})");
  EXPECT_EQ(value_of(c.frames.frames.back().text, "order_state"), "open");
  EXPECT_TRUE(has(c.frames.frames.back().text, R"("id":4,)"));
  c.gateway->received(SocketId(1), "{");
  EXPECT_EQ(value_of(c.frames.frames.back().text, "code"), "-32700");
}

TEST(DeribitSocket, AccountChannels) {
  DeribitClient c;
  c.open(1);
  c.sign_in(1);
  c.send(1, "private/subscribe",
         R"({"channels":["user.orders.any.any.raw","user.trades.any.any.raw",)"
         R"("user.changes.BTC-PERPETUAL.raw","user.portfolio.BTC","user.portfolio.SOL"]})");
  EXPECT_EQ(c.frames.count(R"("result":["user.orders.any.any.raw","user.trades.any.any.raw",)"
                           R"("user.changes.BTC-PERPETUAL.raw","user.portfolio.BTC",)"
                           R"("user.portfolio.SOL"])"),
            1u);
  EXPECT_EQ(c.frames.count(R"("channel":"user.portfolio.BTC")"), 1u) << "where it stands";
  c.frames.frames.clear();
  c.mine("private/buy", "instrument_name=BTC-PERPETUAL&amount=100&price=83000");
  EXPECT_EQ(c.frames.count(R"("channel":"user.orders.any.any.raw","data":{"order_id":"BTC-)"), 1u);
  EXPECT_EQ(c.frames.count(R"("channel":"user.changes.BTC-PERPETUAL.raw")"), 1u);
  EXPECT_EQ(c.frames.count("user.trades"), 0u);
  c.frames.frames.clear();
  c.mine("private/buy", "instrument_name=BTC-PERPETUAL&amount=100&type=market");
  EXPECT_EQ(c.frames.count(R"("channel":"user.trades.any.any.raw","data":[{"trade_seq":)"), 1u);
  EXPECT_GE(c.frames.count(R"("order_state":"filled")"), 2u);
  EXPECT_EQ(c.frames.count(R"("channel":"user.portfolio.BTC")"), 1u);
}

TEST(DeribitSocket, RawNeedsALoginAndUnknownChannelsAreMissing) {
  DeribitClient c;
  c.open(1);
  c.send(1, "public/subscribe",
         R"({"channels":["trades.BTC-PERPETUAL.100ms","trades.BTC-PERPETUAL.raw"]})");
  EXPECT_EQ(value_of(c.frames.frames.back().text, "code"), "13778");
  c.send(1, "public/subscribe", R"({"channels":["trades.BTC-PERPETUAL.100ms","tides.btc"]})");
  EXPECT_TRUE(has(c.frames.frames.back().text, R"("result":["trades.BTC-PERPETUAL.100ms"])"));
  c.send(1, "public/unsubscribe", R"({"channels":["trades.BTC-PERPETUAL.100ms"]})");
  c.frames.frames.clear();
  c.mine("private/buy", "instrument_name=BTC-PERPETUAL&amount=100&type=market");
  c.pass(1);
  EXPECT_EQ(c.frames.frames.size(), 0u);
}

TEST(DeribitSocket, HeartbeatWantsAnAnswer) {
  DeribitClient c;
  c.open(1);
  c.send(1, "public/set_heartbeat", R"({"interval":5})");
  EXPECT_EQ(value_of(c.frames.frames.back().text, "reason"), "must be at least 10");
  c.send(1, "public/set_heartbeat", R"({"interval":10})");
  c.pass(11);
  EXPECT_EQ(c.frames.count("test_request"), 1u);
  c.send(1, "public/test", "{}");
  c.pass(10);
  EXPECT_EQ(c.frames.count("test_request"), 2u);
  EXPECT_TRUE(c.frames.closed.empty());
  c.pass(11);
  EXPECT_EQ(c.frames.closed.size(), 1u);
}

TEST(DeribitSocket, CancelOnDisconnect) {
  DeribitClient c;
  c.open(1);
  c.sign_in(1);
  c.send(1, "private/buy", R"({"instrument_name":"BTC-PERPETUAL","amount":10,"price":83000})");
  c.send(1, "private/enable_cancel_on_disconnect", "{}");
  c.send(1, "private/buy", R"({"instrument_name":"BTC-PERPETUAL","amount":10,"price":82000})");
  c.gateway->closed(SocketId(1));
  const auto live = c.market.desk->live(c.market.client);
  ASSERT_EQ(live.size(), 1u);
  EXPECT_EQ(live[0]->asked.price, testing::fixture::price(83'000));
  const std::string gone = c.mine("private/get_order_state", "order_id=BTC-2");
  EXPECT_EQ(value_of(gone, "cancel_reason"), "cancel_on_disconnect") << gone;
  const std::string taken = c.mine("private/cancel", "order_id=BTC-1");
  EXPECT_EQ(value_of(taken, "cancel_reason"), "user_request") << taken;
}

TEST(DeribitLimits, TooManyRequestsEndASession) {
  DeribitClient c({.limits = true});
  c.open(1);
  c.sign_in(1);
  for (int i = 0; i < 25; ++i) c.send(1, "private/cancel", R"({"order_id":"BTC-1"})");
  EXPECT_EQ(c.frames.count(R"("code":11044)"), 20u);
  EXPECT_EQ(c.frames.count(R"("code":10028)"), 5u);
  EXPECT_EQ(c.gateway->counts(c.market.client).limit_hits, 5u);
  EXPECT_FALSE(c.frames.closed.empty());
}

// Books by changes, trades, tickers and quotes, decoded again, are what the desk knows.
TEST(DeribitRoundTrip, DecoderReadsBackTheMarket) {
  DeribitClient c;
  c.open(1);
  c.sign_in(1);
  c.send(1, "public/subscribe",
         R"({"channels":["book.BTC-PERPETUAL.raw","book.BTC-PERPETUAL.agg2",)"
         R"("book.BTC-PERPETUAL.none.10.100ms","trades.BTC-PERPETUAL.raw",)"
         R"("ticker.BTC-PERPETUAL.raw","ticker.BTC-27MAR26-85000-C.100ms","quote.BTC-PERPETUAL",)"
         R"("incremental_ticker.BTC-PERPETUAL","perpetual.BTC-PERPETUAL.raw",)"
         R"("deribit_price_index.btc_usd","markprice.options.btc_usd",)"
         R"("chart.trades.BTC-PERPETUAL.1"]})");
  Instruments instruments;
  auto decoder = std::move(venues::make_deribit_decoder({}, instruments, 1)).value();
  venues::fixture::Collected gaps, heard;
  codec::BookBuilder books(instruments, gaps);
  Random random{5, {}};
  size_t from = 0;
  for (int step = 0; step < 60; ++step) {
    c.market.move(84'000 + 40 * (random.uniform() - 0.5));
    if (step % 3) c.market.quote();
    c.mine(random.uniform() < 0.5 ? "private/buy" : "private/sell",
           fmt::format("instrument_name=BTC-PERPETUAL&amount={}&type=market",
                       10 + 10 * static_cast<int>(random.uniform() * 500)));
    c.pass(2);
    for (; from < c.frames.frames.size(); ++from) {
      venues::fixture::Collected sink;
      venues::fixture::decode_text(*decoder, c.frames.frames[from].text, sink,
                                   c.market.market_now());
      EXPECT_TRUE(sink.undecoded.empty())
          << sink.undecoded[0].why.text() << " " << c.frames.frames[from].text;
      for (const Event& e : sink.events) {
        heard.events.push_back(e);
        if (!std::get_if<BookSnapshot>(&e.payload) || !std::get_if<BookSnapshot>(&e.payload)->depth)
          books.on_event(e);
      }
    }
    const auto id = instruments.find("deribit", "BTC-PERPETUAL");
    ASSERT_TRUE(id);
  }
  EXPECT_TRUE(gaps.all<Gap>().empty());
  const auto trades = heard.all<Trade>();
  const auto known = c.market.desk->trades(testing::fixture::kInverse);
  ASSERT_EQ(trades.size(), known.size());
  for (size_t i = 0; i < trades.size(); ++i) {
    EXPECT_EQ(trades[i].price, known[i].price);
    EXPECT_EQ(trades[i].qty, WideQty(known[i].qty));
    EXPECT_EQ(trades[i].taker_side, known[i].taker);
  }
  EXPECT_GE(heard.all<BookDelta>().size(), 60u);
  EXPECT_GE(heard.all<Quote>().size(), 60u);
  EXPECT_GE(heard.all<MarkPrice>().size(), 60u);
  EXPECT_GE(heard.all<IndexPrice>().size(), 60u);
  EXPECT_GE(heard.all<FundingRate>().size(), 60u);
  EXPECT_GE(heard.all<OptionQuote>().size(), 30u);
}

TEST(DeribitHostile, BrokenFramesBreakNothing) {
  DeribitClient c;
  c.open(1);
  c.sign_in(1);
  Random random{3, {}};
  const std::string subscribe =
      R"({"jsonrpc":"2.0","id":1,"method":"public/subscribe","params":{"channels":)"
      R"(["book.BTC-PERPETUAL.100ms","ticker.BTC-27MAR26-85000-C.raw"]}})";
  const std::string buy =
      R"({"jsonrpc":"2.0","id":1,"method":"private/buy","params":{"instrument_name":)"
      R"("BTC-PERPETUAL","amount":10,"type":"limit","price":83000}})";
  for (int i = 0; i < 3'000; ++i) {
    std::string frame = i % 2 ? buy : subscribe;
    for (int k = 0; k < 3; ++k)
      frame[static_cast<size_t>(random.uniform() * static_cast<double>(frame.size()))] =
          static_cast<char>(random.uniform() * 256);
    if (i % 5 == 0) frame.resize(static_cast<size_t>(random.uniform() * 100));
    c.gateway->received(SocketId(1), frame);
    if (i % 100 == 0) c.pass(1);
  }
  EXPECT_EQ(c.gateway->sockets(), 1u);
  EXPECT_EQ(c.market.exchange().imbalance(testing::fixture::kBtc), Amount());
}

}  // namespace
}  // namespace delever::gateways
