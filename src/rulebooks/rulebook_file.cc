#include "rulebooks/rulebook_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>

#include "base/config.h"
#include "base/csv.h"
#include "base/text.h"
#include "market/exact.h"

namespace delever::rulebooks {
namespace {

template <class T>
Result<T> figure(const Config& config, std::string_view key) {
  auto parsed = T::parse(TRY(config.decimal(key)));
  if (!parsed.has_value()) return std::move(parsed.error()).at(config.place(key));
  return parsed;
}

template <class T>
Result<std::optional<T>> maybe(const Config& config, std::string_view key) {
  if (!config.has(key)) return std::optional<T>();
  return std::optional<T>(TRY(figure<T>(config, key)));
}

Result<std::optional<Duration>> maybe_duration(const Config& config, std::string_view key) {
  if (!config.has(key)) return std::optional<Duration>();
  return std::optional<Duration>(TRY(config.duration(key)));
}

template <class T>
Result<std::vector<T>> figures(const Config& config, std::string_view key) {
  std::vector<T> out;
  for (const std::string& text : TRY(config.texts(key))) {
    auto parsed = T::parse(text);
    if (!parsed.has_value()) return std::move(parsed.error()).at(config.place(key));
    out.push_back(parsed.value());
  }
  return out;
}

// One of a fixed list of words, by position.
template <class E>
Result<E> word(const Config& config, std::string_view key,
               std::initializer_list<std::string_view> words) {
  const std::string text = TRY(config.text(key));
  uint8_t i = 0;
  std::string known;
  for (std::string_view w : words) {
    if (w == text) return static_cast<E>(i);
    ++i;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", w);
  }
  return Error{Fault::malformed, fmt::format("\"{}\" is none of: {}", text.substr(0, 40), known),
               config.place(key)};
}

constexpr std::array<std::string_view, 10> kStepWords = {
    "cancel_orders",    "reduce_one_tier", "reduce_two_tiers",    "reduce_partial",
    "reduce_to_safety", "close_all",       "takeover_bankruptcy", "takeover_backstop",
    "auto_deleverage",  "socialise_loss"};

class Reader {
 public:
  explicit Reader(const Config& root) : root_(root) {}

  Result<Rulebook> read() {
    book_.venue = TRY(root_.text("venue"));
    book_.symbol = TRY(root_.text("symbol"));
    book_.as_of = TRY(root_.text("as_of"));
    TRY(read_sources());
    TRY(section("contract", book_.contract, contract));
    TRY(section("ladder", book_.ladder, ladder));
    TRY(section("size_margin", book_.size_margin, size_margin));
    TRY(section("option_margin", book_.option_margin, option_margin));
    TRY(section("liquidity_tier", book_.liquidity_tier, liquidity_tier));
    TRY(section("margin", book_.margin, margin));
    TRY(section("fees", book_.fees, fees));
    TRY(section("funding", book_.funding, funding));
    TRY(section("mark", book_.mark, mark));
    TRY(section("index", book_.index, index));
    TRY(section("liquidation", book_.liquidation, liquidation));
    TRY(section("insurance", book_.insurance, insurance));
    TRY(section("adl", book_.adl, adl));
    TRY(section("scenarios", book_.scenarios, scenarios));
    TRY(section("stress", book_.stress, stress));
    TRY(section("unified", book_.unified, unified));
    TRY(section("borrow", book_.borrow, borrow));
    for (const Config& c : TRY(root_.tables("collateral"))) {
      CollateralRule rule;
      rule.coin = TRY(c.text("coin"));
      rule.haircut = TRY(fraction(c, "haircut"));
      rule.source = TRY(source(c));
      book_.collateral.push_back(std::move(rule));
    }
    if (root_.has("not_established")) {
      const Config list = TRY(root_.table("not_established"));
      for (const std::string& key : list.keys()) {
        std::string why = TRY(list.text(key));
        book_.not_established.push_back({key, std::move(why)});
      }
    }
    TRY(root_.finish());
    return std::move(book_);
  }

 private:
  template <class T, class Read>
  Result<void> section(std::string_view name, std::optional<T>& into, Read take) {
    if (!root_.has(name)) return {};
    const Config config = TRY(root_.table(name));
    into = TRY(take(config));
    into->source = TRY(source(config));
    return {};
  }

  Result<void> read_sources() {
    const Config list = TRY(root_.table("sources"));
    for (const std::string& id : list.keys()) {
      const Config c = TRY(list.table(id));
      // One statement a member: TRY out of a half-built aggregate would leak the members that own
      // memory.
      RuleSource source;
      source.id = id;
      source.text = TRY(c.text("text"));
      source.grade = TRY(c.text("grade"));
      source.as_of = TRY(c.text("as_of"));
      constexpr std::string_view grades = "DACTX";
      if (source.grade.size() != 1 || grades.find(source.grade) == grades.npos)
        return Error{Fault::malformed, "a grade is one of D, A, C, T, X", c.place("grade")};
      book_.sources.push_back(std::move(source));
    }
    if (book_.sources.empty())
      return Error{Fault::malformed, "a rulebook names its sources", root_.place("sources")};
    return {};
  }

  Result<SourceIndex> source(const Config& c) {
    const std::string id = TRY(c.text("source"));
    for (size_t i = 0; i < book_.sources.size(); ++i) {
      if (book_.sources[i].id == id) return static_cast<SourceIndex>(i);
    }
    return Error{Fault::malformed, fmt::format("no source is called \"{}\"", id.substr(0, 40)),
                 c.place("source")};
  }

  // A rate between 0 and 1.
  static Result<Rate> fraction(const Config& c, std::string_view key) {
    const Rate rate = TRY(figure<Rate>(c, key));
    if (rate < Rate() || rate > Rate::raw(Rate::scale))
      return Error{Fault::malformed, "want a fraction from 0 to 1", c.place(key)};
    return rate;
  }
  static Result<std::optional<Rate>> maybe_fraction(const Config& c, std::string_view key) {
    if (!c.has(key)) return std::optional<Rate>();
    return std::optional<Rate>(TRY(fraction(c, key)));
  }

  static Result<ContractRule> contract(const Config& c) {
    ContractRule rule;
    const std::string kind = TRY(c.text("kind"));
    if (kind == "linear")
      rule.kind = InstrumentKind::linear;
    else if (kind == "inverse")
      rule.kind = InstrumentKind::inverse;
    else if (kind == "option")
      rule.kind = InstrumentKind::option;
    else if (kind == "spot")
      rule.kind = InstrumentKind::spot;
    else
      return Error{Fault::malformed, "want linear, inverse, option or spot", c.place("kind")};
    rule.base = TRY(c.text("base"));
    rule.quote = TRY(c.text("quote"));
    rule.settle = TRY(c.text("settle"));
    rule.size = TRY(maybe<Qty>(c, "size"));
    rule.tick = TRY(maybe<Price>(c, "tick"));
    rule.step = TRY(maybe<Qty>(c, "step"));
    rule.limit_qty_max = TRY(maybe<Qty>(c, "limit_qty_max"));
    rule.market_qty_max = TRY(maybe<Qty>(c, "market_qty_max"));
    rule.notional_min = TRY(maybe<Amount>(c, "notional_min"));
    rule.price_band = TRY(maybe_fraction(c, "price_band"));
    for (std::string_view key : {"size", "step"}) {
      if (c.has(key) && TRY(figure<Qty>(c, key)) <= Qty())
        return Error{Fault::malformed, "want more than 0", c.place(key)};
    }
    if (rule.tick && *rule.tick <= Price())
      return Error{Fault::malformed, "want more than 0", c.place("tick")};
    return rule;
  }

  static Result<LadderRule> ladder(const Config& c) {
    LadderRule rule;
    rule.unit = TRY(word<TierUnit>(c, "unit", {"value", "contracts"}));
    rule.rate = TRY(word<TierRate>(c, "rate", {"incremental", "whole"}));
    rule.complete = TRY(c.boolean("complete"));
    for (const Config& t : TRY(c.tables("tiers"))) {
      MarginTier tier{.floor = TRY(figure<Amount>(t, "floor")),
                      .cap = TRY(maybe<Amount>(t, "cap")),
                      .max_leverage = TRY(figure<Leverage>(t, "max_leverage")),
                      .maintenance = TRY(fraction(t, "maintenance")),
                      .initial = TRY(maybe_fraction(t, "initial"))};
      if (t.has("deduction")) {
        tier.deduction = TRY(figure<Amount>(t, "deduction"));
      } else if (rule.rate == TierRate::incremental && !rule.tiers.empty()) {
        const MarginTier& before = rule.tiers.back();
        const auto next =
            next_deduction(before.deduction, tier.floor, tier.maintenance, before.maintenance);
        if (!next) return Error{Fault::out_of_range, "its deduction is too large", t.place()};
        tier.deduction = *next;
      }
      rule.tiers.push_back(tier);
    }
    if (auto checked = check_ladder(rule); !checked.has_value())
      return std::move(checked.error()).at(c.place("tiers"));
    return rule;
  }

  static Result<SizeMarginRule> size_margin(const Config& c) {
    return SizeMarginRule{.initial_base = TRY(fraction(c, "initial_base")),
                          .initial_step = TRY(fraction(c, "initial_step")),
                          .maintenance_base = TRY(fraction(c, "maintenance_base")),
                          .maintenance_step = TRY(fraction(c, "maintenance_step"))};
  }

  static Result<OptionMarginRule> option_margin(const Config& c) {
    return OptionMarginRule{.initial_rate = TRY(fraction(c, "initial_rate")),
                            .initial_floor = TRY(fraction(c, "initial_floor")),
                            .maintenance_rate = TRY(fraction(c, "maintenance_rate"))};
  }

  static Result<LiquidityTierRule> liquidity_tier(const Config& c) {
    LiquidityTierRule rule{.initial = TRY(fraction(c, "initial")),
                           .maintenance_fraction = TRY(fraction(c, "maintenance_fraction")),
                           .open_interest_low = TRY(maybe<Amount>(c, "open_interest_low")),
                           .open_interest_high = TRY(maybe<Amount>(c, "open_interest_high")),
                           .impact_notional = TRY(maybe<Amount>(c, "impact_notional"))};
    if (rule.open_interest_low.has_value() != rule.open_interest_high.has_value() ||
        (rule.open_interest_low && *rule.open_interest_low >= *rule.open_interest_high))
      return Error{Fault::malformed, "the two open-interest caps come together, low below high",
                   c.place()};
    return rule;
  }

  static Result<MarginRule> margin(const Config& c) {
    return MarginRule{.isolated_maintenance =
                          TRY(word<MaintenanceAt>(c, "isolated_maintenance", {"mark", "entry"})),
                      .liquidate_at_equality = TRY(c.boolean("liquidate_at_equality")),
                      .liquidation_fee = TRY(maybe_fraction(c, "liquidation_fee"))};
  }

  static Result<FeeRule> fees(const Config& c) {
    return FeeRule{.maker = TRY(maybe<Rate>(c, "maker")),
                   .taker = TRY(maybe<Rate>(c, "taker")),
                   .liquidation = TRY(maybe_fraction(c, "liquidation"))};
  }

  static Result<FundingRule> funding(const Config& c) {
    FundingRule rule{
        .formula = TRY(word<FundingFormula>(
            c, "formula", {"premium_clamp", "mean_basis", "dead_band", "premium_plus"})),
        .rate_period = TRY(c.duration("rate_period")),
        .interest = TRY(maybe<Rate>(c, "interest")),
        .clamp = TRY(maybe_fraction(c, "clamp")),
        .cap = TRY(maybe<Rate>(c, "cap")),
        .cap_period = TRY(maybe_duration(c, "cap_period")),
        .impact_notional = TRY(maybe<Amount>(c, "impact_notional")),
        .sample_every = TRY(maybe_duration(c, "sample_every")),
        .pays_on_oracle = TRY(c.boolean("pays_on_oracle", false))};
    if (c.has("interval")) rule.interval = TRY(c.duration("interval"));
    if (rule.interval.ns() <= 0 && rule.formula != FundingFormula::dead_band)
      return Error{Fault::malformed, "only funding that accrues continuously has no interval",
                   c.place("interval")};
    if (rule.rate_period.ns() <= 0)
      return Error{Fault::malformed, "want more than 0", c.place("rate_period")};
    if (rule.cap && *rule.cap <= Rate())
      return Error{Fault::malformed, "want more than 0", c.place("cap")};
    return rule;
  }

  static Result<MarkRule> mark(const Config& c) {
    return MarkRule{
        .formula = TRY(word<MarkFormula>(
            c, "formula", {"median_basis_last", "index_ema", "median_oracle", "oracle"})),
        .basis_window = TRY(maybe_duration(c, "basis_window")),
        .sample_every = TRY(maybe_duration(c, "sample_every"))};
  }

  static Result<IndexRule> index(const Config& c) {
    IndexRule rule{.formula = TRY(word<IndexFormula>(
                       c, "formula", {"volume_weighted_mean", "clipped_mean", "weighted_median"})),
                   .clip = TRY(maybe_fraction(c, "clip")),
                   .settlement_window = TRY(maybe_duration(c, "settlement_window"))};
    if (c.has("weights")) {
      const Config weights = TRY(c.table("weights"));
      for (const std::string& venue : weights.keys()) {
        const Rate weight = TRY(figure<Rate>(weights, venue));
        rule.weights.push_back({venue, weight});
      }
    }
    return rule;
  }

  static Result<LiquidationRule> liquidation(const Config& c) {
    LiquidationRule rule{.partial_fraction = TRY(maybe_fraction(c, "partial_fraction")),
                         .partial_above = TRY(maybe<Amount>(c, "partial_above")),
                         .partial_cooldown = TRY(maybe_duration(c, "partial_cooldown")),
                         .backstop_fraction = TRY(maybe_fraction(c, "backstop_fraction")),
                         .stop_at_ratio = TRY(maybe_fraction(c, "stop_at_ratio")),
                         .price_spread_max = TRY(maybe<Rate>(c, "price_spread_max")),
                         .slice_min = TRY(maybe<Amount>(c, "slice_min")),
                         .slice_max = TRY(maybe<Amount>(c, "slice_max")),
                         .slice_fraction_min = TRY(maybe_fraction(c, "slice_fraction_min"))};
    for (const std::string& name : TRY(c.texts("steps"))) {
      const auto* found = std::find(kStepWords.begin(), kStepWords.end(), name);
      if (found == kStepWords.end())
        return Error{Fault::malformed, fmt::format("\"{}\" is no step", name.substr(0, 40)),
                     c.place("steps")};
      rule.steps.push_back(static_cast<LiquidationStep>(found - kStepWords.begin()));
    }
    return rule;
  }

  static Result<InsuranceRule> insurance(const Config& c) {
    return InsuranceRule{.scope = TRY(c.text("scope"))};
  }

  static Result<AdlRule> adl(const Config& c) {
    return AdlRule{
        .ranking = TRY(word<AdlRanking>(
            c, "ranking",
            {"leverage_pnl", "pnl_leverage", "mark_entry_leverage", "random_opposite"})),
        .trigger =
            TRY(word<AdlTrigger>(c, "trigger", {"fund_empty", "drawdown", "account_negative"})),
        .price = TRY(word<AdlPrice>(c, "price", {"bankruptcy", "mark", "previous_mark"})),
        .drawdown = TRY(maybe_fraction(c, "drawdown")),
        .drawdown_min = TRY(maybe<Amount>(c, "drawdown_min")),
        .stop_drawdown = TRY(maybe_fraction(c, "stop_drawdown"))};
  }

  static Result<ScenarioRule> scenarios(const Config& c) {
    ScenarioRule rule{.price_range = TRY(fraction(c, "price_range")),
                      .vol_up = TRY(maybe<Rate>(c, "vol_up")),
                      .vol_down = TRY(maybe_fraction(c, "vol_down")),
                      .short_vega_power = TRY(maybe_fraction(c, "short_vega_power")),
                      .long_vega_power = TRY(maybe_fraction(c, "long_vega_power")),
                      .vol_up_floor = TRY(maybe<Rate>(c, "vol_up_floor")),
                      .annualised_move = TRY(maybe_fraction(c, "annualised_move")),
                      .annualised_move_min = TRY(maybe_fraction(c, "annualised_move_min")),
                      .gain_offset = TRY(fraction(c, "gain_offset")),
                      .gain_offset_max_usd = TRY(maybe<Amount>(c, "gain_offset_max_usd")),
                      .maintenance_factor = TRY(fraction(c, "maintenance_factor")),
                      .extended_factor = TRY(maybe<Rate>(c, "extended_factor")),
                      .extended_dampener_usd = TRY(maybe<Amount>(c, "extended_dampener_usd")),
                      .delta_shock_above_usd = TRY(maybe<Amount>(c, "delta_shock_above_usd")),
                      .delta_shock_max = TRY(maybe_fraction(c, "delta_shock_max"))};
    const int64_t buckets = TRY(c.integer("buckets_each_side"));
    if (buckets < 1 || buckets > 100)
      return Error{Fault::malformed, "want 1 to 100 buckets", c.place("buckets_each_side")};
    rule.buckets_each_side = static_cast<int>(buckets);
    if (rule.price_range >= Rate::raw(Rate::scale))
      return Error{Fault::malformed, "a fall of 100 % leaves no price", c.place("price_range")};
    if (c.has("extended_moves")) rule.extended_moves = TRY(figures<Rate>(c, "extended_moves"));
    for (Rate move : rule.extended_moves) {
      if (move <= Rate::raw(-Rate::scale))
        return Error{Fault::malformed, "a fall of 100 % leaves no price",
                     c.place("extended_moves")};
    }
    return rule;
  }

  static Result<StressRule> stress(const Config& c) {
    StressRule rule;
    rule.spot_moves = TRY(figures<Rate>(c, "spot_moves"));
    rule.extreme_move = TRY(fraction(c, "extreme_move"));
    rule.annual_basis_move = TRY(fraction(c, "annual_basis_move"));
    for (const Config& t : TRY(c.tables("minimum_charge")))
      rule.minimum_charge.push_back(
          {TRY(maybe<Amount>(t, "up_to_usd")), TRY(figure<Rate>(t, "multiplier"))});
    return rule;
  }

  static Result<UnifiedRule> unified(const Config& c) {
    return UnifiedRule{.warn_below = TRY(figure<Rate>(c, "warn_below")),
                       .reduce_only_below = TRY(figure<Rate>(c, "reduce_only_below")),
                       .liquidate_at = TRY(figure<Rate>(c, "liquidate_at")),
                       .bankrupt_at = TRY(figure<Rate>(c, "bankrupt_at"))};
  }

  static Result<BorrowRule> borrow(const Config& c) {
    BorrowRule rule{.liquidate_above = TRY(fraction(c, "liquidate_above"))};
    const Config ltv = TRY(c.table("ltv"));
    for (const std::string& coin : ltv.keys()) {
      const Rate most = TRY(fraction(ltv, coin));
      rule.ltv.push_back({coin, most});
    }
    return rule;
  }

  const Config& root_;
  Rulebook book_;
};

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
      continue;
    }
    const MarginTier& before = ladder.tiers[i - 1];
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
    const int64_t off = want->raw() - tier.deduction.raw();  // both >= 0: rates rise
    if (off > 2 + tier.floor.raw() / Rate::scale || -off > 2 + tier.floor.raw() / Rate::scale)
      return bad(i, fmt::format("has deduction {} where the rates give {}", tier.deduction.text(),
                                want->text()));
  }
  return {};
}

Result<Rulebook> parse_rulebook(std::string_view toml, std::string_view file_name) {
  const Config root = TRY(Config::parse(toml, file_name));
  return Reader(root).read();
}

Result<Rulebook> load_rulebook(const std::string& path) {
  const Config root = TRY(Config::load(path));
  return Reader(root).read();
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
    }
    if (table.field(row, "unit").starts_with("contracts")) ladder.unit = TierUnit::contracts;
    ladder.tiers.push_back(tier);
  }
  if (auto checked = check_ladder(ladder); !checked.has_value())
    return std::move(checked.error()).at(file_name);
  ladder.complete = !ladder.tiers.back().cap;
  if (table.column("completeness") && table.field(table.rows.back(), "completeness") == "full")
    ladder.complete = true;
  return ladder;
}

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

}  // namespace delever::rulebooks
