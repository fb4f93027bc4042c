#include "margin/dydx.h"

#include <algorithm>

#include "market/exact.h"

namespace delever::margin {

std::optional<double> fillable_price(const DydxPosition& p, const DydxLiquidation& params) {
  if (!(p.total_maintenance > 0) || p.size == 0) return std::nullopt;
  const double health = p.total_collateral / p.total_maintenance;
  const double abr = std::clamp(params.bankruptcy_adjustment * (1 - health), 0.0, 1.0);
  return (p.size * p.oracle - abr * params.spread_to_maintenance * p.maintenance) / p.size;
}

double worst_order_price(double oracle, bool is_long, double maintenance_fraction,
                         const DydxLiquidation& params) {
  const double spread = params.spread_to_maintenance * maintenance_fraction;
  return oracle * (is_long ? 1 - spread : 1 + spread);
}

std::optional<double> dydx_bankruptcy_price(const DydxPosition& p) {
  if (!(p.total_maintenance > 0) || p.size == 0) return std::nullopt;
  return (p.size * p.oracle - p.total_collateral * p.maintenance / p.total_maintenance) / p.size;
}

Rate scaled_initial_fraction(const LiquidityTierRule& tier, Amount open_interest) {
  if (!tier.open_interest_low || !tier.open_interest_high ||
      open_interest <= *tier.open_interest_low)
    return tier.initial;
  if (open_interest >= *tier.open_interest_high) return Rate::raw(Rate::scale);
  const Wide beyond = Wide{open_interest.raw()} - tier.open_interest_low->raw();
  const Wide range = Wide{tier.open_interest_high->raw()} - tier.open_interest_low->raw();
  return Rate::raw(tier.initial.raw() +
                   narrow(divide(beyond * (Rate::scale - tier.initial.raw()), range, Round::up)));
}

std::optional<Amount> liquidation_slice(const LiquidationRule& rule, Amount position) {
  if (!rule.slice_min || !rule.slice_max || !rule.slice_fraction_min) return std::nullopt;
  const Wide share = times(position.raw(), *rule.slice_fraction_min, Round::up);
  const Wide slice = smaller(larger(share, rule.slice_min->raw()), rule.slice_max->raw());
  return fit<Amount>(smaller(slice, position.raw()));
}

Rate dydx_funding_cap(Rate initial, Rate maintenance) {
  return Rate::raw(narrow(Wide{(initial - maintenance).raw()} * 6));
}

}  // namespace delever::margin
