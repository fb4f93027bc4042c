// The page and its API over HTTP, on a loop of the caller's: questions are answered from a cache,
// or by other threads, so that a slow one holds nobody up. It writes nothing and takes no orders:
// every path answers GET and HEAD alone.
//
// Paths: / the page; /api/v1/... docs/page.md and web/openapi.json; /metrics for Prometheus.
// Others may add routes of their own to server() before the loop runs; who may use them is asked of
// admits().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "dashboard/answers.h"
#include "net/loop.h"
#include "net/server.h"

namespace delever::dashboard {

class Dashboard {
 public:
  struct Options {
    Subject subject;
    net::ServerOptions serving;
    std::string token;              // bearer; empty: none is asked for
    std::string page = "web/dist";  // where the built page is
    std::string description = "web/openapi.json";
    unsigned threads = 2;
    // Of a market that is made while it is shown: what time it is there, and the path that steers
    // it. Missing: the clock's time; empty: nothing is steered.
    std::function<Instant()> now;
    std::string control;
  };
  // Refused: to listen beyond this machine without a token.
  static Result<std::unique_ptr<Dashboard>> open(net::Loop& loop, Options options);
  virtual ~Dashboard() = default;  // waits for answers that are being made

  virtual net::Server& server() = 0;
  virtual bool has_page() const = 0;
  // Keeps the latest frame of a coin at hand, whether or not a page asks for it.
  virtual void watch(const std::string& asset) = 0;
  // Sends a server-sent event to every page that listens. On the loop.
  virtual void publish(std::string_view event, std::string_view json) = 0;
  // Told of the latest frame of each coin at hand, whenever there is something new: for alerts.
  virtual void on_frame(std::function<void(const FramePtr&)> handler) = 0;
  // Whether this caller (token, origin) is served; if not, it has been answered.
  virtual bool admits(const net::ServerRequest& request, const net::ReplyPtr& reply) = 0;
  virtual void close(Duration grace, std::function<void()> done) = 0;
};

}  // namespace delever::dashboard
