// The digest that tells one setup from every other.
#include "base/hash.h"
#include "exchange/exchange.h"
#include "exchange/state.h"

namespace delever::exchange {
namespace {

// Every figure that decides what the exchange does. Each struct is bound member by member, so that
// a new one does not compile until it is listed or left out with intent. Left out: sources and what
// is not established, which decide nothing; of a rulebook also its index and scenarios, which come
// with IndexSetup and CoinSetup, and insurance, collateral, stress, unified and borrow, which the
// exchange does not read.
class Figures {
 public:
  uint64_t of(const ExchangeSetup& s) {
    // look_at_all changes what is looked at, not what comes of it.
    const auto& [venue, coins, indices, listings, adl_policy, margin_call, unwind, look_at_all,
                 unwind_slippage] = s;
    all(venue, adl_policy, margin_call, unwind, unwind_slippage, coins, indices, listings);
    return hash_.digest();
  }

 private:
  template <class... T>
  void all(const T&... x) {
    (add(x), ...);
  }
  template <class T, class F>
  void each(const std::vector<T>& list, F f) {
    hash_.add(list.size());
    for (const T& x : list) f(x);
  }
  template <class T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
  void add(T x) { hash_.add(static_cast<uint64_t>(x)); }
  void add(const std::string& text) { hash_.add(std::string_view(text)); }
  template <class Tag, int kDigits>
  void add(Fixed<Tag, kDigits> x) {
    hash_.add(static_cast<uint64_t>(x.raw()));
  }
  template <class Tag, class Rep>
  void add(Strong<Tag, Rep> x) {
    add(x.raw());
  }
  void add(Duration d) { hash_.add(static_cast<uint64_t>(d.ns())); }
  void add(Instant t) { hash_.add(static_cast<uint64_t>(t.ns())); }
  template <class T>
  void add(const std::optional<T>& x) {
    hash_.add(x.has_value() ? 1 : 0);
    if (x) add(*x);
  }
  template <class T>
  void add(const std::vector<T>& list) {
    each(list, [this](const T& x) { add(x); });
  }

  void add(const CoinSetup& c) {
    const auto& [name, haircut, index, scenarios] = c;
    all(name, haircut, index, scenarios);
  }
  void add(const IndexSetup& i) {
    const auto& [name, rule, sources] = i;
    all(name, rule, sources);
  }
  void add(const matching::MatchBook::Band& band) {
    const auto& [lowest, highest] = band;
    all(lowest, highest);
  }
  void add(const Listing& l) {
    const auto& [symbol, rules, band, index, expiry, option, outside_mark, default_leverage] = l;
    all(symbol, rules, band, index, expiry, option, outside_mark, default_leverage);
  }
  void add(const margin::OptionTerms& t) {
    const auto& [type, strike] = t;
    all(type, strike);
  }
  void add(const ContractRule& r) {
    const auto& [kind, base, quote, settle, size, tick, step, limit_qty_max, market_qty_max,
                 notional_min, price_band, source] = r;
    all(kind, base, quote, settle, size, tick, step, limit_qty_max, market_qty_max, notional_min,
        price_band);
  }
  void add(const MarginTier& t) {
    const auto& [floor, cap, max_leverage, maintenance, deduction, initial] = t;
    all(floor, cap, max_leverage, maintenance, deduction, initial);
  }
  void add(const LadderRule& r) {
    const auto& [tiers, unit, rate, complete, source] = r;
    all(tiers, unit, rate, complete);
  }
  void add(const SizeMarginRule& r) {
    const auto& [initial_base, initial_step, maintenance_base, maintenance_step, source] = r;
    all(initial_base, initial_step, maintenance_base, maintenance_step);
  }
  void add(const OptionMarginRule& r) {
    const auto& [initial_rate, initial_floor, maintenance_rate, source] = r;
    all(initial_rate, initial_floor, maintenance_rate);
  }
  void add(const LiquidityTierRule& r) {
    const auto& [initial, maintenance_fraction, open_interest_low, open_interest_high,
                 impact_notional, source] = r;
    all(initial, maintenance_fraction, open_interest_low, open_interest_high, impact_notional);
  }
  void add(const MarginRule& r) {
    const auto& [isolated_maintenance, liquidate_at_equality, liquidation_fee, source] = r;
    all(isolated_maintenance, liquidate_at_equality, liquidation_fee);
  }
  void add(const FeeRule& r) {
    const auto& [maker, taker, liquidation, source] = r;
    all(maker, taker, liquidation);
  }
  void add(const FundingRule& r) {
    const auto& [formula, interval, rate_period, interest, clamp, cap, cap_period, impact_notional,
                 sample_every, pays_on_oracle, source] = r;
    all(formula, interval, rate_period, interest, clamp, cap, cap_period, impact_notional,
        sample_every, pays_on_oracle);
  }
  void add(const MarkRule& r) {
    const auto& [formula, basis_window, sample_every, source] = r;
    all(formula, basis_window, sample_every);
  }
  void add(const IndexWeight& w) {
    const auto& [venue, weight] = w;
    all(venue, weight);
  }
  void add(const IndexRule& r) {
    const auto& [formula, clip, weights, settlement_window, source] = r;
    all(formula, clip, weights, settlement_window);
  }
  void add(const LiquidationRule& r) {
    const auto& [steps, partial_fraction, partial_above, partial_cooldown, backstop_fraction,
                 stop_at_ratio, price_spread_max, slice_min, slice_max, slice_fraction_min,
                 source] = r;
    all(steps, partial_fraction, partial_above, partial_cooldown, backstop_fraction, stop_at_ratio,
        price_spread_max, slice_min, slice_max, slice_fraction_min);
  }
  void add(const AdlRule& r) {
    const auto& [ranking, trigger, price, drawdown, drawdown_min, stop_drawdown, source] = r;
    all(ranking, trigger, price, drawdown, drawdown_min, stop_drawdown);
  }
  void add(const ScenarioRule& r) {
    const auto& [price_range, buckets_each_side, vol_up, vol_down, short_vega_power,
                 long_vega_power, vol_up_floor, annualised_move, annualised_move_min, gain_offset,
                 gain_offset_max_usd, maintenance_factor, extended_moves, extended_factor,
                 extended_dampener_usd, delta_shock_above_usd, delta_shock_max, source] = r;
    all(price_range, buckets_each_side, vol_up, vol_down, short_vega_power, long_vega_power,
        vol_up_floor, annualised_move, annualised_move_min, gain_offset, gain_offset_max_usd,
        maintenance_factor, extended_moves, extended_factor, extended_dampener_usd,
        delta_shock_above_usd, delta_shock_max);
  }
  void add(const Rulebook& r) {
    const auto& [venue, symbol, as_of, sources, contract, ladder, size_margin, option_margin,
                 liquidity_tier, margin, fees, funding, mark, index, liquidation, insurance, adl,
                 collateral, scenarios, stress, unified, borrow, not_established] = r;
    all(venue, symbol, as_of, contract, ladder, size_margin, option_margin, liquidity_tier, margin,
        fees, funding, mark, liquidation, adl);
  }

  Hasher hash_;
};

}  // namespace

uint64_t digest_of(const ExchangeSetup& setup) { return Figures().of(setup); }

}  // namespace delever::exchange
