// The state as bytes and as a digest. One list of fields a struct serves saving, loading and
// hashing; it binds every member by name, so that a member that is added and not listed does not
// compile.
#include <algorithm>
#include <bit>

#include "base/hash.h"
#include "exchange/archive.h"
#include "exchange/state.h"

namespace delever::exchange {
namespace {

constexpr uint64_t kSnapshotVersion = 0x64656c65'76657203;  // "delever" 3

template <class X, class T>
concept Of = std::same_as<std::remove_const_t<X>, T>;

// A visitor has three members. value(x): part of what happens next, saved and hashed. place(x):
// only where something is kept, or what can be derived: saved, not hashed. hashed(x): hashed, not
// saved.

template <class V, Of<SubmitOrder> X>
void fields(V&& v, X& x) {
  auto& [account, instrument, side, type, price, qty, time_in_force, self_trade, reduce_only,
         position, trigger, trigger_by, client] = x;
  v.place(account), v.place(instrument), v.place(side), v.place(type), v.place(price), v.place(qty);
  v.place(time_in_force), v.place(self_trade), v.place(reduce_only), v.place(position);
  v.place(trigger), v.place(trigger_by), v.place(client);
}
template <class V, Of<OrderInfo> X>
void fields(V&& v, X& x) {
  auto& [id, position, client, next, previous, tick, buy, reduce_only] = x;
  v.place(id), v.place(position), v.place(client), v.place(next), v.place(previous);
  v.place(tick), v.place(buy), v.place(reduce_only);
}
template <class V, Of<StopOrder> X>
void fields(V&& v, X& x) {
  auto& [order, id] = x;
  v.place(order), v.place(id);
}
template <class V, Of<AccountState> X>
void fields(V&& v, X& x) {
  auto& [collateral, hedge, orders, first_position, pools] = x;
  v.value(collateral), v.value(hedge), v.place(orders), v.place(first_position), v.place(pools);
}
template <class V, Of<PositionState> X>
void fields(V&& v, X& x) {
  auto& [account, instrument, pool, next, side, hedge, mode, leverage, lots, cost, margin, open_buy,
         open_sell, reduce_lots, open_buy_value, buy_ticks, sell_ticks, first_order, partial_at] =
      x;
  v.value(account), v.value(instrument), v.place(pool), v.place(next), v.value(side);
  v.value(hedge), v.value(mode), v.value(leverage), v.value(lots), v.value(cost), v.value(margin);
  v.place(open_buy), v.place(open_sell), v.place(reduce_lots), v.place(open_buy_value);
  v.place(buy_ticks), v.place(sell_ticks);
  v.place(first_order), v.value(partial_at);
}
template <class V, Of<PoolState> X>
void fields(V&& v, X& x) {
  auto& [account, coin, isolated, dirty, called, in_liquidation] = x;
  v.place(account), v.place(coin), v.place(isolated), v.place(dirty), v.place(called);
  v.place(in_liquidation);
}
template <class V, Of<SettlementWindow> X>
void fields(V&& v, X& x) {
  auto& [ends, sum, samples] = x;
  v.value(ends), v.value(sum), v.value(samples);
}
template <class V, Of<IndexState> X>
void fields(V&& v, X& x) {
  auto& [sources, price_min, price_max, price, moved, windows] = x;
  // Not saved: price_min and price_max, which the setup gives; moved, false between commands.
  v.value(sources), v.value(price), v.hashed(windows.size()), v.value(windows);
}
template <class V, Of<Market> X>
void fields(V&& v, X& x) {
  auto& [listing, rules, book_id, spot, inverse, option, base, quote, settle, tick, step, size,
         price_min, price_max, unit, lot_size, lots_fit, dearest_lot, maker, taker, liquidation_fee,
         book, orders, stops_made, stops, stop_places, positions, open_lots, settled, has_outside,
         moved, mark, previous_mark, last, outside, published_bid, published_ask, published_open,
         forward, trades, basis, basis_sum, ema, mid_ema, mid_ema_at, basis_at, premium_sum,
         premium_samples, premium_at, funding_at, rate] = x;
  // From `listing` to `liquidation_fee`, and `forward`, the setup gives all; stop_places follows
  // from stops. The hash reads books and stops in an order of their own.
  v.place(book), v.place(orders), v.place(stops_made);
  for (auto& by_trigger : stops) {
    for (auto& queue : by_trigger) v.place(queue);
  }
  v.place(positions), v.value(open_lots), v.value(settled), v.value(has_outside), v.place(moved);
  v.value(mark), v.value(previous_mark), v.value(last), v.value(outside), v.value(published_bid);
  v.value(published_ask), v.value(published_open), v.value(trades);
  v.place(basis), v.value(basis_sum), v.hashed(basis);
  v.value(ema), v.value(mid_ema), v.value(mid_ema_at), v.value(basis_at), v.value(premium_sum);
  v.value(premium_samples), v.value(premium_at), v.value(funding_at), v.value(rate);
}

// Saves or loads, in the order of the lists.
template <class A>
struct Archived {
  A& a;

  template <class T>
  void value(T& x) {
    one(x);
  }
  template <class T>
  void place(T& x) {
    one(x);
  }
  template <class T>
  void hashed(const T&) {}

  template <class T>
  void one(T& x) {
    if constexpr (requires { a(x); })
      a(x);
    else
      fields(*this, x);
  }
  void one(Instant& t) {
    int64_t ns = t.ns();
    a(ns);
    t = Instant::ns(ns);
  }
  void one(MarginBalance& margin) { margin.archive(a); }
  void one(matching::MatchBook& book) { book.archive(a); }
  void one(std::optional<CoinId>& coin) {
    uint32_t raw = coin ? uint32_t{*coin} : kNoId;
    a(raw);
    coin = raw == kNoId ? std::nullopt : std::optional(static_cast<CoinId>(raw));
  }
  void one(std::optional<Price>& price) {
    int64_t raw = price ? price->raw() : -1;
    a(raw);
    price = raw < 0 ? std::nullopt : std::optional(Price::raw(raw));
  }
  void one(std::optional<double>& x) {
    bool has = x.has_value();
    uint64_t bits = std::bit_cast<uint64_t>(x.value_or(0));
    a(has), a(bits);
    x = has ? std::optional(std::bit_cast<double>(bits)) : std::nullopt;
  }
  void one(std::pair<Instant, int64_t>& sample) { one(sample.first), a(sample.second); }
  template <class T>
  void one(std::vector<T>& all) {
    a.sequence(all, [this](T& x) { one(x); });
  }
  template <class T>
  void one(std::deque<T>& all) {
    a.sequence(all, [this](T& x) { one(x); });
  }
  void one(StopQueue& stops) {
    std::vector<StopOrder> all;
    if constexpr (!A::kLoading) {
      for (const auto& [key, stop] : stops) all.push_back(stop);
    }
    one(all);
    if constexpr (A::kLoading) {
      stops.clear();
      for (const StopOrder& s : all) {
        const int64_t trigger = s.order.trigger.raw();
        stops.emplace(std::pair(s.order.side == Side::buy ? trigger : -trigger, s.id & ~kStopBit),
                      s);
      }
    }
  }
};

void place_stops(Market& m) {  // by id, from the queues
  m.stop_places.clear();
  for (int q = 0; q < 4; ++q) {
    for (const auto& [key, stop] : m.stops[q / 2][q % 2])
      m.stop_places.emplace(stop.id, std::pair(q, key));
  }
}

struct Hashed {
  Hasher& h;

  template <class T>
  void value(const T& x) {
    add(x);
  }
  template <class T>
  void place(const T&) {}
  template <class T>
  void hashed(const T& x) {
    add(x);
  }

  template <class T>
  void add(const T& x) {
    if constexpr (requires { static_cast<uint64_t>(x); })
      h.add(static_cast<uint64_t>(x));
    else
      fields(*this, x);
  }
  void add(Wide x) { h.add(static_cast<uint64_t>(x)), h.add(static_cast<uint64_t>(x >> 64)); }
  void add(Instant t) { add(t.ns()); }
  void add(const MarginBalance& margin) { add(int64_t{margin}); }
  template <class Tag, int kDigits>
  void add(Fixed<Tag, kDigits> x) {
    add(x.raw());
  }
  void add(const std::pair<Instant, int64_t>& sample) { add(sample.first), add(sample.second); }
  template <class T>
  void add(const std::vector<T>& all) {
    for (const T& x : all) add(x);
  }
  template <class T>
  void add(const std::deque<T>& all) {
    for (const T& x : all) add(x);
  }
  template <class... T>
  void all(const T&... x) {
    (add(x), ...);
  }
};

// Its positions by instrument and side, without those that say nothing yet, and its pools' flags.
void hash_account(Hashed& h, AccountId a, const Pools& pools, const Markets& markets) {
  const AccountState& account = pools.accounts[a];
  fields(h, account);
  if (account.orders != OrderMargin::mark) h.add(account.orders);  // what others have says nothing
  std::vector<const PositionState*> own;
  for (PositionId id = account.first_position; id != kNoId; id = pools.positions[id].next) {
    const PositionState& x = pools.positions[id];
    const bool plain = x.lots == 0 && x.margin == 0 && x.first_order == kNoId &&
                       x.mode == MarginMode::cross &&
                       x.leverage == markets[x.instrument].listing->default_leverage &&
                       x.partial_at == Instant::min();
    if (!plain) own.push_back(&x);
  }
  std::sort(own.begin(), own.end(), [](const PositionState* x, const PositionState* y) {
    return std::tuple(x->instrument, x->side, x->hedge) <
           std::tuple(y->instrument, y->side, y->hedge);
  });
  for (const PositionState* pos : own) fields(h, *pos);
  std::vector<std::tuple<uint32_t, uint32_t, PositionSide, unsigned>> flagged;
  for (const PoolId p : account.pools) {
    const PoolState& pool = pools[p];
    if (!pool.called && !pool.in_liquidation) continue;
    const bool isolated = pool.isolated != kNoId;
    const PositionState* pos = isolated ? &pools.positions[pool.isolated] : nullptr;
    flagged.emplace_back(isolated ? uint32_t{pos->instrument} : kNoId,
                         pool.coin ? uint32_t{*pool.coin} : kNoId,
                         isolated ? pos->side : PositionSide::long_side,
                         (pool.called ? 1u : 0u) | (pool.in_liquidation ? 2u : 0u));
  }
  std::sort(flagged.begin(), flagged.end());
  for (const auto& [instrument, coin, side, flags] : flagged) h.all(instrument, coin, side, flags);
}

// The orders of a book in queue order, and its stops.
void hash_orders(Hashed& h, const Market& m, const Pools& pools) {
  for (const Side side : {Side::buy, Side::sell}) {
    m.book.orders(side, [&](OrderId id, const matching::MatchBook::Resting& r) {
      const OrderInfo& info = m.orders[static_cast<uint32_t>(id)];
      h.all(r.account, r.tick, r.lots, info.reduce_only, info.client);
      h.add(pools.positions[info.position].side);
      return true;
    });
    h.add(m.book.resting());
  }
  for (const auto& by : m.stops) {
    for (const StopQueue& stops : by) {
      for (const auto& [key, stop] : stops) {
        const SubmitOrder& o = stop.order;
        h.all(key.first, o.account, o.side, o.type, o.price, o.qty, o.time_in_force, o.self_trade);
        h.all(o.reduce_only, o.position, o.client);
      }
      h.add(stops.size());
    }
  }
}

}  // namespace

template <class Archive>
void Exchange::State::archive(Archive& a) {
  Archived<Archive> v{a};
  v.one(out.now);
  ledger.archive_wallets(a);
  v.one(pools.accounts), v.one(pools.positions), v.one(pools.pools);
  ledger.archive_coins(a);
  v.one(pools.dirty), v.one(liquidator.fund_high);
  auto& [mark, underlying, coin_usd, years] = markets.prices;
  v.one(mark), v.one(underlying), v.one(coin_usd), v.one(years);
  v.one(markets.indices);
  for (Market& m : markets) {
    fields(v, m);
    if constexpr (Archive::kLoading) place_stops(m);
  }
}

// Accounts, their positions by instrument and side, books in queue order. Numbers that only say
// where something is kept (slots, pool and position ids, order ids) stay out, as do accounts' and
// positions' records that say nothing yet.
uint64_t Exchange::State::hash() const {
  Hasher hasher;
  Hashed h{hasher};
  h.all(setup_digest, out.now, pools.accounts.size());
  ledger.each_wallet([&h](int64_t units) { h.add(units); });
  for (AccountId a = 0; a < pools.accounts.size(); ++a) hash_account(h, a, pools, markets);
  const auto n = static_cast<CoinId>(coins());
  for (CoinId c = 0; c < n; ++c) h.add(ledger.fees(c));
  for (CoinId c = 0; c < n; ++c) h.add(ledger.shortfall(c));
  for (CoinId c = 0; c < n; ++c) h.add(ledger.deposited(c));
  for (CoinId c = 0; c < n; ++c) h.add(ledger.open_cost(c));
  for (const auto& high : liquidator.fund_high) h.all(high.size(), high);
  for (const auto& years : markets.prices.years) h.add(std::bit_cast<uint64_t>(years.value_or(-1)));
  for (const IndexState& i : markets.indices) fields(h, i);
  for (const Market& m : markets) {
    hash_orders(h, m, pools);
    fields(h, m);
  }
  return hasher.digest();
}

uint64_t Exchange::hash() const { return state_->hash(); }

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
  exchange->state_->pools.watch_all();
  return exchange;
}

}  // namespace delever::exchange
