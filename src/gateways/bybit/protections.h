// Take-profits and stop-losses that belong to positions: those that wait for their order to be
// filled, and those that end with their position. Orders are sent from run(), never from inside an
// update.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "gateways/bybit/order_request.h"

namespace delever::gateways::bybit {

class Protections {
 public:
  explicit Protections(Venue& venue) : venue_(venue) {}
  void attach(const OrderRecord& order, Protection protection);
  Protection of(uint64_t order) const;  // what waits for that order to be filled
  void on_update(const DeskUpdate& update);
  void run();
  // A trailing stop in place of the one before; without a distance, none.
  // Whether what is asked for stands already. Of a position that is protected whole.
  bool stands(AccountId account, InstrumentId instrument, PositionSide side, const Parameters& ask,
              const Protection& to) const;
  Reject trail(AccountId account, InstrumentId instrument, PositionSide side, const Protection& to);
  // Sets, replaces or (a price of 0) takes away what protects a whole position.
  Reject set(AccountId account, InstrumentId instrument, PositionSide side, const Protection& to,
             bool clear_take_profit, bool clear_stop_loss);
  // Beside what is there, for a part of the position or all that it is now.
  Reject add(AccountId account, const exchange::PositionView& held, const Protection& to);

 private:
  struct Due {
    AccountId account = 0;
    InstrumentId instrument = 0;
    PositionSide side = PositionSide::long_side;
    Protection protection;
    Qty filled;
  };
  static constexpr size_t kAttachedMost = 100'000;
  Placed place(const Due& due, bool take_profit, std::optional<Qty> qty);
  Reject replace(const Due& due, std::optional<Qty> whole, const std::vector<uint64_t>& old);
  void note(AccountId account, InstrumentId instrument, PositionSide side, std::string_view tag,
            std::vector<uint64_t>& numbers) const;
  void drop_orphans(AccountId account, InstrumentId instrument);

  Venue& venue_;
  std::map<uint64_t, Protection> attached_;  // by order
  std::vector<Due> due_;
  std::set<std::pair<AccountId, InstrumentId>> changed_;
};

}  // namespace delever::gateways::bybit
