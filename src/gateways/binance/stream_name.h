// Names of streams: btcusdt@depth20@100ms, !markPrice@arr@1s.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateways/binance/markets.h"

namespace delever::gateways::binance {

enum class StreamKind : uint8_t {
  depth,          // changes
  partial_depth,  // the best levels, whole
  trade,
  aggregate_trade,
  kline,
  mark_price,
  mini_ticker,
  ticker,
  book_ticker,
  force_order,
  window_ticker,     // of the last hour, four hours, day (spot)
  average_price,     // of five minutes (spot)
  collateral_index,  // of a coin in multi-assets mode (USD-M)
  account,           // a listen key
};

struct StreamName {
  StreamKind kind = StreamKind::trade;
  const Market* market = nullptr;  // missing: of all symbols
  Duration every;                  // 0: as it happens
  size_t depth = 0;
  std::string interval;        // of candles; of windows 1h, 4h, 1d
  Duration east;               // by which clock days of candles begin
  bool continuous = false;     // candles by pair and kind of contract
  std::optional<CoinId> coin;  // of an index of collateral; missing: all
};

// Missing: no stream that anything is ever sent on. Such a name is acknowledged all the same.
std::optional<StreamName> stream_name(const Markets& markets, bool spot, std::string_view name);

// USD-M's paths carry some streams each, and what is asked for on another stays silent. `any`: the
// paths of before April 2026, and spot's.
enum class Carries : uint8_t { any, public_data, market_data, account };
bool carries(Carries path, StreamKind kind);

}  // namespace delever::gateways::binance
