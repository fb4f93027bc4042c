// The venue's names for what is traded: perpetuals by their place in `universe`, spot pairs from
// 10000; and numbers as it writes them: decimal text with at least one digit after the point.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateways/desk.h"

namespace delever::gateways::hyperliquid {

struct Asset {
  InstrumentId instrument = 0;
  uint32_t number = 0;  // what an order names it by
  std::string coin;
  bool spot = false;
  int size_digits = 0;
  int64_t leverage_most = 1;
};

class Universe {
 public:
  explicit Universe(const exchange::ExchangeSetup& setup);
  const std::vector<Asset>& perpetuals() const { return perpetuals_; }
  const std::vector<Asset>& pairs() const { return pairs_; }
  const Asset* by_coin(std::string_view coin) const;
  const Asset* by_number(uint64_t number) const;
  const Asset* by_instrument(InstrumentId instrument) const;
  CoinId collateral() const { return collateral_; }  // of the perpetuals

  // Five significant figures, 6 - size_digits decimals (spot 8); whole prices always.
  static bool price_allowed(const Asset& asset, Price price);

 private:
  std::vector<Asset> perpetuals_, pairs_;
  CoinId collateral_ = 0;
};

std::string decimal(std::string text);               // "96000" -> "96000.0"
std::string decimal(double value, int digits_most);  // rounded, zeros at the end left away
template <class Tag, int kDigits>
std::string decimal(Fixed<Tag, kDigits> value) {
  return decimal(value.text());
}
inline std::string decimal(WideQty value) { return decimal(value.text()); }
// Signed: a short's quantity is negative.
std::string signed_size(const exchange::PositionView& position);
std::string hash_of(uint64_t number);  // 0x and 64 digits
inline std::string_view side_of(Side side) { return side == Side::buy ? "B" : "A"; }

}  // namespace delever::gateways::hyperliquid
