// What an exchange is opened with: refused where a figure is missing, and told apart from every
// other setup by a digest of every figure that it reads.
#include <algorithm>
#include <numeric>

#include "base/hash.h"
#include "exchange/state.h"
#include "margin/funding.h"

namespace delever::exchange {
namespace {

Market::Share lowest_terms(Rate rate) {
  const int64_t g = std::gcd(rate.raw() < 0 ? -rate.raw() : rate.raw(), Rate::scale);
  return {rate.raw() / g, Rate::scale / g};
}

Error lacks(const Listing& listing, std::string what) {
  return {Fault::refused, std::move(what), listing.symbol};
}

// The figures of a derivative's rules that a later step would miss: better now, by name, than a
// step that never happens.
Result<void> check_rules(const Listing& listing) {
  const Rulebook& rules = listing.rules;
  const bool option = listing.option.has_value();
  if (!rules.liquidation) return not_established(rules, "liquidation");
  for (const LiquidationStep step : rules.liquidation->steps) {
    if (step == LiquidationStep::takeover_backstop && !rules.liquidation->backstop_fraction)
      return not_established(rules, "liquidation.backstop_fraction");
    if (step == LiquidationStep::reduce_partial && !rules.liquidation->partial_fraction &&
        !rules.liquidation->slice_min && !rules.liquidation->slice_max)
      return not_established(rules, "liquidation.partial_fraction");
  }
  if (!option && !listing.outside_mark) {
    if (!rules.mark) return not_established(rules, "mark");
    if (rules.mark->formula != MarkFormula::oracle && !rules.mark->basis_window)
      return not_established(rules, "mark.basis_window");
  }
  if (!rules.funding || listing.expiry || option) return {};
  const FundingRule& funding = *rules.funding;
  if (funding.rate_period <= Duration() || funding.interval > funding.rate_period)
    return lacks(listing, "funding is paid at least once in each period of its rate");
  if (funding.cap && funding.cap_period.value_or(funding.rate_period) <= Duration())
    return lacks(listing, "the cap of funding is for a period");
  TRY(margin::funding_rate(funding, Rate(), rules));  // names the figure that the formula needs
  return {};
}

// Every figure that decides what the exchange does; sources and remarks decide nothing.
class Figures {
 public:
  uint64_t of(const ExchangeSetup& s) {
    all(s.venue, s.adl_policy, s.margin_call, s.unwind, s.unwind_slippage);
    each(s.coins, [this](const CoinSetup& c) { all(c.name, c.haircut, c.index, c.scenarios); });
    each(s.indices, [this](const IndexSetup& i) {
      all(i.name, i.rule);
      each(i.sources, [this](const std::string& name) { add(name); });
    });
    each(s.listings, [this](const Listing& l) {
      all(l.symbol, l.rules, l.band.lowest, l.band.highest, l.index, l.expiry, l.option,
          l.outside_mark, l.default_leverage);
    });
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

  void add(const margin::OptionTerms& t) { all(t.type, t.strike); }
  void add(const ContractRule& r) {
    all(r.kind, r.base, r.quote, r.settle, r.size, r.tick, r.step, r.limit_qty_max,
        r.market_qty_max, r.notional_min, r.price_band);
  }
  void add(const MarginTier& t) {
    all(t.floor, t.cap, t.max_leverage, t.maintenance, t.deduction, t.initial);
  }
  void add(const LadderRule& r) { all(r.tiers, r.unit, r.rate, r.complete); }
  void add(const SizeMarginRule& r) {
    all(r.initial_base, r.initial_step, r.maintenance_base, r.maintenance_step);
  }
  void add(const OptionMarginRule& r) { all(r.initial_rate, r.initial_floor, r.maintenance_rate); }
  void add(const LiquidityTierRule& r) {
    all(r.initial, r.maintenance_fraction, r.open_interest_low, r.open_interest_high,
        r.impact_notional);
  }
  void add(const MarginRule& r) {
    all(r.isolated_maintenance, r.liquidate_at_equality, r.liquidation_fee);
  }
  void add(const FeeRule& r) { all(r.maker, r.taker, r.liquidation); }
  void add(const FundingRule& r) {
    all(r.formula, r.interval, r.rate_period, r.interest, r.clamp, r.cap, r.cap_period,
        r.impact_notional, r.sample_every, r.pays_on_oracle);
  }
  void add(const MarkRule& r) { all(r.formula, r.basis_window, r.sample_every); }
  void add(const IndexWeight& w) { all(w.venue, w.weight); }
  void add(const IndexRule& r) { all(r.formula, r.clip, r.weights, r.settlement_window); }
  void add(const LiquidationRule& r) {
    all(r.steps, r.partial_fraction, r.partial_above, r.partial_cooldown, r.backstop_fraction,
        r.stop_at_ratio, r.price_spread_max, r.slice_min, r.slice_max, r.slice_fraction_min);
  }
  void add(const AdlRule& r) {
    all(r.ranking, r.trigger, r.price, r.drawdown, r.drawdown_min, r.stop_drawdown);
  }
  void add(const ScenarioRule& r) {
    all(r.price_range, r.buckets_each_side, r.vol_up, r.vol_down, r.short_vega_power,
        r.long_vega_power, r.vol_up_floor, r.annualised_move, r.annualised_move_min, r.gain_offset,
        r.gain_offset_max_usd, r.maintenance_factor, r.extended_moves, r.extended_factor,
        r.extended_dampener_usd, r.delta_shock_above_usd, r.delta_shock_max);
  }
  void add(const Rulebook& r) {
    all(r.venue, r.symbol, r.as_of, r.contract, r.ladder, r.size_margin, r.option_margin,
        r.liquidity_tier, r.margin, r.fees, r.funding, r.mark, r.liquidation, r.adl);
  }

  Hasher hash_;
};

}  // namespace

Result<void> Exchange::State::build() {
  for (const CoinSetup& coin : setup.coins) {
    const CoinId id = rulebooks.coin(coin.name);
    if (id + 1u != static_cast<unsigned>(&coin - setup.coins.data()) + 1u)
      return Error{Fault::refused, "coin listed twice", coin.name};
    if (coin.index && *coin.index >= setup.indices.size())
      return Error{Fault::refused, "the coin's index is not listed", coin.name};
  }
  for (const IndexSetup& index : setup.indices) {
    if (index.sources.empty()) return Error{Fault::refused, "an index has no source", index.name};
    if (index.rule.formula == IndexFormula::clipped_mean && !index.rule.clip)
      return Error{Fault::refused, "the index formula needs `clip`", index.name};
    IndexState state;
    state.sources.resize(index.sources.size());
    indices.push_back(std::move(state));
  }
  for (const Listing& listing : setup.listings) {
    Market m;
    m.listing = &listing;
    const Rulebook& rules = listing.rules;
    if (!rules.contract) return not_established(rules, "contract");
    const ContractRule& contract = *rules.contract;
    if (!contract.tick || contract.tick->raw() <= 0) return not_established(rules, "contract.tick");
    if (!contract.step || contract.step->raw() <= 0) return not_established(rules, "contract.step");
    if (!contract.size || contract.size->raw() <= 0) return not_established(rules, "contract.size");
    if (!rules.fees || !rules.fees->maker) return not_established(rules, "fees.maker");
    if (!rules.fees->taker) return not_established(rules, "fees.taker");
    if (listing.index >= setup.indices.size()) return lacks(listing, "its index is not listed");
    if (listing.band.lowest < 1 || listing.band.highest < listing.band.lowest ||
        static_cast<Wide>(listing.band.highest) * contract.tick->raw() > INT64_MAX)
      return lacks(listing,
                   "the band of ticks is empty, starts below 1, or passes the largest price");
    m.spot = contract.kind == InstrumentKind::spot;
    m.inverse = contract.kind == InstrumentKind::inverse;
    m.option = contract.kind == InstrumentKind::option;
    m.tick = contract.tick->raw();
    m.step = contract.step->raw();
    m.size = contract.size->raw();
    m.base = rulebooks.coin(contract.base);
    m.quote = rulebooks.coin(contract.quote);
    m.settle = rulebooks.coin(contract.settle);
    if (std::max({m.base, m.quote, m.settle}) >= coins())
      return lacks(listing, "a coin of the contract is not listed: its id indexes the wallets");
    if (m.option != listing.option.has_value())
      return lacks(listing, "an option names its strike, nothing else does");
    if (m.option && !listing.expiry) return lacks(listing, "an option expires");
    if (listing.expiry && !timely(*listing.expiry))
      return lacks(listing, "it expires outside 1823 to 2116");
    const Wide per_lot_tick = static_cast<Wide>(m.tick) * m.step * m.size;
    constexpr Wide one = static_cast<Wide>(Price::scale) * Qty::scale;
    if (!m.inverse && per_lot_tick % one == 0 && per_lot_tick / one <= kValueMax)
      m.unit = static_cast<int64_t>(per_lot_tick / one);
    m.maker = lowest_terms(*rules.fees->maker);
    m.taker = lowest_terms(*rules.fees->taker);
    m.liquidation_fee = lowest_terms(rules.fees->liquidation.value_or(Rate()));
    if (m.spot) {
      if (m.unit == 0)
        return lacks(listing, "one lot at one tick must be worth a whole number of 1e-8 coins");
    } else {
      m.book_id = TRY(rulebooks.add(rules));
      TRY(check_rules(listing));
      if (listing.default_leverage.raw() <= 0)
        return lacks(listing, "the default leverage must be positive");
    }
    m.price_min = listing.band.lowest * m.tick;
    m.price_max = listing.band.highest * m.tick;
    IndexState& index = indices[listing.index];
    if (!m.option) {
      index.price_min = std::max(index.price_min, m.price_min);
      index.price_max = std::min(index.price_max, m.price_max);
      if (index.price_min > index.price_max)
        return lacks(listing, "no price fits all books on its index");
    }
    m.book = matching::MatchBook(listing.band);
    markets.push_back(std::move(m));
  }
  for (Market& m : markets) m.rules = m.spot ? nullptr : &rulebooks[m.book_id];
  for (Market& m : markets) {
    if (m.option)
      m.price_max = std::max(
          m.price_max, m.settle == m.base ? Price::scale : indices[m.listing->index].price_max);
    for (InstrumentId i = 0; m.option && i < markets.size(); ++i) {
      const Market& f = markets[i];
      if (!f.option && !f.spot && f.base == m.base && f.listing->expiry == m.listing->expiry)
        m.forward = i;
    }
  }
  for (CoinId c = 0; c < coins(); ++c) {
    if (setup.coins[c].haircut) rulebooks.set_haircut(c, *setup.coins[c].haircut);
    if (setup.coins[c].scenarios) rulebooks.set_scenarios(c, *setup.coins[c].scenarios);
  }
  setup_digest = Figures().of(setup);
  fees.resize(coins());
  shortfall.resize(coins());
  deposited.resize(coins());
  signed_cost.resize(coins());
  fund_high.resize(coins());
  prices.mark.resize(markets.size());
  prices.underlying.resize(markets.size());
  prices.coin_usd.resize(coins());
  prices.years.resize(markets.size());
  for (size_t c = 0; c < coins(); ++c) {
    if (!setup.coins[c].index) prices.coin_usd[c] = Price::raw(Price::scale);
  }
  for (InstrumentId i = 0; i < markets.size(); ++i) {
    const Market& m = markets[i];
    const auto index = static_cast<watch::PriceId>(markets.size() + m.listing->index);
    price_ids.mark.push_back(i);
    price_ids.underlying.push_back(m.forward ? *m.forward : index);
  }
  for (const CoinSetup& coin : setup.coins)
    price_ids.coin_usd.push_back(
        static_cast<watch::PriceId>(markets.size() + coin.index.value_or(0)));
  CHECK(add_account(CollateralMode::single_coin, false) == kFund);
  CHECK(add_account(CollateralMode::single_coin, false) == kVault);
  return {};
}

}  // namespace delever::exchange
