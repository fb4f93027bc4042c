// Bybit by WebSocket: subscriptions, private streams, order entry; and what the public streams say,
// read back by our own decoder as the events that happened.
#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "base/text.h"
#include "codec/book.h"
#include "gateways/bybit/bybit_testing.h"
#include "venues/bybit/bybit.h"
#include "venues/wire_testing.h"

namespace delever::gateways {
namespace {

using namespace testing;

struct BybitStreamTest : ::testing::Test, BybitClient {};

TEST_F(BybitStreamTest, PathsAndAcknowledgements) {
  EXPECT_TRUE(gateway->accepts("/v5/public/linear"));
  EXPECT_TRUE(gateway->accepts("/v5/private"));
  EXPECT_TRUE(gateway->accepts("/v5/trade"));
  EXPECT_FALSE(gateway->accepts("/v5/public/moon"));
  const SocketId s = open("/v5/public/linear");
  gateway->received(s, R"({"op":"ping","req_id":"1"})");
  EXPECT_NE(out.frames.back().text.find(R"("ret_msg":"pong")"), std::string::npos);
  subscribe(s, R"("tickers.BTCUSDT")");
  EXPECT_NE(out.frames[1].text.find(R"("success":true)"), std::string::npos);
  EXPECT_EQ(last("tickers.BTCUSDT").text("type"), "snapshot");
  const size_t before = out.frames.size();
  subscribe(s, R"("tickers.NONE")");
  EXPECT_NE(out.frames.back().text.find(R"("success":false)"), std::string::npos);
  subscribe(s, R"("tickers.BTCUSDT")");
  EXPECT_NE(out.frames.back().text.find("already subscribed"), std::string::npos);
  gateway->received(s, "not JSON");
  EXPECT_EQ(out.frames.size(), before + 3);
  gateway->closed(s);
  EXPECT_EQ(gateway->sockets(), 0U);
}

TEST_F(BybitStreamTest, TheStateOfThePlatformIsATopicOfItsOwnPath) {
  EXPECT_TRUE(gateway->accepts("/v5/public/misc/status"));
  const SocketId s = open("/v5/public/misc/status");
  subscribe(s, R"("system.status")");
  EXPECT_NE(out.frames.back().text.find(R"("success":true)"), std::string::npos);
  subscribe(s, R"("tickers.BTCUSDT")");
  EXPECT_NE(out.frames.back().text.find(R"("success":false)"), std::string::npos);
  gateway->received(s, R"({"op":"ping"})");
  EXPECT_NE(out.frames.back().text.find(R"("ret_msg":"pong")"), std::string::npos);
  const SocketId other = open("/v5/public/linear");
  subscribe(other, R"("system.status")");
  EXPECT_NE(out.frames.back().text.find(R"("success":false)"), std::string::npos);
}

TEST_F(BybitStreamTest, PrivateTopicsWantASignature) {
  const SocketId s = open("/v5/private");
  subscribe(s, R"("order")");
  EXPECT_NE(out.frames.back().text.find(R"("success":false)"), std::string::npos);
  sign_in(s, "wrong");
  EXPECT_EQ(out.closed.size(), 1U);
  sign_in(s);
  EXPECT_NE(out.frames.back().text.find(R"("success":true)"), std::string::npos);
  subscribe(s, R"("order","execution","position","wallet")");
  order("Buy", "Limit", "1", "80000", R"(,"orderLinkId":"x")");
  EXPECT_EQ(last("order")["data"].items().at(0).text("orderStatus"), "New");
  order("Buy", "Market", "2");
  pass(Duration::ms(20));
  EXPECT_EQ(last("order")["data"].items().at(0).text("orderStatus"), "Filled");
  const JsonTree fill = last("execution")["data"].items().at(0);
  EXPECT_EQ(fill.text("execQty"), "2");
  EXPECT_EQ(fill.text("execType"), "Trade");
  EXPECT_EQ(last("position")["data"].items().at(0).text("size"), "2");
  const JsonTree coins = last("wallet")["data"].items().at(0)["coin"];
  EXPECT_NEAR(number(coins.items().at(0), "walletBalance"), wallet(), 1e-9);
  order("Sell", "Market", "2", "", R"(,"reduceOnly":true)");
  pass(Duration::ms(20));
  EXPECT_EQ(last("position")["data"].items().at(0).text("size"), "0");
}

TEST_F(BybitStreamTest, OrderEntryBySocket) {
  const SocketId s = open("/v5/trade");
  const auto send = [&](std::string_view op, std::string_view args, int64_t late = 0) {
    gateway->received(
        s, fmt::format(
               R"({{"reqId":"r1","header":{{"X-BAPI-TIMESTAMP":"{}"}},"op":"{}","args":[{}]}})",
               market.wall_now().ms() - late, op, args));
    return JsonTree::parse(out.frames.back().text).value();
  };
  const std::string_view limit =
      R"({"category":"linear","symbol":"BTCUSDT","side":"Buy","orderType":"Limit","qty":"1",)"
      R"("price":"80000","orderLinkId":"w1"})";
  EXPECT_NE(send("order.create", limit).text("retCode"), "0");
  sign_in(s);
  EXPECT_NE(send("order.create", limit, 60'000).text("retCode"), "0");
  const JsonTree made = send("order.create", limit);
  EXPECT_EQ(made.text("retCode"), "0");
  EXPECT_EQ(made.text("reqId"), "r1");
  EXPECT_EQ(made["data"].text("orderLinkId"), "w1");
  EXPECT_EQ(send("order.amend",
                 R"({"category":"linear","symbol":"BTCUSDT","orderLinkId":"w1","price":"79000"})")
                .text("retCode"),
            "0");
  const std::string_view cancel = R"({"category":"linear","symbol":"BTCUSDT","orderLinkId":"w1"})";
  EXPECT_EQ(send("order.cancel", cancel).text("retCode"), "0");
  EXPECT_EQ(send("order.cancel", cancel).text("retCode"), "110001");
  EXPECT_EQ(send("order.fly", cancel).text("retCode"), "10404");
  gateway->received(s, R"({"op":"ping"})");
  EXPECT_NE(out.frames.back().text.find(R"("op":"pong")"), std::string::npos);
}

// What a listener of the public streams decodes.
struct Listener : codec::MessageSink {
  Listener() : decoder(venues::make_bybit_decoder({}, instruments, 0).value()) {}
  void on_event(const Event& e) override { events.push_back(e); }
  void on_undecoded(const codec::RawMessage& m, const Error& why) override {
    ADD_FAILURE() << why.text() << ": " << m.bytes;
  }
  void hear(const std::vector<Frames::Frame>& frames) {
    for (const auto& f : frames) {
      const venues::fixture::PaddedText text(f.text);
      decoder->decode({text.view(), Instant()}, *this);
    }
  }
  template <class Payload>
  std::vector<std::pair<Event, Payload>> all() const {
    std::vector<std::pair<Event, Payload>> found;
    for (const Event& e : events) {
      if (const auto* p = std::get_if<Payload>(&e.payload)) found.emplace_back(e, *p);
    }
    return found;
  }
  Instruments instruments;
  std::vector<Event> events;
  std::unique_ptr<codec::Decoder> decoder;
};

// Random trading; the streams decoded are the trades, and the book that stands at the end.
TEST_F(BybitStreamTest, TheDecoderReadsBackWhatHappened) {
  std::vector<PublicTrade> happened;
  market.desk->on_update([&](const DeskUpdate& u) {
    if (u.kind == DeskUpdate::Kind::trade && u.trade->instrument == fixture::kPerp)
      happened.push_back(*u.trade);
  });
  const SocketId s = open("/v5/public/linear");
  subscribe(s, R"("orderbook.50.BTCUSDT","orderbook.200.BTCUSDT","publicTrade.BTCUSDT",)"
               R"("tickers.BTCUSDT","kline.1.BTCUSDT","allLiquidation.BTCUSDT")");
  Random random(7, {});
  for (int n = 0; n < 300; ++n) {
    const bool buy = random.chance(0.5);
    const double size = 0.001 * static_cast<double>(1 + random.below(400));
    if (random.chance(0.4))
      order(buy ? "Buy" : "Sell", "Market", fmt::format("{:.3f}", size));
    else
      order(buy ? "Buy" : "Sell", "Limit", fmt::format("{:.3f}", size),
            std::to_string(84'000 + static_cast<int>(random.below(40)) * (buy ? -1 : 1)));
    if (random.chance(0.1))
      post("/v5/order/cancel-all", R"({"category":"linear","symbol":"BTCUSDT"})");
    if (random.chance(0.05)) market.tick();
    if (random.chance(0.05)) market.quote();
    pass(Duration::ms(static_cast<int64_t>(random.below(60))));
  }
  pass(Duration::seconds(1));
  Listener listener;
  listener.hear(out.frames);

  const auto trades = listener.all<Trade>();
  ASSERT_EQ(trades.size(), happened.size());
  ASSERT_GT(trades.size(), 50U);
  for (size_t n = 0; n < trades.size(); ++n) {
    EXPECT_EQ(trades[n].second.price, happened[n].price);
    EXPECT_EQ(trades[n].second.qty, WideQty(happened[n].qty));
    EXPECT_EQ(trades[n].second.taker_side, happened[n].taker);
    EXPECT_EQ(trades[n].first.at.ms(), happened[n].at.ms());
  }
  codec::BookBuilder books(listener.instruments, listener);
  const std::vector<Event> events = listener.events;
  for (const Event& e : events) books.on_event(e);
  EXPECT_TRUE(listener.all<Gap>().empty());
  const BookSnapshot stands = market.desk->book(fixture::kPerp, 50);
  for (const uint32_t depth : {50U, 200U}) {
    const codec::Book* book = books.book(trades[0].first.instrument, depth);
    ASSERT_NE(book, nullptr);
    for (size_t n = 0; n < stands.bids.size(); ++n) {
      EXPECT_EQ(book->bids()[n].price, stands.bids[n].price);
      EXPECT_EQ(book->bids()[n].qty, stands.bids[n].qty);
    }
    for (size_t n = 0; n < stands.asks.size(); ++n)
      EXPECT_EQ(book->asks()[n].qty, stands.asks[n].qty);
  }
  const auto marks = listener.all<MarkPrice>();
  ASSERT_FALSE(marks.empty());
  EXPECT_EQ(marks.back().second.price, *market.exchange().mark(fixture::kPerp));
  const auto open_interest = listener.all<OpenInterest>();
  ASSERT_FALSE(open_interest.empty());
  EXPECT_EQ(*open_interest.back().second.contracts,
            WideQty(market.exchange().open_interest(fixture::kPerp)));
  const auto funding = listener.all<FundingRate>();
  ASSERT_FALSE(funding.empty());
  EXPECT_EQ(funding.back().second.rate, market.desk->next_funding(fixture::kPerp)->rate);
  double volume = 0;
  std::map<int64_t, double> by_minute;
  for (const auto& [e, c] : listener.all<delever::Candle>()) by_minute[c.from.ns()] = *c.volume;
  for (const auto& [at, v] : by_minute) volume += v;
  EXPECT_NEAR(volume, market.desk->day(fixture::kPerp).volume, 1e-6);
}

TEST_F(BybitStreamTest, LiquidationsAreToldWithTheSideOfThePosition) {
  const SocketId s = open("/v5/public/linear");
  subscribe(s, R"("allLiquidation.BTCUSDT")");
  post("/v5/position/set-leverage",
       R"({"category":"linear","symbol":"BTCUSDT","buyLeverage":"50","sellLeverage":"50"})");
  ASSERT_EQ(code(order("Buy", "Market", "50")), 0);
  for (double price = 65'200; price > 63'000 && out.count("allLiquidation.BTCUSDT\",\"type") == 0;
       price -= 50) {
    market.move(price);
    market.quote();
    market.tick();
    pass(Duration::ms(500));
  }
  Listener listener;
  listener.hear(out.frames);
  const auto liquidations = listener.all<Liquidation>();
  ASSERT_FALSE(liquidations.empty());
  EXPECT_EQ(liquidations[0].second.position_side, PositionSide::long_side);
  const JsonTree forced = get("/v5/execution/list", "category=linear&execType=BustTrade");
  EXPECT_FALSE(rows(forced).items().empty());
}

TEST_F(BybitStreamTest, TheBestPricesComeAgainWithTheSameNumber) {
  const SocketId s = open("/v5/public/linear");
  subscribe(s, R"("orderbook.1.BTCUSDT")");
  const std::string first = std::string(last("orderbook.1.BTCUSDT")["data"].text("u"));
  const size_t before = out.count("orderbook.1.BTCUSDT");
  pass(Duration::ms(20));
  EXPECT_EQ(out.count("orderbook.1.BTCUSDT"), before);
  pass(Duration::seconds(3));
  EXPECT_EQ(out.count("orderbook.1.BTCUSDT"), before + 1);
  EXPECT_EQ(last("orderbook.1.BTCUSDT")["data"].text("u"), first);
  EXPECT_EQ(last("orderbook.1.BTCUSDT").text("type"), "snapshot");
}

TEST_F(BybitStreamTest, SilentConnectionsAreClosed) {
  open("/v5/public/linear");
  pass(Duration::minutes(9));
  EXPECT_TRUE(out.closed.empty());
  pass(Duration::minutes(2));
  EXPECT_EQ(out.closed.size(), 1U);
}

}  // namespace
}  // namespace delever::gateways
