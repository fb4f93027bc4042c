// One venue: commands in, events out, one deterministic state machine. The same commands give the
// same events, state and hash on any machine. Everything that is owed is an integer; nothing here
// reads a clock, a file or a random number.
//
// The life of a command: apply() checks it against the state and either refuses it (nothing has
// changed) or carries it out whole. Trading happens at once; what depends on time (index, mark,
// funding, settlement, liquidation) happens on TickClock, in that order. docs/models/exchange.md
// says which venue rule stands behind each step.
//
// Collateral is kept in pools: one for each isolated position, one for each settlement coin of an
// account, or one in USD for accounts in multi-asset mode. A pool is what is evaluated, liquidated
// and, where it comes to that, covered.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "exchange/adl.h"
#include "margin/evaluate.h"
#include "market/command.h"
#include "market/notice.h"
#include "matching/match_book.h"

namespace delever::exchange {

class ExchangeSink : public EventSink {
 public:
  virtual void on_notice(const Notice& notice) = 0;
};

struct CoinSetup {
  std::string name;
  std::optional<Rate> haircut;            // missing: not accepted as collateral in multi-asset mode
  std::optional<uint32_t> index;          // its price in USD; missing: par
  std::optional<ScenarioRule> scenarios;  // portfolio margin of this coin
};

struct IndexSetup {
  std::string name;
  IndexRule rule;                    // weights by the names of `sources`; none: equal
  std::vector<std::string> sources;  // PublishIndex counts them from 0
};

struct Listing {
  std::string symbol;
  Rulebook rules;  // needs contract size, tick, step, maker and taker fee; derivatives a
                   // maintenance and liquidation rule
  matching::MatchBook::Band band;  // ticks that the book can hold
  uint32_t index = 0;
  std::optional<Instant> expiry;  // dated futures, options
  std::optional<margin::OptionTerms> option;
  bool outside_mark = false;  // the mark is published, not computed (options always)
  Leverage default_leverage = Leverage::raw(10 * Leverage::scale);
};

// Where the venues' texts are silent, a figure of ours with its name; docs/models/exchange.md lists
// them.
struct ExchangeSetup {
  std::string venue;
  std::vector<CoinSetup> coins;
  std::vector<IndexSetup> indices;
  std::vector<Listing> listings;
  AdlPolicy adl_policy = AdlPolicy::queue;
  Rate margin_call =
      Rate::raw(800'000'000'000'000);  // a call when maintenance reaches this share of equity
  Rate unwind = Rate::raw(50'000'000'000'000);  // of what fund and vault hold, sold on each tick
  bool look_at_all =
      false;  // every pool at every tick: the plain twin of the watch index, for tests
  Rate unwind_slippage = Rate::raw(10'000'000'000'000);  // at this distance from the mark at worst
  bool bound_at_once = false;  // never a look in place of a bound: for tests of the bounds
};

// By the venue's rule, as the first of its rulebooks has it that says anything: for those who open
// accounts.
OrderMargin order_margin_of(const ExchangeSetup& setup);

// What a pool stands at; the plain twin of these figures is margin::evaluate on
// Exchange::account().
struct PoolView {
  std::optional<CoinId> coin;  // missing: USD
  std::optional<InstrumentId> isolated;
  Amount equity, initial, maintenance;  // initial counts what resting orders could become
  bool liquidated = false;
};

struct PositionView {
  InstrumentId instrument = 0;
  PositionSide side = PositionSide::long_side;
  MarginMode mode = MarginMode::cross;
  Qty qty;      // >= 0
  Amount cost;  // value at entry
  Amount margin;
  Leverage leverage;
};

// One of an index's sources: what it last said, and its share of all that have said something.
struct IndexPart {
  std::string source;
  Price price;
  Rate share;
};

// A perpetual's funding: what the next payment would be if the premium stayed.
struct FundingView {
  Rate rate;  // per interval
  Instant at;
  Duration interval;
};

class Exchange {
 public:
  // The error names the listing and the figure that its rules lack.
  static Result<std::unique_ptr<Exchange>> open(ExchangeSetup setup);
  ~Exchange();

  Reject apply(const Command& command, ExchangeSink& sink);

  // Digest of everything that can influence what happens next, in an order that does not depend on
  // how it came about.
  uint64_t hash() const;
  // The whole state as bytes, for the same setup; restore() of it behaves as this one does from
  // here on. A snapshot that is cut, damaged or of another setup is refused.
  std::string snapshot() const;
  static Result<std::unique_ptr<Exchange>> restore(ExchangeSetup setup, std::string_view snapshot);

  Instant now() const;
  uint64_t looks() const;     // at pools, by all ticks so far: nothing depends on it, and it shows
                              // what the watching saves
  uint32_t accounts() const;  // ids below this exist
  size_t bytes_per_idle_account() const;
  CoinId coins() const;
  InstrumentId instruments() const;
  std::optional<Price> mark(InstrumentId instrument) const;
  std::optional<Price> index(uint32_t index) const;
  std::vector<IndexPart> index_parts(uint32_t index) const;  // as its setup names them
  std::optional<Price> last(InstrumentId instrument) const;
  const matching::MatchBook& book(InstrumentId instrument) const;
  BookSnapshot depth(InstrumentId instrument, size_t levels) const;
  Qty open_interest(InstrumentId instrument) const;
  std::optional<FundingView> funding(InstrumentId instrument) const;  // missing: pays none
  Amount wallet(AccountId account, CoinId coin) const;  // the fund's is the insurance fund
  Amount fees(CoinId coin) const;       // what the venue has earned, rounding included
  Amount shortfall(CoinId coin) const;  // deficits that nobody covered
  std::vector<PositionView> positions(AccountId account) const;
  std::vector<PoolView> pools(AccountId account) const;
  // What the resting orders of one position add to the initial margin of its cross pool, in the
  // pool's coin or USD. Missing: a price is not there.
  std::optional<Amount> orders_initial(AccountId account, InstrumentId instrument,
                                       PositionSide side) const;
  // The account as margin::evaluate reads it, with the prices and rulebooks that go with it. What
  // spot orders hold is not among the balances: it may leave at any moment, and is no collateral
  // until they are cancelled.
  margin::Account account(AccountId account) const;
  const margin::MarkPrices& prices() const;
  const margin::Rulebooks& rulebooks() const;
  // Wallets + isolated margins + fees - shortfall - signed cost of open positions - (deposits -
  // withdrawals): 0.
  Amount imbalance(CoinId coin) const;

 private:
  struct State;
  explicit Exchange(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace delever::exchange
