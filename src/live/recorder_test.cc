// A recorder and twins of two venues over real sockets on loopback: what is recorded is what was
// played, also over a rotation, a cut and a second run into the same file.
#include "live/recorder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "live/notify.h"
#include "live/twin_server.h"
#include "tape/inspect.h"

namespace delever::live {
namespace {

constexpr Instant kStart = Instant::ns(1'769'760'000'000'000'000);

std::string binance_trade(int i) {
  return fmt::format(
      R"({{"stream":"btcusdt@aggTrade","data":{{"e":"aggTrade","E":{0},"a":{1},"s":"BTCUSDT",)"
      R"("p":"84250.10","q":"0.5","f":{1},"l":{1},"T":{0},"m":true}}}})",
      1'769'760'000'000 + i * 10, i + 1);
}

std::string okx_trade(int i) {
  return fmt::format(
      R"({{"arg":{{"channel":"trades","instId":"BTC-USDT-SWAP"}},"data":[{{"instId":)"
      R"("BTC-USDT-SWAP","tradeId":"{0}","px":"84250.1","sz":"1","side":"buy","ts":"{1}",)"
      R"("count":"1"}}]}})",
      i + 1, 1'769'760'000'000 + i * 10);
}

class RecorderTest : public testing::Test {
 protected:
  RecorderTest() {
    folder_ = testing::TempDir() + fmt::format("delever_recorder_{}", getpid());
    std::filesystem::create_directories(folder_);
    auto client = net::Client::make(loop_, {.proxies = net::Proxies()});
    EXPECT_TRUE(client.has_value());
    client_ = std::move(client).value();
  }
  ~RecorderTest() override {
    recorder_.reset();
    client_.reset();
    twins_.clear();
    std::filesystem::remove_all(folder_);
  }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  // A tape of `count` messages, ten milliseconds apart.
  std::string played(const std::string& decoder, int count, std::string (*message)(int)) {
    const std::string file = path("played-" + decoder);
    auto writer = tape::TapeWriter::open(file, clock_).value();
    const auto stream = writer->stream({"trades", decoder, "trades", decoder, {}}).value();
    for (int i = 0; i < count; ++i) {
      EXPECT_TRUE(writer->append(stream, kStart + Duration::ms(10) * i, message(i)).has_value());
    }
    EXPECT_TRUE(writer->close().has_value());
    return file;
  }

  MarketWant twin(const std::string& market, const std::string& tape, MarketWant want,
                  std::optional<Duration> lifetime = {}) {
    TwinServer::Options options;
    options.market = market;
    options.tape = [tape] { return tape::TapeReader::open(tape); };
    options.playing.settle = Duration::ms(300);
    options.playing.lifetime = lifetime;
    auto opened = TwinServer::open(loop_, std::move(options));
    EXPECT_TRUE(opened.has_value()) << opened.error().text();
    twins_.push_back(std::move(opened).value());
    want.market = market;
    want.url = "http://" + twins_.back()->address().text();
    return want;
  }

  void record(const std::vector<MarketWant>& wants, const std::string& out) {
    recorder_ = std::make_unique<Recorder>(loop_, *client_,
                                           Recorder::Options{.out = out, .markets = wants});
    const auto started = recorder_->start();
    ASSERT_TRUE(started.has_value()) << started.error().text();
  }

  bool until(const std::function<bool()>& so) {
    const Duration begin = clock_.elapsed();
    while (!so()) {
      if (clock_.elapsed() - begin > Duration::seconds(30)) return false;
      loop_.run_for(Duration::ms(5));
    }
    return true;
  }
  bool played_out() {
    return std::all_of(twins_.begin(), twins_.end(), [](const auto& t) { return t->finished(); });
  }
  void stop() {
    bool done = false;
    recorder_->stop([&](const Result<void>& result) {
      EXPECT_TRUE(result.has_value());
      done = true;
    });
    EXPECT_TRUE(until([&] { return done; }));
    recorder_.reset();
  }

  // Messages of the tape that hold `what`.
  static std::multiset<std::string> heard(const std::string& file, const std::string& what) {
    std::multiset<std::string> out;
    auto reader = tape::TapeReader::open(file);
    EXPECT_TRUE(reader.has_value());
    while (reader.has_value()) {
      const auto next = reader.value()->next();
      EXPECT_TRUE(next.has_value());
      if (!next.has_value() || !next.value()) break;
      if (next.value()->bytes.find(what) != std::string_view::npos)
        out.emplace(next.value()->bytes);
    }
    return out;
  }
  static std::multiset<std::string> all(int count, std::string (*message)(int)) {
    std::multiset<std::string> out;
    for (int i = 0; i < count; ++i) out.insert(message(i));
    return out;
  }

  SystemClock clock_;
  net::Loop loop_{clock_};
  std::string folder_;
  std::unique_ptr<net::Client> client_;
  std::vector<std::unique_ptr<TwinServer>> twins_;
  std::unique_ptr<Recorder> recorder_;
};

TEST_F(RecorderTest, TwoVenuesMessageByMessage) {
  const auto binance = twin("binance-usdm", played("binance-usdm", 200, binance_trade),
                            {.symbols = {"BTCUSDT"}, .channels = {"aggTrade"}});
  const auto okx = twin("okx", played("okx", 150, okx_trade),
                        {.symbols = {"BTC-USDT-SWAP"}, .channels = {"trades"}});
  record({binance, okx}, path("out.tape"));
  ASSERT_TRUE(until([&] { return played_out(); }));
  ASSERT_TRUE(until([&] { return recorder_->counts().sum.messages >= 350; }));
  stop();
  EXPECT_EQ(heard(path("out.tape"), "aggTrade"), all(200, binance_trade));
  EXPECT_EQ(heard(path("out.tape"), "tradeId"), all(150, okx_trade));
  const auto info = tape::tape_info(path("out.tape"));
  ASSERT_TRUE(info.has_value());
  EXPECT_TRUE(info.value().closed);
}

TEST_F(RecorderTest, ARotationLosesNothing) {
  const auto binance = twin("binance-usdm", played("binance-usdm", 300, binance_trade),
                            {.symbols = {"BTCUSDT"}, .channels = {"aggTrade"}});
  record({binance}, path("out.tape"));
  ASSERT_TRUE(until([&] { return recorder_->counts().sum.messages >= 50; }));
  ASSERT_TRUE(recorder_->rotate().has_value());
  const std::string second = recorder_->counts().file;
  EXPECT_NE(second, path("out.tape"));
  ASSERT_TRUE(until([&] { return played_out(); }));
  loop_.run_for(Duration::ms(300));
  stop();
  std::set<std::string> together;
  for (const std::string& file : {path("out.tape"), second}) {
    for (const std::string& message : heard(file, "aggTrade")) together.insert(message);
  }
  const auto played = all(300, binance_trade);
  EXPECT_EQ(together, (std::set<std::string>(played.begin(), played.end())));
  EXPECT_TRUE(tape::tape_info(path("out.tape")).value().closed);
}

// The turn of the day comes while a rotation by SIGHUP is under way: it is not forgotten.
TEST_F(RecorderTest, ARotationWithinARotationComesAfterIt) {
  const auto binance = twin("binance-usdm", played("binance-usdm", 600, binance_trade),
                            {.symbols = {"BTCUSDT"}, .channels = {"aggTrade"}});
  record({binance}, path("out.tape"));
  ASSERT_TRUE(until([&] { return recorder_->counts().sum.messages >= 20; }));
  ASSERT_TRUE(recorder_->rotate().has_value());
  const std::string second = recorder_->counts().file;
  ASSERT_TRUE(recorder_->rotate().has_value());
  ASSERT_TRUE(recorder_->rotate().has_value());
  EXPECT_EQ(recorder_->counts().rotations, 1U);
  ASSERT_TRUE(until([&] { return recorder_->counts().file != second; }));
  EXPECT_EQ(recorder_->counts().rotations, 2U);
  ASSERT_TRUE(until([&] { return played_out(); }));
  loop_.run_for(Duration::ms(300));
  const std::string last = recorder_->counts().file;
  stop();
  std::set<std::string> together;
  for (const std::string& file : {path("out.tape"), second, last}) {
    for (const std::string& message : heard(file, "aggTrade")) together.insert(message);
  }
  const auto played = all(600, binance_trade);
  EXPECT_EQ(together, (std::set<std::string>(played.begin(), played.end())));
}

// By a pattern: what the venue lists while we record is heard too, and nothing twice for it.
TEST_F(RecorderTest, WhatIsListedLaterIsHeardToo) {
  const auto message = [](int i) {
    std::string text = okx_trade(i);
    if (i % 3 == 1) {
      for (size_t at = 0; (at = text.find("BTC-", at)) != std::string::npos;) text[at] = 'X';
    }
    if (i % 3 == 2)
      text = fmt::format(
          R"({{"arg":{{"channel":"liquidation-orders","instType":"SWAP"}},"data":[{{"instId":)"
          R"("BTC-USDT-SWAP","details":[{{"sz":"{}"}}]}}]}})",
          i);
    return text;
  };
  auto okx = twin("okx", played("okx", 600, message), {.symbols = {"BTC-USDT-SWAP"}});
  MarketWant pattern = okx;
  pattern.symbols = {"*TC-USDT-SWAP"};
  int asked = 0;
  recorder_ = std::make_unique<Recorder>(
      loop_, *client_,
      Recorder::Options{.out = path("out.tape"),
                        .markets = {okx},
                        .patterns = {pattern},
                        .expand =
                            [&](const MarketWant& want, const Expanded& done) {
                              EXPECT_EQ(want.symbols, pattern.symbols);
                              MarketWant out = want;
                              out.symbols = {"BTC-USDT-SWAP", "XTC-USDT-SWAP"};
                              if (++asked == 2) return done(Error{Fault::unavailable, "no", "okx"});
                              if (asked == 4) out.symbols = {"XTC-USDT-SWAP"};
                              done(out);
                            },
                        .relist_every = Duration::ms(700)});
  ASSERT_TRUE(recorder_->start().has_value());
  ASSERT_TRUE(until([&] { return played_out(); }));
  loop_.run_for(Duration::ms(300));
  std::string notes;
  for (const std::string& note : recorder_->take_notes()) notes += note + "\n";
  EXPECT_NE(notes.find("okx lists XTC-USDT-SWAP now: recorded from here on"), std::string::npos);
  EXPECT_EQ(notes.find("lists XTC"), notes.rfind("lists XTC")) << notes;
  EXPECT_NE(notes.find("okx is not listed again: okx: no"), std::string::npos) << notes;
  EXPECT_NE(notes.find("okx no longer lists BTC-USDT-SWAP"), std::string::npos) << notes;
  stop();
  EXPECT_GT(heard(path("out.tape"), "XTC-USDT-SWAP").size(), 20U);
  for (const char* what :
       {"BTC-USDT-SWAP\",\"tradeId", "XTC-USDT-SWAP\",\"tradeId", "liquidation"}) {
    const auto messages = heard(path("out.tape"), what);
    EXPECT_EQ(messages.size(), std::set<std::string>(messages.begin(), messages.end()).size())
        << what;
    EXPECT_FALSE(messages.empty()) << what;
  }
}

TEST_F(RecorderTest, ASecondRunGoesOnInTheSameFileAndNamesTheGap) {
  const auto want = twin("okx", played("okx", 400, okx_trade),
                         {.symbols = {"BTC-USDT-SWAP"}, .channels = {"trades"}});
  record({want}, path("out.tape"));
  ASSERT_TRUE(until([&] { return recorder_->counts().sum.messages >= 50; }));
  stop();
  record({want}, path("out.tape"));
  ASSERT_TRUE(until([&] { return recorder_->counts().sum.messages >= 50; }));
  stop();
  const auto info = tape::tape_info(path("out.tape"));
  ASSERT_TRUE(info.has_value());
  bool named = false;
  for (const tape::TapeGap& gap : info.value().gaps)
    named = named || gap.reason.find("not running") != std::string::npos;
  EXPECT_TRUE(named);
}

TEST_F(RecorderTest, NobodyAtTheAddress) {
  record({{.market = "okx",
           .symbols = {"BTC-USDT-SWAP"},
           .channels = {"trades"},
           .url = "http://127.0.0.1:1"}},
         path("out.tape"));
  ASSERT_TRUE(until([&] { return recorder_->unreachable().has_value(); }));
  const std::string text = recorder_->unreachable()->text();
  EXPECT_NE(text.find("ws://127.0.0.1:1/"), std::string::npos) << text;
  EXPECT_NE(text.find("Connection refused"), std::string::npos) << text;
  stop();
  EXPECT_FALSE(std::filesystem::exists(path("out.tape")));
}

// What a venue has sent before it learns that the recorder goes is on the tape, to the last
// message.
TEST_F(RecorderTest, HearsToTheLastMessage) {
  auto server = net::Server::listen(loop_, {}).value();
  net::WebSocketPtr venue;
  int sent = 0;
  net::Timer sending;
  std::function<void()> send = [&] {
    for (int i = 0; i < 40 && venue->send(okx_trade(sent)); ++i) ++sent;
    sending = loop_.after(Duration::ms(1), send);
  };
  server->socket("/ws/v5/public", {}, [&](const net::ServerRequest&, const net::WebSocketPtr& it) {
    venue = it;
    net::SocketHandlers handlers;
    handlers.on_message = [&](net::WebSocket&, const net::Message&) { send(); };
    handlers.on_closed = [&](net::WebSocket&, const net::Closed&) { sending.cancel(); };
    return net::Server::Accepted{.handlers = handlers};
  });
  record({{.market = "okx",
           .symbols = {"BTC-USDT-SWAP"},
           .channels = {"trades"},
           .url = "http://" + server->address().text()}},
         path("out.tape"));
  ASSERT_TRUE(until([&] { return recorder_->counts().sum.messages >= 200; }));
  stop();
  EXPECT_EQ(heard(path("out.tape"), "tradeId"), all(sent, okx_trade));
  EXPECT_TRUE(tape::tape_info(path("out.tape")).value().gaps.empty());
}

// A venue that says 429 has been reached: who gave up would only be begun anew, and be banned.
TEST_F(RecorderTest, WhoIsToldToWaitWaits) {
  auto server = net::Server::listen(loop_, {}).value();
  int asked = 0;
  server->socket("/ws/v5/public", {}, [&](const net::ServerRequest&, const net::WebSocketPtr&) {
    ++asked;
    return net::Server::Accepted{.refuse = 429};
  });
  record({{.market = "okx",
           .symbols = {"BTC-USDT-SWAP"},
           .channels = {"trades"},
           .url = "http://" + server->address().text()}},
         path("out.tape"));
  ASSERT_TRUE(until([&] { return recorder_->counts().sum.reconnects > 0; }));
  loop_.run_for(Duration::seconds(2));
  EXPECT_EQ(asked, 1);
  EXPECT_FALSE(recorder_->unreachable());
  stop();
  const auto info = tape::tape_info(path("out.tape"));
  ASSERT_TRUE(info.has_value());
  ASSERT_EQ(info.value().gaps.size(), 1U);
  EXPECT_NE(info.value().gaps[0].reason.find("429"), std::string::npos);
}

TEST(Notifier, TellsSystemd) {
  const std::string path = testing::TempDir() + fmt::format("notify_{}", getpid());
  const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const Notifier notifier(path, Duration::seconds(30));
  EXPECT_EQ(notifier.watchdog(), Duration::seconds(15));
  notifier.notify("READY=1");
  char heard[100] = {};
  EXPECT_EQ(recv(fd, heard, sizeof(heard), MSG_DONTWAIT), 7);
  EXPECT_STREQ(heard, "READY=1");
  close(fd);
  std::filesystem::remove(path);
  Notifier("", {}).notify("READY=1");  // nobody to tell
  EXPECT_FALSE(Notifier("", Duration::seconds(1)).watchdog());
}

}  // namespace
}  // namespace delever::live
