// A rehearsal on a thread of its own, and clients of raw bytes: for what no library would send, and
// for measuring.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ctime>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "auth/digest.h"
#include "base/source_root.h"
#include "gateways/json_tree.h"
#include "net/frame.h"
#include "rehearsal/rehearsal.h"

namespace delever::rehearsal::testing {

inline sim::Scenario load_shipped(const std::string& name) {
  const auto shelf = rulebooks::RulebookShelf::load(source_root() + "/rulebooks");
  CHECK(shelf.has_value());
  auto scenario = sim::Scenario::load(source_root() + "/scenarios/" + name, shelf.value());
  CHECK(scenario.has_value());
  return std::move(scenario).value();
}

class Served {
 public:
  explicit Served(Rehearsal::Options options) : loop(clock) {
    auto opened = Rehearsal::open(loop, std::move(options));
    CHECK(opened.has_value());
    rehearsal = std::move(opened).value();
    ready = gateways::JsonTree::parse(rehearsal->ready_json()).value();
    thread_ = std::thread([this] { loop.run(); });
  }
  ~Served() { stop(); }
  void stop() {  // the rehearsal may be looked at then
    loop.stop();
    if (thread_.joinable()) thread_.join();
  }
  pthread_t thread() { return thread_.native_handle(); }
  uint16_t port(std::string_view venue) const {
    return static_cast<uint16_t>(ready["venues"][venue].integer("port").value());
  }

  SystemClock clock;
  net::Loop loop;
  std::unique_ptr<Rehearsal> rehearsal;
  gateways::JsonTree ready;

 private:
  std::thread thread_;
};

inline double cpu_seconds(pthread_t thread) {
  clockid_t clock{};
  timespec spent{};
  if (pthread_getcpuclockid(thread, &clock) != 0 || clock_gettime(clock, &spent) != 0) return 0;
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

// A connection to a port of this machine; `receive_bytes` of kernel memory, 0: as usual.
inline int dial(uint16_t port, int receive_bytes = 0) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(fd >= 0);
  if (receive_bytes > 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof(at)) == 0) return fd;
  ::close(fd);
  return -1;
}

// One request after another on one connection, each waited for.
class PlainClient {
 public:
  explicit PlainClient(uint16_t port) : fd_(dial(port)) {}
  ~PlainClient() {
    if (fd_ >= 0) ::close(fd_);
  }
  PlainClient(const PlainClient&) = delete;
  PlainClient& operator=(const PlainClient&) = delete;
  // The whole answer; empty: none came.
  std::string ask(std::string_view request) {
    if (::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size()))
      return {};
    std::string answer;
    for (;;) {
      const size_t head = answer.find("\r\n\r\n");
      if (head != answer.npos) {
        const size_t at = answer.find("Content-Length: ");
        const size_t body = at < head ? std::strtoul(answer.c_str() + at + 16, nullptr, 10) : 0;
        if (answer.size() >= head + 4 + body) return answer;
      }
      char bytes[8192];
      const ssize_t got = recv(fd_, bytes, sizeof(bytes), 0);
      if (got <= 0) return {};
      answer.append(bytes, static_cast<size_t>(got));
    }
  }

 private:
  int fd_;
};

inline std::string http(std::string_view method, std::string_view target, std::string_view body,
                        std::string_view key = "K") {
  return fmt::format(
      "{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-MBX-APIKEY: {}\r\nContent-Type: "
      "application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{}",
      method, target, key, body.size(), body);
}

inline std::string signed_text(std::string_view fields, int64_t ms, std::string_view secret = "S") {
  const std::string text = fmt::format("{}&timestamp={}", fields, ms);
  return text + "&signature=" + auth::hex(auth::hmac_sha256(secret, text));
}

inline std::string handshake(std::string_view target) {
  return fmt::format(
      "GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
      target);
}

inline std::string client_frame(std::string_view text) {
  std::string out;
  net::append_frame(out, {.opcode = net::Opcode::text, .key = 0x1d2c3b4a}, text);
  return out;
}

// `fields`, by name, without apiKey, timestamp and signature.
inline std::string order_frame(int64_t id, std::vector<std::pair<std::string, std::string>> fields,
                               int64_t ms, std::string_view secret = "S",
                               std::string_view method = "order.place") {
  fields.emplace_back("apiKey", "K");
  fields.emplace_back("timestamp", std::to_string(ms));
  std::sort(fields.begin(), fields.end());
  std::string text, params;
  for (const auto& [name, value] : fields) {
    text += (text.empty() ? "" : "&") + name + "=" + value;
    params += fmt::format("\"{}\":\"{}\",", name, value);
  }
  return client_frame(fmt::format(R"({{"id":"{}","method":"{}","params":{{{}"signature":"{}"}}}})",
                                  id, method, params, auth::hex(auth::hmac_sha256(secret, text))));
}

}  // namespace delever::rehearsal::testing
