// The JSON of everything that a public stream sends, each shape once; REST answers use the same
// where the venue does. Read back by venues/binance.
#pragma once

#include <string>

#include "gateways/binance/aggregates.h"
#include "gateways/binance/markets.h"

namespace delever::gateways::binance {

Amount value_of(const Market& m, Price price, Qty qty);  // in quote coins, rounded down

void append_levels(std::string& out, const Market& m, const std::vector<Level>& levels);

// {"a":..,"p":..,"q":..,"f":..,"l":..,"T":..,"m":..}
void append_aggregate(std::string& out, const Market& m, bool spot, const AggregateTrade& t);

std::string aggregate_event(const Market& m, bool spot, Instant now, const AggregateTrade& t);
std::string trade_event(const Market& m, bool spot, Instant now, const PublicTrade& t);

// Changes of a book between two numbers, or its best levels with all between missing.
struct DepthNews {
  uint64_t first = 0, last = 0, previous = 0;
  std::vector<Level> bids, asks;
};
std::string depth_event(const Market& m, bool spot, Instant now, const DepthNews& news);
std::string partial_depth_event(const Market& m, bool spot, Instant now, const DepthNews& news);

std::string book_ticker_event(const Market& m, bool spot, Instant now, uint64_t number,
                              const std::optional<Level>& bid, const std::optional<Level>& ask);

struct Bar {
  Candle candle;
  Instant end;  // the first instant that is no longer of it
  bool closed = false;
  uint64_t first_trade = 0, last_trade = 0;
};
std::string kline_event(const Market& m, Instant now, std::string_view interval, const Bar& bar);

std::string continuous_event(const Market& m, Instant now, std::string_view interval,
                             const Bar& bar);

struct MarkNews {
  Price mark;
  std::optional<Price> index;
  std::optional<Rate> funding;
  Instant next_funding;
};
std::string mark_event(const Market& m, Instant now, const MarkNews& news);

std::string mini_ticker_event(const Market& m, Instant now, const DayStats& day);
struct TickerBook {
  std::optional<Level> bid, ask;
  Qty last_qty;
};
std::string ticker_event(const Market& m, bool spot, Instant now, const DayStats& day,
                         const TickerBook& book);

// Of a window of "1h", "4h" or "1d".
std::string window_event(const Market& m, Instant now, std::string_view window, const DayStats& of);

std::string force_order_event(const Market& m, Instant now, const ForcedClose& forced);

}  // namespace delever::gateways::binance
