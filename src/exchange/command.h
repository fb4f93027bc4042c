// What may be said to an exchange, and what it says back. A command either takes effect or is
// refused with a reason and changes nothing. Market data come out as the same Events that feeds
// produce; what concerns one account comes out as Notices.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "matching/match_book.h"
#include "margin/account.h"

namespace delever {

inline constexpr AccountId kFund = 0;   // the insurance fund: takes over positions, pays deficits
inline constexpr AccountId kVault = 1;  // the backstop vault, with margin of its own that can fail
inline constexpr AccountId kFirstUser =
    2;  // accounts are numbered in the order in which they are opened

enum class OrderType : uint8_t { limit, market, stop_market, stop_limit };
enum class TriggerBy : uint8_t { mark, last };

struct OpenAccount {
  CollateralMode collateral = CollateralMode::single_coin;
  bool hedge = false;
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

enum class NoticeKind : uint8_t {
  account_opened,
  accepted,  // order: qty, price, client
  rested,    // order stands in the book with qty
  finished,  // order is gone with qty left: cancelled, expired, reduce-only trimmed
  stop_armed,
  stop_triggered,
  fill,         // qty at price, fee paid (negative: rebate), maker
  wallet,       // coin, amount: deposit, withdrawal, margin moved
  funding,      // amount received (negative: paid) on qty
  margin_call,  // maintenance is over the call ratio of equity: amount = equity, fee = maintenance
  liquidation,  // the trigger held: amount = equity, fee = maintenance
  takeover,     // qty went to `counterparty` (kFund or kVault) at price
  adl,          // qty was closed against `counterparty` at price
  settled,      // expiry: qty at price, amount = profit
  covered,      // amount of a deficit paid by the fund
  socialised,   // amount taken from this account's profit
  shortfall,    // amount of a deficit that nobody covered
};
std::string_view notice_name(NoticeKind kind);

struct Notice {
  NoticeKind kind = NoticeKind::accepted;
  bool maker = false;
  Side side = Side::buy;  // of the order, or of the trade seen from `account`
  CoinId coin = 0;
  AccountId account = 0, counterparty = 0;
  InstrumentId instrument = 0;
  OrderId order = 0;
  uint64_t client = 0;
  Price price;
  Qty qty;
  Amount amount, fee;
  Instant at;
};

class ExchangeSink : public EventSink {
 public:
  virtual void on_notice(const Notice& notice) = 0;
};

}  // namespace delever
