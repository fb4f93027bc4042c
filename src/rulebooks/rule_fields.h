// One list of fields a rule: each key once, with the member that it fills and the function that
// reads it. Reading a rulebook and telling two of them apart (the exchange's digest of its setup)
// share these lists, and a list binds every member of its struct by name, so that a member that is
// added and not listed does not compile.
//
// A visitor v has: v(key, member, read), a key that must be there; v.maybe(key, member, read), one
// that may be absent and then leaves the default; v.section(key, member), a table of its own that
// may be absent; v.tables(key, members), a list of tables; v.source(member), which source the
// figures come from; v.apart(member), what no key fills; v.of_accounts(key, member, read), as
// maybe, of a rule that reaches the exchange with each account that is opened by it.
#pragma once

#include <concepts>
#include <type_traits>

#include "rulebooks/rule_reader.h"

namespace delever::rulebooks {

template <class X, class T>
concept RuleOf = std::same_as<std::remove_const_t<X>, T>;

template <class V, RuleOf<ContractRule> X>
void fields(V& v, X& x) {
  auto& [kind, base, quote, settle, size, tick, step, limit_qty_max, market_qty_max, notional_min,
         price_band, source] = x;
  v("kind", kind, word<InstrumentKind>);
  v("base", base, text);
  v("quote", quote, text);
  v("settle", settle, text);
  v.maybe("size", size, above_zero<Qty>);
  v.maybe("tick", tick, above_zero<Price>);
  v.maybe("step", step, above_zero<Qty>);
  v.maybe("limit_qty_max", limit_qty_max, figure<Qty>);
  v.maybe("market_qty_max", market_qty_max, figure<Qty>);
  v.maybe("notional_min", notional_min, figure<Amount>);
  v.maybe("price_band", price_band, fraction);
  v.source(source);
}

template <class V, RuleOf<MarginTier> X>
void fields(V& v, X& x) {
  auto& [floor, cap, max_leverage, maintenance, deduction, initial] = x;
  v("floor", floor, figure<Amount>);
  v.maybe("cap", cap, figure<Amount>);
  v("max_leverage", max_leverage, figure<Leverage>);
  v("maintenance", maintenance, fraction);
  v.maybe("deduction", deduction, figure<Amount>);  // absent: computed from the rates
  v.maybe("initial", initial, fraction);
}

template <class V, RuleOf<LadderRule> X>
void fields(V& v, X& x) {
  auto& [tiers, unit, rate, complete, source] = x;
  v.tables("tiers", tiers);
  v("unit", unit, word<TierUnit>);
  v("rate", rate, word<TierRate>);
  v("complete", complete, flag);
  v.source(source);
}

template <class V, RuleOf<SizeMarginRule> X>
void fields(V& v, X& x) {
  auto& [initial_base, initial_step, maintenance_base, maintenance_step, source] = x;
  v("initial_base", initial_base, fraction);
  v("initial_step", initial_step, fraction);
  v("maintenance_base", maintenance_base, fraction);
  v("maintenance_step", maintenance_step, fraction);
  v.source(source);
}

template <class V, RuleOf<OptionMarginRule> X>
void fields(V& v, X& x) {
  auto& [initial_rate, initial_floor, maintenance_rate, source] = x;
  v("initial_rate", initial_rate, fraction);
  v("initial_floor", initial_floor, fraction);
  v("maintenance_rate", maintenance_rate, fraction);
  v.source(source);
}

template <class V, RuleOf<LiquidityTierRule> X>
void fields(V& v, X& x) {
  auto& [initial, maintenance_fraction, open_interest_low, open_interest_high, impact_notional,
         source] = x;
  v("initial", initial, fraction);
  v("maintenance_fraction", maintenance_fraction, fraction);
  v.maybe("open_interest_low", open_interest_low, figure<Amount>);
  v.maybe("open_interest_high", open_interest_high, figure<Amount>);
  v.maybe("impact_notional", impact_notional, figure<Amount>);
  v.source(source);
}

template <class V, RuleOf<MarginRule> X>
void fields(V& v, X& x) {
  auto& [isolated_maintenance, liquidate_at_equality, liquidation_fee, resting_orders, source] = x;
  v("isolated_maintenance", isolated_maintenance, word<MaintenanceAt>);
  v("liquidate_at_equality", liquidate_at_equality, flag);
  v.maybe("liquidation_fee", liquidation_fee, fraction);
  v.of_accounts("resting_orders", resting_orders, word<OrderMargin>);
  v.source(source);
}

template <class V, RuleOf<FeeRule> X>
void fields(V& v, X& x) {
  auto& [maker, taker, liquidation, source] = x;
  v.maybe("maker", maker, figure<Rate>);
  v.maybe("taker", taker, figure<Rate>);
  v.maybe("liquidation", liquidation, fraction);
  v.source(source);
}

template <class V, RuleOf<FundingRule> X>
void fields(V& v, X& x) {
  auto& [formula, interval, rate_period, interest, clamp, cap, cap_period, impact_notional,
         sample_every, pays_on_oracle, source] = x;
  v("formula", formula, word<FundingFormula>);
  v.maybe("interval", interval, duration);
  v("rate_period", rate_period, duration);
  v.maybe("interest", interest, figure<Rate>);
  v.maybe("clamp", clamp, fraction);
  v.maybe("cap", cap, above_zero<Rate>);
  v.maybe("cap_period", cap_period, duration);
  v.maybe("impact_notional", impact_notional, figure<Amount>);
  v.maybe("sample_every", sample_every, duration);
  v.maybe("pays_on_oracle", pays_on_oracle, flag);
  v.source(source);
}

template <class V, RuleOf<MarkRule> X>
void fields(V& v, X& x) {
  auto& [formula, basis_window, sample_every, source] = x;
  v("formula", formula, word<MarkFormula>);
  v.maybe("basis_window", basis_window, duration);
  v.maybe("sample_every", sample_every, duration);
  v.source(source);
}

template <class V, RuleOf<IndexWeight> X>
void fields(V& v, X& x) {
  auto& [venue, weight] = x;
  v("venue", venue, text);
  v("weight", weight, figure<Rate>);
}

template <class V, RuleOf<IndexRule> X>
void fields(V& v, X& x) {
  auto& [formula, clip, weights, settlement_window, source] = x;
  v("formula", formula, word<IndexFormula>);
  v.maybe("clip", clip, fraction);
  v.maybe("weights", weights, weights_by_venue);
  v.maybe("settlement_window", settlement_window, duration);
  v.source(source);
}

template <class V, RuleOf<LiquidationRule> X>
void fields(V& v, X& x) {
  auto& [steps, partial_fraction, partial_above, partial_cooldown, backstop_fraction, stop_at_ratio,
         price_spread_max, slice_min, slice_max, slice_fraction_min, source] = x;
  v("steps", steps, liquidation_steps);
  v.maybe("partial_fraction", partial_fraction, fraction);
  v.maybe("partial_above", partial_above, figure<Amount>);
  v.maybe("partial_cooldown", partial_cooldown, duration);
  v.maybe("backstop_fraction", backstop_fraction, fraction);
  v.maybe("stop_at_ratio", stop_at_ratio, fraction);
  v.maybe("price_spread_max", price_spread_max, figure<Rate>);
  v.maybe("slice_min", slice_min, figure<Amount>);
  v.maybe("slice_max", slice_max, figure<Amount>);
  v.maybe("slice_fraction_min", slice_fraction_min, fraction);
  v.source(source);
}

template <class V, RuleOf<InsuranceRule> X>
void fields(V& v, X& x) {
  auto& [scope, source] = x;
  v("scope", scope, text);
  v.source(source);
}

template <class V, RuleOf<AdlRule> X>
void fields(V& v, X& x) {
  auto& [ranking, trigger, price, drawdown, drawdown_min, stop_drawdown, source] = x;
  v("ranking", ranking, word<AdlRanking>);
  v("trigger", trigger, word<AdlTrigger>);
  v("price", price, word<AdlPrice>);
  v.maybe("drawdown", drawdown, fraction);
  v.maybe("drawdown_min", drawdown_min, figure<Amount>);
  v.maybe("stop_drawdown", stop_drawdown, fraction);
  v.source(source);
}

template <class V, RuleOf<CollateralRule> X>
void fields(V& v, X& x) {
  auto& [coin, haircut, source] = x;
  v("coin", coin, text);
  v("haircut", haircut, fraction);
  v.source(source);
}

template <class V, RuleOf<ScenarioRule> X>
void fields(V& v, X& x) {
  auto& [price_range, buckets_each_side, vol_up, vol_down, short_vega_power, long_vega_power,
         vol_up_floor, annualised_move, annualised_move_min, gain_offset, gain_offset_max_usd,
         maintenance_factor, extended_moves, extended_factor, extended_dampener_usd,
         delta_shock_above_usd, delta_shock_max, source] = x;
  v("price_range", price_range, fraction_leaving_a_price);
  v("buckets_each_side", buckets_each_side, buckets);
  v.maybe("vol_up", vol_up, figure<Rate>);
  v.maybe("vol_down", vol_down, fraction);
  v.maybe("short_vega_power", short_vega_power, fraction);
  v.maybe("long_vega_power", long_vega_power, fraction);
  v.maybe("vol_up_floor", vol_up_floor, figure<Rate>);
  v.maybe("annualised_move", annualised_move, fraction);
  v.maybe("annualised_move_min", annualised_move_min, fraction);
  v("gain_offset", gain_offset, fraction);
  v.maybe("gain_offset_max_usd", gain_offset_max_usd, figure<Amount>);
  v("maintenance_factor", maintenance_factor, fraction);
  v.maybe("extended_moves", extended_moves, moves_leaving_a_price);
  v.maybe("extended_factor", extended_factor, figure<Rate>);
  v.maybe("extended_dampener_usd", extended_dampener_usd, figure<Amount>);
  v.maybe("delta_shock_above_usd", delta_shock_above_usd, figure<Amount>);
  v.maybe("delta_shock_max", delta_shock_max, fraction);
  v.source(source);
}

template <class V, RuleOf<ChargeTier> X>
void fields(V& v, X& x) {
  auto& [up_to_usd, multiplier] = x;
  v.maybe("up_to_usd", up_to_usd, figure<Amount>);
  v("multiplier", multiplier, figure<Rate>);
}

template <class V, RuleOf<StressRule> X>
void fields(V& v, X& x) {
  auto& [spot_moves, extreme_move, annual_basis_move, minimum_charge, source] = x;
  v("spot_moves", spot_moves, figures<Rate>);
  v("extreme_move", extreme_move, fraction);
  v("annual_basis_move", annual_basis_move, fraction);
  v.tables("minimum_charge", minimum_charge);
  v.source(source);
}

template <class V, RuleOf<UnifiedRule> X>
void fields(V& v, X& x) {
  auto& [warn_below, reduce_only_below, liquidate_at, bankrupt_at, source] = x;
  v("warn_below", warn_below, figure<Rate>);
  v("reduce_only_below", reduce_only_below, figure<Rate>);
  v("liquidate_at", liquidate_at, figure<Rate>);
  v("bankrupt_at", bankrupt_at, figure<Rate>);
  v.source(source);
}

template <class V, RuleOf<BorrowRule> X>
void fields(V& v, X& x) {
  auto& [ltv, liquidate_above, source] = x;
  v("ltv", ltv, loans_to_value);
  v("liquidate_above", liquidate_above, fraction);
  v.source(source);
}

template <class V, RuleOf<RuleSource> X>
void fields(V& v, X& x) {
  auto& [id, of, grade, as_of] = x;
  v.apart(id);  // the name of its table
  v("text", of, text);
  v("grade", grade, source_grade);
  v("as_of", as_of, text);
}

template <class V, RuleOf<Rulebook> X>
void fields(V& v, X& x) {
  auto& [venue, symbol, as_of, sources, contract, ladder, size_margin, option_margin,
         liquidity_tier, margin, fees, funding, mark, index, liquidation, insurance, adl,
         collateral, scenarios, stress, unified, borrow, not_established] = x;
  v("venue", venue, text);
  v("symbol", symbol, text);
  v("as_of", as_of, text);
  v.apart(sources);
  v.section("contract", contract);
  v.section("ladder", ladder);
  v.section("size_margin", size_margin);
  v.section("option_margin", option_margin);
  v.section("liquidity_tier", liquidity_tier);
  v.section("margin", margin);
  v.section("fees", fees);
  v.section("funding", funding);
  v.section("mark", mark);
  v.section("index", index);
  v.section("liquidation", liquidation);
  v.section("insurance", insurance);
  v.section("adl", adl);
  v.tables("collateral", collateral);
  v.section("scenarios", scenarios);
  v.section("stress", stress);
  v.section("unified", unified);
  v.section("borrow", borrow);
  v.apart(not_established);
}

}  // namespace delever::rulebooks
