// Spot: candles of a second and of a month, times in microseconds, the least value of an order.
#include <gtest/gtest.h>

#include "base/text.h"
#include "gateways/binance/binance_testing.h"
#include "gateways/binance/time_unit.h"

namespace delever::gateways::binance {
namespace {

using testing::Client;

constexpr std::string_view kBuy = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5";

TEST(SpotCandles, OfEachSecondAndOfTheMonth) {
  Client c{true};
  const SocketId s = c.open("/ws/btcusdt@kline_1s");
  c.json("POST", "/api/v3/order", std::string(kBuy));
  c.run(35);  // three seconds end, and nobody trades in two of them
  c.json("POST", "/api/v3/order", std::string(kBuy));
  const JsonTree rows =
      c.tree(c.get("/api/v3/klines", "symbol=BTCUSDT&interval=1s&limit=1000").body);
  ASSERT_GE(rows.items().size(), 4u);
  double volume = 0;
  for (size_t n = 0; n < rows.items().size(); ++n) {
    const auto& cells = rows.items()[n].items();
    const int64_t start = *read_int(cells[0].text());
    EXPECT_EQ(start % 1'000, 0);
    EXPECT_EQ(*read_int(cells[6].text()), start + 999);
    if (n > 0) { EXPECT_EQ(start, *read_int(rows.items()[n - 1].items()[0].text()) + 1'000); }
    volume += *read_double(cells[5].text());
  }
  EXPECT_NEAR(volume, 1, 1e-9);
  EXPECT_EQ(rows.items()[1].items()[5].text(), "0.00000000");
  EXPECT_EQ(rows.items()[1].items()[1].text(), rows.items()[0].items()[4].text());  // stands
  EXPECT_EQ(
      c.tree(c.get("/api/v3/klines", "symbol=BTCUSDT&interval=1s&limit=2").body).items().size(),
      2u);
  std::vector<int64_t> closed;
  for (const JsonTree& k : c.sent(s, R"("x":true)")) closed.push_back(*k["k"].integer("t"));
  ASSERT_GE(closed.size(), 2u);
  for (size_t n = 1; n < closed.size(); ++n) EXPECT_EQ(closed[n], closed[n - 1] + 1'000);
  const JsonTree months = c.tree(c.get("/api/v3/klines", "symbol=BTCUSDT&interval=1M").body);
  ASSERT_EQ(months.items().size(), 1u);
  EXPECT_EQ(Instant::from_ms(*read_int(months.items()[0].items()[0].text())).value().text(),
            "2026-01-01T00:00:00Z");
  EXPECT_EQ(Instant::from_ms(*read_int(months.items()[0].items()[6].text())).value().text(),
            "2026-01-31T23:59:59.999Z");
  Client futures;
  EXPECT_EQ(futures.code(futures.get("/fapi/v1/klines", "symbol=BTCUSDT&interval=1s")), -1120);
  EXPECT_EQ(futures.get("/fapi/v1/klines", "symbol=BTCUSDT&interval=1M").status, 200);
}

TEST(SpotTimes, InMicrosecondsForWhoAsks) {
  EXPECT_EQ(
      in_microseconds(R"({"t":1796077373000,"T":1796077373999,"id":12,"x":"1796077373519"})", true),
      R"({"t":1796077373000000,"T":1796077373999999,"id":12,"x":"1796077373519"})");
  EXPECT_EQ(in_microseconds(R"(["a\"1",1796077373999,-1,1796077373.5])", false),
            R"(["a\"1",1796077373999000,-1,1796077373.5])");
  Client c{true};
  const SocketId ms = c.open("/stream?streams=btcusdt@trade");
  const SocketId us = c.open("/stream?streams=btcusdt@trade/btcusdt@kline_1s&timeUnit=MICROSECOND");
  const SocketId api = c.open("/ws-api/v3?timeUnit=microsecond");
  c.json("POST", "/api/v3/order", std::string(kBuy));
  c.run(11);
  const int64_t told = *c.sent(ms, "@trade").at(0)["data"].integer("T");
  EXPECT_EQ(c.sent(us, "@trade").at(0)["data"].integer("T"), told * 1'000);
  EXPECT_EQ(c.sent(us, "kline").at(0)["data"]["k"].integer("T").value() % 1'000'000, 999'999);
  c.gateway->received(api, R"({"id":1796077373519,"method":"time"})");
  const JsonTree answer = c.sent(api, "serverTime").at(0);
  EXPECT_EQ(answer.integer("id"), 1'796'077'373'519);  // the client's own
  EXPECT_EQ(answer["result"].integer("serverTime"), c.market.wall_now().ms() * 1'000);
  const std::vector<std::pair<std::string, std::string>> headers{
      {"X-MBX-TIME-UNIT", "MICROSECOND"}};
  const auto get = [&](std::string_view path, std::string_view query) {
    return c.tree(
        c.gateway->request({.method = "GET", .path = path, .query = query, .headers = &headers})
            .body);
  };
  EXPECT_EQ(get("/api/v3/trades", "symbol=BTCUSDT").items().at(0).integer("time"), told * 1'000);
  const JsonTree minutes = get("/api/v3/klines", "symbol=BTCUSDT&interval=1m");
  EXPECT_EQ(*read_int(minutes.items().at(0).items()[6].text()) % 1'000'000, 999'999);
  // A time that is asked for may be in either.
  for (const int64_t from : {told, told * 1'000}) {
    const std::string query = fmt::format("symbol=BTCUSDT&startTime={}", from);
    EXPECT_EQ(c.tree(c.get("/api/v3/aggTrades", query).body).items().size(), 1u);
  }
}

TEST(SpotOrders, AreWorthSomething) {
  auto setup = testing::face_venue("binance");
  for (auto& listing : setup.listings) {
    if (listing.rules.contract->kind == InstrumentKind::spot)
      listing.rules.contract->notional_min = exchange::fixture::coins(100);
  }
  Client c{true, {}, std::move(setup)};
  c.json("POST", "/api/v3/order", std::string(kBuy));  // there is a last price
  for (const char* order : {"type=LIMIT&timeInForce=GTC&price=80000&quantity=0.001",
                            "type=MARKET&quantity=0.001", "type=MARKET&quoteOrderQty=90"}) {
    const Answer a =
        c.call("POST", "/api/v3/order", std::string("symbol=BTCUSDT&side=BUY&") + order);
    EXPECT_EQ(c.code(a), -1013) << order;
    EXPECT_EQ(c.tree(a.body).text("msg"), "Filter failure: NOTIONAL") << order;
  }
  EXPECT_NE(c.get("/api/v3/exchangeInfo").body.find(R"("minNotional":"100")"), std::string::npos);
}

}  // namespace
}  // namespace delever::gateways::binance
