// The inside of Desk, private to its sources: desk.cc (accounts and what they are told),
// desk_orders.cc (orders in), desk_followers.cc (orders that wait for another to be filled),
// desk_notices.cc (what the exchange said), desk_added_fees.cc (fees beside the venue's own),
// desk_market.cc (trades, candles, books), desk_past.cc (open interest and who stands where, as
// they were).
#pragma once

#include <map>
#include <set>
#include <unordered_map>

#include "gateways/desk.h"
#include "gateways/recent.h"

namespace delever::gateways {

struct OwnOrders {
  std::map<uint64_t, OrderRecord> all;  // by number
  std::set<uint64_t> live;
  std::unordered_map<std::string, uint64_t> by_client_id;  // the newest of each
  std::vector<uint64_t> finished;                          // oldest first, for forgetting
};

struct OwnAccount {
  OwnAccount();
  Credentials who;
  OwnOrders orders;
  Recent<FillRecord> fills;
  Recent<MoneyRecord> money;
  Recent<ForcedClose> forced;
  bool hedge = false;
  std::map<InstrumentId, Leverage> leverage;
  std::map<InstrumentId, MarginMode> modes;
  std::vector<int64_t> coins;  // wallet and isolated margins, raw, by coin, when last looked at
  uint64_t forced_order = 0;   // the venue's own order that is trading now
  uint64_t taken_order = 0;    // the newest by which a position was taken away whole
};

// A stop that the desk waits for.
struct Held {
  AccountId account = 0;
  uint64_t number = 0;
  bool rising = false;  // due at or above the trigger
};

struct MinuteBar : Candle {
  uint64_t first_trade = 0, last_trade = 0;
};

// Both sides of a book as they were numbered last, and what has changed since somebody asked.
struct NumberedBook {
  std::map<int64_t, int64_t> bids, asks;  // raw price, raw qty
  std::map<int64_t, int64_t> changed_bids, changed_asks;
  uint64_t number = 1, told = 1;
  bool stale = true;  // the exchange's book may differ
};

struct InstrumentRecord {
  InstrumentRecord();
  Recent<PublicTrade> trades;
  Recent<MinuteBar> bars;
  Recent<Candle> seconds;  // those that had a trade
  Recent<FundingRecord> funding;
  Recent<MarketSample> past;
  Recent<ForcedClose> forced;
  NumberedBook book;
  std::vector<Held> held;
  std::optional<Delivery> delivery;
  double size = 1;
  bool inverse = false;
  AccountId closing = 0;  // whose position a forced trade closes
};

// The three things that the exchange says of one trade, in its order.
struct TradeInParts {
  std::optional<Trade> trade;
  Instant at;  // of the trade: what is asked between two arrivals may stand later
  struct Part {
    Fill fill;
    AccountId account = 0;
    Amount change;  // of all coins of the settlement coin that the account has
  };
  std::optional<Part> maker, taker;
};

struct AdlTable {
  std::vector<double> scores;  // ascending
  Instant at = Instant::min();
};

struct Desk::State {
  State(Desk& d, MarketDoor& o);
  Desk& desk;
  MarketDoor& door;
  std::vector<Credentials> admitted;
  std::vector<std::unique_ptr<OwnAccount>> accounts;  // by AccountId; null: not admitted
  std::unordered_map<std::string, size_t> keys, addresses;
  std::unordered_map<std::string, InstrumentId> symbols;
  std::vector<InstrumentRecord> instruments;
  std::vector<std::function<void(const DeskUpdate&)>> handlers;
  uint64_t orders_made = 0, fills_made = 0, money_made = 0, forced_made = 0;
  TradeInParts parts;
  std::map<std::pair<InstrumentId, PositionSide>, AdlTable> adl;

  // The order that a call of this desk is about: what the exchange says of it meanwhile is part of
  // that call.
  OrderRecord* entering = nullptr;        // submitted, not yet among the records
  const OrderRecord* amending = nullptr;  // leaves and enters again
  bool cancelling = false;
  bool met_itself = false;  // an own order gave way to the one that is entering
  std::vector<FillRecord> added_fees;  // that are not paid yet, oldest first
  const FillRecord* paying = nullptr;  // whose added fee is leaving the wallet
  Instant ask_again = Instant::min();  // for added fees, after a refusal
  Instant now() const { return door.market_now(); }

  OwnAccount* own(AccountId account) const {
    return account < accounts.size() ? accounts[account].get() : nullptr;
  }
  // desk.cc
  void emit(const DeskUpdate& update) const;
  void emit_order(const OrderRecord& order, DeskUpdate::Reason reason) const;
  int64_t coins_of(AccountId account, CoinId coin) const;
  Amount change_of(OwnAccount& own, CoinId coin);  // since last looked at
  void post(OwnAccount& own, MoneyRecord record);  // fills in number, time and balance
  const AdlTable& adl_table(InstrumentId instrument, PositionSide side);
  std::optional<double> adl_score(AccountId account, InstrumentId instrument,
                                  PositionSide side) const;
  // desk_orders.cc
  OrderRecord& keep(OrderRecord order);
  void finish(OrderRecord& order, OrderState state, DeskUpdate::Reason reason);
  void forget_oldest(OwnOrders& orders);
  Reject enter_again(OrderRecord& order, const SubmitOrder& as);
  Reject amend_book(OrderRecord& order, const SubmitOrder& as, bool in_place);
  Reject check_held(const OrderRecord& order) const;
  bool is_held(const OrderRecord& order) const {
    return order.state == OrderState::waiting && order.book_order == 0;
  }
  void hold(const OrderRecord& order);
  void drop_held(const OrderRecord& order);
  void run_held(InstrumentId instrument);
  void release(AccountId account, uint64_t number, Price at);
  bool follow(OrderRecord& order, Price price) const;  // whether it is due
  // desk_added_fees.cc
  static Amount added_fee_of(const OrderRecord& order, const Fill& fill, bool spot);
  Amount free_of(AccountId account, CoinId coin) const;
  void pay_added_fees();
  // desk_followers.cc
  Placed wait_for_other(OrderRecord order);
  void run_linked();
  void run_groups();
  void remember_group(AccountId account, uint64_t group);
  void shrink_group(const OrderRecord& order);
  void run_followers();
  bool grow_follower(OrderRecord& order, const OrderRecord& first);
  void enter_rest(OrderRecord& order);
  bool waits_for_more(const OrderRecord& order) const;
  // Since they were settled last: orders of groups that have traded or ended, whether any order
  // has, and markets that have traded and that stops wait for here.
  std::set<std::pair<AccountId, uint64_t>> hit;
  bool orders_changed = false;
  std::set<InstrumentId> touched;
  void settle_follower(OrderRecord& order);
  void enter_follower(OrderRecord& order);
  void cancel_chain(const OrderRecord& order);
  std::set<std::pair<AccountId, uint64_t>> followers;  // orders that wait for another
  // desk_orders.cc
  void end_held_of_group(const OrderRecord& order, OrderState state);
  void cancel_group(const OrderRecord& order);
  // desk_notices.cc
  OrderRecord* find(AccountId account, uint64_t client) const;
  OrderRecord* record_of(AccountId account, uint64_t client);
  void accepted(AccountId account, const OrderAccepted& n);
  void rested(AccountId account, const OrderRested& n);
  void finished(AccountId account, const OrderFinished& n);
  bool by_self_trade(const OrderRecord& order);
  void armed(AccountId account, const StopArmed& n);
  void triggered(AccountId account, const StopTriggered& n);
  void part(AccountId account, const Fill& fill);
  void trade_complete();
  TradeMoment moment_of(InstrumentId instrument, Price price);
  void fill_record(const TradeInParts::Part& part, const PublicTrade& trade, bool forced);
  void filled_further(OrderRecord& order);
  void money_lines(OwnAccount& own, const TradeInParts::Part& part, const FillRecord& fill,
                   bool spot);
  void wallet_changed(AccountId account, const WalletChanged& n);
  OrderRecord& forced_order(OwnAccount& own, const Fill& fill);
  void transferred(AccountId account, const PositionTransfer& n, ForcedClose::How how);
  OrderRecord transfer_order(AccountId account, const PositionTransfer& n, Side side,
                             ForcedClose::How how);
  void transferred_to(AccountId account, const PositionTransfer& n, Side side,
                      ForcedClose::How how);
  bool in_liquidation(AccountId account, InstrumentId instrument) const;
  void coins_changed(AccountId account, CoinId coin, MoneyRecord::Kind kind,
                     std::optional<InstrumentId> instrument);
  void liquidated(InstrumentId instrument, const Liquidation& event);
  // desk_market.cc
  void add_trade(const PublicTrade& trade);
  void roll_bars();
  void number_book(InstrumentId instrument);
  // desk_past.cc
  void sample_markets();
  void listed(InstrumentId instrument, const InstrumentListed& event, Instant at);
  Instant sampled = Instant::min();
};

}  // namespace delever::gateways
