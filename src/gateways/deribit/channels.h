// Subscriptions: what a channel's name asks for, what is sent on it and when. Paces are in market
// time (raw: at each tick of the gateway, 100ms, agg2: a second). on_update only notes what
// changed; frames go out when the call that changed it is over.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "gateways/deribit/book_chains.h"
#include "gateways/deribit/index_past.h"
#include "gateways/deribit/rpc.h"

namespace delever::gateways::deribit {

class Channels {
 public:
  Channels(Desk& desk, const Contracts& contracts, const Shapes& shapes, const IndexPast& past,
           Outward& out)
      : desk_(desk), contracts_(contracts), shapes_(shapes), past_(past), out_(out) {}

  // public/subscribe and private/subscribe: the answer, and the first data of each in `first`,
  // to be sent behind the answer.
  Reply subscribe(const Caller& caller, const Params& params, bool of_private);
  Reply unsubscribe(SocketId socket, const Params& params);
  Reply unsubscribe_all(SocketId socket);
  void send_first(SocketId socket);  // what subscribe() has left to be sent
  void opened(SocketId socket) { sockets_[socket]; }
  void closed(SocketId socket);
  void on_update(const DeskUpdate& update);
  void flush();
  void tick();
  size_t sockets() const { return sockets_.size(); }

 private:
  enum class Kind : uint8_t {
    book,
    grouped_book,
    trades,
    ticker,
    incremental_ticker,
    quote,
    perpetual,
    index_price,
    volatility,
    option_marks,
    chart,
    instrument_state,
    silent,  // known, and nothing happens on it here
    user_orders,
    user_trades,
    user_changes,
    user_portfolio,
    user_silent,
  };
  struct Topic {
    Kind kind = Kind::silent;
    const Contract* contract = nullptr;  // null: of all that `coin_name` and `of_kind` fit
    std::string coin_name, of_kind, index;
    std::string pace;  // "raw", "100ms", "agg2"
    Duration length;   // chart
    size_t depth = 0;
    int64_t group = 0;  // raw price; 0: none
    std::optional<AccountId> account;
    std::vector<SocketId> sockets;
    Instant sent = Instant::min();
    std::string last;  // data without its time, of what is sent when it differs
    JsonWriter rows;   // trades since the last message
    size_t row_count = 0;
    bool changed = false;
    BookChain chain;
    bool is(const Contract& c) const {
      return contract ? contract == &c : c.is(coin_name, of_kind);
    }
  };
  struct Changes {  // of an account and instrument, since the last flush
    std::vector<std::string> order_rows, trade_rows;
  };

  std::optional<Topic> read(std::string_view channel) const;
  std::optional<Topic> read_user(const std::vector<std::string_view>& parts) const;
  bool read_scope(Topic& topic, const std::vector<std::string_view>& parts, size_t from) const;
  std::string first_data(const Topic& topic) const;
  std::string grouped(const Topic& topic) const;
  std::string current(const Topic& topic) const;
  bool due(const Topic& topic, Instant now) const;
  void send(const std::string& name, Topic& topic, std::string_view data);
  void drop(SocketId socket, const std::string& channel);
  void send_changes(const std::string& name, Topic& topic);
  void tick_topic(const std::string& name, Topic& topic, Instant now);
  static std::string frame(std::string_view channel, std::string_view data);

  Desk& desk_;
  const Contracts& contracts_;
  const Shapes& shapes_;
  const IndexPast& past_;
  Outward& out_;
  std::map<std::string, Topic> topics_;  // by channel; those of an account: ACCOUNT:channel
  std::map<SocketId, std::set<std::string>> sockets_;
  std::map<std::pair<AccountId, InstrumentId>, Changes> changes_;
  std::set<AccountId> touched_;
  std::map<AccountId, size_t> followed_;  // topics of an account
  std::map<SocketId, std::vector<std::string>> first_;
};

}  // namespace delever::gateways::deribit
