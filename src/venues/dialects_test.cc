// Goal: every market says what it wants in the forms of November 2026, and knows what each frame
// that it is sent is.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "base/source_root.h"
#include "venues/dialects.h"
#include "venues/terms/scan.h"

namespace delever::venues {
namespace {

using Kind = Frame::Kind;

std::unique_ptr<Dialect> dialect(std::string_view market) { return make_dialect(market).value(); }

std::string asked(const Dialect& d, const std::vector<std::string>& names, bool subscribe = true) {
  std::vector<Topic> topics;
  for (const std::string& name : names) topics.push_back(d.topic(name).value());
  std::vector<const Topic*> pointers;
  for (const Topic& topic : topics) pointers.push_back(&topic);
  return subscribe ? d.subscribe(pointers, 7) : d.unsubscribe(pointers, 7);
}

TEST(Scan, Members) {
  const std::string_view text = R"( {"a":1,"b":"x\"}y","c":{"d":[1,{"e":"]"}]},"f":true} tail)";
  EXPECT_EQ(member(text, "a"), "1");
  EXPECT_EQ(member(text, "b"), R"(x\"}y)");
  EXPECT_EQ(member(text, "c"), R"({"d":[1,{"e":"]"}]})");
  EXPECT_EQ(member(text, "f"), "true");
  EXPECT_EQ(member(text, "g"), std::nullopt);
  EXPECT_EQ(number(R"({"n":"42"})", "n"), 42U);
  EXPECT_EQ(number(R"({"n":-1})", "n"), std::nullopt);
  EXPECT_EQ(texts(R"(["a","b\"c"])"), (std::vector<std::string>{"a", R"(b\"c)"}));
  EXPECT_EQ(objects(R"( [ {"a":[1]} , {"b":"}"} ] )"),
            (std::vector<std::string_view>{R"({"a":[1]})", R"({"b":"}"})"}));
  EXPECT_TRUE(objects(R"({"a":1})").empty());
  EXPECT_TRUE(is_json_text(R"( {"a":"]"} )"));
  for (const char* no : {"", "null", "<html>", R"({"a":1)", "[1]]", "{} x"})
    EXPECT_FALSE(is_json_text(no)) << no;
  for (size_t n = 0; n < text.size(); ++n) (void)member(text.substr(0, n), "f");  // cut anywhere
}

TEST(Dialect, EachMarketHasOne) {
  for (const std::string_view name : dialect_names()) {
    const auto d = dialect(name);
    EXPECT_FALSE(d->terms().endpoints.empty()) << name;
    for (const Endpoint& endpoint : d->terms().endpoints) {
      EXPECT_TRUE(endpoint.url.starts_with("wss://")) << endpoint.url;
      EXPECT_EQ(endpoint.url.find("8443"), std::string::npos) << "OKX left that port";
      EXPECT_GT(endpoint.topics_max, 0U);
    }
    EXPECT_TRUE(d->terms().rest.base.starts_with("https://")) << name;
  }
  EXPECT_FALSE(make_dialect("bybit").has_value());
  EXPECT_FALSE(make_dialect("nasdaq").has_value());
}

TEST(Dialect, BinanceSplitsItsPaths) {
  const auto d = dialect("binance-usdm");
  const Plan plan = d->plan({.symbols = {"BTCUSDT"}}).value();
  std::map<std::string, size_t> endpoint;
  for (const Topic& topic : plan.topics) endpoint[topic.name] = topic.endpoint;
  EXPECT_EQ(endpoint.at("btcusdt@depth@100ms"), 0U);
  EXPECT_EQ(endpoint.at("btcusdt@bookTicker"), 0U);
  EXPECT_EQ(endpoint.at("btcusdt@aggTrade"), 1U);
  EXPECT_EQ(endpoint.at("btcusdt@markPrice@1s"), 1U);
  EXPECT_EQ(endpoint.at("btcusdt@forceOrder"), 1U);
  EXPECT_EQ(endpoint.at("!contractInfo"), 1U);
  const Topic depth = d->topic("btcusdt@depth@100ms").value();
  EXPECT_EQ(depth.cure, Cure::rest_snapshot);
  EXPECT_EQ(depth.snapshot, "/fapi/v1/depth?symbol=BTCUSDT");
  EXPECT_EQ(d->topic("btcusdt@depth20@100ms").value().cure, Cure::none);
  EXPECT_EQ(
      asked(*d, {"btcusdt@depth@100ms", "btcusdt@bookTicker"}),
      R"({"method":"SUBSCRIBE","params":["btcusdt@depth@100ms","btcusdt@bookTicker"],"id":7})");
  EXPECT_FALSE(d->topic("btcusdt").has_value());
  // COIN-M: the index of the pair, and no /public.
  const Plan coin = dialect("binance-coinm")->plan({.symbols = {"BTCUSD_PERP"}}).value();
  EXPECT_TRUE(std::any_of(coin.topics.begin(), coin.topics.end(),
                          [](const Topic& t) { return t.name == "btcusd@indexPrice"; }));
  EXPECT_EQ(dialect("binance-eoptions")->plan({.symbols = {"BTCUSDT"}}).value().topics[0].name,
            "btcusdt@optionTrade");
}

// What the venues say of themselves is asked for where nothing else was named.
TEST(Dialect, MaintenanceIsListenedTo) {
  const auto find = [](const Plan& plan, std::string_view name) -> const Topic* {
    for (const Topic& topic : plan.topics) {
      if (topic.name == name) return &topic;
    }
    return nullptr;
  };
  const auto bybit = dialect("bybit:linear");
  const Plan of_bybit = bybit->plan({.symbols = {"BTCUSDT", "ETHUSDT"}}).value();
  const Topic* status = find(of_bybit, "system.status");
  ASSERT_TRUE(status);
  EXPECT_EQ(bybit->terms().endpoints.at(status->endpoint).url,
            "wss://stream.bybit.com/v5/public/misc/status");
  EXPECT_EQ(status->channel, "system.status");
  EXPECT_FALSE(status->silence);
  EXPECT_EQ(asked(*bybit, {"system.status"}),
            R"({"req_id":"7","op":"subscribe","args":["system.status"]})");
  std::string scratch;
  EXPECT_EQ(bybit->read(R"({"topic":"system.status","ts":1,"data":[{"state":"ongoing"}]})", scratch)
                .topic,
            status->key);
  const Plan of_deribit = dialect("deribit")->plan({.symbols = {"BTC-PERPETUAL", "BTC"}}).value();
  const Topic* state = find(of_deribit, "platform_state");
  ASSERT_TRUE(state);
  EXPECT_EQ(state->channel, "platform_state");
  EXPECT_EQ(std::count_if(of_deribit.topics.begin(), of_deribit.topics.end(),
                          [](const Topic& t) { return t.name == "platform_state"; }),
            1);
  for (const char* name : {"bybit:linear", "deribit"}) {
    const Plan named = dialect(name)->plan({.symbols = {"BTC-X"}, .channels = {"tickers"}}).value();
    EXPECT_EQ(named.topics.size(), 1U) << name;
  }
}

TEST(Dialect, BinancePlaces) {
  const auto d = dialect("binance-usdm");
  const auto place =
      d->place(R"({"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1,"T":1,"s":"BTCU)"
               R"(SDT","U":10,"u":12,"pu":9,"b":[["1","2"]],"a":[]}})");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->first, 10U);
  EXPECT_EQ(place->last, 12U);
  EXPECT_EQ(place->previous, 9U);
  EXPECT_TRUE(d->follows(*place, 9));
  EXPECT_FALSE(d->follows(*place, 10));
  EXPECT_TRUE(d->bridges(*place, 9));  // it continues the snapshot directly
  EXPECT_TRUE(d->bridges(*place, 11));
  EXPECT_FALSE(d->bridges(*place, 8));
  EXPECT_FALSE(d->bridges(*place, 13));
  const auto base = d->place(R"({"lastUpdateId":77,"E":1,"bids":[],"asks":[]})");
  ASSERT_TRUE(base);
  EXPECT_TRUE(base->snapshot);
  EXPECT_EQ(base->last, 77U);
  const auto spot = dialect("binance-spot");
  EXPECT_TRUE(spot->bridges({.first = 78, .last = 80}, 77));
  EXPECT_FALSE(spot->bridges({.first = 79, .last = 80}, 77));
  EXPECT_FALSE(spot->bridges({.first = 70, .last = 77}, 77));
}

struct Case {
  const char* market;
  const char* frame;
  Kind kind;
  const char* topic;
};

TEST(Dialect, KnowsItsFrames) {
  const Case cases[] = {
      {"binance-usdm", R"({"result":null,"id":1})", Kind::accepted, ""},
      {"binance-usdm", R"({"error":{"code":4,"msg":"Too many subscriptions"}})", Kind::refused, ""},
      {"binance-usdm", R"({"code":2,"msg":"Invalid request","id":5})", Kind::refused, ""},
      {"binance-spot", R"({"e":"serverShutdown","E":1791000002000})", Kind::leaving, ""},
      {"binance-spot", R"({"stream":"!serverShutdown","data":{}})", Kind::leaving,
       "!serverShutdown"},
      {"binance-spot", R"({"stream":"btcusdt@trade","data":{}})", Kind::data, "btcusdt@trade"},
      {"bybit:linear",
       R"({"success":true,"ret_msg":"","conn_id":"a","req_id":"","op":"subscribe"})",
       Kind::accepted, ""},
      {"bybit:spot",
       R"({"success":true,"ret_msg":"subscribe","conn_id":"a","req_id":"10001","op":"subscribe"})",
       Kind::accepted, ""},
      {"bybit:linear", R"({"success":false,"ret_msg":"error:x","conn_id":"a","op":"subscribe"})",
       Kind::refused, ""},
      {"bybit:spot", R"({"success":true,"ret_msg":"pong","conn_id":"a","op":"ping"})", Kind::pong,
       ""},
      {"bybit:option", R"({"args":["1672916271846"],"op":"pong"})", Kind::pong, ""},
      {"bybit:linear", R"({"ts":1,"topic":"tickers.BTCUSDT","data":{}})", Kind::data,
       "tickers.BTCUSDT"},
      {"okx", "pong", Kind::pong, ""},
      {"okx",
       R"({"id":"1","event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT-SWAP)"
       R"("},"connId":"a"})",
       Kind::accepted, "books:BTC-USDT-SWAP"},
      {"okx", R"({"event":"error","msg":"x","code":"60018","connId":"a","id":"1"})", Kind::refused,
       ""},
      {"okx", R"({"event":"notice","code":"64008","msg":"soon","connId":"a"})", Kind::leaving, ""},
      {"okx", R"({"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[]})", Kind::data,
       "liquidation-orders:SWAP"},
      {"okx", R"({"arg":{"instId":"A-B","channel":"books"},"action":"update","data":[]})",
       Kind::data, "books:A-B"},
      {"deribit", R"({"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}})",
       Kind::answer, ""},
      {"deribit", R"({"jsonrpc":"2.0","method":"heartbeat","params":{"type":"heartbeat"}})",
       Kind::pong, ""},
      {"deribit", R"({"jsonrpc":"2.0","id":3,"result":["a.b"],"usIn":1})", Kind::accepted, ""},
      {"deribit", R"({"jsonrpc":"2.0","id":3,"error":{"message":"x","code":13778}})", Kind::refused,
       ""},
      {"deribit",
       R"({"jsonrpc":"2.0","id":1,"error":{"code":10028,"message":"too_many_requests"}})",
       Kind::fatal, ""},
      {"deribit",
       R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":"quote.X","data":{}}})",
       Kind::data, "quote.X"},
      {"hyperliquid", R"({"channel":"pong"})", Kind::pong, ""},
      {"hyperliquid",
       R"({"channel":"subscriptionResponse","data":{"method":"subscribe","subscription")"
       R"(:{"type":"trades","coin":"SOL","new":1}}})",
       Kind::accepted, "trades:SOL"},
      {"hyperliquid",
       R"({"channel":"error","data":"Invalid subscription {\"type\":\"trades\",\"coin\":)"
       R"(\"NOSUCH\"}"})",
       Kind::refused, "trades:NOSUCH"},
      {"hyperliquid",
       R"({"channel":"error","data":"Already subscribed: {\"type\":\"trades\",\"coin\":\"SOL\"}"})",
       Kind::accepted, "trades:SOL"},
      {"hyperliquid", R"({"channel":"l2Book","data":{"coin":"BTC","time":1,"levels":[[],[]]}})",
       Kind::data, "l2Book:BTC"},
      {"hyperliquid",
       R"({"channel":"l2Book","data":{"coin":"BTC","time":1,"levels":[[],[]],"fast":true}})",
       Kind::data, "l2Book:BTC:fast"},
      {"hyperliquid", R"({"channel":"trades","data":[{"coin":"xyz:XYZ100","tid":1}]})", Kind::data,
       "trades:xyz:XYZ100"},
      {"okx", R"({"code":"0","msg":"","data":[]})", Kind::unknown, ""},
      {"deribit", "not JSON", Kind::unknown, ""},
  };
  for (const Case& c : cases) {
    std::string scratch;
    const Frame frame = dialect(c.market)->read(c.frame, scratch);
    EXPECT_EQ(frame.kind, c.kind) << c.market << " " << c.frame;
    EXPECT_EQ(frame.topic, c.topic) << c.market << " " << c.frame;
  }
}

// Members stand in any order, with blanks or without; a venue adds fields.
TEST(Dialect, KnowsItsFramesHoweverTheyAreWritten) {
  const Case cases[] = {
      {"binance-usdm", R"({"data": {"e": "depthUpdate"}, "stream": "btcusdt@depth@100ms"})",
       Kind::data, "btcusdt@depth@100ms"},
      {"okx",
       R"({"data":[{"seqId":1}],"action":"update","arg":{"instId":"A-B","channel":"books"}})",
       Kind::data, "books:A-B"},
      {"okx", "ping", Kind::answer, ""},
      {"bybit:linear", R"({"op": "ping"})", Kind::answer, ""},
      {"bybit:linear", R"({"req_id":"3","op":"ping","ret_msg":"pong","success":true})", Kind::pong,
       ""},
      {"deribit", R"({"params":{"type":"test_request"},"method":"heartbeat","jsonrpc":"2.0"})",
       Kind::answer, ""},
      {"deribit",
       R"({"params": {"data": {"a": 1}, "channel": "quote.X"}, "method": "subscription"})",
       Kind::data, "quote.X"},
      {"deribit", R"({"id": 3, "result": [ "a.b" ]})", Kind::accepted, ""},
      {"deribit", R"({"id":0,"error":{"code":10028,"message":"too_many_requests"}})", Kind::fatal,
       ""},
      {"hyperliquid",
       R"({"data": {"fast": true, "levels": [[], []], "coin": "BTC"}, "channel": "l2Book"})",
       Kind::data, "l2Book:BTC:fast"},
      {"hyperliquid",
       R"({"channel":"subscriptionResponse","data":{"method":"subscribe","subscription":)"
       R"({"type":"l2Book","coin":"BTC","nSigFigs":null,"dex":null,"fast":false}}})",
       Kind::accepted, "l2Book:BTC"},
  };
  for (const Case& c : cases) {
    std::string scratch;
    const Frame frame = dialect(c.market)->read(c.frame, scratch);
    EXPECT_EQ(frame.kind, c.kind) << c.market << " " << c.frame;
    EXPECT_EQ(frame.topic, c.topic) << c.market << " " << c.frame;
  }
  std::string scratch;
  EXPECT_TRUE(dialect("deribit")->read(R"({"id": 3, "result": [ "a.b" ]})", scratch).lists);
  const auto place = dialect("binance-usdm")
                         ->place(R"({"data":{"b":[["1","2"]],"pu":9,"u":12,"U":10},"stream":"x"})");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->first, 10U);
  EXPECT_EQ(place->last, 12U);
  EXPECT_EQ(place->previous, 9U);
}

TEST(Dialect, KnowsWhatIsRefusedForNow) {
  std::string scratch;
  const auto read = [&](const char* market, const char* frame) {
    return dialect(market)->read(frame, scratch);
  };
  EXPECT_TRUE(read("okx", R"({"event":"error","code":"60014","msg":"x","id":"1"})").for_now);
  EXPECT_FALSE(read("okx", R"({"event":"error","code":"60018","msg":"x","id":"1"})").for_now);
  EXPECT_TRUE(read("deribit", R"({"id":1,"error":{"code":10040,"message":"retry"}})").for_now);
  EXPECT_FALSE(read("deribit", R"({"id":1,"error":{"code":13778,"message":"x"}})").for_now);
  EXPECT_TRUE(read("bybit:linear", R"({"success":false,"ret_msg":"error:already subscribed,topic:)"
                                   R"(tickers.X","op":"subscribe"})")
                  .already);
}

TEST(Dialect, KnowsWhatIsNoAnswer) {
  const auto refusal = [](const char* market, HttpResponse response) {
    return dialect(market)->refusal(response);
  };
  for (const std::string_view market : dialect_names()) {
    const std::string why =
        refusal(std::string(market).c_str(), {.status = 200, .body = "<html>Just a moment</html>"});
    EXPECT_NE(why.find("no JSON"), std::string::npos) << market << why;
    EXPECT_NE(refusal(std::string(market).c_str(), {.status = 200, .body = R"({"a":[1,2)"}), "")
        << market << ": cut short";
  }
  EXPECT_EQ(refusal("binance-usdm", {.status = 200, .body = " [1] \n"}), "");
  EXPECT_EQ(refusal("binance-usdm", {.status = 400, .body = R"({"code":-1121})"}),
            R"(HTTP 400: {"code":-1121})");
  EXPECT_EQ(refusal("okx", {.status = 302, .headers = {{"Location", "https://elsewhere/"}}}),
            "HTTP 302 to https://elsewhere/, which is not followed");
  EXPECT_EQ(refusal("bybit:linear", {.status = 200, .body = "{}"}), "an answer without retCode");
  EXPECT_EQ(refusal("okx", {.status = 200, .body = "{}"}), "an answer without code");
  EXPECT_EQ(refusal("deribit",
                    {.status = 200, .body = R"({"error":{"code":11051,"message":"maintenance"}})"}),
            "11051 maintenance");
}

TEST(Dialect, TurnsPages) {
  const auto d = dialect("bybit:option");
  const char* first = "/v5/market/instruments-info?category=option&limit=1000";
  const std::string next =
      d->next_page(first, R"({"retCode":0,"result":{"list":[], "nextPageCursor": "a%3D1"}})");
  EXPECT_EQ(next, std::string(first) + "&cursor=a%3D1");
  EXPECT_EQ(d->next_page(next, R"({"result":{"nextPageCursor":"b"}})"),
            std::string(first) + "&cursor=b");
  EXPECT_EQ(d->next_page(next, R"({"result":{"nextPageCursor":""}})"), "");
  EXPECT_EQ(d->next_page(next, R"({"result":{}})"), "");
}

TEST(Dialect, ListsWhatIsTaken) {
  std::string scratch;
  const Frame bybit = dialect("bybit:option")
                          ->read(R"({"success":true,"conn_id":"a","data":{"failTopics":["x.Y"],)"
                                 R"("successTopics":["a.B"]},"type":"COMMAND_RESP"})",
                                 scratch);
  EXPECT_TRUE(bybit.lists);
  EXPECT_EQ(bybit.taken, std::vector<std::string>{"a.B"});
  EXPECT_EQ(bybit.failed, std::vector<std::string>{"x.Y"});
}

TEST(Dialect, AsksAsTheVenueTakesIt) {
  EXPECT_EQ(asked(*dialect("okx"), {"books:BTC-USDT-SWAP", "liquidation-orders:SWAP"}),
            R"({"id":"7","op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT-SWAP"},)"
            R"({"channel":"liquidation-orders","instType":"SWAP"}]})");
  EXPECT_EQ(asked(*dialect("deribit"), {"book.BTC-PERPETUAL.100ms"}, false),
            R"({"jsonrpc":"2.0","id":7,"method":"public/unsubscribe","params":{"channels":)"
            R"(["book.BTC-PERPETUAL.100ms"]}})");
  EXPECT_EQ(asked(*dialect("hyperliquid"), {"l2Book:BTC:fast"}),
            R"({"method":"subscribe","subscription":{"type":"l2Book","coin":"BTC","fast":true}})");
  EXPECT_EQ(asked(*dialect("bybit:linear"), {"tickers.BTCUSDT"}),
            R"({"req_id":"7","op":"subscribe","args":["tickers.BTCUSDT"]})");
}

// The frames gathered in November 2026: each is known, and data names its topic.
TEST(Dialect, KnowsTheFramesOfLive) {
  const std::string folder = source_root() + "/../shared/venues/live/";
  size_t known = 0, all = 0;
  for (const std::string venue : {"binance", "bybit", "okx", "deribit", "hyperliquid"}) {
    std::ifstream in(folder + venue + ".jsonl");
    if (!in) GTEST_SKIP() << "absent: ../shared/venues/live/" << venue << ".jsonl";
    std::string line, scratch;
    while (std::getline(in, line)) {
      if (member(line, "dir") != "recv") continue;
      std::string frame(member(line, "frame").value_or(""));
      if (frame.starts_with("ping frame") || frame.starts_with("close") ||
          member(frame, "status") || member(frame, "openInterest") || member(frame, "retCode"))
        continue;
      ++all;
      bool any = false;
      for (const std::string_view market : dialect_names()) {
        if (!market.starts_with(venue)) continue;
        any |= dialect(market)->read(frame, scratch).kind != Kind::unknown;
      }
      EXPECT_TRUE(any || frame.find("LIST") != frame.npos) << venue << " " << frame.substr(0, 200);
      known += any;
    }
  }
  EXPECT_GT(known, 60U);
  EXPECT_EQ(known, all);
}

}  // namespace
}  // namespace delever::venues
