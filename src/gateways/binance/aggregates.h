// Trades of one price and side that came together, under one number, as Binance's aggTrade has
// them: of one 100 ms on USD-M, of one order on spot.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "gateways/records.h"

namespace delever::gateways::binance {

struct AggregateTrade {
  uint64_t number = 0, first = 0, last = 0;  // the trades in it
  InstrumentId instrument = 0;
  Side taker = Side::buy;
  Price price;
  Qty qty;
  Instant at;
};

class Aggregates {
 public:
  explicit Aggregates(Duration window) : window_(window) {}
  // What this trade closes is handed to `done`.
  template <class Done>
  void add(const PublicTrade& trade, Done done) {
    One& one = all_[trade.instrument];
    AggregateTrade& open = one.open;
    const bool joins = one.is_open && open.price == trade.price && open.taker == trade.taker &&
                       trade.at - open.at <= window_;
    if (joins) {
      open.qty += trade.qty;
      open.last = trade.number;
      return;
    }
    close(one, done);
    open = {one.made + 1, trade.number, trade.number, trade.instrument,
            trade.taker,  trade.price,  trade.qty,    trade.at};
    one.is_open = true;
  }
  // Those whose window is over at `now`.
  template <class Done>
  void close_due(Instant now, Done done) {
    for (auto& [id, one] : all_) {
      if (one.is_open && now - one.open.at >= window_) close(one, done);
    }
  }
  std::span<const AggregateTrade> of(InstrumentId id) const;  // closed ones, oldest first

 private:
  struct One {
    AggregateTrade open;
    bool is_open = false;
    uint64_t made = 0;
    std::vector<AggregateTrade> closed;
  };
  template <class Done>
  void close(One& one, Done& done) {
    if (!one.is_open) return;
    one.is_open = false;
    ++one.made;
    keep(one);
    done(one.closed.back());
  }
  static void keep(One& one);

  Duration window_;
  std::map<InstrumentId, One> all_;
};

}  // namespace delever::gateways::binance
