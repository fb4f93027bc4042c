// OKX's algo orders: one id for a stop, a take-profit, or both of which one ends the other. Each
// leg is an order of the desk.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gateways/okx/codes.h"
#include "gateways/okx/order_note.h"
#include "gateways/okx/venue.h"

namespace delever::gateways::okx {

struct AlgoLeg {
  Price trigger;
  std::optional<Price> limit;  // missing: at market
  WatchedPrice by = WatchedPrice::last;
  bool take_profit = false;
  uint64_t order = 0;  // of the desk
  std::optional<Trailing> trailing;
};

struct Algo {
  uint64_t id = 0;
  AccountId account = 0;
  InstrumentId instrument = 0;
  std::string type;  // "trigger", "conditional", "oco", "move_order_stop"
  std::string client_id, tag, trade_mode;
  Side side = Side::buy;
  PositionSide position = PositionSide::long_side;
  Qty qty;
  std::optional<Amount> money;  // what legs at market spend or bring, in place of `qty`
  bool reduce_only = false, closes_position = false;
  std::vector<AlgoLeg> legs;
  enum class State : uint8_t { live, effective, canceled, order_failed } state = State::live;
  uint64_t sent = 0;  // the order that came of it
  Instant created, updated;
};
std::string_view algo_state_name(Algo::State state);

class Algos {
 public:
  explicit Algos(Venue& venue) : venue_(venue) {}
  // Places all legs or none.
  Refusal place(Algo algo, uint64_t& id);
  Refusal cancel(AccountId account, uint64_t id);
  struct LegChange {
    std::optional<Price> trigger, limit;
    bool any() const { return trigger || limit; }
  };
  struct Change {
    std::optional<Qty> qty;
    LegChange take_profit, stop_loss, only;  // `only`: of a trigger order, which has one leg
  };
  Refusal amend(AccountId account, uint64_t id, const Change& to);
  const Algo* find(AccountId account, uint64_t id, std::string_view client_id) const;
  std::vector<const Algo*> all(AccountId account) const;  // oldest first

  // Placed when `order` has been filled, for as much as was.
  void attach(const OrderRecord& order, Algo algo);
  const Algo* attached(uint64_t order) const;  // what waits for that order; null: nothing
  void on_update(const DeskUpdate& update);
  void run();  // what updates have left to do
  // Called for each algo order that is new or another than it was.
  void on_change(std::function<void(const Algo&)> handler) { changed_ = std::move(handler); }

 private:
  static constexpr size_t kKept = 2'000;  // an account
  void end(Algo& algo, Algo::State state, uint64_t sent);
  void emit(const Algo& algo) const {
    if (changed_) changed_(algo);
  }

  Venue& venue_;
  std::map<AccountId, std::map<uint64_t, Algo>> algos_;
  std::map<uint64_t, std::pair<AccountId, uint64_t>> by_order_;
  std::map<uint64_t, Algo> attached_;  // by parent order
  std::vector<Algo> due_;
  std::vector<std::pair<AccountId, uint64_t>> to_cancel_;  // orders
  std::function<void(const Algo&)> changed_;
  bool placing_ = false;
};

}  // namespace delever::gateways::okx
