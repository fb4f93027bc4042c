// Trading: orders from acceptance to fill. It checks an order against its pool, sends it to the
// book, books what was traded in positions and ledger, and keeps stops and reduce-only orders true.
#pragma once

#include <algorithm>
#include <cstdlib>

#include "exchange/pools.h"

namespace delever::exchange {

// Stop orders carry a bit of their own, so that an order id says where to look.
inline constexpr uint64_t kStopBit = uint64_t{1} << 63;
inline bool is_stop(OrderId id) { return (id & kStopBit) != 0; }

inline bool closes_only(const PositionState& pos, Side side) {  // the closing side in hedge mode
  return pos.hedge && (pos.side == PositionSide::long_side) == (side == Side::sell);
}
inline Lots closable(const PositionState& pos, Side side) {  // lots that such an order can close
  if (pos.hedge) return closes_only(pos, side) ? Lots(std::abs(pos.lots)) : Lots();
  return side == Side::sell ? std::max<Lots>(pos.lots, 0) : std::max<Lots>(-pos.lots, 0);
}

class Trading {
 public:
  Trading(Markets& m, Pools& p, Ledger& l, Reporting& o)
      : markets(m), pools(p), accounts(p.accounts), positions(p.positions), ledger(l), out(o) {}

  // orders.cc
  Reject apply(const SubmitOrder& c);
  Reject apply(const CancelOrder& c);
  Reject apply(const ReduceOrder& c);
  Reject apply(const CancelAll& c);
  struct Forced {
    PositionId position;
    Lots lots;
    std::optional<Tick> limit;
  };
  // A liquidation's order: it takes from the book like any other, pays the liquidation fee to the
  // fund, and what it does not find is not left behind. Returns the lots closed.
  Lots trade_forced(const Forced& order);

  // sending.cc
  void drop_orders(PositionId id);
  void trim_reduce_only(PositionId id);  // to what the position can close
  // stops.cc
  void run_stops(InstrumentId i, TriggerBy by);
  void end_stops(Market& m);  // at expiry
  // fills.cc. Moves `lots` (signed) into the position against `value`; both sides of a trade call
  // it with the same value.
  void move_lots(PositionId id, Lots lots, int64_t value);
  struct Handover {
    bool takeover = false;    // else ADL
    std::optional<Price> at;  // where a price was set and not a value
  };
  // Hands over `lots` (signed as the giver holds them) at a value, without the book.
  void transfer(PositionId from, PositionId to, Lots lots, int64_t value, const Handover& handover);

 private:
  struct Sending {
    matching::MatchBook::NewOrder order;
    PositionId position;
    uint64_t client;
    bool reduce_only, forced;
  };
  struct Sent {
    Lots lots = 0;
    Wide lots_ticks = 0;
  };
  // What an order needs to know of the position that it would change.
  struct Opening {
    Hypothetical after;   // with the order resting
    Lots most = 0;        // the largest position that it can lead to
    Lots opening = 0;     // of its lots, those that close nothing
    Lots flipped = 0;     // what would stand on the other side once the position is closed
    Lots closes = 0;      // lots that it can close
    bool larger = false;  // it can make a position larger
    bool flips_isolated = false;
  };

  Reject check_account(AccountId a) const;
  Reject check_order(const SubmitOrder& c, const Market& m) const;
  Reject check_limit(const SubmitOrder& c, const Market& m) const;
  Reject trade(const SubmitOrder& c);
  Reject check_spot(const SubmitOrder& c, const Market& m, Lots lots) const;
  Wide assumed_ticks(const SubmitOrder& c, const Market& m, Lots lots) const;
  Opening opening_of(const SubmitOrder& c, const PositionState& pos, Lots lots,
                     PositionId id) const;
  Reject check_opening(const SubmitOrder& c, const Market& m, PositionId id, Lots lots) const;
  bool covers(AccountId a, InstrumentId i, PositionId id, const Hypothetical& after,
              Wide opening_loss, Wide fee) const;
  Reject arm(const SubmitOrder& c);
  Reject cancel_stop(const CancelOrder& c);
  void cancel_stops(Market& m, AccountId account);

  Sent send(InstrumentId i, const Sending& sending);
  OrderId match(InstrumentId i, const Sending& sending, matching::MatchBook::NewOrder& order,
                Sent& sent, std::vector<PositionId>& shrunk);
  bool admit_guarded(InstrumentId i, OrderId guarded);
  void expire(InstrumentId i, const matching::BookEvent& e, const Sending& sending);
  void rested(Market& m, OrderId id, const Sending& sending, Lots lots);
  void emit_rested(InstrumentId i, uint32_t slot, Lots lots);
  void take_off(Market& m, uint32_t slot, Lots lots, bool gone);
  void finish(InstrumentId i, OrderId id, const OrderInfo& info, Side side, Lots left, Tick tick);
  void finish_stop(const StopOrder& stop);

  void book_fill(InstrumentId i, const matching::BookEvent& e, const Sending& sending,
                 std::vector<PositionId>& shrunk);
  void fill_spot(Market& m, InstrumentId i, const matching::BookEvent& fill,
                 const Sending& sending);
  int64_t charge_fill(const Market& m, PositionId id, bool is_maker, bool forced, int64_t value);
  void charge(PositionId id, int64_t fee, bool from_margin_first, const MoneyAccount& to);
  void close_lots(PositionState& pos, const Market& m, Lots closing, int64_t value);
  void open_lots(PositionState& pos, const Market& m, Lots opening, int64_t value);

  Units wallet(AccountId a, CoinId c) const { return ledger.wallet(a, c); }
  static MoneyAccount wallet_of(AccountId a) { return MoneyAccount::wallet(a); }
  MoneyAccount margin_of(PositionState& pos) const { return pools.margin_of(pos); }

  Markets& markets;
  Pools& pools;
  std::vector<AccountState>& accounts;
  std::vector<PositionState>& positions;
  Ledger& ledger;
  Reporting& out;
  std::vector<matching::BookEvent> book_events;
};

}  // namespace delever::exchange
