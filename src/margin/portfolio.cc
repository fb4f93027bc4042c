#include "margin/portfolio.h"

#include <algorithm>
#include <cmath>

#include "margin/exact.h"
#include "options/black.h"
#include "options/implied.h"

namespace delever {
namespace {

constexpr double kDaysPerYear = 365;

enum class Vol { up, same, down };

struct Shocks { double up = 0, down = 0, short_power = 0, long_power = 0, floor = 0; };

double shocked(const Shocks& s, const RiskLeg& leg, Vol vol) {
  if (vol == Vol::same) return leg.volatility;
  const double days = std::max(*leg.years * kDaysPerYear, 1e-9);
  const double power = days < 30 ? s.short_power : s.long_power;
  if (vol == Vol::down) return leg.volatility * vol_shock_down(s.down, days, power);
  // The floor applies to the base of the shock up: a dead-calm smile is shocked as if it stood at the floor, and never
  // ends below where it was.
  return std::max(leg.volatility, s.floor) * vol_shock_up(s.up, days, power);
}

BlackOption option_of(const RiskLeg& leg, double forward, double volatility) {
  return {.forward = forward, .strike = leg.option->strike.approx(), .years = *leg.years, .vol = volatility,
          .type = leg.option->type};
}

// P&L in coin under a relative move of everything.
double profit_of(const RiskLeg& leg, double move, double volatility, double index) {
  if (!leg.option) return leg.size * (1 - 1 / (1 + move));
  const double now = black_price(option_of(leg, leg.forward, leg.volatility)) / index;
  const double then = black_price(option_of(leg, leg.forward * (1 + move), volatility)) / (index * (1 + move));
  return leg.size * (then - now);
}

double delta_of(const RiskLeg& leg) {
  return leg.option ? leg.size * black(option_of(leg, leg.forward, leg.volatility)).delta : leg.size;
}

Result<Shocks> shocks_of(const ScenarioRule& rule, bool options) {
  if (!options) return Shocks{};
  if (!rule.vol_up || !rule.vol_down || !rule.short_vega_power || !rule.long_vega_power || !rule.vol_up_floor)
    return Error{Fault::no_evidence, "options need the volatility shocks, and this rulebook lacks some"};
  return Shocks{rule.vol_up->approx(), rule.vol_down->approx(), rule.short_vega_power->approx(),
                rule.long_vega_power->approx(), rule.vol_up_floor->approx()};
}

Result<void> check_input(const ScenarioInput& input) {
  const auto bad = [](std::string_view why) { return Error{Fault::refused, std::string(why)}; };
  if (!std::isfinite(input.extra_initial) || input.extra_initial < 0) return bad("extra margin must be 0 or more");
  for (const RiskLeg& leg : input.legs) {
    if (!std::isfinite(leg.size)) return bad("a size must be finite");
    if (leg.years && !(*leg.years >= 0 && *leg.years < 100)) return bad("a time to expiry lies outside 0 to 100 years");
    if (!leg.option) continue;
    if (!leg.years) return bad("an option needs its time to expiry");
    if (!(leg.forward > 0) || !(leg.volatility >= 0) || !(leg.volatility < 100) || !std::isfinite(leg.forward) ||
        leg.option->strike.raw() <= 0 || !(input.index > 0) || !std::isfinite(input.index))
      return bad("an option needs a forward, an index, a strike and a volatility");
  }
  return {};
}

}  // namespace

double vol_shock_up(double range, double days, double power) { return 1 + range * std::pow(30 / days, power); }
double vol_shock_down(double range, double days, double power) {
  return std::max(0.0, 1 - range * std::pow(30 / days, power));
}

Result<RiskLeg> risk_leg(const Position& position, const Rulebooks::Compiled& book, Price mark,
                         std::optional<Price> underlying, std::optional<double> years) {
  RiskLeg leg;
  const double sign = position.side == PositionSide::long_side ? 1 : -1;
  const double size = sign * position.qty.approx() * book.size.approx();
  leg.size = book.inverse ? size / mark.approx() : size;
  if (years) leg.years = std::max(*years, 0.0);
  if (!book.option) return leg;
  if (!underlying || !years || !position.option)
    return Error{Fault::no_evidence, "an option without its underlying's price, time or terms", book.book.name()};
  leg.option = position.option;
  leg.forward = underlying->approx();
  const bool in_coin = book.book.contract->settle == book.book.contract->base;
  const double price = mark.approx() * (in_coin ? leg.forward : 1);
  const ImpliedVol iv =
      implied_vol({leg.forward, leg.option->strike.approx(), *leg.years, price, leg.option->type});
  leg.volatility = iv.status == IvStatus::ok ? iv.vol : 0;
  return leg;
}

Result<ScenarioMargin> scenario_margin(const ScenarioRule& rule, const ScenarioInput& input) {
  TRY(check_input(input));
  const bool options = std::any_of(input.legs.begin(), input.legs.end(), [](const RiskLeg& l) { return l.option; });
  const Shocks shocks = TRY(shocks_of(rule, options));
  const double range = rule.price_range.approx(), offset = rule.gain_offset.approx();
  const auto total = [&](double move, double future_move, Vol vol) {
    double sum = 0;
    for (const RiskLeg& leg : input.legs)
      sum += leg.option ? profit_of(leg, move, shocked(shocks, leg, vol), input.index)
                        : profit_of(leg, future_move, 0, input.index);
    return sum;
  };
  ScenarioMargin out;
  const int n = rule.buckets_each_side;
  for (int i = -n; i <= n; ++i) {
    const double move = range * i / n;
    out.moves.push_back(move);
    double worst = 0;
    for (const Vol vol : {Vol::up, Vol::same, Vol::down}) {
      const double profit = total(move, move, vol);
      out.profit.push_back(profit);
      worst = vol == Vol::up ? profit : std::min(worst, profit);
    }
    double counted = worst;
    if (worst > 0) {
      counted = worst * offset;
      if (rule.gain_offset_max_usd && input.index > 0)
        counted = std::min(counted, rule.gain_offset_max_usd->approx() / input.index);
    }
    out.counted.push_back(counted);
    out.worst = std::max(out.worst, -worst);
  }
  // The extended table exists for short options far out of the money; futures are clipped to the standard range there.
  if (options) {
    if (!rule.extended_moves.empty() && (!rule.extended_factor || !rule.extended_dampener_usd))
      return Error{Fault::no_evidence, "the extended table's factor or dampener is not established"};
    for (const Rate extended : rule.extended_moves) {
      const double move = extended.approx();
      const double profit = total(move, std::clamp(move, -range, range), Vol::up);
      const double dampener = rule.extended_dampener_usd->approx() / (input.index * (1 + move));
      const double damped = std::min(0.0, profit + dampener) * rule.extended_factor->approx();
      out.extended.push_back(damped);
      out.worst = std::max(out.worst, -damped);
    }
  }
  double delta = 0;
  for (const RiskLeg& leg : input.legs) {
    delta += delta_of(leg);
    if (leg.option) continue;
    if (!rule.annualised_move_min || !rule.annualised_move)
      return Error{Fault::no_evidence, "the roll shock's rates are not established"};
    out.roll_shock += std::abs(leg.size) * std::max(rule.annualised_move_min->approx(),
                                                    rule.annualised_move->approx() * leg.years.value_or(0));
  }
  if (rule.delta_shock_above_usd && rule.delta_shock_max && input.index > 0 &&
      std::abs(delta) * input.index > rule.delta_shock_above_usd->approx()) {
    out.delta_shock = std::abs(delta) * rule.delta_shock_max->approx();
    out.delta_shock_is_bound = true;
  }
  out.risk_matrix = out.worst + out.roll_shock + out.delta_shock;
  // Up to 1e-8 of a coin. The estimate's own rounding (1e-15 relative) must not add a unit to an exact figure.
  const auto charged = [](double coins) -> std::optional<Amount> {
    const double units = coins * static_cast<double>(Amount::scale);
    if (!(units < 9.2e18)) return std::nullopt;
    return Amount::raw(static_cast<int64_t>(std::ceil(units - units * 4e-15)));
  };
  const auto initial = charged(out.risk_matrix + input.extra_initial);
  const auto maintenance = charged(out.risk_matrix * rule.maintenance_factor.approx());
  if (!initial || !maintenance) return Error{Fault::out_of_range, "a margin beyond 92 billion coins"};
  out.initial = *initial;
  out.maintenance = *maintenance;
  return out;
}

StressComponents stress_components(const StressRule& rule, const std::vector<DatedDelta>& deltas) {
  double net = 0, long_basis = 0, short_basis = 0;
  for (const DatedDelta& delta : deltas) {
    net += delta.usd;
    const double moved = delta.usd * rule.annual_basis_move.approx() * delta.years;
    (moved > 0 ? long_basis : short_basis) += moved;
  }
  StressComponents out;
  for (const Rate move : rule.spot_moves) out.spot = std::max(out.spot, -net * move.approx());
  out.extreme = std::abs(net) * rule.extreme_move.approx();
  // A parallel move of the annualised basis: longs and shorts of different expiry offset by their length.
  out.basis = std::abs(long_basis + short_basis);
  return out;
}

std::optional<Rate> minimum_charge_multiplier(const StressRule& rule, Amount usd) {
  for (const ChargeTier& tier : rule.minimum_charge) {
    if (!tier.up_to_usd || usd <= *tier.up_to_usd) return tier.multiplier;
  }
  return std::nullopt;
}

std::optional<Amount> depeg_charge(const std::vector<RatedSlice>& slices) {
  Wide sum = 0;
  for (const RatedSlice& slice : slices) sum += times(slice.usd.raw(), slice.rate, Round::up);
  return fit<Amount>(sum);
}

UnifiedMargin unified_margin(const UnifiedRule& rule, Amount equity, Amount maintenance) {
  UnifiedMargin out{.equity = equity, .maintenance = maintenance};
  if (maintenance > Amount()) out.ratio = equity.approx() / maintenance.approx();
  // equity <= bound * maintenance, in integers
  const auto within = [&](Rate bound) { return Wide{equity.raw()} <= times(maintenance.raw(), bound, Round::down); };
  if (maintenance <= Amount()) {
    out.band = equity < Amount() ? UnifiedBand::liquidation : UnifiedBand::free;  // a debt without positions
  } else if (within(rule.bankrupt_at)) {
    out.band = UnifiedBand::bankrupt;
  } else if (within(rule.liquidate_at)) {
    out.band = UnifiedBand::liquidation;
  } else if (within(rule.reduce_only_below)) {
    out.band = UnifiedBand::reduce_only;
  } else if (within(rule.warn_below)) {
    out.band = UnifiedBand::warning;
  }
  return out;
}

Rate borrow_liquidation_threshold(Rate ltv) {
  return Rate::raw(Rate::scale / 2) + Rate::raw(narrow(divide(ltv.raw(), 2, Round::down)));
}

}  // namespace delever
