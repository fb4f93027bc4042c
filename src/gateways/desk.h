// The books of a venue beside its exchange: who may sign in, every order by its number, fills and
// payments, public trades, candles, the book as numbered changes. It hears the exchange's events
// and notices and tells the gateway what changed. One desk a venue; all calls on one thread.
//
// Bounded: finished orders, fills and payments are kept up to a count an account (the newest),
// public trades and candles up to a count an instrument.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateways/candle_length.h"
#include "gateways/market_door.h"
#include "gateways/records.h"

namespace delever::gateways {

struct Credentials {
  AccountId account = 0;
  std::string key, secret, passphrase;
  std::string address;  // "0x" and 40 digits, lower case: Hyperliquid
};

struct OrderRequest {
  SubmitOrder order;
  std::string client_id, tag;
  // The desk itself waits for these, and sends the order when it is due: the exchange knows stops
  // alone, of a size that is known beforehand.
  bool take_profit = false, closes_position = false;
  std::optional<Trailing> trailing;
  // Of orders with one number the first that trades, as far as `group_fills` asks, or is due ends
  // the others, and so does a cancel of any. Stops of a group wait here, and give way for nobody
  // else's money.
  uint64_t one_of = 0;
  FillCondition group_fills = FillCondition::first;
  // It waits here until that order is filled as `after_fills` asks, and ends where that one ends
  // otherwise; a cancel of either ends both. What waits holds no money.
  uint64_t after = 0;
  FillCondition after_fills = FillCondition::whole;
  // A market order of spot for so much of the quote coin. Of a stop the size is found when it is
  // due, by the book as it stands then, and the stop waits here; of others `order.qty` has it.
  std::optional<Amount> money;
  bool by_index = false;  // a stop that waits for the index
  // Told beside the order; the desk does nothing with them.
  std::shared_ptr<const AttachedStops> attached;
  bool until_day_ends = false, rejects_taking = false;
  // Of the value of each fill, beside the venue's own fee, for whoever brought the order. It leaves
  // the wallet between commands, as soon as that may: the exchange knows the venue's fee alone.
  Rate added_fee;
  void watch(WatchedPrice price) {
    order.trigger_by = price == WatchedPrice::last ? TriggerBy::last : TriggerBy::mark;
    by_index = price == WatchedPrice::index;
  }
};

struct Placed {
  Reject reject = Reject::none;
  const OrderRecord* order = nullptr;  // missing where refused
};

// The best of a book that changed since it was asked last.
struct BookChange {
  uint64_t first = 0, last = 0;   // numbers of the changes; the one before ended at first - 1
  std::vector<Level> bids, asks;  // changed levels, best first; qty 0: gone
};

struct DayStats {  // of the last 24 hours of market time where no other window is named
  std::optional<Price> open, high, low, last;
  double volume = 0, turnover = 0;
  uint64_t trades = 0, first_trade = 0, last_trade = 0;
  Instant from;
};

class Desk : public exchange::ExchangeSink {
 public:
  explicit Desk(MarketDoor& door);
  ~Desk() override;

  // ---- accounts
  void admit(Credentials who);
  const Credentials* by_key(std::string_view key) const;
  const Credentials* by_address(std::string_view address) const;
  const std::vector<Credentials>& admitted() const;
  bool knows(AccountId account) const;  // records are kept of admitted accounts alone

  // ---- orders. Numbers are this desk's; an order of another account is not found.
  Placed submit(OrderRequest request);
  Placed submit(SubmitOrder order, std::string client_id, std::string tag = {}) {
    return submit(OrderRequest{order, std::move(client_id), std::move(tag)});
  }
  // An order that the venue takes and then says is gone (Bybit and OKX of a post-only order that
  // would take): a record and its updates, nothing at the exchange.
  const OrderRecord& keep_refused(OrderRequest request, Reject why);
  Reject cancel(AccountId account, uint64_t number,
                OrderRecord::Ended by = OrderRecord::Ended::asked);
  // All live orders of the account, of one instrument or of all; returns their numbers.
  std::vector<uint64_t> cancel_all(AccountId account, std::optional<InstrumentId> instrument);
  // Less quantity at the same price keeps the place in the queue; anything else leaves and enters
  // again under the same number. Refused: the order stands as it was (perhaps behind others).
  struct Amendment {
    std::optional<Price> price, trigger;
    std::optional<Qty> qty;  // in all, what is filled included
    std::shared_ptr<const AttachedStops> attached;  // null: as they are
  };
  Placed amend(AccountId account, uint64_t number, const Amendment& to);
  const OrderRecord* order(AccountId account, uint64_t number) const;
  const OrderRecord* by_client_id(AccountId account, std::string_view client_id) const;  // newest
  std::vector<const OrderRecord*> live(AccountId account) const;     // by number
  std::vector<const OrderRecord*> history(AccountId account) const;  // live and finished, by number

  // ---- account settings, refused as the exchange refuses
  Reject set_leverage(AccountId account, InstrumentId instrument, Leverage leverage);
  Reject set_margin_mode(AccountId account, InstrumentId instrument, MarginMode mode);
  Reject set_position_mode(AccountId account, bool hedge);
  Reject move_margin(const MoveMargin& move);
  Leverage leverage(AccountId account, InstrumentId instrument) const;  // as set, or the default
  MarginMode margin_mode(AccountId account, InstrumentId instrument) const;
  bool hedge(AccountId account) const;
  CollateralMode collateral(AccountId account) const;

  // ---- what an account is told
  std::vector<exchange::PositionView> positions(AccountId account) const;  // not flat
  std::span<const FillRecord> fills(AccountId account) const;              // oldest first
  std::span<const MoneyRecord> money(AccountId account) const;
  std::span<const ForcedClose> forced(AccountId account) const;
  Amount profit_of(const exchange::PositionView& position) const;  // unrealised, at the mark
  std::optional<Price> entry_price(const exchange::PositionView& position) const;
  // By margin::liquidation_price; missing: none, or the account has several positions in one pool
  // and no price of this one alone would do it.
  std::optional<Price> liquidation_price(AccountId account,
                                         const exchange::PositionView& position) const;
  // 0 (last in the queue) to 4 (next to be deleveraged): its fifth among those of its side. Sampled
  // where there are many, and for a minute.
  int adl_rank(AccountId account, const exchange::PositionView& position) const;

  // ---- the market
  std::span<const PublicTrade> trades(InstrumentId instrument) const;  // oldest first
  // The newest `most`, oldest first. Those of a second reach as far back as seconds with trades are
  // kept, and no others below a minute exist.
  std::vector<Candle> candles(InstrumentId instrument, CandleLength length, size_t most) const;
  DayStats day(InstrumentId instrument, Duration window = Duration::hours(24)) const;
  std::span<const FundingRecord> funding(InstrumentId instrument) const;
  std::optional<Delivery> delivery(InstrumentId instrument) const;  // missing: not yet
  // Oldest first, at whole five minutes, of the last week.
  std::span<const MarketSample> past(InstrumentId instrument) const;
  // What would be paid next if the premium stayed: rate of the interval, and when.
  struct NextFunding {
    Rate rate;
    Instant at;
    Duration interval;
  };
  std::optional<NextFunding> next_funding(InstrumentId instrument) const;
  std::optional<Price> price_of(InstrumentId instrument, WatchedPrice which) const;
  std::span<const ForcedClose> forced_public(InstrumentId instrument) const;
  // The whole book with the number of its last change; a follower that has it and every later
  // change has the book. Reading changes moves the numbers on for everybody: a gateway asks once
  // per interval and instrument and hands the change to all who follow.
  BookSnapshot book(InstrumentId instrument, size_t levels) const;  // sequence.last is set
  // As many whole steps of spot as so much money buys, or selling them brings, from the book as it
  // stands; 0: not one.
  Qty quantity_for(InstrumentId instrument, Side side, Amount money) const;
  uint64_t book_number(InstrumentId instrument) const;
  std::optional<BookChange> book_change(InstrumentId instrument);  // missing: nothing changed

  const MarketDoor& door() const { return door_; }
  MarketDoor& door() { return door_; }
  // Listing by the venue's symbol; missing: no such.
  std::optional<InstrumentId> find(std::string_view symbol) const;
  const exchange::Listing& listing(InstrumentId instrument) const;

  // Called for each change, inside the call that made it.
  void on_update(std::function<void(const DeskUpdate&)> handler);

  void on_event(const Event& event) override;
  void on_notice(const Notice& notice) override;
  // After the venue's clock has ticked.
  void on_second();
  // What the trades of others have set off since: linked orders, and stops that wait here. Between
  // commands.
  void settle();

 private:
  struct State;
  MarketDoor& door_;
  std::unique_ptr<State> state_;
};

}  // namespace delever::gateways
