// Orders into a rehearsal over loopback: the server's thread has one core, the clients the others.
// Signatures are checked, margin is, and all is in the journal. Half of the requests place an order
// that rests far from the market, half take one back. Beside it in the same run: Beast's own
// WebSocket server that sends back what it gets, and Node's HTTP server, where node is there.
//   build/bench/src/rehearsal_bench [seconds of each run] [subscribers] [moves a second]
// From the first order run on a client of its own moves the best prices of both books so many times
// a second, beside subscribers and without them: what the subscribers cost is what differs.
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <csignal>
#include <ctime>
#include <deque>
#include <filesystem>

#include "rehearsal/raw_testing.h"

namespace delever::rehearsal {
namespace {

using namespace testing;
namespace asio = boost::asio;
namespace beast = boost::beast;

constexpr size_t kConnections = 16, kInFlight = 8;
constexpr double kPaced = 5'000;

void use_core(pthread_t thread, bool first) {
  cpu_set_t set;
  CPU_ZERO(&set);
  const auto cores = static_cast<size_t>(sysconf(_SC_NPROCESSORS_ONLN));
  for (size_t core = 0; core < cores; ++core) {
    if ((core == 0) == first || cores == 1) CPU_SET(core, &set);
  }
  pthread_setaffinity_np(thread, sizeof(set), &set);
}

// What the server's second thread has worked; it has no other mark than its name.
double beside_seconds() {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    const auto first_line = [&](const char* name) {
      std::string out(64, 0);
      FILE* const file = fopen((task.path() / name).c_str(), "r");
      if (file == nullptr) return std::string();
      out.resize(fread(out.data(), 1, out.size(), file));
      fclose(file);
      return out;
    };
    if (first_line("comm") == "sender\n")
      return std::strtod(first_line("schedstat").c_str(), nullptr) / 1e9;
  }
  return 0;
}

// ---- what stands beside it

class EchoSession : public std::enable_shared_from_this<EchoSession> {
 public:
  explicit EchoSession(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}
  void start() {
    socket_.next_layer().set_option(asio::ip::tcp::no_delay(true));
    socket_.async_accept([self = shared_from_this()](beast::error_code e) {
      if (!e) self->read();
    });
  }

 private:
  void read() {
    socket_.async_read(buffer_, [self = shared_from_this()](beast::error_code e, size_t) {
      if (!e) self->write();
    });
  }
  void write() {
    socket_.text(true);
    socket_.async_write(buffer_.data(), [self = shared_from_this()](beast::error_code e, size_t) {
      self->buffer_.clear();
      if (!e) self->read();
    });
  }
  beast::websocket::stream<asio::ip::tcp::socket> socket_;
  beast::flat_buffer buffer_;
};

class Echo {
 public:
  Echo() : acceptor_(io_, {asio::ip::make_address("127.0.0.1"), 0}) {
    accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Echo() {
    io_.stop();
    thread_.join();
  }
  uint16_t port() const { return acceptor_.local_endpoint().port(); }
  pthread_t thread() { return thread_.native_handle(); }

 private:
  void accept() {
    acceptor_.async_accept([this](beast::error_code e, asio::ip::tcp::socket socket) {
      if (e) return;
      std::make_shared<EchoSession>(std::move(socket))->start();
      accept();
    });
  }
  asio::io_context io_;
  asio::ip::tcp::acceptor acceptor_;
  std::thread thread_;
};

// ---- the clients: one thread for all

struct Answers {
  uint64_t count = 0, refused = 0;
  double seconds = 0;
  std::vector<double> us;
  double at(double q) {
    std::sort(us.begin(), us.end());
    return us.empty() ? 0 : us[static_cast<size_t>(q * static_cast<double>(us.size() - 1))];
  }
};

// Whole answers at the beginning of `in`; `taken` bytes of it.
template <class Each>
size_t read_answers(std::string_view in, bool is_http, const Each& each) {
  size_t taken = 0;
  for (;;) {
    const std::string_view rest = in.substr(taken);
    size_t whole = 0;
    if (is_http) {
      const size_t head = rest.find("\r\n\r\n");
      if (head == rest.npos) return taken;
      const size_t at = rest.find("Content-Length: ");
      whole = head + 4 + (at < head ? std::strtoul(rest.data() + at + 16, nullptr, 10) : 0);
    } else {
      if (rest.size() < 4) return taken;
      const auto byte = [&](size_t k) { return static_cast<uint8_t>(rest[k]); };
      whole = byte(1) < 126 ? 2u + byte(1) : 4u + byte(2) * 256u + byte(3);
    }
    if (whole > rest.size()) return taken;
    each(rest.substr(0, whole));
    taken += whole;
  }
}

struct Load {
  uint16_t port = 0;
  std::string target;  // of the handshake; empty: plain HTTP
  double rate = 0;     // of all connections; 0: as many as are answered, kInFlight each
  std::string_view good;
  std::function<std::string(size_t connection, size_t number)> request;
};

class Clients {
 public:
  explicit Clients(const Load& load) : load_(load), is_http_(load.target.empty()) {
    poll_ = epoll_create1(0);
    for (size_t c = 0; c < kConnections; ++c) {
      Connection& one = connections_.emplace_back();
      one.fd = dial(load.port);
      CHECK(one.fd >= 0);
      if (!is_http_) {
        const std::string hello = handshake(load.target);
        CHECK(::send(one.fd, hello.data(), hello.size(), 0) == static_cast<ssize_t>(hello.size()));
        std::string head;
        char byte = 0;
        while (!head.ends_with("\r\n\r\n") && recv(one.fd, &byte, 1, 0) == 1) head += byte;
      }
      fcntl(one.fd, F_SETFL, fcntl(one.fd, F_GETFL) | O_NONBLOCK);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = c;
      epoll_ctl(poll_, EPOLL_CTL_ADD, one.fd, &event);
    }
  }
  ~Clients() {
    for (const Connection& one : connections_) ::close(one.fd);
    ::close(poll_);
  }

  Answers run(Duration how_long) {
    const Duration began = clock_.elapsed(), until = began + how_long;
    for (size_t k = 0; load_.rate == 0 && k < kConnections * kInFlight; ++k) send(k % kConnections);
    uint64_t sent = 0;
    while (clock_.elapsed() < until) {
      const double due = (clock_.elapsed() - began).in_seconds() * load_.rate;
      for (; static_cast<double>(sent) < due; ++sent) send(sent % kConnections);
      epoll_event events[kConnections];
      const int n = epoll_wait(poll_, events, kConnections, 0);
      for (int k = 0; k < n; ++k) receive(static_cast<size_t>(events[k].data.u64));
    }
    answers_.seconds = (clock_.elapsed() - began).in_seconds();
    return std::move(answers_);
  }

 private:
  struct Connection {
    int fd = -1;
    size_t sent = 0;
    std::string in;
    std::deque<Duration> asked;
  };
  void send(size_t c) {
    Connection& one = connections_[c];
    const std::string request = load_.request(c, one.sent++);
    one.asked.push_back(clock_.elapsed());
    CHECK(::send(one.fd, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size()));
  }
  void receive(size_t c) {
    Connection& one = connections_[c];
    char bytes[65'536];
    const ssize_t got = recv(one.fd, bytes, sizeof(bytes), 0);
    CHECK(got > 0);
    one.in.append(bytes, static_cast<size_t>(got));
    size_t answered = 0;
    const Duration now = clock_.elapsed();
    one.in.erase(0, read_answers(one.in, is_http_, [&](std::string_view answer) {
                   ++answered;
                   ++answers_.count;
                   answers_.us.push_back(static_cast<double>((now - one.asked.front()).ns()) / 1e3);
                   one.asked.pop_front();
                   if (answer.find(load_.good) == answer.npos && answers_.refused++ == 0)
                     fmt::print("refused: {}\n", answer);
                 }));
    for (size_t k = 0; load_.rate == 0 && k < answered; ++k) send(c);
  }

  const Load load_;
  const bool is_http_;
  SystemClock clock_;
  int poll_ = -1;
  std::deque<Connection> connections_;
  Answers answers_;
};

// Returns what was answered in a second, as fast as it goes.
double measure(const std::string& what, Load load, pthread_t server, Duration how_long) {
  double most = 0;
  for (const double rate : {0.0, kPaced}) {
    load.rate = rate;
    Clients clients(load);
    const double before = server ? cpu_seconds(server) : 0;
    Answers a = clients.run(how_long);
    const double cpu = server ? cpu_seconds(server) - before : 0;
    if (rate == 0) most = static_cast<double>(a.count) / a.seconds;
    fmt::print(
        "{:<34} {:>7.0f}/s  {:>5.1f} us of the server each  p50 {:>6.0f} us  p99 {:>6.0f} us"
        "{}{}\n",
        what + (rate > 0 ? ", paced" : ""), static_cast<double>(a.count) / a.seconds,
        cpu * 1e6 / static_cast<double>(std::max<uint64_t>(a.count, 1)), a.at(0.5), a.at(0.99),
        server ? "" : "  (its processor time is not measured)",
        a.refused > 0 ? fmt::format("  {} refused", a.refused) : "");
    std::fflush(stdout);
  }
  return most;
}

// ---- orders

std::string name_of(size_t connection, size_t number, char run) {
  return fmt::format("{}{}-{}", run, connection, number / 2);
}

std::string socket_order(Clock& clock, size_t c, size_t n, char run) {
  const int64_t ms = clock.now().ms();
  if (n % 2 == 1) {
    const std::string order = order_frame(
        static_cast<int64_t>(n), {{"symbol", "BTCUSDT"}, {"origClientOrderId", name_of(c, n, run)}},
        ms, "S", "order.cancel");
    return order;
  }
  return order_frame(static_cast<int64_t>(n),
                     {{"symbol", "BTCUSDT"},
                      {"side", "BUY"},
                      {"type", "LIMIT"},
                      {"timeInForce", "GTC"},
                      {"quantity", "0.01"},
                      {"price", fmt::format("{}.1", 70'000 + c)},
                      {"newClientOrderId", name_of(c, n, run)}},
                     ms);
}

std::string http_order(Clock& clock, size_t c, size_t n, char run) {
  const int64_t ms = clock.now().ms();
  if (n % 2 == 1)
    return http("DELETE", "/fapi/v1/order",
                signed_text("symbol=BTCUSDT&origClientOrderId=" + name_of(c, n, run), ms));
  return http("POST", "/fapi/v1/order",
              signed_text(fmt::format("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&"
                                      "quantity=0.01&price={}.1&newClientOrderId={}",
                                      70'000 + c, name_of(c, n, run)),
                          ms));
}

// Another account's orders at the best prices of both books, each taken back by the next: so many
// changes of the book a second.
class Mover {
 public:
  Mover(uint16_t port, Clock& clock, double moves) : clock_(clock), moves_(moves), fd_(dial(port)) {
    CHECK(fd_ >= 0);
    const std::string hello = handshake("/ws-fapi/v1");
    CHECK(::send(fd_, hello.data(), hello.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(hello.size()));
    thread_ = std::thread([this] { run(); });
    use_core(thread_.native_handle(), false);
  }
  ~Mover() {
    stop_ = true;
    thread_.join();
    ::close(fd_);
  }

 private:
  // A move is a cancel and an order: the quantity at the best price falls and rises again.
  void run() {
    const Duration began = clock_.elapsed();
    for (size_t n = 0; !stop_; ++n) {
      const double due = static_cast<double>(n) / moves_;
      while (!stop_ && (clock_.elapsed() - began).in_seconds() < due)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      const std::string symbol = n % 2 == 0 ? "BTCUSDT" : "ETHUSDT";
      const bool buys = n / 2 % 2 == 0;
      const auto name = [&](size_t number) { return fmt::format("move-{}", number); };
      std::string both;
      if (n >= 2)
        both = order_frame(0, {{"symbol", symbol}, {"origClientOrderId", name(n - 2)}},
                           clock_.now().ms(), "S", "order.cancel");
      both += order_frame(0,
                          {{"symbol", symbol},
                           {"side", buys ? "BUY" : "SELL"},
                           {"type", "LIMIT"},
                           {"timeInForce", "GTC"},
                           {"quantity", "0.05"},
                           {"priceMatch", "QUEUE"},
                           {"newClientOrderId", name(n)}},
                          clock_.now().ms());
      if (::send(fd_, both.data(), both.size(), MSG_NOSIGNAL) < 0) return;
      char bytes[65'536];
      while (recv(fd_, bytes, sizeof(bytes), MSG_DONTWAIT) > 0) continue;
    }
  }
  Clock& clock_;
  const double moves_;
  int fd_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

// Of both books eight streams of ten updates a second, four of four and two of two: a hundred.
class Subscribers {
 public:
  Subscribers(uint16_t port, size_t count) {
    std::string names;
    for (const char* symbol : {"btcusdt", "ethusdt"}) {
      for (const char* of : {"depth@100ms", "depth5@100ms", "depth10@100ms", "depth20@100ms",
                             "depth", "depth5", "depth@500ms"})
        names += fmt::format("{}{}@{}", names.empty() ? "" : "/", symbol, of);
    }
    const std::string hello = handshake("/stream?streams=" + names);
    poll_ = epoll_create1(0);
    for (size_t k = 0; k < count; ++k) {
      const int fd = dial(port);
      if (fd < 0) break;
      ::send(fd, hello.data(), hello.size(), MSG_NOSIGNAL);
      fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.fd = fd;
      epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event);
      fds_.push_back(fd);
    }
    thread_ = std::thread([this] { run(); });
    use_core(thread_.native_handle(), false);
  }
  ~Subscribers() {
    stop_ = true;
    thread_.join();
    for (const int fd : fds_) ::close(fd);
    ::close(poll_);
  }
  size_t size() const { return fds_.size(); }
  uint64_t frames() const { return frames_; }

 private:
  void run() {
    std::map<int, std::string> in;
    while (!stop_) {
      epoll_event events[256];
      const int n = epoll_wait(poll_, events, 256, 20);
      for (int k = 0; k < n; ++k) {
        char bytes[65'536];
        const ssize_t got = recv(events[k].data.fd, bytes, sizeof(bytes), 0);
        if (got <= 0) continue;
        std::string& waiting = in[events[k].data.fd];
        waiting.append(bytes, static_cast<size_t>(got));
        if (waiting.starts_with("HTTP")) {
          const size_t head = waiting.find("\r\n\r\n");
          if (head == waiting.npos) continue;
          waiting.erase(0, head + 4);
        }
        waiting.erase(0, read_answers(waiting, false, [this](std::string_view) { ++frames_; }));
      }
    }
  }
  int poll_ = -1;
  std::vector<int> fds_;
  std::atomic<bool> stop_ = false;
  std::atomic<uint64_t> frames_ = 0;
  std::thread thread_;
};

// A child that prints its port; 0: there is no node.
class NodeServer {
 public:
  NodeServer() {
    out_ = popen(
        "exec node -e 'const s=require(\"http\").createServer((q,r)=>{let b=\"\";"
        "q.on(\"data\",d=>b+=d);q.on(\"end\",()=>r.end(b))});"
        "s.listen(0,\"127.0.0.1\",()=>console.log(process.pid,s.address().port))' 2>/dev/null",
        "r");
    int number = 0;
    if (out_ && fscanf(out_, "%d %d", &pid_, &number) == 2) port = static_cast<uint16_t>(number);
  }
  ~NodeServer() {
    if (pid_ > 0) kill(pid_, SIGTERM);
    if (out_) pclose(out_);
  }
  uint16_t port = 0;

 private:
  FILE* out_ = nullptr;
  int pid_ = 0;
};

void run_echoes(Clock& clock, Duration how_long) {
  {
    Echo echo;
    use_core(echo.thread(), true);
    measure("Beast, WebSocket, sent back",
            {.port = echo.port(),
             .target = "/",
             .good = "order",
             .request = [&](size_t c, size_t n) { return socket_order(clock, c, n, 'e'); }},
            echo.thread(), how_long);
  }
  const NodeServer node;
  if (node.port != 0)
    measure("Node, HTTP, sent back",
            {.port = node.port,
             .target = "",
             .good = "200",
             .request = [&](size_t c, size_t n) { return http_order(clock, c, n, 'n'); }},
            0, how_long);
}

void run(Duration how_long, size_t subscribers, double moves) {
  use_core(pthread_self(), false);
  SystemClock clock;
  run_echoes(clock, how_long);
  const std::string journal =
      (std::filesystem::temp_directory_path() / fmt::format("bench-{}", getpid())).string();
  Rehearsal::Options options;
  options.scenario = load_shipped("rehearsal.toml");
  options.accounts = test_accounts();
  options.journal = journal;
  Served served(std::move(options));
  use_core(served.thread(), true);
  const uint16_t port = served.port("binance");
  const auto orders = [&](const std::string& beside, char run) {
    const double by_socket = measure(
        "orders, WebSocket" + beside,
        {.port = port,
         .target = "/ws-fapi/v1",
         .good = "\"status\":200",
         .request = [&clock, run](size_t c, size_t n) { return socket_order(clock, c, n, run); }},
        served.thread(), how_long);
    const double by_http =
        measure("orders, HTTP" + beside,
                {.port = port,
                 .target = "",
                 .good = "HTTP/1.1 200",
                 .request =
                     [&clock, run](size_t c, size_t n) {
                       return http_order(clock, c, n, static_cast<char>(run + 1));
                     }},
                served.thread(), how_long);
    return std::pair(by_socket, by_http);
  };
  const Mover mover(port, clock, moves);
  const auto alone = orders("", 'a');
  // What one hears is what there is to hear; all others should hear as much. Returns the share of
  // the server's core.
  const auto heard = [&](const Subscribers& who, const std::function<void()>& meanwhile,
                         double without) {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    const uint64_t before = who.frames();
    const Duration began = clock.elapsed();
    const double cpu = cpu_seconds(served.thread()), cpu_beside = beside_seconds();
    meanwhile();
    const double seconds = (clock.elapsed() - began).in_seconds();
    const double share = (cpu_seconds(served.thread()) - cpu) / seconds;
    const double beside = (beside_seconds() - cpu_beside) / seconds;
    const double frames = static_cast<double>(who.frames() - before) / seconds;
    fmt::print("{} of them heard {:.1f} frames a second each, {:.1f} % of the server's core{}\n",
               who.size(), frames / static_cast<double>(std::max<size_t>(who.size(), 1)),
               100 * share,
               frames > 0 && without > 0
                   ? fmt::format(", {:.2f} us of it a frame, and {:.2f} us of its second thread",
                                 1e6 * (share - without) / frames, 1e6 * beside / frames)
                   : fmt::format(", {:.1f} % of its second thread", 100 * beside));
    std::fflush(stdout);
    return share;
  };
  const auto nothing = [&] {
    std::this_thread::sleep_for(std::chrono::nanoseconds(how_long.ns()));
  };
  const double without = heard(Subscribers(port, 0), nothing, 0);
  heard(Subscribers(port, 1), nothing, 0);
  const Subscribers all(port, subscribers);
  heard(all, nothing, without);
  std::pair<double, double> beside;
  heard(
      all, [&] { beside = orders(fmt::format(", {} hear", all.size()), 'c'); }, 0);
  fmt::print("beside them the order path loses {:.1f} % by WebSocket, {:.1f} % by HTTP\n",
             100 * (1 - beside.first / alone.first), 100 * (1 - beside.second / alone.second));
  served.stop();
  std::filesystem::remove(journal);
}

}  // namespace
}  // namespace delever::rehearsal

int main(int argc, char** argv) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const double seconds = argc > 1 ? std::strtod(argv[1], nullptr) : 3;
  const size_t subscribers = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1'000;
  const double moves = argc > 3 ? std::strtod(argv[3], nullptr) : 100;
  delever::rehearsal::run(delever::Duration::ms(static_cast<int64_t>(seconds * 1e3)), subscribers,
                          moves);
}
