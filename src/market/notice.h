// Notices: what an exchange reports to one account, the counterpart of a venue's private stream
// (execution reports, balance and position updates). One struct a kind, one meaning a field;
// market data go out as Events.
//
// Units: `Price` in quote money per unit of base, `Qty` in the instrument's own unit, `Amount` in
// coins of the coin that the struct names, or in USD where a pool over all coins is meant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "market/account.h"
#include "market/event.h"
#include "market/order.h"

namespace delever {

struct AccountOpened {};

// An order passed all checks and is about to trade or rest.
struct OrderAccepted {
  InstrumentId instrument = 0;
  Side side = Side::buy;
  Price price;          // the limit, as submitted; 0 for market orders
  Qty qty;              // after reduce-only trimming
  uint64_t client = 0;  // as submitted
};

// The order stands in the book with `qty`; repeated when an amendment or a trim leaves it less.
struct OrderRested {
  InstrumentId instrument = 0;
  Side side = Side::buy;
  OrderId order = 0;
  uint64_t client = 0;
  Price price;
  Qty qty;
};

// The order is gone: cancelled, expired, or trimmed because it could only reduce.
struct OrderFinished {
  InstrumentId instrument = 0;
  Side side = Side::buy;
  OrderId order = 0;  // 0: it never rested
  uint64_t client = 0;
  std::optional<Price> price;  // the limit; missing: a stop that was not triggered, or was refused
  Qty left;                    // what was not filled
};

struct StopArmed {
  InstrumentId instrument = 0;
  Side side = Side::buy;
  OrderId order = 0;
  uint64_t client = 0;
  Price trigger;
  Qty qty;
};

struct StopTriggered {
  InstrumentId instrument = 0;
  Side side = Side::buy;
  OrderId order = 0;
  uint64_t client = 0;
  Price price;  // mark or last price that set it off
  Qty qty;
};

struct Fill {
  InstrumentId instrument = 0;
  Side side = Side::buy;  // of this account
  bool maker = false;
  CoinId coin = 0;  // settlement coin; spot: the coin received
  AccountId counterparty = 0;
  OrderId order = 0;  // the maker's resting order; 0 for the taker
  uint64_t client = 0;
  Price price;
  Qty qty;
  Amount value;  // what both sides booked, in the settlement coin; spot: in the quote coin
  Amount fee;    // paid in `coin`; negative: a rebate
};

// A wallet changed by something other than trading.
struct WalletChanged {
  enum class Cause : uint8_t { deposit, withdrawal, margin_moved, taken_by_vault };
  Cause cause = Cause::deposit;
  CoinId coin = 0;
  std::optional<InstrumentId> isolated;  // margin_moved: the position at the other end
  Amount amount;                         // received; negative: given
};

struct FundingPaid {
  InstrumentId instrument = 0;
  CoinId coin = 0;
  Side side = Side::buy;  // of the position: buy is long
  Price price;            // mark or oracle price that the payment is on
  Qty qty;                // held
  Amount amount;          // received; negative: paid
};

// Maintenance has come over the call ratio of equity.
struct MarginCall {
  std::optional<CoinId> coin;              // of the pool; missing: all coins, in USD
  std::optional<InstrumentId> instrument;  // an isolated position; missing: a cross pool
  Amount equity, maintenance;
};

// The trigger held: the steps of the venue's liquidation begin.
struct LiquidationStarted {
  std::optional<CoinId> coin;              // of the pool; missing: all coins, in USD
  std::optional<InstrumentId> instrument;  // isolated, or of fund and vault: its position
  Amount equity, maintenance;
};

// A position went to another account without the book. `side` is the trade seen from the account of
// the notice: selling gives up a long position.
struct PositionTransfer {
  InstrumentId instrument = 0;
  Side side = Side::buy;
  AccountId counterparty = 0;
  CoinId coin = 0;  // settlement coin
  Price price;      // the set one, else the nearest to value per lot: `value` counts
  Qty qty;
  Amount value;  // that both sides booked
};
struct PositionTakenOver : PositionTransfer {};    // by the fund or the vault
struct PositionDeleveraged : PositionTransfer {};  // closed against an opposite position (ADL)

// Expiry closed the position at `price`.
struct PositionSettled {
  InstrumentId instrument = 0;
  Side side = Side::buy;  // of the closing trade: selling closes a long position
  CoinId coin = 0;
  Price price;
  Qty qty;
  Amount profit;
};

// How a closed pool's deficit was met.
struct DeficitCovered {  // by the fund
  CoinId coin = 0;
  Amount amount;
};
struct ProfitSocialised {  // taken from this account's profit
  CoinId coin = 0;
  AccountId debtor = 0;
  Amount amount;
};
struct DeficitUncovered {  // by nobody
  CoinId coin = 0;
  Amount amount;
};

using NoticeBody =
    std::variant<AccountOpened, OrderAccepted, OrderRested, OrderFinished, StopArmed, StopTriggered,
                 Fill, WalletChanged, FundingPaid, MarginCall, LiquidationStarted,
                 PositionTakenOver, PositionDeleveraged, PositionSettled, DeficitCovered,
                 ProfitSocialised, DeficitUncovered>;

// The alternatives of NoticeBody, by index.
enum class NoticeKind : uint8_t {
  account_opened,
  accepted,
  rested,
  finished,
  stop_armed,
  stop_triggered,
  fill,
  wallet,
  funding,
  margin_call,
  liquidation,
  takeover,
  adl,
  settled,
  covered,
  socialised,
  shortfall,
};
static_assert(std::variant_size_v<NoticeBody> == static_cast<size_t>(NoticeKind::shortfall) + 1);
std::string_view notice_name(NoticeKind kind);

struct Notice {
  AccountId account = 0;
  Instant at;
  NoticeBody body;

  NoticeKind kind() const { return static_cast<NoticeKind>(body.index()); }
  template <class T>
  const T* as() const {
    return std::get_if<T>(&body);
  }
};

// Every field, for logs and comparisons.
std::string text_of(const Notice& notice);

// What a notice changes in the positions of `account`, which is the notice's own or the
// counterparty of a transfer; nothing for notices that change none. Where it is both (hedge mode:
// deleveraged against its own other side) the quantity is zero: its net position stays.
struct PositionChange {
  InstrumentId instrument = 0;
  Side side = Side::buy;  // of `account`
  Price price;
  Qty qty;
};
std::optional<PositionChange> position_change(const Notice& notice, AccountId account);

}  // namespace delever
