// One position: value, profit, initial and maintenance margin in its settlement coin, exact. Every
// rounding is against the account: values and margins up, profit down (units of 1e-8 of the coin;
// where tick times step is a multiple of 1e-8, as on every linear contract here, a linear value has
// no rounding at all).
//
//   linear   size = qty * contract size (coins)   value = size * P    profit = s * (size * P - size
//   * E) inverse  size = qty * contract size (money)   value = size / P    profit = s * (size / E -
//   size / P) option   value = qty * size * mark (coin)     profit = s * value - s * qty * size *
//   entry
// Sources per venue: docs/models/margin.md.
#pragma once

#include <optional>
#include <string>

#include "margin/account.h"
#include "market/exact.h"

namespace delever::margin {

struct PositionMargin {
  Amount value, profit;
  Amount initial, maintenance;
  Amount liquidation_fee;  // counted beside maintenance in the trigger; 0 on most venues
};

// position value at a price, in units of 1e-8 of the settlement coin. Needs price > 0 for inverse.
Wide position_value(const Rulebooks::Compiled& book, Qty qty, Price price, Round round);

// Maintenance of a value under the ladder (or Deribit's size rule, or dYdX's tier). no_evidence:
// the value lies above the last tier that the source gives.
Result<Wide> maintenance_of(const Rulebooks::Compiled& book, Wide value, Qty qty, Price price);
Result<Wide> initial_of(const Rulebooks::Compiled& book, Wide value, Qty qty, Price price,
                        Leverage leverage);

// The tier of a value (or of a quantity, on ladders by contracts); boundaries belong to the tier
// below them, which on a continuous ladder is the same margin. Missing: above an incomplete ladder.
const MarginTier* tier_of(const LadderRule& ladder, Wide value, Qty qty);

// The most leverage that the venue gives: to the smallest position, and to one of this size. The
// second is missing above an incomplete ladder, both where no ladder stands for the contract.
struct LeverageMax {
  std::optional<Leverage> contract, here;
  // "leverage 100 is above the venue's maximum of 20 for a position of this size"
  std::optional<std::string> refuses(Leverage leverage) const;
};
LeverageMax leverage_max(const Rulebooks::Compiled& book, Qty qty, Price entry);

// of_trigger: all but the initial margin, which stays 0 where the rules and a leverage of 1 or more
// leave no doubt that it can be held; where they do, it is computed and may be the error.
enum class MarginFigures : uint8_t { all, of_trigger };

// mark: in option positions the option's own mark; `underlying` then must be given.
Result<PositionMargin> position_margin(const Position& position, const Rulebooks::Compiled& book,
                                       Price mark, std::optional<Price> underlying = {},
                                       MarginFigures figures = MarginFigures::all);
// Whether of_trigger leaves the initial margin of such a position out.
bool initial_left_out(const Rulebooks::Compiled& book, Leverage leverage, MarginFigures figures);

}  // namespace delever::margin
