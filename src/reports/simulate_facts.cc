#include "reports/simulate_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "facts/metaorder.h"
#include "reports/inputs.h"

namespace delever::reports {
namespace {

// A metaorder starts when the market has found its feet and is bought in even slices; the run ends
// when its decay has been seen. Sizes span a factor of 32, from about what one book shows within
// some basis points to more than it shows within one per cent.
constexpr Duration kWarm = Duration::minutes(30), kLasts = Duration::minutes(10);
constexpr double kSmallest = 2e6;  // USD
constexpr int kSizes = 6;

Result<uint32_t> asset_of(const sim::Scenario& scenario, const std::string& name) {
  for (size_t i = 0; i < scenario.assets.size(); ++i)
    if (upper(scenario.assets[i].name) == name) return static_cast<uint32_t>(i);
  return Error{Fault::not_found, fmt::format("{} has no asset {}", scenario.file, name), "--asset"};
}

struct Place {
  std::string venue, symbol;
};
Result<Place> place_of(const sim::Scenario& scenario, uint32_t asset) {
  for (const sim::VenueSetup& venue : scenario.venues) {
    if (venue.role != sim::VenueRole::perpetual) continue;
    for (const sim::ListingSetup& listing : venue.listings)
      if (listing.asset == asset) return Place{venue.name, listing.symbol};
  }
  return Error{Fault::not_found, "no perpetual of this asset to put metaorders into",
               scenario.file};
}

std::optional<double> mid_at(const facts::Observer& observer, const std::string& venue,
                             Instant at) {
  for (const facts::Track& t : observer.tracks()) {
    if (!t.perpetual || !t.name.starts_with(venue + " ")) continue;
    const auto after =
        std::upper_bound(t.quotes.begin(), t.quotes.end(), at,
                         [](Instant a, const facts::QuoteState& q) { return a < q.second; });
    if (after == t.quotes.begin()) return std::nullopt;
    return (*std::prev(after)).mid();
  }
  return std::nullopt;
}

struct Path {
  double peak = 0, after = 0;  // log prices
};
Result<Path> run_with(sim::Scenario scenario, uint32_t asset, const Place& place, double usd,
                      const SimulateFacts& wanted, uint64_t seed) {
  const Instant start = scenario.from + kWarm, end = start + kLasts, last = end + kLasts;
  scenario.to = last + Duration::seconds(1);
  scenario.report_at = std::min(scenario.report_at, scenario.to);
  // The run without the order has the same population, with nothing to do, so that both draw the
  // same numbers.
  scenario.outside.push_back({.kind = sim::ExternalFlowKind::treasury,
                              .asset = asset,
                              .venue = place.venue,
                              .perpetual = true,
                              .from = start,
                              .to = end,
                              .usd = usd,
                              .latency = {.fixed = Duration::ms(50)}});
  FactsOutput output(wanted.asset);
  auto simulation = TRY(sim::Simulation::open(
      scenario,
      {.seed = seed, .threads = wanted.threads, .switches = wanted.switches, .output = &output}));
  TRY(output.add_streams(simulation->streams()));
  (void)TRY(simulation->run());
  const auto peak = mid_at(output.observer(), place.venue, end),
             after = mid_at(output.observer(), place.venue, last);
  if (!peak || !after)
    return Error{Fault::no_evidence, "no quotes around the metaorder", scenario.file};
  return Path{std::log(*peak), std::log(*after)};
}

Result<std::vector<facts::Metaorder>> injected(const sim::Scenario& scenario,
                                               const SimulateFacts& wanted, uint64_t seed,
                                               Context& context) {
  const uint32_t asset = TRY(asset_of(scenario, wanted.asset));
  const Place place = TRY(place_of(scenario, asset));
  ProgressScope bar(context);
  const Path without = TRY(run_with(scenario, asset, place, 1, wanted, seed));
  std::vector<facts::Metaorder> orders;
  for (int size = 0; size < kSizes; ++size) {
    for (const int side : {1, -1}) {
      bar.show("metaorders", orders.size(), kSizes * 2);
      const double usd = side * kSmallest * std::pow(2, size);
      const Path with = TRY(run_with(scenario, asset, place, usd, wanted, seed));
      orders.push_back({usd / scenario.assets[asset].start, with.peak - without.peak,
                        with.after - without.after});
    }
  }
  return orders;
}

}  // namespace

Result<facts::FactSet> observed_facts(const facts::Observer& observer,
                                      const sim::Scenario& scenario, const SimulateFacts& wanted,
                                      uint64_t seed, Context& context) {
  facts::FactSet set = facts::measure(observer);
  std::vector<facts::Metaorder> orders;
  if (wanted.metaorders) orders = TRY(injected(scenario, wanted, seed, context));
  for (facts::Fact& fact : facts::metaorder_facts(orders, orders.empty() ? "" : "injected"))
    set.push_back(std::move(fact));
  return set;
}

Result<facts::FactSet> ensemble_facts(const sim::Scenario& scenario, const SimulateFacts& wanted,
                                      Context& context) {
  std::vector<facts::FactSet> sets;
  ProgressScope bar(context);
  for (uint64_t seed = wanted.seed; seed < wanted.seed + wanted.runs; ++seed) {
    bar.show("runs", sets.size(), wanted.runs);
    FactsOutput output(wanted.asset);
    auto simulation = TRY(sim::Simulation::open(
        scenario,
        {.seed = seed, .threads = wanted.threads, .switches = wanted.switches, .output = &output}));
    TRY(output.add_streams(simulation->streams()));
    (void)TRY(simulation->run());
    auto set = TRY(observed_facts(output.observer(), scenario, wanted, seed, context));
    sets.push_back(std::move(set));
  }
  return facts::combined(sets);
}

Result<FactsReport> simulated_page(const sim::Scenario& scenario, const SimulateFacts& wanted,
                                   const facts::FactSet& set) {
  const uint32_t asset = TRY(asset_of(scenario, wanted.asset));
  if (wanted.metaorders) {
    (void)TRY(place_of(scenario, asset));
    if (scenario.to - scenario.from < kWarm + kLasts * 2 + Duration::seconds(1))
      return Error{Fault::usage,
                   "the scenario is shorter than the 50 minutes that a metaorder wants",
                   "--metaorders"};
  }
  FactsReport page;
  page.asset = wanted.asset;
  page.rules = wanted.rules;
  page.simulated.push_back(wanted.runs > 1
                               ? fmt::format("{}, seeds {} to {}", scenario.file, wanted.seed,
                                             wanted.seed + wanted.runs - 1)
                               : fmt::format("{}, seed {}", scenario.file, wanted.seed));
  const std::string rules_text = TRY(read_file(find_shipped(wanted.rules)));
  const facts::Targets targets = TRY(facts::Targets::parse(rules_text, wanted.rules));
  page.report = facts::judge(targets, {}, set);
  return page;
}

}  // namespace delever::reports
