// What a recorder takes from one core: eight TLS connections on loopback send the mix workload
// (tape/mix_testing.h); the receiving process has one core, the sender the others. Beside it in the
// same run: our client that only counts, Beast's own client that only counts, and Node's ws where
// DELEVER_WS names a folder with it (npm install ws).
//   build/bench/src/record_bench [seconds] [messages a second of the paced run]
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/text.h"
#include "net/client.h"
#include "net/frame.h"
#include "net/handshake.h"
#include "net/tls_context.h"
#include "net/tls_testing.h"
#include "tape/database.h"
#include "tape/mix_testing.h"

namespace delever::live {
namespace {

constexpr size_t kConnections = 8;

// ---- the sender: one thread a connection, blocking, frames encoded beforehand

struct Pace {
  double messages_a_second = 0;  // of all connections together; 0: as fast as they are taken
};

int listen_anywhere(uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  CHECK(listen(fd, 64) == 0);
  socklen_t size = sizeof(address);
  CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port = ntohs(address.sin_port);
  return fd;
}

struct Frames {
  std::string bytes;
  std::vector<size_t> ends;
};

Frames encoded() {
  Frames out;
  for (const auto& sample : tape::mix::samples()) {
    net::append_frame(out.bytes, {.opcode = net::Opcode::text}, sample.bytes);
    out.ends.push_back(out.bytes.size());
  }
  return out;
}

bool send_all(SSL* ssl, const char* from, size_t size) {
  while (size > 0) {
    size_t put = 0;
    if (SSL_write_ex(ssl, from, std::min<size_t>(size, 16384), &put) != 1) return false;
    from += put;
    size -= put;
  }
  return true;
}

void serve(int fd, const net::TlsContextPtr& context, const Frames& frames, Pace pace) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const net::SslPtr ssl(SSL_new(context->get()));
  SSL_set_fd(ssl.get(), fd);
  if (SSL_accept(ssl.get()) != 1) return;
  std::string head;
  while (head.find("\r\n\r\n") == std::string::npos) {
    char buffer[2048];
    size_t got = 0;
    if (SSL_read_ex(ssl.get(), buffer, sizeof(buffer), &got) != 1) return;
    head.append(buffer, got);
  }
  const std::string_view name = "Sec-WebSocket-Key: ";
  const std::string key = head.substr(head.find(name) + name.size(), 24);
  const std::string answer = fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: {}\r\n\r\n",
      net::socket_accept(key));
  if (!send_all(ssl.get(), answer.data(), answer.size())) return;
  SystemClock clock;
  const Duration begin = clock.elapsed();
  uint64_t sent = 0;
  for (size_t at = 0;;) {
    size_t many = 400;
    if (pace.messages_a_second > 0) {
      const double due = (clock.elapsed() - begin).in_seconds() * pace.messages_a_second /
                         static_cast<double>(kConnections);
      if (static_cast<double>(sent) + 10 > due) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        continue;
      }
      many = std::min<size_t>(many, static_cast<size_t>(due - static_cast<double>(sent)));
    }
    if (at == frames.ends.size()) at = 0;
    const size_t last = std::min(at + many, frames.ends.size()) - 1;
    const size_t from = at == 0 ? 0 : frames.ends[at - 1];
    if (!send_all(ssl.get(), frames.bytes.data() + from, frames.ends[last] - from)) return;
    sent += last + 1 - at;
    at = last + 1;
  }
}

void use_cores(bool first) {
  cpu_set_t set;
  CPU_ZERO(&set);
  const auto cores = static_cast<size_t>(sysconf(_SC_NPROCESSORS_ONLN));
  for (size_t core = 0; core < cores; ++core) {
    if ((core == 0) == first || cores == 1) CPU_SET(core, &set);
  }
  sched_setaffinity(0, sizeof(set), &set);
}

class Sender {
 public:
  Sender(const net::TlsIdentity& identity, const Frames& frames, Pace pace) {
    const int fd = listen_anywhere(port);
    child_ = fork();
    CHECK(child_ >= 0);
    if (child_ == 0) {
      signal(SIGPIPE, SIG_IGN);
      use_cores(false);
      const auto context = net::server_tls(identity);
      CHECK(context.has_value());
      for (;;) {
        const int one = accept(fd, nullptr, nullptr);
        if (one < 0) _exit(1);
        std::thread([one, &context, &frames, pace] {
          serve(one, context.value(), frames, pace);
          close(one);
        }).detach();
      }
    }
    close(fd);
  }
  ~Sender() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  uint16_t port = 0;

 private:
  pid_t child_;
};

// ---- the receivers, each in a process of its own on one core

struct Outcome {
  uint64_t messages = 0;
  double seconds = 0, cpu_seconds = 0, peak_mib = 0;
  double durable_p50 = 0, durable_p99 = 0;  // seconds
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

template <class Run>
Outcome in_a_process(Run run) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    use_cores(true);
    Outcome out = run();
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    out.peak_mib = static_cast<double>(usage.ru_maxrss) / 1024;
    CHECK(write(ends[1], &out, sizeof(out)) == sizeof(out));
    _exit(0);
  }
  Outcome out;
  CHECK(read(ends[0], &out, sizeof(out)) == sizeof(out));
  waitpid(child, nullptr, 0);
  close(ends[0]);
  close(ends[1]);
  return out;
}

// When each block could first be read by another, less when its messages came: the time until they
// are safe, from above.
class Observer {
 public:
  Observer(std::string path, Clock& clock) : path_(std::move(path)), clock_(clock) {
    thread_ = std::jthread([this](std::stop_token stop) { watch(stop); });
  }
  void finish(Outcome& out) {
    thread_.request_stop();
    thread_.join();
    std::sort(waits_.begin(), waits_.end());
    uint64_t all = 0, seen = 0;
    for (const auto& wait : waits_) all += wait.second;
    for (const auto& [wait, count] : waits_) {
      if (seen < all / 2) out.durable_p50 = wait;
      if (static_cast<double>(seen) < static_cast<double>(all) * 0.99) out.durable_p99 = wait;
      seen += count;
    }
  }

 private:
  void watch(const std::stop_token& stop) {
    use_cores(false);
    auto db = tape::Database::open(path_, tape::Database::Mode::read);
    if (!db.has_value()) return;
    int64_t last = 0;
    while (!stop.stop_requested()) {
      auto rows = db.value().prepare(
          "SELECT id, first_ns, last_ns, count FROM blocks WHERE id > ? ORDER BY id");
      if (!rows.has_value()) return;
      rows.value().bind(1, last);
      const int64_t now = clock_.now().ns();
      while (true) {
        auto row = rows.value().row();
        if (!row.has_value() || !row.value()) break;
        const tape::Statement& r = rows.value();
        last = r.integer(0);
        // Its messages came evenly between its ends.
        const auto count = static_cast<uint64_t>(r.integer(3));
        for (int part = 0; part < 4; ++part) {
          const int64_t at = r.integer(1) + (r.integer(2) - r.integer(1)) * part / 4;
          waits_.emplace_back(static_cast<double>(now - at) * 1e-9, count / 4 + 1);
        }
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  const std::string path_;
  Clock& clock_;
  std::vector<std::pair<double, uint64_t>> waits_;
  std::jthread thread_;
};

Outcome ours(uint16_t port, const std::string& authorities, double seconds,
             const std::string& tape_path) {
  SystemClock clock;
  net::Loop loop(clock);
  auto client = net::Client::make(
      loop, {.trust = {.authorities_pem = authorities}, .proxies = net::Proxies()});
  CHECK(client.has_value());
  std::unique_ptr<tape::TapeWriter> writer;
  std::unique_ptr<Observer> observer;
  if (!tape_path.empty()) {
    auto opened = tape::TapeWriter::open(tape_path, clock);
    CHECK(opened.has_value());
    writer = std::move(opened).value();
    for (size_t n = 1; n <= kConnections; ++n)
      CHECK(writer->stream({fmt::format("c{}", n), "binance", "mix", "binance", {}}).has_value());
    observer = std::make_unique<Observer>(tape_path, clock);
  }
  Outcome out;
  std::vector<net::WebSocketPtr> sockets;
  for (size_t n = 1; n <= kConnections; ++n) {
    net::SocketRequest request;
    request.url = fmt::format("wss://127.0.0.1:{}/", port);
    request.options.check_utf8 = false;
    request.read_bytes = size_t{256} << 10;
    net::SocketHandlers handlers;
    handlers.on_message = [&, n](net::WebSocket&, const net::Message& message) {
      ++out.messages;
      if (writer) {
        const auto done =
            writer->append(static_cast<tape::StreamNumber>(n), message.received, message.bytes);
        CHECK(done.has_value());
      }
    };
    handlers.on_closed = [](net::WebSocket&, const net::Closed& closed) {
      std::fprintf(stderr, "%s\n", closed.error.text().c_str());
    };
    sockets.push_back(client.value()->connect(request, handlers));
  }
  while (out.messages == 0) loop.run_for(Duration::ms(5));
  const uint64_t before = out.messages;
  const double cpu = cpu_seconds();
  const Duration begin = clock.elapsed();
  loop.run_for(Duration::ns(static_cast<int64_t>(seconds * 1e9)));
  out.messages -= before;
  if (writer) CHECK(writer->flush().has_value());
  out.seconds = (clock.elapsed() - begin).in_seconds();
  out.cpu_seconds = cpu_seconds() - cpu;
  if (observer) observer->finish(out);
  return out;
}

namespace beast = boost::beast;
namespace asio = boost::asio;

Outcome beast_counts(uint16_t port, const std::string& authorities, double seconds) {
  asio::io_context io(1);
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.add_certificate_authority(asio::buffer(authorities));
  tls.set_verify_mode(asio::ssl::verify_peer);
  struct One {
    One(asio::io_context& io, asio::ssl::context& tls) : ws(io, tls) {}
    beast::websocket::stream<beast::ssl_stream<asio::ip::tcp::socket>> ws;
    beast::flat_buffer buffer;
  };
  uint64_t messages = 0;
  std::vector<std::unique_ptr<One>> all;
  const std::function<void(One&)> read = [&](One& one) {
    one.ws.async_read(one.buffer, [&](beast::error_code error, size_t) {
      if (error) return;
      ++messages;
      one.buffer.consume(one.buffer.size());
      read(one);
    });
  };
  for (size_t n = 0; n < kConnections; ++n) {
    auto one = std::make_unique<One>(io, tls);
    auto& socket = beast::get_lowest_layer(one->ws);
    socket.connect({asio::ip::make_address("127.0.0.1"), port});
    one->ws.next_layer().handshake(asio::ssl::stream_base::client);
    one->ws.handshake("127.0.0.1", "/");
    read(*one);
    all.push_back(std::move(one));
  }
  SystemClock clock;
  const double cpu = cpu_seconds();
  const Duration begin = clock.elapsed();
  io.run_for(std::chrono::nanoseconds(static_cast<int64_t>(seconds * 1e9)));
  Outcome out;
  out.messages = messages;
  out.seconds = (clock.elapsed() - begin).in_seconds();
  out.cpu_seconds = cpu_seconds() - cpu;
  return out;
}

constexpr char kNode[] = R"(
const WebSocket = require(process.argv[1] + '/node_modules/ws');
const [, , url, ca, seconds] = process.argv;
let n = 0;
const all = [];
for (let i = 0; i < 8; ++i) {
  const ws = new WebSocket(url, {ca: require('fs').readFileSync(ca), perMessageDeflate: false});
  ws.on('message', () => { ++n; });
  ws.on('error', (e) => { console.error(String(e)); });
  all.push(ws);
}
setTimeout(() => {
  const from = n, cpu = process.cpuUsage(), t = process.hrtime.bigint();
  setTimeout(() => {
    const used = process.cpuUsage(cpu), s = Number(process.hrtime.bigint() - t) / 1e9;
    console.log((n - from) + ' ' + s + ' ' + (used.user + used.system) / 1e6);
    process.exit(0);
  }, Number(seconds) * 1000);
}, 500);
)";

std::optional<Outcome> node_counts(uint16_t port, const std::string& authorities_file,
                                   double seconds) {
  const char* folder = std::getenv("DELEVER_WS");
  if (folder == nullptr) return {};
  const std::string script = authorities_file + ".js";
  std::ofstream(script) << kNode;
  const std::string command =
      fmt::format("taskset -c 0 node -e \"$(cat {})\" {} wss://127.0.0.1:{}/ {} {}", script, folder,
                  port, authorities_file, seconds);
  std::FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  Outcome out;
  unsigned long long messages = 0;
  const int got = std::fscanf(pipe, "%llu %lf %lf", &messages, &out.seconds, &out.cpu_seconds);
  pclose(pipe);
  std::filesystem::remove(script);
  out.messages = messages;
  return got == 3 ? std::optional(out) : std::nullopt;
}

double rate(const Outcome& o) { return static_cast<double>(o.messages) / o.seconds; }
// What one whole core would do, whatever else this machine was busy with.
double rate_of_core(const Outcome& o) { return static_cast<double>(o.messages) / o.cpu_seconds; }

void show(const char* name, const Outcome& o, const Outcome& beside) {
  std::printf("%-34s %9.0f msg/s  %5.2f cores  %9.0f msg/s a core  %5.2f x Beast  %4.0f MiB\n",
              name, rate(o), o.cpu_seconds / o.seconds, rate_of_core(o),
              rate_of_core(o) / rate_of_core(beside), o.peak_mib);
}

void run(double seconds, double paced) {
  const net::TestAuthority authority;
  const net::TlsIdentity identity = authority.issue("IP:127.0.0.1");
  const std::string base = fmt::format("{}/delever_record_bench_{}",
                                       std::filesystem::temp_directory_path().string(), getpid());
  const std::string pem = base + ".pem", tape = base + ".tape";
  std::ofstream(pem) << authority.pem();
  const Frames frames = encoded();
  const auto remove_tape = [&] {
    for (const char* end : {"", "-wal", "-shm", "-lock"}) std::filesystem::remove(tape + end);
  };
  {
    const Sender sender(identity, frames, {});
    const Outcome plain =
        in_a_process([&] { return beast_counts(sender.port, authority.pem(), seconds); });
    show("Beast, counts", plain, plain);
    show("net, counts",
         in_a_process([&] { return ours(sender.port, authority.pem(), seconds, ""); }), plain);
    if (const auto node = node_counts(sender.port, pem, seconds))
      show("Node ws, counts", *node, plain);
    show("net into a tape, as fast as it goes",
         in_a_process([&] { return ours(sender.port, authority.pem(), seconds, tape); }), plain);
    remove_tape();
  }
  const Sender sender(identity, frames, {paced});
  const Outcome kept =
      in_a_process([&] { return ours(sender.port, authority.pem(), seconds, tape); });
  show("net into a tape, paced", kept, kept);
  std::printf(
      "paced: %.0f of %.0f msg/s, receive to durable p50 %.3f s, p99 %.3f s, peak %.0f MiB\n",
      rate(kept), paced, kept.durable_p50, kept.durable_p99, kept.peak_mib);
  remove_tape();
  std::filesystem::remove(pem);
}

}  // namespace
}  // namespace delever::live

int main(int argc, char** argv) {
  const auto number = [&](int at, double otherwise) {
    return argc > at ? delever::read_double(argv[at]).value_or(otherwise) : otherwise;
  };
  delever::live::run(number(1, 5), number(2, 250'000));
  return 0;
}
