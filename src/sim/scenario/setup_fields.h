// One list of fields a table of the scenario: each key once, with the member that it fills and the
// function that reads and checks it. A list binds every member of its struct by name, so that a
// member that is added and not listed does not compile. Private to this folder.
//
// A visitor v has: v(key, member, read), a key that must be there; v.maybe(key, member, read), one
// that may be absent and then leaves the default; v.asset and v.maybe_asset the same
// for names of assets; v.tables(key, members), a list of tables; v.apart(member), what is made of
// more than one key.
#pragma once

#include "sim/scenario/scenario_reader.h"

namespace delever::sim {

template <class V>
void fields(V& v, PathPoint& x) {
  auto& [at, level] = x;
  v("at", at, instant);
  v("level", level, level_in_book);
}

template <class V>
void fields(V& v, AssetSetup& x) {
  auto& [asset_name, start, volatility, bursts, volatility_usual, past, path] = x;
  v("name", asset_name, name);
  v("start", start, start_price);
  v("volatility", volatility, not_negative);
  v.maybe("bursts", bursts, share);
  v("volatility_usual", volatility_usual, positive);
  v("past", past, numbers);
  v.tables("path", path);
}

// Its rules are a rulebook's, with what the table fills in (fill() in venue_reader.cc).
template <class V>
void fields(V& v, ListingSetup& x) {
  auto& [symbol, of, rules] = x;
  v("symbol", symbol, name);
  v.asset("asset", of);
  v.apart(rules);
}

// Its listings are tables beside which its role stands; scenarios come from the portfolio's
// rulebooks.
template <class V>
void fields(V& v, VenueSetup& x) {
  auto& [venue_name, role, listings, collateral_haircut, scenarios, fund_usd, vault_usd, part,
         tick_every] = x;
  v("name", venue_name, name);
  v("role", role, venue_role);
  v("share", part, not_negative);
  v("fund_usd", fund_usd, wallet_usd);
  v.maybe("vault_usd", vault_usd, wallet_usd);
  v.maybe("collateral_haircut", collateral_haircut, exact<Rate>);
  v.maybe("tick_every", tick_every, whole_seconds);
  v.apart(listings);
  v.apart(scenarios);
}

template <class V>
void fields(V& v, RetailSetup& x) {
  auto& [asset, accounts, notional_min, notional_max, notional_tail, reserve, leverages, weights,
         open_share, long_share, cross_share, backing, backing_share, open_rate_day, momentum, dip,
         dip_sigmas, close_half_life_hours, stop_chance, stop_from, stop_to, panic_rate_hour,
         reentry_chance, reentry_within, decide_every, latency] = x;
  v.asset("asset", asset);
  v("accounts", accounts, up_to<2'000'000>);
  v("notional_min", notional_min, positive);
  v("notional_max", notional_max, positive);
  v("notional_tail", notional_tail, positive);
  v("reserve", reserve, not_negative);
  v("leverages", leverages, numbers);
  v("weights", weights, numbers);
  v("open_share", open_share, share);
  v("long_share", long_share, share);
  v("cross_share", cross_share, share);
  v.maybe_asset("backing", backing);
  if (backing) v("backing_share", backing_share, share);
  v("open_rate_day", open_rate_day, not_negative);
  v("momentum", momentum, any_sign);
  v("dip", dip, not_negative);
  v("dip_sigmas", dip_sigmas, not_negative);
  v("close_half_life_hours", close_half_life_hours, positive);
  v("stop_chance", stop_chance, share);
  v("stop_from", stop_from, share);
  v("stop_to", stop_to, share);
  v("panic_rate_hour", panic_rate_hour, not_negative);
  v("reentry_chance", reentry_chance, share);
  v("reentry_within", reentry_within, length);
  v("decide_every", decide_every, length);
  v("latency", latency, sim::latency);
}

template <class V>
void fields(V& v, MakerSetup& x) {
  auto& [asset, each_venue, depth_usd, spot_depth_usd, levels, reach, risk_aversion, arrival,
         horizon, inventory_max_usd, impact_depth_usd, touch_usd, standing_share, caution,
         caution_half_life, withdrawal, pull_sigmas, resilience, permanent, news, concave_from,
         pooled, requote, capital_usd, latency] = x;
  v.asset("asset", asset);
  v("each_venue", each_venue, up_to<1'000>);
  v("depth_usd", depth_usd, positive);
  v("spot_depth_usd", spot_depth_usd, positive);
  v("levels", levels, up_to<400>);
  v("reach", reach, share);
  v("risk_aversion", risk_aversion, positive);
  v("arrival", arrival, positive);
  v("horizon", horizon, length);
  v("inventory_max_usd", inventory_max_usd, positive);
  v("withdrawal", withdrawal, not_negative);
  v("pull_sigmas", pull_sigmas, positive);
  v("resilience", resilience, length);
  v("permanent", permanent, share);
  v("news", news, share);
  v("concave_from", concave_from, not_negative);
  v.maybe("pooled", pooled, share);
  v.maybe("impact_depth_usd", impact_depth_usd, positive);
  v.maybe("touch_usd", touch_usd, not_negative);
  v.maybe("standing_share", standing_share, share);
  if (v.maybe("caution", caution, share)) v("caution_half_life", caution_half_life, length);
  v.maybe("requote", requote, flag);
  v("capital_usd", capital_usd, positive);
  v("latency", latency, sim::latency);
}

template <class V>
void fields(V& v, CarrySetup& x) {
  auto& [asset, desks, capacity_usd, funding_in, funding_full, funding_out, half_life, collateral,
         cash, derisk_below, decide_every, latency] = x;
  v.asset("asset", asset);
  v("desks", desks, up_to<10'000>);
  v("capacity_usd", capacity_usd, positive);
  v("funding_in", funding_in, any_sign);
  v("funding_full", funding_full, any_sign);
  v("funding_out", funding_out, any_sign);
  v("half_life", half_life, length);
  v("collateral", collateral, not_negative);
  v("cash", cash, not_negative);
  v("derisk_below", derisk_below, not_negative);
  v("decide_every", decide_every, length);
  v("latency", latency, sim::latency);
}

template <class V>
void fields(V& v, OptionSetup& x) {
  auto& [asset, expiry, strike, type, open_interest, dealer_net, vol] = x;
  v.asset("asset", asset);
  v("expiry", expiry, instant);
  v("strike", strike, positive);
  v("type", type, option_type);
  v("open_interest", open_interest, positive);
  v("dealer_net", dealer_net, any_sign);
  v("vol", vol, positive);
}

template <class V>
void fields(V& v, DealerSetup& x) {
  auto& [dealers, band, hedge_every, slice_over, settlement_window, hedge_venue, capital, latency] =
      x;
  v("dealers", dealers, up_to<1'000>);
  v("band", band, not_negative);
  v("hedge_every", hedge_every, length);
  v("slice_over", slice_over, length);
  v("settlement_window", settlement_window, length);
  v("hedge_venue", hedge_venue, text);
  v("capital", capital, positive);
  v("latency", latency, sim::latency);
}

template <class V>
void fields(V& v, HolderSetup& x) {
  auto& [holders, monetise_delta, monetise_share, decide_every, latency] = x;
  v("holders", holders, up_to<100'000>);
  v("monetise_delta", monetise_delta, share);
  v("monetise_share", monetise_share, share);
  v("decide_every", decide_every, length);
  v("latency", latency, sim::latency);
}

template <class V>
void fields(V& v, ValueSetup& x) {
  auto& [asset, half_life, band, spot_share, flow_max_usd, standing_share, decide_every,
         capital_usd, latency] = x;
  v.asset("asset", asset);
  v("half_life", half_life, length);
  v("band", band, share);
  v("spot_share", spot_share, share);
  v("flow_max_usd", flow_max_usd, positive);
  v.maybe("standing_share", standing_share, share);
  v.maybe("decide_every", decide_every, length);
  v("capital_usd", capital_usd, positive);
  v("latency", latency, sim::latency);
}

template <class V>
void fields(V& v, FlowSetup& x) {
  auto& [asset, splitters, metaorders_hour, tail, children_max, child_usd, child_spread,
         child_every, latency] = x;
  v.asset("asset", asset);
  v("splitters", splitters, up_to<100'000>);
  v("metaorders_hour", metaorders_hour, not_negative);
  v("tail", tail, positive);
  v("children_max", children_max, up_to<1'000'000>);
  v("child_usd", child_usd, positive);
  v("child_spread", child_spread, not_negative);
  v("child_every", child_every, length);
  v("latency", latency, sim::latency);
}

template <class V>
void fields(V& v, ArbitrageSetup& x) {
  auto& [asset, cost, part, capital_usd, position_max_usd, latency] = x;
  v.asset("asset", asset);
  v("cost", cost, share);
  v("share", part, share);
  v("capital_usd", capital_usd, positive);
  v("position_max_usd", position_max_usd, positive);
  v("latency", latency, sim::latency);
}

template <class V>
void fields(V& v, CoinMarginedSetup& x) {
  auto& [asset, depth_usd, levels, reach, touch_usd, takers, taker_usd, takes_minute, capital_usd,
         latency] = x;
  v.asset("asset", asset);
  v("depth_usd", depth_usd, positive);
  v("levels", levels, up_to<400>);
  v("reach", reach, share);
  v("touch_usd", touch_usd, positive);
  v("takers", takers, up_to<1'000>);
  v("taker_usd", taker_usd, positive);
  v("takes_minute", takes_minute, not_negative);
  v("capital_usd", capital_usd, positive);
  v("latency", latency, sim::latency);
}

template <class V>
void fields(V& v, OptionQuoteSetup& x) {
  auto& [asset, spread_vol, size_coins, levels, takers, taker_coins, takes_hour, capital_coins,
         quote_every, latency] = x;
  v.asset("asset", asset);
  v("spread_vol", spread_vol, positive);
  v("size_coins", size_coins, positive);
  v("levels", levels, up_to<50>);
  v("takers", takers, up_to<1'000>);
  v("taker_coins", taker_coins, positive);
  v("takes_hour", takes_hour, not_negative);
  v("capital_coins", capital_coins, positive);
  v("quote_every", quote_every, length);
  v("latency", latency, sim::latency);
}

template <class V>
void fields(V& v, ExternalFlowSetup& x) {
  auto& [kind, asset, venue, perpetual, from, to, usd, elasticity, latency] = x;
  v("kind", kind, external_flow_kind);
  v.asset("asset", asset);
  v("venue", venue, text);
  v("market", perpetual, is_perpetual);
  v("from", from, instant);
  v("to", to, instant);
  v("usd", usd, any_sign);
  v("elasticity", elasticity, any_sign);
  v("latency", latency, sim::latency);
}

template <class V>
void fields(V& v, ShockSetup& x) {
  auto& [spread] = x;
  v("spread", spread, positive);
}

template <class V>
void fields(V& v, Reproduce& x) {
  auto& [outcome, low, high, source] = x;
  v("outcome", outcome, text);
  v("low", low, number);
  v("high", high, number);
  v("source", source, text);
}

}  // namespace delever::sim
