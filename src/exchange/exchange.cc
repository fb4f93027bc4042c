// The public face: views of the state, its digest, snapshots.
#include "exchange/exchange.h"

#include <algorithm>
#include <bit>

#include "base/hash.h"
#include "exchange/archive.h"
#include "exchange/state.h"

namespace delever::exchange {
namespace {

constexpr uint64_t kSnapshotVersion = 0x64656c65'76657202;  // "delever" 2

template <class A>
void archive_order(A& a, SubmitOrder& o) {
  a(o.account), a(o.instrument), a(o.side), a(o.type), a(o.price), a(o.qty), a(o.time_in_force),
      a(o.self_trade);
  a(o.reduce_only), a(o.position), a(o.trigger), a(o.trigger_by), a(o.client);
}

template <class A>
void archive_time(A& a, Instant& t) {
  int64_t ns = t.ns();
  a(ns);
  t = Instant::ns(ns);
}

template <class A, class Queue>
void archive_stops(A& a, Queue& stops) {
  std::vector<StopOrder> all;
  if constexpr (!A::kLoading) {
    for (auto& [key, stop] : stops) all.push_back(stop);
  }
  a.sequence(all, [&a](StopOrder& s) { archive_order(a, s.order), a(s.id); });
  if constexpr (A::kLoading) {
    stops.clear();
    for (const StopOrder& s : all) {
      const uint64_t sequence = s.id & ~(uint64_t{1} << 63);
      stops.emplace(
          std::pair(s.order.side == Side::buy ? s.order.trigger.raw() : -s.order.trigger.raw(),
                    sequence),
          s);
    }
  }
}

template <class A>
void archive_market(A& a, Market& m) {
  m.book.archive(a);
  a.sequence(m.orders, [&a](OrderInfo& o) {
    a(o.id), a(o.stake), a(o.client), a(o.next), a(o.previous), a(o.tick), a(o.buy),
        a(o.reduce_only);
  });
  a(m.stops_made);
  for (auto& by : m.stops) {
    for (StopQueue& stops : by) archive_stops(a, stops);
  }
  a.sequence(m.stakes, [&a](StakeId& h) { a(h); });
  a(m.open_lots), a(m.settled), a(m.has_outside), a(m.moved);
  a(m.mark), a(m.previous_mark), a(m.last), a(m.outside), a(m.told_bid), a(m.told_ask),
      a(m.told_open), a(m.trades);
  a.sequence(m.basis,
             [&a](std::pair<Instant, int64_t>& b) { archive_time(a, b.first), a(b.second); });
  a(m.basis_sum), a(m.ema), a(m.mid_ema);
  archive_time(a, m.mid_ema_at), archive_time(a, m.basis_at);
  a(m.premium_sum), a(m.premium_samples);
  archive_time(a, m.premium_at), archive_time(a, m.funding_at);
  a(m.rate);
  if constexpr (A::kLoading) {
    m.stop_places.clear();
    for (int q = 0; q < 4; ++q) {
      for (const auto& [key, stop] : m.stops[q / 2][q % 2])
        m.stop_places.emplace(stop.id, std::pair(q, key));
    }
  }
}

}  // namespace

template <class Archive>
void Exchange::State::archive(Archive& a) {
  archive_time(a, now);
  a.sequence(wallets, [&a](int64_t& w) { a(w); });
  a.sequence(accounts, [&a](AccountState& s) {
    a(s.collateral), a(s.hedge), a(s.first_stake);
    a.sequence(s.pools, [&a](PoolId& p) { a(p); });
  });
  a.sequence(stakes, [&a](Stake& h) {
    a(h.account), a(h.instrument), a(h.pool), a(h.next), a(h.side), a(h.hedge), a(h.mode),
        a(h.leverage), a(h.lots);
    a(h.cost), a(h.margin), a(h.open_buy), a(h.open_sell), a(h.reduce_lots), a(h.open_buy_value),
        a(h.first_order);
    archive_time(a, h.partial_at);
  });
  a.sequence(pools, [&a](PoolState& p) {
    uint32_t coin = p.coin ? *p.coin : kNoId;
    a(p.account), a(coin), a(p.isolated), a(p.dirty), a(p.called), a(p.in_liquidation);
    p.coin = coin == kNoId ? std::nullopt : std::optional(static_cast<CoinId>(coin));
  });
  for (auto* by_coin : {&fees, &shortfall, &deposited})
    a.sequence(*by_coin, [&a](int64_t& x) { a(x); });
  a.sequence(signed_cost, [&a](Wide& x) { a(x); });
  a.sequence(dirty, [&a](PoolId& p) { a(p); });
  a.sequence(fund_high, [&a](auto& high) {
    a.sequence(high,
               [&a](std::pair<Instant, int64_t>& x) { archive_time(a, x.first), a(x.second); });
  });
  for (auto* all : {&prices.mark, &prices.underlying, &prices.coin_usd}) {
    a.sequence(*all, [&a](std::optional<Price>& p) {
      int64_t raw = p ? p->raw() : -1;
      a(raw);
      p = raw < 0 ? std::nullopt : std::optional(Price::raw(raw));
    });
  }
  a.sequence(prices.years, [&a](std::optional<double>& years) {
    bool has = years.has_value();
    uint64_t bits = std::bit_cast<uint64_t>(years.value_or(0));
    a(has), a(bits);
    years = has ? std::optional(std::bit_cast<double>(bits)) : std::nullopt;
  });
  a.sequence(indices, [&a](IndexState& i) {
    a.sequence(i.sources, [&a](int64_t& s) { a(s); });
    a(i.price);
    a.sequence(i.windows,
               [&a](SettlementWindow& w) { archive_time(a, w.ends), a(w.sum), a(w.samples); });
  });
  for (Market& m : markets) archive_market(a, m);
}

Exchange::Exchange(std::unique_ptr<State> state) : state_(std::move(state)) {}
Exchange::~Exchange() = default;

Result<std::unique_ptr<Exchange>> Exchange::open(ExchangeSetup setup) {
  auto state = std::make_unique<State>();
  state->setup = std::move(setup);
  TRY(state->build());
  return std::unique_ptr<Exchange>(new Exchange(std::move(state)));
}

Reject Exchange::apply(const Command& command, ExchangeSink& sink) {
  state_->sink = &sink;
  return state_->apply(command);
}

std::string Exchange::snapshot() const {
  Saver a;
  uint64_t version = kSnapshotVersion, digest = state_->setup_digest;
  a(version), a(digest);
  state_->archive(a);
  std::string bytes = a.take();
  Hasher h;
  h.add(bytes);
  Saver tail;
  uint64_t sum = h.digest();
  tail(sum);
  return bytes + tail.take();
}

Result<std::unique_ptr<Exchange>> Exchange::restore(ExchangeSetup setup,
                                                    std::string_view snapshot) {
  auto opened = open(std::move(setup));
  if (!opened.has_value()) return opened.error();
  std::unique_ptr<Exchange> exchange = std::move(opened).value();
  const auto refuse = [](const char* why) {
    return Error{Fault::malformed, std::string("a snapshot: ") + why};
  };
  if (snapshot.size() < 24) return refuse("it is shorter than its frame");
  Hasher h;
  h.add(snapshot.substr(0, snapshot.size() - 8));
  Loader tail(snapshot.substr(snapshot.size() - 8));
  uint64_t sum = 0;
  tail(sum);
  if (sum != h.digest()) return refuse("it does not match its digest");
  Loader a(snapshot.substr(0, snapshot.size() - 8));
  uint64_t version = 0, digest = 0;
  a(version), a(digest);
  if (version != kSnapshotVersion) return refuse("not of this version");
  if (digest != exchange->state_->setup_digest) return refuse("it belongs to another setup");
  exchange->state_->archive(a);
  if (!a.ok()) return refuse(a.why());
  if (!a.at_end()) return refuse("bytes are left over");
  exchange->state_->watch_all();
  return exchange;
}

// Accounts, their stakes by instrument and side, books in queue order. Numbers that only say where
// something is kept (slots, pool and stake ids, order ids) stay out, as do accounts' and stakes'
// records that say nothing yet.
uint64_t Exchange::hash() const {
  const State& s = *state_;
  Hasher h;
  const auto wide = [&h](Wide x) {
    h.add(static_cast<uint64_t>(x)), h.add(static_cast<uint64_t>(x >> 64));
  };
  const auto num = [&h](auto x) { h.add(static_cast<uint64_t>(x)); };
  num(s.setup_digest), num(s.now.ns()), num(s.accounts.size());
  for (const int64_t w : s.wallets) num(w);
  for (AccountId a = 0; a < s.accounts.size(); ++a) {
    const AccountState& account = s.accounts[a];
    num(account.collateral), num(account.hedge);
    std::vector<StakeId> own;
    for (StakeId id = account.first_stake; id != kNoId; id = s.stakes[id].next) {
      const Stake& x = s.stakes[id];
      const Market& m = s.markets[x.instrument];
      const bool plain = x.lots == 0 && x.margin == 0 && x.first_order == kNoId &&
                         x.mode == MarginMode::cross && x.leverage == m.listing->default_leverage &&
                         x.partial_at == Instant::min();
      if (!plain) own.push_back(id);
    }
    std::sort(own.begin(), own.end(), [&s](StakeId x, StakeId y) {
      return std::tuple(s.stakes[x].instrument, s.stakes[x].side, s.stakes[x].hedge) <
             std::tuple(s.stakes[y].instrument, s.stakes[y].side, s.stakes[y].hedge);
    });
    for (const StakeId id : own) {
      const Stake& x = s.stakes[id];
      num(a), num(x.instrument), num(x.side), num(x.hedge), num(x.mode), num(x.leverage.raw()),
          num(x.lots), num(x.cost);
      num(x.margin), num(x.partial_at.ns());
    }
    std::vector<std::tuple<uint32_t, uint32_t, PositionSide, unsigned>> flagged;
    for (const PoolId p : account.pools) {
      const PoolState& pool = s.pools[p];
      if (!pool.called && !pool.in_liquidation) continue;
      const bool isolated = pool.isolated != kNoId;
      flagged.emplace_back(isolated ? s.stakes[pool.isolated].instrument : kNoId,
                           pool.coin ? uint32_t{*pool.coin} : kNoId,
                           isolated ? s.stakes[pool.isolated].side : PositionSide::long_side,
                           (pool.called ? 1u : 0u) | (pool.in_liquidation ? 2u : 0u));
    }
    std::sort(flagged.begin(), flagged.end());
    for (const auto& [instrument, coin, side, flags] : flagged)
      num(instrument), num(coin), num(side), num(flags);
  }
  for (const auto* by_coin : {&s.fees, &s.shortfall, &s.deposited}) {
    for (const int64_t x : *by_coin) num(x);
  }
  for (const Wide x : s.signed_cost) wide(x);
  for (const auto& high : s.fund_high) {
    num(high.size());
    for (const auto& [at, balance] : high) num(at.ns()), num(balance);
  }
  for (const auto& years : s.prices.years) num(std::bit_cast<uint64_t>(years.value_or(-1)));
  for (const IndexState& i : s.indices) {
    for (const int64_t x : i.sources) num(x);
    num(i.price), num(i.windows.size());
    for (const SettlementWindow& w : i.windows) num(w.ends.ns()), wide(w.sum), num(w.samples);
  }
  for (const Market& m : s.markets) {
    for (const Side side : {Side::buy, Side::sell}) {
      m.book.orders(side, [&](OrderId id, const matching::MatchBook::Resting& r) {
        const OrderInfo& info = m.orders[static_cast<uint32_t>(id)];
        num(r.account), num(r.tick), num(r.lots), num(info.reduce_only), num(info.client);
        num(s.stakes[info.stake].side);
        return true;
      });
      num(m.book.resting());
    }
    for (const auto& by : m.stops) {
      for (const StopQueue& stops : by) {
        for (const auto& [key, stop] : stops) {
          const SubmitOrder& o = stop.order;
          num(key.first), num(o.account), num(o.side), num(o.type), num(o.price.raw()),
              num(o.qty.raw());
          num(o.time_in_force), num(o.self_trade), num(o.reduce_only), num(o.position),
              num(o.client);
        }
        num(stops.size());
      }
    }
    num(m.open_lots), num(m.settled), num(m.has_outside), num(m.mark), num(m.previous_mark),
        num(m.last);
    num(m.outside), num(m.told_bid), num(m.told_ask), num(m.told_open), num(m.trades),
        wide(m.basis_sum);
    for (const auto& [at, basis] : m.basis) num(at.ns()), num(basis);
    num(m.ema), num(m.mid_ema), num(m.mid_ema_at.ns()), num(m.basis_at.ns()), wide(m.premium_sum),
        num(m.premium_samples);
    num(m.premium_at.ns()), num(m.funding_at.ns()), num(m.rate);
  }
  return h.digest();
}

Instant Exchange::now() const { return state_->now; }
uint64_t Exchange::looks() const { return state_->looks; }
uint32_t Exchange::accounts() const { return static_cast<uint32_t>(state_->accounts.size()); }
CoinId Exchange::coins() const { return static_cast<CoinId>(state_->coins()); }
InstrumentId Exchange::instruments() const {
  return static_cast<InstrumentId>(state_->markets.size());
}
size_t Exchange::bytes_per_idle_account() const {
  return sizeof(AccountState) + coins() * sizeof(int64_t);
}

std::optional<Price> Exchange::mark(InstrumentId i) const {
  CHECK(i < state_->markets.size());
  return state_->prices.mark[i];
}
std::optional<Price> Exchange::index(uint32_t i) const {
  CHECK(i < state_->indices.size());
  const int64_t price = state_->indices[i].price;
  return price == 0 ? std::nullopt : std::optional(Price::raw(price));
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
Amount Exchange::wallet(AccountId a, CoinId c) const {
  CHECK(a < accounts() && c < coins());
  return Amount::raw(state_->wallet(a, c));
}
Amount Exchange::fees(CoinId c) const {
  CHECK(c < coins());
  return Amount::raw(state_->fees[c]);
}
Amount Exchange::shortfall(CoinId c) const {
  CHECK(c < coins());
  return Amount::raw(state_->shortfall[c]);
}

std::vector<PositionView> Exchange::positions(AccountId a) const {
  CHECK(a < accounts());
  std::vector<PositionView> out;
  for (StakeId id = state_->accounts[a].first_stake; id != kNoId; id = state_->stakes[id].next) {
    const Stake& h = state_->stakes[id];
    const Market& m = state_->markets[h.instrument];
    if (m.spot || (h.lots == 0 && h.margin == 0)) continue;
    const bool is_long = h.lots > 0 || (h.lots == 0 && h.side == PositionSide::long_side);
    out.push_back({h.instrument, is_long ? PositionSide::long_side : PositionSide::short_side,
                   h.mode, Qty::raw(std::abs(h.lots) * m.step), Amount::raw(h.cost),
                   Amount::raw(h.margin), h.leverage});
  }
  std::sort(out.begin(), out.end(), [](const PositionView& x, const PositionView& y) {
    return std::pair(x.instrument, x.side) < std::pair(y.instrument, y.side);
  });
  return out;
}

std::vector<PoolView> Exchange::pools(AccountId a) const {
  CHECK(a < accounts());
  std::vector<PoolView> out;
  for (const PoolId p : state_->accounts[a].pools) {
    if (!state_->active(p)) continue;
    const PoolState& pool = state_->pools[p];
    const PoolSums s = state_->sums(p);
    if (!s.priced || (pool.isolated != kNoId && state_->stakes[pool.isolated].lots == 0)) continue;
    PoolView view{.coin = pool.coin,
                  .isolated = {},
                  .equity = Amount::raw(narrow(s.equity())),
                  .initial = Amount::raw(narrow(s.initial)),
                  .maintenance = Amount::raw(narrow(s.maintenance)),
                  .liquidated = s.triggered()};
    if (pool.isolated != kNoId) view.isolated = state_->stakes[pool.isolated].instrument;
    out.push_back(view);
  }
  return out;
}

margin::Account Exchange::State::account_of(AccountId a) const {
  margin::Account out;
  out.collateral = accounts[a].collateral;
  for (CoinId c = 0; c < coins(); ++c)
    out.balances.push_back({c, Amount::raw(narrow(wallet(a, c) - held(a, c)))});
  std::vector<StakeId> own;
  for (StakeId id = accounts[a].first_stake; id != kNoId; id = stakes[id].next) {
    if (stakes[id].lots != 0) own.push_back(id);
  }
  std::sort(own.begin(), own.end(), [this](StakeId x, StakeId y) {
    return std::pair(stakes[x].instrument, stakes[x].side) <
           std::pair(stakes[y].instrument, stakes[y].side);
  });
  for (const StakeId id : own)
    out.positions.push_back(position(stakes[id], stakes[id].lots, stakes[id].cost));
  return out;
}

margin::Account Exchange::account(AccountId a) const {
  CHECK(a < accounts());
  return state_->account_of(a);
}

const margin::MarkPrices& Exchange::prices() const { return state_->prices; }
const margin::Rulebooks& Exchange::rulebooks() const { return state_->rulebooks; }

Amount Exchange::imbalance(CoinId c) const {
  CHECK(c < coins());
  const State& s = *state_;
  Wide sum = Wide{s.fees[c]} - s.shortfall[c] - s.deposited[c] - s.signed_cost[c];
  for (AccountId a = 0; a < s.accounts.size(); ++a) sum += s.wallet(a, c);
  for (const Stake& h : s.stakes) {
    if (!s.markets[h.instrument].spot && s.markets[h.instrument].settle == c) sum += h.margin;
  }
  return Amount::raw(narrow(sum));
}

}  // namespace delever::exchange
