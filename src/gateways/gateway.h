// One venue's face: its REST and WebSocket protocol as a state machine without sockets. Requests
// and frames in, answers and frames out, over a Desk. The venue's own codes and texts for
// everything that is refused; who signed is checked on every private call.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateways/desk.h"

namespace delever::gateways {

using SocketId = Strong<struct SocketTag, uint64_t>;

struct Request {
  std::string_view method, path, query, body;  // path and query as sent: signatures are over them
  const std::vector<std::pair<std::string, std::string>>* headers = nullptr;
  std::string_view peer;
  std::string_view header(std::string_view name) const;  // any case; empty: not there
};

struct Answer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  // beside Content-Type
  std::string body;
  std::string content_type = "application/json";
};

// Where a gateway's frames go. Sending to a socket that is gone does nothing.
class Outward {
 public:
  virtual ~Outward() = default;
  virtual void send(SocketId socket, std::string_view text) = 0;
  // The same bytes to many; encoded once.
  virtual void send_all(const std::vector<SocketId>& sockets, std::string_view text) = 0;
  virtual void ping(SocketId socket, std::string_view payload) = 0;
  virtual void close(SocketId socket, uint16_t code, std::string_view why) = 0;
};

struct GatewayOptions {
  bool limits = false;  // rate limits counted and answered as the venue does
};

// What the scorecard counts.
struct AccountCounts {
  uint64_t requests = 0, limit_hits = 0;
  std::vector<std::pair<std::string, uint64_t>> refused;  // the venue's code, times
};

class Gateway {
 public:
  virtual ~Gateway() = default;
  virtual Answer request(const Request& request) = 0;
  // A handshake for this target is asked for: false, 404.
  virtual bool accepts(std::string_view path) const = 0;
  virtual void opened(SocketId socket, std::string_view target) = 0;  // path and query
  virtual void received(SocketId socket, std::string_view frame) = 0;
  virtual void closed(SocketId socket) = 0;
  virtual void on_update(const DeskUpdate& update) = 0;
  // Called at least every 20 ms of wall time: throttled streams, pings, expiries.
  virtual void tick() = 0;
  virtual std::string_view venue() const = 0;  // "binance", "binance-spot", "bybit", ...
  virtual size_t sockets() const = 0;
  virtual AccountCounts counts(AccountId account) const = 0;
};

std::unique_ptr<Gateway> make_binance(Desk& desk, Outward& out, GatewayOptions options);
std::unique_ptr<Gateway> make_binance_spot(Desk& desk, Outward& out, GatewayOptions options);
std::unique_ptr<Gateway> make_bybit(Desk& desk, Outward& out, GatewayOptions options);
std::unique_ptr<Gateway> make_okx(Desk& desk, Outward& out, GatewayOptions options);
std::unique_ptr<Gateway> make_deribit(Desk& desk, Outward& out, GatewayOptions options);
std::unique_ptr<Gateway> make_hyperliquid(Desk& desk, Outward& out, GatewayOptions options);

}  // namespace delever::gateways
