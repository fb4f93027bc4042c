// What may be asked of an exchange: plain data. A command either takes effect or is refused with a
// reason and changes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "market/account.h"
#include "market/event.h"
#include "market/order.h"

namespace delever {

struct OpenAccount {
  CollateralMode collateral = CollateralMode::single_coin;
  bool hedge = false;
  OrderMargin orders = OrderMargin::mark;
};
struct Deposit {
  AccountId account = 0;
  CoinId coin = 0;
  Amount amount;
};  // to kFund and kVault as well
struct Withdraw {
  AccountId account = 0;
  CoinId coin = 0;
  Amount amount;
};
struct SetLeverage {
  AccountId account = 0;
  InstrumentId instrument = 0;
  Leverage leverage;
};
struct SetMarginMode {
  AccountId account = 0;
  InstrumentId instrument = 0;
  MarginMode mode = MarginMode::cross;
};
struct SetPositionMode {
  AccountId account = 0;
  bool hedge = false;
};
struct SetCollateralMode {
  AccountId account = 0;
  CollateralMode collateral = CollateralMode::single_coin;
};
// Between the wallet and an isolated position; negative takes out. `side` matters in hedge mode
// alone.
struct MoveMargin {
  AccountId account = 0;
  InstrumentId instrument = 0;
  PositionSide side = PositionSide::long_side;
  Amount amount;
};
struct SubmitOrder {
  AccountId account = 0;
  InstrumentId instrument = 0;
  Side side = Side::buy;
  OrderType type = OrderType::limit;
  Price price;  // of limit and stop-limit orders
  Qty qty;
  TimeInForce time_in_force = TimeInForce::good_till_cancelled;
  SelfTrade self_trade = SelfTrade::expire_taker;
  bool reduce_only = false;
  PositionSide position = PositionSide::long_side;  // which of the two, in hedge mode
  Price trigger;  // of stops: a buy is due when the price is at or above it
  TriggerBy trigger_by = TriggerBy::mark;
  uint64_t client = 0;  // handed back in notices; the exchange does not read it
};
struct CancelOrder {
  AccountId account = 0;
  InstrumentId instrument = 0;
  OrderId order = 0;
};
struct ReduceOrder {
  AccountId account = 0;
  InstrumentId instrument = 0;
  OrderId order = 0;
  Qty qty;
};  // to `qty`
struct CancelAll {
  AccountId account = 0;
  std::optional<InstrumentId> instrument;
};
// A constituent's price of an index. The index itself, the marks and all that follows from them
// move on a Tick.
struct PublishIndex {
  uint32_t index = 0, source = 0;
  Price price;
};
// A mark that is computed elsewhere (options; a recorded market), or the other venues' price in a
// mark rule.
struct PublishMark {
  InstrumentId instrument = 0;
  Price price;
};
// The clock: indices, marks, funding, settlement, stops by mark, liquidations. Venues do this once
// a second.
struct TickClock {};

using CommandBody =
    std::variant<OpenAccount, Deposit, Withdraw, SetLeverage, SetMarginMode, SetPositionMode,
                 SetCollateralMode, MoveMargin, SubmitOrder, CancelOrder, ReduceOrder, CancelAll,
                 PublishIndex, PublishMark, TickClock>;

struct Command {
  Instant at;  // not before the command ahead of it
  CommandBody body;
};

enum class Reject : uint8_t {
  none,
  time_goes_back,
  bad_time,  // before 1823 or after 2116: the difference of any two times fits 64 bits
  no_such_account,
  no_such_instrument,
  no_such_coin,
  no_such_index,
  no_such_order,
  no_such_mode,  // the venue's rules do not establish it, or it does not apply to this instrument
  bad_amount,    // not positive, or beyond what a wallet may hold
  bad_price,     // not positive, not on a tick, outside the band of the book or of the venue's rule
  bad_quantity,  // not positive, not on a step, beyond the venue's limits
  bad_leverage,  // not positive, or more than the tier of the position allows
  too_large,     // the value would not fit a ledger entry
  no_mark,       // nothing can be margined before the first mark price
  not_enough_margin,
  not_enough_balance,
  nothing_to_reduce,
  would_take,     // post-only
  not_filled,     // fill-or-kill
  would_trigger,  // the stop is due already
  has_position,   // modes change only without positions and orders
  not_isolated,
  expired,  // the instrument has settled
  in_liquidation,
  not_allowed,  // the fund and the vault take no orders
};
std::string_view reject_name(Reject reject);

}  // namespace delever
