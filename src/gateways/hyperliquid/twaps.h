// TWAP orders: a size in equal slices, one every thirty seconds of market time, each an IOC order
// at most 3 % from the mark. A slice that found too little is made up for by later ones of up to
// three times its size.
// https://hyperliquid.gitbook.io/hyperliquid-docs/trading/order-types
#pragma once

#include <string>
#include <vector>

#include "gateways/hyperliquid/order_wire.h"

namespace delever::gateways::hyperliquid {

struct Twap {
  enum class State : uint8_t { activated, finished, terminated, error };
  uint64_t id = 0;
  AccountId account = 0;
  const Asset* asset = nullptr;
  Side side = Side::buy;
  Qty size;
  int64_t minutes = 0;
  bool reduce_only = false, randomize = false;
  Instant began, next, changed;
  int64_t slices = 0, sent = 0;  // to be sent in all, and so far
  Qty done;
  Amount value;  // of what is done
  State state = State::activated;
  std::string why;  // of an error
};

class Twaps {
 public:
  Twaps(Desk& desk, const Shapes& shapes) : desk_(desk), shapes_(shapes) {}

  // The venue's words where it is refused; empty: it runs, and its first slice has been sent.
  std::string start(Twap asked, uint64_t& id);
  bool cancel(AccountId account, uint64_t asset, uint64_t id);
  void tick();
  // Counted up with every row of the history of any account.
  uint64_t changes() const { return changes_; }

  // JSON; the newest first.
  std::string history(AccountId account, std::string_view user) const;
  // The rows after so many changes, the oldest first.
  std::string since(AccountId account, std::string_view user, uint64_t changes) const;
  std::string states(AccountId account, std::string_view user) const;  // of those that run

 private:
  void send(Twap& twap);
  void end(Twap& twap, Twap::State state, std::string why = {});
  void note(const Twap& twap);
  Price limit_of(const Twap& twap) const;

  Desk& desk_;
  const Shapes& shapes_;
  std::vector<Twap> running_;
  std::vector<Twap> rows_;  // of history, the oldest first
  uint64_t made_ = 0, changes_ = 0;
};

}  // namespace delever::gateways::hyperliquid
