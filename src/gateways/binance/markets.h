// What one port of Binance lists, under the venue's own symbols, and how its numbers are written:
// prices and sizes with as many digits as their steps have.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateways/desk.h"
#include "gateways/wire_text.h"

namespace delever::gateways::binance {

struct Market {
  InstrumentId id = 0;
  const exchange::Listing* listing = nullptr;
  std::string symbol, stream;  // BTCUSDT, btcusdt
  std::string pair;            // without a delivery date
  CoinId base = 0, quote = 0, settle = 0;
  int price_digits = 2, qty_digits = 3;

  const ContractRule& contract() const { return *listing->rules.contract; }
  bool is_dated() const { return listing->expiry.has_value(); }
  std::string price(Price p) const { return decimal(p, price_digits); }
  std::string qty(Qty q) const { return decimal(q, qty_digits); }
  std::string qty(const WideQty& q) const { return qty(q.narrowed().value_or(Qty())); }
};

inline std::string amount_text(Amount a) { return decimal(a, 8); }
inline std::string mark_text(Price p) { return decimal(p, 8); }
inline std::string rate_text(Rate r) { return decimal(r, 8); }
inline std::string figure(double value, int digits = 8) { return decimal(value, digits); }

class Markets {
 public:
  // Spot pairs, or linear contracts; what else the exchange lists is not of this port.
  Markets(const Desk& desk, bool spot);
  const Market* find(std::string_view symbol) const;     // upper case alone
  const Market* by_stream(std::string_view name) const;  // lower case
  const Market* by_pair(std::string_view pair) const;    // its perpetual
  const Market* of(InstrumentId id) const;               // missing: of another port
  const std::vector<Market>& all() const { return all_; }
  const std::string& coin(CoinId id) const { return coins_.at(id); }
  std::optional<CoinId> coin(std::string_view name) const;
  const std::vector<std::string>& coins() const { return coins_; }

 private:
  std::vector<Market> all_;
  std::vector<std::string> coins_;
  std::map<std::string, size_t, std::less<>> by_symbol_, by_stream_;
  std::vector<size_t> by_id_;  // all_.size(): not here
};

}  // namespace delever::gateways::binance
