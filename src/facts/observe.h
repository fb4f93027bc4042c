// What is kept of a stream of events of one asset for its facts: prices, orders, best quotes,
// depth, open interest, forced closes and funding, each apart for every instrument. Recorded and
// simulated markets go through the same sink.
//
// Books are kept elsewhere (venues/book.h joins them): who has one offers it once a second,
// on_book().
#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "base/spilled.h"
#include "market/event.h"
#include "market/seen.h"
#include "market/terms.h"

namespace delever::facts {

struct Point {
  Instant at;
  double value = 0;
};

// One taker's order: fills of one instant and side together.
struct Order {
  Instant at;
  double price = 0;  // of the last fill
  double coins = 0;
  int sign = 1;  // +1 buys
};

// The last best quote of one second; `second` is when it ends.
struct QuoteState {
  Instant second;
  double bid = 0, ask = 0, bid_coins = 0, ask_coins = 0;
  double mid() const { return (bid + ask) / 2; }
};

// Both sides within a distance of the middle; missing where the book that is shown ends before.
struct DepthState {
  Instant second;
  std::optional<double> usd_5bp, usd_10bp, usd_1pct;
  double reach = 0;  // how far the shorter side goes, as a fraction of the middle
};

struct Forced {
  Instant at;
  bool was_long = false;
  double usd = 0;
};

struct ForcedTotal {
  Instant from, to;
  double long_usd = 0, short_usd = 0;
};

struct Track {  // of one instrument, in plain coins
  std::string name, quote;
  InstrumentKind kind = InstrumentKind::spot;
  bool perpetual = false;
  double units = 1;  // plain coins in one of the contract's own (1000PEPE)
  std::map<Duration, std::vector<Point>> closes;  // candles by period; at: the period's start
  std::map<Duration, Instant> told_at_end{};      // the last one, where more of it may be told
  // As long as the market was busy: what intervals are drawn from is read again in order.
  Spilled<Order> orders;
  Spilled<QuoteState> quotes;
  Spilled<DepthState> depth;
  Spilled<Point> open_interest;                      // coins, the last of each second
  std::vector<Point> funding_settled, funding_mean;  // fractions per interval
  std::vector<Forced> forced;
  std::vector<ForcedTotal> totals;
};

struct Window {
  Instant from = Instant::min(), to = Instant::max();  // of the venue's time; both inclusive
};

class Observer final : public EventSink {
 public:
  // `names`: under which names the asset goes (1000X, kX); prices stay those of the contract.
  Observer(std::string asset, const Instruments& instruments, Window window, CoinNames names = {});
  void on_event(const Event& event) override;

  // Whether a book of this instrument at this time would be kept: the first of each second of the
  // window.
  bool wants_book(InstrumentId instrument, Instant at) const;
  void on_book(InstrumentId instrument, Instant at, std::span<const Level> bids,
               std::span<const Level> asks);

  const std::string& asset() const { return asset_; }
  // By the money they are quoted in, then by name: which was heard first must not matter where two
  // are alike.
  std::vector<std::reference_wrapper<const Track>> tracks() const;
  uint64_t events() const { return events_; }                    // of this asset in the window
  uint64_t trades_dropped() const { return trades_.dropped(); }  // shown twice, counted once

 private:
  Track* track(InstrumentId instrument);
  void on_trade(Track& t, const Instrument& instrument, Instant at, const Trade& trade);
  void on_quote(Track& t, const Instrument& instrument, Instant at, const Quote& quote);

  std::string asset_;
  const Instruments& instruments_;
  Window window_;
  CoinNames names_;
  std::vector<Track> tracks_;
  std::vector<size_t>
      of_instrument_;  // 0: not seen, 1: of no interest, else the track's number + 2
  uint64_t events_ = 0;
  // What an archive and a recording, or two polls of one history, tell twice.
  bool first_told(const Track& track, int kind, Instant at, Duration span = {}) {
    return told_.insert({&track - tracks_.data(), kind, at, span}).second;
  }

  TradesOnce trades_;
  LiquidationsOnce liquidations_;
  std::set<std::tuple<std::ptrdiff_t, int, Instant, Duration>> told_;
};

// The second it is in, by its end: a simulated tape tells states once a second, at its end.
Instant second_of(Instant at);

}  // namespace delever::facts
