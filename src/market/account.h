// Accounts, coins and the modes in which an account may be kept.
#pragma once

#include <cstdint>

#include "market/strong.h"

namespace delever {

using AccountId = Strong<struct AccountTag, uint32_t>;
using CoinId = Strong<struct CoinTag, uint16_t>;

inline constexpr AccountId kFund = 0;   // the insurance fund: takes over positions, pays deficits
inline constexpr AccountId kVault = 1;  // the backstop vault, with margin of its own that can fail
inline constexpr AccountId kFirstUser = 2;  // accounts are numbered as they are opened

enum class MarginMode : uint8_t { cross, isolated };

// single_coin: each settlement coin is a pool of its own (Binance single-asset, OKX
// "single-currency", Deribit S:SM, dYdX, Hyperliquid). multi_asset: all balances, valued in USD
// after haircuts, back all cross positions (Binance multi-assets, Bybit UTA, OKX "multi-currency",
// Deribit X:SM). portfolio: a pool per settlement coin, margined by the coin's scenario matrix
// (Deribit X:PM, S:PM).
enum class CollateralMode : uint8_t { single_coin, multi_asset, portfolio };

// What a resting order of a linear contract counts as in the initial margin. mark: as much as the
// position that it would make. order_price: the position at the mark and the orders of one side at
// their own prices, of both sides the larger (Binance's bidNotional and askNotional).
enum class OrderMargin : uint8_t { mark, order_price };

}  // namespace delever
