// What agents can see at the beginning of a second: the state that the second before it left
// behind. It is the same for all of them and nobody writes to it while they decide, so decisions
// may be made on any number of threads.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "base/random.h"
#include "exchange/exchange.h"
#include "sim/scenario/scenario.h"

namespace delever::sim {

struct MarketView {  // one perpetual or spot pair on one venue, as agents see it
  uint32_t venue = 0;
  InstrumentId instrument = 0;
  uint32_t asset = 0;
  bool spot = false;
  double share = 1;  // of depth and of retail accounts
  int64_t tick_raw = 1, step_raw = 1;
  double tick = 0;      // USD
  double lot = 0;       // coins
  double lots_max = 0;  // of one limit order
  double taker_fee = 0;
  // State.
  bool two_sided = false;
  double bid = 0, ask = 0;   // where two_sided
  double mid = 0;            // the last one known
  double mark = 0;           // 0: none yet
  double flow = 0;           // coins bought less sold by takers in the last second
  double volume = 0;         // coins traded in the last second
  double open_interest = 0;  // coins
  double premium = 0;        // mean of mid / index - 1 over the funding interval so far
  double funding_annual = 0;
};

inline double coins_of(const MarketView& book, Qty qty) {
  return static_cast<double>(qty.raw() / book.step_raw) * book.lot;
}

struct Asset {
  double start = 0;
  double fundamental = 0;
  double price = 0;  // mean of the spot mids by share
  double sigma = 0;  // per square root of a second, short memory
  double sigma_usual = 0;
  double return_1m = 0;
  double momentum =
      0;  // mean return of the last hour, exponential, in units of its usual deviation
  double drawdown =
      0;  // below the highest price of 15 minutes, in usual deviations of 15 minutes; <= 0
};

struct World {
  Instant now;
  uint32_t step = 0;
  uint64_t seed = 0;
  Switches switches;
  double quoted = 1;  // of the depth that makers would show: less while they are told to withdraw
  std::vector<MarketView> markets;
  std::vector<Asset> assets;
  // Of one asset: indices into markets.
  std::vector<std::vector<uint32_t>> perpetuals, spots;
};

// Counter-based streams; an entity's number is unique within its stream.
enum class Stream : uint32_t {
  fundamental = 1,
  latency,
  retail_setup,
  retail,
  makers,
  flow,
  outside,
  carry,
  value,
  options,
  shock,
  bursts,
  coin_margined,
  option_quotes
};
inline Random random_at(const World& w, Stream stream, uint32_t entity) {
  return Random(w.seed, {static_cast<uint32_t>(stream), entity, w.step});
}

struct Message {
  int64_t at = 0;  // arrival, ns
  uint32_t venue = 0;
  CommandBody body;
};

// Where one part of a population puts what it sends. Arrival = now + fixed + exponential, drawn by
// (sender, step).
class Outbox {
 public:
  std::vector<Message> messages;
  template <class Body>  // CommandBody, or one that it may hold
  void send(const World& w, const Latency& latency, uint32_t sender, uint32_t venue,
            const Body& body) {
    int64_t at = w.now.ns() + latency.fixed.ns();
    if (latency.mean_extra > Duration()) {
      if (drawn_for_ != sender ||
          drawn_step_ != w.step) {  // one way of one sender in one second: order is kept
        extra_ = random_at(w, Stream::latency, sender).exponential();
        drawn_for_ = sender;
        drawn_step_ = w.step;
      }
      at += static_cast<int64_t>(extra_ * static_cast<double>(latency.mean_extra.ns()));
    }
    // In its place, member by member: a copy of what was only just written would wait for it.
    Message& message = messages.emplace_back();
    message.at = at;
    message.venue = venue;
    message.body = body;
  }

 private:
  uint32_t drawn_for_ = ~0u, drawn_step_ = ~0u;
  double extra_ = 0;
};

// A limit order for about `coins` at about `price`: down to whole lots, to the nearest tick.
// Nothing below one lot.
struct OrderShape {
  AccountId account = 0;
  Side side = Side::buy;
  double price = 0, coins = 0;
  TimeInForce time_in_force = TimeInForce::immediate_or_cancel;
  bool reduce_only = false;
  SelfTrade self_trade = SelfTrade::expire_maker;
  uint64_t client = 0;
};
inline std::optional<SubmitOrder> order(const MarketView& book, const OrderShape& shape) {
  const double lots = std::min(std::floor(shape.coins / book.lot + 1e-9), book.lots_max);
  const double ticks = std::floor(shape.price / book.tick + 0.5);
  if (!(lots >= 1) || !(ticks >= 1) || ticks > 2e9) return std::nullopt;
  SubmitOrder o;
  o.account = shape.account;
  o.instrument = book.instrument;
  o.side = shape.side;
  o.type = OrderType::limit;
  o.price = Price::raw(static_cast<int64_t>(ticks) * book.tick_raw);
  o.qty = Qty::raw(static_cast<int64_t>(lots) * book.step_raw);
  o.time_in_force = shape.time_in_force;
  o.self_trade = shape.self_trade;
  o.reduce_only = shape.reduce_only;
  o.client = shape.client;
  return o;
}

// Takes what stands within `reach` of the middle; the rest is gone. For those who pay for
// immediacy.
inline std::optional<SubmitOrder> taking(const MarketView& book, AccountId account,
                                         double signed_coins, double reach,
                                         bool reduce_only = false) {
  if (!(book.mid > 0)) return std::nullopt;
  const bool buys = signed_coins > 0;
  return order(book, {.account = account,
                      .side = buys ? Side::buy : Side::sell,
                      .price = book.mid * (buys ? 1 + reach : 1 - reach),
                      .coins = std::abs(signed_coins),
                      .reduce_only = reduce_only});
}

}  // namespace delever::sim
