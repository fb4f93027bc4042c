// One venue's port: an HTTP and WebSocket server before its gateways. Binance's futures and spot
// share one by their paths.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateways/gateway.h"
#include "net/loop.h"
#include "net/server.h"
#include "rehearsal/turns.h"

namespace delever::rehearsal {

// The gateway of that name; null: there is none.
std::unique_ptr<gateways::Gateway> make_gateway(std::string_view name, gateways::Desk& desk,
                                                gateways::Outward& out,
                                                gateways::GatewayOptions options);
bool has_gateway(std::string_view name);

class Face final : public gateways::Outward {
 public:
  // `before`: called ahead of every request and frame, so that the market stands where it should.
  Face(net::Loop& loop, std::string name, std::function<void()> before,
       std::function<uint64_t()> commands, std::shared_ptr<Turns> turns);
  ~Face() override;
  void add(gateways::Desk& desk, std::string_view gateway, gateways::GatewayOptions options);
  Result<void> listen(const net::ServerOptions& serving);
  // What its own server is given, for others that serve it under another name.
  static net::SocketOptions socket_options();
  static net::ServerOptions bounded(net::ServerOptions serving);
  void answer(const net::ServerRequest& request, const net::ReplyPtr& reply);
  net::Server::Accepted accept(const net::ServerRequest& request, const net::WebSocketPtr& socket);
  void close(Duration grace, std::function<void()> done);

  const std::string& name() const { return name_; }
  const net::HostPort& address() const { return server_->address(); }
  const std::vector<std::unique_ptr<gateways::Gateway>>& gateways() const { return gateways_; }
  size_t sockets() const { return sockets_.size(); }
  uint64_t requests() const { return requests_; }
  void tick();       // of the gateways
  void flush_due();  // frames that were held back
  void delay(Duration by, Duration how_long);
  void disconnect();

  void send(gateways::SocketId socket, std::string_view text) override;
  void send_all(const std::vector<gateways::SocketId>& sockets, std::string_view text) override;
  void ping(gateways::SocketId socket, std::string_view payload) override;
  void close(gateways::SocketId socket, uint16_t code, std::string_view why) override;

 private:
  struct Open {
    net::WebSocketPtr socket;
    gateways::Gateway* gateway = nullptr;
    Turns::Turn turn;
    std::vector<uint64_t> pending;  // of what many get: numbers in `shared_`
  };
  struct Late {
    Duration due;
    gateways::SocketId socket;
    std::string text;
  };
  gateways::Gateway* gateway_of(std::string_view path, bool socket) const;
  void deliver(gateways::SocketId socket, std::string_view text);
  void received(gateways::SocketId socket, std::string_view frame);
  void gone(gateways::SocketId socket);
  void cut_slowest();
  void hand_out(gateways::SocketId socket, Open& open, bool beside = false);
  void hand_out_later();
  Open* open_of(gateways::SocketId socket) const;  // null: gone
  Open* first_behind();
  void forget_shared();
  bool late() const { return loop_.clock().elapsed() < late_until_; }

  net::Loop& loop_;
  const std::string name_;
  std::function<void()> before_;
  std::function<uint64_t()> commands_;  // how many have been taken of guests
  const std::shared_ptr<Turns> turns_;  // shared with the other ports
  std::vector<std::unique_ptr<gateways::Gateway>> gateways_;
  std::map<gateways::SocketId, Open> sockets_;
  std::unordered_map<uint64_t, Open*> by_number_;  // the same, found in one step
  std::deque<Late> waiting_;
  std::unique_ptr<net::Server> server_;
  uint64_t last_socket_ = 0, requests_ = 0;
  Duration late_by_, late_until_;
  // What many get, by number, and who has some of it pending, in order of the oldest of theirs.
  // One number is what the same followers get at once.
  using Shared = net::SharedBatch::Messages;
  std::deque<Shared> shared_;
  uint64_t first_shared_ = 0;
  std::vector<gateways::SocketId> last_followers_;  // of the last, while nobody has had it
  struct Behind {
    gateways::SocketId socket;
    uint64_t oldest = 0;  // of his pending when he came into the line; another now: he has had it
  };
  std::deque<Behind> behind_;
  bool handing_out_ = false;
  // Joined for the last who got some: the next mostly gets the same.
  std::vector<uint64_t> joined_;
  std::unique_ptr<net::SharedBatch> batch_;
  uint64_t ticks_ = 0;
  const std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  std::vector<gateways::SocketId> cut_;  // fell too far behind, to be dropped outside of a send
};

}  // namespace delever::rehearsal
