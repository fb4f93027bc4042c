// From a scenario to venues and populations with accounts on them.
#include <fmt/format.h>

#include <algorithm>

#include "sim/agents/arbitrage.h"
#include "sim/agents/external_flow.h"
#include "sim/agents/flow.h"
#include "sim/agents/option_quotes.h"
#include "sim/agents/retail.h"
#include "sim/agents/value.h"
#include "sim/state.h"

namespace delever::sim {
namespace {

// Books hold prices from half to 1.4 times the start: 17 MB at a tick of 0.1 USD.
matching::MatchBook::Band band_of(double start, double tick) {
  return {static_cast<Tick>(start * 0.5 / tick), static_cast<Tick>(start * 1.4 / tick)};
}

constexpr double kBookTicksMost = 2e7;  // 400 MB a book

// As Deribit names them: BTC-30JAN26-90000-C.
std::string option_symbol(const Scenario& s, const OptionSetup& o) {
  return fmt::format("{}-{}-{:.0f}-{}", s.assets[o.asset].name, expiry_name(o.expiry), o.strike,
                     o.type == OptionType::call ? "C" : "P");
}

// The venue's money is coin 0, the assets follow in the scenario's order, each with its index.
exchange::ExchangeSetup coins_and_indices(const Scenario& s, const VenueSetup& v,
                                          const std::string& money) {
  exchange::ExchangeSetup x;
  x.venue = v.name;
  x.coins.push_back({.name = money, .haircut = Rate()});
  // Every asset's index has all spot venues; one without the asset never reports.
  std::vector<std::string> sources;
  for (const VenueSetup& other : s.venues) {
    if (other.role == VenueRole::spot) sources.push_back(other.name);
  }
  for (uint32_t a = 0; a < s.assets.size(); ++a) {
    exchange::CoinSetup coin{.name = s.assets[a].name, .haircut = v.collateral_haircut, .index = a};
    if (!v.scenarios.empty()) coin.scenarios = v.scenarios[a];
    x.coins.push_back(std::move(coin));
    exchange::IndexSetup index{.name = s.assets[a].name, .rule = {}, .sources = sources};
    for (const ListingSetup& l : v.listings) {
      if ((l.asset == a || v.role == VenueRole::options) && l.rules.index)
        index.rule = *l.rules.index;
    }
    x.indices.push_back(std::move(index));
  }
  return x;
}

// As the venue's own messages describe them.
std::vector<Instrument> instruments_of(const exchange::ExchangeSetup& x) {
  std::vector<Instrument> described;
  for (const exchange::Listing& l : x.listings) {
    const ContractRule& c = *l.rules.contract;
    Instrument i{.venue = x.venue,
                 .symbol = l.symbol,
                 .kind = c.kind,
                 .base = c.base,
                 .quote = c.quote,
                 .settle = c.settle,
                 .contract_size = c.size,
                 .expiry = l.expiry,
                 .tick = c.tick,
                 .step = c.step};
    if (l.option) {
      i.strike = l.option->strike;
      i.option_type = l.option->type;
      i.quote = "USD";
    }
    if (l.rules.funding && !l.expiry && c.kind == InstrumentKind::linear)
      i.funding_interval = l.rules.funding->interval;
    described.push_back(std::move(i));
  }
  return described;
}

}  // namespace

// The [[option]] tables on the options venue, all under the rulebook of its one listing; settled in
// their asset. The same lines, in the same order, are the agents' option book.
void Simulation::State::list_options(uint32_t venue, const std::string& money,
                                     exchange::ExchangeSetup& x) {
  const Scenario& s = scenario;
  const Rulebook& rules = s.venues[venue].listings[0].rules;
  option_book.venue = venue;
  has_options = !s.options.empty();
  for (const OptionSetup& o : s.options) {
    exchange::Listing l{.symbol = option_symbol(s, o),
                        .rules = rules,
                        .band = {1, 30'000},
                        .index = o.asset,
                        .expiry = o.expiry,
                        .option = margin::OptionTerms{o.type, Price::nearest(o.strike).value()}};
    l.rules.symbol = l.symbol;
    l.rules.contract->kind = InstrumentKind::option;
    l.rules.contract->base = l.rules.contract->settle = s.assets[o.asset].name;
    l.rules.contract->quote = money;
    if (!l.rules.contract->size) l.rules.contract->size = Qty::raw(Qty::scale);
    option_book.tick_raw = l.rules.contract->tick->raw();
    option_book.step_raw = l.rules.contract->step->raw();
    option_book.tick = l.rules.contract->tick->approx();
    option_book.lot = l.rules.contract->step->approx() * l.rules.contract->size->approx();
    option_book.lines.push_back({.asset = o.asset,
                                 .instrument = static_cast<InstrumentId>(x.listings.size()),
                                 .expiry = o.expiry,
                                 .strike = o.strike,
                                 .vol = o.vol,
                                 .type = o.type,
                                 .open_interest = o.open_interest,
                                 .dealer_net = o.dealer_net});
    x.listings.push_back(std::move(l));
  }
}

// Behind the options, so that these keep their numbers.
void Simulation::State::list_coin_margined(uint32_t venue, const std::string& money,
                                           exchange::ExchangeSetup& x) {
  const VenueSetup& v = scenario.venues[venue];
  for (size_t n = 1; n < v.listings.size(); ++n) {
    const ListingSetup& l = v.listings[n];
    exchange::Listing listing{
        .symbol = l.symbol,
        .rules = l.rules,
        .band = band_of(scenario.assets[l.asset].start, l.rules.contract->tick->approx()),
        .index = l.asset,
        .default_leverage = Leverage::raw(50 * Leverage::scale)};
    ContractRule& contract = *listing.rules.contract;
    contract.settle = scenario.assets[l.asset].name;
    contract.quote = money;
    coin_markets.push_back({.venue = venue,
                            .asset = l.asset,
                            .instrument = static_cast<InstrumentId>(x.listings.size()),
                            .tick_raw = contract.tick->raw(),
                            .step_raw = contract.step->raw(),
                            .tick = contract.tick->approx(),
                            .step_usd = contract.step->approx() * contract.size->approx()});
    x.listings.push_back(std::move(listing));
  }
}

// Perpetuals or spot pairs: a listing at the venue, and a market that the agents see.
Result<void> Simulation::State::list_pairs(uint32_t venue, const std::string& money,
                                           exchange::ExchangeSetup& x) {
  const Scenario& s = scenario;
  const VenueSetup& v = s.venues[venue];
  for (const ListingSetup& l : v.listings) {
    const ContractRule& contract = *l.rules.contract;
    const double tick = contract.tick->approx();
    if (s.assets[l.asset].start / tick > kBookTicksMost)
      return Error{Fault::out_of_range,
                   fmt::format("a tick of {} is too fine for a price of {}", contract.tick->text(),
                               s.assets[l.asset].start),
                   s.file + ": " + v.name + " " + l.symbol};
    exchange::Listing listing{.symbol = l.symbol,
                              .rules = l.rules,
                              .band = band_of(s.assets[l.asset].start, tick),
                              .index = l.asset};
    listing.rules.contract->quote = listing.rules.contract->settle = money;
    MarketView b;
    b.venue = venue;
    b.instrument = static_cast<InstrumentId>(x.listings.size());
    b.asset = l.asset;
    b.spot = v.role == VenueRole::spot;
    b.share = v.share;
    b.tick_raw = contract.tick->raw();
    b.step_raw = contract.step->raw();
    b.tick = tick;
    b.lot = contract.step->approx() * contract.size->approx();
    b.lots_max = contract.limit_qty_max
                     ? std::floor(contract.limit_qty_max->approx() / contract.step->approx())
                     : 1e12;
    b.taker_fee = l.rules.fees->taker->approx();
    (b.spot ? world.spots : world.perpetuals)[l.asset].push_back(
        static_cast<uint32_t>(world.markets.size()));
    world.markets.push_back(b);
    x.listings.push_back(std::move(listing));
  }
  return {};
}

// A perpetual venue's money is what its first listing settles in; spot and options pay in USDT,
// options beside coin-margined perpetuals in USD.
Result<void> Simulation::State::build_venues() {
  for (uint32_t number = 0; number < scenario.venues.size(); ++number) {
    const VenueSetup& v = scenario.venues[number];
    const bool coin_margined = v.role == VenueRole::options && v.listings.size() > 1;
    const std::string money = v.role == VenueRole::perpetual ? v.listings[0].rules.contract->settle
                              : coin_margined                ? "USD"  // what these are quoted in
                                                             : "USDT";
    exchange::ExchangeSetup x = coins_and_indices(scenario, v, money);
    if (v.role == VenueRole::options) {
      list_options(number, money, x);
      list_coin_margined(number, money, x);
    } else {
      TRY(list_pairs(number, money, x));
    }
    std::unique_ptr<venues::SimulatedEncoder> wire;
    if (options.output)
      wire = std::make_unique<venues::SimulatedEncoder>(
          instruments_of(x), venues::SimulatedEncoder::Options{.book_every = scenario.book_every});
    auto opened = Venue::open(v, std::move(x), scenario.from, std::move(wire));
    if (!opened.has_value()) return std::move(opened.error()).at(scenario.file);
    venues.push_back(std::move(opened).value());
  }
  return {};
}

void Simulation::State::build_populations() {
  const Scenario& s = scenario;
  const auto add = [this](auto made) {
    auto* raw = made.get();
    populations.push_back(std::move(made));
    return raw;
  };
  for (const RetailSetup& r : s.retail) add(std::make_unique<Retail>(r));
  for (const CarrySetup& c : s.carry) carry.push_back(add(std::make_unique<Carry>(c)));
  for (const MakerSetup& m : s.makers) add(std::make_unique<Makers>(m));
  const auto makers_of = [&](uint32_t a) -> const MakerSetup& {
    for (const MakerSetup& m : s.makers) {
      if (m.asset == a) return m;
    }
    return s.makers.front();
  };
  for (const ValueSetup& v : s.value) add(std::make_unique<Value>(v, makers_of(v.asset)));
  for (const FlowSetup& f : s.flow) add(std::make_unique<Flow>(f));
  for (const ArbitrageSetup& a : s.arbitrage)
    add(std::make_unique<Arbitrage>(a, makers_of(a.asset)));
  for (const ExternalFlowSetup& o : s.outside) add(std::make_unique<ExternalFlow>(o));
  for (const CoinMarginedSetup& m : s.coin_margined) {
    for (const CoinMarket& market : coin_markets) {
      if (market.asset == m.asset) add(std::make_unique<CoinMargined>(m, market));
    }
  }
  for (const OptionQuoteSetup& q : s.option_quotes)
    add(std::make_unique<OptionQuotes>(q, option_book));
  if (has_options) {
    dealers = add(std::make_unique<Dealers>(*s.dealers, option_book));
    holders = add(std::make_unique<Holders>(*s.holders, option_book, *dealers));
  }
}

// Positions of the start are entered on the way here: one minute for each past price, before
// `from`.
Result<void> Simulation::State::build() {
  const Scenario& s = scenario;
  world.seed = options.seed;
  if (s.shock)
    shock_factor = s.shock->factor(
        options.shock
            ? *options.shock
            : Random(options.seed, {.stream = static_cast<uint32_t>(Stream::shock)}).normal());
  world.switches = options.switches;
  world.perpetuals.resize(s.assets.size());
  world.spots.resize(s.assets.size());
  for (const AssetSetup& a : s.assets) {
    Asset asset;
    asset.start = asset.price = asset.fundamental = a.start;
    asset.sigma = asset.sigma_usual = a.volatility_usual / std::sqrt(365.0 * 86'400);
    world.assets.push_back(asset);
    PriceMemory m;
    m.seconds.assign(64, a.start);
    m.tens.assign(90, a.start);
    m.variance = asset.sigma_usual * asset.sigma_usual;
    memory.push_back(std::move(m));
    outcome.assets.push_back({.name = a.name});
  }
  TRY(build_venues());
  for (uint32_t a = 0; a < s.assets.size(); ++a) {
    if (world.spots[a].empty())
      return Error{Fault::malformed, "no spot venue lists " + s.assets[a].name, s.file};
  }
  for (MarketView& b : world.markets) {
    b.mid = s.assets[b.asset].start;
    if (b.spot) b.mark = b.mid;
  }
  premiums.resize(world.markets.size());
  size_t pasts = 1;
  for (const AssetSetup& a : s.assets) pasts = std::max(pasts, a.past.size());
  const Instant at = s.from - Duration::seconds(static_cast<int64_t>(pasts) * 60 + 120);
  for (const auto& v : venues) {
    if (v->setup().role == VenueRole::spot) continue;
    if (v->setup().fund_usd > 0) v->deposit(at, kFund, 0, v->setup().fund_usd);
    if (v->setup().vault_usd > 0) v->deposit(at, kVault, 0, v->setup().vault_usd);
  }
  build_populations();
  for (uint32_t p = 0; p < populations.size(); ++p) {
    Field field{world, venues, at, p};
    populations[p]->open(field);
  }
  const auto trouble = [this, &s]() -> Result<void> {
    for (const auto& v : venues) {
      if (v->trouble()) return Error(*v->trouble()).at(s.file);
    }
    return {};
  };
  TRY(trouble());
  begin_positions(at);
  TRY(trouble());
  for (uint32_t p = 0; p < populations.size(); ++p) {
    for (size_t i = 0; i < populations[p]->parts(); ++i) parts.push_back({p, i});
  }
  outboxes.resize(parts.size());
  minutes.resize(s.assets.size());
  retail_bytes = Retail::bytes_per_account();
  return {};
}

}  // namespace delever::sim
