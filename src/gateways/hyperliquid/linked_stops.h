// Take-profit and stop-loss that hang on an order or on a position: children of a normalTpsl group
// wait until their parent is filled, of two siblings the second is cancelled when the first has
// traded, and what is set on a position goes with it.
#pragma once

#include <utility>
#include <vector>

#include "gateways/hyperliquid/order_wire.h"

namespace delever::gateways::hyperliquid {

class LinkedStops {
 public:
  explicit LinkedStops(Desk& desk) : desk_(desk) {}

  // Children of a live parent. Placed when it is filled, dropped when it ends otherwise.
  void wait(AccountId account, uint64_t parent, std::vector<Ordered> children,
            std::vector<std::string> client_ids);
  void join(AccountId account, std::vector<uint64_t> siblings);
  // Of a position: gone with it, and with one that turns round.
  void attach(AccountId account, uint64_t order) { attached_.emplace_back(account, order); }
  void on_update(const DeskUpdate& update);
  // What on_update found: never inside the call of the desk that told of it.
  void settle();

 private:
  struct Waiting {
    AccountId account = 0;
    uint64_t parent = 0;
    std::vector<Ordered> children;
    std::vector<std::string> client_ids;
  };
  struct Group {
    AccountId account = 0;
    std::vector<uint64_t> siblings;
  };
  void place(const Waiting& waiting);
  void drop_without_position();

  Desk& desk_;
  std::vector<Waiting> waiting_;
  std::vector<Group> groups_;
  std::vector<std::pair<AccountId, uint64_t>> attached_;
  bool changed_ = false;
};

}  // namespace delever::gateways::hyperliquid
