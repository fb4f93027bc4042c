// OKX's private channels: orders and algo orders as they happen; positions and account right
// after, once for all that one command did, and whole when they are subscribed to.
// https://www.okx.com/docs-v5/en/#trading-account-websocket-account-channel
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "gateways/gateway.h"
#include "gateways/okx/account_rows.h"
#include "gateways/okx/channel.h"

namespace delever::gateways::okx {

class PrivateFeeds {
 public:
  PrivateFeeds(Venue& venue, Outward& out) : venue_(venue), out_(out) {}
  static bool knows(Path path, const Channel& channel);
  void follow(SocketId socket, AccountId account, const Channel& channel);
  void leave(SocketId socket, AccountId account, const Channel& channel);
  void leave_all(SocketId socket, AccountId account);
  void on_update(const DeskUpdate& update);
  void on_algo(const Algo& algo);
  void tick();

 private:
  struct Following {
    Channel channel;
    std::vector<SocketId> sockets;
  };
  using Followings = std::map<std::string, Following, std::less<>>;  // by argument
  bool listens(AccountId account, std::string_view name) const;
  void send(const std::vector<SocketId>& to, const Channel& channel, std::string_view rows);
  bool takes(const Channel& channel, const Product& product) const;
  void send_order(const DeskUpdate& update, const FillRecord* fill);
  void send_positions(AccountId account, const Following& to, const Statement& statement,
                      const std::set<InstrumentId>* only);
  void send_liquidation_warning(const DeskUpdate& update);
  std::string position_rows(AccountId account, const Channel& of, const Statement& statement,
                            const std::set<InstrumentId>* only) const;
  struct Traded {
    InstrumentId instrument = 0;
    uint64_t number = 0;
  };
  std::string balance_and_position(AccountId account, const Statement& statement,
                                   std::string_view event, const std::set<InstrumentId>* only,
                                   const std::vector<Traded>& traded) const;

  Venue& venue_;
  Outward& out_;
  std::map<AccountId, Followings> followers_;
  std::optional<FillRecord> fill_;  // its order's update follows at once
  std::map<AccountId, std::set<InstrumentId>> moved_;
  std::set<AccountId> paid_;
  std::map<AccountId, std::vector<Traded>> traded_;
};

}  // namespace delever::gateways::okx
