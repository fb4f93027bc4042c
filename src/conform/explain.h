// How a margin figure comes about, step by step, for `delever margin` and for anyone who doubts a
// number: each step says what is computed, by which formula with which figures, and the value that
// the library itself uses.
#pragma once

#include <string>
#include <vector>

#include "margin/price.h"
#include "rulebooks/rulebook_file.h"

namespace delever::conform {

struct ExplainedStep {
  std::string what;     // "maintenance margin"
  std::string formula;  // "value * rate - deduction = 100000 * 0.005 - 50"
  std::string value;    // "450"
  std::string unit;     // "USDT", "BTC", "USDT per BTC"; empty for ratios
  std::string source;   // of the rule or figure; empty for algebra
};

struct Explanation {
  std::vector<ExplainedStep> steps;
  margin::PositionMargin margin;
  std::optional<double> liquidation, bankruptcy, ratio;
  std::optional<Price> trigger;  // isolated: the exact price of the first trigger
  bool liquidated = false;
};

Result<Explanation> explain(const margin::Account& account, size_t position,
                            const margin::MarkPrices& marks, const margin::Rulebooks& books);

// One position on one venue, as the command line asks for it.
struct MarginQuestion {
  std::string venue, symbol, as_of;  // as_of empty: the latest rulebook
  PositionSide side = PositionSide::long_side;
  MarginMode mode = MarginMode::isolated;
  Price entry;
  Qty qty;
  Leverage leverage = Leverage::raw(Leverage::scale);
  std::optional<Amount> wallet;  // missing: isolated margin of entry value / leverage, rounded down
  std::optional<Price> mark;     // missing: the entry price
  std::optional<Rate>
      liquidation_fee;  // OKX: the taker-level fee in the trigger, which no rulebook can know
  // Cross: what stands in the same pool. Its margin and profit count; its prices stand still while
  // the first position's moves.
  struct Other {
    std::string symbol;
    PositionSide side = PositionSide::long_side;
    Qty qty;
    Price entry;
    std::optional<Price> mark;
  };
  std::vector<Other> others{};
};

// "SYMBOL:SIDE:QTY@ENTRY" or "SYMBOL:SIDE:QTY@ENTRY@MARK", as ETHUSDT:short:20@3000@2900.
Result<MarginQuestion::Other> read_other_position(std::string_view text);

Result<Explanation> explain(const MarginQuestion& question, const rulebooks::RulebookShelf& shelf);

std::string explain_text(const Explanation& explanation);
std::string explain_json(const Explanation& explanation);

}  // namespace delever::conform
