// Exposure: what the open options of an expiry make their hedgers do. Open interest, max pain,
// gamma, charm and the hedging flow over finite moves. Coins throughout, positive flow is buying;
// nobody's sign is assumed in silence.
//
// Open interest alone does not say which side of each contract hedges, so every net figure is a
// band [-gross, +gross], with named assumptions beside it for comparison. A DealerBook (dealer.h)
// built from signed trades narrows it.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "options/chain.h"
#include "options/dealer.h"
#include "options/max_pain.h"
#include "options/surface.h"

namespace delever::options {

// Open interest by strike, ascending; strikes without any are left out.
std::vector<StrikeInterest> open_interest_by_strike(const Chain& chain);

// The moves of the underlying at which flows are given: F e^x.
inline constexpr std::array<double, 12> kMoves{-0.10, -0.05, -0.03, -0.02, -0.01, -0.005,
                                               0.005, 0.01,  0.02,  0.03,  0.05,  0.10};

// Who holds what. The comparisons that desks make, none of them a finding:
enum class DealerAssumption : uint8_t {
  long_calls_short_puts,  // the usual "naive GEX": customers sell calls and buy puts
  short_calls_long_puts,  // customers buy calls and sell puts
  long_all,               // customers sell options
  short_all,              // customers buy options
};
inline constexpr std::array<DealerAssumption, 4> kDealerAssumptions{
    DealerAssumption::long_calls_short_puts, DealerAssumption::short_calls_long_puts,
    DealerAssumption::long_all, DealerAssumption::short_all};
std::string_view assumption_name(DealerAssumption assumption);

// A net figure: the band that the evidence allows, the estimate where signed trades give one, and
// the comparisons.
struct NetFlow {
  double gross = 0;            // all hedgers on one side
  double low = 0, high = 0;    // 90 % band from signed trades; [-gross, gross] without them
  std::optional<double> mean;  // from signed trades alone, as its variance
  double variance = 0;
  std::array<double, kDealerAssumptions.size()> assumed{};  // ordered as kDealerAssumptions

  bool sign_known() const { return low > 0 || high < 0; }
};

enum class StickyRule : uint8_t {
  strike,
  delta
};  // what stays when the forward moves: vol by strike, or by ln(K/F)

// H(x) = -sum D [delta(F e^x) - delta(F)]: coins that hedgers buy over the move, hedging in dollars
// (delta = N(d1)).
struct HedgeCurve {
  StickyRule rule = StickyRule::strike;
  std::array<NetFlow, kMoves.size()> flow;
  const NetFlow& at(double x) const;  // one of kMoves
};

struct Exposure {
  Instant expiry;
  double forward = 0, years = 0;
  std::vector<StrikeInterest> strikes;
  double calls = 0, puts = 0;      // open interest
  std::optional<double> put_call;  // puts / calls; missing without calls
  MaxPain pain;
  // Gamma x F x 1 %: coins to trade per 1 % move, all hedgers on one side. A point figure: near
  // expiry read the curve.
  double gamma_calls = 0, gamma_puts = 0;
  double gamma_coin_gross =
      0;              // the same for books kept in coins: sum OI |F gamma - (delta - v)| x 1 %
  NetFlow gamma_net;  // -sum D gamma F x 1 %, the flow for +1 %
  NetFlow charm_day;  // -sum D charm / 365: flow in the next day from time alone
  NetFlow
      to_expiry;  // -sum D (payoff delta - delta): all of it, should the forward stay where it is
  HedgeCurve sticky_strike;
  std::optional<HedgeCurve> sticky_delta;  // needs a smile
  double unpriced =
      0;  // open interest without any vol: counted in `gross` and the bands as |change| <= 1
  double settled =
      0;  // share of the settlement average already fixed: 0 until 30 minutes before expiry
};

// smile may be null: then each option's mark vol is used. Where both exist the mark vol is used for
// the present and the smile for how it moves. dealers may be null. Refuses: what check_chain
// refuses, no forward, no open interest.
Result<Exposure> measure_exposure(const Chain& chain, const Smile* smile,
                                  const DealerBook* dealers);

// Of one board (boards_of).
struct Exposures {
  std::vector<Exposure> expiries;
  std::vector<Error> refused;
  HedgeCurve sticky_strike,
      sticky_delta;  // totals; variances add, so bands of signed trades add in quadrature
  NetFlow gamma_net;
  double calls = 0, puts = 0;
  bool sticky_delta_complete =
      true;  // false: some expiry has no smile and is missing from that total
};
Exposures measure_exposures(std::span<const Chain> chains, const Surface& surface,
                            const DealerBook* dealers);

// The forward where the net gamma changes sign, searched within 25 % (log) at sticky strikes.
// Refused, with the reason, unless the 90 % band of H(1 %) excludes 0: from open interest alone
// there is no such level.
Result<double> gamma_flip(std::span<const Chain> chains, const Surface& surface,
                          const DealerBook* dealers);

// Settlement is on the average of the index over the last 30 minutes. With the share `fixed` of it
// known at `average`, the option is one on fixed x average + (1 - fixed) x (mean of what is left):
// delta is scaled by the share left, and the gamma fades instead of exploding. Volatility of a mean
// over the time left: vol x sqrt(T / 3).
struct SettlementWindow {
  double fixed = 0, average = 0;
};
constexpr Duration kSettlementWindow = Duration::minutes(30);
double settled_share(Instant now, Instant expiry);
struct SettlementGreeks {
  double price = 0, delta = 0, gamma = 0;
};
SettlementGreeks settlement_greeks(OptionType type, double strike, double index, double vol,
                                   double years_left, const SettlementWindow& window);

}  // namespace delever::options
