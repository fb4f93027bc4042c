// Goal: patterns and option chains become the symbols that a venue lists, asked over HTTP.
#include "live/listing.h"

#include <gtest/gtest.h>

#include "net/server.h"

namespace delever::live {
namespace {

class ListingTest : public testing::Test {
 protected:
  ListingTest() {
    server_ = net::Server::listen(loop_, {}).value();
    client_ = net::Client::make(loop_, {.proxies = net::Proxies()}).value();
  }
  ~ListingTest() override {
    client_.reset();
    server_.reset();
  }
  void answers(const std::string& path, const std::string& body, int status = 200) {
    server_->route(
        "*", path,
        [this, body, status](const net::ServerRequest& request, const net::ReplyPtr& reply) {
          asked_.push_back(request.query.empty() ? request.body : request.query);
          reply->json(status, body);
        });
  }
  Result<MarketWant> expand(MarketWant want) {
    want.url = "http://" + server_->address().text();
    std::optional<Result<MarketWant>> out;
    expand_want(*client_, want, [&](Result<MarketWant> done) { out = std::move(done); });
    for (int i = 0; i < 2'000 && !out; ++i) loop_.run_for(Duration::ms(5));
    EXPECT_TRUE(out);
    return out ? std::move(*out) : Result<MarketWant>(Error{Fault::unavailable, "hung"});
  }

  SystemClock clock_;
  net::Loop loop_{clock_};
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<net::Client> client_;
  std::vector<std::string> asked_;
};

std::string binance(const char* symbol, const char* base) {
  return std::string(R"({"symbol":")") + symbol +
         R"(","contractType":"PERPETUAL","deliveryDate":4133404800000,"status":"TRADING",)"
         R"("marginAsset":"USDT","baseAsset":")" +
         base +
         R"(","quoteAsset":"USDT","filters":[{"filterType":"PRICE_FILTER","tickSize":"0.10"},)"
         R"({"filterType":"LOT_SIZE","stepSize":"0.001"}]})";
}

TEST_F(ListingTest, NothingIsAskedWithoutPatterns) {
  const auto want = expand({.market = "binance-usdm", .symbols = {"BTCUSDT"}});
  ASSERT_TRUE(want.has_value());
  EXPECT_EQ(want.value().symbols, std::vector<std::string>{"BTCUSDT"});
  EXPECT_TRUE(asked_.empty());
}

TEST_F(ListingTest, PatternsMatchWhatIsListed) {
  answers("/fapi/v1/exchangeInfo", R"({"serverTime":1767571300000,"symbols":[)" +
                                       binance("BTCUSDT", "BTC") + "," + binance("ETHUSDT", "ETH") +
                                       "," + binance("BTCDOMUSDT", "BTCDOM") + "]}");
  const auto want = expand({.market = "binance-usdm", .symbols = {"BTC*", "SOLUSDT"}});
  ASSERT_TRUE(want.has_value()) << want.error().text();
  EXPECT_EQ(want.value().symbols, (std::vector<std::string>{"BTCDOMUSDT", "BTCUSDT", "SOLUSDT"}));
  const auto none = expand({.market = "binance-usdm", .symbols = {"DOGE*"}});
  ASSERT_FALSE(none.has_value());
  EXPECT_NE(none.error().text().find("binance-usdm:DOGE*"), std::string::npos);
}

TEST_F(ListingTest, HyperliquidsUniverse) {
  answers("/info", R"({"universe":[{"name":"BTC","szDecimals":5,"maxLeverage":40},)"
                   R"({"name":"ETH","szDecimals":4,"maxLeverage":25},{"name":"kPEPE"}]})");
  const auto want = expand({.market = "hyperliquid", .symbols = {"?TC", "k*"}});
  ASSERT_TRUE(want.has_value()) << want.error().text();
  EXPECT_EQ(want.value().symbols, (std::vector<std::string>{"BTC", "kPEPE"}));
  EXPECT_EQ(asked_.front(), R"({"type":"meta"})");
}

TEST_F(ListingTest, WhateverStandsBetweenTheMembers) {
  answers("/info",
          R"({"marginTables": [[1, {"name": "no coin"}]], "universe": [ {"szDecimals": 5, )"
          R"("name": "BTC"}, {"name" : "kPEPE"} ]})");
  const auto want = expand({.market = "hyperliquid", .symbols = {"*"}});
  ASSERT_TRUE(want.has_value()) << want.error().text();
  EXPECT_EQ(want.value().symbols, (std::vector<std::string>{"BTC", "kPEPE"}));
}

TEST_F(ListingTest, AListWithoutAnEnd) {
  answers("/v5/market/instruments-info",
          R"({"retCode": 0, "result": {"list": [], "nextPageCursor": "again"}})");
  const auto want = expand({.market = "bybit:linear", .symbols = {"BTC*"}});
  ASSERT_FALSE(want.has_value());
  EXPECT_NE(want.error().text().find("does not come to an end"), std::string::npos);
  EXPECT_EQ(asked_.size(), 2U);
}

TEST_F(ListingTest, PagesOfBybit) {
  const auto page = [](const char* symbol, const char* cursor) {
    return std::string(R"({"retCode":0,"retMsg":"OK","result":{"category":"linear","list":[)"
                       R"({"symbol":")") +
           symbol +
           R"(","contractType":"LinearPerpetual","status":"Trading","baseCoin":"BTC",)"
           R"("quoteCoin":"USDT","deliveryTime":"0","priceFilter":{"tickSize":"0.05"},)"
           R"("lotSizeFilter":{"qtyStep":"0.02"},"fundingInterval":240,"settleCoin":"USDT"}],)"
           R"("nextPageCursor":")" +
           cursor + R"("},"time":1767571300000})";
  };
  server_->route("GET", "/v5/market/instruments-info",
                 [&](const net::ServerRequest& request, const net::ReplyPtr& reply) {
                   const bool second = net::query_value(request.query, "cursor") == "next";
                   reply->json(200, second ? page("BTCPERP", "") : page("BTCUSDT", "next"));
                 });
  const auto want = expand({.market = "bybit:linear", .symbols = {"BTC*"}});
  ASSERT_TRUE(want.has_value()) << want.error().text();
  EXPECT_EQ(want.value().symbols, (std::vector<std::string>{"BTCPERP", "BTCUSDT"}));
}

TEST_F(ListingTest, WhatTheVenueRefuses) {
  answers("/fapi/v1/exchangeInfo", "{}", 418);
  const auto want = expand({.market = "binance-usdm", .symbols = {"*"}});
  ASSERT_FALSE(want.has_value());
  EXPECT_NE(want.error().text().find("418"), std::string::npos) << want.error().text();
  EXPECT_NE(want.error().text().find("/fapi/v1/exchangeInfo"), std::string::npos);
}

}  // namespace
}  // namespace delever::live
