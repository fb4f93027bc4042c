#include "sim/scenario/scenario_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace delever::sim {

namespace {
constexpr double kMost =
    1e15;  // no figure of a market is larger, and products of two of them stay finite
}  // namespace

Result<double> positive(const Config& c, std::string_view key) {
  const double x = TRY(c.number(key));
  if (!(x > 0)) return Error{Fault::out_of_range, "must be greater than 0", c.place(key)};
  if (x > kMost) return Error{Fault::out_of_range, "greater than any market", c.place(key)};
  return x;
}

Result<double> not_negative(const Config& c, std::string_view key) {
  const double x = TRY(c.number(key));
  if (!(x >= 0)) return Error{Fault::out_of_range, "must not be negative", c.place(key)};
  if (x > kMost) return Error{Fault::out_of_range, "greater than any market", c.place(key)};
  return x;
}

Result<double> any_sign(const Config& c, std::string_view key) {
  const double x = TRY(c.number(key));
  if (std::abs(x) > kMost)
    return Error{Fault::out_of_range, "greater than any market", c.place(key)};
  return x;
}

// Names go into file names, CSV and JSON as they are.
Result<std::string> name(const Config& c, std::string_view key) {
  const std::string text = TRY(c.text(key));
  const auto plain = [](char x) {
    return (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z') || (x >= '0' && x <= '9') || x == '-' ||
           x == '_';
  };
  if (text.empty() || text.size() > 40 || !std::all_of(text.begin(), text.end(), plain))
    return Error{Fault::malformed, "a name of 1 to 40 letters, digits, - and _", c.place(key)};
  return text;
}

Result<double> share(const Config& c, std::string_view key) {
  const double x = TRY(c.number(key));
  if (!(x >= 0 && x <= 1)) return Error{Fault::out_of_range, "a share from 0 to 1", c.place(key)};
  return x;
}

Result<double> number(const Config& c, std::string_view key) { return c.number(key); }
Result<std::vector<double>> numbers(const Config& c, std::string_view key) {
  return c.numbers(key);
}
Result<std::string> text(const Config& c, std::string_view key) { return c.text(key); }
Result<Instant> instant(const Config& c, std::string_view key) { return c.instant(key); }
Result<bool> flag(const Config& c, std::string_view key) { return c.boolean(key, false); }

Result<OptionType> option_type(const Config& c, std::string_view key) {
  const std::string type = TRY(c.text(key));
  if (type == "call") return OptionType::call;
  if (type == "put") return OptionType::put;
  return Error{Fault::malformed, "call or put", c.place(key)};
}

Result<ExternalFlowKind> external_flow_kind(const Config& c, std::string_view key) {
  const std::string kind = TRY(c.text(key));
  if (kind == "treasury") return ExternalFlowKind::treasury;
  if (kind == "etf") return ExternalFlowKind::etf;
  if (kind == "foundation") return ExternalFlowKind::foundation;
  return Error{Fault::malformed, "treasury, etf or foundation", c.place(key)};
}

Result<bool> is_perpetual(const Config& c, std::string_view key) {
  const std::string market = TRY(c.text(key));
  if (market == "perpetual") return true;
  if (market == "spot") return false;
  return Error{Fault::malformed, "spot or perpetual", c.place(key)};
}

Result<uint32_t> count(const Config& c, std::string_view key, int64_t most) {
  const int64_t n = TRY(c.integer(key));
  if (n < 1 || n > most)
    return Error{Fault::out_of_range, fmt::format("from 1 to {}", most), c.place(key)};
  return static_cast<uint32_t>(n);
}

Result<Duration> length(const Config& c, std::string_view key) {
  const Duration d = TRY(c.duration(key));
  if (d <= Duration())
    return Error{Fault::out_of_range, "must be longer than nothing", c.place(key)};
  return d;
}

Result<uint32_t> asset(const Config& c, const Scenario& s, std::string_view key) {
  const std::string name = TRY(c.text(key));
  for (size_t i = 0; i < s.assets.size(); ++i) {
    if (s.assets[i].name == name) return static_cast<uint32_t>(i);
  }
  return Error{Fault::malformed, "no [[asset]] of this name", c.place(key)};
}

Result<Latency> latency(const Config& c, std::string_view key) {
  Latency l;
  l.fixed = TRY(c.duration(key));
  l.mean_extra = TRY(c.duration("latency_extra"));
  if (l.fixed < Duration() || l.fixed > Duration::hours(1) || l.mean_extra < Duration() ||
      l.mean_extra > Duration::hours(1))
    return Error{Fault::out_of_range, "from 0 to 1h", c.place(key)};
  return l;
}

Result<void> source(const Config& c) {
  const std::string text = TRY(c.text("source"));
  if (text.empty())
    return Error{Fault::malformed, "say where the figures come from, or \"assumption\"",
                 c.place("source")};
  return {};
}

namespace {

constexpr double kTicksMost = 5e6;   // of a start price: 100 MB a book
constexpr double kWalletMost = 2e9;  // USD, the largest that a wallet is sure to hold

template <class T>
Result<std::optional<T>> maybe_exact(const Config& c, std::string_view key) {
  if (!c.has(key)) return std::optional<T>();
  const std::string text = TRY(c.decimal(key));
  auto read = T::parse(text);
  if (!read.has_value()) return std::move(read.error()).at(c.place(key));
  return std::optional<T>(read.value());
}

// What the scenario supplies where the rulebook is silent. A figure that the rulebook has is not
// overridden: saying it twice would hide which one rules.
Result<void> fill(const Config& c, Rulebook& rules) {
  const auto tick = TRY(maybe_exact<Price>(c, "tick"));
  const auto step = TRY(maybe_exact<Qty>(c, "step"));
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

Result<ListingSetup> read_listing(const Config& c, const Scenario& s, std::string_view venue,
                                  VenueRole role, const rulebooks::RulebookShelf& shelf) {
  ListingSetup l;
  l.symbol = TRY(name(c, "symbol"));
  l.asset = TRY(asset(c, s));
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
    const Rulebook* found = shelf.find(book_venue, book, as_of);
    if (!found)
      return Error{Fault::not_found, fmt::format("no rulebook {} {} {}", book_venue, book, as_of),
                   c.place("symbol")};
    l.rules = *found;
    if (!l.rules.contract) return not_established(l.rules, "contract");
    if (l.rules.contract->base != s.assets[l.asset].name)
      return Error{
          Fault::malformed,
          fmt::format("is of {}, not of {}", l.rules.contract->base, s.assets[l.asset].name),
          c.place("symbol")};
  }
  TRY(fill(c, l.rules));
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
  if (ticks < 100 || ticks > kTicksMost)
    return Error{Fault::out_of_range,
                 fmt::format("the start price is {:.0f} ticks: a book holds from 100 to {:.0f}",
                             ticks, kTicksMost),
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

}  // namespace

Result<VenueSetup> read_venue(const Config& c, const Scenario& s,
                              const rulebooks::RulebookShelf& shelf) {
  VenueSetup v;
  v.name = TRY(name(c, "name"));
  const std::string role = TRY(c.text("role"));
  if (role == "perpetual")
    v.role = VenueRole::perpetual;
  else if (role == "spot")
    v.role = VenueRole::spot;
  else if (role == "options")
    v.role = VenueRole::options;
  else
    return Error{Fault::malformed, "perpetual, spot or options", c.place("role")};
  for (const VenueSetup& other : s.venues) {
    if (other.name == v.name && other.role == v.role)
      return Error{Fault::malformed, "two venues of one name and role", c.place("name")};
  }
  v.share = TRY(not_negative(c, "share"));
  v.fund_usd = TRY(not_negative(c, "fund_usd"));
  if (c.has("vault_usd")) v.vault_usd = TRY(not_negative(c, "vault_usd"));
  if (v.fund_usd > kWalletMost)
    return Error{Fault::out_of_range, "2e9 USD at most", c.place("fund_usd")};
  if (v.vault_usd > kWalletMost)
    return Error{Fault::out_of_range, "2e9 USD at most", c.place("vault_usd")};
  v.collateral_haircut = TRY(maybe_exact<Rate>(c, "collateral_haircut"));
  if (c.has("tick_every")) v.tick_every = TRY(length(c, "tick_every"));
  if (v.tick_every.ns() % 1'000'000'000 != 0)
    return Error{Fault::out_of_range, "whole seconds", c.place("tick_every")};
  if (v.role == VenueRole::options) {
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
