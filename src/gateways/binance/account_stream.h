// What happens to an account, to whoever listens to it: by listen key, or (spot) by subscription of
// the WebSocket API. Orders and fills at once; balances and positions together, when what
// was asked for is done.
#pragma once

#include <set>

#include "gateways/binance/streams.h"

namespace delever::gateways::binance {

class AccountStream {
 public:
  AccountStream(Face& face, Streams& streams, Outward& out)
      : face_(face), streams_(streams), out_(out) {}
  void on_update(const DeskUpdate& update);
  // Balances and positions that have changed since.
  void flush();
  void tick();  // keys that run out

  // ---- subscriptions of the WebSocket API
  uint64_t subscribe(SocketId socket, AccountId account, bool microseconds);
  void unsubscribe(SocketId socket, std::optional<uint64_t> subscription);
  void closed(SocketId socket) { unsubscribe(socket, std::nullopt); }
  std::set<uint64_t> subscriptions(SocketId socket) const {
    std::set<uint64_t> out;
    for (const auto& [account, all] : listeners_) {
      for (const Listener& l : all) {
        if (l.socket == socket) out.insert(l.subscription);
      }
    }
    return out;
  }

 private:
  struct Changed {
    std::string_view reason = "ORDER";
    std::set<CoinId> coins;
    std::set<InstrumentId> positions;
    std::map<CoinId, Amount> moved;  // by what is no trade
  };
  bool heard(AccountId account) const;
  void emit_to(AccountId account, const std::string& json);
  void on_order(const DeskUpdate& update);
  void on_fill(const DeskUpdate& update);
  void on_money(const MoneyRecord& money);
  void on_settings(AccountId account, InstrumentId instrument);
  void on_margin_call(AccountId account, InstrumentId instrument);
  void change(AccountId account, std::string_view reason);
  void emit_lists();

  uint64_t lists_told_ = 0;  // the last list of which was told
  std::vector<uint64_t> lists_open_;

  Face& face_;
  Streams& streams_;
  Outward& out_;
  struct Listener {
    SocketId socket = 0;
    uint64_t subscription = 0;
    bool microseconds = false;
  };
  std::map<AccountId, std::vector<Listener>> listeners_;
  std::map<AccountId, Changed> changed_;
  std::map<std::pair<AccountId, InstrumentId>, Leverage> leverages_;
  std::map<SocketId, uint64_t> subscriptions_made_;
};

}  // namespace delever::gateways::binance
