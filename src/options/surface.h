// The implied-volatility surface of one asset: a smile for each expiry, fitted to two-sided
// out-of-the-money quotes, free of butterfly and calendar arbitrage over the quoted range or said
// not to be. And the 30-day index of variance.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "options/chain.h"
#include "options/svi.h"

namespace delever::options {

enum class SmileModel : uint8_t { raw_svi, ssvi };

// Why quotes were left out of the fit; counts.
struct QuoteFilter {
  size_t empty = 0, one_sided = 0, crossed = 0, in_the_money = 0, no_vol = 0, used = 0;
};

struct Smile {
  Instant expiry;
  double years = 0, forward = 0;
  ForwardChoice forwards;  // the one used, and the others beside it
  SmileModel model = SmileModel::raw_svi;
  SviFit fit;
  double strike_low = 0, strike_high = 0;  // the quoted range; no vol is given outside it
  QuoteFilter quotes;
  double residual_rms = 0, residual_max = 0;  // of vol against mid vol, vol points (0.01)
  double inside = 0;                          // share of quotes whose bid-ask holds the smile

  std::optional<double> vol(double strike) const;
  double vol_held(double strike) const;  // outside the range, the vol at its end
};

struct Surface {
  std::vector<Smile> smiles;   // by expiry
  std::vector<Error> refused;  // expiries without one, and why

  const Smile* at(Instant expiry) const;
};

// Chains of one board (boards_of): one asset, venue and settlement coin, at one time, in any order.
Surface build_surface(std::span<const Chain> chains);

struct VolIndex30 {
  double value = 0;  // a fraction: 0.45
  Instant near_expiry, next_expiry;
  double near_vol = 0, next_vol = 0;
};

// Model-free variance of one expiry: (2/T) sum dK/K^2 Q(K) - (1/T)(F/K0 - 1)^2 over two-sided
// out-of-the-money quotes (mid prices, undiscounted), K0 the last strike at or below F. Source: the
// CBOE VIX white paper. Units: 1/year.
Result<double> strip_variance(const Chain& chain);

// delever-VIX30 (gauge vol_index_30d): total variance interpolated to 30 days between the two
// expiries around it. Not DVOL, whose smoothing is not published.
Result<VolIndex30> vol_index_30d(std::span<const Chain> chains);

}  // namespace delever::options
