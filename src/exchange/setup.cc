// What an exchange is opened with: refused where a figure is missing, and told apart from every
// other setup by a digest of every figure that it reads.
#include <algorithm>
#include <numeric>

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

// Figures without which no market of any kind can be listed.
Result<void> check_listing(const Listing& listing, size_t indices) {
  const Rulebook& rules = listing.rules;
  if (!rules.contract) return not_established(rules, "contract");
  const ContractRule& contract = *rules.contract;
  if (!contract.tick || contract.tick->raw() <= 0) return not_established(rules, "contract.tick");
  if (!contract.step || contract.step->raw() <= 0) return not_established(rules, "contract.step");
  if (!contract.size || contract.size->raw() <= 0) return not_established(rules, "contract.size");
  if (!rules.fees || !rules.fees->maker) return not_established(rules, "fees.maker");
  if (!rules.fees->taker) return not_established(rules, "fees.taker");
  if (listing.index >= indices) return lacks(listing, "its index is not listed");
  if (listing.band.lowest < 1 || listing.band.highest < listing.band.lowest ||
      static_cast<Wide>(listing.band.highest) * contract.tick->raw() > INT64_MAX)
    return lacks(listing,
                 "the band of ticks is empty, starts below 1, or passes the largest price");
  return {};
}

}  // namespace

OrderMargin order_margin_of(const ExchangeSetup& setup) {
  for (const Listing& l : setup.listings) {
    if (l.rules.margin && l.rules.margin->resting_orders != OrderMargin::mark)
      return l.rules.margin->resting_orders;
  }
  return OrderMargin::mark;
}

// Coins get the numbers in which they are listed: they index the wallets.
Result<void> Exchange::State::build_coins() {
  for (const CoinSetup& coin : setup.coins) {
    const CoinId id = rulebooks.coin(coin.name);
    if (id + 1u != static_cast<unsigned>(&coin - setup.coins.data()) + 1u)
      return Error{Fault::refused, "coin listed twice", coin.name};
    if (coin.index && *coin.index >= setup.indices.size())
      return Error{Fault::refused, "the coin's index is not listed", coin.name};
  }
  return {};
}

Result<void> Exchange::State::build_indices() {
  for (const IndexSetup& index : setup.indices) {
    if (index.sources.empty()) return Error{Fault::refused, "an index has no source", index.name};
    if (index.rule.formula == IndexFormula::clipped_mean && !index.rule.clip)
      return Error{Fault::refused, "the index formula needs `clip`", index.name};
    IndexState state;
    state.sources.resize(index.sources.size());
    markets.indices.push_back(std::move(state));
  }
  return {};
}

Result<void> Exchange::State::build_market(const Listing& listing) {
  TRY(check_listing(listing, setup.indices.size()));
  const Rulebook& rules = listing.rules;
  const ContractRule& contract = *rules.contract;
  Market m;
  m.listing = &listing;
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
  IndexState& index = markets.indices[listing.index];
  if (!m.option) {
    index.price_min = std::max(index.price_min, m.price_min);
    index.price_max = std::min(index.price_max, m.price_max);
    if (index.price_min > index.price_max)
      return lacks(listing, "no price fits all books on its index");
  }
  m.book = matching::MatchBook(listing.band);
  markets.all.push_back(std::move(m));
  return {};
}

// What one market needs of others: compiled rules, which stand still from now on; the ceiling of an
// option's price; the future that an option stands on; the numbers of the prices to watch.
void Exchange::State::link_markets() {
  for (Market& m : markets) {
    m.rules = m.spot ? nullptr : &rulebooks[m.book_id];
    markets.has_spot |= m.spot;
  }
  for (Market& m : markets) {
    if (m.option)
      m.price_max =
          std::max(m.price_max,
                   m.settle == m.base ? Price::scale : markets.indices[m.listing->index].price_max);
    know_values(m);
    for (InstrumentId i = 0; m.option && i < markets.size(); ++i) {
      const Market& f = markets[i];
      if (!f.option && !f.spot && f.base == m.base && f.listing->expiry == m.listing->expiry)
        m.forward = i;
    }
  }
  for (InstrumentId i = 0; i < markets.size(); ++i) {
    const Market& m = markets[i];
    const auto index = static_cast<watch::PriceId>(markets.size() + m.listing->index);
    pools.price_ids.mark.push_back(i);
    pools.price_ids.underlying.push_back(m.forward ? watch::PriceId{*m.forward} : index);
  }
  // A coin at par has a price of its own that never moves: behind those that do.
  const auto par = static_cast<watch::PriceId>(3 * markets.size() + markets.indices.size());
  for (const CoinSetup& coin : setup.coins)
    pools.price_ids.coin_usd.push_back(
        coin.index ? static_cast<watch::PriceId>(markets.size() + *coin.index) : par);
}

Result<void> Exchange::State::build() {
  TRY(build_coins());
  TRY(build_indices());
  for (const Listing& listing : setup.listings) TRY(build_market(listing));
  link_markets();
  for (CoinId c = 0; c < coins(); ++c) {
    if (setup.coins[c].haircut) rulebooks.set_haircut(c, *setup.coins[c].haircut);
    if (setup.coins[c].scenarios) rulebooks.set_scenarios(c, *setup.coins[c].scenarios);
  }
  setup_digest = digest_of(setup);
  ledger.open(coins());
  liquidator.fund_high.resize(coins());
  markets.prices.mark.resize(markets.size());
  markets.prices.underlying.resize(markets.size());
  markets.prices.coin_usd.resize(coins());
  markets.prices.years.resize(markets.size());
  for (size_t c = 0; c < coins(); ++c) {
    if (!setup.coins[c].index) markets.prices.coin_usd[c] = Price::raw(Price::scale);
  }
  CHECK(pools.add_account({}) == kFund);
  CHECK(pools.add_account({}) == kVault);
  return {};
}

}  // namespace delever::exchange
