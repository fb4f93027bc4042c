// One market listened to over the network: its session, and the sockets that the session asks for.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "feeds/session.h"
#include "net/client.h"
#include "net/loop.h"
#include "venues/dialects.h"

namespace delever::live {

class MarketFeed final : private feeds::Network {
 public:
  struct What {
    std::unique_ptr<venues::Dialect> dialect;
    venues::Plan plan;
    feeds::Session::Options options;
  };
  // The loop, the client and the recording outlive it.
  MarketFeed(net::Loop& loop, net::Client& client, What what, feeds::Recording& recording);
  ~MarketFeed() override;
  MarketFeed(const MarketFeed&) = delete;
  MarketFeed& operator=(const MarketFeed&) = delete;

  Result<void> start();
  void stop();  // closing handshakes are sent
  bool quiet() const { return sockets_.empty() && closing_.empty(); }  // they are answered
  void finish();  // gaps get their ends; nothing is recorded any more. When quiet, or too late
  const feeds::Session& session() const { return session_; }
  std::vector<feeds::SessionNote> take_notes() { return session_.take_notes(); }
  const std::string& market() const { return dialect_->terms().market; }
  std::string address() const;  // that is connected to first
  // Why connecting failed, for as long as nothing has ever been connected.
  const std::optional<std::string>& never_connected() const { return first_failure_; }
  bool ever_connected() const { return ever_connected_; }  // or been told to wait

 private:
  void connect(feeds::ConnectionId connection, const std::string& url) override;
  void send(feeds::ConnectionId connection, std::string_view text) override;
  void ping(feeds::ConnectionId connection, std::string_view payload) override;
  void pong(feeds::ConnectionId connection, std::string_view payload) override;
  void close(feeds::ConnectionId connection, uint16_t code) override;
  void request(feeds::RequestId request, const feeds::HttpRequest& what) override;

  net::SocketHandlers handlers(feeds::ConnectionId connection);
  net::WebSocket* find(feeds::ConnectionId connection);
  Moment moment(Instant at);
  Moment moment() { return moment(loop_.clock().now()); }
  void wake_later();

  net::Loop& loop_;
  net::Client& client_;
  const std::unique_ptr<venues::Dialect> dialect_;
  std::map<feeds::ConnectionId, net::WebSocketPtr> sockets_, closing_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::optional<std::string> first_failure_;
  bool ever_connected_ = false, stopped_ = false, finished_ = false;
  const bool by_rest_;     // nothing but polls
  const std::string url_;  // instead of the venue's hosts
  net::Timer wake_;
  std::optional<Duration> armed_;  // what the timer is set to
  feeds::Session session_;
};

}  // namespace delever::live
