// What the positions of admitted accounts have realised, as venues show it beside each of them:
// since it was opened last, and in all. Follows the desk's updates.
#pragma once

#include <algorithm>
#include <map>
#include <tuple>

#include "gateways/desk.h"

namespace delever::gateways {

struct PositionPast {
  Instant opened, updated;
  Amount profit, fees, funding;  // of the position as it stands, or of the last one: fees > 0 paid
  Amount cumulative;             // all of it, of all positions here so far
  Qty closed, largest;           // of the position as it stands
  Amount net() const { return profit - fees + funding; }
};

class PositionHistory {
 public:
  explicit PositionHistory(const Desk& desk) : desk_(desk) {}
  void on_update(const DeskUpdate& update);
  const PositionPast& of(AccountId account, InstrumentId instrument, PositionSide side) const;

  struct Closed {
    uint64_t number = 0;
    AccountId account = 0;
    InstrumentId instrument = 0;
    PositionSide side = PositionSide::long_side;
    PositionPast past;
    Price entry, exit;
    Leverage leverage;
    MarginMode mode = MarginMode::cross;
  };
  // Positions that went flat, the newest last; kept up to a count.
  const std::vector<Closed>& closed() const { return closed_; }

  // What one order has closed: a position, or a part of one.
  struct Closing {
    uint64_t number = 0, order = 0;
    AccountId account = 0;
    InstrumentId instrument = 0;
    PositionSide side = PositionSide::long_side;  // of the position
    Qty closed;
    double value = 0;  // of its fills: price times size
    Price entry;
    Amount profit, open_fee, close_fee;
    uint32_t fills = 0;
    Leverage leverage;
    Instant created, updated;
    Amount net() const { return profit - open_fee - close_fee; }
  };
  const std::vector<Closing>& closings() const { return closings_; }

 private:
  using Key = std::tuple<AccountId, InstrumentId, PositionSide>;
  struct Entry {
    PositionPast past;
    bool open = false;
    exchange::PositionView last;
    Price entry;
    Amount open_fee;  // paid for what is still open
  };
  // Its part of a fill in two: what it closes of the position, and what it opens.
  void add_closing(Entry& entry, const FillRecord& fill, PositionSide side);
  std::pair<Entry*, PositionSide> entry_of_fill(const DeskUpdate& update);
  void refresh(AccountId account, InstrumentId instrument, Price price);

  const Desk& desk_;
  std::map<Key, Entry> entries_;
  std::map<std::pair<AccountId, InstrumentId>, Price> last_fill_;
  std::vector<Closed> closed_;
  std::vector<Closing> closings_;
  uint64_t made_ = 0, closings_made_ = 0;
};

}  // namespace delever::gateways
