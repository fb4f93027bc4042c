// The public face: commands in, views of the state.
#include "exchange/exchange.h"

#include <algorithm>

#include "exchange/state.h"

namespace delever::exchange {

Exchange::Exchange(std::unique_ptr<State> state) : state_(std::move(state)) {}
Exchange::~Exchange() = default;

Result<std::unique_ptr<Exchange>> Exchange::open(ExchangeSetup setup) {
  auto state = std::make_unique<State>();
  state->setup = std::move(setup);
  TRY(state->build());
  return std::unique_ptr<Exchange>(new Exchange(std::move(state)));
}

Reject Exchange::apply(const Command& command, ExchangeSink& sink) {
  state_->out.sink = &sink;
  return state_->apply(command);
}

Instant Exchange::now() const { return state_->out.now; }
uint64_t Exchange::looks() const { return state_->liquidator.looks(); }
uint32_t Exchange::accounts() const { return static_cast<uint32_t>(state_->pools.accounts.size()); }
CoinId Exchange::coins() const { return static_cast<CoinId>(state_->coins()); }
InstrumentId Exchange::instruments() const {
  return static_cast<InstrumentId>(state_->markets.size());
}
size_t Exchange::bytes_per_idle_account() const {
  return sizeof(AccountState) + coins() * sizeof(int64_t);
}

std::optional<Price> Exchange::mark(InstrumentId i) const {
  CHECK(i < state_->markets.size());
  return state_->markets.prices.mark[i];
}
std::optional<Price> Exchange::index(uint32_t i) const {
  CHECK(i < state_->markets.indices.size());
  const int64_t price = state_->markets.indices[i].price;
  return price == 0 ? std::nullopt : std::optional(Price::raw(price));
}
std::vector<IndexPart> Exchange::index_parts(uint32_t i) const {
  CHECK(i < state_->markets.indices.size());
  return state_->markets.index_parts(i);
}
std::optional<Price> Exchange::last(InstrumentId i) const {
  CHECK(i < state_->markets.size());
  const int64_t price = state_->markets[i].last;
  return price == 0 ? std::nullopt : std::optional(Price::raw(price));
}
const matching::MatchBook& Exchange::book(InstrumentId i) const {
  CHECK(i < state_->markets.size());
  return state_->markets[i].book;
}
BookSnapshot Exchange::depth(InstrumentId i, size_t levels) const {
  CHECK(i < state_->markets.size());
  const Market& m = state_->markets[i];
  BookSnapshot out;
  for (const Side side : {Side::buy, Side::sell}) {
    auto& into = side == Side::buy ? out.bids : out.asks;
    m.book.levels(side, [&](Tick tick, Lots lots, uint32_t) {
      if (into.size() == levels) return false;
      into.push_back({.price = Price::raw(static_cast<int64_t>(tick) * m.tick),
                      .qty = Qty::raw(lots * m.step)});
      return true;
    });
  }
  out.depth = static_cast<uint32_t>(levels);
  return out;
}
Qty Exchange::open_interest(InstrumentId i) const {
  CHECK(i < state_->markets.size());
  return Qty::raw(state_->markets[i].open_lots * state_->markets[i].step);
}
std::optional<FundingView> Exchange::funding(InstrumentId i) const {
  CHECK(i < state_->markets.size());
  const Market& m = state_->markets[i];
  const auto& rule = m.listing->rules.funding;
  if (m.spot || m.settled || !rule || m.listing->expiry) return std::nullopt;
  FundingView view{Rate::raw(m.rate), m.funding_at,
                   rule->interval > Duration() ? rule->interval : kContinuousPayment};
  if (view.at == Instant::min()) view.at = now() + view.interval;  // no tick has set it yet
  return view;
}
Amount Exchange::wallet(AccountId a, CoinId c) const {
  CHECK(a < accounts() && c < coins());
  return Amount::raw(state_->ledger.wallet(a, c));
}
Amount Exchange::fees(CoinId c) const {
  CHECK(c < coins());
  return Amount::raw(state_->ledger.fees(c));
}
Amount Exchange::shortfall(CoinId c) const {
  CHECK(c < coins());
  return Amount::raw(state_->ledger.shortfall(c));
}

std::vector<PositionView> Exchange::positions(AccountId a) const {
  CHECK(a < accounts());
  std::vector<PositionView> out;
  for (PositionId id = state_->pools.accounts[a].first_position; id != kNoId;
       id = state_->pools.positions[id].next) {
    const PositionState& pos = state_->pools.positions[id];
    const Market& m = state_->markets[pos.instrument];
    if (m.spot || (pos.lots == 0 && pos.margin == 0)) continue;
    const bool is_long = pos.lots > 0 || (pos.lots == 0 && pos.side == PositionSide::long_side);
    out.push_back({pos.instrument, is_long ? PositionSide::long_side : PositionSide::short_side,
                   pos.mode, Qty::raw(std::abs(pos.lots) * m.step), Amount::raw(pos.cost),
                   Amount::raw(pos.margin), pos.leverage});
  }
  std::sort(out.begin(), out.end(), [](const PositionView& x, const PositionView& y) {
    return std::pair(x.instrument, x.side) < std::pair(y.instrument, y.side);
  });
  return out;
}

std::vector<PoolView> Exchange::pools(AccountId a) const {
  CHECK(a < accounts());
  std::vector<PoolView> out;
  for (const PoolId p : state_->pools.accounts[a].pools) {
    if (!state_->pools.active(p)) continue;
    const PoolState& pool = state_->pools[p];
    const PoolSums s = state_->pools.sums(p);
    if (!s.priced || (pool.isolated != kNoId && state_->pools.positions[pool.isolated].lots == 0))
      continue;
    PoolView view{.coin = pool.coin,
                  .isolated = {},
                  .equity = Amount::raw(narrow(s.equity())),
                  .initial = Amount::raw(narrow(s.initial)),
                  .maintenance = Amount::raw(narrow(s.maintenance)),
                  .liquidated = s.triggered()};
    if (pool.isolated != kNoId) view.isolated = state_->pools.positions[pool.isolated].instrument;
    out.push_back(view);
  }
  return out;
}

std::optional<Amount> Exchange::orders_initial(AccountId a, InstrumentId i,
                                               PositionSide side) const {
  CHECK(a < accounts() && i < instruments());
  const PositionId id = state_->pools.find_position(a, i, side);
  if (id == kNoId) return Amount();
  return state_->pools.orders_initial(id);
}

margin::Account Exchange::account(AccountId a) const {
  CHECK(a < accounts());
  return state_->pools.account_of(a);
}

const margin::MarkPrices& Exchange::prices() const { return state_->markets.prices; }
const margin::Rulebooks& Exchange::rulebooks() const { return state_->rulebooks; }

Amount Exchange::imbalance(CoinId c) const {
  CHECK(c < coins());
  const State& s = *state_;
  Wide margins = 0;
  for (const PositionState& pos : s.pools.positions) {
    if (!s.markets[pos.instrument].spot && s.markets[pos.instrument].settle == c)
      margins += pos.margin;
  }
  return Amount::raw(narrow(s.ledger.imbalance(c, margins)));
}

}  // namespace delever::exchange
