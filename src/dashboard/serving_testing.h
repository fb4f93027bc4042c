// A dashboard and a client of it on one loop, for tests.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/source_root.h"
#include "dashboard/dashboard.h"
#include "net/client.h"

namespace delever::dashboard {

struct Serving {
  SystemClock clock;
  net::Loop loop{clock};
  std::unique_ptr<Dashboard> dashboard;
  std::unique_ptr<net::Client> client;

  static Dashboard::Options sample() {
    Dashboard::Options options;
    options.subject.tapes = {source_root() + "/samples/day.tape"};
    options.subject.title = "a made day";
    return options;
  }

  explicit Serving(Dashboard::Options options = sample()) {
    auto opened = Dashboard::open(loop, std::move(options));
    EXPECT_TRUE(opened.has_value()) << (opened.has_value() ? "" : opened.error().text());
    if (opened.has_value()) dashboard = std::move(opened).value();
    net::ClientOptions asking;
    asking.proxies = net::Proxies();
    auto made = net::Client::make(loop, asking);
    EXPECT_TRUE(made.has_value());
    client = std::move(made).value();
  }

  // Turns the loop until it is so; the limit is only there so that a test cannot hang.
  bool until(const std::function<bool()>& so, Duration most = Duration::seconds(60)) {
    const Duration begin = clock.elapsed();
    while (!so()) {
      if (clock.elapsed() - begin > most) return false;
      loop.run_for(Duration::ms(2));
    }
    return true;
  }

  net::HttpRequest request(const std::string& path) const {
    net::HttpRequest out;
    out.url = "http://" + dashboard->server().address().text() + path;
    out.timeout = Duration::seconds(60);
    return out;
  }

  net::HttpAnswer ask(net::HttpRequest request) {
    std::optional<Result<net::HttpAnswer>> answer;
    client->request(std::move(request),
                    [&](Result<net::HttpAnswer> got) { answer = std::move(got); });
    EXPECT_TRUE(until([&] { return answer.has_value(); }));
    if (answer && answer->has_value()) return std::move(*answer).value();
    ADD_FAILURE() << (answer ? answer->error().text() : "no answer in time");
    return {};
  }
  // What comes back for bytes sent as they are, until the other side ends.
  std::string raw(const std::string& bytes) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(dashboard->server().address().port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::send(socket, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    std::string got;
    EXPECT_TRUE(until([&] {
      char buffer[4096];
      const ssize_t n = ::recv(socket, buffer, sizeof buffer, MSG_DONTWAIT);
      if (n > 0) got.append(buffer, static_cast<size_t>(n));
      return n == 0 || (n < 0 && errno != EAGAIN);
    }));
    ::close(socket);
    return got;
  }
  net::HttpAnswer ask(const std::string& path) { return ask(request(path)); }
};

}  // namespace delever::dashboard
