// dYdX v4: account health and the prices of its liquidations, from the protocol's code (v4-chain
// 84d4664 x/clob/keeper/liquidations.go, x/perpetuals/types/liquidity_tier.go). Names there: TNC
// total net collateral, TMMR total maintenance requirement, PNNV net notional of the position.
// Prices are derived, hence doubles (relative 1e-12).
#pragma once

#include "market/rulebook.h"

namespace delever::margin {

struct DydxPosition {
  double size = 0;  // coins, negative for a short
  double oracle = 0;
  double total_collateral = 0;   // TNC: quote balance + all positions at the oracle price
  double total_maintenance = 0;  // TMMR of the whole account
  double maintenance = 0;        // PMMR of this position
};

struct DydxLiquidation {
  double bankruptcy_adjustment = 1, spread_to_maintenance = 1.5;
};  // BA and SMMR

// (PNNV - ABR * SMMR * PMMR) / size with ABR = clamp(BA * (1 - TNC/TMMR), 0, 1). Missing when TMMR
// is not positive.
std::optional<double> fillable_price(const DydxPosition& position,
                                     const DydxLiquidation& params = {});
// The lowest price (for a long; highest for a short) that a liquidation order may have: oracle * (1
// -+ SMMR * MMF).
double worst_order_price(double oracle, bool is_long, double maintenance_fraction,
                         const DydxLiquidation& params = {});
// Bankruptcy price of closing all of it: -dNNV - TNC * |dMMR| / TMMR, per coin.
std::optional<double> dydx_bankruptcy_price(const DydxPosition& position);

// Initial margin fraction at an open interest (quote money): the tier's, rising linearly to 1
// between its caps.
Rate scaled_initial_fraction(const LiquidityTierRule& tier, Amount open_interest);

// What one block liquidates of a position: at least slice_min or slice_fraction_min of it, at most
// slice_max, never more than there is. Quote money. Missing: the rulebook lacks one of the figures.
std::optional<Amount> liquidation_slice(const LiquidationRule& rule, Amount position);

// 600 % x (IMF - MMF), the bound on the 8 h funding rate.
Rate dydx_funding_cap(Rate initial, Rate maintenance);

}  // namespace delever::margin
