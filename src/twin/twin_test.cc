// Goal: the venue's side by hand: what a client is told, and when it is thrown out. That a recorded
// twin is the tape again is in src/outside/identity_test.cc.
#include "twin/twin.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "codec/decoder.h"

namespace delever::twin {
namespace {

constexpr Instant kStart = Instant::ns(1'790'000'000'000'000'000);

class Tape final : public tape::TapeReader {
 public:
  Tape(std::vector<tape::StreamInfo> streams,
       std::vector<std::pair<tape::StreamNumber, std::string>> messages)
      : streams_(std::move(streams)), messages_(std::move(messages)) {}
  const std::vector<tape::StreamInfo>& streams() const override { return streams_; }
  const std::vector<tape::TapeGap>& gaps() const override { return gaps_; }
  Result<std::optional<tape::TapeMessage>> next() override {
    if (at_ == messages_.size()) return std::optional<tape::TapeMessage>();
    const auto& [stream, bytes] = messages_[at_];
    padded_ = bytes + std::string(codec::kPadding, '\0');
    const Instant received = kStart + Duration::seconds(static_cast<int64_t>(at_++));
    return std::optional(
        tape::TapeMessage{stream, received, std::string_view(padded_).substr(0, bytes.size())});
  }

 private:
  std::vector<tape::StreamInfo> streams_;
  std::vector<std::pair<tape::StreamNumber, std::string>> messages_;
  std::vector<tape::TapeGap> gaps_;
  std::string padded_;
  size_t at_ = 0;
};

struct Client final : TwinNetwork {
  void send(ConnectionId id, std::string_view text) override {
    heard[static_cast<uint32_t>(id)].emplace_back(text);
  }
  void ping(ConnectionId, std::string_view payload) override { pings.emplace_back(payload); }
  void pong(ConnectionId, std::string_view) override {}
  void close(ConnectionId, uint16_t, std::string_view why) override { closes.emplace_back(why); }
  void respond(RequestId, const HttpResponse& response) override { answers.push_back(response); }
  std::map<uint32_t, std::vector<std::string>> heard;
  std::vector<std::string> pings, closes;
  std::vector<HttpResponse> answers;
};

using Messages = std::vector<std::pair<tape::StreamNumber, std::string>>;

struct Scene {
  Scene(std::string_view market, const Messages& messages, Twin::Options options = {},
        std::string request = "") {
    const std::string decoder(market.substr(0, market.find(':')));
    std::vector<tape::StreamInfo> streams{
        {.name = "all", .venue = "v", .channel = "c", .decoder = decoder}};
    if (!request.empty()) {
      streams.push_back({.name = "rest", .venue = "v", .channel = "c", .decoder = decoder});
      streams[1].settings["request"] = request;
    }
    auto opened = Twin::open(
        market,
        [=]() -> Result<std::unique_ptr<tape::TapeReader>> {
          return std::unique_ptr<tape::TapeReader>(new Tape(streams, messages));
        },
        options, client);
    EXPECT_TRUE(opened.has_value());
    twin = std::move(opened).value();
  }
  Moment now() const { return {kStart + passed, passed}; }
  void accept(uint32_t id) { twin->accepted(ConnectionId{id}, "/ws", now()); }
  void send(uint32_t id, std::string_view text) { twin->received(ConnectionId{id}, text, now()); }
  void wait(Duration how_long) {
    const Duration until = passed + how_long;
    for (int steps = 0; steps < 10'000; ++steps) {
      const auto wake = twin->wake_at();
      if (!wake || *wake > until) break;
      passed = std::max(passed, *wake);
      twin->timer(now());
    }
    passed = until;
  }
  Client client;
  std::unique_ptr<Twin> twin;
  Duration passed;
};

std::string okx(std::string_view action, uint64_t id, std::string_view previous,
                std::string_view bids) {
  return fmt::format(
      R"({{"arg":{{"channel":"books","instId":"BTC-USDT-SWAP"}},"action":"{}","data":[{{"asks":)"
      R"([["101","1","0","1"]],"bids":{},"ts":"1790000000000","seqId":{},"prevSeqId":{}}}]}})",
      action, bids, id, previous);
}

TEST(Twin, LateSubscriptionBeginsWithTheBookOfTheMoment) {
  Scene scene("okx", {{1, okx("snapshot", 10, "-1", R"([["100","5","0","1"]])")},
                      {1, okx("update", 12, "10", R"([["100","7","0","1"]])")},
                      {1, okx("update", 15, "12", R"([["99","2","0","1"]])")}});
  const std::string ask =
      R"({"id":"4","op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT-SWAP"}]})";
  scene.accept(1);
  scene.send(1, ask);
  ASSERT_EQ(scene.client.heard[1].size(), 1U);
  EXPECT_NE(scene.client.heard[1][0].find(R"("event":"subscribe")"), std::string::npos);
  scene.wait(Duration::ms(2500));  // a second to settle, then the first two
  ASSERT_EQ(scene.client.heard[1].size(), 3U);
  EXPECT_EQ(scene.client.heard[1][1], okx("snapshot", 10, "-1", R"([["100","5","0","1"]])"));
  scene.accept(2);
  scene.send(2, ask);
  ASSERT_EQ(scene.client.heard[2].size(), 2U);
  EXPECT_NE(scene.client.heard[2][1].find(R"("action":"snapshot")"), std::string::npos);
  EXPECT_NE(scene.client.heard[2][1].find(R"(["100","7")"), std::string::npos);
  EXPECT_NE(scene.client.heard[2][1].find(R"("seqId":12)"), std::string::npos);
  scene.wait(Duration::seconds(2));
  EXPECT_EQ(scene.client.heard[2].back(), scene.client.heard[1].back());
  EXPECT_TRUE(scene.twin->finished());
}

TEST(Twin, RefusesAsItsVenueDoes) {
  const auto first = [](Scene& scene, std::string_view ask) {
    scene.accept(1);
    scene.send(1, ask);
    return scene.client.heard[1].empty() ? std::string() : scene.client.heard[1].back();
  };
  const Messages trade{{1, R"({"channel":"trades","data":[{"coin":"BTC","tid":1}]})"}};
  Scene hyperliquid("hyperliquid", trade);
  EXPECT_NE(
      first(hyperliquid, R"({"method":"subscribe","subscription":{"type":"trades","coin":"NOPE"}})")
          .find("Invalid subscription"),
      std::string::npos);
  Scene binance("binance-spot", {{1, R"({"stream":"a@trade","data":{"e":"trade"}})"}});
  EXPECT_EQ(first(binance, R"({"method":"SUBSCRIBE","params":["nope@trade"],"id":9})"),
            R"({"result":null,"id":9})");
  Scene bybit("bybit:linear", {{1, R"({"topic":"tickers.A","data":{}})"}});
  EXPECT_NE(first(bybit, R"({"req_id":"1","op":"subscribe","args":["tickers.A","tickers.B"]})")
                .find(R"("success":false)"),
            std::string::npos);
  Scene option("bybit:option", {{1, R"({"topic":"tickers.A","data":{}})"}});
  EXPECT_NE(first(option, R"({"req_id":"1","op":"subscribe","args":["tickers.A","tickers.B"]})")
                .find(R"("failTopics":["tickers.B"],"successTopics":["tickers.A"])"),
            std::string::npos);
  Scene okx("okx", {{1, R"({"arg":{"channel":"trades","instId":"A-B"},"data":[]})"}});
  const std::string error =
      first(okx, R"({"id":"q","op":"subscribe","args":[{"channel":"trades","instId":"NO-PE"}]})");
  EXPECT_NE(error.find(R"("code":"60018")"), std::string::npos);
  EXPECT_NE(error.find(R"("id":"q")"), std::string::npos);
  EXPECT_EQ(error.find("NO-PE"), std::string::npos);  // it does not say which
}

TEST(Twin, ThrowsOutWhoBreaksTheRules) {
  Scene many("binance-usdm", {{1, R"({"stream":"a@aggTrade","data":{}})"}});
  many.accept(1);
  for (int i = 0; i < 16; ++i)
    many.send(1, R"({"method":"SUBSCRIBE","params":["a@aggTrade"],"id":1})");
  EXPECT_EQ(many.client.closes, std::vector<std::string>{"Too many requests"});

  Scene mute(
      "deribit",
      {{1, R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":"a.b","data":{}}})"}});
  mute.accept(1);
  mute.send(1,
            R"({"jsonrpc":"2.0","id":1,"method":"public/set_heartbeat","params":{"interval":10}})");
  mute.wait(Duration::seconds(25));
  EXPECT_EQ(mute.client.closes, std::vector<std::string>{"no answer to test_request"});

  Scene old("binance-spot", {{1, R"({"stream":"a@trade","data":{}})"}},
            {.lifetime = Duration::minutes(5)});
  old.accept(1);
  for (int i = 0; i < 40 && old.client.closes.empty(); ++i) {
    old.wait(Duration::seconds(10));
    old.twin->ponged(ConnectionId{1}, old.now());
  }
  EXPECT_EQ(old.client.closes, std::vector<std::string>{"lifetime"});
  EXPECT_GT(old.client.pings.size(), 10U);
}

TEST(Twin, AnswersOfTheTapeAreServedWhenTheirTimeComes) {
  const std::string request = "/fapi/v1/openInterest?symbol=BTCUSDT";
  Scene scene("binance-usdm",
              {{1, R"({"stream":"a@aggTrade","data":{"a":1}})"},
               {2, R"({"openInterest":"1","symbol":"BTCUSDT","time":1})"},
               {1, R"({"stream":"a@aggTrade","data":{"a":2}})"},
               {2, R"({"openInterest":"2","symbol":"BTCUSDT","time":2})"}},
              {}, request);
  EXPECT_EQ(scene.twin->plan().polls.size(), 1U);
  scene.accept(1);
  scene.send(1, R"({"method":"SUBSCRIBE","params":["a@aggTrade"],"id":1})");
  scene.wait(Duration::ms(1100));
  scene.twin->requested(RequestId{1}, "GET", request, "", scene.now());
  EXPECT_TRUE(scene.client.answers.empty());  // it is on the tape, in a second
  scene.wait(Duration::seconds(1));
  ASSERT_EQ(scene.client.answers.size(), 1U);
  EXPECT_NE(scene.client.answers[0].body.find(R"("openInterest":"1")"), std::string::npos);
  scene.wait(Duration::seconds(5));
  scene.twin->requested(RequestId{2}, "GET", request, "", scene.now());
  ASSERT_EQ(scene.client.answers.size(), 2U);  // nobody had asked in time
  EXPECT_NE(scene.client.answers[1].body.find(R"("openInterest":"2")"), std::string::npos);
  scene.twin->requested(RequestId{3}, "GET", "/fapi/v1/depth?symbol=NOPE", "", scene.now());
  EXPECT_EQ(scene.client.answers.back().status, 400);
  scene.twin->ban(Duration::seconds(90), scene.now());
  scene.twin->requested(RequestId{4}, "GET", request, "", scene.now());
  EXPECT_EQ(scene.client.answers.back().status, 418);
  EXPECT_EQ(scene.client.answers.back().header("retry-after"), "91");
}

}  // namespace
}  // namespace delever::twin
