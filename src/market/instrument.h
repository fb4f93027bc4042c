// What is traded: its kind, coins, contract size and names. One canonical name for one contract,
// whatever the venue calls it:
//   spot    BTC-USDT            perpetual  BTC-USDT-PERP         future  BTC-USDT-260130
//   option  BTC-USD-260130-90000-C         settlement coin, where it is not the quote:
//   BTC-USD-PERP@BTC
// The ccxt forms (BTC/USDT, BTC/USDT:USDT, BTC/USD:BTC-260130-90000-C) are read as well.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "market/strong.h"
#include "market/units.h"
#include "market/wide_qty.h"

namespace delever {

// index: a price that is not traded. aggregate: a vendor's sum over venues ("BTC, all exchanges").
enum class InstrumentKind { spot, linear, inverse, option, index, aggregate };
enum class OptionType { call, put };

std::string_view kind_name(InstrumentKind kind);

struct Instrument {
  std::string venue;   // "binance", "bybit", "okx", "deribit", "hyperliquid"; for archives the
                       // publisher ("coinglass")
  std::string symbol;  // native, as on the wire: "BTCUSDT", "BTC-USDT-SWAP", "BTC-PERPETUAL"
  InstrumentKind kind = InstrumentKind::spot;
  std::string base, quote, settle;  // upper case; settle is the coin of margin and profit
  // What one unit of the venue's quantity field is worth: base coins for spot, linear and option,
  // quote money for inverse (100 for Binance BTCUSD_PERP, 1 for Deribit amounts). Missing: the
  // venue's contract table was not seen.
  std::optional<Qty> contract_size;
  std::optional<Instant> expiry;  // futures and options
  std::optional<Price> strike;
  std::optional<OptionType> option_type;
  std::optional<Price> tick;
  std::optional<Qty> step;
  std::optional<Duration> funding_interval;  // only where the venue stated it apart from its rates

  bool is_perpetual() const {
    return !expiry && (kind == InstrumentKind::linear || kind == InstrumentKind::inverse);
  }
  std::string name() const;  // canonical, without the venue
};

// Reads a canonical or ccxt name: kind, coins, expiry, strike. Expiries are at 08:00 UTC, as on
// every venue here.
Result<Instrument> parse_name(std::string_view name);

// Deribit's expiry spelling, shared by reports: "30JAN26".
std::string expiry_name(Instant expiry);
Result<Instant> parse_expiry_name(
    std::string_view text);  // 30JAN26, 7FEB26 -> 08:00 UTC of that day

// Estimates (double): USDT and USDC count as USD. Missing when the contract size is unknown, or
// when a price is needed and not positive.
std::optional<double> coins(const Instrument& instrument, WideQty qty, std::optional<Price> price);
std::optional<double> usd(const Instrument& instrument, WideQty qty, std::optional<Price> price);
// Exact quote money of a linear, spot or inverse quantity; the caller names the rounding.
std::optional<Usd> exact_notional(const Instrument& instrument, Qty qty, std::optional<Price> price,
                                  Round round);

// Instruments seen in one run, each with a small number. Ids are handed out in order of first
// sight, so they are the same on every run over the same input. A venue may use one symbol for a
// spot pair, a contract and an index (Binance BTCUSDT): these three are apart, and who knows which
// one is meant says so with `kind`.
using InstrumentId = Strong<struct InstrumentTag, uint32_t>;
// Of a Gap event that is of a whole stream: no instrument is known by this number.
inline constexpr InstrumentId kNoInstrument{UINT32_MAX};

class Instruments {
 public:
  // Finds (venue, symbol) or adds what `make` returns. `make` is not called for a known one.
  template <class Make>
  InstrumentId intern(std::string_view venue, std::string_view symbol, Make make) {
    if (const auto found = find(venue, symbol)) return *found;
    return add(make());
  }
  template <class Make>
  InstrumentId intern(std::string_view venue, std::string_view symbol, InstrumentKind kind,
                      Make make) {
    if (const auto found = find(venue, symbol, kind)) return *found;
    return add(make());
  }
  // Without a kind: the contract, else the spot pair, else the index.
  std::optional<InstrumentId> find(std::string_view venue, std::string_view symbol) const;
  std::optional<InstrumentId> find(std::string_view venue, std::string_view symbol,
                                   InstrumentKind kind) const;
  InstrumentId add(Instrument instrument);  // or replaces the one with the same venue and symbol
  const Instrument& operator[](InstrumentId id) const {
    CHECK(id < all_.size());
    return all_[id];
  }
  size_t size() const { return all_.size(); }

 private:
  std::vector<Instrument> all_;
  using BySymbol = std::map<std::string, InstrumentId, std::less<>>;
  std::map<std::string, std::array<BySymbol, 3>, std::less<>> by_symbol_;  // contracts, spot, index
};

}  // namespace delever
