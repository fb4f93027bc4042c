// The socket's side: what is subscribed, and what is sent when. Public channels at the venue's
// pace, in market time; account channels when something has changed. on_update only notes what
// changed: frames go out when the call that changed it is over, and the account stands.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateways/gateway.h"
#include "gateways/hyperliquid/info.h"

namespace delever::gateways::hyperliquid {

class Streams {
 public:
  Streams(const Shapes& shapes, const Info& info, const Accounts& accounts, Outward& out)
      : shapes_(shapes), desk_(shapes.desk()), info_(info), accounts_(accounts), out_(out) {}

  void opened(SocketId socket) { sockets_[socket]; }
  void closed(SocketId socket);
  // Of {"method":"subscribe","subscription":{...}}.
  void subscribe(SocketId socket, Json subscription, bool on);
  void on_update(const DeskUpdate& update);
  void flush();  // what the last calls changed
  void tick();   // and what is due by its pace
  size_t sockets() const { return sockets_.size(); }

 private:
  struct Topic {
    std::string type, user;  // the address as the client wrote it
    const Asset* asset = nullptr;
    std::optional<AccountId> account;
    std::string interval;  // candle
    Shapes::BookView book;
    std::vector<SocketId> sockets;
    Instant sent = Instant::min();
    std::string last;  // of channels that are sent when they differ
    bool changed = false;
  };
  using Topics = std::map<std::string, Topic>;

  // Missing: no such subscription.
  std::optional<std::pair<std::string, Topic>> read(Json subscription) const;
  std::string snapshot(const Topic& topic) const;
  static std::string_view channel_of(const Topic& topic);
  static std::string frame(std::string_view channel, std::string_view data);
  static Duration pace(const Topic& topic);
  std::string market_data(const Topic& topic) const;
  std::string account_data(const Topic& topic) const;
  void send(Topic& topic, std::string_view data);
  void send_pending(Topic& topic);
  void send_twaps();
  void refuse(SocketId socket, std::string_view why, Json subscription);

  // What an account has been through since the last flush; rows are written where they happen,
  // since a record may be gone later.
  struct Pending {
    JsonWriter orders, history;
    size_t order_rows = 0, fills = 0, fundings = 0, moves = 0;
    bool touched = false;
    JsonWriter funding_rows, move_rows;
  };
  Pending& pending(AccountId account);

  const Shapes& shapes_;
  const Desk& desk_;
  const Info& info_;
  const Accounts& accounts_;
  Outward& out_;
  std::map<SocketId, std::set<std::string>> sockets_;
  Topics topics_;
  uint64_t twap_changes_ = 0;
  std::map<AccountId, size_t> followed_;  // topics of an account
  std::map<AccountId, Pending> pending_;
  std::map<InstrumentId, JsonWriter> trades_;
};

}  // namespace delever::gateways::hyperliquid
