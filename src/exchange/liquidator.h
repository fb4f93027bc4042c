// Liquidator: who is under water, the venue's steps, the fund, the vault, ADL and what is left
// over. It acts through Trading and the ledger; what a pool stands at it asks Pools.
#pragma once

#include <algorithm>
#include <tuple>

#include "exchange/trading.h"
#include "margin/adl.h"

namespace delever::exchange {

inline bool has_step(const LiquidationRule& rule, LiquidationStep step) {
  return std::find(rule.steps.begin(), rule.steps.end(), step) != rule.steps.end();
}

class Liquidator {
 public:
  Liquidator(const ExchangeSetup& s, const margin::Rulebooks& r, Markets& m, Pools& p, Trading& t,
             Ledger& l, Reporting& o)
      : setup(s),
        rulebooks(r),
        markets(m),
        prices(m.prices),
        pools(p),
        accounts(p.accounts),
        positions(p.positions),
        trading(t),
        ledger(l),
        out(o),
        now(o.now) {}

  // liquidation.cc
  void reevaluate_due();
  void cover_closed();
  uint64_t looks() const { return looks_; }
  // deficits.cc
  void unwind();

  // The fund's best balance of the last eight hours, by coin, where a rule asks for its drawdown.
  std::vector<std::deque<std::pair<Instant, int64_t>>> fund_high;

 private:
  // One pool's way through the steps of its venue.
  struct Case {
    PoolId pool;
    const LiquidationRule* rule = nullptr;
    bool at_bankruptcy = false;   // closing orders are limited to the bankruptcy price
    bool waits = false;           // a partial close was sent: nothing more on this tick
    PositionId heaviest = kNoId;  // these as of the step in hand
    PoolSums sums;
    bool beyond_book = false;  // the vault's part
  };
  using Step = void (Liquidator::*)(Case&);
  static Step step_of(LiquidationStep step);

  // A pool that is due, and its place in the order of a tick.
  struct Due {
    AccountId account = 0;
    bool isolated = false;
    uint32_t of = 0;  // instrument, or coin
    PositionSide side = PositionSide::long_side;
    bool has_coin = false;
    PoolId pool = 0;
    bool changed = false;  // by more than prices
    bool operator<(const Due& other) const {
      return std::tie(account, isolated, of, side, has_coin, pool, other.changed) <
             std::tie(other.account, other.isolated, other.of, other.side, other.has_coin,
                      other.pool, changed);
    }
  };
  Due due_of(PoolId p, bool changed) const;
  void reevaluate(PoolId p, bool changed);
  bool release_held(PoolId p);
  void liquidate(PoolId p);
  void finish(PoolId p);
  void cancel_orders(Case& c);
  void reduce_one_tier(Case& c) { reduce_tiers(c, 1); }
  void reduce_two_tiers(Case& c) { reduce_tiers(c, 2); }
  void reduce_tiers(Case& c, int tiers);
  void reduce_partial(Case& c);
  void reduce_slice(Case& c);
  void reduce_to_safety(Case& c);
  void close_all(Case& c);
  void takeover_bankruptcy(Case& c);
  void takeover_backstop(Case& c);
  void auto_deleverage(Case& c);
  void socialise_loss(Case&) {}  // once it is closed: cover()
  Lots close(const Case& c, PositionId id, Lots lots, bool limited);
  bool vault_solvent(const Case& c);
  bool unsafe(const Case& c) const;

  // closing_size.cc: how much, and at what price
  Units bankruptcy_value(PoolId p, PositionId id) const;
  Tick bankruptcy_tick(const Market& m, const PositionState& pos, Units value) const;
  Lots lots_to_safety(PoolId p, PositionId id) const;
  Lots lots_to_tier(PositionId id, int tiers) const;
  Units adl_value(PoolId p, PositionId id, AdlPrice at) const;
  const LiquidationRule& rule_of(PositionId id) const;

  // deleverage.cc
  struct Candidate {
    PositionId position;
    AdlCandidate adl;
  };
  margin::AdlInput adl_input(PositionId id, const PoolSums& s) const;
  std::vector<Candidate> adl_queue(PositionId id);
  void deleverage(PositionId id, AdlPrice price);

  // deficits.cc: fund, vault, socialised losses
  bool fund_bears(PositionId id, Wide loss, CoinId coin);
  void take_over(PoolId p, AccountId by);
  void take_collateral(PoolId p, Wide equity);
  void cover(PoolId p);
  void settle_debt(AccountId a, CoinId coin, const MoneyAccount& debtor, Units balance);
  Units socialise(CoinId coin, Units deficit, AccountId debtor, const MoneyAccount& to);
  void unwind_position(PoolId p, PositionId id);

  Units wallet(AccountId a, CoinId c) const { return ledger.wallet(a, c); }
  static MoneyAccount wallet_of(AccountId a) { return MoneyAccount::wallet(a); }
  MoneyAccount margin_of(PositionState& pos) const { return pools.margin_of(pos); }

  const ExchangeSetup& setup;
  const margin::Rulebooks& rulebooks;
  Markets& markets;
  const margin::MarkPrices& prices;
  Pools& pools;
  std::vector<AccountState>& accounts;
  std::vector<PositionState>& positions;
  Trading& trading;
  Ledger& ledger;
  Reporting& out;
  const Instant& now;
  uint64_t looks_ = 0;
  std::vector<Due> due_;  // of the tick in hand; no allocation once they have grown
  std::vector<uint32_t> reached_;
};

}  // namespace delever::exchange
