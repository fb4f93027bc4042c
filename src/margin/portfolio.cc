#include "margin/portfolio.h"

#include <algorithm>
#include <cmath>

#include "market/exact.h"
#include "options/black.h"
#include "options/implied.h"

namespace delever::margin {
namespace {

constexpr double kDaysPerYear = 365;

struct Shocks {
  double up = 0, down = 0, short_power = 0, long_power = 0, floor = 0;
};

// The volatility of one leg under each shock.
struct Volatilities {
  double up = 0, same = 0, down = 0;
};

Volatilities shocked(const Shocks& s, const RiskLeg& leg) {
  const double days = std::max(*leg.years * kDaysPerYear, 1e-9);
  const double power = days < 30 ? s.short_power : s.long_power;
  // The floor applies to the base of the shock up: a dead-calm smile is shocked as if it stood at
  // the floor, and never ends below where it was.
  return {.up = std::max(leg.volatility, s.floor) * vol_shock_up(s.up, days, power),
          .same = leg.volatility,
          .down = leg.volatility * vol_shock_down(s.down, days, power)};
}

// black_price() at one forward for several volatilities: what depends on the forward alone is
// computed once.
class AtForward {
 public:
  AtForward(const RiskLeg& leg, double forward)
      : root_years_(std::sqrt(*leg.years)), expired_(!(*leg.years > 0)) {
    const double strike = leg.option->strike.approx();
    intrinsic_ =
        std::max(leg.option->type == OptionType::call ? forward - strike : strike - forward, 0.0);
    smaller_ = std::min(forward, strike);
    away_ = std::fabs(options::log_moneyness(forward, strike));
  }
  double price(double volatility) const {
    if (expired_ || !(volatility > 0)) return intrinsic_;
    return intrinsic_ + smaller_ * options::time_value_ratio(away_, volatility * root_years_);
  }

 private:
  double intrinsic_ = 0, smaller_ = 0, away_ = 0, root_years_;
  bool expired_;
};

Result<Shocks> shocks_of(const ScenarioRule& rule, bool options) {
  if (!options) return Shocks{};
  if (!rule.vol_up || !rule.vol_down || !rule.short_vega_power || !rule.long_vega_power ||
      !rule.vol_up_floor)
    return Error{Fault::no_evidence,
                 "options need the volatility shocks, and this rulebook lacks some"};
  return Shocks{rule.vol_up->approx(), rule.vol_down->approx(), rule.short_vega_power->approx(),
                rule.long_vega_power->approx(), rule.vol_up_floor->approx()};
}

Error bad(std::string_view why) { return {Fault::refused, std::string(why)}; }

Result<void> check_leg(const RiskLeg& leg, double index) {
  if (!std::isfinite(leg.size)) return bad("a size must be finite");
  if (leg.years && !(*leg.years >= 0 && *leg.years < 100))
    return bad("a time to expiry lies outside 0 to 100 years");
  if (!leg.option) return {};
  if (!leg.years) return bad("an option needs its time to expiry");
  if (!(leg.forward > 0) || !(leg.volatility >= 0) || !(leg.volatility < 100) ||
      !std::isfinite(leg.forward) || leg.option->strike.raw() <= 0 || !(index > 0) ||
      !std::isfinite(index))
    return bad("an option needs a forward, an index, a strike and a volatility");
  return {};
}

}  // namespace

double vol_shock_up(double range, double days, double power) {
  return 1 + range * std::pow(30 / days, power);
}
double vol_shock_down(double range, double days, double power) {
  return std::max(0.0, 1 - range * std::pow(30 / days, power));
}

double leg_size(const Position& position, const Rulebooks::Compiled& book, Price mark) {
  const double sign = position.side == PositionSide::long_side ? 1 : -1;
  const double size = sign * position.qty.approx() * book.size.approx();
  return book.inverse ? size / mark.approx() : size;
}

Result<RiskLeg> risk_leg(const Position& position, const Rulebooks::Compiled& book, Price mark,
                         std::optional<Price> underlying, std::optional<double> years) {
  RiskLeg leg;
  leg.size = leg_size(position, book, mark);
  if (years) leg.years = std::max(*years, 0.0);
  if (!book.option) return leg;
  if (!underlying || !years || !position.option)
    return Error{Fault::no_evidence, "an option without its underlying's price, time or terms",
                 book.book.name()};
  leg.option = position.option;
  leg.forward = underlying->approx();
  const bool in_coin = book.book.contract->settle == book.book.contract->base;
  const double price = mark.approx() * (in_coin ? leg.forward : 1);
  const options::ImpliedVol iv = options::implied_vol(
      {leg.forward, leg.option->strike.approx(), *leg.years, price, leg.option->type});
  leg.volatility = iv.status == options::IvStatus::ok ? iv.vol : 0;
  return leg;
}

Result<void> unit_profits(const ScenarioRule& rule, const RiskLeg& leg, double index,
                          UnitProfits& into) {
  TRY(check_leg(leg, index));
  const double range = rule.price_range.approx();
  const int n = rule.buckets_each_side;
  into.standard.clear();
  into.extended.clear();
  into.delta = 1;
  if (!leg.option) {
    const auto gain = [](double move) { return 1 - 1 / (1 + move); };
    for (int i = -n; i <= n; ++i) into.standard.insert(into.standard.end(), 3, gain(range * i / n));
    for (const Rate move : rule.extended_moves)
      into.extended.push_back(gain(std::clamp(move.approx(), -range, range)));
    return {};
  }
  const Volatilities vols = shocked(TRY(shocks_of(rule, true)), leg);
  const double now = AtForward(leg, leg.forward).price(leg.volatility) / index;
  for (int i = -n; i <= n; ++i) {
    const double move = range * i / n;
    const AtForward then(leg, leg.forward * (1 + move));
    for (const double vol : {vols.up, vols.same, vols.down})
      into.standard.push_back(then.price(vol) / (index * (1 + move)) - now);
  }
  for (const Rate extended : rule.extended_moves) {
    const double move = extended.approx();
    into.extended.push_back(
        AtForward(leg, leg.forward * (1 + move)).price(vols.up) / (index * (1 + move)) - now);
  }
  into.delta = options::black({.forward = leg.forward,
                               .strike = leg.option->strike.approx(),
                               .years = *leg.years,
                               .vol = leg.volatility,
                               .type = leg.option->type})
                   .delta;
  return {};
}

Result<void> scenario_margin(const ScenarioRule& rule, double index, double extra_initial,
                             std::span<const HeldLeg> legs, ScenarioMargin& out) {
  if (!std::isfinite(extra_initial) || extra_initial < 0)
    return bad("extra margin must be 0 or more");
  const bool options =
      std::any_of(legs.begin(), legs.end(), [](const HeldLeg& leg) { return leg.option; });
  const double range = rule.price_range.approx(), offset = rule.gain_offset.approx();
  const int n = rule.buckets_each_side;
  const auto standard = 3 * (2 * static_cast<size_t>(n) + 1), extended = rule.extended_moves.size();
  out.moves.clear();
  out.counted.clear();
  out.profit.assign(standard, 0);
  out.extended.assign(options ? extended : 0, 0);
  out.worst = out.roll_shock = out.delta_shock = 0;
  out.delta_shock_is_bound = false;
  double delta = 0;
  for (const HeldLeg& leg : legs) {
    if (!std::isfinite(leg.size)) return bad("a size must be finite");
    CHECK(leg.unit->standard.size() == standard && leg.unit->extended.size() == extended);
    for (size_t k = 0; k < standard; ++k) out.profit[k] += leg.size * leg.unit->standard[k];
    for (size_t k = 0; k < out.extended.size(); ++k)
      out.extended[k] += leg.size * leg.unit->extended[k];
    delta += leg.size * leg.unit->delta;
  }
  for (int i = -n; i <= n; ++i) {
    out.moves.push_back(range * i / n);
    const double* profit = &out.profit[3 * static_cast<size_t>(i + n)];
    const double worst = std::min(std::min(profit[0], profit[1]), profit[2]);
    double counted = worst;
    if (worst > 0) {
      counted = worst * offset;
      if (rule.gain_offset_max_usd && index > 0)
        counted = std::min(counted, rule.gain_offset_max_usd->approx() / index);
    }
    out.counted.push_back(counted);
    out.worst = std::max(out.worst, -worst);
  }
  // The extended table exists for short options far out of the money; futures are clipped to the
  // standard range there.
  if (options) {
    if (!rule.extended_moves.empty() && (!rule.extended_factor || !rule.extended_dampener_usd))
      return Error{Fault::no_evidence,
                   "the extended table's factor or dampener is not established"};
    for (size_t k = 0; k < extended; ++k) {
      const double dampener =
          rule.extended_dampener_usd->approx() / (index * (1 + rule.extended_moves[k].approx()));
      out.extended[k] = std::min(0.0, out.extended[k] + dampener) * rule.extended_factor->approx();
      out.worst = std::max(out.worst, -out.extended[k]);
    }
  }
  for (const HeldLeg& leg : legs) {
    if (leg.option) continue;
    if (!rule.annualised_move_min || !rule.annualised_move)
      return Error{Fault::no_evidence, "the roll shock's rates are not established"};
    out.roll_shock += std::abs(leg.size) * std::max(rule.annualised_move_min->approx(),
                                                    rule.annualised_move->approx() * leg.years);
  }
  if (rule.delta_shock_above_usd && rule.delta_shock_max && index > 0 &&
      std::abs(delta) * index > rule.delta_shock_above_usd->approx()) {
    out.delta_shock = std::abs(delta) * rule.delta_shock_max->approx();
    out.delta_shock_is_bound = true;
  }
  out.risk_matrix = out.worst + out.roll_shock + out.delta_shock;
  // Up to 1e-8 of a coin. The estimate's own rounding (1e-15 relative) must not add a unit to an
  // exact figure.
  const auto charged = [](double coins) -> std::optional<Amount> {
    const double units = coins * static_cast<double>(Amount::scale);
    if (!(units < 9.2e18)) return std::nullopt;
    return Amount::raw(static_cast<int64_t>(std::ceil(units - units * 4e-15)));
  };
  const auto initial = charged(out.risk_matrix + extra_initial);
  const auto maintenance = charged(out.risk_matrix * rule.maintenance_factor.approx());
  if (!initial || !maintenance)
    return Error{Fault::out_of_range, "a margin beyond 92 billion coins"};
  out.initial = *initial;
  out.maintenance = *maintenance;
  return {};
}

Result<ScenarioMargin> scenario_margin(const ScenarioRule& rule, const ScenarioInput& input) {
  std::vector<UnitProfits> units(input.legs.size());
  std::vector<HeldLeg> legs;
  for (size_t k = 0; k < input.legs.size(); ++k) {
    const RiskLeg& leg = input.legs[k];
    TRY(unit_profits(rule, leg, input.index, units[k]));
    legs.push_back({leg.size, leg.option.has_value(), leg.years.value_or(0), &units[k]});
  }
  ScenarioMargin out;
  TRY(scenario_margin(rule, input.index, input.extra_initial, legs, out));
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
  // A parallel move of the annualised basis: longs and shorts of different expiry offset by their
  // length.
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
  const auto within = [&](Rate bound) {
    return Wide{equity.raw()} <= times(maintenance.raw(), bound, Round::down);
  };
  if (maintenance <= Amount()) {
    out.band = equity < Amount() ? UnifiedBand::liquidation
                                 : UnifiedBand::free;  // a debt without positions
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

}  // namespace delever::margin
