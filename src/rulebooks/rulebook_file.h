// Rulebooks as TOML (rulebooks/VENUE/SYMBOL-DATE.toml; docs/models/margin.md describes the keys).
// Strict: an unknown key, a section without a source, a ladder with a hole or a deduction that
// breaks cum_k = cum_{k-1} + floor_k * (mmr_k - mmr_{k-1}) is refused, with FILE:LINE: KEY.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "market/rulebook.h"

namespace delever::rulebooks {

Result<Rulebook> parse_rulebook(std::string_view toml, std::string_view file_name);
Result<Rulebook> load_rulebook(const std::string& path);

// A tier ladder as CSV with the columns floor, cap, leverage, rate and deduction under the names of
// the venues' tables (notional_floor, notional_cap, max_leverage, mmr, maint_amount, unit). A
// deduction that is missing is computed.
Result<LadderRule> parse_ladder_csv(std::string_view csv, std::string_view file_name);

// cum_k from the rates, rounded down: a smaller deduction is a larger margin. Exact to 1e-8 per
// tier. Missing: too large.
std::optional<Amount> next_deduction(Amount previous, Amount floor, Rate rate, Rate rate_before);

// Checks order, contiguity and rates; for incremental ladders the recursion, to 2e-8 a tier plus
// 1e-15 of the floor (rates such as 1/30 are held to 1e-15).
Result<void> check_ladder(const LadderRule& ladder);

// All rulebooks of a folder (two levels: VENUE/FILE.toml), found by venue, symbol and date.
class RulebookShelf {
 public:
  static Result<RulebookShelf> load(const std::string& folder);
  void add(Rulebook book);

  // `as_of` empty: the latest dated one, an undated one only when there is no other. Otherwise that
  // very date.
  const Rulebook* find(std::string_view venue, std::string_view symbol,
                       std::string_view as_of = {}) const;
  // As of a day means as of: the newest dated at or before `by` ("2026-01-30", or less of it;
  // empty: any) that `covers` says yes to, an undated one after all dated ones. nullptr: none().
  const Rulebook* newest(std::string_view venue, std::string_view symbol, std::string_view by,
                         const std::function<bool(const Rulebook&)>& covers = {}) const;
  // What there is instead, for an error: "no rulebook for ...: there are 2021-03-18, 2024-10-24".
  Error none(std::string_view venue, std::string_view symbol, std::string_view by) const;
  // The venue's own name of what somebody wrote in any case or in the unified form of ccxt
  // ("btc/usdt:usdt"); the text itself where no rulebook answers to it.
  std::string symbol_of(std::string_view venue, std::string_view text) const;
  const std::vector<std::unique_ptr<const Rulebook>>& all() const { return books_; }

 private:
  std::vector<std::unique_ptr<const Rulebook>> books_;  // pointers given out stay valid
};

}  // namespace delever::rulebooks
