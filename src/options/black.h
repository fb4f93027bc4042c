// Black-76 on the expiry's own forward: price and greeks of a European option, one at a time. The
// reference that the batch kernel (batch.h) is checked against. Undiscounted, as the venues quote;
// discounted() adds a discount factor.
//
// Units: forward, strike and price in quote money; years ACT/365; vol a fraction per square root of
// a year. delta, gamma, vanna, charm are in coins per option on one coin. Valid for forward and
// strike in (1e-100, 1e100); where years or vol is 0 or less the price is intrinsic, delta that of
// the payoff (a half at the money) and the rest 0. Source: F. Black, "The pricing of commodity
// contracts", 1976; derivation of the forms used: docs/models/options.md.
#pragma once

#include "market/instrument.h"

namespace delever::options {

struct BlackOption {
  double forward = 0, strike = 0, years = 0, vol = 0;
  OptionType type = OptionType::call;
};

struct BlackGreeks {
  double price = 0;
  double delta = 0;  // dV/dF
  double gamma = 0;  // d2V/dF2
  double vega = 0;   // dV/dvol, for a vol of 1.00
  double theta = 0;  // dV/d(calendar time), per year: negative
  double vanna = 0;  // d(delta)/dvol
  double volga = 0;  // d(vega)/dvol
  double charm = 0;  // d(delta)/d(calendar time), per year
};

BlackGreeks black(const BlackOption& option);

// The price alone: to half an ulp of the intrinsic value plus 3e-14 (1 + d1^2) of the time value,
// wings included.
double black_price(const BlackOption& option);

// ln(forward / strike), exact in relative terms where the two are near.
double log_moneyness(double forward, double strike);

// Time value / min(F, K), with k = |ln(F/K)| and v = vol sqrt(years): free of cancellation for
// every k and v.
double time_value_ratio(double k, double v);

// With a discount factor e^(-r years): values are scaled, and theta and charm gain what the
// discount unwinds.
BlackGreeks discounted(const BlackGreeks& greeks, double factor, double years);

// A coin-settled (inverse) option: it pays (S-K)^+ / S coins, is worth v = V/F coins, and the
// holder's coin risk is net of the coins that the option itself is worth.
struct CoinGreeks {
  double price = 0;            // v = V / F, coins
  double net_delta = 0;        // F dv/dF = delta - v, coins: Deribit's "net transaction delta"
  double slope = 0;            // dv/dF
  double curvature = 0;        // d2v/dF2 = gamma/F - 2 delta/F^2 + 2 v/F^2
  double vega = 0, theta = 0;  // coins
  double hedge_usd = 0;   // coins to trade per unit of ln F for a book kept in dollars: F gamma
  double hedge_coin = 0;  // and for one kept in coins: F gamma - (delta - v)
};

CoinGreeks coin_greeks(const BlackGreeks& greeks, double forward);

// What a coin-settled option pays, in coins, at a settlement price > 0.
double coin_payoff(OptionType type, double strike, double settlement);

}  // namespace delever::options
