// OKX by WebSocket: login, subscriptions, private channels, order entry; and what the public
// channels say, read back by our own decoder as the events that happened.
#include <gtest/gtest.h>

#include "base/random.h"
#include "codec/book.h"
#include "gateways/okx/okx_testing.h"
#include "venues/okx/okx.h"
#include "venues/wire_testing.h"

namespace delever::gateways {
namespace {

using namespace testing;

struct OkxStreamTest : ::testing::Test, OkxClient {
  JsonTree latest() const { return JsonTree::parse(out.frames.back().text).value(); }
};

TEST_F(OkxStreamTest, PathsAndAcknowledgements) {
  EXPECT_TRUE(gateway->accepts("/ws/v5/public"));
  EXPECT_TRUE(gateway->accepts("/ws/v5/business"));
  EXPECT_FALSE(gateway->accepts("/ws/v5/moon"));
  const SocketId s = open("/ws/v5/public");
  gateway->received(s, "ping");
  EXPECT_EQ(out.frames.back().text, "pong");
  subscribe(s, R"({"channel":"tickers","instId":"BTC-USDT-SWAP"})");
  const JsonTree ack = JsonTree::parse(out.frames[1].text).value();
  EXPECT_EQ(ack.text("event"), "subscribe");
  EXPECT_EQ(ack["arg"].text("channel"), "tickers");
  EXPECT_EQ(last("tickers")["data"].items().at(0).text("askPx"), "84002");
  gateway->received(
      s, R"({"op":"subscribe","id":"9","args":[{"channel":"tickers","instId":"NONE"}]})");
  EXPECT_EQ(latest().text("code"), "60018");
  EXPECT_EQ(latest().text("id"), "9");
  subscribe(s, R"({"channel":"candle1m","instId":"BTC-USDT-SWAP"})");  // of the business path
  EXPECT_EQ(latest().text("code"), "60018");
  subscribe(s, R"({"channel":"orders","instType":"ANY"})");
  EXPECT_EQ(latest().text("event"), "error");
  gateway->received(s, "[]");
  EXPECT_EQ(latest().text("code"), "60012");
}

TEST_F(OkxStreamTest, APublicSocketMayLogInAndOpensNoPrivateChannel) {
  const SocketId s = open("/ws/v5/public");
  sign_in(s);
  EXPECT_EQ(latest().text("event"), "login");
  subscribe(s, R"({"channel":"tickers","instId":"BTC-USDT-SWAP"})");
  EXPECT_FALSE(last("tickers").is_null());
  subscribe(s, R"({"channel":"account"})");
  EXPECT_EQ(latest().text("event"), "error");
  gateway->received(s, R"({"id":"1","op":"order","args":[{"instId":"BTC-USDT-SWAP","tdMode":)"
                       R"("cross","side":"buy","ordType":"market","sz":"1"}]})");
  EXPECT_EQ(latest().text("code"), "60011");
  sign_in(s, "wrong");
  EXPECT_EQ(latest().text("code"), "60007");
}

TEST_F(OkxStreamTest, PrivateChannelsWantALogin) {
  const SocketId s = open("/ws/v5/private");
  subscribe(s, R"({"channel":"account"})");
  EXPECT_EQ(latest().text("code"), "60011");
  sign_in(s, "wrong");
  EXPECT_EQ(latest().text("code"), "60007");
  sign_in(s);
  EXPECT_EQ(latest().text("event"), "login");
  subscribe(s, R"({"channel":"account"},{"channel":"orders","instType":"SWAP"},)"
               R"({"channel":"orders","instType":"SWAP","instId":"BTC-USDT-SWAP"},)"
               R"({"channel":"positions","instType":"ANY","instId":"BTC-USDT-SWAP"})");
  EXPECT_FALSE(last("account").is_null());  // whole at once
  EXPECT_TRUE(last("positions")["data"].items().empty());
  const size_t before = out.count("\"orders\"");
  order("buy", "limit", "10", "80000", R"(,"clOrdId":"x1")");
  EXPECT_EQ(out.count("\"orders\""), before + 2);  // once for each of the two
  EXPECT_EQ(last("orders")["data"].items().at(0).text("state"), "live");
  out.frames.clear();
  order("buy", "market", "150");
  pass(Duration::ms(20));
  double filled = 0;
  for (const auto& f : out.frames) {
    const JsonTree frame = JsonTree::parse(f.text).value();
    if (frame["arg"].text("channel") != "orders" || frame["arg"].maybe("instId")) continue;
    const JsonTree& o = frame["data"].items().at(0);
    if (!o.text("tradeId").empty()) filled += number(o, "fillSz");
  }
  EXPECT_EQ(filled, 150);
  const JsonTree done = last("orders")["data"].items().at(0);
  EXPECT_EQ(done.text("state"), "filled");
  EXPECT_NE(done.text("tradeId"), "");  // the row that says so has the fill that did it
  EXPECT_EQ(done.text("accFillSz"), "150");
  EXPECT_EQ(last("positions")["data"].items().at(0).text("pos"), "150");
  EXPECT_NEAR(number(last("account")["data"].items().at(0)["details"].items().at(0), "cashBal"),
              cash(), 1e-9);
  order("sell", "market", "150", "", R"(,"reduceOnly":true)");
  pass(Duration::ms(20));
  EXPECT_EQ(last("positions")["data"].items().at(0).text("pos"), "0");
}

TEST_F(OkxStreamTest, OrderEntryBySocket) {
  const SocketId s = open("/ws/v5/private");
  const auto send = [&](std::string_view op, std::string_view args) {
    gateway->received(s, fmt::format(R"({{"id":"15","op":"{}","args":[{}]}})", op, args));
    return latest();
  };
  const std::string_view limit =
      R"({"instIdCode":10000,"tdMode":"cross","side":"buy","ordType":"limit","sz":"1",)"
      R"("px":"80000","clOrdId":"w1"})";
  EXPECT_EQ(send("order", limit).text("code"), "60011");
  sign_in(s);
  const JsonTree made = send("order", limit);
  EXPECT_EQ(made.text("code"), "0");
  EXPECT_EQ(made.text("id"), "15");
  EXPECT_EQ(row_code(made), "0");
  EXPECT_EQ(send("amend-order", R"({"instId":"BTC-USDT-SWAP","clOrdId":"w1","newPx":"79000"})")
                .text("code"),
            "0");
  EXPECT_EQ(row_code(send("cancel-order", R"({"instId":"BTC-USDT-SWAP","clOrdId":"w1"})")), "0");
  EXPECT_EQ(row_code(send("cancel-order", R"({"instId":"BTC-USDT-SWAP","clOrdId":"w1"})")),
            "51400");
  EXPECT_EQ(send("batch-orders",
                 R"({"instId":"BTC-USDT-SWAP","tdMode":"cross","side":"buy","ordType":"limit",)"
                 R"("sz":"1","px":"80000"},)"
                 R"({"instId":"BTC-USDT-SWAP","tdMode":"cross","side":"buy","ordType":"limit",)"
                 R"("sz":"x","px":"80000"})")
                .text("code"),
            "2");
}

struct OkxListener : codec::MessageSink {
  OkxListener() : decoder(venues::make_okx_decoder({}, instruments, 0).value()) {}
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

// Random trading; the channels decoded are the trades, and the books that stand at the end, whose
// checksums our builder verifies with every update.
TEST_F(OkxStreamTest, TheDecoderReadsBackWhatHappened) {
  std::vector<PublicTrade> happened;
  market.desk->on_update([&](const DeskUpdate& u) {
    if (u.kind == DeskUpdate::Kind::trade && u.trade->instrument == fixture::kPerp)
      happened.push_back(*u.trade);
  });
  const SocketId s = open("/ws/v5/public"), b = open("/ws/v5/business");
  subscribe(s, R"({"channel":"instruments","instType":"SWAP"},)"
               R"({"channel":"books","instId":"BTC-USDT-SWAP"},)"
               R"({"channel":"books50-l2-tbt","instId":"BTC-USDT-SWAP"},)"
               R"({"channel":"trades","instId":"BTC-USDT-SWAP"},)"
               R"({"channel":"mark-price","instId":"BTC-USDT-SWAP"},)"
               R"({"channel":"funding-rate","instId":"BTC-USDT-SWAP"},)"
               R"({"channel":"open-interest","instId":"BTC-USDT-SWAP"},)"
               R"({"channel":"liquidation-orders","instType":"SWAP"})");
  subscribe(b, R"({"channel":"candle1m","instId":"BTC-USDT-SWAP"})");
  Random random(11, {});
  for (int n = 0; n < 300; ++n) {
    const std::string_view side = random.chance(0.5) ? "buy" : "sell";
    const std::string size = std::to_string(1 + random.below(40));
    const int away = static_cast<int>(random.below(40)) * (side == "buy" ? -1 : 1);
    if (random.chance(0.4))
      order(side, "market", size);
    else
      order(side, "limit", size, std::to_string(84'000 + away));
    if (random.chance(0.1)) market.desk->cancel_all(market.client, std::nullopt);
    if (random.chance(0.05)) market.tick();
    if (random.chance(0.05)) market.quote();
    pass(Duration::ms(static_cast<int64_t>(random.below(60))));
  }
  pass(Duration::seconds(4));
  OkxListener listener;
  listener.hear(out.frames);

  const auto trades = listener.all<Trade>();
  ASSERT_EQ(trades.size(), happened.size());
  ASSERT_GT(trades.size(), 50U);
  for (size_t n = 0; n < trades.size(); ++n) {
    EXPECT_EQ(trades[n].second.price, happened[n].price);
    EXPECT_EQ(trades[n].second.qty, WideQty(happened[n].qty));
    EXPECT_EQ(trades[n].second.taker_side, happened[n].taker);
  }
  const InstrumentId id = trades[0].first.instrument;
  EXPECT_EQ(*listener.instruments[id].contract_size, fixture::qty(0.01));
  codec::BookBuilder books(listener.instruments, listener);
  const std::vector<Event> events = listener.events;
  for (const Event& e : events) books.on_event(e);
  EXPECT_TRUE(listener.all<Gap>().empty());
  const BookSnapshot stands = market.desk->book(fixture::kPerp, 50);
  for (const uint32_t chain : {1U, 3U}) {
    const codec::Book* book = books.book(id, chain);
    ASSERT_NE(book, nullptr) << chain;
    for (size_t n = 0; n < stands.bids.size(); ++n) {
      EXPECT_EQ(book->bids()[n].price, stands.bids[n].price);
      EXPECT_EQ(book->bids()[n].qty, stands.bids[n].qty);
    }
    for (size_t n = 0; n < stands.asks.size(); ++n)
      EXPECT_EQ(book->asks()[n].qty, stands.asks[n].qty);
  }
  ASSERT_FALSE(listener.all<MarkPrice>().empty());
  EXPECT_EQ(listener.all<MarkPrice>().back().second.price, *market.exchange().mark(fixture::kPerp));
  ASSERT_FALSE(listener.all<OpenInterest>().empty());
  EXPECT_EQ(*listener.all<OpenInterest>().back().second.contracts,
            WideQty(market.exchange().open_interest(fixture::kPerp)));
  ASSERT_FALSE(listener.all<FundingRate>().empty());
  EXPECT_EQ(listener.all<FundingRate>().back().second.rate,
            market.desk->next_funding(fixture::kPerp)->rate);
  double volume = 0;
  std::map<int64_t, double> by_minute;
  for (const auto& [e, c] : listener.all<delever::Candle>()) by_minute[c.from.ns()] = *c.volume;
  for (const auto& [at, v] : by_minute) volume += v;
  EXPECT_NEAR(volume, market.desk->day(fixture::kPerp).volume, 1e-6);
}

TEST_F(OkxStreamTest, OfLiquidationsOneASecondIsTold) {
  const SocketId s = open("/ws/v5/public");
  subscribe(s, R"({"channel":"liquidation-orders","instType":"SWAP"})");
  post("/api/v5/account/set-leverage",
       R"({"instId":"BTC-USDT-SWAP","lever":"20","mgnMode":"cross"})");
  ASSERT_EQ(row_code(order("buy", "market", "5000")), "0");
  for (double price = 65'200; price > 63'000 && last("liquidation-orders").is_null(); price -= 50) {
    market.move(price);
    market.tick();
    pass(Duration::seconds(1));
  }
  OkxListener listener;
  listener.hear(out.frames);
  const auto liquidations = listener.all<Liquidation>();
  ASSERT_FALSE(liquidations.empty());
  EXPECT_EQ(liquidations[0].second.position_side, PositionSide::long_side);
  const size_t told = liquidations.size();
  gateway->tick();  // the second is not over
  EXPECT_EQ(out.count("bkPx"), told);
}

TEST_F(OkxStreamTest, SilentConnectionsAreClosed) {
  open("/ws/v5/public");
  pass(Duration::seconds(29));
  EXPECT_TRUE(out.closed.empty());
  pass(Duration::seconds(2));
  EXPECT_EQ(out.closed.size(), 1U);
}

}  // namespace
}  // namespace delever::gateways
