// Portfolio margin: Deribit's scenario matrix; OKX's stress components that are known; Binance's
// uniMMR; Hyperliquid's borrow threshold. Scenario profits are model estimates in double; the
// amount that enters the ledger is their sum rounded up to 1e-8 of the coin (against the account).
#pragma once

#include <span>
#include <vector>

#include "margin/account.h"

namespace delever::margin {

// One position of a risk unit, in base coins: futures of any margin type, or options on a forward.
struct RiskLeg {
  double size = 0;              // coins; negative: short. Inverse futures: face / index
  std::optional<double> years;  // to expiry; missing or 0 for a perpetual
  std::optional<OptionTerms> option;
  double forward = 0;     // options: price of the underlying future, in USD
  double volatility = 0;  // options: mark IV, a fraction per year
};

struct ScenarioMargin {
  std::vector<double> moves;   // 2n+1 of the standard grid
  std::vector<double> profit;  // per move x (vol up, same, down), base coins, before offsets
  std::vector<double>
      counted;  // per move: the worst of the three vols, gains reduced to their share
  std::vector<double> extended;  // per extended move, damped
  double worst = 0;              // loss, >= 0
  double roll_shock = 0, delta_shock = 0;
  bool delta_shock_is_bound =
      false;  // above the threshold the curve is not established: its maximum is charged
  double risk_matrix = 0;  // worst + roll + delta: initial margin of the matrix
  Amount initial,
      maintenance;  // with `extra`, rounded up; maintenance is the factor of the matrix alone
};

struct ScenarioInput {
  double index = 0;  // USD; needed where an amount in USD enters
  double extra_initial =
      0;  // market-maker protection, open orders, spot: as the venue reports them
  std::vector<RiskLeg> legs;
};

// Futures P&L in coin under a move x: size * (1 - 1/(1+x)). Options: Black on the shocked forward
// at the shocked volatility, in coin at the shocked index, against now. Deribit
// private/pme/simulate; docs/models/margin.md.
Result<ScenarioMargin> scenario_margin(const ScenarioRule& rule, const ScenarioInput& input);

// 1 + range * (30 / days)^power, power by whether days < 30; the shocked volatility is at least the
// floor.
double vol_shock_up(double range, double days, double power);
double vol_shock_down(double range, double days, double power);

// What one coin of a leg gains in each scenario. It depends on prices, time and rule alone, so all
// accounts that hold the instrument share it, and a look at one of them is a sum of products.
struct UnitProfits {
  std::vector<double> standard;  // as ScenarioMargin::profit
  std::vector<double>
      extended;  // per extended move, volatility up; futures clipped to the standard range
  double delta = 1;
};
Result<void> unit_profits(const ScenarioRule& rule, const RiskLeg& leg, double index,
                          UnitProfits& into);

struct HeldLeg {
  double size = 0;  // coins; negative: short
  bool option = false;
  double years = 0;  // to expiry; 0 for a perpetual
  const UnitProfits* unit = nullptr;
};
// The same margin, to the last bit, from profits made before. Allocates nothing once `into` has
// grown.
Result<void> scenario_margin(const ScenarioRule& rule, double index, double extra_initial,
                             std::span<const HeldLeg> legs, ScenarioMargin& into);

// Signed coins of a position: inverse futures at face / mark.
double leg_size(const Position& position, const Rulebooks::Compiled& book, Price mark);

// A position as a leg: inverse futures at face / mark, options at the volatility that their own
// mark implies (0 where it implies none). no_evidence: an option without a price of its underlying.
Result<RiskLeg> risk_leg(const Position& position, const Rulebooks::Compiled& book, Price mark,
                         std::optional<Price> underlying, std::optional<double> years);

// OKX components in USD for linear delta positions of one risk unit (coins * index), where no
// option is held.
struct StressComponents {
  double spot = 0, extreme = 0, basis = 0;
};
struct DatedDelta {
  double usd = 0, years = 0;
};
StressComponents stress_components(const StressRule& rule, const std::vector<DatedDelta>& deltas);
// MR7's multiplier for a minimum charge of this many USD.
std::optional<Rate> minimum_charge_multiplier(const StressRule& rule, Amount usd);
// MR9: sum of slices at their rates.
struct RatedSlice {
  Amount usd;
  Rate rate;
};
std::optional<Amount> depeg_charge(const std::vector<RatedSlice>& slices);

// Binance portfolio margin. Bands in rulebooks/binance/PORTFOLIO; ratio missing: nothing needs
// margin.
enum class UnifiedBand : uint8_t { free, warning, reduce_only, liquidation, bankrupt };
struct UnifiedMargin {
  Amount equity, maintenance;   // USD; equity after collateral rates
  std::optional<double> ratio;  // uniMMR
  UnifiedBand band = UnifiedBand::free;
};
UnifiedMargin unified_margin(const UnifiedRule& rule, Amount equity, Amount maintenance);

// Hyperliquid: an account that borrows against a coin of this loan-to-value is liquidated above 0.5
// + 0.5 * LTV.
Rate borrow_liquidation_threshold(Rate ltv);

}  // namespace delever::margin
