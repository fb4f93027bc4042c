#include "rulebooks/rulebook_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/config.h"
#include "base/csv.h"
#include "base/text.h"
#include "market/exact.h"
#include "rulebooks/rule_fields.h"

namespace delever::rulebooks {
namespace {

// ---- what no single key can tell

template <class T>
Result<void> check(T&, const Config&) {
  return {};
}

Result<void> check(LadderRule& rule, const Config& c) {
  if (auto checked = check_ladder(rule); !checked.has_value())
    return std::move(checked.error()).at(c.place("tiers"));
  return {};
}

// What a table in a list takes from those before it.
template <class T>
Result<void> complete_last(std::vector<T>&, const Config&, const Config&) {
  return {};
}

// A deduction that the file leaves out follows from the rates.
Result<void> complete_last(std::vector<MarginTier>& tiers, const Config& tier,
                           const Config& ladder) {
  if (tiers.size() < 2 || tier.has("deduction") ||
      TRY(word<TierRate>(ladder, "rate")) != TierRate::incremental)
    return {};
  const MarginTier& before = tiers[tiers.size() - 2];
  MarginTier& last = tiers.back();
  const auto next =
      next_deduction(before.deduction, last.floor, last.maintenance, before.maintenance);
  if (!next) return Error{Fault::out_of_range, "its deduction is too large", tier.place()};
  last.deduction = *next;
  return {};
}

// dYdX scales the initial fraction linearly between the caps.
Result<void> check(LiquidityTierRule& rule, const Config& c) {
  if (rule.open_interest_low.has_value() != rule.open_interest_high.has_value() ||
      (rule.open_interest_low && *rule.open_interest_low >= *rule.open_interest_high))
    return Error{Fault::malformed, "the two open-interest caps come together, low below high",
                 c.place()};
  return {};
}

// An interval of 0 stands for payment without end (Deribit), which only its formula knows.
Result<void> check(FundingRule& rule, const Config& c) {
  if (rule.interval.ns() <= 0 && rule.formula != FundingFormula::dead_band)
    return Error{Fault::malformed, "only funding that accrues continuously has no interval",
                 c.place("interval")};
  if (rule.rate_period.ns() <= 0)
    return Error{Fault::malformed, "want more than 0", c.place("rate_period")};
  return {};
}

using Sources = std::vector<RuleSource>;

// Reads a table by its list of fields. The first error is kept, and nothing is read after it.
class RuleTable {
 public:
  RuleTable(const Config& config, const Sources& sources) : c_(config), sources_(sources) {}

  template <class T, class Read>
  void operator()(std::string_view key, T& member, Read read) {
    if (!error_) keep(read(c_, key), member);
  }
  template <class T, class Read>
  void maybe(std::string_view key, T& member, Read read) {
    if (!error_ && c_.has(key)) keep(read(c_, key), member);
  }
  template <class T, class Read>
  void of_accounts(std::string_view key, T& member, Read read) {
    maybe(key, member, read);
  }
  template <class T>
  void section(std::string_view key, std::optional<T>& member) {
    if (error_ || !c_.has(key)) return;
    auto config = c_.table(key);
    if (!config.has_value()) return fail(std::move(config.error()));
    keep(read_rule<T>(config.value(), sources_), member);
  }
  template <class T>
  void tables(std::string_view key, std::vector<T>& members) {
    if (error_) return;
    auto configs = c_.tables(key);
    if (!configs.has_value()) return fail(std::move(configs.error()));
    for (const Config& config : configs.value()) {
      // Into the list before it is complete: a tier takes its deduction from the one before it
      // there.
      keep(read_rule<T>(config, sources_), members.emplace_back());
      if (error_) return;
      auto completed = complete_last(members, config, c_);
      if (!completed.has_value()) return fail(std::move(completed.error()));
    }
  }
  void source(SourceIndex& member) {
    if (!error_) keep(source_of(c_), member);
  }
  template <class T>
  void apart(T&) {}

  Result<void> done() {
    if (error_) return *std::move(error_);
    return {};
  }

  template <class T>
  static Result<T> read_rule(const Config& config, const Sources& sources) {
    T rule;
    RuleTable table(config, sources);
    fields(table, rule);
    TRY(table.done());
    TRY(check(rule, config));
    return rule;
  }

 private:
  void fail(Error error) { error_ = std::move(error); }
  template <class T, class Member>
  void keep(Result<T> read, Member& member) {
    if (read.has_value())
      member = std::move(read).value();
    else
      fail(std::move(read.error()));
  }
  Result<SourceIndex> source_of(const Config& c) {
    const std::string id = TRY(c.text("source"));
    for (size_t i = 0; i < sources_.size(); ++i) {
      if (sources_[i].id == id) return static_cast<SourceIndex>(i);
    }
    return Error{Fault::malformed, fmt::format("no source is called \"{}\"", id.substr(0, 40)),
                 c.place("source")};
  }

  const Config& c_;
  const Sources& sources_;
  std::optional<Error> error_;
};

Result<Sources> read_sources(const Config& root) {
  const Config list = TRY(root.table("sources"));
  Sources sources;
  for (const std::string& id : list.keys()) {
    const Config c = TRY(list.table(id));
    sources.push_back(TRY(RuleTable::read_rule<RuleSource>(c, {})));
    sources.back().id = id;
  }
  if (sources.empty())
    return Error{Fault::malformed, "a rulebook names its sources", root.place("sources")};
  return sources;
}

// Sources first: every section names one.
Result<Rulebook> read_rulebook(const Config& root) {
  Sources sources = TRY(read_sources(root));
  Rulebook book = TRY(RuleTable::read_rule<Rulebook>(root, sources));
  book.sources = std::move(sources);
  if (root.has("not_established")) {
    const Config list = TRY(root.table("not_established"));
    for (const std::string& key : list.keys()) {
      std::string why = TRY(list.text(key));
      book.not_established.push_back({key, std::move(why)});
    }
  }
  // After everything that may be read: a key that nobody asked for is unknown, and refused.
  TRY(root.finish());
  return book;
}

}  // namespace

std::optional<Amount> next_deduction(Amount previous, Amount floor, Rate rate, Rate rate_before) {
  return fit<Amount>(previous.raw() + times(floor.raw(), rate - rate_before, Round::down));
}

Result<void> check_ladder(const LadderRule& ladder) {
  const auto bad = [](size_t i, std::string_view why) {
    return Error{Fault::malformed, fmt::format("tier {} {}", i + 1, why)};
  };
  if (ladder.tiers.empty()) return Error{Fault::malformed, "a ladder has at least one tier"};
  for (size_t i = 0; i < ladder.tiers.size(); ++i) {
    const MarginTier& tier = ladder.tiers[i];
    if (tier.cap && *tier.cap <= tier.floor) return bad(i, "ends before it begins");
    if (tier.max_leverage < Leverage::raw(Leverage::scale)) return bad(i, "has a leverage below 1");
    if (tier.maintenance < Rate() || tier.maintenance > Rate::raw(Rate::scale))
      return bad(i, "has a rate beyond 0 to 1");
    if (i == 0) {
      if (tier.floor != Amount()) return bad(i, "must begin at 0");
      if (ladder.rate == TierRate::whole && tier.deduction != Amount())
        return bad(i, "has a deduction on a whole rate");
      // The recursion begins at 0: what is deducted in a tier is owed to the lower rates below it.
      if (tier.deduction != Amount()) return bad(i, "has a deduction, and no tier below it");
      continue;
    }
    const MarginTier& before = ladder.tiers[i - 1];
    // A tier without a cap has no end, so it can only be the last.
    if (!before.cap || *before.cap != tier.floor)
      return bad(i, "does not begin where the tier before it ends");
    if (tier.maintenance < before.maintenance)
      return bad(i, "has a lower maintenance rate than the tier before it");
    if (tier.max_leverage > before.max_leverage)
      return bad(i, "allows more leverage than the tier before it");
    if (ladder.rate == TierRate::whole) {
      if (tier.deduction != Amount()) return bad(i, "has a deduction on a whole rate");
      continue;
    }
    const auto want =
        next_deduction(before.deduction, tier.floor, tier.maintenance, before.maintenance);
    if (!want) return bad(i, "has a deduction that is too large");
    // Rates such as 1/30 are held to 1e-15, so the product is off by floor * 1e-15; 2e-8 for
    // rounding.
    const int64_t off = want->raw() - tier.deduction.raw();  // both >= 0: rates rise
    if (off > 2 + tier.floor.raw() / Rate::scale || -off > 2 + tier.floor.raw() / Rate::scale)
      return bad(i, fmt::format("has deduction {} where the rates give {}", tier.deduction.text(),
                                want->text()));
  }
  return {};
}

Result<Rulebook> parse_rulebook(std::string_view toml, std::string_view file_name) {
  const Config root = TRY(Config::parse(toml, file_name));
  return read_rulebook(root);
}

Result<Rulebook> load_rulebook(const std::string& path) {
  const Config root = TRY(Config::load(path));
  return read_rulebook(root);
}

Result<LadderRule> parse_ladder_csv(std::string_view csv, std::string_view file_name) {
  const CsvTable table = TRY(read_csv(csv, file_name));
  for (std::string_view column : {"notional_floor", "notional_cap", "max_leverage", "mmr"}) {
    if (!table.column(column))
      return Error{Fault::malformed, fmt::format("a ladder has a column {}", column),
                   fmt::format("{}:1", file_name)};
  }
  LadderRule ladder;
  for (const CsvRecord& row : table.rows) {
    const std::string place = fmt::format("{}:{}", file_name, row.line);
    const auto read = [&]<class T>(std::string_view column, T) -> Result<T> {
      auto parsed = T::parse(table.field(row, column), Precision::nearest);
      if (!parsed.has_value())
        return std::move(parsed.error()).at(fmt::format("{}: {}", place, column));
      return parsed;
    };
    MarginTier tier{.floor = TRY(read("notional_floor", Amount())),
                    .max_leverage = TRY(read("max_leverage", Leverage())),
                    .maintenance = TRY(read("mmr", Rate()))};
    const std::string_view cap = table.field(row, "notional_cap"),
                           deduction = table.field(row, "maint_amount");
    if (cap != "inf" && !cap.empty()) tier.cap = TRY(read("notional_cap", Amount()));
    // "n/a" is what tables print that charge one rate on the whole value: there is nothing to
    // deduct.
    if (deduction.starts_with("n/a")) {
      ladder.rate = TierRate::whole;
    } else if (!ladder.tiers.empty()) {
      // Printed deductions carry a double's digits (1333333.3333333333), so the exact one is
      // computed and they are compared with it.
      const MarginTier& before = ladder.tiers.back();
      const auto next =
          next_deduction(before.deduction, tier.floor, tier.maintenance, before.maintenance);
      if (!next) return Error{Fault::out_of_range, "its deduction is too large", place};
      tier.deduction = *next;
      if (!deduction.empty()) {
        const Amount printed = TRY(read("maint_amount", Amount()));
        const double off = std::abs(printed.approx() - next->approx());
        if (off > 1e-9 * std::max(1.0, next->approx()))
          return Error{
              Fault::malformed,
              fmt::format("maint_amount {} where the rates give {}", deduction, next->text()),
              place};
      }
    } else if (!deduction.empty()) {
      tier.deduction = TRY(read("maint_amount", Amount()));  // 0, or check_ladder refuses it
    }
    if (table.field(row, "unit").starts_with("contracts")) ladder.unit = TierUnit::contracts;
    ladder.tiers.push_back(tier);
  }
  if (auto checked = check_ladder(ladder); !checked.has_value())
    return std::move(checked.error()).at(file_name);
  // A last tier with a cap may be the end of what the source showed; "full" says that it is the
  // venue's.
  ladder.complete = !ladder.tiers.back().cap;
  if (table.column("completeness") && table.field(table.rows.back(), "completeness") == "full")
    ladder.complete = true;
  return ladder;
}

// In the order of the paths, so that what is found does not depend on the file system.
Result<RulebookShelf> RulebookShelf::load(const std::string& folder) {
  std::error_code failure;
  std::vector<std::string> paths;
  for (std::filesystem::recursive_directory_iterator it(folder, failure), end;
       !failure && it != end; it.increment(failure)) {
    if (it->path().extension() == ".toml") paths.push_back(it->path().string());
  }
  if (failure) return Error{Fault::unavailable, failure.message(), folder};
  if (paths.empty()) return Error{Fault::not_found, "holds no rulebook (*.toml)", folder};
  std::sort(paths.begin(), paths.end());
  RulebookShelf shelf;
  for (const std::string& path : paths) {
    Rulebook book = TRY(load_rulebook(path));
    if (shelf.find(book.venue, book.symbol, book.as_of))
      return Error{Fault::malformed, book.name() + " is there twice", path};
    shelf.add(std::move(book));
  }
  return shelf;
}

void RulebookShelf::add(Rulebook book) {
  books_.push_back(std::make_unique<const Rulebook>(std::move(book)));
}

const Rulebook* RulebookShelf::find(std::string_view venue, std::string_view symbol,
                                    std::string_view as_of) const {
  const Rulebook* best = nullptr;
  const auto dated = [](const Rulebook& book) { return book.as_of != "undated"; };
  for (const auto& book : books_) {
    if (book->venue != venue || book->symbol != symbol) continue;
    if (!as_of.empty()) {
      if (book->as_of == as_of) return book.get();
    } else if (!best || dated(*book) > dated(*best) ||
               (dated(*book) == dated(*best) && book->as_of > best->as_of)) {
      best = book.get();
    }
  }
  return best;
}

const Rulebook* RulebookShelf::newest(std::string_view venue, std::string_view symbol,
                                      std::string_view by,
                                      const std::function<bool(const Rulebook&)>& covers) const {
  const Rulebook* best = nullptr;
  const auto dated = [](const Rulebook& book) { return book.as_of != "undated"; };
  for (const auto& book : books_) {
    if (book->venue != venue || book->symbol != symbol) continue;
    // "2024" and "2024-06" are of some day in it: that far the later text is the later day.
    if (dated(*book) && !by.empty() && by != "undated" && book->as_of > by) continue;
    if (by == "undated" && dated(*book)) continue;
    if (covers && !covers(*book)) continue;
    if (!best || dated(*book) > dated(*best) ||
        (dated(*book) == dated(*best) && book->as_of > best->as_of))
      best = book.get();
  }
  return best;
}

Error RulebookShelf::none(std::string_view venue, std::string_view symbol,
                          std::string_view by) const {
  std::vector<std::string> dates, symbols, venues;
  for (const auto& book : books_) {
    // Books stand in the order of their paths, so equal names mostly follow each other.
    if (venues.empty() || venues.back() != book->venue) venues.push_back(book->venue);
    if (book->venue != venue) continue;
    if (symbols.empty() || symbols.back() != book->symbol) symbols.push_back(book->symbol);
    if (book->symbol == symbol) dates.push_back(book->as_of);
  }
  std::sort(venues.begin(), venues.end());
  venues.erase(std::unique(venues.begin(), venues.end()), venues.end());
  const auto& there = !dates.empty() ? dates : !symbols.empty() ? symbols : venues;
  return {Fault::not_found,
          fmt::format("no rulebook for {} {}{}{}: there are {}", venue.substr(0, 40),
                      symbol.substr(0, 40), by.empty() ? "" : " at or before ", by.substr(0, 40),
                      fmt::join(there, ", "))};
}

std::string RulebookShelf::symbol_of(std::string_view venue, std::string_view text) const {
  const auto known = [&](std::string_view symbol) -> std::string {
    for (const auto& book : books_) {
      if (book->venue == venue && lower(book->symbol) == lower(symbol)) return book->symbol;
    }
    return "";
  };
  if (std::string exact = known(text); !exact.empty()) return exact;
  const size_t slash = text.find('/');
  if (slash == text.npos) return std::string(text);
  const std::string base(text.substr(0, slash));
  const std::string_view rest = text.substr(slash + 1);
  const size_t colon = rest.find(':');
  const std::string quote(rest.substr(0, colon));
  // ccxt's unified form is BASE/QUOTE:SETTLE; without a colon it is a spot pair.
  const std::string settle(colon == rest.npos ? "" : rest.substr(colon + 1));
  const bool inverse = lower(settle) == lower(base);
  // The names that venues give a perpetual of this base, quote and settlement.
  std::vector<std::string> names{base + quote, base + "-" + quote + "-SWAP"};
  if (inverse)
    names = {base + quote + "_PERP", base + quote, base + "-PERPETUAL",
             base + "-" + quote + "-SWAP"};
  names.push_back(base + "_" + quote + "-PERPETUAL");
  if (venue == "hyperliquid" || venue == "dydx") names.push_back(base);
  for (const std::string& name : names) {
    if (std::string found = known(name); !found.empty()) return found;
  }
  return std::string(text);
}

}  // namespace delever::rulebooks
