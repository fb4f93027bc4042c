// Bybit's private topics: orders and executions as they happen; positions and wallet right after,
// once for all that one command did.
// https://bybit-exchange.github.io/docs/v5/websocket/private/order
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "gateways/bybit/account_rows.h"
#include "gateways/gateway.h"

namespace delever::gateways::bybit {

class PrivateFeeds {
 public:
  PrivateFeeds(Venue& venue, Outward& out) : venue_(venue), out_(out) {}
  static bool knows(std::string_view topic);
  void follow(SocketId socket, AccountId account, std::string_view topic);
  void leave(SocketId socket, AccountId account, std::string_view topic);
  void leave_all(SocketId socket, AccountId account);
  void on_update(const DeskUpdate& update);
  void tick();

 private:
  using Followers = std::map<std::string, std::vector<SocketId>, std::less<>>;  // by topic
  // To all topics of that kind which the category fits: "order", "order.linear".
  void send(AccountId account, std::string_view kind, std::string_view category,
            std::string_view row);
  bool listens(AccountId account, std::string_view kind) const;
  void send_positions(AccountId account, InstrumentId instrument, const Statement& statement);

  Venue& venue_;
  Outward& out_;
  std::map<AccountId, Followers> followers_;
  std::set<std::pair<AccountId, InstrumentId>> moved_;
  std::set<AccountId> paid_;
  uint64_t messages_ = 0;
};

}  // namespace delever::gateways::bybit
