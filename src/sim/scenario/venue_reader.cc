// Venues and their listings: the rulebook of each, and what the scenario supplies where it is
// silent.
#include <fmt/format.h>

#include "sim/scenario/table_reader.h"

namespace delever::sim {
namespace {

constexpr double kStartTicksMost = 1e7;  // of a start price: 180 MB a book

template <class T>
Result<std::optional<T>> maybe_exact(const Config& c, std::string_view key) {
  if (!c.has(key)) return std::optional<T>();
  return std::optional<T>(TRY(exact<T>(c, key)));
}

// What the scenario supplies where the rulebook is silent. A figure that the rulebook has is not
// overridden: saying it twice would hide which one rules.
Result<void> fill(const Config& c, Rulebook& rules) {
  const auto tick = TRY(maybe_exact<Price>(c, "tick"));
  const auto step = TRY(maybe_exact<Qty>(c, "step"));
  const auto least = TRY(maybe_exact<Amount>(c, "notional_min"));
  const auto maker = TRY(maybe_exact<Rate>(c, "maker_fee"));
  const auto taker = TRY(maybe_exact<Rate>(c, "taker_fee"));
  const auto clearance = TRY(maybe_exact<Rate>(c, "liquidation_fee"));
  const auto leverage = TRY(maybe_exact<Leverage>(c, "beyond_leverage"));
  const auto maintenance = TRY(maybe_exact<Rate>(c, "beyond_maintenance"));
  const auto twice = [&](std::string_view key) {
    return Error{Fault::malformed, "the rulebook " + rules.name() + " has this figure",
                 c.place(key)};
  };
  CHECK(rules.contract.has_value());
  if (tick) {
    if (rules.contract->tick) return twice("tick");
    rules.contract->tick = tick;
  }
  if (step) {
    if (rules.contract->step) return twice("step");
    rules.contract->step = step;
  }
  if (least) {
    if (rules.contract->notional_min) return twice("notional_min");
    rules.contract->notional_min = least;
  }
  if (!rules.fees) rules.fees.emplace();
  if (maker) {
    if (rules.fees->maker) return twice("maker_fee");
    rules.fees->maker = maker;
  }
  if (taker) {
    if (rules.fees->taker) return twice("taker_fee");
    rules.fees->taker = taker;
  }
  if (clearance) {
    if (rules.fees->liquidation) return twice("liquidation_fee");
    rules.fees->liquidation = clearance;
  }
  if (leverage && maintenance) {  // the tier above the last one that a source shows
    if (!rules.ladder || rules.ladder->tiers.empty() || !rules.ladder->tiers.back().cap)
      return twice("beyond_leverage");
    const MarginTier last = rules.ladder->tiers.back();
    Amount deduction;
    if (rules.ladder->rate == TierRate::incremental) {
      const auto next =
          rulebooks::next_deduction(last.deduction, *last.cap, *maintenance, last.maintenance);
      if (!next)
        return Error{Fault::out_of_range, "the deduction cannot be held",
                     c.place("beyond_maintenance")};
      deduction = *next;
    }
    rules.ladder->tiers.push_back({*last.cap, {}, *leverage, *maintenance, deduction, {}});
    rules.ladder->complete = true;
  }
  if (c.has("mark_window")) {
    if (rules.mark) return twice("mark_window");
    const Duration window = TRY(length(c, "mark_window"));
    rules.mark = MarkRule{.formula = MarkFormula::median_basis_last,
                          .basis_window = window,
                          .sample_every = Duration::seconds(1)};
  }
  return {};
}

// Margin and liquidation of another contract of the venue, where the rulebook has none.
Result<void> fill_margin(const Config& c, std::string_view venue,
                         const rulebooks::RulebookShelf& shelf, Rulebook& rules) {
  if (!c.has("margin_of")) return {};
  const std::string other = TRY(c.text("margin_of"));
  const Rulebook* found = shelf.find(venue, other);
  if (!found)
    return Error{Fault::not_found, fmt::format("no rulebook {} {}", venue, other),
                 c.place("margin_of")};
  if (rules.size_margin || rules.ladder || rules.liquidation)
    return Error{Fault::malformed, "the rulebook " + rules.name() + " has margins of its own",
                 c.place("margin_of")};
  rules.size_margin = found->size_margin;
  rules.ladder = found->ladder;
  rules.liquidation = found->liquidation;
  if (!rules.adl) rules.adl = found->adl;
  return {};
}

Result<ListingSetup> read_listing(const Config& c, const Scenario& s, std::string_view venue,
                                  VenueRole role, const rulebooks::RulebookShelf& shelf) {
  ListingSetup l;
  TRY(read_fields(c, s, l));
  if (role == VenueRole::spot) {
    l.rules.venue = venue;
    l.rules.symbol = l.symbol;
    l.rules.as_of = "undated";
    l.rules.contract = ContractRule{.kind = InstrumentKind::spot,
                                    .base = s.assets[l.asset].name,
                                    .quote = "USDT",
                                    .settle = "USDT",
                                    .size = Qty::raw(Qty::scale)};
  } else {
    const std::string as_of = TRY(c.text("rulebook", ""));
    const std::string book = TRY(c.text("rulebook_symbol", l.symbol));
    const std::string book_venue = TRY(c.text("rulebook_venue", venue));
    const Rulebook* found = shelf.newest(book_venue, book, as_of);
    if (!found) return shelf.none(book_venue, book, as_of).at(c.place("symbol"));
    l.rules = *found;
    if (!l.rules.contract) return not_established(l.rules, "contract");
    if (l.rules.contract->base != s.assets[l.asset].name)
      return Error{
          Fault::malformed,
          fmt::format("is of {}, not of {}", l.rules.contract->base, s.assets[l.asset].name),
          c.place("symbol")};
  }
  TRY(fill(c, l.rules));
  if (role != VenueRole::spot) TRY(fill_margin(c, venue, shelf, l.rules));
  const auto missing = [&](std::string_view figure, std::string_view key) {
    return Error{Fault::malformed,
                 fmt::format("{} lacks {}: set {} here", l.rules.name(), figure, key),
                 c.place(key)};
  };
  const Rulebook& r = l.rules;
  if (!r.contract->tick) return missing("contract.tick", "tick");
  if (!r.contract->step) return missing("contract.step", "step");
  if (r.contract->tick->raw() <= 0)
    return Error{Fault::out_of_range, "must be greater than 0", c.place("tick")};
  if (r.contract->step->raw() <= 0)
    return Error{Fault::out_of_range, "must be greater than 0", c.place("step")};
  const double ticks = s.assets[l.asset].start / r.contract->tick->approx();
  if (ticks < 100 || ticks > kStartTicksMost)
    return Error{Fault::out_of_range,
                 fmt::format("the start price is {:.0f} ticks: a book holds from 100 to {:.0f}",
                             ticks, kStartTicksMost),
                 c.place("tick")};
  if (!r.fees || !r.fees->maker) return missing("fees.maker", "maker_fee");
  if (!r.fees->taker) return missing("fees.taker", "taker_fee");
  if (role == VenueRole::perpetual) {
    if (!r.mark) return missing("mark", "mark_window");
    if (!r.contract->size) return missing("contract.size", "size");
    if (r.ladder && !r.ladder->complete) return missing("the ladder's top", "beyond_leverage");
    if (!r.liquidation) return missing("liquidation", "rulebook");
  }
  TRY(source(c));
  return l;
}

// The one listing that stands for all options of an options venue, and the margin matrix of each
// asset.
Result<void> read_options(const Config& c, const Scenario& s, const rulebooks::RulebookShelf& shelf,
                          VenueSetup& v) {
  ListingSetup l;
  const std::string book = TRY(c.text("rulebook_symbol"));
  const Rulebook* found = shelf.find(v.name, book);
  if (!found)
    return Error{Fault::not_found, "no rulebook " + v.name + " " + book,
                 c.place("rulebook_symbol")};
  l.symbol = book;
  l.rules = *found;
  if (!l.rules.contract) return not_established(l.rules, "contract");
  TRY(fill(c, l.rules));
  if (!l.rules.contract->tick || !l.rules.contract->step || !l.rules.fees->maker ||
      !l.rules.fees->taker)
    return Error{Fault::malformed,
                 l.rules.name() + " lacks a figure: set tick, step, maker_fee, taker_fee",
                 c.place()};
  const std::string perpetual = TRY(c.text("liquidation_of"));
  const Rulebook* rule = shelf.find(v.name, perpetual);
  if (!rule || !rule->liquidation)
    return Error{Fault::not_found, "no liquidation rule in " + v.name + " " + perpetual,
                 c.place("liquidation_of")};
  l.rules.liquidation = rule->liquidation;
  const std::string portfolio = TRY(c.text("portfolio"));
  for (const AssetSetup& one : s.assets) {  // "PORTFOLIO" finds BTC-PORTFOLIO, ETH-PORTFOLIO
    const Rulebook* matrix = shelf.find(v.name, one.name + "-" + portfolio);
    if (!matrix || !matrix->scenarios)
      return Error{Fault::not_found,
                   fmt::format("no scenario matrix in {} {}-{}", v.name, one.name, portfolio),
                   c.place("portfolio")};
    v.scenarios.push_back(*matrix->scenarios);
  }
  v.listings.push_back(std::move(l));
  const std::vector<Config> perpetuals = TRY(c.tables("listing"));
  for (const Config& t : perpetuals) {
    ListingSetup inverse = TRY(read_listing(t, s, v.name, VenueRole::perpetual, shelf));
    if (inverse.rules.contract->kind != InstrumentKind::inverse)
      return Error{Fault::malformed, "an options venue lists inverse perpetuals beside them",
                   t.place("symbol")};
    v.listings.push_back(std::move(inverse));
  }
  return {};
}

}  // namespace

Result<VenueSetup> read_venue(const Config& c, const Scenario& s,
                              const rulebooks::RulebookShelf& shelf) {
  VenueSetup v;
  TRY(read_fields(c, s, v));
  for (const VenueSetup& other : s.venues) {
    if (other.name == v.name && other.role == v.role)
      return Error{Fault::malformed, "two venues of one name and role", c.place("name")};
  }
  if (v.role == VenueRole::options) {
    TRY(read_options(c, s, shelf, v));
  } else {
    const std::vector<Config> listings = TRY(c.tables("listing"));
    for (const Config& t : listings) {
      ListingSetup l = TRY(read_listing(t, s, v.name, v.role, shelf));
      for (const ListingSetup& other : v.listings) {
        if (other.asset == l.asset)
          return Error{Fault::malformed, "two listings of one asset", t.place("asset")};
      }
      v.listings.push_back(std::move(l));
    }
    if (v.listings.empty()) return Error{Fault::malformed, "no [[venue.listing]]", c.place()};
  }
  TRY(source(c));
  return v;
}

}  // namespace delever::sim
