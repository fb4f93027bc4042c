// The inside of Exchange, for the files of this folder alone: plain structs, and the functions that
// change them, each group in a file of its own (accounts, orders, ledger, marks, liquidation).
#pragma once

#include <array>
#include <deque>
#include <map>
#include <set>

#include "exchange/exchange.h"
#include "margin/portfolio.h"
#include "market/exact.h"
#include "watch/scenario_bound.h"
#include "watch/watch_index.h"

namespace delever::exchange {

using PoolId = uint32_t;
using StakeId = uint32_t;
inline constexpr uint32_t kNoId = ~0u;
// Values, wallets and sums of orders stay below this many units of 1e-8 coins (2.9 billion coins),
// so that sums of a few of them never pass 64 bits.
inline constexpr int64_t kValueMax = int64_t{1} << 58;
inline constexpr Lots kLotsMax = Lots{1} << 58;
constexpr bool timely(Instant t) {
  return t.ns() > -(int64_t{1} << 62) && t.ns() < int64_t{1} << 62;
}

struct OrderInfo {  // beside the book's own record, by its slot
  OrderId id = 0;   // 0: free
  StakeId stake = kNoId;
  uint64_t client = 0;
  uint32_t next = kNoId, previous = kNoId;  // of the stake's resting orders
  Tick tick = 0;
  bool buy = false, reduce_only = false;
};

struct StopOrder {
  SubmitOrder order;
  OrderId id = 0;
};
// Due when the price falls to the key (sells) or rises to it (buys); equal keys in order of
// arrival.
using StopQueue = std::map<std::pair<int64_t, uint64_t>, StopOrder>;

// One account's stake in one instrument; in hedge mode one for each side. Spot has no lots, only
// orders.
struct Stake {
  AccountId account = 0;
  InstrumentId instrument = 0;
  PoolId pool = kNoId;
  StakeId next = kNoId;                         // of the account
  PositionSide side = PositionSide::long_side;  // hedge mode: which one
  bool hedge = false;
  MarginMode mode = MarginMode::cross;
  Leverage leverage;
  Lots lots = 0;                     // negative: short
  int64_t cost = 0;                  // value at entry, >= 0
  int64_t margin = 0;                // isolated
  Lots open_buy = 0, open_sell = 0;  // resting
  Lots reduce_lots = 0;              // of them reduce-only
  Wide open_buy_value = 0;           // spot: quote coins held for buys
  uint32_t first_order = kNoId;
  Instant partial_at = Instant::min();  // of the last partial liquidation
};

struct PoolState {
  AccountId account = 0;
  std::optional<CoinId> coin;  // missing: USD
  StakeId isolated = kNoId;
  bool dirty = false, called = false, in_liquidation = false;
};

struct AccountState {
  CollateralMode collateral = CollateralMode::single_coin;
  bool hedge = false;
  StakeId first_stake = kNoId;
  std::vector<PoolId> pools;
};

struct Market {
  const Listing* listing = nullptr;
  const margin::Rulebooks::Compiled* rules = nullptr;  // null for spot
  margin::BookId book_id = 0;
  bool spot = false, inverse = false, option = false;
  CoinId base = 0, quote = 0, settle = 0;
  int64_t tick = 1, step = 1;            // raw Price and Qty
  int64_t size = 0;                      // contract size, raw Qty
  int64_t price_min = 1, price_max = 1;  // marks and settlement stay within these
  int64_t unit = 0;  // linear: value of one lot at one tick, where that is an integer; else 0
  struct Share {
    int64_t part = 0, whole = 1;
  } maker, taker, liquidation_fee;  // fee rates in lowest terms
  matching::MatchBook book{{0, 0}};
  std::vector<OrderInfo> orders;
  uint64_t stops_made = 0;
  StopQueue stops[2][2];  // [TriggerBy][Side]
  std::map<uint64_t, std::pair<int, std::pair<int64_t, uint64_t>>>
      stop_places;  // by id: queue and key
  std::vector<StakeId> stakes;
  Lots open_lots = 0;  // of the longs
  bool settled = false, has_outside = false;
  bool moved = false;  // the mark, since pools were last looked at
  int64_t mark = 0, previous_mark = 0, last = 0, outside = 0;  // raw prices; 0: not known
  int64_t told_bid = -1, told_ask = -1;                        // ticks of the last Quote
  Lots told_open = -1;
  std::optional<InstrumentId> forward;  // options: the future of the same expiry
  uint64_t trades = 0;
  // Mark rule: mean or EMA of (mid - index), and of the mid where the rule wants it.
  std::deque<std::pair<Instant, int64_t>> basis;
  Wide basis_sum = 0;
  int64_t ema = 0, mid_ema = 0;
  Instant mid_ema_at = Instant::min(), basis_at = Instant::min();  // of their last samples
  // Funding.
  Wide premium_sum = 0;
  int64_t premium_samples = 0;
  Instant premium_at = Instant::min(), funding_at = Instant::min();
  int64_t rate = 0;  // the last estimate, raw Rate per interval
};

struct SettlementWindow {
  Instant ends;
  Wide sum = 0;
  int64_t samples = 0;
};

struct IndexState {
  std::vector<int64_t> sources;                  // raw prices, 0: not yet
  int64_t price_min = 1, price_max = kValueMax;  // what the books on it can hold
  int64_t price = 0;
  bool moved = false;                     // since pools were last looked at
  std::vector<SettlementWindow> windows;  // those that are open, by their ends
};

struct PoolSums {
  Wide wallet = 0, profit = 0, initial = 0, maintenance = 0, fee = 0;
  bool priced = true;  // false: a mark or a coin's price is missing, nothing can be said
  bool at_equality = true;
  Wide equity() const { return wallet + profit; }
  bool triggered() const {
    return priced && delever::margin::triggered(equity(), maintenance + fee, at_equality);
  }
};

// A stake as it would be: for order checks and to find how much must be closed.
struct Supposed {
  StakeId stake = kNoId;
  Lots lots = 0;
  int64_t cost = 0;
  Lots open_buy = 0, open_sell = 0;
};

struct Exchange::State {
  ExchangeSetup setup;
  uint64_t setup_digest = 0;
  margin::Rulebooks rulebooks;
  std::vector<Market> markets;
  std::vector<IndexState> indices;
  std::vector<AccountState> accounts;
  std::vector<int64_t> wallets;  // account x coin
  std::vector<Stake> stakes;
  std::vector<PoolState> pools;
  std::vector<int64_t> fees, shortfall, deposited;  // by coin
  std::vector<Wide> signed_cost;  // by coin: what realised profit is still owed by open positions
  std::vector<PoolId> dirty;
  margin::MarkPrices prices;
  Instant now = Instant::min();
  // The fund's best balance of the last eight hours, by coin, where a rule asks for its drawdown.
  std::vector<std::deque<std::pair<Instant, int64_t>>> fund_high;

  // Scenario profits of one coin of each instrument at the prices they were made for, shared by all
  // who hold it.
  struct SharedScenarios {
    bool has_leg = false, has_unit = false;
    Price mark, underlying, index;
    std::optional<double> years;
    margin::RiskLeg leg;  // of one coin, long
    margin::UnitProfits unit;
  };
  mutable std::vector<SharedScenarios> scenarios;  // by instrument
  mutable std::vector<margin::HeldLeg> held_legs;
  mutable margin::ScenarioMargin scenario;
  struct ScenarioWatch;
  std::shared_ptr<ScenarioWatch> scenario_watch;  // portfolio_watch.cc's own

  // Which pools a price may have put under water; derived, so neither saved nor hashed. Prices are
  // numbered: marks by instrument, then indices, then each instrument's volatility and time to
  // expiry.
  watch::WatchIndex watched;
  watch::PriceIds price_ids;
  uint64_t looks = 0;
  std::vector<watch::Exposure> exposures;
  std::set<PoolId>
      timed;  // pools looked at on every tick: scenario margin of options without a bound

  ExchangeSink* sink = nullptr;  // of the command in hand
  std::vector<matching::BookEvent> book_events;
  std::vector<PoolId> due;

  // setup.cc
  Result<void> build();

  // accounts.cc
  size_t coins() const { return setup.coins.size(); }
  int64_t& wallet(AccountId a, CoinId c) { return wallets[size_t{a} * coins() + c]; }
  int64_t wallet(AccountId a, CoinId c) const { return wallets[size_t{a} * coins() + c]; }
  Reject apply(const Command& command);
  Reject check_account(AccountId a) const;
  Reject take(const OpenAccount& c);
  Reject take(const Deposit& c);
  Reject take(const Withdraw& c);
  Reject take(const SetLeverage& c);
  Reject take(const SetMarginMode& c);
  Reject take(const SetPositionMode& c);
  Reject take(const SetCollateralMode& c);
  Reject take(const MoveMargin& c);
  AccountId add_account(CollateralMode collateral, bool hedge);
  PoolId cross_pool(AccountId a, std::optional<CoinId> coin);
  StakeId find_stake(AccountId a, InstrumentId i, PositionSide side) const;
  StakeId need_stake(AccountId a, InstrumentId i, PositionSide side);
  const std::vector<StakeId>& in_order(Market& m);
  bool idle(AccountId a) const;  // no positions, no orders
  bool active(PoolId pool)
      const;  // of the account's present modes; pools of former modes stay behind, empty
  void touch(PoolId pool);           // look again on the next tick
  void touch_all(AccountId a);       // every pool of the account
  bool indebted(AccountId a) const;  // a wallet is below zero: other coins back it
  void emit(AccountId account, NoticeBody body) {
    sink->on_notice({account, now, std::move(body)});
  }
  template <class Payload>
  void publish(InstrumentId i, Payload payload) {
    sink->on_event({i, 0, now, now, std::move(payload)});
  }

  // orders.cc
  Reject take(const SubmitOrder& c);
  Reject take(const CancelOrder& c);
  Reject take(const ReduceOrder& c);
  Reject take(const CancelAll& c);
  Reject check_order(const SubmitOrder& c, const Market& m) const;
  Reject trade(const SubmitOrder& c);
  Reject arm(const SubmitOrder& c);
  bool locked(AccountId a, InstrumentId i) const;  // its pool is being liquidated
  struct Forced {
    StakeId stake;
    Lots lots;
    std::optional<Tick> limit;
  };
  Lots trade_forced(const Forced& order);  // returns the lots closed
  struct Sending {
    matching::MatchBook::NewOrder order;
    StakeId stake;
    uint64_t client;
    bool reduce_only, forced;
  };
  struct Sent {
    Lots lots = 0;
    Wide lots_ticks = 0;
  };
  Sent send(InstrumentId i, const Sending& sending);  // what was traded
  void rested(Market& m, OrderId id, const Sending& sending, Lots lots);
  void say_rested(InstrumentId i, uint32_t slot, Lots lots);
  void unrest(Market& m, uint32_t slot, Lots lots, bool gone);
  void drop_orders(StakeId h);
  void trim_reduce_only(StakeId h);
  void run_stops(InstrumentId i, TriggerBy by);
  void finish(InstrumentId i, OrderId id, const OrderInfo& info, Side side, Lots left, Tick tick);
  void finish_stop(const StopOrder& stop);
  void tell_quote(InstrumentId i);
  bool covers(AccountId a, InstrumentId i, StakeId h, const Supposed& after, Wide opening_loss,
              Wide fee) const;

  // ledger.cc
  int64_t value(const Market& m, Lots lots, int64_t price_raw, Round round) const;  // lots >= 0
  bool value_fits(const Market& m, Lots lots, int64_t price_raw) const;
  int64_t value_at(const Market& m, Lots lots, Tick tick) const;
  static int64_t share(int64_t units, Market::Share share, Round round);
  // Moves `lots` (signed) into the stake against `value`; both sides of a trade call it with the
  // same value.
  void move_lots(StakeId h, Lots lots, int64_t value);
  void charge(StakeId h, int64_t fee, bool from_margin_first, int64_t& to);
  struct Handover {
    bool takeover = false;  // else ADL
    std::optional<Price> at;
  };  // the price, where one was set and not a value
  void transfer(StakeId from, StakeId to, Lots lots, int64_t value, const Handover& handover);
  void fill_spot(Market& m, InstrumentId i, const matching::BookEvent& fill,
                 const Sending& sending);
  PoolSums sums(PoolId pool, const Supposed* supposed = nullptr) const;
  bool portfolio_margin(PoolId pool, const Supposed* supposed, PoolSums& sums) const;
  const margin::RiskLeg* leg_of(InstrumentId i) const;  // null: something is missing
  const SharedScenarios* scenarios_of(InstrumentId i, const ScenarioRule& rule) const;
  margin::Position position(const Stake& h, Lots lots, int64_t cost) const;
  margin::Account account_of(AccountId a) const;
  Wide held(AccountId a, CoinId c) const;  // in spot orders
  Wide free_margin(PoolId pool) const;     // equity - initial
  Wide backing(PoolId pool, CoinId coin,
               Wide units) const;  // what the pool loses when these units of a wallet leave
  Wide in_pool_units(PoolId pool, CoinId coin, Wide units) const;  // in the pool's unit, rounded up

  // marks.cc
  Reject take(const PublishIndex& c);
  Reject take(const PublishMark& c);
  Reject take(const TickClock& c);
  void move_index(uint32_t i);
  void move_mark(InstrumentId i);
  void sample_premium(InstrumentId i);
  void pay_funding(InstrumentId i);
  struct Payment {
    Rate rate;
    Instant settles;
    Duration over;
  };
  void pay(InstrumentId i, const Payment& payment);
  void settle_expired(InstrumentId i);

  // liquidation.cc
  void look_at_due();
  void take_reached(std::vector<PoolId>& found);
  void look(PoolId pool, bool changed);  // changed: by more than prices
  void cover_closed();
  bool release_held(PoolId pool);
  void watch(PoolId pool, const PoolSums& s);
  bool by_scenarios(PoolId pool) const;  // margined by its coin's matrix
  bool expose(PoolId pool);  // the straight losses of a pool of plain linear contracts; false: not
                             // one of these
  void watch_all();          // after a restore

  // portfolio_watch.cc
  watch::PriceId volatility_id(InstrumentId i) const;
  watch::PriceId time_id(InstrumentId i) const;
  static Price volatility_of(const margin::RiskLeg& leg);
  Price time_left(InstrumentId i) const;
  void take_reached_options(std::vector<PoolId>& found);
  bool expose_scenarios(PoolId pool, const PoolSums& s, double& spare);
  bool bound_scenarios(PoolId pool, const PoolSums& s, const watch::ScenarioReach& reach,
                       double& spare);
  std::optional<InstrumentId> isolated_in(PoolId pool) const;  // missing: a cross pool
  std::vector<StakeId> in_pool(PoolId pool) const;
  StakeId heaviest(PoolId pool) const;
  int64_t bankruptcy_value(PoolId pool, StakeId h) const;
  Tick bankruptcy_tick(const Market& m, const Stake& h, int64_t value) const;
  Lots lots_to_safety(PoolId pool, StakeId h) const;
  Lots lots_to_tier(StakeId h, int tiers) const;
  const LiquidationRule& liquidation(StakeId h) const;
  void liquidate(PoolId pool);
  int64_t adl_value(PoolId pool, StakeId h, AdlPrice at) const;
  bool fund_bears(StakeId h, Wide loss, CoinId coin);
  void take_over(PoolId pool, AccountId by);
  void deleverage(StakeId h, AdlPrice price);
  void cover(PoolId pool);
  int64_t socialise(CoinId coin, int64_t deficit, AccountId debtor);
  void unwind();

  // archive.cc
  template <class Archive>
  void archive(Archive& a);
};

}  // namespace delever::exchange
