// What a venue remembers of each account beside its positions: orders by number, fills, payments.
// The exchange keeps what is owed; these are what a client may ask for again.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "market/command.h"
#include "market/notice.h"

namespace delever::gateways {

enum class OrderState : uint8_t {
  waiting,    // a stop that has not been triggered, or an order that waits for another
  open,       // in the book; partly filled where filled > 0
  filled,     //
  cancelled,  // by its owner, or with its position
  expired,    // IOC and FOK rests, post-only that would take, self trades, market orders' rests
};
inline bool is_live(OrderState s) { return s == OrderState::waiting || s == OrderState::open; }

// The price that a stop waits for. The exchange knows stops by the mark and the last price.
enum class WatchedPrice : uint8_t { mark, last, index };

// How a stop follows the best price since it began: at a share of it, or, where that is 0, at a
// distance from it. It begins at once, or when the price has reached `from`.
struct Trailing {
  Rate share;
  Price distance;
  std::optional<Price> from;
};

// A position that the venue closed, as its own account is told and as the public is. Of
// deleveraging only the accounts on both sides hear.
struct ForcedClose {
  uint64_t number = 0;
  uint64_t order = 0;  // OrderRecord::number; 0: the account is not admitted
  AccountId account = 0;
  InstrumentId instrument = 0;
  Side side = Side::sell;  // of the closing trade
  enum class How : uint8_t { order, takeover, deleveraging } how = How::order;
  Price price;
  Qty qty;
  Amount value;
  Instant at;
};

// Take-profit and stop-loss that its client asked for together with an order. The gateway places
// them when the order has been filled; rows of the order show them before and after.
struct AttachedStop {
  Price trigger;
  std::optional<Price> limit;  // missing: at market
  WatchedPrice by = WatchedPrice::last;
};
struct AttachedStops {
  std::optional<AttachedStop> take_profit, stop_loss;
  bool partial = false;   // each for as much as the order has filled, not for all of the position
  std::string client_id;  // of the stops
};

// What a market was at when a trade was made, and where the trade moved its last price: a venue
// that tells a trade again tells these as they were.
struct TradeMoment {
  std::optional<Price> mark, index;
  enum class Tick : uint8_t { up, level_after_up, down, level_after_down } tick = Tick::up;
};

// What of an order's fills acts on those that are linked to it: the first of them whatever its
// size, the last, or each in proportion (in whole steps, rounded down).
enum class FillCondition : uint8_t { first, whole, share };

struct OrderRecord {
  uint64_t number = 0;  // the venue's order id: from 1, in order of arrival, one sequence a venue
  AccountId account = 0;
  std::string client_id;         // the client's own; empty: none
  SubmitOrder asked;             // as it stands: an amendment changes price and qty
  bool take_profit = false;      // a stop that is due from the other side: a sell at or above it
  bool closes_position = false;  // asked for as "close the whole position"
  OrderState state = OrderState::open;
  Reject refused = Reject::none;  // why it ended without having stood (Desk::keep_refused)
  OrderId book_order = 0;         // of the exchange; 0: does not rest
  Qty filled;
  Amount value;  // of the fills, in quote coins (inverse contracts: in the settlement coin)
  Amount fee;    // so far, in `fee_coin`
  CoinId fee_coin = 0;
  Price last_price;  // of the last fill
  Instant created, updated;
  std::optional<Instant> triggered;  // a stop that became an order
  bool forced = false;               // the venue's own: liquidation or deleveraging
  ForcedClose::How forced_by = ForcedClose::How::order;  // where it is forced
  // It ended because the venue had begun to close its account's positions.
  bool liquidated = false;
  // Why it was taken back, where its owner did not ask for it.
  enum class Ended : uint8_t { asked, connection_lost, other_of_group, first_ended, self_trade };
  Ended ended_by = Ended::asked;
  std::optional<Trailing> trailing;  // its trigger follows the market
  std::optional<Price> best;         // since it began to follow
  uint64_t one_of = 0;               // a group of orders of which one alone is carried out; 0: none
  uint64_t after = 0;                // it waits for that order to be filled; 0: for none
  // Which fills of the order that it waits for send it, and which of its own end its group.
  FillCondition after_fills = FillCondition::whole, group_fills = FillCondition::first;
  Qty linked_qty;                    // what it was asked for, of which shares are
  std::optional<Qty> shared;         // as much of that as fills of the other order have sent so far
  bool by_index = false;             // a stop that waits for the index, whatever `asked` says
  std::optional<Amount> money;       // it was ordered by value; while it waits, `asked.qty` is 0
  bool amended = false;              // by its owner, since it was placed
  Rate added_fee;                    // OrderRequest::added_fee
  std::optional<Price> last_when_placed;  // of its market
  std::shared_ptr<const AttachedStops> attached;
  // Said of it by its owner; the gateway acts on them.
  bool until_day_ends = false, rejects_taking = false;
  std::string tag;     // what a gateway wants to keep beside it (Deribit label, OKX tag)
  Wide price_qty = 0;  // sum of price x qty of the fills, raw
  WatchedPrice watched() const {
    if (by_index) return WatchedPrice::index;
    return asked.trigger_by == TriggerBy::mark ? WatchedPrice::mark : WatchedPrice::last;
  }
  Qty left() const { return asked.qty - filled; }
  // Average price of the fills, rounded here alone; missing before the first.
  std::optional<Price> average() const {
    if (filled <= Qty()) return std::nullopt;
    return Price::raw(narrow(divide(price_qty, filled.raw(), Round::down)));
  }
};

struct FillRecord {
  uint64_t number = 0;  // the venue's trade id: that of the public trade; both sides share it
  uint64_t order = 0;   // OrderRecord::number
  AccountId account = 0;
  InstrumentId instrument = 0;
  Side side = Side::buy;
  bool maker = false, forced = false;
  Price price;
  Qty qty;
  Amount value, fee, profit;  // profit: what closing realised, before the fee
  Amount added_fee;           // beside `fee`, for whoever brought the order
  CoinId coin = 0;            // of fee and profit
  Instant at;
  TradeMoment moment;
};

// One line of an account's statement.
struct MoneyRecord {
  enum class Kind : uint8_t {
    deposit,
    withdrawal,
    fee,
    profit,
    funding,
    margin,  // between wallet and isolated position
    spot,    // a coin bought or sold
    liquidation,
    deleveraging,
    settlement,
  };
  uint64_t number = 0;
  AccountId account = 0;
  Kind kind = Kind::deposit;
  CoinId coin = 0;
  std::optional<InstrumentId> instrument;
  Amount amount;   // received; negative: given
  Amount balance;  // of the wallet afterwards
  uint64_t fill = 0;
  Instant at;
};

struct PublicTrade {
  uint64_t number = 0;  // from 1, by instrument
  InstrumentId instrument = 0;
  Side taker = Side::buy;
  Price price;
  Qty qty;
  bool forced = false;
  Instant at;
  TradeMoment moment;
};

// What a dated contract or an option was settled at: the price of its index.
struct Delivery {
  Price price;
  Qty open_interest;  // as it was sampled last before it
  Instant at;
};

struct FundingRecord {
  InstrumentId instrument = 0;
  Rate rate;
  Price mark;
  Instant at;
};

// A market as it stood, every five minutes of its time. Accounts are those that have a position of
// it, of as many as were looked at; `top` are the fifth of them with the most money.
struct MarketSample {
  Instant at;
  Qty open_interest;
  std::optional<Price> mark, index;
  struct Crowd {
    uint32_t longs = 0, shorts = 0;          // accounts
    double long_units = 0, short_units = 0;  // what they have
  };
  Crowd all, top;
};

struct Candle {
  Instant start;
  Price open, high, low, close;
  double volume = 0, turnover = 0;  // in qty units and in quote (inverse: base) coins
  uint64_t trades = 0;
  double taker_buy_volume = 0;
};

// What changed, in order; a gateway turns each into the venue's stream messages.
struct DeskUpdate {
  enum class Kind : uint8_t {
    order,     // `order` is new or another than it was; `reason` says by what
    fill,      // of `order`, with `fill`; an `order` update follows
    balance,   // `money`
    position,  // of account and instrument
    forced,    // `forced`, of the account; the public hears of it too
    settings,  // leverage or mode of account and instrument
    margin_call,
    trade,    // public
    funding,  // settled for everybody
    second,   // the venue's clock has ticked: marks, indices, funding estimate
  };
  enum class Reason : uint8_t {
    none,
    placed,
    amended,
    cancelled,
    expired,
    triggered,
    traded,
    forced
  };
  Kind kind = Kind::second;
  Reason reason = Reason::none;
  AccountId account = 0;
  InstrumentId instrument = 0;
  const OrderRecord* order = nullptr;
  const FillRecord* fill = nullptr;
  const MoneyRecord* money = nullptr;
  const ForcedClose* forced = nullptr;
  const PublicTrade* trade = nullptr;
  const FundingRecord* funding = nullptr;
};

}  // namespace delever::gateways
