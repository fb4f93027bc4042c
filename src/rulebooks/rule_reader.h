// Readers of the figures of a rulebook, each with its check, and the words of its enumerations.
// Private to this folder and to the lists of fields (rule_fields.h).
#pragma once

#include <fmt/format.h>

#include <utility>

#include "base/config.h"
#include "market/rulebook.h"

namespace delever::rulebooks {

template <class T>
Result<T> figure(const Config& c, std::string_view key) {
  auto parsed = T::parse(TRY(c.decimal(key)));
  if (!parsed.has_value()) return std::move(parsed.error()).at(c.place(key));
  return parsed;
}

template <class T>
Result<T> above_zero(const Config& c, std::string_view key) {
  const T value = TRY(figure<T>(c, key));
  if (value <= T()) return Error{Fault::malformed, "want more than 0", c.place(key)};
  return value;
}

template <class T>
Result<std::vector<T>> figures(const Config& c, std::string_view key) {
  std::vector<T> out;
  for (const std::string& text : TRY(c.texts(key))) {
    auto parsed = T::parse(text);
    if (!parsed.has_value()) return std::move(parsed.error()).at(c.place(key));
    out.push_back(parsed.value());
  }
  return out;
}

// The words of a file for the values of an enumeration.
template <class E>
struct Words;

template <class E>
Result<E> word(const Config& c, std::string_view key) {
  const std::string text = TRY(c.text(key));
  std::string known;
  for (const auto& [name, value] : Words<E>::all) {
    if (name == text) return value;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", name);
  }
  return Error{Fault::malformed, fmt::format("\"{}\" is none of: {}", text.substr(0, 40), known),
               c.place(key)};
}

Result<std::string> text(const Config& c, std::string_view key);
Result<bool> flag(const Config& c, std::string_view key);
Result<Duration> duration(const Config& c, std::string_view key);
Result<Rate> fraction(const Config& c, std::string_view key);                  // 0 to 1
Result<Rate> fraction_leaving_a_price(const Config& c, std::string_view key);  // below 1
Result<std::vector<Rate>> moves_leaving_a_price(const Config& c, std::string_view key);
Result<int> buckets(const Config& c, std::string_view key);  // 1 to 100
Result<std::string> source_grade(const Config& c, std::string_view key);
Result<std::vector<LiquidationStep>> liquidation_steps(const Config& c, std::string_view key);
// Tables whose keys are names.
Result<std::vector<IndexWeight>> weights_by_venue(const Config& c, std::string_view key);
Result<std::vector<LoanToValue>> loans_to_value(const Config& c, std::string_view key);

template <>
struct Words<InstrumentKind> {
  static constexpr std::pair<std::string_view, InstrumentKind> all[] = {
      {"linear", InstrumentKind::linear},
      {"inverse", InstrumentKind::inverse},
      {"option", InstrumentKind::option},
      {"spot", InstrumentKind::spot}};
};
template <>
struct Words<TierUnit> {
  static constexpr std::pair<std::string_view, TierUnit> all[] = {
      {"value", TierUnit::value}, {"contracts", TierUnit::contracts}};
};
template <>
struct Words<TierRate> {
  static constexpr std::pair<std::string_view, TierRate> all[] = {
      {"incremental", TierRate::incremental}, {"whole", TierRate::whole}};
};
template <>
struct Words<MaintenanceAt> {
  static constexpr std::pair<std::string_view, MaintenanceAt> all[] = {
      {"mark", MaintenanceAt::mark}, {"entry", MaintenanceAt::entry}};
};
template <>
struct Words<OrderMargin> {
  static constexpr std::pair<std::string_view, OrderMargin> all[] = {
      {"mark", OrderMargin::mark}, {"order_price", OrderMargin::order_price}};
};
template <>
struct Words<FundingFormula> {
  static constexpr std::pair<std::string_view, FundingFormula> all[] = {
      {"premium_clamp", FundingFormula::premium_clamp},
      {"mean_basis", FundingFormula::mean_basis},
      {"dead_band", FundingFormula::dead_band},
      {"premium_plus", FundingFormula::premium_plus}};
};
template <>
struct Words<MarkFormula> {
  static constexpr std::pair<std::string_view, MarkFormula> all[] = {
      {"median_basis_last", MarkFormula::median_basis_last},
      {"index_ema", MarkFormula::index_ema},
      {"median_oracle", MarkFormula::median_oracle},
      {"oracle", MarkFormula::oracle}};
};
template <>
struct Words<IndexFormula> {
  static constexpr std::pair<std::string_view, IndexFormula> all[] = {
      {"volume_weighted_mean", IndexFormula::volume_weighted_mean},
      {"clipped_mean", IndexFormula::clipped_mean},
      {"weighted_median", IndexFormula::weighted_median}};
};
template <>
struct Words<AdlRanking> {
  static constexpr std::pair<std::string_view, AdlRanking> all[] = {
      {"leverage_pnl", AdlRanking::leverage_pnl},
      {"pnl_leverage", AdlRanking::pnl_leverage},
      {"mark_entry_leverage", AdlRanking::mark_entry_leverage},
      {"random_opposite", AdlRanking::random_opposite}};
};
template <>
struct Words<AdlTrigger> {
  static constexpr std::pair<std::string_view, AdlTrigger> all[] = {
      {"fund_empty", AdlTrigger::fund_empty},
      {"drawdown", AdlTrigger::drawdown},
      {"account_negative", AdlTrigger::account_negative}};
};
template <>
struct Words<AdlPrice> {
  static constexpr std::pair<std::string_view, AdlPrice> all[] = {
      {"bankruptcy", AdlPrice::bankruptcy},
      {"mark", AdlPrice::mark},
      {"previous_mark", AdlPrice::previous_mark}};
};
template <>
struct Words<LiquidationStep> {
  static constexpr std::pair<std::string_view, LiquidationStep> all[] = {
      {"cancel_orders", LiquidationStep::cancel_orders},
      {"reduce_one_tier", LiquidationStep::reduce_one_tier},
      {"reduce_two_tiers", LiquidationStep::reduce_two_tiers},
      {"reduce_partial", LiquidationStep::reduce_partial},
      {"reduce_to_safety", LiquidationStep::reduce_to_safety},
      {"close_all", LiquidationStep::close_all},
      {"takeover_bankruptcy", LiquidationStep::takeover_bankruptcy},
      {"takeover_backstop", LiquidationStep::takeover_backstop},
      {"auto_deleverage", LiquidationStep::auto_deleverage},
      {"socialise_loss", LiquidationStep::socialise_loss}};
};

}  // namespace delever::rulebooks
