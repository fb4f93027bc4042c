// A thousand connections that mean harm, and one client that trades meanwhile.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>

#include "base/random.h"
#include "rehearsal/raw_testing.h"

namespace delever::rehearsal {
namespace {

using namespace testing;

constexpr size_t kConnections = 1'000;
constexpr Duration kQuiet = Duration::seconds(1), kAttack = Duration::seconds(6);
constexpr size_t kMemoryMost = size_t{400} << 20;

constexpr std::string_view kOrder = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01";

// What one kind of attacker sends: first, and then again and again.
struct Kind {
  std::string name;
  size_t share = 0;  // of a thousand
  std::string first, again;
  bool reads = true;
  bool returns = true;  // dials anew once it is thrown out
  bool hasty = false;   // as much as the wire takes, not a piece at a time
};

std::string many(const std::string& text, size_t times) {
  std::string out;
  for (size_t k = 0; k < times; ++k) out += text;
  return out;
}

std::string noise() {
  Random random(5, {});
  std::string out;
  for (int k = 0; k < 600; ++k) out += static_cast<char>(random.below(256));
  return out;
}

std::vector<Kind> kinds(int64_t ms) {
  const std::string orders = handshake("/ws-fapi/v1");
  const std::string unmasked = "\x81\x05hello", reserved = "\xb3\x80" + std::string(4, 'k'),
                    endless = "\x81\xff" + std::string(8, '\x7f') + "mask",
                    not_text = "\x81\x82" + std::string(4, '\0') + "\xff\xfe";
  const std::string streams =
      "/stream?streams=btcusdt@depth@100ms/btcusdt@depth20@100ms/btcusdt@aggTrade/"
      "btcusdt@bookTicker/ethusdt@depth@100ms/btcusdt@markPrice@1s/ethusdt@depth20@100ms";
  const auto forged = signed_text(kOrder, ms, "guess"), late = signed_text(kOrder, ms - 3'600'000);
  const auto place = [](const std::string& body) { return http("POST", "/fapi/v1/order", body); };
  const std::string big = "POST /fapi/v1/order HTTP/1.1\r\nHost: a\r\nContent-Length: ";
  return {
      {"half open", 220, "", ""},
      {"slow head", 100, "GET /fapi/v1/time HTTP/1.1\r\nX-Slow: ", "a"},
      {"slow body", 50, big + "200000\r\n\r\n", "x"},
      {"no HTTP", 50, noise(), noise()},
      {"endless head", 30, "GET / HTTP/1.1\r\nX: ", std::string(16'000, 'h'), true, true, true},
      {"endless body", 30, big + "99999999999\r\n\r\n", std::string(16'000, 'b'), true, true, true},
      {"no mask", 25, orders, unmasked},
      {"reserved bits", 25, orders, reserved},
      {"endless frame", 25, orders, endless},
      {"not text", 25, orders, not_text},
      {"never reads", 200, handshake(streams), "", false},
      {"forged orders", 50, "", many(place(forged), 8), true, true, true},
      {"late orders", 30, "", many(place(late), 8), true, true, true},
      {"forged frames", 50, orders,
       many(order_frame(1, {{"symbol", "BTCUSDT"}, {"side", "BUY"}}, ms, "guess"), 8), true, true,
       true},
      {"deep frames", 20, orders, client_frame(std::string(60'000, '[')), true, true, true},
      {"heavy questions", 20, "", many(http("GET", "/fapi/v1/exchangeInfo", ""), 4), true, true,
       true},
      {"heavy depth", 20, "", many(http("GET", "/fapi/v1/depth?symbol=BTCUSDT&limit=1000", ""), 4),
       true, true, true},
      {"comes and goes", 30, "GET", "\r\n\r\n", true, true},
  };
}

struct Attacker {
  const Kind* kind = nullptr;
  int fd = -1;
  std::string waiting;  // not taken by the wire yet
};

// All of them on one thread, without ever waiting.
class Attack {
 public:
  Attack(uint16_t port, std::vector<Kind> kinds, size_t most)
      : port_(port), kinds_(std::move(kinds)) {
    for (const Kind& kind : kinds_) {
      const size_t count = std::max<size_t>(1, kind.share * most / 1'000);
      for (size_t k = 0; k < count; ++k) attackers_.push_back({&kind, -1, {}});
    }
    thread_ = std::thread([this] { run(); });
  }
  ~Attack() {
    stop_ = true;
    thread_.join();
    for (const Attacker& a : attackers_) {
      if (a.fd >= 0) ::close(a.fd);
    }
  }
  size_t size() const { return attackers_.size(); }
  bool all_in() const { return all_in_; }
  uint64_t dialled() const { return dialled_; }
  uint64_t sent() const { return sent_; }

 private:
  void run() {
    while (!stop_) {
      for (Attacker& a : attackers_) {
        if (stop_) return;
        turn(a);
      }
      all_in_ = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  void turn(Attacker& a) {
    if (a.fd < 0) {
      a.fd = dial(port_, a.kind->reads ? 0 : 4096);
      if (a.fd < 0) return;
      fcntl(a.fd, F_SETFL, fcntl(a.fd, F_GETFL) | O_NONBLOCK);
      ++dialled_;
      a.waiting = a.kind->first;
    }
    if (a.waiting.empty()) a.waiting = a.kind->again;
    for (int k = 0; k < (a.kind->hasty ? 4 : 1) && !a.waiting.empty(); ++k) {
      const ssize_t put = ::send(a.fd, a.waiting.data(), a.waiting.size(), MSG_NOSIGNAL);
      if (put < 0 && errno != EAGAIN) return leave(a);
      if (put <= 0) break;
      sent_ += static_cast<uint64_t>(put);
      a.waiting.erase(0, static_cast<size_t>(put));
      if (a.waiting.empty() && a.kind->hasty) a.waiting = a.kind->again;
    }
    char bytes[16'384];
    while (a.kind->reads) {
      const ssize_t got = recv(a.fd, bytes, sizeof(bytes), 0);
      if (got == 0 || (got < 0 && errno != EAGAIN)) return leave(a);
      if (got < static_cast<ssize_t>(sizeof(bytes))) break;
    }
  }
  void leave(Attacker& a) {
    ::close(a.fd);
    a.fd = -1;
  }

  const uint16_t port_;
  const std::vector<Kind> kinds_;
  std::vector<Attacker> attackers_;
  std::atomic<bool> stop_ = false, all_in_ = false;
  std::atomic<uint64_t> dialled_ = 0, sent_ = 0;
  std::thread thread_;
};

size_t memory_now() {
  std::ifstream file("/proc/self/statm");
  size_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

// Of a machine that others use as well, the wall says little: what the server's thread did between
// a request and its answer is what a free core would have kept the client waiting.
struct Waits {
  std::vector<double> us, of_server;
  size_t wrong = 0;
};

double quantile(std::vector<double> of, double q) {
  std::sort(of.begin(), of.end());
  return of.empty() ? 0 : of[static_cast<size_t>(q * static_cast<double>(of.size() - 1))];
}

std::string told(const Waits& w) {
  return fmt::format(
      "{} requests waited {:.0f} us in the median, {:.0f} at p99, {:.0f} at most; the server "
      "worked {:.0f}, {:.0f} and {:.0f} us meanwhile",
      w.us.size(), quantile(w.us, 0.5), quantile(w.us, 0.99), quantile(w.us, 1),
      quantile(w.of_server, 0.5), quantile(w.of_server, 0.99), quantile(w.of_server, 1));
}

// An order far from the market, and its cancel, every ten milliseconds.
Waits trade(PlainClient& client, Served& served, Duration how_long) {
  Clock& clock = served.clock;
  Waits waits;
  const auto ask = [&](std::string_view method, const std::string& fields) {
    const Duration began = clock.elapsed();
    const double worked = cpu_seconds(served.thread());
    const std::string answer =
        client.ask(http(method, "/fapi/v1/order", signed_text(fields, clock.now().ms())));
    waits.us.push_back(static_cast<double>((clock.elapsed() - began).ns()) / 1e3);
    waits.of_server.push_back((cpu_seconds(served.thread()) - worked) * 1e6);
    if (!answer.starts_with("HTTP/1.1 200")) ++waits.wrong;
    return answer;
  };
  const Duration until = clock.elapsed() + how_long;
  while (clock.elapsed() < until) {
    const std::string placed = ask(
        "POST", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=0.01&price=70000.1");
    const size_t at = placed.find("\"orderId\":");
    const std::string number =
        at == placed.npos ? "0" : placed.substr(at + 10, placed.find(',', at) - at - 10);
    ask("DELETE", "symbol=BTCUSDT&orderId=" + number);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return waits;
}

TEST(Hostile, AThousandConnectionsKeepNobodyWaiting) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  const size_t most = std::min<size_t>(kConnections, files.rlim_cur / 3);
  const std::string path =
      (std::filesystem::temp_directory_path() / fmt::format("hostile-{}", getpid())).string();
  std::filesystem::remove(path);
  uint64_t orders = 0;
  {
    Rehearsal::Options options;
    options.scenario = load_shipped("rehearsal.toml");
    options.accounts = test_accounts();
    options.journal = path;
    options.lived = Duration::seconds(60);
    Served served(std::move(options));
    const uint16_t port = served.port("binance");
    PlainClient client(port);
    Waits quiet = trade(client, served, kQuiet);
    const size_t before = memory_now();
    Waits waits;
    size_t memory = 0;
    {
      Attack attack(port, kinds(served.clock.now().ms()), most);
      while (!attack.all_in()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      waits = trade(client, served, kAttack);
      memory = memory_now();
      fmt::print("{} attackers, {} connections, {} MB sent\n", attack.size(), attack.dialled(),
                 attack.sent() >> 20);
    }
    fmt::print("quiet:  {}\nattack: {}\n", told(quiet), told(waits));
    fmt::print("memory:  {} MB more\n", (memory - std::min(before, memory)) >> 20);
    EXPECT_EQ(quiet.wrong + waits.wrong, 0U);
    EXPECT_LT(memory, before + kMemoryMost);
    EXPECT_LT(quantile(waits.us, 0.99), 2e6);  // of a machine that others use as well
    orders = quiet.us.size() + waits.us.size();
    PlainClient later(port);
    EXPECT_TRUE(later.ask(http("GET", "/fapi/v1/time", "")).starts_with("HTTP/1.1 200"));
    served.stop();
    Market& market = served.rehearsal->market();
    EXPECT_EQ(market.commands(), orders);  // nobody else's
    for (size_t v = 0; v < market.venues(); ++v) {
      const exchange::Exchange& x = market.desk(v).door().exchange();
      for (CoinId c = 0; c < x.coins(); ++c) EXPECT_EQ(x.imbalance(c).raw(), 0);
    }
    ASSERT_TRUE(market.flush().has_value());
  }
  const auto shelf = rulebooks::RulebookShelf::load(source_root() + "/rulebooks");
  const auto again = Market::replay(read_journal(path).value(), shelf.value());
  ASSERT_TRUE(again.has_value()) << again.error().text();
  EXPECT_EQ(again.value().commands, orders);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace delever::rehearsal
