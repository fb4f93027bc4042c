// The inside of Exchange: its parts, in the order in which they build on each other, and the
// commands that are not orders. Ledger moves money; Markets keep books, marks and indices; Pools
// know what each pool of collateral stands at; Trading carries orders out; Liquidator closes who
// falls.
#pragma once

#include "exchange/ledger.h"
#include "exchange/liquidator.h"
#include "exchange/markets.h"
#include "exchange/pools.h"
#include "exchange/reporting.h"
#include "exchange/trading.h"

namespace delever::exchange {

uint64_t digest_of(const ExchangeSetup& setup);  // setup_digest.cc

struct Exchange::State {
  ExchangeSetup setup;
  uint64_t setup_digest = 0;
  margin::Rulebooks rulebooks;
  Reporting out;
  Ledger ledger;
  Markets markets{setup, out};
  Pools pools{setup, rulebooks, markets, ledger, out.now};
  Trading trading{markets, pools, ledger, out};
  Liquidator liquidator{setup, rulebooks, markets, pools, trading, ledger, out};

  // setup.cc
  Result<void> build();
  Result<void> build_coins();
  Result<void> build_indices();
  Result<void> build_market(const Listing& listing);
  void link_markets();

  // account_commands.cc
  Reject apply(const Command& command);
  Reject apply(const OpenAccount& c);
  Reject apply(const Deposit& c);
  Reject apply(const Withdraw& c);
  Reject apply(const SetLeverage& c);
  Reject apply(const SetMarginMode& c);
  Reject apply(const SetPositionMode& c);
  Reject apply(const SetCollateralMode& c);
  Reject apply(const MoveMargin& c);
  Reject apply(const SubmitOrder& c) { return trading.apply(c); }
  Reject apply(const CancelOrder& c) { return trading.apply(c); }
  Reject apply(const ReduceOrder& c) { return trading.apply(c); }
  Reject apply(const CancelAll& c) { return trading.apply(c); }
  Reject check_account(AccountId a) const;

  // clock.cc
  Reject apply(const PublishIndex& c);
  Reject apply(const PublishMark& c);
  Reject apply(const TickClock& c);
  void pay_funding(InstrumentId i);
  struct Payment {
    Rate rate;
    Instant settles;
    Duration over;
  };
  void pay(InstrumentId i, const Payment& payment);
  void settle_expired(InstrumentId i);
  int64_t settlement_index(const Market& m) const;
  int64_t settlement_price(const Market& m, int64_t settlement) const;

  // snapshot.cc
  template <class Archive>
  void archive(Archive& a);
  uint64_t hash() const;

  size_t coins() const { return setup.coins.size(); }
};

}  // namespace delever::exchange
