// Inside conform: one row as its handlers see it, and what they answer.
#pragma once

#include <string_view>

#include "conform/conform.h"
#include "conform/notes.h"

namespace delever::conform {

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

struct Example {
  std::string id, venue, topic, mode, contract, side, tiers_text,
      other_text;  // topic, mode, side, venue in lower case
  std::string entry_text, qty_text, leverage_text, wallet_text, mark_text;
  std::vector<std::string> other_names;  // of exp_other_name, split at " / "
  Facts tiers, other, topic_words;

  // The first number of a column; units behind it ("60000 USD") are dropped.
  std::optional<double> entry, qty, leverage, wallet, mark;
};

// One figure of the answer. Truth values ("triggered") are kept apart from numbers.
struct Figure {
  double value = 0;
  bool is_truth = false;
  bool is_amount =
      false;  // in a ledger unit: agreement to 2e-8 is agreement whatever the tolerance
};

struct Answer {
  std::optional<Figure> liquidation, bankruptcy, initial, maintenance;
  std::vector<std::optional<Figure>> others;  // as Example::other_names
  std::string note;                           // an assumption worth saying
};

struct ConformContext {
  const rulebooks::RulebookShelf* shelf = nullptr;
  const LadderReader* ladders = nullptr;
};

// Positions: liquidation and bankruptcy price, initial and maintenance margin, on every venue.
Result<Answer> answer_position(const Example& example, const ConformContext& context);
// Everything that is one formula: funding, annualisation, ADL, portfolio margin, dYdX, shares and
// ratios. Missing: no such topic.
std::optional<Result<Answer>> answer_formula(const Example& example, const ConformContext& context);

// The maintenance rate that a row states itself: "MMR=0.1", "MM 0.5%", "MMF 3%".
std::optional<double> stated_rate(const Facts& facts);

inline Figure number(double value) { return {.value = value}; }
inline Figure amount(double value) { return {.value = value, .is_amount = true}; }
inline Figure truth(bool value) { return {.value = value ? 1.0 : 0.0, .is_truth = true}; }
inline Error lacks(std::string_view what) {
  return {Fault::no_evidence, "the row does not state " + std::string(what)};
}

// The value or the error that names what the row lacks.
inline Result<double> need(std::optional<double> value, std::string_view what) {
  if (value) return *value;
  return lacks(what);
}

}  // namespace delever::conform
