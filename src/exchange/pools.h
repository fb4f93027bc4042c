// Pools: who holds what, what each pool of collateral stands at, and which pools need another look.
//
// A pool is what is evaluated, liquidated and covered: one isolated position, one coin's cross
// positions of an account, or all of them in USD. A pool that was evaluated leaves watch prices
// behind, with a proof that it needs no look before one of them is reached (docs/models/watch.md);
// what changes a pool by more than prices marks it dirty.
#pragma once

#include <memory>
#include <set>

#include "exchange/markets.h"
#include "margin/portfolio.h"
#include "watch/watch_index.h"

namespace delever::watch {
struct OptionReach;
struct ScenarioReach;
}  // namespace delever::watch

namespace delever::exchange {

struct PoolSums {
  Wide wallet = 0, profit = 0, initial = 0, maintenance = 0, fee = 0;
  bool priced = true;  // false: a mark or a coin's price is missing, nothing can be said
  bool at_equality = true;
  Wide equity() const { return wallet + profit; }
  bool triggered() const {
    return priced && margin::triggered(equity(), maintenance + fee, at_equality);
  }
};

// A position as it would be: for order checks and to find how much must be closed.
struct Hypothetical {
  PositionId position = kNoId;
  Lots lots = 0;
  int64_t cost = 0;
  Lots open_buy = 0, open_sell = 0;
  Wide buy_ticks = 0, sell_ticks = 0;
};

// The same as it is.
inline Hypothetical as_it_is(PositionId id, const PositionState& pos) {
  return {id, pos.lots, pos.cost, pos.open_buy, pos.open_sell, pos.buy_ticks, pos.sell_ticks};
}

class Pools {
 public:
  Pools(const ExchangeSetup& s, const margin::Rulebooks& r, const Markets& m, Ledger& l,
        const Instant& n)
      : setup(s),
        rulebooks(r),
        markets(m),
        prices(m.prices),
        indices(m.indices),
        ledger(l),
        now(n) {}

  PoolState& operator[](PoolId p) { return pools[p]; }
  const PoolState& operator[](PoolId p) const { return pools[p]; }
  size_t size() const { return pools.size(); }
  size_t coins() const { return setup.coins.size(); }

  // accounts.cc: records
  AccountId add_account(const OpenAccount& c);
  PoolId cross_pool(AccountId a, std::optional<CoinId> coin);  // finds or adds
  PoolId cross_pool_of(AccountId a, CoinId settle);  // the one that this coin's positions stand in
  PoolId isolated_pool(PositionId id);               // finds or adds
  PositionId find_position(AccountId a, InstrumentId i, PositionSide side) const;
  PositionId find_or_add_position(AccountId a, InstrumentId i, PositionSide side, Market& m);
  void forget_newest(size_t positions_left, size_t pools_left, Markets& all);
  const std::vector<PositionId>& in_order(Market& m) const;  // of account and side
  bool idle(AccountId a) const;                              // no positions, no orders
  bool active(PoolId p) const;       // of the account's present modes; the others stay, empty
  bool indebted(AccountId a) const;  // a wallet is below zero: other coins back it
  bool locked(AccountId a, InstrumentId i) const;           // its pool is being liquidated
  std::optional<InstrumentId> isolated_in(PoolId p) const;  // missing: a cross pool
  std::vector<PositionId> in_pool(PoolId p) const;          // in order of instrument and side
  void mark_dirty(PoolId p);                                // evaluated again on the next tick
  void mark_all_dirty(AccountId a);                         // every pool of the account

  // The account's ends of a movement of money.
  Units wallet(AccountId a, CoinId c) const { return ledger.wallet(a, c); }
  static MoneyAccount wallet_of(AccountId a) { return MoneyAccount::wallet(a); }
  MoneyAccount margin_of(PositionState& pos) const {
    return MoneyAccount::isolated(pos.margin, markets[pos.instrument].settle);
  }
  void return_margin(PositionState& pos);  // all of it to the wallet

  // sums.cc: what a pool stands at
  PoolSums sums(PoolId p, const Hypothetical* hypothetical = nullptr) const {
    return sums(p, hypothetical, margin::MarginFigures::all);
  }
  // As far as the trigger, the margin call and the watch prices ask: `initial` means nothing.
  PoolSums trigger_sums(PoolId p, const Hypothetical* hypothetical = nullptr) const {
    return sums(p, hypothetical, margin::MarginFigures::of_trigger);
  }
  std::optional<Amount> orders_initial(PositionId id) const;  // added to the cross pool's
  Wide free_margin(PoolId p) const;                       // equity - initial
  Wide held(AccountId a, CoinId c) const;                 // in spot orders
  Wide backing(PoolId p, CoinId coin, Wide units) const;  // lost when these units of a wallet leave
  Wide in_pool_units(PoolId p, CoinId coin, Wide units) const;  // in the pool's unit, rounded up
  PositionId heaviest(PoolId p) const;
  margin::Position margin_position(const PositionState& pos, Lots lots, int64_t cost) const;
  margin::Account account_of(AccountId a) const;

  // pool_watch.cc: which pools a price may have put under water
  void take_reached(Markets& moved, std::vector<uint32_t>& found);
  void watch(PoolId p, const PoolSums& s);
  void watch_later(PoolId p, const PoolSums& s, bool changed);  // or look at it on the next tick
  void watch_all();                                             // after a restore

  std::vector<AccountState> accounts;
  std::vector<PositionState> positions;
  std::vector<PoolState> pools;
  std::vector<PoolId> dirty;
  watch::WatchIndex watched;
  // Of the watched prices: marks by instrument, then indices, then each instrument's volatility and
  // time to expiry.
  watch::PriceIds price_ids;

 private:
  // Scenario profits of one coin of each instrument at the prices they were made for, shared by all
  // who hold it.
  struct SharedScenarios {
    bool has_leg = false, has_unit = false;
    Price mark, underlying, index;
    std::optional<double> years;
    margin::RiskLeg leg;  // of one coin, long
    margin::UnitProfits unit;
  };
  struct ScenarioWatch;
  struct ScenarioTerms;

  PoolSums sums(PoolId p, const Hypothetical* hypothetical, margin::MarginFigures figures) const;
  bool add_position(PoolId p, const PositionState& pos, const Hypothetical& as,
                    margin::MarginFigures figures, PoolSums& total) const;
  struct Reach {
    Lots lots = 0;
    Wide value = 0;
  };
  bool by_price(const PositionState& pos) const;  // its orders count at their own prices
  Reach reach_by_price(const PositionState& pos, const Hypothetical& as) const;
  bool initial_by_price(const PositionState& pos, const Hypothetical& as, Wide& needed) const;
  bool order_initial(const PositionState& pos, const Hypothetical& as, Lots count, Lots most,
                     Wide& needed) const;
  void add_wallets(PoolId p, PoolSums& total) const;
  bool portfolio_margin(PoolId p, const Hypothetical* hypothetical, margin::MarginFigures figures,
                        PoolSums& total) const;
  const margin::RiskLeg* leg_of(InstrumentId i) const;  // null: something is missing
  const SharedScenarios* scenarios_of(InstrumentId i, const ScenarioRule& rule) const;

  bool nothing_to_lose(PoolId p, const PoolSums& s) const;
  bool by_scenarios(PoolId p) const;  // margined by its coin's matrix
  bool expose(PoolId p);  // straight losses of plain linear contracts; false: not one of these
  bool expose_position(const PositionState& pos);
  bool watch_bound(PoolId p, Wide beyond);
  void watch_any_move(PoolId p);

  // portfolio_watch.cc
  watch::PriceId volatility_id(InstrumentId i) const;
  watch::PriceId time_id(InstrumentId i) const;
  static Price volatility_of(const margin::RiskLeg& leg);
  Price time_left(InstrumentId i) const;
  void take_reached_options(std::vector<uint32_t>& found);
  bool expose_scenarios(PoolId p, const PoolSums& s, double& spare);
  bool bound_scenarios(PoolId p, const PoolSums& s, const watch::ScenarioReach& reach,
                       double& spare);
  void add_future(ScenarioTerms& t, const PositionState& pos, double size,
                  const SharedScenarios& shared) const;
  const watch::OptionReach* reach_of(const ScenarioTerms& t, InstrumentId i,
                                     const margin::RiskLeg& leg, bool on_index) const;
  bool add_option(ScenarioTerms& t, const PositionState& pos, double size,
                  const SharedScenarios& shared) const;
  void add_volatility_and_time(ScenarioTerms& t, InstrumentId i, const margin::RiskLeg& leg,
                               double amount, bool is_long) const;
  void add_index(ScenarioTerms& t) const;
  double scenario_slack(ScenarioTerms& t, const PoolSums& s, size_t positions_held) const;
  void expose_moves(const ScenarioTerms& t, double spare);
  static double gain_of(const ScenarioTerms& t, const SharedScenarios& shared, size_t k);

  const ExchangeSetup& setup;
  const margin::Rulebooks& rulebooks;
  const Markets& markets;
  const margin::MarkPrices& prices;
  const std::vector<IndexState>& indices;
  Ledger& ledger;
  const Instant& now;

  mutable std::vector<SharedScenarios> scenarios;  // by instrument
  mutable std::vector<watch::PriceId> time_ids;    // by instrument
  mutable std::vector<margin::HeldLeg> held_legs;
  mutable margin::ScenarioMargin scenario;
  std::shared_ptr<ScenarioWatch> scenario_watch;
  std::vector<watch::Exposure> exposures;
  std::vector<PoolId> unbound;      // have no valid watch prices: due on the next tick
  std::vector<uint8_t> looks_left;  // by pool, before it is bounded
  std::set<PoolId> timed;  // looked at on every tick: scenario margin of options without a bound
};

}  // namespace delever::exchange
