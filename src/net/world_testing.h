// A loop with a server and a client of it in one process, for tests.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/client.h"
#include "net/server.h"

namespace delever::net {

struct World {
  SystemClock clock;
  Loop loop{clock};
  std::unique_ptr<Server> server;
  std::unique_ptr<Client> client;

  explicit World(const ServerOptions& serving = {}, ClientOptions asking = plain()) {
    auto listening = Server::listen(loop, serving);
    EXPECT_TRUE(listening.has_value());
    if (listening.has_value()) server = std::move(listening).value();
    auto made = Client::make(loop, asking);
    EXPECT_TRUE(made.has_value());
    client = std::move(made).value();
  }
  ~World() {
    client.reset();
    server.reset();
  }

  static ClientOptions plain() {
    ClientOptions options;
    options.proxies = Proxies();
    return options;
  }

  // Turns the loop until it is so; the limit is only there so that a test cannot hang.
  bool until(const std::function<bool()>& so) {
    const Duration begin = clock.elapsed();
    while (!so()) {
      if (clock.elapsed() - begin > Duration::seconds(90)) return false;
      loop.run_for(Duration::ms(2));
    }
    return true;
  }

  std::string url(const std::string& scheme, const std::string& path) const {
    return scheme + "://" + server->address().text() + path;
  }

  Result<HttpAnswer> ask(HttpRequest request) {
    std::optional<Result<HttpAnswer>> answer;
    client->request(std::move(request), [&](Result<HttpAnswer> got) { answer = std::move(got); });
    EXPECT_TRUE(until([&] { return answer.has_value(); }));
    return answer ? std::move(*answer) : Result<HttpAnswer>(Error{Fault::unavailable, "hung"});
  }
  Result<HttpAnswer> get(const std::string& path) { return ask({.url = url("http", path)}); }
};

}  // namespace delever::net
